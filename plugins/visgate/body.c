/* body.c - a request in visgate's words.
 *
 * Each endpoint has a few fields of its own: prompt and model; for pictures
 * width, height and num_images, for videos duration_seconds, which the official
 * client sends always; negative_prompt, seed, image_url.  All else is the
 * serving provider's, by its own name: flat beside the others, or at /generate
 * nested in "params".  So the names of fal's fields are known here for fal's
 * models, and the catalog's "wire" tells others:
 *
 *   <our name>, <role>   the field
 *   aspect_ratio         ratio -> {"width", "height"}: how large pictures are
 *
 * What has no name is refused; `extra` has the last word.
 */
#include "visgate.h"
#include <string.h>

#define USUAL_SIDE     1024
#define SIDE_STEP      8
#define USUAL_SECONDS  5.0
#define LONGEST_NUMBER 4 /* digits of one side of a ratio */

enum { ANY, FAL };
static const struct {
  const char *name, *field;
  int of;
} fields[] = {
  { "negative_prompt", "negative_prompt", ANY },
  { "seed", "seed", ANY },
  { "strength", "strength", ANY },
  { "guidance", "guidance_scale", FAL },
  { "steps", "num_inference_steps", FAL },
  { "resolution", "resolution", FAL },
  { "format", "output_format", FAL },
  { "quality", "quality", FAL },
  { "background", "background", FAL },
  { "style", "style", FAL },
  { "fps", "fps", FAL },
  { "audio", "generate_audio", FAL },
};
#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

struct making {
  struct gamut_call *c;
  const struct gamut_json *wire;
  struct gamut_json *body; /* of the exchange */
  struct gamut_json *to;   /* where parameters go: it, or its "params" */
  int32_t endpoint;
  const char *model, *wrong;
};

static int is_given(struct making *m, const char *name)
{
  const struct gamut_host *h = m->c->host;
  const struct gamut_json *value = h->json_get(m->c->request, name);
  int32_t type = h->json_type(value);

  return type > GAMUT_JSON_NULL &&
         (type != GAMUT_JSON_STRING || *h->json_str(value, "", ""));
}

/* What the serving provider calls it, as far as that is known. */
static const char *field_of(struct making *m, const char *name,
                            const char *usual, int of)
{
  const char *told = m->c->host->json_str(m->wire, name, NULL);

  if (told)
    return told;
  return of == ANY || strncmp(m->model, "fal-ai/", 7) == 0 ? usual : NULL;
}

static void no_name(struct making *m, const char *name)
{
  m->wrong = m->c->host->text(m->c,
                              "no name is known for %s of %s; say it by the "
                              "name that the provider behind "
                              "visgate gives it: --set NAME=VALUE",
                              name, m->model);
}

static void add_field(struct making *m, const char *name, const char *usual,
                      int of)
{
  const struct gamut_host *h = m->c->host;
  const char *field = field_of(m, name, usual, of);

  if (!is_given(m, name))
    return;
  if (field)
    h->json_set(m->to, field, h->json_get(m->c->request, name));
  else
    no_name(m, name);
}

/* ---- how large ---------------------------------------------------------- */

/* "16:9", "19.5:9": both sides in tenths. */
static int parse_ratio(const char *s, int64_t side[2])
{
  int i;

  for (i = 0; i < 2; i++) {
    size_t n = strspn(s, "0123456789");

    if (n == 0 || n > LONGEST_NUMBER)
      return 0;
    for (side[i] = 0; n > 0; n--)
      side[i] = side[i] * 10 + (*s++ - '0');
    side[i] *= 10;
    if (s[0] == '.' && s[1] >= '0' && s[1] <= '9') {
      side[i] += s[1] - '0';
      s += 2;
    }
    if (side[i] == 0 || *s++ != (i == 0 ? ':' : '\0'))
      return 0;
  }
  return 1;
}

static int64_t shorter(int64_t less, int64_t more)
{
  int64_t side = USUAL_SIDE * less / more;

  side = (side + SIDE_STEP / 2) / SIDE_STEP * SIDE_STEP;
  return side < SIDE_STEP ? SIDE_STEP : side;
}

/* As the catalog has it, else the longer side stays what it usually is. */
static void size_of_ratio(struct making *m, const char *ratio, int64_t *ret_w,
                          int64_t *ret_h)
{
  const struct gamut_host *h = m->c->host;
  const struct gamut_json *size =
    h->json_get(h->json_get(m->wire, "aspect_ratio"), ratio);
  int64_t side[2];

  *ret_w = h->json_int(size, "width", 0);
  *ret_h = h->json_int(size, "height", 0);
  if (*ret_w > 0 && *ret_h > 0)
    return;
  *ret_w = *ret_h = USUAL_SIDE;
  if (!parse_ratio(ratio, side))
    m->wrong = h->text(m->c,
                       "pictures have width and height, of which '%s' tells "
                       "neither; give a ratio as 16:9, or a size",
                       ratio);
  else if (side[0] > side[1])
    *ret_h = shorter(side[1], side[0]);
  else
    *ret_w = shorter(side[0], side[1]);
}

/* Whether any shape was asked for. */
static int find_size(struct making *m, int64_t *ret_w, int64_t *ret_h)
{
  const struct gamut_host *h = m->c->host;
  const struct gamut_json *r = m->c->request;

  *ret_w = h->json_int(r, "width", USUAL_SIDE);
  *ret_h = h->json_int(r, "height", USUAL_SIDE);
  if (is_given(m, "width"))
    return 1;
  if (!is_given(m, "aspect_ratio"))
    return 0;
  size_of_ratio(m, h->json_str(r, "aspect_ratio", ""), ret_w, ret_h);
  return 1;
}

/* ---- the endpoints ------------------------------------------------------ */

static void add_picture(struct making *m)
{
  const struct gamut_host *h = m->c->host;
  int64_t w, h_px, n = h->json_int(m->c->request, "n", 1);
  int is_shaped = find_size(m, &w, &h_px);

  if (is_given(m, "duration")) {
    no_name(m, "duration");
  } else if (m->endpoint == VG_IMAGES) {
    h->json_set_int(m->to, "width", w);
    h->json_set_int(m->to, "height", h_px);
    h->json_set_int(m->to, "num_images", n);
  } else {
    if (is_given(m, "n"))
      h->json_set_int(m->to, "num_images", n);
    if (is_shaped)
      h->json_set_str(
        m->to, "image_size",
        h->text(m->c, "%lldx%lld", (long long)w, (long long)h_px));
  }
}

static void add_video(struct making *m)
{
  const struct gamut_host *h = m->c->host;
  const struct gamut_json *r = m->c->request;

  h->json_set_real(m->to, "duration_seconds",
                   h->json_real(r, "duration", USUAL_SECONDS));
  if (vg_wants(m->c, "skip_gcs_upload", 0))
    h->json_set_bool(m->to, "skip_gcs_upload", 1);
  if (h->json_int(r, "n", 1) > 1)
    m->wrong = h->text(m->c, "it makes one video at a time, not %lld",
                       (long long)h->json_int(r, "n", 1));
  else if (is_given(m, "width"))
    m->wrong = "videos have no size; ask for an aspect_ratio and a resolution";
  else
    add_field(m, "aspect_ratio", "aspect_ratio", FAL);
}

/* A local file travels as a data: URI: there is nowhere to upload it to. */
static void add_input(struct making *m, uint32_t i)
{
  const struct gamut_host *h = m->c->host;
  const char *role = h->input_info(m->c, i, "role");
  int is_plain = strcmp(role, "image") == 0 ||
                 (m->endpoint == VG_VIDEOS && strcmp(role, "first_frame") == 0);
  const char *field = h->json_str(m->wire, role, is_plain ? "image_url" : NULL);

  if (!field)
    no_name(m, h->text(m->c, "the %s", role));
  else if (h->json_get(m->to, field))
    m->wrong = h->text(m->c, "%s takes one picture as its %s", m->model, field);
  else
    h->json_set_input(m->to, field, i, GAMUT_AS_URL);
}

static void add_extra(struct making *m)
{
  const struct gamut_host *h = m->c->host;
  const struct gamut_json *extra = h->json_get(m->c->request, "extra"), *value;
  const char *name;
  uint32_t i;

  for (i = 0; (value = h->json_member(extra, i, &name)); i++)
    h->json_set(m->to, name, value);
}

struct gamut_json *vg_body(struct gamut_call *c, const char **ret_wrong)
{
  const struct gamut_host *h = c->host;
  struct making m = { .c = c, .endpoint = vg_endpoint(c) };
  size_t i;

  m.wire = h->json_get(c->request, "wire");
  m.model = h->json_str(c->request, "model", "");
  m.to = m.body = h->json_object(c);
  h->json_set_str(m.body, "model", m.model);
  h->json_set_str(m.body, "prompt", h->json_str(c->request, "prompt", ""));
  if (m.endpoint == VG_GENERATE)
    m.to = h->json_object(c);
  if (is_given(&m, "webhook"))
    m.wrong = "it has no webhooks; leave webhook out";
  if (!is_given(&m, "prompt"))
    m.wrong = "it needs a prompt";
  if (m.endpoint == VG_VIDEOS)
    add_video(&m);
  else
    add_picture(&m);
  for (i = 0; i < N_FIELDS && !m.wrong; i++)
    add_field(&m, fields[i].name, fields[i].field, fields[i].of);
  for (i = 0; i < c->n_inputs && !m.wrong; i++)
    add_input(&m, (uint32_t)i);
  add_extra(&m);
  if (m.endpoint == VG_GENERATE && h->json_count(m.to, "") > 0)
    h->json_set(m.body, "params", m.to);
  if (m.wrong)
    *ret_wrong = m.wrong;
  return m.body;
}
