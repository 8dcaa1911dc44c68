/* cache.c - a run looks for what it wants before it makes it.
 *
 * One step at a time is at the store; when it comes back the run may have gone
 * (cancelled, out of time, context closed), and then it only cleans up.  The
 * first that misses leads: those of this process that want the same wait in its
 * list, those of others look again at growing intervals.  He who leads holds
 * the row in "making" until the entry is there, under the owner's name that all
 * of this process's rows have, so that it is free when the process dies. */
#include "base/clock.h"
#include "base/str.h"
#include "loop/endpoints.h"
#include "route/cache_key.h"
#include "route/cache_private.h"
#include <gamut/plugin.h>
#include <string.h>

/* A store that has not answered for so long is done without. */
#define PATIENCE_MS 5000
/* Between two looks at what another process makes. */
#define LOOK_MS     50
#define LOOK_MAX_MS 2000
/* A row of a process that died is not in the way, but lies about. */
#define MAKING_MS (24 * 3600 * 1000)
/* Without a store that lasts it is memory that is taken. */
#define MEMORY_MAX (64ull << 20)

/* ---- the steps ----------------------------------------------------------- */

void gm_lookup_ask(struct gm_lookup *l,
                   int32_t (*run)(struct gm_look *, const struct gamut_store *,
                                  void *, char *),
                   void (*done)(struct gm_look *, int32_t))
{
  l->busy = true;
  l->waits = false;
  gm_timer_start(l->cache->router->engine->loop, &l->timer,
                 gm_mono_ms() + PATIENCE_MS);
  l->look.run = run;
  l->look.done = done;
  gm_store_look(l->cache->store, &l->look);
}

void gm_lookup_free(struct gm_lookup *l)
{
  uint32_t i;

  for (i = 0; i < l->n_inputs; i++)
    gm_input_close(&l->inputs[i]);
  gm_free(l->inputs);
  gm_free(l->row.body);
  gm_serving_free(l->serving);
  gm_similar_free(l->similar);
  gm_free(l);
}

static void released(struct gm_tx *t, int32_t error_class)
{
  (void)error_class; /* then it expires */
  gm_lookup_free(GM_CONTAINER(t, struct gm_lookup, tx));
}

static void commit(struct gm_lookup *l, uint32_t n,
                   void (*done)(struct gm_tx *, int32_t))
{
  l->busy = true;
  l->tx.tx = (struct gamut_store_tx){ .struct_size = sizeof(l->tx.tx),
                                      .flags = GAMUT_TX_LOOSE,
                                      .ops = { l->ops, n, sizeof(*l->ops) } };
  l->tx.done = done;
  gm_store_commit(l->cache->store, &l->tx);
}

/* We do not make it after all. */
static void release(struct gm_lookup *l)
{
  struct gm_journal *j = l->cache->router->engine->journal;

  l->owns = false;
  l->ops[0] = (struct gamut_store_op){ .table = GM_TABLE_MAKING,
                                       .key = l->key,
                                       .conditions = GAMUT_IF_MINE,
                                       .changes = GAMUT_REMOVE,
                                       .owner = gm_journal_name(j) };
  gm_journal_let_go(j);
  commit(l, 1, released);
}

bool gm_lookup_back(struct gm_lookup *l)
{
  l->busy = false;
  gm_timer_stop(l->cache->router->engine->loop, &l->timer);
  if (l->run)
    return true;
  gm_lookup_end(l);
  return false;
}

/* It leads no longer; those who waited are in `out`. */
static void stop_leading(struct gm_lookup *l, struct gm_list *out)
{
  struct gm_list *w;

  if (l->leads)
    gm_map_remove(&l->cache->leaders, l->key);
  l->leads = false;
  gm_list_init(out);
  while ((w = gm_list_pop(&l->waiters)))
    gm_list_append(out, w);
}

/* In a turn of their own: a caller may be told of an end on the way. */
static void wake(struct gm_list *waiters, bool look_again)
{
  struct gm_list *w;

  while ((w = gm_list_pop(waiters))) {
    struct gm_lookup *l = GM_CONTAINER(w, struct gm_lookup, link);

    l->waits = look_again;
    l->alone = !look_again;
    if (!gm_timer_start(l->cache->router->engine->loop, &l->timer,
                        gm_mono_ms()))
      gm_lookup_without(l);
  }
}

void gm_lookup_resign(struct gm_lookup *l, bool look_again)
{
  struct gm_list waiters;

  stop_leading(l, &waiters);
  wake(&waiters, look_again);
}

void gm_lookup_end(struct gm_lookup *l)
{
  if (l->owns)
    release(l);
  else
    gm_lookup_free(l);
}

/* The run goes its way. */
static void part(struct gm_lookup *l)
{
  struct gm_list waiters;

  l->run->lookup = NULL;
  l->run = NULL;
  gm_timer_stop(l->cache->router->engine->loop, &l->timer);
  gm_similar_stop(l);
  gm_list_remove(&l->link);
  stop_leading(l, &waiters);
  if (!l->busy)
    gm_lookup_end(l);
  wake(&waiters, true);
}

void gm_cache_drop(struct gm_run *run)
{
  if (run->lookup)
    part(run->lookup);
}

static void begin_job(struct gm_run *run)
{
  if (run->too_dear.error_class)
    gm_job_give_up(&run->job, run->too_dear.error_class,
                   gm_error_text(&run->too_dear));
  else if (gm_job_go(&run->job))
    gm_job_give_up(&run->job, GAMUT_E_NOMEM, "no memory to begin");
}

void gm_lookup_make(struct gm_lookup *l)
{
  begin_job(l->run);
}

void gm_lookup_without(struct gm_lookup *l)
{
  struct gm_run *run = l->run;

  part(l);
  begin_job(run);
}

void gm_lookup_failed(struct gm_lookup *l, const char *why)
{
  gm_info(l->cache->router->engine->log, "cache: job %s does without it: %s",
          l->run->job.id, why);
  gm_lookup_without(l);
}

void gm_lookup_give_up(struct gm_lookup *l, struct gm_error *err)
{
  struct gm_run *run = l->run;

  part(l);
  gm_job_give_up(&run->job, err->error_class, gm_error_text(err));
}

/* ---- making it ----------------------------------------------------------- */

static void wait_and_look(struct gm_lookup *l)
{
  l->waits = true;
  l->interval_ms =
    l->interval_ms ? GM_MIN(l->interval_ms * 3 / 2, LOOK_MAX_MS) : LOOK_MS;
  if (!gm_timer_start(l->cache->router->engine->loop, &l->timer,
                      gm_mono_ms() + l->interval_ms))
    gm_lookup_without(l);
}

static void claimed(struct gm_tx *t, int32_t error_class)
{
  struct gm_lookup *l = GM_CONTAINER(t, struct gm_lookup, tx);
  bool ours = !error_class && !t->tx.outcome;

  l->owns = ours;
  if (!ours)
    gm_journal_let_go(l->cache->router->engine->journal);
  if (!gm_lookup_back(l))
    return;
  gm_debug(l->cache->router->engine->log, "cache: job %s %s %.12s",
           l->run->job.id, ours ? "makes" : "does not make", l->key);
  if (error_class)
    gm_lookup_failed(l, gm_store_why(l->cache->store));
  else if (ours)
    begin_job(l->run);
  else if (t->tx.failed == 0) /* somebody was quicker to put it there */
    gm_lookup_look(l);
  else
    wait_and_look(l);
}

/* Only while there is no entry but the one that was found wanting. */
static void claim(struct gm_lookup *l)
{
  struct gm_journal *j = l->cache->router->engine->journal;

  l->ops[0] =
    (struct gamut_store_op){ .table = GM_TABLE_CACHE,
                             .key = l->key,
                             .conditions =
                               l->row.body ? GAMUT_IF_VERSION : GAMUT_IF_ABSENT,
                             .version = l->row.version };
  l->ops[1] =
    (struct gamut_store_op){ .table = GM_TABLE_MAKING,
                             .key = l->key,
                             .conditions = GAMUT_IF_FREE,
                             .changes =
                               GAMUT_SET_BODY | GAMUT_SET_OWNER | GAMUT_SET_TTL,
                             .body = l->run->job.id,
                             .body_len = GM_ID_SIZE - 1,
                             .owner = gm_journal_owner(j),
                             .ttl_ms = MAKING_MS };
  gm_journal_hold(j);
  gm_timer_start(l->cache->router->engine->loop, &l->timer,
                 gm_mono_ms() + PATIENCE_MS);
  commit(l, 2, claimed);
}

/* True: another run of this process does it already, and we wait for it. */
static bool join(struct gm_lookup *l)
{
  struct gm_lookup *leader = gm_map_get(&l->cache->leaders, l->key);

  if (leader == l)
    return false;
  if (!leader) {
    l->leads = gm_map_put(&l->cache->leaders, l->key, l);
    return false; /* without memory everybody makes his own */
  }
  gm_list_append(&leader->waiters, &l->link);
  gm_job_tell(&l->run->job, GAMUT_EVENT_NOTE, 0, 0,
              "the same is being made by another job: waiting for it");
  return true;
}

/* ---- looking ------------------------------------------------------------- */

void gm_lookup_miss(struct gm_lookup *l)
{
  if (l->run->too_dear.error_class) { /* nothing is asked or made for it */
    gm_lookup_without(l);
    return;
  }
  if (join(l) || gm_similar_begin(l))
    return;
  if (l->row.made)
    wait_and_look(l);
  else
    claim(l);
}

static int32_t find(struct gm_look *k, const struct gamut_store *type,
                    void *handle, char *message)
{
  struct gm_lookup *l = GM_CONTAINER(k, struct gm_lookup, look);
  const struct gm_shelf s = { type, handle, message };

  return gm_shelf_find(&s, l->key, l->owner, &l->row);
}

static void found(struct gm_look *k, int32_t error_class)
{
  struct gm_lookup *l = GM_CONTAINER(k, struct gm_lookup, look);

  if (!gm_lookup_back(l))
    return;
  gm_debug(l->cache->router->engine->log, "cache: job %s: %.12s is %s%s",
           l->run->job.id, l->key, l->row.body ? "there" : "not there",
           l->row.made ? ", but being made" : "");
  if (error_class)
    gm_lookup_failed(l, gm_store_why(l->cache->store));
  else if (!l->row.body || !gm_lookup_serve(l))
    gm_lookup_miss(l);
}

void gm_lookup_look(struct gm_lookup *l)
{
  gm_free(GM_TAKE(l->row.body));
  memcpy(l->served, l->key, sizeof(l->served));
  l->similarity = 0;
  gm_lookup_ask(l, find, found);
}

/* ---- the key ------------------------------------------------------------- */

static void place_of(struct gm_cache *c, const struct gm_instance *i,
                     struct gm_buf *out)
{
  if (!gm_endpoints_map(c->endpoints, i->base_url, out))
    gm_buf_add(out, i->base_url);
  gm_buf_add(out, i->base_query);
}

static void scope_of(const struct gm_run *run, struct gm_buf *out)
{
  const char *scope = gm_setting_str(run->router->settings, "cache.scope");

  if (gm_streq(scope, "global"))
    gm_buf_add(out, scope);
  else
    gm_buf_addf(out, "project:%s", run->project ? run->project : "");
}

int32_t gm_lookup_key(struct gm_lookup *l, struct gm_run *run)
{
  _cleanup_(gm_buf_finish) struct gm_buf place = GM_BUF_INIT(4096);
  _cleanup_(gm_buf_finish) struct gm_buf scope = GM_BUF_INIT(4096);
  _cleanup_json_ struct json_object *request =
    gm_json_parse(run->router->engine->parser, run->job.request,
                  strlen(run->job.request), NULL, NULL);
  struct gm_key_parts p = { .provider = run->job.instance->provider->def.name,
                            .request = request,
                            .inputs = run->inputs,
                            .n_inputs = run->n_inputs };
  int32_t rc;

  place_of(l->cache, run->job.instance, &place);
  scope_of(run, &scope);
  if (!request || gm_buf_failed(&place) || gm_buf_failed(&scope))
    return GAMUT_E_NOMEM;
  p.place = gm_buf_text(&place);
  p.scope = gm_buf_text(&scope);
  rc = gm_cache_key(&p, 0, l->key);
  if (rc == 0)
    rc = gm_cache_key(&p, GM_KEY_ANY_PROMPT, l->shape);
  if (rc == 0 && gm_similar_wanted(run->router))
    rc = gm_cache_key(&p, gm_similar_leaves_out(run->router), l->kin);
  return rc;
}

/* With the key at hand: look, or only remember it until the job has ended. */
static void go_on(struct gm_lookup *l)
{
  struct gm_run *run = l->run;

  if (gm_lookup_key(l, run)) {
    gm_lookup_without(l);
  } else if (l->only_keeps) {
    gm_timer_stop(l->cache->router->engine->loop, &l->timer);
    if (!gm_similar_begin(l))
      begin_job(run);
  } else {
    gm_lookup_look(l);
  }
}

/* [store thread] on copies */
static int32_t hash_inputs(struct gm_look *k, const struct gamut_store *type,
                           void *handle, char *message)
{
  struct gm_lookup *l = GM_CONTAINER(k, struct gm_lookup, look);
  char hex[GM_SHA256_HEX];
  uint32_t i;

  (void)type, (void)handle, (void)message;
  for (i = 0; i < l->n_inputs; i++) {
    struct gm_input *in = &l->inputs[i];

    if (!gm_input_has_bytes(in) || in->sha256)
      continue;
    if (gm_input_hash(in, hex, NULL))
      return GAMUT_E_INVALID; /* the job says what is wrong with it */
    in->sha256 = gm_strdup(hex);
  }
  return 0;
}

static void hashed(struct gm_look *k, int32_t error_class)
{
  struct gm_lookup *l = GM_CONTAINER(k, struct gm_lookup, look);
  uint32_t i;

  if (!gm_lookup_back(l))
    return;
  if (error_class) {
    gm_lookup_without(l);
    return;
  }
  for (i = 0; i < l->n_inputs; i++)
    if (!l->run->inputs[i].sha256)
      l->run->inputs[i].sha256 = gm_strdup(l->inputs[i].sha256);
  go_on(l);
}

static bool copy_inputs(struct gm_lookup *l)
{
  const struct gm_run *run = l->run;

  l->inputs = gm_zalloc(run->n_inputs * sizeof(*l->inputs));
  if (!l->inputs)
    return false;
  while (l->n_inputs < run->n_inputs) {
    uint32_t i = l->n_inputs++;

    if (!gm_input_copy(&l->inputs[i], &run->inputs[i]))
      return false;
  }
  return true;
}

static bool needs_hashing(const struct gm_run *run)
{
  uint32_t i;

  for (i = 0; i < run->n_inputs; i++)
    if (gm_input_has_bytes(&run->inputs[i]) && !run->inputs[i].sha256)
      return true;
  return false;
}

/* ---- beginning ----------------------------------------------------------- */

/* Time for the first step, for another look, or out of patience. */
static void on_timer(struct gm_timer *t)
{
  struct gm_lookup *l = GM_CONTAINER(t, struct gm_lookup, timer);

  if (l->busy)
    gm_lookup_failed(l, "the store takes too long");
  else if (l->alone)
    gm_lookup_without(l);
  else if (l->waits)
    gm_lookup_look(l);
  else if (!needs_hashing(l->run))
    go_on(l);
  else if (copy_inputs(l))
    gm_lookup_ask(l, hash_inputs, hashed);
  else
    gm_lookup_without(l);
}

struct gm_lookup *gm_lookup_new(struct gm_run *run)
{
  struct gm_lookup *l = gm_zalloc(sizeof(*l));

  if (!l)
    return NULL;
  l->cache = run->router->cache;
  l->owner = gm_journal_name(run->router->engine->journal);
  l->timer.fire = on_timer;
  gm_list_init(&l->link);
  gm_list_init(&l->waiters);
  return l;
}

bool gm_cache_begin(struct gm_run *run)
{
  struct gm_lookup *l;
  bool only_keeps;

  gm_cache_drop(run);
  l = gm_cache_counts(run, &only_keeps) ? gm_lookup_new(run) : NULL;
  if (!l)
    return false;
  if (!gm_timer_start(run->router->engine->loop, &l->timer, gm_mono_ms())) {
    gm_lookup_free(l);
    return false;
  }
  l->only_keeps = only_keeps;
  l->run = run;
  run->lookup = l;
  return true;
}

/* ---- the whole ----------------------------------------------------------- */

uint64_t gm_cache_max(struct gm_cache *c)
{
  uint64_t most =
    (uint64_t)gm_setting_int(c->router->settings, "cache.max_size") << 20;

  return gm_store_keeps(c->store) ? most : GM_MIN(most, MEMORY_MAX);
}

int64_t gm_cache_ttl_ms(const struct gm_cache *c)
{
  return GM_MAX(gm_setting_int(c->router->settings, "cache.ttl"), 0);
}

void gm_hit_free(struct gm_hit *hit)
{
  if (hit) {
    gm_free(hit->job);
    gm_free(hit->prompt);
  }
  gm_free(hit);
}

int32_t gm_cache_new(struct gm_router *r, struct gm_store *s,
                     struct gm_endpoints *endpoints, struct gm_cache **ret)
{
  struct gm_cache *c = gm_zalloc(sizeof(*c));

  if (!c)
    return GAMUT_E_NOMEM;
  c->router = r;
  c->store = s;
  c->endpoints = endpoints;
  *ret = c;
  return 0;
}

void gm_cache_drain(struct gm_cache *c)
{
  while (c && c->n_keeping > 0)
    gm_loop_turn(c->router->engine->loop, -1);
}

void gm_cache_free(struct gm_cache *c)
{
  if (!c)
    return;
  gm_map_finish(&c->leaders);
  gm_vectors_free(c->vectors);
  gm_embeddings_finish(&c->embeddings);
  gm_free(c);
}
