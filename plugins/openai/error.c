/* error.c - refusals: as a status, and in the middle of a stream.
 *
 * The table of reasons says what a status means and whether it is repeated, by
 * the host.  What a server refuses that does not know response_format is sent
 * without the field.  An event of a stream is no reply, so what it says is
 * looked up here.
 *
 * State: "plain": without response_format.
 */
#include "openai.h"
#include <string.h>

/* ---- what the vendor tells beside the sentence -------------------------- */

/* ["sexual", "violence"] */
static const char *joined(struct gamut_call *c, const struct gamut_json *list)
{
  const struct gamut_host *h = c->host;
  const char *all = NULL;
  uint32_t i;

  for (i = 0; i < h->json_count(list, ""); i++) {
    const char *one = h->json_str(h->json_member(list, i, NULL), "", "");

    all = all ? h->text(c, "%s, %s", all, one) : one;
  }
  return all;
}

/* The id of the exchange is what OpenAI's support asks for. */
static void tell(struct gamut_call *c, const struct gamut_json *error)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *m = h->json_get(error, "moderation_details");

  h->fact(c, "request_id", h->reply_header(c, "x-request-id"));
  h->fact(c, "moderation_stage", h->json_str(m, "moderation_stage", NULL));
  h->fact(c, "moderation_categories", joined(c, h->json_get(m, "categories")));
}

/* ---- what an event means ------------------------------------------------ */

static int one_of(const char *s, const char *const *words)
{
  for (; *words; words++)
    if (strcmp(s, *words) == 0)
      return 1;
  return 0;
}

static int32_t class_of(struct gamut_call *c, const struct gamut_json *error,
                        const char *message)
{
  static const char *const rate[] = { "rate_limit_exceeded", "slow_down",
                                      "rate_limit_error", NULL };
  const struct gamut_host *h = c->host;
  const char *code = h->json_str(error, "code", "");
  const char *type = h->json_str(error, "type", "");
  uint32_t i;

  for (i = 0; i < openai_n_reasons; i++) {
    const struct gamut_reason *r = &openai_reasons[i];

    if (r->path && r->status == 0 && r->phases == 0 &&
        strcmp(r->value, strcmp(r->path, "error/code") == 0 ? code : type) == 0)
      return r->error_class;
  }
  if (strstr(message, "safety system"))
    return GAMUT_E_BLOCKED;
  if (one_of(code, rate) || one_of(type, rate))
    return GAMUT_E_RATE;
  return strcmp(type, "invalid_request_error") == 0 ? GAMUT_E_INVALID
                                                    : GAMUT_E_PROVIDER;
}

/* ---- refused ------------------------------------------------------------ */

/* As its param, or in the sentence, wherever a server writes that. */
static int is_about(struct gamut_call *c, const char *field)
{
  static const char *const places[] = { "error/message", "error", "message",
                                        "detail" };
  const struct gamut_host *h = c->host;
  const struct gamut_json *reply = c->reply->json;
  size_t i;

  if (strcmp(h->json_str(reply, "error/param", ""), field) == 0)
    return 1;
  for (i = 0; i < sizeof(places) / sizeof(places[0]); i++)
    if (strstr(h->json_str(reply, places[i], ""), field))
      return 1;
  return 0;
}

/* A server that refuses the field answers base64 anyhow. */
static int knows_no_format(struct gamut_call *c)
{
  return c->reply->status == 400 && openai_adds_format(c) &&
         is_about(c, "response_format");
}

int32_t openai_refused(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *error = h->json_get(c->reply->json, "error");

  tell(c, error);
  if (!knows_no_format(c))
    return h->fail_reply(c);
  h->json_set_bool(c->state, "plain", 1);
  return openai_start(c);
}

/* ---- under a good status ------------------------------------------------ */

int openai_has_error(struct gamut_call *c, const struct gamut_json *reply)
{
  return c->host->json_type(c->host->json_get(reply, "error")) >
         GAMUT_JSON_NULL;
}

/* The error is a member of the event, or the event itself. */
int32_t openai_broken(struct gamut_call *c, const struct gamut_json *event)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *error =
    openai_has_error(c, event) ? h->json_get(event, "error") : event;
  const char *message =
    h->json_str(error, "message", h->json_str(error, "", NULL));
  int32_t error_class = class_of(c, error, message ? message : "");

  tell(c, error);
  if (message)
    return h->fail(c, error_class, "%s", message);
  return h->fail(c, error_class, "the stream was broken off: %s",
                 h->json_str(error, "code", "no word why"));
}
