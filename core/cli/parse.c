/* parse.c - reads argv by the tables.
 *
 * getopt_long() is not used: it knows no verbs, does not suggest, and accepts
 * any unique beginning, which turns a new option into a broken script.  An
 * option that takes an argument takes the next word whatever it looks like, so
 * that --seed -1 arrives where its mistake can be explained.
 */
#include "parse.h"
#include "out.h"
#include "suggest.h"
#include <stdlib.h>
#include <string.h>

struct reader {
  int argc, at;
  char **argv;
  struct cli_args *args;
  bool verb_given, stop;
};

static int see_help(const struct cli_verb *verb)
{
  if (verb)
    cli_hint("gamut help %s lists its options", verb->name);
  else
    cli_hint("gamut --help explains");
  return CLI_USAGE;
}

int cli_unknown_verb(const char *word)
{
  struct cli_guess g;
  size_t i;

  cli_guess_begin(&g, word, strlen(word));
  for (i = 0; i < CLI_VERBS; i++) {
    if (!cli_verbs[i].hidden)
      cli_guess_offer(&g, cli_verbs[i].name, strlen(cli_verbs[i].name));
  }
  cli_error("there is no verb '%s'", word);
  if (g.best)
    cli_hint("did you mean: gamut %s", g.best);
  else
    cli_hint("a prompt goes after -p: gamut -p '%s'", word);
  return CLI_USAGE;
}

static int unknown_option(const struct reader *r, const char *name, size_t len)
{
  uint32_t in = CLI_IN(r->args->verb->id);
  struct cli_guess g;
  size_t i;

  cli_guess_begin(&g, name, len);
  for (i = 0; i < cli_options_count; i++) {
    const struct cli_option *o = &cli_options[i];

    if (o->name && o->verbs & in)
      cli_guess_offer(&g, o->name, strlen(o->name));
  }
  cli_error("there is no option '--%.*s'", (int)len, name);
  if (len == 3 && memcmp(name, "key", 3) == 0)
    cli_hint("keys come from the environment or the configuration; gamut "
             "providers -v names the variables");
  else if (g.best)
    cli_hint("did you mean --%s?", g.best);
  else
    return see_help(r->args->verb);
  return CLI_USAGE;
}

static int unknown_letter(const struct reader *r, const char *letter)
{
  /* A whole character, should it be more than a byte. */
  size_t len = 1;

  while (((unsigned char)letter[len] & 0xc0) == 0x80)
    len++;
  cli_error("there is no option '-%.*s'", (int)len, letter);
  return see_help(r->args->verb);
}

static int bad_choice(const struct cli_option *o, const char *value)
{
  const char *choices = o->choices, *c;
  struct cli_guess g;
  char label[40], list[128] = "";
  size_t len, used = 0;

  cli_guess_begin(&g, value, strlen(value));
  cli_guess_choices(&g, choices);
  while (cli_choice_next(&choices, &c, &len) && used + len + 3 < sizeof(list)) {
    if (used) {
      memcpy(list + used, ", ", 2);
      used += 2;
    }
    memcpy(list + used, c, len);
    used += len;
    list[used] = '\0';
  }
  cli_error("%s cannot be '%s', only one of: %s", cli_option_label(o, label),
            value, list);
  if (g.best)
    cli_hint("did you mean %.*s?", (int)g.best_len, g.best);
  return CLI_USAGE;
}

static int add(struct reader *r, const struct cli_option *o, const char *value)
{
  struct cli_args *a = r->args;
  char label[40];

  if (!(o->verbs & CLI_IN(a->verb->id))) {
    cli_error("%s has no meaning for 'gamut %s'", cli_option_label(o, label),
              a->verb->name);
    return see_help(a->verb);
  }
  if (o->flags & CLI_ONCE && !(o->repeat_verbs & CLI_IN(a->verb->id)) &&
      cli_args_count(a, o->what)) {
    cli_error("%s is given twice", cli_option_label(o, label));
    if (o->what == CLI_O_MODEL)
      cli_hint("--fallback names the models to try next");
    return CLI_USAGE;
  }
  if (o->choices && !(o->flags & CLI_OPEN) &&
      !cli_choice_has(o->choices, value))
    return bad_choice(o, value);
  a->given[a->n_given++] = (struct cli_given){ o, value };
  r->stop = o->what == CLI_O_HELP || o->what == CLI_O_VERSION;
  return 0;
}

/* `attached` is what stood in the same word, or NULL. */
static int add_argument(struct reader *r, const struct cli_option *o,
                        const char *attached)
{
  char label[40];

  if (attached)
    return add(r, o, attached);
  if (r->at < r->argc)
    return add(r, o, r->argv[r->at++]);
  cli_error("%s needs a value: %s %s", cli_option_label(o, label), label,
            o->arg);
  return CLI_USAGE;
}

static int read_long(struct reader *r, const char *word)
{
  size_t len = strcspn(word, "=");
  const char *attached = word[len] == '=' ? word + len + 1 : NULL;
  const struct cli_option *o = cli_option_find(word, len);

  if (!o)
    return unknown_option(r, word, len);
  if (o->arg && (attached || !(o->flags & CLI_MAYBE)))
    return add_argument(r, o, attached);
  if (attached) {
    cli_error("--%s takes no value", o->name);
    return CLI_USAGE;
  }
  return add(r, o, o->value ? o->value : "");
}

/* -q, -qv, -pTEXT, -qpTEXT, -p TEXT */
static int read_letters(struct reader *r, const char *word)
{
  int rc;

  /* -model would silently ask for the model "odel". */
  if (strlen(word) > 2 && cli_option_find(word, strlen(word))) {
    cli_error("'-%s' is no option", word);
    cli_hint("did you mean --%s?", word);
    return CLI_USAGE;
  }
  for (; *word && !r->stop; word++) {
    const struct cli_option *o = cli_option_letter(*word);

    if (!o)
      return unknown_letter(r, word);
    if (o->arg)
      return add_argument(r, o, word[1] ? word + 1 : NULL);
    rc = add(r, o, o->value ? o->value : "");
    if (rc)
      return rc;
  }
  return 0;
}

static int too_many_words(const struct reader *r, const char *word)
{
  const struct cli_verb *verb = r->args->verb;

  cli_error("'%s' is one word too many", word);
  if (!r->verb_given && cli_verb_find(word))
    cli_hint("the verb comes first: gamut %s ...", word);
  else if (CLI_IN(verb->id) & CLI_IN_MAKE)
    cli_hint("a prompt of several words needs quotes: -p 'a neon fox'");
  else
    return see_help(verb);
  return CLI_USAGE;
}

static int read_word(struct reader *r, const char *word)
{
  struct cli_args *a = r->args;

  if (a->n_words == a->verb->max_words)
    return too_many_words(r, word);
  a->words[a->n_words++] = word;
  return 0;
}

/* Mostly a variable of a script that is not set. */
static bool has_blank_id(const struct cli_args *a)
{
  uint32_t with_ids = CLI_IN_JOBS | CLI_IN(CLI_JOBS);
  size_t i;

  for (i = 0; CLI_IN(a->verb->id) & with_ids && i < a->n_words; i++)
    if (!a->words[i][strspn(a->words[i], " \t\r\n")])
      return true;
  return false;
}

static int check_words(const struct cli_args *a)
{
  const struct cli_verb *verb = a->verb;
  struct cli_guess g;

  if (has_blank_id(a)) {
    cli_error("'gamut %s': an ID is empty", verb->name);
    cli_hint("gamut jobs lists those that are known");
    return CLI_USAGE;
  }

  if (a->n_words < verb->min_words) {
    cli_error("'gamut %s' needs %s", verb->name, verb->args);
    return see_help(verb);
  }
  if (!verb->choices || !a->n_words ||
      cli_choice_has(verb->choices, a->words[0]))
    return 0;
  cli_guess_begin(&g, a->words[0], strlen(a->words[0]));
  cli_guess_choices(&g, verb->choices);
  cli_error("'gamut %s' does not know '%s'", verb->name, a->words[0]);
  if (!g.best)
    return see_help(verb);
  cli_hint("did you mean %.*s?", (int)g.best_len, g.best);
  return CLI_USAGE;
}

static int read_all(struct reader *r)
{
  bool options = true;
  int rc = 0;

  while (!rc && !r->stop && r->at < r->argc) {
    const char *word = r->argv[r->at++];

    if (options && strcmp(word, "--") == 0)
      options = false;
    else if (options && strncmp(word, "--", 2) == 0)
      rc = read_long(r, word + 2);
    else if (options && word[0] == '-' && word[1])
      rc = read_letters(r, word + 1);
    else
      rc = read_word(r, word);
  }
  if (rc || r->stop)
    return rc;
  return check_words(r->args);
}

int cli_parse(int argc, char **argv, struct cli_args *ret)
{
  struct reader r = { .argc = argc, .at = 1, .argv = argv, .args = ret };
  size_t most = 0;
  int i;

  /* Each letter behind a single dash may be an option of its own. */
  for (i = 0; i < argc; i++)
    most += argv[i][0] == '-' && argv[i][1] != '-' ? strlen(argv[i]) : 1;
  *ret = (struct cli_args){ .verb = &cli_verbs[CLI_GENERATE] };
  ret->given = calloc(most + 1, sizeof(*ret->given));
  ret->words = calloc((size_t)argc + 1, sizeof(*ret->words));
  if (!ret->given || !ret->words)
    return cli_no_memory();
  if (argc > 1 && argv[1][0] != '-') {
    ret->verb = cli_verb_find(argv[1]);
    if (!ret->verb)
      return cli_unknown_verb(argv[1]);
    r.verb_given = true;
    r.at = 2;
  }
  return read_all(&r);
}

void cli_args_finish(struct cli_args *a)
{
  free(a->given);
  free(a->words);
  *a = (struct cli_args){ 0 };
}

const char *cli_args_get(const struct cli_args *a, enum cli_what what)
{
  size_t i;

  for (i = a->n_given; i-- > 0;) {
    if (a->given[i].option->what == what)
      return a->given[i].value;
  }
  return NULL;
}

int cli_args_idle(const struct cli_args *a, enum cli_what what,
                  const char *where)
{
  char label[40];
  size_t i;

  for (i = 0; i < a->n_given; i++) {
    if (a->given[i].option->what != what)
      continue;
    cli_error("%s has no meaning %s",
              cli_option_label(a->given[i].option, label), where);
    return see_help(a->verb);
  }
  return 0;
}

size_t cli_args_count(const struct cli_args *a, enum cli_what what)
{
  size_t i, n = 0;

  for (i = 0; i < a->n_given; i++)
    n += a->given[i].option->what == what;
  return n;
}

const char *cli_args_field(const struct cli_args *a, const char *field)
{
  size_t i;

  for (i = a->n_given; i-- > 0;) {
    const struct cli_option *o = a->given[i].option;

    if (o->what == CLI_O_FIELD && strcmp(o->target, field) == 0)
      return a->given[i].value;
  }
  return NULL;
}

size_t cli_args_inputs(const struct cli_args *a, const char *role)
{
  size_t i, n = 0;

  for (i = 0; i < a->n_given; i++) {
    const struct cli_option *o = a->given[i].option;

    n += o->what == CLI_O_INPUT && strcmp(o->target, role) == 0;
  }
  return n;
}

bool cli_number(const char *text, uint32_t max, uint32_t *ret)
{
  uint64_t n = 0;

  if (!*text)
    return false;
  for (; *text; text++) {
    if (*text < '0' || *text > '9')
      return false;
    n = n * 10 + (uint64_t)(*text - '0');
    if (n > max)
      return false;
  }
  *ret = (uint32_t)n;
  return true;
}

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

/* "90" or "1.5", whatever the locale's comma is. */
static bool read_decimal(const char *text, double *ret, size_t *ret_len)
{
  const char *p = text;
  size_t n_digits = 0;
  double n = 0, unit = 1;

  for (; is_digit(*p); p++, n_digits++)
    n = n * 10 + (*p - '0');
  if (*p == '.')
    for (p++; is_digit(*p); p++, n_digits++)
      n += (unit /= 10) * (*p - '0');
  *ret = n;
  *ret_len = (size_t)(p - text);
  return n_digits > 0 && n <= UINT32_MAX;
}

bool cli_time(const char *text, int64_t *ret_ms)
{
  static const struct {
    const char *suffix;
    int64_t ms;
  } units[] = { { "", 1000 },   { "ms", 1 },      { "s", 1000 },
                { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 } };
  size_t len, i;
  double n;

  if (!read_decimal(text, &n, &len))
    return false;
  for (i = 0; i < CLI_LEN(units); i++) {
    if (strcmp(text + len, units[i].suffix) != 0)
      continue;
    *ret_ms = (int64_t)(n * (double)units[i].ms + 0.5);
    return true;
  }
  return false;
}
