/* test_credential.c - which secret goes where, and where none goes. */
#include "instance_fixture.h"

static size_t headers(const struct gm_instance *i, const char *url,
                      struct gm_header *out, size_t max, struct gm_buf *text)
{
  gm_buf_clear(text);
  return gm_instance_authorize(i, url, out, max, text);
}

static const struct {
  const char *name, *url, *value; /* NULL: no header */
} rows[] = {
  { "base", "https://queue.fal.test/fal-ai/flux", "Key k-1234567890" },
  { "port spelt out", "https://queue.fal.test:443/x", "Key k-1234567890" },
  { "case", "HTTPS://Queue.FAL.test/x", "Key k-1234567890" },
  { "other origin of the vendor", "https://rest.fal.test:8443/storage",
    "Key k-1234567890" },
  { "its other port", "https://rest.fal.test/storage", NULL },
  { "not over plain http", "http://queue.fal.test/x", NULL },
  { "owned, but no secret", "https://cdn.fal.test/a.png", NULL },
  { "longer host", "https://queue.fal.test.evil.test/x", NULL },
  { "user part", "https://queue.fal.test@evil.test/x", NULL },
  { "sub domain", "https://a.queue.fal.test/x", NULL },
  { "backslash", "https://evil.test\\@queue.fal.test/x", NULL },
  { "somebody", "https://files.test/x", NULL },
  { "no URL", "queue.fal.test", NULL },
};

START_TEST(only_to_its_origin)
{
  _cleanup_(gm_buf_finish) struct gm_buf text = GM_BUF_INIT(4096);
  struct gm_header out[4];
  struct fixture f;
  size_t n;

  setenv("FAL_KEY", "k-1234567890", 1);
  fixture_open(&f, NULL);
  n = headers(fixture_get(&f, "fal"), rows[_i].url, out, 4, &text);
  ck_assert_msg(n == (rows[_i].value != NULL), "%s: %zu", rows[_i].name, n);
  if (rows[_i].value) {
    ck_assert_str_eq(out[0].name, "authorization");
    ck_assert_str_eq(out[0].value, rows[_i].value);
  }
  fixture_close(&f);
}
END_TEST

START_TEST(the_first_row_that_is_filled)
{
  _cleanup_(gm_buf_finish) struct gm_buf text = GM_BUF_INIT(4096);
  struct gm_header out[4];
  struct fixture f;

  setenv("FAL_KEY_ID", "id", 1);
  setenv("FAL_KEY_SECRET", "s3cret-s3cret", 1);
  fixture_open(&f, "{\"providers\": {\"fal\": {\"priority\": \"low\"}}}");
  ck_assert_uint_eq(
    headers(fixture_get(&f, "fal"), "https://queue.fal.test/", out, 4, &text),
    2);
  ck_assert_str_eq(out[0].name, "Authorization");
  ck_assert_str_eq(out[0].value, "Key id:s3cret-s3cret");
  ck_assert_str_eq(out[1].name, "x-priority");
  ck_assert_str_eq(out[1].value, "low");
  /* Room for one, and a buffer that is too small. */
  ck_assert_uint_eq(
    headers(fixture_get(&f, "fal"), "https://queue.fal.test/", out, 1, &text),
    1);
  text.max = 8;
  gm_buf_finish(&text);
  gm_buf_init(&text, 8);
  ck_assert_uint_eq(
    headers(fixture_get(&f, "fal"), "https://queue.fal.test/", out, 4, &text),
    0);
  fixture_close(&f);
}
END_TEST

START_TEST(behind_what_the_buffer_has)
{
  _cleanup_(gm_buf_finish) struct gm_buf text = GM_BUF_INIT(4096);
  struct gm_header out[1];
  struct fixture f;

  setenv("FAL_KEY", "k-1234567890", 1);
  fixture_open(&f, NULL);
  gm_buf_add(&text, "before");
  ck_assert_uint_eq(gm_instance_authorize(fixture_get(&f, "fal"),
                                          "https://queue.fal.test/", out, 1,
                                          &text),
                    1);
  ck_assert_str_eq(out[0].value, "Key k-1234567890");
  ck_assert(memcmp(text.data, "before", 6) == 0);
  fixture_close(&f);
}
END_TEST

static const struct gamut_key pair_keys[] = {
  { "name", NULL, NULL, NULL, "name", GAMUT_STRING, 0, 0, 0 },
  { "secret", NULL, NULL, NULL, "secret", GAMUT_STRING, GAMUT_KEY_SECRET, 0,
    0 },
};
static const struct gamut_credential pair_rows[] = {
  { NULL, "authorization", "Basic {=name:secret}" },
};
static const struct gamut_provider pair_provider = {
  .struct_size = sizeof(pair_provider),
  .name = "pair",
  .base_url = "https://pair.test",
  .keys = GAMUT_TABLE(pair_keys),
  .credentials = GAMUT_TABLE(pair_rows),
  .step = fixture_step,
};

START_TEST(name_and_secret_in_base64)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  _cleanup_(gm_buf_finish) struct gm_buf text = GM_BUF_INIT(4096);
  struct gm_header out[2];
  struct gm_instance *i;
  struct fixture f;

  fixture_open(&f, "{\"providers\": {\"pair\": {\"name\": \"Aladdin\", "
                   "\"secret\": \"open sesame\"},"
                   "\"half\": {\"use\": \"pair\", \"name\": \"x\"}}}");
  ck_assert_int_eq(gm_registry_add(f.registry, &pair_provider, NULL), 0);
  i = fixture_get(&f, "pair");
  ck_assert_uint_eq(headers(i, "https://pair.test/x", out, 2, &text), 1);
  ck_assert_str_eq(out[0].value, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  ck_assert_int_eq(gm_instance_ready(i, NULL), 0);
  i = fixture_get(&f, "half");
  ck_assert_int_eq(gm_instance_ready(i, &err), GAMUT_E_AUTH);
  ck_assert_str_eq(gm_error_text(&err),
                   "no key for half: set half.name in the settings and "
                   "half.secret in the settings");
  ck_assert_uint_eq(headers(i, "https://pair.test/x", out, 2, &text), 0);
  fixture_close(&f);
}
END_TEST

/* ---- halves of a value, paths of base_url ----------------------------------
 */

static const struct gamut_key parted_keys[] = {
  { "both", "PARTED_KEY", NULL, NULL, "both", GAMUT_STRING, GAMUT_KEY_SECRET, 0,
    0 },
  { "spare", NULL, NULL, NULL, "spare", GAMUT_STRING, GAMUT_KEY_SECRET, 0, 0 },
};
static const struct gamut_credential parted_rows[] = {
  { NULL, "authorization", "Key {both:}:{:both}" },
  { NULL, "authorization", "Spare {spare}" },
  { NULL, "authorization", "Key {both}" },
  { "/v1/", "x-id", "{both:}" },
  { "/v1/", "x-secret", "{:both}" },
};
static const struct gamut_provider parted_provider = {
  .struct_size = sizeof(parted_provider),
  .name = "parted",
  .base_url = "https://parted.test",
  .keys = GAMUT_TABLE(parted_keys),
  .credentials = GAMUT_TABLE(parted_rows),
  .step = fixture_step,
};

static const struct {
  const char *name, *both, *spare, *url;
  const char *first, *second; /* values of headers; NULL: no such */
} parted[] = {
  { "above", "id:key", "s", "https://parted.test/x", "Key id:key", NULL },
  { "below", "id:key", "s", "https://parted.test/v1/x", "id", "key" },
  { "beside", "id:key", "s", "https://parted.test/v1", "Key id:key", NULL },
  { "longer", "id:key", "s", "https://parted.test/v10/x", "Key id:key", NULL },
  { "deeper", "id:key", "s", "https://parted.test/a/v1/x", "Key id:key", NULL },
  { "in the query", "id:key", "s", "https://parted.test?/v1/", "Key id:key",
    NULL },
  { "elsewhere", "id:key", "s", "https://other.test/v1/x", NULL, NULL },
  { "no colon", "key", "s", "https://parted.test/x", "Spare s", NULL },
  { "two colons", "a:b:c", "s", "https://parted.test/x", "Spare s", NULL },
  { "nothing before", ":key", "s", "https://parted.test/x", "Spare s", NULL },
  { "nothing behind", "id:", "s", "https://parted.test/x", "Spare s", NULL },
  { "as it is", "key", NULL, "https://parted.test/x", "Key key", NULL },
  { "as it is below", "key", NULL, "https://parted.test/v1/x", "Key key",
    NULL },
};

START_TEST(halves_and_paths)
{
  _cleanup_(gm_buf_finish) struct gm_buf text = GM_BUF_INIT(4096);
  struct gm_header out[4];
  struct fixture f;
  char config[256];
  size_t n;

  snprintf(config, sizeof(config),
           "{\"providers\": {\"parted\": {\"both\": \"%s\"%s%s%s}}}",
           parted[_i].both, parted[_i].spare ? ", \"spare\": \"" : "",
           parted[_i].spare ? parted[_i].spare : "",
           parted[_i].spare ? "\"" : "");
  fixture_open(&f, config);
  ck_assert_int_eq(gm_registry_add(f.registry, &parted_provider, NULL), 0);
  n = headers(fixture_get(&f, "parted"), parted[_i].url, out, 4, &text);
  ck_assert_msg(n == (size_t)(parted[_i].first != NULL) +
                       (parted[_i].second != NULL),
                "%s: %zu", parted[_i].name, n);
  if (parted[_i].first)
    ck_assert_str_eq(out[0].value, parted[_i].first);
  if (parted[_i].second)
    ck_assert_str_eq(out[1].value, parted[_i].second);
  fixture_close(&f);
}
END_TEST

START_TEST(a_path_of_a_moved_base)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  _cleanup_(gm_buf_finish) struct gm_buf text = GM_BUF_INIT(4096);
  struct gm_header out[4];
  struct gm_instance *i;
  struct fixture f;
  char echo[] = "no id:k-12,k-12";

  fixture_open(&f, "{\"providers\": {\"parted\": {\"both\": \"id:k-12\", "
                   "\"base_url\": \"https://proxy.test/v1/\"},"
                   "\"none\": {\"use\": \"parted\"}}}");
  ck_assert_int_eq(gm_registry_add(f.registry, &parted_provider, NULL), 0);
  i = fixture_get(&f, "parted");
  ck_assert_uint_eq(headers(i, "https://proxy.test/v1/x", out, 4, &text), 1);
  ck_assert_uint_eq(headers(i, "https://proxy.test/v1/v1/x", out, 4, &text), 2);
  ck_assert_str_eq(out[1].value, "k-12");
  gm_mask_secrets(i, echo);
  ck_assert_str_eq(echo, "no ***,***");
  ck_assert_int_eq(gm_instance_ready(fixture_get(&f, "none"), &err),
                   GAMUT_E_AUTH);
  ck_assert_str_eq(gm_error_text(&err),
                   "no key for none: set PARTED_KEY, or none.spare in the "
                   "settings");
  fixture_close(&f);
}
END_TEST

static const struct gamut_key lines_keys[] = {
  { "api_key", NULL, NULL, NULL, "key", GAMUT_STRING, GAMUT_KEY_SECRET, 0, 0 },
  { "headers", "LINES_HEADERS", NULL, NULL, "headers", GAMUT_STRING,
    GAMUT_KEY_SECRET | GAMUT_KEY_HEADERS, 0, 0 },
};
static const struct gamut_credential lines_rows[] = {
  { NULL, "authorization", "Bearer {api_key}" },
  { NULL, "*", "{headers}" },
  { "https://other.test", "authorization", "Bearer {api_key}" },
};
static const struct gamut_provider lines_provider = {
  .struct_size = sizeof(lines_provider),
  .name = "lines",
  .base_url = "https://lines.test",
  .keys = GAMUT_TABLE(lines_keys),
  .credentials = GAMUT_TABLE(lines_rows),
  .step = fixture_step,
};

START_TEST(headers_of_the_users_own)
{
  _cleanup_(gm_buf_finish) struct gm_buf text = GM_BUF_INIT(4096);
  struct gm_header out[8];
  struct gm_instance *i;
  struct fixture f;

  fixture_open(&f, "{\"providers\": {\"lines\": {\"api_key\": \"k-1\"}}}");
  ck_assert_int_eq(gm_registry_add(f.registry, &lines_provider, NULL), 0);
  setenv("LINES_HEADERS",
         " X-Tenant : a:b \r\nno colon\nHost: evil\nAuthorization: Mine 1\n",
         1);
  i = fixture_get(&f, "lines");
  unsetenv("LINES_HEADERS");
  ck_assert_uint_eq(headers(i, "https://lines.test/x", out, 8, &text), 2);
  ck_assert_str_eq(out[0].name, "X-Tenant");
  ck_assert_str_eq(out[0].value, "a:b");
  ck_assert_str_eq(out[1].name, "Authorization");
  ck_assert_str_eq(out[1].value, "Mine 1");
  ck_assert_uint_eq(headers(i, "https://lines.test/x", out, 1, &text), 1);
  ck_assert_uint_eq(headers(i, "https://other.test/x", out, 8, &text), 1);
  ck_assert_str_eq(out[0].value, "Bearer k-1");
  ck_assert_ptr_null(gm_instance_value(i, "headers", false));
  fixture_close(&f);
}
END_TEST

/* ---- ready -----------------------------------------------------------------
 */

static const struct {
  const char *name, *key, *id, *secret;
  bool ready;
} ready[] = {
  { "nothing", NULL, NULL, NULL, false },
  { "key", "k-1", NULL, NULL, true },
  { "blank key", " \n", NULL, NULL, false },
  { "both halves", NULL, "id", "secret", true },
  { "one half", NULL, "id", NULL, false },
  { "the other half", NULL, NULL, "secret", false },
};

static void set_or_not(const char *name, const char *value)
{
  if (value)
    setenv(name, value, 1);
  else
    unsetenv(name);
}

START_TEST(is_there_a_key)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  struct fixture f;
  int32_t rc;

  set_or_not("FAL_KEY", ready[_i].key);
  set_or_not("FAL_KEY_ID", ready[_i].id);
  set_or_not("FAL_KEY_SECRET", ready[_i].secret);
  fixture_open(&f, NULL);
  rc = gm_instance_ready(fixture_get(&f, "fal"), &err);
  if (ready[_i].ready) {
    ck_assert_msg(rc == 0, "%s: %s", ready[_i].name, gm_error_text(&err));
  } else {
    ck_assert_int_eq(rc, GAMUT_E_AUTH);
    ck_assert_str_eq(gm_error_text(&err),
                     "no key for fal: set FAL_KEY, or FAL_KEY_ID and "
                     "FAL_KEY_SECRET (https://fal.ai/dashboard/keys)");
  }
  fixture_close(&f);
}
END_TEST

START_TEST(a_server_of_the_users_own)
{
  _cleanup_(gm_buf_finish) struct gm_buf text = GM_BUF_INIT(4096);
  struct gm_header out[2];
  struct gm_instance *i;
  struct fixture f;

  setenv("FAL_KEY", "k-1234567890", 1);
  fixture_open(&f, "{\"providers\": {\"local\": {\"use\": \"fal\","
                   "\"base_url\": \"http://127.0.0.1:8000/api/\"},"
                   "\"work\": {\"use\": \"fal\"}}}");
  i = fixture_get(&f, "local");
  ck_assert_str_eq(i->base_url, "http://127.0.0.1:8000/api");
  ck_assert_str_eq(i->base_origin, "http://127.0.0.1:8000");
  ck_assert(i->own_base);
  /* No key is wanted, and the vendor's is not given away. */
  ck_assert_int_eq(gm_instance_ready(i, NULL), 0);
  ck_assert_uint_eq(headers(i, "http://127.0.0.1:8000/x", out, 2, &text), 0);
  ck_assert_uint_eq(headers(i, "https://rest.fal.test:8443/", out, 2, &text),
                    0);
  /* A second name for the vendor itself shares the key. */
  i = fixture_get(&f, "work");
  ck_assert(!i->own_base);
  ck_assert_uint_eq(headers(i, "https://queue.fal.test/x", out, 2, &text), 1);
  fixture_close(&f);
}
END_TEST

START_TEST(another_server_may_want_no_key)
{
  struct fixture f;

  setenv("FAL_BASE_URL", "http://127.0.0.1:8000", 1);
  fixture_open(&f, NULL);
  ck_assert_int_eq(gm_instance_ready(fixture_get(&f, "fal"), NULL), 0);
  fixture_close(&f);
}
END_TEST

START_TEST(a_base_url_moves_the_key)
{
  _cleanup_(gm_buf_finish) struct gm_buf text = GM_BUF_INIT(4096);
  struct gm_header out[2];
  struct gm_instance *i;
  struct fixture f;

  setenv("FAL_KEY", "k-1234567890", 1);
  setenv("FAL_BASE_URL", "https://proxy.test/fal", 1);
  fixture_open(&f, NULL);
  i = fixture_get(&f, "fal");
  ck_assert(i->own_base);
  ck_assert_uint_eq(headers(i, "https://proxy.test/fal/x", out, 2, &text), 1);
  ck_assert_uint_eq(headers(i, "https://queue.fal.test/x", out, 2, &text), 0);
  ck_assert(gm_instance_owns(i, "https://proxy.test/other"));
  ck_assert(!gm_instance_owns(i, "https://queue.fal.test/x"));
  fixture_close(&f);
}
END_TEST

START_TEST(what_is_the_vendors_own)
{
  struct gm_instance *i;
  struct fixture f;

  fixture_open(&f, NULL);
  i = fixture_get(&f, "fal");
  ck_assert(gm_instance_owns(i, "https://queue.fal.test/x"));
  ck_assert(gm_instance_owns(i, "https://cdn.fal.test/x"));
  ck_assert(gm_instance_owns(i, "https://rest.fal.test:8443/x"));
  ck_assert(!gm_instance_owns(i, "https://rest.fal.test/x"));
  ck_assert(!gm_instance_owns(i, "http://cdn.fal.test/x"));
  ck_assert(!gm_instance_owns(i, "https://fal.test/x"));
  ck_assert(!gm_instance_owns(i, "nonsense"));
  fixture_close(&f);
}
END_TEST

/* ---- tokens and templates --------------------------------------------------
 */

static int32_t fetch(void *instance, struct gamut_call *c)
{
  (void)instance;
  c->host->token(c, "t", 60);
  return c->host->done(c);
}

static const struct gamut_token token_group = { sizeof(token_group), 0, fetch };

static const void *token_extension(const char *id)
{
  return strcmp(id, GAMUT_EXT_TOKEN) == 0 ? &token_group : NULL;
}

static const struct gamut_credential token_rows[] = {
  { NULL, "authorization", "Bearer {@token}" },
};
static const struct gamut_provider token_provider = {
  .struct_size = sizeof(token_provider),
  .name = "minted",
  .base_url = "https://minted.test",
  .credentials = GAMUT_TABLE(token_rows),
  .step = fixture_step,
  .extension = token_extension,
};

START_TEST(the_current_token)
{
  _cleanup_(gm_buf_finish) struct gm_buf text = GM_BUF_INIT(4096);
  struct gm_header out[2];
  struct gm_instance *i;
  struct fixture f;

  fixture_open(&f, NULL);
  ck_assert_int_eq(gm_registry_add(f.registry, &token_provider, NULL), 0);
  i = fixture_get(&f, "minted");
  ck_assert_int_eq(gm_instance_ready(i, NULL), 0);
  ck_assert_uint_eq(headers(i, "https://minted.test/x", out, 2, &text), 0);
  i->token = gm_strdup("abc");
  ck_assert_uint_eq(headers(i, "https://minted.test/x", out, 2, &text), 1);
  ck_assert_str_eq(out[0].value, "Bearer abc");
  gm_free(GM_TAKE(i->token)); /* it was refused */
  ck_assert_uint_eq(headers(i, "https://minted.test/x", out, 2, &text), 0);
  fixture_close(&f);
}
END_TEST

/* Jobs under way keep the key that they began with. */
START_TEST(later_settings_are_for_others)
{
  _cleanup_(gm_buf_finish) struct gm_buf text = GM_BUF_INIT(4096);
  static const char url[] = "https://queue.fal.test/x";
  struct gm_header out[4];
  struct gm_instance *i;
  struct fixture f;

  fixture_open(&f, NULL);
  i = fixture_get(&f, "fal");
  ck_assert_uint_eq(headers(i, url, out, 4, &text), 0);
  gm_settings_set(&f.settings, "fal.api_key", "later", NULL);
  gm_settings_set(&f.settings, "fal.base_url", "https://later.test", NULL);
  ck_assert_ptr_eq(fixture_get(&f, "fal"), i);
  ck_assert_uint_eq(headers(i, url, out, 4, &text), 0);
  ck_assert(!gm_instance_owns(i, "https://later.test/x"));
  fixture_close(&f);

  fixture_open(&f, NULL);
  gm_settings_set(&f.settings, "fal.api_key", "later", NULL);
  gm_settings_set(&f.settings, "fal.base_url", "https://later.test", NULL);
  i = fixture_get(&f, "fal");
  ck_assert_uint_eq(headers(i, url, out, 4, &text), 0);
  ck_assert_uint_eq(headers(i, "https://later.test/x", out, 4, &text), 1);
  ck_assert_str_eq(out[0].value, "Key later");
  fixture_close(&f);
}
END_TEST

static const struct gamut_key place_keys[] = {
  { "place", NULL, NULL, NULL, "where", GAMUT_STRING, 0, 0, 0 },
  { "key", NULL, NULL, NULL, "key", GAMUT_STRING, GAMUT_KEY_SECRET, 0, 0 },
};
static const struct gamut_credential place_rows[] = {
  { "https://{place}", "x-key", "{key}" },
};
static const struct gamut_provider place_provider = {
  .struct_size = sizeof(place_provider),
  .name = "placed",
  .keys = GAMUT_TABLE(place_keys),
  .credentials = GAMUT_TABLE(place_rows),
  .step = fixture_step,
};

static const struct {
  const char *place, *url;
  size_t n;
} places[] = {
  { "a.test", "https://a.test/x", 1 },
  { "a.test:8443", "https://a.test:8443/x", 1 },
  { "https://a.test", "https://a.test/x", 1 },
  { "https://a.test/", "https://a.test/x", 1 },
  { "https://a.test:8443/v1/token", "https://a.test:8443/x", 1 },
  { "http://a.test/", "http://a.test/x", 0 },
  { "a.test/x", "https://a.test/x", 0 },
  { "https://me@a.test/", "https://a.test/x", 0 },
  { "https://", "https://a.test/x", 0 },
};

START_TEST(a_place_that_is_configured)
{
  _cleanup_(gm_buf_finish) struct gm_buf text = GM_BUF_INIT(4096);
  struct gm_header out[2];
  struct fixture f;
  char config[128];

  snprintf(
    config, sizeof(config),
    "{\"providers\": {\"placed\": {\"place\": \"%s\", \"key\": \"k-1\"}}}",
    places[_i].place);
  fixture_open(&f, config);
  ck_assert_int_eq(gm_registry_add(f.registry, &place_provider, NULL), 0);
  ck_assert_msg(headers(fixture_get(&f, "placed"), places[_i].url, out, 2,
                        &text) == places[_i].n,
                "%s", places[_i].place);
  fixture_close(&f);
}
END_TEST

START_TEST(templates)
{
  const char *at = "Key {a}:{b_2}.";
  struct gm_piece p;

  ck_assert(gm_template_next(&at, &p));
  ck_assert(p.len == 4 && strcmp(p.name, "a") == 0);
  ck_assert(gm_template_next(&at, &p));
  ck_assert(p.len == 1 && p.text[0] == ':' && strcmp(p.name, "b_2") == 0);
  ck_assert(gm_template_next(&at, &p));
  ck_assert(p.len == 1 && p.name[0] == '\0');
  ck_assert(!gm_template_next(&at, &p));
  ck_assert_ptr_nonnull(at);
  at = "a{b{c}}";
  ck_assert(!gm_template_next(&at, &p));
  ck_assert_ptr_null(at);
  ck_assert(!gm_template_next(&at, &p));
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("credential");

  tcase_add_checked_fixture(tc, fixture_clear, NULL);
  tcase_add_loop_test(tc, only_to_its_origin, 0, GM_LEN(rows));
  tcase_add_test(tc, the_first_row_that_is_filled);
  tcase_add_test(tc, behind_what_the_buffer_has);
  tcase_add_test(tc, name_and_secret_in_base64);
  tcase_add_loop_test(tc, halves_and_paths, 0, GM_LEN(parted));
  tcase_add_test(tc, a_path_of_a_moved_base);
  tcase_add_test(tc, headers_of_the_users_own);
  tcase_add_loop_test(tc, is_there_a_key, 0, GM_LEN(ready));
  tcase_add_test(tc, a_server_of_the_users_own);
  tcase_add_test(tc, another_server_may_want_no_key);
  tcase_add_test(tc, a_base_url_moves_the_key);
  tcase_add_test(tc, what_is_the_vendors_own);
  tcase_add_test(tc, the_current_token);
  tcase_add_test(tc, later_settings_are_for_others);
  tcase_add_loop_test(tc, a_place_that_is_configured, 0, GM_LEN(places));
  tcase_add_test(tc, templates);
  return unit_run("credential", tc);
}
