/* Higgsfield's webhooks.  The current API takes the URL in the query and signs
 * as the Standard Webhooks say, with the account's secret; the old one takes
 * {"url","secret"} in the body and sends the secret back in a header. */
#include "higgsfield.h"

#include <stdlib.h>
#include <string.h>

/* What is put before the URL of the old form: its secret and a blank. */
#define OLD "old "

bool hf_good_hook(struct em_request *rq, struct json_object *body)
{
  const char *url = em_query(rq, "hf_webhook");
  struct json_object *hook = NULL, *value = NULL;

  if (json_object_object_get_ex(body, "webhook", &hook) &&
      em_starts(rq->path, "/v1/")) {
    json_object_object_get_ex(hook, "url", &value);
    url = value ? json_object_get_string(value) : "";
  }
  if (!url || em_hook_url_ok(url))
    return true;
  hf_detail(rq, 422, "webhook: URL must be https and public");
  return false;
}

static void put_headers(struct em_server *sv, const struct em_job *job,
                        const struct em_buf *body, struct em_buf *headers)
{
  struct em_buf secret = { 0 };
  unsigned char key[24];

  em_hook_secret(sv, key, &secret);
  em_standard_headers(sv, job->id, key, sizeof(key), body, headers);
  em_buf_finish(&secret);
}

static void deliver(struct em_server *sv, struct em_job *job, const char *url)
{
  struct em_buf body = { 0 }, headers = { 0 };
  const char *secret = url + strlen(OLD);

  if (hf_is_v1(job))
    hf_put_job_set(sv, job, &body);
  else
    hf_put_status(sv, job, &body);
  if (em_starts(url, OLD)) {
    url = secret + strcspn(secret, " ") + 1;
    em_buf_printf(&headers, "X-Webhook-Secret-Key: %.*s\r\n",
                  (int)strcspn(secret, " \r\n"), secret);
  } else {
    put_headers(sv, job, &body, &headers);
  }
  em_hook_send(sv, url, &headers, &body);
  em_buf_finish(&body);
  em_buf_finish(&headers);
}

void hf_add_hook(struct em_request *rq, struct json_object *body,
                 struct em_job *job)
{
  const char *url = em_query(rq, "hf_webhook");
  struct json_object *hook = NULL, *address = NULL, *secret = NULL;
  struct em_buf text = { 0 };

  if (hf_is_v1(job) && json_object_object_get_ex(body, "webhook", &hook)) {
    json_object_object_get_ex(hook, "url", &address);
    json_object_object_get_ex(hook, "secret", &secret);
    em_buf_printf(&text, OLD "%s %s",
                  secret ? json_object_get_string(secret) : "",
                  json_object_get_string(address));
    em_hook_add(rq->server, job, text.data, deliver);
    em_buf_finish(&text);
  } else if (url) {
    em_hook_add(rq->server, job, url, deliver);
  }
}
