/* POST https://fal.run/<id>/stream: the picture as it grows, then the output.
 * Only some endpoints have such a path.  A draft is the whole output's picture
 * with how far it is; nothing marks the last event but what it has more. */
#include "fal.h"

#include <string.h>

#define DRAFTS 3

bool fal_can_stream(const char *endpoint)
{
  return em_starts(endpoint, "fal-ai/flux/") ||
         em_starts(endpoint, "fal-ai/flux-2/");
}

static int64_t step_ms(const struct em_request *rq)
{
  const struct em_options *o = rq->server->options;

  return o->polls ? 1 : o->latency_ms / (DRAFTS + 1) + 1;
}

static int64_t more(struct em_request *rq, struct em_buf *out)
{
  struct em_server *sv = rq->server;
  struct em_job *job = em_job_find(&sv->jobs, rq->job_id, strlen(rq->job_id));

  if (!job) /* the control URL forgot it */
    return -1;
  em_buf_puts(out, "data: ");
  if (rq->log_lines < DRAFTS) {
    fal_put_draft(sv, job, (double)++rq->log_lines / (DRAFTS + 1), out);
    em_buf_puts(out, "\n\n");
    return step_ms(rq);
  }
  job->polls = sv->options->polls;
  fal_put_output(sv, job, out);
  em_buf_puts(out, "\n\n");
  return -1;
}

void fal_answer_stream(struct em_request *rq, struct em_job *job)
{
  memcpy(rq->job_id, job->id, sizeof(rq->job_id));
  job->results++; /* drafts can be fetched */
  rq->log_lines = 0;
  rq->reply.status = 200;
  rq->reply.content_type = "text/event-stream; charset=utf-8";
  rq->reply.more = more;
}
