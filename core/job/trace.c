/* trace.c - ids, spans as OTLP's JSON.  Numbers of 64 bits are strings there,
 * ids are hex, enums are numbers. */
#include "job/trace.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include <stdio.h>
#include <string.h>

#define SPAN_MAX   (256u << 10)
#define EVENTS_MAX 65536
#define NAME_MAX_  256

static bool is_hex(const char *s, size_t n)
{
  return strspn(s, "0123456789abcdef") >= n;
}

static bool is_zero(const char *s, size_t n)
{
  return strspn(s, "0") >= n;
}

bool gm_traceparent_parse(const char *text, char trace[GM_TRACE_ID_SIZE],
                          char span[GM_SPAN_ID_SIZE], bool *ret_sampled)
{
  size_t len = text ? strlen(text) : 0;
  const char *id = text + 3, *parent = text + 36, *flags = text + 53;

  if (len < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-')
    return false;
  if (!is_hex(text, 2) || !is_hex(id, 32) || !is_hex(parent, 16) ||
      !is_hex(flags, 2) || is_zero(id, 32) || is_zero(parent, 16))
    return false;
  if (strncmp(text, "ff", 2) == 0 || (len > 55 && text[55] != '-') ||
      (len > 55 && strncmp(text, "00", 2) == 0))
    return false;
  memcpy(trace, id, 32);
  trace[32] = '\0';
  memcpy(span, parent, 16);
  span[16] = '\0';
  *ret_sampled = strchr("13579bdf", flags[1]) != NULL;
  return true;
}

static void put_hex(char *to, const unsigned char *p, size_t n)
{
  static const char digits[] = "0123456789abcdef";

  for (; n > 0; n--, p++) {
    *to++ = digits[*p >> 4];
    *to++ = digits[*p & 15];
  }
  *to = '\0';
}

void gm_span_id(char ret[GM_SPAN_ID_SIZE])
{
  unsigned char bytes[8];

  gm_random(bytes, sizeof(bytes));
  bytes[0] |= 1; /* none is all zeros */
  put_hex(ret, bytes, sizeof(bytes));
}

/* A ULID has as many bits as a trace id: 26 digits of five, the first two 0. */
static void id_of_job(const char *job_id, char ret[GM_TRACE_ID_SIZE])
{
  static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  unsigned char bytes[16];
  uint32_t bits = 0, n = 0;
  size_t at = 0;

  for (; *job_id; job_id++) {
    const char *d = strchr(digits, *job_id);

    bits = bits << 5 | (uint32_t)(d ? d - digits : 0);
    n += at == 0 && n == 0 ? 3 : 5; /* 130 - 2 bits */
    while (n >= 8 && at < sizeof(bytes)) {
      n -= 8;
      bytes[at++] = (unsigned char)(bits >> n);
    }
  }
  while (at < sizeof(bytes))
    bytes[at++] = 0;
  put_hex(ret, bytes, sizeof(bytes));
}

/* The last 56 bits are random in every id; so many of them are sampled. */
static bool is_sampled(const struct gm_tracer *t, const char *id)
{
  uint64_t n = 0;
  size_t i;

  for (i = 18; i < 32; i++)
    n = n << 4 | (uint64_t)(id[i] <= '9' ? id[i] - '0' : id[i] - 'a' + 10);
  return n < t->sampled;
}

static struct gm_trace *make(const struct gm_tracer *tracer)
{
  struct gm_trace *t = gm_zalloc(sizeof(*t));

  if (!t)
    return NULL;
  t->tracer = tracer;
  gm_buf_init(&t->root_events, EVENTS_MAX);
  gm_buf_init(&t->attempt_events, EVENTS_MAX);
  return t;
}

struct gm_trace *gm_trace_new(const struct gm_tracer *tracer,
                              const char *traceparent, const char *job_id)
{
  struct gm_trace *t;
  bool told;

  if (!tracer || (!tracer->otlp && !traceparent))
    return NULL;
  t = make(tracer);
  if (!t)
    return NULL;
  gm_span_id(t->root);
  t->root_us = gm_mono_us();
  told = traceparent &&
         gm_traceparent_parse(traceparent, t->id, t->parent, &t->sampled);
  if (!told)
    id_of_job(job_id, t->id);
  if (!told || !tracer->parent_decides)
    t->sampled = is_sampled(tracer, t->id);
  return t;
}

struct gm_trace *gm_trace_below(const struct gm_trace *of, const char *task)
{
  struct gm_trace *t = of ? make(of->tracer) : NULL;

  if (!t)
    return NULL;
  memcpy(t->id, of->id, sizeof(t->id));
  memcpy(t->parent, of->parent, sizeof(t->parent));
  memcpy(t->root, *of->attempt ? of->attempt : of->root, sizeof(t->root));
  t->sampled = of->sampled;
  snprintf(t->task, sizeof(t->task), "%s", task);
  return t;
}

struct gm_trace *gm_trace_alone(const struct gm_tracer *tracer,
                                const char *job_id, const char *task)
{
  struct gm_trace *t = gm_trace_new(tracer, NULL, job_id);

  if (!t)
    return NULL;
  t->root[0] = '\0';
  snprintf(t->task, sizeof(t->task), "%s", task);
  return t;
}

void gm_trace_free(struct gm_trace *t)
{
  if (!t)
    return;
  gm_buf_finish(&t->root_events);
  gm_buf_finish(&t->attempt_events);
  gm_free(t->project);
  gm_free(t->user);
  gm_free(t->tags);
  gm_free(t);
}

void gm_trace_label(struct gm_trace *t, const char *project, const char *user,
                    const char *tags)
{
  if (!gm_trace_is_on(t))
    return;
  t->project = gm_strdup(project);
  t->user = gm_strdup(user);
  t->tags = gm_strdup(tags);
}

/* ---- spans
 * --------------------------------------------------------------------- */

static void add_time(const struct gm_trace *t, struct gm_buf *b,
                     const char *name, uint64_t mono_us)
{
  gm_buf_add(b, name);
  gm_buf_add_int(b, (int64_t)mono_us + t->tracer->wall_us);
  gm_buf_add(b, "000\"");
}

void gm_span_begin(struct gm_span *s, const struct gm_trace *t, const char *id,
                   const char *parent, const char *name, enum gm_span_kind kind,
                   uint64_t start_us, uint64_t end_us)
{
  struct gm_buf *b = &s->text;

  s->trace = t;
  s->first = true;
  gm_buf_init(b, SPAN_MAX);
  gm_buf_addf(b, "{\"traceId\":\"%s\",\"spanId\":\"%s\"", t->id, id);
  if (*parent)
    gm_buf_addf(b, ",\"parentSpanId\":\"%s\"", parent);
  gm_buf_add(b, ",\"name\":");
  gm_log_add_json(t->tracer->log, b, name);
  gm_buf_addf(b, ",\"kind\":%d", (int)kind);
  add_time(t, b, ",\"startTimeUnixNano\":\"", start_us);
  add_time(t, b, ",\"endTimeUnixNano\":\"", GM_MAX(start_us, end_us));
  gm_buf_add(b, ",\"attributes\":[");
}

static void add_key(struct gm_span *s, const char *name, const char *type)
{
  gm_buf_addf(&s->text,
              "%s{\"key\":\"%s\",\"value\":{\"%s\":", s->first ? "" : ",", name,
              type);
  s->first = false;
}

void gm_span_text(struct gm_span *s, const char *name, const char *value)
{
  if (!value)
    return;
  add_key(s, name, "stringValue");
  gm_log_add_json(s->trace->tracer->log, &s->text, value);
  gm_buf_add(&s->text, "}}");
}

void gm_span_int(struct gm_span *s, const char *name, int64_t value)
{
  add_key(s, name, "intValue");
  gm_buf_addc(&s->text, '"');
  gm_buf_add_int(&s->text, value);
  gm_buf_add(&s->text, "\"}}");
}

void gm_span_real(struct gm_span *s, const char *name, double value)
{
  char text[32];

  add_key(s, name, "doubleValue");
  gm_buf_add(&s->text, gm_fmt_real(text, value));
  gm_buf_add(&s->text, "}}");
}

void gm_span_bool(struct gm_span *s, const char *name, bool value)
{
  add_key(s, name, "boolValue");
  gm_buf_add(&s->text, value ? "true}}" : "false}}");
}

static void add_texts(struct gm_span *s, const char *name,
                      const struct json_object *list)
{
  size_t i, n = gm_json_count(list, NULL);

  if (n == 0)
    return;
  add_key(s, name, "arrayValue");
  gm_buf_add(&s->text, "{\"values\":[");
  for (i = 0; i < n; i++) {
    gm_buf_add(&s->text, i ? ",{\"stringValue\":" : "{\"stringValue\":");
    gm_log_add_json(s->trace->tracer->log, &s->text,
                    gm_json_str(json_object_array_get_idx(list, i), NULL, ""));
    gm_buf_addc(&s->text, '}');
  }
  gm_buf_add(&s->text, "]}}}");
}

void gm_span_labels(struct gm_span *s)
{
  const struct gm_trace *t = s->trace;
  _cleanup_json_ struct json_object *tags =
    t->tags ? gm_json_parse_once(t->tags, strlen(t->tags), NULL, NULL) : NULL;

  gm_span_text(s, "gamut.project", t->project);
  gm_span_text(s, "gamut.user", t->user);
  add_texts(s, "gamut.tags", tags);
}

void gm_span_end(struct gm_span *s, const struct gm_buf *events,
                 const char *error_type, const char *message)
{
  struct gm_buf *b = &s->text;

  gm_span_text(s, "error.type", error_type);
  gm_buf_addc(b, ']');
  if (events && events->len > 0) {
    gm_buf_add(b, ",\"events\":[");
    gm_buf_addn(b, events->data, events->len);
    gm_buf_addc(b, ']');
  }
  gm_buf_add(b, error_type ? ",\"status\":{\"code\":2" : ",\"status\":{");
  if (error_type && message) {
    gm_buf_add(b, ",\"message\":");
    gm_log_add_json(s->trace->tracer->log, b, message);
  }
  gm_buf_add(b, "}}");
  gm_otlp_add(s->trace->tracer->otlp, b);
}

void gm_trace_event(struct gm_trace *t, const char *name, const char *text,
                    int64_t wait_ms)
{
  struct gm_buf one = GM_BUF_INIT(EVENTS_MAX), *b;

  if (!gm_trace_is_on(t))
    return;
  b = *t->attempt ? &t->attempt_events : &t->root_events;
  gm_buf_add(&one, b->len ? ",{" : "{");
  add_time(t, &one, "\"timeUnixNano\":\"", gm_mono_us());
  gm_buf_addf(&one,
              ",\"name\":\"%s\",\"attributes\":[{\"key\":\"gamut.wait_ms\","
              "\"value\":{\"intValue\":\"%lld\"}},{\"key\":\"gamut.reason\","
              "\"value\":{\"stringValue\":",
              name, (long long)wait_ms);
  gm_log_add_json(t->tracer->log, &one, text ? text : "");
  gm_buf_add(&one, "}}]}");
  /* One that does not fit is left out; the others stay. */
  if (!gm_buf_failed(&one) && b->len + one.len < EVENTS_MAX)
    gm_buf_addn(b, one.data, one.len);
  gm_buf_finish(&one);
}
