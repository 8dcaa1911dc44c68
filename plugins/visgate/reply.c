/* reply.c - what visgate's answers say.
 *
 * An answer of 400 and above may be {"error": CODE, "message", "details"},
 * plain text, a proxy's page or nothing.  Its class follows from visgate.c's
 * table, but for one: nothing but the wording tells refused content from a
 * fault.
 */
#include "visgate.h"
#include <string.h>

#define MICRO    1000000.0
#define USD_MOST 1e6 /* of one answer; above it is a slip */

static const struct {
  const char *member, *fact;
} facts[] = {
  { "id", "request_id" },
  { "request_id", "request_id" },
  { "provider", "served_by" },
  { "mode", "mode" },
  { "cache_hit", "cache_hit" },
  { "provider_cost_avoided_micro", "provider_cost_avoided_micro" },
  { "latency_ms", "vendor_latency_ms" },
  { "output_storage", "output_storage" },
  { "steps", "steps" },
};
#define N_FACTS (sizeof(facts) / sizeof(facts[0]))

/* ---- good answers ------------------------------------------------------- */

static int is_true(struct gamut_call *c, const char *member)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *value = h->json_get(c->reply->json, member);

  return h->json_type(value) == GAMUT_JSON_BOOL &&
         strcmp(h->json_text(c, value), "true") == 0;
}

/* A hit of the cache costs nothing, also when that is not said. */
static void tell_cost(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *r = c->reply->json;
  double usd = h->json_real(
    r, "cost",
    h->json_real(r, "estimated_cost_usd", is_true(c, "cache_hit") ? 0 : -1));

  if (usd >= 0 && usd < USD_MOST)
    h->usage(c, "request", 1, (int64_t)(usd * MICRO + 0.5));
}

/* Millionths, and only there on a hit. */
static void tell_avoided(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  double micro =
    h->json_real(c->reply->json, "provider_cost_avoided_micro", -1);
  int64_t whole;

  if (!is_true(c, "cache_hit") || !(micro >= 0 && micro < USD_MOST * MICRO))
    return;
  whole = (int64_t)(micro + 0.5);
  h->fact(c, "cost_avoided_usd",
          h->text(c, "%lld.%06lld", (long long)(whole / 1000000),
                  (long long)(whole % 1000000)));
}

void vg_tell(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *asked = h->json_str(c->request, "model", "");
  const char *model = h->json_str(c->reply->json, "model", asked);
  size_t i;

  for (i = 0; i < N_FACTS; i++) {
    const struct gamut_json *value =
      h->json_get(c->reply->json, facts[i].member);

    if (h->json_type(value) > GAMUT_JSON_NULL)
      h->fact(c, facts[i].fact, h->json_str(value, "", h->json_text(c, value)));
  }
  /* The cache may answer with what another model has made. */
  if (strcmp(model, asked) != 0)
    h->fact(c, "served_model", model);
  tell_cost(c);
  tell_avoided(c);
}

int vg_hand_over(struct gamut_call *c, int32_t kind, const char *url)
{
  struct gamut_artifact a = { .struct_size = sizeof(a),
                              .kind = kind,
                              .url = url };

  if (!url || !*url)
    return 0;
  c->host->artifact(c, &a);
  return 1;
}

/* ---- refusals ----------------------------------------------------------- */

/* In small letters, and a code's lines as blanks. */
static char plain(char ch)
{
  if (ch >= 'A' && ch <= 'Z')
    return (char)(ch - 'A' + 'a');
  return ch == '_' ? ' ' : ch;
}

static int contains(const char *text, const char *word)
{
  size_t i;

  for (; *text; text++) {
    for (i = 0; word[i] && plain(text[i]) == word[i];)
      i++;
    if (!word[i])
      return 1;
  }
  return 0;
}

int vg_is_refusal(const char *sentence)
{
  static const char *const words[] = { "content policy", "moderation",
                                       "nsfw",           "safety",
                                       "flagged",        "sensitive" };
  size_t i;

  for (i = 0; sentence && i < sizeof(words) / sizeof(words[0]); i++)
    if (contains(sentence, words[i]))
      return 1;
  return 0;
}

/* Statuses that mean one thing, whatever the words; and a refused field other
 * than the prompt ("enable_safety_checker must be a boolean"). */
static int is_clear(struct gamut_call *c)
{
  const char *field = c->host->json_str(c->reply->json, "details/field", NULL);

  switch (c->reply->status) {
  case 401:
  case 402:
  case 404:
  case 429:
    return 1;
  default:
    return field && !contains(field, "prompt");
  }
}

int32_t vg_refused(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *r = c->reply->json;
  const char *message = h->json_str(r, "message", NULL);
  int is_page = !r && c->reply->content_type &&
                strcmp(c->reply->content_type, "text/plain") != 0;

  h->fact(c, "refused_field", h->json_str(r, "details/field", NULL));
  h->fact(c, "served_by", h->json_str(r, "details/provider", NULL));
  if (is_clear(c) || is_page)
    return h->fail_reply(c);
  if (!vg_is_refusal(message) &&
      !vg_is_refusal(h->json_str(r, "error", NULL)) &&
      (r || !vg_is_refusal(c->reply->body)))
    return h->fail_reply(c);
  return h->fail(c, GAMUT_E_BLOCKED, "%s (HTTP %d)",
                 message ? message : "the content was refused",
                 (int)c->reply->status);
}
