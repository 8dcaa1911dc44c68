/* test_settings.c - where a value comes from, and what is no value. */
#include "base/str.h"
#include "plugin/settings.h"
#include "scratch.h"
#include "unit.h"
#include <gamut/plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const char *write_file(const char *text)
{
  const char *path = scratch_path(scratch_folder(), "config.json");

  scratch_text(path, text, 0600);
  return path;
}

/* ---- broken files ----------------------------------------------------------
 */

static const struct {
  const char *name, *text, *part;
} broken[] = {
  { "syntax", "{\n  \"timeout\": 5,\n  \"check\" \"pass\"\n}",
    "config.json: line 3, column 11: " },
  { "ends early", "{\"check\": \"pa", "config.json: line 1, column " },
  { "empty", "", "config.json: line 1, column 1: empty" },
  { "no object", "[1]", "config.json: is not a JSON object" },
  { "typo", "{\"retry_atempts\": 3}",
    "config.json: 'retry_atempts' is not a setting; did you mean "
    "'retry_attempts'?" },
  { "typo of an object", "{\"provider\": {}}", "did you mean 'providers'?" },
  { "far from any", "{\"zzzzzzzzzz\": {}}", "'zzzzzzzzzz' is not a setting" },
  { "type", "{\"retry_attempts\": \"three\"}",
    "config.json: retry_attempts: 'three' is not a whole number" },
  { "range", "{\"retry_attempts\": 21}",
    "retry_attempts: '21' is not within 1 to 20" },
  { "choice", "{\"log_format\": \"jsn\"}",
    "log_format: 'jsn' is none of text, json; did you mean 'json'?" },
  { "time", "{\"timeout\": \"soon\"}", "'soon' is not a time like 90s" },
  { "below zero", "{\"poll_interval\": -1}", "'-1' is not a time like 90s" },
  { "cost", "{\"max_cost\": \"cheap\"}", "'cheap' is not a number" },
  { "object for a scalar", "{\"timeout\": {}}",
    "'timeout' is neither text nor a number" },
  { "scalar for an object", "{\"providers\": 1}",
    "'providers' is not an object" },
  { "bad instance", "{\"providers\": {\"a.b\": {}}}",
    "'a.b' cannot be a name" },
  { "instance of text", "{\"providers\": {\"fal\": \"key\"}}",
    "'fal' is not an object" },
  { "list for a key", "{\"providers\": {\"fal\": {\"api_key\": []}}}",
    "fal.api_key is not a list of keys" },
  { "list of no keys", "{\"providers\": {\"fal\": {\"api_key\": [1, 2]}}}",
    "fal.api_key is not a list of keys" },
  { "two lists",
    "{\"providers\": {\"fal\": {\"api_key\": [\"a\"], \"keys\": [{}]}}}",
    "'fal' has two lists of keys" },
  { "object for a key", "{\"providers\": {\"fal\": {\"api_key\": {}}}}",
    "'fal.api_key' is neither text nor a number" },
  { "NUL", "{\"correlation_id\": \"a\\u0000b\"}",
    "'correlation_id' contains a NUL" },
};

START_TEST(broken_file_is_told)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  _cleanup_(gm_settings_finish) struct gm_settings s = { 0 };
  int32_t rc = gm_settings_load(&s, write_file(broken[_i].text), &err);

  ck_assert_msg(rc == GAMUT_E_INVALID, "%s: %d", broken[_i].name, rc);
  ck_assert_msg(strstr(gm_error_text(&err), broken[_i].part) != NULL, "%s: %s",
                broken[_i].name, gm_error_text(&err));
  /* Nothing of it counts. */
  ck_assert_ptr_null(s.file);
  ck_assert_int_eq(gm_setting_int(&s, "retry_attempts"), 3);
}
END_TEST

START_TEST(a_missing_file)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  _cleanup_(gm_settings_finish) struct gm_settings s = { 0 };
  const char *home = scratch_folder();

  /* The usual place may be empty; a place that was named may not. */
  setenv("XDG_CONFIG_HOME", home, 1);
  ck_assert_int_eq(gm_settings_load(&s, NULL, &err), 0);
  ck_assert_ptr_nonnull(strstr(s.file_path, "/gamut/config.json"));
  ck_assert(gm_starts(s.file_path, home));
  ck_assert_int_eq(gm_settings_load(&s, scratch_path(home, "none"), &err),
                   GAMUT_E_INVALID);
  ck_assert_ptr_nonnull(strstr(gm_error_text(&err), "No such file"));
}
END_TEST

/* ---- order -----------------------------------------------------------------
 */

static void ck_value(const struct gm_settings *s, const char *name,
                     const char *text, enum gm_origin origin, const char *where)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  struct gm_value v = { 0 };

  ck_assert_msg(gm_setting_get(s, name, &v, &err) == 0, "%s",
                gm_error_text(&err));
  ck_assert_str_eq(v.text, text);
  ck_assert_int_eq(v.origin, origin);
  ck_assert_str_eq(v.where, where);
}

static void clear(void)
{
  unsetenv("GAMUT_LOG_LEVEL");
  unsetenv("GAMUT_RETRY_ATTEMPTS");
  unsetenv("GAMUT_ENDPOINTS");
}

static void set_env(struct gm_settings *s, const char *name, const char *value)
{
  setenv(name, value, 1);
  ck_assert_int_eq(gm_settings_read_environment(s, NULL), 0);
}

START_TEST(the_order_of_sources)
{
  _cleanup_(gm_settings_finish) struct gm_settings s = { 0 };
  const char *path;

  ck_value(&s, "log_level", "warn", GM_FROM_PRESET, "preset");
  path = write_file("{ // mine\n \"log_level\": \"info\" /* so */ }");
  ck_assert_int_eq(gm_settings_load(&s, path, NULL), 0);
  ck_value(&s, "log_level", "info", GM_FROM_FILE, path);
  set_env(&s, "GAMUT_LOG_LEVEL", "error");
  setenv("GAMUT_LOG_LEVEL", "silent", 1); /* too late */
  ck_value(&s, "log_level", "error", GM_FROM_ENV, "GAMUT_LOG_LEVEL");
  ck_assert_int_eq(gm_settings_set(&s, "log_level", "debug", NULL), 0);
  ck_value(&s, "log_level", "debug", GM_FROM_API, "the program");
  ck_assert_int_eq(gm_settings_set(&s, "log_level", "warn", NULL), 0);
  ck_value(&s, "log_level", "warn", GM_FROM_API, "the program");
  ck_assert_int_eq(gm_settings_set(&s, "log_level", NULL, NULL), 0);
  ck_assert_int_eq(gm_settings_set(&s, "log_level", NULL, NULL), 0);
  ck_value(&s, "log_level", "error", GM_FROM_ENV, "GAMUT_LOG_LEVEL");
  set_env(&s, "GAMUT_LOG_LEVEL", "");
  ck_value(&s, "log_level", "info", GM_FROM_FILE, path);
}
END_TEST

START_TEST(a_broken_variable)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  _cleanup_(gm_settings_finish) struct gm_settings s = { 0 };
  struct gm_value v;

  set_env(&s, "GAMUT_RETRY_ATTEMPTS", "0");
  ck_assert_int_eq(gm_setting_get(&s, "retry_attempts", &v, &err),
                   GAMUT_E_INVALID);
  ck_assert_str_eq(gm_error_text(&err),
                   "retry_attempts: '0' is not within 1 to 20 (from "
                   "GAMUT_RETRY_ATTEMPTS)");
  ck_assert_int_eq(gm_setting_int(&s, "retry_attempts"), 3);
}
END_TEST

START_TEST(typed_readings)
{
  _cleanup_(gm_settings_finish) struct gm_settings s = { 0 };
  const char *path = write_file(
    "{\"retry_max_wait\": 1.5, \"timeout\": \"2m\", \"max_cost\": 0.25,"
    " \"max_per_host\": 12, \"poll_interval\": 0, \"ca_file\": null}");

  ck_assert_int_eq(gm_setting_int(&s, "retry_max_wait"), 8000);
  ck_assert_int_eq(gm_setting_int(&s, "timeout"), -1);
  ck_assert_int_eq(gm_setting_int(&s, "poll_interval"), -1);
  ck_assert(gm_setting_real(&s, "max_cost") < 0);
  ck_assert_str_eq(gm_setting_str(&s, "default_provider"), "higgsfield");
  ck_assert_int_eq(gm_settings_load(&s, path, NULL), 0);
  ck_assert_int_eq(gm_setting_int(&s, "retry_max_wait"), 1500);
  ck_assert_int_eq(gm_setting_int(&s, "timeout"), 120000);
  ck_assert_int_eq(gm_setting_int(&s, "max_per_host"), 12);
  ck_assert_int_eq(gm_setting_int(&s, "poll_interval"), 0);
  ck_assert_double_eq(gm_setting_real(&s, "max_cost"), 0.25);
  ck_assert_ptr_null(gm_setting_str(&s, "ca_file"));
  ck_assert_ptr_null(gm_setting_str(&s, "no_such"));
  ck_assert_int_eq(gm_setting_int(&s, "no_such"), -1);
}
END_TEST

START_TEST(objects_of_the_file)
{
  _cleanup_(gm_settings_finish) struct gm_settings s = { 0 };
  const char *path = write_file(
    "{\"endpoints\": {\"https://a.test\": \"http://127.0.0.1:1\"},"
    " \"providers\": {\"fal\": {\"api_key\": \"k\", \"retries\": 3}},"
    " \"routes\": {}, \"$schema\": \"x\","
    " \"cache\": {\"mode\": \"refresh\", \"ttl\": \"24h\", \"unseeded\": true}}");

  ck_assert_int_eq(gm_settings_load(&s, path, NULL), 0);
  ck_assert_ptr_nonnull(gm_settings_object(&s, "endpoints"));
  ck_assert_ptr_nonnull(gm_settings_object(&s, "routes"));
  ck_assert_ptr_null(gm_settings_object(&s, "budgets"));
  ck_value(&s, "endpoints", "{\"https://a.test\":\"http://127.0.0.1:1\"}",
           GM_FROM_FILE, path);
  ck_value(&s, "cache", "refresh", GM_FROM_FILE, path);
  ck_assert_int_eq(gm_setting_int(&s, "cache.ttl"), 24 * 3600 * 1000);
  ck_assert(gm_setting_bool(&s, "cache.unseeded"));
  ck_assert_int_eq(gm_settings_set(&s, "cache.ttl", "1s", NULL), 0);
  ck_assert_int_eq(gm_setting_int(&s, "cache.ttl"), 1000);
  set_env(&s, "GAMUT_ENDPOINTS", "@/map.json");
  ck_value(&s, "endpoints", "@/map.json", GM_FROM_ENV, "GAMUT_ENDPOINTS");
}
END_TEST

/* ---- the API ---------------------------------------------------------------
 */

static const struct {
  const char *setting, *value, *part;
} refused[] = {
  { "retry_atempts", "3", "did you mean 'retry_attempts'?" },
  { "providers", "{}", "'providers' is not a setting" },
  { "retry_attempts", "3.5", "retry_attempts: '3.5' is not a whole number" },
  { "retry_attempts", "99999999999999999999", "is not a whole number" },
  { "ca_file", "", "ca_file: '' is no path" },
  { "ca_file", "a\nb", "contains a line break" },
  { "default_provider",
    "a\x01"
    "b",
    "contains a control character" },
  { "default_provider", "a\xff", "is not UTF-8" },
  { "Fal.api_key", "k", "is not the name of a provider and a key" },
  { "fal.", "k", "is not the name of a provider and a key" },
  { ".api_key", "k", "is not the name of a provider and a key" },
  { "fal.api.key", "k", "is not the name of a provider and a key" },
};

START_TEST(set_refuses)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  _cleanup_(gm_settings_finish) struct gm_settings s = { 0 };
  int32_t rc =
    gm_settings_set(&s, refused[_i].setting, refused[_i].value, &err);

  ck_assert_msg(rc == GAMUT_E_INVALID, "%s: %d", refused[_i].setting, rc);
  ck_assert_msg(strstr(gm_error_text(&err), refused[_i].part) != NULL, "%s",
                gm_error_text(&err));
}
END_TEST

/* Names and variables of the table are in step, presets fit their rows. */
START_TEST(the_table)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  const struct gm_setting *row = &gm_settings_core[_i], *other;
  char env[128] = "GAMUT_";
  size_t i;

  for (i = 0; row->name[i]; i++)
    env[6 + i] = (char)(strchr("_.", row->name[i]) ? '_'
                                                   : row->name[i] - 'a' + 'A');
  if (strncmp(row->env, "OTEL_", 5) != 0) /* those are a standard's */
    ck_assert_str_eq(row->env, env);
  ck_assert_ptr_nonnull(row->help);
  for (other = gm_settings_core; other < row; other++)
    ck_assert_str_ne(other->name, row->name);
  if (row->preset)
    ck_assert_msg(gm_setting_check(row, row->preset, NULL, &err) == 0, "%s",
                  gm_error_text(&err));
}
END_TEST

static bool scenario(void)
{
  _cleanup_(gm_settings_finish) struct gm_settings s = { 0 };
  static const char *path;
  int32_t rc;

  if (!path)
    path = write_file("{\"check\": \"pass\", \"endpoints\": {}, \"providers\":"
                      " {\"fal\": {\"api_key\": \"k\", \"n\": 1.5}}}");
  rc = gm_settings_load(&s, path, NULL);
  if (!rc)
    rc = gm_settings_set(&s, "fal.api_key", "other", NULL);
  if (!rc)
    rc = gm_settings_set(&s, "fal.api_key", "another", NULL);
  ck_assert_msg(rc == 0 || rc == GAMUT_E_NOMEM, "class %d", rc);
  return rc == 0;
}

START_TEST(torture)
{
  unit_torture(scenario);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("settings");
  int n = 0;

  while (gm_settings_core[n].name)
    n++;
  tcase_add_checked_fixture(tc, clear, NULL);
  tcase_add_loop_test(tc, broken_file_is_told, 0, GM_LEN(broken));
  tcase_add_test(tc, a_missing_file);
  tcase_add_test(tc, the_order_of_sources);
  tcase_add_test(tc, a_broken_variable);
  tcase_add_test(tc, typed_readings);
  tcase_add_test(tc, objects_of_the_file);
  tcase_add_loop_test(tc, set_refuses, 0, GM_LEN(refused));
  tcase_add_loop_test(tc, the_table, 0, n);
  tcase_add_test(tc, torture);
  return unit_run("settings", tc);
}
