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

const char *google_preset_base(int studio)
{
  return studio ? "https://generativelanguage.googleapis.com"
                : "https://aiplatform.googleapis.com";
}

const char *google_base(struct google *g)
{
  const char *base = g->h->config_str(g->c, "base_url");
  size_t len = base ? strlen(base) : 0;

  while (len > 0 && base[len - 1] == '/')
    len--;
  return len > 0 ? g->h->text(g->c, "%.*s", (int)len, base) : "";
}

int google_has_own_base(struct google *g)
{
  const char *base = google_base(g);

  return base && strcmp(base, google_preset_base(g->studio)) != 0;
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

const char *google_model(struct google *g)
{
  const char *id = g->h->json_str(g->c->request, "model", "");
  const char *last = strrchr(id, '/');

  if (strstr(id, "..") || !google_is_plain(id, "-._/:@") || id[0] == '/')
    return NULL;
  last = last ? last + 1 : id;
  return last[0] ? last : NULL;
}

/* The model's resource name, as Google's own client completes it. */
static const char *resource(struct google *g)
{
  const struct gamut_host *h = g->h;
  const char *id = h->json_str(g->c->request, "model", "");
  const char *slash = strchr(id, '/');

  if (g->studio)
    return begins(id, "models/") || begins(id, "tunedModels/")
             ? id
             : h->text(g->c, "models/%s", id);
  if (begins(id, "publishers/") || begins(id, "projects/") ||
      begins(id, "models/"))
    return id;
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

  if (g->studio || google_has_own_base(g) || google_way(g) != GOOGLE_BY_ADC ||
      !where || strcmp(where, "global") == 0)
    return "";
  if (strcmp(where, "us") == 0 || strcmp(where, "eu") == 0)
    return g->h->text(g->c, "https://aiplatform.%s.rep.googleapis.com", where);
  return g->h->text(g->c, "https://%s-aiplatform.googleapis.com", where);
}

const char *google_path(struct google *g, const char *path)
{
  return g->h->text(g->c, "%s/%s/%s", host(g), version(g), path);
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
  return google_path(g, h->text(g->c, "%s:%s", name, method));
}

void google_timeout(struct google *g)
{
  int64_t ms = g->h->config_int(g->c, "timeout");

  if (ms > 0)
    g->h->header(g->c, "x-server-timeout",
                 g->h->text(g->c, "%lld", (long long)((ms + 999) / 1000)));
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
