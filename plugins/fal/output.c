/* output.c - what fal says while a job runs, and what it hands over.
 *
 * Outputs are shaped by the model: images, image, videos, video, audio, each a
 * File object {url, content_type, width, height ...} or null.  A File's url may
 * be a data: URI.  Log lines come as a window that slides, so each poll repeats
 * some, and not always in the order of their times: the state remembers a
 * number made of time and text of each line of the last window.  A stream
 * brings only what is new.
 */
#include "fal.h"
#include <string.h>

static const struct {
  const char *name;
  int32_t kind;
} media[] = {
  { "images", GAMUT_IMAGE }, { "image", GAMUT_IMAGE },
  { "videos", GAMUT_VIDEO }, { "video", GAMUT_VIDEO },
  { "audios", GAMUT_AUDIO }, { "audio", GAMUT_AUDIO },
};
#define N_MEDIA (sizeof(media) / sizeof(media[0]))

#define LINES_KEPT 128

/* ---- progress ----------------------------------------------------------- */

/* Say it unless it was the last thing said. */
static void say(struct gamut_call *c, const char *note)
{
  const struct gamut_host *h = c->host;

  if (strcmp(h->json_str(c->state, "said", ""), note) == 0)
    return;
  h->json_set_str(c->state, "said", note);
  h->progress(c, -1, note);
}

/* " 50%|#####     | 2/4" is half of it; -1: says no share. */
static int32_t share_of(const char *line)
{
  int32_t percent = 0;

  line += strspn(line, " \r");
  if (*line < '0' || *line > '9')
    return -1;
  for (; *line >= '0' && *line <= '9' && percent <= 100; line++)
    percent = percent * 10 + (*line - '0');
  return *line == '%' && percent <= 100 ? percent * 10 : -1;
}

/* FNV-1a over both. */
static int64_t number_of(const char *time, const char *text)
{
  uint32_t hash = 2166136261u;

  for (; *time; time++)
    hash = (hash ^ (unsigned char)*time) * 16777619u;
  for (; *text; text++)
    hash = (hash ^ (unsigned char)*text) * 16777619u;
  return hash;
}

static int was_seen(struct gamut_call *c, const struct gamut_json *seen,
                    int64_t number)
{
  const struct gamut_host *h = c->host;
  uint32_t i, n = h->json_count(seen, "");

  for (i = 0; i < n; i++)
    if (h->json_int(h->json_member(seen, i, NULL), "", -1) == number)
      return 1;
  return 0;
}

/* The last of a list, so that `more` have room behind them. */
static struct gamut_json *last_of(struct gamut_call *c,
                                  const struct gamut_json *list, uint32_t more)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *copy = h->json_array(c);
  uint32_t n = h->json_count(list, ""), i;

  for (i = n + more > LINES_KEPT ? n + more - LINES_KEPT : 0; i < n; i++)
    h->json_set(copy, NULL, h->json_member(list, i, NULL));
  return copy;
}

/* What is older than the first line that is remembered was shown. */
static void show_logs(struct gamut_call *c, const struct gamut_json *logs)
{
  const struct gamut_host *h = c->host;
  const char *from = h->json_str(c->state, "log_time", ""), *first = "";
  const struct gamut_json *before = h->json_get(c->state, "log_seen");
  uint32_t n = h->json_count(logs, ""), i;
  struct gamut_json *seen =
    last_of(c, c->event == GAMUT_EV_CHUNK ? before : NULL, n);

  for (i = 0; i < n; i++) {
    const struct gamut_json *line = h->json_member(logs, i, NULL);
    const char *text = h->json_str(line, "message", "");
    const char *time = h->json_str(line, "timestamp", "");
    int64_t number = number_of(time, text);

    if (i + LINES_KEPT >= n)
      h->json_set_int(seen, NULL, number);
    if (i + LINES_KEPT == n && i > 0)
      first = time;
    if ((!*time || strcmp(time, from) >= 0) && !was_seen(c, before, number))
      h->progress(c, share_of(text), text);
  }
  if (n > 0) {
    h->json_set_str(c->state, "log_time", first);
    h->json_set(c->state, "log_seen", seen);
  }
}

void fal_progress(struct gamut_call *c, const char *status)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *r = c->reply->json;
  int64_t ahead = h->json_int(r, "queue_position", -1);

  if (strcmp(status, "IN_PROGRESS") == 0)
    say(c, "running");
  else if (strcmp(status, "IN_QUEUE") == 0 && ahead >= 0)
    h->queue(c, (int32_t)(ahead < INT32_MAX ? ahead : INT32_MAX));
  else if (strcmp(status, "IN_QUEUE") == 0)
    say(c, "in the queue");
  show_logs(c, h->json_get(r, "logs"));
}

/* ---- the result --------------------------------------------------------- */

/* Was the n-th picture replaced by a black one?  Two names, new and old. */
static int is_flagged(struct gamut_call *c, const struct gamut_json *output,
                      uint32_t n)
{
  static const char *const names[] = { "has_nsfw_concepts",
                                       "nsfw_content_detected" };
  const struct gamut_host *h = c->host;
  size_t i;

  for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    const struct gamut_json *flags = h->json_get(output, names[i]);
    const struct gamut_json *flag = h->json_type(flags) == GAMUT_JSON_ARRAY
                                      ? h->json_member(flags, n, NULL)
                                      : flags;

    if (h->json_type(flag) == GAMUT_JSON_BOOL &&
        strcmp(h->json_text(c, flag), "true") == 0)
      return 1;
  }
  return 0;
}

static uint32_t measure(struct gamut_call *c, const struct gamut_json *file,
                        const char *name, double scale)
{
  double v = c->host->json_real(file, name, 0) * scale;

  return v > 0 && v < 1e9 ? (uint32_t)v : 0;
}

/* An output under way: what is taken of it and how. */
struct output {
  struct gamut_call *c;
  const struct gamut_json *json;
  uint32_t flags; /* GAMUT_ART_... of each file */
};

/* One file; whether there was one. */
static int hand_over(const struct output *o, int32_t kind,
                     const struct gamut_json *file, uint32_t n)
{
  struct gamut_call *c = o->c;
  const struct gamut_host *h = c->host;
  struct gamut_artifact a = { .struct_size = sizeof(a),
                              .kind = kind,
                              .flags = o->flags };

  if (kind == GAMUT_IMAGE && h->json_type(file) > GAMUT_JSON_NULL &&
      is_flagged(c, o->json, n)) {
    a.flags = GAMUT_ART_BLOCKED;
    if (!o->flags) /* of a draft there is nothing to withhold */
      h->artifact(c, &a);
    return 1;
  }
  a.url = h->json_str(file, "url", h->json_str(file, "", NULL));
  if (!a.url || !a.url[0])
    return 0;
  a.mime = h->json_str(file, "content_type", NULL);
  a.width = measure(c, file, "width", 1);
  a.height = measure(c, file, "height", 1);
  a.duration_ms = measure(c, file, "duration", 1000);
  h->artifact(c, &a);
  return 1;
}

/* All of one member; -1: the output has no such list, so it counts as silent
 * about it, while an empty one says that nothing was made. */
static int hand_over_all(const struct output *o, size_t i)
{
  const struct gamut_host *h = o->c->host;
  const struct gamut_json *node = h->json_get(o->json, media[i].name);
  uint32_t n, count = h->json_count(node, "");
  int found = 0;

  if (h->json_type(node) <= GAMUT_JSON_NULL)
    return -1;
  if (h->json_type(node) != GAMUT_JSON_ARRAY)
    return hand_over(o, media[i].kind, node, 0);
  for (n = 0; n < count; n++)
    found += hand_over(o, media[i].kind, h->json_member(node, n, NULL), n);
  return found;
}

static void fact(const struct output *o, const char *path, const char *name)
{
  const struct gamut_host *h = o->c->host;
  const struct gamut_json *value = h->json_get(o->json, path);
  const char *text = h->json_str(value, "", NULL);

  if (!text && h->json_type(value) > GAMUT_JSON_NULL)
    text = h->json_text(o->c, value); /* seeds can be longer than 64 bits */
  if (text && text[0])
    h->fact(o->c, name, text);
}

/* How many files; -1: no member that could hold any. */
static int take_files(const struct output *o)
{
  int found = 0, named = 0, many = 0, n;
  size_t i;

  for (i = 0; i < N_MEDIA; i++) {
    if (i % 2 && many > 0) { /* "image" beside "images" repeats one of them */
      many = 0;
      continue;
    }
    n = hand_over_all(o, i);
    named += n >= 0;
    found += n > 0 ? n : 0;
    many = i % 2 ? 0 : n;
  }
  return named > 0 ? found : -1;
}

void fal_partial(struct gamut_call *c)
{
  const struct output o = { c, c->reply->json, GAMUT_ART_PARTIAL };

  (void)take_files(&o); /* an event may bring nothing but its progress */
}

/* "1.5"; -1: no such number. */
static double decimal(const char *s)
{
  double v = 0, place = 1;

  if (!s || *s < '0' || *s > '9')
    return -1;
  for (; *s >= '0' && *s <= '9'; s++)
    v = v * 10 + (*s - '0');
  for (s += *s == '.'; *s >= '0' && *s <= '9'; s++)
    v += (*s - '0') * (place /= 10);
  return *s ? -1 : v;
}

/* In units of the model's price; none at all for what was rejected. */
void fal_billed(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *text = h->reply_header(c, "x-fal-billable-units");
  double units = decimal(text);

  h->fact(c, "billable_units", text);
  h->fact(c, "served_from", h->reply_header(c, "x-fal-served-from"));
  if (units >= 0)
    h->usage(c, "unit", units, units == 0 ? 0 : -1);
}

int fal_has_type(struct gamut_call *c, const struct gamut_json *error,
                 const char *type)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *detail = h->json_get(error, "detail"), *one;
  uint32_t i;

  for (i = 0; (one = h->json_member(detail, i, NULL)); i++)
    if (strcmp(h->json_str(one, "type", ""), type) == 0)
      return 1;
  return 0;
}

int32_t fal_output(struct gamut_call *c, const struct gamut_json *output)
{
  const struct gamut_host *h = c->host;
  const struct output o = { c, output, 0 };
  int found = take_files(&o);

  if (found == 0)
    return h->fail(c, GAMUT_E_BLOCKED, "fal made nothing of it");
  if (found < 0) /* a whole answer stays what it is, however often one asks */
    return h->fail(c, output ? GAMUT_E_PROVIDER : GAMUT_E_PROTOCOL,
                   "fal's result has no file in it");
  fact(&o, "seed", "seed");
  fact(&o, "revised_prompt", "revised_prompt");
  fact(&o, "actual_prompt", "revised_prompt");
  fact(&o, "description", "description");
  return h->done(c);
}
