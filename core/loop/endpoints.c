/* endpoints.c - the endpoint map: a short list, longest prefix first.
 *
 * An entry is kept as origin and path, both without a slash at the end, so that
 * "https://A.example:443/v1/" and "https://a.example/v1" are the same key and
 * joining never doubles a slash. */
#include "loop/endpoints.h"
#include "base/file.h"
#include "base/json.h"
#include "loop/url.h"
#include <gamut/plugin.h>
#include <string.h>

#define ENDPOINTS_MAX (1024 * 1024)

struct entry {
  char from_origin[GM_ORIGIN_SIZE], to_origin[GM_ORIGIN_SIZE];
  char *from_path;
  size_t from_path_len;
  char *to; /* the whole target */
};

struct gm_endpoints {
  struct entry *entries;
  size_t n;
};

static const char *path_of(const char *url)
{
  const char *p = strstr(url, "://");

  p = p ? p + 3 : url;
  return p + strcspn(p, "/?#");
}

static char *without_slash(const char *s)
{
  size_t len = strlen(s);

  while (len && s[len - 1] == '/')
    len--;
  return gm_strndup(s, len);
}

static bool is_prefix(const char *url, char origin[GM_ORIGIN_SIZE])
{
  return gm_url_origin(url, origin) && !strpbrk(url, "?#");
}

static int32_t fill(struct entry *e, const char *from, struct json_object *to,
                    struct gm_error *err)
{
  const char *text = gm_json_str(to, NULL, NULL);

  if (!is_prefix(from, e->from_origin))
    return gm_fail(err, GAMUT_E_INVALID,
                   "endpoints: '%s' is no http(s) URL without user, query or "
                   "fragment",
                   from);
  if (!text || !is_prefix(text, e->to_origin))
    return gm_fail(err, GAMUT_E_INVALID,
                   "endpoints: '%s' must be mapped to an http(s) URL without "
                   "user, query or fragment",
                   from);
  e->from_path = without_slash(path_of(from));
  e->to = without_slash(text);
  if (!e->from_path || !e->to)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for the endpoint map");
  e->from_path_len = strlen(e->from_path);
  return 0;
}

static int32_t fill_all(struct gm_endpoints *e, struct json_object *o,
                        struct gm_error *err)
{
  struct json_object_iterator it = json_object_iter_begin(o);
  struct json_object_iterator end = json_object_iter_end(o);

  for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it)) {
    int32_t rc = fill(&e->entries[e->n++], json_object_iter_peek_name(&it),
                      json_object_iter_peek_value(&it), err);

    if (rc)
      return rc;
  }
  return 0;
}

static int longest_first(const void *a, const void *b)
{
  const struct entry *one = a, *two = b;

  if (one->from_path_len != two->from_path_len)
    return one->from_path_len < two->from_path_len ? 1 : -1;
  return strcmp(one->from_path, two->from_path);
}

int32_t gm_endpoints_new(const struct json_object *o, struct gm_endpoints **ret,
                         struct gm_error *err)
{
  _cleanup_(gm_endpoints_freep) struct gm_endpoints *e = NULL;
  size_t n = 0;
  int32_t rc;

  if (o && !json_object_is_type(o, json_type_object))
    return gm_fail(err, GAMUT_E_INVALID, "endpoints: not a JSON object");
  if (o)
    n = (size_t)json_object_object_length(o);
  e = gm_zalloc(sizeof(*e));
  if (e)
    e->entries = gm_zalloc(GM_MAX(n, (size_t)1) * sizeof(*e->entries));
  if (!e || !e->entries)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for the endpoint map");
  rc = n ? fill_all(e, gm_unconst(o), err) : 0;
  if (rc)
    return rc;
  qsort(e->entries, e->n, sizeof(*e->entries), longest_first);
  *ret = GM_TAKE(e);
  return 0;
}

int32_t gm_endpoints_parse(const char *text, struct gm_endpoints **ret,
                           struct gm_error *err)
{
  _cleanup_(gm_buf_finish) struct gm_buf file = GM_BUF_INIT(ENDPOINTS_MAX);
  _cleanup_json_ struct json_object *o = NULL;
  size_t len;
  int32_t rc;

  if (!text || !*text)
    return gm_endpoints_new(NULL, ret, err);
  len = strlen(text);
  if (text[0] == '@') {
    rc = gm_file_read(text + 1, &file, GAMUT_E_INVALID, err);
    if (rc)
      return rc;
    text = gm_buf_text(&file);
    len = file.len;
  }
  o = gm_json_parse_config(text, len, err);
  if (!o) {
    gm_error_prefix(err, "endpoints");
    if (err && err->error_class)
      return err->error_class;
    return gm_fail(err, GAMUT_E_INVALID, "endpoints: not a JSON object");
  }
  return gm_endpoints_new(o, ret, err);
}

void gm_endpoints_free(struct gm_endpoints *e)
{
  if (!e)
    return;
  for (size_t i = 0; e->entries && i < e->n; i++) {
    gm_free(e->entries[i].from_path);
    gm_free(e->entries[i].to);
  }
  gm_free(e->entries);
  gm_free(e);
}

static bool applies(const struct entry *e, const char *origin, const char *path)
{
  if (strcmp(e->from_origin, origin) != 0 ||
      strncmp(e->from_path, path, e->from_path_len) != 0)
    return false;
  switch (path[e->from_path_len]) {
  case '\0':
  case '/':
  case '?':
  case '#':
    return true;
  default:
    return false;
  }
}

/* The entry for what lies at `path` of `origin`, or NULL. */
static const struct entry *find(const struct gm_endpoints *e,
                                const char *origin, const char *path)
{
  for (size_t i = 0; i < e->n; i++) {
    if (applies(&e->entries[i], origin, path))
      return &e->entries[i];
  }
  return NULL;
}

bool gm_endpoints_map(const struct gm_endpoints *e, const char *url,
                      struct gm_buf *out)
{
  const struct entry *to = NULL;
  char origin[GM_ORIGIN_SIZE];
  const char *path = "";

  if (e && e->n && gm_url_origin(url, origin)) {
    path = path_of(url);
    to = find(e, origin, path);
  }
  gm_buf_add(out, to ? to->to : url);
  if (to)
    gm_buf_add(out, path + to->from_path_len);
  return to;
}

bool gm_endpoints_origin(const struct gm_endpoints *e, const char *url,
                         char ret[GM_ORIGIN_SIZE])
{
  const struct entry *to = NULL;

  if (!gm_url_origin(url, ret))
    return false;
  if (e && e->n)
    to = find(e, ret, path_of(url));
  if (to)
    memcpy(ret, to->to_origin, sizeof(to->to_origin));
  return true;
}

bool gm_endpoints_is_target(const struct gm_endpoints *e, const char *url)
{
  char origin[GM_ORIGIN_SIZE];

  if (!e || !e->n || !gm_url_origin(url, origin))
    return false;
  for (size_t i = 0; i < e->n; i++) {
    if (strcmp(e->entries[i].to_origin, origin) == 0)
      return true;
  }
  return false;
}
