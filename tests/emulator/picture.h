#ifndef EM_PICTURE_H
#define EM_PICTURE_H

#include "jobs.h"

/* Bytes that several answers may be sending at once. */
struct em_blob {
  unsigned refs;
  size_t len;
  unsigned char bytes[];
};

void em_blob_unref(struct em_blob *blob);

/* What a file shows; two equal looks are the same bytes. */
struct em_look {
  enum em_media media;
  uint32_t width, height, duration_ms;
  uint64_t look;
  bool black;
  size_t pad_to;
};

#define EM_PICTURE_SLOTS 64

struct em_pictures {
  struct {
    struct em_look look;
    struct em_blob *blob;
    uint64_t used;
  } slots[EM_PICTURE_SLOTS];
  uint64_t clock;
};

/* A reference for the caller, from the cache or made now. */
struct em_blob *em_picture_get(struct em_pictures *pictures,
                               const struct em_look *look);
void em_pictures_finish(struct em_pictures *pictures);

/* An indexed picture: one byte per pixel and its 256 colours. */
struct em_image {
  uint32_t width, height;
  unsigned char palette[256][3];
  unsigned char *pixels;
};

/* Each writes a whole file of at least `pad_to` bytes (0: as it comes). */
void em_png_write(const struct em_image *image, size_t pad_to,
                  struct em_buf *out);
void em_jpeg_write(const struct em_image *image, size_t pad_to,
                   struct em_buf *out);
void em_mp4_write(const struct em_look *look, struct em_buf *out);

/* h264.c: frames without an encoder. */
struct em_h264 {
  uint32_t width, height; /* of the picture; coded in whole macroblocks */
  uint64_t look;
  bool black;
};
void em_h264_sps(const struct em_h264 *v, struct em_buf *out);
void em_h264_pps(struct em_buf *out);
/* Colour bars, turned by `turn`; and the same picture once more. */
void em_h264_key_frame(const struct em_h264 *v, unsigned turn,
                       struct em_buf *out);
void em_h264_same_frame(const struct em_h264 *v, unsigned frame_num,
                        struct em_buf *out);

#endif
