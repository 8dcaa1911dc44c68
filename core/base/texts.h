/* texts.h - a few short texts, one behind the other in one block.  Ten thousand
 * jobs keep some; a JSON tree of two words takes a kilobyte. */
#ifndef GM_BASE_TEXTS_H
#define GM_BASE_TEXTS_H

#include "base/util.h"
#include <json-c/json.h>

struct gm_buf;

struct gm_texts { /* zeroed: none */
  char *data;
  size_t len;
  uint32_t n;
};

void gm_texts_finish(struct gm_texts *t);
/* At the end; false: no memory, and `t` is as it was. */
bool gm_texts_add(struct gm_texts *t, const char *text);
/* Texts in turn: the first after NULL, NULL after the last. */
const char *gm_texts_next(const struct gm_texts *t, const char *text);
/* `text` is one of them, and goes. */
void gm_texts_remove(struct gm_texts *t, const char *text);

/* Pairs: a name and its value, each name once.  Of a name that is there the
 * value is replaced; false: no memory, and the name has none. */
bool gm_texts_set(struct gm_texts *t, const char *name, const char *value);
const char *gm_texts_get(const struct gm_texts *t, const char *name);
/* As a JSON array, pairs as an object. */
void gm_texts_add_list(const struct gm_texts *t, struct gm_buf *b);
void gm_texts_add_pairs(const struct gm_texts *t, struct gm_buf *b);
/* Pairs as a tree; NULL: there are none, or no memory. */
struct json_object *gm_texts_pairs(const struct gm_texts *t);
/* From such an array or object; what in it is no text is left out. */
bool gm_texts_read_list(struct gm_texts *t, const struct json_object *o);
bool gm_texts_read_pairs(struct gm_texts *t, const struct json_object *o);

#endif
