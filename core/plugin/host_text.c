/* host_text.c - text, encodings, identity, and the log line of a provider.
 *
 * All results are copies in the call's arena.  Nothing is formatted after a
 * builder has failed.
 */
#include "base/base64.h"
#include "base/random.h"
#include "base/str.h"
#include "loop/url.h"
#include "plugin/call_build.h"
#include <stdio.h>
#include <string.h>

/* The usual text is a path of some dozen bytes: format once into a buffer, and
 * again only when that was too small. */
GAMUT_PRINTF(2, 0)
static const char *format(struct gm_call *c, const char *fmt, va_list ap)
{
  char small[256], *text;
  va_list again;
  int n;

  va_copy(again, ap);
  n = vsnprintf(small, sizeof(small), fmt, again);
  va_end(again);
  if (n < 0) {
    gm_call_break(c, GAMUT_E_NOMEM, "no memory");
    return NULL;
  }
  if ((size_t)n < sizeof(small))
    return gm_call_copy(c, small, (size_t)n);
  text = gm_call_alloc(c, (size_t)n + 1);
  if (text)
    vsnprintf(text, (size_t)n + 1, fmt, ap);
  return text;
}

const char *gm_host_text(struct gamut_call *pub, const char *fmt, ...)
{
  struct gm_call *c = gm_call_of(pub);
  const char *text;
  va_list ap;

  if (gm_call_broken(c))
    return NULL;
  va_start(ap, fmt);
  text = format(c, fmt, ap);
  va_end(ap);
  return text;
}

const char *gm_host_escape(struct gamut_call *pub, const char *s)
{
  struct gm_call *c = gm_call_of(pub);
  struct gm_buf b = GM_BUF_INIT(3 * GM_URL_MAX);
  const char *text = NULL;

  if (gm_call_broken(c) || !s)
    return NULL;
  gm_buf_add_escaped(&b, s);
  if (gm_buf_failed(&b))
    gm_call_break(c, b.failed == GAMUT_E_NOMEM ? b.failed : GAMUT_E_PLUGIN,
                  "escapes a text that is too long for a URL");
  else
    text = gm_call_copy(c, gm_buf_text(&b), b.len);
  gm_buf_finish(&b);
  return text;
}

const char *gm_host_base64(struct gamut_call *pub, const void *p, size_t len)
{
  struct gm_call *c = gm_call_of(pub);
  char *text;

  if (gm_call_broken(c) || (!p && len))
    return NULL;
  if (len > GM_CALL_ARENA) {
    gm_call_break(c, GAMUT_E_PLUGIN, "encodes %zu bytes at once", len);
    return NULL;
  }
  text = gm_call_alloc(c, gm_base64_size(len) + 1);
  if (!text)
    return NULL;
  gm_base64_encode(p, len, text);
  text[gm_base64_size(len)] = '\0';
  return text;
}

const char *gm_host_reply_header(struct gamut_call *pub, const char *name)
{
  struct gm_call *c = gm_call_of(pub);
  const char *value;
  char lower[128];
  size_t i;

  if (gm_call_broken(c) || !c->in->exchange || !name)
    return NULL;
  for (i = 0; name[i] && i < sizeof(lower) - 1; i++)
    lower[i] =
      name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] + 32) : name[i];
  lower[i] = '\0';
  value = gm_exchange_header(c->in->exchange, lower);
  return value ? gm_call_copy(c, value, strlen(value)) : NULL;
}

const char *gm_host_input_info(struct gamut_call *pub, uint32_t input,
                               const char *what)
{
  struct gm_call *c = gm_call_of(pub);
  const struct gm_input *in;

  /* Also in a call that has failed: it is read, and compared at once. */
  in = what ? gm_call_input(c, input) : NULL;
  if (!in)
    return NULL;
  if (strcmp(what, "role") == 0)
    return in->role;
  if (strcmp(what, "url") == 0)
    return in->uploaded ? in->uploaded : in->url;
  if (strcmp(what, "name") == 0)
    return in->name;
  if (strcmp(what, "mime") == 0)
    return in->mime;
  if (strcmp(what, "sha256") == 0)
    return in->sha256;
  if (strcmp(what, "size") == 0)
    return gm_host_text(pub, "%llu", (unsigned long long)in->size);
  return NULL;
}

/* The same attempt makes the same calls in the same order, so it gets the same
 * identifiers again. */
const char *gm_host_uuid(struct gamut_call *pub)
{
  struct gm_call *c = gm_call_of(pub);
  char seed[256], uuid[GM_UUID_SIZE];

  if (gm_call_broken(c))
    return NULL;
  snprintf(seed, sizeof(seed), "%u/%s", (unsigned)c->build->n_uuids++,
           pub->attempt_id ? pub->attempt_id : "");
  gm_uuid_from(seed, uuid);
  return gm_call_copy(c, uuid, strlen(uuid));
}

void gm_host_token(struct gamut_call *pub, const char *value, uint32_t ttl_s)
{
  struct gm_call *c = gm_call_of(pub);

  if (gm_call_broken(c))
    return;
  value = value ? gm_call_plain(c, value) : NULL;
  if (!value || !value[0] || !gm_header_value_ok(value)) {
    gm_call_break(c, GAMUT_E_PROTOCOL, "got a token that is none");
    return;
  }
  c->token_value = gm_call_copy(c, value, strlen(value));
  c->token_ttl_s = ttl_s;
}

void gm_host_log(struct gamut_call *pub, int32_t level, const char *fmt, ...)
{
  struct gm_call *c = gm_call_of(pub);
  const char *text;
  va_list ap;

  level = GM_MAX(GAMUT_DEBUG, GM_MIN(level, GAMUT_ERROR));
  if (gm_call_broken(c) || !c->log || !c->log->write || level < c->log->level)
    return;
  va_start(ap, fmt);
  text = format(c, fmt, ap);
  va_end(ap);
  if (text)
    gm_log_line(c->log, level, "%s: %s", gm_call_provider(c), text);
}
