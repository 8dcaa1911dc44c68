/* webhook.c - deliveries of webhooks: checked, counted once, and heeded: the
 * job that waits for its next poll polls now.
 *
 * A delivery is never more than a hint.  What has become of the job says the
 * vendor when it is asked, so a delivery that is lost, late, doubled or of
 * another's making changes no result. */
#include "api/query.h"
#include "base/sha256.h"
#include "base/str.h"
#include <ctype.h>
#include <string.h>

#define BODY_MAX (16u << 20) /* of a delivery */
#define SEEN_MAX 4096        /* deliveries that are remembered */

/* The first half of a hash says well enough which one it was. */
struct gm_seen {
  uint64_t ids[SEEN_MAX][2];
  uint32_t n, at;
};

/* ---- the text of a delivery --------------------------------------------- */

static void put_headers(struct json_object *to, const char *const *headers)
{
  char name[128];
  size_t i;

  for (; headers && headers[0] && headers[1]; headers += 2) {
    for (i = 0; headers[0][i] && i < sizeof(name) - 1; i++)
      name[i] = (char)tolower((unsigned char)headers[0][i]);
    name[i] = '\0';
    if (gm_utf8_valid(headers[1], strlen(headers[1])))
      json_object_object_add(to, name, json_object_new_string(headers[1]));
  }
}

char *gm_delivery_text(const char *const *headers, const void *body, size_t len,
                       struct gm_error *err)
{
  _cleanup_json_ struct json_object *o = json_object_new_object();
  struct json_object *h;
  struct gm_sha256 sum;
  char hex[GM_SHA256_HEX], *text;

  if (len > BODY_MAX || (len && memchr(body, '\0', len)) ||
      !gm_utf8_valid(body, len)) {
    gm_fail(err, GAMUT_E_INVALID,
            "the body of the delivery is no text, or over %u MiB",
            BODY_MAX >> 20);
    return NULL;
  }
  gm_sha256_init(&sum);
  gm_sha256_add(&sum, body, len);
  gm_sha256_hex(&sum, hex);
  h = json_object_new_object();
  put_headers(h, headers);
  json_object_object_add(o, "headers", h);
  json_object_object_add(o, "body", json_object_new_string_len(body, (int)len));
  json_object_object_add(o, "body_sha256", json_object_new_string(hex));
  text = gm_strdup(gm_json_text(o, NULL));
  if (!text)
    gm_fail(err, GAMUT_E_NOMEM, "no memory for a delivery");
  return text;
}

/* ---- counted once ------------------------------------------------------- */

static void add_text(struct gm_sha256 *s, const char *text)
{
  gm_sha256_add(s, text ? text : "", text ? strlen(text) + 1 : 1);
}

/* By what its repetitions have in common, else by what it says. */
static void identify(const struct gm_instance *i,
                     const struct json_object *answer, uint64_t ret[2])
{
  const char *delivery = gm_json_str(answer, "delivery", NULL);
  struct gm_sha256 s;
  uint8_t sum[32];

  gm_sha256_init(&s);
  add_text(&s, i->name);
  add_text(&s, delivery ? delivery : gm_json_str(answer, "job", NULL));
  add_text(&s, delivery ? NULL : gm_json_str(answer, "state", NULL));
  gm_sha256_end(&s, sum);
  memcpy(ret, sum, 2 * sizeof(ret[0]));
}

/* Has it been here?  It has from now on.  Without memory none has. */
static bool was_seen(struct gamut *g, const uint64_t id[2])
{
  struct gm_seen *s = g->seen ? g->seen : gm_zalloc(sizeof(*s));
  uint32_t i;

  g->seen = s;
  if (!s)
    return false;
  for (i = 0; i < s->n; i++)
    if (s->ids[i][0] == id[0] && s->ids[i][1] == id[1])
      return true;
  memcpy(s->ids[s->at], id, sizeof(s->ids[0]));
  s->at = (s->at + 1) % SEEN_MAX;
  s->n = GM_MAX(s->n, s->at ? s->at : SEEN_MAX);
  return false;
}

/* ---- heeded ------------------------------------------------------------- */

/* What the vendor calls the job. */
static const char *vendor_id(const struct gm_job *job)
{
  const struct gm_found *f = job->found;
  const char *id = f ? gm_texts_get(&f->facts, "vendor_job") : NULL;

  return id || !f ? id : gm_texts_get(&f->facts, "request_id");
}

/* The id of the job here that heard of it, or NULL. */
static const char *wake(struct gamut *g, const struct gm_instance *i,
                        const char *id)
{
  const char *woke = NULL;
  struct gm_list *l;

  for (l = g->tickets.next; id && l != &g->tickets; l = l->next) {
    struct gm_ticket *t = GM_CONTAINER(l, struct gm_ticket, link);
    struct gm_job *job = &t->run->job;

    if (job->instance && job->instance->provider == i->provider &&
        gm_streq(vendor_id(job), id) && gm_job_wake(job))
      woke = job->id;
  }
  return woke;
}

void gm_delivery_heed(struct gamut *g, const struct gm_instance *i,
                      struct json_object *answer)
{
  const char *job = gm_json_str(answer, "job", NULL), *woke = NULL;
  uint64_t id[2];
  bool repeated;

  identify(i, answer, id);
  repeated = was_seen(g, id);
  if (!repeated && !gm_streq(gm_json_str(answer, "state", NULL), "running"))
    woke = wake(g, i, job);
  json_object_object_add(answer, "repeated", json_object_new_boolean(repeated));
  if (woke)
    json_object_object_add(answer, "woke", json_object_new_string(woke));
  gm_debug(&g->log, "webhook: %s %s%s%s", i->name, repeated ? "again " : "",
           woke ? "wakes " : "wakes nobody", woke ? woke : "");
}

/* ---- the calls ---------------------------------------------------------- */

static int32_t verify(struct gamut *g, const char *provider,
                      const char *const *headers, const void *body, size_t len,
                      char **ret_json, struct gm_error *err)
{
  char *text = gm_delivery_text(headers, body ? body : "", body ? len : 0, err);

  return text ? gm_inquire(g, provider, "webhook", text, NULL, ret_json, err)
              : err->error_class;
}

int32_t gamut_webhook_verify(struct gamut *g, const char *provider,
                             const char *const *headers, const void *body,
                             size_t body_len, char **ret_json,
                             struct gamut_error *ret_error)
{
  struct gm_error err = GM_ERROR_INIT;
  int32_t rc = gm_enter_wait(g, ret_error);

  if (rc)
    return rc;
  verify(g, provider, headers, body, body_len, ret_json, &err);
  return gm_report(&err, ret_error);
}

struct heed {
  const char *provider;
  struct json_object *answer;
  struct gm_error err;
};

static void heed_now(struct gamut *g, void *arg)
{
  struct heed *h = arg;
  struct gm_instance *i;

  if (gm_inquiry_find(g, h->provider, "webhook", &i, &h->err) == 0)
    gm_delivery_heed(g, i, h->answer);
}

int32_t gamut_webhook_deliver(struct gamut *g, const char *provider,
                              const char *const *headers, const void *body,
                              size_t body_len, char **ret_json,
                              struct gamut_error *ret_error)
{
  struct heed h = { .provider = provider, .err = GM_ERROR_INIT };
  int32_t rc = gm_enter_wait(g, ret_error);
  char *text = NULL;

  if (rc)
    return rc;
  if (verify(g, provider, headers, body, body_len, &text, &h.err))
    return gm_report(&h.err, ret_error);
  h.answer = gm_json_parse_once(text, strlen(text), NULL, NULL);
  gm_free(text);
  if (h.answer)
    gm_on_engine(g, heed_now, &h);
  text = h.answer ? gm_strdup(gm_json_text(h.answer, NULL)) : NULL;
  json_object_put(h.answer);
  if (!text && !h.err.error_class)
    gm_fail(&h.err, GAMUT_E_NOMEM, "no memory for an answer");
  if (h.err.error_class)
    gm_free(text);
  else if (ret_json)
    *ret_json = text;
  else
    gm_free(text);
  return gm_report(&h.err, ret_error);
}
