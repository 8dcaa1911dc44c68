/* ask.c - the table of what can be asked, and the setters that hold every value
 * to its row.  Fields go to the provider under their names, control stays here.
 * A size is two numbers for everybody else, so it becomes width and height. */
#include "route/ask.h"
#include "base/str.h"
#include "job/input.h"
#include "job/trace.h"
#include <stdio.h>
#include <string.h>

#define TEXT_MAX   (1u << 20)
#define INPUTS_MAX 64
#define TAGS_MAX   16

#define OPERATIONS                                                             \
  "text-to-image|image-to-image|edit|text-to-video|image-to-video|"            \
  "video-to-video|upscale"

/* clang-format off */
const struct gamut_field gm_ask_fields[] = {
  { "prompt", GAMUT_STRING, NULL, "what to make" },
  { "negative_prompt", GAMUT_STRING, NULL, "what to keep out" },
  { "operation", GAMUT_CHOICE, OPERATIONS, "told by the inputs when not set" },
  { "n", GAMUT_INT, NULL, "how many outputs" },
  { "seed", GAMUT_INT, NULL, "the same seed makes the same picture" },
  { "size", GAMUT_SIZE, NULL, "pixels, as 1024x768" },
  { "aspect_ratio", GAMUT_STRING, NULL, "as 16:9" },
  { "resolution", GAMUT_STRING, NULL, "a step the model knows: 1K, 720p" },
  { "duration", GAMUT_REAL, NULL, "seconds of video" },
  { "fps", GAMUT_REAL, NULL, "frames a second" },
  { "audio", GAMUT_BOOL, NULL, "video with sound" },
  { "format", GAMUT_STRING, NULL, "file format: png, jpeg, webp, mp4" },
  { "quality", GAMUT_STRING, NULL, "a step the model knows: low, high" },
  { "background", GAMUT_STRING, NULL, "transparent, opaque" },
  { "guidance", GAMUT_REAL, NULL, "how closely to follow the prompt" },
  { "steps", GAMUT_INT, NULL, "inference steps" },
  { "strength", GAMUT_REAL, NULL, "how far to leave the input, 0 to 1" },
  { "style", GAMUT_STRING, NULL, "a style the model knows" },
  { "partials", GAMUT_INT, NULL, "draft pictures to be shown on the way" },
  { "user", GAMUT_STRING, NULL,
    "the end user: in the books, and sent to vendors that ask" },
  { "project", GAMUT_STRING, NULL, "what for, in the books only" },
  { "tag", GAMUT_STRING, NULL,
    "a word for the books only, or several: a,b; each call adds" },
  { "webhook", GAMUT_URL, NULL, "where the vendor reports the end, too" },
  { "output", GAMUT_STRING, NULL, "file or template for what is made" },
  { "download", GAMUT_BOOL, NULL, "no: leave it at the vendor, give its URL" },
  { "force", GAMUT_BOOL, NULL, "replace an existing file" },
  { "save_partials", GAMUT_BOOL, NULL, "keep drafts: NAME.partial-1.png" },
  { "sidecar", GAMUT_BOOL, NULL, "write a .json beside each file" },
  { "timeout", GAMUT_MSEC, NULL, "then detach: the job goes on" },
  { "attempt_timeout", GAMUT_MSEC, NULL,
    "then the next link, if this one can still be cancelled" },
  { "max_cost", GAMUT_REAL, NULL, "US dollars a link may cost at most" },
  { "allow_unknown_cost", GAMUT_BOOL, NULL, "with max_cost: also unpriced" },
  { "hedge", GAMUT_STRING, NULL,
    "then a second link begins too: p95, a time, off; the first result wins" },
  { "spread", GAMUT_BOOL, NULL, "parts of n on several links at once" },
  { "prefer", GAMUT_CHOICE, "order|cheapest|fastest|balanced",
    "which link comes first" },
  { "on_blocked", GAMUT_CHOICE, "stop|next", "when the content is refused" },
  { "check", GAMUT_CHOICE, "strict|nearest|pass", "against the catalog" },
  { "resubmit", GAMUT_CHOICE, "never|cheap|always", "maybe-charged jobs" },
  { "cache", GAMUT_CHOICE, "use|refresh|off", "what was made before" },
  { "correlation_id", GAMUT_STRING, NULL, "yours, for the logs" },
  { "traceparent", GAMUT_STRING, NULL, "W3C trace context it belongs to" },
  { NULL, 0, NULL, NULL },
};
/* clang-format on */

static const char *const control_names[] = { "output",
                                             "download",
                                             "force",
                                             "save_partials",
                                             "sidecar",
                                             "timeout",
                                             "max_cost",
                                             "allow_unknown_cost",
                                             "check",
                                             "on_blocked",
                                             "resubmit",
                                             "correlation_id",
                                             "attempt_timeout",
                                             "hedge",
                                             "spread",
                                             "prefer",
                                             "cache",
                                             "traceparent",
                                             "project",
                                             "tag",
                                             NULL };

static bool is_control(const char *name)
{
  size_t i;

  for (i = 0; control_names[i]; i++)
    if (strcmp(name, control_names[i]) == 0)
      return true;
  return false;
}

struct gm_ask *gm_ask_new(void)
{
  struct gm_ask *a = gm_zalloc(sizeof(*a));

  if (!a)
    return NULL;
  a->fields = json_object_new_object();
  a->control = json_object_new_object();
  if (!a->fields || !a->control) {
    gm_ask_free(a);
    return NULL;
  }
  return a;
}

void gm_ask_free(struct gm_ask *a)
{
  uint32_t i;

  if (!a)
    return;
  json_object_put(a->fields);
  json_object_put(a->control);
  for (i = 0; i < a->n_links; i++)
    gm_free(a->links[i]);
  gm_free(a->links);
  for (i = 0; i < a->n_inputs; i++) {
    gm_free(a->inputs[i].role);
    gm_free(a->inputs[i].source);
    gm_held_unref(a->inputs[i].held);
  }
  gm_free(a->inputs);
  gm_error_finish(&a->err);
  gm_free(a);
}

static bool copy_json(struct json_object *from, struct json_object **to)
{
  json_object_put(*to);
  *to = NULL;
  return json_object_deep_copy(from, to, NULL) == 0;
}

/* Report to the caller and remember the first one. */
GM_PRINTF(4, 5)
static int32_t refuse(struct gm_ask *a, struct gm_error *err,
                      int32_t error_class, const char *fmt, ...)
{
  va_list ap;

  va_start(ap, fmt);
  gm_vfail(&a->err, error_class, fmt, ap);
  va_end(ap);
  va_start(ap, fmt);
  gm_vfail(err, error_class, fmt, ap);
  va_end(ap);
  return error_class;
}

int32_t gm_ask_input_held(struct gm_ask *a, const char *role,
                          const char *source, struct gm_held *held,
                          struct gm_error *err)
{
  struct gm_ask_input *bigger, *in;

  bigger = gm_realloc(a->inputs, (a->n_inputs + 1) * sizeof(*bigger));
  if (!bigger) {
    gm_held_unref(held);
    return refuse(a, err, GAMUT_E_NOMEM, "no memory for an input");
  }
  a->inputs = bigger;
  in = &a->inputs[a->n_inputs++];
  in->role = gm_strdup(role);
  in->source = gm_strdup(source);
  in->held = held;
  if (!in->role || !in->source)
    return refuse(a, err, GAMUT_E_NOMEM, "no memory for an input");
  return 0;
}

struct gm_ask *gm_ask_copy(const struct gm_ask *a)
{
  struct gm_ask *c = gm_ask_new();
  bool ok =
    c && copy_json(a->fields, &c->fields) && copy_json(a->control, &c->control);
  uint32_t i;

  for (i = 0; ok && i < a->n_links; i++)
    ok = gm_ask_link(c, a->links[i], NULL) == 0;
  for (i = 0; ok && i < a->n_inputs; i++)
    ok = gm_ask_input_held(c, a->inputs[i].role, a->inputs[i].source,
                           gm_held_ref(a->inputs[i].held), NULL) == 0;
  if (ok && a->err.error_class)
    gm_fail(&c->err, a->err.error_class, "%s", gm_error_text(&a->err));
  if (ok)
    return c;
  gm_ask_free(c);
  return NULL;
}

static const struct gamut_field *field_of(const char *name)
{
  const struct gamut_field *f;

  for (f = gm_ask_fields; f->name; f++)
    if (gm_streq(name, f->name))
      return f;
  return NULL;
}

static int32_t unknown(struct gm_ask *a, const char *name, struct gm_error *err)
{
  const char *names[GM_LEN(gm_ask_fields)];
  const char *near;
  size_t i;

  for (i = 0; i < GM_LEN(gm_ask_fields); i++)
    names[i] = gm_ask_fields[i].name;
  near = gm_nearest(name, names);
  return refuse(a, err, GAMUT_E_INVALID, "'%s' is no field of a request%s%s%s",
                name, near ? "; did you mean '" : "", near ? near : "",
                near ? "'?" : "");
}

static bool in_choices(const char *choices, const char *value)
{
  size_t len = strlen(value);
  const char *p = choices;

  while (p) {
    if (strncmp(p, value, len) == 0 && (p[len] == '|' || p[len] == '\0'))
      return len > 0;
    p = strchr(p, '|');
    p = p ? p + 1 : NULL;
  }
  return false;
}

/* The value of a row's type as JSON, or NULL with *ret_want saying what the
 * type wants. */
static struct json_object *typed(const struct gamut_field *f, const char *value,
                                 const char **ret_want)
{
  int64_t i;
  double d;
  bool b;

  switch (f->type) {
  case GAMUT_INT:
    *ret_want = "a whole number";
    return gm_parse_i64(value, INT64_MIN, INT64_MAX, &i)
             ? json_object_new_int64(i)
             : NULL;
  case GAMUT_REAL:
    *ret_want = "a number";
    return gm_parse_real(value, -1e12, 1e12, &d) ? gm_json_new_real(d) : NULL;
  case GAMUT_BOOL:
    *ret_want = "yes or no";
    return gm_parse_bool(value, &b) ? json_object_new_boolean(b) : NULL;
  case GAMUT_MSEC:
    *ret_want = "a time (90, 90s, 1500ms, 2m)";
    return gm_parse_msec(value, &i) ? json_object_new_int64(i) : NULL;
  case GAMUT_CHOICE:
    *ret_want = f->choices;
    return in_choices(f->choices, value) ? json_object_new_string(value) : NULL;
  case GAMUT_URL:
    *ret_want = "an http(s) URL";
    return gm_starts(value, "http://") || gm_starts(value, "https://")
             ? json_object_new_string(value)
             : NULL;
  default:
    *ret_want = "text";
    return json_object_new_string(value);
  }
}

static int32_t put(struct gm_ask *a, struct json_object *o, const char *name,
                   struct json_object *value, struct gm_error *err)
{
  if (value && json_object_object_add(o, name, value) == 0)
    return 0;
  json_object_put(value);
  return refuse(a, err, GAMUT_E_NOMEM, "no memory for a request");
}

static int32_t set_size(struct gm_ask *a, const char *value,
                        struct gm_error *err)
{
  uint32_t w, h;
  int32_t rc;

  if (!gm_parse_size(value, &w, &h))
    return refuse(a, err, GAMUT_E_INVALID,
                  "size: '%.60s' is not a size in pixels, as 1024x768", value);
  rc = put(a, a->fields, "width", json_object_new_int64(w), err);
  if (rc)
    return rc;
  return put(a, a->fields, "height", json_object_new_int64(h), err);
}

static int32_t add_tag(struct gm_ask *a, struct json_object *tags,
                       const char *tag, size_t len, struct gm_error *err)
{
  struct json_object *text;
  size_t i, n = json_object_array_length(tags);

  for (i = 0; i < n; i++) {
    const char *known =
      json_object_get_string(json_object_array_get_idx(tags, i));

    if (strlen(known) == len && memcmp(known, tag, len) == 0)
      return 0;
  }
  if (n == TAGS_MAX)
    return refuse(a, err, GAMUT_E_INVALID, "tag: at most %d of them", TAGS_MAX);
  text = json_object_new_string_len(tag, (int)len);
  if (text && json_object_array_add(tags, text) == 0)
    return 0;
  json_object_put(text);
  return refuse(a, err, GAMUT_E_NOMEM, "no memory for a request");
}

/* "a, b": blanks around a tag are none of it. */
static int32_t add_tags(struct gm_ask *a, const char *value,
                        struct gm_error *err)
{
  struct json_object *tags = NULL;
  int32_t rc = 0;

  if (!json_object_object_get_ex(a->control, "tag", &tags)) {
    tags = json_object_new_array();
    rc = put(a, a->control, "tag", tags, err);
  }
  while (rc == 0 && *value) {
    size_t len = strcspn(value, ","), used;

    while (len > 0 && *value == ' ')
      value++, len--;
    for (used = len; used > 0 && value[used - 1] == ' '; used--)
      ;
    if (used > 0)
      rc = add_tag(a, tags, value, used, err);
    value += len + (value[len] == ',');
  }
  return rc;
}

/* "p95" is no time yet. */
static int32_t set_hedge(struct gm_ask *a, const char *value,
                         struct gm_error *err)
{
  int64_t ms = GM_HEDGE_P95;

  if (strcmp(value, "off") == 0)
    ms = 0;
  else if (strcmp(value, "p95") != 0 &&
           (!gm_parse_msec(value, &ms) || ms <= 0 || ms > INT32_MAX))
    return refuse(a, err, GAMUT_E_INVALID,
                  "hedge: '%.60s' is neither p95 nor a time (20, 20s, 1500ms) "
                  "nor off",
                  value);
  return put(a, a->control, "hedge", json_object_new_int64(ms), err);
}

static void unset(struct gm_ask *a, const char *name)
{
  if (strcmp(name, "size") == 0) {
    json_object_object_del(a->fields, "width");
    json_object_object_del(a->fields, "height");
  }
  json_object_object_del(is_control(name) ? a->control : a->fields, name);
}

static bool is_trace_context(const char *value)
{
  char trace[GM_TRACE_ID_SIZE], span[GM_SPAN_ID_SIZE];
  bool sampled;

  return gm_traceparent_parse(value, trace, span, &sampled);
}

int32_t gm_ask_set(struct gm_ask *a, const char *name, const char *value,
                   struct gm_error *err)
{
  const struct gamut_field *f = field_of(name);
  struct json_object *v;
  const char *want;

  if (!f)
    return unknown(a, name ? name : "", err);
  if (!value) {
    unset(a, name);
    return 0;
  }
  if (strlen(value) > TEXT_MAX)
    return refuse(a, err, GAMUT_E_INVALID, "%s: longer than %u bytes", name,
                  TEXT_MAX);
  if (!gm_utf8_valid(value, strlen(value)))
    return refuse(a, err, GAMUT_E_INVALID, "%s: not valid UTF-8", name);
  if (f->type == GAMUT_SIZE)
    return set_size(a, value, err);
  if (strcmp(name, "traceparent") == 0 && !is_trace_context(value))
    return refuse(a, err, GAMUT_E_INVALID,
                  "traceparent: '%.60s' is no 00-<32 hex>-<16 hex>-<2 hex>",
                  value);
  if (strcmp(name, "tag") == 0)
    return add_tags(a, value, err);
  if (strcmp(name, "hedge") == 0)
    return set_hedge(a, value, err);
  v = typed(f, value, &want);
  if (!v)
    return refuse(a, err, GAMUT_E_INVALID, "%s: '%.60s' is not %s%s", name,
                  value, f->type == GAMUT_CHOICE ? "one of " : "", want);
  return put(a, is_control(name) ? a->control : a->fields, name, v, err);
}

int32_t gm_ask_link(struct gm_ask *a, const char *link, struct gm_error *err)
{
  char **bigger;

  if (!link || a->n_links >= GM_ASK_LINKS_MAX)
    return refuse(a, err, GAMUT_E_INVALID, "route: at most %d links",
                  GM_ASK_LINKS_MAX);
  bigger = gm_realloc(a->links, (a->n_links + 1) * sizeof(*bigger));
  if (!bigger)
    return refuse(a, err, GAMUT_E_NOMEM, "no memory for a route");
  a->links = bigger;
  a->links[a->n_links] = gm_strdup(link);
  if (!a->links[a->n_links])
    return refuse(a, err, GAMUT_E_NOMEM, "no memory for a route");
  a->n_links++;
  return 0;
}

int32_t gm_ask_input(struct gm_ask *a, const char *role, const char *source,
                     struct gm_error *err)
{
  _cleanup_(gm_error_finish) struct gm_error own = GM_ERROR_INIT;
  _cleanup_free_ char *name = NULL;
  struct gm_held *held = NULL;
  uint32_t i;

  if (!role || !source || a->n_inputs >= INPUTS_MAX)
    return refuse(a, err, GAMUT_E_INVALID,
                  "input: at most %d, each with role "
                  "and source",
                  INPUTS_MAX);
  if (!gm_input_is_held(source))
    return gm_ask_input_held(a, role, source, NULL, err);
  for (i = 0; i < a->n_inputs; i++)
    if (strcmp(source, "-") == 0 && strcmp(a->inputs[i].source, "-") == 0)
      return refuse(a, err, GAMUT_E_INVALID,
                    "%s: standard input is read once, and it is the %s "
                    "already",
                    role, a->inputs[i].role);
  if (gm_input_hold(role, source, &name, &held, &own))
    return refuse(a, err, own.error_class, "%s", gm_error_text(&own));
  return gm_ask_input_held(a, role, name, held, err);
}

/* A named JSON value in the member `group` of the fields. */
static int32_t put_json(struct gm_ask *a, const char *group, const char *name,
                        const char *value, struct gm_error *err)
{
  struct json_object *o = gm_json_at(a->fields, group), *v;
  const char *why = NULL;
  size_t at;

  if (!name || !*name || !value)
    return refuse(a, err, GAMUT_E_INVALID,
                  "%s: a parameter needs a name and a value", group);
  if (!gm_utf8_valid(value, strlen(value)) ||
      !gm_utf8_valid(name, strlen(name)))
    return refuse(a, err, GAMUT_E_INVALID, "%s: not valid UTF-8", group);
  if (!o) {
    o = json_object_new_object();
    if (put(a, a->fields, group, o, err))
      return GAMUT_E_NOMEM;
  }
  v = gm_json_parse_once(value, strlen(value), &at, &why);
  if (!v && !why) { /* the literal null */
    json_object_object_add(o, name, NULL);
    return 0;
  }
  return put(a, o, name, v ? v : json_object_new_string(value), err);
}

int32_t gm_ask_extra(struct gm_ask *a, const char *name, const char *value,
                     struct gm_error *err)
{
  return put_json(a, "extra", name, value, err);
}

int32_t gm_ask_option(struct gm_ask *a, const char *name, const char *value,
                      struct gm_error *err)
{
  return put_json(a, "options", name, value, err);
}
