/* test_trace.c - contexts, ids, sampling, lists of pairs, spans as text. */
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "job/trace.h"
#include "unit.h"
#include <gamut/plugin.h>
#include <stdio.h>

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN  "00f067aa0ba902b7"
#define ZEROS "00000000000000000000000000000000"

static const struct {
  const char *name, *text;
  int good, sampled;
} contexts[] = {
  { "sampled", "00-" TRACE "-" SPAN "-01", 1, 1 },
  { "not", "00-" TRACE "-" SPAN "-00", 1, 0 },
  { "other flags", "00-" TRACE "-" SPAN "-fe", 1, 0 },
  { "later version", "01-" TRACE "-" SPAN "-01", 1, 1 },
  { "with more behind", "cc-" TRACE "-" SPAN "-01-what.ever", 1, 1 },
  { "more behind, yet no dash", "cc-" TRACE "-" SPAN "-01.what", 0, 0 },
  { "more behind version 00", "00-" TRACE "-" SPAN "-01-x", 0, 0 },
  { "version ff", "ff-" TRACE "-" SPAN "-01", 0, 0 },
  { "no trace", "00-" ZEROS "-" SPAN "-01", 0, 0 },
  { "no span", "00-" TRACE "-0000000000000000-01", 0, 0 },
  { "upper case", "00-4BF92f3577b34da6a3ce929d0e0e4736-" SPAN "-01", 0, 0 },
  { "no hex", "00-" TRACE "-" SPAN "-0x", 0, 0 },
  { "short", "00-" TRACE "-" SPAN "-0", 0, 0 },
  { "very short", "00-", 0, 0 },
  { "empty", "", 0, 0 },
  { "blank", " 00-" TRACE "-" SPAN "-01", 0, 0 },
  { "none", NULL, 0, 0 },
};

START_TEST(contexts_are_read)
{
  char trace[GM_TRACE_ID_SIZE], span[GM_SPAN_ID_SIZE];
  bool sampled = false;

  ck_assert_msg(gm_traceparent_parse(contexts[_i].text, trace, span,
                                     &sampled) == (contexts[_i].good != 0),
                "%s", contexts[_i].name);
  if (!contexts[_i].good)
    return;
  ck_assert_str_eq(trace, TRACE);
  ck_assert_str_eq(span, SPAN);
  ck_assert_int_eq(sampled, contexts[_i].sampled);
}
END_TEST

static bool join(void *user, const char *name, const char *value)
{
  size_t n = strlen(user);

  snprintf((char *)user + n, 200 - n, "%s=%s;", name, value);
  return true;
}

static const struct {
  const char *text, *want; /* NULL: refused */
} lists[] = {
  { "a=1", "a=1;" },
  { "a=1,b=2", "a=1;b=2;" },
  { " a = 1 , b=x y ", "a=1;b=x y;" },
  { "a=%20%2C%3d", "a= ,=;" },
  { "a=b=c", "a=b=c;" },
  { "a=", "a=;" },
  { "a=1,", "a=1;" },
  { "", "" },
  { "a", NULL },
  { "=1", NULL },
  { "a=%2", NULL },
  { "a=%zz", NULL },
  { "a=%00", NULL },
};

START_TEST(pairs)
{
  char got[200] = "";
  bool ok = gm_otlp_pairs(lists[_i].text, join, got);

  ck_assert_msg(ok == (lists[_i].want != NULL), "'%s'", lists[_i].text);
  if (ok)
    ck_assert_str_eq(got, lists[_i].want);
}
END_TEST

/* ---- an exporter that nobody empties
 * ------------------------------------------ */

struct bench {
  struct gm_log log;
  struct gm_loop *loop;
  struct gm_http *http;
  struct gm_meters *meters;
  struct gm_tracer tracer;
};

static void drop(void *user, int32_t level, const char *line)
{
  (void)user;
  (void)level;
  (void)line;
}

static bool bench_open(struct bench *b, uint32_t queue_max)
{
  struct gm_otlp_options o = { .url = "http://127.0.0.1:9/v1/traces",
                               .headers = "authorization=Bearer%20key-12345",
                               .resource = "[]",
                               .timeout_ms = 1000,
                               .delay_ms = 60000,
                               .queue_max = queue_max,
                               .batch_max = 512 };

  memset(b, 0, sizeof(*b));
  b->log.write = drop;
  b->tracer.log = &b->log;
  b->tracer.sampled = UINT64_C(1) << 56;
  b->meters = gm_meters_new(NULL);
  return b->meters && gm_loop_new(&b->log, &b->loop, NULL) == 0 &&
         gm_http_new(b->loop, &b->log, &(struct gm_http_options){ 0 }, &b->http,
                     NULL) == 0 &&
         gm_otlp_new(b->loop, b->http, &b->log, b->meters, &o, &b->tracer.otlp,
                     NULL) == 0;
}

static void bench_close(struct bench *b)
{
  gm_otlp_free(b->tracer.otlp);
  gm_http_free(b->http);
  gm_loop_free(b->loop);
  gm_meters_free(b->meters);
  gm_log_finish(&b->log);
}

START_TEST(a_trace_has_the_id_of_its_job)
{
  struct gm_trace *t, *again;
  struct bench b;

  ck_assert(bench_open(&b, 10));
  t = gm_trace_new(&b.tracer, NULL, "01BX5ZZKBKACTAV9WEVGEMMVRZ");
  ck_assert_str_eq(t->id, "015f4bffcd735334ada78edc1d4a6f1f");
  gm_trace_free(t);
  t = gm_trace_new(&b.tracer, NULL, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
  ck_assert_str_eq(t->id, "ffffffffffffffffffffffffffffffff");
  gm_trace_free(t);
  t = gm_trace_new(&b.tracer, NULL, "00000000000000000000000001");
  ck_assert_str_eq(t->id, "00000000000000000000000000000001");
  again = gm_trace_new(&b.tracer, NULL, "00000000000000000000000001");
  ck_assert_str_eq(t->id, again->id);
  ck_assert_str_ne(t->root, again->root);
  ck_assert(gm_trace_is_on(t));
  gm_trace_free(again);
  gm_trace_free(t);
  bench_close(&b);
}
END_TEST

START_TEST(sampling)
{
  char id[GM_ID_SIZE];
  int i, n = 0;
  struct bench b;

  ck_assert(bench_open(&b, 10));
  b.tracer.sampled = UINT64_C(1) << 54; /* a quarter */
  for (i = 0; i < 4000; i++) {
    struct gm_trace *t;

    gm_id_new(id);
    t = gm_trace_new(&b.tracer, NULL, id);
    n += gm_trace_is_on(t);
    gm_trace_free(t);
  }
  ck_assert(n > 800 && n < 1200);
  bench_close(&b);
}
END_TEST

static void write_spans(struct gm_trace *t, int n)
{
  while (n-- > 0) {
    char id[GM_SPAN_ID_SIZE];
    struct gm_span s;

    gm_span_id(id);
    gm_trace_event(t, "retry", "why\n\xff", 250);
    gm_span_begin(&s, t, id, t->root, "POST submit", GM_SPAN_CLIENT, 1000, 999);
    gm_span_text(&s, "url.full", "http://x/\"\n key-12345");
    gm_span_int(&s, "n", INT64_MIN);
    gm_span_real(&s, "usd", 0.025);
    gm_span_bool(&s, "yes", true);
    gm_span_end(&s, &t->root_events, "rate", "HTTP 429");
  }
}

START_TEST(what_does_not_fit_is_counted)
{
  struct gm_buf text = GM_BUF_INIT(65536);
  struct gm_trace *t;
  struct bench b;

  ck_assert(bench_open(&b, 10));
  t = gm_trace_new(&b.tracer, NULL, "00000000000000000000000001");
  write_spans(t, 25);
  gm_meters_print(b.meters, true, &text);
  ck_assert_ptr_nonnull(
    strstr(gm_buf_text(&text), "gamut_spans_total{outcome=\"dropped\"} 15\n"));
  gm_buf_finish(&text);
  gm_trace_free(t);
  bench_close(&b);
}
END_TEST

/* Many retries: the events of a span stay within their ceiling, and valid. */
START_TEST(events_are_bounded)
{
  _cleanup_json_ struct json_object *o = NULL;
  struct gm_buf text = GM_BUF_INIT(1u << 20);
  struct gm_trace *t;
  struct bench b;
  int i;

  ck_assert(bench_open(&b, 10));
  t = gm_trace_new(&b.tracer, NULL, "00000000000000000000000001");
  for (i = 0; i < 5000; i++)
    gm_trace_event(t, "retry", "the vendor is \"busy\"", i);
  ck_assert(t->root_events.len > 1000 && t->root_events.len <= 65536);
  gm_buf_addc(&text, '[');
  gm_buf_addn(&text, t->root_events.data, t->root_events.len);
  gm_buf_addc(&text, ']');
  o = gm_json_parse_once(text.data, text.len, NULL, NULL);
  ck_assert_uint_gt(gm_json_count(o, NULL), 100);
  gm_buf_finish(&text);
  gm_trace_free(t);
  bench_close(&b);
}
END_TEST

static bool build(void)
{
  struct bench b;
  struct gm_trace *t = NULL;
  bool ok = bench_open(&b, 10);

  if (ok)
    t = gm_trace_new(&b.tracer, "00-" TRACE "-" SPAN "-01",
                     "00000000000000000000000001");
  ok = ok && t;
  if (t)
    write_spans(t, 3);
  gm_trace_free(t);
  bench_close(&b);
  return ok;
}

START_TEST(no_memory)
{
  unit_torture(build);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("trace");

  tcase_add_loop_test(tc, contexts_are_read, 0, (int)GM_LEN(contexts));
  tcase_add_loop_test(tc, pairs, 0, (int)GM_LEN(lists));
  tcase_add_test(tc, a_trace_has_the_id_of_its_job);
  tcase_add_test(tc, sampling);
  tcase_add_test(tc, what_does_not_fit_is_counted);
  tcase_add_test(tc, events_are_bounded);
  tcase_add_test(tc, no_memory);
  return unit_run("trace", tc);
}
