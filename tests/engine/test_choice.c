/* test_choice.c - which link begins, while the store takes its time. */
#include "api/context.h"
#include "base/clock.h"
#include "engine/vendor.h"
#include "store/kit.h"
#include "unit/scratch.h"
#include <unistd.h>

#define SUBMIT "POST /a/jobs"

struct wait {
  struct gm_look look;
  int gate[2]; /* closed: it goes on */
  bool done;
};

static int32_t wait_there(struct gm_look *k, const struct gamut_store *type,
                          void *handle, char *message)
{
  struct wait *w = GM_CONTAINER(k, struct wait, look);
  char byte;

  (void)type, (void)handle, (void)message;
  return read(w->gate[0], &byte, 1) < 0 ? GAMUT_E_STORAGE : 0;
}

static void waited(struct gm_look *k, int32_t error_class)
{
  (void)error_class;
  GM_CONTAINER(k, struct wait, look)->done = true;
}

static void turns(struct fix *f, uint64_t ms)
{
  uint64_t until = gm_mono_ms() + ms;

  while (gm_mono_ms() < until)
    gamut_step(f->g, 1);
}

/* Which link begins is asked of the store: until it says so none has had its
 * time, and one that is cancelled does not begin any more. */
START_TEST(slow_store)
{
  static const struct answer answers[] = { SAYS(SUBMIT, MADE), PICTURE };
  struct wait w = { .look = { .run = wait_there, .done = waited } };
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct gamut_request *r =
    fix_request("a:m b:m", "x", "attempt_timeout", "50ms", NULL);
  struct fix f;

  ck_assert_int_eq(pipe(w.gate), 0);
  fix_open(&f, answers, GM_LEN(answers), 0);
  fix_set(&f, "store", "sqlite");
  fix_set(&f, "state_dir", scratch_folder());
  gm_store_look(f.g->store, &w.look);
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, id, &f.err), 0);
  gamut_request_free(r);
  turns(&f, 200);
  if (_i)
    gamut_cancel(f.g, id);
  close(w.gate[1]);
  result = fix_wait(&f, id);
  ck_class(result, _i ? GAMUT_E_CANCELLED : 0);
  ck_assert_uint_eq(gamut_result_attempts(result), 1);
  while (!w.done)
    gamut_step(f.g, 1);
  turns(&f, 50);
  ck_assert_int_eq(script_count(f.script, SUBMIT), !_i);
  ck_assert_int_eq(script_count(f.script, "POST /b/jobs"), 0);
  close(w.gate[0]);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("choice");

  if (!kit_sqlite())
    return 77; /* not built */
  tcase_add_loop_test(tc, slow_store, 0, 2);
  return unit_run("choice", tc);
}
