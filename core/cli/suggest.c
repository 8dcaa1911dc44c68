/* suggest.c - the nearest word, by edit distance with transpositions.
 *
 * The library has one too, for models and providers, behind its own errors;
 * this one serves options and verbs, which must not need the library.
 */
#include "suggest.h"
#include "options.h"
#include <string.h>

#define WORD_MAX 40

static size_t least(size_t a, size_t b)
{
  return a < b ? a : b;
}

static size_t distance(const char *a, size_t len_a, const char *b, size_t len_b)
{
  size_t d[WORD_MAX + 1][WORD_MAX + 1], i, j;

  if (len_a > WORD_MAX || len_b > WORD_MAX)
    return SIZE_MAX;
  for (j = 0; j <= len_b; j++)
    d[0][j] = j;
  for (i = 1; i <= len_a; i++) {
    d[i][0] = i;
    for (j = 1; j <= len_b; j++) {
      d[i][j] = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
      d[i][j] = least(d[i][j], least(d[i - 1][j], d[i][j - 1]) + 1);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[len_a][len_b];
}

void cli_guess_begin(struct cli_guess *g, const char *word, size_t len)
{
  *g = (struct cli_guess){ .word = word, .len = len, .distance = SIZE_MAX };
}

void cli_guess_offer(struct cli_guess *g, const char *candidate, size_t len)
{
  size_t d = distance(g->word, g->len, candidate, len);
  size_t longer = g->len > len ? g->len : len;

  /* The beginning of a word is meant as that word: --neg, --corr. */
  if (g->len >= 2 && g->len < len && memcmp(g->word, candidate, g->len) == 0)
    d = 1;
  if (d >= g->distance || (d > longer / 3 && d > 1) || d >= longer)
    return;
  g->best = candidate;
  g->best_len = len;
  g->distance = d;
}

void cli_guess_choices(struct cli_guess *g, const char *choices)
{
  const char *c;
  size_t len;

  while (cli_choice_next(&choices, &c, &len))
    cli_guess_offer(g, c, len);
}
