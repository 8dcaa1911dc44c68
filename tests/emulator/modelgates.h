#ifndef EM_MODELGATES_H
#define EM_MODELGATES_H

#include "server.h"

#include <json-c/json.h>

/* Both hosts speak the same; videos of some makers lie with a third. */
#define GATE_MODELGATES "modelgates.ai"
#define GATE_OPENROUTER "openrouter.ai"
#define GATE_STORAGE    "storage.gateway-files.example"

/* Lists are words with blanks between; "": the gateway says null. */
struct gate_video {
  const char *id;
  const char *frames; /* f: first, l: last */
  const char *resolutions, *ratios;
  const char *durations; /* "4 6 8" or "3-15" */
  char audio, seed;      /* y, n, -: unknown */
  char references;       /* n: none, i: pictures, v: a clip is needed, a: all */
  bool without_prompt;   /* may be */
  const char *skus;      /* "name=value" */
  const char *passes_on; /* keys of provider.options.<slug> */
};

struct gate_image {
  const char *id, *ratios, *resolutions;
  bool sizes;                     /* in pixels */
  unsigned n, refs_min, refs_max; /* n 0: the field is unknown */
  bool seed, streams;
  const char *qualities, *backgrounds, *formats;
  char unit; /* of the price: image, megapixel, - tokens */
  double usd;
};

/* modelgates_models.c; both tables end with a NULL id. */
extern const struct gate_video gate_videos[];
extern const struct gate_image gate_images[];
const struct gate_video *gate_video_find(const char *id);
const struct gate_image *gate_image_find(const char *id);
/* Is the word in the list?  Upper and lower case are two words. */
bool gate_in(const char *list, const char *word);

/* What a request asks for, once it has been checked. */
struct gate_want {
  struct json_object *body;
  const struct gate_video *video;
  const struct gate_image *image;
  uint32_t width, height;
  unsigned seconds, n;
  bool audio, continues, stream;
  int64_t creativity;
  char resolution[8];
  unsigned frames, pictures, clips, sounds; /* given along */
};

/* modelgates_check.c: each answers the request when it returns false. */
bool gate_parse(struct em_request *rq, struct gate_want *want);
bool gate_check_video(struct em_request *rq, struct gate_want *want);
bool gate_check_image(struct em_request *rq, struct gate_want *want);
const char *gate_text(const struct gate_want *want, const char *name);

/* modelgates_inputs.c: the two lists of pictures, videos and sounds. */
bool gate_check_inputs(struct em_request *rq, struct gate_want *want);
/* A file as the gateway takes it: public https, or base64 of `kind`. */
const char *gate_url_is_wrong(const char *url, const char *kind);

/* modelgates_price.c: by the SKUs of the model, in millionths of a dollar. */
int64_t gate_cost(const struct gate_want *want);

/* modelgates_image.c, modelgates_video.c, modelgates_account.c: everything
 * below one path. */
void gate_answer_images(struct em_request *rq);
void gate_answer_videos(struct em_request *rq, const char *path);
void gate_answer_storage(struct em_request *rq);
void gate_put_video_models(struct em_request *rq);
void gate_put_image_models(struct em_request *rq);
void gate_put_endpoints(struct em_request *rq, const char *id, size_t len);
void gate_put_all_models(struct em_request *rq);
void gate_put_credits(struct em_request *rq);
void gate_put_key(struct em_request *rq);
void gate_put_generation(struct em_request *rq);

/* The end of a video as its status and what follows it. */
void gate_put_end(struct em_request *rq, struct em_job *job,
                  struct em_buf *out);

/* modelgates_hook.c */
void gate_add_hook(struct em_request *rq, const struct gate_want *want,
                   struct em_job *job);

/* modelgates.c */
void gate_error(struct em_request *rq, unsigned status, const char *metadata,
                const char *format, ...) EM_PRINTF(4, 5);
/* What schema validation says: no code, and JSON in a string. */
void gate_zod(struct em_request *rq, const char *path, const char *message);
void gate_fault(struct em_request *rq, const struct em_fault *fault);
/* A job of this host: the prompt's books and faults; NULL: it is answered. */
struct em_job *gate_accept(struct em_request *rq, const struct gate_want *want,
                           char kind);
/* By the twenty characters at the end of its id. */
struct em_job *gate_find(struct em_request *rq, const char *id, size_t len);
/* "gen-vid-<seconds>-<20 characters>" */
void gate_put_id(const struct em_job *job, const char *prefix,
                 struct em_buf *out);
bool gate_is_ours(const struct em_request *rq, const struct em_job *job);
int64_t gate_microusd(const struct em_job *job);

extern const struct em_host em_modelgates_hosts[];

#endif
