/* vendor.h - a provider for the tests, whose answers a script gives, and a
 * context that knows it under three names. */
#ifndef GM_TESTS_VENDOR_H
#define GM_TESTS_VENDOR_H

#include "engine/script.h"
#include "unit/unit.h"
#include <gamut/gamut.h>

#undef fail /* of Check; it is a member of struct gamut_host */

/* "a", "b", "c": submit, poll each 2 ms, pictures; base_url is the script's URL
 * and the name, so "POST /a/jobs".  Words in the prompt change it:
 *
 *   keyed      the submit carries an idempotency key
 *   free       the submit costs nothing
 *   warm       a free exchange comes first: the connection is used again
 *   video      what is delivered is a video
 *   paced      it may be looked at each 200 ms, and whenever the host likes
 *
 * Answers: {"id", "status": "done|failed|cancelled", "images": [{"url"}],
 * "b64": [..], "usd": what it did cost, "counted": how many images it bills,
 * "error": {"code", "message"}}; "$" in a body is the script's URL. */
extern const struct gamut_provider vendor_a, vendor_b, vendor_c;

/* What most tests have them answer. */
#define QUEUED "{\"id\":\"1\",\"status\":\"queued\"}"
#define GONE   "{\"status\":\"cancelled\"}"
#define FAILED                                                                 \
  "{\"id\":\"1\",\"status\":\"failed\",\"error\":{\"message\":\"broken\"}}"
#define MADE                                                                   \
  "{\"id\":\"1\",\"status\":\"done\",\"images\":[{\"url\":\"$/f.png\"}]}"
#define PICTURE SAYS("GET /f.png", "@png")

/* `who` takes the job and works: for ever, or for so many looks, after which
 * each is answered with `last`. */
#define WORKS(who)                                                             \
  SAYS("POST /" who "/jobs", QUEUED), SAYS("GET /" who "/jobs/1", QUEUED)
#define WORKS_FOR(looks, who, last)                                            \
  SAYS("POST /" who "/jobs", QUEUED),                                          \
    SAYS_TIMES(looks, "GET /" who "/jobs/1", QUEUED),                          \
    SAYS("GET /" who "/jobs/1", last)

struct fix {
  struct script *script;
  struct gamut *g;
  struct gamut_error err;
};

/* A context with these flags (GAMUT_THREAD) and short waits. */
void fix_open(struct fix *f, const struct answer *rows, size_t n,
              uint32_t flags);
void fix_close(struct fix *f);
void fix_set(struct fix *f, const char *name, const char *value);
/* Register, and set its base_url to the script's URL + "/" + its name. */
void fix_provider(struct fix *f, const struct gamut_provider *p);

/* "a:m b:m": links with blanks between; further fields as name, value, NULL.
 * The caller frees it. */
struct gamut_request *fix_request(const char *links, const char *prompt, ...)
  __attribute__((sentinel));
/* gamut_generate() on such a request, which it frees; NULL when refused. */
struct gamut_result *fix_run(struct fix *f, struct gamut_request *r);
/* What a submitted job came to: gamut_next_event() until its DONE. */
struct gamut_result *fix_wait(struct fix *f, const char *id);

/* A whole picture of the last job that was begun. */
bool fix_has_come(const struct fix *f);

#define ck_class(result, want)                                                 \
  ck_assert_msg(gamut_result_class(result) == (want), "class %s, not %s: %s",  \
                gamut_class_name(gamut_result_class(result)),                  \
                gamut_class_name(want), gamut_result_message(result))

#endif
