/* query.c - what can be asked of Runway beside a task: the credits that are
 * left, and where they went.
 *
 * The usage is a POST although it only reads, ends before its second date, and
 * covers 90 days at most: longer spans are asked for in pieces.  Amounts may be
 * negative, for credits that were given back.
 *
 * State of a usage: "from", "to" and "at" (what is still to be asked for begins
 * there), as days since 1970; "credits", "by_model", "by_day" so far.
 */
#include "runway.h"
#include <string.h>

#define DAY_MS     (24 * 3600 * 1000)
#define PIECE_DAYS 90
#define SPAN_DAYS  (12 * PIECE_DAYS)

/* ---- numbers ------------------------------------------------------------ */

static void set_number(struct gamut_call *c, struct gamut_json *o,
                       const char *key, double v)
{
  if (v == (double)(int64_t)v)
    c->host->json_set_int(o, key, (int64_t)v);
  else
    c->host->json_set_real(o, key, v);
}

static struct gamut_json *copy_of(struct gamut_call *c,
                                  const struct gamut_json *o)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *copy = h->json_object(c);
  const struct gamut_json *value;
  const char *key;
  uint32_t i;

  for (i = 0; (value = h->json_member(o, i, &key)); i++)
    h->json_set(copy, key, value);
  return copy;
}

static void add_to(struct gamut_call *c, struct gamut_json *o, const char *key,
                   double v)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *value;
  const char *name;
  uint32_t i;

  for (i = 0; (value = h->json_member(o, i, &name)); i++)
    if (strcmp(name, key) == 0)
      v += h->json_real(value, "", 0);
  set_number(c, o, key, v);
}

/* ---- balance ------------------------------------------------------------ */

/* No limit is no entry. */
static void add_limit(struct gamut_call *c, struct gamut_json *list,
                      const char *name, double limit, double used)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *o = h->json_object(c);

  if (limit < 0 && used < 0)
    return;
  h->json_set_str(o, "name", name);
  if (limit >= 0)
    set_number(c, o, "limit", limit);
  if (used >= 0)
    set_number(c, o, "used", used);
  h->json_set(list, NULL, o);
}

static struct gamut_json *limits_of(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *r = c->reply->json, *m;
  const struct gamut_json *models = h->json_get(r, "tier/models");
  struct gamut_json *list = h->json_array(c);
  const char *id;
  uint32_t i;

  add_limit(c, list, "credits a month",
            h->json_real(r, "tier/maxMonthlyCreditSpend", -1), -1);
  for (i = 0; (m = h->json_member(models, i, &id)); i++) {
    const char *used = h->text(c, "usage/models/%s/dailyGenerations", id);

    add_limit(c, list, h->text(c, "%s at once", id),
              h->json_real(m, "maxConcurrentGenerations", -1), -1);
    add_limit(c, list, h->text(c, "%s a day", id),
              h->json_real(m, "maxDailyGenerations", -1),
              h->json_real(r, used ? used : "", -1));
  }
  return list;
}

static int32_t balance(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_http x = { .phase = ORGANIZATION,
                          .method = "GET",
                          .url = "/v1/organization" };
  struct gamut_json *o, *list, *credits;

  (void)instance;
  if (c->event == GAMUT_EV_START)
    return runway_http(c, &x);
  if (h->json_type(h->json_get(c->reply->json, "creditBalance")) <=
      GAMUT_JSON_NULL)
    return h->fail(c, GAMUT_E_PROTOCOL, "runway tells no balance");
  o = h->json_object(c);
  list = h->json_array(c);
  credits = h->json_object(c);
  h->json_set_str(credits, "name", "credits");
  h->json_set_str(credits, "unit", "credits");
  set_number(c, credits, "remaining",
             h->json_real(c->reply->json, "creditBalance", 0));
  h->json_set_str(credits, "note", "a credit is $0.01");
  h->json_set(list, NULL, credits);
  h->json_set(o, "balances", list);
  h->json_set(o, "limits", limits_of(c));
  h->answer(c, o);
  return h->done(c);
}

/* ---- days --------------------------------------------------------------- */

/* Of the proleptic Gregorian calendar, whose years begin in March here. */
static int64_t day_of(int64_t year, int64_t month, int64_t day)
{
  int64_t y = month <= 2 ? year - 1 : year;
  int64_t in_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

  return y * 365 + y / 4 - y / 100 + y / 400 + in_year - 719468;
}

static const char *date_of(struct gamut_call *c, int64_t day)
{
  int64_t left = day + 719468, era = left / 146097, in_era = left % 146097;
  int64_t y = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
  int64_t in_year = in_era - (365 * y + y / 4 - y / 100);
  int64_t m = (5 * in_year + 2) / 153, d = in_year - (153 * m + 2) / 5 + 1;

  m += m < 10 ? 3 : -9;
  return c->host->text(c, "%04d-%02d-%02d", (int)(y + era * 400 + (m <= 2)),
                       (int)m, (int)d);
}

static int64_t digits(const char *s, int n)
{
  int64_t v = 0;

  for (; n > 0; n--, s++)
    v = v * 10 + (*s - '0');
  return v;
}

/* "2026-11-01"; -1: no date. */
static int64_t read_date(struct gamut_call *c, const char *s)
{
  static const char form[] = "dddd-dd-dd";
  const char *again;
  int64_t day;
  size_t i;

  for (i = 0; i < sizeof(form) - 1; i++)
    if (form[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != form[i])
      return -1;
  if (s[i])
    return -1;
  day = day_of(digits(s, 4), digits(s + 5, 2), digits(s + 8, 2));
  again = day >= 0 ? date_of(c, day) : NULL;
  return again && strcmp(again, s) == 0 ? day : -1; /* no 31st of June */
}

/* The first day of the present week (from Monday), month or year. */
static int64_t begin_of(struct gamut_call *c, const char *period, int64_t today)
{
  const char *date = date_of(c, today);
  int64_t year = date ? digits(date, 4) : 0;

  if (strcmp(period, "year") == 0)
    return day_of(year, 1, 1);
  if (strcmp(period, "month") == 0)
    return day_of(year, date ? digits(date + 5, 2) : 1, 1);
  if (strcmp(period, "week") == 0)
    return today - (today + 3) % 7; /* 1970-01-01 was a Thursday */
  return today;
}

/* ---- usage -------------------------------------------------------------- */

/* What is wrong with the dates as a sentence, or NULL. */
static const char *read_span(struct gamut_call *c, int64_t *from, int64_t *to)
{
  const struct gamut_host *h = c->host;
  const char *period = h->json_str(c->request, "period", NULL);
  const char *first = h->json_str(c->request, "from", NULL);
  const char *end = h->json_str(c->request, "to", NULL);
  int64_t today = (int64_t)(c->now_ms / DAY_MS);

  *to = end ? read_date(c, end) : today + 1;
  if (*to < 0)
    return h->text(c, "to: '%s' is no date such as 2026-11-30", end);
  if (first)
    *from = read_date(c, first);
  else
    *from = period ? begin_of(c, period, today) : *to - 30;
  if (*from < 0)
    return h->text(c, "from: '%s' is no date such as 2026-11-01",
                   first ? first : "");
  if (*from >= *to)
    return "the first day must be before the last; 'to' itself does not count";
  if (*to - *from > SPAN_DAYS)
    return h->text(c, "%d days are too many, %d can be asked for at once",
                   (int)(*to - *from), SPAN_DAYS);
  return NULL;
}

static int32_t post(struct gamut_call *c, const struct gamut_json *body)
{
  struct gamut_http x = { .phase = USAGE,
                          .method = "POST",
                          .url = "/v1/organization/usage",
                          .json = body };

  return runway_http(c, &x);
}

static int64_t piece_end(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  int64_t end = h->json_int(c->state, "at", 0) + PIECE_DAYS;
  int64_t to = h->json_int(c->state, "to", 0);

  return end < to ? end : to;
}

static int32_t ask_piece(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *body = h->json_object(c);

  h->json_set_str(body, "startDate",
                  date_of(c, h->json_int(c->state, "at", 0)));
  h->json_set_str(body, "beforeDate", date_of(c, piece_end(c)));
  return post(c, body);
}

/* Without any dates Runway chooses: the last 30 days. */
static int32_t begin_usage(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *wrong;
  int64_t from = 0, to = 0;

  if (h->json_count(c->request, "") == 0)
    return post(c, h->json_object(c));
  wrong = read_span(c, &from, &to);
  if (wrong)
    return h->fail(c, GAMUT_E_INVALID, "%s", wrong);
  h->json_set_int(c->state, "from", from);
  h->json_set_int(c->state, "at", from);
  h->json_set_int(c->state, "to", to);
  return ask_piece(c);
}

static void add_day(struct gamut_call *c, const struct gamut_json *day,
                    struct gamut_json *by_model, struct gamut_json *by_day)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *used = h->json_get(day, "usedCredits"), *one;
  double sum = 0;
  uint32_t i;

  for (i = 0; (one = h->json_member(used, i, NULL)); i++) {
    double amount = h->json_real(one, "amount", 0);

    add_to(c, by_model, h->json_str(one, "model", "unknown"), amount);
    sum += amount;
  }
  add_to(c, by_day, h->json_str(day, "date", "unknown"), sum);
  set_number(c, c->state, "credits",
             h->json_real(c->state, "credits", 0) + sum);
}

static int32_t answer_usage(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  double credits = h->json_real(c->state, "credits", 0);
  struct gamut_json *o = h->json_object(c);

  if (h->json_int(c->state, "to", -1) >= 0) {
    h->json_set_str(o, "from", date_of(c, h->json_int(c->state, "from", 0)));
    h->json_set_str(o, "to", date_of(c, h->json_int(c->state, "to", 0)));
  }
  set_number(c, o, "credits", credits);
  set_number(c, o, "billed_usd", credits / 100);
  h->json_set(o, "by_model", h->json_get(c->state, "by_model"));
  h->json_set(o, "by_day", h->json_get(c->state, "by_day"));
  h->answer(c, o);
  return h->done(c);
}

static int32_t usage(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *by_model, *by_day;
  const struct gamut_json *days, *day;
  uint32_t i;

  (void)instance;
  if (c->event == GAMUT_EV_START)
    return begin_usage(c);
  days = h->json_get(c->reply->json, "results");
  if (h->json_type(days) != GAMUT_JSON_ARRAY)
    return h->fail(c, GAMUT_E_PROTOCOL, "runway's usage has no days in it");
  by_model = copy_of(c, h->json_get(c->state, "by_model"));
  by_day = copy_of(c, h->json_get(c->state, "by_day"));
  for (i = 0; (day = h->json_member(days, i, NULL)); i++)
    add_day(c, day, by_model, by_day);
  h->json_set(c->state, "by_model", by_model);
  h->json_set(c->state, "by_day", by_day);
  h->json_set_int(c->state, "at", piece_end(c));
  return h->json_int(c->state, "at", 0) < h->json_int(c->state, "to", 0)
           ? ask_piece(c)
           : answer_usage(c);
}

const struct gamut_account runway_account = {
  .struct_size = sizeof(runway_account), .balance = balance, .usage = usage
};
