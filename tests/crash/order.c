/* order.c - one run of the program among others. */
#include "order.h"
#include "clocks.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_CALLS 140 /* of one that is killed, before it is */
#define TEXTS     3
#define TEXT      (4 * NAME)
#define HANG_S    10 /* it may have been stopped with the lock of the store */

struct order {
  struct run run;
  const struct story *story; /* that it begins; or NULL */
  enum manner manner;
  char texts[TEXTS][TEXT];
  int n_texts;
};

unsigned order_given[N_MANNERS], order_wrong;

static const char *const manners[N_MANNERS] = { "whole", "killed", "left",
                                                "beside", "hung" };
static FILE *protocol;
static struct order *beside, *hung; /* under way; NULL: none */
static int beside_pid;
static time_t hung_since;

/* ---- the protocol -------------------------------------------------------- */

void protocol_open(void)
{
  protocol = fopen("protocol", "w");
  if (!protocol)
    must(-1, "protocol", "writing it");
}

void protocol_line(const char *a, const char *b)
{
  fprintf(protocol, "%s: %s\n", a, b);
  fflush(protocol);
}

void protocol_close(bool print)
{
  fclose(protocol);
  fflush(stdout);
  if (print)
    must(system("cat protocol"), "protocol", "reading it");
}

static void write_down(const struct order *o, const char *more)
{
  int i;

  fprintf(protocol, "%s:", manners[o->manner]);
  for (i = 0; i < o->run.n_words; i++)
    fprintf(protocol, " '%s'", o->run.words[i]);
  fprintf(protocol, " %s\n", more);
  fflush(protocol);
}

/* What it brings is not known before it is over. */
static void account_for(struct order *o, int code)
{
  char said[96];

  snprintf(said, sizeof(said), "ends with %d%s%s", code, code < 0 ? " at " : "",
           code < 0 && o->manner == KILLED ? run_died_at() : "");
  write_down(o, said);
  if (code == 0 && o->story && !story_has_file(o->story)) {
    printf("FAIL %s: it ended well, and there is no file\n", o->story->prompt);
    order_wrong++;
  }
  free(o);
}

/* ---- what is ordered ----------------------------------------------------- */

struct order *order_new(const char *verb)
{
  static const enum manner often[] = { WHOLE,  WHOLE,  KILLED, KILLED,
                                       KILLED, KILLED, LEFT,   LEFT,
                                       BESIDE, BESIDE, HUNG };
  struct order *o = calloc(1, sizeof(*o));

  if (!o)
    abort();
  o->run.state = "state";
  o->manner = often[below(LEN(often))];
  run_add(&o->run, verb);
  return o;
}

void order_set(struct order *o, enum manner manner)
{
  o->manner = manner;
}

void order_add(struct order *o, const char *word, const char *more)
{
  run_add(&o->run, word);
  if (more)
    run_add(&o->run, more);
}

void order_add_copy(struct order *o, const char *a, const char *b,
                    const char *c)
{
  char *text = o->texts[o->n_texts++];

  snprintf(text, TEXT, "%s%s%s", a, b, c);
  run_add(&o->run, text);
}

void order_begins(struct order *o, const struct story *s)
{
  o->story = s;
}

/* ---- how ----------------------------------------------------------------- */

static void moment(void)
{
  usleep((useconds_t)below(below(4) ? 60000 : 400000));
}

static void end_beside(bool kill_it)
{
  struct order *o = beside;

  if (!o)
    return;
  if (kill_it)
    kill(beside_pid, SIGKILL);
  beside = NULL;
  account_for(o, run_end(beside_pid));
}

static void wake_hung(void)
{
  struct order *o = hung;

  hung = NULL;
  if (o)
    account_for(o, run_wake());
}

void order_end_others(void)
{
  wake_hung();
  end_beside(false);
}

static int go_left(struct order *o)
{
  int pid = run_start(&o->run);

  moment();
  kill(pid, SIGINT);
  if (below(3) == 0) {
    moment();
    kill(pid, SIGINT);
  }
  return run_end(pid);
}

/* Half a call is for those that are killed. */
static int go_to_a_point(struct order *o)
{
  static const char *const hows[] = { "before", "after", "half" };
  struct point p = { hows[below(o->manner == KILLED ? 3 : 2)],
                     1 + below(MAX_CALLS) };

  return run_go(&o->run, &p);
}

static void go_beside(struct order *o)
{
  end_beside(below(2));
  write_down(o, "");
  o->run.err = "said.beside";
  beside_pid = run_start(&o->run);
  beside = o;
  if (below(2))
    moment();
}

/* Another may take its jobs over before it wakes up. */
static void go_hung(struct order *o)
{
  int code;

  wake_hung();
  o->run.err = "said.hung";
  setenv("CRASH_STOPS", "1", 1);
  code = go_to_a_point(o);
  unsetenv("CRASH_STOPS");
  if (code >= 0) {
    account_for(o, code);
    return;
  }
  write_down(o, run_died_at());
  hung = o;
  hung_since = time(NULL);
  if (below(4))
    clocks_go_ahead(LEASE_S);
}

void order_go(struct order *o)
{
  order_given[o->manner]++;
  if (below(4) == 0 || time(NULL) - hung_since > HANG_S)
    wake_hung();
  switch (o->manner) {
  case BESIDE:
    go_beside(o);
    break;
  case HUNG:
    go_hung(o);
    break;
  case KILLED:
    account_for(o, go_to_a_point(o));
    break;
  case LEFT:
    account_for(o, go_left(o));
    break;
  default:
    account_for(o, run_go(&o->run, NULL));
  }
}
