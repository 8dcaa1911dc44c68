/* catalog_source.c - one provider's catalog text, skimmed at need.
 *
 * A command wants one model of hundreds, so nothing is parsed that was not
 * asked for.  A word is looked for in the raw text; only when it is there are
 * braces and strings counted, as far as the hit, to learn which element of
 * "models" is around it; that element alone goes to the JSON parser.
 *
 * Words are found as they stand: a text that writes "fal-ai\/flux" has no model
 * "fal-ai/flux".  Counting is lenient about commas and scalars; bundled files
 * are checked by a test, and what is taken out of a text is parsed strictly.
 */
#include "route/catalog_source.h"
#include "base/file.h"
#include "base/str.h"
#include <gamut/plugin.h>
#include <string.h>
#include <sys/stat.h>

#define TEXT_MAX (16u * 1024 * 1024)

void gm_source_finish(struct gm_source *s)
{
  size_t i;

  for (i = 0; i < s->n_entries; i++)
    json_object_put(s->entries[i].json);
  for (i = 0; i < s->n_members; i++)
    json_object_put(s->members[i].value.json);
  gm_free(s->entries);
  gm_buf_finish(&s->buf);
  gm_free(s->provider);
  gm_free(s->path);
}

/* The whole file into the scratch. */
static int32_t fetch(struct gm_source *s, struct gm_error *err)
{
  static const char word[] = "\"same_as\"";
  struct stat st;
  int32_t rc;

  gm_buf_clear(s->scratch);
  /* Room at once: to grow by and by would touch twice the pages, which is most
   * of what a short-lived process pays here.  Not mapped: a file that its owner
   * cuts while we look would kill us. */
  if (stat(s->path, &st) == 0 && st.st_size > 0 && st.st_size < TEXT_MAX)
    gm_buf_room(s->scratch, (size_t)st.st_size + 1);
  rc = gm_file_read(s->path, s->scratch, GAMUT_E_INVALID, err);
  s->refers = !rc && memmem(gm_buf_text(s->scratch), s->scratch->len, word,
                            sizeof(word) - 1);
  return rc;
}

/* What is in the scratch is this source's text from now on. */
static void keep(struct gm_source *s)
{
  s->buf = *s->scratch;
  gm_buf_init(s->scratch, TEXT_MAX);
  s->text = gm_buf_text(&s->buf);
  s->len = s->buf.len;
}

int32_t gm_source_read(struct gm_source *s, struct gm_error *err)
{
  int32_t rc = s->text ? 0 : fetch(s, err);

  if (!rc && !s->text)
    keep(s);
  return rc;
}

/* Does the word stand anywhere?  A text in which it does not is not kept: a
 * lookup goes through all files, and one of them has it. */
static int32_t mentions(struct gm_source *s, const struct gm_hits *h,
                        bool *ret_there, struct gm_error *err)
{
  int32_t rc = s->text ? 0 : fetch(s, err);
  const char *text = s->text ? s->text : gm_buf_text(s->scratch);
  size_t len = s->text ? s->len : s->scratch->len;

  *ret_there = !rc && h->len > 0 && memmem(text, len, h->quoted, h->len);
  if (*ret_there && !s->text)
    keep(s);
  return rc;
}

static int32_t fail_at(const struct gm_source *s, size_t at, const char *why,
                       struct gm_error *err)
{
  size_t i, line = 1;

  for (i = 0; i < at; i++)
    line += s->text[i] == '\n';
  return gm_fail(err, GAMUT_E_INVALID, "%s%s: line %zu: %s",
                 s->path ? "" : "catalog of ", s->path ? s->path : s->provider,
                 line, why);
}

/* ---- skimming ----------------------------------------------------------- */

/* What ends a run of bytes that need no look: in a string, between strings.
 * The NUL at the end of the text ends both. */
enum { IN_STRING = 1, BETWEEN = 2, IN_SCALAR = 4 };
static const unsigned char stops[256] = {
  ['\0'] = IN_STRING | BETWEEN | IN_SCALAR,
  ['"'] = IN_STRING | BETWEEN,
  ['\\'] = IN_STRING,
  ['{'] = BETWEEN,
  ['['] = BETWEEN,
  ['}'] = BETWEEN | IN_SCALAR,
  [']'] = BETWEEN | IN_SCALAR,
  [','] = IN_SCALAR,
  [' '] = IN_SCALAR,
  ['\t'] = IN_SCALAR,
  ['\r'] = IN_SCALAR,
  ['\n'] = IN_SCALAR,
};

static const char *run(const char *p, unsigned kind)
{
  while (!(stops[(unsigned char)*p] & kind))
    p++;
  return p;
}

static const char *skip_space(const char *p)
{
  return p + strspn(p, " \t\r\n,");
}

/* `p` is behind the opening quote; behind the closing one, or NULL. */
static const char *skip_string(const char *p)
{
  for (;;) {
    p = run(p, IN_STRING);
    if (*p == '"')
      return p + 1;
    if (*p == '\0' || p[1] == '\0')
      return NULL;
    p += 2;
  }
}

/* `p` is at a brace or bracket; behind its partner, or NULL. */
static const char *skip_nested(const char *p)
{
  size_t depth = 0;

  while (p) {
    p = run(p, BETWEEN);
    if (*p == '\0')
      return NULL;
    if (*p == '"') {
      p = skip_string(p + 1);
      continue;
    }
    if (*p == '{' || *p == '[')
      depth++;
    else
      depth--;
    p++;
    if (depth == 0)
      return p;
  }
  return NULL;
}

static const char *skip_value(const char *p)
{
  const char *end;

  if (*p == '{' || *p == '[')
    return skip_nested(p);
  if (*p == '"')
    return skip_string(p + 1);
  end = run(p, IN_SCALAR);
  return end > p ? end : NULL;
}

/* Go on to `p`; NULL: the text is broken where we were. */
static bool go_on(struct gm_source *s, const char *p, enum gm_skim phase)
{
  s->phase = p ? phase : GM_SKIM_BROKEN;
  if (p)
    s->at = (size_t)(p - s->text);
  return p != NULL;
}

static bool skim_member(struct gm_source *s, const char *p)
{
  const char *key = p + 1, *key_end, *value, *end;
  struct gm_member *m;
  size_t key_len;

  if (*p == '}')
    return go_on(s, p + 1, GM_SKIM_DONE);
  key_end = *p == '"' ? skip_string(key) : NULL;
  if (!key_end)
    return go_on(s, NULL, GM_SKIM_BROKEN);
  key_len = (size_t)(key_end - 1 - key);
  value = skip_space(key_end);
  if (*value != ':')
    return go_on(s, NULL, GM_SKIM_BROKEN);
  value = skip_space(value + 1);
  if (key_len == 6 && memcmp(key, "models", 6) == 0 && *value == '[')
    return go_on(s, value + 1, GM_SKIM_MODELS);
  end = skip_value(value);
  if (end && s->n_members < GM_SOURCE_MEMBERS) {
    m = &s->members[s->n_members++];
    m->key_at = (size_t)(key - s->text);
    m->key_len = key_len;
    m->value = (struct gm_span){ (size_t)(value - s->text),
                                 (size_t)(end - value), NULL };
  }
  return go_on(s, end, GM_SKIM_MEMBERS);
}

static int32_t skim_entry(struct gm_source *s, const char *p)
{
  const char *end;

  if (*p == ']') {
    go_on(s, p + 1, GM_SKIM_MEMBERS);
    return 0;
  }
  end = skip_value(p);
  if (!go_on(s, end, GM_SKIM_MODELS))
    return 0;
  if (s->n_entries == s->size) {
    size_t size = s->size ? s->size * 2 : 64;
    struct gm_span *more = gm_realloc(s->entries, size * sizeof(*more));

    if (!more) {
      s->at = (size_t)(p - s->text); /* as if we had not been here */
      return GAMUT_E_NOMEM;
    }
    s->entries = more;
    s->size = size;
  }
  s->entries[s->n_entries++] =
    (struct gm_span){ (size_t)(p - s->text), (size_t)(end - p), NULL };
  return 0;
}

/* One member or one entry further. */
static int32_t skim_step(struct gm_source *s, struct gm_error *err)
{
  const char *p = skip_space(s->text + s->at);
  int32_t rc = 0;

  s->at = (size_t)(p - s->text); /* errors point behind the blanks */
  if (s->phase == GM_SKIM_START)
    go_on(s, *p == '{' ? p + 1 : NULL, GM_SKIM_MEMBERS);
  else if (s->phase == GM_SKIM_MEMBERS)
    skim_member(s, p);
  else if (s->phase == GM_SKIM_MODELS)
    rc = skim_entry(s, p);
  if (rc)
    return gm_fail(err, rc, "out of memory");
  if (s->phase == GM_SKIM_BROKEN)
    return fail_at(s, s->at, "not a JSON object, or cut", err);
  return 0;
}

int32_t gm_source_skim(struct gm_source *s, struct gm_error *err)
{
  int32_t rc = gm_source_read(s, err);

  while (!rc && s->phase != GM_SKIM_DONE)
    rc = skim_step(s, err);
  return rc;
}

/* ---- taking things out -------------------------------------------------- */

static int32_t parse(struct gm_source *s, struct gm_span *span,
                     struct json_object **ret, struct gm_error *err)
{
  const char *why = NULL;
  size_t offset = 0;

  if (!span->json)
    span->json =
      gm_json_parse(s->parser, s->text + span->at, span->len, &offset, &why);
  if (!span->json && why)
    return fail_at(s, span->at + offset, why, err);
  *ret = span->json;
  return 0;
}

static struct gm_member *skimmed_member(struct gm_source *s, size_t from,
                                        const char *key)
{
  size_t i, len = strlen(key);

  for (i = from; i < s->n_members; i++) {
    struct gm_member *m = &s->members[i];

    if (m->key_len == len && memcmp(s->text + m->key_at, key, len) == 0)
      return m;
  }
  return NULL;
}

int32_t gm_source_member(struct gm_source *s, const char *key,
                         struct json_object **ret, struct gm_error *err)
{
  struct gm_member *m = skimmed_member(s, 0, key);
  bool there = true;
  struct gm_hits h;
  int32_t rc = 0;

  *ret = NULL;
  gm_hits_init(&h, key);
  if (!m && s->phase != GM_SKIM_DONE)
    rc = mentions(s, &h, &there, err); /* spares most files the skimming */
  if (rc || !there)
    return rc;
  while (!m && s->phase != GM_SKIM_DONE) {
    size_t seen = s->n_members;

    rc = skim_step(s, err);
    if (rc)
      return rc;
    m = skimmed_member(s, seen, key);
  }
  return m ? parse(s, &m->value, ret, err) : 0;
}

int32_t gm_source_entry(struct gm_source *s, size_t i, struct json_object **ret,
                        struct gm_error *err)
{
  int32_t rc = gm_source_read(s, err);

  *ret = NULL;
  while (!rc && i >= s->n_entries && s->phase != GM_SKIM_DONE)
    rc = skim_step(s, err);
  if (rc || i >= s->n_entries)
    return rc;
  return parse(s, &s->entries[i], ret, err);
}

void gm_hits_init(struct gm_hits *h, const char *word)
{
  size_t len = strlen(word);

  *h = (struct gm_hits){ 0 };
  if (len == 0 || len > GM_WORD_MAX) {
    h->at = SIZE_MAX; /* nobody is called that */
    return;
  }
  h->quoted[0] = '"';
  memcpy(h->quoted + 1, word, len);
  h->quoted[len + 1] = '"';
  h->len = len + 2;
}

/* The entry around the offset, skimming as far as it takes; NULL: none. */
static int32_t entry_around(struct gm_source *s, size_t at,
                            struct gm_span **ret, struct gm_error *err)
{
  size_t low = 0, high;
  int32_t rc = 0;

  *ret = NULL;
  while (!rc && s->at <= at && s->phase != GM_SKIM_DONE)
    rc = skim_step(s, err);
  if (rc)
    return rc;
  for (high = s->n_entries; low < high;) {
    size_t middle = low + (high - low) / 2;
    struct gm_span *e = &s->entries[middle];

    if (at < e->at) {
      high = middle;
    } else if (at >= e->at + e->len) {
      low = middle + 1;
    } else {
      *ret = e;
      break;
    }
  }
  return 0;
}

int32_t gm_source_next(struct gm_source *s, struct gm_hits *h,
                       struct json_object **ret, bool *ret_outside,
                       struct gm_error *err)
{
  bool there = true;
  int32_t rc = 0;

  *ret = NULL;
  if (h->at == 0)
    rc = mentions(s, h, &there, err);
  while (!rc && there && h->at < s->len) {
    const char *hit =
      memmem(s->text + h->at, s->len - h->at, h->quoted, h->len);
    struct gm_span *e;

    h->at = SIZE_MAX;
    if (!hit)
      return 0;
    rc = entry_around(s, (size_t)(hit - s->text), &e, err);
    if (rc)
      return rc;
    if (e) {
      h->at = e->at + e->len;
      return parse(s, e, ret, err);
    }
    h->at = (size_t)(hit - s->text) + h->len - 1;
    if (ret_outside)
      *ret_outside = true;
  }
  return rc;
}

int32_t gm_source_by_id(struct gm_source *s, const char *id,
                        struct json_object **ret, struct gm_error *err)
{
  struct json_object *entry;
  struct gm_hits h;
  int32_t rc;

  *ret = NULL;
  gm_hits_init(&h, id);
  for (;;) {
    rc = gm_source_next(s, &h, &entry, NULL, err);
    if (rc || !entry)
      return rc;
    if (gm_streq(gm_json_str(entry, "id", NULL), id)) {
      *ret = entry;
      return 0;
    }
  }
}
