#ifndef EM_HOOKS_H
#define EM_HOOKS_H

#include "jobs.h"
#include "util.h"

struct em_server;
struct em_request;

/* Somebody wants to hear of a job's end. */
struct em_hook {
  struct em_job *job;
  char *url;
  /* The job is over: em_hook_send() what is to be said.  Again when the
   * control URL wants a delivery repeated. */
  void (*over)(struct em_server *sv, struct em_job *job, const char *url);
  bool done;
};

struct em_hooks {
  struct em_hook *all;
  size_t n, cap, n_open;
  char *to;       /* origin that gets every delivery; NULL: none leaves */
  bool tamper;    /* the next signature does not fit its body */
  int64_t late_s; /* deliveries were signed so long ago */
  uint64_t sent;
};

/* What vendors ask of a callback: https, a named public host, no password. */
bool em_hook_url_ok(const char *url);
void em_hook_add(struct em_server *sv, struct em_job *job, const char *url,
                 void (*over)(struct em_server *sv, struct em_job *job,
                              const char *url));
/* POSTs `body` to where `url` is played.  `headers`: lines that end with CRLF.
 * Does not wait; what is no 2xx is sent again, a few times. */
void em_hook_send(struct em_server *sv, const char *url,
                  const struct em_buf *headers, const struct em_buf *body);
/* The secret of the account, for vendors that have one for all deliveries; also
 * in the answer of POST /control/hooks. */
void em_hook_secret(const struct em_server *sv, unsigned char key[24],
                    struct em_buf *out);
/* Unix seconds at which a delivery says that it was signed. */
int64_t em_hook_time(const struct em_server *sv);
/* True once after the control URL asked for it. */
bool em_hook_tampered(struct em_server *sv);

/* Calls what is due; milliseconds until the next look, or -1. */
int64_t em_hooks_run(struct em_server *sv);
/* POST /control/hooks, everything in `o` is optional:
 * {"to": "http://127.0.0.1:PORT", "tamper": true, "late_s": N, "again": ID} */
const char *em_hooks_control(struct em_server *sv, const char *to,
                             const char *again, bool tamper, int64_t late_s);
void em_hooks_clear(struct em_server *sv); /* `to` stays */
void em_hooks_finish(struct em_server *sv);

/* sign.c: needs libcrypto; without it nothing is signed and nothing leaves. */
bool em_can_sign(void);
/* The seed makes the key: the same in every run with --seed. */
void em_ed25519_public(uint64_t seed, unsigned char ret[32]);
void em_ed25519_sign(uint64_t seed, const struct em_buf *text,
                     unsigned char ret[64]);
void em_sha256_hex(const struct em_buf *text, struct em_buf *out);
void em_hmac_hex(const char *key, size_t key_len, const struct em_buf *text,
                 struct em_buf *out);
/* Standard Webhooks: the three headers for `body`. */
void em_standard_headers(struct em_server *sv, const char *id,
                         const unsigned char *key, size_t key_len,
                         const struct em_buf *body, struct em_buf *headers);
/* "whsec_" and the base64 of a key of 24 bytes that `seed` makes. */
void em_standard_secret(uint64_t seed, unsigned char key[24],
                        struct em_buf *out);

#endif
