/* test_catalog.c - the models as data. */
#include "base/str.h"
#include "route/catalog.h"
#include "route_files.h"
#include <gamut/plugin.h>

static char folder[64], other[64], mine[64];

static void make_folders(void)
{
  make_folder(folder);
  make_folder(other);
  make_folder(mine);
  put_catalog(folder);
}

static void drop_folders(void)
{
  drop_folder(folder);
  drop_folder(other);
  drop_folder(mine);
}

static struct gm_catalog *open_catalog(const char *path)
{
  struct gm_catalog *c;

  ck_assert_int_eq(gm_catalog_new(path, mine, NULL, &c), 0);
  return c;
}

static const struct gm_model *find(struct gm_catalog *c, const char *provider,
                                   const char *name)
{
  struct gm_error err = GM_ERROR_INIT;
  const struct gm_model *m;
  int32_t rc = gm_catalog_find(c, provider, name, &m, &err);

  ck_assert_msg(rc == 0, "%s: %s", name, gm_error_text(&err));
  return m;
}

/* Nothing is looked at before somebody asks. */
START_TEST(nothing_is_read_at_first)
{
  struct gm_catalog *c = open_catalog("/nonexistent:/nowhere");

  ck_assert_ptr_null(find(c, NULL, "flux"));
  gm_catalog_free(c);
  gm_catalog_free(NULL);
}
END_TEST

static const struct {
  const char *provider, *name, *id; /* id NULL: nobody is called that */
} names[] = {
  { NULL, "flux", "alpha/dev" }, /* both have it: the first */
  { "beta", "flux", "beta-1" },  /* unless it is not asked */
  { "alpha", "flux", "alpha/dev" },
  { NULL, "dev", "alpha/dev" }, /* a shorthand beats an id */
  { "beta", "dev", "dev" },
  { "alpha", "dev", "alpha/dev" },
  { NULL, "alpha/dev", "alpha/dev" }, /* ... though a later one claims it */
  { "beta", "alpha/dev", "beta-1" },
  { NULL, "both", "beta-1" }, /* an entry beats "names" */
  { NULL, "fox", "alpha/dev" },
  { "beta", "fox", NULL },
  { NULL, "alpha/dev/edit", "alpha/dev/edit" },
  { NULL, "beta:2@x", "beta:2@x" },
  { NULL, "film", "alpha/film" },
  { NULL, "old", "alpha/old" },
  { NULL, "gone", "beta-1" }, /* a living claim beats a retired one */
  /* words that stand in the files, but name nothing */
  { NULL, "id", NULL },
  { NULL, "names", NULL },
  { NULL, "alpha", NULL },
  { NULL, "text-to-image", NULL },
  { NULL, "twins", NULL },
  { NULL, "alpha/*", NULL },
  { NULL, "flu", NULL },
  { NULL, "Flux", NULL },
  { NULL, "", NULL },
  { NULL, "\"", NULL },
  { NULL, "flux\",\"dev", NULL },
  { NULL, "} \\\" ]", NULL },
  { "gamma", "flux", NULL },
};

START_TEST(names_are_found)
{
  struct gm_catalog *c = open_catalog(folder);
  const struct gm_model *m = find(c, names[_i].provider, names[_i].name);

  if (names[_i].id) {
    ck_assert_msg(m != NULL, "%s", names[_i].name);
    ck_assert_str_eq(m->id, names[_i].id);
    ck_assert_str_eq(m->provider,
                     gm_starts(m->id, "alpha/") ? "alpha" : "beta");
    ck_assert_str_eq(gm_json_str(m->entry, "id", ""), m->id);
    ck_assert_ptr_eq(find(c, m->provider, m->id), m);
  } else {
    ck_assert_msg(m == NULL, "%s: %s", names[_i].name, m ? m->id : "");
  }
  gm_catalog_free(c);
}
END_TEST

START_TEST(long_names_name_nothing)
{
  struct gm_catalog *c = open_catalog(folder);
  char name[2000];

  memset(name, 'x', sizeof(name) - 1);
  name[sizeof(name) - 1] = '\0';
  ck_assert_ptr_null(find(c, NULL, name));
  ck_assert_ptr_null(find(c, name, "flux"));
  gm_catalog_free(c);
}
END_TEST

static const struct {
  const char *id, *provider;
} patterns[] = {
  { "alpha/new", "alpha" },
  { "a-model", "alpha" },
  { "a-long-name", "beta" }, /* the longest pattern says most */
  { "beta-9", "beta" },
  { "gamma-9", NULL },
  { "", NULL },
};

START_TEST(patterns_match)
{
  struct gm_catalog *c = open_catalog(folder);
  const char *provider;

  ck_assert_int_eq(gm_catalog_match(c, patterns[_i].id, &provider, NULL), 0);
  ck_assert_pstr_eq(provider, patterns[_i].provider);
  gm_catalog_free(c);
}
END_TEST

START_TEST(documents_have_members)
{
  struct gm_catalog *c = open_catalog(folder);
  const struct gm_model *m;

  ck_assert_int_eq(gm_catalog_default(c, "alpha", "image", &m, NULL), 0);
  ck_assert_str_eq(m->id, "alpha/dev");
  ck_assert_int_eq(gm_catalog_default(c, "alpha", "video", &m, NULL), 0);
  ck_assert_str_eq(m->id, "alpha/film");
  ck_assert_int_eq(gm_catalog_default(c, "beta", "image", &m, NULL), 0);
  ck_assert_ptr_null(m);
  ck_assert_int_eq(gm_catalog_default(c, "gamma", "image", &m, NULL), 0);
  ck_assert_ptr_null(m);
  ck_assert_ptr_null(gm_catalog_plugin(c, "alpha"));
  ck_assert_str_eq(gm_catalog_plugin(c, "beta"), "twins");
  gm_catalog_free(c);
}
END_TEST

static const struct {
  const char *name, *operation, *sibling;
} families[] = {
  { "alpha/dev", "text-to-image", "alpha/dev" },
  { "alpha/dev", "edit", "alpha/dev/edit" },
  { "alpha/dev/edit", "text-to-image", "alpha/dev" },
  { "alpha/dev", "upscale", NULL }, /* the one that could is retired */
  { "alpha/dev", "image-to-video", NULL },
  { "alpha/film", "image-to-video", "alpha/film/move" },
  { "beta-1", "text-to-image", "beta-1" },
  { "beta-1", "edit", NULL }, /* no family */
};

START_TEST(families_serve)
{
  struct gm_catalog *c = open_catalog(folder);
  const struct gm_model *m = gm_catalog_sibling(
    c, find(c, NULL, families[_i].name), families[_i].operation);

  ck_assert_pstr_eq(m ? m->id : NULL, families[_i].sibling);
  gm_catalog_free(c);
}
END_TEST

static void check_walk(struct gm_catalog *c, const char *want)
{
  _cleanup_(gm_buf_finish) struct gm_buf ids = GM_BUF_INIT(4096);
  const struct gm_model *m;
  size_t i;

  for (i = 0;; i++) {
    ck_assert_int_eq(gm_catalog_at(c, i, &m, NULL), 0);
    if (!m)
      break;
    gm_buf_addf(&ids, "%s%s", i ? " " : "", m->id);
    ck_assert_ptr_eq(find(c, m->provider, m->id), m);
  }
  ck_assert_str_eq(gm_buf_text(&ids), want);
}

START_TEST(a_walk_sees_each_once)
{
  struct gm_catalog *c = open_catalog(folder);

  ck_assert_ptr_nonnull(find(c, NULL, "film"));
  check_walk(c, "alpha/dev alpha/dev/edit alpha/film alpha/film/move alpha/old "
                "beta-1 dev beta:2@x");
  check_walk(c, "alpha/dev alpha/dev/edit alpha/film alpha/film/move alpha/old "
                "beta-1 dev beta:2@x");
  gm_catalog_free(c);
}
END_TEST

START_TEST(near_words_are_found)
{
  struct gm_catalog *c = open_catalog(folder);

  ck_assert_pstr_eq(gm_catalog_nearest(c, "flxu"), "flux");
  ck_assert_pstr_eq(gm_catalog_nearest(c, "fxo"), "fox");
  ck_assert_pstr_eq(gm_catalog_nearest(c, "alpha/dve"), "alpha/dev");
  ck_assert_pstr_eq(gm_catalog_nearest(c, "dev"), "dev");
  ck_assert_pstr_eq(gm_catalog_nearest(c, "odl"), NULL); /* retired */
  ck_assert_pstr_eq(gm_catalog_nearest(c, "something-else"), NULL);
  gm_catalog_free(c);
}
END_TEST

/* ---- overlays ----------------------------------------------------------- */

START_TEST(overlays_lie_over)
{
  struct gm_catalog *c;
  const struct gm_model *m;

  put_file(
    mine, "a.json",
    "// the user's own words\n"
    "{\"provider\": \"alpha\", \"default_image\": \"alpha/own\",\n"
    " \"patterns\": [\"own-*\"], \"names\": {\"word\": \"alpha/film\"},\n"
    " \"models\": [\n"
    "  {\"id\": \"alpha/dev\", \"names\": [\"mine\", \"dev\"],\n"
    "   \"operations\": [\"edit\"], \"note\": \"a\"},\n"
    "  {\"id\": \"alpha/own\", \"names\": [\"film\"],\n"
    "   \"family\": \"film\", \"operations\": [\"upscale\"]}]}");
  put_file(mine, "b.json",
           "{\"provider\": \"alpha\", \"models\": [{\"id\": \"alpha/dev\",\n"
           "  \"operations\": [\"text-to-image\", \"edit\"]}]}");
  put_file(mine, "c.json",
           "{\"provider\": \"gamma\", \"models\": [{\"id\": \"g\",\n"
           "  \"operations\": [\"upscale\"]}]}");
  c = open_catalog(folder);
  m = find(c, NULL, "mine");
  ck_assert_str_eq(m->id, "alpha/dev");
  ck_assert_ptr_eq(find(c, NULL, "flux"), m); /* names add up */
  ck_assert_uint_eq(gm_json_count(m->entry, "names"), 3);
  ck_assert_str_eq(gm_json_str(m->entry, "family", ""), "dev"); /* the file's */
  ck_assert_str_eq(gm_json_str(m->entry, "note", ""), "a");
  ck_assert(gm_model_can(m, "edit") && gm_model_can(m, "text-to-image"));
  ck_assert_ptr_eq(gm_catalog_sibling(c, m, "edit"), m);
  ck_assert_str_eq(find(c, NULL, "film")->id, "alpha/own"); /* mine wins */
  ck_assert_str_eq(find(c, NULL, "word")->id, "alpha/film");
  ck_assert_str_eq(find(c, NULL, "g")->provider, "gamma");
  ck_assert_str_eq(gm_catalog_sibling(c, find(c, NULL, "word"), "upscale")->id,
                   "alpha/own");
  ck_assert_int_eq(gm_catalog_default(c, "alpha", "image", &m, NULL), 0);
  ck_assert_str_eq(m->id, "alpha/own");
  ck_assert_int_eq(gm_catalog_default(c, "alpha", "video", &m, NULL), 0);
  ck_assert_str_eq(m->id, "alpha/film");
  check_walk(c, "alpha/dev alpha/dev/edit alpha/film alpha/film/move alpha/old "
                "beta-1 dev beta:2@x alpha/own g");
  gm_catalog_free(c);
}
END_TEST

static const struct {
  const char *text, *says; /* behind the file's name */
} broken[] = {
  { "{", ": line 1, column 2: " },
  { "", ": " },
  { "null", ": line 1, column 1: " },
  { "[]", ": '[]' is not an object" },
  { "{\"provider\": \"x\"}", ": 'models' is missing" },
  { "{\"provider\": \"x\", \"models\": [{\"id\": \"y\"}]}",
    ": models/0: 'operations' is missing" },
  { "{\"provider\": \"x\", \"models\": [{\"id\": \"y\",\n"
    " \"operations\": [], \"n\": 4}]}",
    ": models/0/n: '4' is not an object" },
};

START_TEST(broken_overlays_are_told)
{
  struct gm_error err = GM_ERROR_INIT;
  struct gm_catalog *c = open_catalog(folder);
  const struct gm_model *m;
  const char *provider;
  char says[512];
  int i;

  put_file(mine, "good.json",
           "{\"provider\": \"alpha\", \"models\": [{\"id\": \"good\",\n"
           "  \"operations\": [\"edit\"]}]}");
  put_file(mine, "mine.json", broken[_i].text);
  snprintf(says, sizeof(says), "%s/mine.json%s", mine, broken[_i].says);
  for (i = 0; i < 2; i++) { /* it stays an error until it is mended */
    ck_assert_int_eq(gm_catalog_find(c, NULL, "flux", &m, &err),
                     GAMUT_E_INVALID);
    ck_assert_msg(gm_starts(gm_error_text(&err), says), "%s",
                  gm_error_text(&err));
    gm_error_finish(&err);
  }
  ck_assert_int_eq(gm_catalog_match(c, "alpha/x", &provider, NULL),
                   GAMUT_E_INVALID);
  ck_assert_int_eq(gm_catalog_at(c, 0, &m, NULL), GAMUT_E_INVALID);
  ck_assert_ptr_null(gm_catalog_nearest(c, "flux"));
  ck_assert_ptr_null(gm_catalog_plugin(c, "beta"));
  put_file(mine, "mine.json", "{\"provider\": \"x\", \"models\": []}");
  ck_assert_ptr_nonnull(find(c, NULL, "flux"));
  ck_assert_ptr_nonnull(find(c, NULL, "good"));
  gm_catalog_free(c);
}
END_TEST

/* The overlay's own words, a folder without a schema, none bundled there. */
START_TEST(overlays_need_a_schema)
{
  struct gm_error err = GM_ERROR_INIT;
  struct gm_catalog *c;
  const struct gm_model *m;
  char path[160];

  put_file(mine, "x.json",
           "{\"provider\": \"x\", \"models\": [{\"id\": \"i\","
           " \"operations\": []}]}");
  snprintf(path, sizeof(path), "%s:%s", other, folder);
  c = open_catalog(path);
  ck_assert_ptr_nonnull(find(c, NULL, "i")); /* the second folder has it */
  gm_catalog_free(c);
  put_file(folder, "schema.json", "{\"maxLength\": 1}");
  c = open_catalog(folder);
  ck_assert_int_eq(gm_catalog_find(c, NULL, "i", &m, &err), GAMUT_E_PLUGIN);
  gm_error_finish(&err);
  gm_catalog_free(c);
}
END_TEST

/* ---- more sources ------------------------------------------------------- */

START_TEST(the_first_folder_wins)
{
  struct gm_catalog *c;
  char path[160];

  put_file(other, "alpha.json",
           "{\"provider\": \"alpha\", \"models\": [\n"
           " {\"id\": \"alpha/dev\", \"operations\": [\"upscale\"]},\n"
           " {\"id\": \"alpha/more\", \"operations\": [\"upscale\"]}]}");
  snprintf(path, sizeof(path), "%s::%s:", other, folder);
  c = open_catalog(path);
  ck_assert(gm_model_can(find(c, NULL, "alpha/dev"), "upscale"));
  ck_assert(!gm_model_can(find(c, NULL, "flux"), "text-to-image"));
  ck_assert_ptr_nonnull(find(c, NULL, "alpha/more"));
  check_walk(c, "alpha/dev alpha/more alpha/dev/edit alpha/film "
                "alpha/film/move alpha/old beta-1 dev beta:2@x");
  gm_catalog_free(c);
}
END_TEST

/* More names than are remembered, each asked twice, mixed with real ones. */
START_TEST(answers_are_remembered)
{
  struct gm_catalog *c = open_catalog(folder);
  const struct gm_model *flux = find(c, NULL, "flux");
  char name[32];
  int i;

  for (i = 0; i < 5000; i++) {
    snprintf(name, sizeof(name), "nobody-%d", i / 2);
    ck_assert_ptr_null(find(c, NULL, name));
    ck_assert_ptr_eq(find(c, NULL, "flux"), flux);
    ck_assert_ptr_ne(find(c, "beta", "flux"), flux);
    ck_assert_str_eq(gm_catalog_sibling(c, flux, "edit")->id, "alpha/dev/edit");
    ck_assert_ptr_null(gm_catalog_sibling(c, flux, "upscale"));
  }
  gm_catalog_free(c);
}
END_TEST

START_TEST(plugins_bring_their_own)
{
  static const char text[] =
    "{\"provider\": \"alpha\", \"default_image\": \"new\", \"models\": [\n"
    " {\"id\": \"alpha/dev\", \"operations\": [\"upscale\"]},\n"
    " {\"id\": \"new\", \"names\": [\"fresh\"], \"operations\": [\"edit\"]}]}";
  static const char newer[] =
    "{\"models\": [{\"id\": \"new\", \"operations\": [\"upscale\"]}]}";
  struct gm_catalog *c = open_catalog(folder);
  const struct gm_model *dev, *old, *m;

  put_file(mine, "x.json",
           "{\"provider\": \"alpha\", \"models\": [{\"id\": "
           "\"new\", \"operations\": [\"text-to-image\"],"
           "\"note\": \"mine\"}]}");
  dev = find(c, NULL, "alpha/dev");
  old = find(c, NULL, "new");
  check_walk(c, "alpha/dev alpha/dev/edit alpha/film alpha/film/move alpha/old "
                "beta-1 dev beta:2@x new");
  ck_assert_int_eq(gm_catalog_add_text(c, "alpha", text, NULL), 0);
  ck_assert_int_eq(gm_catalog_add_text(c, "alpha", text, NULL), 0);
  ck_assert(gm_model_can(find(c, NULL, "alpha/dev"), "text-to-image"));
  ck_assert_str_eq(dev->id, "alpha/dev"); /* still alive */
  m = find(c, NULL, "fresh");
  ck_assert_ptr_ne(m, old);
  ck_assert_str_eq(m->id, "new");
  ck_assert_str_eq(gm_json_str(m->entry, "note", ""), "mine");
  ck_assert_int_eq(gm_catalog_default(c, "alpha", "image", &m, NULL), 0);
  ck_assert_str_eq(m->id, "alpha/dev"); /* the file's word */
  ck_assert_int_eq(gm_catalog_add_text(c, "delta", newer, NULL), 0);
  ck_assert_str_eq(find(c, "delta", "new")->provider, "delta");
  ck_assert_str_eq(find(c, NULL, "new")->provider, "alpha");
  check_walk(c, "alpha/dev alpha/dev/edit alpha/film alpha/film/move alpha/old "
                "new beta-1 dev beta:2@x new");
  gm_catalog_free(c);
}
END_TEST

static const char *const no_catalog[] = {
  "",
  "[]",
  "{",
  "{\"models\"",
  "{\"models\" [",
  "{\"models\": [",
  "{\"models\": [}",
  "{\"models\": [{\"id\": \"x]}",
  "{\"models\": [{\"id\": \"x\\",
  "{\"models\": [[[[[[[[[[",
  "{\"title\": }",
  "{\"title\": \"x\"",
  "{title: 1}",
};

START_TEST(bad_texts_are_refused)
{
  struct gm_error err = GM_ERROR_INIT;
  struct gm_catalog *c = open_catalog(folder);

  ck_assert_int_eq(gm_catalog_add_text(c, "acme", no_catalog[_i], &err),
                   GAMUT_E_PLUGIN);
  ck_assert_str_eq(gm_error_text(&err),
                   "catalog of acme: line 1: not a JSON object, or cut");
  ck_assert_ptr_nonnull(find(c, NULL, "flux"));
  gm_error_finish(&err);
  gm_catalog_free(c);
}
END_TEST

/* A file that is broken is told when it is in the way, with file and line. */
START_TEST(broken_files_are_told)
{
  static const struct {
    const char *text, *says;
  } files[] = {
    { "{\"models\": [\n{\"id\": \"word\", \"operations\": [}]}\n",
      ": line 2: " },
    { "{\"title\": \"x\"\n\n oops \"word\"", ": line 3: not a JSON object" },
    { "{\"models\": [\n{\"id\": \"word\"", ": line 2: not a JSON object" },
  };
  struct gm_error err = GM_ERROR_INIT;
  const struct gm_model *m;
  struct gm_catalog *c;
  char says[512];
  size_t i;

  for (i = 0; i < GM_LEN(files); i++) {
    put_file(folder, "beta.json", files[i].text);
    snprintf(says, sizeof(says), "%s/beta.json%s", folder, files[i].says);
    c = open_catalog(folder);
    ck_assert_int_eq(gm_catalog_find(c, NULL, "word", &m, &err),
                     GAMUT_E_INVALID);
    ck_assert_msg(gm_starts(gm_error_text(&err), says), "%s",
                  gm_error_text(&err));
    gm_error_finish(&err);
    ck_assert_ptr_nonnull(find(c, "alpha", "flux"));
    gm_catalog_free(c);
  }
}
END_TEST

/* The text cut anywhere: an error or an answer, never harm. */
START_TEST(cut_texts_do_no_harm)
{
  size_t len, whole = strlen(ALPHA);
  int refused = 0;

  for (len = 0; len < whole; len++) {
    _cleanup_free_ char *text = gm_strndup(ALPHA, len);
    struct gm_catalog *c = open_catalog(other);

    if (gm_catalog_add_text(c, "alpha", text, NULL) == 0)
      check_walk(c, "alpha/dev alpha/dev/edit alpha/film alpha/film/move "
                    "alpha/old");
    else
      refused++;
    gm_catalog_free(c);
  }
  ck_assert_int_eq(refused, (int)whole - 1); /* without its last line feed */
}
END_TEST

static bool scenario(void)
{
  struct gm_error err = GM_ERROR_INIT;
  const struct gm_model *m = NULL;
  const char *provider = NULL;
  struct gm_catalog *c;
  bool ok;

  if (gm_catalog_new(folder, mine, NULL, &c))
    return false;
  ok = gm_catalog_add_text(c, "zeta", BETA, &err) == 0 &&
       gm_catalog_find(c, NULL, "flux", &m, &err) == 0 && m &&
       gm_catalog_sibling(c, m, "edit") &&
       gm_catalog_match(c, "a-x", &provider, &err) == 0 && provider &&
       gm_catalog_default(c, "alpha", "video", &m, &err) == 0 && m &&
       gm_catalog_at(c, 3, &m, &err) == 0 && m &&
       gm_catalog_nearest(c, "flxu") && gm_catalog_plugin(c, "beta");
  gm_error_finish(&err);
  gm_catalog_free(c);
  return ok;
}

START_TEST(no_memory_is_no_harm)
{
  put_file(mine, "a.json",
           "{\"provider\": \"alpha\", \"models\": [{\"id\": \"alpha/dev\",\n"
           "  \"operations\": [\"text-to-image\"], \"note\": \"x\"}]}");
  unit_torture(scenario);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("catalog");

  tcase_add_checked_fixture(tc, make_folders, drop_folders);
  tcase_add_test(tc, nothing_is_read_at_first);
  tcase_add_loop_test(tc, names_are_found, 0, (int)GM_LEN(names));
  tcase_add_test(tc, long_names_name_nothing);
  tcase_add_loop_test(tc, patterns_match, 0, (int)GM_LEN(patterns));
  tcase_add_test(tc, documents_have_members);
  tcase_add_loop_test(tc, families_serve, 0, (int)GM_LEN(families));
  tcase_add_test(tc, a_walk_sees_each_once);
  tcase_add_test(tc, near_words_are_found);
  tcase_add_test(tc, overlays_lie_over);
  tcase_add_loop_test(tc, broken_overlays_are_told, 0, (int)GM_LEN(broken));
  tcase_add_test(tc, overlays_need_a_schema);
  tcase_add_test(tc, the_first_folder_wins);
  tcase_add_test(tc, answers_are_remembered);
  tcase_add_test(tc, plugins_bring_their_own);
  tcase_add_loop_test(tc, bad_texts_are_refused, 0, (int)GM_LEN(no_catalog));
  tcase_add_test(tc, broken_files_are_told);
  tcase_add_test(tc, cut_texts_do_no_harm);
  tcase_add_test(tc, no_memory_is_no_harm);
  return unit_run("catalog", tc);
}
