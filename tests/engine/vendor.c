/* vendor.c - see vendor.h. */
#include "engine/vendor.h"
#include "api/context.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { WARM, SUBMIT, POLL, CANCEL };
static const char *const phases[] = { "warm", "submit", "poll", "cancel" };

static const struct gamut_reason reasons[] = {
  { 0, GAMUT_OK, "error/message", "*try again in *", 0, 0 },
  { 0, GAMUT_OK, "error/hint", "*", GAMUT_REASON_IF_SILENT, 0 },
  { 0, GAMUT_E_BLOCKED, "error/code", "unsafe", 0, 0 },
  { 0, GAMUT_E_QUOTA, "error/code", "no_credit", 0, 0 },
  { 0, GAMUT_E_CANCELLED, "error/code", "cancelled", 0, 0 },
  { 0, GAMUT_E_PROVIDER, "error/code", "final", GAMUT_REASON_FINAL, 0 },
  { 0, GAMUT_E_PROVIDER, "error/code", "unsure", GAMUT_REASON_DOUBTFUL, 0 },
  { 0, GAMUT_E_INVALID, "error/code", "passing", GAMUT_REASON_AGAIN, 0 },
};

/* "cheap" and "dear" images, a "set" of cheap ones, a cheap "clip"; other
 * models are unpriced. */
#define MODELS(name)                                                           \
  "{\"provider\":\"" name "\",\"models\":["                                    \
  "{\"id\":\"cheap\",\"operations\":[\"text-to-image\"],"                      \
  "\"price\":[{\"unit\":\"image\",\"usd\":0.02}]},"                            \
  "{\"id\":\"dear\",\"operations\":[\"text-to-image\"],"                       \
  "\"price\":[{\"unit\":\"image\",\"usd\":0.5}]},"                             \
  "{\"id\":\"set\",\"operations\":[\"text-to-image\"],\"n\":{\"max\":4},"      \
  "\"price\":[{\"unit\":\"image\",\"usd\":0.02}]},"                            \
  "{\"id\":\"mid\",\"operations\":[\"text-to-image\"],"                        \
  "\"price\":[{\"unit\":\"image\",\"usd\":0.05}]},"                            \
  "{\"id\":\"slow\",\"operations\":[\"text-to-image\"],"                       \
  "\"latency_ms\":60000},"                                                     \
  "{\"id\":\"square\",\"operations\":[\"text-to-image\"],"                     \
  "\"sizes\":{\"list\":[\"64x64\"]}},"                                         \
  "{\"id\":\"clip\",\"operations\":[\"text-to-video\"],"                       \
  "\"price\":[{\"unit\":\"video\",\"usd\":0.02}]}]}"

static int asked(struct gamut_call *c, const char *word)
{
  return strstr(c->host->json_str(c->request, "prompt", ""), word) != NULL;
}

static int32_t ask(struct gamut_call *c, int32_t phase, const char *method,
                   const char *url, uint32_t delay_ms, uint32_t flags)
{
  struct gamut_http x = { .struct_size = sizeof(x) };

  x.phase = phase;
  x.method = method;
  x.url = url;
  x.delay_ms = delay_ms;
  if (phase == POLL && asked(c, "paced"))
    x.delay_ms = x.poll_ms = 200;
  x.flags = flags;
  if (phase == SUBMIT)
    x.json = c->request;
  return c->host->http(c, &x);
}

static int32_t submit(struct gamut_call *c)
{
  uint32_t flags = asked(c, "free") ? 0 : GAMUT_HTTP_BILLABLE;

  if (asked(c, "keyed")) {
    flags |= GAMUT_HTTP_KEYED;
    c->host->header(c, "idempotency-key", c->attempt_id);
  }
  return ask(c, SUBMIT, "POST", "/jobs", 0, flags);
}

static int32_t finish(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *json = c->reply->json;
  uint32_t i;

  for (i = 0; i < h->json_count(json, "images"); i++) {
    struct gamut_artifact a = { .struct_size = sizeof(a) };

    a.kind = asked(c, "video") ? GAMUT_VIDEO : GAMUT_IMAGE;
    a.url = h->json_str(json, h->text(c, "images/%u/url", i), NULL);
    a.mime = h->json_str(json, h->text(c, "images/%u/mime", i), NULL);
    h->artifact(c, &a);
  }
  for (i = 0; i < h->json_count(json, "b64"); i++) {
    struct gamut_artifact a = { .struct_size = sizeof(a) };

    a.kind = GAMUT_IMAGE;
    a.flags = GAMUT_ART_BASE64;
    a.data = h->json_str(json, h->text(c, "b64/%u", i), "");
    a.data_len = strlen(a.data);
    h->artifact(c, &a);
  }
  return h->done(c);
}

static int32_t answered(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *json = c->reply->json;
  const char *status = h->json_str(json, "status", "");
  const char *id = h->json_str(json, "id", NULL);
  double usd = h->json_real(json, "usd", 0);

  if (c->phase == WARM)
    return submit(c);
  if (c->phase == SUBMIT && !id)
    return h->fail(c, GAMUT_E_PROTOCOL, "no id");
  if (usd > 0)
    h->usage(c, "image", 1, (int64_t)(usd * 1e6 + 0.5));
  else if (h->json_get(json, "counted"))
    h->usage(c, "image", h->json_real(json, "counted", 0), -1);
  if (c->phase == SUBMIT) {
    h->json_set_str(c->state, "id", id);
    h->fact(c, "request_id", id);
  }
  if (strcmp(status, "done") == 0)
    return finish(c);
  if (strcmp(status, "failed") == 0)
    return h->fail_reply(c);
  if (strcmp(status, "cancelled") == 0)
    return h->fail(c, GAMUT_E_CANCELLED, "cancelled");
  if (c->phase == CANCEL)
    return h->done(c); /* it has been told */
  h->progress(c, 500, "half way");
  return ask(c, POLL, "GET",
             h->text(c, "/jobs/%s", h->json_str(c->state, "id", "")), 2, 0);
}

static int32_t step(void *instance, struct gamut_call *c)
{
  (void)instance;
  if (c->event == GAMUT_EV_CANCEL)
    return ask(
      c, CANCEL, "DELETE",
      c->host->text(c, "/jobs/%s", c->host->json_str(c->state, "id", "")), 0,
      0);
  if (c->event == GAMUT_EV_START && asked(c, "warm"))
    return ask(c, WARM, "GET", "/hello", 0, 0);
  return c->event == GAMUT_EV_START ? submit(c) : answered(c);
}

#define VENDOR(id)                                                             \
  {                                                                            \
    .struct_size = sizeof(struct gamut_provider), .name = #id,                 \
    .catalog = MODELS(#id), .error_path = "error/message",                     \
    .base_url = "https://" #id ".test", .phases = GAMUT_TABLE(phases),         \
    .reasons = GAMUT_TABLE(reasons), .flags = GAMUT_WANTS_CANCEL, .step = step \
  }
const struct gamut_provider vendor_a = VENDOR(a);
const struct gamut_provider vendor_b = VENDOR(b);
const struct gamut_provider vendor_c = VENDOR(c);

void fix_set(struct fix *f, const char *name, const char *value)
{
  ck_assert_msg(gamut_set(f->g, name, value, &f->err) == 0, "%s: %s", name,
                f->err.message);
}

void fix_provider(struct fix *f, const struct gamut_provider *p)
{
  char name[64], path[64], url[128];

  ck_assert_msg(gamut_register_provider(f->g, p, &f->err) == 0, "%s: %s",
                p->name, f->err.message);
  snprintf(name, sizeof(name), "%s.base_url", p->name);
  snprintf(path, sizeof(path), "/%s", p->name);
  fix_set(f, name, script_url(f->script, path, url, sizeof(url)));
}

void fix_open(struct fix *f, const struct answer *rows, size_t n,
              uint32_t flags)
{
  struct gamut_options o = { .struct_size = sizeof(o),
                             .flags = flags | GAMUT_NO_CONFIG,
                             .log_level = GAMUT_ERROR };

  memset(f, 0, sizeof(*f));
  f->script = script_start(rows, n);
  ck_assert_msg(gamut_open(&o, &f->g, &f->err) == 0, "%s", f->err.message);
  fix_set(f, "retry_max_wait", "5ms");
  fix_set(f, "sync_files", "no");
  fix_set(f, "store", "memory");
  fix_provider(f, &vendor_a);
  fix_provider(f, &vendor_b);
  fix_provider(f, &vendor_c);
}

/* The context first: its thread may be in the middle of an answer. */
void fix_close(struct fix *f)
{
  gamut_close(f->g);
  script_stop(f->script);
}

struct gamut_request *fix_request(const char *links, const char *prompt, ...)
{
  struct gamut_request *r = gamut_request_new();
  char all[256], *at = all, *one;
  struct gamut_error err;
  const char *name;
  va_list ap;

  ck_assert_ptr_nonnull(r);
  snprintf(all, sizeof(all), "%s", links);
  while ((one = strsep(&at, " ")))
    ck_assert_int_eq(gamut_request_link(r, one, NULL), 0);
  ck_assert_int_eq(gamut_request_set(r, "prompt", prompt, NULL), 0);
  va_start(ap, prompt);
  while ((name = va_arg(ap, const char *)))
    ck_assert_msg(gamut_request_set(r, name, va_arg(ap, const char *), &err) ==
                    0,
                  "%s: %s", name, err.message);
  va_end(ap);
  return r;
}

struct gamut_result *fix_run(struct fix *f, struct gamut_request *r)
{
  struct gamut_result *result = NULL;
  int32_t rc = gamut_generate(f->g, r, &result, &f->err);

  if (result)
    ck_assert_int_eq(rc, gamut_result_class(result));
  else
    ck_assert_int_ne(rc, 0);
  gamut_request_free(r);
  return result;
}

struct gamut_result *fix_wait(struct fix *f, const char *id)
{
  const struct gamut_event *e;

  for (;;) {
    e = gamut_next_event(f->g, -1);
    if (e->type != GAMUT_EVENT_DONE)
      continue;
    if (strcmp(e->id, id) == 0)
      return e->result;
    gamut_result_free(e->result);
  }
}

bool fix_has_come(const struct fix *f)
{
  const struct gm_ticket *t =
    GM_CONTAINER(f->g->tickets.prev, struct gm_ticket, link);
  const struct gm_found *found = t->run->job.found;

  return found && found->n_outputs > 0;
}
