/* The files that a recording's answers name: a client that behaves downloads
 * them, though the recording ends before that.  What is served is a real file
 * of the kind that the name or the answer tells. */
#include "fal.h"
#include "replay.h"

#include <stdio.h>
#include <string.h>

/* One pixel, lossless. */
static const unsigned char webp[] = {
  'R',  'I',  'F',  'F',  0x1a, 0x00, 0x00, 0x00, 'W',  'E',  'B',  'P',
  'V',  'P',  '8',  'L',  0x0d, 0x00, 0x00, 0x00, 0x2f, 0x00, 0x00, 0x00,
  0x10, 0x07, 0x10, 0x11, 0x11, 0x88, 0x88, 0xfe, 0x07, 0x00,
};

/* One sample of silence. */
static const unsigned char wav[] = {
  'R',  'I',  'F',  'F',  0x26, 0x00, 0x00, 0x00, 'W',  'A',  'V',  'E',
  'f',  'm',  't',  ' ',  0x10, 0x00, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00,
  0x40, 0x1f, 0x00, 0x00, 0x80, 0x3e, 0x00, 0x00, 0x02, 0x00, 0x10, 0x00,
  'd',  'a',  't',  'a',  0x02, 0x00, 0x00, 0x00, 0x00, 0x00,
};

/* No frames, at 44100 a second. */
static const unsigned char flac[] = {
  'f',  'L',  'a',  'C',  0x80, 0x00, 0x00, 0x22, 0x10, 0x00, 0x10, 0x00,
  0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0a, 0xc4, 0x40, 0xf0, 0x00, 0x00,
  0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
  0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
};

/* Of one file, "1.png", with nothing in it. */
static const unsigned char zip[] = {
  0x50, 0x4b, 0x03, 0x04, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
  0x21, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
  0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x31, 0x2e, 0x70, 0x6e, 0x67, 0x50,
  0x4b, 0x01, 0x02, 0x14, 0x03, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
  0x00, 0x21, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
  0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
  0x00, 0x00, 0x00, 0x80, 0x01, 0x00, 0x00, 0x00, 0x00, 0x31, 0x2e, 0x70,
  0x6e, 0x67, 0x50, 0x4b, 0x05, 0x06, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00,
  0x01, 0x00, 0x33, 0x00, 0x00, 0x00, 0x23, 0x00, 0x00, 0x00, 0x00, 0x00,
};

static const struct {
  const char *ending, *type;
  const unsigned char *bytes;
  size_t len;
} samples[] = {
  { ".webp", "image/webp", webp, sizeof(webp) },
  { ".wav", "audio/wav", wav, sizeof(wav) },
  { ".flac", "audio/flac", flac, sizeof(flac) },
  { ".zip", "application/zip", zip, sizeof(zip) },
};

/* Is `url` what was asked for?  Its query does not matter. */
static bool names(const char *url, const struct em_request *rq)
{
  const char *host = strstr(url, "://");
  struct em_buf path = { 0 };
  size_t len;
  bool same;

  if (!em_starts(url, "http") || !host)
    return false;
  host += 3;
  len = strcspn(host, "/?#");
  if (!em_streq_n(rq->host, host, len))
    return false;
  em_replay_unescape(host + len, strcspn(host + len, "?#"), &path);
  same = path.len && !strcmp(path.data, rq->path);
  em_buf_finish(&path);
  return same;
}

/* The object that holds the URL, or the string's own stand-in. */
static bool is_named(struct json_object *o, const struct em_request *rq,
                     const char **ret_type)
{
  struct json_object_iter it;
  struct json_object *type;
  size_t i;

  if (json_object_is_type(o, json_type_string))
    return names(json_object_get_string(o), rq);
  if (json_object_is_type(o, json_type_array)) {
    for (i = 0; i < json_object_array_length(o); i++)
      if (is_named(json_object_array_get_idx(o, i), rq, ret_type))
        return true;
    return false;
  }
  if (!json_object_is_type(o, json_type_object))
    return false;
  json_object_object_foreachC(o, it)
  {
    struct json_object *value = it.val;

    if (!is_named(value, rq, ret_type))
      continue;
    if (!*ret_type && json_object_object_get_ex(o, "content_type", &type))
      *ret_type = json_object_get_string(type);
    return true;
  }
  return false;
}

/* Event streams are text in a recording. */
static bool in_text(struct json_object *body, const struct em_request *rq)
{
  const char *text = json_object_is_type(body, json_type_string)
                       ? json_object_get_string(body)
                       : "";
  struct em_buf want = { 0 };
  bool found;

  em_buf_printf(&want, "://%s%s", rq->host, rq->path);
  found = strstr(text, want.data) != NULL;
  em_buf_finish(&want);
  return found;
}

/* By the ending, else by the type that the answer names, else by the path. */
static enum em_media media_of(const char *path, const char *type)
{
  const char *dot = strrchr(path, '.');

  if (!dot || strchr(dot, '/'))
    dot = "";
  if (!strcmp(dot, ".mp4") || !strcmp(dot, ".mov") ||
      (!*dot &&
       (type ? em_starts(type, "video/") : strstr(path, "/videos/") != NULL)))
    return EM_MP4;
  if (!strcmp(dot, ".jpg") || !strcmp(dot, ".jpeg") ||
      (!*dot && type && !strcmp(type, "image/jpeg")))
    return EM_JPEG;
  return EM_PNG;
}

static void serve(struct em_request *rq, const char *type)
{
  struct em_look look = { .media = media_of(rq->path, type),
                          .width = 64,
                          .height = 64,
                          .duration_ms = 1000,
                          .look = em_hash(rq->path) };
  const char *dot = strrchr(rq->path, '.');
  size_t i;

  rq->reply.status = 200;
  for (i = 0; dot && i < EM_LEN(samples); i++)
    if (!strcmp(dot, samples[i].ending)) {
      em_buf_add(&rq->reply.body, samples[i].bytes, samples[i].len);
      rq->reply.content_type = samples[i].type;
      return;
    }
  rq->reply.content_type = em_media_type(look.media);
  rq->reply.blob = em_picture_get(&rq->server->pictures, &look);
  rq->reply.blob_len = rq->reply.blob->len;
}

bool em_replay_file(struct em_request *rq, struct json_object *steps)
{
  size_t i, n = json_object_array_length(steps);

  if (!em_method(rq, "GET"))
    return false;
  for (i = 0; i < n; i++) {
    struct json_object *step = json_object_array_get_idx(steps, i);
    struct json_object *response = NULL, *body = NULL;
    const char *type = NULL;

    json_object_object_get_ex(step, "response", &response);
    json_object_object_get_ex(response, "body", &body);
    if (!is_named(body, rq, &type) && !in_text(body, rq))
      continue;
    serve(rq, type);
    return true;
  }
  return false;
}
