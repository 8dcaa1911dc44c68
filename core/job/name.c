/* name.c - file names from templates.  What comes from a request or a vendor is
 * made harmless first: no slash, no control character, no leading dot or dash. */
#include "base/clock.h"
#include "job/output.h"
#include <gamut/plugin.h>
#include <string.h>

#define WORD_MAX 32
#define PART_MAX 100
#define EXT_MAX  5

static void add_safe(struct gm_buf *out, const char *s)
{
  size_t n = 0;

  for (; s && *s && n < PART_MAX; s++, n++) {
    unsigned char c = (unsigned char)*s;

    if (c < 0x20 || c == 0x7f || strchr("/\\:*?\"<>|{}", c) ||
        (n == 0 && (c == '.' || c == '-')))
      gm_buf_addc(out, '_');
    else
      gm_buf_addc(out, *s);
  }
  if (n == 0)
    gm_buf_add(out, "none");
}

static void add_date(struct gm_buf *out, uint64_t wall_ms)
{
  char text[32];

  gm_buf_addn(out, gm_fmt_time(text, wall_ms), 10);
}

static int32_t add_word(struct gm_buf *out, const char *word,
                        const struct gm_name_facts *f, struct gm_error *err)
{
  const struct {
    const char *word, *value;
  } words[] = { { "job", f->job },           { "model", f->model },
                { "provider", f->provider }, { "ext", f->ext },
                { "seed", f->seed } };
  size_t i;

  if (strcmp(word, "index") == 0) {
    gm_buf_addf(out, "%u", (unsigned)f->index);
    return 0;
  }
  if (strcmp(word, "date") == 0) {
    add_date(out, f->wall_ms);
    return 0;
  }
  for (i = 0; i < GM_LEN(words); i++) {
    if (strcmp(word, words[i].word) != 0)
      continue;
    add_safe(out, words[i].value);
    return 0;
  }
  return gm_fail(err, GAMUT_E_INVALID,
                 "output: '{%s}' is no template word; there are {job} {index} "
                 "{model} {provider} {ext} {seed} {date}",
                 word);
}

static bool is_numbered(const char *name)
{
  return strstr(name, "{index}") != NULL;
}

/* "fox.png" -> where "-2" goes: before the last dot of the last part. */
static size_t number_at(const char *s)
{
  const char *slash = strrchr(s, '/');
  const char *dot = strrchr(slash ? slash : s, '.');

  if (!dot || dot == s || (slash && dot == slash + 1))
    return strlen(s);
  return (size_t)(dot - s);
}

static int32_t add_template(struct gm_buf *out, const char *name,
                            const struct gm_name_facts *f,
                            struct gm_error *err)
{
  char word[WORD_MAX];
  const char *end;
  int32_t rc = 0;

  while (*name && rc == 0) {
    size_t n = strcspn(name, "{");

    end = n == 0 ? strchr(name, '}') : NULL;
    if (!end) { /* what comes before a brace, or one that is not closed */
      n = GM_MAX(n, (size_t)1);
      gm_buf_addn(out, name, n);
      name += n;
      continue;
    }
    n = GM_MIN((size_t)(end - name - 1), sizeof(word) - 1);
    memcpy(word, name + 1, n);
    word[n] = '\0';
    rc = add_word(out, word, f, err);
    name = end + 1;
  }
  return rc;
}

/* Does the name end in what tells a file's type: ".png", ".{ext}"? */
static bool is_extension(const char *tail)
{
  size_t n;

  if (*tail++ != '.')
    return false;
  if (strcmp(tail, "{ext}") == 0)
    return true;
  for (n = 0; (tail[n] >= 'a' && tail[n] <= 'z') ||
              (tail[n] >= 'A' && tail[n] <= 'Z') ||
              (n > 0 && tail[n] >= '0' && tail[n] <= '9');)
    n++;
  return n > 0 && n <= EXT_MAX && tail[n] == '\0';
}

char *gm_output_partial_name(const char *name, bool several, uint32_t k)
{
  size_t at = number_at(name);
  struct gm_buf b = GM_BUF_INIT(8192);

  if (!is_extension(name + at))
    at = strlen(name);
  gm_buf_addn(&b, name, at);
  if (several && !is_numbered(name))
    gm_buf_add(&b, "-{index}");
  gm_buf_addf(&b, ".partial-%u.{ext}", (unsigned)k);
  return gm_buf_take(&b);
}

int32_t gm_output_name(const char *name, const struct gm_name_facts *f,
                       struct gm_buf *out, struct gm_error *err)
{
  bool numbered = f->count > 1 && !is_numbered(name);
  size_t at = numbered ? number_at(name) : 0;
  _cleanup_free_ char *head = numbered ? gm_strndup(name, at) : NULL;
  int32_t rc;

  if (!numbered) {
    rc = add_template(out, name, f, err);
  } else {
    rc = head ? add_template(out, head, f, err) : GAMUT_E_NOMEM;
    gm_buf_addf(out, "-%u", (unsigned)f->index);
    if (rc == 0)
      rc = add_template(out, name + at, f, err);
  }
  if (rc == 0 && gm_buf_failed(out))
    return gm_fail(err, GAMUT_E_INVALID, "output: the name is too long");
  return rc;
}
