/* query.c - the models that Higgsfield lists: its own ones, not all of those
 * that it leads to.
 *
 * The list has a word for the kind of work, of which only a few spellings have
 * been seen; else the id itself often says it.  Prices are in credits, which
 * are not sold at one rate: they are told, not reckoned with.
 */
#include "higgsfield.h"
#include <string.h>

static const struct {
  const char *word, *operation; /* begins so, signs left out */
} words[] = {
  { "text2image", "text-to-image" },
  { "texttoimage", "text-to-image" },
  { "image2image", "image-to-image" },
  { "imagetoimage", "image-to-image" },
  { "text2video", "text-to-video" },
  { "texttovideo", "text-to-video" },
  { "image2video", "image-to-video" },
  { "imagetovideo", "image-to-video" },
  { "video2video", "video-to-video" },
  { "videotovideo", "video-to-video" },
  { "edit", "edit" },
  { "upscale", "upscale" },
};
#define N_WORDS (sizeof(words) / sizeof(words[0]))

static int begins_with(const char *text, const char *word)
{
  for (; *word; text++) {
    if (*text == '-' || *text == '_' || *text == ' ')
      continue;
    if (*text != *word)
      return 0;
    word++;
  }
  return 1;
}

/* NULL: it cannot be told. */
static const char *operation_of(const char *type, const char *id)
{
  size_t i;

  for (i = 0; i < N_WORDS; i++)
    if (begins_with(type, words[i].word))
      return words[i].operation;
  for (i = 0; i < N_WORDS; i++)
    if (strstr(id, words[i].operation))
      return words[i].operation;
  return NULL;
}

static void add_model(struct gamut_call *c, struct gamut_json *list,
                      const struct gamut_json *item)
{
  const struct gamut_host *h = c->host;
  const char *id = h->json_str(item, "slug", ""), *operation;
  double credits = h->json_real(item, "base_credits", -1);
  struct gamut_json *m = h->json_object(c), *operations;

  id += *id == '/';
  if (!*id)
    return;
  h->json_set_str(m, "id", id);
  operation = operation_of(h->json_str(item, "operation_type", ""), id);
  if (operation) {
    operations = h->json_array(c);
    h->json_set_str(operations, NULL, operation);
    h->json_set(m, "operations", operations);
  }
  if (credits >= 0)
    h->json_set_str(
      m, "note",
      h->text(c, "%g credit%s at least", credits, credits == 1 ? "" : "s"));
  h->json_set(list, NULL, m);
}

static int32_t list(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = HF_MODELS,
                          .method = "GET",
                          .url = "/models" };
  const struct gamut_json *items, *item;
  struct gamut_json *all;
  uint32_t i;

  (void)instance;
  if (c->event == GAMUT_EV_START)
    return h->http(c, &x);
  items = h->json_get(c->reply->json, "items");
  if (h->json_type(items) != GAMUT_JSON_ARRAY)
    return h->fail(c, GAMUT_E_PROTOCOL, "Higgsfield's list has no models");
  all = h->json_array(c);
  for (i = 0; (item = h->json_member(items, i, NULL)); i++)
    add_model(c, all, item);
  h->answer(c, all);
  return h->done(c);
}

const struct gamut_models hf_models = { .struct_size = sizeof(hf_models),
                                        .list = list };
