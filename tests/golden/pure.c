/* pure.c - plays a recording: steps in, exchanges out, replies in. */
#include "golden/pure.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- set up ------------------------------------------------------------- */

/* The name of the n-th member; NULL past the end and for what is no object. */
static const char *member(struct json_object *o, size_t n)
{
  const struct lh_entry *e = NULL;

  if (json_object_is_type(o, json_type_object))
    e = json_object_get_object(o)->head;
  for (; e && n > 0; n--)
    e = e->next;
  return e ? lh_entry_k(e) : NULL;
}

static void set(struct pure *p, const char *key, const char *value)
{
  struct gm_error err = GM_ERROR_INIT;
  char name[100];

  snprintf(name, sizeof(name), "%s.%s", p->provider, key);
  if (gm_settings_set(&p->settings, name, value, &err) != 0)
    pure_differs(p, "%s", gm_error_text(&err));
  gm_error_finish(&err);
}

/* The recording's environment, by the names that the provider declares. */
static void set_keys(struct pure *p, const struct gamut_provider *def)
{
  struct json_object *env = gm_json_at(p->recording, "env");
  const struct gamut_key *key;
  struct gamut_key tmp;
  uint32_t i;

  for (i = 0; (key = gm_table_row(&def->keys, i, sizeof(tmp), &tmp)); i++) {
    const char *value = key->env ? gm_json_str(env, key->env, NULL) : NULL;

    if (value)
      set(p, key->name, value);
  }
}

static void set_more(struct pure *p)
{
  struct json_object *more = gm_json_at(p->ask, "set");
  const char *key;
  size_t i;

  for (i = 0; (key = member(more, i)); i++)
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

static uint32_t make_inputs(struct pure *p)
{
  struct json_object *list = gm_json_at(p->ask, "inputs");
  size_t i, n = GM_MIN(gm_json_count(list, ""), GM_LEN(p->inputs));

  for (i = 0; i < n; i++) {
    struct json_object *o = json_object_array_get_idx(list, i);

    p->inputs[i] = (struct gm_input){ .role = gm_json_str(o, "role", "image"),
                                      .source = gm_json_str(o, "url", ""),
                                      .url = gm_json_str(o, "url", "") };
  }
  return (uint32_t)n;
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
  p->in = (struct gm_call_in){ .event = GAMUT_EV_START,
                               .phase = -1,
                               .job_id = "job",
                               .attempt_id = "attempt",
                               .request = p->request,
                               .inputs = p->inputs,
                               .n_inputs = make_inputs(p) };
  if (gm_json_at(p->ask, "state"))
    p->state = gm_strdup(gm_json_text(gm_json_at(p->ask, "state"), NULL));
  return true;
}

static void tear_down(struct pure *p)
{
  struct pure next = { .provider = p->provider, .catalog = p->catalog };

  memcpy(next.why, p->why, sizeof(next.why));
  gm_exchange_finish(&p->x);
  gm_call_finish(&p->call);
  gm_instances_free(p->all);
  gm_registry_free(p->registry);
  gm_settings_finish(&p->settings);
  gm_log_finish(&p->log);
  gm_error_finish(&p->end);
  gm_free(p->asked);
  gm_free(p->state);
  json_object_put(p->request);
  json_object_put(p->artifacts);
  json_object_put(p->facts);
  json_object_put(p->notes);
  *p = next;
}

/* ---- steps -------------------------------------------------------------- */

static void collect(struct pure *p)
{
  const struct gm_call *c = &p->call;
  uint32_t i;

  for (i = 0; i < c->n_artifacts; i++)
    json_object_array_add(
      p->artifacts,
      c->artifacts[i].url ? json_object_new_string(c->artifacts[i].url) : NULL);
  for (i = 0; i < c->n_facts; i++)
    json_object_object_add(p->facts, c->facts[i].name,
                           json_object_new_string(c->facts[i].value));
  for (i = 0; i < c->n_notes; i++)
    json_object_array_add(p->notes, json_object_new_string(c->notes[i]));
}

/* Judge the reply at hand as the engine does.  `more`: the client repeated. */
static bool judge(struct pure *p, bool more)
{
  struct gm_error err = GM_ERROR_INIT;
  bool final;

  gm_judge(p->i, p->in.phase, &p->x, NULL, &err, &final);
  if (more && final)
    return pure_differs(p, "would not be repeated: %s", gm_error_text(&err));
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
  gm_call_step(&p->call, p->i, &p->in);
  collect(p);
  if (p->call.kind == GM_STEP_NONE || p->call.kind == GM_STEP_WORK)
    return pure_differs(p, "%s", gm_error_text(&p->call.err));
  if (p->call.kind == GM_STEP_REPLY)
    return judge(p, false);
  gm_free(p->state);
  p->state = gm_strdup(gm_call_state_text(&p->call));
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
  const char *key;
  size_t i;

  for (i = 0; (key = member(headers, i)); i++)
    gm_buf_addf(&p->x.header_text, "%s: %s\n", key,
                gm_json_str(headers, key, ""));
  p->x.content_type =
    headers ? gm_json_str(headers, "content-type", "") : "application/json";
}

static bool fill(struct pure *p, struct json_object *response)
{
  struct json_object *body = gm_json_at(response, "body");
  const char *text = "";
  size_t len = 0;

  if (json_object_is_type(body, json_type_string)) {
    text = json_object_get_string(body);
    len = strlen(text);
  } else if (body) {
    text = gm_json_text(body, &len);
  }
  gm_exchange_reset(&p->x);
  gm_reader_init(&p->x.reader, 1 << 24, 1 << 24);
  p->x.status = (int32_t)gm_json_i64(response, "status", 0);
  fill_headers(p, gm_json_at(response, "headers"));
  if (gm_reader_feed(&p->x.reader, text, len, NULL) != 0)
    return pure_differs(p, "the recorded body cannot be read");
  p->in.event = GAMUT_EV_REPLY;
  p->in.phase = p->asked->phase;
  p->in.exchange = &p->x;
  return true;
}

/* The reply to what was asked; `more`: the recording has another exchange. */
static bool feed(struct pure *p, struct json_object *response, bool more)
{
  if (gm_json_at(response, "network_error"))
    return true; /* the client sent the same again */
  if (!fill(p, response))
    return false;
  if (p->x.status >= 400 && !(p->asked->flags & GAMUT_HTTP_ALL))
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

static bool play(struct pure *p)
{
  struct json_object *list = gm_json_at(p->recording, "exchanges");
  int64_t n = (int64_t)gm_json_count(list, "");
  int64_t at = gm_json_i64(p->ask, "from", 0);
  int64_t cancel_at = gm_json_i64(p->ask, "cancel_at", -1);

  n = GM_MIN(n, gm_json_i64(p->ask, "to", n));
  for (; at < n; at++) {
    struct json_object *x = json_object_array_get_idx(list, (size_t)at);

    if (at == cancel_at && !give_up(p))
      return false;
    if (p->ended)
      return pure_differs(p, "it ended before exchange %d: %s", (int)at,
                          gm_error_text(&p->end));
    if (!pure_compare(p, p->asked, gm_json_at(x, "request")) ||
        !feed(p, gm_json_at(x, "response"), at + 1 < n))
      return false;
  }
  return true;
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

  for (i = 0; (key = member(want, i)); i++) {
    const char *found = gm_json_str(p->facts, key, NULL);

    if (!gm_streq(found, gm_json_str(want, key, "")))
      return pure_differs(p, "fact %s is %s", key, found ? found : "missing");
  }
  return true;
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
         check_list(p, "notes", p->notes) && check_facts(p);
}

bool pure_run(struct pure *p)
{
  bool ok;

  p->why[0] = '\0';
  ok = set_up(p) && begin(p) && play(p) && check_end(p);
  tear_down(p);
  return ok;
}
