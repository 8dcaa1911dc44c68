/* trace.h - the spans of a request: the request itself, each attempt on a link,
 * each exchange and download; and of what is done beside it: tokens, uploads,
 * queries, new addresses.  A span is written when it ends; until then it is an
 * id and a time. */
#ifndef GM_JOB_TRACE_H
#define GM_JOB_TRACE_H

#include "base/random.h"
#include "job/otlp.h"

#define GM_TRACE_ID_SIZE    33 /* 16 bytes in hex, and a NUL */
#define GM_SPAN_ID_SIZE     17
#define GM_TRACEPARENT_SIZE 56

struct gm_tracer {
  struct gm_otlp *otlp; /* NULL: no span is written */
  struct gm_log *log;
  int64_t wall_us;  /* what is added to gm_mono_us(): times never go back */
  uint64_t sampled; /* of 2^56 traces that nobody else decided on */
  bool parent_decides;
  bool propagates; /* vendors get the traceparent */
};

struct gm_trace {
  const struct gm_tracer *tracer;
  char id[GM_TRACE_ID_SIZE];
  char parent[GM_SPAN_ID_SIZE]; /* the caller's span, or "" */
  char root[GM_SPAN_ID_SIZE];
  char attempt[GM_SPAN_ID_SIZE]; /* the one under way, or "" */
  uint64_t root_us, attempt_us;
  struct gm_buf root_events, attempt_events; /* JSON */
  bool sampled;                              /* the caller's flag, or ours */
  char *project, *user, *tags; /* what it is filed under; tags: JSON */
  char task[32]; /* "gamut.token": that is what its attempt is called, which is
                    no generation; else "" */
};

/* "00-<trace>-<span>-<flags>", as W3C's Trace Context 1 wants it; later
 * versions with more behind that, too. */
bool gm_traceparent_parse(const char *text, char trace[GM_TRACE_ID_SIZE],
                          char span[GM_SPAN_ID_SIZE], bool *ret_sampled);

/* `traceparent` NULL: a trace of its own, whose id is the job's, so that a
 * process that takes the job over goes on with it.  NULL: there is nothing to
 * trace, or no memory. */
struct gm_trace *gm_trace_new(const struct gm_tracer *t,
                              const char *traceparent, const char *job_id);
/* Of a job that fetches a token, uploads a file, asks something.  One span with
 * its exchanges below it: at the attempt of `of` that needs it, or NULL when
 * that is NULL; or, alone, the root of a trace. */
struct gm_trace *gm_trace_below(const struct gm_trace *of, const char *task);
struct gm_trace *gm_trace_alone(const struct gm_tracer *t, const char *job_id,
                                const char *task);
void gm_trace_free(struct gm_trace *t);
/* What the request is filed under, copied; each may be NULL, `tags` is a JSON
 * array.  Where there is nothing to trace, `t` is NULL. */
void gm_trace_label(struct gm_trace *t, const char *project, const char *user,
                    const char *tags);
/* Are spans to be written?  All below is for those only. */
static inline bool gm_trace_is_on(const struct gm_trace *t)
{
  return t && t->sampled && t->tracer->otlp;
}

void gm_span_id(char ret[GM_SPAN_ID_SIZE]);

/* A span as text: begin, attributes, end. */
enum gm_span_kind { GM_SPAN_INTERNAL = 1, GM_SPAN_CLIENT = 3 };
struct gm_span {
  const struct gm_trace *trace;
  struct gm_buf text;
  bool first;
};
void gm_span_begin(struct gm_span *s, const struct gm_trace *t, const char *id,
                   const char *parent, const char *name, enum gm_span_kind kind,
                   uint64_t start_us, uint64_t end_us);
void gm_span_text(struct gm_span *s, const char *name, const char *value);
void gm_span_int(struct gm_span *s, const char *name, int64_t value);
void gm_span_real(struct gm_span *s, const char *name, double value);
void gm_span_bool(struct gm_span *s, const char *name, bool value);
void gm_span_labels(struct gm_span *s); /* of its trace */
/* error_type NULL: it went well.  Hands it to the exporter. */
void gm_span_end(struct gm_span *s, const struct gm_buf *events,
                 const char *error_type, const char *message);

/* Something happened in the attempt, or between two of them. */
void gm_trace_event(struct gm_trace *t, const char *name, const char *text,
                    int64_t wait_ms);

#endif
