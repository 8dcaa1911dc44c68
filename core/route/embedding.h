/* embedding.h - a prompt as a vector, asked of the provider that the settings
 * name, and what is known of the last few.  Private to the cache. */
#ifndef GM_ROUTE_EMBEDDING_H
#define GM_ROUTE_EMBEDDING_H

#include "job/query.h"
#include "route/router.h"

/* Read by several at once, also on the store's thread; counted on the loop. */
struct gm_embedding {
  uint32_t refs;
  uint32_t n;
  char *space; /* vectors of one space may be compared: provider, model, n */
  float v[];
};
struct gm_embedding *gm_embedding_ref(struct gm_embedding *e);
void gm_embedding_unref(struct gm_embedding *e); /* NULL is fine */

/* The last few, by prompt and embedder. */
#define GM_EMBEDDINGS 32
struct gm_embeddings {
  struct {
    char key[GM_SHA256_HEX];
    struct gm_embedding *embedding;
  } last[GM_EMBEDDINGS];
  uint32_t next;
  uint64_t off_until_ms; /* mono: after a failure nobody is asked for a while */
  bool said;             /* the log has the failure */
};
void gm_embeddings_finish(struct gm_embeddings *all);

/* One prompt on its way. */
struct gm_embed {
  struct gm_embeddings *all;
  struct gm_router *router;
  struct gm_query query;
  struct gm_timer patience;
  bool under_way;
  char key[GM_SHA256_HEX];
  struct gm_embedding *embedding; /* NULL: there is none, and `why` */
  struct gm_error why;
  double cost_usd; /* of this one; 0 when it was known, -1: not
                      told */
  /* Once, from the loop, never before gm_embed_begin() returns. */
  void (*done)(struct gm_embed *e);
};
/* `e` is the owner's, zeroed but for `done`.  Whatever goes wrong is told by
 * done(); `instance`: whom to ask when the setting names nobody.  False: no
 * memory, and done() is not called. */
bool gm_embed_begin(struct gm_embed *e, struct gm_embeddings *all,
                    struct gm_run *run, struct gm_instance *instance,
                    const char *prompt);
void gm_embed_finish(struct gm_embed *e); /* also in the middle */

#endif
