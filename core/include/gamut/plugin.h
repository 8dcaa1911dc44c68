/* gamut/plugin.h - the provider ABI, major 1.
 *
 * A provider turns a generation request into HTTP exchanges and their replies
 * into artifacts.  It performs no I/O, keeps no per-job memory, starts no
 * thread: the host sends, waits, retries, downloads, journals.
 *
 * Here are the outcomes and what a provider declares.  The rest is in parts,
 * which this header includes; a plugin includes this one only.
 *
 *   call.h         one call, and one exchange that it asks for
 *   host.h         what a call can ask of the host
 *   extensions.h   what a plugin can offer beside
 *
 * Rules for every function here and in the parts, unless it says otherwise:
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

#include <gamut/call.h>
#include <gamut/extensions.h>
#include <gamut/host.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GAMUT_ABI_MAGIC 0x54554d47u /* "GMUT" in memory on little-endian */
#define GAMUT_ABI_MAJOR 1u          /* differs: refuse */
#define GAMUT_ABI_MINOR 0u          /* only appended members */

#if defined(__GNUC__)
#define GAMUT_EXPORT __attribute__((visibility("default")))
#else
#define GAMUT_EXPORT
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
  GAMUT_E_PLUGIN = -15, /* the provider broke a rule of this ABI */
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
 * does not repeat it (a class that is never repeated needs no flag).  AGAIN, of a
 * reply of 400 and above: it may go well the next time, so the host repeats it as
 * often and as slowly as any other, though its class is not repeated (one that is
 * needs no flag); not with the others, nor for GAMUT_E_BLOCKED.  DOUBTFUL:
 * it may have been done and charged all the same; when it is billable and not
 * keyed, it is not repeated and the job ends as one that was not answered, with
 * GAMUT_E_UNKNOWN.  IF_SILENT, of a row that tells of a wait: it counts only
 * where no header says how long; without it the longest wait of all counts. */
enum {
  GAMUT_REASON_FINAL = 1u << 0,
  GAMUT_REASON_IF_SILENT = 1u << 1,
  GAMUT_REASON_DOUBTFUL = 1u << 2,
  GAMUT_REASON_AGAIN = 1u << 3
};

/* The vendor's error vocabulary as data: first match wins, else the status
 * decides.  A 5xx is PROVIDER then and a 4xx INVALID, but for those that have a
 * class of their own: 401, 402, 403, 404, 408, 409, 410, 425, 429, 499, 504.
 * Used for replies of 400 and above and by fail_reply().  A row with
 * GAMUT_OK for a class gives none: at its path the vendor writes how long to
 * wait before the next try, in seconds (38.5, "38.5s", "6m0s"), behind the
 * words of value ("*try again in *"), if it has any. */
struct gamut_reason {
  int32_t status; /* 0: any; 4, 5: all of that hundred (400 to 499 ...) */
  int32_t error_class;
  const char *path;  /* where in the JSON body; a part '*' is any index of an
                        array; "" is a reply that is a text and no more;
                        "@name" is a reply header; NULL: status alone */
  const char *value; /* equals this; a '*' in it is any text, also none: "abc*"
                        begins with it, "*abc*" contains it, "ab*c" begins and
                        ends so; "*" is there at all */
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

#ifdef __cplusplus
}
#endif
#endif
