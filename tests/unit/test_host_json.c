/* test_host_json.c - JSON as a provider reads and builds it. */
#include "call_fixture.h"
#include "unit.h"
#include <math.h>

static gamut_fn *play;

static int32_t step(void *instance, struct gamut_call *c)
{
  return play(instance, c);
}

static const char *const phases[] = { "only" };
static const struct gamut_provider builder = {
  .struct_size = sizeof(builder),
  .name = "builder",
  .title = "Builder",
  .base_url = "https://api.builder.test",
  .phases = GAMUT_TABLE(phases),
  .step = step,
};

static struct fixture f;
static struct json_object *request;

/* Let `fn` loose on a request; it must come through. */
static void run(gamut_fn *fn, const char *text)
{
  request = gm_json_parse_once(text, strlen(text), NULL, NULL);
  ck_assert_ptr_nonnull(request);
  memset(&f, 0, sizeof(f));
  fixture_open(&f, &builder);
  f.in.request = request;
  play = fn;
  gm_call_step(&f.call, f.i, &f.in);
  ck_assert_msg(f.call.kind == GM_STEP_DONE, "%s", gm_error_text(&f.call.err));
}

/* The request is borrowed: after the call it is what it was. */
static void finish(const char *text)
{
  struct json_object *again =
    gm_json_parse_once(text, strlen(text), NULL, NULL);

  gm_call_end(&f.call);
  ck_assert_int_eq(json_object_equal(request, again), 1);
  json_object_put(again);
  json_object_put(request);
  fixture_close(&f);
}

static int32_t reads(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *r = c->request;

  (void)instance;
  ck_assert_ptr_eq(h->json_get(r, ""), r);
  ck_assert_ptr_eq(h->json_get(r, NULL), r);
  ck_assert_str_eq(h->json_str(r, "s", "no"), "text");
  ck_assert_str_eq(h->json_str(r, "i", "no"), "no");
  ck_assert_str_eq(h->json_str(NULL, "s", "no"), "no");
  ck_assert_str_eq(h->json_str(r, "list/1/k", "no"), "v");
  ck_assert_str_eq(h->json_str(r, "list/9/k", "no"), "no");
  ck_assert_int_eq((int)h->json_int(r, "i", -1), 7);
  ck_assert_int_eq((int)h->json_int(r, "s", -1), -1);
  ck_assert_msg(h->json_int(r, "big", 0) == 196619188014358660, "big");
  ck_assert_double_eq(h->json_real(r, "r", 0), 2.5);
  ck_assert_double_eq(h->json_real(r, "i", 0), 7);
  ck_assert_uint_eq(h->json_count(r, "list"), 3);
  ck_assert_uint_eq(h->json_count(r, "none"), 0);
  ck_assert_uint_eq(h->json_count(r, "s"), 0);
  return h->done(c);
}

static int32_t types(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  static const struct {
    const char *path;
    int32_t type;
  } rows[] = {
    { "s", GAMUT_JSON_STRING },
    { "i", GAMUT_JSON_INT },
    { "r", GAMUT_JSON_REAL },
    { "b", GAMUT_JSON_BOOL },
    { "list", GAMUT_JSON_ARRAY },
    { "o", GAMUT_JSON_OBJECT },
    { "none", GAMUT_JSON_NULL },
    { "list/2", GAMUT_JSON_NULL },
    { "o/none", GAMUT_JSON_NULL },
    { "absent", 0 },
    { "list/3", 0 },
    { "o/absent", 0 },
    { "absent/none", 0 },
    { "s/none", 0 },
  };
  size_t i;

  (void)instance;
  for (i = 0; i < GM_LEN(rows); i++)
    ck_assert_msg(h->json_type(h->json_get(c->request, rows[i].path)) ==
                    rows[i].type,
                  "%s", rows[i].path);
  /* Readers take a null that is there for what it is: nothing. */
  ck_assert_ptr_null(h->json_str(h->json_get(c->request, "none"), "", NULL));
  ck_assert_uint_eq(h->json_count(h->json_get(c->request, "none"), ""), 0);
  return h->done(c);
}

static int32_t walks(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *o = c->request, *value;
  const char *key = NULL;
  uint32_t n = 0;

  (void)instance;
  for (n = 0; (value = h->json_member(o, n, &key)); n++) {
    h->fact(c, key, h->json_text(c, value));
    ck_assert_ptr_eq(h->json_member(o, n, NULL), value);
  }
  ck_assert_uint_eq(n, 3);
  ck_assert_ptr_null(h->json_member(o, 3, &key));
  value = h->json_get(o, "c");
  ck_assert_str_eq(h->json_text(c, h->json_member(value, 1, NULL)), "null");
  ck_assert_ptr_null(h->json_member(value, 2, NULL));
  ck_assert_ptr_null(h->json_member(h->json_get(o, "a"), 0, NULL));
  ck_assert_ptr_null(h->json_text(c, NULL));
  return h->done(c);
}

static int32_t builds(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *list = h->json_array(c), *o = h->json_object(c);
  struct gamut_json *parsed = h->json_parse(c, "{\"p\":[1]}", 9);

  (void)instance;
  h->json_set_str(list, NULL, "one");
  h->json_set_int(list, NULL, -2);
  h->json_set_real(list, NULL, 0.1);
  h->json_set_real(list, NULL, 5);
  h->json_set_bool(list, NULL, 0);
  h->json_set(list, NULL, h->json_get(c->request, "none"));
  h->json_set(o, "list", list);
  h->json_set(o, "same", list); /* twice in one tree is fine */
  h->json_set(o, "copy", h->json_get(c->request, "s"));
  h->json_set(o, "none", h->json_get(c->request, "none"));
  h->json_set(o, "absent", h->json_get(c->request, "absent"));
  h->json_set(o, "parsed", parsed);
  h->json_set(c->state, "o", o);
  h->json_set_str(o, "late", "added after it was put in");
  ck_assert_ptr_null(h->json_parse(c, "{", 1));
  ck_assert_ptr_null(h->json_parse(c, NULL, 0));
  h->json_set(NULL, "a", o);
  h->json_set_str(NULL, "a", "b");
  h->fact(c, "text", h->json_text(c, o));
  return h->done(c);
}

#define REQUEST                                                                \
  "{\"s\":\"text\",\"i\":7,\"r\":2.5,\"b\":true,\"none\":null,"                \
  "\"big\":196619188014358660,\"list\":[1,{\"k\":\"v\"},null],"                \
  "\"o\":{\"none\":null}}"

START_TEST(reading)
{
  run(reads, REQUEST);
  finish(REQUEST);
}
END_TEST

START_TEST(typing)
{
  run(types, REQUEST);
  finish(REQUEST);
}
END_TEST

START_TEST(walking)
{
  run(walks, "{\"a\":1,\"b\":null,\"c\":[\"x\",null]}");
  ck_assert_uint_eq(f.call.n_facts, 3);
  ck_assert_str_eq(f.call.facts[0].name, "a");
  ck_assert_str_eq(f.call.facts[1].name, "b");
  ck_assert_str_eq(f.call.facts[1].value, "null");
  ck_assert_str_eq(f.call.facts[2].value, "[\"x\",null]");
  finish("{\"a\":1,\"b\":null,\"c\":[\"x\",null]}");
}
END_TEST

START_TEST(building)
{
  static const char want[] =
    "{\"list\":[\"one\",-2,0.1,5,false,null],"
    "\"same\":[\"one\",-2,0.1,5,false,null],\"copy\":\"text\",\"none\":null,"
    "\"parsed\":{\"p\":[1]},\"late\":\"added after it was put in\"}";

  run(builds, REQUEST);
  ck_assert_uint_eq(f.call.n_facts, 1);
  ck_assert_str_eq(f.call.facts[0].value, want);
  finish(REQUEST);
}
END_TEST

static int32_t replaces(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *o = h->json_object(c);
  const char *first;

  (void)instance;
  h->json_set_str(o, "a", "a text of some length, that lives on the heap");
  first = h->json_str(o, "a", NULL);
  h->json_set_int(o, "a", 1);
  ck_assert_str_eq(first, "a text of some length, that lives on the heap");
  return h->done(c);
}

START_TEST(replaced_values_stay_readable)
{
  run(replaces, "{}");
  finish("{}");
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("host_json");

  tcase_add_test(tc, reading);
  tcase_add_test(tc, typing);
  tcase_add_test(tc, walking);
  tcase_add_test(tc, building);
  tcase_add_test(tc, replaced_values_stay_readable);
  return unit_run("host_json", tc);
}
