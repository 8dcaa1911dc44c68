/* progress.c - one live line on a terminal, plain lines elsewhere.
 *
 * The live line is drawn at most ten times a second and never wider than the
 * terminal, so it can always be taken back with one return.  Elsewhere nothing
 * but text is written, and only when something new is to be said: polling moves
 * a job between two states all the time, which is no news.
 */
#include "progress.h"
#include "clock.h"
#include "lanes.h"
#include "options.h"
#include "out.h"
#include "view.h"
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define DRAW_MS   100
#define NOTE_MS   1000 /* between two of the vendor's lines, when not verbose */
#define BAR_WIDTH 20

static void forget_link(struct cli_progress *p)
{
  p->state = "starting";
  p->seen = 0;
  p->queue = p->permille = p->bytes = -1;
  p->total = 0;
  p->note[0] = '\0';
}

void cli_progress_begin(struct cli_progress *p, bool quiet, bool verbose)
{
  *p = (struct cli_progress){ 0 };
  p->live = !quiet && cli_term_live(STDERR_FILENO);
  p->plain = !quiet && !p->live;
  p->verbose = verbose;
  p->utf8 = cli_term_utf8();
  p->begun_ms = cli_now_ms();
  forget_link(p);
}

void cli_progress_clear(struct cli_progress *p)
{
  if (p->lanes)
    cli_lanes_clear(p->lanes);
  if (!p->drawn)
    return;
  fputs("\r\033[K", stderr);
  fflush(stderr);
  p->drawn = false;
}

int32_t cli_progress_wait_ms(const struct cli_progress *p)
{
  return p->live ? DRAW_MS : -1;
}

/* ---- the live line ------------------------------------------------------ */

struct text {
  char s[CLI_PROGRESS_MAX];
  size_t len;
};

CLI_PRINTF(2, 3) static void add(struct text *t, const char *fmt, ...)
{
  va_list ap;
  int n;

  va_start(ap, fmt);
  n = vsnprintf(t->s + t->len, sizeof(t->s) - t->len, fmt, ap);
  va_end(ap);
  if (n > 0)
    t->len += (size_t)n;
  if (t->len >= sizeof(t->s))
    t->len = sizeof(t->s) - 1;
}

static void add_spinner(struct text *t, const struct cli_progress *p)
{
  static const char *const dots[] = { "\xe2\xa0\x8b", "\xe2\xa0\x99",
                                      "\xe2\xa0\xb9", "\xe2\xa0\xb8",
                                      "\xe2\xa0\xbc", "\xe2\xa0\xb4",
                                      "\xe2\xa0\xa6", "\xe2\xa0\xa7",
                                      "\xe2\xa0\x87", "\xe2\xa0\x8f" };
  static const char ascii[] = "|/-\\";

  if (p->utf8)
    add(t, "%s ", dots[p->frame % CLI_LEN(dots)]);
  else
    add(t, "%c ", ascii[p->frame % 4]);
}

static void add_bar(struct text *t, int64_t permille)
{
  char bar[BAR_WIDTH + 1];
  size_t full = (size_t)permille * BAR_WIDTH / 1000;

  memset(bar, '-', BAR_WIDTH);
  memset(bar, '#', full);
  bar[BAR_WIDTH] = '\0';
  add(t, "  [%s] %lld %%", bar, (long long)permille / 10);
}

static void add_place(struct text *t, const struct cli_progress *p)
{
  if (p->bytes >= 0 && p->total > 0)
    add(t, "  %lld of %lld KiB", (long long)p->bytes / 1024,
        (long long)p->total / 1024);
  else if (p->bytes >= 0)
    add(t, "  %lld KiB", (long long)p->bytes / 1024);
  else if (p->permille >= 0)
    add_bar(t, p->permille);
  else if (p->queue > 0)
    add(t, "  %lld before it", (long long)p->queue);
  else if (p->queue == 0)
    add(t, "  next in the queue");
}

void cli_progress_text(struct cli_progress *p, const char *link,
                       char ret[CLI_PROGRESS_MAX])
{
  struct text t = { .len = 0 };

  add_spinner(&t, p);
  add(&t, "%s%s%s", link, *link ? "  " : "", p->state ? p->state : p->note);
  add_place(&t, p);
  add(&t, "  %lld s", (long long)(cli_now_ms() - p->begun_ms) / 1000);
  if (p->state && p->note[0])
    add(&t, "  %s", p->note);
  memcpy(ret, t.s, t.len + 1);
  p->frame++;
}

static void draw_line(struct cli_progress *p)
{
  unsigned width = cli_term_width(STDERR_FILENO);
  char text[CLI_PROGRESS_MAX];

  cli_progress_text(p, p->link, text);
  fputc('\r', stderr);
  /* The last column stays free: some terminals wrap when it is written. */
  cli_put_cut(stderr, text, width > 1 ? width - 1 : 1);
  fputs("\033[K", stderr);
  fflush(stderr);
  p->drawn = true;
}

static void draw(struct cli_progress *p)
{
  if (p->lanes)
    cli_lanes_draw(p->lanes);
  else
    draw_line(p);
  p->drawn_ms = cli_now_ms();
}

void cli_progress_tick(struct cli_progress *p)
{
  if (p->live && cli_now_ms() - p->drawn_ms >= DRAW_MS)
    draw(p);
}

/* ---- events ------------------------------------------------------------- */

/* A line that stays, above the live one. */
CLI_PRINTF(2, 3) static void say(struct cli_progress *p, const char *fmt, ...)
{
  struct text t = { .len = 0 };
  va_list ap;

  if (!p->live && !p->plain)
    return;
  cli_progress_clear(p);
  va_start(ap, fmt);
  vsnprintf(t.s, sizeof(t.s), fmt, ap);
  va_end(ap);
  cli_print(stderr, "%s%s%s", p->link, p->link[0] ? ": " : "", t.s);
}

CLI_PRINTF(2, 3)
static void say_plain(struct cli_progress *p, const char *fmt, ...)
{
  struct text t = { .len = 0 };
  va_list ap;

  if (!p->plain)
    return;
  va_start(ap, fmt);
  vsnprintf(t.s, sizeof(t.s), fmt, ap);
  va_end(ap);
  say(p, "%s", t.s);
}

static void see_link(struct cli_progress *p, const struct gamut_event *e)
{
  char link[CLI_LINK_MAX];

  if (!e->provider)
    return;
  snprintf(link, sizeof(link), "%s%s%s", e->provider, e->model ? ":" : "",
           e->model ? e->model : "");
  if (strcmp(link, p->link) == 0)
    return;
  memcpy(p->link, link, sizeof(link));
  forget_link(p);
}

/* Each poll is a sending of its own: once the vendor has the job, that is
 * still waiting. */
static void see_state(struct cli_progress *p, const char *name)
{
  static const struct {
    const char *name, *words;
  } states[] = {
    { "queued", "waiting for its turn" },
    { "ready", "about to send" },
    { "sending", "sending" },
    { "waiting", "waiting" },
    { "working", "working" },
    { "fetching", "downloading" },
  };
  enum { SENDING = 2, WAITING = 3 };
  unsigned i;

  for (i = 0; i < CLI_LEN(states); i++) {
    if (name && strcmp(states[i].name, name) == 0)
      break;
  }
  if (i == CLI_LEN(states) || (i <= SENDING && p->seen & 1u << WAITING))
    return;
  p->state = states[i].words;
  if (i >= SENDING && !(p->seen & 1u << i))
    say_plain(p, "%s", p->state);
  p->seen |= 1u << i;
}

static void see_queue(struct cli_progress *p, int64_t position)
{
  if (position != p->queue && position > 0)
    say_plain(p, "in the queue, %lld before it", (long long)position);
  else if (position != p->queue)
    say_plain(p, "next in the queue");
  p->queue = position;
}

static void see_permille(struct cli_progress *p, int64_t permille)
{
  permille = permille < 0 ? 0 : permille > 1000 ? 1000 : permille;
  /* Plain lines in steps of ten per cent. */
  if (permille / 100 != p->permille / 100 || p->permille < 0)
    say_plain(p, "%lld %%", (long long)permille / 10);
  p->permille = permille;
}

/* What the vendor says, which may be a line of its log each tenth of a second:
 * all of it when that is wanted, else what is there from time to time. */
static void see_note(struct cli_progress *p, const char *text)
{
  int64_t now = cli_now_ms();

  if (!text || strncmp(text, p->note, sizeof(p->note) - 1) == 0)
    return;
  snprintf(p->note, sizeof(p->note), "%s", text);
  if (!p->seen)
    p->state = NULL;
  if (p->verbose) {
    say(p, "%s", text);
  } else if (!p->noted_ms || now - p->noted_ms >= NOTE_MS) {
    say_plain(p, "%s", text);
    p->noted_ms = now;
  }
}

static void see_retry(struct cli_progress *p, int64_t wait_ms, const char *why)
{
  if (wait_ms < 100)
    say(p, "again at once: %s", why);
  else
    say(p, "again in %lld.%lld s: %s", (long long)wait_ms / 1000,
        (long long)wait_ms % 1000 / 100, why);
}

/* A draft that could not be saved is told at the end. */
static void see_draft(struct cli_progress *p, const struct gamut_event *e)
{
  if (e->path || e->text)
    say(p, "draft %lld: %s", (long long)e->number, e->path ? e->path : e->text);
}

static void see_delivery(struct cli_progress *p, const struct gamut_event *e)
{
  struct json_object *o = cli_view_parse(e->text);
  const char *why = cli_view_str(o, "error");

  if (e->number != 200)
    say(p, "a delivery was refused: %s", why ? why : "no reason is known");
  else if (e->id[0])
    say_plain(p, "the vendor reports the end");
  json_object_put(o);
}

static void see_download(struct cli_progress *p, int64_t done, int64_t total)
{
  see_state(p, "fetching");
  p->bytes = done;
  p->total = total;
}

void cli_progress_event(struct cli_progress *p, const struct gamut_event *e)
{
  const char *text = e->text ? e->text : "";

  if (p->lanes) {
    cli_lanes_event(p->lanes, e);
    cli_progress_tick(p);
    return;
  }
  if (e->type != GAMUT_EVENT_FALLBACK && e->type != GAMUT_EVENT_HEDGE &&
      e->type != GAMUT_EVENT_DELIVERY)
    see_link(p, e);
  switch (e->type) {
  case GAMUT_EVENT_STATE:
    see_state(p, e->text);
    break;
  case GAMUT_EVENT_QUEUE:
    see_queue(p, e->number);
    break;
  case GAMUT_EVENT_PROGRESS:
    see_permille(p, e->number);
    break;
  case GAMUT_EVENT_NOTE:
    see_note(p, e->text);
    break;
  case GAMUT_EVENT_PARTIAL:
    see_draft(p, e);
    break;
  case GAMUT_EVENT_RETRY:
    see_retry(p, e->number, text);
    break;
  case GAMUT_EVENT_FALLBACK:
    say(p, "failed; next: %s", text);
    break;
  case GAMUT_EVENT_HEDGE:
    say(p, "takes long; %s", text);
    break;
  case GAMUT_EVENT_DOWNLOAD:
    see_download(p, e->number, e->total);
    break;
  case GAMUT_EVENT_DELIVERY:
    see_delivery(p, e);
    break;
  default: /* a newer library may know more */
    break;
  }
  cli_progress_tick(p);
}
