#ifndef EM_HIGGSFIELD_H
#define EM_HIGGSFIELD_H

#include "fal.h"

/* A model: `fields` in the clauses of fal_models.c, Images or Video. */
struct hf_model {
  struct fal_model fields;
  const char *durations; /* whole seconds, "5 10"; NULL: any or none */
  bool first_party;      /* says 422 and a list, others 400 and a sentence */
};

/* higgsfield_models.c: NULL when there is none of that id. */
const struct hf_model *hf_model_find(const char *id);
/* Answers the request and returns false when the input is wrong. */
bool hf_check_input(struct em_request *rq, const struct hf_model *model,
                    struct json_object *input);

/* higgsfield_upload.c */
void hf_answer_upload(struct em_request *rq);
void hf_answer_storage(struct em_request *rq);
/* Has this URL of our own been asked for and filled? */
bool hf_is_stored(const struct em_server *sv, const char *url);

/* higgsfield_output.c */
void hf_put_status(struct em_server *sv, struct em_job *job,
                   struct em_buf *out);
void hf_put_job_set(struct em_server *sv, struct em_job *job,
                    struct em_buf *out);
void hf_answer_fault(struct em_request *rq, const struct em_fault *fault);
void hf_detail(struct em_request *rq, unsigned status, const char *text);

/* higgsfield_hook.c; `body`: the whole of it */
bool hf_good_hook(struct em_request *rq, struct json_object *body);
void hf_add_hook(struct em_request *rq, struct json_object *body,
                 struct em_job *job);

/* higgsfield_account.c: false when the path is none of its own. */
bool hf_answer_account(struct em_request *rq);

/* higgsfield.c */
/* Answers the request when it returns false. */
bool hf_authorised(struct em_request *rq);
bool hf_is_v1(const struct em_job *job);
extern const struct em_host em_higgsfield_hosts[];

#endif
