/* The control URL: tests set faults, move the job clock, look at the books
 * and start afresh without a new process.  No credentials; it listens on
 * loopback only, as everything here does. */
#include "server.h"

#include "replay.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void complain(struct em_request *rq, const char *sentence)
{
  em_reply_json(rq, 400, "{\"error\":\"%s\"}", sentence);
}

static int64_t number(struct json_object *o, const char *name, int64_t other)
{
  struct json_object *value;

  if (!json_object_object_get_ex(o, name, &value) ||
      !json_object_is_type(value, json_type_int))
    return other;
  return json_object_get_int64(value);
}

static const char *text(struct json_object *o, const char *name)
{
  struct json_object *value;

  if (!json_object_object_get_ex(o, name, &value) ||
      !json_object_is_type(value, json_type_string))
    return NULL;
  return json_object_get_string(value);
}

static const char *known_key(const char *key)
{
  static const char *const keys[] = { "where", "fault", "every", "after",
                                      "count" };
  size_t i;

  for (i = 0; i < EM_LEN(keys); i++)
    if (!strcmp(keys[i], key))
      return NULL;
  return "unknown key: where, fault, every, after, count are known";
}

static const char *read_rule(struct json_object *o, struct em_rule *rule)
{
  const char *fault = text(o, "fault"), *where = text(o, "where");
  struct json_object_iter it;

  json_object_object_foreachC(o, it)
  {
    if (known_key(it.key))
      return known_key(it.key);
  }
  if (!fault || !em_fault_parse(fault, strlen(fault), &rule->fault))
    return "no such fault: see --help";
  if (where)
    rule->fault.phases = em_phase_mask(where, strlen(where));
  if (!rule->fault.phases)
    return "where: submit, status, result, file, cancel, stream, run, upload, "
           "embed, other, any";
  rule->every = number(o, "every", 1);
  rule->after = number(o, "after", 0);
  rule->fault.count = number(o, "count", rule->fault.count);
  if (rule->every < 1 || rule->after < 0)
    return "every counts from 1, after from 0";
  return NULL;
}

static void add_fault(struct em_request *rq, struct json_object *o)
{
  struct em_faults *f = &rq->server->faults;
  struct em_rule rule = { 0 };
  const char *wrong = read_rule(o, &rule);

  if (!wrong && f->n_rules == EM_LEN(f->rules))
    wrong = "too many faults at once; POST /control/reset";
  if (wrong) {
    complain(rq, wrong);
    return;
  }
  f->rules[f->n_rules++] = rule;
  em_reply_json(rq, 200, "{\"ok\":true,\"rules\":%u}", f->n_rules);
}

static void move_clock(struct em_request *rq, struct json_object *o)
{
  int64_t ms = number(o, "advance_ms", -1);

  if (ms < 0 || ms > (int64_t)1000 * 86400 * 365) {
    complain(rq, "advance_ms: a number of milliseconds, forwards");
    return;
  }
  rq->server->clock_ahead_ms += ms;
  em_reply_json(rq, 200, "{\"ok\":true,\"now_ms\":%lld}",
                (long long)em_now_ms(rq->server));
}

/* Open connections stay open, so they stay counted. */
static void start_afresh(struct em_request *rq, struct json_object *o)
{
  struct em_server *sv = rq->server;
  uint64_t open = sv->stats.open;

  (void)o;
  em_hooks_clear(sv);
  em_otlp_finish(&sv->otlp);
  em_jobs_finish(&sv->jobs);
  em_faults_finish(&sv->faults);
  memset(&sv->stats, 0, sizeof(sv->stats));
  sv->stats.open = sv->stats.peak = open;
  sv->clock_ahead_ms = 0;
  sv->jobs.salt = em_mix(sv->jobs.salt);
  em_reply_json(rq, 200, "{\"ok\":true}");
}

static void set_hooks(struct em_request *rq, struct json_object *o)
{
  struct json_object *tamper = NULL;
  struct em_buf secret = { 0 };
  unsigned char key[24];
  const char *wrong;

  em_hook_secret(rq->server, key, &secret);
  json_object_object_get_ex(o, "tamper", &tamper);
  wrong =
    em_hooks_control(rq->server, text(o, "to"), text(o, "again"),
                     json_object_get_boolean(tamper), number(o, "late_s", 0));
  if (wrong)
    complain(rq, wrong);
  else
    em_reply_json(rq, 200, "{\"ok\":true,\"sent\":%llu,\"hook_secret\":\"%s\"}",
                  (unsigned long long)rq->server->hooks.sent, secret.data);
  em_buf_finish(&secret);
}

static void put_prompt(const struct em_prompt *p, bool first, struct em_buf *b)
{
  if (!first)
    em_buf_putc(b, ',');
  em_buf_json(b, p->text);
  em_buf_printf(b, ":{\"seen\":%llu,\"accepted\":%llu",
                (unsigned long long)p->seen, (unsigned long long)p->accepted);
  if (p->cancelled)
    em_buf_printf(b, ",\"cancelled\":%llu,\"at_once\":%llu",
                  (unsigned long long)p->cancelled,
                  (unsigned long long)p->at_once);
  em_buf_putc(b, '}');
}

static void put_prompts(const struct em_request *rq, struct em_buf *b)
{
  const struct em_faults *f = &rq->server->faults;
  const char *one = em_query(rq, "prompt");
  bool first = true;
  size_t i;

  em_buf_puts(b, ",\"prompts\":{");
  if (one) {
    const struct em_prompt none = { .text = em_strdup(one) };
    const struct em_prompt *p = em_prompt_find(f, one);

    put_prompt(p ? p : &none, true, b);
    free(none.text);
  } else if (em_query(rq, "prompts")) {
    for (i = 0; i < f->cap_prompts; i++)
      if (f->prompts[i]) {
        put_prompt(f->prompts[i], first, b);
        first = false;
      }
  }
  em_buf_putc(b, '}');
}

static const char *state_name(const struct em_server *sv,
                              const struct em_job *job)
{
  static const char *const names[] = { "queued", "running", "completed" };

  if (job->cancelled)
    return "cancelled";
  if (job->failed)
    return "failed";
  return names[em_job_state(job, sv->options, em_now_ms(sv))];
}

/* A job is billed once it is taken, and what has failed is given back. */
static int64_t billed(const struct em_job *job)
{
  return job->cancelled || job->failed || job->error ? 0 : job->price_microusd;
}

static void put_bill(const struct em_server *sv, struct em_buf *b)
{
  int64_t sum = 0;
  size_t i, n = 0;

  for (i = 0; i < sv->jobs.n; i++) {
    sum += billed(sv->jobs.all[i]);
    n += billed(sv->jobs.all[i]) > 0;
  }
  em_buf_printf(b, ",\"billed\":{\"jobs\":%zu,\"microusd\":%lld}", n,
                (long long)sum);
}

static void put_jobs(const struct em_server *sv, struct em_buf *b)
{
  static const char *const names[] = { "queued", "running", "completed",
                                       "failed", "cancelled" };
  size_t counts[EM_LEN(names)] = { 0 }, i, k;

  for (i = 0; i < sv->jobs.n; i++)
    for (k = 0; k < EM_LEN(names); k++)
      counts[k] += !strcmp(names[k], state_name(sv, sv->jobs.all[i]));
  em_buf_printf(b, ",\"jobs\":{\"total\":%zu", sv->jobs.n);
  for (k = 0; k < EM_LEN(names); k++)
    em_buf_printf(b, ",\"%s\":%zu", names[k], counts[k]);
  em_buf_putc(b, '}');
}

static void put_fired(const struct em_server *sv, struct em_buf *b)
{
  unsigned i;
  bool first = true;

  em_buf_puts(b, ",\"faults\":{");
  for (i = 0; i < EM_N_FAULTS; i++)
    if (sv->faults.fired[i]) {
      em_buf_printf(b, "%s\"%s\":%llu", first ? "" : ",",
                    em_fault_name((enum em_fault_kind)i),
                    (unsigned long long)sv->faults.fired[i]);
      first = false;
    }
  em_buf_putc(b, '}');
}

static void show_stats(struct em_request *rq)
{
  const struct em_server *sv = rq->server;
  const struct em_stats *s = &sv->stats;
  struct em_buf *b = &rq->reply.body;
  unsigned i;

  em_buf_puts(b, "{\"requests\":{");
  for (i = 0; i < EM_N_PHASES; i++)
    em_buf_printf(b, "%s\"%s\":%llu", i ? "," : "",
                  em_phase_name((enum em_phase)i),
                  (unsigned long long)s->requests[i]);
#define N(member) (unsigned long long)s->member
  em_buf_printf(b,
                "},\"submits\":{\"seen\":%llu,\"accepted\":%llu},"
                "\"files\":{\"served\":%llu,\"bytes\":%llu},"
                "\"connections\":{\"open\":%llu,\"total\":%llu,\"peak\":%llu},"
                "\"busiest_second\":%llu,\"credentials_leaked\":%llu,"
                "\"replies\":{\"2xx\":%llu,\"3xx\":%llu,\"4xx\":%llu,"
                "\"5xx\":%llu,\"none\":%llu}",
                N(submits_seen), N(submits_accepted), N(files_served),
                N(file_bytes), N(open), N(connections), N(peak), N(busiest),
                N(credentials_leaked), N(replies[2]), N(replies[3]),
                N(replies[4]), N(replies[5]), N(replies[0]));
#undef N
  put_jobs(sv, b);
  put_bill(sv, b);
  put_fired(sv, b);
  put_prompts(rq, b);
  em_buf_puts(b, "}");
  rq->reply.status = 200;
}

static void show_jobs(struct em_request *rq)
{
  const struct em_server *sv = rq->server;
  const char *limit = em_query(rq, "limit");
  struct em_buf *b = &rq->reply.body;
  int64_t most = 1000;
  size_t i;

  if (limit && !em_parse_int(limit, strlen(limit), 1, INT32_MAX, &most)) {
    complain(rq, "limit: a number from 1");
    return;
  }
  em_buf_putc(b, '[');
  for (i = 0; i < sv->jobs.n && i < (size_t)most; i++) {
    const struct em_job *job = sv->jobs.all[i];

    em_buf_printf(b,
                  "%s{\"id\":\"%s\",\"endpoint\":\"%s\",\"state\":\"%s\","
                  "\"prompt\":",
                  i ? "," : "", job->id, job->endpoint, state_name(sv, job));
    em_buf_json(b, job->prompt);
    em_buf_printf(b,
                  ",\"seed\":%llu,\"polls\":%u,\"results\":%u,\"files\":%u,"
                  "\"billed_microusd\":%lld}",
                  (unsigned long long)job->seed, job->polls, job->results,
                  job->files, (long long)billed(job));
  }
  em_buf_putc(b, ']');
  rq->reply.status = 200;
}

static void show_replay(struct em_request *rq)
{
  if (!rq->server->replay) {
    em_reply_json(rq, 404, "{\"error\":\"not playing a recording\"}");
    return;
  }
  em_replay_report(rq->server->replay, &rq->reply.body);
  rq->reply.status = 200;
}

static const struct {
  const char *path;
  void (*show)(struct em_request *rq);                          /* GET */
  void (*change)(struct em_request *rq, struct json_object *o); /* POST */
} controls[] = {
  { "/fault", NULL, add_fault },  { "/reset", NULL, start_afresh },
  { "/clock", NULL, move_clock }, { "/stats", show_stats, NULL },
  { "/jobs", show_jobs, NULL },   { "/replay", show_replay, NULL },
  { "/hooks", NULL, set_hooks },  { "/otlp", em_otlp_show, em_otlp_set },
  { "/otlp/v1/traces", NULL, em_otlp_take },
};

static void change(struct em_request *rq,
                   void (*how)(struct em_request *rq, struct json_object *o))
{
  struct json_object *o =
    rq->body.len ? json_tokener_parse(rq->body.data) : json_object_new_object();

  if (json_object_is_type(o, json_type_object))
    how(rq, o);
  else
    complain(rq, "the body is no JSON object");
  json_object_put(o);
}

void em_control_answer(struct em_request *rq)
{
  size_t i;

  for (i = 0; i < EM_LEN(controls); i++) {
    if (strcmp(controls[i].path, rq->path) != 0)
      continue;
    if (controls[i].show && em_method(rq, "GET"))
      controls[i].show(rq);
    else if (controls[i].change && em_method(rq, "POST"))
      change(rq, controls[i].change);
    else
      em_reply_json(rq, 405, "{\"error\":\"%s\"}",
                    controls[i].show ? "use GET" : "use POST");
    return;
  }
  em_reply_json(rq, 404,
                "{\"error\":\"/control/fault, reset, clock, hooks, "
                "stats, jobs, replay, otlp\"}");
}
