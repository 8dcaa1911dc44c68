/* suggest.h - "did you mean". */
#ifndef GAMUT_CLI_SUGGEST_H
#define GAMUT_CLI_SUGGEST_H

#include <stddef.h>

/* Offer candidates one by one; `best` is the nearest so far, NULL while none
 * is near enough to be meant.  Candidates must outlive the guess. */
struct cli_guess {
  const char *word;
  size_t len;
  const char *best;
  size_t best_len, distance;
};
void cli_guess_begin(struct cli_guess *g, const char *word, size_t len);
void cli_guess_offer(struct cli_guess *g, const char *candidate, size_t len);
void cli_guess_choices(struct cli_guess *g, const char *choices);

#endif
