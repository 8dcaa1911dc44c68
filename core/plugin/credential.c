/* credential.c - which secret goes where.
 *
 * A row's header is filled in only for an exchange whose URL has the row's
 * origin, decided anew for each hop, by comparing what libcurl makes of both.
 * The filled text is written into the caller's buffer, which is wiped after the
 * send; nothing else ever holds it. */
#include "base/base64.h"
#include "base/str.h"
#include "plugin/plugin_private.h"
#include <string.h>

const struct gamut_credential *gm_credential_at(const struct gm_instance *i,
                                                uint32_t n)
{
  return gm_table_row(&i->provider->def.credentials, n,
                      sizeof(struct gamut_credential), NULL);
}

/* What may stand for a part of an origin: a host, with its port; of a URL its
 * host, whatever its scheme: that of the origin counts. */
static bool add_host(struct gm_buf *b, const char *value)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:";
  const char *host = value ? strstr(value, "://") : NULL;
  size_t len;

  if (!value)
    return false;
  host = host ? host + 3 : value;
  len = strspn(host, letters);
  if (len == 0 || (host[len] && (host == value || host[len] != '/')))
    return false;
  gm_buf_addn(b, host, len);
  return true;
}

/* "https://{location}-aiplatform.googleapis.com" */
static bool fill_origin(const struct gm_instance *i, const char *at,
                        char origin[GM_ORIGIN_SIZE])
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(GM_ORIGIN_SIZE);
  struct gm_piece piece;

  while (gm_template_next(&at, &piece)) {
    gm_buf_addn(&b, piece.text, piece.len);
    if (*piece.name && !add_host(&b, gm_instance_value(i, piece.name, false)))
      return false;
  }
  return at && !gm_buf_failed(&b) && gm_url_origin(gm_buf_text(&b), origin);
}

/* What was found when the instance was made. */
static const struct gm_credential_row *kept(const struct gm_instance *i,
                                            const struct gamut_credential *c)
{
  const struct gamut_table *t = &i->provider->def.credentials;
  size_t at = (size_t)((const char *)c - (const char *)t->items);

  return &i->rows[at / t->stride];
}

static bool is_path(const struct gamut_credential *c)
{
  return c->origin && *c->origin == '/';
}

bool gm_credential_is_for(const struct gm_instance *i,
                          const struct gamut_credential *c, const char *origin)
{
  bool base = !c->origin || is_path(c);
  const char *own = base ? i->base_origin : kept(i, c)->origin;

  return *own && strcmp(own, origin) == 0;
}

/* ---- filling in ------------------------------------------------------------
 */

static const char *value_of(const struct gm_instance *i, const char *name)
{
  if (strcmp(name, GM_TOKEN_NAME) == 0)
    return i->token;
  return gm_instance_value(i, name, true);
}

bool gm_credential_is_condition(const char *name)
{
  return *name == '?' || *name == '!';
}

static void add_pair(const struct gm_instance *i, const char *name,
                     struct gm_buf *out)
{
  _cleanup_(gm_wipe_buf) struct gm_buf both = GM_BUF_INIT(16384);
  char first[GM_PIECE_MAX];
  const char *second;

  if (!gm_template_pair(name, first, &second))
    return;
  gm_buf_addf(&both, "%s:%s", value_of(i, first), value_of(i, second));
  gm_base64_add(out, gm_buf_text(&both), both.len);
}

static bool has_pair(const struct gm_instance *i, const char *name)
{
  char first[GM_PIECE_MAX];
  const char *second;

  return gm_template_pair(name, first, &second) && value_of(i, first) &&
         value_of(i, second);
}

static bool is_set(const struct gm_instance *i, const char *name)
{
  const struct gm_config_value *v = gm_config_find(i->config, name);
  const char *value = gm_instance_value(i, name, true);
  bool on = true;

  if (value && v && v->key.type == GAMUT_BOOL)
    return gm_parse_bool(value, &on) && on;
  return value != NULL;
}

static void add_half(const struct gm_instance *i, const struct gm_piece *p,
                     struct gm_buf *out)
{
  const char *value = value_of(i, p->name), *colon = gm_template_parting(value);

  if (p->half == GM_BEFORE)
    gm_buf_addn(out, value, (size_t)(colon - value));
  else
    gm_buf_add(out, colon + 1);
}

bool gm_credential_fits(const struct gm_instance *i, const struct gm_piece *p,
                        bool token_comes)
{
  const char *name = p->name;

  if (gm_credential_is_condition(name))
    return is_set(i, name + 1) == (*name == '?');
  if (*name == '=')
    return has_pair(i, name);
  if (token_comes && strcmp(name, GM_TOKEN_NAME) == 0)
    return true;
  if (p->half)
    return gm_template_parting(value_of(i, name));
  return !*name || value_of(i, name);
}

static bool all_fit(const struct gm_instance *i,
                    const struct gamut_credential *c, bool token_comes)
{
  const char *at = c->value;
  struct gm_piece piece;

  while (gm_credential_next(&at, &piece)) {
    if (!gm_credential_fits(i, &piece, token_comes))
      return false;
  }
  return at != NULL;
}

bool gm_credential_is_filled(const struct gm_instance *i,
                             const struct gamut_credential *c, bool token_comes)
{
  const struct gm_credential_row *row = kept(i, c);

  return row->has_token ? all_fit(i, c, token_comes) : row->is_filled;
}

bool gm_instance_set_rows(struct gm_instance *i)
{
  uint32_t n = i->provider->def.credentials.count;
  const struct gamut_credential *c;

  i->rows = gm_zalloc(n * sizeof(*i->rows));
  while (i->rows && n-- > 0) {
    struct gm_credential_row *row = &i->rows[n];

    c = gm_credential_at(i, n);
    if (!c->origin || !fill_origin(i, c->origin, row->origin))
      row->origin[0] = '\0';
    row->has_token = c->value && strstr(c->value, GM_TOKEN_NAME);
    row->is_filled = all_fit(i, c, false);
    i->has_paths |= is_path(c);
  }
  return i->rows;
}

static void fill(const struct gm_instance *i, const struct gamut_credential *c,
                 struct gm_buf *text)
{
  const char *at = c->value;
  struct gm_piece piece;

  while (gm_credential_next(&at, &piece)) {
    gm_buf_addn(text, piece.text, piece.len);
    if (*piece.name == '=')
      add_pair(i, piece.name, text);
    else if (piece.half)
      add_half(i, &piece, text);
    else if (*piece.name && !gm_credential_is_condition(piece.name))
      gm_buf_add(text, value_of(i, piece.name));
  }
  gm_buf_addc(text, '\0');
}

/* ---- paths of base_url -----------------------------------------------------
 */

static const char *path_of(const char *url)
{
  const char *host = strstr(url, "://");

  return host ? host + 3 + strcspn(host + 3, "/?#") : "";
}

static bool is_below(const struct gm_instance *i, const char *path,
                     const char *url)
{
  const char *base = path_of(i->base_url), *at = path_of(url);
  size_t len = strcspn(base, "?#");

  return strncmp(at, base, len) == 0 && gm_starts(at + len, path);
}

/* Is there a row of its own for where the URL is? */
static bool has_own_row(const struct gm_instance *i, const char *url)
{
  const struct gamut_credential *c;
  uint32_t row;

  for (row = 0; i->has_paths && (c = gm_credential_at(i, row)); row++) {
    if (is_path(c) && is_below(i, c->origin, url) &&
        gm_credential_is_filled(i, c, true))
      return true;
  }
  return false;
}

/* Of the rows for an origin, those that count for this URL. */
static bool is_for_path(const struct gm_instance *i,
                        const struct gamut_credential *c, const char *url,
                        bool has_own)
{
  if (is_path(c))
    return is_below(i, c->origin, url);
  return c->origin || !has_own;
}

/* ---- what is sent ---------------------------------------------------------
 */

static bool has_header(const struct gm_header *out, size_t n, const char *name)
{
  size_t j;

  for (j = 0; j < n; j++) {
    if (gm_strieq(out[j].name, name))
      return true;
  }
  return false;
}

/* The texts follow one another in the buffer, which may have moved while it
 * grew.  Headers of the user's own have their values. */
static size_t place(struct gm_header *out, size_t n, const char *text)
{
  size_t j;

  for (j = 0; j < n; j++) {
    if (out[j].value)
      continue;
    out[j].value = text;
    text += strlen(text) + 1;
  }
  return n;
}

bool gm_credential_is_lines(const struct gamut_credential *c)
{
  return c->header && strcmp(c->header, "*") == 0;
}

/* The user's own come first, so that they replace what rows would send. */
static size_t add_own(const struct gm_instance *i, const char *origin,
                      struct gm_header *out, size_t max)
{
  const struct gamut_credential *c;
  size_t n = GM_MIN(i->headers.n, max);
  uint32_t row;

  for (row = 0; n > 0 && (c = gm_credential_at(i, row)); row++) {
    if (!gm_credential_is_lines(c) || !gm_credential_is_for(i, c, origin))
      continue;
    memcpy(out, i->headers.items, n * sizeof(*out));
    return n;
  }
  return 0;
}

size_t gm_instance_authorize(const struct gm_instance *i, const char *url,
                             struct gm_header *out, size_t max,
                             struct gm_buf *text)
{
  const struct gamut_credential *c;
  char origin[GM_ORIGIN_SIZE];
  size_t n, from = text->len;
  bool has_own;
  uint32_t row;

  if (!gm_backup_home(i, url, origin))
    return 0;
  has_own = has_own_row(i, url);
  n = add_own(i, origin, out, max);
  for (row = 0; n < max && (c = gm_credential_at(i, row)); row++) {
    if (!c->header || gm_credential_is_lines(c) ||
        !gm_credential_is_filled(i, c, false) ||
        !gm_credential_is_for(i, c, origin) ||
        !is_for_path(i, c, url, has_own) || has_header(out, n, c->header))
      continue;
    fill(i, c, text);
    out[n++] = (struct gm_header){ .name = c->header };
  }
  return n == 0 || gm_buf_failed(text) ? 0 : place(out, n, text->data + from);
}

bool gm_instance_owns(const struct gm_instance *i, const char *url)
{
  const struct gamut_credential *c;
  char origin[GM_ORIGIN_SIZE];
  uint32_t row;

  if (!gm_backup_home(i, url, origin))
    return false;
  if (strcmp(origin, i->base_origin) == 0)
    return true;
  for (row = 0; (c = gm_credential_at(i, row)); row++) {
    if (gm_credential_is_for(i, c, origin))
      return true;
  }
  return false;
}

bool gm_instance_wants_token(const struct gm_instance *i, const char *url)
{
  const struct gamut_credential *c;
  char origin[GM_ORIGIN_SIZE];
  uint32_t row;

  if (!gm_backup_home(i, url, origin))
    return false;
  for (row = 0; (c = gm_credential_at(i, row)); row++) {
    if (c->header && strstr(c->value, "{" GM_TOKEN_NAME "}") &&
        gm_credential_is_for(i, c, origin) &&
        gm_credential_is_filled(i, c, true) &&
        is_for_path(i, c, url, has_own_row(i, url)))
      return true;
  }
  return false;
}
