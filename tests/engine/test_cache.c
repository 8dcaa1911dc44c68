/* test_cache.c - what was made before is not made again. */
#include "engine/cache_kit.h"
#include <stdio.h>
#include <unistd.h>

/* In memory and in SQLite, with and without a thread, in memory and in a
 * file.
 */
START_TEST(made_once)
{
  const char *place = scratch_folder();
  struct gamut_result *first, *second;
  const struct gamut_artifact_info *file;
  char *jobs, name[600];
  int32_t estimated;
  struct fix f;

  snprintf(name, sizeof(name), "%s/second.png", place);
  cf_open_fix(&f, cf_well, 2, _i & 1 ? GAMUT_THREAD : 0,
              _i & 2 ? KIT_SQLITE : KIT_MEMORY, place);
  first = fix_run(&f, cf_seeded(NULL));
  ck_class(first, 0);
  ck_assert_int_eq(gamut_result_cache_hit(first), 0);
  ck_assert_ptr_null(gamut_result_cached_from(first));
  ck_assert_int_eq(gamut_result_cost_avoided(first, NULL), -1);
  second = fix_run(&f, cf_seeded(_i & 4 ? name : NULL));
  ck_class(second, 0);
  ck_assert_int_eq(script_count(f.script, "POST"), 1);
  ck_assert_int_eq(script_count(f.script, "GET"), 1);
  ck_assert_int_eq(gamut_result_cache_hit(second), 1);
  ck_assert_int_eq(gamut_result_cost(second, &estimated), 0);
  ck_assert_int_eq(estimated, 0);
  ck_assert_int_eq(gamut_result_cost_avoided(second, &estimated), 20000);
  ck_assert_int_eq(estimated, 1);
  ck_assert_str_eq(gamut_result_cached_from(second), gamut_result_id(first));
  ck_assert_str_eq(gamut_result_fact(second, "request_id"), "1");
  ck_assert_int_eq((int)gamut_result_attempts(second), 1);
  ck_assert_int_eq((int)gamut_result_attempt(second, 0)->tries, 0);
  ck_assert_ptr_nonnull(
    strstr(gamut_result_json(second), "\"cache_hit\":true,\"cached_from\":"));
  file = gamut_result_artifact(second, 0);
  ck_assert_str_eq(file->mime, "image/png");
  ck_assert_int_eq((int)file->width, 1);
  ck_assert_uint_eq(file->size, gamut_result_artifact(first, 0)->size);
  if (_i & 4) {
    ck_assert_str_eq(file->path, name);
    cf_expect_picture(name);
  } else {
    ck_assert_uint_eq(file->data_len, file->size);
  }
  if (_i & 2) {
    ck_assert_int_eq(gamut_job(f.g, gamut_result_id(second), &jobs, &f.err), 0);
    ck_assert_ptr_nonnull(strstr(jobs, "\"cache_hit\":true"));
    ck_assert_ptr_nonnull(strstr(jobs, "\"cost_avoided_usd\":0.02"));
    gamut_string_free(jobs);
  }
  ck_assert_str_eq(cf_lines, "");
  gamut_result_free(first);
  gamut_result_free(second);
  fix_close(&f);
}
END_TEST

/* The second request after the first, and whether it is submitted. */
static const struct {
  const char *name;
  const char *setting, *value;
  const char *fields[8]; /* instead of those of cf_seeded() */
  int hit, submits;
} seconds[] = {
  { "the same", NULL, NULL, { NULL }, 1, 1 },
  { "no seed", NULL, NULL, { "seed", NULL }, 0, 2 },
  { "another seed", NULL, NULL, { "seed", "8" }, 0, 2 },
  { "another prompt", NULL, NULL, { "prompt", "a hare" }, 0, 2 },
  { "for another user", NULL, NULL, { "user", "u" }, 1, 1 },
  { "with a deadline", NULL, NULL, { "timeout", "10s" }, 1, 1 },
  { "for less than it would cost", NULL, NULL, { "max_cost", "0.001" }, 1, 1 },
  { "refresh", NULL, NULL, { "cache", "refresh" }, 0, 2 },
  { "off", NULL, NULL, { "cache", "off" }, 0, 2 },
  { "off by the setting", "cache", "off", { NULL }, 0, 2 },
  { "the field wins", "cache", "off", { "cache", "use" }, 1, 1 },
  { "global now", "cache.scope", "global", { NULL }, 0, 2 },
  { "left at the vendor", NULL, NULL, { "download", "no" }, 0, 2 },
  { "drafts to be kept",
    NULL,
    NULL,
    { "partials", "2", "save_partials", "yes", "check", "pass" },
    0,
    2 },
  { "drafts to be seen",
    NULL,
    NULL,
    { "partials", "2", "check", "pass" },
    1,
    1 },
};

START_TEST(second_request)
{
  struct gamut_request *r = cf_seeded(NULL);
  const char *const *field;
  struct fix f;
  int hit;

  cf_open_fix(&f, cf_well, 2, 0, KIT_MEMORY, NULL);
  ck_assert_int_eq(cf_run(&f, cf_seeded(NULL), &hit), 1);
  if (seconds[_i].setting)
    fix_set(&f, seconds[_i].setting, seconds[_i].value);
  for (field = seconds[_i].fields; field[0]; field += 2)
    ck_assert_int_eq(gamut_request_set(r, field[0], field[1], NULL), 0);
  ck_assert_msg(cf_run(&f, r, &hit) == seconds[_i].submits, "%s",
                seconds[_i].name);
  ck_assert_msg(hit == seconds[_i].hit, "%s", seconds[_i].name);
  fix_close(&f);
}
END_TEST

/* Without a seed, when the setting allows it; refresh puts the new one there.
 */
START_TEST(unseeded_and_refreshed)
{
  struct gamut_request *r;
  struct fix f;
  int hit;

  cf_open_fix(&f, cf_well, 2, 0, KIT_MEMORY, NULL);
  fix_set(&f, "cache.unseeded", "yes");
  ck_assert_int_eq(cf_run(&f, fix_request("a:m", "x", NULL), &hit), 1);
  ck_assert_int_eq(cf_run(&f, fix_request("a:m", "x", NULL), &hit), 1);
  ck_assert_int_eq(hit, 1);
  r = fix_request("a:m", "x", "cache", "refresh", NULL);
  ck_assert_int_eq(cf_run(&f, r, &hit), 2);
  ck_assert_int_eq(cf_run(&f, fix_request("a:m", "x", NULL), &hit), 2);
  ck_assert_int_eq(hit, 1);
  fix_close(&f);
}
END_TEST

/* By what is in them, wherever they lie. */
START_TEST(files_are_inputs_by_content)
{
  static const char *const names[] = { "one.png", "copy.png", "other.png" };
  static const int hits[] = { 0, 1, 0 };
  const unsigned char *png;
  unsigned char other[256] = { 0 };
  size_t len = script_png(&png);
  struct gamut_request *r;
  struct fix f;
  int hit, i;

  memcpy(other, png, len);
  scratch_write(cf_in_folder(names[0]), png, len, 0600);
  scratch_write(cf_in_folder(names[1]), png, len, 0600);
  scratch_write(cf_in_folder(names[2]), other, len + 1, 0600);
  cf_open_fix(&f, cf_well, 2, _i ? GAMUT_THREAD : 0,
              _i ? KIT_SQLITE : KIT_MEMORY, scratch_folder());
  for (i = 0; i < 3; i++) {
    r = fix_request("a:m", "x", "seed", "7", NULL);
    ck_assert_int_eq(
      gamut_request_input(r, "image", cf_in_folder(names[i]), NULL), 0);
    cf_run(&f, r, &hit);
    ck_assert_msg(hit == hits[i], "%s", names[i]);
  }
  fix_close(&f);
}
END_TEST

static const struct answer pair[] = {
  SAYS(SUBMIT, TWO),
  PICTURE,
  SAYS("GET /g.png", "@wide"),
};

/* Several outputs, one of some MB: all of them, in their order. */
START_TEST(several)
{
  static const struct answer big[] = {
    SAYS(SUBMIT, TWO),
    PICTURE,
    SAYS("GET /g.png", "@big"),
  };
  struct gamut_result *result;
  struct gamut_request *r;
  struct fix f;
  char name[600];
  int hit, i;

  cf_open_fix(&f, _i & 1 ? big : pair, 3, _i & 4 ? GAMUT_THREAD : 0,
              _i & 2 ? KIT_SQLITE : KIT_MEMORY, scratch_folder());
  for (i = 0; i < 2; i++) {
    snprintf(name, sizeof(name), "run%d-%d-{index}.{ext}", _i, i);
    r = fix_request("a:m", "x", "seed", "7", "n", "2", "output",
                    cf_in_folder(name), NULL);
    result = fix_run(&f, r);
    ck_class(result, 0);
    hit = gamut_result_cache_hit(result);
    ck_assert_int_eq(hit, i);
    ck_assert_int_eq((int)gamut_result_artifacts(result), 2);
    ck_assert_int_eq((int)gamut_result_artifact(result, 0)->width, 1);
    if (!(_i & 1))
      ck_assert_int_eq((int)gamut_result_artifact(result, 1)->width, 3);
    snprintf(name, sizeof(name), "run%d-%d-2.png", _i, i);
    ck_assert_str_eq(gamut_result_artifact(result, 1)->path,
                     cf_in_folder(name));
    gamut_result_free(result);
  }
  ck_assert_int_eq(script_count(f.script, SUBMIT), 1);
  fix_close(&f);
}
END_TEST

/* Fewer than were asked for is nothing to keep. */
START_TEST(not_whole)
{
  struct fix f;
  int hit;

  cf_open_fix(&f, cf_well, 2, 0, KIT_MEMORY, NULL);
  cf_run(&f, fix_request("a:m", "x", "seed", "7", "n", "2", NULL), &hit);
  ck_assert_int_eq(
    cf_run(&f, fix_request("a:m", "x", "seed", "7", "n", "2", NULL), &hit), 2);
  fix_close(&f);
}
END_TEST

/* A target that exists is refused before, as always; force replaces it; nothing
 * is paid for a file that cannot be written. */
START_TEST(output_rules)
{
  struct gamut_result *result;
  struct gamut_request *r;
  struct fix f;
  int hit;

  cf_open_fix(&f, cf_well, 2, 0, KIT_SQLITE, scratch_folder());
  cf_run(&f, cf_seeded(cf_in_folder("there.png")), &hit);
  result = fix_run(&f, cf_seeded(cf_in_folder("there.png")));
  ck_assert_ptr_null(result);
  ck_assert_int_eq(f.err.error_class, GAMUT_E_INVALID);
  r = cf_seeded(cf_in_folder("there.png"));
  ck_assert_int_eq(gamut_request_set(r, "force", "yes", NULL), 0);
  ck_assert_int_eq(gamut_request_set(r, "sidecar", "yes", NULL), 0);
  ck_assert_int_eq(cf_run(&f, r, &hit), 1);
  ck_assert_int_eq(hit, 1);
  cf_expect_picture(cf_in_folder("there.png"));
  ck_assert_int_eq(access(cf_in_folder("there.png.json"), F_OK), 0);
  fix_close(&f);
}
END_TEST

/* A store that cannot be had costs the cache and nothing else. */
START_TEST(no_store)
{
  struct fix f;
  int hit;

  cf_open_fix(&f, cf_well, 2, 0, KIT_MEMORY, NULL);
  fix_set(&f, "store", "auto");
  fix_set(&f, "state_dir", "/proc/gamut");
  cf_run(&f, cf_seeded(NULL), &hit);
  ck_assert_int_eq(cf_run(&f, cf_seeded(NULL), &hit),
                   1); /* in memory instead */
  ck_assert_int_eq(hit, 1);
  fix_close(&f);
}
END_TEST

/* ---- too dear to be made ------------------------------------------------- */

static const char *const too_dear = "would cost $0.5";

static struct gamut_request *limited(const char *links, const char *cache)
{
  return fix_request(links, "a fox", "seed", "7", "max_cost", "0.1", "cache",
                     cache, NULL);
}

/* What was made before costs nothing, also what nobody knows the price of. */
START_TEST(served_at_any_price)
{
  static const char *const links[] = { "a:dear", "a:m" };
  struct gamut_result *r;
  struct fix f;

  cf_open_fix(&f, cf_well, 2, 0, KIT_MEMORY, scratch_folder());
  gamut_result_free(
    fix_run(&f, fix_request(links[_i], "a fox", "seed", "7", NULL)));
  cf_settle(&f);
  r = fix_run(&f, limited(links[_i], "use"));
  ck_class(r, 0);
  ck_assert_int_eq(gamut_result_cache_hit(r), 1);
  ck_assert_int_eq(gamut_result_cost(r, NULL), 0);
  ck_assert_int_eq(script_count(f.script, SUBMIT), 1);
  gamut_result_free(r);
  fix_close(&f);
}
END_TEST

/* When it was not, it is refused as ever: at once where no cache is asked, in
 * the result where one was. */
START_TEST(refused_at_this_price)
{
  struct gamut_result *r;
  struct fix f;

  cf_open_fix(&f, cf_well, 2, 0, KIT_MEMORY, scratch_folder());
  r = fix_run(&f, limited("a:dear", "use"));
  ck_class(r, GAMUT_E_UNSUPPORTED);
  ck_assert_ptr_nonnull(strstr(gamut_result_message(r), too_dear));
  ck_assert_uint_eq(gamut_result_attempt(r, 0)->tries, 0);
  gamut_result_free(r);
  ck_assert_ptr_null(fix_run(&f, limited("a:dear", "off")));
  ck_assert_ptr_nonnull(strstr(f.err.message, too_dear));
  ck_assert_ptr_null(fix_run(&f, limited("a:dear", "refresh")));
  ck_assert_ptr_null(
    fix_run(&f, fix_request("a:dear", "x", "max_cost", "0.1", NULL)));
  ck_assert_int_eq(script_count(f.script, "POST"), 0);
  fix_close(&f);
}
END_TEST

/* The next link makes it, and that is no fallback from a failure. */
START_TEST(made_by_the_next)
{
  struct gamut_result *r;
  struct fix f;
  char *text;

  cf_open_fix(&f, cf_well, 2, 0, KIT_MEMORY, scratch_folder());
  r = fix_run(&f, limited("a:dear a:cheap", "use"));
  ck_class(r, 0);
  ck_assert_str_eq(gamut_result_model(r), "cheap");
  ck_assert_int_eq(gamut_result_attempt(r, 0)->error_class,
                   GAMUT_E_UNSUPPORTED);
  ck_assert_int_eq(script_count(f.script, SUBMIT), 1);
  gamut_result_free(r);
  ck_assert_int_eq(gamut_metrics(f.g, &text, &f.err), 0);
  ck_assert_ptr_null(strstr(text, "gamut_fallbacks_total"));
  ck_assert_ptr_null(strstr(text, "class=\"unsupported\""));
  gamut_string_free(text);
  fix_close(&f);
}
END_TEST

/* Left while it was looked for, it is not made by whoever takes it up. */
START_TEST(not_made_later)
{
  struct gamut_result *r;
  char id[GAMUT_ID_SIZE];
  struct fix f;
  int32_t rc;

  cf_open_fix(&f, cf_well, 2, 0, KIT_MEMORY, scratch_folder());
  cf_submit(&f, limited("a:dear", "use"), id);
  ck_assert_int_eq(gamut_detach(f.g, id), 0);
  r = fix_wait(&f, id);
  ck_class(r, GAMUT_E_DETACHED);
  gamut_result_free(r);
  rc = gamut_attach(f.g, id, NULL, NULL, NULL, &f.err);
  if (rc == 0) {
    r = fix_wait(&f, id);
    rc = gamut_result_class(r);
    gamut_result_free(r);
  }
  ck_assert_int_eq(rc, GAMUT_E_UNSUPPORTED);
  ck_assert_int_eq(script_count(f.script, "POST"), 0);
  fix_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("cache");

  if (!kit_sqlite())
    return 77; /* not built */
  tcase_set_timeout(tc, 60);
  tcase_add_loop_test(tc, made_once, 0, 8);
  tcase_add_loop_test(tc, second_request, 0, (int)GM_LEN(seconds));
  tcase_add_test(tc, unseeded_and_refreshed);
  tcase_add_loop_test(tc, files_are_inputs_by_content, 0, 2);
  tcase_add_loop_test(tc, several, 0, 8);
  tcase_add_test(tc, not_whole);
  tcase_add_test(tc, output_rules);
  tcase_add_test(tc, no_store);
  tcase_add_loop_test(tc, served_at_any_price, 0, 2);
  tcase_add_test(tc, refused_at_this_price);
  tcase_add_test(tc, made_by_the_next);
  tcase_add_test(tc, not_made_later);
  return unit_run("cache", tc);
}
