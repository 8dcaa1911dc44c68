/* points.c - kills the program at one point of a flow after the other, lets two
 * processes go on with what is left at once, and compares the books.
 *
 *   points [FLOW...]   all flows, or these
 *
 * CRASH_POINTS, CRASH_SEED: campaign.h.  CRASH_PROGRAM, CRASH_SHIM,
 * CRASH_VENDOR: the program, killer.so, the emulator's URL. */
#include "campaign.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT_ONCE     200 /* killed jobs, before somebody goes on with them */
#define WHOLE_TRIES 5
#define SLACK       3 /* no two runs make quite the same calls */

enum { BEFORE, HALF, AFTER, N_HOWS };
static const char *const hows[N_HOWS] = { "before", "half", "after" };

static unsigned lived;       /* ended before their point came */
static unsigned cautious[5]; /* where those of FATE_CAUTION died */
static const char *const places[] = { "store", "wake", "net", "draft", "file" };

/* ---- what is left -------------------------------------------------------- */

static void count_caution(const char *died)
{
  size_t i;

  for (i = 0; i < LEN(places); i++)
    if (strncmp(died, places[i], strlen(places[i])) == 0)
      cautious[i]++;
}

/* None of these may come out of the flow. */
static bool may_be(const struct flow *f, enum fate fate)
{
  if (fate == FATE_CANCELLED)
    return f->verb == CANCEL;
  if (fate == FATE_NONE)
    return f->verb == GENERATE || f->verb == FIRST || f->verb == SUBMIT ||
           f->verb == AGAIN || f->verb == DEADLINE;
  return fate != FATE_WRONG;
}

static void judge(const struct flow *f, int64_t size, struct tally *t)
{
  struct books *b;
  size_t i;

  flow_resume_twice("state");
  /* A job that lost may still have to be seen to its end: whoever has the
   * result does not wait for that for long. */
  if (flow_has_two_jobs(f))
    flow_resume_twice("state");
  b = flow_books("state");
  for (i = 0; i < n_tried; i++) {
    enum fate fate = flow_judge(f, b, tried[i].prompt, size);

    if (fate != FATE_WRONG && !may_be(f, fate))
      printf("FAIL %s: ends as %d\n", tried[i].prompt, (int)fate);
    if (fate == FATE_CAUTION)
      count_caution(tried[i].died);
    if (!may_be(f, fate)) {
      printf("     it was killed at %s\n", tried[i].died);
      fate = FATE_WRONG;
    }
    t->fates[fate]++;
  }
  if (!flow_is_alone(f))
    t->fates[FATE_WRONG] += (unsigned)books_strays(b, "made");
  books_close(b);
  n_tried = 0;
}

/* ---- one flow ------------------------------------------------------------ */

/* Has it been everywhere?  On a machine that is busy the first link may be done
 * before its time is up. */
static bool is_whole(const struct flow *f, const char *name)
{
  struct books *b;
  bool whole;

  if (f->verb != DEADLINE)
    return true;
  b = flow_books("state");
  whole = books_sold(b, name) == flow_submissions(f);
  books_close(b);
  return whole;
}

/* So many calls does it make. */
static unsigned long go_whole(const struct flow *f, const char *how)
{
  struct point p = { how, 0 };
  unsigned long calls;
  char name[NAME];
  int i;

  for (i = 0; i < WHOLE_TRIES; i++) {
    snprintf(name, sizeof(name), "%s-%s-whole-%d", f->name, how, i);
    flow_clear();
    must(flow_go(f, "state", name, &p), name, "a run that nobody kills");
    calls = run_calls();
    if (is_whole(f, name))
      return calls;
  }
  must(-1, name, "going through all of it");
  return 0;
}

/* So many calls of each kind in one run; what it makes is the measure. */
static int64_t measure(const struct flow *f, unsigned long calls[N_HOWS])
{
  int64_t size = 0;
  int how;

  for (how = 0; how < N_HOWS; how++) {
    calls[how] = go_whole(f, hows[how]);
    flow_resume_twice("state"); /* of what was only submitted */
    size = flow_file_size();
  }
  flow_clear();
  calls[BEFORE] += SLACK;
  return size;
}

static void try_one(const struct flow *f, const struct point *p, int64_t size,
                    struct tally *t)
{
  char name[NAME];
  int code;

  snprintf(name, sizeof(name), "%s-%s-%lu", f->name, p->how, p->nth);
  code = flow_go(f, "state", name, p);
  flow_go_on(f, "state", name, code);
  if (code < 0)
    t->points++;
  else
    lived++;
  if (!flow_is_alone(f) && n_tried + LINES < AT_ONCE * LINES)
    return;
  judge(f, size, t);
  if (flow_is_alone(f))
    must(system("rm -rf state"), name, "rm");
}

int main(int argc, char **argv)
{
  static const struct campaign kills = { "killed", hows,    N_HOWS, NULL,
                                         measure,  try_one, judge };
  bool good = campaign_run(&kills, argc, argv);
  size_t i;

  printf("%u runs ended before their point came.  Maybe-charged though the "
         "vendor had heard nothing, by where they died:",
         lived);
  for (i = 0; i < LEN(places); i++)
    printf(" %s %u", places[i], cautious[i]);
  printf("\n");
  return !good;
}
