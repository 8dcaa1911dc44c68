/* flight.h - an exchange with everything it needs while it is on the wire.
 * Private to core/job. */
#ifndef GM_JOB_FLIGHT_H
#define GM_JOB_FLIGHT_H

#include "job/job.h"
#include "job/trace.h"
#include "loop/sse.h"

#define GM_FLIGHT_HEADERS 48

/* How a step ended, once everything else it brought is in the job. */
struct gm_ending {
  enum gm_step_kind kind;
  int32_t event;
  bool paid; /* it was the answer to a paid exchange */
  struct gm_error err;
};

/* What came of the body of a GAMUT_HTTP_STREAM exchange. */
enum gm_body_kind {
  GM_BODY_BLANK,  /* nothing but blanks */
  GM_BODY_EVENTS, /* events, if it says that it has some */
  GM_BODY_JSON    /* no events, whatever it says */
};

struct gm_flight {
  struct gm_list link;
  struct gm_job *job;
  struct gm_exchange x;
  struct gm_header headers[GM_FLIGHT_HEADERS];
  struct gm_buf secrets; /* header values filled in for one send */
  struct gm_body body;   /* with inputs in it */
  struct gm_buf filled;  /* GAMUT_HTTP_FILL: the body with its secrets */
  struct gm_sse sse;     /* GAMUT_HTTP_STREAM */
  enum gm_body_kind body_is;
  struct gm_ending ending; /* of an event that ended it; kind NONE before */
  struct gm_draft draft; /* downloads */
  struct gm_output *output;
  uint64_t told_ms; /* last download event */
  uint32_t partial; /* which draft it brings */
  char *backup;     /* the URL, when it goes to the vendor's other server */
  char span_id[GM_SPAN_ID_SIZE]; /* "": not chosen yet */
  char traceparent[GM_TRACEPARENT_SIZE];
};

/* engine.c: NULL when all are in use; the job then waits in e->ready and
 * gm_job_resume() is called for it (or it failed: there is not one). */
struct gm_flight *gm_flight_take(struct gm_job *job);
void gm_flight_release(struct gm_flight *f);
/* One beside the job's own, for what can be done without; NULL: none is idle.
 */
struct gm_flight *gm_flight_spare(struct gm_job *job);
/* The same for a flight that its job has let go of. */
void gm_flight_return(struct gm_engine *e, struct gm_flight *f);

/* job.c */
void gm_job_move(struct gm_job *job, enum gm_job_state to);
void gm_job_over(struct gm_job *job); /* tell the owner; job->err is set */
GM_PRINTF(3, 4)
void gm_job_fail(struct gm_job *job, int32_t error_class, const char *fmt, ...);
/* Write down what costs, and go on in job->durable.ready.  False: it failed. */
bool gm_job_write_paid(struct gm_job *job);
/* There, first: it is written, but we have hung since then, and another process
 * may have found it so.  True: it is written once more, and ready() follows. */
bool gm_job_heard_late(struct gm_job *job, int32_t error_class);
/* There: whether it may leave (0) or not. */
void gm_job_paid_written(struct gm_job *job, int32_t error_class);
bool gm_job_watched(const struct gm_job *job);
void gm_job_stop(struct gm_job *job); /* forget what is on the wire */
/* Is what is pending free, so that its answer can be had once more? */
bool gm_job_can_ask_again(const struct gm_job *job);
/* What costs was sent, and is not answered. */
bool gm_job_in_doubt(const struct gm_job *job);

/* Only drafts are missing, and nobody waits for them: it has ended. */
bool gm_job_ends_well(struct gm_job *job);

/* cancel.c: can the vendor be asked to cancel it, and was not?  Ask. */
bool gm_job_has_cancel(const struct gm_job *job);
void gm_job_ask_cancel(struct gm_job *job);
/* An exchange that ends well now is the vendor's answer to that wish: */
bool gm_job_is_told(const struct gm_job *job);
/* it took it, but is it so? */
void gm_job_look_whether(struct gm_job *job);
/* How long a look before or after that may take; 0: this is none. */
uint32_t gm_job_look_ms(const struct gm_job *job);
/* The look has shown that it runs. */
void gm_job_looked(struct gm_job *job);
/* There was none: the vendor is told all the same.  False: it need not be. */
bool gm_job_tells_unseen(struct gm_job *job);
/* What an end means for a job that was to be cancelled. */
void gm_job_judge_cancel(struct gm_job *job);
/* As it was before the vendor was asked, but for its flags. */
void gm_job_put_back(struct gm_job *job);
void gm_job_drop_kept(struct gm_job *job);
/* Nothing is on the wire, and no timer runs; look at it then. */
void gm_job_park(struct gm_job *job);
void gm_job_look_in(struct gm_job *job, uint32_t ms);

/* yield.c: an attempt that was to give way is over.  True: it is not, the vendor
 * would not cancel and it goes on. */
bool gm_job_stays(struct gm_job *job);
/* It is not waited for the vendor's word any more: as it was before, but that it
 * may turn out to be cancelled. */
void gm_job_stay(struct gm_job *job);
struct gm_found *gm_job_found(struct gm_job *job); /* NULL: no memory */
/* Write the record.  GM_PUT_WAIT: go on in job->durable.ready. */
int32_t gm_job_write(struct gm_job *job, unsigned flags);
/* job->before, which is gone then. */
void gm_job_write_before(struct gm_job *job, unsigned flags);

/* stream.c: events of a GAMUT_HTTP_STREAM exchange become steps while they
 * come. */
void gm_stream_begin(struct gm_flight *f);
/* The exchange is over: true when an event ended it; the job has moved on. */
bool gm_stream_over(struct gm_job *job, struct gm_flight *f);

/* step.c */
void gm_job_step(struct gm_job *job, int32_t event, struct gm_exchange *x);
void gm_job_chunk(struct gm_job *job, struct gm_exchange *x,
                  const struct gm_sse_event *chunk, struct gm_ending *end);
/* An output has come in the paid stream at hand: it is not sent again. */
bool gm_job_has_streamed(const struct gm_job *job);
/* Take what a finished call brought; then do what it asked for. */
void gm_job_take(struct gm_job *job, struct gm_call *call, int32_t event,
                 struct gm_exchange *x, struct gm_ending *end);
void gm_job_act(struct gm_job *job, struct gm_ending *end,
                struct gm_exchange *x);
void gm_job_outcome(struct gm_job *job, struct gm_call *call, int32_t event,
                    struct gm_exchange *x);
/* What a provider handed over, taken out of its call; false: no memory. */
bool gm_job_take_output(struct gm_output *o, struct gm_call *c,
                        const struct gamut_artifact *a);
/* partial.c: a draft came; its bytes are in `d`, or job->partials[at].err says
 * why not. */
void gm_partial_take(struct gm_job *job, struct gm_call *c,
                     const struct gamut_artifact *a);
void gm_partial_show(struct gm_job *job, uint32_t at, struct gm_draft *d);
/* partial_fetch.c: false: not now, all flights are in use. */
bool gm_partial_fetch(struct gm_job *job, uint32_t at);
void gm_partial_drop(struct gm_job *job); /* all that are under way */
/* send.c: the pending exchange, now. */
void gm_job_send(struct gm_job *job);
/* Go on where the lack of a flight stopped us. */
void gm_job_resume(struct gm_job *job);
/* gm_exchange.authorize of every flight. */
size_t gm_job_authorize(struct gm_exchange *x, const char *url,
                        struct gm_header *out, size_t max);
/* repeat.c: the exchange (or step) could not be had: repeat it or end the
 * attempt.  `flags` are those of the reason, GAMUT_REASON_...  Takes the error.
 */
void gm_job_trouble(struct gm_job *job, struct gm_exchange *x,
                    struct gm_error *err, uint32_t flags);
/* A paid exchange that was sent once more by its key is refused: does that tell
 * what became of the one before, too, which got no answer? */
void gm_job_hear_doubt(struct gm_job *job, const struct gm_error *err);
/* Judge a reply of 400 and above. */
void gm_job_refused(struct gm_job *job, struct gm_exchange *x);
/* observe.c: an exchange of the job has come to its end, or to none. */
void gm_job_observe(struct gm_job *job, struct gm_flight *f);
void gm_job_observe_abort(struct gm_job *job, struct gm_flight *f);
void gm_job_observe_begin(struct gm_job *job); /* an attempt */
void gm_job_observe_end(struct gm_job *job);
/* A token, an upload, a query is finished, or nobody wants it any more: with it
 * goes its trace. */
void gm_job_untrace(struct gm_job *job);
/* The traceparent for the vendor, when that is wanted: 1, else 0. */
size_t gm_job_propagate(struct gm_job *job, struct gm_flight *f,
                        struct gm_header *out, size_t room);
/* fetch.c */
void gm_job_fetch(struct gm_job *job);
void gm_job_fetch_next(struct gm_job *job);
/* By other addresses than before. */
void gm_job_fetch_newly(struct gm_job *job);
/* anew.c: an output is not to be had by its address, as `x` and its `err` say.
 * True: the vendor is asked for another; gm_job_fetch_next() gives that up, and
 * gm_job_stop() forgets it. */
bool gm_anew_ask(struct gm_job *job, const struct gm_exchange *x,
                 const struct gm_error *err);
void gm_anew_give_up(struct gm_job *job);
void gm_anew_drop(struct gm_job *job);
/* A whole draft of an output gets its name. */
int32_t gm_job_keep(struct gm_job *job, const struct gm_output_plan *plan,
                    struct gm_draft *d, struct gm_output *o,
                    struct gm_error *err);
/* job.c: we hung, and it may be another's by now.  The store is asked before we
 * do what its new owner does as well. */
bool gm_job_may_be_lost(const struct gm_job *job);
/* Every output is settled. */
void gm_job_all_settled(struct gm_job *job);
/* A draft has come home: was that the last thing the job waited for? */
void gm_job_settle(struct gm_job *job);
/* job.c: what waits for its record has not left, and need not. */
void gm_job_unsend(struct gm_job *job);
/* job.c: it goes on in another process. */
void gm_job_lost(struct gm_job *job);
/* late.c: the store says that the job is another's.  If we know what became of
 * what is paid for and that one does not, it is ours again, and durable.ready()
 * follows; else gm_job_lost(). */
void gm_job_late(struct gm_job *job);
/* The same of a record that nobody waits for: durable.lost(). */
void gm_job_record_lost(struct gm_durable *d);
/* What waits for the record waits no more. */
void gm_job_late_unwait(struct gm_job *job);
/* While that is not decided it takes the job's records, and `text` with them;
 * of those the last one of a job that is over here is written.  False: it is
 * decided. */
bool gm_job_late_takes(struct gm_job *job, char *text, unsigned flags);
void gm_job_late_drop(struct gm_job *job); /* the job goes */
/* The same of one that is over here, see gm_journal_on_refused(). */
void gm_job_last_refused(void *engine, const char *id, const char *text,
                         unsigned flags, struct gm_also *also);
/* perform.c */
void gm_job_work(struct gm_job *job);
void gm_job_unwork(struct gm_job *job); /* the job goes, the thread stays */
/* A thread works on what may not be begun again; or did until `event`. */
bool gm_job_works_paid(const struct gm_job *job);
bool gm_job_worked_paid(const struct gm_job *job, int32_t event);
/* It waits for a thread, and nothing of it has begun. */
bool gm_job_awaits_work(const struct gm_job *job);
void gm_perform_drop_all(struct gm_engine *e); /* the pool is gone */
/* takeup.c: what was chosen; the job is READY. */
void gm_job_take_up(struct gm_job *job);
/* upload.c: true when every file that the vendor wants as a URL has one; false:
 * it waits or has failed. */
bool gm_upload_ready(struct gm_job *job);
void gm_upload_forget(struct gm_job *job); /* the URLs of an attempt */
void gm_uploads_finish(struct gm_engine *e);

/* token.c: true when the job may send now; false: it waits or has failed. */
bool gm_token_ready(struct gm_job *job);
/* For how long a token that lives `ttl_s` is used. */
uint64_t gm_token_use_ms(uint32_t ttl_s);
/* After a refusal: is there a token to renew, not yet done in this attempt? */
bool gm_token_renew(struct gm_job *job);

#endif
