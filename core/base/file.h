/* file.h - whole files in, whole files out, and where things live. */
#ifndef GM_BASE_FILE_H
#define GM_BASE_FILE_H

#include "base/buf.h"
#include "base/error.h"
#include <sys/types.h>

/* Read a whole regular file below the buffer's ceiling.  On failure `err` has
 * the path and the reason; class as given by `error_class`. */
int32_t gm_file_read(const char *path, struct gm_buf *b, int32_t error_class,
                     struct gm_error *err);
/* Write all of it; loops over short writes and EINTR.  0 or -errno. */
int gm_write_all(int fd, const void *p, size_t len);
/* Up to `len` bytes at `offset`, the position stays: the count, 0 at the end,
 * -1 with errno.  Begins again when a signal came. */
ssize_t gm_read_at(int fd, uint64_t offset, void *p, size_t len);
/* The same, and fewer only at the end. */
ssize_t gm_read_whole_at(int fd, uint64_t offset, void *p, size_t len);
/* Until what was written is on the disk.  0 or -errno. */
int gm_sync(int fd);

/* What an open file is like: with another size or another time of change it is
 * not the same any more. */
struct gm_file_mark {
  uint64_t size;
  int64_t mtime_ns;
};
int gm_file_mark(int fd, struct gm_file_mark *ret); /* 0 or -errno */
/* Make the folder and its parents, mode 0700.  0 or -errno. */
int gm_mkdirs(const char *path);
/* The last part, "" for a folder's trailing slash; never NULL. */
const char *gm_path_base(const char *path);
/* Everything before the last part; "." when there is none.  gm_free. */
char *gm_path_dir(const char *path);
/* From the root on: behind the working folder when it is relative.  gm_free;
 * NULL: no memory, or there is no such folder. */
char *gm_path_absolute(const char *path);
/* Where `path` leads for who stands in `folder` (NULL: it is not known);
 * gm_free.
 */
char *gm_path_from(const char *folder, const char *path);
/* Join with one slash; gm_free. */
char *gm_path_join(const char *dir, const char *name);
/* "~/" and "$XDG_..." places: `var` (secure_getenv), else $HOME + `fallback`,
 * then "/" + tail.  NULL without a home or memory.  gm_free. */
char *gm_path_xdg(const char *var, const char *fallback, const char *tail);
/* secure_getenv where it exists; NULL for unset and for empty. */
const char *gm_env(const char *name);

#endif
