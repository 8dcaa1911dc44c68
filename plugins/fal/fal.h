/* fal.h - what the files of the fal provider share. */
#ifndef FAL_H
#define FAL_H

#include <gamut/plugin.h>

/* The exchanges; their names are in fal.c. */
enum {
  FAL_SUBMIT,
  FAL_STATUS,
  FAL_RESULT,
  FAL_CANCEL,
  FAL_WATCH, /* the status as a stream */
  FAL_RUN,
  FAL_STREAM,
  FAL_INITIATE,
  FAL_PUT,
  FAL_PART,
  FAL_COMPLETE,
  FAL_MODELS, /* from here on: no job's */
  FAL_PRICES,
  FAL_BALANCE,
  FAL_KEYS /* public ones, of webhooks */
};

/* fal.c: an exchange with fal's API, through a proxy where there is one; and
 * the paid POST, whatever its URL: body and headers. */
int32_t fal_http(struct gamut_call *c, struct gamut_http *x);
int32_t fal_post(struct gamut_call *c, struct gamut_http *x);

/* direct.c: past the queue. */
int32_t fal_run(struct gamut_call *c);
int32_t fal_ran(struct gamut_call *c);
int32_t fal_stream(struct gamut_call *c);
int32_t fal_event(struct gamut_call *c);
int32_t fal_streamed(struct gamut_call *c);

/* input.c: the request in fal's words.  *ret_wrong: what the model cannot
 * take, as a sentence, else left alone. */
struct gamut_json *fal_input(struct gamut_call *c, const char **ret_wrong);
/* The path of the submit, "fal-ai/flux/dev"; NULL when the model's id is none.
 * And how much of it is the path of everything after it, "fal-ai/flux". */
const char *fal_endpoint(struct gamut_call *c);
int fal_app_len(const char *id);
/* Letters, digits, '.', '_' and '-' only, and not just dots. */
int fal_is_word(const char *s);
int fal_is_video(struct gamut_call *c);

/* options.c: 0, or how the step ends. */
int32_t fal_check_options(struct gamut_call *c);
/* A string, or a value's JSON text; NULL: not given. */
const char *fal_option(struct gamut_call *c, const char *name);
int fal_option_is(struct gamut_call *c, const char *name, const char *want);
/* Which way the job goes: "queue", "run" or "stream". */
const char *fal_mode(struct gamut_call *c);
/* How long files shall live, as fal wants it told (NULL: not said), and in
 * seconds (0: no limit known). */
const char *fal_lifecycle(struct gamut_call *c);
int64_t fal_life_s(struct gamut_call *c);
void fal_job_headers(struct gamut_call *c, int queued);

/* output.c: the queue's news; what a stream has so far; the end of the job,
 * with what `output` holds. */
void fal_progress(struct gamut_call *c, const char *status);
void fal_partial(struct gamut_call *c);
/* What the reply says of its price, also that of a failure. */
void fal_billed(struct gamut_call *c);
int32_t fal_output(struct gamut_call *c, const struct gamut_json *output);
/* Has any entry of an error's list this type? */
int fal_has_type(struct gamut_call *c, const struct gamut_json *error,
                 const char *type);

/* upload.c, query.c, webhook.c */
extern const struct gamut_upload fal_upload;
extern const struct gamut_models fal_models;
extern const struct gamut_account fal_account;
extern const struct gamut_webhook fal_webhook;

#endif
