/* upload.c - the Files API of Studio: start, bytes in pieces, wait until ready.
 *
 * The server says at the start where the bytes go and after each piece whether
 * it wants more; an answer that does not say so has the piece sent again. Files
 * live 48 hours.
 *
 * State: "url" for the bytes, "sent" of them, "again" without an answer, "name"
 * of the file.
 */
#include "google.h"
#include <string.h>

#define PIECE     ((int64_t)8 << 20)
#define AGAIN_MAX 3
#define AGAIN_MS  1000

static int64_t size_of(struct google *g)
{
  const char *s = g->h->input_info(g->c, 0, "size");
  int64_t n = 0;

  for (; s && *s >= '0' && *s <= '9'; s++)
    n = n * 10 + (*s - '0');
  return n;
}

static int is_ascii(const char *s)
{
  while (*s >= ' ' && *s <= '~')
    s++;
  return !*s;
}

/* A header is of ASCII; displayName takes the others. */
static void name_file(struct google *g)
{
  const char *name = g->h->input_info(g->c, 0, "name");

  if (name && is_ascii(name))
    g->h->header(g->c, "x-goog-upload-file-name", name);
}

static int32_t begin(struct google *g)
{
  const struct gamut_host *h = g->h;
  const char *mime = google_mime(g, 0);
  const char *size = h->input_info(g->c, 0, "size");
  struct gamut_json *body = h->json_object(g->c), *file = h->json_object(g->c);
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = GOOGLE_UPLOAD,
                          .method = "POST",
                          .json = body,
                          .url = google_path(g, "/upload", "files") };

  h->json_set_str(file, "mimeType", mime);
  h->json_set_str(file, "displayName", h->input_info(g->c, 0, "name"));
  h->json_set_str(file, "sizeBytes", size);
  h->json_set(body, "file", file);
  h->header(g->c, "x-goog-upload-protocol", "resumable");
  h->header(g->c, "x-goog-upload-command", "start");
  h->header(g->c, "x-goog-upload-header-content-length", size);
  h->header(g->c, "x-goog-upload-header-content-type", mime);
  name_file(g);
  return h->http(g->c, &x);
}

static int32_t send_piece(struct google *g, uint32_t delay_ms)
{
  const struct gamut_host *h = g->h;
  int64_t sent = h->json_int(g->c->state, "sent", 0), left = size_of(g) - sent;
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = GOOGLE_BYTES,
                          .delay_ms = delay_ms,
                          .method = "POST",
                          .url = h->json_str(g->c->state, "url", "") };
  int last = left <= PIECE;

  h->header(g->c, "x-goog-upload-command",
            last ? "upload, finalize" : "upload");
  h->header(g->c, "x-goog-upload-offset",
            h->text(g->c, "%lld", (long long)sent));
  name_file(g);
  h->body_input(g->c, 0, (uint64_t)sent, (uint64_t)(last ? left : PIECE));
  return h->http(g->c, &x);
}

/* With a base of the user's own the bytes go to its host as well. */
static int32_t begun(struct google *g)
{
  const struct gamut_host *h = g->h;
  const char *url = h->reply_header(g->c, "x-goog-upload-url");
  const char *origin = url ? google_origin(g, url) : "";
  const char *ours = google_origin(g, google_base(g));

  if (!url || !strchr(origin, ':'))
    return h->fail(g->c, GAMUT_E_PROTOCOL,
                   "Google did not say where to upload to");
  if (!google_has_own_base(g) && strcmp(origin, ours) != 0)
    return h->fail(g->c, GAMUT_E_PROTOCOL,
                   "Google wants the upload on another host");
  h->json_set_str(g->c->state, "url",
                  h->text(g->c, "%s%s", ours, url + strlen(origin)));
  return send_piece(g, 0);
}

static int32_t wait_for(struct google *g, const struct gamut_json *file)
{
  const struct gamut_host *h = g->h;
  const char *state = h->json_str(file, "state", "ACTIVE");
  const char *name = h->json_str(file, "name", "");
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = GOOGLE_FILE,
                          .delay_ms = 1000,
                          .method = "GET",
                          .url = google_path(g, "", name) };

  if (strcmp(state, "FAILED") == 0 || !h->json_str(file, "uri", NULL))
    return h->fail(g->c, GAMUT_E_PROVIDER, "Google could not use the file");
  if (strcmp(state, "ACTIVE") == 0) {
    h->fact(g->c, "url", h->json_str(file, "uri", NULL));
    return h->done(g->c);
  }
  if (strncmp(name, "files/", 6) != 0 || !google_is_plain(name, "-_/"))
    return h->fail(g->c, GAMUT_E_PROTOCOL, "Google gave the file no name");
  return h->http(g->c, &x);
}

static int32_t send_next(struct google *g)
{
  const struct gamut_host *h = g->h;
  int64_t sent = h->json_int(g->c->state, "sent", 0) + PIECE;

  if (sent >= size_of(g))
    return h->fail(g->c, GAMUT_E_PROVIDER,
                   "Google has all of the file and waits for more");
  h->json_set_int(g->c->state, "sent", sent);
  h->json_set_int(g->c->state, "again", 0);
  return send_piece(g, 0);
}

static int32_t sent(struct google *g)
{
  const struct gamut_host *h = g->h;
  const char *status = h->reply_header(g->c, "x-goog-upload-status");
  int64_t again = h->json_int(g->c->state, "again", 0);

  if (status && strcmp(status, "final") == 0)
    return wait_for(g, h->json_get(g->c->reply->json, "file"));
  if (status && strcmp(status, "active") == 0)
    return send_next(g);
  if (status || again >= AGAIN_MAX)
    return h->fail(g->c, GAMUT_E_PROVIDER, "the upload was broken off: %s",
                   status ? status : "no status");
  h->json_set_int(g->c->state, "again", again + 1);
  return send_piece(g, (uint32_t)AGAIN_MS << again);
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
