/* Texts as vectors: a sum of pseudo-random directions, one for each word and
 * each run of three letters, case folded.  Texts that share most of them are
 * near. */
#include "embed.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#define WORD_MAX    64
#define WORD_WEIGHT 1.0f
#define RUN_WEIGHT  0.5f

static void add_direction(const char *what, float weight, float *out, size_t n)
{
  uint64_t x = em_hash(what);
  size_t i;

  for (i = 0; i < n; i++) {
    x = em_mix(x + i + 1);
    out[i] += weight * ((float)(x >> 40) / (float)(1 << 23) - 1.0f);
  }
}

static void add_word(const char *word, size_t len, float *out, size_t n)
{
  char padded[WORD_MAX + 3], run[4];
  size_t i;

  padded[0] = ' ';
  memcpy(padded + 1, word, len);
  memcpy(padded + 1 + len, " ", 2);
  add_direction(padded, WORD_WEIGHT, out, n);
  for (i = 0; i < len; i++) {
    memcpy(run, padded + i, 3);
    run[3] = '\0';
    add_direction(run, RUN_WEIGHT, out, n);
  }
}

static int in_word(int c)
{
  return isalnum(c) || c >= 0x80;
}

/* The next word of `*text`, folded, or false. */
static bool next_word(const char **text, char word[WORD_MAX], size_t *len)
{
  const char *s = *text;

  while (*s && !in_word((unsigned char)*s))
    s++;
  for (*len = 0; in_word((unsigned char)*s) && *len < WORD_MAX; s++)
    word[(*len)++] = (char)tolower((unsigned char)*s);
  *text = s;
  return *len > 0;
}

void em_embed(const char *text, float *out, size_t dimensions)
{
  char word[WORD_MAX];
  double sum = 0;
  size_t i, len;

  for (i = 0; i < dimensions; i++)
    out[i] = 0;
  add_direction("", 0.01f, out, dimensions); /* of no word at all */
  while (next_word(&text, word, &len))
    add_word(word, len, out, dimensions);
  for (i = 0; i < dimensions; i++)
    sum += (double)out[i] * (double)out[i];
  for (i = 0; i < dimensions; i++)
    out[i] = (float)(out[i] / sqrt(sum));
}

void em_embed_put(const float *v, size_t dimensions, struct em_buf *out)
{
  size_t i;

  for (i = 0; i < dimensions; i++)
    em_buf_printf(out, "%c%.8g", i ? ',' : '[', (double)v[i]);
  em_buf_putc(out, ']');
}

unsigned em_embed_tokens(const char *text)
{
  char word[WORD_MAX];
  unsigned n = 0;
  size_t len;

  while (next_word(&text, word, &len))
    n++;
  return n;
}

const struct em_fault *em_embed_fault(struct em_request *rq, const char *text)
{
  struct em_faults *f = &rq->server->faults;
  struct em_prompt *prompt = em_prompt_get(f, text);
  const struct em_fault *fault;

  rq->phase = EM_EMBED;
  fault = em_fault_instead(f, prompt->set, EM_EMBED);
  em_fault_wire(f, prompt->set, EM_EMBED, &rq->reply.wire);
  return fault;
}
