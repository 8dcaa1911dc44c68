/* sync.c - one picture, and wait for it.
 *
 *   cc -std=c99 sync.c $(pkg-config --cflags --libs gamut) -o sync
 *   FAL_KEY=... ./sync "a neon fox" fox.png
 *
 * The shortest program there is: open, ask, wait, print, close.  It has no
 * thread; gamut works while we are inside gamut_generate().  The result is there
 * also when the job failed, with everything that is known about it. */
#include <gamut/gamut.h>
#include <stdio.h>

int main(int argc, char **argv)
{
  struct gamut *g = NULL;
  struct gamut_request *r = gamut_request_new();
  struct gamut_result *result = NULL;
  struct gamut_error err = { 0, "" };

  if (gamut_open(NULL, &g, &err) == 0) {
    gamut_request_link(r, "flux", NULL); /* what is wrong in these is told by */
    gamut_request_set(r, "prompt", argc > 1 ? argv[1] : "a neon fox", NULL);
    gamut_request_set(r, "output", argc > 2 ? argv[2] : "fox.png", NULL);
    if (gamut_generate(g, r, &result, &err) == 0) /* <- gamut_generate() */
      printf("%s\n", gamut_result_artifact(result, 0)->path);
  }
  if (err.error_class)
    fprintf(stderr, "%s [%s]\n", err.message,
            gamut_class_name(err.error_class));
  gamut_result_free(result);
  gamut_request_free(r);
  gamut_close(g);
  return gamut_class_exit(err.error_class);
}
