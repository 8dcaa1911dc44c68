/* meter.c - series of integers, found by row and labels.
 *
 * Counting is a look at the series that was counted last, which is mostly the
 * one, else into a hash table; a series is made when it is first counted.
 * Labels are masked and cleaned then, and not again. */
#include "base/str.h"
#include "job/meter_private.h"
#include <string.h>

#define LABEL_MAX 128
#define KEY_MAX   (GM_LABELS * (LABEL_MAX + 1) + 8)
#define MODEL     1 /* which label a model is */
#define OTHER     "other"
#define UNKNOWN   "unknown"

const struct gm_meter_row gm_meter_rows[GM_N_METERS] = {
#define GM_METER_ROW(id, name, type, units, a, b, c, help)                     \
  [GM_M_##id] = { name, { a, b, c }, help, GM_##type, units },
  GM_METERS(GM_METER_ROW)
#undef GM_METER_ROW
};

const int64_t gm_meter_bounds[GM_BOUNDS] = { 50,     100,   250,   500,
                                             1000,   2500,  5000,  10000,
                                             20000,  40000, 60000, 120000,
                                             300000, 600000 };

struct gm_meters *gm_meters_new(const struct gm_log *log)
{
  struct gm_meters *m = gm_zalloc(sizeof(*m));
  int i;

  if (!m)
    return NULL;
  m->log = log;
  for (i = 0; i < GM_N_METERS; i++)
    gm_list_init(&m->rows[i]);
  return m;
}

void gm_meters_free(struct gm_meters *m)
{
  struct gm_list *l;
  int i;

  if (!m)
    return;
  for (i = 0; i < GM_N_METERS; i++)
    while ((l = gm_list_pop(&m->rows[i])))
      gm_free(GM_CONTAINER(l, struct gm_series, link));
  gm_map_finish(&m->series);
  gm_free(m);
}

static size_t label_len(const char *label)
{
  size_t len = strnlen(label, LABEL_MAX + 1);

  return len > LABEL_MAX ? gm_utf8_cut(label, len, LABEL_MAX) : len;
}

/* A control character parts what no label has after cleaning. */
static void make_key(char key[KEY_MAX], enum gm_meter id,
                     const char *const labels[GM_LABELS])
{
  char *at = key;
  int i;

  *at++ = (char)(1 + id);
  for (i = 0; i < GM_LABELS && labels[i]; i++) {
    size_t len = label_len(labels[i]);

    memcpy(at, labels[i], len);
    at += len;
    *at++ = '\x1f';
  }
  *at = '\0';
}

/* As it is printed: without secrets, cut, all characters whole. */
static void add_label(const struct gm_meters *m, struct gm_buf *b,
                      const char *label)
{
  _cleanup_free_ char *copy = gm_strdup(label);

  if (copy && m->log)
    gm_log_mask(m->log, copy, strlen(copy));
  if (copy)
    gm_buf_add_clean(b, copy, label_len(copy));
  gm_buf_addc(b, '\0');
}

static struct gm_series *new_series(const struct gm_meters *m,
                                    const char *const labels[GM_LABELS])
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(16 * KEY_MAX);
  struct gm_series *s;
  const char *at;
  int i;

  for (i = 0; i < GM_LABELS && labels[i]; i++)
    add_label(m, &b, labels[i]);
  if (gm_buf_failed(&b))
    return NULL;
  s = gm_zalloc(sizeof(*s) + b.len);
  if (!s)
    return NULL;
  if (b.len > 0)
    memcpy(s->text, b.data, b.len);
  for (i = 0, at = s->text; i < GM_LABELS && labels[i]; i++) {
    s->labels[i] = at;
    at += strlen(at) + 1;
  }
  return s;
}

static bool is_of(const struct gm_series *s,
                  const char *const labels[GM_LABELS])
{
  int i;

  for (i = 0; i < GM_LABELS && labels[i]; i++)
    if (strcmp(s->labels[i], labels[i]) != 0)
      return false;
  return true;
}

/* All labels of a row are there. */
struct gm_series *gm_series_of(struct gm_meters *m, enum gm_meter id,
                               const char *const labels[GM_LABELS])
{
  struct gm_series *s = m->last[id];
  const char *folded[GM_LABELS];
  char key[KEY_MAX];

  if (s && is_of(s, labels))
    return s;
  make_key(key, id, labels);
  s = gm_map_get(&m->series, key);
  if (s) {
    m->last[id] = s;
    return s;
  }
  memcpy(folded, labels, sizeof(folded));
  if (m->n[id] >= GM_SERIES_MAX && folded[MODEL] &&
      !gm_streq(folded[MODEL], OTHER)) {
    folded[MODEL] = OTHER;
    return gm_series_of(m, id, folded);
  }
  s = new_series(m, labels);
  if (!s || !gm_map_put(&m->series, key, s)) {
    gm_free(s);
    return NULL;
  }
  gm_list_append(&m->rows[id], &s->link);
  m->n[id]++;
  return s;
}

static struct gm_reading *reading_of(struct gm_meters *m, enum gm_meter id,
                                     const char *a, const char *b,
                                     const char *c)
{
  const char *const given[GM_LABELS] = { a, b, c };
  const char *labels[GM_LABELS] = { NULL };
  struct gm_series *s;
  int i;

  if (!m)
    return NULL;
  for (i = 0; i < GM_LABELS && gm_meter_rows[id].labels[i]; i++)
    labels[i] = given[i] ? given[i] : UNKNOWN;
  s = gm_series_of(m, id, labels);
  return s ? &s->now : NULL;
}

void gm_count(struct gm_meters *m, enum gm_meter id, int64_t n, const char *a,
              const char *b, const char *c)
{
  struct gm_reading *r = n > 0 ? reading_of(m, id, a, b, c) : NULL;

  if (r)
    r->value += n;
}

void gm_gauge(struct gm_meters *m, enum gm_meter id, int64_t value,
              const char *a, const char *b, const char *c)
{
  struct gm_reading *r = reading_of(m, id, a, b, c);

  if (r)
    r->value = value;
}

void gm_observe(struct gm_meters *m, enum gm_meter id, int64_t ms,
                const char *a, const char *b, const char *c)
{
  struct gm_reading *r = ms >= 0 ? reading_of(m, id, a, b, c) : NULL;
  int i = 0;

  if (!r)
    return;
  while (i < GM_BOUNDS && ms > gm_meter_bounds[i])
    i++;
  if (i < GM_BOUNDS)
    r->buckets[i]++;
  r->value++;
  r->sum += ms;
}

/* ---- what is new ------------------------------------------------------------
 */

static void add_reading(struct gm_reading *to, const struct gm_series *s)
{
  int i;

  to->value += s->now.value - s->told.value;
  to->sum += s->now.sum - s->told.sum;
  for (i = 0; i < GM_BOUNDS; i++)
    to->buckets[i] += s->now.buckets[i] - s->told.buckets[i];
}

void gm_meters_add_new(struct gm_meters *to, const struct gm_meters *from)
{
  struct gm_list *l;
  int id;

  for (id = 0; id < GM_N_METERS; id++) {
    if (gm_meter_rows[id].type == GM_GAUGE)
      continue;
    for (l = from->rows[id].next; l != &from->rows[id]; l = l->next) {
      const struct gm_series *s = GM_CONTAINER(l, struct gm_series, link);
      struct gm_series *t = gm_series_of(to, (enum gm_meter)id, s->labels);

      if (t)
        add_reading(&t->now, s);
    }
  }
}

void gm_meters_settle(struct gm_meters *m)
{
  struct gm_list *l;
  int id;

  for (id = 0; id < GM_N_METERS; id++)
    for (l = m->rows[id].next; l != &m->rows[id]; l = l->next) {
      struct gm_series *s = GM_CONTAINER(l, struct gm_series, link);

      s->told = s->now;
    }
}

bool gm_meters_are_new(const struct gm_meters *m)
{
  struct gm_list *l;
  int id;

  for (id = 0; id < GM_N_METERS; id++) {
    if (gm_meter_rows[id].type == GM_GAUGE)
      continue;
    for (l = m->rows[id].next; l != &m->rows[id]; l = l->next) {
      const struct gm_series *s = GM_CONTAINER(l, struct gm_series, link);

      if (s->now.value != s->told.value)
        return true;
    }
  }
  return false;
}
