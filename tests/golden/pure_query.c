/* pure_query.c - recordings of what is no job: models, account, deliveries. */
#include "base/clock.h"
#include "base/sha256.h"
#include "golden/cases.h"
#include "golden/pure.h"
#include "job/query.h"
#include <string.h>

/* The secret is filled in as it is sent, which nobody does here. */
static void hide(struct json_object *body, const char *secret)
{
  const char *key;
  size_t i;

  for (i = 0; secret && (key = golden_member(body, i)); i++)
    if (gm_streq(gm_json_str(body, key, NULL), secret))
      json_object_object_add(body, key, json_object_new_string("{@secret}"));
}

/* The recorded request is the delivery. */
static struct json_object *delivery(struct pure *p)
{
  _cleanup_(gm_buf_finish) struct gm_buf body = GM_BUF_INIT(1 << 26);
  struct json_object *o = json_object_new_object();
  struct json_object *got = gm_json_at(p->recording, "exchanges/0/request");
  struct gm_sha256 sum;
  char hex[GM_SHA256_HEX];

  golden_body(gm_json_at(got, "body"), &body);
  gm_sha256_init(&sum);
  gm_sha256_add(&sum, gm_buf_text(&body), body.len);
  gm_sha256_hex(&sum, hex);
  json_object_object_add(o, "headers",
                         json_object_get(gm_json_at(got, "headers")));
  json_object_object_add(o, "body", json_object_new_string(gm_buf_text(&body)));
  json_object_object_add(o, "body_sha256", json_object_new_string(hex));
  return o;
}

bool pure_query(struct pure *p)
{
  struct json_object *list = gm_json_at(p->recording, "exchanges");
  struct json_object *query = gm_json_at(p->ask, "query");
  const char *what = gm_json_str(query, "what", NULL);
  int64_t clock_s = gm_json_i64(p->recording, "clock", -1);
  size_t i;

  if (!query)
    return true;
  p->fn = gm_query_function(&p->i->provider->def, what);
  if (!p->fn)
    return pure_differs(p, "it has no '%s'", what ? what : "");
  if (clock_s >= 0)
    gm_clock_fake(gm_mono_ms(), (uint64_t)clock_s * 1000);
  json_object_put(p->request);
  if (gm_streq(what, "webhook"))
    p->request = delivery(p);
  else if (json_object_deep_copy(gm_json_at(query, "arguments"), &p->request,
                                 NULL))
    p->request = json_object_new_object();
  p->in.request = p->request;
  for (i = 0; i < gm_json_count(list, ""); i++)
    hide(gm_json_at(json_object_array_get_idx(list, i), "request/body"),
         gm_json_str(query, "secret", NULL));
  return true;
}

bool pure_check_answer(struct pure *p)
{
  struct json_object *want = gm_json_at(p->ask, "answer");

  if (!want || json_object_equal(want, p->answer))
    return true;
  return pure_differs(p, "the answer is %s",
                      json_object_to_json_string(p->answer));
}
