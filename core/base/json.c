/* json.c - json-c behind limits: parsing.
 *
 * json-c is strict enough about grammar (no trailing comma, no second
 * document), but takes any bytes in a string and stops at a NUL; so one pass
 * of ours over the text comes first.  A tokener is kept between documents: to
 * make one costs more than to parse a status.  Two leniencies of json-c stay:
 * NaN and Infinity as numbers (Python writes them; gm_json_real() gives the
 * fallback) and raw line breaks in strings.
 */
#include "base/json.h"
#include "base/str.h"
#include <gamut/plugin.h>
#include <string.h>

#define TEXT_MAX (64u * 1024 * 1024) /* above what any reader collects */

struct gm_json_parser {
  struct json_tokener *tokener;
};

struct gm_json_parser *gm_json_parser_new(void)
{
  struct gm_json_parser *p = gm_alloc(sizeof(*p));

  if (!p)
    return NULL;
  /* json-c counts the value inside the innermost container as a level. */
  p->tokener = json_tokener_new_ex(GM_JSON_DEPTH + 1);
  if (!p->tokener) {
    gm_free(p);
    return NULL;
  }
  json_tokener_set_flags(p->tokener, JSON_TOKENER_STRICT);
  return p;
}

void gm_json_parser_free(struct gm_json_parser *p)
{
  if (!p)
    return;
  json_tokener_free(p->tokener);
  gm_free(p);
}

static void refuse(size_t offset, const char *why, size_t *ret_offset,
                   const char **ret_why)
{
  if (ret_offset)
    *ret_offset = offset;
  if (ret_why)
    *ret_why = why;
}

/* What json-c would let through. */
static const char *bad_bytes(const char *text, size_t len, size_t *ret_offset)
{
  const char *nul = len ? memchr(text, '\0', len) : NULL;
  size_t n = gm_utf8_prefix(text, len);

  *ret_offset = 0;
  if (len > TEXT_MAX)
    return "too long";
  if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
    return "begins with a byte order mark";
  if (nul && (size_t)(nul - text) <= n) {
    *ret_offset = (size_t)(nul - text);
    return "NUL byte";
  }
  *ret_offset = n;
  return n < len ? "invalid UTF-8" : NULL;
}

static bool is_blank(const char *text, size_t len)
{
  while (len > 0 && memchr(" \t\r\n", text[len - 1], 4))
    len--;
  return len == 0;
}

struct json_object *gm_json_parse(struct gm_json_parser *p, const char *text,
                                  size_t len, size_t *ret_offset,
                                  const char **ret_why)
{
  struct json_tokener *t = p->tokener;
  struct json_object *o;
  enum json_tokener_error error;
  size_t at;
  const char *why = bad_bytes(text, len, &at);

  if (why) {
    refuse(at, why, ret_offset, ret_why);
    return NULL;
  }
  json_tokener_reset(t);
  o = json_tokener_parse_ex(t, len ? text : "", (int)len);
  error = json_tokener_get_error(t);
  at = json_tokener_get_parse_end(t);
  if (error == json_tokener_continue) {
    /* A bare number ends only at a NUL, which `text` need not have. */
    o = json_tokener_parse_ex(t, "", 1);
    error = json_tokener_get_error(t);
    at = len;
  }
  if (error == json_tokener_success) {
    refuse(0, NULL, ret_offset, ret_why);
    return o;
  }
  why = error == json_tokener_error_parse_eof ? "ends early"
                                              : json_tokener_error_desc(error);
  refuse(at, is_blank(text, len) ? "empty" : why, ret_offset, ret_why);
  return NULL;
}

struct json_object *gm_json_parse_once(const char *text, size_t len,
                                       size_t *ret_offset, const char **ret_why)
{
  _cleanup_(gm_json_parser_freep) struct gm_json_parser *p =
    gm_json_parser_new();

  if (!p) {
    refuse(0, "no memory", ret_offset, ret_why);
    return NULL;
  }
  return gm_json_parse(p, text, len, ret_offset, ret_why);
}

static void blank(char *from, const char *end)
{
  for (; from < end; from++) {
    if (*from != '\n')
      *from = ' ';
  }
}

/* The end of the string that opens at `p`, or of the text. */
static char *string_end(char *p, const char *end)
{
  for (p++; p < end && *p != '"'; p++) {
    if (*p == '\\' && p + 1 < end)
      p++;
  }
  return p < end ? p + 1 : p;
}

/* The end of the comment at `p`; `p` itself when there is none or it is not
 * closed, so that the parser complains at the right place. */
static char *comment_end(char *p, char *end)
{
  size_t rest = (size_t)(end - p);
  char *q;

  if (rest < 2)
    return p;
  if (p[1] == '/') {
    q = memchr(p, '\n', rest);
    return q ? q : end;
  }
  if (p[1] != '*')
    return p;
  q = memmem(p + 2, rest - 2, "*/", 2);
  return q ? q + 2 : p;
}

/* Comments become blanks, so offsets stay true. */
static void blank_comments(char *text, size_t len)
{
  char *p = text, *end = text + len;

  while (p < end) {
    if (*p == '"') {
      p = string_end(p, end);
    } else if (*p == '/') {
      char *q = comment_end(p, end);

      blank(p, q);
      p = q > p ? q : p + 1;
    } else {
      p++;
    }
  }
}

static int32_t fail_at(struct gm_error *err, const char *text, size_t offset,
                       const char *why)
{
  size_t line = 1, column = 1, i;

  for (i = 0; i < offset; i++) {
    if (text[i] == '\n') {
      line++;
      column = 1;
    } else {
      column += ((unsigned char)text[i] & 0xc0) != 0x80;
    }
  }
  return gm_fail(err, GAMUT_E_INVALID, "line %zu, column %zu: %s", line, column,
                 why);
}

struct json_object *gm_json_parse_config(const char *text, size_t len,
                                         struct gm_error *err)
{
  _cleanup_free_ char *copy = gm_strndup(text, len);
  _cleanup_(gm_json_parser_freep) struct gm_json_parser *p = NULL;
  struct json_object *o;
  const char *why;
  size_t offset;

  p = copy ? gm_json_parser_new() : NULL;
  if (!p) {
    gm_fail(err, GAMUT_E_NOMEM, "out of memory");
    return NULL;
  }
  blank_comments(copy, len);
  o = gm_json_parse(p, copy, len, &offset, &why);
  if (!o)
    fail_at(err, copy, why ? offset : 0, why ? why : "null is no settings");
  return o;
}
