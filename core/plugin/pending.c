/* pending.c - an exchange as data.
 *
 * Everything lies in one allocation: the head, then texts that end with NUL
 * (method, URL, header names and values in turn), then the body.  Offsets count
 * from `text`.  The journal's form is read back with the same suspicion as a
 * vendor's reply: a number out of range or a line break in a header refuses it.
 */
#include "plugin/pending.h"
#include "base/base64.h"
#include "base/json.h"
#include "base/str.h"
#include "plugin/call_build.h"
#include <string.h>

/* Where the next text goes; NULL `out` only counts. */
struct writer {
  char *out;
  size_t at;
};

static uint32_t put(struct writer *w, const void *p, size_t len)
{
  size_t at = w->at;

  if (w->out && len)
    memcpy(w->out + at, p, len);
  w->at += len;
  return (uint32_t)at;
}

static uint32_t put_text(struct writer *w, const char *s)
{
  return put(w, s, strlen(s) + 1);
}

/* Lay the parts out behind one another; called once to count, once to copy. */
static void lay_out(struct gm_pending *p, const struct gm_pending_parts *parts,
                    struct writer *w)
{
  size_t i;

  p->method = put_text(w, parts->method);
  p->url = put_text(w, parts->url);
  p->headers = (uint32_t)w->at;
  for (i = 0; i < parts->n_headers; i++) {
    put_text(w, parts->headers[i].name);
    put_text(w, parts->headers[i].value);
  }
  p->body = put(w, parts->body, parts->body_len);
}

struct gm_pending *gm_pending_new(const struct gamut_http *x,
                                  const struct gm_pending_parts *parts)
{
  struct gm_pending head = { .phase = x->phase,
                             .flags = x->flags,
                             .delay_ms = x->delay_ms,
                             .timeout_ms = x->timeout_ms,
                             .n_headers = (uint32_t)parts->n_headers,
                             .body_len = (uint32_t)parts->body_len,
                             .body_input = -1 };
  struct writer w = { NULL, 0 };
  struct gm_pending *p;

  if (parts->body_len > UINT32_MAX / 2)
    return NULL;
  lay_out(&head, parts, &w);
  if (w.at > UINT32_MAX / 2)
    return NULL;
  p = gm_alloc(sizeof(*p) + w.at);
  if (!p)
    return NULL;
  *p = head;
  p->size = (uint32_t)(sizeof(*p) + w.at);
  w = (struct writer){ p->text, 0 };
  lay_out(p, parts, &w);
  return p;
}

const char *gm_pending_method(const struct gm_pending *p)
{
  return p->text + p->method;
}

const char *gm_pending_url(const struct gm_pending *p)
{
  return p->text + p->url;
}

size_t gm_pending_headers(const struct gm_pending *p, struct gm_header *out,
                          size_t max)
{
  const char *at = p->text + p->headers;
  size_t i;

  for (i = 0; i < p->n_headers && i < max; i++) {
    out[i].name = at;
    at += strlen(at) + 1;
    out[i].value = at;
    at += strlen(at) + 1;
  }
  return i;
}

const void *gm_pending_body(const struct gm_pending *p, size_t *ret_len)
{
  *ret_len = p->body_len;
  return p->body_len ? p->text + p->body : NULL;
}

/* ---- the journal's form ------------------------------------------------- */

static void add_int(struct gm_buf *b, const char *key, int64_t v)
{
  gm_buf_add(b, key);
  gm_buf_add_int(b, v);
}

static void add_headers(struct gm_buf *b, const struct gm_pending *p)
{
  struct gm_header h[GM_CALL_HEADERS];
  size_t i, n = gm_pending_headers(p, h, GM_LEN(h));

  for (i = 0; i < n; i++) {
    gm_buf_add(b, i ? "," : ",\"headers\":[");
    gm_buf_add_json(b, h[i].name);
    gm_buf_addc(b, ',');
    gm_buf_add_json(b, h[i].value);
  }
  if (n > 0)
    gm_buf_addc(b, ']');
}

/* Text as it is, for people who read a journal; other bytes as base64. */
static void add_body(struct gm_buf *b, const struct gm_pending *p)
{
  size_t len, size;
  const char *body = gm_pending_body(p, &len);
  char *coded;

  if (!body)
    return;
  if (gm_utf8_valid(body, len) && !memchr(body, '\0', len)) {
    gm_buf_add(b, ",\"body\":");
    gm_buf_add_json_text(b, body, len);
    return;
  }
  gm_buf_add(b, ",\"body64\":\"");
  size = gm_base64_size(len);
  coded = gm_buf_room(b, size);
  if (coded)
    gm_base64_encode(body, len, coded);
  gm_buf_grown(b, size);
  gm_buf_addc(b, '"');
}

void gm_pending_add_json(const struct gm_pending *p, struct gm_buf *b)
{
  add_int(b, "{\"phase\":", p->phase);
  add_int(b, ",\"flags\":", p->flags);
  gm_buf_add(b, ",\"method\":");
  gm_buf_add_json(b, gm_pending_method(p));
  gm_buf_add(b, ",\"url\":");
  gm_buf_add_json(b, gm_pending_url(p));
  add_headers(b, p);
  add_body(b, p);
  if (p->delay_ms)
    add_int(b, ",\"delay_ms\":", p->delay_ms);
  if (p->timeout_ms)
    add_int(b, ",\"timeout_ms\":", p->timeout_ms);
  if (p->body_input >= 0) {
    add_int(b, ",\"body_input\":", p->body_input);
    add_int(b, ",\"body_offset\":", (int64_t)p->body_offset);
    add_int(b, ",\"body_size\":", (int64_t)p->body_size);
  }
  gm_buf_addc(b, '}');
}

static bool get_int(const struct json_object *o, const char *key, int64_t max,
                    int64_t fallback, int64_t *ret)
{
  *ret = gm_json_i64(o, key, fallback);
  return *ret >= -1 && *ret <= max;
}

/* A text without a NUL inside; NULL when it is none. */
static const char *whole_text(struct json_object *o)
{
  const char *s;

  if (!json_object_is_type(o, json_type_string))
    return NULL;
  s = json_object_get_string(o);
  return strlen(s) == (size_t)json_object_get_string_len(o) ? s : NULL;
}

static bool get_headers(const struct json_object *o, struct gm_header *h,
                        size_t *ret_n)
{
  struct json_object *list = gm_json_at(o, "headers");
  size_t i, n = gm_json_count(list, "");

  *ret_n = n / 2;
  if (n % 2 || n / 2 > GM_CALL_HEADERS ||
      (list && !json_object_is_type(list, json_type_array)))
    return false;
  for (i = 0; i < n / 2; i++) {
    h[i].name = whole_text(json_object_array_get_idx(list, 2 * i));
    h[i].value = whole_text(json_object_array_get_idx(list, 2 * i + 1));
    if (!gm_header_name_ok(h[i].name) || !gm_header_value_ok(h[i].value))
      return false;
  }
  return true;
}

/* Point `parts` at the body; base64 is decoded into *ret_bytes (gm_free). */
static bool get_body(const struct json_object *o,
                     struct gm_pending_parts *parts, void **ret_bytes)
{
  struct json_object *body = gm_json_at(o, "body");
  struct json_object *coded = gm_json_at(o, "body64");
  struct gm_base64 d = GM_BASE64_INIT;
  size_t len;

  if (json_object_is_type(body, json_type_string)) {
    parts->body = json_object_get_string(body);
    parts->body_len = (size_t)json_object_get_string_len(body);
  }
  if (!json_object_is_type(coded, json_type_string))
    return true;
  len = (size_t)json_object_get_string_len(coded);
  *ret_bytes = gm_alloc(len / 4 * 3 + 3);
  if (!*ret_bytes)
    return false;
  len = gm_base64_decode(&d, json_object_get_string(coded), len, *ret_bytes);
  parts->body = *ret_bytes;
  parts->body_len = len;
  return len != SIZE_MAX && gm_base64_done(&d);
}

static bool get_numbers(const struct json_object *o, struct gamut_http *x,
                        struct gm_pending *ret)
{
  int64_t phase, flags, delay, timeout, input, offset, size;

  if (!get_int(o, "phase", INT32_MAX, -2, &phase) ||
      !get_int(o, "flags", UINT32_MAX, -2, &flags) ||
      !get_int(o, "delay_ms", UINT32_MAX, 0, &delay) ||
      !get_int(o, "timeout_ms", UINT32_MAX, 0, &timeout) ||
      !get_int(o, "body_input", INT32_MAX, -1, &input) ||
      !get_int(o, "body_offset", INT64_MAX, 0, &offset) ||
      !get_int(o, "body_size", INT64_MAX, 0, &size))
    return false;
  if (flags < 0 || delay < 0 || timeout < 0 || offset < 0 || size < 0)
    return false;
  x->phase = (int32_t)phase;
  x->flags = (uint32_t)flags;
  x->delay_ms = (uint32_t)delay;
  x->timeout_ms = (uint32_t)timeout;
  ret->body_input = (int32_t)input;
  ret->body_offset = (uint64_t)offset;
  ret->body_size = (uint64_t)size;
  return true;
}

struct gm_pending *gm_pending_from_json(const struct json_object *o)
{
  struct gamut_http x = { .struct_size = sizeof(x) };
  struct gm_header headers[GM_CALL_HEADERS];
  struct gm_pending_parts parts = { .headers = headers };
  _cleanup_free_ void *bytes = NULL;
  struct gm_pending range, *p;

  parts.method = whole_text(gm_json_at(o, "method"));
  parts.url = whole_text(gm_json_at(o, "url"));
  if (!gm_method_ok(parts.method) || !gm_url_text_ok(parts.url) ||
      !get_numbers(o, &x, &range) ||
      !get_headers(o, headers, &parts.n_headers) ||
      !get_body(o, &parts, &bytes))
    return NULL;
  p = gm_pending_new(&x, &parts);
  if (!p)
    return NULL;
  p->body_input = range.body_input;
  p->body_offset = range.body_offset;
  p->body_size = range.body_size;
  return p;
}
