/* test_check.c - each rule that a provider's tables can break. */
#include "plugin/plugin_private.h"
#include "unit.h"

static int32_t step(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->done(c);
}

static int32_t run(void *instance, struct gamut_call *c)
{
  return step(instance, c);
}

/* A good provider with one of everything; each case spoils one thing. */
struct parts {
  struct gamut_key keys[3];
  struct gamut_credential credentials[2];
  const char *phases[2];
  struct gamut_reason reasons[2];
  struct gamut_backup backups[1];
  struct gamut_provider provider;
  const struct gamut_provider *providers[3];
  struct gamut_plugin plugin;
};

static struct gamut_perform perform;
static struct gamut_token token;
static struct gamut_upload upload;
static struct gamut_crypto crypto;
static struct gamut_models models;
static struct gamut_account account;
static struct gamut_webhook webhook;
static struct gamut_embed embed;

static const struct {
  const char *id;
  const void *group;
} groups[] = {
  { GAMUT_EXT_PERFORM, &perform }, { GAMUT_EXT_UPLOAD, &upload },
  { GAMUT_EXT_TOKEN, &token },     { GAMUT_EXT_MODELS, &models },
  { GAMUT_EXT_ACCOUNT, &account }, { GAMUT_EXT_WEBHOOK, &webhook },
  { GAMUT_EXT_EMBED, &embed },
};

static const void *extension(const char *id)
{
  size_t i;

  for (i = 0; i < GM_LEN(groups); i++)
    if (strcmp(id, groups[i].id) == 0)
      return groups[i].group;
  return NULL;
}

static int32_t sign(const char *alg, const void *key, size_t key_len,
                    const void *data, size_t len, void *sig, size_t size,
                    size_t *ret_len)
{
  (void)alg, (void)key, (void)key_len, (void)data, (void)len, (void)sig;
  (void)size;
  *ret_len = 0;
  return 0;
}

static int32_t verify(const char *alg, const void *key, size_t key_len,
                      const void *data, size_t len, const void *sig,
                      size_t sig_len)
{
  (void)alg, (void)key, (void)key_len, (void)data, (void)len, (void)sig;
  return sig_len ? 0 : GAMUT_E_PERMISSION;
}

static const void *crypto_extension(const char *id)
{
  return strcmp(id, GAMUT_EXT_CRYPTO) == 0 ? &crypto : NULL;
}

static const struct parts good = {
  .keys = { { "api_key", "GOOD_KEY GOOD_API_KEY", NULL, NULL, "key",
              GAMUT_STRING, GAMUT_KEY_REQUIRED | GAMUT_KEY_SECRET, 0, 0 },
            { "mode", NULL, "fast", "fast|good", "mode", GAMUT_CHOICE, 0, 0,
              0 },
            { "wait", "GOOD_WAIT", "2s", NULL, "wait", GAMUT_MSEC, 0, 0,
              60000 } },
  .credentials = { { NULL, "authorization", "Key {api_key}" },
                   { "https://files.good.test", "x-mode", "{mode}:{@token}" } },
  .phases = { "submit", "poll" },
  .reasons = { { 422, GAMUT_E_BLOCKED, "detail/*/type", "policy*", 0, 1 },
               { 402, GAMUT_E_QUOTA, NULL, NULL, 0, 0 } },
  .backups = { { "https://good.test", "https://b.good.test" } },
};

static void wire(struct parts *p)
{
  *p = good;
  perform = (struct gamut_perform){ sizeof(perform), 0, 0, 0, run };
  token = (struct gamut_token){ sizeof(token), 0, run };
  upload = (struct gamut_upload){ sizeof(upload), 0, 0, run };
  crypto = (struct gamut_crypto){ sizeof(crypto), 0, sign, verify };
  models = (struct gamut_models){ sizeof(models), 0, run };
  account = (struct gamut_account){ .struct_size = sizeof(account) };
  webhook = (struct gamut_webhook){ sizeof(webhook), 0, run };
  embed = (struct gamut_embed){ sizeof(embed), 768, "model", run };
  p->provider = (struct gamut_provider){
    .struct_size = sizeof(p->provider),
    .name = "good",
    .base_url = "https://api.good.test/v1",
    .keys = GAMUT_TABLE(p->keys),
    .credentials = GAMUT_TABLE(p->credentials),
    .phases = GAMUT_TABLE(p->phases),
    .reasons = GAMUT_TABLE(p->reasons),
    .backups = GAMUT_TABLE(p->backups),
    .step = step,
    .extension = extension,
  };
  p->providers[0] = &p->provider;
  p->plugin = (struct gamut_plugin){ .magic = GAMUT_ABI_MAGIC,
                                     .abi_major = GAMUT_ABI_MAJOR,
                                     .struct_size = sizeof(p->plugin),
                                     .name = "good",
                                     .version = "1.0.0",
                                     .license = "MIT",
                                     .providers = p->providers };
}

/* clang-format off */
#define SPOIL(id, ...)                                                         \
  static void id(struct parts *p)                                              \
  {                                                                            \
    __VA_ARGS__;                                                               \
  }
SPOIL(nothing, (void)p)
SPOIL(magic, p->plugin.magic = 0x47554d54)
SPOIL(major, p->plugin.abi_major = 7)
SPOIL(needs, p->plugin.needs_minor = 1)
SPOIL(shorty, p->plugin.struct_size = 24)
SPOIL(huge, p->plugin.struct_size = UINT32_MAX)
SPOIL(no_name, p->plugin.name = NULL)
SPOIL(other_name, p->plugin.name = "goo")
SPOIL(version, p->plugin.version = NULL)
SPOIL(license, p->plugin.license = "")
SPOIL(no_providers, p->plugin.providers = NULL)
SPOIL(none, p->providers[0] = NULL)
SPOIL(twice, p->providers[1] = p->providers[0])
SPOIL(short_provider, p->provider.struct_size =
        offsetof(struct gamut_provider, step))
SPOIL(upper, p->provider.name = "Good")
SPOIL(long_name, p->provider.name = "a0123456789012345678901234567890")
SPOIL(no_step, p->provider.step = NULL)
SPOIL(base, p->provider.base_url = "ftp://good.test")
SPOIL(base_query, p->provider.base_url = "https://good.test/?a=1")
SPOIL(stride, p->provider.keys.stride = 0)
SPOIL(thin, p->provider.reasons.stride = 8)
SPOIL(odd, p->provider.keys.stride += 4)
SPOIL(many, p->provider.keys.count = 5000)
SPOIL(nowhere, p->provider.phases.items = NULL)
SPOIL(key_name, p->keys[1].name = "Mode")
SPOIL(key_null, p->keys[1].name = NULL)
SPOIL(key_twice, p->keys[1].name = "api_key")
SPOIL(key_use, p->keys[1].name = "use")
SPOIL(key_file, p->keys[1].name = "api_key_file")
SPOIL(key_type, p->keys[1].type = 42)
SPOIL(key_env, p->keys[2].env = "GOOD-WAIT")
SPOIL(key_env_empty, p->keys[2].env = "")
SPOIL(no_choices, p->keys[1].choices = NULL)
SPOIL(wrong_choice, p->keys[1].preset = "best")
SPOIL(wrong_preset, p->keys[2].preset = "2 days")
SPOIL(preset_range, p->keys[2].preset = "2m")
SPOIL(key_range, p->keys[2].min = 70000)
SPOIL(open_headers, p->keys[1].flags = GAMUT_KEY_HEADERS)
SPOIL(lines_of_no_headers, p->credentials[0].header = "*";
      p->credentials[0].value = "{api_key}")
SPOIL(lines_and_more, p->keys[0].flags |= GAMUT_KEY_HEADERS;
      p->credentials[0].header = "*"; p->credentials[0].value = "Key {api_key}")
SPOIL(lines, p->keys[0].flags |= GAMUT_KEY_HEADERS;
      p->credentials[0].header = "*"; p->credentials[0].value = "{api_key}")
SPOIL(secret_preset, p->keys[0].preset = "sk-1")
SPOIL(origin_path, p->credentials[1].origin = "https://files.good.test/x")
SPOIL(path_open, p->credentials[1].origin = "/v1")
SPOIL(path_filled, p->credentials[1].origin = "/{mode}/")
SPOIL(half_condition, p->credentials[0].value = "{?api_key:}Key")
SPOIL(half_of_none, p->credentials[0].value = "Key {:}")
SPOIL(origin_http, p->credentials[1].origin = "http://files.good.test")
SPOIL(origin_junk, p->credentials[1].origin = "files.good.test")
SPOIL(no_base, p->provider.base_url = NULL)
SPOIL(header, p->credentials[0].header = "author ization")
SPOIL(host_header, p->credentials[0].header = "Host")
SPOIL(no_value, p->credentials[0].value = NULL)
SPOIL(brace_open, p->credentials[0].value = "Key {api_key")
SPOIL(brace_close, p->credentials[0].value = "Key api_key}")
SPOIL(brace_empty, p->credentials[0].value = "Key {}")
SPOIL(line_break, p->credentials[0].value = "Key\n{api_key}")
SPOIL(other_key, p->credentials[0].value = "Key {apikey}")
SPOIL(no_token, p->provider.extension = NULL)
SPOIL(phase, p->phases[1] = NULL)
SPOIL(status, p->reasons[1].status = 42)
SPOIL(hundred, p->reasons[1].status = 6)
SPOIL(below, p->reasons[1].status = -5)
SPOIL(hundreds, p->reasons[1].status = 5)
SPOIL(again_final, p->reasons[1].flags =
        GAMUT_REASON_AGAIN | GAMUT_REASON_FINAL)
SPOIL(again_blocked, p->reasons[0].flags = GAMUT_REASON_AGAIN)
SPOIL(again, p->reasons[1].flags = GAMUT_REASON_AGAIN)
SPOIL(class_zero, p->reasons[1].error_class = 0)
SPOIL(class_host, p->reasons[1].error_class = GAMUT_E_UNKNOWN)
SPOIL(any_reply, p->reasons[1].status = 0)
SPOIL(path_alone, p->reasons[0].value = NULL)
SPOIL(phase_bit, p->reasons[0].phases = 1u << 2)
SPOIL(backup_path, p->backups[0].backup = "https://b.good.test/v1")
SPOIL(backup_null, p->backups[0].origin = NULL)
SPOIL(backup_itself, p->backups[0].backup = p->backups[0].origin)
SPOIL(perform_short, (void)p; perform.struct_size = 16)
SPOIL(perform_null, (void)p; perform.perform = NULL)
SPOIL(token_null, (void)p; token.token = NULL)
SPOIL(upload_null, (void)p; upload.upload = NULL)
SPOIL(models_null, (void)p; models.list = NULL)
SPOIL(account_short, (void)p; account.struct_size = 16)
SPOIL(webhook_null, (void)p; webhook.verify = NULL)
SPOIL(embed_null, (void)p; embed.embed = NULL)
SPOIL(crypto_short, p->plugin.extension = crypto_extension;
      crypto.struct_size = 16)
SPOIL(crypto_null, p->plugin.extension = crypto_extension; crypto.sign = NULL)
SPOIL(crypto_cut, p->plugin.extension = crypto_extension;
      p->plugin.struct_size = offsetof(struct gamut_plugin, extension);
      p->plugin.providers = NULL)
/* What is unusual but right. */
SPOIL(grown, p->plugin.struct_size += 64; p->plugin.abi_minor = 3)
SPOIL(later_class, p->reasons[1].error_class = -19)
SPOIL(local, p->provider.base_url = "http://localhost:11434";
      p->credentials[1].origin = "http://127.0.0.1:8000")
SPOIL(declared_base, p->keys[2] = (struct gamut_key){ .name = "base_url",
        .env = "GOOD_URL", .type = GAMUT_URL })
SPOIL(empty, p->provider.keys.count = p->provider.credentials.count = 0;
      p->provider.keys.items = NULL)
SPOIL(no_provider, p->plugin.providers = NULL;
      p->plugin.extension = crypto_extension)
SPOIL(owned, p->credentials[0].header = NULL; p->credentials[0].value = NULL)

static const struct { const char *name, *part; void (*spoil)(struct parts *); }
rows[] = {
  { "nothing", NULL, nothing }, { "grown", NULL, grown },
  { "later class", NULL, later_class }, { "hundreds", NULL, hundreds },
  { "again", NULL, again }, { "local", NULL, local },
  { "declared base_url", NULL, declared_base }, { "empty", NULL, empty },
  { "headers", NULL, lines }, { "owned", NULL, owned }, { "an extension alone", NULL, no_provider },
  { "magic", "it is no gamut plugin (magic 47554d54, expected 54554d47)",
    magic },
  { "major", "it was built for ABI 7.0 and this is ABI 1.0", major },
  { "needs", "it needs ABI 1.1 at least", needs },
  { "short", "its struct has 24 bytes, expected ", shorty },
  { "huge", "its struct has 4294967295 bytes", huge },
  { "no name", "its name is '' but its file is called 'good'", no_name },
  { "other name", "its name is 'goo' but its file is called 'good'",
    other_name },
  { "version", "it has no version", version },
  { "license", "it has no license", license },
  { "no providers", "it brings neither a provider nor an ext", no_providers },
  { "none", "it brings neither a provider nor an ext", none },
  { "twice", "it brings the provider 'good' twice", twice },
  { "short provider", "a provider's struct has ",
    short_provider },
  { "upper", "not 'Good'", upper },
  { "long name", "at most 30 of a to z", long_name },
  { "no step", "provider 'good': it has no step()", no_step },
  { "base", "base_url 'ftp://good.test' is not an http or https URL", base },
  { "base query", "is not an http or https URL", base_query },
  { "stride", "table keys has rows of 0 bytes, expected ", stride },
  { "thin", "table reasons has rows of 8 bytes, expected ", thin },
  { "odd", "table keys has rows of ", odd },
  { "many", "table keys has 5000 rows, more than 4096", many },
  { "nowhere", "table phases has 2 rows at no address", nowhere },
  { "key name", "key 1 has no name of a to z, 0 to 9 and '_': 'Mode'",
    key_name },
  { "key null", "key 1 has no name", key_null },
  { "key twice", "key 'api_key' is declared twice", key_twice },
  { "use", "key 'use' has a name that the host uses", key_use },
  { "file", "key 'api_key_file' has a name that the host uses", key_file },
  { "type", "key 'mode' has an unknown type 42", key_type },
  { "env", "key 'wait' has no good names of variables: 'GOOD-WAIT'", key_env },
  { "env empty", "key 'wait' has no good names of variables", key_env_empty },
  { "no choices", "key 'mode' has nothing to choose from", no_choices },
  { "wrong choice", "key mode: 'best' is none of fast, good (from its preset)",
    wrong_choice },
  { "wrong preset", "key wait: '2 days' is not a time", wrong_preset },
  { "preset range", "'2m' is not within 0ms to 60000ms", preset_range },
  { "range", "key 'wait' has a minimum above its maximum", key_range },
  { "open headers", "key 'mode' holds headers and is no secret", open_headers },
  { "no headers", "credential '*' is not one key with headers: '{api_key}'",
    lines_of_no_headers },
  { "more than headers", "credential '*' is not one key with headers",
    lines_and_more },
  { "secret preset", "key 'api_key' is a secret with a preset", secret_preset },
  { "origin path", "'https://files.good.test/x' is not an origin",
    origin_path },
  { "open path", "'/v1' is not an origin", path_open },
  { "filled path", "'/{mode}/' is not an origin", path_filled },
  { "half a condition", "names {?api_key}, which is no key", half_condition },
  { "half of nothing", "names {:}, which is no key", half_of_none },
  { "origin http", "'http://files.good.test' is not an origin", origin_http },
  { "origin junk", "'files.good.test' is not an origin", origin_junk },
  { "no base", "credential 0 is for base_url, which has no preset", no_base },
  { "header", "'author ization' is no header to set", header },
  { "host", "'Host' is no header to set", host_header },
  { "no value", "credential 'authorization' has no value", no_value },
  { "brace open", "has broken braces: 'Key {api_key'", brace_open },
  { "brace close", "has broken braces", brace_close },
  { "brace empty", "has broken braces", brace_empty },
  { "line break", "credential 'authorization' is not printable ASCII",
    line_break },
  { "other key", "names {apikey}, which is no key", other_key },
  { "no token", "names {@token}, which is no key", no_token },
  { "phase", "phase 1 has no name", phase },
  { "status", "reason 1 has the status 42", status },
  { "sixth hundred", "reason 1 has the status 6", hundred },
  { "again and final", "reason 1 is repeated and must not be", again_final },
  { "again and blocked", "reason 0 is repeated and must not be",
    again_blocked },
  { "below", "reason 1 has the status -5", below },
  { "class 0", "reason 1 has the class 0, which no plugin may set",
    class_zero },
  { "host class", "reason 1 has the class -13", class_host },
  { "any reply", "reason 1 matches every reply", any_reply },
  { "path alone", "reason 0 has a path but no value", path_alone },
  { "phase bit", "reason 0 names a phase that is not declared", phase_bit },
  { "backup with a path", "backup 0: both must be origins", backup_path },
  { "backup of none", "backup 0: both must be origins", backup_null },
  { "backup of itself", "backup 0: 'https://good.test' is its own",
    backup_itself },
  { "short perform", "gamut.perform/1 is too short or empty", perform_short },
  { "null perform", "gamut.perform/1 is too short or empty", perform_null },
  { "null upload", "gamut.upload/1 is too short or empty", upload_null },
  { "short crypto", "gamut.crypto/1 is too short or empty", crypto_short },
  { "null crypto", "gamut.crypto/1 is too short or empty", crypto_null },
  { "extension behind the end", "it brings neither a provider nor an ext",
    crypto_cut },
  { "null models", "gamut.models/1 is too short or empty", models_null },
  { "short account", "gamut.account/1 is too short or empty", account_short },
  { "null webhook", "gamut.webhook/1 is too short or empty", webhook_null },
  { "null embed", "gamut.embed/1 is too short or empty", embed_null },
  { "null token", "gamut.token/1 is too short or empty", token_null },
};
/* clang-format on */

START_TEST(each_rule)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  struct parts p;
  int32_t rc;

  wire(&p);
  rows[_i].spoil(&p);
  rc = gm_plugin_check(&p.plugin, "good", &err);
  if (!rows[_i].part) {
    ck_assert_msg(rc == 0, "%s: %s", rows[_i].name, gm_error_text(&err));
    return;
  }
  ck_assert_msg(rc == GAMUT_E_PLUGIN, "%s: %d", rows[_i].name, rc);
  ck_assert_int_eq(err.error_class, GAMUT_E_PLUGIN);
  ck_assert_msg(strstr(gm_error_text(&err), rows[_i].part) != NULL, "%s: %s",
                rows[_i].name, gm_error_text(&err));
}
END_TEST

START_TEST(the_stem_of_a_file)
{
  struct parts p;

  wire(&p);
  p.plugin.name = "store_x";
  ck_assert_int_eq(gm_plugin_check(&p.plugin, "store-x", NULL), 0);
  ck_assert_int_eq(gm_plugin_check(&p.plugin, "store_x", NULL), 0);
  ck_assert_int_eq(gm_plugin_check(&p.plugin, "store-", NULL), GAMUT_E_PLUGIN);
}
END_TEST

START_TEST(no_provider_at_all)
{
  ck_assert_int_eq(gm_provider_check(NULL, NULL), GAMUT_E_PLUGIN);
}
END_TEST

START_TEST(rows_of_any_size)
{
  static const uint32_t thin[] = { 1, 2, 3, 4 };
  struct gamut_table t = { thin, 2, 8 };
  uint32_t tmp[4] = { 9, 9, 9, 9 };
  const uint32_t *row;

  row = gm_table_row(&t, 1, 8, tmp);
  ck_assert_ptr_eq(row, thin + 2);
  row = gm_table_row(&t, 1, 16, tmp);
  ck_assert_ptr_eq(row, tmp);
  ck_assert_uint_eq(row[0], 3);
  ck_assert_uint_eq(row[1], 4);
  ck_assert_uint_eq(row[2], 0);
  ck_assert_ptr_null(gm_table_row(&t, 2, 8, tmp));
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("check");

  tcase_add_loop_test(tc, each_rule, 0, GM_LEN(rows));
  tcase_add_test(tc, the_stem_of_a_file);
  tcase_add_test(tc, no_provider_at_all);
  tcase_add_test(tc, rows_of_any_size);
  return unit_run("check", tc);
}
