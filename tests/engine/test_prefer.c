/* test_prefer.c - which link comes first, by prices and by how long jobs took
 * here. */
#include "api/context.h"
#include "base/json.h"
#include "base/str.h"
#include "engine/vendor.h"
#include "job/usual.h"
#include <stdio.h>

static const struct answer answers[] = {
  SAYS("POST /a/jobs", MADE),
  SAYS("POST /b/jobs", MADE),
  SAYS("GET /f.png", "@png"),
};

/* "slow" takes a minute by the catalog, "dear" is $0.50, "cheap" $0.02; nothing
 * is known of "m". */
static const struct {
  const char *name, *prefer;
  const char *a, *b;      /* models */
  uint64_t a_ms, b_ms;    /* of jobs so far; 0: there were none */
  int n;                  /* so many of each */
  const char *first, *by; /* that is made by; how its time is known */
} rows[] = {
  { "as written", "order", "dear", "cheap", 0, 0, 0, "a", NULL },
  { "the lower price", "cheapest", "dear", "cheap", 0, 0, 0, "b", NULL },
  { "a price at all", "cheapest", "m", "dear", 0, 0, 0, "b", NULL },
  { "a time at all", "fastest", "m", "slow", 0, 0, 0, "b", "catalog" },
  { "as the catalog says", "fastest", "slow", "slow", 0, 0, 0, "a", "catalog" },
  { "measured, quick", "fastest", "slow", "slow", 0, 2000, 20, "b",
    "measured" },
  { "measured, slower than it says", "fastest", "slow", "slow", 99000, 0, 20,
    "b", "catalog" },
  { "measured both", "fastest", "m", "m", 900, 300, 20, "b", "measured" },
  { "measured once", "fastest", "slow", "slow", 0, 2000, 1, "a", "catalog" },
  { "quick and dear enough", "balanced", "dear", "cheap", 1000, 90000, 20, "a",
    "measured" },
  { "slow and cheap enough", "balanced", "dear", "cheap", 1000, 9000, 20, "b",
    "measured" },
};

static void have_seen(struct fix *f, const char *provider, const char *model,
                      uint64_t ms, int n)
{
  while (ms > 0 && n-- > 0)
    gm_usual_add(gm_usual_of(f->g->usuals, provider, model, "text-to-image"),
                 ms);
}

static struct gamut_request *request_of(int row)
{
  char links[64];

  snprintf(links, sizeof(links), "a:%s b:%s", rows[row].a, rows[row].b);
  return fix_request(links, "x", "prefer", rows[row].prefer, NULL);
}

/* It is told as it is done. */
static void ck_explained(struct fix *f, int row)
{
  struct gamut_request *r = request_of(row);
  _cleanup_json_ struct json_object *o = NULL;
  char *text;

  ck_assert_int_eq(gamut_explain(f->g, r, &text, &f->err), 0);
  gamut_request_free(r);
  o = gm_json_parse_once(text, strlen(text), NULL, NULL);
  gamut_string_free(text);
  ck_assert_str_eq(gm_json_str(o, "links/0/provider", ""), rows[row].first);
  ck_assert_str_eq(gm_json_str(o, "links/0/decision", ""), "first");
  if (rows[row].by)
    ck_assert_msg(
      gm_streq(gm_json_str(o, "links/0/expected_by", NULL), rows[row].by),
      "%s: %s", rows[row].name, gm_json_text(o, NULL));
}

START_TEST(comes_first)
{
  struct gamut_result *r;
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), 0);
  have_seen(&f, "a", rows[_i].a, rows[_i].a_ms, rows[_i].n);
  have_seen(&f, "b", rows[_i].b, rows[_i].b_ms, rows[_i].n);
  ck_explained(&f, _i);
  r = fix_run(&f, request_of(_i));
  ck_class(r, 0);
  ck_assert_msg(gm_streq(gamut_result_provider(r), rows[_i].first), "%s: %s",
                rows[_i].name, gamut_result_provider(r));
  ck_assert_uint_eq(gamut_result_attempts(r), 1);
  gamut_result_free(r);
  fix_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("prefer");

  tcase_add_loop_test(tc, comes_first, 0, GM_LEN(rows));
  return unit_run("prefer", tc);
}
