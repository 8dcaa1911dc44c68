/* log_sink.h - where log lines go when not to the application: standard error,
 * a file, the system's log. */
#ifndef GM_BASE_LOG_SINK_H
#define GM_BASE_LOG_SINK_H

#include "base/error.h"
#include "base/log.h"

enum gm_sink_kind { GM_SINK_STDERR, GM_SINK_FILE, GM_SINK_SYSLOG };

struct gm_sink;
/* Takes the place of what `l` writes to, which is told when lines are lost.
 * INVALID: the file cannot be opened, or `path` is missing; STORAGE-like
 * trouble later loses lines and never a job. */
int32_t gm_sink_open(struct gm_log *l, enum gm_sink_kind kind, const char *path,
                     struct gm_sink **ret, struct gm_error *err);
void gm_sink_free(struct gm_sink *s); /* after gm_log_finish() */

#endif
