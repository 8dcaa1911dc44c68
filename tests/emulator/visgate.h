#ifndef EM_VISGATE_H
#define EM_VISGATE_H

#include "fal.h"

#define VISGATE_API   "visgateai.com"
#define VISGATE_FILES "storage.googleapis.com"

enum vg_endpoint { VG_GENERATE, VG_IMAGES, VG_VIDEOS };

/* A model of the list; see visgate_models.c. */
struct vg_model {
  const char *id, *name, *provider;
  const char *can;    /* capabilities, separated by blanks */
  const char *fields; /* of the provider behind: clauses as in fal_models.c */
  char unit;          /* what is charged: m megapixel, i image, s second */
  int64_t micro;      /* dollars' millionths a unit */
};

/* What a job costs and how it came about; in job->app as text. */
struct vg_bill {
  int64_t provider_micro, billed_micro;
  bool byok, cached;
};

/* visgate.c */
bool vg_is_ours(const struct em_job *job);
void vg_read_bill(const struct em_job *job, struct vg_bill *bill);
void vg_put_time(int64_t us, struct em_buf *out);
/* The host of its files is in hosts.c: others have theirs there as well. */
void vg_answer_files(struct em_request *rq);
extern const struct em_host em_visgate_hosts[];

/* visgate_models.c */
const struct vg_model *vg_model_find(const char *id);
const struct vg_model *vg_model_at(size_t i); /* NULL past the end */
bool vg_makes_videos(const struct vg_model *model);
void vg_answer_models(struct em_request *rq, const char *id);

/* visgate_check.c: each answers the request when it returns false or NULL. */
bool vg_authorised(struct em_request *rq);
bool vg_may_start(struct em_request *rq);
bool vg_good_headers(struct em_request *rq, enum vg_endpoint endpoint);
struct json_object *vg_parse(struct em_request *rq);
const struct vg_model *vg_check(struct em_request *rq,
                                enum vg_endpoint endpoint,
                                struct json_object *input);
/* The member as text, or NULL. */
const char *vg_text(struct json_object *o, const char *name);

/* visgate_output.c: a finished job as its endpoint answers it, a job as it is
 * polled, what an accepted job is told, and errors. */
void vg_put_result(struct em_request *rq, struct em_job *job,
                   enum vg_endpoint endpoint);
void vg_put_job(struct em_request *rq, struct em_job *job);
void vg_error(struct em_request *rq, unsigned status, const char *code,
              const char *details, const char *format, ...) EM_PRINTF(5, 6);
void vg_answer_fault(struct em_request *rq, const struct em_fault *fault,
                     const struct vg_model *model);

/* visgate_account.c: false when it is none of the account's paths. */
bool vg_answer_account(struct em_request *rq);

#endif
