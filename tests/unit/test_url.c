/* test_url.c - origins, private hosts and addresses, proxies' exceptions. */
#include "loop/proxy.h"
#include "loop/url.h"
#include "unit.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

/* clang-format off */
static const struct {
  const char *url, *origin; /* NULL: none */
} origins[] = {
  { "https://a.example", "https://a.example" },
  { "https://A.Example/Path?Q#f", "https://a.example" },
  { "HTTPS://a.example:443/", "https://a.example" },
  { "http://a.example:80", "http://a.example" },
  { "http://a.example:443", "http://a.example:443" },
  { "https://a.example:80?x", "https://a.example:80" },
  { "http://127.0.0.1:8080/x", "http://127.0.0.1:8080" },
  { "http://a-b.c1.example#x", "http://a-b.c1.example" },
  { "http://a.example:0080/", "http://a.example" },
  { "http://[::1]:8080/", "http://[::1]:8080" },
  { "http://[0:0:0:0:0:0:0:1]/", "http://[::1]" },
  { "http://[2001:DB8::0:1]/", "http://[2001:db8::1]" },
  { "http://2130706433/", "http://127.0.0.1" },
  { "http://0x7f.1/", "http://127.0.0.1" },
  { "http://0177.0.0.1/", "http://127.0.0.1" },
  { "http://a_b.example/", "http://a_b.example" },
  { "http://%61.example/", "http://a.example" },
  { "https://a.example/@b", "https://a.example" },
  { "https://u@a.example/", NULL },
  { "https://u:p@a.example/", NULL },
  { "https://a.example\\@b.example/", NULL },
  { "https://a.example:99999/", NULL },
  { "https://a.example:8x/", NULL },
  { "https://a.example:/", "https://a.example" },
  { "https://a b.example/", NULL },
  { "https://a.example/a b", NULL },
  { "https://a.example/\n", NULL },
  { "https://a.example/\xc3\xa4", NULL },
  { "https://\xef\xbc\x91.example/", NULL },
  { "https:///a.example/", NULL },
  { "https:/a.example/", NULL },
  { "https:a.example/", NULL },
  { "a.example", NULL },
  { "//a.example/", NULL },
  { "ftp://a.example/", NULL },
  { "file:///etc/passwd", NULL },
  { "httpsx://a.example/", NULL },
  { "https://", NULL },
  { "http://?x", NULL },
  { "http://:80/", NULL },
  { "http://a", "http://a" },
  { "", NULL },
};
/* clang-format on */

START_TEST(origins_are_found)
{
  char got[GM_ORIGIN_SIZE] = "";
  bool ok = gm_url_origin(origins[_i].url, got);

  ck_assert_msg(ok == (origins[_i].origin != NULL), "%s: %s", origins[_i].url,
                got);
  if (ok)
    ck_assert_str_eq(got, origins[_i].origin);
}
END_TEST

START_TEST(long_urls_are_refused)
{
  static char url[GM_URL_MAX + 100];
  char origin[GM_ORIGIN_SIZE];

  memset(url, 'a', sizeof(url) - 1);
  memcpy(url, "https://b.example/", 18);
  ck_assert(!gm_url_origin(url, origin));
  url[GM_URL_MAX] = '\0';
  ck_assert(gm_url_origin(url, origin));
  memset(url + 8, 'a', 400); /* a host of 400 characters */
  ck_assert(!gm_url_origin(url, origin));
  ck_assert(!gm_url_origin(NULL, origin));
}
END_TEST

/* Wherever it stands, and whatever stands before and behind it. */
START_TEST(odd_bytes_are_refused)
{
  static const char around[] = "!~az";
  char url[] = "http://a/........................", origin[GM_ORIGIN_SIZE];
  size_t len = strlen(url), at, i;
  int c;

  for (i = 0; i < strlen(around); i++) {
    memset(url + 9, around[i], len - 9);
    for (at = 9; at < len; at++) {
      for (c = 1; c < 256; c++) {
        url[at] = (char)c;
        ck_assert_msg(gm_url_origin(url, origin) == (c > 0x20 && c < 0x7f),
                      "byte %d at %zu", c, at);
      }
      url[at] = around[i];
    }
  }
}
END_TEST

START_TEST(origins_compare)
{
  ck_assert(gm_url_same_origin("https://A.example/x", "https://a.example:443"));
  ck_assert(!gm_url_same_origin("https://a.example/", "http://a.example/"));
  ck_assert(!gm_url_same_origin("https://a.example/", "https://a.example:8/"));
  ck_assert(!gm_url_same_origin("https://a.example/", "https://aa.example/"));
  ck_assert(!gm_url_same_origin("nonsense", "nonsense"));
  ck_assert(gm_url_is_https("HTTPS://a"));
  ck_assert(!gm_url_is_https("http://a"));
  ck_assert(!gm_url_is_https("https:/a"));
}
END_TEST

static const struct {
  const char *base, *relative, *expect;
} relatives[] = {
  { "https://a.example/b/c?q#f", "d", "https://a.example/b/d" },
  { "https://a.example/b/c", "/d?e", "https://a.example/d?e" },
  { "https://a.example/b/c", "../d", "https://a.example/d" },
  { "https://a.example/b/c", "../../../d", "https://a.example/d" },
  { "https://a.example/b/c", "?x=1", "https://a.example/b/c?x=1" },
  { "https://a.example/b", "//c.example/d", "https://c.example/d" },
  { "https://a.example/b", "http://c.example/#f", "http://c.example/" },
  { "https://a.example/b", "/x y", "https://a.example/x%20y" },
  { "https://a.example/b", "data:text/plain,x", NULL },
  { "https://a.example/b", "https://u:p@c.example/", NULL },
  { "https://a.example/b", "https://", NULL },
  { "nonsense", "/a", NULL },
};

START_TEST(relatives_resolve)
{
  _cleanup_(gm_buf_finish) struct gm_buf out = GM_BUF_INIT(GM_URL_MAX);
  bool ok = gm_url_resolve(relatives[_i].base, relatives[_i].relative, &out);

  ck_assert_msg(ok == (relatives[_i].expect != NULL), "%s: %s",
                relatives[_i].relative, gm_buf_text(&out));
  if (ok)
    ck_assert_str_eq(gm_buf_text(&out), relatives[_i].expect);
}
END_TEST

/* clang-format off */
static const struct {
  const char *url;
  bool is_private;
} hosts[] = {
  { "https://a.example/", false },
  { "https://fal.media/files/127.0.0.1", false },
  { "https://93.184.216.34/", false },
  { "https://172.15.0.1/", false },
  { "https://172.32.0.1/", false },
  { "https://100.63.0.1/", false },
  { "https://[2606:4700::1111]/", false },
  { "https://notlocalhost/", false },
  { "https://localhost.example/", false },
  { "http://localhost/", true },
  { "http://LOCALHOST:80/", true },
  { "http://localhost./", true },
  { "http://a.localhost/", true },
  { "http://127.0.0.1/", true },
  { "http://127.1/", true },
  { "http://2130706433/", true },
  { "http://0x7f000001/", true },
  { "http://0x7f.0.0.1/", true },
  { "http://0177.0.0.01/", true },
  { "http://127.0.0.1./", true },
  { "http://0/", true },
  { "http://10.1.2.3:8080/", true },
  { "http://100.64.0.1/", true },
  { "http://169.254.169.254/latest/", true },
  { "http://172.16.0.1/", true },
  { "http://172.31.255.255/", true },
  { "http://192.0.0.8/", true },
  { "http://192.168.0.1/", true },
  { "http://198.19.0.1/", true },
  { "http://224.0.0.1/", true },
  { "http://255.255.255.255/", true },
  { "http://[::]/", true },
  { "http://[::1]:80/", true },
  { "http://[::127.0.0.1]/", true },
  { "http://[::ffff:10.0.0.1]/", true },
  { "http://[::ffff:a00:1]/", true },
  { "http://[fc00::1]/", true },
  { "http://[fdff::1]/", true },
  { "http://[fe80::1]/", true },
  { "http://[fe80::1%25eth0]/", true },
  { "http://[febf::1]/", true },
  { "http://[ff02::1]/", true },
  { "http://[64:ff9b::10.0.0.1]/", true },
  { "http://[2002:a00:1::]/", true },
  { "http://[::ffff:8.8.8.8]/", false },
  { "http://[64:ff9b::8.8.8.8]/", false },
  { "http://[2002:808:808::]/", false },
  { "nonsense", true },
};
/* clang-format on */

START_TEST(private_hosts_are_known)
{
  ck_assert_msg(gm_url_host_is_private(hosts[_i].url) == hosts[_i].is_private,
                "%s", hosts[_i].url);
}
END_TEST

START_TEST(private_addresses_are_known)
{
  struct sockaddr_in in = { .sin_family = AF_INET };
  struct sockaddr_un un = { .sun_family = AF_UNIX };

  for (int i = 0; i < 2; i++) {
    in.sin_addr.s_addr = inet_addr(i ? "8.8.8.8" : "10.255.255.255");
    ck_assert(gm_addr_is_private((struct sockaddr *)&in) == !i);
  }
  ck_assert(gm_addr_is_private((struct sockaddr *)&un));
}
END_TEST

static const struct {
  const char *list, *host;
  bool listed;
} exceptions[] = {
  { "*", "a.example", true },
  { "a.example", "a.example", true },
  { "a.example", "b.a.example", true },
  { ".a.example", "b.a.example", true },
  { ".a.example", "a.example", true },
  { "a.example", "ba.example", false },
  { "a.example", "a.example.", true },
  { "x, A.Example ,y", "a.example", true },
  { "127.0.0.1", "127.0.0.1", true },
  { "127.0.0.0/8", "127.1.2.3", true },
  { "10.0.0.0/9", "10.127.0.1", true },
  { "10.0.0.0/9", "10.128.0.1", false },
  { "10.0.0.0/99", "10.0.0.0", false },
  { "0.0.1", "127.0.0.1", false }, /* no suffix of an address */
  { "[::1]", "::1", true },
  { "fe80::/10", "fe81::1", true },
  { "fe80::/10", "127.0.0.1", false },
  { "", "a.example", false },
  { NULL, "a.example", false },
  { ",, ,", "a.example", false },
};

START_TEST(exceptions_are_known)
{
  ck_assert_msg(gm_proxy_listed(exceptions[_i].list, exceptions[_i].host) ==
                  exceptions[_i].listed,
                "%s in %s", exceptions[_i].host, exceptions[_i].list);
}
END_TEST

static const char *const variables[] = { "http_proxy",  "HTTP_PROXY",
                                         "https_proxy", "HTTPS_PROXY",
                                         "all_proxy",   "ALL_PROXY",
                                         "no_proxy",    "NO_PROXY" };

static const struct {
  const char *name, *value, *origin, *proxy;
} settings[] = {
  { "http_proxy", "http://p:1", "http://a.example", "http://p:1" },
  { "http_proxy", "http://p:1", "http://c.example:8080", NULL },
  { "http_proxy", "http://p:1", "http://[::1]:8080", NULL },
  { "http_proxy", "http://p:1", "https://a.example", NULL },
  { "HTTP_PROXY", "http://p:1", "http://a.example", NULL },
  { "HTTPS_PROXY", "http://p:1", "https://a.example", "http://p:1" },
  { "ALL_PROXY", "http://p:1", "https://a.example", "http://p:1" },
  { "ALL_PROXY", "http://p:1", "http://a.example", "http://p:1" },
};

START_TEST(variables_are_read)
{
  struct gm_proxy *p = NULL;
  const char *got;

  for (size_t i = 0; i < GM_LEN(variables); i++)
    unsetenv(variables[i]);
  setenv(settings[_i].name, settings[_i].value, 1);
  setenv("no_proxy", "c.example,::1", 1);
  ck_assert(gm_proxy_new(&p));
  got = gm_proxy_for(p, settings[_i].origin);
  if (settings[_i].proxy)
    ck_assert_pstr_eq(got, settings[_i].proxy);
  else
    ck_assert_ptr_null(got);
  gm_proxy_free(p);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("url");

  tcase_add_loop_test(tc, origins_are_found, 0, (int)GM_LEN(origins));
  tcase_add_test(tc, long_urls_are_refused);
  tcase_add_test(tc, odd_bytes_are_refused);
  tcase_add_test(tc, origins_compare);
  tcase_add_loop_test(tc, relatives_resolve, 0, (int)GM_LEN(relatives));
  tcase_add_loop_test(tc, private_hosts_are_known, 0, (int)GM_LEN(hosts));
  tcase_add_test(tc, private_addresses_are_known);
  tcase_add_loop_test(tc, exceptions_are_known, 0, (int)GM_LEN(exceptions));
  tcase_add_loop_test(tc, variables_are_read, 0, (int)GM_LEN(settings));
  return unit_run("url", tc);
}
