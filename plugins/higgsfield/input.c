/* input.c - a request in the words of one model.
 *
 * The catalog says of each model what it calls things ("wire"): our names and
 * the roles of inputs lead to a field, or to {"field", "form", "map",
 * "default"}:
 *
 *   integer   4.6 -> 5
 *   string    8 -> "8"
 *   pixels    640x480 -> "640x480"
 *   typed     {"type": "image_url", "image_url": ...}
 *   list, typed_list   an array, even of one
 *
 * A list has "least" and "most" entries where that is known.  "needs" are
 * fields of inputs that must be there, whichever of our roles they come from.
 *
 * map replaces values before anything else; default is sent when nothing was
 * asked, for fields that the old API insists on.  "path" and "fixed" are for
 * ids that are not the path of their submit.  A wrong name would be ignored in
 * silence by Higgsfield's own models, so what has no name here is refused.
 * A model that the catalog does not know gets the names that most have.
 */
#include "higgsfield.h"
#include <string.h>

/* Our names, and theirs when nobody has told; "size" is width and height, and
 * "audio" is a sound that is given, so the switch is "sound" in the catalog. */
static const struct {
  const char *name, *usual, *form;
} fields[] = {
  { "prompt", "prompt", "" },
  { "negative_prompt", "negative_prompt", "" },
  { "n", "num_images", "" },
  { "seed", "seed", "" },
  { "size", NULL, "pixels" },
  { "aspect_ratio", "aspect_ratio", "" },
  { "resolution", "resolution", "" },
  { "duration", "duration", "integer" },
  { "fps", NULL, "" },
  { "audio", "generate_audio", "" },
  { "format", "output_format", "" },
  { "quality", "quality", "" },
  { "background", NULL, "" },
  { "guidance", "cfg_scale", "" },
  { "steps", NULL, "" },
  { "strength", NULL, "" },
  { "style", "style_id", "" },
};
#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

static const struct {
  const char *role, *one, *many;
} roles[] = {
  { "image", "image_url", "image_urls" },
  { "mask", NULL, NULL },
  { "first_frame", "image_url", NULL },
  { "last_frame", "end_image_url", NULL },
  { "reference", NULL, "image_urls" },
  { "video", "video_url", NULL },
  { "audio", "audio_url", NULL },
};
#define N_ROLES (sizeof(roles) / sizeof(roles[0]))

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

static size_t word_len(const char *s)
{
  return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                   "0123456789._-");
}

int hf_is_word(const char *s)
{
  size_t n = word_len(s);

  return n > 0 && n < 256 && !s[n] && strspn(s, ".") < n;
}

/* A leading slash makes no difference; apart from that an id is as it is. */
static const char *model_of(struct gamut_call *c)
{
  const char *id = c->host->json_str(c->request, "model", "");

  return id + (id[0] == '/');
}

int hf_is_v1(struct gamut_call *c)
{
  return strncmp(model_of(c), "v1/", 3) == 0;
}

const char *hf_path(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *id = model_of(c), *at = id;

  for (;;) {
    size_t n = word_len(at);

    if (n == 0 || strspn(at, ".") >= n || (at[n] && at[n] != '/'))
      return NULL;
    if (!at[n])
      break;
    at += n + 1;
  }
  return h->json_str(c->request, "wire/path", h->text(c, "/%s", id));
}

/* ---- values ------------------------------------------------------------- */

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

static void set_value(struct input *in, const struct place *p,
                      const struct gamut_json *value)
{
  const struct gamut_host *h = in->c->host;
  const char *text = as_text(in, value);
  const struct gamut_json *map = h->json_get(p->entry, "map");
  const struct gamut_json *mapped = map ? h->json_get(map, text) : NULL;
  double v = h->json_real(value, "", 0);

  if (mapped)
    h->json_set(in->body, p->field, mapped);
  else if (strcmp(p->form, "string") == 0)
    h->json_set_str(in->body, p->field, text);
  else if (strcmp(p->form, "integer") == 0)
    h->json_set_int(in->body, p->field, (int64_t)(v + 0.5));
  else if (strcmp(p->form, "pixels") == 0)
    h->json_set_str(
      in->body, p->field,
      h->text(in->c, "%sx%lld", text,
              (long long)h->json_int(in->c->request, "height", 0)));
  else if (h->json_type(value) == GAMUT_JSON_REAL && is_whole(v))
    h->json_set_int(in->body, p->field, (int64_t)v);
  else
    h->json_set(in->body, p->field, value);
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

/* One output, and silence, are what a model without the field gives. */
static int goes_without(struct input *in, const char *name,
                        const struct gamut_json *value)
{
  const char *text = as_text(in, value);

  return (strcmp(name, "n") == 0 && strcmp(text, "1") == 0) ||
         (strcmp(name, "audio") == 0 && strcmp(text, "false") == 0);
}

static void add_field(struct input *in, size_t i)
{
  const struct gamut_host *h = in->c->host;
  const struct gamut_json *r = in->c->request, *value;
  const char *name = fields[i].name, *model = h->json_str(r, "model", "");
  struct place p;

  value = h->json_get(r, strcmp(name, "size") == 0 ? "width" : name);
  if (h->json_type(value) <= GAMUT_JSON_NULL)
    return;
  if (find_place(in, strcmp(name, "audio") == 0 ? "sound" : name,
                 fields[i].usual, fields[i].form, &p)) {
    if (h->json_get(in->body, p.field))
      in->wrong = h->text(in->c, "%s takes no %s beside what else sets its %s",
                          model, name, p.field);
    else
      set_value(in, &p, value);
  } else if (!goes_without(in, name, value)) {
    in->wrong = h->text(in->c, "%s has no %s", model, name);
  }
}

/* What must be there though nobody asked for it. */
static void add_defaults(struct input *in)
{
  const struct gamut_host *h = in->c->host;
  const struct gamut_json *entry;
  uint32_t i;

  for (i = 0; (entry = h->json_member(in->wire, i, NULL)); i++) {
    const struct gamut_json *preset = h->json_get(entry, "default");
    const char *field = h->json_str(entry, "field", NULL);

    if (preset && field && !h->json_get(in->body, field))
      h->json_set(in->body, field, preset);
  }
}

static void add_all(struct input *in, const struct gamut_json *from)
{
  const char *name;
  uint32_t i;

  for (i = 0; in->c->host->json_member(from, i, &name); i++)
    in->c->host->json_set(in->body, name,
                          in->c->host->json_member(from, i, NULL));
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

  return find_place(in, roles[i].role, many ? roles[i].many : roles[i].one,
                    many ? "list" : "", p);
}

/* As the member `key` of `to`, or as the next of an array. */
static void set_input(struct input *in, struct gamut_json *to, const char *key,
                      const char *form, uint32_t n)
{
  const struct gamut_host *h = in->c->host;
  const char *type = strcmp(h->input_info(in->c, n, "role"), "audio") == 0
                       ? "audio_url"
                       : "image_url";
  struct gamut_json *object;

  if (strncmp(form, "typed", 5) != 0) {
    h->json_set_input(to, key, n, GAMUT_AS_URL);
    return;
  }
  object = h->json_object(in->c);
  h->json_set_str(object, "type", type);
  h->json_set_input(object, type, n, GAMUT_AS_URL);
  h->json_set(to, key, object);
}

static void check_length(struct input *in, const struct place *p, uint32_t n)
{
  const struct gamut_host *h = in->c->host;
  int64_t least = h->json_int(p->entry, "least", 0);
  int64_t most = h->json_int(p->entry, "most", UINT32_MAX);

  if (n < least || n > most)
    in->wrong = h->text(in->c, "%s takes %lld to %lld pictures, not %u",
                        h->json_str(in->c->request, "model", ""),
                        (long long)least, (long long)most, (unsigned)n);
}

/* All inputs that go into one list, whatever their roles, as they were given.
 */
static void add_list(struct input *in, const struct place *list_place)
{
  const struct gamut_host *h = in->c->host;
  struct gamut_json *list = h->json_array(in->c);
  struct place p;
  uint32_t n;
  size_t i;

  for (n = 0; n < in->c->n_inputs; n++)
    for (i = 0; i < N_ROLES; i++)
      if (strcmp(h->input_info(in->c, n, "role"), roles[i].role) == 0 &&
          find_role(in, i, &p) && strcmp(p.field, list_place->field) == 0)
        set_input(in, list, NULL, list_place->form, n);
  h->json_set(in->body, list_place->field, list);
  check_length(in, list_place, h->json_count(list, ""));
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
  } else if (strstr(p.form, "list")) {
    if (!h->json_get(in->body, p.field))
      add_list(in, &p);
  } else if (count > 1 || h->json_get(in->body, p.field)) {
    in->wrong = h->text(in->c, "%s takes only one %s", model, role);
  } else {
    for (n = 0; strcmp(h->input_info(in->c, n, "role"), role) != 0;)
      n++;
    set_input(in, in->body, p.field, p.form, n);
  }
}

/* Our name of what goes into `field`: the closest is the last that does. */
static const char *role_for(struct input *in, const char *field)
{
  const char *role = field;
  struct place p;
  size_t i;

  for (i = 0; i < N_ROLES; i++)
    if (find_role(in, i, &p) && strcmp(p.field, field) == 0)
      role = roles[i].role;
  return role;
}

/* Who gives nothing at all is told by Higgsfield, or was by the host. */
static void check_needs(struct input *in)
{
  const struct gamut_host *h = in->c->host;
  const struct gamut_json *needs = h->json_get(in->wire, "needs");
  const char *field;
  uint32_t i;

  for (i = 0; i < h->json_count(needs, "") && !in->wrong; i++) {
    field = h->json_str(h->json_member(needs, i, NULL), "", "");
    if (!h->json_get(in->body, field))
      in->wrong =
        h->text(in->c, "%s cannot do without %s",
                h->json_str(in->c->request, "model", ""), role_for(in, field));
  }
}

/* Not documented as inputs, so not gambled on. */
static void refuse_data_uris(struct input *in)
{
  const char *url;
  uint32_t i;

  for (i = 0; i < in->c->n_inputs; i++) {
    url = in->c->host->input_info(in->c, i, "url");
    if (url && strncmp(url, "data:", 5) == 0)
      in->wrong = "Higgsfield takes no data: URI; give a file or a URL";
  }
}

struct gamut_json *hf_input(struct gamut_call *c, const char **ret_wrong)
{
  const struct gamut_host *h = c->host;
  struct input in = { c, h->json_get(c->request, "wire"), NULL, NULL };
  size_t i;

  in.body = h->json_object(c);
  refuse_data_uris(&in);
  add_all(&in, h->json_get(in.wire, "fixed"));
  for (i = 0; i < N_FIELDS && !in.wrong; i++)
    add_field(&in, i);
  for (i = 0; i < N_ROLES && !in.wrong; i++)
    add_role(&in, i);
  add_defaults(&in);
  /* What the caller names in Higgsfield's own words has the last one. */
  add_all(&in, h->json_get(c->request, "extra"));
  if (!in.wrong && c->n_inputs > 0)
    check_needs(&in);
  if (in.wrong)
    *ret_wrong = in.wrong;
  return in.body;
}
