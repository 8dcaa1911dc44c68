#ifndef EM_JOBS_H
#define EM_JOBS_H

#include "faults.h"
#include "util.h"

#define EM_ID_SIZE 37

enum em_job_state { EM_QUEUED, EM_RUNNING, EM_COMPLETED };
enum em_media { EM_PNG, EM_JPEG, EM_MP4 };

struct em_options;

/* One job of any provider.  It has no timer: its state is computed from
 * `submitted_ms` (or `polls`) whenever somebody asks. */
struct em_job {
  char id[EM_ID_SIZE];
  char *app;      /* what status URLs name: "fal-ai/flux" */
  char *endpoint; /* "fal-ai/flux/dev" */
  char *prompt;
  const void *model; /* the provider's own */
  char *words;       /* of the request, that the answer repeats, or NULL */
  char *error;       /* body of the refusal that the result brings, or NULL */
  unsigned error_status;
  struct em_fault_set *faults;
  uint64_t account;    /* whose it is: hash of the key; 0: anybody's */
  uint64_t seed, look; /* `look`: what the picture is made from */
  int64_t submitted_ms, submitted_us;
  int64_t price_microusd; /* is billed unless it fails; 0: not known */
  uint32_t width, height, duration_ms;
  uint32_t polls, results, files;
  uint32_t black; /* bit per picture that the safety checker took */
  uint8_t n_outputs;
  enum em_media media;
  bool inline_data; /* the answer holds the bytes, or says more */
  bool cancelled, failed;
};

struct em_jobs {
  struct em_job **all; /* by serial number, which the id begins with */
  size_t n, cap;
  uint64_t salt;
};

struct em_job *em_job_new(struct em_jobs *jobs);
/* By the id as it stands in a URL (with or without dashes); or NULL. */
struct em_job *em_job_find(const struct em_jobs *jobs, const char *id,
                           size_t len);
void em_jobs_finish(struct em_jobs *jobs);

/* How far the job is, 0..1000, and with it the state. */
unsigned em_job_permille(const struct em_job *job, const struct em_options *o,
                         int64_t now_ms);
enum em_job_state em_job_state(const struct em_job *job,
                               const struct em_options *o, int64_t now_ms);
unsigned em_job_position(const struct em_job *job, const struct em_options *o,
                         int64_t now_ms);

#endif
