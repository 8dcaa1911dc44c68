/* context.h - what is behind struct gamut.  Private to core/api. */
#ifndef GM_API_CONTEXT_H
#define GM_API_CONTEXT_H

#include "base/log_sink.h"
#include "job/trace.h"
#include "route/router.h"
#include "store/store.h"
#include <gamut/gamut.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

/* One submitted request. */
struct gm_ticket {
  struct gm_list link;
  struct gamut *g;
  struct gm_run *run;
  gamut_done_fn *on_done;
  void *user;
  bool waited; /* somebody is inside gamut_generate() for it */
  bool over;   /* then: the end was told; under the context's lock */
  struct gamut_result *result;
};

struct gm_event_node {
  struct gm_list link;
  struct gamut_event event;
  char text[]; /* what its pointers point to */
};

struct gamut {
  uint32_t flags;
  pid_t pid;
  pthread_t owner; /* without GAMUT_THREAD: who opened it; else the engine */
  struct gm_log log;
  int32_t log_level; /* the program's wish */
  struct gm_sink *sink; /* or NULL: lines go to the program */
  struct gm_settings settings;
  struct gm_loop *loop;
  struct gm_endpoints *endpoints;
  struct gm_http *http;
  struct gm_store *store;
  struct gm_journal *journal;
  struct gm_usuals *usuals;
  struct gm_ledger *ledger;
  struct gm_json_parser *parser;
  struct gm_engine engine;
  struct gm_registry *registry;
  struct gm_instances *instances;
  struct gm_catalog *catalog;
  struct gm_router router;
  struct gm_tracer tracer;
  struct gm_timer metrics_timer; /* metrics.c */
  struct gm_wishes *wishes;      /* wish.c, or NULL */
  struct gm_list tickets;
  uint32_t n_tickets;
  atomic_int want_events;
  atomic_int woken; /* gamut_wakeup() was called */
  bool closing, in_callback;
  struct gm_listener *listener; /* listen.c, or NULL */
  struct gm_seen *seen;         /* webhook.c: deliveries so far, or NULL */
  /* ---- shared with other threads, under `lock` */
  pthread_mutex_t lock;
  pthread_cond_t changed;
  struct gm_list events;
  uint32_t n_events;
  size_t event_bytes;          /* of drafts in them */
  struct gm_event_node *given; /* the one gamut_next_event() handed out */
  int signal_fd[2];            /* readable: events, or gamut_wakeup() */
  bool stop;
};

/* check.c: may this call be made here? 0, or INVALID with a sentence. */
int32_t gm_enter(const struct gamut *g, struct gamut_error *ret_error);
/* The same for what waits: not inside a callback, where it would wait for
 * itself. */
int32_t gm_enter_wait(const struct gamut *g, struct gamut_error *ret_error);
/* Copy a record into the caller's and finish it; returns its class. */
int32_t gm_report(struct gm_error *err, struct gamut_error *ret_error);

/* thread.c: run `fn` where the engine runs, and wait for it. */
typedef void gm_engine_fn(struct gamut *g, void *arg);
void gm_on_engine(struct gamut *g, gm_engine_fn *fn, void *arg);
/* Wait, working on the jobs meanwhile, until somebody calls gm_tell_over() for
 * this flag from where the engine runs. */
void gm_wait_over(struct gamut *g, const bool *over);
void gm_tell_over(struct gamut *g, bool *over);
int32_t gm_thread_start(struct gamut *g);
void gm_thread_stop(struct gamut *g);

/* events.c */
void gm_event_push(struct gamut *g, const struct gm_ticket *t,
                   const struct gm_job_event *e, struct gamut_result *result);
/* One that comes from no job of ours. */
void gm_event_tell(struct gamut *g, const struct gamut_event *e);
void gm_events_drop(struct gamut *g);
void gm_signal(struct gamut *g);

/* listen.c: stop, where the engine runs. */
void gm_listener_free(struct gm_listener *l);

/* submit.c */
void gm_ticket_detach_all(struct gamut *g);
extern const struct gm_run_ops gm_ticket_ops; /* of runs that a ticket owns */
/* gamut_submit() under an id that was chosen before; `first` as in
 * gm_journal_first(). */
int32_t gm_submit_as(struct gamut *g, const struct gamut_request *request,
                     gamut_done_fn *on_done, void *user, const char *id,
                     const struct gamut_store_op *first,
                     struct gamut_error *ret_error);
void gm_ticket_add(struct gamut *g, struct gm_ticket *t, struct gm_run *run);

/* A wish of somebody's; false: no such job is under way here. */
bool gm_ticket_cancel(struct gamut *g, const char *id);

/* wish.c: a job has begun; the context closes. */
void gm_wishes_heed(struct gamut *g);
void gm_wishes_end(struct gamut *g);

/* store.c: which store by the settings; gm_store_choose_fn. */
int32_t gm_choose_store(void *g, struct gm_store_choice *ret,
                        struct gm_error *err);

/* result.c: takes what it can from the run; NULL: no memory. */
struct gamut_result *gm_result_of(struct gm_run *run);
/* log.c: the sink that the settings ask for; level and form, which may change;
 * the record of a request's end. */
int32_t gm_log_open(struct gamut *g, struct gm_error *err);
void gm_log_apply(struct gamut *g);
void gm_log_request(struct gamut *g, const struct gm_run *run,
                    const struct gamut_result *result);

/* trace.c: the exporter, if the environment asks for one; the span of a request
 * that has ended; at most a second for what is not sent yet. */
void gm_trace_open(struct gamut *g);
void gm_trace_request(const struct gm_run *run,
                      const struct gamut_result *result);
void gm_trace_close(struct gamut *g);

/* metrics.c: a request has ended; a job has begun; the context closes. */
void gm_metrics_request(struct gamut *g, const struct gamut_result *result);
void gm_metrics_begin(struct gamut *g);
void gm_metrics_end(struct gamut *g);

#endif
