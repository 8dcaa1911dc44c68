/* media.c - the files that the page shows, beside it.
 *
 * A file that is not in the page's folder is linked into its media/, or copied
 * where the disk is another, under the job's id: so the folder can be moved and
 * given away, and making the page again costs nothing for what is there.
 */
#include "folder.h"
#include "out.h"
#include "page.h"
#include "view.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES (1u << 16)

/* Endings by what the bytes are; what is not listed is not shown. */
static const char *ending_of(const char *mime)
{
  static const struct {
    const char *mime, *ending;
  } types[] = {
    { "image/png", "png" },        { "image/jpeg", "jpg" },
    { "image/webp", "webp" },      { "image/gif", "gif" },
    { "image/avif", "avif" },      { "image/bmp", "bmp" },
    { "image/svg+xml", "svg" },    { "image/heic", "heic" },
    { "image/tiff", "tiff" },      { "video/mp4", "mp4" },
    { "video/webm", "webm" },      { "video/quicktime", "mov" },
    { "video/x-matroska", "mkv" }, { "video/ogg", "ogv" },
    { "audio/mpeg", "mp3" },       { "audio/wav", "wav" },
    { "audio/ogg", "ogg" },        { "audio/flac", "flac" },
    { "audio/aac", "aac" },        { "audio/mp4", "m4a" },
    { "audio/webm", "weba" },
  };
  size_t i;

  for (i = 0; mime && i < sizeof(types) / sizeof(types[0]); i++)
    if (strcmp(mime, types[i].mime) == 0)
      return types[i].ending;
  return NULL;
}

/* ---- putting a file beside the page ----------------------------------------
 */

static bool copy_bytes(int from, int to)
{
  static char bytes[COPY_BYTES];
  ssize_t n, done, k;

  while ((n = read(from, bytes, sizeof(bytes))) != 0) {
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return false;
    for (done = 0; done < n; done += k) {
      k = write(to, bytes + done, (size_t)(n - done));
      if (k < 0 && errno != EINTR)
        return false;
      k = k < 0 ? 0 : k;
    }
  }
  return true;
}

static bool copy_file(const char *from, const char *to)
{
  int in = open(from, O_RDONLY | O_CLOEXEC);
  int out =
    in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  bool ok = out >= 0 && copy_bytes(in, out);

  if (in >= 0)
    close(in);
  if (out >= 0 && close(out))
    ok = false;
  return ok;
}

/* The same file, or a copy of it that is not older. */
static bool is_placed(const struct stat *from, const char *to)
{
  struct stat st;

  if (stat(to, &st))
    return false;
  return (st.st_dev == from->st_dev && st.st_ino == from->st_ino) ||
         (st.st_size == from->st_size && st.st_mtime >= from->st_mtime);
}

static bool place(const char *from, const char *to)
{
  char *part = cli_format("%s.part", to);
  struct stat st;
  bool ok = part && stat(from, &st) == 0;

  if (ok && !is_placed(&st, to)) {
    unlink(part);
    ok = (linkat(AT_FDCWD, from, AT_FDCWD, part, AT_SYMLINK_FOLLOW) == 0 ||
          copy_file(from, part)) &&
         rename(part, to) == 0;
    if (!ok)
      cli_error("cannot put '%s' beside the page: %s", from, strerror(errno));
  }
  if (part && !ok)
    unlink(part);
  free(part);
  return ok;
}

/* ---- addresses -------------------------------------------------------------
 */

/* `before` and the path, what has a meaning in addresses escaped; free(). */
static char *address(const char *before, const char *path)
{
  static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  char *text = NULL;
  size_t len = 0;
  FILE *to = open_memstream(&text, &len);

  if (!to)
    return NULL;
  fputs(before, to);
  for (; *path; path++) {
    if (strchr(plain, *path))
      fputc(*path, to);
    else
      fprintf(to, "%%%02X", (unsigned)(unsigned char)*path);
  }
  if (fclose(to) == 0)
    return text;
  free(text);
  return NULL;
}

/* Its name from the folder on when it is in there, else NULL; of `path`. */
static const char *within(const char *folder, const char *path)
{
  char *whole = realpath(folder, NULL);
  size_t len = whole ? strlen(whole) : 0;
  bool is = len > 0 && strncmp(path, whole, len) == 0 && path[len] == '/';

  free(whole);
  return is ? path + len + 1 : NULL;
}

static bool make_media(const struct cli_page *p)
{
  char *path = cli_format("%s/media", p->folder);
  bool ok = path && cli_folder_make(p->option, path) == 0;

  free(path);
  return ok;
}

/* The address from index.html, the file put where it leads; free(); NULL: it
 * cannot be shown. */
static char *shown_at(const struct cli_page *p, const char *id, size_t index,
                      const char *path, const char *ending)
{
  const char *inside = within(p->folder, path);
  char *name, *to, *made;

  if (inside)
    return address("", inside);
  if (p->link)
    return address("file://", path);
  if (!make_media(p))
    return NULL;
  name = cli_format("media/%s-%zu.%s", id, index + 1, ending);
  to = name ? cli_format("%s/%s", p->folder, name) : NULL;
  made = to && place(path, to) ? address("", name) : NULL;
  free(name);
  free(to);
  return made;
}

/* ---- the outputs -----------------------------------------------------------
 */

static void copy_facts(struct json_object *o, struct json_object *from)
{
  static const char *const members[] = { "kind",  "mime",   "size",
                                         "width", "height", "duration_ms" };
  const char *path = cli_view_str(from, "path");
  const char *slash = path ? strrchr(path, '/') : NULL;
  size_t i;

  if (path)
    json_object_object_add(o, "name",
                           json_object_new_string(slash ? slash + 1 : path));
  for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
    struct json_object *v = cli_view_get(from, members[i]);

    if (v)
      json_object_object_add(o, members[i], json_object_get(v));
  }
}

static struct json_object *output(const struct cli_page *p, const char *id,
                                  size_t index, struct json_object *from)
{
  struct json_object *o = json_object_new_object();
  const char *ending = ending_of(cli_view_str(from, "mime"));
  const char *path = cli_view_str(from, "path");
  char *at = NULL;

  copy_facts(o, from);
  if (id && path && ending && cli_view_bool(from, "there"))
    at = shown_at(p, id, index, path, ending);
  if (at)
    json_object_object_add(o, "file", json_object_new_string(at));
  free(at);
  return o;
}

struct json_object *cli_media_outputs(const struct cli_page *p,
                                      struct json_object *row)
{
  struct json_object *list = cli_view_get(row, "outputs");
  struct json_object *all = json_object_new_array();
  size_t i, n = cli_view_count(list);

  for (i = 0; i < n; i++)
    json_object_array_add(
      all, output(p, cli_view_str(row, "id"), i, cli_view_at(list, i)));
  return all;
}
