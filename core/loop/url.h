/* url.h - URLs from vendors and settings, judged by libcurl's parser. */
#ifndef GM_LOOP_URL_H
#define GM_LOOP_URL_H

#include "base/buf.h"
#include "base/error.h"

#define GM_URL_MAX 16384
#define GM_ORIGIN_SIZE 320

/* "https://host:port" in lower case, without the scheme's default port.  False
 * for what is no absolute http(s) URL, has a user part, control characters or
 * blanks, or is too long. */
bool gm_url_origin(const char *url, char ret[GM_ORIGIN_SIZE]);
bool gm_url_same_origin(const char *a, const char *b);
bool gm_url_is_https(const char *url);
/* Resolve a Location against its base; false when the result is no http(s). */
bool gm_url_resolve(const char *base, const char *relative, struct gm_buf *out);
/* The host is an IP literal (any spelling that inet_aton takes) or localhost
 * name inside a private, loopback, link-local, multicast or reserved range. */
bool gm_url_host_is_private(const char *url);

/* The same for the address that a socket is about to connect to: all of
 * 0/8 10/8 100.64/10 127/8 169.254/16 172.16/12 192.0.0/24 192.168/16 198.18/15
 * 224/4 240/4, ::, ::1, fc00::/7, fe80::/10, ff00::/8, v4-mapped, v4-compatible,
 * 64:ff9b::/96 and 2002::/16 with such a v4 inside. */
struct sockaddr;
bool gm_addr_is_private(const struct sockaddr *addr);

#endif
