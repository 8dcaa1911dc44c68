/* Tokens: the OAuth endpoint (signed assertion, refresh token), the exchange of
 * other issuers' tokens, generateAccessToken, the metadata server.  Signatures
 * are looked at for their shape only; claims are checked one by one, since that
 * is where clients go wrong. */
#include "google.h"

#include <stdlib.h>
#include <string.h>

#define TOKEN "ya29.emulated-"
#define SCOPE "https://www.googleapis.com/auth/cloud-platform"

bool google_token_ok(const char *token)
{
  return em_starts(token, TOKEN);
}

/* ---- forms -------------------------------------------------------------- */

static int hex(char c)
{
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

/* The value of one field of the form; free(). */
static char *field(const struct em_request *rq, const char *name)
{
  const char *p = rq->body.data ? rq->body.data : "";
  size_t len = strlen(name);
  struct em_buf b = { 0 };

  while (*p && (strncmp(p, name, len) != 0 || p[len] != '='))
    p += strcspn(p, "&") + (p[strcspn(p, "&")] == '&');
  if (!*p)
    return NULL;
  em_buf_puts(&b, "");
  for (p += len + 1; *p && *p != '&'; p++) {
    if (*p == '%' && hex(p[1]) >= 0 && hex(p[2]) >= 0) {
      em_buf_putc(&b, (unsigned char)(hex(p[1]) << 4 | hex(p[2])));
      p += 2;
    } else {
      em_buf_putc(&b, *p == '+' ? ' ' : (unsigned char)*p);
    }
  }
  return b.data ? b.data : em_strdup("");
}

static bool field_is(const struct em_request *rq, const char *name,
                     const char *value)
{
  char *text = field(rq, name);
  bool same = text && (!value || strcmp(text, value) == 0);

  free(text);
  return same;
}

static void oauth_error(struct em_request *rq, unsigned status,
                        const char *error, const char *description)
{
  em_reply_json(rq, status, "{\"error\":\"%s\",\"error_description\":\"%s\"}",
                error, description);
}

static void give(struct em_request *rq, const char *kind)
{
  em_reply_json(rq, 200,
                "{\"access_token\":\"" TOKEN "%s\",\"expires_in\":3599,"
                "\"token_type\":\"Bearer\"}",
                kind);
}

/* ---- assertions --------------------------------------------------------- */

static int digit(char c)
{
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz0123456789-_";
  const char *at = c ? strchr(letters, c) : NULL;

  return at ? (int)(at - letters) : -1;
}

static struct json_object *decode(const char *text, size_t len)
{
  struct em_buf b = { 0 };
  struct json_object *o = NULL;
  uint32_t bits = 0;
  unsigned n = 0;

  for (; len > 0 && digit(*text) >= 0; len--, text++) {
    bits = bits << 6 | (uint32_t)digit(*text);
    n += 6;
    if (n >= 8) {
      n -= 8;
      em_buf_putc(&b, (unsigned char)(bits >> n));
    }
  }
  if (len == 0 && b.data)
    o = json_tokener_parse(b.data);
  em_buf_finish(&b);
  return o;
}

/* What is wrong with it, or NULL. */
static const char *assertion_fault(const char *jwt)
{
  const char *dot = jwt ? strchr(jwt, '.') : NULL;
  const char *dot2 = dot ? strchr(dot + 1, '.') : NULL;
  struct json_object *head, *claims;
  const char *wrong = NULL;
  int64_t iat, exp;

  if (!dot2 || strlen(dot2 + 1) < 64)
    return "Invalid JWT: three parts are needed.";
  head = decode(jwt, (size_t)(dot - jwt));
  claims = decode(dot + 1, (size_t)(dot2 - dot) - 1);
  iat = json_object_get_int64(google_at(claims, "iat"));
  exp = json_object_get_int64(google_at(claims, "exp"));
  if (strcmp(google_text(head, "alg"), "RS256") != 0)
    wrong = "Invalid JWT: alg must be RS256.";
  else if (strcmp(google_text(claims, "aud"),
                  "https://oauth2.googleapis.com/token") != 0)
    wrong = "Invalid JWT: Failed audience check.";
  else if (strcmp(google_text(claims, "scope"), SCOPE) != 0)
    wrong = "Invalid OAuth scope or ID token audience provided.";
  else if (!strchr(google_text(claims, "iss"), '@'))
    wrong = "Invalid grant: account not found";
  else if (exp <= iat || exp > iat + 3600 ||
           llabs(iat - em_wall_us() / 1000000) > 300)
    wrong =
      "Invalid JWT: Token must be a short-lived token (60 minutes) and in "
      "a reasonable timeframe. Check your iat and exp values in the JWT "
      "claim.";
  json_object_put(head);
  json_object_put(claims);
  return wrong;
}

void google_oauth_answer(struct em_request *rq)
{
  char *assertion = field(rq, "assertion");
  const char *wrong;

  rq->phase = EM_OTHER;
  if (strcmp(rq->path, "/token") != 0 || !em_method(rq, "POST")) {
    em_reply_text(rq, 404, "text/html", "<html>Not Found</html>");
  } else if (field_is(rq, "grant_type",
                      "urn:ietf:params:oauth:grant-type:jwt-bearer")) {
    wrong = assertion_fault(assertion);
    if (wrong)
      oauth_error(rq, 400, "invalid_grant", wrong);
    else
      give(rq, "service");
  } else if (!field_is(rq, "grant_type", "refresh_token")) {
    oauth_error(rq, 400, "unsupported_grant_type", "Invalid grant_type");
  } else if (!field_is(rq, "client_id", NULL) ||
             !field_is(rq, "client_secret", NULL)) {
    oauth_error(rq, 401, "invalid_client", "The OAuth client was not found.");
  } else if (!field_is(rq, "refresh_token", NULL) ||
             field_is(rq, "refresh_token", "bad")) {
    oauth_error(rq, 400, "invalid_grant", "Token has been expired or revoked.");
  } else {
    give(rq, "user");
  }
  free(assertion);
}

void google_sts_answer(struct em_request *rq)
{
  rq->phase = EM_OTHER;
  if (!field_is(rq, "grant_type",
                "urn:ietf:params:oauth:grant-type:token-exchange") ||
      !field_is(rq, "requested_token_type",
                "urn:ietf:params:oauth:token-type:access_token") ||
      !field_is(rq, "scope", SCOPE) || !field_is(rq, "audience", NULL) ||
      !field_is(rq, "subject_token_type", NULL))
    oauth_error(rq, 400, "invalid_request", "Invalid token exchange request.");
  else if (!field_is(rq, "subject_token", NULL) ||
           field_is(rq, "subject_token", ""))
    oauth_error(rq, 400, "invalid_grant", "The subject token is missing.");
  else
    give(rq, "exchanged");
}

void google_iam_answer(struct em_request *rq)
{
  struct json_object *body =
    rq->body.data ? json_tokener_parse(rq->body.data) : NULL;
  const char *value = em_header(rq, "Authorization");

  rq->phase = EM_OTHER;
  if (!value || !em_starts(value, "Bearer ") || !google_token_ok(value + 7))
    google_error(rq, 401, "ACCESS_TOKEN_EXPIRED",
                 "Request had invalid authentication credentials.");
  else if (!em_starts(rq->path, "/v1/projects/-/serviceAccounts/") ||
           !strstr(rq->path, ":generateAccessToken"))
    google_error(rq, 404, NULL, "Not found.");
  else if (strstr(rq->path, "bad@"))
    google_error(rq, 403, "IAM_PERMISSION_DENIED",
                 "Permission 'iam.serviceAccounts.getAccessToken' denied on "
                 "resource (or it may not exist).");
  else if (!google_at(body, "scope") || !google_at(body, "lifetime"))
    google_error(rq, 400, NULL, "Request contains an invalid argument.");
  else
    em_reply_json(rq, 200,
                  "{\"accessToken\":\"" TOKEN "other\",\"expireTime\":"
                  "\"2099-11-20T13:00:00Z\"}");
  json_object_put(body);
}

void google_metadata_answer(struct em_request *rq)
{
  const char *flavor = em_header(rq, "Metadata-Flavor");
  const char *scopes = em_query(rq, "scopes");
  const char *path =
    rq->path +
    (em_starts(rq->path, "/computeMetadata") ? strlen("/computeMetadata") : 0);

  rq->phase = EM_OTHER;
  if (!flavor || strcmp(flavor, "Google") != 0) {
    em_reply_text(rq, 403, "text/html", "<html>Missing Metadata-Flavor</html>");
    return;
  }
  em_reply_header(rq, "Metadata-Flavor", "Google");
  if (strcmp(path, "/v1/instance") == 0)
    em_reply_text(rq, 200, "application/text", "hostname\nid\n");
  else if (strcmp(path, "/v1/project/project-id") == 0)
    em_reply_text(rq, 200, "application/text", "emulated-project");
  else if (strcmp(path, "/v1/universe/universe-domain") == 0)
    em_reply_text(rq, 404, "text/html", "<html>Not Found</html>");
  else if (strcmp(path, "/v1/instance/service-accounts/default/token") != 0)
    em_reply_text(rq, 404, "text/html", "<html>Not Found</html>");
  else if (!scopes || strcmp(scopes, SCOPE) != 0)
    em_reply_text(rq, 404, "text/html", "<html>No such scope</html>");
  else
    give(rq, "machine");
}
