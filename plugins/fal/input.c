/* input.c - a request in the words of one endpoint.
 *
 * The catalog says of each model what it calls things: request/wire maps our
 * names and the roles of inputs to a field, or to {"field", "form", "map"}:
 *
 *   string   5 -> "5"            upper, lower   spelling of a word
 *   seconds  5 -> "5s"           list           an array, even of one
 *   integer  4.6 -> 5            preset         16:9 -> "landscape_16_9",
 *                                               640x480 -> {width, height}
 *
 * map replaces values before anything else; a list takes "most".  "pixels" and
 * "multiple" shape the sizes that a ratio without a preset becomes.  A model
 * that the catalog does not know gets the names that most of fal's endpoints
 * use.  Nothing is sent that was not asked for: defaults are the model's own.
 */
#include "fal.h"
#include <string.h>

/* Our names, and theirs when nobody has told; "size" is width and height. */
static const struct {
  const char *name, *usual, *form;
} fields[] = {
  { "prompt", "prompt", "" },
  { "negative_prompt", "negative_prompt", "" },
  { "n", "num_images", "" },
  { "seed", "seed", "" },
  { "size", "image_size", "preset" },
  { "aspect_ratio", "aspect_ratio", "" },
  { "resolution", "resolution", "" },
  { "duration", "duration", "string" },
  { "fps", "fps", "" },
  { "audio", "generate_audio", "" },
  { "format", "output_format", "" },
  { "quality", "quality", "" },
  { "background", "background", "" },
  { "guidance", "guidance_scale", "" },
  { "steps", "num_inference_steps", "" },
  { "strength", "strength", "" },
  { "style", "style", "" },
  { "user", NULL, "" }, /* a tag: few want it, so nobody is refused for it */
};
#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

/* "audio" is the switch that asks for sound, so a sound that is given is
 * "audio_input" in the catalog. */
static const struct {
  const char *role, *one, *many;
} roles[] = {
  { "image", "image_url", "image_urls" },
  { "mask", "mask_url", NULL },
  { "first_frame", "image_url", NULL },
  { "last_frame", "end_image_url", NULL },
  { "reference", NULL, "reference_image_urls" },
  { "video", "video_url", NULL },
  { "audio", "audio_url", NULL },
};
#define N_ROLES (sizeof(roles) / sizeof(roles[0]))

static const struct {
  const char *ratio, *preset;
} presets[] = {
  { "1:1", "square_hd" },      { "4:3", "landscape_4_3" },
  { "3:4", "portrait_4_3" },   { "16:9", "landscape_16_9" },
  { "9:16", "portrait_16_9" },
};
#define N_PRESETS (sizeof(presets) / sizeof(presets[0]))

/* Where a value goes. */
struct place {
  const char *name, *field, *form;
  const struct gamut_json *entry; /* of the catalog, or NULL */
};
struct input {
  struct gamut_call *c;
  const struct gamut_json *wire; /* NULL: not in the catalog */
  struct gamut_json *body;
  const char *wrong;
};

/* ---- ids ---------------------------------------------------------------- */

static int is_word_char(char ch)
{
  return (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') ||
         (ch >= 'A' && ch <= 'Z') || ch == '.' || ch == '_' || ch == '-';
}

int fal_is_word(const char *s)
{
  size_t i;

  for (i = 0; s[i]; i++)
    if (!is_word_char(s[i]))
      return 0;
  return i > 0 && i < 256 && strspn(s, ".") < i;
}

/* How many parts the id has; 0 when one of them is empty or odd. */
static int count_parts(const char *id)
{
  int n = 0;

  for (;;) {
    size_t len = 0;

    while (is_word_char(id[len]))
      len++;
    if ((id[len] && id[len] != '/') || len == 0 || strspn(id, ".") >= len)
      return 0;
    n++;
    if (!id[len])
      return n;
    id += len + 1;
  }
}

static int has_namespace(const char *id)
{
  return strncmp(id, "workflows/", 10) == 0 || strncmp(id, "comfy/", 6) == 0;
}

const char *fal_endpoint(struct gamut_call *c)
{
  const char *id = c->host->json_str(c->request, "model", "");
  size_t digits = strspn(id, "0123456789");
  int n = count_parts(id);

  /* An old form: 110602490-lcm is 110602490/lcm. */
  if (n == 1 && digits > 0 && id[digits] == '-' && id[digits + 1])
    return c->host->text(c, "%.*s/%s", (int)digits, id, id + digits + 1);
  return n >= (has_namespace(id) ? 3 : 2) ? id : NULL;
}

int fal_app_len(const char *id)
{
  int parts = id && has_namespace(id) ? 3 : 2;
  const char *end = id;

  while (end && *end && (*end != '/' || --parts > 0))
    end++;
  return (int)(end - id);
}

int fal_is_video(struct gamut_call *c)
{
  return strstr(c->host->json_str(c->request, "operation", ""), "-video") !=
         NULL;
}

/* ---- values ------------------------------------------------------------- */

/* 8.0 is 8 here: some fields want integers, and none minds them. */
static int is_whole(double v)
{
  return v >= -9e15 && v <= 9e15 && (double)(int64_t)v == v;
}

static const char *as_text(struct input *in, const struct gamut_json *value)
{
  const struct gamut_host *h = in->c->host;
  double v = h->json_real(value, "", 0.5);

  if (h->json_type(value) == GAMUT_JSON_STRING)
    return h->json_str(value, "", "");
  return is_whole(v) ? h->text(in->c, "%lld", (long long)v)
                     : h->json_text(in->c, value);
}

static const char *in_case(struct input *in, const char *s, char from, char to)
{
  const struct gamut_host *h = in->c->host;
  const char *out = "";

  for (; *s; s++)
    out = h->text(in->c, "%s%c", out,
                  *s >= from && *s <= from + 25 ? *s - from + to : *s);
  return out;
}

/* "16:9", "19.5:9": both sides in tenths. */
static int parse_ratio(const char *s, int64_t side[2])
{
  int i;

  for (i = 0; i < 2; i++) {
    size_t n = strspn(s, "0123456789");

    side[i] = 0;
    if (n == 0 || n > 4)
      return 0;
    for (; n > 0; n--)
      side[i] = side[i] * 10 + (*s++ - '0');
    side[i] *= 10;
    if (s[0] == '.' && s[1] >= '0' && s[1] <= '9') {
      side[i] += s[1] - '0';
      s += 2;
    }
    if (side[i] == 0 || *s++ != (i == 0 ? ':' : '\0'))
      return 0;
  }
  return 1;
}

static int64_t square_root(int64_t n)
{
  int64_t root = 0, bit;

  for (bit = (int64_t)1 << 30; bit > 0; bit >>= 1)
    if ((root + bit) * (root + bit) <= n)
      root += bit;
  return root;
}

static void set_size(struct input *in, const struct place *p, int64_t width,
                     int64_t height)
{
  const struct gamut_host *h = in->c->host;
  struct gamut_json *size = h->json_object(in->c);

  h->json_set_int(size, "width", width);
  h->json_set_int(size, "height", height);
  h->json_set(in->body, p->field, size);
}

/* A ratio as the preset of that shape, or as a size; other words (auto) as they
 * are. */
static void set_preset(struct input *in, const struct place *p, const char *s)
{
  const struct gamut_host *h = in->c->host;
  int64_t area = h->json_int(p->entry, "pixels", 1024 * 1024);
  int64_t step = h->json_int(p->entry, "multiple", 16);
  int64_t side[2];
  size_t i;

  for (i = 0; i < N_PRESETS; i++)
    if (strcmp(s, presets[i].ratio) == 0) {
      h->json_set_str(in->body, p->field, presets[i].preset);
      return;
    }
  if (!parse_ratio(s, side) || step < 1 || area < 1) {
    h->json_set_str(in->body, p->field, s);
    return;
  }
  set_size(in, p,
           (square_root(area * side[0] / side[1]) + step / 2) / step * step,
           (square_root(area * side[1] / side[0]) + step / 2) / step * step);
}

static void set_number(struct input *in, const struct place *p, double v)
{
  const struct gamut_host *h = in->c->host;

  if (is_whole(v))
    h->json_set_int(in->body, p->field, (int64_t)v);
  else
    h->json_set_real(in->body, p->field, v);
}

static void set_value(struct input *in, const struct place *p,
                      const struct gamut_json *value)
{
  const struct gamut_host *h = in->c->host;
  const char *text = as_text(in, value), *form = p->form;
  const struct gamut_json *map = h->json_get(p->entry, "map");
  const struct gamut_json *mapped = map ? h->json_get(map, text) : NULL;
  struct gamut_json *list;

  if (mapped) {
    h->json_set(in->body, p->field, mapped);
  } else if (strcmp(form, "string") == 0) {
    h->json_set_str(in->body, p->field, text);
  } else if (strcmp(form, "seconds") == 0) {
    h->json_set_str(in->body, p->field, h->text(in->c, "%ss", text));
  } else if (strcmp(form, "integer") == 0) {
    h->json_set_int(in->body, p->field,
                    (int64_t)(h->json_real(value, "", 0) + 0.5));
  } else if (strcmp(form, "upper") == 0) {
    h->json_set_str(in->body, p->field, in_case(in, text, 'a', 'A'));
  } else if (strcmp(form, "lower") == 0) {
    h->json_set_str(in->body, p->field, in_case(in, text, 'A', 'a'));
  } else if (strcmp(form, "preset") == 0) {
    set_preset(in, p, text);
  } else if (strcmp(form, "list") == 0) {
    list = h->json_array(in->c);
    h->json_set(list, NULL, value);
    h->json_set(in->body, p->field, list);
  } else if (form[0]) {
    in->wrong = h->text(in->c, "the catalog has an unknown form '%s' for %s",
                        form, p->name);
  } else if (h->json_type(value) == GAMUT_JSON_REAL) {
    set_number(in, p, h->json_real(value, "", 0));
  } else {
    h->json_set(in->body, p->field, value);
  }
}

/* ---- fields ------------------------------------------------------------- */

/* Where the catalog puts `name`; without a catalog the usual place. */
static int find_place(struct input *in, const char *name, const char *usual,
                      const char *form, struct place *p)
{
  const struct gamut_host *h = in->c->host;

  *p = (struct place){ name, usual, form, NULL };
  if (!in->wire)
    return usual != NULL;
  p->entry = h->json_get(in->wire, name);
  p->field = h->json_str(p->entry, "", h->json_str(p->entry, "field", NULL));
  p->form = h->json_str(p->entry, "form", "");
  return p->field != NULL;
}

static void add_field(struct input *in, size_t i)
{
  const struct gamut_host *h = in->c->host;
  const struct gamut_json *r = in->c->request, *value;
  const char *name = fields[i].name;
  int is_size = strcmp(name, "size") == 0, found;
  struct place p;

  value = h->json_get(r, is_size ? "width" : name);
  if (h->json_type(value) <= GAMUT_JSON_NULL)
    return;
  found = find_place(in, name, fields[i].usual, fields[i].form, &p);
  if (!found && strcmp(name, "user") == 0)
    return;
  if (!found)
    in->wrong =
      h->text(in->c, "%s has no %s", h->json_str(r, "model", ""), name);
  else if (h->json_get(in->body, p.field))
    in->wrong = h->text(in->c, "%s takes no %s beside what else sets its %s",
                        h->json_str(r, "model", ""), name, p.field);
  else if (is_size)
    set_size(in, &p, h->json_int(r, "width", 0), h->json_int(r, "height", 0));
  else
    set_value(in, &p, value);
}

/* ---- inputs ------------------------------------------------------------- */

static uint32_t count_role(struct gamut_call *c, const char *role)
{
  uint32_t i, n = 0;

  for (i = 0; i < c->n_inputs; i++)
    n += strcmp(c->host->input_info(c, i, "role"), role) == 0;
  return n;
}

static int find_role(struct input *in, size_t i, struct place *p)
{
  uint32_t n = count_role(in->c, roles[i].role);
  int many = !roles[i].one || (n > 1 && roles[i].many);

  return find_place(
    in, strcmp(roles[i].role, "audio") == 0 ? "audio_input" : roles[i].role,
    many ? roles[i].many : roles[i].one, many ? "list" : "", p);
}

/* All inputs that go into one list, whatever their roles, as they were given:
 * at most `most`, unless that is 0. */
static void add_list(struct input *in, const char *field, int64_t most)
{
  const struct gamut_host *h = in->c->host;
  struct gamut_json *list = h->json_array(in->c);
  struct place p;
  uint32_t n;
  size_t i;

  for (n = 0; n < in->c->n_inputs; n++)
    for (i = 0; i < N_ROLES; i++)
      if (strcmp(h->input_info(in->c, n, "role"), roles[i].role) == 0 &&
          find_role(in, i, &p) && strcmp(p.field, field) == 0)
        h->json_set_input(list, NULL, n, GAMUT_AS_URL);
  h->json_set(in->body, field, list);
  if (most > 0 && h->json_count(list, "") > most)
    in->wrong =
      h->text(in->c, "%s takes at most %lld files in its %s",
              h->json_str(in->c->request, "model", ""), (long long)most, field);
}

static void add_role(struct input *in, size_t i)
{
  const struct gamut_host *h = in->c->host;
  const char *role = roles[i].role, *model;
  uint32_t n, count = count_role(in->c, role);
  struct place p;

  if (count == 0)
    return;
  model = h->json_str(in->c->request, "model", "");
  if (!find_role(in, i, &p)) {
    in->wrong = h->text(in->c, "%s takes no %s", model, role);
  } else if (strcmp(p.form, "list") == 0) {
    if (!h->json_get(in->body, p.field))
      add_list(in, p.field, h->json_int(p.entry, "most", 0));
  } else if (count > 1 || h->json_get(in->body, p.field)) {
    in->wrong = h->text(in->c, "%s takes only one %s", model, role);
  } else {
    for (n = 0; strcmp(h->input_info(in->c, n, "role"), role) != 0;)
      n++;
    h->json_set_input(in->body, p.field, n, GAMUT_AS_URL);
  }
}

/* The field of the first frame is required, but where a video may stand for it.
 */
static void check_frames(struct input *in)
{
  struct gamut_call *c = in->c;
  struct place p;

  if (in->wire && count_role(c, "last_frame") > 0 &&
      count_role(c, "first_frame") == 0 && count_role(c, "image") == 0 &&
      !find_place(in, "video", NULL, "", &p))
    in->wrong =
      c->host->text(c, "%s takes a last frame beside a first one only",
                    c->host->json_str(c->request, "model", ""));
}

struct gamut_json *fal_input(struct gamut_call *c, const char **ret_wrong)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *extra = h->json_get(c->request, "extra");
  struct input in = { c, h->json_get(c->request, "wire"), NULL, NULL };
  const char *name;
  uint32_t n;
  size_t i;

  in.body = h->json_object(c);
  if (!in.body)
    return NULL;
  for (i = 0; i < N_FIELDS && !in.wrong; i++)
    add_field(&in, i);
  for (i = 0; i < N_ROLES && !in.wrong; i++)
    add_role(&in, i);
  if (!in.wrong)
    check_frames(&in);
  /* What the caller names in fal's own words has the last one. */
  for (n = 0; h->json_member(extra, n, &name); n++)
    h->json_set(in.body, name, h->json_member(extra, n, NULL));
  if (in.wrong)
    *ret_wrong = in.wrong;
  return in.body;
}
