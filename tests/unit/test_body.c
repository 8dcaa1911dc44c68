/* test_body.c - a body in pieces reads the same from every place on. */
#include "base/base64.h"
#include "loop/body.h"
#include "unit.h"
#include <gamut/plugin.h>
#include <stdio.h>
#include <unistd.h>

enum { FILE_SIZE = 40000 };

struct made {
  struct gm_body body;
  struct gm_blob blob;
  struct gm_buf want;
  char path[32];
  int fd;
};

static char file_byte(size_t i)
{
  return (char)(i * 7 + i / 251);
}

static void make_file(struct made *m)
{
  char bytes[FILE_SIZE];

  for (size_t i = 0; i < FILE_SIZE; i++)
    bytes[i] = file_byte(i);
  snprintf(m->path, sizeof(m->path), "/tmp/gamut-body-XXXXXX");
  m->fd = mkstemp(m->path);
  ck_assert_int_ge(m->fd, 0);
  ck_assert_int_eq(gm_write_all(m->fd, bytes, sizeof(bytes)), 0);
}

static void add(struct made *m, struct gm_body_piece piece, const char *bytes)
{
  gm_body_add(&m->body, &piece);
  if (piece.base64)
    gm_base64_add(&m->want, bytes, piece.size);
  else
    gm_buf_addn(&m->want, bytes, piece.size);
}

static void add_file(struct made *m, size_t from, size_t size, bool base64)
{
  struct gm_body_piece piece = { .fd = dup(m->fd),
                                 .name = "file",
                                 .offset = from,
                                 .size = size,
                                 .base64 = base64 };
  char bytes[FILE_SIZE];

  ck_assert_int_eq(gm_file_mark(m->fd, &piece.mark), 0);
  for (size_t i = 0; i < size; i++)
    bytes[i] = file_byte(from + i);
  add(m, piece, bytes);
}

/* All that there is, with every remainder of base64. */
static void make(struct made *m)
{
  static const char bytes[] = "0123456789abcdefghij";

  memset(m, 0, sizeof(*m));
  gm_buf_init(&m->want, 1 << 20);
  gm_blob_init(&m->blob, 8, 4096); /* most of it in a file */
  ck_assert_int_eq(gm_blob_add(&m->blob, bytes, 6, NULL), 0);
  ck_assert_int_eq(gm_blob_add(&m->blob, bytes + 6, 14, NULL), 0);
  make_file(m);
  ck_assert(gm_body_reserve(&m->body, 9));
  add(m, (struct gm_body_piece){ .data = "begin", .fd = -1, .size = 5 },
      "begin");
  add_file(m, 0, FILE_SIZE, true);
  add(
    m,
    (struct gm_body_piece){ .data = "x--y", .fd = -1, .offset = 1, .size = 2 },
    "--");
  add_file(m, 1, FILE_SIZE - 1, false);
  add_file(m, 2, 1, true);
  add(m,
      (struct gm_body_piece){
        .blob = &m->blob, .fd = -1, .base64 = true, .size = 20 },
      bytes);
  add(m,
      (struct gm_body_piece){
        .blob = &m->blob, .fd = -1, .offset = 4, .size = 16 },
      bytes + 4);
  add_file(m, 5, 0, true);
  add(m,
      (struct gm_body_piece){
        .data = "end", .fd = -1, .base64 = true, .size = 3 },
      "end");
}

static void drop(struct made *m)
{
  gm_body_finish(&m->body);
  gm_blob_finish(&m->blob);
  gm_buf_finish(&m->want);
  close(m->fd);
  unlink(m->path);
}

static const size_t steps[] = { 1, 2, 3, 4, 5, 7, 1000, 16384, 65536, 1 << 20 };

START_TEST(reads_whole)
{
  size_t step = steps[_i];
  struct made m;
  char *out;
  uint64_t at = 0;
  ssize_t n;

  make(&m);
  ck_assert_uint_eq(m.body.size, m.want.len);
  out = malloc(step);
  while ((n = gm_body_read(&m.body, at, out, step, NULL)) > 0) {
    ck_assert_mem_eq(out, m.want.data + at, (size_t)n);
    at += (uint64_t)n;
    ck_assert(n == (ssize_t)step || at == m.body.size);
  }
  ck_assert_int_eq(n, 0);
  ck_assert_uint_eq(at, m.want.len);
  free(out);
  drop(&m);
}
END_TEST

START_TEST(reads_from_everywhere)
{
  struct made m;
  char out[64];

  make(&m);
  for (size_t at = 0; at < m.want.len; at++) {
    size_t want = GM_MIN(sizeof(out), m.want.len - at);

    if (at > 300 && at + 300 < m.want.len && at % 97)
      continue;
    ck_assert_int_eq(gm_body_read(&m.body, at, out, sizeof(out), NULL),
                     (ssize_t)want);
    ck_assert_mem_eq(out, m.want.data + at, want);
  }
  drop(&m);
}
END_TEST

/* The last byte of a file tells whether it is still the one that was begun. */
START_TEST(changes_are_seen)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  struct made m;
  char *out = malloc(1 << 20);

  make(&m);
  ck_assert_int_eq(pwrite(m.fd, "!", 1, FILE_SIZE), 1);
  ck_assert_int_eq(gm_body_read(&m.body, 0, out, 1000, &err), 1000);
  ck_assert_int_eq(gm_body_read(&m.body, 0, out, 1 << 20, &err), -1);
  ck_assert_int_eq(err.error_class, GAMUT_E_INVALID);
  ck_assert_str_eq(gm_error_text(&err), "'file' changed while it was sent");
  gm_error_finish(&err);
  ck_assert_int_eq(ftruncate(m.fd, 100), 0);
  ck_assert_int_eq(gm_body_read(&m.body, 0, out, 1000, &err), -1);
  ck_assert_str_eq(gm_error_text(&err),
                   "'file' became shorter while it was sent");
  free(out);
  drop(&m);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("body");

  tcase_add_loop_test(tc, reads_whole, 0, (int)GM_LEN(steps));
  tcase_add_test(tc, reads_from_everywhere);
  tcase_add_test(tc, changes_are_seen);
  return unit_run("body", tc);
}
