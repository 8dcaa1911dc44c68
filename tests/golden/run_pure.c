/* run_pure.c - recordings of an official client against our provider, without a
 * socket.
 *
 *     run_pure PROVIDER FOLDER CATALOG
 *
 * Beside each recording CASE.json lies CASE.ask.json: what we would be asked
 * for to do the same, and how it must end.
 *
 *   comment    why it is as it is
 *   skip       a reason: this case is not about what the provider does
 *   request    the normalised request; the catalog's "wire" of its model is
 *              added
 *   inputs     [{"role", "url"}]
 *   set        settings, beside the keys that the recording's env gives
 *   event      "cancel", else a start
 *   state      the job's state before
 *   before     [{"phase", "status", "body"}]: replies to feed first, each to
 *              the exchange asked for then, which is not compared
 *   cancel_at  the exchange (from 0) before which the caller gives up
 *   from, to   the exchanges that count, others being the client's own way
 *   differs    header names that our exchange may have or lack
 *   end        "done", "asks" (it goes on), else a class: "blocked" ...
 *   artifacts  URLs in order, null: withheld
 *   facts      must be among the facts
 *   sentence   of the failure, whole
 *   notes      must be all progress notes, in order
 *
 * A reply that is an error is judged as the engine does; when the recording
 * goes on, the client repeated its exchange, and so must we be able to.
 */
#include "golden/pure.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The recordings of a folder, sorted; NULL-terminated. */
static char **list(const char *folder)
{
  static char *names[GM_PURE_CASES + 1];
  DIR *d = opendir(folder);
  struct dirent *e;
  size_t n = 0;

  if (!d)
    return names;
  while (n < GM_PURE_CASES && (e = readdir(d))) {
    if (gm_ends(e->d_name, ".json") && !gm_ends(e->d_name, ".ask.json"))
      names[n++] = gm_strndup(e->d_name, strlen(e->d_name) - 5);
  }
  closedir(d);
  qsort(names, n, sizeof(*names), by_name);
  return names;
}

static struct json_object *load(const char *folder, const char *name,
                                const char *ending)
{
  struct gm_buf path = GM_BUF_INIT(4096), text = GM_BUF_INIT(16 * 1024 * 1024);
  struct gm_error err = GM_ERROR_INIT;
  struct json_object *o = NULL;

  gm_buf_addf(&path, "%s/%s%s", folder, name, ending);
  if (gm_file_read(gm_buf_text(&path), &text, GAMUT_E_INVALID, &err) == 0)
    o = gm_json_parse_once(text.data, text.len, NULL, NULL);
  if (!o)
    printf("# %s: %s\n", gm_buf_text(&path), gm_error_text(&err));
  gm_error_finish(&err);
  gm_buf_finish(&text);
  gm_buf_finish(&path);
  return o;
}

struct counts {
  unsigned agree, differ, skipped;
};

static void run_case(struct pure *p, const char *folder, const char *name,
                     struct counts *n)
{
  _cleanup_json_ struct json_object *recording = load(folder, name, ".json");
  _cleanup_json_ struct json_object *ask = load(folder, name, ".ask.json");
  const char *skip = gm_json_str(ask, "skip", NULL);

  if (skip) {
    printf("skip   %s: %s\n", name, skip);
    n->skipped++;
    return;
  }
  p->recording = recording;
  p->ask = ask;
  if (recording && ask && pure_run(p)) {
    printf("agrees %s\n", name);
    n->agree++;
  } else {
    printf("DIFFERS %s: %s\n", name, p->why);
    n->differ++;
  }
}

int main(int argc, char **argv)
{
  struct counts n = { 0 };
  struct pure p = { 0 };
  _cleanup_json_ struct json_object *catalog = NULL;
  char **names, **name;

  if (argc != 4) {
    fprintf(stderr, "usage: run_pure PROVIDER FOLDER CATALOG\n");
    return 2;
  }
  p.provider = argv[1];
  p.catalog = catalog = load(argv[3], argv[1], ".json");
  if (!catalog)
    return 1;
  names = list(argv[2]);
  for (name = names; *name; name++) {
    run_case(&p, argv[2], *name, &n);
    gm_free(*name);
  }
  printf("%s: %u agree, %u differ, %u skipped\n", argv[1], n.agree, n.differ,
         n.skipped);
  return n.differ > 0 || n.agree == 0;
}
