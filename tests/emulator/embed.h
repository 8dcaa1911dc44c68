#ifndef EM_EMBED_H
#define EM_EMBED_H

#include "server.h"

/* A direction for a text that is near those of texts with the same words and
 * letters; of the length 1, the same each time. */
void em_embed(const char *text, float *out, size_t dimensions);
/* "[0.1,...]" */
void em_embed_put(const float *v, size_t dimensions, struct em_buf *out);
/* Every run of letters counts for one, as a tokenizer's words nearly do. */
unsigned em_embed_tokens(const char *text);
/* The phase and the faults of the first text: one that is answered instead, or
 * NULL; what happens to the answer is set. */
const struct em_fault *em_embed_fault(struct em_request *rq, const char *text);

#endif
