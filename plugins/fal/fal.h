/* fal.h - what the files of the fal provider share. */
#ifndef FAL_H
#define FAL_H

#include <gamut/plugin.h>

/* input.c: the request in fal's words.  *ret_wrong: what the model cannot
 * take, as a sentence, else left alone. */
struct gamut_json *fal_input(struct gamut_call *c, const char **ret_wrong);
/* The path of the submit, "fal-ai/flux/dev"; NULL when the model's id is none.
 * And of everything after it, "fal-ai/flux". */
const char *fal_endpoint(struct gamut_call *c);
const char *fal_app(struct gamut_call *c);
/* Letters, digits, '.', '_' and '-' only, and not just dots. */
int fal_is_word(const char *s);
/* Does the request say exactly this (a string, or a value's JSON text)? */
int fal_is(struct gamut_call *c, const char *path, const char *want);
int fal_is_video(struct gamut_call *c);

/* output.c: the queue's news; and the end of the job. */
void fal_progress(struct gamut_call *c, const char *status);
int32_t fal_output(struct gamut_call *c);

#endif
