/* webhook.c - is a delivery fal's own, and what does it say?
 *
 * Four headers, and a text of four lines that ends with the hash of the body,
 * signed with a key of which fal publishes the public half.  There may be
 * several keys; one that fits is enough.  They are kept for a day, and fetched
 * anew before that when none fits, since fal may have changed them; but not
 * for every forgery.
 *
 * State: "keys", and when they were fetched: "keys_ms".
 */
#include "fal.h"
#include <string.h>

#define TOLERANCE_MS (300 * 1000)
#define KEPT_MS      (24 * 3600 * 1000)
#define RENEW_MS     (5 * 60 * 1000)
#define KEYS_URL     "https://rest.fal.ai/.well-known/jwks.json"
#define KEY_CHARS    43 /* 32 bytes in base64url */

/* ---- the signature ------------------------------------------------------ */

static const char *header_of(struct gamut_call *c, const char *name)
{
  const struct gamut_host *h = c->host;

  return h->json_str(c->request, h->text(c, "headers/x-fal-webhook-%s", name),
                     NULL);
}

static const char *missing(struct gamut_call *c)
{
  static const char *const names[] = { "request-id", "user-id", "timestamp",
                                       "signature" };
  size_t i;

  for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
    if (!header_of(c, names[i]))
      return names[i];
  return NULL;
}

/* Unix seconds; -1: no such number. */
static int64_t seconds_of(const char *s)
{
  int64_t n = 0;

  if (!*s || strlen(s) > 12)
    return -1;
  for (; *s; s++) {
    if (*s < '0' || *s > '9')
      return -1;
    n = n * 10 + (*s - '0');
  }
  return n;
}

static int is_recent(struct gamut_call *c)
{
  int64_t then = seconds_of(header_of(c, "timestamp"));
  int64_t apart = (int64_t)c->now_ms - then * 1000;

  return then >= 0 && apart >= -TOLERANCE_MS && apart <= TOLERANCE_MS;
}

static int fits_any(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *keys = h->json_get(c->state, "keys"), *key;
  struct gamut_signature s = { .struct_size = sizeof(s), .alg = "Ed25519" };
  uint32_t i;

  s.text = h->text(c, "%s\n%s\n%s\n%s", header_of(c, "request-id"),
                   header_of(c, "user-id"), header_of(c, "timestamp"),
                   h->json_str(c->request, "body_sha256", ""));
  s.signature = header_of(c, "signature");
  for (i = 0; (key = h->json_member(keys, i, NULL)); i++) {
    s.key = h->json_str(key, "", NULL);
    if (h->verify(c, &s) == 0)
      return 1;
  }
  return 0;
}

/* ---- keys --------------------------------------------------------------- */

static int64_t keys_age_ms(struct gamut_call *c)
{
  int64_t at = c->host->json_int(c->state, "keys_ms", -1);
  int64_t age = (int64_t)c->now_ms - at;

  return at < 0 || age < 0 ? INT64_MAX : age;
}

static int is_key(const char *x)
{
  static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx"
                            "yz0123456789-_";
  size_t n = strspn(x, set);

  return n == KEY_CHARS && strspn(x + n, "=") == strlen(x + n);
}

static int32_t fetch_keys(struct gamut_call *c)
{
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = FAL_KEYS,
                          .method = "GET",
                          .url = KEYS_URL };

  return c->host->http(c, &x);
}

/* How many there are. */
static uint32_t keep_keys(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *list = h->json_get(c->reply->json, "keys"), *key;
  struct gamut_json *keys = h->json_array(c);
  uint32_t i, n = 0;

  for (i = 0; (key = h->json_member(list, i, NULL)); i++) {
    const char *x = h->json_str(key, "x", "");

    if (strcmp(h->json_str(key, "kty", "OKP"), "OKP") == 0 &&
        strcmp(h->json_str(key, "crv", "Ed25519"), "Ed25519") == 0 &&
        is_key(x)) {
      h->json_set_str(keys, NULL, x);
      n++;
    }
  }
  h->json_set(c->state, "keys", keys);
  h->json_set_int(c->state, "keys_ms", (int64_t)c->now_ms);
  return n;
}

/* ---- what it says ------------------------------------------------------- */

static int is_true(struct gamut_call *c, const struct gamut_json *flag)
{
  return c->host->json_type(flag) == GAMUT_JSON_BOOL &&
         strcmp(c->host->json_text(c, flag), "true") == 0;
}

static int has_other_files(struct gamut_call *c,
                           const struct gamut_json *payload)
{
  static const char *const names[] = { "video/url", "videos/0", "audio/url",
                                       "audios/0" };
  size_t i;

  for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
    if (c->host->json_type(c->host->json_get(payload, names[i])) >
        GAMUT_JSON_NULL)
      return 1;
  return 0;
}

/* Were all pictures replaced by black ones, or none made?  As output.c sees it
 * once the result is there. */
static int is_withheld(struct gamut_call *c, const struct gamut_json *payload)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *images = h->json_get(payload, "images"), *flags;
  uint32_t i, n = h->json_count(images, "");

  flags = h->json_get(payload, "has_nsfw_concepts");
  if (h->json_type(flags) <= GAMUT_JSON_NULL)
    flags = h->json_get(payload, "nsfw_content_detected");
  if (h->json_type(h->json_get(payload, "image")) == GAMUT_JSON_OBJECT)
    n = n ? n : 1;
  else if (h->json_type(images) != GAMUT_JSON_ARRAY ||
           has_other_files(c, payload))
    return 0;
  for (i = 0; i < n; i++)
    if (!is_true(c, h->json_type(flags) == GAMUT_JSON_ARRAY
                      ? h->json_member(flags, i, NULL)
                      : flags))
      return 0;
  return 1;
}

static const char *state_of(struct gamut_call *c, const struct gamut_json *body)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *payload = h->json_get(body, "payload");

  if (strcmp(h->json_str(body, "status", ""), "OK") == 0)
    return is_withheld(c, payload) ? "blocked" : "completed";
  if (fal_has_type(c, payload, "content_policy_violation"))
    return "blocked";
  if (strcmp(h->json_str(payload, "error_type", ""), "client_cancelled") == 0)
    return "cancelled";
  return "failed";
}

/* The input that an entry repeats stays out of it. */
static const char *message_of(const struct gamut_host *h,
                              const struct gamut_json *body)
{
  const char *error =
    h->json_str(body, "error", h->json_str(body, "payload_error", NULL));

  return h->json_str(body, "payload/detail/0/msg",
                     h->json_str(body, "payload/detail", error));
}

static int32_t conclude(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *text = h->json_str(c->request, "body", "");
  const struct gamut_json *body = h->json_parse(c, text, strlen(text));
  const char *signed_id = header_of(c, "request-id");
  const char *id = h->json_str(body, "request_id", signed_id);
  struct gamut_json *o = h->json_object(c);

  if (!h->json_str(body, "status", NULL))
    return h->fail(c, GAMUT_E_PROTOCOL, "fal's delivery names no status");
  h->json_set_str(o, "job", id);
  h->json_set_str(o, "state", state_of(c, body));
  h->json_set_str(o, "delivery", id); /* one delivery a job, however often */
  h->json_set_str(o, "message", message_of(h, body));
  h->answer(c, o);
  return h->done(c);
}

static int32_t verify(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *lacking = missing(c);

  (void)instance;
  if (lacking)
    return h->fail(c, GAMUT_E_AUTH,
                   "the delivery has no header x-fal-webhook-%s", lacking);
  if (!is_recent(c))
    return h->fail(c, GAMUT_E_AUTH,
                   "the delivery was signed more than 5 minutes from now");
  if (c->event == GAMUT_EV_REPLY && keep_keys(c) == 0)
    return h->fail(c, GAMUT_E_PROTOCOL, "fal publishes no key to check with");
  if (keys_age_ms(c) >= KEPT_MS)
    return fetch_keys(c);
  if (fits_any(c))
    return conclude(c);
  if (keys_age_ms(c) >= RENEW_MS)
    return fetch_keys(c);
  return h->fail(c, GAMUT_E_AUTH,
                 "the delivery's signature fits none of fal's keys");
}

const struct gamut_webhook fal_webhook = { .struct_size = sizeof(fal_webhook),
                                           .verify = verify };
