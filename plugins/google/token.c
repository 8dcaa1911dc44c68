/* token.c - application default credentials: a bearer token for Vertex.
 *
 * Looked for in this order: the file that GOOGLE_APPLICATION_CREDENTIALS names
 * (there or an error), the file that gcloud wrote, the metadata server of a
 * Google machine.  The file's type decides:
 *
 *   service_account              a signed assertion for a token
 *   authorized_user              a refresh token for a token
 *   external_account             somebody else's token for one of Google's
 *   impersonated_service_account a token by one of these for another's token
 *
 * Secrets of the file stay with the host, which signs and fills them in.  The
 * metadata server is known by a header that it sends back: whoever answers
 * without it stands in its place.
 *
 * State: "file", where the members of the credential stand; "then", the URL
 * that gives another account's token for the first one.
 */
#include "google.h"
#include <string.h>

#define SCOPE "https://www.googleapis.com/auth/cloud-platform"
#define FORM  "application/x-www-form-urlencoded"

enum { ASK_AGAIN_S = 240, PROBE_MS = 3000 };

static const char *member(struct google *g, const char *file, const char *name)
{
  return g->h->config_str(g->c, g->h->text(g->c, "%s/%s", file, name));
}

static int32_t post_form(struct google *g, const char *url, const char *body)
{
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = GOOGLE_TOKEN,
                          .flags = GAMUT_HTTP_FILL,
                          .method = "POST",
                          .url = url,
                          .body = body,
                          .body_len = body ? strlen(body) : 0,
                          .body_type = FORM };

  g->h->header(g->c, "accept", "application/json");
  return g->h->http(g->c, &x);
}

/* ---- the kinds of files ------------------------------------------------- */

static int32_t ask_service_account(struct google *g, const char *file)
{
  const struct gamut_host *h = g->h;
  const char *email = member(g, file, "client_email");
  struct gamut_json *claims = h->json_object(g->c);
  int64_t now = (int64_t)(g->c->now_ms / 1000);

  if (!email)
    return h->fail(g->c, GAMUT_E_AUTH, "%s names no client_email",
                   h->config_str(g->c, "credentials"));
  h->json_set_str(claims, "iss", email);
  h->json_set_str(claims, "scope", SCOPE);
  /* A constant: token_uri may name another way to the same server. */
  h->json_set_str(claims, "aud", "https://oauth2.googleapis.com/token");
  h->json_set_int(claims, "iat", now);
  h->json_set_int(claims, "exp", now + 3600);
  return post_form(
    g, "https://oauth2.googleapis.com/token",
    h->text(g->c,
            "grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type%%3A"
            "jwt-bearer&assertion=%s",
            h->jwt(g->c, h->text(g->c, "%s/private_key", file), claims)));
}

static int32_t ask_user(struct google *g, const char *file)
{
  return post_form(g, "https://oauth2.googleapis.com/token",
                   g->h->text(g->c,
                              "grant_type=refresh_token"
                              "&client_id={%s/client_id}"
                              "&client_secret={%s/client_secret}"
                              "&refresh_token={%s/refresh_token}",
                              file, file, file));
}

/* Exchange another issuer's token; `subject` is one, ready for the form. */
static int32_t exchange(struct google *g, const char *file, const char *subject)
{
  const struct gamut_host *h = g->h;
  const char *url = member(g, file, "token_url");
  const char *type = member(g, file, "subject_token_type");
  const char *audience = member(g, file, "audience");
  const char *project = member(g, file, "workforce_pool_user_project");
  const char *options = "";

  if (project)
    options = h->text(
      g->c, "&options=%s",
      h->escape(g->c, h->text(g->c, "{\"userProject\":\"%s\"}", project)));
  return post_form(
    g, url ? url : "https://sts.googleapis.com/v1/token",
    h->text(g->c,
            "grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type%%3A"
            "token-exchange&audience=%s&scope=%s&requested_token_type="
            "urn%%3Aietf%%3Aparams%%3Aoauth%%3Atoken-type%%3Aaccess_token"
            "&subject_token=%s&subject_token_type=%s%s",
            h->escape(g->c, audience ? audience : ""), h->escape(g->c, SCOPE),
            subject, h->escape(g->c, type ? type : ""), options));
}

/* JSON with the token in a field, or the token alone. */
static const char *subject_field(struct google *g, const char *file)
{
  const char *type = member(g, file, "credential_source/format/type");
  const char *field =
    member(g, file, "credential_source/format/subject_token_field_name");

  return type && strcmp(type, "json") == 0 ? field ? field : "" : NULL;
}

static int32_t ask_subject(struct google *g, const char *file, const char *url)
{
  const struct gamut_host *h = g->h;
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = GOOGLE_SUBJECT,
                          .method = "GET",
                          .url = url };
  const char *text = member(g, file, "credential_source/headers");
  const struct gamut_json *headers =
    text ? h->json_parse(g->c, text, strlen(text)) : NULL;
  const char *name;
  uint32_t n;

  for (n = 0; h->json_member(headers, n, &name); n++)
    h->header(g->c, name,
              h->json_str(h->json_member(headers, n, NULL), "", NULL));
  return h->http(g->c, &x);
}

static int32_t ask_external(struct google *g, const char *file)
{
  static const char *const others[] = { "environment_id", "executable",
                                        "certificate", NULL };
  const struct gamut_host *h = g->h;
  const char *url = member(g, file, "credential_source/url"), *field;
  size_t i;

  for (i = 0; others[i]; i++)
    if (member(g, file, h->text(g->c, "credential_source/%s", others[i])))
      return h->fail(g->c, GAMUT_E_AUTH,
                     "external_account with credential_source.%s is not "
                     "supported, only file and url",
                     others[i]);
  if (member(g, file, "client_id"))
    return h->fail(g->c, GAMUT_E_AUTH,
                   "external_account with a client_id is not supported");
  if (url)
    return ask_subject(g, file, url);
  if (!member(g, file, "credential_source/file"))
    return h->fail(g->c, GAMUT_E_AUTH,
                   "external_account names neither a file nor a url");
  field = subject_field(g, file);
  return exchange(
    g, file,
    field ? h->text(g->c, "{<%s/credential_source/file#%s}", file, field)
          : h->text(g->c, "{<%s/credential_source/file}", file));
}

static int32_t ask_file(struct google *g, const char *file)
{
  const struct gamut_host *h = g->h;
  const char *type = member(g, file, "type");
  const char *universe = member(g, file, "universe_domain");
  const char *then = member(g, file, "service_account_impersonation_url");

  if (universe && strcmp(universe, "googleapis.com") != 0)
    return h->fail(g->c, GAMUT_E_AUTH,
                   "credentials of the universe '%s' are not supported",
                   universe);
  if (!type && member(g, file, "client_email"))
    type = "service_account";
  if (then && !h->json_str(g->c->state, "then", NULL)) {
    h->json_set_str(g->c->state, "then", then);
    h->json_set_str(g->c->state, "delegates", member(g, file, "delegates"));
    h->json_set_str(g->c->state, "kind", type);
  }
  h->json_set_str(g->c->state, "file", file);
  if (type && strcmp(type, "service_account") == 0)
    return ask_service_account(g, file);
  if (type && strcmp(type, "authorized_user") == 0)
    return ask_user(g, file);
  if (type && strcmp(type, "external_account") == 0)
    return ask_external(g, file);
  if (type && strcmp(type, "impersonated_service_account") == 0 &&
      !strchr(file, '/'))
    return ask_file(g, h->text(g->c, "%s/source_credentials", file));
  return h->fail(g->c, GAMUT_E_AUTH,
                 "credentials of the type '%s' are not supported",
                 type ? type : "");
}

/* ---- the metadata server ------------------------------------------------ */

static int32_t ask_metadata(struct google *g, int32_t phase, const char *path)
{
  const char *host = g->h->config_str(g->c, "metadata_host");
  const char *scheme = host && strstr(host, "://") ? "" : "http://";
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = phase,
                          .timeout_ms = PROBE_MS,
                          .method = "GET" };

  x.url =
    g->h->text(g->c, "%s%s/computeMetadata/v1/instance%s", scheme, host, path);
  g->h->header(g->c, "metadata-flavor", "Google");
  return g->h->http(g->c, &x);
}

static int32_t ask_machine(struct google *g)
{
  return ask_metadata(g, GOOGLE_TOKEN,
                      g->h->text(g->c,
                                 "/service-accounts/default/token?scopes=%s",
                                 g->h->escape(g->c, SCOPE)));
}

static int32_t look_for_machine(struct google *g)
{
  const struct gamut_host *h = g->h;
  const char *metadata = h->config_str(g->c, "metadata");

  if (h->config_int(g->c, "no_gce_check") ||
      (metadata && strcmp(metadata, "none") == 0))
    return h->fail(g->c, GAMUT_E_AUTH,
                   "no application default credentials: set "
                   "GOOGLE_APPLICATION_CREDENTIALS or run gcloud auth "
                   "application-default login");
  if ((metadata && strcmp(metadata, "assume-present") == 0) ||
      h->config_str(g->c, "cloud_run"))
    return ask_machine(g);
  return ask_metadata(g, GOOGLE_PROBE, "");
}

static int is_metadata_server(struct google *g)
{
  const char *flavor = g->h->reply_header(g->c, "metadata-flavor");

  return flavor && strcmp(flavor, "Google") == 0;
}

/* ---- replies ------------------------------------------------------------ */

static int64_t digits(const char *s, size_t n)
{
  int64_t v = 0;

  for (; n > 0 && *s >= '0' && *s <= '9'; n--, s++)
    v = v * 10 + (*s - '0');
  return v;
}

/* "2026-11-20T13:00:00Z" as seconds since 1970, or 0. */
static int64_t seconds_of(const char *s)
{
  int64_t y, m, d, days;

  if (strlen(s) < 20 || s[4] != '-' || s[10] != 'T')
    return 0;
  y = digits(s, 4);
  m = digits(s + 5, 2);
  d = digits(s + 8, 2);
  y -= m <= 2; /* years begin in March, so that leap days end them */
  m += m <= 2 ? 9 : -3;
  days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + d - 719469;
  return ((days * 24 + digits(s + 11, 2)) * 60 + digits(s + 14, 2)) * 60 +
         digits(s + 17, 2);
}

/* Google's own libraries renew five minutes before the end; the host does one
 * minute before. */
static int32_t take(struct google *g, const char *token, int64_t ttl_s)
{
  if (ttl_s > 2 * ASK_AGAIN_S)
    ttl_s -= ASK_AGAIN_S;
  ttl_s = ttl_s < 1 ? 1 : ttl_s > 86400 ? 86400 : ttl_s;
  g->h->token(g->c, token, (uint32_t)ttl_s);
  return g->h->done(g->c);
}

static int32_t impersonate(struct google *g, const char *token)
{
  const struct gamut_host *h = g->h;
  const char *delegates = h->json_str(g->c->state, "delegates", NULL);
  const char *kind = h->json_str(g->c->state, "kind", "");
  struct gamut_json *body = h->json_object(g->c), *scope = h->json_array(g->c);
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = GOOGLE_IMPERSONATE,
                          .method = "POST",
                          .json = body,
                          .url = h->json_str(g->c->state, "then", "") };

  if (strncmp(x.url, "https://iamcredentials.googleapis.com/", 38) != 0)
    return h->fail(g->c, GAMUT_E_AUTH,
                   "service_account_impersonation_url is not Google's");
  if (delegates)
    h->json_set(body, "delegates",
                h->json_parse(g->c, delegates, strlen(delegates)));
  else if (strcmp(kind, "impersonated_service_account") == 0)
    h->json_set(body, "delegates", h->json_array(g->c));
  h->json_set(scope, NULL,
              h->json_parse(g->c, "\"" SCOPE "\"", sizeof(SCOPE) + 1));
  h->json_set(body, "scope", scope);
  h->json_set_str(body, "lifetime", "3600s");
  h->header(g->c, "authorization", h->text(g->c, "Bearer %s", token));
  return h->http(g->c, &x);
}

static int32_t got_token(struct google *g)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *r = g->c->reply->json;
  const char *token = h->json_str(r, "access_token", NULL);
  const char *ttl = h->json_str(r, "expires_in", NULL);
  int64_t ttl_s = h->json_int(r, "expires_in", 3600);

  if (!h->json_str(g->c->state, "file", NULL) && !is_metadata_server(g))
    return h->fail(g->c, GAMUT_E_AUTH,
                   "who answers at the metadata server's address is another");
  if (!token)
    return h->fail(g->c, GAMUT_E_PROTOCOL, "the answer holds no token");
  if (h->json_str(g->c->state, "then", NULL))
    return impersonate(g, token);
  return take(g, token, ttl ? digits(ttl, 9) : ttl_s);
}

static int32_t got_other_token(struct google *g)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *r = g->c->reply->json;
  const char *token = h->json_str(r, "accessToken", NULL);
  int64_t end = seconds_of(h->json_str(r, "expireTime", ""));
  int64_t now = (int64_t)(g->c->now_ms / 1000);

  if (!token)
    return h->fail(g->c, GAMUT_E_PROTOCOL, "the answer holds no accessToken");
  return take(g, token, end ? end - now : 3600);
}

/* The other issuer's token, of a server. */
static int32_t got_subject(struct google *g)
{
  const struct gamut_host *h = g->h;
  const char *file = h->json_str(g->c->state, "file", "");
  const char *field = subject_field(g, file), *token = g->c->reply->body;

  if (field)
    token = h->json_str(g->c->reply->json, field, NULL);
  if (!token || !token[0])
    return h->fail(g->c, GAMUT_E_AUTH,
                   "the server of the subject token gave none");
  return exchange(g, file, h->escape(g->c, token));
}

static int32_t start(struct google *g)
{
  const struct gamut_host *h = g->h;

  if (h->config_str(g->c, "credentials"))
    return ask_file(g, "credentials");
  if (h->config_str(g->c, "gcloud"))
    return ask_file(g, "gcloud");
  return look_for_machine(g);
}

int32_t google_token(void *instance, struct gamut_call *c)
{
  struct google g = { .c = c, .h = c->host };

  (void)instance;
  if (c->event == GAMUT_EV_START)
    return start(&g);
  switch (c->phase) {
  case GOOGLE_PROBE:
    if (is_metadata_server(&g))
      return ask_machine(&g);
    return c->host->fail(c, GAMUT_E_AUTH,
                         "no application default credentials, and this is no "
                         "machine of Google's");
  case GOOGLE_SUBJECT:
    return got_subject(&g);
  case GOOGLE_IMPERSONATE:
    return got_other_token(&g);
  default:
    return got_token(&g);
  }
}
