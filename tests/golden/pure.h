/* pure.h - one recording played to one provider; see run_pure.c. */
#ifndef GM_TESTS_PURE_H
#define GM_TESTS_PURE_H

#include "base/file.h"
#include "base/str.h"
#include "plugin/call.h"

#define GM_PURE_CASES 500

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
  struct gm_input inputs[16];
  struct json_object *request;
  char *state;
  struct gm_pending *asked; /* what the last step wants sent */
  struct gm_error end;      /* why the job failed */
  bool done, ended;
  struct json_object *artifacts, *facts, *notes; /* of all steps */
};

/* True when all is as the files say; else `why`. */
bool pure_run(struct pure *p);

/* pure_compare.c: is this what the client sent? */
bool pure_compare(struct pure *p, const struct gm_pending *ours,
                  struct json_object *theirs);
GM_PRINTF(2, 3)
bool pure_differs(struct pure *p, const char *fmt, ...); /* false */

#endif
