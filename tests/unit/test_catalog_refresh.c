/* test_catalog_refresh.c - a vendor's list becomes an overlay. */
#include "base/str.h"
#include "route/catalog.h"
#include "route_files.h"

#define VENDOR                                                                 \
  "{\"provider\": \"vendor\", \"models\": ["                                   \
  "{\"id\": \"known\", \"operations\": [\"edit\"], \"note\": \"ours\","        \
  " \"n\": {\"max\": 4}, \"price\": ["                                         \
  "  {\"unit\": \"second\", \"usd\": 0.2, \"when\": {\"audio\": false}},"      \
  "  {\"unit\": \"second\", \"usd\": 0.4}]},"                                  \
  "{\"id\": \"ends\", \"operations\": [\"edit\"]},"                            \
  "{\"id\": \"unlisted\", \"operations\": [\"edit\"]}]}"

static char folder[64], mine[64];

static void make_folders(void)
{
  make_folder(folder);
  make_folder(mine);
  put_file(folder, "schema.json", SCHEMA);
  put_file(folder, "vendor.json", VENDOR);
}

static void drop_folders(void)
{
  drop_folder(folder);
  drop_folder(mine);
}

static struct json_object *refresh(const char *list)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  _cleanup_json_ struct json_object *o = json_tokener_parse(list);
  struct json_object *summary = NULL;
  struct gm_catalog *c;

  ck_assert_ptr_nonnull(o);
  ck_assert_int_eq(gm_catalog_new(folder, mine, NULL, &c), 0);
  ck_assert_msg(gm_catalog_refresh(c, "vendor", o, &summary, &err) == 0, "%s",
                gm_error_text(&err));
  gm_catalog_free(c);
  return summary;
}

/* As the next start sees it. */
static void ck_member(const char *id, const char *path, const char *want)
{
  const struct gm_model *m = NULL;
  struct gm_catalog *c;

  ck_assert_int_eq(gm_catalog_new(folder, mine, NULL, &c), 0);
  ck_assert_int_eq(gm_catalog_find(c, "vendor", id, &m, NULL), 0);
  ck_assert_msg(m != NULL, "%s is not there", id);
  ck_assert_str_eq(gm_json_text(gm_json_at(m->entry, path), NULL), want);
  gm_catalog_free(c);
}

static const char list[] =
  "[{\"id\": \"known\", \"operations\": [\"text-to-image\"],"
  "  \"title\": \"Known\", \"note\": \"theirs\","
  "  \"price\": [{\"unit\": \"second\", \"usd\": 0.4}]},"
  " {\"id\": \"ends\", \"life\": \"deprecated\"},"
  " {\"id\": \"new\", \"operations\": [\"text-to-image\"]},"
  " {\"id\": \"odd\"}]";

START_TEST(a_list_becomes_an_overlay)
{
  _cleanup_json_ struct json_object *o = refresh(list);

  ck_assert_int_eq((int)gm_json_i64(o, "models", 0), 3);
  ck_assert_str_eq(gm_json_text(gm_json_at(o, "added"), NULL), "[\"new\"]");
  ck_assert_str_eq(gm_json_text(gm_json_at(o, "changed"), NULL), "[\"ends\"]");
  ck_assert_str_eq(gm_json_text(gm_json_at(o, "left_out"), NULL), "[\"odd\"]");
  ck_member("known", "title", "\"Known\"");
  ck_member("known", "n/max", "4");
  ck_member("ends", "life", "\"deprecated\"");
  ck_member("new", "operations/0", "\"text-to-image\"");
  ck_member("unlisted", "operations/0", "\"edit\"");
}
END_TEST

START_TEST(what_the_entry_knows_better_stays)
{
  json_object_put(refresh(list));
  ck_member("known", "operations", "[\"edit\"]");
  ck_member("known", "note", "\"ours\"");
  ck_member("known", "price/0/when/audio", "false");
  ck_member("known", "price/1/usd", "0.4");
}
END_TEST

/* A figure that no row has is news. */
START_TEST(a_new_price_wins)
{
  json_object_put(refresh("[{\"id\": \"known\", \"price\": ["
                          "{\"unit\": \"second\", \"usd\": 0.3}]}]"));
  ck_member("known", "price", "[{\"unit\":\"second\",\"usd\":0.3}]");
  json_object_put(refresh("[{\"id\": \"known\", \"price\": ["
                          "{\"unit\": \"video\", \"usd\": 0.3}]}]"));
  ck_member("known", "price", "[{\"unit\":\"video\",\"usd\":0.3}]");
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("catalog refresh");

  tcase_add_checked_fixture(tc, make_folders, drop_folders);
  tcase_add_test(tc, a_list_becomes_an_overlay);
  tcase_add_test(tc, what_the_entry_knows_better_stays);
  tcase_add_test(tc, a_new_price_wins);
  return unit_run("catalog_refresh", tc);
}
