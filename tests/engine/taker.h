/* taker.h - a provider that sends what a request brings along, and the vendor
 * who takes it and remembers the last. */
#ifndef GM_TESTS_TAKER_H
#define GM_TESTS_TAKER_H

#include "unit/server.h"
#include <gamut/gamut.h>
#include <gamut/plugin.h>
#include <pthread.h>
#include <stdatomic.h>

#undef fail /* of Check; it is a member of struct gamut_host */

#define TAKER_PNG "\x89PNG\r\n\x1a\n\0\r\n--"
enum { TAKER_PNG_LEN = sizeof(TAKER_PNG) - 1, TAKER_WAYS = 3 };

enum { TAKER_RESETS = 1, TAKER_503 = 2 };

struct taker {
  struct server *server;
  pthread_mutex_t lock;
  char type[128]; /* of the last body */
  char *body;
  size_t len;
  uint64_t sum;
  atomic_int posts, whole; /* that came; with all of their bytes */
  int first;               /* what the first is answered with */
  void (*meanwhile)(void); /* ... and what happens before that */
};
extern struct taker taker;

/* A fixture. */
void taker_setup(void);
void taker_teardown(void);
/* With the provider "v"; words of the prompt say how it sends: "form", "raw",
 * JSON with a "coded" input or one as URL; "keyed", "free".  NULL: no memory.
 */
struct gamut *taker_open(void);
/* One request with one input; the class. */
int32_t taker_run(struct gamut *g, const char *prompt, const char *source,
                  struct gamut_result **ret, struct gamut_error *err);
/* ... which ends well. */
void taker_run_well(const char *prompt, const char *source);

/* The same picture from a file, a URI, standard input. */
struct taker_way {
  const char *name, *kind, *head; /* of the URI that JSON has */
};
extern const struct taker_way taker_ways[TAKER_WAYS];
char *taker_way(int i); /* gm_free() */
const char *taker_file(const char *name, const void *bytes, size_t len);
void taker_stdin(const void *bytes, size_t len);
char *taker_uri(const char *head, const void *bytes, size_t len);
/* The last body was JSON with the picture behind `head`. */
void taker_expect_json(const char *head);

#endif
