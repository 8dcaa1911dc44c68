/* job.c - waits for one job and listens to signals meanwhile.
 *
 * The handler only counts and wakes; what a signal means is decided where the
 * events are read.  It leaves the job to the vendor: after a Ctrl-C in a
 * moment, so that a second one can still cancel it instead; a third ends the
 * process as if nobody had listened.  Files are only ever renamed into place
 * when they are whole, so none of this leaves half a picture.
 */
#include "job.h"
#include "options.h"
#include "out.h"
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
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
  return leave != 0;
}

struct wait {
  struct gamut *g;
  struct cli_progress *progress;
  const char *id;
  int64_t leave_ms; /* when to leave after a Ctrl-C; 0: there was none */
  bool left, cancelled;
};

static int64_t now_ms(void)
{
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void cancel(struct wait *w)
{
  cli_progress_clear(w->progress);
  cli_hint("cancelling job %s", w->id);
  gamut_cancel(w->g, w->id);
  w->cancelled = true;
}

static void detach(struct wait *w)
{
  cli_progress_clear(w->progress);
  gamut_detach(w->g, w->id);
  w->left = true;
}

static void heed_signals(struct wait *w)
{
  if (w->left || w->cancelled)
    return;
  if (interrupts >= 2) {
    cancel(w);
  } else if (leave || (w->leave_ms && now_ms() >= w->leave_ms)) {
    detach(w);
  } else if (interrupts && !w->leave_ms) {
    cli_progress_clear(w->progress);
    cli_hint("leaving job %s; Ctrl-C again cancels it", w->id);
    w->leave_ms = now_ms() + GRACE_MS;
  }
}

/* How long to wait for the next event: the live line and a pending farewell
 * have their times. */
static int32_t wait_ms(const struct wait *w)
{
  int32_t ms = cli_progress_wait_ms(w->progress);
  int64_t left = w->leave_ms - now_ms();

  if (!w->leave_ms || w->left || w->cancelled)
    return ms;
  left = left > 0 ? left : 0;
  return ms < 0 || left < ms ? (int32_t)left : ms;
}

/* NULL: the job is gone without an end, which the library does not do. */
static struct gamut_result *wait_for_end(struct wait *w)
{
  bool alone = false; /* no job is under way: only events that wait already */

  for (;;) {
    const struct gamut_event *e;

    heed_signals(w);
    cli_progress_tick(w->progress);
    e = gamut_next_event(w->g, alone ? 0 : wait_ms(w));
    if (e && e->type == GAMUT_EVENT_DONE)
      return e->result;
    if (e && e->type != GAMUT_EVENT_NONE)
      cli_progress_event(w->progress, e);
    else if (alone)
      return NULL;
    else
      alone = gamut_active(w->g) == 0;
  }
}

int32_t cli_job_run(struct gamut *g, const struct gamut_request *r,
                    struct cli_progress *p, struct gamut_result **ret,
                    struct gamut_error *error)
{
  char id[GAMUT_ID_SIZE];
  struct wait w = { .g = g, .progress = p, .id = id };
  int32_t rc;

  gamut_want_events(g, 1);
  cli_heed_signals(g);
  rc = gamut_submit(g, r, NULL, NULL, id, error);
  if (!rc) {
    *ret = wait_for_end(&w);
    if (!*ret) {
      rc = error->error_class = GAMUT_E_NOMEM;
      snprintf(error->message, sizeof(error->message),
               "job %s ended without a result", id);
    }
  }
  waiting = NULL;
  cli_progress_clear(p);
  return rc;
}
