/* kit.c - stores for the tests. */
#include "kit.h"
#include "plugin/registry.h"
#include "store/memory.h"
#include "unit/scratch.h"
#include <stdio.h>
#include <time.h>

const struct gamut_store *kit_sqlite(void)
{
  static const struct gamut_store *found;
  static struct gm_registry *registry; /* the code stays for the process */
  static struct gm_log log;
  const char *path = getenv("GAMUT_PLUGIN_PATH");

  /* Also called outside of tests, where nothing may be asserted. */
  if (found || (!registry && gm_registry_new(path, &log, &registry, NULL)))
    return found;
  found =
    gm_registry_extension(registry, "store-sqlite", GAMUT_EXT_STORE, NULL);
  return found;
}

const struct gamut_store *kit_type(int kind)
{
  return kind == KIT_MEMORY ? &gm_store_memory : kit_sqlite();
}

static void note(void *user, int32_t level, const char *line)
{
  struct kit *k = user;
  size_t len = strlen(k->notes);

  ck_assert_int_ge(level, GAMUT_DEBUG);
  ck_assert_int_le(level, GAMUT_ERROR);
  snprintf(k->notes + len, sizeof(k->notes) - len, "%s\n", line);
}

int32_t kit_try_open(struct kit *k, const struct gamut_store *type,
                     const char *place, uint32_t busy_ms)
{
  struct gamut_store_open o = { .struct_size = sizeof(o),
                                .busy_ms = busy_ms,
                                .place = place,
                                .note = note,
                                .user = k };
  int32_t rc;

  memset(k, 0, sizeof(*k));
  k->type = type;
  rc = type->open(&o, &k->store, k->message);
  ck_assert(rc == 0 || k->message[0]);
  if (rc)
    k->store = NULL;
  return rc;
}

void kit_open(struct kit *k, int kind, const char *place)
{
  int32_t rc =
    kit_try_open(k, kit_type(kind), place ? place : scratch_folder(), 5000);

  ck_assert_msg(rc == 0, "%d: %s", rc, k->message);
}

void kit_close(struct kit *k)
{
  if (k->store)
    k->type->close(k->store);
  k->store = NULL;
}

int32_t kit_try(struct kit *k, const struct gamut_store_op *ops, uint32_t n,
                int32_t *ret_outcome)
{
  struct gamut_store_tx tx = { .struct_size = sizeof(tx),
                               .ops = { ops, n, sizeof(*ops) },
                               .outcome = -77,
                               .failed = 77 };
  struct gamut_store_tx *const txs[] = { &tx };
  int32_t rc = k->type->commit(k->store, txs, 1, k->message);

  if (rc)
    ck_assert_int_eq(tx.outcome, -77);
  else
    *ret_outcome = tx.outcome;
  return rc;
}

int32_t kit_run(struct kit *k, const struct gamut_store_op *ops, uint32_t n)
{
  int32_t outcome = 0, rc = kit_try(k, ops, n, &outcome);

  ck_assert_msg(rc == 0, "%d: %s", rc, k->message);
  return outcome;
}

struct gamut_store_op kit_put(const char *table, const char *key,
                              const char *body)
{
  return (struct gamut_store_op){ .table = table,
                                  .key = key,
                                  .changes = GAMUT_SET_BODY,
                                  .body = body,
                                  .body_len = strlen(body) };
}

static int32_t copy_row(void *user, const struct gamut_store_row *row)
{
  struct kit_row *r = user;

  memset(r, 0, sizeof(*r));
  snprintf(r->key, sizeof(r->key), "%s", row->key);
  snprintf(r->owner, sizeof(r->owner), "%s", row->owner ? row->owner : "");
  r->body_len = row->body_len;
  memcpy(r->body, row->body, GM_MIN(row->body_len, sizeof(r->body) - 1));
  r->version = row->version;
  r->rank = row->rank;
  r->ttl_ms = row->ttl_ms;
  r->owner_ttl_ms = row->owner_ttl_ms;
  memcpy(r->numbers, row->numbers, sizeof(r->numbers));
  return 1;
}

bool kit_get(struct kit *k, const char *table, const char *key,
             struct kit_row *ret)
{
  struct gamut_store_query q = { .struct_size = sizeof(q),
                                 .flags = GAMUT_SCAN_KEY,
                                 .table = table,
                                 .from = key };
  int32_t rc = k->type->scan(k->store, &q, copy_row, ret, k->message);

  ck_assert_msg(rc >= 0, "%d: %s", rc, k->message);
  return rc == 1;
}

static int32_t add_key(void *user, const struct gamut_store_row *row)
{
  char *keys = user;
  size_t len = strlen(keys);

  snprintf(keys + len, 4096 - len, "%s%s", len ? " " : "", row->key);
  return 0;
}

const char *kit_keys(struct kit *k, const struct gamut_store_query *q)
{
  static char keys[4096];
  int32_t rc;

  keys[0] = '\0';
  rc = k->type->scan(k->store, q, add_key, keys, k->message);
  ck_assert_msg(rc == 0, "%d: %s", rc, k->message);
  return keys;
}

void kit_owner(struct kit *k, const char *name, int64_t ttl_ms)
{
  struct gamut_store_op op = kit_put(GAMUT_STORE_OWNERS, name, "{}");

  op.changes |= GAMUT_SET_TTL;
  op.ttl_ms = ttl_ms;
  ck_assert_int_eq(kit_run(k, &op, 1), 0);
}

void kit_sleep(int ms)
{
  struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

  nanosleep(&t, NULL);
}
