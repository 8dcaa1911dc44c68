/* call_fixture.h - what a test needs to call a provider without a network: an
 * instance of a provider of the test's own, and an exchange with a made reply.
 */
#ifndef GM_TESTS_CALL_FIXTURE_H
#define GM_TESTS_CALL_FIXTURE_H

#include "plugin/call.h"
#include <check.h>
#include <string.h>

#undef fail /* an old macro of Check; a service has this name */

struct fixture {
  struct gm_settings settings;
  struct gm_registry *registry;
  struct gm_instances *all;
  struct gm_instance *i;
  struct gm_log log;
  struct gm_call call;
  struct gm_call_in in;
  struct gm_exchange x;
};

static inline void fixture_set(struct fixture *f, const char *name,
                               const char *value)
{
  struct gm_error err = GM_ERROR_INIT;
  int32_t rc = gm_settings_set(&f->settings, name, value, &err);

  ck_assert_msg(rc == 0, "%s", gm_error_text(&err));
}

/* Before it: gm_settings values by fixture_set() on a zeroed fixture. */
static inline void fixture_open(struct fixture *f,
                                const struct gamut_provider *p)
{
  struct gm_error err = GM_ERROR_INIT;
  int32_t rc;

  rc = gm_registry_new("/nonexistent", &f->log, &f->registry, &err);
  ck_assert_msg(rc == 0, "%s", gm_error_text(&err));
  rc = gm_registry_add(f->registry, p, &err);
  ck_assert_msg(rc == 0, "%s", gm_error_text(&err));
  rc = gm_instances_new(f->registry, &f->settings, &f->log, &f->all);
  ck_assert_int_eq(rc, 0);
  rc = gm_instance_get(f->all, p->name, &f->i, &err);
  ck_assert_msg(rc == 0, "%s", gm_error_text(&err));
  ck_assert_int_eq(gm_call_init(&f->call, &f->log), 0);
  f->in = (struct gm_call_in){ .event = GAMUT_EV_START,
                               .phase = -1,
                               .job_id = "job",
                               .attempt_id = "attempt" };
  gm_exchange_init(&f->x);
}

/* Make the exchange look answered; `type` NULL: no content type. */
static inline void fixture_reply(struct fixture *f, int32_t status,
                                 const char *type, const char *body)
{
  gm_exchange_reset(&f->x);
  gm_reader_init(&f->x.reader, 1024 * 1024, 16 * 1024 * 1024);
  f->x.status = status;
  f->x.content_type = type ? type : "";
  ck_assert_int_eq(gm_reader_feed(&f->x.reader, body, strlen(body), NULL), 0);
  f->in.event = GAMUT_EV_REPLY;
  f->in.phase = 0;
  f->in.exchange = &f->x;
}

static inline void fixture_header(struct fixture *f, const char *name,
                                  const char *value)
{
  gm_buf_addf(&f->x.header_text, "%s: %s\n", name, value);
}

static inline void fixture_close(struct fixture *f)
{
  gm_exchange_finish(&f->x);
  gm_call_finish(&f->call);
  gm_instances_free(f->all);
  gm_registry_free(f->registry);
  gm_settings_finish(&f->settings);
  gm_log_finish(&f->log);
}

#endif
