/* Bodies as Google's parser takes them: a name it does not know is refused, and
 * so are values out of range. */
#include "google.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A member by a path of keys and indexes; NULL when it is not there. */
struct json_object *google_at(struct json_object *o, const char *path)
{
  struct json_object *next = NULL;
  char part[64];
  int64_t index;

  while (o && *path) {
    size_t n = strcspn(path, "/");

    snprintf(part, sizeof(part), "%.*s", (int)n, path);
    if (json_object_is_type(o, json_type_array))
      next = em_parse_int(part, strlen(part), 0, 1000, &index)
               ? json_object_array_get_idx(o, (size_t)index)
               : NULL;
    else if (!json_object_object_get_ex(o, part, &next))
      next = NULL;
    o = next;
    path += n + (path[n] == '/');
  }
  return o;
}

/* "" when it is not there or no string. */
const char *google_text(struct json_object *o, const char *path)
{
  o = google_at(o, path);
  return json_object_is_type(o, json_type_string) ? json_object_get_string(o)
                                                  : "";
}

/* Words, each with blanks around it. */
struct rule {
  const char *method, *path, *names;
};
static const struct rule rules[] = {
  { "generateContent", "",
    " contents generationConfig safetySettings systemInstruction tools "
    "toolConfig labels cachedContent serviceTier store modelArmorConfig "
    "outputConfig continuationToken " },
  { "generateContent", "generationConfig",
    " responseModalities imageConfig seed temperature topP topK "
    "candidateCount maxOutputTokens stopSequences presencePenalty "
    "frequencyPenalty mediaResolution thinkingConfig " },
  { "generateContent", "generationConfig/imageConfig",
    " aspectRatio imageSize personGeneration prominentPeople "
    "imageOutputOptions " },
  { "predict", "", " instances parameters labels " },
  { "predict", "instances/0", " prompt image referenceImages " },
  { "predict", "parameters",
    " sampleCount aspectRatio sampleImageSize negativePrompt seed "
    "addWatermark enhancePrompt guidanceScale personGeneration safetySetting "
    "includeRaiReason includeSafetyAttributes language storageUri "
    "outputOptions editMode editConfig mode upscaleConfig " },
  { "predictLongRunning", "", " instances parameters labels webhookConfig " },
  { "predictLongRunning", "instances/0",
    " prompt image lastFrame video referenceImages mask " },
  { "predictLongRunning", "parameters",
    " sampleCount durationSeconds aspectRatio resolution generateAudio seed "
    "negativePrompt personGeneration enhancePrompt storageUri resizeMode "
    "compressionQuality fps pubsubTopic " },
};

static bool has_word(const char *names, const char *word)
{
  char spaced[80];

  snprintf(spaced, sizeof(spaced), " %.70s ", word);
  return strstr(names, spaced) != NULL;
}

static bool check_names(struct em_request *rq, const struct rule *r,
                        struct json_object *body)
{
  struct json_object *o = google_at(body, r->path);
  struct json_object_iter it;

  if (!json_object_is_type(o, json_type_object))
    return true;
  json_object_object_foreachC(o, it)
  {
    if (has_word(r->names, it.key))
      continue;
    google_error(rq, 400, NULL,
                 "Invalid JSON payload received. Unknown name \"%.60s\"%s%s%s: "
                 "Cannot find field.",
                 it.key, *r->path ? " at '" : "", r->path, *r->path ? "'" : "");
    return false;
  }
  return true;
}

static bool one_of(struct em_request *rq, struct json_object *body,
                   const char *path, const char *words)
{
  const char *value = google_text(body, path);

  if (!*value || has_word(words, value))
    return true;
  google_error(rq, 400, NULL, "Invalid value at '%s'.", path);
  return false;
}

#define RATIOS " 1:1 2:3 3:2 3:4 4:3 4:5 5:4 9:16 16:9 21:9 1:4 4:1 1:8 8:1 "

static bool check_upscale(struct em_request *rq, struct json_object *body)
{
  uint32_t w, h;

  if (strcmp(google_text(body, "parameters/mode"), "upscale") != 0 ||
      !google_png_size(
        google_text(body, "instances/0/image/bytesBase64Encoded"), &w, &h)) {
    google_error(rq, 400, NULL, "An upscale needs its mode and a PNG.");
    return false;
  }
  return one_of(rq, body, "parameters/upscaleConfig/upscaleFactor", " x2 x4 ");
}

/* What reference pictures there are, by number and kind. */
static bool check_references(struct em_request *rq, struct json_object *body)
{
  struct json_object *list = google_at(body, "instances/0/referenceImages");
  size_t i, n = json_object_is_type(list, json_type_array)
                  ? json_object_array_length(list)
                  : 0;

  for (i = 0; i < n; i++) {
    struct json_object *one = json_object_array_get_idx(list, i);

    if (!json_object_is_type(google_at(one, "referenceId"), json_type_int) ||
        !em_starts(google_text(one, "referenceType"), "REFERENCE_TYPE_")) {
      google_error(rq, 400, NULL,
                   "Invalid reference image %zu: referenceId and "
                   "referenceType are needed.",
                   i);
      return false;
    }
  }
  return true;
}

static bool check_predict(struct em_request *rq, struct json_object *body)
{
  int64_t n = json_object_get_int64(google_at(body, "parameters/sampleCount"));
  struct json_object *mark = google_at(body, "parameters/addWatermark");

  if (!*google_text(body, "instances/0/prompt") &&
      !google_at(body, "instances/0/image"))
    google_error(rq, 400, NULL, "The prompt is empty.");
  else if (n < 0 || n > 4)
    google_error(rq, 400, NULL, "Invalid sampleCount: %lld.", (long long)n);
  else if (google_at(body, "parameters/seed") &&
           (!mark || json_object_get_boolean(mark)))
    google_error(rq, 400, NULL,
                 "Seed is not supported when watermark is enabled.");
  else if (google_at(body, "parameters/upscaleConfig"))
    return check_upscale(rq, body);
  else
    return check_references(rq, body) &&
           one_of(rq, body, "parameters/aspectRatio",
                  " 1:1 3:4 4:3 9:16 16:9 ") &&
           one_of(rq, body, "parameters/sampleImageSize", " 1K 2K ") &&
           one_of(rq, body, "parameters/personGeneration",
                  " DONT_ALLOW ALLOW_ADULT ALLOW_ALL dont_allow allow_adult "
                  "allow_all ");
  return false;
}

/* Pictures that forbid one another; NULL: none do. */
static const char *video_pairs(struct json_object *body, int64_t seconds)
{
  struct json_object *first = google_at(body, "instances/0/image");
  struct json_object *last = google_at(body, "instances/0/lastFrame");
  struct json_object *video = google_at(body, "instances/0/video");
  struct json_object *references =
    google_at(body, "instances/0/referenceImages");

  if (first && video)
    return "Image and video cannot be used together.";
  if (references && (first || video || last))
    return "Reference images cannot be used with image, video or lastFrame.";
  if (references && !*google_text(body, "instances/0/prompt"))
    return "Reference images need a prompt.";
  if (references && seconds != 8)
    return "Reference images need a duration of 8 seconds.";
  if (last && !first)
    return "lastFrame needs an image.";
  return NULL;
}

static bool check_video(struct em_request *rq, struct json_object *body)
{
  struct json_object *o = google_at(body, "parameters/durationSeconds");
  int64_t seconds = o ? json_object_get_int64(o) : 8;

  if (seconds != 4 && seconds != 6 && seconds != 8) {
    google_error(rq, 400, NULL,
                 "Unsupported output video duration %lld seconds, supported "
                 "durations are [4,6,8] for feature text_to_video.",
                 (long long)seconds);
    return false;
  }
  if (video_pairs(body, seconds)) {
    google_error(rq, 400, NULL, "%s", video_pairs(body, seconds));
    return false;
  }
  if (google_is_studio(rq) && google_at(body, "parameters/seed")) {
    google_error(rq, 400, NULL, "`seed` isn't supported by this model.");
    return false;
  }
  return one_of(rq, body, "parameters/aspectRatio", " 16:9 9:16 ") &&
         one_of(rq, body, "parameters/resolution", " 720p 1080p 4k ") &&
         one_of(rq, body, "parameters/personGeneration",
                " dont_allow allow_adult allow_all ");
}

/* Names that only Vertex has. */
static bool check_door(struct em_request *rq, struct json_object *body)
{
  static const char *const names[] = { "personGeneration", "prominentPeople",
                                       "imageOutputOptions" };
  struct json_object *config = google_at(body, "generationConfig/imageConfig");
  size_t i;

  for (i = 0; i < EM_LEN(names) && google_is_studio(rq); i++)
    if (google_at(config, names[i])) {
      google_error(rq, 400, NULL,
                   "Invalid JSON payload received. Unknown name \"%s\" at "
                   "'generation_config.image_config': Cannot find field.",
                   names[i]);
      return false;
    }
  return true;
}

/* A part is one thing; files must have been uploaded. */
static bool check_part(struct em_request *rq, struct json_object *part)
{
  const char *uri = google_text(part, "fileData/fileUri");

  if (google_at(part, "inlineData") &&
      (!*google_text(part, "inlineData/mimeType") ||
       !*google_text(part, "inlineData/data"))) {
    google_error(rq, 400, NULL, "Unable to process input image.");
    return false;
  }
  if (google_is_studio(rq) && strstr(uri, "/files/") && !google_has_file(uri)) {
    google_error(rq, 403, NULL,
                 "You do not have permission to access the File or it may not "
                 "exist.");
    return false;
  }
  return true;
}

static bool check_parts(struct em_request *rq, struct json_object *body)
{
  struct json_object *contents = google_at(body, "contents"), *parts;
  size_t i, k;

  for (i = 0; i < json_object_array_length(contents); i++) {
    parts = google_at(json_object_array_get_idx(contents, i), "parts");
    for (k = 0; json_object_is_type(parts, json_type_array) &&
                k < json_object_array_length(parts);
         k++)
      if (!check_part(rq, json_object_array_get_idx(parts, k)))
        return false;
  }
  return true;
}

/* Values of generationConfig beside the picture's. */
static bool check_generation(struct em_request *rq, struct json_object *body)
{
  struct json_object *list =
    google_at(body, "generationConfig/responseModalities");
  struct json_object *count =
    google_at(body, "generationConfig/candidateCount");
  struct json_object *seed = google_at(body, "generationConfig/seed");
  size_t i;

  if (list && !json_object_is_type(list, json_type_array)) {
    google_error(rq, 400, NULL,
                 "Invalid value at 'generation_config.response_modalities'");
    return false;
  }
  for (i = 0; list && i < json_object_array_length(list); i++)
    if (!has_word(" TEXT IMAGE ",
                  json_object_get_string(json_object_array_get_idx(list, i)))) {
      google_error(rq, 400, NULL,
                   "Invalid value at 'generation_config.response_modalities'");
      return false;
    }
  if (count && json_object_get_int64(count) != 1) {
    google_error(rq, 400, NULL,
                 "Multiple candidates is not enabled for this model");
    return false;
  }
  if (seed && (!json_object_is_type(seed, json_type_int) ||
               llabs(json_object_get_int64(seed)) > INT32_MAX)) {
    google_error(rq, 400, NULL,
                 "Invalid value at 'generation_config.seed' (TYPE_INT32)");
    return false;
  }
  return true;
}

static int digit(char c)
{
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz0123456789+/";
  const char *at = c ? strchr(digits, c) : NULL;

  return at ? (int)(at - digits) : -1;
}

bool google_png_size(const char *base64, uint32_t *w, uint32_t *h)
{
  unsigned char head[24];
  uint32_t bits = 0;
  size_t i, n = 0;

  for (i = 0; i < 32; i++) {
    if (digit(base64[i]) < 0)
      return false;
    bits = bits << 6 | (uint32_t)digit(base64[i]);
    if (i % 4 == 3) {
      head[n++] = (unsigned char)(bits >> 16);
      head[n++] = (unsigned char)(bits >> 8);
      head[n++] = (unsigned char)bits;
    }
  }
  *w = (uint32_t)head[16] << 24 | (uint32_t)head[17] << 16 |
       (uint32_t)head[18] << 8 | head[19];
  *h = (uint32_t)head[20] << 24 | (uint32_t)head[21] << 16 |
       (uint32_t)head[22] << 8 | head[23];
  return !memcmp(head, "\x89PNG", 4);
}

bool google_check(struct em_request *rq, const char *method,
                  struct json_object *body)
{
  size_t i;

  for (i = 0; i < EM_LEN(rules); i++)
    if (strcmp(rules[i].method, method) == 0 &&
        !check_names(rq, &rules[i], body))
      return false;
  if (strcmp(method, "predict") == 0)
    return check_predict(rq, body);
  if (strcmp(method, "predictLongRunning") == 0)
    return check_video(rq, body);
  if (!google_at(body, "contents/0/parts/0")) {
    google_error(rq, 400, NULL,
                 "* GenerateContentRequest.contents: contents is not "
                 "specified");
    return false;
  }
  return check_door(rq, body) && check_parts(rq, body) &&
         check_generation(rq, body) &&
         one_of(rq, body, "generationConfig/imageConfig/aspectRatio", RATIOS) &&
         one_of(rq, body, "generationConfig/imageConfig/imageSize",
                " 512 1K 2K 4K ");
}
