/* catalog_model.c - models as callers see them: the file's entry with the
 * overlays' members put over it.
 *
 * A model is made once and lives as long as the catalog, so that jobs may hold
 * it.  When a plugin brings its own text later, its models are made anew; the
 * old ones stay valid for those who have them.
 */
#include "base/str.h"
#include "route/catalog_private.h"
#include <gamut/plugin.h>
#include <string.h>

#define KEY_MAX (GM_WORD_MAX + 64)

bool gm_catalog_has(const struct json_object *array, const char *word)
{
  size_t i, n = gm_json_count(array, NULL);

  if (!json_object_is_type(array, json_type_array))
    return false;
  for (i = 0; i < n; i++) {
    if (gm_streq(gm_json_str(json_object_array_get_idx(array, i), NULL, NULL),
                 word))
      return true;
  }
  return false;
}

static const struct json_object *overlay_entry(const struct gm_overlay *o,
                                               const char *id)
{
  const struct json_object *models = gm_overlay_models(o);
  size_t i, n = gm_json_count(models, NULL);

  for (i = 0; i < n; i++) {
    const struct json_object *entry = json_object_array_get_idx(models, i);

    if (gm_streq(gm_json_str(entry, "id", NULL), id))
      return entry;
  }
  return NULL;
}

/* Put all members of `from` into `to`; shorthands add up. */
static bool put_members(struct json_object *to, const struct json_object *from)
{
  struct json_object_iterator it = json_object_iter_begin(gm_unconst(from));
  struct json_object_iterator end = json_object_iter_end(from);

  for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it)) {
    const char *name = json_object_iter_peek_name(&it);
    struct json_object *value = json_object_iter_peek_value(&it);

    if (json_object_object_add(to, name, json_object_get(value))) {
      json_object_put(value);
      return false;
    }
  }
  return true;
}

static bool add_names(struct json_object *to, const struct json_object *from)
{
  size_t i, n = gm_json_count(from, NULL);

  for (i = 0; i < n; i++) {
    struct json_object *name = json_object_array_get_idx(from, i);

    if (gm_catalog_has(to, gm_json_str(name, NULL, "")))
      continue;
    if (json_object_array_add(to, json_object_get(name))) {
      json_object_put(name);
      return false;
    }
  }
  return true;
}

/* A new object with the members of both, those of `over` where both have one.
 * NULL: no memory. */
static struct json_object *merge(const struct json_object *base,
                                 const struct json_object *over)
{
  _cleanup_json_ struct json_object *merged = json_object_new_object();
  struct json_object *names = json_object_new_array();

  if (!merged || !names || !add_names(names, gm_json_at(base, "names")) ||
      !add_names(names, gm_json_at(over, "names")) ||
      !put_members(merged, base) || !put_members(merged, over) ||
      json_object_object_add(merged, "names", names)) {
    json_object_put(names);
    return NULL;
  }
  return GM_TAKE(merged);
}

/* The entry from file and overlays; *ret NULL: nobody knows that id. */
static int32_t make_entry(struct gm_catalog *c, const char *provider,
                          const char *id, struct json_object **ret,
                          struct gm_error *err)
{
  _cleanup_json_ struct json_object *entry = NULL;
  struct json_object *base = NULL;
  struct gm_source *s;
  int32_t rc = 0;
  size_t i, at = 0;

  while (!rc && !base) {
    rc = gm_catalog_next(c, provider, &at, &s, err);
    if (rc || !s)
      break;
    rc = gm_source_by_id(s, id, &base, err);
  }
  if (rc)
    return rc;
  entry = json_object_get(base);
  for (i = 0; i < c->n_overlays; i++) {
    const struct gm_overlay *o = &c->overlays[i];
    const struct json_object *over =
      gm_streq(o->provider, provider) ? overlay_entry(o, id) : NULL;
    struct json_object *merged;

    if (!over)
      continue;
    merged = entry ? merge(entry, over) : json_object_get(gm_unconst(over));
    if (!merged)
      return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
    json_object_put(entry);
    entry = merged;
  }
  *ret = GM_TAKE(entry);
  return 0;
}

static bool make_key(char key[KEY_MAX], const char *provider, const char *id)
{
  size_t a = strlen(provider), b = strlen(id);

  if (a + b + 2 > KEY_MAX)
    return false;
  memcpy(key, provider, a);
  key[a] = '\n';
  memcpy(key + a + 1, id, b + 1);
  return true;
}

/* Takes `entry`. */
static struct gm_model_node *add_node(struct gm_catalog *c, const char *key,
                                      const char *provider,
                                      struct json_object *entry)
{
  struct gm_model_node *node = gm_zalloc(sizeof(*node));
  char *owned = gm_strdup(provider);

  if (!node || !owned || !gm_map_put(&c->models, key, node)) {
    json_object_put(entry);
    gm_free(owned);
    gm_free(node);
    return NULL;
  }
  node->pub.provider = owned;
  node->pub.id = gm_json_str(entry, "id", "");
  node->pub.entry = entry;
  node->next = c->nodes;
  c->nodes = node;
  return node;
}

/* Is something priced in credits alone? */
static bool needs_credits(const struct json_object *entry)
{
  const struct json_object *rows = gm_json_at(entry, "price");
  size_t i, n = gm_json_count(rows, NULL);

  for (i = 0; i < n; i++) {
    const struct json_object *row = json_object_array_get_idx(rows, i);

    if (gm_json_at(row, "credits") && !gm_json_at(row, "usd"))
      return true;
  }
  return false;
}

/* What a credit of the provider costs, by the last overlay that says so, else
 * by its file; 0: not known. */
static int32_t credit_usd(struct gm_catalog *c, const char *provider,
                          double *ret, struct gm_error *err)
{
  struct json_object *value = NULL;
  struct gm_source *s;
  size_t i, at = 0;
  int32_t rc = 0;

  for (i = c->n_overlays; i > 0 && !value; i--) {
    if (gm_streq(c->overlays[i - 1].provider, provider))
      value = gm_json_at(c->overlays[i - 1].doc, "credit_usd");
  }
  while (!rc && !value) {
    rc = gm_catalog_next(c, provider, &at, &s, err);
    if (rc || !s)
      break;
    rc = gm_source_member(s, "credit_usd", &value, err);
  }
  *ret = gm_json_real(value, NULL, 0);
  return rc;
}

int32_t gm_catalog_model(struct gm_catalog *c, const char *provider,
                         const char *id, const struct gm_model **ret,
                         struct gm_error *err)
{
  struct json_object *entry = NULL;
  struct gm_model_node *node;
  char key[KEY_MAX];
  double credit = 0;
  int32_t rc;

  *ret = NULL;
  if (!make_key(key, provider, id))
    return 0;
  node = gm_map_get(&c->models, key);
  if (!node) {
    rc = make_entry(c, provider, id, &entry, err);
    if (rc || !entry)
      return rc;
    if (needs_credits(entry))
      rc = credit_usd(c, provider, &credit, err);
    if (rc) {
      json_object_put(entry);
      return rc;
    }
    node = add_node(c, key, provider, entry);
    if (!node)
      return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
    node->pub.credit_usd = credit;
  }
  *ret = &node->pub;
  return 0;
}

void gm_catalog_forget(struct gm_catalog *c, const char *provider)
{
  const struct gm_model_node *node;
  char key[KEY_MAX];

  for (node = c->nodes; node; node = node->next) {
    if (gm_streq(node->pub.provider, provider) &&
        make_key(key, provider, node->pub.id))
      gm_map_remove(&c->models, key);
  }
  gm_map_finish(&c->memo);
  gm_free(c->all);
  c->all = NULL;
  c->n_all = 0;
  c->all_known = false;
}

/* ---- walking ------------------------------------------------------------ */

static int32_t list_one(struct gm_catalog *c, const char *provider,
                        const struct json_object *entry, struct gm_error *err)
{
  const char *id = gm_json_str(entry, "id", NULL);
  const struct gm_model *m = NULL;
  struct gm_model_node *node;
  int32_t rc = id ? gm_catalog_model(c, provider, id, &m, err) : 0;

  if (rc || !m)
    return rc;
  node = GM_CONTAINER(gm_unconst(m), struct gm_model_node, pub);
  if (node->listed)
    return 0;
  if ((c->n_all & (c->n_all - 1)) == 0) { /* room doubles */
    size_t size = c->n_all ? c->n_all * 2 : 1;
    struct gm_model **more =
      gm_realloc(c->all, size * sizeof(struct gm_model *));

    if (!more)
      return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
    c->all = more;
  }
  node->listed = true;
  c->all[c->n_all++] = &node->pub;
  return 0;
}

static int32_t list_source(struct gm_catalog *c, struct gm_source *s,
                           struct gm_error *err)
{
  struct json_object *entry;
  int32_t rc = 0;
  size_t i;

  for (i = 0; !rc; i++) {
    rc = gm_source_entry(s, i, &entry, err);
    if (rc || !entry)
      break;
    rc = list_one(c, s->provider, entry, err);
  }
  return rc ? rc : gm_catalog_follow(c, s, err);
}

static int32_t list_overlay(struct gm_catalog *c, const struct gm_overlay *o,
                            struct gm_error *err)
{
  const struct json_object *models = gm_overlay_models(o);
  size_t i, n = gm_json_count(models, NULL);
  int32_t rc = 0;

  for (i = 0; !rc && i < n; i++)
    rc = list_one(c, o->provider, json_object_array_get_idx(models, i), err);
  return rc;
}

int32_t gm_catalog_list(struct gm_catalog *c, struct gm_error *err)
{
  struct gm_model_node *node;
  int32_t rc = gm_catalog_open(c, err);
  size_t i;

  if (rc || c->all_known)
    return rc;
  c->n_all = 0; /* an earlier try may have found no memory */
  for (node = c->nodes; node; node = node->next)
    node->listed = false;
  for (i = 0; !rc && i < c->n_sources; i++)
    rc = list_source(c, c->sources[i], err);
  for (i = 0; !rc && i < c->n_overlays; i++)
    rc = list_overlay(c, &c->overlays[i], err);
  c->all_known = rc == 0;
  return rc;
}
