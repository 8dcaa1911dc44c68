/* named.c - routes of the configuration.
 *
 * A route is a way to write down a request's links and some of its fields, so
 * that is what it becomes: its members go through the setters of a request and
 * are held to the same rows. */
#include "route/named.h"
#include "base/str.h"
#include <string.h>

#define ROUTE_NAME_MAX 64 /* bytes */
#define DEPTH_MAX      8  /* routes within routes */

/* Members of a route, and the fields of a request that they are. */
static const struct {
  const char *member, *field;
} members[] = {
  { "prefer", "prefer" },
  { "max_cost", "max_cost" },
  { "allow_unknown_cost", "allow_unknown_cost" },
  { "deadline", "timeout" },
  { "attempt_timeout", "attempt_timeout" },
  { "hedge", "hedge" },
  { "spread", "spread" },
  { "on_blocked", "on_blocked" },
  { "check", "check" },
  { "resubmit", "resubmit" },
};

/* The routes that lead to the one being looked at. */
struct trail {
  const char *name;
  const struct trail *before;
  uint32_t first; /* of the links that the outermost of them gives */
};

static struct json_object *all_routes(const struct gm_settings *s)
{
  return gm_settings_object(s, "routes");
}

static struct json_object *find(const struct gm_settings *s, const char *name)
{
  struct json_object *routes = all_routes(s), *route = NULL;

  return routes && json_object_object_get_ex(routes, name, &route) ? route
                                                                   : NULL;
}

const char *gm_named_at(const struct gm_settings *s, uint32_t i)
{
  struct json_object *routes = all_routes(s);
  struct lh_entry *e = routes ? json_object_get_object(routes)->head : NULL;

  for (; e && i > 0; i--)
    e = e->next;
  return e ? lh_entry_k(e) : NULL;
}

static int32_t not_found(const struct gm_settings *s, const char *name,
                         struct gm_error *err)
{
  const char *names[33] = { NULL };
  const char *near;
  uint32_t n;

  for (n = 0; n < GM_LEN(names) - 1; n++) {
    names[n] = gm_named_at(s, n);
    if (!names[n])
      break;
  }
  near = gm_nearest(name, names);
  return gm_fail(err, GAMUT_E_NOT_FOUND,
                 "no route of the name '%.100s' is configured%s%s%s%s", name,
                 near ? "; did you mean '@" : "", near ? near : "",
                 near ? "'?" : "",
                 n == 0 ? " (\"routes\" of config.json has them)" : "");
}

/* ---- links --------------------------------------------------------------- */

static int32_t circle(const struct trail *t, const char *name,
                      struct gm_error *err)
{
  _cleanup_(gm_buf_finish) struct gm_buf way = GM_BUF_INIT(1024);
  const struct trail *p;

  gm_buf_addf(&way, "@%s", name);
  for (p = t; p; p = p->before)
    gm_buf_addf(&way, " of @%s", p->name);
  return gm_fail(err, GAMUT_E_INVALID, "routes: '%s' leads to itself (%s)",
                 name, gm_buf_text(&way));
}

static int32_t add_link(struct gm_ask *to, const struct trail *here,
                        const char *link, struct gm_error *err)
{
  uint32_t i;

  for (i = here->first; i < to->n_links; i++) {
    if (strcmp(to->links[i], link) == 0)
      return gm_fail(err, GAMUT_E_INVALID, "routes: '%s' has '%.200s' twice",
                     here->name, link);
  }
  return gm_ask_link(to, link, err);
}

static int32_t add_links(const struct gm_settings *s, struct gm_ask *to,
                         const char *name, const struct trail *before,
                         struct gm_error *err);

static int32_t add_member(const struct gm_settings *s, struct gm_ask *to,
                          const struct trail *here, struct json_object *link,
                          struct gm_error *err)
{
  const char *text = gm_json_str(link, NULL, NULL);
  const struct trail *t;
  uint32_t depth = 0;

  if (!text || !*text)
    return gm_fail(err, GAMUT_E_INVALID,
                   "routes: a link of '%s' is no text; \"provider:model\" is",
                   here->name);
  if (*text != '@')
    return add_link(to, here, text, err);
  for (t = here; t; t = t->before, depth++) {
    if (strcmp(t->name, text + 1) == 0)
      return circle(here, text + 1, err);
  }
  if (depth > DEPTH_MAX)
    return gm_fail(err, GAMUT_E_INVALID,
                   "routes: '%s' is more than %d routes deep", text + 1,
                   DEPTH_MAX);
  return add_links(s, to, text + 1, here, err);
}

/* The links of a route, those of routes within it in their places. */
static int32_t add_links(const struct gm_settings *s, struct gm_ask *to,
                         const char *name, const struct trail *before,
                         struct gm_error *err)
{
  const struct trail here = { name, before,
                              before ? before->first : to->n_links };
  struct json_object *route = find(s, name), *links;
  size_t i, n;
  int32_t rc = 0;

  if (!route)
    return not_found(s, name, err);
  links = gm_json_at(route, "links");
  n = gm_json_count(links, NULL);
  if (!json_object_is_type(links, json_type_array) || n == 0 ||
      n > GM_ASK_LINKS_MAX)
    return gm_fail(err, GAMUT_E_INVALID,
                   "routes: 'links' of '%s' must be an array of 1 to %d models",
                   name, GM_ASK_LINKS_MAX);
  for (i = 0; i < n && rc == 0; i++)
    rc = add_member(s, to, &here, json_object_array_get_idx(links, i), err);
  return rc;
}

/* ---- the other members --------------------------------------------------- */

static const char *field_of(const char *member)
{
  size_t i;

  for (i = 0; i < GM_LEN(members); i++) {
    if (strcmp(members[i].member, member) == 0)
      return members[i].field;
  }
  return NULL;
}

static int32_t unknown_member(const char *route, const char *member,
                              struct gm_error *err)
{
  const char *names[GM_LEN(members) + 2] = { "links" };
  const char *near;
  size_t i;

  for (i = 0; i < GM_LEN(members); i++)
    names[i + 1] = members[i].member;
  near = gm_nearest(member, names);
  return gm_fail(err, GAMUT_E_INVALID,
                 "routes: '%s' has '%.100s', which a route does not know%s%s%s",
                 route, member, near ? "; did you mean '" : "",
                 near ? near : "", near ? "'?" : "");
}

static bool is_scalar(const struct json_object *o)
{
  return o && !json_object_is_type(o, json_type_object) &&
         !json_object_is_type(o, json_type_array);
}

/* What the route says and `to` does not say yet. */
static int32_t set_members(struct gm_ask *to, const char *name,
                           struct json_object *route, struct gm_error *err)
{
  struct json_object_iter it;

  json_object_object_foreachC(route, it)
  {
    const char *field = field_of(it.key);
    int32_t rc;

    if (strcmp(it.key, "links") == 0)
      continue;
    if (!field)
      return unknown_member(name, it.key, err);
    if (!is_scalar(it.val))
      return gm_fail(err, GAMUT_E_INVALID,
                     "routes: '%s' of '%s' is neither text nor a number nor "
                     "true or false",
                     it.key, name);
    if (json_object_object_get_ex(to->control, field, NULL))
      continue;
    rc = gm_ask_set(to, field, json_object_get_string(it.val), err);
    if (rc) {
      gm_error_prefix(err, "routes: '%s'", name);
      return rc;
    }
  }
  return 0;
}

/* ---- whole --------------------------------------------------------------- */

static bool good_name(const char *name)
{
  const char *p;

  for (p = name; *p; p++) {
    if (!(*p >= 'a' && *p <= 'z') && !(*p >= 'A' && *p <= 'Z') &&
        !(*p >= '0' && *p <= '9') && !strchr("_-.", *p))
      return false;
  }
  return p > name && p - name <= ROUTE_NAME_MAX;
}

static int32_t check_one(const struct gm_settings *s, const char *name,
                         struct json_object *route, struct gm_error *err)
{
  struct gm_ask *ask;
  int32_t rc;

  if (!good_name(name))
    return gm_fail(err, GAMUT_E_INVALID,
                   "routes: '%.100s' cannot be a name (letters, digits, '_', "
                   "'-', '.', at most %d)",
                   name, ROUTE_NAME_MAX);
  if (!json_object_is_type(route, json_type_object))
    return gm_fail(err, GAMUT_E_INVALID, "routes: '%s' is not an object", name);
  ask = gm_ask_new();
  if (!ask)
    return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
  rc = add_links(s, ask, name, NULL, err);
  if (rc == 0)
    rc = set_members(ask, name, route, err);
  gm_ask_free(ask);
  /* A route that is not there is a mistake of the file here. */
  if (rc == GAMUT_E_NOT_FOUND) {
    gm_error_prefix(err, "routes: '%s'", name);
    err->error_class = rc = GAMUT_E_INVALID;
  }
  return rc;
}

int32_t gm_named_check(const struct gm_settings *s, struct gm_error *err)
{
  struct json_object *routes = all_routes(s);
  struct json_object_iter it;
  int32_t rc;

  if (!routes)
    return 0;
  json_object_object_foreachC(routes, it)
  {
    rc = check_one(s, it.key, it.val, err);
    if (rc)
      return rc;
  }
  return 0;
}

static bool has_route(const struct gm_ask *ask)
{
  uint32_t i;

  for (i = 0; i < ask->n_links; i++) {
    if (*ask->links[i] == '@')
      return true;
  }
  return false;
}

static void drop_links(struct gm_ask *a)
{
  while (a->n_links > 0)
    gm_free(a->links[--a->n_links]);
}

/* Links named one by one may come twice: whoever types that means it. */
static int32_t expand(const struct gm_settings *s, const struct gm_ask *ask,
                      struct gm_ask *to, struct gm_error *err)
{
  uint32_t i;
  int32_t rc = 0;

  drop_links(to);
  for (i = 0; i < ask->n_links && rc == 0; i++) {
    if (*ask->links[i] == '@')
      rc = add_links(s, to, ask->links[i] + 1, NULL, err);
    else
      rc = gm_ask_link(to, ask->links[i], err);
  }
  if (rc || *ask->links[0] != '@')
    return rc;
  if (json_object_object_add(to->control, "route",
                             json_object_new_string(ask->links[0] + 1)))
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a route");
  return set_members(to, ask->links[0] + 1, find(s, ask->links[0] + 1), err);
}

int32_t gm_named_ask(const struct gm_settings *s, const struct gm_ask *ask,
                     struct gm_ask **ret, struct gm_error *err)
{
  struct gm_ask *to;
  int32_t rc;

  *ret = NULL;
  if (!has_route(ask))
    return 0;
  to = gm_ask_copy(ask);
  if (!to)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a route");
  rc = expand(s, ask, to, err);
  if (rc)
    gm_ask_free(to);
  else
    *ret = to;
  return rc;
}
