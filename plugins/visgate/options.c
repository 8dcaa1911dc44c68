/* options.c - how a request is made, beside what it makes: request/options.
 *
 * Each option is about one or two of the endpoints; elsewhere it is refused, as
 * is an option or a value that visgate does not have.
 */
#include "visgate.h"
#include <string.h>

#define ON(endpoint) (1u << (endpoint))
static const struct {
  const char *name, *choices; /* NULL: true or false */
  uint32_t endpoints;
} known[] = {
  { "endpoint", "images|generate", ON(VG_IMAGES) | ON(VG_GENERATE) },
  { "async", NULL, ON(VG_IMAGES) | ON(VG_VIDEOS) },
  { "include_steps", NULL, ON(VG_IMAGES) },
  { "skip_gcs_upload", NULL, ON(VG_VIDEOS) },
};
#define N_KNOWN (sizeof(known) / sizeof(known[0]))

static const char *const paths[] = {
  [VG_GENERATE] = "/generate",
  [VG_IMAGES] = "/images/generate",
  [VG_VIDEOS] = "/videos/generate",
};

static const struct gamut_json *option(struct gamut_call *c, const char *name)
{
  const struct gamut_host *h = c->host;

  return h->json_get(h->json_get(c->request, "options"), name);
}

int32_t vg_endpoint(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;

  if (strstr(h->json_str(c->request, "operation", ""), "-video"))
    return VG_VIDEOS;
  return strcmp(h->json_str(option(c, "endpoint"), "", ""), "generate") == 0
           ? VG_GENERATE
           : VG_IMAGES;
}

int vg_wants(struct gamut_call *c, const char *name, int preset)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *value = option(c, name);

  if (h->json_type(value) != GAMUT_JSON_BOOL)
    return preset;
  return strcmp(h->json_text(c, value), "true") == 0;
}

/* A blocking video is cut off by the first proxy on the way; a picture comes
 * soon, and only the blocking answer has its price. */
int vg_is_async(struct gamut_call *c)
{
  int32_t endpoint = vg_endpoint(c);

  return endpoint != VG_GENERATE && vg_wants(c, "async", endpoint == VG_VIDEOS);
}

static int is_choice(const char *choices, const char *text)
{
  size_t n = strlen(text);
  const char *at = choices;

  while (*at) {
    size_t len = strcspn(at, "|");

    if (len == n && memcmp(at, text, n) == 0)
      return 1;
    at += len + (at[len] == '|');
  }
  return 0;
}

static int32_t check(struct gamut_call *c, const char *name,
                     const struct gamut_json *value)
{
  const struct gamut_host *h = c->host;
  int32_t endpoint = vg_endpoint(c);
  int good;
  size_t i;

  for (i = 0; i < N_KNOWN && strcmp(known[i].name, name) != 0;)
    i++;
  if (i == N_KNOWN)
    return h->fail(c, GAMUT_E_UNSUPPORTED,
                   "it has no option '%s'; there are endpoint, async, "
                   "include_steps and skip_gcs_upload",
                   name);
  good = known[i].choices
           ? is_choice(known[i].choices, h->json_str(value, "", ""))
           : h->json_type(value) == GAMUT_JSON_BOOL;
  if (!good)
    return h->fail(c, GAMUT_E_INVALID, "option %s is %s, not %s", name,
                   known[i].choices ? known[i].choices : "true or false",
                   h->json_text(c, value));
  if (!(known[i].endpoints & ON(endpoint)))
    return h->fail(c, GAMUT_E_INVALID,
                   "option %s says nothing to %s, which does this request; "
                   "leave it out",
                   name, paths[endpoint]);
  return 0;
}

int32_t vg_check_options(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *all = h->json_get(c->request, "options"), *value;
  const char *name;
  int32_t rc = 0;
  uint32_t n;

  for (n = 0; rc == 0 && n < h->json_count(all, ""); n++) {
    value = h->json_member(all, n, &name);
    rc = check(c, name, value);
  }
  return rc;
}
