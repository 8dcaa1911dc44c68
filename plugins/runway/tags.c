/* tags.c - what the prompt calls a reference picture.
 *
 * "@hero stands before @castle": a tag has 3 to 16 characters, a letter first,
 * then letters, digits and underscores.  It belongs to the picture whose file
 * has that name (hero.png); the tags that are left go to the pictures that are
 * left, in order.  options/tags, a list, names them all instead.
 */
#include "runway.h"
#include <string.h>

#define TAG_MIN 3u
#define TAG_MAX 16u
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define WORD    LETTERS "0123456789_"

struct tag {
  const char *text;
  size_t len;
};

static int is_tag(const char *s, size_t len)
{
  return len >= TAG_MIN && len <= TAG_MAX && strchr(LETTERS, *s) &&
         strspn(s, WORD) >= len;
}

/* The next one in the prompt; `start` is where the prompt begins. */
static int next_tag(const char *start, const char **at, struct tag *ret)
{
  const char *p;

  while ((p = strchr(*at, '@'))) {
    ret->text = p + 1;
    ret->len = strspn(p + 1, WORD);
    *at = p + 1 + ret->len;
    /* no address of a mail */
    if (is_tag(ret->text, ret->len) && (p == start || !strchr(WORD ".", p[-1])))
      return 1;
  }
  return 0;
}

static int same_tag(const struct tag *a, const struct tag *b)
{
  return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

static int in_prompt(const char *prompt, const char *end, const struct tag *tag)
{
  const char *at = prompt;
  struct tag t;

  while (next_tag(prompt, &at, &t) && (!end || t.text < end))
    if (same_tag(&t, tag))
      return 1;
  return 0;
}

/* The file's name without its ending, when that could be a tag. */
static int stem_of(struct gamut_call *c, uint32_t input, struct tag *ret)
{
  const struct gamut_host *h = c->host;
  const char *name = h->input_info(c, input, "name");
  const char *url = h->input_info(c, input, "url");
  size_t i;

  if (url && strncmp(url, "data:", 5) == 0)
    return 0;
  if (!name && url) {
    size_t len = strcspn(url, "?#");

    for (name = url, i = 0; i < len; i++)
      if (url[i] == '/')
        name = url + i + 1;
  }
  ret->text = name ? name : "";
  ret->len = strcspn(ret->text, ".?#");
  return is_tag(ret->text, ret->len);
}

static int is_named(struct gamut_call *c, uint32_t input, const char *prompt)
{
  struct tag stem;

  return stem_of(c, input, &stem) && in_prompt(prompt, NULL, &stem);
}

static int is_a_stem(struct gamut_call *c, const uint32_t *inputs, uint32_t n,
                     const struct tag *tag)
{
  struct tag stem;
  uint32_t i;

  for (i = 0; i < n; i++)
    if (stem_of(c, inputs[i], &stem) && same_tag(&stem, tag))
      return 1;
  return 0;
}

/* The `skip`-th tag that is no file's name, or NULL. */
static const char *left_over(struct gamut_call *c, const uint32_t *inputs,
                             uint32_t n, const char *prompt, uint32_t skip)
{
  const char *at = prompt;
  struct tag t;

  while (next_tag(prompt, &at, &t))
    if (!is_a_stem(c, inputs, n, &t) && !in_prompt(prompt, t.text, &t) &&
        skip-- == 0)
      return c->host->text(c, "%.*s", (int)t.len, t.text);
  return NULL;
}

const char *runway_tag(struct gamut_call *c, const uint32_t *inputs, uint32_t n,
                       uint32_t k)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *given = h->json_get(c->request, "options/tags");
  const char *prompt = h->json_str(c->request, "prompt", "");
  struct tag stem;
  uint32_t i, before = 0;

  if (given)
    return h->json_str(h->json_member(given, k, NULL), "", NULL);
  if (is_named(c, inputs[k], prompt) && stem_of(c, inputs[k], &stem))
    return h->text(c, "%.*s", (int)stem.len, stem.text);
  for (i = 0; i < k; i++)
    if (!is_named(c, inputs[i], prompt))
      before++;
  return left_over(c, inputs, n, prompt, before);
}
