/* gemini_reply.c - what generateContent answers, whole or in events.
 *
 * An answer with a good status may be a refusal.  In this order: a prompt that
 * was blocked; pictures, whatever else is said; the reason why there is none.
 * Parts marked as thoughts are drafts and no results; a thoughtSignature beside
 * a part does not make it one.
 *
 * State of a stream: "images" so far, "finish", "message" and "text" of the
 * events seen; "cut" when one was no JSON.
 */
#include "google.h"
#include <string.h>

struct answer {
  int64_t images;
  const char *finish, *message, *text;
  int blocked; /* the prompt; finish and message say why */
};

/* Of the reasons why a candidate has no picture all others are nobody's fault
 * that we could name. */
#define REFUSED                                                                \
  "SAFETY PROHIBITED_CONTENT BLOCKLIST SPII RECITATION IMAGE_SAFETY "          \
  "IMAGE_PROHIBITED_CONTENT IMAGE_RECITATION"
#define ASKED_WRONG "MAX_TOKENS LANGUAGE"

/* ---- parts -------------------------------------------------------------- */

static void read_part(struct google *g, const struct gamut_json *part,
                      struct answer *a)
{
  const struct gamut_host *h = g->h;
  const char *data = h->json_str(part, "inlineData/data", NULL);
  const char *mime = h->json_str(part, "inlineData/mimeType", NULL);
  const char *text = h->json_str(part, "text", "");
  int thought = google_is(g, h->json_get(part, "thought"), "true");
  struct gamut_artifact draft = { .struct_size = sizeof(draft),
                                  .kind = GAMUT_IMAGE,
                                  .data = data,
                                  .mime = mime,
                                  .flags =
                                    GAMUT_ART_BASE64 | GAMUT_ART_PARTIAL };

  if (data && thought) {
    draft.data_len = strlen(data);
    h->artifact(g->c, &draft);
  } else if (data) {
    google_hand_over(g, GAMUT_IMAGE, mime, data, NULL, NULL);
    a->images++;
  } else if (text[0] && thought) {
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
  const struct gamut_json *part;
  uint32_t i;

  for (i = 0; (part = h->json_member(parts, i, NULL)); i++)
    read_part(g, part, a);
  a->finish = h->json_str(candidate, "finishReason", a->finish);
  a->message = h->json_str(candidate, "finishMessage", a->message);
}

/* ---- cost --------------------------------------------------------------- */

/* Of the candidates' tokens those of pictures; -1: not said, and there are
 * pictures. */
static int64_t image_tokens(struct google *g, const struct gamut_json *usage,
                            int64_t images)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *list = h->json_get(usage, "candidatesTokensDetails");
  const struct gamut_json *row;
  int64_t n = 0;
  uint32_t i;

  if (h->json_count(list, "") == 0)
    return images > 0 ? -1 : 0;
  for (i = 0; (row = h->json_member(list, i, NULL)); i++)
    if (strcmp(h->json_str(row, "modality", ""), "IMAGE") == 0)
      n += h->json_int(row, "tokenCount", 0);
  return n;
}

/* Flex costs half; other ways than on demand have prices of their own.  Vertex
 * says which way it went, elsewhere it goes as it was asked.  0: not known. */
static double share_of_price(struct google *g, const struct gamut_json *usage)
{
  const char *asked = g->h->json_str(g->c->request, "extra/serviceTier", "");
  const char *way = g->h->json_str(usage, "trafficType", asked);

  if (google_in(way, "flex ON_DEMAND_FLEX"))
    return 0.5;
  return way[0] == '\0' || google_in(way, "ON_DEMAND standard unspecified");
}

/* Dollars for a million tokens are millionths of a dollar for one. */
static void tell_usage(struct google *g, const struct gamut_json *usage,
                       int64_t images)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *rates = h->json_get(g->c->request, "wire/rates");
  int64_t in = h->json_int(usage, "promptTokenCount", 0);
  int64_t out = h->json_int(usage, "candidatesTokenCount", 0);
  int64_t thoughts = h->json_int(usage, "thoughtsTokenCount", 0);
  int64_t image = image_tokens(g, usage, images);
  double share = share_of_price(g, usage);
  double cost =
    (double)in * h->json_real(rates, "input", 0) +
    (double)image * h->json_real(rates, "image", 0) +
    (double)(out - image + thoughts) * h->json_real(rates, "text", 0);
  int known = rates && image >= 0 && share > 0;

  if (out + thoughts <= 0) /* withheld: not charged for, or not said */
    return;
  h->usage(g->c, "token", (double)(in + out + thoughts),
           known ? (int64_t)(cost * share + 0.5) : -1);
}

/* ---- one response object ------------------------------------------------ */

static void read_response(struct google *g, const struct gamut_json *r,
                          struct answer *a)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *candidates = h->json_get(r, "candidates"), *one;
  const char *block = h->json_str(r, "promptFeedback/blockReason", NULL);
  uint32_t i;

  for (i = 0; (one = h->json_member(candidates, i, NULL)); i++)
    read_candidate(g, one, a);
  if (block) {
    a->blocked = 1;
    a->finish = block;
    a->message = h->json_str(r, "promptFeedback/blockReasonMessage", NULL);
  }
  if (a->images > 0 || !(a->finish && google_in(a->finish, REFUSED)))
    tell_usage(g, h->json_get(r, "usageMetadata"), a->images);
  h->fact(g->c, "request_id", h->json_str(r, "responseId", NULL));
  h->fact(g->c, "model_version", h->json_str(r, "modelVersion", NULL));
}

static int32_t conclude(struct google *g, const struct answer *a)
{
  const struct gamut_host *h = g->h;
  const char *said = a->message ? a->message : a->text ? a->text : "";
  const char *mark = said[0] ? ": " : "";

  if (a->images > 0 && !a->blocked) {
    h->fact(g->c, "text", a->text);
    return h->done(g->c);
  }
  h->fact(g->c, "reason", a->finish);
  if (a->blocked)
    return h->fail(g->c, GAMUT_E_BLOCKED, "the prompt was refused: %s%s%s",
                   a->finish, mark, said);
  if (!a->finish && !a->text)
    return h->fail(g->c, GAMUT_E_PROVIDER, "Google answered with nothing");
  if (a->finish && strcmp(a->finish, "STOP") != 0)
    return h->fail(g->c,
                   google_in(a->finish, REFUSED)       ? GAMUT_E_BLOCKED
                   : google_in(a->finish, ASKED_WRONG) ? GAMUT_E_INVALID
                                                       : GAMUT_E_PROVIDER,
                   "no image (%s)%s%s", a->finish, mark, said);
  h->fact(g->c, "reason", "no-image");
  return h->fail(g->c, GAMUT_E_PROVIDER, "no image, but words: %s",
                 said[0] ? said : "none");
}

/* The whole answer.  A stream without ?alt=sse is a list of responses. */
int32_t google_generated(struct google *g)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *r = g->c->reply->json, *one = r;
  int list = h->json_type(r) == GAMUT_JSON_ARRAY;
  struct answer a = { 0 };
  uint32_t i = 0;

  if (h->json_type(r) != GAMUT_JSON_OBJECT && !list)
    return h->fail(g->c, GAMUT_E_PROVIDER, "Google's answer is no JSON object");
  if (list)
    one = h->json_member(r, 0, NULL);
  while (one) {
    if (h->json_get(one, "error"))
      return google_error(g, h->json_get(one, "error"), 0);
    read_response(g, one, &a);
    one = list ? h->json_member(r, ++i, NULL) : NULL;
  }
  return conclude(g, &a);
}

/* ---- a stream ----------------------------------------------------------- */

static void recall(struct google *g, struct answer *a)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *s = g->c->state;

  a->images = h->json_int(s, "images", 0);
  a->finish = h->json_str(s, "finish", NULL);
  a->message = h->json_str(s, "message", NULL);
  a->text = h->json_str(s, "text", NULL);
  a->blocked = h->json_int(s, "blocked", 0) != 0;
}

int32_t google_chunk(struct google *g)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *r = g->c->reply->json;
  struct gamut_json *s = g->c->state;
  struct answer a = { 0 };

  if (!r) {
    h->json_set_int(s, "cut", 1);
    return h->more(g->c);
  }
  if (h->json_get(r, "error"))
    return google_error(g, h->json_get(r, "error"), 0);
  recall(g, &a);
  read_response(g, r, &a);
  h->json_set_int(s, "images", a.images);
  h->json_set_str(s, "finish", a.finish);
  h->json_set_str(s, "message", a.message);
  h->json_set_str(s, "text", a.text);
  h->json_set_int(s, "blocked", a.blocked);
  return h->more(g->c);
}

/* The server has closed; or it never streamed and answered as usual. */
int32_t google_stream_over(struct google *g)
{
  struct answer a = { 0 };

  if (g->c->reply->json)
    return google_generated(g);
  recall(g, &a);
  if (a.images == 0 && !a.finish && g->h->json_int(g->c->state, "cut", 0))
    return g->h->fail(g->c, GAMUT_E_PROVIDER,
                      "Google's stream was cut off before it had a picture");
  return conclude(g, &a);
}
