/* external.c - credentials of other issuers: their token for one of Google's
 * (workload and workforce identity).
 *
 * The other token is in a file or at a URL, as text or in a field of JSON.  Who
 * has a client id says so by HTTP Basic, which the host fills in.
 */
#include "token.h"
#include <string.h>

static const char *escaped(struct google *g, const char *text)
{
  return g->h->escape(g->c, text ? text : "");
}

/* `subject` is the other token, ready for the form. */
static int32_t exchange(struct google *g, const char *subject)
{
  const struct gamut_host *h = g->h;
  const char *url = google_member(g, "token_url");
  const char *project = google_member(g, "workforce_pool_user_project");
  const char *options = "";

  if (project && !google_member(g, "client_id"))
    options = h->text(
      g->c, "&options=%s",
      escaped(g, h->text(g->c, "{\"userProject\":\"%s\"}", project)));
  return google_post_form(
    g, url ? url : "https://sts.googleapis.com/v1/token",
    h->text(g->c,
            "grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type%%3A"
            "token-exchange&audience=%s&scope=%s&requested_token_type="
            "urn%%3Aietf%%3Aparams%%3Aoauth%%3Atoken-type%%3Aaccess_token"
            "&subject_token=%s&subject_token_type=%s%s",
            escaped(g, google_member(g, "audience")), escaped(g, GOOGLE_SCOPE),
            subject, escaped(g, google_member(g, "subject_token_type")),
            options));
}

/* JSON with the token in a field, or NULL: the token alone. */
static const char *subject_field(struct google *g)
{
  const char *type = google_member(g, "credential_source/format/type");
  const char *field =
    google_member(g, "credential_source/format/subject_token_field_name");

  if (!type || strcmp(type, "json") != 0)
    return NULL;
  return field ? field : "";
}

static int32_t ask_subject(struct google *g, const char *url)
{
  const struct gamut_host *h = g->h;
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = GOOGLE_SUBJECT,
                          .method = "GET",
                          .url = url };
  const char *text = google_member(g, "credential_source/headers"), *name;
  const struct gamut_json *headers =
    text ? h->json_parse(g->c, text, strlen(text)) : NULL;
  uint32_t n;

  for (n = 0; h->json_member(headers, n, &name); n++)
    h->header(g->c, name,
              h->json_str(h->json_member(headers, n, NULL), "", NULL));
  return h->http(g->c, &x);
}

int32_t google_ask_external(struct google *g, const char *file)
{
  static const char others[][16] = { "environment_id", "executable",
                                     "certificate" };
  const struct gamut_host *h = g->h;
  const char *url = google_member(g, "credential_source/url"), *field;
  size_t i;

  for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
    if (google_member(g, h->text(g->c, "credential_source/%s", others[i])))
      return h->fail(g->c, GAMUT_E_AUTH,
                     "external_account with credential_source.%s is not "
                     "supported, only file and url",
                     others[i]);
  if (url)
    return ask_subject(g, url);
  if (!google_member(g, "credential_source/file"))
    return h->fail(g->c, GAMUT_E_AUTH,
                   "external_account names neither a file nor a url");
  field = subject_field(g);
  return exchange(g, h->text(g->c, "{<%s/credential_source/file%s%s}", file,
                             field ? "#" : "", field ? field : ""));
}

/* The other issuer's token, of a server. */
int32_t google_got_subject(struct google *g)
{
  const struct gamut_host *h = g->h;
  const char *field = subject_field(g), *token = g->c->reply->body;

  if (field)
    token = h->json_str(g->c->reply->json, field, NULL);
  if (!token || !token[0])
    return h->fail(g->c, GAMUT_E_AUTH,
                   "the server of the subject token gave none");
  return exchange(g, h->escape(g->c, token));
}

int32_t google_ask_external_user(struct google *g, const char *file)
{
  const char *url = google_member(g, "token_url");

  return google_post_form(
    g, url ? url : "https://sts.googleapis.com/v1/oauthtoken",
    g->h->text(g->c,
               "grant_type=refresh_token&refresh_token={%s/refresh_token}",
               file));
}
