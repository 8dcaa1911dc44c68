/* address.c - what a route's link means.
 *
 * The first colon decides: what stands before it names a provider, unless there
 * is a slash in it.  Names of instances ("local") are known to routes only; the
 * catalog is asked by what they are instances of.
 *
 * A full id is not above its family either: asked for an edit,
 * "fal-ai/flux/dev" becomes the family's edit endpoint, and resolved_from says
 * what it was asked by; unless the caller knows better (`literal`).
 */
#include "route/address.h"
#include "base/buf.h"
#include "base/str.h"
#include <gamut/plugin.h>
#include <string.h>

#define ADDRESS_MAX 400 /* bytes; vendors' ids stay below 200 */
#define PREFIX_MAX  31
#define LIST_MAX    600

void gm_link_finish(struct gm_link *l)
{
  gm_free(l->given);
  gm_free(l->provider);
  gm_free(l->model);
  gm_free(l->resolved_from);
  *l = (struct gm_link){ .given = NULL };
}

static int32_t no_memory(struct gm_error *err)
{
  return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
}

/* ---- grammar ------------------------------------------------------------ */

static int32_t check_text(const char *text, struct gm_error *err)
{
  const unsigned char *p = (const unsigned char *)text;

  if (!text || !*text)
    return gm_fail(err, GAMUT_E_INVALID, "the name of a model is empty");
  if (strlen(text) > ADDRESS_MAX)
    return gm_fail(err, GAMUT_E_INVALID,
                   "the name of a model is longer than %d bytes", ADDRESS_MAX);
  if (!gm_utf8_valid(text, strlen(text)))
    return gm_fail(err, GAMUT_E_INVALID,
                   "the name of a model is not valid UTF-8");
  for (; *p; p++) {
    if (*p <= ' ' || *p == 0x7f)
      return gm_fail(err, GAMUT_E_INVALID, "model '%s': %s in its name", text,
                     *p == ' ' ? "a blank" : "a control character");
  }
  if (*text == '@')
    return gm_fail(err, GAMUT_E_NOT_FOUND,
                   "no route of the name '%s' is configured", text + 1);
  return 0;
}

static bool is_letter(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* What stands before the first colon when it could be a provider: no such name
 * begins with a capital, but who writes "Fal:" means one. */
static bool cut_prefix(const char *text, char prefix[PREFIX_MAX + 1])
{
  size_t i, len = strcspn(text, ":");

  if (text[len] != ':' || len == 0 || len > PREFIX_MAX || !is_letter(*text))
    return false;
  for (i = 0; i < len; i++) {
    if (!is_letter(text[i]) && !(text[i] >= '0' && text[i] <= '9') &&
        text[i] != '_' && text[i] != '-')
      return false;
  }
  memcpy(prefix, text, len);
  prefix[len] = '\0';
  return true;
}

/* ---- providers ---------------------------------------------------------- */

static bool listed(const struct gm_address_book *b, const char *name)
{
  const char *const *p;

  for (p = b->providers; p && *p; p++) {
    if (gm_streq(*p, name))
      return true;
  }
  return false;
}

/* A plugin that is not loaded yet is listed by its own name; the catalog knows
 * what else it brings. */
static bool installed(const struct gm_address_book *b, const char *name)
{
  const char *stem;

  if (listed(b, name))
    return true;
  stem = gm_catalog_plugin(b->catalog, name);
  return stem && listed(b, stem);
}

static const char *provider_of(const struct gm_address_book *b,
                               const char *instance)
{
  const char *p = b->provider_of ? b->provider_of(b->user, instance) : NULL;

  return p ? p : instance;
}

static int32_t unknown_provider(const struct gm_address_book *b,
                                const char *prefix, struct gm_error *err)
{
  _cleanup_(gm_buf_finish) struct gm_buf known = GM_BUF_INIT(LIST_MAX);
  static const char *const none[] = { NULL };
  const char *const *list = b->providers ? b->providers : none, *const * p;
  const char *near = gm_nearest(prefix, list);

  for (p = list; *p; p++)
    gm_buf_addf(&known, "%s%s", p == list ? "" : ", ", *p);
  if (!*list)
    return gm_fail(err, GAMUT_E_NOT_FOUND,
                   "unknown provider '%s'; none is installed", prefix);
  return gm_fail(err, GAMUT_E_NOT_FOUND,
                 "unknown provider '%s'%s%s%s; known: %s", prefix,
                 near ? ", did you mean '" : "", near ? near : "",
                 near ? "'?" : "", gm_buf_text(&known));
}

static int32_t not_installed(const struct gm_address_book *b, const char *text,
                             const char *provider, struct gm_error *err)
{
  const char *stem = gm_catalog_plugin(b->catalog, provider);

  if (stem && !gm_streq(stem, provider))
    return gm_fail(err, GAMUT_E_NOT_FOUND,
                   "model '%s' belongs to the provider '%s', which is not "
                   "installed (plugin '%s')",
                   text, provider, stem);
  return gm_fail(err, GAMUT_E_NOT_FOUND,
                 "model '%s' belongs to the provider '%s', which is not "
                 "installed",
                 text, provider);
}

/* ---- models ------------------------------------------------------------- */

static bool makes_videos(const struct gm_model *m)
{
  return gm_model_can(m, "text-to-video") ||
         gm_model_can(m, "image-to-video") || gm_model_can(m, "video-to-video");
}

/* The family's endpoint for the operation, or for the one that is meant when
 * there is no such: the operation may have been guessed from the inputs before
 * the model was known. */
static const struct gm_model *
endpoint(struct gm_catalog *c, const struct gm_model *m, const char *operation)
{
  static const struct {
    const char *asked, *near;
    bool video;
  } nears[] = {
    { "edit", "image-to-image", false },
    { "edit", "image-to-video", true },
    { "image-to-image", "edit", false },
    { "image-to-image", "image-to-video", true },
    { "text-to-image", "text-to-video", true },
  };
  const struct gm_model *found;
  size_t i;

  if (!operation)
    return m;
  found = gm_catalog_sibling(c, m, operation);
  for (i = 0; !found && i < GM_LEN(nears); i++) {
    if (gm_streq(operation, nears[i].asked) &&
        nears[i].video == makes_videos(m))
      found = gm_catalog_sibling(c, m, nears[i].near);
  }
  return found ? found : m;
}

/* It takes such pictures beside its text, and need not be left for them. */
static bool takes_beside_text(const struct gm_model *m, const char *role)
{
  return role && gm_json_at(gm_json_at(m->entry, "inputs"), role) &&
         (gm_model_can(m, "text-to-image") || gm_model_can(m, "text-to-video"));
}

static int32_t retired(const struct gm_model *m, struct gm_error *err)
{
  const char *date = gm_json_str(m->entry, "life_date", NULL);
  const char *next = gm_json_str(m->entry, "successor", NULL);

  return gm_fail(err, GAMUT_E_UNSUPPORTED, "model '%s' is retired%s%s%s%s%s",
                 m->id, date ? " since " : "", date ? date : "",
                 next ? "; its successor is '" : "", next ? next : "",
                 next ? "'" : "");
}

/* Fill the link: `name` is the part that named the model, `m` what the catalog
 * says (NULL: nothing). */
static int32_t finish(const struct gm_address_book *b, const char *text,
                      const char *provider, const char *name,
                      const struct gm_model *m, const char *operation,
                      struct gm_link *ret, struct gm_error *err)
{
  struct gm_link l = { .given = NULL };
  bool by_other_name;

  if (m && !b->unchecked &&
      gm_streq(gm_json_str(m->entry, "life", NULL), "retired"))
    return retired(m, err);
  if (m && !(b->literal && gm_streq(m->id, name)) &&
      !takes_beside_text(m, b->role))
    m = endpoint(b->catalog, m, operation);
  by_other_name = m && !gm_streq(m->id, name);
  l.given = gm_strdup(text);
  l.provider = gm_strdup(provider);
  l.model = gm_strdup(m ? m->id : name);
  l.resolved_from = by_other_name ? gm_strdup(name) : NULL;
  l.entry = m;
  if (!l.given || !l.provider || !l.model ||
      (by_other_name && !l.resolved_from)) {
    gm_link_finish(&l);
    return no_memory(err);
  }
  *ret = l;
  return 0;
}

/* ---- the forms ---------------------------------------------------------- */

/* provider:model; the rest may be anything that the catalog does not know. */
static int32_t with_prefix(const struct gm_address_book *b, const char *text,
                           const char *provider, const char *operation,
                           struct gm_link *ret, struct gm_error *err)
{
  const char *name = text + strlen(provider) + 1;
  const struct gm_model *m;
  int32_t rc;

  if (!*name)
    return gm_fail(err, GAMUT_E_INVALID,
                   "'%s' names no model; '%s' alone means its default", text,
                   provider);
  rc = gm_catalog_find(b->catalog, provider_of(b, provider), name, &m, err);
  if (rc)
    return rc;
  return finish(b, text, provider, name, m, operation, ret, err);
}

/* A word that several providers claim: another one may be installed. */
static int32_t installed_claim(const struct gm_address_book *b,
                               const char *text, const struct gm_model **m,
                               struct gm_error *err)
{
  const struct gm_model *other = NULL;
  const char *const *p;
  int32_t rc = 0;

  if (!*m || installed(b, (*m)->provider))
    return 0;
  for (p = b->providers; !rc && !other && p && *p; p++) {
    if (gm_streq(provider_of(b, *p), *p))
      rc = gm_catalog_find(b->catalog, *p, text, &other, err);
  }
  if (rc)
    return rc;
  if (!other)
    return not_installed(b, text, (*m)->provider, err);
  *m = other;
  return 0;
}

static int32_t provider_alone(const struct gm_address_book *b, const char *text,
                              const char *operation, struct gm_link *ret,
                              struct gm_error *err)
{
  bool video = operation && gm_ends(operation, "-to-video");
  const char *provider = provider_of(b, text);
  const struct gm_model *m, *other = NULL;
  int32_t rc = gm_catalog_default(b->catalog, provider,
                                  video ? "video" : "image", &m, err);

  if (!rc && !m)
    rc = gm_catalog_default(b->catalog, provider, video ? "image" : "video",
                            &other, err);
  if (rc)
    return rc;
  if (!m && other && operation)
    return gm_fail(err, GAMUT_E_UNSUPPORTED,
                   "provider '%s' has no default model for %ss; name one: "
                   "%s:MODEL",
                   text, video ? "video" : "image", text);
  m = m ? m : other;
  if (!m)
    return gm_fail(err, GAMUT_E_NOT_FOUND,
                   "provider '%s' has no default model; name one: %s:MODEL",
                   text, text);
  return finish(b, text, text, text, m, operation, ret, err);
}

static int32_t by_default(const struct gm_address_book *b, const char *text,
                          const char *operation, struct gm_link *ret,
                          struct gm_error *err)
{
  const char *near;
  int32_t rc;

  if (b->default_provider && installed(b, b->default_provider)) {
    rc = finish(b, text, b->default_provider, text, NULL, operation, ret, err);
    ret->by_default = rc == 0;
    return rc;
  }
  near = gm_catalog_nearest(b->catalog, text);
  return gm_fail(err, GAMUT_E_NOT_FOUND,
                 "no model '%s' is known and %s%s%s%s%s%s "
                 "(`gamut models` lists them)",
                 text,
                 b->default_provider ? "the default provider '"
                                     : "there is no default provider",
                 b->default_provider ? b->default_provider : "",
                 b->default_provider ? "' is not installed" : "",
                 near ? "; did you mean '" : "", near ? near : "",
                 near ? "'?" : "");
}

void gm_link_excuse(const struct gm_link *l, struct gm_catalog *c,
                    struct gm_error *err)
{
  const char *near;

  if (!l->by_default || (err->error_class != GAMUT_E_AUTH &&
                         err->error_class != GAMUT_E_NOT_FOUND))
    return;
  near = gm_catalog_nearest(c, l->given);
  gm_error_prefix(err, "no model '%s' is known%s%s%s, so the default provider "
                       "gets it",
                  l->given, near ? " (did you mean '" : "", near ? near : "",
                  near ? "'?)" : "");
}

/* An id that nobody lists. */
static int32_t unlisted(const struct gm_address_book *b, const char *text,
                        const char *prefix, const char *operation,
                        struct gm_link *ret, struct gm_error *err)
{
  const char *provider;
  int32_t rc = gm_catalog_match(b->catalog, text, &provider, err);

  if (rc)
    return rc;
  if (provider && installed(b, provider))
    return finish(b, text, provider, text, NULL, operation, ret, err);
  if (provider)
    return not_installed(b, text, provider, err);
  if (prefix)
    return unknown_provider(b, prefix, err);
  if (installed(b, text))
    return provider_alone(b, text, operation, ret, err);
  return by_default(b, text, operation, ret, err);
}

int32_t gm_address_resolve(const struct gm_address_book *b, const char *text,
                           const char *operation, struct gm_link *ret,
                           struct gm_error *err)
{
  const struct gm_model *m = NULL;
  char prefix[PREFIX_MAX + 1];
  bool has_prefix;
  int32_t rc = check_text(text, err);

  if (rc)
    return rc;
  has_prefix = cut_prefix(text, prefix);
  if (has_prefix && installed(b, prefix))
    return with_prefix(b, text, prefix, operation, ret, err);
  /* Ids may hold a colon themselves ("runware:101@1"). */
  rc = gm_catalog_find(b->catalog, NULL, text, &m, err);
  if (!rc)
    rc = installed_claim(b, text, &m, err);
  if (rc)
    return rc;
  if (m)
    return finish(b, text, m->provider, text, m, operation, ret, err);
  return unlisted(b, text, has_prefix ? prefix : NULL, operation, ret, err);
}
