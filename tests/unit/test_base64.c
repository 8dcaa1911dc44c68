/* test_base64.c - encode, and decode in pieces of any size. */
#include "base/base64.h"
#include "unit.h"
#include <gamut/plugin.h>

static const struct {
  const char *plain, *coded;
} vectors[] = { { "", "" },
                { "f", "Zg==" },
                { "fo", "Zm8=" },
                { "foo", "Zm9v" },
                { "foob", "Zm9vYg==" },
                { "fooba", "Zm9vYmE=" },
                { "foobar", "Zm9vYmFy" },
                { "\xfb\xff\xbe", "+/++" } };

START_TEST(known_values)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(100);
  struct gm_base64 d = GM_BASE64_INIT;
  char out[32] = "";
  size_t n;

  gm_base64_add(&b, vectors[_i].plain, strlen(vectors[_i].plain));
  ck_assert_str_eq(gm_buf_text(&b), vectors[_i].coded);
  n = gm_base64_decode(&d, b.data ? b.data : "", b.len, out);
  ck_assert_uint_eq(n, strlen(vectors[_i].plain));
  ck_assert_mem_eq(out, vectors[_i].plain, n);
  ck_assert(gm_base64_done(&d));
}
END_TEST

static const struct {
  const char *name, *text, *plain; /* NULL: broken */
  bool done;
} rows[] = {
  { "url alphabet", "-_-_", "\xfb\xff\xbf", true },
  { "no padding 2", "Zm8", "fo", true },
  { "no padding 1", "Zg", "f", true },
  { "half padding", "Zg=", "f", true },
  { "one left over", "Zm9vY", "foo", false },
  { "lf", "Zm9v\nYmFy\n", "foobar", true },
  { "crlf in a group", "Zm\r\n9v", "foo", true },
  { "break in padding", "Zg=\n=\r\n", "f", true },
  { "blank", "Zm9v YmFy", NULL, false },
  { "tab", "Zm9v\tYmFy", NULL, false },
  { "three pads", "Zg===", NULL, false },
  { "two pads after 3", "Zm8==", NULL, false },
  { "pad first", "=", NULL, false },
  { "pad second", "Z=", NULL, false },
  { "pad at a whole group", "Zm9v=", NULL, false },
  { "more after padding", "Zg==Zg==", NULL, false },
  { "escape", "Zm9v\\/", NULL, false },
  { "high byte", "Zm9\xff", NULL, false },
  { "quote", "\"Zm9v", NULL, false },
  { "percent", "Zm9v%3D", NULL, false },
};

/* Whole, then in pieces of each size: the answer is the same. */
START_TEST(odd_forms)
{
  size_t len = strlen(rows[_i].text), piece;

  for (piece = 1; piece <= len; piece++) {
    struct gm_base64 d = GM_BASE64_INIT;
    char out[64];
    size_t at, n = 0;

    for (at = 0; at < len && n != SIZE_MAX; at += piece) {
      size_t got = gm_base64_decode(&d, rows[_i].text + at,
                                    GM_MIN(piece, len - at), out + n);

      n = got == SIZE_MAX ? SIZE_MAX : n + got;
    }
    if (!rows[_i].plain) {
      ck_assert_msg(n == SIZE_MAX, "%s in pieces of %zu", rows[_i].name, piece);
      ck_assert(!gm_base64_done(&d));
      ck_assert_uint_eq(gm_base64_decode(&d, "Zm9v", 4, out), SIZE_MAX);
      continue;
    }
    ck_assert_msg(n == strlen(rows[_i].plain), "%s in pieces of %zu: %zu",
                  rows[_i].name, piece, n);
    ck_assert_mem_eq(out, rows[_i].plain, n);
    ck_assert(gm_base64_done(&d) == rows[_i].done);
  }
}
END_TEST

static void fill(unsigned char *p, size_t len)
{
  uint32_t x = 1;
  size_t i;

  for (i = 0; i < len; i++) {
    x = x * 1103515245u + 12345u;
    p[i] = (unsigned char)(x >> 16);
  }
}

/* Exact heap sizes, so that a sanitizer sees one byte too far. */
static void round_trip(size_t len, size_t piece)
{
  size_t coded_len = gm_base64_size(len), at, n = 0;
  unsigned char *plain = gm_alloc(len);
  char *coded = gm_alloc(coded_len);
  struct gm_base64 d = GM_BASE64_INIT;

  fill(plain, len);
  gm_base64_encode(plain, len, coded);
  for (at = 0; at < coded_len; at += piece) {
    size_t now = GM_MIN(piece, coded_len - at);
    unsigned char *out = gm_alloc(now / 4 * 3 + 3);
    char *in = gm_alloc(now);
    size_t got;

    memcpy(in, coded + at, now);
    got = gm_base64_decode(&d, in, now, out);
    ck_assert_uint_le(got, len - n);
    ck_assert(memcmp(out, plain + n, got) == 0);
    n += got;
    gm_free(in);
    gm_free(out);
  }
  ck_assert_uint_eq(n, len);
  ck_assert(gm_base64_done(&d));
  gm_free(plain);
  gm_free(coded);
}

START_TEST(round_trips)
{
  static const size_t pieces[] = { 1, 3, 5, 31, 32, 33, 44, 45, 64, 100000 };
  size_t i, len;

  for (i = 0; i < GM_LEN(pieces); i++) {
    for (len = 0; len < 260; len++)
      round_trip(len, pieces[i]);
    round_trip(65536, pieces[i] < 31 ? 1000 : pieces[i]);
  }
}
END_TEST

/* Every wrong byte at every place of a text that is long enough for whatever
 * quick way the processor offers. */
START_TEST(bad_bytes_are_found_anywhere)
{
  char text[201], out[200];
  size_t at;
  int c;

  for (c = 0; c < 256; c++) {
    bool good = c && (strchr("+-/_=\r\n", c) || (c >= '0' && c <= '9') ||
                      (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'));

    for (at = 0; at < 200; at++) {
      struct gm_base64 d = GM_BASE64_INIT;
      size_t n;

      memset(text, 'Q', sizeof(text));
      text[at] = (char)c;
      n = gm_base64_decode(&d, text, 200, out);
      if (c == '=') /* right only at the end */
        ck_assert((n == SIZE_MAX) == (at != 199));
      else
        ck_assert_msg((n != SIZE_MAX) == good, "%d at %zu", c, at);
    }
  }
}
END_TEST

START_TEST(both_alphabets_mean_the_same)
{
  char std[256], url[256];
  unsigned char a[256], b[256];
  size_t i;

  for (i = 0; i < sizeof(std); i++) {
    std[i] = "+/Aa"[i % 4];
    url[i] = "-_Aa"[i % 4];
  }
  {
    struct gm_base64 d = GM_BASE64_INIT, e = GM_BASE64_INIT;

    ck_assert_uint_eq(gm_base64_decode(&d, std, sizeof(std), a), 192);
    ck_assert_uint_eq(gm_base64_decode(&e, url, sizeof(url), b), 192);
  }
  ck_assert_mem_eq(a, b, 192);
}
END_TEST

/* Lines of 76 characters, as MIME has them, and of every other length. */
START_TEST(broken_lines)
{
  unsigned char plain[600], out[800];
  char coded[800], broken[2600];
  size_t line, i;

  fill(plain, sizeof(plain));
  gm_base64_encode(plain, sizeof(plain), coded);
  for (line = 1; line < 100; line++) {
    struct gm_base64 d = GM_BASE64_INIT;
    size_t n = 0;

    for (i = 0; i < sizeof(coded); i++) {
      if (i % line == 0) {
        broken[n++] = '\r';
        broken[n++] = '\n';
      }
      broken[n++] = coded[i];
    }
    i = 0;
    {
      unsigned char *big = gm_alloc(n / 4 * 3 + 3);

      i = gm_base64_decode(&d, broken, n, big);
      ck_assert_uint_eq(i, sizeof(plain));
      memcpy(out, big, i);
      gm_free(big);
    }
    ck_assert_mem_eq(out, plain, sizeof(plain));
  }
}
END_TEST

START_TEST(ceiling_holds)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(7);

  gm_base64_add(&b, "abc", 3);
  ck_assert_uint_eq(b.len, 4);
  gm_base64_add(&b, "abc", 3);
  ck_assert_int_eq(b.failed, GAMUT_E_PROTOCOL);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("base64");

  tcase_add_loop_test(tc, known_values, 0, (int)GM_LEN(vectors));
  tcase_add_loop_test(tc, odd_forms, 0, (int)GM_LEN(rows));
  tcase_add_test(tc, round_trips);
  tcase_add_test(tc, bad_bytes_are_found_anywhere);
  tcase_add_test(tc, both_alphabets_mean_the_same);
  tcase_add_test(tc, broken_lines);
  tcase_add_test(tc, ceiling_holds);
  return unit_run("base64", tc);
}
