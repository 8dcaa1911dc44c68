/* Plays a recorded exchange file: the recorded answers in their order, and a
 * list of everything in which the requests differ from the recorded ones.
 * A repeated GET of an exchange already played (one more poll) is answered
 * again and is no difference; an exchange that is skipped is one.  A step whose
 * request is {"any": true} answers whatever comes then: what a recording of the
 * middle of a job lacks. */
#include "replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct em_replay {
  struct json_object *file;
  struct json_object *steps; /* of `file` */
  struct json_object *differences;
  size_t next, total;
  struct em_host *hosts;
  size_t n_hosts;
};

static const char *member(struct json_object *o, const char *name)
{
  struct json_object *value;

  return json_object_object_get_ex(o, name, &value)
           ? json_object_get_string(value)
           : NULL;
}

static struct json_object *object(struct json_object *o, const char *name)
{
  struct json_object *value = NULL;

  json_object_object_get_ex(o, name, &value);
  return value;
}

static const char *url_of(struct json_object *step)
{
  const char *url = member(object(step, "request"), "url");

  return url ? url : "";
}

static void add_host(struct em_replay *rp, const char *url)
{
  const char *name = strstr(url, "://");
  size_t len, i;

  if (!em_starts(url, "http://") && !em_starts(url, "https://"))
    return;
  name += 3;
  len = strcspn(name, "/?#");
  if (!len || memchr(name, ' ', len))
    return;
  for (i = 0; i < rp->n_hosts; i++)
    if (em_streq_n(rp->hosts[i].name, name, len))
      return;
  rp->hosts = em_realloc(rp->hosts, (rp->n_hosts + 2) * sizeof(*rp->hosts));
  memset(&rp->hosts[rp->n_hosts], 0, 2 * sizeof(*rp->hosts));
  rp->hosts[rp->n_hosts++].name = strndup(name, len);
}

/* An event stream is one text with URLs in its midst. */
static void note_text(struct em_replay *rp, const char *text)
{
  for (; (text = strstr(text, "http")) != NULL; text += 4)
    add_host(rp, text);
}

/* Every URL in a recorded answer may be asked for. */
static void note_hosts(struct em_replay *rp, struct json_object *o)
{
  struct json_object_iter it;
  size_t i;

  if (json_object_is_type(o, json_type_string)) {
    note_text(rp, json_object_get_string(o));
  } else if (json_object_is_type(o, json_type_array)) {
    for (i = 0; i < json_object_array_length(o); i++)
      note_hosts(rp, json_object_array_get_idx(o, i));
  } else if (json_object_is_type(o, json_type_object)) {
    json_object_object_foreachC(o, it)
    {
      note_hosts(rp, it.val);
    }
  }
}

struct em_replay *em_replay_new(const char *path)
{
  struct em_replay *rp = em_alloc(sizeof(*rp));
  size_t i;

  rp->hosts = em_alloc(sizeof(*rp->hosts));
  rp->differences = json_object_new_array();
  rp->file = json_object_from_file(path);
  rp->steps = object(rp->file, "exchanges");
  if (!json_object_is_type(rp->steps, json_type_array)) {
    fprintf(stderr,
            "gamut-emulator: %s is no recording (JSON with "
            "\"exchanges\")\n",
            path);
    em_replay_free(rp);
    return NULL;
  }
  rp->total = json_object_array_length(rp->steps);
  for (i = 0; i < rp->total; i++) {
    struct json_object *step = json_object_array_get_idx(rp->steps, i);

    add_host(rp, url_of(step));
    note_hosts(rp, object(step, "response"));
  }
  return rp;
}

void em_replay_free(struct em_replay *rp)
{
  size_t i;

  if (!rp)
    return;
  for (i = 0; i < rp->n_hosts; i++) {
    char *name;

    memcpy(&name, &rp->hosts[i].name, sizeof(name)); /* ours, from strndup */
    free(name);
  }
  free(rp->hosts);
  json_object_put(rp->file);
  json_object_put(rp->differences);
  free(rp);
}

const struct em_host *em_replay_hosts(const struct em_replay *rp)
{
  return rp->hosts;
}

static void differ(struct em_replay *rp, const char *what, const char *which)
{
  struct em_buf line = { 0 };

  em_buf_printf(&line, "%s: %s", what, which);
  json_object_array_add(rp->differences, json_object_new_string(line.data));
  em_buf_finish(&line);
}

static void differ_step(struct em_replay *rp, struct json_object *step)
{
  struct em_buf line = { 0 };

  em_buf_printf(&line, "%s %s", member(object(step, "request"), "method"),
                url_of(step));
  differ(rp, "never asked", line.data);
  em_buf_finish(&line);
}

/* Finding the step that a request belongs to */

void em_replay_unescape(const char *from, size_t len, struct em_buf *to)
{
  size_t i;

  for (i = 0; i < len; i++) {
    int64_t v = 0;
    const char *digits = "0123456789abcdef0123456789ABCDEF", *a, *b;

    if (from[i] == '%' && i + 2 < len && (a = strchr(digits, from[i + 1])) &&
        (b = strchr(digits, from[i + 2]))) {
      v = (a - digits) % 16 * 16 + (b - digits) % 16;
      em_buf_putc(to, (unsigned char)v);
      i += 2;
    } else {
      em_buf_putc(to, (unsigned char)from[i]);
    }
  }
}

static bool is_any(struct json_object *step)
{
  return object(object(step, "request"), "any") != NULL;
}

static bool same_place(struct em_request *rq, struct json_object *step)
{
  const char *method = member(object(step, "request"), "method");
  const char *url = url_of(step), *host = strstr(url, "://");
  struct em_buf path = { 0 };
  size_t host_len;
  bool same;

  if (is_any(step))
    return true;
  if (!host || !method || strcmp(method, rq->method) != 0)
    return false;
  host += 3;
  host_len = strcspn(host, "/?#");
  if (!em_streq_n(rq->host, host, host_len))
    return false;
  url = host + host_len;
  em_replay_unescape(url, strcspn(url, "?#"), &path);
  same = !strcmp(path.len ? path.data : "/", rq->path);
  em_buf_finish(&path);
  return same;
}

static bool same_request(struct em_request *rq, struct json_object *step)
{
  return is_any(step) ||
         (same_place(rq, step) && em_replay_same_query(rq, url_of(step)));
}

static struct json_object *step_at(const struct em_replay *rp, size_t i)
{
  return json_object_array_get_idx(rp->steps, i);
}

/* The next step, or one already played (no comparison then), or one further
 * on, with what lies between noted as never asked. */
static struct json_object *match(struct em_replay *rp, struct em_request *rq,
                                 bool *ret_fresh)
{
  size_t i, k;

  *ret_fresh = true;
  if (rp->next < rp->total && same_place(rq, step_at(rp, rp->next)))
    return step_at(rp, rp->next++);
  for (i = rp->next; i-- > 0;)
    if (em_method(rq, "GET") && !is_any(step_at(rp, i)) &&
        same_request(rq, step_at(rp, i))) {
      *ret_fresh = false;
      return step_at(rp, i);
    }
  for (i = rp->next + 1; i < rp->total; i++)
    if (same_request(rq, step_at(rp, i))) {
      for (k = rp->next; k < i; k++)
        differ_step(rp, step_at(rp, k));
      rp->next = i + 1;
      return step_at(rp, i);
    }
  return NULL;
}

/* One more poll while the recording has not begun. */
static struct json_object *last_any(const struct em_replay *rp,
                                    const struct em_request *rq)
{
  struct json_object *step = rp->next > 0 ? step_at(rp, rp->next - 1) : NULL;

  return em_method(rq, "GET") && step && is_any(step) ? step : NULL;
}

/* Answers */

/* {"bytes":N}: the smallest video, if one was recorded and it fits, else a PNG
 * of one pixel; and zeros behind it. */
static void put_bytes(struct em_buf *out, int64_t n, const char *type)
{
  const struct em_look look = { .media = EM_MP4,
                                .width = 16,
                                .height = 16,
                                .duration_ms = 1000,
                                .pad_to = (size_t)n };
  unsigned char pixel = 0;
  struct em_image image = { .width = 1, .height = 1, .pixels = &pixel };

  if (type && em_starts(type, "video/"))
    em_mp4_write(&look, out);
  if (!out->len || (int64_t)out->len > n) {
    out->len = 0;
    em_png_write(&image, 0, out);
  }
  while ((int64_t)out->len < n)
    em_buf_putc(out, 0);
  out->len = (size_t)n;
}

static void put_events(struct em_buf *out, struct json_object *events,
                       const char *end)
{
  size_t i;

  for (i = 0; i < json_object_array_length(events); i++) {
    struct json_object *e = json_object_array_get_idx(events, i);

    if (!json_object_is_type(e, json_type_string))
      em_buf_puts(out, "data: ");
    em_buf_puts(out, json_object_is_type(e, json_type_string)
                       ? json_object_get_string(e)
                       : json_object_to_json_string_ext(
                           e, JSON_C_TO_STRING_NOSLASHESCAPE));
    em_buf_puts(out, end);
  }
}

static void put_body(struct em_buf *out, struct json_object *body)
{
  struct json_object *n;
  const char *end;

  if (!body)
    return;
  if (json_object_is_type(body, json_type_string)) {
    em_buf_puts(out, json_object_get_string(body));
  } else if (object(body, "text") && json_object_object_length(body) <= 2) {
    em_buf_puts(out, member(body, "text"));
  } else if (object(body, "sse") && json_object_object_length(body) <= 2) {
    end = member(body, "event_end");
    put_events(out, object(body, "sse"), end ? end : "\n\n");
  } else if ((n = object(body, "bytes")) != NULL &&
             json_object_object_length(body) <= 3) {
    put_bytes(out, json_object_get_int64(n), member(body, "content_type"));
  } else {
    em_buf_puts(out, json_object_to_json_string_ext(
                       body, JSON_C_TO_STRING_NOSLASHESCAPE));
  }
}

static void put_headers(struct em_request *rq, struct json_object *headers)
{
  static const char *const ours[] = { "content-length", "transfer-encoding",
                                      "connection", "content-encoding" };
  struct json_object_iter it;
  size_t i;

  if (!headers)
    return;
  json_object_object_foreachC(headers, it)
  {
    const char *name = it.key;
    struct json_object *value = it.val;
    bool skip = false;

    for (i = 0; i < EM_LEN(ours); i++)
      skip = skip || !strcasecmp(ours[i], name);
    if (!strcasecmp(name, "content-type"))
      rq->reply.content_type = json_object_get_string(value);
    else if (!skip)
      em_reply_header(rq, name, "%s", json_object_get_string(value));
  }
}

static void answer_step(struct em_request *rq, struct json_object *step)
{
  struct json_object *response = object(step, "response");
  struct json_object *status = object(response, "status");

  if (!status) { /* the connection failed here */
    rq->reply.wire.reset = true;
    return;
  }
  rq->reply.status = (unsigned)json_object_get_int(status);
  put_headers(rq, object(response, "headers"));
  put_body(&rq->reply.body, object(response, "body"));
}

void em_replay_answer(struct em_request *rq)
{
  struct em_replay *rp = rq->server->replay;
  struct em_buf line = { 0 };
  struct json_object *step;
  bool fresh;

  em_buf_printf(&line, "%s %s%s", rq->method, rq->host, rq->path);
  step = match(rp, rq, &fresh);
  if (!step && em_replay_file(rq, rp->steps)) {
    rq->phase = EM_FILE;
  } else if (!step && last_any(rp, rq)) {
    answer_step(rq, last_any(rp, rq));
  } else if (!step) {
    differ(rp, "not in the recording", line.data);
    em_reply_json(rq, 404, "{\"error\":\"not in the recording\"}");
  } else {
    if (fresh && !is_any(step))
      em_replay_compare(rq, step, line.data, rp->differences);
    answer_step(rq, step);
  }
  em_buf_finish(&line);
}

void em_replay_report(const struct em_replay *rp, struct em_buf *out)
{
  em_buf_printf(
    out, "{\"next\":%zu,\"total\":%zu,\"differences\":%s}", rp->next, rp->total,
    json_object_to_json_string_ext(rp->differences, JSON_C_TO_STRING_PLAIN));
}

size_t em_replay_verdict(struct em_replay *rp)
{
  size_t i, n;

  for (; rp->next < rp->total; rp->next++)
    differ_step(rp, step_at(rp, rp->next));
  n = json_object_array_length(rp->differences);
  for (i = 0; i < n; i++)
    fprintf(
      stderr, "%s\n",
      json_object_get_string(json_object_array_get_idx(rp->differences, i)));
  return n;
}
