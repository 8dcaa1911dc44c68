#include "engine/prom.h"
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE   200
#define SERIES_SIZE 2048
#define SERIES_MAX  20000
#define LABELS_MAX  20

struct sample {
  char name[NAME_SIZE];
  char labels[SERIES_SIZE]; /* without le */
  char le[NAME_SIZE];       /* "" */
  double value;
};

struct reader {
  const char *at;
  unsigned line;
  char *why;
  size_t size;
  char family[NAME_SIZE], type[20];
  bool has_help, has_type;
  char **families, **series; /* so far */
  size_t n_families, n_series;
  struct sample last; /* of a histogram: its buckets so far */
  bool in_buckets, has_inf, has_sum;
};

__attribute__((format(printf, 2, 3))) static bool bad(struct reader *r,
                                                      const char *fmt, ...)
{
  va_list ap;
  int n = snprintf(r->why, r->size, "line %u: ", r->line);

  va_start(ap, fmt);
  vsnprintf(r->why + n, r->size - (size_t)n, fmt, ap);
  va_end(ap);
  return false;
}

static bool known(char ***list, size_t *n, const char *text)
{
  size_t i;

  for (i = 0; i < *n; i++)
    if (strcmp((*list)[i], text) == 0)
      return true;
  if (*n < SERIES_MAX)
    (*list)[(*n)++] = strdup(text);
  return false;
}

static bool take_name(const char **p, bool colon, char out[NAME_SIZE])
{
  size_t n = 0;

  while (isalnum((unsigned char)**p) || **p == '_' || (colon && **p == ':')) {
    if (n == 0 && isdigit((unsigned char)**p))
      return false;
    if (n + 1 == NAME_SIZE)
      return false;
    out[n++] = *(*p)++;
  }
  out[n] = '\0';
  return n > 0;
}

/* Whole UTF-8, no surrogates, no overlong forms. */
static bool is_utf8(const char *s)
{
  const unsigned char *p = (const unsigned char *)s;

  while (*p) {
    unsigned n = *p < 0x80   ? 0
                 : *p < 0xc2 ? 9
                 : *p < 0xe0 ? 1
                 : *p < 0xf0 ? 2
                 : *p < 0xf5 ? 3
                             : 9;
    unsigned first = *p++;

    if (n == 9)
      return false;
    if ((first == 0xe0 && *p < 0xa0) || (first == 0xed && *p > 0x9f) ||
        (first == 0xf0 && *p < 0x90) || (first == 0xf4 && *p > 0x8f))
      return false;
    while (n-- > 0)
      if ((*p++ & 0xc0) != 0x80)
        return false;
  }
  return true;
}

static bool ends(const char *s, const char *suffix)
{
  size_t n = strlen(s), k = strlen(suffix);

  return n > k && strcmp(s + n - k, suffix) == 0;
}

/* ---- comments
 * ----------------------------------------------------------------- */

static bool end_family(struct reader *r)
{
  if (r->in_buckets)
    return bad(r, "%s: a histogram without its _count", r->family);
  if (r->has_help && !r->has_type)
    return bad(r, "%s: no TYPE", r->family);
  return true;
}

static bool begin_family(struct reader *r, const char *name)
{
  if (!end_family(r))
    return false;
  if (known(&r->families, &r->n_families, name))
    return bad(r, "%s: its lines are not together", name);
  snprintf(r->family, sizeof(r->family), "%s", name);
  r->has_type = false;
  r->has_help = true;
  return true;
}

static bool check_type(struct reader *r, const char *type)
{
  static const char *const types[] = { "counter", "gauge", "histogram" };
  size_t i;

  for (i = 0; i < 3; i++)
    if (strcmp(types[i], type) == 0)
      break;
  if (i == 3)
    return bad(r, "%s: type '%s'", r->family, type);
  if ((i == 0) != ends(r->family, "_total"))
    return bad(r, "%s: a counter, and only that, ends with _total", r->family);
  snprintf(r->type, sizeof(r->type), "%s", type);
  r->has_type = true;
  return true;
}

static bool read_comment(struct reader *r, const char *line)
{
  char name[NAME_SIZE];
  const char *p = line + 2;
  bool is_help = strncmp(p, "HELP ", 5) == 0;

  if (strncmp(line, "# ", 2) != 0 || (!is_help && strncmp(p, "TYPE ", 5) != 0))
    return bad(r, "a comment that is neither HELP nor TYPE");
  p += 5;
  if (!take_name(&p, true, name) || *p++ != ' ' || !*p)
    return bad(r, "no name, or nothing behind it");
  if (is_help)
    return begin_family(r, name);
  if (strcmp(name, r->family) != 0 || r->has_type)
    return bad(r, "TYPE of %s does not follow its HELP", name);
  return check_type(r, p);
}

/* ---- samples
 * ------------------------------------------------------------------ */

static bool read_value_text(struct reader *r, const char **p,
                            char out[SERIES_SIZE])
{
  size_t n = 0;

  if (*(*p)++ != '"')
    return bad(r, "a label without a quote");
  for (; **p != '"'; (*p)++) {
    if (!**p || n + 2 >= SERIES_SIZE)
      return bad(r, "a label without its end");
    if (**p == '\\') {
      (*p)++;
      if (**p != '\\' && **p != '"' && **p != 'n')
        return bad(r, "escape \\%c", **p);
    }
    out[n++] = **p;
  }
  (*p)++;
  out[n] = '\0';
  return is_utf8(out) || bad(r, "a label that is no UTF-8");
}

static bool read_label(struct reader *r, const char **p, struct sample *s,
                       char ***names, size_t *n_names)
{
  char name[NAME_SIZE], value[SERIES_SIZE];
  size_t n = strlen(s->labels);

  if (!take_name(p, false, name) || strncmp(name, "__", 2) == 0)
    return bad(r, "no label name");
  if (known(names, n_names, name))
    return bad(r, "label %s twice", name);
  if (*(*p)++ != '=' || !read_value_text(r, p, value))
    return bad(r, "label %s without a value", name);
  if (strcmp(name, "le") == 0)
    snprintf(s->le, sizeof(s->le), "%.*s", NAME_SIZE - 1, value);
  else if (snprintf(s->labels + n, SERIES_SIZE - n, "%s=\"%s\",", name,
                    value) >= (int)(SERIES_SIZE - n))
    return bad(r, "labels too long");
  return true;
}

static bool read_labels(struct reader *r, const char **p, struct sample *s)
{
  char *room[LABELS_MAX], **names = room;
  size_t n = 0;
  bool ok = true;

  if (**p != '{')
    return true;
  do {
    (*p)++;
    ok = n < LABELS_MAX && read_label(r, p, s, &names, &n);
  } while (ok && **p == ',');
  while (n > 0)
    free(room[--n]);
  if (ok && *(*p)++ != '}')
    return bad(r, "labels without their end");
  return ok;
}

static bool read_number(const char *text, double *ret)
{
  char *end;

  if (isspace((unsigned char)*text))
    return false;
  *ret = strtod(text, &end);
  return *text && !*end;
}

/* Buckets ascend, +Inf, _sum, _count of one series follow each other. */
static bool check_histogram(struct reader *r, const struct sample *s)
{
  const char *suffix = s->name + strlen(r->family);
  double le = 0, before = 0;

  if (r->in_buckets && strcmp(r->last.labels, s->labels) != 0)
    return bad(r, "%s: the series before has no _count", r->family);
  if (strcmp(suffix, "_bucket") == 0) {
    if (!*s->le || !(strcmp(s->le, "+Inf") == 0 || read_number(s->le, &le)))
      return bad(r, "%s: le '%s'", r->family, s->le);
    if (r->in_buckets && (r->has_inf || s->value < r->last.value))
      return bad(r, "%s: buckets are not cumulative", r->family);
    if (r->in_buckets && read_number(r->last.le, &before) &&
        strcmp(s->le, "+Inf") != 0 && le <= before)
      return bad(r, "%s: buckets do not ascend", r->family);
    r->has_inf = strcmp(s->le, "+Inf") == 0;
    r->in_buckets = true;
    r->has_sum = false;
    r->last = *s;
    return true;
  }
  if (!r->in_buckets || !r->has_inf || *s->le)
    return bad(r, "%s: no +Inf bucket before it", s->name);
  if (strcmp(suffix, "_sum") == 0)
    return (r->has_sum = true);
  if (strcmp(suffix, "_count") != 0 || !r->has_sum)
    return bad(r, "%s: not _bucket, _sum, _count in this order", s->name);
  if (s->value < r->last.value || s->value > r->last.value)
    return bad(r, "%s: not what the +Inf bucket says", s->name);
  r->in_buckets = r->has_inf = false;
  return true;
}

static bool check_sample(struct reader *r, const struct sample *s)
{
  size_t len = strlen(r->family);

  if (!r->has_type || strncmp(s->name, r->family, len) != 0)
    return bad(r, "%s: before its HELP and TYPE", s->name);
  if (strcmp(r->type, "gauge") != 0 && (s->value < 0 || isnan(s->value)))
    return bad(r, "%s: below 0", s->name);
  if (strcmp(r->type, "histogram") == 0)
    return check_histogram(r, s);
  if (s->name[len] || *s->le)
    return bad(r, "%s: not of the family %s", s->name, r->family);
  return true;
}

static bool read_sample(struct reader *r, const char *line)
{
  struct sample s = { .name = "" };
  char series[NAME_SIZE + SERIES_SIZE + NAME_SIZE];
  const char *p = line;

  if (!take_name(&p, true, s.name) || !read_labels(r, &p, &s))
    return *r->why ? false : bad(r, "no name");
  if (*p++ != ' ' || !read_number(p, &s.value))
    return bad(r, "%s: no number", s.name);
  snprintf(series, sizeof(series), "%s{%s}%s", s.name, s.labels, s.le);
  if (known(&r->series, &r->n_series, series))
    return bad(r, "%s twice", series);
  return check_sample(r, &s);
}

/* -------------------------------------------------------------------------------
 */

static bool read_all(struct reader *r)
{
  char line[8192];

  while (*r->at) {
    const char *eol = strchr(r->at, '\n');

    r->line++;
    if (!eol || (size_t)(eol - r->at) >= sizeof(line))
      return bad(r, "no end of line");
    snprintf(line, sizeof(line), "%.*s", (int)(eol - r->at), r->at);
    if (!(*line == '#' ? read_comment(r, line) : read_sample(r, line)))
      return false;
    r->at = eol + 1;
  }
  return end_family(r);
}

const char *prom_check(const char *text, char *why, size_t size)
{
  struct reader r = { .at = text, .why = why, .size = size };
  bool ok;

  r.families = calloc(SERIES_MAX, sizeof(*r.families));
  r.series = calloc(SERIES_MAX, sizeof(*r.series));
  if (!r.families || !r.series)
    abort();
  *why = '\0';
  ok = read_all(&r);
  while (r.n_families > 0)
    free(r.families[--r.n_families]);
  while (r.n_series > 0)
    free(r.series[--r.n_series]);
  free(r.families);
  free(r.series);
  return ok ? NULL : why;
}

double prom_value(const char *text, const char *series)
{
  size_t len = strlen(series);
  const char *at;

  for (at = text; at; at = strchr(at, '\n')) {
    at += *at == '\n';
    if (strncmp(at, series, len) == 0 && at[len] == ' ')
      return strtod(at + len + 1, NULL);
  }
  return -1;
}
