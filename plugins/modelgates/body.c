/* body.c - a request in the gateway's words.
 *
 * Pictures and videos share most fields; what one of them lacks is refused, not
 * dropped.  What only the upstream knows (a negative prompt, steps) travels in
 * provider.options.<slug>, when the catalog's "wire" says where:
 *
 *   passed   our name -> "slug/field" or "slug/object/field"
 *   image    "reference": a picture is one, not the first frame
 *   most     how many inputs there may be
 *
 * What the caller names in the gateway's words (extra) has the last one;
 * objects are merged member by member, so that provider.options can come from
 * both.
 */
#include "modelgates.h"
#include <string.h>

#define IMAGE 'i'
#define VIDEO 'v'

/* clang-format off */
static const struct {
  const char *name, *field;
  const char *kinds; /* that have it */
} fields[] = {
  { "prompt",          "prompt",         "iv" },
  { "n",               "n",              "i" },
  { "duration",        "duration",       "v" },
  { "resolution",      "resolution",     "iv" },
  { "aspect_ratio",    "aspect_ratio",   "iv" },
  { "seed",            "seed",           "iv" },
  { "audio",           "generate_audio", "v" },
  { "quality",         "quality",        "i" },
  { "background",      "background",     "i" },
  { "format",          "output_format",  "i" },
  { "webhook",         "callback_url",   "v" },
  { "user",            "user",           "iv" },
  { "negative_prompt", NULL,             "" },
  { "fps",             NULL,             "" },
  { "guidance",        NULL,             "" },
  { "steps",           NULL,             "" },
  { "strength",        NULL,             "" },
  { "style",           NULL,             "" },
};
/* clang-format on */
#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

struct body {
  struct gamut_call *c;
  struct gamut_json *json;
  char kind;
  const char *wrong;
  int32_t error_class;
};

int gate_is_video(struct gamut_call *c)
{
  const char *op = c->host->json_str(c->request, "operation", "");
  size_t n = strlen(op);

  if (strcmp(op, "upscale") == 0) /* only videos are */
    return 1;
  return n > 6 && strcmp(op + n - 6, "-video") == 0;
}

static void refuse(struct body *b, int32_t error_class, const char *sentence)
{
  if (b->wrong)
    return;
  b->wrong = sentence;
  b->error_class = error_class;
}

/* ---- provider ----------------------------------------------------------- */

static struct gamut_json *merged(struct gamut_call *c,
                                 const struct gamut_json *base,
                                 const struct gamut_json *over)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *out = h->json_object(c);
  const struct gamut_json *value, *below;
  const char *name;
  uint32_t i;

  for (i = 0; (value = h->json_member(base, i, &name)); i++)
    h->json_set(out, name, value);
  for (i = 0; (value = h->json_member(over, i, &name)); i++) {
    below = h->json_get(out, name);
    if (h->json_type(below) == GAMUT_JSON_OBJECT &&
        h->json_type(value) == GAMUT_JSON_OBJECT)
      h->json_set(out, name, merged(c, below, value));
    else
      h->json_set(out, name, value);
  }
  return out;
}

static void merge_into(struct body *b, const char *name,
                       const struct gamut_json *object)
{
  const struct gamut_host *h = b->c->host;

  h->json_set(b->json, name, merged(b->c, h->json_get(b->json, name), object));
}

/* "google-vertex/parameters/negativePrompt", from the end to the beginning. */
static void pass_on(struct body *b, const char *place,
                    const struct gamut_json *value)
{
  const struct gamut_host *h = b->c->host;
  const char *end = place + strlen(place), *slash;
  struct gamut_json *options = h->json_object(b->c);

  while (end > place) {
    struct gamut_json *outer = h->json_object(b->c);

    for (slash = end; slash > place && slash[-1] != '/';)
      slash--;
    h->json_set(outer, h->text(b->c, "%.*s", (int)(end - slash), slash), value);
    value = outer;
    end = slash > place ? slash - 1 : place;
  }
  h->json_set(options, "options", value);
  merge_into(b, "provider", options);
}

/* "a,b" or a list */
static const struct gamut_json *list_of(struct body *b,
                                        const struct gamut_json *value)
{
  const struct gamut_host *h = b->c->host;
  const char *text = h->json_str(value, "", NULL);
  struct gamut_json *list = h->json_array(b->c);

  if (!text)
    return value;
  while (*text) {
    size_t n = strcspn(text, ",");

    if (n > 0)
      h->json_set_str(list, NULL, h->text(b->c, "%.*s", (int)n, text));
    text += n + (text[n] == ',');
  }
  return list;
}

/* Which upstream shall do it; only pictures can be routed. */
static const struct route {
  const char *name;
  int32_t type, or_type;
  const char *want;
} routes[] = {
  { "only", GAMUT_JSON_ARRAY, 0, "upstreams' slugs, separated by commas" },
  { "order", GAMUT_JSON_ARRAY, 0, "upstreams' slugs, separated by commas" },
  { "ignore", GAMUT_JSON_ARRAY, 0, "upstreams' slugs, separated by commas" },
  { "sort", GAMUT_JSON_STRING, GAMUT_JSON_OBJECT,
    "price, throughput, latency or exacto" },
  { "allow_fallbacks", GAMUT_JSON_BOOL, 0, "true or false" },
};
#define N_ROUTES (sizeof(routes) / sizeof(routes[0]))

static void add_route(struct body *b, const struct route *route,
                      const struct gamut_json *value)
{
  const struct gamut_host *h = b->c->host;
  struct gamut_json *provider = h->json_object(b->c);
  int32_t type;

  if (route->type == GAMUT_JSON_ARRAY)
    value = list_of(b, value);
  type = h->json_type(value);
  if (b->kind == VIDEO)
    refuse(
      b, GAMUT_E_UNSUPPORTED,
      h->text(b->c, "option '%s': only images can be routed", route->name));
  else if (type != route->type && type != route->or_type)
    refuse(b, GAMUT_E_INVALID,
           h->text(b->c, "option '%s' is %s, but can be %s", route->name,
                   h->json_text(b->c, value), route->want));
  h->json_set(provider, route->name, value);
  merge_into(b, "provider", provider);
}

static void add_options(struct body *b)
{
  const struct gamut_host *h = b->c->host;
  const struct gamut_json *options = h->json_get(b->c->request, "options");
  const struct gamut_json *value;
  const char *name;
  uint32_t i;
  size_t k;

  for (i = 0; (value = h->json_member(options, i, &name)); i++) {
    for (k = 0; k < N_ROUTES && strcmp(name, routes[k].name) != 0;)
      k++;
    if (k < N_ROUTES)
      add_route(b, &routes[k], value);
    else if (b->kind != VIDEO || strcmp(name, "job") != 0)
      refuse(b, GAMUT_E_INVALID,
             h->text(b->c, "there is no option '%s'; %s", name,
                     b->kind == VIDEO ? "videos have job"
                                      : "images have only, order, ignore, "
                                        "sort and allow_fallbacks"));
  }
}

/* ---- fields ------------------------------------------------------------- */

/* What happens anyhow without the field. */
static int is_harmless(struct body *b, const char *name,
                       const struct gamut_json *value)
{
  const struct gamut_host *h = b->c->host;

  if (strcmp(name, "n") == 0)
    return h->json_int(value, "", 0) == 1;
  if (strcmp(name, "format") == 0)
    return strcmp(h->json_str(value, "", ""), "mp4") == 0;
  return strcmp(name, "audio") == 0 && h->json_type(value) == GAMUT_JSON_BOOL &&
         strcmp(h->json_text(b->c, value), "false") == 0;
}

/* Seconds are whole. */
static void set(struct body *b, const char *field,
                const struct gamut_json *value)
{
  const struct gamut_host *h = b->c->host;
  double v = h->json_real(value, "", 0);

  if (strcmp(h->json_str(value, "", ""), "jpg") == 0 &&
      strcmp(field, "output_format") == 0)
    h->json_set_str(b->json, field, "jpeg");
  else if (h->json_type(value) != GAMUT_JSON_REAL)
    h->json_set(b->json, field, value);
  else if (v > -1e15 && v < 1e15 && (double)(int64_t)v == v)
    h->json_set_int(b->json, field, (int64_t)v);
  else
    refuse(b, GAMUT_E_UNSUPPORTED,
           h->text(b->c, "%s %g: the gateway takes whole seconds", field, v));
}

static void add_field(struct body *b, size_t i)
{
  const struct gamut_host *h = b->c->host;
  const struct gamut_json *r = b->c->request;
  const char *name = fields[i].name;
  const struct gamut_json *value = h->json_get(r, name);
  const char *place =
    h->json_str(h->json_get(h->json_get(r, "wire/passed"), name), "", NULL);

  if (h->json_type(value) <= GAMUT_JSON_NULL)
    return;
  if (strchr(fields[i].kinds, b->kind))
    set(b, fields[i].field, value);
  else if (place)
    pass_on(b, place, value);
  else if (!is_harmless(b, name, value))
    refuse(b, GAMUT_E_UNSUPPORTED,
           h->text(b->c,
                   "%s takes no %s; what its maker calls it can be passed on "
                   "in provider.options",
                   h->json_str(r, "model", ""), name));
}

static void add_size(struct body *b)
{
  const struct gamut_host *h = b->c->host;
  int64_t w = h->json_int(b->c->request, "width", 0);
  int64_t height = h->json_int(b->c->request, "height", 0);

  if (w > 0 && height > 0)
    h->json_set_str(
      b->json, "size",
      h->text(b->c, "%lldx%lld", (long long)w, (long long)height));
}

/* How many drafts there are cannot be told. */
static void add_stream(struct body *b)
{
  const struct gamut_host *h = b->c->host;

  if (b->kind == IMAGE && h->json_int(b->c->request, "partials", -1) >= 0)
    h->json_set_bool(b->json, "stream", 1);
}

static void add_extra(struct body *b)
{
  const struct gamut_host *h = b->c->host;
  const struct gamut_json *extra = h->json_get(b->c->request, "extra"), *value;
  const char *name;
  uint32_t i;

  for (i = 0; (value = h->json_member(extra, i, &name)); i++) {
    if (h->json_type(value) == GAMUT_JSON_OBJECT)
      merge_into(b, name, value);
    else if (h->json_type(value) > GAMUT_JSON_NULL)
      h->json_set(b->json, name, value);
  }
}

/* What cannot be said at once, or at all, whoever said it. */
static void check_video(struct body *b)
{
  const struct gamut_host *h = b->c->host;
  const char *hook = h->json_str(b->json, "callback_url", "https://");

  if (b->kind != VIDEO)
    return;
  if (h->json_get(b->json, "size") && (h->json_get(b->json, "resolution") ||
                                       h->json_get(b->json, "aspect_ratio")))
    refuse(b, GAMUT_E_INVALID,
           "a video's size stands in place of resolution and aspect ratio: "
           "give the one or the others");
  if (strncmp(hook, "https://", 8) != 0)
    refuse(b, GAMUT_E_INVALID, "the webhook's URL must begin with https://");
}

static void check_most(struct body *b)
{
  const struct gamut_host *h = b->c->host;
  int64_t most = h->json_int(b->c->request, "wire/most", 16);

  if (b->c->n_inputs > most)
    refuse(b, GAMUT_E_UNSUPPORTED,
           h->text(b->c, "%s takes at most %lld inputs, not %u",
                   h->json_str(b->c->request, "model", ""), (long long)most,
                   (unsigned)b->c->n_inputs));
}

struct gamut_json *gate_body(struct gamut_call *c, const char **ret_wrong,
                             int32_t *ret_class)
{
  const struct gamut_host *h = c->host;
  struct body b = { .c = c, .json = h->json_object(c) };
  const char *misfit;
  size_t i;

  b.kind = gate_is_video(c) ? VIDEO : IMAGE;
  h->json_set_str(b.json, "model", h->json_str(c->request, "model", NULL));
  for (i = 0; i < N_FIELDS; i++)
    add_field(&b, i);
  add_size(&b);
  check_most(&b);
  misfit = gate_inputs(c, b.json);
  if (misfit)
    refuse(&b, GAMUT_E_UNSUPPORTED, misfit);
  add_options(&b);
  add_stream(&b);
  add_extra(&b);
  check_video(&b);
  if (b.wrong) {
    *ret_wrong = b.wrong;
    *ret_class = b.error_class;
  }
  return b.json;
}
