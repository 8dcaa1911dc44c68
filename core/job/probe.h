/* probe.h - what a file really is, read from its bytes; nothing is decoded. */
#ifndef GM_JOB_PROBE_H
#define GM_JOB_PROBE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* `mime` and `ext` are static strings.  kind is GAMUT_IMAGE, GAMUT_VIDEO or
 * GAMUT_AUDIO; 0 for what is recognised but is no medium (a page, JSON, an
 * archive), so that a message can say what came instead. */
struct gm_media {
  int32_t kind;
  const char *mime;
  const char *ext;
  uint32_t width, height; /* 0: not known */
  uint32_t duration_ms;   /* 0: not known */
};

/* Bytes at random: an MP4 may have its index at the end, which need not mean
 * that the file is loaded. */
struct gm_probe_source {
  /* Up to `len` bytes from `offset`: the count, 0 at the end, -1 on errors. */
  ssize_t (*read)(void *ctx, uint64_t offset, void *buf, size_t len);
  void *ctx;
  uint64_t size;
};

/* 0, or -1 when the type is unknown or nothing can be read; `ret` is written
 * on success only.  A file that is cut short still has its type; what could
 * not be read is 0.  Work and memory are bounded whatever the bytes say. */
int gm_probe(const struct gm_probe_source *source, struct gm_media *ret);
/* Leaves the file position.  *ret_error: of errno, when it is the reading that
 * failed; 0 else; may be NULL. */
int gm_probe_fd(int fd, struct gm_media *ret, int *ret_error);
int gm_probe_bytes(const void *bytes, size_t len, struct gm_media *ret);

#endif
