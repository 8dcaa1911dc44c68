/* engine.h - one recording played to the whole library over loopback HTTP; see
 * run_engine.c. */
#ifndef GM_TESTS_ENGINE_H
#define GM_TESTS_ENGINE_H

#include "base/buf.h"
#include "base/json.h"
#include <gamut/gamut.h>
#include <sys/types.h>

struct engine {
  const char *vendor;   /* the folder's name */
  const char *emulator; /* the program */
  const char *scratch;  /* a folder of ours, that exists */
  struct json_object *recording, *ask;
  char why[1000]; /* the first thing that is not as it should be */

  /* private */
  struct json_object *play; /* what the emulator is given */
  uint32_t n_before;        /* exchanges that the ask put in front */
  pid_t pid;
  unsigned port;
  char *map; /* GAMUT_ENDPOINTS */
  struct gamut *g;
  struct gamut_result *result;
};

/* True when all is as the files say; else `why`. */
bool engine_run(struct engine *e);
__attribute__((format(printf, 2, 3))) bool
engine_differs(struct engine *e, const char *fmt, ...); /* false */

/* What the ask says for this level: "engine/NAME", else "NAME". */
struct json_object *engine_ask(const struct engine *e, const char *name);

/* engine_query.c: what is no job. */
bool engine_query(struct engine *e, const char *provider);

/* engine_play.c: the recording as the emulator plays it, the emulator. */
bool engine_serve(struct engine *e);
void engine_stop(struct engine *e);
/* {"next", "total", "differences"}, or NULL. */
struct json_object *engine_report(struct engine *e);

/* engine_ask.c: environment and files of the recording; the request. */
bool engine_enter(struct engine *e);
void engine_leave(struct engine *e);
bool engine_open(struct engine *e);
struct gamut_request *engine_request(struct engine *e);
const char *engine_provider(const struct engine *e);

#endif
