/* jobset.c - Higgsfield's old API: one POST makes a set of jobs.
 *
 * The parameters stand in "params", a webhook beside them.  Each job of a set
 * goes its own way, and the set is over when all of its jobs are: who stops at
 * the first, as the official client does, loses three of four pictures.  "raw"
 * is the picture, "min" a small preview of it.
 */
#include "higgsfield.h"
#include <string.h>

struct gamut_json *hf_jobset_body(struct gamut_call *c,
                                  struct gamut_json *params)
{
  const struct gamut_host *h = c->host;
  const char *url = h->json_str(c->request, "webhook", NULL);
  struct gamut_json *body = h->json_object(c), *hook;

  h->json_set(body, "params", params);
  if (!url)
    return body;
  hook = h->json_object(c);
  h->json_set_str(hook, "url", url);
  h->json_set_str(hook, "secret",
                  h->json_str(c->request, "options/webhook_secret", NULL));
  h->json_set(body, "webhook", hook);
  return body;
}

static int is_over(const char *status)
{
  return strcmp(status, "queued") != 0 && strcmp(status, "in_progress") != 0;
}

static int32_t kind_of(struct gamut_call *c, const struct gamut_json *file)
{
  const char *type = c->host->json_str(file, "type", "image");

  return strcmp(type, "video") == 0   ? GAMUT_VIDEO
         : strcmp(type, "audio") == 0 ? GAMUT_AUDIO
                                      : GAMUT_IMAGE;
}

/* One job that is over; whether it says something about its output. */
static int hand_over(struct gamut_call *c, const struct gamut_json *job)
{
  const struct gamut_host *h = c->host;
  const char *status = h->json_str(job, "status", "");
  const struct gamut_json *file = h->json_get(job, "results/raw");
  struct gamut_artifact withheld = { .struct_size = sizeof(withheld),
                                     .kind = GAMUT_IMAGE,
                                     .flags = GAMUT_ART_BLOCKED };

  if (strcmp(status, "nsfw") == 0) {
    h->artifact(c, &withheld);
    return 1;
  }
  if (strcmp(status, "completed") != 0)
    return 0;
  if (!h->json_str(file, "url", NULL))
    file = h->json_get(job, "results/min");
  return hf_hand_over(c, kind_of(c, file), file);
}

/* Nothing came: the first job says why. */
static int32_t fail(struct gamut_call *c, const struct gamut_json *jobs)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *job = h->json_member(jobs, 0, NULL);
  const char *status = h->json_str(job, "status", "");

  if (strcmp(status, "completed") == 0)
    return h->fail(c, GAMUT_E_PROVIDER,
                   "Higgsfield completed the job but names no file");
  if (strcmp(status, "failed") == 0)
    return h->fail(c, GAMUT_E_PROVIDER, "%s",
                   h->json_str(job, "error", "the generation failed"));
  if (strcmp(status, "canceled") == 0)
    return h->fail(c, GAMUT_E_CANCELLED, "it was cancelled at Higgsfield");
  return h->fail(c, GAMUT_E_PROVIDER, "Higgsfield reports the status '%s'",
                 status);
}

static int32_t finish(struct gamut_call *c, const struct gamut_json *jobs,
                      uint32_t n)
{
  const struct gamut_host *h = c->host;
  const char *status = "";
  uint32_t i, blocked = 0;
  int found = 0;

  for (i = 0; i < n; i++) {
    const struct gamut_json *job = h->json_member(jobs, i, NULL);

    status = h->json_str(job, "status", "");
    blocked += strcmp(status, "nsfw") == 0;
    found += hand_over(c, job);
  }
  if (blocked == n)
    return h->fail(c, GAMUT_E_BLOCKED,
                   "Higgsfield's moderation refused it (nsfw)");
  return found > 0 ? h->done(c) : fail(c, jobs);
}

int32_t hf_jobset_polled(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *jobs = h->json_get(c->reply->json, "jobs");
  uint32_t i, over = 0, n = h->json_count(jobs, "");
  int running = 0;

  if (n == 0)
    return h->fail(c, GAMUT_E_PROTOCOL, "Higgsfield's job set has no jobs");
  for (i = 0; i < n; i++) {
    const char *status =
      h->json_str(h->json_member(jobs, i, NULL), "status", "");

    over += is_over(status) != 0;
    running |= strcmp(status, "queued") != 0;
  }
  if (over == n)
    return finish(c, jobs, n);
  if (over > 0)
    hf_say(c, (int32_t)(over * 1000 / n),
           h->text(c, "%u of %u are ready", (unsigned)over, (unsigned)n));
  else
    hf_say(c, -1, running ? "running" : "in the queue");
  return hf_poll(c);
}
