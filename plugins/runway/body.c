/* body.c - a request in Runway's words.
 *
 * The names of the fields are the same for all models; which of them one takes
 * depends on the kind of work as well, and what is not taken is refused with a
 * 400.  So the catalog's "wire" has a block for each operation:
 *
 *   path      of the POST, "text_to_image"
 *   takes     our names of the plain fields
 *   ratio     aspect ratio -> value, or -> resolution -> value; the first of
 *             each is taken when nothing is asked for
 *   shape     the field it goes into, when not "ratio"
 *   shaped    true: it must be there
 *   always    fields that are sent unless something else fills them
 *   inputs    role -> field; see inputs.c for its further members
 *
 * Edits and image-to-image are text_to_image with references, so they use its
 * block unless they have one.  Runway's "ratio" is a size in pixels, W:H.  A
 * model that the catalog does not know gets the usual block, and any field.
 */
#include "runway.h"
#include <string.h>

static const struct {
  const char *name, *field;
} fields[] = {
  { "prompt", "promptText" },     { "negative_prompt", "negativePrompt" },
  { "n", "outputCount" },         { "seed", "seed" },
  { "duration", "duration" },     { "audio", "audio" },
  { "format", "outputFormat" },   { "quality", "quality" },
  { "background", "background" }, { "resolution", "resolution" },
  { "fps", "targetFramerate" },
};
#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

/* What Runway has under no name at all. */
static const char *const strangers[] = { "guidance", "steps", "strength",
                                         "style", "webhook" };
#define N_STRANGERS (sizeof(strangers) / sizeof(strangers[0]))

#define REFERENCES                                                             \
  "\"tags\":true,\"inputs\":{\"image\":\"referenceImages\","                   \
  "\"reference\":\"referenceImages\"}}"
#define BESIDE                                                                 \
  "\"reference\":\"references\",\"video\":\"referenceVideos\","                \
  "\"audio\":\"referenceAudio\"}}"
static const struct {
  const char *operation, *block;
} usual[] = {
  { "text-to-image", "{\"path\":\"text_to_image\"," REFERENCES },
  { "text-to-video", "{\"path\":\"text_to_video\",\"inputs\":{" BESIDE },
  { "image-to-video",
    "{\"path\":\"image_to_video\",\"inputs\":{\"image\":\"promptImage\","
    "\"first_frame\":\"promptImage\",\"last_frame\":\"promptImage\"," BESIDE },
  { "video-to-video",
    "{\"path\":\"video_to_video\",\"inputs\":{\"video\":\"videoUri\","
    "\"reference\":\"references\"}}" },
  { "upscale", "{\"path\":\"image_upscale\",\"inputs\":{\"image\":\"imageUri\","
               "\"video\":\"videoUri\"}}" },
};

/* Kinds of work that are like no operation of ours, by how their path begins.
 */
static const struct {
  const char *path, *block;
} works[] = {
  { "voice_", "{\"inputs\":{\"audio\":\"audioUri\"}}" },
  { "speech_to_speech",
    "{\"inputs\":{\"audio\":\"media\",\"video\":\"media\"}}" },
};

/* Kinds of work that choose the model themselves, by how the path begins.  What
 * they take is theirs alone, so that no field of ours has a place there. */
static const struct chooser {
  const char *path;
  const char *field; /* for the last word; NULL: it belongs to the path */
  const char *remedy;
} choosers[] = {
  { "generate/", "configId",
    "the router takes its fields by --set input='{...}'" },
  { "recipes/", NULL,
    "a recipe takes its fields by --set NAME=VALUE, files as URLs" },
};

struct making {
  struct gamut_call *c;
  const struct gamut_json *block;
  struct gamut_json *body;
  const struct chooser *chooser; /* NULL: a model is named */
  const char *model, *wrong;
  int any; /* the catalog does not know the model */
};

/* ---- the block ---------------------------------------------------------- */

static const struct gamut_json *usual_block(struct gamut_call *c,
                                            const char *operation)
{
  size_t i;

  for (i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
    if (strcmp(usual[i].operation, operation) == 0)
      return c->host->json_parse(c, usual[i].block, strlen(usual[i].block));
  return NULL;
}

static void find_work(struct making *m, const char *path)
{
  const struct gamut_host *h = m->c->host;
  size_t i;

  for (i = 0; i < sizeof(works) / sizeof(works[0]); i++)
    if (strncmp(path, works[i].path, strlen(works[i].path)) == 0)
      m->block = h->json_parse(m->c, works[i].block, strlen(works[i].block));
}

static const struct gamut_json *block_for(struct making *m,
                                          const char *operation)
{
  const struct gamut_host *h = m->c->host;
  const struct gamut_json *wire = h->json_get(m->c->request, "wire");

  return m->any ? usual_block(m->c, operation) : h->json_get(wire, operation);
}

static int has_frames(struct gamut_call *c)
{
  return runway_has_role(c, "image") || runway_has_role(c, "first_frame") ||
         runway_has_role(c, "last_frame");
}

static void find_block(struct making *m, const char *operation)
{
  const struct gamut_json *other = NULL;

  m->block = block_for(m, operation);
  if (!m->block && (strcmp(operation, "edit") == 0 ||
                    strcmp(operation, "image-to-image") == 0))
    m->block = block_for(m, "text-to-image");
  /* References without a frame to begin with are a text's companions. */
  if (strcmp(operation, "image-to-video") == 0 && !has_frames(m->c) &&
      m->c->n_inputs > 0)
    other = block_for(m, "text-to-video");
  m->block = other ? other : m->block;
}

static const struct chooser *chooser_of(const char *model)
{
  size_t i;

  for (i = 0; i < sizeof(choosers) / sizeof(choosers[0]); i++)
    if (strncmp(model, choosers[i].path, strlen(choosers[i].path)) == 0)
      return &choosers[i];
  return NULL;
}

/* "text_to_speech/eleven_v3" names both. */
static const char *path_of(struct making *m, const char *operation)
{
  const struct gamut_host *h = m->c->host;
  const char *path = h->json_str(m->block, "path", NULL);
  const char *slash = strrchr(m->model, '/');

  m->chooser = chooser_of(m->model);
  if (m->chooser && !m->chooser->field) {
    path = m->model;
  } else if (slash) {
    path = h->text(m->c, "%.*s", (int)(slash - m->model), m->model);
    m->model = slash + 1;
    find_work(m, path);
  } else if (m->any && path && strcmp(path, "image_upscale") == 0 &&
             runway_has_role(m->c, "video")) {
    path = "video_upscale";
  }
  if (!path)
    m->wrong = h->text(m->c, "%s does no %s", m->model, operation);
  else if (!*path || path[strspn(path, "abcdefghijklmnopqrstuvwxyz_/")] != '\0')
    m->wrong = h->text(m->c, "runway has no such kind of work: '%s'", path);
  return path;
}

/* ---- values ------------------------------------------------------------- */

static int in_list(struct making *m, const char *list, const char *name)
{
  const struct gamut_host *h = m->c->host;
  const struct gamut_json *entry;
  uint32_t i;

  for (i = 0; (entry = h->json_member(h->json_get(m->block, list), i, NULL));
       i++)
    if (strcmp(h->json_str(entry, "", ""), name) == 0)
      return 1;
  return 0;
}

static int takes(struct making *m, const char *name)
{
  return m->any || in_list(m, "takes", name);
}

/* 8.0 is 8: some models want whole seconds, and none minds them. */
static void set_number(struct making *m, const char *field, double v)
{
  const struct gamut_host *h = m->c->host;

  if (v >= -9e15 && v <= 9e15 && (double)(int64_t)v == v)
    h->json_set_int(m->body, field, (int64_t)v);
  else
    h->json_set_real(m->body, field, v);
}

/* 23.98 -> "23_98" */
static void set_rate(struct making *m, double fps)
{
  const struct gamut_host *h = m->c->host;
  int64_t hundredths = (int64_t)(fps * 100 + 0.5);

  if (hundredths % 100 == 0)
    h->json_set_str(m->body, "targetFramerate",
                    h->text(m->c, "%lld", (long long)(hundredths / 100)));
  else
    h->json_set_str(m->body, "targetFramerate",
                    h->text(m->c, "%lld_%02lld", (long long)(hundredths / 100),
                            (long long)(hundredths % 100)));
}

/* What a model without the field does anyhow. */
static int is_harmless(struct making *m, const char *name,
                       const struct gamut_json *value)
{
  const struct gamut_host *h = m->c->host;

  if (strcmp(name, "n") == 0)
    return h->json_int(value, "", 0) == 1;
  return strcmp(name, "audio") == 0 &&
         strcmp(h->json_text(m->c, value), "false") == 0;
}

static int is_there(struct making *m, const struct gamut_json *value)
{
  const struct gamut_host *h = m->c->host;
  int32_t type = h->json_type(value);

  return type > GAMUT_JSON_NULL &&
         (type != GAMUT_JSON_STRING || *h->json_str(value, "", ""));
}

static void add_field(struct making *m, size_t i)
{
  const struct gamut_host *h = m->c->host;
  const char *name = fields[i].name;
  const struct gamut_json *value = h->json_get(m->c->request, name);
  int32_t type = h->json_type(value);

  if (!is_there(m, value))
    return;
  if (!takes(m, name)) {
    /* A resolution may have chosen the ratio instead. */
    if (!is_harmless(m, name, value) && strcmp(name, "resolution") != 0)
      m->wrong = h->text(m->c, "%s has no %s for this", m->model, name);
  } else if (strcmp(name, "fps") == 0) {
    set_rate(m, h->json_real(value, "", 0));
  } else if (type == GAMUT_JSON_REAL) {
    set_number(m, fields[i].field, h->json_real(value, "", 0));
  } else {
    h->json_set(m->body, fields[i].field, value);
  }
}

/* Runway counts UTF-16, where what is beyond the first plane counts twice. */
static void check_prompt(struct making *m)
{
  const struct gamut_host *h = m->c->host;
  const char *p = h->json_str(m->c->request, "prompt", "");
  int64_t most = h->json_int(m->c->request, "wire/prompt_max", 0), n = 0;

  for (; *p; p++) {
    unsigned char byte = (unsigned char)*p;

    n += (byte & 0xc0) != 0x80;
    n += byte >= 0xf0;
  }
  if (most > 0 && n > most)
    m->wrong = h->text(m->c,
                       "the prompt has %lld characters as runway counts them, "
                       "%s takes at most %lld",
                       (long long)n, m->model, (long long)most);
}

/* ---- the shape ---------------------------------------------------------- */

/* The keys of an object: "16:9, 9:16". */
static const char *keys_of(struct making *m, const struct gamut_json *o)
{
  const struct gamut_host *h = m->c->host;
  const char *list = "", *key;
  uint32_t i;

  for (i = 0; h->json_member(o, i, &key); i++)
    list = h->text(m->c, "%s%s%s", list, i ? ", " : "", key);
  return list;
}

static int is_value_of(struct making *m, const struct gamut_json *ratios,
                       const char *value)
{
  const struct gamut_host *h = m->c->host;
  const struct gamut_json *row, *one;
  uint32_t i, k;

  for (i = 0; (row = h->json_member(ratios, i, NULL)); i++) {
    if (strcmp(h->json_str(row, "", ""), value) == 0)
      return 1;
    for (k = 0; (one = h->json_member(row, k, NULL)); k++)
      if (strcmp(h->json_str(one, "", ""), value) == 0)
        return 1;
  }
  return 0;
}

/* Pixels; some models take any. */
static const char *ratio_of_size(struct making *m,
                                 const struct gamut_json *ratios, int64_t w,
                                 int64_t h_px)
{
  const struct gamut_host *h = m->c->host;
  const char *value = h->text(m->c, "%lld:%lld", (long long)w, (long long)h_px);

  if (m->any || in_list(m, "takes", "size") || is_value_of(m, ratios, value))
    return value;
  m->wrong = h->text(m->c, "%s has no size %lldx%lld for this", m->model,
                     (long long)w, (long long)h_px);
  return NULL;
}

static const char *ratio_of_words(struct making *m,
                                  const struct gamut_json *ratios,
                                  const char *ratio, const char *resolution)
{
  const struct gamut_host *h = m->c->host;
  const struct gamut_json *row =
    ratio ? h->json_get(ratios, ratio) : h->json_member(ratios, 0, NULL);
  const char *value = h->json_str(row, "", NULL);

  if (m->any)
    return ratio;
  if (!row) {
    m->wrong = ratios
                 ? h->text(m->c,
                           "%s has no aspect_ratio %s for this; it "
                           "has %s",
                           m->model, ratio, keys_of(m, ratios))
                 : h->text(m->c, "%s has no aspect_ratio for this", m->model);
    return NULL;
  }
  if (!value)
    value = h->json_str(resolution ? h->json_get(row, resolution)
                                   : h->json_member(row, 0, NULL),
                        "", NULL);
  else if (!resolution)
    return value;
  else
    value = NULL;
  if (!value)
    m->wrong =
      h->text(m->c, "%s has no resolution %s at %s; it has %s", m->model,
              resolution, ratio ? ratio : "this ratio", keys_of(m, row));
  return value;
}

static void add_shape(struct making *m)
{
  const struct gamut_host *h = m->c->host;
  const struct gamut_json *r = m->c->request;
  const struct gamut_json *ratios = h->json_get(m->block, "ratio");
  const char *ratio = h->json_str(r, "aspect_ratio", NULL);
  const char *resolution = h->json_str(r, "resolution", NULL);
  const char *field = h->json_str(m->block, "shape", "ratio");
  int64_t w = h->json_int(r, "width", 0), h_px = h->json_int(r, "height", 0);
  const char *value = NULL;

  if (takes(m, "resolution"))
    resolution = NULL; /* a field of its own */
  if (h->json_get(h->json_get(r, "extra"), field))
    return;
  if (w > 0 && h_px > 0)
    value = ratio_of_size(m, ratios, w, h_px);
  else if (ratio || resolution ||
           h->json_type(h->json_get(m->block, "shaped")) == GAMUT_JSON_BOOL)
    value = ratio_of_words(m, ratios, ratio, resolution);
  h->json_set_str(m->body, field, value);
}

/* ---- all of it ---------------------------------------------------------- */

static void refuse(struct making *m, const char *name)
{
  const struct gamut_host *h = m->c->host;
  const struct gamut_json *value = h->json_get(m->c->request, name);

  if (!m->wrong && is_there(m, value) && !is_harmless(m, name, value))
    m->wrong =
      h->text(m->c, "runway takes no %s here: %s", name, m->chooser->remedy);
}

static void add_chooser(struct making *m)
{
  static const char *const shapes[] = { "aspect_ratio", "width", "height" };
  const struct gamut_host *h = m->c->host;
  size_t i;

  if (m->chooser->field)
    h->json_set_str(m->body, m->chooser->field, m->model);
  for (i = 0; i < N_FIELDS; i++)
    refuse(m, fields[i].name);
  for (i = 0; i < N_STRANGERS; i++)
    refuse(m, strangers[i]);
  for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
    refuse(m, shapes[i]);
  if (!m->wrong && m->c->n_inputs > 0)
    m->wrong = h->text(m->c, "runway takes no %s here: %s",
                       h->input_info(m->c, 0, "role"), m->chooser->remedy);
}

static void add_plain(struct making *m)
{
  const struct gamut_host *h = m->c->host;
  size_t i;

  h->json_set_str(m->body, "model", m->model);
  check_prompt(m);
  for (i = 0; i < N_FIELDS && !m->wrong; i++)
    add_field(m, i);
  for (i = 0; i < N_STRANGERS && !m->wrong; i++)
    if (h->json_get(m->c->request, strangers[i]))
      m->wrong = h->text(m->c, "runway has no %s", strangers[i]);
  if (!m->wrong)
    add_shape(m);
}

/* Fields of `from` that the body has not; with `over`, all. */
static void add_members(struct making *m, const struct gamut_json *from,
                        int over)
{
  const struct gamut_host *h = m->c->host;
  const struct gamut_json *value;
  const char *name;
  uint32_t i;

  for (i = 0; (value = h->json_member(from, i, &name)); i++)
    if (over || !h->json_get(m->body, name))
      h->json_set(m->body, name, value);
}

struct gamut_json *runway_body(struct gamut_call *c, const char **ret_path,
                               const char **ret_wrong)
{
  const struct gamut_host *h = c->host;
  const char *operation = h->json_str(c->request, "operation", "");
  struct making m = { .c = c, .body = h->json_object(c) };

  m.model = h->json_str(c->request, "model", "");
  m.any = !h->json_get(c->request, "wire");
  find_block(&m, operation);
  *ret_path = path_of(&m, operation);
  if (!m.wrong && m.chooser)
    add_chooser(&m);
  else if (!m.wrong)
    add_plain(&m);
  /* What the caller names in Runway's own words has the last one, except that
   * the lists it begins are completed with the inputs. */
  add_members(&m, h->json_get(c->request, "extra"), 1);
  if (!m.wrong)
    m.wrong = runway_inputs(c, m.block, m.body);
  add_members(&m, h->json_get(m.block, "always"), 0);
  if (m.wrong)
    *ret_wrong = m.wrong;
  return m.body;
}
