/* test_incoming.c - one HTTP request from bytes, whole and in pieces. */
#include "loop/incoming.h"
#include "unit.h"
#include <stdlib.h>

#define BODY_MAX 100
#define HEAD     "POST /fal HTTP/1.1\r\nHost: x\r\n"
#define LEN(n)   HEAD "Content-Length: " n "\r\n\r\n"
#define CHUNKED  HEAD "Transfer-Encoding: chunked\r\n\r\n"

static const struct {
  const char *name, *text;
  int status; /* 0: more is wanted */
  const char *body;
} rows[] = {
  { "plain", LEN("5") "hello", 200, "hello" },
  { "no body", LEN("0"), 200, "" },
  { "more behind it", LEN("2") "hello", 200, "he" },
  { "empty line first", "\r\n" LEN("1") "x", 200, "x" },
  { "1.0", "POST /fal HTTP/1.0\r\nContent-Length: 1\r\n\r\nx", 200, "x" },
  { "not all", LEN("5") "hell", 0, NULL },
  { "not even a head", HEAD, 0, NULL },
  { "as much as may be",
    LEN("100") "0123456789012345678901234567890123456789012345678901234567"
               "890123456789012345678901234567890123456789",
    200, NULL },
  { "one too many", LEN("101"), 413, NULL },
  { "far too many", LEN("99999999999999999999"), 413, NULL },
  { "no length", HEAD "\r\n", 411, NULL },
  { "no number", LEN("5x"), 400, NULL },
  { "negative", LEN("-5"), 400, NULL },
  { "plus", LEN("+5"), 400, NULL },
  { "empty length", LEN(""), 400, NULL },
  { "twice the same", HEAD "content-length: 1\r\nContent-Length: 1\r\n\r\nx",
    200, "x" },
  { "twice another", HEAD "content-length: 1\r\nContent-Length: 2\r\n\r\nxy",
    400, NULL },
  { "chunked", CHUNKED "5\r\nhello\r\n6;ext=\"a\"\r\n world\r\n0\r\n\r\n", 200,
    "hello world" },
  { "chunked with trailers", CHUNKED "1\r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\n", 200,
    "x" },
  { "chunked, hex", CHUNKED "0A\r\n0123456789\r\n0\r\n\r\n", 200,
    "0123456789" },
  { "chunked, no end", CHUNKED "1\r\nx\r\n0\r\n", 0, NULL },
  { "chunk too large", CHUNKED "65\r\n", 413, NULL },
  { "chunk of gigabytes", CHUNKED "123456789\r\n", 413, NULL },
  { "chunks too large",
    CHUNKED "32\r\n01234567890123456789012345678901234567890123456789\r\n"
            "33\r\n",
    413, NULL },
  { "chunk without a size", CHUNKED "\r\n", 400, NULL },
  { "chunk of nonsense", CHUNKED "xyz\r\n", 400, NULL },
  { "chunk longer than told", CHUNKED "1\r\nxy\r\n", 400, NULL },
  { "chunk with a bare LF", CHUNKED "1\nx", 400, NULL },
  { "both lengths",
    HEAD "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, NULL },
  { "other coding", HEAD "Transfer-Encoding: gzip\r\n\r\n", 501, NULL },
  { "two codings", HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n", 501, NULL },
  { "GET", "GET /fal HTTP/1.1\r\n\r\n", 405, NULL },
  { "other version", "POST /fal HTTP/2.0\r\n\r\n", 505, NULL },
  { "no version", "POST /fal\r\n\r\n", 400, NULL },
  { "no HTTP", "POST /fal SIP/2.0\r\n\r\n", 400, NULL },
  { "absolute target", "POST http://x/fal HTTP/1.1\r\n\r\n", 400, NULL },
  { "blank in the target", "POST /f al HTTP/1.1\r\n\r\n", 400, NULL },
  { "no method", " /fal HTTP/1.1\r\n\r\n", 400, NULL },
  { "bare LF", "POST /fal HTTP/1.1\nContent-Length: 1\r\n\r\nx", 400, NULL },
  { "bare CR", HEAD "A: b\rC: d\r\n\r\n", 400, NULL },
  { "no colon", HEAD "nonsense\r\n\r\n", 400, NULL },
  { "blank before the colon", HEAD "A : b\r\n\r\n", 400, NULL },
  { "no name", HEAD ": b\r\n\r\n", 400, NULL },
  { "goes on in the next line", HEAD "A: b\r\n c\r\n\r\n", 400, NULL },
  { "control in a value", HEAD "A: b\1\r\n\r\n", 400, NULL },
};

static int feed(struct gm_incoming *in, const char *text, size_t piece)
{
  size_t len = strlen(text), at;
  int status = 0;

  gm_incoming_init(in, BODY_MAX);
  for (at = 0; at < len && status == 0; at += piece)
    status = gm_incoming_feed(in, text + at, GM_MIN(piece, len - at));
  return status;
}

START_TEST(request)
{
  static const size_t pieces[] = { 1, 2, 7, 1000 };
  struct gm_incoming in;
  size_t i;

  for (i = 0; i < GM_LEN(pieces); i++) {
    int status = feed(&in, rows[_i].text, pieces[i]);

    ck_assert_msg(status == rows[_i].status, "%s: %d, in pieces of %zu",
                  rows[_i].name, status, pieces[i]);
    if (rows[_i].body) {
      ck_assert_str_eq(gm_buf_text(&in.body), rows[_i].body);
      ck_assert_str_eq(in.target, "/fal");
      ck_assert_str_eq(in.method, "POST");
    }
    gm_incoming_finish(&in);
  }
}
END_TEST

START_TEST(headers)
{
  struct gm_incoming in;

  ck_assert_int_eq(feed(&in,
                        HEAD "X-Empty:\r\nx-Blank: \t a b \t\r\nA:1\r\n"
                             "Expect: 100-Continue\r\ncontent-length: 3\r\n"
                             "\r\n",
                        1),
                   0);
  ck_assert(in.has_head && in.expects);
  ck_assert_str_eq(gm_incoming_header(&in, "HOST"), "x");
  ck_assert_str_eq(gm_incoming_header(&in, "x-empty"), "");
  ck_assert_str_eq(gm_incoming_header(&in, "x-blank"), "a b");
  ck_assert_str_eq(gm_incoming_header(&in, "a"), "1");
  ck_assert_ptr_null(gm_incoming_header(&in, "b"));
  ck_assert_ptr_null(in.pairs[in.n_pairs]);
  ck_assert_int_eq(gm_incoming_feed(&in, "abc", 3), 200);
  ck_assert_int_eq(gm_incoming_feed(&in, "abc", 3), 200); /* not looked at */
  ck_assert_str_eq(gm_buf_text(&in.body), "abc");
  gm_incoming_finish(&in);
}
END_TEST

/* A head is refused as soon as it is too long, in lines or in bytes. */
START_TEST(heads_have_a_limit)
{
  struct gm_incoming in;
  int status = 0, i;

  gm_incoming_init(&in, BODY_MAX);
  status = gm_incoming_feed(&in, HEAD, strlen(HEAD));
  for (i = 0; i < GM_INCOMING_HEADERS && status == 0; i++)
    status = gm_incoming_feed(&in, "a: b\r\n", 6);
  ck_assert_int_eq(status, 0);
  ck_assert_int_eq(gm_incoming_feed(&in, "\r\n", 2), 431);
  gm_incoming_finish(&in);

  gm_incoming_init(&in, BODY_MAX);
  status = gm_incoming_feed(&in, HEAD "a: ", strlen(HEAD) + 3);
  for (i = 0; i < (int)GM_INCOMING_HEAD && status == 0; i++)
    status = gm_incoming_feed(&in, "b", 1);
  ck_assert_int_eq(status, 431);
  gm_incoming_finish(&in);
}
END_TEST

START_TEST(extras_have_a_limit)
{
  struct gm_incoming in;
  int status, i;

  gm_incoming_init(&in, BODY_MAX);
  status = gm_incoming_feed(&in, CHUNKED "1;", strlen(CHUNKED) + 2);
  for (i = 0; i <= (int)GM_INCOMING_EXTRA && status == 0; i++)
    status = gm_incoming_feed(&in, "x", 1);
  ck_assert_int_eq(status, 400);
  gm_incoming_finish(&in);
}
END_TEST

START_TEST(a_nul_is_refused)
{
  struct gm_incoming in;
  const char text[] = "POST /f\0l HTTP/1.1\r\n\r\n";

  gm_incoming_init(&in, BODY_MAX);
  ck_assert_int_eq(gm_incoming_feed(&in, text, sizeof(text) - 1), 400);
  gm_incoming_finish(&in);
}
END_TEST

static bool read_one(void)
{
  struct gm_incoming in;
  bool ok = feed(&in, LEN("5") "hello", 3) == 200;

  gm_incoming_finish(&in);
  return ok;
}

START_TEST(no_memory_is_clean)
{
  unit_torture(read_one);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("incoming");

  tcase_add_loop_test(tc, request, 0, GM_LEN(rows));
  tcase_add_test(tc, headers);
  tcase_add_test(tc, heads_have_a_limit);
  tcase_add_test(tc, extras_have_a_limit);
  tcase_add_test(tc, a_nul_is_refused);
  tcase_add_test(tc, no_memory_is_clean);
  return unit_run("incoming", tc);
}
