/* credential_key.c - is there a key, which is in use, and what is missing: what
 * the rows of credentials say of that before anything is sent. */
#include "base/str.h"
#include "plugin/plugin_private.h"
#include <stdio.h>
#include <string.h>

static bool is_secret(const struct gm_instance *i, const char *name)
{
  const struct gm_config_value *v = gm_config_find(i->config, name);

  return v && v->key.flags & GAMUT_KEY_SECRET;
}

/* Rows that carry no secret are no proof of who we are. */
static bool proves(const struct gm_instance *i,
                   const struct gamut_credential *c, bool *ret_token)
{
  const char *at = c->header && !gm_credential_is_lines(c) ? c->value : NULL,
             *second;
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
    if (!gm_credential_is_condition(piece.name))
      continue;
    v = gm_config_find(i->config, piece.name + 1);
    if (v && v->key.type == GAMUT_BOOL && !gm_credential_fits(i, &piece, false))
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

  for (row = 0; (c = gm_credential_at(i, row)); row++) {
    if ((!all && !gm_credential_is_for(i, c, i->base_origin)) ||
        !proves(i, c, &token) || switched_off(i, c))
      continue;
    /* A token is fetched when it is needed; that says what it lacks. */
    if (gm_credential_is_filled(i, c, true))
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

  for (row = 0; (c = gm_credential_at(i, row)); row++)
    if (gm_credential_is_for(i, c, i->base_origin) && proves(i, c, &token) &&
        !switched_off(i, c) && gm_credential_is_filled(i, c, true))
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

    if (*name && !gm_credential_is_condition(name)) {
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

  for (row = 0; (c = gm_credential_at(i, row)); row++) {
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

    if (!*name || (gm_credential_is_condition(name) &&
                   gm_credential_fits(i, &piece, false)))
      continue;
    if (!wants(c, name + (*name == '?')))
      return false;
  }
  return true;
}

/* Is an earlier row content with the same or less? */
static bool is_repeated(const struct gm_instance *i, uint32_t row, bool all)
{
  const struct gamut_credential *c = gm_credential_at(i, row), *earlier;
  uint32_t j;
  bool token;

  for (j = 0; j < row; j++) {
    earlier = gm_credential_at(i, j);
    if (proves(i, earlier, &token) && !switched_off(i, earlier) &&
        wants_all_of(i, c, earlier) &&
        (all || gm_credential_is_for(i, earlier, i->base_origin)))
      return true;
  }
  return false;
}

static void add_rows(const struct gm_instance *i, bool all, struct gm_buf *b)
{
  const struct gamut_credential *c;
  bool token;
  uint32_t row;

  for (row = 0; (c = gm_credential_at(i, row)); row++) {
    if ((!all && !gm_credential_is_for(i, c, i->base_origin)) ||
        !proves(i, c, &token) || is_repeated(i, row, all) || switched_off(i, c))
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
