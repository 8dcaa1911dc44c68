/* completion.c - scripts for bash, zsh and fish, printed from the tables.
 *
 * The scripts are plain text with everything in it but the models: those are
 * asked of `gamut models`, whose first column is what -m takes.  Each shell
 * quotes in its own way, so each has its own printer; what they share is that
 * help texts hold no backslash.
 */
#include "help.h"
#include "out.h"
#include <stdio.h>
#include <string.h>

static void print_choices(const char *choices)
{
  const char *c;
  size_t len;
  bool first = true;

  while (cli_choice_next(&choices, &c, &len)) {
    printf("%s%.*s", first ? "" : " ", (int)len, c);
    first = false;
  }
}

/* Print `text` with a backslash before each of `special`; a single quote as
 * all three shells take it: outside of the quotes. */
static void print_quoted(const char *text, const char *special)
{
  for (; *text; text++) {
    if (*text == '\'') {
      fputs("'\\''", stdout);
      continue;
    }
    if (strchr(special, *text))
      putchar('\\');
    putchar(*text);
  }
}

static void print_verb_names(const char *between, uint32_t in)
{
  bool first = true;
  size_t i;

  for (i = 0; i < CLI_VERBS; i++) {
    if (cli_verbs[i].hidden || !(in & CLI_IN(i)))
      continue;
    printf("%s%s", first ? "" : between, cli_verbs[i].name);
    first = false;
  }
}

/* ---- bash --------------------------------------------------------------- */

static void bash_labels(const struct cli_option *o, const char *between)
{
  if (o->letter)
    printf("-%c%s", o->letter, o->name ? between : "");
  if (o->name)
    printf("--%s", o->name);
}

static void bash_value(const struct cli_option *o)
{
  if (!o->arg || o->flags & CLI_MAYBE)
    return;
  printf("    ");
  bash_labels(o, "|");
  printf(") ");
  if (o->choices) {
    fputs("words='", stdout);
    print_choices(o->choices);
    puts("' ;;");
  } else if (o->complete == CLI_C_MODEL) {
    puts("words=$(gamut models 2>/dev/null | cut -d' ' -f1) ;;");
  } else if (o->complete == CLI_C_FILE) {
    puts("compopt -o filenames 2>/dev/null\n"
         "      COMPREPLY=($(compgen -f -- \"$cur\")); return ;;");
  } else {
    puts("return ;;");
  }
}

static void bash_verb(const struct cli_verb *v)
{
  size_t i;

  printf("    %s) words='", v->name);
  for (i = 0; i < cli_options_count; i++) {
    if (!(cli_options[i].verbs & CLI_IN(v->id)))
      continue;
    bash_labels(&cli_options[i], " ");
    putchar(' ');
  }
  if (v->choices)
    print_choices(v->choices);
  if (v->id == CLI_HELP)
    print_verb_names(" ", CLI_IN_ALL);
  puts("' ;;");
}

static void print_bash(void)
{
  size_t i;

  puts("# gamut completion for bash\n"
       "_gamut() {\n"
       "  local cur prev verb=generate words=\n"
       "  COMPREPLY=()\n"
       "  cur=${COMP_WORDS[COMP_CWORD]}\n"
       "  prev=${COMP_WORDS[COMP_CWORD-1]}\n"
       "  if [ \"$cur\" = = ]; then cur=; fi\n"
       "  if [ \"$prev\" = = ]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
       "  if declare -F _get_comp_words_by_ref >/dev/null; then\n"
       "    _get_comp_words_by_ref -n : cur prev\n"
       "  fi\n"
       "  case $prev in");
  for (i = 0; i < cli_options_count; i++)
    bash_value(&cli_options[i]);
  printf("    *) case ${COMP_WORDS[1]} in\n      ");
  print_verb_names("|", CLI_IN_ALL);
  puts(") [ \"$COMP_CWORD\" -gt 1 ] && verb=${COMP_WORDS[1]} ;;\n"
       "    esac\n"
       "    case $verb in");
  for (i = 0; i < CLI_VERBS; i++) {
    if (!cli_verbs[i].hidden)
      bash_verb(&cli_verbs[i]);
  }
  printf("    esac\n"
         "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
         "      words=\"$words ");
  print_verb_names(" ", CLI_IN_ALL);
  puts("\"\n"
       "    fi ;;\n"
       "  esac\n"
       "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
       "  if declare -F __ltrim_colon_completions >/dev/null; then\n"
       "    __ltrim_colon_completions \"$cur\"\n"
       "  fi\n"
       "}\n"
       "complete -F _gamut gamut");
}

/* ---- zsh ---------------------------------------------------------------- */

static void zsh_option(const struct cli_option *o)
{
  fputs("    '", stdout);
  if (o->flags & CLI_REPEAT)
    putchar('*');
  else if (o->letter && o->name)
    printf("(-%c --%s)", o->letter, o->name);
  putchar('\'');
  if (o->letter && o->name)
    printf("{-%c,--%s%s}", o->letter, o->name, o->arg ? "=" : "");
  else if (o->letter)
    printf("-%c", o->letter);
  else
    printf("--%s%s", o->name, o->flags & CLI_MAYBE ? "=-" : o->arg ? "=" : "");
  fputs("'[", stdout);
  print_quoted(o->help, "[]");
  putchar(']');
  if (o->arg) {
    fputs(o->flags & CLI_MAYBE ? "::" : ":", stdout);
    print_quoted(o->arg, ":");
    putchar(':');
    if (o->choices) {
      const char *choices = o->choices, *c;
      size_t len;

      putchar('(');
      while (cli_choice_next(&choices, &c, &len)) {
        char word[40];

        snprintf(word, sizeof(word), "%.*s ", (int)len, c);
        print_quoted(word, ":");
      }
      putchar(')');
    } else if (o->complete == CLI_C_MODEL) {
      fputs("_gamut_models", stdout);
    } else if (o->complete == CLI_C_FILE) {
      fputs("_files", stdout);
    } else {
      putchar(' ');
    }
  }
  puts("' \\");
}

static void zsh_verb(const struct cli_verb *v)
{
  size_t i;

  printf("  %s) _arguments -s \\\n", v->name);
  for (i = 0; i < cli_options_count; i++) {
    if (cli_options[i].verbs & CLI_IN(v->id))
      zsh_option(&cli_options[i]);
  }
  if (v->choices || v->id == CLI_HELP) {
    printf("    '1:%s:(", v->choices ? v->args : "VERB");
    if (v->choices)
      print_choices(v->choices);
    else
      print_verb_names(" ", CLI_IN_ALL);
    puts(")' ;;");
  } else {
    puts("    ;;");
  }
}

static void print_zsh(void)
{
  size_t i;

  puts("#compdef gamut\n"
       "_gamut_models() {\n"
       "  local -a models\n"
       "  models=(${(f)\"$(gamut models 2>/dev/null | cut -d' ' -f1)\"})\n"
       "  compadd -a models\n"
       "}\n"
       "_gamut() {\n"
       "  local verb=generate\n"
       "  local -a verbs\n"
       "  verbs=(");
  for (i = 0; i < CLI_VERBS; i++) {
    if (cli_verbs[i].hidden)
      continue;
    printf("    '%s:", cli_verbs[i].name);
    print_quoted(cli_verbs[i].summary, ":");
    puts("'");
  }
  puts("  )\n"
       "  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n"
       "    _describe verb verbs\n"
       "    return\n"
       "  fi\n"
       "  if [[ $words[2] != -* ]]; then\n"
       "    verb=$words[2]\n"
       "    shift words\n"
       "    (( CURRENT-- ))\n"
       "  fi\n"
       "  case $verb in");
  for (i = 0; i < CLI_VERBS; i++) {
    if (!cli_verbs[i].hidden)
      zsh_verb(&cli_verbs[i]);
  }
  puts("  esac\n"
       "}\n"
       "if [[ ${funcstack[1]} == _gamut ]]; then\n"
       "  _gamut \"$@\"\n"
       "else\n"
       "  compdef _gamut gamut\n"
       "fi");
}

/* ---- fish --------------------------------------------------------------- */

static void fish_option(const struct cli_option *o)
{
  fputs("complete -c gamut -n '__gamut_in ", stdout);
  print_verb_names(" ", o->verbs);
  putchar('\'');
  if (o->letter)
    printf(" -s %c", o->letter);
  if (o->name)
    printf(" -l %s", o->name);
  if (o->choices) {
    fputs(" -x -a '", stdout);
    print_choices(o->choices);
    putchar('\'');
  } else if (o->complete == CLI_C_MODEL) {
    fputs(" -x -a '(__gamut_models)'", stdout);
  } else if (o->complete == CLI_C_FILE) {
    fputs(" -r -F", stdout);
  } else if (o->arg && !(o->flags & CLI_MAYBE)) {
    fputs(" -x", stdout);
  }
  fputs(" -d '", stdout);
  print_quoted(o->help, "");
  puts("'");
}

static void fish_verb(const struct cli_verb *v)
{
  printf("complete -c gamut -n __gamut_first -a %s -d '", v->name);
  print_quoted(v->summary, "");
  puts("'");
  if (v->choices) {
    printf("complete -c gamut -n '__gamut_in %s' -a '", v->name);
    print_choices(v->choices);
    puts("'");
  }
}

static void print_fish(void)
{
  size_t i;

  printf("# gamut completion for fish\n"
         "function __gamut_first\n"
         "  test (count (commandline -opc)) -eq 1\n"
         "end\n"
         "function __gamut_in\n"
         "  set -l words (commandline -opc)\n"
         "  set -l verb generate\n"
         "  if test (count $words) -gt 1; and contains -- $words[2] ");
  print_verb_names(" ", CLI_IN_ALL);
  puts("\n"
       "    set verb $words[2]\n"
       "  end\n"
       "  contains -- $verb $argv\n"
       "end\n"
       "function __gamut_models\n"
       "  gamut models 2>/dev/null | cut -d' ' -f1\n"
       "end\n"
       "complete -c gamut -f");
  for (i = 0; i < CLI_VERBS; i++) {
    if (!cli_verbs[i].hidden)
      fish_verb(&cli_verbs[i]);
  }
  fputs("complete -c gamut -n '__gamut_in help' -a '", stdout);
  print_verb_names(" ", CLI_IN_ALL);
  puts("'");
  for (i = 0; i < cli_options_count; i++)
    fish_option(&cli_options[i]);
}

int cli_run_completion(const struct cli_args *a)
{
  if (strcmp(a->words[0], "bash") == 0)
    print_bash();
  else if (strcmp(a->words[0], "zsh") == 0)
    print_zsh();
  else
    print_fish();
  return 0;
}
