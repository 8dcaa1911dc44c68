/* cache_keep.c - what a job has brought goes to the shelf.
 *
 * The job has ended and its caller been told, so the bytes are held here: files
 * by their descriptors, which stay good when the caller moves or removes them
 * (one that changed meanwhile is left out), bytes in memory as a copy.  They
 * travel on the store's thread, a slice at a time, so that records of other
 * jobs need not wait for a long video; the row follows when all blobs are
 * there. */
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "job/parsed.h"
#include "route/cache_private.h"
#include <fcntl.h>
#include <gamut/plugin.h>
#include <string.h>
#include <unistd.h>

#define PIECE (256u << 10)
#define SLICE (2u << 20)
/* In memory there are pictures; whoever wants long videos names a file. */
#define COPY_MAX (64u << 20)

struct source {
  int fd; /* -1: in memory */
  struct gm_file_mark mark;
  char *data;
  uint64_t size;
};

struct keep {
  struct gm_look look;
  struct gm_lookup *lookup; /* whose waiters wait for the entry */
  struct json_object *entry;
  struct source *sources;
  uint32_t n, at;
  uint64_t offset; /* in the one at hand */
  void *blob;      /* it, or NULL */
  struct gm_sha256 sum;
  char *piece;
  struct gm_shelf_entry row;
  uint64_t max_bytes;
  bool put;     /* the row is there */
  bool changed; /* a file is not any more what was delivered */
};

static void keep_free(struct keep *k)
{
  uint32_t i;

  for (i = 0; i < k->n; i++) {
    if (k->sources[i].fd >= 0)
      close(k->sources[i].fd);
    gm_free(k->sources[i].data);
  }
  gm_free(k->sources);
  json_object_put(k->entry);
  gm_free(k->piece);
  gm_free(k);
}

/* ---- on the store's thread ----------------------------------------------- */

static int32_t read_some(struct keep *k, const struct source *s, size_t *ret)
{
  size_t len = (size_t)GM_MIN(s->size - k->offset, PIECE);
  ssize_t n = (ssize_t)len;

  if (s->fd < 0)
    memcpy(k->piece, s->data + k->offset, len);
  else
    n = gm_read_at(s->fd, k->offset, k->piece, len);
  k->changed = n <= 0;
  *ret = n > 0 ? (size_t)n : 0;
  return k->changed ? GAMUT_E_STORAGE : 0;
}

static bool is_same(const struct source *s)
{
  struct gm_file_mark now;

  return s->fd < 0 ||
         (gm_file_mark(s->fd, &now) == 0 && now.size == s->mark.size &&
          now.mtime_ns == s->mark.mtime_ns);
}

/* All bytes of one file are in its blob. */
static int32_t end_blob(struct keep *k, const struct gm_shelf *s)
{
  struct json_object *file =
    json_object_array_get_idx(gm_json_at(k->entry, "files"), k->at);
  char hex[GM_SHA256_HEX];
  int32_t rc;

  k->changed = !is_same(&k->sources[k->at]);
  if (k->changed)
    return GAMUT_E_STORAGE;
  gm_sha256_hex(&k->sum, hex);
  json_object_object_add(file, "sha256", json_object_new_string(hex));
  rc = s->type->blob_keep(k->blob, hex, s->message);
  k->blob = NULL;
  k->offset = 0;
  k->at++;
  return rc;
}

static int32_t copy_piece(struct keep *k, const struct gm_shelf *s,
                          size_t *copied)
{
  const struct source *source = &k->sources[k->at];
  int32_t rc = 0;
  size_t len;

  if (!k->blob) {
    rc = s->type->blob_new(s->handle, &k->blob, s->message);
    gm_sha256_init(&k->sum);
  }
  if (rc == 0)
    rc = read_some(k, source, &len);
  if (rc == 0)
    rc = s->type->blob_add(k->blob, k->piece, len, s->message);
  if (rc)
    return rc;
  gm_sha256_add(&k->sum, k->piece, len);
  k->offset += len;
  *copied += len;
  return k->offset == source->size ? end_blob(k, s) : 0;
}

static int32_t put_row(struct keep *k, const struct gm_shelf *s)
{
  struct gm_sweep sweep = { .max_bytes = k->max_bytes };
  int64_t bytes = 0;
  int32_t rc;

  json_object_object_add(k->entry, "at",
                         json_object_new_int64(s->type->now(s->handle)));
  k->row.body = gm_json_text(k->entry, NULL);
  rc = gm_shelf_put(s, &k->row, &bytes);
  k->put = rc == 0;
  if (k->put)
    gm_similar_keep(k->lookup, s, k->row.ttl_ms);
  if (k->put && bytes > (int64_t)k->max_bytes)
    rc = gm_shelf_sweep(s, &sweep);
  return rc;
}

static int32_t slice(struct gm_look *look, const struct gamut_store *type,
                     void *handle, char *message)
{
  struct keep *k = GM_CONTAINER(look, struct keep, look);
  const struct gm_shelf s = { type, handle, message };
  size_t copied = 0;
  int32_t rc = 0;

  while (rc == 0 && k->at < k->n && copied < SLICE)
    rc = copy_piece(k, &s, &copied);
  if (rc == 0 && k->at == k->n)
    rc = put_row(k, &s);
  if (rc && k->blob) {
    type->blob_drop(k->blob);
    k->blob = NULL;
  }
  return rc;
}

/* ---- and back ------------------------------------------------------------ */

static void sliced(struct gm_look *look, int32_t error_class)
{
  struct keep *k = GM_CONTAINER(look, struct keep, look);
  struct gm_lookup *l = k->lookup;
  struct gm_cache *c = l->cache;
  struct gm_log *log = c->router->engine->log;

  if (!error_class && !k->put) {
    gm_store_look(c->store, &k->look);
    return;
  }
  c->n_keeping--;
  if (error_class && k->changed)
    gm_info(log, "cache: a file of job %s was changed before it could be kept",
            gm_json_str(k->entry, "job", ""));
  else if (error_class)
    gm_warn(log, "cache: the result of job %s is not kept: %s",
            gm_json_str(k->entry, "job", ""), gm_store_why(c->store));
  if (k->put && l->owns) {
    l->owns = false;
    gm_journal_let_go(c->router->engine->journal);
  }
  gm_lookup_resign(l, k->put);
  gm_lookup_end(l);
  keep_free(k);
}

/* ---- what is to be kept -------------------------------------------------- */

static bool is_whole(const struct gm_run *run, const struct gm_found *f)
{
  _cleanup_json_ struct json_object *request = gm_job_request(&run->job);
  uint32_t i;

  if (f->withheld > 0 || f->n_outputs == 0 ||
      f->n_outputs < gm_json_i64(request, "n", 1))
    return false;
  for (i = 0; i < f->n_outputs; i++) {
    const struct gm_output *o = &f->outputs[i];

    if (o->err.error_class || o->size == 0 || (!o->path && !o->data.data))
      return false;
  }
  return true;
}

static bool hold(struct source *s, const struct gm_output *o, size_t *copied)
{
  s->fd = -1;
  s->size = o->size;
  if (!o->path) {
    *copied += o->data.len;
    s->data =
      *copied <= COPY_MAX ? gm_strndup(o->data.data, o->data.len) : NULL;
    return s->data != NULL && o->data.len == o->size;
  }
  s->fd = open(o->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  return s->fd >= 0 && gm_file_mark(s->fd, &s->mark) == 0 &&
         s->mark.size == o->size;
}

static bool hold_all(struct keep *k, const struct gm_found *f)
{
  size_t copied = 0;
  uint64_t bytes = 0;

  k->sources = gm_zalloc(f->n_outputs * sizeof(*k->sources));
  while (k->sources && k->n < f->n_outputs) {
    uint32_t i = k->n++;

    if (!hold(&k->sources[i], &f->outputs[i], &copied))
      return false;
    bytes += f->outputs[i].size;
  }
  k->row.numbers[GM_SHELF_BYTES] = (int64_t)bytes;
  k->row.numbers[GM_SHELF_FILES] = k->n;
  return k->sources && bytes <= k->max_bytes;
}

static void put(struct json_object *o, const char *name, const char *text)
{
  if (text)
    json_object_object_add(o, name, json_object_new_string(text));
}

static void put_int(struct json_object *o, const char *name, uint64_t n)
{
  if (n)
    json_object_object_add(o, name, json_object_new_int64((int64_t)n));
}

static struct json_object *file_of(const struct gm_output *o)
{
  struct json_object *file = json_object_new_object();

  put_int(file, "size", o->size);
  put_int(file, "kind", (uint64_t)o->kind);
  put_int(file, "width", o->media.width);
  put_int(file, "height", o->media.height);
  put_int(file, "duration_ms", o->media.duration_ms);
  put_int(file, "vendor_width", o->vendor_width);
  put_int(file, "vendor_height", o->vendor_height);
  put(file, "mime", o->media.mime);
  return file;
}

static void put_request(struct json_object *o, const struct gm_run *run)
{
  _cleanup_json_ struct json_object *request = gm_job_request(&run->job);

  put(o, "model", gm_json_str(request, "model", NULL));
  put(o, "operation", gm_json_str(request, "operation", NULL));
  put(o, "prompt", gm_json_str(request, "prompt", NULL));
}

static struct json_object *entry_of(const struct gm_run *run,
                                    const struct gm_found *f,
                                    const struct gm_lookup *l)
{
  struct json_object *o = json_object_new_object();
  struct json_object *files = json_object_new_array();
  uint32_t i;

  json_object_object_add(o, "v", json_object_new_int(1));
  put(o, "job", run->job.id);
  put(o, "provider", gm_run_link(run)->provider);
  put_request(o, run);
  put(o, "project", run->project);
  put(o, "shape", l->shape);
  if (f->facts.n > 0)
    json_object_object_add(o, "facts", gm_texts_pairs(&f->facts));
  for (i = 0; i < f->n_outputs; i++)
    json_object_array_add(files, file_of(&f->outputs[i]));
  json_object_object_add(o, "files", files);
  return o;
}

static void put_cost(struct keep *k, int64_t cost_microusd, bool estimated)
{
  k->row.numbers[GM_SHELF_COST] = cost_microusd;
  if (cost_microusd < 0)
    return;
  json_object_object_add(k->entry, "cost_microusd",
                         json_object_new_int64(cost_microusd));
  json_object_object_add(k->entry, "estimated",
                         json_object_new_boolean(estimated));
}

/* That of the run; of one that another process began, a new one. */
static struct gm_lookup *take_lookup(struct gm_run *run)
{
  struct gm_lookup *l = GM_TAKE(run->lookup);
  bool only_keeps;

  if (l) {
    gm_timer_stop(run->router->engine->loop, &l->timer);
    l->run = NULL;
    return l;
  }
  l = gm_cache_counts(run, &only_keeps) ? gm_lookup_new(run) : NULL;
  if (!l || gm_lookup_key(l, run) == 0)
    return l;
  gm_lookup_free(l); /* an input is not hashed */
  return NULL;
}

static struct keep *keep_new(const struct gm_run *run, struct gm_lookup *l,
                             const struct gm_found *f)
{
  struct keep *k = gm_zalloc(sizeof(*k));

  if (!k)
    return NULL;
  k->look.run = slice;
  k->look.done = sliced;
  k->lookup = l;
  k->max_bytes = gm_cache_max(l->cache);
  k->row.key = l->key;
  k->row.owner = l->owns ? l->owner : NULL;
  k->row.ttl_ms = gm_cache_ttl_ms(l->cache);
  k->piece = gm_alloc(PIECE);
  if (k->piece && hold_all(k, f))
    k->entry = entry_of(run, f, l);
  if (k->entry)
    return k;
  keep_free(k);
  return NULL;
}

void gm_cache_keep(struct gm_run *run, const struct gm_found *found,
                   int64_t cost_microusd, bool estimated)
{
  struct gm_lookup *l;
  struct keep *k;

  if (run->job.served || run->err.error_class || run->job.cancelling ||
      !run->job.request || !found || !is_whole(run, found))
    return; /* whoever waits is told when the run goes */
  l = take_lookup(run);
  k = l ? keep_new(run, l, found) : NULL;
  if (!k) {
    if (l) {
      gm_lookup_resign(l, false);
      gm_lookup_end(l);
    }
    return;
  }
  put_cost(k,
           cost_microusd < 0 ? cost_microusd
                             : cost_microusd - gm_run_embedding_microusd(run),
           estimated);
  l->cache->n_keeping++;
  gm_store_look(l->cache->store, &k->look);
}
