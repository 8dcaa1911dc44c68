/* progress.h - what happens, while it happens, on standard error. */
#ifndef GAMUT_CLI_PROGRESS_H
#define GAMUT_CLI_PROGRESS_H

#include <gamut/gamut.h>
#include <stdbool.h>

#define CLI_LINK_MAX 128
#define CLI_NOTE_MAX 160
#define CLI_PROGRESS_MAX 512

struct cli_lanes;

/* One job's progress.  Everything but the functions' own business is in
 * progress.c; it lives on the caller's stack. */
struct cli_progress {
  bool live;    /* one line, drawn again and again */
  bool plain;   /* or a line for every change; neither: silent */
  bool verbose; /* the vendor's log too */
  bool utf8, drawn;
  unsigned frame;
  int64_t begun_ms, drawn_ms, noted_ms;
  char link[CLI_LINK_MAX]; /* "fal:fal-ai/flux/dev" */
  const char *state;       /* in words; NULL: the note says it */
  unsigned seen;           /* states of this link already told */
  int64_t queue;           /* position; -1: not said */
  int64_t permille;        /* -1: not said */
  int64_t bytes, total;    /* of the download; -1: none */
  char note[CLI_NOTE_MAX];
  struct cli_lanes *lanes; /* of several jobs; NULL: it is about one */
};

void cli_progress_begin(struct cli_progress *p, bool quiet, bool verbose);
void cli_progress_event(struct cli_progress *p, const struct gamut_event *e);
/* The live line as text, `link` being what it is about ("": need not be said). */
void cli_progress_text(struct cli_progress *p, const char *link,
                       char ret[CLI_PROGRESS_MAX]);
/* Draw the line again if a tenth of a second has passed. */
void cli_progress_tick(struct cli_progress *p);
/* How long one may wait for the next event: ms, -1: for ever. */
int32_t cli_progress_wait_ms(const struct cli_progress *p);
/* Take the line off the screen: somebody else wants to print, or it is over. */
void cli_progress_clear(struct cli_progress *p);

#endif
