/* proxy.h - the usual proxy variables, read once.  curl would read them for
 * each transfer, and would not say whether it used one; we must know, since an
 * address can be judged only by whoever connects to it. */
#ifndef GM_LOOP_PROXY_H
#define GM_LOOP_PROXY_H

#include "base/util.h"

struct gm_proxy;

/* From http_proxy (lower case only: a CGI program's HTTP_PROXY comes from the
 * client), https_proxy, all_proxy and no_proxy, the last three also in upper
 * case.  *ret is NULL when none is set.  False: no memory. */
bool gm_proxy_new(struct gm_proxy **ret);
void gm_proxy_free(struct gm_proxy *p);
/* The proxy for a URL with this origin (gm_url_origin), or NULL. */
const char *gm_proxy_for(const struct gm_proxy *p, const char *origin);
/* Does a no_proxy list cover this host (no brackets)?  Names match whole labels
 * from the right, addresses exactly or by prefix length, "*" all. */
bool gm_proxy_listed(const char *list, const char *host);

#endif
