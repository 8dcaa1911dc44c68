/* inputs.c - pictures, videos and sounds in the two lists that take them.
 *
 * frame_images are where a video begins and ends, and say which of the two;
 * input_references are what it, or a picture, shall be like, and must not.  A
 * gateway that gets both forgets the references, which is said aloud.
 */
#include "modelgates.h"
#include <string.h>

enum frame { NO_FRAME, FIRST, LAST };

static const char *role_of(struct gamut_call *c, uint32_t input)
{
  const char *role = c->host->input_info(c, input, "role");

  return role ? role : "";
}

static int is_role(struct gamut_call *c, uint32_t input, const char *role)
{
  return strcmp(role_of(c, input), role) == 0;
}

static int is_operation(struct gamut_call *c, const char *operation)
{
  return strcmp(c->host->json_str(c->request, "operation", ""), operation) == 0;
}

/* A picture beside a video is no frame; nor is one for a model without them. */
static enum frame frame_of(struct gamut_call *c, uint32_t input)
{
  const char *as = c->host->json_str(c->request, "wire/image", "frame");

  if (is_role(c, input, "first_frame"))
    return FIRST;
  if (is_role(c, input, "last_frame"))
    return LAST;
  return is_role(c, input, "image") && strcmp(as, "frame") == 0 &&
             !is_operation(c, "video-to-video") && !is_operation(c, "upscale")
           ? FIRST
           : NO_FRAME;
}

/* ---- what is it? -------------------------------------------------------- */

static int ends_with_one(const char *url, const char *const *endings)
{
  size_t len = strcspn(url, "?#"), n;

  for (; *endings; endings++) {
    n = strlen(*endings);
    if (len > n && strncmp(url + len - n, *endings, n) == 0)
      return 1;
  }
  return 0;
}

/* By role or type; a URL has no type, only a name. */
static const char *kind_of(struct gamut_call *c, uint32_t input)
{
  static const char *const videos[] = { ".mp4", ".mov", ".webm", ".mkv", NULL };
  static const char *const sounds[] = { ".mp3", ".wav",  ".m4a",
                                        ".ogg", ".flac", NULL };
  const char *mime = c->host->input_info(c, input, "mime");
  const char *url = c->host->input_info(c, input, "url");

  if (!mime && url && strncmp(url, "data:", 5) == 0)
    mime = url + 5;
  if (is_role(c, input, "audio") || (mime && !strncmp(mime, "audio/", 6)))
    return "audio_url";
  if (is_role(c, input, "video") || (mime && !strncmp(mime, "video/", 6)))
    return "video_url";
  if (!mime && url && ends_with_one(url, videos))
    return "video_url";
  return !mime && url && ends_with_one(url, sounds) ? "audio_url" : "image_url";
}

/* {"type": "image_url", "image_url": {"url": "..."}} */
static struct gamut_json *entry_for(struct gamut_call *c, uint32_t input,
                                    const char *kind)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *entry = h->json_object(c), *inner = h->json_object(c);

  h->json_set_input(inner, "url", input, GAMUT_AS_URL);
  h->json_set_str(entry, "type", kind);
  h->json_set(entry, kind, inner);
  return entry;
}

/* ---- the lists ---------------------------------------------------------- */

static const char *add_frame(struct gamut_call *c, struct gamut_json *list,
                             enum frame which)
{
  const char *word = which == FIRST ? "first_frame" : "last_frame";
  const struct gamut_host *h = c->host;
  struct gamut_json *entry;
  uint32_t i, n = 0;

  for (i = 0; i < c->n_inputs; i++) {
    if (frame_of(c, i) != which)
      continue;
    if (n++ > 0)
      return h->text(c, "%s takes one %s", h->json_str(c->request, "model", ""),
                     word);
    entry = entry_for(c, i, "image_url");
    h->json_set_str(entry, "frame_type", word);
    h->json_set(list, NULL, entry);
  }
  return NULL;
}

static void set_list(struct gamut_call *c, struct gamut_json *body,
                     const char *name, const struct gamut_json *list)
{
  if (c->host->json_count(list, "") > 0)
    c->host->json_set(body, name, list);
}

static const char *video_inputs(struct gamut_call *c, struct gamut_json *body)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *frames = h->json_array(c), *references = h->json_array(c);
  const char *wrong = add_frame(c, frames, FIRST);
  uint32_t i;

  wrong = wrong ? wrong : add_frame(c, frames, LAST);
  for (i = 0; i < c->n_inputs && !wrong; i++) {
    if (is_role(c, i, "mask"))
      wrong =
        h->text(c, "%s takes no mask", h->json_str(c->request, "model", ""));
    else if (frame_of(c, i) == NO_FRAME)
      h->json_set(references, NULL, entry_for(c, i, kind_of(c, i)));
  }
  if (h->json_count(frames, "") > 0 && h->json_count(references, "") > 0)
    h->log(c, GAMUT_WARN,
           "the gateway ignores references when there are frames");
  set_list(c, body, "frame_images", frames);
  set_list(c, body, "input_references", references);
  return wrong;
}

static const char *image_inputs(struct gamut_call *c, struct gamut_json *body)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *list = h->json_array(c);
  uint32_t i;

  for (i = 0; i < c->n_inputs; i++) {
    if (!is_role(c, i, "image") && !is_role(c, i, "reference"))
      return h->text(c, "%s takes no %s; edits are told by the prompt alone",
                     h->json_str(c->request, "model", ""), role_of(c, i));
    h->json_set(list, NULL, entry_for(c, i, "image_url"));
  }
  set_list(c, body, "input_references", list);
  return NULL;
}

const char *gate_inputs(struct gamut_call *c, struct gamut_json *body)
{
  return gate_is_video(c) ? video_inputs(c, body) : image_inputs(c, body);
}
