/* gamut/plugin.h - the provider ABI, major 1.
 *
 * A provider turns a generation request into HTTP exchanges and their replies
 * into artifacts.  It performs no I/O, keeps no per-job memory, starts no
 * thread: the host sends, waits, retries, downloads, journals.
 *
 * Rules that hold for every function below unless it says otherwise:
 *  - Pointers passed in either direction are borrowed until the call returns;
 *    whoever wants to keep the bytes copies them.  Neither side ever frees
 *    what the other allocated.  What the host builds for a call (text, JSON)
 *    lives until that call into the provider returns.
 *  - Strings are UTF-8 and NUL-terminated; NULL means "absent".
 *  - Times are milliseconds, money is millionths of a US dollar.
 *  - Threads: [loop] the event-loop thread that owns the instance, never
 *    concurrently for one instance; [worker] a pool thread; [any] either.
 *  - Errors stick: after a builder fails (no memory, bad UTF-8, limit) the
 *    call is failed by the host, later builders are harmless no-ops, and
 *    readers of NULL return their fallback.  So straight-line code is correct.
 *
 * Growth: members are only ever appended; struct_size tells how many exist.
 * The first 16 bytes of struct gamut_plugin never change in any version.
 */
#ifndef GAMUT_PLUGIN_H
#define GAMUT_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GAMUT_ABI_MAGIC 0x54554d47u /* "GMUT" in memory on little-endian */
#define GAMUT_ABI_MAJOR 1u          /* differs: refuse */
#define GAMUT_ABI_MINOR 0u          /* only appended members */

#if defined(__GNUC__)
#define GAMUT_EXPORT       __attribute__((visibility("default")))
#define GAMUT_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define GAMUT_EXPORT
#define GAMUT_PRINTF(f, a)
#endif

/* Does the table that `p` points to reach as far as member `m`, set? */
#define GAMUT_HAS(p, m)                                                        \
  ((p)->struct_size >= offsetof(__typeof__(*(p)), m) + sizeof((p)->m) &&       \
   (p)->m != 0)

/* A read-only array that carries its own element size, so that elements may
 * grow in later minors without breaking the walk. */
struct gamut_table {
  const void *items;
  uint32_t count;
  uint32_t stride;
};
#define GAMUT_TABLE(a)                                                         \
  {                                                                            \
    (a), (uint32_t)(sizeof(a) / sizeof((a)[0])), (uint32_t)sizeof((a)[0])      \
  }

/* ---- outcomes ---------------------------------------------------------- */

/* Why something failed.  The class, never the message, drives retry,
 * fallback, breaker and exit code.  Values are stable; new ones are added at
 * the end and a host treats one it does not know as GAMUT_E_PROVIDER. */
enum {
  GAMUT_OK = 0,
  GAMUT_E_INVALID = -1,     /* the request is wrong here and everywhere */
  GAMUT_E_UNSUPPORTED = -2, /* this model or provider cannot; another may */
  GAMUT_E_AUTH = -3,        /* credential missing, malformed, expired */
  GAMUT_E_PERMISSION = -4,  /* credential valid, not allowed */
  GAMUT_E_QUOTA = -5,       /* no credit, payment, plan or spend limit */
  GAMUT_E_NOT_FOUND = -6,   /* model, job or file unknown to the vendor */
  GAMUT_E_BLOCKED = -7,     /* content policy, input or output */
  GAMUT_E_RATE = -8,        /* too many requests; see retry_after_ms */
  GAMUT_E_PROVIDER = -9,    /* the vendor's fault: 5xx, job failed */
  GAMUT_E_TIMEOUT = -10,    /* deadline of the exchange or the job */
  GAMUT_E_PROTOCOL = -11,   /* reply not understood */
  GAMUT_E_CANCELLED = -14,  /* by us, or by somebody at the vendor */
  /* set by the host only */
  GAMUT_E_TRANSPORT = -12, /* no reply: DNS, connect, TLS, reset */
  GAMUT_E_UNKNOWN = -13,   /* billable exchange sent, outcome not known */
  GAMUT_E_PLUGIN = -15, /* the provider broke a rule of this header */
  GAMUT_E_NOMEM = -16,
  GAMUT_E_DETACHED = -17, /* out of time; it goes on at the vendor */
  GAMUT_E_STORAGE = -18   /* a file could not be written */
};

/* ---- what a provider declares ------------------------------------------ */

/* gamut_key.type */
enum {
  GAMUT_STRING = 1,
  GAMUT_URL,
  GAMUT_PATH,
  GAMUT_INT,
  GAMUT_REAL,
  GAMUT_BOOL,
  GAMUT_MSEC,
  GAMUT_SIZE,
  GAMUT_CHOICE
};

/* gamut_key.flags.  SECRET: never shown, logged, journaled, read back.  JSON:
 * the value is the path of a JSON file that the host reads; "key/member" stands
 * for a member of it wherever a key's name may stand.  Members called
 * private_key, client_secret and refresh_token are secrets.  A preset may begin
 * with "~/" or "{key}/"; a file that only a preset names may be missing.
 * HEADERS: a secret of lines "Name: value", each a header; lines without a
 * colon are skipped.  At most one key has it. */
enum {
  GAMUT_KEY_REQUIRED = 1u << 0,
  GAMUT_KEY_SECRET = 1u << 1,
  GAMUT_KEY_JSON = 1u << 2,
  GAMUT_KEY_HEADERS = 1u << 3
};

/* One configuration key.  The host resolves it (API, then environment, then
 * file, then preset), checks type and range, and refuses unknown keys. */
struct gamut_key {
  const char *name;    /* [a-z][a-z0-9_]* */
  const char *env;     /* variables to try, space-separated, or NULL */
  const char *preset;  /* default as text, or NULL */
  const char *choices; /* "a|b|c" for GAMUT_CHOICE; of a secret how those begin
                          that it is not ("test_|eph_"): GAMUT_E_AUTH */
  const char *help;    /* one line; also the documentation */
  int32_t type;
  uint32_t flags;
  int64_t min, max; /* for numbers; both 0: no limit */
};

/* gamut_reason.flags.  FINAL: the same exchange would fail again, so the host
 * does not repeat it (a class that is never repeated needs no flag).  DOUBTFUL:
 * it may have been done and charged all the same; when it is billable and not
 * keyed, it is not repeated and the job ends as one that was not answered, with
 * GAMUT_E_UNKNOWN.  IF_SILENT, of a row that tells of a wait: it counts only
 * where no header says how long; without it the longest wait of all counts. */
enum {
  GAMUT_REASON_FINAL = 1u << 0,
  GAMUT_REASON_IF_SILENT = 1u << 1,
  GAMUT_REASON_DOUBTFUL = 1u << 2
};

/* The vendor's error vocabulary as data: first match wins, else the status
 * decides.  A 5xx is PROVIDER then and a 4xx INVALID, but for those that have a
 * class of their own: 401, 402, 403, 404, 408, 409, 410, 425, 429, 499, 504.
 * Used for replies of 400 and above and by fail_reply().  A row with
 * GAMUT_OK for a class gives none: at its path the vendor writes how long to
 * wait before the next try, in seconds (38.5, "38.5s", "6m0s"), behind the
 * words of value ("*try again in *"), if it has any. */
struct gamut_reason {
  int32_t status; /* 0: any */
  int32_t error_class;
  const char *path;  /* where in the JSON body; a part '*' is any index of an
                        array; "" is a reply that is a text and no more;
                        "@name" is a reply header; NULL: status alone */
  const char *value; /* equals this; "abc*" begins with it, "*abc*" contains
                        it, "*" is there at all */
  uint32_t flags;
  uint32_t phases; /* bit 1 << phase for each it applies to; 0: all */
};

/* Send this header on every exchange and download whose URL has this origin,
 * and on no other.  {name} stands for a configuration value, secret or not,
 * {@token} for the current token; the host fills them in as it sends.  {?name}
 * and {!name} stand for nothing: the row counts only when that value is set, or
 * is not (a GAMUT_BOOL: is on, is off; else the row is as good as not there);
 * {=name:secret} for both with a colon between, in base64, as "Basic" wants them;
 * {name:} and {:name} for what a value has before and behind its colon, which is
 * set when there is one colon, with text on both sides.
 * An origin may have {name} as well, a host or a URL with it.  "/path/" is what
 * lies below that path of base_url: where such a row is filled in, those for NULL
 * count no more (but the lines of "*" do).  Of several rows
 * for one origin and header the first whose values are all set counts; when none
 * is, a job ends with GAMUT_E_AUTH before anything is sent.  With header NULL the
 * row only says that the origin is the vendor's own.  With header "*" and the
 * value "{key}", a key with GAMUT_KEY_HEADERS: all its lines are sent, in place
 * of what other rows and the provider would send by the same names. */
struct gamut_credential {
  const char *origin; /* "https://host", "https://{region}.host"; "/path/" below
                         base_url; NULL: the origin of base_url */
  const char *header;
  const char *value; /* "Bearer {api_key}" */
};

/* Another server of the vendor's for the one at `origin`.  An exchange of a job
 * that finds no connection to it (the name, refused, none within 5 s) goes to
 * `backup` once, as it is, paid or not, for nothing was sent.  Never after a
 * connection existed, nor when the endpoint map leads `origin` elsewhere and
 * not `backup`.  What belongs to `origin`, credentials included, belongs to
 * `backup`; URLs go on naming `origin`.  Both as "https://host" in lower case.
 */
struct gamut_backup {
  const char *origin, *backup;
};

/* gamut_provider.flags */
enum {
  GAMUT_WANTS_CANCEL = 1u << 0,  /* has something to tell the vendor on cancel */
  GAMUT_CANCEL_DELETES = 1u << 1 /* ... and that deletes what was made, so the job
                                    is looked at before */
};

struct gamut_call;
struct gamut_host;
struct gamut_json; /* a node; owned by the host, lives as long as the call */

/* The one shape of every provider entry point. */
typedef int32_t gamut_fn(void *instance, struct gamut_call *call);

struct gamut_provider {
  uint32_t struct_size;
  uint32_t state_version; /* bump when older state cannot be continued */
  const char *name;       /* [a-z][a-z0-9_]{0,30}; routes begin with it */
  const char *title;
  const char *homepage;
  const char *catalog;     /* models as JSON (schema of catalog/), or NULL
                              when the file catalog/<name>.json has them */
  const char *error_path;  /* where vendors put their sentence, tried in
                              turn: "error/message detail" */
  const char *base_url;    /* preset of the key base_url, which every
                              provider has: for proxies, regions, tests */
  struct gamut_table keys; /* struct gamut_key */
  struct gamut_table credentials; /* struct gamut_credential */
  struct gamut_table phases;      /* const char *; names of the exchanges */
  struct gamut_table reasons;     /* struct gamut_reason */
  uint32_t flags;
  uint32_t reserved;

  /* Optional pair, for what is worth working out once from configuration.
   * No exchange may be asked for in open().  No call is in progress when
   * close() runs and none follows.  [loop] */
  int32_t (*open)(struct gamut_call *call, void **instance);
  void (*close)(void *instance);

  /* Advance one job.  Return what http(), done(), fail(), work() or
   * fail_reply() returned: exactly one of them ends a step.  Must depend on
   * nothing but the call, must not block, should take under a millisecond. */
  gamut_fn *step; /* [loop] */

  /* Optional groups of functions by id ("gamut.perform/1"), or NULL.  The
   * result is static.  [any] */
  const void *(*extension)(const char *id);

  struct gamut_table backups; /* struct gamut_backup */
};

/* The only symbol a plugin exports, as <file stem>_LTX_gamut_plugin. */
struct gamut_plugin {
  uint32_t magic;     /* GAMUT_ABI_MAGIC */
  uint16_t abi_major; /* built against */
  uint16_t abi_minor;
  uint32_t struct_size;
  uint16_t needs_minor; /* oldest host minor it can live with */
  uint16_t reserved;    /* 0.  Frozen up to here. */
  const char *name;     /* equals the file stem */
  const char *version;  /* of the plugin, semver */
  const char *license;  /* SPDX */
  const struct gamut_provider *const *providers; /* NULL-terminated, or NULL */
  /* Plugins that are no providers: what they are, by id ("gamut.crypto/1"), or
   * NULL.  The result is static.  [any] */
  const void *(*extension)(const char *id);
};
#define GAMUT_PLUGIN(id, ...) GAMUT_PLUGIN_NAMED(id, #id, __VA_ARGS__)
/* For file stems with '-', which is '_' in the symbol: (store_sqlite,
 * "store-sqlite", ...). */
#define GAMUT_PLUGIN_NAMED(id, stem, ...)                                      \
  GAMUT_EXPORT extern const struct gamut_plugin id##_LTX_gamut_plugin;         \
  const struct gamut_plugin id##_LTX_gamut_plugin = {                          \
    .magic = GAMUT_ABI_MAGIC,                                                  \
    .abi_major = GAMUT_ABI_MAJOR,                                              \
    .abi_minor = GAMUT_ABI_MINOR,                                              \
    .struct_size = sizeof(struct gamut_plugin),                                \
    .name = stem,                                                              \
    __VA_ARGS__                                                                \
  }

/* ---- one call ----------------------------------------------------------- */

/* gamut_call.event.  A host never sends one newer than abi_minor. */
enum {
  GAMUT_EV_OPEN = 1,
  GAMUT_EV_START,  /* a new job: state is {} */
  GAMUT_EV_REPLY,  /* the exchange named by phase was answered (below 400, or any
                      status with GAMUT_HTTP_ALL) */
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
  GAMUT_HTTP_PROBE = 1u << 5,    /* nobody may be there: no answer is not tried
                                    again but comes to step() as a reply with
                                    the status 0.  Not with BILLABLE */
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
  const char *mime; /* or NULL: sniffed */
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

/* ---- host services ------------------------------------------------------ */

struct gamut_host {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  const char *version;

  /* endings of a step; each returns what the step must return.  [loop] */
  int32_t (*http)(struct gamut_call *, const struct gamut_http *);
  int32_t (*work)(struct gamut_call *); /* hand over to perform() */
  int32_t (*more)(struct gamut_call *); /* EV_CHUNK: wait for the next one */
  int32_t (*done)(struct gamut_call *); /* [any] */
  GAMUT_PRINTF(3, 4)
  int32_t (*fail)(struct gamut_call *, int32_t error_class, const char *fmt,
                  ...);
  /* The host judges the reply, by reasons and error_path: it may repeat the
   * exchange first if the class allows that. */
  int32_t (*fail_reply)(struct gamut_call *);

  /* adds to the next http().  [loop] */
  void (*header)(struct gamut_call *, const char *name, const char *value);
  void (*part_text)(struct gamut_call *, const char *name, const char *value);
  void (*part_input)(struct gamut_call *, const char *name, uint32_t input);
  /* The body is bytes of an input, `size` from `offset` (0: to its end). */
  void (*body_input)(struct gamut_call *, uint32_t input, uint64_t offset,
                     uint64_t size);

  /* results so far.  [any] */
  void (*artifact)(struct gamut_call *, const struct gamut_artifact *);
  void (*progress)(struct gamut_call *, int32_t permille, const char *note);
  void (*queue)(struct gamut_call *, int32_t position); /* 0: next */
  /* What the vendor counted, and what that cost; -1: by the catalog, where the
   * unit is that of the model's price ("image", "second"), or "unit" for
   * whatever it is billed by. */
  void (*usage)(struct gamut_call *, const char *unit, double amount,
                int64_t cost_microusd);
  /* A fact for the result: "seed", "request_id", "revised_prompt"; where a cache
   * of the vendor's has answered "cache_hit" ("true") and "cost_avoided_usd" (what
   * that saved, a decimal number; its cost is told by usage()).  "vendor_job"
   * is the vendor's id of the job, by which deliveries of its webhooks name it,
   * when that is not the request_id. */
  void (*fact)(struct gamut_call *, const char *name, const char *value);
  int32_t (*cancelled)(struct gamut_call *);

  /* configuration, resolved and checked; secrets are not readable, config_int()
   * says of one whether it is set (1) or not (0).  [any] */
  const char *(*config_str)(struct gamut_call *, const char *key);
  int64_t (*config_int)(struct gamut_call *, const char *key);
  double (*config_real)(struct gamut_call *, const char *key);

  /* Reading JSON: a path is keys and indexes joined by '/'; "" is the node
   * itself; a missing node or wrong type gives the fallback.  [any] */
  const struct gamut_json *(*json_get)(const struct gamut_json *,
                                       const char *path);
  const char *(*json_str)(const struct gamut_json *, const char *path,
                          const char *fallback);
  int64_t (*json_int)(const struct gamut_json *, const char *path,
                      int64_t fallback);
  double (*json_real)(const struct gamut_json *, const char *path,
                      double fallback);
  uint32_t (*json_count)(const struct gamut_json *, const char *path);
  /* The n-th member of an object (ret_key may be NULL); NULL past the end. */
  const struct gamut_json *(*json_member)(const struct gamut_json *, uint32_t n,
                                          const char **ret_key);
  int32_t (*json_type)(const struct gamut_json *); /* GAMUT_JSON_..., 0: NULL */
  const char *(*json_text)(struct gamut_call *, const struct gamut_json *);

  /* Building JSON: key NULL appends to an array.  [any] */
  struct gamut_json *(*json_object)(struct gamut_call *);
  struct gamut_json *(*json_array)(struct gamut_call *);
  struct gamut_json *(*json_parse)(struct gamut_call *, const char *, size_t);
  void (*json_set)(struct gamut_json *, const char *key,
                   const struct gamut_json *);
  void (*json_set_str)(struct gamut_json *, const char *key, const char *);
  void (*json_set_int)(struct gamut_json *, const char *key, int64_t);
  void (*json_set_real)(struct gamut_json *, const char *key, double);
  void (*json_set_bool)(struct gamut_json *, const char *key, int32_t);
  void (*json_set_input)(struct gamut_json *, const char *key, uint32_t input,
                         int32_t form);

  /* text, encodings, identity.  [any] */
  GAMUT_PRINTF(2, 3)
  const char *(*text)(struct gamut_call *, const char *fmt, ...);
  const char *(*escape)(struct gamut_call *, const char *); /* URL component */
  const char *(*base64)(struct gamut_call *, const void *, size_t);
  const char *(*reply_header)(struct gamut_call *, const char *name);
  /* About input 0..n_inputs-1: "role", "url" (NULL for a file that was not
   * uploaded; of a data: URI what stands before the bytes), "name", "mime",
   * "size" (bytes), "sha256". */
  const char *(*input_info)(struct gamut_call *, uint32_t input,
                            const char *what);
  const char *(*uuid)(struct gamut_call *); /* a replay sees it again */
  const char *(*jwt)(struct gamut_call *, const char *secret_key,
                     const struct gamut_json *claims);
  void (*token)(struct gamut_call *, const char *value, uint32_t ttl_s);
  GAMUT_PRINTF(3, 4)
  void (*log)(struct gamut_call *, int32_t level, const char *fmt, ...);

  const void *(*extension)(const char *id);

  /* What a query (gamut.models/1, gamut.account/1, gamut.webhook/1, gamut.embed/1)
   * found out, in the form that its extension states; copied.  Of several answers, in one
   * call or in several, arrays are joined, and objects member by member, so that
   * each page of a list can be handed over as it comes.  [loop] */
  void (*answer)(struct gamut_call *, const struct gamut_json *);
  /* Is the signature right?  0; GAMUT_E_AUTH: no.  When that cannot be told (no
   * such secret is set, no crypto plugin) the call fails as well.  [loop] */
  int32_t (*verify)(struct gamut_call *, const struct gamut_signature *);
  /* The vector of the next text of gamut.embed/1: an array of numbers, or a
   * string, the base64 of 32-bit floats, little-endian.  It is handed on with the
   * length 1.  What is no vector of a direction (empty, all 0, not finite, more
   * than GAMUT_VECTOR_MAX numbers) fails the call as GAMUT_E_PROTOCOL.  [loop] */
  void (*vector)(struct gamut_call *, const struct gamut_json *);
};
#define GAMUT_VECTOR_MAX 8192u

/* ---- extensions --------------------------------------------------------- */

/* Blocking work on the pool: a vendor's own SDK, a local model. */
#define GAMUT_EXT_PERFORM "gamut.perform/1"
enum { GAMUT_PERFORM_RESTARTABLE = 1u << 0 }; /* may run again after a crash */
struct gamut_perform {
  uint32_t struct_size;
  uint32_t flags;
  uint32_t max_parallel; /* per instance; 0: one */
  uint32_t reserved;
  gamut_fn *perform; /* [worker] ends with done() or fail() */
};

/* Short-lived bearer tokens, fetched once per instance and shared: same
 * shape as step(), ends with token() then done(). */
#define GAMUT_EXT_TOKEN "gamut.token/1"
struct gamut_token {
  uint32_t struct_size;
  uint32_t reserved;
  gamut_fn *token; /* [loop] */
};

/* Uploads: for vendors that take large inputs only as URLs.  The host runs it
 * for each local file above inline_max before the job begins, one input a call,
 * same shape as step(), with the "options" of the request; it ends with
 * fact("url", ...) then done(); fact("ttl_s", ...) before replaces ttl_s for this
 * file.  A key "inline_max" of the provider, or the option of that name in the
 * request, replaces inline_max.  The URL is
 * remembered by content for ttl_s, so ten jobs with one picture upload it once;
 * json_set_input(AS_URL) gives it. */
#define GAMUT_EXT_UPLOAD "gamut.upload/1"
struct gamut_upload {
  uint32_t struct_size;
  uint32_t ttl_s;      /* 0: use it for this job only */
  uint64_t inline_max; /* bytes; smaller files travel as data: URIs */
  gamut_fn *upload;    /* [loop] */
};

/* Queries: what can be asked of a vendor beside a generation.  Each function has
 * the shape of step() and ends with answer(), then done().  A function that the
 * vendor has no answer for is NULL.  What is not known is left out of an answer.
 * Money is in US dollars here, as a number; times are text of RFC 3339.
 *
 * The models that this key can use.  Request: {}.  Answer: an array of models in
 * the form of catalog/schema.json ("models"): id and operations, and of the rest
 * what the vendor says: title, life, life_date, successor, sizes, price. */
#define GAMUT_EXT_MODELS "gamut.models/1"
enum { GAMUT_QUERY_OPEN = 1u << 0 }; /* list or health need no key */
struct gamut_models {
  uint32_t struct_size;
  uint32_t flags;
  gamut_fn *list; /* [loop] */
};

/* The account behind the key.
 *
 * balance  request {}.  Answer {"account": text, "plan": text, "balances":
 *          [{"name", "unit": "usd" or "credits", "remaining", "limit", "used",
 *          "locked", "note"}], "limits": [{"name", "limit", "used"}]}
 * usage    request {"period": "day", "week", "month" or "year"} or {"from", "to"}
 *          (dates, `to` exclusive).  Answer {"from", "to", "requests",
 *          "succeeded", "failed", "cached", "cost_usd" (what the makers of the
 *          models took), "billed_usd", "saved_usd", "hit_rate" (0 to 1),
 *          "credits", "by_provider": {name: requests}, "by_model": {id:
 *          requests, or credits where those are counted}, "by_day": {date:
 *          amount}}
 * keys     request {"action": "list", "set", "validate" or "delete", "name": text
 *          (not with list)}; with set and validate the key itself is {@secret} in
 *          a body with GAMUT_HTTP_FILL.  Answer {"keys": [{"name", "kind":
 *          "provider" or "api", "shown": a masked form, "valid", "checked_at"}]},
 *          or for validate {"valid", "message"}
 * health   request {}.  Answer {"ok": true or false, "version", "parts": {name:
 *          text}}
 * lookup   jobs of this account that may be one that was sent and not answered.
 *          Request {"request": that job's, "since": when it was about to be
 *          sent, in seconds since 1970}.  Answer {"jobs": [{"id": the vendor's,
 *          "resume": members for the request with which step() goes on with
 *          that job and makes none}], "complete": the vendor's list reaches
 *          back so far}.  Only those whose every fact that the vendor tells is as
 *          asked */
#define GAMUT_EXT_ACCOUNT "gamut.account/1"
struct gamut_account {
  uint32_t struct_size;
  uint32_t flags;
  gamut_fn *balance; /* [loop] */
  gamut_fn *usage;   /* [loop] */
  gamut_fn *keys;    /* [loop] */
  gamut_fn *health;  /* [loop] */
  gamut_fn *lookup;  /* [loop] */
};

/* A delivery that somebody made to the caller's webhook, to be checked by the
 * vendor's rules: signature, age (now_ms), all headers that belong to it.
 * Request {"headers": {name in lower case: value}, "body": text, "body_sha256":
 * hex}.  The body is text as it came, without NUL.  Answer {"job": the vendor's
 * id of the job, "state": "completed", "failed", "blocked", "cancelled" or
 * "running", "delivery": what repeats of this delivery have in common,
 * "message": text}; a delivery that is not genuine fails with GAMUT_E_AUTH.  The
 * state is kept from one delivery to the next as long
 * as the instance lives, for public keys that were fetched. */
#define GAMUT_EXT_WEBHOOK "gamut.webhook/1"
struct gamut_webhook {
  uint32_t struct_size;
  uint32_t reserved;
  gamut_fn *verify; /* [loop] */
};

/* Texts as vectors, near to each other when the texts mean much the same: for the
 * semantic cache.  A query as those above.  Request {"texts": [text, ...], "model":
 * an id, "dimensions": how many numbers a vector shall have}; without the latter
 * two the provider's own choice counts, which `model` and `dimensions` tell.  Each
 * vector is given to vector(), in the order of the texts.  Answer beside
 * {"model", "tokens", "cost_usd"}.  Exchanges that are billed have
 * GAMUT_HTTP_BILLABLE: none is sent again when it is not known whether it ran. */
#define GAMUT_EXT_EMBED "gamut.embed/1"
struct gamut_embed {
  uint32_t struct_size;
  uint32_t dimensions;
  const char *model;
  gamut_fn *embed; /* [loop] */
};

/* Signing and checking, by a plugin that links a crypto library (the core links
 * none).  `alg`: "RS256" (PKCS#1 v1.5 with SHA-256, key is PEM), "Ed25519" (key
 * is 32 raw bytes), "HS256" (HMAC with SHA-256, key is raw). */
#define GAMUT_EXT_CRYPTO "gamut.crypto/1"
struct gamut_crypto {
  uint32_t struct_size;
  uint32_t reserved;
  /* 0 and *ret_len bytes in `sig` (room for `size`), or a class.  [any] */
  int32_t (*sign)(const char *alg, const void *key, size_t key_len,
                  const void *data, size_t len, void *sig, size_t size,
                  size_t *ret_len);
  /* 0: the signature is right; GAMUT_E_PERMISSION: it is not.  [any] */
  int32_t (*verify)(const char *alg, const void *key, size_t key_len,
                    const void *data, size_t len, const void *sig,
                    size_t sig_len);
};

#ifdef __cplusplus
}
#endif
#endif
