/* log.h - lines for people and records for machines.  Library code never
 * prints: it hands a line to the logger of its context, which filters by level
 * and masks every registered secret. */
#ifndef GM_BASE_LOG_H
#define GM_BASE_LOG_H

#include "base/buf.h"

/* Levels are those of gamut/plugin.h: 0 debug, 1 info, 2 warn, 3 error. */
typedef void gm_log_fn(void *user, int32_t level, const char *line);

struct gm_secret;
struct gm_log {
  gm_log_fn *write; /* NULL: dropped */
  void *user;
  int32_t level;             /* lines below are not even formatted */
  struct gm_secret *secrets; /* values to mask wherever text leaves us */
};

void gm_log_finish(struct gm_log *l);
GM_PRINTF(3, 4)
void gm_log_line(struct gm_log *l, int32_t level, const char *fmt, ...);
/* A function, since "&log ? ..." in a macro is a warning. */
static inline bool gm_log_wants(const struct gm_log *l, int32_t level)
{
  return l && l->write && level >= l->level;
}
#define gm_debug(l, ...)                                                       \
  (gm_log_wants((l), 0) ? gm_log_line((l), 0, __VA_ARGS__) : (void)0)
#define gm_info(l, ...) gm_log_line((l), 1, __VA_ARGS__)
#define gm_warn(l, ...) gm_log_line((l), 2, __VA_ARGS__)

/* Remember a secret (values shorter than 4 bytes are not masked); idempotent.
 */
bool gm_log_secret(struct gm_log *l, const char *value);
/* Replace every known secret in `text` by "***" in place (it only shrinks);
 * returns the new length. */
size_t gm_log_mask(const struct gm_log *l, char *text, size_t len);

#endif
