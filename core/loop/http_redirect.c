/* http_redirect.c - a download's next hop.  curl's own redirects are off: each
 * hop is judged here, mapped anew, and gets only the secrets of its own origin,
 * because it is started like an exchange of its own. */
#include "loop/http_private.h"
#include <gamut/plugin.h>
#include <string.h>

int32_t gm_http_next_hop(const struct gm_endpoints *e, const char *base,
                         const char *location, struct gm_buf *out,
                         struct gm_error *err)
{
  char from[GM_ORIGIN_SIZE];

  if (!gm_url_origin(base, from))
    return gm_fail(err, GAMUT_E_INVALID, "not an http(s) URL");
  if (!gm_url_resolve(base, location, out))
    return gm_fail(
      err, out->failed == GAMUT_E_NOMEM ? GAMUT_E_NOMEM : GAMUT_E_PROTOCOL,
      "%s redirects to what is no http(s) URL", from);
  if (gm_url_is_https(base) && !gm_url_is_https(gm_buf_text(out)) &&
      !gm_endpoints_is_target(e, gm_buf_text(out)))
    return gm_fail(err, GAMUT_E_PROTOCOL,
                   "%s redirects from https to http; refused", from);
  return 0;
}

int32_t gm_http_redirect(const struct gm_http *h, struct gm_exchange *x)
{
  _cleanup_(gm_buf_finish) struct gm_buf next = GM_BUF_INIT(GM_URL_MAX);
  const char *location = gm_exchange_header(x, "location");
  int32_t rc;

  if (!location)
    return gm_fail(&x->err, GAMUT_E_NOMEM, "no memory for a redirect");
  if (x->hops >= GM_HTTP_REDIRECTS_MAX)
    return gm_fail(&x->err, GAMUT_E_PROTOCOL,
                   "more than %d redirects; the last hop was not followed",
                   GM_HTTP_REDIRECTS_MAX);
  rc = gm_http_next_hop(h->endpoints, gm_exchange_url(x), location, &next,
                        &x->err);
  if (rc)
    return rc;
  gm_buf_clear(&x->hop_url);
  gm_buf_addn(&x->hop_url, next.data, next.len);
  if (gm_buf_failed(&x->hop_url))
    return gm_fail(&x->err, GAMUT_E_NOMEM, "no memory for a redirect");
  x->hops++;
  gm_buf_clear(&x->header_text);
  x->content_type = "";
  x->content_length = UINT64_MAX;
  x->status = 0;
  x->body_received = 0;
  x->has_retry_after = false;
  x->retry_after_ms = 0;
  return 0;
}
