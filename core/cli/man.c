/* man.c - the man page, as roff, printed from the tables.
 *
 * The build redirects it to gamut.1, so that nothing can be in the page that
 * the program does not know.
 */
#include "help.h"
#include <gamut/gamut.h>
#include <stdio.h>
#include <string.h>

/* Text that roff must not read: a minus is no hyphen, a backslash no escape,
 * a full stop at a line's beginning no request. */
static void put(const char *text)
{
  const char *p;

  for (p = text; *p; p++) {
    if (*p == '\\')
      fputs("\\e", stdout);
    else if (*p == '-')
      fputs("\\-", stdout);
    else if ((*p == '.' || *p == '\'') && p == text)
      printf("\\&%c", *p);
    else if (*p == '\'')
      fputs("\\(aq", stdout);
    else if (*p == '~')
      fputs("\\(ti", stdout);
    else
      putchar(*p);
  }
}

static void section(const char *title)
{
  printf(".SH \"%s\"\n", title);
}

static void line(const char *text)
{
  put(text);
  putchar('\n');
}

static void example(const struct cli_example *e)
{
  puts(".TP");
  line(e->what);
  fputs("\\fB", stdout);
  put(e->command);
  puts("\\fR");
}

static void option(const struct cli_option *o)
{
  const char *choices = o->choices, *c;
  char argument[40];
  bool first = true;
  size_t len;

  puts(".TP");
  if (o->letter)
    printf("\\fB\\-%c\\fR%s", o->letter, o->name ? ", " : "");
  if (o->name) {
    fputs("\\fB\\-\\-", stdout);
    put(o->name);
    fputs("\\fR", stdout);
  }
  if (o->arg) {
    fputs("\\fI", stdout);
    put(cli_option_argument(o, argument));
    fputs("\\fR", stdout);
  }
  putchar('\n');
  put(o->help);
  while (cli_choice_next(&choices, &c, &len)) {
    char word[40];

    snprintf(word, sizeof(word), "%.*s", (int)len, c);
    fputs(!first                ? ", "
          : o->flags & CLI_OPEN ? "; such as "
                                : "; one of ",
          stdout);
    put(word);
    first = false;
  }
  puts(o->flags & CLI_REPEAT && o->arg ? "; may be repeated" : "");
}

static void options(void)
{
  size_t g, i;

  section("OPTIONS");
  for (g = 0; g < CLI_GROUPS; g++) {
    printf(".SS \"");
    put(cli_group_titles[g]);
    puts("\"");
    for (i = 0; i < cli_options_count; i++) {
      if (cli_options[i].group == g)
        option(&cli_options[i]);
    }
  }
}

static void verbs(void)
{
  size_t i;

  section("VERBS");
  for (i = 0; i < CLI_VERBS; i++) {
    const struct cli_verb *v = &cli_verbs[i];

    if (v->hidden)
      continue;
    printf(".TP\n\\fB%s\\fR", v->name);
    if (v->args) {
      fputs(" \\fI", stdout);
      put(v->args);
      fputs("\\fR", stdout);
    }
    putchar('\n');
    put(v->summary);
    puts(".");
    if (v->help)
      line(v->help);
  }
}

static void exits(void)
{
  const struct cli_exit *e;

  section("EXIT STATUS");
  for (e = cli_exits; e->meaning; e++) {
    printf(".TP\n\\fB%d\\fR\n", e->code);
    if (e->classes && e->code) {
      put(e->classes);
      fputs(": ", stdout);
    }
    line(e->meaning);
  }
}

static void variables(void)
{
  const struct cli_variable *v;

  section("ENVIRONMENT");
  for (v = cli_variables; v->name; v++) {
    printf(".TP\n\\fB%s\\fR\n", v->name);
    line(v->help);
  }
}

static void examples(void)
{
  size_t i, j;

  section("EXAMPLES");
  for (i = 0; i < CLI_VERBS; i++) {
    const struct cli_verb *v = &cli_verbs[i];

    for (j = 0; !v->hidden && j < CLI_LEN(v->examples); j++) {
      if (v->examples[j].command)
        example(&v->examples[j]);
    }
  }
}

int cli_run_man(const struct cli_args *a)
{
  (void)a;
  puts(".\\\" Printed by gamut from its table of options.\n"
       ".TH GAMUT 1 \"\" \"gamut " GAMUT_VERSION
       "\" \"User Commands\"\n.nh\n.ad l");
  section("NAME");
  puts("gamut \\- pictures and videos from any provider's models");
  section("SYNOPSIS");
  puts(".B gamut\n\\fB\\-p\\fR \\fITEXT\\fR \\fB\\-m\\fR \\fIMODEL\\fR "
       "[\\fB\\-o\\fR \\fIFILE\\fR] [\\fIoptions\\fR]\n.br\n.B gamut\n"
       "\\fIVERB\\fR [\\fIoptions\\fR]");
  section("DESCRIPTION");
  line(cli_verbs[CLI_GENERATE].help);
  puts(".PP\nCtrl\\-C leaves the job to the vendor and prints its id; a second "
       "one cancels it.");
  verbs();
  options();
  exits();
  variables();
  section("FILES");
  puts(".TP\n\\fI$XDG_CONFIG_HOME/gamut/config.json\\fR\nsettings; comments "
       "are allowed\n.TP\n\\fI$XDG_CONFIG_HOME/gamut/catalog/*.json\\fR\n"
       "models of your own, over those of the catalog");
  examples();
  return 0;
}
