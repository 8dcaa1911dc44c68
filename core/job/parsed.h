/* parsed.h - what the texts of a job say, as trees.
 *
 * A step wants both its request and the provider's state parsed.  A tree takes
 * some kilobytes, so only a few jobs keep theirs from step to step; the others
 * parse their texts at each, and nobody else can tell the difference. */
#ifndef GM_JOB_PARSED_H
#define GM_JOB_PARSED_H

#include "job/job.h"

/* A reference to the request, without "wire"; not to be changed.  NULL: it has
 * none, or no memory. */
struct json_object *gm_job_request(const struct gm_job *job);

/* The same for a step, after which it may be kept. */
struct json_object *gm_parsed_request(struct gm_job *job);
/* The state as it was kept, which changes hands; NULL: read state_text. */
struct json_object *gm_parsed_take_state(struct gm_job *job);
/* Takes the reference over; it must say what state_text says. */
void gm_parsed_keep_state(struct gm_job *job, struct json_object *state);
/* The texts change, or are not needed any more. */
void gm_parsed_drop(struct gm_job *job);

#endif
