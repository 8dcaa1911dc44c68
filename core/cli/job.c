/* job.c - waits for one job and listens to signals meanwhile.
 *
 * The handler only counts and wakes; what a signal means is decided where the
 * events are read.  It leaves the job to the vendor: after a Ctrl-C in a
 * moment, so that a second one can still cancel it instead; a third ends the
 * process as if nobody had listened.  Files are only ever renamed into place
 * when they are whole, so none of this leaves half a picture.
 */
#include "job.h"
#include "clock.h"
#include "options.h"
#include "out.h"
#include "print.h"
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define EXIT_CANCELLED 130
#define GRACE_MS       1500 /* to think again after a Ctrl-C */

static struct gamut *_Atomic waiting;
static atomic_int interrupts; /* Ctrl-C so far */
static atomic_int leave;      /* another signal that ends us */

static void on_signal(int number)
{
  struct gamut *g = waiting;

  if (number != SIGINT)
    leave = 1;
  else if (++interrupts > 2)
    _exit(EXIT_CANCELLED);
  if (g)
    gamut_wakeup(g);
}

void cli_heed_signals(struct gamut *g)
{
  static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
  struct sigaction action, old;
  size_t i;

  memset(&action, 0, sizeof(action));
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART; /* else a line that is being written is lost */
  sigemptyset(&action.sa_mask);
  waiting = g;
  for (i = 0; i < CLI_LEN(numbers); i++) {
    /* Ignored on purpose, as by nohup, it stays so. */
    if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
      sigaction(numbers[i], &action, NULL);
  }
}

bool cli_is_leaving(void)
{
  return leave || interrupts;
}

/* One job is called by its name. */
static const char *name_of(const struct cli_waiting *w, char buf[64])
{
  if (w->n == 1)
    snprintf(buf, 64, "job %s", w->ids[0]);
  else
    snprintf(buf, 64, "%zu jobs", w->n - w->n_over);
  return buf;
}

static void cancel(struct cli_waiting *w)
{
  char name[64];
  size_t i;

  cli_progress_clear(w->progress);
  cli_hint("cancelling %s", name_of(w, name));
  for (i = 0; i < w->n && !w->nameless; i++)
    gamut_cancel(w->g, w->ids[i]);
  w->cancelled = true;
}

static void detach(struct cli_waiting *w)
{
  size_t i;

  cli_progress_clear(w->progress);
  for (i = 0; i < w->n && !w->nameless; i++)
    gamut_detach(w->g, w->ids[i]);
  w->left = true;
}

static void heed_signals(struct cli_waiting *w)
{
  char name[64];

  if (w->left || w->cancelled)
    return;
  if (interrupts >= 2 && !w->nameless) {
    cancel(w);
  } else if (leave || (w->leave_ms && cli_now_ms() >= w->leave_ms)) {
    detach(w);
  } else if (interrupts && !w->leave_ms) {
    cli_progress_clear(w->progress);
    cli_hint("leaving %s%s", name_of(w, name),
             w->nameless ? ""
             : w->n == 1 ? "; Ctrl-C again cancels it"
                         : "; Ctrl-C again cancels them");
    w->leave_ms = cli_now_ms() + GRACE_MS;
  }
}

static int32_t sooner(int32_t ms, int64_t at_ms)
{
  int64_t left = at_ms - cli_now_ms();

  left = left > 0 ? left : 0;
  return ms < 0 || left < ms ? (int32_t)left : ms;
}

/* How long to wait for the next event: the live line, a pending farewell and the
 * look elsewhere have their times. */
static int32_t wait_ms(const struct cli_waiting *w, int64_t look_at)
{
  int32_t ms = cli_progress_wait_ms(w->progress);

  if (w->leave_ms && !w->left && !w->cancelled)
    ms = sooner(ms, w->leave_ms);
  return w->look_ms ? sooner(ms, look_at) : ms;
}

static void heed_event(struct cli_waiting *w, const struct gamut_event *e)
{
  if (e->type == GAMUT_EVENT_ACCEPTED && w->until_accepted) {
    w->n_accepted++;
    gamut_detach(w->g, e->id);
  } else {
    cli_progress_event(w->progress, e);
  }
}

void cli_waiting_begin(struct cli_waiting *w)
{
  gamut_want_events(w->g, 1);
  cli_heed_signals(w->g);
}

struct gamut_result *cli_waiting_next(struct cli_waiting *w)
{
  int64_t look_at = cli_now_ms() + w->look_ms;
  bool alone = false; /* no job is under way: only events that wait already */

  while (w->n_over < w->n && !(w->look_ms && cli_now_ms() >= look_at)) {
    const struct gamut_event *e;

    heed_signals(w);
    cli_progress_tick(w->progress);
    e = gamut_next_event(w->g, alone ? 0 : wait_ms(w, look_at));
    if (w->left && w->nameless) /* closing the context leaves them */
      return NULL;
    if (e && e->type == GAMUT_EVENT_DONE) {
      w->n_over++;
      if (gamut_result_status(e->result) == GAMUT_DETACHED)
        cli_print_durable(gamut_durable(w->g));
      return e->result;
    }
    if (e && e->type != GAMUT_EVENT_NONE)
      heed_event(w, e);
    else if (alone)
      return NULL;
    else
      alone = gamut_active(w->g) == 0;
  }
  return NULL;
}

size_t cli_waiting_left(const struct cli_waiting *w)
{
  return w->left ? w->n - w->n_over : 0;
}

void cli_waiting_end(struct cli_waiting *w)
{
  waiting = NULL;
  cli_progress_clear(w->progress);
}

int32_t cli_job_run(struct gamut *g, const struct gamut_request *r,
                    struct cli_progress *p, struct gamut_result **ret,
                    struct gamut_error *error)
{
  char id[1][GAMUT_ID_SIZE];
  struct cli_waiting w = { .g = g, .progress = p, .ids = id, .n = 1 };
  int32_t rc;

  cli_waiting_begin(&w);
  rc = gamut_submit(g, r, NULL, NULL, id[0], error);
  if (!rc) {
    *ret = cli_waiting_next(&w);
    if (!*ret) {
      rc = error->error_class = GAMUT_E_NOMEM;
      snprintf(error->message, sizeof(error->message),
               "job %s ended without a result", id[0]);
    }
  }
  cli_waiting_end(&w);
  return rc;
}
