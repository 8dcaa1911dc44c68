/* Requests taken apart: JSON as it is, a form's texts as strings, its files by
 * their place in the body.  "video[id]" is a member of an object. */
#include "openai.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char *find(const unsigned char *at,
                                 const unsigned char *end, const char *what)
{
  size_t n = strlen(what);

  for (; at + n <= end; at++)
    if (!memcmp(at, what, n))
      return at;
  return NULL;
}

/* The value of name="..." in the head of a part. */
static bool quoted(const unsigned char *at, const unsigned char *end,
                   const char *key, char *to, size_t size)
{
  const unsigned char *from = find(at, end, key), *close;

  from = from ? from + strlen(key) : NULL;
  close = from ? memchr(from, '"', (size_t)(end - from)) : NULL;
  if (!close || (size_t)(close - from) >= size)
    return false;
  memcpy(to, from, (size_t)(close - from));
  to[close - from] = '\0';
  return true;
}

static void add_text(struct json_object *o, char *name, const char *text,
                     size_t len)
{
  struct json_object *value = json_object_new_string_len(text, (int)len);
  char *open = strchr(name, '['), *close = open ? strchr(open, ']') : NULL;
  struct json_object *inner;

  if (!open || !close || close == open + 1) {
    json_object_object_add(o, name, value);
    return;
  }
  *open = *close = '\0';
  if (!json_object_object_get_ex(o, name, &inner)) {
    inner = json_object_new_object();
    json_object_object_add(o, name, inner);
  }
  if (json_object_is_type(inner, json_type_object))
    json_object_object_add(inner, open + 1, value);
  else
    json_object_put(value);
}

/* The content type in the head of a part; "" when it says none. */
static void part_type(const unsigned char *at, const unsigned char *end,
                      char *to, size_t size)
{
  const unsigned char *from = find(at, end, "\nContent-Type: ");
  size_t n = 0;

  if (!from)
    from = find(at, end, "\nContent-type: ");
  if (!from)
    from = find(at, end, "\ncontent-type: ");
  for (from = from ? from + 15 : end; from<end && * from> ' '; from++)
    if (n + 1 < size)
      to[n++] = (char)*from;
  to[n] = '\0';
}

static void add_part(struct openai_input *in, const unsigned char *at,
                     const unsigned char *body, const unsigned char *end)
{
  struct openai_file file = { .bytes = body, .len = (size_t)(end - body) };
  char name[64], path[256] = "";

  if (!quoted(at, body, "; name=\"", name, sizeof(name)))
    return;
  file.named = quoted(at, body, "filename=\"", path, sizeof(path));
  snprintf(file.filename, sizeof(file.filename), "%.60s", path);
  part_type(at, body, file.type, sizeof(file.type));
  if (!file.named) {
    add_text(in->o, name, (const char *)body, file.len);
    return;
  }
  file.typed = em_starts(file.type, "image/") || em_starts(file.type, "video/");
  if (in->n_files == EM_LEN(in->files) || strlen(name) >= sizeof(file.name))
    return;
  memcpy(file.name, name, strlen(name) + 1);
  in->files[in->n_files++] = file;
}

static bool parse_form(struct em_request *rq, const char *type,
                       struct openai_input *in)
{
  const char *boundary = strstr(type, "boundary=");
  const unsigned char *at = (const unsigned char *)rq->body.data;
  const unsigned char *end = at + rq->body.len, *head, *next;
  char mark[80];
  size_t n = boundary ? strcspn(boundary + 9, "; ") : 0;

  if (!n || n > 70 || !at)
    return false;
  memcpy(mark, "\r\n--", 4);
  memcpy(mark + 4, boundary + 9, n);
  mark[4 + n] = '\0';
  if ((size_t)(end - at) < n + 2 || memcmp(at, mark + 2, n + 2) != 0)
    return false;
  for (at += n + 2; at + 2 <= end && memcmp(at, "--", 2) != 0;
       at = next + strlen(mark)) {
    head = find(at, end, "\r\n\r\n");
    next = head ? find(head + 4, end, mark) : NULL;
    if (!next)
      return false;
    add_part(in, at, head + 4, next);
  }
  return true;
}

static struct json_object *parse_json(const struct em_request *rq)
{
  struct json_tokener *tokener = json_tokener_new();
  struct json_object *o = NULL;

  json_tokener_set_flags(tokener,
                         JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
  if (rq->body.len)
    o = json_tokener_parse_ex(tokener, rq->body.data, (int)rq->body.len + 1);
  json_tokener_free(tokener);
  if (json_object_is_type(o, json_type_object))
    return o;
  json_object_put(o);
  return NULL;
}

bool openai_parse(struct em_request *rq, struct openai_input *in)
{
  const char *type = em_header(rq, "Content-Type");

  memset(in, 0, sizeof(*in));
  in->is_form = type && em_starts(type, "multipart/form-data");
  if (in->is_form) {
    in->o = json_object_new_object();
    if (parse_form(rq, type, in))
      return true;
    openai_error(rq, 400, "invalid_request_error", NULL, NULL,
                 "Could not parse multipart form");
  } else if (type && em_starts(type, "application/json")) {
    in->o = parse_json(rq);
    if (in->o)
      return true;
    openai_error(rq, 400, "invalid_request_error", NULL, NULL,
                 "We could not parse the JSON body of your request.");
  } else {
    openai_error(rq, 400, "invalid_request_error", NULL,
                 "unsupported_content_type",
                 "Unsupported content type: '%.80s'. This API method only "
                 "accepts 'application/json' and 'multipart/form-data' "
                 "requests.",
                 type ? type : "none");
  }
  openai_input_finish(in);
  return false;
}

void openai_input_finish(struct openai_input *in)
{
  json_object_put(in->o);
  in->o = NULL;
}

const char *openai_text(const struct openai_input *in, const char *name)
{
  struct json_object *value;

  if (!json_object_object_get_ex(in->o, name, &value) || !value)
    return NULL;
  return json_object_get_string(value);
}

int64_t openai_number(const struct openai_input *in, const char *name,
                      int64_t other)
{
  const char *text = openai_text(in, name);
  int64_t n;

  return text && em_parse_int(text, strlen(text), -1000000, 1000000, &n)
           ? n
           : other;
}

const struct openai_file *openai_file(const struct openai_input *in,
                                      const char *name)
{
  unsigned i;

  for (i = 0; i < in->n_files; i++)
    if (!strcmp(in->files[i].name, name))
      return &in->files[i];
  return NULL;
}
