/* validate_change.c - what follows from a value that the model does not have:
 * a refusal, or a change that is noted.
 *
 * No value is ever changed without a note.
 */
#include "base/str.h"
#include "route/validate_private.h"
#include <gamut/plugin.h>
#include <stdio.h>
#include <string.h>

#define SENTENCE_MAX 900

int32_t gm_check_refuse(struct gm_check *c, const char *fmt, ...)
{
  va_list ap;

  va_start(ap, fmt);
  gm_vfail(c->err, GAMUT_E_UNSUPPORTED, fmt, ap);
  va_end(ap);
  return GAMUT_E_UNSUPPORTED;
}

static int32_t no_memory(struct gm_check *c)
{
  return gm_fail(c->err, GAMUT_E_NOMEM, "out of memory");
}

int32_t gm_check_note(struct gm_check *c, const char *fmt, ...)
{
  char sentence[SENTENCE_MAX];
  struct json_object *text;
  va_list ap;

  if (!c->notes)
    return 0;
  va_start(ap, fmt);
  vsnprintf(sentence, sizeof(sentence), fmt, ap);
  va_end(ap);
  text = json_object_new_string(sentence);
  if (text && json_object_array_add(c->notes, text) == 0)
    return 0;
  json_object_put(text);
  return no_memory(c);
}

/* Takes `value`. */
static int32_t set(struct gm_check *c, const char *field,
                   struct json_object *value)
{
  struct json_object *old = gm_json_at(c->request, field);
  char was[GM_SHOWN], is[GM_SHOWN];
  int32_t rc;

  if (!value)
    return no_memory(c);
  gm_check_show(is, value);
  if (old)
    rc = gm_check_note(c, "%s %s became %s: %s does not offer it", field,
                       gm_check_show(was, old), is, c->model);
  else
    rc = gm_check_note(c, "%s became %s", field, is);
  if (rc || json_object_object_add(c->request, field, value)) {
    json_object_put(value);
    return rc ? rc : no_memory(c);
  }
  return 0;
}

int32_t gm_check_set_text(struct gm_check *c, const char *field,
                          const char *value)
{
  return set(c, field, json_object_new_string(value));
}

int32_t gm_check_set_number(struct gm_check *c, const char *field, double value)
{
  /* Whole numbers stay whole: vendors may refuse 4.0. */
  if (value > -0x1p62 && value < 0x1p62 && value == (double)(int64_t)value)
    return set(c, field, json_object_new_int64((int64_t)value));
  return set(c, field, json_object_new_double(value));
}

int32_t gm_check_drop(struct gm_check *c, const char *field)
{
  char was[GM_SHOWN];
  int32_t rc =
    gm_check_note(c, "%s %s was left out: %s does not offer it", field,
                  gm_check_show(was, gm_json_at(c->request, field)), c->model);

  if (!rc)
    json_object_object_del(c->request, field);
  return rc;
}

static int32_t put_side(struct gm_check *c, const char *field, uint32_t side)
{
  struct json_object *value = json_object_new_int64(side);

  if (value && json_object_object_add(c->request, field, value) == 0)
    return 0;
  json_object_put(value);
  return no_memory(c);
}

int32_t gm_check_set_size(struct gm_check *c, uint32_t w, uint32_t h)
{
  uint32_t was_w, was_h;
  int32_t rc;

  if (gm_request_size(c->request, &was_w, &was_h))
    rc = gm_check_note(c, "size %ux%u became %ux%u: %s does not offer it",
                       was_w, was_h, w, h, c->model);
  else
    rc = gm_check_note(c, "size became %ux%u", w, h);
  if (!rc)
    rc = put_side(c, "width", w);
  return rc ? rc : put_side(c, "height", h);
}

int32_t gm_check_drop_size(struct gm_check *c)
{
  uint32_t w = 0, h = 0;
  int32_t rc;

  gm_request_size(c->request, &w, &h);
  rc = gm_check_note(c, "size %ux%u was left out: %s does not offer sizes", w,
                     h, c->model);
  if (rc)
    return rc;
  json_object_object_del(c->request, "width");
  json_object_object_del(c->request, "height");
  return 0;
}

int32_t gm_check_respell(struct gm_check *c, const char *field,
                         const char *value)
{
  struct json_object *text = json_object_new_string(value);

  if (text && json_object_object_add(c->request, field, text) == 0)
    return 0;
  json_object_put(text);
  return no_memory(c);
}

const char *gm_check_show(char buf[GM_SHOWN], const struct json_object *value)
{
  const char *text = gm_json_str(value, NULL, NULL);
  const char *quote = text ? "'" : "";
  size_t len, most = GM_SHOWN - 6; /* quotes, dots, NUL */

  if (json_object_is_type(value, json_type_double))
    return gm_fmt_real(buf, json_object_get_double(value));
  if (!text)
    text = gm_json_text(gm_unconst(value), NULL);
  if (!text)
    text = "null";
  len = strlen(text);
  snprintf(buf, GM_SHOWN, "%s%.*s%s%s", quote,
           (int)gm_utf8_cut(text, len, most), text, len > most ? "..." : "",
           quote);
  return buf;
}

const char *gm_check_list(char buf[GM_LISTED], const struct json_object *array)
{
  size_t i, n = gm_json_count(array, NULL), len = 0;
  char shown[GM_SHOWN];

  snprintf(buf, GM_LISTED, "nothing else");
  for (i = 0; i < n; i++) {
    struct json_object *one = json_object_array_get_idx(array, i);
    const char *text = gm_json_str(one, NULL, NULL);

    if (!text)
      text = gm_check_show(shown, one);
    if (len + strlen(text) + 8 > GM_LISTED) {
      snprintf(buf + len, GM_LISTED - len, ", ...");
      break;
    }
    len +=
      (size_t)snprintf(buf + len, GM_LISTED - len, "%s%s", i ? ", " : "", text);
  }
  return buf;
}
