/* The organization: what is left, what was used.  Every task of this process
 * was paid today; what failed has been given back. */
#include "runway.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define CREDITS  100000
#define DAYS_MAX 90
#define DAY_S    86400
#define MODELS   64

static bool is_paid(const struct em_job *job)
{
  return em_starts(job->app, "runway:") && !job->failed;
}

static int spent(const struct em_server *sv)
{
  int sum = 0;
  size_t i;

  for (i = 0; i < sv->jobs.n; i++)
    if (is_paid(sv->jobs.all[i]))
      sum += runway_credits(sv->jobs.all[i]);
  return sum;
}

void runway_answer_organization(struct em_request *rq)
{
  em_reply_json(rq, 200,
                "{\"creditBalance\":%d,\"tier\":{\"maxMonthlyCreditSpend\":"
                "10000,\"models\":{\"gen4.5\":{\"maxConcurrentGenerations\":3,"
                "\"maxDailyGenerations\":500},\"aleph2\":{"
                "\"maxConcurrentGenerations\":null,\"maxDailyGenerations\":null"
                "}}},\"usage\":{\"models\":{\"gen4.5\":{"
                "\"dailyGenerations\":0}}}}",
                CREDITS - spent(rq->server));
}

/* ---- usage -------------------------------------------------------------- */

/* "2026-11-20" as days since 1970; -1: it is none. */
static long day_of(const char *text)
{
  struct tm tm = { 0 };
  const char *end = strptime(text, "%Y-%m-%d", &tm);

  return strlen(text) == 10 && end && !*end ? (long)(timegm(&tm) / DAY_S) : -1;
}

/* A member of the body as a day; `*day` stays when it is not there. */
static bool read_day(struct em_request *rq, struct json_object *o,
                     const char *name, long *day)
{
  struct json_object *value;
  const char *text;

  if (!json_object_object_get_ex(o, name, &value))
    return true;
  text = json_object_get_string(value);
  *day = text ? day_of(text) : -1;
  if (*day >= 0)
    return true;
  em_reply_json(rq, 400,
                "{\"error\":\"Validation of body failed\",\"issues\":[{"
                "\"code\":\"invalid_format\",\"path\":[\"%s\"],\"message\":"
                "\"Invalid ISO date\"}]," RUNWAY_DOCS "}",
                name);
  return false;
}

static size_t add_up(const struct em_server *sv, const char *names[MODELS],
                     int sums[MODELS])
{
  size_t i, k, n = 0;

  for (i = 0; i < sv->jobs.n; i++) {
    const struct em_job *job = sv->jobs.all[i];
    const struct runway_model *model = job->model;

    if (!is_paid(job))
      continue;
    for (k = 0; k < n && strcmp(names[k], model->name) != 0; k++)
      ;
    if (k == MODELS)
      continue;
    if (k == n) {
      names[n] = model->name;
      sums[n++] = 0;
    }
    sums[k] += runway_credits(job);
  }
  return n;
}

static void put_usage(struct em_request *rq, long today, bool shown)
{
  struct em_buf *b = &rq->reply.body;
  const char *names[MODELS];
  int sums[MODELS];
  size_t i, n = shown ? add_up(rq->server, names, sums) : 0;
  time_t seconds = (time_t)today * DAY_S;
  char date[16];
  struct tm tm;

  gmtime_r(&seconds, &tm);
  strftime(date, sizeof(date), "%Y-%m-%d", &tm);
  em_buf_puts(b, "{\"models\":[");
  for (i = 0; i < n; i++)
    em_buf_printf(b, "%s\"%s\"", i ? "," : "", names[i]);
  em_buf_puts(b, "],\"results\":[");
  if (n)
    em_buf_printf(b, "{\"date\":\"%s\",\"usedCredits\":[", date);
  for (i = 0; i < n; i++)
    em_buf_printf(b, "%s{\"model\":\"%s\",\"amount\":%d}", i ? "," : "",
                  names[i], sums[i]);
  em_buf_puts(b, n ? "]}]}" : "]}");
  rq->reply.status = 200;
}

void runway_answer_usage(struct em_request *rq)
{
  long today = (long)(em_wall_us() / 1000000 / DAY_S);
  long from = -1, before = today + 1;
  struct json_object *o = runway_parse(rq);

  if (!o)
    return;
  if (read_day(rq, o, "startDate", &from) &&
      read_day(rq, o, "beforeDate", &before)) {
    from = from < 0 ? before - 30 : from;
    if (from >= before || before - from > DAYS_MAX)
      em_reply_json(
        rq, 400,
        "{\"error\":\"Validation of body failed\",\"issues\":[{"
        "\"code\":\"custom\",\"path\":[\"beforeDate\"],"
        "\"message\":\"At most 90 days, startDate first\"}]," RUNWAY_DOCS "}");
    else
      put_usage(rq, today, from <= today && today < before);
  }
  json_object_put(o);
}
