/* jwt.c - signed claims (RS256).  The key stays here; what signs is a plugin,
 * since the core links no crypto library. */
#include "base/base64.h"
#include "base/str.h"
#include "plugin/call_build.h"
#include <string.h>

#define PLUGIN        "crypto"
#define SIGNATURE_MAX 1024 /* of an RSA key of 8192 bits */
#define JWT_MAX       (64u << 10)

const struct gamut_crypto *gm_instance_crypto(const struct gm_instance *i,
                                              struct gm_error *err)
{
  _cleanup_(gm_error_finish) struct gm_error why = GM_ERROR_INIT;
  const struct gamut_crypto *crypto =
    gm_registry_extension(i->registry, PLUGIN, GAMUT_EXT_CRYPTO, &why);

  if (!crypto && why.error_class == GAMUT_E_NOT_FOUND)
    gm_fail(err, GAMUT_E_UNSUPPORTED,
            "signing needs the plugin '" PLUGIN "', which is not installed (it "
            "is built where OpenSSL's libcrypto is found)");
  else if (!crypto)
    gm_fail(err, why.error_class, "signing needs the plugin '" PLUGIN "': %s",
            gm_error_text(&why));
  return crypto;
}

/* The URL alphabet, without padding. */
static void add_base64url(struct gm_buf *b, const void *p, size_t len)
{
  size_t at = b->len;

  gm_base64_add(b, p, len);
  for (; at < b->len; at++) {
    if (b->data[at] == '+')
      b->data[at] = '-';
    else if (b->data[at] == '/')
      b->data[at] = '_';
  }
  while (b->len > 0 && b->data[b->len - 1] == '=')
    b->data[--b->len] = '\0';
}

static int32_t sign(const struct gm_instance *i, const char *key,
                    struct gm_buf *b, struct gm_error *err)
{
  const struct gamut_crypto *crypto = gm_instance_crypto(i, err);
  unsigned char signature[SIGNATURE_MAX];
  const char *pem = gm_instance_value(i, key, true);
  size_t len = 0;
  int32_t rc;

  if (!crypto)
    return err->error_class;
  if (!pem)
    return gm_fail(err, GAMUT_E_AUTH, "%s has no %s", i->name, key);
  rc = crypto->sign("RS256", pem, strlen(pem), b->data, b->len, signature,
                    sizeof(signature), &len);
  if (rc || len > sizeof(signature))
    return gm_fail(err, GAMUT_E_AUTH, "%s: %s is no RSA key in PEM", i->name,
                   key);
  gm_buf_addc(b, '.');
  add_base64url(b, signature, len);
  return 0;
}

const char *gm_host_jwt(struct gamut_call *pub, const char *secret_key,
                        const struct gamut_json *claims)
{
  static const char head[] = "{\"alg\":\"RS256\"}";
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(JWT_MAX);
  struct gm_call *c = gm_call_of(pub);
  const char *text;
  size_t len = 0;

  if (gm_call_broken(c) || !secret_key || !claims)
    return NULL;
  text = gm_json_text(gm_json_of(claims), &len);
  add_base64url(&b, head, sizeof(head) - 1);
  gm_buf_addc(&b, '.');
  add_base64url(&b, text, text ? len : 0);
  if (!text || gm_buf_failed(&b))
    gm_call_break(c, GAMUT_E_NOMEM, "no memory for signed claims");
  else if (sign(c->instance, secret_key, &b, &err))
    gm_call_break(c, err.error_class, "%s", gm_error_text(&err));
  else if (gm_buf_failed(&b))
    gm_call_break(c, GAMUT_E_NOMEM, "no memory for signed claims");
  return gm_call_broken(c) ? NULL : gm_call_copy(c, gm_buf_text(&b), b.len);
}
