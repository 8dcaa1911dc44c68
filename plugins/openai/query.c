/* query.c - what is asked beside generations: the models of a key, and whether a
 * delivery to a webhook is OpenAI's (Standard Webhooks: an HMAC over id, time
 * and body).
 */
#include "openai.h"
#include <string.h>

/* ---- models ------------------------------------------------------------- */

static const struct {
  const char *prefix, *operations;
} families[] = {
  { "gpt-image-", "[\"text-to-image\",\"edit\",\"image-to-image\"]" },
  { "chatgpt-image-", "[\"text-to-image\",\"edit\",\"image-to-image\"]" },
  { "dall-e-3", "[\"text-to-image\"]" },
  { "dall-e-2", "[\"text-to-image\",\"edit\",\"image-to-image\"]" },
  { "sora-", "[\"text-to-video\",\"image-to-video\",\"video-to-video\"]" },
};

/* NULL: no model for pictures or videos.  Another server has its own names. */
static const char *operations_of(struct gamut_call *c, const char *id)
{
  size_t i;

  for (i = 0; i < sizeof(families) / sizeof(families[0]); i++)
    if (strncmp(id, families[i].prefix, strlen(families[i].prefix)) == 0)
      return families[i].operations;
  return openai_is_elsewhere(c) ? "[\"text-to-image\"]" : NULL;
}

/* What is listed still lives; the day of its end may be known. */
static struct gamut_json *entry(struct gamut_call *c,
                                const struct gamut_json *model,
                                const char *operations)
{
  const struct gamut_host *h = c->host;
  const char *end = h->json_str(model, "shutdown_date", NULL);
  struct gamut_json *o = h->json_object(c);

  h->json_set_str(o, "id", h->json_str(model, "id", NULL));
  h->json_set(o, "operations",
              h->json_parse(c, operations, strlen(operations)));
  h->json_set_str(o, "life", end ? "deprecated" : "available");
  h->json_set_str(o, "life_date", end);
  return o;
}

/* Servers that have none write null for them. */
static int is_list(struct gamut_call *c, const struct gamut_json *reply)
{
  const struct gamut_host *h = c->host;
  int32_t type = h->json_type(h->json_get(reply, "data"));

  return type == GAMUT_JSON_ARRAY ||
         (type <= GAMUT_JSON_NULL &&
          strcmp(h->json_str(reply, "object", ""), "list") == 0);
}

static int32_t listed(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *data = h->json_get(c->reply->json, "data"), *model;
  struct gamut_json *list = h->json_array(c);
  const char *id, *operations;
  uint32_t i;

  if (openai_has_error(c, c->reply->json))
    return h->fail_reply(c);
  if (!is_list(c, c->reply->json))
    return h->fail(c, GAMUT_E_PROVIDER, "the answer is no list of models");
  for (i = 0; (model = h->json_member(data, i, NULL)); i++) {
    id = h->json_str(model, "id", "");
    operations = id[0] ? operations_of(c, id) : NULL;
    if (operations)
      h->json_set(list, NULL, entry(c, model, operations));
  }
  h->answer(c, list);
  return h->done(c);
}

static int32_t list(void *instance, struct gamut_call *c)
{
  struct gamut_http x = { .phase = OPENAI_MODELS, .method = "GET" };

  (void)instance;
  return c->event == GAMUT_EV_START ? openai_send(c, &x, "/models") : listed(c);
}

const struct gamut_models openai_models = { .struct_size =
                                              sizeof(openai_models),
                                            .list = list };

/* ---- deliveries --------------------------------------------------------- */

#define SKEW_S 300 /* older or newer ones are refused */

static int64_t seconds(const char *s)
{
  int64_t n = 0;

  for (; *s >= '0' && *s <= '9' && n < INT64_MAX / 10 - 9; s++)
    n = n * 10 + (*s - '0');
  return *s ? -1 : n;
}

/* "v1,BASE64 v1,BASE64": keys in rotation sign side by side. */
static int one_is_right(struct gamut_call *c, const char *all, const char *text)
{
  const struct gamut_host *h = c->host;
  struct gamut_signature s = { .struct_size = sizeof(s),
                               .alg = "HS256",
                               .secret = "webhook_secret",
                               .text = text };
  size_t n;

  for (; *all; all += n + strspn(all + n, " ")) {
    n = strcspn(all, " ");
    s.signature = h->text(c, "%.*s", (int)n, all);
    if (strncmp(s.signature, "v1,", 3) == 0)
      s.signature += 3;
    if (h->verify(c, &s) == 0)
      return 1;
  }
  return 0;
}

/* What it says of a video; other events tell of no job of ours. */
static int32_t answer(struct gamut_call *c, const char *id)
{
  const struct gamut_host *h = c->host;
  const char *body = h->json_str(c->request, "body", "");
  const struct gamut_json *event = h->json_parse(c, body, strlen(body));
  const char *type = h->json_str(event, "type", "");
  struct gamut_json *o = h->json_object(c);

  h->json_set_str(o, "delivery", id);
  if (strncmp(type, "video.", 6) == 0)
    h->json_set_str(o, "job", h->json_str(event, "data/id", NULL));
  if (strcmp(type, "video.completed") == 0)
    h->json_set_str(o, "state", "completed");
  else if (strcmp(type, "video.failed") == 0)
    h->json_set_str(o, "state", "failed");
  h->json_set_str(o, "message", type);
  h->answer(c, o);
  return h->done(c);
}

static int32_t verify(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *headers = h->json_get(c->request, "headers");
  const char *id = h->json_str(headers, "webhook-id", NULL);
  const char *time = h->json_str(headers, "webhook-timestamp", NULL);
  const char *all = h->json_str(headers, "webhook-signature", NULL);
  int64_t off, then = time ? seconds(time) : -1;

  (void)instance;
  if (!id || !all || then < 0)
    return h->fail(c, GAMUT_E_AUTH,
                   "the delivery lacks webhook-id, webhook-timestamp or "
                   "webhook-signature");
  off = (int64_t)(c->now_ms / 1000) - then;
  if (off > SKEW_S || off < -SKEW_S)
    return h->fail(c, GAMUT_E_AUTH,
                   "the delivery was signed %lld seconds from now; at most %d "
                   "are allowed",
                   (long long)off, SKEW_S);
  if (!one_is_right(c, all,
                    h->text(c, "%s.%s.%s", id, time,
                            h->json_str(c->request, "body", ""))))
    return h->fail(c, GAMUT_E_AUTH, "the delivery's signature is not right");
  return answer(c, id);
}

const struct gamut_webhook openai_webhook = { .struct_size =
                                                sizeof(openai_webhook),
                                              .verify = verify };
