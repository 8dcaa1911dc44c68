/* http_lines.c - the header lines of a request, secrets among them.
 *
 * Nodes and text share one block that a slot keeps: no allocation an exchange,
 * and one place to wipe.  The block is made to measure before anything is
 * written, so no copy of a secret stays behind in memory that was outgrown.
 * libcurl's copy of the request lives in its send buffer; that one is beyond
 * us. */
#include "base/str.h"
#include "loop/http_private.h"
#include <gamut/plugin.h>
#include <string.h>

enum { SECRETS_MAX = 48, HEADERS_MAX = 128, OWN_MAX = 4, OWN_SIZE = 96 };

struct lines {
  struct curl_slist *nodes;
  size_t n;
  char *text;
  const struct gm_header *secrets; /* they replace what the owner would send */
  size_t n_secrets;
};

/* Lengths and hop are ours to say, whatever the owner thinks. */
static bool is_ours(const char *name)
{
  static const char *const names[] = {
    "content-length", "transfer-encoding", "connection", "expect", "te",
    "upgrade"
  };

  for (size_t i = 0; i < GM_LEN(names); i++) {
    if (gm_strieq(name, names[i]))
      return true;
  }
  return false;
}

/* What must not follow a redirect to another origin, even if an owner put it
 * among the ordinary headers. */
static bool is_personal(const char *name)
{
  return gm_strieq(name, "authorization") || gm_strieq(name, "cookie") ||
         gm_strieq(name, "proxy-authorization");
}

static bool is_token(const char *name)
{
  for (const char *p = name; *p; p++) {
    if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
          (*p >= '0' && *p <= '9') || strchr("!#$%&'*+-.^_`|~", *p)))
      return false;
  }
  return *name;
}

static bool is_value(const char *value)
{
  for (const char *p = value; *p; p++) {
    unsigned char c = (unsigned char)*p;

    if ((c < 0x20 && c != '\t') || c == 0x7f)
      return false;
  }
  return true;
}

static int32_t measure(struct gm_exchange *x, const struct gm_header *h,
                       size_t n, size_t *size)
{
  for (size_t i = 0; i < n; i++) {
    if (!h[i].name || !is_token(h[i].name))
      return gm_fail(&x->err, GAMUT_E_INVALID,
                     "a request header has no proper name");
    if (!h[i].value || !is_value(h[i].value))
      return gm_fail(&x->err, GAMUT_E_INVALID,
                     "the value of request header '%s' has a line break or "
                     "another control character",
                     h[i].name);
    *size += strlen(h[i].name) + strlen(h[i].value) + 3;
  }
  return 0;
}

static bool make_room(struct gm_http_slot *s, size_t size)
{
  if (size <= s->lines_size)
    return true;
  gm_free(s->lines); /* wiped when its exchange ended */
  s->lines = gm_alloc(size);
  s->lines_size = s->lines ? size : 0;
  return s->lines;
}

static char *put(char *to, const char *s)
{
  size_t len = strlen(s);

  memcpy(to, s, len);
  return to + len;
}

/* "name: value"; curl sends an empty value only for "name;". */
static void add(struct lines *l, const char *name, const char *value)
{
  struct curl_slist *node = &l->nodes[l->n++];

  node->data = l->text;
  l->text = put(l->text, name);
  l->text = put(l->text, *value ? ": " : ";");
  l->text = put(l->text, value);
  *l->text++ = '\0';
  node->next = node + 1;
}

/* "name:" tells curl not to make that header itself. */
static void leave_out(struct lines *l, const char *line)
{
  struct curl_slist *node = &l->nodes[l->n++];

  node->data = l->text;
  l->text = put(l->text, line);
  *l->text++ = '\0';
  node->next = node + 1;
}

static bool has(const struct gm_header *h, size_t n, const char *name)
{
  for (size_t i = 0; i < n; i++) {
    if (gm_strieq(h[i].name, name))
      return true;
  }
  return false;
}

static void add_owners(struct lines *l, const struct gm_exchange *x)
{
  bool away = x->hops && !gm_url_same_origin(x->url, gm_exchange_url(x));

  for (size_t i = 0; i < x->n_headers; i++) {
    const struct gm_header *h = &x->headers[i];

    if (!is_ours(h->name) && !(away && is_personal(h->name)) &&
        !has(l->secrets, l->n_secrets, h->name))
      add(l, h->name, h->value);
  }
}

static bool is_there(const struct lines *l, const struct gm_exchange *x,
                     const char *name)
{
  return has(x->headers, x->n_headers, name) ||
         has(l->secrets, l->n_secrets, name);
}

/* libcurl would make the first two as well, but prints each twice, and its
 * printf() goes letter by letter: a tenth of all that an exchange costs.  The
 * others it makes for a POST. */
static void add_own(struct lines *l, const struct gm_http_slot *s)
{
  const char *agent = s->http->user_agent;

  if (agent && !is_there(l, s->x, "user-agent"))
    add(l, "User-Agent", agent);
  if (s->decodes && !is_there(l, s->x, "accept-encoding"))
    add(l, "Accept-Encoding", gm_http_encodings());
  if (!gm_http_is_post(s->x))
    return;
  leave_out(l, "Expect:");
  if (!is_there(l, s->x, "content-type"))
    leave_out(l, "Content-Type:");
}

int32_t gm_http_lines_set(struct gm_http_slot *s)
{
  struct gm_exchange *x = s->x;
  struct gm_header secrets[SECRETS_MAX];
  struct lines l = { 0 };
  size_t n, size = OWN_SIZE;
  int32_t rc;

  if (x->n_headers > HEADERS_MAX)
    return gm_fail(&x->err, GAMUT_E_INVALID, "more than %d request headers",
                   (int)HEADERS_MAX);
  if (x->authorize)
    l.n_secrets = x->authorize(x, gm_exchange_url(x), secrets, SECRETS_MAX);
  l.secrets = secrets;
  n = x->n_headers + l.n_secrets + OWN_MAX;
  size += n * sizeof(struct curl_slist);
  if (s->http->user_agent)
    size += strlen(s->http->user_agent);
  rc = measure(x, x->headers, x->n_headers, &size);
  if (!rc)
    rc = measure(x, secrets, l.n_secrets, &size);
  if (rc)
    return rc;
  if (!make_room(s, size))
    return gm_fail(&x->err, GAMUT_E_NOMEM, "no memory for a request");
  l.nodes = s->lines;
  l.text = (char *)(l.nodes + n);
  add_owners(&l, x);
  add_own(&l, s);
  for (size_t i = 0; i < l.n_secrets; i++)
    add(&l, secrets[i].name, secrets[i].value);
  if (l.n > 0)
    l.nodes[l.n - 1].next = NULL;
  curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, l.n > 0 ? l.nodes : NULL);
  return 0;
}

void gm_http_lines_wipe(struct gm_http_slot *s)
{
  curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, NULL);
  if (s->lines)
    explicit_bzero(s->lines, s->lines_size);
}
