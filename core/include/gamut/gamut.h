/* gamut/gamut.h - generate images and videos through any provider.
 *
 * A program opens a context, builds a request that says what it wants, and
 * either waits for the result (gamut_generate) or submits and is told later
 * (gamut_submit, events).  The context finds the provider, checks the request,
 * submits, polls, retries, falls back, downloads.
 *
 *   struct gamut *g;
 *   struct gamut_request *r = gamut_request_new();
 *   struct gamut_result *result;
 *
 *   if (gamut_open(NULL, &g, NULL))
 *     return 1;
 *   gamut_request_link(r, "flux");
 *   gamut_request_set(r, "prompt", "a neon fox");
 *   gamut_request_set(r, "output", "fox.png");
 *   if (gamut_generate(g, r, &result, NULL) == 0)
 *     puts(gamut_result_artifact(result, 0)->path);
 *
 * Rules for the whole header, unless a function says otherwise:
 *  - Functions return 0 or a negative class (GAMUT_E_... of gamut/plugin.h).
 *    Where a `struct gamut_error *` is offered it gets the class and one
 *    sentence; it may be NULL.  Outputs are written on success only.
 *  - Strings are UTF-8 and NUL-terminated.  Strings that are passed in are
 *    copied; strings that are handed out belong to the object they came from.
 *  - Times are milliseconds, money is millionths of a US dollar; what is not
 *    known is absent (NULL, or the value that the function names), never 0.
 *
 * Threads.  A context is opened in one of two ways:
 *  - without GAMUT_THREAD (the default) it has no thread: it works while its
 *    owner is inside gamut_generate(), gamut_wait(), gamut_step() or
 *    gamut_next_event().  All calls with it must come from the thread that
 *    opened it.
 *  - with GAMUT_THREAD one engine thread works all the time.  Every function
 *    may be called from every thread; callbacks run on the engine thread.
 * Requests and results belong to one thread at a time.  Debug builds check
 * these rules; others return GAMUT_E_INVALID where they can notice.  After
 * fork() only the parent may use the context; the child gets
 * GAMUT_E_INVALID, and may open one of its own: a fork() waits until calls into
 * a durable store, which has a thread, are over.
 *
 * Signals.  The library installs no handler, is never the cause of a SIGPIPE
 * and goes on after EINTR.  A process may end without gamut_close(): what was
 * accepted is in the store, and another process takes it up.
 */
#ifndef GAMUT_GAMUT_H
#define GAMUT_GAMUT_H

#include <gamut/plugin.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GAMUT_VERSION "0.1.0"

#if defined(__GNUC__)
#define GAMUT_API __attribute__((visibility("default")))
#else
#define GAMUT_API
#endif

struct gamut;
struct gamut_request;
struct gamut_result;

/* 26 characters and a NUL; sorts by time. */
#define GAMUT_ID_SIZE 27

/* Why something failed. The caller owns it; every call that takes one writes
 * it whole on failure. */
struct gamut_error {
  int32_t error_class; /* GAMUT_E_..., 0: no error */
  char message[1020];  /* one sentence, cut at a character when longer */
};

/* The version of the library in use, "0.1.0".  [any thread] */
GAMUT_API const char *gamut_version(void);

/* The name of a class: "invalid", "rate", "maybe-charged" ...; "ok" for 0,
 * "unknown-class" for what this version does not know.  Static.  [any] */
GAMUT_API const char *gamut_class_name(int32_t error_class);

/* The exit code that the CLI gives this class (2 invalid ... 130 cancelled), 0
 * for 0.  For programs that want to agree with it.  [any] */
GAMUT_API int32_t gamut_class_exit(int32_t error_class);

/* ---- context ------------------------------------------------------------ */

/* gamut_options.flags */
enum {
  GAMUT_THREAD = 1u << 0,   /* an engine thread of our own */
  GAMUT_ONE_SHOT = 1u << 1, /* the process is short-lived: prefer a quick first
                               connection to cheap later ones */
  GAMUT_NO_CONFIG = 1u << 2 /* read no config file */
};

struct gamut_options {
  uint32_t struct_size; /* sizeof(struct gamut_options) */
  uint32_t flags;
  const char *config_file; /* NULL: $XDG_CONFIG_HOME/gamut/config.json */
  /* Log lines at or above `log_level` (GAMUT_DEBUG ... GAMUT_ERROR); secrets
   * are masked, and a line has neither an end nor control characters.  With the
   * setting log_format=json each is a JSON object.  Runs on the thread that
   * works; must not call gamut. NULL: to nobody.  The settings log_target and
   * log_file send them elsewhere; then this only hears that lines are lost. */
  void (*log)(void *user, int32_t level, const char *line);
  void *log_user;
  int32_t log_level;
  int32_t reserved;
};

/* Open a context.
 *
 * options   NULL means all defaults
 * ret       gamut_close()
 *
 * GAMUT_E_INVALID when the configuration is broken (the sentence names file,
 * line and key), GAMUT_E_NOMEM, GAMUT_E_TRANSPORT when sockets or TLS cannot be
 * set up.  Loads no provider.  The core's variables of the environment
 * (GAMUT_...) are read here, once; a provider's own when it is first named. */
GAMUT_API int32_t gamut_open(const struct gamut_options *options,
                             struct gamut **ret,
                             struct gamut_error *ret_error);

/* Close it.  Jobs under way are detached: they go on at the vendor, and their
 * done callbacks run with the status GAMUT_DETACHED.  Waits for calls
 * into providers that run on worker threads, and where traces are sent at most a
 * second for their collector.  NULL is fine.  Not from inside a
 * callback. */
GAMUT_API void gamut_close(struct gamut *g);

/* Set a setting: one of the core ("retry_attempts") or of a provider
 * ("fal.api_key").  Wins over environment and file.  Provider keys take effect
 * for jobs that begin later.  Several keys of one provider are a JSON list as in
 * the file: "fal.keys", "[{\"name\": \"a\", \"api_key\": ..., \"weight\": 3}]".
 * GAMUT_E_INVALID names setting and value. */
GAMUT_API int32_t gamut_set(struct gamut *g, const char *name,
                            const char *value, struct gamut_error *ret_error);

/* Register a provider of the application's own; same struct as a plugin's.
 * `provider` must live until gamut_close().  GAMUT_E_PLUGIN says which rule it
 * breaks, or that the name is taken. */
GAMUT_API int32_t gamut_register_provider(struct gamut *g,
                                          const struct gamut_provider *provider,
                                          struct gamut_error *ret_error);

/* ---- request ------------------------------------------------------------ */

/* What can be asked, as a table: also the CLI's option list. */
struct gamut_field {
  const char *name;    /* for gamut_request_set() */
  int32_t type;        /* GAMUT_STRING, GAMUT_INT, ... as in gamut_key */
  const char *choices; /* "a|b|c" for GAMUT_CHOICE */
  const char *help;    /* one line */
};

/* The i-th field, NULL past the end.  Static.  [any] */
GAMUT_API const struct gamut_field *gamut_request_field(uint32_t i);

/* An empty request; NULL: no memory.  Errors in the setters below stick: the
 * first one is reported by gamut_generate() or gamut_submit() as well. */
GAMUT_API struct gamut_request *gamut_request_new(void);
GAMUT_API void gamut_request_free(struct gamut_request *r);

/* A deep copy; NULL: no memory. */
GAMUT_API struct gamut_request *
gamut_request_copy(const struct gamut_request *r);

/* Set a field from text: "prompt", "n", "seed", "size" ("1024x768"),
 * "aspect_ratio" ("16:9"), "timeout" ("90s"), "output" ...  NULL unsets it.
 * "tag" adds to those that are set.
 *
 * "attempt_timeout" ("30s") is how long a link has before the next one tries:
 * its job is cancelled at the vendor, and the next begins once the vendor says
 * so.  A job that cannot be cancelled goes on; a link after which no other can
 * do the request has what is left of "timeout", and while all that could are
 * passed over for their failures, it goes on, too.
 *
 * "max_cost" (US dollars) keeps the request from links whose price is higher,
 * or not known unless "allow_unknown_cost" is set.  What is in the cache costs
 * nothing and is served all the same; a request that may be is not refused by
 * gamut_submit() for its price, but ends as GAMUT_E_UNSUPPORTED when it is not
 * there.
 *
 * "hedge" ("20s" from the request on, or "p95": when 95 per cent of such jobs are
 * done, as measured here, else twice what the catalog says is usual; "off") is when a
 * second link of the route begins, too, if its price is within "max_cost": so
 * twice that is the most that is spent.  The first result wins.  The other job is
 * cancelled at the vendor where it can be, else it goes on to its end, for the
 * books, after the result was told; what it makes stays there, and gamut_fetch()
 * brings it.  No more than two work at once; further links follow when one fails.
 *
 * "spread" gives each link of the route a part of "n" at once.  What a link fails
 * to make goes to the others, and all of it together costs "max_cost" at most.
 * With or without it, a model that makes fewer than it was asked for is helped
 * out by the later links ("on_blocked" says whether also when a content policy is
 * why).  Of an artifact's maker tell `provider` and `model`.  Drafts of several
 * jobs are told, and not saved.
 *
 * "partials" asks for so many draft pictures while the real one is made (0: for
 * none, but for an answer in pieces); vendors may send fewer, some charge for
 * each.  They come as GAMUT_EVENT_PARTIAL.  With "save_partials" they are also
 * kept: beside the "output" fox.png as fox.partial-1.png, fox.partial-2.png
 * (the extension is that of what they are; never over another file without
 * "force"), or in the result when there is no "output".  A model that makes no
 * drafts is asked without them, which gamut_result_difference() tells.
 *
 * An "output" with an ending asks for that format, where the model offers it.
 * GAMUT_E_INVALID for an unknown name (with the nearest one), text that is no
 * value of the field's type, invalid UTF-8. */
GAMUT_API int32_t gamut_request_set(struct gamut_request *r, const char *name,
                                    const char *value,
                                    struct gamut_error *ret_error);

/* Add a link to the route: the first call names the primary, later ones the
 * fallbacks in order.  `link` is an address: "flux", "openai:gpt-image-1.5",
 * "fal", "fal-ai/flux/dev"; or "@name", a route of the configuration, which
 * stands for its links, and as the first one also for what it says and the
 * request does not.  "prefer" may bring them into another order.  Checked when
 * the job begins. */
GAMUT_API int32_t gamut_request_link(struct gamut_request *r, const char *link,
                                     struct gamut_error *ret_error);

/* Add an input.
 *
 * role     "image", "mask", "first_frame", "last_frame", "reference", "video",
 *          "audio"
 * source   a path, an http(s) URL, a data: URI, or "-" for standard input
 *
 * Files are looked at when the job begins, not here, and read while they are
 * sent: until the job has ended they must stay as they are.  A data: URI is
 * decoded here, and standard input is read here to its end, which one input of a
 * request may be; copies of the request share the bytes. GAMUT_E_INVALID when
 * they cannot be had, GAMUT_E_STORAGE when there is no room for them in $TMPDIR
 * or /tmp. */
GAMUT_API int32_t gamut_request_input(struct gamut_request *r, const char *role,
                                      const char *source,
                                      struct gamut_error *ret_error);

/* A vendor parameter by name, passed through: `value` is JSON ("40", "true",
 * "[1,2]"); text that is no JSON is taken as a string. */
GAMUT_API int32_t gamut_request_extra(struct gamut_request *r, const char *name,
                                      const char *value,
                                      struct gamut_error *ret_error);

/* An option of the provider itself, about how the job is run rather than what is
 * made: queue priority, object lifetime ("priority", "low").  `value` as in
 * gamut_request_extra().  A provider refuses what it does not know when the job
 * begins. */
GAMUT_API int32_t gamut_request_option(struct gamut_request *r,
                                       const char *name, const char *value,
                                       struct gamut_error *ret_error);

/* ---- result ------------------------------------------------------------- */

/* gamut_result_status() */
enum {
  GAMUT_COMPLETED = 1, /* every artifact asked for is there */
  GAMUT_FAILED,
  GAMUT_BLOCKED,   /* content policy */
  GAMUT_CANCELLED,
  GAMUT_DETACHED   /* out of time: it goes on at the vendor */
};

struct gamut_artifact_info {
  uint32_t struct_size;
  int32_t kind;      /* GAMUT_IMAGE, GAMUT_VIDEO, GAMUT_AUDIO */
  const char *path;  /* the file, or NULL */
  const char *url;   /* at the vendor, or NULL */
  const char *mime;  /* by the bytes; by the vendor's word when not fetched */
  const void *data;  /* the bytes when no file was asked for, or NULL */
  size_t data_len;
  uint64_t size;     /* bytes */
  uint32_t width, height, duration_ms; /* as read from the bytes; 0: unknown */
  uint32_t vendor_width, vendor_height; /* as the vendor said; 0: not said */
  int32_t error_class;  /* why it could not be fetched or written; 0 */
  const char *error;    /* the sentence, or NULL */
  const char *sha256;   /* hex, when a sidecar was asked for, or NULL */
  const char *provider, *model; /* who made it, when several links did; else
                                   NULL: the result's */
};

/* One try of one link. */
struct gamut_attempt_info {
  uint32_t struct_size;
  int32_t error_class; /* 0: this one succeeded */
  const char *provider, *model;
  const char *message;    /* NULL when it succeeded */
  const char *request_id; /* the vendor's, or NULL */
  int32_t http_status;    /* 0: none */
  uint32_t tries;         /* billable submissions sent by it */
  uint32_t repeats;       /* exchanges sent again */
  uint64_t elapsed_ms;
  const char *key; /* the name of the key that it went with, when the provider
                      has several; else NULL */
};

/* NULL is fine.  Everything that was read from the result goes with it. */
GAMUT_API void gamut_result_free(struct gamut_result *result);

/* The job's id. */
GAMUT_API const char *gamut_result_id(const struct gamut_result *result);

/* GAMUT_COMPLETED, GAMUT_FAILED ... */
GAMUT_API int32_t gamut_result_status(const struct gamut_result *result);

/* 0 when completed, else the class that ended the job, and its sentence (NULL
 * when completed). */
GAMUT_API int32_t gamut_result_class(const struct gamut_result *result);
GAMUT_API const char *gamut_result_message(const struct gamut_result *result);

/* May the vendor have charged for something we did not get? 1 or 0. */
GAMUT_API int32_t gamut_result_maybe_charged(const struct gamut_result *result);

/* Has the vendor taken it as a job of his?  1: yes, so gamut_attach() goes on
 * with one that was left, and gamut_fetch() asks for the files of one that ended
 * without them; both for nothing.  0: it was not sent, or nobody knows. */
GAMUT_API int32_t gamut_result_accepted(const struct gamut_result *result);

/* The link that gave the result, or the last one tried; NULL before one. */
GAMUT_API const char *gamut_result_provider(const struct gamut_result *result);
GAMUT_API const char *gamut_result_model(const struct gamut_result *result);

/* The name the model was asked by, when the catalog resolved it, else NULL. */
GAMUT_API const char *
gamut_result_resolved_from(const struct gamut_result *result);

/* Artifacts and attempts, counted from 0; NULL past the end. */
GAMUT_API uint32_t gamut_result_artifacts(const struct gamut_result *result);
GAMUT_API const struct gamut_artifact_info *
gamut_result_artifact(const struct gamut_result *result, uint32_t i);
GAMUT_API uint32_t gamut_result_attempts(const struct gamut_result *result);
GAMUT_API const struct gamut_attempt_info *
gamut_result_attempt(const struct gamut_result *result, uint32_t i);

/* Drafts that the vendor has shown on the way, of all attempts and also of a
 * job that failed in the midst of them: `path` of the file, or `data` without
 * an "output" (both with "save_partials" only), or the `url` at the vendor;
 * `error` when one could not be saved, which is no failure of the job.  NULL
 * past the end. */
GAMUT_API uint32_t gamut_result_partials(const struct gamut_result *result);
GAMUT_API const struct gamut_artifact_info *
gamut_result_partial(const struct gamut_result *result, uint32_t i);

/* How many outputs the vendor withheld (content policy) beside the others. */
GAMUT_API uint32_t gamut_result_withheld(const struct gamut_result *result);

/* Cost in millionths of a US dollar, -1: not known.  `ret_estimated` (may be
 * NULL): 1 when it is the catalog's price and not the vendor's figure. */
GAMUT_API int64_t gamut_result_cost(const struct gamut_result *result,
                                    int32_t *ret_estimated);

/* What the catalog's price said before it was sent, and what the same formula
 * says of what was delivered; likewise.  gamut_result_cost() less the second is
 * by how much the vendor's figure and the catalog differ. */
GAMUT_API int64_t gamut_result_estimate(const struct gamut_result *result);
GAMUT_API int64_t gamut_result_formula_cost(const struct gamut_result *result);

/* Was it made before, and served from the cache?  1 or 0.  Then the cost is 0
 * (or what it took to compare prompts), no job was sent to a vendor, and its facts are those of the job that it was made for: that
 * job's id, or NULL. */
GAMUT_API int32_t gamut_result_cache_hit(const struct gamut_result *result);
GAMUT_API const char *
gamut_result_cached_from(const struct gamut_result *result);

/* When it was made for a prompt that is only similar (setting "cache.semantic"):
 * that prompt, and how alike the two are, 0 to 1; else NULL, and 0. */
GAMUT_API const char *
gamut_result_cached_prompt(const struct gamut_result *result);
GAMUT_API double gamut_result_similarity(const struct gamut_result *result);

/* What that job had cost, as gamut_result_cost() tells it; -1: not known, or no
 * hit. */
GAMUT_API int64_t gamut_result_cost_avoided(const struct gamut_result *result,
                                            int32_t *ret_estimated);

/* Times in ms: "total", "queue" (accepted to first progress), "generate"
 * (accepted to result), "download"; -1: not known. */
GAMUT_API int64_t gamut_result_time(const struct gamut_result *result,
                                    const char *what);

/* Facts that the vendor told: "seed", "request_id", "revised_prompt"; NULL. */
GAMUT_API const char *gamut_result_fact(const struct gamut_result *result,
                                        const char *name);

/* The vendor's last reply as it came (JSON text), or NULL. */
GAMUT_API const char *gamut_result_raw(const struct gamut_result *result);

/* Where the delivered bytes differ from what was asked, sentence by sentence:
 * "asked for 1024x1024, got 1024x768"; NULL past the end. */
GAMUT_API const char *gamut_result_difference(const struct gamut_result *result,
                                              uint32_t i);

/* Everything above as one JSON document, as `gamut --json` prints it. */
GAMUT_API const char *gamut_result_json(const struct gamut_result *result);

/* ---- running ------------------------------------------------------------ */

/* Run a request to its end and wait for it.
 *
 * ret   the result, also of a job that failed, was blocked or detached: then
 *       the class is returned and `ret` is written all the same;
 *       gamut_result_free().  Not written when the request was refused before
 *       a job began. */
GAMUT_API int32_t gamut_generate(struct gamut *g,
                                 const struct gamut_request *request,
                                 struct gamut_result **ret,
                                 struct gamut_error *ret_error);

/* Called once at a job's end.  `result` is yours: gamut_result_free(). */
typedef void gamut_done_fn(void *user, struct gamut_result *result);

/* Queue a request.  Returns at once; `on_done` runs later, once, on the thread
 * that works, also when the job fails or is cancelled.
 *
 * request   copied; may be freed when this returns
 * on_done   must not call gamut_close(g); may submit again.  NULL: the end is
 *           an event (gamut_next_event)
 * ret_id    26 characters and a NUL; may be NULL
 *
 * GAMUT_E_INVALID, GAMUT_E_UNSUPPORTED, GAMUT_E_NOT_FOUND when the request fits
 * no link of its route, GAMUT_E_AUTH without a key, GAMUT_E_NOMEM: nothing was
 * begun then and `on_done` is not called.  Later failures arrive there. */
GAMUT_API int32_t gamut_submit(struct gamut *g,
                               const struct gamut_request *request,
                               gamut_done_fn *on_done, void *user,
                               char ret_id[GAMUT_ID_SIZE],
                               struct gamut_error *ret_error);

/* Ask for a job's end: what was not sent is not sent, the vendor is told where
 * it can be.  The job ends as cancelled, or with its result if that was quicker:
 * it is looked at once more after the vendor was told (within half a second),
 * and what runs on all the same is maybe-charged; gamut_fetch() brings what came
 * of it.  GAMUT_E_NOT_FOUND when no such job is under way. */
GAMUT_API int32_t gamut_cancel(struct gamut *g, const char *id);

/* Stop waiting for a job: it goes on at the vendor and ends here as detached.
 * GAMUT_E_NOT_FOUND. */
GAMUT_API int32_t gamut_detach(struct gamut *g, const char *id);

/* Jobs under way in this context. */
GAMUT_API uint32_t gamut_active(struct gamut *g);

/* ---- jobs that outlive a process ----------------------------------------
 *
 * With a durable store (setting `store`) each job is written down before it is
 * paid for and again when the vendor has it; any process with the same store can
 * take it over when the one that drove it has ended, or gave it back (detached,
 * gamut_close()).  Wherever an id is asked for, its first characters do, as long
 * as they name one job.  These functions wait for the store, and work on the jobs
 * of this context meanwhile; not from a callback.  GAMUT_E_STORAGE: the store
 * cannot be read or written. */

/* Do jobs outlive this process?  1, or 0: the store forgets (setting `store`, or
 * none could be opened, which the log has said).  Opens it. */
GAMUT_API int32_t gamut_durable(struct gamut *g);

/* Jobs that the store knows, the latest first, as a JSON array of {"id", "state",
 * "ended", "driven": a living process works on it, "provider", "model",
 * "resolved_from": the name the model was asked by, "prompt", "began_at",
 * "written_at", "took_ms", "class", "message", "cost_usd" (not of one that nobody
 * is charged for), "cost_estimated": it is the catalog's price, "request_id": the
 * vendor's, "sent" of one that is maybe-charged: {"method", "url" without its
 * query, "at", "bytes", as far as they are known}, "settled", "output": the
 * file or template that one which has not ended is to write, "files": their paths, "outputs", "withheld",
 * "request": what was asked, "facts": what the vendor told}, and "cache_hit": true
 * of one that was served from the cache.  The state is that of
 * the job ("waiting", "fetching" ...), or how it ended ("completed", "failed",
 * "blocked", "cancelled"), or "maybe-charged".  Each of "outputs" is {"kind",
 * "path", "there": the file is there now, "url", "mime", "size", "width",
 * "height", "duration_ms"}, by its bytes when they came; and "provider", "model"
 * where several links made them.  A request that several jobs worked on has "team":
 * {"n", "hedged", "winner", "members": [{"id", "why": "first", "hedge", "part" or
 * "top-up", "first", "n": which of the outputs}]}; each of those is a job of its own, with "of": {"id": the
 * request's, "why", "lost": another link was quicker}, and is listed when it is
 * maybe-charged, or goes on though its request has its result.  Jobs that have ended are
 * forgotten after a while (setting `keep_jobs`).
 *
 * filter  NULL, or a JSON object: "state" (one of them, "unfinished" or "ended"),
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
 * more, where "resubmit" allows that).
 *
 * how      NULL, or a request of which "output", "force", "download", "sidecar",
 *          "timeout" and "resubmit" count instead of those it was submitted with;
 *          a "timeout" of then was that of who waited then, and is over
 * on_done  as in gamut_submit()
 *
 * GAMUT_E_NOT_FOUND; GAMUT_E_RATE: a living process drives it; GAMUT_E_INVALID: it
 * has ended, or its provider is at another base_url now; GAMUT_E_UNSUPPORTED: it
 * is from another version. */
GAMUT_API int32_t gamut_attach(struct gamut *g, const char *id,
                               const struct gamut_request *how,
                               gamut_done_fn *on_done, void *user,
                               struct gamut_error *ret_error);

/* Fetch the files of a job that has ended once more (one that has not is gone on
 * with, as by gamut_attach()).  Where the vendor still knows the job it is asked
 * anew, since addresses of files expire.  Nothing is paid for it, and a job that
 * had been made stays what it was when its files do not come.  GAMUT_E_INVALID:
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
 * The key is bound to a job before anything is sent.  What the bound job has come
 * to decides:
 *
 *   it was never sent, or it failed and nothing was charged   it is submitted
 *   it is under way and nobody drives it                      it goes on here,
 *                                                             with its own output
 *   its files could not be fetched or written                 they are, once more
 *   it has ended otherwise                                    *ret_result
 *
 * key         1 to 255 bytes; the same key with another request is your mistake
 * ret_result  the result of a job that ended before (without the bytes of its
 *             files), gamut_result_free(); NULL: it is under way here, and
 *             `on_done` or an event follows
 *
 * As gamut_submit() and gamut_attach(); GAMUT_E_RATE: another process drives
 * it.  Without a durable store the keys live as long as the context. */
GAMUT_API int32_t gamut_submit_once(struct gamut *g,
                                    const struct gamut_request *request,
                                    const char *key, gamut_done_fn *on_done,
                                    void *user, char ret_id[GAMUT_ID_SIZE],
                                    struct gamut_result **ret_result,
                                    struct gamut_error *ret_error);

/* How many keys that begin with `prefix` have jobs in the store. */
GAMUT_API int32_t gamut_count_once(struct gamut *g, const char *prefix,
                                   uint32_t *ret_count,
                                   struct gamut_error *ret_error);

/* Say what the vendor's books say of a job that is maybe-charged: charged (1) or
 * not (0).  It is at its end then, and its message says how it was settled; of one
 * that failed for this doubt alone the class is GAMUT_E_PROVIDER from then on.
 * GAMUT_E_INVALID when it is not maybe-charged. */
GAMUT_API int32_t gamut_settle(struct gamut *g, const char *id, int32_t charged,
                               struct gamut_error *ret_error);

/* Ask the vendor itself, where it has a list in which the job can be looked up:
 * *ret_verdict is "running" (it has the job; gamut_attach() and
 * gamut_resume_all() go on with it from now on) or "not-charged" (it has no such
 * job).  Nothing is guessed: GAMUT_E_UNKNOWN when it cannot be told, as of a job
 * that the vendor took before it was cancelled: gamut_fetch() shows that one;
 * GAMUT_E_UNSUPPORTED when the vendor has no such list; nothing was changed then.
 * GAMUT_E_INVALID when the job is not maybe-charged. */
GAMUT_API int32_t gamut_settle_lookup(struct gamut *g, const char *id,
                                      const char **ret_verdict,
                                      struct gamut_error *ret_error);

/* ---- the cache -----------------------------------------------------------
 *
 * A request that was made before is not made again: its files are written from
 * the store, by the rules of its output, and nothing is sent.  The same are two
 * requests when provider, place and model, operation, prompt, seed and all that
 * decides what is made are the same, inputs by their content (an URL by its text),
 * and the project is (setting "cache.scope").  Requests without a seed want
 * something new each time, unless the setting "cache.unseeded" says otherwise.
 * The field "cache" of a request, or the setting:
 *
 *   use      give what there is, else make it and keep it; what another job, in
 *            any process with this store, makes just now is waited for
 *   refresh  make it anew, and keep it instead of what there is
 *   off      neither look nor keep
 *
 * Kept are results that are whole: every output there, none withheld.  Drafts are
 * not, so a request with "save_partials" is made; one with "download" off has no
 * part in it.  A blocked result is not shared: each who waited for it tries
 * for himself, one after the other.  When the store is slow or broken the job is
 * made as if there were no cache.  What is damaged on the disk is found by its
 * hash, thrown away and made anew, and the log says so.
 *
 * With the setting "cache.semantic" on, a request that misses is given what was
 * made for another prompt, when that means so much the same as "cache.similarity"
 * says (0.95) and all else is the same: operation, parameters, seed, inputs by
 * content, and the model unless "cache.across_models" is on.  "cache.embedder", a
 * provider with gamut.embed/1, compares them (preset: the provider of the job);
 * what that costs is part of the job's cost.  A job waits for it as long as
 * "cache.embed_wait" says, then goes on without. */

/* What there is: {"entries", "bytes", "max_bytes", "ttl_ms", "hits", "saved_usd"
 * (by the entries that are there), "used_at", "durable"}.
 * gamut_string_free().  These functions wait for the store, as gamut_jobs() does. */
GAMUT_API int32_t gamut_cache_stats(struct gamut *g, char **ret_json,
                                    struct gamut_error *ret_error);

/* All entries, the last used first, as a JSON array of {"key", "job", "provider",
 * "model", "operation", "prompt", "project", "made_at", "used_at", "hits",
 * "bytes", "cost_usd", "files": [{"mime", "size", "width", ...}]}. */
GAMUT_API int32_t gamut_cache_list(struct gamut *g, char **ret_json,
                                   struct gamut_error *ret_error);

/* Throw all of it away: {"removed": entries, "freed": bytes, "entries": that came
 * meanwhile, "bytes", "damaged", "strays"}. */
GAMUT_API int32_t gamut_cache_clear(struct gamut *g, char **ret_json,
                                    struct gamut_error *ret_error);

/* Read all of it, and throw away what is damaged, too old, too much, or has no
 * entry: as gamut_cache_clear(), with "damaged" the entries whose files were not
 * what they had been, and "strays" the files without an entry. */
GAMUT_API int32_t gamut_cache_verify(struct gamut *g, char **ret_json,
                                     struct gamut_error *ret_error);

/* ---- the books -----------------------------------------------------------
 *
 * The store has an entry of every job: which provider and model it went to, for
 * which "user" and "project" and under which "tag"s, what it was expected to cost
 * and what it did, whatever became of it.  What was reserved before it was paid
 * for is settled when it ends: with the vendor's figure, else by the catalog's
 * price over what was delivered, else as it was expected.  What failed for sure
 * costs nothing, what is maybe-charged counts apart until gamut_settle(), and what
 * costs nobody knows what is counted, never added as 0.  Entries stay when the
 * records of their jobs go.
 *
 * "user" is also sent to vendors that want to know the end user; the setting
 * `user` counts in the books only, and so do "project" and "tag".
 *
 * Days, weeks (from Monday), months and years are those of the calendar in GMT, by
 * the store's clock, and a job belongs to when it was submitted. */

/* What was used, as JSON: {"from", "to", "total": sums} and, if asked for by
 * something, {"by", "groups": [sums with their "name"]}, the dearest first.  Sums
 * are {"requests", "succeeded", "failed", "blocked", "cancelled",
 * "maybe_charged", "cached", "open": under way, "cost_usd", "maybe_usd",
 * "reserved_usd", "saved_usd": by the cache, "unknown_cost": how many requests
 * cost nobody knows what, "hit_rate", "p50_ms", "p95_ms": of those that succeeded,
 * from submission to the end}.  A request with several tags counts for each.
 *
 * query  NULL, or a JSON object: "period" ("day", "week", "month", the preset,
 *        "year", or "2026-11-01..2026-11-30") or "from" and "to" (days, `to`
 *        exclusive); "by" ("provider", "model", "project", "user", "tag", "day",
 *        "status")
 *
 * gamut_string_free(); waits for the store, not from a callback.
 * GAMUT_E_INVALID for a query that makes no sense; GAMUT_E_STORAGE. */
GAMUT_API int32_t gamut_usage(struct gamut *g, const char *query,
                              char **ret_json, struct gamut_error *ret_error);

/* What budgets (setting `budgets`) have left in the present period, as a JSON
 * array of {"scope", "name", "period", "limit_usd", "spent_usd", "maybe_usd",
 * "reserved_usd", "left_usd", "unknown_cost", "resets_at"}; of a budget for each
 * name of its scope one for every name so far.  A request that would pass a limit,
 * with all that is reserved, fails as GAMUT_E_QUOTA before it is sent, and the
 * route goes on to its next link.  As gamut_usage(). */
GAMUT_API int32_t gamut_budgets(struct gamut *g, char **ret_json,
                                struct gamut_error *ret_error);

/* ---- events ------------------------------------------------------------- */

/* gamut_event.type */
enum {
  GAMUT_EVENT_NONE = 0,
  GAMUT_EVENT_STATE,    /* state changed: `text` is its name */
  GAMUT_EVENT_QUEUE,    /* `number` is the position, 0 is next */
  GAMUT_EVENT_PROGRESS, /* `number` is permille */
  GAMUT_EVENT_NOTE,     /* `text`: a line of the vendor's log, or that it waits
                           for another job that makes the same */
  GAMUT_EVENT_PARTIAL,  /* draft picture `number` (from 1, over all attempts):
                           its bytes in `data`, or its URL in `text`; `path` is
                           the file that it was saved in, or NULL */
  GAMUT_EVENT_RETRY,    /* `number` ms to wait, `text` why */
  GAMUT_EVENT_FALLBACK, /* `text`: the next link and why */
  GAMUT_EVENT_DOWNLOAD, /* `number` bytes so far, `total` or 0 */
  GAMUT_EVENT_DONE,     /* `result` is yours: gamut_result_free() */
  GAMUT_EVENT_ACCEPTED, /* the vendor has the job, and that is written down: from
                           now on any process can collect it */
  GAMUT_EVENT_DELIVERY, /* gamut_listen(): `provider` (NULL: none of that name),
                            `number` the HTTP status that was answered, `text` as
                            gamut_webhook_deliver(), or {"error", "class"}; `id`
                            of the job that it woke, or "" */
  GAMUT_EVENT_HEDGE     /* `text`: the second link, which begins as well; the
                           events of both come under the request's id */
};

struct gamut_event {
  uint32_t struct_size;
  int32_t type;
  char id[GAMUT_ID_SIZE]; /* of the job */
  const char *provider, *model; /* of the link, NULL before one */
  int64_t number;
  int64_t total;
  const char *text;
  const void *data;
  size_t data_len;
  struct gamut_result *result;
  const char *path;
};

/* Events come into being only when asked for: all (1) or only DONE (0, the
 * default) . */
GAMUT_API void gamut_want_events(struct gamut *g, int32_t all);

/* The next event; waits at most `timeout_ms` (0: not at all, -1: for ever).
 * Valid until the next call.  type GAMUT_EVENT_NONE when there is none.
 * Without GAMUT_THREAD this also works on the jobs. */
GAMUT_API const struct gamut_event *gamut_next_event(struct gamut *g,
                                                     int32_t timeout_ms);

/* Work on the jobs for at most `timeout_ms` (0: what is due now, -1: until
 * something happened).  Returns how many jobs are under way, or a class.  With
 * GAMUT_THREAD it only waits.  */
GAMUT_API int32_t gamut_step(struct gamut *g, int32_t timeout_ms);

/* A descriptor for the caller's own poll(): readable when gamut_step(g, 0) or
 * gamut_next_event(g, 0) has something to do.  Never read from it.  -1 where
 * the system has no such thing (then use gamut_timeout() and step often). */
GAMUT_API int32_t gamut_fd(struct gamut *g);

/* How long the caller may sleep before gamut_step() is due: ms, -1: until
 * gamut_fd() is readable. */
GAMUT_API int32_t gamut_timeout(struct gamut *g);

/* End a wait in gamut_step() or gamut_next_event(), the present one or the next.
 * [any thread, async-signal-safe] */
GAMUT_API void gamut_wakeup(struct gamut *g);

/* ---- looking ------------------------------------------------------------ */

/* What would be sent, without sending: the exchanges of each link with secrets
 * masked, the price as gamut_price() has it, the checks, and "inputs" with
 * "role", "source", "size", "sha256", as JSON.  gamut_string_free(). */
GAMUT_API int32_t gamut_dry_run(struct gamut *g,
                                const struct gamut_request *request,
                                char **ret_json,
                                struct gamut_error *ret_error);

/* Which link of the request's route would be taken, and why, as JSON:
 * {"route", "prefer", "max_cost_usd", "deadline_ms", "attempt_timeout_ms",
 * "hedge": "p95" or ms, "spread", "on_blocked", "links": [{"link", "provider",
 * "model", "resolved_from", "price_usd", "expected_ms": from submit to result,
 * "expected_by": "catalog" or "measured", "decision": "first", "fallback",
 * "skipped", or "last-resort" of what is passed over and yet tried, because no
 * other can do it, "class": why it is skipped, "why", "key": of several the one
 * that it would get now, "breaker" and "account_breaker" when they have something
 * to tell: {"state": "closed", "open" or "half-open", "failures": in a row,
 * "class", "left_ms"}}]}.  Sends nothing, and
 * needs no prompt.  Waits for the store; not from a callback.
 * gamut_string_free(). */
GAMUT_API int32_t gamut_explain(struct gamut *g,
                                const struct gamut_request *request,
                                char **ret_json,
                                struct gamut_error *ret_error);

/* What a request would cost at each link of its route ("@hero" stands for all of
 * them), without loading a provider: as JSON {"links": [{"link", "provider",
 * "model", "resolved_from", "operation", "n", "price", "notes", "refused", "error": {"class",
 * "message"}}]}, in their order.
 *
 * "price" is {"usd" (absent: not known), "why" (then), "formula" ("4 seconds x
 * $0.40"; of an unknown price what is known of it), "unit" ("image",
 * "megapixel", "second", "text_token" ...), "credits" (the same in the
 * vendor's), "source", "checked" (of that fact, a date), "sure" (first-hand, and
 * no shape was guessed), "guessed" (a shape was), "excludes" (what is charged
 * beside it), "depends_on": {field: as it is asked for, null when it is not}}.
 * "refused" says why "max_cost" would keep the request from that link, "error"
 * why the model cannot do it.
 *
 * A request without a prompt or an input has a price too, where that does not
 * depend on them.  gamut_string_free(); GAMUT_E_INVALID, GAMUT_E_NOT_FOUND. */
GAMUT_API int32_t gamut_price(struct gamut *g,
                              const struct gamut_request *request,
                              char **ret_json, struct gamut_error *ret_error);

/* Models whose id, names, title or operations contain every word of `search`
 * (NULL: all), as a JSON array.  gamut_string_free(). */
GAMUT_API int32_t gamut_models(struct gamut *g, const char *search,
                               char **ret_json, struct gamut_error *ret_error);

/* Providers with where they come from, version, keys and whether those are
 * set, or why a plugin was refused, as JSON.  Of one with several keys "slots"
 * has {"name", "value": masked, "weight"} for each.  Loads all of them. */
GAMUT_API int32_t gamut_providers(struct gamut *g, char **ret_json,
                                  struct gamut_error *ret_error);

/* Every setting with value, origin and help, secrets masked, as JSON. */
GAMUT_API int32_t gamut_config(struct gamut *g, char **ret_json,
                               struct gamut_error *ret_error);

/* What is installed, found, missing or wrong, each with how to mend it, as a
 * JSON array of {"level": "ok|note|warning|error", "what", "mend"}. */
GAMUT_API int32_t gamut_doctor(struct gamut *g, char **ret_json,
                               struct gamut_error *ret_error);

/* What this context has counted since it was opened, in the text format of
 * Prometheus (0.0.4): requests by provider, model and status, attempts, retries,
 * fallbacks, cost, durations, exchanges, bytes, jobs in flight.  What never
 * happened is absent.  Serve it as text/plain; version=0.0.4.  The setting
 * metrics_file adds the same, without gauges, to a file that any number of
 * processes share, every 15 s while jobs are under way and in gamut_close().
 * gamut_string_free(). */
GAMUT_API int32_t gamut_metrics(struct gamut *g, char **ret_text,
                                struct gamut_error *ret_error);

/* ---- asking a vendor ----------------------------------------------------- */

/* Ask a vendor about the account behind its key; waits for the answer, and works
 * on the jobs meanwhile.  Not from a callback.
 *
 * provider   a provider's name, or that of an instance in the configuration; of
 *            several keys the first is asked with, or that one: "fal#team-a"
 * what       "models", "balance", "usage", "keys", "health" or "embed"
 * arguments  a JSON object, or NULL for none: for usage {"period": "month"} or
 *            {"from": "2026-11-01", "to": "2026-12-01"}, for keys {"action":
 *            "list", "set", "validate" or "delete", "name": ...}, for embed
 *            {"texts": [...]} with "model" and "dimensions" if it must be those
 * secret     the key that keys set or validate is about, else NULL; it is sent to
 *            the vendor and appears nowhere else
 * ret_json   the answer, in the form that gamut/plugin.h states for
 *            gamut.models/1 and gamut.account/1; of embed {"vectors": [base64 of
 *            32-bit floats, little-endian, of the length 1], "model", "tokens",
 *            "cost_usd"}; gamut_string_free()
 *
 * GAMUT_E_UNSUPPORTED when the provider has no such thing (gamut_providers()
 * lists under "has" what it has), GAMUT_E_AUTH without a key, GAMUT_E_INVALID;
 * else the class of the exchange that failed. */
GAMUT_API int32_t gamut_ask(struct gamut *g, const char *provider,
                            const char *what, const char *arguments,
                            const char *secret, char **ret_json,
                            struct gamut_error *ret_error);

/* Ask a vendor for the models that the key can use, and write what it says as an
 * overlay of the catalog: $XDG_CONFIG_HOME/gamut/catalog/00-PROVIDER.json, which
 * counts from the next gamut_open() on.  Files of your own in that folder win over
 * it.
 *
 * ret_json  {"provider", "file", "models": how many, "added": [ids], "changed":
 *           [ids whose life is another], "left_out": [ids whose entry was not
 *           understood]}; gamut_string_free()
 *
 * As gamut_ask(); GAMUT_E_STORAGE when the file cannot be written. */
GAMUT_API int32_t gamut_refresh_models(struct gamut *g, const char *provider,
                                       char **ret_json,
                                       struct gamut_error *ret_error);

/* Is this delivery to a webhook genuine, and what does it say?  Checks signature
 * and age by the vendor's rules (the secret is a setting of the provider; public
 * keys are fetched from the vendor and kept for a day).  A delivery is a hint:
 * the job's own state is asked for at the vendor.
 *
 * headers    name, value, name, value ... NULL
 * body       the raw bytes as they came, body_len of them
 * ret_json   {"job": the vendor's id, "state": "completed", "failed", "blocked",
 *            "cancelled" or "running", "delivery": id that repeats share,
 *            "message"}; gamut_string_free()
 *
 * GAMUT_E_AUTH when it is not genuine or too old, or without a secret to tell,
 * GAMUT_E_UNSUPPORTED; waits as gamut_ask() does. */
GAMUT_API int32_t gamut_webhook_verify(struct gamut *g, const char *provider,
                                       const char *const *headers,
                                       const void *body, size_t body_len,
                                       char **ret_json,
                                       struct gamut_error *ret_error);

/* As gamut_webhook_verify(), and heed it: a job of this context that waits for
 * its next poll polls at once.  A delivery that came before wakes nobody.  Polling
 * goes on in any case, so one that is lost costs time and nothing else.
 *
 * ret_json   as there, and "repeated": true or false, "woke": id of the job here;
 *            may be NULL */
GAMUT_API int32_t gamut_webhook_deliver(struct gamut *g, const char *provider,
                                        const char *const *headers,
                                        const void *body, size_t body_len,
                                        char **ret_json,
                                        struct gamut_error *ret_error);

/* Receive deliveries over HTTP, until gamut_close(): at
 * http://127.0.0.1:PORT/PROVIDER, behind a proxy or tunnel of your own that gives
 * it a public address.  Each is treated as by gamut_webhook_deliver(), while the
 * context works, and told as GAMUT_EVENT_DELIVERY.  Answered are 200 (genuine), 401
 * (not), 404, 400 and the like for what is none, 503 for what cannot be told now.
 * A request may have 32 KiB of headers and 4 MiB of body and take 10 s to come.
 *
 * port       0: any that is free
 * providers  names, NULL at the end; NULL: all that have webhooks
 * ret_port   the port; may be NULL
 *
 * GAMUT_E_INVALID when the port cannot be had, or the context listens already;
 * GAMUT_E_UNSUPPORTED when a provider has no webhooks. */
GAMUT_API int32_t gamut_listen(struct gamut *g, uint32_t port,
                               const char *const *providers,
                               uint32_t *ret_port,
                               struct gamut_error *ret_error);

/* Free the text that functions of this header handed out; NULL is fine. */
GAMUT_API void gamut_string_free(char *s);

#ifdef __cplusplus
}
#endif
#endif
