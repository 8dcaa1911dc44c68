/* url.c - what a URL's origin is and where its host lies.
 *
 * Two parsers that disagree are a hole, so libcurl's own decides: what it would
 * connect to is what is compared.  The usual shape (plain name or dotted quad,
 * plain port) reads the same under every parser and is taken by a few lines
 * here, since each exchange asks several times; whatever else goes to libcurl.
 */
#include "loop/url.h"
#include "base/str.h"
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static void curl_freep(char **p)
{
  curl_free(*p);
}

static void url_freep(CURLU **u)
{
  curl_url_cleanup(*u);
}

static char to_lower(char c)
{
  return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

static bool is_name_char(char c)
{
  return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '.';
}

/* In lower case, of a plain name; 0: it is of none. */
static inline char name_char(char c)
{
  char low = (char)(c | 0x20);

  if (low >= 'a' && low <= 'z')
    return low;
  return is_digit(c) || c == '-' || c == '.' ? c : '\0';
}

/* No control character, blank or byte beyond ASCII; not too long.  A URL on the
 * wire has none of them, whatever a parser would make of it. */
static bool clean(const char *url)
{
  const char *p = url;

  while ((unsigned char)(*p - 0x21) < 0x7f - 0x21)
    p++;
  return !*p && p > url && p - url <= GM_URL_MAX;
}

/* Length of "http://" or "https://", 0 for anything else.  One slash or three,
 * which libcurl takes as well, are not a URL here. */
static size_t scheme_len(const char *url)
{
  static const char http[] = "http";
  size_t i;

  for (i = 0; i < 4; i++) {
    if ((url[i] | 0x20) != http[i])
      return 0;
  }
  if ((url[i] | 0x20) == 's')
    i++;
  if (url[i] != ':' || url[i + 1] != '/' || url[i + 2] != '/' ||
      url[i + 3] == '/')
    return 0;
  return i + 3;
}

/* Four decimal numbers without leading zeros (inet_pton refuses those): nobody
 * reads it otherwise. */
static bool plain_quad(const char *s)
{
  struct in_addr ip;

  return inet_pton(AF_INET, s, &ip) == 1;
}

/* A host that ends in a label of digits or 0x... may be a number in disguise.
 */
static bool plain_host(const char *host)
{
  const char *last = strrchr(host, '.');

  last = last ? last + 1 : host;
  if (!*last)
    return false;
  return !is_digit(*last) || plain_quad(host);
}

/* Digits after ':' without leading zeros; the count, 0: not plain. */
static size_t plain_port(const char *s, unsigned *ret)
{
  size_t n = 0;

  *ret = 0;
  while (is_digit(s[n]) && n < 6)
    *ret = *ret * 10 + (unsigned)(s[n++] - '0');
  return n && s[0] != '0' && *ret <= 65535 ? n : 0;
}

static bool write_port(char *ret, size_t at, bool https, unsigned port)
{
  char digits[8] = "";
  size_t n = sizeof(digits) - 1;

  if (port == (https ? 443U : 80U)) {
    ret[at] = '\0';
    return true;
  }
  for (; port; port /= 10)
    digits[--n] = (char)('0' + port % 10);
  digits[--n] = ':';
  if (at + sizeof(digits) - n > GM_ORIGIN_SIZE)
    return false;
  memcpy(ret + at, digits + n, sizeof(digits) - n);
  return true;
}

static bool plain_origin(const char *url, size_t skip, char ret[GM_ORIGIN_SIZE])
{
  bool https = skip == 8;
  unsigned port = https ? 443 : 80;
  const char *p = url + skip;
  size_t n = 0;
  char c;

  memcpy(ret, https ? "https://" : "http://", skip);
  for (; n < 253 && (c = name_char(p[n])); n++)
    ret[skip + n] = c;
  ret[skip + n] = '\0';
  if (!plain_host(ret + skip))
    return false;
  p += n;
  if (*p == ':') {
    n = plain_port(p + 1, &port);
    if (!n)
      return false;
    p += 1 + n;
  }
  if (*p && *p != '/' && *p != '?' && *p != '#')
    return false;
  return write_port(ret, skip + strlen(ret + skip), https, port);
}

static char *part(CURLU *u, CURLUPart what)
{
  char *s = NULL;

  return curl_url_get(u, what, &s, 0) ? NULL : s;
}

/* libcurl's view of the host, in lower case; IPv6 in its shortest form. */
static bool odd_host(CURLU *u, char *ret, size_t size)
{
  _cleanup_(curl_freep) char *host = part(u, CURLUPART_HOST);
  size_t len = host ? strlen(host) : 0;
  struct in6_addr ip;

  if (!len || len >= size)
    return false;
  for (size_t i = 0; i <= len; i++)
    ret[i] = to_lower(host[i]);
  if (ret[0] != '[') {
    for (size_t i = 0; i < len; i++) {
      if (!is_name_char(ret[i]) && ret[i] != '_')
        return false;
    }
    return true;
  }
  ret[len - 1] = '\0';
  if (inet_pton(AF_INET6, ret + 1, &ip) != 1 ||
      !inet_ntop(AF_INET6, &ip, ret + 1, (socklen_t)(size - 2)))
    return false;
  memcpy(ret + strlen(ret), "]", 2);
  return true;
}

static CURLU *parse(const char *url)
{
  CURLU *u = curl_url();

  if (u && curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER)) {
    curl_url_cleanup(u);
    return NULL;
  }
  return u;
}

static bool odd_origin(const char *url, size_t skip, char ret[GM_ORIGIN_SIZE])
{
  _cleanup_(url_freep) CURLU *u = NULL;
  _cleanup_(curl_freep) char *port_text = NULL;
  int64_t port;

  if (strcspn(url + skip, "\\@") < strcspn(url + skip, "/?#"))
    return false;
  u = parse(url);
  if (!u || !odd_host(u, ret + skip, GM_ORIGIN_SIZE - skip))
    return false;
  memcpy(ret, skip == 8 ? "https://" : "http://", skip);
  if (curl_url_get(u, CURLUPART_PORT, &port_text, CURLU_DEFAULT_PORT) ||
      !gm_parse_i64(port_text, 1, 65535, &port))
    return false;
  return write_port(ret, strlen(ret), skip == 8, (unsigned)port);
}

bool gm_url_origin(const char *url, char ret[GM_ORIGIN_SIZE])
{
  size_t skip;

  if (!url || !clean(url))
    return false;
  skip = scheme_len(url);
  if (!skip)
    return false;
  return plain_origin(url, skip, ret) || odd_origin(url, skip, ret);
}

bool gm_url_same_origin(const char *a, const char *b)
{
  char one[GM_ORIGIN_SIZE], two[GM_ORIGIN_SIZE];

  return gm_url_origin(a, one) && gm_url_origin(b, two) &&
         strcmp(one, two) == 0;
}

bool gm_url_is_https(const char *url)
{
  return url && scheme_len(url) == 8;
}

bool gm_url_resolve(const char *base, const char *relative, struct gm_buf *out)
{
  _cleanup_(url_freep) CURLU *u = NULL;
  _cleanup_(curl_freep) char *text = NULL;
  char origin[GM_ORIGIN_SIZE];

  if (!gm_url_origin(base, origin) || !*relative ||
      strlen(relative) > GM_URL_MAX)
    return false;
  u = parse(base);
  if (!u || curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0) ||
      curl_url_set(u, CURLUPART_URL, relative,
                   CURLU_URLENCODE | CURLU_DISALLOW_USER) ||
      curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0) ||
      curl_url_get(u, CURLUPART_URL, &text, 0) || !gm_url_origin(text, origin))
    return false;
  gm_buf_add(out, text);
  return !gm_buf_failed(out);
}

/* ---- where a host lies */

static bool is_local_name(const char *host, size_t len)
{
  static const char name[] = "localhost";
  size_t n = sizeof(name) - 1;

  if (len && host[len - 1] == '.')
    len--;
  return len >= n && memcmp(host + len - n, name, n) == 0 &&
         (len == n || host[len - n - 1] == '.');
}

static bool literal_is_private(const char *host)
{
  struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
  struct sockaddr_in in = { .sin_family = AF_INET };
  size_t len = strlen(host);
  char text[64];

  if (len && host[len - 1] == '.')
    len--;
  if (len >= sizeof(text))
    return false;
  memcpy(text, host, len);
  text[len] = '\0';
  if (host[0] == '[') {
    text[len - 1] = '\0';
    return inet_pton(AF_INET6, text + 1, &in6.sin6_addr) != 1 ||
           gm_addr_is_private((const struct sockaddr *)(const void *)&in6);
  }
  return inet_aton(text, &in.sin_addr) &&
         gm_addr_is_private((const struct sockaddr *)(const void *)&in);
}

bool gm_url_host_is_private(const char *url)
{
  char origin[GM_ORIGIN_SIZE];
  char *host, *colon;

  if (!gm_url_origin(url, origin))
    return true; /* nothing that one should connect to */
  host = origin + scheme_len(origin);
  colon = strrchr(host, ':');
  if (colon && !strchr(colon, ']'))
    *colon = '\0';
  return is_local_name(host, strlen(host)) || literal_is_private(host);
}
