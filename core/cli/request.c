/* request.c - options become a request.
 *
 * Most rows of the table name the field that they set, so a new field of the
 * library needs a row and no code.  All values go in as text: the library knows
 * what they may be, and says so.
 */
#include "request.h"
#include <stdlib.h>
#include <string.h>

static const char *video_operation(const struct cli_args *a)
{
  if (cli_args_inputs(a, "video"))
    return "video-to-video";
  if (cli_args_inputs(a, "image") || cli_args_inputs(a, "first_frame") ||
      cli_args_inputs(a, "last_frame"))
    return "image-to-video";
  return "text-to-video";
}

/* NULL: as the model has it. */
static const char *operation(const struct cli_args *a)
{
  if (a->verb->id == CLI_EDIT)
    return "edit";
  return a->verb->id == CLI_VIDEO ? video_operation(a) : NULL;
}

typedef int32_t add_fn(struct gamut_request *r, const char *name,
                       const char *value, struct gamut_error *error);

static int32_t add_pair(struct gamut_request *r, const char *pair, add_fn *add,
                        struct gamut_error *error)
{
  const char *equals = strchr(pair, '=');
  char *key;
  int32_t rc;

  if (!equals || equals == pair) {
    error->error_class = GAMUT_E_INVALID;
    snprintf(error->message, sizeof(error->message),
             "'%s' has no form of KEY=JSON", pair);
    return GAMUT_E_INVALID;
  }
  key = strndup(pair, (size_t)(equals - pair));
  if (!key) {
    error->error_class = GAMUT_E_NOMEM;
    snprintf(error->message, sizeof(error->message), "out of memory");
    return GAMUT_E_NOMEM;
  }
  rc = add(r, key, equals + 1, error);
  free(key);
  return rc;
}

static int32_t add_option(struct gamut_request *r, const struct cli_given *o,
                          struct gamut_error *error)
{
  switch (o->option->what) {
  case CLI_O_FIELD:
    return gamut_request_set(r, o->option->target, o->value, error);
  case CLI_O_INPUT:
    return gamut_request_input(r, o->option->target, o->value, error);
  case CLI_O_FALLBACK:
    return gamut_request_link(r, o->value, error);
  case CLI_O_SET:
    return add_pair(r, o->value, gamut_request_extra, error);
  case CLI_O_OPTION:
    return add_pair(r, o->value, gamut_request_option, error);
  default:
    return 0;
  }
}

/* Says which option it was, where the sentence has only the field's name. */
static int refuse_option(const struct cli_args *a, const struct cli_option *o,
                         const struct gamut_error *error)
{
  int rc = cli_refuse(a, error);
  char label[40];

  if (!strstr(error->message, cli_option_label(o, label)))
    cli_hint("given by %s", label);
  return rc;
}

/* Of whoever started us.  The specification wants what is none to be passed over,
 * so it is tried on another request first. */
static void add_trace_context(const struct cli_args *a, struct gamut_request *r)
{
  const char *context = cli_env("TRACEPARENT");
  struct gamut_request *trial;

  if (!context || !(CLI_IN(a->verb->id) & CLI_IN_SHAPE) ||
      cli_args_field(a, "traceparent"))
    return;
  trial = gamut_request_new();
  if (trial && gamut_request_set(trial, "traceparent", context, NULL) == 0)
    gamut_request_set(r, "traceparent", context, NULL);
  gamut_request_free(trial);
}

static int add_options(const struct cli_args *a, struct gamut_request *r)
{
  struct gamut_error error = { 0 };
  size_t i;

  add_trace_context(a, r);

  for (i = 0; i < a->n_given; i++) {
    if (add_option(r, &a->given[i], &error))
      return refuse_option(a, a->given[i].option, &error);
  }
  return 0;
}

bool cli_request_to_stdout(const struct cli_args *a)
{
  const char *output = cli_args_get(a, CLI_O_OUTPUT);

  return output && strcmp(output, "-") == 0;
}

static bool makes_nothing(const struct cli_args *a)
{
  return cli_args_get(a, CLI_O_DRY_RUN) || a->verb->id == CLI_EXPLAIN ||
         a->verb->id == CLI_PRICE;
}

static int32_t set_output(const struct cli_args *a, struct gamut_request *r,
                          const char *prompt, struct gamut_error *error)
{
  const char *output = cli_args_get(a, CLI_O_OUTPUT);
  char *made = NULL;
  int32_t rc;

  if (cli_request_to_stdout(a) || (!output && makes_nothing(a)))
    return 0;
  if (!output)
    output = made = cli_prompt_output(prompt ? prompt : "");
  rc = gamut_request_set(r, "output", output, error);
  if (!rc && cli_args_field(a, "partials"))
    rc = gamut_request_set(r, "save_partials", "true", error);
  free(made);
  return rc;
}

static int32_t set_prompt(const struct cli_args *a, struct gamut_request *r,
                          char **ret_prompt, struct gamut_error *error)
{
  const char *given = cli_args_get(a, CLI_O_PROMPT);
  int32_t rc;

  if (!given)
    return 0;
  rc = cli_prompt_read(given, ret_prompt, error);
  return rc ? rc : gamut_request_set(r, "prompt", *ret_prompt, error);
}

/* The model comes before the fallbacks, wherever it stands in the line. */
static int32_t set_basics(const struct cli_args *a, struct gamut_request *r,
                          struct gamut_error *error)
{
  bool many = a->verb->id == CLI_COMPARE; /* it names models and files */
  const char *model = many ? NULL : cli_args_get(a, CLI_O_MODEL);
  const char *op = operation(a);
  char *prompt = NULL;
  int32_t rc = set_prompt(a, r, &prompt, error);

  if (!model && a->n_words > 0) /* explain @hero */
    model = a->words[0];
  if (!rc && model)
    rc = gamut_request_link(r, model, error);
  if (!rc && op)
    rc = gamut_request_set(r, "operation", op, error);
  if (!rc && !many)
    rc = set_output(a, r, prompt, error);
  free(prompt);
  return rc;
}

int cli_request_build(const struct cli_args *a, struct gamut_request **ret)
{
  struct gamut_request *r = gamut_request_new();
  struct gamut_error error = { 0 };
  int rc;

  if (!r)
    return cli_no_memory();
  if (set_basics(a, r, &error))
    rc = cli_refuse(a, &error);
  else
    rc = add_options(a, r);
  if (rc) {
    gamut_request_free(r);
    return rc;
  }
  *ret = r;
  return 0;
}

int cli_refuse_stdout(void)
{
  cli_error("-o - is for generate; here a file is needed");
  return CLI_USAGE;
}

int cli_request_how(const struct cli_args *a, struct gamut_request *r)
{
  const char *output = cli_args_get(a, CLI_O_OUTPUT);
  struct gamut_error error = { 0 };

  if (cli_request_to_stdout(a))
    return cli_refuse_stdout();
  if (output && gamut_request_set(r, "output", output, &error))
    return cli_refuse(a, &error);
  return add_options(a, r);
}
