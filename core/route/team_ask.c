/* team_ask.c - what is asked of a member: what was asked of its lead, of fewer
 * links or for a part of n. */
#include "job/input.h"
#include "job/trace.h"
#include "route/team.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static bool put(struct json_object *o, const char *name, struct json_object *v)
{
  return v && json_object_object_add(o, name, v) == 0;
}

static bool copy_fields(const struct gm_run *lead, struct gm_ask *a, uint32_t n)
{
  json_object_put(a->fields);
  a->fields = NULL;
  if (lead->fields)
    (void)json_object_deep_copy(lead->fields, &a->fields, NULL);
  else
    a->fields = gm_json_parse_once(lead->fields_text, strlen(lead->fields_text),
                                   NULL, NULL);
  if (!a->fields)
    return false;
  json_object_object_del(a->fields, "n");
  return n < 2 || put(a->fields, "n", json_object_new_int64(n));
}

static int64_t spent_by(const struct gm_run *run)
{
  return run->cost.known && run->cost.microusd >= 0 ? run->cost.microusd
                                                    : run->price_microusd;
}

/* What is left of the most that all may cost together, in whole millionths:
 * three parts of six cents are two each.  Negative: no limit. */
static double budget_of(const struct gm_run *lead, enum gm_why why, uint32_t n)
{
  int64_t left = llround(lead->max_cost * 1e6);
  const struct gm_member *m;

  if (left < 0 || why == GM_WHY_FIRST || why == GM_WHY_HEDGE)
    return lead->max_cost; /* each within it, as --help says */
  if (why == GM_WHY_PART)
    return (double)(left * n / lead->team->n) / 1e6;
  GM_EACH_MEMBER(lead->team, m)
  {
    if (m->run)
      left -= GM_MAX(spent_by(m->run), 0);
  }
  return (double)GM_MAX(left, 0) / 1e6;
}

/* Below the lead's span. */
static bool put_trace(const struct gm_trace *t, struct json_object *control)
{
  char text[GM_TRACEPARENT_SIZE];

  if (!t)
    return true;
  snprintf(text, sizeof(text), "00-%s-%s-%s", t->id, t->root,
           t->sampled ? "01" : "00");
  return put(control, "traceparent", json_object_new_string(text));
}

/* Time, names and the order of links are the lead's. */
static bool copy_control(const struct gm_run *lead, struct gm_ask *a,
                         enum gm_why why, uint32_t n)
{
  static const char *const leads[] = { "hedge", "spread", "route", "output" };
  double most = budget_of(lead, why, n);
  struct json_object *c;
  size_t i;

  c = gm_json_parse_once(lead->plan_text, strlen(lead->plan_text), NULL, NULL);
  if (!c)
    return false;
  json_object_put(a->control);
  a->control = c;
  for (i = 0; i < GM_LEN(leads); i++)
    json_object_object_del(c, leads[i]);
  if (why != GM_WHY_FIRST) {
    json_object_object_del(c, "prefer");
    if (!put(c, "cache", json_object_new_string("off")))
      return false;
  }
  return put(c, "timeout", json_object_new_int64(0)) &&
         (!lead->plan.name ||
          put(c, "output", json_object_new_string(lead->plan.name))) &&
         (most < 0 || put(c, "max_cost", gm_json_new_real(most))) &&
         put_trace(lead->job.trace, c);
}

static bool copy_links(const struct gm_link *links, uint32_t n,
                       struct gm_ask *a)
{
  char text[512];
  uint32_t i;

  for (i = 0; i < n; i++) {
    snprintf(text, sizeof(text), "%s:%s", links[i].provider, links[i].model);
    if (gm_ask_link(a, text, NULL))
      return false;
  }
  return true;
}

static bool copy_inputs(const struct gm_run *lead, struct gm_ask *a)
{
  uint32_t i;

  for (i = 0; i < lead->n_inputs; i++) {
    const struct gm_input *in = &lead->inputs[i];

    if (gm_ask_input_held(a, in->role, in->path ? in->path : in->source,
                          in->held ? gm_held_ref(in->held) : NULL, NULL))
      return false;
  }
  return true;
}

struct gm_ask *gm_team_ask(const struct gm_run *lead, enum gm_why why,
                           const struct gm_link *links, uint32_t n_links,
                           uint32_t n)
{
  struct gm_ask *a = gm_ask_new();

  if (a && copy_fields(lead, a, n) && copy_control(lead, a, why, n) &&
      copy_links(links, n_links, a) && copy_inputs(lead, a))
    return a;
  gm_ask_free(a);
  return NULL;
}
