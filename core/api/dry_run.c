/* dry_run.c - what would be sent, without sending: the first exchange of each
 * link as the provider asks for it, secrets masked, and the price. */
#include "api/quote.h"
#include "api/request.h"
#include "base/random.h"
#include "base/str.h"
#include "job/input.h"
#include <string.h>

#define MAX_HEADERS 64

/* A run that is never started needs nobody to hear of its end. */
static const struct gm_run_ops dry_ops = { .over = NULL };

static struct json_object *headers_of(const struct gm_instance *i,
                                      const struct gm_pending *p)
{
  struct json_object *o = json_object_new_object();
  struct gm_header h[MAX_HEADERS];
  struct gm_buf secrets = GM_BUF_INIT(65536);
  size_t n = gm_pending_headers(p, h, MAX_HEADERS), k;

  for (k = 0; k < n; k++)
    gm_look_put(o, h[k].name, h[k].value);
  n = gm_instance_authorize(i, gm_pending_url(p), h, MAX_HEADERS, &secrets);
  for (k = 0; k < n; k++)
    gm_look_put(o, h[k].name, "***");
  gm_buf_finish(&secrets);
  return o;
}

/* Up to so many bytes of inputs in a body are shown. */
#define SHOWN_MAX 4096u

/* "<1234 bytes of 'fox.png'>", where it may stand inside a JSON string. */
static void add_stand_in(struct gm_buf *b, const struct gm_pending_piece *piece,
                         const struct gm_input *in)
{
  struct gm_buf plain = GM_BUF_INIT(8192), json = GM_BUF_INIT(65536);

  gm_buf_addf(&plain, "<%llu bytes of '%s'>", (unsigned long long)piece->size,
              gm_input_source(in));
  if (piece->base64) {
    gm_buf_add_json(&json, gm_buf_text(&plain));
    gm_buf_addn(b, gm_buf_text(&json) + 1, json.len >= 2 ? json.len - 2 : 0);
  } else {
    gm_buf_add(b, gm_buf_text(&plain));
  }
  gm_buf_finish(&plain);
  gm_buf_finish(&json);
}

/* The body with a note in the place of each input. */
static void add_outline(struct gm_buf *b, const struct gm_pending *p,
                        const struct gm_run *run)
{
  size_t len;
  const char *text = gm_pending_text(p, &len);
  uint32_t i;

  for (i = 0; i < p->n_pieces; i++) {
    const struct gm_pending_piece *piece = &p->pieces[i];

    if (piece->input < 0)
      gm_buf_addn(b, text + piece->offset, (size_t)piece->size);
    else
      add_stand_in(b, piece, &run->inputs[piece->input]);
  }
}

/* Small pictures are shown as they go; a large one, or raw bytes, are not. */
static bool is_shown_whole(const struct gm_pending *p)
{
  uint64_t size = 0;
  uint32_t i;

  for (i = 0; i < p->n_pieces; i++) {
    if (p->pieces[i].input >= 0 && !p->pieces[i].base64)
      return false;
    size += p->pieces[i].input < 0 ? 0 : p->pieces[i].size;
  }
  return size <= SHOWN_MAX;
}

static struct json_object *body_of(const struct gm_buf *b,
                                   const struct gm_pending *p)
{
  struct json_object *o;
  const char *why;
  size_t at;

  o = gm_json_parse_once(gm_buf_text(b), b->len, &at, &why);
  if (o)
    return o;
  if (gm_utf8_valid(gm_buf_text(b), b->len) && strlen(gm_buf_text(b)) == b->len)
    return json_object_new_string_len(gm_buf_text(b), (int)b->len);
  o = json_object_new_object();
  json_object_object_add(
    o, "bytes", json_object_new_int64((int64_t)gm_pending_body_size(p)));
  return o;
}

static void put_body(struct json_object *o, const struct gm_run *run,
                     const struct gm_pending *p, struct gm_error *err)
{
  struct gm_buf b = GM_BUF_INIT(INT32_MAX);

  if (gm_pending_body_size(p) == 0)
    return;
  if (is_shown_whole(p))
    gm_pending_read(p, run->inputs, run->n_inputs, &b, err);
  else
    add_outline(&b, p, run);
  if (gm_buf_failed(&b))
    gm_fail(err, GAMUT_E_NOMEM, "no memory for a body");
  if (!err->error_class)
    json_object_object_add(o, "body", body_of(&b, p));
  gm_buf_finish(&b);
}

static struct json_object *exchange(struct gamut *g, const struct gm_run *run,
                                    const struct gm_instance *i,
                                    const struct gm_pending *p,
                                    struct gm_error *err)
{
  struct json_object *o = json_object_new_object();
  struct gm_buf url = GM_BUF_INIT(GM_URL_MAX);

  gm_look_put(o, "method", gm_pending_method(p));
  gm_look_put(o, "url", gm_pending_url(p));
  if (gm_endpoints_map(g->endpoints, gm_pending_url(p), &url))
    gm_look_put(o, "goes_to", gm_buf_text(&url));
  json_object_object_add(o, "headers", headers_of(i, p));
  put_body(o, run, p, err);
  gm_buf_finish(&url);
  return o;
}

/* What the provider's START asks for. */
static void put_exchanges(struct gamut *g, struct json_object *link,
                          struct gm_run *run, struct gm_instance *i,
                          struct json_object *request, struct gm_error *err)
{
  struct gm_call *c = &g->engine.call;
  struct json_object *list;
  char attempt[GM_ID_SIZE];
  struct gm_call_in in = {
    .event = GAMUT_EV_START,
    .phase = -1,
    .job_id = run->job.id,
    .attempt_id = attempt,
    .request = request,
    .inputs = run->inputs,
    .n_inputs = run->n_inputs,
  };

  gm_id_new(attempt);
  gm_call_step(c, i, &in);
  if (c->kind == GM_STEP_HTTP) {
    list = json_object_new_array();
    json_object_array_add(list, exchange(g, run, i, c->pending, err));
    json_object_object_add(link, "exchanges", list);
  } else {
    gm_error_move(err, &c->err);
  }
  gm_call_end(c);
}

static struct json_object *dry_link(struct gamut *g, struct gm_run *run,
                                    uint32_t at)
{
  const struct gm_link *l = &run->links[at];
  struct json_object *o = json_object_new_object();
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  _cleanup_json_ struct json_object *request = NULL;
  _cleanup_free_ char *text = NULL;
  struct gm_instance *i = NULL;

  gm_quote_put_link(o, l);
  text = gm_run_request(run, at, &i, &err);
  if (text) {
    request = gm_json_parse_once(text, strlen(text), &(size_t){ 0 },
                                 &(const char *){ NULL });
    gm_look_put(o, "operation", gm_json_str(request, "operation", NULL));
    if (run->notes)
      json_object_object_add(o, "notes", json_object_get(run->notes));
    gm_quote_put_price(o, run, at, request);
    if (l->entry && gm_json_at(l->entry->entry, "wire"))
      json_object_object_add(
        request, "wire", json_object_get(gm_json_at(l->entry->entry, "wire")));
    put_exchanges(g, o, run, i, request, &err);
  }
  if (!err.error_class && i)
    gm_instance_ready(i, &err);
  gm_link_excuse(l, run->router->catalog, &err);
  if (err.error_class)
    gm_quote_put_error(o, &err);
  return o;
}

/* What is sent of them is in the bodies; here they can be told apart. */
static struct json_object *inputs_of(const struct gm_run *run,
                                     struct gm_error *err)
{
  struct json_object *list = json_object_new_array();
  char hex[GM_SHA256_HEX];
  uint32_t i;

  for (i = 0; i < run->n_inputs; i++) {
    const struct gm_input *in = &run->inputs[i];
    struct json_object *o = json_object_new_object();

    gm_look_put(o, "role", in->role);
    gm_look_put(o, "source", gm_input_source(in));
    gm_look_put(o, "mime", in->mime);
    json_object_array_add(list, o);
    if (!gm_input_has_bytes(in))
      continue;
    if (gm_input_hash(in, hex, err)) {
      json_object_put(list);
      return NULL;
    }
    json_object_object_add(o, "size", json_object_new_int64((int64_t)in->size));
    gm_look_put(o, "sha256", hex);
  }
  return list;
}

static void dry_run(struct gamut *g, const void *arg, struct json_object **ret,
                    struct gm_error *err)
{
  const struct gamut_request *r = arg;
  struct json_object *o, *links, *inputs;
  struct gm_run *run;
  uint32_t i;

  if (!r) {
    gm_fail(err, GAMUT_E_INVALID, "no request");
    return;
  }
  if (gm_run_new(&g->router, r->ask, &dry_ops, NULL, NULL, &run, err))
    return;
  inputs = inputs_of(run, err);
  if (!inputs) {
    gm_run_free(run);
    return;
  }
  links = json_object_new_array();
  for (i = 0; i < run->n_links; i++)
    json_object_array_add(links, dry_link(g, run, i));
  o = json_object_new_object();
  json_object_object_add(o, "links", links);
  if (run->n_inputs > 0)
    json_object_object_add(o, "inputs", inputs);
  else
    json_object_put(inputs);
  gm_run_free(run);
  *ret = o;
}

int32_t gamut_dry_run(struct gamut *g, const struct gamut_request *request,
                      char **ret_json, struct gamut_error *ret_error)
{
  return gm_look(g, dry_run, request, ret_json, ret_error);
}
