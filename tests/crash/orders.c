/* orders.c - gives orders as they come: begins requests, goes on with them,
 * waits, cancels, fetches, settles, two at once, and kills or leaves whoever
 * carries them out; then lets everything come to its end, and compares gamut's
 * books and files with the vendor's.
 *
 *   orders
 *
 * CRASH_ORDERS: how many; CRASH_SEED: which.  CRASH_PROGRAM, CRASH_SHIM,
 * CRASH_VENDOR: as of points.c. */
#include "story.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROUND       40 /* orders to a store */
#define MAX_STORIES 24
#define MAX_CALLS   140 /* of one that is killed, before it is */
#define TEXT        (4 * NAME)

static struct story stories[MAX_STORIES];
static size_t n_stories;
static unsigned n_named; /* of all rounds */

static unsigned fates[N_FATES];

/* ---- one order ----------------------------------------------------------- */

/* How it is carried out. */
enum manner { WHOLE, KILLED, LEFT, BESIDE, N_MANNERS };
static const char *const manners[N_MANNERS] = { "whole", "killed", "left",
                                                "beside" };

struct order {
  struct run run;
  struct story *story; /* that it begins, or settles; NULL: neither */
  bool begins;
  enum manner manner;
  char texts[4][TEXT];
  unsigned n_texts;
};

static unsigned given[N_MANNERS];
static int beside; /* a process that is under way; 0: none */
static struct order *besides;
static FILE *protocol;

static char *keep(struct order *o, const char *a, const char *b, const char *c)
{
  char *text = o->texts[o->n_texts++];

  snprintf(text, TEXT, "%s%s%s", a, b, c);
  return text;
}

static void write_down(const struct order *o, const char *more)
{
  int i;

  fprintf(protocol, "%s:", manners[o->manner]);
  for (i = 0; i < o->run.n_words; i++)
    fprintf(protocol, " '%s'", o->run.words[i]);
  fprintf(protocol, "%s\n", more);
  fflush(protocol);
}

/* What an order brings is not known before it is over. */
static void account_for(const struct order *o, int code)
{
  if (code == 0 && o->begins && strcmp(o->run.words[0], "generate") == 0 &&
      !story_has_file(o->story)) {
    printf("FAIL %s: it ended well, and there is no file\n", o->story->prompt);
    fates[FATE_WRONG]++;
  }
}

static void end_beside(bool kill_it)
{
  static char said[32];
  int code;

  if (!beside)
    return;
  if (kill_it)
    kill(beside, SIGKILL);
  code = run_end(beside);
  beside = 0;
  snprintf(said, sizeof(said), " ends with %d", code);
  write_down(besides, said);
  account_for(besides, code);
  free(besides);
}

static void moment(void)
{
  usleep((useconds_t)below(below(4) ? 60000 : 400000));
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

static int go_killed(struct order *o)
{
  static const char *const hows[] = { "before", "half", "after" };
  struct point p = { hows[below(3)], 1 + below(MAX_CALLS) };

  return run_go(&o->run, &p);
}

static void go(struct order *o)
{
  char said[96];
  int code;

  given[o->manner]++;
  if (o->manner == BESIDE) {
    end_beside(below(2));
    write_down(o, "");
    o->run.err = "said.beside";
    beside = run_start(&o->run);
    besides = o;
    if (below(2))
      moment();
    return;
  }
  code = o->manner == KILLED ? go_killed(o)
         : o->manner == LEFT ? go_left(o)
                             : run_go(&o->run, NULL);
  snprintf(said, sizeof(said), " ends with %d%s%s", code,
           code < 0 ? " at " : "", code < 0 ? run_died_at() : "");
  write_down(o, said);
  account_for(o, code);
  free(o);
}

/* ---- what is ordered ----------------------------------------------------- */

static struct order *new_order(const char *verb)
{
  static const enum manner often[] = { WHOLE,  WHOLE, KILLED, KILLED, KILLED,
                                       KILLED, LEFT,  LEFT,   BESIDE, BESIDE };
  struct order *o = calloc(1, sizeof(*o));

  if (!o)
    abort();
  setenv("GAMUT_POLL_INTERVAL", below(3) ? "10ms" : "60ms", 1);
  o->run.state = "state";
  o->manner = often[below(LEN(often))];
  run_add(&o->run, verb);
  return o;
}

static void add_words(struct order *o, const char *a, const char *b)
{
  run_add(&o->run, a);
  run_add(&o->run, b);
}

static void add_flow(struct order *o, const struct flow *f)
{
  size_t i;

  for (i = 0; i < LEN(f->words) && f->words[i]; i++)
    run_add(&o->run, f->words[i]);
  add_words(o, "--resubmit", "never");
  run_add(&o->run, "--allow-unknown-cost");
}

static struct story *new_story(void)
{
  struct story *s = &stories[n_stories++];

  story_draw(s, ++n_named);
  return s;
}

static const char *out_of(struct order *o, const struct story *s)
{
  return keep(o, "made/", s->name,
              story_is_several(s) ? "-{index}.{ext}" : ".{ext}");
}

static void begin_one(void)
{
  struct order *o = new_order(below(2) ? "generate" : "submit");
  struct story *s = new_story();

  o->story = s;
  o->begins = true;
  add_words(o, "-p", s->prompt);
  add_words(o, "--project", s->name);
  add_words(o, "-o", out_of(o, s));
  add_flow(o, s->flow);
  if (below(5) == 0)
    add_words(o, "--timeout", "100ms");
  go(o);
}

static void write_line(FILE *f, const struct story *s)
{
  fprintf(protocol, "%s: %s\n", s->file, s->prompt);
  fprintf(f,
          "{\"prompt\":\"%s\",\"project\":\"%s\","
          "\"output\":\"made/%s-{index}.{ext}\"}\n",
          s->prompt, s->name, s->name);
}

static void run_batch(const struct story *s, const char *resume)
{
  struct order *o = new_order("batch");

  run_add(&o->run, keep(o, s->file, "", ""));
  add_flow(o, s->flow);
  if (resume)
    run_add(&o->run, resume);
  go(o);
}

static void begin_batch(void)
{
  struct story *first = new_story(), *s = first;
  FILE *f;
  int i;

  snprintf(first->file, sizeof(first->file), "batch-%u.jsonl", n_named);
  f = fopen(first->file, "w");
  for (i = 0; f && i < LINES; i++) {
    if (i > 0) {
      s = &stories[n_stories++];
      story_draw_line(s, ++n_named, first);
    }
    write_line(f, s);
  }
  if (!f || fclose(f))
    must(-1, first->name, "writing its lines");
  run_batch(first, NULL);
}

/* A verb for one job. */
static void about(const char *verb, const char *id, const char *more)
{
  struct order *o = new_order(verb);

  run_add(&o->run, keep(o, id, "", ""));
  if (strcmp(verb, "wait") == 0)
    add_words(o, "--timeout", "2s");
  if (more)
    run_add(&o->run, more);
  go(o);
}

static void settle(struct story *s, const char *id, const char *how)
{
  struct order *o = new_order("jobs");

  add_words(o, "settle", keep(o, id, "", ""));
  if (how)
    run_add(&o->run, how);
  s->settled |= how != NULL;
  if (how && strcmp(how, "--not-charged") == 0 && s->file[0])
    s->again++;
  go(o);
}

/* What was sent by one that was killed is there in a moment. */
static void settle_by_hand(struct story *s, bool lie)
{
  const char *id;
  bool sold;

  end_beside(false);
  usleep(50000);
  story_look();
  id = story_doubt(s);
  if (!id)
    return;
  sold = story_sold(s) > 0;
  s->lied |= lie;
  settle(s, id, sold != lie ? "--charged" : "--not-charged");
}

static void resume_all(void)
{
  struct order *o = new_order("resume");

  add_words(o, "--resubmit", "never");
  go(o);
}

/* One with which there is something to do, of a few. */
static struct story *draw_story(void)
{
  struct story *s = NULL;
  int i;

  for (i = 0; n_stories > 0 && i < 4; i++) {
    s = &stories[below(n_stories)];
    if (story_goes_on(s))
      break;
  }
  return s;
}

static void give_one(void)
{
  struct story *s = draw_story();
  const char *id = s ? story_draw_id(s) : NULL;
  uint64_t what = below(20);

  if (n_stories + LINES <= MAX_STORIES && (!s || what < 6))
    what < 4 ? begin_one() : begin_batch();
  else if (what < 9)
    resume_all();
  else if (s && s->file[0] && what < 11)
    run_batch(s, "--resume");
  else if (!id)
    resume_all();
  else if (what < 12)
    about("resume", id, NULL);
  else if (what < 13)
    about("wait", id, NULL);
  else if (what < 15)
    about("cancel", id, NULL);
  else if (what < 16)
    about("fetch", id, "--force");
  else if (what < 17)
    settle(s, id, NULL);
  else
    settle_by_hand(s, what == 19);
}

/* ---- one round ----------------------------------------------------------- */

static void go_whole(struct order *o)
{
  o->manner = WHOLE;
  go(o);
}

/* Until nothing is under way any more, and every line of a batch was tried. */
static void come_to_an_end(void)
{
  int i;
  size_t k;

  end_beside(false);
  for (i = 0; i < 2; i++) {
    struct order *o = new_order("resume");

    add_words(o, "--resubmit", "never");
    go_whole(o);
  }
  for (k = 0; k < n_stories; k++) {
    struct order *o;

    if (!stories[k].file[0] ||
        (k > 0 && strcmp(stories[k].file, stories[k - 1].file) == 0))
      continue;
    o = new_order("batch");
    run_add(&o->run, keep(o, stories[k].file, "", ""));
    add_flow(o, stories[k].flow);
    run_add(&o->run, "--resume");
    go_whole(o);
  }
}

static void settle_the_rest(void)
{
  size_t i;

  for (i = 0; i < n_stories; i++) {
    const char *id = story_doubt(&stories[i]);
    struct order *o;

    if (!id)
      continue;
    o = new_order("jobs");
    add_words(o, "settle", keep(o, id, "", ""));
    run_add(&o->run,
            story_sold(&stories[i]) > 0 ? "--charged" : "--not-charged");
    go_whole(o);
  }
}

static bool judge(void)
{
  unsigned n = fates[FATE_WRONG];
  size_t i;

  story_look();
  for (i = 0; i < n_stories; i++)
    fates[story_judge(&stories[i])]++;
  fates[FATE_WRONG] += (unsigned)story_strays(stories, n_stories);
  settle_the_rest();
  story_look();
  for (i = 0; i < n_stories; i++)
    fates[FATE_WRONG] += story_judge(&stories[i]) == FATE_WRONG;
  fates[FATE_WRONG] += (unsigned)flow_unbalanced("state", false);
  return fates[FATE_WRONG] == n;
}

static bool go_round(unsigned orders)
{
  bool good;

  n_stories = 0;
  flow_clear();
  protocol = fopen("protocol", "w");
  if (!protocol)
    must(-1, "protocol", "writing it");
  while (orders-- > 0) {
    story_look();
    give_one();
  }
  come_to_an_end();
  good = judge();
  fclose(protocol);
  fflush(stdout);
  if (!good)
    must(system("cat protocol"), "protocol", "reading it");
  return good;
}

int main(void)
{
  const char *n = getenv("CRASH_ORDERS");
  unsigned orders = n ? (unsigned)strtoul(n, NULL, 10) : ROUND, all = orders;
  bool good = true;

  while (orders > 0) {
    unsigned some = orders < ROUND ? orders : ROUND;

    good &= go_round(some);
    orders -= some;
  }
  printf("%u orders: %u whole, %u killed, %u left, %u beside others.  %u "
         "requests: %u without a job, %u whole, %u maybe-charged, %u though "
         "nothing was sold, %u cancelled, %u failed, %u wrong\n",
         all, given[WHOLE], given[KILLED], given[LEFT], given[BESIDE], n_named,
         fates[FATE_NONE], fates[FATE_WHOLE], fates[FATE_MAYBE],
         fates[FATE_CAUTION], fates[FATE_CANCELLED], fates[FATE_FAILED],
         fates[FATE_WRONG]);
  story_finish();
  return !good;
}
