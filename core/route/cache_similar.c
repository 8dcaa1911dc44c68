/* cache_similar.c - a request that misses is served what was made for a prompt
 * that means much the same, when everything else is the same: operation,
 * parameters, seed, inputs by their content, and the model unless
 * cache.across_models is on.
 *
 * The prompt is embedded once.  The vector finds the entry to serve, and goes
 * to the shelf with what is made when there is none.  A way through here that
 * fails, wherever, ends in an ordinary miss. */
#include "base/clock.h"
#include "base/str.h"
#include "route/cache_private.h"
#include "route/embedding.h"
#include <gamut/plugin.h>
#include <string.h>

/* At once, of all groups. */
#define INDEX_MAX ((size_t)256 << 20)

struct gm_similar {
  struct gm_lookup *lookup;
  struct gm_embed embed;
  struct gm_shelf_row own; /* what there is under the request's own key */
  double least;
};

/* ---- settings ------------------------------------------------------------ */

bool gm_similar_wanted(const struct gm_router *r)
{
  return gm_streq(gm_setting_str(r->settings, "cache.semantic"), "on");
}

unsigned gm_similar_leaves_out(const struct gm_router *r)
{
  return GM_KEY_ANY_PROMPT |
         (gm_setting_bool(r->settings, "cache.across_models") ? GM_KEY_ANY_MODEL
                                                              : 0);
}

/* ---- the nearest --------------------------------------------------------- */

/* What may be compared: the same request but for its prompt, vectors of one
 * space. */
static void group_of(const char *kin, const char *space,
                     char ret[GM_SHA256_HEX])
{
  struct gm_sha256 sum;

  gm_sha256_init(&sum);
  gm_sha256_add(&sum, kin, strlen(kin) + 1);
  gm_sha256_add(&sum, space, strlen(space));
  gm_sha256_hex(&sum, ret);
}

/* [store thread] The entry of the first of the nearest that has one. */
static int32_t nearest(struct gm_look *k, const struct gamut_store *type,
                       void *handle, char *message)
{
  struct gm_lookup *l = GM_CONTAINER(k, struct gm_lookup, look);
  const struct gm_embedding *e = l->similar->embed.embedding;
  const struct gm_vector_store vs = { type, handle, message };
  const struct gm_shelf s = { type, handle, message };
  struct gm_near near[GM_NEAR];
  size_t i, n = 0;
  int32_t rc;

  if (!l->cache->vectors)
    l->cache->vectors = gm_vectors_new(INDEX_MAX);
  if (!l->cache->vectors)
    return GAMUT_E_NOMEM;
  rc = gm_vectors_find(l->cache->vectors, &vs, l->group, e->v, e->n,
                       l->similar->least, near, &n);
  for (i = 0; i < n && rc == 0 && !l->row.body; i++) {
    rc = gm_shelf_find(&s, near[i].entry, l->owner, &l->row);
    if (rc)
      break;
    l->similarity = near[i].similarity;
    memcpy(l->served, near[i].entry, sizeof(l->served));
    if (!l->row.body)
      rc = gm_vectors_remove(&vs, l->group, near[i].entry);
  }
  return rc;
}

/* There is no entry of its own, whatever was found of others. */
static void miss(struct gm_lookup *l)
{
  gm_free(l->row.body);
  l->row = l->similar->own;
  l->similar->own.body = NULL;
  l->similarity = 0;
  gm_lookup_miss(l);
}

static void looked(struct gm_look *k, int32_t error_class)
{
  struct gm_lookup *l = GM_CONTAINER(k, struct gm_lookup, look);
  struct gm_log *log = l->cache->router->engine->log;

  if (!gm_lookup_back(l))
    return;
  if (error_class)
    gm_info(log, "cache: job %s: similar prompts cannot be looked for: %s",
            l->run->job.id, gm_store_why(l->cache->store));
  if (error_class || !l->row.body) {
    miss(l);
    return;
  }
  gm_debug(log, "cache: job %s: %.12s is near, %.4f", l->run->job.id, l->served,
           l->similarity);
  if (!gm_lookup_serve(l))
    miss(l);
}

/* ---- the prompt ---------------------------------------------------------- */

static void embedded(struct gm_embed *e)
{
  struct gm_similar *s = GM_CONTAINER(e, struct gm_similar, embed);
  struct gm_lookup *l = s->lookup;
  struct gm_log *log = l->cache->router->engine->log;

  if (e->cost_usd > 0)
    l->run->embedding_usd += e->cost_usd;
  if (!e->embedding) {
    gm_debug(log, "cache: job %s: its prompt is not compared: %s",
             l->run->job.id,
             e->why.error_class ? gm_error_text(&e->why) : "paused");
    l->only_keeps ? gm_lookup_make(l) : miss(l);
    return;
  }
  group_of(l->kin, e->embedding->space, l->group);
  if (l->only_keeps)
    gm_lookup_make(l);
  else
    gm_lookup_ask(l, nearest, looked);
}

bool gm_similar_begin(struct gm_lookup *l)
{
  struct gm_router *r = l->cache->router;
  _cleanup_json_ struct json_object *request = NULL;
  const char *prompt;

  if (l->similar || !gm_similar_wanted(r))
    return false;
  request = gm_json_parse(r->engine->parser, l->run->job.request,
                          strlen(l->run->job.request), NULL, NULL);
  prompt = gm_json_str(request, "prompt", NULL);
  l->similar = prompt && *prompt ? gm_zalloc(sizeof(*l->similar)) : NULL;
  if (!l->similar)
    return false;
  l->similar->lookup = l;
  l->similar->least = gm_setting_real(r->settings, "cache.similarity");
  l->similar->embed.done = embedded;
  if (!gm_embed_begin(&l->similar->embed, &l->cache->embeddings, l->run,
                      l->run->job.instance, prompt))
    return false;
  l->similar->own = l->row;
  l->row = (struct gm_shelf_row){ 0 };
  return true;
}

void gm_similar_stop(struct gm_lookup *l)
{
  if (l->similar)
    gm_timer_stop(l->cache->router->engine->loop, &l->similar->embed.patience);
}

void gm_similar_free(struct gm_similar *s)
{
  if (!s)
    return;
  gm_embed_finish(&s->embed);
  gm_free(s->own.body);
  gm_free(s);
}

/* [store thread] */
void gm_similar_keep(const struct gm_lookup *l, const struct gm_shelf *s,
                     int64_t ttl_ms)
{
  const struct gm_embedding *e =
    l->similar ? l->similar->embed.embedding : NULL;
  const struct gm_vector_store vs = { s->type, s->handle, s->message };

  /* One that cannot be written costs a later hit, not the entry. */
  if (e)
    (void)gm_vectors_put(&vs, l->group, l->key, e->v, e->n, ttl_ms);
}
