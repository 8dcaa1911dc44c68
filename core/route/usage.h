/* usage.h - the ledger summed up: what was asked for, what it cost. */
#ifndef GM_ROUTE_USAGE_H
#define GM_ROUTE_USAGE_H

#include "base/error.h"
#include "base/json.h"
#include <gamut/store.h>

enum gm_usage_by {
  GM_USAGE_TOTAL,
  GM_USAGE_PROVIDER,
  GM_USAGE_MODEL,
  GM_USAGE_PROJECT,
  GM_USAGE_USER,
  GM_USAGE_TAG,
  GM_USAGE_DAY,
  GM_USAGE_STATUS
};
extern const char *const gm_usage_words[]; /* their names, and NULL */
struct gm_usage_query {
  int64_t from_ms, to_ms; /* from <= submitted < to */
  enum gm_usage_by by;
};
/* {"period": "day", "week", "month" (preset), "year" or "FROM..TO"}, or
 * {"from", "to"}; "by".  NULL for none of it.  INVALID says what is allowed. */
int32_t gm_usage_read(const char *json, int64_t now_ms,
                      struct gm_usage_query *ret, struct gm_error *err);

struct gm_usage;
struct gm_usage *gm_usage_new(const struct gm_usage_query *q);
void gm_usage_free(struct gm_usage *u);
/* Scan the ledger of this store.  [store thread] */
int32_t gm_usage_scan(struct gm_usage *u, const struct gamut_store *type,
                      void *handle, char *message);
struct json_object *
gm_usage_json(const struct gm_usage *u); /* NULL: no memory */

#endif
