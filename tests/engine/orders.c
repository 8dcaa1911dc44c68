/* orders.c - see orders.h.  This program's clock stands before the system's,
 * also for the store and for curl. */
#include "engine/orders.h"
#include "base/clock.h"
#include "unit/scratch.h"
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { DAY_MS = 86400000 };

struct world world;

/* ---- the clock ------------------------------------------------------------
 */

static atomic_llong ahead_ms;

__attribute__((visibility("default"))) int clock_gettime(clockid_t id,
                                                         struct timespec *t)
{
  long rc = syscall(SYS_clock_gettime, id, t);
  long long ns = t->tv_nsec + ahead_ms % 1000 * 1000000;

  if (rc)
    return (int)rc;
  t->tv_sec += (time_t)(ahead_ms / 1000 + ns / 1000000000);
  t->tv_nsec = (long)(ns % 1000000000);
  return 0;
}

void world_pass(int ms)
{
  ahead_ms += ms;
}

/* The budget's month does not end under way. */
static void ck_month(void)
{
  uint64_t from, to;

  gm_period_of(GM_MONTH, gm_wall_ms(), &from, &to);
  if (to - gm_wall_ms() < DAY_MS)
    world_pass(DAY_MS);
}

/* ---- what is seen ---------------------------------------------------------
 */

unsigned below(unsigned n)
{
  return (unsigned)(shop_draw(&world.state) % n);
}

void world_wrong(const char *format, ...)
{
  char text[1500];
  va_list ap;

  va_start(ap, format);
  vsnprintf(text, sizeof(text), format, ap);
  va_end(ap);
  tell("WRONG: %s", text);
  printf("WRONG, seed %llu: %s\n", (unsigned long long)world.seed, text);
  world.wrong++;
}

static void write_line(void *user, int32_t level, const char *line)
{
  (void)level;
  tell("  log of %d: %s", (int)((struct seat *)user - world.seats), line);
}

/* ---- who waits ------------------------------------------------------------
 */

struct ticket *seat_ticket(int i)
{
  struct ticket *t = &world.tickets[world.n_tickets];

  ck_assert_int_lt(world.n_tickets, TICKETS_MAX);
  *t = (struct ticket){ .nth = world.n_tickets++, .seat = i, .wanted = 1 };
  return t;
}

void ticket_done(void *user, struct gamut_result *result)
{
  struct ticket *t = user;

  t->got++;
  tell("  done of %d: %s class %s%s, ticket %d: %s", t->seat,
       gamut_result_id(result), gamut_class_name(gamut_result_class(result)),
       gamut_result_maybe_charged(result) ? ", maybe-charged" : "", t->nth,
       gamut_result_message(result) ? gamut_result_message(result) : "");
  gamut_result_free(result);
}

static void ck_told(int seat)
{
  int i;

  for (i = 0; i < world.n_tickets; i++) {
    struct ticket *t = &world.tickets[i];

    if (t->seat == seat && t->got != t->wanted)
      world_wrong("ticket %d was told %u times, not %u", t->nth, t->got,
                  t->wanted);
    if (t->seat == seat)
      t->seat = -1;
  }
}

/* ---- contexts -------------------------------------------------------------
 */

static void set(struct gamut *g, const char *name, const char *value)
{
  struct gamut_error err;

  ck_assert_msg(gamut_set(g, name, value, &err) == 0, "%s: %s", name,
                err.message);
}

static void add(struct gamut *g, const struct gamut_provider *p)
{
  char name[64], path[64], url[128];

  ck_assert_int_eq(gamut_register_provider(g, p, NULL), 0);
  snprintf(name, sizeof(name), "%s.base_url", p->name);
  snprintf(path, sizeof(path), "/%s", p->name);
  set(g, name, shop_url(world.shop, path, url, sizeof(url)));
}

void seat_open(int i)
{
  struct seat *seat = &world.seats[i];
  struct gamut_options o = { .struct_size = sizeof(o),
                             .flags = GAMUT_NO_CONFIG,
                             .log = write_line,
                             .log_user = seat,
                             .log_level = getenv("ORDERS_DEBUG") ? GAMUT_DEBUG
                                                                 : GAMUT_WARN };
  struct gamut_error err;

  ck_assert_msg(gamut_open(&o, &seat->g, &err) == 0, "%s", err.message);
  seat->hangs = false;
  set(seat->g, "store", "sqlite");
  set(seat->g, "state_dir", world.place);
  set(seat->g, "retry_max_wait", "5ms");
  set(seat->g, "poll_interval", "2ms");
  set(seat->g, "sync_files", "no");
  set(seat->g, "breaker", "no");
  set(seat->g, "budgets",
      "[{\"scope\":\"all\",\"limit_usd\":1000,\"period\":\"month\"}]");
  /* of the whole round, so that the others hold their peace, too */
  if (world.seed % 5 == 4)
    set(seat->g, "keep_jobs", "0");
  add(seat->g, &vendor_a);
  add(seat->g, &vendor_b);
  add(seat->g, &vendor_c);
  tell("open %d", i);
}

void seat_close(int i)
{
  if (!world.seats[i].g)
    return;
  tell("close %d", i);
  gamut_close(world.seats[i].g);
  world.seats[i].g = NULL;
  ck_told(i);
}

void seat_step(int i, int ms)
{
  int k;

  for (k = 0; k < ms; k++)
    gamut_step(world.seats[i].g, 1);
}

struct json_object *seat_jobs(int i, const char *filter)
{
  struct gamut_error err;
  struct json_object *o;
  char *json = NULL;

  if (gamut_jobs(world.seats[i].g, filter, &json, &err)) {
    tell("%d: = %s", i, err.message);
    return NULL;
  }
  o = json_tokener_parse(json);
  gamut_string_free(json);
  return o;
}

/* ---- what is asked --------------------------------------------------------
 */

static const struct {
  const char *links, *n, *hedge, *spread;
} shapes[] = {
  { "a:cheap", "1", NULL, NULL },
  { "a:cheap", "1", NULL, NULL },
  { "a:cheap b:cheap c:cheap", "1", NULL, NULL },
  { "b:cheap c:cheap", "1", NULL, NULL },
  { "a:set", "3", NULL, NULL },
  { "a:set b:set", "2", NULL, NULL },
  { "a:set b:set c:set", "3", NULL, "yes" },
  { "b:set a:set", "2", NULL, "yes" },
  { "a:cheap b:cheap", "1", "5ms", NULL },
  { "c:cheap a:cheap b:cheap", "1", "10ms", NULL },
};

static const char *draw_resubmit(void)
{
  static const char *const all[] = { "never", "never", "never", "cheap",
                                     "always" };

  return all[below(GM_LEN(all))];
}

static const char *draw_words(struct story *s)
{
  s->keyed = below(6) == 0;
  s->free = !s->keyed && below(10) == 0;
  return s->keyed ? " keyed" : s->free ? " free" : "";
}

struct story *story_new(void)
{
  struct story *s = &world.stories[world.n_stories++];
  unsigned shape = below(GM_LEN(shapes));
  char name[16];

  *s = (struct story){ .links = shapes[shape].links,
                       .n = shapes[shape].n,
                       .hedge = shapes[shape].hedge,
                       .spread = shapes[shape].spread,
                       .resubmit = draw_resubmit(),
                       .timeout = below(6) ? NULL : "20ms",
                       .images = *shapes[shape].n - '0' };
  snprintf(name, sizeof(name), "s%02d", world.n_stories);
  snprintf(s->name, sizeof(s->name), "%s", name);
  snprintf(s->prompt, sizeof(s->prompt), "%s%s", name, draw_words(s));
  if (below(5) < 2)
    snprintf(s->key, sizeof(s->key), "key %.8s", name);
  if (below(4))
    snprintf(s->output, sizeof(s->output), "%s/made/%s%s", world.place, name,
             s->images > 1 ? "-{index}.{ext}" : ".{ext}");
  tell("%s: '%s' %s n=%s hedge=%s spread=%s resubmit=%s key=%s timeout=%s %s",
       s->name, s->prompt, s->links, s->n, s->hedge ? s->hedge : "-",
       s->spread ? s->spread : "-", s->resubmit, s->key,
       s->timeout ? s->timeout : "-", s->output);
  return s;
}

struct gamut_request *story_request(const struct story *s)
{
  struct gamut_request *r =
    fix_request(s->links, s->prompt, "n", s->n, "resubmit", s->resubmit,
                "project", s->name, NULL);

  if (s->hedge)
    gamut_request_set(r, "hedge", s->hedge, NULL);
  if (s->spread)
    gamut_request_set(r, "spread", s->spread, NULL);
  if (s->timeout)
    gamut_request_set(r, "timeout", s->timeout, NULL);
  if (s->output[0])
    gamut_request_set(r, "output", s->output, NULL);
  return r;
}

/* ---- a round --------------------------------------------------------------
 */

void world_open(uint64_t seed)
{
  char path[600];
  int i;

  world = (struct world){ .seed = seed, .state = seed };
  ck_month();
  world.shop = shop_start(seed);
  world.place = scratch_folder();
  snprintf(path, sizeof(path), "%s/made", world.place);
  ck_assert_int_eq(mkdir(path, 0700), 0);
  for (i = 0; i < SEATS; i++)
    seat_open(i);
}

void world_close(void)
{
  int i;

  for (i = 0; i < SEATS; i++)
    seat_close(i);
  shop_stop(world.shop);
}
