/* inputs.c - pictures, videos and sounds, in the fields that take them.
 *
 * "inputs" of the catalog's block gives each role its field; the field decides
 * the form (the table below).  Further members of the block: "tags", the model
 * lets the prompt call pictures by @name; "bare", its lists want no "type";
 * "most", field -> how many.
 *
 * A list that the caller began with --set is completed: each of its entries
 * without a uri gets the next input, so that
 *     --set keyframes='[{"seconds":1.5}]' --reference winter.png
 * says where the picture stands.
 */
#include "runway.h"
#include <string.h>

#define INPUTS_MAX 64

enum form { ONE, TYPED, FRAMES, PICTURES, LIST, TYPED_LIST, KEYFRAMES };

/* `type`: what the entries are called; NULL: as the file is. */
static const struct field {
  const char *name;
  enum form form;
  const char *type;
} fields[] = {
  { "promptImage", FRAMES, NULL },
  { "referenceImages", PICTURES, NULL },
  { "references", LIST, NULL },
  { "referenceAudio", TYPED_LIST, "audio" },
  { "referenceVideos", TYPED_LIST, "video" },
  { "keyframes", KEYFRAMES, NULL },
  { "videoUri", ONE, NULL },
  { "promptVideo", ONE, NULL },
  { "imageUri", ONE, NULL },
  { "audioUri", ONE, NULL },
  { "character", TYPED, NULL },
  { "reference", TYPED, "video" },
  { "media", TYPED, NULL },
};
#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

struct placing {
  struct gamut_call *c;
  const struct gamut_json *block;
  struct gamut_json *body;
  const char *wrong;
  uint32_t inputs[INPUTS_MAX]; /* of the present field */
  uint32_t n;
};

static const char *role_of(struct gamut_call *c, uint32_t input)
{
  const char *role = c->host->input_info(c, input, "role");

  return role ? role : "";
}

int runway_has_role(struct gamut_call *c, const char *role)
{
  uint32_t i;

  for (i = 0; i < c->n_inputs; i++)
    if (strcmp(role_of(c, i), role) == 0)
      return 1;
  return 0;
}

static const char *field_of(struct placing *p, uint32_t input)
{
  const struct gamut_host *h = p->c->host;
  const struct gamut_json *places = h->json_get(p->block, "inputs");

  return h->json_str(h->json_get(places, role_of(p->c, input)), "", "");
}

static int is_role(struct placing *p, uint32_t input, const char *role)
{
  return strcmp(role_of(p->c, input), role) == 0;
}

static int is_on(struct placing *p, const char *member)
{
  const struct gamut_host *h = p->c->host;

  return h->json_type(h->json_get(p->block, member)) == GAMUT_JSON_BOOL;
}

/* ---- one entry ---------------------------------------------------------- */

static int ends_as_video(const char *name)
{
  static const char *const endings[] = { ".mp4", ".mov", ".webm", ".mkv",
                                         ".m4v" };
  size_t i, len = strcspn(name, "?#");

  for (i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
    size_t n = strlen(endings[i]);

    if (len > n && strncmp(name + len - n, endings[i], n) == 0)
      return 1;
  }
  return 0;
}

/* By its role or type; a URL has no type, only a name. */
static const char *type_of(struct placing *p, uint32_t input)
{
  const struct gamut_host *h = p->c->host;
  const char *mime = h->input_info(p->c, input, "mime");
  const char *url = h->input_info(p->c, input, "url");

  if (is_role(p, input, "audio") || (mime && !strncmp(mime, "audio/", 6)))
    return "audio";
  if (is_role(p, input, "video") || (mime && !strncmp(mime, "video/", 6)))
    return "video";
  if (!mime && url &&
      (strncmp(url, "data:video/", 11) == 0 ||
       (strncmp(url, "data:", 5) != 0 && ends_as_video(url))))
    return "video";
  return "image";
}

static const char *position_of(struct placing *p, uint32_t input)
{
  return is_role(p, input, "last_frame") ? "last" : "first";
}

/* First and last picture are places in time as well. */
static void set_time(struct placing *p, struct gamut_json *entry,
                     uint32_t input)
{
  const struct gamut_host *h = p->c->host;

  if (is_role(p, input, "first_frame"))
    h->json_set_real(entry, "at", 0);
  else if (is_role(p, input, "last_frame"))
    h->json_set_real(entry, "at", 1);
  else if (!h->json_get(entry, "at") && !h->json_get(entry, "seconds"))
    p->wrong = "say where the keyframe stands: --set "
               "keyframes='[{\"seconds\":1.5}]'";
}

/* The k-th input of the field, in an entry that may hold something already. */
static void fill_entry(struct placing *p, const struct field *f,
                       struct gamut_json *entry, uint32_t k)
{
  const struct gamut_host *h = p->c->host;
  uint32_t input = p->inputs[k];

  h->json_set_input(entry, "uri", input, GAMUT_AS_URL);
  if (f->form == TYPED || (f->form == TYPED_LIST && !is_on(p, "bare")))
    h->json_set_str(entry, "type", f->type ? f->type : type_of(p, input));
  else if (f->form == FRAMES && !h->json_get(entry, "position"))
    h->json_set_str(entry, "position", position_of(p, input));
  else if (f->form == PICTURES && is_on(p, "tags") &&
           !h->json_get(entry, "tag"))
    h->json_set_str(entry, "tag", runway_tag(p->c, p->inputs, p->n, k));
  else if (f->form == KEYFRAMES)
    set_time(p, entry, input);
}

/* A copy of what the caller began, or an empty one. */
static struct gamut_json *begin_entry(struct placing *p,
                                      const struct gamut_json *given)
{
  const struct gamut_host *h = p->c->host;
  struct gamut_json *entry = h->json_object(p->c);
  const char *name;
  uint32_t i;

  for (i = 0; h->json_member(given, i, &name); i++)
    h->json_set(entry, name, h->json_member(given, i, NULL));
  return entry;
}

/* ---- one field ---------------------------------------------------------- */

static void add_list(struct placing *p, const struct field *f)
{
  const struct gamut_host *h = p->c->host;
  const struct gamut_json *given = h->json_get(p->body, f->name), *one;
  struct gamut_json *list = h->json_array(p->c), *entry;
  uint32_t i, k = 0;

  for (i = 0; (one = h->json_member(given, i, NULL)); i++) {
    if (h->json_type(one) != GAMUT_JSON_OBJECT || h->json_get(one, "uri") ||
        k == p->n) {
      h->json_set(list, NULL, one);
      continue;
    }
    entry = begin_entry(p, one);
    fill_entry(p, f, entry, k++);
    h->json_set(list, NULL, entry);
  }
  for (; k < p->n; k++) {
    entry = h->json_object(p->c);
    fill_entry(p, f, entry, k);
    h->json_set(list, NULL, entry);
  }
  h->json_set(p->body, f->name, list);
}

static void check_frames(struct placing *p)
{
  uint32_t i, last = 0;

  for (i = 0; i < p->n; i++)
    if (is_role(p, p->inputs[i], "last_frame"))
      last++;
  if (last > 1 || p->n - last > 1)
    p->wrong = "runway takes one first_frame and one last_frame";
  else if (last == p->n)
    p->wrong = "runway takes a last_frame only beside a first_frame";
}

static void add_field(struct placing *p, const struct field *f)
{
  const struct gamut_host *h = p->c->host;
  const struct gamut_json *given = h->json_get(p->body, f->name);
  int32_t type = h->json_type(given);
  struct gamut_json *entry;

  if (given && type != GAMUT_JSON_ARRAY && type != GAMUT_JSON_OBJECT)
    return; /* the caller's own word */
  if (f->form <= TYPED && p->n > 1) {
    p->wrong = h->text(p->c, "runway takes only one %s here",
                       role_of(p->c, p->inputs[1]));
  } else if (f->form == ONE || (f->form == FRAMES && p->n == 1 && !given &&
                                !is_role(p, p->inputs[0], "last_frame"))) {
    h->json_set_input(p->body, f->name, p->inputs[0], GAMUT_AS_URL);
  } else if (f->form == TYPED) {
    entry = begin_entry(p, given);
    if (!h->json_get(entry, "uri"))
      fill_entry(p, f, entry, 0);
    h->json_set(p->body, f->name, entry);
  } else {
    if (f->form == FRAMES && !given)
      check_frames(p);
    add_list(p, f);
  }
}

static void collect(struct placing *p, const char *field)
{
  uint32_t i;

  p->n = 0;
  for (i = 0; i < p->c->n_inputs && p->n < INPUTS_MAX; i++)
    if (strcmp(field_of(p, i), field) == 0)
      p->inputs[p->n++] = i;
}

static void check_most(struct placing *p, const char *field)
{
  const struct gamut_host *h = p->c->host;
  int64_t most = h->json_int(h->json_get(p->block, "most"), field, INPUTS_MAX);

  if (p->n > most)
    p->wrong = h->text(p->c, "%s takes at most %lld pictures or files, not %u",
                       h->json_str(p->c->request, "model", "it"),
                       (long long)most, (unsigned)p->n);
}

const char *runway_inputs(struct gamut_call *c, const struct gamut_json *block,
                          struct gamut_json *body)
{
  struct placing p = { .c = c, .block = block, .body = body };
  uint32_t n;
  size_t i;

  for (n = 0; n < c->n_inputs; n++)
    if (!*field_of(&p, n))
      return c->host->text(c, "%s takes no %s for this",
                           c->host->json_str(c->request, "model", "it"),
                           role_of(c, n));
  for (i = 0; i < N_FIELDS && !p.wrong; i++) {
    collect(&p, fields[i].name);
    check_most(&p, fields[i].name);
    if (p.n > 0 && !p.wrong)
      add_field(&p, &fields[i]);
  }
  return p.wrong;
}
