/* facts.c - cost, ids, and who did the work. */
#include "modelgates.h"
#include <string.h>

int gate_is_true(struct gamut_call *c, const struct gamut_json *o,
                 const char *path)
{
  const struct gamut_json *value = c->host->json_get(o, path);

  return c->host->json_type(value) == GAMUT_JSON_BOOL &&
         strcmp(c->host->json_text(c, value), "true") == 0;
}

void gate_put_number(struct gamut_call *c, struct gamut_json *to,
                     const char *name, double v, double parts)
{
  const struct gamut_host *h = c->host;
  double scaled = v * parts;

  if (scaled > -1e15 && scaled < 1e15)
    v = (double)(int64_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5) / parts;
  if (v > -1e15 && v < 1e15 && (double)(int64_t)v == v)
    h->json_set_int(to, name, (int64_t)v);
  else
    h->json_set_real(to, name, v);
}

void gate_tell_cost(struct gamut_call *c, const struct gamut_json *reply,
                    const char *unit, double amount)
{
  double usd = c->host->json_real(reply, "usage/cost", -1);

  /* null with a key of the user's own upstream: that one sends the bill, and
   * the host estimates it by the catalog. */
  if (usd >= 0 && usd < 1e6)
    c->host->usage(c, unit, amount, (int64_t)(usd * 1e6 + 0.5));
}

/* With the setting "metadata": the endpoint that was taken. */
static const char *upstream_of(struct gamut_call *c,
                               const struct gamut_json *reply)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *list =
    h->json_get(reply, "openrouter_metadata/endpoints/available");
  const struct gamut_json *one;
  uint32_t i;

  for (i = 0; (one = h->json_member(list, i, NULL)); i++)
    if (gate_is_true(c, one, "selected"))
      return h->json_str(one, "provider", NULL);
  return NULL;
}

void gate_tell_facts(struct gamut_call *c, const struct gamut_json *reply)
{
  const struct gamut_host *h = c->host;
  const char *id = h->reply_header(c, "x-generation-id");

  h->fact(c, "generation_id", h->json_str(reply, "generation_id", id));
  h->fact(c, "upstream", upstream_of(c, reply));
  if (gate_is_true(c, reply, "usage/is_byok"))
    h->fact(c, "byok", "true");
}
