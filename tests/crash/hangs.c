/* hangs.c - stops the program at one point of a flow after the other, lets
 * another process take over what it has, wakes it up, and compares the books.
 *
 *   hangs [FLOW...]   all flows, or these
 *
 * CRASH_POINTS, CRASH_SEED, CRASH_PROGRAM, CRASH_VENDOR: as of points.c.
 * CRASH_SHIM: killer.so and clock.so.  All run by clock.so: CLOCK_AHEAD is
 * where the clocks are told that the one that is stopped sleeps through its
 * lease. */
#include "flows.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define AT_ONCE 100 /* jobs in a store, before they are looked at */
#define HANGS_S 40  /* longer than a lease */

enum { BEFORE, AFTER, N_HOWS };
static const char *const hows[N_HOWS] = { "before", "after" };

struct tally {
  unsigned points, locked, fates[N_FATES];
};

static struct tally sum;
static unsigned locked; /* among those that are looked at next */

static unsigned long ahead; /* of the clocks; none goes back before its store */

static void set_clocks(void)
{
  const char *path = getenv("CLOCK_AHEAD");
  char new[4096];
  FILE *f;

  snprintf(new, sizeof(new), "%s.new", path);
  f = fopen(new, "w");
  if (!f || fprintf(f, "%lu %lu\n", ahead, ahead) < 0 || fclose(f) ||
      rename(new, path))
    must(-1, "the clocks", "setting them");
}

/* The one that wakes up knows what the other cannot know.  One that was stopped
 * while it wrote into its store has kept the other from that, and its own
 * records wait behind that one's. */
static bool may_be(const struct flow *f, enum fate fate)
{
  if (fate == FATE_MAYBE || fate == FATE_CAUTION)
    return locked > 0;
  return fate == FATE_WHOLE || (fate == FATE_CANCELLED && f->verb == CANCEL);
}

/* Budgets are of a month, and the clocks are ahead. */
static bool is_one_month(void)
{
  time_t from = time(NULL) - 3600, to = from + 86400;
  int month = gmtime(&from)->tm_mon;

  return month == gmtime(&to)->tm_mon;
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
  if (is_one_month())
    t->fates[FATE_WRONG] += (unsigned)flow_unbalanced("state", locked == 0);
  t->locked += locked;
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
    ahead += HANGS_S;
    set_clocks();
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

  ahead = 0;
  set_clocks();
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

static void print(const char *name, const struct tally *t)
{
  printf("%-18s %6u %6u %6u %6u %8u %9u %6u\n", name, t->points, t->locked,
         t->fates[FATE_WHOLE], t->fates[FATE_MAYBE], t->fates[FATE_CAUTION],
         t->fates[FATE_CANCELLED], t->fates[FATE_WRONG]);
  fflush(stdout);
}

static void add_up(const struct tally *t)
{
  int i;

  sum.points += t->points;
  sum.locked += t->locked;
  for (i = 0; i < N_FATES; i++)
    sum.fates[i] += t->fates[i];
}

/* `wanted` 0: all. */
static void try_flow(const struct flow *f, uint64_t wanted)
{
  unsigned long calls[N_HOWS];
  struct tally t = { 0 };
  int64_t size = measure(f, calls);
  uint64_t all = calls[BEFORE] + calls[AFTER], i, from = 0;

  if (wanted == 0 || wanted > all)
    wanted = all;
  else
    from = below(all);
  for (i = 0; i < wanted; i++) {
    uint64_t at = (from + i * all / wanted) % all;
    int how = at < calls[BEFORE] ? BEFORE : AFTER;
    struct point p = { hows[how], (unsigned long)at + 1 -
                                    (how == AFTER ? calls[BEFORE] : 0) };

    try_one(f, &p, size, &t);
  }
  if (n_tried > 0)
    judge(f, size, &t);
  print(f->name, &t);
  add_up(&t);
}

/* What another has killed is not to be had without killing. */
static bool is_wanted(const struct flow *f, int argc, char **argv)
{
  return f->verb != AGAIN && flow_is_wanted(f, argc, argv);
}

int main(int argc, char **argv)
{
  const char *n = getenv("CRASH_POINTS");
  uint64_t points = n ? strtoull(n, NULL, 10) : 0;
  size_t i, n_wanted = argc > 1 ? (size_t)argc - 1 : n_flows;

  printf("%-18s %6s %6s %6s %6s %8s %9s %6s\n", "flow", "hung", "locked",
         "whole", "maybe", "careful", "cancelled", "wrong");
  for (i = 0; i < n_flows; i++)
    if (is_wanted(&flows[i], argc, argv))
      try_flow(&flows[i], points ? (points + n_wanted - 1) / n_wanted : 0);
  print("all", &sum);
  return sum.fates[FATE_WRONG] > 0 || sum.points == 0;
}
