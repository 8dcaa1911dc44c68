/* Checks an input object against the clauses of runway_models.c and words what
 * is wrong as Runway does: issues with a code, a path and a message. */
#include "runway.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct clause {
  char name[48];
  const char *type; /* up to the next ';' */
  size_t type_len;
  bool required;
};

void runway_issue(struct em_buf *issues, const char *code, const char *path,
                  const char *format, ...)
{
  char message[1200];
  va_list args;

  va_start(args, format);
  vsnprintf(message, sizeof(message), format, args);
  va_end(args);
  em_buf_printf(issues, "%s{\"code\":\"%s\",\"path\":[%s],\"message\":",
                issues->len ? "," : "", code, path);
  em_buf_json(issues, message);
  em_buf_puts(issues, "}");
}

static bool next_clause(const char **cursor, struct clause *c)
{
  size_t n = strcspn(*cursor, "* ");

  if (!n || n >= sizeof(c->name))
    return false;
  memcpy(c->name, *cursor, n);
  c->name[n] = '\0';
  c->required = (*cursor)[n] == '*';
  c->type = *cursor + n + 1 + c->required;
  c->type_len = strcspn(c->type, ";");
  *cursor = c->type + c->type_len + (c->type[c->type_len] == ';');
  return true;
}

static bool is_a(const struct clause *c, const char *word)
{
  return em_starts(c->type, word);
}

/* ---- plain values ------------------------------------------------------- */

static size_t utf16_length(const char *s)
{
  size_t n = 0;

  for (; *s; s++)
    if ((*s & 0xc0) != 0x80)
      n += (unsigned char)*s >= 0xf0 ? 2 : 1;
  return n;
}

static void check_text(const struct clause *c, struct json_object *value,
                       const char *path, struct em_buf *issues)
{
  size_t most = strtoul(c->type + 3, NULL, 10), n;

  if (!json_object_is_type(value, json_type_string)) {
    runway_issue(issues, "invalid_type", path,
                 "Invalid input: expected string");
    return;
  }
  n = utf16_length(json_object_get_string(value));
  if (n < 1)
    runway_issue(issues, "too_small", path,
                 "Too small: expected string to have >=1 characters");
  if (n > most)
    runway_issue(issues, "too_big", path,
                 "Too big: expected string to have <=%zu characters", most);
}

static void check_number(const struct clause *c, struct json_object *value,
                         const char *path, struct em_buf *issues)
{
  const char *bounds = c->type + 4, *upper = strstr(bounds, "..") + 2;
  double low = (double)strtol(bounds, NULL, 10);
  double high = strtod(upper, NULL), v;
  bool whole = is_a(c, "int");

  if (is_a(c, "dur") && json_object_is_type(value, json_type_string) &&
      !strcmp(json_object_get_string(value), "auto"))
    return;
  if (!json_object_is_type(value, json_type_int) &&
      (whole || !json_object_is_type(value, json_type_double))) {
    runway_issue(issues, "invalid_type", path, "Invalid input: expected %s",
                 whole ? "int" : "number");
    return;
  }
  v = json_object_get_double(value);
  if (v < low)
    runway_issue(issues, "too_small", path,
                 "Too small: expected number to be >=%g", low);
  else if (v > high)
    runway_issue(issues, "too_big", path, "Too big: expected number to be <=%g",
                 high);
}

/* "a|b|c" -> 'a'|'b'|'c' */
static void bad_option(const char *list, size_t len, const char *marks,
                       const char *path, struct em_buf *issues)
{
  struct em_buf shown = { 0 };
  size_t i;

  for (i = 0; i < len && shown.len < 600; i++) {
    if (i == 0 || strchr(marks, list[i - 1]))
      em_buf_putc(&shown, '\'');
    if (strchr(marks, list[i]))
      em_buf_puts(&shown, i + 1 < len ? "'|" : "'");
    else
      em_buf_putc(&shown, (unsigned char)list[i]);
  }
  runway_issue(issues, "invalid_value", path,
               "Invalid option: expected one of %s", shown.data);
  em_buf_finish(&shown);
}

static bool in_options(const char *list, size_t len, const char *marks,
                       const char *word)
{
  const char *end = list + len;
  size_t n;

  for (; list < end; list += n + 1) {
    n = strcspn(list, marks);
    if (em_streq_n(word, list, n))
      return true;
  }
  return false;
}

/* {a|b} of words, [1|2] of numbers. */
static void check_choice(const struct clause *c, struct json_object *value,
                         const char *path, struct em_buf *issues)
{
  bool number = *c->type == '[';
  const char *s = json_object_get_string(value);

  if (!json_object_is_type(value, number ? json_type_int : json_type_string) ||
      !in_options(c->type + 1, c->type_len - 1, "|}]", s))
    bad_option(c->type + 1, c->type_len - 1, "|}]", path, issues);
}

static bool is_free_size(const char *s)
{
  unsigned w, h;
  char rest;

  return sscanf(s, "%5u:%5u%c", &w, &h, &rest) == 2 &&
         (uint64_t)w * h >= 3686400 && (uint64_t)w * h <= 16777216;
}

static void check_ratio(const struct clause *c, struct json_object *value,
                        const char *path, struct em_buf *issues)
{
  const char *values = runway_ratios(c->type[strcspn(c->type, " ") + 1]);
  const char *s = json_object_get_string(value);

  if (json_object_is_type(value, json_type_string) &&
      (in_options(values, strlen(values), " ", s) ||
       (is_a(c, "size") && is_free_size(s))))
    return;
  bad_option(values, strlen(values), " ", path, issues);
}

/* ---- files -------------------------------------------------------------- */

static const char *text_at(struct json_object *o, const char *name)
{
  struct json_object *value;

  if (!json_object_object_get_ex(o, name, &value) ||
      !json_object_is_type(value, json_type_string))
    return NULL;
  return json_object_get_string(value);
}

static void check_uri_of(struct json_object *o, const char *path,
                         struct em_buf *issues)
{
  struct json_object *uri = NULL;
  struct em_buf inner = { 0 };

  if (json_object_is_type(o, json_type_object))
    json_object_object_get_ex(o, "uri", &uri);
  em_buf_printf(&inner, "%s,\"uri\"", path);
  runway_uri_check(uri, inner.data, issues);
  em_buf_finish(&inner);
}

/* Members beyond `known`, each followed by a space. */
static void check_members(struct json_object *o, const char *known,
                          const char *path, struct em_buf *issues)
{
  struct json_object_iter it;

  if (!json_object_is_type(o, json_type_object)) {
    runway_issue(issues, "invalid_type", path,
                 "Invalid input: expected object");
    return;
  }
  json_object_object_foreachC(o, it)
  {
    if (!in_options(known, strlen(known), " ", it.key))
      runway_issue(issues, "unrecognized_keys", path, "Unrecognized key: %.60s",
                   it.key);
  }
}

static bool good_tag(const char *tag)
{
  static const char word[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvw"
                             "xyz0123456789_";
  size_t n = strspn(tag, word);

  return !tag[n] && n >= 3 && n <= 16 && *tag != '_' &&
         (*tag < '0' || *tag > '9');
}

static void check_picture(const struct clause *c, struct json_object *list,
                          size_t i, const char *path, struct em_buf *issues)
{
  struct json_object *o = json_object_array_get_idx(list, i);
  const char *flags = strrchr(c->type, ' '), *end = c->type + c->type_len;
  bool tags, subjects;
  const char *tag, *subject;
  size_t k;

  for (flags = end; flags[-1] != ' ';)
    flags--;
  tags = memchr(flags, 't', (size_t)(end - flags)) != NULL;
  subjects = memchr(flags, 's', (size_t)(end - flags)) != NULL;
  check_members(o,
                subjects ? "uri tag subject "
                : tags   ? "uri tag "
                         : "uri ",
                path, issues);
  check_uri_of(o, path, issues);
  tag = text_at(o, "tag");
  subject = text_at(o, "subject");
  if (tag && !good_tag(tag))
    runway_issue(issues, "invalid_format", path, "Invalid tag");
  for (k = 0; tag && k < i; k++) {
    const char *other = text_at(json_object_array_get_idx(list, k), "tag");

    if (other && !strcmp(other, tag))
      runway_issue(issues, "custom", path, "Tags must be unique");
  }
  if (subject && strcmp(subject, "human") && strcmp(subject, "object"))
    runway_issue(issues, "invalid_value", path,
                 "Invalid option: expected one of 'human'|'object'");
}

static void check_keyframe(struct json_object *o, const char *path,
                           struct em_buf *issues)
{
  struct json_object *at;
  bool seconds = json_object_object_get_ex(o, "seconds", NULL);
  bool share = json_object_object_get_ex(o, "at", &at);

  check_members(o, "uri seconds at range ", path, issues);
  check_uri_of(o, path, issues);
  if (seconds == share)
    runway_issue(issues, "invalid_union", path, "Invalid input");
  if (share &&
      !(json_object_get_double(at) >= 0 && json_object_get_double(at) <= 1))
    runway_issue(issues, "too_big", path, "Too big: expected number to be <=1");
}

static void check_entry(const struct clause *c, struct json_object *list,
                        size_t i, const char *path, struct em_buf *issues)
{
  struct json_object *o = json_object_array_get_idx(list, i);
  const char *type = text_at(o, "type");

  if (is_a(c, "pics")) {
    check_picture(c, list, i, path, issues);
  } else if (is_a(c, "keys")) {
    check_keyframe(o, path, issues);
  } else if (is_a(c, "uris")) {
    check_members(o, "uri ", path, issues);
    check_uri_of(o, path, issues);
  } else {
    const char *want = is_a(c, "audios") ? "audio" : "video";

    check_members(o, "type uri ", path, issues);
    check_uri_of(o, path, issues);
    if (!type || strcmp(type, want) != 0)
      runway_issue(issues, "invalid_value", path,
                   "Invalid input: expected \\\"%s\\\"", want);
  }
}

static size_t most_of(const struct clause *c)
{
  if (is_a(c, "pics") || is_a(c, "uris"))
    return strtoul(c->type + 4, NULL, 10);
  return is_a(c, "keys") ? 5 : 3;
}

static void check_list(const struct clause *c, struct json_object *value,
                       const char *path, struct em_buf *issues)
{
  size_t i, n;

  if (!json_object_is_type(value, json_type_array)) {
    runway_issue(issues, "invalid_type", path, "Invalid input: expected array");
    return;
  }
  n = json_object_array_length(value);
  if (c->required && !n)
    runway_issue(issues, "too_small", path,
                 "Too small: expected array to have >=1 items");
  if (n > most_of(c))
    runway_issue(issues, "too_big", path,
                 "Too big: expected array to have <=%zu items", most_of(c));
  for (i = 0; i < n; i++) {
    struct em_buf inner = { 0 };

    em_buf_printf(&inner, "%s,%zu", path, i);
    check_entry(c, value, i, inner.data, issues);
    em_buf_finish(&inner);
  }
}

/* A first picture, a last one, or references; the last needs the first. */
static void check_frames(const struct clause *c, struct json_object *value,
                         const char *path, struct em_buf *issues)
{
  const char *kinds = c->type + strlen("frames ");
  size_t kinds_len = c->type_len - strlen("frames "), i, n;
  unsigned first = 0, last = 0, other = 0;

  if (!json_object_is_type(value, json_type_array)) {
    runway_uri_check(value, path, issues);
    return;
  }
  n = json_object_array_length(value);
  for (i = 0; i < n; i++) {
    struct json_object *o = json_object_array_get_idx(value, i);
    const char *position = text_at(o, "position");

    check_members(o, "uri position ", path, issues);
    check_uri_of(o, path, issues);
    first += position && !strcmp(position, "first");
    last += position && !strcmp(position, "last");
    other += !position;
  }
  if (first + last + other != n || first > 1 || last > 1 ||
      (last && (!first || !memchr(kinds, 'l', kinds_len))) ||
      (other && (first || !memchr(kinds, 'r', kinds_len))) || !n)
    runway_issue(issues, "invalid_union", path, "Invalid input");
}

static void check_typed(struct json_object *o, const char *path,
                        struct em_buf *issues)
{
  const char *type = text_at(o, "type");

  check_members(o, "type uri ", path, issues);
  check_uri_of(o, path, issues);
  if (!type || (strcmp(type, "image") && strcmp(type, "video")) ||
      (!strcmp(path, "\"reference\"") && strcmp(type, "video")))
    runway_issue(issues, "invalid_union", path, "No matching discriminator");
}

/* ---- all fields --------------------------------------------------------- */

static void check_value(const struct clause *c, struct json_object *value,
                        struct em_buf *issues)
{
  char path[64];

  snprintf(path, sizeof(path), "\"%s\"", c->name);
  if (is_a(c, "str "))
    check_text(c, value, path, issues);
  else if (is_a(c, "int ") || is_a(c, "num ") || is_a(c, "dur "))
    check_number(c, value, path, issues);
  else if (*c->type == '{' || *c->type == '[')
    check_choice(c, value, path, issues);
  else if (is_a(c, "ratio ") || is_a(c, "size "))
    check_ratio(c, value, path, issues);
  else if (is_a(c, "frames "))
    check_frames(c, value, path, issues);
  else if (is_a(c, "typed"))
    check_typed(value, path, issues);
  else if (em_streq_n("uri", c->type, c->type_len))
    runway_uri_check(value, path, issues);
  else if (is_a(c, "bool")) {
    if (!json_object_is_type(value, json_type_boolean))
      runway_issue(issues, "invalid_type", path,
                   "Invalid input: expected boolean");
  } else if (!is_a(c, "any"))
    check_list(c, value, path, issues);
}

static bool known_field(const struct runway_model *model, const char *name)
{
  const char *cursor = model->fields;
  struct clause c;

  if (!strcmp(name, "model"))
    return true;
  while (next_clause(&cursor, &c))
    if (!strcmp(c.name, name))
      return true;
  return false;
}

void runway_fields_check(const struct runway_model *model,
                         struct json_object *input, struct em_buf *issues)
{
  const char *cursor = model->fields;
  struct json_object_iter it;
  struct json_object *value;
  struct clause c;
  char path[64];

  while (next_clause(&cursor, &c)) {
    if (json_object_object_get_ex(input, c.name, &value)) {
      check_value(&c, value, issues);
    } else if (c.required) {
      snprintf(path, sizeof(path), "\"%s\"", c.name);
      runway_issue(issues, "invalid_type", path,
                   "Invalid input: expected a value, received undefined");
    }
  }
  json_object_object_foreachC(input, it)
  {
    if (!known_field(model, it.key))
      runway_issue(issues, "unrecognized_keys", "", "Unrecognized key: %.60s",
                   it.key);
  }
}
