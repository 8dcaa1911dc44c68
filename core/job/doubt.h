/* doubt.h - which attempts of a job may have been charged, as its record has
 * it. */
#ifndef GM_JOB_DOUBT_H
#define GM_JOB_DOUBT_H

#include "base/buf.h"
#include "base/json.h"

struct gm_doubt {
  bool last;    /* the present attempt, or the only one */
  bool earlier; /* one before it */
};

/* In the record of one that was found at the vendor: the vendor's id of it. */
#define GM_LOOKED_UP "looked_up"

struct gm_doubt gm_doubt_read(const struct json_object *record);
/* Members of the record: `,"maybe_charged":true` ..., or none. */
void gm_doubt_add(struct gm_buf *b, struct gm_doubt d);
/* Instead of those that are there. */
void gm_doubt_set(struct json_object *record, struct gm_doubt d);

/* Is the last that it says that a paid exchange leaves?  Whether that has a key,
 * by which the vendor knows it again, its flags tell. */
bool gm_doubt_is_open(const struct json_object *record);

#endif
