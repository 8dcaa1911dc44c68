/* reader.h - takes a reply in pieces.  In JSON every string longer than
 * GM_LONG_STRING leaves the text for a blob while it arrives (a base64 picture
 * never meets json-c, and is decoded on the way: coded.h) and a token stands in
 * its place.  Tokens begin with a random prefix, so a vendor's text cannot pass
 * for one. */
#ifndef GM_LOOP_READER_H
#define GM_LOOP_READER_H

#include "loop/coded.h"

#define GM_LONG_STRING  8192
#define GM_READER_BLOBS 64 /* at most so many long strings a reply */

struct gm_reader {
  struct gm_buf text; /* the reply without its long strings */
  struct gm_blob *blobs;
  size_t n_blobs;
  uint64_t total; /* bytes fed */
  uint64_t expect; /* bytes in all, when that is known; set by the owner */
  size_t max_mem; /* per blob, before it spills */
  uint64_t max_blob;
  struct gm_budget *budget; /* what is in memory counts against it; NULL */
  size_t counted;
  bool spills; /* none of them stays in memory */
  bool is_json; /* decided by the first byte that is no blank: { or [ */
  /* private: where the scanner is */
  int32_t state;
  size_t string_at; /* where the current string began in text */
  uint32_t escape;  /* code unit collected, digits so far, high surrogate */
  uint32_t digits, high;
  uint64_t mark[2]; /* what this reader's tokens begin with, once it has one */
};

void gm_reader_init(struct gm_reader *r, size_t max_text, uint64_t max_blob);
void gm_reader_finish(struct gm_reader *r);
void gm_reader_reset(struct gm_reader *r); /* for another reply; keeps memory */
/* This reply's long strings go into files, those in memory as well. */
void gm_reader_spill(struct gm_reader *r);
/* 0, GAMUT_E_NOMEM, GAMUT_E_PROTOCOL (ceiling; a broken escape in a long
 * string), GAMUT_E_TRANSPORT (spill file). */
int32_t gm_reader_feed(struct gm_reader *r, const char *p, size_t len,
                       struct gm_error *err);
/* The blob that a string of the parsed text stands for, or NULL when it is an
 * ordinary string. */
struct gm_blob *gm_reader_blob(const struct gm_reader *r, const char *string);

#endif
