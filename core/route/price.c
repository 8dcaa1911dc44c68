/* price.c - what a request costs.
 *
 * One calculation serves before and after: before, the outputs are what was
 * asked for; after, what came.  The first row whose conditions hold is the
 * price, rows marked `plus` that hold are added.  When a row needs what is not
 * known (tokens, a length that nobody said) the price is not known: half a sum
 * would look like a whole one.  Its formula is told nevertheless.
 *
 * Money is added up in whole billionths of a dollar and rounded once, at the
 * end, to millionths: a thousand pictures at $0.0003 are $0.30, not a hair
 * less.
 */
#include "base/str.h"
#include "route/price_private.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define NANO    1e9
#define MILLION 1e6
#define USD_MAX 1e9 /* beyond is a slip in the catalog */

static double charged(const struct json_object *row, double units)
{
  if (gm_json_bool(row, "round_up", false))
    units = ceil(units - 1e-9);
  return GM_MAX(units, gm_json_real(row, "minimum", 0));
}

/* Dollars for a unit; negative: not known.  Where a row has credits only, the
 * value of one is the provider's. */
static double usd_of(const struct gm_bill *b, const struct json_object *row,
                     const char *member)
{
  double credits = gm_json_real(row, "credits", -1);

  if (gm_json_at(row, member))
    return gm_json_real(row, member, -1);
  if (gm_json_at(row, "usd") || credits < 0 || !(b->m->credit_usd > 0))
    return -1;
  return credits * b->m->credit_usd;
}

/* Add `times` times the cost of so many units. */
static void add_cost(struct gm_bill *b, const struct json_object *row,
                     double units, double times)
{
  double usd = usd_of(b, row, "usd");
  double first =
    gm_json_at(row, "first_usd") ? usd_of(b, row, "first_usd") : usd;
  double credits = gm_json_real(row, "credits", -1), all;

  if (credits >= 0)
    b->price.credits = GM_MAX(b->price.credits, 0) + credits * units * times;
  if (usd < 0 || first < 0) {
    gm_bill_unknown(b, credits >= 0 && !gm_json_at(row, "usd")
                         ? GM_PRICE_CREDITS
                         : GM_PRICE_BROKEN);
    return;
  }
  all = (first * GM_MIN(units, 1) + usd * GM_MAX(units - 1, 0)) * times;
  if (!(all >= 0 && all <= USD_MAX) ||
      (double)b->nanousd / NANO + all > USD_MAX)
    gm_bill_unknown(b, GM_PRICE_HUGE);
  else
    b->nanousd += llround(all * NANO);
}

/* ---- the formula -------------------------------------------------------- */

GM_PRINTF(2, 3)
static void say(struct gm_bill *b, const char *fmt, ...)
{
  size_t room = sizeof(b->price.formula) - b->formula_len;
  va_list ap;
  int n;

  va_start(ap, fmt);
  n = vsnprintf(b->price.formula + b->formula_len, room, fmt, ap);
  va_end(ap);
  if (n > 0)
    b->formula_len += GM_MIN((size_t)n, room - 1);
}

/* Negative: nobody knows how many. */
static void say_units(struct gm_bill *b, double units, const char *phrase)
{
  char number[32];

  if (units < 0) {
    say(b, "%ss", phrase);
    return;
  }
  /* Three decimals of a megapixel are enough for anyone. */
  say(b, "%s %s%s", gm_fmt_real(number, round(units * 1000) / 1000), phrase,
      units == 1 ? "" : "s");
}

/* "$0.12", "9 credits" */
static void say_each(struct gm_bill *b, const struct json_object *row,
                     const char *member)
{
  double usd = usd_of(b, row, member);
  double credits = gm_json_real(row, "credits", -1);
  char text[32];

  if (usd >= 0)
    say(b, "$%s", gm_fmt_usd(text, usd));
  else if (credits >= 0)
    say(b, "%s credit%s", gm_fmt_real(text, credits), credits == 1 ? "" : "s");
  else
    say(b, "?");
}

static void say_row(struct gm_bill *b, const struct json_object *row,
                    const char *phrase, int64_t n, double units)
{
  char number[32];

  if (!b->words)
    return;
  if (b->formula_len > 0)
    say(b, " + ");
  if (n > 1)
    say(b, "%lld outputs x ", (long long)n);
  if (gm_ends(phrase, " token") && units < 0) {
    say(b, "%ss x $%s a million", phrase,
        gm_fmt_usd(number, gm_json_real(row, "usd", 0) * MILLION));
    return;
  }
  if (!gm_json_at(row, "first_usd")) {
    say_units(b, units, phrase);
    say(b, " x ");
    say_each(b, row, "usd");
    return;
  }
  say(b, "(first %s ", phrase);
  say_each(b, row, "first_usd");
  if (units > 1 || units < 0) {
    say(b, " + %s x ",
        units > 1 ? gm_fmt_real(number, round((units - 1) * 1000) / 1000)
                  : "further");
    say_each(b, row, "usd");
  }
  say(b, ")");
}

/* ---- the sum ------------------------------------------------------------ */

static bool is_counted(const struct json_object *row, const char *unit)
{
  return (gm_streq(unit, "image") || gm_streq(unit, "video")) &&
         !gm_json_at(row, "first_usd");
}

/* Before, all outputs are alike. */
static void add_asked(struct gm_bill *b, const struct json_object *row,
                      const struct gm_price_unit *unit)
{
  double units = gm_bill_units(b, unit->name, 0);
  double n = (double)b->n;

  units = units > 0 ? charged(row, units) : -1;
  if (units > 0)
    add_cost(b, row, units, n);
  if (is_counted(row, unit->name))
    say_row(b, row, unit->phrase, 1, units * n);
  else
    say_row(b, row, unit->phrase, b->n, units);
}

static void add_delivered(struct gm_bill *b, const struct json_object *row,
                          const struct gm_price_unit *unit)
{
  double total = 0, first = 0;
  bool alike = true;
  uint32_t i, n = 0;

  for (i = 0; i < b->n; i++) {
    double units;

    if (!gm_bill_counts(b, unit->name, i))
      continue;
    units = gm_bill_units(b, unit->name, i);
    if (units <= 0)
      return;
    units = charged(row, units);
    add_cost(b, row, units, 1);
    first = n == 0 ? units : first;
    alike = alike && units == first;
    total += units;
    n++;
  }
  if (n == 0)
    gm_bill_unknown(b, GM_PRICE_NOTHING);
  else if (is_counted(row, unit->name) || !alike)
    say_row(b, row, unit->phrase, 1, total);
  else
    say_row(b, row, unit->phrase, n, first);
}

static void note_facts(struct gm_bill *b, const struct json_object *row)
{
  struct gm_price *p = &b->price;

  p->unit = p->unit ? p->unit : gm_json_str(row, "unit", NULL);
  p->source = p->source ? p->source : gm_json_str(row, "source", NULL);
  p->checked = p->checked ? p->checked : gm_json_str(row, "checked", NULL);
  p->excludes = p->excludes ? p->excludes : gm_json_str(row, "excludes", NULL);
  p->sure = p->sure && gm_json_bool(row, "sure", true);
}

static void add_row(struct gm_bill *b, const struct json_object *row)
{
  const struct gm_price_unit *unit = gm_price_unit(row);
  double units;

  if (!unit || (!gm_json_at(row, "usd") && !gm_json_at(row, "credits"))) {
    gm_bill_unknown(b, GM_PRICE_BROKEN);
    return;
  }
  note_facts(b, row);
  if (unit->per == GM_PER_TOKEN) {
    gm_bill_unknown(b, GM_PRICE_TOKENS);
    say_row(b, row, unit->phrase, 1, -1);
  } else if (unit->per == GM_PER_OUTPUT && b->delivered) {
    add_delivered(b, row, unit);
  } else if (unit->per == GM_PER_OUTPUT) {
    add_asked(b, row, unit);
  } else {
    units = charged(row, gm_bill_per_request(b, row, unit->name));
    if (units <= 0)
      return;
    add_cost(b, row, units, 1);
    say_row(b, row, unit->phrase, 1, units);
  }
}

static void add_up(struct gm_bill *b)
{
  const struct json_object *rows = gm_json_at(b->m->entry, "price");
  size_t i, n = gm_json_count(rows, NULL);
  bool based = false;

  for (i = 0; i < n; i++) {
    const struct json_object *row = json_object_array_get_idx(rows, i);
    bool plus = gm_json_bool(row, "plus", false);

    if ((!plus && based) || !gm_bill_holds(b, row))
      continue;
    add_row(b, row);
    based = based || !plus;
  }
  if (!based)
    gm_bill_unknown(b, n > 0 ? GM_PRICE_OPTIONS : GM_PRICE_NONE);
}

static bool make_bill(struct gm_bill *b, struct gm_price *ret)
{
  b->price.sure = true;
  b->price.credits = -1;
  if (!b->m)
    gm_bill_unknown(b, GM_PRICE_NO_MODEL);
  else if (b->n == 0) /* whether that was charged the formula cannot tell */
    gm_bill_unknown(b, GM_PRICE_NOTHING);
  else
    add_up(b);
  b->price.microusd =
    b->price.why == GM_PRICE_KNOWN ? (b->nanousd + 500) / 1000 : -1;
  b->price.guessed = b->guessed;
  b->price.sure = b->price.sure && !b->guessed;
  *ret = b->price;
  return b->price.why == GM_PRICE_KNOWN;
}

bool gm_price_estimate(const struct gm_model *m,
                       const struct json_object *request,
                       const struct gm_input *inputs, uint32_t n_inputs,
                       bool words, struct gm_price *ret)
{
  int64_t n = gm_json_i64(request, "n", 1);
  struct gm_bill b = { .m = m,
                       .request = request,
                       .inputs = inputs,
                       .n_inputs = n_inputs,
                       .n = n < 1 ? 1 : n,
                       .words = words };

  return make_bill(&b, ret);
}

bool gm_price_delivered(const struct gm_model *m,
                        const struct json_object *request,
                        const struct gm_input *inputs, uint32_t n_inputs,
                        const struct gm_delivered *d, uint32_t n_delivered,
                        bool words, struct gm_price *ret)
{
  struct gm_bill b = { .m = m,
                       .request = request,
                       .inputs = inputs,
                       .n_inputs = n_inputs,
                       .delivered = d,
                       .n = n_delivered,
                       .words = words };

  return make_bill(&b, ret);
}

/* The one row that holds; NULL: none, or another is added to it. */
static const struct json_object *only_row(const struct gm_bill *b)
{
  const struct json_object *rows =
    b->m ? gm_json_at(b->m->entry, "price") : NULL;
  const struct json_object *row, *found = NULL;
  size_t i, n = gm_json_count(rows, NULL);

  for (i = 0; i < n; i++) {
    row = json_object_array_get_idx(rows, i);
    if (!gm_bill_holds(b, row))
      continue;
    if (gm_json_bool(row, "plus", false))
      return NULL;
    if (!found)
      found = row;
  }
  return found;
}

bool gm_price_billed(const struct gm_model *m,
                     const struct json_object *request,
                     const struct gm_input *inputs, uint32_t n_inputs,
                     const char *unit, double units, bool words,
                     struct gm_price *ret)
{
  struct gm_bill b = { .m = m,
                       .request = request,
                       .inputs = inputs,
                       .n_inputs = n_inputs,
                       .words = words,
                       .price = { .sure = true, .credits = -1 } };
  const struct json_object *row = only_row(&b);
  const struct gm_price_unit *known = row ? gm_price_unit(row) : NULL;

  if (!known || known->per == GM_PER_TOKEN || !(units >= 0) ||
      (!gm_streq(unit, "unit") && !gm_streq(unit, known->name)))
    return false;
  note_facts(&b, row);
  add_cost(&b, row, units, 1);
  say_row(&b, row, known->phrase, 1, units);
  if (b.price.why != GM_PRICE_KNOWN)
    return false;
  b.price.microusd = (b.nanousd + 500) / 1000;
  *ret = b.price;
  return true;
}
