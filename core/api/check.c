/* check.c - the rules of gamut.h about threads and fork, and how errors leave. */
#include "api/context.h"
#include "base/str.h"
#include <string.h>
#include <unistd.h>

int32_t gm_report(struct gm_error *err, struct gamut_error *ret_error)
{
  int32_t error_class = err->error_class;
  const char *text = gm_error_text(err);
  size_t len;

  if (ret_error) {
    len = gm_utf8_cut(text, strlen(text), sizeof(ret_error->message) - 1);
    ret_error->error_class = error_class;
    memcpy(ret_error->message, text, len);
    ret_error->message[len] = '\0';
  }
  gm_error_finish(err);
  return error_class;
}

int32_t gm_enter(const struct gamut *g, struct gamut_error *ret_error)
{
  struct gm_error err = GM_ERROR_INIT;

  if (!g)
    gm_fail(&err, GAMUT_E_INVALID, "no context");
  else if (g->pid != getpid())
    gm_fail(&err, GAMUT_E_INVALID,
            "this context belongs to the parent process; open one after fork");
  else if (!(g->flags & GAMUT_THREAD) &&
           !pthread_equal(g->owner, pthread_self()))
    gm_fail(&err, GAMUT_E_INVALID,
            "called from another thread than the one that opened the context "
            "(GAMUT_THREAD allows that)");
  else
    return 0;
  return gm_report(&err, ret_error);
}

int32_t gm_enter_wait(const struct gamut *g, struct gamut_error *ret_error)
{
  struct gm_error err = GM_ERROR_INIT;
  int32_t rc = gm_enter(g, ret_error);

  if (rc || !g->in_callback || !pthread_equal(g->owner, pthread_self()))
    return rc;
  gm_fail(&err, GAMUT_E_INVALID,
          "this waits for the engine, and would wait for itself inside a "
          "callback");
  return gm_report(&err, ret_error);
}
