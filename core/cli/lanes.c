/* lanes.c - several live lines, one a job.
 *
 * Each job has a progress of its own that follows its events and, on a
 * terminal, says nothing itself.  The cursor rests below the last line, from
 * where all of them are drawn over.
 */
#include "lanes.h"
#include "out.h"
#include <string.h>
#include <unistd.h>

#define LINES_MOST 16 /* more would not fit everywhere */
#define NAME_MOST  28

void cli_lanes_begin(struct cli_lanes *l, struct cli_progress *p)
{
  size_t i;

  for (i = 0; i < l->n; i++) {
    struct cli_progress *mine = &l->lanes[i].progress;

    cli_progress_begin(mine, true, p->verbose);
    mine->plain = p->plain;
  }
  p->lanes = l;
}

void cli_lanes_event(struct cli_lanes *l, const struct gamut_event *e)
{
  size_t i;

  for (i = 0; i < l->n; i++)
    if (strcmp(l->lanes[i].id, e->id) == 0)
      cli_progress_event(&l->lanes[i].progress, e);
}

void cli_lanes_clear(struct cli_lanes *l)
{
  if (!l->drawn)
    return;
  fprintf(stderr, "\033[%zuA\r\033[J", l->drawn);
  fflush(stderr);
  l->drawn = 0;
}

static size_t name_width(const struct cli_lanes *l)
{
  size_t i, widest = 0;

  for (i = 0; i < l->n; i++) {
    size_t w = cli_text_width(l->lanes[i].name);

    widest = w > widest ? w : widest;
  }
  return widest < NAME_MOST ? widest : NAME_MOST;
}

static void draw_lane(struct cli_lane *lane, size_t wide, unsigned columns)
{
  char text[CLI_PROGRESS_MAX];
  size_t used = cli_put_cut(stderr, lane->name, wide);

  for (; used < wide + 2; used++)
    fputc(' ', stderr);
  if (!lane->over)
    cli_progress_text(&lane->progress, "", text);
  cli_put_cut(stderr, lane->over ? lane->over : text,
              columns > used + 1 ? columns - (unsigned)used - 1 : 1);
  fputs("\033[K\n", stderr);
}

void cli_lanes_draw(struct cli_lanes *l)
{
  unsigned columns = cli_term_width(STDERR_FILENO);
  size_t i, wide = name_width(l);
  size_t n = l->n < LINES_MOST ? l->n : LINES_MOST;

  if (l->drawn)
    fprintf(stderr, "\033[%zuA", l->drawn);
  fputc('\r', stderr);
  for (i = 0; i < n; i++)
    draw_lane(&l->lanes[i], wide, columns);
  fflush(stderr);
  l->drawn = n;
}
