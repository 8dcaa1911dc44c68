/* test_faults.c - the SQLite store on a disk that is full or fails, at every
 * write, and without memory, at every allocation: each call fails by its class
 * and has done nothing, or has done all of it. */
#include "kit.h"
#include "shim.h"
#include "unit/scratch.h"
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- one life of a store ------------------------------------------------- */

struct life {
  struct kit k;
  int32_t opened, first, second, outcome;
};

static int32_t write_pair(struct kit *k, const char *body)
{
  struct gamut_store_op ops[3] = {
    kit_put("t", "a", body),
    kit_put("t", "b", body),
    { .table = "t", .key = "n", .changes = GAMUT_ADD_NUMBERS, .numbers = { 1 } }
  };
  int32_t outcome = 0;

  return kit_try(k, ops, 3, &outcome);
}

static void live(struct life *l, const char *place)
{
  memset(l, 0, sizeof(*l));
  l->opened = kit_try_open(&l->k, kit_sqlite(), place, 50);
  if (l->opened)
    return;
  l->first = write_pair(&l->k, "one");
  l->second = write_pair(&l->k, "two");
}

/* Either the one body or the other, in both rows, as often as it was said. */
static void look_whether_whole(struct kit *k, const struct life *l)
{
  struct kit_row a, b, n;
  int done = l->opened ? 0 : (l->first == 0) + (l->second == 0);

  ck_assert(kit_get(k, "t", "a", &a) == (done > 0));
  ck_assert(kit_get(k, "t", "b", &b) == (done > 0));
  ck_assert(kit_get(k, "t", "n", &n) == (done > 0));
  if (!done)
    return;
  ck_assert_str_eq(a.body, b.body);
  ck_assert_str_eq(a.body, l->second == 0 ? "two" : "one");
  ck_assert_int_eq(n.numbers[0], done);
}

static void check_class(int32_t rc, int32_t allowed, const char *message)
{
  ck_assert_msg(rc == 0 || rc == allowed, "%d: %s", rc, message);
  ck_assert_msg(rc == 0 || strlen(message) > 20, "says nothing: '%s'", message);
}

/* With the fault gone the same handle works, and so does the next process. */
static void live_on(struct life *l, const char *place)
{
  struct kit next;

  if (!l->opened) {
    look_whether_whole(&l->k, l);
    ck_assert_int_eq(write_pair(&l->k, "two"), 0);
    kit_close(&l->k);
  }
  ck_assert_msg(kit_try_open(&next, kit_sqlite(), place, 5000) == 0, "%s",
                next.message);
  ck_assert_str_eq(next.notes, "");
  ck_assert_int_eq(write_pair(&next, "three"), 0);
  kit_close(&next);
}

static const char *place_of(unsigned long n)
{
  static const char *folder;
  char name[32];

  if (!folder)
    folder = strdup(scratch_folder());
  snprintf(name, sizeof(name), "%lu", n);
  return scratch_path(folder, name);
}

/* ---- the disk ------------------------------------------------------------ */

static void torture_disk(enum shim_fault fault, bool all_after)
{
  struct life l;
  unsigned long n;
  const char *place;

  for (n = 1;; n++) {
    place = place_of(n);
    shim_fail(fault, n, all_after);
    live(&l, place);
    shim_fail(fault, 0, false);
    check_class(l.opened, GAMUT_E_STORAGE, l.k.message);
    check_class(l.first, GAMUT_E_STORAGE, l.k.message);
    check_class(l.second, GAMUT_E_STORAGE, l.k.message);
    live_on(&l, place);
    if (!shim_failed())
      break;
    ck_assert_msg(n < 2000, "it does not end");
  }
  ck_assert_int_eq(l.opened | l.first | l.second, 0);
  ck_assert_uint_gt(n, 8);
}

START_TEST(disk_is_full)
{
  shim_install();
  torture_disk(SHIM_FULL, _i);
}
END_TEST

START_TEST(disk_fails)
{
  shim_install();
  torture_disk(SHIM_ERROR, _i);
}
END_TEST

/* What is there stays, in its log above all, whatever fails: also before the
 * log was read, and what cannot be read now may be good. */
static void torture_rows(enum shim_fault fault, bool all_after)
{
  const char *place = place_of(0);
  unsigned long n;
  struct life l;
  struct kit k;

  kit_open(&k, KIT_SQLITE, place);
  ck_assert_int_eq(write_pair(&k, "one"), 0);
  kit_close(&k);
  for (n = 1;; n++) {
    shim_fail(fault, n, all_after);
    live(&l, place);
    shim_fail(fault, 0, false);
    check_class(l.opened, GAMUT_E_STORAGE, l.k.message);
    check_class(l.first, GAMUT_E_STORAGE, l.k.message);
    check_class(l.second, GAMUT_E_STORAGE, l.k.message);
    ck_assert_str_eq(l.k.notes, "");
    if (!l.opened)
      kit_close(&l.k);
    kit_open(&k, KIT_SQLITE, place);
    ck_assert_str_eq(k.notes, "");
    ck_assert_msg(kit_get(&k, "t", "a", &(struct kit_row){ 0 }),
                  "fault %d at call %lu: the rows are gone", fault, n);
    kit_close(&k);
    if (!shim_failed())
      break;
    ck_assert_msg(n < 2000, "it does not end");
  }
  ck_assert_int_eq(l.opened | l.first | l.second, 0);
  ck_assert_uint_gt(n, 4);
}

START_TEST(rows_stay)
{
  shim_install();
  torture_rows((enum shim_fault)(_i / 2), _i % 2);
}
END_TEST

/* The kernel's own word, without a shim: no file may be longer than so. */
static void limit_files(rlim_t bytes)
{
  struct rlimit l;

  ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &l), 0);
  l.rlim_cur = bytes ? bytes : l.rlim_max;
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &l), 0);
}

/* The database is opened anew after a failed read; whoever owned rows before
 * does so yet. */
START_TEST(owners_stay)
{
  struct gamut_store_op op = kit_put("job", "j", "x"),
                        other = kit_put("t", "z", "y");
  const char *place = place_of(0);
  struct kit_row row;
  struct kit a, b;
  unsigned long n;

  shim_install();
  kit_open(&a, KIT_SQLITE, place);
  kit_open(&b, KIT_SQLITE, place);
  kit_owner(&a, "me", 30000);
  op.changes |= GAMUT_SET_OWNER;
  op.owner = "me";
  for (n = 1; n < 6; n++) {
    kit_run(&b, &other, 1); /* which has to be read */
    shim_fail(SHIM_READ, n, false);
    kit_try(&a, &op, 1, &(int32_t){ 0 });
    shim_fail(SHIM_READ, 0, false);
    ck_assert(kit_get(&b, "job", "j", &row));
    ck_assert_str_eq(row.owner, "me");
    ck_assert_int_gt(row.owner_ttl_ms, 0);
  }
  kit_close(&a);
  kit_close(&b);
}
END_TEST

START_TEST(files_may_not_grow)
{
  struct life l;
  unsigned long n;
  const char *place;

  signal(SIGXFSZ, SIG_IGN);
  for (n = 1;; n++) {
    place = place_of(n);
    limit_files(n * 1024);
    live(&l, place);
    limit_files(0);
    check_class(l.opened, GAMUT_E_STORAGE, l.k.message);
    check_class(l.first, GAMUT_E_STORAGE, l.k.message);
    check_class(l.second, GAMUT_E_STORAGE, l.k.message);
    live_on(&l, place);
    if (l.opened == 0 && l.first == 0 && l.second == 0)
      break;
    ck_assert_msg(n < 1000, "it does not end");
  }
  ck_assert_uint_gt(n, 8);
}
END_TEST

/* ---- the heap ------------------------------------------------------------ */

static int32_t count(void *user, const struct gamut_store_row *row)
{
  int *n = user;

  (void)row;
  ++*n;
  return 0;
}

#define HASH "aa00000000000000000000000000000000000000000000000000000000000001"

static int32_t use_blobs(struct kit *k)
{
  void *blob = NULL;
  size_t len = 0;
  uint64_t total;
  char buf[8];
  int32_t rc = k->type->blob_new(k->store, &blob, k->message);

  if (rc)
    return rc;
  rc = k->type->blob_add(blob, "bytes", 5, k->message);
  if (rc) {
    k->type->blob_drop(blob);
    return rc;
  }
  rc = k->type->blob_keep(blob, HASH, k->message);
  if (rc == 0)
    rc =
      k->type->blob_read(k->store, HASH, 0, buf, 8, &len, &total, k->message);
  if (rc == 0)
    ck_assert_uint_eq(len, 5);
  return rc ? rc : k->type->blob_remove(k->store, HASH, k->message);
}

static int32_t use_all(struct kit *k)
{
  struct gamut_store_query q = { .struct_size = sizeof(q),
                                 .flags = GAMUT_SCAN_BY_RANK,
                                 .table = "t",
                                 .max_rank = INT64_MAX };
  int n = 0;
  int32_t rc = write_pair(k, "one");

  if (rc == 0)
    rc = k->type->scan(k->store, &q, count, &n, k->message);
  if (rc == 0)
    rc = write_pair(k, "two");
  q.flags = 0;
  if (rc == 0)
    rc = k->type->scan(k->store, &q, count, &n, k->message);
  if (rc == 0)
    ck_assert_int_eq(n, 3);
  return rc ? rc : use_blobs(k);
}

START_TEST(no_memory)
{
  struct kit k;
  unsigned long n;
  int32_t rc;

  shim_install_heap();
  for (n = 1;; n++) {
    const char *place = place_of(n);

    shim_fail_heap(n, _i);
    rc = kit_try_open(&k, kit_sqlite(), place, 50);
    if (rc == 0)
      rc = use_all(&k);
    shim_fail_heap(0, false);
    check_class(rc, GAMUT_E_NOMEM, k.message);
    if (k.store)
      ck_assert_msg(use_all(&k) == 0, "after %lu: %s", n, k.message);
    kit_close(&k);
    if (!shim_failed())
      break;
    ck_assert_msg(n < 20000, "it does not end");
  }
  ck_assert_int_eq(rc, 0);
  ck_assert_uint_gt(n, 100);
  ck_assert_int_eq(sqlite3_memory_used(), 0);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("faults");

  if (!kit_sqlite())
    return 77; /* not built */
  tcase_set_timeout(tc, 300);
  tcase_add_test(tc, owners_stay);
  tcase_add_loop_test(tc, disk_is_full, 0, 2);
  tcase_add_loop_test(tc, rows_stay, 0, 2 * (SHIM_ERROR + 1));
  tcase_add_loop_test(tc, disk_fails, 0, 2);
  tcase_add_test(tc, files_may_not_grow);
  tcase_add_loop_test(tc, no_memory, 0, 2);
  return unit_run("faults", tc);
}
