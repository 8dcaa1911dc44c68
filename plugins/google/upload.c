/* upload.c - the Files API of Studio: start, bytes in pieces, wait until ready.
 *
 * The server says at the start where the bytes go and after each piece whether
 * it wants more.  Files live 48 hours.
 *
 * State: "url" for the bytes, "sent" of them, "name" of the file.
 */
#include "google.h"
#include <string.h>

#define PIECE ((int64_t)8 << 20)

static int64_t size_of(struct google *g)
{
  const char *s = g->h->input_info(g->c, 0, "size");
  int64_t n = 0;

  for (; s && *s >= '0' && *s <= '9'; s++)
    n = n * 10 + (*s - '0');
  return n;
}

static int32_t begin(struct google *g)
{
  const struct gamut_host *h = g->h;
  const char *name = h->input_info(g->c, 0, "name");
  const char *mime = google_mime(g, 0);
  const char *size = h->input_info(g->c, 0, "size");
  struct gamut_json *body = h->json_object(g->c), *file = h->json_object(g->c);
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = GOOGLE_UPLOAD,
                          .method = "POST",
                          .json = body,
                          .url = "/upload/v1beta/files" };

  h->json_set_str(file, "mimeType", mime);
  h->json_set_str(file, "displayName", name);
  h->json_set_str(file, "sizeBytes", size);
  h->json_set(body, "file", file);
  h->header(g->c, "x-goog-upload-protocol", "resumable");
  h->header(g->c, "x-goog-upload-command", "start");
  h->header(g->c, "x-goog-upload-header-content-length", size);
  h->header(g->c, "x-goog-upload-header-content-type", mime);
  if (name && google_is_plain(name, "-._ "))
    h->header(g->c, "x-goog-upload-file-name", name);
  return h->http(g->c, &x);
}

static int32_t send_piece(struct google *g)
{
  const struct gamut_host *h = g->h;
  int64_t sent = h->json_int(g->c->state, "sent", 0), left = size_of(g) - sent;
  const char *name = h->input_info(g->c, 0, "name");
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = GOOGLE_BYTES,
                          .method = "POST",
                          .url = h->json_str(g->c->state, "url", "") };
  int last = left <= PIECE;

  left = last ? left : PIECE;
  h->header(g->c, "x-goog-upload-command",
            last ? "upload, finalize" : "upload");
  h->header(g->c, "x-goog-upload-offset",
            h->text(g->c, "%lld", (long long)sent));
  if (name && google_is_plain(name, "-._ "))
    h->header(g->c, "x-goog-upload-file-name", name);
  h->body_input(g->c, 0, (uint64_t)sent, (uint64_t)left);
  h->json_set_int(g->c->state, "sent", sent + left);
  return h->http(g->c, &x);
}

/* With a base of the user's own the bytes go there as well. */
static int32_t begun(struct google *g)
{
  const struct gamut_host *h = g->h;
  const char *url = h->reply_header(g->c, "x-goog-upload-url");
  const char *path = url ? strstr(url, "://") : NULL;

  path = path ? strchr(path + 3, '/') : NULL;
  if (!path)
    return h->fail(g->c, GAMUT_E_PROTOCOL,
                   "Google did not say where to upload to");
  if (google_has_own_base(g))
    url = path;
  else if (strncmp(url, google_preset_base(1), strlen(google_preset_base(1))) !=
           0)
    return h->fail(g->c, GAMUT_E_PROTOCOL,
                   "Google wants the upload on another host");
  h->json_set_str(g->c->state, "url", url);
  return send_piece(g);
}

static int32_t wait_for(struct google *g, const struct gamut_json *file)
{
  const struct gamut_host *h = g->h;
  const char *state = h->json_str(file, "state", "ACTIVE");
  const char *name = h->json_str(file, "name", "");
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = GOOGLE_FILE,
                          .delay_ms = 1000,
                          .method = "GET" };

  if (strcmp(state, "FAILED") == 0 || !h->json_str(file, "uri", NULL))
    return h->fail(g->c, GAMUT_E_PROVIDER, "Google could not use the file");
  if (strcmp(state, "ACTIVE") == 0) {
    h->fact(g->c, "url", h->json_str(file, "uri", NULL));
    return h->done(g->c);
  }
  if (strncmp(name, "files/", 6) != 0 || !google_is_plain(name, "-_/"))
    return h->fail(g->c, GAMUT_E_PROTOCOL, "Google gave the file no name");
  x.url = h->text(g->c, "/v1beta/%s", name);
  return h->http(g->c, &x);
}

static int32_t sent(struct google *g)
{
  const struct gamut_host *h = g->h;
  const char *status = h->reply_header(g->c, "x-goog-upload-status");

  if (status && strcmp(status, "active") == 0)
    return send_piece(g);
  if (!status || strcmp(status, "final") != 0)
    return h->fail(g->c, GAMUT_E_PROVIDER, "the upload was broken off: %s",
                   status ? status : "no status");
  return wait_for(g, h->json_get(g->c->reply->json, "file"));
}

int32_t google_upload(void *instance, struct gamut_call *c)
{
  struct google g = { .c = c, .h = c->host, .studio = 1 };

  (void)instance;
  if (c->event == GAMUT_EV_START)
    return begin(&g);
  if (c->phase == GOOGLE_UPLOAD)
    return begun(&g);
  if (c->phase == GOOGLE_BYTES)
    return sent(&g);
  return wait_for(&g, c->reply->json);
}
