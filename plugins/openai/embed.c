/* embed.c - texts as vectors: one exchange for all of them.
 *
 * OpenAI shortens the vectors of its third models by itself (`dimensions`) and
 * sends them as base64, a fourth of what numbers take.  Another server is asked
 * for numbers, which all know, and for no length unless the caller wants one.
 *
 * The price is OpenAI's, per token: https://platform.openai.com/docs/pricing,
 * of 2026-11-20.
 */
#include "openai.h"
#include <string.h>

#define DIMENSIONS 768

static const struct {
  const char *model;
  double usd_per_million;
} prices[] = {
  { "text-embedding-3-small", 0.02 },
  { "text-embedding-3-large", 0.13 },
  { "text-embedding-ada-002", 0.10 },
};

static const char *model_of(struct gamut_call *c)
{
  return c->host->json_str(c->request, "model", OPENAI_EMBED_MODEL);
}

static int64_t dimensions_of(struct gamut_call *c)
{
  int shortens = strncmp(model_of(c), "text-embedding-3", 16) == 0;

  return c->host->json_int(c->request, "dimensions", shortens ? DIMENSIONS : 0);
}

static int32_t ask(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *body = h->json_object(c);
  struct gamut_http x = { .phase = OPENAI_EMBED,
                          .flags = GAMUT_HTTP_BILLABLE,
                          .method = "POST",
                          .json = body };

  if (h->json_count(c->request, "texts") == 0)
    return h->fail(c, GAMUT_E_INVALID, "there are no texts to embed");
  h->json_set_str(body, "model", model_of(c));
  h->json_set(body, "input", h->json_get(c->request, "texts"));
  if (dimensions_of(c) > 0)
    h->json_set_int(body, "dimensions", dimensions_of(c));
  h->json_set_str(body, "encoding_format",
                  openai_is_elsewhere(c) ? "float" : "base64");
  return openai_send(c, &x, "/embeddings");
}

/* Of the text of this number; they come in order, and nobody promises it. */
static const struct gamut_json *vector_of(struct gamut_call *c, uint32_t text)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *data = h->json_get(c->reply->json, "data"), *one;
  uint32_t i;

  one = h->json_member(data, text, NULL);
  if (one && h->json_int(one, "index", text) == text)
    return h->json_get(one, "embedding");
  for (i = 0; (one = h->json_member(data, i, NULL)); i++)
    if (h->json_int(one, "index", -1) == text)
      return h->json_get(one, "embedding");
  return NULL;
}

static void add_cost(struct gamut_call *c, struct gamut_json *answer,
                     int64_t tokens)
{
  size_t i;

  for (i = 0; i < sizeof(prices) / sizeof(prices[0]); i++)
    if (!openai_is_elsewhere(c) && strcmp(prices[i].model, model_of(c)) == 0)
      c->host->json_set_real(answer, "cost_usd",
                             (double)tokens * prices[i].usd_per_million / 1e6);
}

static int32_t answered(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  uint32_t i, n = h->json_count(c->request, "texts");
  int64_t tokens = h->json_int(c->reply->json, "usage/prompt_tokens", -1);
  struct gamut_json *answer = h->json_object(c);

  for (i = 0; i < n; i++) {
    const struct gamut_json *v = vector_of(c, i);

    if (!v)
      return h->fail(c, GAMUT_E_PROTOCOL,
                     "the answer lacks the vector of text %u", (unsigned)i);
    h->vector(c, v);
  }
  h->json_set_str(answer, "model", model_of(c));
  if (tokens >= 0) {
    h->json_set_int(answer, "tokens", tokens);
    add_cost(c, answer, tokens);
  }
  h->answer(c, answer);
  return h->done(c);
}

static int32_t embed(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->event == GAMUT_EV_START ? ask(c) : answered(c);
}

const struct gamut_embed openai_embed = { .struct_size = sizeof(openai_embed),
                                          .dimensions = DIMENSIONS,
                                          .model = OPENAI_EMBED_MODEL,
                                          .embed = embed };
