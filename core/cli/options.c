/* options.c - every option, in one table.
 *
 * A row says all there is to know about an option; parser, --help, completions
 * and man page only walk over the rows.  There is no option for a key, and none
 * may be added: whoever lists processes would see it.
 */
#include "options.h"
#include <gamut/gamut.h>
#include <stdio.h>
#include <string.h>

const char *const cli_group_titles[CLI_GROUPS] = {
  [CLI_G_WHAT] = "What to make",
  [CLI_G_INPUT] =
    "Inputs, each a file, URL, data: URI or - (standard input); repeatable",
  [CLI_G_OUTPUT] = "Output",
  [CLI_G_ROUTE] = "Money, time and failures",
  [CLI_G_JOBS] = "Jobs",
  [CLI_G_ASK] = "Asking a vendor",
  [CLI_G_GENERAL] = "General",
};

#define MAKE    .verbs = CLI_IN_MAKE
#define WHAT    .group = CLI_G_WHAT, .verbs = CLI_IN_SHAPE | CLI_IN_PRICED
#define INPUT                                                                  \
  .group = CLI_G_INPUT, .flags = CLI_REPEAT, .verbs = CLI_IN_PRICED
#define ROUTE   .group = CLI_G_ROUTE, .verbs = CLI_IN_SHAPE
#define PRICED  .group = CLI_G_ROUTE, .verbs = CLI_IN_SHAPE | CLI_IN_PRICED
#define COLLECT .verbs = CLI_IN_SHAPE | CLI_IN_COLLECT
#define JOBS    .group = CLI_G_JOBS
#define ASK     .group = CLI_G_ASK
#define GENERAL .group = CLI_G_GENERAL
#define FIELD(n, a, t)                                                         \
  .name = (n), .arg = (a), .what = CLI_O_FIELD, .target = (t)
#define FLAG(n, t, v)                                                          \
  .name = (n), .what = CLI_O_FIELD, .target = (t), .value = (v)
#define SOURCE(n, t)                                                           \
  .name = (n), .arg = "SOURCE", .what = CLI_O_INPUT, .target = (t),            \
  .complete = CLI_C_FILE

/* clang-format off */
const struct cli_option cli_options[] = {
  { .name = "prompt", .letter = 'p', .arg = "TEXT", .what = CLI_O_PROMPT,
    .group = CLI_G_WHAT, .verbs = CLI_IN_PRICED,
    .flags = CLI_ONCE,
    .help = "what to make; @FILE reads a file, - standard input, @@TEXT is "
            "TEXT with one @ before it" },
  { .name = "model", .letter = 'm', .arg = "MODEL", .what = CLI_O_MODEL,
    .group = CLI_G_WHAT,
    .verbs = CLI_IN_SHAPE | CLI_IN(CLI_HISTORY) | CLI_IN(CLI_PRICE),
    .flags = CLI_ONCE, .repeat_verbs = CLI_IN(CLI_COMPARE),
    .complete = CLI_C_MODEL,
    .help = "a name (flux), an address (fal:flux), a vendor's id "
            "(fal-ai/flux/dev), a provider alone (fal), or a route of the "
            "configuration (@hero)" },
  { .name = "fallback", .arg = "MODEL", .what = CLI_O_FALLBACK,
    .group = CLI_G_WHAT,
    .verbs = CLI_IN_MAKE_ONE | CLI_IN(CLI_BATCH) | CLI_IN(CLI_PRICE),
    .flags = CLI_REPEAT, .complete = CLI_C_MODEL,
    .help = "try this model next when the one before fails" },
  { FIELD("operation", "NAME", "operation"), WHAT,
    .choices = "text-to-image|image-to-image|edit|text-to-video|"
               "image-to-video|video-to-video|upscale",
    .help = "what to do, where the verb, the model and the inputs do not tell" },
  { FIELD("aspect", "W:H", "aspect_ratio"), WHAT, .flags = CLI_OPEN,
    .choices = "1:1|4:3|3:4|3:2|2:3|16:9|9:16|21:9",
    .help = "aspect ratio" },
  { FIELD("resolution", "NAME", "resolution"), WHAT, .flags = CLI_OPEN,
    .choices = "480p|720p|1080p|1K|2K|4K",
    .help = "resolution by its name" },
  { FIELD("size", "WxH", "size"), WHAT, .help = "size in pixels" },
  { .letter = 'n', .arg = "COUNT", .what = CLI_O_FIELD, .target = "n", WHAT,
    .help = "how many to make" },
  { FIELD("seed", "NUMBER", "seed"), WHAT,
    .help = "the same seed gives the same picture, where the model can" },
  { FIELD("negative", "TEXT", "negative_prompt"), WHAT,
    .help = "what should not be seen" },
  { FIELD("duration", "SECONDS", "duration"), WHAT,
    .help = "length of the video" },
  { FIELD("fps", "NUMBER", "fps"), WHAT, .help = "frames a second" },
  { FLAG("audio", "audio", "true"), WHAT, .help = "make the sound as well" },
  { FLAG("no-audio", "audio", "false"), WHAT, .help = "make no sound" },
  { FIELD("format", "NAME", "format"), WHAT, .flags = CLI_OPEN,
    .choices = "png|jpeg|webp|mp4|webm", .help = "file format" },
  { FIELD("quality", "NAME", "quality"), WHAT, .flags = CLI_OPEN,
    .choices = "low|medium|high|auto", .help = "quality, as the model has it" },
  { FIELD("background", "NAME", "background"), WHAT, .flags = CLI_OPEN,
    .choices = "transparent|opaque|auto", .help = "background of a picture" },
  { FIELD("guidance", "NUMBER", "guidance"), WHAT,
    .help = "how closely to follow the prompt" },
  { FIELD("steps", "COUNT", "steps"), WHAT, .help = "inference steps" },
  { FIELD("strength", "NUMBER", "strength"), WHAT,
    .help = "how far to depart from the input picture, 0 to 1" },
  { FIELD("style", "NAME", "style"), WHAT,
    .help = "a style that the model knows" },
  { .name = "set", .arg = "KEY=JSON", .what = CLI_O_SET, WHAT,
    .flags = CLI_REPEAT,
    .help = "a parameter of the vendor's own, passed through: "
            "--set num_inference_steps=40" },
  { .name = "option", .arg = "KEY=JSON", .what = CLI_O_OPTION, WHAT,
    .flags = CLI_REPEAT,
    .help = "an option of the provider about how the job is run: "
            "--option priority=low" },

  { SOURCE("image", "image"), INPUT, .help = "picture to start from" },
  { SOURCE("mask", "mask"), INPUT,
    .help = "where to change the picture: the mask of an edit" },
  { SOURCE("first-frame", "first_frame"), INPUT,
    .help = "first picture of a video" },
  { SOURCE("last-frame", "last_frame"), INPUT,
    .help = "last picture of a video" },
  { SOURCE("reference", "reference"), INPUT,
    .help = "picture of a person, a thing or a style to keep to" },
  { SOURCE("video", "video"), INPUT, .help = "video to start from" },
  { SOURCE("audio-input", "audio"), INPUT, .help = "sound to go with it" },

  { .name = "output", .letter = 'o', .arg = "FILE", .what = CLI_O_OUTPUT,
    .group = CLI_G_OUTPUT, .verbs = CLI_IN_MAKE | CLI_IN_COLLECT, .flags = CLI_ONCE, .complete = CLI_C_FILE,
    .help = "where to write: a file, a template with {job} {index} {model} "
            "{provider} {ext} {seed} {date}, or - for standard output (generate, "
            "video, edit); its ending asks for a format; preset: the first "
            "words of the prompt, or as the job was submitted; compare: a folder" },
  { FLAG("force", "force", "true"), .group = CLI_G_OUTPUT, COLLECT,
    .help = "write over files (else a name that is taken is refused, "
            "before it costs anything)" },
  { FLAG("no-download", "download", "false"), .group = CLI_G_OUTPUT,
    .verbs = CLI_IN_MAKE_ONE | CLI_IN(CLI_BATCH) | CLI_IN_COLLECT,
    .help = "write no file: leave it at the vendor and print its URL" },
  { FIELD("stream", "N", "partials"), .group = CLI_G_OUTPUT,
    .verbs = CLI_IN_PRICED & ~CLI_IN(CLI_COMPARE), .value = "2",
    .flags = CLI_MAYBE,
    .help = "show and keep drafts while it is made, FILE.partial-1.png and so "
            "on: up to N (preset 2) where the vendor asks how many; some "
            "charge for each" },
  { .name = "preview", .what = CLI_O_PREVIEW, .group = CLI_G_OUTPUT,
    .verbs = CLI_IN_MAKE_ONE | CLI_IN_COLLECT | CLI_IN(CLI_HISTORY),
    .help = "show the picture in the terminal, in blocks where it has no pixels; "
            "those of kitty, iTerm2 and sixel show it without being asked" },
  { .name = "no-preview", .what = CLI_O_NO_PREVIEW, .group = CLI_G_OUTPUT,
    .verbs = CLI_IN_MAKE_ONE | CLI_IN_COLLECT | CLI_IN(CLI_HISTORY),
    .help = "show no picture in the terminal" },
  { FLAG("sidecar", "sidecar", "true"), .group = CLI_G_OUTPUT, COLLECT,
    .help = "write FILE.json beside it: model, prompt, seed, cost, hash" },

  { FIELD("timeout", "TIME", "timeout"), .group = CLI_G_ROUTE, COLLECT,
    .help = "wait no longer: 90, 90s, 5m; the job then goes on at the vendor; "
            "0: no limit" },
  { FIELD("attempt-timeout", "TIME", "attempt_timeout"), ROUTE,
    .help = "then try the next model, if this one's job can still be "
            "cancelled" },
  { FIELD("hedge", "p95|TIME|off", "hedge"), ROUTE,
    .help = "when it takes longer, let the next model begin as well; the first "
            "result wins; up to twice the price" },
  { FLAG("spread", "spread", "true"), ROUTE,
    .help = "-n pictures by several models at once, each a part" },
  { FLAG("no-spread", "spread", "false"), ROUTE,
    .help = "by one model, whatever the route says" },
  { FIELD("max-cost", "USD", "max_cost"), PRICED,
    .help = "send nothing that costs more, or whose price is not known" },
  { FLAG("allow-unknown-cost", "allow_unknown_cost", "true"), PRICED,
    .help = "with --max-cost and budgets: let models of unknown price pass" },
  { FIELD("prefer", "HOW", "prefer"), ROUTE,
    .choices = "order|cheapest|fastest|balanced",
    .help = "which of the models comes first: as named, or by price, by time, "
            "or by both" },
  { FIELD("on-blocked", "WHAT", "on_blocked"), ROUTE, .choices = "stop|next",
    .help = "after a refusal by content policy: stop, or try the next model" },
  { FLAG("nearest", "check", "nearest"), PRICED,
    .help = "take the closest value that the model allows, and say so" },
  { FLAG("no-check", "check", "pass"), PRICED,
    .help = "do not compare the request with the catalog" },
  { FIELD("resubmit", "WHEN", "resubmit"), .group = CLI_G_ROUTE, COLLECT,
    .choices = "never|cheap|always",
    .help = "send again what may have been charged: cheap, the preset, is up to "
            "$0.05; of wait, fetch and resume it is never" },
  { .name = "dry-run", .what = CLI_O_DRY_RUN,
    .group = CLI_G_ROUTE, .verbs = CLI_IN_MAKE_ONE,
    .help = "print what would be sent and its price, and end as the request would "
            "if it cannot be; send nothing" },
  { .name = "no-store", .what = CLI_O_NO_STORE, ROUTE,
    .help = "write no job down: what this process begins is forgotten with it" },
  { FIELD("cache", "MODE", "cache"), ROUTE, .choices = "use|refresh|off",
    .help = "what was made before for the same request, with the same seed: "
            "give that (use, the preset), make it anew, or neither look nor "
            "keep" },
  { FIELD("correlation-id", "ID", "correlation_id"), ROUTE,
    .help = "goes into every log record of the job" },
  { FIELD("traceparent", "CONTEXT", "traceparent"), ROUTE,
    .help = "the trace that it belongs to (W3C); preset: $TRACEPARENT" },
  { FIELD("user", "NAME", "user"), ROUTE,
    .help = "for whom it is made: in the books, and for vendors that ask" },
  { FIELD("project", "NAME", "project"), ROUTE,
    .help = "what it is made for, in the books only" },
  { FIELD("tag", "WORD", "tag"), ROUTE, .flags = CLI_REPEAT,
    .help = "a word for the books only, or several: a,b" },
  { FIELD("webhook", "URL", "webhook"), ROUTE,
    .help = "where the vendor reports the end of the job" },
  { .name = "listen", .arg = "PORT", .what = CLI_O_LISTEN,
    .group = CLI_G_ROUTE, .verbs = CLI_IN_MAKE_ONE | CLI_IN(CLI_BATCH),
    .flags = CLI_ONCE,
    .help = "take the vendor's report at 127.0.0.1:PORT, where the URL of "
            "--webhook (or of the vendor's console) leads, and look at once what "
            "became of the job, instead of at the next poll" },

  { .name = "state", .arg = "STATE", .what = CLI_O_STATE, JOBS,
    .choices = GAMUT_JOB_STATES,
    .verbs = CLI_IN_LIST, .help = "only jobs in this state" },
  { .name = "provider", .arg = "NAME", .what = CLI_O_PROVIDER, JOBS,
    .verbs = CLI_IN_LIST, .help = "only jobs of this provider" },
  { .name = "since", .arg = "TIME", .what = CLI_O_SINCE, JOBS,
    .verbs = CLI_IN_LIST,
    .help = "only jobs begun since: 24h, 7d, or a day: 2026-11-28" },
  { .name = "search", .arg = "WORDS", .what = CLI_O_SEARCH, JOBS,
    .verbs = CLI_IN(CLI_HISTORY),
    .help = "only jobs with each of these words in the prompt, the model, the "
            "id or the path of a file" },
  { .name = "limit", .arg = "COUNT", .what = CLI_O_LIMIT, JOBS,
    .verbs = CLI_IN(CLI_HISTORY),
    .help = "so many at most, the latest; preset 20 in words, else all" },
  { .name = "html", .arg = "FOLDER", .what = CLI_O_HTML, JOBS,
    .complete = CLI_C_FILE, .verbs = CLI_IN(CLI_HISTORY), .flags = CLI_ONCE,
    .help = "write a page of them, FOLDER/index.html, with the files beside it: "
            "it needs no server and no network, and can be moved" },
  { .name = "link", .what = CLI_O_LINK, JOBS, .verbs = CLI_IN(CLI_HISTORY),
    .help = "with --html: show the files where they are, instead" },
  { .name = "charged", .what = CLI_O_CHARGED, JOBS, .verbs = CLI_IN(CLI_JOBS),
    .help = "settle: the vendor has charged for it" },
  { .name = "not-charged", .what = CLI_O_NOT_CHARGED, JOBS,
    .verbs = CLI_IN(CLI_JOBS), .help = "settle: it has not" },
  { .name = "all", .what = CLI_O_ALL, JOBS, .verbs = CLI_IN(CLI_RESUME),
    .help = "every job that nobody drives: what resume does without an ID" },

  { .name = "remote", .arg = "PROVIDER", .what = CLI_O_REMOTE, ASK,
    .flags = CLI_ONCE, .verbs = CLI_IN(CLI_MODELS) | CLI_IN(CLI_USAGE_VERB),
    .help = "ask this vendor instead of looking at home" },
  { .name = "refresh", .what = CLI_O_REFRESH, ASK,
    .verbs = CLI_IN(CLI_MODELS),
    .help = "ask the vendors whose keys are set for their models, and add what "
            "they say to the catalog; with --remote only that one" },
  { .name = "period", .arg = "PERIOD", .what = CLI_O_PERIOD, ASK,
    .choices = "day|week|month|year", .flags = CLI_OPEN,
    .verbs = CLI_IN(CLI_USAGE_VERB),
    .help = "usage of the present day, week, month (preset) or year, or of "
            "both days and those between: 2026-11-01..2026-11-30" },
  { .name = "by", .arg = "WHAT", .what = CLI_O_BY, ASK,
    .choices = "provider|model|project|user|tag|day|status",
    .verbs = CLI_IN(CLI_USAGE_VERB), .help = "a line for each of them" },
  { .name = "csv", .what = CLI_O_CSV, ASK, .verbs = CLI_IN(CLI_USAGE_VERB),
    .help = "as comma-separated values" },
  { .name = "from", .arg = "DATE", .what = CLI_O_FROM, ASK,
    .verbs = CLI_IN(CLI_USAGE_VERB), .help = "usage from this day on: 2026-11-01" },
  { .name = "to", .arg = "DATE", .what = CLI_O_TO, ASK,
    .verbs = CLI_IN(CLI_USAGE_VERB), .help = "usage before this day" },
  { .name = "key-file", .arg = "FILE", .what = CLI_O_KEY_FILE, ASK,
    .complete = CLI_C_FILE, .verbs = CLI_IN(CLI_KEYS),
    .help = "the key to store or check; preset: standard input" },
  { .name = "headers", .arg = "FILE", .what = CLI_O_HEADERS, ASK,
    .complete = CLI_C_FILE, .verbs = CLI_IN(CLI_WEBHOOK),
    .help = "the delivery's headers, a line each: Name: value" },
  { .name = "body", .arg = "FILE", .what = CLI_O_BODY, ASK,
    .complete = CLI_C_FILE, .verbs = CLI_IN(CLI_WEBHOOK),
    .help = "the delivery's body, byte for byte" },
  { .name = "port", .arg = "PORT", .what = CLI_O_PORT, ASK, .flags = CLI_ONCE,
    .verbs = CLI_IN(CLI_WEBHOOK),
    .help = "where to listen on 127.0.0.1; 0: any port that is free" },
  { .letter = 'j', .arg = "COUNT", .what = CLI_O_AT_ONCE, JOBS,
    .verbs = CLI_IN(CLI_BATCH), .help = "so many jobs at once; preset 16" },
  { .name = "deadline", .arg = "TIME", .what = CLI_O_DEADLINE, JOBS,
    .verbs = CLI_IN(CLI_BATCH),
    .help = "begin no line later than this, and leave those under way to "
            "their vendors: 90, 5m, 2h; --resume goes on" },
  { .name = "out-dir", .arg = "FOLDER", .what = CLI_O_OUT_DIR, JOBS,
    .complete = CLI_C_FILE, .verbs = CLI_IN(CLI_BATCH),
    .help = "where the files go; made when it is not there" },
  { .name = "resume", .what = CLI_O_RESUME, JOBS,
    .verbs = CLI_IN(CLI_WEBHOOK) | CLI_IN(CLI_BATCH),
    .help = "batch: go on with what was begun before; listen: go on with the jobs that no process drives, also with those "
            "that are left while it listens" },

  { .name = "json", .what = CLI_O_JSON, GENERAL,
    .verbs = CLI_IN_MAKE | CLI_IN_LOOK,
    .help = "print one JSON document on standard output; wait, resume and "
            "cancel: one a job, each on a line" },
  { .name = "quiet", .letter = 'q', .what = CLI_O_QUIET, GENERAL,
    .verbs = CLI_IN_MAKE | CLI_IN_LOOK,
    .help = "no progress, only the paths of the files" },
  { .name = "verbose", .letter = 'v', .what = CLI_O_VERBOSE, GENERAL,
    .flags = CLI_REPEAT, .verbs = CLI_IN_MAKE | CLI_IN_LOOK,
    .help = "say more; twice: everything" },
  { .name = "log-format", .arg = "FORMAT", .what = CLI_O_LOG_FORMAT, GENERAL,
    .choices = "text|json", .verbs = CLI_IN_MAKE | CLI_IN_LOOK,
    .help = "form of the log lines on standard error" },
  { .name = "metrics-file", .arg = "FILE", .what = CLI_O_METRICS_FILE, GENERAL,
    .complete = CLI_C_FILE, .verbs = CLI_IN_MAKE | CLI_IN_LOOK,
    .help = "add what was counted to this file, for Prometheus" },
  { .name = "config", .arg = "FILE", .what = CLI_O_CONFIG, GENERAL,
    .complete = CLI_C_FILE, .verbs = CLI_IN_MAKE | CLI_IN_LOOK,
    .help = "read this configuration instead of the usual one" },
  { .name = "help", .letter = 'h', .what = CLI_O_HELP, GENERAL,
    .verbs = CLI_IN_ALL, .help = "explain" },
  { .name = "version", .letter = 'V', .what = CLI_O_VERSION, GENERAL,
    .verbs = CLI_IN_ALL, .help = "print the version" },
};
/* clang-format on */
const size_t cli_options_count = CLI_LEN(cli_options);

const struct cli_option *cli_option_find(const char *name, size_t len)
{
  size_t i;

  for (i = 0; i < CLI_LEN(cli_options); i++) {
    const char *n = cli_options[i].name;

    if (n && strlen(n) == len && memcmp(n, name, len) == 0)
      return &cli_options[i];
  }
  return NULL;
}

const struct cli_option *cli_option_letter(char letter)
{
  size_t i;

  for (i = 0; i < CLI_LEN(cli_options); i++) {
    if (letter && cli_options[i].letter == letter)
      return &cli_options[i];
  }
  return NULL;
}

const char *cli_option_label(const struct cli_option *o, char buf[40])
{
  if (o->name)
    snprintf(buf, 40, "--%s", o->name);
  else
    snprintf(buf, 40, "-%c", o->letter);
  return buf;
}

const char *cli_option_argument(const struct cli_option *o, char buf[40])
{
  if (!o->arg)
    return "";
  if (o->flags & CLI_MAYBE)
    snprintf(buf, 40, "[=%s]", o->arg);
  else
    snprintf(buf, 40, " %s", o->arg);
  return buf;
}

bool cli_choice_next(const char **choices, const char **ret, size_t *ret_len)
{
  const char *c = *choices;

  if (!c || !*c)
    return false;
  *ret = c;
  *ret_len = strcspn(c, "|");
  *choices = c + *ret_len + (c[*ret_len] == '|');
  return true;
}

bool cli_choice_has(const char *choices, const char *word)
{
  const char *c;
  size_t len;

  while (cli_choice_next(&choices, &c, &len)) {
    if (strlen(word) == len && memcmp(c, word, len) == 0)
      return true;
  }
  return false;
}
