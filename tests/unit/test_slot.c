/* test_slot.c - several keys of one provider: how they are written down, what
 * they are called, which one is chosen. */
#include "base/random.h"
#include "base/str.h"
#include "instance_fixture.h"
#include "plugin/slot.h"
#include "route/pool.h"

#define FAL(members) "{\"providers\": {\"fal\": {" members "}}}"
#define KEYS(list)   FAL("\"keys\": [" list "]")

static struct gm_instance *at(struct gm_instance *i, int n)
{
  while (i && n-- > 0)
    i = i->next_slot;
  ck_assert_ptr_nonnull(i);
  return i;
}

static void ck_key(struct gm_instance *i, const char *label, const char *key)
{
  ck_assert_ptr_nonnull(i);
  ck_assert_str_eq(i->slot, label);
  ck_assert_str_eq(gm_instance_value(i, "api_key", true), key);
}

START_TEST(each_is_an_instance)
{
  struct gm_instance *i;
  struct fixture f;

  fixture_open(&f, KEYS("{\"name\":\"a\",\"api_key\":\"the-key-of-team-a\","
                        "\"weight\":3},{\"name\":\"b\",\"api_key\":\"kb\","
                        "\"priority\":\"low\"},"
                        "{\"name\":\"c\",\"key_id\":\"id\","
                        "\"key_secret\":\"s\"}") /* a set of two */);
  i = fixture_get(&f, "fal");
  ck_key(i, "a", "the-key-of-team-a");
  ck_assert_uint_eq(i->weight, 3);
  ck_assert_str_eq(gm_slot_shown(i), "***am-a");
  ck_assert_str_eq(i->proof, "fal.api_key#a");
  ck_key(at(i, 1), "b", "kb");
  ck_assert_uint_eq(at(i, 1)->weight, 1);
  ck_assert_str_eq(gm_instance_value(at(i, 1), "priority", false), "low");
  ck_assert_ptr_null(gm_instance_value(i, "priority", false));
  ck_assert_str_eq(gm_instance_value(at(i, 2), "key_secret", true), "s");
  ck_assert_ptr_null(gm_instance_value(at(i, 2), "api_key", true));
  ck_assert_ptr_null(at(i, 2)->next_slot);
  ck_assert_ptr_eq(fixture_get(&f, "fal#b"), at(i, 1));
  ck_assert_int_eq(gm_instance_look(f.instances, "fal#d", &i, NULL),
                   GAMUT_E_NOT_FOUND);
  fixture_close(&f);
}
END_TEST

/* The label is of the key, not of its place; and shows nothing of it. */
START_TEST(a_label_survives_the_order)
{
  struct gm_instance *i;
  char label[32];
  struct fixture f;

  fixture_open(&f, FAL("\"api_key\": [\"first-key\", \"second-key\"]"));
  i = fixture_get(&f, "fal");
  ck_assert_uint_eq(strlen(i->slot), 8);
  ck_assert_str_ne(i->slot, at(i, 1)->slot);
  ck_assert_ptr_null(strstr("first-key", i->slot));
  memcpy(label, i->slot, sizeof(label));
  fixture_close(&f);
  fixture_open(&f, KEYS("{\"api_key\":\"second-key\"},"
                        "{\"api_key\":\"first-key\"}"));
  i = fixture_get(&f, "fal");
  ck_key(at(i, 1), label, "first-key");
  fixture_close(&f);
}
END_TEST

static const struct {
  const char *name, *config, *env;
  const char *keys; /* "k1 k2" in order; the only one of "k1" is no pool */
} forms[] = {
  { "list", FAL("\"api_key\": [\"k1\", \"k2\"]"), NULL, "k1 k2" },
  { "list of one", FAL("\"api_key\": [\"k1\"]"), NULL, "k1" },
  { "command",
    KEYS("{\"api_key_command\":\"echo k1; echo note\"},{\"api_key\":\"k2\"}"),
    NULL, "k1 k2" },
  { "file", KEYS("{\"api_key_file\":\"one.key\"},{\"api_key\":\"k2\"}"), NULL,
    "one k2" },
  { "lines", FAL("\"api_key_file\": \"lines.key\""), NULL, "l1 l2 l3" },
  { "one line", FAL("\"api_key_file\": \"one.key\""), NULL, "one" },
  { "a variable comes before", FAL("\"api_key\": [\"k1\", \"k2\"]"), "env:x",
    "env:x" },
  { "also before lines", FAL("\"api_key_file\": \"lines.key\""), "env:x",
    "env:x" },
  { "commas are no lists", NULL, "a,b c", "a,b c" },
  { "blank variable", FAL("\"api_key\": [\"k1\", \"k2\"]"), "", "k1 k2" },
};

static char *with_folder(const char *config, const char *folder)
{
  struct gm_buf b = GM_BUF_INIT(4096);
  const char *p = config, *key;

  for (; (key = strstr(p, ".key\"")); p = key) {
    const char *from = key;

    while (from[-1] != '"')
      from--;
    gm_buf_addn(&b, p, (size_t)(from - p));
    gm_buf_add(&b, folder);
    gm_buf_addc(&b, '/');
    gm_buf_addn(&b, from, (size_t)(key + 4 - from));
    key += 4;
  }
  gm_buf_add(&b, p);
  return gm_buf_take(&b);
}

START_TEST(forms_of_a_list)
{
  _cleanup_(gm_buf_finish) struct gm_buf got = GM_BUF_INIT(4096);
  const char *config = forms[_i].config, *folder = scratch_folder();
  char *text = config ? with_folder(config, folder) : NULL;
  struct gm_instance *i;
  struct fixture f;

  scratch_text(scratch_path(folder, "one.key"), "one\n", 0600);
  scratch_text(scratch_path(folder, "lines.key"), "l1\n\n  l2\r\nl3", 0600);
  if (forms[_i].env)
    setenv("FAL_KEY", forms[_i].env, 1);
  fixture_open(&f, text);
  for (i = fixture_get(&f, "fal"); i; i = i->next_slot)
    gm_buf_addf(&got, "%s%s", got.len ? " " : "",
                gm_instance_value(i, "api_key", true));
  ck_assert_msg(gm_streq(gm_buf_text(&got), forms[_i].keys), "%s: %s",
                forms[_i].name, gm_buf_text(&got));
  fixture_close(&f);
  gm_free(text);
}
END_TEST

/* For programs: the list as text. */
START_TEST(from_the_program)
{
  struct gm_instance *i;
  struct fixture f;

  setenv("FAL_KEY", "from-the-environment", 1);
  fixture_open(&f, NULL);
  ck_assert_int_eq(gm_settings_set(&f.settings, "fal.keys",
                                   "[{\"api_key\":\"k1\"},{\"name\":\"b\","
                                   "\"api_key\":\"k2\"}]",
                                   NULL),
                   0);
  i = fixture_get(&f, "fal");
  ck_key(at(i, 1), "b", "k2");
  fixture_close(&f);
}
END_TEST

static const struct {
  const char *config;
  int32_t rc;
  const char *part;
} refused[] = {
  { KEYS("\"k\""), GAMUT_E_INVALID, "is not an object like" },
  { FAL("\"poll\":[\"1s\"]"), GAMUT_E_INVALID, "has no key in it" },
  { KEYS("\"k\""), GAMUT_E_INVALID, "fal.keys[0] in " },
  { KEYS("{\"api_key\":\"k\"},{\"name\":\"x\"}"), GAMUT_E_INVALID,
    "config.json has no key in it" },
  { KEYS("{\"api_kye\":\"k\",\"api_key\":\"k\"}"), GAMUT_E_INVALID,
    "fal has no key 'api_kye' (from fal.keys[0] in " },
  { KEYS("{\"api_key\":\"k\",\"name\":\"No Name\"}"), GAMUT_E_INVALID,
    "name 'No Name' cannot be one" },
  { KEYS("{\"api_key\":\"k\",\"weight\":0}"), GAMUT_E_INVALID,
    "weight '0' is not a whole number of 1 to 1000" },
  { KEYS("{\"api_key\":\"k\",\"base_url\":\"http://x\"}"), GAMUT_E_INVALID,
    "'base_url' is for all keys" },
  { KEYS("{\"api_key\":\"k\"},{\"name\":\"b\",\"api_key\":\"k\"}"),
    GAMUT_E_INVALID, "is the same key as '" },
  { KEYS("{\"name\":\"b\",\"api_key\":\"k\"},"
         "{\"name\":\"b\",\"api_key\":\"m\"}"),
    GAMUT_E_INVALID, "another key of the name 'b'" },
  { FAL("\"keys\":[{\"api_key\":\"k\"}],\"api_key\":\"m\""), GAMUT_E_INVALID,
    "fal has both \"keys\" and \"api_key\"" },
  { KEYS("{\"api_key_file\":\"/no/such\"}"), GAMUT_E_AUTH,
    "api_key_file in fal.keys[0] in " },
  { KEYS("{\"api_key\":\"hush\\nhush\"}"), GAMUT_E_AUTH,
    "contains a line break" },
  { FAL("\"key_choice\":\"best\""), GAMUT_E_INVALID,
    "fal.key_choice: 'best' is none of least-used, weighted" },
};

START_TEST(refused_with_a_sentence)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  struct gm_instance *i;
  struct fixture f;
  int32_t rc;

  fixture_open(&f, refused[_i].config);
  rc = gm_instance_get(f.instances, "fal", &i, &err);
  ck_assert_int_eq(rc, refused[_i].rc);
  ck_assert_msg(strstr(gm_error_text(&err), refused[_i].part) != NULL, "%s",
                gm_error_text(&err));
  ck_assert_ptr_null(strstr(gm_error_text(&err), "hush"));
  fixture_close(&f);
}
END_TEST

static const char *found(struct fixture *f, const char *label,
                         const char *key_hash)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  struct gm_instance *i;
  int32_t rc = gm_slot_find(f->instances, "fal", label, key_hash, &i, &err);

  if (rc == GAMUT_E_AUTH)
    ck_assert_msg(strstr(gm_error_text(&err), *label ? label : key_hash) !=
                    NULL,
                  "%s", gm_error_text(&err));
  return rc == 0 ? gm_instance_value(i, "api_key", true) : "none";
}

/* A job's key: by its name, else by itself. */
START_TEST(a_job_finds_its_key)
{
  char one[16], two[16];
  struct fixture f;

  fixture_open(&f, FAL("\"api_key\": \"k1\", \"own_key\": \"x\""));
  memcpy(one, fixture_get(&f, "fal")->key_hash, GM_KEY_HASH_LEN + 1);
  ck_assert_str_eq(found(&f, "", one), "k1");
  ck_assert_str_eq(found(&f, "", "00000000"), "k1"); /* it was renewed */
  ck_assert_str_eq(found(&f, "gone", "00000000"), "none");
  fixture_close(&f);
  fixture_open(&f, KEYS("{\"name\":\"b\",\"api_key\":\"k2\"},"
                        "{\"api_key\":\"k3\"}"));
  memcpy(two, at(fixture_get(&f, "fal"), 1)->slot, sizeof(two));
  ck_assert_str_eq(found(&f, "b", "00000000"), "k2");
  ck_assert_str_eq(found(&f, two, two), "k3");
  ck_assert_str_eq(found(&f, "", two), "k3"); /* it was the only one */
  ck_assert_str_eq(found(&f, "", "00000000"), "none");
  ck_assert_str_eq(found(&f, "gone", "00000000"), "none");
  fixture_close(&f);
  fixture_open(&f, KEYS("{\"name\":\"new\",\"api_key\":\"k3\"},"
                        "{\"api_key\":\"k9\"}"));
  ck_assert_str_eq(found(&f, two, two), "k3"); /* named since */
  fixture_close(&f);
}
END_TEST

/* ---- choosing ------------------------------------------------------------ */

struct draw {
  struct fixture f;
  struct gm_router router;
  struct gm_link link;
  struct gm_run run;
};

static void draw_open(struct draw *d, const char *config)
{
  memset(d, 0, sizeof(*d));
  fixture_open(&d->f, config);
  d->router.instances = d->f.instances;
  d->link.provider = gm_strdup("fal");
  d->link.model = gm_strdup("m");
  d->run.router = &d->router;
  d->run.links = &d->link;
  d->run.n_links = 1;
}

static void draw_close(struct draw *d)
{
  gm_free(d->link.provider);
  gm_free(d->link.model);
  fixture_close(&d->f);
}

static struct gm_instance *draw(struct draw *d)
{
  struct gm_instance *i = fixture_get(&d->f, "fal");

  ck_assert_int_eq(gm_pool_choose(&d->run, &i, NULL), 0);
  ck_assert_ptr_nonnull(i);
  return i;
}

#define DRAWS 10000

START_TEST(by_weight)
{
  int n[3] = { 0 }, k;
  struct draw d;

  gm_random_seed(7);
  draw_open(&d, FAL("\"key_choice\": \"weighted\", \"keys\": ["
                    "{\"name\":\"a\",\"api_key\":\"ka\",\"weight\":5},"
                    "{\"name\":\"b\",\"api_key\":\"kb\",\"weight\":3},"
                    "{\"name\":\"c\",\"api_key\":\"kc\",\"weight\":2}]"));
  for (k = 0; k < DRAWS; k++)
    n[draw(&d)->slot[0] - 'a']++;
  ck_assert_msg(n[0] > 4800 && n[0] < 5200 && n[1] > 2800 && n[1] < 3200 &&
                  n[2] > 1800 && n[2] < 2200,
                "%d %d %d", n[0], n[1], n[2]);
  draw_close(&d);
}
END_TEST

/* As a job does: begun, over, begun. */
START_TEST(by_use)
{
  struct gm_instance *i;
  struct draw d;
  int k;

  draw_open(&d, FAL("\"api_key\": [\"ka\", \"kb\", \"kc\"]"));
  for (k = 0; k < 300; k++) {
    d.run.job.instance = draw(&d);
    d.run.keys_tried = 0;
    gm_pool_begun(&d.run);
    ck_assert_uint_eq(d.run.job.instance->under_way, 1);
    gm_pool_over(&d.run);
    d.run.keys_tried = 0;
  }
  for (i = fixture_get(&d.f, "fal"); i; i = i->next_slot) {
    ck_assert_uint_eq(i->used, 100);
    ck_assert_uint_eq(i->under_way, 0);
  }
  i = fixture_get(&d.f, "fal");
  i->under_way = at(i, 2)->under_way = 1; /* busy counts more than used */
  at(i, 1)->used = 1000;
  ck_assert_ptr_eq(draw(&d), at(i, 1));
  i->under_way = at(i, 2)->under_way = 0;
  draw_close(&d);
}
END_TEST

/* Each once; then there is none. */
START_TEST(each_is_tried_once)
{
  struct gm_instance *i;
  struct draw d;
  int k;

  draw_open(&d, FAL("\"api_key\": [\"ka\", \"kb\", \"kc\"]"));
  for (k = 0; k < 3; k++) {
    d.run.job.instance = draw(&d);
    gm_pool_begun(&d.run);
    gm_fail(&d.run.job.err, GAMUT_E_AUTH, "no");
    gm_pool_over(&d.run);
    ck_assert_ptr_nonnull(strstr(gm_error_text(&d.run.job.err), "key '"));
    ck_assert(gm_pool_has_next(&d.run) == (k < 2));
    gm_error_finish(&d.run.job.err);
  }
  i = fixture_get(&d.f, "fal");
  ck_assert_int_eq(gm_pool_choose(&d.run, &i, NULL), GAMUT_E_AUTH);
  draw_close(&d);
}
END_TEST

/* What the vendor has stays with its key. */
START_TEST(no_other_for_what_may_have_run)
{
  struct gm_job *job;
  struct draw d;

  draw_open(&d, FAL("\"api_key\": [\"ka\", \"kb\", \"kc\"]"));
  job = &d.run.job;
  job->instance = draw(&d);
  gm_pool_begun(&d.run);
  gm_fail(&job->err, GAMUT_E_AUTH, "no");
  ck_assert(gm_pool_has_next(&d.run));
  job->accepted = true;
  ck_assert(!gm_pool_has_next(&d.run));
  job->accepted = false;
  job->maybe_charged = true;
  ck_assert(!gm_pool_has_next(&d.run));
  job->maybe_charged = false;
  job->doubtful = true;
  ck_assert(!gm_pool_has_next(&d.run));
  job->doubtful = false;
  job->err.error_class = GAMUT_E_PROVIDER;
  ck_assert(!gm_pool_has_next(&d.run));
  gm_pool_drop(&d.run);
  gm_error_finish(&job->err);
  draw_close(&d);
}
END_TEST

static bool scenario(void)
{
  struct gm_instances *all = NULL;
  struct gm_registry *r = NULL;
  struct gm_settings s = { 0 };
  struct gm_log log = { 0 };
  struct gm_instance *i;
  int32_t rc;

  rc = gm_settings_set(&s, "fal.keys",
                       "[{\"api_key\":\"k1\"},{\"name\":\"b\","
                       "\"api_key\":\"k2\",\"weight\":2}]",
                       NULL);
  if (!rc)
    rc = gm_registry_new("", NULL, &r, NULL);
  if (!rc)
    rc = gm_registry_add(r, &fixture_fal, NULL);
  if (!rc)
    rc = gm_instances_new(r, &s, &log, &all);
  if (!rc)
    rc = gm_instance_get(all, "fal#b", &i, NULL);
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
  TCase *tc = tcase_create("slot");

  tcase_add_checked_fixture(tc, fixture_clear, NULL);
  tcase_add_test(tc, each_is_an_instance);
  tcase_add_test(tc, a_label_survives_the_order);
  tcase_add_loop_test(tc, forms_of_a_list, 0, GM_LEN(forms));
  tcase_add_test(tc, from_the_program);
  tcase_add_loop_test(tc, refused_with_a_sentence, 0, GM_LEN(refused));
  tcase_add_test(tc, a_job_finds_its_key);
  tcase_add_test(tc, by_weight);
  tcase_add_test(tc, by_use);
  tcase_add_test(tc, each_is_tried_once);
  tcase_add_test(tc, no_other_for_what_may_have_run);
  tcase_add_test(tc, torture);
  return unit_run("slot", tc);
}
