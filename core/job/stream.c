/* stream.c - server-sent events of an exchange, each a step while it comes.
 *
 * We are inside libcurl's write callback here: a step that ends the stream may
 * not act yet.  Its ending is kept, the exchange is stopped by an error class of
 * our own, and the job moves on when the exchange has said goodbye. */
#include "job/flight.h"
#include <string.h>

/* One event may hold a whole picture in base64. */
#define EVENT_MAX (96u << 20)

static int32_t on_event(void *user, const struct gm_sse_event *event)
{
  struct gm_flight *f = user;

  gm_job_chunk(f->job, &f->x, event, &f->ending);
  if (f->ending.kind != GM_STEP_MORE)
    return GAMUT_E_CANCELLED;
  f->ending.kind = GM_STEP_NONE;
  return 0;
}

static bool has_ended(const struct gm_flight *f)
{
  return f->ending.kind != GM_STEP_NONE || f->ending.err.error_class;
}

/* A refusal, or a server that ignores the wish for a stream, answers as
 * usual; some call even that a stream. */
static bool is_stream(const struct gm_flight *f)
{
  return f->x.status < 400 && f->body_is != GM_BODY_JSON &&
         strcmp(f->x.content_type, "text/event-stream") == 0;
}

/* Its first byte that is no blank tells: no line of events begins so. */
static void look_at_body(struct gm_flight *f, const char *p, size_t len)
{
  const char *end = p + len;

  while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
    p++;
  if (p < end)
    f->body_is = *p == '{' || *p == '[' ? GM_BODY_JSON : GM_BODY_EVENTS;
}

static int32_t on_bytes(struct gm_exchange *x, const char *p, size_t len)
{
  struct gm_flight *f = x->owner;

  if (f->body_is == GM_BODY_BLANK)
    look_at_body(f, p, len);
  if (!is_stream(f))
    return gm_reader_feed(&x->reader, p, len, &x->err);
  return gm_sse_feed(&f->sse, p, len, on_event, f, &x->err);
}

void gm_stream_begin(struct gm_flight *f)
{
  memset(&f->ending, 0, sizeof(f->ending));
  f->ending.kind = GM_STEP_NONE;
  f->body_is = GM_BODY_BLANK;
  gm_sse_finish(&f->sse);
  gm_sse_init(&f->sse, EVENT_MAX);
  f->sse.data.budget = gm_http_budget(f->job->engine->http);
  f->x.flags |= GM_X_STREAM;
  f->x.sink = on_bytes;
  f->x.feeds = &f->sse.data;
}

/* The last event counts without its blank line, too. */
static void flush(struct gm_flight *f)
{
  if (f->x.error_class == 0 && is_stream(f) && !has_ended(f))
    (void)gm_sse_feed(&f->sse, "\n\n", 2, on_event, f, NULL);
}

bool gm_stream_over(struct gm_job *job, struct gm_flight *f)
{
  bool ended;

  if (!(f->x.flags & GM_X_STREAM))
    return false;
  flush(f);
  ended = has_ended(f);
  gm_sse_finish(&f->sse);
  if (ended)
    gm_job_act(job, &f->ending, NULL);
  gm_error_finish(&f->ending.err);
  f->ending.kind = GM_STEP_NONE;
  return ended;
}
