/* cache_kit.h - contexts with a cache for the tests of it. */
#ifndef GM_TESTS_CACHE_KIT_H
#define GM_TESTS_CACHE_KIT_H

#include "engine/vendor.h"
#include "store/kit.h"
#include "unit/scratch.h"

#define SUBMIT "POST /a/jobs"
#define POLL   "GET /a/jobs/1"
#define QUEUED "{\"id\":\"1\",\"status\":\"queued\"}"
#define DONE                                                                   \
  "{\"id\":\"1\",\"status\":\"done\",\"images\":[{\"url\":\"$/f.png\"}]}"
#define TWO                                                                    \
  "{\"id\":\"1\",\"status\":\"done\",\"images\":[{\"url\":\"$/f.png\"},"       \
  "{\"url\":\"$/g.png\"}]}"
#define PICTURE SAYS("GET /f.png", "@png")

extern const struct answer cf_well[2]; /* DONE and its picture */

/* Log lines of all contexts since the last cf_open_fix(). */
extern char cf_lines[8192];

/* Two contexts with one script and one folder are two processes, as far as the
 * store can tell. */
void cf_open_in(struct fix *f, struct script *script, uint32_t flags, int kind,
                const char *place);
void cf_open_fix(struct fix *f, const struct answer *rows, size_t n,
                 uint32_t flags, int kind, const char *place);
/* "<folder>/<name>", until the next one. */
const char *cf_in_folder(const char *name);
/* "a fox" with the seed 7 by "a:cheap". */
struct gamut_request *cf_seeded(const char *output);
/* How often it was submitted after this request, which must end well. */
int cf_run(struct fix *f, struct gamut_request *r, int *ret_hit);
void cf_submit(struct fix *f, struct gamut_request *r, char id[GAMUT_ID_SIZE]);
void cf_until_asked(struct fix *f, const char *asks, int n);
/* What is being written is there. */
void cf_settle(struct fix *f);
/* The file is that of "@png". */
void cf_expect_picture(const char *name);

#endif
