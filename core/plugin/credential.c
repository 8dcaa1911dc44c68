/* credential.c - which secret goes where.
 *
 * A row's header is filled in only for an exchange whose URL has the row's
 * origin, decided anew for each hop, by comparing what libcurl makes of both.
 * The filled text is written into the caller's buffer, which is wiped after the
 * send; nothing else ever holds it. */
#include "base/base64.h"
#include "base/str.h"
#include "plugin/plugin_private.h"
#include <stdio.h>
#include <string.h>

static const struct gamut_credential *row_at(const struct gm_instance *i,
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

static bool row_is_for(const struct gm_instance *i,
                       const struct gamut_credential *c, const char *origin)
{
  bool base = !c->origin || is_path(c);
  const char *known = base ? i->base_origin : kept(i, c)->origin;
  char own[GM_ORIGIN_SIZE];

  if (*known || base)
    return *known && strcmp(known, origin) == 0;
  return fill_origin(i, c->origin, own) && strcmp(own, origin) == 0;
}

/* ---- filling in ------------------------------------------------------------
 */

static const char *value_of(const struct gm_instance *i, const char *name)
{
  if (strcmp(name, GM_TOKEN_NAME) == 0)
    return i->token;
  return gm_instance_value(i, name, true);
}

/* {?key} and {!key} stand for nothing and only ask: is it set, a switch on? */
static bool is_condition(const char *name)
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

static bool fits(const struct gm_instance *i, const struct gm_piece *p,
                 bool token_comes)
{
  const char *name = p->name;

  if (is_condition(name))
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
    if (!fits(i, &piece, token_comes))
      return false;
  }
  return at != NULL;
}

/* Does the row count?  `token_comes`: a token can still be fetched. */
static bool is_filled(const struct gm_instance *i,
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

    c = row_at(i, n);
    if (!c->origin || strchr(c->origin, '{') ||
        !gm_url_origin(c->origin, row->origin))
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
    else if (*piece.name && !is_condition(piece.name))
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

  for (row = 0; i->has_paths && (c = row_at(i, row)); row++) {
    if (is_path(c) && is_below(i, c->origin, url) && is_filled(i, c, true))
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

static bool is_lines(const struct gamut_credential *c)
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

  for (row = 0; n > 0 && (c = row_at(i, row)); row++) {
    if (!is_lines(c) || !row_is_for(i, c, origin))
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
  for (row = 0; n < max && (c = row_at(i, row)); row++) {
    if (!c->header || is_lines(c) || !is_filled(i, c, false) ||
        !row_is_for(i, c, origin) || !is_for_path(i, c, url, has_own) ||
        has_header(out, n, c->header))
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
  for (row = 0; (c = row_at(i, row)); row++) {
    if (row_is_for(i, c, origin))
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
  for (row = 0; (c = row_at(i, row)); row++) {
    if (c->header && strstr(c->value, "{" GM_TOKEN_NAME "}") &&
        row_is_for(i, c, origin) && is_filled(i, c, true) &&
        is_for_path(i, c, url, has_own_row(i, url)))
      return true;
  }
  return false;
}

/* ---- is there a key? -------------------------------------------------------
 */

static bool is_secret(const struct gm_instance *i, const char *name)
{
  const struct gm_config_value *v = gm_config_find(i->config, name);

  return v && v->key.flags & GAMUT_KEY_SECRET;
}

/* Rows that carry no secret are no proof of who we are. */
static bool proves(const struct gm_instance *i,
                   const struct gamut_credential *c, bool *ret_token)
{
  const char *at = c->header && !is_lines(c) ? c->value : NULL, *second;
  char first[GM_PIECE_MAX];
  struct gm_piece piece;
  bool secret = false;

  *ret_token = false;
  while (gm_credential_next(&at, &piece)) {
    *ret_token |= strcmp(piece.name, GM_TOKEN_NAME) == 0;
    secret |= is_secret(i, piece.name);
    if (gm_template_pair(piece.name, first, &second))
      secret |= is_secret(i, first) || is_secret(i, second);
  }
  return secret || *ret_token;
}

/* Is it for the other position of a switch?  Then it is as good as not there.
 */
static bool switched_off(const struct gm_instance *i,
                         const struct gamut_credential *c)
{
  const struct gm_config_value *v;
  const char *at = c->value;
  struct gm_piece piece;

  while (gm_credential_next(&at, &piece)) {
    if (!is_condition(piece.name))
      continue;
    v = gm_config_find(i->config, piece.name + 1);
    if (v && v->key.type == GAMUT_BOOL && !fits(i, &piece, false))
      return true;
  }
  return false;
}

enum found { NONE_DECLARED, NONE_FILLED, FILLED };

/* Over the rows for the base origin, or over all. */
static enum found look_for_key(const struct gm_instance *i, bool all)
{
  const struct gamut_credential *c;
  enum found found = NONE_DECLARED;
  bool token;
  uint32_t row;

  for (row = 0; (c = row_at(i, row)); row++) {
    if ((!all && !row_is_for(i, c, i->base_origin)) || !proves(i, c, &token) ||
        switched_off(i, c))
      continue;
    /* A token is fetched when it is needed; that says what it lacks. */
    if (is_filled(i, c, true))
      return FILLED;
    found = NONE_FILLED;
  }
  return found;
}

/* The first row that would be sent. */
static const struct gamut_credential *row_in_use(const struct gm_instance *i)
{
  const struct gamut_credential *c;
  uint32_t row;
  bool token;

  for (row = 0; (c = row_at(i, row)); row++)
    if (row_is_for(i, c, i->base_origin) && proves(i, c, &token) &&
        !switched_off(i, c) && is_filled(i, c, true))
      return c;
  return NULL;
}

void gm_instance_set_proof(struct gm_instance *i)
{
  const struct gamut_credential *c = row_in_use(i);
  const char *at = c ? c->value : NULL;
  struct gm_piece piece;

  snprintf(i->proof, sizeof(i->proof), "%s", i->name);
  while (gm_credential_next(&at, &piece)) {
    const char *name = *piece.name == '=' ? piece.name + 1 : piece.name;

    if (*name && !is_condition(name)) {
      snprintf(i->proof, sizeof(i->proof), "%.31s.%.30s%s%s", i->name, name,
               i->slot[0] ? "#" : "", i->slot);
      break;
    }
  }
}

/* "api_key", or "api_key/member" of a JSON file. */
static bool is_about(const char *name, const char *key)
{
  size_t len = strlen(key);

  return strncmp(name, key, len) == 0 && (!name[len] || name[len] == '/');
}

bool gm_credential_uses(const struct gm_instance *i, const char *key)
{
  const struct gamut_credential *c;
  const char *at, *second;
  char first[GM_PIECE_MAX];
  struct gm_piece piece;
  uint32_t row;

  for (row = 0; (c = row_at(i, row)); row++) {
    at = c->value;
    while (gm_credential_next(&at, &piece)) {
      if (gm_template_pair(piece.name, first, &second)) {
        if (is_about(first, key) || is_about(second, key))
          return true;
      } else if (is_about(piece.name, key)) {
        return true;
      }
    }
  }
  return false;
}

static void add_name(const struct gm_instance *i, const char *name,
                     const char **before, struct gm_buf *b)
{
  if (!*name || !gm_config_find(i->config, name))
    return;
  gm_buf_add(b, *before);
  gm_config_how(i, name, b);
  *before = " and ";
}

/* "FAL_KEY_ID and FAL_KEY_SECRET" */
static void add_row(const struct gm_instance *i,
                    const struct gamut_credential *c, struct gm_buf *b)
{
  const char *at = c->value, *before = "", *second;
  char first[GM_PIECE_MAX], last[GM_PIECE_MAX] = "";
  struct gm_piece piece;

  while (gm_credential_next(&at, &piece)) {
    bool other_half = piece.half && strcmp(piece.name, last) == 0;

    if (gm_template_pair(piece.name, first, &second)) {
      add_name(i, first, &before, b);
      add_name(i, second, &before, b);
    } else if (!other_half) {
      add_name(i, piece.name + (*piece.name == '?'), &before, b);
    }
    memcpy(last, piece.name, sizeof(last));
  }
}

/* Does the row want this value, to fill it in or as a condition? */
static bool wants(const struct gamut_credential *c, const char *name)
{
  const char *at = c->value;
  struct gm_piece piece;

  while (gm_credential_next(&at, &piece)) {
    if (strcmp(piece.name + (*piece.name == '?'), name) == 0)
      return true;
  }
  return false;
}

/* Conditions that hold as things are ask for nothing. */
static bool wants_all_of(const struct gm_instance *i,
                         const struct gamut_credential *c,
                         const struct gamut_credential *other)
{
  const char *at = other->value;
  struct gm_piece piece;

  while (gm_credential_next(&at, &piece)) {
    const char *name = piece.name;

    if (!*name || (is_condition(name) && fits(i, &piece, false)))
      continue;
    if (!wants(c, name + (*name == '?')))
      return false;
  }
  return true;
}

/* Is an earlier row content with the same or less? */
static bool is_repeated(const struct gm_instance *i, uint32_t row, bool all)
{
  const struct gamut_credential *c = row_at(i, row), *earlier;
  uint32_t j;
  bool token;

  for (j = 0; j < row; j++) {
    earlier = row_at(i, j);
    if (proves(i, earlier, &token) && !switched_off(i, earlier) &&
        wants_all_of(i, c, earlier) &&
        (all || row_is_for(i, earlier, i->base_origin)))
      return true;
  }
  return false;
}

static void add_rows(const struct gm_instance *i, bool all, struct gm_buf *b)
{
  const struct gamut_credential *c;
  bool token;
  uint32_t row;

  for (row = 0; (c = row_at(i, row)); row++) {
    if ((!all && !row_is_for(i, c, i->base_origin)) || !proves(i, c, &token) ||
        is_repeated(i, row, all) || switched_off(i, c))
      continue;
    if (b->len > 0)
      gm_buf_add(b, ", or ");
    add_row(i, c, b);
  }
}

int32_t gm_instance_ready(const struct gm_instance *i, struct gm_error *err)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(GM_ERROR_MAX);
  const char *homepage = i->provider->def.homepage;
  enum found found = look_for_key(i, false);
  bool all = found == NONE_DECLARED;

  if (all)
    found = look_for_key(i, true);
  /* A server of the user's own may want no key, and says so if it does. */
  if (found != NONE_FILLED || i->own_base)
    return 0;
  add_rows(i, all, &b);
  return gm_fail(err, GAMUT_E_AUTH, "no key for %s: set %s%s%s%s", i->name,
                 gm_buf_text(&b), homepage ? " (" : "",
                 homepage ? homepage : "", homepage ? ")" : "");
}
