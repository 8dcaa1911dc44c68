/* test_log.c - lines, levels, secrets. */
#include "base/log.h"
#include "base/str.h"
#include "unit.h"
#include <pthread.h>
#include <stdio.h>

struct seen {
  int lines;
  int32_t level;
  char text[300];
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
  struct gm_log l = { keep, &s, 2, NULL };
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
  ck_assert(gm_log_secret(l, "abc"));
  ck_assert(gm_log_secret(l, ""));
  ck_assert(gm_log_secret(l, NULL));
  ck_assert(gm_log_secret(l, "sk-12345"));
}

START_TEST(secrets_are_masked)
{
  struct seen s = { 0 };
  struct gm_log l = { keep, &s, 0, NULL };
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
  struct gm_log l = { keep, &s, 0, NULL };
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
  struct gm_log l = { look_for_half, &halves, 0, NULL };
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
  struct gm_log l = { keep, &s, 0, NULL };

  gm_info(&l, "%s", "one\ntwo\x1b[0m\xff");
  ck_assert_str_eq(s.text, "one?two?[0m\xef\xbf\xbd");
  gm_log_finish(&l);
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
  struct gm_log l = { drop, NULL, 0, NULL };
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
  struct gm_log l = { keep, &s, 0, NULL };
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
  tcase_add_test(tc, secrets_are_learned_while_others_log);
  tcase_add_test(tc, no_memory_is_told);
  return unit_run("log", tc);
}
