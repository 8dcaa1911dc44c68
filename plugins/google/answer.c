/* answer.c - what the answers of all models have in common: files in three
 * forms, files that were withheld, and errors, as a status and inside good
 * replies. */
#include "google.h"
#include <string.h>

/* A file is bytes, an address of Cloud Storage, or a URL. */
void google_hand_over(struct google *g, int32_t kind, const char *mime,
                      const char *base64, const char *gs, const char *url)
{
  struct gamut_artifact a = { .struct_size = sizeof(a),
                              .kind = kind,
                              .mime = mime };

  if (base64) {
    a.data = base64;
    a.data_len = strlen(base64);
    a.flags = GAMUT_ART_BASE64;
  } else if (gs) {
    g->h->fact(g->c, "gcs_uri", gs);
    /* Cloud Storage takes tokens, no keys. */
    a.url = google_way(g) == GOOGLE_BY_ADC ? google_storage_url(g, gs) : NULL;
    a.url = a.url ? a.url : gs;
  } else {
    a.url = url;
  }
  g->h->artifact(g->c, &a);
}

void google_withheld(struct google *g, int32_t kind)
{
  struct gamut_artifact a = { .struct_size = sizeof(a),
                              .kind = kind,
                              .flags = GAMUT_ART_BLOCKED };

  g->h->artifact(g->c, &a);
}

void google_count_fact(struct google *g, const char *name, int64_t n)
{
  if (n > 0)
    g->h->fact(g->c, name, g->h->text(g->c, "%lld", (long long)n));
}

const char *google_codes(struct google *g, const char *codes,
                         const char *sentence)
{
  const char *at = sentence ? strstr(sentence, "Support code") : NULL, *more;
  size_t n;

  at = at ? strchr(at, ':') : NULL;
  if (!at)
    return codes;
  at += 1 + strspn(at + 1, " ");
  n = strspn(at, "0123456789, ");
  while (n > 0 && (at[n - 1] == ' ' || at[n - 1] == ','))
    n--;
  more = g->h->text(g->c, "%.*s", (int)n, at);
  if (n == 0 || !more)
    return codes;
  if (!codes)
    return more;
  return strstr(codes, more) ? codes : g->h->text(g->c, "%s, %s", codes, more);
}

void google_tell_codes(struct google *g, const char *codes)
{
  g->h->fact(g->c, "support_codes", codes);
}

/* ---- errors with a status of their own ---------------------------------- */

static const struct gamut_json *error_of(struct google *g)
{
  const struct gamut_json *r = g->c->reply->json;

  if (g->h->json_type(r) == GAMUT_JSON_ARRAY)
    r = g->h->json_member(r, 0, NULL);
  return g->h->json_get(r, "error");
}

int32_t google_refused(struct google *g)
{
  const struct gamut_host *h = g->h;
  const char *sentence = h->json_str(error_of(g), "message", NULL);

  google_tell_codes(g, google_codes(g, NULL, sentence));
  if (g->c->reply->status != 404 || !google_wants_global(g))
    return h->fail_reply(g->c);
  return h->fail(g->c, GAMUT_E_NOT_FOUND,
                 "%s (HTTP 404); GOOGLE_CLOUD_LOCATION=global may be needed",
                 sentence ? sentence : "not found");
}

/* ---- errors in good replies --------------------------------------------- */

/* The HTTP status that google.rpc.Code stands for here. */
static int64_t status_of_rpc(int64_t code)
{
  static const uint16_t statuses[] = { 500, 499, 500, 400, 504, 404,
                                       500, 403, 429, 400, 500, 400,
                                       500, 500, 500, 500, 401 };

  return code > 0 && code < 17 ? statuses[code] : 500;
}

static int32_t class_of_status(int64_t status)
{
  switch (status) {
  case 400:
  case 409:
  case 411:
  case 413:
  case 422:
    return GAMUT_E_INVALID;
  case 401:
    return GAMUT_E_AUTH;
  case 402:
    return GAMUT_E_QUOTA;
  case 403:
    return GAMUT_E_PERMISSION;
  case 404:
    return GAMUT_E_NOT_FOUND;
  case 429:
    return GAMUT_E_RATE;
  case 408:
  case 499:
  case 504:
    return GAMUT_E_TIMEOUT;
  default:
    return GAMUT_E_PROVIDER;
  }
}

/* '*' stands for any letters. */
static int fits(const char *pattern, const char *s)
{
  for (; *pattern != '*'; pattern++, s++) {
    if (*pattern != *s)
      return 0;
    if (!*s)
      return 1;
  }
  do {
    if (fits(pattern + 1, s))
      return 1;
  } while (*s++);
  return 0;
}

/* Is the pattern's text at this path, where a part '*' is any entry? */
static int says(struct google *g, const struct gamut_json *node,
                const char *path, const char *pattern)
{
  const struct gamut_host *h = g->h;
  const char *star = strstr(path, "/*/");
  const struct gamut_json *list, *one;
  uint32_t i;

  if (!star)
    return fits(pattern, h->json_str(node, path, ""));
  list = h->json_get(node, h->text(g->c, "%.*s", (int)(star - path), path));
  for (i = 0; (one = h->json_member(list, i, NULL)); i++)
    if (says(g, one, star + 3, pattern))
      return 1;
  return 0;
}

/* google.rpc.Code of what is wrong with a field, as INVALID_ARGUMENT and
 * OUT_OF_RANGE are where the status is written out. */
static int is_of_field(int64_t code)
{
  return code == 3 || code == 11;
}

/* By the same vocabulary as for replies, as far as it is about error objects.
 */
static int32_t class_of(struct google *g, const struct gamut_json *error,
                        int64_t status, int of_field)
{
  static const char top[] = "error/";
  const size_t n = sizeof(top) - 1;
  uint32_t i;

  for (i = 0; i < google_n_reasons; i++) {
    const struct gamut_reason *r = &google_reasons[i];

    if (r->path && r->error_class != GAMUT_OK && !r->phases &&
        !(of_field && r->error_class == GAMUT_E_QUOTA) &&
        (!r->status || r->status == status) && strncmp(r->path, top, n) == 0 &&
        says(g, error, r->path + n, r->value))
      return r->error_class;
  }
  return class_of_status(status);
}

int32_t google_error(struct google *g, const struct gamut_json *error, int rpc)
{
  const char *sentence = g->h->json_str(error, "message", "no reason given");
  int64_t code = g->h->json_int(error, "code", 0);

  google_tell_codes(g, google_codes(g, NULL, sentence));
  return g->h->fail(g->c,
                    class_of(g, error, rpc ? status_of_rpc(code) : code,
                             rpc && is_of_field(code)),
                    "%s (%s %lld)", sentence, rpc ? "code" : "HTTP",
                    (long long)code);
}
