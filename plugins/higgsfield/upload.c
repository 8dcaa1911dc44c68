/* upload.c - local files: Higgsfield names a place in its storage, the bytes go
 * there, models get the public URL.
 *
 * The storage is another host.  It wants every header that Higgsfield lists,
 * down to the tags (the official clients send only the type and rely on luck),
 * and must not see the key.
 */
#include "higgsfield.h"
#include <string.h>

static int32_t ask(struct gamut_call *c)
{
  static const char *const types[] = {
    "image/jpeg", "image/jpg", "image/png",   "image/webp",
    "image/gif",  "audio/wav", "audio/x-wav", "video/mp4",
  };
  const struct gamut_host *h = c->host;
  const char *mime = h->input_info(c, 0, "mime");
  const char *name = h->input_info(c, 0, "name");
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = HF_UPLOAD,
                          .method = "POST",
                          .url = "/files/generate-upload-url" };
  struct gamut_json *body = h->json_object(c);
  size_t i;

  for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
    if (mime && strcmp(types[i], mime) == 0)
      break;
  if (i == sizeof(types) / sizeof(types[0]))
    return h->fail(c, GAMUT_E_UNSUPPORTED,
                   "'%s' is %s; Higgsfield takes JPEG, PNG, WebP, GIF, WAV, "
                   "MP4",
                   name ? name : "", mime ? mime : "of no known type");
  h->json_set_str(body, "content_type", mime);
  x.json = body;
  return h->http(c, &x);
}

/* How the message is framed is the host's business. */
static int is_framing(const char *name)
{
  static const char *const ours[] = { "host", "content-length", "connection",
                                      "transfer-encoding" };
  size_t i, n;

  for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
    for (n = 0; ours[i][n] && (name[n] | 0x20) == (ours[i][n] | 0x20);)
      n++;
    if (!ours[i][n] && !name[n])
      return 1;
  }
  return 0;
}

static void add_headers(struct gamut_call *c, const struct gamut_json *list)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *value;
  const char *name, *text;
  uint32_t i;

  for (i = 0; (value = h->json_member(list, i, &name)); i++) {
    text = h->json_str(value, "", NULL);
    if (!text)
      text = h->json_text(c, value);
    if (name && !is_framing(name))
      h->header(c, name, text);
  }
}

static int32_t store(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *r = c->reply->json;
  const char *url = h->json_str(r, "public_url", "");
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = HF_STORE,
                          .flags = GAMUT_HTTP_ALL | GAMUT_HTTP_PROBE,
                          .method = "PUT",
                          .url = h->json_str(r, "upload_url", NULL),
                          .body_type = h->input_info(c, 0, "mime") };

  if (!x.url || strncmp(x.url, "http", 4) != 0 || strncmp(url, "http", 4) != 0)
    return h->fail(c, GAMUT_E_PROTOCOL,
                   "Higgsfield names no place for an upload");
  h->json_set_str(c->state, "url", url);
  add_headers(c, h->json_get(r, "upload_headers"));
  h->body_input(c, 0, 0, 0);
  return h->http(c, &x);
}

/* The place is good for one try, so silence (status 0) ends it as well; and a 403
 * of the storage, which is somebody else, says nothing of our credits. */
static int32_t stored(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;

  if (c->reply->status == 0)
    return h->fail(c, GAMUT_E_PROVIDER,
                   "Higgsfield's storage did not answer the upload");
  if (c->reply->status >= 300)
    return h->fail(c, GAMUT_E_PROVIDER,
                   "Higgsfield's storage refused the upload (HTTP %d)",
                   (int)c->reply->status);
  h->fact(c, "url", h->json_str(c->state, "url", NULL));
  return h->done(c);
}

static int32_t upload(void *instance, struct gamut_call *c)
{
  (void)instance;
  if (c->event == GAMUT_EV_START)
    return ask(c);
  return c->phase == HF_UPLOAD ? store(c) : stored(c);
}

/* data: URIs are not documented as inputs, so even small files are uploaded.
 * How long the storage keeps them is not told; an hour is what the place is
 * reserved for. */
const struct gamut_upload hf_upload = {
  .struct_size = sizeof(hf_upload),
  .ttl_s = 3600,
  .inline_max = 0,
  .upload = upload,
};
