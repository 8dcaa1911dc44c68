/* shop.h - a vendor who behaves: it takes orders, works on them, makes them or
 * fails, cancels, serves files; and loses answers, is busy, answers late.  What
 * it does is drawn by a seed and the prompt, and it keeps books of its own.
 *
 * It speaks as the provider of engine/vendor.h wants it, under "/a", "/b" and
 * "/c". */
#ifndef GM_TESTS_SHOP_H
#define GM_TESTS_SHOP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHOP_PRICE INT64_C(20000) /* for each image, of every model */

struct shop;
struct shop *shop_start(uint64_t seed);
void shop_stop(struct shop *s);
const char *shop_url(struct shop *s, const char *path, char *buf, size_t size);
/* No trouble from now on. */
void shop_behave(struct shop *s);
/* Wait until nothing is under way: what was sent has come. */
void shop_rest(struct shop *s);

/* Of all orders with this prompt: images that are made, by now or as it is
 * bound to come; how many have failed and are to be paid for; how many orders
 * that is, and what it costs. */
struct bill {
  int images, counted, orders;
  int64_t microusd;
  bool fewer; /* than was ordered, once */
};
struct bill shop_bill(struct shop *s, const char *prompt);

/* The protocol: one line, of what was done by whoever.  [any thread] */
void shop_note(struct shop *s, const char *format, ...)
  __attribute__((format(printf, 2, 3)));
void shop_print(struct shop *s);

/* The next number by a state. */
uint64_t shop_draw(uint64_t *state);
/* By a seed and a text, always the same. */
uint64_t shop_hash(uint64_t seed, const char *text);

#endif
