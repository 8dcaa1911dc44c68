/* The account at the gateway: what was used and spent, by the jobs that were
 * really made here; keys stored with the gateway; balances, identity, health.
 * One organization, whoever asks. */
#include "visgate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BALANCE_MICRO 20000000
#define LOGS_MAX      1000

/* ---- what was used ------------------------------------------------------ */

struct usage {
  unsigned total, failed, cached;
  int64_t provider_micro, billed_micro, saved_micro;
};

/* The first second of the period that now lies in; -1: no such period. */
static int64_t period_start(const char *period)
{
  time_t now = (time_t)(em_wall_us() / 1000000);
  struct tm tm;

  gmtime_r(&now, &tm);
  tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
  if (!strcmp(period, "week"))
    tm.tm_mday -= (tm.tm_wday + 6) % 7;
  else if (!strcmp(period, "month"))
    tm.tm_mday = 1;
  else if (!strcmp(period, "year"))
    tm.tm_mon = 0, tm.tm_mday = 1;
  else if (strcmp(period, "day") != 0)
    return -1;
  return (int64_t)timegm(&tm);
}

static bool is_within(const struct em_job *job, int64_t start)
{
  return vg_is_ours(job) && job->submitted_us / 1000000 >= start;
}

static void add_up(const struct em_server *sv, int64_t start, struct usage *u)
{
  size_t i;

  for (i = 0; i < sv->jobs.n; i++) {
    const struct em_job *job = sv->jobs.all[i];
    struct vg_bill bill;

    if (!is_within(job, start))
      continue;
    vg_read_bill(job, &bill);
    u->total++;
    u->failed += job->failed;
    u->cached += bill.cached;
    u->billed_micro += bill.billed_micro;
    if (bill.cached)
      u->saved_micro += bill.provider_micro;
    else
      u->provider_micro += bill.provider_micro;
  }
}

/* NULL: of any. */
static unsigned count(const struct em_server *sv, int64_t start,
                      const char *provider, const struct vg_model *model)
{
  unsigned n = 0;
  size_t i;

  for (i = 0; i < sv->jobs.n; i++) {
    const struct em_job *job = sv->jobs.all[i];
    const struct vg_model *its = job->model;

    n += is_within(job, start) && (!model || its == model) &&
         (!provider || !strcmp(its->provider, provider));
  }
  return n;
}

static void put_counts(const struct em_server *sv, int64_t start, bool models,
                       struct em_buf *out)
{
  static const char *const providers[] = { "fal", "replicate", "runway" };
  size_t i, n = models ? 0 : EM_LEN(providers);
  bool first = true;

  while (models && vg_model_at(n))
    n++;
  em_buf_putc(out, '{');
  for (i = 0; i < n; i++) {
    const char *name = models ? vg_model_at(i)->id : providers[i];
    unsigned times =
      count(sv, start, models ? NULL : name, models ? vg_model_at(i) : NULL);

    if (times) {
      em_buf_printf(out, "%s\"%s\":%u", first ? "" : ",", name, times);
      first = false;
    }
  }
  em_buf_putc(out, '}');
}

/* The query's period; NULL: it is answered already. */
static const char *period_of(struct em_request *rq, int64_t *ret_start)
{
  const char *period = em_query(rq, "period");

  period = period ? period : "month";
  *ret_start = period_start(period);
  if (*ret_start >= 0)
    return period;
  vg_error(rq, 422, "VALIDATION_ERROR", "period",
           "period must be day, week, month or year");
  return NULL;
}

static void show_usage(struct em_request *rq)
{
  const struct em_server *sv = rq->server;
  struct em_buf *b = &rq->reply.body;
  struct usage u = { 0 };
  int64_t start;
  const char *period = period_of(rq, &start);

  if (!period)
    return;
  add_up(sv, start, &u);
  em_buf_printf(b,
                "{\"total_requests\":%u,\"successful_requests\":%u,"
                "\"failed_requests\":%u,\"cached_requests\":%u,"
                "\"total_provider_cost\":%.6f,\"total_billed_cost\":%.6f,"
                "\"total_savings\":%.6f,\"by_provider\":",
                u.total, u.total - u.failed, u.failed, u.cached,
                (double)u.provider_micro / 1e6, (double)u.billed_micro / 1e6,
                (double)u.saved_micro / 1e6);
  put_counts(sv, start, false, b);
  em_buf_puts(b, ",\"by_model\":");
  put_counts(sv, start, true, b);
  em_buf_printf(b, ",\"period\":\"%s\",\"period_start\":", period);
  vg_put_time(start * 1000000, b);
  em_buf_puts(b, ",\"period_end\":");
  vg_put_time(em_wall_us(), b);
  em_buf_putc(b, '}');
  rq->reply.status = 200;
}

static void show_dashboard(struct em_request *rq)
{
  struct usage u = { 0 };
  int64_t start;

  if (!period_of(rq, &start))
    return;
  add_up(rq->server, start, &u);
  em_reply_json(rq, 200,
                "{\"total_generations\":%u,\"total_cost_usd\":%.6f,"
                "\"cache_hits\":%u}",
                u.total, (double)u.billed_micro / 1e6, u.cached);
}

static bool number(struct em_request *rq, const char *name, int64_t low,
                   int64_t high, int64_t preset, int64_t *ret)
{
  const char *text = em_query(rq, name);

  *ret = preset;
  if (!text || em_parse_int(text, strlen(text), low, high, ret))
    return true;
  vg_error(rq, 422, "VALIDATION_ERROR", name, "%s is not valid", name);
  return false;
}

static void put_log(const struct em_job *job, struct em_buf *out)
{
  const struct vg_model *model = job->model;
  struct vg_bill bill;

  vg_read_bill(job, &bill);
  em_buf_printf(
    out,
    "{\"id\":\"%s\",\"model\":\"%s\",\"provider\":\"%s\","
    "\"status\":\"%s\",\"cost\":%.6f,\"cache_hit\":%s,"
    "\"created_at\":",
    job->id, model->id, model->provider, job->failed ? "failed" : "completed",
    (double)bill.billed_micro / 1e6, bill.cached ? "true" : "false");
  vg_put_time(job->submitted_us, out);
  em_buf_putc(out, '}');
}

static void show_logs(struct em_request *rq)
{
  const struct em_server *sv = rq->server;
  struct em_buf *b = &rq->reply.body;
  int64_t limit, offset, shown = 0;
  size_t i = sv->jobs.n;

  if (!number(rq, "limit", 1, LOGS_MAX, 50, &limit) ||
      !number(rq, "offset", 0, INT32_MAX, 0, &offset))
    return;
  em_buf_putc(b, '[');
  while (i-- > 0 && shown < limit) {
    if (!vg_is_ours(sv->jobs.all[i]) || offset-- > 0)
      continue;
    em_buf_puts(b, shown++ ? "," : "");
    put_log(sv->jobs.all[i], b);
  }
  em_buf_putc(b, ']');
  rq->reply.status = 200;
}

/* ---- keys of the providers ---------------------------------------------- */

static struct stored {
  const char *provider, *currency;
  bool set;
  char end[5]; /* its last four characters, the only ones kept */
} stored[] = {
  { "fal", "credits", true, "cret" },
  { "replicate", "usd", false, "" },
  { "runway", "credits", false, "" },
  { "runpod", "usd", false, "" },
};

static struct stored *stored_of(const char *provider)
{
  size_t i;

  for (i = 0; provider && i < EM_LEN(stored); i++)
    if (!strcmp(stored[i].provider, provider))
      return &stored[i];
  return NULL;
}

static void put_key(const struct stored *k, struct em_buf *out)
{
  em_buf_printf(out,
                "{\"provider\":\"%s\",\"validated\":true,\"validated_at\":"
                "\"2026-02-10T15:26:01.772000+00:00\",\"masked_key\":"
                "\"****%s\"}",
                k->provider, k->end);
}

static void list_keys(struct em_request *rq)
{
  struct em_buf *b = &rq->reply.body;
  bool first = true;
  size_t i;

  em_buf_puts(b, "{\"keys\":[");
  for (i = 0; i < EM_LEN(stored); i++)
    if (stored[i].set) {
      em_buf_puts(b, first ? "" : ",");
      put_key(&stored[i], b);
      first = false;
    }
  em_buf_puts(b, "]}");
  rq->reply.status = 200;
}

/* {"provider", "api_key"} and no more; NULL: it is answered already. */
static struct stored *named_key(struct em_request *rq, struct json_object *o,
                                const char **ret_key)
{
  struct stored *k = stored_of(vg_text(o, "provider"));

  *ret_key = vg_text(o, "api_key");
  if (!k)
    vg_error(rq, 422, "VALIDATION_ERROR", "provider",
             "provider must be fal, replicate, runway or runpod");
  else if (!*ret_key || strlen(*ret_key) < 4)
    vg_error(rq, 422, "VALIDATION_ERROR", "api_key", "api_key is too short");
  else if (json_object_object_length(o) != 2)
    vg_error(rq, 422, "VALIDATION_ERROR", NULL, "Unknown members");
  else
    return k;
  return NULL;
}

static void store_key(struct em_request *rq)
{
  struct json_object *o = vg_parse(rq);
  struct stored *k;
  const char *key;

  k = o ? named_key(rq, o, &key) : NULL;
  if (k) {
    snprintf(k->end, sizeof(k->end), "%s", key + strlen(key) - 4);
    k->set = true;
    put_key(k, &rq->reply.body);
    rq->reply.status = 200;
  }
  json_object_put(o);
}

static void validate_key(struct em_request *rq)
{
  struct json_object *o = vg_parse(rq);
  const char *key;

  if (o && named_key(rq, o, &key)) {
    if (strstr(key, "bad"))
      em_reply_json(rq, 200,
                    "{\"valid\":false,\"message\":\"Key was rejected by the "
                    "provider\"}");
    else
      em_reply_json(rq, 200, "{\"valid\":true,\"message\":\"Key is valid\"}");
  }
  json_object_put(o);
}

static void delete_key(struct em_request *rq)
{
  struct stored *k = stored_of(rq->path + strlen("/providers/keys/"));

  if (rq->body.len) {
    vg_error(rq, 400, "BAD_REQUEST", NULL, "DELETE takes no body");
  } else if (!k || !k->set) {
    vg_error(rq, 404, "NOT_FOUND", NULL, "No key is stored for this provider");
  } else {
    k->set = false;
    em_reply_json(rq, 200, "{\"deleted\":true}");
  }
}

static void show_balances(struct em_request *rq)
{
  struct em_buf *b = &rq->reply.body;
  size_t i;

  em_buf_puts(b, "{\"balances\":[");
  for (i = 0; i < 3; i++) {
    const struct stored *k = &stored[i];
    bool known = k->set && !strcmp(k->provider, "runway");

    em_buf_printf(b,
                  "%s{\"provider\":\"%s\",\"configured\":%s,\"available\":%s,"
                  "\"limit\":%s,\"remaining\":%s,\"currency\":\"%s\","
                  "\"message\":null}",
                  i ? "," : "", k->provider, k->set ? "true" : "false",
                  k->set ? "true" : "false", known ? "10000.0" : "null",
                  known ? "1880.0" : "null", k->currency);
  }
  em_buf_puts(b, "]}");
  rq->reply.status = 200;
}

/* ---- who, how much, how well -------------------------------------------- */

static void show_api_keys(struct em_request *rq)
{
  em_reply_json(
    rq, 200,
    "[{\"id\":\"key-1\",\"name\":\"test2\",\"key_prefix\":\"%.10s\"}"
    "]",
    em_header(rq, "Authorization") + strlen("Bearer "));
}

static void show_me(struct em_request *rq)
{
  em_reply_json(rq, 200,
                "{\"organization\":{\"id\":\"org-test-1\",\"name\":"
                "\"Test Org\"},\"role\":\"api-key\"}");
}

static void show_info(struct em_request *rq)
{
  struct usage u = { 0 };

  add_up(rq->server, period_start("month"), &u);
  em_reply_json(rq, 200,
                "{\"balance_micro\":%lld,\"billing_status\":\"active\","
                "\"company_name\":\"Test Org\",\"free_mode_enabled\":false,"
                "\"monthly_budget_cents\":5000,\"support_email\":"
                "\"support@example.com\",\"tier\":\"starter\","
                "\"usage_this_month_cents\":%lld}",
                (long long)(BALANCE_MICRO - u.billed_micro),
                (long long)(u.billed_micro / 10000));
}

static void show_stats(struct em_request *rq)
{
  struct usage u = { 0 };

  add_up(rq->server, 0, &u);
  em_reply_json(rq, 200,
                "{\"active_users\":1,\"avg_image_cost_micro\":3000,"
                "\"avg_video_cost_micro\":2000000,\"base_fee_micro\":100,"
                "\"cache_hit_reduction_percent\":100,"
                "\"competitor_markup_percent\":20,\"image_mix_percent\":90,"
                "\"min_request_fee_micro\":100,\"providers\":3,"
                "\"request_fee_percent\":0,\"savings_share_percent\":0,"
                "\"total_models\":1704,\"total_requests\":%u,"
                "\"total_savings_micro\":%lld,\"video_mix_percent\":10}",
                u.total, (long long)u.saved_micro);
}

static void show_pricing(struct em_request *rq)
{
  em_reply_json(rq, 200,
                "{\"last_updated\":\"2026-02-14T00:00:00Z\",\"pricing\":{}}");
}

static void show_health(struct em_request *rq)
{
  em_reply_json(rq, 200,
                "{\"status\":\"ok\",\"version\":\"0.2.0\",\"database\":\"ok\","
                "\"cache\":\"ok\"}");
}

/* ---- where what is ------------------------------------------------------ */

static const struct {
  const char *method, *path; /* a '/' at the end: and what follows */
  void (*answer)(struct em_request *rq);
} rows[] = {
  { "GET", "/usage", show_usage },
  { "GET", "/usage/logs", show_logs },
  { "GET", "/dashboard", show_dashboard },
  { "GET", "/providers/keys", list_keys },
  { "PUT", "/providers/keys", store_key },
  { "DELETE", "/providers/keys/", delete_key },
  { "POST", "/providers/validate", validate_key },
  { "GET", "/providers/balances", show_balances },
  { "GET", "/api-keys", show_api_keys },
  { "GET", "/auth/me", show_me },
  { "GET", "/billing/info", show_info },
  { "GET", "/billing/stats", show_stats },
  { "GET", "/billing/pricing", show_pricing },
  { "GET", "/health", show_health },
};

static bool is_at(const char *row, const char *path)
{
  size_t n = strlen(row);

  if (row[n - 1] == '/')
    return em_starts(path, row) && path[n];
  return !strcmp(row, path);
}

/* Faults by rule reach these as well: [other:503]. */
static bool struck(struct em_request *rq)
{
  struct em_faults *f = &rq->server->faults;
  const struct em_fault *fault = em_fault_instead(f, NULL, EM_OTHER);

  if (fault)
    vg_answer_fault(rq, fault, NULL);
  em_fault_wire(f, NULL, EM_OTHER, &rq->reply.wire);
  return fault != NULL;
}

bool vg_answer_account(struct em_request *rq)
{
  bool known = false;
  size_t i;

  if (em_starts(rq->path, "/models") && (!rq->path[7] || rq->path[7] == '/')) {
    if (!struck(rq))
      vg_answer_models(rq, rq->path + 7);
    return true;
  }
  for (i = 0; i < EM_LEN(rows); i++) {
    if (!is_at(rows[i].path, rq->path))
      continue;
    known = true;
    if (!em_method(rq, rows[i].method))
      continue;
    if (!struck(rq))
      rows[i].answer(rq);
    return true;
  }
  if (known)
    vg_error(rq, 405, "METHOD_NOT_ALLOWED", NULL, "Method Not Allowed");
  return known;
}
