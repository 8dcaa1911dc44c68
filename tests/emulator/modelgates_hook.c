/* The callback of a video: one POST at its end, signed with the secret of the
 * workspace; what is joined to the body is the time, with a comma. */
#include "modelgates.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The words of the end as the poll says them: "completed","unsigned_urls":...
 */
static void put_body(struct em_server *sv, struct em_job *job,
                     struct em_buf *status, struct em_buf *out)
{
  const char *host = job->app + strlen("gate:");
  struct em_request rq = { .server = sv };
  char *name = em_strdup(host), when[32];
  time_t seconds = (time_t)em_hook_time(sv);
  struct em_buf end = { 0 };
  struct tm tm;

  name[strcspn(name, ":")] = '\0';
  rq.host = name;
  gate_put_end(&rq, job, &end);
  em_buf_printf(status, "%.*s", (int)strcspn(end.data + 1, "\""), end.data + 1);
  gmtime_r(&seconds, &tm);
  strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
  em_buf_printf(out,
                "{\"type\":\"video.generation.%s\",\"created_at\":"
                "\"%s.000Z\",\"data\":{\"id\":\"",
                status->data, when);
  gate_put_id(job, "gen-vid-", out);
  em_buf_puts(out, "\",\"generation_id\":\"");
  gate_put_id(job, "gen-", out);
  em_buf_puts(out, "\",\"model\":");
  em_buf_json(out, job->endpoint);
  em_buf_printf(out, ",\"status\":%s}}", end.data);
  em_buf_finish(&end);
  free(name);
}

/* The secret is plain text here: what follows "whsec_" in the account's. */
static void put_headers(struct em_server *sv, const struct em_job *job,
                        const char *status, const struct em_buf *body,
                        struct em_buf *headers)
{
  long long now = em_hook_time(sv);
  const size_t skip = strlen("whsec_");
  struct em_buf secret = { 0 }, text = { 0 };
  unsigned char key[24];

  em_hook_secret(sv, key, &secret);
  em_buf_printf(&text, "%lld,", now);
  em_buf_add(&text, body->data, body->len);
  if (em_hook_tampered(sv))
    em_buf_putc(&text, ' ');
  em_buf_puts(headers, "X-OpenRouter-Idempotency-Key: ");
  gate_put_id(job, "gen-vid-", headers);
  em_buf_printf(headers, "-%s\r\nX-OpenRouter-Signature: t=%lld,v1=", status,
                now);
  em_hmac_hex(secret.data + skip, secret.len - skip, &text, headers);
  em_buf_puts(headers, "\r\n");
  em_buf_finish(&secret);
  em_buf_finish(&text);
}

static void deliver(struct em_server *sv, struct em_job *job, const char *url)
{
  struct em_buf body = { 0 }, headers = { 0 }, status = { 0 };

  put_body(sv, job, &status, &body);
  put_headers(sv, job, status.data, &body, &headers);
  em_hook_send(sv, url, &headers, &body);
  em_buf_finish(&body);
  em_buf_finish(&headers);
  em_buf_finish(&status);
}

void gate_add_hook(struct em_request *rq, const struct gate_want *want,
                   struct em_job *job)
{
  const char *url = gate_text(want, "callback_url");

  if (url)
    em_hook_add(rq->server, job, url, deliver);
}
