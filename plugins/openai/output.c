/* output.c - pictures: in one JSON answer, or at the end of a stream of drafts.
 *
 * Each item has base64 or a URL, and compatible servers have null for the other
 * one.  The type is told by the bytes, for output_format is often missing.
 *
 * Cost is exact where token prices are known: the catalog's "wire" has them as
 * "tokens": {"text_in", "image_in", "image_out"}, in dollars for a million,
 * which is millionths of a dollar for one.  No usage, or zeros, as local
 * servers say, is an unknown cost.
 */
#include "openai.h"
#include <string.h>

/* ---- what it cost ------------------------------------------------------- */

struct use {
  int64_t tokens;
  double microusd; /* below 0: not known */
};

static struct use use_of(struct gamut_call *c, const struct gamut_json *reply)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *u = h->json_get(reply, "usage");
  const struct gamut_json *price = h->json_get(c->request, "wire/tokens");
  int64_t in = h->json_int(u, "input_tokens", 0);
  int64_t out = h->json_int(u, "output_tokens", 0);
  int64_t text = h->json_int(u, "input_tokens_details/text_tokens", -1);
  int64_t image = h->json_int(u, "input_tokens_details/image_tokens", -1);
  int64_t words = h->json_int(u, "output_tokens_details/text_tokens", 0);
  struct use use = { h->json_int(u, "total_tokens", in + out), -1 };

  /* Without details only a request without pictures is clear. */
  if (text < 0 && image < 0 && c->n_inputs == 0 &&
      !h->json_get(c->request, "extra/images"))
    image = 0;
  if (text < 0 && image >= 0)
    text = in - image;
  else if (image < 0 && text >= 0)
    image = in - text;
  if (!price || text < 0 || image < 0 || words > 0 || in + out <= 0 ||
      h->json_type(h->json_get(reply, "svg_usage")) > GAMUT_JSON_NULL)
    return use;
  out = h->json_int(u, "output_tokens_details/image_tokens", out);
  use.microusd = (double)text * h->json_real(price, "text_in", 0) +
                 (double)image * h->json_real(price, "image_in", 0) +
                 (double)out * h->json_real(price, "image_out", 0);
  return use;
}

static void tell_use(struct gamut_call *c, struct use use)
{
  if (use.tokens > 0)
    c->host->usage(c, "token", (double)use.tokens,
                   use.microusd < 0 ? -1 : (int64_t)(use.microusd + 0.5));
}

/* ---- pictures ----------------------------------------------------------- */

/* One item; whether there was a picture. */
static int hand_over(struct gamut_call *c, const struct gamut_json *item,
                     uint32_t flags)
{
  const struct gamut_host *h = c->host;
  struct gamut_artifact a = { .struct_size = sizeof(a), .kind = GAMUT_IMAGE };
  const char *text = h->json_str(item, "b64_json", NULL);

  a.flags = flags;
  if (text && text[0]) {
    a.data = text;
    a.data_len = strlen(text);
    a.flags |= GAMUT_ART_BASE64;
  } else {
    a.url = openai_whole_url(c, h->json_str(item, "url", NULL));
  }
  if (!a.data && !(a.url && a.url[0]))
    return 0;
  h->artifact(c, &a);
  return 1;
}

static void facts(struct gamut_call *c, const struct gamut_json *reply)
{
  static const char *const names[] = { "size", "quality", "background" };
  const struct gamut_host *h = c->host;
  size_t i;

  for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
    h->fact(c, names[i], h->json_str(reply, names[i], NULL));
  h->fact(c, "revised_prompt",
          h->json_str(reply, "data/0/revised_prompt", NULL));
  h->fact(c, "request_id", h->reply_header(c, "x-request-id"));
}

/* The pictures of a whole answer. */
static uint32_t take_all(struct gamut_call *c, const struct gamut_json *reply)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *data = h->json_get(reply, "data");
  uint32_t i, n = h->json_count(data, ""), found = 0;

  for (i = 0; i < n; i++)
    found += (uint32_t)hand_over(c, h->json_member(data, i, NULL), 0);
  facts(c, reply);
  tell_use(c, use_of(c, reply));
  return found;
}

int32_t openai_pictures(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *reply = c->reply->json;

  /* A stream has handed its pictures over as they came. */
  if (h->json_int(c->state, "pictures", 0) > 0)
    return h->done(c);
  if (openai_has_error(c, reply))
    return h->fail_reply(c);
  if (take_all(c, reply) > 0)
    return h->done(c);
  if (strncmp(c->reply->content_type, "text/event-stream", 17) == 0)
    return h->fail(c, GAMUT_E_PROVIDER,
                   "the stream ended before the picture was complete");
  return h->fail(c, GAMUT_E_PROVIDER, "the answer has no picture in it");
}

/* ---- the stream --------------------------------------------------------- */

static int ends_with(const char *s, const char *with)
{
  size_t n = strlen(s), m = strlen(with);

  return n >= m && strcmp(s + n - m, with) == 0;
}

/* A picture is complete.  How several come in one stream is not documented:
 * each brings its own event, and its own tokens. */
static int32_t complete(struct gamut_call *c, const struct gamut_json *event)
{
  const struct gamut_host *h = c->host;
  int64_t wanted = h->json_int(c->request, "n", 1);
  int64_t n = h->json_int(c->state, "pictures", 0);
  double before = h->json_real(c->state, "microusd", 0);
  struct use use = use_of(c, event);

  n += hand_over(c, event, 0);
  use.tokens += h->json_int(c->state, "tokens", 0);
  use.microusd = use.microusd < 0 || before < 0 ? -1 : use.microusd + before;
  h->json_set_int(c->state, "pictures", n);
  h->json_set_int(c->state, "tokens", use.tokens);
  h->json_set_real(c->state, "microusd", use.microusd);
  facts(c, event);
  tell_use(c, use);
  return n >= wanted ? h->done(c) : h->more(c);
}

/* Servers write {"error": ...}, a type "error", or an error without either: a
 * message or a code where a picture would be. */
static int is_error(struct gamut_call *c, const struct gamut_json *event,
                    const char *type)
{
  const struct gamut_host *h = c->host;

  return openai_has_error(c, event) || strcmp(type, "error") == 0 ||
         (!ends_with(type, ".partial_image") &&
          !ends_with(type, ".completed") &&
          (h->json_str(event, "message", NULL) ||
           h->json_str(event, "code", NULL)));
}

int32_t openai_event(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *event = c->reply->json;
  const char *type = h->json_str(event, "type", "");

  if (is_error(c, event, type))
    return openai_broken(c, event);
  if (ends_with(type, ".partial_image"))
    (void)hand_over(c, event, GAMUT_ART_PARTIAL);
  else if (ends_with(type, ".completed"))
    return complete(c, event);
  return h->more(c); /* "[DONE]", and what is yet to be invented */
}
