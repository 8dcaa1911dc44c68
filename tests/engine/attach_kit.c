/* attach_kit.c - see attach_kit.h. */
#include "engine/attach_kit.h"
#include "unit/scratch.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

const char *folder;
static int orders[2]; /* a pipe to the worker */
static pid_t worker;

void open_at(struct fix *f, const char *base_url)
{
  struct gamut_options o = { .struct_size = sizeof(o),
                             .flags = GAMUT_NO_CONFIG,
                             .log_level = GAMUT_ERROR };

  ck_assert_msg(gamut_open(&o, &f->g, &f->err) == 0, "%s", f->err.message);
  fix_set(f, "store", "sqlite");
  fix_set(f, "state_dir", folder);
  fix_set(f, "retry_max_wait", "5ms");
  fix_set(f, "poll_interval", "5ms");
  fix_set(f, "sync_files", "no");
  ck_assert_int_eq(gamut_register_provider(f->g, &vendor_a, &f->err), 0);
  fix_set(f, "a.base_url", base_url);
}

void open_here(struct fix *f)
{
  char url[100];

  open_at(f, script_url(f->script, "/a", url, sizeof(url)));
}

struct order {
  char url[100], prompt[60], resubmit[10];
};

/* A process that waits for what to do, submits that and works until it is
 * killed.  It begins before there are threads, which do not go with a fork. */
static void start_worker(struct fix *f)
{
  struct gamut_request *r;
  struct order o;
  char output[500];

  ck_assert_int_eq(pipe(orders), 0);
  worker = fork();
  ck_assert_int_ge(worker, 0);
  if (worker > 0)
    return;
  close(orders[1]);
  if (read(orders[0], &o, sizeof(o)) != (ssize_t)sizeof(o))
    _exit(0);
  snprintf(output, sizeof(output), "%s/made.png", folder);
  open_at(f, o.url);
  r = fix_request("a:cheap", o.prompt, "resubmit", o.resubmit, "output", output,
                  NULL);
  gamut_submit(f->g, r, NULL, NULL, NULL, &f->err);
  for (;;)
    gamut_step(f->g, 1000);
}

pid_t work_there(struct fix *f, const char *prompt, const char *resubmit)
{
  struct order o = { 0 };

  script_url(f->script, "/a", o.url, sizeof(o.url));
  snprintf(o.prompt, sizeof(o.prompt), "%s", prompt);
  snprintf(o.resubmit, sizeof(o.resubmit), "%s", resubmit);
  ck_assert_int_eq(write(orders[1], &o, sizeof(o)), sizeof(o));
  return worker;
}

void kill_there(pid_t pid)
{
  kill(pid, SIGKILL);
  ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

void begin(struct fix *f, const struct answer *rows, size_t n)
{
  memset(f, 0, sizeof(*f));
  folder = scratch_folder();
  start_worker(f);
  f->script = script_start(rows, n);
}

void finish(struct fix *f)
{
  gamut_close(f->g);
  script_stop(f->script);
  close(orders[0]);
  close(orders[1]); /* a worker without an order ends */
}

char *jobs(struct fix *f, const char *filter)
{
  char *json = NULL;

  ck_assert_msg(gamut_jobs(f->g, filter, &json, &f->err) == 0, "%s",
                f->err.message);
  return json;
}

void ck_listed(struct fix *f, const char *filter, const char *part)
{
  char *json = jobs(f, filter);

  ck_assert_msg(part ? strstr(json, part) != NULL : strcmp(json, "[]") == 0,
                "%s: %s", part ? part : "nothing", json);
  gamut_string_free(json);
}

void first_id(struct fix *f, const char *filter, char id[GAMUT_ID_SIZE])
{
  char *json = jobs(f, filter);
  size_t at = strcspn(json, "0"); /* ids of this century begin with it */

  ck_assert_uint_gt(strlen(json), at + GAMUT_ID_SIZE);
  memcpy(id, json + at, GAMUT_ID_SIZE - 1);
  id[GAMUT_ID_SIZE - 1] = '\0';
  gamut_string_free(json);
}

void only_id(struct fix *f, char id[GAMUT_ID_SIZE])
{
  first_id(f, NULL, id);
}

void make_one(struct fix *f, char id[GAMUT_ID_SIZE])
{
  struct gamut_request *r = fix_request("a:cheap", "x", NULL);
  struct gamut_result *result = NULL;

  ck_assert_int_eq(
    gamut_submit_once(f->g, r, "key", NULL, NULL, id, &result, &f->err), 0);
  result = fix_wait(f, id);
  ck_class(result, 0);
  gamut_result_free(result);
  gamut_request_free(r);
}

bool durable_store(void)
{
  char path[600];

  snprintf(path, sizeof(path), "%s/store-sqlite.so",
           getenv("GAMUT_PLUGIN_PATH") ? getenv("GAMUT_PLUGIN_PATH") : ".");
  return access(path, R_OK) == 0;
}
