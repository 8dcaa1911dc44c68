/* answer.c - what the answers of all models have in common: files in three
 * forms, files that were withheld, and errors inside good replies. */
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

void google_support_codes(struct google *g, const char *sentence)
{
  const char *at = sentence ? strstr(sentence, "Support code") : NULL;
  size_t n;

  at = at ? strchr(at, ':') : NULL;
  if (!at)
    return;
  at += 1 + strspn(at + 1, " ");
  n = strspn(at, "0123456789, ");
  while (n > 0 && (at[n - 1] == ' ' || at[n - 1] == ','))
    n--;
  if (n > 0)
    g->h->fact(g->c, "support_codes", g->h->text(g->c, "%.*s", (int)n, at));
}

/* ---- errors in good replies --------------------------------------------- */

struct code {
  int64_t code;
  int32_t error_class;
};

/* google.rpc.Code, which is no HTTP status. */
static const struct code rpc_codes[] = {
  { 1, GAMUT_E_TIMEOUT }, { 2, GAMUT_E_PROVIDER },  { 3, GAMUT_E_INVALID },
  { 4, GAMUT_E_TIMEOUT }, { 5, GAMUT_E_NOT_FOUND }, { 7, GAMUT_E_PERMISSION },
  { 8, GAMUT_E_RATE },    { 9, GAMUT_E_INVALID },   { 11, GAMUT_E_INVALID },
  { 16, GAMUT_E_AUTH },
};
static const struct code http_codes[] = {
  { 400, GAMUT_E_INVALID },   { 401, GAMUT_E_AUTH },
  { 402, GAMUT_E_QUOTA },     { 403, GAMUT_E_PERMISSION },
  { 404, GAMUT_E_NOT_FOUND }, { 408, GAMUT_E_TIMEOUT },
  { 409, GAMUT_E_INVALID },   { 429, GAMUT_E_RATE },
  { 499, GAMUT_E_TIMEOUT },   { 504, GAMUT_E_TIMEOUT },
};

static int32_t class_of(const struct code *codes, size_t n, int64_t code)
{
  size_t i;

  for (i = 0; i < n; i++)
    if (codes[i].code == code)
      return codes[i].error_class;
  return GAMUT_E_PROVIDER;
}

static int is_refusal(const char *sentence)
{
  return strstr(sentence, "Support code") ||
         strstr(sentence, "usage guidelines") ||
         strstr(sentence, "Responsible AI");
}

#define CLASS_OF(codes, code)                                                  \
  class_of(codes, sizeof(codes) / sizeof((codes)[0]), code)

int32_t google_error(struct google *g, const struct gamut_json *error, int rpc)
{
  const char *sentence = g->h->json_str(error, "message", "no reason given");
  int64_t code = g->h->json_int(error, "code", 0);
  int32_t error_class =
    rpc ? CLASS_OF(rpc_codes, code) : CLASS_OF(http_codes, code);

  google_support_codes(g, sentence);
  if (is_refusal(sentence))
    error_class = GAMUT_E_BLOCKED;
  return g->h->fail(g->c, error_class, "%s (%s %lld)", sentence,
                    rpc ? "code" : "HTTP", (long long)code);
}
