/* What a job will deliver: pixels from image_size, aspect_ratio and
 * resolution, seconds from duration, how many files and of which kind.
 * Wrong values are somebody else's business (fal_fields.c); here they fall
 * back to something that can be drawn. */
#include "fal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_PIXELS 4096 /* a side; larger requests are drawn smaller */

struct preset {
  const char *name;
  uint32_t width, height;
};

static const struct preset presets[] = {
  { "square_hd", 1024, 1024 },    { "square", 512, 512 },
  { "portrait_4_3", 768, 1024 },  { "portrait_16_9", 576, 1024 },
  { "landscape_4_3", 1024, 768 }, { "landscape_16_9", 1024, 576 },
  { "auto", 1024, 1024 },         { "auto_1K", 1024, 1024 },
  { "auto_2K", 2048, 2048 },      { "auto_3K", 3072, 3072 },
  { "auto_4K", 4096, 4096 },
};

/* What the words for a resolution mean: the side of a square picture of that
 * area, and the short side of a video. */
static const struct {
  const char *name;
  uint32_t square, lines;
} resolutions[] = {
  { "0.5K", 512, 540 }, { "1K", 1024, 1080 },  { "2K", 2048, 1440 },
  { "4K", 4096, 2160 }, { "480p", 640, 480 },  { "512P", 640, 512 },
  { "720p", 960, 720 }, { "768P", 1024, 768 }, { "1080p", 1440, 1080 },
};

/* The field's text, from the input or as the endpoint's default. */
static const char *field(const struct fal_model *model,
                         struct json_object *input, const char *name,
                         size_t *len)
{
  struct json_object *value;

  if (json_object_object_get_ex(input, name, &value) && value) {
    const char *s = json_object_get_string(value);

    *len = strlen(s);
    return s;
  }
  return fal_field_default(model, name, len);
}

static uint32_t clamp(int64_t v)
{
  return v < 1 ? 1 : v > MOST_PIXELS ? MOST_PIXELS : (uint32_t)v;
}

static bool shape_from_size(const struct fal_model *model,
                            struct json_object *input, struct em_job *job)
{
  struct json_object *size, *side;
  size_t len, i;
  const char *name = field(model, input, "image_size", &len);

  if (!name)
    return false;
  if (json_object_object_get_ex(input, "image_size", &size) &&
      json_object_is_type(size, json_type_object)) {
    job->width = job->height = 512;
    if (json_object_object_get_ex(size, "width", &side))
      job->width = clamp(json_object_get_int64(side));
    if (json_object_object_get_ex(size, "height", &side))
      job->height = clamp(json_object_get_int64(side));
    return true;
  }
  for (i = 0; i < EM_LEN(presets); i++)
    if (em_streq_n(presets[i].name, name, len)) {
      job->width = presets[i].width;
      job->height = presets[i].height;
      return true;
    }
  return false;
}

/* "16:9" -> 1.78; anything else is a square (a video: 16:9). */
static double ratio_of(const char *text, size_t len, bool video)
{
  double across, down;
  char *end;

  if (!text || !len)
    return video ? 16.0 / 9 : 1;
  across = strtod(text, &end);
  if (end == text || *end != ':')
    return video ? 16.0 / 9 : 1;
  down = strtod(end + 1, NULL);
  if (!(across > 0) || !(down > 0))
    return 1;
  return across / down;
}

static void shape_from_ratio(const struct fal_model *model,
                             struct json_object *input, struct em_job *job,
                             bool video)
{
  size_t len = 0, i;
  const char *text = field(model, input, "aspect_ratio", &len);
  double ratio = ratio_of(text, len, video);
  uint32_t square = 1024, lines = 720;

  text = field(model, input, "resolution", &len);
  for (i = 0; text && i < EM_LEN(resolutions); i++)
    if (strlen(resolutions[i].name) == len &&
        !strncasecmp(resolutions[i].name, text, len)) {
      square = resolutions[i].square;
      lines = resolutions[i].lines;
    }
  if (video) {
    double across = ratio >= 1 ? lines * ratio : lines;
    double down = ratio >= 1 ? lines : lines / ratio;

    job->width = clamp((int64_t)lround(across / 2) * 2);
    job->height = clamp((int64_t)lround(down / 2) * 2);
    return;
  }
  job->width = clamp((int64_t)lround(square * sqrt(ratio) / 16) * 16);
  job->height = clamp((int64_t)lround(square / sqrt(ratio) / 16) * 16);
}

/* "8s", "5", 5 */
static uint32_t duration_ms(const struct fal_model *model,
                            struct json_object *input)
{
  size_t len;
  const char *text = field(model, input, "duration", &len);
  double seconds = text ? strtod(text, NULL) : 0;

  if (!(seconds >= 0.1) || seconds > 60)
    seconds = 5;
  return (uint32_t)(seconds * 1000);
}

static unsigned number_of(struct json_object *input, const char *name)
{
  struct json_object *value;
  int64_t n = 1;

  if (json_object_object_get_ex(input, name, &value))
    n = json_object_get_int64(value);
  return n < 1 ? 1 : n > 16 ? 16 : (unsigned)n;
}

/* What the endpoint makes when nothing is said about it; a WebP is not drawn.
 */
static enum em_media image_format(const struct fal_model *model,
                                  struct json_object *input)
{
  size_t len;
  const char *s = field(model, input, "output_format", &len);

  return s && em_streq_n("jpeg", s, len) ? EM_JPEG : EM_PNG;
}

void fal_shape(const char *endpoint, const struct fal_model *model,
               struct json_object *input, struct em_job *job)
{
  bool video =
    model ? strchr(model->out, 'V') != NULL : strstr(endpoint, "video") != NULL;
  struct json_object *flag;

  job->n_outputs = 1;
  if (video) {
    job->media = EM_MP4;
    job->duration_ms = duration_ms(model, input);
  } else {
    unsigned n =
      number_of(input, "num_images") * number_of(input, "max_images");

    job->media = image_format(model, input);
    job->n_outputs = (uint8_t)(n > 16 ? 16 : n);
  }
  if (video || !shape_from_size(model, input, job))
    shape_from_ratio(model, input, job, video);
  if (json_object_object_get_ex(input, "sync_mode", &flag))
    job->inline_data = json_object_get_boolean(flag);
}
