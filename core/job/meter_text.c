/* meter_text.c - measurements in Prometheus' text format. */
#include "job/meter_private.h"
#include <string.h>

static void add_value(struct gm_buf *out, int64_t v, int64_t units)
{
  int64_t rest = v % units;

  gm_buf_add_int(out, v / units);
  if (rest > 0)
    gm_buf_addc(out, '.');
  while (rest > 0) {
    units /= 10;
    gm_buf_addc(out, (char)('0' + rest / units));
    rest %= units;
  }
}

/* The format knows three escapes. */
static void add_escaped(struct gm_buf *out, const char *s)
{
  for (; *s; s++) {
    if (*s == '\\' || *s == '"')
      gm_buf_addc(out, '\\');
    gm_buf_addc(out, *s);
  }
}

/* {provider="fal",model="flux"}; `bound` of a bucket, or NULL. */
static void add_labels(struct gm_buf *out, const struct gm_meter_row *row,
                       const struct gm_series *s, const int64_t *bound,
                       bool infinite)
{
  const char *before = "{";
  int i;

  for (i = 0; i < GM_LABELS && row->labels[i]; i++, before = ",") {
    gm_buf_add(out, before);
    gm_buf_add(out, row->labels[i]);
    gm_buf_add(out, "=\"");
    add_escaped(out, s->labels[i]);
    gm_buf_addc(out, '"');
  }
  if (bound || infinite) {
    gm_buf_add(out, before);
    gm_buf_add(out, "le=\"");
    if (infinite)
      gm_buf_add(out, "+Inf");
    else
      add_value(out, *bound, row->units);
    gm_buf_addc(out, '"');
    before = ",";
  }
  if (*before == ',')
    gm_buf_addc(out, '}');
}

static void add_line(struct gm_buf *out, const struct gm_meter_row *row,
                     const struct gm_series *s, const char *suffix,
                     int64_t value, int64_t units)
{
  gm_buf_add(out, row->name);
  gm_buf_add(out, suffix);
  add_labels(out, row, s, NULL, false);
  gm_buf_addc(out, ' ');
  add_value(out, value, units);
  gm_buf_addc(out, '\n');
}

static void add_histogram(struct gm_buf *out, const struct gm_meter_row *row,
                          const struct gm_series *s)
{
  int64_t sum = 0;
  int i;

  for (i = 0; i <= GM_BOUNDS; i++) {
    bool last = i == GM_BOUNDS;

    sum = last ? s->now.value : sum + s->now.buckets[i];
    gm_buf_add(out, row->name);
    gm_buf_add(out, "_bucket");
    add_labels(out, row, s, last ? NULL : &gm_meter_bounds[i], last);
    gm_buf_addc(out, ' ');
    gm_buf_add_int(out, sum);
    gm_buf_addc(out, '\n');
  }
  add_line(out, row, s, "_sum", s->now.sum, row->units);
  add_line(out, row, s, "_count", s->now.value, 1);
}

void gm_meters_print(const struct gm_meters *m, bool with_gauges,
                     struct gm_buf *out)
{
  static const char *const types[] = { "counter", "gauge", "histogram" };
  struct gm_list *l;
  int id;

  for (id = 0; id < GM_N_METERS; id++) {
    const struct gm_meter_row *row = &gm_meter_rows[id];

    if (gm_list_empty(&m->rows[id]) || (row->type == GM_GAUGE && !with_gauges))
      continue;
    gm_buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help,
                row->name, types[row->type]);
    for (l = m->rows[id].next; l != &m->rows[id]; l = l->next) {
      const struct gm_series *s = GM_CONTAINER(l, struct gm_series, link);

      if (row->type == GM_HISTOGRAM)
        add_histogram(out, row, s);
      else
        add_line(out, row, s, "", s->now.value, row->units);
    }
  }
}
