/* trace.c - OpenTelemetry's environment, and the span of a whole request.
 *
 * The variables mean what OpenTelemetry's specification says, and as it says,
 * one that makes no sense is told and passed over: they are shared with other
 * programs and must not stop this one. */
#include "api/context.h"
#include "api/result.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "base/str.h"
#include "job/policy.h"
#include "loop/url.h"
#include <string.h>

#define CLOSE_MS    1000 /* the longest that closing waits for the collector */
#define ALL_SAMPLED (UINT64_C(1) << 56)

static const char *either(const char *first, const char *second)
{
  const char *v = gm_env(first);

  return v ? v : gm_env(second);
}

static uint32_t number(struct gamut *g, const char *name, uint32_t preset)
{
  const char *text = gm_env(name);
  int64_t n = preset;

  if (text && !gm_parse_i64(text, 1, 1000000000, &n))
    gm_warn(&g->log, "%s: '%s' is no number from 1 on; it counts as %u", name,
            text, preset);
  return (uint32_t)n;
}

/* ---- where to
 * -------------------------------------------------------------------- */

/* That of traces is whole, the common one is a base. */
static char *url_of(struct gamut *g)
{
  const char *traces = gm_env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  const char *base = gm_setting_str(&g->settings, "otlp_endpoint");
  struct gm_buf b = GM_BUF_INIT(GM_URL_MAX);

  if (traces)
    return gm_strdup(traces);
  if (!base || !*base)
    return NULL;
  gm_buf_addf(&b, "%s%sv1/traces", base, gm_ends(base, "/") ? "" : "/");
  return gm_buf_take(&b);
}

/* We speak one of its three protocols.  A port for protobuf takes JSON, too. */
static bool is_ours(struct gamut *g)
{
  const char *protocol =
    either("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL");
  const char *exporter = gm_env("OTEL_TRACES_EXPORTER");
  const char *off = gm_env("OTEL_SDK_DISABLED");

  if (off && gm_strieq(off, "true"))
    return false;
  if (exporter && !gm_streq(exporter, "otlp")) {
    if (!gm_streq(exporter, "none"))
      gm_warn(&g->log,
              "OTEL_TRACES_EXPORTER: '%s' is not spoken here, otlp is: "
              "no traces",
              exporter);
    return false;
  }
  if (protocol && gm_streq(protocol, "grpc")) {
    gm_warn(&g->log, "OTEL_EXPORTER_OTLP_PROTOCOL: grpc is not spoken here, "
                     "http/json is: no traces");
    return false;
  }
  return true;
}

/* ---- who we are
 * ------------------------------------------------------------------- */

struct resource {
  struct gm_buf text;
  bool has_name;
};

static bool add_attribute(void *user, const char *name, const char *value)
{
  struct resource *r = user;

  if (gm_streq(name, "service.name")) {
    if (r->has_name)
      return true;
    r->has_name = true;
  }
  gm_buf_add(&r->text, r->text.len > 1 ? ",{\"key\":" : "{\"key\":");
  gm_buf_add_json(&r->text, name);
  gm_buf_add(&r->text, ",\"value\":{\"stringValue\":");
  gm_buf_add_json(&r->text, value);
  gm_buf_add(&r->text, "}}");
  return true;
}

/* OTEL_SERVICE_NAME wins over service.name among the attributes. */
static char *resource_of(struct gamut *g)
{
  const char *name = gm_setting_str(&g->settings, "service_name");
  const char *more = gm_env("OTEL_RESOURCE_ATTRIBUTES");
  struct resource r = { .text = GM_BUF_INIT(256u << 10) };

  gm_buf_addc(&r.text, '[');
  if (name)
    add_attribute(&r, "service.name", name);
  if (more && !gm_otlp_pairs(more, add_attribute, &r))
    gm_warn(&g->log, "OTEL_RESOURCE_ATTRIBUTES is no name=value,name=value");
  if (!r.has_name)
    add_attribute(&r, "service.name", "gamut");
  add_attribute(&r, "telemetry.sdk.name", "gamut");
  add_attribute(&r, "telemetry.sdk.language", "c");
  add_attribute(&r, "telemetry.sdk.version", GAMUT_VERSION);
  gm_buf_addc(&r.text, ']');
  return gm_buf_take(&r.text);
}

/* ---- which traces
 * ------------------------------------------------------------------- */

static void choose_sampler(struct gamut *g)
{
  static const char prefix[] = "parentbased_";
  const char *name = gm_env("OTEL_TRACES_SAMPLER");
  const char *share = gm_env("OTEL_TRACES_SAMPLER_ARG");
  double ratio = 1;

  g->tracer.sampled = ALL_SAMPLED;
  g->tracer.parent_decides = !name || gm_starts(name, prefix);
  if (!name)
    return;
  if (g->tracer.parent_decides)
    name += sizeof(prefix) - 1;
  if (gm_streq(name, "always_off")) {
    g->tracer.sampled = 0;
  } else if (gm_streq(name, "traceidratio")) {
    if (share && !gm_parse_real(share, 0, 1, &ratio))
      gm_warn(&g->log, "OTEL_TRACES_SAMPLER_ARG: '%s' is none of 0 to 1",
              share);
    g->tracer.sampled = (uint64_t)(ratio * (double)ALL_SAMPLED);
  } else if (!gm_streq(name, "always_on")) {
    gm_warn(&g->log, "OTEL_TRACES_SAMPLER: '%s' is not known: all are sampled",
            gm_env("OTEL_TRACES_SAMPLER"));
  }
}

void gm_trace_open(struct gamut *g)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  _cleanup_free_ char *url = url_of(g), *resource = NULL;
  struct gm_otlp_options o = {
    .headers =
      either("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"),
  };

  g->tracer.log = &g->log;
  g->tracer.wall_us = (int64_t)gm_wall_ms() * 1000 - (int64_t)gm_mono_us();
  choose_sampler(g);
  if (!url || !is_ours(g))
    return;
  resource = resource_of(g);
  o.url = url;
  o.resource = resource;
  o.timeout_ms = number(g,
                        gm_env("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT")
                          ? "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT"
                          : "OTEL_EXPORTER_OTLP_TIMEOUT",
                        10000);
  o.delay_ms = number(g, "OTEL_BSP_SCHEDULE_DELAY", 5000);
  o.queue_max = number(g, "OTEL_BSP_MAX_QUEUE_SIZE", 2048);
  o.batch_max = number(g, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512);
  if (gm_otlp_new(g->loop, g->http, &g->log, g->engine.meters, &o,
                  &g->tracer.otlp, &err))
    gm_warn(&g->log, "no traces: %s", gm_error_text(&err));
}

void gm_trace_close(struct gamut *g)
{
  if (!g->tracer.otlp)
    return;
  gm_otlp_flush(g->tracer.otlp, CLOSE_MS);
  gm_otlp_free(GM_TAKE(g->tracer.otlp));
}

/* ---- the request
 * ---------------------------------------------------------------------- */

static void put_money(struct gm_span *s, const struct gamut_result *r)
{
  if (r->cost_microusd >= 0) {
    gm_span_real(s, "gamut.cost_usd", (double)r->cost_microusd / 1e6);
    gm_span_bool(s, "gamut.cost_estimated", r->estimated);
  }
  gm_span_bool(s, "gamut.maybe_charged", r->maybe_charged);
}

void gm_trace_request(const struct gm_run *run, const struct gamut_result *r)
{
  const struct gm_trace *t = run->job.trace;
  const char *class_name = NULL;
  struct gm_span s;

  if (!r || !gm_trace_is_on(t))
    return;
  if (r->err.error_class)
    class_name = gm_policy_of(r->err.error_class)->name;
  gm_span_begin(&s, t, t->root, t->parent, "gamut.request", GM_SPAN_INTERNAL,
                t->root_us, gm_mono_us());
  gm_span_text(&s, "gamut.job", r->id);
  gm_span_text(&s, "gamut.correlation_id", r->correlation_id);
  gm_span_text(&s, "gamut.operation", r->operation);
  gm_span_text(&s, "gamut.status", gm_status_name(r->status));
  gm_span_text(&s, "gen_ai.provider.name", r->provider);
  gm_span_text(&s, "gen_ai.request.model", r->model);
  if (run->job.instance)
    gm_span_text(&s, "gamut.slot", run->job.instance->proof);
  gm_span_labels(&s);
  gm_span_int(&s, "gamut.attempts", r->n_attempts);
  gm_span_int(&s, "gamut.artifacts", r->n_artifacts);
  put_money(&s, r);
  gm_span_end(&s, &t->root_events, class_name, gm_error_text(&r->err));
}
