/* fal's webhooks: ?fal_webhook=URL of a submit, the delivery when the job is
 * over, and the key set that its signature is checked with.  The set has a key
 * that signs nothing as well: every key of it must be tried. */
#include "fal.h"

#include <string.h>

#define USER     "auth0|emulated-user"
#define IDLE_KEY 0x1d1eu

static uint64_t signing_seed(const struct em_server *sv)
{
  return em_mix(sv->options->seed ^ 0xfa1u);
}

/* ---- submit ------------------------------------------------------------- */

bool fal_good_hook(struct em_request *rq)
{
  const char *url = em_query(rq, "fal_webhook");

  if (!url || em_hook_url_ok(url))
    return true;
  em_reply_json(rq, 422,
                "{\"detail\":[{\"loc\":[\"query\",\"fal_webhook\"],\"msg\":"
                "\"Webhook URL must be a public https address\",\"type\":"
                "\"value_error\"}]}");
  return false;
}

/* ---- the delivery ------------------------------------------------------- */

/* What the result would answer, wrapped. */
static void put_payload(struct em_server *sv, struct em_job *job,
                        struct em_buf *b)
{
  struct em_request rq = { .server = sv };
  struct em_buf *body = &rq.reply.body;
  bool refused = fal_refused(&rq, job);

  em_buf_printf(b, "{\"request_id\":\"%s\",\"gateway_request_id\":\"%s\",",
                job->id, job->id);
  job->results++;
  if (refused) {
    em_buf_printf(b,
                  "\"status\":\"ERROR\",\"error\":"
                  "\"Invalid status code: %u\",\"payload\":",
                  rq.reply.status);
  } else {
    em_buf_puts(b, "\"status\":\"OK\",\"error\":null,\"payload\":");
    fal_put_output(sv, job, body);
  }
  em_buf_add(b, body->data, body->len);
  em_buf_putc(b, '}');
  em_reply_clear(&rq.reply);
}

static void put_signature(struct em_server *sv, const struct em_job *job,
                          const struct em_buf *body, struct em_buf *headers)
{
  long long now = em_hook_time(sv);
  unsigned char signature[64];
  struct em_buf text = { 0 };
  size_t i;

  em_buf_printf(&text, "%s\n" USER "\n%lld\n", job->id, now);
  em_sha256_hex(body, &text);
  em_ed25519_sign(signing_seed(sv), &text, signature);
  if (em_hook_tampered(sv))
    signature[0] ^= 1;
  em_buf_printf(headers,
                "X-Fal-Webhook-Request-Id: %s\r\n"
                "X-Fal-Webhook-User-Id: " USER "\r\n"
                "X-Fal-Webhook-Timestamp: %lld\r\nX-Fal-Webhook-Signature: ",
                job->id, now);
  for (i = 0; i < sizeof(signature); i++)
    em_buf_printf(headers, "%02x", signature[i]);
  em_buf_puts(headers, "\r\n");
  em_buf_finish(&text);
}

static void deliver(struct em_server *sv, struct em_job *job, const char *url)
{
  struct em_buf body = { 0 }, headers = { 0 };

  put_payload(sv, job, &body);
  put_signature(sv, job, &body, &headers);
  em_hook_send(sv, url, &headers, &body);
  em_buf_finish(&body);
  em_buf_finish(&headers);
}

void fal_add_hook(struct em_request *rq, struct em_job *job)
{
  const char *url = em_query(rq, "fal_webhook");

  if (url)
    em_hook_add(rq->server, job, url, deliver);
}

/* ---- the keys ----------------------------------------------------------- */

static void put_key(uint64_t seed, struct em_buf *b)
{
  unsigned char public_key[32];
  struct em_buf text = { 0 };
  size_t i;

  em_ed25519_public(seed, public_key);
  em_buf_base64(&text, public_key, sizeof(public_key));
  em_buf_puts(b, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"");
  for (i = 0; i < text.len && text.data[i] != '='; i++)
    em_buf_putc(b, text.data[i] == '+'   ? '-'
                   : text.data[i] == '/' ? '_'
                                         : (unsigned char)text.data[i]);
  em_buf_puts(b, "\"}");
  em_buf_finish(&text);
}

void fal_answer_keys(struct em_request *rq)
{
  struct em_buf *b = &rq->reply.body;

  if (!em_can_sign()) {
    em_reply_json(rq, 503, "{\"detail\":\"built without libcrypto\"}");
    return;
  }
  em_buf_puts(b, "{\"keys\":[");
  put_key(IDLE_KEY, b);
  em_buf_putc(b, ',');
  put_key(signing_seed(rq->server), b);
  em_buf_puts(b, "]}");
  rq->reply.status = 200;
}
