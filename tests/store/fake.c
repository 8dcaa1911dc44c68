/* fake.c - a store whose every call a test decides. */
#include "fake.h"
#include "store/memory.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct {
  bool hold;
  int goes, waiting, opens, closes, owner_writes;
  int open_fails, commit_fails;
  int32_t open_class, commit_class;
  char commits[4096], line[256];
} f;

void fake_reset(void)
{
  pthread_mutex_lock(&lock);
  memset(&f, 0, sizeof(f));
  pthread_mutex_unlock(&lock);
}

void fake_hold(bool hold)
{
  pthread_mutex_lock(&lock);
  f.hold = hold;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

void fake_go(void)
{
  pthread_mutex_lock(&lock);
  f.goes++;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

void fake_wait(void)
{
  pthread_mutex_lock(&lock);
  while (!f.waiting)
    pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
}

void fake_fail_open(int n, int32_t error_class)
{
  pthread_mutex_lock(&lock);
  f.open_fails = n;
  f.open_class = error_class;
  pthread_mutex_unlock(&lock);
}

void fake_fail_commit(int n, int32_t error_class)
{
  pthread_mutex_lock(&lock);
  f.commit_fails = n;
  f.commit_class = error_class;
  pthread_mutex_unlock(&lock);
}

void fake_note(const char *line)
{
  pthread_mutex_lock(&lock);
  snprintf(f.line, sizeof(f.line), "%s", line);
  pthread_mutex_unlock(&lock);
}

const char *fake_commits(void)
{
  static char copy[sizeof(f.commits)];

  pthread_mutex_lock(&lock);
  memcpy(copy, f.commits, sizeof(copy));
  pthread_mutex_unlock(&lock);
  return copy;
}

static int read_int(const int *at)
{
  int n;

  pthread_mutex_lock(&lock);
  n = *at;
  pthread_mutex_unlock(&lock);
  return n;
}

int fake_opens(void)
{
  return read_int(&f.opens);
}

int fake_closes(void)
{
  return read_int(&f.closes);
}

int fake_owner_writes(void)
{
  return read_int(&f.owner_writes);
}

/* ---- the store ----------------------------------------------------------- */

static int32_t fails(int *n, int32_t error_class, char *message)
{
  if (*n == 0)
    return 0;
  --*n;
  snprintf(message, GAMUT_STORE_MESSAGE, "the fake store has its moods");
  return error_class;
}

static int32_t fake_open(const struct gamut_store_open *o, void **ret,
                         char *message)
{
  int32_t rc;

  pthread_mutex_lock(&lock);
  f.opens++;
  if (f.line[0])
    o->note(o->user, GAMUT_WARN, f.line);
  f.line[0] = '\0';
  rc = fails(&f.open_fails, f.open_class, message);
  pthread_mutex_unlock(&lock);
  return rc ? rc : gm_store_memory.open(o, ret, message);
}

static void fake_close(void *store)
{
  pthread_mutex_lock(&lock);
  f.closes++;
  pthread_mutex_unlock(&lock);
  gm_store_memory.close(store);
}

static void record(struct gamut_store_tx *const *txs, uint32_t n)
{
  size_t len = strlen(f.commits);
  uint32_t i;

  snprintf(f.commits + len, sizeof(f.commits) - len, "%s%u", len ? " " : "", n);
  for (i = 0; i < n; i++) {
    const struct gamut_store_op *op = txs[i]->ops.items;

    f.owner_writes += strcmp(op->table, GAMUT_STORE_OWNERS) == 0;
  }
}

static int32_t fake_commit(void *store, struct gamut_store_tx *const *txs,
                           uint32_t n, char *message)
{
  int32_t rc;

  pthread_mutex_lock(&lock);
  f.waiting++;
  pthread_cond_broadcast(&changed);
  while (f.hold && f.goes == 0)
    pthread_cond_wait(&changed, &lock);
  if (f.goes > 0)
    f.goes--;
  f.waiting--;
  record(txs, n);
  rc = fails(&f.commit_fails, f.commit_class, message);
  pthread_mutex_unlock(&lock);
  return rc ? rc : gm_store_memory.commit(store, txs, n, message);
}

static int64_t fake_now(void *store)
{
  return gm_store_memory.now(store);
}

static int32_t fake_scan(void *store, const struct gamut_store_query *q,
                         gamut_store_row_fn *fn, void *user, char *message)
{
  return gm_store_memory.scan(store, q, fn, user, message);
}

const struct gamut_store fake_durable = {
  .struct_size = sizeof(fake_durable),
  .flags = GAMUT_STORE_DURABLE,
  .open = fake_open,
  .close = fake_close,
  .now = fake_now,
  .commit = fake_commit,
  .scan = fake_scan,
};

const struct gamut_store fake_plain = {
  .struct_size = sizeof(fake_plain),
  .open = fake_open,
  .close = fake_close,
  .now = fake_now,
  .commit = fake_commit,
  .scan = fake_scan,
};
