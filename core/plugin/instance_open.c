/* instance_open.c - what is worth working out once: the provider's open(), run
 * when the instance is first needed for a job and never for a listing. */
#include "plugin/call.h"
#include "plugin/plugin_private.h"

int32_t gm_instance_open(struct gm_instance *i, struct gm_log *log,
                         struct gm_error *err)
{
  struct gm_call c;
  int32_t rc;

  if (!i->provider->def.open) {
    i->opened = true;
    return 0;
  }
  rc = gm_call_init(&c, log);
  if (rc)
    return gm_fail(err, rc, "out of memory");
  rc = gm_call_open(&c, i);
  i->opened = rc == 0;
  if (rc && err && !err->error_class)
    gm_error_move(err, &c.err);
  gm_call_finish(&c);
  return rc;
}
