/* The Gemini API's files: a resumable upload (start, then chunks of 8 MiB, the
 * last one shorter), reading, deleting, and naming them in a request.  Files of
 * Veo are videos that were generated; they are behind ":download" only. */
#include "google.h"

#include "fal.h"
#include "visgate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES 64 /* the newest */

static struct stored {
  char id[20], type[60], name[80];
  size_t announced;
  bool whole;
  struct em_blob *blob;
} files[FILES];
static size_t n_files;

static struct stored *find(const char *id, size_t len)
{
  size_t i;

  for (i = 0; len && i < FILES; i++)
    if (em_streq_n(files[i].id, id, len))
      return &files[i];
  return NULL;
}

bool google_has_file(const char *uri)
{
  const char *id = strstr(uri, "/files/");
  const struct stored *f = id ? find(id + 7, strlen(id + 7)) : NULL;

  return f && f->whole;
}

static void forget(struct stored *f)
{
  em_blob_unref(f->blob);
  memset(f, 0, sizeof(*f));
}

static void put_file(const struct em_server *sv, const struct stored *f,
                     struct em_buf *b)
{
  em_buf_printf(b, "{\"name\":\"files/%s\",\"displayName\":", f->id);
  em_buf_json(b, f->name);
  em_buf_printf(b,
                ",\"mimeType\":\"%s\",\"sizeBytes\":\"%zu\",\"createTime\":"
                "\"2026-11-20T10:00:00Z\",\"expirationTime\":"
                "\"2026-11-22T10:00:00Z\",\"uri\":\"",
                f->type, f->announced);
  em_put_origin(sv, "generativelanguage.googleapis.com", b);
  em_buf_printf(b,
                "/v1beta/files/%s\",\"state\":\"ACTIVE\",\"source\":"
                "\"UPLOADED\"}",
                f->id);
}

/* ---- the upload --------------------------------------------------------- */

static bool header_is(const struct em_request *rq, const char *name,
                      const char *value)
{
  const char *text = em_header(rq, name);

  return text && !strcasecmp(text, value);
}

static void start(struct em_request *rq)
{
  const char *len = em_header(rq, "X-Goog-Upload-Header-Content-Length");
  const char *type = em_header(rq, "X-Goog-Upload-Header-Content-Type");
  struct json_object *body =
    rq->body.data ? json_tokener_parse(rq->body.data) : NULL;
  struct stored *f = &files[n_files % FILES];
  struct em_buf url = { 0 };
  int64_t n = 0;

  if (!header_is(rq, "X-Goog-Upload-Protocol", "resumable") ||
      !header_is(rq, "X-Goog-Upload-Command", "start") || !type ||
      strlen(type) >= sizeof(f->type) || !len ||
      !em_parse_int(len, strlen(len), 1, (int64_t)2 << 30, &n) ||
      !json_object_is_type(google_at(body, "file"), json_type_object)) {
    google_error(rq, 400, NULL, "Invalid resumable upload request.");
    json_object_put(body);
    return;
  }
  forget(f);
  snprintf(f->id, sizeof(f->id), "%012llx",
           (unsigned long long)em_mix(rq->server->jobs.salt ^ ++n_files) >> 16);
  snprintf(f->type, sizeof(f->type), "%s", type);
  snprintf(f->name, sizeof(f->name), "%.79s",
           google_text(body, "file/displayName"));
  f->announced = (size_t)n;
  json_object_put(body);
  em_put_origin(rq->server, "generativelanguage.googleapis.com", &url);
  em_buf_printf(
    &url, "/upload/v1beta/files?upload_id=%s&upload_protocol=resumable", f->id);
  em_reply_header(rq, "x-goog-upload-url", "%s", url.data);
  em_reply_header(rq, "x-goog-upload-status", "active");
  em_reply_text(rq, 200, NULL, "");
  em_buf_finish(&url);
}

static void append(struct stored *f, const struct em_buf *body)
{
  size_t had = f->blob ? f->blob->len : 0;
  struct em_blob *all = em_alloc(sizeof(*all) + had + body->len + 1);

  all->refs = 1;
  all->len = had + body->len;
  if (had)
    memcpy(all->bytes, f->blob->bytes, had);
  if (body->len)
    memcpy(all->bytes + had, body->data, body->len);
  em_blob_unref(f->blob);
  f->blob = all;
}

/* Chunks come in order; all but the last are multiples of 256 KiB. */
static void take(struct em_request *rq, struct stored *f)
{
  const char *offset = em_header(rq, "X-Goog-Upload-Offset");
  const char *command = em_header(rq, "X-Goog-Upload-Command");
  size_t had = f->blob ? f->blob->len : 0;
  bool last = command && strstr(command, "finalize");
  int64_t at = -1;

  if (!offset || !command || !em_starts(command, "upload") || f->whole ||
      !em_parse_int(offset, strlen(offset), 0, INT64_MAX, &at) ||
      (size_t)at != had || (!last && rq->body.len % (256u << 10)) ||
      had + rq->body.len > f->announced ||
      (last && had + rq->body.len != f->announced)) {
    google_error(rq, 400, NULL, "Invalid upload: offset, command or size.");
    return;
  }
  append(f, &rq->body);
  f->whole = last;
  em_reply_header(rq, "x-goog-upload-status", last ? "final" : "active");
  if (last) {
    em_buf_puts(&rq->reply.body, "{\"file\":");
    put_file(rq->server, f, &rq->reply.body);
    em_buf_puts(&rq->reply.body, "}");
  }
  rq->reply.status = 200;
}

void google_upload(struct em_request *rq)
{
  const char *id = em_query(rq, "upload_id");
  struct stored *f = id ? find(id, strlen(id)) : NULL;

  rq->phase = EM_UPLOAD;
  if (id && !f)
    google_error(rq, 404, NULL, "The upload was not found.");
  else if (f)
    take(rq, f);
  else
    start(rq);
}

/* ---- what is there ------------------------------------------------------ */

static void list(struct em_request *rq)
{
  struct em_buf *b = &rq->reply.body;
  bool any = false;
  size_t i;

  em_buf_puts(b, "{\"files\":[");
  for (i = 0; i < FILES; i++)
    if (files[i].whole) {
      em_buf_puts(b, any ? "," : "");
      put_file(rq->server, &files[i], b);
      any = true;
    }
  em_buf_puts(b, "]}");
  rq->reply.status = 200;
}

/* "files", "files/<id>", "files/<id>:download" */
void google_files(struct em_request *rq, const char *id)
{
  struct stored *f = find(id, strcspn(id, ":"));
  bool get = em_method(rq, "GET");

  rq->phase = EM_FILE;
  if (!*id && get) {
    list(rq);
  } else if (!f && get) {
    google_file(rq, id);
  } else if (!f || !f->whole) {
    google_error(rq, 403, NULL,
                 "You do not have permission to access the File %.40s or it "
                 "may not exist.",
                 id);
  } else if (em_method(rq, "DELETE")) {
    forget(f);
    em_reply_json(rq, 200, "{}");
  } else if (strchr(id, ':')) {
    google_error(rq, 400, NULL, "Only generated files can be downloaded.");
  } else {
    put_file(rq->server, f, &rq->reply.body);
    rq->reply.status = 200;
  }
}

/* ---- Cloud Storage ------------------------------------------------------ */

void google_put_gs(const struct em_job *job, unsigned index, struct em_buf *out)
{
  const char *to = job->words;

  em_buf_puts(out, to);
  if (to[strlen(to) - 1] != '/')
    em_buf_puts(out, "/");
  google_put_id(job, out);
  em_buf_printf(out, "/sample_%u.%s", index, em_media_suffix(job->media));
}

/* GET /storage/v1/b/<bucket>/o/<object>?alt=media: what a job wrote there. */
void google_storage_answer(struct em_request *rq)
{
  const char *bearer = em_header(rq, "Authorization");
  const char *mark = strstr(rq->path, "/sample_"), *alt = em_query(rq, "alt");
  unsigned index = mark ? (unsigned)strtoul(mark + 8, NULL, 10) : 0;
  struct em_job *job = NULL;
  struct em_buf name = { 0 };

  /* The host is Google's for everybody's buckets. */
  if (em_starts(rq->path, VISGATE_BUCKET "/")) {
    visgate_files_answer(rq);
    return;
  }
  rq->phase = EM_FILE;
  if (em_header(rq, "x-goog-api-key"))
    rq->server->stats.credentials_leaked++;
  if (mark && mark - rq->path > 32)
    job = google_find(rq, NULL, mark - 32);
  if (job && job->words && index < job->n_outputs)
    google_put_gs(job, index, &name);
  if (!bearer || !em_starts(bearer, "Bearer ") || !google_token_ok(bearer + 7))
    google_error(rq, 401, NULL,
                 "Anonymous caller does not have "
                 "storage.objects.get access to the object.");
  else if (!em_starts(rq->path, "/storage/v1/b/") || !alt ||
           strcmp(alt, "media") != 0 || !name.len ||
           !strstr(rq->path, strrchr(name.data, '/')))
    google_error(rq, 404, NULL, "No such object.");
  else {
    rq->reply.status = 200;
    rq->reply.content_type = em_media_type(job->media);
    rq->reply.blob = em_file_bytes(rq->server, job, index);
    rq->reply.blob_len = rq->reply.blob->len;
    rq->server->stats.files_served++;
  }
  em_buf_finish(&name);
}
