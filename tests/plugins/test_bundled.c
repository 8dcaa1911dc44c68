/* test_bundled.c - providers that are linked in (--enable-static-plugins) go
 * through the same checks as files.  The list below takes the place of the
 * library's own. */
#include "plugin/plugin_private.h"
#include "unit/scratch.h"
#include "unit/unit.h"

extern const struct gamut_plugin good_LTX_gamut_plugin;
extern const struct gamut_plugin magic_LTX_gamut_plugin;
extern const struct gamut_plugin claims_LTX_gamut_plugin;

const struct gamut_plugin *const gm_bundled_plugins[] = {
  &good_LTX_gamut_plugin,
  &magic_LTX_gamut_plugin,
  &claims_LTX_gamut_plugin, /* brings good as well */
  NULL,
};

START_TEST(found_without_a_file)
{
  _cleanup_(gm_registry_freep) struct gm_registry *r = NULL;
  const struct gm_plugin_info *info;
  const struct gm_provider *p;

  ck_assert_int_eq(gm_registry_new("", NULL, &r, NULL), 0);
  ck_assert_int_eq(gm_registry_find(r, "good", &p, NULL), 0);
  ck_assert_ptr_null(p->file);
  ck_assert_ptr_eq(p->plugin, &good_LTX_gamut_plugin);
  info = gm_registry_info(r, 0);
  ck_assert_str_eq(info->name, "good");
  ck_assert_str_eq(info->version, "1.0.0");
  ck_assert_ptr_null(info->file);
  ck_assert_ptr_null(info->refused);
}
END_TEST

START_TEST(checked_like_files)
{
  _cleanup_(gm_registry_freep) struct gm_registry *r = NULL;
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  const struct gm_provider *p;

  ck_assert_int_eq(gm_registry_new("", NULL, &r, NULL), 0);
  ck_assert_ptr_nonnull(
    strstr(gm_registry_info(r, 1)->refused, "it is no gamut plugin"));
  ck_assert_ptr_nonnull(strstr(gm_registry_info(r, 2)->refused,
                               "which is that of the library itself already"));
  ck_assert_ptr_null(gm_registry_info(r, 3));
  ck_assert_int_eq(gm_registry_find(r, "magic", &p, &err), GAMUT_E_PLUGIN);
}
END_TEST

/* A file of the same name stands back. */
START_TEST(before_files)
{
  _cleanup_(gm_registry_freep) struct gm_registry *r = NULL;
  const char *folder = scratch_folder();
  const struct gm_provider *p;

  scratch_text(scratch_path(folder, "good.so"), "junk", 0644);
  ck_assert_int_eq(gm_registry_new(folder, NULL, &r, NULL), 0);
  gm_registry_load_all(r);
  ck_assert_int_eq(gm_registry_find(r, "good", &p, NULL), 0);
  ck_assert_ptr_null(p->file);
}
END_TEST

static bool scenario(void)
{
  _cleanup_(gm_registry_freep) struct gm_registry *r = NULL;
  int32_t rc = gm_registry_new("", NULL, &r, NULL);

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
  TCase *tc = tcase_create("bundled");

  tcase_add_test(tc, found_without_a_file);
  tcase_add_test(tc, checked_like_files);
  tcase_add_test(tc, before_files);
  tcase_add_test(tc, torture);
  return unit_run("bundled", tc);
}
