/* token.c - application default credentials: a bearer token for Vertex.
 *
 * Looked for in this order: the file that GOOGLE_APPLICATION_CREDENTIALS names
 * (there or an error), the file that gcloud wrote, the metadata server of a
 * Google machine.  The file's type decides:
 *
 *   service_account                   a signed assertion for a token
 *   authorized_user                   a refresh token for a token
 *   external_account                  somebody else's token for one of Google's
 *   external_account_authorized_user  a refresh token of that kind
 *   impersonated_service_account      a token by one of these for another's
 *
 * Secrets of the file stay with the host, which signs and fills them in.  The
 * metadata server is known by a header that it sends back: whoever answers
 * without it stands in its place.  It is asked past any proxy, which would
 * reach another machine's.
 *
 * A credential that names another account has its token exchanged for that
 * account's, and stands maybe in another credential that does so, too.
 *
 * State: "file", where the members of the credential stand whose token is asked
 * for; it moves from the inside out.
 */
#include "token.h"
#include <string.h>

#define IMPERSONATION "service_account_impersonation"

enum { ASK_AGAIN_S = 240, PROBE_MS = 3000, FOREVER_S = 10 * 365 * 86400 };

const char *google_member(struct google *g, const char *name)
{
  const struct gamut_host *h = g->h;

  return h->config_str(
    g->c, h->text(g->c, "%s/%s", h->json_str(g->c->state, "file", ""), name));
}

int32_t google_post_form(struct google *g, const char *url, const char *body)
{
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = GOOGLE_TOKEN,
                          .flags = GAMUT_HTTP_FILL | GAMUT_HTTP_ALL,
                          .method = "POST",
                          .url = url,
                          .body = body,
                          .body_len = body ? strlen(body) : 0,
                          .body_type = "application/x-www-form-urlencoded" };

  g->h->header(g->c, "accept", "application/json");
  return g->h->http(g->c, &x);
}

/* ---- the kinds of files ------------------------------------------------- */

#define TOKEN_URL "https://oauth2.googleapis.com/token"

static int32_t ask_service_account(struct google *g, const char *file)
{
  const struct gamut_host *h = g->h;
  const char *email = google_member(g, "client_email");
  struct gamut_json *claims = h->json_object(g->c);
  int64_t now = (int64_t)(g->c->now_ms / 1000);

  if (!email)
    return h->fail(g->c, GAMUT_E_AUTH,
                   "the service account has no client_email");
  h->json_set_str(claims, "iss", email);
  h->json_set_str(claims, "scope", GOOGLE_SCOPE);
  /* A constant: token_uri may name another way to the same server. */
  h->json_set_str(claims, "aud", TOKEN_URL);
  h->json_set_int(claims, "iat", now);
  h->json_set_int(claims, "exp", now + 3600);
  return google_post_form(
    g, TOKEN_URL,
    h->text(g->c,
            "grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type%%3A"
            "jwt-bearer&assertion=%s",
            h->jwt(g->c, h->text(g->c, "%s/private_key", file), claims)));
}

static int32_t ask_user(struct google *g, const char *file)
{
  return google_post_form(g, TOKEN_URL,
                          g->h->text(g->c,
                                     "grant_type=refresh_token"
                                     "&client_id={%s/client_id}"
                                     "&client_secret={%s/client_secret}"
                                     "&refresh_token={%s/refresh_token}",
                                     file, file, file));
}

static int32_t ask_file(struct google *g, const char *file)
{
  const struct gamut_host *h = g->h;
  const char *type, *universe;

  h->json_set_str(g->c->state, "file", file);
  type = google_member(g, "type");
  universe = google_member(g, "universe_domain");
  if (universe && strcmp(universe, "googleapis.com") != 0)
    return h->fail(g->c, GAMUT_E_AUTH,
                   "credentials of the universe '%s' are not supported",
                   universe);
  if (!type)
    type = google_member(g, "client_email") ? "service_account" : "";
  if (strcmp(type, "service_account") == 0)
    return ask_service_account(g, file);
  if (strcmp(type, "authorized_user") == 0)
    return ask_user(g, file);
  if (strcmp(type, "external_account") == 0)
    return google_ask_external(g, file);
  if (strcmp(type, "external_account_authorized_user") == 0)
    return google_ask_external_user(g, file);
  if (strcmp(type, "impersonated_service_account") == 0 && !strchr(file, '/'))
    return ask_file(g, h->text(g->c, "%s/source_credentials", file));
  return h->fail(g->c, GAMUT_E_AUTH,
                 "credentials of the type '%s' are not supported", type);
}

/* ---- the metadata server ------------------------------------------------ */

static int32_t ask_metadata(struct google *g, int32_t phase, const char *path)
{
  const struct gamut_host *h = g->h;
  const char *host = h->config_str(g->c, "metadata_host");
  const char *scheme = host && strstr(host, "://") ? "" : "http://";
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = phase,
                          .flags = GAMUT_HTTP_ALL | GAMUT_HTTP_DIRECT,
                          .timeout_ms = PROBE_MS,
                          .method = "GET" };

  if (phase == GOOGLE_PROBE)
    x.flags |= GAMUT_HTTP_PROBE;
  x.url =
    h->text(g->c, "%s%s/computeMetadata/v1/instance%s", scheme, host, path);
  h->header(g->c, "metadata-flavor", "Google");
  return h->http(g->c, &x);
}

static int32_t ask_machine(struct google *g)
{
  return ask_metadata(g, GOOGLE_TOKEN,
                      g->h->text(g->c,
                                 "/service-accounts/default/token?scopes=%s",
                                 g->h->escape(g->c, GOOGLE_SCOPE)));
}

static int32_t no_credentials(struct google *g)
{
  return g->h->fail(g->c, GAMUT_E_AUTH,
                    "no application default credentials: set "
                    "GOOGLE_APPLICATION_CREDENTIALS or run gcloud auth "
                    "application-default login");
}

static int32_t look_for_machine(struct google *g)
{
  const struct gamut_host *h = g->h;
  const char *metadata = h->config_str(g->c, "metadata");

  metadata = metadata ? metadata : "";
  if (h->config_int(g->c, "no_gce_check") || strcmp(metadata, "none") == 0)
    return no_credentials(g);
  if (strcmp(metadata, "assume-present") == 0 ||
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
 * minute before.  A token whose end is not told is kept until it is refused. */
static int32_t take(struct google *g, const char *token, int64_t ttl_s)
{
  if (ttl_s > 2 * ASK_AGAIN_S)
    ttl_s -= ASK_AGAIN_S;
  ttl_s = ttl_s < 1 ? 1 : ttl_s > FOREVER_S ? FOREVER_S : ttl_s;
  g->h->token(g->c, token, (uint32_t)ttl_s);
  return g->h->done(g->c);
}

static int32_t impersonate(struct google *g, const char *token)
{
  static const char ours[] = "https://iamcredentials.googleapis.com/";
  const struct gamut_host *h = g->h;
  const char *url = google_member(g, IMPERSONATION "_url");
  const char *type = google_member(g, "type");
  const char *delegates = google_member(g, "delegates");
  const char *lifetime =
    google_member(g, IMPERSONATION "/token_lifetime_seconds");
  const char *scope = "[\"" GOOGLE_SCOPE "\"]";
  struct gamut_json *body = h->json_object(g->c);
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = GOOGLE_IMPERSONATE,
                          .method = "POST",
                          .json = body,
                          .url = url };

  if (!url || strncmp(url, ours, sizeof(ours) - 1) != 0 || strlen(url) > 256)
    return h->fail(g->c, GAMUT_E_AUTH, IMPERSONATION "_url is not Google's");
  delegates = delegates ? delegates : "[]";
  if (type && strcmp(type, "impersonated_service_account") == 0)
    h->json_set(body, "delegates",
                h->json_parse(g->c, delegates, strlen(delegates)));
  h->json_set(body, "scope", h->json_parse(g->c, scope, strlen(scope)));
  h->json_set_str(body, "lifetime",
                  h->text(g->c, "%ss", lifetime ? lifetime : "3600"));
  h->header(g->c, "authorization", h->text(g->c, "Bearer %s", token));
  return h->http(g->c, &x);
}

/* The token of the credential is there; another may stand around it, which has
 * it for a source. */
static int32_t pass_on(struct google *g, const char *token, int64_t ttl_s)
{
  const struct gamut_host *h = g->h;
  const char *file = h->json_str(g->c->state, "file", "");
  const char *inner = strrchr(file, '/');

  if (!inner)
    return take(g, token, ttl_s);
  h->json_set_str(g->c->state, "file",
                  h->text(g->c, "%.*s", (int)(inner - file), file));
  return impersonate(g, token);
}

/* Refusals that have a remedy are told with it. */
static int32_t no_token(struct google *g)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *r = g->c->reply->json;
  const char *why = h->json_str(r, "error_description", "");

  if (strstr(why, "iat and exp"))
    return h->fail(g->c, GAMUT_E_AUTH,
                   "%s (is the clock of this machine right?)", why);
  if (strcmp(h->json_str(r, "error_subtype", ""), "invalid_rapt") == 0)
    return h->fail(
      g->c, GAMUT_E_AUTH,
      "%s: log in again with gcloud auth application-default login",
      why[0] ? why : "reauthentication is needed");
  return h->fail_reply(g->c);
}

static int32_t got_token(struct google *g)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *r = g->c->reply->json;
  const char *token = h->json_str(r, "access_token", NULL);
  const char *ttl = h->json_str(r, "expires_in", NULL);
  const char *file = h->json_str(g->c->state, "file", NULL);
  int64_t ttl_s = h->json_int(r, "expires_in", FOREVER_S);

  if (g->c->reply->status >= 400)
    return no_token(g);
  if (!file && !is_metadata_server(g))
    return h->fail(g->c, GAMUT_E_AUTH,
                   "who answers at the metadata server's address is another");
  if (!token)
    return h->fail(g->c, GAMUT_E_PROTOCOL, "the answer holds no token");
  if (file && google_member(g, IMPERSONATION "_url"))
    return impersonate(g, token);
  return pass_on(g, token, ttl ? digits(ttl, 9) : ttl_s);
}

static int32_t got_other_token(struct google *g)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *r = g->c->reply->json;
  const char *token = h->json_str(r, "accessToken", NULL);
  int64_t end = seconds_of(h->json_str(r, "expireTime", ""));

  if (!token)
    return h->fail(g->c, GAMUT_E_PROTOCOL, "the answer holds no accessToken");
  return pass_on(g, token,
                 end ? end - (int64_t)(g->c->now_ms / 1000) : FOREVER_S);
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
    return is_metadata_server(&g) ? ask_machine(&g) : no_credentials(&g);
  case GOOGLE_SUBJECT:
    return google_got_subject(&g);
  case GOOGLE_IMPERSONATE:
    return got_other_token(&g);
  default:
    return got_token(&g);
  }
}
