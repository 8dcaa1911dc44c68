/* open.c - a context as the command line wants it, and its refusals.
 */
#include "cli.h"
#include "progress.h"
#include "view.h"
#include <string.h>

static void log_line(void *user, int32_t level, const char *line)
{
  struct cli_progress *p = user;

  (void)level;
  if (p)
    cli_progress_clear(p);
  cli_print(stderr, "%s", line);
}

/* Lines that are asked for as JSON are wanted from the record of each request
 * on, which is information. */
static int32_t log_level(const struct cli_args *a)
{
  size_t verbose = cli_args_count(a, CLI_O_VERBOSE);

  if (verbose >= 2)
    return GAMUT_DEBUG;
  if (verbose == 1 || cli_args_get(a, CLI_O_LOG_FORMAT))
    return GAMUT_INFO;
  return GAMUT_WARN;
}

/* What is about the jobs of other processes has nothing to say without them, and
 * "none" would be wrong. */
static int check_store(const struct cli_args *a, struct gamut *g)
{
  uint32_t needed = CLI_IN_JOBS | CLI_IN_LIST;

  if (!(needed & CLI_IN(a->verb->id)) || gamut_durable(g))
    return 0;
  cli_error("there is no store that has jobs of other processes [storage]");
  cli_hint("'gamut doctor' tells why");
  return gamut_class_exit(GAMUT_E_STORAGE);
}

int cli_open(const struct cli_args *a, struct cli_progress *p,
             struct gamut **ret)
{
  const char *format = cli_args_get(a, CLI_O_LOG_FORMAT);
  const char *metrics = cli_args_get(a, CLI_O_METRICS_FILE);
  struct gamut_error error = { 0 };
  struct gamut_options options = {
    .struct_size = sizeof(options),
    .flags = GAMUT_ONE_SHOT,
    .config_file = cli_args_get(a, CLI_O_CONFIG),
    .log = log_line,
    .log_user = p,
    .log_level = log_level(a),
  };
  int rc;

  if (cli_args_get(a, CLI_O_QUIET))
    options.log = NULL;
  if (gamut_open(&options, ret, &error))
    return cli_refuse(a, &error);
  if ((format && gamut_set(*ret, "log_format", format, &error)) ||
      (metrics && gamut_set(*ret, "metrics_file", metrics, &error)) ||
      (cli_args_get(a, CLI_O_NO_STORE) &&
       gamut_set(*ret, "store", "memory", &error))) {
    gamut_close(*ret);
    return cli_refuse(a, &error);
  }
  rc = check_store(a, *ret);
  if (rc)
    gamut_close(*ret);
  return rc;
}

struct json_object *cli_refusal(const struct gamut_error *error)
{
  static const char *const lists[] = { "artifacts", "attempts",
                                       "differences" };
  struct json_object *o = json_object_new_object();
  size_t i;

  json_object_object_add(o, "status", json_object_new_string("failed"));
  json_object_object_add(
    o, "class", json_object_new_string(gamut_class_name(error->error_class)));
  json_object_object_add(o, "message", json_object_new_string(error->message));
  json_object_object_add(o, "maybe_charged", json_object_new_boolean(false));
  for (i = 0; i < CLI_LEN(lists); i++)
    json_object_object_add(o, lists[i], json_object_new_array());
  json_object_object_add(o, "withheld", json_object_new_int64(0));
  json_object_object_add(o, "times", json_object_new_object());
  return o;
}

int cli_refuse(const struct cli_args *a, const struct gamut_error *error)
{
  const char *name = gamut_class_name(error->error_class);

  cli_error("%s [%s]", error->message, name);
  cli_advise(error->error_class, error->message);
  if (cli_args_get(a, CLI_O_JSON)) {
    struct json_object *o = cli_refusal(error);

    puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
                                             JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(o);
  }
  return gamut_class_exit(error->error_class);
}

void cli_advise(int32_t error_class, const char *message)
{
  if (message && strstr(message, "gamut ")) /* it says itself what to do */
    return;
  switch (error_class) {
  case GAMUT_E_AUTH:
    cli_hint("'gamut providers -v' names the variable of each key; "
             "'gamut doctor' looks for what is wrong");
    break;
  case GAMUT_E_PERMISSION:
    cli_hint("the key is known to the vendor, but may not do this");
    break;
  case GAMUT_E_QUOTA:
    cli_hint("add credit at the vendor, or name another model by --fallback");
    break;
  case GAMUT_E_BLOCKED:
    cli_hint("change the prompt, or try other models by --fallback with "
             "--on-blocked next");
    break;
  case GAMUT_E_RATE:
    cli_hint("try again later, or name another model by --fallback");
    break;
  case GAMUT_E_NOT_FOUND:
    cli_hint("'gamut models WORD' searches for models");
    break;
  case GAMUT_E_UNKNOWN:
    cli_hint("look at the vendor's site before you send it again; "
             "--resubmit says when that may happen by itself");
    break;
  case GAMUT_E_TRANSPORT:
    cli_hint("is the network up, and the proxy right? 'gamut doctor' shows");
    break;
  case GAMUT_E_PLUGIN:
    cli_hint("'gamut providers -v' shows the provider's file and version");
    break;
  default:
    break;
  }
}

int cli_look(const struct cli_args *a, cli_look_fn *look, const void *about,
             struct json_object **ret)
{
  struct gamut_error error = { 0 };
  struct gamut *g;
  char *text = NULL;
  int rc;

  *ret = NULL;
  rc = cli_open(a, NULL, &g);
  if (rc)
    return rc;
  if (look(g, about, &text, &error)) {
    rc = cli_refuse(a, &error);
  } else {
    if (cli_args_get(a, CLI_O_JSON))
      puts(text);
    *ret = cli_view_parse(text);
    rc = *ret ? 0 : cli_no_memory();
  }
  gamut_string_free(text);
  gamut_close(g);
  return rc;
}
