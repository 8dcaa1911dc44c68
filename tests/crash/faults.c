/* faults.c - gives the program trouble at one call of a flow after the other,
 * lets two processes go on with what is left, and compares the books.
 *
 *   faults [FLOW...]   all flows, or these
 *
 * Calls that were interrupted or did a part of their work must change nothing.
 * Where a disk fails or descriptors are short a job may fail; then nothing was
 * sold, or what was sold can still be fetched.
 *
 * FAULT_POINTS: so many points, spread over the flows and kinds of trouble and
 * along each, from a place that CRASH_SEED chooses; 0: every point there is.
 * FAULT_KINDS: of these alone, with commas.  The rest is as in points.c. */
#include "flows.h"
#include "spread.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STORMS 20 /* of different seeds: "all there are" */

/* trouble.c says what they are. */
static const struct kind {
  const char *name;
  bool harmless;
  bool stays; /* no file can be written from then on */
} kinds[] = {
  { "eintr", true, false },   { "short", true, false },
  { "storm", true, false },   { "eio", false, false },
  { "enospc", false, false }, { "full", false, true },
  { "edquot", false, false }, { "erofs", false, true },
  { "emfile", false, false }, { "nofiles", false, true },
};

struct tally {
  unsigned points, unmet, fates[N_FATES];
};

static struct tally sums[LEN(kinds)];

/* ---- what is left -------------------------------------------------------- */

/* Its file is there; and away with it, since no job speaks of it. */
static bool has_file(const char *prompt)
{
  char command[4 * NAME];

  snprintf(
    command, sizeof(command),
    "f=$(find made -size +0 -name '%.*s[.-]*') && [ -n \"$f\" ] && rm $f", NAME,
    prompt);
  return system(command) == 0;
}

/* The vendor made it, and there was no room for it. */
static bool fetch(const char *state, const char *id, const char *prompt)
{
  struct run r = { .words = { "fetch", "-q", id, "--force", "-o", NULL },
                   .n_words = 6,
                   .state = state };
  char out[2 * NAME];

  snprintf(out, sizeof(out), "made/%.*s.{ext}", NAME, prompt);
  r.words[5] = out;
  return run_go(&r, NULL) == 0 && has_file(prompt);
}

/* Without a store: the run's own word is all there is, and its file. */
static enum fate judge_forgotten(const struct tried *t)
{
  return t->code != 0 || has_file(t->prompt) ? FATE_FORGOTTEN : FATE_WRONG;
}

/* What the vendor made is there to be fetched, or was put elsewhere.  Where no
 * file can be written at all, an answer that was the picture is gone. */
static enum fate judge_kept(const struct kind *k, const char *state,
                            const char *prompt, const char *id,
                            const char *message)
{
  if (strstr(message, "the bytes are in '") || fetch(state, id, prompt))
    return FATE_KEPT;
  if (k->stays)
    return FATE_LOST;
  printf("FAIL %s: it was made, and cannot be fetched\n", prompt);
  return FATE_WRONG;
}

static enum fate judge_one(struct books *b, const struct kind *k,
                           const char *state, const struct tried *t,
                           int64_t size)
{
  const char *id, *message;
  enum fate fate;

  if (t->forgotten && !books_knows(b, t->prompt))
    return judge_forgotten(t);
  books_forgive(b, t->prompt);
  fate = books_failed(b, t->prompt, &id, &message);
  if (fate == FATE_KEPT)
    return judge_kept(k, state, t->prompt, id, message);
  return fate == FATE_NONE ? books_judge(b, t->prompt, size, 1) : fate;
}

/* What may follow on an exit code. */
static bool fits(const struct flow *f, const struct kind *k,
                 const struct tried *t, enum fate fate)
{
  if (fate == FATE_CANCELLED)
    return f->verb == CANCEL;
  if (k->harmless && fate != FATE_WHOLE)
    return false;
  if (f->verb == CANCEL && fate == FATE_MAYBE)
    return true; /* the vendor could not be told */
  if (t->code == 0 && fate == FATE_MAYBE)
    return k->stays && t->unwritten;
  if (t->code == 0)
    return fate == FATE_WHOLE || fate == FATE_FORGOTTEN;
  return !k->harmless && fate != FATE_WRONG;
}

static void judge(const struct flow *f, const struct kind *k, int64_t size,
                  struct tally *t)
{
  struct books *b;
  size_t i;

  flow_resume_twice("state");
  b = flow_books("state");
  for (i = 0; i < n_tried; i++) {
    enum fate fate = judge_one(b, k, "state", &tried[i], size);

    if (!fits(f, k, &tried[i], fate)) {
      printf("FAIL %s: it ended with %d, and is %d now; %s at %s\n",
             tried[i].prompt, tried[i].code, (int)fate, k->name, tried[i].died);
      fate = FATE_WRONG;
    }
    t->fates[fate]++;
  }
  t->fates[FATE_WRONG] += (unsigned)books_strays(b, "made");
  books_close(b);
  n_tried = 0;
  flow_clear();
}

/* ---- one flow ------------------------------------------------------------ */

/* So many calls of the kind in one run; what it makes is the measure. */
static unsigned long measure(const struct flow *f, const struct kind *k,
                             int64_t *ret_size)
{
  struct point p = { k->name, 0 };
  unsigned long calls;
  char name[NAME];

  snprintf(name, sizeof(name), "%s-%s-whole", f->name, k->name);
  flow_clear();
  must(flow_go(f, "state", name, &p), name, "a run without trouble");
  calls = run_calls();
  flow_resume_twice("state"); /* of what was only submitted */
  *ret_size = flow_file_size();
  if (!flow_is_alone(f) && f->verb != BATCH)
    return calls; /* the store is there */
  flow_clear();
  return calls;
}

static void try_one(const struct flow *f, const struct kind *k, uint64_t nth,
                    int64_t size, struct tally *t)
{
  struct point p = { k->name, (unsigned long)nth };
  char name[NAME];

  snprintf(name, sizeof(name), "%s-%s-%lu", f->name, p.how, p.nth);
  flow_go_on(f, "state", name, flow_go(f, "state", name, &p));
  if (run_died_at()[0])
    t->points++;
  else
    t->unmet++;
  if (flow_is_alone(f) || n_tried + LINES >= TRIED_MAX / 4)
    judge(f, k, size, t);
}

/* `wanted` 0: all. */
static void try_flow(const struct flow *f, size_t kind, uint64_t wanted)
{
  const struct kind *k = &kinds[kind];
  struct tally *t = &sums[kind];
  unsigned wrong = t->fates[FATE_WRONG];
  int64_t size;
  uint64_t i, all = measure(f, k, &size);
  struct spread s;

  if (strcmp(k->name, "storm") == 0)
    all = STORMS;
  s = spread_over(all, wanted);
  for (i = 0; i < s.n; i++)
    try_one(f, k, spread_at(&s, i) + 1, size, t);
  if (n_tried > 0)
    judge(f, k, size, t);
  if (t->fates[FATE_WRONG] > wrong)
    printf("     %s, %s: %u wrong\n", f->name, k->name,
           t->fates[FATE_WRONG] - wrong);
}

/* ---- all of them --------------------------------------------------------- */

static bool kind_is_wanted(const char *name)
{
  const char *list = getenv("FAULT_KINDS"), *found;
  size_t len = strlen(name);

  if (!list || !*list)
    return true;
  found = strstr(list, name);
  return found && (found[len] == ',' || found[len] == '\0');
}

/* Of two jobs each may fail in its own way: such flows are killed only. */
static bool is_wanted(const struct flow *f, int argc, char **argv)
{
  return f->verb != AGAIN && f->verb != DEADLINE && !flow_has_two_jobs(f) &&
         flow_is_wanted(f, argc, argv);
}

static void print(const char *name, const struct tally *t)
{
  static const enum fate shown[] = {
    FATE_NONE, FATE_WHOLE, FATE_MAYBE,     FATE_CAUTION,   FATE_FAILED,
    FATE_KEPT, FATE_LOST,  FATE_FORGOTTEN, FATE_CANCELLED, FATE_WRONG,
  };
  size_t i;

  printf("%-8s %7u %6u", name, t->points, t->unmet);
  for (i = 0; i < LEN(shown); i++)
    printf(" %9u", t->fates[shown[i]]);
  printf("\n");
  fflush(stdout);
}

/* The n-th of so many rounds: how many points it has, when they are even. */
static uint64_t share(uint64_t points, uint64_t rounds, uint64_t n)
{
  return points * (n + 1) / rounds - points * n / rounds;
}

int main(int argc, char **argv)
{
  const char *text = getenv("FAULT_POINTS");
  uint64_t points = text ? strtoull(text, NULL, 10) : 0, rounds = 0, n = 0;
  unsigned wrong = 0, met = 0;
  size_t i, k;

  for (k = 0; k < LEN(kinds); k++)
    for (i = 0; i < n_flows && kind_is_wanted(kinds[k].name); i++)
      rounds += is_wanted(&flows[i], argc, argv);
  if (rounds > 0)
    n = below(rounds); /* of few points each day others get one */
  printf("%-8s %7s %6s %9s %9s %9s %9s %9s %9s %9s %9s %9s %9s\n", "trouble",
         "met", "unmet", "none", "whole", "maybe", "careful", "failed", "kept",
         "lost", "forgotten", "cancelled", "wrong");
  for (k = 0; k < LEN(kinds); k++) {
    for (i = 0; i < n_flows && kind_is_wanted(kinds[k].name); i++) {
      if (!is_wanted(&flows[i], argc, argv))
        continue;
      if (points == 0 || share(points, rounds, n % rounds) > 0)
        try_flow(&flows[i], k, points ? share(points, rounds, n % rounds) : 0);
      n++;
    }
    print(kinds[k].name, &sums[k]);
    wrong += sums[k].fates[FATE_WRONG];
    met += sums[k].points;
  }
  return wrong > 0 || met == 0;
}
