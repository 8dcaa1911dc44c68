/* test_http_guard.c - what must never happen: a paid request sent twice, a
 * secret or a connection that goes where it should not. */
#include "client.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

/* ---- pay once */

static enum server_end hello(struct server *s, int fd,
                             const struct server_request *r, void *user)
{
  (void)s;
  (void)r;
  (void)user;
  server_reply(fd, "hello");
  return SERVER_KEEP;
}

/* Answers the first request of a connection; takes the second and hangs up.
 * libcurl then repeats a request on a new connection, whatever its method. */
static enum server_end answer_once(struct server *s, int fd,
                                   const struct server_request *r, void *user)
{
  (void)s;
  if (r->nth)
    return *(const enum server_end *)user;
  server_reply(fd, "{}");
  return SERVER_KEEP;
}

static const struct {
  enum server_end end;
  uint32_t flags;
  int32_t error_class;
  int n_sent;
} repeats[] = {
  { SERVER_RESET, GM_X_BILLABLE, GAMUT_E_TRANSPORT, 2 },
  { SERVER_CLOSE, GM_X_BILLABLE, GAMUT_E_TRANSPORT, 2 },
  { SERVER_RESET, 0, 0, 3 }, /* what would happen */
  { SERVER_CLOSE, 0, 0, 3 },
};

START_TEST(a_paid_request_is_sent_once)
{
  enum server_end end = repeats[_i].end;
  struct client c;
  struct trial t;

  client_open(&c, answer_once, &end, NULL);
  trial_init(&t, &c, "POST", "/");
  t.x.body = "{\"prompt\":1}";
  t.x.body_len = 12;
  t.x.flags = repeats[_i].flags;
  trial_run(&c, &t);
  ck_assert_int_eq(t.x.error_class, 0);
  trial_run(&c, &t); /* over the kept connection */
  ck_assert_int_eq(t.x.error_class, repeats[_i].error_class);
  ck_assert(t.x.was_sent);
  ck_assert_int_eq(t.n_sent, 2);
  ck_assert_int_eq(server_requests(c.server), repeats[_i].n_sent);
  if (t.x.error_class)
    ck_assert_msg(strstr(gm_error_text(&t.x.err), "not sent again"), "%s",
                  gm_error_text(&t.x.err));
  gm_exchange_finish(&t.x);
  client_close(&c);
}
END_TEST

START_TEST(nobody_listens)
{
  struct client c;
  struct trial t;
  struct server *gone = server_start(hello, NULL);

  client_open(&c, hello, NULL, NULL);
  trial_init(&t, &c, "POST", "x");
  server_url(gone, "/?key=secret", t.url, sizeof(t.url));
  server_stop(gone);
  trial_run(&c, &t);
  ck_assert_int_eq(t.x.error_class, GAMUT_E_TRANSPORT);
  ck_assert(!t.x.was_sent);
  ck_assert_int_eq(t.n_sent, 0);
  ck_assert(strstr(gm_error_text(&t.x.err), "cannot connect to http://127."));
  ck_assert_ptr_null(strstr(gm_error_text(&t.x.err), "secret"));
  ck_assert(t.x.unconnected);
  gm_exchange_finish(&t.x);
  client_close(&c);
}
END_TEST

static enum server_end silent(struct server *s, int fd,
                              const struct server_request *r, void *user)
{
  (void)fd, (void)r, (void)user;
  server_wait(s);
  return SERVER_CLOSE;
}

/* A port whose queue is full: what knocks further is not answered. */
static int stuck_port(int fds[4])
{
  struct sockaddr_in a = { .sin_family = AF_INET,
                           .sin_addr = { htonl(INADDR_LOOPBACK) } };
  struct sockaddr *any = (struct sockaddr *)(void *)&a;
  socklen_t len = sizeof(a);
  int i;

  fds[0] = socket(AF_INET, SOCK_STREAM, 0);
  ck_assert_int_eq(bind(fds[0], any, len), 0);
  ck_assert_int_eq(getsockname(fds[0], any, &len), 0);
  ck_assert_int_eq(listen(fds[0], 0), 0);
  for (i = 1; i < 4; i++) {
    fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    (void)connect(fds[i], any, len);
  }
  return ntohs(a.sin_port);
}

START_TEST(nobody_answers_the_door)
{
  struct client c;
  struct trial t;
  int fds[4], i;

  client_open(&c, hello, NULL, NULL);
  trial_init(&t, &c, "POST", "x");
  snprintf(t.url, sizeof(t.url), "http://127.0.0.1:%d/", stuck_port(fds));
  t.x.connect_ms = 200;
  trial_run(&c, &t);
  ck_assert_int_eq(t.x.error_class, GAMUT_E_TIMEOUT);
  ck_assert(!t.x.was_sent);
  ck_assert(t.x.unconnected);
  ck_assert_int_lt((int)((t.x.end_us - t.x.start_us) / 1000), 5000);
  gm_exchange_finish(&t.x);
  client_close(&c);
  for (i = 0; i < 4; i++)
    close(fds[i]);
}
END_TEST

/* A connection is more than none, whatever comes of it. */
START_TEST(a_silent_server_was_reached)
{
  struct client c;
  struct trial t;

  client_open(&c, silent, NULL, NULL);
  trial_init(&t, &c, "POST", "/");
  t.x.connect_ms = 200;
  t.x.timeout_ms = 300;
  trial_run(&c, &t);
  ck_assert_int_eq(t.x.error_class, GAMUT_E_TIMEOUT);
  ck_assert(!t.x.unconnected);
  gm_exchange_finish(&t.x);
  client_close(&c);
}
END_TEST

/* ---- redirects and private addresses; the map makes the server a vendor's */

static char asked[8][64];
static int n_asked;
static int other_port;

static size_t note_hop(struct gm_exchange *x, const char *url,
                       struct gm_header *out, size_t max)
{
  (void)x;
  (void)max;
  snprintf(asked[n_asked++ % 8], 64, "%s", url);
  out[0] = (struct gm_header){ "X-Key", "k" };
  return strncmp(url, "http://a.example/", 17) == 0;
}

static const struct {
  const char *name, *path, *location;
} hops[] = {
  { "", "/one", "/two" },
  { "", "/two", "http://b.example/three" },
  { "", "/loop", "/loop" },
  { "", "/home", "http://127.0.0.1:1/x" },
  { "", "/metadata", "http://169.254.169.254/latest/" },
  { "", "/decimal", "http://2130706433:%d/" },
  { "", "/localhost", "http://localhost:%d/" },
  { "", "/target", "http://127.0.0.1:%d/end" },
  { "", "/ftp", "ftp://b.example/" },
  { "", "/file", "file:///etc/passwd" },
  { "", "/user", "http://u:p@b.example/" },
};

static enum server_end redirect(struct server *s, int fd,
                                const struct server_request *r, void *user)
{
  char head[512], where[128], value[64];

  (void)user;
  for (size_t i = 0; i < GM_LEN(hops); i++) {
    size_t n = strlen(hops[i].path);

    if (strncmp(r->head + 4, hops[i].path, n) != 0 || r->head[4 + n] != ' ')
      continue;
    snprintf(where, sizeof(where), "%s", hops[i].location);
    if (strstr(where, ":%d"))
      snprintf(strstr(where, "%d"), 16, "%d%s",
               i == 7 ? server_port(s) : other_port, i == 7 ? "/end" : "/");
    snprintf(head, sizeof(head),
             "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 5\r\n\r\n"
             "moved",
             where);
    server_say(fd, head);
    return SERVER_KEEP;
  }
  server_reply(fd, server_header(r, "x-key", value, sizeof(value))
                     ? "with the key"
                     : "without a key");
  return SERVER_KEEP;
}

static const struct {
  const char *path;
  int32_t error_class;
  const char *text;
  int hops;
} ways[] = {
  { "/end", 0, "with the key", 0 },
  { "/one", 0, "without a key", 2 },
  { "/target", 0, "without a key", 1 },
  { "/loop", GAMUT_E_PROTOCOL, "more than 5 redirects", 5 },
  { "/home", GAMUT_E_PROTOCOL, "private address (http://127.0.0.1:1)", 1 },
  { "/metadata", GAMUT_E_PROTOCOL, "private address", 1 },
  { "/decimal", GAMUT_E_PROTOCOL, "private address", 1 },
  { "/localhost", GAMUT_E_PROTOCOL, "private address", 1 },
  { "/ftp", GAMUT_E_PROTOCOL, "no http(s) URL", 0 },
  { "/file", GAMUT_E_PROTOCOL, "no http(s) URL", 0 },
  { "/user", GAMUT_E_PROTOCOL, "no http(s) URL", 0 },
};

static struct gm_endpoints *map_to(const struct server *s)
{
  char text[256];
  struct gm_endpoints *e = NULL;

  snprintf(text, sizeof(text),
           "{\"http://a.example\":\"http://127.0.0.1:%d\","
           "\"http://b.example\":\"http://127.0.0.1:%d\"}",
           server_port(s), server_port(s));
  ck_assert_int_eq(gm_endpoints_parse(text, &e, NULL), 0);
  return e;
}

START_TEST(redirects_are_judged)
{
  struct client c = { 0 };
  struct trial t;
  struct server *s = server_start(redirect, NULL);
  struct server *other = server_start(redirect, NULL);
  _cleanup_(gm_endpoints_freep) struct gm_endpoints *e = map_to(s);
  struct gm_http_options o = { .endpoints = e };

  other_port = server_port(other);
  ck_assert_int_eq(gm_loop_new(NULL, &c.loop, NULL), 0);
  ck_assert_int_eq(gm_http_new(c.loop, NULL, &o, &c.http, NULL), 0);
  trial_init(&t, &c, "GET", "x");
  snprintf(t.url, sizeof(t.url), "http://a.example%s", ways[_i].path);
  t.x.flags = GM_X_DOWNLOAD;
  t.x.authorize = note_hop;
  n_asked = 0;
  trial_run(&c, &t);
  ck_assert_msg(t.x.error_class == ways[_i].error_class, "%s: %d %s",
                ways[_i].path, (int)t.x.error_class, gm_error_text(&t.x.err));
  ck_assert_msg(strstr(t.x.error_class ? gm_error_text(&t.x.err)
                                       : gm_buf_text(&t.x.reader.text),
                       ways[_i].text),
                "%s: %s %s", ways[_i].path, gm_error_text(&t.x.err),
                gm_buf_text(&t.x.reader.text));
  ck_assert_int_eq((int)t.x.hops, ways[_i].hops);
  ck_assert_str_eq(asked[0], t.url);
  if (_i == 1) {
    ck_assert_str_eq(asked[1], "http://a.example/two");
    ck_assert_str_eq(asked[2], "http://b.example/three");
  }
  ck_assert_int_eq(t.n_sent, 1);
  ck_assert_int_eq(server_requests(other), 0);
  gm_exchange_finish(&t.x);
  gm_http_free(c.http);
  gm_loop_free(c.loop);
  server_stop(s);
  server_stop(other);
}
END_TEST

/* clang-format off */
static const struct {
  const char *name, *base, *location, *expect; /* NULL: refused */
} next_hops[] = {
  { "relative", "https://a.example/b/c?d", "e", "https://a.example/b/e" },
  { "absolute", "https://a.example/b", "https://b.example",
    "https://b.example/" },
  { "scheme-less", "https://a.example/b", "//b.example/c",
    "https://b.example/c" },
  { "upgrade", "http://a.example/", "https://a.example/",
    "https://a.example/" },
  { "downgrade", "https://a.example/", "http://a.example/", NULL },
  { "downgrade to the map's target", "https://a.example/",
    "http://127.0.0.1:9/x", "http://127.0.0.1:9/x" },
  { "blank", "https://a.example/", "/a b", "https://a.example/a%20b" },
  { "empty", "https://a.example/", "", NULL },
  { "javascript", "https://a.example/", "javascript:alert(1)", NULL },
  { "gopher", "https://a.example/", "gopher://a.example/", NULL },
};
/* clang-format on */

START_TEST(hops_are_judged)
{
  _cleanup_(gm_buf_finish) struct gm_buf out = GM_BUF_INIT(GM_URL_MAX);
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  _cleanup_(gm_endpoints_freep) struct gm_endpoints *e = NULL;
  int32_t rc;

  ck_assert_int_eq(
    gm_endpoints_parse("{\"https://x.example\":\"http://127.0.0.1:9\"}", &e,
                       NULL),
    0);
  rc =
    gm_http_next_hop(e, next_hops[_i].base, next_hops[_i].location, &out, &err);
  if (next_hops[_i].expect) {
    ck_assert_msg(!rc, "%s: %s", next_hops[_i].name, gm_error_text(&err));
    ck_assert_str_eq(gm_buf_text(&out), next_hops[_i].expect);
  } else {
    ck_assert_msg(rc == GAMUT_E_PROTOCOL, "%s: %s", next_hops[_i].name,
                  gm_buf_text(&out));
  }
}
END_TEST

START_TEST(vendors_stay_outside)
{
  struct client c;
  struct trial t;

  client_open(&c, hello, NULL, NULL);
  for (int foreign = 0; foreign <= 1; foreign++) {
    trial_init(&t, &c, "GET", "/");
    t.x.flags = foreign ? GM_X_FOREIGN : 0;
    trial_run(&c, &t);
    ck_assert_int_eq(t.x.error_class, foreign ? GAMUT_E_PROTOCOL : 0);
    gm_exchange_finish(&t.x);
  }
  ck_assert_int_eq(server_requests(c.server), 1);
  client_close(&c);
}
END_TEST

static const struct {
  const char *ip;
  bool guarded, proxied, ok;
} addresses[] = {
  { "10.0.0.1", true, false, false },    { "10.0.0.1", false, false, true },
  { "10.0.0.1", true, true, true },      { "93.184.216.34", true, false, true },
  { "::1", true, false, false },         { "::1", false, false, true },
  { "2606:4700::1", true, false, true },
};

/* A name that resolves to a private address: both gates, opened and kept. */
START_TEST(addresses_in_use_are_judged)
{
  struct gm_http h = { 0 };
  struct gm_http_host host = { .origin = "https://evil.example" };
  struct gm_exchange x;
  struct gm_http_slot s = { .http = &h,
                            .host = &host,
                            .x = &x,
                            .guarded = addresses[_i].guarded,
                            .proxied = addresses[_i].proxied };
  union {
    struct curl_sockaddr a;
    unsigned char room[sizeof(struct curl_sockaddr) + 64];
  } to = { .a = { .socktype = SOCK_STREAM } };
  char ip[64], local[] = "192.0.2.1";
  struct sockaddr_in in = { .sin_family = AF_INET };
  struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
  int fd, rc;

  ck_assert_int_eq(gm_loop_new(NULL, &h.loop, NULL), 0);
  gm_exchange_init(&x);
  snprintf(ip, sizeof(ip), "%s", addresses[_i].ip);
  rc = gm_http_on_send(&s, ip, local, 443, 40000);
  ck_assert_int_eq(rc == CURL_PREREQFUNC_OK, addresses[_i].ok);
  ck_assert(x.was_sent == addresses[_i].ok);
  if (inet_pton(AF_INET, ip, &in.sin_addr) == 1)
    memcpy(&to.a.addr, &in, sizeof(in));
  else if (inet_pton(AF_INET6, ip, &in6.sin6_addr) == 1)
    memcpy(&to.a.addr, &in6, sizeof(in6));
  to.a.family = to.a.addr.sa_family;
  s.refused = false;
  fd = gm_http_on_open(&s, CURLSOCKTYPE_IPCXN, &to.a);
  ck_assert_int_eq(fd >= 0 || (!s.refused && addresses[_i].ok),
                   addresses[_i].ok); /* no IPv6 here is no refusal */
  if (fd >= 0)
    gm_http_on_close(&h, fd);
  if (!addresses[_i].ok) {
    ck_assert_int_eq(gm_http_judge(&s, CURLE_COULDNT_CONNECT),
                     GAMUT_E_PROTOCOL);
    ck_assert(strstr(gm_error_text(&x.err), addresses[_i].ip));
  }
  gm_exchange_finish(&x);
  gm_loop_free(h.loop);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("http_guard");

  tcase_set_timeout(tc, 120);
  tcase_add_loop_test(tc, a_paid_request_is_sent_once, 0, (int)GM_LEN(repeats));
  tcase_add_test(tc, nobody_listens);
  tcase_add_test(tc, nobody_answers_the_door);
  tcase_add_test(tc, a_silent_server_was_reached);
  tcase_add_loop_test(tc, redirects_are_judged, 0, (int)GM_LEN(ways));
  tcase_add_loop_test(tc, hops_are_judged, 0, (int)GM_LEN(next_hops));
  tcase_add_test(tc, vendors_stay_outside);
  tcase_add_loop_test(tc, addresses_in_use_are_judged, 0,
                      (int)GM_LEN(addresses));
  return unit_run("http_guard", tc);
}
