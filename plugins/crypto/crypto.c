/* crypto.c - signing and checking with OpenSSL's libcrypto, for a core that
 * links no crypto library: tokens of Google accounts (RS256), deliveries of
 * webhooks (Ed25519, HS256).
 *
 * Nothing is kept between calls, so any thread may call.  A key that cannot be
 * read is AUTH, a signature that is wrong PERMISSION; OpenSSL's own queue of
 * errors is emptied, since nobody else will.
 */
#include <gamut/plugin.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <string.h>

enum { ED25519_KEY = 32, ED25519_SIGNATURE = 64, HS256_SIZE = 32 };

/* ---- keys --------------------------------------------------------------- */

/* Without this OpenSSL would ask at the terminal for a passphrase. */
static int no_passphrase(char *buf, int size, int writing, void *user)
{
  (void)buf;
  (void)size;
  (void)writing;
  (void)user;
  return 0;
}

typedef EVP_PKEY *read_fn(BIO *, EVP_PKEY **, pem_password_cb *, void *);

static EVP_PKEY *read_pem(const void *pem, size_t len, read_fn *read)
{
  BIO *bio = len <= INT32_MAX ? BIO_new_mem_buf(pem, (int)len) : NULL;
  EVP_PKEY *key = bio ? read(bio, NULL, no_passphrase, NULL) : NULL;

  BIO_free(bio);
  if (key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
    return key;
  EVP_PKEY_free(key);
  return NULL;
}

static EVP_PKEY *private_key(int rsa, const void *key, size_t len)
{
  if (rsa)
    return read_pem(key, len, PEM_read_bio_PrivateKey);
  return len == ED25519_KEY
           ? EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key, len)
           : NULL;
}

static EVP_PKEY *public_key(int rsa, const void *key, size_t len)
{
  if (rsa)
    return read_pem(key, len, PEM_read_bio_PUBKEY);
  return len == ED25519_KEY
           ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, len)
           : NULL;
}

/* ---- one signature ------------------------------------------------------ */

static int32_t sign_with(EVP_PKEY *key, int rsa, const void *data, size_t len,
                         void *sig, size_t *sig_len)
{
  EVP_MD_CTX *md = EVP_MD_CTX_new();
  int ok =
    md &&
    EVP_DigestSignInit(md, NULL, rsa ? EVP_sha256() : NULL, NULL, key) == 1 &&
    EVP_DigestSign(md, sig, sig_len, data, len) == 1;

  EVP_MD_CTX_free(md);
  return ok ? 0 : GAMUT_E_AUTH;
}

static int32_t verify_with(EVP_PKEY *key, int rsa, const void *data, size_t len,
                           const void *sig, size_t sig_len)
{
  EVP_MD_CTX *md = EVP_MD_CTX_new();
  int ok =
    md &&
    EVP_DigestVerifyInit(md, NULL, rsa ? EVP_sha256() : NULL, NULL, key) == 1 &&
    EVP_DigestVerify(md, sig, sig_len, data, len) == 1;

  EVP_MD_CTX_free(md);
  return ok ? 0 : GAMUT_E_PERMISSION;
}

static int hs256(const void *key, size_t key_len, const void *data, size_t len,
                 unsigned char out[HS256_SIZE])
{
  unsigned int n = 0;

  return key_len <= INT32_MAX &&
         HMAC(EVP_sha256(), key, (int)key_len, data, len, out, &n) &&
         n == HS256_SIZE;
}

/* ---- the table ---------------------------------------------------------- */

static int32_t sign_keyed(int rsa, const void *key, size_t key_len,
                          const void *data, size_t len, void *sig, size_t size,
                          size_t *ret_len)
{
  EVP_PKEY *k = private_key(rsa, key, key_len);
  int32_t rc = k ? 0 : GAMUT_E_AUTH;

  if (k && (size_t)EVP_PKEY_get_size(k) > size)
    rc = GAMUT_E_INVALID;
  *ret_len = size;
  if (!rc)
    rc = sign_with(k, rsa, data, len, sig, ret_len);
  EVP_PKEY_free(k);
  ERR_clear_error();
  return rc;
}

static int32_t crypto_sign(const char *alg, const void *key, size_t key_len,
                           const void *data, size_t len, void *sig, size_t size,
                           size_t *ret_len)
{
  int rsa = strcmp(alg, "RS256") == 0;

  if (rsa || strcmp(alg, "Ed25519") == 0)
    return sign_keyed(rsa, key, key_len, data, len, sig, size, ret_len);
  if (strcmp(alg, "HS256") != 0)
    return GAMUT_E_UNSUPPORTED;
  if (size < HS256_SIZE)
    return GAMUT_E_INVALID;
  *ret_len = HS256_SIZE;
  return hs256(key, key_len, data, len, sig) ? 0 : GAMUT_E_AUTH;
}

static int32_t verify_hs256(const void *key, size_t key_len, const void *data,
                            size_t len, const void *sig, size_t sig_len)
{
  unsigned char mac[HS256_SIZE];

  if (!hs256(key, key_len, data, len, mac))
    return GAMUT_E_AUTH;
  return sig_len == HS256_SIZE && CRYPTO_memcmp(mac, sig, HS256_SIZE) == 0
           ? 0
           : GAMUT_E_PERMISSION;
}

static int32_t crypto_verify(const char *alg, const void *key, size_t key_len,
                             const void *data, size_t len, const void *sig,
                             size_t sig_len)
{
  int rsa = strcmp(alg, "RS256") == 0;
  EVP_PKEY *k;
  int32_t rc;

  if (strcmp(alg, "HS256") == 0)
    return verify_hs256(key, key_len, data, len, sig, sig_len);
  if (!rsa && strcmp(alg, "Ed25519") != 0)
    return GAMUT_E_UNSUPPORTED;
  if (!rsa && sig_len != ED25519_SIGNATURE)
    return GAMUT_E_PERMISSION;
  k = public_key(rsa, key, key_len);
  rc = k ? verify_with(k, rsa, data, len, sig, sig_len) : GAMUT_E_AUTH;
  EVP_PKEY_free(k);
  ERR_clear_error();
  return rc;
}

static const struct gamut_crypto crypto = {
  .struct_size = sizeof(crypto),
  .sign = crypto_sign,
  .verify = crypto_verify,
};

static const void *extension(const char *id)
{
  return strcmp(id, GAMUT_EXT_CRYPTO) == 0 ? &crypto : NULL;
}

GAMUT_PLUGIN(crypto, .version = "1.0.0", .license = "MIT",
             .extension = extension);
