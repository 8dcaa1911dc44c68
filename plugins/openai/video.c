/* video.c - videos: create, poll until it is over, hand the content's URL over.
 *
 * What is sent for is told by options: video=ID names an earlier video, and
 * action what becomes of it: edit (the default), extend, remix, or fetch, which
 * makes nothing new.  variant=thumbnail or spritesheet brings that in place of
 * the video. Forms are what OpenAI's client sends, also where there is no file;
 * JSON only where a form has no place for it.  There is no cancel; a server
 * that can stop a job does so when it is told to delete it.
 */
#include "openai.h"
#include <string.h>

#define POLL_FIRST_MS 5000
#define POLL_STEP_MS  2500
#define POLL_MOST_MS  20000
#define POLL_LONG_MS  60000

/* ---- where things are --------------------------------------------------- */

/* An id as one segment of a path; NULL: it is none. */
static const char *segment(struct gamut_call *c, const char *id)
{
  static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst"
                              "uvwxyz0123456789-._~!$&'()*+,;=:@";
  static const char hex[] = "0123456789ABCDEF";
  char out[3 * 256 + 1];
  size_t n = 0;

  if (strcmp(id, "") == 0 || strcmp(id, ".") == 0 || strcmp(id, "..") == 0 ||
      strlen(id) > 256)
    return NULL;
  for (; *id; id++) {
    unsigned char b = (unsigned char)*id;

    if (strchr(plain, *id)) {
      out[n++] = *id;
      continue;
    }
    out[n++] = '%';
    out[n++] = hex[b >> 4];
    out[n++] = hex[b & 15];
  }
  out[n] = '\0';
  return c->host->text(c, "%s", out);
}

static const char *path_of(struct gamut_call *c, const char *tail)
{
  const struct gamut_host *h = c->host;

  return h->text(c, "/videos/%s%s", segment(c, h->json_str(c->state, "id", "")),
                 tail);
}

/* ---- asking ------------------------------------------------------------- */

static int32_t no_id(struct gamut_call *c, const char *id)
{
  return c->host->fail(c, GAMUT_E_INVALID, "'%s' is no id of a video", id);
}

/* The wish of the last answer, in milliseconds, or a growing wait that the host
 * may change. */
static uint32_t wait_ms(struct gamut_call *c, int64_t polls, uint32_t *poll_ms)
{
  const char *text = c->host->reply_header(c, "openai-poll-after-ms");
  int64_t ms = 0;

  for (; text && *text >= '0' && *text <= '9' && ms < POLL_LONG_MS; text++)
    ms = ms * 10 + (*text - '0');
  if (text && *text == '\0' && ms > 0)
    return ms < POLL_LONG_MS ? (uint32_t)ms : POLL_LONG_MS;
  *poll_ms = POLL_FIRST_MS;
  ms = POLL_FIRST_MS + POLL_STEP_MS * (polls < 100 ? polls : 100);
  return ms < POLL_MOST_MS ? (uint32_t)ms : POLL_MOST_MS;
}

static int32_t poll_status(struct gamut_call *c, int now)
{
  const struct gamut_host *h = c->host;
  struct gamut_http x = { .phase = OPENAI_STATUS,
                          .flags = GAMUT_HTTP_ALL,
                          .method = "GET" };
  int64_t polls = h->json_int(c->state, "polls", 0);

  if (!now)
    x.delay_ms = wait_ms(c, polls, &x.poll_ms);
  h->json_set_int(c->state, "polls", polls + 1);
  return openai_send(c, &x, path_of(c, ""));
}

/* A number, which OpenAI writes as text; 0: none. */
static int64_t seconds_of(struct gamut_call *c, const struct gamut_json *v)
{
  const char *text = c->host->json_str(v, "", NULL);
  int64_t n = c->host->json_int(v, "", 0);

  for (; text && *text >= '0' && *text <= '9' && n < 100000; text++)
    n = n * 10 + (*text - '0');
  return n;
}

/* What was made now; of an extension the answer tells the length of the whole.
 */
static void tell_seconds(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  int extends = openai_is(c, c->request, "options/action", "extend");
  int64_t n = seconds_of(c, extends ? h->json_get(c->request, "duration")
                                    : h->json_get(c->reply->json, "seconds"));

  if (n > 0 && !h->json_get(c->state, "made_before"))
    h->usage(c, "second", (double)n, -1);
}

/* The host fetches it, with the key, which no redirect gets to see.  What is
 * brought is only named where it was asked for. */
static int32_t hand_over(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *variant = h->json_str(c->request, "options/variant", NULL);
  struct gamut_artifact a = { .struct_size = sizeof(a), .kind = GAMUT_VIDEO };
  const char *tail = "/content";

  if (variant)
    tail = h->text(c, "/content?variant=%s", h->escape(c, variant));
  if (variant && strcmp(variant, "video") != 0)
    a.kind = GAMUT_IMAGE;
  a.url = openai_url(c, path_of(c, tail));
  h->artifact(c, &a);
  h->fact(c, "video_id", h->json_str(c->state, "id", NULL));
  return h->done(c);
}

/* ---- beginning ---------------------------------------------------------- */

static const char *misfit(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  uint32_t i;

  for (i = 0; i < c->n_inputs; i++) {
    const char *role = h->input_info(c, i, "role");

    if (i > 0 || (strcmp(role, "first_frame") != 0 &&
                  strcmp(role, "image") != 0 && strcmp(role, "video") != 0))
      return h->text(c, "%s takes no %s%s",
                     h->json_str(c->request, "model", ""),
                     i > 0 ? "further " : "", role);
  }
  return NULL;
}

/* A form, with the frame as a file; JSON when it is a URL, or for lists of
 * objects. */
static int32_t create(struct gamut_call *c, struct gamut_http *x,
                      struct gamut_json *body)
{
  const struct gamut_host *h = c->host;
  int is_url = c->n_inputs > 0 && h->input_info(c, 0, "url");

  if (is_url)
    h->json_set(body, "input_reference", openai_reference(c, 0));
  if (is_url || h->json_get(body, "characters")) {
    x->json = body;
    return openai_send(c, x, "/videos");
  }
  openai_form(c, body);
  if (c->n_inputs > 0)
    h->part_input(c, "input_reference", 0);
  return openai_send(c, x, "/videos");
}

/* What an earlier video becomes: named by its id, where its model is known, or
 * given as a file. */
static int32_t follow(struct gamut_call *c, struct gamut_http *x,
                      const struct gamut_json *body, const char *id)
{
  const struct gamut_host *h = c->host;
  const char *action = h->json_str(c->request, "options/action", "edit"), *name;
  const struct gamut_json *value;
  struct gamut_json *sent = h->json_object(c), *video = h->json_object(c);
  int extends = strcmp(action, "extend") == 0;
  uint32_t i;

  for (i = 0; (value = h->json_member(body, i, &name)); i++)
    if (strcmp(name, "video") != 0 && (!id || strcmp(name, "model") != 0))
      h->json_set(sent, name, value);
  if (id && strcmp(action, "remix") == 0) {
    x->json = sent;
    return openai_send(c, x, h->text(c, "/videos/%s/remix", segment(c, id)));
  }
  if (extends && !h->json_get(sent, "seconds"))
    return h->fail(c, GAMUT_E_INVALID,
                   "action=extend needs a duration: 4, 8, 12, 16 or 20");
  h->json_set_str(video, "id", id);
  h->json_set(sent, "video", id ? video : NULL);
  openai_form(c, sent);
  if (!id)
    h->part_input(c, "video", 0);
  return openai_send(c, x, extends ? "/videos/extensions" : "/videos/edits");
}

/* An earlier video once more. */
static int32_t fetch(struct gamut_call *c, const char *id)
{
  const struct gamut_host *h = c->host;

  h->json_set_str(c->state, "id", id);
  if (!openai_is(c, c->request, "options/action", "resume")) {
    h->json_set_bool(c->state, "made_before", 1);
    h->usage(c, "video", 0, 0); /* it was paid for then */
  }
  if (h->json_str(c->request, "options/variant", NULL))
    return hand_over(c);
  return poll_status(c, 1);
}

static int is_fetch(struct gamut_call *c)
{
  return openai_is(c, c->request, "options/action", "fetch") ||
         openai_is(c, c->request, "options/action", "resume");
}

static int is_clip(struct gamut_call *c)
{
  return c->n_inputs > 0 &&
         strcmp(c->host->input_info(c, 0, "role"), "video") == 0;
}

/* A number is an id as well. */
static const char *earlier_video(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *id = h->json_get(c->request, "options/video");

  if (h->json_type(id) <= GAMUT_JSON_NULL)
    return NULL;
  return h->json_str(id, "", h->json_text(c, id));
}

/* A file can be edited and extended, only what a server has all the rest.
 * Without either a new video would be made, and paid. */
static int is_about_nothing(struct gamut_call *c, const char *id)
{
  const char *action = c->host->json_str(c->request, "options/action", NULL);

  if (!action || id)
    return 0;
  return !is_clip(c) ||
         (strcmp(action, "edit") != 0 && strcmp(action, "extend") != 0);
}

int32_t openai_video(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_http x = { .phase = OPENAI_SUBMIT,
                          .flags = GAMUT_HTTP_BILLABLE | GAMUT_HTTP_ALL,
                          .method = "POST" };
  const char *id = earlier_video(c);
  const char *wrong = misfit(c);
  struct gamut_json *body = openai_body(c, &wrong);

  if (wrong)
    return h->fail(c, GAMUT_E_UNSUPPORTED, "%s", wrong);
  if (id && !segment(c, id))
    return no_id(c, id);
  if (is_about_nothing(c, id))
    return h->fail(c, GAMUT_E_INVALID,
                   "action '%s' is about an earlier video: name it with "
                   "video=ID",
                   h->json_str(c->request, "options/action", ""));
  if (id && (!h->json_get(body, "prompt") || is_fetch(c)))
    return fetch(c, id);
  if (!h->json_get(body, "prompt"))
    return h->fail(c, GAMUT_E_INVALID, "a video needs a prompt");
  return id || is_clip(c) ? follow(c, &x, body, id) : create(c, &x, body);
}

/* ---- going on ----------------------------------------------------------- */

/* The status, said once, and how far it is. */
static void tell(struct gamut_call *c, const char *status)
{
  const struct gamut_host *h = c->host;
  double percent = h->json_real(c->reply->json, "progress", -1);
  const char *note = NULL;

  if (strcmp(h->json_str(c->state, "said", ""), status) != 0) {
    h->json_set_str(c->state, "said", status);
    note = strcmp(status, "queued") == 0        ? "in the queue"
           : strcmp(status, "in_progress") == 0 ? "running"
                                                : status;
  }
  h->progress(c, percent > 0 && percent <= 100 ? (int32_t)(percent * 10) : -1,
              note);
}

int32_t openai_video_reply(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *status = h->json_str(c->reply->json, "status", NULL);
  const char *id = h->json_str(c->reply->json, "id", NULL);

  if (c->phase == OPENAI_SUBMIT) {
    /* Instead of a video; beside one that is there it is the video's own. */
    if ((!id || !status) && openai_has_error(c, c->reply->json))
      return h->fail_reply(c);
    if (!id || !segment(c, id))
      return h->fail(c, GAMUT_E_PROTOCOL,
                     "the answer names no video that could be asked for");
    h->json_set_str(c->state, "id", id);
    h->fact(c, "vendor_job", id);
    h->fact(c, "request_id", h->reply_header(c, "x-request-id"));
  }
  if (!status)
    return h->fail(c, GAMUT_E_PROTOCOL, "the answer has no status");
  if (strcmp(status, "completed") == 0) {
    tell_seconds(c);
    return hand_over(c);
  }
  if (strcmp(status, "failed") == 0)
    return h->fail_reply(c);
  tell(c, status);
  return poll_status(c, 0);
}

int32_t openai_video_delete(struct gamut_call *c)
{
  struct gamut_http x = { .phase = OPENAI_DELETE,
                          .flags = GAMUT_HTTP_ALL,
                          .method = "DELETE" };

  if (!c->host->json_str(c->state, "id", NULL))
    return c->host->done(c); /* a picture, or not yet asked for */
  return openai_send(c, &x, path_of(c, ""));
}

/* Gone, or not there any more; a server may also say that it is still busy. */
int32_t openai_video_deleted(struct gamut_call *c)
{
  if (c->reply->status >= 400 && c->reply->status != 404)
    return c->host->fail_reply(c);
  return c->host->done(c);
}
