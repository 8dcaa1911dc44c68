/* prompt.c - where a prompt comes from, and the file name made of it.
 *
 * What a prompt may contain is the library's to say.  Only a NUL byte cannot
 * reach it, and a file of any size must not be read whole: both are refused
 * here, in the library's way.
 */
#include "request.h"
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define PROMPT_MAX ((size_t)1 << 20)
#define SLUG_MAX   40
#define SLUG_WORDS 5

CLI_PRINTF(2, 3)
static int32_t refuse(struct gamut_error *error, const char *fmt, ...)
{
  va_list ap;

  error->error_class = GAMUT_E_INVALID;
  va_start(ap, fmt);
  vsnprintf(error->message, sizeof(error->message), fmt, ap);
  va_end(ap);
  return GAMUT_E_INVALID;
}

/* `name` is for sentences. */
static int32_t read_stream(FILE *from, const char *name, char **ret,
                           struct gamut_error *error)
{
  char *text = malloc(PROMPT_MAX + 1);
  size_t len;

  if (!text)
    return refuse(error, "out of memory");
  len = fread(text, 1, PROMPT_MAX + 1, from);
  if (ferror(from)) {
    free(text);
    return refuse(error, "cannot read the prompt from %s: %s", name,
                  strerror(errno));
  }
  if (len > PROMPT_MAX || memchr(text, '\0', len)) {
    free(text);
    return refuse(error,
                  len > PROMPT_MAX ? "the prompt in %s is longer than 1 MiB"
                                   : "the prompt in %s has a NUL byte",
                  name);
  }
  /* Editors end the last line; the prompt does not. */
  while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
    len--;
  text[len] = '\0';
  *ret = text;
  return 0;
}

static int32_t read_file(const char *path, char **ret,
                         struct gamut_error *error)
{
  char name[300];
  FILE *from = fopen(path, "re");
  int32_t rc;

  snprintf(name, sizeof(name), "'%s'", path);
  if (!from)
    return refuse(error, "cannot read the prompt from %s: %s", name,
                  strerror(errno));
  rc = read_stream(from, name, ret, error);
  fclose(from);
  return rc;
}

int32_t cli_prompt_read(const char *value, char **ret,
                        struct gamut_error *error)
{
  if (strcmp(value, "-") == 0 || strcmp(value, "@-") == 0)
    return read_stream(stdin, "standard input", ret, error);
  if (value[0] == '@' && value[1] != '@')
    return read_file(value + 1, ret, error);
  *ret = strdup(value[0] == '@' ? value + 1 : value);
  return *ret ? 0 : refuse(error, "out of memory");
}

/* Letters and digits of any script; no punctuation, which starts at U+2000
 * outside of Latin-1, and nothing that cannot be seen. */
static bool belongs_in_name(uint32_t code)
{
  if (code < 0x80)
    return (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') ||
           (code >= 'A' && code <= 'Z');
  return code >= 0xc0 && code != 0xfffd && code != 0xd7 && code != 0xf7 &&
         !(code >= 0x2000 && code < 0x2c00) &&
         !(code >= 0x3000 && code < 0x3040) && cli_char_width(code) > 0 &&
         !(code >= 0xe000 && code < 0xf900) && code < 0xe0000;
}

/* "A neon fox, please!" -> "a-neon-fox-please" */
static void make_slug(const char *prompt, char slug[SLUG_MAX + 1])
{
  size_t used = 0, words = 0;
  bool gap = true;

  while (*prompt) {
    uint32_t code;
    size_t len = cli_char(prompt, &code);

    if (!belongs_in_name(code)) {
      gap = true;
    } else {
      if (gap && ++words > SLUG_WORDS)
        break;
      if (used + len + (gap && used) > SLUG_MAX)
        break;
      if (gap && used)
        slug[used++] = '-';
      memcpy(slug + used, prompt, len);
      if (code >= 'A' && code <= 'Z')
        slug[used] = (char)(slug[used] + ('a' - 'A'));
      used += len;
      gap = false;
    }
    prompt += len;
  }
  slug[used] = '\0';
}

bool cli_stem_taken(const char *folder, const char *stem)
{
  size_t len = strlen(stem);
  DIR *here = opendir(folder);
  struct dirent *entry;
  bool taken = false;

  while (here && !taken && (entry = readdir(here))) {
    const char *name = entry->d_name;

    taken =
      strncmp(name, stem, len) == 0 &&
      (name[len] == '.' || !name[len] ||
       (name[len] == '-' && name[len + 1] >= '0' && name[len + 1] <= '9'));
  }
  if (here)
    closedir(here);
  return taken;
}

char *cli_prompt_output(const char *prompt)
{
  char slug[SLUG_MAX + 1], stem[SLUG_MAX + 16];
  unsigned i;

  make_slug(prompt, slug);
  if (!*slug)
    snprintf(slug, sizeof(slug), "gamut");
  snprintf(stem, sizeof(stem), "%s", slug);
  for (i = 2; i < 100000 && cli_stem_taken(".", stem); i++)
    snprintf(stem, sizeof(stem), "%s_%u", slug, i);
  return cli_format("%s.{ext}", stem);
}
