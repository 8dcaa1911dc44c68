/* Signatures of what the emulated vendors deliver: Ed25519 for fal, HMAC as the
 * Standard Webhooks have it for the others. */
#include "hooks.h"

#include "server.h"

#include <string.h>

#ifdef HAVE_CRYPTO
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#endif

static void key_bytes(uint64_t seed, unsigned char *to, size_t len)
{
  size_t i;

  for (i = 0; i < len; i++) {
    if (i % 8 == 0)
      seed = em_mix(seed);
    to[i] = (unsigned char)(seed >> i % 8 * 8);
  }
}

void em_standard_secret(uint64_t seed, unsigned char key[24],
                        struct em_buf *out)
{
  key_bytes(seed, key, 24);
  em_buf_puts(out, "whsec_");
  em_buf_base64(out, key, 24);
}

#ifdef HAVE_CRYPTO

bool em_can_sign(void)
{
  return true;
}

static EVP_PKEY *private_key(uint64_t seed)
{
  unsigned char raw[32];

  key_bytes(seed, raw, sizeof(raw));
  return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, raw, sizeof(raw));
}

void em_ed25519_public(uint64_t seed, unsigned char ret[32])
{
  EVP_PKEY *key = private_key(seed);
  size_t len = 32;

  EVP_PKEY_get_raw_public_key(key, ret, &len);
  EVP_PKEY_free(key);
}

void em_ed25519_sign(uint64_t seed, const struct em_buf *text,
                     unsigned char ret[64])
{
  EVP_PKEY *key = private_key(seed);
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  size_t len = 64;

  EVP_DigestSignInit(context, NULL, NULL, NULL, key);
  EVP_DigestSign(context, ret, &len, (const unsigned char *)text->data,
                 text->len);
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
}

void em_sha256_hex(const struct em_buf *text, struct em_buf *out)
{
  unsigned char hash[SHA256_DIGEST_LENGTH];
  size_t i;

  SHA256((const unsigned char *)text->data, text->len, hash);
  for (i = 0; i < sizeof(hash); i++)
    em_buf_printf(out, "%02x", hash[i]);
}

static unsigned hmac(const void *key, size_t key_len, const struct em_buf *text,
                     unsigned char mac[EVP_MAX_MD_SIZE])
{
  unsigned len = 0;

  HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)text->data,
       text->len, mac, &len);
  return len;
}

static void put_hmac(const unsigned char *key, size_t key_len,
                     const struct em_buf *text, struct em_buf *out)
{
  unsigned char mac[EVP_MAX_MD_SIZE];

  em_buf_base64(out, mac, hmac(key, key_len, text, mac));
}

void em_hmac_hex(const char *key, size_t key_len, const struct em_buf *text,
                 struct em_buf *out)
{
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned i, len = hmac(key, key_len, text, mac);

  for (i = 0; i < len; i++)
    em_buf_printf(out, "%02x", mac[i]);
}

#else /* nobody calls these: em_can_sign() says so */

bool em_can_sign(void)
{
  return false;
}

void em_ed25519_public(uint64_t seed, unsigned char ret[32])
{
  key_bytes(seed, ret, 32);
}

void em_ed25519_sign(uint64_t seed, const struct em_buf *text,
                     unsigned char ret[64])
{
  key_bytes(seed ^ text->len, ret, 64);
}

void em_sha256_hex(const struct em_buf *text, struct em_buf *out)
{
  em_buf_printf(out, "%064zx", text->len);
}

void em_hmac_hex(const char *key, size_t key_len, const struct em_buf *text,
                 struct em_buf *out)
{
  em_buf_printf(out, "%.*s%zx", (int)key_len, key, text->len);
}

static void put_hmac(const unsigned char *key, size_t key_len,
                     const struct em_buf *text, struct em_buf *out)
{
  em_buf_base64(out, key, key_len < text->len ? key_len : text->len);
}

#endif

void em_standard_headers(struct em_server *sv, const char *id,
                         const unsigned char *key, size_t key_len,
                         const struct em_buf *body, struct em_buf *headers)
{
  long long now = em_hook_time(sv);
  struct em_buf text = { 0 };

  em_buf_printf(&text, "%s.%lld.", id, now);
  em_buf_add(&text, body->data, body->len);
  if (em_hook_tampered(sv))
    em_buf_putc(&text, ' ');
  em_buf_printf(headers,
                "webhook-id: %s\r\nwebhook-timestamp: %lld\r\n"
                "webhook-signature: v1,",
                id, now);
  put_hmac(key, key_len, &text, headers);
  em_buf_puts(headers, "\r\n");
  em_buf_finish(&text);
}
