#ifndef EM_OPENAI_H
#define EM_OPENAI_H

#include "server.h"

#include <json-c/json.h>

#define OPENAI_ID_SIZE 48

/* What a model of the Images API can do. */
struct openai_model {
  const char *id;
  bool free_size; /* any multiple of 16, else three sizes */
  bool max_quality, gif, markup;
  char fidelity; /* 'h' high and low, 'l' low only, '-' the field is unknown */
  const char *shutdown;
};
extern const struct openai_model openai_models[]; /* ends with a NULL id */
const struct openai_model *openai_model_find(const char *id);

/* A file of a form; points into the request's body. */
struct openai_file {
  char name[24], filename[64], type[40];
  bool named, typed; /* has a filename; its type is one of a picture's */
  const unsigned char *bytes;
  size_t len;
};

/* A request taken apart: what was text in a form is a string in `o`. */
struct openai_input {
  struct json_object *o;
  bool is_form;
  struct openai_file files[20];
  unsigned n_files;
};

/* A server that only speaks like OpenAI: takes any model and any field, needs
 * no key, ignores `stream`, answers URLs, says its errors as strings. */
bool openai_is_compatible(const struct em_request *rq);

/* Each of these answers the request when it returns false or NULL. */
bool openai_parse(struct em_request *rq, struct openai_input *in);
void openai_input_finish(struct openai_input *in);
bool openai_check_image(struct em_request *rq, const struct openai_input *in,
                        bool edit);
bool openai_check_video(struct em_request *rq, const struct openai_input *in,
                        const char *const *fields);

/* A member as text; NULL when it is not there. */
const char *openai_text(const struct openai_input *in, const char *name);
int64_t openai_number(const struct openai_input *in, const char *name,
                      int64_t other);
const struct openai_file *openai_file(const struct openai_input *in,
                                      const char *name);

void openai_error(struct em_request *rq, unsigned status, const char *type,
                  const char *param, const char *code, const char *format, ...)
  EM_PRINTF(6, 7);
void openai_fault(struct em_request *rq, const struct em_fault *fault);
/* What the moderation says, as an error object. */
void openai_put_blocked(const char *stage, struct em_buf *out);
/* The prompt's books and faults; NULL: the answer is already there. */
struct em_job *openai_accept(struct em_request *rq,
                             const struct openai_input *in, const char *app);
/* By "video_<id>". */
struct em_job *openai_find(struct em_request *rq, const char *id, size_t len);
void openai_put_id(const struct em_job *job, const char *prefix,
                   struct em_buf *out);

/* There is nothing at this path. */
void openai_not_here(struct em_request *rq);
/* "<prefix><24 hex digits>", another one each time. */
void openai_new_id(struct em_server *sv, const char *prefix,
                   char ret[OPENAI_ID_SIZE]);
/* openai_list.c: the page of a list that ?limit, ?order and ?after ask for.
 * `ids`: of all rows, the oldest first; `put` writes the i-th of them. */
void openai_answer_list(struct em_request *rq, char ids[][OPENAI_ID_SIZE],
                        size_t n,
                        void (*put)(struct em_request *rq, size_t i,
                                    struct em_buf *out));

/* openai_file.c */
void openai_files(struct em_request *rq, const char *path);
bool openai_has_file(const char *id);

/* openai_hook.c: endpoints of webhooks, and what they are told. */
void openai_hooks(struct em_request *rq, const char *path);
void openai_hook_video(struct em_server *sv, struct em_job *job);
/* openai_video.c: how a video that is over has ended. */
bool openai_video_failed(struct em_server *sv, struct em_job *job);

/* openai_embed.c */
void openai_embeddings(struct em_request *rq);

/* openai_character.c: people of videos. */
void openai_characters(struct em_request *rq, const char *path);
bool openai_has_character(const char *id);

void openai_images(struct em_request *rq, bool edit);
void openai_videos(struct em_request *rq, const char *path);

/* openai_formats.c: pictures of one colour, in the formats that only OpenAI
 * has. */
void openai_webp(uint32_t width, uint32_t height, uint64_t look,
                 struct em_buf *out);
void openai_gif(uint32_t width, uint32_t height, unsigned frames, uint64_t look,
                struct em_buf *out);
void openai_svg(uint32_t width, uint32_t height, uint64_t look,
                struct em_buf *out);

extern const struct em_host em_openai_hosts[];

#endif
