/* setting_check.c - does a text fit a row?  One function for the core's
 * settings and for the keys of providers, so both complain alike.
 *
 * A secret's text appears in no sentence. */
#include "base/buf.h"
#include "base/str.h"
#include "loop/url.h"
#include "plugin/plugin_private.h"
#include <string.h>

#define TEXT_MAX   (256u * 1024) /* an endpoint map can be long */
#define CHOICE_MAX 32

/* A value is checked against a row, and told about as coming from `where`. */
struct check {
  const struct gm_setting *row;
  const char *value, *where;
  struct gm_error *err;
  const char *hint; /* the end of the sentence */
};

GM_PRINTF(2, 3)
static int32_t refuse(const struct check *c, const char *fmt, ...)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(GM_ERROR_MAX);
  va_list ap;

  if (c->row->flags & GAMUT_KEY_SECRET)
    gm_buf_add(&b, "the value");
  else
    gm_buf_addf(&b, "'%.100s'", c->value);
  gm_buf_addc(&b, ' ');
  va_start(ap, fmt);
  gm_buf_addv(&b, fmt, ap);
  va_end(ap);
  if (c->where)
    gm_buf_addf(&b, " (from %.300s)", c->where);
  gm_buf_add(&b, c->hint);
  return gm_fail(c->err, GAMUT_E_INVALID, "%s: %s", c->row->name,
                 gm_buf_text(&b));
}

static int32_t check_range(const struct check *c, bool inside, const char *unit)
{
  if (inside)
    return 0;
  return refuse(c, "is not within %lld%s to %lld%s", (long long)c->row->min,
                unit, (long long)c->row->max, unit);
}

static bool no_limit(const struct gm_setting *row)
{
  return row->min == 0 && row->max == 0;
}

static int32_t check_int(const struct check *c)
{
  int64_t v;

  if (!gm_parse_i64(c->value, INT64_MIN, INT64_MAX, &v))
    return refuse(c, "is not a whole number");
  return check_range(
    c, no_limit(c->row) || (v >= c->row->min && v <= c->row->max), "");
}

static int32_t check_real(const struct check *c)
{
  double v;

  if (!gm_parse_real(c->value, -1e300, 1e300, &v))
    return refuse(c, "is not a number");
  return check_range(c,
                     no_limit(c->row) ||
                       (v >= (double)c->row->min && v <= (double)c->row->max),
                     "");
}

static int32_t check_msec(const struct check *c)
{
  int64_t ms;

  if (!gm_parse_msec(c->value, &ms))
    return refuse(c, "is not a time like 90s, 1500ms, 2m, 1h");
  return check_range(
    c, no_limit(c->row) || (ms >= c->row->min && ms <= c->row->max), "ms");
}

static int32_t check_choice(const struct check *c)
{
  _cleanup_(gm_buf_finish) struct gm_buf list = GM_BUF_INIT(GM_ERROR_MAX);
  char texts[CHOICE_MAX][64], hint[128];
  const char *words[CHOICE_MAX + 1] = { NULL };
  struct check near = *c;
  struct gm_cur cur = gm_cur_of(c->row->choices ? c->row->choices : "");
  size_t n = 0;

  while (n < CHOICE_MAX && gm_cur_until(&cur, "|", texts[n], 64)) {
    if (strcmp(texts[n], c->value) == 0)
      return 0;
    gm_buf_addf(&list, "%s%s", n ? ", " : "", texts[n]);
    words[n] = texts[n];
    n++;
    if (!gm_cur_char(&cur, '|'))
      break;
  }
  near.hint = gm_did_you_mean(hint, c->value, words);
  return refuse(&near, "is none of %s", gm_buf_text(&list));
}

static int32_t check_text(const struct check *c)
{
  size_t len = strlen(c->value), i;

  if (len > TEXT_MAX)
    return refuse(c, "is longer than %u bytes", TEXT_MAX);
  if (!gm_utf8_valid(c->value, len))
    return refuse(c, "is not UTF-8");
  for (i = 0; i < len; i++) {
    unsigned char ch = (unsigned char)c->value[i];

    /* JSON in a variable may have line breaks; a secret says so itself. */
    if ((ch < 0x20 && !strchr("\t\r\n", ch)) || ch == 0x7f)
      return refuse(c, "contains a control character");
  }
  return 0;
}

static int32_t check_line(const struct check *c)
{
  if (strpbrk(c->value, "\r\n"))
    return refuse(c, "contains a line break");
  return 0;
}

static int32_t check_url(const struct check *c)
{
  char origin[GM_ORIGIN_SIZE];

  if (!gm_url_origin(c->value, origin))
    return refuse(c, "is not an http or https URL");
  return 0;
}

int32_t gm_setting_check(const struct gm_setting *row, const char *value,
                         const char *where, struct gm_error *err)
{
  const struct check c = { row, value, where, err, NULL };
  uint32_t w, h;
  int32_t rc;
  bool yes;

  rc = check_text(&c);
  if (rc)
    return rc;
  switch (row->type) {
  case GAMUT_INT:
    return check_int(&c);
  case GAMUT_REAL:
    return check_real(&c);
  case GAMUT_MSEC:
    return check_msec(&c);
  case GAMUT_CHOICE:
    return check_choice(&c);
  case GAMUT_URL:
    return check_url(&c);
  case GAMUT_BOOL:
    return gm_parse_bool(value, &yes) ? 0 : refuse(&c, "is not yes or no");
  case GAMUT_SIZE:
    return gm_parse_size(value, &w, &h) ? 0 : refuse(&c, "is not WxH");
  case GAMUT_PATH:
    return *value ? check_line(&c) : refuse(&c, "is no path");
  default:
    return 0;
  }
}

struct gm_setting gm_setting_of_key(const struct gamut_key *key,
                                    const char *name)
{
  return (struct gm_setting){
    .name = name,
    .env = key->env,
    .preset = key->preset,
    .choices = key->choices,
    .help = key->help,
    .type = key->type,
    .flags = key->flags,
    .min = key->min,
    .max = key->max,
  };
}
