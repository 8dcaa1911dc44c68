/* batch_names.c - where the lines of a batch write their files, and whether
 * there are files already.
 *
 * The library refuses a name that is taken, but line by line, when others have
 * been paid for, and it does not know which file a job that goes on is yet to
 * write.  For names whose ending comes with the result, as "00001.{ext}", all
 * is looked at before.  A folder is read once for all the lines that write to
 * it.
 */
#include "batch_file.h"
#include "options.h"
#include "out.h"
#include "view.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ENDING ".{ext}"

struct folder {
  struct json_object *unfinished; /* jobs that may write to it */
  char *path;
  char **names; /* sorted */
  size_t n, room;
};

char *cli_batch_output(const struct cli_batch_file *f, size_t i,
                       struct json_object *o, const char *folder)
{
  const char *own = cli_view_str(o, "output");
  char *name =
    own ? strdup(own) : cli_format("%05lu" ENDING, f->lines[i].place);
  char *path;

  if (!name || !folder || *name == '/')
    return name;
  path = cli_format("%s/%s", folder, name);
  free(name);
  return path;
}

/* ---- a folder
 * ----------------------------------------------------------------
 */

static void forget_folder(struct folder *d)
{
  while (d->n > 0)
    free(d->names[--d->n]);
  free(d->names);
  free(d->path);
  *d = (struct folder){ .unfinished = d->unfinished };
}

static bool add_name(struct folder *d, const char *name)
{
  size_t room = d->room ? d->room * 2 : 64;
  char **names;

  if (d->n == d->room) {
    names = realloc(d->names, room * sizeof(*names));
    if (!names)
      return false;
    d->names = names;
    d->room = room;
  }
  d->names[d->n] = strdup(name);
  return d->names[d->n] && ++d->n;
}

static int compare(const void *a, const void *b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_same(const struct stat *a, const char *path)
{
  struct stat b;

  return stat(path, &b) == 0 && a->st_dev == b.st_dev && a->st_ino == b.st_ino;
}

/* What is to be written there, as if it were. */
static bool add_unfinished(struct folder *d, const char *path)
{
  size_t i, n = cli_view_count(d->unfinished);
  struct stat folder;
  bool ok = true;

  if (n == 0 || stat(path, &folder))
    return true;
  for (i = 0; i < n && ok; i++) {
    const char *output = cli_view_str(cli_view_at(d->unfinished, i), "output");
    const char *slash = output ? strrchr(output, '/') : NULL;
    char *parent =
      slash ? cli_format("%.*s", (int)(slash - output), output) : NULL;

    ok = !slash || parent;
    if (parent && is_same(&folder, parent))
      ok = add_name(d, slash + 1);
    free(parent);
  }
  return ok;
}

/* One that cannot be read has nothing in it: the library says what is wrong
 * with it. */
static bool read_folder(struct folder *d, const char *path)
{
  struct dirent *entry;
  bool ok = true;
  DIR *dir;

  if (d->path && strcmp(d->path, path) == 0)
    return true;
  forget_folder(d);
  d->path = strdup(path);
  dir = opendir(*path ? path : "/");
  while (ok && dir && (entry = readdir(dir)))
    ok = add_name(d, entry->d_name);
  if (dir)
    closedir(dir);
  ok = ok && add_unfinished(d, *path ? path : "/");
  if (d->n > 0)
    qsort(d->names, d->n, sizeof(*d->names), compare);
  return ok && d->path;
}

/* The first name that is not before `stem`. */
static size_t first_at(const struct folder *d, const char *stem)
{
  size_t low = 0, high = d->n;

  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (strcmp(d->names[middle], stem) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* ---- what is in the way
 * ------------------------------------------------------
 */

/* Captions and notes beside the pictures are in nobody's way. */
static bool is_medium(const char *ending)
{
  static const char *const endings[] = { "png",  "jpg",  "webp", "gif", "avif",
                                         "jxl",  "tiff", "bmp",  "svg", "heic",
                                         "mp4",  "mov",  "webm", "mkv", "mp3",
                                         "flac", "ogg",  "wav",  "m4a", "aac" };
  size_t i;

  for (i = 0; i < CLI_LEN(endings); i++)
    if (strcmp(ending, endings[i]) == 0)
      return true;
  return false;
}

/* "fox.png" for the stem "fox"; "fox-1.png" where there are several; a template
 * of another job, which may make any of them. */
static bool is_output(const char *name, size_t stem_len, bool several)
{
  const char *tail = name + stem_len;

  if (strcmp(tail, ENDING) == 0)
    return true;
  if (several && (*tail != '-' || !strspn(tail + 1, "0123456789")))
    return false;
  if (several)
    tail += 1 + strspn(tail + 1, "0123456789");
  return *tail == '.' && is_medium(tail + 1);
}

static const char *find(const struct folder *d, const char *stem, bool several)
{
  size_t i, len = strlen(stem);

  for (i = first_at(d, stem); i < d->n && strncmp(d->names[i], stem, len) == 0;
       i++)
    if (is_output(d->names[i], len, several))
      return d->names[i];
  return NULL;
}

/* The file in the way of `output`, or NULL; false: no memory. */
static bool look(struct folder *d, char *output, bool several,
                 const char **ret_name)
{
  char *brace = strchr(output, '{'), *slash = strrchr(output, '/');

  *ret_name = NULL;
  if (!brace || brace == output || strcmp(brace - 1, ENDING) != 0)
    return true; /* the library looks, or the name cannot be known */
  brace[-1] = '\0';
  if (slash)
    *slash = '\0';
  if (!read_folder(d, slash ? output : "."))
    return false;
  *ret_name = find(d, slash ? slash + 1 : output, several);
  return true;
}

/* Only a line that is to be sent, and that does not say itself what is to
 * become of such a file. */
static bool matters(const struct cli_batch_line *l, struct json_object *o)
{
  return !l->keeps_name && o && !cli_view_get(o, "force") &&
         !cli_view_get(o, "download");
}

static bool look_at(const struct cli_batch_file *f, size_t i,
                    struct json_object *o, const struct cli_batch_where *w,
                    struct folder *d, const char **ret_name)
{
  struct json_object *n = cli_view_get(o, "n");
  char *output = cli_batch_output(f, i, o, w->folder);
  bool ok =
    output &&
    look(d, output, n ? json_object_get_int(n) > 1 : w->several, ret_name);

  free(output);
  return ok;
}

static bool look_for(const struct cli_batch_file *f, size_t i,
                     const struct cli_batch_where *w, struct folder *d,
                     const char **ret_name)
{
  struct json_object *o = cli_batch_object(f, i);
  bool ok = true;

  *ret_name = NULL;
  if (matters(&f->lines[i], o))
    ok = look_at(f, i, o, w, d, ret_name);
  json_object_put(o);
  return ok;
}

/* ---- the next that is free -------------------------------------------------
 */

static bool place(struct cli_batch_file *f, size_t i,
                  const struct cli_batch_where *w, struct folder *d,
                  unsigned long *last)
{
  struct json_object *o = cli_batch_object(f, i);
  const char *name = NULL;
  bool ok = true;

  if (!f->lines[i].keeps_name && o && !cli_view_get(o, "output"))
    while ((ok = look_at(f, i, o, w, d, &name)) && name)
      f->lines[i].place = ++*last;
  json_object_put(o);
  return ok;
}

int cli_batch_place(struct cli_batch_file *f, const struct cli_batch_where *w)
{
  unsigned long last = f->n_lines ? f->lines[f->n_lines - 1].number : 0;
  struct folder d = { .unfinished = w->unfinished };
  size_t i;
  bool ok = true;

  for (i = 0; i < f->n_lines && ok; i++)
    ok = place(f, i, w, &d, &last);
  forget_folder(&d);
  return ok ? 0 : cli_no_memory();
}

/* ---- all of them -----------------------------------------------------------
 */

int cli_batch_check_names(const struct cli_batch_file *f,
                          const struct cli_batch_where *w)
{
  struct folder d = { .unfinished = w->unfinished };
  const char *name;
  size_t i, n = 0;
  bool ok = true;

  for (i = 0; i < f->n_lines && ok; i++) {
    ok = look_for(f, i, w, &d, &name);
    if (ok && name && n++ == 0)
      cli_error("line %lu: '%s%s%s' %s [invalid]", f->lines[i].number,
                strcmp(d.path, ".") == 0 ? "" : d.path,
                strcmp(d.path, ".") == 0 ? "" : "/", name,
                strstr(name, ENDING) ? "is to be written by a job that goes on"
                                     : "exists already");
  }
  forget_folder(&d);
  if (!ok)
    return cli_no_memory();
  if (n > 1)
    cli_hint("files are in the way of %zu lines", n);
  if (n > 0)
    cli_hint("--force replaces them, --out-dir names another folder, and a "
             "line's \"output\" another file");
  return n > 0 ? CLI_USAGE : 0;
}
