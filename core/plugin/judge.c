/* judge.c - what a reply means: the provider's table of reasons, then the
 * status alone; and the one sentence for people.
 *
 * The class never comes from a sentence unless a row of the table says so.  The
 * sentence is the vendor's own, found by error_path; of lists of objects only
 * the place and the message are taken, for vendors repeat the user's input
 * beside them.  A reply that is nothing but text is the sentence.  Configured
 * secrets are masked wherever a vendor repeats them.
 */
#include "base/str.h"
#include "loop/url.h"
#include "plugin/call_build.h"
#include "plugin/plugin_private.h"
#include <stdio.h>
#include <string.h>

#define SENTENCE_MAX 500u
#define PATH_MAX_LEN 256u
#define TEXT_MAX     4096u
#define WAIT_MAX_MS  INT64_C(86400000)
#define BLANKS       " \t\r\n"

int32_t gm_class_of_status(int32_t status)
{
  switch (status) {
  case 400:
  case 413:
  case 415:
  case 422:
    return GAMUT_E_INVALID;
  case 401:
    return GAMUT_E_AUTH;
  case 402:
    return GAMUT_E_QUOTA;
  case 403:
    return GAMUT_E_PERMISSION;
  case 404:
  case 410:
    return GAMUT_E_NOT_FOUND;
  case 408:
  case 504:
    return GAMUT_E_TIMEOUT;
  case 425:
  case 429:
    return GAMUT_E_RATE;
  case 409:
  case 499:
    return GAMUT_E_PROVIDER;
  default:
    if (status >= 400 && status < 500)
      return GAMUT_E_INVALID; /* whatever it is, it is for us to mend */
    return status >= 500 && status < 600 ? GAMUT_E_PROVIDER : GAMUT_E_PROTOCOL;
  }
}

static const char *status_text(int32_t status)
{
  static const struct {
    int32_t status;
    const char *text;
  } rows[] = {
    { 400, "bad request" },
    { 401, "not authorized" },
    { 402, "payment required" },
    { 403, "forbidden" },
    { 404, "not found" },
    { 408, "request timed out" },
    { 409, "conflict" },
    { 410, "gone" },
    { 413, "request is too large" },
    { 415, "media type not supported" },
    { 422, "request not accepted" },
    { 429, "too many requests" },
    { 500, "internal server error" },
    { 502, "bad gateway" },
    { 503, "service unavailable" },
    { 504, "gateway timed out" },
  };
  size_t i;

  for (i = 0; i < GM_LEN(rows); i++)
    if (rows[i].status == status)
      return rows[i].text;
  return "no reason given";
}

/* ---- walking a path ----------------------------------------------------- */

typedef bool visit_fn(void *user, struct json_object *node);

/* Call `visit` for every value at `path`, where a part '*' is each entry of an
 * array; true as soon as one call is true. */
static bool walk(struct json_object *o, const char *path, visit_fn *visit,
                 void *user)
{
  const char *slash = strchr(path, '/');
  const char *rest = slash ? slash + 1 : "";
  char part[PATH_MAX_LEN];
  size_t i, len = slash ? (size_t)(slash - path) : strlen(path);

  if (!o)
    return false;
  if (len == 0)
    return visit(user, o);
  if (len == 1 && path[0] == '*') {
    if (json_object_is_type(o, json_type_array))
      for (i = 0; i < json_object_array_length(o); i++)
        if (walk(json_object_array_get_idx(o, i), rest, visit, user))
          return true;
    return false;
  }
  if (len >= sizeof(part))
    return false;
  memcpy(part, path, len);
  part[len] = '\0';
  return walk(gm_json_at(o, part), rest, visit, user);
}

/* A refusal in plain words, when it is no JSON object or list: a JSON string,
 * or a text without the blanks around it.  NULL: it is something else, such as
 * a proxy's page. */
static struct json_object *text_of(const struct gm_exchange *x)
{
  const char *text = gm_buf_text(&x->reader.text);
  struct json_object *o = NULL;
  size_t len;

  if (x->status < 400)
    return NULL;
  text += strspn(text, BLANKS);
  len = strlen(text);
  if (*text == '"')
    o = gm_json_parse_once(text, len, NULL, NULL);
  if (o || !gm_streq(x->content_type, "text/plain"))
    return o;
  while (len > 0 && strchr(BLANKS, text[len - 1]))
    len--;
  return json_object_new_string_len(text, (int)GM_MIN(len, TEXT_MAX));
}

/* Where a list would be the answer, some send an error as its only entry. */
static struct json_object *unwrapped(struct json_object *o)
{
  if (!json_object_is_type(o, json_type_array) ||
      json_object_array_length(o) != 1)
    return o;
  return json_object_array_get_idx(o, 0);
}

/* ---- reasons ------------------------------------------------------------ */

static bool value_matches(const char *pattern, const char *s)
{
  return !pattern || gm_glob(pattern, s);
}

static bool node_matches(void *user, struct json_object *node)
{
  return value_matches(user, json_object_get_string(node));
}

/* A row of one digit is about a whole hundred. */
static bool status_matches(int32_t row, int32_t status)
{
  if (row < 10)
    return row == 0 || row == status / 100;
  return row == status;
}

static bool reason_applies(const struct gamut_reason *r, int32_t phase,
                           struct gm_exchange *x, struct json_object *body)
{
  const char *value;

  if (!status_matches(r->status, x->status))
    return false;
  if (r->phases && (phase < 0 || phase > 31 || !(r->phases >> phase & 1)))
    return false;
  if (!r->path)
    return true;
  if (r->path[0] == '\0' && !json_object_is_type(body, json_type_string))
    return false;
  if (r->path[0] != '@')
    return walk(body, r->path, node_matches, gm_unconst(r->value));
  value = gm_exchange_header(x, r->path + 1);
  return value && value_matches(r->value, value);
}

static int32_t find_class(const struct gm_instance *i, int32_t phase,
                          struct gm_exchange *x, struct json_object *body,
                          uint32_t *ret_flags)
{
  const struct gamut_table *t = &i->provider->def.reasons;
  struct gamut_reason tmp;
  uint32_t n;

  *ret_flags = 0;
  for (n = 0; n < t->count; n++) {
    const struct gamut_reason *r = gm_table_row(t, n, sizeof(tmp), &tmp);

    if (!r || r->error_class == GAMUT_OK ||
        !reason_applies(r, phase, x, body))
      continue;
    *ret_flags = r->flags;
    return gm_class_is_providers(r->error_class) ? r->error_class
                                                 : GAMUT_E_PROVIDER;
  }
  /* A good status whose content is a failure: the vendor's job failed. */
  return x->status < 400 ? GAMUT_E_PROVIDER : gm_class_of_status(x->status);
}

/* ---- how long to wait --------------------------------------------------- */

struct wait {
  const char *pattern;
  int64_t most_ms;
};

/* The end of `s` behind the words of "*try again in *"; NULL: they are not in
 * it. */
static const char *behind(const char *s, const char *pattern)
{
  char words[PATH_MAX_LEN];
  size_t len;

  if (!s || !pattern)
    return s;
  pattern += *pattern == '*';
  len = strcspn(pattern, "*");
  if (len >= sizeof(words))
    return NULL;
  memcpy(words, pattern, len);
  words[len] = '\0';
  s = strstr(s, words);
  return s ? s + len : NULL;
}

/* "38.5s", "38.5", "6m0s" at the beginning of `s`; 0: there is none. */
static int64_t leading_ms(const char *s)
{
  int64_t sum_ms = 0, ms;
  char piece[32];
  size_t n;

  while (s && (n = strspn(s, "0123456789.")) > 0) {
    n += strspn(s + n, "hms");
    if (n >= sizeof(piece))
      break;
    memcpy(piece, s, n);
    piece[n] = '\0';
    if (!gm_parse_msec(piece, &ms))
      break;
    sum_ms = GM_MIN(sum_ms + ms, WAIT_MAX_MS);
    s += n;
  }
  return sum_ms;
}

/* Never true: the longest of all is wanted. */
static bool longest_wait(void *user, struct json_object *node)
{
  struct wait *w = user;
  int64_t ms = leading_ms(behind(json_object_get_string(node), w->pattern));

  w->most_ms = GM_MAX(w->most_ms, ms);
  return false;
}

uint32_t gm_judge_wait_ms(const struct gm_instance *i, bool header_says,
                          const struct json_object *body)
{
  const struct gamut_table *t = &i->provider->def.reasons;
  struct gamut_reason tmp;
  struct wait w = { 0 };
  uint32_t n;

  for (n = 0; n < t->count; n++) {
    const struct gamut_reason *r = gm_table_row(t, n, sizeof(tmp), &tmp);

    if (!r || r->error_class != GAMUT_OK || !r->path ||
        (header_says && r->flags & GAMUT_REASON_IF_SILENT))
      continue;
    w.pattern = r->value;
    walk(unwrapped(gm_unconst(body)), r->path, longest_wait, &w);
  }
  return (uint32_t)w.most_ms;
}

/* ---- the sentence ------------------------------------------------------- */

struct sentence {
  const struct gm_exchange *x;
  char text[SENTENCE_MAX + 1];
  size_t len;
};

/* As much as has room, on one line. */
static void add(struct sentence *s, const char *p, size_t len)
{
  size_t i, n = gm_utf8_cut(p, len, SENTENCE_MAX - s->len);

  for (i = 0; i < n; i++)
    s->text[s->len + i] =
      p[i] == '\n' || p[i] == '\r' || p[i] == '\t' ? ' ' : p[i];
  s->len += n;
  s->text[s->len] = '\0';
}

static void add_text(struct sentence *s, const char *p)
{
  add(s, p, strlen(p));
}

/* A string of the reply, also one that was moved out of it for its length. */
static void add_string(struct sentence *s, struct json_object *o)
{
  const char *p = json_object_get_string(o);
  const struct gm_blob *blob = NULL;
  char head[SENTENCE_MAX + 4]; /* so that add() cuts, at a character */
  ssize_t n;

  if (s->x->reader.n_blobs > 0)
    blob = gm_reader_blob(&s->x->reader, p);
  if (!blob) {
    add(s, p, (size_t)json_object_get_string_len(o));
    return;
  }
  n = gm_coded_read_text(blob, 0, head, sizeof(head));
  if (n > 0)
    add(s, head, (size_t)n);
}

/* {"loc": ["body", "image_size", 0], "msg": "..."} as FastAPI has it, or
 * {"path": [...], "message": "..."} as Zod: "image_size.0: ..." */
static void add_place(struct sentence *s, struct json_object *loc)
{
  size_t i, n = 0;

  if (!json_object_is_type(loc, json_type_array))
    return;
  for (i = 0; i < json_object_array_length(loc); i++) {
    const char *part =
      json_object_get_string(json_object_array_get_idx(loc, i));

    if (!part || (i == 0 && strcmp(part, "body") == 0))
      continue;
    if (n++ > 0)
      add_text(s, ".");
    add_text(s, part);
  }
  if (n > 0)
    add_text(s, ": ");
}

static bool add_entry(struct sentence *s, struct json_object *o)
{
  struct json_object *message = gm_json_at(o, "msg");

  if (!json_object_is_type(message, json_type_string))
    message = gm_json_at(o, "message");
  if (!json_object_is_type(message, json_type_string))
    return false;
  add_place(s, gm_json_at(o, "loc"));
  add_place(s, gm_json_at(o, "path"));
  add_string(s, message);
  return true;
}

/* Add what a value says, behind what is there already.  Never true: all values
 * at a path are wanted. */
static bool add_node(void *user, struct json_object *o)
{
  struct sentence *s = user;
  size_t i, before = s->len;

  if (json_object_is_type(o, json_type_array)) {
    for (i = 0; i < json_object_array_length(o); i++)
      if (!json_object_is_type(json_object_array_get_idx(o, i),
                               json_type_array))
        add_node(s, json_object_array_get_idx(o, i));
    return false;
  }
  if (before > 0)
    add_text(s, "; ");
  if (json_object_is_type(o, json_type_string) &&
      json_object_get_string_len(o) > 0)
    add_string(s, o);
  else if (!json_object_is_type(o, json_type_object) || !add_entry(s, o))
    s->text[s->len = before] = '\0';
  return false;
}

/* Try the paths in turn; the first that has a sentence gives it. */
static void find_sentence(struct sentence *s, struct json_object *body,
                          const char *paths)
{
  char path[PATH_MAX_LEN];

  while (paths && *paths && s->len == 0) {
    size_t n = strcspn(paths, " ");

    if (n > 0 && n < sizeof(path)) {
      memcpy(path, paths, n);
      path[n] = '\0';
      walk(body, path, add_node, s);
    }
    paths += n + strspn(paths + n, " ");
  }
}

/* ---- secrets ------------------------------------------------------------ */

void gm_mask(char *text, const char *secret)
{
  size_t len = secret ? strlen(secret) : 0;
  char *at = text;

  if (len < 4) /* would mask ordinary words */
    return;
  while ((at = strstr(at, secret))) {
    memcpy(at, "***", 3);
    memmove(at + 3, at + len, strlen(at + len) + 1);
    at += 3;
  }
}

/* Of a key that names a JSON file. */
static void mask_members(const struct gm_instance *i, const char *key,
                         char *text)
{
  static const char *const names[] = { "private_key", "client_secret",
                                       "refresh_token" };
  char member[128];
  size_t n;

  for (n = 0; n < GM_LEN(names); n++) {
    snprintf(member, sizeof(member), "%s/%s", key, names[n]);
    gm_mask(text, gm_instance_value(i, member, true));
  }
}

/* Of "id:secret" the secret alone is one as well. */
static void mask_value(char *text, const char *value)
{
  const char *colon = gm_template_parting(value);

  gm_mask(text, value);
  gm_mask(text, colon ? colon + 1 : NULL);
}

void gm_mask_secrets(const struct gm_instance *i, char *text)
{
  const struct gamut_table *t = &i->provider->def.keys;
  struct gamut_key tmp;
  uint32_t n;

  for (n = 0; n < t->count; n++) {
    const struct gamut_key *key = gm_table_row(t, n, sizeof(tmp), &tmp);

    if (key && key->flags & GAMUT_KEY_SECRET)
      mask_value(text, gm_instance_value(i, key->name, true));
    if (key && key->flags & GAMUT_KEY_JSON)
      mask_members(i, key->name, text);
  }
  for (n = 0; n < i->headers.n; n++)
    gm_mask(text, i->headers.items[n].value);
}

static bool is_redirect(struct gm_exchange *x)
{
  return gm_http_is_redirect(x->status) && gm_exchange_header(x, "location");
}

bool gm_is_judged(struct gm_exchange *x, uint32_t flags)
{
  return is_redirect(x) || (x->status >= 400 && !(flags & GAMUT_HTTP_ALL));
}

/* Nobody else gets to see the key and the prompt.  What costs nothing is asked
 * again: a network's log-in page redirects as well, for a while. */
static void redirected(const struct gm_instance *i, struct gm_exchange *x,
                       struct gm_error *err, uint32_t *ret_flags)
{
  _cleanup_(gm_buf_finish) struct gm_buf to = GM_BUF_INIT(GM_URL_MAX);
  bool is_order = x->flags & GM_X_BILLABLE;
  struct sentence s = { .x = x };

  if (!gm_url_resolve(x->url, gm_exchange_header(x, "location"), &to)) {
    gm_buf_clear(&to);
    gm_buf_add(&to, "nowhere");
  }
  add_text(&s, "redirected to ");
  add(&s, gm_buf_text(&to), strcspn(gm_buf_text(&to), "?#"));
  add_text(&s, ", which is not followed");
  gm_mask_secrets(i, s.text);
  gm_fail(err, is_order ? GAMUT_E_PROVIDER : GAMUT_E_PROTOCOL, "%s", s.text);
  *ret_flags = is_order ? GAMUT_REASON_FINAL : 0;
}

void gm_judge(const struct gm_instance *i, int32_t phase, struct gm_exchange *x,
              const struct json_object *body, struct gm_error *err,
              uint32_t *ret_flags)
{
  _cleanup_json_ struct json_object *parsed = NULL;
  struct json_object *o = gm_unconst(body);
  struct sentence s = { .x = x };
  int32_t error_class;

  if (is_redirect(x)) {
    redirected(i, x, err, ret_flags);
    return;
  }
  if (!o && x->reader.is_json)
    o = parsed = gm_json_parse_once(gm_buf_text(&x->reader.text),
                                    x->reader.text.len, NULL, NULL);
  if (!o)
    o = parsed = text_of(x);
  o = unwrapped(o);
  error_class = find_class(i, phase, x, o, ret_flags);
  find_sentence(&s, o, i->provider->def.error_path);
  if (s.len == 0 && json_object_is_type(o, json_type_string))
    add_node(&s, o);
  if (s.len == 0)
    add_text(&s, x->status < 400 ? "the job failed" : status_text(x->status));
  gm_mask_secrets(i, s.text);
  if (x->status < 400)
    gm_fail(err, error_class, "%s", s.text);
  else
    gm_fail(err, error_class, "%s (HTTP %d)", s.text, (int)x->status);
}
