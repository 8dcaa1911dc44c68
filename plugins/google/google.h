/* google.h - what the files of the Google provider share. */
#ifndef GOOGLE_H
#define GOOGLE_H

#include <gamut/plugin.h>

/* One step: the call, and which of Google's two doors it goes through. */
struct google {
  struct gamut_call *c;
  const struct gamut_host *h;
  int studio;        /* generativelanguage.googleapis.com, else Vertex */
  const char *wrong; /* what cannot be asked, as a sentence */
  int32_t wrong_class;
  const char *model; /* the one meant when the request names none, or NULL */
};

enum {
  GOOGLE_GENERATE,
  GOOGLE_STREAM,
  GOOGLE_PREDICT,
  GOOGLE_START,
  GOOGLE_POLL,
  GOOGLE_TOKEN,
  GOOGLE_SUBJECT,
  GOOGLE_PROBE,
  GOOGLE_IMPERSONATE,
  GOOGLE_UPLOAD,
  GOOGLE_BYTES,
  GOOGLE_FILE,
  GOOGLE_MODELS,
  GOOGLE_EMBED
};

/* google.c: the vocabulary of errors. */
extern const struct gamut_reason google_reasons[];
extern const uint32_t google_n_reasons;

/* place.c: URLs, and through which credential. */
enum google_way { GOOGLE_NO_WAY, GOOGLE_BY_KEY, GOOGLE_BY_ADC };
enum google_way google_way(struct google *g);
/* There is no way: says which variables to set. */
int32_t google_no_key(struct google *g);
/* The model as it was asked for, or the one that is meant without. */
const char *google_asked_model(struct google *g);
/* The model's id without its path, "gemini-3-pro-image"; NULL: it is none. */
const char *google_model(struct google *g);
/* Does the model's id begin so? */
int google_model_is(struct google *g, const char *prefix);
/* The URL of one method of the request's model. */
const char *google_url(struct google *g, const char *method);
/* "/v1beta/<path>" below the same base; before it what stands before the
 * version, as "/upload". */
const char *google_path(struct google *g, const char *before, const char *path);
/* May base_url be another server than Google's own? */
int google_has_own_base(struct google *g);
/* base_url without slashes at its end. */
const char *google_base(struct google *g);
/* The scheme, host and port of a URL; "" if it is none. */
const char *google_origin(struct google *g, const char *url);
/* The 3.x models were announced for the location global; our preset is a
 * region, where they may be missing. */
int google_wants_global(struct google *g);
/* Where the bytes of a gs:// address can be had. */
const char *google_storage_url(struct google *g, const char *gs);
/* Send a request about the model, or refuse what is wrong with it.  The answer
 * comes to the step whatever its status. */
int32_t google_send(struct google *g, struct gamut_http *x);

/* input.c: fields and inputs, and what keeps them from being sent. */
int32_t google_refuse(struct google *g);
GAMUT_PRINTF(3, 4)
void google_wrong(struct google *g, int32_t error_class, const char *fmt, ...);
/* A field that says something, else NULL. */
const struct gamut_json *google_ask(struct google *g, const char *name);
/* Is the word in the list of words? */
int google_in(const char *word, const char *list);
/* Is this the value, written as JSON? */
int google_is(struct google *g, const struct gamut_json *v, const char *want);
/* A field of the request under the vendor's name; nothing if absent. */
void google_set_any(struct google *g, struct gamut_json *to, const char *name,
                    const char *from);
void google_set_int(struct google *g, struct gamut_json *to, const char *name,
                    const char *from);
/* {mimeType, compressionQuality}, or NULL. */
struct gamut_json *google_output(struct google *g);
/* Members of `extra`, the caller's own words for the vendor: one of them; into
 * `to` those of the list, or all but those. */
const struct gamut_json *google_extra(struct google *g, const char *name);
void google_take(struct google *g, struct gamut_json *to, const char *list);
void google_leave(struct google *g, struct gamut_json *to, const char *list);
/* The same from another object: the members that are in the list, or are not.
 */
void google_add(struct google *g, struct gamut_json *to,
                const struct gamut_json *from, const char *list, int in);
/* None of these members may be asked for at this door. */
void google_forbid(struct google *g, const struct gamut_json *from,
                   const char *list);
uint32_t google_count(struct google *g, const char *role);
/* The n-th input with this role, -1: none. */
int32_t google_input(struct google *g, const char *role, uint32_t n);
/* "gs://...": bytes that Google fetches itself. */
int google_is_gs(const char *url);
/* {bytesBase64Encoded | gcsUri, mimeType} */
struct gamut_json *google_image(struct google *g, uint32_t input);
const char *google_mime(struct google *g, uint32_t input);
/* Nothing but 0 to 9, a to z, A to Z and some of `more`. */
int google_is_plain(const char *s, const char *more);

/* gemini.c, gemini_reply.c: images from generateContent. */
int32_t google_generate(struct google *g);
int32_t google_generated(struct google *g);
int32_t google_chunk(struct google *g);
int32_t google_stream_over(struct google *g);

/* imagen.c: predict. */
int32_t google_predict(struct google *g);
int32_t google_predicted(struct google *g);

/* veo.c: predictLongRunning and what follows. */
int32_t google_start(struct google *g);
int32_t google_started(struct google *g);
int32_t google_polled(struct google *g);

/* answer.c: what all answers have in common. */
void google_hand_over(struct google *g, int32_t kind, const char *mime,
                      const char *base64, const char *gs, const char *url);
void google_withheld(struct google *g, int32_t kind);
/* `codes` (or NULL) and those of "Support codes: 1, 2" in a sentence that are
 * not among them. */
const char *google_codes(struct google *g, const char *codes,
                         const char *sentence);
/* As a fact; NULL: there are none. */
void google_tell_codes(struct google *g, const char *codes);
/* A reply of 400 and above. */
int32_t google_refused(struct google *g);
/* Fails by the code and sentence of {"code", "message", "status", "details"},
 * which came with a good HTTP status; `rpc`: the code is one of google.rpc. */
int32_t google_error(struct google *g, const struct gamut_json *error, int rpc);
/* A count as a fact, if there is any. */
void google_count_fact(struct google *g, const char *name, int64_t n);

/* token.c, external.c: application default credentials. */
int32_t google_token(void *instance, struct gamut_call *c);
/* upload.c: the Files API. */
int32_t google_upload(void *instance, struct gamut_call *c);
/* models.c: what Google lists. */
extern const struct gamut_models google_vertex_models, google_studio_models;
/* embed.c: texts as vectors. */
extern const struct gamut_embed google_vertex_embed, google_studio_embed;

#endif
