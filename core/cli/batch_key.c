/* batch_key.c - what a line of a batch is known by, whatever becomes of the
 * file around it: the file's name, what the line asks for, and which it is among
 * those that ask for the same.
 *
 * So a file that was mended, sorted or added to pays only for what is new.  The
 * line's number and "output" say where the file goes, not what is made, and are
 * no part of it; neither is the order of members, nor how they are spaced. */
#include "batch_file.h"
#include "out.h"
#include "view.h"
#include <stdlib.h>
#include <string.h>

/* FNV-1a, twice: told apart are lines of one user, not enemies. */
static const uint64_t begin[2] = { UINT64_C(0xcbf29ce484222325),
                                   UINT64_C(0x84222325cbf29ce4) };

static void add_bytes(uint64_t h[2], const char *p, size_t len)
{
  size_t i, k;

  for (i = 0; i < len; i++) {
    for (k = 0; k < 2; k++) {
      h[k] ^= (unsigned char)p[i] + k;
      h[k] *= UINT64_C(0x100000001b3);
    }
  }
}

/* "": the file. */
static void add_member(uint64_t sum[2], const char *name, const char *text)
{
  uint64_t h[2] = { begin[0], begin[1] };

  add_bytes(h, name, strlen(name) + 1);
  add_bytes(h, text, strlen(text));
  sum[0] += h[0]; /* a sum: in whatever order */
  sum[1] += h[1];
}

static const char *text_of(struct json_object *value)
{
  return json_object_to_json_string_ext(
    value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

static void hash_line(const struct cli_batch_file *f, size_t i)
{
  struct json_object *o = cli_batch_object(f, i), *value;
  const char *name;
  size_t k;

  add_member(f->lines[i].hash, "", f->name);
  for (k = 0; (name = cli_view_key(o, k)); k++) {
    value = cli_view_get(o, name);
    if (value && strcmp(name, "output") != 0)
      add_member(f->lines[i].hash, name, text_of(value));
  }
  json_object_put(o);
}

static int compare(const void *a, const void *b)
{
  const struct cli_batch_line *x = *(struct cli_batch_line *const *)a;
  const struct cli_batch_line *y = *(struct cli_batch_line *const *)b;
  int rc = memcmp(x->hash, y->hash, sizeof(x->hash));

  return rc ? rc : (x->at > y->at) - (x->at < y->at);
}

int cli_batch_identify(struct cli_batch_file *f)
{
  struct cli_batch_line **sorted = calloc(f->n_lines + 1, sizeof(*sorted));
  size_t i;

  if (!sorted)
    return cli_no_memory();
  for (i = 0; i < f->n_lines; i++) {
    hash_line(f, i);
    sorted[i] = &f->lines[i];
  }
  qsort(sorted, f->n_lines, sizeof(*sorted), compare);
  for (i = 1; i < f->n_lines; i++) {
    if (memcmp(sorted[i]->hash, sorted[i - 1]->hash, sizeof(sorted[i]->hash)) ==
        0)
      sorted[i]->nth = sorted[i - 1]->nth + 1;
  }
  free(sorted);
  return 0;
}

static const char *hex(const uint64_t h[2], char buf[33])
{
  snprintf(buf, 33, "%016llx%016llx", (unsigned long long)h[0],
           (unsigned long long)h[1]);
  return buf;
}

void cli_batch_name_input(struct cli_batch_file *f)
{
  uint64_t h[2] = { begin[0], begin[1] };

  add_bytes(h, f->text, f->len);
  f->name = hex(h, f->of_input);
}

void cli_batch_key(const struct cli_batch_file *f, size_t i,
                   char ret[CLI_BATCH_KEY])
{
  const struct cli_batch_line *l = &f->lines[i];
  char text[33];

  snprintf(ret, CLI_BATCH_KEY, "%s-%010lu", hex(l->hash, text), l->nth);
}
