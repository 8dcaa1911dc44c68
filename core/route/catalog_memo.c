/* catalog_memo.c - answers that were given before.
 *
 * A process that runs ten thousand jobs asks the same few names ten thousand
 * times, and to search all texts each time would cost as much as a job.  What
 * is remembered stays true: files are read once, and who brings a new text
 * (gm_catalog_forget) forgets everything.  Names come from outside, so the
 * table has a ceiling; when it is full it begins anew.  No memory to remember
 * is no error.
 */
#include "route/catalog_private.h"
#include <string.h>

#define ANSWERS_MAX 1024

static const struct gm_model none;

bool gm_memo_key(char key[GM_MEMO_MAX], char kind, const char *a, const char *b,
                 const char *c)
{
  const char *const words[] = { a, b, c };
  size_t i, at = 0;

  key[at++] = kind;
  for (i = 0; i < GM_LEN(words); i++) {
    size_t len = words[i] ? strlen(words[i]) : 0;

    if (at + len + 2 > GM_MEMO_MAX)
      return false;
    if (words[i])
      memcpy(key + at, words[i], len);
    at += len;
    key[at++] = words[i] ? '\n' : '\r'; /* no name has either */
  }
  key[at] = '\0';
  return true;
}

bool gm_memo_get(const struct gm_catalog *c, const char *key,
                 const struct gm_model **ret)
{
  const struct gm_model *m = gm_map_get(&c->memo, key);

  if (!m)
    return false;
  *ret = m == &none ? NULL : m;
  return true;
}

void gm_memo_put(struct gm_catalog *c, const char *key,
                 const struct gm_model *m)
{
  if (c->memo.n_used >= ANSWERS_MAX)
    gm_map_finish(&c->memo);
  (void)gm_map_put(&c->memo, key, gm_unconst(m ? m : &none));
}
