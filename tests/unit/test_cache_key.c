/* test_cache_key.c - what must change the key of a request, and what must not.
 */
#include "base/str.h"
#include "route/cache_key.h"
#include "unit.h"
#include <gamut/plugin.h>
#include <string.h>

#define REQUEST                                                                \
  "'prompt':'a fox','model':'m','operation':'text-to-image','seed':7,"         \
  "'width':64,'height':48,'guidance':3.5,'extra':{'steps':4,'lora':['x','y']}"

/* A request with at most one input that has bytes and one that is an URL. */
struct asked {
  const char *scope, *provider, *place, *request; /* with ' for " */
  const char *role, *sha256, *role2, *url;
};
static const struct asked base = {
  "project:", "fal", "https://fal.run", "{" REQUEST "}", "image", "11",
  NULL,       NULL
};

static int32_t key_of(const struct asked *a, unsigned leave_out,
                      char ret[GM_SHA256_HEX])
{
  struct gm_input inputs[2] = {
    { .role = a->role, .path = a->role ? "/x" : NULL, .sha256 = a->sha256 },
    { .role = a->role2, .url = a->url },
  };
  struct gm_key_parts p = { .scope = a->scope,
                            .provider = a->provider,
                            .place = a->place };
  char *text = gm_strdup(a->request), *c;
  struct json_object *request;
  int32_t rc;

  for (c = text; *c; c++)
    *c = *c == '\'' ? '"' : *c;
  request = gm_json_parse_once(text, strlen(text), NULL, NULL);
  ck_assert_msg(request != NULL, "%s", text);
  p.request = request;
  p.inputs = a->role ? inputs : inputs + 1;
  p.n_inputs = (a->role ? 1u : 0u) + (a->role2 ? 1u : 0u);
  rc = gm_cache_key(&p, leave_out, ret);
  json_object_put(request);
  gm_free(text);
  return rc;
}

static const struct {
  const char *name;
  bool same;
  struct asked asked; /* what is NULL is as in `base`; "" is NULL */
} rows[] = {
  { "as it is", true, { .scope = NULL } },
  { "members in another order",
    true,
    { .request = "{'extra':{'lora':['x','y'],'steps':4},'guidance':3.5,"
                 "'height':48,'width':64,'seed':7,'operation':"
                 "'text-to-image','model':'m','prompt':'a fox'}" } },
  { "7.0 is 7, 35e-1 is 3.5",
    true,
    { .request = "{'prompt':'a fox','model':'m','operation':'text-to-image',"
                 "'seed':7.0,'width':64.0,'height':4.8e1,'guidance':35e-1,"
                 "'extra':{'steps':4.0,'lora':['x','y']}}" } },
  { "escapes are letters",
    true,
    { .request = "{'prompt':'a f\\u006fx','model':'m','operation':"
                 "'text-to-image','seed':7,'width':64,'height':48,"
                 "'guidance':3.5,'extra':{'steps':4,'lora':['x','y']}}" } },
  { "for whom", true, { .request = "{" REQUEST ",'user':'u1'}" } },
  { "where it is reported",
    true,
    { .request = "{" REQUEST ",'webhook':'https://h.test'}" } },
  { "drafts", true, { .request = "{" REQUEST ",'partials':2}" } },
  { "tag", true, { .request = "{" REQUEST ",'tag':'x','project':'p'}" } },
  { "one of them", true, { .request = "{" REQUEST ",'n':1}" } },
  { "prompt",
    false,
    { .request = "{'prompt':'a Fox','model':'m','operation':'text-to-image',"
                 "'seed':7,'width':64,'height':48,'guidance':3.5,"
                 "'extra':{'steps':4,'lora':['x','y']}}" } },
  { "another seed",
    false,
    { .request = "{'prompt':'a fox','model':'m','operation':'text-to-image',"
                 "'seed':8,'width':64,'height':48,'guidance':3.5,"
                 "'extra':{'steps':4,'lora':['x','y']}}" } },
  { "a list in another order",
    false,
    { .request = "{'prompt':'a fox','model':'m','operation':'text-to-image',"
                 "'seed':7,'width':64,'height':48,'guidance':3.5,"
                 "'extra':{'steps':4,'lora':['y','x']}}" } },
  { "text is no number",
    false,
    { .request = "{'prompt':'a fox','model':'m','operation':'text-to-image',"
                 "'seed':7,'width':64,'height':48,'guidance':3.5,"
                 "'extra':{'steps':'4','lora':['x','y']}}" } },
  { "one more of them", false, { .request = "{" REQUEST ",'n':2}" } },
  { "a parameter in options",
    false,
    { .request = "{" REQUEST ",'options':{'priority':'low'}}" } },
  { "null is a value", false, { .request = "{" REQUEST ",'style':null}" } },
  { "a field of later", false, { .request = "{" REQUEST ",'mood':1}" } },
  { "format", false, { .request = "{" REQUEST ",'format':'png'}" } },
  { "provider", false, { .provider = "visgate" } },
  { "place", false, { .place = "http://127.0.0.1:8080/fal.run" } },
  { "project", false, { .scope = "project:x" } },
  { "scope", false, { .scope = "global" } },
  { "bytes of an input", false, { .sha256 = "12" } },
  { "role of an input", false, { .role = "reference" } },
  { "one input more", false, { .role2 = "image", .url = "https://x.test/1" } },
};

static struct asked with(const struct asked *row)
{
  struct asked a = base;

#define TAKE(member) a.member = row->member ? row->member : base.member
  TAKE(scope);
  TAKE(provider);
  TAKE(place);
  TAKE(request);
  TAKE(role);
  TAKE(sha256);
  TAKE(role2);
  TAKE(url);
#undef TAKE
  return a;
}

START_TEST(changes)
{
  char first[GM_SHA256_HEX], second[GM_SHA256_HEX];
  struct asked a = with(&rows[_i].asked);

  ck_assert_int_eq(key_of(&base, 0, first), 0);
  ck_assert_int_eq(key_of(&a, 0, second), 0);
  ck_assert_msg((strcmp(first, second) == 0) == rows[_i].same, "%s",
                rows[_i].name);
}
END_TEST

/* Those that differ differ among each other, too. */
START_TEST(all_differ)
{
  char keys[GM_LEN(rows)][GM_SHA256_HEX];
  size_t i, j;

  for (i = 0; i < GM_LEN(rows); i++) {
    struct asked a = with(&rows[i].asked);

    ck_assert_int_eq(key_of(&a, 0, keys[i]), 0);
    for (j = 0; j < i; j++)
      ck_assert_msg(strcmp(keys[i], keys[j]) != 0 ||
                      (rows[i].same && rows[j].same),
                    "%s, %s", rows[i].name, rows[j].name);
  }
}
END_TEST

/* A key of this form must not change between two versions: what people have
 * paid for would be made again. */
START_TEST(form_stays)
{
  char key[GM_SHA256_HEX];

  ck_assert_int_eq(key_of(&base, 0, key), 0);
  ck_assert_str_eq(
    key, "2ce5b76db3e577c7c6846dc5daf150855fb7add27484b45001a199788ce565a6");
}
END_TEST

/* URLs count by their text. */
START_TEST(urls)
{
  struct asked a = { .role2 = "image", .url = "https://x.test/1?a" };
  char first[GM_SHA256_HEX], second[GM_SHA256_HEX];

  a = with(&a);
  ck_assert_int_eq(key_of(&a, 0, first), 0);
  a.url = "https://x.test/1?b";
  ck_assert_int_eq(key_of(&a, 0, second), 0);
  ck_assert_str_ne(first, second);
}
END_TEST

START_TEST(bytes_without_a_hash)
{
  char key[GM_SHA256_HEX] = "untouched";
  struct asked a = base;

  a.sha256 = NULL;
  ck_assert_int_eq(key_of(&a, 0, key), GAMUT_E_INVALID);
  ck_assert_str_eq(key, "untouched");
}
END_TEST

/* The shape is that of all prompts, or of all models as well. */
START_TEST(shapes)
{
  char shape[GM_SHA256_HEX], other[GM_SHA256_HEX];
  struct asked a = base;

  ck_assert_int_eq(key_of(&base, GM_KEY_ANY_PROMPT, shape), 0);
  a.request = "{'prompt':'a hare','model':'m','operation':'text-to-image',"
              "'seed':7,'width':64,'height':48,'guidance':3.5,"
              "'extra':{'steps':4,'lora':['x','y']}}";
  ck_assert_int_eq(key_of(&a, GM_KEY_ANY_PROMPT, other), 0);
  ck_assert_str_eq(shape, other);
  a.provider = "other";
  ck_assert_int_eq(key_of(&a, GM_KEY_ANY_PROMPT, other), 0);
  ck_assert_str_ne(shape, other);
  ck_assert_int_eq(key_of(&a, GM_KEY_ANY_PROMPT | GM_KEY_ANY_MODEL, other), 0);
  ck_assert_int_eq(key_of(&base, GM_KEY_ANY_PROMPT | GM_KEY_ANY_MODEL, shape),
                   0);
  ck_assert_str_eq(shape, other);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("cache_key");

  tcase_add_loop_test(tc, changes, 0, GM_LEN(rows));
  tcase_add_test(tc, all_differ);
  tcase_add_test(tc, form_stays);
  tcase_add_test(tc, urls);
  tcase_add_test(tc, bytes_without_a_hash);
  tcase_add_test(tc, shapes);
  return unit_run("cache_key", tc);
}
