/* proxy.c - which proxy, if any, an origin is reached through.  The rules are
 * those of libcurl, see proxy.h for why they are here. */
#include "loop/proxy.h"
#include "base/file.h"
#include "base/str.h"
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

struct gm_proxy {
  char *http, *https, *except;
};

static const char *first_env(const char *a, const char *b, const char *c)
{
  const char *v = gm_env(a);

  if (!v && b)
    v = gm_env(b);
  if (!v && c)
    v = gm_env(c);
  return v;
}

static bool copy(char **to, const char *from)
{
  *to = gm_strdup(from);
  return *to || !from;
}

bool gm_proxy_new(struct gm_proxy **ret)
{
  const char *http = first_env("http_proxy", "all_proxy", "ALL_PROXY");
  const char *https = first_env("https_proxy", "HTTPS_PROXY", "all_proxy");
  struct gm_proxy *p;

  if (!https)
    https = gm_env("ALL_PROXY");
  *ret = NULL;
  if (!http && !https)
    return true;
  p = gm_zalloc(sizeof(*p));
  if (!p)
    return false;
  if (!copy(&p->http, http) || !copy(&p->https, https) ||
      !copy(&p->except, first_env("no_proxy", "NO_PROXY", NULL))) {
    gm_proxy_free(p);
    return false;
  }
  *ret = p;
  return true;
}

void gm_proxy_free(struct gm_proxy *p)
{
  if (!p)
    return;
  gm_free(p->http);
  gm_free(p->https);
  gm_free(p->except);
  gm_free(p);
}

static size_t address_of(const char *s, unsigned char ret[16])
{
  if (inet_pton(AF_INET, s, ret) == 1)
    return 4;
  return inet_pton(AF_INET6, s, ret) == 1 ? 16 : 0;
}

static bool same_bits(const unsigned char *a, const unsigned char *b,
                      size_t bits)
{
  size_t bytes = bits / 8;

  if (memcmp(a, b, bytes) != 0)
    return false;
  return bits % 8 == 0 || (a[bytes] ^ b[bytes]) >> (8 - bits % 8) == 0;
}

/* "10.0.0.0/8", "::1", "[::1]" */
static bool covers_address(const char *item, const unsigned char *ip,
                           size_t len)
{
  char text[64];
  unsigned char net[16];
  size_t n = strcspn(item, "/"), skip = item[0] == '[';
  int64_t bits = (int64_t)len * 8;

  if (item[n] && !gm_parse_i64(item + n + 1, 0, bits, &bits))
    return false;
  if (n - skip >= sizeof(text))
    return false;
  memcpy(text, item + skip, n - skip);
  text[n - skip] = '\0';
  text[strcspn(text, "]")] = '\0';
  return address_of(text, net) == len && same_bits(net, ip, (size_t)bits);
}

static bool covers_name(const char *item, const char *host, size_t host_len)
{
  size_t len;

  item += *item == '.';
  len = strlen(item);
  len -= len && item[len - 1] == '.';
  return len && len <= host_len &&
         strncasecmp(item, host + host_len - len, len) == 0 &&
         (len == host_len || host[host_len - len - 1] == '.');
}

bool gm_proxy_listed(const char *list, const char *host)
{
  unsigned char ip[16];
  size_t ip_len = address_of(host, ip), host_len = strlen(host);
  char item[256];

  host_len -= host_len && host[host_len - 1] == '.';
  while (list && *list) {
    size_t n;

    list += strspn(list, ", \t");
    n = strcspn(list, ", \t");
    if (n && n < sizeof(item)) {
      memcpy(item, list, n);
      item[n] = '\0';
      if (strcmp(item, "*") == 0 ||
          (ip_len ? covers_address(item, ip, ip_len)
                  : covers_name(item, host, host_len)))
        return true;
    }
    list += n;
  }
  return false;
}

const char *gm_proxy_for(const struct gm_proxy *p, const char *origin)
{
  const char *proxy, *from = strstr(origin, "://");
  char host[256];
  size_t n;

  if (!p || !from)
    return NULL;
  proxy = strncmp(origin, "https:", 6) == 0 ? p->https : p->http;
  if (!proxy)
    return NULL;
  from += 3;
  n = *from == '[' ? strcspn(++from, "]") : strcspn(from, ":");
  if (n >= sizeof(host))
    return proxy;
  memcpy(host, from, n);
  host[n] = '\0';
  return gm_proxy_listed(p->except, host) ? NULL : proxy;
}
