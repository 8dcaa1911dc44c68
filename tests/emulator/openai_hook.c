/* Webhook endpoints: made, read, changed, deleted, tested, their secrets
 * rotated; and what they are told when a video is over.  The secret is shown
 * when it is made and never again. */
#include "openai.h"

#include <stdio.h>
#include <string.h>

#define ENDPOINTS 16
#define EVENTS    8

static struct endpoint {
  char id[OPENAI_ID_SIZE], name[64], url[300];
  char events[EVENTS][40];
  size_t n_events;
  long long created, updated;
  uint64_t secret, old; /* seeds; `old` signs as well, 0: none */
} endpoints[ENDPOINTS];

static const char *const known_events[] = { "video.completed", "video.failed",
                                            "batch.completed", "batch.failed" };

static struct endpoint *find(const char *id, size_t len)
{
  size_t i;

  for (i = 0; len && i < ENDPOINTS; i++)
    if (em_streq_n(endpoints[i].id, id, len))
      return &endpoints[i];
  return NULL;
}

/* ---- the object --------------------------------------------------------- */

static void put_endpoint(const struct endpoint *e, bool with_secret,
                         struct em_buf *b)
{
  struct em_buf secret = { 0 };
  unsigned char key[24];
  size_t i;

  em_standard_secret(e->secret, key, &secret);
  em_buf_printf(
    b, "{\"id\":\"%s\",\"object\":\"webhook_endpoint\",\"name\":", e->id);
  em_buf_json(b, e->name);
  em_buf_puts(b, ",\"url\":");
  em_buf_json(b, e->url);
  em_buf_puts(b, ",\"event_types\":[");
  for (i = 0; i < e->n_events; i++)
    em_buf_printf(b, "%s\"%s\"", i ? "," : "", e->events[i]);
  em_buf_printf(b, "],\"created_at\":%lld,\"updated_at\":%lld", e->created,
                e->updated);
  if (with_secret)
    em_buf_printf(b, ",\"signing_secret\":\"%s\"", secret.data);
  em_buf_printf(b, ",\"signing_secret_hint\":\"whsec_...%s\"}",
                secret.data + secret.len - 4);
  em_buf_finish(&secret);
}

static void answer(struct em_request *rq, const struct endpoint *e,
                   bool with_secret)
{
  put_endpoint(e, with_secret, &rq->reply.body);
  rq->reply.status = 200;
}

static bool refuse(struct em_request *rq, const char *param, const char *why)
{
  openai_error(rq, 400, "invalid_request_error", param, "invalid_value", "%s",
               why);
  return false;
}

/* ---- made and changed --------------------------------------------------- */

static bool is_event(const char *text)
{
  size_t i;

  for (i = 0; i < EM_LEN(known_events); i++)
    if (!strcmp(known_events[i], text))
      return true;
  return false;
}

static bool read_events(struct em_request *rq, const struct openai_input *in,
                        struct endpoint *e)
{
  struct json_object *list;
  size_t i, n;

  if (!json_object_object_get_ex(in->o, "event_types", &list))
    return true;
  n = json_object_is_type(list, json_type_array)
        ? json_object_array_length(list)
        : 0;
  if (!n || n > EVENTS)
    return refuse(rq, "event_types", "Invalid event_types.");
  for (i = 0; i < n; i++) {
    const char *name =
      json_object_get_string(json_object_array_get_idx(list, i));

    if (!name || !is_event(name))
      return refuse(rq, "event_types", "Unknown event type.");
    snprintf(e->events[i], sizeof(e->events[i]), "%s", name);
  }
  e->n_events = n;
  return true;
}

/* What is not given stays. */
static bool read_endpoint(struct em_request *rq, const struct openai_input *in,
                          struct endpoint *e)
{
  const char *name = openai_text(in, "name"), *url = openai_text(in, "url");

  if (name && (!*name || strlen(name) >= sizeof(e->name)))
    return refuse(rq, "name", "Invalid name.");
  if (url && (!em_hook_url_ok(url) || strlen(url) >= sizeof(e->url)))
    return refuse(rq, "url", "The URL must be a public https address.");
  if (name)
    snprintf(e->name, sizeof(e->name), "%s", name);
  if (url)
    snprintf(e->url, sizeof(e->url), "%s", url);
  return read_events(rq, in, e);
}

static void create(struct em_request *rq, const struct openai_input *in)
{
  struct endpoint e = { 0 };
  size_t i;

  for (i = 0; i < ENDPOINTS && *endpoints[i].id; i++)
    ;
  if (i == ENDPOINTS) {
    refuse(rq, "url", "Too many webhook endpoints.");
    return;
  }
  if (!read_endpoint(rq, in, &e))
    return;
  if (!*e.name || !*e.url || !e.n_events) {
    openai_error(rq, 400, "invalid_request_error", NULL,
                 "missing_required_parameter",
                 "Missing required parameter: 'name', 'url' or "
                 "'event_types'.");
    return;
  }
  openai_new_id(rq->server, "whe_", e.id);
  e.created = e.updated = em_wall_us() / 1000000;
  e.secret = em_hash(e.id);
  endpoints[i] = e;
  answer(rq, &e, true);
}

static void update(struct em_request *rq, const struct openai_input *in,
                   struct endpoint *e)
{
  struct endpoint changed = *e;

  if (!read_endpoint(rq, in, &changed))
    return;
  changed.updated = em_wall_us() / 1000000;
  *e = changed;
  answer(rq, e, false);
}

static void rotate(struct em_request *rq, const struct openai_input *in,
                   struct endpoint *e)
{
  struct json_object *keep = NULL;

  json_object_object_get_ex(in->o, "keep_old_secret_active_for_24_hours",
                            &keep);
  e->old = json_object_get_boolean(keep) ? e->secret : 0;
  e->secret = em_mix(e->secret);
  answer(rq, e, true);
}

/* ---- deliveries --------------------------------------------------------- */

/* With two live secrets there are two signatures, separated by a blank. */
static void put_headers(struct em_server *sv, const struct endpoint *e,
                        const struct em_buf *body, struct em_buf *headers)
{
  struct em_buf secret = { 0 }, other = { 0 };
  char id[OPENAI_ID_SIZE], *mark;
  unsigned char key[24];

  openai_new_id(sv, "wh_", id);
  em_buf_puts(headers, "User-Agent: OpenAI/1.0 "
                       "(+https://platform.openai.com/docs/webhooks)\r\n");
  em_standard_secret(e->secret, key, &secret);
  em_standard_headers(sv, id, key, sizeof(key), body, headers);
  if (e->old) {
    em_standard_secret(e->old, key, &secret);
    em_standard_headers(sv, id, key, sizeof(key), body, &other);
    mark = strstr(other.data, "v1,");
    headers->len -= 2;
    em_buf_printf(headers, " %s", mark);
  }
  em_buf_finish(&secret);
  em_buf_finish(&other);
}

static void tell(struct em_server *sv, const struct endpoint *e,
                 const char *event, const char *video)
{
  struct em_buf body = { 0 }, headers = { 0 };
  char id[OPENAI_ID_SIZE];

  openai_new_id(sv, "evt_", id);
  em_buf_printf(&body,
                "{\"id\":\"%s\",\"object\":\"event\",\"created_at\":%lld,"
                "\"type\":\"%s\",\"data\":{\"id\":\"%s\"}}",
                id, (long long)(em_wall_us() / 1000000), event, video);
  put_headers(sv, e, &body, &headers);
  em_hook_send(sv, e->url, &headers, &body);
  em_buf_finish(&body);
  em_buf_finish(&headers);
}

static bool wants(const struct endpoint *e, const char *event)
{
  size_t i;

  for (i = 0; i < e->n_events; i++)
    if (!strcmp(e->events[i], event))
      return true;
  return false;
}

static void over(struct em_server *sv, struct em_job *job, const char *url)
{
  const char *event =
    openai_video_failed(sv, job) ? "video.failed" : "video.completed";
  struct em_buf id = { 0 };
  size_t i;

  (void)url;
  openai_put_id(job, "video_", &id);
  for (i = 0; i < ENDPOINTS; i++)
    if (*endpoints[i].id && wants(&endpoints[i], event))
      tell(sv, &endpoints[i], event, id.data);
  em_buf_finish(&id);
}

void openai_hook_video(struct em_server *sv, struct em_job *job)
{
  size_t i;

  for (i = 0; i < ENDPOINTS; i++)
    if (*endpoints[i].id) {
      em_hook_add(sv, job, "", over);
      return;
    }
}

static void test(struct em_request *rq, const struct openai_input *in,
                 const struct endpoint *e)
{
  const char *event = openai_text(in, "event_type");

  if (!event || !is_event(event)) {
    refuse(rq, "event_type", "Unknown event type.");
    return;
  }
  tell(rq->server, e, event, "video_test");
  em_reply_json(rq, 200,
                "{\"object\":\"webhook_endpoint.test\","
                "\"webhook_endpoint_id\":\"%s\",\"event_type\":\"%s\","
                "\"status_code\":200,\"success\":true}",
                e->id, event);
}

/* ---- where is what ------------------------------------------------------ */

static void put_row(struct em_request *rq, size_t i, struct em_buf *b)
{
  size_t k;

  (void)rq;
  for (k = 0; k < ENDPOINTS; k++)
    if (*endpoints[k].id && !i--) {
      put_endpoint(&endpoints[k], false, b);
      return;
    }
}

static void list(struct em_request *rq)
{
  char ids[ENDPOINTS][OPENAI_ID_SIZE];
  size_t i, n = 0;

  for (i = 0; i < ENDPOINTS; i++)
    if (*endpoints[i].id)
      memcpy(ids[n++], endpoints[i].id, OPENAI_ID_SIZE);
  openai_answer_list(rq, ids, n, put_row);
}

static void post(struct em_request *rq, struct endpoint *e, const char *rest)
{
  struct openai_input in;

  if (!openai_parse(rq, &in))
    return;
  if (!e)
    create(rq, &in);
  else if (!*rest)
    update(rq, &in, e);
  else if (!strcmp(rest, "/rotate_secret"))
    rotate(rq, &in, e);
  else if (!strcmp(rest, "/test"))
    test(rq, &in, e);
  else
    openai_not_here(rq);
  openai_input_finish(&in);
}

void openai_hooks(struct em_request *rq, const char *path)
{
  const char *id = path + (*path == '/'), *rest = id + strcspn(id, "/");
  struct endpoint *e = find(id, (size_t)(rest - id));
  bool is_post = em_method(rq, "POST");

  rq->phase = EM_OTHER;
  if (*id && !e) {
    openai_error(rq, 404, "invalid_request_error", "id", NULL,
                 "No webhook endpoint found with id '%.80s'.", id);
  } else if (is_post) {
    post(rq, e, rest);
  } else if (!e) {
    list(rq);
  } else if (!*rest && em_method(rq, "DELETE")) {
    em_reply_json(rq, 200,
                  "{\"id\":\"%s\",\"object\":\"webhook_endpoint.deleted\","
                  "\"deleted\":true}",
                  e->id);
    memset(e, 0, sizeof(*e));
  } else if (!*rest) {
    answer(rq, e, false);
  } else {
    openai_not_here(rq);
  }
}
