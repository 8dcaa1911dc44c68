/* host_body.c - the body of an exchange: forms, JSON, inputs inside of both.
 *
 * The bytes of an input are not looked at here: a body with inputs is a list of
 * pieces, and whoever sends it reads them.  Inside JSON a token stands for an
 * input until the body is cut at it; it begins with a random mark, so no text
 * of a user or a vendor can pass for one.  Where JSON leaves by another way
 * (the job's state, json_text()) the bytes take the token's place at once. */
#include "base/random.h"
#include "base/str.h"
#include "plugin/call_build.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BOUNDARY_SIZE 40
#define MARK_LEN      45u /* "gamut-input-", 32 digits, "-" */
#define TOKEN_LEN     (MARK_LEN + 4)
#define USES_MAX      10000u

/* ---- pieces ------------------------------------------------------------- */

/* A body in the making: all its text, and the pieces that text and inputs make
 * in turn. */
struct plan {
  struct gm_buf text;
  struct gm_pending_piece *pieces;
  const char **paths;
  uint32_t n;
  size_t from; /* where the text behind the last input begins */
};

static void push(struct gm_call *c, struct plan *p,
                 struct gm_pending_piece piece, const char *path)
{
  struct gm_pending_piece *pieces =
    gm_call_grow(c, p->pieces, p->n, sizeof(*pieces));
  const char **paths = gm_call_grow(c, p->paths, p->n, sizeof(*paths));

  if (!pieces || !paths)
    return;
  p->pieces = pieces;
  p->paths = paths;
  pieces[p->n] = piece;
  paths[p->n++] = path;
}

/* The text since the last input becomes a piece. */
static void cut_text(struct gm_call *c, struct plan *p)
{
  struct gm_pending_piece piece = { .input = -1,
                                    .offset = p->from,
                                    .size = p->text.len - p->from };

  if (piece.size > 0)
    push(c, p, piece, NULL);
  p->from = p->text.len;
}

static void add_input(struct gm_call *c, struct plan *p, uint32_t input,
                      bool base64, uint64_t offset, uint64_t size)
{
  const struct gm_input *in = &c->in->inputs[input];
  struct gm_pending_piece piece = { .input = (int32_t)input,
                                    .base64 = base64,
                                    .offset = offset,
                                    .size = size,
                                    .mark = { in->size, in->mtime_ns } };

  cut_text(c, p);
  push(c, p, piece, in->path);
}

/* Without inputs it is a text, which needs no pieces. */
static void end_plan(struct gm_call *c, struct plan *p,
                     struct gm_pending_parts *parts)
{
  if (p->n > 0)
    cut_text(c, p);
  if (gm_buf_failed(&p->text))
    gm_call_break(
      c, p->text.failed == GAMUT_E_NOMEM ? GAMUT_E_NOMEM : GAMUT_E_PLUGIN,
      "built a body that is too big");
  parts->body = gm_buf_text(&p->text);
  parts->body_len = p->text.len;
  parts->pieces = p->pieces;
  parts->paths = p->paths;
  parts->n_pieces = p->n;
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

/* The input when its bytes are here, in a file or in memory; NULL: broken. */
static const struct gm_input *input_with_bytes(struct gm_call *c,
                                               uint32_t input)
{
  const struct gm_input *in = gm_call_input(c, input);

  if (!in || gm_input_has_bytes(in))
    return in;
  gm_call_break(c, GAMUT_E_UNSUPPORTED,
                "needs the bytes of the input '%s', not its URL",
                in->name ? in->name : in->role);
  return NULL;
}

/* ---- inputs in JSON ----------------------------------------------------- */

static const char *mark(const struct gm_call_build *b, char buf[MARK_LEN + 1])
{
  snprintf(buf, MARK_LEN + 1, "gamut-input-%016" PRIx64 "%016" PRIx64 "-",
           b->mark[0], b->mark[1]);
  return buf;
}

/* What AS_URL comes to: NULL when it is bytes all the same. */
static const char *url_of(const struct gm_input *in)
{
  if (in->uploaded)
    return in->uploaded;
  return gm_input_has_bytes(in) ? NULL : in->url;
}

const char *gm_call_input_text(struct gm_call *c, uint32_t input, int32_t form)
{
  struct gm_call_build *b = c->build;
  const struct gm_input *in = gm_call_input(c, input);
  struct gm_use *uses;
  char buf[MARK_LEN + 1], *token;

  if (!in)
    return NULL;
  if (form == GAMUT_AS_URL && url_of(in))
    return url_of(in);
  if (!input_with_bytes(c, input))
    return NULL;
  if (b->n_uses == 0)
    gm_random(b->mark, sizeof(b->mark));
  uses = gm_call_grow(c, b->uses, b->n_uses, sizeof(*uses));
  token = gm_call_alloc(c, TOKEN_LEN + 1);
  if (!uses || !token)
    return NULL;
  if (b->n_uses == USES_MAX) {
    gm_call_break(c, GAMUT_E_PLUGIN, "puts more than %u inputs into JSON",
                  USES_MAX);
    return NULL;
  }
  snprintf(token, TOKEN_LEN + 1, "%s%04u", mark(b, buf), (unsigned)b->n_uses);
  b->uses = uses;
  uses[b->n_uses++] = (struct gm_use){ input, form };
  return token;
}

static void add_use(struct gm_call *c, struct plan *p, const struct gm_use *use)
{
  const struct gm_input *in = &c->in->inputs[use->input];

  if (use->form == GAMUT_AS_URL && in->url)
    gm_buf_add(&p->text, in->url); /* the head of a data: URI, as given */
  else if (use->form != GAMUT_AS_BASE64)
    gm_buf_addf(&p->text, "data:%s;base64,",
                in->mime ? in->mime : "application/octet-stream");
  add_input(c, p, use->input, true, 0, in->size);
}

static const char *find_token(const struct gm_call_build *b, const char *at,
                              const char *end, uint32_t *ret_use)
{
  char buf[MARK_LEN + 1];
  int64_t use;

  if (b->n_uses == 0)
    return NULL;
  mark(b, buf);
  while ((at = memmem(at, (size_t)(end - at), buf, MARK_LEN)) != NULL) {
    char digits[5] = "";

    if ((size_t)(end - at) < TOKEN_LEN)
      return NULL;
    memcpy(digits, at + MARK_LEN, 4);
    if (gm_parse_i64(digits, 0, b->n_uses - 1, &use)) {
      *ret_use = (uint32_t)use;
      return at;
    }
    at += MARK_LEN;
  }
  return NULL;
}

/* Text with tokens becomes text and inputs. */
static void add_json(struct gm_call *c, struct plan *p, const char *text,
                     size_t len)
{
  const char *end = text + len, *at;
  uint32_t use;

  while ((at = find_token(c->build, text, end, &use)) != NULL) {
    gm_buf_addn(&p->text, text, (size_t)(at - text));
    add_use(c, p, &c->build->uses[use]);
    text = at + TOKEN_LEN;
  }
  gm_buf_addn(&p->text, text, (size_t)(end - text));
}

/* All of it into the arena: a body that goes nowhere is read as one that does.
 */
static const char *read_out(struct gm_call *c,
                            const struct gm_pending_parts *parts,
                            size_t *ret_len)
{
  _cleanup_free_ struct gm_pending *p =
    gm_pending_new(&(struct gamut_http){ 0 }, parts);
  _cleanup_(gm_buf_finish) struct gm_buf out = GM_BUF_INIT(GM_CALL_ARENA);
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  int32_t rc;

  if (!p) {
    gm_call_break(c, GAMUT_E_NOMEM, "no memory");
    return NULL;
  }
  rc = gm_pending_read(p, c->in->inputs, c->in->n_inputs, &out, &err);
  if (rc) {
    gm_call_break(c, rc, "%s", gm_error_text(&err));
    return NULL;
  }
  *ret_len = out.len;
  return gm_call_copy(c, gm_buf_text(&out), out.len);
}

const char *gm_call_expand(struct gm_call *c, const char *text, size_t *len)
{
  struct plan p = { .text = GM_BUF_INIT(GM_CALL_ARENA) };
  struct gm_pending_parts parts = { .method = "", .url = "" };
  uint32_t use;

  if (!text || !find_token(c->build, text, text + *len, &use))
    return text;
  add_json(c, &p, text, *len);
  end_plan(c, &p, &parts);
  text = gm_call_broken(c) ? NULL : read_out(c, &parts, len);
  gm_buf_finish(&p.text);
  return text;
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

  if (!gm_call_broken(c) && name && input_with_bytes(c, input))
    push_part(c, part);
}

void gm_host_body_input(struct gamut_call *pub, uint32_t input, uint64_t offset,
                        uint64_t size)
{
  struct gm_call *c = gm_call_of(pub);
  const struct gm_input *in;

  in = gm_call_broken(c) ? NULL : input_with_bytes(c, input);
  if (!in)
    return;
  if (offset > in->size || size > in->size - offset) {
    gm_call_break(c, GAMUT_E_PLUGIN, "asks for more of input %u than it has",
                  (unsigned)input);
    return;
  }
  c->build->body_input = (int32_t)input;
  c->build->body_offset = offset;
  c->build->body_size = size ? size : in->size - offset;
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

static void add_part(struct gm_call *c, struct plan *p, const char *boundary,
                     const struct gm_part *part)
{
  const struct gm_input *in = part->value ? NULL : &c->in->inputs[part->input];

  add_part_head(&p->text, boundary, part, in);
  if (in)
    add_input(c, p, part->input, false, 0, in->size);
  gm_buf_add(&p->text, part->value);
  gm_buf_add(&p->text, "\r\n");
}

static void add_form(struct gm_call *c, struct plan *p)
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
    add_part(c, p, boundary, &c->build->parts[i]);
  gm_buf_addf(&p->text, "--%s--\r\n", boundary);
  snprintf(type, sizeof(type), "multipart/form-data; boundary=%s", boundary);
  gm_call_default_type(c, type);
}

/* ---- all bodies --------------------------------------------------------- */

static void plan_body(struct gm_call *c, const struct gamut_http *x,
                      struct plan *p)
{
  const struct gm_call_build *b = c->build;
  const char *text;
  size_t len;

  if (x->json) {
    text = gm_json_text(gm_json_of(x->json), &len);
    if (!len)
      gm_call_break(c, GAMUT_E_NOMEM, "no memory");
    add_json(c, p, text, len);
    gm_call_default_type(c, "application/json");
  } else if (b->n_parts > 0) {
    add_form(c, p);
  } else if (b->body_input >= 0) {
    const struct gm_input *in = &c->in->inputs[b->body_input];

    add_input(c, p, (uint32_t)b->body_input, false, b->body_offset,
              b->body_size);
    gm_call_default_type(c, x->body_type ? x->body_type : in->mime);
  } else if (x->body) {
    gm_buf_addn(&p->text, x->body, x->body_len);
    gm_call_default_type(c, x->body_type ? x->body_type
                                         : "application/octet-stream");
  }
}

struct gm_pending *gm_call_pending(struct gm_call *c,
                                   const struct gamut_http *x, const char *url)
{
  struct plan p = { .text = GM_BUF_INIT(GM_CALL_ARENA) };
  struct gm_pending_parts parts = { .method = x->method, .url = url };
  struct gm_pending *pending = NULL;

  plan_body(c, x, &p);
  end_plan(c, &p, &parts);
  parts.headers = c->build->headers;
  parts.n_headers = c->build->n_headers;
  if (p.n > 0 && x->flags & GAMUT_HTTP_FILL)
    gm_call_break(c, GAMUT_E_PLUGIN,
                  "fills values into a body that has an input");
  if (!gm_call_broken(c)) {
    pending = gm_pending_new(x, &parts);
    if (!pending)
      gm_call_break(c, GAMUT_E_NOMEM, "no memory for an exchange");
  }
  gm_buf_finish(&p.text);
  return pending;
}
