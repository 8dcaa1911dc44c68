/* probe_files.h - tiny files of every kind, built byte by byte. */
#ifndef GM_TESTS_PROBE_FILES_H
#define GM_TESTS_PROBE_FILES_H

#include <stddef.h>
#include <stdint.h>

#define BYTES_MAX 4096

struct bytes {
  uint8_t at[BYTES_MAX];
  size_t len;
};

/* A file, and what the probe must say about it. */
struct probe_file {
  const char *name;
  void (*build)(struct bytes *b);
  int32_t kind;
  const char *mime, *ext;
  uint32_t width, height, duration_ms;
};

extern const struct probe_file probe_files[];
extern const size_t n_probe_files;

#endif
