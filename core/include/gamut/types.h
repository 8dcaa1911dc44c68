/* gamut/types.h - what gamut.h and its parts share; a part of gamut/gamut.h. */
#ifndef GAMUT_TYPES_H
#define GAMUT_TYPES_H

#include <gamut/plugin.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define GAMUT_API __attribute__((visibility("default")))
#else
#define GAMUT_API
#endif

struct gamut;
struct gamut_request;
struct gamut_result;

/* 26 characters and a NUL; sorts by time. */
#define GAMUT_ID_SIZE 27

/* Why something failed. The caller owns it; every call that takes one writes
 * it whole on failure. */
struct gamut_error {
  int32_t error_class; /* GAMUT_E_..., 0: no error */
  char message[1020];  /* one sentence, cut at a character when longer */
};

/* Called once at a job's end.  `result` is yours: gamut_result_free(). */
typedef void gamut_done_fn(void *user, struct gamut_result *result);

/* Free the text that functions of gamut.h and its parts handed out; NULL is
 * fine. */
GAMUT_API void gamut_string_free(char *s);

#ifdef __cplusplus
}
#endif
#endif
