/* key_file.c - keys whose value is the path of a JSON file (GAMUT_KEY_JSON):
 * credentials as Google's programs write them.
 *
 * The file is read once, with the configuration.  Its members are values then:
 * "key/member".  What is wrong with it is kept and told when a member is first
 * asked for, since another key may make the file needless; but a file that the
 * user named and that is not there is never taken for none.  Members called
 * private_key, client_secret and refresh_token are secrets wherever they stand.
 */
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "plugin/plugin_private.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX_BYTES (1u << 20)

bool gm_key_member_is_secret(const char *name)
{
  static const char *const names[] = { "private_key", "client_secret",
                                       "refresh_token" };
  const char *last = strrchr(name, '/');
  size_t i;

  last = last ? last + 1 : name;
  for (i = 0; i < GM_LEN(names); i++)
    if (strcmp(last, names[i]) == 0)
      return true;
  return false;
}

/* ---- secrets inside ----------------------------------------------------- */

typedef bool secret_fn(void *user, struct json_object *value);

/* Call `fn` for each secret string; false as soon as one call is. */
static bool each_secret(struct json_object *o, bool secret, secret_fn *fn,
                        void *user)
{
  struct json_object_iter it;
  size_t i;

  if (json_object_is_type(o, json_type_string) && secret)
    return fn(user, o);
  if (json_object_is_type(o, json_type_array)) {
    for (i = 0; i < json_object_array_length(o); i++)
      if (!each_secret(json_object_array_get_idx(o, i), secret, fn, user))
        return false;
  }
  if (!json_object_is_type(o, json_type_object))
    return true;
  json_object_object_foreachC(o, it)
  {
    if (!each_secret(it.val, secret || gm_key_member_is_secret(it.key), fn,
                     user))
      return false;
  }
  return true;
}

/* A log masks line by line, so a key in PEM is as many secrets as it has
 * lines. */
static bool mask_in_log(void *user, struct json_object *value)
{
  const char *s = json_object_get_string(value);
  bool ok = true;

  while (ok && *s) {
    size_t n = strcspn(s, "\r\n");
    char *line = gm_strndup(s, n);

    ok = line && (strstr(line, "-----") || gm_log_secret(user, line));
    gm_wipe_freep(&line);
    s += n + strspn(s + n, "\r\n");
  }
  return ok;
}

static bool wipe(void *user, struct json_object *value)
{
  (void)user;
  gm_wipe(gm_unconst(json_object_get_string(value)));
  return true;
}

static bool stop(void *user, struct json_object *value)
{
  (void)user;
  (void)value;
  return false;
}

void gm_key_file_finish(struct gm_config_value *v)
{
  each_secret(v->json, false, wipe, NULL);
  json_object_put(v->json);
  v->json = NULL;
  gm_free(GM_TAKE(v->broken));
}

/* ---- reading ------------------------------------------------------------ */

/* "~/..." is the user's home; "{key}/..." another value. */
static bool expand(const struct gm_config *c, const char *text,
                   struct gm_buf *out)
{
  const char *home = gm_env("HOME");
  const struct gm_config_value *v;
  struct gm_piece piece;

  while (gm_template_next(&text, &piece)) {
    if (piece.len > 1 && piece.text[0] == '~' && piece.text[1] == '/' &&
        out->len == 0) {
      if (!home)
        return false;
      gm_buf_add(out, home);
      gm_buf_addn(out, piece.text + 1, piece.len - 1);
    } else {
      gm_buf_addn(out, piece.text, piece.len);
    }
    v = *piece.name ? gm_config_find(c, piece.name) : NULL;
    if (*piece.name && (!v || !v->text || !expand(c, v->text, out)))
      return false;
  }
  return text && !gm_buf_failed(out);
}

/* The presets alone are templates: what a user names is a path as it stands. */
static char *path_of(const struct gm_config *c, const struct gm_config_value *v)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(8192);

  if (v->origin != GM_FROM_PRESET && v->text[0] != '~')
    return gm_strdup(v->text);
  if (!expand(c, v->text, &b))
    return NULL;
  return gm_buf_take(&b);
}

static void read_file(struct gm_config_value *v)
{
  struct gm_buf text = GM_BUF_INIT(FILE_MAX_BYTES);
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;

  if (gm_file_read(v->text, &text, GAMUT_E_AUTH, &err) == 0) {
    v->json = gm_json_parse_once(text.data, text.len, NULL, NULL);
    if (!json_object_is_type(v->json, json_type_object)) {
      json_object_put(v->json);
      v->json = NULL;
      gm_fail(&err, GAMUT_E_AUTH, "'%s' is no JSON object", v->text);
    }
  }
  if (!v->json) {
    gm_error_prefix(&err, "%s", v->key.name);
    v->broken = gm_strdup(gm_error_text(&err));
  }
  gm_wipe_buf(&text);
}

bool gm_key_file_read(const struct gm_config *c, struct gm_config_value *v,
                      struct gm_log *log)
{
  char *path = path_of(c, v);

  if (v->origin == GM_FROM_PRESET && (!path || access(path, F_OK) != 0)) {
    gm_free(path);
    gm_free(GM_TAKE(v->text));
    return true;
  }
  if (!path)
    return false;
  gm_free(v->text);
  v->text = path;
  read_file(v);
  return !log || each_secret(v->json, false, mask_in_log, log);
}

/* ---- members ------------------------------------------------------------ */

const char *gm_key_file_member(const struct gm_config_value *v,
                               const char *member, bool secret)
{
  struct json_object *o = gm_json_at(v->json, member);

  if (!o || (gm_key_member_is_secret(member) && !secret))
    return NULL;
  if (json_object_is_type(o, json_type_string))
    return *json_object_get_string(o) ? json_object_get_string(o) : NULL;
  return each_secret(o, false, stop, NULL) ? gm_json_text(o, NULL) : NULL;
}
