/* catalog.c - what the rest asks the catalog: by name, by pattern, by default,
 * by family.
 *
 * Who is meant by a word: the user's overlays come first, since they are the
 * user's last word.  Among the files a model's own id beats a shorthand of
 * another, a shorthand in a model's entry beats an alias in a file's "names",
 * and of equals the first file in alphabetical order has it.
 */
#include "route/catalog.h"
#include "base/str.h"
#include "route/catalog_private.h"
#include <gamut/plugin.h>
#include <string.h>

int32_t gm_catalog_new(const char *path, const char *overlay,
                       struct gm_log *log, struct gm_catalog **ret)
{
  _cleanup_(gm_catalog_freep) struct gm_catalog *c = gm_zalloc(sizeof(*c));

  if (!c)
    return GAMUT_E_NOMEM;
  c->log = log;
  gm_buf_init(&c->scratch,
              SIZE_MAX / 2); /* files have a ceiling of their own */
  c->parser = gm_json_parser_new();
  c->path = gm_strdup(path);
  c->overlay_dir = gm_strdup(overlay);
  if (!c->parser || (path && !c->path) || (overlay && !c->overlay_dir))
    return GAMUT_E_NOMEM;
  *ret = GM_TAKE(c);
  return 0;
}

static void free_nodes(struct gm_model_node *node)
{
  while (node) {
    struct gm_model_node *next = node->next;

    json_object_put(node->pub.entry);
    gm_free(gm_unconst(node->pub.provider));
    gm_free(node);
    node = next;
  }
}

void gm_catalog_free(struct gm_catalog *c)
{
  size_t i;

  if (!c)
    return;
  free_nodes(c->nodes);
  gm_map_finish(&c->models);
  gm_map_finish(&c->memo);
  gm_buf_finish(&c->scratch);
  for (i = 0; i < c->n_sources; i++) {
    gm_source_finish(c->sources[i]);
    gm_free(c->sources[i]);
  }
  for (i = 0; i < c->n_overlays; i++) {
    json_object_put(c->overlays[i].doc);
    gm_free(c->overlays[i].path);
  }
  gm_free(c->sources);
  gm_free(c->overlays);
  gm_free(c->all);
  gm_json_parser_free(c->parser);
  gm_free(c->path);
  gm_free(c->overlay_dir);
  gm_free(c);
}

int32_t gm_catalog_add_text(struct gm_catalog *c, const char *provider,
                            const char *text, struct gm_error *err)
{
  struct gm_source probe = { .provider = gm_unconst(provider),
                             .text = text,
                             .len = strlen(text) };
  struct gm_error why = GM_ERROR_INIT;
  uint32_t order = GM_ORDER_TEXT;
  int32_t rc;
  size_t i;

  for (i = 0; i < c->n_sources; i++) {
    const struct gm_source *s = c->sources[i];

    if (s->path || !gm_streq(s->provider, provider))
      continue;
    if (s->text == text)
      return 0;
    order = GM_MIN(order, s->order - 1); /* the newest wins */
  }
  rc = gm_source_skim(&probe, &why);
  gm_free(probe.entries);
  if (rc) {
    rc = rc == GAMUT_E_NOMEM ? rc : GAMUT_E_PLUGIN;
    gm_fail(err, rc, "%s", gm_error_text(&why));
    gm_error_finish(&why);
    return rc;
  }
  if (gm_catalog_add_source(c, provider, NULL, order, text))
    return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
  gm_catalog_forget(c, provider);
  return 0;
}

/* ---- by name ------------------------------------------------------------ */

/* A model that is gone claims its names only when nobody else does.  Without a
 * provider a shorthand comes before an id: "veo3.1" is one vendor's id, and
 * what everybody calls another's model. */
enum { RANK_NONE, RANK_RETIRED, RANK_ALIAS, RANK_SHORT, RANK_ID, RANK_WORD };
struct claim {
  int rank, top; /* of the best so far; of the best there can be */
  const char *provider, *id;
};

static int top_rank(const char *provider, const char *name)
{
  return provider || strchr(name, '/') ? RANK_ID : RANK_WORD;
}

static void claim(struct claim *best, int rank, const char *provider,
                  const char *id)
{
  if (rank == RANK_SHORT && best->top == RANK_WORD)
    rank = RANK_WORD;
  if (rank > best->rank && id)
    *best = (struct claim){ rank, best->top, provider, id };
}

static int rank_of(const struct json_object *entry, const char *name)
{
  int rank = gm_streq(gm_json_str(entry, "id", NULL), name)     ? RANK_ID
             : gm_catalog_has(gm_json_at(entry, "names"), name) ? RANK_SHORT
                                                                : RANK_NONE;

  if (rank != RANK_NONE &&
      gm_streq(gm_json_str(entry, "life", NULL), "retired"))
    return RANK_RETIRED;
  return rank;
}

static const char *alias_in(const struct json_object *names, const char *name)
{
  struct json_object *id;

  if (!json_object_is_type(names, json_type_object) ||
      !json_object_object_get_ex(names, name, &id))
    return NULL;
  return gm_json_str(id, NULL, NULL);
}

static int32_t ask_source(struct gm_source *s, const char *name,
                          struct claim *best, struct gm_error *err)
{
  struct json_object *entry, *names;
  bool outside = false;
  struct gm_hits h;
  int32_t rc;

  gm_hits_init(&h, name);
  do {
    rc = gm_source_next(s, &h, &entry, &outside, err);
    if (rc)
      return rc;
    if (entry)
      claim(best, rank_of(entry, name), s->provider,
            gm_json_str(entry, "id", NULL));
  } while (entry && best->rank < best->top);
  if (!outside || best->rank >= RANK_ALIAS)
    return 0;
  rc = gm_source_member(s, "names", &names, err);
  if (!rc)
    claim(best, RANK_ALIAS, s->provider, alias_in(names, name));
  return rc;
}

static void ask_overlay(const struct gm_overlay *o, const char *name,
                        struct claim *best)
{
  const struct json_object *models = gm_overlay_models(o);
  size_t i, n = gm_json_count(models, NULL);

  for (i = 0; i < n; i++) {
    const struct json_object *entry = json_object_array_get_idx(models, i);

    claim(best, rank_of(entry, name), o->provider,
          gm_json_str(entry, "id", NULL));
  }
  claim(best, RANK_ALIAS, o->provider,
        alias_in(gm_json_at(o->doc, "names"), name));
}

static bool asked(const char *want, const char *provider)
{
  return !want || gm_streq(want, provider);
}

static int32_t search(struct gm_catalog *c, const char *provider,
                      const char *name, const struct gm_model **ret,
                      struct gm_error *err)
{
  struct claim best = { RANK_NONE, top_rank(provider, name), NULL, NULL };
  struct gm_source *s = NULL;
  int32_t rc = 0;
  size_t i, at = 0;

  for (i = c->n_overlays; i-- > 0;) {
    if (asked(provider, c->overlays[i].provider))
      ask_overlay(&c->overlays[i], name, &best);
  }
  if (best.rank == RANK_NONE)
    rc = gm_catalog_next(c, provider, &at, &s, err);
  while (!rc && s) {
    rc = ask_source(s, name, &best, err);
    s = NULL;
    if (!rc && best.rank < best.top)
      rc = gm_catalog_next(c, provider, &at, &s, err);
  }
  if (rc || best.rank == RANK_NONE)
    return rc;
  return gm_catalog_model(c, best.provider, best.id, ret, err);
}

int32_t gm_catalog_find(struct gm_catalog *c, const char *provider,
                        const char *name, const struct gm_model **ret,
                        struct gm_error *err)
{
  int32_t rc = gm_catalog_open(c, err);
  char key[GM_MEMO_MAX];
  bool keyed;

  *ret = NULL;
  if (rc)
    return rc;
  keyed = gm_memo_key(key, 'n', provider, name, NULL);
  if (keyed && gm_memo_get(c, key, ret))
    return 0;
  rc = search(c, provider, name, ret, err);
  if (!rc && keyed)
    gm_memo_put(c, key, *ret);
  return rc;
}

/* ---- members of the documents ------------------------------------------- */

/* Call `see` with that member of each document, the user's first, until it
 * returns true. */
static int32_t each_member(struct gm_catalog *c, const char *provider,
                           const char *key,
                           bool (*see)(void *user, const char *provider,
                                       const struct json_object *value),
                           void *user, struct gm_error *err)
{
  int32_t rc = gm_catalog_open(c, err);
  struct json_object *value;
  struct gm_source *s;
  bool enough = false;
  size_t i, at = 0;

  for (i = c->n_overlays; !rc && !enough && i-- > 0;) {
    const struct gm_overlay *o = &c->overlays[i];

    value = gm_json_at(o->doc, key);
    if (value && asked(provider, o->provider))
      enough = see(user, o->provider, value);
  }
  while (!rc && !enough) {
    rc = gm_catalog_next(c, provider, &at, &s, err);
    if (rc || !s)
      break;
    rc = gm_source_member(s, key, &value, err);
    if (!rc && value)
      enough = see(user, s->provider, value);
  }
  return rc;
}

struct match {
  const char *id, *provider;
  size_t len; /* of the pattern: the longest says most */
};

static bool see_patterns(void *user, const char *provider,
                         const struct json_object *patterns)
{
  size_t i, n = gm_json_count(patterns, NULL);
  struct match *m = user;

  for (i = 0; i < n; i++) {
    const char *pattern =
      gm_json_str(json_object_array_get_idx(patterns, i), NULL, "");

    if (strlen(pattern) <= m->len || !gm_glob(pattern, m->id))
      continue;
    m->len = strlen(pattern);
    m->provider = provider;
  }
  return false;
}

int32_t gm_catalog_match(struct gm_catalog *c, const char *id,
                         const char **ret_provider, struct gm_error *err)
{
  struct match m = { id, NULL, 0 };
  int32_t rc = each_member(c, NULL, "patterns", see_patterns, &m, err);

  *ret_provider = rc ? NULL : m.provider;
  return rc;
}

static bool see_text(void *user, const char *provider,
                     const struct json_object *value)
{
  const char **text = user;

  (void)provider;
  *text = gm_json_str(value, NULL, NULL);
  return *text != NULL;
}

int32_t gm_catalog_default(struct gm_catalog *c, const char *provider,
                           const char *media, const struct gm_model **ret,
                           struct gm_error *err)
{
  const char *id = NULL;
  int32_t rc = each_member(
    c, provider, gm_streq(media, "video") ? "default_video" : "default_image",
    see_text, &id, err);

  *ret = NULL;
  if (rc || !id)
    return rc;
  return gm_catalog_find(c, provider, id, ret, err);
}

const char *gm_catalog_plugin(struct gm_catalog *c, const char *provider)
{
  const char *stem = NULL;

  each_member(c, provider, "plugin", see_text, &stem, NULL);
  return stem;
}

/* ---- families ----------------------------------------------------------- */

uint32_t gm_model_latency_ms(const struct gm_model *m)
{
  int64_t ms = m ? gm_json_i64(m->entry, "latency_ms", 0) : 0;

  return (uint32_t)GM_MIN(GM_MAX(ms, 0), INT32_MAX);
}

bool gm_model_can(const struct gm_model *m, const char *operation)
{
  return gm_catalog_has(gm_json_at(m->entry, "operations"), operation);
}

/* Is the model with this entry's id one of the family that can do it? */
static int32_t serves(struct gm_catalog *c, const struct gm_model *m,
                      const struct json_object *entry, const char *operation,
                      const struct gm_model **ret)
{
  const char *family = gm_json_str(m->entry, "family", "");
  const struct gm_model *other;
  int32_t rc = gm_catalog_model(c, m->provider, gm_json_str(entry, "id", ""),
                                &other, NULL);

  if (rc || !other)
    return rc;
  if (gm_streq(gm_json_str(other->entry, "family", NULL), family) &&
      !gm_streq(gm_json_str(other->entry, "life", NULL), "retired") &&
      gm_model_can(other, operation))
    *ret = other;
  return 0;
}

static int32_t sibling_in(struct gm_catalog *c, struct gm_source *s,
                          const struct gm_model *m, const char *operation,
                          const struct gm_model **ret)
{
  struct json_object *entry;
  struct gm_hits h;
  int32_t rc;

  gm_hits_init(&h, gm_json_str(m->entry, "family", ""));
  do {
    rc = gm_source_next(s, &h, &entry, NULL, NULL);
    if (!rc && entry)
      rc = serves(c, m, entry, operation, ret);
  } while (!rc && entry && !*ret);
  return rc;
}

static int32_t sibling_over(struct gm_catalog *c, const struct gm_overlay *o,
                            const struct gm_model *m, const char *operation,
                            const struct gm_model **ret)
{
  const struct json_object *models = gm_overlay_models(o);
  size_t i, n = gm_json_count(models, NULL);
  int32_t rc = 0;

  for (i = 0; !rc && !*ret && i < n; i++)
    rc = serves(c, m, json_object_array_get_idx(models, i), operation, ret);
  return rc;
}

static int32_t search_family(struct gm_catalog *c, const struct gm_model *m,
                             const char *operation, const struct gm_model **ret)
{
  struct gm_source *s;
  int32_t rc = 0;
  size_t i, at = 0;

  *ret = NULL;
  while (!rc && !*ret) {
    rc = gm_catalog_next(c, m->provider, &at, &s, NULL);
    if (rc || !s)
      break;
    rc = sibling_in(c, s, m, operation, ret);
  }
  for (i = 0; !rc && !*ret && i < c->n_overlays; i++) {
    if (gm_streq(c->overlays[i].provider, m->provider))
      rc = sibling_over(c, &c->overlays[i], m, operation, ret);
  }
  return rc;
}

const struct gm_model *gm_catalog_sibling(struct gm_catalog *c,
                                          const struct gm_model *m,
                                          const char *operation)
{
  const struct gm_model *found = NULL;
  char key[GM_MEMO_MAX];
  bool keyed;

  if (gm_model_can(m, operation))
    return m;
  if (!gm_json_str(m->entry, "family", NULL))
    return NULL;
  keyed = gm_memo_key(key, 's', m->provider, m->id, operation);
  if (keyed && gm_memo_get(c, key, &found))
    return found;
  if (search_family(c, m, operation, &found))
    return NULL;
  if (keyed)
    gm_memo_put(c, key, found);
  return found;
}

/* ---- all of them -------------------------------------------------------- */

int32_t gm_catalog_at(struct gm_catalog *c, size_t i,
                      const struct gm_model **ret, struct gm_error *err)
{
  int32_t rc = gm_catalog_list(c, err);

  *ret = NULL;
  if (!rc && i < c->n_all)
    *ret = c->all[i];
  return rc;
}

struct nearest {
  const char *name, *best;
  size_t distance;
};

static void consider(struct nearest *n, const char *word)
{
  const char *const words[] = { word, NULL };
  size_t d;

  if (!word || !gm_nearest(n->name, words))
    return;
  d = gm_distance(n->name, word, SIZE_MAX - 1);
  if (n->best && d >= n->distance)
    return;
  n->best = word;
  n->distance = d;
}

static bool see_names(void *user, const char *provider,
                      const struct json_object *names)
{
  struct json_object_iterator it, end;

  (void)provider;
  if (!json_object_is_type(names, json_type_object))
    return false;
  it = json_object_iter_begin(gm_unconst(names));
  end = json_object_iter_end(names);
  for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it))
    consider(user, json_object_iter_peek_name(&it));
  return false;
}

const char *gm_catalog_nearest(struct gm_catalog *c, const char *name)
{
  struct nearest n = { name, NULL, 0 };
  size_t i, k;

  if (gm_catalog_list(c, NULL))
    return NULL;
  for (i = 0; i < c->n_all; i++) {
    const struct json_object *entry = c->all[i]->entry;
    const struct json_object *names = gm_json_at(entry, "names");

    if (gm_streq(gm_json_str(entry, "life", NULL), "retired"))
      continue;
    for (k = 0; k < gm_json_count(names, NULL); k++)
      consider(&n,
               gm_json_str(json_object_array_get_idx(names, k), NULL, NULL));
    consider(&n, c->all[i]->id);
  }
  each_member(c, NULL, "names", see_names, &n, NULL);
  return n.best;
}
