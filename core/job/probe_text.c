/* probe_text.c - SVG, and the pages, JSON and plain text that arrive where a
 * picture was expected.  Looks at the first window only. */
#include "base/str.h"
#include "job/probe_read.h"
#include <string.h>

/* What is left to read.  Moves forward only. */
struct text {
  const char *at, *end;
};

static bool is_space(char c)
{
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static char lower(char c)
{
  return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static void skip_space(struct text *t)
{
  while (t->at < t->end && is_space(*t->at))
    t->at++;
}

/* Does the rest begin with `word`, given in lower case? */
static bool begins(const struct text *t, const char *word)
{
  size_t len = strlen(word);

  if ((size_t)(t->end - t->at) < len)
    return false;
  for (size_t i = 0; i < len; i++)
    if (lower(t->at[i]) != word[i])
      return false;
  return true;
}

/* Behind the next `word`, or at the end. */
static void skip_past(struct text *t, const char *word)
{
  while (t->at < t->end && !begins(t, word))
    t->at++;
  t->at =
    (size_t)(t->end - t->at) < strlen(word) ? t->end : t->at + strlen(word);
}

/* The name of the root element's start tag: behind declarations, comments and
 * the document type.  False when there is none. */
static bool find_root(struct text *t)
{
  for (skip_space(t); t->at < t->end; skip_space(t)) {
    if (begins(t, "<!--"))
      skip_past(t, "-->");
    else if (begins(t, "<?"))
      skip_past(t, "?>");
    else if (begins(t, "<!"))
      skip_past(t, ">");
    else
      return *t->at == '<';
  }
  return false;
}

/* The value of attribute `name` in a start tag; empty when it is missing. */
static struct text attribute(struct text tag, const char *name)
{
  struct text none = { tag.end, tag.end };

  while (tag.at < tag.end && *tag.at != '>') {
    bool starts = is_space(*tag.at);
    struct text value;
    char quote;

    tag.at++;
    if (!starts || !begins(&tag, name))
      continue;
    value = tag;
    value.at += strlen(name);
    skip_space(&value);
    if (value.at >= value.end || *value.at++ != '=')
      continue;
    skip_space(&value);
    if (value.at >= value.end || (*value.at != '"' && *value.at != '\''))
      continue;
    quote = *value.at++;
    for (const char *p = value.at; p < value.end; p++)
      if (*p == quote)
        return (struct text){ value.at, p };
    break;
  }
  return none;
}

/* A number in pixels, rounded; 0 when it is not one or has another unit.  The
 * fraction is cut off first, so that 32.5 gives 33 in every locale. */
static uint32_t pixels(struct text *t)
{
  uint32_t v = 0;
  bool round_up = false;

  while (t->at < t->end && (is_space(*t->at) || *t->at == ','))
    t->at++;
  for (; t->at < t->end && *t->at >= '0' && *t->at <= '9'; t->at++) {
    if (v > 100000000)
      return 0;
    v = v * 10 + (uint32_t)(*t->at - '0');
  }
  if (t->at < t->end && *t->at == '.') {
    t->at++;
    round_up = t->at < t->end && *t->at >= '5' && *t->at <= '9';
    while (t->at < t->end && *t->at >= '0' && *t->at <= '9')
      t->at++;
  }
  if (begins(t, "px"))
    t->at += 2;
  if (t->at < t->end && !is_space(*t->at) && *t->at != ',')
    return 0;
  return v + round_up;
}

/* width and height in pixels, else the view box. */
static void svg_size(struct gm_probe *p, struct text tag)
{
  struct text w = attribute(tag, "width"), h = attribute(tag, "height");
  struct text box = attribute(tag, "viewbox");
  uint32_t width = pixels(&w), height = pixels(&h);

  if (width == 0 || height == 0) {
    while (box.at < box.end && *box.at == '-') /* the origin may be negative */
      box.at++;
    pixels(&box);
    while (box.at < box.end && (is_space(*box.at) || *box.at == '-'))
      box.at++;
    pixels(&box);
    width = pixels(&box);
    height = pixels(&box);
  }
  gm_probe_size(p, width, height);
}

static bool is_html(const struct text *t)
{
  return begins(t, "<!doctype html") || begins(t, "<html") ||
         begins(t, "<head") || begins(t, "<body") || begins(t, "<title") ||
         begins(t, "<h1") || begins(t, "<script");
}

/* No control characters; a page may be in any encoding. */
static bool is_text(const struct text *t)
{
  for (const char *c = t->at; c < t->end; c++)
    if ((unsigned char)*c < 0x20 && !is_space(*c) && *c != '\f')
      return false;
  return true;
}

/* Nothing names this type, so the whole window must be UTF-8, but for a
 * character that it cuts. */
static bool is_plain(const struct text *t)
{
  size_t len = (size_t)(t->end - t->at), good = gm_utf8_prefix(t->at, len);

  return good == len || (len > 64 && len - good < 4);
}

int gm_probe_text(struct gm_probe *p)
{
  size_t len;
  const char *head = (const char *)gm_probe_head(p, &len);
  struct text t = { head, head + len }, root;

  if (begins(&t, "\xef\xbb\xbf"))
    t.at += 3;
  skip_space(&t);
  if (t.at == t.end || !is_text(&t))
    return -1;
  root = t;
  if (is_html(&t)) {
    gm_probe_name(p, 0, "text/html", "html");
  } else if (*t.at == '<' && find_root(&root)) {
    if (begins(&root, "<svg")) {
      gm_probe_name(p, GAMUT_IMAGE, "image/svg+xml", "svg");
      svg_size(p, root);
    } else if (is_html(&root)) {
      gm_probe_name(p, 0, "text/html", "html");
    } else {
      gm_probe_name(p, 0, "application/xml", "xml");
    }
  } else if (*t.at == '{' || *t.at == '[') {
    gm_probe_name(p, 0, "application/json", "json");
  } else if (is_plain(&t)) {
    gm_probe_name(p, 0, "text/plain", "txt");
  } else {
    return -1;
  }
  return 0;
}
