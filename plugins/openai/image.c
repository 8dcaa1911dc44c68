/* image.c - what is sent for a picture: generations, edits, variations.
 *
 * Files travel as parts of a form, where one picture is "image" and several are
 * "image[]".  As soon as one input is a URL, or a file that OpenAI has already
 * ({"file_id": ...} in extra's "images"), the edit is JSON, which calls them
 * "images" and takes files as data: URIs; GPT image models alone know it.  An
 * edit without a prompt is a variation.  There is no role for markup, the
 * drawing over a picture that says what to change: it is a mask with the option
 * mask_as=markup.
 */
#include "openai.h"
#include <string.h>

#define ANSWER_MS 600000u /* what OpenAI's own client waits */

static int is_mask(struct gamut_call *c, uint32_t input)
{
  return strcmp(c->host->input_info(c, input, "role"), "mask") == 0;
}

static uint32_t count_images(struct gamut_call *c)
{
  uint32_t i, n = 0;

  for (i = 0; i < c->n_inputs; i++)
    n += !is_mask(c, i);
  return n;
}

/* "mask" or "markup" */
static const char *mask_name(struct gamut_call *c)
{
  return c->host->json_str(c->request, "options/mask_as", "mask");
}

/* An input that the provider cannot place; NULL: all fine. */
static const char *misfit(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  uint32_t i, masks = 0;

  for (i = 0; i < c->n_inputs; i++) {
    const char *role = h->input_info(c, i, "role");

    if (strcmp(role, "mask") == 0
          ? ++masks > 1
          : strcmp(role, "image") != 0 && strcmp(role, "reference") != 0)
      return h->text(c, "%s takes no %s%s",
                     h->json_str(c->request, "model", ""),
                     masks > 1 ? "second " : "", role);
  }
  return NULL;
}

static int is_edit(struct gamut_call *c)
{
  return c->n_inputs > 0 || c->host->json_get(c->request, "extra/images");
}

/* What GPT image models answer with a 400 when it comes together, though each
 * may be said; NULL: all fine.  Another server's models have rules of their
 * own. */
static const char *clash(struct gamut_call *c, const struct gamut_json *body)
{
  const struct gamut_host *h = c->host;
  int is_svg = openai_is(c, body, "output_format", "svg");
  const struct gamut_json *n = h->json_get(body, "n");

  if (!openai_edits_json(c))
    return NULL;
  if (count_images(c) + h->json_count(c->request, "extra/images") > 16)
    return "an edit takes at most 16 pictures, whatever their roles";
  if (is_svg && is_edit(c))
    return "an edit is never svg: name another format";
  if (is_svg && n && !openai_is(c, body, "n", "1"))
    return "svg pictures are made one at a time";
  if (openai_is(c, body, "output_format", "jpeg") &&
      openai_is(c, body, "background", "transparent"))
    return "a jpeg has no transparent background: there are png and webp";
  return NULL;
}

static int has_url(struct gamut_call *c)
{
  uint32_t i;

  for (i = 0; i < c->n_inputs; i++)
    if (c->host->input_info(c, i, "url"))
      return 1;
  return 0;
}

/* ---- the two forms of an edit ------------------------------------------- */

static void add_parts(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  int is_array = openai_is(c, c->request, "options/array", "true");
  const char *name = is_array || count_images(c) > 1 ? "image[]" : "image";
  uint32_t i;

  for (i = 0; i < c->n_inputs; i++)
    h->part_input(c, is_mask(c, i) ? mask_name(c) : name, i);
}

static void add_members(struct gamut_call *c, struct gamut_json *body)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *more = h->json_get(c->request, "extra/images");
  struct gamut_json *list = h->json_array(c);
  uint32_t i;

  for (i = 0; i < c->n_inputs; i++) {
    struct gamut_json *item = openai_reference(c, i);

    if (is_mask(c, i))
      h->json_set(body, mask_name(c), item);
    else
      h->json_set(list, NULL, item);
  }
  for (i = 0; i < h->json_count(more, ""); i++)
    h->json_set(list, NULL, h->json_member(more, i, NULL));
  h->json_set(body, "images", list);
}

static int32_t edit(struct gamut_call *c, struct gamut_http *x,
                    struct gamut_json *body)
{
  const struct gamut_host *h = c->host;

  if ((has_url(c) && openai_edits_json(c)) ||
      h->json_get(c->request, "extra/images")) {
    add_members(c, body);
    x->json = body;
    return openai_send(c, x, "/images/edits");
  }
  openai_form(c, body);
  add_parts(c);
  return openai_send(
    c, x, h->json_get(body, "prompt") ? "/images/edits" : "/images/variations");
}

int32_t openai_image(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_http x = { .phase = OPENAI_GENERATE,
                          .flags = GAMUT_HTTP_BILLABLE | GAMUT_HTTP_ALL,
                          .timeout_ms = ANSWER_MS,
                          .method = "POST" };
  const char *wrong = misfit(c);
  struct gamut_json *body = openai_body(c, &wrong);

  if (!wrong)
    wrong = clash(c, body);
  if (wrong)
    return h->fail(c, GAMUT_E_UNSUPPORTED, "%s", wrong);
  if (openai_is(c, body, "stream", "true"))
    x.flags |= GAMUT_HTTP_STREAM;
  if (is_edit(c))
    return edit(c, &x, body);
  x.json = body;
  return openai_send(c, &x, "/images/generations");
}
