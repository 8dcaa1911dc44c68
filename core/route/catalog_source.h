/* catalog_source.h - one provider's catalog text, skimmed at need; private to
 * catalog*.c. */
#ifndef GM_ROUTE_CATALOG_SOURCE_H
#define GM_ROUTE_CATALOG_SOURCE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"

/* Bytes of the text, and what they say once somebody asked. */
struct gm_span {
  size_t at, len;
  struct json_object *json; /* NULL: not parsed yet */
};

struct gm_member {
  size_t key_at, key_len;
  struct gm_span value;
};

enum gm_skim {
  GM_SKIM_START,
  GM_SKIM_MEMBERS, /* between members of the document */
  GM_SKIM_MODELS,  /* between elements of "models" */
  GM_SKIM_DONE,
  GM_SKIM_BROKEN
};

/* The schema has nine; more are not looked at. */
#define GM_SOURCE_MEMBERS 16

struct gm_source {
  char *provider;
  char *path;       /* the file; NULL: text that somebody else keeps */
  uint32_t order;   /* of several for one provider the lowest wins */
  bool taken;       /* another provider's text, by "same_as" */
  bool refers;      /* the word "same_as" stands in it, once it was read */
  const char *text; /* ends with a NUL; NULL: not read yet */
  size_t len;
  struct gm_buf buf;
  enum gm_skim phase;
  size_t at; /* skimmed so far */
  struct gm_member members[GM_SOURCE_MEMBERS];
  size_t n_members;
  struct gm_span *entries;
  size_t n_entries, size;
  struct gm_json_parser *parser; /* borrowed */
  struct gm_buf *scratch;        /* borrowed: shared by all sources */
};

void gm_source_finish(struct gm_source *s);
/* Read the file and keep it.  INVALID with its path and the reason. */
int32_t gm_source_read(struct gm_source *s, struct gm_error *err);
/* Skim to the end; INVALID where the text is no JSON object. */
int32_t gm_source_skim(struct gm_source *s, struct gm_error *err);
/* A member of the document other than "models"; *ret NULL: none. */
int32_t gm_source_member(struct gm_source *s, const char *key,
                         struct json_object **ret, struct gm_error *err);
/* The i-th entry of "models"; *ret NULL: past the end. */
int32_t gm_source_entry(struct gm_source *s, size_t i, struct json_object **ret,
                        struct gm_error *err);

/* Entries that contain a word as a whole JSON string. */
#define GM_WORD_MAX 512
struct gm_hits {
  size_t at; /* the next look begins here */
  size_t len;
  char quoted[GM_WORD_MAX + 3];
};
void gm_hits_init(struct gm_hits *h, const char *word);
/* The next entry, each once; *ret NULL: no more.  `ret_outside` (may be NULL)
 * becomes true when the word also stands outside of "models". */
int32_t gm_source_next(struct gm_source *s, struct gm_hits *h,
                       struct json_object **ret, bool *ret_outside,
                       struct gm_error *err);
/* The entry with that id; *ret NULL: none. */
int32_t gm_source_by_id(struct gm_source *s, const char *id,
                        struct json_object **ret, struct gm_error *err);

#endif
