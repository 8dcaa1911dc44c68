/* timed.c - see timed.h. */
#include "engine/timed.h"

#define MONO_MS 1000000
#define WALL_MS UINT64_C(1790000000000)
#define STEP_MS 2

void timed_open(struct fix *f, const struct answer *rows, size_t n)
{
  gm_clock_fake(MONO_MS, WALL_MS);
  fix_open(f, rows, n, 0);
}

void timed_close(struct fix *f)
{
  script_go(f->script);
  fix_close(f);
  gm_clock_real();
}

void timed_turn(struct fix *f)
{
  if (gm_loop_turn(f->g->loop, 1) == 0)
    gm_clock_advance(STEP_MS);
}

void timed_until_asked(struct fix *f, const char *asks, int n)
{
  while (script_count(f->script, asks) < n)
    timed_turn(f);
}

struct gamut_result *timed_result(struct fix *f, const char *id)
{
  while (f->g->n_tickets > 0)
    timed_turn(f);
  return fix_wait(f, id);
}

void timed_submit(struct fix *f, struct gamut_request *r,
                  char id[GAMUT_ID_SIZE])
{
  ck_assert_msg(gamut_submit(f->g, r, NULL, NULL, id, &f->err) == 0, "%s",
                f->err.message);
  gamut_request_free(r);
}

void timed_attach(struct fix *f, const char *id)
{
  ck_assert_msg(gamut_attach(f->g, id, NULL, NULL, NULL, &f->err) == 0, "%s",
                f->err.message);
}

void timed_detach(struct fix *f, const char *id)
{
  struct gamut_result *result;

  ck_assert_int_eq(gamut_detach(f->g, id), 0);
  result = timed_result(f, id);
  ck_class(result, GAMUT_E_DETACHED);
  gamut_result_free(result);
}

static void add(struct fix *f, struct gamut_provider *p, const char *name,
                uint32_t flags)
{
  *p = vendor_a;
  p->name = name;
  p->catalog = NULL;
  p->flags = flags;
  fix_provider(f, p);
}

void timed_mute(struct fix *f, struct gamut_provider *mute)
{
  add(f, mute, "mute", vendor_a.flags & ~(uint32_t)GAMUT_WANTS_CANCEL);
}

void timed_eraser(struct fix *f, struct gamut_provider *eraser)
{
  add(f, eraser, "eraser", vendor_a.flags | GAMUT_CANCEL_DELETES);
}
