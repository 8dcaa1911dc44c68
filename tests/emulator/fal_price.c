/* fal_price.c - what a job costs, by what the models' pages say: so much for a
 * megapixel (1024 x 1024) of each picture, begun ones count whole, or so much
 * for a picture.  Models that are not here count pictures, and cost nobody
 * knows what. */
#include "fal.h"

#include <string.h>

#define MEGAPIXEL (1024 * 1024)

static const struct price {
  const char *id;
  bool by_megapixel;
  int64_t microusd;
} prices[] = {
  { "fal-ai/flux/dev", true, 25000 },
  { "fal-ai/flux/schnell", true, 3000 },
  { "fal-ai/flux-pro/v1.1", true, 40000 },
  { "fal-ai/flux-pro/v1.1-ultra", false, 60000 },
};

static const struct price *price_of(const struct em_job *job)
{
  size_t i;

  for (i = 0; i < EM_LEN(prices); i++)
    if (!strcmp(prices[i].id, job->endpoint))
      return &prices[i];
  return NULL;
}

unsigned fal_units(const struct em_job *job)
{
  const struct price *p = price_of(job);
  uint64_t pixels = (uint64_t)job->width * job->height;

  if (!p || !p->by_megapixel)
    return job->n_outputs;
  return job->n_outputs * (unsigned)((pixels + MEGAPIXEL - 1) / MEGAPIXEL);
}

int64_t fal_price(const struct em_job *job)
{
  const struct price *p = price_of(job);

  return p ? p->microusd * fal_units(job) : 0;
}
