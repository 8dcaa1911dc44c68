/* The models that the emulated gateway lists: those that its own pages name.
 * The real list has some 1,700; /models of the emulator has these. */
#include "visgate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_MAX 1000

/* clang-format off */
#define FAL_FLUX "num_inference_steps int 1..50; guidance_scale num 0..20; " \
  "output_format {jpeg|png}; acceleration {none|regular|high}; " \
  "enable_safety_checker bool; "
#define IMAGE "image_url url; "

static const struct vg_model models[] = {
  { "fal-ai/flux/schnell", "FLUX.1 [schnell]", "fal", "text-to-image",
    FAL_FLUX, 'm', 3000 },
  { "fal-ai/flux/dev/image-to-image", "FLUX.1 [dev] image to image", "fal",
    "image-to-image", FAL_FLUX "image_url* url; strength num 0..1; ",
    'm', 25000 },
  { "fal-ai/flux-pro", "FLUX.1 [pro]", "fal", "text-to-image",
    FAL_FLUX "safety_tolerance int 1..6; ", 'm', 50000 },
  { "fal-ai/veo3", "Veo 3", "fal", "text-to-video image-to-video",
    IMAGE "aspect_ratio {16:9|9:16}; resolution {720p|1080p}; "
    "generate_audio bool; negative_prompt str; seed int; ", 's', 400000 },
  { "replicate/black-forest-labs/flux-schnell", "FLUX.1 [schnell]",
    "replicate", "text-to-image", "num_inference_steps int 1..4; "
    "go_fast bool; output_format {webp|jpg|png}; megapixels {1|0.25}; ",
    'i', 3000 },
  { "replicate/lucataco/cogvideox-5b", "CogVideoX 5B", "replicate",
    "text-to-video", "steps int 1..100; guidance num 1..20; seed int; ",
    's', 20000 },
  { "runway/gen4_image", "Gen-4 Image", "runway", "text-to-image", "",
    'i', 80000 },
  { "runway/gen4_turbo", "Gen-4 Turbo", "runway",
    "image-to-video text-to-video", IMAGE "ratio str; seed int; ",
    's', 50000 },
};
/* clang-format on */

const struct vg_model *vg_model_find(const char *id)
{
  size_t i;

  for (i = 0; i < EM_LEN(models); i++)
    if (!strcmp(models[i].id, id))
      return &models[i];
  return NULL;
}

const struct vg_model *vg_model_at(size_t i)
{
  return i < EM_LEN(models) ? &models[i] : NULL;
}

bool vg_makes_videos(const struct vg_model *model)
{
  return strstr(model->can, "-video") != NULL;
}

/* ---- the list ----------------------------------------------------------- */

static void put_capabilities(const struct vg_model *m, struct em_buf *out)
{
  const char *at = m->can;
  size_t n;

  for (; *at; at += n + (at[n] == ' ')) {
    n = strcspn(at, " ");
    em_buf_printf(out, "%s\"%.*s\"", at == m->can ? "" : ",", (int)n, at);
  }
}

static void put_model(const struct vg_model *m, struct em_buf *out)
{
  const char *unit = m->unit == 'm'   ? "megapixel"
                     : m->unit == 'i' ? "image"
                                      : "second";
  const char *media = vg_makes_videos(m) ? "video" : "image";

  em_buf_printf(out,
                "{\"id\":\"%s\",\"name\":\"%s\",\"provider\":\"%s\","
                "\"media_type\":\"%s\",\"description\":null,\"category\":"
                "\"%.*s\",\"tags\":[],\"cover_image_url\":null,\"author\":null,"
                "\"url\":null,\"base_cost_micro\":%lld,"
                "\"normalized_cost_micro\":%lld,",
                m->id, m->name, m->provider, media, (int)strcspn(m->can, " "),
                m->can, (long long)m->micro, (long long)m->micro);
  em_buf_printf(out,
                "\"pricing\":\"$%.3f per %s\",\"pricing_unit\":\"%s\","
                "\"run_count\":5000,\"input_types\":[\"text\"%s],"
                "\"output_type\":\"%s\",\"capabilities\":[",
                (double)m->micro / 1e6, unit, unit,
                strstr(m->can, "image-to-") ? ",\"image\"" : "", media);
  put_capabilities(m, out);
  em_buf_puts(out, "],\"first_seen_at\":\"2026-01-10T00:00:00Z\","
                   "\"provider_created_at\":null,"
                   "\"last_synced_at\":\"2026-02-14T00:00:00Z\"}");
}

static bool is_in(const char *words, const char *word)
{
  size_t n;

  for (; *words; words += n + (words[n] == ' ')) {
    n = strcspn(words, " ");
    if (em_streq_n(word, words, n))
      return true;
  }
  return false;
}

static bool matches(struct em_request *rq, const struct vg_model *m)
{
  const char *provider = em_query(rq, "provider");
  const char *media = em_query(rq, "media_type");
  const char *capability = em_query(rq, "capability");
  const char *search = em_query(rq, "search");

  return (!provider || !strcmp(provider, m->provider)) &&
         (!media || !strcmp(media, vg_makes_videos(m) ? "video" : "image")) &&
         (!capability || is_in(m->can, capability)) &&
         (!search || strcasestr(m->id, search) || strcasestr(m->name, search));
}

static int by_cost(const void *a, const void *b)
{
  const struct vg_model *const *x = a, *const *y = b;

  return ((*x)->micro > (*y)->micro) - ((*x)->micro < (*y)->micro);
}

static int by_name(const void *a, const void *b)
{
  const struct vg_model *const *x = a, *const *y = b;

  return strcmp((*x)->name, (*y)->name);
}

/* Wrong or missing filters: the client leaves empty ones out, limit never. */
static const char *wrong_filter(struct em_request *rq, int64_t *ret_limit)
{
  static const struct {
    const char *name, *values;
  } filters[] = {
    { "provider", "fal replicate runway" },
    { "media_type", "image video" },
    { "sort", "name cost newest popular" },
    { "featured", "true" },
    { "capability", NULL },
    { "search", NULL },
  };
  const char *limit = em_query(rq, "limit");
  size_t i;

  if (!limit || !em_parse_int(limit, strlen(limit), 1, LIMIT_MAX, ret_limit))
    return "limit";
  for (i = 0; i < EM_LEN(filters); i++) {
    const char *value = em_query(rq, filters[i].name);

    if (value &&
        (!*value || (filters[i].values && !is_in(filters[i].values, value))))
      return filters[i].name;
  }
  return NULL;
}

static void answer_list(struct em_request *rq)
{
  const struct vg_model *found[EM_LEN(models)];
  struct em_buf *b = &rq->reply.body;
  const char *sort = em_query(rq, "sort");
  int64_t limit = 0;
  const char *wrong = wrong_filter(rq, &limit);
  size_t i, n = 0;

  if (wrong) {
    vg_error(rq, 422, "VALIDATION_ERROR", wrong, "%s is not valid", wrong);
    return;
  }
  for (i = 0; i < EM_LEN(models); i++)
    if (matches(rq, &models[i]))
      found[n++] = &models[i];
  if (sort && (!strcmp(sort, "cost") || !strcmp(sort, "name")))
    qsort(found, n, sizeof(found[0]), *sort == 'c' ? by_cost : by_name);
  em_buf_puts(b, "{\"models\":[");
  for (i = 0; i < n && (int64_t)i < limit; i++) {
    em_buf_puts(b, i ? "," : "");
    put_model(found[i], b);
  }
  em_buf_printf(b,
                "],\"total_count\":%zu,\"last_updated\":"
                "\"2026-02-14T00:00:00Z\"",
                n);
  if (em_query(rq, "featured")) {
    em_buf_puts(b, ",\"featured\":[{\"title\":\"Popular\",\"key\":\"popular\","
                   "\"models\":[");
    put_model(&models[0], b);
    em_buf_puts(b, "]}]");
  }
  em_buf_putc(b, '}');
  rq->reply.status = 200;
}

/* `id`: what stands behind /models, with its slash. */
void vg_answer_models(struct em_request *rq, const char *id)
{
  const struct vg_model *model = *id ? vg_model_find(id + 1) : NULL;

  if (!em_method(rq, "GET")) {
    vg_error(rq, 405, "METHOD_NOT_ALLOWED", NULL, "Method Not Allowed");
  } else if (!*id) {
    answer_list(rq);
  } else if (!model) {
    vg_error(rq, 404, "MODEL_NOT_FOUND", NULL, "Model %.80s is not supported",
             id + 1);
  } else {
    put_model(model, &rq->reply.body);
    rq->reply.status = 200;
  }
}
