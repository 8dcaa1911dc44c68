/* term.c - keeps the text of vendors from playing with the user's terminal.
 *
 * Error sentences, log lines and model titles come from far away.  All of them
 * go through cli_put(), which lets no escape, no line break and no change of
 * writing direction pass.  Widths are those of the blocks that matter; being
 * wrong by a column only cuts a progress line early.
 */
#include "term.h"
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#ifdef HAVE_SECURE_GETENV
#define get_env secure_getenv
#else
static const char *get_env(const char *name)
{
  return issetugid() ? NULL : getenv(name);
}
#endif

const char *cli_env(const char *name)
{
  const char *value = get_env(name);

  return value && *value ? value : NULL;
}

bool cli_term_live(int fd)
{
  const char *term = cli_env("TERM");

  return term && strcmp(term, "dumb") != 0 && !cli_env("NO_COLOR") &&
         isatty(fd);
}

unsigned cli_term_width(int fd)
{
  struct winsize w;

  if (ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col > 0)
    return w.ws_col;
  return 80;
}

bool cli_term_utf8(void)
{
  const char *locale = cli_env("LC_ALL");

  if (!locale)
    locale = cli_env("LC_CTYPE");
  if (!locale)
    locale = cli_env("LANG");
  return locale && (strstr(locale, "UTF-8") || strstr(locale, "utf8") ||
                    strstr(locale, "utf-8"));
}

size_t cli_char(const char *s, uint32_t *ret_code)
{
  static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
  const unsigned char *p = (const unsigned char *)s;
  size_t len = p[0] < 0x80   ? 1
               : p[0] < 0xc0 ? 0
               : p[0] < 0xe0 ? 2
               : p[0] < 0xf0 ? 3
               : p[0] < 0xf8 ? 4
                             : 0;
  uint32_t code = len > 1 ? p[0] & (0x7fu >> len) : p[0];
  size_t i;

  for (i = 1; i < len && (p[i] & 0xc0) == 0x80; i++)
    code = code << 6 | (p[i] & 0x3f);
  if (!len || i < len || code < least[len] || code > 0x10ffff ||
      (code >= 0xd800 && code < 0xe000)) {
    *ret_code = 0xfffd;
    return 1;
  }
  *ret_code = code;
  return len;
}

struct range {
  uint32_t first, last;
};

static bool in_ranges(uint32_t code, const struct range *r, size_t n)
{
  size_t i;

  for (i = 0; i < n && code >= r[i].first; i++) {
    if (code <= r[i].last)
      return true;
  }
  return false;
}

int cli_char_width(uint32_t code)
{
  static const struct range hidden[] = {
    { 0x0, 0x1f },       { 0x7f, 0x9f },     { 0xad, 0xad },
    { 0x61c, 0x61c },    { 0x200b, 0x200f }, { 0x2028, 0x202e },
    { 0x2060, 0x206f },  { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb },
    { 0xe0000, 0xe0fff }
  };
  static const struct range joined[] = {
    { 0x300, 0x36f },   { 0x483, 0x489 },   { 0x591, 0x5bd },
    { 0x610, 0x61a },   { 0x64b, 0x65f },   { 0x93a, 0x93c },
    { 0x941, 0x94d },   { 0xe31, 0xe31 },   { 0xe34, 0xe3a },
    { 0xe47, 0xe4e },   { 0x1ab0, 0x1aff }, { 0x20d0, 0x20ff },
    { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f }
  };
  static const struct range wide[] = {
    { 0x1100, 0x115f },   { 0x2e80, 0x303e },   { 0x3041, 0xa4cf },
    { 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },
    { 0xff00, 0xff60 },   { 0xffe0, 0xffe6 },   { 0x1f300, 0x1f64f },
    { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1faff }, { 0x20000, 0x3fffd }
  };

  if (in_ranges(code, hidden, sizeof(hidden) / sizeof(hidden[0])))
    return -1;
  if (in_ranges(code, joined, sizeof(joined) / sizeof(joined[0])))
    return 0;
  return in_ranges(code, wide, sizeof(wide) / sizeof(wide[0])) ? 2 : 1;
}

/* `to` may be NULL: only count. */
static size_t walk(FILE *to, const char *text, size_t columns)
{
  size_t used = 0;

  while (*text) {
    uint32_t code;
    size_t len = cli_char(text, &code);
    int width = cli_char_width(code);
    size_t takes = width < 0 ? 1 : (size_t)width;

    if (takes > columns - used)
      break;
    used += takes;
    if (to && width < 0)
      fputc(' ', to);
    else if (to && code == 0xfffd)
      fputs("\xef\xbf\xbd", to);
    else if (to)
      fwrite(text, 1, len, to);
    text += len;
  }
  return used;
}

size_t cli_put_cut(FILE *to, const char *text, size_t columns)
{
  return walk(to, text, columns);
}

size_t cli_put(FILE *to, const char *text)
{
  return walk(to, text, SIZE_MAX);
}

size_t cli_text_width(const char *text)
{
  return walk(NULL, text, SIZE_MAX);
}
