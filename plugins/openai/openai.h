/* openai.h - what the files of the openai provider share. */
#ifndef OPENAI_H
#define OPENAI_H

#include <gamut/plugin.h>

enum { OPENAI_GENERATE, OPENAI_SUBMIT, OPENAI_STATUS, OPENAI_DELETE };

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
/* Fill in what every exchange has, and send it. */
int32_t openai_send(struct gamut_call *c, struct gamut_http *x,
                    const char *path);

/* image.c */
int32_t openai_image(struct gamut_call *c);

/* output.c: the reply of an image exchange, and one event of its stream. */
int32_t openai_pictures(struct gamut_call *c);
int32_t openai_event(struct gamut_call *c);
/* The class of an error object that came under a good status. */
int32_t openai_class(struct gamut_call *c, const struct gamut_json *error);

/* video.c */
int32_t openai_video(struct gamut_call *c);
int32_t openai_video_reply(struct gamut_call *c);
int32_t openai_video_delete(struct gamut_call *c);
int32_t openai_video_deleted(struct gamut_call *c);

/* openai.c */
extern const struct gamut_reason openai_reasons[];
extern const uint32_t openai_n_reasons;

#endif
