/* pure_compare.c - our exchange beside the client's.
 *
 * What must agree: method, URL, the JSON body by value, Authorization and every
 * header of the vendor's own (x-...).  What a client adds without a meaning
 * (user agent, accept, content type of a GET) does not count.
 */
#include "golden/pure.h"
#include <stdio.h>
#include <string.h>

#define MAX_HEADERS 80

bool pure_differs(struct pure *p, const char *fmt, ...)
{
  va_list ap;

  va_start(ap, fmt);
  if (!p->why[0])
    vsnprintf(p->why, sizeof(p->why), fmt, ap);
  va_end(ap);
  return false;
}

static bool compare_url(struct pure *p, const char *ours, const char *theirs)
{
  if (strcmp(ours, theirs) == 0)
    return true;
  return pure_differs(p, "URL %s, not %s", ours, theirs);
}

static bool counts(const char *name)
{
  return gm_strieq(name, "authorization") || gm_starts(name, "x-") ||
         gm_starts(name, "hf-");
}

static bool may_differ(const struct pure *p, const char *name)
{
  struct json_object *list = gm_json_at(p->ask, "differs");
  size_t i;

  for (i = 0; i < gm_json_count(list, ""); i++)
    if (gm_streq(json_object_get_string(json_object_array_get_idx(list, i)),
                 name))
      return true;
  return false;
}

static bool compare_headers(struct pure *p, const struct gm_header *ours,
                            size_t n, struct json_object *theirs)
{
  struct json_object_iterator it = json_object_iter_begin(theirs);
  struct json_object_iterator end = json_object_iter_end(theirs);
  size_t i;

  for (i = 0; i < n; i++)
    if (counts(ours[i].name) && !may_differ(p, ours[i].name) &&
        !gm_streq(gm_json_str(theirs, ours[i].name, NULL), ours[i].value))
      return pure_differs(p, "header %s: %s, not %s", ours[i].name,
                          ours[i].value,
                          gm_json_str(theirs, ours[i].name, "none"));
  for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it)) {
    const char *name = json_object_iter_peek_name(&it);

    for (i = 0; i < n && !gm_strieq(name, ours[i].name);)
      i++;
    if (i == n && counts(name) && !may_differ(p, name))
      return pure_differs(p, "header %s is missing", name);
  }
  return true;
}

static bool same(struct json_object *a, struct json_object *b)
{
  struct gm_buf x = GM_BUF_INIT(1 << 20), y = GM_BUF_INIT(1 << 20);
  bool equal;

  gm_json_canonical(a, &x);
  gm_json_canonical(b, &y);
  equal = !gm_buf_failed(&x) && strcmp(gm_buf_text(&x), gm_buf_text(&y)) == 0;
  gm_buf_finish(&x);
  gm_buf_finish(&y);
  return equal;
}

/* {"bytes": N}: the size alone; of an upload what it will read. */
static bool compare_bytes(struct pure *p, const struct gm_pending *ours,
                          struct json_object *theirs)
{
  int64_t want = gm_json_i64(theirs, "bytes", -1);
  int64_t found = (int64_t)gm_pending_body_size(ours);

  if (found == want)
    return true;
  return pure_differs(p, "a body of %lld bytes, not %lld", (long long)found,
                      (long long)want);
}

static const char *content_type(const struct gm_pending *ours)
{
  struct gm_header headers[MAX_HEADERS];
  size_t i, n = gm_pending_headers(ours, headers, MAX_HEADERS);

  for (i = 0; i < n; i++)
    if (gm_strieq(headers[i].name, "content-type"))
      return headers[i].value;
  return NULL;
}

static bool compare_body(struct pure *p, const struct gm_pending *ours,
                         struct json_object *theirs)
{
  _cleanup_json_ struct json_object *o = NULL;
  _cleanup_(gm_buf_finish) struct gm_buf body = GM_BUF_INIT(1 << 26);
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  const char *text;
  size_t len;

  if (gm_json_at(theirs, "bytes"))
    return compare_bytes(p, ours, theirs);
  if (gm_pending_read(ours, p->in.inputs, p->in.n_inputs, &body, &err))
    return pure_differs(p, "%s", gm_error_text(&err));
  text = body.len ? gm_buf_text(&body) : NULL;
  len = body.len;
  if (gm_json_at(theirs, "multipart"))
    return pure_compare_form(p, content_type(ours), text, len,
                             gm_json_at(theirs, "multipart"));
  if (text)
    o = gm_json_parse_once(text, len, NULL, NULL);
  if (text && !o)
    return pure_differs(p, "the body is no JSON");
  if (!o && !theirs)
    return true;
  if (o && theirs && same(o, theirs))
    return true;
  return pure_differs(p, "body %.*s, not %s", text ? (int)len : 4,
                      text ? text : "none",
                      theirs ? json_object_to_json_string(theirs) : "none");
}

bool pure_compare(struct pure *p, const struct gm_pending *ours,
                  struct json_object *theirs)
{
  struct gm_header headers[MAX_HEADERS];
  struct gm_buf secret = GM_BUF_INIT(65536);
  const char *url = gm_pending_url(ours);
  size_t n = gm_pending_headers(ours, headers, MAX_HEADERS - 8);
  bool ok;

  n += gm_instance_authorize(p->i, url, headers + n, 8, &secret);
  ok = compare_url(p, url, gm_json_str(theirs, "url", "")) &&
       compare_headers(p, headers, n, gm_json_at(theirs, "headers")) &&
       compare_body(p, ours, gm_json_at(theirs, "body"));
  if (ok && strcmp(gm_pending_method(ours), gm_json_str(theirs, "method", "")))
    ok = pure_differs(p, "method %s", gm_pending_method(ours));
  gm_buf_finish(&secret);
  return ok;
}

/* ---- bodies ------------------------------------------------------------- */

static void add_events(struct json_object *list, const char *end,
                       struct gm_buf *out)
{
  size_t i;

  for (i = 0; i < gm_json_count(list, ""); i++) {
    struct json_object *e = json_object_array_get_idx(list, i);

    if (json_object_is_type(e, json_type_string))
      gm_buf_add(out, json_object_get_string(e));
    else
      gm_buf_addf(out, "data: %s", gm_json_text(e, NULL));
    gm_buf_add(out, end);
  }
}

void golden_body(struct json_object *body, struct gm_buf *out)
{
  size_t len = 0, members = 0;
  const char *text;
  int64_t n;

  if (json_object_is_type(body, json_type_object))
    members = (size_t)json_object_object_length(body);
  if (json_object_is_type(body, json_type_string)) {
    gm_buf_add(out, json_object_get_string(body));
  } else if (members && members <= 2 && gm_json_at(body, "text")) {
    gm_buf_add(out, gm_json_str(body, "text", ""));
  } else if (members && members <= 2 && gm_json_at(body, "sse")) {
    add_events(gm_json_at(body, "sse"), gm_json_str(body, "event_end", "\n\n"),
               out);
  } else if (members && members <= 3 && gm_json_at(body, "bytes")) {
    for (n = gm_json_i64(body, "bytes", 0); n > 0; n--)
      gm_buf_addc(out, ' ');
  } else if (body) {
    text = gm_json_text(body, &len);
    gm_buf_addn(out, text, len);
  }
}
