/* gamut/call.h - one call into a provider, and one exchange that it asks for; a
 * part of gamut/plugin.h. */
#ifndef GAMUT_CALL_H
#define GAMUT_CALL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct gamut_call;
struct gamut_host;
struct gamut_json; /* a node; owned by the host, lives as long as the call */

/* The one shape of every provider entry point. */
typedef int32_t gamut_fn(void *instance, struct gamut_call *call);

/* ---- one call ----------------------------------------------------------- */

/* gamut_call.event.  A host never sends one newer than abi_minor. */
enum {
  GAMUT_EV_OPEN = 1,
  GAMUT_EV_START,  /* a new job: state is {} */
  GAMUT_EV_REPLY,  /* the exchange named by phase was answered (below 400, or any
                      status with GAMUT_HTTP_ALL; a redirect is not followed,
                      and fails) */
  GAMUT_EV_CHUNK,  /* a server-sent event of a streaming exchange */
  GAMUT_EV_CANCEL, /* with GAMUT_WANTS_CANCEL: one exchange, or done() when the
                      vendor has been told: the job is looked at once more then;
                      or fail(GAMUT_E_CANCELLED): it is cancelled */
  GAMUT_EV_WORK    /* inside perform() */
};

struct gamut_reply {
  uint32_t struct_size;
  int32_t status;           /* 100..599; 0: none came, see GAMUT_HTTP_PROBE */
  int32_t class_hint;       /* what the status alone says */
  uint32_t retry_after_ms;  /* from the usual headers; 0: none */
  const char *content_type; /* lower case, without parameters */
  const char *body;         /* NUL after body_len bytes */
  size_t body_len;
  const struct gamut_json *json; /* parsed body, or NULL */
};

struct gamut_call {
  uint32_t struct_size;
  int32_t event;
  int32_t phase; /* index into phases; -1: none */
  uint32_t n_inputs;
  const struct gamut_host *host;
  const char *job_id;               /* stable and unique */
  const char *attempt_id;           /* for idempotency keys: new when a step is
                                       replayed after an answer, the same when
                                       an unanswered exchange is sent again */
  uint64_t now_ms;                  /* wall clock, the same all call long */
  const struct gamut_json *request; /* normalised request; its member "wire" is
                                       what the catalog says of this model's
                                       vendor fields (absent: not in it) */
  struct gamut_json *state;         /* object; the job's only memory.  Saved
                                       with the outcome of each step, so any
                                       process can take the job over */
  const struct gamut_reply *reply;  /* EV_REPLY, EV_CHUNK */
};

/* ---- one exchange ------------------------------------------------------- */

/* gamut_http.flags */
enum {
  GAMUT_HTTP_BILLABLE = 1u << 0, /* once sent not repeated, unless keyed */
  GAMUT_HTTP_KEYED = 1u << 1,    /* carries an idempotency key */
  GAMUT_HTTP_ALL = 1u << 2,      /* show step() replies of 400 and above,
                                    which the host else fails by reasons */
  GAMUT_HTTP_STREAM = 1u << 3,   /* server-sent events: EV_CHUNK each, then
                                    EV_REPLY without them */
  GAMUT_HTTP_FILL = 1u << 4,     /* {name} in the body stands for a
                                    configuration value, form-escaped, secret
                                    or not; {<name} for the content of the file
                                    that it names, {<name#member} for a member
                                    of that JSON; filled in as it is sent.  In
                                    JSON only the string "{@secret}" counts:
                                    what the caller of a query gave (see
                                    gamut.account/1) */
  GAMUT_HTTP_PROBE = 1u << 5,    /* sent once, and step() is told when no answer
                                    came, by a reply with the status 0: where
                                    nobody may be there, and where the same
                                    again is of no use (a place to upload to
                                    that is good for one try).  Replies are
                                    repeated as they are without it: ALL and
                                    GAMUT_REASON_FINAL are for those.  Not with
                                    BILLABLE */
  GAMUT_HTTP_DIRECT = 1u << 6    /* not through a proxy: for what is reached
                                    from this machine alone */
};

struct gamut_http {
  uint32_t struct_size;
  int32_t phase; /* comes back in gamut_call.phase */
  uint32_t flags;
  uint32_t delay_ms;   /* not before; a wish, bounded by the poll policy */
  uint32_t timeout_ms; /* 0: policy */
  uint32_t poll_ms;    /* not 0: it asks how far the job is, which the vendor
                          allows every so many ms; the host then chooses the
                          moment by how long the model usually takes, and
                          delay_ms counts where that is not known.  0: delay_ms
                          is the vendor's own word */
  const char *method;
  const char *url;               /* absolute, or "/path" below base_url */
  const struct gamut_json *json; /* body, or */
  const void *body;              /* body, or */
  size_t body_len;               /*   neither: parts, or no body */
  const char *body_type;
};

enum { GAMUT_IMAGE = 1, GAMUT_VIDEO, GAMUT_AUDIO, GAMUT_TEXT };
/* gamut_artifact.flags.  BASE64: data is base64 text.  PARTIAL: a draft, shown
 * as progress.  BLOCKED: the vendor withheld this one output (no url, no data);
 * a job that ends with nothing else ends blocked. */
enum {
  GAMUT_ART_BASE64 = 1u << 0,
  GAMUT_ART_PARTIAL = 1u << 1,
  GAMUT_ART_BLOCKED = 1u << 2
};

struct gamut_artifact {
  uint32_t struct_size;
  int32_t kind;
  const char *url;  /* the host downloads it (a data: URI: decodes it), or */
  const void *data; /* the bytes are here */
  size_t data_len;
  const char *mime; /* or NULL: sniffed.  What the bytes are is looked at in
                       either case; "application/zip" says of a video that it
                       comes as a zip of its frames, which else is none */
  uint32_t flags;
  uint32_t width, height, duration_ms; /* 0: not known */
};

enum {
  GAMUT_JSON_NULL = 1,
  GAMUT_JSON_BOOL,
  GAMUT_JSON_INT,
  GAMUT_JSON_REAL,
  GAMUT_JSON_STRING,
  GAMUT_JSON_ARRAY,
  GAMUT_JSON_OBJECT
};

/* How an input enters a JSON body.  AS_URL: the URL it was given as; what has
 * bytes becomes a data: URI unless it was uploaded.  Bytes are read while the
 * body is sent; json_str() does not show them, json_text() does. */
enum { GAMUT_AS_BASE64 = 1, GAMUT_AS_DATA_URI, GAMUT_AS_URL };
enum { GAMUT_DEBUG = 0, GAMUT_INFO, GAMUT_WARN, GAMUT_ERROR };

/* A signature to be checked.  How it is written is told by its length: hex, or
 * base64 in either alphabet. */
struct gamut_signature {
  uint32_t struct_size;
  uint32_t reserved;
  const char *alg;       /* as in gamut_crypto: "HS256", "Ed25519"; or "same":
                            `signature` is the secret itself, `text` is not
                            looked at */
  const char *secret;    /* the configuration key that holds the secret; one that
                            begins with "whsec_" stands for the base64 behind */
  const char *key;       /* or a public key: base64 in either alphabet */
  const char *text;      /* what was signed */
  const char *signature;
};

#ifdef __cplusplus
}
#endif
#endif
