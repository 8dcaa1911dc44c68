/* Files: uploaded with a form, named by id in edits, read back, deleted. */
#include "openai.h"

#include <stdlib.h>
#include <string.h>

#define FILES 64 /* the newest */

static struct stored {
  char id[OPENAI_ID_SIZE], name[64], type[40], purpose[24];
  long long created;
  struct em_blob *blob;
} files[FILES];
static size_t n_files;

static struct stored *find(const char *id, size_t len)
{
  size_t i;

  for (i = 0; i < FILES; i++)
    if (files[i].blob && em_streq_n(files[i].id, id, len))
      return &files[i];
  return NULL;
}

bool openai_has_file(const char *id)
{
  return find(id, strlen(id)) != NULL;
}

static void put_file(const struct stored *f, struct em_buf *b)
{
  em_buf_printf(b,
                "{\"id\":\"%s\",\"object\":\"file\",\"bytes\":%zu,"
                "\"created_at\":%lld,\"expires_at\":null,\"filename\":",
                f->id, f->blob->len, f->created);
  em_buf_json(b, f->name);
  em_buf_printf(b,
                ",\"purpose\":\"%s\",\"status\":\"processed\","
                "\"status_details\":null}",
                f->purpose);
}

static void forget(struct stored *f)
{
  em_blob_unref(f->blob);
  memset(f, 0, sizeof(*f));
}

static struct stored *keep(struct em_server *sv, const struct openai_file *file,
                           const char *purpose)
{
  struct stored *f = &files[n_files++ % FILES];

  if (f->blob)
    forget(f);
  f->blob = em_alloc(sizeof(*f->blob) + file->len + 1);
  f->blob->refs = 1;
  f->blob->len = file->len;
  memcpy(f->blob->bytes, file->bytes, file->len);
  openai_new_id(sv, "file-", f->id);
  memcpy(f->name, file->filename, sizeof(f->name));
  memcpy(f->type, file->type, sizeof(f->type));
  strncat(f->purpose, purpose, sizeof(f->purpose) - 1);
  f->created = em_wall_us() / 1000000;
  return f;
}

static bool is_purpose(const char *text)
{
  static const char *const known[] = { "vision", "user_data", "assistants",
                                       "batch",  "fine-tune", "evals" };
  size_t i;

  for (i = 0; i < EM_LEN(known); i++)
    if (!strcmp(known[i], text))
      return true;
  return false;
}

static void take(struct em_request *rq)
{
  const struct openai_file *file;
  const char *purpose;
  struct openai_input in;

  if (!openai_parse(rq, &in))
    return;
  file = openai_file(&in, "file");
  purpose = openai_text(&in, "purpose");
  if (!file || !purpose)
    openai_error(rq, 400, "invalid_request_error", file ? "purpose" : "file",
                 "missing_required_parameter",
                 "Missing required parameter: '%s'.",
                 file ? "purpose" : "file");
  else if (!is_purpose(purpose))
    openai_error(rq, 400, "invalid_request_error", "purpose", "invalid_value",
                 "Invalid value: '%.40s'.", purpose);
  else {
    put_file(keep(rq->server, file, purpose), &rq->reply.body);
    rq->reply.status = 200;
  }
  openai_input_finish(&in);
}

static void answer_one(struct em_request *rq, struct stored *f,
                       const char *rest)
{
  bool get = em_method(rq, "GET");

  rq->reply.status = 200;
  if (get && !*rest) {
    put_file(f, &rq->reply.body);
  } else if (get && !strcmp(rest, "/content")) {
    f->blob->refs++;
    rq->reply.blob = f->blob;
    rq->reply.blob_len = f->blob->len;
    rq->reply.content_type = *f->type ? f->type : "application/octet-stream";
  } else if (em_method(rq, "DELETE") && !*rest) {
    em_buf_printf(&rq->reply.body,
                  "{\"id\":\"%s\",\"object\":\"file\",\"deleted\":true}",
                  f->id);
    forget(f);
  } else {
    openai_not_here(rq);
  }
}

void openai_files(struct em_request *rq, const char *path)
{
  const char *id = path + (*path == '/'), *rest = id + strcspn(id, "/");
  const struct em_fault *fault;
  struct stored *f;

  rq->phase = EM_UPLOAD;
  if (!*id && em_method(rq, "POST")) {
    fault = em_fault_instead(&rq->server->faults, NULL, EM_UPLOAD);
    if (fault)
      openai_fault(rq, fault);
    else
      take(rq);
    em_fault_wire(&rq->server->faults, NULL, EM_UPLOAD, &rq->reply.wire);
    return;
  }
  f = find(id, (size_t)(rest - id));
  if (f)
    answer_one(rq, f, rest);
  else
    openai_error(rq, 404, "invalid_request_error", "id", NULL,
                 "No such File object: %.80s", id);
}
