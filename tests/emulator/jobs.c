/* The table of jobs.  A job is a row that is written once and then computed:
 * 20,000 of them in flight cost memory and nothing else.  The id begins with
 * the serial number, so finding a job is an array access and a comparison. */
#include "jobs.h"

#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first third of a job's life is spent in the queue. */
#define QUEUE_PERMILLE  300
#define QUEUE_POSITIONS 3

static void make_id(struct em_jobs *jobs, size_t serial, char *id)
{
  uint64_t a = em_mix(jobs->salt ^ serial);
  uint64_t b = em_mix(a);

  snprintf(id, EM_ID_SIZE, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)serial,
           (unsigned)(a & 0xffff), (unsigned)(a >> 16 & 0xfff),
           (unsigned)(0x8000 | (a >> 28 & 0x3fff)),
           (unsigned long long)(b & 0xffffffffffffu));
}

struct em_job *em_job_new(struct em_jobs *jobs)
{
  struct em_job *job = em_alloc(sizeof(*job));

  if (jobs->n == jobs->cap) {
    jobs->cap = jobs->cap ? jobs->cap * 2 : 1024;
    jobs->all = em_realloc(jobs->all, jobs->cap * sizeof(struct em_job *));
  }
  make_id(jobs, jobs->n, job->id);
  jobs->all[jobs->n++] = job;
  return job;
}

static bool hex_value(char c, unsigned *value)
{
  if (c >= '0' && c <= '9')
    *value = *value << 4 | (unsigned)(c - '0');
  else if (c >= 'a' && c <= 'f')
    *value = *value << 4 | (unsigned)(c - 'a' + 10);
  else
    return false;
  return true;
}

/* Compares without dashes: file names carry the id that way. */
static bool same_id(const char *id, const char *other, size_t len)
{
  size_t i = 0;

  for (; *id; id++) {
    if (*id == '-' && (i >= len || other[i] != '-'))
      continue;
    if (i >= len || other[i++] != *id)
      return false;
  }
  return i == len;
}

struct em_job *em_job_find(const struct em_jobs *jobs, const char *id,
                           size_t len)
{
  unsigned serial = 0;
  size_t i;

  if (len < 32)
    return NULL;
  for (i = 0; i < 8; i++)
    if (!hex_value(id[i], &serial))
      return NULL;
  if (serial >= jobs->n || !same_id(jobs->all[serial]->id, id, len))
    return NULL;
  return jobs->all[serial];
}

void em_jobs_finish(struct em_jobs *jobs)
{
  size_t i;

  for (i = 0; i < jobs->n; i++) {
    struct em_job *job = jobs->all[i];

    free(job->app);
    free(job->endpoint);
    free(job->prompt);
    free(job->words);
    free(job->error);
    free(job->faults);
    free(job);
  }
  free(jobs->all);
  jobs->all = NULL;
  jobs->n = jobs->cap = 0;
}

unsigned em_job_permille(const struct em_job *job, const struct em_options *o,
                         int64_t now_ms)
{
  int64_t done = now_ms - job->submitted_ms, all = o->latency_ms;

  if (o->polls) {
    done = job->polls;
    all = o->polls;
  }
  if (job->cancelled || done >= all)
    return 1000;
  return (unsigned)(done * 1000 / all);
}

enum em_job_state em_job_state(const struct em_job *job,
                               const struct em_options *o, int64_t now_ms)
{
  unsigned permille = em_job_permille(job, o, now_ms);

  if (permille >= 1000)
    return EM_COMPLETED;
  /* the first of three polls still finds the job in the queue */
  return permille <= QUEUE_PERMILLE + (o->polls ? 34 : 0) ? EM_QUEUED
                                                          : EM_RUNNING;
}

unsigned em_job_position(const struct em_job *job, const struct em_options *o,
                         int64_t now_ms)
{
  unsigned permille = em_job_permille(job, o, now_ms);
  unsigned step = (QUEUE_PERMILLE + 34) / QUEUE_POSITIONS + 1;
  unsigned gone = permille / step;

  return gone >= QUEUE_POSITIONS ? 0 : QUEUE_POSITIONS - 1 - gone;
}
