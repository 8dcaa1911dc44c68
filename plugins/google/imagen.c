/* imagen.c - Imagen through predict: text to image, edit, upscale.
 *
 * One instance with the prompt and the pictures, and the parameters beside it.
 * Google would make four pictures of a request that names no number, so one
 * does.  Answers leave out what was withheld, with a reason (if
 * includeRaiReason was asked for) or without a word: fewer pictures than asked
 * for, even none, are a success by status.
 */
#include "google.h"
#include <string.h>

/* What belongs elsewhere than into the parameters. */
#define ELSEWHERE                                                              \
  "labels subjectImageConfig styleImageConfig maskImageConfig "                \
  "controlImageConfig baseSteps referenceImages upscaleFactor "                \
  "imagePreservationFactor enhanceInputImage"

/* ---- pictures of an edit ------------------------------------------------ */

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

static const struct {
  char config[20], type[24];
} kinds[] = {
  { "subjectImageConfig", "REFERENCE_TYPE_SUBJECT" },
  { "styleImageConfig", "REFERENCE_TYPE_STYLE" },
  { "controlImageConfig", "REFERENCE_TYPE_CONTROL" },
};
enum { N_KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static uint32_t count_kinds(struct google *g)
{
  uint32_t n = 0;
  size_t k;

  for (k = 0; k < N_KINDS; k++)
    n += google_extra(g, kinds[k].config) != NULL;
  return n;
}

/* The configurations that come with pictures say what they are; those of one
 * kind have one id: they show one subject.  Of several kinds each but the first
 * has one picture, the last ones. */
static void add_described(struct google *g, struct gamut_json *list, int64_t id)
{
  uint32_t n = 0, count = google_count(g, "reference"), left = count_kinds(g);
  int all = left == 0;
  size_t k;

  if (count < left)
    google_wrong(g, GAMUT_E_INVALID,
                 "%u kinds of reference pictures are described, but there are "
                 "%u pictures",
                 (unsigned)left, (unsigned)count);
  for (k = 0; k < N_KINDS && n < count; k++) {
    if (!all && !google_extra(g, kinds[k].config))
      continue;
    left -= left > 0;
    for (; n + left < count; n++)
      google_take(g,
                  add_reference(g, list, kinds[k].type, id,
                                google_input(g, "reference", n)),
                  kinds[k].config);
    id++;
  }
}

/* How many it was. */
static int64_t add_mask(struct google *g, struct gamut_json *list, int64_t id)
{
  const struct gamut_host *h = g->h;
  int32_t input = google_input(g, "mask", 0);
  struct gamut_json *config = h->json_object(g->c), *r;
  const struct gamut_json *own = google_extra(g, "maskImageConfig");

  if (input < 0 && !own)
    return 0;
  if (input >= 0)
    h->json_set_str(config, "maskMode", "MASK_MODE_USER_PROVIDED");
  google_add(g, config, own, "", 0);
  r = add_reference(g, list, "REFERENCE_TYPE_MASK", id, input);
  h->json_set(r, "maskImageConfig", config);
  return 1;
}

static void add_references(struct google *g, struct gamut_json *instance)
{
  struct gamut_json *list = g->h->json_array(g->c);
  uint32_t n, count = google_count(g, "image");
  int64_t id = 1;

  for (n = 0; n < count; n++)
    add_reference(g, list, "REFERENCE_TYPE_RAW", id++,
                  google_input(g, "image", n));
  id += add_mask(g, list, id);
  add_described(g, list, id);
  if (g->h->json_count(list, "") > 0)
    g->h->json_set(instance, "referenceImages", list);
  google_take(g, instance, "referenceImages");
}

/* ---- parameters --------------------------------------------------------- */

/* Seeds work only without the watermark, and, where there is such a thing,
 * without rewriting of the prompt. */
static void add_seed(struct google *g, struct gamut_json *parameters)
{
  static const char off[][14] = { "addWatermark", "enhancePrompt" };
  int edits = g->c->n_inputs > 0 || google_extra(g, "referenceImages");
  size_t i;

  if (!google_ask(g, "seed"))
    return;
  google_set_int(g, parameters, "seed", "seed");
  for (i = 0; i < (edits ? 1 : 2); i++) {
    if (!google_extra(g, off[i]))
      g->h->json_set_bool(parameters, off[i], 0);
    else if (!google_is(g, google_extra(g, off[i]), "false"))
      google_wrong(g, GAMUT_E_INVALID, "a seed needs %s=false", off[i]);
  }
}

static void add_parameters(struct google *g, struct gamut_json *parameters)
{
  const struct gamut_host *h = g->h;
  struct gamut_json *edit = h->json_object(g->c);

  h->json_set_int(parameters, "sampleCount",
                  h->json_int(g->c->request, "n", 1));
  google_set_any(g, parameters, "aspectRatio", "aspect_ratio");
  google_set_any(g, parameters, "sampleImageSize", "resolution");
  google_set_any(g, parameters, "negativePrompt", "negative_prompt");
  google_set_any(g, parameters, "guidanceScale", "guidance");
  add_seed(g, parameters);
  google_set_int(g, edit, "baseSteps", "steps");
  google_take(g, edit, "baseSteps");
  if (h->json_count(edit, "") > 0)
    h->json_set(parameters, "editConfig", edit);
}

/* ---- upscale ------------------------------------------------------------ */

static void upscale(struct google *g, struct gamut_json *instance,
                    struct gamut_json *parameters)
{
  const struct gamut_host *h = g->h;
  struct gamut_json *config = h->json_object(g->c);
  int32_t input = google_input(g, "image", 0);

  if (input < 0)
    google_wrong(g, GAMUT_E_INVALID, "there is no image to upscale");
  else
    h->json_set(instance, "image", google_image(g, (uint32_t)input));
  h->json_set_str(config, "upscaleFactor",
                  h->json_str(g->c->request, "resolution", "x2"));
  google_take(g, config,
              "upscaleFactor enhanceInputImage imagePreservationFactor");
  h->json_set_str(parameters, "mode", "upscale");
  h->json_set_int(parameters, "sampleCount", 1);
  h->json_set(parameters, "upscaleConfig", config);
}

int32_t google_predict(struct google *g)
{
  const struct gamut_host *h = g->h;
  struct gamut_json *body = h->json_object(g->c), *list = h->json_array(g->c);
  struct gamut_json *instance = h->json_object(g->c);
  struct gamut_json *parameters = h->json_object(g->c);
  struct gamut_http x = { .phase = GOOGLE_PREDICT,
                          .flags = GAMUT_HTTP_BILLABLE,
                          .json = body,
                          .url = google_url(g, "predict") };

  if (google_in(h->json_str(g->c->request, "operation", ""), "upscale")) {
    upscale(g, instance, parameters);
  } else {
    google_set_any(g, instance, "prompt", "prompt");
    add_references(g, instance);
    add_parameters(g, parameters);
  }
  h->json_set(parameters, "outputOptions", google_output(g));
  google_leave(g, parameters, ELSEWHERE);
  h->json_set(list, NULL, instance);
  h->json_set(body, "instances", list);
  h->json_set(body, "parameters", parameters);
  google_take(g, body, "labels");
  return google_send(g, &x);
}

/* ---- the answer --------------------------------------------------------- */

struct found {
  int64_t images, withheld;
  const char *why, *codes;
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
    h->fact(g->c, "revised_prompt", h->json_str(p, "prompt", NULL));
  } else if (why) { /* else it is on the prompt: "Positive Prompt" */
    google_withheld(g, GAMUT_IMAGE);
    f->codes = google_codes(g, f->codes, why);
    f->withheld++;
    f->why = f->why ? f->why : why;
  }
}

int32_t google_predicted(struct google *g)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *r = g->c->reply->json, *list, *one;
  int64_t asked = h->json_int(g->c->request, "n", 1);
  struct found f = { 0 };
  uint32_t i;

  if (h->json_type(r) != GAMUT_JSON_OBJECT)
    return h->fail(g->c, GAMUT_E_PROVIDER, "Google's answer is no JSON object");
  if (h->json_get(r, "error"))
    return google_error(g, h->json_get(r, "error"), 0);
  list = h->json_get(r, "predictions");
  for (i = 0; (one = h->json_member(list, i, NULL)); i++)
    read_prediction(g, one, &f);
  google_tell_codes(g, f.codes);
  if (f.images == 0)
    return h->fail(g->c, GAMUT_E_BLOCKED, "%s",
                   f.why ? f.why
                         : "all pictures were withheld, without a reason "
                           "(includeRaiReason=true asks for one)");
  google_count_fact(g, "filtered", f.withheld);
  google_count_fact(g, "missing", asked - f.images - f.withheld);
  h->usage(g->c, "image", (double)f.images, -1);
  return h->done(g->c);
}
