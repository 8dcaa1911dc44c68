/* scratch.c - files and folders for one test.
 *
 * Whatever goes wrong here fails the test.  Nothing is removed: the runner
 * gives every program a $TMPDIR of its own and removes that. */
#include "scratch.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define N_PATHS 8

const char *scratch_folder(void)
{
  static char paths[N_PATHS][512];
  static unsigned at;
  char *path = paths[at++ % N_PATHS], *real;
  const char *tmp = getenv("TMPDIR");

  /* Without links: what is compared with messages is the real path. */
  real = realpath(tmp && *tmp ? tmp : "/tmp", NULL);
  ck_assert_ptr_nonnull(real);
  snprintf(path, sizeof(paths[0]), "%s/scratch.XXXXXX", real);
  free(real);
  ck_assert_ptr_nonnull(mkdtemp(path));
  return path;
}

const char *scratch_path(const char *folder, const char *name)
{
  static char paths[N_PATHS][1024];
  static unsigned at;
  char *path = paths[at++ % N_PATHS];

  snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
  return path;
}

void scratch_write(const char *path, const void *bytes, size_t len,
                   unsigned mode)
{
  FILE *f = fopen(path, "wb");

  ck_assert_msg(f != NULL, "cannot write %s", path);
  ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
  ck_assert_int_eq(fclose(f), 0);
  ck_assert_int_eq(chmod(path, (mode_t)mode), 0);
}

void scratch_text(const char *path, const char *text, unsigned mode)
{
  scratch_write(path, text, strlen(text), mode);
}

void scratch_copy(const char *from, const char *to, unsigned mode)
{
  FILE *f = fopen(from, "rb");
  char *bytes;
  long len;

  ck_assert_msg(f != NULL, "cannot read %s", from);
  ck_assert_int_eq(fseek(f, 0, SEEK_END), 0);
  len = ftell(f);
  ck_assert_int_gt(len, 0);
  rewind(f);
  bytes = malloc((size_t)len);
  ck_assert_ptr_nonnull(bytes);
  ck_assert_uint_eq(fread(bytes, 1, (size_t)len, f), (size_t)len);
  fclose(f);
  scratch_write(to, bytes, (size_t)len, mode);
  free(bytes);
}
