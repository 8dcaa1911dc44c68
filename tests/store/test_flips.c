/* test_flips.c - single bits that a disk has turned over, and a file cut while
 * its log is there: records of jobs that are no longer what was written are not
 * acted upon; whatever else happens, nothing crashes and nothing is deleted. */
#include "kit.h"
#include "store/claim.h"
#include "unit/scratch.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define JOBS 60

static const char record[] =
  "{\"v\":1,\"state\":\"sending\",\"pending\":{\"flags\":1,\"url\":"
  "\"https://vendor.test/jobs\",\"body\":\"a neon fox\"},\"tries\":0}";

static const char *place;

/* ---- records ------------------------------------------------------------- */

static struct gm_loop *loop;
static struct gm_store *store;
static struct gm_journal *journal;

static int32_t choose(void *user, struct gm_store_choice *ret,
                      struct gm_error *err)
{
  (void)user, (void)err;
  ret->type = kit_sqlite();
  ret->place = gm_strdup(place);
  ret->required = true;
  return 0;
}

static void open_journal(void)
{
  ck_assert_int_eq(gm_loop_new(NULL, &loop, NULL), 0);
  ck_assert_int_eq(gm_store_new(loop, NULL, choose, NULL, &store), 0);
  ck_assert_int_eq(gm_journal_new(loop, store, NULL, &journal), 0);
}

static void close_journal(void)
{
  gm_store_free(store);
  gm_journal_free(journal);
  gm_loop_free(loop);
}

struct wait {
  struct gm_claim claim;
  struct gm_durable durable;
  int32_t error_class;
  bool done;
};

static void written(struct gm_durable *d, int32_t error_class)
{
  struct wait *w = GM_CONTAINER(d, struct wait, durable);

  w->error_class = error_class;
  w->done = true;
}

static void claimed(struct gm_claim *c, int32_t error_class)
{
  struct wait *w = GM_CONTAINER(c, struct wait, claim);

  w->error_class = error_class;
  w->done = true;
}

static void write_record(const char *id)
{
  struct wait w = { .durable.ready = written };

  open_journal();
  ck_assert_int_eq(
    gm_journal_put(journal, id, gm_strdup(record), GM_PUT_WAIT, &w.durable), 0);
  while (!w.done)
    gm_loop_turn(loop, -1);
  ck_assert_int_eq(w.error_class, 0);
  gm_journal_forget(journal, &w.durable);
  close_journal();
}

static int32_t claim(const char *id)
{
  struct wait w = { .claim.done = claimed };

  memcpy(w.claim.id, id, GM_ID_SIZE);
  gm_claim_begin(&w.claim, journal, store);
  while (!w.done)
    gm_loop_turn(loop, -1);
  gm_claim_finish(&w.claim);
  return w.error_class;
}

/* Whatever bit it is: the record of a paid exchange is not taken for one that
 * may be sent. */
START_TEST(of_a_record)
{
  char id[GM_ID_SIZE], text[sizeof(record)];
  struct gamut_store_op op;
  size_t i, len = sizeof(record) - 1;
  struct kit k;

  place = scratch_folder();
  gm_id_new(id);
  write_record(id);
  kit_open(&k, KIT_SQLITE, place);
  open_journal();
  for (i = 0; i < len; i++) {
    memcpy(text, record, sizeof(record));
    text[i] = (char)(text[i] ^ 1 << i % 8);
    op = kit_put(GM_TABLE_JOB, id, text);
    op.body_len = len;
    ck_assert_int_eq(kit_run(&k, &op, 1), 0);
    ck_assert_msg(claim(id) == GAMUT_E_PROTOCOL, "byte %zu", i);
  }
  op.body_len = len - 1;
  op.body = record;
  ck_assert_int_eq(kit_run(&k, &op, 1), 0);
  ck_assert_int_eq(claim(id), GAMUT_E_PROTOCOL);
  op.body_len = len;
  ck_assert_int_eq(kit_run(&k, &op, 1), 0);
  ck_assert_int_eq(claim(id), 0);
  close_journal();
  kit_close(&k);
}
END_TEST

/* ---- files --------------------------------------------------------------- */

struct bytes {
  unsigned char *p;
  size_t len;
};

static struct bytes load(const char *path)
{
  struct bytes b = { NULL, 0 };
  int fd = open(path, O_RDONLY);
  struct stat st;

  ck_assert(fd >= 0 && fstat(fd, &st) == 0);
  b.len = (size_t)st.st_size;
  b.p = malloc(b.len + 1);
  ck_assert_int_eq(read(fd, b.p, b.len), st.st_size);
  close(fd);
  return b;
}

static struct gamut_store_op job_row(char *id, char *text, int i)
{
  struct gamut_store_op op;

  snprintf(id, GM_ID_SIZE, "%026d", i);
  snprintf(text, 1024, "%s%0*d", record, 200 + i, i);
  op = kit_put(GM_TABLE_JOB, id, text);
  op.changes |= GAMUT_SET_NUMBERS | GAMUT_SET_RANK;
  op.rank = i + 1;
  op.numbers[0] = gm_journal_seal(id, text, strlen(text));
  return op;
}

/* A process that dies with the store open: half of the rows are in the file,
 * the others in its log. */
static void write_and_die(const char *folder)
{
  char id[GM_ID_SIZE], text[1024];
  struct gamut_store_op op;
  struct kit k;
  int i;

  for (i = 0; i < JOBS; i++) {
    if (i % (JOBS / 2) == 0) {
      if (i > 0)
        kit_close(&k);
      kit_open(&k, KIT_SQLITE, folder);
    }
    op = job_row(id, text, i);
    if (kit_run(&k, &op, 1))
      _exit(1);
  }
  _exit(0);
}

static void make(struct bytes *file, struct bytes *log)
{
  const char *folder = scratch_folder();
  pid_t pid = fork();
  int status;

  if (pid == 0)
    write_and_die(folder);
  ck_assert(waitpid(pid, &status, 0) == pid && status == 0);
  *file = load(scratch_path(folder, "gamut.db"));
  *log = load(scratch_path(folder, "gamut.db-wal"));
  ck_assert_uint_gt(file->len, 4 * 4096);
  ck_assert_uint_gt(log->len, 4 * 4096);
}

static const char *place_with(const struct bytes *file, size_t len,
                              const struct bytes *log)
{
  const char *folder = scratch_folder();

  scratch_write(scratch_path(folder, "gamut.db"), file->p, len, 0600);
  scratch_write(scratch_path(folder, "gamut.db-wal"), log->p, log->len, 0600);
  return folder;
}

struct seen {
  int whole, broken;
};

static int32_t see(void *user, const struct gamut_store_row *row)
{
  struct seen *s = user;

  if (row->numbers[0] == gm_journal_seal(row->key, row->body, row->body_len))
    s->whole++;
  else
    s->broken++;
  return 0;
}

static int32_t look(struct kit *k, struct seen *s, uint32_t flags)
{
  const struct gamut_store_query q = { .struct_size = sizeof(q),
                                       .table = GM_TABLE_JOB,
                                       .flags = flags,
                                       .min_rank = 1,
                                       .max_rank = INT64_MAX };

  *s = (struct seen){ 0, 0 };
  return k->type->scan(k->store, &q, see, s, k->message);
}

static bool has_aside(const char *folder)
{
  DIR *d = opendir(folder);
  struct dirent *e;
  bool found = false;

  while (d && (e = readdir(d)))
    found |= strncmp(e->d_name, "gamut.db.damaged-", 17) == 0;
  if (d)
    closedir(d);
  return found;
}

enum found { WHOLE, BROKEN, FEWER, MOVED, REFUSED, N_FOUND };

/* It opens, is read both ways and written; what it says must be so. */
static enum found try_place(const char *folder)
{
  struct gamut_store_op op = kit_put("t", "k", "x");
  struct seen by_key, by_rank;
  int32_t outcome;
  struct kit k;
  bool moved;

  outcome = kit_try_open(&k, kit_sqlite(), folder, 1000);
  if (outcome == GAMUT_E_UNSUPPORTED) { /* a bit of its version */
    ck_assert(!has_aside(folder));
    return REFUSED;
  }
  ck_assert_msg(outcome == 0, "%s", k.message);
  if (look(&k, &by_key, 0)) /* it has been begun anew, says the message */
    ck_assert_int_eq(look(&k, &by_key, 0), 0);
  if (look(&k, &by_rank, GAMUT_SCAN_BY_RANK))
    ck_assert_int_eq(look(&k, &by_rank, GAMUT_SCAN_BY_RANK), 0);
  if (kit_try(&k, &op, 1, &outcome))
    ck_assert_int_eq(kit_try(&k, &op, 1, &outcome), 0);
  moved = strstr(k.notes, "was damaged: it was moved to") != NULL;
  ck_assert_int_eq(moved, has_aside(folder));
  kit_close(&k);
  return moved                                     ? MOVED
         : by_key.broken + by_rank.broken > 0      ? BROKEN
         : by_key.whole + by_rank.whole < 2 * JOBS ? FEWER
                                                   : WHOLE;
}

START_TEST(of_the_file)
{
  int n[N_FOUND] = { 0 };
  struct bytes file, log, none = { NULL, 0 };
  const char *folder;
  size_t at;

  make(&file, &log);
  folder = place_with(&file, file.len, &log);
  ck_assert_int_eq(try_place(folder), WHOLE); /* and the log goes into it */
  free(file.p);
  file = load(scratch_path(folder, "gamut.db"));
  none.p = file.p;
  for (at = 0; at < file.len; at += 127) {
    file.p[at] ^= (unsigned char)(1u << at % 8);
    n[try_place(place_with(&file, file.len, &none))]++;
    file.p[at] ^= (unsigned char)(1u << at % 8);
  }
  ck_assert_int_gt(n[MOVED], 0);
  ck_assert_int_gt(n[BROKEN], 0);
  free(file.p);
  free(log.p);
}
END_TEST

/* Its pages have sums: what comes behind the bit was never committed. */
START_TEST(of_the_log)
{
  int n[N_FOUND] = { 0 };
  struct bytes file, log;
  size_t at;

  make(&file, &log);
  for (at = 0; at < log.len; at += 797) {
    log.p[at] ^= (unsigned char)(1u << at % 8);
    n[try_place(place_with(&file, file.len, &log))]++;
    log.p[at] ^= (unsigned char)(1u << at % 8);
  }
  ck_assert_int_eq(n[BROKEN], 0);
  ck_assert_int_gt(n[FEWER], 0);
  free(file.p);
  free(log.p);
}
END_TEST

/* In the middle of a page or between two: the log may have what is missing. */
START_TEST(cut_with_a_log)
{
  int n[N_FOUND] = { 0 };
  struct bytes file, log;
  size_t at;

  make(&file, &log);
  for (at = 1; at < file.len; at += 1009)
    n[try_place(place_with(&file, at, &log))]++;
  for (at = 4096; at < file.len; at += 4096)
    n[try_place(place_with(&file, at, &log))]++;
  ck_assert_int_eq(n[BROKEN], 0);
  ck_assert_int_gt(n[MOVED], 0);
  free(file.p);
  free(log.p);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("flips");

  if (!kit_sqlite())
    return 77; /* not built */
  tcase_add_test(tc, of_a_record);
  tcase_add_test(tc, of_the_file);
  tcase_add_test(tc, of_the_log);
  tcase_add_test(tc, cut_with_a_log);
  return unit_run("flips", tc);
}
