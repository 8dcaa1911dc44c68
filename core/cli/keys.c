/* keys.c - `gamut keys`: keys that a gateway keeps for its account.
 */
#include "account.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECRET_MAX 4096

static void wipe(char *text)
{
  if (text)
    explicit_bzero(text, strlen(text));
  free(text);
}

/* From a file or standard input: the command line is for everybody to see. */
static int read_secret(const struct cli_args *a, char **ret)
{
  const char *path = cli_args_get(a, CLI_O_KEY_FILE);
  FILE *from = path && strcmp(path, "-") != 0 ? fopen(path, "re") : stdin;
  char *text = calloc(1, SECRET_MAX + 1);
  size_t len;

  if (!from || !text) {
    cli_error("cannot read '%s': %s", path ? path : "-", strerror(errno));
    free(text);
    return CLI_USAGE;
  }
  if (from == stdin && isatty(STDIN_FILENO))
    fputs("key: ", stderr);
  len = from == stdin && isatty(STDIN_FILENO)
          ? (fgets(text, SECRET_MAX, from) ? strlen(text) : 0)
          : fread(text, 1, SECRET_MAX, from);
  if (from != stdin)
    fclose(from);
  while (len && strchr(" \t\r\n", text[len - 1]))
    text[--len] = '\0';
  if (len == 0 || strlen(text) != len) {
    cli_error("there is no key in %s", path ? path : "standard input");
    wipe(text);
    return CLI_USAGE;
  }
  *ret = text;
  return 0;
}

static bool add_key(struct cli_table *t, struct json_object *k)
{
  const char *name = cli_view_str(k, "name"), *kind = cli_view_str(k, "kind");
  const char *shown = cli_view_str(k, "shown");
  struct json_object *valid = cli_view_get(k, "valid");
  const char *at = cli_view_str(k, "checked_at");

  return cli_table_add(t, (const char *const[CLI_COLUMNS]){
                            name ? name : "?", kind ? kind : "",
                            shown ? shown : "",
                            !valid                           ? ""
                            : json_object_get_boolean(valid) ? "valid"
                                                             : "not valid",
                            at });
}

static int print_keys(struct json_object *answer)
{
  struct json_object *keys = cli_view_get(answer, "keys");
  struct json_object *valid = cli_view_get(answer, "valid");
  const char *message = cli_view_str(answer, "message");
  struct cli_table t = { 0 };
  size_t i;
  bool ok = true;

  for (i = 0; i < cli_view_count(keys) && ok; i++)
    ok = add_key(&t, cli_view_at(keys, i));
  if (ok)
    cli_table_print(&t, stdout);
  cli_table_finish(&t);
  if (valid)
    cli_print(stdout, "%s%s%s",
              json_object_get_boolean(valid) ? "valid" : "not valid",
              message ? ": " : "", message ? message : "");
  return ok ? 0 : cli_no_memory();
}

static int ask_keys(const struct cli_args *a, struct cli_question *q,
                    const char *action)
{
  struct json_object *answer;
  int rc;

  q->arguments = json_object_new_object();
  json_object_object_add(q->arguments, "action",
                         json_object_new_string(action));
  if (a->n_words > 2)
    json_object_object_add(q->arguments, "name",
                           json_object_new_string(a->words[2]));
  rc = cli_answer(a, q, &answer);
  if (rc == 0 && answer)
    rc = print_keys(answer);
  json_object_put(answer);
  json_object_put(q->arguments);
  return rc;
}

int cli_run_keys(const struct cli_args *a)
{
  const char *action = a->n_words > 1 ? a->words[1] : "list";
  struct cli_question q = { .what = "keys", .provider = a->words[0] };
  bool lists = strcmp(action, "list") == 0;
  char *secret = NULL;
  int rc = 0;

  if (!lists && !cli_choice_has("set|validate|delete", action)) {
    cli_error("'%s' is nothing to do with keys; there are list, set, validate "
              "and delete",
              action);
    return CLI_USAGE;
  }
  if (!lists && a->n_words < 3) {
    cli_error("whose key? gamut keys %s %s NAME", q.provider, action);
    return CLI_USAGE;
  }
  if (!lists && strcmp(action, "delete") != 0)
    rc = read_secret(a, &secret);
  q.secret = secret;
  if (rc == 0)
    rc = ask_keys(a, &q, action);
  wipe(secret);
  return rc;
}
