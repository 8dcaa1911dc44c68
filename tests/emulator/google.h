#ifndef EM_GOOGLE_H
#define EM_GOOGLE_H

#include "server.h"

#include <json-c/json.h>

/* google.c: Google's error body; `reason` of the ErrorInfo may be NULL. */
void google_error(struct em_request *rq, unsigned status, const char *reason,
                  const char *format, ...) EM_PRINTF(4, 5);
/* New work: the books and faults of its prompt; NULL: answered already. */
struct em_job *google_accept(struct em_request *rq, const char *app,
                             const char *model, const char *prompt);
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

/* google_token.c: the hosts that give tokens. */
void google_oauth_answer(struct em_request *rq);
void google_sts_answer(struct em_request *rq);
void google_iam_answer(struct em_request *rq);
void google_metadata_answer(struct em_request *rq);
/* Was it given by one of them? */
bool google_token_ok(const char *token);

extern const struct em_host em_google_hosts[];

#endif
