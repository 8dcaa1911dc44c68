/* replay.c - runs a fuzz target over files, where there is no libFuzzer: each
 * file whole, cut at each of its first bytes, and with each of those flipped,
 * so that a corpus of a few files reaches far in a plain make check. */
#include "fuzz/fuzz.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX (1u << 20)
#define VARIED    512u

/* The target gets a copy of just that size, so that ASan sees a byte too far. */
static void run(const uint8_t *bytes, size_t len)
{
  uint8_t *copy = malloc(len ? len : 1);

  if (copy == NULL)
    abort();
  memcpy(copy, bytes, len);
  LLVMFuzzerTestOneInput(copy, len);
  free(copy);
}

static int replay(const char *path, uint8_t *buf)
{
  FILE *file = fopen(path, "rb");
  size_t len;

  if (file == NULL) {
    perror(path);
    return -1;
  }
  len = fread(buf, 1, INPUT_MAX, file);
  fclose(file);
  run(buf, len);
  for (size_t i = 0; i < len && i < VARIED; i++) {
    run(buf, i);
    buf[i] ^= 0xff;
    run(buf, len);
    buf[i] ^= 0xff ^ 0x80;
    run(buf, len);
    buf[i] ^= 0x80;
  }
  return 0;
}

int main(int argc, char **argv)
{
  uint8_t *buf = malloc(INPUT_MAX);
  int rc = argc < 2 ? EXIT_FAILURE : EXIT_SUCCESS;

  if (buf == NULL)
    return EXIT_FAILURE;
  for (int i = 1; i < argc; i++)
    if (replay(argv[i], buf) < 0)
      rc = EXIT_FAILURE;
  free(buf);
  return rc;
}
