/* meter_private.h - rows and series; private to core/job/meter*.c. */
#ifndef GM_JOB_METER_PRIVATE_H
#define GM_JOB_METER_PRIVATE_H

#include "base/list.h"
#include "base/map.h"
#include "job/meter.h"

enum gm_meter_type { GM_COUNTER, GM_GAUGE, GM_HISTOGRAM };

#define GM_LABELS 3
struct gm_meter_row {
  const char *name, *labels[GM_LABELS], *help;
  enum gm_meter_type type;
  int64_t units; /* in the 1 that is printed */
};
extern const struct gm_meter_row gm_meter_rows[GM_N_METERS];

/* Upper bounds in milliseconds; above the last is +Inf. */
#define GM_BOUNDS 14
extern const int64_t gm_meter_bounds[GM_BOUNDS];

struct gm_reading {
  int64_t value; /* of a histogram how many */
  int64_t sum;
  int64_t buckets[GM_BOUNDS]; /* each for itself; what is above is in value */
};

struct gm_series {
  struct gm_list link; /* in the row's, in the order in which they came */
  const char *labels[GM_LABELS];
  struct gm_reading now, told;
  char text[];
};

struct gm_meters {
  const struct gm_log *log;
  struct gm_map series; /* row and labels -> struct gm_series */
  struct gm_list rows[GM_N_METERS];
  struct gm_series *last[GM_N_METERS]; /* that was asked for; NULL */
  uint32_t n[GM_N_METERS];
};

/* Made when it is new; NULL: no memory. */
struct gm_series *gm_series_of(struct gm_meters *m, enum gm_meter id,
                               const char *const labels[GM_LABELS]);

#endif
