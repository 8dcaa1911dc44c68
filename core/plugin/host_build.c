/* host_build.c - from what a provider asks for to an exchange that can be sent.
 *
 * Nothing here touches the network.  What would let a provider (or a vendor's
 * text inside it) write a second header or a second request line is refused:
 * names are tokens, values have no control characters, URLs are printable
 * ASCII.  A body is one of: JSON, bytes, form parts, one input. */
#include "base/str.h"
#include "loop/url.h"
#include "plugin/call_build.h"
#include <stdio.h>
#include <string.h>

/* ---- what may be sent --------------------------------------------------- */

bool gm_method_ok(const char *method)
{
  static const char *const known[] = { "GET",   "POST",   "PUT",
                                       "PATCH", "DELETE", "HEAD" };
  size_t i;

  for (i = 0; i < GM_LEN(known); i++)
    if (gm_streq(method, known[i]))
      return true;
  return false;
}

bool gm_url_text_ok(const char *url)
{
  const char *p;

  for (p = url; p && *p; p++)
    if (*p <= 0x20 || *p >= 0x7f)
      return false;
  return p && p > url && p - url < GM_URL_MAX;
}

bool gm_header_name_ok(const char *name)
{
  static const char marks[] = "!#$%&'*+-.^_`|~"; /* RFC 9110, token */
  const char *p;

  for (p = name; p && *p; p++)
    if (!(*p >= '0' && *p <= '9') && !(*p >= 'a' && *p <= 'z') &&
        !(*p >= 'A' && *p <= 'Z') && !strchr(marks, *p))
      return false;
  return p && p > name;
}

bool gm_header_value_ok(const char *value)
{
  const unsigned char *p = (const unsigned char *)value;

  for (; p && *p; p++)
    if ((*p < 0x20 && *p != '\t') || *p == 0x7f)
      return false;
  return p != NULL;
}

/* ---- headers ------------------------------------------------------------ */

/* These say how the message is framed and where it goes; the host writes them.
 */
bool gm_header_is_ours(const char *name)
{
  return gm_strieq(name, "host") || gm_strieq(name, "content-length") ||
         gm_strieq(name, "transfer-encoding") || gm_strieq(name, "connection");
}

static void push_header(struct gm_call *c, const char *name, const char *value)
{
  struct gm_call_build *b = c->build;
  struct gm_header *list;

  if (b->n_headers >= GM_CALL_HEADERS) {
    gm_call_break(c, GAMUT_E_PLUGIN, "sets more than %u headers",
                  GM_CALL_HEADERS);
    return;
  }
  list = gm_call_grow(c, b->headers, b->n_headers, sizeof(*list));
  if (!list)
    return;
  list[b->n_headers++] = (struct gm_header){ name, value };
  b->headers = list;
}

void gm_host_header(struct gamut_call *pub, const char *name, const char *value)
{
  struct gm_call *c = gm_call_of(pub);

  if (gm_call_broken(c) || !value)
    return;
  value = gm_call_plain(c, value);
  if (!gm_header_name_ok(name) || gm_header_is_ours(name))
    gm_call_break(c, GAMUT_E_PLUGIN, "may not set a header '%s' (phase %s)",
                  name ? name : "", gm_phase_name(c->instance, pub->phase));
  else if (!gm_header_value_ok(value))
    gm_call_break(c, GAMUT_E_PLUGIN,
                  "put a control character into the header '%s'", name);
  else if (gm_call_utf8(c, "header", name, value)) {
    name = gm_call_copy(c, name, strlen(name));
    value = gm_call_copy(c, value, strlen(value));
    if (name && value)
      push_header(c, name, value);
  }
}

static bool has_header(const struct gm_call_build *b, const char *name)
{
  uint32_t i;

  for (i = 0; i < b->n_headers; i++)
    if (gm_strieq(b->headers[i].name, name))
      return true;
  return false;
}

void gm_call_default_type(struct gm_call *c, const char *type)
{
  if (type && !has_header(c->build, "content-type"))
    gm_host_header(&c->pub, "content-type", type);
}

/* ---- the exchange ------------------------------------------------------- */

static bool check_http(struct gm_call *c, const struct gamut_http *x)
{
  const struct gamut_provider *p = &c->instance->provider->def;
  const uint32_t all = GAMUT_HTTP_BILLABLE | GAMUT_HTTP_KEYED | GAMUT_HTTP_ALL |
                       GAMUT_HTTP_STREAM | GAMUT_HTTP_FILL | GAMUT_HTTP_PROBE |
                       GAMUT_HTTP_DIRECT;
  const uint32_t paid_probe = GAMUT_HTTP_BILLABLE | GAMUT_HTTP_PROBE;

  if (c->in->event == GAMUT_EV_OPEN || c->in->event == GAMUT_EV_WORK)
    gm_call_break(c, GAMUT_E_PLUGIN, "asked for an exchange outside a step");
  else if (x->phase < 0 || (uint32_t)x->phase >= p->phases.count)
    gm_call_break(c, GAMUT_E_PLUGIN, "asked for phase %d of %u", (int)x->phase,
                  (unsigned)p->phases.count);
  else if (!gm_method_ok(x->method))
    gm_call_break(c, GAMUT_E_PLUGIN, "asked for the method '%s' (phase %s)",
                  x->method ? x->method : "",
                  gm_phase_name(c->instance, x->phase));
  else if (x->flags & ~all || (x->flags & paid_probe) == paid_probe)
    gm_call_break(c, GAMUT_E_PLUGIN, "asked for an exchange with flags %#x",
                  (unsigned)x->flags);
  else if (x->body_len > UINT32_MAX / 2)
    gm_call_break(c, GAMUT_E_PLUGIN, "asked for a body of negative size");
  else if ((x->json != NULL) + (x->body != NULL) + (c->build->n_parts > 0) +
             (c->build->body_input >= 0) >
           1)
    gm_call_break(c, GAMUT_E_PLUGIN, "gave an exchange two bodies (phase %s)",
                  gm_phase_name(c->instance, x->phase));
  return !gm_call_broken(c);
}

/* A path stands before the query that base_url may have. */
static const char *below_base(struct gm_call *c, const char *path)
{
  const struct gm_instance *i = c->instance;
  size_t base = strlen(i->base_url), len = strlen(path);
  size_t query = strlen(i->base_query);
  char *full = gm_call_alloc(c, base + len + query + 2);

  if (!full)
    return NULL;
  memcpy(full, i->base_url, base);
  memcpy(full + base, path, len + 1);
  if (query > 0) {
    full[base + len] = strchr(path, '?') ? '&' : '?';
    memcpy(full + base + len + 1, i->base_query, query + 1);
  }
  return full;
}

/* Absolute, or a path below base_url.  NULL: broken. */
static const char *full_url(struct gm_call *c, const struct gamut_http *x)
{
  const char *url = x->url ? gm_call_plain(c, x->url) : "", *full;
  char origin[GM_ORIGIN_SIZE];

  if (gm_call_broken(c) || !url)
    return NULL;
  if (url[0] == '/') {
    full = below_base(c, url);
    if (!full)
      return NULL;
    if (gm_url_text_ok(full))
      return full;
  } else if (gm_url_text_ok(url) && gm_url_origin(url, origin)) {
    return url;
  }
  gm_call_break(c, GAMUT_E_PLUGIN, "asked for a URL that is none (phase %s)",
                gm_phase_name(c->instance, x->phase));
  return NULL;
}

int32_t gm_host_http(struct gamut_call *pub, const struct gamut_http *from)
{
  struct gm_call *c = gm_call_of(pub);
  struct gamut_http x = { 0 };
  const char *url;

  if (!gm_call_ending(c, GM_STEP_HTTP) || gm_call_broken(c))
    return GM_STEP_HTTP;
  memcpy(&x, from, GM_MIN(from->struct_size, sizeof(x)));
  url = check_http(c, &x) ? full_url(c, &x) : NULL;
  if (url)
    c->pending = gm_call_pending(c, &x, url);
  return GM_STEP_HTTP;
}
