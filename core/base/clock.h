/* clock.h - two clocks, both replaceable as a whole by a test's. */
#ifndef GM_BASE_CLOCK_H
#define GM_BASE_CLOCK_H

#include "base/util.h"

uint64_t gm_mono_ms(void); /* for waiting: never jumps */
uint64_t gm_mono_us(void);
uint64_t gm_wall_ms(void); /* for records and dates only: since 1970 */

/* Tests: from now both clocks stand still at these values and move only by
 * gm_clock_advance().  gm_clock_real() undoes it. */
void gm_clock_fake(uint64_t mono_ms, uint64_t wall_ms);
void gm_clock_advance(uint64_t ms);
void gm_clock_real(void);
bool gm_clock_is_fake(void);

/* HTTP dates in their three forms -> wall ms; false when it is none. */
bool gm_parse_http_date(const char *s, uint64_t *ret_wall_ms);
/* "2026-11-20", GMT -> its first moment; false when it is no day. */
bool gm_parse_day(const char *s, uint64_t *ret_wall_ms);
/* "2026-11-20T10:00:00.123Z" */
const char *gm_fmt_time(char buf[32], uint64_t wall_ms);


/* A stretch of the calendar, GMT; weeks begin on Monday. */
enum gm_period { GM_DAY, GM_WEEK, GM_MONTH, GM_YEAR };
/* The one that the moment is in: its first millisecond, and that of the next. */
void gm_period_of(enum gm_period period, uint64_t wall_ms, uint64_t *ret_from,
                  uint64_t *ret_to);

#endif
