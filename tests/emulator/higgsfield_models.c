/* What Higgsfield's models take.  Its own models answer a wrong input with 422
 * and a list, those of other makers with 400 and a sentence.  The service
 * ignores fields that it does not know; the emulator refuses them, because a
 * client that sends them has a mistake somewhere. */
#include "higgsfield.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
#define PROMPT  "prompt* str; "
#define SEED    "seed int 1..1000000; "
#define IMAGE   "image_url* str; "
#define ENHANCE "enhance_prompt bool = true; "
#define SOUL    PROMPT "aspect_ratio {9:16|16:9|4:3|3:4|1:1|2:3|3:2} = 4:3; " \
  "resolution {720p|1080p} = 720p; batch_size int 1..4 = 1; " SEED ENHANCE \
  "style_id str; style_strength num 0..1 = 1; "
#define DOP     PROMPT IMAGE "end_image_url str; motions any[]; " \
  "duration int; " \
  SEED ENHANCE
#define KLING   PROMPT IMAGE "duration int = 5; cfg_scale num 0..1 = 0.5; " \
  "negative_prompt str; "
#define KLING3  "prompt* str; duration int 3..15 = 5; " \
  "cfg_scale num 0..1 = 0.5; sound {on|off}; multi_shots bool; " \
  "multi_prompt any[]; "
#define VEO     "duration {4|6|8} = 6; "
#define SORA    PROMPT "duration int = 4; aspect_ratio {16:9|9:16} = 16:9; "
#define SEEDANCE "duration int 2..12 = 5; resolution {480|720|1080} = 720; " \
  "aspect_ratio {16:9|9:16|4:3|3:4|1:1|21:9} = 16:9; camera_fixed bool; "
#define HAILUO  PROMPT "prompt_optimizer bool = true; "
#define V1      ENHANCE SEED
#define V1_IMAGE "input_images* any[]; "

static const struct hf_model models[] = {
  { { "higgsfield-ai/soul/standard", SOUL, "I" }, NULL, true },
  { { "higgsfield-ai/soul/reference", SOUL "image_reference_url* str; ", "I" },
    NULL, true },
  { { "higgsfield-ai/soul/character", SOUL "image_reference_url str; "
      "custom_reference_id* str; custom_reference_strength* num 0..1; ", "I" },
    NULL, true },
  { { "higgsfield-ai/dop/lite", DOP, "V" }, NULL, true },
  { { "higgsfield-ai/dop/turbo", DOP, "V" }, NULL, true },
  { { "higgsfield-ai/dop/standard", DOP, "V" }, NULL, true },
  { { "higgsfield-ai/dop/preview", DOP, "V" }, NULL, true },
  { { "higgsfield-ai/popcorn/auto", PROMPT "image_urls str[]; "
      "num_images int 1..8 = 1; resolution {720p|1600p} = 720p; seed int; "
      "aspect_ratio {1:1|4:3|3:4|3:2|2:3|16:9|9:16} = 1:1; ", "I" },
    NULL, true },
  { { "nano-banana", PROMPT "num_images int 1..4 = 1; input_images any[]; "
      "aspect_ratio {auto|1:1|4:3|3:4|3:2|2:3|5:4|4:5|16:9|9:16|21:9} = auto; "
      "output_format {jpeg|png} = png; ", "I" }, NULL, false },
  { { "flux-pro/kontext/max/text-to-image", PROMPT SEED
      "aspect_ratio {16:9|4:3|1:1|3:4|9:16|2:3|1:2|2:1|4:5|3:2} = 1:1; "
      "safety_tolerance int 0..6 = 6; ", "I" }, NULL, false },
  { { "reve/text-to-image", PROMPT "num_images int 1..4 = 1; ", "I" },
    NULL, false },
  { { "reve/edit", PROMPT IMAGE "num_images int 1..4 = 1; ", "I" },
    NULL, false },
  { { "reve/remix", PROMPT "image_urls* str[]; num_images int 1..4 = 1; "
      "aspect_ratio {1:1|4:3|3:4|3:2|2:3|5:4|4:5|16:9|9:16}; ", "I" },
    NULL, false },
  { { "bytedance/seedream/v4/text-to-image", PROMPT "resolution str; "
      "aspect_ratio str; camera_fixed bool; ", "I" }, NULL, false },
  { { "bytedance/seedance/v1/lite/text-to-video", PROMPT SEEDANCE, "V" },
    NULL, false },
  { { "bytedance/seedance/v1/lite/image-to-video", PROMPT IMAGE SEEDANCE,
      "V" }, NULL, false },
  { { "kling-video/v2.1/standard/image-to-video", KLING, "V" }, "5 10", false },
  { { "kling-video/v2.1/pro/image-to-video", KLING, "V" }, "5 10", false },
  { { "kling-video/v2.1/master/image-to-video", KLING, "V" }, "5 10", false },
  { { "kling-video/v2.1/master/text-to-video", PROMPT "duration int = 5; "
      "cfg_scale num 0..1 = 0.5; aspect_ratio {1:1|16:9|9:16} = 1:1; "
      "negative_prompt str; ", "V" }, "5 10", false },
  { { "kling-video/v2.5-turbo/pro/image-to-video", KLING, "V" }, "5 10",
    false },
  { { "kling-video/v3.0/pro/image-to-video", KLING3 IMAGE
      "last_image_url str; ", "V" }, NULL, false },
  { { "kling-video/v3.0/pro/text-to-video", KLING3
      "aspect_ratio {16:9|9:16|1:1} = 16:9; ", "V" }, NULL, false },
  { { "veo3.1", PROMPT VEO "aspect_ratio* {16:9|9:16}; "
      "resolution* {720|1080}; generate_audio* bool; ", "V" }, NULL, false },
  { { "veo3.1/image-to-video", PROMPT IMAGE VEO "aspect_ratio {16:9|9:16}; "
      "resolution {720|1080}; generate_audio bool; ", "V" }, NULL, false },
  { { "minimax/hailuo-02/standard/image-to-video", HAILUO IMAGE
      "end_image_url str; duration int = 6; resolution {512P|768P} = 768P; ",
      "V" }, "6 10", false },
  { { "minimax/hailuo-2.3/standard/text-to-video", HAILUO "duration int = 6; ",
      "V" }, "6 10", false },
  { { "sora-2/text-to-video", SORA "resolution {720p} = 720p; ", "V" },
    "4 8 12", false },
  { { "sora-2/text-to-video/pro", SORA "resolution {720p|1080p} = 720p; ",
      "V" }, "4 8 12", false },
  { { "sora-2/image-to-video", SORA "resolution {720p} = 720p; image_url str; ",
      "V" }, "4 8 12", false },
  { { "wan-25-preview/text-to-video", PROMPT "audio_url str; "
      "duration int = 5; resolution {480p|720p|1080p} = 720p; "
      "negative_prompt str; seed int -1..1000000; ", "V" }, "5 10", false },
  /* The old API: what stands in "params". */
  { { "v1/text2image/soul", PROMPT "width_and_height* {2048x1152|2048x1536|"
      "2016x1344|1696x960|1632x1088|1152x2048|1536x2048|1344x2016|960x1696|"
      "1088x1632|1536x1536|1536x1152|1152x1536}; quality* {720p|1080p}; "
      "batch_size* int 1..4; style_id str; style_strength num 0..1; "
      "custom_reference_id str; custom_reference_strength num 0..1; "
      "image_reference any; " V1, "I" }, NULL, true },
  { { "v1/image2video/dop", PROMPT "model* {dop-lite|dop-turbo|dop-standard}; "
      V1_IMAGE "motions any[]; " V1, "V" }, NULL, true },
  { { "v1/speak/higgsfield", PROMPT "input_image* any; input_audio* any; "
      "quality* {mid|high}; duration* int; seed int; ", "V" }, "5 10 15",
    true },
};
/* clang-format on */

const struct hf_model *hf_model_find(const char *id)
{
  size_t i;

  for (i = 0; i < EM_LEN(models); i++)
    if (!strcmp(models[i].fields.id, id))
      return &models[i];
  return NULL;
}

/* "[5, 10]" when the duration is none of them. */
static bool bad_duration(const struct hf_model *model,
                         struct json_object *input, struct em_buf *list)
{
  struct json_object *value;
  const char *at = model->durations;
  char number[24];
  bool found = false;

  if (!at || !json_object_object_get_ex(input, "duration", &value))
    return false;
  snprintf(number, sizeof(number), "%lld",
           (long long)json_object_get_int64(value));
  em_buf_putc(list, '[');
  while (*at) {
    size_t n = strcspn(at, " ");

    found = found || em_streq_n(number, at, n);
    em_buf_printf(list, "%s%.*s", list->len > 1 ? ", " : "", (int)n, at);
    at += n + strspn(at + n, " ");
  }
  em_buf_putc(list, ']');
  return !found || !json_object_is_type(value, json_type_int);
}

/* Batches have one or four. */
static bool bad_batch(struct json_object *input)
{
  struct json_object *value;
  int64_t n;

  if (!json_object_object_get_ex(input, "batch_size", &value))
    return false;
  n = json_object_get_int64(value);
  return n != 1 && n != 4;
}

static bool bad_url(const struct em_server *sv, const char *url)
{
  struct em_buf own = { 0 };
  bool bad;

  em_put_origin(sv, "cdn.higgsfield.ai", &own);
  if (em_starts(url, own.data))
    bad = !hf_is_stored(sv, url);
  else
    bad = !em_starts(url, "https://") && !em_starts(url, "http://");
  em_buf_finish(&own);
  return bad;
}

/* The first value below a member called ..._url or ..._urls that is no URL we
 * could fetch; data: URIs are none. */
static const char *find_bad_url(const struct em_server *sv, const char *key,
                                struct json_object *value)
{
  const char *url, *end = strstr(key, "_url");
  struct json_object_iter it;
  size_t i;

  if (json_object_is_type(value, json_type_array)) {
    for (i = 0; i < json_object_array_length(value); i++)
      if ((url = find_bad_url(sv, key, json_object_array_get_idx(value, i))))
        return url;
  } else if (json_object_is_type(value, json_type_object)) {
    json_object_object_foreachC(value, it)
    {
      if ((url = find_bad_url(sv, it.key, it.val)))
        return url;
    }
  } else if (end && (!end[4] || !strcmp(end, "_urls")) && value) {
    url = json_object_get_string(value);
    return bad_url(sv, url) ? key : NULL;
  }
  return NULL;
}

/* The list of complaints as one sentence. */
static void sentence(const char *detail, struct em_buf *out)
{
  struct json_object *list = json_tokener_parse(detail), *first, *loc, *msg;

  first = json_object_array_get_idx(list, 0);
  if (json_object_object_get_ex(first, "loc", &loc) &&
      json_object_object_get_ex(first, "msg", &msg))
    em_buf_printf(out, "'%s': %s",
                  json_object_get_string(json_object_array_get_idx(loc, 1)),
                  json_object_get_string(msg));
  json_object_put(list);
}

static void add_complaint(struct em_buf *detail, const char *field,
                          const char *type, const char *message)
{
  em_buf_printf(detail,
                "%s{\"type\":\"%s\",\"loc\":[\"body\",\"%s\"],\"msg\":\"%s\"}",
                detail->len ? "," : "", type, field, message);
}

bool hf_check_input(struct em_request *rq, const struct hf_model *model,
                    struct json_object *input)
{
  struct em_buf detail = { 0 }, list = { 0 }, text = { 0 };
  const char *url = find_bad_url(rq->server, "", input);
  bool ok;

  fal_fields_check(&model->fields, input, &detail);
  if (bad_duration(model, input, &list)) {
    em_buf_printf(&text, "must be one of %s", list.data);
    add_complaint(&detail, "duration", "literal_error", text.data);
    em_buf_finish(&text);
    em_buf_printf(&text, "'duration' must be one of %s", list.data);
  }
  if (bad_batch(input))
    add_complaint(&detail, "batch_size", "enum", "Input should be 1 or 4");
  if (url)
    add_complaint(&detail, url, "url_parsing", "Input should be a valid URL");
  ok = !detail.len;
  if (!ok) {
    em_buf_printf(&list, "[%s]", detail.data);
    if (model->first_party) {
      em_reply_json(rq, 422, "{\"detail\":[%s]}", detail.data);
    } else {
      if (!text.len)
        sentence(strchr(list.data, '{') - 1, &text);
      hf_detail(rq, 400, text.data);
    }
  }
  em_buf_finish(&detail);
  em_buf_finish(&list);
  em_buf_finish(&text);
  return ok;
}
