/* test_orders.c - orders as they come: what one can ask of gamut.h is asked at
 * random of several contexts on one store, of which some hang or are closed in
 * the middle of it, and of a vendor who loses answers.  Then everything is
 * brought to its end, and gamut's books, jobs and files are compared with what
 * the vendor has sold.
 *
 * ORDERS_SEED: which round is the first; ORDERS_ROUNDS: how many; ORDERS_TELL:
 * print the protocol of rounds that went well, too; ORDERS_DEBUG: with all that
 * gamut logs.  What the vendor does is told by the seed, when it does it is
 * not: a round may have to be tried again. */
#include "engine/orders.h"
#include "store/kit.h"
#include "store/shim.h"
#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 8, ORDERS = 60, TRIES = 8 };

static unsigned long number(const char *name, unsigned long preset)
{
  const char *text = getenv(name);

  return text ? strtoul(text, NULL, 10) : preset;
}

/* ---- who, and what --------------------------------------------------------
 */

static int draw_seat(void)
{
  int i = (int)below(SEATS);

  if (world.seats[i].hangs)
    i = (int)below(SEATS);
  world.seats[i].hangs = false;
  return i;
}

/* Rather one of the latest. */
static struct story *draw_story(void)
{
  unsigned n = (unsigned)world.n_stories, back = below(n);

  back = below(back + 1);
  return &world.stories[n - 1 - back];
}

/* One of the story's jobs, or parts; "": there is none. */
static void draw_id(const struct story *s, int seat, char id[GAMUT_ID_SIZE])
{
  struct json_object *all, *job;
  unsigned n = 0;
  size_t i;

  snprintf(id, GAMUT_ID_SIZE, "%s", s->id);
  if (below(3) > 0)
    return;
  all = seat_jobs(seat, "{\"parts\":true}");
  for (i = 0; all && i < json_object_array_length(all); i++) {
    job = json_object_array_get_idx(all, i);
    if (strcmp(json_object_get_string(json_object_object_get(job, "prompt")),
               s->prompt) == 0 &&
        below(++n) == 0)
      snprintf(id, GAMUT_ID_SIZE, "%s",
               json_object_get_string(json_object_object_get(job, "id")));
  }
  json_object_put(all);
}

/* ---- orders ---------------------------------------------------------------
 */

static void submit(struct story *s, int seat)
{
  struct gamut_request *r = story_request(s);
  struct ticket *t = seat_ticket(seat);
  struct gamut_error err = { 0 };
  int32_t rc;

  tell("%d: submit %s, ticket %d", seat, s->name, t->nth);
  rc = gamut_submit(world.seats[seat].g, r, ticket_done, t, s->id, &err);
  t->wanted = rc == 0;
  tell("%d: = %s %s", seat, rc ? err.message : s->id, "");
  gamut_request_free(r);
}

/* True: it goes on. */
static bool submit_once(struct story *s, int seat)
{
  struct gamut_request *r = story_request(s);
  struct ticket *t = seat_ticket(seat);
  struct gamut_result *result = NULL;
  struct gamut_error err = { 0 };
  int32_t rc;

  tell("%d: submit once %s, ticket %d", seat, s->name, t->nth);
  rc = gamut_submit_once(world.seats[seat].g, r, s->key, ticket_done, t, s->id,
                         &result, &err);
  t->wanted = rc == 0 && !result;
  tell("%d: = %s %s", seat, rc ? err.message : s->id,
       result ? gamut_class_name(gamut_result_class(result)) : "");
  gamut_result_free(result);
  gamut_request_free(r);
  return t->wanted;
}

static void begin(struct story *s, int seat)
{
  if (s->key[0])
    submit_once(s, seat);
  else
    submit(s, seat);
}

typedef int32_t take_fn(struct gamut *g, const char *id,
                        const struct gamut_request *how, gamut_done_fn *on_done,
                        void *user, struct gamut_error *ret_error);

static void take(take_fn *fn, const char *name, const char *id, int seat)
{
  struct ticket *t = seat_ticket(seat);
  struct gamut_request *how = gamut_request_new();
  struct gamut_error err = { 0 };
  int32_t rc;

  gamut_request_set(how, "force", "yes", NULL);
  tell("%d: %s %s, ticket %d", seat, name, id, t->nth);
  rc = fn(world.seats[seat].g, id, fn == gamut_fetch ? how : NULL, ticket_done,
          t, &err);
  t->wanted = rc == 0;
  tell("%d: = %d %s", seat, rc, err.message);
  gamut_request_free(how);
}

static void resume_all(int seat)
{
  struct ticket *t = seat_ticket(seat);
  struct gamut_error err = { 0 };
  uint32_t n = 0;
  int32_t rc;

  tell("%d: resume all, ticket %d", seat, t->nth);
  rc = gamut_resume_all(world.seats[seat].g, NULL, ticket_done, t, &n, &err);
  t->wanted = n;
  tell("%d: = %d %u %s", seat, rc, n, err.message);
}

static void leave(const char *id, int seat)
{
  static const char *const names[] = { "cancel", "cancel elsewhere", "detach" };
  struct gamut *g = world.seats[seat].g;
  unsigned how = below(3);
  int32_t rc;

  tell("%d: %s %s", seat, names[how], id);
  rc = how == 0   ? gamut_cancel(g, id)
       : how == 1 ? gamut_cancel_elsewhere(g, id, NULL)
                  : gamut_detach(g, id);
  tell("%d: = %d", seat, rc);
}

/* What one of its jobs came to is settled: with all that is in doubt of the
 * story, or only a part of it.  It may have been sent while it was. */
static void settle(struct story *s, int seat)
{
  struct gamut_error err = { 0 };
  char id[GAMUT_ID_SIZE];
  bool lie = below(4) == 0, simple, charged;
  struct bill b;
  int32_t rc;

  draw_id(s, seat, id);
  shop_rest(world.shop);
  b = shop_bill(world.shop, s->prompt);
  charged = (b.orders > 0) != lie;
  simple = !lie && !s->hedge && !s->spread && !b.fewer && b.orders <= 1 &&
           strcmp(s->resubmit, "never") == 0;
  tell("%d: settle %s as %scharged, which is %s", seat, id,
       charged ? "" : "not ", lie ? "a lie" : "true");
  rc = gamut_settle(world.seats[seat].g, id, charged, &err);
  tell("%d: = %d %s", seat, rc, err.message);
  if (rc)
    return;
  shop_rest(world.shop);
  simple &= shop_bill(world.shop, s->prompt).orders == b.orders;
  s->vague |= !simple;
  s->not_charged += !charged && (lie || !simple);
}

static void reopen(int seat)
{
  seat_close(seat);
  seat_open(seat);
}

/* Some hang for longer than their jobs are theirs. */
static void hang(void)
{
  int i, k;

  for (i = 0; i < SEATS; i++)
    world.seats[i].hangs = below(2);
  tell("hang: %d %d %d", world.seats[0].hangs, world.seats[1].hangs,
       world.seats[2].hangs);
  for (k = 0; k < 5; k++) {
    world_pass(8000);
    for (i = 0; i < SEATS; i++)
      if (!world.seats[i].hangs)
        seat_step(i, 3);
  }
  tell("hung");
}

/* One write of the store fails, or all do until the next order. */
static void fill_disk(void)
{
  unsigned nth = 1 + below(8);
  bool all = below(2);

  tell("full: write %u%s", nth, all ? " and all that follow" : "");
  shim_fail(below(2) ? SHIM_FULL : SHIM_ERROR, nth, all);
}

static void order_about(struct story *s, int seat)
{
  char id[GAMUT_ID_SIZE];

  if (s->key[0] && below(3) == 0) {
    submit_once(s, seat);
    return;
  }
  draw_id(s, seat, id);
  switch (below(8)) {
  case 0:
  case 1:
    take(gamut_attach, "attach", id, seat);
    break;
  case 2:
    take(gamut_fetch, "fetch", id, seat);
    break;
  case 3:
  case 4:
    leave(id, seat);
    break;
  case 5:
    settle(s, seat);
    break;
  default:
    resume_all(seat);
  }
}

static void give_one(void)
{
  unsigned what = below(20);

  shim_fail(SHIM_FULL, 0, false);
  if (world.seed % 3 == 2 && below(6) == 0)
    fill_disk();
  if (world.n_stories == 0 || (what < 7 && world.n_stories < STORIES_MAX))
    begin(story_new(), draw_seat());
  else if (what < 16)
    order_about(draw_story(), draw_seat());
  else if (what < 18)
    reopen(draw_seat());
  else
    hang();
}

/* Somebody works for a moment. */
static void work(void)
{
  int i = draw_seat(), ms = (int)below(below(3) ? 8 : 40);

  tell("%d: works for %d ms", i, ms);
  seat_step(i, ms);
}

/* ---- the end --------------------------------------------------------------
 */

/* All that is under way there; time passes when nothing else does. */
static void work_to_the_end(void)
{
  int i;

  for (i = 0; gamut_active(world.seats[0].g) > 0 && i < 4000; i++) {
    gamut_step(world.seats[0].g, 1);
    if (i % 50 == 49)
      world_pass(2000);
  }
  if (gamut_active(world.seats[0].g) > 0)
    world_wrong("%u jobs do not end", gamut_active(world.seats[0].g));
}

static bool is_unfinished(void)
{
  struct json_object *list =
    seat_jobs(0, "{\"state\":\"unfinished\",\"parts\":true}");
  bool some;

  ck_assert_ptr_nonnull(list);
  some = json_object_array_length(list) > 0;
  json_object_put(list);
  return some;
}

/* Also what goes on though its request has been told, and what somebody had
 * just looked at when all were resumed. */
static void end_all(void)
{
  int i, k;

  for (i = 0; i < TRIES && is_unfinished(); i++) {
    resume_all(0);
    work_to_the_end();
    for (k = 0; k < 20 && is_unfinished(); k++) {
      seat_step(0, 5);
      world_pass(200);
    }
  }
}

static void end_once(struct story *s)
{
  int i;

  for (i = 0; i < TRIES && submit_once(s, 0); i++)
    work_to_the_end();
}

static void come_to_an_end(void)
{
  int i;

  shim_fail(SHIM_FULL, 0, false);
  shop_behave(world.shop);
  for (i = SEATS - 1; i >= 0; i--)
    seat_close(i);
  shop_rest(world.shop);
  seat_open(0);
  end_all();
  for (i = 0; i < world.n_stories; i++)
    if (world.stories[i].key[0])
      end_once(&world.stories[i]);
  end_all();
}

static void go_round(uint64_t seed)
{
  static bool installed; /* where a test has no process of its own */
  int i;

  if (!installed)
    shim_install();
  installed = true;
  world_open(seed);
  for (i = 0; i < ORDERS; i++) {
    give_one();
    work();
  }
  come_to_an_end();
  judge_all();
  seat_close(0);
  if (world.wrong || getenv("ORDERS_TELL"))
    shop_print(world.shop);
  world_close();
  ck_assert_msg(world.wrong == 0, "round %llu: %d things are wrong",
                (unsigned long long)seed, world.wrong);
}

START_TEST(orders)
{
  go_round(number("ORDERS_SEED", 1) + (unsigned long)_i);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("orders");

  if (!kit_sqlite())
    return 77; /* not built */
  tcase_add_loop_test(tc, orders, 0, (int)number("ORDERS_ROUNDS", ROUNDS));
  return unit_run("orders", tc);
}
