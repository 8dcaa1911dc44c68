/* embed.c - texts as vectors.
 *
 * Studio takes all texts at once (batchEmbedContents), Vertex by predict: older
 * models all at once, gemini-embedding one in each exchange.  Google is told
 * that likeness is what they are for.  What Vertex counts it tells, and for
 * gemini-embedding its price per token is known (2026-11-20,
 * https://cloud.google.com/vertex-ai/generative-ai/pricing); a key of Studio
 * may be one of the free tier, so what it costs there is not known.
 *
 * State: "at", how many texts are done; "tokens" of them.
 */
#include "google.h"
#include <string.h>

#define MODEL           "gemini-embedding-001"
#define DIMENSIONS      768
#define USD_PER_MILLION 0.15
#define LIKENESS        "SEMANTIC_SIMILARITY"

static int64_t dimensions_of(struct google *g)
{
  return g->h->json_int(g->c->request, "dimensions", DIMENSIONS);
}

static int64_t done_so_far(struct google *g)
{
  return g->h->json_int(g->c->state, "at", 0);
}

/* How many texts go into one exchange. */
static int64_t at_once(struct google *g)
{
  int64_t left = g->h->json_count(g->c->request, "texts") - done_so_far(g);

  return !g->studio && google_model_is(g, "gemini-embedding") && left > 1
           ? 1
           : left;
}

static const char *text_of(struct google *g, int64_t i)
{
  return g->h->json_str(g->c->request,
                        g->h->text(g->c, "texts/%lld", (long long)i), "");
}

/* The second generation is told in the text itself. */
static int takes_task(struct google *g)
{
  return !google_model_is(g, "gemini-embedding-2");
}

static struct gamut_json *studio_request(struct google *g, int64_t i)
{
  const struct gamut_host *h = g->h;
  struct gamut_json *r = h->json_object(g->c), *content = h->json_object(g->c);
  struct gamut_json *parts = h->json_array(g->c), *part = h->json_object(g->c);

  h->json_set_str(part, "text", text_of(g, i));
  h->json_set(parts, NULL, part);
  h->json_set(content, "parts", parts);
  h->json_set_str(r, "model", h->text(g->c, "models/%s", google_model(g)));
  h->json_set(r, "content", content);
  if (takes_task(g))
    h->json_set_str(r, "taskType", LIKENESS);
  h->json_set_int(r, "outputDimensionality", dimensions_of(g));
  return r;
}

static struct gamut_json *vertex_instance(struct google *g, int64_t i)
{
  struct gamut_json *o = g->h->json_object(g->c);

  g->h->json_set_str(o, "content", text_of(g, i));
  if (takes_task(g))
    g->h->json_set_str(o, "task_type", LIKENESS);
  return o;
}

static struct gamut_json *body_of(struct google *g)
{
  const struct gamut_host *h = g->h;
  struct gamut_json *body = h->json_object(g->c), *list = h->json_array(g->c);
  struct gamut_json *parameters = h->json_object(g->c);
  int64_t i, from = done_so_far(g), to = from + at_once(g);

  for (i = from; i < to; i++)
    h->json_set(list, NULL,
                g->studio ? studio_request(g, i) : vertex_instance(g, i));
  h->json_set(body, g->studio ? "requests" : "instances", list);
  if (g->studio)
    return body;
  h->json_set_int(parameters, "outputDimensionality", dimensions_of(g));
  h->json_set(body, "parameters", parameters);
  return body;
}

static int32_t ask(struct google *g)
{
  const char *method = g->studio ? "batchEmbedContents" : "predict";
  struct gamut_http x = { .phase = GOOGLE_EMBED, .flags = GAMUT_HTTP_BILLABLE };

  x.json = body_of(g);
  x.url = google_url(g, method);
  return google_send(g, &x);
}

static int32_t start(struct google *g)
{
  if (g->h->json_count(g->c->request, "texts") == 0)
    return g->h->fail(g->c, GAMUT_E_INVALID, "there are no texts to embed");
  if (!google_model(g))
    return g->h->fail(g->c, GAMUT_E_INVALID, "'%s' is no model of Google's",
                      google_asked_model(g));
  if (google_way(g) == GOOGLE_NO_WAY)
    return google_no_key(g);
  return ask(g);
}

/* -1: not told. */
static int64_t tokens_of(struct google *g, const struct gamut_json *reply)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *list = h->json_get(reply, "predictions"), *one;
  int64_t sum = 0, n;
  uint32_t i;

  if (g->studio)
    return h->json_int(reply, "usageMetadata/promptTokenCount", -1);
  for (i = 0; (one = h->json_member(list, i, NULL)); i++) {
    n = h->json_int(one, "embeddings/statistics/token_count", -1);
    if (n < 0)
      return -1;
    sum += n;
  }
  return sum;
}

static int take_vectors(struct google *g, const struct gamut_json *reply)
{
  const struct gamut_host *h = g->h;
  const char *list = g->studio ? "embeddings" : "predictions";
  const char *values = g->studio ? "values" : "embeddings/values";
  int64_t i, n = at_once(g);

  for (i = 0; i < n; i++) {
    const struct gamut_json *v = h->json_get(
      reply, h->text(g->c, "%s/%lld/%s", list, (long long)i, values));

    if (!v)
      return 0;
    h->vector(g->c, v);
  }
  h->json_set_int(g->c->state, "at", done_so_far(g) + n);
  return 1;
}

static int32_t conclude(struct google *g)
{
  const struct gamut_host *h = g->h;
  struct gamut_json *answer = h->json_object(g->c);
  int64_t tokens = h->json_int(g->c->state, "tokens", -1);

  h->json_set_str(answer, "model", google_model(g));
  if (tokens >= 0)
    h->json_set_int(answer, "tokens", tokens);
  if (tokens >= 0 && !g->studio && google_model_is(g, MODEL))
    h->json_set_real(answer, "cost_usd",
                     (double)tokens * USD_PER_MILLION / 1e6);
  h->answer(g->c, answer);
  return h->done(g->c);
}

static int32_t answered(struct google *g)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *reply = g->c->reply->json;
  int64_t before = h->json_int(g->c->state, "tokens", 0);
  int64_t tokens = tokens_of(g, reply);

  if (g->c->reply->status >= 400)
    return google_refused(g);
  if (!take_vectors(g, reply))
    return h->fail(g->c, GAMUT_E_PROTOCOL,
                   "the answer lacks the vector of a text");
  h->json_set_int(g->c->state, "tokens",
                  tokens < 0 || before < 0 ? -1 : before + tokens);
  return at_once(g) > 0 ? ask(g) : conclude(g);
}

static int32_t embed(struct google *g)
{
  return g->c->event == GAMUT_EV_START ? start(g) : answered(g);
}

static int32_t vertex_embed(void *instance, struct gamut_call *c)
{
  struct google g = { .c = c, .h = c->host, .model = MODEL };

  (void)instance;
  return embed(&g);
}

static int32_t studio_embed(void *instance, struct gamut_call *c)
{
  struct google g = { .c = c, .h = c->host, .studio = 1, .model = MODEL };

  (void)instance;
  return embed(&g);
}

#define TABLE(function)                                                        \
  {                                                                            \
    .struct_size = sizeof(struct gamut_embed), .dimensions = DIMENSIONS,       \
    .model = MODEL, .embed = (function)                                        \
  }
const struct gamut_embed google_vertex_embed = TABLE(vertex_embed);
const struct gamut_embed google_studio_embed = TABLE(studio_embed);
