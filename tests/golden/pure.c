/* pure.c - plays a recording: steps in, exchanges out, replies in. */
#include "golden/pure.h"
#include "base/clock.h"
#include "golden/cases.h"
#include "job/input.h"
#include "job/policy.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- set up ------------------------------------------------------------- */

static void set(struct pure *p, const char *key, const char *value)
{
  struct gm_error err = GM_ERROR_INIT;
  char name[100];

  snprintf(name, sizeof(name), "%s.%s", p->provider, key);
  if (gm_settings_set(&p->settings, name, value, &err) != 0)
    pure_differs(p, "%s", gm_error_text(&err));
  gm_error_finish(&err);
}

/* The first of several names, separated by blanks, that is there. */
static const char *env_value(struct json_object *env, const char *names)
{
  const char *value = NULL;
  char name[100];

  while (*names && !value) {
    size_t n = strcspn(names, " ");

    snprintf(name, sizeof(name), "%.*s", (int)n, names);
    value = gm_json_str(env, name, NULL);
    names += n + strspn(names + n, " ");
  }
  return value;
}

/* The recording's environment, by the names that the provider declares. */
static void set_keys(struct pure *p, const struct gamut_provider *def)
{
  struct json_object *env = gm_json_at(p->recording, "env");
  const struct gamut_key *key;
  struct gamut_key tmp;
  uint32_t i;

  for (i = 0; (key = gm_table_row(&def->keys, i, sizeof(tmp), &tmp)); i++) {
    const char *value = key->env ? env_value(env, key->env) : NULL;

    if (value)
      set(p, key->name, value);
  }
}

static void set_more(struct pure *p)
{
  struct json_object *more = gm_json_at(p->ask, "set");
  const char *key;
  size_t i;

  for (i = 0; (key = golden_member(more, i)); i++)
    set(p, key, gm_json_str(more, key, ""));
}

/* The request with what the catalog says of its model. */
static void make_request(struct pure *p)
{
  struct json_object *models = gm_json_at(p->catalog, "models"), *m;
  const char *id = gm_json_str(p->ask, "request/model", "");
  size_t i;

  json_object_deep_copy(gm_json_at(p->ask, "request"), &p->request, NULL);
  for (i = 0; i < gm_json_count(models, ""); i++) {
    m = json_object_array_get_idx(models, i);
    if (gm_streq(gm_json_str(m, "id", ""), id))
      json_object_object_add(p->request, "wire",
                             json_object_get(gm_json_at(m, "wire")));
  }
}

/* A file of that name and size; any content will do, and of a large one only
 * the size is looked at. */
static void make_file(struct gm_input *in, struct json_object *o)
{
  static const char zeros[8192];
  const char *name = gm_json_str(o, "file", "");
  uint64_t size = (uint64_t)gm_json_i64(o, "size", 0);

  in->role = gm_strdup(gm_json_str(o, "role", "image"));
  in->source = gm_strdup(name);
  in->name = gm_strdup(name);
  in->mime = gm_json_str(o, "mime", NULL);
  in->size = size;
  if (size > sizeof(zeros)) {
    in->path = gm_strdup(name);
    return;
  }
  in->held = gm_held_new(sizeof(zeros), sizeof(zeros));
  gm_blob_add(&in->held->blob, zeros, (size_t)size, NULL);
}

static bool make_url(struct pure *p, struct gm_input *in, struct json_object *o)
{
  const char *role = gm_json_str(o, "role", "image");
  const char *url = gm_json_str(o, "url", "");
  _cleanup_(gm_held_unrefp) struct gm_held *held = NULL;
  _cleanup_free_ char *head = NULL;
  struct gm_error err = GM_ERROR_INIT;

  if (gm_input_is_held(url) &&
      gm_input_hold(role, url, &head, &held, &err) != 0)
    return pure_differs(p, "%s", gm_error_text(&err));
  if (gm_input_open(in, role, head ? head : url, held, &err))
    return pure_differs(p, "%s", gm_error_text(&err));
  if (!in->mime)
    in->mime = gm_json_str(o, "mime", NULL);
  return true;
}

static uint32_t make_inputs(struct pure *p)
{
  struct json_object *list = gm_json_at(p->ask, "inputs");
  size_t i, n = GM_MIN(gm_json_count(list, ""), GM_LEN(p->inputs));

  for (i = 0; i < n; i++) {
    struct json_object *o = json_object_array_get_idx(list, i);

    if (gm_json_at(o, "file"))
      make_file(&p->inputs[i], o);
    else if (!make_url(p, &p->inputs[i], o))
      break;
  }
  return (uint32_t)i;
}

static bool set_up(struct pure *p)
{
  struct gm_error err = GM_ERROR_INIT;
  const struct gm_provider *provider;

  if (gm_registry_new(gm_env("GAMUT_PLUGIN_PATH"), &p->log, &p->registry,
                      &err) ||
      gm_registry_find(p->registry, p->provider, &provider, &err))
    return pure_differs(p, "%s", gm_error_text(&err));
  set_keys(p, &provider->def);
  set_more(p);
  if (p->why[0] ||
      gm_instances_new(p->registry, &p->settings, &p->log, &p->all) ||
      gm_instance_get(p->all, p->provider, &p->i, &err) ||
      gm_call_init(&p->call, &p->log))
    return pure_differs(p, "%s", gm_error_text(&err));
  make_request(p);
  gm_exchange_init(&p->x);
  p->artifacts = json_object_new_array();
  p->facts = json_object_new_object();
  p->notes = json_object_new_array();
  p->queue = json_object_new_array();
  p->partials = json_object_new_array();
  p->cost_microusd = -1;
  p->fn = provider->def.step;
  p->in = (struct gm_call_in){ .event = GAMUT_EV_START,
                               .phase = -1,
                               .job_id = "job",
                               .attempt_id = "attempt",
                               .request = p->request,
                               .inputs = p->inputs,
                               .n_inputs = make_inputs(p) };
  if (gm_json_at(p->ask, "state"))
    p->state = gm_strdup(gm_json_text(gm_json_at(p->ask, "state"), NULL));
  return pure_query(p);
}

static void tear_down(struct pure *p)
{
  struct pure next = { .provider = p->provider, .catalog = p->catalog };
  size_t i;

  memcpy(next.why, p->why, sizeof(next.why));
  gm_exchange_finish(&p->x);
  gm_call_finish(&p->call);
  gm_instances_free(p->all);
  gm_registry_free(p->registry);
  gm_settings_finish(&p->settings);
  gm_log_finish(&p->log);
  gm_error_finish(&p->end);
  for (i = 0; i < GM_LEN(p->inputs); i++)
    gm_input_close(&p->inputs[i]);
  gm_free(p->asked);
  gm_free(p->state);
  json_object_put(p->request);
  json_object_put(p->artifacts);
  json_object_put(p->facts);
  json_object_put(p->notes);
  json_object_put(p->queue);
  json_object_put(p->partials);
  json_object_put(p->answer);
  gm_clock_real();
  *p = next;
}

/* ---- steps -------------------------------------------------------------- */

static void add_text(struct json_object *list, const char *text)
{
  json_object_array_add(list, text ? json_object_new_string(text) : NULL);
}

static void collect(struct pure *p)
{
  const struct gm_call *c = &p->call;
  uint32_t i;

  for (i = 0; i < c->n_artifacts; i++)
    add_text(c->artifacts[i].flags & GAMUT_ART_PARTIAL ? p->partials
                                                       : p->artifacts,
             c->artifacts[i].url);
  for (i = 0; i < c->n_facts; i++)
    json_object_object_add(p->facts, c->facts[i].name,
                           json_object_new_string(c->facts[i].value));
  for (i = 0; i < c->n_notes; i++)
    add_text(p->notes, c->notes[i]);
  if (c->queue_position >= 0)
    json_object_array_add(p->queue, json_object_new_int(c->queue_position));
  if (c->cost_microusd >= 0)
    p->cost_microusd = c->cost_microusd;
  if (c->answer)
    gm_answer_join(&p->answer, c->answer);
}

/* Judge the reply at hand as the engine does.  `more`: the client repeated. */
static bool judge(struct pure *p, bool more)
{
  struct gm_error err = GM_ERROR_INIT;
  uint32_t flags;

  gm_judge(p->i, p->in.phase, &p->x, NULL, &err, &flags);
  if (more && !gm_policy_of(err.error_class)->again &&
      !(flags & GAMUT_REASON_AGAIN))
    return pure_differs(p, "its class is not repeated: %s",
                        gm_error_text(&err));
  if (more && flags & ~(uint32_t)GAMUT_REASON_AGAIN)
    return pure_differs(p, "would not be repeated: %s", gm_error_text(&err));
  if (flags & GAMUT_REASON_DOUBTFUL)
    err.error_class = GAMUT_E_UNKNOWN;
  if (!more) {
    gm_error_move(&p->end, &err);
    p->ended = true;
  }
  gm_error_finish(&err);
  return true;
}

static bool step(struct pure *p)
{
  p->in.state = p->state;
  gm_call_run(&p->call, p->i, p->fn, &p->in);
  collect(p);
  if (p->call.kind == GM_STEP_NONE || p->call.kind == GM_STEP_WORK)
    return pure_differs(p, "%s", gm_error_text(&p->call.err));
  if (p->call.kind == GM_STEP_REPLY)
    return judge(p, p->more);
  gm_free(p->state);
  p->state = gm_strdup(gm_call_state_text(&p->call));
  if (p->call.kind == GM_STEP_MORE)
    return true;
  gm_free(p->asked);
  p->asked = GM_TAKE(p->call.pending);
  p->done = p->call.kind == GM_STEP_DONE;
  p->ended = p->call.kind != GM_STEP_HTTP;
  if (p->call.kind == GM_STEP_FAIL)
    gm_error_move(&p->end, &p->call.err);
  return true;
}

/* ---- replies ------------------------------------------------------------ */

static void fill_headers(struct pure *p, struct json_object *headers)
{
  const char *key, *type;
  size_t i;

  for (i = 0; (key = golden_member(headers, i)); i++)
    gm_buf_addf(&p->x.header_text, "%s: %s\n", key,
                gm_json_str(headers, key, ""));
  type =
    headers ? gm_json_str(headers, "content-type", "") : "application/json";
  /* Without its parameters, as it comes from the wire. */
  snprintf(p->x.type_text, sizeof(p->x.type_text), "%.*s",
           (int)strcspn(type, "; "), type);
  p->x.content_type = p->x.type_text;
}

static bool is_stream(const struct pure *p)
{
  return p->asked->flags & GAMUT_HTTP_STREAM && p->x.status < 400 &&
         gm_starts(p->x.content_type, "text/event-stream");
}

static bool fill(struct pure *p, struct json_object *response,
                 const struct gm_buf *body)
{
  gm_exchange_reset(&p->x);
  gm_reader_init(&p->x.reader, 1 << 26, 1 << 26);
  p->x.url = gm_pending_url(p->asked);
  p->x.flags = p->asked->flags & GAMUT_HTTP_BILLABLE ? GM_X_BILLABLE : 0;
  p->x.status = (int32_t)gm_json_i64(response, "status", 0);
  fill_headers(p, gm_json_at(response, "headers"));
  p->in.event = GAMUT_EV_REPLY;
  p->in.phase = p->asked->phase;
  p->in.exchange = &p->x;
  if (!is_stream(p) &&
      gm_reader_feed(&p->x.reader, gm_buf_text(body), body->len, NULL) != 0)
    return pure_differs(p, "the recorded body cannot be read");
  return true;
}

/* An event: 1 when that was the last one the provider wants. */
static int32_t on_event(void *user, const struct gm_sse_event *event)
{
  struct pure *p = user;

  p->in.event = GAMUT_EV_CHUNK;
  p->in.chunk = event;
  step(p);
  p->in.chunk = NULL;
  return p->why[0] || p->call.kind != GM_STEP_MORE;
}

static bool feed_stream(struct pure *p, const struct gm_buf *body)
{
  struct gm_sse sse;
  int32_t rc;

  gm_sse_init(&sse, 1 << 26);
  rc = gm_sse_feed(&sse, gm_buf_text(body), body->len, on_event, p, NULL);
  if (rc == 0) /* the last one counts without its blank line, too */
    rc = gm_sse_feed(&sse, "\n\n", 2, on_event, p, NULL);
  gm_sse_finish(&sse);
  if (rc != 0)
    return !p->why[0];
  p->in.event = GAMUT_EV_REPLY;
  return step(p);
}

/* The reply to what was asked; `more`: the recording has another exchange. */
static bool feed(struct pure *p, struct json_object *response, bool more)
{
  _cleanup_(gm_buf_finish) struct gm_buf body = GM_BUF_INIT(1 << 26);

  if (gm_json_at(response, "network_error"))
    return true; /* the client sent the same again */
  golden_body(gm_json_at(response, "body"), &body);
  if (!fill(p, response, &body))
    return false;
  p->more = more;
  if (is_stream(p))
    return feed_stream(p, &body);
  if (gm_is_judged(&p->x, p->asked->flags))
    return judge(p, more);
  return step(p);
}

/* ---- the case ----------------------------------------------------------- */

static bool feed_before(struct pure *p)
{
  struct json_object *list = gm_json_at(p->ask, "before");
  size_t i;

  for (i = 0; i < gm_json_count(list, ""); i++)
    if (!p->asked || !feed(p, json_object_array_get_idx(list, i), true))
      return pure_differs(p, "nothing is asked at the outset");
  return true;
}

static bool begin(struct pure *p)
{
  if (gm_streq(gm_json_str(p->ask, "event", NULL), "cancel"))
    p->in.event = GAMUT_EV_CANCEL;
  return step(p) && feed_before(p);
}

static bool give_up(struct pure *p)
{
  p->in.event = GAMUT_EV_CANCEL;
  p->in.phase = -1;
  p->in.exchange = NULL;
  return step(p);
}

/* The exchange to do as the n-th; others when the ask tells an order. */
static int64_t place(const struct pure *p, int64_t n)
{
  struct json_object *order = gm_json_at(p->ask, "order");

  return order && n < (int64_t)json_object_array_length(order)
           ? json_object_get_int64(json_object_array_get_idx(order, (size_t)n))
           : n;
}

/* From the at-th exchange to the end of the job, or of an upload. */
static bool play(struct pure *p, int64_t *at)
{
  struct json_object *list = gm_json_at(p->recording, "exchanges");
  int64_t n = (int64_t)gm_json_count(list, "");
  int64_t cancel_at = gm_json_i64(p->ask, "cancel_at", -1);

  n = GM_MIN(n, gm_json_i64(p->ask, "to", n));
  for (; *at < n; ++*at) {
    struct json_object *x =
      json_object_array_get_idx(list, (size_t)place(p, *at));

    if (*at == cancel_at && !give_up(p))
      return false;
    if (p->ended && p->fn != p->i->provider->def.step)
      return true;
    if (p->ended)
      return pure_differs(p, "it ended before exchange %d: %s", (int)*at,
                          gm_error_text(&p->end));
    if (!pure_compare(p, p->asked, gm_json_at(x, "request")) ||
        !feed(p, gm_json_at(x, "response"), *at + 1 < n))
      return false;
  }
  return true;
}

/* ---- uploads ------------------------------------------------------------ */

static const struct gamut_upload *upload_of(const struct pure *p)
{
  const struct gamut_provider *def = &p->i->provider->def;

  return def->extension ? def->extension(GAMUT_EXT_UPLOAD) : NULL;
}

static bool is_uploaded(const struct pure *p, const struct gamut_upload *t,
                        const struct gm_input *in)
{
  const char *set = gm_instance_value(p->i, "inline_max", false);
  int64_t max = (int64_t)t->inline_max;

  if (!gm_input_has_bytes(in))
    return false;
  if (set && !gm_parse_i64(set, 0, INT64_MAX, &max))
    return false;
  max = gm_json_i64(p->ask, "request/options/inline_max", max);
  return in->size > (uint64_t)max;
}

/* As the engine: one file a job, with the options of the request. */
static bool upload_one(struct pure *p, const struct gamut_upload *t,
                       struct gm_input *in, int64_t *at)
{
  _cleanup_json_ struct json_object *request = json_object_new_object();
  struct gm_call_in whole = p->in;
  bool ok;

  json_object_object_add(
    request, "options", json_object_get(gm_json_at(p->ask, "request/options")));
  p->fn = t->upload;
  p->in.request = request;
  p->in.inputs = in;
  p->in.n_inputs = 1;
  ok = step(p) && play(p, at);
  in->uploaded = gm_strdup(gm_json_str(p->facts, "url", NULL));
  if (ok && (!p->done || !in->uploaded))
    ok = pure_differs(p, "the upload failed: %s", gm_error_text(&p->end));
  p->in = whole;
  p->fn = p->i->provider->def.step;
  return ok;
}

/* Only uploads in the recording: then there is no job to begin. */
static bool upload_all(struct pure *p, int64_t *at)
{
  const struct gamut_upload *t = upload_of(p);
  uint32_t i;

  for (i = 0; t && i < p->in.n_inputs; i++) {
    if (!is_uploaded(p, t, &p->inputs[i]))
      continue;
    if (!upload_one(p, t, &p->inputs[i], at))
      return false;
    gm_free(GM_TAKE(p->state));
    p->done = p->ended = false;
  }
  return true;
}

static bool play_all(struct pure *p)
{
  int64_t at = gm_json_i64(p->ask, "from", 0);

  return upload_all(p, &at) && begin(p) && play(p, &at);
}

/* ---- the end ------------------------------------------------------------ */

static const char *end_name(const struct pure *p)
{
  static const char *const names[] = {
    "ok",        "invalid", "unsupported", "auth",     "permission", "quota",
    "not-found", "blocked", "rate",        "provider", "timeout",    "protocol",
  };
  size_t n = (size_t)-p->end.error_class;

  if (!p->ended)
    return "asks";
  if (p->done)
    return "done";
  if (p->end.error_class == GAMUT_E_CANCELLED)
    return "cancelled";
  if (p->end.error_class == GAMUT_E_UNKNOWN)
    return "maybe-charged";
  return n < GM_LEN(names) ? names[n] : "something else";
}

static bool check_list(struct pure *p, const char *name,
                       struct json_object *found)
{
  struct json_object *want = gm_json_at(p->ask, name);

  if (!want || json_object_equal(want, found))
    return true;
  return pure_differs(p, "%s %s, not %s", name,
                      json_object_to_json_string(found),
                      json_object_to_json_string(want));
}

static bool check_facts(struct pure *p)
{
  struct json_object *want = gm_json_at(p->ask, "facts");
  const char *key;
  size_t i;

  for (i = 0; (key = golden_member(want, i)); i++) {
    const char *found = gm_json_str(p->facts, key, NULL);

    if (!gm_streq(found, gm_json_str(want, key, "")))
      return pure_differs(p, "fact %s is %s", key, found ? found : "missing");
  }
  return true;
}

static bool check_cost(struct pure *p)
{
  int64_t want = gm_json_i64(p->ask, "cost_microusd", p->cost_microusd);

  if (want == p->cost_microusd)
    return true;
  return pure_differs(p, "the cost is %lld, not %lld",
                      (long long)p->cost_microusd, (long long)want);
}

static bool check_end(struct pure *p)
{
  const char *want = gm_json_str(p->ask, "end", "done");
  const char *sentence = gm_json_str(p->ask, "sentence", NULL);

  if (!gm_streq(want, end_name(p)))
    return pure_differs(p, "the end is %s, not %s: %s", end_name(p), want,
                        gm_error_text(&p->end));
  if (sentence && !gm_streq(sentence, gm_error_text(&p->end)))
    return pure_differs(p, "the sentence is '%s'", gm_error_text(&p->end));
  return check_list(p, "artifacts", p->artifacts) &&
         check_list(p, "partials", p->partials) &&
         check_list(p, "notes", p->notes) && check_list(p, "queue", p->queue) &&
         check_facts(p) && check_cost(p) && pure_check_answer(p);
}

bool pure_run(struct pure *p)
{
  bool ok;

  p->why[0] = '\0';
  ok = set_up(p) && play_all(p) && check_end(p);
  tear_down(p);
  return ok;
}
