/* test_plugins.c - plugins that break a rule, found, refused and survived.
 *
 * Each test copies the modules that it needs from the build into a folder of
 * its own, so modes and owners are those of the test. */
#include "base/str.h"
#include "plugin/plugin_private.h"
#include "unit/scratch.h"
#include "unit/unit.h"
#include <dlfcn.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *module(const char *name)
{
  static char path[1024];
  const char *top = getenv("top_builddir");

  snprintf(path, sizeof(path), "%s/tests/plugins/.libs/%s.so", top ? top : ".",
           name);
  return path;
}

static const char *put(const char *folder, const char *name, unsigned mode)
{
  char file[128];
  const char *to;

  snprintf(file, sizeof(file), "%s.so", name);
  to = scratch_path(folder, file);
  scratch_copy(module(name), to, mode);
  return to;
}

static struct gm_registry *open_path(const char *path)
{
  struct gm_registry *r = NULL;

  ck_assert_int_eq(gm_registry_new(path, NULL, &r, NULL), 0);
  return r;
}

static void ck_found(struct gm_registry *r, const char *name)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  const struct gm_provider *p = NULL;

  ck_assert_msg(gm_registry_find(r, name, &p, &err) == 0, "%s: %s", name,
                gm_error_text(&err));
  ck_assert_str_eq(p->def.name, name);
  ck_assert(p->def.step != NULL);
}

static void ck_refused(struct gm_registry *r, const char *name, int32_t rc,
                       const char *part)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  const struct gm_provider *p = NULL;
  int32_t got = gm_registry_find(r, name, &p, &err);

  ck_assert_msg(got == rc, "%s: class %d: %s", name, got, gm_error_text(&err));
  ck_assert_ptr_null(p);
  ck_assert_msg(strstr(gm_error_text(&err), part) != NULL,
                "%s: '%s' lacks '%s'", name, gm_error_text(&err), part);
}

/* ---- what is wrong with the file -------------------------------------------
 */

static const struct {
  const char *name, *part;
} bad[] = {
  { "magic", "/magic.so: it is no gamut plugin (magic 464c457f, expected" },
  { "major", "/major.so: it was built for ABI 2.0 and this is ABI 1.0" },
  { "needs", "/needs.so: it needs ABI 1.3 at least and this is ABI 1.0: gamut "
             "is too old" },
  { "tooshort", "/tooshort.so: its struct has " },
  { "misnamed", "its name is 'good' but its file is called 'misnamed'" },
  { "unresolved",
    "cannot be loaded: undefined symbol: a_function_that_nobody_has" },
  { "nosymbol", "/nosymbol.so: exports no nosymbol_LTX_gamut_plugin" },
};

START_TEST(refused_with_a_sentence)
{
  const char *folder = scratch_folder();
  _cleanup_(gm_registry_freep) struct gm_registry *r = open_path(folder);

  put(folder, bad[_i].name, 0644);
  put(folder, "good", 0644);
  ck_refused(r, bad[_i].name, GAMUT_E_PLUGIN, bad[_i].part);
  /* The same sentence again, and everybody else is there. */
  ck_refused(r, bad[_i].name, GAMUT_E_PLUGIN, bad[_i].part);
  ck_found(r, "good");
}
END_TEST

static const struct {
  const char *name, *bytes;
  size_t len;
  const char *part;
} junk[] = {
  { "text", "#!/bin/sh\necho no\n", 18, "cannot be loaded: " },
  { "empty", "", 0, "is empty" },
  { "cut",
    "\x7f"
    "ELF\2\1\1\0",
    8, "cannot be loaded: " },
};

START_TEST(junk_is_refused)
{
  const char *folder = scratch_folder();
  _cleanup_(gm_registry_freep) struct gm_registry *r = open_path(folder);

  scratch_write(scratch_path(folder, "junk.so"), junk[_i].bytes, junk[_i].len,
                0755);
  ck_refused(r, "junk", GAMUT_E_PLUGIN, junk[_i].part);
}
END_TEST

/* A folder and a FIFO, which must not be waited for. */
START_TEST(other_kinds_are_refused)
{
  const char *folder = scratch_folder();
  _cleanup_(gm_registry_freep) struct gm_registry *r = open_path(folder);

  ck_assert_int_eq(mkdir(scratch_path(folder, "folder.so"), 0755), 0);
  ck_assert_int_eq(mkfifo(scratch_path(folder, "fifo.so"), 0644), 0);
  ck_assert_int_eq(symlink("nowhere", scratch_path(folder, "link.so")), 0);
  ck_refused(r, "folder", GAMUT_E_PLUGIN, "is not a regular file");
  ck_refused(r, "fifo", GAMUT_E_PLUGIN, "is not a regular file");
  ck_refused(r, "link", GAMUT_E_PLUGIN, "No such file");
}
END_TEST

START_TEST(other_minors_are_accepted)
{
  const char *folder = scratch_folder();
  _cleanup_(gm_registry_freep) struct gm_registry *r = open_path(folder);
  const struct gm_provider *p;
  const struct gamut_key *k;

  put(folder, "newer", 0644);
  put(folder, "older", 0644);
  ck_found(r, "newer");
  ck_found(r, "older");
  ck_assert_int_eq(gm_registry_find(r, "newer", &p, NULL), 0);
  k = gm_table_row(&p->def.keys, 1, sizeof(*k), NULL);
  ck_assert_str_eq(k->name, "quality");
  ck_assert_ptr_null(gm_table_row(&p->def.keys, 2, sizeof(*k), NULL));
  ck_assert_int_eq(gm_registry_find(r, "older", &p, NULL), 0);
  ck_assert(p->def.extension == NULL);
}
END_TEST

START_TEST(a_plugin_that_is_no_provider)
{
  const char *folder = scratch_folder(), *what;
  _cleanup_(gm_registry_freep) struct gm_registry *r = open_path(folder);
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;

  put(folder, "tool", 0644);
  put(folder, "good", 0644);
  what = gm_registry_extension(r, "tool", "tests.tool/1", NULL);
  ck_assert_str_eq(what, "a saw");
  ck_assert_ptr_null(gm_registry_extension(r, "tool", "other/1", NULL));
  ck_assert_ptr_null(gm_registry_extension(r, "good", "tests.tool/1", NULL));
  ck_assert_ptr_null(gm_registry_extension(r, "../tool", "x", &err));
  ck_assert_int_eq(err.error_class, GAMUT_E_NOT_FOUND);
  ck_refused(r, "tool", GAMUT_E_NOT_FOUND, "(there are: good)");
}
END_TEST

/* ---- names -----------------------------------------------------------------
 */

/* Whatever is asked for first, the file's name decides. */
START_TEST(the_file_name_has_the_claim)
{
  const char *folder = scratch_folder();
  _cleanup_(gm_registry_freep) struct gm_registry *r = open_path(folder);
  const struct gm_provider *p;

  put(folder, "good", 0644);
  put(folder, "claims", 0644);
  if (_i == 1)
    ck_found(r, "good");
  ck_refused(r, "claims", GAMUT_E_PLUGIN, "/good.so");
  ck_refused(r, "claims", GAMUT_E_PLUGIN, "/claims.so: brings a provider");
  ck_found(r, "good");
  ck_assert_int_eq(gm_registry_find(r, "good", &p, NULL), 0);
  ck_assert(gm_ends(p->file, "/good.so"));
}
END_TEST

START_TEST(two_plugins_with_one_name)
{
  const char *folder = scratch_folder();
  _cleanup_(gm_registry_freep) struct gm_registry *r = open_path(folder);
  const struct gm_plugin_info *info;
  size_t i, refused = 0;

  put(folder, "twin_a", 0644);
  put(folder, "twin_b", 0644);
  ck_found(r, "twin");
  gm_registry_load_all(r);
  for (i = 0; (info = gm_registry_info(r, i)); i++) {
    if (!info->refused)
      continue;
    refused++;
    ck_assert_str_eq(info->name, "twin_b");
    ck_assert_ptr_nonnull(strstr(info->refused, "'twin'"));
    ck_assert_ptr_nonnull(strstr(info->refused, "/twin_a.so"));
  }
  ck_assert_uint_eq(i, 2);
  ck_assert_uint_eq(refused, 1);
}
END_TEST

START_TEST(the_first_folder_wins)
{
  const char *first = scratch_folder(), *second = scratch_folder();
  _cleanup_(gm_registry_freep) struct gm_registry *r = NULL;
  const struct gm_provider *p;
  char path[1200];

  put(first, "good", 0644);
  put(second, "good", 0644);
  put(second, "newer", 0644);
  snprintf(path, sizeof(path), ":%s::%s:", first, second);
  r = open_path(path);
  ck_found(r, "newer");
  ck_assert_int_eq(gm_registry_find(r, "good", &p, NULL), 0);
  ck_assert(gm_starts(p->file, first));
}
END_TEST

START_TEST(unknown_names_get_a_hint)
{
  const char *folder = scratch_folder();
  _cleanup_(gm_registry_freep) struct gm_registry *r = open_path(folder);

  ck_refused(r, "goood", GAMUT_E_NOT_FOUND, "(there are: none)");
  gm_registry_free(GM_TAKE(r));
  r = open_path(folder);
  put(folder, "good", 0644);
  put(folder, "newer", 0644);
  put(folder, "magic", 0644);
  ck_refused(r, "goood", GAMUT_E_NOT_FOUND,
             "no provider 'goood' (there are: good, newer); did you mean "
             "'good'?");
  ck_refused(r, "../good", GAMUT_E_NOT_FOUND, "no provider '../good'");
  ck_refused(r, "", GAMUT_E_NOT_FOUND, "no provider ''");
}
END_TEST

static bool is_mapped(const char *path)
{
  void *m = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);

  if (m)
    dlclose(m);
  return m != NULL;
}

START_TEST(only_what_is_named_is_loaded)
{
  const char *folder = scratch_folder();
  _cleanup_(gm_registry_freep) struct gm_registry *r = open_path(folder);
  const struct gm_plugin_info *info;
  const char *good, *newer;
  size_t i;

  good = put(folder, "good", 0644);
  newer = put(folder, "newer", 0644);
  for (i = 0; (info = gm_registry_info(r, i)); i++) {
    ck_assert_ptr_null(info->version);
    ck_assert_ptr_null(info->providers[0]);
  }
  ck_assert_uint_eq(i, 2);
  ck_assert(!is_mapped(good) && !is_mapped(newer));
  ck_found(r, "good");
  ck_assert(is_mapped(good) && !is_mapped(newer));
  ck_assert_str_eq(gm_registry_info(r, 0)->version, "1.0.0");
  ck_assert_str_eq(gm_registry_info(r, 0)->providers[0]->def.name, "good");
  ck_assert_ptr_null(gm_registry_info(r, 1)->version);
}
END_TEST

/* ---- trust -----------------------------------------------------------------
 */

static const struct {
  const char *name;
  unsigned file, folder;
  const char *part;
} modes[] = {
  { "file for all", 0666, 0755, "good.so can be written by everybody" },
  { "file for the group", 0664, 0755, "good.so can be written by its group" },
  { "folder for all", 0644, 0777, " can be written by everybody" },
  { "sticky folder for all", 0644, 01777, " can be written by everybody" },
  { "folder for the group", 0644, 0775, " can be written by its group" },
};

START_TEST(what_others_can_write_is_refused)
{
  const char *folder = scratch_folder(), *why = NULL;
  _cleanup_(gm_registry_freep) struct gm_registry *r = open_path(folder);

  if (geteuid() != 0 && strstr(modes[_i].name, "group"))
    return; /* the group may be the user's own */
  put(folder, "good", modes[_i].file);
  ck_assert_int_eq(chmod(folder, modes[_i].folder), 0);
  ck_refused(r, "good", GAMUT_E_PLUGIN, modes[_i].part);
  ck_refused(r, "good", GAMUT_E_PLUGIN, folder);
  ck_assert_str_eq(gm_registry_folder(r, 0, &why), folder);
  ck_assert((why != NULL) == (modes[_i].folder != 0755));
  ck_assert_ptr_nonnull(gm_registry_info(r, 0)->refused);
  gm_registry_free(GM_TAKE(r));
  r = open_path(folder);
  gm_registry_trust_any(r);
  ck_found(r, "good");
}
END_TEST

START_TEST(a_parent_that_others_can_write)
{
  const char *top = scratch_folder();
  char folder[1100];
  _cleanup_(gm_registry_freep) struct gm_registry *r = NULL;

  snprintf(folder, sizeof(folder), "%s/inner", top);
  ck_assert_int_eq(mkdir(folder, 0755), 0);
  put(folder, "good", 0644);
  ck_assert_int_eq(chmod(top, 0777), 0);
  r = open_path(folder);
  ck_refused(r, "good", GAMUT_E_PLUGIN, "can be written by everybody");
  gm_registry_free(GM_TAKE(r));
  /* Like /tmp: nobody else can exchange what is ours in it. */
  ck_assert_int_eq(chmod(top, 01777), 0);
  r = open_path(folder);
  ck_found(r, "good");
}
END_TEST

START_TEST(links_are_judged_by_their_end)
{
  const char *folder = scratch_folder(), *open = scratch_folder();
  const char *closed = scratch_folder();
  _cleanup_(gm_registry_freep) struct gm_registry *r = open_path(folder);

  put(open, "good", 0644);
  ck_assert_int_eq(chmod(open, 0777), 0);
  put(closed, "newer", 0644);
  ck_assert_int_eq(
    symlink(scratch_path(open, "good.so"), scratch_path(folder, "good.so")), 0);
  ck_assert_int_eq(
    symlink(scratch_path(closed, "newer.so"), scratch_path(folder, "newer.so")),
    0);
  ck_refused(r, "good", GAMUT_E_PLUGIN, open);
  ck_refused(r, "good", GAMUT_E_PLUGIN, "can be written by everybody");
  ck_found(r, "newer");
}
END_TEST

START_TEST(a_link_to_the_folder)
{
  const char *top = scratch_folder(), *open = scratch_folder();
  _cleanup_(gm_registry_freep) struct gm_registry *r = NULL;
  const char *link = scratch_path(top, "link");

  put(open, "good", 0644);
  ck_assert_int_eq(symlink(open, link), 0);
  r = open_path(link);
  ck_found(r, "good");
  gm_registry_free(GM_TAKE(r));
  ck_assert_int_eq(chmod(open, 0777), 0);
  r = open_path(link);
  ck_refused(r, "good", GAMUT_E_PLUGIN, open);
}
END_TEST

START_TEST(others_files_are_refused)
{
  const char *folder = scratch_folder();
  _cleanup_(gm_registry_freep) struct gm_registry *r = open_path(folder);
  const char *file = put(folder, "good", 0644);

  if (geteuid() != 0)
    return; /* only root can give files away */
  ck_assert_int_eq(chown(file, 65534, 65534), 0);
  ck_refused(r, "good", GAMUT_E_PLUGIN, "good.so belongs to another user");
}
END_TEST

/* The trusted copy counts; that there is another one nobody needs to hear. */
START_TEST(a_trusted_copy_behind_an_untrusted_one)
{
  const char *open = scratch_folder(), *closed = scratch_folder();
  _cleanup_(gm_registry_freep) struct gm_registry *r = NULL;
  const struct gm_provider *p;
  char path[1200];

  put(open, "good", 0644);
  put(closed, "good", 0644);
  ck_assert_int_eq(chmod(open, 0777), 0);
  snprintf(path, sizeof(path), "%s:%s", open, closed);
  r = open_path(path);
  ck_found(r, "good");
  ck_assert_int_eq(gm_registry_find(r, "good", &p, NULL), 0);
  ck_assert(gm_starts(p->file, closed));
}
END_TEST

START_TEST(folders_that_are_not_used)
{
  const char *why = NULL, *folder = scratch_folder();
  _cleanup_(gm_registry_freep) struct gm_registry *r = NULL;
  char path[1200];

  put(folder, "good", 0644);
  snprintf(path, sizeof(path), "plugins:%s:%s/none", folder, folder);
  r = open_path(path);
  ck_assert_str_eq(gm_registry_folder(r, 0, &why), "plugins");
  ck_assert_ptr_nonnull(strstr(why, "'plugins' is relative"));
  ck_assert_str_eq(gm_registry_folder(r, 1, &why), folder);
  ck_assert_ptr_null(why);
  ck_assert_ptr_nonnull(gm_registry_folder(r, 2, &why));
  ck_assert_ptr_nonnull(strstr(why, "No such file"));
  ck_assert_ptr_null(gm_registry_folder(r, 3, &why));
  ck_found(r, "good");
}
END_TEST

/* ---- providers of the application ------------------------------------------
 */

static int32_t done(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->done(c);
}

static const struct gamut_provider own = { .struct_size = sizeof(own),
                                           .name = "good",
                                           .base_url = "https://own.test",
                                           .step = done };

START_TEST(the_application_comes_first)
{
  const char *folder = scratch_folder();
  _cleanup_(gm_registry_freep) struct gm_registry *r = open_path(folder);
  const struct gm_provider *p;

  put(folder, "good", 0644);
  put(folder, "claims", 0644);
  ck_assert_ptr_nonnull(gm_registry_info(r, 0));
  ck_assert_int_eq(gm_registry_add(r, &own, NULL), 0);
  ck_assert_int_eq(gm_registry_find(r, "good", &p, NULL), 0);
  ck_assert_ptr_null(p->file);
  ck_assert_ptr_null(p->plugin);
  gm_registry_load_all(r);
  ck_refused(r, "claims", GAMUT_E_PLUGIN, "that of the application");
  ck_assert_int_eq(gm_registry_find(r, "good", &p, NULL), 0);
  ck_assert_ptr_null(p->file);
}
END_TEST

START_TEST(a_taken_name_cannot_be_registered)
{
  const char *folder = scratch_folder();
  _cleanup_(gm_registry_freep) struct gm_registry *r = open_path(folder);
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;

  put(folder, "good", 0644);
  ck_found(r, "good");
  ck_assert_int_eq(gm_registry_add(r, &own, &err), GAMUT_E_PLUGIN);
  ck_assert_ptr_nonnull(strstr(gm_error_text(&err), "/good.so already"));
}
END_TEST

/* ---- no memory -------------------------------------------------------------
 */

static const char *torture_folder;

static bool find_scenario(void)
{
  _cleanup_(gm_registry_freep) struct gm_registry *r = NULL;
  const struct gm_provider *p;
  int32_t rc;

  rc = gm_registry_new(torture_folder, NULL, &r, NULL);
  if (!rc)
    rc = gm_registry_find(r, "good", &p, NULL);
  if (!rc)
    rc = gm_registry_find(r, "twin", &p, NULL);
  if (!rc)
    rc = gm_registry_add(r,
                         &(const struct gamut_provider){
                           sizeof(own), .name = "own", .step = done },
                         NULL);
  ck_assert_msg(rc == 0 || rc == GAMUT_E_NOMEM, "class %d", rc);
  return rc == 0;
}

START_TEST(torture)
{
  torture_folder = scratch_folder();
  put(torture_folder, "good", 0644);
  put(torture_folder, "claims", 0644);
  put(torture_folder, "twin_a", 0644);
  put(torture_folder, "unresolved", 0644);
  unit_torture(find_scenario);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("plugins");

  tcase_add_loop_test(tc, refused_with_a_sentence, 0, GM_LEN(bad));
  tcase_add_loop_test(tc, junk_is_refused, 0, GM_LEN(junk));
  tcase_add_test(tc, other_kinds_are_refused);
  tcase_add_test(tc, other_minors_are_accepted);
  tcase_add_loop_test(tc, the_file_name_has_the_claim, 0, 2);
  tcase_add_test(tc, a_plugin_that_is_no_provider);
  tcase_add_test(tc, two_plugins_with_one_name);
  tcase_add_test(tc, the_first_folder_wins);
  tcase_add_test(tc, unknown_names_get_a_hint);
  tcase_add_test(tc, only_what_is_named_is_loaded);
  tcase_add_loop_test(tc, what_others_can_write_is_refused, 0, GM_LEN(modes));
  tcase_add_test(tc, a_parent_that_others_can_write);
  tcase_add_test(tc, links_are_judged_by_their_end);
  tcase_add_test(tc, a_link_to_the_folder);
  tcase_add_test(tc, others_files_are_refused);
  tcase_add_test(tc, a_trusted_copy_behind_an_untrusted_one);
  tcase_add_test(tc, folders_that_are_not_used);
  tcase_add_test(tc, the_application_comes_first);
  tcase_add_test(tc, a_taken_name_cannot_be_registered);
  tcase_add_test(tc, torture);
  return unit_run("plugins", tc);
}
