/* sse.c - server-sent events out of a stream of bytes.
 *
 * A line that lies within one piece is read where it is; only what a piece
 * cuts is collected.  Each of the four buffers has the same ceiling, and one
 * that met it stays failed, so the stream does.  An event that the end of the
 * stream cuts off is dropped, as the standard has it.
 */
#include "loop/sse.h"
#include "base/str.h"
#include <string.h>

#define BOM "\xef\xbb\xbf"

void gm_sse_init(struct gm_sse *s, size_t max_event)
{
  *s = (struct gm_sse){ 0 };
  gm_buf_init(&s->line, max_event);
  gm_buf_init(&s->data, max_event);
  gm_buf_init(&s->event, max_event);
  gm_buf_init(&s->id, max_event);
}

void gm_sse_finish(struct gm_sse *s)
{
  gm_buf_finish(&s->line);
  gm_buf_finish(&s->data);
  gm_buf_finish(&s->event);
  gm_buf_finish(&s->id);
}

static int32_t failed(const struct gm_sse *s)
{
  const struct gm_buf *all[] = { &s->line, &s->data, &s->event, &s->id };
  size_t i;

  for (i = 0; i < GM_LEN(all); i++) {
    if (gm_buf_failed(all[i]))
      return all[i]->failed;
  }
  return 0;
}

static int32_t dispatch(struct gm_sse *s, gm_sse_fn *fn, void *user)
{
  struct gm_sse_event e;
  int32_t rc;

  if (s->data.len == 0) {
    gm_buf_clear(&s->event);
    return 0;
  }
  s->data.data[s->data.len - 1] = '\0'; /* the last line's LF */
  e.event = s->event.len ? gm_buf_text(&s->event) : "message";
  e.data = s->data.data;
  e.data_len = s->data.len - 1;
  e.id = gm_buf_text(&s->id);
  rc = fn(user, &e);
  gm_buf_clear(&s->data);
  gm_buf_clear(&s->event);
  return rc;
}

static bool is_field(const char *name, size_t len, const char *want)
{
  return len == strlen(want) && memcmp(name, want, len) == 0;
}

static void set(struct gm_buf *b, const char *value, size_t len)
{
  gm_buf_clear(b);
  gm_buf_addn(b, value, len);
}

/* "retry" is not for us: the policy of the core decides when to ask again. */
static void field(struct gm_sse *s, const char *name, size_t name_len,
                  const char *value, size_t len)
{
  if (is_field(name, name_len, "data")) {
    gm_buf_addn(&s->data, value, len);
    gm_buf_addc(&s->data, '\n');
  } else if (is_field(name, name_len, "event")) {
    set(&s->event, value, len);
  } else if (is_field(name, name_len, "id") &&
             (len == 0 || !memchr(value, '\0', len))) {
    set(&s->id, value, len);
  }
}

static int32_t line(struct gm_sse *s, const char *p, size_t len, gm_sse_fn *fn,
                    void *user)
{
  const char *end, *colon;

  if (!s->started && len >= 3 && memcmp(p, BOM, 3) == 0) {
    p += 3;
    len -= 3;
  }
  s->started = true;
  if (len == 0)
    return dispatch(s, fn, user);
  end = p + len;
  colon = memchr(p, ':', len);
  if (!colon) {
    field(s, p, len, end, 0);
  } else if (colon > p) {
    const char *value = colon + 1;

    value += value < end && *value == ' ';
    field(s, p, (size_t)(colon - p), value, (size_t)(end - value));
  }
  return failed(s);
}

static int32_t cut_line(struct gm_sse *s, const char *p, size_t len,
                        gm_sse_fn *fn, void *user)
{
  int32_t rc;

  if (s->line.len == 0)
    return line(s, p, len, fn, user);
  gm_buf_addn(&s->line, p, len);
  if (gm_buf_failed(&s->line))
    return s->line.failed;
  rc = line(s, s->line.data, s->line.len, fn, user);
  gm_buf_clear(&s->line);
  return rc;
}

int32_t gm_sse_feed(struct gm_sse *s, const char *p, size_t len, gm_sse_fn *fn,
                    void *user)
{
  const char *end = p + len, *stop;
  int32_t rc = failed(s);

  while (!rc && p < end) {
    if (s->saw_cr && *p == '\n') {
      s->saw_cr = false;
      p++;
      continue;
    }
    stop = gm_find_either(p, end, '\n', '\r');
    s->saw_cr = stop < end && *stop == '\r';
    if (stop == end) {
      gm_buf_addn(&s->line, p, (size_t)(end - p));
      return failed(s);
    }
    rc = cut_line(s, p, (size_t)(stop - p), fn, user);
    p = stop + 1;
  }
  return rc;
}
