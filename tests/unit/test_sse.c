/* test_sse.c - server-sent events, in pieces of every size. */
#include "base/str.h"
#include "loop/sse.h"
#include "unit.h"
#include <gamut/plugin.h>

/* Events become one text: "event|data|id;" each. */
static int32_t collect(void *user, const struct gm_sse_event *e)
{
  struct gm_buf *b = user;

  ck_assert_uint_eq(strlen(e->data), e->data_len);
  gm_buf_addf(b, "%s|%s|%s;", e->event, e->data, e->id);
  return 0;
}

static const struct {
  const char *name, *stream, *events;
} rows[] = {
  { "one", "data: x\n\n", "message|x|;" },
  { "no blank", "data:x\n\n", "message|x|;" },
  { "one blank only", "data:  x\n\n", "message| x|;" },
  { "lines join", "data: a\ndata: b\n\n", "message|a\nb|;" },
  { "empty data", "data\n\n", "message||;" },
  { "two empty lines", "data\ndata\n\n", "message|\n|;" },
  { "crlf", "data: x\r\n\r\ndata: y\r\n\r\n", "message|x|;message|y|;" },
  { "cr", "data: x\r\rdata: y\r\r", "message|x|;message|y|;" },
  { "mixed", "data: a\r\ndata: b\rdata: c\n\r\n", "message|a\nb\nc|;" },
  { "named", "event: done\ndata: x\n\ndata: y\n\n", "done|x|;message|y|;" },
  { "name without data", "event: done\n\ndata: y\n\n", "message|y|;" },
  { "last name counts", "event: a\nevent: b\ndata: x\n\n", "b|x|;" },
  { "id stays", "id: 7\ndata: x\n\ndata: y\n\n", "message|x|7;message|y|7;" },
  { "id goes", "id: 7\ndata: x\n\nid\ndata: y\n\n", "message|x|7;message|y|;" },
  { "comments", ": hi\n:\ndata: x\n: more\n\n", "message|x|;" },
  { "unknown fields", "retry: 9\nfoo: bar\nfoo\ndata: x\n\n", "message|x|;" },
  { "case counts", "Data: x\nDATA: y\n\n", "" },
  { "bom",
    "\xef\xbb\xbf"
    "data: x\n\n",
    "message|x|;" },
  { "second bom",
    "\xef\xbb\xbf\xef\xbb\xbf"
    "data: x\n\n",
    "" },
  { "late bom",
    "data: x\n\n\xef\xbb\xbf"
    "data: y\n\n",
    "message|x|;" },
  { "bom and blank", "\xef\xbb\xbf\ndata: x\n\n", "message|x|;" },
  { "cut off", "data: x\n\ndata: y\n", "message|x|;" },
  { "no end of line", "data: x\n\ndata: y", "message|x|;" },
  { "colons", "data: a:b: c\n\n", "message|a:b: c|;" },
  { "many blanks", "\n\n\n\ndata: x\n\n\n\n", "message|x|;" },
  { "openai", "event: e.p\ndata: {\"a\":1}\n\ndata: [DONE]\n\n",
    "e.p|{\"a\":1}|;message|[DONE]|;" },
  { "empty", "", "" },
};

START_TEST(streams_in_pieces)
{
  size_t len = strlen(rows[_i].stream), piece, at;

  for (piece = 1; piece <= len + 1; piece++) {
    _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(1000);
    struct gm_sse s;

    gm_sse_init(&s, 1000);
    for (at = 0; at < len; at += piece)
      ck_assert_int_eq(gm_sse_feed(&s, rows[_i].stream + at,
                                   GM_MIN(piece, len - at), collect, &b, NULL),
                       0);
    ck_assert_msg(!strcmp(gm_buf_text(&b), rows[_i].events),
                  "%s in pieces of %zu: %s", rows[_i].name, piece,
                  gm_buf_text(&b));
    gm_sse_finish(&s);
  }
}
END_TEST

START_TEST(id_with_nul_is_ignored)
{
  static const char stream[] = "id: 7\nid: a\0b\ndata: x\n\n";
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(1000);
  struct gm_sse s;

  gm_sse_init(&s, 1000);
  gm_sse_feed(&s, stream, sizeof(stream) - 1, collect, &b, NULL);
  ck_assert_str_eq(gm_buf_text(&b), "message|x|7;");
  gm_sse_finish(&s);
}
END_TEST

static int32_t stop_at_first(void *user, const struct gm_sse_event *e)
{
  (void)e;
  ++*(int *)user;
  return 42;
}

START_TEST(callback_ends_the_feed)
{
  struct gm_sse s;
  int n = 0;

  gm_sse_init(&s, 1000);
  ck_assert_int_eq(
    gm_sse_feed(&s, "data: x\n\ndata: y\n\n", 18, stop_at_first, &n, NULL), 42);
  ck_assert_int_eq(n, 1);
  gm_sse_finish(&s);
}
END_TEST

static const char *const endless[] = { "data: 0123456789",
                                       "data: 0123456789\n" };

START_TEST(ceiling_holds_and_sticks)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(1000);
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  size_t len = strlen(endless[_i]);
  int32_t rc = 0;
  struct gm_sse s;
  int i;

  gm_sse_init(&s, 100);
  for (i = 0; i < 20 && !rc; i++)
    rc = gm_sse_feed(&s, endless[_i], len, collect, &b, &err);
  ck_assert_int_eq(rc, GAMUT_E_PROTOCOL);
  ck_assert_str_eq(gm_error_text(&err),
                   "an event of the stream is longer than 100 bytes");
  ck_assert_int_eq(gm_sse_feed(&s, "\n\ndata: x\n\n", 11, collect, &b, NULL),
                   GAMUT_E_PROTOCOL);
  ck_assert_uint_eq(b.len, 0);
  gm_sse_finish(&s);
}
END_TEST

/* What is for nobody takes no room. */
START_TEST(noise_costs_nothing)
{
  static const char *const noise[] = { ": hello ", "hello", "hello: you " };
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(1000);
  struct gm_sse s;
  int i;

  gm_sse_init(&s, 100);
  for (i = 0; i < 10000; i++)
    ck_assert_int_eq(
      gm_sse_feed(&s, noise[_i], strlen(noise[_i]), collect, &b, NULL), 0);
  ck_assert_int_eq(gm_sse_feed(&s, "\ndata: x\n\n", 10, collect, &b, NULL), 0);
  ck_assert_str_eq(gm_buf_text(&b), "message|x|;");
  ck_assert_uint_eq(s.data.total, 0);
  gm_sse_finish(&s);
}
END_TEST

/* ---- pictures inside --------------------------------------------------- */

struct pictures {
  int n;
  size_t len;
};

static int32_t look(void *user, const struct gm_sse_event *e)
{
  struct pictures *p = user;
  const char *token = strstr(e->data, "gamut-blob-"), *end;
  char text[100] = "", byte;
  struct gm_blob *blob;

  ck_assert_ptr_nonnull(token);
  ck_assert_uint_lt(e->data_len, 200);
  end = strchr(token, '"');
  memcpy(text, token, (size_t)(end - token));
  blob = gm_reader_blob(e->reader, text);
  ck_assert_ptr_nonnull(blob);
  ck_assert_uint_eq(gm_coded_text_len(blob), p->len);
  ck_assert_int_eq(gm_coded_read_text(blob, p->len - 1, &byte, 1), 1);
  ck_assert_int_eq(byte, (char)('a' + p->n));
  p->n++;
  return 0;
}

/* A picture is a blob of its event, and its memory is given back behind it. */
START_TEST(long_strings_leave)
{
  static const size_t pieces[] = { 1000, 16384, 1 << 20 };
  struct pictures p = { .len = 100000 };
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(1 << 20);
  struct gm_sse s;
  size_t i, at;

  for (i = 0; i < 3; i++) {
    gm_buf_addf(&b, "event: partial\ndata: {\"n\":%zu,\"b64\":\"", i);
    for (at = 0; at < p.len; at++)
      gm_buf_addc(&b, (char)('a' + (int)i));
    gm_buf_add(&b, "\",\ndata: \"more\": 1}\n\n");
  }
  gm_sse_init(&s, 1 << 20);
  for (at = 0; at < b.len; at += pieces[_i])
    ck_assert_int_eq(gm_sse_feed(&s, b.data + at,
                                 GM_MIN(pieces[_i], b.len - at), look, &p,
                                 NULL),
                     0);
  ck_assert_int_eq(p.n, 3);
  ck_assert_uint_eq(s.data.n_blobs, 0);
  ck_assert_uint_eq(s.data.total, 0);
  gm_sse_finish(&s);
}
END_TEST

static bool build(void)
{
  static const char stream[] = "event: e\nid: 5\ndata: text\n\n";
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(1000);
  struct gm_sse s;
  int32_t rc = 0;
  size_t i;

  gm_sse_init(&s, 1000);
  for (i = 0; i < sizeof(stream) - 1 && !rc; i++)
    rc = gm_sse_feed(&s, stream + i, 1, collect, &b, NULL);
  gm_sse_finish(&s);
  ck_assert(rc == 0 || rc == GAMUT_E_NOMEM);
  return rc == 0 && gm_streq(gm_buf_text(&b), "e|text|5;");
}

START_TEST(no_memory_is_clean)
{
  unit_torture(build);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("sse");

  tcase_add_loop_test(tc, streams_in_pieces, 0, (int)GM_LEN(rows));
  tcase_add_test(tc, id_with_nul_is_ignored);
  tcase_add_test(tc, callback_ends_the_feed);
  tcase_add_loop_test(tc, ceiling_holds_and_sticks, 0, (int)GM_LEN(endless));
  tcase_add_loop_test(tc, noise_costs_nothing, 0, 3);
  tcase_add_loop_test(tc, long_strings_leave, 0, 3);
  tcase_add_test(tc, no_memory_is_clean);
  return unit_run("sse", tc);
}
