#ifndef EM_GOOGLE_H
#define EM_GOOGLE_H

#include "server.h"

#include <json-c/json.h>

/* google.c: Google's error body; `reason` of the ErrorInfo may be NULL. */
void google_error(struct em_request *rq, unsigned status, const char *reason,
                  const char *format, ...) EM_PRINTF(4, 5);
/* What the fault wants instead of an answer. */
void google_fault(struct em_request *rq, const struct em_fault *fault);
/* New work: the books and faults of its prompt; NULL: answered already. */
struct em_job *google_accept(struct em_request *rq, const char *app,
                             const char *model, const char *prompt);
/* `app` NULL: of any sort. */
struct em_job *google_find(struct em_request *rq, const char *app,
                           const char *id);
void google_put_id(const struct em_job *job, struct em_buf *out);
bool google_is_studio(const struct em_request *rq);
/* The bytes of one output as base64. */
void google_put_bytes(struct em_server *sv, const struct em_job *job,
                      unsigned index, struct em_buf *out);

/* google_check.c: a body as strict as the vendor's parser; false: answered. */
bool google_check(struct em_request *rq, const char *method,
                  struct json_object *body);
struct json_object *google_at(struct json_object *o, const char *path);
const char *google_text(struct json_object *o, const char *path);

/* Of a PNG in base64; false when it is none. */
bool google_png_size(const char *base64, uint32_t *w, uint32_t *h);

/* google_image.c, google_video.c: one method each. */
void google_generate(struct em_request *rq, const char *model,
                     struct json_object *body, bool stream);
void google_predict(struct em_request *rq, const char *model,
                    struct json_object *body);
void google_start(struct em_request *rq, const char *model,
                  struct json_object *body);
/* `operation`: what follows the last "/operations/". */
void google_poll(struct em_request *rq, const char *name);
void google_file(struct em_request *rq, const char *id);

/* google_embed.c: false when the method is none of embedding. */
bool google_embeds(struct em_request *rq, const char *model, const char *method,
                   struct json_object *body);

/* google_models.c: false when the path is none of a list. */
bool google_list_models(struct em_request *rq);

/* google_files.c: the Gemini API's files, and Cloud Storage. */
void google_upload(struct em_request *rq);
void google_files(struct em_request *rq, const char *id);
bool google_has_file(const char *uri);
void google_storage_answer(struct em_request *rq);
/* "gs://..." of an output; `words` of the job is the storageUri. */
void google_put_gs(const struct em_job *job, unsigned index,
                   struct em_buf *out);

/* google_token.c: the hosts that give tokens. */
void google_oauth_answer(struct em_request *rq);
void google_sts_answer(struct em_request *rq);
void google_iam_answer(struct em_request *rq);
void google_metadata_answer(struct em_request *rq);
/* Was it given by one of them? */
bool google_token_ok(const char *token);

extern const struct em_host em_google_hosts[];

#endif
