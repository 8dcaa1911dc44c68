/* settings_table.c - the core's own settings.  The reference in the manual and
 * the lines of `gamut config` are made of these rows. */
#include "plugin/settings.h"
#include <gamut/plugin.h>

#define ENV(name) "GAMUT_" name

/* clang-format off */
const struct gm_setting gm_settings_core[] = {
  /* what to use */
  { "default_provider", ENV("DEFAULT_PROVIDER"), "higgsfield", NULL,
    "provider of a model that names none", GAMUT_STRING, 0, 0, 0 },
  { "check", ENV("CHECK"), "strict", "strict|nearest|pass",
    "what a value that the model does not allow leads to: an error, the "
    "closest allowed one, nothing", GAMUT_CHOICE, 0, 0, 0 },
  { "on_blocked", ENV("ON_BLOCKED"), "stop", "stop|next",
    "after a refusal by content policy", GAMUT_CHOICE, 0, 0, 0 },
  { "resubmit", ENV("RESUBMIT"), NULL, "never|cheap|always",
    "when it is not known whether a paid request ran", GAMUT_CHOICE, 0, 0, 0 },
  { "max_cost", ENV("MAX_COST"), NULL, NULL,
    "refuse links that cost more, in US dollars", GAMUT_REAL, 0, 0, 1000000 },
  /* what was made before */
  { "cache", ENV("CACHE"), "use", "use|refresh|off",
    "what was made before for the same request: give that, make it anew, or "
    "neither look nor keep", GAMUT_CHOICE, 0, 0, 0 },
  { "cache.unseeded", ENV("CACHE_UNSEEDED"), "no", NULL,
    "also for requests without a seed, which else want something new each time",
    GAMUT_BOOL, 0, 0, 0 },
  { "cache.scope", ENV("CACHE_SCOPE"), "project", "project|org|global",
    "who shares it: requests of the same project (or org), or all",
    GAMUT_CHOICE, 0, 0, 0 },
  { "cache.ttl", ENV("CACHE_TTL"), "0", NULL,
    "for how long it is good; 0: for ever", GAMUT_MSEC, 0, 0, 0 },
  { "cache.max_size", ENV("CACHE_MAX_SIZE"), "1024", NULL,
    "MiB that may be kept; what was not used for longest goes first",
    GAMUT_INT, 0, 1, 1048576 },
  /* time */
  { "timeout", ENV("TIMEOUT"), NULL, NULL,
    "give a job back after this long; it goes on at the vendor", GAMUT_MSEC,
    0, 0, 0 },
  { "poll_interval", ENV("POLL_INTERVAL"), NULL, NULL,
    "time between two looks at a job, instead of what is usual for its model",
    GAMUT_MSEC, 0, 0, 0 },
  { "retry_attempts", ENV("RETRY_ATTEMPTS"), "3", NULL,
    "tries of one link", GAMUT_INT, 0, 1, 20 },
  { "retry_max_wait", ENV("RETRY_MAX_WAIT"), "8s", NULL,
    "longest wait between two tries", GAMUT_MSEC, 0, 0, 0 },
  { "breaker", ENV("BREAKER"), "yes", NULL,
    "pass over a model of a route that has failed again and again, for a while",
    GAMUT_BOOL, 0, 0, 0 },
  { "breaker_failures", ENV("BREAKER_FAILURES"), "5", NULL,
    "failures in a row that make it so", GAMUT_INT, 0, 1, 1000 },
  { "breaker_time", ENV("BREAKER_TIME"), "30s", NULL,
    "for how long, the first time; then twice as long, up to 5 minutes",
    GAMUT_MSEC, 0, 1, 3600000 },
  { "breaker_away", ENV("BREAKER_AWAY"), "10m", NULL,
    "for how long when the vendor refuses the key, or the account has no credit",
    GAMUT_MSEC, 0, 1, 86400000 },
  /* network */
  { "max_per_host", ENV("MAX_PER_HOST"), "64", NULL,
    "exchanges at once with one host", GAMUT_INT, 0, 1, 1024 },
  { "max_connections", ENV("MAX_CONNECTIONS"), "256", NULL,
    "exchanges at once in all", GAMUT_INT, 0, 1, 4096 },
  { "reply_budget", ENV("REPLY_BUDGET"), "256", NULL,
    "MiB of replies held in memory at once, over all jobs; transfers wait for "
    "room beyond it", GAMUT_INT, 0, 1, 65536 },
  { "ca_file", ENV("CA_FILE"), NULL, NULL,
    "certificates to trust instead of the system's", GAMUT_PATH, 0, 0, 0 },
  { "endpoints", ENV("ENDPOINTS"), NULL, NULL,
    "URL prefixes mapped to others: JSON, or @file", GAMUT_STRING, 0, 0, 0 },
  /* places */
  { "plugin_path", ENV("PLUGIN_PATH"), NULL, NULL,
    "folders of plugins, separated by colons, instead of the standard ones",
    GAMUT_STRING, 0, 0, 0 },
  { "plugin_trust", ENV("PLUGIN_TRUST"), "strict", "strict|any",
    "strict: load no plugin that other users could have written",
    GAMUT_CHOICE, 0, 0, 0 },
  { "catalog_path", ENV("CATALOG_PATH"), NULL, NULL,
    "folder of the catalog", GAMUT_PATH, 0, 0, 0 },
  { "store", ENV("STORE"), "auto", NULL,
    "where jobs are kept: a store's name (sqlite), memory for nowhere, auto for "
    "sqlite where it can be had", GAMUT_STRING, 0, 0, 0 },
  { "state_dir", ENV("STATE_DIR"), NULL, NULL,
    "folder of the store, instead of gamut in $XDG_STATE_HOME", GAMUT_PATH, 0,
    0, 0 },
  { "keep_jobs", ENV("KEEP_JOBS"), "365d", NULL,
    "for how long the store remembers jobs that have ended, which is how far "
    "back gamut history goes; preset a year", GAMUT_MSEC, 0, 0, 0 },
  { "sync_files", ENV("SYNC_FILES"), "yes", NULL,
    "a file is on the disk before it gets its name", GAMUT_BOOL, 0, 0, 0 },
  /* seeing */
  { "log_level", ENV("LOG_LEVEL"), "warn", "debug|info|warn|error",
    "lines below are dropped", GAMUT_CHOICE, 0, 0, 0 },
  { "log_format", ENV("LOG_FORMAT"), "text", "text|json",
    "form of the lines", GAMUT_CHOICE, 0, 0, 0 },
  { "log_target", ENV("LOG_TARGET"), NULL, "stderr|file|syslog",
    "where the lines go, instead of to the program; the level is info then, when "
    "none is set", GAMUT_CHOICE, 0, 0, 0 },
  { "log_file", ENV("LOG_FILE"), NULL, NULL,
    "the file to append them to; processes may share it, and it is opened anew "
    "when it was rotated", GAMUT_PATH, 0, 0, 0 },
  { "metrics_file", ENV("METRICS_FILE"), NULL, NULL,
    "add what was counted to this file, in the format of Prometheus", GAMUT_PATH,
    0, 0, 0 },
  { "otlp_endpoint", "OTEL_EXPORTER_OTLP_ENDPOINT", NULL, NULL,
    "send traces to this collector, as OTLP over HTTP in JSON", GAMUT_STRING, 0,
    0, 0 },
  { "service_name", "OTEL_SERVICE_NAME", NULL, NULL,
    "what traces call this program; gamut when nothing does", GAMUT_STRING, 0, 0,
    0 },
  { "propagate_trace", ENV("PROPAGATE_TRACE"), "no", NULL,
    "send vendors a traceparent header, which their own clients do not",
    GAMUT_BOOL, 0, 0, 0 },
  { "correlation_id", ENV("CORRELATION_ID"), NULL, NULL,
    "put into every record, to find it again", GAMUT_STRING, 0, 0, 0 },
  { NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0 },
};
/* clang-format on */
