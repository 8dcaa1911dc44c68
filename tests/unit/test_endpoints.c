/* test_endpoints.c - the endpoint map. */
#include "loop/endpoints.h"
#include "unit.h"
#include <gamut/plugin.h>
#include <unistd.h>

static const char map[] =
  "{ // comments are welcome\n"
  "\"https://queue.fal.run\": \"http://127.0.0.1:8080/queue.fal.run\","
  "\"https://queue.fal.run/special/\": \"http://127.0.0.1:9090/\","
  "\"HTTPS://Api.Example:443/v1\": \"https://eu.example/v1/x\","
  "\"https://whole.example/\": \"https://other.example\"}";

/* clang-format off */
static const struct {
  const char *url, *expect;
  bool mapped;
} rows[] = {
  { "https://queue.fal.run", "http://127.0.0.1:8080/queue.fal.run", true },
  { "https://queue.fal.run/a/b?c#d",
    "http://127.0.0.1:8080/queue.fal.run/a/b?c#d", true },
  { "https://queue.fal.run?x", "http://127.0.0.1:8080/queue.fal.run?x", true },
  { "https://QUEUE.fal.run:443/a", "http://127.0.0.1:8080/queue.fal.run/a",
    true },
  { "https://queue.fal.run.evil.example/a",
    "https://queue.fal.run.evil.example/a", false },
  { "http://queue.fal.run/a", "http://queue.fal.run/a", false },
  { "https://queue.fal.run/special/y", "http://127.0.0.1:9090/y", true },
  { "https://queue.fal.run/special", "http://127.0.0.1:9090", true },
  { "https://queue.fal.run/specially",
    "http://127.0.0.1:8080/queue.fal.run/specially", true },
  { "https://api.example/v1/images", "https://eu.example/v1/x/images", true },
  { "https://api.example/v10", "https://api.example/v10", false },
  { "https://api.example/V1", "https://api.example/V1", false },
  { "https://whole.example/a", "https://other.example/a", true },
  { "nonsense", "nonsense", false },
};
/* clang-format on */

START_TEST(urls_are_mapped)
{
  _cleanup_(gm_endpoints_freep) struct gm_endpoints *e = NULL;
  _cleanup_(gm_buf_finish) struct gm_buf out = GM_BUF_INIT(1000);
  char origin[GM_ORIGIN_SIZE] = "none", to[GM_ORIGIN_SIZE] = "none";

  ck_assert_int_eq(gm_endpoints_parse(map, &e, NULL), 0);
  ck_assert(gm_endpoints_map(e, rows[_i].url, &out) == rows[_i].mapped);
  ck_assert_str_eq(gm_buf_text(&out), rows[_i].expect);
  ck_assert(gm_endpoints_origin(e, rows[_i].url, to) ==
            gm_url_origin(rows[_i].expect, origin));
  ck_assert_str_eq(to, origin);
}
END_TEST

START_TEST(targets_are_known)
{
  _cleanup_(gm_endpoints_freep) struct gm_endpoints *e = NULL;

  ck_assert_int_eq(gm_endpoints_parse(map, &e, NULL), 0);
  ck_assert(gm_endpoints_is_target(e, "http://127.0.0.1:8080/anything"));
  ck_assert(gm_endpoints_is_target(e, "https://eu.example:443/"));
  ck_assert(!gm_endpoints_is_target(e, "http://127.0.0.1:8081/"));
  ck_assert(!gm_endpoints_is_target(e, "https://queue.fal.run/"));
  ck_assert(!gm_endpoints_is_target(e, "nonsense"));
  ck_assert(!gm_endpoints_is_target(NULL, "http://127.0.0.1:8080/"));
}
END_TEST

START_TEST(an_empty_map_maps_nothing)
{
  _cleanup_(gm_buf_finish) struct gm_buf out = GM_BUF_INIT(1000);
  static const char *const texts[] = { NULL, "", "{}" };

  for (size_t i = 0; i < GM_LEN(texts); i++) {
    _cleanup_(gm_endpoints_freep) struct gm_endpoints *e = NULL;

    gm_buf_clear(&out);
    ck_assert_int_eq(gm_endpoints_parse(texts[i], &e, NULL), 0);
    ck_assert(!gm_endpoints_map(e, "https://a.example/", &out));
    ck_assert_str_eq(gm_buf_text(&out), "https://a.example/");
  }
}
END_TEST

static const struct {
  const char *text, *sentence;
} bad[] = {
  { "[]", "not a JSON object" },
  { "7", "not a JSON object" },
  { "null", "endpoints: " },
  { "{\"a\"", "endpoints: " },
  { "{\"fal\": \"http://127.0.0.1\"}", "'fal' is no http(s) URL" },
  { "{\"https://a.example?x\": \"http://127.0.0.1\"}", "https://a.example?x" },
  { "{\"https://a.example\": \"127.0.0.1:80\"}", "'https://a.example' must" },
  { "{\"https://a.example\": \"http://u:p@b.example\"}", "must be mapped" },
  { "{\"https://a.example\": \"http://b.example/#x\"}", "must be mapped" },
  { "{\"https://a.example\": 7}", "must be mapped" },
  { "{\"https://a.example\": null}", "must be mapped" },
  { "@/nonexistent/map.json", "/nonexistent/map.json" },
};

START_TEST(bad_maps_are_explained)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  struct gm_endpoints *e = NULL;

  ck_assert_int_eq(gm_endpoints_parse(bad[_i].text, &e, &err), GAMUT_E_INVALID);
  ck_assert_ptr_null(e);
  ck_assert_msg(strstr(gm_error_text(&err), bad[_i].sentence), "%s: %s",
                bad[_i].text, gm_error_text(&err));
}
END_TEST

START_TEST(a_file_is_read)
{
  char name[] = "/tmp/gamut-test-XXXXXX", at[64] = "@";
  _cleanup_(gm_endpoints_freep) struct gm_endpoints *e = NULL;
  int fd = mkstemp(name);

  ck_assert_int_ge(fd, 0);
  ck_assert_int_eq(write(fd, map, sizeof(map) - 1), (int)sizeof(map) - 1);
  close(fd);
  memcpy(at + 1, name, sizeof(name));
  ck_assert_int_eq(gm_endpoints_parse(at, &e, NULL), 0);
  ck_assert(gm_endpoints_is_target(e, "http://127.0.0.1:9090/"));
  unlink(name);
}
END_TEST

static bool build(void)
{
  _cleanup_(gm_endpoints_freep) struct gm_endpoints *e = NULL;
  _cleanup_(gm_buf_finish) struct gm_buf out = GM_BUF_INIT(1000);

  if (gm_endpoints_parse(map, &e, NULL))
    return false;
  gm_endpoints_map(e, "https://queue.fal.run/a", &out);
  return !gm_buf_failed(&out);
}

START_TEST(no_memory_is_clean)
{
  unit_torture(build);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("endpoints");

  tcase_add_loop_test(tc, urls_are_mapped, 0, (int)GM_LEN(rows));
  tcase_add_test(tc, targets_are_known);
  tcase_add_test(tc, an_empty_map_maps_nothing);
  tcase_add_loop_test(tc, bad_maps_are_explained, 0, (int)GM_LEN(bad));
  tcase_add_test(tc, a_file_is_read);
  tcase_add_test(tc, no_memory_is_clean);
  return unit_run("endpoints", tc);
}
