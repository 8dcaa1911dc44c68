/* rest.fal.ai: the storage (fal_upload.c), tokens for programs that shall not
 * have the key, the keys of the webhooks, the balance. */
#include "fal.h"

#include <stdio.h>
#include <string.h>

#define BALANCE   24.5
#define TOKEN     "emulated."
#define TOKEN_MAX 86400

static void refuse(struct em_request *rq, unsigned status, const char *why)
{
  em_reply_json(rq, status, "{\"detail\":\"%s\"}", why);
}

/* ---- tokens ------------------------------------------------------------- */

/* "emulated.<app>.<end on the job clock>.<signature>" */
static void put_token(const struct em_server *sv, const char *app,
                      long long end_ms, struct em_buf *out)
{
  size_t at = out->len;

  em_buf_printf(out, TOKEN "%s.%llx", app, (unsigned long long)end_ms);
  em_buf_printf(
    out, ".%016llx",
    (unsigned long long)em_mix(em_hash(out->data + at) ^ sv->options->seed));
}

/* `app` is owner/app, a token is for an app whoever owns it. */
bool fal_token_ok(const struct em_request *rq, const char *app)
{
  const char *token = em_query(rq, "fal_jwt_token");
  const char *name = strrchr(app, '/');
  unsigned long long end_ms = 0;
  struct em_buf want = { 0 };
  const char *end;
  bool ok;

  name = name ? name + 1 : app;
  if (!token || !em_starts(token, TOKEN) ||
      !em_starts(token + strlen(TOKEN), name))
    return false;
  end = token + strlen(TOKEN) + strlen(name);
  if (sscanf(end, ".%llx.", &end_ms) != 1)
    return false;
  put_token(rq->server, name, (long long)end_ms, &want);
  ok = !strcmp(want.data, token) && (long long)end_ms > em_now_ms(rq->server);
  em_buf_finish(&want);
  return ok;
}

static const char *first_app(struct json_object *o)
{
  struct json_object *apps, *one;

  if (!json_object_object_get_ex(o, "allowed_apps", &apps) ||
      !json_object_is_type(apps, json_type_array) ||
      json_object_array_length(apps) != 1)
    return NULL;
  one = json_object_array_get_idx(apps, 0);
  return json_object_is_type(one, json_type_string)
           ? json_object_get_string(one)
           : NULL;
}

/* `field` says how long it shall live; apps go by name, without an owner. */
static void give_token(struct em_request *rq, struct json_object *o,
                       const char *field)
{
  const struct em_server *sv = rq->server;
  const char *app = first_app(o);
  struct json_object *value;
  int64_t seconds = 0;

  if (json_object_object_get_ex(o, field, &value) &&
      json_object_is_type(value, json_type_int))
    seconds = json_object_get_int64(value);
  if (!app || strchr(app, '/')) {
    refuse(rq, 422, "allowed_apps: one name of an application, no owner");
  } else if (seconds < 1 || seconds > TOKEN_MAX) {
    refuse(rq, 422, "the life of a token: 1 to 86400 seconds");
  } else {
    em_buf_putc(&rq->reply.body, '"');
    put_token(sv, app, em_now_ms(sv) + seconds * 1000, &rq->reply.body);
    em_buf_putc(&rq->reply.body, '"');
    rq->reply.status = 201;
  }
}

static void answer_token(struct em_request *rq)
{
  struct json_object *o;

  if (!em_method(rq, "POST")) {
    refuse(rq, 405, "Method Not Allowed");
    return;
  }
  if (!fal_authorised(rq, "tokens") || !fal_unlocked(rq))
    return;
  o = fal_parse_input(rq);
  if (o)
    give_token(rq, o,
               strcmp(rq->path, "/tokens/realtime") ? "token_expiration"
                                                    : "duration");
  json_object_put(o);
}

/* ---- who is where ------------------------------------------------------- */

static void answer_balance(struct em_request *rq)
{
  if (!fal_authorised(rq, "billing"))
    return;
  em_reply_json(rq, 200, "%.2f",
                strstr(em_header(rq, "Authorization"), "locked") ? 0 : BALANCE);
}

void fal_rest_answer(struct em_request *rq)
{
  bool get = em_method(rq, "GET");

  rq->phase = EM_OTHER;
  if (em_starts(rq->path, "/storage/"))
    fal_storage_answer(rq);
  else if (!strcmp(rq->path, "/tokens/") ||
           !strcmp(rq->path, "/tokens/realtime"))
    answer_token(rq);
  else if (get && !strcmp(rq->path, "/.well-known/jwks.json"))
    fal_answer_keys(rq);
  else if (get && !strcmp(rq->path, "/billing/user_balance"))
    answer_balance(rq);
  else
    refuse(rq, 404, "Not Found");
}
