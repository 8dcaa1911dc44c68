/* imagen.c - Imagen through predict: text to image, edit, upscale.
 *
 * One instance with the prompt and the pictures, and the parameters beside it.
 * Google would make four pictures of a request that names no number, so one
 * does.  Answers leave out what was withheld, with a reason or without a word:
 * fewer pictures than asked for, even none, are a success by status.
 */
#include "google.h"
#include <string.h>

/* ---- pictures of an edit ------------------------------------------------ */

/* The configuration that a reference comes with says what it is. */
static const struct {
  const char *config, *type;
} references[] = {
  { "subjectImageConfig", "REFERENCE_TYPE_SUBJECT" },
  { "styleImageConfig", "REFERENCE_TYPE_STYLE" },
  { "controlImageConfig", "REFERENCE_TYPE_CONTROL" },
};
#define N_REFERENCES (sizeof(references) / sizeof(references[0]))

/* What belongs elsewhere than into the parameters. */
static const char *const elsewhere[] = {
  "labels",
  "subjectImageConfig",
  "styleImageConfig",
  "maskImageConfig",
  "controlImageConfig",
  "baseSteps",
  "referenceImages",
  "upscaleFactor",
  "imagePreservationFactor",
  "enhanceInputImage",
  NULL,
};

static const struct gamut_json *extra(struct google *g, const char *name)
{
  return g->h->json_get(g->c->request, g->h->text(g->c, "extra/%s", name));
}

/* Without an input: for masks that the model makes itself. */
static struct gamut_json *add_reference(struct google *g,
                                        struct gamut_json *list,
                                        const char *type, int64_t id,
                                        int32_t input)
{
  const struct gamut_host *h = g->h;
  struct gamut_json *r = h->json_object(g->c);

  if (input >= 0)
    h->json_set(r, "referenceImage", google_image(g, (uint32_t)input));
  h->json_set_int(r, "referenceId", id);
  h->json_set_str(r, "referenceType", type);
  h->json_set(list, NULL, r);
  return r;
}

/* All pictures of a role with one id: they show one subject. */
static void add_described(struct google *g, struct gamut_json *list, int64_t id)
{
  const struct gamut_host *h = g->h;
  uint32_t n, count = google_count(g, "reference");
  size_t k = 0;

  while (k < N_REFERENCES && !extra(g, references[k].config))
    k++;
  for (n = 0; n < count; n++) {
    struct gamut_json *r =
      add_reference(g, list, references[k % N_REFERENCES].type, id,
                    google_input(g, "reference", n));

    if (k < N_REFERENCES)
      h->json_set(r, references[k].config, extra(g, references[k].config));
  }
}

static void add_mask(struct google *g, struct gamut_json *list, int64_t id)
{
  const struct gamut_host *h = g->h;
  int32_t input = google_input(g, "mask", 0);
  struct gamut_json *config = h->json_object(g->c), *r;
  const struct gamut_json *own = extra(g, "maskImageConfig");
  const char *name;
  uint32_t n;

  if (input < 0 && !own)
    return;
  if (input >= 0)
    h->json_set_str(config, "maskMode", "MASK_MODE_USER_PROVIDED");
  for (n = 0; h->json_member(own, n, &name); n++)
    h->json_set(config, name, h->json_member(own, n, NULL));
  r = add_reference(g, list, "REFERENCE_TYPE_MASK", id, input);
  h->json_set(r, "maskImageConfig", config);
}

static void add_references(struct google *g, struct gamut_json *instance)
{
  const struct gamut_host *h = g->h;
  struct gamut_json *list = h->json_array(g->c);
  uint32_t n, count = google_count(g, "image");

  for (n = 0; n < count; n++)
    add_reference(g, list, "REFERENCE_TYPE_RAW", n + 1,
                  google_input(g, "image", n));
  add_mask(g, list, count + 1);
  add_described(g, list, count + 1 + (google_count(g, "mask") > 0));
  if (extra(g, "referenceImages"))
    h->json_set(instance, "referenceImages", extra(g, "referenceImages"));
  else if (h->json_count(list, "") > 0)
    h->json_set(instance, "referenceImages", list);
}

/* ---- parameters --------------------------------------------------------- */

static int is_false(struct google *g, const char *name)
{
  const char *text = g->h->json_text(g->c, extra(g, name));

  return text && strcmp(text, "false") == 0;
}

/* Seeds work only without the watermark and without rewriting of the prompt. */
static void add_seed(struct google *g, struct gamut_json *parameters)
{
  static const char *const off[] = { "addWatermark", "enhancePrompt" };
  size_t i;

  if (!google_ask(g, "seed"))
    return;
  google_set_int(g, parameters, "seed", "seed");
  for (i = 0; i < 2; i++) {
    if (!extra(g, off[i]))
      g->h->json_set_bool(parameters, off[i], 0);
    else if (!is_false(g, off[i]))
      google_wrong(g, GAMUT_E_INVALID, "a seed needs %s=false", off[i]);
  }
}

static void add_output(struct google *g, struct gamut_json *parameters)
{
  const struct gamut_host *h = g->h;
  const char *format = h->json_str(g->c->request, "format", NULL);
  const char *quality = h->json_str(g->c->request, "quality", NULL);
  struct gamut_json *options = h->json_object(g->c), *number;

  if (format)
    h->json_set_str(options, "mimeType", h->text(g->c, "image/%s", format));
  if (quality) {
    number = h->json_parse(g->c, quality, strlen(quality));
    if (h->json_type(number) != GAMUT_JSON_INT)
      google_wrong(g, GAMUT_E_UNSUPPORTED,
                   "quality is a number from 0 to 100, for jpeg");
    h->json_set(options, "compressionQuality", number);
  }
  if (format || quality)
    h->json_set(parameters, "outputOptions", options);
}

static struct gamut_json *parameters_of(struct google *g)
{
  const struct gamut_host *h = g->h;
  struct gamut_json *parameters = h->json_object(g->c), *edit;

  h->json_set_int(parameters, "sampleCount",
                  h->json_int(g->c->request, "n", 1));
  google_set_any(g, parameters, "aspectRatio", "aspect_ratio");
  google_set_any(g, parameters, "sampleImageSize", "resolution");
  google_set_any(g, parameters, "negativePrompt", "negative_prompt");
  google_set_any(g, parameters, "guidanceScale", "guidance");
  add_seed(g, parameters);
  add_output(g, parameters);
  if (extra(g, "baseSteps") || google_ask(g, "steps")) {
    edit = h->json_object(g->c);
    google_set_int(g, edit, "baseSteps", "steps");
    google_extra(g, edit, "baseSteps");
    h->json_set(parameters, "editConfig", edit);
  }
  google_merge(g, parameters, elsewhere);
  return parameters;
}

/* ---- upscale ------------------------------------------------------------ */

static struct gamut_json *upscale_config(struct google *g)
{
  const struct gamut_host *h = g->h;
  struct gamut_json *config = h->json_object(g->c);
  const char *factor = h->json_str(g->c->request, "resolution", "x2");

  h->json_set_str(config, "upscaleFactor", factor);
  google_extra(g, config, "upscaleFactor");
  google_extra(g, config, "enhanceInputImage");
  google_extra(g, config, "imagePreservationFactor");
  return config;
}

static void upscale(struct google *g, struct gamut_json *instance,
                    struct gamut_json *parameters)
{
  const struct gamut_host *h = g->h;
  int32_t input = google_input(g, "image", 0);

  if (input < 0)
    google_wrong(g, GAMUT_E_INVALID, "there is no image to upscale");
  else
    h->json_set(instance, "image", google_image(g, (uint32_t)input));
  h->json_set_str(parameters, "mode", "upscale");
  h->json_set_int(parameters, "sampleCount", 1);
  h->json_set(parameters, "upscaleConfig", upscale_config(g));
  add_output(g, parameters);
  google_merge(g, parameters, elsewhere);
}

static int is_upscale(struct google *g)
{
  return strcmp(g->h->json_str(g->c->request, "operation", ""), "upscale") == 0;
}

int32_t google_predict(struct google *g)
{
  const struct gamut_host *h = g->h;
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = GOOGLE_PREDICT,
                          .flags = GAMUT_HTTP_BILLABLE,
                          .method = "POST" };
  struct gamut_json *body = h->json_object(g->c), *list = h->json_array(g->c);
  struct gamut_json *instance = h->json_object(g->c), *parameters;

  if (is_upscale(g)) {
    parameters = h->json_object(g->c);
    upscale(g, instance, parameters);
  } else {
    google_set_any(g, instance, "prompt", "prompt");
    add_references(g, instance);
    parameters = parameters_of(g);
  }
  if (g->wrong)
    return google_refuse(g);
  h->json_set(list, NULL, instance);
  h->json_set(body, "instances", list);
  h->json_set(body, "parameters", parameters);
  google_extra(g, body, "labels");
  x.json = body;
  x.url = google_url(g, "predict");
  google_timeout(g);
  return h->http(g->c, &x);
}

/* ---- the answer --------------------------------------------------------- */

struct found {
  int64_t images, withheld;
  const char *why;
};

static void read_prediction(struct google *g, const struct gamut_json *p,
                            struct found *f)
{
  const struct gamut_host *h = g->h;
  const char *data = h->json_str(p, "bytesBase64Encoded", NULL);
  const char *gs = h->json_str(p, "gcsUri", NULL);
  const char *why = h->json_str(p, "raiFilteredReason", NULL);

  if (data || gs) {
    google_hand_over(g, GAMUT_IMAGE, h->json_str(p, "mimeType", NULL), data, gs,
                     NULL);
    f->images++;
    if (h->json_str(p, "prompt", NULL))
      h->fact(g->c, "revised_prompt", h->json_str(p, "prompt", NULL));
  } else if (why) { /* else it is on the prompt: "Positive Prompt" */
    google_withheld(g, GAMUT_IMAGE);
    google_support_codes(g, why);
    f->withheld++;
    f->why = why;
  }
}

int32_t google_predicted(struct google *g)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *r = g->c->reply->json, *list;
  int64_t asked = h->json_int(g->c->request, "n", 1);
  struct found f = { 0 };
  uint32_t i;

  if (h->json_type(r) != GAMUT_JSON_OBJECT)
    return h->fail(g->c, GAMUT_E_PROVIDER, "Google's answer is no JSON object");
  if (h->json_get(r, "error"))
    return google_error(g, h->json_get(r, "error"), 0);
  list = h->json_get(r, "predictions");
  for (i = 0; i < h->json_count(list, ""); i++)
    read_prediction(g, h->json_member(list, i, NULL), &f);
  if (f.images == 0)
    return h->fail(g->c, GAMUT_E_BLOCKED, "%s",
                   f.why ? f.why : "all pictures were withheld");
  if (f.withheld > 0)
    h->fact(g->c, "filtered", h->text(g->c, "%lld", (long long)f.withheld));
  if (f.images + f.withheld < asked)
    h->fact(g->c, "missing",
            h->text(g->c, "%lld", (long long)(asked - f.images - f.withheld)));
  h->usage(g->c, "image", (double)f.images, -1);
  return h->done(g->c);
}
