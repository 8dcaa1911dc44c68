/* output.h - produced files: where they go, and what they turned out to be. */
#ifndef GM_JOB_OUTPUT_H
#define GM_JOB_OUTPUT_H

#include "base/buf.h"
#include "base/error.h"
#include "base/random.h"
#include "base/sha256.h"
#include "job/probe.h"
#include "loop/coded.h"

#define GM_IMAGE_MAX (256ull << 20) /* bytes, ceilings by kind */
#define GM_VIDEO_MAX (4ull << 30)

struct gm_output {
  int32_t kind; /* GAMUT_IMAGE ... as the provider said */
  uint32_t vendor_width, vendor_height, vendor_duration_ms;
  char *url;           /* to download, or NULL */
  char *source;        /* bytes or base64 text that came in the reply */
  size_t source_len;
  struct gm_blob *blob; /* or the same, too long for memory; owned */
  bool base64;
  char *vendor_mime;
  char *provider, *model; /* who made it, where that is not the job's link */
  uint32_t number; /* in its name, where that is not its place; 0: it is */
  /* ---- what became of it */
  char *path;         /* the final file, or NULL */
  struct gm_buf data; /* without a plan for files */
  uint64_t size;
  struct gm_media media;
  char sha256[GM_SHA256_HEX]; /* "" without a sidecar */
  struct gm_error err;
  bool done;
};
void gm_output_finish(struct gm_output *o);
void gm_partials_free(struct gm_output *partials, uint32_t n); /* partial.c */
void gm_output_drop_source(struct gm_output *o); /* it was poured */

/* Where files go. */
struct gm_output_plan {
  char *name; /* path or template; NULL: keep the bytes in memory */
  bool force, sidecar;
  bool as_is; /* keep the bytes whatever they are */
  bool partials; /* keep drafts, too */
  bool leave; /* do not download: the URL is the result */
  bool taken_up; /* the process before may have written the file already */
};

/* What a template may name. */
struct gm_name_facts {
  const char *job, *model, *provider, *ext, *seed;
  uint32_t index, count; /* from 1 */
  uint64_t wall_ms;
};
/* The file's name: {job} {index} {model} {provider} {ext} {seed} {date}
 * replaced, parts made harmless; without {index} and with several outputs
 * "-1" goes before the extension.  INVALID for an unknown {word}. */
int32_t gm_output_name(const char *name, const struct gm_name_facts *f,
                       struct gm_buf *out, struct gm_error *err);
/* The template for the k-th draft: "fox.png" -> "fox.partial-1.{ext}", which of
 * several outputs it is of before that; gm_free.  NULL: no memory. */
char *gm_output_partial_name(const char *name, bool several, uint32_t k);
/* Before anything is paid: known words, the folder is there and can be
 * written, the target is no folder and does not exist (without force).  {ext}
 * may come to any of the usual types; what {job} {model} {provider} {seed} come
 * to is not known. */
int32_t gm_output_check(const struct gm_output_plan *p, uint32_t count,
                        struct gm_error *err);

/* A file in the making: a temporary beside its target (`fd` -1: in memory). */
struct gm_draft {
  int fd;
  char *path, *folder;
  uint64_t len, max;
  bool hashes; /* for a sidecar: it would cost more than all the rest */
  struct gm_sha256 sum;
  struct gm_buf memory;
  struct gm_budget *budget; /* what is in memory counts; NULL: it does not */
  size_t counted;
};
int32_t gm_draft_open(struct gm_draft *d, const struct gm_output_plan *p,
                      const char *job_id, uint32_t index, uint64_t max,
                      struct gm_error *err);
int32_t gm_draft_add(struct gm_draft *d, const void *p, size_t len,
                     struct gm_error *err);
int32_t gm_draft_restart(struct gm_draft *d, struct gm_error *err);
/* Look at the bytes, sync, rename; fills path or data, size, media, sha256 of
 * `o`.  PROTOCOL when they are no medium or of another kind than asked (where
 * vendor_mime says so a video may be a zip of its frames, with a kind of 0), if
 * not as_is; STORAGE when they cannot be kept. */
int32_t gm_draft_keep(struct gm_draft *d, const struct gm_output_plan *p,
                      struct gm_name_facts *f, bool sync, struct gm_output *o,
                      struct gm_error *err);
void gm_draft_drop(struct gm_draft *d); /* remove what is not kept */
/* Remove the drafts that a killed process left of this job. */
void gm_draft_sweep(const struct gm_output_plan *p, const char *job_id);

/* What the file is: fills size and media.  STORAGE when it is not there or no
 * medium. */
int32_t gm_output_look(struct gm_output *o, const char *path);
/* The bytes that came in the reply itself (base64 text, raw) into a draft. */
int32_t gm_output_pour(const struct gm_output *o, struct gm_draft *d,
                       struct gm_error *err);

#endif
