/* orders.c - gives orders as they come: begins requests, goes on with them,
 * waits, cancels, fetches, settles, two at once, and kills or leaves whoever
 * carries them out, or lets it hang; then lets everything come to its end, and
 * compares gamut's books and files with the vendor's.
 *
 *   orders
 *
 * CRASH_ORDERS: how many; CRASH_SEED: which.  CRASH_PROGRAM, CRASH_VENDOR: as
 * of points.c; CRASH_SHIM, CLOCK_AHEAD: as of hangs.c. */
#include "clocks.h"
#include "order.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUND       40 /* orders to a store */
#define MAX_STORIES 24

static struct story stories[MAX_STORIES];
static size_t n_stories;
static unsigned n_named; /* of all rounds */
static struct terms terms;
static unsigned fates[N_FATES];

/* ---- what is begun ------------------------------------------------------- */

static struct order *new_order(const char *verb)
{
  setenv("GAMUT_POLL_INTERVAL", below(3) ? "10ms" : "60ms", 1);
  return order_new(verb);
}

static struct story *new_story(void)
{
  struct story *s = &stories[n_stories++];

  story_draw(s, ++n_named, &terms);
  return s;
}

static void add_flow(struct order *o, const struct flow *f)
{
  size_t i;

  for (i = 0; i < LEN(f->words) && f->words[i]; i++)
    order_add(o, f->words[i], NULL);
  order_add(o, "--resubmit", terms.resubmit);
  order_add(o, "--allow-unknown-cost", NULL);
}

static void begin_one(void)
{
  bool waits = below(2);
  struct order *o = new_order(waits ? "generate" : "submit");
  struct story *s = new_story();

  if (waits)
    order_begins(o, s);
  order_add(o, "-p", s->prompt);
  order_add(o, "--project", s->name);
  order_add(o, "-o", NULL);
  order_add_copy(o, "made/", s->name,
                 story_is_several(s) ? "-{index}.{ext}" : ".{ext}");
  add_flow(o, s->flow);
  if (below(5) == 0)
    order_add(o, "--timeout", "100ms");
  order_go(o);
}

static void write_line(FILE *f, const struct story *s)
{
  protocol_line(s->file, s->prompt);
  fprintf(f,
          "{\"prompt\":\"%s\",\"project\":\"%s\","
          "\"output\":\"made/%s-{index}.{ext}\"}\n",
          s->prompt, s->name, s->name);
}

static struct order *batch_of(const struct story *s, bool resume)
{
  struct order *o = new_order("batch");

  order_add_copy(o, s->file, "", "");
  add_flow(o, s->flow);
  if (resume)
    order_add(o, "--resume", NULL);
  return o;
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
      story_draw_line(s, ++n_named, first, &terms);
    }
    write_line(f, s);
  }
  if (!f || fclose(f))
    must(-1, first->name, "writing its lines");
  order_go(batch_of(first, false));
}

/* ---- what is done to it -------------------------------------------------- */

/* A verb for one job. */
static void about(const char *verb, const char *id, const char *more)
{
  struct order *o = new_order(verb);

  order_add_copy(o, id, "", "");
  if (strcmp(verb, "wait") == 0)
    order_add(o, "--timeout", "2s");
  if (more)
    order_add(o, more, NULL);
  order_go(o);
}

static struct order *settling(const char *id, const char *how)
{
  struct order *o = new_order("jobs");

  order_add(o, "settle", NULL);
  order_add_copy(o, id, "", "");
  if (how)
    order_add(o, how, NULL);
  return o;
}

static const char *answer(bool charged)
{
  return charged ? "--charged" : "--not-charged";
}

/* Of several attempts nobody knows which one the vendor bills. */
static bool is_sent_once(void)
{
  return strcmp(terms.resubmit, "never") == 0;
}

/* What was sent by one that was killed is there in a moment. */
static void settle_by_hand(struct story *s, bool lie)
{
  const char *id;
  bool charged;

  order_end_others();
  usleep(50000);
  story_look();
  id = story_doubt(s);
  if (!id)
    return;
  charged = (story_sold(s) > 0) != lie;
  s->settled = true;
  s->lied |= lie || !is_sent_once();
  if (!charged && s->file[0])
    s->again++;
  order_go(settling(id, answer(charged)));
}

static struct order *resuming(void)
{
  struct order *o = new_order("resume");

  order_add(o, "--resubmit", terms.resubmit);
  return o;
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
  else if (s && s->file[0] && what < 9)
    order_go(batch_of(s, true));
  else if (!id || what < 11)
    order_go(resuming());
  else if (what < 12)
    about("resume", id, NULL);
  else if (what < 13)
    about("wait", id, NULL);
  else if (what < 15)
    about("cancel", id, NULL);
  else if (what < 16)
    about("fetch", id, "--force");
  else if (what < 17)
    order_go(settling(id, NULL));
  else
    settle_by_hand(s, what == 19);
}

/* ---- one round ----------------------------------------------------------- */

static void go_whole(struct order *o)
{
  order_set(o, WHOLE);
  order_go(o);
}

/* Until nothing is under way any more, and every line of a batch was tried. */
static void come_to_an_end(void)
{
  size_t i;

  order_end_others();
  for (i = 0; i < 2; i++)
    go_whole(resuming());
  for (i = 0; i < n_stories; i++)
    if (stories[i].file[0] &&
        (i == 0 || strcmp(stories[i].file, stories[i - 1].file) != 0))
      go_whole(batch_of(&stories[i], true));
}

static void settle_the_rest(void)
{
  size_t i;

  for (i = 0; is_sent_once() && i < n_stories; i++) {
    const char *id = story_doubt(&stories[i]);

    if (id)
      go_whole(settling(id, answer(story_sold(&stories[i]) > 0)));
  }
}

static bool judge(void)
{
  unsigned n = fates[FATE_WRONG];
  size_t i;

  story_look();
  for (i = 0; i < n_stories; i++)
    fates[story_judge(&stories[i], &terms)]++;
  fates[FATE_WRONG] += (unsigned)story_strays(stories, n_stories, &terms);
  settle_the_rest();
  story_look();
  for (i = 0; i < n_stories; i++)
    fates[FATE_WRONG] += story_judge(&stories[i], &terms) == FATE_WRONG;
  fates[FATE_WRONG] += (unsigned)flow_unbalanced("state", false);
  fates[FATE_WRONG] += order_wrong;
  order_wrong = 0;
  return fates[FATE_WRONG] == n;
}

static void set_budget(const char *usd)
{
  const char *path = "config/gamut/config.json";
  FILE *f = fopen(path, "w");

  if (!f ||
      fprintf(f,
              "{\"budgets\":[{\"scope\":\"all\",\"limit_usd\":%s,"
              "\"period\":\"month\"}]}\n",
              usd) < 0 ||
      fclose(f))
    must(-1, path, "writing it");
  protocol_line("budget", usd);
}

static void draw_terms(void)
{
  terms.resubmit = below(3) ? "never" : "always";
  terms.forgets = below(4) == 0;
  if (terms.forgets)
    setenv("GAMUT_KEEP_JOBS", "0", 1);
  else
    unsetenv("GAMUT_KEEP_JOBS");
  terms.tight = below(4) == 0;
  set_budget(terms.tight ? "0.4" : "100000");
  protocol_line("resubmit", terms.resubmit);
  protocol_line("keep_jobs", terms.forgets ? "0" : "preset");
}

static bool go_round(unsigned orders)
{
  bool good;

  n_stories = 0;
  flow_clear();
  clocks_begin();
  protocol_open();
  draw_terms();
  while (orders-- > 0) {
    story_look();
    give_one();
  }
  come_to_an_end();
  good = judge();
  protocol_close(!good);
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
  printf("%u orders: %u whole, %u killed, %u left, %u beside others, %u hung.  "
         "%u requests: %u without a job, %u whole, %u maybe-charged, %u though "
         "nothing was sold, %u cancelled, %u failed, %u wrong\n",
         all, order_given[WHOLE], order_given[KILLED], order_given[LEFT],
         order_given[BESIDE], order_given[HUNG], n_named, fates[FATE_NONE],
         fates[FATE_WHOLE], fates[FATE_MAYBE], fates[FATE_CAUTION],
         fates[FATE_CANCELLED], fates[FATE_FAILED], fates[FATE_WRONG]);
  story_finish();
  return !good;
}
