/* What a request may say.  The real service is strict, and says which parameter
 * it does not like: unknown_parameter, invalid_type, invalid_value,
 * missing_required_parameter.  A compatible server looks at nothing. */
#include "openai.h"

#include <stdlib.h>
#include <string.h>

#define GENERATE 1u
#define EDIT     2u
#define BOTH     (GENERATE | EDIT)
#define JSON     4u /* not in a form */

/* type: s text, i whole number, b yes or no, o object, a list.  values: words,
 * or "low..high". */
/* clang-format off */
static const struct field {
  const char *name;
  char type;
  unsigned where;
  const char *values;
} fields[] = {
  { "model", 's', BOTH, NULL },
  { "prompt", 's', BOTH, NULL },
  { "n", 'i', BOTH, "1..10" },
  { "size", 's', BOTH, NULL },
  { "quality", 's', BOTH, "low medium high auto" },
  { "background", 's', BOTH, "transparent opaque auto" },
  { "output_format", 's', BOTH, "png jpeg webp" },
  { "output_compression", 'i', BOTH, "0..100" },
  { "moderation", 's', GENERATE | EDIT | JSON, "auto low" },
  { "stream", 'b', BOTH, NULL },
  { "partial_images", 'i', BOTH, "0..3" },
  { "complexity", 's', BOTH, "low medium high" },
  { "frame_count", 'i', BOTH, "2..16" },
  { "frame_duration_ms", 'i', BOTH, "1..655350" },
  { "svg", 'o', GENERATE, NULL },
  { "safety_identifier", 's', BOTH, NULL },
  { "user", 's', BOTH, NULL },
  { "input_fidelity", 's', EDIT, "high low" },
  { "images", 'a', EDIT | JSON, NULL },
  { "mask", 'o', EDIT | JSON, NULL },
  { "markup", 'o', EDIT | JSON, NULL },
};
/* clang-format on */

static bool wrong_value(struct em_request *rq, const char *name,
                        const char *value, const char *supported)
{
  openai_error(rq, 400, "invalid_request_error", name, "invalid_value",
               "Invalid value: '%.100s'. Supported values are: %s.", value,
               supported);
  return false;
}

static bool missing(struct em_request *rq, const char *name)
{
  openai_error(rq, 400, "invalid_request_error", name,
               "missing_required_parameter",
               "Missing required parameter: '%s'.", name);
  return false;
}

static bool unknown(struct em_request *rq, const char *name)
{
  openai_error(rq, 400, "invalid_request_error", name, "unknown_parameter",
               "Unknown parameter: '%.60s'.", name);
  return false;
}

static bool has_type(const struct openai_input *in, char type,
                     struct json_object *value)
{
  const char *text = value ? json_object_get_string(value) : "";
  int64_t n;

  if (in->is_form && type == 'i')
    return em_parse_int(text, strlen(text), INT32_MIN, INT32_MAX, &n);
  if (in->is_form && type == 'b')
    return !strcmp(text, "true") || !strcmp(text, "false");
  switch (type) {
  case 'i':
    return json_object_is_type(value, json_type_int);
  case 'b':
    return json_object_is_type(value, json_type_boolean);
  case 'o':
    return json_object_is_type(value, json_type_object);
  case 'a':
    return json_object_is_type(value, json_type_array);
  default:
    return json_object_is_type(value, json_type_string);
  }
}

static bool in_words(const char *words, const char *value)
{
  size_t n;

  for (; *words; words += n + (words[n] == ' ')) {
    n = strcspn(words, " ");
    if (em_streq_n(value, words, n))
      return true;
  }
  return false;
}

static bool in_values(const char *values, const char *value)
{
  const char *dots = strstr(values, "..");
  int64_t n;

  if (!dots)
    return in_words(values, value);
  return em_parse_int(value, strlen(value), strtoll(values, NULL, 10),
                      strtoll(dots + 2, NULL, 10), &n);
}

/* What a model adds to, or takes away from, the table. */
static const char *values_of(const struct field *f,
                             const struct openai_model *m)
{
  if (!strcmp(f->name, "quality") && m->max_quality)
    return "low medium high xhigh max auto";
  if (!strcmp(f->name, "output_format") && m->gif)
    return "png jpeg webp gif svg";
  if (!strcmp(f->name, "input_fidelity") && m->fidelity == 'l')
    return "low";
  return f->values;
}

static bool is_known(const struct field *f, const struct openai_model *m,
                     const struct openai_input *in, bool edit)
{
  static const char *const new_ones[] = { "complexity", "frame_count",
                                          "frame_duration_ms", "svg" };
  size_t i;

  for (i = 0; i < EM_LEN(new_ones); i++)
    if (!strcmp(f->name, new_ones[i]) && !m->gif && !(i == 0 && m->markup))
      return false;
  if (!strcmp(f->name, "input_fidelity") && m->fidelity == '-')
    return false;
  if (!strcmp(f->name, "markup") && !m->markup)
    return false;
  return (f->where & (edit ? EDIT : GENERATE)) &&
         !(in->is_form && (f->where & JSON));
}

static bool check_field(struct em_request *rq, const struct openai_input *in,
                        const struct openai_model *m, bool edit,
                        const char *name, struct json_object *value)
{
  const char *values;
  size_t i;

  for (i = 0; i < EM_LEN(fields); i++)
    if (!strcmp(fields[i].name, name))
      break;
  if (i == EM_LEN(fields) || !is_known(&fields[i], m, in, edit))
    return unknown(rq, name);
  if (!has_type(in, fields[i].type, value)) {
    openai_error(rq, 400, "invalid_request_error", name, "invalid_type",
                 "Invalid type for '%s'.", name);
    return false;
  }
  values = values_of(&fields[i], m);
  if (values && !in_values(values, json_object_get_string(value)))
    return wrong_value(rq, name, json_object_get_string(value), values);
  return true;
}

static bool check_size(struct em_request *rq, const struct openai_model *m,
                       const char *size)
{
  static const char three[] = "1024x1024 1024x1536 1536x1024 auto";
  uint32_t w, h;

  if (!size || in_words(three, size))
    return true;
  if (!m->free_size)
    return wrong_value(rq, "size", size, three);
  if (em_parse_size(size, &w, &h) && w % 16 == 0 && h % 16 == 0 && w <= 3840 &&
      h <= 3840 && w <= 3 * h && h <= 3 * w && (uint64_t)w * h >= 655360 &&
      (uint64_t)w * h <= 8294400)
    return true;
  return wrong_value(rq, "size", size,
                     "edges in multiples of 16 up to 3840, a ratio up to 3:1, "
                     "655360 to 8294400 pixels");
}

/* Fields that forbid one another. */
static bool check_pairs(struct em_request *rq, const struct openai_input *in)
{
  const char *format = openai_text(in, "output_format");
  const char *background = openai_text(in, "background");
  const char *stream = openai_text(in, "stream");
  bool streams = stream && !strcmp(stream, "true");

  format = format ? format : "png";
  if (background && !strcmp(background, "transparent") &&
      !strcmp(format, "jpeg"))
    return wrong_value(rq, "background", background,
                       "'opaque' and 'auto' with jpeg");
  if (openai_text(in, "output_compression") && strcmp(format, "jpeg") &&
      strcmp(format, "webp"))
    return wrong_value(rq, "output_compression",
                       openai_text(in, "output_compression"),
                       "100 with this output_format");
  if (openai_text(in, "partial_images") && !streams)
    return wrong_value(rq, "partial_images", openai_text(in, "partial_images"),
                       "0 without stream");
  if (!strcmp(format, "svg") && (streams || openai_number(in, "n", 1) > 1))
    return wrong_value(rq, "output_format", format,
                       "others with stream or n above 1");
  if (strcmp(format, "gif") &&
      (openai_text(in, "frame_count") || openai_text(in, "frame_duration_ms")))
    return wrong_value(rq, "output_format", format, "gif with frames");
  return true;
}

/* One picture is "image", several are "image[]". */
static bool check_files(struct em_request *rq, const struct openai_input *in)
{
  unsigned i, one = 0, many = 0, masks = 0;

  for (i = 0; i < in->n_files; i++) {
    const struct openai_file *f = &in->files[i];

    one += !strcmp(f->name, "image");
    many += !strcmp(f->name, "image[]");
    masks += !strcmp(f->name, "mask") || !strcmp(f->name, "markup");
    if (!f->typed) {
      openai_error(rq, 400, "invalid_request_error", NULL,
                   "unsupported_file_mimetype",
                   "Invalid file '%s': unsupported mimetype. Supported file "
                   "formats are 'image/jpeg', 'image/png', and 'image/webp'.",
                   f->name);
      return false;
    }
  }
  if (one + many + masks < in->n_files)
    return unknown(rq, in->files[in->n_files - 1].name);
  if (one + many == 0)
    return missing(rq, "image");
  if (one > 1 || (one && many) || many > 16 || masks > 1)
    return wrong_value(rq, "image", "several",
                       "one file as image, or up to 16 as image[]");
  return true;
}

/* {"image_url": ...} or {"file_id": ...}, one of them. */
static bool check_item(struct em_request *rq, struct json_object *item)
{
  struct json_object *url = NULL, *file = NULL;
  const char *id;

  json_object_object_get_ex(item, "image_url", &url);
  json_object_object_get_ex(item, "file_id", &file);
  if (!json_object_is_type(item, json_type_object) || !url == !file)
    return wrong_value(rq, "images", "an item", "image_url or file_id");
  if (url)
    return true;
  id = json_object_get_string(file);
  if (openai_has_file(id))
    return true;
  openai_error(rq, 404, "invalid_request_error", "images", NULL,
               "No such File object: %.80s", id);
  return false;
}

static bool check_items(struct em_request *rq, const struct openai_input *in)
{
  struct json_object *list, *mask;
  size_t i, n;

  if (!json_object_object_get_ex(in->o, "images", &list))
    return missing(rq, "images");
  n = json_object_array_length(list);
  if (!n || n > 16)
    return wrong_value(rq, "images", "list", "1 to 16 items");
  for (i = 0; i < n; i++)
    if (!check_item(rq, json_object_array_get_idx(list, i)))
      return false;
  return !json_object_object_get_ex(in->o, "mask", &mask) ||
         check_item(rq, mask);
}

bool openai_check_image(struct em_request *rq, const struct openai_input *in,
                        bool edit)
{
  const char *id = openai_text(in, "model");
  const struct openai_model *m = id ? openai_model_find(id) : NULL;
  struct json_object_iter it;

  if (openai_is_compatible(rq))
    return openai_text(in, "prompt") || edit || missing(rq, "prompt");
  if (!m) {
    openai_error(rq, 404, "invalid_request_error", NULL, "model_not_found",
                 "The model `%.100s` does not exist or you do not have access "
                 "to it.",
                 id ? id : "dall-e-2");
    return false;
  }
  json_object_object_foreachC(in->o, it)
  {
    if (!check_field(rq, in, m, edit, it.key, it.val))
      return false;
  }
  if (!openai_text(in, "prompt") || !*openai_text(in, "prompt"))
    return missing(rq, "prompt");
  if (!check_size(rq, m, openai_text(in, "size")) || !check_pairs(rq, in))
    return false;
  if (!edit)
    return true;
  return in->is_form ? check_files(rq, in) : check_items(rq, in);
}

bool openai_check_video(struct em_request *rq, const struct openai_input *in,
                        const char *const *known)
{
  const char *seconds = openai_text(in, "seconds");
  struct json_object_iter it;
  size_t i;

  if (!openai_text(in, "prompt") || !*openai_text(in, "prompt"))
    return missing(rq, "prompt");
  if (openai_is_compatible(rq))
    return true;
  json_object_object_foreachC(in->o, it)
  {
    for (i = 0; known[i] && strcmp(known[i], it.key) != 0; i++)
      ;
    if (!known[i])
      return unknown(rq, it.key);
    if (!strcmp(it.key, "seconds") &&
        !json_object_is_type(it.val, json_type_string)) {
      openai_error(rq, 400, "invalid_request_error", it.key, "invalid_type",
                   "Invalid type for 'seconds': expected one of '4', '8', or "
                   "'12', but got an integer instead.");
      return false;
    }
  }
  if (seconds && !in_words("4 8 12 16 20", seconds))
    return wrong_value(rq, "seconds", seconds, "'4', '8', '12', '16', '20'");
  return true;
}
