/* upload.c - local files, so that requests stay small.
 *
 * Two exchanges: the API gives a form of the storage and the runway:// URI, the
 * storage takes the form.  Its fields come first and in the order given, the
 * file last, or the storage refuses; it gets no header of the API's, which the
 * host sees to, since they belong to another origin.  An upload is good for a
 * day.
 *
 * State: "uri", from the first exchange to the second.
 */
#include "runway.h"
#include <string.h>

/* What is smaller the storage refuses; above it would take up to 200 MB, while
 * data: URIs end at 5 MB. */
#define INLINE_MAX 511u
#define TTL_S      (23u * 3600)

static const struct {
  const char *mime, *ending;
} endings[] = {
  { "image/png", ".png" },   { "image/jpeg", ".jpg" },
  { "image/jpeg", ".jpeg" }, { "image/webp", ".webp" },
  { "video/mp4", ".mp4" },   { "video/quicktime", ".mov" },
  { "video/webm", ".webm" }, { "audio/mpeg", ".mp3" },
  { "audio/wav", ".wav" },   { "audio/flac", ".flac" },
  { "audio/mp4", ".m4a" },   { "audio/aac", ".aac" },
};
#define N_ENDINGS (sizeof(endings) / sizeof(endings[0]))

/* Does the name end like that, in whatever case? */
static int ends(const char *name, const char *ending)
{
  size_t i, len = strlen(name), n = strlen(ending);

  if (len <= n)
    return 0;
  for (i = 0; i < n; i++) {
    char ch = name[len - n + i];

    if ((ch >= 'A' && ch <= 'Z' ? ch - 'A' + 'a' : ch) != ending[i])
      return 0;
  }
  return 1;
}

/* Runway goes by the ending of the name, so there is one that it knows. */
static const char *file_name(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *name = h->input_info(c, 0, "name");
  const char *mime = h->input_info(c, 0, "mime");
  size_t i;

  if (!name || !*name)
    name = "file";
  for (i = 0; i < N_ENDINGS; i++)
    if (ends(name, endings[i].ending))
      return name;
  for (i = 0; mime && i < N_ENDINGS; i++)
    if (strcmp(endings[i].mime, mime) == 0)
      return h->text(c, "%s%s", name, endings[i].ending);
  return name;
}

static int32_t ask_for_form(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_http x = { .phase = UPLOAD,
                          .method = "POST",
                          .url = "/v1/uploads" };
  struct gamut_json *body = h->json_object(c);

  h->json_set_str(body, "filename", file_name(c));
  h->json_set_str(body, "type", "ephemeral");
  x.json = body;
  return runway_http(c, &x);
}

static int32_t send_form(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *r = c->reply->json, *field;
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = STORE,
                          .flags = GAMUT_HTTP_ALL | GAMUT_HTTP_PROBE,
                          .method = "POST" };
  const char *uri = h->json_str(r, "runwayUri", ""), *name;
  uint32_t i;

  x.url = h->json_str(r, "uploadUrl", "");
  if (!*uri || (strncmp(x.url, "https://", 8) && strncmp(x.url, "http://", 7)))
    return h->fail(c, GAMUT_E_PROTOCOL, "runway gave no place to upload to");
  h->json_set_str(c->state, "uri", uri);
  for (i = 0; (field = h->json_member(h->json_get(r, "fields"), i, &name)); i++)
    h->part_text(c, name, h->json_str(field, "", ""));
  h->part_input(c, "file", 0);
  return h->http(c, &x);
}

static int32_t stored(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;

  /* The form is good for one try, so silence (status 0) ends it as well; and a
   * 403 of the storage says nothing of our key. */
  if (c->reply->status == 0)
    return h->fail(c, GAMUT_E_PROVIDER,
                   "runway's storage did not answer the upload");
  if (c->reply->status >= 300)
    return h->fail(c, GAMUT_E_PROVIDER,
                   "runway's storage refused the upload (HTTP %d)",
                   (int)c->reply->status);
  h->fact(c, "url", h->json_str(c->state, "uri", NULL));
  return h->done(c);
}

static int32_t upload(void *instance, struct gamut_call *c)
{
  (void)instance;
  if (c->event == GAMUT_EV_START)
    return ask_for_form(c);
  return c->phase == UPLOAD ? send_form(c) : stored(c);
}

const struct gamut_upload runway_upload = {
  .struct_size = sizeof(runway_upload),
  .ttl_s = TTL_S,
  .inline_max = INLINE_MAX,
  .upload = upload,
};
