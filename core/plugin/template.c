/* template.c - "Bearer {api_key}": texts with the names of values in them.
 *
 * Only taken apart here: whose value it is, and who may see it, is for those
 * who fill it in. */
#include "plugin/plugin_private.h"
#include <string.h>

bool gm_template_next(const char **at, struct gm_piece *ret)
{
  const char *p = *at, *close;
  size_t len;

  if (!p || !*p)
    return false;
  ret->text = p;
  ret->len = strcspn(p, "{}");
  ret->name[0] = '\0';
  ret->half = 0;
  *at = p + ret->len;
  if (**at == '\0')
    return true;
  close = strpbrk(*at + 1, "{}");
  len = close ? (size_t)(close - *at) - 1 : 0;
  if (**at != '{' || !close || *close != '}' || len == 0 ||
      len >= sizeof(ret->name)) {
    *at = NULL;
    return false;
  }
  memcpy(ret->name, *at + 1, len);
  ret->name[len] = '\0';
  *at = close + 1;
  return true;
}

bool gm_credential_next(const char **at, struct gm_piece *ret)
{
  size_t len;

  if (!gm_template_next(at, ret))
    return false;
  len = strlen(ret->name);
  if (len > 1 && ret->name[len - 1] == ':') {
    ret->half = GM_BEFORE;
    ret->name[len - 1] = '\0';
  } else if (len > 1 && ret->name[0] == ':') {
    ret->half = GM_BEHIND;
    memmove(ret->name, ret->name + 1, len);
  }
  return true;
}

/* {=name:secret} is both as RFC 7617 has them for Basic. */
bool gm_template_pair(const char *name, char first[GM_PIECE_MAX],
                      const char **ret_second)
{
  const char *colon = *name == '=' ? strchr(name, ':') : NULL;
  size_t len = colon ? (size_t)(colon - name) - 1 : 0;

  if (len == 0 || !colon[1])
    return false;
  memcpy(first, name + 1, len);
  first[len] = '\0';
  *ret_second = colon + 1;
  return true;
}

/* Where a value is parted, which has one colon and something on both sides. */
const char *gm_template_parting(const char *value)
{
  const char *colon = value ? strchr(value, ':') : NULL;

  return colon && colon > value && colon[1] && !strchr(colon + 1, ':') ? colon
                                                                       : NULL;
}
