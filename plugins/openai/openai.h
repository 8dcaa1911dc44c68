/* openai.h - what the files of the openai provider share. */
#ifndef OPENAI_H
#define OPENAI_H

#include <gamut/plugin.h>

enum {
  OPENAI_GENERATE,
  OPENAI_SUBMIT,
  OPENAI_STATUS,
  OPENAI_DELETE,
  OPENAI_UPLOAD,
  OPENAI_MODELS,
  OPENAI_EMBED,
  OPENAI_LOOKUP
};

/* request.c: the request in OpenAI's words.  *ret_wrong: what the model cannot
 * take, as a sentence, else left alone. */
struct gamut_json *openai_body(struct gamut_call *c, const char **ret_wrong);
int openai_is_video(struct gamut_call *c);
/* Does the member of an object say exactly this (a string, or JSON text)? */
int openai_is(struct gamut_call *c, const struct gamut_json *o,
              const char *path, const char *want);
/* The body's members as parts of a form: lists are name[], objects name[key].
 */
void openai_form(struct gamut_call *c, const struct gamut_json *body);
/* Is it another server than OpenAI's own or a region of it? */
int openai_is_elsewhere(struct gamut_call *c);
int openai_is_azure(struct gamut_call *c);
/* The absolute URL of a path. */
const char *openai_url(struct gamut_call *c, const char *path);
/* What a server names of its own, as "/files/1.png", as an absolute URL. */
const char *openai_whole_url(struct gamut_call *c, const char *url);
/* May an edit be JSON, with URLs and ids of files? */
int openai_edits_json(struct gamut_call *c);
/* Is response_format ours, not the caller's word? */
int openai_adds_format(struct gamut_call *c);
/* Fill in what every exchange has, and send it. */
int32_t openai_send(struct gamut_call *c, struct gamut_http *x,
                    const char *path);

/* image.c */
int32_t openai_image(struct gamut_call *c);

/* output.c: the reply of an image exchange, and one event of its stream. */
int32_t openai_pictures(struct gamut_call *c);
int32_t openai_event(struct gamut_call *c);

/* error.c: a reply of 400 and above; one event that ends a stream. */
int32_t openai_refused(struct gamut_call *c);
int32_t openai_broken(struct gamut_call *c, const struct gamut_json *event);
int openai_has_error(struct gamut_call *c, const struct gamut_json *reply);

/* video.c */
int32_t openai_video(struct gamut_call *c);
int32_t openai_video_reply(struct gamut_call *c);
int32_t openai_video_delete(struct gamut_call *c);
int32_t openai_video_deleted(struct gamut_call *c);

/* lookup.c */
extern const struct gamut_account openai_account;

/* upload.c */
int32_t openai_upload(void *instance, struct gamut_call *c);
int openai_is_file_id(const char *url);
/* {"file_id"} of what OpenAI has, else {"image_url"}. */
struct gamut_json *openai_reference(struct gamut_call *c, uint32_t input);

/* query.c */
extern const struct gamut_models openai_models;
extern const struct gamut_webhook openai_webhook;
/* embed.c; the model that is meant when none is named. */
#define OPENAI_EMBED_MODEL "text-embedding-3-small"
extern const struct gamut_embed openai_embed;

/* openai.c: the first exchange of a job, also made anew. */
int32_t openai_start(struct gamut_call *c);
extern const struct gamut_reason openai_reasons[];
extern const uint32_t openai_n_reasons;

#endif
