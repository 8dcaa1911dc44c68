/* test_catalog_same.c - one file for two providers: the second one's says
 * "same_as".  Theirs are the same models, but words without a provider belong
 * to the one who has them himself. */
#include "base/str.h"
#include "route/catalog.h"
#include "route_files.h"

static char folder[64];
static struct gm_catalog *c;

static void set_up(void)
{
  make_folder(folder);
  put_file(folder, "aa.json",
           "{\"provider\": \"aa\", \"plugin\": \"twins\",\n"
           " \"same_as\": \"alpha\", \"default_video\": \"alpha/old\",\n"
           " \"models\": [{\"id\": \"alpha/old\", \"names\": [\"aged\"],\n"
           "  \"family\": \"dev\", \"operations\": [\"upscale\"]}]}");
  put_file(folder, "zz.json",
           "{\"provider\": \"zz\", \"same_as\": \"nobody\", \"models\": []}");
  put_file(folder, "alpha.json", ALPHA);
  ck_assert_int_eq(gm_catalog_new(folder, "", NULL, &c), 0);
}

static void tear_down(void)
{
  gm_catalog_free(c);
  drop_folder(folder);
}

static const struct gm_model *find(const char *provider, const char *name)
{
  const struct gm_model *m;

  ck_assert_int_eq(gm_catalog_find(c, provider, name, &m, NULL), 0);
  return m;
}

static const struct {
  const char *provider, *name, *owner, *id; /* id NULL: nobody */
} rows[] = {
  { NULL, "flux", "alpha", "alpha/dev" },
  { NULL, "alpha/dev", "alpha", "alpha/dev" },
  { NULL, "fox", "alpha", "alpha/dev" },
  { NULL, "aged", "aa", "alpha/old" }, /* its own word */
  { "aa", "flux", "aa", "alpha/dev" },
  { "aa", "fox", "aa", "alpha/dev" },
  { "aa", "alpha/film", "aa", "alpha/film" },
  { "zz", "flux", NULL, NULL }, /* the same as nobody */
};

START_TEST(names_are_found)
{
  const struct gm_model *m = find(rows[_i].provider, rows[_i].name);

  ck_assert_pstr_eq(m ? m->id : NULL, rows[_i].id);
  ck_assert_pstr_eq(m ? m->provider : NULL, rows[_i].owner);
}
END_TEST

START_TEST(its_own_word_comes_first)
{
  const struct gm_model *m = find("aa", "flux");

  ck_assert_ptr_null(gm_json_at(find("aa", "alpha/old")->entry, "life"));
  ck_assert_str_eq(gm_catalog_sibling(c, m, "edit")->provider, "aa");
  ck_assert_str_eq(gm_catalog_sibling(c, m, "upscale")->id, "alpha/old");
}
END_TEST

START_TEST(members_are_the_same)
{
  const struct gm_model *m;
  const char *provider;

  ck_assert_int_eq(gm_catalog_default(c, "aa", "image", &m, NULL), 0);
  ck_assert_str_eq(m->id, "alpha/dev");
  ck_assert_str_eq(m->provider, "aa");
  ck_assert_int_eq(gm_catalog_default(c, "aa", "video", &m, NULL), 0);
  ck_assert_str_eq(m->id, "alpha/old");
  ck_assert_int_eq(gm_catalog_match(c, "a-model", &provider, NULL), 0);
  ck_assert_str_eq(provider, "alpha");
  ck_assert_str_eq(gm_catalog_plugin(c, "aa"), "twins");
}
END_TEST

static void check_walk(void)
{
  static const char want[] =
    "aa:alpha/old aa:alpha/dev aa:alpha/dev/edit aa:alpha/film "
    "aa:alpha/film/move alpha:alpha/dev alpha:alpha/dev/edit alpha:alpha/film "
    "alpha:alpha/film/move alpha:alpha/old ";
  _cleanup_(gm_buf_finish) struct gm_buf ids = GM_BUF_INIT(4096);
  const struct gm_model *m;
  size_t i = 0;

  while (gm_catalog_at(c, i++, &m, NULL) == 0 && m)
    gm_buf_addf(&ids, "%s:%s ", m->provider, m->id);
  ck_assert_str_eq(gm_buf_text(&ids), want);
}

/* Whether something was asked before or not. */
START_TEST(a_walk_sees_both)
{
  if (_i)
    ck_assert_ptr_nonnull(find("aa", "flux"));
  check_walk();
  check_walk();
}
END_TEST

static bool scenario(void)
{
  const struct gm_model *m = NULL;
  struct gm_catalog *own = NULL;
  int32_t rc = gm_catalog_new(folder, "", NULL, &own);

  if (!rc)
    rc = gm_catalog_find(own, "aa", "flux", &m, NULL);
  if (!rc) {
    ck_assert_ptr_nonnull(m);
    ck_assert_str_eq(m->provider, "aa");
    rc = gm_catalog_at(own, 9, &m, NULL);
  }
  gm_catalog_free(own);
  return rc == 0;
}

START_TEST(torture)
{
  unit_torture(scenario);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("same");

  tcase_add_checked_fixture(tc, set_up, tear_down);
  tcase_add_loop_test(tc, names_are_found, 0, (int)GM_LEN(rows));
  tcase_add_test(tc, its_own_word_comes_first);
  tcase_add_test(tc, members_are_the_same);
  tcase_add_loop_test(tc, a_walk_sees_both, 0, 2);
  tcase_add_test(tc, torture);
  return unit_run("catalog_same", tc);
}
