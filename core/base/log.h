/* log.h - lines for people and records for machines.  Library code never
 * prints: it hands a line to the logger of its context, which filters by level,
 * masks every registered secret and counts what repeats instead of saying it.
 */
#ifndef GM_BASE_LOG_H
#define GM_BASE_LOG_H

#include "base/buf.h"

/* Levels are those of gamut/plugin.h: 0 debug, 1 info, 2 warn, 3 error.  A line
 * has no end and no control characters. */
typedef void gm_log_fn(void *user, int32_t level, const char *line);

/* One text that was said lately; see log_repeat.c. */
#define GM_REPEAT_TEXT 120
struct gm_repeat {
  uint64_t hash, since_ms;
  uint32_t count; /* in this window */
  int32_t level;
  char text[GM_REPEAT_TEXT];
};
#define GM_REPEATS 8

struct json_object;
struct gm_secret;
struct gm_log {
  gm_log_fn *write; /* NULL: dropped */
  void *user;
  int32_t level;             /* lines below are not even formatted */
  bool json;                 /* lines are JSON objects */
  struct gm_secret *secrets; /* values to mask wherever text leaves us */
  struct gm_repeat repeats[GM_REPEATS];
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

/* "debug", "info", "warn", "error". */
const char *gm_log_level_name(int32_t level);

/* Remember a secret (values shorter than 4 bytes are not masked); idempotent.
 */
bool gm_log_secret(struct gm_log *l, const char *value);
/* Replace every known secret in `text` by "***" in place (it only shrinks);
 * returns the new length. */
size_t gm_log_mask(const struct gm_log *l, char *text, size_t len);
/* Append `text` to `b` as a JSON string, masked first. */
void gm_log_add_json(const struct gm_log *l, struct gm_buf *b,
                     const char *text);

/* A record: one line of named fields, `event name=value ...` or JSON as the log
 * has it; no value can break it.  Never taken for a repetition. */
struct gm_record {
  struct gm_log *log;
  int32_t level;
  struct gm_buf line;
};
/* False: the log does not want it; then nothing else may be called. */
bool gm_record_begin(struct gm_record *r, struct gm_log *l, int32_t level,
                     const char *event);
void gm_record_text(struct gm_record *r, const char *name,
                    const char *value); /* NULL: no such field */
/* An array of texts: "a,b", or an array in JSON; none: no such field. */
void gm_record_texts(struct gm_record *r, const char *name,
                     const struct json_object *list);
void gm_record_int(struct gm_record *r, const char *name, int64_t value);
void gm_record_real(struct gm_record *r, const char *name, double value);
void gm_record_bool(struct gm_record *r, const char *name, bool value);
void gm_record_end(struct gm_record *r);

/* ---- private to log*.c */
/* Hand over text that is masked already, in the form of the log. */
void gm_log_say(const struct gm_log *l, int32_t level, const char *text,
                size_t len);
/* Opens the object of a line: time and level. */
void gm_log_open_json(struct gm_buf *b, int32_t level);
/* log_repeat.c: may this text be said?  What was held back before and has
 * waited long enough is said first; of all of it when `text` is NULL. */
bool gm_log_fresh(struct gm_log *l, int32_t level, const char *text,
                  size_t len);

#endif
