/* attach_kit.h - contexts with the store of this machine and one folder, a
 * worker that can be killed, and what is listed there. */
#ifndef GM_TESTS_ATTACH_KIT_H
#define GM_TESTS_ATTACH_KIT_H

#include "engine/vendor.h"
#include <sys/types.h>

#define JOBS "POST /a/jobs"
#define POLL "GET /a/jobs/1"

extern const char *folder; /* where the store is, since the last begin() */

/* A folder, a worker without an order and a script; no context yet. */
void begin(struct fix *f, const struct answer *rows, size_t n);
void finish(struct fix *f);
/* A context with that store, whose vendor is there; whose vendor is the script.
 * One more of them is another process, as far as the store can tell. */
void open_at(struct fix *f, const char *base_url);
void open_here(struct fix *f);

/* Have the worker submit that to "a:cheap" and work on it. */
pid_t work_there(struct fix *f, const char *prompt, const char *resubmit);
void kill_there(pid_t pid);

/* What gamut_jobs() says; the caller frees it. */
char *jobs(struct fix *f, const char *filter);
/* This is part of it; NULL: nothing is listed. */
void ck_listed(struct fix *f, const char *filter, const char *part);
/* The id of the first of them. */
void first_id(struct fix *f, const char *filter, char id[GAMUT_ID_SIZE]);
/* The id of the one job there is. */
void only_id(struct fix *f, char id[GAMUT_ID_SIZE]);
/* Submit "x" to "a:cheap" once, by the key "key"; it must end well. */
void make_one(struct fix *f, char id[GAMUT_ID_SIZE]);

/* False: a build without a durable store. */
bool durable_store(void);

#endif
