/* rewrite.h - private to core/api: the record of a job that nobody drives is
 * written anew, as somebody has judged who has read it. */
#ifndef GM_API_REWRITE_H
#define GM_API_REWRITE_H

#include "api/context.h"
#include "store/claim.h"

struct gm_rewrite {
  const struct json_object *judged; /* the record that was read */
  /* On the loop, once the row is ours and the record still that one: changes or
   * replaces it, and says what goes with it.  It may fail by r->err. */
  void (*change)(struct gm_rewrite *r, struct json_object **record);
  unsigned flags;       /* GM_PUT_... */
  struct gm_also *also; /* NULL: nothing goes along */
  struct gm_error err;
  /* private */
  struct gamut *g;
  struct gm_claim claim;
  struct gm_durable durable;
  bool over;
};

/* The job `id`'s; zeroed but for the above.  Waits; 0, or r->err's class, and
 * the record is as it was. */
int32_t gm_rewrite_and_wait(struct gamut *g, struct gm_rewrite *r,
                            const char *id);

#endif
