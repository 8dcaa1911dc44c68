#ifndef EM_RUNWAY_H
#define EM_RUNWAY_H

#include "fal.h"

#define RUNWAY_API     "api.dev.runwayml.com"
#define RUNWAY_FILES   "dnznrvs05pmza.cloudfront.net"
#define RUNWAY_STORAGE "runway-uploads.example.com"
#define RUNWAY_DOCS    "\"docUrl\":\"https://docs.dev.runwayml.com/api\""

/* A model at one kind of work; see runway_models.c. */
struct runway_model {
  const char *work, *name, *fields;
  char unit; /* i: credits for a picture, s: for a second */
  int credits;
};

const struct runway_model *runway_model_find(const char *work,
                                             const char *name);
bool runway_is_work(const char *work);
/* The values of a set, each followed by a space. */
const char *runway_ratios(char set);

/* runway_fields.c: appends what is wrong, issues separated by commas. */
void runway_fields_check(const struct runway_model *model,
                         struct json_object *input, struct em_buf *issues);
/* One issue; `path` is the inside of a JSON list: "\"keyframes\",0". */
void runway_issue(struct em_buf *issues, const char *code, const char *path,
                  const char *format, ...) EM_PRINTF(4, 5);
/* runway_uri.c: is this a file that Runway would take? */
void runway_uri_check(struct json_object *uri, const char *path,
                      struct em_buf *issues);

/* runway_upload.c */
void runway_answer_upload(struct em_request *rq);
void runway_answer_storage(struct em_request *rq);
/* Has this runway:// URI been given and filled? */
bool runway_is_stored(const char *uri);

/* runway_output.c */
void runway_put_task(struct em_server *sv, struct em_job *job,
                     struct em_buf *out);
int runway_credits(const struct em_job *job);
void runway_answer_fault(struct em_request *rq, const struct em_fault *fault);
void runway_error(struct em_request *rq, unsigned status, const char *text);

/* runway_account.c */
void runway_answer_organization(struct em_request *rq);
void runway_answer_usage(struct em_request *rq);

/* runway.c */
/* The body as an object; NULL: it is answered already. */
struct json_object *runway_parse(struct em_request *rq);
extern const struct em_host em_runway_hosts[];

#endif
