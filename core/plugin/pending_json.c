/* pending_json.c - the journal's form of an exchange.
 *
 * A body is one text, or a list of texts and inputs.  Of an input stands there
 * where it is and what it must still be, not its bytes.  What is read back gets
 * the same suspicion as a vendor's reply: a number out of range or a line break
 * in a header refuses it. */
#include "base/base64.h"
#include "base/json.h"
#include "base/str.h"
#include "plugin/call_build.h"
#include <string.h>

/* ---- writing ------------------------------------------------------------ */

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

/* Text as it is, for people who read a journal; other bytes as base64, under
 * the name with "64" behind it. */
static void add_text(struct gm_buf *b, const char *name, const char *p,
                     size_t len)
{
  bool plain = gm_utf8_valid(p, len) && !memchr(p, '\0', len);

  gm_buf_addf(b, "\"%s%s\":", name, plain ? "" : "64");
  if (plain) {
    gm_buf_add_json_text(b, p, len);
    return;
  }
  gm_buf_addc(b, '"');
  gm_base64_add(b, p, len);
  gm_buf_addc(b, '"');
}

static void add_input(struct gm_buf *b, const struct gm_pending *p,
                      const struct gm_pending_piece *piece)
{
  const char *path = gm_pending_path(p, piece);

  add_int(b, "\"input\":", piece->input);
  if (path) {
    gm_buf_addc(b, ',');
    add_text(b, "path", path, strlen(path));
    add_int(b, ",\"mtime_ns\":", piece->mark.mtime_ns);
  }
  add_int(b, ",\"size\":", (int64_t)piece->mark.size);
  add_int(b, ",\"from\":", (int64_t)piece->offset);
  add_int(b, ",\"bytes\":", (int64_t)piece->size);
  if (piece->base64)
    gm_buf_add(b, ",\"base64\":true");
}

static void add_body(struct gm_buf *b, const struct gm_pending *p)
{
  size_t len;
  const char *text = gm_pending_text(p, &len);
  uint32_t i;

  if (p->n_pieces == 0 && text) {
    gm_buf_addc(b, ',');
    add_text(b, "body", text, len);
    return;
  }
  for (i = 0; i < p->n_pieces; i++) {
    const struct gm_pending_piece *piece = &p->pieces[i];

    gm_buf_add(b, i ? ",{" : ",\"pieces\":[{");
    if (piece->input < 0)
      add_text(b, "text", text + piece->offset, (size_t)piece->size);
    else
      add_input(b, p, piece);
    gm_buf_addc(b, '}');
  }
  if (i > 0)
    gm_buf_addc(b, ']');
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
  if (p->poll_ms)
    add_int(b, ",\"poll_ms\":", p->poll_ms);
  gm_buf_addc(b, '}');
}

/* ---- reading ------------------------------------------------------------ */

#define PIECES_MAX 4096u

/* What a record is read into: parts that point into its JSON, and what had to
 * be put together. */
struct reading {
  struct gamut_http x;
  struct gm_pending_parts parts;
  struct gm_header headers[GM_CALL_HEADERS];
  struct gm_pending_piece *pieces;
  char **paths;
  struct gm_buf body; /* all text of it */
};

static void reading_finish(struct reading *r)
{
  size_t i;

  for (i = 0; i < r->parts.n_pieces; i++)
    gm_free(r->paths[i]);
  gm_free(r->pieces);
  gm_free(r->paths);
  gm_buf_finish(&r->body);
}

static bool get_int(const struct json_object *o, const char *key, int64_t min,
                    int64_t max, int64_t fallback, int64_t *ret)
{
  *ret = gm_json_i64(o, key, fallback);
  return *ret >= min && *ret <= max;
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

/* The text `name` of `o`, or what `coded`, its base64, says, behind what is in
 * the buffer.  *ret_there: one of the two is there. */
static bool get_text(const struct json_object *o, const char *name,
                     const char *coded, struct gm_buf *b, bool *ret_there)
{
  struct json_object *text = gm_json_at(o, name), *code = gm_json_at(o, coded);
  struct gm_base64 d = GM_BASE64_INIT;
  size_t len;
  char *room;

  *ret_there = true;
  if (json_object_is_type(text, json_type_string)) {
    gm_buf_addn(b, json_object_get_string(text),
                (size_t)json_object_get_string_len(text));
    return !gm_buf_failed(b);
  }
  *ret_there = json_object_is_type(code, json_type_string);
  if (!*ret_there)
    return true;
  len = (size_t)json_object_get_string_len(code);
  room = gm_buf_room(b, len / 4 * 3 + 3);
  if (!room)
    return false;
  len = gm_base64_decode(&d, json_object_get_string(code), len, room);
  if (len == SIZE_MAX || !gm_base64_done(&d))
    return false;
  gm_buf_grown(b, len);
  return true;
}

/* Its file, from the root on; none: it was held in memory. */
static bool get_path(const struct json_object *o, char **ret)
{
  _cleanup_(gm_buf_finish) struct gm_buf path = GM_BUF_INIT(UINT16_MAX);
  bool there;

  if (!get_text(o, "path", "path64", &path, &there))
    return false;
  if (!there)
    return true;
  if (*gm_buf_text(&path) != '/' || memchr(path.data, '\0', path.len))
    return false;
  *ret = gm_buf_take(&path);
  return *ret != NULL;
}

static bool get_input(const struct json_object *o,
                      struct gm_pending_piece *piece, char **ret_path)
{
  int64_t input, size, from, bytes;

  if (!get_int(o, "input", 0, INT32_MAX, -1, &input) ||
      !get_int(o, "size", 0, INT64_MAX, -1, &size) ||
      !get_int(o, "from", 0, size, -1, &from) ||
      !get_int(o, "bytes", 0, size - from, -1, &bytes) ||
      !get_path(o, ret_path))
    return false;
  piece->input = (int32_t)input;
  piece->base64 = gm_json_bool(o, "base64", false);
  piece->offset = (uint64_t)from;
  piece->size = (uint64_t)bytes;
  piece->mark.size = (uint64_t)size;
  piece->mark.mtime_ns = gm_json_i64(o, "mtime_ns", 0);
  return true;
}

static bool get_piece(const struct json_object *o, struct reading *r,
                      struct gm_pending_piece *piece, char **ret_path)
{
  size_t before = r->body.len;
  bool there;

  if (gm_json_at(o, "input"))
    return get_input(o, piece, ret_path);
  piece->input = -1;
  piece->offset = before;
  if (!get_text(o, "text", "text64", &r->body, &there) || !there)
    return false;
  piece->size = r->body.len - before;
  return piece->size > 0;
}

static bool get_pieces(struct json_object *list, struct reading *r)
{
  size_t i, n = gm_json_count(list, "");

  if (!json_object_is_type(list, json_type_array) || n == 0 || n > PIECES_MAX)
    return false;
  r->pieces = gm_zalloc(n * sizeof(*r->pieces));
  r->paths = gm_zalloc(n * sizeof(*r->paths));
  if (!r->pieces || !r->paths)
    return false;
  r->parts.n_pieces = n;
  for (i = 0; i < n; i++)
    if (!get_piece(json_object_array_get_idx(list, i), r, &r->pieces[i],
                   &r->paths[i]))
      return false;
  r->parts.pieces = r->pieces;
  r->parts.paths = (const char *const *)r->paths;
  return true;
}

static bool get_body(const struct json_object *o, struct reading *r)
{
  struct json_object *list = gm_json_at(o, "pieces");
  bool there;

  if (list ? !get_pieces(list, r)
           : !get_text(o, "body", "body64", &r->body, &there))
    return false;
  r->parts.body = gm_buf_text(&r->body);
  r->parts.body_len = r->body.len;
  return true;
}

static bool get_numbers(const struct json_object *o, struct gamut_http *x)
{
  int64_t phase, flags, delay, timeout, poll;

  if (!get_int(o, "phase", -1, INT32_MAX, -2, &phase) ||
      !get_int(o, "flags", 0, UINT32_MAX, -1, &flags) ||
      !get_int(o, "delay_ms", 0, UINT32_MAX, 0, &delay) ||
      !get_int(o, "timeout_ms", 0, UINT32_MAX, 0, &timeout) ||
      !get_int(o, "poll_ms", 0, UINT32_MAX, 0, &poll))
    return false;
  x->phase = (int32_t)phase;
  x->flags = (uint32_t)flags;
  x->delay_ms = (uint32_t)delay;
  x->timeout_ms = (uint32_t)timeout;
  x->poll_ms = (uint32_t)poll;
  return true;
}

struct gm_pending *gm_pending_from_json(const struct json_object *o)
{
  _cleanup_(reading_finish) struct reading r = {
    .body = GM_BUF_INIT(UINT32_MAX / 2),
  };

  r.parts.headers = r.headers;
  r.parts.method = whole_text(gm_json_at(o, "method"));
  r.parts.url = whole_text(gm_json_at(o, "url"));
  if (!gm_method_ok(r.parts.method) || !gm_url_text_ok(r.parts.url) ||
      !get_numbers(o, &r.x) || !get_headers(o, r.headers, &r.parts.n_headers) ||
      !get_body(o, &r))
    return NULL;
  return gm_pending_new(&r.x, &r.parts);
}
