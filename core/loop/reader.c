/* reader.c - takes a reply in pieces and keeps long strings out of its text.
 *
 * The scanner knows only strings and escapes; whether the rest is JSON is
 * json-c's to say.  What a piece adds to the text is remembered as a run
 * (`from` to `p`) and copied once.  When a string grows past GM_LONG_STRING
 * bytes as written, its beginning is taken back out of the text and the string
 * goes on in a blob, with escapes resolved.  Where pieces end never matters.
 * A blob holds what the vendor sent: any bytes, NUL too; or what its base64
 * stands for.
 */
#include "loop/reader.h"
#include "base/random.h"
#include "base/str.h"
#include <gamut/plugin.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAX_MEM   (4u * 1024 * 1024)
#define MARK_SIZE 64

/* A negative state is the class of the failure that ended the reading. */
enum {
  BLANK, /* nothing but blanks so far */
  PLAIN, /* no JSON: all goes to the text */
  OUTSIDE,
  STRING,
  STRING_ESCAPE,
  LONG,
  LONG_ESCAPE,
  LONG_DIGITS
};

struct piece {
  const char *p, *end;
  const char *from; /* the text has everything before it */
};

void gm_reader_init(struct gm_reader *r, size_t max_text, uint64_t max_blob)
{
  *r = (struct gm_reader){ .max_mem = MAX_MEM,
                           .max_blob = max_blob,
                           .state = BLANK };
  gm_buf_init(&r->text, max_text);
}

void gm_reader_finish(struct gm_reader *r)
{
  gm_reader_reset(r);
  gm_free(r->blobs);
  gm_buf_finish(&r->text);
  r->blobs = NULL;
}

static void count(struct gm_reader *r)
{
  gm_budget_count(r->budget, &r->counted, r->text.len);
}

void gm_reader_spill(struct gm_reader *r)
{
  size_t i;

  if (r->spills)
    return;
  r->spills = true;
  for (i = 0; i < r->n_blobs; i++)
    gm_blob_spill(&r->blobs[i]);
}

void gm_reader_reset(struct gm_reader *r)
{
  size_t i;

  for (i = 0; i < r->n_blobs; i++)
    gm_blob_finish(&r->blobs[i]);
  r->n_blobs = 0;
  r->total = r->expect = 0;
  r->state = BLANK;
  r->is_json = r->spills = false;
  gm_buf_clear(&r->text);
  gm_budget_count(r->budget, &r->counted, 0);
}

static const char *mark(const struct gm_reader *r, char buf[MARK_SIZE])
{
  snprintf(buf, MARK_SIZE, "gamut-blob-%016" PRIx64 "%016" PRIx64 "-",
           r->mark[0], r->mark[1]);
  return buf;
}

static int32_t check_text(struct gm_reader *r, struct gm_error *err)
{
  if (!gm_buf_failed(&r->text))
    return 0;
  if (r->text.failed == GAMUT_E_NOMEM)
    return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
  return gm_fail(err, GAMUT_E_PROTOCOL, "reply longer than %zu bytes of text",
                 r->text.max);
}

static void flush(struct gm_reader *r, struct piece *in)
{
  gm_buf_addn(&r->text, in->from, (size_t)(in->p - in->from));
  in->from = in->p;
}

static struct gm_blob *blob(struct gm_reader *r)
{
  return &r->blobs[r->n_blobs - 1];
}

static int32_t add_code(struct gm_reader *r, uint32_t code,
                        struct gm_error *err)
{
  char utf8[4];

  return gm_coded_add(blob(r), utf8, gm_utf8_put(utf8, code), err);
}

/* A high surrogate that nothing followed. */
static int32_t end_pair(struct gm_reader *r, struct gm_error *err)
{
  if (!r->high)
    return 0;
  r->high = 0;
  return add_code(r, 0xfffd, err);
}

static int32_t add_unit(struct gm_reader *r, uint32_t unit,
                        struct gm_error *err)
{
  uint32_t high = r->high;
  int32_t rc;

  if (high && unit >= 0xdc00 && unit <= 0xdfff) {
    r->high = 0;
    return add_code(r, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00),
                    err);
  }
  rc = end_pair(r, err);
  if (rc)
    return rc;
  if (unit >= 0xd800 && unit <= 0xdbff) {
    r->high = unit;
    return 0;
  }
  return add_code(r, unit >= 0xdc00 && unit <= 0xdfff ? 0xfffd : unit, err);
}

static int32_t long_escape(struct gm_reader *r, char c, struct gm_error *err)
{
  static const char letters[] = "bfnrt\"\\/";
  static const char means[] = "\b\f\n\r\t\"\\/";
  const char *at = c ? strchr(letters, c) : NULL;
  int32_t rc;

  if (c == 'u') {
    r->escape = r->digits = 0;
    r->state = LONG_DIGITS;
    return 0;
  }
  if (!at)
    return gm_fail(err, GAMUT_E_PROTOCOL, "broken escape in a long string");
  r->state = LONG;
  rc = end_pair(r, err);
  return rc ? rc : gm_coded_add(blob(r), &means[at - letters], 1, err);
}

static int32_t long_digit(struct gm_reader *r, char c, struct gm_error *err)
{
  uint32_t v;

  if (c >= '0' && c <= '9')
    v = (uint32_t)(c - '0');
  else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
    v = (uint32_t)((c | 0x20) - 'a' + 10);
  else
    return gm_fail(err, GAMUT_E_PROTOCOL, "broken escape in a long string");
  r->escape = r->escape << 4 | v;
  if (++r->digits < 4)
    return 0;
  r->state = LONG;
  return add_unit(r, r->escape, err);
}

/* Up to the next escape or the end; the closing quote belongs to the text.
 * Base64 is decoded first and looked for its end where it ends. */
static int32_t long_run(struct gm_reader *r, struct piece *in,
                        struct gm_error *err)
{
  const char *stop;
  int32_t rc = 0;

  if (!r->high)
    rc = gm_coded_take(blob(r), &in->p, in->end, err);
  if (rc)
    return rc;
  stop = gm_find_either(in->p, in->end, '"', '\\');
  if (stop > in->p || (stop < in->end && *stop == '"'))
    rc = end_pair(r, err);
  if (!rc && stop > in->p)
    rc = gm_coded_add(blob(r), in->p, (size_t)(stop - in->p), err);
  in->p = in->from = stop;
  if (rc || stop == in->end)
    return rc;
  if (*in->p++ == '"') {
    r->state = OUTSIDE;
    return gm_coded_end(blob(r), err);
  }
  r->state = LONG_ESCAPE;
  in->from = in->p;
  return 0;
}

static int32_t in_long(struct gm_reader *r, struct piece *in,
                       struct gm_error *err)
{
  char c;

  if (r->state == LONG)
    return long_run(r, in, err);
  c = *in->p++;
  in->from = in->p;
  return r->state == LONG_ESCAPE ? long_escape(r, c, err)
                                 : long_digit(r, c, err);
}

/* `left`: of the piece at hand.  All that is to come may belong to it. */
static int32_t new_blob(struct gm_reader *r, size_t left, struct gm_error *err)
{
  uint64_t end = r->total - left + GM_LONG_STRING;

  if (r->n_blobs == GM_READER_BLOBS)
    return gm_fail(err, GAMUT_E_PROTOCOL,
                   "reply with more than %d long strings", GM_READER_BLOBS);
  if (!r->blobs) {
    /* All at once: pointers to them stay good while more arrive. */
    r->blobs = gm_alloc(GM_READER_BLOBS * sizeof(*r->blobs));
    if (!r->blobs)
      return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
    gm_random(r->mark, sizeof(r->mark));
  }
  gm_blob_init(&r->blobs[r->n_blobs++], r->max_mem, r->max_blob);
  blob(r)->budget = r->budget;
  if (r->spills)
    gm_blob_spill(blob(r));
  gm_coded_begin(blob(r));
  if (r->expect > end)
    gm_blob_expect(blob(r), (r->expect - end) / 4 * 3 + 2 * GM_LONG_STRING);
  return 0;
}

/* Take what the text has of the current string back out, into a blob. */
static int32_t spill(struct gm_reader *r, struct piece *in,
                     struct gm_error *err)
{
  struct piece begun;
  char buf[MARK_SIZE];
  int32_t rc;

  flush(r, in);
  rc = check_text(r, err);
  if (!rc)
    rc = new_blob(r, (size_t)(in->end - in->p), err);
  if (rc)
    return rc;
  r->state = LONG;
  r->high = 0;
  begun.p = r->text.data + r->string_at;
  begun.end = r->text.data + r->text.len;
  while (!rc && begun.p < begun.end)
    rc = in_long(r, &begun, err);
  if (rc)
    return rc;
  r->text.len = r->string_at;
  gm_buf_addf(&r->text, "%s%zu", mark(r, buf), r->n_blobs - 1);
  return check_text(r, err);
}

static void in_blank(struct gm_reader *r, struct piece *in)
{
  while (in->p < in->end && strchr(" \t\r\n", *in->p) && *in->p)
    in->p++;
  if (in->p == in->end)
    return;
  r->is_json = *in->p == '{' || *in->p == '[';
  r->state = r->is_json ? OUTSIDE : PLAIN;
}

static void outside(struct gm_reader *r, struct piece *in)
{
  const char *quote = memchr(in->p, '"', (size_t)(in->end - in->p));

  in->p = quote ? quote + 1 : in->end;
  if (!quote)
    return;
  r->string_at = r->text.len + (size_t)(in->p - in->from);
  r->state = STRING;
}

static int32_t in_string(struct gm_reader *r, struct piece *in,
                         struct gm_error *err)
{
  size_t have = r->text.len + (size_t)(in->p - in->from) - r->string_at;
  const char *at = in->p, *limit, *stop;

  if (have > GM_LONG_STRING)
    return spill(r, in, err);
  limit = in->p + GM_MIN((size_t)(in->end - in->p), GM_LONG_STRING + 1 - have);
  stop = gm_find_either(in->p, limit, '"', '\\');
  in->p = stop;
  if (stop < limit) {
    r->state = *stop == '"' ? OUTSIDE : STRING_ESCAPE;
    in->p++;
    return 0;
  }
  return have + (size_t)(stop - at) > GM_LONG_STRING ? spill(r, in, err) : 0;
}

static int32_t step(struct gm_reader *r, struct piece *in, struct gm_error *err)
{
  switch (r->state) {
  case BLANK:
    in_blank(r, in);
    return 0;
  case PLAIN:
    in->p = in->end;
    return 0;
  case OUTSIDE:
    outside(r, in);
    return 0;
  case STRING:
    return in_string(r, in, err);
  case STRING_ESCAPE:
    in->p++;
    r->state = STRING;
    return 0;
  default:
    return in_long(r, in, err);
  }
}

int32_t gm_reader_feed(struct gm_reader *r, const char *p, size_t len,
                       struct gm_error *err)
{
  struct piece in = { p, p + len, p };
  int32_t rc = 0;

  if (r->state < 0)
    return gm_fail(err, r->state, "reply not readable");
  r->total += len;
  while (!rc && in.p < in.end)
    rc = step(r, &in, err);
  if (!rc) {
    flush(r, &in);
    rc = check_text(r, err);
  }
  count(r);
  if (rc)
    r->state = rc;
  return rc;
}

struct gm_blob *gm_reader_blob(const struct gm_reader *r, const char *string)
{
  char buf[MARK_SIZE];
  int64_t index;

  if (!string || r->n_blobs == 0 || !gm_starts(string, mark(r, buf)))
    return NULL;
  if (!gm_parse_i64(string + strlen(buf), 0, (int64_t)r->n_blobs - 1, &index))
    return NULL;
  return &r->blobs[index];
}
