/* log_record.c - records: one line of named fields.  Values are users' and
 * vendors' text: masked, cut, and quoted where they would be taken for
 * something else. */
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include <string.h>

#define LINE_MAX  (256u << 10)
#define VALUE_MAX 1024

bool gm_record_begin(struct gm_record *r, struct gm_log *l, int32_t level,
                     const char *event)
{
  if (!gm_log_wants(l, level))
    return false;
  r->log = l;
  r->level = level;
  gm_buf_init(&r->line, LINE_MAX);
  if (!l->json) {
    gm_buf_add(&r->line, event);
    return true;
  }
  gm_log_open_json(&r->line, level);
  gm_record_text(r, "event", event);
  return true;
}

static void name_it(struct gm_record *r, const char *name)
{
  gm_buf_add(&r->line, r->log->json ? ",\"" : " ");
  gm_buf_add(&r->line, name);
  gm_buf_add(&r->line, r->log->json ? "\":" : "=");
}

/* Would `name=value` be read as it was meant? */
static bool is_plain(const char *s, size_t len)
{
  size_t i;

  for (i = 0; i < len; i++) {
    unsigned char c = (unsigned char)s[i];

    if (c <= ' ' || c == '"' || c == '=' || c == 0x7f)
      return false;
  }
  return len > 0 && gm_utf8_valid(s, len);
}

void gm_record_text(struct gm_record *r, const char *name, const char *value)
{
  _cleanup_free_ char *copy = gm_strdup(value);
  size_t len;

  if (!copy)
    return;
  len = gm_log_mask(r->log, copy, strlen(copy));
  len = gm_utf8_cut(copy, len, VALUE_MAX);
  name_it(r, name);
  if (!r->log->json && is_plain(copy, len))
    gm_buf_addn(&r->line, copy, len);
  else
    gm_buf_add_json_text(&r->line, copy, len);
}

static const char *text_at(const struct json_object *list, size_t i)
{
  return gm_json_str(json_object_array_get_idx(list, i), NULL, "");
}

void gm_record_texts(struct gm_record *r, const char *name,
                     const struct json_object *list)
{
  struct gm_buf b = GM_BUF_INIT(LINE_MAX);
  size_t i, n = gm_json_count(list, NULL);

  for (i = 0; i < n; i++) {
    if (i > 0)
      gm_buf_addc(&b, ',');
    if (r->log->json)
      gm_log_add_json(r->log, &b, text_at(list, i));
    else
      gm_buf_add(&b, text_at(list, i));
  }
  if (n > 0 && r->log->json) {
    name_it(r, name);
    gm_buf_addf(&r->line, "[%s]", gm_buf_text(&b));
  } else if (n > 0) {
    gm_record_text(r, name, gm_buf_text(&b));
  }
  gm_buf_finish(&b);
}

void gm_record_int(struct gm_record *r, const char *name, int64_t value)
{
  name_it(r, name);
  gm_buf_add_int(&r->line, value);
}

void gm_record_real(struct gm_record *r, const char *name, double value)
{
  char text[32];

  name_it(r, name);
  gm_buf_add(&r->line, gm_fmt_real(text, value));
}

void gm_record_bool(struct gm_record *r, const char *name, bool value)
{
  name_it(r, name);
  gm_buf_add(&r->line, value ? "true" : "false");
}

void gm_record_end(struct gm_record *r)
{
  if (r->log->json)
    gm_buf_addc(&r->line, '}');
  if (!gm_buf_failed(&r->line))
    r->log->write(r->log->user, r->level, gm_buf_text(&r->line));
  gm_buf_finish(&r->line);
}
