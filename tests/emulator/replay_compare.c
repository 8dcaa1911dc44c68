/* What counts as the same request: query by its pairs, the headers that carry
 * meaning, JSON bodies by value, forms by field, multipart by the names and
 * values of its parts, everything else by size.  Client habits (user agent,
 * accept) are not looked at. */
#include "replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct comparison {
  struct em_request *rq;
  const char *where;
  struct json_object *differences;
};

static void EM_PRINTF(2, 3)
  differ(struct comparison *c, const char *format, ...)
{
  struct em_buf line = { 0 };
  char text[600];
  va_list args;

  va_start(args, format);
  vsnprintf(text, sizeof(text), format, args);
  va_end(args);
  em_buf_printf(&line, "%s: %s", c->where, text);
  json_object_array_add(c->differences, json_object_new_string(line.data));
  em_buf_finish(&line);
}

static const char *text_of(struct json_object *o)
{
  return o ? json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN) : "null";
}

/* Query: both sides as sorted lists of "name=value". */

static int by_text(const void *a, const void *b)
{
  return strcmp(json_object_get_string(*(struct json_object *const *)a),
                json_object_get_string(*(struct json_object *const *)b));
}

static void add_pair(struct json_object *pairs, const char *name,
                     const char *value)
{
  struct em_buf pair = { 0 };

  if (!value || !*value)
    return; /* empty values count as absent */
  em_buf_printf(&pair, "%s=%s", name, value);
  json_object_array_add(pairs, json_object_new_string(pair.data));
  em_buf_finish(&pair);
}

static int hex(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  c = (char)(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char *decode_form(const char *from, size_t len)
{
  char *to = em_alloc(len + 1), *at = to;
  size_t i;

  for (i = 0; i < len; i++) {
    if (from[i] == '%' && i + 2 < len && hex(from[i + 1]) >= 0 &&
        hex(from[i + 2]) >= 0) {
      *at++ = (char)(hex(from[i + 1]) * 16 + hex(from[i + 2]));
      i += 2;
    } else {
      *at++ = from[i] == '+' ? ' ' : from[i];
    }
  }
  return to;
}

static struct json_object *pairs_of(const char *query)
{
  struct json_object *pairs = json_object_new_array();

  while (*query) {
    size_t len = strcspn(query, "&#"), name_len = strcspn(query, "=&#");
    char *name = decode_form(query, name_len);
    char *value = name_len < len
                    ? decode_form(query + name_len + 1, len - name_len - 1)
                    : NULL;

    add_pair(pairs, name, value);
    free(name);
    free(value);
    query += len;
    if (*query != '&')
      break;
    query++;
  }
  json_object_array_sort(pairs, by_text);
  return pairs;
}

static enum MHD_Result collect(void *cls, enum MHD_ValueKind kind,
                               const char *name, const char *value)
{
  (void)kind;
  add_pair(cls, name, value);
  return MHD_YES;
}

static struct json_object *sent_pairs(struct em_request *rq)
{
  struct json_object *pairs = json_object_new_array();

  MHD_get_connection_values(rq->connection, MHD_GET_ARGUMENT_KIND, collect,
                            pairs);
  json_object_array_sort(pairs, by_text);
  return pairs;
}

static bool query_differs(struct em_request *rq, const char *url,
                          struct comparison *c)
{
  const char *mark = strchr(url, '?');
  struct json_object *want = pairs_of(mark ? mark + 1 : "");
  struct json_object *got = sent_pairs(rq);
  bool same = json_object_equal(want, got);

  if (!same && c)
    differ(c, "query: recorded %.200s, sent %.200s", text_of(want),
           text_of(got));
  json_object_put(want);
  json_object_put(got);
  return !same;
}

bool em_replay_same_query(struct em_request *rq, const char *url)
{
  return !query_differs(rq, url, NULL);
}

/* Headers */

static bool carries_meaning(const char *name)
{
  static const char *const names[] = {
    "authorization",
    "prefer",
    "x-goog-api-key",
    "x-goog-user-project",
    "openai-organization",
    "openai-project",
    "openai-beta",
    "hf-api-key",
    "hf-secret",
    "x-runway-version",
    "x-api-key",
    "http-referer",
    "x-title",
    "x-openrouter-title",
  };
  size_t i, len = strlen(name);

  for (i = 0; i < EM_LEN(names); i++)
    if (!strcasecmp(names[i], name))
      return true;
  if (em_starts(name, "x-fal-") && !strstr(name, "version"))
    return true;
  return em_starts(name, "x-visgate-") ||
         (len > 4 && !strcmp(name + len - 4, "-key"));
}

static void compare_headers(struct comparison *c, struct json_object *recorded)
{
  static const char *const secret[] = { "authorization", "x-goog-api-key" };
  struct json_object_iter it;
  size_t i;

  json_object_object_foreachC(recorded, it)
  {
    const char *name = it.key;
    struct json_object *value = it.val;
    const char *want = json_object_get_string(value);
    const char *got = em_header(c->rq, name);

    if (!carries_meaning(name))
      continue;
    if (strstr(name, "idempotency") ? !got || !*got
                                    : !got || strcmp(got, want) != 0)
      differ(c, "header %s: recorded '%.120s', sent %s%.120s%s", name, want,
             got ? "'" : "", got ? got : "none", got ? "'" : "");
  }
  for (i = 0; i < EM_LEN(secret); i++)
    if (em_header(c->rq, secret[i]) &&
        !json_object_object_get_ex(recorded, secret[i], NULL))
      differ(c,
             "header %s: sent, though the recording has none (a credential "
             "went to the wrong host)",
             secret[i]);
}

/* Bodies */

static void compare_json(struct comparison *c, struct json_object *want,
                         struct json_object *got, const char *at);

static void compare_objects(struct comparison *c, struct json_object *want,
                            struct json_object *got, const char *at)
{
  struct json_object_iter it;

  json_object_object_foreachC(want, it)
  {
    const char *key = it.key;
    struct json_object *value = it.val;
    struct json_object *other;
    char below[300];

    snprintf(below, sizeof(below), "%.200s.%.90s", at, key);
    if (!json_object_object_get_ex(got, key, &other))
      differ(c, "body%s: missing (recorded %.80s)", below, text_of(value));
    else
      compare_json(c, value, other, below);
  }
  json_object_object_foreachC(got, it)
  {
    const char *name = it.key;
    struct json_object *extra = it.val;

    if (!json_object_object_get_ex(want, name, NULL))
      differ(c, "body%s.%s: not in the recording (sent %.80s)", at, name,
             text_of(extra));
  }
}

/* Two data URIs of one type are alike: what they carry was made up. */
static bool alike(struct json_object *want, struct json_object *got)
{
  const char *a, *b;
  size_t len;

  if (json_object_equal(want, got))
    return true;
  if (json_object_is_type(want, json_type_double) ||
      json_object_is_type(got, json_type_double))
    return (json_object_is_type(want, json_type_int) ||
            json_object_is_type(want, json_type_double)) &&
           (json_object_is_type(got, json_type_int) ||
            json_object_is_type(got, json_type_double)) &&
           json_object_get_double(want) <= json_object_get_double(got) &&
           json_object_get_double(want) >= json_object_get_double(got);
  if (!json_object_is_type(want, json_type_string) ||
      !json_object_is_type(got, json_type_string))
    return false;
  a = json_object_get_string(want);
  b = json_object_get_string(got);
  len = strcspn(a, ",");
  return em_starts(a, "data:") && len == strcspn(b, ",") && !strncmp(a, b, len);
}

static void compare_json(struct comparison *c, struct json_object *want,
                         struct json_object *got, const char *at)
{
  enum json_type type = json_object_get_type(want);
  size_t i;

  if (type == json_type_object && json_object_is_type(got, type)) {
    compare_objects(c, want, got, at);
  } else if (type == json_type_array && json_object_is_type(got, type) &&
             json_object_array_length(want) == json_object_array_length(got)) {
    for (i = 0; i < json_object_array_length(want); i++) {
      char below[300];

      snprintf(below, sizeof(below), "%.250s[%zu]", at, i);
      compare_json(c, json_object_array_get_idx(want, i),
                   json_object_array_get_idx(got, i), below);
    }
  } else if (!alike(want, got)) {
    differ(c, "body%s: recorded %.100s, sent %.100s", at, text_of(want),
           text_of(got));
  }
}

static void compare_form(struct comparison *c, struct json_object *form)
{
  struct json_object *got = pairs_of(c->rq->body.data ? c->rq->body.data : "");
  struct json_object *want = json_object_new_array();
  struct json_object_iter it;
  size_t i;

  json_object_object_foreachC(form, it)
  {
    const char *name = it.key;
    struct json_object *value = it.val;

    /* a signed token differs every time: its presence is what counts */
    if (json_object_is_type(value, json_type_object)) {
      size_t len = strlen(name);

      for (i = 0; i < json_object_array_length(got); i++) {
        const char *pair =
          json_object_get_string(json_object_array_get_idx(got, i));

        if (!strncmp(pair, name, len) && pair[len] == '=') {
          add_pair(want, name, pair + len + 1);
          break;
        }
      }
      if (i == json_object_array_length(got))
        differ(c, "form field %s: missing", name);
    } else {
      add_pair(want, name, json_object_get_string(value));
    }
  }
  json_object_array_sort(want, by_text);
  if (!json_object_equal(want, got))
    differ(c, "form: recorded %.200s, sent %.200s", text_of(want),
           text_of(got));
  json_object_put(want);
  json_object_put(got);
}

struct parts {
  struct json_object *pairs;
  struct em_buf value;
  char *name;
  bool file;
};

static void part_end(struct parts *p)
{
  if (p->name && p->file) {
    add_pair(p->pairs, p->name, "(file)");
  } else if (p->name) {
    add_pair(p->pairs, p->name, p->value.data ? p->value.data : "");
  }
  free(p->name);
  p->name = NULL;
  em_buf_finish(&p->value);
}

static enum MHD_Result on_part(void *cls, enum MHD_ValueKind kind,
                               const char *name, const char *file,
                               const char *type, const char *encoding,
                               const char *data, uint64_t off, size_t size)
{
  struct parts *p = cls;

  (void)kind;
  (void)type;
  (void)encoding;
  if (!off) {
    part_end(p);
    p->name = em_strdup(name ? name : "");
    p->file = file != NULL;
  }
  em_buf_add(&p->value, data, size);
  return MHD_YES;
}

static void compare_multipart(struct comparison *c, struct json_object *parts)
{
  struct MHD_PostProcessor *pp;
  struct parts got = { .pairs = json_object_new_array() };
  struct json_object *want = json_object_new_array();
  size_t i;

  pp = MHD_create_post_processor(c->rq->connection, 4096, on_part, &got);
  if (pp) {
    if (c->rq->body.len)
      MHD_post_process(pp, c->rq->body.data, c->rq->body.len);
    MHD_destroy_post_processor(pp);
  }
  part_end(&got);
  for (i = 0; i < json_object_array_length(parts); i++) {
    struct json_object *part = json_object_array_get_idx(parts, i);
    struct json_object *name, *value;

    if (json_object_object_get_ex(part, "name", &name))
      add_pair(want, json_object_get_string(name),
               json_object_object_get_ex(part, "value", &value)
                 ? json_object_get_string(value)
                 : "(file)");
  }
  json_object_array_sort(got.pairs, by_text);
  json_object_array_sort(want, by_text);
  if (!pp || !json_object_equal(want, got.pairs))
    differ(c, "multipart: recorded %.200s, sent %.200s", text_of(want),
           pp ? text_of(got.pairs) : "no multipart body");
  json_object_put(want);
  json_object_put(got.pairs);
}

static bool only(struct json_object *body, const char *key)
{
  return json_object_object_length(body) == 1 &&
         json_object_object_get_ex(body, key, NULL);
}

static void compare_text(struct comparison *c, struct json_object *body)
{
  struct json_object *got;

  got = c->rq->body.len ? json_tokener_parse(c->rq->body.data) : NULL;
  if (got)
    compare_json(c, body, got, "");
  else
    differ(c, "body: not JSON: '%.80s'",
           c->rq->body.data ? c->rq->body.data : "");
  json_object_put(got);
}

static void compare_body(struct comparison *c, struct json_object *body)
{
  const struct em_buf *sent = &c->rq->body;
  struct json_object *inner;

  if (!body) {
    if (sent->len && strcmp(sent->data, "{}") != 0)
      differ(c, "body: the recording has none, sent %zu bytes", sent->len);
  } else if (!json_object_is_type(body, json_type_object)) {
    compare_text(c, body);
  } else if (only(body, "multipart")) {
    json_object_object_get_ex(body, "multipart", &inner);
    compare_multipart(c, inner);
  } else if (only(body, "form")) {
    json_object_object_get_ex(body, "form", &inner);
    compare_form(c, inner);
  } else if (only(body, "text")) {
    json_object_object_get_ex(body, "text", &inner);
    if (strcmp(json_object_get_string(inner), sent->data ? sent->data : ""))
      differ(c, "body: recorded '%.80s', sent '%.80s'",
             json_object_get_string(inner), sent->data ? sent->data : "");
  } else if (json_object_object_get_ex(body, "bytes", &inner) &&
             json_object_is_type(inner, json_type_int) &&
             json_object_object_length(body) <= 3) {
    if (json_object_get_int64(inner) != (int64_t)sent->len)
      differ(c, "body: recorded %lld bytes, sent %zu",
             (long long)json_object_get_int64(inner), sent->len);
  } else {
    compare_text(c, body);
  }
}

void em_replay_compare(struct em_request *rq, struct json_object *recorded,
                       const char *where, struct json_object *differences)
{
  struct comparison c = { rq, where, differences };
  struct json_object *request = NULL, *headers = NULL, *body = NULL, *url;

  json_object_object_get_ex(recorded, "request", &request);
  json_object_object_get_ex(request, "headers", &headers);
  json_object_object_get_ex(request, "body", &body);
  if (json_object_object_get_ex(request, "url", &url))
    query_differs(rq, json_object_get_string(url), &c);
  if (headers)
    compare_headers(&c, headers);
  compare_body(&c, body);
}
