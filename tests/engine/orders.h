/* orders.h - a round of orders as they come: the contexts on one store, what
 * was asked of them, and what must be true of it in the end. */
#ifndef GM_TESTS_ORDERS_H
#define GM_TESTS_ORDERS_H

#include "engine/shop.h"
#include "engine/vendor.h"
#include <json-c/json.h>

enum { SEATS = 3, STORIES_MAX = 40, TICKETS_MAX = 1000 };

/* A request, however often it is submitted. */
struct story {
  char name[16]; /* its project, and its file */
  char prompt[80];
  char key[16]; /* of gamut_submit_once(); "": none */
  const char *links, *resubmit, *n, *hedge, *spread, *timeout;
  char output[600];
  char id[GAMUT_ID_SIZE]; /* the latest */
  int images;             /* that it wants */
  bool keyed, free;
  int not_charged; /* so often that was said of it */
  bool vague;      /* ... or what was said is more or less than what is true */
};

/* One who waits for an end. */
struct ticket {
  int nth, seat;
  uint32_t wanted, got;
};

/* One context: a process, as far as the store can tell. */
struct seat {
  struct gamut *g;
  bool hangs;
};

struct world {
  uint64_t seed, state; /* of what is drawn next */
  struct shop *shop;
  const char *place;
  struct seat seats[SEATS];
  struct story stories[STORIES_MAX];
  int n_stories;
  struct ticket tickets[TICKETS_MAX];
  int n_tickets;
  int wrong;
  unsigned orders;
};
extern struct world world;

void world_open(uint64_t seed);
void world_close(void);
unsigned below(unsigned n);
/* Both clocks go on by so much. */
void world_pass(int ms);
/* A line of the protocol. */
#define tell(...) shop_note(world.shop, __VA_ARGS__)
/* Something that must not be. */
void world_wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

void seat_open(int i);
/* Whoever waits is told. */
void seat_close(int i);
/* Some milliseconds of work. */
void seat_step(int i, int ms);
struct ticket *seat_ticket(int i);
/* gamut_done_fn; `user` is the ticket. */
void ticket_done(void *user, struct gamut_result *result);

struct story *story_new(void);
struct gamut_request *story_request(const struct story *s);

/* What gamut_jobs() says; json_object_put().  NULL: it cannot be read now. */
struct json_object *seat_jobs(int i, const char *filter);

/* All is at its end, and seat 0 is open. */
void judge_all(void);

#endif
