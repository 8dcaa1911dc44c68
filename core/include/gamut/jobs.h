/* gamut/jobs.h - jobs that outlive a process; a part of gamut/gamut.h.
 *
 * With a durable store (setting `store`) each job is written down before it is
 * paid for and again when the vendor has it; any process with the same store can
 * take it over when the one that drove it has ended, gave it back (detached,
 * gamut_close()), or has hung for half a minute.  Who wakes up then ends such
 * jobs as detached, and neither pays for them nor writes their files.  But one
 * that was left in doubt (maybe-charged) while this context knows what became of
 * it (its answer, its end, that it was never sent) comes back: it goes on here, or
 * its end is written, unless somebody has settled it or sent it again.
 *
 * Wherever an id is asked for, its first characters do, as long as they name one
 * job.  These functions wait for the store, and work on the jobs of this context
 * meanwhile; not from a callback.  GAMUT_E_STORAGE: the store cannot be read or
 * written.
 */
#ifndef GAMUT_JOBS_H
#define GAMUT_JOBS_H

#include <gamut/types.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Do jobs outlive this process?  1, or 0: the store forgets (setting `store`, or
 * none could be opened, which the log has said).  Opens it. */
GAMUT_API int32_t gamut_durable(struct gamut *g);

/* The states that gamut_jobs() can be asked for. */
#define GAMUT_JOB_STATES                                                       \
  "unfinished|ended|completed|failed|blocked|cancelled|maybe-charged|queued|"  \
  "ready|sending|waiting|working|fetching"

/* Jobs that the store knows, the latest first, as a JSON array of {"id",
 * "state", "ended", "driven": a living process works on it, "provider",
 * "model", "resolved_from": the name the model was asked by, "prompt",
 * "began_at", "written_at", "took_ms", "class", "message", "cost_usd" (not of
 * one that nobody is charged for), "cost_estimated": it is the catalog's price,
 * "request_id": the vendor's, "sent" of one that is maybe-charged: {"method",
 * "url" without its query, "at", "bytes", as far as they are known}, "settled",
 * "output": the file or template that one which has not ended is to write,
 * "files": their paths, "outputs", "withheld", "request": what was asked,
 * "facts": what the vendor told}, and "cache_hit": true of one that was served
 * from the cache.  The state is that of the job ("waiting", "fetching" ...), or
 * how it ended ("completed", "failed", "blocked", "cancelled"), or
 * "maybe-charged".  Each of "outputs" is {"kind", "path", "there": the file is
 * there now, "url", "mime", "size", "width", "height", "duration_ms"}, by its
 * bytes when they came; and "provider", "model" where several links made them.
 * A request that several jobs worked on has "team": {"n", "hedged", "winner",
 * "members": [{"id", "why": "first", "hedge", "part" or "top-up", "first", "n":
 * which of the outputs, "maybe_charged": it was when the request ended}]}; each
 * of those is a job of its own, with "of": {"id": the request's, "why", "lost":
 * another link was quicker}, and is listed when it is maybe-charged, or goes on
 * though its request has its result.  Jobs that have ended are forgotten after a
 * while (setting `keep_jobs`), those that are maybe-charged not within a week.
 *
 * filter  NULL, or a JSON object: "state" (one of GAMUT_JOB_STATES),
 *         "provider", "model" (a part of its id or name), "search" (words, each in
 *         the prompt, the model's or provider's name, the id or a path), "since"
 *         ("24h", "7d", "2026-11-28"), "limit", "parts": true, to list the jobs
 *         that requests are made of, too
 *
 * gamut_string_free(); GAMUT_E_INVALID for a filter that makes no sense. */
GAMUT_API int32_t gamut_jobs(struct gamut *g, const char *filter,
                             char **ret_json, struct gamut_error *ret_error);

/* One of them, with "record" (all that is written of it) and, when it has ended,
 * "result" as gamut_result_json() had it.  gamut_string_free();
 * GAMUT_E_NOT_FOUND. */
GAMUT_API int32_t gamut_job(struct gamut *g, const char *id, char **ret_json,
                            struct gamut_error *ret_error);

/* The result of a job that has ended, without the bytes of its files.
 * gamut_result_free().  GAMUT_E_NOT_FOUND; GAMUT_E_RATE when it has not ended. */
GAMUT_API int32_t gamut_job_result(struct gamut *g, const char *id,
                                   struct gamut_result **ret,
                                   struct gamut_error *ret_error);

/* Go on with a job here.  What was under way decides what comes first: a paid
 * request that was about to leave is sent again only when it carries a key that
 * the vendor honours; else the job ends as GAMUT_E_UNKNOWN (or is submitted once
 * more, where "resubmit" allows that).  Files whose addresses have expired are
 * asked for anew, once, where that is free.
 *
 * how      NULL, or a request of which "output", "force", "download", "sidecar",
 *          "timeout" and "resubmit" count instead of those it was submitted with;
 *          a "timeout" of then was that of who waited then, and is over
 * on_done  as in gamut_submit()
 *
 * GAMUT_E_NOT_FOUND; GAMUT_E_RATE: a living process drives it; GAMUT_E_INVALID:
 * it has ended, or its provider is at another base_url now;
 * GAMUT_E_UNSUPPORTED: it is from another version. */
GAMUT_API int32_t gamut_attach(struct gamut *g, const char *id,
                               const struct gamut_request *how,
                               gamut_done_fn *on_done, void *user,
                               struct gamut_error *ret_error);

/* Fetch the files of a job that has ended once more (one that has not is gone on
 * with, as by gamut_attach()).  Where the vendor still knows the job it is asked
 * anew, since addresses of files expire.  Nothing is paid for it, and a job that
 * had been made stays what it was when its files do not come; one that was
 * maybe-charged is charged when they do.  GAMUT_E_INVALID:
 * they came in an answer that cannot be had again; else as gamut_attach(). */
GAMUT_API int32_t gamut_fetch(struct gamut *g, const char *id,
                              const struct gamut_request *how,
                              gamut_done_fn *on_done, void *user,
                              struct gamut_error *ret_error);

/* Go on with every job that has not ended and that no living process drives;
 * `how` as in gamut_attach().  *ret_count: how many.  One that cannot be taken up
 * stays as it is, and the log says why. */
GAMUT_API int32_t gamut_resume_all(struct gamut *g,
                                   const struct gamut_request *how,
                                   gamut_done_fn *on_done, void *user,
                                   uint32_t *ret_count,
                                   struct gamut_error *ret_error);

/* Submit a request once for a key of the caller's, however often and by however
 * many processes that is tried: for batches, and for programs that start anew.
 * The key is bound to a job before anything is sent, for good.  What the bound
 * job has come to decides:
 *
 *   it was never sent, or it failed and nothing was charged   it is submitted
 *   it is under way and nobody drives it                      it goes on here,
 *                                                             with its own output
 *   its files could not be fetched or written                 they are, once more
 *   it has ended otherwise                                    *ret_result
 *   ... and is not remembered any more (`keep_jobs`)          GAMUT_E_NOT_FOUND
 *
 * key         1 to 255 bytes; the same key with another request is your mistake
 * ret_result  the result of a job that ended before (without the bytes of its
 *             files), gamut_result_free(); NULL: it is under way here, and
 *             `on_done` or an event follows
 *
 * As gamut_submit() and gamut_attach(); GAMUT_E_RATE: another process drives
 * it, or another thread has just begun it; GAMUT_E_PROTOCOL: what the key is
 * bound to is damaged in the store.
 * Of several processes that begin with a key in the same moment one sends: what
 * the others have submitted ends as GAMUT_E_DETACHED, and the next try tells
 * what the key has come to.
 * Without a durable store the keys live as long as the context. */
GAMUT_API int32_t gamut_submit_once(struct gamut *g,
                                    const struct gamut_request *request,
                                    const char *key, gamut_done_fn *on_done,
                                    void *user, char ret_id[GAMUT_ID_SIZE],
                                    struct gamut_result **ret_result,
                                    struct gamut_error *ret_error);

/* What gamut_submit_once() would do for a key. */
enum {
  GAMUT_ONCE_NEW = 0, /* it has no job: submit the request */
  GAMUT_ONCE_AGAIN,   /* its job failed: submit, or fetch, to the request's
                         output */
  GAMUT_ONCE_KEPT     /* its job goes on, or has ended, with its own output; it
                         may be remembered no more */
};
GAMUT_API int32_t gamut_look_once(struct gamut *g, const char *key,
                                  int32_t *ret_once,
                                  struct gamut_error *ret_error);

/* Ask for the end of a job that another process drives (gamut_attach() says
 * GAMUT_E_RATE): as gamut_cancel(), in that process, which looks for such wishes
 * every two seconds.  Whether it was heeded gamut_job_result() tells; a wish
 * that nobody heeds is forgotten after a minute.  Waits for the store.
 * GAMUT_E_NOT_FOUND when there is no such job. */
GAMUT_API int32_t gamut_cancel_elsewhere(struct gamut *g, const char *id,
                                         struct gamut_error *ret_error);

/* Say what the vendor's books say of a job that is maybe-charged: charged (1)
 * or not (0).  It is at its end then, and its message says how it was settled;
 * of one that failed for this doubt alone the class is GAMUT_E_PROVIDER from
 * then on.  GAMUT_E_INVALID when it is not maybe-charged. */
GAMUT_API int32_t gamut_settle(struct gamut *g, const char *id, int32_t charged,
                               struct gamut_error *ret_error);

/* Ask the vendor itself, where it has a list in which the job can be looked up:
 * *ret_verdict is "running" (it has the job; gamut_attach() and
 * gamut_resume_all() go on with it from now on) or "not-charged" (it has no such
 * job).  Nothing is guessed: GAMUT_E_UNKNOWN when it cannot be told, as of a job
 * that the vendor took before it was cancelled: gamut_fetch() shows that one;
 * GAMUT_E_UNSUPPORTED when the vendor has no such list; nothing was changed then.
 * One that was sent more than once runs once; what the list leaves open of the
 * others stays maybe-charged, also when the job has completed: gamut_settle().
 * GAMUT_E_INVALID when the job is not maybe-charged. */
GAMUT_API int32_t gamut_settle_lookup(struct gamut *g, const char *id,
                                      const char **ret_verdict,
                                      struct gamut_error *ret_error);

#ifdef __cplusplus
}
#endif
#endif
