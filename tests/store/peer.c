/* peer.c - a process, as far as a store can tell. */
#include "peer.h"
#include <check.h>

static struct gm_log log_;

static int32_t choose(void *user, struct gm_store_choice *ret,
                      struct gm_error *err)
{
  const struct peer *p = user;

  (void)err;
  ret->type = p->type;
  ret->place = gm_strdup(p->place);
  ret->required = true;
  return 0;
}

void peer_start(struct peer *p, const struct gamut_store *type,
                const char *place)
{
  p->type = type;
  p->place = place;
  ck_assert_int_eq(gm_loop_new(&log_, &p->loop, NULL), 0);
  ck_assert_int_eq(gm_store_new(p->loop, &log_, choose, p, &p->store), 0);
}

struct fence {
  struct gm_look look;
  bool done;
};

static int32_t nothing(struct gm_look *k, const struct gamut_store *t,
                       void *handle, char *message)
{
  (void)k, (void)t, (void)handle, (void)message;
  return 0;
}

static void passed(struct gm_look *k, int32_t error_class)
{
  ck_assert_int_eq(error_class, 0);
  GM_CONTAINER(k, struct fence, look)->done = true;
}

/* What is asked is done in order. */
void peer_settle(struct peer *p)
{
  struct fence f = { { .run = nothing, .done = passed }, false };

  gm_store_look(p->store, &f.look);
  while (!f.done)
    gm_loop_turn(p->loop, -1);
}

void peer_stop_store(struct peer *p)
{
  gm_store_free(p->store);
}

void peer_stop(struct peer *p)
{
  gm_loop_free(p->loop);
}
