/* verify.c - is a signature right?  The secret stays here; what computes is the
 * crypto plugin.
 *
 * Signatures and keys come as text.  A MAC of SHA-256 has 32 bytes, an Ed25519
 * signature 64: their length tells hex from base64. */
#include "base/base64.h"
#include "base/str.h"
#include "plugin/call_build.h"
#include "plugin/plugin_private.h"
#include <string.h>

#define BYTES_MAX  1024
#define SECRET_TAG "whsec_" /* of Standard Webhooks: base64 follows */

struct bytes {
  unsigned char data[BYTES_MAX + 3];
  size_t len;
};

static int hex_digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool from_hex(const char *s, size_t len, struct bytes *out)
{
  size_t i;

  for (i = 0; i < len / 2; i++) {
    int high = hex_digit(s[2 * i]), low = hex_digit(s[2 * i + 1]);

    if (high < 0 || low < 0)
      return false;
    out->data[i] = (unsigned char)(high << 4 | low);
  }
  out->len = len / 2;
  return true;
}

static bool from_base64(const char *s, size_t len, struct bytes *out)
{
  struct gm_base64 b64 = GM_BASE64_INIT;

  if (len > BYTES_MAX)
    return false;
  out->len = gm_base64_decode(&b64, s, len, out->data);
  return out->len != SIZE_MAX && gm_base64_done(&b64);
}

static bool read_signature(const char *alg, const char *s, struct bytes *out)
{
  size_t want = strcmp(alg, "Ed25519") == 0 ? 64 : 32;
  size_t len = s ? strlen(s) : 0;

  if (len == 2 * want)
    return from_hex(s, len, out);
  return len > 0 && from_base64(s, len, out) && out->len == want;
}

/* NULL after the call was ended: that one is the caller's to mend. */
static const char *find_secret(struct gm_call *c, const char *name)
{
  const char *s = gm_instance_value(c->instance, name, true);
  _cleanup_(gm_buf_finish) struct gm_buf how = GM_BUF_INIT(256);

  if (s)
    return s;
  gm_config_how(c->instance, name, &how);
  gm_call_break(c, GAMUT_E_AUTH, "no secret to check deliveries with: set %s",
                gm_buf_text(&how));
  return NULL;
}

static int32_t read_secret(struct gm_call *c, const char *name,
                           struct bytes *out)
{
  const char *s = find_secret(c, name);
  _cleanup_(gm_buf_finish) struct gm_buf how = GM_BUF_INIT(256);
  const size_t tag = sizeof(SECRET_TAG) - 1;
  size_t len = s ? strlen(s) : 0;

  if (!s)
    return GAMUT_E_AUTH;
  if (gm_starts(s, SECRET_TAG)
        ? from_base64(s + tag, len - tag, out)
        : len <= BYTES_MAX && memcpy(out->data, s, len) && (out->len = len))
    return 0;
  gm_config_how(c->instance, name, &how);
  gm_call_break(c, GAMUT_E_AUTH, "%s is no secret for signatures",
                gm_buf_text(&how));
  return GAMUT_E_AUTH;
}

/* In a time that tells nothing but the length. */
static int32_t compare_secret(struct gm_call *c,
                              const struct gamut_signature *s)
{
  const char *secret = s->secret ? find_secret(c, s->secret) : NULL;
  size_t i, len = secret ? strlen(secret) : 0;
  unsigned differ = 0;

  if (len == 0 || !s->signature || strlen(s->signature) != len)
    return GAMUT_E_AUTH;
  for (i = 0; i < len; i++)
    differ |= (unsigned char)(secret[i] ^ s->signature[i]);
  return differ ? GAMUT_E_AUTH : 0;
}

static int32_t read_key(struct gm_call *c, const struct gamut_signature *s,
                        struct bytes *out)
{
  if (s->secret)
    return read_secret(c, s->secret, out);
  if (s->key && from_base64(s->key, strlen(s->key), out))
    return 0;
  gm_call_break(c, GAMUT_E_PROTOCOL, "a public key is no base64");
  return GAMUT_E_PROTOCOL;
}

int32_t gm_host_verify(struct gamut_call *pub,
                       const struct gamut_signature *from)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  struct gm_call *c = gm_call_of(pub);
  const struct gamut_crypto *crypto;
  struct gamut_signature s = { 0 };
  struct bytes signature, key;
  int32_t rc;

  if (gm_call_broken(c))
    return GAMUT_E_PLUGIN;
  memcpy(&s, from, GM_MIN(from->struct_size, sizeof(s)));
  if (gm_streq(s.alg, "same"))
    return compare_secret(c, &s);
  if (!s.alg || !s.text) {
    gm_call_break(c, GAMUT_E_PLUGIN, "checks a signature of nothing");
    return GAMUT_E_PLUGIN;
  }
  crypto = gm_instance_crypto(c->instance, &err);
  if (!crypto) {
    gm_call_break(c, err.error_class, "%s", gm_error_text(&err));
    return err.error_class;
  }
  rc = read_key(c, &s, &key);
  if (rc == 0 &&
      (!read_signature(s.alg, s.signature, &signature) ||
       crypto->verify(s.alg, key.data, key.len, s.text, strlen(s.text),
                      signature.data, signature.len)))
    rc = GAMUT_E_AUTH;
  explicit_bzero(key.data, sizeof(key.data));
  return rc;
}
