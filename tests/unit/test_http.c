/* test_http.c - what goes out: methods, headers, bodies, secrets. */
#include "client.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* Says what it was asked, in one line of JSON. */
static enum server_end echo(struct server *s, int fd,
                            const struct server_request *r, void *user)
{
  static const char *const names[] = { "user-agent",     "content-type",
                                       "content-length", "expect",
                                       "x-key",          "x-empty",
                                       "accept-encoding" };
  char out[4096], value[256];
  size_t n;

  (void)s;
  (void)user;
  n =
    (size_t)snprintf(out, sizeof(out), "{\"line\":\"%.*s\",\"body\":\"%.100s\"",
                     (int)strcspn(r->head, "\r"), r->head, r->body);
  for (size_t i = 0; i < GM_LEN(names); i++) {
    if (server_header(r, names[i], value, sizeof(value)))
      n += (size_t)snprintf(out + n, sizeof(out) - n, ",\"%s\":\"%s\"",
                            names[i], value);
  }
  snprintf(out + n, sizeof(out) - n, "}");
  server_reply(fd, out);
  return SERVER_KEEP;
}

/* ---- requests */

static const struct gm_header some_headers[] = {
  { "Content-Type", "application/json" },
  { "X-Empty", "" },
  { "Expect", "100-continue" },
  { "Content-Length", "7777" },
};
static const struct gm_header own_agent[] = { { "User-Agent", "mine/1" } };

static const struct {
  const char *name, *method, *body;
  const struct gm_header *headers;
  size_t n_headers;
  const char *expect, *expect2, *not ;
} requests[] = {
  { "get", "GET", NULL, NULL, 0, "\"line\":\"GET /a?b=c HTTP/1.1\"",
    "\"user-agent\":\"gamut-test\"", "content-" },
  { "own user agent", "GET", NULL, own_agent, 1, "\"user-agent\":\"mine/1\"",
    "GET", "gamut-test" },
  { "post", "POST", "hello", some_headers, 4,
    "\"body\":\"hello\",\"user-agent\":\"gamut-test\","
    "\"content-type\":\"application/json\",\"content-length\":\"5\"",
    "\"x-empty\":\"\"", "expect" },
  { "empty post", "POST", NULL, NULL, 0, "\"content-length\":\"0\"", "POST /a",
    "content-type" },
  { "empty put", "PUT", NULL, NULL, 0, "\"content-length\":\"0\"", "PUT /a",
    "content-type" },
  { "put", "PUT", "abc", NULL, 0, "\"content-length\":\"3\"", "PUT /a",
    "content-type" },
  { "patch", "PATCH", "abc", NULL, 0, "\"body\":\"abc\"", "PATCH /a",
    "content-type" },
  { "delete", "DELETE", NULL, NULL, 0, "DELETE /a", "\"body\":\"\"",
    "content-" },
  { "get again", "GET", NULL, NULL, 0, "GET /a", "\"body\":\"\"", "content-" },
  { "get with a body", "GET", "q", NULL, 0, "GET /a", "\"body\":\"q\"",
    "content-type" },
};

/* All over one connection and one handle: nothing may be left from the last. */
START_TEST(requests_say_what_was_asked)
{
  struct client c;
  struct trial t;

  client_open(&c, echo, NULL, NULL);
  for (size_t i = 0; i < GM_LEN(requests); i++) {
    const char *text;

    trial_init(&t, &c, requests[i].method, "/a?b=c");
    t.x.headers = requests[i].headers;
    t.x.n_headers = requests[i].n_headers;
    t.x.body = requests[i].body;
    t.x.body_len = requests[i].body ? strlen(requests[i].body) : 0;
    trial_run(&c, &t);
    text = gm_buf_text(&t.x.reader.text);
    ck_assert_msg(!t.x.error_class, "%s: %s", requests[i].name,
                  gm_error_text(&t.x.err));
    ck_assert_msg(strstr(text, requests[i].expect) &&
                    strstr(text, requests[i].expect2) &&
                    !strstr(text, requests[i].not ),
                  "%s: %s", requests[i].name, text);
    ck_assert_int_eq(t.x.status, 200);
    ck_assert_str_eq(t.x.content_type, "application/json");
    ck_assert_uint_eq(t.x.content_length, t.x.body_received);
    ck_assert(t.x.was_sent);
    ck_assert_int_eq(t.n_sent, 1);
    ck_assert_uint_ge(t.x.end_us, t.x.start_us);
    gm_exchange_finish(&t.x);
  }
  ck_assert_int_eq(server_connections(c.server), 1);
  client_close(&c);
}
END_TEST

/* Not one of ours, and none of the request before over the same handle. */
START_TEST(there_may_be_no_headers)
{
  static const struct gm_http_options no_agent = { .user_agent = NULL };
  struct client c;
  struct trial t;

  client_open(&c, echo, NULL, &no_agent);
  trial_init(&t, &c, "GET", "/");
  t.x.headers = own_agent;
  t.x.n_headers = 1;
  trial_run(&c, &t);
  ck_assert_ptr_nonnull(strstr(gm_buf_text(&t.x.reader.text), "mine/1"));
  gm_exchange_finish(&t.x);
  trial_init(&t, &c, "GET", "/");
  t.x.flags = GM_X_DOWNLOAD;
  trial_run(&c, &t);
  ck_assert_str_eq(gm_buf_text(&t.x.reader.text),
                   "{\"line\":\"GET / HTTP/1.1\",\"body\":\"\"}");
  gm_exchange_finish(&t.x);
  client_close(&c);
}
END_TEST

/* The server sends one all the same; what it announces does not count. */
START_TEST(head_has_no_body)
{
  struct client c;
  struct trial t;

  client_open(&c, echo, NULL, NULL);
  trial_init(&t, &c, "HEAD", "/");
  t.x.max_body = 4;
  trial_run(&c, &t);
  ck_assert_msg(!t.x.error_class, "%s", gm_error_text(&t.x.err));
  ck_assert_uint_eq(t.x.body_received, 0);
  gm_exchange_finish(&t.x);
  client_close(&c);
}
END_TEST

static const struct {
  const char *name, *method, *url, *header, *value, *sentence;
} bad_requests[] = {
  { "no url", "GET", "nonsense", NULL, NULL, "http(s) URL" },
  { "ftp", "GET", "ftp://a.example/", NULL, NULL, "http(s) URL" },
  { "user", "GET", "http://u:secret@127.0.0.1/", NULL, NULL, "http(s) URL" },
  { "method", "GET /x", "/", NULL, NULL, "method" },
  { "line break", "GET", "/", "x-a", "1\r\nx-b: 2", "x-a" },
  { "bad name", "GET", "/", "x a", "1", "proper name" },
};

START_TEST(bad_requests_never_leave)
{
  struct client c;
  struct trial t;
  struct gm_header h = { bad_requests[_i].header, bad_requests[_i].value };

  client_open(&c, echo, NULL, NULL);
  trial_init(&t, &c, bad_requests[_i].method, bad_requests[_i].url);
  t.x.headers = &h;
  t.x.n_headers = h.name ? 1 : 0;
  gm_http_start(c.http, &t.x);
  ck_assert(!t.done); /* never from within start */
  trial_wait(&c, &t);
  ck_assert_int_eq(t.x.error_class, GAMUT_E_INVALID);
  ck_assert_msg(strstr(gm_error_text(&t.x.err), bad_requests[_i].sentence),
                "%s: %s", bad_requests[_i].name, gm_error_text(&t.x.err));
  ck_assert_ptr_null(strstr(gm_error_text(&t.x.err), "secret"));
  ck_assert(!t.x.was_sent);
  ck_assert_int_eq(server_requests(c.server), 0);
  gm_exchange_finish(&t.x);
  client_close(&c);
}
END_TEST

/* ---- secrets */

static char last_asked[256];

static size_t add_key(struct gm_exchange *x, const char *url,
                      struct gm_header *out, size_t max)
{
  char key[] = "top-secret-value"; /* gone when this returns */
  static char copy[sizeof(key)];

  (void)x;
  ck_assert_uint_ge(max, 1);
  snprintf(last_asked, sizeof(last_asked), "%s", url);
  memcpy(copy, key, sizeof(key));
  out[0] = (struct gm_header){ "X-Key", copy };
  return 1;
}

/* A secret takes the place of the owner's header of that name. */
START_TEST(secrets_replace_headers)
{
  static const struct gm_header own[] = { { "x-key", "the-owners" } };
  struct client c;
  struct trial t;

  client_open(&c, echo, NULL, NULL);
  trial_init(&t, &c, "GET", "/");
  t.x.headers = own;
  t.x.n_headers = 1;
  t.x.authorize = add_key;
  trial_run(&c, &t);
  ck_assert(
    strstr(gm_buf_text(&t.x.reader.text), "\"x-key\":\"top-secret-value\""));
  ck_assert_ptr_null(strstr(gm_buf_text(&t.x.reader.text), "the-owners"));
  gm_exchange_finish(&t.x);
  client_close(&c);
}
END_TEST

START_TEST(secrets_are_sent_and_wiped)
{
  struct client c;
  struct trial t;
  struct gm_http_slot *s;

  client_open(&c, echo, NULL, NULL);
  trial_init(&t, &c, "GET", "/");
  t.x.authorize = add_key;
  trial_run(&c, &t);
  ck_assert(
    strstr(gm_buf_text(&t.x.reader.text), "\"x-key\":\"top-secret-value\""));
  ck_assert_str_eq(last_asked, t.url);
  s = GM_CONTAINER(c.http->idle.next, struct gm_http_slot, link);
  ck_assert_uint_gt(s->lines_size, 0);
  ck_assert_ptr_null(memmem(s->lines, s->lines_size, "secret", 6));
  gm_exchange_finish(&t.x);
  client_close(&c);
}
END_TEST

/* ---- uploads */

static enum server_end sum(struct server *s, int fd,
                           const struct server_request *r, void *user)
{
  char out[64];
  unsigned long total = 0;

  (void)s;
  (void)user;
  for (size_t i = 0; i < r->body_len; i++)
    total = total * 31 + (unsigned char)r->body[i];
  snprintf(out, sizeof(out), "[%zu,%lu]", r->body_len, total);
  server_reply(fd, out);
  return SERVER_KEEP;
}

static int temporary_file(size_t size)
{
  char name[] = "/tmp/gamut-test-XXXXXX";
  int fd = mkstemp(name);

  ck_assert_int_ge(fd, 0);
  unlink(name);
  for (size_t i = 0; i < size; i++) {
    char c = (char)(i * 7 + i / 251);

    ck_assert_int_eq(write(fd, &c, 1), 1);
  }
  return fd;
}

/* A body of one file; it may say that the file was longer. */
static void set_file(struct trial *t, struct gm_body *b, int fd, uint64_t from,
                     uint64_t size)
{
  struct gm_body_piece piece = {
    .fd = dup(fd), .offset = from, .size = size, .name = "a.bin"
  };

  gm_body_finish(b);
  ck_assert_int_eq(gm_file_mark(fd, &piece.mark), 0);
  ck_assert(gm_body_reserve(b, 1));
  gm_body_add(b, &piece);
  t->x.made = b;
}

START_TEST(files_are_uploaded)
{
  static const char *const methods[] = { "POST", "PUT" };
  const size_t size = 300000, from = 1000;
  struct gm_body b = GM_BODY_INIT;
  unsigned long total = 0;
  char expect[64];
  struct client c;
  struct trial t;
  int fd = temporary_file(size);

  for (size_t i = from; i < size; i++)
    total = total * 31 + (unsigned char)(char)(i * 7 + i / 251);
  snprintf(expect, sizeof(expect), "[%zu,%lu]", size - from, total);
  client_open(&c, sum, NULL, NULL);
  trial_init(&t, &c, methods[_i], "/");
  set_file(&t, &b, fd, from, size - from);
  trial_run(&c, &t);
  ck_assert_msg(!t.x.error_class, "%s", gm_error_text(&t.x.err));
  ck_assert_str_eq(gm_buf_text(&t.x.reader.text), expect);
  set_file(&t, &b, fd, size - 10, 20); /* ten bytes are there */
  trial_run(&c, &t);
  ck_assert_int_eq(t.x.error_class, GAMUT_E_INVALID);
  ck_assert_str_eq(gm_error_text(&t.x.err),
                   "'a.bin' became shorter while it was sent");
  set_file(&t, &b, fd, 0, size);
  b.pieces[0].mark.mtime_ns++;
  trial_run(&c, &t);
  ck_assert_int_eq(t.x.error_class, GAMUT_E_INVALID);
  ck_assert_str_eq(gm_error_text(&t.x.err),
                   "'a.bin' changed while it was sent");
  gm_exchange_finish(&t.x);
  gm_body_finish(&b);
  close(fd);
  client_close(&c);
}
END_TEST

/* ---- odds and ends */

START_TEST(a_missing_ca_file_is_named)
{
  struct gm_http_options o = { .ca_file = "/nonexistent/ca.pem" };
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  struct gm_loop *l;
  struct gm_http *h = NULL;

  ck_assert_int_eq(gm_loop_new(NULL, &l, NULL), 0);
  ck_assert_int_eq(gm_http_new(l, NULL, &o, &h, &err), GAMUT_E_INVALID);
  ck_assert(strstr(gm_error_text(&err), "/nonexistent/ca.pem"));
  ck_assert_ptr_null(h);
  gm_loop_free(l);
}
END_TEST

START_TEST(sockets_are_private_and_above_stdio)
{
  struct gm_http h = { 0 };
  struct gm_exchange x = { 0 };
  struct gm_http_slot s = { .http = &h, .x = &x };
  struct curl_sockaddr a = { .family = AF_INET, .socktype = SOCK_STREAM };
  int saved = dup(0), fd;

  ck_assert_int_eq(gm_loop_new(NULL, &h.loop, NULL), 0);
  close(0);
  fd = gm_http_on_open(&s, CURLSOCKTYPE_IPCXN, &a);
  ck_assert_int_ge(fd, 3);
  ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  ck_assert_int_eq(fcntl(0, F_GETFD), -1);
  ck_assert_int_eq(gm_http_on_close(&h, fd), 0);
  ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
  dup2(saved, 0);
  close(saved);
  ck_assert_uint_eq(h.stats.connections, 1);
  gm_loop_free(h.loop);
}
END_TEST

static struct server *tortured;

static bool one_exchange(void)
{
  struct client c = { 0 };
  struct trial t;
  bool ok = false;
  struct gm_http_options o = { .user_agent = "torture" };

  c.server = tortured;
  if (gm_loop_new(NULL, &c.loop, NULL))
    return false;
  if (!gm_http_new(c.loop, NULL, &o, &c.http, NULL)) {
    trial_init(&t, &c, "POST", "/");
    t.x.authorize = add_key;
    t.x.body = "abc";
    t.x.body_len = 3;
    trial_run(&c, &t);
    ok = !t.x.error_class;
    ck_assert_msg(ok || t.x.error_class == GAMUT_E_NOMEM, "class %d: %s",
                  (int)t.x.error_class, gm_error_text(&t.x.err));
    gm_exchange_finish(&t.x);
  }
  gm_http_free(c.http);
  gm_loop_free(c.loop);
  return ok;
}

START_TEST(no_memory_is_clean)
{
  tortured = server_start(echo, NULL);
  unit_torture(one_exchange);
  server_stop(tortured);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("http");

  tcase_set_timeout(tc, 120);
  tcase_add_test(tc, requests_say_what_was_asked);
  tcase_add_test(tc, there_may_be_no_headers);
  tcase_add_test(tc, head_has_no_body);
  tcase_add_loop_test(tc, bad_requests_never_leave, 0,
                      (int)GM_LEN(bad_requests));
  tcase_add_test(tc, secrets_replace_headers);
  tcase_add_test(tc, secrets_are_sent_and_wiped);
  tcase_add_loop_test(tc, files_are_uploaded, 0, 2);
  tcase_add_test(tc, a_missing_ca_file_is_named);
  tcase_add_test(tc, sockets_are_private_and_above_stdio);
  tcase_add_test(tc, no_memory_is_clean);
  return unit_run("http", tc);
}
