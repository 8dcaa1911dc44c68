/* cache_serve.c - an entry becomes files.
 *
 * Blobs are read piece by piece into drafts beside the targets, and their hash
 * is computed on the way.  Until all are whole and are what they were, nothing
 * has happened to the run; what is missing or damaged is thrown away, and the
 * run looks again, which then is a miss. */
#include "base/clock.h"
#include "base/str.h"
#include "job/serve.h"
#include "route/cache_private.h"
#include <gamut/plugin.h>
#include <string.h>

#define PIECE     (1u << 20)
#define FILES_MAX 1024

struct gm_serving {
  struct gm_found *found;
  struct gm_draft *drafts; /* one for each output of `found` */
  char (*hashes)[GM_SHA256_HEX];
  struct gm_hit *hit;
  uint32_t at;     /* which one */
  uint64_t offset; /* how far */
  struct gm_sha256 sum;
  bool damaged; /* else it is only not there */
  /* ---- of the piece under way */
  char *piece;
  size_t len;
  uint64_t total;
};

void gm_serving_free(struct gm_serving *s)
{
  uint32_t i;

  if (!s)
    return;
  for (i = 0; s->drafts && s->found && i < s->found->n_outputs; i++)
    gm_draft_drop(&s->drafts[i]);
  gm_free(s->drafts);
  gm_found_free(s->found);
  gm_free(s->hashes);
  gm_hit_free(s->hit);
  gm_free(s->piece);
  gm_free(s);
}

/* ---- reading the entry --------------------------------------------------- */

static bool read_file(struct gm_serving *s, const struct json_object *file)
{
  const char *hash = gm_json_str(file, "sha256", NULL);
  uint32_t i = s->found->n_outputs;
  struct gm_output *o = &s->found->outputs[i];
  int64_t size = gm_json_i64(file, "size", 0);

  if (!gm_shelf_is_hash(hash) || size <= 0)
    return false;
  memcpy(s->hashes[i], hash, GM_SHA256_HEX);
  s->drafts[i].fd = -1;
  gm_buf_init(&o->data, GM_IMAGE_MAX);
  o->size = (uint64_t)size;
  o->kind = (int32_t)gm_json_i64(file, "kind", 0);
  o->vendor_width = (uint32_t)gm_json_i64(file, "vendor_width", 0);
  o->vendor_height = (uint32_t)gm_json_i64(file, "vendor_height", 0);
  s->found->n_outputs++;
  return true;
}

static bool read_files(struct gm_serving *s, const struct json_object *list)
{
  size_t i, n = gm_json_count(list, NULL);

  if (n == 0 || n > FILES_MAX)
    return false;
  s->found->outputs = gm_zalloc(n * sizeof(*s->found->outputs));
  s->drafts = gm_zalloc(n * sizeof(*s->drafts));
  s->hashes = gm_zalloc(n * sizeof(*s->hashes));
  if (!s->found->outputs || !s->drafts || !s->hashes)
    return false;
  for (i = 0; i < n; i++)
    if (!read_file(s, json_object_array_get_idx(list, i)))
      return false;
  return true;
}

static bool read_entry(const struct gm_lookup *l,
                       const struct json_object *entry)
{
  struct gm_serving *s = l->serving;

  s->found = gm_zalloc(sizeof(*s->found));
  s->hit = gm_zalloc(sizeof(*s->hit));
  s->piece = gm_alloc(PIECE);
  if (!s->found || !s->hit || !s->piece || gm_json_i64(entry, "v", 0) != 1)
    return false;
  s->hit->job = gm_strdup(gm_json_str(entry, "job", ""));
  s->hit->made_ms = gm_json_i64(entry, "at", 0);
  s->hit->cost_microusd = gm_json_i64(entry, "cost_microusd", -1);
  s->hit->estimated = gm_json_bool(entry, "estimated", false);
  s->found->cost_microusd = 0;
  s->hit->similarity = l->similarity;
  if (l->similarity > 0)
    s->hit->prompt = gm_strdup(gm_json_str(entry, "prompt", ""));
  return gm_texts_read_pairs(&s->found->facts, gm_json_at(entry, "facts")) &&
         s->hit->job && (s->hit->prompt || l->similarity <= 0) &&
         read_files(s, gm_json_at(entry, "files"));
}

/* By the reader's own ttl as well: the writer may have had another. */
static bool is_old(const struct gm_lookup *l, const struct json_object *entry)
{
  int64_t ttl_ms = gm_cache_ttl_ms(l->cache);

  return ttl_ms > 0 && l->row.now_ms - gm_json_i64(entry, "at", 0) > ttl_ms;
}

/* ---- the end ------------------------------------------------------------- */

struct used {
  struct gm_tx tx;
  struct gamut_store_op op;
  char key[GM_SHA256_HEX];
};

static void told(struct gm_tx *t, int32_t error_class)
{
  (void)error_class;
  gm_free(GM_CONTAINER(t, struct used, tx));
}

/* So that it is not among the first to go. */
static void tell_used(struct gm_cache *c, const char *key)
{
  struct used *u = gm_zalloc(sizeof(*u));

  if (!u)
    return;
  memcpy(u->key, key, sizeof(u->key));
  u->op =
    (struct gamut_store_op){ .table = GM_TABLE_CACHE,
                             .key = u->key,
                             .conditions = GAMUT_IF_PRESENT,
                             .changes = GAMUT_SET_RANK | GAMUT_ADD_NUMBERS,
                             .rank = (int64_t)gm_wall_ms() };
  u->op.numbers[GM_SHELF_HITS] = 1;
  u->tx.tx = (struct gamut_store_tx){ .struct_size = sizeof(u->tx.tx),
                                      .flags = GAMUT_TX_LOOSE,
                                      .ops = { &u->op, 1, sizeof(u->op) } };
  u->tx.done = told;
  gm_store_commit(c->store, &u->tx);
}

static void served(struct gm_lookup *l)
{
  struct gm_serving *s = GM_TAKE(l->serving);
  struct gm_run *run = l->run;

  tell_used(l->cache, l->served);
  gm_info(run->router->engine->log, "cache: job %s is served from job %s",
          run->job.id, s->hit->job);
  gm_cache_drop(run);
  gm_error_finish(&run->too_dear); /* it is not */
  run->hit = GM_TAKE(s->hit);
  run->job.found = s->found;
  gm_job_serve(&run->job, s->drafts); /* may end the run */
  s->found = NULL;
  gm_serving_free(s);
}

/* ---- the blobs ----------------------------------------------------------- */

static int32_t discard(struct gm_look *k, const struct gamut_store *type,
                       void *handle, char *message)
{
  struct gm_lookup *l = GM_CONTAINER(k, struct gm_lookup, look);
  const struct gm_serving *s = l->serving;
  const struct gm_shelf shelf = { type, handle, message };

  return gm_shelf_discard(&shelf, l->served, l->row.version,
                          s->damaged ? s->hashes[s->at] : NULL);
}

static void discarded(struct gm_look *k, int32_t error_class)
{
  struct gm_lookup *l = GM_CONTAINER(k, struct gm_lookup, look);

  if (!gm_lookup_back(l))
    return;
  gm_serving_free(GM_TAKE(l->serving));
  if (error_class)
    gm_lookup_failed(l, gm_store_why(l->cache->store));
  else
    gm_lookup_look(l);
}

static void throw_away(struct gm_lookup *l, bool damaged)
{
  struct gm_serving *s = l->serving;
  struct gm_log *log = l->cache->router->engine->log;

  s->damaged = damaged;
  if (damaged)
    gm_warn(log,
            "cache: blob %s of job %s is not any more what it was: it is "
            "thrown away, and the job is made anew",
            s->hashes[s->at], s->hit->job);
  else
    gm_info(log, "cache: blob %s of job %s is not there any more",
            s->hashes[s->at], s->hit->job);
  gm_lookup_ask(l, discard, discarded);
}

static int32_t read_piece(struct gm_look *k, const struct gamut_store *type,
                          void *handle, char *message)
{
  struct gm_lookup *l = GM_CONTAINER(k, struct gm_lookup, look);
  struct gm_serving *s = l->serving;

  return type->blob_read(handle, s->hashes[s->at], s->offset, s->piece, PIECE,
                         &s->len, &s->total, message);
}

static bool open_file(struct gm_lookup *l)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  struct gm_serving *s = l->serving;
  struct gm_job *job = &l->run->job;

  s->offset = 0;
  gm_sha256_init(&s->sum);
  if (gm_draft_open(&s->drafts[s->at], job->plan, job->id, s->at + 1,
                    s->found->outputs[s->at].size, &err) == 0)
    return true;
  gm_lookup_give_up(l, &err);
  return false;
}

static bool is_whole(struct gm_serving *s)
{
  char hex[GM_SHA256_HEX];

  gm_sha256_hex(&s->sum, hex);
  return strcmp(hex, s->hashes[s->at]) == 0;
}

static void got_piece(struct gm_look *k, int32_t error_class);

/* The piece is in the draft: what next? */
static void go_on(struct gm_lookup *l)
{
  struct gm_serving *s = l->serving;

  if (s->offset == s->total) {
    if (!is_whole(s)) {
      throw_away(l, true);
      return;
    }
    if (++s->at == s->found->n_outputs) {
      served(l);
      return;
    }
    if (!open_file(l))
      return;
  }
  gm_lookup_ask(l, read_piece, got_piece);
}

static void got_piece(struct gm_look *k, int32_t error_class)
{
  struct gm_lookup *l = GM_CONTAINER(k, struct gm_lookup, look);
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  struct gm_serving *s = l->serving;

  if (!gm_lookup_back(l))
    return;
  if (error_class == GAMUT_E_NOT_FOUND) { /* removed, perhaps just now */
    throw_away(l, false);
  } else if (error_class) {
    gm_lookup_failed(l, gm_store_why(l->cache->store));
  } else if (s->total != s->found->outputs[s->at].size || s->len == 0) {
    throw_away(l, true);
  } else if (gm_draft_add(&s->drafts[s->at], s->piece, s->len, &err)) {
    gm_lookup_give_up(l, &err);
  } else {
    gm_sha256_add(&s->sum, s->piece, s->len);
    s->offset += s->len;
    go_on(l);
  }
}

/* Parts of what is parsed go into the result, which the application may have on
 * its own thread as soon as it is told: ours is put back before that. */
static bool read_row(struct gm_lookup *l)
{
  _cleanup_json_ struct json_object *entry =
    gm_json_parse_once(l->row.body, l->row.len, NULL, NULL);

  if (!entry || is_old(l, entry))
    return false;
  l->serving = gm_zalloc(sizeof(*l->serving));
  if (l->serving && read_entry(l, entry))
    return true;
  gm_serving_free(GM_TAKE(l->serving));
  return false;
}

bool gm_lookup_serve(struct gm_lookup *l)
{
  if (!read_row(l))
    return false;
  gm_lookup_resign(l, true); /* it is there for all who waited */
  if (open_file(l))
    gm_lookup_ask(l, read_piece, got_piece);
  return true;
}
