/* h2.c - just so much of HTTP/2 as one client at a time needs to be let down in
 * every way: frames are read, but of a header block only the method, which
 * libcurl sends as one byte of HPACK's static table, and windows not at all. */
#include "engine/h2.h"
#include <arpa/inet.h>
#include <check.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS 32
#define FRAME_MAX   16384

enum { DATA, HEADERS, RST = 3, SETTINGS, PING = 6, GOAWAY };
enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4 };
enum { NO_ERROR, INTERNAL_ERROR = 2, REFUSED_STREAM = 7, CANCELLED = 8 };

struct h2 {
  SSL_CTX *tls;
  int fd, port, times;
  enum h2_act act;
  const char *answer;
  atomic_int posts, first, n;
  pthread_t acceptor, threads[CONNECTIONS];
  int fds[CONNECTIONS];
};

struct connection {
  struct h2 *h;
  SSL *ssl;
  int fd, nth;
  bool is_post; /* the stream whose headers came last */
};

struct frame {
  uint8_t type, flags;
  uint32_t stream;
  size_t len;
  unsigned char bytes[FRAME_MAX];
};

/* ---- frames -------------------------------------------------------------- */

static bool take(struct connection *c, void *to, size_t len)
{
  size_t n = 0;
  int got;

  for (; n < len; n += (size_t)got) {
    got = SSL_read(c->ssl, (char *)to + n, (int)(len - n));
    if (got <= 0)
      return false;
  }
  return true;
}

static bool take_frame(struct connection *c, struct frame *f)
{
  unsigned char head[9];

  if (!take(c, head, sizeof(head)))
    return false;
  f->len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
  f->type = head[3];
  f->flags = head[4];
  f->stream = (uint32_t)(head[5] & 127) << 24 | (uint32_t)head[6] << 16 |
              (uint32_t)head[7] << 8 | head[8];
  return f->len <= sizeof(f->bytes) && take(c, f->bytes, f->len);
}

static bool give(struct connection *c, uint8_t type, uint8_t flags,
                 uint32_t stream, const void *bytes, size_t len)
{
  unsigned char out[9 + 1024] = { 0,
                                  (unsigned char)(len >> 8),
                                  (unsigned char)len,
                                  type,
                                  flags,
                                  0,
                                  (unsigned char)(stream >> 16),
                                  (unsigned char)(stream >> 8),
                                  (unsigned char)stream };

  ck_assert_uint_le(len, 1024);
  if (len > 0)
    memcpy(out + 9, bytes, len);
  return SSL_write(c->ssl, out, (int)len + 9) > 0;
}

static bool give_error(struct connection *c, uint8_t type, uint32_t stream,
                       uint32_t last, unsigned char code)
{
  unsigned char bytes[8] = {
    0, 0, (unsigned char)(last >> 8), (unsigned char)last, 0, 0, 0, code
  };

  return type == GOAWAY ? give(c, type, 0, 0, bytes, 8)
                        : give(c, type, 0, stream, bytes + 4, 4);
}

/* ":status: 200" is entry 8 of the static table. */
static bool give_head(struct connection *c, uint32_t stream)
{
  return give(c, HEADERS, END_HEADERS, stream, "\x88", 1);
}

static bool give_answer(struct connection *c, uint32_t stream,
                        const char *answer)
{
  return give_head(c, stream) &&
         give(c, DATA, END_STREAM, stream, answer, strlen(answer));
}

/* ---- what becomes of a request ------------------------------------------- */

static void reset(struct connection *c)
{
  struct linger l = { 1, 0 };

  setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
}

/* Whether the connection goes on. */
static bool let_down(struct connection *c, uint32_t stream)
{
  switch (c->h->act) {
  case H2_REFUSE:
    return give_error(c, RST, stream, 0, REFUSED_STREAM);
  case H2_BREAK:
    return give_error(c, RST, stream, 0, INTERNAL_ERROR);
  case H2_CANCEL:
    return give_error(c, RST, stream, 0, CANCELLED);
  case H2_HEAD_BREAK:
    return give_head(c, stream) &&
           give_error(c, RST, stream, 0, INTERNAL_ERROR);
  case H2_HEAD_REFUSE:
    return give_head(c, stream) &&
           give_error(c, RST, stream, 0, REFUSED_STREAM);
  case H2_GOAWAY_BELOW:
    return give_error(c, GOAWAY, 0, stream < 2 ? 0 : stream - 2, NO_ERROR);
  case H2_GOAWAY_CLOSE:
    give_error(c, GOAWAY, 0, stream, NO_ERROR);
    return false;
  case H2_GOAWAY_ANSWER:
    return give_error(c, GOAWAY, 0, stream, NO_ERROR) &&
           give_answer(c, stream, c->h->answer);
  case H2_RESET:
    reset(c);
    return false;
  case H2_CLOSE:
    return false;
  case H2_ANSWER:
    break;
  }
  return give_answer(c, stream, c->h->answer);
}

static bool asked(struct connection *c, uint32_t stream)
{
  int nth;

  if (!c->is_post)
    return give_answer(c, stream, "{}");
  nth = ++c->h->posts;
  if (nth == 1)
    c->h->first = c->nth;
  if (c->h->times == 0 || nth <= c->h->times)
    return let_down(c, stream);
  return give_answer(c, stream, c->h->answer);
}

/* ":method: POST" is entry 3; a change of the table's size may come first. */
static bool says_post(const struct frame *f)
{
  size_t i = 0;

  while (i < f->len && (f->bytes[i] & 0xe0) == 0x20)
    for (i++; i < f->len && f->bytes[i - 1] & 0x1f && f->bytes[i] & 0x80;)
      i++;
  return memchr(f->bytes + i, 0x83, f->len - i > 8 ? 8 : f->len - i) != NULL;
}

static bool serve_frame(struct connection *c, const struct frame *f)
{
  switch (f->type) {
  case SETTINGS:
    return f->flags & ACK || give(c, SETTINGS, ACK, 0, NULL, 0);
  case PING:
    return f->flags & ACK || give(c, PING, ACK, 0, f->bytes, f->len);
  case HEADERS:
    c->is_post = says_post(f);
    return !(f->flags & END_STREAM) || asked(c, f->stream);
  case DATA:
    return !(f->flags & END_STREAM) || asked(c, f->stream);
  default:
    return true;
  }
}

static void serve(struct connection *c)
{
  static struct frame none;
  struct frame *f = malloc(sizeof(*f));
  char preface[24];

  ck_assert_ptr_nonnull(f);
  *f = none;
  if (SSL_accept(c->ssl) == 1 && take(c, preface, sizeof(preface)) &&
      give(c, SETTINGS, 0, 0, NULL, 0))
    while (take_frame(c, f) && serve_frame(c, f))
      ;
  free(f);
}

/* ---- connections --------------------------------------------------------- */

static void *connection_main(void *arg)
{
  struct connection *c = arg;

  serve(c);
  SSL_free(c->ssl);
  shutdown(c->fd, SHUT_WR);
  close(c->fd);
  free(c);
  return NULL;
}

static void *acceptor_main(void *arg)
{
  struct h2 *h = arg;
  struct connection *c;
  int fd;

  while (h->n < CONNECTIONS && (fd = accept(h->fd, NULL, NULL)) >= 0) {
    c = calloc(1, sizeof(*c));
    ck_assert_ptr_nonnull(c);
    c->h = h;
    c->fd = fd;
    c->nth = h->n;
    c->ssl = SSL_new(h->tls);
    ck_assert_ptr_nonnull(c->ssl);
    SSL_set_fd(c->ssl, fd);
    h->fds[h->n] = dup(fd);
    ck_assert_int_eq(
      pthread_create(&h->threads[h->n], NULL, connection_main, c), 0);
    h->n++;
  }
  return NULL;
}

/* ---- TLS ----------------------------------------------------------------- */

static int choose(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                  const unsigned char *in, unsigned in_len, void *arg)
{
  static const unsigned char wanted[] = "\x02h2";
  unsigned char *found;

  (void)ssl, (void)arg;
  if (SSL_select_next_proto(&found, out_len, wanted, 3, in, in_len) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = found;
  return SSL_TLSEXT_ERR_OK;
}

static void extend(X509 *cert, int nid, const char *value)
{
  X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

  ck_assert_ptr_nonnull(e);
  X509_add_ext(cert, e, -1);
  X509_EXTENSION_free(e);
}

/* Its own authority, good for an hour. */
static X509 *certify(EVP_PKEY *key)
{
  X509 *cert = X509_new();
  X509_NAME *name = X509_get_subject_name(cert);

  X509_set_version(cert, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
  X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             (const unsigned char *)"127.0.0.1", -1, -1, 0);
  X509_set_issuer_name(cert, name);
  X509_set_pubkey(cert, key);
  extend(cert, NID_basic_constraints, "critical,CA:TRUE");
  extend(cert, NID_subject_alt_name, "IP:127.0.0.1");
  ck_assert_int_gt(X509_sign(cert, key, EVP_sha256()), 0);
  return cert;
}

static SSL_CTX *new_tls(const char *ca_file)
{
  SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *cert = certify(key);
  FILE *f = fopen(ca_file, "w");

  ck_assert(f && PEM_write_X509(f, cert) == 1 && fclose(f) == 0);
  ck_assert_int_eq(SSL_CTX_use_certificate(tls, cert), 1);
  ck_assert_int_eq(SSL_CTX_use_PrivateKey(tls, key), 1);
  SSL_CTX_set_alpn_select_cb(tls, choose, NULL);
  X509_free(cert);
  EVP_PKEY_free(key);
  return tls;
}

/* ---- the server ---------------------------------------------------------- */

struct h2 *h2_start(const char *ca_file, enum h2_act act, int times,
                    const char *answer)
{
  struct sockaddr_in a = { .sin_family = AF_INET,
                           .sin_addr = { htonl(INADDR_LOOPBACK) } };
  struct sockaddr *any = (struct sockaddr *)(void *)&a;
  socklen_t len = sizeof(a);
  struct h2 *h = calloc(1, sizeof(*h));

  ck_assert_ptr_nonnull(h);
  h->tls = new_tls(ca_file);
  h->act = act;
  h->times = times;
  h->answer = answer;
  h->fd = socket(AF_INET, SOCK_STREAM, 0);
  ck_assert_int_eq(bind(h->fd, any, len), 0);
  ck_assert_int_eq(listen(h->fd, 16), 0);
  ck_assert_int_eq(getsockname(h->fd, any, &len), 0);
  h->port = ntohs(a.sin_port);
  ck_assert_int_eq(pthread_create(&h->acceptor, NULL, acceptor_main, h), 0);
  return h;
}

/* After the client is gone, so that no connection is left open. */
void h2_stop(struct h2 *h)
{
  int i;

  shutdown(h->fd, SHUT_RDWR);
  pthread_join(h->acceptor, NULL);
  close(h->fd);
  for (i = 0; i < h->n; i++) {
    shutdown(h->fds[i], SHUT_RDWR);
    pthread_join(h->threads[i], NULL);
    close(h->fds[i]);
  }
  SSL_CTX_free(h->tls);
  free(h);
}

int h2_port(const struct h2 *h)
{
  return h->port;
}

int h2_posts(struct h2 *h)
{
  return h->posts;
}

int h2_first_post(struct h2 *h)
{
  return h->first;
}
