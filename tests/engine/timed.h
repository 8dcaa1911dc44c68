/* timed.h - a context whose clock is the test's: it moves when there is nothing
 * else to do, and when the test says so. */
#ifndef GM_TESTS_TIMED_H
#define GM_TESTS_TIMED_H

#include "api/context.h"
#include "base/clock.h"
#include "engine/vendor.h"

void timed_open(struct fix *f, const struct answer *rows, size_t n);
void timed_close(struct fix *f); /* what is held breaks off */
/* What is due; two milliseconds pass if that is nothing. */
void timed_turn(struct fix *f);
/* Until the vendors were asked so often. */
void timed_until_asked(struct fix *f, const char *asks, int n);
/* The job's result; all others are over then, too. */
struct gamut_result *timed_result(struct fix *f, const char *id);
/* gamut_submit(); the request is freed. */
void timed_submit(struct fix *f, struct gamut_request *r,
                  char id[GAMUT_ID_SIZE]);
void timed_attach(struct fix *f, const char *id);
/* gamut_detach(); that is how it ends. */
void timed_detach(struct fix *f, const char *id);

/* A vendor "mute" that is as "a", but cannot cancel; `mute` lives as long. */
void timed_mute(struct fix *f, struct gamut_provider *mute);
/* The same for "eraser", whose cancel deletes what was made. */
void timed_eraser(struct fix *f, struct gamut_provider *eraser);

#endif
