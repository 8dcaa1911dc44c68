/* error.h - the record that an operation owns: class and one sentence. */
#ifndef GM_BASE_ERROR_H
#define GM_BASE_ERROR_H

#include "base/util.h"
#include <stdarg.h>

/* Classes are those of gamut/plugin.h (GAMUT_E_...); base does not know them
 * by name.  0 means no error.  `message` is ours, NULL when there is none or
 * no memory for it. */
struct gm_error {
  int32_t error_class;
  char *message;
};
#define GM_ERROR_INIT                                                          \
  {                                                                            \
    0, NULL                                                                    \
  }
#define GM_ERROR_MAX 1200 /* longer sentences are cut at a character */

/* Fill `err` (may be NULL) and return `error_class`.  The first sentence wins:
 * a record that has a class already is left alone.  Control characters become
 * '?', invalid UTF-8 U+FFFD: the text may come from a vendor. */
GM_PRINTF(3, 4)
int32_t gm_fail(struct gm_error *err, int32_t error_class, const char *fmt,
                ...);
GM_PRINTF(3, 0)
int32_t gm_vfail(struct gm_error *err, int32_t error_class, const char *fmt,
                 va_list ap);
/* Put "prefix: " before the sentence.  Keeps the class. */
GM_PRINTF(2, 3)
void gm_error_prefix(struct gm_error *err, const char *fmt, ...);
/* Put text behind the sentence. */
GM_PRINTF(2, 3)
void gm_error_suffix(struct gm_error *err, const char *fmt, ...);
void gm_error_move(struct gm_error *to, struct gm_error *from);
const char *gm_error_text(const struct gm_error *err); /* never NULL */
void gm_error_finish(struct gm_error *err);            /* also resets it */

#endif
