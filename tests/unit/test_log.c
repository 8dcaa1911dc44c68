/* test_log.c - lines, levels, secrets. */
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "unit.h"
#include <pthread.h>
#include <stdio.h>

struct seen {
  int lines;
  int32_t level;
  char text[600];
  size_t len;
};

static void keep(void *user, int32_t level, const char *line)
{
  struct seen *s = user;

  s->lines++;
  s->level = level;
  s->len = strlen(line);
  snprintf(s->text, sizeof(s->text), "%s", line);
}

static int formatted(int *count)
{
  return ++*count;
}

START_TEST(levels_filter)
{
  struct seen s = { 0 };
  struct gm_log l = { .write = keep, .user = &s, .level = 2 };
  int n = 0;

  gm_debug(&l, "%d", formatted(&n));
  ck_assert_int_eq(n, 0);
  gm_info(&l, "no");
  ck_assert_int_eq(s.lines, 0);
  gm_warn(&l, "%s %d", "yes", 1);
  ck_assert_int_eq(s.level, 2);
  ck_assert_str_eq(s.text, "yes 1");
  l.level = 0;
  gm_debug(&l, "%d", formatted(&n));
  ck_assert_int_eq(n, 1);
  ck_assert_int_eq(s.lines, 2);
  gm_log_finish(&l);
  gm_warn(&l, "gone");
  gm_warn((struct gm_log *)NULL, "nobody");
  ck_assert_int_eq(s.lines, 2);
}
END_TEST

static const struct {
  const char *name, *text, *masked;
} rows[] = {
  { "alone", "sk-12345", "***" },
  { "amid", "key=sk-12345;", "key=***;" },
  { "twice", "sk-12345sk-12345", "******" },
  { "longer one first", "sk-12345-extra", "***" },
  { "json form", "{\"k\":\"q\\\"uo\\\\te\"}", "{\"k\":\"***\"}" },
  { "url form", "?key=a%2Fb%2Bc%3D&x", "?key=***&x" },
  { "plain form", "a/b+c=", "***" },
  { "part of one", "sk-1234", "sk-1234" },
  { "none", "nothing to hide", "nothing to hide" },
  { "short value", "abc", "abc" },
  { "empty", "", "" },
};

static void add_secrets(struct gm_log *l)
{
  ck_assert(gm_log_secret(l, "sk-12345"));
  ck_assert(gm_log_secret(l, "sk-12345-extra"));
  ck_assert(gm_log_secret(l, "a/b+c="));
  ck_assert(gm_log_secret(l, "q\"uo\\te"));
  ck_assert(gm_log_secret(l, "abc"));
  ck_assert(gm_log_secret(l, ""));
  ck_assert(gm_log_secret(l, NULL));
  ck_assert(gm_log_secret(l, "sk-12345"));
}

START_TEST(secrets_are_masked)
{
  struct seen s = { 0 };
  struct gm_log l = { .write = keep, .user = &s, .level = 0 };
  char text[64];
  size_t len;

  add_secrets(&l);
  snprintf(text, sizeof(text), "%s", rows[_i].text);
  len = gm_log_mask(&l, text, strlen(text));
  ck_assert_msg(!strcmp(text, rows[_i].masked), "%s: %s", rows[_i].name, text);
  ck_assert_uint_eq(len, strlen(rows[_i].masked));
  gm_info(&l, "<%s>", rows[_i].text);
  snprintf(text, sizeof(text), "<%s>", rows[_i].masked);
  ck_assert_str_eq(s.text, text);
  gm_log_finish(&l);
}
END_TEST

/* A secret across the place where a line is cut leaves no half. */
START_TEST(cut_lines_hide_secrets)
{
  struct seen s = { 0 };
  struct gm_log l = { .write = keep, .user = &s, .level = 0 };
  char *text = gm_alloc(70000);
  size_t at;

  ck_assert(gm_log_secret(&l, "HIDEME-HIDEME"));
  for (at = 65500; at < 65540; at++) {
    memset(text, '.', 70000);
    memcpy(text + at, "HIDEME-HIDEME", 13);
    text[69999] = '\0';
    gm_info(&l, "%s", text);
    ck_assert_uint_le(s.len, 65536);
  }
  memset(text, '.', 2000);
  memcpy(text + 1020, "HIDEME-HIDEME", 13);
  text[2000] = '\0';
  gm_info(&l, "%s", text);
  ck_assert_uint_eq(s.len, 1990);
  gm_free(text);
  gm_log_finish(&l);
}
END_TEST

static void look_for_half(void *user, int32_t level, const char *line)
{
  (void)level;
  *(int *)user += strstr(line, "HID") != NULL;
}

START_TEST(no_half_is_left)
{
  int halves = 0;
  struct gm_log l = { .write = look_for_half, .user = &halves, .level = 0 };
  char *text = gm_alloc(70000);
  size_t at;

  ck_assert(gm_log_secret(&l, "HIDEME-HIDEME"));
  for (at = 65500; at < 65540; at++) {
    memset(text, '.', 70000);
    memcpy(text + at, "HIDEME-HIDEME", 13);
    text[69999] = '\0';
    gm_info(&l, "%s", text);
  }
  ck_assert_int_eq(halves, 0);
  gm_free(text);
  gm_log_finish(&l);
}
END_TEST

START_TEST(lines_stay_lines)
{
  struct seen s = { 0 };
  struct gm_log l = { .write = keep, .user = &s, .level = 0 };

  gm_info(&l, "%s", "one\ntwo\x1b[0m\xff");
  ck_assert_str_eq(s.text, "one?two?[0m\xef\xbf\xbd");
  gm_log_finish(&l);
}
END_TEST

START_TEST(json_lines_are_json)
{
  static const char *const texts[] = { "plain", "one\ntwo\x1b[0m\xff\xc3",
                                       "\"quoted\" \\ {}", "" };
  struct seen s = { 0 };
  struct gm_log l = { .write = keep, .user = &s, .json = true };
  size_t i;

  for (i = 0; i < GM_LEN(texts); i++) {
    _cleanup_json_ struct json_object *o = NULL;

    gm_log_line(&l, 3, "%s", texts[i]);
    ck_assert_ptr_null(strchr(s.text, '\n'));
    o = gm_json_parse_once(s.text, s.len, NULL, NULL);
    ck_assert_msg(o != NULL, "%s", s.text);
    ck_assert_str_eq(gm_json_str(o, "level", ""), "error");
    ck_assert_uint_eq(strlen(gm_json_str(o, "time", "")), 24);
    ck_assert_ptr_nonnull(gm_json_str(o, "message", NULL));
  }
  gm_log_finish(&l);
}
END_TEST

/* A value of a record: what it must not look like, whatever it is. */
static const char *const values[] = {
  "flux/dev",
  "two words",
  "a=b",
  "x\ny=1",
  "\"",
  "",
  "\xff\xfe",
  "\x1b[31m",
  "\\",
  "}{",
  "\xe2\x82",
  "a\x7f",
  "sk-12345 level=error",
};

static void put_values(struct gm_log *l)
{
  _cleanup_json_ struct json_object *list =
    gm_json_parse_once("[\"a\",\"two words\",\"sk-12345\"]", 28, NULL, NULL);
  struct gm_record r;
  size_t i;

  ck_assert(gm_record_begin(&r, l, 1, "gamut.test"));
  for (i = 0; i < GM_LEN(values); i++)
    gm_record_text(&r, "v", values[i]);
  gm_record_text(&r, "absent", NULL);
  gm_record_int(&r, "n", -7);
  gm_record_real(&r, "usd", 0.025);
  gm_record_bool(&r, "yes", true);
  gm_record_texts(&r, "tags", list);
  gm_record_texts(&r, "none", NULL);
  gm_record_end(&r);
}

START_TEST(records_cannot_be_broken)
{
  struct seen s = { 0 };
  struct gm_log l = { .write = keep, .user = &s };
  _cleanup_json_ struct json_object *o = NULL;
  struct gm_record r;

  ck_assert(gm_log_secret(&l, "sk-12345"));
  put_values(&l);
  ck_assert_str_eq(s.text,
                   "gamut.test v=flux/dev v=\"two words\" v=\"a=b\" "
                   "v=\"x\\ny=1\" v=\"\\\"\" v=\"\" "
                   "v=\"\xef\xbf\xbd\xef\xbf\xbd\" v=\"\\u001b[31m\" "
                   "v=\\ v=}{ v=\"\xef\xbf\xbd\xef\xbf\xbd\" "
                   "v=\"a\x7f\" v=\"*** level=error\" n=-7 usd=0.025 yes=true "
                   "tags=\"a,two words,***\"");
  l.json = true;
  put_values(&l);
  o = gm_json_parse_once(s.text, s.len, NULL, NULL);
  ck_assert_msg(o != NULL, "%s", s.text);
  ck_assert_str_eq(gm_json_str(o, "v", ""), "*** level=error");
  ck_assert_int_eq(gm_json_i64(o, "n", 0), -7);
  ck_assert_uint_eq(gm_json_count(o, "tags"), 3);
  ck_assert_str_eq(gm_json_str(o, "tags/1", ""), "two words");
  ck_assert_str_eq(gm_json_str(o, "tags/2", ""), "***");
  ck_assert_ptr_null(gm_json_at(o, "none"));
  l.level = 2;
  ck_assert(!gm_record_begin(&r, &l, 1, "gamut.test"));
  gm_log_finish(&l);
}
END_TEST

static void again(struct gm_log *l, int n)
{
  while (n-- > 0)
    gm_warn(l, "the store is slow");
}

START_TEST(repeats_are_counted)
{
  struct seen s = { 0 };
  struct gm_log l = { .write = keep, .user = &s };
  int i;

  gm_clock_fake(1000, 1000);
  again(&l, 245);
  ck_assert_int_eq(s.lines, 5);
  gm_warn(&l, "another");
  ck_assert_int_eq(s.lines, 6);
  ck_assert_str_eq(s.text, "another");
  /* The window is over: what was held back comes first. */
  gm_clock_advance(10000);
  gm_warn(&l, "a third");
  ck_assert_int_eq(s.lines, 8);
  again(&l, 6);
  ck_assert_int_eq(s.lines, 13);
  gm_log_finish(&l);
  ck_assert_str_eq(s.text, "repeated 1 times: the store is slow");
  /* Debugging is said, all of it; so are records. */
  l.write = keep;
  for (i = 0; i < 20; i++)
    gm_debug(&l, "again");
  ck_assert_int_eq(s.lines, 34);
  gm_log_finish(&l);
  gm_clock_real();
}
END_TEST

/* More texts at once than places: none is lost. */
START_TEST(repeats_of_many_texts)
{
  struct seen s = { 0 };
  struct gm_log l = { .write = keep, .user = &s };
  int i, n;

  gm_clock_fake(1000, 1000);
  for (i = 0; i < 100; i++)
    for (n = 0; n < 8; n++)
      gm_warn(&l, "text %d", i);
  gm_log_finish(&l);
  ck_assert_int_eq(s.lines, 100 * 6);
  gm_clock_real();
}
END_TEST

static void *log_much(void *p)
{
  int i;

  for (i = 0; i < 2000; i++)
    gm_info((struct gm_log *)p, "token-%d token-%d", i, i + 1);
  return NULL;
}

static void drop(void *user, int32_t level, const char *line)
{
  (void)user;
  (void)level;
  (void)line;
}

START_TEST(secrets_are_learned_while_others_log)
{
  struct gm_log l = { .write = drop, .user = NULL, .level = 0 };
  char text[32];
  pthread_t t;
  int i;

  ck_assert_int_eq(pthread_create(&t, NULL, log_much, &l), 0);
  for (i = 0; i < 200; i++) {
    snprintf(text, sizeof(text), "token-%d", i);
    ck_assert(gm_log_secret(&l, text));
  }
  pthread_join(t, NULL);
  gm_log_finish(&l);
}
END_TEST

static bool build(void)
{
  struct seen s = { 0 };
  struct gm_log l = { .write = keep, .user = &s, .level = 0 };
  bool ok = gm_log_secret(&l, "a secret/value");
  char text[2000];

  memset(text, 'x', sizeof(text) - 1);
  text[sizeof(text) - 1] = '\0';
  gm_info(&l, "%s", text);
  ck_assert_int_eq(s.lines, 1);
  ok = ok && s.len == sizeof(text) - 1;
  gm_info(&l, "short");
  ck_assert_int_eq(s.lines, 2);
  ok = ok && gm_streq(s.text, "short");
  gm_log_finish(&l);
  return ok;
}

START_TEST(no_memory_is_told)
{
  unit_torture(build);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("log");

  tcase_add_test(tc, levels_filter);
  tcase_add_loop_test(tc, secrets_are_masked, 0, (int)GM_LEN(rows));
  tcase_add_test(tc, cut_lines_hide_secrets);
  tcase_add_test(tc, no_half_is_left);
  tcase_add_test(tc, lines_stay_lines);
  tcase_add_test(tc, json_lines_are_json);
  tcase_add_test(tc, records_cannot_be_broken);
  tcase_add_test(tc, repeats_are_counted);
  tcase_add_test(tc, repeats_of_many_texts);
  tcase_add_test(tc, secrets_are_learned_while_others_log);
  tcase_add_test(tc, no_memory_is_told);
  return unit_run("log", tc);
}
