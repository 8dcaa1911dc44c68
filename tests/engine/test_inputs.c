/* test_inputs.c - what a request brings along, from wherever it comes, as the
 * vendor gets it: in a form, in JSON, raw.  Large files cost no memory. */
#include "base/base64.h"
#include "engine/taker.h"
#include "unit/unit.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- all ways in, all ways out ------------------------------------------ */

/* What stands between the empty line and the last boundary. */
static void expect_part(const char *name)
{
  const char *boundary = strstr(taker.type, "boundary="), *body;
  char want[400];
  int n;

  ck_assert_ptr_nonnull(boundary);
  boundary += 9;
  n = snprintf(want, sizeof(want),
               "--%s\r\nContent-Disposition: form-data; name=\"prompt\"\r\n"
               "\r\nx\r\n--%s\r\nContent-Disposition: form-data; "
               "name=\"image\"; filename=\"%s\"\r\nContent-Type: image/png"
               "\r\n\r\n",
               boundary, boundary, name);
  ck_assert_uint_gt(taker.len, (size_t)n + TAKER_PNG_LEN);
  ck_assert_mem_eq(taker.body, want, (size_t)n);
  body = taker.body + n;
  ck_assert_mem_eq(body, TAKER_PNG, TAKER_PNG_LEN);
  n = snprintf(want, sizeof(want), "\r\n--%s--\r\n", boundary);
  ck_assert_uint_eq(taker.len,
                    (size_t)(body - taker.body) + TAKER_PNG_LEN + (size_t)n);
  ck_assert_mem_eq(body + TAKER_PNG_LEN, want, (size_t)n);
}

START_TEST(every_way_is_the_same)
{
  static const char *const prompts[] = { "form", "json", "coded", "raw" };
  size_t k;

  for (k = 0; k < GM_LEN(prompts); k++) {
    char *from = taker_way(_i);

    taker_run_well(prompts[k], from);
    if (k == 0)
      expect_part(taker_ways[_i].kind);
    else if (k == 1)
      taker_expect_json(taker_ways[_i].head);
    else if (k == 2)
      taker_expect_json("");
    else
      ck_assert_mem_eq(taker.body, TAKER_PNG, TAKER_PNG_LEN);
    gm_free(from);
  }
  ck_assert_int_eq(taker.whole, (int)GM_LEN(prompts));
}
END_TEST

/* What was read once serves all copies, and a file made after the request. */
START_TEST(copies_share_standard_input)
{
  struct gamut_request *r = gamut_request_new(), *copy;
  struct gamut *g = taker_open();
  struct gamut_result *result;
  char big[300000] = TAKER_PNG; /* more than is held in memory */

  gamut_request_link(r, "v:m", NULL);
  gamut_request_set(r, "prompt", "raw", NULL);
  taker_stdin(big, 40000);
  ck_assert_int_eq(gamut_request_input(r, "image", "-", NULL), 0);
  ck_assert_int_eq(gamut_request_input(r, "mask", "-", NULL), GAMUT_E_INVALID);
  gamut_request_free(r);

  r = gamut_request_new();
  gamut_request_link(r, "v:m", NULL);
  gamut_request_set(r, "prompt", "raw", NULL);
  dup2(open(taker_file("big.png", big, sizeof(big)), O_RDONLY), STDIN_FILENO);
  ck_assert_int_eq(gamut_request_input(r, "image", "-", NULL), 0);
  copy = gamut_request_copy(r);
  gamut_request_free(r);
  ck_assert_int_eq(gamut_generate(g, copy, &result, NULL), 0);
  gamut_result_free(result);
  ck_assert_int_eq(gamut_generate(g, copy, &result, NULL), 0);
  gamut_result_free(result);
  gamut_request_free(copy);
  ck_assert_uint_eq(taker.len, sizeof(big));
  ck_assert_mem_eq(taker.body, big, sizeof(big));
  ck_assert_int_eq(taker.posts, 2);
  gamut_close(g);
}
END_TEST

/* ---- large -------------------------------------------------------------- */

#define LARGE ((size_t)200 << 20)

/* Few blocks on the disk, but bytes that would be missed. */
static const char *large_file(void)
{
  const char *path = taker_file("large.png", TAKER_PNG, TAKER_PNG_LEN);
  int fd = open(path, O_WRONLY);
  size_t at;

  for (at = 1 << 20; at < LARGE; at += 10 << 20)
    ck_assert_int_eq(pwrite(fd, &at, sizeof(at), (off_t)at), sizeof(at));
  ck_assert_int_eq(ftruncate(fd, LARGE), 0);
  close(fd);
  return path;
}

/* The sum of the file's bytes, or of them as base64, from `sum` on. */
static uint64_t sum_of_file(const char *path, bool coded, uint64_t sum)
{
  char bytes[30000], text[40000];
  int fd = open(path, O_RDONLY);
  ssize_t n;

  while ((n = read(fd, bytes, sizeof(bytes))) > 0) {
    if (!coded) {
      sum = server_sum(sum, bytes, (size_t)n);
      continue;
    }
    gm_base64_encode(bytes, (size_t)n, text);
    sum = server_sum(sum, text, gm_base64_size((size_t)n));
  }
  close(fd);
  return sum;
}

static uint64_t resident_max(void)
{
  struct rusage use;

  getrusage(RUSAGE_SELF, &use);
  return (uint64_t)use.ru_maxrss << 10;
}

static uint64_t sum_text(uint64_t sum, const char *text)
{
  return server_sum(sum, text, strlen(text));
}

static uint64_t sum_of_form(const char *path)
{
  const char *boundary = strstr(taker.type, "boundary=") + 9;
  char text[400];
  uint64_t sum;

  snprintf(text, sizeof(text),
           "--%s\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\nx"
           "\r\n--%s\r\nContent-Disposition: form-data; name=\"image\"; "
           "filename=\"large.png\"\r\nContent-Type: image/png\r\n\r\n",
           boundary, boundary);
  sum = sum_of_file(path, false, sum_text(0, text));
  snprintf(text, sizeof(text), "\r\n--%s--\r\n", boundary);
  return sum_text(sum, text);
}

#ifdef __SANITIZE_ADDRESS__
#define LITTLE (LARGE / 4) /* it keeps what was freed */
#else
#define LITTLE (LARGE / 20)
#endif

/* Neither the file nor its base64 is ever in memory: of 200 MB less than a
 * twentieth, whatever else the process does.  One thread of the server reads it
 * in pieces.  Not a byte is missing or in the wrong place. */
START_TEST(large_files_cost_no_memory)
{
  static const char *const prompts[] = { "form", "json", "raw" };
  const char *path;
  uint64_t before, want;

  taker_run_well(prompts[_i],
                 taker_file("small.png", TAKER_PNG, TAKER_PNG_LEN));
  path = large_file();
  before = resident_max();
  taker_run_well(prompts[_i], path);
  ck_assert_uint_lt(resident_max() - before, LITTLE);
  want = _i == 0 ? sum_of_form(path)
         : _i == 2
           ? sum_of_file(path, false, 0)
           : sum_text(sum_of_file(path, true,
                                  sum_text(0, "{\"images\":[\"data:image/png;"
                                              "base64,")),
                      "\"]}");
  ck_assert(taker.sum == want);
  ck_assert_int_eq(taker.whole, 2);
  unlink(path);
}
END_TEST

/* ---- no memory ---------------------------------------------------------- */

static const char *tortured_prompt, *tortured_file;

static bool scenario(void)
{
  static const char uri[] = "data:image/png;base64,iVBORw0KGgo=";
  struct gamut_request *r = gamut_request_new(), *copy;
  struct gamut_result *result = NULL;
  struct gamut *g = taker_open();
  int32_t rc = GAMUT_E_NOMEM;
  int before = taker.posts;

  gamut_request_link(r, "v:m", NULL);
  gamut_request_set(r, "prompt", tortured_prompt, NULL);
  gamut_request_input(r, "image", uri, NULL);
  gamut_request_input(r, "image", tortured_file, NULL);
  copy = gamut_request_copy(r);
  gamut_request_free(r);
  if (g && copy)
    rc = gamut_generate(g, copy, &result, NULL);
  ck_assert_int_le(taker.posts - before, 1);
  ck_assert_int_eq(taker.posts, taker.whole);
  if (result && rc && taker.posts > before &&
      gamut_result_artifacts(result) == 0)
    ck_assert_int_eq(gamut_result_maybe_charged(result), 1);
  gamut_result_free(result);
  gamut_request_free(copy);
  gamut_close(g);
  return rc == 0;
}

START_TEST(no_memory_is_clean)
{
  static const char *const prompts[] = { "form", "json" };

  tortured_prompt = prompts[_i];
  tortured_file = taker_file("in.png", TAKER_PNG, TAKER_PNG_LEN);
  unit_torture(scenario);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("inputs");

  tcase_add_checked_fixture(tc, taker_setup, taker_teardown);
  tcase_add_loop_test(tc, every_way_is_the_same, 0, (int)GM_LEN(taker_ways));
  tcase_add_test(tc, copies_share_standard_input);
  tcase_add_loop_test(tc, large_files_cost_no_memory, 0, 3);
  tcase_add_loop_test(tc, no_memory_is_clean, 0, 2);
  return unit_run("inputs", tc);
}
