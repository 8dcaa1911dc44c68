/* query.c - questions to a vendor, asked and waited for. */
#include "api/query.h"
#include "base/str.h"
#include <string.h>

/* What crosses to the engine. */
struct inquiry {
  const char *provider, *what, *secret;
  char *request; /* taken there */
  struct gamut *g;
  struct gm_query *query;
  bool over;
  struct gm_error err;
};

/* Lists of models and signs of life are often there for everybody. */
static bool is_open(const struct gamut_provider *p, const char *what)
{
  const struct gamut_models *m;
  const struct gamut_account *a;

  if (gm_streq(what, "webhook"))
    return true;
  m = p->extension ? p->extension(GAMUT_EXT_MODELS) : NULL;
  a = p->extension ? p->extension(GAMUT_EXT_ACCOUNT) : NULL;
  return (gm_streq(what, "models") && m && m->flags & GAMUT_QUERY_OPEN) ||
         (gm_streq(what, "health") && a && a->flags & GAMUT_QUERY_OPEN);
}

int32_t gm_inquiry_find(struct gamut *g, const char *provider, const char *what,
                        struct gm_instance **ret, struct gm_error *err)
{
  struct gm_instance *i;
  int32_t rc = gm_instance_look(g->instances, provider, &i, err);

  if (rc == 0 && !gm_query_function(&i->provider->def, what))
    rc = gm_fail(err, GAMUT_E_UNSUPPORTED,
                 "%s has no '%s'; 'gamut providers -v' tells what each has",
                 provider, what);
  if (rc == 0 && !is_open(&i->provider->def, what)) {
    rc = gm_instance_get(g->instances, provider, &i, err);
    if (rc == 0)
      rc = gm_instance_ready(i, err);
  } else if (rc == 0 && !i->opened) {
    rc = gm_instance_open(i, &g->log, err);
  }
  if (rc == 0)
    *ret = i;
  return rc;
}

static void over(struct gm_query *query)
{
  struct inquiry *q = query->user;

  gm_tell_over(q->g, &q->over);
}

static void begin_now(struct gamut *g, void *arg)
{
  struct inquiry *q = arg;
  struct gm_instance *i;

  q->query->over = over;
  q->query->user = q;
  if (g->closing)
    gm_fail(&q->err, GAMUT_E_INVALID, "the context is being closed");
  else if (gm_inquiry_find(g, q->provider, q->what, &i, &q->err) == 0)
    gm_query_begin(q->query, &g->engine, i, q->what, GM_TAKE(q->request),
                   q->secret, &q->err);
}

static void finish_now(struct gamut *g, void *arg)
{
  struct inquiry *q = arg;

  (void)g;
  gm_query_finish(q->query);
}

static int32_t check_ask(const struct inquiry *q, struct gm_error *err)
{
  size_t i;

  if (!q->provider || !q->what)
    return gm_fail(err, GAMUT_E_INVALID, "no provider, or nothing asked");
  for (i = 0; gm_query_name(i); i++)
    if (gm_streq(gm_query_name(i), q->what))
      return 0;
  return gm_fail(err, GAMUT_E_INVALID,
                 "'%.40s' is no question; there are models, balance, usage, "
                 "keys, health, embed",
                 q->what);
}

static int32_t ask(struct gamut *g, struct inquiry *q, char **ret_json)
{
  struct gm_query query = { 0 };
  char *text = NULL;

  q->query = &query;
  gm_on_engine(g, begin_now, q);
  gm_free(GM_TAKE(q->request));
  if (!q->err.error_class) {
    gm_wait_over(g, &q->over);
    if (query.job.err.error_class) {
      gm_error_move(&q->err, &query.job.err);
      gm_error_prefix(&q->err, "%s", q->provider);
    } else {
      text = gm_strdup(gm_json_text(query.job.found->answer, NULL));
    }
  }
  gm_on_engine(g, finish_now, q);
  if (!q->err.error_class && !text)
    gm_fail(&q->err, GAMUT_E_NOMEM, "no memory for an answer");
  if (!q->err.error_class)
    *ret_json = text;
  return q->err.error_class;
}

int32_t gm_inquire(struct gamut *g, const char *provider, const char *what,
                   char *request, const char *secret, char **ret_json,
                   struct gm_error *err)
{
  struct inquiry q = { .provider = provider,
                       .what = what,
                       .secret = secret,
                       .request = request,
                       .g = g };

  if (check_ask(&q, &q.err) == 0)
    ask(g, &q, ret_json);
  gm_free(q.request);
  gm_error_move(err, &q.err);
  return err->error_class;
}

static char *arguments_of(const char *text, struct gm_error *err)
{
  _cleanup_json_ struct json_object *o =
    text ? gm_json_parse_once(text, strlen(text), NULL, NULL)
         : json_object_new_object();

  if (json_object_is_type(o, json_type_object))
    return gm_strdup(gm_json_text(o, NULL));
  gm_fail(err, GAMUT_E_INVALID, "the arguments are no JSON object");
  return NULL;
}

int32_t gamut_ask(struct gamut *g, const char *provider, const char *what,
                  const char *arguments, const char *secret, char **ret_json,
                  struct gamut_error *ret_error)
{
  struct gm_error err = GM_ERROR_INIT;
  int32_t rc = gm_enter_wait(g, ret_error);
  char *request;

  if (rc)
    return rc;
  request = arguments_of(arguments, &err);
  if (request)
    gm_inquire(g, provider, what, request, secret, ret_json, &err);
  return gm_report(&err, ret_error);
}

/* ---- models -------------------------------------------------------------- */

struct refresh {
  const char *provider;
  struct json_object *list, *summary;
  struct gm_error *err;
};

/* An instance's models are its provider's. */
static void refresh_now(struct gamut *g, void *arg)
{
  struct refresh *r = arg;
  struct gm_instance *i;

  if (gm_instance_look(g->instances, r->provider, &i, r->err) == 0)
    gm_catalog_refresh(g->catalog, i->provider->def.name, r->list, &r->summary,
                       r->err);
}

int32_t gamut_refresh_models(struct gamut *g, const char *provider,
                             char **ret_json, struct gamut_error *ret_error)
{
  struct gm_error err = GM_ERROR_INIT;
  struct refresh r = { .provider = provider, .err = &err };
  int32_t rc = gm_enter_wait(g, ret_error);
  char *text = NULL;

  if (rc)
    return rc;
  if (gm_inquire(g, provider, "models", gm_strdup("{}"), NULL, &text, &err))
    return gm_report(&err, ret_error);
  r.list = gm_json_parse_once(text, strlen(text), NULL, NULL);
  gm_free(text);
  gm_on_engine(g, refresh_now, &r);
  text = r.summary ? gm_strdup(gm_json_text(r.summary, NULL)) : NULL;
  json_object_put(r.list);
  json_object_put(r.summary);
  if (!text && !err.error_class)
    gm_fail(&err, GAMUT_E_NOMEM, "no memory for an answer");
  if (!err.error_class)
    *ret_json = text;
  return gm_report(&err, ret_error);
}
