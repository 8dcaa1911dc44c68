/* What fal looks at before it takes work: the key, the account, the headers,
 * and that the body is a JSON object.  The words of the refusals are those
 * that users of the service report. */
#include "fal.h"

#include <stdlib.h>
#include <string.h>

static bool good_key(const struct em_server *sv, const char *key)
{
  if (sv->options->key)
    return !strcmp(sv->options->key, key);
  return !strstr(key, "bad");
}

bool fal_authorised(struct em_request *rq, const char *app)
{
  const char *value = em_header(rq, "Authorization"), *key, *colon;

  if (!value && fal_token_ok(rq, app))
    return true;
  if (!value) {
    em_reply_json(rq, 401,
                  "{\"detail\":\"Cannot access application \\\"%s\\\". "
                  "Authentication is required to access this application.\"}",
                  app);
    return false;
  }
  key = em_starts(value, "Key ") ? value + 4 : "";
  colon = strchr(key, ':');
  if (!colon || colon == key || !colon[1]) {
    em_reply_json(rq, 401,
                  "{\"detail\":\"Invalid Key Authorization header format. "
                  "Expected '<key_id>:<key_secret>'.\"}");
    return false;
  }
  if (!good_key(rq->server, key)) {
    em_reply_json(rq, 401,
                  "{\"detail\":\"No user found for Key ID and Secret\"}");
    return false;
  }
  return true;
}

bool fal_unlocked(struct em_request *rq)
{
  const char *value = em_header(rq, "Authorization");
  const char *key = value ? value : "";

  if (strstr(key, "locked"))
    em_reply_json(rq, 403,
                  "{\"detail\":\"User is locked. Reason: Exhausted balance. "
                  "Top up your balance at fal.ai/dashboard/billing.\"}");
  else if (strstr(key, "noscope"))
    em_reply_json(rq, 403,
                  "{\"detail\":\"The key lacks the scope for this "
                  "operation\"}");
  else if (strstr(key, "busy"))
    em_reply_json(rq, 429, "{\"detail\":\"Rate limit exceeded\"}");
  else
    return true;
  return false;
}

bool fal_not_revoked(struct em_request *rq)
{
  const char *value = em_header(rq, "Authorization");

  if (!value || !strstr(value, "revoked"))
    return true;
  em_reply_json(rq, 401,
                "{\"detail\":\"No user found for Key ID and Secret\"}");
  return false;
}

uint64_t fal_account(const struct em_request *rq)
{
  const char *value = em_header(rq, "Authorization");

  return value ? em_hash(value) : 0;
}

bool fal_may_see(const struct em_request *rq, const struct em_job *job)
{
  uint64_t account = fal_account(rq);

  return !account || !job->account || account == job->account;
}

struct json_object *fal_parse_input(struct em_request *rq)
{
  const char *type = em_header(rq, "Content-Type");
  struct json_tokener *tokener;
  struct json_object *input = NULL;

  if (!type || strncasecmp(type, "application/json", 16) != 0) {
    em_reply_json(rq, 415, "{\"detail\":\"Unsupported Media Type\"}");
    return NULL;
  }
  tokener = json_tokener_new();
  json_tokener_set_flags(tokener,
                         JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
  if (rq->body.len)
    input =
      json_tokener_parse_ex(tokener, rq->body.data, (int)rq->body.len + 1);
  json_tokener_free(tokener);
  if (json_object_is_type(input, json_type_object))
    return input;
  json_object_put(input);
  em_reply_json(rq, 422,
                "{\"detail\":[{\"loc\":[\"body\"],\"msg\":"
                "\"JSON decode error\",\"type\":\"json_invalid\"}]}");
  return NULL;
}

static bool good_json(const char *value)
{
  struct json_object *o = value ? json_tokener_parse(value) : NULL;
  bool good = !value || json_object_is_type(o, json_type_object);

  json_object_put(o);
  return good;
}

static bool good_word(const char *value, const char *one, const char *other)
{
  return !value || !strcmp(value, one) || !strcmp(value, other);
}

/* "key=value,key=value": ten at most, keys of the vendor are reserved. */
static bool good_tags(const char *value)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
  unsigned n = 0;
  size_t len;

  if (!value)
    return true;
  for (; n++ < 10 && strlen(value) <= 1024; value += len + 1) {
    size_t key = strspn(value, letters);

    len = strcspn(value, ",");
    if (!key || key > 64 || value[key] != '=' || len - key > 257 ||
        em_starts(value, "fal."))
      return false;
    if (!value[len])
      return true;
  }
  return false;
}

/* More than a second, whatever name the header has. */
static bool good_timeout(const char *value)
{
  return !value || strtod(value, NULL) > 1;
}

bool fal_good_headers(struct em_request *rq)
{
  const char *wrong = NULL;

  if (!good_word(em_header(rq, "X-Fal-Queue-Priority"), "normal", "low"))
    wrong = "Invalid queue priority";
  else if (!good_timeout(em_header(rq, "X-Fal-Request-Timeout")) ||
           !good_timeout(em_header(rq, "X-Fal-Request-Start-Timeout")))
    wrong = "Invalid request timeout";
  else if (!good_json(em_header(rq, "X-Fal-Object-Lifecycle-Preference")))
    wrong = "Invalid object lifecycle preference";
  else if (!good_word(em_header(rq, "X-Fal-Store-IO"), "0", "1"))
    wrong = "Invalid X-Fal-Store-IO";
  else if (!good_tags(em_header(rq, "X-Fal-Tags")))
    wrong = "Invalid tags";
  if (wrong)
    em_reply_json(rq, 400, "{\"detail\":\"%s\",\"error_type\":\"bad_request\"}",
                  wrong);
  return !wrong;
}
