/* header_lines.c - GAMUT_KEY_HEADERS: a secret of lines "Name: value", each a
 * header.  Split once, when the instance is made; names and values point into
 * one copy, which is wiped with it.
 *
 * A line without a colon is skipped, and so is one that says how the message is
 * framed. */
#include "base/str.h"
#include "plugin/call_build.h"
#include "plugin/plugin_private.h"
#include <string.h>

#define LINES_MAX 32

/* In place: blanks around `text` go. */
static char *trimmed(char *text)
{
  size_t len;

  text += strspn(text, " \t\r");
  len = strlen(text);
  while (len > 0 && strchr(" \t\r", text[len - 1]))
    text[--len] = '\0';
  return text;
}

static void take_line(struct gm_own_headers *h, char *line)
{
  char *colon = strchr(line, ':'), *name;

  if (!colon || h->n == LINES_MAX)
    return;
  *colon = '\0';
  name = trimmed(line);
  if (!gm_header_name_ok(name) || gm_header_is_ours(name))
    return;
  h->items[h->n].name = name;
  h->items[h->n++].value = trimmed(colon + 1);
}

static bool split(struct gm_own_headers *h, const char *text)
{
  char *line, *end;

  h->size = strlen(text) + 1;
  h->text = gm_strdup(text);
  h->items = gm_zalloc(LINES_MAX * sizeof(*h->items));
  if (!h->text || !h->items)
    return false;
  for (line = h->text; line; line = end) {
    end = strchr(line, '\n');
    if (end)
      *end++ = '\0';
    take_line(h, line);
  }
  return true;
}

bool gm_instance_split_headers(struct gm_instance *i, struct gm_log *log)
{
  const struct gm_config_value *v = NULL;
  size_t n;

  for (n = 0; n < i->config->n_values && !v; n++)
    if (i->config->values[n].key.flags & GAMUT_KEY_HEADERS)
      v = &i->config->values[n];
  if (!v || !v->text)
    return true;
  if (!split(&i->headers, v->text))
    return false;
  for (n = 0; log && n < i->headers.n; n++)
    if (!gm_log_secret(log, i->headers.items[n].value))
      return false;
  return true;
}

void gm_instance_drop_headers(struct gm_instance *i)
{
  if (i->headers.text)
    explicit_bzero(i->headers.text, i->headers.size);
  gm_free(i->headers.text);
  gm_free(i->headers.items);
}
