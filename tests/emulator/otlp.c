/* A collector of traces (OTLP over HTTP, JSON).  It takes nothing that the
 * protocol does not have: every member of every message is known and of its
 * type. */
#include "server.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool bad(struct em_otlp *t, const char *format, ...) EM_PRINTF(2, 3);
static bool bad(struct em_otlp *t, const char *format, ...)
{
  va_list ap;

  if (*t->wrong)
    return false;
  va_start(ap, format);
  vsnprintf(t->wrong, sizeof(t->wrong), format, ap);
  va_end(ap);
  return false;
}

static struct json_object *at(struct json_object *o, const char *name)
{
  struct json_object *value = NULL;

  json_object_object_get_ex(o, name, &value);
  return value;
}

static const char *text(struct json_object *o, const char *name)
{
  struct json_object *value = at(o, name);

  return json_object_is_type(value, json_type_string)
           ? json_object_get_string(value)
           : NULL;
}

/* Names are separated by blanks. */
static bool only(struct em_otlp *t, struct json_object *o, const char *what,
                 const char *names)
{
  struct json_object_iter it;

  if (!json_object_is_type(o, json_type_object))
    return bad(t, "%s is no object", what);
  json_object_object_foreachC(o, it)
  {
    size_t len = strlen(it.key);
    const char *hit = strstr(names, it.key);

    if (!hit || (hit != names && hit[-1] != ' ') ||
        (hit[len] && hit[len] != ' '))
      return bad(t, "%s has a member '%s'", what, it.key);
  }
  return true;
}

/* ---- values ----------------------------------------------------------------
 */

static bool is_digits(const char *s)
{
  s += *s == '-';
  return *s && strspn(s, "0123456789") == strlen(s) && strlen(s) < 20;
}

static bool good_value(struct em_otlp *t, struct json_object *v,
                       const char *key);

/* Of values of one kind, and no arrays in them. */
static bool good_array(struct em_otlp *t, struct json_object *v,
                       const char *key)
{
  struct json_object *values = at(v, "values");
  size_t i, n = values ? json_object_array_length(values) : 0;

  if (!only(t, v, key, "values"))
    return false;
  for (i = 0; i < n; i++)
    if (!text(json_object_array_get_idx(values, i), "stringValue") ||
        !good_value(t, json_object_array_get_idx(values, i), key))
      return bad(t, "the array '%s' is none", key);
  return n > 0 || bad(t, "the array '%s' is empty", key);
}

static bool good_value(struct em_otlp *t, struct json_object *v,
                       const char *key)
{
  struct json_object *number = at(v, "doubleValue");
  const char *integer = text(v, "intValue");
  int n = 0;

  if (!only(t, v, key, "stringValue intValue doubleValue boolValue arrayValue"))
    return false;
  if (at(v, "arrayValue"))
    return good_array(t, at(v, "arrayValue"), key);
  n += text(v, "stringValue") != NULL;
  n += integer && is_digits(integer);
  n += json_object_is_type(at(v, "boolValue"), json_type_boolean);
  n += json_object_is_type(number, json_type_double) ||
       json_object_is_type(number, json_type_int);
  if (n != 1 || json_object_object_length(v) != 1)
    return bad(t, "the value of '%s' is none", key);
  return true;
}

static bool good_attributes(struct em_otlp *t, struct json_object *list,
                            const char *what)
{
  size_t i, k, n = list ? json_object_array_length(list) : 0;

  if (list && !json_object_is_type(list, json_type_array))
    return bad(t, "attributes of %s are no list", what);
  for (i = 0; i < n; i++) {
    struct json_object *one = json_object_array_get_idx(list, i);
    const char *key = text(one, "key");

    if (!only(t, one, "an attribute", "key value") || !key || !*key)
      return bad(t, "an attribute of %s without a key", what);
    for (k = 0; k < i; k++)
      if (!strcmp(text(json_object_array_get_idx(list, k), "key"), key))
        return bad(t, "%s has '%s' twice", what, key);
    if (!good_value(t, at(one, "value"), key))
      return false;
  }
  return true;
}

static bool good_id(struct em_otlp *t, struct json_object *span,
                    const char *name, size_t len)
{
  const char *id = text(span, name);

  if (!id || strlen(id) != len || strspn(id, "0123456789abcdef") != len ||
      strspn(id, "0") == len)
    return bad(t, "%s '%s' is none", name, id ? id : "");
  return true;
}

/* Nanoseconds as a string; false: before this project, or no number. */
static bool read_time(struct em_otlp *t, struct json_object *o,
                      const char *name, int64_t *ret)
{
  const char *s = text(o, name);

  if (!s ||
      !em_parse_int(s, strlen(s), INT64_C(1500000000000000000), INT64_MAX, ret))
    return bad(t, "%s '%s' is no time", name, s ? s : "");
  return true;
}

/* ---- spans
 * ------------------------------------------------------------------- */

static bool good_event(struct em_otlp *t, struct json_object *e, int64_t start,
                       int64_t end)
{
  const char *name = text(e, "name");
  int64_t when;

  if (!only(t, e, "an event", "timeUnixNano name attributes") ||
      !read_time(t, e, "timeUnixNano", &when))
    return false;
  if (!name || !*name)
    return bad(t, "an event without a name");
  if (when < start || when > end)
    return bad(t, "event %s outside of its span", name);
  return good_attributes(t, at(e, "attributes"), "an event");
}

static bool good_status(struct em_otlp *t, struct json_object *status)
{
  struct json_object *code = at(status, "code");
  int64_t n = json_object_get_int64(code);

  if (!status)
    return true;
  if (!only(t, status, "status", "code message"))
    return false;
  if (code && (!json_object_is_type(code, json_type_int) || n < 0 || n > 2))
    return bad(t, "status.code is none");
  if (at(status, "message") && n != 2)
    return bad(t, "status.message without an error");
  return true;
}

static bool good_head(struct em_otlp *t, struct json_object *s)
{
  struct json_object *kind = at(s, "kind");
  const char *name = text(s, "name");
  int64_t k = json_object_get_int64(kind);

  if (!only(t, s, "a span",
            "traceId spanId parentSpanId traceState flags name kind "
            "startTimeUnixNano endTimeUnixNano attributes events status"))
    return false;
  if (!good_id(t, s, "traceId", 32) || !good_id(t, s, "spanId", 16) ||
      (at(s, "parentSpanId") && !good_id(t, s, "parentSpanId", 16)))
    return false;
  if (!name || !*name)
    return bad(t, "a span without a name");
  if (!json_object_is_type(kind, json_type_int) || k < 1 || k > 5)
    return bad(t, "kind of %s is none", name);
  return true;
}

static bool good_span(struct em_otlp *t, struct json_object *s)
{
  struct json_object *events = at(s, "events");
  int64_t start, end;
  size_t i, n;
  char key[40];

  if (!good_head(t, s) || !read_time(t, s, "startTimeUnixNano", &start) ||
      !read_time(t, s, "endTimeUnixNano", &end))
    return false;
  if (end < start)
    return bad(t, "%s ends before it begins", text(s, "name"));
  snprintf(key, sizeof(key), "\"spanId\":\"%s\"", text(s, "spanId"));
  if (t->spans.len && strstr(t->spans.data, key))
    return bad(t, "span %s twice", text(s, "spanId"));
  n = events ? json_object_array_length(events) : 0;
  for (i = 0; i < n; i++)
    if (!good_event(t, json_object_array_get_idx(events, i), start, end))
      return false;
  return good_attributes(t, at(s, "attributes"), text(s, "name")) &&
         good_status(t, at(s, "status"));
}

/* ---- a request
 * ----------------------------------------------------------------- */

static void keep(struct em_otlp *t, struct json_object *span)
{
  if (t->n_spans++ > 0)
    em_buf_putc(&t->spans, ',');
  em_buf_puts(&t->spans,
              json_object_to_json_string_ext(
                span, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

static bool take_scope(struct em_otlp *t, struct json_object *scope)
{
  struct json_object *spans = at(scope, "spans");
  size_t i, n = spans ? json_object_array_length(spans) : 0;

  if (!only(t, scope, "scopeSpans", "scope spans schemaUrl") ||
      !only(t, at(scope, "scope"), "scope", "name version attributes") ||
      !text(at(scope, "scope"), "name"))
    return bad(t, "no scope");
  if (n == 0)
    return bad(t, "no spans");
  for (i = 0; i < n; i++) {
    if (!good_span(t, json_object_array_get_idx(spans, i)))
      return false;
    keep(t, json_object_array_get_idx(spans, i));
  }
  return true;
}

static bool take_resource(struct em_otlp *t, struct json_object *one)
{
  struct json_object *resource = at(one, "resource");
  struct json_object *scopes = at(one, "scopeSpans");
  size_t i, n = scopes ? json_object_array_length(scopes) : 0;

  if (!only(t, one, "resourceSpans", "resource scopeSpans schemaUrl") ||
      !only(t, resource, "resource", "attributes droppedAttributesCount") ||
      !good_attributes(t, at(resource, "attributes"), "the resource"))
    return false;
  em_buf_finish(&t->resource);
  em_buf_puts(&t->resource, json_object_to_json_string_ext(
                              resource, JSON_C_TO_STRING_PLAIN |
                                          JSON_C_TO_STRING_NOSLASHESCAPE));
  if (!strstr(t->resource.data, "\"service.name\""))
    return bad(t, "the resource has no service.name");
  for (i = 0; i < n; i++)
    if (!take_scope(t, json_object_array_get_idx(scopes, i)))
      return false;
  return n > 0 || bad(t, "no scopeSpans");
}

static bool take_all(struct em_otlp *t, struct json_object *o)
{
  struct json_object *list = at(o, "resourceSpans");
  size_t i, n = list ? json_object_array_length(list) : 0;

  if (!only(t, o, "the request", "resourceSpans"))
    return false;
  for (i = 0; i < n; i++)
    if (!take_resource(t, json_object_array_get_idx(list, i)))
      return false;
  return n > 0 || bad(t, "no resourceSpans");
}

static void keep_headers(struct em_request *rq, struct em_otlp *t)
{
  static const char *const names[] = { "authorization", "x-team",
                                       "content-type", "user-agent" };
  size_t i;

  em_buf_finish(&t->headers);
  em_buf_putc(&t->headers, '{');
  for (i = 0; i < EM_LEN(names); i++) {
    const char *value = em_header(rq, names[i]);

    em_buf_printf(&t->headers, "%s\"%s\":", i ? "," : "", names[i]);
    em_buf_json(&t->headers, value ? value : "");
  }
  em_buf_putc(&t->headers, '}');
}

void em_otlp_take(struct em_request *rq, struct json_object *o)
{
  struct em_otlp *t = &rq->server->otlp;
  const char *type = em_header(rq, "Content-Type");

  t->requests++;
  keep_headers(rq, t);
  if (t->hang) {
    rq->reply.wire.hang = true;
    em_reply_json(rq, 200, "{}");
  } else if (t->status && t->count-- > 0) {
    t->refused++;
    em_reply_header(rq, "Retry-After", "0");
    em_reply_json(rq, (unsigned)t->status, "{\"code\":14}");
  } else if (!type || strcmp(type, "application/json") != 0) {
    bad(t, "Content-Type '%s'", type ? type : "");
    em_reply_json(rq, 415, "{\"code\":3}");
  } else if (!take_all(t, o)) {
    em_reply_json(rq, 400, "{\"code\":3,\"message\":\"see /control/otlp\"}");
  } else if (t->reject) {
    em_reply_json(rq, 200,
                  "{\"partialSuccess\":{\"rejectedSpans\":\"%lld\","
                  "\"errorMessage\":\"too many\"}}",
                  (long long)t->reject);
  } else {
    em_reply_json(rq, 200, "{\"partialSuccess\":{}}");
  }
}

void em_otlp_show(struct em_request *rq)
{
  struct em_otlp *t = &rq->server->otlp;
  struct em_buf *b = &rq->reply.body;

  em_buf_printf(b, "{\"requests\":%u,\"refused\":%u,\"wrong\":", t->requests,
                t->refused);
  em_buf_json(b, t->wrong);
  em_buf_puts(b, ",\"headers\":");
  em_buf_puts(b, t->headers.len ? t->headers.data : "{}");
  em_buf_puts(b, ",\"resource\":");
  em_buf_puts(b, t->resource.len ? t->resource.data : "{}");
  em_buf_puts(b, ",\"spans\":[");
  if (t->spans.len)
    em_buf_puts(b, t->spans.data);
  em_buf_puts(b, "]}");
  rq->reply.status = 200;
}

static int64_t number(struct json_object *o, const char *name, int64_t other)
{
  struct json_object *value = at(o, name);

  return value ? json_object_get_int64(value) : other;
}

void em_otlp_set(struct em_request *rq, struct json_object *o)
{
  struct em_otlp *t = &rq->server->otlp;

  em_otlp_finish(t);
  t->status = number(o, "status", 0);
  t->count = number(o, "count", INT32_MAX);
  t->reject = number(o, "reject", 0);
  t->hang = json_object_get_boolean(at(o, "hang"));
  em_reply_json(rq, 200, "{\"ok\":true}");
}

void em_otlp_finish(struct em_otlp *t)
{
  em_buf_finish(&t->spans);
  em_buf_finish(&t->headers);
  em_buf_finish(&t->resource);
  memset(t, 0, sizeof(*t));
}
