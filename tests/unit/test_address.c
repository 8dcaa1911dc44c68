/* test_address.c - what a route's link means. */
#include "base/str.h"
#include "route/address.h"
#include "route_files.h"
#include <gamut/plugin.h>

static char folder[64], mine[64];
static struct gm_catalog *catalog;

static void make_catalog(void)
{
  make_folder(folder);
  make_folder(mine);
  put_catalog(folder);
  put_file(folder, "gone.json",
           "{\"provider\": \"gone\", \"plugin\": \"goner\",\n"
           " \"patterns\": [\"gone/*\"], \"models\": [{\"id\": \"g1\",\n"
           "  \"names\": [\"flux\", \"only\"], \"operations\": [\"edit\"]}]}");
  ck_assert_int_eq(gm_catalog_new(folder, mine, NULL, &catalog), 0);
}

static void drop_catalog(void)
{
  gm_catalog_free(catalog);
  drop_folder(folder);
  drop_folder(mine);
}

static const char *const all[] = { "alpha", "beta", "local", "higgs", NULL };
static const char *const some[] = { "beta", "local", NULL };
static const char *const none[] = { NULL };

static const char *provider_of(void *user, const char *instance)
{
  ck_assert_ptr_eq(user, &catalog);
  return gm_streq(instance, "local") ? "beta" : NULL;
}

static int32_t resolve(const char *const *providers, const char *fallback,
                       const char *text, const char *operation,
                       struct gm_link *ret, struct gm_error *err)
{
  struct gm_address_book b = { .catalog = catalog,
                               .providers = providers,
                               .default_provider = fallback,
                               .provider_of = provider_of,
                               .user = &catalog };

  return gm_address_resolve(&b, text, operation, ret, err);
}

static const struct {
  const char *text, *operation;
  const char *provider, *model, *from;
  bool known;
} good[] = {
  /* provider:model */
  { "alpha:flux", NULL, "alpha", "alpha/dev", "flux", true },
  { "beta:flux", NULL, "beta", "beta-1", "flux", true },
  { "beta:beta-1", NULL, "beta", "beta-1", NULL, true },
  { "alpha:nobody/knows:v2", NULL, "alpha", "nobody/knows:v2", NULL, false },
  { "beta:beta:2@x", NULL, "beta", "beta:2@x", NULL, true },
  { "local:flux", NULL, "local", "beta-1", "flux", true },
  { "local:own", NULL, "local", "own", NULL, false },
  { "higgs:flux", NULL, "higgs", "flux", NULL, false },
  /* a shorthand, an id */
  { "flux", NULL, "alpha", "alpha/dev", "flux", true },
  { "fox", NULL, "alpha", "alpha/dev", "fox", true },
  { "alpha/dev", NULL, "alpha", "alpha/dev", NULL, true },
  { "beta:2@x", NULL, "beta", "2@x", NULL, false },
  /* a pattern */
  { "alpha/other", NULL, "alpha", "alpha/other", NULL, false },
  { "alpha/other:v2", NULL, "alpha", "alpha/other:v2", NULL, false },
  { "a-long-way", NULL, "beta", "a-long-way", NULL, false },
  /* a provider's name */
  { "alpha", NULL, "alpha", "alpha/dev", "alpha", true },
  { "alpha", "text-to-image", "alpha", "alpha/dev", "alpha", true },
  { "alpha", "text-to-video", "alpha", "alpha/film", "alpha", true },
  { "alpha", "image-to-video", "alpha", "alpha/film/move", "alpha", true },
  /* the default provider */
  { "unheard-of", NULL, "higgs", "unheard-of", NULL, false },
  { "unheard/of:v1", NULL, "higgs", "unheard/of:v1", NULL, false },
  { "9:x", NULL, "higgs", "9:x", NULL, false },
  { "\xc3\xa4", NULL, "higgs", "\xc3\xa4", NULL, false },
  /* the family's endpoint for the operation */
  { "flux", "edit", "alpha", "alpha/dev/edit", "flux", true },
  { "alpha:flux", "edit", "alpha", "alpha/dev/edit", "flux", true },
  { "alpha/dev", "edit", "alpha", "alpha/dev/edit", "alpha/dev", true },
  { "flux", "image-to-image", "alpha", "alpha/dev/edit", "flux", true },
  { "film", "image-to-video", "alpha", "alpha/film/move", "film", true },
  { "film", "edit", "alpha", "alpha/film/move", "film", true },
  { "alpha/film/move", "text-to-image", "alpha", "alpha/film",
    "alpha/film/move", true },
  /* nobody can: the check will say so */
  { "flux", "video-to-video", "alpha", "alpha/dev", "flux", true },
};

START_TEST(links_resolve)
{
  struct gm_error err = GM_ERROR_INIT;
  struct gm_link l;
  int32_t rc =
    resolve(all, "higgs", good[_i].text, good[_i].operation, &l, &err);

  ck_assert_msg(rc == 0, "%s: %s", good[_i].text, gm_error_text(&err));
  ck_assert_str_eq(l.given, good[_i].text);
  ck_assert_str_eq(l.provider, good[_i].provider);
  ck_assert_str_eq(l.model, good[_i].model);
  ck_assert_pstr_eq(l.resolved_from, good[_i].from);
  ck_assert_msg((l.entry != NULL) == good[_i].known, "%s", good[_i].text);
  if (l.entry)
    ck_assert_str_eq(l.entry->id, l.model);
  gm_link_finish(&l);
  ck_assert_ptr_null(l.given);
  gm_link_finish(&l);
}
END_TEST

/* Who knows better gets what was named; a shorthand is no id. */
static const struct {
  const char *text, *model;
} literal[] = {
  { "alpha/dev", "alpha/dev" },
  { "alpha:alpha/dev", "alpha/dev" },
  { "flux", "alpha/dev/edit" },
};

START_TEST(an_id_may_be_literal)
{
  struct gm_address_book b = { .catalog = catalog,
                               .providers = all,
                               .provider_of = provider_of,
                               .user = &catalog,
                               .literal = true };
  struct gm_link l;

  ck_assert_int_eq(gm_address_resolve(&b, literal[_i].text, "edit", &l, NULL),
                   0);
  ck_assert_str_eq(l.model, literal[_i].model);
  gm_link_finish(&l);
}
END_TEST

#define LONG_100                                                               \
  "0123456789012345678901234567890123456789012345678901234567890123456789"     \
  "012345678901234567890123456789"

static const struct {
  const char *text, *operation;
  const char *const *providers;
  const char *fallback;
  int32_t rc;
  const char *says;
} bad[] = {
  { NULL, NULL, all, "higgs", GAMUT_E_INVALID, "the name of a model is empty" },
  { "", NULL, all, "higgs", GAMUT_E_INVALID, "the name of a model is empty" },
  { "a b", NULL, all, "higgs", GAMUT_E_INVALID,
    "model 'a b': a blank in its name" },
  { "flux ", NULL, all, "higgs", GAMUT_E_INVALID,
    "model 'flux ': a blank in its name" },
  { "a\tb", NULL, all, "higgs", GAMUT_E_INVALID,
    "model 'a?b': a control character in its name" },
  { "a\x7f", NULL, all, "higgs", GAMUT_E_INVALID,
    "model 'a?': a control character in its name" },
  { "a\xff", NULL, all, "higgs", GAMUT_E_INVALID,
    "the name of a model is not valid UTF-8" },
  { LONG_100 LONG_100 LONG_100 LONG_100 "5", NULL, all, "higgs",
    GAMUT_E_INVALID, "the name of a model is longer than 400 bytes" },
  { "@cheap", NULL, all, "higgs", GAMUT_E_NOT_FOUND,
    "no route of the name 'cheap' is configured" },
  { "alpha:", NULL, all, "higgs", GAMUT_E_INVALID,
    "'alpha:' names no model; 'alpha' alone means its default" },
  { "alhpa:flux", NULL, all, "higgs", GAMUT_E_NOT_FOUND,
    "unknown provider 'alhpa', did you mean 'alpha'?; known: alpha, beta, "
    "local, higgs" },
  { "Alpha:flux", NULL, all, "higgs", GAMUT_E_NOT_FOUND,
    "unknown provider 'Alpha', did you mean 'alpha'?; known: alpha, beta, "
    "local, higgs" },
  { "my-model:v2", NULL, some, NULL, GAMUT_E_NOT_FOUND,
    "unknown provider 'my-model'; known: beta, local" },
  { "x:y", NULL, none, NULL, GAMUT_E_NOT_FOUND,
    "unknown provider 'x'; none is installed" },
  { "x:y", NULL, NULL, NULL, GAMUT_E_NOT_FOUND,
    "unknown provider 'x'; none is installed" },
  { "old", NULL, all, "higgs", GAMUT_E_UNSUPPORTED,
    "model 'alpha/old' is retired since 2026-01-31; its successor is "
    "'alpha/dev'" },
  { "alpha:alpha/old", "upscale", all, "higgs", GAMUT_E_UNSUPPORTED,
    "model 'alpha/old' is retired since 2026-01-31; its successor is "
    "'alpha/dev'" },
  { "film", NULL, some, "higgs", GAMUT_E_NOT_FOUND,
    "model 'film' belongs to the provider 'alpha', which is not installed" },
  { "only", NULL, all, "higgs", GAMUT_E_NOT_FOUND,
    "model 'only' belongs to the provider 'gone', which is not installed "
    "(plugin 'goner')" },
  { "gone/x", NULL, all, "higgs", GAMUT_E_NOT_FOUND,
    "model 'gone/x' belongs to the provider 'gone', which is not installed "
    "(plugin 'goner')" },
  { "beta", NULL, all, "higgs", GAMUT_E_NOT_FOUND,
    "provider 'beta' has no default model; name one: beta:MODEL" },
  { "local", "text-to-video", all, "higgs", GAMUT_E_NOT_FOUND,
    "provider 'local' has no default model; name one: local:MODEL" },
  { "flxu", NULL, some, "higgs", GAMUT_E_NOT_FOUND,
    "no model 'flxu' is known and the default provider 'higgs' is not "
    "installed; did you mean 'flux'? (`gamut models` lists them)" },
  { "zzzzzz", NULL, some, NULL, GAMUT_E_NOT_FOUND,
    "no model 'zzzzzz' is known and there is no default provider "
    "(`gamut models` lists them)" },
};

START_TEST(others_are_refused)
{
  struct gm_error err = GM_ERROR_INIT;
  struct gm_link l = { .given = folder };
  int32_t rc = resolve(bad[_i].providers, bad[_i].fallback, bad[_i].text,
                       bad[_i].operation, &l, &err);

  ck_assert_str_eq(gm_error_text(&err), bad[_i].says);
  ck_assert_int_eq(rc, bad[_i].rc);
  ck_assert_ptr_eq(l.given, folder); /* written on success only */
  gm_error_finish(&err);
}
END_TEST

/* Several claim the word: one that is installed gets it. */
START_TEST(the_installed_one_is_meant)
{
  struct gm_link l;

  ck_assert_int_eq(resolve(some, NULL, "flux", NULL, &l, NULL), 0);
  ck_assert_str_eq(l.provider, "beta");
  ck_assert_str_eq(l.model, "beta-1");
  gm_link_finish(&l);
}
END_TEST

/* A provider with videos alone. */
START_TEST(defaults_by_what_is_made)
{
  struct gm_error err = GM_ERROR_INIT;
  struct gm_link l;

  put_file(mine, "x.json",
           "{\"provider\": \"beta\", \"default_video\": \"v\", \"models\": [\n"
           " {\"id\": \"v\", \"operations\": [\"text-to-video\"]}]}");
  ck_assert_int_eq(resolve(all, NULL, "beta", NULL, &l, &err), 0);
  ck_assert_str_eq(l.model, "v");
  gm_link_finish(&l);
  ck_assert_int_eq(resolve(all, NULL, "beta", "text-to-image", &l, &err),
                   GAMUT_E_UNSUPPORTED);
  ck_assert_str_eq(gm_error_text(&err),
                   "provider 'beta' has no default model for images; name "
                   "one: beta:MODEL");
  gm_error_finish(&err);
}
END_TEST

static bool scenario(void)
{
  static const char *const texts[] = { "flux", "alpha:film", "alpha",
                                       "unheard-of" };
  struct gm_error err = GM_ERROR_INIT;
  struct gm_link l;
  int32_t rc = 0;
  size_t i;

  for (i = 0; !rc && i < GM_LEN(texts); i++) {
    rc = resolve(all, "higgs", texts[i], "edit", &l, &err);
    if (!rc)
      gm_link_finish(&l);
  }
  ck_assert(rc == 0 || rc == GAMUT_E_NOMEM);
  gm_error_finish(&err);
  return rc == 0;
}

START_TEST(no_memory_is_no_harm)
{
  unit_torture(scenario);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("address");

  tcase_add_checked_fixture(tc, make_catalog, drop_catalog);
  tcase_add_loop_test(tc, links_resolve, 0, (int)GM_LEN(good));
  tcase_add_loop_test(tc, an_id_may_be_literal, 0, GM_LEN(literal));
  tcase_add_loop_test(tc, others_are_refused, 0, (int)GM_LEN(bad));
  tcase_add_test(tc, the_installed_one_is_meant);
  tcase_add_test(tc, defaults_by_what_is_made);
  tcase_add_test(tc, no_memory_is_no_harm);
  return unit_run("address", tc);
}
