/* instance_fixture.h - a provider with two ways to authorize, and a context
 * around it, for the tests of instances and credentials. */
#ifndef TESTS_UNIT_INSTANCE_FIXTURE_H
#define TESTS_UNIT_INSTANCE_FIXTURE_H

#include "plugin/plugin_private.h"
#include "scratch.h"
#include "unit.h"
#include <stdio.h>
#include <stdlib.h>

static int32_t fixture_step(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->done(c);
}

static const struct gamut_key fixture_keys[] = {
  { "api_key", "FAL_KEY FAL_API_KEY", NULL, "tmp_|eph_", "the key",
    GAMUT_STRING, GAMUT_KEY_SECRET, 0, 0 },
  { "key_id", "FAL_KEY_ID", NULL, NULL, "its first half", GAMUT_STRING, 0, 0,
    0 },
  { "key_secret", "FAL_KEY_SECRET", NULL, NULL, "its second half", GAMUT_STRING,
    GAMUT_KEY_SECRET, 0, 0 },
  { "poll", "FAL_POLL", "500ms", NULL, "pause", GAMUT_MSEC, 0, 0, 60000 },
  { "priority", NULL, NULL, "low|normal", "queue", GAMUT_CHOICE, 0, 0, 0 },
  { "own_key", "FAL_OWN_KEY", NULL, NULL, "sent along with api_key",
    GAMUT_STRING, GAMUT_KEY_SECRET, 0, 0 },
};
static const struct gamut_credential fixture_credentials[] = {
  { NULL, "authorization", "Key {api_key}" },
  { NULL, "Authorization", "Key {key_id}:{key_secret}" },
  { NULL, "x-priority", "{priority}" },
  { NULL, "x-own-key", "{?api_key}{own_key}" },
  { "https://rest.fal.test:8443", "authorization", "Key {api_key}" },
  { "https://cdn.fal.test", NULL, NULL },
};
static const struct gamut_provider fixture_fal = {
  .struct_size = sizeof(fixture_fal),
  .name = "fal",
  .homepage = "https://fal.ai/dashboard/keys",
  .base_url = "https://queue.fal.test",
  .keys = GAMUT_TABLE(fixture_keys),
  .credentials = GAMUT_TABLE(fixture_credentials),
  .step = fixture_step,
};

/* Before each test: Check can be told not to fork. */
static inline void fixture_clear(void)
{
  static const char *const names[] = {
    "FAL_KEY",      "FAL_API_KEY", "FAL_KEY_ID", "FAL_KEY_SECRET", "FAL_POLL",
    "FAL_BASE_URL", "FAL_OWN_KEY", "STRICT_KEY", "STRICT_URL",     "STRICT_HOST"
  };
  size_t i;

  for (i = 0; i < GM_LEN(names); i++)
    unsetenv(names[i]);
}

struct fixture {
  struct gm_settings settings;
  struct gm_log log;
  struct gm_registry *registry;
  struct gm_instances *instances;
};

/* `config`: the text of the file, or NULL. */
static inline void fixture_open(struct fixture *f, const char *config)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;

  *f = (struct fixture){ 0 };
  if (config) {
    const char *path = scratch_path(scratch_folder(), "config.json");

    scratch_text(path, config, 0600);
    ck_assert_msg(gm_settings_load(&f->settings, path, &err) == 0, "%s",
                  gm_error_text(&err));
  }
  ck_assert_int_eq(gm_registry_new("", &f->log, &f->registry, NULL), 0);
  ck_assert_msg(gm_registry_add(f->registry, &fixture_fal, &err) == 0, "%s",
                gm_error_text(&err));
  ck_assert_int_eq(
    gm_instances_new(f->registry, &f->settings, &f->log, &f->instances), 0);
}

static inline void fixture_close(struct fixture *f)
{
  gm_instances_free(f->instances);
  gm_registry_free(f->registry);
  gm_settings_finish(&f->settings);
  gm_log_finish(&f->log);
}

static inline struct gm_instance *fixture_get(struct fixture *f,
                                              const char *name)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  struct gm_instance *i = NULL;

  ck_assert_msg(gm_instance_get(f->instances, name, &i, &err) == 0, "%s",
                gm_error_text(&err));
  return i;
}

#endif
