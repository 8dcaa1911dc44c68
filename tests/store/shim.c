/* shim.c - a file system and a heap that fail on demand. */
#include "shim.h"
#include <check.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

static struct {
  unsigned long nth, calls;
  bool all_after, failed;
  enum shim_fault fault;
} plan;

static bool due(void)
{
  bool now;

  if (plan.nth == 0)
    return false;
  plan.calls++;
  now = plan.calls == plan.nth || (plan.all_after && plan.calls > plan.nth);
  plan.failed |= now;
  return now;
}

bool shim_failed(void)
{
  return plan.failed;
}

/* ---- files --------------------------------------------------------------- */

struct file {
  sqlite3_file base;
  sqlite3_file *real; /* behind it */
};

static sqlite3_vfs *real_vfs;
static sqlite3_vfs shim_vfs;

static sqlite3_file *real(sqlite3_file *f)
{
  return ((struct file *)(void *)f)->real;
}

static int f_close(sqlite3_file *f)
{
  return real(f)->pMethods->xClose(real(f));
}

static int f_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
  if (plan.fault == SHIM_READ && due())
    return SQLITE_IOERR_CORRUPTFS;
  return real(f)->pMethods->xRead(real(f), p, n, at);
}

/* A full disk takes a part of what is written to it. */
static int f_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
  if (plan.fault == SHIM_READ || !due())
    return real(f)->pMethods->xWrite(real(f), p, n, at);
  real(f)->pMethods->xWrite(real(f), p, n / 2, at);
  return plan.fault == SHIM_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int f_truncate(sqlite3_file *f, sqlite3_int64 size)
{
  if (plan.fault == SHIM_ERROR && due())
    return SQLITE_IOERR_TRUNCATE;
  return real(f)->pMethods->xTruncate(real(f), size);
}

static int f_sync(sqlite3_file *f, int flags)
{
  if (plan.fault == SHIM_ERROR && due())
    return SQLITE_IOERR_FSYNC;
  return real(f)->pMethods->xSync(real(f), flags);
}

static int f_size(sqlite3_file *f, sqlite3_int64 *size)
{
  return real(f)->pMethods->xFileSize(real(f), size);
}

static int f_lock(sqlite3_file *f, int level)
{
  return real(f)->pMethods->xLock(real(f), level);
}

static int f_unlock(sqlite3_file *f, int level)
{
  return real(f)->pMethods->xUnlock(real(f), level);
}

static int f_reserved(sqlite3_file *f, int *out)
{
  return real(f)->pMethods->xCheckReservedLock(real(f), out);
}

static int f_control(sqlite3_file *f, int op, void *arg)
{
  if (op == SQLITE_FCNTL_LAST_ERRNO && plan.fault == SHIM_READ && plan.failed) {
    *(int *)arg = EIO;
    return SQLITE_OK;
  }
  return real(f)->pMethods->xFileControl(real(f), op, arg);
}

static int f_sector(sqlite3_file *f)
{
  return real(f)->pMethods->xSectorSize(real(f));
}

static int f_device(sqlite3_file *f)
{
  return real(f)->pMethods->xDeviceCharacteristics(real(f));
}

static int f_shm_map(sqlite3_file *f, int page, int size, int extend,
                     void volatile **out)
{
  if (plan.fault != SHIM_READ && extend && due())
    return plan.fault == SHIM_FULL ? SQLITE_FULL : SQLITE_IOERR_SHMSIZE;
  return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
}

static int f_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
  return real(f)->pMethods->xShmLock(real(f), at, n, flags);
}

static void f_shm_barrier(sqlite3_file *f)
{
  real(f)->pMethods->xShmBarrier(real(f));
}

static int f_shm_unmap(sqlite3_file *f, int delete)
{
  return real(f)->pMethods->xShmUnmap(real(f), delete);
}

static const sqlite3_io_methods methods = {
  .iVersion = 2,
  .xClose = f_close,
  .xRead = f_read,
  .xWrite = f_write,
  .xTruncate = f_truncate,
  .xSync = f_sync,
  .xFileSize = f_size,
  .xLock = f_lock,
  .xUnlock = f_unlock,
  .xCheckReservedLock = f_reserved,
  .xFileControl = f_control,
  .xSectorSize = f_sector,
  .xDeviceCharacteristics = f_device,
  .xShmMap = f_shm_map,
  .xShmLock = f_shm_lock,
  .xShmBarrier = f_shm_barrier,
  .xShmUnmap = f_shm_unmap,
};

static int v_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f,
                  int flags, int *out)
{
  struct file *file = (struct file *)(void *)f;
  int rc;

  (void)vfs;
  file->base.pMethods = NULL;
  file->real = (sqlite3_file *)(void *)(file + 1);
  if (plan.fault == SHIM_ERROR && due())
    return SQLITE_CANTOPEN;
  rc = real_vfs->xOpen(real_vfs, name, file->real, flags, out);
  if (file->real->pMethods)
    file->base.pMethods = &methods;
  return rc;
}

void shim_install(void)
{
  real_vfs = sqlite3_vfs_find(NULL);
  ck_assert_ptr_nonnull(real_vfs);
  shim_vfs = *real_vfs;
  shim_vfs.zName = "shim";
  shim_vfs.szOsFile += (int)sizeof(struct file);
  shim_vfs.xOpen = v_open;
  ck_assert_int_eq(sqlite3_vfs_register(&shim_vfs, 1), SQLITE_OK);
}

void shim_fail(enum shim_fault fault, unsigned long nth, bool and_all_after)
{
  plan.fault = fault;
  plan.nth = nth;
  plan.all_after = and_all_after;
  plan.calls = 0;
  if (nth)
    plan.failed = false;
}

/* ---- the heap ------------------------------------------------------------ */

static sqlite3_mem_methods real_heap;

static void *h_malloc(int n)
{
  return due() ? NULL : real_heap.xMalloc(n);
}

static void *h_realloc(void *p, int n)
{
  return due() ? NULL : real_heap.xRealloc(p, n);
}

void shim_install_heap(void)
{
  sqlite3_mem_methods heap;

  ck_assert_int_eq(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_heap),
                   SQLITE_OK);
  heap = real_heap;
  heap.xMalloc = h_malloc;
  heap.xRealloc = h_realloc;
  ck_assert_int_eq(sqlite3_config(SQLITE_CONFIG_MALLOC, &heap), SQLITE_OK);
  /* So that every allocation comes through here. */
  ck_assert_int_eq(sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0), SQLITE_OK);
}

void shim_fail_heap(unsigned long nth, bool and_all_after)
{
  shim_fail(SHIM_FULL, nth, and_all_after);
}
