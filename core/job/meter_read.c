/* meter_read.c - the way back from text, for a file that one process after the
 * other adds to.  Only what we write is read: anything else is somebody's, and
 * must not be written over. */
#include "base/str.h"
#include "job/meter_private.h"
#include <gamut/plugin.h>
#include <math.h>
#include <string.h>

#define TEXT_SIZE 512
#define VALUE_MAX 9e15 /* whole in a double */

struct line {
  struct gm_cur cur;
  char name[TEXT_SIZE];
  char labels[GM_LABELS][TEXT_SIZE];
  char bound[TEXT_SIZE]; /* "" */
};

/* "value" with its escapes, behind the quote. */
static bool read_quoted(struct gm_cur *c, char out[TEXT_SIZE])
{
  size_t n = 0;

  while (c->p < c->end && *c->p != '"') {
    if (*c->p == '\\' && ++c->p == c->end)
      return false;
    if (n + 1 == TEXT_SIZE)
      return false;
    out[n++] = *c->p++;
  }
  out[n] = '\0';
  return gm_cur_char(c, '"');
}

static bool read_label(struct line *l, const struct gm_meter_row *row)
{
  char name[TEXT_SIZE], value[TEXT_SIZE];
  int i;

  if (!gm_cur_until(&l->cur, "=", name, sizeof(name)) ||
      !gm_cur_char(&l->cur, '=') || !gm_cur_char(&l->cur, '"') ||
      !read_quoted(&l->cur, value))
    return false;
  if (gm_streq(name, "le")) {
    memcpy(l->bound, value, sizeof(value));
    return true;
  }
  for (i = 0; i < GM_LABELS && row->labels[i]; i++)
    if (gm_streq(name, row->labels[i])) {
      memcpy(l->labels[i], value, sizeof(value));
      return true;
    }
  return false;
}

static bool read_labels(struct line *l, const struct gm_meter_row *row)
{
  if (!gm_cur_char(&l->cur, '{'))
    return true;
  do
    if (!read_label(l, row))
      return false;
  while (gm_cur_char(&l->cur, ','));
  return gm_cur_char(&l->cur, '}');
}

static bool read_number(struct gm_cur *c, int64_t units, int64_t *ret)
{
  char text[64];
  double v;

  if (!gm_cur_until(c, "\n", text, sizeof(text)) ||
      !gm_parse_real(text, 0, VALUE_MAX / (double)units, &v))
    return false;
  *ret = llround(v * (double)units);
  return true;
}

/* "_bucket" of "gamut_x_bucket", when gamut_x is the row's; "" for the name
 * alone; NULL: another. */
static const char *suffix_of(const struct gm_meter_row *row, const char *name)
{
  static const char *const parts[] = { "_bucket", "_sum", "_count" };
  size_t len = strlen(row->name), i;

  if (strncmp(row->name, name, len) != 0)
    return NULL;
  if (row->type != GM_HISTOGRAM)
    return name[len] ? NULL : "";
  for (i = 0; i < GM_LEN(parts); i++)
    if (gm_streq(parts[i], name + len))
      return parts[i];
  return NULL;
}

static bool find_row(const char *name, enum gm_meter *ret_id,
                     const char **ret_suffix)
{
  int id;

  for (id = 0; id < GM_N_METERS; id++) {
    *ret_suffix = suffix_of(&gm_meter_rows[id], name);
    if (!*ret_suffix)
      continue;
    *ret_id = (enum gm_meter)id;
    return true;
  }
  return false;
}

/* A file can say anything, also the same a thousand times. */
static bool add(int64_t *to, int64_t n)
{
  int64_t sum = *to + n;

  if (sum > (int64_t)VALUE_MAX || sum < -(int64_t)VALUE_MAX)
    return false;
  *to = sum;
  return true;
}

static bool add_bucket(struct gm_reading *r, const char *bound, int64_t units,
                       int64_t count)
{
  double v;
  int i;

  if (gm_streq(bound, "+Inf"))
    return true; /* it is in _count as well */
  if (!gm_parse_real(bound, 0, VALUE_MAX, &v))
    return false;
  for (i = 0; i < GM_BOUNDS; i++) {
    if (llround(v * (double)units) != gm_meter_bounds[i])
      continue;
    /* Lines are cumulative, we are not; the next one takes this off again. */
    return add(&r->buckets[i], count) &&
           (i + 1 == GM_BOUNDS || add(&r->buckets[i + 1], -count));
  }
  return false;
}

static bool read_line(struct gm_meters *m, struct line *l)
{
  const char *labels[GM_LABELS] = { NULL }, *suffix;
  const struct gm_meter_row *row;
  enum gm_meter id;
  struct gm_series *s;
  int64_t value;
  int i;

  if (!gm_cur_until(&l->cur, "{ ", l->name, sizeof(l->name)) ||
      !find_row(l->name, &id, &suffix))
    return false;
  row = &gm_meter_rows[id];
  if (!read_labels(l, row) || !gm_cur_char(&l->cur, ' ') ||
      !read_number(
        &l->cur, *suffix && !gm_streq(suffix, "_sum") ? 1 : row->units, &value))
    return false;
  for (i = 0; i < GM_LABELS && row->labels[i]; i++)
    labels[i] = l->labels[i];
  s = gm_series_of(m, id, labels);
  if (!s)
    return true; /* no memory: it counts from here on */
  if (gm_streq(suffix, "_bucket"))
    return add_bucket(&s->now, l->bound, row->units, value);
  return add(gm_streq(suffix, "_sum") ? &s->now.sum : &s->now.value, value);
}

/* Buckets that do not ascend, or say more than the whole. */
static bool is_histogram(const struct gm_reading *r)
{
  int64_t rest = r->value;
  int i;

  for (i = 0; i < GM_BOUNDS; i++) {
    rest -= r->buckets[i];
    if (r->buckets[i] < 0 || rest < 0)
      return false;
  }
  return true;
}

static bool are_histograms(const struct gm_meters *m)
{
  struct gm_list *l;
  int id;

  for (id = 0; id < GM_N_METERS; id++)
    for (l = m->rows[id].next; l != &m->rows[id]; l = l->next)
      if (!is_histogram(&GM_CONTAINER(l, struct gm_series, link)->now))
        return false;
  return true;
}

int32_t gm_meters_read(struct gm_meters *m, const char *text,
                       struct gm_error *err)
{
  struct line l = { .cur = gm_cur_of(text) };
  unsigned at = 1;

  for (; l.cur.p < l.cur.end; at++) {
    const char *eol = memchr(l.cur.p, '\n', (size_t)(l.cur.end - l.cur.p));

    if (*l.cur.p != '#' && *l.cur.p != '\n') {
      l.bound[0] = '\0';
      memset(l.labels, 0, sizeof(l.labels));
      if (!read_line(m, &l))
        return gm_fail(err, GAMUT_E_PROTOCOL,
                       "line %u is none of gamut's measurements", at);
    }
    l.cur.p = eol ? eol + 1 : l.cur.end;
  }
  if (!are_histograms(m))
    return gm_fail(err, GAMUT_E_PROTOCOL, "a histogram is none");
  return 0;
}
