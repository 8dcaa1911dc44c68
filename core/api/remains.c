/* remains.c - what the ledger still says of a job whose record is gone.
 *
 * The record of a job that has ended is removed after a while (keep_jobs), its
 * entry in the ledger stays.  A request that several jobs worked on has none of
 * its own: theirs name it, and they came after it, so they stand behind the
 * time that its id begins with. */
#include "api/jobs.h"
#include "base/str.h"
#include "route/ledger.h"
#include <stdio.h>
#include <string.h>

#define ID_TIME 10 /* letters of an id that are the time */

struct remains {
  struct gm_waited_look w;
  const char *id;
  char from[ID_TIME + 1], of[GAMUT_ID_SIZE + 16];
  int32_t found;
};

static bool is_of(const struct remains *r, const struct gamut_store_row *row)
{
  return gm_streq(row->key, r->id) ||
         (row->body_len > 0 &&
          memmem(row->body, row->body_len, r->of, strlen(r->of)));
}

static int32_t remains_of(const struct gamut_store_row *row)
{
  int64_t facts = row->numbers[GM_CHARGE_FACTS];

  if (row->numbers[GM_CHARGE_RESERVED] || row->numbers[GM_CHARGE_SETTLED] ||
      row->numbers[GM_CHARGE_MAYBE] || GM_FACT_UNKNOWN(facts) ||
      GM_FACT_RESERVED(facts))
    return GM_REMAINS_PAID;
  return GM_FACT_STATUS(facts) == GM_CHARGE_FAILED ? GM_REMAINS_FREE
                                                   : GM_REMAINS_COUNTS;
}

/* One that counts is enough, and behind a job's own entry there is nothing. */
static int32_t remains_row(void *user, const struct gamut_store_row *row)
{
  struct remains *r = user;

  if (!is_of(r, row))
    return 0;
  r->found = remains_of(row);
  return r->found >= GM_REMAINS_COUNTS || gm_streq(row->key, r->id);
}

static int32_t run_remains(struct gm_look *k, const struct gamut_store *type,
                           void *handle, char *message)
{
  struct remains *r = GM_CONTAINER(k, struct remains, w.look);
  const struct gamut_store_query q = { .struct_size = sizeof(q),
                                       .table = GM_TABLE_CHARGE,
                                       .from = r->from };
  int32_t rc = type->scan(handle, &q, remains_row, r, message);

  return rc == 1 ? 0 : rc;
}

int32_t gm_job_remains(struct gamut *g, const char *id, int32_t *ret,
                       struct gm_error *err)
{
  struct remains r = { .w.look.run = run_remains,
                       .id = id,
                       .found = GM_REMAINS_NOTHING };

  memcpy(r.from, id, ID_TIME);
  snprintf(r.of, sizeof(r.of), GM_CHARGE_OF "\"%s\"", id);
  if (gm_look_and_wait(g, &r.w)) {
    gm_error_move(err, &r.w.err);
    return err->error_class;
  }
  *ret = r.found;
  return 0;
}
