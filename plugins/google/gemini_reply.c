/* gemini_reply.c - what generateContent answers, whole or in events.
 *
 * An answer with a good status may be a refusal.  In this order: a prompt that
 * was blocked; pictures, whatever else is said; the reason why there is none.
 * Parts marked as thoughts are drafts and no results; a thoughtSignature beside
 * a part does not make it one.
 *
 * State of a stream: "images" so far, "finish", "message" and "text" of the
 * events seen.
 */
#include "google.h"
#include <string.h>

struct answer {
  int64_t images;
  const char *finish, *message, *text;
  int blocked; /* the prompt; finish and message say why */
};

static const struct {
  const char *reason;
  int32_t error_class;
} finishes[] = {
  { "SAFETY", GAMUT_E_BLOCKED },
  { "PROHIBITED_CONTENT", GAMUT_E_BLOCKED },
  { "BLOCKLIST", GAMUT_E_BLOCKED },
  { "SPII", GAMUT_E_BLOCKED },
  { "RECITATION", GAMUT_E_BLOCKED },
  { "IMAGE_SAFETY", GAMUT_E_BLOCKED },
  { "IMAGE_PROHIBITED_CONTENT", GAMUT_E_BLOCKED },
  { "IMAGE_RECITATION", GAMUT_E_BLOCKED },
  { "MAX_TOKENS", GAMUT_E_INVALID },
  { "LANGUAGE", GAMUT_E_INVALID },
};

static int32_t class_of(const char *reason)
{
  size_t i;

  for (i = 0; i < sizeof(finishes) / sizeof(finishes[0]); i++)
    if (strcmp(finishes[i].reason, reason) == 0)
      return finishes[i].error_class;
  return GAMUT_E_PROVIDER; /* nobody's fault that we could name */
}

/* ---- parts -------------------------------------------------------------- */

static int is_thought(struct google *g, const struct gamut_json *part)
{
  const struct gamut_json *thought = g->h->json_get(part, "thought");

  return g->h->json_type(thought) == GAMUT_JSON_BOOL &&
         strcmp(g->h->json_text(g->c, thought), "true") == 0;
}

static void draft(struct google *g, const char *mime, const char *data)
{
  struct gamut_artifact a = { .struct_size = sizeof(a),
                              .kind = GAMUT_IMAGE,
                              .data = data,
                              .data_len = strlen(data),
                              .mime = mime,
                              .flags = GAMUT_ART_BASE64 | GAMUT_ART_PARTIAL };

  g->h->artifact(g->c, &a);
}

static void read_part(struct google *g, const struct gamut_json *part,
                      struct answer *a)
{
  const struct gamut_host *h = g->h;
  const char *data = h->json_str(part, "inlineData/data", NULL);
  const char *mime = h->json_str(part, "inlineData/mimeType", NULL);
  const char *text = h->json_str(part, "text", "");

  if (data && is_thought(g, part)) {
    draft(g, mime, data);
  } else if (data) {
    google_hand_over(g, GAMUT_IMAGE, mime, data, NULL, NULL);
    a->images++;
  } else if (text[0] && is_thought(g, part)) {
    h->progress(g->c, -1, text);
  } else if (text[0]) {
    a->text = a->text ? h->text(g->c, "%s%s", a->text, text) : text;
  }
}

static void read_candidate(struct google *g, const struct gamut_json *candidate,
                           struct answer *a)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *parts = h->json_get(candidate, "content/parts");
  uint32_t i;

  for (i = 0; i < h->json_count(parts, ""); i++)
    read_part(g, h->json_member(parts, i, NULL), a);
  a->finish = h->json_str(candidate, "finishReason", a->finish);
  a->message = h->json_str(candidate, "finishMessage", a->message);
}

/* ---- cost --------------------------------------------------------------- */

/* Of the candidates' tokens those of pictures; all, when nothing is said. */
static int64_t image_tokens(struct google *g, const struct gamut_json *usage)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *list = h->json_get(usage, "candidatesTokensDetails");
  int64_t n = 0;
  uint32_t i;

  if (h->json_count(list, "") == 0)
    return h->json_int(usage, "candidatesTokenCount", 0);
  for (i = 0; i < h->json_count(list, ""); i++) {
    const struct gamut_json *row = h->json_member(list, i, NULL);

    if (strcmp(h->json_str(row, "modality", ""), "IMAGE") == 0)
      n += h->json_int(row, "tokenCount", 0);
  }
  return n;
}

/* Dollars for a million tokens are millionths of a dollar for one.  Traffic
 * that is not on demand has prices of its own. */
static void tell_usage(struct google *g, const struct gamut_json *usage)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *rates = h->json_get(g->c->request, "wire/rates");
  const char *traffic = h->json_str(usage, "trafficType", "ON_DEMAND");
  int64_t in = h->json_int(usage, "promptTokenCount", 0);
  int64_t out = h->json_int(usage, "candidatesTokenCount", 0);
  int64_t thoughts = h->json_int(usage, "thoughtsTokenCount", 0);
  int64_t image = image_tokens(g, usage);
  double cost =
    (double)in * h->json_real(rates, "input", 0) +
    (double)image * h->json_real(rates, "image", 0) +
    (double)(out - image + thoughts) * h->json_real(rates, "text", 0);

  if (in + out <= 0)
    return;
  if (!rates || strcmp(traffic, "ON_DEMAND") != 0)
    cost = -1.5;
  h->usage(g->c, "token", (double)(in + out + thoughts), (int64_t)(cost + 0.5));
}

/* ---- one response object ------------------------------------------------ */

static void read_response(struct google *g, const struct gamut_json *r,
                          struct answer *a)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *candidates = h->json_get(r, "candidates");
  const char *block = h->json_str(r, "promptFeedback/blockReason", NULL);
  uint32_t i;

  for (i = 0; i < h->json_count(candidates, ""); i++)
    read_candidate(g, h->json_member(candidates, i, NULL), a);
  if (block) {
    a->blocked = 1;
    a->finish = block;
    a->message = h->json_str(r, "promptFeedback/blockReasonMessage", NULL);
  }
  if (h->json_get(r, "usageMetadata"))
    tell_usage(g, h->json_get(r, "usageMetadata"));
  if (h->json_str(r, "responseId", NULL))
    h->fact(g->c, "request_id", h->json_str(r, "responseId", NULL));
  if (h->json_str(r, "modelVersion", NULL))
    h->fact(g->c, "model_version", h->json_str(r, "modelVersion", NULL));
}

static int32_t conclude(struct google *g, const struct answer *a)
{
  const struct gamut_host *h = g->h;
  const char *said = a->message ? a->message : a->text;
  int32_t error_class;

  if (a->images > 0 && !a->blocked) {
    if (a->text)
      h->fact(g->c, "text", a->text);
    return h->done(g->c);
  }
  if (a->finish)
    h->fact(g->c, "reason", a->finish);
  if (a->blocked)
    return h->fail(g->c, GAMUT_E_BLOCKED, "the prompt was refused: %s%s%s",
                   a->finish, said ? ": " : "", said ? said : "");
  if (!a->finish && !a->text)
    return h->fail(g->c, GAMUT_E_PROVIDER, "Google answered with nothing");
  if (a->finish && strcmp(a->finish, "STOP") != 0) {
    error_class = class_of(a->finish);
    return h->fail(g->c, error_class, "no image (%s)%s%s", a->finish,
                   said ? ": " : "", said ? said : "");
  }
  h->fact(g->c, "reason", "no-image");
  return h->fail(g->c, GAMUT_E_PROVIDER, "no image, but words: %s",
                 said ? said : "none");
}

/* An error, with a hint where the place may be the reason. */
static int32_t refused(struct google *g)
{
  const struct gamut_host *h = g->h;

  if (g->c->reply->status != 404 || !google_wants_global(g))
    return h->fail_reply(g->c);
  return h->fail(g->c, GAMUT_E_NOT_FOUND,
                 "%s (HTTP 404); GOOGLE_CLOUD_LOCATION=global may be needed",
                 h->json_str(g->c->reply->json, "error/message", "not found"));
}

/* The whole answer.  A stream without ?alt=sse is a list of responses, and
 * errors can come as the only entry of a list. */
int32_t google_generated(struct google *g)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *r = g->c->reply->json, *one;
  struct answer a = { 0 };
  uint32_t i, n = 1;
  int list = h->json_type(r) == GAMUT_JSON_ARRAY;

  if (g->c->reply->status >= 400)
    return refused(g);
  if (h->json_type(r) != GAMUT_JSON_OBJECT && !list)
    return h->fail(g->c, GAMUT_E_PROVIDER, "Google's answer is no JSON object");
  if (list)
    n = h->json_count(r, "");
  for (i = 0; i < n; i++) {
    one = list ? h->json_member(r, i, NULL) : r;
    if (h->json_get(one, "error"))
      return google_error(g, h->json_get(one, "error"), 0);
    read_response(g, one, &a);
  }
  return conclude(g, &a);
}

/* ---- a stream ----------------------------------------------------------- */

static void recall(struct google *g, struct answer *a)
{
  const struct gamut_host *h = g->h;

  a->images = h->json_int(g->c->state, "images", 0);
  a->finish = h->json_str(g->c->state, "finish", NULL);
  a->message = h->json_str(g->c->state, "message", NULL);
  a->text = h->json_str(g->c->state, "text", NULL);
  a->blocked = h->json_int(g->c->state, "blocked", 0) != 0;
}

int32_t google_chunk(struct google *g)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *r = g->c->reply->json;
  struct answer a = { 0 };

  if (h->json_get(r, "error"))
    return google_error(g, h->json_get(r, "error"), 0);
  recall(g, &a);
  read_response(g, r, &a);
  h->json_set_int(g->c->state, "images", a.images);
  h->json_set_str(g->c->state, "finish", a.finish);
  h->json_set_str(g->c->state, "message", a.message);
  h->json_set_str(g->c->state, "text", a.text);
  h->json_set_int(g->c->state, "blocked", a.blocked);
  return h->more(g->c);
}

/* The server has closed; or it never streamed and answered as usual. */
int32_t google_stream_over(struct google *g)
{
  struct answer a = { 0 };

  if (g->c->reply->json || g->c->reply->status >= 400)
    return google_generated(g);
  recall(g, &a);
  return conclude(g, &a);
}
