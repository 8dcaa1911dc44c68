/* help.c - --help and `gamut help`, printed from the tables.
 *
 * Examples come first: most readers look for the line to copy.
 */
#include "help.h"
#include "out.h"
#include <stdio.h>
#include <string.h>

#define INDENT 24
#define WIDTH  79

/* Words of `text` from column `at` on, folded below `indent`. */
static void fold(const char *text, size_t at, size_t indent)
{
  bool first = true;

  while (*text) {
    size_t len = strcspn(text, " ");

    if (!first && at + 1 + len > WIDTH) {
      printf("\n%*s", (int)indent, "");
      at = indent;
      first = true;
    }
    at += (size_t)printf("%s%.*s", first ? "" : " ", (int)len, text);
    first = false;
    text += len;
    text += strspn(text, " ");
  }
  putchar('\n');
}

static void row(const char *head, const char *text)
{
  int n = printf("  %s", head);

  if (n > INDENT - 2)
    printf("\n%*s", INDENT, "");
  else
    printf("%*s", INDENT - n, "");
  fold(text, INDENT, INDENT);
}

/* Of inputs the group's title says it. */
static bool repeats(const struct cli_option *o)
{
  return o->flags & CLI_REPEAT && o->arg && o->group != CLI_G_INPUT;
}

static void print_option(const struct cli_option *o)
{
  char head[64], letter[8] = "    ", argument[40];
  char text[512], choices[256] = "";

  if (o->letter)
    snprintf(letter, sizeof(letter), "-%c%s", o->letter, o->name ? ", " : "");
  snprintf(head, sizeof(head), "%s%s%s%s", letter, o->name ? "--" : "",
           o->name ? o->name : "", cli_option_argument(o, argument));
  if (o->choices) {
    size_t i;

    snprintf(choices, sizeof(choices), " (%s%s)",
             o->flags & CLI_OPEN ? "such as " : "", o->choices);
    for (i = 0; choices[i]; i++) {
      if (choices[i] == '|')
        choices[i] = ' ';
    }
  }
  snprintf(text, sizeof(text), "%s%s%s", o->help, choices,
           repeats(o) ? "; repeatable" : "");
  row(head, text);
}

static void print_options(uint32_t in)
{
  size_t g, i;

  for (g = 0; g < CLI_GROUPS; g++) {
    bool any = false;

    for (i = 0; i < cli_options_count; i++) {
      const struct cli_option *o = &cli_options[i];

      if (o->group != g || !(o->verbs & in))
        continue;
      if (!any)
        printf("\n%s:\n", cli_group_titles[g]);
      any = true;
      print_option(o);
    }
  }
}

static void print_examples(const struct cli_verb *verb)
{
  size_t i;

  if (!verb->examples[0].command)
    return;
  puts("\nExamples:");
  for (i = 0; i < CLI_LEN(verb->examples) && verb->examples[i].command; i++)
    printf("  # %s\n  %s\n", verb->examples[i].what, verb->examples[i].command);
}

static void print_exits(void)
{
  const struct cli_exit *e;

  puts("\nExit codes:");
  for (e = cli_exits; e->meaning; e++) {
    size_t at = (size_t)printf("  %-4d", e->code);

    if (e->classes && e->code)
      at += (size_t)printf("%s: ", e->classes);
    fold(e->meaning, at, 6);
  }
}

static void print_variables(void)
{
  const struct cli_variable *v;

  puts("\nEnvironment:");
  for (v = cli_variables; v->name; v++)
    row(v->name, v->help);
}

static void print_verbs(FILE *to)
{
  size_t i;

  for (i = 0; i < CLI_VERBS; i++) {
    if (!cli_verbs[i].hidden)
      fprintf(to, "  %-12s%s\n", cli_verbs[i].name, cli_verbs[i].summary);
  }
}

int cli_help_usage(void)
{
  fputs("usage: gamut -p TEXT -m MODEL [-o FILE] [options]\n"
        "       gamut VERB [options]\n\n",
        stderr);
  print_verbs(stderr);
  fputs("\ngamut --help explains, with examples\n", stderr);
  return CLI_USAGE;
}

int cli_help_all(void)
{
  puts("gamut - pictures and videos from any provider's models\n\n"
       "usage: gamut -p TEXT -m MODEL [-o FILE] [options]\n"
       "       gamut VERB [options]");
  print_examples(&cli_verbs[CLI_GENERATE]);
  puts("\nVerbs:");
  print_verbs(stdout);
  print_options(CLI_IN(CLI_GENERATE));
  print_variables();
  print_exits();
  return 0;
}

int cli_help_verb(const struct cli_verb *verb)
{
  printf("gamut %s - %s\n\nusage: gamut %s%s%s%s\n", verb->name, verb->summary,
         verb->name, verb->args ? " " : "", verb->args ? verb->args : "",
         CLI_IN(verb->id) & (CLI_IN_MAKE | CLI_IN_LOOK) ? " [options]" : "");
  if (verb->help) {
    putchar('\n');
    fold(verb->help, 0, 0);
  }
  print_examples(verb);
  print_options(CLI_IN(verb->id));
  if (CLI_IN(verb->id) & CLI_IN_MAKE)
    print_exits();
  return 0;
}

int cli_run_help(const struct cli_args *a)
{
  const struct cli_verb *verb;

  if (!a->n_words)
    return cli_help_all();
  verb = cli_verb_find(a->words[0]);
  return verb ? cli_help_verb(verb) : cli_unknown_verb(a->words[0]);
}
