/* cases.c - finds and reads recordings and what stands beside them. */
#include "golden/cases.h"
#include "base/file.h"
#include "base/str.h"
#include <dirent.h>
#include <gamut/plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}

char **golden_list(const char *folder)
{
  static char *names[GOLDEN_CASES + 1];
  DIR *d = opendir(folder);
  struct dirent *e;
  size_t n = 0;

  memset(names, 0, sizeof(names));
  if (!d)
    return names;
  while (n < GOLDEN_CASES && (e = readdir(d))) {
    if (gm_ends(e->d_name, ".json") && !gm_ends(e->d_name, ".ask.json"))
      names[n++] = gm_strndup(e->d_name, strlen(e->d_name) - 5);
  }
  closedir(d);
  qsort(names, n, sizeof(*names), by_name);
  return names;
}

struct json_object *golden_load(const char *folder, const char *name,
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

const char *golden_member(struct json_object *o, size_t n)
{
  const struct lh_entry *e = NULL;

  if (json_object_is_type(o, json_type_object))
    e = json_object_get_object(o)->head;
  for (; e && n > 0; n--)
    e = e->next;
  return e ? lh_entry_k(e) : NULL;
}
