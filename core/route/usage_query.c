/* usage_query.c - what is to be summed up: of which days, grouped by what. */
#include "base/clock.h"
#include "base/str.h"
#include "route/budget.h"
#include "route/usage.h"
#include <stdio.h>
#include <string.h>

const char *const gm_usage_words[] = { "total",   "provider", "model",
                                       "project", "user",     "tag",
                                       "day",     "status",   NULL };

static int32_t read_by(const struct json_object *o, struct gm_usage_query *ret,
                       struct gm_error *err)
{
  const char *by = gm_json_str(o, "by", "total");
  int i;

  for (i = 0; gm_usage_words[i]; i++)
    if (gm_streq(by, gm_usage_words[i])) {
      ret->by = (enum gm_usage_by)i;
      return 0;
    }
  return gm_fail(err, GAMUT_E_INVALID,
                 "by: '%.60s' is none of provider, model, project, user, tag, "
                 "day, status",
                 by);
}

/* `days` behind that day's first moment. */
static int32_t read_day(const char *name, const char *text, int64_t days,
                        int64_t *ret, struct gm_error *err)
{
  uint64_t ms;

  if (!gm_parse_day(text, &ms))
    return gm_fail(err, GAMUT_E_INVALID, "%s: '%.60s' is no day, as 2026-11-28",
                   name, text);
  *ret = (int64_t)ms + days * INT64_C(86400000);
  return 0;
}

/* "2026-11-01..2026-11-30": both are in it. */
static int32_t read_span(const char *text, struct gm_usage_query *ret,
                         struct gm_error *err)
{
  const char *dots = strstr(text, "..");
  char from[16];
  int32_t rc;

  if (!dots || dots - text >= (ptrdiff_t)sizeof(from))
    return gm_fail(err, GAMUT_E_INVALID,
                   "period: '%.60s' is none of day, week, month, year, nor "
                   "FROM..TO, as 2026-11-01..2026-11-30",
                   text);
  snprintf(from, sizeof(from), "%.*s", (int)(dots - text), text);
  rc = read_day("period", from, 0, &ret->from_ms, err);
  return rc ? rc : read_day("period", dots + 2, 1, &ret->to_ms, err);
}

static int32_t read_period(const struct json_object *o, int64_t now_ms,
                           struct gm_usage_query *ret, struct gm_error *err)
{
  const char *period = gm_json_str(o, "period", "month");
  uint64_t from, to;
  enum gm_period p;

  if (!gm_period_from(period, &p))
    return read_span(period, ret, err);
  gm_period_of(p, now_ms > 0 ? (uint64_t)now_ms : 0, &from, &to);
  ret->from_ms = (int64_t)from;
  ret->to_ms = (int64_t)to;
  return 0;
}

static int32_t read_days(const struct json_object *o, int64_t now_ms,
                         struct gm_usage_query *ret, struct gm_error *err)
{
  const char *from = gm_json_str(o, "from", NULL);
  const char *to = gm_json_str(o, "to", NULL);
  int32_t rc = 0;

  if (!from && !to)
    return read_period(o, now_ms, ret, err);
  ret->from_ms = 0;
  ret->to_ms = now_ms + 1;
  if (from)
    rc = read_day("from", from, 0, &ret->from_ms, err);
  if (rc == 0 && to)
    rc = read_day("to", to, 0, &ret->to_ms, err);
  return rc;
}

int32_t gm_usage_read(const char *json, int64_t now_ms,
                      struct gm_usage_query *ret, struct gm_error *err)
{
  _cleanup_json_ struct json_object *o =
    json ? gm_json_parse_once(json, strlen(json), NULL, NULL) : NULL;
  int32_t rc;

  if (json && !json_object_is_type(o, json_type_object))
    return gm_fail(err, GAMUT_E_INVALID, "the query is no JSON object");
  rc = read_by(o, ret, err);
  if (rc == 0)
    rc = read_days(o, now_ms, ret, err);
  if (rc == 0 && ret->from_ms >= ret->to_ms)
    rc = gm_fail(err, GAMUT_E_INVALID, "the period ends before it begins");
  return rc;
}
