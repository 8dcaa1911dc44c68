/* Veo: start, polls, the operation's end in the form of each surface, and on
 * Studio the download of the file. */
#include "google.h"

#include "fal.h"

#include <stdlib.h>
#include <string.h>

#define PROJECT "projects/123456789012/locations/us-central1"
#define REASON                                                                 \
  "Veo could not generate videos because the output violates Vertex AI's "     \
  "usage guidelines. Support codes: 58061214"

/* The project and place of the path that was asked, else those that an API key
 * leads to. */
static void put_name(struct em_request *rq, const struct em_job *job,
                     struct em_buf *b)
{
  const char *at = strstr(rq->path, "/projects/");
  const char *end = strstr(rq->path, "/publishers/");

  if (google_is_studio(rq))
    em_buf_printf(b, "models/%s/operations/", job->endpoint);
  else
    em_buf_printf(b, "%.*s/publishers/google/models/%s/operations/",
                  at && end ? (int)(end - at) - 1 : (int)strlen(PROJECT),
                  at && end ? at + 1 : PROJECT, job->endpoint);
  google_put_id(job, b);
}

void google_start(struct em_request *rq, const char *model,
                  struct json_object *body)
{
  struct em_server *sv = rq->server;
  const struct em_options *o = sv->options;
  struct json_object *seconds = google_at(body, "parameters/durationSeconds");
  int64_t n = json_object_get_int64(google_at(body, "parameters/sampleCount"));
  bool tall, big;
  struct em_job *job;

  rq->phase = EM_SUBMIT;
  job = google_accept(rq, "operation", model,
                      google_text(body, "instances/0/prompt"));
  if (!job)
    return;
  tall = strcmp(google_text(body, "parameters/aspectRatio"), "9:16") == 0;
  big = strcmp(google_text(body, "parameters/resolution"), "1080p") == 0;
  job->media = EM_MP4;
  job->width = o->width ? o->width : tall ? 720 : 1280;
  job->height = o->height ? o->height : tall ? 1280 : 720;
  if (big && !o->width) {
    job->width = job->width * 3 / 2;
    job->height = job->height * 3 / 2;
  }
  job->duration_ms =
    1000 * (uint32_t)(seconds ? json_object_get_int64(seconds) : 8);
  job->n_outputs = (uint8_t)(n > 0 ? n : 1);
  if (*google_text(body, "parameters/storageUri"))
    job->words = em_strdup(google_text(body, "parameters/storageUri"));
  em_buf_puts(&rq->reply.body, "{\"name\":\"");
  put_name(rq, job, &rq->reply.body);
  em_buf_puts(&rq->reply.body, "\"}");
  rq->reply.status = 200;
}

/* ---- polls -------------------------------------------------------------- */

static void put_videos(struct em_request *rq, struct em_job *job,
                       struct em_buf *b)
{
  bool encoded =
    em_fault_take(&rq->server->faults, job->faults, EM_RESULT, EM_F_INLINE);
  unsigned i;

  em_buf_puts(b,
              google_is_studio(rq) ? "\"generatedSamples\":[" : "\"videos\":[");
  for (i = 0; i < job->n_outputs; i++) {
    em_buf_puts(b, i ? "," : "");
    if (google_is_studio(rq) && encoded) {
      em_buf_puts(b, "{\"video\":{\"encoding\":\"video/mp4\","
                     "\"encodedVideo\":\"");
      google_put_bytes(rq->server, job, i, b);
      em_buf_puts(b, "\"}}");
    } else if (google_is_studio(rq)) {
      em_buf_puts(b, "{\"video\":{\"uri\":\"");
      em_put_origin(rq->server, "generativelanguage.googleapis.com", b);
      em_buf_puts(b, "/v1beta/files/");
      google_put_id(job, b);
      em_buf_puts(b, ":download?alt=media\"}}");
    } else if (job->words) {
      em_buf_puts(b, "{\"mimeType\":\"video/mp4\",\"gcsUri\":\"");
      google_put_gs(job, i, b);
      em_buf_puts(b, "\"}");
    } else {
      em_buf_puts(b, "{\"mimeType\":\"video/mp4\",\"bytesBase64Encoded\":\"");
      google_put_bytes(rq->server, job, i, b);
      em_buf_puts(b, "\"}");
    }
  }
  em_buf_puts(b, "]");
}

static void put_response(struct em_request *rq, struct em_job *job,
                         struct em_buf *b)
{
  struct em_faults *f = &rq->server->faults;
  bool studio = google_is_studio(rq);

  em_buf_puts(b, ",\"done\":true,\"response\":{");
  em_buf_puts(b, studio ? "\"generateVideoResponse\":{" : "");
  if (em_fault_take(f, job->faults, EM_RESULT, EM_F_BLOCKED) ||
      em_fault_take(f, job->faults, EM_RESULT, EM_F_NSFW))
    em_buf_puts(b, "\"raiMediaFilteredCount\":1,\"raiMediaFilteredReasons\":"
                   "[\"" REASON "\"]");
  else if (!em_fault_take(f, job->faults, EM_RESULT, EM_F_EMPTY) &&
           !em_fault_take(f, job->faults, EM_RESULT, EM_F_NOMEDIA))
    put_videos(rq, job, b);
  em_buf_puts(b, studio ? "}}}" : "}}");
}

static void put_operation(struct em_request *rq, struct em_job *job)
{
  struct em_server *sv = rq->server;
  struct em_faults *f = &sv->faults;
  struct em_buf *b = &rq->reply.body;
  bool never = em_fault_take(f, job->faults, EM_STATUS, EM_F_NEVER);

  if (!never)
    job->polls++;
  em_buf_puts(b, "{\"name\":\"");
  put_name(rq, job, b);
  em_buf_puts(b, "\"");
  if (never || em_job_state(job, sv->options, em_now_ms(sv)) != EM_COMPLETED) {
    em_buf_puts(b, "}");
    return;
  }
  job->results++;
  if (em_fault_take(f, job->faults, EM_STATUS, EM_F_FAIL) ||
      em_fault_take(f, job->faults, EM_RESULT, EM_F_FAIL_LATE))
    em_buf_puts(b, ",\"done\":true,\"error\":{\"code\":13,\"message\":"
                   "\"Internal error encountered.\"}}");
  else
    put_response(rq, job, b);
}

void google_poll(struct em_request *rq, const char *name)
{
  struct em_server *sv = rq->server;
  const char *id = strstr(name, "/operations/");
  struct em_job *job =
    id ? google_find(rq, "operation", id + strlen("/operations/")) : NULL;

  rq->phase = EM_STATUS;
  if (!job || em_fault_take(&sv->faults, job->faults, EM_STATUS, EM_F_LOST)) {
    google_error(rq, 404, NULL, "The operation was not found or has expired.");
    return;
  }
  rq->reply.status = 200;
  put_operation(rq, job);
  em_fault_wire(&sv->faults, job->faults, EM_STATUS, &rq->reply.wire);
}

void google_file(struct em_request *rq, const char *id)
{
  struct em_job *job = google_find(rq, "operation", id);

  rq->phase = EM_FILE;
  if (!job || !job->results) {
    google_error(rq, 403, NULL,
                 "You do not have permission to access the File or it may not "
                 "exist.");
    return;
  }
  rq->reply.status = 200;
  rq->reply.content_type = "video/mp4";
  rq->reply.blob = em_file_bytes(rq->server, job, 0);
  rq->reply.blob_len = rq->reply.blob->len;
  rq->server->stats.files_served++;
  em_fault_wire(&rq->server->faults, job->faults, EM_FILE, &rq->reply.wire);
}
