/* sse.c - server-sent events out of a stream of bytes.
 *
 * A line is never collected: its name is, up to what a known one has, and then
 * its value goes where the name says, piece by piece.  Data has a reader, which
 * takes long strings out; comments and unknown fields go nowhere, so they cost
 * nothing however long they are.  An event that the end of the stream cuts off
 * is dropped, as the standard has it. */
#include "loop/sse.h"
#include "base/str.h"
#include <gamut/plugin.h>
#include <string.h>

#define BOM       "\xef\xbb\xbf"
#define NAME_MAX_ 16   /* of those we know, and a BOM */
#define VALUE_MAX 4096 /* of "event" and "id" */

enum { NAME, VALUE_BEGINS, VALUE };
enum { F_NONE, F_DATA, F_EVENT, F_ID };

void gm_sse_init(struct gm_sse *s, uint64_t max_event)
{
  *s = (struct gm_sse){ .max_event = max_event };
  gm_reader_init(&s->data, (size_t)GM_MIN(max_event, (uint64_t)SIZE_MAX / 2),
                 max_event);
  gm_buf_init(&s->event, VALUE_MAX);
  gm_buf_init(&s->id, VALUE_MAX);
  gm_buf_init(&s->name, NAME_MAX_);
  gm_buf_init(&s->value, VALUE_MAX);
}

void gm_sse_finish(struct gm_sse *s)
{
  gm_reader_finish(&s->data);
  gm_buf_finish(&s->event);
  gm_buf_finish(&s->id);
  gm_buf_finish(&s->name);
  gm_buf_finish(&s->value);
}

/* ---- events ------------------------------------------------------------- */

static void forget_event(struct gm_sse *s)
{
  gm_reader_reset(&s->data);
  gm_buf_clear(&s->event);
  s->n_data = 0;
}

static int32_t dispatch(struct gm_sse *s, gm_sse_fn *fn, void *user)
{
  struct gm_sse_event e = {
    .event = s->event.len ? gm_buf_text(&s->event) : "message",
    .data = gm_buf_text(&s->data.text),
    .data_len = s->data.text.len,
    .id = gm_buf_text(&s->id),
    .reader = &s->data,
  };
  int32_t rc = s->n_data > 0 ? fn(user, &e) : 0;

  forget_event(s);
  return rc;
}

/* ---- fields ------------------------------------------------------------- */

static int32_t add_data(struct gm_sse *s, const char *p, size_t len,
                        struct gm_error *err)
{
  if (len > s->max_event - s->data.total)
    return gm_fail(err, GAMUT_E_PROTOCOL,
                   "an event of the stream is longer than %llu bytes",
                   (unsigned long long)s->max_event);
  return gm_reader_feed(&s->data, p, len, err);
}

/* "retry" is not for us: the policy of the core decides when to ask again. */
static uint8_t field_of(const struct gm_sse *s)
{
  const char *name = gm_buf_text(&s->name);

  if (!s->started && gm_starts(name, BOM))
    name += 3;
  if (s->name.len != strlen(gm_buf_text(&s->name)))
    return F_NONE;
  return strcmp(name, "data") == 0    ? F_DATA
         : strcmp(name, "event") == 0 ? F_EVENT
         : strcmp(name, "id") == 0    ? F_ID
                                      : F_NONE;
}

static int32_t begin_value(struct gm_sse *s, struct gm_error *err)
{
  s->field = field_of(s);
  s->started = true;
  s->state = VALUE_BEGINS;
  gm_buf_clear(&s->name);
  gm_buf_clear(&s->value);
  if (s->field == F_DATA && s->n_data++ > 0)
    return add_data(s, "\n", 1, err);
  return 0;
}

/* One blank behind the colon is no part of it. */
static int32_t add_value(struct gm_sse *s, const char *p, size_t len,
                         struct gm_error *err)
{
  if (s->state == VALUE_BEGINS && *p == ' ') {
    p++;
    len--;
  }
  s->state = VALUE;
  if (s->field == F_DATA)
    return len ? add_data(s, p, len, err) : 0;
  if (s->field == F_NONE)
    return 0;
  gm_buf_addn(&s->value, p, len);
  if (gm_buf_failed(&s->value))
    return gm_fail(err, s->value.failed,
                   s->value.failed == GAMUT_E_NOMEM
                     ? "out of memory"
                     : "a field of the stream is too long");
  return 0;
}

static int32_t keep_value(struct gm_buf *to, const struct gm_buf *from,
                          struct gm_error *err)
{
  gm_buf_clear(to);
  gm_buf_addn(to, gm_buf_text(from), from->len);
  return gm_buf_failed(to) ? gm_fail(err, GAMUT_E_NOMEM, "out of memory") : 0;
}

static int32_t end_field(struct gm_sse *s, struct gm_error *err)
{
  const struct gm_buf *value = &s->value;

  s->state = NAME;
  if (s->field == F_EVENT)
    return keep_value(&s->event, value, err);
  if (s->field == F_ID && strlen(gm_buf_text(value)) == value->len)
    return keep_value(&s->id, value, err);
  return 0;
}

/* ---- lines -------------------------------------------------------------- */

/* Does the line have nothing, but for a BOM at the very start? */
static bool is_empty(const struct gm_sse *s)
{
  return s->name.len == 0 ||
         (!s->started && strcmp(gm_buf_text(&s->name), BOM) == 0);
}

static int32_t end_line(struct gm_sse *s, gm_sse_fn *fn, void *user,
                        struct gm_error *err)
{
  int32_t rc;

  if (s->state == NAME && !gm_buf_failed(&s->name) && is_empty(s)) {
    s->started = true;
    gm_buf_clear(&s->name);
    return dispatch(s, fn, user);
  }
  if (s->state == NAME) { /* a name alone */
    rc = begin_value(s, err);
    if (rc)
      return rc;
  }
  return end_field(s, err);
}

/* Up to the colon.  A name that does not fit is none that we know. */
static int32_t add_name(struct gm_sse *s, const char **p, const char *end,
                        struct gm_error *err)
{
  const char *colon = memchr(*p, ':', (size_t)(end - *p));
  const char *stop = colon ? colon : end;

  gm_buf_addn(&s->name, *p, (size_t)(stop - *p));
  if (s->name.failed == GAMUT_E_NOMEM)
    return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
  *p = colon ? colon + 1 : end;
  return colon ? begin_value(s, err) : 0;
}

static int32_t add_part(struct gm_sse *s, const char *p, const char *end,
                        struct gm_error *err)
{
  int32_t rc = 0;

  if (s->state == NAME && p < end)
    rc = add_name(s, &p, end, err);
  return rc || p == end ? rc : add_value(s, p, (size_t)(end - p), err);
}

static int32_t feed(struct gm_sse *s, const char *p, const char *end,
                    gm_sse_fn *fn, void *user, struct gm_error *err)
{
  int32_t rc = 0;

  while (!rc && p < end) {
    const char *stop;

    if (s->saw_cr && *p == '\n') {
      s->saw_cr = false;
      p++;
      continue;
    }
    stop = gm_find_either(p, end, '\n', '\r');
    s->saw_cr = stop < end && *stop == '\r';
    rc = add_part(s, p, stop, err);
    if (!rc && stop < end)
      rc = end_line(s, fn, user, err);
    p = stop + 1;
  }
  return rc;
}

int32_t gm_sse_feed(struct gm_sse *s, const char *p, size_t len, gm_sse_fn *fn,
                    void *user, struct gm_error *err)
{
  if (s->failed)
    return gm_fail(err, s->failed, "the stream is not readable");
  s->failed = feed(s, p, p + len, fn, user, err);
  return s->failed;
}
