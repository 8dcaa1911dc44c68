/* campaign.c - the same done to every flow, at one of its points after the
 * other. */
#include "campaign.h"
#include "spread.h"
#include <stdio.h>
#include <stdlib.h>

static void print(const char *name, const struct tally *t)
{
  printf("%-18s %6u %6u %6u %6u %8u %9u %6u\n", name, t->points,
         t->fates[FATE_NONE], t->fates[FATE_WHOLE], t->fates[FATE_MAYBE],
         t->fates[FATE_CAUTION], t->fates[FATE_CANCELLED],
         t->fates[FATE_WRONG]);
  fflush(stdout);
}

static void add_up(struct tally *sum, const struct tally *t)
{
  int i;

  sum->points += t->points;
  for (i = 0; i < N_FATES; i++)
    sum->fates[i] += t->fates[i];
}

/* The i-th of all points; those of one kind stand in a row. */
static struct point point_of(const struct campaign *c,
                             const unsigned long *calls, uint64_t i)
{
  int how = 0;

  while (how < c->n_hows - 1 && i >= calls[how])
    i -= calls[how++];
  return (struct point){ c->hows[how], (unsigned long)i + 1 };
}

/* `wanted` 0: all. */
static void try_flow(const struct campaign *c, const struct flow *f,
                     uint64_t wanted, struct tally *t)
{
  unsigned long calls[MAX_HOWS];
  int64_t size = c->measure(f, calls);
  uint64_t all = 0, i;
  struct spread s;
  int how;

  for (how = 0; how < c->n_hows; how++)
    all += calls[how];
  if (wanted < all && flow_is_alone(f)) /* each takes its time */
    wanted = (wanted + 3) / 4;
  s = spread_over(all, wanted);
  for (i = 0; i < s.n; i++) {
    struct point p = point_of(c, calls, spread_at(&s, i));

    c->try_one(f, &p, size, t);
  }
  if (n_tried > 0)
    c->judge(f, size, t);
}

bool campaign_run(const struct campaign *c, int argc, char **argv)
{
  const char *n = getenv("CRASH_POINTS");
  uint64_t points = n ? strtoull(n, NULL, 10) : 0;
  size_t i, n_wanted = argc > 1 ? (size_t)argc - 1 : n_flows;
  struct tally sum = { 0 };

  printf("%-18s %6s %6s %6s %6s %8s %9s %6s\n", "flow", c->done, "none",
         "whole", "maybe", "careful", "cancelled", "wrong");
  for (i = 0; i < n_flows; i++) {
    const struct flow *f = &flows[i];
    struct tally t = { 0 };

    if ((c->takes && !c->takes(f)) || !flow_is_wanted(f, argc, argv))
      continue;
    try_flow(c, f, points ? (points + n_wanted - 1) / n_wanted : 0, &t);
    print(f->name, &t);
    add_up(&sum, &t);
  }
  print("all", &sum);
  return sum.fates[FATE_WRONG] == 0 && sum.points > 0;
}
