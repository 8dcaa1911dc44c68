/* catalog_private.h - what the parts of the catalog share. */
#ifndef GM_ROUTE_CATALOG_PRIVATE_H
#define GM_ROUTE_CATALOG_PRIVATE_H

#include "base/map.h"
#include "route/catalog.h"
#include "route/catalog_source.h"
#include "route/schema.h"

/* A file of the user's: parsed whole, checked against the schema. */
struct gm_overlay {
  char *path;
  struct json_object *doc;
  const char *provider; /* in doc */
};

struct gm_model_node {
  struct gm_model pub;
  struct gm_model_node *next;
  bool listed; /* in `all` */
};

struct gm_catalog {
  char *path, *overlay_dir; /* NULL: the usual places */
  struct gm_log *log;
  struct gm_json_parser *parser;
  bool listed;                /* the folders have been looked at */
  struct gm_source **sources; /* by provider, then by order */
  size_t n_sources;
  bool overlays_read;
  struct gm_overlay *overlays; /* by file name; later ones win */
  size_t n_overlays;
  struct gm_map models;        /* "provider\nid" -> gm_model_node */
  struct gm_model_node *nodes; /* all ever handed out */
  struct gm_model **all;       /* for walking; made at first use */
  size_t n_all;
  bool all_known;
  struct gm_map memo; /* what has been asked before -> gm_model or `none` */
  struct gm_buf scratch;
};

/* Files come by their folder; then what is taken over from another provider;
 * plugins' own texts last, the newest of them first. */
#define GM_ORDER_TAKEN (1u << 16)
#define GM_ORDER_OWN   (2u << 16)
#define GM_ORDER_TEXT  UINT32_MAX

/* ---- catalog_load.c */

/* Know every source and every overlay.  Cheap when it has been done. */
int32_t gm_catalog_open(struct gm_catalog *c, struct gm_error *err);
/* Takes `path`.  `text` NULL: read from `path` when needed. */
int32_t gm_catalog_add_source(struct gm_catalog *c, const char *provider,
                              char *path, uint32_t order, const char *text);

/* What catalog files must look like; json_object_put(). */
struct json_object *gm_catalog_schema(struct gm_catalog *c,
                                      struct gm_error *err);

/* The next source of that provider from *at on, which moves on; *ret NULL: no
 * more.  `provider` NULL: of any, each text once. */
int32_t gm_catalog_next(struct gm_catalog *c, const char *provider, size_t *at,
                        struct gm_source **ret, struct gm_error *err);
/* When the source, which was read, is the same as another provider's: add that
 * one's text behind it. */
int32_t gm_catalog_follow(struct gm_catalog *c, struct gm_source *s,
                          struct gm_error *err);

/* ---- catalog_memo.c */

/* One key of up to three words, any of which may be NULL; false: too long to be
 * remembered. */
#define GM_MEMO_MAX 700
bool gm_memo_key(char key[GM_MEMO_MAX], char kind, const char *a, const char *b,
                 const char *c);
/* Was it asked before?  *ret NULL: and there was nothing. */
bool gm_memo_get(const struct gm_catalog *c, const char *key,
                 const struct gm_model **ret);
void gm_memo_put(struct gm_catalog *c, const char *key,
                 const struct gm_model *m);

/* ---- catalog_model.c */

/* The model with its overlays merged in; *ret NULL: there is none. */
int32_t gm_catalog_model(struct gm_catalog *c, const char *provider,
                         const char *id, const struct gm_model **ret,
                         struct gm_error *err);
/* Forget what was made of this provider's models; they stay alive. */
void gm_catalog_forget(struct gm_catalog *c, const char *provider);
/* Make `all`. */
int32_t gm_catalog_list(struct gm_catalog *c, struct gm_error *err);

static inline const struct json_object *
gm_overlay_models(const struct gm_overlay *o)
{
  return gm_json_at(o->doc, "models");
}
/* Is `word` an element of the array? */
bool gm_catalog_has(const struct json_object *array, const char *word);

#endif
