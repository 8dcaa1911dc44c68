/* gamut/extensions.h - groups of functions that a plugin can offer, by id; a
 * part of gamut/plugin.h. */
#ifndef GAMUT_EXTENSIONS_H
#define GAMUT_EXTENSIONS_H

#include <gamut/call.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Blocking work on the pool: a vendor's own SDK, a local model. */
#define GAMUT_EXT_PERFORM "gamut.perform/1"
/* Without a flag what it does is taken for paid, once it has begun. */
enum { GAMUT_PERFORM_RESTARTABLE = 1u << 0 }; /* may run again after a crash */
struct gamut_perform {
  uint32_t struct_size;
  uint32_t flags;
  uint32_t max_parallel; /* per instance; 0: one */
  uint32_t reserved;
  gamut_fn *perform; /* [worker] ends with done() or fail() */
};

/* Short-lived bearer tokens, fetched once per instance and shared: same
 * shape as step(), ends with token() then done(). */
#define GAMUT_EXT_TOKEN "gamut.token/1"
struct gamut_token {
  uint32_t struct_size;
  uint32_t reserved;
  gamut_fn *token; /* [loop] */
};

/* Uploads: for vendors that take large inputs only as URLs.  The host runs it
 * for each local file above inline_max before the job begins, one input a call,
 * same shape as step(), with the "options" of the request; it ends with
 * fact("url", ...) then done(); fact("ttl_s", ...) before replaces ttl_s for this
 * file.  A key "inline_max" of the provider, or the option of that name in the
 * request, replaces inline_max.  The URL is
 * remembered by content for ttl_s, so ten jobs with one picture upload it once;
 * json_set_input(AS_URL) gives it. */
#define GAMUT_EXT_UPLOAD "gamut.upload/1"
struct gamut_upload {
  uint32_t struct_size;
  uint32_t ttl_s;      /* 0: use it for this job only */
  uint64_t inline_max; /* bytes; smaller files travel as data: URIs */
  gamut_fn *upload;    /* [loop] */
};

/* Queries: what can be asked of a vendor beside a generation.  Each function has
 * the shape of step() and ends with answer(), then done().  A function that the
 * vendor has no answer for is NULL.  What is not known is left out of an answer.
 * Money is in US dollars here, as a number; times are text of RFC 3339.
 *
 * The models that this key can use.  Request: {}.  Answer: an array of models in
 * the form of catalog/schema.json ("models"): id and operations, and of the rest
 * what the vendor says: title, life, life_date, successor, sizes, price. */
#define GAMUT_EXT_MODELS "gamut.models/1"
enum { GAMUT_QUERY_OPEN = 1u << 0 }; /* list or health need no key */
struct gamut_models {
  uint32_t struct_size;
  uint32_t flags;
  gamut_fn *list; /* [loop] */
};

/* The account behind the key.
 *
 * balance  request {}.  Answer {"account": text, "plan": text, "balances":
 *          [{"name", "unit": "usd" or "credits", "remaining", "limit", "used",
 *          "locked", "note"}], "limits": [{"name", "limit", "used"}]}
 * usage    request {"period": "day", "week", "month" or "year"} or {"from", "to"}
 *          (dates, `to` exclusive).  Answer {"from", "to", "requests",
 *          "succeeded", "failed", "cached", "cost_usd" (what the makers of the
 *          models took), "billed_usd", "saved_usd", "hit_rate" (0 to 1),
 *          "credits", "by_provider": {name: requests}, "by_model": {id:
 *          requests, or credits where those are counted}, "by_day": {date:
 *          amount}}
 * keys     request {"action": "list", "set", "validate" or "delete", "name": text
 *          (not with list)}; with set and validate the key itself is {@secret} in
 *          a body with GAMUT_HTTP_FILL.  Answer {"keys": [{"name", "kind":
 *          "provider" or "api", "shown": a masked form, "valid", "checked_at"}]},
 *          or for validate {"valid", "message"}
 * health   request {}.  Answer {"ok": true or false, "version", "parts": {name:
 *          text}}
 * lookup   jobs of this account that may be one that was sent and not answered.
 *          Request {"request": that job's, "since": when it was about to be
 *          sent, in seconds since 1970 (the first time, of one that was sent
 *          more than once), "until": when it was last seen on its way}.  Answer
 *          {"jobs": [{"id": the vendor's, "resume": members for the request with
 *          which step() goes on with that job and makes none}], "complete": the
 *          vendor's list reaches back so far}.  Only those whose every fact that
 *          the vendor tells is as asked */
#define GAMUT_EXT_ACCOUNT "gamut.account/1"
struct gamut_account {
  uint32_t struct_size;
  uint32_t flags;
  gamut_fn *balance; /* [loop] */
  gamut_fn *usage;   /* [loop] */
  gamut_fn *keys;    /* [loop] */
  gamut_fn *health;  /* [loop] */
  gamut_fn *lookup;  /* [loop] */
};

/* A delivery that somebody made to the caller's webhook, to be checked by the
 * vendor's rules: signature, age (now_ms), all headers that belong to it.
 * Request {"headers": {name in lower case: value}, "body": text, "body_sha256":
 * hex}.  The body is text as it came, without NUL.  Answer {"job": the vendor's
 * id of the job, "state": "completed", "failed", "blocked", "cancelled" or
 * "running", "delivery": what repeats of this delivery have in common,
 * "message": text}; a delivery that is not genuine fails with GAMUT_E_AUTH.  The
 * state is kept from one delivery to the next as long
 * as the instance lives, for public keys that were fetched. */
#define GAMUT_EXT_WEBHOOK "gamut.webhook/1"
struct gamut_webhook {
  uint32_t struct_size;
  uint32_t reserved;
  gamut_fn *verify; /* [loop] */
};

/* Texts as vectors, near to each other when the texts mean much the same: for
 * the semantic cache.  A query as those above.  Request {"texts": [text, ...],
 * "model": an id, "dimensions": how many numbers a vector shall have}; without
 * the latter two the provider's own choice counts, which `model` and
 * `dimensions` tell.  Each vector is given to vector(), in the order of the
 * texts.  Answer beside {"model", "tokens", "cost_usd"}.  Exchanges that are
 * billed have GAMUT_HTTP_BILLABLE: none is sent again when it is not known
 * whether it ran. */
#define GAMUT_EXT_EMBED "gamut.embed/1"
struct gamut_embed {
  uint32_t struct_size;
  uint32_t dimensions;
  const char *model;
  gamut_fn *embed; /* [loop] */
};

/* Signing and checking, by a plugin that links a crypto library (the core links
 * none).  `alg`: "RS256" (PKCS#1 v1.5 with SHA-256, key is PEM), "Ed25519" (key
 * is 32 raw bytes), "HS256" (HMAC with SHA-256, key is raw). */
#define GAMUT_EXT_CRYPTO "gamut.crypto/1"
struct gamut_crypto {
  uint32_t struct_size;
  uint32_t reserved;
  /* 0 and *ret_len bytes in `sig` (room for `size`), or a class.  [any] */
  int32_t (*sign)(const char *alg, const void *key, size_t key_len,
                  const void *data, size_t len, void *sig, size_t size,
                  size_t *ret_len);
  /* 0: the signature is right; GAMUT_E_PERMISSION: it is not.  [any] */
  int32_t (*verify)(const char *alg, const void *key, size_t key_len,
                    const void *data, size_t len, const void *sig,
                    size_t sig_len);
};

#ifdef __cplusplus
}
#endif
#endif
