/* check.c - is this what it says it is?  A plugin's tables are read without
 * further care afterwards, so whatever can be seen from outside is looked at
 * here, once, in an order that never reads a member before it is known to be
 * there.  What cannot be seen (a wild pointer) is the plugin's crash.
 *
 * The same rules hold for a provider that the application registers. */
#include "base/str.h"
#include "loop/url.h"
#include "plugin/call_build.h"
#include "plugin/plugin_private.h"
#include <string.h>

#define ROWS_MAX   4096u
#define STRIDE_MAX 4096u
#define PHASES_MAX 32 /* as many as gamut_reason.phases has bits */

int32_t gm_plugin_bad(struct gm_error *err, const char *fmt, ...)
{
  va_list ap;

  va_start(ap, fmt);
  gm_vfail(err, GAMUT_E_PLUGIN, fmt, ap);
  va_end(ap);
  return GAMUT_E_PLUGIN;
}

/* ---- tables ----------------------------------------------------------------
 */

struct shape {
  const char *name;
  size_t min, align; /* of a row, as of minor 0 */
};

static int32_t check_table(const struct gamut_table *t, const struct shape *s,
                           struct gm_error *err)
{
  if (t->count == 0)
    return 0;
  if (!t->items)
    return gm_plugin_bad(err, "table %s has %u rows at no address", s->name,
                         t->count);
  if (t->count > ROWS_MAX)
    return gm_plugin_bad(err, "table %s has %u rows, more than %u", s->name,
                         t->count, ROWS_MAX);
  if (t->stride < s->min || t->stride > STRIDE_MAX || t->stride % s->align)
    return gm_plugin_bad(err, "table %s has rows of %u bytes, expected %zu",
                         s->name, t->stride, s->min);
  if ((uintptr_t)t->items % s->align)
    return gm_plugin_bad(err, "table %s is not aligned", s->name);
  return 0;
}

#define CHECK_TABLE(p, table, type, err)                                       \
  check_table(&(p)->table,                                                     \
              &(const struct shape){ #table, sizeof(type), _Alignof(type) },   \
              err)

static int32_t check_tables(const struct gamut_provider *p,
                            struct gm_error *err)
{
  int32_t rc;

  rc = CHECK_TABLE(p, keys, struct gamut_key, err);
  if (!rc)
    rc = CHECK_TABLE(p, credentials, struct gamut_credential, err);
  if (!rc)
    rc = CHECK_TABLE(p, phases, const char *, err);
  if (!rc)
    rc = CHECK_TABLE(p, reasons, struct gamut_reason, err);
  if (!rc)
    rc = CHECK_TABLE(p, backups, struct gamut_backup, err);
  return rc;
}

/* ---- keys ------------------------------------------------------------------
 */

static bool env_name_ok(const char *s)
{
  size_t i;

  for (i = 0; s[i]; i++) {
    bool letter = (s[i] >= 'A' && s[i] <= 'Z') || s[i] == '_';

    if (!letter && (i == 0 || s[i] < '0' || s[i] > '9'))
      return false;
  }
  return i > 0;
}

static bool env_list_ok(const char *list)
{
  char name[128];

  if (!list)
    return true;
  if (!*list ||
      strspn(list, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789 ") != strlen(list))
    return false;
  while (gm_env_next(&list, name, sizeof(name))) {
    if (!env_name_ok(name))
      return false;
  }
  return list[strspn(list, " ")] == '\0';
}

static const struct gamut_key *key_row(const struct gamut_provider *p,
                                       uint32_t i)
{
  return gm_table_row(&p->keys, i, sizeof(struct gamut_key), NULL);
}

/* The names that every provider has beside its own: where a secret may come
 * from instead, and what `use` means in the file. */
static bool is_reserved(const struct gamut_provider *p, const char *name)
{
  const struct gamut_key *k;
  uint32_t i;

  if (strcmp(name, "use") == 0)
    return true;
  for (i = 0; (k = key_row(p, i)); i++) {
    size_t len = k->name ? strlen(k->name) : 0;

    if (k->flags & GAMUT_KEY_SECRET && strncmp(name, k->name, len) == 0 &&
        (!strcmp(name + len, "_file") || !strcmp(name + len, "_command")))
      return true;
  }
  return false;
}

static int32_t check_key_name(const struct gamut_provider *p, uint32_t i,
                              struct gm_error *err)
{
  const struct gamut_key *k = key_row(p, i);
  uint32_t j;

  if (!gm_key_name_ok(k->name))
    return gm_plugin_bad(
      err, "key %u has no name of a to z, 0 to 9 and '_': '%.60s'", i,
      k->name ? k->name : "");
  for (j = 0; j < i; j++) {
    if (strcmp(key_row(p, j)->name, k->name) == 0)
      return gm_plugin_bad(err, "key '%s' is declared twice", k->name);
  }
  return 0;
}

static int32_t check_preset(const struct gamut_key *k, struct gm_error *err)
{
  _cleanup_(gm_error_finish) struct gm_error why = GM_ERROR_INIT;
  const struct gm_setting row = gm_setting_of_key(k, k->name);

  if (k->preset && gm_setting_check(&row, k->preset, "its preset", &why))
    return gm_plugin_bad(err, "key %s", gm_error_text(&why));
  return 0;
}

static int32_t check_key(const struct gamut_provider *p, uint32_t i,
                         struct gm_error *err)
{
  const struct gamut_key *k = key_row(p, i);

  if (is_reserved(p, k->name))
    return gm_plugin_bad(err, "key '%s' has a name that the host uses",
                         k->name);
  if (k->type < GAMUT_STRING || k->type > GAMUT_CHOICE)
    return gm_plugin_bad(err, "key '%s' has an unknown type %d", k->name,
                         (int)k->type);
  if (!env_list_ok(k->env))
    return gm_plugin_bad(
      err, "key '%s' has no good names of variables: '%.60s'", k->name, k->env);
  if (k->type == GAMUT_CHOICE && (!k->choices || !*k->choices))
    return gm_plugin_bad(err, "key '%s' has nothing to choose from", k->name);
  if (k->min > k->max)
    return gm_plugin_bad(err, "key '%s' has a minimum above its maximum",
                         k->name);
  if (k->flags & GAMUT_KEY_HEADERS && !(k->flags & GAMUT_KEY_SECRET))
    return gm_plugin_bad(err, "key '%s' holds headers and is no secret",
                         k->name);
  if (k->flags & GAMUT_KEY_SECRET && (k->preset || k->type != GAMUT_STRING))
    return gm_plugin_bad(
      err, "key '%s' is a secret with a preset, or no string", k->name);
  return check_preset(k, err);
}

static int32_t check_keys(const struct gamut_provider *p, struct gm_error *err)
{
  int32_t rc = 0;
  uint32_t i;

  for (i = 0; !rc && i < p->keys.count; i++)
    rc = check_key_name(p, i, err);
  for (i = 0; !rc && i < p->keys.count; i++)
    rc = check_key(p, i, err);
  return rc;
}

/* ---- credentials -----------------------------------------------------------
 */

/* A scheme and a host, nothing behind; plain http only near by. */
static bool origin_ok(const char *url)
{
  char origin[GM_ORIGIN_SIZE];
  const char *host;

  if (!gm_url_origin(url, origin))
    return false;
  host = strstr(url, "://");
  if (!host || strpbrk(host + 3, "/?#"))
    return false;
  return gm_url_is_https(url) || gm_url_host_is_private(url);
}

/* "/v1/": what lies below it at base_url. */
static bool path_ok(const char *path)
{
  size_t len = strlen(path);

  return path[0] == '/' && path[len - 1] == '/' && !strpbrk(path, "{}?#%");
}

/* A key, or a member of the JSON file that a key names. */
static bool names_key(const struct gamut_key *k, const char *name)
{
  size_t len = strcspn(name, "/");

  return strncmp(k->name, name, len) == 0 && !k->name[len] &&
         (!name[len] || (k->flags & GAMUT_KEY_JSON && name[len + 1]));
}

static bool is_value_name(const struct gamut_provider *p, const char *name)
{
  char first[GM_PIECE_MAX];
  const struct gamut_key *k;
  const char *second;
  uint32_t i;

  if (gm_template_pair(name, first, &second))
    return is_value_name(p, first) && is_value_name(p, second);

  if (strcmp(name, GM_TOKEN_NAME) == 0)
    return p->extension && p->extension(GAMUT_EXT_TOKEN);
  if (strcmp(name, "base_url") == 0)
    return true;
  for (i = 0; (k = key_row(p, i)); i++) {
    if (names_key(k, name))
      return true;
  }
  return false;
}

/* "https://{region}.example.com": parts that are configuration.  A secret is
 * sent there, so it is https, or only said to be the vendor's own. */
static int32_t check_filled_origin(const struct gamut_provider *p,
                                   const struct gamut_credential *c,
                                   struct gm_error *err)
{
  const char *at = c->origin;
  struct gm_piece piece;

  if (!gm_starts(at, "https://") && (c->header || !gm_starts(at, "http://")))
    return gm_plugin_bad(err, "credential '%s': '%.100s' is not an origin",
                         c->header ? c->header : "", c->origin);
  while (gm_template_next(&at, &piece)) {
    if (*piece.name && !is_value_name(p, piece.name))
      return gm_plugin_bad(err, "origin '%.100s' names {%s}, which is no key",
                           c->origin, piece.name);
  }
  return at
           ? 0
           : gm_plugin_bad(err, "origin '%.100s' has broken braces", c->origin);
}

static int32_t check_template(const struct gamut_provider *p,
                              const struct gamut_credential *c,
                              struct gm_error *err)
{
  const char *at = c->value, *name;
  struct gm_piece piece;
  size_t i;

  while (gm_credential_next(&at, &piece)) {
    for (i = 0; i < piece.len; i++) {
      if (piece.text[i] < 0x20 || piece.text[i] > 0x7e)
        return gm_plugin_bad(err, "credential '%s' is not printable ASCII",
                             c->header);
    }
    name = piece.name;
    if (!piece.half) /* a condition is about all of a value */
      name += *name == '?' || *name == '!';
    if (*piece.name && !is_value_name(p, name))
      return gm_plugin_bad(err, "credential '%s' names {%s}, which is no key",
                           c->header, piece.name);
  }
  if (!at)
    return gm_plugin_bad(err, "credential '%s' has broken braces: '%.80s'",
                         c->header, c->value);
  return 0;
}

/* A row for "*" sends what one key with GAMUT_KEY_HEADERS holds, as it is. */
static int32_t check_lines_row(const struct gamut_provider *p,
                               const struct gamut_credential *c,
                               struct gm_error *err)
{
  const char *at = c->value;
  const struct gamut_key *k;
  struct gm_piece piece;
  uint32_t i;

  if (gm_template_next(&at, &piece) && piece.len == 0 && !*at)
    for (i = 0; (k = key_row(p, i)); i++)
      if (strcmp(k->name, piece.name) == 0 && k->flags & GAMUT_KEY_HEADERS)
        return 0;
  return gm_plugin_bad(
    err, "credential '*' is not one key with headers: '%.80s'", c->value);
}

static int32_t check_credential(const struct gamut_provider *p, uint32_t i,
                                struct gm_error *err)
{
  const struct gamut_credential *c =
    gm_table_row(&p->credentials, i, sizeof(*c), NULL);

  int32_t rc = 0;

  if (c->origin && strchr(c->origin, '{'))
    rc = check_filled_origin(p, c, err);
  else if (c->origin && !path_ok(c->origin) && !origin_ok(c->origin))
    rc = gm_plugin_bad(
      err, "credential %u: '%.100s' is not an origin (https://host)", i,
      c->origin);
  if (rc)
    return rc;
  if ((!c->origin || *c->origin == '/') && !p->base_url)
    return gm_plugin_bad(
      err, "credential %u is for base_url, which has no preset", i);
  if (!c->header)
    return 0;
  if (!gm_header_name_ok(c->header) || gm_header_is_ours(c->header))
    return gm_plugin_bad(err, "credential %u: '%.60s' is no header to set", i,
                         c->header);
  if (!c->value || !*c->value)
    return gm_plugin_bad(err, "credential '%s' has no value", c->header);
  if (strcmp(c->header, "*") == 0)
    return check_lines_row(p, c, err);
  return check_template(p, c, err);
}

/* ---- phases and reasons ----------------------------------------------------
 */

static int32_t check_phases(const struct gamut_provider *p,
                            struct gm_error *err)
{
  const char *const *name;
  uint32_t i;

  if (p->phases.count > PHASES_MAX)
    return gm_plugin_bad(err, "%u phases are more than %d", p->phases.count,
                         PHASES_MAX);
  for (i = 0; (name = gm_table_row(&p->phases, i, sizeof(*name), NULL)); i++) {
    if (!*name || !**name)
      return gm_plugin_bad(err, "phase %u has no name", i);
  }
  return 0;
}

static bool class_ok(int32_t error_class)
{
  /* Classes of a later minor are negative as well; the host treats them as
   * PROVIDER.  Those that only the host may set are none of a plugin's. */
  return error_class < 0 && error_class > -1000 &&
         (gm_class_is_providers(error_class) || error_class < GAMUT_E_STORAGE);
}

/* What is to be repeated is neither final nor perhaps done, nor refused for its
 * content. */
static bool again_ok(const struct gamut_reason *r)
{
  const uint32_t others = GAMUT_REASON_FINAL | GAMUT_REASON_DOUBTFUL;

  return !(r->flags & GAMUT_REASON_AGAIN) ||
         (!(r->flags & others) && r->error_class != GAMUT_E_BLOCKED);
}

/* None, a hundred, or one. */
static bool status_ok(int32_t status)
{
  return (status >= 0 && status <= 5) || (status >= 100 && status <= 599);
}

static int32_t check_reason(const struct gamut_provider *p, uint32_t i,
                            struct gm_error *err)
{
  const struct gamut_reason *r = gm_table_row(&p->reasons, i, sizeof(*r), NULL);

  if (!status_ok(r->status))
    return gm_plugin_bad(err, "reason %u has the status %d", i, (int)r->status);
  if (!class_ok(r->error_class) && (r->error_class != GAMUT_OK || !r->path))
    return gm_plugin_bad(err,
                         "reason %u has the class %d, which no plugin may set",
                         i, (int)r->error_class);
  if (!r->path && !r->status)
    return gm_plugin_bad(err, "reason %u matches every reply", i);
  if (r->path && !r->value)
    return gm_plugin_bad(err, "reason %u has a path but no value", i);
  if (!again_ok(r))
    return gm_plugin_bad(err, "reason %u is repeated and must not be", i);
  if (p->phases.count < PHASES_MAX && r->phases >> p->phases.count)
    return gm_plugin_bad(err, "reason %u names a phase that is not declared",
                         i);
  return 0;
}

static bool is_plain_origin(const char *s)
{
  char origin[GM_ORIGIN_SIZE];

  return s && gm_url_origin(s, origin) && strcmp(s, origin) == 0;
}

static int32_t check_backup(const struct gamut_provider *p, uint32_t i,
                            struct gm_error *err)
{
  const struct gamut_backup *b = gm_table_row(&p->backups, i, sizeof(*b), NULL);

  if (!is_plain_origin(b->origin) || !is_plain_origin(b->backup))
    return gm_plugin_bad(err, "backup %u: both must be origins as https://host",
                         i);
  if (strcmp(b->origin, b->backup) == 0)
    return gm_plugin_bad(err, "backup %u: '%.100s' is its own", i, b->origin);
  return 0;
}

static int32_t check_rows(const struct gamut_provider *p, struct gm_error *err)
{
  int32_t rc;
  uint32_t i;

  rc = check_keys(p, err);
  for (i = 0; !rc && i < p->credentials.count; i++)
    rc = check_credential(p, i, err);
  if (!rc)
    rc = check_phases(p, err);
  for (i = 0; !rc && i < p->reasons.count; i++)
    rc = check_reason(p, i, err);
  for (i = 0; !rc && i < p->backups.count; i++)
    rc = check_backup(p, i, err);
  return rc;
}

/* ---- a provider ------------------------------------------------------------
 */

/* Groups of functions: each reaches as far as its first version did, and has
 * the one function that it is for (the account has none that is more than
 * others). */
#define GROUP(id, type, last)                                                  \
  {                                                                            \
    id, GM_END_OF(type, last), offsetof(struct type, last)                     \
  }
static const struct {
  const char *id;
  size_t size, function;
} groups[] = {
  GROUP(GAMUT_EXT_PERFORM, gamut_perform, perform),
  GROUP(GAMUT_EXT_TOKEN, gamut_token, token),
  GROUP(GAMUT_EXT_UPLOAD, gamut_upload, upload),
  GROUP(GAMUT_EXT_MODELS, gamut_models, list),
  GROUP(GAMUT_EXT_WEBHOOK, gamut_webhook, verify),
  GROUP(GAMUT_EXT_EMBED, gamut_embed, embed),
  { GAMUT_EXT_ACCOUNT, GM_END_OF(gamut_account, health), 0 },
};

static int32_t check_extensions(const struct gamut_provider *p,
                                struct gm_error *err)
{
  gamut_fn *function = NULL;
  const char *group;
  size_t i;

  for (i = 0; p->extension && i < GM_LEN(groups); i++) {
    group = p->extension(groups[i].id);
    if (!group)
      continue;
    if (*(const uint32_t *)(const void *)group >= groups[i].size &&
        groups[i].function)
      memcpy(&function, group + groups[i].function, sizeof(function));
    if (*(const uint32_t *)(const void *)group < groups[i].size ||
        (groups[i].function && !function))
      return gm_plugin_bad(err, "its %s is too short or empty", groups[i].id);
  }
  return 0;
}

static int32_t check_base_url(const struct gamut_provider *p,
                              struct gm_error *err)
{
  char origin[GM_ORIGIN_SIZE];

  if (!p->base_url)
    return 0;
  if (!gm_url_origin(p->base_url, origin) || strpbrk(p->base_url, "?#"))
    return gm_plugin_bad(err, "base_url '%.100s' is not an http or https URL",
                         p->base_url);
  return 0;
}

/* The head: what the sentences about all the rest begin with. */
static int32_t check_head(const struct gamut_provider *p, struct gm_error *err)
{
  if (!p)
    return gm_plugin_bad(err, "there is no provider");
  if (p->struct_size < GM_END_OF(gamut_provider, step) ||
      p->struct_size > GM_STRUCT_MAX)
    return gm_plugin_bad(err, "a provider's struct has %u bytes, expected %zu",
                         p->struct_size, sizeof(*p));
  if (!gm_provider_name_ok(p->name))
    return gm_plugin_bad(
      err,
      "a provider's name is a letter, then at most %d of a to z, 0 to "
      "9, '_' and '-', not '%.60s'",
      GM_NAME_MAX - 1, p->name ? p->name : "");
  return 0;
}

int32_t gm_provider_check(const struct gamut_provider *p, struct gm_error *err)
{
  struct gamut_provider copy = { 0 };
  int32_t rc;

  rc = check_head(p, err);
  if (rc)
    return rc;
  /* From here on members that a shorter struct lacks read as zero. */
  memcpy(&copy, p, GM_MIN((size_t)p->struct_size, sizeof(copy)));
  if (!copy.step)
    rc = gm_plugin_bad(err, "it has no step()");
  if (!rc)
    rc = check_base_url(&copy, err);
  if (!rc)
    rc = check_tables(&copy, err);
  if (!rc)
    rc = check_extensions(&copy, err);
  if (!rc)
    rc = check_rows(&copy, err);
  if (rc)
    gm_error_prefix(err, "provider '%s'", copy.name);
  return rc;
}
