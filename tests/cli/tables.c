/* tables.c - the CLI's tables against the library.
 *
 * The CLI keeps choices and exit codes in its own tables, so that help and
 * completions need no library.  They must say what the library says.
 */
#include "cli/options.h"
#include <gamut/gamut.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int failed;

__attribute__((format(printf, 2, 3))) static void check(bool ok,
                                                        const char *fmt, ...)
{
  va_list ap;

  if (ok)
    return;
  failed++;
  va_start(ap, fmt);
  vprintf(fmt, ap);
  va_end(ap);
  putchar('\n');
}

static const struct gamut_field *field_named(const char *name)
{
  const struct gamut_field *f;
  uint32_t i;

  for (i = 0; (f = gamut_request_field(i)); i++) {
    if (strcmp(f->name, name) == 0)
      return f;
  }
  return NULL;
}

static bool same_text(const char *a, const char *b)
{
  return a && b ? strcmp(a, b) == 0 : a == b;
}

/* A flag's own value, and each choice, is something the library takes. */
static void check_value(const char *field, const char *value, size_t len)
{
  struct gamut_request *r = gamut_request_new();
  struct gamut_error error = { 0 };
  char text[64];

  snprintf(text, sizeof(text), "%.*s", (int)len, value);
  check(gamut_request_set(r, field, text, &error) == 0, "%s = %s: %s", field,
        text, error.message);
  gamut_request_free(r);
}

static void check_field(const struct cli_option *o, const char *label)
{
  const struct gamut_field *f = field_named(o->target);
  const char *choices = o->choices, *c;
  size_t len;

  check(f != NULL, "%s: no field %s", label, o->target);
  if (!f)
    return;
  if (f->type == GAMUT_CHOICE && o->arg)
    check(same_text(o->choices, f->choices), "%s: %s, the library has %s",
          label, o->choices ? o->choices : "no choices", f->choices);
  check((f->type == GAMUT_BOOL) == !o->arg || f->type == GAMUT_CHOICE,
        "%s: a flag must set a boolean", label);
  if (o->value)
    check_value(o->target, o->value, strlen(o->value));
  while (cli_choice_next(&choices, &c, &len))
    check_value(o->target, c, len);
}

static void check_option(size_t at)
{
  const struct cli_option *o = &cli_options[at];
  char label[40];
  size_t i;

  cli_option_label(o, label);
  check(o->name || o->letter, "row %zu has no name", at);
  check(o->help && !strchr(o->help, '\\'), "%s: help for all shells", label);
  check(o->verbs != 0, "%s: for no verb", label);
  check(o->arg || o->value || o->what != CLI_O_FIELD, "%s sets what?", label);
  for (i = 0; i < at; i++) {
    check(!o->letter || cli_options[i].letter != o->letter, "-%c twice",
          o->letter);
    check(!o->name || !same_text(cli_options[i].name, o->name), "%s twice",
          label);
  }
  if (o->what == CLI_O_FIELD)
    check_field(o, label);
}

/* What the library can be asked can be asked by the CLI.  Some fields are set
 * by options of their own, by the verb or beside another field. */
static void check_covered(const char *field)
{
  static const char *const others[] = { "prompt", "operation", "output",
                                        "save_partials" };
  size_t i;

  for (i = 0; i < CLI_LEN(others); i++) {
    if (strcmp(others[i], field) == 0)
      return;
  }
  for (i = 0; i < cli_options_count; i++) {
    const struct cli_option *o = &cli_options[i];

    if (o->what == CLI_O_FIELD && strcmp(o->target, field) == 0)
      return;
  }
  check(false, "no option sets %s", field);
}

static bool has_word(const char *words, const char *word)
{
  const char *at = words ? strstr(words, word) : NULL;
  size_t len = strlen(word);

  return at && (at == words || at[-1] == ' ') && (!at[len] || at[len] == ' ');
}

static void check_class(int32_t error_class)
{
  const char *name = gamut_class_name(error_class);
  int32_t code = gamut_class_exit(error_class);
  const struct cli_exit *e;

  for (e = cli_exits; e->meaning; e++) {
    if (e->code == code)
      break;
  }
  check(e->meaning && has_word(e->classes, name),
        "class %s ends with %d, --help says otherwise", name, (int)code);
}

int main(void)
{
  const struct gamut_field *f;
  int32_t class;
  size_t i;

  for (i = 0; i < cli_options_count; i++)
    check_option(i);
  for (i = 0; (f = gamut_request_field((uint32_t)i)); i++)
    check_covered(f->name);
  for (i = 0; i < CLI_VERBS; i++)
    check(cli_verbs[i].id == i &&
            cli_verb_find(cli_verbs[i].name) == &cli_verbs[i],
          "verb %zu is not in its place", i);
  for (class = GAMUT_OK; class >= GAMUT_E_STORAGE; class --)
    check_class(class);
  printf("%d failed\n", failed);
  return failed != 0;
}
