/* test_http_reply.c - replies that are late, broken, too long or hostile. */
#include "client.h"
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

/* ---- one reply, verbatim */

struct script {
  const char *text;
  size_t len;
  enum server_end end;
};

static enum server_end say(struct server *s, int fd,
                           const struct server_request *r, void *user)
{
  const struct script *script = user;

  (void)s;
  (void)r;
  server_send(fd, script->text, script->len);
  return script->end;
}

#define OK  "HTTP/1.1 200 OK\r\n"
#define TEN "0123456789"

/* clang-format off */
static const struct {
  const char *name, *text;
  enum server_end end;
  int32_t error_class, status;
  const char *sentence; /* or the body that came */
} replies[] = {
  { "whole", OK "Content-Length: 10\r\n\r\n" TEN, SERVER_KEEP, 0, 200, TEN },
  { "until the end", OK "\r\n" TEN, SERVER_CLOSE, 0, 200, TEN },
  { "an error is an answer", "HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\nno.",
    SERVER_KEEP, 0, 404, "no." },
  { "no redirect by itself",
    "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
    SERVER_KEEP, 0, 302, "" },
  { "chunks", OK "Transfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n6\r\n456789"
    "\r\n0\r\nX-Late: 1\r\n\r\n", SERVER_KEEP, 0, 200, TEN },
  { "interim", "HTTP/1.1 103 Early\r\nContent-Length: 7\r\n\r\n" OK
    "Content-Length: 10\r\n\r\n" TEN, SERVER_KEEP, 0, 200, TEN },
  { "the same length twice", OK "Content-Length: 10\r\nContent-Length: 10\r\n"
    "\r\n" TEN, SERVER_KEEP, 0, 200, TEN },
  { "two lengths", OK "Content-Length: 10\r\nContent-Length: 5\r\n\r\n" TEN,
    SERVER_KEEP, GAMUT_E_PROTOCOL, 200, "Content-Length" },
  { "two lengths in one", OK "Content-Length: 10, 5\r\n\r\n" TEN,
    SERVER_KEEP, GAMUT_E_PROTOCOL, 200, "Content-Length" },
  { "no number", OK "Content-Length: ten\r\n\r\n" TEN,
    SERVER_KEEP, GAMUT_E_PROTOCOL, 200, NULL },
  { "negative", OK "Content-Length: -1\r\n\r\n" TEN,
    SERVER_KEEP, GAMUT_E_PROTOCOL, 200, NULL },
  { "enormous", OK "Content-Length: 99999999999999999999999\r\n\r\n" TEN,
    SERVER_KEEP, GAMUT_E_PROTOCOL, 200, NULL },
  { "chunks and a length: the chunks count", OK "Content-Length: 3\r\n"
    "Transfer-Encoding: chunked\r\n\r\na\r\n" TEN "\r\n0\r\n\r\n",
    SERVER_CLOSE, 0, 200, TEN },
  { "a length and chunks: the chunks count", OK "Transfer-Encoding: chunked\r\n"
    "Content-Length: 3\r\n\r\na\r\n" TEN "\r\n0\r\n\r\n",
    SERVER_CLOSE, 0, 200, TEN },
  { "announced too long", OK "Content-Length: 2000\r\n\r\n", SERVER_KEEP,
    GAMUT_E_PROTOCOL, 200, "announced 2000 bytes, more than the 1000" },
  { "cut", OK "Content-Length: 100\r\n\r\n" TEN, SERVER_CLOSE,
    GAMUT_E_TRANSPORT, 200, "ended after 10 of 100 bytes" },
  { "cut by a reset", OK "Content-Length: 100\r\n\r\n" TEN, SERVER_RESET,
    GAMUT_E_TRANSPORT, 200, NULL },
  { "cut chunks", OK "Transfer-Encoding: chunked\r\n\r\nff\r\n" TEN,
    SERVER_CLOSE, GAMUT_E_TRANSPORT, 200, "ended too early" },
  { "bad chunks", OK "Transfer-Encoding: chunked\r\n\r\nzz\r\n" TEN,
    SERVER_CLOSE, GAMUT_E_TRANSPORT, 200, NULL },
  { "cut headers", OK "Content-Le", SERVER_CLOSE, GAMUT_E_TRANSPORT, 200,
    NULL },
  { "hung up", "", SERVER_CLOSE, GAMUT_E_TRANSPORT, 0,
    "closed the connection without an answer" },
  { "reset", "", SERVER_RESET, GAMUT_E_TRANSPORT, 0, "127.0.0.1" },
  { "no HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n", SERVER_CLOSE, GAMUT_E_PROTOCOL,
    0, "not HTTP" },
  { "broken compression", OK "Content-Encoding: gzip\r\nContent-Length: 10\r\n"
    "\r\n" TEN, SERVER_KEEP, GAMUT_E_PROTOCOL, 200, "compression" },
};
/* clang-format on */

START_TEST(replies_are_judged)
{
  struct script script = { replies[_i].text, strlen(replies[_i].text),
                           replies[_i].end };
  struct client c;
  struct trial t;
  const char *text;

  client_open(&c, say, &script, NULL);
  trial_init(&t, &c, "GET", "/");
  t.x.max_body = 1000;
  trial_run(&c, &t);
  text =
    t.x.error_class ? gm_error_text(&t.x.err) : gm_buf_text(&t.x.reader.text);
  ck_assert_msg(t.x.error_class == replies[_i].error_class, "%s: %d: %s",
                replies[_i].name, (int)t.x.error_class, text);
  ck_assert_msg(t.x.status == replies[_i].status, "%s: status %d",
                replies[_i].name, (int)t.x.status);
  if (!t.x.error_class)
    ck_assert_msg(!strcmp(text, replies[_i].sentence), "%s: %s",
                  replies[_i].name, text);
  else
    ck_assert_msg(
      strstr(text, "127.0.0.1") &&
        (!replies[_i].sentence || strstr(text, replies[_i].sentence)),
      "%s: %s", replies[_i].name, text);
  gm_exchange_finish(&t.x);
  client_close(&c);
}
END_TEST

/* ---- ceilings */

static enum server_end flood(struct server *s, int fd,
                             const struct server_request *r, void *user)
{
  char block[1024];

  (void)s;
  (void)user;
  memset(block, 'x', sizeof(block));
  server_say(fd, OK);
  if (server_asks(r, "GET /body")) {
    server_say(fd, "\r\n");
    for (int i = 0; i < 1024 && server_send(fd, block, sizeof(block)); i++)
      ;
  } else if (server_asks(r, "GET /line ")) {
    server_say(fd, "X-Long: ");
    for (int i = 0; i < 1024 && server_send(fd, block, sizeof(block)); i++)
      ;
  } else if (server_asks(r, "GET /bytes")) {
    memcpy(block, "X-A: ", 5);
    memcpy(block + sizeof(block) - 2, "\r\n", 2);
    for (int i = 0; i < 1024 && server_send(fd, block, sizeof(block)); i++)
      ;
  } else {
    for (int i = 0; i < 300; i++)
      server_say(fd, "X-A: b\r\n");
    server_say(fd, "Content-Length: 0\r\n\r\n");
  }
  return SERVER_CLOSE;
}

static const struct {
  const char *path, *sentence;
} floods[] = {
  { "/body", "more than the 100000 bytes allowed" },
  { "/bytes", "longer than 64 KiB" },
  { "/lines", "more than 200 headers" },
  { "/line", "a header of the reply is too long" },
};

START_TEST(floods_are_stopped)
{
  struct client c;
  struct trial t;

  client_open(&c, flood, NULL, NULL);
  trial_init(&t, &c, "GET", floods[_i].path);
  t.x.max_body = 100000;
  trial_run(&c, &t);
  ck_assert_int_eq(t.x.error_class, GAMUT_E_PROTOCOL);
  ck_assert_msg(strstr(gm_error_text(&t.x.err), floods[_i].sentence), "%s",
                gm_error_text(&t.x.err));
  ck_assert_uint_le(t.x.header_text.len, 70000);
  gm_exchange_finish(&t.x);
  client_close(&c);
}
END_TEST

/* ---- a gzip bomb, made by hand: one zero, then matches of 258 with distance
 * 1, in fixed Huffman codes (RFC 1951 3.2.6); 13 bits make 258 bytes. */

struct bits {
  unsigned char *out;
  size_t n;
};

static void put_bit(struct bits *b, unsigned bit)
{
  b->out[b->n / 8] |= (unsigned char)(bit << b->n % 8);
  b->n++;
}

static void put_code(struct bits *b, unsigned code, int len)
{
  while (len-- > 0) /* Huffman codes begin with their highest bit */
    put_bit(b, code >> len & 1);
}

static unsigned char bomb[16384]; /* 13 KB, 2 MB unpacked; made in main() */
static size_t bomb_len;

static void make_bomb(size_t matches)
{
  static const unsigned char head[10] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3 };
  struct bits b = { bomb + sizeof(head), 0 };

  memset(bomb, 0, sizeof(bomb));
  memcpy(bomb, head, sizeof(head));
  put_bit(&b, 1); /* the last block, */
  put_bit(&b, 1); /* fixed codes (01, low bit first) */
  put_bit(&b, 0);
  put_code(&b, 0x30, 8); /* literal 0 */
  for (size_t i = 0; i < matches; i++) {
    put_code(&b, 0xc5, 8); /* length 258 */
    put_code(&b, 0, 5);    /* distance 1 */
  }
  put_code(&b, 0, 7); /* end of block */
  bomb_len = sizeof(head) + (b.n + 7) / 8;
}

static enum server_end explode(struct server *s, int fd,
                               const struct server_request *r, void *user)
{
  char head[128];

  (void)s;
  (void)r;
  (void)user;
  snprintf(head, sizeof(head),
           OK "Content-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
           bomb_len);
  server_say(fd, head);
  server_send(fd, bomb, bomb_len);
  return SERVER_CLOSE;
}

START_TEST(a_bomb_meets_the_ceiling)
{
  struct client c;
  struct trial t;

  client_open(&c, explode, NULL, NULL);
  trial_init(&t, &c, "GET", "/");
  t.x.max_body = 1000000;
  trial_run(&c, &t);
  ck_assert_int_eq(t.x.error_class, GAMUT_E_PROTOCOL);
  ck_assert_msg(strstr(gm_error_text(&t.x.err), "more than the 1000000"), "%s",
                gm_error_text(&t.x.err));
  gm_exchange_finish(&t.x);
  client_close(&c);
}
END_TEST

static int32_t count_bytes(struct gm_exchange *x, const char *p, size_t len)
{
  (void)p;
  *(size_t *)x->owner += len;
  return 0;
}

START_TEST(downloads_are_not_unpacked)
{
  struct client c;
  struct trial t;
  size_t got = 0;

  client_open(&c, explode, NULL, NULL);
  trial_init(&t, &c, "GET", "/");
  t.x.flags = GM_X_DOWNLOAD;
  t.x.sink = count_bytes;
  t.x.owner = &got;
  trial_run(&c, &t);
  ck_assert_int_eq(t.x.error_class, 0);
  ck_assert_uint_eq(got, bomb_len);
  ck_assert_uint_eq(t.x.content_length, got);
  gm_exchange_finish(&t.x);
  client_close(&c);
}
END_TEST

/* ---- pieces */

static enum server_end in_pieces(struct server *s, int fd,
                                 const struct server_request *r, void *user)
{
  static const char text[] = OK "Content-Type: Application/JSON; charset=x\r\n"
                                "X-Thing:   spaced  out\r\nRetry-After: 7\r\n"
                                "X-Empty:\r\n"
                                "Content-Length: 12\r\n\r\n{\"a\":[1,2]}\n";

  (void)s;
  (void)r;
  (void)user;
  for (size_t i = 0; i + 1 < sizeof(text); i++)
    server_send(fd, text + i, 1);
  return SERVER_KEEP;
}

START_TEST(pieces_make_a_reply)
{
  struct client c;
  struct trial t;

  client_open(&c, in_pieces, NULL, NULL);
  trial_init(&t, &c, "GET", "/");
  trial_run(&c, &t);
  ck_assert_int_eq(t.x.error_class, 0);
  ck_assert_str_eq(gm_buf_text(&t.x.reader.text), "{\"a\":[1,2]}\n");
  ck_assert(t.x.reader.is_json);
  ck_assert_str_eq(t.x.content_type, "application/json");
  ck_assert_str_eq(gm_exchange_header(&t.x, "x-thing"), "spaced  out");
  ck_assert_str_eq(gm_exchange_header(&t.x, "x-empty"), "");
  ck_assert_ptr_null(gm_exchange_header(&t.x, "x-thin"));
  ck_assert_ptr_null(gm_exchange_header(&t.x, "x"));
  ck_assert(t.x.has_retry_after);
  ck_assert_uint_eq(t.x.retry_after_ms, 7000);
  gm_exchange_finish(&t.x);
  client_close(&c);
}
END_TEST

/* ---- time */

static enum server_end begin_and_wait(struct server *s, int fd,
                                      const struct server_request *r,
                                      void *user)
{
  (void)user;
  if (!server_asks(r, "GET /silent"))
    server_say(fd, OK "Content-Type: text/event-stream\r\n\r\ndata: 1\n\n");
  server_wait(s);
  return SERVER_CLOSE;
}

static const struct {
  const char *path, *sentence;
} waits[] = {
  { "/silent", "no answer from" },
  { "/trickle", " s (9 bytes came)" },
};

/* A short limit may hit a slow machine before the request is even out; so more
 * and more is granted until the server had its turn. */
START_TEST(time_runs_out)
{
  struct client c;
  struct trial t;
  uint32_t limit_ms = 50;

  client_open(&c, begin_and_wait, NULL, NULL);
  do {
    trial_init(&t, &c, "GET", waits[_i].path);
    t.x.timeout_ms = limit_ms;
    trial_run(&c, &t);
    ck_assert_int_eq(t.x.error_class, GAMUT_E_TIMEOUT);
    if (strstr(gm_error_text(&t.x.err), waits[_i].sentence))
      break;
    gm_exchange_finish(&t.x);
    limit_ms *= 2;
  } while (limit_ms < 60000);
  ck_assert_msg(limit_ms < 60000, "never: %s", waits[_i].sentence);
  ck_assert(t.x.was_sent);
  gm_exchange_finish(&t.x);
  client_close(&c);
}
END_TEST

/* A stream has no end to wait for: silence ends it.  By a clock of our own. */
static const struct {
  uint32_t flags, timeout_ms, alive_ms;
} silences[] = {
  { GM_X_STREAM, 30000, 29999 },
  { GM_X_STREAM, 0, 119999 },
  { GM_X_DOWNLOAD, 0, 59999 }, /* nine bytes in a minute are no progress */
};

START_TEST(silence_ends_a_stream)
{
  struct client c;
  struct trial t;
  size_t got = 0;

  gm_clock_fake(1000000, 1000000);
  client_open(&c, begin_and_wait, NULL, NULL);
  trial_init(&t, &c, "GET", "/");
  t.x.flags = silences[_i].flags;
  t.x.timeout_ms = silences[_i].timeout_ms;
  t.x.sink = count_bytes;
  t.x.owner = &got;
  gm_http_start(c.http, &t.x);
  while (!got)
    gm_loop_turn(c.loop, 10);
  ck_assert_str_eq(t.x.content_type, "text/event-stream");
  gm_clock_advance(silences[_i].alive_ms);
  gm_loop_turn(c.loop, 0);
  ck_assert(!t.done);
  gm_clock_advance(1);
  gm_loop_turn(c.loop, 0);
  ck_assert(t.done);
  ck_assert_int_eq(t.x.error_class, GAMUT_E_TIMEOUT);
  ck_assert(strstr(gm_error_text(&t.x.err), "next to nothing"));
  gm_exchange_finish(&t.x);
  client_close(&c);
  gm_clock_real();
}
END_TEST

/* A process that was stopped reads first what has come meanwhile, and then has
 * a little time for what is still on its way. */
struct stopped {
  const char *name, *first, *rest; /* "": nothing */
  int32_t error_class;
  atomic_bool answers, wakes; /* the first was sent; the rest may be */
};

static struct stopped stops[] = {
  { "all has come", OK "Content-Length: 10\r\n\r\n" TEN, "", 0, false, false },
  { "half of it", OK "Content-Length: 10\r\n\r\n01234", "56789", 0, false,
    false },
  { "half, and no more", OK "Content-Length: 10\r\n\r\n01234", "",
    GAMUT_E_TIMEOUT, false, false },
  { "nothing", "", "", GAMUT_E_TIMEOUT, false, false },
};

static enum server_end answer_stopped(struct server *s, int fd,
                                      const struct server_request *r,
                                      void *user)
{
  struct stopped *row = user;

  (void)r;
  server_wait(s);
  server_say(fd, row->first);
  atomic_store(&row->answers, true);
  while (!atomic_load(&row->wakes))
    usleep(1000);
  server_say(fd, row->rest);
  return SERVER_KEEP;
}

START_TEST(the_process_was_stopped)
{
  struct stopped *row = &stops[_i];
  struct client c;
  struct trial t;

  gm_clock_fake(1000000, 1000000);
  client_open(&c, answer_stopped, row, NULL);
  trial_init(&t, &c, "GET", "/");
  gm_http_start(c.http, &t.x);
  while (!server_requests(c.server))
    gm_loop_turn(c.loop, 10);
  server_go(c.server);
  while (!atomic_load(&row->answers))
    usleep(1000);
  gm_clock_advance(3600000);
  gm_loop_turn(c.loop, 0);
  atomic_store(&row->wakes, true);
  for (int i = 0; !t.done; i++) {
    gm_loop_turn(c.loop, 10);
    if (row->error_class && i == 3)
      gm_clock_advance(10000);
  }
  ck_assert_msg(t.x.error_class == row->error_class, "%s: %s", row->name,
                gm_error_text(&t.x.err));
  if (!row->error_class)
    ck_assert_str_eq(gm_buf_text(&t.x.reader.text), TEN);
  gm_exchange_finish(&t.x);
  client_close(&c);
  gm_clock_real();
}
END_TEST

static int32_t refuse_all(struct gm_exchange *x, const char *p, size_t len)
{
  (void)p;
  (void)len;
  return gm_fail(&x->err, GAMUT_E_CANCELLED, "the sink is full");
}

START_TEST(a_sink_may_end_it)
{
  struct client c;
  struct trial t;

  client_open(&c, in_pieces, NULL, NULL);
  trial_init(&t, &c, "GET", "/");
  t.x.sink = refuse_all;
  trial_run(&c, &t);
  ck_assert_int_eq(t.x.error_class, GAMUT_E_CANCELLED);
  ck_assert_str_eq(gm_error_text(&t.x.err), "the sink is full");
  gm_exchange_finish(&t.x);
  client_close(&c);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("http_reply");

  make_bomb(8000);
  tcase_set_timeout(tc, 120);
  tcase_add_loop_test(tc, replies_are_judged, 0, (int)GM_LEN(replies));
  tcase_add_loop_test(tc, floods_are_stopped, 0, (int)GM_LEN(floods));
  tcase_add_test(tc, a_bomb_meets_the_ceiling);
  tcase_add_test(tc, downloads_are_not_unpacked);
  tcase_add_test(tc, pieces_make_a_reply);
  tcase_add_loop_test(tc, time_runs_out, 0, (int)GM_LEN(waits));
  tcase_add_loop_test(tc, silence_ends_a_stream, 0, (int)GM_LEN(silences));
  tcase_add_loop_test(tc, the_process_was_stopped, 0, (int)GM_LEN(stops));
  tcase_add_test(tc, a_sink_may_end_it);
  return unit_run("http_reply", tc);
}
