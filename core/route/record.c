/* record.c - a run as a record, from which any process can go on with its job:
 * restore.c.
 *
 * The links are written as they were resolved: a catalog that has changed since
 * must not lead a paid job elsewhere.  Paths are made whole, because the
 * process that goes on may stand in another folder. */
#include "base/base64.h"
#include "base/str.h"
#include "job/input.h"
#include "route/bind.h"
#include "route/ledger.h"
#include "route/team.h"
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define BYTES_MAX 32768 /* of an input without a file, in a record */

static void add_links(const struct gm_run *run, struct gm_buf *b)
{
  uint32_t i;

  gm_buf_add(b, ",\"links\":[");
  for (i = 0; i < run->n_links; i++) {
    const struct gm_link *l = &run->links[i];

    gm_buf_add_text(b, i ? ",{\"provider\":" : "{\"provider\":", l->provider);
    gm_buf_add_text(b, ",\"model\":", l->model);
    gm_buf_add_text(b, ",\"given\":", l->given);
    gm_buf_add_text(b, ",\"resolved_from\":", l->resolved_from);
    gm_buf_addc(b, '}');
  }
  gm_buf_addc(b, ']');
}

/* Of a file what it must still be; a few bytes that have no file go along. */
static void add_bytes(struct gm_buf *b, const struct gm_input *in)
{
  char bytes[BYTES_MAX];
  ssize_t n;

  if (in->path) {
    gm_buf_add_number(b, ",\"size\":", (int64_t)in->size);
    gm_buf_add_number(b, ",\"mtime_ns\":", in->mtime_ns);
  }
  if (!in->held || in->size > sizeof(bytes))
    return;
  n = gm_blob_read(&in->held->blob, 0, bytes, sizeof(bytes));
  if (n < 0 || (uint64_t)n != in->size)
    return;
  gm_buf_add(b, ",\"bytes\":\"");
  gm_base64_add(b, bytes, (size_t)n);
  gm_buf_addc(b, '"');
}

static void add_inputs(const struct gm_run *run, struct gm_buf *b)
{
  uint32_t i;

  if (run->n_inputs == 0)
    return;
  gm_buf_add(b, ",\"inputs\":[");
  for (i = 0; i < run->n_inputs; i++) {
    gm_buf_add_text(b, i ? ",{\"role\":" : "{\"role\":", run->inputs[i].role);
    gm_buf_add_text(b, ",\"source\":",
                    run->inputs[i].path ? run->inputs[i].path
                                        : run->inputs[i].source);
    add_bytes(b, &run->inputs[i]);
    gm_buf_addc(b, '}');
  }
  gm_buf_addc(b, ']');
}

static void add_attempts(const struct gm_run *run, struct gm_buf *b)
{
  uint32_t i;

  if (run->n_attempts == 0)
    return;
  gm_buf_add(b, ",\"attempts\":[");
  for (i = 0; i < run->n_attempts; i++) {
    const struct gm_attempt *a = &run->attempts[i];

    gm_buf_add_text(b, i ? ",{\"provider\":" : "{\"provider\":", a->provider);
    gm_buf_add_text(b, ",\"model\":", a->model);
    gm_buf_add_text(b, ",\"request_id\":", a->request_id);
    gm_buf_add_text(b, ",\"key\":", a->key);
    gm_buf_add_number(b, ",\"class\":", a->err.error_class);
    gm_buf_add_text(b, ",\"message\":", a->err.message);
    gm_buf_add_number(b, ",\"status\":", a->http_status);
    gm_buf_add_number(b, ",\"tries\":", a->tries);
    gm_buf_add_number(b, ",\"repeats\":", a->repeats);
    gm_buf_add_number(b, ",\"elapsed_ms\":", (int64_t)a->elapsed_ms);
    gm_buf_addc(b, '}');
  }
  gm_buf_addc(b, ']');
}

/* Prices change; what was said at the end stays. */
static void add_cost(const struct gm_run *run, struct gm_buf *b)
{
  const struct gm_cost *c = &run->cost;

  if (!c->known)
    return;
  gm_buf_add_number(b, ",\"cost\":{\"microusd\":", c->microusd);
  gm_buf_add_number(b, ",\"formula_microusd\":", c->formula_microusd);
  gm_buf_add(b, c->estimated ? ",\"estimated\":true}" : "}");
}

static void add_end(const struct gm_run *run, struct gm_buf *b)
{
  const struct gm_job *j = &run->job;

  gm_buf_add_number(b, ",\"end\":{\"class\":", run->err.error_class);
  gm_buf_add_text(b, ",\"message\":", run->err.message);
  gm_buf_add_number(b, ",\"took_ms\":", (int64_t)(j->ended_ms - run->began_ms));
  add_cost(run, b);
  if (j->accepted_ms)
    gm_buf_add_number(
      b, ",\"accepted_ms\":", (int64_t)(j->accepted_ms - run->began_ms));
  if (j->working_ms)
    gm_buf_add_number(
      b, ",\"working_ms\":", (int64_t)(j->working_ms - run->began_ms));
  if (j->generated_ms)
    gm_buf_add_number(
      b, ",\"generated_ms\":", (int64_t)(j->generated_ms - run->began_ms));
  gm_buf_addc(b, '}');
}

static void add_hit(const struct gm_hit *hit, struct gm_buf *b)
{
  gm_buf_add(b, ",\"cache\":{\"job\":");
  gm_buf_add_json(b, hit->job);
  gm_buf_add_number(b, ",\"made\":", hit->made_ms);
  if (hit->prompt) {
    char number[32];

    gm_buf_add_text(b, ",\"prompt\":", hit->prompt);
    gm_buf_add(b, ",\"similarity\":");
    gm_buf_add(b, gm_fmt_real(number, hit->similarity));
  }
  gm_buf_add_number(b, ",\"cost_microusd\":", hit->cost_microusd);
  gm_buf_add(b, hit->estimated ? ",\"estimated\":true}" : "}");
}

void gm_run_record(const struct gm_run *run, struct gm_buf *b)
{
  char cwd[PATH_MAX];

  gm_buf_add_number(b, "\"began\":", (int64_t)run->began_wall_ms);
  gm_buf_add(b, ",\"control\":");
  gm_buf_add(b, run->plan_text);
  gm_buf_add(b, ",\"fields\":");
  gm_buf_add(b,
             run->fields ? gm_json_text(run->fields, NULL) : run->fields_text);
  if (run->plan.name && *run->plan.name != '/' && getcwd(cwd, sizeof(cwd)))
    gm_buf_add_text(b, ",\"folder\":", cwd);
  gm_buf_add_number(b, ",\"at\":", run->at);
  add_links(run, b);
  add_inputs(run, b);
  add_attempts(run, b);
  if (run->resubmitted)
    gm_buf_add(b, ",\"resubmitted\":true");
  if (run->price_microusd >= 0)
    gm_buf_add_number(b, ",\"price_microusd\":", run->price_microusd);
  gm_buf_add_text(b, ",\"too_dear\":", run->too_dear.message);
  if (run->hit)
    add_hit(run->hit, b);
  if (run->charge)
    gm_charge_record(run->charge, b);
  if (run->team)
    gm_team_record(run, b);
  else if (run->team_text)
    gm_buf_addf(b, ",\"team\":%s", run->team_text);
  if (run->member)
    gm_member_record(run->member, b);
  if (run->job.state == GM_JOB_ENDED)
    add_end(run, b);
}
