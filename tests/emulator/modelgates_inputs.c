/* frame_images say where they stand, input_references must not; both hold
 * objects of a kind, whose member of the same name holds the URL. */
#include "modelgates.h"

#include <string.h>

#define REFERENCES_MAX 16u

static const char *data_is_wrong(const char *uri, const char *kind)
{
  const char *data = strstr(uri, ";base64,");
  size_t n;

  if (!data || !em_starts(uri + strlen("data:"), kind))
    return "is not a base64 data URL of that kind";
  data += strlen(";base64,");
  n = strspn(data, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                   "0123456789+/");
  if (!n || strspn(data + n, "=") > 2 || data[n + strspn(data + n, "=")])
    return "is not valid base64";
  return NULL;
}

const char *gate_url_is_wrong(const char *url, const char *kind)
{
  const char *host = strstr(url, "://");

  if (em_starts(url, "data:"))
    return data_is_wrong(url, kind);
  if (!em_starts(url, "https://") || !host || !strcspn(host + 3, "/:?#"))
    return "must be an https or data URL";
  return strstr(url, "missing") ? "could not be downloaded" : NULL;
}

struct entry {
  struct em_request *rq;
  const char *list;
  size_t index;
  struct json_object *o;
};

static bool refuse(const struct entry *e, const char *what)
{
  gate_error(e->rq, 400, "{\"error_type\":\"invalid_request\"}", "%s.%zu: %s",
             e->list, e->index, what);
  return false;
}

static const char *text_of(struct json_object *o, const char *name)
{
  struct json_object *value;

  if (!json_object_object_get_ex(o, name, &value) ||
      !json_object_is_type(value, json_type_string))
    return NULL;
  return json_object_get_string(value);
}

/* {"type": "image_url", "image_url": {"url": "..."}}; `members`: how many. */
static bool check_part(const struct entry *e, const char *type, int members)
{
  struct json_object *inner = NULL;
  const char *url, *wrong;
  char kind[16];

  if (json_object_object_length(e->o) != members)
    return refuse(e, members == 3 ? "needs type, image_url and frame_type"
                                  : "unrecognized keys beside type and URL");
  json_object_object_get_ex(e->o, type, &inner);
  url =
    json_object_is_type(inner, json_type_object) ? text_of(inner, "url") : NULL;
  if (!url || json_object_object_length(inner) != 1)
    return refuse(e, "has no url");
  memcpy(kind, type, strcspn(type, "_") + 1);
  kind[strcspn(type, "_")] = '/';
  kind[strcspn(type, "_") + 1] = '\0';
  wrong = gate_url_is_wrong(url, kind);
  if (!wrong)
    return true;
  gate_error(e->rq, 400,
             strstr(wrong, "downloaded")
               ? "{\"error_type\":\"image_download_failed\"}"
               : "{\"error_type\":\"invalid_image\"}",
             "%s.%zu.%s: url %s", e->list, e->index, type, wrong);
  return false;
}

static bool check_frame(const struct entry *e, const struct gate_want *want,
                        unsigned *seen)
{
  const char *type = text_of(e->o, "type"), *at = text_of(e->o, "frame_type");
  bool last = at && !strcmp(at, "last_frame");

  if (!type || strcmp(type, "image_url") != 0)
    return refuse(e, "type must be image_url");
  if (!at || (!last && strcmp(at, "first_frame") != 0))
    return refuse(e, "frame_type must be first_frame or last_frame");
  if (!check_part(e, "image_url", 3))
    return false;
  if (!strchr(want->video->frames, last ? 'l' : 'f'))
    return refuse(e, "the model does not take this frame");
  if (*seen & (last ? 2u : 1u))
    return refuse(e, "a frame is there twice");
  *seen |= last ? 2u : 1u;
  return true;
}

static bool check_reference(const struct entry *e, struct gate_want *want)
{
  static const char *const kinds[] = { "image_url", "video_url", "audio_url" };
  unsigned *counts[] = { &want->pictures, &want->clips, &want->sounds };
  const char *type = text_of(e->o, "type");
  size_t i;

  for (i = 0; type && i < EM_LEN(kinds); i++) {
    if (strcmp(kinds[i], type) != 0)
      continue;
    if (i > 0 && (want->image || want->video->references == 'n' ||
                  want->video->references == 'i'))
      return refuse(e, "only image references are supported");
    ++*counts[i];
    return check_part(e, kinds[i], 2);
  }
  return refuse(e, "type must be image_url, video_url or audio_url");
}

static bool check_list(struct em_request *rq, struct gate_want *want,
                       const char *name, bool frames)
{
  struct json_object *list;
  unsigned seen = 0;
  size_t i, n;

  if (!json_object_object_get_ex(want->body, name, &list))
    return true;
  n = json_object_array_length(list);
  if (n > REFERENCES_MAX) {
    gate_zod(rq, name, "Too big: expected array to have <=16 items");
    return false;
  }
  for (i = 0; i < n; i++) {
    struct entry e = { rq, name, i, json_object_array_get_idx(list, i) };

    if (!json_object_is_type(e.o, json_type_object))
      return refuse(&e, "is not an object");
    if (frames ? !check_frame(&e, want, &seen) : !check_reference(&e, want))
      return false;
  }
  if (frames)
    want->frames = (unsigned)n;
  return true;
}

bool gate_check_inputs(struct em_request *rq, struct gate_want *want)
{
  const struct gate_video *v = want->video;
  unsigned all;

  if (!check_list(rq, want, "input_references", false))
    return false;
  if (v && !check_list(rq, want, "frame_images", true))
    return false;
  all = want->pictures + want->clips + want->sounds;
  if (v && v->references == 'v' && !want->clips)
    gate_error(rq, 400, NULL, "%s needs a video in input_references", v->id);
  else if (v && v->references == 'n' && all)
    gate_error(rq, 400, NULL, "%s does not support input_references", v->id);
  else if (!v && all > want->image->refs_max)
    gate_error(rq, 400, NULL,
               "input_references has %u entries. Supported values: %u to %u",
               all, want->image->refs_min, want->image->refs_max);
  else if (!v && all < want->image->refs_min)
    gate_error(rq, 400, NULL, "%s needs an image in input_references",
               want->image->id);
  else
    return true;
  return false;
}
