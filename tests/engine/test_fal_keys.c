/* test_fal_keys.c - fal's public keys: kept for a day, fetched anew when none
 * fits, but not for each forgery.  The plugin is the real one; the signatures
 * are of keys whose private halves are 32 times 0x07, 0x08, 0x09. */
#include "base/clock.h"
#include "engine/vendor.h"
#include <stdio.h>
#include <stdlib.h>

#define T0 UINT64_C(1790000000) /* s */

#define KEYS(x)                                                                \
  "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" x "\"}]}"
static const struct answer answers[] = {
  { "GET /rest/.well-known/jwks.json", 1, 200,
    KEYS("6kpsY-KcUgq-9VB7Ey7F-ZVHdq6-vnuSQh7qaRRG0iw"), NULL, 0 },
  { "GET /rest/.well-known/jwks.json", 0, 200,
    KEYS("E5j2LG0aRXxRumpLXz29L2n8qTIWIY3ImX5Ba9F9k8o"), NULL, 0 },
};

static const struct {
  const char *name;
  uint64_t at_s;
  const char *signature;
  int32_t error_class;
  int fetches; /* so far */
} rows[] = {
  { "first", 0,
    "bcce44fdfbab5ed8d695aa9f8071067d8e0e06d3b62ac86b0639a1b2346040fc"
    "7a77984905f912a27a3a3874ee5b68ccd8211f71d3bca16fcda1e1e57feba401",
    0, 1 },
  { "again", 60,
    "2bcbfa9a9a2a76a7e2265e1ae165cfcbb2aadf95c9d2fab170aeef04c996792f"
    "e74341a5adbc318e097d222da087e448157b5b1649c1d0a4475961d57ca1600c",
    0, 1 },
  { "forged", 60,
    "b859cfa1efc7c4a805fbf4fe8e8d9b7a1ad5138649d1def4699a7cdb933800ea"
    "7d6fe07a605d0fddf2412656a2a4d618a8bfca7ddaf1a61b35b72ccc67242b08",
    GAMUT_E_AUTH, 1 },
  { "forged later", 600,
    "eb66a98cfa1fbe1490b2f6fe341cff43f73005b734a31f4387163203e74db1e4"
    "52eb4e047b31eff8a2df4d9a4de81080d9248f2f66273572915253a6dd855405",
    GAMUT_E_AUTH, 2 },
  { "forged right after", 660,
    "7562cc20621cffa94153293cb2f34eaf4061894f3d8346dbf1eff8c067a534c1"
    "518dbc5f94488d0135740247c20455a968a9566553eaebe559b2b2c67a379404",
    GAMUT_E_AUTH, 2 },
  { "new key", 1200,
    "02900b6009cf710a3535b82b8b6e6f4444cccf9eec2a00ddee8877cb85c9484d"
    "24e00ef112c906a72311a0baf04a8095d4d96730dec5de185e0306ff596db001",
    0, 2 },
  { "old key, a day later", 87600,
    "07ae0a989e12986f66f03c360fa792cf0c4bbb866cbcd92e87d85efa589bcbf3"
    "c7095e6b537da41c097549bea8a0fd2704373c9880604031247b88aa33d86c08",
    GAMUT_E_AUTH, 3 },
};

static int32_t deliver(struct fix *f, uint64_t at_s, const char *signature)
{
  static const char body[] =
    "{\"request_id\":\"r1\",\"status\":\"OK\",\"payload\":{}}";
  char seconds[24], *json = NULL;
  const char *headers[] = { "X-Fal-Webhook-Request-Id",
                            "r1",
                            "X-Fal-Webhook-User-Id",
                            "u1",
                            "X-Fal-Webhook-Timestamp",
                            seconds,
                            "X-Fal-Webhook-Signature",
                            signature,
                            NULL };
  int32_t rc;

  snprintf(seconds, sizeof(seconds), "%llu", (unsigned long long)(T0 + at_s));
  gm_clock_fake(gm_mono_ms(), (T0 + at_s) * 1000);
  rc = gamut_webhook_verify(f->g, "fal", headers, body, strlen(body), &json,
                            &f->err);
  gm_clock_real();
  gamut_string_free(json);
  return rc;
}

static void open_fal(struct fix *f)
{
  const struct gamut_options o = { .struct_size = sizeof(o),
                                   .flags = GAMUT_NO_CONFIG };
  char map[200], url[100];

  f->script = script_start(answers, GM_LEN(answers));
  snprintf(map, sizeof(map), "{\"https://rest.fal.ai\": \"%s\"}",
           script_url(f->script, "/rest", url, sizeof(url)));
  setenv("GAMUT_ENDPOINTS", map, 1);
  ck_assert_msg(gamut_open(&o, &f->g, &f->err) == 0, "%s", f->err.message);
}

START_TEST(keys_are_kept_and_renewed)
{
  struct fix f;
  size_t i;

  open_fal(&f);
  for (i = 0; i < GM_LEN(rows); i++) {
    int32_t rc = deliver(&f, rows[i].at_s, rows[i].signature);

    if (rc == GAMUT_E_UNSUPPORTED) /* a build without libcrypto */
      break;
    ck_assert_msg(rc == rows[i].error_class, "%s: %s", rows[i].name,
                  f.err.message);
    ck_assert_msg(script_count(f.script, "GET /rest") == rows[i].fetches,
                  "%s: fetched %d times", rows[i].name,
                  script_count(f.script, "GET /rest"));
  }
  fix_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("fal_keys");

  tcase_add_test(tc, keys_are_kept_and_renewed);
  return unit_run("fal_keys", tc);
}
