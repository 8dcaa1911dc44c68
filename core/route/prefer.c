/* prefer.c - which link of a route comes first.
 *
 * Every link gets one number, the lower the better, and the links are put into
 * the order of the numbers.  Unknown is not zero: it is worse than all that is
 * known. */
#include "route/prefer.h"
#include "base/str.h"
#include "route/bind.h"
#include <math.h>

static const char *const names[] = { "order", "cheapest", "fastest",
                                     "balanced" };

uint8_t gm_prefer_of(const char *text)
{
  uint8_t i;

  for (i = 0; text && i < GM_LEN(names); i++) {
    if (gm_streq(text, names[i]))
      return i;
  }
  return GM_PREFER_ORDER;
}

const char *gm_prefer_name(uint8_t prefer)
{
  return names[prefer < GM_LEN(names) ? prefer : GM_PREFER_ORDER];
}

void gm_outlook_of(const struct gm_run *run, uint32_t i, struct gm_outlook *ret)
{
  const struct gm_link *l = &run->links[i];
  struct gm_price price;

  *ret = (struct gm_outlook){ -1, -1, false };
  if (gm_bind_quote(run, i, &price))
    ret->microusd = price.microusd;
  ret->ms = gm_usual_p50(gm_run_usual(run, i));
  ret->measured = ret->ms >= 0;
  if (ret->ms < 0 && gm_model_latency_ms(l->entry) > 0)
    ret->ms = gm_model_latency_ms(l->entry);
}

/* The lowest known figure of all, or -1. */
static int64_t lowest(const struct gm_outlook *all, uint32_t n, bool money)
{
  int64_t least = -1;
  uint32_t i;

  for (i = 0; i < n; i++) {
    int64_t v = money ? all[i].microusd : all[i].ms;

    if (v >= 0 && (least < 0 || v < least))
      least = v;
  }
  return least;
}

/* How many times the lowest; one more, since what costs nothing is a figure. */
static double times(int64_t value, int64_t least)
{
  return value < 0 ? INFINITY : (double)(value + 1) / (double)(least + 1);
}

/* What nobody knows of any link decides nothing. */
static double score(uint8_t prefer, const struct gm_outlook *o,
                    int64_t least_cost, int64_t least_ms)
{
  double cost = least_cost < 0 ? 0 : times(o->microusd, least_cost);
  double time = least_ms < 0 ? 0 : times(o->ms, least_ms);

  if (prefer == GM_PREFER_CHEAPEST)
    return cost;
  return prefer == GM_PREFER_FASTEST ? time : cost + time;
}

static void swap(struct gm_link *links, double *scores, uint32_t i)
{
  struct gm_link link = links[i];
  double s = scores[i];

  links[i] = links[i - 1];
  scores[i] = scores[i - 1];
  links[i - 1] = link;
  scores[i - 1] = s;
}

void gm_prefer_sort(struct gm_run *run)
{
  struct gm_outlook outlook[GM_ASK_LINKS_MAX];
  double scores[GM_ASK_LINKS_MAX];
  uint32_t i, k;

  if (run->prefer == GM_PREFER_ORDER || run->n_links < 2 ||
      run->n_links > GM_ASK_LINKS_MAX)
    return;
  for (i = 0; i < run->n_links; i++)
    gm_outlook_of(run, i, &outlook[i]);
  for (i = 0; i < run->n_links; i++)
    scores[i] =
      score(run->prefer, &outlook[i], lowest(outlook, run->n_links, true),
            lowest(outlook, run->n_links, false));
  for (i = 1; i < run->n_links; i++) {
    for (k = i; k > 0 && scores[k] < scores[k - 1]; k--)
      swap(run->links, scores, k);
  }
}
