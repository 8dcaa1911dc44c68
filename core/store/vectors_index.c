/* vectors_index.c - see vectors_index.h.  The numbers of all rows lie behind
 * each other, so that a search is one walk through memory, which is what it
 * takes its time for. */
#include "store/vectors_index.h"
#include <string.h>

#define ROWS_AT_FIRST 256
#define ROWS_MAX      UINT32_MAX / 4

/* ---- the names of entries ------------------------------------------------ */

static int digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool gm_entry_read(const char *hex, uint8_t ret[GM_ENTRY_BYTES])
{
  size_t i;

  for (i = 0; i < GM_ENTRY_BYTES; i++) {
    int high = digit(hex[2 * i]);
    int low = high < 0 ? -1 : digit(hex[2 * i + 1]);

    if (low < 0)
      return false;
    ret[i] = (uint8_t)(high << 4 | low);
  }
  return hex[2 * GM_ENTRY_BYTES] == '\0';
}

void gm_entry_write(const uint8_t entry[GM_ENTRY_BYTES],
                    char ret[GM_SHA256_HEX])
{
  static const char digits[] = "0123456789abcdef";
  size_t i;

  for (i = 0; i < GM_ENTRY_BYTES; i++) {
    ret[2 * i] = digits[entry[i] >> 4];
    ret[2 * i + 1] = digits[entry[i] & 15];
  }
  ret[2 * GM_ENTRY_BYTES] = '\0';
}

/* ---- rows ---------------------------------------------------------------- */

void gm_vindex_finish(struct gm_vindex *x)
{
  gm_free(x->numbers);
  gm_free(x->scales);
  gm_free(x->entries);
  gm_free(x->slots);
  memset(x, 0, sizeof(*x));
}

size_t gm_vindex_bytes(const struct gm_vindex *x)
{
  return x->max_rows * (x->room + sizeof(*x->scales) + GM_ENTRY_BYTES) +
         x->n_slots * sizeof(*x->slots);
}

/* Hashes are evenly spread already. */
static size_t slot_of(const struct gm_vindex *x, const uint8_t *entry)
{
  uint64_t at;

  memcpy(&at, entry, sizeof(at));
  at &= x->n_slots - 1;
  while (x->slots[at] &&
         memcmp(x->entries[x->slots[at] - 1], entry, GM_ENTRY_BYTES) != 0)
    at = (at + 1) & (x->n_slots - 1);
  return (size_t)at;
}

static bool grow_list(void *list, size_t n, size_t size)
{
  void **at = list;
  void *bigger = gm_realloc(*at, n * size);

  if (bigger)
    *at = bigger;
  return bigger != NULL;
}

static bool grow(struct gm_vindex *x)
{
  size_t rows = x->max_rows ? 2 * x->max_rows : ROWS_AT_FIRST, i;
  uint32_t *slots =
    rows <= ROWS_MAX ? gm_zalloc(2 * rows * sizeof(*slots)) : NULL;

  if (!slots || !grow_list(&x->numbers, rows, x->room) ||
      !grow_list(&x->scales, rows, sizeof(*x->scales)) ||
      !grow_list(&x->entries, rows, sizeof(*x->entries))) {
    gm_free(slots);
    return false;
  }
  gm_free(x->slots);
  x->slots = slots;
  x->n_slots = 2 * rows;
  x->max_rows = rows;
  for (i = 0; i < x->n_rows; i++)
    slots[slot_of(x, x->entries[i])] = (uint32_t)i + 1;
  return true;
}

bool gm_vindex_put(struct gm_vindex *x, const uint8_t entry[GM_ENTRY_BYTES],
                   const int16_t *v)
{
  size_t slot, row;

  if (x->n_rows == x->max_rows && !grow(x))
    return false;
  slot = slot_of(x, entry);
  if (!x->slots[slot]) {
    memcpy(x->entries[x->n_rows], entry, GM_ENTRY_BYTES);
    x->slots[slot] = (uint32_t)++x->n_rows;
  }
  row = x->slots[slot] - 1;
  x->scales[row] = gm_vector_pack8(v, x->n, x->numbers + row * x->room);
  return true;
}

/* ---- looking ------------------------------------------------------------- */

/* Among the `n` so far, the nearest first; how many there are then. */
static size_t insert(struct gm_coarse *list, size_t n, struct gm_coarse c)
{
  size_t i = n < GM_NEAR ? n : GM_NEAR - 1;

  for (; i > 0 && list[i - 1].similarity < c.similarity; i--)
    list[i] = list[i - 1];
  list[i] = c;
  return n < GM_NEAR ? n + 1 : n;
}

size_t gm_vindex_near(const struct gm_vindex *x, const int16_t *v, float least,
                      struct gm_coarse ret[GM_NEAR])
{
  size_t row, n = 0;

  for (row = 0; row < x->n_rows; row++) {
    float s = (float)gm_vector_sum8(v, x->numbers + row * x->room, x->room) *
              x->scales[row];

    if (s < least || x->scales[row] <= 0 ||
        (n == GM_NEAR && s <= ret[n - 1].similarity))
      continue;
    n = insert(ret, n, (struct gm_coarse){ row, s });
  }
  return n;
}
