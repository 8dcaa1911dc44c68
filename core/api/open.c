/* open.c - a context from its parts, bottom up, and down again in reverse. */
#include "api/context.h"
#include "base/file.h"
#include "base/str.h"
#include "job/token.h"
#include "route/breaker.h"
#include "route/ledger.h"
#include "route/named.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define USER_AGENT    "gamut/" GAMUT_VERSION
#define RETRY_BASE_MS 500

/* Until the settings are read. */
static void open_log(struct gamut *g, const struct gamut_options *o)
{
  g->log.write = o->log;
  g->log.user = o->log_user;
  g->log.level = g->log_level = o->log_level;
}

/* Every core setting is read once, so that a broken one is told here and not in
 * the middle of a job. */
static int32_t check_settings(struct gamut *g, struct gm_error *err)
{
  const struct gm_setting *row;
  struct gm_value v;
  int32_t rc;

  for (row = gm_settings_core; row->name; row++) {
    rc = gm_setting_get(&g->settings, row->name, &v, err);
    if (rc)
      return rc;
  }
  return 0;
}

static int32_t load_settings(struct gamut *g, const struct gamut_options *o,
                             struct gm_error *err)
{
  int32_t rc = gm_settings_read_environment(&g->settings, err);

  if (rc == 0 && !(g->flags & GAMUT_NO_CONFIG))
    rc = gm_settings_load(&g->settings, o ? o->config_file : NULL, err);
  if (rc)
    return rc;
  rc = gm_named_check(&g->settings, err);
  if (rc) {
    gm_error_prefix(err, "%s", g->settings.file_path);
    return rc;
  }
  return check_settings(g, err);
}

/* The environment's map replaces the file's. */
static int32_t load_endpoints(struct gamut *g, struct gm_error *err)
{
  struct gm_value v;
  int32_t rc = gm_setting_get(&g->settings, "endpoints", &v, err);

  if (rc)
    return rc;
  if (v.text && (v.origin == GM_FROM_API || v.origin == GM_FROM_ENV)) {
    rc = gm_endpoints_parse(v.text, &g->endpoints, err);
    if (rc)
      gm_error_prefix(err, "%s", v.where ? v.where : "endpoints");
    return rc;
  }
  return gm_endpoints_new(gm_settings_object(&g->settings, "endpoints"),
                          &g->endpoints, err);
}

static int32_t open_http(struct gamut *g, struct gm_error *err)
{
  const struct gm_settings *s = &g->settings;
  struct gm_http_options o = {
    .endpoints = g->endpoints,
    .max_per_host = (uint32_t)gm_setting_int(s, "max_per_host"),
    .max_total = (uint32_t)gm_setting_int(s, "max_connections"),
    .one_shot = g->flags & GAMUT_ONE_SHOT,
    .user_agent = USER_AGENT,
    .ca_file = gm_setting_str(s, "ca_file"),
  };
  int32_t rc = gm_loop_new(&g->log, &g->loop, err);

  if (rc)
    return rc;
  return gm_http_new(g->loop, &g->log, &o, &g->http, err);
}

/* Those that may change while the context is open. */
static void apply_settings(struct gamut *g)
{
  struct gm_engine *e = &g->engine;
  const struct gm_settings *s = &g->settings;

  e->retry_attempts = (uint32_t)gm_setting_int(s, "retry_attempts");
  e->retry_base_ms = RETRY_BASE_MS;
  e->retry_cap_ms = (uint32_t)gm_setting_int(s, "retry_max_wait");
  e->poll_ms = gm_setting_str(s, "poll_interval")
                 ? gm_setting_int(s, "poll_interval")
                 : -1;
  gm_journal_keep_ms(g->journal, gm_setting_int(s, "keep_jobs"));
  g->tracer.propagates = gm_setting_bool(s, "propagate_trace");
  e->sync_files = gm_setting_bool(s, "sync_files");
  gm_http_set_budget(e->http, (uint64_t)gm_setting_int(s, "reply_budget") << 20);
  gm_breakers_rules(
    g->router.breakers,
    &(struct gm_breaker_rules){
      .off = !gm_setting_bool(s, "breaker"),
      .in_a_row = (uint32_t)gm_setting_int(s, "breaker_failures"),
      .open_ms = (uint64_t)gm_setting_int(s, "breaker_time"),
      .away_ms = (uint64_t)gm_setting_int(s, "breaker_away") });
  gm_log_apply(g);
}

/* Checked as a whole before they count. */
static int32_t set_budgets(struct gamut *g, const char *text,
                           struct gm_error *err)
{
  struct gm_budgets budgets;
  int32_t rc = gm_budgets_parse(text, &budgets, err);

  if (rc == 0)
    gm_ledger_set_budgets(g->ledger, &budgets);
  return rc;
}

static int32_t load_budgets(struct gamut *g, struct gm_error *err)
{
  struct gm_value v;
  int32_t rc = gm_setting_get(&g->settings, "budgets", &v, err);

  if (rc == 0 && set_budgets(g, v.text, err)) {
    gm_error_prefix(err, "%s", v.where ? v.where : "budgets");
    rc = err->error_class;
  }
  return rc;
}

static int32_t open_engine(struct gamut *g, struct gm_error *err)
{
  struct gm_engine *e = &g->engine;

  g->parser = gm_json_parser_new();
  e->meters = gm_meters_new(&g->log);
  if (!g->parser || !e->meters ||
      gm_store_new(g->loop, &g->log, gm_choose_store, g, &g->store) ||
      gm_journal_new(g->loop, g->store, &g->log, &g->journal) ||
      gm_usuals_new(g->store, &g->usuals) ||
      gm_breakers_new(g->store, &g->router.breakers) ||
      !(g->ledger = gm_ledger_new(g->store, &g->log)))
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a context");
  e->loop = g->loop;
  e->http = g->http;
  e->log = &g->log;
  e->journal = g->journal;
  e->store = g->store;
  e->usuals = g->usuals;
  e->parser = g->parser;
  e->tracer = &g->tracer;
  gm_trace_open(g);
  apply_settings(g);
  return gm_engine_init(e)
           ? gm_fail(err, GAMUT_E_NOMEM, "no memory for a context")
           : 0;
}

static int32_t open_router(struct gamut *g, struct gm_error *err)
{
  const struct gm_settings *s = &g->settings;
  int32_t rc;

  rc = gm_registry_new(gm_setting_str(s, "plugin_path"), &g->log, &g->registry,
                       err);
  if (rc)
    return rc;
  if (gm_streq(gm_setting_str(s, "plugin_trust"), "any"))
    gm_registry_trust_any(g->registry);
  if (gm_instances_new(g->registry, &g->settings, &g->log, &g->instances) ||
      gm_catalog_new(gm_setting_str(s, "catalog_path"), NULL, &g->log,
                     &g->catalog))
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a context");
  gm_list_init(&g->router.leftovers);
  g->router.engine = &g->engine;
  g->router.catalog = g->catalog;
  g->router.instances = g->instances;
  g->router.settings = &g->settings;
  g->router.registry = g->registry;
  g->router.store = g->store;
  g->router.ledger = g->ledger;
  if (gm_cache_new(&g->router, g->store, g->endpoints, &g->router.cache))
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a context");
  return load_budgets(g, err);
}

/* Numbers below 3 belong to the standard streams even when those are closed. */
static int above_stdio(int fd)
{
  int up = fd;

  if (fd < 0 || fd > 2)
    return fd;
  up = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  close(fd);
  return up;
}

static int32_t open_signal(struct gamut *g, struct gm_error *err)
{
  int i;

  if (pipe(g->signal_fd))
    return gm_fail(err, GAMUT_E_TRANSPORT, "no descriptor is left");
  for (i = 0; i < 2; i++) {
    g->signal_fd[i] = above_stdio(g->signal_fd[i]);
    if (g->signal_fd[i] < 0 || fcntl(g->signal_fd[i], F_SETFL, O_NONBLOCK) ||
        fcntl(g->signal_fd[i], F_SETFD, FD_CLOEXEC))
      return gm_fail(err, GAMUT_E_TRANSPORT, "no descriptor is left");
  }
  return 0;
}

static int32_t open_parts(struct gamut *g, const struct gamut_options *o,
                          struct gm_error *err)
{
  int32_t rc = load_settings(g, o, err);

  if (rc == 0)
    rc = gm_log_open(g, err);
  if (rc == 0)
    rc = load_endpoints(g, err);
  if (rc == 0)
    rc = open_signal(g, err);
  if (rc == 0)
    rc = open_http(g, err);
  if (rc == 0)
    rc = open_engine(g, err);
  if (rc == 0)
    rc = open_router(g, err);
  if (rc == 0 && (g->flags & GAMUT_THREAD) && gm_thread_start(g))
    rc = gm_fail(err, GAMUT_E_NOMEM, "no thread could be started");
  return rc;
}

static void close_parts(struct gamut *g)
{
  gm_trace_close(g);
  gm_metrics_end(g);
  gm_wishes_end(g);
  gm_cache_drain(g->router.cache);
  gm_events_drop(g);
  gm_free(g->seen);
  gm_engine_finish(&g->engine);
  gm_meters_free(g->engine.meters);
  gm_catalog_free(g->catalog);
  gm_instances_free(g->instances);
  gm_registry_free(g->registry);
  gm_usuals_flush(g->usuals);
  gm_breakers_close(g->router.breakers);
  gm_store_free(g->store);
  gm_free(g->wishes);
  gm_breakers_free(g->router.breakers);
  gm_usuals_free(g->usuals);
  gm_cache_free(g->router.cache);
  gm_journal_free(g->journal);
  gm_ledger_free(g->ledger);
  gm_http_free(g->http);
  gm_loop_free(g->loop);
  gm_endpoints_free(g->endpoints);
  gm_json_parser_free(g->parser);
  gm_settings_finish(&g->settings);
  gm_log_finish(&g->log);
  gm_sink_free(g->sink);
  if (g->signal_fd[0] >= 0)
    close(g->signal_fd[0]);
  if (g->signal_fd[1] >= 0)
    close(g->signal_fd[1]);
  pthread_cond_destroy(&g->changed);
  pthread_mutex_destroy(&g->lock);
  gm_free(g);
}

/* The options as far as the caller's version has them. */
static struct gamut_options known_options(const struct gamut_options *o)
{
  struct gamut_options known = { .log_level = GAMUT_WARN };

  if (o)
    memcpy(&known, o, GM_MIN(o->struct_size, sizeof(known)));
  return known;
}

int32_t gamut_open(const struct gamut_options *options, struct gamut **ret,
                   struct gamut_error *ret_error)
{
  struct gamut_options o = known_options(options);
  struct gm_error err = GM_ERROR_INIT;
  struct gamut *g = gm_zalloc(sizeof(*g));

  if (!g) {
    gm_fail(&err, GAMUT_E_NOMEM, "no memory for a context");
    return gm_report(&err, ret_error);
  }
  g->flags = o.flags;
  g->pid = getpid();
  g->owner = pthread_self();
  g->signal_fd[0] = g->signal_fd[1] = -1;
  pthread_mutex_init(&g->lock, NULL);
  pthread_cond_init(&g->changed, NULL);
  gm_list_init(&g->events);
  gm_list_init(&g->tickets);
  open_log(g, &o);
  if (open_parts(g, &o, &err)) {
    close_parts(g);
    return gm_report(&err, ret_error);
  }
  *ret = g;
  return 0;
}

static void abandon(struct gamut *g, void *arg)
{
  (void)arg;
  g->closing = true;
  gm_listener_free(GM_TAKE(g->listener));
  gm_ticket_detach_all(g);
  gm_instances_each(g->instances, gm_token_abandon);
}

void gamut_close(struct gamut *g)
{
  if (!g || gm_enter(g, NULL))
    return;
  gm_on_engine(g, abandon, NULL);
  if (g->flags & GAMUT_THREAD)
    gm_thread_stop(g);
  close_parts(g);
}

struct setting {
  const char *name, *value;
  struct gm_error err;
};

static bool is_one_of(const char *name, const char *const *names)
{
  while (*names && !gm_streq(name, *names))
    names++;
  return *names != NULL;
}

static void set_now(struct gamut *g, void *arg)
{
  /* What was built by them stays as it is. */
  static const char *const at_opening[] = {
    "max_per_host", "max_connections", "ca_file",      "endpoints",
    "plugin_path",  "plugin_trust",    "catalog_path", "log_target",
    "log_file",     "otlp_endpoint",   "service_name", NULL
  };
  static const char *const at_first_job[] = { "store", "state_dir", NULL };
  struct setting *s = arg;

  if (is_one_of(s->name, at_opening))
    gm_fail(&s->err, GAMUT_E_INVALID,
            "%s is read when the context opens: set it in the environment or "
            "in the config file",
            s->name);
  else if (gm_store_begun(g->store) && is_one_of(s->name, at_first_job))
    gm_fail(&s->err, GAMUT_E_INVALID,
            "%s is read when the first job begins: set it before", s->name);
  else if (gm_streq(s->name, "budgets") &&
           set_budgets(g, s->value, &s->err))
    return;
  else if (gm_settings_set(&g->settings, s->name, s->value, &s->err) == 0)
    apply_settings(g);
}

int32_t gamut_set(struct gamut *g, const char *name, const char *value,
                  struct gamut_error *ret_error)
{
  struct setting s = { name, value, GM_ERROR_INIT };
  int32_t rc = gm_enter(g, ret_error);

  if (rc)
    return rc;
  if (!name || !value)
    gm_fail(&s.err, GAMUT_E_INVALID, "a setting needs a name and a value");
  else
    gm_on_engine(g, set_now, &s);
  return gm_report(&s.err, ret_error);
}

struct registration {
  const struct gamut_provider *provider;
  struct gm_error err;
};

static void register_now(struct gamut *g, void *arg)
{
  struct registration *r = arg;
  const char *text = NULL;

  if (gm_registry_add(g->registry, r->provider, &r->err))
    return;
  if (GAMUT_HAS(r->provider, catalog))
    text = r->provider->catalog;
  if (text)
    gm_catalog_add_text(g->catalog, r->provider->name, text, &r->err);
}

int32_t gamut_register_provider(struct gamut *g,
                                const struct gamut_provider *provider,
                                struct gamut_error *ret_error)
{
  struct registration r = { provider, GM_ERROR_INIT };
  int32_t rc = gm_enter(g, ret_error);

  if (rc)
    return rc;
  if (!provider)
    gm_fail(&r.err, GAMUT_E_INVALID, "no provider");
  else
    gm_on_engine(g, register_now, &r);
  return gm_report(&r.err, ret_error);
}
