/* differences.c - asked and got: what the delivered bytes are beside what was
 * asked for.  Only facts read from the bytes count. */
#include "api/result.h"
#include "base/str.h"
#include <stdio.h>
#include <string.h>

/* Encoders round; a second or a few pixels of ratio is no broken promise. */
#define RATIO_SLACK 0.03
#define DURATION_SLACK_MS 500

void gm_result_differs(struct gamut_result *r, const char *fmt, ...)
{
  struct gm_buf b = GM_BUF_INIT(1024);
  char **bigger;
  va_list ap;

  va_start(ap, fmt);
  gm_buf_addv(&b, fmt, ap);
  va_end(ap);
  bigger = gm_realloc(r->differences,
                      (r->n_differences + 1) * sizeof(*bigger));
  if (bigger) {
    r->differences = bigger;
    bigger[r->n_differences] = gm_buf_take(&b);
    r->n_differences += bigger[r->n_differences] != NULL;
  }
  gm_buf_finish(&b);
}

static void compare_size(struct gamut_result *r,
                         const struct gamut_artifact_info *a,
                         const struct json_object *request)
{
  int64_t w = gm_json_i64(request, "width", 0);
  int64_t h = gm_json_i64(request, "height", 0);

  if (w && h && a->width && (w != a->width || h != a->height))
    gm_result_differs(r, "asked for %lldx%lld, got %ux%u", (long long)w, (long long)h,
        (unsigned)a->width, (unsigned)a->height);
}

static void compare_ratio(struct gamut_result *r,
                          const struct gamut_artifact_info *a,
                          const struct json_object *request)
{
  const char *asked = gm_json_str(request, "aspect_ratio", NULL);
  uint32_t w, h;
  double want, got;

  if (!asked || !a->width || !a->height || !gm_parse_ratio(asked, &w, &h))
    return;
  want = (double)w / h;
  got = (double)a->width / a->height;
  if (got < want * (1 - RATIO_SLACK) || got > want * (1 + RATIO_SLACK))
    gm_result_differs(r, "asked for %s, got %ux%u", asked, (unsigned)a->width,
        (unsigned)a->height);
}

static void compare_duration(struct gamut_result *r,
                             const struct gamut_artifact_info *a,
                             const struct json_object *request)
{
  double want_ms = gm_json_real(request, "duration", 0) * 1000;
  double diff = want_ms - (double)a->duration_ms;

  if (want_ms > 0 && a->duration_ms &&
      (diff > DURATION_SLACK_MS || diff < -DURATION_SLACK_MS))
    gm_result_differs(r, "asked for %.1f s, got %.1f s", want_ms / 1000,
        (double)a->duration_ms / 1000);
}

static const char *plain_format(const char *ext)
{
  return gm_strieq(ext, "jpg") ? "jpeg" : ext;
}

static void compare_format(struct gamut_result *r, const struct gm_output *o,
                           const struct json_object *request)
{
  const char *asked = gm_json_str(request, "format", NULL);
  const char *dot = o->path ? strrchr(o->path, '.') : NULL;

  if (!o->media.ext)
    return;
  if (asked &&
      !gm_strieq(plain_format(asked), plain_format(o->media.ext)))
    gm_result_differs(r, "asked for %s, got %s", asked, o->media.ext);
  else if (dot && !strchr(dot, '/') && strlen(dot) < 6 &&
           !gm_strieq(plain_format(dot + 1), plain_format(o->media.ext)))
    gm_result_differs(r, "the file is named %s but holds %s", dot, o->media.mime);
}

static void compare_count(struct gamut_result *r,
                          const struct json_object *request)
{
  int64_t n = gm_json_i64(request, "n", 1);
  uint32_t withheld = gamut_result_withheld(r);

  if (r->status != GAMUT_COMPLETED)
    return;
  if (r->n_artifacts < n)
    gm_result_differs(r, "asked for %lld, got %u%s", (long long)n, (unsigned)r->n_artifacts,
        withheld ? "; the content filter withheld the rest" : "");
}

/* Those that came are not in the record of a job. */
static void compare_partials(struct gamut_result *r, const struct gm_run *run,
                             const struct json_object *request)
{
  if (!run->plan.taken_up && r->status == GAMUT_COMPLETED &&
      r->n_partials == 0 && gm_json_i64(request, "partials", 0) > 0)
    gm_result_differs(r, "asked for drafts, none came");
}

void gm_result_compare(struct gamut_result *r, const struct gm_run *run,
                       const struct json_object *request)
{
  size_t i, n = run->notes ? json_object_array_length(run->notes) : 0;
  uint32_t k;

  for (i = 0; i < n; i++)
    gm_result_differs(r, "%s",
        json_object_get_string(json_object_array_get_idx(run->notes, i)));
  for (k = 0; k < r->n_artifacts; k++) {
    compare_size(r, &r->artifacts[k], request);
    compare_ratio(r, &r->artifacts[k], request);
    compare_duration(r, &r->artifacts[k], request);
    compare_format(r, &r->found->outputs[k], request);
  }
  compare_count(r, request);
  compare_partials(r, run, request);
}
