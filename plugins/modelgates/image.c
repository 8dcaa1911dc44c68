/* image.c - pictures: one exchange for making and editing, always base64.
 *
 * In a stream, models that can show drafts do, as many as they like; others
 * answer as usual.  A vector picture is markup, and comes like any other; while
 * it is written, its text is streamed, which only shows that something happens.
 */
#include "modelgates.h"
#include <string.h>

#define ANSWER_MS 600000u

int32_t gate_image(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = GATE_IMAGE,
                          .flags = GAMUT_HTTP_BILLABLE | GAMUT_HTTP_ALL,
                          .timeout_ms = ANSWER_MS,
                          .method = "POST",
                          .url = "/images" };
  const char *wrong = NULL;
  int32_t error_class = 0;
  struct gamut_json *body = gate_body(c, &wrong, &error_class);

  if (wrong)
    return h->fail(c, error_class, "%s", wrong);
  if (gate_is_true(c, body, "stream"))
    x.flags |= GAMUT_HTTP_STREAM;
  h->header(c, "accept",
            x.flags & GAMUT_HTTP_STREAM ? "text/event-stream"
                                        : "application/json");
  x.json = body;
  return h->http(c, &x);
}

/* Whether there was a picture. */
static int hand_over(struct gamut_call *c, const struct gamut_json *item,
                     uint32_t flags)
{
  const struct gamut_host *h = c->host;
  const char *text = h->json_str(item, "b64_json", "");
  struct gamut_artifact a = { .struct_size = sizeof(a),
                              .kind = GAMUT_IMAGE,
                              .data = text,
                              .data_len = strlen(text),
                              .mime = h->json_str(item, "media_type", NULL),
                              .flags = flags | GAMUT_ART_BASE64 };

  if (!*text)
    return 0;
  h->artifact(c, &a);
  return 1;
}

int32_t gate_image_reply(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *r = c->reply->json, *data = h->json_get(r, "data");
  uint32_t i, n = h->json_count(data, ""), found = 0;

  /* A stream has handed its pictures over as they came. */
  if (h->json_int(c->state, "pictures", 0) > 0)
    return h->done(c);
  if (gate_has_error(c, r))
    return h->fail_reply(c);
  for (i = 0; i < n; i++)
    found += (uint32_t)hand_over(c, h->json_member(data, i, NULL), 0);
  gate_tell_cost(c, r, "image", found);
  gate_tell_facts(c, r);
  if (found > 0)
    return h->done(c);
  if (strcmp(c->reply->content_type, "text/event-stream") == 0)
    return h->fail(c, GAMUT_E_PROVIDER,
                   "the stream ended before the picture was complete");
  return h->fail(c, r ? GAMUT_E_PROVIDER : GAMUT_E_PROTOCOL,
                 "the answer has no picture in it");
}

/* ---- the stream --------------------------------------------------------- */

static int ends_with(const char *s, const char *with)
{
  size_t n = strlen(s), m = strlen(with);

  return n >= m && strcmp(s + n - m, with) == 0;
}

static void show_writing(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;

  if (h->json_str(c->state, "said", NULL))
    return;
  h->json_set_str(c->state, "said", "writing the markup");
  h->progress(c, -1, "writing the markup");
}

/* Each picture brings its own event, and its own cost. */
static int32_t complete(struct gamut_call *c, const struct gamut_json *event)
{
  const struct gamut_host *h = c->host;
  int64_t wanted = h->json_int(c->request, "n", 1);
  int64_t n = h->json_int(c->state, "pictures", 0);
  double before = h->json_real(c->state, "microusd", 0);
  double usd = h->json_real(event, "usage/cost", -1);
  double sum = usd < 0 || before < 0 ? -1 : before + usd * 1e6;

  n += hand_over(c, event, 0);
  h->json_set_int(c->state, "pictures", n);
  h->json_set_real(c->state, "microusd", sum);
  if (sum >= 0 && sum < 1e12)
    h->usage(c, "image", (double)n, (int64_t)(sum + 0.5));
  gate_tell_facts(c, event);
  return n >= wanted ? h->done(c) : h->more(c);
}

static int32_t broken(struct gamut_call *c, const struct gamut_json *event)
{
  const struct gamut_host *h = c->host;

  gate_tell_facts(c, event);
  return h->fail(
    c, gate_class(c, event), "%s",
    h->json_str(event, "error/message",
                h->json_str(event, "error", "the generation failed")));
}

int32_t gate_image_event(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *event = c->reply->json;
  const char *type = h->json_str(event, "type", "");

  if (gate_has_error(c, event) || strcmp(type, "error") == 0)
    return broken(c, event);
  if (ends_with(type, ".partial_image"))
    (void)hand_over(c, event, GAMUT_ART_PARTIAL);
  else if (ends_with(type, ".text_chunk"))
    show_writing(c);
  else if (ends_with(type, ".completed"))
    return complete(c, event);
  return h->more(c); /* "[DONE]", and what is yet to be invented */
}
