/* options.h - the tables that the parser, --help, the completions and the man
 * page are printed from. */
#ifndef GAMUT_CLI_OPTIONS_H
#define GAMUT_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLI_LEN(a) (sizeof(a) / sizeof((a)[0]))

enum cli_verb_id {
  CLI_GENERATE,
  CLI_VIDEO,
  CLI_EDIT,
  CLI_SUBMIT,
  CLI_COMPARE,
  CLI_EXPLAIN,
  CLI_BATCH,
  CLI_PRICE,
  CLI_WAIT,
  CLI_FETCH,
  CLI_RESUME,
  CLI_CANCEL,
  CLI_JOBS,
  CLI_STATUS,
  CLI_LOGS,
  CLI_HISTORY,
  CLI_CACHE,
  CLI_MODELS,
  CLI_PROVIDERS,
  CLI_CONFIG,
  CLI_DOCTOR,
  CLI_BALANCE,
  CLI_USAGE_VERB,
  CLI_BUDGETS,
  CLI_KEYS,
  CLI_HEALTH,
  CLI_WEBHOOK,
  CLI_COMPLETION,
  CLI_HELP,
  CLI_MAN,
  CLI_VERBS
};
_Static_assert(CLI_VERBS < 32, "sets of verbs are masks of 32 bits");

#define CLI_IN(verb) (1u << (verb))
#define CLI_IN_ALL   (CLI_IN(CLI_VERBS) - 1)
#define CLI_IN_MAKE                                                            \
  (CLI_IN(CLI_GENERATE) | CLI_IN(CLI_VIDEO) | CLI_IN(CLI_EDIT) |               \
   CLI_IN(CLI_SUBMIT) | CLI_IN(CLI_EXPLAIN) | CLI_IN(CLI_COMPARE))
/* ... with a single model and a single job. */
#define CLI_IN_MAKE_ONE (CLI_IN_MAKE & ~CLI_IN(CLI_COMPARE))
/* What a batch takes for all its lines: all but the prompt, inputs and -o. */
#define CLI_IN_SHAPE (CLI_IN_MAKE | CLI_IN(CLI_BATCH))
/* What a price may depend on. */
#define CLI_IN_PRICED (CLI_IN_MAKE | CLI_IN(CLI_PRICE))
/* What brings the files of jobs that are under way somewhere. */
#define CLI_IN_COLLECT                                                         \
  (CLI_IN(CLI_WAIT) | CLI_IN(CLI_FETCH) | CLI_IN(CLI_RESUME))
#define CLI_IN_JOBS /* about jobs of before */                                 \
  (CLI_IN_COLLECT | CLI_IN(CLI_CANCEL) | CLI_IN(CLI_STATUS) | CLI_IN(CLI_LOGS))
#define CLI_IN_LOOK                                                            \
  (CLI_IN(CLI_MODELS) | CLI_IN(CLI_PROVIDERS) | CLI_IN(CLI_CONFIG) |           \
   CLI_IN(CLI_DOCTOR) | CLI_IN(CLI_PRICE) | CLI_IN_ASK | CLI_IN_COLLECT |       \
   CLI_IN(CLI_CANCEL) | CLI_IN(CLI_BATCH) | CLI_IN(CLI_JOBS) |                 \
   CLI_IN(CLI_STATUS) | CLI_IN(CLI_LOGS) | CLI_IN(CLI_HISTORY) |               \
   CLI_IN(CLI_CACHE) | CLI_IN(CLI_BUDGETS))
/* What lists jobs. */
#define CLI_IN_LIST (CLI_IN(CLI_JOBS) | CLI_IN(CLI_HISTORY))
#define CLI_IN_ASK                                                             \
  (CLI_IN(CLI_BALANCE) | CLI_IN(CLI_USAGE_VERB) | CLI_IN(CLI_KEYS) |           \
   CLI_IN(CLI_HEALTH) | CLI_IN(CLI_WEBHOOK))

/* What an option means.  FIELD and INPUT say all in their row; each of the
 * others is looked for by somebody. */
enum cli_what {
  CLI_O_FIELD, /* gamut_request_set(target, value) */
  CLI_O_INPUT, /* gamut_request_input(target, value) */
  CLI_O_PROMPT,
  CLI_O_MODEL,
  CLI_O_FALLBACK,
  CLI_O_OUTPUT,
  CLI_O_SET,
  CLI_O_OPTION,
  CLI_O_DRY_RUN,
  CLI_O_REMOTE,
  CLI_O_REFRESH,
  CLI_O_PERIOD,
  CLI_O_BY,
  CLI_O_CSV,
  CLI_O_FROM,
  CLI_O_TO,
  CLI_O_KEY_FILE,
  CLI_O_HEADERS,
  CLI_O_BODY,
  CLI_O_STATE,
  CLI_O_PROVIDER,
  CLI_O_SINCE,
  CLI_O_SEARCH,
  CLI_O_LIMIT,
  CLI_O_HTML,
  CLI_O_LINK,
  CLI_O_PREVIEW,
  CLI_O_NO_PREVIEW,
  CLI_O_CHARGED,
  CLI_O_NOT_CHARGED,
  CLI_O_ALL,
  CLI_O_PORT,
  CLI_O_LISTEN,
  CLI_O_NO_STORE,
  CLI_O_RESUME,
  CLI_O_AT_ONCE,
  CLI_O_DEADLINE,
  CLI_O_OUT_DIR,
  CLI_O_JSON,
  CLI_O_QUIET,
  CLI_O_VERBOSE,
  CLI_O_LOG_FORMAT,
  CLI_O_METRICS_FILE,
  CLI_O_CONFIG,
  CLI_O_HELP,
  CLI_O_VERSION
};

enum cli_group {
  CLI_G_WHAT,
  CLI_G_INPUT,
  CLI_G_OUTPUT,
  CLI_G_ROUTE,
  CLI_G_JOBS,
  CLI_G_ASK,
  CLI_G_GENERAL,
  CLI_GROUPS
};

/* What a shell offers for the argument, when there are no choices. */
enum cli_complete { CLI_C_NONE, CLI_C_FILE, CLI_C_MODEL };

enum {
  CLI_REPEAT = 1u << 0, /* may be given more than once */
  CLI_ONCE = 1u << 1,   /* twice is a mistake; of others the last one counts */
  CLI_OPEN = 1u << 2,   /* the choices are suggestions only */
  CLI_MAYBE = 1u << 3   /* the argument may be left out: --stream, --stream=3;
                           `value` then stands for it */
};

struct cli_option {
  const char *name; /* without dashes, or NULL */
  char letter;      /* or 0 */
  const char *arg;  /* what --help calls its argument; NULL: a flag */
  enum cli_what what;
  const char *target;  /* of FIELD and INPUT */
  const char *value;   /* of a flag that sets a field; see CLI_MAYBE */
  const char *choices; /* "a|b|c", or NULL */
  enum cli_complete complete;
  enum cli_group group;
  uint32_t flags;
  uint32_t verbs;        /* CLI_IN_... */
  uint32_t repeat_verbs; /* in these CLI_ONCE does not hold */
  const char *help;
};
extern const struct cli_option cli_options[];
extern const size_t cli_options_count;
extern const char *const cli_group_titles[CLI_GROUPS];

struct cli_example {
  const char *command, *what;
};
struct cli_verb {
  enum cli_verb_id id;
  const char *name;
  const char *args;    /* what follows it besides options, or NULL */
  const char *summary; /* one line */
  const char *help;    /* a paragraph, or NULL */
  const char *choices; /* of its first word, or NULL */
  size_t min_words, max_words;
  bool hidden;
  struct cli_example examples[6]; /* up to the first without command */
};
extern const struct cli_verb cli_verbs[CLI_VERBS];

/* Exit codes and what they mean; ends with meaning NULL. */
struct cli_exit {
  int code;
  const char *classes, *meaning;
};
extern const struct cli_exit cli_exits[];

/* What the environment means to the program itself; ends with NULL. */
struct cli_variable {
  const char *name, *help;
};
extern const struct cli_variable cli_variables[];

/* The verb of this name, hidden ones too, or NULL. */
const struct cli_verb *cli_verb_find(const char *name);

/* By name without dashes (the first `len` bytes of it), or by letter. */
const struct cli_option *cli_option_find(const char *name, size_t len);
const struct cli_option *cli_option_letter(char letter);

/* What follows the name in explanations: " N", "[=N]", "". */
const char *cli_option_argument(const struct cli_option *o, char buf[40]);

/* "--size" or "-n"; of the static table, so it lives as long as `buf`. */
const char *cli_option_label(const struct cli_option *o, char buf[40]);

/* Walk over "a|b|c": the next piece, false at the end. */
bool cli_choice_next(const char **choices, const char **ret, size_t *ret_len);
bool cli_choice_has(const char *choices, const char *word);

#endif
