/* story.h - what one request is, what was done to it, and what must be true of
 * it in the end. */
#ifndef TESTS_CRASH_STORY_H
#define TESTS_CRASH_STORY_H

#include "flows.h"

struct story {
  const struct flow *flow;
  char name[NAME];       /* of its file in made/, and of its project */
  char prompt[2 * NAME]; /* with what shall go wrong at the vendor's */
  char file[NAME];       /* of the batch that it is a line of; "": none */
  bool is_fal;           /* whose prices the vendor knows */
  bool faulty;           /* something may go wrong, or be refused */
  bool settled;          /* by hand */
  bool lied;             /* ... by somebody who said what is not true of it */
  int64_t again; /* so often somebody said that it may be made once more */
};

/* Of all that are begun in one store. */
struct terms {
  const char *resubmit; /* "never", or what may be paid again is not counted */
  bool forgets;         /* what has ended leaves no record */
  bool tight;           /* a budget of a few pictures, of known price */
};

/* A new one, by CRASH_SEED; `n` names it. */
void story_draw(struct story *s, unsigned n, const struct terms *t);
/* Another line of the same batch. */
void story_draw_line(struct story *s, unsigned n, const struct story *first,
                     const struct terms *t);
/* Ask gamut and the vendor anew: all that follows is by that. */
void story_look(void);
/* Of one of its jobs, or a part of one; NULL: there is none. */
const char *story_draw_id(const struct story *s);
/* A job of it has not ended, or is in doubt. */
bool story_goes_on(const struct story *s);
/* Of a single job that is maybe-charged; NULL: there is none, or several. */
const char *story_doubt(const struct story *s);
/* How often the vendor has to be paid for it. */
int64_t story_sold(const struct story *s);

/* It makes more than one. */
bool story_is_several(const struct story *s);
/* What became of it; each thing that is wrong is said. */
enum fate story_judge(const struct story *s, const struct terms *t);
/* Files in made/ that nobody speaks of; each is said. */
int story_strays(const struct story *all, size_t n, const struct terms *t);
/* It has a file. */
bool story_has_file(const struct story *s);
void story_finish(void);

#endif
