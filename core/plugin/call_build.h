/* call_build.h - private to the files that make one call: what the provider has
 * built so far, and how a builder fails. */
#ifndef GM_PLUGIN_CALL_BUILD_H
#define GM_PLUGIN_CALL_BUILD_H

#include "plugin/call.h"

#define GM_CALL_HEADERS 64u                  /* set by the provider, at most */
#define GM_CALL_ARENA   (64u * 1024u * 1024) /* all that one call builds */

/* One part of multipart/form-data: a text, or an input when value is NULL. */
struct gm_part {
  const char *name, *value;
  uint32_t input;
};

/* An input in JSON; a token with its number stands there. */
struct gm_use {
  uint32_t input;
  int32_t form; /* GAMUT_AS_... */
};

struct gm_call_build {
  struct gm_json_parser *parser; /* owned; survives gm_call_end() */
  /* Everything from here on is forgotten by gm_call_end(). */
  struct json_object **roots; /* a reference to each */
  struct gm_header *headers;
  struct gm_part *parts;
  struct gamut_artifact *artifacts;
  const char **notes;
  struct gm_fact *facts;
  struct json_object *reply_json;
  struct gamut_reply reply;
  struct gm_use *uses;
  uint64_t mark[2]; /* what tokens begin with, once there is one */
  uint32_t n_roots, n_headers, n_parts, n_endings, n_uuids, n_uses;
  int32_t body_input; /* -1: none */
  uint64_t body_offset, body_size;
  enum gm_step_kind ending;
  bool broken; /* a builder failed; call.err says how */
};

static inline struct gm_call *gm_call_of(struct gamut_call *pub)
{
  return (struct gm_call *)pub; /* pub is the first member */
}

/* The call that this thread is in, for services that get no call. */
struct gm_call *gm_call_current(void);
struct gm_call *gm_call_enter(struct gm_call *c); /* the one before */

/* The provider's name, for sentences. */
const char *gm_call_provider(const struct gm_call *c);

/* Make the call fail, unless it has already: "provider fal: ...". */
GM_PRINTF(3, 4)
void gm_call_break(struct gm_call *c, int32_t error_class, const char *fmt,
                   ...);
static inline bool gm_call_broken(const struct gm_call *c)
{
  return c->build->broken;
}

/* From the arena; on failure the call is broken and NULL comes back. */
void *gm_call_alloc(struct gm_call *c, size_t size);
char *gm_call_copy(struct gm_call *c, const char *s, size_t len);
/* `items` with room for one more behind `n`; NULL: broken. */
void *gm_call_grow(struct gm_call *c, void *items, uint32_t n, size_t size);
/* What read the reply or the event at hand; NULL: nothing did. */
const struct gm_reader *gm_call_reader(const struct gm_call *c);
/* The text itself.  A long string of the reply that was moved out of it comes
 * back in full, up to 1 MiB. */
const char *gm_call_plain(struct gm_call *c, const char *s);
/* Valid UTF-8, or the call is broken: "`what` 'name' is not UTF-8". */
bool gm_call_utf8(struct gm_call *c, const char *what, const char *name,
                  const char *s);
/* Put the JSON value among the roots, which takes over the reference. */
struct json_object *gm_call_root(struct gm_call *c, struct json_object *o);

/* host_body.c: the input, or NULL and the call is broken. */
const struct gm_input *gm_call_input(struct gm_call *c, uint32_t input);
/* What stands for the input in JSON: its URL, or a token; NULL: broken. */
const char *gm_call_input_text(struct gm_call *c, uint32_t input, int32_t form);
/* JSON text with the bytes of inputs in place of their tokens; the text itself
 * when it has none.  NULL: broken. */
const char *gm_call_expand(struct gm_call *c, const char *text, size_t *len);
/* The exchange with its body; NULL: broken. */
struct gm_pending *gm_call_pending(struct gm_call *c,
                                   const struct gamut_http *x, const char *url);
/* host_build.c: unless the provider said another. */
void gm_call_default_type(struct gm_call *c, const char *type);

bool gm_method_ok(const char *method);
bool gm_url_text_ok(const char *url); /* printable ASCII, not too long */
bool gm_header_name_ok(const char *name);
/* Does it say how the message is framed and where it goes? */
bool gm_header_is_ours(const char *name);
bool gm_header_value_ok(const char *value);

/* ---- the services, by file ---------------------------------------------- */
int32_t gm_host_http(struct gamut_call *c, const struct gamut_http *x);
void gm_host_header(struct gamut_call *c, const char *name, const char *value);
void gm_host_part_text(struct gamut_call *c, const char *name,
                       const char *value);
void gm_host_part_input(struct gamut_call *c, const char *name, uint32_t input);
void gm_host_body_input(struct gamut_call *c, uint32_t input, uint64_t offset,
                        uint64_t size);
/* Count an ending; false when the step has ended already. */
bool gm_call_ending(struct gm_call *c, enum gm_step_kind kind);

const struct gamut_json *gm_host_json_get(const struct gamut_json *o,
                                          const char *path);
const char *gm_host_json_str(const struct gamut_json *o, const char *path,
                             const char *fallback);
int64_t gm_host_json_int(const struct gamut_json *o, const char *path,
                         int64_t fallback);
double gm_host_json_real(const struct gamut_json *o, const char *path,
                         double fallback);
uint32_t gm_host_json_count(const struct gamut_json *o, const char *path);
const struct gamut_json *gm_host_json_member(const struct gamut_json *o,
                                             uint32_t n, const char **ret_key);
int32_t gm_host_json_type(const struct gamut_json *o);
const char *gm_host_json_text(struct gamut_call *c, const struct gamut_json *o);
struct gamut_json *gm_host_json_object(struct gamut_call *c);
struct gamut_json *gm_host_json_array(struct gamut_call *c);
struct gamut_json *gm_host_json_parse(struct gamut_call *c, const char *text,
                                      size_t len);
void gm_host_json_set(struct gamut_json *o, const char *key,
                      const struct gamut_json *value);
void gm_host_json_set_str(struct gamut_json *o, const char *key,
                          const char *value);
void gm_host_json_set_int(struct gamut_json *o, const char *key, int64_t value);
void gm_host_json_set_real(struct gamut_json *o, const char *key, double value);
void gm_host_json_set_bool(struct gamut_json *o, const char *key,
                           int32_t value);
void gm_host_json_set_input(struct gamut_json *o, const char *key,
                            uint32_t input, int32_t form);
struct json_object *gm_json_of(const struct gamut_json *o); /* the one cast */
const struct gamut_json *gm_json_seen(struct json_object *o);
/* A reference to the value, or a copy when it has tokens in it that stand for
 * long strings of the reply.  NULL: no memory. */
struct json_object *gm_json_owned(struct gm_call *c, struct json_object *value);

GAMUT_PRINTF(2, 3)
const char *gm_host_text(struct gamut_call *c, const char *fmt, ...);
const char *gm_host_escape(struct gamut_call *c, const char *s);
const char *gm_host_base64(struct gamut_call *c, const void *p, size_t len);
const char *gm_host_reply_header(struct gamut_call *c, const char *name);
const char *gm_host_input_info(struct gamut_call *c, uint32_t input,
                               const char *what);
const char *gm_host_uuid(struct gamut_call *c);
const char *gm_host_jwt(struct gamut_call *c, const char *secret_key,
                        const struct gamut_json *claims);
void gm_host_token(struct gamut_call *c, const char *value, uint32_t ttl_s);
void gm_host_answer(struct gamut_call *c, const struct gamut_json *answer);
int32_t gm_host_verify(struct gamut_call *c, const struct gamut_signature *s);
void gm_host_vector(struct gamut_call *c, const struct gamut_json *vector);
GAMUT_PRINTF(3, 4)
void gm_host_log(struct gamut_call *c, int32_t level, const char *fmt, ...);

#endif
