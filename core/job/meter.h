/* meter.h - what is counted for Prometheus.
 *
 * A measurement is a row of GM_METERS; whoever has something to count does so
 * with one line, on the loop's thread:
 *
 *   gm_count(e->meters, GM_M_CACHE_HITS, 1, provider, model, "exact");
 *
 * and nothing is printed of a row that nobody has fed.  Values are integers:
 * milliseconds, millionths of a dollar; the row says what one unit of the
 * printed figure is.  Labels may be any text; a row has at most GM_SERIES_MAX
 * series, beyond them models are "other", since models are users' text. */
#ifndef GM_JOB_METER_H
#define GM_JOB_METER_H

#include "base/error.h"
#include "base/log.h"

/* clang-format off */
#define GM_METERS(X) /* id, name, type, units in 1, labels, help */            \
  X(REQUESTS, "gamut_requests_total", COUNTER, 1,                              \
    "provider", "model", "status", "Requests that ended, by how they did.")    \
  X(FAILURES, "gamut_request_failures_total", COUNTER, 1,                      \
    "provider", "model", "class", "Requests that failed, by class.")           \
  X(BLOCKED, "gamut_blocked_total", COUNTER, 1,                                \
    "provider", "model", NULL, "Requests refused by content policy.")          \
  X(MAYBE_CHARGED, "gamut_maybe_charged_total", COUNTER, 1,                    \
    "provider", "model", NULL,                                                 \
    "Requests that the vendor may have charged for without a result.")         \
  X(COST, "gamut_cost_usd_total", COUNTER, 1000000,                            \
    "provider", "model", NULL, "Cost in US dollars, where it is known.")       \
  X(COST_UNKNOWN, "gamut_cost_unknown_total", COUNTER, 1,                      \
    "provider", "model", NULL,                                                 \
    "Requests that completed at a cost that is not known.")                    \
  X(OUTPUT_BYTES, "gamut_output_bytes_total", COUNTER, 1,                      \
    "provider", "model", NULL, "Bytes of the files that were made.")           \
  X(LATENCY, "gamut_request_duration_seconds", HISTOGRAM, 1000,                \
    "provider", "model", NULL, "Time from the request to its end.")            \
  X(QUEUE_TIME, "gamut_queue_duration_seconds", HISTOGRAM, 1000,               \
    "provider", "model", NULL,                                                 \
    "Time from acceptance until the vendor began to work.")                    \
  X(ATTEMPTS, "gamut_attempts_total", COUNTER, 1,                              \
    "provider", "model", "class", "Attempts on one link; class ok: it gave the result.") \
  X(RETRIES, "gamut_retries_total", COUNTER, 1,                                \
    "provider", "model", NULL, "Exchanges that were sent again.")              \
  X(FALLBACKS, "gamut_fallbacks_total", COUNTER, 1,                            \
    "provider", "model", NULL, "Turns to the next link, by the one that failed.") \
  X(HEDGES, "gamut_hedges_total", COUNTER, 1,                                  \
    "provider", "model", NULL, "Second links that began, by those.")           \
  X(FIRST_POLL, "gamut_first_poll_seconds", HISTOGRAM, 1000,                   \
    "provider", "model", NULL, "Time from acceptance to the first answer about the job.") \
  X(EXCHANGES, "gamut_exchanges_total", COUNTER, 1,                            \
    "provider", "phase", "status", "HTTP exchanges, by status or class.")      \
  X(SENT_BYTES, "gamut_sent_bytes_total", COUNTER, 1,                          \
    "provider", NULL, NULL, "Bytes of request bodies.")                        \
  X(RECEIVED_BYTES, "gamut_received_bytes_total", COUNTER, 1,                  \
    "provider", NULL, NULL, "Bytes of reply bodies, downloads included.")      \
  X(CACHE_HITS, "gamut_cache_hits_total", COUNTER, 1,                          \
    "provider", "model", "kind", "Requests answered from the cache.")          \
  X(LIMITER_WAIT, "gamut_limiter_wait_seconds", HISTOGRAM, 1000,               \
    "provider", NULL, NULL, "Time that exchanges waited for the request budget.") \
  X(BREAKER, "gamut_breaker_state", GAUGE, 1,                                  \
    "provider", "model", NULL, "0 closed, 1 half open, 2 open.")               \
  X(SPANS, "gamut_spans_total", COUNTER, 1,                                    \
    "outcome", NULL, NULL, "Spans of traces, exported or dropped.")            \
  X(JOBS, "gamut_jobs_in_flight", GAUGE, 1,                                    \
    NULL, NULL, NULL, "Jobs under way.")                                       \
  X(HTTP_ACTIVE, "gamut_exchanges_in_flight", GAUGE, 1,                        \
    NULL, NULL, NULL, "HTTP exchanges on the wire.")                           \
  X(HTTP_WAITING, "gamut_exchanges_waiting", GAUGE, 1,                         \
    NULL, NULL, NULL, "HTTP exchanges that wait for a connection.")
/* clang-format on */

enum gm_meter {
#define GM_METER_ENUM(id, name, type, units, a, b, c, help) GM_M_##id,
  GM_METERS(GM_METER_ENUM)
#undef GM_METER_ENUM
    GM_N_METERS
};

#define GM_SERIES_MAX 256 /* of one row */

struct gm_meters;
/* `log` (or NULL) knows the secrets that no label may show. */
struct gm_meters *gm_meters_new(const struct gm_log *log);
void gm_meters_free(struct gm_meters *m);
GM_CLEANUP(struct gm_meters, gm_meters_free)

/* Labels are those of the row, NULL for none; a NULL where there is one becomes
 * "unknown".  All of them do nothing without `m`, or without memory. */
void gm_count(struct gm_meters *m, enum gm_meter id, int64_t n, const char *a,
              const char *b, const char *c);
void gm_observe(struct gm_meters *m, enum gm_meter id, int64_t ms,
                const char *a, const char *b, const char *c);
void gm_gauge(struct gm_meters *m, enum gm_meter id, int64_t value,
              const char *a, const char *b, const char *c);

/* ---- as text ---------------------------------------------------------------
 */

/* The exposition format of Prometheus, 0.0.4. */
void gm_meters_print(const struct gm_meters *m, bool with_gauges,
                     struct gm_buf *out);
/* meter_read.c: add what such a text says; PROTOCOL with the line when some of
 * it was not written by us. */
int32_t gm_meters_read(struct gm_meters *m, const char *text,
                       struct gm_error *err);

/* Add to `to` what was counted in `from` since the last gm_meters_settle(). */
void gm_meters_add_new(struct gm_meters *to, const struct gm_meters *from);
/* Everything up to now has been handed on. */
void gm_meters_settle(struct gm_meters *m);
/* Has anything been counted since? */
bool gm_meters_are_new(const struct gm_meters *m);

#endif
