/* job.h - one request under way, on one link at a time.
 *
 * A job is data: request text, the provider's state text, a pending exchange.
 * It holds a flight (an exchange and its buffers) only while something is on
 * the wire.  Whoever owns it (the router) begins an attempt and hears of its
 * end; this layer repeats exchanges, polls, downloads, journals. */
#ifndef GM_JOB_JOB_H
#define GM_JOB_JOB_H

#include "base/random.h"
#include "base/texts.h"
#include "job/engine.h"
#include "job/output.h"
#include <gamut/gamut.h>

/* clang-format off */
#define GM_S(n) (1u << GM_JOB_##n)
#define GM_JOB_STATES(X) /* name, text, may move to */                         \
  X(QUEUED,   "queued",   GM_S(READY) | GM_S(ENDED))                           \
  X(READY,    "ready",    GM_S(SENDING) | GM_S(WAITING) | GM_S(WORKING) |      \
                          GM_S(FETCHING) | GM_S(QUEUED) | GM_S(ENDED))         \
  X(SENDING,  "sending",  GM_S(READY) | GM_S(ENDED))                           \
  X(WAITING,  "waiting",  GM_S(READY) | GM_S(ENDED))                           \
  X(WORKING,  "working",  GM_S(READY) | GM_S(ENDED))                           \
  X(FETCHING, "fetching", GM_S(ENDED))                                         \
  X(ENDED,    "ended",    0)
/* clang-format on */
enum gm_job_state {
#define GM_JOB_ENUM(name, text, next) GM_JOB_##name,
  GM_JOB_STATES(GM_JOB_ENUM)
#undef GM_JOB_ENUM
};

struct gm_anew;
struct gm_job;
struct gm_late;
struct gm_trace;

/* What happened, for whoever watches; numbers as in gamut_event. */
struct gm_job_event {
  int32_t type; /* GAMUT_EVENT_... */
  int64_t number, total;
  const char *text;
  const void *data;
  size_t data_len;
  const char *path;
};

struct gm_job_ops {
  /* The attempt on the present link is over: job->err says how (class 0: well,
   * the outputs are in job->found).  May begin the next attempt. */
  void (*attempt_over)(struct gm_job *job);
  /* May be NULL.  Must not end or free the job. */
  void (*event)(struct gm_job *job, const struct gm_job_event *e);
  bool (*wants_events)(struct gm_job *job); /* NULL: no */
  /* What costs is about to be written down and to begin; or it does not, after
   * all, before it was.  May be NULL.  NOMEM: it must not begin. */
  int32_t (*paying)(struct gm_job *job, bool begins);
  /* Refused for its rate: would the owner rather send it with another key, now,
   * than wait?  The attempt ends then.  May be NULL. */
  bool (*has_next_key)(struct gm_job *job);
  /* It has been made, and what was made is about to be fetched.  May change the
   * plan; must not end or free the job.  May be NULL. */
  void (*generated)(struct gm_job *job);
  /* An output is about to get its name: may change it.  May be NULL. */
  void (*name)(struct gm_job *job, struct gm_output *o,
               struct gm_name_facts *f);
  /* What another process had left in doubt is ours again: `owner` is what that
   * one's record has of it.  May be NULL.  A class: it is not. */
  int32_t (*regained)(struct gm_job *job, const struct json_object *owner);
  /* The job that it is a part of, and goes on with; NULL: none.  May be NULL.
   */
  struct gm_job *(*whole_of)(struct gm_job *job);
  /* It is another's now: its parts that are, or may be, paid for are seen to
   * their ends without it.  May be NULL. */
  void (*parts_alone)(struct gm_job *job);
  /* Members that the owner adds to the journal record, as JSON text. */
  void (*record)(struct gm_job *job, struct gm_buf *b);
};

/* What attempts have brought, allocated when there is something. */
struct gm_found {
  struct gm_output *outputs;
  uint32_t n_outputs, withheld, fetching;
  struct gm_texts facts;     /* pairs */
  int64_t cost_microusd;     /* -1: not said */
  char *usage_unit;
  double usage_amount;
  char *raw; /* the last reply */
  struct json_object *answer; /* of a query */
  struct gm_texts notes;      /* the vendor's log: its last lines */
};

void gm_found_free(struct gm_found *found);

/* What a job that was taken up does first (takeup.c). */
enum gm_takeup {
  GM_TAKEUP_NONE,
  GM_TAKEUP_BEGIN,
  GM_TAKEUP_SEND,
  GM_TAKEUP_FETCH,
  GM_TAKEUP_WORK,
  GM_TAKEUP_UNKNOWN
};

struct gm_job {
  char id[GM_ID_SIZE];
  char attempt_id[GM_ID_SIZE];
  char sent_id[GM_ID_SIZE]; /* the attempt that was last written down as one
                               that leaves; "": none was */
  uint8_t state;         /* enum gm_job_state */
  bool accepted;         /* a billable exchange was answered well */
  bool maybe_charged;    /* the present attempt may have been charged */
  bool maybe_earlier;    /* one before it may */
  bool doubtful;         /* a keyed paid exchange left and was not answered */
  bool unsent;           /* what costs waits for its record */
  bool unwritten;        /* that the vendor has it waits for its record */
  bool held;             /* ... and the next exchange for that */
  bool missed;           /* it could not be written: the next step does that */
  bool was_maybe;        /* fetched again: it was maybe-charged before */
  bool cancelling;       /* the provider was told, or is about to be */
  bool giving_way;       /* ... because the owner would rather try elsewhere,
                            perhaps by another process or before a detach */
  bool looking;          /* it is looked at before the vendor is told */
  bool told;             /* the vendor has taken a wish to cancel, but not yet
                            said that it is so */
  bool again;            /* it had ended, and is fetched once more: nothing is
                            paid for it any more */
  bool replayable;       /* the pending exchange came from START */
  bool renewed;          /* the token was renewed in this attempt */
  bool woken;            /* the next poll need not wait */
  bool asked_anew;       /* the addresses of what was made, in this process */
  bool asks_anew;        /* it does so for another job, see anew.c: nothing of
                            it is written, paid for or fetched */
  bool own_fn;           /* the owner set fn: token(), upload(); these bring
                            no output */
  bool fetches_token;
  uint8_t takeup;        /* enum gm_takeup */
  uint8_t left;          /* ... until then: the state that its record has */
  bool drafted;          /* drafts have come in this attempt */
  bool settled;          /* all is here but drafts on their way */
  bool is_part;          /* another job needs its record, set by the owner */
  bool was_part;         /* ... or may yet: it is fetched once more, alone */
  bool noted;            /* what it fetches is in its record */
  bool served;           /* its outputs were made before, see serve.h */
  bool queued, permitted; /* limiter.c: it waits there; it may send now */
  bool counted, placed;   /* ... its exchange is under way; it generates */
  uint16_t quick;        /* exchanges in a row without a delay */
  uint16_t polls;        /* looks at how far it is */
  uint16_t tries;        /* billable submissions of this attempt */
  uint16_t repeats;      /* of the present exchange */
  uint16_t total_repeats; /* of this attempt */
  int16_t http_status;   /* of the last reply */
  int32_t permille, queue_position; /* last told; -1 */
  uint32_t patience_ms;  /* longest wait for a repeat; the owner sets it */
  uint32_t latency_ms;   /* what the catalog says; 0: nothing.  The owner's */
  struct gm_engine *engine;
  const struct gm_job_ops *ops;
  struct gm_instance *instance;
  gamut_fn *fn;               /* step(), or token() for a token job */
  struct json_object *wire;   /* borrowed from the catalog, or NULL */
  struct gm_usual *usual;     /* how long such jobs take, or NULL */
  struct gm_timer timer;
  struct gm_list link;        /* in one of the engine's lists */
  struct gm_flight *flight;
  struct gm_perform *perform; /* while it works on the pool */
  struct gm_anew *anew;       /* while its addresses are asked for anew */
  struct gm_late *late;       /* while the store is asked for it again */
  char *request;              /* normalised, JSON text */
  const char *secret;         /* the owner's, for {@secret} in a body, or NULL */
  char *state_text;           /* the provider's, or NULL: {} */
  struct gm_parsed *parsed;   /* what they say, or NULL: parsed.h */
  struct gm_pending *pending;
  struct gm_pending *kept;    /* what was pending before it was to give way */
  char *kept_state;           /* ... and the provider's state */
  char *before;               /* the record of one that had been made when it
                                 was to be fetched again: it stands, unless
                                 that brings the files */
  char *looked_up;            /* the vendor's own id of it, when it was in doubt
                                 and found there; else NULL */
  const char *verdict;        /* "charged", "not-charged": so it was settled
                                 before it is fetched again; NULL: it was not */
  struct gm_input *inputs; /* the owner's; alive as long as the job */
  uint32_t n_inputs;
  const struct gm_output_plan *plan; /* the owner's */
  struct gm_trace *trace;            /* the owner's, or NULL */
  struct gm_error err;
  struct gm_found *found;
  struct gm_output *partials; /* drafts of all attempts */
  uint32_t n_partials;
  struct gm_list beside; /* flights that bring drafts */
  struct gm_durable durable;
  uint64_t began_ms, accepted_ms, working_ms, generated_ms, ended_ms; /* mono */
  uint64_t polled_ms; /* the first answer after it was accepted */
  uint64_t age_ms;  /* of what was taken up, when it was */
  uint64_t sent_ms; /* the paid exchange; 0: not yet, or by another process */
  uint64_t paid_at_ms, paid_until_ms; /* wall: when what is paid for was about
                         to leave, the first time that is in doubt; and when the
                         last was last seen on its way.  0: it was not yet */
  uint64_t queued_ms; /* since when it waits for the limiter; 0: it does not */
  uint64_t seen_ms; /* the last look that found it under way; 0: none */
};

/* `job` is the owner's memory, zeroed.  A new id unless one is set. */
int32_t gm_job_init(struct gm_job *job, struct gm_engine *e,
                    const struct gm_job_ops *ops);
/* The same without its place among the jobs under way: to be looked at. */
void gm_job_prepare(struct gm_job *job, struct gm_engine *e,
                    const struct gm_job_ops *ops);
/* Aborts what is under way; the provider is not told. */
void gm_job_finish(struct gm_job *job);

/* Begin an attempt: takes `request` (gm_free).  Everything the last attempt left
 * is forgotten, but that it may have been charged.  Asynchronous: at the earliest the next
 * turn ends it.  NOMEM: nothing was begun and attempt_over() is not called. */
int32_t gm_job_begin(struct gm_job *job, struct gm_instance *instance,
                  struct json_object *wire, char *request);

/* It sends nothing of its own, and waits for what other jobs bring; it has not
 * begun. */
void gm_job_stand_by(struct gm_job *job);

/* The two halves of it: set is as good as begun for cancel and detach, but
 * nothing happens before it goes.  NOMEM as above. */
void gm_job_set(struct gm_job *job, struct gm_instance *instance,
                struct json_object *wire, char *request);
int32_t gm_job_go(struct gm_job *job);
/* A job that is set does not go: its attempt is over with this. */
void gm_job_give_up(struct gm_job *job, int32_t error_class, const char *why);

/* takeup.c: go on where the record of another process ends; `job` is fresh from
 * gm_job_init().  `again`: it has ended, and its outputs are fetched once more;
 * INVALID when they cannot be.  Asynchronous, as gm_job_begin().  UNSUPPORTED: the provider's
 * state is of another version; PROTOCOL: broken; NOMEM. */
int32_t gm_job_restore(struct gm_job *job, struct gm_instance *instance,
                       struct json_object *wire,
                       const struct json_object *record, bool again,
                       struct gm_error *err);

/* What the record says, to be looked at and not gone on with; after
 * gm_job_prepare().  PROTOCOL, NOMEM. */
int32_t gm_job_read(struct gm_job *job, const struct json_object *record,
                    struct gm_error *err);

/* What waits to be sent must not be, the owner says. */
void gm_job_fail_unsent(struct gm_job *job, int32_t error_class,
                        const char *why);

/* No attempt follows one that came to no good end, or the job is left: what
 * came in its replies until then is kept as that of a good one is. */
void gm_job_keep_whole(struct gm_job *job);

/* The owner is through with it: no attempt follows.  The record goes, unless the
 * job goes on at the vendor (detached). */
void gm_job_end(struct gm_job *job);

/* Tell whoever watches. */
void gm_job_tell(struct gm_job *job, int32_t type, int64_t number,
                 int64_t total, const char *text);

/* Ask the provider to cancel; the attempt ends as CANCELLED (or well).  */
void gm_job_cancel(struct gm_job *job);
/* yield.c: the owner would rather try elsewhere, if that cannot make two of what
 * costs.  An attempt that has not cost anything ends as TIMEOUT, saying `why`;
 * one that the vendor has ends as CANCELLED, and is still giving way, once the
 * vendor says that it is cancelled there, or does not know it any more: that it
 * heard the wish is not enough.  When it cannot or will not be, or was made in the
 * meantime, it goes on as if nothing had been asked.  False: that cannot be told
 * yet, ask again later. */
bool gm_job_give_way(struct gm_job *job, const char *why);
/* Leave it to the vendor: the attempt ends as DETACHED. */
void gm_job_detach(struct gm_job *job);
/* The vendor is said to have news of it: what waits for its next poll polls now,
 * what is on the wire polls again at once.  False: there is nothing to poll. */
bool gm_job_wake(struct gm_job *job);

/* As its record has it; READY for another word. */
const char *gm_job_state_name(const struct gm_job *job);
enum gm_job_state gm_job_state_named(const char *name);

/* Write it down as it stands; nobody waits for that.  `release`: whoever comes
 * first may take it over from now on.  NOMEM. */
int32_t gm_job_save(struct gm_job *job, bool release);

/* No other job needs the record of one that has ended any more, as soon as the
 * end of its whole is written. */
void gm_job_forget(struct gm_job *job, const struct gm_job *whole);

/* The record that any process can take the job over from; gm_free. */
char *gm_job_record(struct gm_job *job);

#endif
