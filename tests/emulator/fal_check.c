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
  else
    return true;
  return false;
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

bool fal_good_headers(struct em_request *rq)
{
  const char *priority = em_header(rq, "X-Fal-Queue-Priority");
  const char *timeout = em_header(rq, "X-Fal-Request-Timeout");

  if (priority && strcmp(priority, "normal") && strcmp(priority, "low"))
    em_reply_json(rq, 400,
                  "{\"detail\":\"Invalid queue priority\","
                  "\"error_type\":\"bad_request\"}");
  else if (timeout && !(strtod(timeout, NULL) > 1))
    em_reply_json(rq, 400,
                  "{\"detail\":\"Invalid request timeout\","
                  "\"error_type\":\"bad_request\"}");
  else
    return true;
  return false;
}
