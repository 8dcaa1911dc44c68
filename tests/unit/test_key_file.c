/* test_key_file.c - JSON files of credentials: their members as values, the
 * secrets among them, bodies that are filled in, rows with conditions, and
 * signing through the plugin. */
#include "base/file.h"
#include "plugin/plugin_private.h"
#include "rsa_key.h"
#include "scratch.h"
#include "unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int32_t step(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->done(c);
}

static const void *extension(const char *id)
{
  static const struct gamut_token token = { .struct_size = sizeof(token),
                                            .token = step };

  return strcmp(id, GAMUT_EXT_TOKEN) == 0 ? &token : NULL;
}

static const struct gamut_key keys[] = {
  { "api_key", "ACME_KEY", NULL, NULL, "key", GAMUT_STRING, GAMUT_KEY_SECRET, 0,
    0 },
  { "region", "ACME_REGION", "west", NULL, "where", GAMUT_STRING, 0, 0, 0 },
  { "beta", "ACME_BETA", "false", NULL, "switch", GAMUT_BOOL, 0, 0, 0 },
  { "file", "ACME_FILE", NULL, NULL, "file", GAMUT_PATH, GAMUT_KEY_JSON, 0, 0 },
  { "home", "ACME_HOME", "~/.acme", NULL, "folder", GAMUT_PATH, 0, 0, 0 },
  { "usual", NULL, "{home}/login.json", NULL, "file", GAMUT_PATH,
    GAMUT_KEY_JSON, 0, 0 },
};
static const struct gamut_credential credentials[] = {
  { NULL, "x-key", "{!beta}{api_key}" },
  { NULL, "authorization", "{!api_key}{?file}Bearer {@token}" },
  { NULL, "x-payer", "{file/payer}" },
  { "https://{region}.acme.test", "x-key", "{?beta}{api_key}" },
};
static const struct gamut_provider acme = {
  .struct_size = sizeof(acme),
  .name = "acme-cloud",
  .base_url = "https://acme.test",
  .keys = GAMUT_TABLE(keys),
  .credentials = GAMUT_TABLE(credentials),
  .step = step,
  .extension = extension,
};

struct fixture {
  struct gm_settings settings;
  struct gm_log log;
  struct gm_registry *registry;
  struct gm_instances *all;
  struct gm_instance *i;
};

static void clear(void)
{
  static const char *const names[] = { "ACME_KEY", "ACME_REGION", "ACME_BETA",
                                       "ACME_FILE", "ACME_HOME" };
  size_t n;

  for (n = 0; n < GM_LEN(names); n++)
    unsetenv(names[n]);
}

static void open_it(struct fixture *f)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;

  *f = (struct fixture){ 0 };
  ck_assert_int_eq(
    gm_registry_new(gm_env("GAMUT_PLUGIN_PATH"), &f->log, &f->registry, NULL),
    0);
  ck_assert_msg(gm_registry_add(f->registry, &acme, &err) == 0, "%s",
                gm_error_text(&err));
  ck_assert_int_eq(
    gm_instances_new(f->registry, &f->settings, &f->log, &f->all), 0);
  ck_assert_msg(gm_instance_get(f->all, "acme-cloud", &f->i, &err) == 0, "%s",
                gm_error_text(&err));
}

static void close_it(struct fixture *f)
{
  gm_instances_free(f->all);
  gm_registry_free(f->registry);
  gm_settings_finish(&f->settings);
  gm_log_finish(&f->log);
}

#define CONTENT                                                                \
  "{\"type\": \"user\", \"payer\": \"p1\", \"number\": 5, \"list\": [\"a\"],"  \
  " \"client_secret\": \"s&cret=1\","                                          \
  " \"inner\": {\"private_key\": \"k\", \"path\": \"token.txt\"}}"

static void write_file(const char *folder, const char *name, const char *text)
{
  const char *path = scratch_path(folder, name);

  scratch_text(path, text, 0644);
  setenv("ACME_FILE", path, 1);
}

static const struct {
  const char *key, *open, *secret; /* without leave, and with */
} members[] = {
  { "file/type", "user", "user" },
  { "file/number", "5", "5" },
  { "file/list", "[\"a\"]", "[\"a\"]" },
  { "file/nothing", NULL, NULL },
  { "file/client_secret", NULL, "s&cret=1" },
  { "file/inner/private_key", NULL, "k" },
  { "file/inner", NULL, NULL }, /* has a secret in it */
  { "usual/type", NULL, NULL },
  { "region/type", NULL, NULL },
};

START_TEST(members_are_values)
{
  const char *open, *secret;
  struct fixture f;

  write_file(scratch_folder(), "user.json", CONTENT);
  open_it(&f);
  open = gm_instance_value(f.i, members[_i].key, false);
  secret = gm_instance_value(f.i, members[_i].key, true);
  ck_assert_pstr_eq(open, members[_i].open);
  ck_assert_pstr_eq(secret, members[_i].secret);
  ck_assert_ptr_null(gm_instance_broken(f.i, "file/type"));
  close_it(&f);
}
END_TEST

/* A preset that is not there is none; a file that was named is an error, which
 * only matters when it is asked. */
START_TEST(missing_files)
{
  struct fixture f;

  setenv("ACME_FILE", "/nowhere/user.json", 1);
  open_it(&f);
  ck_assert_ptr_nonnull(
    strstr(gm_instance_broken(f.i, "file/type"), "/nowhere/user.json"));
  ck_assert_ptr_null(gm_instance_value(f.i, "usual", false));
  ck_assert_ptr_null(gm_instance_broken(f.i, "usual/type"));
  close_it(&f);
}
END_TEST

START_TEST(presets_name_folders)
{
  const char *folder = scratch_folder();
  struct fixture f;

  scratch_text(scratch_path(folder, "login.json"), "{\"type\": \"login\"}",
               0644);
  setenv("ACME_HOME", folder, 1);
  open_it(&f);
  ck_assert_pstr_eq(gm_instance_value(f.i, "usual/type", false), "login");
  close_it(&f);
}
END_TEST

static const struct {
  const char *body, *filled; /* NULL: refused */
} bodies[] = {
  { "a=1", "a=1" },
  { "t={file/type}&s={file/client_secret}", "t=user&s=s%26cret%3D1" },
  { "s={<file/inner/path}", "s=one%20two" },
  { "s={file/nothing}", NULL },
  { "s={<file/type}", NULL },
  { "s={file", NULL },
};

/* `len` counts, not a NUL: bodies lie in front of other bytes. */
START_TEST(bodies_are_filled)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  const char *folder = scratch_folder();
  struct gm_buf out;
  struct fixture f;
  char body[100];
  int32_t rc;

  scratch_text(scratch_path(folder, "token.txt"), "one two\n", 0600);
  write_file(folder, "user.json", CONTENT);
  open_it(&f);
  snprintf(body, sizeof(body), "%sxyz", bodies[_i].body);
  rc = gm_instance_fill(f.i, NULL, body, strlen(bodies[_i].body), &out, &err);
  if (bodies[_i].filled) {
    ck_assert_msg(rc == 0, "%s", gm_error_text(&err));
    ck_assert_str_eq(gm_buf_text(&out), bodies[_i].filled);
  } else {
    ck_assert_int_ne(rc, 0);
  }
  gm_wipe_buf(&out);
  close_it(&f);
}
END_TEST

static const struct {
  const char *key, *beta, *file, *url, *header; /* NULL: no header */
  bool token;
} conditions[] = {
  { "kkkkkkkk", NULL, NULL, "https://acme.test/x", "x-key", false },
  { "kkkkkkkk", "true", NULL, "https://acme.test/x", NULL, false },
  { "kkkkkkkk", "true", NULL, "https://west.acme.test/x", "x-key", false },
  { "kkkkkkkk", "true", NULL, "https://east.acme.test/x", NULL, false },
  { NULL, NULL, "{\"type\": \"user\"}", "https://acme.test/x", NULL, true },
  { NULL, NULL, "{\"type\": \"user\"}", "https://other.test/x", NULL, false },
  { "kkkkkkkk", NULL, "{\"payer\": \"p\"}", "https://acme.test/x", "x-key",
    false },
  { NULL, NULL, "{\"payer\": \"p\"}", "https://acme.test/x", "x-payer", true },
};

START_TEST(rows_have_conditions)
{
  _cleanup_(gm_buf_finish) struct gm_buf text = GM_BUF_INIT(4096);
  struct gm_header out[4];
  struct fixture f;
  size_t n;

  if (conditions[_i].key)
    setenv("ACME_KEY", conditions[_i].key, 1);
  if (conditions[_i].beta)
    setenv("ACME_BETA", conditions[_i].beta, 1);
  if (conditions[_i].file)
    write_file(scratch_folder(), "user.json", conditions[_i].file);
  open_it(&f);
  n = gm_instance_authorize(f.i, conditions[_i].url, out, 4, &text);
  ck_assert_int_eq(n > 0, conditions[_i].header != NULL);
  if (n > 0)
    ck_assert_str_eq(out[0].name, conditions[_i].header);
  ck_assert_int_eq(gm_instance_wants_token(f.i, conditions[_i].url),
                   conditions[_i].token);
  close_it(&f);
}
END_TEST

START_TEST(nothing_set_is_no_key)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  struct fixture f;

  open_it(&f);
  ck_assert_int_eq(gm_instance_ready(f.i, &err), GAMUT_E_AUTH);
  ck_assert_ptr_nonnull(strstr(gm_error_text(&err), "ACME_KEY, or ACME_FILE"));
  close_it(&f);
}
END_TEST

#ifdef HAVE_CRYPTO
static const unsigned char rfc8032_key[32] = {
  0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe,
  0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6,
  0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
};
static const unsigned char rfc8032_private[32] = {
  0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a,
  0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32,
  0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
};
static const unsigned char rfc8032_signature[64] = {
  0xe5, 0x56, 0x43, 0x00, 0xc3, 0x60, 0xac, 0x72, 0x90, 0x86, 0xe2, 0xcc, 0x80,
  0x6e, 0x82, 0x8a, 0x84, 0x87, 0x7f, 0x1e, 0xb8, 0xe5, 0xd9, 0x74, 0xd8, 0x73,
  0xe0, 0x65, 0x22, 0x49, 0x01, 0x55, 0x5f, 0xb8, 0x82, 0x15, 0x90, 0xa3, 0x3b,
  0xac, 0xc6, 0x1e, 0x39, 0x70, 0x1c, 0xf9, 0xb4, 0x6b, 0xd2, 0x5b, 0xf5, 0xf0,
  0x59, 0x5b, 0xbe, 0x24, 0x65, 0x51, 0x41, 0x43, 0x8e, 0x7a, 0x10, 0x0b,
};

START_TEST(the_plugin_signs)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  const struct gamut_crypto *c;
  unsigned char sig[512];
  struct fixture f;
  size_t len = 0;

  open_it(&f);
  c = gm_instance_crypto(f.i, &err);
  ck_assert_msg(c != NULL, "%s", gm_error_text(&err));
  ck_assert_int_eq(c->sign("RS256", test_rsa_private, strlen(test_rsa_private),
                           "header.claims", 13, sig, sizeof(sig), &len),
                   0);
  ck_assert_mem_eq(sig, test_rsa_signature, sizeof(test_rsa_signature));
  ck_assert_uint_eq(len, sizeof(test_rsa_signature));
  ck_assert_int_eq(c->verify("RS256", test_rsa_public, strlen(test_rsa_public),
                             "header.claims", 13, sig, len),
                   0);
  ck_assert_int_eq(c->verify("RS256", test_rsa_public, strlen(test_rsa_public),
                             "header.claimS", 13, sig, len),
                   GAMUT_E_PERMISSION);
  ck_assert_int_eq(
    c->sign("RS256", "no key", 6, "x", 1, sig, sizeof(sig), &len),
    GAMUT_E_AUTH);
  ck_assert_int_eq(c->sign("RS256", test_rsa_private, strlen(test_rsa_private),
                           "x", 1, sig, 16, &len),
                   GAMUT_E_INVALID);
  ck_assert_int_eq(c->sign("none", "k", 1, "x", 1, sig, sizeof(sig), &len),
                   GAMUT_E_UNSUPPORTED);
  close_it(&f);
}
END_TEST

/* RFC 8032, 7.1, test 1: the empty message; and RFC 4231, test 2. */
START_TEST(known_answers)
{
  static const unsigned char mac[4] = { 0x5b, 0xdc, 0xc1, 0x46 };
  const struct gamut_crypto *c;
  unsigned char sig[64];
  struct fixture f;
  size_t len = 0;

  open_it(&f);
  c = gm_instance_crypto(f.i, NULL);
  ck_assert_ptr_nonnull(c);
  ck_assert_int_eq(
    c->verify("Ed25519", rfc8032_key, 32, "", 0, rfc8032_signature, 64), 0);
  ck_assert_int_eq(
    c->verify("Ed25519", rfc8032_key, 32, "x", 1, rfc8032_signature, 64),
    GAMUT_E_PERMISSION);
  ck_assert_int_eq(
    c->verify("Ed25519", rfc8032_key, 32, "", 0, rfc8032_signature, 63),
    GAMUT_E_PERMISSION);
  ck_assert_int_eq(
    c->verify("Ed25519", rfc8032_key, 31, "", 0, rfc8032_signature, 64),
    GAMUT_E_AUTH);
  ck_assert_int_eq(
    c->sign("Ed25519", rfc8032_private, 32, "", 0, sig, 64, &len), 0);
  ck_assert_mem_eq(sig, rfc8032_signature, 64);
  ck_assert_int_eq(c->sign("HS256", "Jefe", 4, "what do ya want for nothing?",
                           28, sig, sizeof(sig), &len),
                   0);
  ck_assert_uint_eq(len, 32);
  ck_assert_mem_eq(sig, mac, sizeof(mac));
  ck_assert_int_eq(
    c->verify("HS256", "Jefe", 4, "what do ya want for nothing?", 28, sig, 32),
    0);
  ck_assert_int_eq(c->verify("HS256", "Jefe", 4, "what", 4, sig, 32),
                   GAMUT_E_PERMISSION);
  close_it(&f);
}
END_TEST
#endif

int main(void)
{
  TCase *tc = tcase_create("key file");

  tcase_add_checked_fixture(tc, clear, clear);
  tcase_add_loop_test(tc, members_are_values, 0, GM_LEN(members));
  tcase_add_test(tc, missing_files);
  tcase_add_test(tc, presets_name_folders);
  tcase_add_loop_test(tc, bodies_are_filled, 0, GM_LEN(bodies));
  tcase_add_loop_test(tc, rows_have_conditions, 0, GM_LEN(conditions));
  tcase_add_test(tc, nothing_set_is_no_key);
#ifdef HAVE_CRYPTO
  tcase_add_test(tc, the_plugin_signs);
  tcase_add_test(tc, known_answers);
#endif
  return unit_run("key file", tc);
}
