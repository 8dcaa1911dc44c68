/* models.c - what the gateway offers today: its list of videos, then that of
 * images, as entries of the catalog.
 *
 * A capability that is null is not known, which is not "none", so it is left
 * out.  What a model takes beside frames, a list of videos does not tell.  A
 * gateway without a list of images has no images.
 */
#include "modelgates.h"
#include <string.h>

static int32_t ask(struct gamut_call *c, int32_t phase, const char *url,
                   uint32_t flags)
{
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = phase,
                          .flags = flags,
                          .method = "GET",
                          .url = url };

  c->host->header(c, "accept", "application/json");
  return c->host->http(c, &x);
}

static void copy_list(struct gamut_call *c, const struct gamut_json *from,
                      const char *path, struct gamut_json *to, const char *name)
{
  const struct gamut_host *h = c->host;

  if (h->json_count(from, path) > 0)
    h->json_set(to, name, h->json_get(from, path));
}

static void copy_bool(struct gamut_call *c, const struct gamut_json *from,
                      const char *path, struct gamut_json *to, const char *name)
{
  const struct gamut_host *h = c->host;

  if (h->json_type(h->json_get(from, path)) == GAMUT_JSON_BOOL)
    h->json_set(to, name, h->json_get(from, path));
}

static void add_word(struct gamut_call *c, struct gamut_json *list,
                     const char *word)
{
  c->host->json_set_str(list, NULL, word);
}

static struct gamut_json *begin(struct gamut_call *c,
                                const struct gamut_json *listed)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *m = h->json_object(c);

  h->json_set_str(m, "id", h->json_str(listed, "id", NULL));
  h->json_set_str(m, "title", h->json_str(listed, "name", NULL));
  return m;
}

/* ---- videos ------------------------------------------------------------- */

static const struct gamut_json *
video_operations(struct gamut_call *c, const struct gamut_json *listed)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *list = h->json_array(c);

  if (h->json_type(h->json_get(listed, "upscale_factor")) ==
      GAMUT_JSON_OBJECT) {
    add_word(c, list, "upscale");
    return list;
  }
  add_word(c, list, "text-to-video");
  if (h->json_count(listed, "supported_frame_images") > 0)
    add_word(c, list, "image-to-video");
  return list;
}

/* In any order: [8, 4, 6] */
static void add_durations(struct gamut_call *c, const struct gamut_json *listed,
                          struct gamut_json *m)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *from = h->json_get(listed, "supported_durations");
  struct gamut_json *list = h->json_array(c);
  uint32_t i, n = h->json_count(from, "");
  int64_t last = 0, next, one;

  do {
    next = INT64_MAX;
    for (i = 0; i < n; i++) {
      one = h->json_int(h->json_member(from, i, NULL), "", 0);
      if (one > last && one < next)
        next = one;
    }
    if (next < INT64_MAX)
      h->json_set_int(list, NULL, next);
    last = next;
  } while (next < INT64_MAX);
  copy_list(c, list, "", m, "durations");
}

static const struct gamut_json *video_model(struct gamut_call *c,
                                            const struct gamut_json *listed)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *m = begin(c, listed), *sizes = h->json_object(c);
  const struct gamut_json *price =
    gate_price(c, h->json_get(listed, "pricing_skus"));

  h->json_set(m, "operations", video_operations(c, listed));
  copy_list(c, listed, "supported_aspect_ratios", m, "aspect_ratios");
  copy_list(c, listed, "supported_resolutions", m, "resolutions");
  copy_list(c, listed, "supported_sizes", sizes, "list");
  if (h->json_get(sizes, "list"))
    h->json_set(m, "sizes", sizes);
  add_durations(c, listed, m);
  copy_bool(c, listed, "generate_audio", m, "audio");
  copy_bool(c, listed, "seed", m, "seed");
  if (price)
    h->json_set(m, "price", price);
  return m;
}

/* ---- images ------------------------------------------------------------- */

static void add_range(struct gamut_call *c, const struct gamut_json *range,
                      struct gamut_json *m, const char *name)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *out = h->json_object(c);

  h->json_set_int(out, "min", h->json_int(range, "min", 1));
  h->json_set_int(out, "max", h->json_int(range, "max", 1));
  h->json_set(m, name, out);
}

/* An absent field is unsupported; a range that begins at 1 is a model that only
 * edits. */
static void add_references(struct gamut_call *c,
                           const struct gamut_json *parameters,
                           struct gamut_json *m)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *operations = h->json_array(c), *inputs = h->json_object(c);
  struct gamut_json *one = h->json_object(c);
  int64_t max = h->json_int(parameters, "input_references/max", 0);

  if (h->json_int(parameters, "input_references/min", 0) < 1)
    add_word(c, operations, "text-to-image");
  if (max > 0) {
    add_word(c, operations, "image-to-image");
    add_word(c, operations, "edit");
    h->json_set_int(one, "max", max);
    h->json_set(inputs, "image", one);
    h->json_set(inputs, "reference", one);
  }
  h->json_set(m, "operations", operations);
  h->json_set(m, "inputs", inputs);
}

/* "1024x1024"; tiers ("2K") are among the resolutions already. */
static int is_pixels(const char *size)
{
  const char *digits = "0123456789";
  size_t w = strspn(size, digits), n;

  if (w == 0 || size[w] != 'x')
    return 0;
  n = strspn(size + w + 1, digits);
  return n > 0 && !size[w + 1 + n];
}

static void add_sizes(struct gamut_call *c, const struct gamut_json *parameters,
                      struct gamut_json *m)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *from = h->json_get(parameters, "size/values"), *one;
  struct gamut_json *list = h->json_array(c), *sizes = h->json_object(c);
  uint32_t i;

  for (i = 0; (one = h->json_member(from, i, NULL)); i++)
    if (is_pixels(h->json_str(one, "", "")))
      h->json_set(list, NULL, one);
  if (h->json_count(list, "") == 0)
    return;
  h->json_set(sizes, "list", list);
  h->json_set(m, "sizes", sizes);
}

static const struct gamut_json *image_model(struct gamut_call *c,
                                            const struct gamut_json *listed)
{
  static const struct {
    const char *path, *name;
  } lists[] = {
    { "aspect_ratio/values", "aspect_ratios" },
    { "resolution/values", "resolutions" },
    { "quality/values", "qualities" },
    { "background/values", "backgrounds" },
    { "output_format/values", "formats" },
  };
  const struct gamut_host *h = c->host;
  const struct gamut_json *parameters =
    h->json_get(listed, "supported_parameters");
  struct gamut_json *m = begin(c, listed);
  size_t i;

  add_references(c, parameters, m);
  for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
    copy_list(c, parameters, lists[i].path, m, lists[i].name);
  add_sizes(c, parameters, m);
  if (h->json_get(parameters, "n"))
    add_range(c, h->json_get(parameters, "n"), m, "n");
  h->json_set_bool(m, "seed", h->json_get(parameters, "seed") != NULL);
  /* A stream of markup has no drafts. */
  if (gate_is_true(c, listed, "supports_streaming") &&
      strcmp(h->json_str(m, "formats/0", ""), "svg") != 0)
    h->json_set_bool(m, "partials", 1);
  return m;
}

/* ---- the query ---------------------------------------------------------- */

typedef const struct gamut_json *entry_fn(struct gamut_call *c,
                                          const struct gamut_json *listed);

static void hand_over(struct gamut_call *c, entry_fn *entry)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *data = h->json_get(c->reply->json, "data"), *one;
  struct gamut_json *list = h->json_array(c);
  uint32_t i;

  for (i = 0; (one = h->json_member(data, i, NULL)); i++)
    if (h->json_str(one, "id", NULL))
      h->json_set(list, NULL, entry(c, one));
  h->answer(c, list);
}

static int is_wanted(struct gamut_call *c, const char *media)
{
  const char *only = c->host->json_str(c->request, "media", media);

  return strcmp(only, media) == 0;
}

static int32_t ask_images(struct gamut_call *c)
{
  return ask(c, GATE_IMAGE_MODELS, "/images/models", GAMUT_HTTP_ALL);
}

static int32_t listed(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *data = h->json_get(c->reply->json, "data");

  if (c->phase == GATE_IMAGE_MODELS && c->reply->status == 404) {
    h->answer(c, h->json_array(c));
    return h->done(c);
  }
  if (c->reply->status >= 400)
    return h->fail_reply(c);
  if (h->json_type(data) != GAMUT_JSON_ARRAY)
    return h->fail(c, GAMUT_E_PROTOCOL, "the answer is no list of models");
  hand_over(c, c->phase == GATE_VIDEO_MODELS ? video_model : image_model);
  return c->phase == GATE_VIDEO_MODELS && is_wanted(c, "image") ? ask_images(c)
                                                                : h->done(c);
}

static int32_t list(void *instance, struct gamut_call *c)
{
  (void)instance;
  if (c->event != GAMUT_EV_START)
    return listed(c);
  return is_wanted(c, "video") ? ask(c, GATE_VIDEO_MODELS, "/videos/models", 0)
                               : ask_images(c);
}

const struct gamut_models gate_models = { .struct_size = sizeof(gate_models),
                                          .flags = GAMUT_QUERY_OPEN,
                                          .list = list };
