/* input_type.c - does a data: URI say what its bytes are?  Types have several
 * names, and a container is one whatever is in it, so families are compared. */
#include "base/str.h"
#include "job/input.h"
#include <string.h>

static const struct {
  const char *type, *family;
} types[] = {
  { "image/jpeg", "jpeg" },
  { "image/jpg", "jpeg" },
  { "image/pjpeg", "jpeg" },
  { "image/png", "png" },
  { "image/x-png", "png" },
  { "image/apng", "png" },
  { "image/webp", "webp" },
  { "image/gif", "gif" },
  { "image/bmp", "bmp" },
  { "image/x-ms-bmp", "bmp" },
  { "image/tiff", "tiff" },
  { "image/avif", "avif" },
  { "image/heic", "heif" },
  { "image/heif", "heif" },
  { "image/jxl", "jxl" },
  { "image/svg+xml", "svg" },
  { "video/mp4", "mp4" },
  { "video/x-m4v", "mp4" },
  { "video/quicktime", "mp4" },
  { "video/mov", "mp4" },
  { "audio/mp4", "mp4" },
  { "audio/m4a", "mp4" },
  { "audio/x-m4a", "mp4" },
  { "video/webm", "matroska" },
  { "audio/webm", "matroska" },
  { "video/x-matroska", "matroska" },
  { "audio/x-matroska", "matroska" },
  { "video/ogg", "ogg" },
  { "audio/ogg", "ogg" },
  { "audio/opus", "ogg" },
  { "audio/wav", "wav" },
  { "audio/wave", "wav" },
  { "audio/x-wav", "wav" },
  { "audio/vnd.wave", "wav" },
  { "audio/flac", "flac" },
  { "audio/x-flac", "flac" },
  { "audio/mpeg", "mpeg" },
  { "audio/mp3", "mpeg" },
  { "audio/x-mp3", "mpeg" },
  { "audio/aac", "aac" },
  { "audio/x-aac", "aac" },
};

static const char *family_of(const char *type)
{
  size_t i;

  for (i = 0; i < GM_LEN(types); i++)
    if (gm_strieq(types[i].type, type))
      return types[i].family;
  return NULL;
}

/* image/..., video/..., audio/...: the same word? */
static bool same_kind(const char *a, const char *b)
{
  size_t n = strcspn(a, "/");
  char x[16] = "", y[16] = "";

  if (n >= sizeof(x) || n != strcspn(b, "/"))
    return false;
  memcpy(x, a, n);
  memcpy(y, b, n);
  return gm_strieq(x, y);
}

bool gm_input_contradicts(const char *head, const char *found)
{
  const char *said, *is = family_of(found);
  char type[80] = "";
  size_t len;

  if (!gm_starts(head, "data:"))
    return false;
  len = strcspn(head + 5, ";,");
  if (len >= sizeof(type))
    return true;
  memcpy(type, head + 5, len);
  if (len == 0 || gm_strieq(type, "application/octet-stream") ||
      gm_strieq(type, "binary/octet-stream"))
    return false; /* says nothing */
  said = family_of(type);
  return said && is ? strcmp(said, is) != 0 : !same_kind(type, found);
}
