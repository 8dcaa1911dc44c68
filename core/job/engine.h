/* engine.h - what all jobs of a loop share. */
#ifndef GM_JOB_ENGINE_H
#define GM_JOB_ENGINE_H

#include "base/map.h"
#include "job/usual.h"
#include "loop/http.h"
#include "loop/work.h"
#include "job/meter.h"
#include "plugin/call.h"
#include "store/journal.h"

/* At most so many exchanges are prepared at once; further jobs wait as data. */
#define GM_FLIGHTS_MAX 512
#define GM_WORKERS_MAX 16

struct gm_engine {
  struct gm_loop *loop;
  struct gm_http *http;
  struct gm_log *log;
  struct gm_journal *journal;
  struct gm_meters *meters;
  struct gm_tracer *tracer;
  struct gm_store *store;    /* what processes share; NULL: nothing */
  struct gm_work_pool *pool; /* made when a provider first needs it */
  struct gm_usuals *usuals;  /* how long jobs take; NULL: nobody keeps count */
  struct gm_json_parser *parser;
  struct gm_buf record; /* one in the making: record.c */
  struct gm_call call;     /* the loop thread's; one call at a time */
  struct gm_map jobs;      /* id -> struct gm_job */
  struct gm_list ready;    /* jobs that wait for a flight */
  struct gm_list flights;  /* idle ones */
  struct gm_list accounts; /* limits by provider and credential: limiter.c */
  uint32_t n_flights;
  uint32_t n_parsed;           /* jobs that keep trees: parsed.h */
  struct gm_list token_waits;  /* jobs that wait for a bearer token */
  struct gm_list upload_waits; /* jobs that wait for a file to be uploaded */
  struct gm_map uploads;       /* URLs by content, see upload.c */
  struct gm_list work_waits;   /* jobs that wait for a turn in perform() */
  struct gm_list performs;     /* what runs on the pool, wanted or not */
  uint32_t retry_attempts, retry_base_ms, retry_cap_ms;
  int64_t poll_ms; /* what delays become; -1: as the provider wishes */
  bool sync_files;
};

/* The borrowed parts are set by the caller beforehand. */
int32_t gm_engine_init(struct gm_engine *e);
void gm_engine_finish(struct gm_engine *e); /* no job may be left */

#endif
