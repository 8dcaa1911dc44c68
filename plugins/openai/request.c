/* request.c - the normalised request in OpenAI's words.
 *
 * Five dialects share one table: GPT image models, the old DALL-E contract,
 * what other servers generate behind the same paths, Sora, and other servers'
 * videos.  A field that the dialect lacks is refused, never dropped.  What the
 * caller names in the vendor's words (extra) has the last one; null there takes
 * a field away.
 */
#include "openai.h"
#include <string.h>

#define GPT    'g'
#define DALL_E 'd'
#define OTHER  'o'
#define SORA   's'
#define VIDEO  'v'

/* clang-format off */
static const struct {
  const char *name, *field;
  const char *dialects; /* that have it */
} fields[] = {
  { "prompt",          "prompt",              "gdosv" },
  { "n",               "n",                   "gdo" },
  { "quality",         "quality",             "gdo" },
  { "background",      "background",          "go" },
  { "format",          "output_format",       "go" },
  { "style",           "style",               "do" },
  { "user",            "safety_identifier",   "g" },
  { "user",            "user",                "do" },
  { "negative_prompt", "negative_prompt",     "ov" },
  { "seed",            "seed",                "ov" },
  { "steps",           "num_inference_steps", "ov" },
  { "guidance",        "guidance_scale",      "ov" },
  { "strength",        "strength",            "ov" },
  { "fps",             "fps",                 "v" },
  { "duration",        "seconds",             "sv" },
  { "size",            "size",                "gdosv" },
  { "resolution",      NULL,                  "" },
  { "audio",           NULL,                  "" },
  { "webhook",         NULL,                  "" },
};
/* clang-format on */
#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

int openai_is(struct gamut_call *c, const struct gamut_json *o,
              const char *path, const char *want)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *value = h->json_get(o, path);
  const char *text = h->json_str(value, "", NULL);

  if (!text && h->json_type(value) > GAMUT_JSON_NULL)
    text = h->json_text(c, value);
  return text && strcmp(text, want) == 0;
}

/* ---- which dialect ------------------------------------------------------ */

int openai_is_video(struct gamut_call *c)
{
  const char *s = c->host->json_str(c->request, "operation", "");
  size_t n = strlen(s);

  return n > 6 && strcmp(s + n - 6, "-video") == 0;
}

static int begins(const char *s, const char *with)
{
  return strncmp(s, with, strlen(with)) == 0;
}

/* Gateways put their vendor's name before it: "openai/gpt-image-2". */
static char dialect(struct gamut_call *c)
{
  const char *model = c->host->json_str(c->request, "model", "");
  const char *slash = strrchr(model, '/');

  model = slash ? slash + 1 : model;
  if (openai_is_video(c))
    return begins(model, "sora") ? SORA : VIDEO;
  if (begins(model, "gpt-image-") || begins(model, "chatgpt-image-"))
    return GPT;
  return begins(model, "dall-e-") ? DALL_E : OTHER;
}

int openai_edits_json(struct gamut_call *c)
{
  return dialect(c) == GPT;
}

int openai_is_elsewhere(struct gamut_call *c)
{
  static const char host[] = "api.openai.com";
  const char *base = c->host->config_str(c, "base_url");
  const char *at = base ? strstr(base, "://") : NULL;
  size_t n = at ? strcspn(at + 3, "/:?") : 0, own_len = sizeof(host) - 1;

  if (n < own_len || openai_is_azure(c))
    return 1;
  at += 3 + n - own_len;
  return strncmp(at, host, own_len) != 0 || (n > own_len && at[-1] != '.');
}

/* ---- fields ------------------------------------------------------------- */

struct body {
  struct gamut_call *c;
  struct gamut_json *json;
  char dialect;
  const char *wrong;
};

/* A number without a needless ".0", as text. */
static const char *number(struct gamut_call *c, const struct gamut_json *value)
{
  const struct gamut_host *h = c->host;
  double v = h->json_real(value, "", 0);

  if (v >= 0 && v < 1e9 && (double)(int64_t)v == v)
    return h->text(c, "%lld", (long long)v);
  return h->json_text(c, value);
}

static const char *size_of(struct body *b)
{
  const struct gamut_host *h = b->c->host;
  const struct gamut_json *r = b->c->request;
  const char *ratio = h->json_str(r, "aspect_ratio", NULL), *size;
  int64_t width = h->json_int(r, "width", 0);
  int64_t height = h->json_int(r, "height", 0);

  if (width > 0 && height > 0)
    return h->text(b->c, "%lldx%lld", (long long)width, (long long)height);
  if (!ratio)
    return NULL;
  size = h->json_str(h->json_get(h->json_get(r, "wire/aspect_ratio"), ratio),
                     "", NULL);
  if (!size)
    b->wrong = h->text(b->c, "%s has sizes, no aspect ratio %s",
                       h->json_str(r, "model", ""), ratio);
  return size;
}

static void set(struct body *b, const char *field,
                const struct gamut_json *value)
{
  const struct gamut_host *h = b->c->host;

  if (strcmp(field, "seconds") == 0 && !h->json_str(value, "", NULL))
    h->json_set_str(b->json, field, number(b->c, value)); /* never a number */
  else
    h->json_set(b->json, field, value);
}

static void add_field(struct body *b, size_t i)
{
  const struct gamut_host *h = b->c->host;
  const struct gamut_json *r = b->c->request;
  const struct gamut_json *value = h->json_get(r, fields[i].name);

  if (strcmp(fields[i].name, "size") == 0) {
    h->json_set_str(b->json, "size", size_of(b));
    return;
  }
  if (h->json_type(value) <= GAMUT_JSON_NULL)
    return;
  if (strchr(fields[i].dialects, b->dialect))
    set(b, fields[i].field, value);
  else if (strcmp(fields[i].name, "user") != 0)
    b->wrong = h->text(b->c, "%s takes no %s", h->json_str(r, "model", ""),
                       fields[i].name);
}

/* Drafts on the way.  The stream alone is worth something: it is never silent
 * for long. */
static void add_partials(struct body *b)
{
  const struct gamut_host *h = b->c->host;
  int64_t n = h->json_int(b->c->request, "partials", -1);

  if (n < 0 || (b->dialect != GPT && b->dialect != OTHER))
    return;
  if (strcmp(h->json_str(b->c->request, "format", ""), "svg") == 0)
    b->wrong = "there are no drafts of svg pictures";
  h->json_set_bool(b->json, "stream", 1);
  if (n > 0)
    h->json_set_int(b->json, "partial_images", n);
}

/* The list of images is made with the inputs. */
static void add_extra(struct body *b)
{
  const struct gamut_host *h = b->c->host;
  const struct gamut_json *extra = h->json_get(b->c->request, "extra"), *value;
  const char *name;
  uint32_t i;

  for (i = 0; (value = h->json_member(extra, i, &name)); i++)
    if (strcmp(name, "images") != 0 && h->json_type(value) > GAMUT_JSON_NULL)
      set(b, name, value);
}


/* GPT image models refuse the field and answer base64 anyhow; of the others
 * some answer with URLs that only they can reach. */
int openai_adds_format(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  char d = dialect(c);

  return (d == DALL_E || d == OTHER) && openai_is_elsewhere(c) &&
         !h->json_get(c->request, "extra/response_format") &&
         !h->json_get(c->state, "plain");
}

static void add_response_format(struct body *b)
{
  const struct gamut_host *h = b->c->host;

  if (openai_adds_format(b->c))
    h->json_set_str(b->json, "response_format", "b64_json");
}

struct gamut_json *openai_body(struct gamut_call *c, const char **ret_wrong)
{
  const struct gamut_host *h = c->host;
  struct body b = { c, h->json_object(c), dialect(c), NULL };
  size_t i;

  h->json_set_str(b.json, "model", h->json_str(c->request, "model", NULL));
  for (i = 0; i < N_FIELDS && !b.wrong; i++)
    add_field(&b, i);
  add_partials(&b);
  add_response_format(&b);
  add_extra(&b);
  if (b.wrong)
    *ret_wrong = b.wrong;
  return b.json;
}

/* ---- sending ------------------------------------------------------------ */

static void add_part(struct gamut_call *c, const char *name,
                     const struct gamut_json *value)
{
  const struct gamut_host *h = c->host;
  const char *text = h->json_str(value, "", NULL);

  if (h->json_type(value) > GAMUT_JSON_NULL)
    h->part_text(c, name, text ? text : h->json_text(c, value));
}

void openai_form(struct gamut_call *c, const struct gamut_json *body)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *value, *inner;
  const char *name, *key;
  uint32_t i, k;

  for (i = 0; (value = h->json_member(body, i, &name)); i++) {
    int32_t type = h->json_type(value);

    if (type != GAMUT_JSON_ARRAY && type != GAMUT_JSON_OBJECT) {
      add_part(c, name, value);
      continue;
    }
    for (k = 0, key = ""; (inner = h->json_member(value, k, &key)); k++)
      add_part(c, h->text(c, "%s[%s]", name, key), inner);
  }
}

/* ---- where to ----------------------------------------------------------- */

/* Azure's own variables count where OpenAI's are not set. */
int openai_is_azure(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;

  return h->config_str(c, "azure_endpoint") &&
         h->config_int(c, "azure_api_key") &&
         (h->config_int(c, "azure") || !h->config_int(c, "api_key"));
}

/* The base, without its query and without a slash at its end. */
static const char *base_of(struct gamut_call *c, const char *key)
{
  const char *base = c->host->config_str(c, key);
  size_t n = base ? strcspn(base, "?") : 0;

  while (n > 0 && base[n - 1] == '/')
    n--;
  return c->host->text(c, "%.*s", (int)n, base ? base : "");
}

/* A deployment is named as the model that it serves. */
static const char *azure_url(struct gamut_call *c, const char *path)
{
  const struct gamut_host *h = c->host;
  const char *deployment = "";

  if (begins(path, "/images/") || begins(path, "/embeddings"))
    deployment = h->text(c, "/deployments/%s",
                         h->escape(c, h->json_str(c->request, "model",
                                                  OPENAI_EMBED_MODEL)));
  return h->text(c, "%s/openai%s%s%sapi-version=%s",
                 base_of(c, "azure_endpoint"), deployment, path,
                 strchr(path, '?') ? "&" : "?",
                 h->escape(c, h->config_str(c, "api_version")));
}

const char *openai_url(struct gamut_call *c, const char *path)
{
  const struct gamut_host *h = c->host;
  const char *base = h->config_str(c, "base_url");
  const char *query = base ? strchr(base, '?') : NULL;

  if (openai_is_azure(c))
    return azure_url(c, path);
  return h->text(c, "%s%s%s%s", base_of(c, "base_url"), path,
                 !query              ? ""
                 : strchr(path, '?') ? "&"
                                     : "?",
                 query ? query + 1 : "");
}

const char *openai_whole_url(struct gamut_call *c, const char *url)
{
  const char *base = base_of(c, "base_url");
  const char *host = strstr(base, "://");

  if (!url || url[0] != '/' || !host)
    return url;
  host += 3 + strcspn(host + 3, "/");
  return c->host->text(c, "%.*s%s", (int)(host - base), base, url);
}

int32_t openai_send(struct gamut_call *c, struct gamut_http *x,
                    const char *path)
{
  const struct gamut_host *h = c->host;

  x->struct_size = sizeof(*x);
  x->url = openai_url(c, path);
  h->header(c, "accept", "application/json");
  return h->http(c, x);
}
