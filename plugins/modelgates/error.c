/* error.c - replies that say no.
 *
 * The tables of modelgates.c judge most of them.  What they cannot: a schema
 * error whose message is JSON in a string, a path that may not be there at all,
 * and errors inside a stream, which no table of the host sees.
 */
#include "modelgates.h"
#include <string.h>

#define ISSUES_SHOWN 5u

/* ---- {"success": false, "error": {"name": "ZodError", "message": "[...]"}} */

/* ["input_references", 0] -> "input_references.0: " */
static const char *place_of(struct gamut_call *c, const struct gamut_json *path)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *part;
  const char *place = "";
  uint32_t i;

  for (i = 0; (part = h->json_member(path, i, NULL)); i++) {
    const char *word = h->json_str(part, "", NULL);

    place = h->text(c, "%s%s%s", place, i ? "." : "",
                    word ? word : h->json_text(c, part));
  }
  return i ? h->text(c, "%s: ", place) : "";
}

static const char *issues_of(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *r = c->reply->json, *issue;
  const char *text = h->json_str(r, "error/message", ""), *sentence = NULL;
  const struct gamut_json *list;
  uint32_t i;

  if (strcmp(h->json_str(r, "error/name", ""), "ZodError") != 0)
    return NULL;
  list = h->json_parse(c, text, strlen(text));
  for (i = 0; i < ISSUES_SHOWN && (issue = h->json_member(list, i, NULL)); i++)
    sentence =
      h->text(c, "%s%s%s%s", sentence ? sentence : "", sentence ? "; " : "",
              place_of(c, h->json_get(issue, "path")),
              h->json_str(issue, "message", "not accepted"));
  return sentence;
}

int32_t gate_refused(struct gamut_call *c, int unsure)
{
  const struct gamut_host *h = c->host;
  const char *issues = issues_of(c);
  int status = (int)c->reply->status;

  if (issues)
    return h->fail(c, GAMUT_E_INVALID, "%s (HTTP %d)", issues, status);
  if (unsure && status == 404 && c->phase == GATE_IMAGE)
    return h->fail(c, GAMUT_E_UNSUPPORTED,
                   "ModelGates does not offer images, or not '%s' (HTTP 404); "
                   "openrouter has them",
                   h->json_str(c->request, "model", ""));
  return h->fail_reply(c);
}

/* ---- errors under a good status ----------------------------------------- */

int gate_has_error(struct gamut_call *c, const struct gamut_json *reply)
{
  const struct gamut_host *h = c->host;

  return h->json_type(h->json_get(reply, "error")) > GAMUT_JSON_NULL;
}

static int lower(char ch)
{
  return ch >= 'A' && ch <= 'Z' ? ch - 'A' + 'a' : ch;
}

static int begins(const char *s, const char *word)
{
  for (; *word; s++, word++)
    if (lower(*s) != *word)
      return 0;
  return 1;
}

int gate_says_blocked(const char *sentence)
{
  static const char *const words[] = { "content policy", "content_policy",
                                       "moderation", "safety", "flagged" };
  size_t i;

  for (; sentence && *sentence; sentence++)
    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
      if (begins(sentence, words[i]))
        return 1;
  return 0;
}

/* The row of the table whose path and value these are; 0: none. */
static int32_t class_of(const char *path, const char *value)
{
  uint32_t i;

  for (i = 0; value && i < gate_n_reasons; i++) {
    const struct gamut_reason *r = &gate_reasons[i];

    if (r->path && r->phases == 0 && r->value && strcmp(r->path, path) == 0 &&
        strcmp(r->value, value) == 0)
      return r->error_class;
  }
  return 0;
}

/* Moderation and guardrails say why.  As in the table, only a type that blames
 * the gateway stands behind that. */
static int is_guarded(struct gamut_call *c, const struct gamut_json *event,
                      int32_t by_type)
{
  const struct gamut_host *h = c->host;

  if (by_type && by_type != GAMUT_E_PROVIDER && by_type != GAMUT_E_TIMEOUT)
    return 0;
  return h->json_count(event, "error/metadata/reasons") > 0 ||
         h->json_count(event, "error/metadata/patterns") > 0 ||
         h->json_type(h->json_get(event, "error/metadata/flagged_input")) >
           GAMUT_JSON_NULL;
}

/* "code" is a number in most errors, and the upstream's word in a stream's. */
int32_t gate_class(struct gamut_call *c, const struct gamut_json *event)
{
  const struct gamut_host *h = c->host;
  const char *sentence =
    h->json_str(event, "error/message", h->json_str(event, "error", ""));
  const struct gamut_json *code = h->json_get(event, GATE_CODE);
  const char *word = h->json_str(code, "", NULL);
  int32_t found =
    class_of(GATE_ERROR_TYPE, h->json_str(event, GATE_ERROR_TYPE, NULL));

  if (is_guarded(c, event, found))
    return GAMUT_E_BLOCKED;
  if (!word && h->json_type(code) > GAMUT_JSON_NULL)
    word = h->json_text(c, code);
  found = found ? found : class_of(GATE_ERROR_TYPE, word);
  found = found
            ? found
            : class_of(GATE_ERROR_TYPE, h->json_str(event, "error/type", NULL));
  found = found ? found : class_of(GATE_CODE, word);
  if (!found && (gate_says_blocked(sentence) || gate_says_blocked(word)))
    return GAMUT_E_BLOCKED;
  return found ? found : GAMUT_E_PROVIDER;
}
