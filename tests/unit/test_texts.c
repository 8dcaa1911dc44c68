/* test_texts.c - a few short texts in one block. */
#include "base/buf.h"
#include "base/json.h"
#include "base/texts.h"
#include "unit.h"

START_TEST(texts_come_in_turn)
{
  struct gm_texts t = { 0 };
  const char *at = NULL;

  ck_assert_ptr_null(gm_texts_next(&t, NULL));
  ck_assert(gm_texts_add(&t, "one") && gm_texts_add(&t, "") &&
            gm_texts_add(&t, "three"));
  ck_assert_uint_eq(t.n, 3);
  ck_assert_str_eq(at = gm_texts_next(&t, at), "one");
  ck_assert_str_eq(at = gm_texts_next(&t, at), "");
  ck_assert_str_eq(at = gm_texts_next(&t, at), "three");
  ck_assert_ptr_null(gm_texts_next(&t, at));
  gm_texts_remove(&t, gm_texts_next(&t, NULL));
  ck_assert_uint_eq(t.n, 2);
  ck_assert_str_eq(at = gm_texts_next(&t, NULL), "");
  ck_assert_str_eq(gm_texts_next(&t, at), "three");
  gm_texts_remove(&t, gm_texts_next(&t, at));
  gm_texts_remove(&t, gm_texts_next(&t, NULL));
  ck_assert_ptr_null(gm_texts_next(&t, NULL));
  gm_texts_finish(&t);
  ck_assert_ptr_null(t.data);
}
END_TEST

START_TEST(each_name_has_one_value)
{
  struct gm_texts t = { 0 };

  ck_assert_ptr_null(gm_texts_get(&t, "seed"));
  ck_assert(gm_texts_set(&t, "seed", "7") && gm_texts_set(&t, "id", "seed"));
  ck_assert(gm_texts_set(&t, "seed", "seed"));
  ck_assert(gm_texts_set(&t, "id", "seed"));
  ck_assert_uint_eq(t.n, 4);
  ck_assert_str_eq(gm_texts_get(&t, "seed"), "seed");
  ck_assert_str_eq(gm_texts_get(&t, "id"), "seed");
  ck_assert_ptr_null(gm_texts_get(&t, "7"));
  gm_texts_finish(&t);
}
END_TEST

/* What is written is read back; what is no text is left out. */
START_TEST(json_there_and_back)
{
  static const char said[] =
    "{\"pairs\":{\"id\":\"a\\\"b\",\"n\":5,\"seed\":\"\"},"
    "\"list\":[\"one\",null,\"two\\n\"]}";
  _cleanup_json_ struct json_object *o =
    gm_json_parse_once(said, sizeof(said) - 1, NULL, NULL);
  struct gm_texts pairs = { 0 }, list = { 0 };
  _cleanup_json_ struct json_object *tree = NULL;
  struct gm_buf b = GM_BUF_INIT(1000);

  ck_assert_ptr_null(gm_texts_pairs(&pairs));
  ck_assert(gm_texts_read_pairs(&pairs, gm_json_at(o, "pairs")));
  ck_assert(gm_texts_read_list(&list, gm_json_at(o, "list")));
  ck_assert(gm_texts_read_list(&list, gm_json_at(o, "pairs")));
  ck_assert(gm_texts_read_pairs(&pairs, gm_json_at(o, "list")));
  gm_texts_add_pairs(&pairs, &b);
  gm_texts_add_list(&list, &b);
  ck_assert_str_eq(gm_buf_text(&b),
                   "{\"id\":\"a\\\"b\",\"seed\":\"\"}[\"one\",\"two\\n\"]");
  tree = gm_texts_pairs(&pairs);
  ck_assert_str_eq(gm_json_text(tree, NULL),
                   "{\"id\":\"a\\\"b\",\"seed\":\"\"}");
  gm_buf_finish(&b);
  gm_texts_finish(&pairs);
  gm_texts_finish(&list);
}
END_TEST

START_TEST(without_memory_all_is_as_before)
{
  struct gm_texts t = { 0 };

  ck_assert(gm_texts_set(&t, "id", "a"));
  gm_mem_fail(1, false);
  ck_assert(!gm_texts_set(&t, "seed", "7"));
  gm_mem_fail(2, false);
  ck_assert(!gm_texts_set(&t, "seed", "7"));
  gm_mem_fail(0, false);
  ck_assert_uint_eq(t.n, 2);
  ck_assert_str_eq(gm_texts_get(&t, "id"), "a");
  ck_assert_ptr_null(gm_texts_get(&t, "seed"));
  gm_texts_finish(&t);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("texts");

  tcase_add_test(tc, texts_come_in_turn);
  tcase_add_test(tc, each_name_has_one_value);
  tcase_add_test(tc, json_there_and_back);
  tcase_add_test(tc, without_memory_all_is_as_before);
  return unit_run("texts", tc);
}
