/* pure.h - one recording played to one provider; see run_pure.c. */
#ifndef GM_TESTS_PURE_H
#define GM_TESTS_PURE_H

#include "base/file.h"
#include "base/str.h"
#include "loop/sse.h"
#include "plugin/call.h"

struct pure {
  const char *provider;
  struct json_object *catalog, *recording, *ask;
  char why[1000]; /* the first thing that is not as it should be */

  /* private to pure.c */
  struct gm_settings settings;
  struct gm_log log;
  struct gm_registry *registry;
  struct gm_instances *all;
  struct gm_instance *i;
  struct gm_call call;
  struct gm_call_in in;
  struct gm_exchange x;
  struct gm_input inputs[32];
  struct json_object *request;
  gamut_fn *fn; /* step(), or upload() */
  char *state;
  struct gm_pending *asked; /* what the last step wants sent */
  struct gm_error end;      /* why the job failed */
  bool done, ended, more;   /* more: the recording goes on */
  struct json_object *artifacts, *partials, *facts, *notes, *queue;
  int64_t cost_microusd; /* -1: not said */
  struct json_object *answer; /* of a query */
};

/* True when all is as the files say; else `why`. */
bool pure_run(struct pure *p);

/* pure_query.c: a query instead of a job?  Then set it up; at its end, is the
 * answer the wanted one?  A delivery that was recorded is the request of one. */
bool pure_query(struct pure *p);
bool pure_check_answer(struct pure *p);

/* pure_compare.c: is this what the client sent? */
bool pure_compare(struct pure *p, const struct gm_pending *ours,
                  struct json_object *theirs);
/* pure_form.c: the same parts, in any order? */
bool pure_compare_form(struct pure *p, const char *content_type,
                       const char *text, size_t len,
                       struct json_object *theirs);
/* A recorded body as bytes: text, JSON, {"text"}, {"sse"}, {"bytes"}. */
void golden_body(struct json_object *body, struct gm_buf *out);
GM_PRINTF(2, 3)
bool pure_differs(struct pure *p, const char *fmt, ...); /* false */

#endif
