/* call.h - one call into a provider, from the host's side.  Everything that the
 * provider built lives in the call's arena until gm_call_end(). */
#ifndef GM_PLUGIN_CALL_H
#define GM_PLUGIN_CALL_H

#include "base/arena.h"
#include "base/json.h"
#include "loop/sse.h"
#include "plugin/instance.h"
#include "plugin/pending.h"

/* An input as the job has it: an address, or bytes in a file or held. */
struct gm_input {
  const char *role;   /* "image", "mask", "first_frame" ... */
  const char *source; /* as given: path, URL, "-"; of a data: URI its head */
  const char *url;    /* to hand to the vendor; the head of a data: URI; NULL */
  const char *path;   /* local file, from the root on, or NULL */
  const char *name, *mime;
  uint64_t size;
  int64_t mtime_ns;     /* of the file when it was looked at */
  struct gm_held *held; /* bytes of a data: URI or of standard input, or NULL */
  const char *sha256; /* hex, or NULL while not computed */
  const char *uploaded; /* where the vendor has a copy of it, or NULL */
};

static inline bool gm_input_has_bytes(const struct gm_input *in)
{
  return in->path || in->held;
}

/* As given, for sentences. */
static inline const char *gm_input_source(const struct gm_input *in)
{
  return in->held && !in->url ? "standard input" : in->source;
}

enum gm_step_kind {
  GM_STEP_NONE,  /* the provider broke a rule: err says which (class PLUGIN) */
  GM_STEP_HTTP,  /* pending: another exchange */
  GM_STEP_DONE,
  GM_STEP_FAIL,  /* err */
  GM_STEP_REPLY, /* the host judges the reply (gm_judge) */
  GM_STEP_WORK,
  GM_STEP_MORE /* of a stream: the next event, please */
};

struct gm_fact {
  const char *name, *value;
};

struct gm_call_in {
  int32_t event, phase;
  const char *job_id, *attempt_id;
  struct json_object *request; /* borrowed; "wire" included */
  const char *state;           /* JSON text, NULL: {} */
  struct json_object *state_tree; /* the same parsed, which changes hands; or
                                     NULL */
  struct gm_exchange *exchange; /* the answered one, or NULL */
  const struct gm_sse_event *chunk;
  const struct gm_input *inputs;
  uint32_t n_inputs;
  int32_t (*is_cancelled)(void *user); /* may be NULL */
  void *user;
};

struct gm_call {
  struct gamut_call pub; /* what the provider sees; first member */
  struct gm_instance *instance;
  const struct gm_call_in *in;
  struct gm_arena arena;
  struct gm_json_parser *parser; /* borrowed from the loop's thread */
  struct gm_log *log;

  /* ---- the outcome */
  enum gm_step_kind kind;
  struct gm_error err;
  struct gm_pending *pending; /* GM_TAKE it, else gm_call_end() frees it */
  struct json_object *state;  /* changed in place by the provider */
  bool json_set;              /* a value was set; else the state is as it was */
  const struct gamut_artifact *artifacts;
  uint32_t n_artifacts;
  int32_t permille; /* -1: not said */
  int32_t queue_position; /* -1: not said */
  const char *const *notes; /* progress notes in order */
  uint32_t n_notes;
  const char *usage_unit; /* NULL: not said */
  double usage_amount;
  int64_t cost_microusd; /* -1: not said */
  const struct gm_fact *facts;
  uint32_t n_facts;
  const char *token_value; /* gamut.token/1 */
  uint32_t token_ttl_s;
  struct json_object *answer; /* queries; NULL: none */

  struct gm_call_build *build; /* private: adds for the next http() */
};

extern const struct gamut_host gm_host; /* the services; same for all */

/* Reusable: init once per thread, then begin/step/end any number of times. */
int32_t gm_call_init(struct gm_call *c, struct gm_log *log);
void gm_call_finish(struct gm_call *c);
/* Run provider->step (or token(), perform()) with `in`.  Afterwards kind and
 * the outcome are set; never fails otherwise.  A slow call (over 50 ms) is
 * logged with the plugin's name. */
void gm_call_step(struct gm_call *c, struct gm_instance *i,
                  const struct gm_call_in *in);
void gm_call_run(struct gm_call *c, struct gm_instance *i, gamut_fn *fn,
                 const struct gm_call_in *in);
/* The provider's open(), if it has one: fills i->user.  0, or the class and
 * c->err says why. */
int32_t gm_call_open(struct gm_call *c, struct gm_instance *i);
void gm_call_end(struct gm_call *c); /* forget the outcome, keep memory */
/* The state after the call as compact text (arena), NULL: no memory. */
const char *gm_call_state_text(struct gm_call *c);
/* The state itself, when it says no more and no less than its text; or NULL. */
struct json_object *gm_call_take_state(struct gm_call *c);
/* Add `from` (copied) to what *to has: answer.c.  False: no memory. */
bool gm_answer_join(struct json_object **to, struct json_object *from);
/* The bytes of an artifact's data or url when it stands for a long string that
 * the reader moved out, else NULL. */
struct gm_blob *gm_call_blob(struct gm_call *c, const char *data);

/* Does the host say what the reply to an exchange with these GAMUT_HTTP_...
 * means, and not the provider?  Of 400 and above, and what is elsewhere. */
bool gm_is_judged(struct gm_exchange *x, uint32_t flags);
/* What such a reply means: reasons, then the status.  The sentence is
 * "fal: message (HTTP 422)" without the prefix.  *ret_flags: GAMUT_REASON_... of
 * what was found.  `body` is the parsed reply; NULL: parsed here. */
void gm_judge(const struct gm_instance *i, int32_t phase,
              struct gm_exchange *x, const struct json_object *body,
              struct gm_error *err, uint32_t *ret_flags);
/* What the body says of how long to wait before the next try; 0: nothing, or
 * nothing that counts beside a header. */
uint32_t gm_judge_wait_ms(const struct gm_instance *i, bool header_says,
                          const struct json_object *body);
int32_t gm_class_of_status(int32_t status);

/* "submit", by the provider's table; "none" for -1. */
const char *gm_phase_name(const struct gm_instance *i, int32_t phase);

#endif
