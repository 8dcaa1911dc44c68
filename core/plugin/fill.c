/* fill.c - configuration values in the body of an exchange, put in as it is
 * sent (GAMUT_HTTP_FILL), so that no journal ever sees them.
 *
 *   {key}         a value, {key/member} one of the JSON file that a key names
 *   {<key}        the content of the file whose path that value is
 *   {<key#field}  a member of that content, which is JSON
 *
 * All of it escaped as in a form.  In a body that is JSON, where braces are
 * everywhere, only the string "{@secret}" counts: the secret that came with a
 * query.  What is missing fails the exchange. */
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "plugin/plugin_private.h"
#include <string.h>
#include <unistd.h>

#define BODY_MAX  (256u << 10)
#define TOKEN_MAX (64u << 10)
#define SECRET    "\"{@secret}\""

static int32_t add_value(const struct gm_instance *i, const char *name,
                         struct gm_buf *out, struct gm_error *err)
{
  const char *value = gm_instance_value(i, name, true);

  if (!value)
    return gm_fail(err, GAMUT_E_AUTH, "%s has no %s", i->name, name);
  gm_buf_add_escaped(out, value);
  return 0;
}

static void trim(struct gm_buf *b)
{
  while (b->len > 0 && strchr(" \t\r\n", b->data[b->len - 1]))
    b->data[--b->len] = '\0';
}

static int32_t add_field(const char *path, const char *field,
                         const struct gm_buf *text, struct gm_buf *out,
                         struct gm_error *err)
{
  _cleanup_json_ struct json_object *o =
    gm_json_parse_once(text->data, text->len, NULL, NULL);
  const char *value = gm_json_str(o, field, NULL);

  if (!value)
    return gm_fail(err, GAMUT_E_AUTH, "'%s' has no member '%s'", path, field);
  gm_buf_add_escaped(out, value);
  return 0;
}

/* A relative path means the present folder, or else that of the JSON file in
 * which it stands. */
static char *path_of(const struct gm_instance *i, char *name)
{
  const char *value = gm_instance_value(i, name, false), *file;
  _cleanup_free_ char *dir = NULL;
  char *slash = strchr(name, '/');

  if (!value || *value == '/' || !slash || access(value, F_OK) == 0)
    return gm_strdup(value);
  *slash = '\0';
  file = gm_instance_value(i, name, false);
  *slash = '/';
  dir = file ? gm_path_dir(file) : NULL;
  return dir ? gm_path_join(dir, value) : NULL;
}

static int32_t add_file(const struct gm_instance *i, char *name,
                        struct gm_buf *out, struct gm_error *err)
{
  _cleanup_(gm_wipe_buf) struct gm_buf text = GM_BUF_INIT(TOKEN_MAX);
  _cleanup_free_ char *path = NULL;
  char *field = strchr(name, '#');
  int32_t rc;

  if (field)
    *field++ = '\0';
  path = path_of(i, name);
  if (!path)
    return gm_fail(err, GAMUT_E_AUTH, "%s has no %s", i->name, name);
  rc = gm_file_read(path, &text, GAMUT_E_AUTH, err);
  if (rc)
    return rc;
  if (field)
    return add_field(path, field, &text, out, err);
  trim(&text);
  gm_buf_add_escaped(out, gm_buf_text(&text));
  return 0;
}

static int32_t fill_json(const struct gm_instance *i, const char *secret,
                         const char *body, struct gm_buf *out,
                         struct gm_error *err)
{
  const char *at;

  for (; (at = strstr(body, SECRET)); body = at + sizeof(SECRET) - 1) {
    if (!secret)
      return gm_fail(err, GAMUT_E_AUTH, "%s: no secret was given", i->name);
    gm_buf_addn(out, body, (size_t)(at - body));
    gm_buf_add_json(out, secret);
  }
  gm_buf_add(out, body);
  return 0;
}

static int32_t fill_form(const struct gm_instance *i, const char *at,
                         struct gm_buf *out, struct gm_error *err)
{
  struct gm_piece piece;
  int32_t rc = 0;

  while (!rc && gm_template_next(&at, &piece)) {
    gm_buf_addn(out, piece.text, piece.len);
    if (*piece.name == '<')
      rc = add_file(i, piece.name + 1, out, err);
    else if (*piece.name)
      rc = add_value(i, piece.name, out, err);
  }
  if (!rc && !at)
    rc =
      gm_fail(err, GAMUT_E_PLUGIN, "provider '%s' left a brace open", i->name);
  return rc;
}

int32_t gm_instance_fill(const struct gm_instance *i, const char *secret,
                         const char *body, size_t len, struct gm_buf *out,
                         struct gm_error *err)
{
  _cleanup_free_ char *text = gm_strndup(body, len);
  int32_t rc;

  gm_buf_init(out, BODY_MAX);
  if (!text)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a body");
  if (*text == '{' || *text == '[')
    rc = fill_json(i, secret, text, out, err);
  else
    rc = fill_form(i, text, out, err);
  if (!rc && gm_buf_failed(out))
    rc =
      gm_fail(err, GAMUT_E_AUTH, "the credentials of %s are too long", i->name);
  return rc;
}
