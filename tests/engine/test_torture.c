/* test_torture.c - a job during which the first allocation fails, then the
 * second, ... each alone and with all that follow.  Whatever happens it ends,
 * nothing leaks, and nothing is paid twice. */
#include "engine/vendor.h"
#include "unit/scratch.h"
#include <stdio.h>
#include <unistd.h>

static const struct answer answers[] = {
  { "POST /a/jobs", 0, 402, "{\"error\":{\"message\":\"no\"}}", NULL, 0 },
  SAYS("POST /b/jobs", "{\"id\":\"1\",\"status\":\"queued\"}"),
  SAYS("GET /b/jobs",
       "{\"status\":\"done\",\"images\":[{\"url\":\"$/f.png\"}]}"),
  SAYS("GET /f.png", "@png"),
};
static struct script *vendor;
static const char *output;

static int set(struct gamut *g, const char *name, const char *path)
{
  char url[128];

  return gamut_set(g, name, script_url(vendor, path, url, sizeof(url)), NULL);
}

static struct gamut *open_context(uint32_t flags)
{
  struct gamut_options o = { .struct_size = sizeof(o),
                             .flags = flags | GAMUT_NO_CONFIG,
                             .log_level = GAMUT_ERROR };
  struct gamut *g = NULL;

  if (gamut_open(&o, &g, NULL))
    return NULL;
  if (gamut_set(g, "retry_max_wait", "1ms", NULL) == 0 &&
      gamut_set(g, "sync_files", "no", NULL) == 0 &&
      gamut_register_provider(g, &vendor_a, NULL) == 0 &&
      gamut_register_provider(g, &vendor_b, NULL) == 0 &&
      set(g, "a.base_url", "/a") == 0 && set(g, "b.base_url", "/b") == 0)
    return g;
  gamut_close(g);
  return NULL;
}

static bool generate(struct gamut *g)
{
  struct gamut_request *r = gamut_request_new();
  struct gamut_result *result = NULL;
  int before = script_count(vendor, "POST /b/jobs"), after;
  int32_t rc;

  gamut_request_link(r, "a:m", NULL);
  gamut_request_link(r, "b:m", NULL);
  gamut_request_set(r, "prompt", "x", NULL);
  gamut_request_set(r, "output", output, NULL);
  rc = gamut_generate(g, r, &result, NULL);
  ck_assert_int_eq(gamut_result_class(result), result ? rc : GAMUT_E_NOMEM);
  after = script_count(vendor, "POST /b/jobs");
  ck_assert_int_le(after - before, 1);
  if (rc && result && gamut_result_attempts(result) == 2 && after > before &&
      gamut_result_artifacts(result) == 0)
    ck_assert_int_eq(gamut_result_maybe_charged(result), 1);
  gamut_result_free(result);
  gamut_request_free(r);
  unlink(output);
  return rc == 0;
}

static bool scenario(void)
{
  struct gamut *g = open_context(0);
  bool ok = g && generate(g);

  gamut_close(g);
  return ok;
}

START_TEST(one_job)
{
  output = scratch_path(scratch_folder(), "p.png");
  vendor = script_start(answers, GM_LEN(answers));
  unit_torture(scenario);
  script_stop(vendor);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("torture");

  tcase_add_test(tc, one_job);
  return unit_run("torture", tc);
}
