/* table.c - rows that carry their own size, and the grammar of names. */
#include "base/str.h"
#include "plugin/plugin_private.h"
#include <stdio.h>
#include <string.h>

const void *gm_table_row(const struct gamut_table *t, uint32_t i, size_t want,
                         void *tmp)
{
  const char *row;

  if (i >= t->count)
    return NULL;
  row = (const char *)t->items + (size_t)i * t->stride;
  if (t->stride >= want)
    return row;
  /* Built against an older minor: what it does not know is zero. */
  memset(tmp, 0, want);
  memcpy(tmp, row, t->stride);
  return tmp;
}

static bool name_ok(const char *s, size_t max, const char *more)
{
  size_t i;

  if (!s || *s < 'a' || *s > 'z')
    return false;
  for (i = 1; s[i]; i++) {
    bool plain = (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9');

    if (i >= max || (!plain && !strchr(more, s[i])))
      return false;
  }
  return true;
}

bool gm_provider_name_ok(const char *s)
{
  return name_ok(s, GM_NAME_MAX, "_-");
}

bool gm_stem_ok(const char *s)
{
  return name_ok(s, GM_NAME_MAX, "_-");
}

bool gm_key_name_ok(const char *s)
{
  return name_ok(s, GM_KEY_MAX, "_");
}

const char *gm_did_you_mean(char out[128], const char *word,
                            const char *const *words)
{
  const char *near = gm_nearest(word, words);

  out[0] = '\0';
  if (near)
    snprintf(out, 128, "; did you mean '%.100s'?", near);
  return out;
}

static int by_name(const void *a, const void *b)
{
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void gm_sort_names(const char **names, size_t n)
{
  if (n)
    qsort(names, n, sizeof(*names), by_name);
}
