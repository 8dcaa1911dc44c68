/* str.h - text: a cursor that only moves forward, numbers with ranges, UTF-8,
 * nearest words. */
#ifndef GM_BASE_STR_H
#define GM_BASE_STR_H

#include "base/util.h"

bool gm_streq(const char *a, const char *b);  /* NULL equals only NULL */
bool gm_strieq(const char *a, const char *b); /* ASCII case folded */
bool gm_starts(const char *s, const char *prefix);
bool gm_ends(const char *s, const char *suffix);
bool gm_glob(const char *pattern, const char *s); /* '*' only */
/* The first `a` or `b` from `p` on, or `end`. */
const char *gm_find_either(const char *p, const char *end, char a, char b);

/* Whole-string numbers in the C locale: true when `s` is exactly a number in
 * [min, max]; *ret is written only then. */
bool gm_parse_i64(const char *s, int64_t min, int64_t max, int64_t *ret);
bool gm_parse_real(const char *s, double min, double max, double *ret);
bool gm_parse_bool(const char *s, bool *ret); /* 1 0 true false yes no on off */
/* "90", "90s", "1500ms", "2m", "1h", "7d" -> milliseconds; a bare number is seconds
 */
bool gm_parse_msec(const char *s, int64_t *ret_ms);
/* "1024x768" (x, X or the multiplication sign) */
bool gm_parse_size(const char *s, uint32_t *ret_w, uint32_t *ret_h);
/* "16:9" -> 16, 9; both 1..10000, decimals as in "19.5:9" scaled by ten */
bool gm_parse_ratio(const char *s, uint32_t *ret_w, uint32_t *ret_h);
/* Format a double in the C locale with the fewest digits that read back. */
const char *gm_fmt_real(char buf[32], double v);
/* The digits of `v`, and their NUL at the end of `buf`. */
const char *gm_fmt_int(char buf[24], int64_t v);

struct gm_cur {
  const char *p, *end;
};
struct gm_cur gm_cur_of(const char *s);
void gm_cur_space(struct gm_cur *c);           /* skip blanks */
bool gm_cur_char(struct gm_cur *c, char want); /* eat it if it is next */
/* Copy up to (not including) `stop` or the end into `out`, at most size - 1
 * bytes; false when longer or empty.  The stop stays. */
bool gm_cur_until(struct gm_cur *c, const char *stops, char *out, size_t size);
bool gm_cur_u64(struct gm_cur *c, uint64_t max, uint64_t *ret);

#define GM_UTF8_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
bool gm_utf8_valid(const char *s, size_t len);
/* How many bytes from the start are valid; `len` when all are. */
size_t gm_utf8_prefix(const char *s, size_t len);
/* Write the bytes of a code point (not a surrogate); returns 1 to 4. */
size_t gm_utf8_put(char out[4], uint32_t code);
size_t gm_utf8_count(const char *s); /* characters, not bytes */
/* Longest prefix of at most `max` bytes that ends on a character. */
size_t gm_utf8_cut(const char *s, size_t len, size_t max);

/* The nearest of `words` (NULL-terminated) or NULL when none is near enough to
 * be meant (edit distance with transpositions, at most a third of length). */
const char *gm_nearest(const char *word, const char *const *words);
/* Edit distance with transpositions, at most `max` + 1. */
size_t gm_distance(const char *a, const char *b, size_t max);

#endif
