/* nearest.c - "did you mean": edit distance with transpositions.
 *
 * Optimal string alignment over bytes, ASCII case folded.  Words are names of
 * options, models, providers; what is longer than WORD_MAX is never near.
 */
#include "base/str.h"
#include <string.h>

#define WORD_MAX 96

static inline char lower(char c)
{
  return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* One row from the two before it; returns its smallest cell. */
static size_t next_row(const char *a, size_t i, const char *b, size_t len_b,
                       const size_t *before, const size_t *last, size_t *row)
{
  size_t j, least;

  row[0] = least = i;
  for (j = 1; j <= len_b; j++) {
    bool same = lower(a[i - 1]) == lower(b[j - 1]);
    size_t cell = last[j - 1] + !same;

    cell = GM_MIN(cell, last[j] + 1);
    cell = GM_MIN(cell, row[j - 1] + 1);
    if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
        lower(a[i - 2]) == lower(b[j - 1]))
      cell = GM_MIN(cell, before[j - 2] + 1);
    row[j] = cell;
    least = GM_MIN(least, cell);
  }
  return least;
}

size_t gm_distance(const char *a, const char *b, size_t max)
{
  size_t rows[3][WORD_MAX + 1];
  size_t len_a = strlen(a), len_b = strlen(b), i;
  size_t gap = len_a > len_b ? len_a - len_b : len_b - len_a;

  if (gap > max || len_a > WORD_MAX || len_b > WORD_MAX)
    return max + 1;
  for (i = 0; i <= len_b; i++)
    rows[0][i] = i;
  for (i = 1; i <= len_a; i++) {
    /* For i = 1 the row before the last is not looked at. */
    size_t least = next_row(a, i, b, len_b, rows[(i + 1) % 3],
                            rows[(i - 1) % 3], rows[i % 3]);

    if (least > max)
      return max + 1;
  }
  return GM_MIN(rows[len_a % 3][len_b], max + 1);
}

const char *gm_nearest(const char *word, const char *const *words)
{
  const char *best = NULL;
  size_t best_at = SIZE_MAX, len = strlen(word);

  for (; *words; words++) {
    size_t longer = GM_MAX(len, strlen(*words));
    size_t d = gm_distance(word, *words, longer / 3);

    if (d <= longer / 3 && d < best_at) {
      best = *words;
      best_at = d;
    }
  }
  return best;
}
