/* call.c - one call into a provider: what it gets to see, and what came of it.
 *
 * A call ends in exactly one way and returns what that ending gave it; anything
 * else is the provider's fault and says so by name.  A builder that failed wins
 * over the ending, for the exchange it went into would be wrong.  All memory of
 * a call is its arena plus references to JSON roots, both gone at
 * gm_call_end().
 */
#include "base/clock.h"
#include "base/str.h"
#include "plugin/call_build.h"
#include <string.h>

#define SLOW_US   50000
#define PLAIN_MAX (1024u * 1024)

static _Thread_local struct gm_call *current;

struct gm_call *gm_call_current(void)
{
  return current;
}

struct gm_call *gm_call_enter(struct gm_call *c)
{
  struct gm_call *before = current;

  current = c;
  return before;
}

/* ---- memory and failing ------------------------------------------------- */

int32_t gm_call_init(struct gm_call *c, struct gm_log *log)
{
  memset(c, 0, sizeof(*c));
  c->log = log;
  gm_arena_init(&c->arena, GM_CALL_ARENA);
  c->build = gm_zalloc(sizeof(*c->build));
  if (!c->build)
    return GAMUT_E_NOMEM;
  c->build->body_input = -1;
  c->parser = c->build->parser = gm_json_parser_new();
  if (c->parser)
    return 0;
  gm_call_finish(c);
  return GAMUT_E_NOMEM;
}

void gm_call_finish(struct gm_call *c)
{
  if (!c->build)
    return;
  gm_call_end(c);
  gm_arena_finish(&c->arena);
  gm_json_parser_free(c->build->parser);
  gm_free(c->build);
  c->build = NULL;
}

void gm_call_end(struct gm_call *c)
{
  struct gm_call_build *b = c->build;
  struct gm_call clean = { .parser = c->parser,
                           .log = c->log,
                           .build = b,
                           .arena = c->arena,
                           .permille = -1,
                           .queue_position = -1,
                           .cost_microusd = -1 };
  uint32_t i;

  for (i = 0; i < b->n_roots; i++)
    json_object_put(b->roots[i]);
  json_object_put(b->reply_json);
  json_object_put(c->state);
  json_object_put(c->answer);
  gm_free(c->pending);
  gm_error_finish(&c->err);
  *b = (struct gm_call_build){ .parser = b->parser, .body_input = -1 };
  *c = clean;
  gm_arena_reset(&c->arena);
}

const char *gm_call_provider(const struct gm_call *c)
{
  return c->instance->provider->def.name;
}

const char *gm_phase_name(const struct gm_instance *i, int32_t phase)
{
  const struct gamut_table *t = &i->provider->def.phases;
  const char *const *row;

  if (phase < 0 || (uint32_t)phase >= t->count)
    return "none";
  row = (const void *)((const char *)t->items + (size_t)phase * t->stride);
  return *row;
}

void gm_call_break(struct gm_call *c, int32_t error_class, const char *fmt, ...)
{
  va_list ap;

  if (c->build->broken)
    return;
  c->build->broken = true;
  gm_error_finish(&c->err);
  va_start(ap, fmt);
  gm_vfail(&c->err, error_class, fmt, ap);
  va_end(ap);
  gm_error_prefix(&c->err, "provider %s", gm_call_provider(c));
}

void *gm_call_alloc(struct gm_call *c, size_t size)
{
  void *p = gm_arena_alloc(&c->arena, size);

  if (p)
    return p;
  if (size > c->arena.limit - c->arena.total)
    gm_call_break(c, GAMUT_E_PLUGIN, "built more than %zu MiB in one call",
                  c->arena.limit / (1024 * 1024));
  else
    gm_call_break(c, GAMUT_E_NOMEM, "no memory");
  return NULL;
}

char *gm_call_copy(struct gm_call *c, const char *s, size_t len)
{
  char *copy = gm_call_alloc(c, len + 1);

  if (!copy)
    return NULL;
  if (len)
    memcpy(copy, s, len);
  copy[len] = '\0';
  return copy;
}

/* Lists double whenever their count is a power of two, so they need no size of
 * their own; what they outgrow stays in the arena until the end. */
void *gm_call_grow(struct gm_call *c, void *items, uint32_t n, size_t size)
{
  void *grown;

  if (n & (n - 1) || (n > 0 && n < 4))
    return items;
  if (n > UINT32_MAX / 4)
    return NULL;
  grown = gm_call_alloc(c, GM_MAX(2 * (size_t)n, 4) * size);
  if (grown && n)
    memcpy(grown, items, n * size);
  return grown;
}

struct json_object *gm_call_root(struct gm_call *c, struct json_object *o)
{
  struct gm_call_build *b = c->build;
  struct json_object **roots;

  if (!o) {
    gm_call_break(c, GAMUT_E_NOMEM, "no memory");
    return NULL;
  }
  roots = gm_call_grow(c, b->roots, b->n_roots, sizeof(*roots));
  if (!roots) {
    json_object_put(o);
    return NULL;
  }
  b->roots = roots;
  roots[b->n_roots++] = o;
  return o;
}

/* ---- long strings ------------------------------------------------------- */

const struct gm_reader *gm_call_reader(const struct gm_call *c)
{
  if (!c->in)
    return NULL;
  if (c->in->chunk)
    return c->in->chunk->reader;
  return c->in->exchange ? &c->in->exchange->reader : NULL;
}

struct gm_blob *gm_call_blob(struct gm_call *c, const char *data)
{
  const struct gm_reader *r = gm_call_reader(c);

  return r && data && r->n_blobs > 0 ? gm_reader_blob(r, data) : NULL;
}

const char *gm_call_plain(struct gm_call *c, const char *s)
{
  struct gm_blob *blob = gm_call_blob(c, s);
  uint64_t at = 0, len;
  char *text;

  if (!blob)
    return s;
  len = gm_coded_text_len(blob);
  if (len > PLAIN_MAX) {
    gm_call_break(c, GAMUT_E_PROTOCOL, "keeps a text of %llu bytes",
                  (unsigned long long)len);
    return NULL;
  }
  text = gm_call_alloc(c, (size_t)len + 1);
  while (text && at < len) {
    ssize_t n = gm_coded_read_text(blob, at, text + at, (size_t)(len - at));

    if (n <= 0) {
      gm_call_break(c, GAMUT_E_TRANSPORT, "the reply's file cannot be read");
      return NULL;
    }
    at += (uint64_t)n;
  }
  if (text)
    text[at] = '\0';
  return text;
}

bool gm_call_utf8(struct gm_call *c, const char *what, const char *name,
                  const char *s)
{
  if (gm_utf8_valid(s, strlen(s)))
    return true;
  gm_call_break(c, GAMUT_E_PLUGIN, "%s '%s' is not UTF-8", what, name);
  return false;
}

/* ---- what the provider sees --------------------------------------------- */

static bool load_state(struct gm_call *c)
{
  const char *why = NULL;
  size_t at = 0;

  if (c->in->state_tree) {
    c->state = c->in->state_tree;
    return true;
  }
  if (!c->in->state) {
    c->state = json_object_new_object();
    if (!c->state)
      gm_call_break(c, GAMUT_E_NOMEM, "no memory");
    return c->state != NULL;
  }
  c->state =
    gm_json_parse(c->parser, c->in->state, strlen(c->in->state), &at, &why);
  if (json_object_is_type(c->state, json_type_object))
    return true;
  gm_call_break(c, GAMUT_E_PROTOCOL, "the job's saved state is broken: %s",
                why ? why : "no object");
  return false;
}

static bool says_json(const char *content_type)
{
  return content_type && (strcmp(content_type, "application/json") == 0 ||
                          strcmp(content_type, "text/json") == 0 ||
                          gm_ends(content_type, "+json"));
}

/* Parse what looks like JSON.  Only a good status with a body that calls itself
 * JSON and is none is an error here: an error status means more than its body,
 * and an ingress answers HTML. */
static bool load_json(struct gm_call *c, struct gamut_reply *r, bool must)
{
  const char *why = NULL;
  size_t at = 0;

  c->build->reply_json =
    gm_json_parse(c->parser, r->body, r->body_len, &at, &why);
  r->json = gm_json_seen(c->build->reply_json);
  if (!why || !must || r->status >= 400)
    return true;
  gm_fail(&c->err, GAMUT_E_PROTOCOL,
          "reply is not JSON: %s at byte %zu (HTTP %d, %s)", why, at,
          (int)r->status, r->content_type);
  return false;
}

static bool load_reply(struct gm_call *c)
{
  const struct gm_sse_event *chunk = c->in->chunk;
  struct gamut_reply *r = &c->build->reply;
  struct gm_exchange *x = c->in->exchange;
  bool json;

  if (!x)
    return true;
  *r = (struct gamut_reply){ .struct_size = sizeof(*r),
                             .status = x->status,
                             .retry_after_ms = x->retry_after_ms,
                             .content_type = x->content_type };
  if (!r->content_type)
    r->content_type = "";
  if (r->status >= 400)
    r->class_hint = gm_class_of_status(r->status);
  r->body = chunk ? chunk->data : gm_buf_text(&x->reader.text);
  r->body_len = chunk ? chunk->data_len : x->reader.text.len;
  c->pub.reply = r;
  if (chunk) /* not every event is JSON: "[DONE]" */
    return r->body_len == 0 || load_json(c, r, false);
  json = says_json(r->content_type);
  return r->body_len == 0 || (!json && !x->reader.is_json) ||
         load_json(c, r, json);
}

static bool begin(struct gm_call *c, struct gm_instance *i,
                  const struct gm_call_in *in)
{
  gm_call_end(c);
  c->instance = i;
  c->in = in;
  if (!load_state(c) || !load_reply(c))
    return false;
  c->pub.struct_size = sizeof(c->pub);
  c->pub.event = in->event;
  c->pub.phase = in->phase;
  c->pub.n_inputs = in->n_inputs;
  c->pub.host = &gm_host;
  c->pub.job_id = in->job_id;
  c->pub.attempt_id = in->attempt_id;
  c->pub.now_ms = gm_wall_ms();
  c->pub.request = gm_json_seen(in->request);
  /* gm_json_seen() only casts; state is ours to change */
  c->pub.state = gm_unconst(gm_json_seen(c->state));
  return true;
}

/* ---- what came of it ---------------------------------------------------- */

static const char *function_name(const struct gm_call *c)
{
  if (c->in->event == GAMUT_EV_OPEN)
    return "open";
  return c->in->event == GAMUT_EV_WORK ? "perform" : "step";
}

static const char *ending_name(enum gm_step_kind kind)
{
  static const char *const names[] = { "nothing", "http()",       "done()",
                                       "fail()",  "fail_reply()", "work()",
                                       "more()" };

  return names[kind];
}

/* The provider broke the rule of endings: no way on from here. */
GM_PRINTF(2, 3)
static void fault(struct gm_call *c, const char *fmt, ...)
{
  va_list ap;

  gm_error_finish(&c->err);
  va_start(ap, fmt);
  gm_vfail(&c->err, GAMUT_E_PLUGIN, fmt, ap);
  va_end(ap);
  gm_error_prefix(&c->err, "provider %s", gm_call_provider(c));
  c->kind = GM_STEP_NONE;
}

static void conclude(struct gm_call *c, int32_t rc)
{
  const struct gm_call_build *b = c->build;
  const char *where = gm_phase_name(c->instance, c->in->phase);

  if (b->n_endings != 1)
    fault(c, "ended %s in %s (phase %s)",
          b->n_endings == 0   ? "no way"
          : b->n_endings == 2 ? "two ways"
                              : "several ways",
          function_name(c), where);
  else if (rc != (int32_t)b->ending)
    fault(c, "returned %d from %s (phase %s), not what %s gave", (int)rc,
          function_name(c), where, ending_name(b->ending));
  else
    c->kind = b->broken ? GM_STEP_FAIL : b->ending;
  if (c->kind != GM_STEP_HTTP) {
    gm_free(c->pending);
    c->pending = NULL;
  }
}

void gm_call_run(struct gm_call *c, struct gm_instance *i, gamut_fn *fn,
                 const struct gm_call_in *in)
{
  struct gm_call *before;
  uint64_t start_us, took_us;
  int32_t rc;

  if (!begin(c, i, in)) {
    c->kind = GM_STEP_FAIL;
    return;
  }
  before = gm_call_enter(c);
  start_us = gm_mono_us();
  rc = fn(i->user, &c->pub);
  took_us = gm_mono_us() - start_us;
  gm_call_enter(before);
  conclude(c, rc);
  if (took_us > SLOW_US && in->event != GAMUT_EV_WORK)
    gm_warn(c->log, "%s: %s (phase %s) blocked the loop for %llu ms",
            gm_call_provider(c), function_name(c), gm_phase_name(i, in->phase),
            (unsigned long long)(took_us / 1000));
}

void gm_call_step(struct gm_call *c, struct gm_instance *i,
                  const struct gm_call_in *in)
{
  gm_call_run(c, i, i->provider->def.step, in);
}

int32_t gm_call_open(struct gm_call *c, struct gm_instance *i)
{
  static const struct gm_call_in in = { .event = GAMUT_EV_OPEN, .phase = -1 };
  struct gm_call *before;
  int32_t rc;

  if (!i->provider->def.open)
    return 0;
  if (!begin(c, i, &in))
    return c->err.error_class;
  before = gm_call_enter(c);
  rc = i->provider->def.open(&c->pub, &i->user);
  gm_call_enter(before);
  /* Unlike a step, open() may simply return 0. */
  if (c->build->n_endings == 0 && rc == 0)
    c->kind = c->build->broken ? GM_STEP_FAIL : GM_STEP_DONE;
  else
    conclude(c, rc);
  return c->kind == GM_STEP_DONE ? 0 : c->err.error_class;
}

const char *gm_call_state_text(struct gm_call *c)
{
  size_t len;
  const char *text = gm_json_text(c->state, &len);

  return len > 0 ? gm_call_expand(c, text, &len) : NULL;
}

/* Where bytes of inputs stand in the text the tree has tokens. */
struct json_object *gm_call_take_state(struct gm_call *c)
{
  return c->build->n_uses > 0 ? NULL : GM_TAKE(c->state);
}
