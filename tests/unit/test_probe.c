/* test_probe.c - the probe against files of every kind, whole, cut short at
 * every byte, with bits flipped, and read through sources that misbehave. */
#include "base/util.h"
#include "job/probe.h"
#include "unit/probe_files.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void check_media(const struct probe_file *f, const struct gm_media *m)
{
  ck_assert_msg(m->kind == f->kind, "%s: kind %d", f->name, (int)m->kind);
  ck_assert_msg(strcmp(m->mime, f->mime) == 0, "%s: %s", f->name, m->mime);
  ck_assert_msg(strcmp(m->ext, f->ext) == 0, "%s: %s", f->name, m->ext);
  ck_assert_msg(m->width == f->width && m->height == f->height, "%s: %ux%u",
                f->name, m->width, m->height);
  ck_assert_msg(m->duration_ms == f->duration_ms, "%s: %u ms", f->name,
                m->duration_ms);
}

START_TEST(bytes_are_recognised)
{
  const struct probe_file *f = &probe_files[_i];
  struct bytes b = { .len = 0 };
  struct gm_media m;

  f->build(&b);
  ck_assert_msg(gm_probe_bytes(b.at, b.len, &m) == 0, "%s", f->name);
  check_media(f, &m);
}
END_TEST

START_TEST(files_are_recognised)
{
  const struct probe_file *f = &probe_files[_i];
  struct bytes b = { .len = 0 };
  struct gm_media m;
  FILE *file = tmpfile();

  f->build(&b);
  ck_assert_ptr_nonnull(file);
  ck_assert_uint_eq(fwrite(b.at, 1, b.len, file), b.len);
  ck_assert_int_eq(fflush(file), 0);
  ck_assert_int_eq(lseek(fileno(file), 3, SEEK_SET), 3);
  ck_assert_msg(gm_probe_fd(fileno(file), &m, NULL) == 0, "%s", f->name);
  check_media(f, &m);
  ck_assert_int_eq(lseek(fileno(file), 0, SEEK_CUR), 3);
  fclose(file);
}
END_TEST

/* A copy that ends where the file does, so that ASan sees a byte too far. */
static int probe_copy(const uint8_t *bytes, size_t len, struct gm_media *ret)
{
  uint8_t *copy = malloc(len ? len : 1);
  int rc;

  ck_assert_ptr_nonnull(copy);
  memcpy(copy, bytes, len);
  rc = gm_probe_bytes(copy, len, ret);
  free(copy);
  return rc;
}

/* What is cut short says the same or says nothing.  Type names may be more
 * general where the part that tells is gone; sizes are right or absent, except
 * that a still's thumbnail may be all that is left. */
START_TEST(cut_files_say_less)
{
  const struct probe_file *f = &probe_files[_i];
  struct bytes b = { .len = 0 };
  bool thumbnail;

  f->build(&b);
  for (size_t len = 0; len < b.len; len++) {
    struct gm_media m = { .width = 7 };

    if (probe_copy(b.at, len, &m) < 0) {
      ck_assert_uint_eq(m.width, 7);
      continue;
    }
    ck_assert_ptr_nonnull(m.mime);
    ck_assert_ptr_nonnull(m.ext);
    thumbnail = m.width == 160 && m.height == 120;
    ck_assert_msg(thumbnail || m.width == 0 || m.width == f->width ||
                    f->kind == 0,
                  "%s at %zu: width %u", f->name, len, m.width);
    ck_assert_msg(m.duration_ms <= f->duration_ms, "%s at %zu: %u ms", f->name,
                  len, m.duration_ms);
  }
}
END_TEST

static uint64_t next_random(uint64_t *state) /* xorshift64 */
{
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

START_TEST(flipped_bits_do_no_harm)
{
  const struct probe_file *f = &probe_files[_i];
  uint64_t state = 0x9e3779b97f4a7c15u + (uint64_t)_i;
  struct bytes whole = { .len = 0 };

  f->build(&whole);
  for (int round = 0; round < 3000; round++) {
    struct bytes b = whole;
    struct gm_media m = { .kind = -1 };
    unsigned flips = 1 + (unsigned)(next_random(&state) % 8);

    while (flips-- > 0)
      b.at[next_random(&state) % b.len] ^=
        (uint8_t)(1u << next_random(&state) % 8);
    if (probe_copy(b.at, b.len, &m) == 0) {
      ck_assert_int_ge(m.kind, 0);
      ck_assert_uint_le(m.width, INT32_MAX);
      ck_assert_ptr_nonnull(m.mime);
    } else {
      ck_assert_int_eq(m.kind, -1);
    }
  }
}
END_TEST

/* ---- sources that misbehave --------------------------------------------- */

struct odd_source {
  const struct bytes *bytes;
  uint64_t period; /* the bytes again and again, so far apart; 0: once */
  size_t piece;    /* at most so much a read */
  uint64_t fail_at;
  unsigned reads;
};

static ssize_t odd_read(void *ctx, uint64_t offset, void *buf, size_t len)
{
  struct odd_source *o = ctx;
  uint8_t *to = buf;
  size_t i;

  o->reads++;
  if (offset >= o->fail_at)
    return -1;
  for (i = 0; i < len && i < o->piece; i++, offset++) {
    uint64_t at = o->period ? offset % o->period : offset;

    to[i] = at < o->bytes->len ? o->bytes->at[at] : 0;
  }
  return (ssize_t)i;
}

START_TEST(short_reads_are_joined)
{
  const struct probe_file *f = &probe_files[_i];
  struct bytes b = { .len = 0 };
  struct odd_source o = { .bytes = &b, .piece = 3, .fail_at = UINT64_MAX };
  struct gm_probe_source s = { odd_read, &o, 0 };
  struct gm_media m;

  f->build(&b);
  s.size = b.len;
  ck_assert_msg(gm_probe(&s, &m) == 0, "%s", f->name);
  check_media(f, &m);
}
END_TEST

static const struct {
  const char *name;
  size_t len, period;
  uint8_t bytes[24];
} endless[] = {
  { "jpeg of fill bytes", 3, 1 << 20, { 0xff, 0xd8, 0xff } },
  { "jpeg of segments", 6, 4, { 0xff, 0xd8, 0xff, 0xe0, 0, 2 } },
  { "empty boxes", 16, 8, { 0, 0, 0, 8, 'f', 't', 'y', 'p' } },
  { "moov in moov",
    16,
    16,
    { 0x7f, 0, 0, 0, 'm', 'o', 'o', 'v', 0x7f, 0, 0, 0, 't', 'r', 'a', 'k' } },
  { "open elements", 8, 8, { 0x1a, 0x45, 0xdf, 0xa3, 0x80, 0xae, 0x80, 0xec } },
  { "riff of nothing",
    20,
    20,
    { 'R', 'I', 'F', 'F', 1, 0, 0, 0, 'W', 'A', 'V', 'E' } },
  { "tiff that points at itself",
    10,
    10,
    { 'M', 'M', 0, '*', 0, 0, 0, 2, 0xff, 0xff } },
};

/* A terabyte that leads on and on: the number of reads stays bounded. */
START_TEST(endless_files_end)
{
  struct bytes b = { .len = endless[_i].len };
  struct odd_source o = { .bytes = &b,
                          .period = endless[_i].period,
                          .piece = SIZE_MAX,
                          .fail_at = UINT64_MAX };
  struct gm_probe_source s = { odd_read, &o, UINT64_C(1) << 40 };
  struct gm_media m = { .kind = -1 };

  memcpy(b.at, endless[_i].bytes, b.len);
  ck_assert_msg(gm_probe(&s, &m) == 0, "%s", endless[_i].name);
  ck_assert_msg(o.reads <= 4200, "%s: %u reads", endless[_i].name, o.reads);
}
END_TEST

/* Sizes at the edge of 64 bits must not wrap into a second look. */
START_TEST(huge_sizes_do_not_wrap)
{
  static const uint8_t box[] = {
    0,   0,   0,    16,   'f',  't',  'y',  'p',  'i',  's',  'o',
    'm', 0,   0,    0,    0,    0,    0,    0,    1,    'm',  'o',
    'o', 'v', 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf8,
  };
  static const uint8_t mkv[] = {
    0x1a, 0x45, 0xdf, 0xa3, 0x01, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xfe, 0x42, 0x82, 0x84, 'w',
  };
  struct gm_media m;

  ck_assert_int_eq(probe_copy(box, sizeof(box), &m), 0);
  ck_assert_str_eq(m.mime, "video/mp4");
  ck_assert_uint_eq(m.width, 0);
  ck_assert_int_eq(probe_copy(mkv, sizeof(mkv), &m), 0);
  ck_assert_str_eq(m.ext, "mkv");
}
END_TEST

START_TEST(read_errors_are_the_end)
{
  struct bytes b = { .len = 0 };
  struct odd_source o = { .bytes = &b, .piece = SIZE_MAX, .fail_at = 0 };
  struct gm_probe_source s = { odd_read, &o, 0 };
  struct gm_media m = { .kind = -1 };

  probe_files[0].build(&b);
  s.size = b.len;
  ck_assert_int_eq(gm_probe(&s, &m), -1);
  ck_assert_int_eq(m.kind, -1);
}
END_TEST

/* moov lies behind a gigabyte of media that must not be read. */
START_TEST(index_at_the_end_is_reached)
{
  static const uint8_t head[] = { 0,    0,   0,   16,  'f', 't', 'y', 'p',
                                  'i',  's', 'o', 'm', 0,   0,   0,   0,
                                  0x40, 0,   0,   0,   'm', 'd', 'a', 't' };
  static const uint8_t tail[] = { 0, 0, 0,  36,  'm',  'o', 'o', 'v', 0,
                                  0, 0, 28, 'm', 'v',  'h', 'd', 0,   0,
                                  0, 0, 0,  0,   0,    0,   0,   0,   0,
                                  0, 0, 0,  3,   0xe8, 0,   0,   9,   0xc4 };
  const off_t at = 16 + 0x40000000;
  FILE *file = tmpfile();
  struct gm_media m;

  ck_assert_ptr_nonnull(file);
  ck_assert_int_eq(pwrite(fileno(file), head, sizeof(head), 0),
                   (ssize_t)sizeof(head));
  ck_assert_int_eq(pwrite(fileno(file), tail, sizeof(tail), at),
                   (ssize_t)sizeof(tail));
  ck_assert_int_eq(gm_probe_fd(fileno(file), &m, NULL), 0);
  ck_assert_uint_eq(m.duration_ms, 2500);
  fclose(file);
}
END_TEST

static const struct {
  const char *name;
  size_t len;
  const char *bytes;
} unknown[] = {
  { "nothing", 0, "" },
  { "spaces", 3, " \n " },
  { "zeros", 16, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" },
  { "elf", 8, "\177ELF\2\1\1\0" },
  { "not quite png", 8, "\x89PNG\n\x1a\n\0" },
  { "bitmap by name only", 12, "BM\1\0\0\0\0\0\0\0\0\0" },
  { "webp of another family", 16, "FORM\0\0\0\0WEBPVP8L" },
  { "reserved mpeg layer", 4, "\xff\xe1\x90\x64" },
};

START_TEST(others_are_unknown)
{
  struct gm_media m = { .kind = -1 };

  ck_assert_msg(gm_probe_bytes(unknown[_i].bytes, unknown[_i].len, &m) == -1,
                "%s: %s", unknown[_i].name, m.mime);
  ck_assert_int_eq(m.kind, -1);
}
END_TEST

START_TEST(only_regular_files_are_read)
{
  struct gm_media m;
  int fds[2];

  ck_assert_int_eq(pipe(fds), 0);
  ck_assert_int_eq(gm_probe_fd(fds[0], &m, NULL), -1);
  close(fds[0]);
  close(fds[1]);
  ck_assert_int_eq(gm_probe_fd(-1, &m, NULL), -1);
}
END_TEST

int main(void)
{
  Suite *s = suite_create("probe");
  TCase *tc = tcase_create("media");
  SRunner *sr;
  int n = (int)n_probe_files, failed;

  tcase_add_loop_test(tc, bytes_are_recognised, 0, n);
  tcase_add_loop_test(tc, files_are_recognised, 0, n);
  tcase_add_loop_test(tc, cut_files_say_less, 0, n);
  tcase_add_loop_test(tc, flipped_bits_do_no_harm, 0, n);
  tcase_add_loop_test(tc, short_reads_are_joined, 0, n);
  tcase_add_loop_test(tc, endless_files_end, 0, (int)GM_LEN(endless));
  tcase_add_loop_test(tc, others_are_unknown, 0, (int)GM_LEN(unknown));
  tcase_add_test(tc, huge_sizes_do_not_wrap);
  tcase_add_test(tc, read_errors_are_the_end);
  tcase_add_test(tc, index_at_the_end_is_reached);
  tcase_add_test(tc, only_regular_files_are_read);
  suite_add_tcase(s, tc);
  sr = srunner_create(s);
  srunner_run_all(sr, CK_ENV);
  failed = srunner_ntests_failed(sr);
  srunner_free(sr);
  return failed != 0;
}
