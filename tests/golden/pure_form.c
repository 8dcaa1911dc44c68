/* pure_form.c - our form beside the client's: the same parts in any order.
 *
 * A recorded part has a value, or it is a file: its name, its type and its
 * size, for any content will do.  Where the client did not know the type
 * (application/octet-stream) ours may. */
#include "golden/pure.h"
#include <stdio.h>
#include <string.h>

#define PARTS_MAX 64

struct part {
  char name[100], filename[200], type[100];
  const char *body;
  size_t len;
  bool used;
};

static const char *find(const char *at, const char *end, const char *what)
{
  return memmem(at, (size_t)(end - at), what, strlen(what));
}

/* What stands behind `key` up to `stop`; empty when it is not there. */
static void cut(const char *at, const char *end, const char *key, char stop,
                char *out, size_t size)
{
  const char *from = find(at, end, key), *to = NULL;
  size_t len;

  *out = '\0';
  if (from) {
    from += strlen(key);
    to = memchr(from, stop, (size_t)(end - from));
  }
  if (!to)
    return;
  len = GM_MIN((size_t)(to - from), size - 1);
  memcpy(out, from, len);
  out[len] = '\0';
}

/* Between two marks: head, empty line, body. */
static bool read_part(const char *at, const char *end, struct part *p)
{
  const char *body = find(at, end, "\r\n\r\n");

  if (!body)
    return false;
  memset(p, 0, sizeof(*p));
  cut(at, body, "; name=\"", '"', p->name, sizeof(p->name));
  cut(at, body, "; filename=\"", '"', p->filename, sizeof(p->filename));
  cut(at, body + 2, "Content-Type: ", '\r', p->type, sizeof(p->type));
  p->body = body + 4;
  p->len = (size_t)(end - p->body);
  return true;
}

static size_t read_parts(const char *type, const char *text, size_t len,
                         struct part parts[PARTS_MAX])
{
  const char *end = text + len, *at = text, *next;
  char mark[100];
  size_t n = 0;
  int size;

  size = snprintf(mark, sizeof(mark), "\r\n--%s", type);
  if (size < 0 || (size_t)size >= sizeof(mark) || len < (size_t)size ||
      strncmp(text, mark + 2, (size_t)size - 2) != 0)
    return 0;
  at += size - 2;
  while (n < PARTS_MAX && (next = find(at, end, mark))) {
    if (!read_part(at, next, &parts[n++]))
      return 0;
    at = next + size;
  }
  return strncmp(at, "--\r\n", 4) == 0 ? n : 0;
}

static bool same(const struct part *p, struct json_object *theirs)
{
  const char *value = gm_json_str(theirs, "value", NULL);
  const char *type = gm_json_str(theirs, "content_type", "");

  if (p->used || !gm_streq(p->name, gm_json_str(theirs, "name", "")))
    return false;
  if (value)
    return !*p->filename && p->len == strlen(value) &&
           memcmp(p->body, value, p->len) == 0;
  return gm_streq(p->filename, gm_json_str(theirs, "filename", "")) &&
         (int64_t)p->len == gm_json_i64(theirs, "bytes", -1) &&
         (gm_streq(p->type, type) ||
          gm_streq(type, "application/octet-stream"));
}

bool pure_compare_form(struct pure *p, const char *content_type,
                       const char *text, size_t len, struct json_object *theirs)
{
  static const char form[] = "multipart/form-data; boundary=";
  struct part parts[PARTS_MAX];
  size_t i, k, n = 0, count = gm_json_count(theirs, "");

  if (text && content_type && gm_starts(content_type, form))
    n = read_parts(content_type + strlen(form), text, len, parts);
  if (n == 0)
    return pure_differs(p, "the body is no form");
  for (i = 0; i < count; i++) {
    struct json_object *want = json_object_array_get_idx(theirs, i);

    for (k = 0; k < n && !same(&parts[k], want);)
      k++;
    if (k == n)
      return pure_differs(p, "the form lacks %s",
                          json_object_to_json_string(want));
    parts[k].used = true;
  }
  for (k = 0; k < n; k++)
    if (!parts[k].used)
      return pure_differs(p, "the form has '%s', which the recording lacks",
                          parts[k].name);
  return true;
}
