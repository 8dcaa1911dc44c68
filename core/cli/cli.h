/* cli.h - what the verbs that use the library share. */
#ifndef GAMUT_CLI_CLI_H
#define GAMUT_CLI_CLI_H

#include "out.h"
#include "parse.h"
#include <gamut/gamut.h>

int cli_run_generate(const struct cli_args *a); /* video and edit as well */
int cli_run_compare(const struct cli_args *a);
int cli_run_submit(const struct cli_args *a);
int cli_run_explain(const struct cli_args *a);
int cli_run_batch(const struct cli_args *a);
int cli_run_price(const struct cli_args *a);
int cli_run_wait(const struct cli_args *a);
int cli_run_fetch(const struct cli_args *a);
int cli_run_resume(const struct cli_args *a);
int cli_run_cancel(const struct cli_args *a);
int cli_run_jobs(const struct cli_args *a);
int cli_run_status(const struct cli_args *a);
int cli_run_history(const struct cli_args *a);
int cli_run_logs(const struct cli_args *a);
int cli_run_cache(const struct cli_args *a);
int cli_run_models(const struct cli_args *a);
int cli_run_providers(const struct cli_args *a);
int cli_run_config(const struct cli_args *a);
int cli_run_doctor(const struct cli_args *a);
int cli_run_balance(const struct cli_args *a);
int cli_run_usage(const struct cli_args *a);
int cli_run_budgets(const struct cli_args *a);
int cli_run_keys(const struct cli_args *a);
int cli_run_health(const struct cli_args *a);
int cli_run_webhook(const struct cli_args *a);
/* models --refresh; `provider` may be NULL: all. */
int cli_run_refresh(const struct cli_args *a, const char *provider);

struct cli_progress;

/* Open the library as the options say.  `p` shares standard error with the log
 * lines and may be NULL; it must live as long as the context.  0, or an exit
 * code after saying why. */
int cli_open(const struct cli_args *a, struct cli_progress *p,
             struct gamut **ret);

/* Say that something was refused before a job began; with --json also as a
 * document.  The exit code. */
int cli_refuse(const struct cli_args *a, const struct gamut_error *error);

/* The same as a document: a result's members, with nothing in them.
 * json_object_put(). */
struct json_object;
struct json_object *cli_refusal(const struct gamut_error *error);

/* What to do about a class, as hint lines; nothing when the message tells. */
void cli_advise(int32_t error_class, const char *message);

/* One of the functions that hand out JSON: call it, print what it says if
 * --json wants it, and parse it.  Exit code; `ret` is written always, NULL
 * after a failure; json_object_put(). */
typedef int32_t cli_look_fn(struct gamut *g, const void *about, char **ret_json,
                            struct gamut_error *ret_error);
int cli_look(const struct cli_args *a, cli_look_fn *look, const void *about,
             struct json_object **ret);

#endif
