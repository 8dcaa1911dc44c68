/* host_build.c - from what a provider asks for to an exchange that can be sent.
 *
 * Nothing here touches the network.  What would let a provider (or a vendor's
 * text inside it) write a second header or a second request line is refused:
 * names are tokens, values have no control characters, URLs are printable
 * ASCII. A body is one of: JSON, bytes, form parts, one input; files inside
 * JSON and forms are read whole, a raw upload stays an index for whoever sends
 * it.
 */
#include "base/base64.h"
#include "base/file.h"
#include "base/random.h"
#include "base/str.h"
#include "loop/url.h"
#include "plugin/call_build.h"
#include <stdio.h>
#include <string.h>

#define BOUNDARY_SIZE 40

/* ---- what may be sent --------------------------------------------------- */

bool gm_method_ok(const char *method)
{
  static const char *const known[] = { "GET",   "POST",   "PUT",
                                       "PATCH", "DELETE", "HEAD" };
  size_t i;

  for (i = 0; i < GM_LEN(known); i++)
    if (gm_streq(method, known[i]))
      return true;
  return false;
}

bool gm_url_text_ok(const char *url)
{
  const char *p;

  for (p = url; p && *p; p++)
    if (*p <= 0x20 || *p >= 0x7f)
      return false;
  return p && p > url && p - url < GM_URL_MAX;
}

bool gm_header_name_ok(const char *name)
{
  static const char marks[] = "!#$%&'*+-.^_`|~"; /* RFC 9110, token */
  const char *p;

  for (p = name; p && *p; p++)
    if (!(*p >= '0' && *p <= '9') && !(*p >= 'a' && *p <= 'z') &&
        !(*p >= 'A' && *p <= 'Z') && !strchr(marks, *p))
      return false;
  return p && p > name;
}

bool gm_header_value_ok(const char *value)
{
  const unsigned char *p = (const unsigned char *)value;

  for (; p && *p; p++)
    if ((*p < 0x20 && *p != '\t') || *p == 0x7f)
      return false;
  return p != NULL;
}

/* ---- headers ------------------------------------------------------------ */

/* These say how the message is framed and where it goes; the host writes them.
 */
bool gm_header_is_ours(const char *name)
{
  return gm_strieq(name, "host") || gm_strieq(name, "content-length") ||
         gm_strieq(name, "transfer-encoding") || gm_strieq(name, "connection");
}

static void push_header(struct gm_call *c, const char *name, const char *value)
{
  struct gm_call_build *b = c->build;
  struct gm_header *list;

  if (b->n_headers >= GM_CALL_HEADERS) {
    gm_call_break(c, GAMUT_E_PLUGIN, "sets more than %u headers",
                  GM_CALL_HEADERS);
    return;
  }
  list = gm_call_grow(c, b->headers, b->n_headers, sizeof(*list));
  if (!list)
    return;
  list[b->n_headers++] = (struct gm_header){ name, value };
  b->headers = list;
}

void gm_host_header(struct gamut_call *pub, const char *name, const char *value)
{
  struct gm_call *c = gm_call_of(pub);

  if (gm_call_broken(c) || !value)
    return;
  value = gm_call_plain(c, value);
  if (!gm_header_name_ok(name) || gm_header_is_ours(name))
    gm_call_break(c, GAMUT_E_PLUGIN, "may not set a header '%s' (phase %s)",
                  name ? name : "", gm_phase_name(c->instance, pub->phase));
  else if (!gm_header_value_ok(value))
    gm_call_break(c, GAMUT_E_PLUGIN,
                  "put a control character into the header '%s'", name);
  else if (gm_call_utf8(c, "header", name, value)) {
    name = gm_call_copy(c, name, strlen(name));
    value = gm_call_copy(c, value, strlen(value));
    if (name && value)
      push_header(c, name, value);
  }
}

static bool has_header(const struct gm_call_build *b, const char *name)
{
  uint32_t i;

  for (i = 0; i < b->n_headers; i++)
    if (gm_strieq(b->headers[i].name, name))
      return true;
  return false;
}

static void default_type(struct gm_call *c, const char *type)
{
  if (type && !has_header(c->build, "content-type"))
    gm_host_header(&c->pub, "content-type", type);
}

/* ---- inputs ------------------------------------------------------------- */

const struct gm_input *gm_call_input(struct gm_call *c, uint32_t input)
{
  if (input < c->in->n_inputs)
    return &c->in->inputs[input];
  gm_call_break(c, GAMUT_E_PLUGIN, "asked for input %u of %u", (unsigned)input,
                (unsigned)c->in->n_inputs);
  return NULL;
}

static bool is_data_uri(const char *url)
{
  const char *comma = url && gm_starts(url, "data:") ? strchr(url, ',') : NULL;

  return comma && comma - url > 7 && memcmp(comma - 7, ";base64", 7) == 0;
}

static void add_data_uri(struct gm_call *c, const char *url, struct gm_buf *b)
{
  const char *text = strchr(url, ',') + 1;
  struct gm_base64 decoder = GM_BASE64_INIT;
  size_t len = strlen(text), n;
  char *room = gm_buf_room(b, len / 4 * 3 + 3);

  n = room ? gm_base64_decode(&decoder, text, len, room) : 0;
  if (room && n != SIZE_MAX)
    gm_buf_grown(b, n);
  else if (room)
    gm_call_break(c, GAMUT_E_INVALID, "got a data: URI that is not base64");
}

bool gm_call_input_bytes(struct gm_call *c, const struct gm_input *in,
                         struct gm_buf *b)
{
  struct gm_buf file = GM_BUF_INIT(GM_CALL_FILE);
  struct gm_error err = GM_ERROR_INIT;

  if (in->data) {
    gm_buf_addn(b, in->data, (size_t)in->size);
  } else if (is_data_uri(in->url)) {
    add_data_uri(c, in->url, b);
  } else if (!in->path) {
    gm_call_break(c, GAMUT_E_UNSUPPORTED,
                  "needs the bytes of the input '%s', not its URL",
                  in->name ? in->name : in->role);
  } else if (gm_file_read(in->path, &file, GAMUT_E_INVALID, &err) != 0) {
    gm_call_break(c, err.error_class, "%s", gm_error_text(&err));
  } else {
    gm_buf_addn(b, file.data, file.len); /* behind what is there already */
  }
  gm_buf_finish(&file);
  if (gm_buf_failed(b) && !gm_call_broken(c))
    gm_call_break(c, b->failed == GAMUT_E_NOMEM ? b->failed : GAMUT_E_INVALID,
                  "input '%s' is over %u MiB", in->name ? in->name : in->role,
                  GM_CALL_FILE / (1024 * 1024));
  gm_error_finish(&err);
  return !gm_call_broken(c);
}

/* ---- parts of a form ---------------------------------------------------- */

static void push_part(struct gm_call *c, struct gm_part part)
{
  struct gm_call_build *b = c->build;
  struct gm_part *list;

  part.name = gm_call_copy(c, part.name, strlen(part.name));
  list = gm_call_grow(c, b->parts, b->n_parts, sizeof(*list));
  if (!part.name || !list)
    return;
  list[b->n_parts++] = part;
  b->parts = list;
}

void gm_host_part_text(struct gamut_call *pub, const char *name,
                       const char *value)
{
  struct gm_call *c = gm_call_of(pub);
  struct gm_part part = { .name = name };

  if (gm_call_broken(c) || !name || !value)
    return;
  value = gm_call_plain(c, value);
  if (!value || !gm_call_utf8(c, "part", name, value))
    return;
  part.value = gm_call_copy(c, value, strlen(value));
  if (part.value)
    push_part(c, part);
}

void gm_host_part_input(struct gamut_call *pub, const char *name,
                        uint32_t input)
{
  struct gm_call *c = gm_call_of(pub);
  struct gm_part part = { .name = name, .input = input };

  if (!gm_call_broken(c) && name && gm_call_input(c, input))
    push_part(c, part);
}

void gm_host_body_input(struct gamut_call *pub, uint32_t input, uint64_t offset,
                        uint64_t size)
{
  struct gm_call *c = gm_call_of(pub);
  const struct gm_input *in;

  in = gm_call_broken(c) ? NULL : gm_call_input(c, input);
  if (!in)
    return;
  if (offset > in->size || size > in->size - offset) {
    gm_call_break(c, GAMUT_E_PLUGIN, "asks for more of input %u than it has",
                  (unsigned)input);
    return;
  }
  c->build->body_input = (int32_t)input;
  c->build->body_offset = offset;
  c->build->body_size = size;
}

/* RFC 7578 as browsers do it: quotes and line breaks are percent-coded. */
static void add_quoted(struct gm_buf *b, const char *s)
{
  gm_buf_addc(b, '"');
  for (; *s; s++) {
    if (*s == '"')
      gm_buf_add(b, "%22");
    else if (*s == '\r')
      gm_buf_add(b, "%0D");
    else if (*s == '\n')
      gm_buf_add(b, "%0A");
    else
      gm_buf_addc(b, *s);
  }
  gm_buf_addc(b, '"');
}

static void add_part_head(struct gm_buf *b, const char *boundary,
                          const struct gm_part *part, const struct gm_input *in)
{
  gm_buf_addf(b, "--%s\r\nContent-Disposition: form-data; name=", boundary);
  add_quoted(b, part->name);
  if (in) {
    gm_buf_add(b, "; filename=");
    add_quoted(b, in->name ? in->name : "file");
    gm_buf_addf(b, "\r\nContent-Type: %s",
                in->mime && gm_header_value_ok(in->mime)
                  ? in->mime
                  : "application/octet-stream");
  }
  gm_buf_add(b, "\r\n\r\n");
}

static bool add_part(struct gm_call *c, struct gm_buf *b, const char *boundary,
                     const struct gm_part *part)
{
  const struct gm_input *in = NULL;

  if (!part->value)
    in = &c->in->inputs[part->input];
  add_part_head(b, boundary, part, in);
  if (in && !gm_call_input_bytes(c, in, b))
    return false;
  gm_buf_add(b, part->value);
  gm_buf_add(b, "\r\n");
  return true;
}

static bool build_form(struct gm_call *c, struct gm_buf *b)
{
  static const char hex[] = "0123456789abcdef";
  unsigned char noise[16];
  char boundary[BOUNDARY_SIZE] = "gamut-", type[BOUNDARY_SIZE + 40];
  size_t i;

  gm_random(noise, sizeof(noise));
  for (i = 0; i < sizeof(noise); i++) {
    boundary[6 + 2 * i] = hex[noise[i] >> 4];
    boundary[7 + 2 * i] = hex[noise[i] & 15];
  }
  boundary[6 + 2 * sizeof(noise)] = '\0';
  for (i = 0; i < c->build->n_parts; i++)
    if (!add_part(c, b, boundary, &c->build->parts[i]))
      return false;
  gm_buf_addf(b, "--%s--\r\n", boundary);
  snprintf(type, sizeof(type), "multipart/form-data; boundary=%s", boundary);
  default_type(c, type);
  return true;
}

/* ---- the exchange ------------------------------------------------------- */

static bool check_http(struct gm_call *c, const struct gamut_http *x)
{
  const struct gamut_provider *p = &c->instance->provider->def;
  const uint32_t all = GAMUT_HTTP_BILLABLE | GAMUT_HTTP_KEYED | GAMUT_HTTP_ALL |
                       GAMUT_HTTP_STREAM | GAMUT_HTTP_FILL | GAMUT_HTTP_PROBE;
  const uint32_t paid_probe = GAMUT_HTTP_BILLABLE | GAMUT_HTTP_PROBE;

  if (c->in->event == GAMUT_EV_OPEN || c->in->event == GAMUT_EV_WORK)
    gm_call_break(c, GAMUT_E_PLUGIN, "asked for an exchange outside a step");
  else if (x->phase < 0 || (uint32_t)x->phase >= p->phases.count)
    gm_call_break(c, GAMUT_E_PLUGIN, "asked for phase %d of %u", (int)x->phase,
                  (unsigned)p->phases.count);
  else if (!gm_method_ok(x->method))
    gm_call_break(c, GAMUT_E_PLUGIN, "asked for the method '%s' (phase %s)",
                  x->method ? x->method : "",
                  gm_phase_name(c->instance, x->phase));
  else if (x->flags & ~all || (x->flags & paid_probe) == paid_probe)
    gm_call_break(c, GAMUT_E_PLUGIN, "asked for an exchange with flags %#x",
                  (unsigned)x->flags);
  else if (x->body_len > UINT32_MAX / 2)
    gm_call_break(c, GAMUT_E_PLUGIN, "asked for a body of negative size");
  else if ((x->json != NULL) + (x->body != NULL) + (c->build->n_parts > 0) +
             (c->build->body_input >= 0) >
           1)
    gm_call_break(c, GAMUT_E_PLUGIN, "gave an exchange two bodies (phase %s)",
                  gm_phase_name(c->instance, x->phase));
  return !gm_call_broken(c);
}

/* A path stands before the query that base_url may have. */
static const char *below_base(struct gm_call *c, const char *path)
{
  const struct gm_instance *i = c->instance;
  const char *mark = strchr(path, '?') ? "&" : "?";
  size_t size = strlen(i->base_url) + strlen(path) + strlen(i->base_query) + 2;
  char *full = gm_call_alloc(c, size);

  if (full)
    snprintf(full, size, "%s%s%s%s", i->base_url, path,
             *i->base_query ? mark : "", i->base_query);
  return full;
}

/* Absolute, or a path below base_url.  NULL: broken. */
static const char *full_url(struct gm_call *c, const struct gamut_http *x)
{
  const char *url = x->url ? gm_call_plain(c, x->url) : "", *full;
  char origin[GM_ORIGIN_SIZE];

  if (gm_call_broken(c) || !url)
    return NULL;
  if (url[0] == '/') {
    full = below_base(c, url);
    if (!full)
      return NULL;
    if (gm_url_text_ok(full))
      return full;
  } else if (gm_url_text_ok(url) && gm_url_origin(url, origin)) {
    return url;
  }
  gm_call_break(c, GAMUT_E_PLUGIN, "asked for a URL that is none (phase %s)",
                gm_phase_name(c->instance, x->phase));
  return NULL;
}

/* Whatever the body is, as bytes; `b` owns those of a form. */
static bool build_body(struct gm_call *c, const struct gamut_http *x,
                       struct gm_buf *b, struct gm_pending_parts *parts)
{
  parts->body = x->body;
  parts->body_len = x->body ? x->body_len : 0;
  if (x->json) {
    parts->body = gm_json_text(gm_json_of(x->json), &parts->body_len);
    if (!parts->body)
      gm_call_break(c, GAMUT_E_NOMEM, "no memory");
    default_type(c, "application/json");
  } else if (c->build->n_parts > 0 && build_form(c, b)) {
    parts->body = gm_buf_text(b);
    parts->body_len = b->len;
    if (gm_buf_failed(b))
      gm_call_break(c, b->failed == GAMUT_E_NOMEM ? b->failed : GAMUT_E_INVALID,
                    "built a form that is too big");
  } else if (c->build->body_input >= 0) {
    const struct gm_input *in = &c->in->inputs[c->build->body_input];

    default_type(c, x->body_type ? x->body_type : in->mime);
  } else if (x->body) {
    default_type(c, x->body_type ? x->body_type : "application/octet-stream");
  }
  return !gm_call_broken(c);
}

static void build(struct gm_call *c, const struct gamut_http *x)
{
  struct gm_buf body = GM_BUF_INIT(GM_CALL_ARENA + GM_CALL_FILE);
  struct gm_pending_parts parts = { .method = x->method };

  parts.url = full_url(c, x);
  if (parts.url && build_body(c, x, &body, &parts)) {
    parts.headers = c->build->headers;
    parts.n_headers = c->build->n_headers;
    c->pending = gm_pending_new(x, &parts);
    if (!c->pending) {
      gm_call_break(c, GAMUT_E_NOMEM, "no memory for an exchange");
    } else {
      c->pending->body_input = c->build->body_input;
      c->pending->body_offset = c->build->body_offset;
      c->pending->body_size = c->build->body_size;
    }
  }
  gm_buf_finish(&body);
}

int32_t gm_host_http(struct gamut_call *pub, const struct gamut_http *from)
{
  struct gm_call *c = gm_call_of(pub);
  struct gamut_http x = { 0 };

  if (!gm_call_ending(c, GM_STEP_HTTP) || gm_call_broken(c))
    return GM_STEP_HTTP;
  memcpy(&x, from, GM_MIN(from->struct_size, sizeof(x)));
  if (check_http(c, &x))
    build(c, &x);
  return GM_STEP_HTTP;
}
