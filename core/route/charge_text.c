/* charge_text.c - a charge as a row of the store, as a part of its job's
 * record, and back.
 *
 * The body begins with what usage is grouped by, always in the same form, so
 * that a million of them need no JSON parser. */
#include "base/clock.h"
#include "base/str.h"
#include "job/policy.h"
#include "route/ledger_private.h"
#include "route/team.h"
#include <string.h>

static void add_text(struct gm_buf *b, const char *name, const char *value)
{
  gm_buf_add_text(b, name, value && *value ? value : NULL);
}

static void add_known(struct gm_buf *b, const char *name, int64_t v)
{
  if (v >= 0)
    gm_buf_add_number(b, name, v);
}

/* ---- the row ------------------------------------------------------------- */

static void add_by(const struct gm_charge *c, struct gm_buf *b)
{
  const struct gm_link *l = gm_run_link(c->run);

  gm_buf_add(b, "{\"by\":[");
  gm_buf_add_json(b, l->provider);
  gm_buf_addc(b, ',');
  gm_buf_add_json(b, l->model);
  gm_buf_addc(b, ',');
  gm_buf_add_json(b, c->project);
  gm_buf_addc(b, ',');
  gm_buf_add_json(b, c->user);
  gm_buf_addc(b, ',');
  gm_buf_add(b, c->tags ? c->tags : "[]");
  gm_buf_addc(b, ']');
}

static int64_t span(uint64_t from, uint64_t to)
{
  return from && to >= from ? (int64_t)(to - from) : -1;
}

static void add_times(const struct gm_job *j, struct gm_buf *b)
{
  add_known(b, ",\"queue_ms\":", span(j->accepted_ms, j->working_ms));
  add_known(b, ",\"generate_ms\":", span(j->accepted_ms, j->generated_ms));
  add_known(b, ",\"download_ms\":", span(j->generated_ms, j->ended_ms));
}

/* Has another link taken something than the one that it is at? */
static bool has_parts(const struct gm_charge *c)
{
  const struct gm_link *l = gm_run_link(c->run);

  return c->n_parts > 1 ||
         (c->n_parts == 1 && !(gm_streq(c->parts[0].provider, l->provider) &&
                               gm_streq(c->parts[0].model, l->model)));
}

/* What each link has taken. */
static void add_parts(const struct gm_charge *c, struct gm_buf *b)
{
  uint32_t i;

  if (!c->tells_parts)
    return;
  gm_buf_add(b, ",\"parts\":[");
  for (i = 0; i < c->n_parts; i++) {
    add_text(b, i ? ",[" : "[", c->parts[i].provider);
    add_text(b, ",", c->parts[i].model);
    gm_buf_add_number(b, ",", c->parts[i].settled);
    gm_buf_add_number(b, ",", c->parts[i].maybe);
    gm_buf_addc(b, ']');
  }
  gm_buf_addc(b, ']');
}

static void add_body(const struct gm_charge *c, struct gm_buf *b)
{
  const struct gm_run *run = c->run;
  int32_t error_class = run->err.error_class;

  add_by(c, b);
  if (run->member)
    add_text(b, GM_CHARGE_OF, run->member->of);
  add_text(b, ",\"operation\":", run->operation);
  if (run->job.instance)
    add_text(b, ",\"slot\":", run->job.instance->proof);
  add_text(b, ",\"correlation_id\":", run->correlation_id);
  add_known(b, ",\"estimate\":", c->estimate);
  add_known(b, ",\"actual\":", c->actual);
  add_text(b, ",\"basis\":", c->basis);
  if (c->status != GM_CHARGE_OPEN)
    add_times(&run->job, b);
  if (error_class)
    add_text(b, ",\"class\":", gm_policy_of(error_class)->name);
  gm_buf_add_number(b, ",\"attempts\":", run->n_attempts);
  add_parts(c, b);
  gm_buf_addc(b, '}');
}

void gm_charge_count(struct gm_charge *c)
{
  c->numbers[GM_CHARGE_FACTS] =
    (int64_t)c->status |
    (int64_t)GM_MIN(c->unknown + c->unknown_maybe, 255) << 8 |
    (int64_t)c->unknown_reserved << 16 | (int64_t)c->tells_parts << 24;
  c->changed++;
}

void gm_charge_describe(struct gm_charge *c)
{
  struct gm_buf *b = &c->ledger->text; /* many wait, and few are long */

  c->tells_parts = has_parts(c);
  gm_charge_count(c);
  gm_buf_clear(b);
  add_body(c, b);
  gm_free(c->body);
  c->body = gm_buf_copy(b);
}

/* ---- the record ---------------------------------------------------------- */

static void add_hold(const struct gm_hold *h, struct gm_buf *b)
{
  int k;

  gm_buf_addc(b, '[');
  gm_buf_add_json(b, h->key);
  for (k = 0; k < GM_COUNTS; k++)
    gm_buf_add_number(b, ",", h->now[k]);
  gm_buf_add(b, h->present ? ",true]" : ",false]");
}

void gm_charge_record(const struct gm_charge *c, struct gm_buf *b)
{
  uint32_t i;

  gm_buf_add_number(b, ",\"ledger\":{\"at\":", c->at_ms);
  for (i = 0; i < GAMUT_STORE_NUMBERS; i++)
    gm_buf_add_number(b, i ? "," : ",\"numbers\":[", c->numbers[i]);
  gm_buf_add_number(b, "],\"status\":", c->status);
  gm_buf_add_number(b, ",\"unknown\":", c->unknown);
  gm_buf_add_number(b, ",\"unknown_maybe\":", c->unknown_maybe);
  gm_buf_add_number(b, ",\"unknown_reserved\":", c->unknown_reserved);
  if (c->open)
    gm_buf_add_number(b, ",\"expected\":", c->expected);
  add_known(b, ",\"estimate\":", c->estimate);
  add_known(b, ",\"actual\":", c->actual);
  add_text(b, ",\"basis\":", c->basis);
  for (i = 0; i < c->n_holds; i++) {
    gm_buf_add(b, i ? "," : ",\"holds\":[");
    add_hold(&c->holds[i], b);
  }
  if (c->n_holds > 0)
    gm_buf_addc(b, ']');
  for (i = 0; i < c->n_parts; i++) {
    add_text(b, i ? ",[" : ",\"parts\":[[", c->parts[i].provider);
    add_text(b, ",", c->parts[i].model);
    gm_buf_add_number(b, ",", c->parts[i].settled);
    gm_buf_add_number(b, ",", c->parts[i].maybe);
    gm_buf_addc(b, ']');
  }
  gm_buf_add(b, c->n_parts > 0 ? "]}" : "}");
}

static int64_t int_at(const struct json_object *array, size_t i)
{
  return json_object_get_int64(json_object_array_get_idx(array, i));
}

static const char *text_at(const struct json_object *array, size_t i)
{
  const char *text =
    json_object_get_string(json_object_array_get_idx(array, i));

  return text ? text : "";
}

/* Of what a job has in its counters: what the store has; that, and it should be
 * so; only that it should be so. */
enum holds { HOLDS_STORED, HOLDS_BOTH, HOLDS_NOW };

static int32_t read_holds(struct gm_charge *c, const struct json_object *list,
                          enum holds what)
{
  size_t i, k, n = gm_json_count(list, NULL);

  for (i = 0; i < n; i++) {
    const struct json_object *o = json_object_array_get_idx(list, i);
    struct gm_hold *h;

    if (gm_json_count(o, NULL) != GM_COUNTS + 2)
      return GAMUT_E_PROTOCOL;
    h = gm_hold_add(c, text_at(o, 0));
    if (!h)
      return GAMUT_E_NOMEM;
    for (k = 0; k < GM_COUNTS; k++)
      *(what == HOLDS_NOW ? &h->now[k] : &h->stored[k]) = int_at(o, k + 1);
    if (what == HOLDS_STORED)
      continue;
    if (what == HOLDS_BOTH)
      memcpy(h->now, h->stored, sizeof(h->now));
    h->present =
      json_object_get_boolean(json_object_array_get_idx(o, GM_COUNTS + 1));
  }
  return 0;
}

static int32_t read_parts(struct gm_charge *c, const struct json_object *list)
{
  size_t i, n = gm_json_count(list, NULL);

  for (i = 0; i < n; i++) {
    const struct json_object *o = json_object_array_get_idx(list, i);
    struct gm_part *p = gm_part_add(c, text_at(o, 0), text_at(o, 1));

    if (!p)
      return GAMUT_E_NOMEM;
    p->settled = int_at(o, 2);
    p->maybe = int_at(o, 3);
  }
  return 0;
}

/* A record of before there were entries: as if it had just been reserved. */
static void begin_late(struct gm_charge *c, const struct json_object *owner)
{
  c->expected = c->estimate = gm_json_i64(owner, "price_microusd", -1);
  if (!gm_json_at(owner, "end"))
    return;
  c->expected = -1;
  c->frozen = true;
}

static const char *basis_from(const char *text)
{
  static const char *const known[] = { "vendor", "units", "formula",
                                       "estimate" };
  size_t i;

  for (i = 0; i < GM_LEN(known); i++)
    if (gm_streq(text, known[i]))
      return known[i];
  return NULL;
}

static int32_t read_ledger(struct gm_charge *c, const struct json_object *l,
                           enum holds what)
{
  const struct json_object *numbers = gm_json_at(l, "numbers");
  size_t i, n = gm_json_count(numbers, NULL);
  int32_t rc;

  for (i = 0; i < n && i < GAMUT_STORE_NUMBERS; i++)
    c->numbers[i] = int_at(numbers, i);
  c->tells_parts = GM_FACT_PARTS(c->numbers[GM_CHARGE_FACTS]);
  c->at_ms = gm_json_i64(l, "at", c->at_ms);
  c->status = (uint8_t)gm_json_i64(l, "status", 0);
  c->unknown = (uint8_t)gm_json_i64(l, "unknown", 0);
  c->unknown_maybe = (uint8_t)gm_json_i64(l, "unknown_maybe", 0);
  c->unknown_reserved = (uint8_t)gm_json_i64(l, "unknown_reserved", 0);
  c->open = gm_json_at(l, "expected") != NULL;
  c->expected = gm_json_i64(l, "expected", -1);
  c->estimate = gm_json_i64(l, "estimate", -1);
  c->actual = gm_json_i64(l, "actual", -1);
  c->basis = basis_from(gm_json_str(l, "basis", NULL));
  rc = read_holds(c, gm_json_at(l, "holds"), what);
  return rc ? rc : read_parts(c, gm_json_at(l, "parts"));
}

int32_t gm_charge_restore(struct gm_charge *c, const struct json_object *owner)
{
  const struct json_object *l = gm_json_at(owner, "ledger");

  if (l)
    return read_ledger(c, l, HOLDS_BOTH);
  begin_late(c, owner);
  return 0;
}

void gm_charge_put_back(struct gm_charge *c, const struct json_object *owner)
{
  const struct json_object *l = gm_json_at(owner, "ledger");

  if (l && read_ledger(c, l, HOLDS_NOW) == 0)
    gm_charge_describe(c);
}

int32_t gm_charge_follow(struct gm_charge *c, const struct json_object *owner)
{
  gm_charge_count(c); /* the row is the other's as well */
  return read_holds(c, gm_json_at(owner, "ledger/holds"), HOLDS_STORED);
}
