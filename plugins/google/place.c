/* place.c - which host, which path, which credential.
 *
 * Studio has one host and a key.  Vertex has an express way by key, without
 * project or location in the path, and the way by application default
 * credentials, where both stand in the path and the location also in the host:
 *
 *   global    https://aiplatform.googleapis.com
 *   us, eu    https://aiplatform.us.rep.googleapis.com
 *   a region  https://<region>-aiplatform.googleapis.com
 *
 * A key made for Vertex wins over everything, a project over the legacy key.  A
 * base_url of the user's own replaces the host alone.
 */
#include "google.h"
#include <string.h>

const char *google_base(struct google *g)
{
  const char *base = g->h->config_str(g->c, "base_url");
  size_t len = base ? strcspn(base, "?") : 0;

  while (len > 0 && base[len - 1] == '/')
    len--;
  return g->h->text(g->c, "%.*s", (int)len, base ? base : "");
}

int google_has_own_base(struct google *g)
{
  const char *preset = g->studio ? "https://generativelanguage.googleapis.com"
                                 : "https://aiplatform.googleapis.com";

  return strcmp(google_base(g), preset) != 0;
}

const char *google_origin(struct google *g, const char *url)
{
  const char *host = strstr(url, "://");
  size_t len = host ? (size_t)(host - url) + 3 : 0;

  return g->h->text(g->c, "%.*s", (int)(len + strcspn(url + len, "/?")), url);
}

enum google_way google_way(struct google *g)
{
  const struct gamut_host *h = g->h;

  if (h->config_int(g->c, "api_key"))
    return GOOGLE_BY_KEY;
  if (!g->studio && h->config_str(g->c, "project"))
    return GOOGLE_BY_ADC;
  if (h->config_int(g->c, "legacy_key") &&
      (h->config_int(g->c, "vertexai") == 0) == g->studio)
    return GOOGLE_BY_KEY;
  return google_has_own_base(g) ? GOOGLE_BY_KEY : GOOGLE_NO_WAY;
}

static int begins(const char *s, const char *with)
{
  return strncmp(s, with, strlen(with)) == 0;
}

int32_t google_no_key(struct google *g)
{
  return g->h->fail(g->c, GAMUT_E_AUTH, "no key for %s: set %s",
                    g->studio ? "the Gemini API" : "Vertex AI",
                    g->studio
                      ? "GOOGLE_GEMINI_API_KEY"
                      : "GOOGLE_VERTEX_API_KEY or GOOGLE_CLOUD_PROJECT");
}

const char *google_asked_model(struct google *g)
{
  return g->h->json_str(g->c->request, "model", g->model ? g->model : "");
}

const char *google_model(struct google *g)
{
  const char *id = google_asked_model(g);
  const char *last = strrchr(id, '/');

  if (strstr(id, "..") || !google_is_plain(id, "-._/:@") || id[0] == '/')
    return NULL;
  last = last ? last + 1 : id;
  return last[0] ? last : NULL;
}

int google_model_is(struct google *g, const char *prefix)
{
  const char *model = google_model(g);

  return model && begins(model, prefix);
}

/* The model's resource name, as Google's own client completes it. */
static const char *resource(struct google *g)
{
  const struct gamut_host *h = g->h;
  const char *id = google_asked_model(g);
  const char *slash = strchr(id, '/');

  if (begins(id, "models/") ||
      begins(id, g->studio ? "tunedModels/" : "publishers/") ||
      (!g->studio && begins(id, "projects/")))
    return id;
  if (g->studio)
    return h->text(g->c, "models/%s", id);
  if (slash)
    return h->text(g->c, "publishers/%.*s/models/%s", (int)(slash - id), id,
                   slash + 1);
  return h->text(g->c, "publishers/google/models/%s", id);
}

/* "beta" means each surface's own. */
static const char *version(struct google *g)
{
  const char *own = g->studio ? "v1beta" : "v1beta1";
  const char *v = g->h->config_str(g->c, "api_version");

  return v && strcmp(v, "beta") != 0 && google_is_plain(v, ".") ? v : own;
}

/* "": below base_url. */
static const char *host(struct google *g)
{
  const char *where = g->studio ? NULL : g->h->config_str(g->c, "location");

  if (!where || google_has_own_base(g) || google_way(g) != GOOGLE_BY_ADC ||
      strcmp(where, "global") == 0)
    return "";
  return g->h->text(g->c,
                    google_in(where, "us eu")
                      ? "https://aiplatform.%s.rep.googleapis.com"
                      : "https://%s-aiplatform.googleapis.com",
                    where);
}

const char *google_path(struct google *g, const char *before, const char *path)
{
  return g->h->text(g->c, "%s%s/%s/%s", host(g), before, version(g), path);
}

const char *google_url(struct google *g, const char *method)
{
  const struct gamut_host *h = g->h;
  const char *name = resource(g);

  if (!g->studio && google_way(g) == GOOGLE_BY_ADC &&
      !begins(name, "projects/"))
    name = h->text(g->c, "projects/%s/locations/%s/%s",
                   h->config_str(g->c, "project"),
                   h->config_str(g->c, "location"), name);
  return google_path(g, "", h->text(g->c, "%s:%s", name, method));
}

int google_wants_global(struct google *g)
{
  const char *location = g->studio ? NULL : g->h->config_str(g->c, "location");

  return google_way(g) == GOOGLE_BY_ADC && google_model_is(g, "gemini-3") &&
         location && strcmp(location, "us-central1") == 0;
}

/* Google is told how long we wait, when a time is set. */
int32_t google_send(struct google *g, struct gamut_http *x)
{
  int64_t ms = g->h->config_int(g->c, "timeout");

  if (g->wrong)
    return google_refuse(g);
  x->struct_size = sizeof(*x);
  x->flags |= GAMUT_HTTP_ALL;
  if (!x->method)
    x->method = "POST";
  if (ms > 0)
    g->h->header(g->c, "x-server-timeout",
                 g->h->text(g->c, "%lld", (long long)((ms + 999) / 1000)));
  return g->h->http(g->c, x);
}

/* The Cloud Storage JSON API takes the same token; the slashes of the object's
 * name are part of it. */
const char *google_storage_url(struct google *g, const char *gs)
{
  const struct gamut_host *h = g->h;
  const char *bucket = gs + strlen("gs://"), *slash = strchr(bucket, '/');

  if (!slash || slash == bucket || !slash[1])
    return NULL;
  return h->text(
    g->c, "https://storage.googleapis.com/storage/v1/b/%s/o/%s?alt=media",
    h->escape(g->c, h->text(g->c, "%.*s", (int)(slash - bucket), bucket)),
    h->escape(g->c, slash + 1));
}
