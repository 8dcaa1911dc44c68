/* request.c - building a request: the public face of route/ask.c. */
#include "api/request.h"
#include "api/context.h"

const struct gamut_field *gamut_request_field(uint32_t i)
{
  uint32_t k;

  for (k = 0; k < i && gm_ask_fields[k].name; k++)
    ;
  return gm_ask_fields[k].name ? &gm_ask_fields[k] : NULL;
}

static struct gamut_request *wrap(struct gm_ask *ask)
{
  struct gamut_request *r = ask ? gm_alloc(sizeof(*r)) : NULL;

  if (!r) {
    gm_ask_free(ask);
    return NULL;
  }
  r->ask = ask;
  return r;
}

struct gamut_request *gamut_request_new(void)
{
  return wrap(gm_ask_new());
}

void gamut_request_free(struct gamut_request *r)
{
  if (!r)
    return;
  gm_ask_free(r->ask);
  gm_free(r);
}

struct gamut_request *gamut_request_copy(const struct gamut_request *r)
{
  return r ? wrap(gm_ask_copy(r->ask)) : NULL;
}

/* A NULL request is a failed gamut_request_new(). */
static int32_t report(const struct gamut_request *r, struct gm_error *err,
                      struct gamut_error *ret_error)
{
  if (!r)
    gm_fail(err, GAMUT_E_NOMEM, "no memory for a request");
  return gm_report(err, ret_error);
}

int32_t gamut_request_set(struct gamut_request *r, const char *name,
                          const char *value, struct gamut_error *ret_error)
{
  struct gm_error err = GM_ERROR_INIT;

  if (r)
    gm_ask_set(r->ask, name, value, &err);
  return report(r, &err, ret_error);
}

int32_t gamut_request_link(struct gamut_request *r, const char *link,
                           struct gamut_error *ret_error)
{
  struct gm_error err = GM_ERROR_INIT;

  if (r)
    gm_ask_link(r->ask, link, &err);
  return report(r, &err, ret_error);
}

int32_t gamut_request_input(struct gamut_request *r, const char *role,
                            const char *source, struct gamut_error *ret_error)
{
  struct gm_error err = GM_ERROR_INIT;

  if (r)
    gm_ask_input(r->ask, role, source, &err);
  return report(r, &err, ret_error);
}

int32_t gamut_request_extra(struct gamut_request *r, const char *name,
                            const char *value, struct gamut_error *ret_error)
{
  struct gm_error err = GM_ERROR_INIT;

  if (r)
    gm_ask_extra(r->ask, name, value, &err);
  return report(r, &err, ret_error);
}

int32_t gamut_request_option(struct gamut_request *r, const char *name,
                             const char *value, struct gamut_error *ret_error)
{
  struct gm_error err = GM_ERROR_INIT;

  if (r)
    gm_ask_option(r->ask, name, value, &err);
  return report(r, &err, ret_error);
}
