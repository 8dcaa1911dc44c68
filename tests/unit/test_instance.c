/* test_instance.c - configuration found, checked, masked; secrets from files
 * and commands; open() and close(). */
#include "base/str.h"
#include "instance_fixture.h"
#include <sys/stat.h>
#include <unistd.h>

static void ck_line(struct gm_instance *i, const char *key, const char *shown,
                    const char *where)
{
  const struct gm_config_line *l;
  size_t n;

  for (n = 0; (l = gm_instance_config(i, n)); n++) {
    if (strcmp(l->key, key) != 0)
      continue;
    if (shown)
      ck_assert_str_eq(l->shown, shown);
    else
      ck_assert_ptr_null(l->shown);
    if (where)
      ck_assert_msg(strstr(l->where, where) != NULL, "%s: %s", key, l->where);
    return;
  }
  ck_abort_msg("no key %s", key);
}

START_TEST(the_order_of_sources)
{
  struct gm_instance *i;
  struct fixture f;

  setenv("FAL_POLL", "2s", 1);
  setenv("FAL_API_KEY", "from-the-environment", 1);
  fixture_open(&f, "{\"providers\": {\"fal\": {\"api_key\": \"in-the-file\","
                   "\"priority\": \"low\", \"poll\": 9, \"key_id\": 12}}}");
  ck_assert_int_eq(gm_settings_set(&f.settings, "fal.timeout", "9s", NULL), 0);
  i = fixture_get(&f, "fal");
  ck_line(i, "poll", "2s", "FAL_POLL");
  ck_line(i, "priority", "low", "config.json");
  ck_line(i, "key_id", "12", "config.json");
  ck_line(i, "timeout", "9s", "the program");
  ck_line(i, "base_url", "https://queue.fal.test", "preset");
  ck_line(i, "api_key", "***ment", "FAL_API_KEY");
  ck_line(i, "key_secret", NULL, NULL);
  ck_assert_str_eq(gm_instance_value(i, "poll", false), "2s");
  ck_assert_ptr_null(gm_instance_value(i, "api_key", false));
  ck_assert_str_eq(gm_instance_value(i, "api_key", true),
                   "from-the-environment");
  ck_assert_ptr_null(gm_instance_value(i, "no_such", true));
  ck_assert_ptr_eq(fixture_get(&f, "fal"), i);
  fixture_close(&f);
}
END_TEST

START_TEST(the_first_variable_wins)
{
  struct fixture f;

  setenv("FAL_KEY", "short", 1);
  setenv("FAL_API_KEY", "from-the-environment", 1);
  fixture_open(&f, NULL);
  ck_line(fixture_get(&f, "fal"), "api_key", "***", "FAL_KEY");
  fixture_close(&f);
}
END_TEST

/* Nothing but blanks is not set, and the next one counts. */
START_TEST(blanks_around_a_variable)
{
  struct gm_instance *i;
  struct fixture f;

  setenv("FAL_POLL", " 2s\t\r\n", 1);
  setenv("FAL_BASE_URL", " \n", 1);
  setenv("FAL_KEY", "  ", 1);
  setenv("FAL_API_KEY", "\tfrom-the-environment ", 1);
  fixture_open(&f, NULL);
  i = fixture_get(&f, "fal");
  ck_line(i, "poll", "2s", "FAL_POLL");
  ck_line(i, "base_url", "https://queue.fal.test", "preset");
  ck_assert_str_eq(gm_instance_value(i, "api_key", true),
                   "from-the-environment");
  fixture_close(&f);
}
END_TEST

/* A name of its own: the file comes before the vendor's variables. */
START_TEST(named_instances)
{
  struct gm_instance *i;
  struct fixture f;

  setenv("FAL_KEY", "from-the-environment", 1);
  setenv("FAL_POLL", "2s", 1);
  fixture_open(&f, "{\"providers\": {\"work\": {\"use\": \"fal\","
                   "\"api_key\": \"that-of-the-office\"}}}");
  i = fixture_get(&f, "work");
  ck_assert_str_eq(i->name, "work");
  ck_assert_str_eq(i->provider->def.name, "fal");
  ck_assert_str_eq(gm_instance_value(i, "api_key", true), "that-of-the-office");
  ck_assert_str_eq(gm_instance_value(i, "poll", false), "2s");
  ck_assert_str_eq(gm_instance_value(fixture_get(&f, "fal"), "api_key", true),
                   "from-the-environment");
  fixture_close(&f);
}
END_TEST

static const struct {
  const char *name, *config, *instance;
  int32_t rc;
  const char *part;
} refused[] = {
  { "typo", "{\"providers\": {\"fal\": {\"api_kye\": \"secret\"}}}", "fal",
    GAMUT_E_INVALID, "fal has no key 'api_kye' (from " },
  { "hint", "{\"providers\": {\"fal\": {\"api_kye\": \"secret\"}}}", "fal",
    GAMUT_E_INVALID, "did you mean 'api_key'?" },
  { "file of no secret", "{\"providers\": {\"fal\": {\"poll_file\": \"/x\"}}}",
    "fal", GAMUT_E_INVALID, "fal has no key 'poll_file'" },
  { "type", "{\"providers\": {\"fal\": {\"poll\": \"soon\"}}}", "fal",
    GAMUT_E_INVALID, "fal.poll: 'soon' is not a time" },
  { "range", "{\"providers\": {\"fal\": {\"poll\": 61}}}", "fal",
    GAMUT_E_INVALID, "fal.poll: '61' is not within 0ms to 60000ms (from " },
  { "choice", "{\"providers\": {\"fal\": {\"priority\": \"lwo\"}}}", "fal",
    GAMUT_E_INVALID, "fal.priority: 'lwo' is none of low, normal (from " },
  { "line break", "{\"providers\": {\"fal\": {\"key_id\": \"a\\nb\"}}}", "fal",
    GAMUT_E_INVALID, "fal.key_id contains a line break" },
  { "base_url", "{\"providers\": {\"fal\": {\"base_url\": \"fal.test\"}}}",
    "fal", GAMUT_E_INVALID, "'fal.test' is not an http or https URL" },
  { "fragment", "{\"providers\": {\"fal\": {\"base_url\": \"http://a/#b\"}}}",
    "fal", GAMUT_E_INVALID, "has a fragment" },
  { "secret", "{\"providers\": {\"fal\": {\"api_key\": \"top\\nsecret\"}}}",
    "fal", GAMUT_E_AUTH, "fal.api_key in " },
  { "secret, why",
    "{\"providers\": {\"fal\": {\"api_key\": \"top\\nsecret\"}}}", "fal",
    GAMUT_E_AUTH, "contains a line break" },
  { "secret of another kind",
    "{\"providers\": {\"fal\": {\"api_key\": \" eph_secret\"}}}", "fal",
    GAMUT_E_AUTH, "holds no such key: it begins with 'eph_'" },
  { "unknown", NULL, "fall", GAMUT_E_NOT_FOUND,
    "no provider 'fall' (there are: fal); did you mean 'fal'?" },
  { "near a name of the file", "{\"providers\": {\"work\": {\"use\":\"fal\"}}}",
    "wrok", GAMUT_E_NOT_FOUND, "(there are: fal, work); did you mean 'work'?" },
  { "unknown use", "{\"providers\": {\"work\": {\"use\":\"fall\"}}}", "work",
    GAMUT_E_NOT_FOUND, "'work': no provider 'fall'" },
  { "no name", NULL, "Fal!", GAMUT_E_NOT_FOUND, "no provider 'Fal!'" },
};

START_TEST(refused_with_a_sentence)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  struct gm_instance *i = NULL;
  struct fixture f;
  int32_t rc;

  fixture_open(&f, refused[_i].config);
  rc = gm_instance_get(f.instances, refused[_i].instance, &i, &err);
  ck_assert_msg(rc == refused[_i].rc, "%s: %d", refused[_i].name, rc);
  ck_assert_ptr_null(i);
  ck_assert_msg(strstr(gm_error_text(&err), refused[_i].part) != NULL, "%s: %s",
                refused[_i].name, gm_error_text(&err));
  ck_assert_ptr_null(strstr(gm_error_text(&err), "secret"));
  fixture_close(&f);
}
END_TEST

START_TEST(unknown_keys_of_the_program)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  struct gm_instance *i;
  struct fixture f;

  fixture_open(&f, NULL);
  ck_assert_int_eq(gm_settings_set(&f.settings, "fal.pol", "1", NULL), 0);
  ck_assert_int_eq(gm_settings_set(&f.settings, "fall.poll", "1", NULL), 0);
  ck_assert_int_eq(gm_instance_get(f.instances, "fal", &i, &err),
                   GAMUT_E_INVALID);
  ck_assert_str_eq(gm_error_text(&err), "fal has no key 'pol' (from the "
                                        "program); did you mean 'poll'?");
  fixture_close(&f);
}
END_TEST

/* ---- secrets ---------------------------------------------------------------
 */

static const struct {
  const char *name, *text, *clean, *part; /* clean NULL: refused */
} looks[] = {
  { "plain", "id:0123abcd", "id:0123abcd", NULL },
  { "line break behind", "key-1\n", "key-1", NULL },
  { "blanks around", " \t key 1 \r\n", "key 1", NULL },
  { "blank", " \n", "", NULL },
  { "line break inside", "key\n1", NULL, "FAL_KEY contains a line break" },
  { "return inside", "key\r1", NULL, "FAL_KEY contains a line break" },
  { "tab inside", "key\t1", NULL, "FAL_KEY contains a control character" },
  { "escape", "key\x1b[A", NULL, "FAL_KEY contains a control character" },
  { "quote of a word processor", "\xe2\x80\x9ckey\xe2\x80\x9d", NULL,
    "FAL_KEY contains a character that no key has (not ASCII)" },
};

START_TEST(how_a_secret_may_look)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  char text[64];
  int32_t rc;

  snprintf(text, sizeof(text), "%s", looks[_i].text);
  rc = gm_secret_clean(text, false, "FAL_KEY", &err);
  if (looks[_i].clean) {
    ck_assert_msg(rc == 0, "%s: %s", looks[_i].name, gm_error_text(&err));
    ck_assert_str_eq(text, looks[_i].clean);
  } else {
    ck_assert_int_eq(rc, GAMUT_E_AUTH);
    ck_assert_str_eq(gm_error_text(&err), looks[_i].part);
  }
}
END_TEST

static int32_t get_with(const char *key, const char *value, char got[64],
                        struct gm_error *err)
{
  struct gm_instance *i;
  struct fixture f;
  int32_t rc;

  fixture_open(&f, NULL);
  ck_assert_int_eq(gm_settings_set(&f.settings, key, value, NULL), 0);
  rc = gm_instance_get(f.instances, "fal", &i, err);
  got[0] = '\0';
  if (!rc && gm_instance_value(i, "api_key", true))
    snprintf(got, 64, "%s", gm_instance_value(i, "api_key", true));
  fixture_close(&f);
  return rc;
}

static const struct {
  unsigned mode;
  const char *part;
} files[] = {
  { 0600, NULL },
  { 0400, NULL },
  { 0640, "is open to other users (mode 640): chmod 600 it" },
  { 0604, "is open to other users (mode 604): chmod 600 it" },
};

START_TEST(a_secret_in_a_file)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  const char *path = scratch_path(scratch_folder(), "key");
  char got[64];
  int32_t rc;

  scratch_text(path, "\n key-in-a-file \n\n", files[_i].mode);
  rc = get_with("fal.api_key_file", path, got, &err);
  if (!files[_i].part) {
    ck_assert_msg(rc == 0, "%s", gm_error_text(&err));
    ck_assert_str_eq(got, "key-in-a-file");
  } else {
    ck_assert_int_eq(rc, GAMUT_E_AUTH);
    ck_assert_msg(strstr(gm_error_text(&err), files[_i].part) != NULL, "%s",
                  gm_error_text(&err));
    ck_assert_ptr_nonnull(strstr(gm_error_text(&err), path));
  }
}
END_TEST

START_TEST(files_that_hold_no_secret)
{
  struct gm_error err = GM_ERROR_INIT;
  const char *home = scratch_folder();
  char got[64];

  ck_assert_int_eq(
    get_with("fal.api_key_file", scratch_path(home, "none"), got, &err),
    GAMUT_E_AUTH);
  ck_assert_ptr_nonnull(strstr(gm_error_text(&err), "No such file"));
  gm_error_finish(&err);
  ck_assert_int_eq(get_with("fal.api_key_file", home, got, &err), GAMUT_E_AUTH);
  ck_assert_ptr_nonnull(strstr(gm_error_text(&err), "not a regular file"));
  gm_error_finish(&err);
  scratch_text(scratch_path(home, "two"), "secret\001\nsecret\n", 0600);
  ck_assert_int_eq(
    get_with("fal.api_key_file", scratch_path(home, "two"), got, &err),
    GAMUT_E_AUTH);
  ck_assert_ptr_nonnull(
    strstr(gm_error_text(&err), "/two contains a control character"));
  gm_error_finish(&err);
  setenv("HOME", home, 1);
  scratch_text(scratch_path(home, "key"), "at-home", 0600);
  ck_assert_int_eq(get_with("fal.api_key_file", "~/key", got, &err), 0);
  ck_assert_str_eq(got, "at-home");
}
END_TEST

static const struct {
  const char *name, *command, *got, *part;
} commands[] = {
  { "first line", "printf 'one\\ntwo\\n'", "one", NULL },
  { "no line break", "printf three", "three", NULL },
  { "shell", "a=4; echo \"key-$a\" | cat", "key-4", NULL },
  { "no input", "read x; echo \"got$x\"", "got", NULL },
  { "fails", "echo secret; exit 3", NULL,
    "fal.api_key_command: the command failed (exit 3)" },
  { "killed", "echo secret; kill -9 $$", NULL,
    "fal.api_key_command: the command failed (killed" },
  { "nothing", "true", NULL, "the command printed nothing" },
  { "an empty line", "echo; echo secret", NULL, "the command printed nothing" },
  { "escape", "printf 'secret\\033[A\\n'", NULL,
    "fal.api_key_command contains a control character" },
  { "unknown", "no-such-command-here 2>/dev/null", NULL, "(exit 127)" },
  { "too much", "yes secret | head -c 200000", NULL, "fal.api_key_command: " },
};

START_TEST(a_secret_from_a_command)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  char got[64];
  int32_t rc = get_with("fal.api_key_command", commands[_i].command, got, &err);

  if (commands[_i].got) {
    ck_assert_msg(rc == 0, "%s: %s", commands[_i].name, gm_error_text(&err));
    ck_assert_str_eq(got, commands[_i].got);
    return;
  }
  ck_assert_msg(rc == GAMUT_E_AUTH, "%s: %d", commands[_i].name, rc);
  ck_assert_msg(strstr(gm_error_text(&err), commands[_i].part) != NULL,
                "%s: %s", commands[_i].name, gm_error_text(&err));
  ck_assert_ptr_null(strstr(gm_error_text(&err), "secret"));
}
END_TEST

static char logged[256];
static int n_logged;

static void keep_line(void *user, int32_t level, const char *line)
{
  (void)user;
  (void)level;
  n_logged++;
  snprintf(logged, sizeof(logged), "%s", line);
}

START_TEST(secrets_are_masked_in_lines)
{
  struct fixture f;

  setenv("FAL_KEY", "k-1234567890", 1);
  fixture_open(&f, NULL);
  f.log.write = keep_line;
  fixture_get(&f, "fal");
  gm_log_line(&f.log, GAMUT_ERROR, "sent k-1234567890 to them");
  ck_assert_str_eq(logged, "sent *** to them");
  fixture_close(&f);
}
END_TEST

/* One word, however many keys are in it. */
START_TEST(a_file_that_others_can_read)
{
  struct fixture f;

  fixture_open(&f, "{\"providers\": {\"fal\": {\"keys\": ["
                   "{\"name\": \"one\", \"api_key\": \"k-123456\"},"
                   "{\"name\": \"two\", \"api_key\": \"k-234567\"}]},"
                   "\"work\": {\"use\": \"fal\", \"api_key\": \"k-345678\"}}}");
  f.log.write = keep_line;
  ck_assert_int_eq(chmod(f.settings.file_path, 0644), 0);
  fixture_get(&f, "fal");
  fixture_get(&f, "work");
  ck_assert_int_eq(n_logged, 1);
  ck_assert_ptr_nonnull(strstr(logged, "other users can read it: chmod 600"));
  ck_assert_ptr_null(strstr(logged, "k-"));
  fixture_close(&f);
}
END_TEST

/* ---- required, open, close -------------------------------------------------
 */

static const struct gamut_key strict_keys[] = {
  { "api_key", "STRICT_KEY", NULL, NULL, "key", GAMUT_STRING,
    GAMUT_KEY_REQUIRED | GAMUT_KEY_SECRET, 0, 0 },
  { "project", NULL, NULL, NULL, "project", GAMUT_STRING, GAMUT_KEY_REQUIRED, 0,
    0 },
  { "base_url", "STRICT_URL STRICT_HOST", NULL, NULL, "place", GAMUT_URL, 0, 0,
    0 },
};
static int opened, closed;
static int32_t open_class;

static int32_t open_strict(struct gamut_call *c, void **instance)
{
  opened++;
  *instance = &opened;
  if (open_class)
    return (c->host->fail)(c, open_class, "project %s is closed",
                           c->host->config_str(c, "project"));
  return 0;
}

static void close_strict(void *instance)
{
  ck_assert_ptr_eq(instance, &opened);
  closed++;
}

static const struct gamut_provider strict = {
  .struct_size = sizeof(strict),
  .name = "strict",
  .base_url = "https://strict.test/v1",
  .keys = GAMUT_TABLE(strict_keys),
  .open = open_strict,
  .close = close_strict,
  .step = fixture_step,
};

static void ck_get(struct fixture *f, const char *name, int32_t rc,
                   const char *text)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  struct gm_instance *i;
  int32_t got = gm_instance_get(f->instances, name, &i, &err);

  ck_assert_msg(got == rc, "class %d: %s", got, gm_error_text(&err));
  ck_assert_str_eq(gm_error_text(&err), text);
}

START_TEST(required_keys)
{
  struct gm_instance *i;
  struct fixture f;

  fixture_open(&f, NULL);
  ck_assert_int_eq(gm_registry_add(f.registry, &strict, NULL), 0);
  ck_get(&f, "strict", GAMUT_E_AUTH, "no key for strict: set STRICT_KEY");
  /* A listing does not mind. */
  ck_assert_int_eq(gm_instance_look(f.instances, "strict", &i, NULL), 0);
  ck_line(i, "api_key", NULL, NULL);
  ck_assert_int_eq(opened, 0);
  fixture_close(&f);
  setenv("STRICT_KEY", "k-1234567890", 1);
  fixture_open(&f, NULL);
  ck_assert_int_eq(gm_registry_add(f.registry, &strict, NULL), 0);
  ck_get(&f, "strict", GAMUT_E_INVALID,
         "no project for strict: set strict.project in the settings");
  fixture_close(&f);
  ck_assert_int_eq(opened, 0);
  ck_assert_int_eq(closed, 0);
}
END_TEST

START_TEST(opened_once_and_closed)
{
  struct gm_instance *i;
  struct fixture f;

  setenv("STRICT_KEY", "k-1234567890", 1);
  setenv("STRICT_HOST", "http://[::1]:9/v2//", 1);
  fixture_open(&f, "{\"providers\": {\"strict\": {\"project\": \"p\"}}}");
  ck_assert_int_eq(gm_registry_add(f.registry, &strict, NULL), 0);
  open_class = GAMUT_E_PERMISSION;
  ck_get(&f, "strict", GAMUT_E_PERMISSION, "project p is closed");
  ck_assert_int_eq(opened, 1);
  open_class = 0;
  i = fixture_get(&f, "strict");
  ck_assert_ptr_eq(fixture_get(&f, "strict"), i);
  ck_assert_int_eq(opened, 2);
  ck_assert_str_eq(i->base_url, "http://[::1]:9/v2");
  ck_assert_str_eq(i->base_origin, "http://[::1]:9");
  ck_line(i, "base_url", "http://[::1]:9/v2//", "STRICT_HOST");
  fixture_close(&f);
  ck_assert_int_eq(closed, 1);
}
END_TEST

START_TEST(names_for_routes)
{
  const char *const *names;
  struct fixture f;

  fixture_open(&f, "{\"providers\": {\"work\": {\"use\": \"fal\"},"
                   "\"gone\": {\"api_key\": \"x\"}}}");
  ck_assert_int_eq(gm_registry_add(f.registry, &strict, NULL), 0);
  names = gm_instance_names(f.instances);
  ck_assert_str_eq(names[0], "fal");
  ck_assert_str_eq(names[1], "strict");
  ck_assert_str_eq(names[2], "work");
  ck_assert_ptr_null(names[3]);
  fixture_close(&f);
}
END_TEST

static bool scenario(void)
{
  struct gm_settings s = { 0 };
  struct gm_log log = { 0 };
  struct gm_registry *r = NULL;
  struct gm_instances *all = NULL;
  struct gm_instance *i;
  int32_t rc;

  rc = gm_settings_set(&s, "fal.api_key", "k-1234567890", NULL);
  if (!rc)
    rc = gm_settings_set(&s, "work.use", "fal", NULL);
  if (!rc)
    rc = gm_settings_set(&s, "work.key_secret_command", "echo one", NULL);
  if (!rc)
    rc = gm_registry_new("", NULL, &r, NULL);
  if (!rc)
    rc = gm_registry_add(r, &fixture_fal, NULL);
  if (!rc)
    rc = gm_instances_new(r, &s, &log, &all);
  if (!rc)
    rc = gm_instance_get(all, "fal", &i, NULL);
  if (!rc)
    rc = gm_instance_get(all, "work", &i, NULL);
  if (!rc)
    rc = gm_instance_names(all) ? 0 : GAMUT_E_NOMEM;
  gm_instances_free(all);
  gm_registry_free(r);
  gm_settings_finish(&s);
  gm_log_finish(&log);
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
  TCase *tc = tcase_create("instance");

  tcase_add_checked_fixture(tc, fixture_clear, NULL);
  tcase_add_test(tc, the_order_of_sources);
  tcase_add_test(tc, the_first_variable_wins);
  tcase_add_test(tc, blanks_around_a_variable);
  tcase_add_test(tc, named_instances);
  tcase_add_loop_test(tc, refused_with_a_sentence, 0, GM_LEN(refused));
  tcase_add_test(tc, unknown_keys_of_the_program);
  tcase_add_loop_test(tc, how_a_secret_may_look, 0, GM_LEN(looks));
  tcase_add_loop_test(tc, a_secret_in_a_file, 0, GM_LEN(files));
  tcase_add_test(tc, files_that_hold_no_secret);
  tcase_add_loop_test(tc, a_secret_from_a_command, 0, GM_LEN(commands));
  tcase_add_test(tc, secrets_are_masked_in_lines);
  tcase_add_test(tc, a_file_that_others_can_read);
  tcase_add_test(tc, required_keys);
  tcase_add_test(tc, opened_once_and_closed);
  tcase_add_test(tc, names_for_routes);
  tcase_add_test(tc, torture);
  return unit_run("instance", tc);
}
