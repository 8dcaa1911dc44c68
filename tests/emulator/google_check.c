/* Bodies as Google's parser takes them: a name it does not know is refused, and
 * so are values out of range. */
#include "google.h"

#include <stdio.h>
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
  else
    return one_of(rq, body, "parameters/aspectRatio",
                  " 1:1 3:4 4:3 9:16 16:9 ") &&
           one_of(rq, body, "parameters/sampleImageSize", " 1K 2K ") &&
           one_of(rq, body, "parameters/personGeneration",
                  " DONT_ALLOW ALLOW_ADULT ALLOW_ALL dont_allow allow_adult "
                  "allow_all ");
  return false;
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
  if (google_is_studio(rq) && google_at(body, "parameters/seed")) {
    google_error(rq, 400, NULL, "`seed` isn't supported by this model.");
    return false;
  }
  return one_of(rq, body, "parameters/aspectRatio", " 16:9 9:16 ") &&
         one_of(rq, body, "parameters/resolution", " 720p 1080p 4k ") &&
         one_of(rq, body, "parameters/personGeneration",
                " dont_allow allow_adult allow_all ");
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
  if (google_is_studio(rq) &&
      google_at(body, "generationConfig/imageConfig/personGeneration")) {
    google_error(rq, 400, NULL,
                 "Invalid JSON payload received. Unknown name "
                 "\"personGeneration\" at 'generation_config.image_config'");
    return false;
  }
  return one_of(rq, body, "generationConfig/imageConfig/aspectRatio", RATIOS) &&
         one_of(rq, body, "generationConfig/imageConfig/imageSize",
                " 512 1K 2K 4K ");
}
