/* many.c - many pictures at once, told as each one ends.
 *
 *   cc -std=c99 many.c $(pkg-config --cflags --libs gamut) -pthread -o many
 *   FAL_KEY=... ./many 20
 *
 * With GAMUT_THREAD gamut has a thread of its own that works all the time; any
 * thread may submit, and callbacks run on gamut's.  So what a callback shares
 * with others needs a lock, and it must not take long: all jobs wait for it. A
 * thousand requests are no more than data; gamut paces the connections. */
#include <gamut/gamut.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct tally {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  unsigned left, failed;
};

/* On gamut's thread, once for each job that gamut_submit() took. */
static void on_done(void *user, struct gamut_result *result)
{
  struct tally *t = user;
  const struct gamut_artifact_info *a = gamut_result_artifact(result, 0);
  int good = gamut_result_status(result) == GAMUT_COMPLETED;

  pthread_mutex_lock(&t->lock);
  if (good)
    printf("%s  %ux%u\n", a->path, (unsigned)a->width, (unsigned)a->height);
  else
    printf("%s: %s\n", gamut_result_id(result), gamut_result_message(result));
  fflush(stdout);
  t->failed += !good;
  t->left--;
  pthread_cond_signal(&t->changed);
  pthread_mutex_unlock(&t->lock);
  gamut_result_free(result);
}

static int submit(struct gamut *g, unsigned i, struct tally *t)
{
  struct gamut_request *r = gamut_request_new();
  struct gamut_error err;
  char text[64];
  int rc;

  gamut_request_link(r, "flux", NULL);
  snprintf(text, sizeof(text), "animal number %u", i + 1);
  gamut_request_set(r, "prompt", text, NULL);
  snprintf(text, sizeof(text), "animal-%u.png", i + 1);
  gamut_request_set(r, "output", text, NULL);
  rc = gamut_submit(g, r, on_done, t, NULL, &err);
  if (rc)
    fprintf(stderr, "%s\n", err.message);
  gamut_request_free(r); /* gamut has copied it */
  return rc;
}

int main(int argc, char **argv)
{
  struct tally t = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0,
                     0 };
  struct gamut_options o = { .struct_size = sizeof(o), .flags = GAMUT_THREAD };
  unsigned i, n = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 10;
  struct gamut_error err;
  struct gamut *g;

  o.log_level = GAMUT_WARN;
  if (gamut_open(&o, &g, &err)) {
    fprintf(stderr, "%s\n", err.message);
    return 1;
  }
  t.left = n; /* before the first may end */
  for (i = 0; i < n; i++) {
    if (submit(g, i, &t) == 0)
      continue;
    pthread_mutex_lock(&t.lock);
    t.left--;
    t.failed++;
    pthread_mutex_unlock(&t.lock);
  }
  pthread_mutex_lock(&t.lock);
  while (t.left > 0)
    pthread_cond_wait(&t.changed, &t.lock);
  pthread_mutex_unlock(&t.lock);
  gamut_close(g);
  printf("%u of %u\n", n - t.failed, n);
  return t.failed > 0;
}
