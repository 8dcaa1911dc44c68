/* limiter_private.h - what the files of the limiter share. */
#ifndef GM_JOB_LIMITER_PRIVATE_H
#define GM_JOB_LIMITER_PRIVATE_H

#include "job/flight.h"
#include "job/limiter.h"

/* Permits are given out for so long a piece of the wall clock, so that what
 * processes send together does not bunch within a second. */
#define GM_SLICE_MS    250
#define GM_AT_ONCE_MAX 1024
#define GM_HELD_MAX_MS (5u * 60 * 1000)
#define GM_SECONDS     10

enum { GM_PAID, GM_LOOKS, GM_LANES }; /* all that is not paid is a look */

struct gm_share;

struct gm_account {
  struct gm_engine *engine;
  struct gm_list link; /* in engine->accounts */
  char key[64];        /* "fal/3f2a90cc01de": provider, and a hash of the
                          credential */
  double most_per_s;   /* settings; 0: none */
  uint32_t most_at_once;

  /* learned: requests a second, where it was seen to be too much (aim), when
   * that was; all 0: nothing */
  double rate, aim;
  uint64_t grown_ms, refused_ms; /* mono */
  uint64_t window_ms;            /* since when these are counted */
  uint32_t n_answered, n_refused;
  uint64_t held_ms[GM_LANES]; /* nothing is sent before (mono) */
  int64_t left; /* requests until left_ms, by the vendor's word; -1: not said */
  uint64_t left_ms, refill_ms; /* ... and one more each refill_ms, or 0 */

  /* traffic */
  uint64_t second; /* mono; of the newest of these, at [second % GM_SECONDS] */
  uint32_t sent[GM_SECONDS], repeated[GM_SECONDS];
  uint32_t in_flight;
  uint64_t waits, refusals, denied;

  /* permits of the present slice */
  int64_t slice;
  uint32_t permits;
  bool exhausted; /* no more in this slice */

  struct gm_list waiting[GM_LANES];
  uint32_t n_waiting;
  uint32_t turn;
  bool serving;
  struct gm_timer timer;

  /* generations at once */
  uint32_t busy, have; /* jobs; rows that are ours */
  uint8_t mine[GM_AT_ONCE_MAX / 8];
  uint64_t search_ms; /* not before */
  uint64_t yield_ms;  /* since when the rows are kept from others */

  /* the store */
  bool store_seen; /* something was asked, so it is known what it is */
  uint32_t asking, searching; /* transactions under way */
  struct gm_list shares;
};

/* limiter.c: go through those that wait, soon. */
void gm_account_wake(struct gm_account *a);
double gm_account_rate(struct gm_account *a, uint64_t now);
/* limiter_learn.c */
double gm_learned_rate(struct gm_account *a, uint64_t now);
/* Does anything but the settings hold it back? */
bool gm_learned_holds(const struct gm_account *a, uint64_t now, int lane);
/* When it holds no more. */
uint64_t gm_learned_until(const struct gm_account *a, uint64_t now, int lane);
void gm_learned_spent(struct gm_account *a, uint64_t now);
void gm_learned_adopt(struct gm_account *a, double rate, uint64_t paid_ms,
                      uint64_t looks_ms);
/* limiter_traffic.c */
void gm_traffic_sent(struct gm_account *a, uint64_t now);
uint32_t gm_traffic_rate(struct gm_account *a, uint64_t now);
bool gm_traffic_repeat(struct gm_account *a, uint64_t now);

/* limiter_share.c.  Is there another process to share with? */
bool gm_share_is_on(struct gm_account *a);
/* Ask for `n` of at most `most` permits of a slice; more are in a->permits when
 * it is over, and a->exhausted says when there are none. */
void gm_share_permits(struct gm_account *a, int64_t slice, uint32_t n,
                      uint32_t most);
/* Look for `n` free places among most_at_once; a->have grows. */
void gm_share_places(struct gm_account *a, uint32_t n);
void gm_share_give_back(struct gm_account *a); /* one of them */
/* Tell others what was learned, and hear what they did. */
void gm_share_learned(struct gm_account *a);
void gm_share_finish(struct gm_account *a);

#endif
