/* label.c - what a request is filed under: project, end user, tags.  The books,
 * the log and the traces have the same. */
#include "job/trace.h"
#include "route/bind.h"

/* That of the request, else the setting. */
static const char *label(const struct gm_run *run, const char *given,
                         const char *setting)
{
  const char *name =
    given ? given : gm_setting_str(run->router->settings, setting);

  return name && *name ? name : NULL;
}

const char *gm_run_project(const struct gm_run *run)
{
  return label(run, run->project, "project");
}

const char *gm_run_user(const struct gm_run *run)
{
  return label(run, run->user, "user");
}

void gm_run_trace(struct gm_run *run)
{
  run->job.trace =
    gm_trace_new(run->router->engine->tracer, run->traceparent, run->job.id);
  gm_trace_label(run->job.trace, gm_run_project(run), gm_run_user(run),
                 run->tags);
}
