/* hangs.c - stops the program at one point of a flow after the other, lets
 * another process take over what it has, wakes it up, and compares the books.
 *
 *   hangs [FLOW...]   all flows, or these
 *
 * CRASH_POINTS, CRASH_SEED, CRASH_PROGRAM, CRASH_VENDOR: as of points.c.
 * CRASH_SHIM: killer.so and clock.so.  All run by clock.so: CLOCK_AHEAD is
 * where the clocks are told that the one that is stopped sleeps through its
 * lease. */
#include "campaign.h"
#include "clocks.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT_ONCE 100 /* jobs in a store, before they are looked at */

enum { BEFORE, AFTER, N_HOWS };
static const char *const hows[N_HOWS] = { "before", "after" };

static unsigned locked;     /* among those that are looked at next */
static unsigned all_locked; /* of those that were looked at */

/* The one that wakes up knows what the other cannot know.  One that was stopped
 * while it wrote into its store has kept the other from that, and its own
 * records wait behind that one's. */
static bool may_be(const struct flow *f, enum fate fate)
{
  if (fate == FATE_MAYBE || fate == FATE_CAUTION)
    return locked > 0;
  return fate == FATE_WHOLE || (fate == FATE_CANCELLED && f->verb == CANCEL);
}

static void judge(const struct flow *f, int64_t size, struct tally *t)
{
  struct books *b;
  size_t i;

  flow_resume_twice("state");
  b = flow_books("state");
  for (i = 0; i < n_tried; i++) {
    enum fate fate = flow_judge(f, b, tried[i].prompt, size);

    if (!may_be(f, fate)) {
      printf("FAIL %s: ends as %d; it was stopped at %s, and ended with %d\n",
             tried[i].prompt, (int)fate, tried[i].died, tried[i].code);
      fate = FATE_WRONG;
    }
    t->fates[fate]++;
  }
  t->fates[FATE_WRONG] += (unsigned)books_strays(b, "made");
  t->fates[FATE_WRONG] += (unsigned)flow_unbalanced("state", locked == 0);
  all_locked += locked;
  books_close(b);
  n_tried = locked = 0;
}

/* ---- one flow ------------------------------------------------------------ */

static void take_over(const struct flow *f, const char *name)
{
  if (f->verb == BATCH)
    flow_go_on(f, "state", name, -1);
  else
    locked += !flow_resume("state");
}

static void try_one(const struct flow *f, const struct point *p, int64_t size,
                    struct tally *t)
{
  char name[NAME];

  snprintf(name, sizeof(name), "%s-%s-%lu", f->name, p->how, p->nth);
  if (flow_go(f, "state", name, p) < 0) {
    t->points++;
    clocks_go_ahead(LEASE_S);
    take_over(f, name);
    tried[n_tried - 1].code = run_wake();
  }
  if (n_tried + LINES >= AT_ONCE || flow_is_alone(f))
    judge(f, size, t);
  if (flow_is_alone(f))
    flow_clear();
}

/* So many calls of each kind in one run; what it makes is the measure. */
static int64_t measure(const struct flow *f, unsigned long calls[N_HOWS])
{
  int64_t size = 0;
  char name[NAME];
  int how;

  clocks_begin();
  for (how = 0; how < N_HOWS; how++) {
    struct point p = { hows[how], 0 };

    snprintf(name, sizeof(name), "%s-%s-whole", f->name, hows[how]);
    flow_clear();
    must(flow_go(f, "state", name, &p), name, "a run that nobody stops");
    calls[how] = run_calls();
    flow_resume_twice("state"); /* of what was only submitted */
    size = flow_file_size();
  }
  flow_clear();
  return size;
}

/* What another has killed is not to be had without killing. */
static bool takes(const struct flow *f)
{
  return f->verb != AGAIN;
}

int main(int argc, char **argv)
{
  static const struct campaign hangs = { "hung",  hows,    N_HOWS, takes,
                                         measure, try_one, judge };
  bool good = campaign_run(&hangs, argc, argv);

  printf("%u times the other could not write into the store.\n", all_locked);
  return !good;
}
