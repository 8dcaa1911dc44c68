/* route_json.h - requests and entries as rows of a test write them. */
#ifndef GM_TESTS_ROUTE_JSON_H
#define GM_TESTS_ROUTE_JSON_H

#include "base/json.h"
#include "plugin/call.h"
#include "unit.h"

/* ' for " */
static inline struct json_object *parse(const char *text)
{
  _cleanup_free_ char *copy = gm_strdup(text);
  const char *why = NULL;
  struct json_object *o;
  size_t offset;
  char *p;

  for (p = copy; *p; p++)
    *p = *p == '\'' ? '"' : *p;
  o = gm_json_parse_once(copy, strlen(copy), &offset, &why);
  ck_assert_msg(o != NULL, "%s: %s at %zu", text, why, offset);
  return o;
}

/* "image mask" -> inputs; the words stay in `copy` */
static inline uint32_t make_inputs(char *copy, struct gm_input inputs[8])
{
  uint32_t n = 0;
  char *p = copy;

  memset(inputs, 0, 8 * sizeof(*inputs));
  while (*p) {
    char *end = p + strcspn(p, " ");

    inputs[n].role = p;
    inputs[n++].source = "in.png";
    p = *end ? end + 1 : end;
    *end = '\0';
  }
  return n;
}

#endif
