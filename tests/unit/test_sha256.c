/* test_sha256.c - what FIPS 180-4 and its examples say, in any pieces, by
 * either way. */
#include "base/sha256.h"
#include "base/sha256_ni.h"
#include "unit.h"
#include <stdlib.h>
#include <string.h>

static const struct {
  const char *text;
  unsigned times;
  const char *hex;
} rows[] = {
  { "", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
  { "abc", 1,
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
  { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
  { "aaaaaaaaaa", 100000,
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
};

START_TEST(examples)
{
  char hex[GM_SHA256_HEX];
  struct gm_sha256 s;
  unsigned i;

  gm_sha256_init(&s);
  for (i = 0; i < rows[_i].times; i++)
    gm_sha256_add(&s, rows[_i].text, strlen(rows[_i].text));
  gm_sha256_hex(&s, hex);
  ck_assert_str_eq(hex, rows[_i].hex);
}
END_TEST

static void fill(uint8_t *p, size_t len)
{
  uint32_t x = 1;
  size_t i;

  for (i = 0; i < len; i++) {
    x = x * 1664525 + 1013904223;
    p[i] = (uint8_t)(x >> 24);
  }
}

/* However it is cut. */
START_TEST(pieces)
{
  uint8_t bytes[1000];
  char whole[GM_SHA256_HEX], hex[GM_SHA256_HEX];
  size_t len, piece, at;
  struct gm_sha256 s;

  fill(bytes, sizeof(bytes));
  for (len = 0; len < 200; len++) {
    gm_sha256_init(&s);
    gm_sha256_add(&s, bytes, len);
    gm_sha256_hex(&s, whole);
    for (piece = 1; piece < 150; piece += 7) {
      gm_sha256_init(&s);
      for (at = 0; at < len; at += piece)
        gm_sha256_add(&s, bytes + at, GM_MIN(piece, len - at));
      gm_sha256_hex(&s, hex);
      ck_assert_str_eq(hex, whole);
    }
  }
}
END_TEST

/* The two ways agree, also where the bytes lie anyhow. */
START_TEST(ways)
{
  uint8_t bytes[64 * 20 + 3];
  uint32_t plain[8], quick[8];
  size_t n;

  fill(bytes, sizeof(bytes));
  for (n = 0; n <= 20; n++) {
    fill((uint8_t *)plain, sizeof(plain));
    memcpy(quick, plain, sizeof(quick));
    gm_sha256_plain(plain, bytes + n % 4, n);
    if (gm_sha256_ni(quick, bytes + n % 4, n))
      ck_assert_int_eq(memcmp(plain, quick, sizeof(plain)), 0);
  }
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("sha256");

  tcase_add_loop_test(tc, examples, 0, (int)GM_LEN(rows));
  tcase_add_test(tc, pieces);
  tcase_add_test(tc, ways);
  return unit_run("sha256", tc);
}
