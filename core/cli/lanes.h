/* lanes.h - the progress of several jobs, a line each. */
#ifndef GAMUT_CLI_LANES_H
#define GAMUT_CLI_LANES_H

#include "progress.h"

struct cli_lane {
  const char *name;
  char id[GAMUT_ID_SIZE];
  const char *over; /* what became of it; NULL: it is under way */
  struct cli_progress progress;
};

/* The first two members are the caller's. */
struct cli_lanes {
  struct cli_lane *lanes;
  size_t n;
  size_t drawn; /* lines on the screen */
};

/* From now on `p` shows these: lines that are drawn again and again where its
 * own would be, plain ones where it has such. */
void cli_lanes_begin(struct cli_lanes *l, struct cli_progress *p);

/* Called by progress.c in the place of what it does for a single job. */
void cli_lanes_event(struct cli_lanes *l, const struct gamut_event *e);
void cli_lanes_draw(struct cli_lanes *l);
void cli_lanes_clear(struct cli_lanes *l);

#endif
