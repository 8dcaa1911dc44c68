#ifndef EM_REPLAY_H
#define EM_REPLAY_H

#include "server.h"

#include <json-c/json.h>

/* A recorded exchange file being played.  NULL with a sentence on stderr when
 * the file cannot be read. */
struct em_replay *em_replay_new(const char *path);
void em_replay_free(struct em_replay *rp);
/* The hosts of the recording, for the endpoint map; ends with a NULL name and
 * belongs to the replay. */
const struct em_host *em_replay_hosts(const struct em_replay *rp);
void em_replay_answer(struct em_request *rq);
/* {"next","total","differences"}; what was never asked counts when `final`. */
void em_replay_report(const struct em_replay *rp, struct em_buf *out);
/* Adds what was never asked, prints all differences, returns their number. */
size_t em_replay_verdict(struct em_replay *rp);

/* replay_compare.c: appends a line per difference to the list `differences`,
 * each behind `where`. */
void em_replay_compare(struct em_request *rq, struct json_object *recorded,
                       const char *where, struct json_object *differences);
/* Name-value pairs of the query behind '?' of a URL equal the request's? */
bool em_replay_same_query(struct em_request *rq, const char *url);

/* replay.c: percent-decoded. */
void em_replay_unescape(const char *from, size_t len, struct em_buf *to);
/* replay_files.c: serves a file that one of the answers names. */
bool em_replay_file(struct em_request *rq, struct json_object *steps);

#endif
