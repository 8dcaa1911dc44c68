#ifndef EM_FAL_H
#define EM_FAL_H

#include "server.h"

#include <json-c/json.h>

/* An endpoint: what it takes and what comes out; see fal_models.c. */
struct fal_model {
  const char *id, *in, *out;
};

/* NULL for endpoints that the table does not know: they take anything. */
const struct fal_model *fal_model_find(const char *id);

/* Appends fal's `detail` entries, separated by commas; nothing when all is
 * well. */
void fal_fields_check(const struct fal_model *model, struct json_object *input,
                      struct em_buf *detail);
/* The default of a field, or NULL; `ret_len` bytes of it. */
const char *fal_field_default(const struct fal_model *model, const char *name,
                              size_t *ret_len);

/* fal_check.c: each answers the request when it returns false or NULL. */
bool fal_authorised(struct em_request *rq, const char *app);
/* The lock of an account stands before new work, not before old results. */
bool fal_unlocked(struct em_request *rq);
/* A key that was withdrawn once a job had been taken with it. */
bool fal_not_revoked(struct em_request *rq);
/* A job is seen with the key that it was submitted with. */
uint64_t fal_account(const struct em_request *rq);
bool fal_may_see(const struct em_request *rq, const struct em_job *job);
bool fal_good_headers(struct em_request *rq);
struct json_object *fal_parse_input(struct em_request *rq);

/* fal_shape.c: fills in pixels, duration, number and kind of the outputs. */
void fal_shape(const char *endpoint, const struct fal_model *model,
               struct json_object *input, struct em_job *job);

/* fal_price.c: the units that a job is billed by, as it was shaped, and what that
 * is in millionths of a US dollar; 0: not known. */
unsigned fal_units(const struct em_job *job);
int64_t fal_price(const struct em_job *job);

/* fal_output.c: the status object, and the model's output. */
enum fal_logs { FAL_NO_LOGS, FAL_LOG_WINDOW, FAL_NEW_LOGS };
void fal_put_status(struct em_request *rq, struct em_job *job,
                    enum fal_logs logs, const struct em_fault *failure,
                    struct em_buf *out);
void fal_put_output(struct em_server *sv, struct em_job *job,
                    struct em_buf *out);
/* What a stream says before its end. */
void fal_put_draft(struct em_server *sv, struct em_job *job, double share,
                   struct em_buf *out);
void fal_put_urls(const struct em_server *sv, const struct em_job *job,
                  struct em_buf *out);
/* One refused field: the body of a 422. */
void fal_refusal(struct em_request *rq, const char *type, const char *message,
                 const char *input);
void fal_answer_fault(struct em_request *rq, const struct em_fault *fault,
                      const char *app);
/* Error type -> HTTP status. */
unsigned fal_error_status(const char *error_type);

/* fal_stream.c: the growing picture of an accepted job. */
bool fal_can_stream(const char *endpoint);
void fal_answer_stream(struct em_request *rq, struct em_job *job);

/* fal.c: answers when the result of `job` is a refusal. */
bool fal_refused(struct em_request *rq, struct em_job *job);

/* fal_hook.c: ?fal_webhook= of a submit; false: answered, no work. */
bool fal_good_hook(struct em_request *rq);
void fal_add_hook(struct em_request *rq, struct em_job *job);
void fal_answer_keys(struct em_request *rq);

/* fal_rest.c: rest.fal.ai; a token of it instead of the key. */
void fal_rest_answer(struct em_request *rq);
bool fal_token_ok(const struct em_request *rq, const char *app);

/* fal_platform.c: api.fal.ai. */
void fal_platform_answer(struct em_request *rq);
/* The i-th endpoint that the emulator knows, or NULL. */
const struct fal_model *fal_model_at(size_t i);

/* fal_upload.c: storage of rest.fal.ai; and what is uploaded to the media
 * hosts, false when the path is none of an upload. */
void fal_storage_answer(struct em_request *rq);
bool fal_store_answer(struct em_request *rq);

extern const struct em_host em_fal_hosts[];

/* files.c: the file behind .../files/b/<...>/<job>_<n>.<ext>. */
struct em_blob *em_file_bytes(struct em_server *sv, const struct em_job *job,
                              unsigned index);
const char *em_media_type(enum em_media media);
const char *em_media_suffix(enum em_media media);
void em_files_answer(struct em_request *rq);

#endif
