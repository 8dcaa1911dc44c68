/* sidecar.c - how a file was made, written beside it: model, prompt, seed, cost,
 * vendor's ids, hash. */
#include "api/sidecar.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static struct json_object *document(const struct gamut_result *r,
                                    const struct gamut_artifact_info *a,
                                    struct json_object *request)
{
  struct json_object *o = json_object_new_object();
  char time[32];

#define PUT(name, text)                                                        \
  if (text)                                                                    \
  json_object_object_add(o, name, json_object_new_string(text))
  PUT("job", r->id);
  PUT("made_at", gm_fmt_time(time, gm_wall_ms()));
  PUT("provider", r->provider);
  PUT("model", r->model);
  PUT("resolved_from", r->resolved_from);
  PUT("cached_from", gamut_result_cached_from(r));
  PUT("url", a->url);
  PUT("mime", a->mime);
  PUT("sha256", a->sha256);
#undef PUT
  if (r->cost_microusd >= 0)
    json_object_object_add(
      o, "cost_usd", gm_json_new_real((double)r->cost_microusd / 1e6));
  if (request)
    json_object_object_add(o, "request", json_object_get(request));
  if (r->found && r->found->facts.n > 0)
    json_object_object_add(o, "facts", gm_texts_pairs(&r->found->facts));
  return o;
}

static int write_file(const char *path, const char *text, size_t len)
{
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                0666);
  int rc;

  if (fd < 0)
    return -errno;
  rc = gm_write_all(fd, text, len);
  if (close(fd) && rc == 0)
    rc = -errno;
  return rc;
}

static void write_one(struct gamut_result *r,
                      const struct gamut_artifact_info *a,
                      struct json_object *request)
{
  _cleanup_json_ struct json_object *o = document(r, a, request);
  _cleanup_(gm_buf_finish) struct gm_buf path = GM_BUF_INIT(8192);
  const char *text;
  size_t len;
  int rc;

  gm_buf_addf(&path, "%s.json", a->path);
  text = o ? gm_json_text(o, &len) : NULL;
  rc = text && !gm_buf_failed(&path) ? write_file(path.data, text, len)
                                     : -ENOMEM;
  if (rc)
    gm_result_differs(r, "the sidecar '%s.json' could not be written: %s",
                      a->path, strerror(-rc));
}

void gm_sidecars_write(struct gamut_result *r, const struct gm_run *run)
{
  _cleanup_json_ struct json_object *request = NULL;
  uint32_t i;

  if (run->job.request)
    request = gm_json_parse_once(run->job.request, strlen(run->job.request),
                                 &(size_t){ 0 }, &(const char *){ NULL });
  for (i = 0; i < r->n_artifacts; i++)
    if (r->artifacts[i].path)
      write_one(r, &r->artifacts[i], request);
}
