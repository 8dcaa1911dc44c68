/* lookup.c - a video that was asked for, and whose answer never came, in the
 * list of all videos (the newest first).  Pictures are in no list.
 *
 * State: "jobs" that fit so far. */
#include "openai.h"
#include <string.h>

#define PAGE     100
#define PAGES    20
#define EARLY_S  5   /* their clock and ours */
#define WITHIN_S 900 /* a submission is not under way for longer */

/* What a vendor's video tells must be as asked; it may leave out anything. */
static int fits(struct gamut_call *c, const struct gamut_json *video)
{
  const struct gamut_host *h = c->host;
  static const char *const names[][2] = { { "prompt", "prompt" },
                                          { "model", "model" },
                                          { "size", "size" } };
  int64_t since = h->json_int(c->request, "since", 0);
  int64_t until = h->json_int(c->request, "until", since);
  int64_t at = h->json_int(video, "created_at", 0);
  const char *told, *asked;
  size_t i;

  if (at < since - EARLY_S || at > until + WITHIN_S)
    return 0;
  for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    told = h->json_str(video, names[i][0], NULL);
    asked =
      h->json_str(c->request, h->text(c, "request/%s", names[i][1]), NULL);
    if (told && asked && strcmp(told, asked) != 0)
      return 0;
  }
  return h->json_str(video, "prompt", NULL) != NULL;
}

static struct gamut_json *entry(struct gamut_call *c, const char *id)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *o = h->json_object(c), *resume = h->json_object(c);
  struct gamut_json *options = h->json_object(c);
  const struct gamut_json *value;
  const char *name;
  uint32_t i;

  for (i = 0; (value = h->json_member(
                 h->json_get(c->request, "request/options"), i, &name));
       i++)
    h->json_set(options, name, value);
  h->json_set_str(options, "video", id);
  h->json_set_str(options, "action", "resume");
  h->json_set(resume, "options", options);
  h->json_set_str(o, "id", id);
  h->json_set(o, "resume", resume);
  return o;
}

static int32_t page(struct gamut_call *c, const char *after)
{
  const struct gamut_host *h = c->host;
  struct gamut_http x = { .phase = OPENAI_LOOKUP, .method = "GET" };

  return openai_send(c, &x,
                     after ? h->text(c, "/videos?limit=%d&order=desc&after=%s",
                                     PAGE, h->escape(c, after))
                           : h->text(c, "/videos?limit=%d&order=desc", PAGE));
}

/* The list is over, or reaches back behind the job. */
static int is_enough(struct gamut_call *c, const struct gamut_json *last)
{
  const struct gamut_host *h = c->host;

  return !last || !h->json_get(c->reply->json, "has_more") ||
         strcmp(h->json_text(c, h->json_get(c->reply->json, "has_more")),
                "true") != 0 ||
         h->json_int(last, "created_at", INT64_MAX) <
           h->json_int(c->request, "since", 0) - EARLY_S;
}

static int32_t listed(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *data = h->json_get(c->reply->json, "data");
  const struct gamut_json *video, *last = NULL;
  struct gamut_json *o = h->json_object(c), *jobs = h->json_array(c);
  int64_t pages = h->json_int(c->state, "pages", 0) + 1;
  int enough;
  uint32_t i;

  if (h->json_type(data) != GAMUT_JSON_ARRAY)
    return h->fail(c, GAMUT_E_PROTOCOL, "no list of videos");
  for (i = 0; (video = h->json_member(data, i, NULL)); last = video, i++)
    if (fits(c, video))
      h->json_set(jobs, NULL, entry(c, h->json_str(video, "id", "")));
  enough = is_enough(c, last);
  h->json_set(o, "jobs", jobs);
  h->json_set_bool(o, "complete", enough);
  h->answer(c, o);
  if (enough || pages >= PAGES)
    return h->done(c);
  h->json_set_int(c->state, "pages", pages);
  return page(c, h->json_str(last, "id", ""));
}

static int32_t lookup(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *operation = h->json_str(c->request, "request/operation", "");

  (void)instance;
  if (c->event != GAMUT_EV_START)
    return listed(c);
  if (strcmp(operation, "text-to-video") != 0 &&
      strcmp(operation, "image-to-video") != 0)
    return h->fail(c, GAMUT_E_UNSUPPORTED,
                   "there is a list of videos, and none of anything else");
  return page(c, NULL);
}

const struct gamut_account openai_account = { .struct_size =
                                                sizeof(openai_account),
                                              .lookup = lookup };
