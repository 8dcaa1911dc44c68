/* quote_time.c - how long a quote takes: gamut_price() with the catalog loaded.
 *
 *     quote_time      prints "NAME MICROSECONDS us" a line: the first quote of
 * a process, which reads the catalog; one by conditions; one of four links; one
 * with a file beside it, whose first bytes are read */
#include <gamut/gamut.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TIMES 5000

/* Of the processor: a busy machine does not matter. */
static double now_us(void)
{
  struct timespec t;

  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void fail(const struct gamut_error *error)
{
  fprintf(stderr, "quote_time: %s\n", error->message);
  exit(1);
}

static void quote(struct gamut *g, const struct gamut_request *r,
                  const char *name, unsigned times)
{
  struct gamut_error error;
  double from = now_us();
  unsigned i;

  for (i = 0; i < times; i++) {
    char *json;

    if (gamut_price(g, r, &json, &error))
      fail(&error);
    gamut_string_free(json);
  }
  printf("%s %.2f us\n", name, (now_us() - from) / times);
}

static struct gamut_request *request(const char *const *links,
                                     const char *const *fields)
{
  struct gamut_request *r = gamut_request_new();
  struct gamut_error error;

  for (; *links; links++) {
    if (gamut_request_link(r, *links, &error))
      fail(&error);
  }
  for (; *fields; fields += 2) {
    if (gamut_request_set(r, fields[0], fields[1], &error))
      fail(&error);
  }
  return r;
}

/* The smallest file that is a picture by its first bytes. */
static const char *picture(void)
{
  static const unsigned char gif[] = "GIF89a\1\0\1\0\200\0\0\0\0\0\377\377\377"
                                     "!\371\4\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2"
                                     "D\1\0;";
  static const char name[] = "quote_time.gif";
  FILE *f = fopen(name, "wb");

  if (!f || fwrite(gif, 1, sizeof(gif) - 1, f) != sizeof(gif) - 1 || fclose(f))
    exit(1);
  return name;
}

int main(void)
{
  static const char *const one[] = { "gpt-image-2", NULL };
  static const char *const four[] = { "gpt-image-2", "fal:flux", "fal:veo3.1",
                                      "higgsfield:soul", NULL };
  static const char *const edit[] = { "fal:fal-ai/flux-pro/kontext", NULL };
  static const char *const shape[] = { "quality", "high", "size", "1024x1024",
                                       "n",       "2",    NULL };
  static const char *const none[] = { NULL };
  struct gamut_options options = { .struct_size = sizeof(options),
                                   .flags = GAMUT_NO_CONFIG };
  struct gamut_request *r[3] = { request(one, shape), request(four, none),
                                 request(edit, none) };
  struct gamut_error error;
  struct gamut *g;
  size_t i;

  if (gamut_open(&options, &g, &error) ||
      gamut_request_input(r[2], "image", picture(), &error))
    fail(&error);
  quote(g, r[0], "first", 1);
  quote(g, r[0], "quote", TIMES);
  quote(g, r[1], "first_of_four", 1);
  quote(g, r[1], "quote_of_four", TIMES);
  quote(g, r[2], "first_with_input", 1);
  quote(g, r[2], "quote_with_input", TIMES);
  for (i = 0; i < sizeof(r) / sizeof(r[0]); i++)
    gamut_request_free(r[i]);
  gamut_close(g);
  return 0;
}
