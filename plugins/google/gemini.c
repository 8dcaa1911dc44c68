/* gemini.c - images from generateContent: what is asked.
 *
 * One user content: the pictures in the caller's order, then the words, for the
 * model sees them in that order; before it what was said so far, if the caller
 * gives it (`contents`).  There is no number of outputs, no negative prompt and
 * no mask here, and a size in pixels is a ratio and a class of size.  What the
 * caller names in Google's own words goes where Google wants it: a few members
 * to the top, those of a picture into imageConfig, all others into
 * generationConfig.
 */
#include "google.h"
#include <string.h>

#define TOP                                                                    \
  "safetySettings systemInstruction tools toolConfig labels cachedContent "    \
  "serviceTier store modelArmorConfig outputConfig continuationToken"
#define PICTURE                                                                \
  "aspectRatio imageSize personGeneration prominentPeople imageOutputOptions"
#define PLACED TOP " " PICTURE " contents generationConfig imageConfig"
/* What the official client refuses to send. */
#define NOT_ON_STUDIO                                                          \
  "personGeneration prominentPeople imageOutputOptions outputMimeType "        \
  "outputCompressionQuality outputConfig modelArmorConfig audioTimestamp "     \
  "modelSelectionConfig"
#define NOT_ON_VERTEX "store enableEnhancedCivicAnswers partMetadata"

/* ---- contents ----------------------------------------------------------- */

static void add_text(struct google *g, struct gamut_json *parts)
{
  const char *prompt = g->h->json_str(g->c->request, "prompt", NULL);
  struct gamut_json *part = g->h->json_object(g->c);

  if (!prompt)
    return;
  g->h->json_set_str(part, "text", prompt);
  g->h->json_set(parts, NULL, part);
}

static void add_input(struct google *g, struct gamut_json *parts, uint32_t i)
{
  const struct gamut_host *h = g->h;
  const char *url = h->input_info(g->c, i, "url");
  int inlined = !url || strncmp(url, "data:", 5) == 0;
  struct gamut_json *part = h->json_object(g->c);
  struct gamut_json *data = h->json_object(g->c);

  if (google_is_gs(url) && g->studio)
    google_wrong(g, GAMUT_E_INVALID, "gs:// addresses need Vertex");
  if (inlined)
    h->json_set_input(data, "data", i, GAMUT_AS_BASE64);
  else
    h->json_set_str(data, "fileUri", url);
  h->json_set_str(data, "mimeType", google_mime(g, i));
  h->json_set(part, inlined ? "inlineData" : "fileData", data);
  h->json_set(parts, NULL, part);
}

static struct gamut_json *contents(struct google *g)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *said = google_extra(g, "contents"), *one;
  struct gamut_json *list = h->json_array(g->c);
  struct gamut_json *content = h->json_object(g->c);
  struct gamut_json *parts = h->json_array(g->c);
  uint32_t i;

  for (i = 0; (one = h->json_member(said, i, NULL)); i++)
    h->json_set(list, NULL, one);
  for (i = 0; i < g->c->n_inputs; i++)
    add_input(g, parts, i);
  add_text(g, parts);
  h->json_set(content, "parts", parts);
  h->json_set_str(content, "role", "user");
  h->json_set(list, NULL, content);
  return list;
}

/* ---- options ------------------------------------------------------------ */

/* The catalog has the sizes of 1K by pixels; the others are its double, its
 * fourfold and its half. */
static void add_size(struct google *g, struct gamut_json *image)
{
  static const struct {
    char name[4];
    int times, by;
  } scales[] = {
    { "1K", 1, 1 }, { "2K", 1, 2 }, { "4K", 1, 4 }, { "512", 2, 1 }
  };
  const struct gamut_host *h = g->h;
  const struct gamut_json *sizes = h->json_get(g->c->request, "wire/sizes");
  int64_t width = h->json_int(g->c->request, "width", 0);
  int64_t height = h->json_int(g->c->request, "height", 0);
  const char *ratio;
  size_t i;

  if (width <= 0)
    return;
  for (i = 0; i < 4; i++) {
    ratio =
      h->json_str(sizes,
                  h->text(g->c, "%lldx%lld",
                          (long long)(width * scales[i].times / scales[i].by),
                          (long long)(height * scales[i].times / scales[i].by)),
                  NULL);
    if (!ratio || width % scales[i].by || height % scales[i].by)
      continue;
    h->json_set_str(image, "aspectRatio", ratio);
    if (google_is(g, h->json_get(g->c->request, "wire/one_size"), "true"))
      return;
    h->json_set_str(image, "imageSize", scales[i].name);
    return;
  }
  google_wrong(g, GAMUT_E_UNSUPPORTED,
               "%s makes no %lldx%lld; ask for an aspect ratio and a "
               "resolution",
               google_model(g), (long long)width, (long long)height);
}

static struct gamut_json *image_config(struct google *g)
{
  struct gamut_json *image = g->h->json_object(g->c);

  google_set_any(g, image, "aspectRatio", "aspect_ratio");
  google_set_any(g, image, "imageSize", "resolution");
  add_size(g, image);
  g->h->json_set(image, "imageOutputOptions", google_output(g));
  google_take(g, image, PICTURE);
  google_add(g, image, google_extra(g, "imageConfig"), "", 0);
  return image;
}

/* NULL: nothing is said, so nothing is sent. */
static struct gamut_json *generation_config(struct google *g)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *own = google_extra(g, "generationConfig");
  struct gamut_json *config = h->json_object(g->c);
  struct gamut_json *image = image_config(g);

  google_set_int(g, config, "seed", "seed");
  if (h->json_count(image, "") > 0)
    h->json_set(config, "imageConfig", image);
  google_leave(g, config, PLACED);
  google_add(g, config, own, "", 0);
  return own || h->json_count(config, "") > 0 ? config : NULL;
}

static void check_extra(struct google *g)
{
  static const char *const objects[] = { "extra", "extra/generationConfig",
                                         "extra/imageConfig",
                                         "extra/generationConfig/imageConfig" };
  const struct gamut_host *h = g->h;
  const struct gamut_json *settings = google_extra(g, "safetySettings"), *one;
  size_t i;
  uint32_t n;

  for (i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
    google_forbid(g, h->json_get(g->c->request, objects[i]),
                  g->studio ? NOT_ON_STUDIO : NOT_ON_VERTEX);
  for (n = 0; g->studio && (one = h->json_member(settings, n, NULL)); n++)
    if (h->json_get(one, "method"))
      google_wrong(g, GAMUT_E_INVALID,
                   "safetySettings' method is offered on Vertex only");
}

/* What was said before has parts of the caller's own. */
static void check_contents(struct google *g)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *said = google_extra(g, "contents"), *one, *part;
  uint32_t n, i;

  for (n = 0; !g->studio && (one = h->json_member(said, n, NULL)); n++) {
    one = h->json_get(one, "parts");
    for (i = 0; (part = h->json_member(one, i, NULL)); i++)
      google_forbid(g, part, NOT_ON_VERTEX);
  }
}

static void check_fields(struct google *g)
{
  static const char none[][16] = { "negative_prompt", "duration", "fps",
                                   "audio",           "guidance", "steps",
                                   "strength",        "style",    "background",
                                   "webhook" };
  const char *model = google_model(g);
  size_t i;

  for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
    if (google_ask(g, none[i]))
      google_wrong(g, GAMUT_E_UNSUPPORTED, "%s has no %s", model, none[i]);
  if (g->h->json_int(g->c->request, "n", 1) > 1)
    google_wrong(g, GAMUT_E_UNSUPPORTED, "%s makes one picture a request",
                 model);
  if (google_count(g, "mask") > 0)
    google_wrong(g, GAMUT_E_UNSUPPORTED,
                 "%s takes no mask; say in words what to change", model);
}

/* Events on the way, or drafts, of which there is no number here. */
static int wants_stream(struct google *g)
{
  return google_is(g, google_ask(g, "options/stream"), "true") ||
         g->h->json_int(g->c->request, "partials", -1) >= 0;
}

int32_t google_generate(struct google *g)
{
  const struct gamut_host *h = g->h;
  struct gamut_json *body = h->json_object(g->c), *config;
  struct gamut_http x = { .phase = GOOGLE_GENERATE,
                          .flags = GAMUT_HTTP_BILLABLE,
                          .json = body };

  check_fields(g);
  check_extra(g);
  check_contents(g);
  config = generation_config(g);
  h->json_set(body, "contents", contents(g));
  google_take(g, body, TOP);
  h->json_set(body, "generationConfig", config);
  x.url = google_url(g, "generateContent");
  if (wants_stream(g)) {
    x.phase = GOOGLE_STREAM;
    x.flags |= GAMUT_HTTP_STREAM;
    x.url = google_url(g, "streamGenerateContent?alt=sse");
  }
  return google_send(g, &x);
}
