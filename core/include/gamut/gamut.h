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
 *   gamut_request_link(r, "flux", NULL);
 *   gamut_request_set(r, "prompt", "a neon fox", NULL);
 *   gamut_request_set(r, "output", "fox.png", NULL);
 *   if (gamut_generate(g, r, &result, NULL) == 0)
 *     puts(gamut_result_artifact(result, 0)->path);
 *
 * Here is what everything runs on: context, running, events.  The rest is in
 * parts, which this header includes; a program includes this one only.
 *
 *   request.h   what is wanted
 *   result.h    what came of it
 *   jobs.h      jobs that outlive a process
 *   cache.h     what was made before and is kept
 *   usage.h     the books, and budgets
 *   inspect.h   looking: what would be sent, prices, models, settings, metrics
 *   vendor.h    asking a vendor; webhooks
 *   types.h     what all of these share
 *
 * Rules for this header and its parts, unless a function says otherwise:
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
 *    owner is inside gamut_generate(), gamut_step() or gamut_next_event().  All
 *    calls with it must come from the thread that opened it.
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

#include <gamut/cache.h>
#include <gamut/inspect.h>
#include <gamut/jobs.h>
#include <gamut/plugin.h>
#include <gamut/request.h>
#include <gamut/result.h>
#include <gamut/types.h>
#include <gamut/usage.h>
#include <gamut/vendor.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GAMUT_VERSION "0.1.0"

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
 * it can be.  The job ends as cancelled, or with its result if that was
 * quicker: it is looked at once more after the vendor was told (within half a
 * second), and what runs on all the same is maybe-charged; gamut_fetch() brings
 * what came of it.  The beginning of an id is enough, where only one job under
 * way here has it; of a part the whole is meant, as in gamut_attach().
 * GAMUT_E_NOT_FOUND when no such job is under way in this context;
 * gamut_cancel_elsewhere() is for those of other processes. */
GAMUT_API int32_t gamut_cancel(struct gamut *g, const char *id);

/* Stop waiting for a job: it goes on at the vendor and ends here as detached.
 * Its id, and GAMUT_E_NOT_FOUND, as of gamut_cancel(). */
GAMUT_API int32_t gamut_detach(struct gamut *g, const char *id);

/* Jobs under way in this context. */
GAMUT_API uint32_t gamut_active(struct gamut *g);

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
                           now on any process can collect it; not told of what
                           comes in a paid stream, which no other can */
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

#ifdef __cplusplus
}
#endif
#endif
