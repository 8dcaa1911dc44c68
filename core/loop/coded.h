/* coded.h - a long string as it comes.  While it reads as base64 its bytes go
 * into the blob and not its letters: a picture is there, ready to be written,
 * when its last letter is.  The letters can be had all the same, exactly as
 * they came. */
#ifndef GM_LOOP_CODED_H
#define GM_LOOP_CODED_H

#include "loop/blob.h"

/* An empty blob begins as base64. */
void gm_coded_begin(struct gm_blob *b);
/* More of the string.  What is no base64 of the standard alphabet turns it into
 * an ordinary blob with the letters so far. */
int32_t gm_coded_add(struct gm_blob *b, const char *p, size_t len,
                     struct gm_error *err);
/* As much of what lies from *p to `end` as is whole groups of letters, without
 * looking for the end of the string; moves *p.  Nothing when it is none. */
int32_t gm_coded_take(struct gm_blob *b, const char **p, const char *end,
                      struct gm_error *err);
/* The string is whole. */
int32_t gm_coded_end(struct gm_blob *b, struct gm_error *err);

/* The letters: of a blob that is no base64 what is in it. */
uint64_t gm_coded_text_len(const struct gm_blob *b);
ssize_t gm_coded_read_text(const struct gm_blob *b, uint64_t offset, void *p,
                           size_t len);

#endif
