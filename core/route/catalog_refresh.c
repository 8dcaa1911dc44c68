/* catalog_refresh.c - what a vendor lists today becomes an overlay.
 *
 * The vendor's word wins, except for operations and notes: lists rarely tell
 * them well, and a curated entry knows better.  A price stays when it holds the
 * listed figures already, for it says besides when they count.  A model that a
 * list leaves out stays as it is: lists are of one key, and few are complete.
 * The file sorts before those that people write, so theirs win over it. */
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "route/catalog_private.h"
#include <errno.h>
#include <fcntl.h>
#include <gamut/plugin.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SOURCE "the vendor's list"

struct refresh {
  struct gm_catalog *c;
  const char *provider;
  struct json_object *schema;
  struct json_object *models, *added, *changed, *left_out;
  char today[11];
};

static bool put(struct json_object *o, const char *name, const char *text)
{
  return json_object_object_add(o, name, json_object_new_string(text)) == 0;
}

static void add_text(struct json_object *list, const char *text)
{
  json_object_array_add(list, json_object_new_string(text));
}

/* Does it make a catalog that would be read? */
static int32_t check(struct refresh *r, struct json_object *entry,
                     struct gm_error *err)
{
  _cleanup_json_ struct json_object *doc = json_object_new_object();
  struct json_object *list = json_object_new_array();

  json_object_array_add(list, json_object_get(entry));
  if (!put(doc, "provider", r->provider) ||
      json_object_object_add(doc, "models", list))
    return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
  return gm_schema_check(r->schema, doc, err);
}

static bool same_life(const struct gm_model *m, const struct json_object *entry)
{
  const char *life = gm_json_str(entry, "life", NULL);

  return !life || (gm_streq(life, gm_json_str(m->entry, "life", "available")) &&
                   gm_streq(gm_json_str(entry, "life_date", NULL),
                            gm_json_str(m->entry, "life_date", NULL)));
}

static bool has_row(const struct json_object *prices,
                    const struct json_object *row)
{
  size_t i, n = gm_json_count(prices, NULL);

  for (i = 0; i < n; i++) {
    const struct json_object *have = json_object_array_get_idx(prices, i);

    if (gm_streq(gm_json_str(have, "unit", NULL),
                 gm_json_str(row, "unit", NULL)) &&
        gm_json_real(have, "usd", -1) == gm_json_real(row, "usd", -1))
      return true;
  }
  return false;
}

static bool has_price(const struct json_object *known,
                      const struct json_object *listed)
{
  const struct json_object *rows = gm_json_at(listed, "price");
  size_t i, n = gm_json_count(rows, NULL);

  for (i = 0; i < n; i++)
    if (!has_row(gm_json_at(known, "price"),
                 json_object_array_get_idx(rows, i)))
      return false;
  return true;
}

/* What the entry says better than the list. */
static void keep_better(struct json_object *entry,
                        const struct json_object *known)
{
  json_object_object_add(entry, "operations",
                         json_object_get(gm_json_at(known, "operations")));
  if (gm_json_at(known, "note"))
    json_object_object_del(entry, "note");
  if (has_price(known, entry))
    json_object_object_del(entry, "price");
}

static int32_t take(struct refresh *r, const struct json_object *listed,
                    struct gm_error *err)
{
  _cleanup_(gm_error_finish) struct gm_error why = GM_ERROR_INIT;
  _cleanup_json_ struct json_object *entry = NULL;
  const char *id = gm_json_str(listed, "id", NULL);
  const struct gm_model *known = NULL;
  int32_t rc = 0;

  if (!id || json_object_deep_copy(gm_unconst(listed), &entry, NULL))
    return id ? gm_fail(err, GAMUT_E_NOMEM, "out of memory") : 0;
  rc = gm_catalog_model(r->c, r->provider, id, &known, err);
  if (rc)
    return rc;
  if (known)
    keep_better(entry, known->entry);
  put(entry, "source", SOURCE);
  put(entry, "checked", r->today);
  if (check(r, entry, &why)) {
    gm_debug(r->c->log, "%s: '%s' is left out: %s", r->provider, id,
             gm_error_text(&why));
    add_text(r->left_out, id);
    return 0;
  }
  if (!known)
    add_text(r->added, id);
  else if (!same_life(known, entry))
    add_text(r->changed, id);
  json_object_array_add(r->models, GM_TAKE(entry));
  return 0;
}

static int write_file(const char *path, const char *text, size_t len)
{
  _cleanup_(gm_buf_finish) struct gm_buf part = GM_BUF_INIT(8192);
  int fd, rc;

  gm_buf_addf(&part, "%s.part", path);
  if (gm_buf_failed(&part))
    return -ENOMEM;
  fd = open(part.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
            0666);
  if (fd < 0)
    return -errno;
  rc = gm_write_all(fd, text, len);
  if (rc == 0)
    rc = gm_sync(fd);
  if (close(fd) && rc == 0)
    rc = -errno;
  if (rc == 0 && rename(part.data, path))
    rc = -errno;
  if (rc)
    unlink(part.data);
  return rc;
}

/* A list that says nothing new about anything is still worth its date. */
static int32_t write_overlay(struct refresh *r, char **ret_path,
                             struct gm_error *err)
{
  _cleanup_json_ struct json_object *doc = json_object_new_object();
  _cleanup_(gm_buf_finish) struct gm_buf path = GM_BUF_INIT(4096);
  _cleanup_free_ char *usual = NULL;
  const char *folder = r->c->overlay_dir, *text;
  char why[128];
  size_t len;
  int rc;

  if (!folder)
    folder = usual = gm_path_xdg("XDG_CONFIG_HOME", ".config", "gamut/catalog");
  if (!folder)
    return gm_fail(err, GAMUT_E_STORAGE, "no home folder for the overlay");
  gm_buf_addf(&path, "%s/00-%s.json", folder, r->provider);
  put(doc, "provider", r->provider);
  json_object_object_add(doc, "models", json_object_get(r->models));
  text = gm_json_text(doc, &len);
  if (gm_buf_failed(&path) || !text)
    return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
  rc = gm_mkdirs(folder);
  if (rc == 0)
    rc = write_file(path.data, text, len);
  if (rc)
    return gm_fail(err, GAMUT_E_STORAGE, "cannot write '%s': %s", path.data,
                   strerror_r(-rc, why, sizeof(why)));
  *ret_path = gm_buf_take(&path);
  return 0;
}

static struct json_object *summary(struct refresh *r, const char *path)
{
  struct json_object *o = json_object_new_object();

  put(o, "provider", r->provider);
  put(o, "file", path);
  json_object_object_add(
    o, "models",
    json_object_new_int64((int64_t)json_object_array_length(r->models)));
  json_object_object_add(o, "added", json_object_get(r->added));
  json_object_object_add(o, "changed", json_object_get(r->changed));
  json_object_object_add(o, "left_out", json_object_get(r->left_out));
  return o;
}

static int32_t run(struct refresh *r, const struct json_object *list,
                   struct json_object **ret, struct gm_error *err)
{
  _cleanup_free_ char *path = NULL;
  size_t i, n = gm_json_count(list, NULL);
  int32_t rc = gm_catalog_open(r->c, err);

  if (rc == 0 && !json_object_is_type(list, json_type_array))
    rc = gm_fail(err, GAMUT_E_PLUGIN, "provider '%s' listed no models",
                 r->provider);
  if (rc == 0)
    r->schema = gm_catalog_schema(r->c, err);
  if (rc == 0 && !r->schema)
    rc = err->error_class;
  for (i = 0; i < n && rc == 0; i++)
    rc = take(r, json_object_array_get_idx(list, i), err);
  if (rc == 0)
    rc = write_overlay(r, &path, err);
  if (rc == 0)
    *ret = summary(r, path);
  return rc;
}

int32_t gm_catalog_refresh(struct gm_catalog *c, const char *provider,
                           const struct json_object *list,
                           struct json_object **ret, struct gm_error *err)
{
  char now[32];
  struct refresh r = { .c = c,
                       .provider = provider,
                       .models = json_object_new_array(),
                       .added = json_object_new_array(),
                       .changed = json_object_new_array(),
                       .left_out = json_object_new_array() };
  int32_t rc;

  gm_fmt_time(now, gm_wall_ms());
  memcpy(r.today, now, sizeof(r.today) - 1); /* 2026-11-28 */
  rc = run(&r, list, ret, err);
  json_object_put(r.schema);
  json_object_put(r.models);
  json_object_put(r.added);
  json_object_put(r.changed);
  json_object_put(r.left_out);
  return rc;
}
