/* test_trust.c - who could have written a file or a folder.  What this means
 * for plugins is tested with plugins (tests/plugins). */
#include "plugin/plugin_private.h"
#include "scratch.h"
#include "unit.h"
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void ck_class(int32_t got, int32_t want, struct gm_error *err,
                     const char *part)
{
  ck_assert_msg(got == want, "class %d: %s", got, gm_error_text(err));
  if (want)
    ck_assert_msg(strstr(gm_error_text(err), part) != NULL, "%s",
                  gm_error_text(err));
  gm_error_finish(err);
}

static const struct {
  unsigned mode;
  const char *part; /* NULL: trusted */
} rows[] = {
  { 0700, NULL },
  { 0755, NULL },
  { 01755, NULL },
  { 0702, "can be written by everybody" },
  { 0777, "can be written by everybody" },
  { 01777, "can be written by everybody" },
};

START_TEST(modes_of_a_folder)
{
  struct gm_error err = GM_ERROR_INIT;
  const char *folder = scratch_folder();

  ck_assert_int_eq(chmod(folder, rows[_i].mode), 0);
  ck_class(gm_trust_folder(folder, &err), rows[_i].part ? GAMUT_E_PLUGIN : 0,
           &err, rows[_i].part);
}
END_TEST

START_TEST(every_folder_above_counts)
{
  struct gm_error err = GM_ERROR_INIT;
  const char *top = scratch_folder();
  char middle[1000], inner[1100];

  snprintf(middle, sizeof(middle), "%s/middle", top);
  snprintf(inner, sizeof(inner), "%s/inner", middle);
  ck_assert_int_eq(mkdir(middle, 0755), 0);
  ck_assert_int_eq(mkdir(inner, 0755), 0);
  ck_class(gm_trust_folder(inner, &err), 0, &err, NULL);
  ck_assert_int_eq(chmod(middle, 0777), 0);
  ck_class(gm_trust_folder(inner, &err), GAMUT_E_PLUGIN, &err,
           "/middle can be written by everybody");
  ck_assert_int_eq(chmod(middle, 01777), 0);
  ck_class(gm_trust_folder(inner, &err), 0, &err, NULL);
}
END_TEST

/* Sticky or not, its owner can do everything in it. */
START_TEST(folders_of_another_user)
{
  struct gm_error err = GM_ERROR_INIT;
  const char *top = scratch_folder();
  char inner[1000];

  if (geteuid() != 0)
    return; /* only root can give folders away */
  snprintf(inner, sizeof(inner), "%s/inner", top);
  ck_assert_int_eq(mkdir(inner, 0755), 0);
  ck_assert_int_eq(chown(top, 65534, 65534), 0);
  ck_class(gm_trust_folder(inner, &err), GAMUT_E_PLUGIN, &err,
           "belongs to another user");
  ck_assert_int_eq(chmod(top, 01777), 0);
  ck_class(gm_trust_folder(inner, &err), GAMUT_E_PLUGIN, &err, top);
}
END_TEST

START_TEST(what_is_no_folder)
{
  struct gm_error err = GM_ERROR_INIT;
  const char *top = scratch_folder(), *file = scratch_path(top, "file");

  scratch_text(file, "x", 0644);
  ck_class(gm_trust_folder(file, &err), GAMUT_E_PLUGIN, &err,
           "is not a folder");
  ck_class(gm_trust_folder(scratch_path(top, "none"), &err), GAMUT_E_PLUGIN,
           &err, "No such file");
  ck_class(gm_trust_folder("/", &err), 0, &err, NULL);
}
END_TEST

START_TEST(the_file_that_was_checked)
{
  struct gm_error err = GM_ERROR_INIT;
  _cleanup_(gm_trusted_finish) struct gm_trusted t = { 0 };
  const char *top = scratch_folder(), *file = scratch_path(top, "a");

  scratch_text(file, "x", 0644);
  ck_class(gm_trust_file(file, false, &t, &err), 0, &err, NULL);
  ck_assert_str_eq(t.real, file);
  ck_assert(gm_trust_same(&t));
  scratch_text(scratch_path(top, "b"), "x", 0644);
  ck_assert_int_eq(rename(scratch_path(top, "b"), file), 0);
  ck_assert(!gm_trust_same(&t));
  ck_assert_int_eq(unlink(file), 0);
  ck_assert(!gm_trust_same(&t));
}
END_TEST

START_TEST(told_to_trust)
{
  struct gm_error err = GM_ERROR_INIT;
  _cleanup_(gm_trusted_finish) struct gm_trusted t = { 0 };
  const char *top = scratch_folder(), *file = scratch_path(top, "a");

  scratch_text(file, "x", 0666);
  ck_assert_int_eq(chmod(top, 0777), 0);
  ck_class(gm_trust_file(file, false, &t, &err), GAMUT_E_PLUGIN, &err,
           "can be written by everybody");
  ck_assert_ptr_null(t.real);
  ck_class(gm_trust_file(file, true, &t, &err), 0, &err, NULL);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("trust");

  tcase_add_loop_test(tc, modes_of_a_folder, 0, GM_LEN(rows));
  tcase_add_test(tc, every_folder_above_counts);
  tcase_add_test(tc, folders_of_another_user);
  tcase_add_test(tc, what_is_no_folder);
  tcase_add_test(tc, the_file_that_was_checked);
  tcase_add_test(tc, told_to_trust);
  return unit_run("trust", tc);
}
