/* The hosts of all emulated vendors in one table.  A vendor is a line here. */
#include "hosts.h"

#include "fal.h"
#include "google.h"
#include "higgsfield.h"
#include "modelgates.h"
#include "openai.h"
#include "runway.h"
#include "visgate.h"

#include <stdlib.h>

/* Cloud Storage keeps the files of two of them: by its JSON interface for who
 * has a token, and in the open. */
static void answer_storage(struct em_request *rq)
{
  if (em_starts(rq->path, "/storage/v1/"))
    google_storage_answer(rq);
  else
    vg_answer_files(rq);
}

static const struct em_host shared_hosts[] = {
  { "storage.googleapis.com", NULL, answer_storage },
  { NULL, NULL, NULL },
};

static const struct em_host *const vendors[] = {
  em_fal_hosts,    em_google_hosts, em_higgsfield_hosts, em_modelgates_hosts,
  em_openai_hosts, em_runway_hosts, em_visgate_hosts,    shared_hosts,
};

const struct em_host *em_all_hosts(void)
{
  static struct em_host *all;
  const struct em_host *h;
  size_t i, n = 0;

  for (i = 0; i < EM_LEN(vendors) && !all; i++)
    for (h = vendors[i]; h->name; h++)
      n++;
  if (all)
    return all;
  all = em_alloc((n + 1) * sizeof(*all));
  for (i = n = 0; i < EM_LEN(vendors); i++)
    for (h = vendors[i]; h->name; h++)
      all[n++] = *h;
  return all;
}
