/* scratch.h - files and folders for one test, below $TMPDIR. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <stddef.h>

/* A fresh folder, mode 0700.  The text is the caller's until it exits. */
const char *scratch_folder(void);
/* "<folder>/<name>", in one of a few static buffers. */
const char *scratch_path(const char *folder, const char *name);
void scratch_write(const char *path, const void *bytes, size_t len,
                   unsigned mode);
void scratch_text(const char *path, const char *text, unsigned mode);
void scratch_copy(const char *from, const char *to, unsigned mode);

#endif
