#ifndef EM_UTIL_H
#define EM_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EM_LEN(a)       (sizeof(a) / sizeof((a)[0]))
#define EM_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Growing bytes, always followed by a NUL that `len` does not count. */
struct em_buf {
  char *data;
  size_t len, cap;
};

/* Memory that is not there ends the program with a sentence: an emulator has
 * nothing better to do. */
void *em_alloc(size_t size); /* zeroed */
void *em_realloc(void *old, size_t size);
char *em_strdup(const char *s);

void em_buf_add(struct em_buf *b, const void *bytes, size_t len);
void em_buf_puts(struct em_buf *b, const char *s);
void em_buf_putc(struct em_buf *b, unsigned char c);
void em_buf_be(struct em_buf *b, uint64_t value, unsigned n_bytes);
void em_buf_printf(struct em_buf *b, const char *format, ...) EM_PRINTF(2, 3);
/* `s` as a JSON string, quotes and all. */
void em_buf_json(struct em_buf *b, const char *s);
void em_buf_base64(struct em_buf *b, const unsigned char *bytes, size_t len);
void em_buf_finish(struct em_buf *b);

/* Decimal number that fills the whole of `s` (`len` bytes), within the range.
 */
bool em_parse_int(const char *s, size_t len, int64_t low, int64_t high,
                  int64_t *ret);
/* "640x480" */
bool em_parse_size(const char *s, uint32_t *ret_w, uint32_t *ret_h);
bool em_streq_n(const char *s, const char *other, size_t other_len);
bool em_starts(const char *s, const char *prefix);

uint64_t em_hash(const char *s); /* FNV-1a, spread by em_mix */
uint64_t em_mix(uint64_t x);     /* splitmix64's finaliser */
uint64_t em_random_seed(void);   /* from the system */
int64_t em_monotonic_ms(void);
int64_t em_wall_us(void);

#endif
