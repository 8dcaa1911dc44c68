/* test_rate_headers.c - how much may still be asked, in all the ways that
 * vendors say it. */
#include "loop/rate_headers.h"
#include "unit.h"

#define NOW UINT64_C(1790000000000)
#define DAY INT64_C(86400000)

static const struct {
  const char *name, *lines;
  bool is_said;
  struct gm_rate_headers h; /* remaining, limit, reset_ms, refills */
} rows[] = {
  { "nothing", "date: x\nserver: y\n", false, { 0 } },
  { "empty", "", false, { 0 } },
  { "openai",
    "x-ratelimit-limit-requests: 500\n"
    "x-ratelimit-remaining-requests: 499\n"
    "x-ratelimit-reset-requests: 120ms\n",
    true,
    { 499, 500, 120, true } },
  { "openai, minutes",
    "x-ratelimit-remaining-requests: 0\nx-ratelimit-reset-requests: 6m0s\n",
    true,
    { 0, -1, 360000, true } },
  { "tokens are not requests",
    "x-ratelimit-remaining-tokens: 0\nx-ratelimit-reset-tokens: 1s\n",
    false,
    { 0 } },
  { "seconds from now",
    "x-ratelimit-remaining: 3\nx-ratelimit-reset: 30\n",
    true,
    { 3, -1, 30000, false } },
  { "a moment in seconds",
    "x-ratelimit-remaining: 0\nx-ratelimit-reset: 1790000012\n",
    true,
    { 0, -1, 12000, false } },
  { "a moment in milliseconds",
    "x-ratelimit-remaining: 0\nx-ratelimit-reset: 1790000000250\n",
    true,
    { 0, -1, 250, false } },
  { "a moment that is over",
    "x-ratelimit-remaining: 0\nx-ratelimit-reset: 1789999999\n",
    true,
    { 0, -1, 0, false } },
  { "without x",
    "ratelimit-limit: 10\nratelimit-remaining: 2\n"
    "ratelimit-reset: 1.5\n",
    true,
    { 2, 10, 1500, false } },
  { "all in one",
    "ratelimit: limit=100, remaining=5, reset=30\n",
    true,
    { 5, 100, 30000, false } },
  { "all in one, newer",
    "ratelimit: \"default\";r=5;t=30\n",
    true,
    { 5, -1, 30000, false } },
  { "the policy alone says nothing",
    "ratelimit-policy: 100;w=60\n",
    false,
    { 0 } },
  { "the scarcest counts",
    "x-ratelimit-remaining: 7\nx-ratelimit-remaining-requests: 2\n",
    true,
    { 2, -1, -1, false } },
  { "a year is a day",
    "x-ratelimit-remaining: 0\nx-ratelimit-reset: 31536000\n",
    true,
    { 0, -1, DAY, false } },
  { "hours of hours",
    "x-ratelimit-remaining: 0\nx-ratelimit-reset-requests: 99999h\n",
    true,
    { 0, -1, DAY, true } },
  { "negative", "x-ratelimit-remaining: -1\n", false, { 0 } },
  { "words",
    "x-ratelimit-remaining: lots\nx-ratelimit-reset: soon\n",
    false,
    { 0 } },
  { "a reset that is nonsense",
    "x-ratelimit-remaining: 0\nx-ratelimit-reset: soon\n",
    true,
    { 0, -1, -1, false } },
  { "huge",
    "x-ratelimit-remaining: 99999999999999999999999999\n",
    false,
    { 0 } },
  { "no colon", "x-ratelimit-remaining\n", false, { 0 } },
  { "no end", "x-ratelimit-remaining: 1", false, { 0 } },
  { "another word", "x-my-ratelimit-remaining: 1\n", false, { 0 } },
};

START_TEST(says)
{
  struct gm_rate_headers h = { -7, -7, -7, false };
  bool is_said =
    gm_rate_headers(rows[_i].lines, strlen(rows[_i].lines), NOW, &h);

  ck_assert_msg(is_said == rows[_i].is_said, "%s: %d", rows[_i].name, is_said);
  if (!is_said)
    return;
  ck_assert_msg(h.remaining == rows[_i].h.remaining, "%s: remaining %lld",
                rows[_i].name, (long long)h.remaining);
  ck_assert_msg(h.limit == rows[_i].h.limit, "%s: limit %lld", rows[_i].name,
                (long long)h.limit);
  ck_assert_msg(h.reset_ms == rows[_i].h.reset_ms, "%s: reset %lld",
                rows[_i].name, (long long)h.reset_ms);
  ck_assert_msg(h.refills == rows[_i].h.refills, "%s: refills", rows[_i].name);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("rate_headers");

  tcase_add_loop_test(tc, says, 0, GM_LEN(rows));
  return unit_run("rate_headers", tc);
}
