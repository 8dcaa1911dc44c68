/* What a request may say.  The frame (names and types) is the same for all
 * models, and a mistake there is refused by schema; values that the model does
 * not offer are refused with those that it does. */
#include "modelgates.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct field {
  const char *name;
  enum json_type type; /* json_type_double: any number */
};

static const struct field video_fields[] = {
  { "model", json_type_string },
  { "prompt", json_type_string },
  { "duration", json_type_int },
  { "resolution", json_type_string },
  { "aspect_ratio", json_type_string },
  { "size", json_type_string },
  { "seed", json_type_int },
  { "generate_audio", json_type_boolean },
  { "frame_images", json_type_array },
  { "input_references", json_type_array },
  { "previous_job_id", json_type_string },
  { "callback_url", json_type_string },
  { "provider", json_type_object },
  { "upscale_factor", json_type_double },
  { "creativity", json_type_int },
  { "user", json_type_string },
  { "session_id", json_type_string },
  { "trace", json_type_object },
  { NULL, json_type_null },
};

static const struct field image_fields[] = {
  { "model", json_type_string },
  { "prompt", json_type_string },
  { "n", json_type_int },
  { "aspect_ratio", json_type_string },
  { "resolution", json_type_string },
  { "size", json_type_string },
  { "quality", json_type_string },
  { "background", json_type_string },
  { "output_format", json_type_string },
  { "output_compression", json_type_int },
  { "seed", json_type_int },
  { "input_references", json_type_array },
  { "stream", json_type_boolean },
  { "provider", json_type_object },
  { "user", json_type_string },
  { "session_id", json_type_string },
  { "trace", json_type_object },
  { NULL, json_type_null },
};

const char *gate_text(const struct gate_want *want, const char *name)
{
  struct json_object *value;

  if (!json_object_object_get_ex(want->body, name, &value) ||
      !json_object_is_type(value, json_type_string))
    return NULL;
  return json_object_get_string(value);
}

static int64_t number(const struct gate_want *want, const char *name,
                      int64_t other)
{
  struct json_object *value;

  return json_object_object_get_ex(want->body, name, &value)
           ? json_object_get_int64(value)
           : other;
}

static bool has(const struct gate_want *want, const char *name)
{
  return json_object_object_get_ex(want->body, name, NULL);
}

bool gate_parse(struct em_request *rq, struct gate_want *want)
{
  const char *type = em_header(rq, "Content-Type");
  struct json_tokener *tokener = json_tokener_new();

  json_tokener_set_flags(tokener,
                         JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
  *want = (struct gate_want){ .body = NULL };
  if (rq->body.len && type && em_starts(type, "application/json"))
    want->body =
      json_tokener_parse_ex(tokener, rq->body.data, (int)rq->body.len + 1);
  json_tokener_free(tokener);
  if (json_object_is_type(want->body, json_type_object))
    return true;
  json_object_put(want->body);
  gate_error(rq, 400, NULL, "Invalid JSON in request body");
  return false;
}

/* ---- names and types ---------------------------------------------------- */

static bool fits(struct json_object *value, enum json_type type)
{
  return json_object_is_type(value, type) ||
         (type == json_type_double &&
          json_object_is_type(value, json_type_int));
}

static bool check_schema(struct em_request *rq, const struct gate_want *want,
                         const struct field *fields)
{
  struct json_object_iter it;
  const struct field *f;
  char message[120];

  json_object_object_foreachC(want->body, it)
  {
    for (f = fields; f->name && strcmp(f->name, it.key) != 0;)
      f++;
    if (f->name && fits(it.val, f->type))
      continue;
    snprintf(message, sizeof(message),
             f->name ? "Invalid input: expected %s" : "Unrecognized key%.0s",
             f->name ? json_type_to_name(f->type) : "");
    gate_zod(rq, it.key, message);
    return false;
  }
  return true;
}

/* Who shall do it, and what is for him alone.  Slugs have no capitals. */
static bool check_options(struct em_request *rq, struct json_object *options)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-/";
  struct json_object_iter it;

  if (!json_object_is_type(options, json_type_object)) {
    gate_zod(rq, "provider", "Invalid input: options must be an object");
    return false;
  }
  json_object_object_foreachC(options, it)
  {
    if (it.key[strspn(it.key, letters)] ||
        !json_object_is_type(it.val, json_type_object)) {
      gate_zod(rq, "provider", "Unrecognized key in options");
      return false;
    }
  }
  return true;
}

static bool good_sort(struct json_object *value)
{
  static const char words[] = "price throughput latency exacto";
  struct json_object *by = NULL, *part = NULL;

  if (json_object_is_type(value, json_type_string))
    return gate_in(words, json_object_get_string(value));
  json_object_object_get_ex(value, "by", &by);
  json_object_object_get_ex(value, "partition", &part);
  return json_object_is_type(value, json_type_object) &&
         (!by || gate_in(words, json_object_get_string(by))) &&
         (!part || gate_in("model none", json_object_get_string(part)));
}

static bool good_route(const char *name, struct json_object *value)
{
  size_t i;

  if (!strcmp(name, "allow_fallbacks"))
    return json_object_is_type(value, json_type_boolean);
  if (!strcmp(name, "sort"))
    return good_sort(value);
  if (!gate_in("only order ignore", name) ||
      !json_object_is_type(value, json_type_array))
    return false;
  for (i = 0; i < json_object_array_length(value); i++)
    if (!json_object_is_type(json_object_array_get_idx(value, i),
                             json_type_string))
      return false;
  return true;
}

static bool check_provider(struct em_request *rq, const struct gate_want *want)
{
  struct json_object *provider;
  struct json_object_iter it;

  if (!json_object_object_get_ex(want->body, "provider", &provider))
    return true;
  json_object_object_foreachC(provider, it)
  {
    if (!strcmp(it.key, "options")) {
      if (!check_options(rq, it.val))
        return false;
    } else if (want->video || !good_route(it.key, it.val)) {
      gate_zod(rq, "provider", "Unrecognized key or invalid value");
      return false;
    }
  }
  return true;
}

/* ---- values ------------------------------------------------------------- */

static bool not_offered(struct em_request *rq, const char *name,
                        const char *value, const char *list)
{
  struct em_buf shown = { 0 };
  size_t n;

  for (; *list; list += n + (list[n] == ' ')) {
    n = strcspn(list, " ");
    em_buf_puts(&shown, shown.len ? ", " : "");
    em_buf_add(&shown, list, n);
  }
  gate_error(rq, 400, "{\"error_type\":\"invalid_request\"}",
             "%s %.60s is not supported. Supported values: %s", name, value,
             shown.data ? shown.data : "none");
  em_buf_finish(&shown);
  return false;
}

static bool check_word(struct em_request *rq, const struct gate_want *want,
                       const char *name, const char *list)
{
  const char *value = gate_text(want, name);

  return !value || gate_in(list, value) || not_offered(rq, name, value, list);
}

static bool check_duration(struct em_request *rq, struct gate_want *want)
{
  const char *list = want->video->durations, *dash = strchr(list, '-');
  int64_t wish = number(want, "duration", 0);
  char text[24];

  want->seconds = (unsigned)strtoul(*list ? list : "5", NULL, 10);
  if (!has(want, "duration"))
    return true;
  want->seconds = (unsigned)wish;
  snprintf(text, sizeof(text), "%lld", (long long)wish);
  if (dash
        ? wish >= strtol(list, NULL, 10) && wish <= strtol(dash + 1, NULL, 10)
        : gate_in(list, text))
    return true;
  return not_offered(rq, "duration", text, list);
}

/* "720p" -> 720; the shorter side. */
static double lines_of(const char *resolution)
{
  if (!strcmp(resolution, "2K"))
    return 1440;
  return !strcmp(resolution, "4K") ? 2160 : strtod(resolution, NULL);
}

static uint32_t even(double v)
{
  return (uint32_t)lround(v / 2) * 2;
}

static void shape_video(struct gate_want *want)
{
  const char *resolution = gate_text(want, "resolution");
  const char *ratio = gate_text(want, "aspect_ratio");
  const char *size = gate_text(want, "size");
  const char *list = want->video->resolutions;
  const char *word = resolution ? resolution : *list ? list : "720p";
  double w = 16, h = 9, lines;

  snprintf(want->resolution, sizeof(want->resolution), "%.*s",
           (int)strcspn(word, " "), word);
  if (ratio)
    sscanf(ratio, "%lf:%lf", &w, &h);
  lines = lines_of(want->resolution);
  want->width = even(w >= h ? lines * w / h : lines);
  want->height = even(w >= h ? lines : lines * h / w);
  if (!size || !em_parse_size(size, &want->width, &want->height))
    return;
  lines = want->width < want->height ? want->width : want->height;
  snprintf(want->resolution, sizeof(want->resolution), "%.0fp", lines);
  if (lines >= 2160)
    snprintf(want->resolution, sizeof(want->resolution), "4K");
}

static bool bad_pixels(const char *size)
{
  uint32_t w, h;

  return size && (!em_parse_size(size, &w, &h) || w < 64 || h < 64 ||
                  w > 8192 || h > 8192);
}

static bool check_common(struct em_request *rq, const struct gate_want *want,
                         bool prompt_needed)
{
  const char *prompt = gate_text(want, "prompt");
  const char *session = gate_text(want, "session_id");

  if ((prompt_needed && !prompt) || (prompt && !*prompt))
    gate_zod(rq, "prompt", "Too small: expected string to have >=1 characters");
  else if (session && strlen(session) > 256)
    gate_zod(rq, "session_id",
             "Too big: expected string to have <=256 characters");
  else
    return check_provider(rq, want);
  return false;
}

/* A completed job of the same model. */
static bool check_previous(struct em_request *rq, struct gate_want *want)
{
  const char *id = gate_text(want, "previous_job_id");
  struct em_job *job = id ? gate_find(rq, id, strlen(id)) : NULL;

  want->continues = id != NULL;
  if (!id)
    return true;
  if (!job || job->failed || strcmp(job->endpoint, want->video->id) != 0 ||
      em_job_state(job, rq->server->options, em_now_ms(rq->server)) !=
        EM_COMPLETED) {
    gate_error(rq, 400, NULL,
               "previous_job_id must name a completed job of the same model");
    return false;
  }
  return true;
}

static bool check_upscale(struct em_request *rq, struct gate_want *want)
{
  bool upscaler = strstr(want->video->skus, "megapixel") != NULL;
  struct json_object *factor;

  want->creativity = number(want, "creativity", 0);
  if (!upscaler && (has(want, "upscale_factor") || has(want, "creativity"))) {
    gate_error(rq, 400, NULL, "%s is no upscaling model", want->video->id);
    return false;
  }
  if (want->creativity < 0 || want->creativity > 1)
    return not_offered(rq, "creativity", "that value", "0 1");
  if (!json_object_object_get_ex(want->body, "upscale_factor", &factor))
    return true;
  if (json_object_get_double(factor) >= 1.5 &&
      json_object_get_double(factor) <= 3)
    return true;
  return not_offered(rq, "upscale_factor", json_object_get_string(factor),
                     "1.5 to 3");
}

bool gate_check_video(struct em_request *rq, struct gate_want *want)
{
  const char *model = gate_text(want, "model");
  const char *callback = gate_text(want, "callback_url");
  struct json_object *audio;

  if (!check_schema(rq, want, video_fields))
    return false;
  want->video = model ? gate_video_find(model) : NULL;
  if (!want->video) {
    gate_error(rq, model ? 404 : 400, NULL,
               model ? "Resource not found" : "model is required");
    return false;
  }
  if (callback && !em_hook_url_ok(callback)) {
    gate_error(rq, 400, NULL, "callback_url must be a public HTTPS address");
    return false;
  }
  if (bad_pixels(gate_text(want, "size")))
    return not_offered(rq, "size", gate_text(want, "size"), "");
  if (!check_common(rq, want, !want->video->without_prompt) ||
      !check_word(rq, want, "resolution", want->video->resolutions) ||
      !check_word(rq, want, "aspect_ratio", want->video->ratios) ||
      !check_duration(rq, want) || !check_upscale(rq, want) ||
      !check_previous(rq, want) || !gate_check_inputs(rq, want))
    return false;
  shape_video(want);
  want->n = 1;
  want->audio = want->video->audio == 'y';
  if (json_object_object_get_ex(want->body, "generate_audio", &audio))
    want->audio = json_object_get_boolean(audio);
  if (!want->audio || want->video->audio != 'n')
    return true;
  return not_offered(rq, "generate_audio", "true", "false");
}

/* ---- pictures ----------------------------------------------------------- */

static void shape_image(struct gate_want *want)
{
  const char *resolution = gate_text(want, "resolution");
  const char *ratio = gate_text(want, "aspect_ratio");
  const char *size = gate_text(want, "size");
  double side = 1024, w = 1, h = 1;

  if (size && !em_parse_size(size, &want->width, &want->height))
    resolution = size; /* a tier */
  else if (size)
    return;
  if (resolution)
    side = strchr(resolution, 'K') ? 1024 * strtod(resolution, NULL)
                                   : strtod(resolution, NULL);
  if (ratio)
    sscanf(ratio, "%lf:%lf", &w, &h);
  want->width = even(side * sqrt(w / h));
  want->height = even(side * sqrt(h / w));
}

static bool check_n(struct em_request *rq, struct gate_want *want)
{
  int64_t n = number(want, "n", 1);

  want->n = (unsigned)n;
  if (n < 1 || n > 10) {
    gate_zod(rq, "n",
             n < 1 ? "Too small: expected number to be >=1"
                   : "Too big: expected number to be <=10");
    return false;
  }
  if (n == 1 || n <= want->image->n)
    return true;
  gate_error(rq, 400, "{\"error_type\":\"invalid_request\"}",
             "n %lld is not supported. Supported values: 1 to %u", (long long)n,
             want->image->n ? want->image->n : 1);
  return false;
}

static bool check_format(struct em_request *rq, const struct gate_want *want)
{
  const char *format = gate_text(want, "output_format");
  const char *background = gate_text(want, "background");
  int64_t compression = number(want, "output_compression", 0);

  if (!check_word(rq, want, "output_format", want->image->formats) ||
      !check_word(rq, want, "background", want->image->backgrounds) ||
      !check_word(rq, want, "quality", want->image->qualities))
    return false;
  if (compression < 0 || compression > 100) {
    gate_zod(rq, "output_compression", "Too big: expected number to be <=100");
    return false;
  }
  if (!background || !format || strcmp(background, "transparent") != 0 ||
      strcmp(format, "jpeg") != 0)
    return true;
  gate_error(rq, 400, NULL, "A transparent background needs png or webp");
  return false;
}

static bool check_size(struct em_request *rq, const struct gate_want *want)
{
  const char *size = gate_text(want, "size");
  uint32_t w, h;

  if (!size)
    return true;
  if (!want->image->sizes)
    return not_offered(rq, "size", size, "");
  if (gate_in("512 1K 2K 4K", size) ||
      (em_parse_size(size, &w, &h) && !bad_pixels(size)))
    return true;
  return not_offered(rq, "size", size, "512 1K 2K 4K WIDTHxHEIGHT");
}

bool gate_check_image(struct em_request *rq, struct gate_want *want)
{
  const char *model = gate_text(want, "model");
  struct json_object *stream;

  if (!check_schema(rq, want, image_fields))
    return false;
  if (!model) {
    gate_zod(rq, "model", "Invalid input: expected string");
    return false;
  }
  want->image = gate_image_find(model);
  if (!want->image) {
    gate_error(rq, 404, "{\"error_type\":\"not_found\"}", "Resource not found");
    return false;
  }
  if (has(want, "seed") && !want->image->seed)
    return not_offered(rq, "seed", "that value", "");
  if (!check_common(rq, want, true) || !check_n(rq, want) ||
      !check_word(rq, want, "aspect_ratio", want->image->ratios) ||
      !check_word(rq, want, "resolution", want->image->resolutions) ||
      !check_size(rq, want) || !check_format(rq, want) ||
      !gate_check_inputs(rq, want))
    return false;
  shape_image(want);
  want->stream = json_object_object_get_ex(want->body, "stream", &stream) &&
                 json_object_get_boolean(stream) && want->image->streams;
  return true;
}
