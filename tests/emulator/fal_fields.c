/* Checks an input object against the clauses of fal_models.c and words what is
 * wrong as fal does (a list of {loc, msg, type, ...}).  The service itself
 * mostly ignores unknown fields; the emulator refuses them, because a client
 * that sends them has a mistake somewhere. */
#include "fal.h"

#include <stdlib.h>
#include <string.h>

struct clause {
  const char *name, *type, *low, *high, *preset;
  size_t name_len, type_len, low_len, high_len, preset_len;
  bool required;
};

static const char *cut(const char **cursor, const char *stops, size_t *len)
{
  const char *start = *cursor + strspn(*cursor, " ");

  *len = strcspn(start, stops);
  *cursor = start + *len;
  return start;
}

/* One clause up to its semicolon; false at the end. */
static bool next_clause(const char **cursor, struct clause *c)
{
  *c = (struct clause){ 0 };
  c->name = cut(cursor, "* ;", &c->name_len);
  if (!c->name_len)
    return false;
  if (**cursor == '*') {
    c->required = true;
    (*cursor)++;
  }
  c->type = cut(cursor, " ;", &c->type_len);
  *cursor += strspn(*cursor, " ");
  if (**cursor && !strchr("=;", **cursor)) {
    c->low = cut(cursor, ".", &c->low_len);
    /* "0..1" or "0.5..1": the range mark is two dots */
    while ((*cursor)[0] == '.' && (*cursor)[1] != '.') {
      *cursor += 1;
      *cursor += strcspn(*cursor, ".");
      c->low_len = (size_t)(*cursor - c->low);
    }
    *cursor += strspn(*cursor, ".");
    c->high = cut(cursor, " ;", &c->high_len);
    *cursor += strspn(*cursor, " ");
  }
  if (**cursor == '=') {
    (*cursor)++;
    c->preset = cut(cursor, ";", &c->preset_len);
  }
  if (**cursor == ';')
    (*cursor)++;
  return true;
}

const char *fal_field_default(const struct fal_model *model, const char *name,
                              size_t *ret_len)
{
  const char *cursor = model ? model->in : "";
  struct clause c;

  while (next_clause(&cursor, &c))
    if (em_streq_n(name, c.name, c.name_len)) {
      *ret_len = c.preset_len;
      return c.preset;
    }
  return NULL;
}

/* `more`: further members as JSON, beginning with a comma, or "". */
static void complain(struct em_buf *out, const char *loc, size_t loc_len,
                     const char *type, const char *message, const char *more,
                     struct json_object *input)
{
  const char *text =
    input ? json_object_to_json_string_ext(input, JSON_C_TO_STRING_PLAIN)
          : NULL;

  em_buf_printf(out,
                "%s{\"loc\":[\"body\",\"%.*s\"],\"msg\":", out->len ? "," : "",
                (int)loc_len, loc);
  em_buf_json(out, message);
  em_buf_printf(out, ",\"type\":\"%s\"%s", type, more);
  if (text && strlen(text) < 400)
    em_buf_printf(out, ",\"input\":%s", text);
  em_buf_puts(out, "}");
}

static void complain_range(struct em_buf *out, const struct clause *c,
                           bool too_low, struct json_object *input)
{
  const char *bound = too_low ? c->low : c->high;
  int len = (int)(too_low ? c->low_len : c->high_len);
  const char *type = too_low ? "greater_than_equal" : "less_than_equal";
  struct em_buf message = { 0 }, more = { 0 };

  em_buf_printf(&message, "Input should be %s than or equal to %.*s",
                too_low ? "greater" : "less", len, bound);
  em_buf_printf(&more,
                ",\"ctx\":{\"%s\":%.*s},\"url\":"
                "\"https://docs.fal.ai/errors/#%s\"",
                too_low ? "ge" : "le", len, bound, type);
  complain(out, c->name, c->name_len, type, message.data, more.data, input);
  em_buf_finish(&message);
  em_buf_finish(&more);
}

static void check_range(const struct clause *c, struct json_object *value,
                        struct em_buf *out)
{
  double v = json_object_get_double(value);

  if (!c->low)
    return;
  if (v < strtod(c->low, NULL))
    complain_range(out, c, true, value);
  else if (v > strtod(c->high, NULL))
    complain_range(out, c, false, value);
}

/* {a|b|c} */
static void check_choice(const struct clause *c, struct json_object *value,
                         struct em_buf *out)
{
  const char *s = json_object_get_string(value);
  const char *at = c->type + 1, *end = c->type + c->type_len - 1;
  struct em_buf more = { 0 };

  em_buf_puts(&more, ",\"ctx\":{\"expected\":[");
  while (at < end) {
    size_t n = strcspn(at, "|}");

    if (json_object_is_type(value, json_type_string) && em_streq_n(s, at, n)) {
      em_buf_finish(&more);
      return;
    }
    em_buf_printf(&more, "%s\"%.*s\"", at == c->type + 1 ? "" : ",", (int)n,
                  at);
    at += n + 1;
  }
  em_buf_puts(&more, "]}");
  complain(out, c->name, c->name_len, "literal_error",
           "Input is not one of the permitted values", more.data, value);
  em_buf_finish(&more);
}

static bool image_data(const char *uri)
{
  /* PNG, JPEG, GIF, RIFF (WebP) as base64 begins */
  static const char *const heads[] = { "iVBORw0KGgo", "/9j/", "R0lGOD",
                                       "UklGR" };
  const char *data = strstr(uri, ";base64,");
  size_t i, len;

  if (!data)
    return false;
  data += strlen(";base64,");
  len = strspn(data, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                     "0123456789+/");
  if (strspn(data + len, "=") > 2 || data[len + strspn(data + len, "=")])
    return false;
  for (i = 0; i < EM_LEN(heads); i++)
    if (em_starts(data, heads[i]))
      return true;
  return !em_starts(uri, "data:image/");
}

static bool unreachable(const char *url)
{
  static const char *const hosts[] = { "localhost", "127.",     "10.",
                                       "169.254.",  "192.168.", "[::1]" };
  const char *host = strstr(url, "://") + 3;
  size_t i;

  for (i = 0; i < EM_LEN(hosts); i++)
    if (em_starts(host, hosts[i]))
      return true;
  return strstr(url, "/missing") != NULL;
}

static void check_url(const struct clause *c, struct json_object *value,
                      struct em_buf *out)
{
  const char *s = json_object_get_string(value);

  if (!json_object_is_type(value, json_type_string))
    complain(out, c->name, c->name_len, "string_type",
             "Input should be a valid string", "", value);
  else if (em_starts(s, "data:") && !image_data(s))
    complain(out, c->name, c->name_len, "image_load_error",
             "Failed to load the image. Please ensure the image file is not "
             "corrupted and is in a supported format.",
             "", NULL);
  else if (em_starts(s, "data:"))
    return;
  else if ((!em_starts(s, "https://") && !em_starts(s, "http://")) ||
           unreachable(s))
    complain(out, c->name, c->name_len, "file_download_error",
             "Failed to download the file. Please check if the URL is "
             "accessible and try again.",
             "", value);
}

static bool preset_size(const struct clause *c, const char *s)
{
  static const char presets[] = " square_hd square portrait_4_3 portrait_16_9 "
                                "landscape_4_3 landscape_16_9 ";
  struct em_buf word = { 0 }, allowed = { 0 };
  bool found;

  em_buf_printf(&word, " %s ", s);
  em_buf_puts(&allowed, presets);
  em_buf_printf(&allowed, "%.*s+", (int)c->type_len, c->type);
  found = strstr(allowed.data, word.data) != NULL;
  word.data[0] = '+';
  word.data[word.len - 1] = '+';
  found = found || strstr(allowed.data, word.data) != NULL;
  em_buf_finish(&word);
  em_buf_finish(&allowed);
  return found;
}

static bool whole_number(struct json_object *value, int64_t low, int64_t high)
{
  return json_object_is_type(value, json_type_int) &&
         json_object_get_int64(value) >= low &&
         json_object_get_int64(value) <= high;
}

static void check_size(const struct clause *c, struct json_object *value,
                       struct em_buf *out)
{
  static const char loc[] = "image_size\",\"ImageSize";
  struct json_object *side;
  struct json_object_iter it;

  if (json_object_is_type(value, json_type_string) &&
      preset_size(c, json_object_get_string(value)))
    return;
  if (!json_object_is_type(value, json_type_object)) {
    complain(out, loc, sizeof(loc) - 1, "model_attributes_type",
             "Input should be a valid dictionary or object to extract fields "
             "from",
             "", value);
    return;
  }
  json_object_object_foreachC(value, it)
  {
    bool known = !strcmp(it.key, "width") || !strcmp(it.key, "height");

    side = it.val;
    if (!known || !whole_number(side, 1, 14142))
      complain(out, loc, sizeof(loc) - 1,
               known ? "less_than_equal" : "extra_forbidden",
               known ? "width and height are integers from 1 to 14142"
                     : "Extra inputs are not permitted",
               "", side);
  }
}

static void check_list(const struct clause *c, struct json_object *value,
                       struct em_buf *out)
{
  size_t i;

  if (!json_object_is_type(value, json_type_array)) {
    complain(out, c->name, c->name_len, "list_type",
             "Input should be a valid list", "", value);
    return;
  }
  if (em_starts(c->type, "any"))
    return;
  if (c->required && !json_object_array_length(value))
    complain(out, c->name, c->name_len, "sequence_too_short",
             "List should have at least 1 item", ",\"ctx\":{\"min_length\":1}",
             value);
  for (i = 0; i < json_object_array_length(value); i++) {
    struct json_object *item = json_object_array_get_idx(value, i);

    if (em_starts(c->type, "url"))
      check_url(c, item, out);
    else if (!json_object_is_type(item, json_type_string))
      complain(out, c->name, c->name_len, "string_type",
               "Input should be a valid string", "", item);
  }
}

static void check_plain(const struct clause *c, struct json_object *value,
                        struct em_buf *out)
{
  static const struct {
    const char *name;
    enum json_type type;
    const char *complaint, *message;
  } plain[] = {
    { "str", json_type_string, "string_type",
      "Input should be a valid string" },
    { "ratio", json_type_string, "string_type",
      "Input should be a valid string" },
    { "bool", json_type_boolean, "bool_type",
      "Input should be a valid boolean" },
    { "int", json_type_int, "int_type", "Input should be a valid integer" },
    { "num", json_type_double, "float_type", "Input should be a valid number" },
  };
  size_t i;

  for (i = 0; i < EM_LEN(plain); i++) {
    enum json_type type = json_object_get_type(value);

    if (!em_streq_n(plain[i].name, c->type, c->type_len))
      continue;
    if (type == plain[i].type ||
        (plain[i].type == json_type_double && type == json_type_int))
      check_range(c, value, out);
    else
      complain(out, c->name, c->name_len, plain[i].complaint, plain[i].message,
               "", value);
  }
}

static void check_value(const struct clause *c, struct json_object *value,
                        struct em_buf *out)
{
  if (!value && !c->required)
    return; /* null is "not given" */
  if (c->type_len > 2 && !memcmp(c->type + c->type_len - 2, "[]", 2))
    check_list(c, value, out);
  else if (*c->type == '{')
    check_choice(c, value, out);
  else if (em_starts(c->type, "size"))
    check_size(c, value, out);
  else if (em_streq_n("url", c->type, c->type_len))
    check_url(c, value, out);
  else
    check_plain(c, value, out);
}

static bool known_field(const struct fal_model *model, const char *name)
{
  const char *cursor = model->in;
  struct clause c;

  while (next_clause(&cursor, &c))
    if (em_streq_n(name, c.name, c.name_len))
      return true;
  return false;
}

void fal_fields_check(const struct fal_model *model, struct json_object *input,
                      struct em_buf *detail)
{
  const char *cursor = model->in;
  struct json_object_iter it;
  struct clause c;

  while (next_clause(&cursor, &c)) {
    char name[64];
    struct json_object *value;

    if (c.name_len >= sizeof(name))
      continue;
    memcpy(name, c.name, c.name_len);
    name[c.name_len] = '\0';
    if (json_object_object_get_ex(input, name, &value))
      check_value(&c, value, detail);
    else if (c.required)
      complain(detail, c.name, c.name_len, "missing", "Field required", "",
               input);
  }
  json_object_object_foreachC(input, it)
  {
    const char *key = it.key;
    struct json_object *extra = it.val;
    struct em_buf name = { 0 };

    if (known_field(model, key))
      continue;
    em_buf_json(&name, key); /* it may hold anything */
    complain(detail, name.data + 1, name.len - 2, "extra_forbidden",
             "Extra inputs are not permitted", "", extra);
    em_buf_finish(&name);
  }
}
