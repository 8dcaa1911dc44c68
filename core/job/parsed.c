/* parsed.c - few jobs keep what they have parsed: the first that come, until
 * they end.  A parse costs ten times what it takes to look a value up. */
#include "job/parsed.h"
#include "base/json.h"
#include <string.h>

/* As many as are on the wire at once. */
#define KEPT_MAX 256

struct gm_parsed {
  struct json_object *request, *state;
};

static struct json_object *parse(const struct gm_job *job)
{
  return gm_json_parse(job->engine->parser, job->request, strlen(job->request),
                       &(size_t){ 0 }, &(const char *){ NULL });
}

struct json_object *gm_job_request(const struct gm_job *job)
{
  if (job->parsed && job->parsed->request)
    return json_object_get(job->parsed->request);
  return job->request ? parse(job) : NULL;
}

/* NULL: there is no room, which is nobody's fault. */
static struct gm_parsed *place_of(struct gm_job *job)
{
  if (job->parsed || job->engine->n_parsed >= KEPT_MAX)
    return job->parsed;
  job->parsed = gm_zalloc(sizeof(*job->parsed));
  if (job->parsed)
    job->engine->n_parsed++;
  return job->parsed;
}

struct json_object *gm_parsed_request(struct gm_job *job)
{
  struct json_object *request = gm_job_request(job);
  struct gm_parsed *p = request ? place_of(job) : NULL;

  if (p && !p->request)
    p->request = json_object_get(request);
  return request;
}

struct json_object *gm_parsed_take_state(struct gm_job *job)
{
  return job->parsed ? GM_TAKE(job->parsed->state) : NULL;
}

void gm_parsed_keep_state(struct gm_job *job, struct json_object *state)
{
  if (!job->parsed || job->parsed->state) {
    json_object_put(state);
    return;
  }
  job->parsed->state = state;
}

void gm_parsed_drop(struct gm_job *job)
{
  struct gm_parsed *p = GM_TAKE(job->parsed);

  if (!p)
    return;
  json_object_put(p->request);
  json_object_put(p->state);
  gm_free(p);
  job->engine->n_parsed--;
}
