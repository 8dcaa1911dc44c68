/* test_replies.c - large pictures inside replies: 64 at once within a small
 * budget of memory, cut on the way, and short of memory. */
#include "base/base64.h"
#include "engine/vendor.h"
#include "unit/scratch.h"
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BYTES = 3 << 19, LETTERS = BYTES / 3 * 4, JOBS = 64, MIB = 1 << 20 };

/* ---- the provider: one request; its reply, or an event, is a picture */

static const char *const phases[] = { "job" };

static int32_t step(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_http x = { .struct_size = sizeof(x), .method = "POST" };
  struct gamut_artifact a = { .struct_size = sizeof(a), .kind = GAMUT_IMAGE };
  bool streams = strstr(h->json_str(c->request, "prompt", ""), "stream");

  (void)instance;
  if (c->event == GAMUT_EV_START) {
    x.url = streams ? "/stream" : "/json";
    x.json = c->request;
    x.flags = GAMUT_HTTP_BILLABLE | (streams ? GAMUT_HTTP_STREAM : 0u);
    return h->http(c, &x);
  }
  a.data = h->json_str(c->reply->json, "b64", NULL);
  if (!a.data)
    return c->event == GAMUT_EV_CHUNK
             ? h->more(c)
             : h->fail(c, GAMUT_E_PROVIDER, "there is no picture");
  a.data_len = strlen(a.data);
  a.flags = GAMUT_ART_BASE64;
  h->artifact(c, &a);
  return h->done(c);
}

static const struct gamut_provider flood = {
  .struct_size = sizeof(flood),
  .name = "flood",
  .base_url = "https://flood.test",
  .phases = GAMUT_TABLE(phases),
  .step = step,
};

/* ---- the vendor */

static char letters[LETTERS];
static uint64_t bytes_sum;
static struct {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int n, gate;  /* requests; nobody is answered before there are so many */
  size_t cut;   /* letters that are missing: */
  bool lost;    /* ... on the way, not in the text */
  bool hurries; /* not a little at a time */
} vendor = { .lock = PTHREAD_MUTEX_INITIALIZER,
             .changed = PTHREAD_COND_INITIALIZER };

static void make_picture(void)
{
  unsigned char *bytes = malloc(BYTES);
  const unsigned char *png;
  size_t len = script_png(&png);
  uint32_t x = 1;

  for (size_t i = 0; i < BYTES; i++) {
    x = x * 1664525 + 1013904223;
    bytes[i] = i < len ? png[i] : (unsigned char)(x >> 24);
  }
  gm_base64_encode(bytes, BYTES, letters);
  bytes_sum = server_sum(0, bytes, BYTES);
  free(bytes);
}

static void wait_for_all(void)
{
  pthread_mutex_lock(&vendor.lock);
  vendor.n++;
  pthread_cond_broadcast(&vendor.changed);
  while (vendor.n < vendor.gate)
    pthread_cond_wait(&vendor.changed, &vendor.lock);
  pthread_mutex_unlock(&vendor.lock);
}

/* A little at a time, so that many are on their way at once. */
static void send_slowly(int fd, size_t len)
{
  size_t at, n;

  for (at = 0; at < len; at += n) {
    n = GM_MIN(len - at, (size_t)65536);
    if (!server_send(fd, letters + at, n))
      return;
    if (!vendor.hurries)
      usleep(8000);
  }
}

static enum server_end answer(struct server *s, int fd,
                              const struct server_request *r, void *user)
{
  bool streams = strstr(r->head, "/stream") != NULL;
  bool small = strstr(r->body, "small") != NULL;
  const char *from = streams ? "data: {\"b64\":\"" : "{\"b64\":\"";
  const char *to = streams ? "\"}\n\n" : "\"}";
  size_t len = small ? 160 : LETTERS - (vendor.lost ? 0 : vendor.cut);
  char head[256];

  (void)s;
  (void)user;
  wait_for_all();
  snprintf(head, sizeof(head),
           "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
           streams ? "text/event-stream" : "application/json",
           strlen(from) + len + strlen(to));
  server_say(fd, head);
  server_say(fd, from);
  if (vendor.lost)
    len -= vendor.cut;
  send_slowly(fd, len);
  if (vendor.lost)
    return SERVER_CLOSE;
  server_say(fd, to);
  return SERVER_KEEP;
}

static struct server *start_vendor(void)
{
  vendor.n = vendor.gate = 0;
  vendor.cut = 0;
  vendor.lost = vendor.hurries = false;
  return server_start(answer, NULL);
}

/* ---- the context */

static struct gamut *open_context(const struct server *s, const char *budget)
{
  struct gamut_options o = { .struct_size = sizeof(o),
                             .flags = GAMUT_NO_CONFIG,
                             .log_level = GAMUT_ERROR };
  struct gamut *g = NULL;
  char url[128];

  if (gamut_open(&o, &g, NULL))
    return NULL;
  if (gamut_register_provider(g, &flood, NULL) == 0 &&
      gamut_set(g, "flood.base_url", server_url(s, "", url, sizeof(url)),
                NULL) == 0 &&
      gamut_set(g, "retry_max_wait", "1ms", NULL) == 0 &&
      gamut_set(g, "sync_files", "no", NULL) == 0 &&
      gamut_set(g, "store", "memory", NULL) == 0 &&
      gamut_set(g, "reply_budget", budget, NULL) == 0)
    return g;
  gamut_close(g);
  return NULL;
}

/* Returns whether the file is the picture, and removes it. */
static bool take_file(const char *path)
{
  char piece[65536];
  uint64_t sum = 0;
  FILE *f = fopen(path, "r");
  size_t n, len = 0;

  if (!f)
    return false;
  while ((n = fread(piece, 1, sizeof(piece), f)) > 0) {
    sum = server_sum(sum, piece, n);
    len += n;
  }
  fclose(f);
  unlink(path);
  return len == BYTES && sum == bytes_sum;
}

static void on_done(void *user, struct gamut_result *result)
{
  const struct gamut_artifact_info *a = gamut_result_artifact(result, 0);
  int *n = user;

  ck_class(result, 0);
  ck_assert_ptr_nonnull(a);
  if (a->path)
    ck_assert(take_file(a->path));
  gamut_result_free(result);
  ++*n;
}

/* So many jobs at once: none is answered before all were sent. */
static void run_all(struct gamut *g, const char *prompt, const char *output)
{
  struct gamut_request *r = gamut_request_new();
  struct gamut_error err;
  int n = 0;

  ck_assert_int_eq(gamut_request_link(r, "flood:m", NULL), 0);
  ck_assert_int_eq(gamut_request_set(r, "prompt", prompt, NULL), 0);
  if (output)
    ck_assert_int_eq(gamut_request_set(r, "output", output, NULL), 0);
  vendor.n = 0;
  vendor.gate = JOBS;
  for (int i = 0; i < JOBS; i++)
    ck_assert_msg(gamut_submit(g, r, on_done, &n, NULL, &err) == 0, "%s",
                  err.message);
  gamut_request_free(r);
  while (gamut_active(g) > 0)
    gamut_step(g, -1);
  ck_assert_int_eq(n, JOBS);
  ck_assert_int_eq(vendor.n, JOBS);
}

static uint64_t resident_max(void)
{
  struct rusage use;

  getrusage(RUSAGE_SELF, &use);
  return (uint64_t)use.ru_maxrss << 10;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SLACK = 1 << 30 }; /* they keep what was freed */
#else
enum { SLACK = 20 * MIB };
#endif

/* 96 MiB of pictures through 8 MiB, each whole.  What is more in the process:
 * the buffers of 64 connections, and what the allocator cannot use again. */
START_TEST(many_within_the_budget)
{
  static const char *const prompts[] = { "json", "stream" };
  static const char *const small[] = { "json, small", "stream, small" };
  const char *folder = scratch_folder();
  struct server *s = start_vendor();
  struct gamut *g = open_context(s, "8");
  uint64_t before;

  ck_assert_ptr_nonnull(g);
  run_all(g, small[_i], NULL);
  before = resident_max();
  run_all(g, prompts[_i], scratch_path(folder, "{job}.png"));
  ck_assert_uint_lt(resident_max() - before, 8 * MIB + SLACK);
  gamut_close(g);
  server_stop(s);
}
END_TEST

/* ---- one alone ---------------------------------------------------------- */

static struct gamut_result *run_one(struct gamut *g, const char *prompt,
                                    const char *output)
{
  struct gamut_request *r = gamut_request_new();
  struct gamut_result *result = NULL;

  if (r && gamut_request_link(r, "flood:m", NULL) == 0 &&
      gamut_request_set(r, "prompt", prompt, NULL) == 0 &&
      gamut_request_set(r, "output", output, NULL) == 0)
    gamut_generate(g, r, &result, NULL);
  gamut_request_free(r);
  return result;
}

static int files_in(const char *folder)
{
  DIR *d = opendir(folder);
  int n = 0;

  for (const struct dirent *e; (e = readdir(d));)
    n += *e->d_name != '.' || strstr(e->d_name, "gamut");
  closedir(d);
  return n;
}

/* A text that ends too early is no picture; one that was lost on the way may
 * have been paid for. */
static const struct {
  const char *prompt;
  size_t cut;
  bool lost;
  int32_t error_class;
  const char *sentence;
} cuts[] = {
  { "json", 0, false, 0, NULL },
  { "stream", 0, false, 0, NULL },
  { "json", 3, false, GAMUT_E_PROTOCOL, "cut short" },
  { "stream", 3, false, GAMUT_E_PROTOCOL, "cut short" },
  { "json", LETTERS - 16385, false, GAMUT_E_PROTOCOL, "cut short" },
  { "stream", LETTERS - 16385, false, GAMUT_E_PROTOCOL, "cut short" },
  { "json", 100000, true, GAMUT_E_UNKNOWN, NULL },
  { "stream", 100000, true, GAMUT_E_UNKNOWN, NULL },
  { "json", 1, true, GAMUT_E_UNKNOWN, NULL },
  { "stream", 1, true, GAMUT_E_UNKNOWN, NULL },
};

START_TEST(cut_pictures)
{
  const char *folder = scratch_folder();
  const char *path = scratch_path(folder, "p.png");
  struct server *s = start_vendor();
  struct gamut *g = open_context(s, _i % 4 ? "1" : "256");
  struct gamut_result *result;

  ck_assert_ptr_nonnull(g);
  vendor.cut = cuts[_i].cut;
  vendor.lost = cuts[_i].lost;
  result = run_one(g, cuts[_i].prompt, path);
  ck_class(result, cuts[_i].error_class);
  if (cuts[_i].sentence)
    ck_assert_ptr_nonnull(
      strstr(gamut_result_message(result), cuts[_i].sentence));
  ck_assert_int_eq(gamut_result_maybe_charged(result),
                   cuts[_i].error_class == GAMUT_E_UNKNOWN);
  gamut_result_free(result);
  ck_assert_int_eq(take_file(path), cuts[_i].error_class == 0);
  ck_assert_int_eq(files_in(folder), 0);
  ck_assert_int_eq(vendor.n, 1);
  gamut_close(g);
  server_stop(s);
}
END_TEST

/* ---- no memory */

static struct server *tortured;
static const char *tortured_prompt, *tortured_output;

static bool scenario(void)
{
  struct gamut *g = open_context(tortured, "1");
  struct gamut_result *result = NULL;
  bool ok = false;

  vendor.n = 0;
  if (g)
    result = run_one(g, tortured_prompt, tortured_output);
  if (result)
    ok = gamut_result_class(result) == 0;
  ck_assert_int_le(vendor.n, 1);
  gamut_result_free(result);
  gamut_close(g);
  ck_assert(take_file(tortured_output) || !ok);
  return ok;
}

START_TEST(no_memory)
{
  static const char *const prompts[] = { "json", "stream" };

  tortured = start_vendor();
  tortured_prompt = prompts[_i];
  tortured_output = scratch_path(scratch_folder(), "p.png");
  vendor.hurries = true;
  unit_torture(scenario);
  server_stop(tortured);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("replies");

  make_picture();
  tcase_set_timeout(tc, 120);
  tcase_add_loop_test(tc, many_within_the_budget, 0, 2);
  tcase_add_loop_test(tc, cut_pictures, 0, GM_LEN(cuts));
  tcase_add_loop_test(tc, no_memory, 0, 2);
  return unit_run("replies", tc);
}
