/* test_inputs.c - what a request brings along, from wherever it comes, as the
 * vendor gets it: in a form, in JSON, raw.  Large files cost no memory; one
 * that changes on the way is an error. */
#include "api/context.h"
#include "base/base64.h"
#include "base/file.h"
#include "engine/vendor.h"
#include "unit/scratch.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the vendor --------------------------------------------------------- */

enum { RESETS = 1, FAILS_503 = 2 };

static struct {
  struct server *server;
  pthread_mutex_t lock;
  char type[128]; /* of the last body */
  char *body;
  size_t len;
  uint64_t sum;
  int posts, whole;        /* that came; with all of their bytes */
  int first;               /* what the first is answered with */
  void (*meanwhile)(void); /* ... and what happens before that */
} vendor = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int keep(const struct server_request *r)
{
  int nth;

  pthread_mutex_lock(&vendor.lock);
  free(vendor.body);
  vendor.body = malloc(r->body_len + 1);
  memcpy(vendor.body, r->body, strlen(r->body) ? r->body_len + 1 : 1);
  vendor.len = r->body_len;
  vendor.sum = r->body_sum;
  server_header(r, "content-type", vendor.type, sizeof(vendor.type));
  nth = vendor.posts++;
  vendor.whole += r->body_len == r->body_announced;
  pthread_mutex_unlock(&vendor.lock);
  return nth;
}

static enum server_end serve(struct server *s, int fd,
                             const struct server_request *r, void *user)
{
  static const char b64[] = "{\"b64\":\"iVBORw0KGgo=\"}";
  int first = vendor.first;

  (void)s;
  (void)user;
  if (r->body_len != r->body_announced || keep(r) > 0 || !first) {
    if (r->body_len == r->body_announced)
      server_reply(fd, b64);
    return r->body_len == r->body_announced ? SERVER_KEEP : SERVER_CLOSE;
  }
  vendor.meanwhile();
  if (first == RESETS)
    return SERVER_RESET;
  server_say(fd, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
  return SERVER_KEEP;
}

/* ---- the provider: words of the prompt say how it sends ------------------ */

static const char *const phases[] = { "submit" };

static int asked(struct gamut_call *c, const char *word)
{
  return strstr(c->host->json_str(c->request, "prompt", ""), word) != NULL;
}

static int32_t submit(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_http x = { .struct_size = sizeof(x),
                          .method = "POST",
                          .url = "/jobs",
                          .flags = asked(c, "free") ? 0 : GAMUT_HTTP_BILLABLE };
  struct gamut_json *body = h->json_object(c), *list = h->json_array(c);
  uint32_t i;

  if (asked(c, "keyed"))
    x.flags |= GAMUT_HTTP_KEYED;
  if (asked(c, "form"))
    h->part_text(c, "prompt", "x");
  for (i = 0; i < c->n_inputs; i++) {
    if (asked(c, "form"))
      h->part_input(c, "image", i);
    else if (asked(c, "raw"))
      h->body_input(c, i, 0, 0);
    else
      h->json_set_input(list, NULL, i,
                        asked(c, "coded") ? GAMUT_AS_BASE64 : GAMUT_AS_URL);
  }
  h->json_set(body, "images", list);
  if (!asked(c, "form") && !asked(c, "raw"))
    x.json = body;
  return h->http(c, &x);
}

static int32_t step(void *instance, struct gamut_call *c)
{
  struct gamut_artifact a = { .struct_size = sizeof(a),
                              .kind = GAMUT_IMAGE,
                              .flags = GAMUT_ART_BASE64 };

  (void)instance;
  if (c->event == GAMUT_EV_START)
    return submit(c);
  a.data = c->host->json_str(c->reply->json, "b64", "");
  a.data_len = strlen(a.data);
  c->host->artifact(c, &a);
  return c->host->done(c);
}

static const struct gamut_provider provider = {
  .struct_size = sizeof(provider),
  .name = "v",
  .base_url = "https://v.test",
  .phases = GAMUT_TABLE(phases),
  .step = step,
};

/* ---- a test's surroundings ---------------------------------------------- */

static struct gamut *open_context(void)
{
  struct gamut_options o = { .struct_size = sizeof(o),
                             .flags = GAMUT_NO_CONFIG,
                             .log_level = GAMUT_ERROR };
  struct gamut *g = NULL;
  char url[100];

  if (gamut_open(&o, &g, NULL))
    return NULL;
  if (gamut_set(g, "retry_max_wait", "5ms", NULL) == 0 &&
      gamut_set(g, "store", "memory", NULL) == 0 &&
      gamut_register_provider(g, &provider, NULL) == 0 &&
      gamut_set(g, "v.base_url",
                server_url(vendor.server, "", url, sizeof(url)), NULL) == 0)
    return g;
  gamut_close(g);
  return NULL;
}

static void setup(void)
{
  vendor.server = server_start(serve, NULL);
  vendor.posts = vendor.whole = vendor.first = 0;
}

static void teardown(void)
{
  server_stop(vendor.server);
  free(vendor.body);
  vendor.body = NULL;
}

static const char *file(const char *name, const void *bytes, size_t len)
{
  const char *path = scratch_path(scratch_folder(), name);
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

  ck_assert_int_ge(fd, 0);
  ck_assert_int_eq(gm_write_all(fd, bytes, len), 0);
  close(fd);
  return path;
}

/* One request with one input; the class. */
static int32_t run(struct gamut *g, const char *prompt, const char *source,
                   struct gamut_result **ret, struct gamut_error *err)
{
  struct gamut_request *r = gamut_request_new();
  int32_t rc;

  *ret = NULL;
  gamut_request_link(r, "v:m", NULL);
  gamut_request_set(r, "prompt", prompt, NULL);
  rc = gamut_request_input(r, "image", source, err);
  if (rc == 0)
    rc = gamut_generate(g, r, ret, err);
  gamut_request_free(r);
  return rc;
}

static int32_t run_well(const char *prompt, const char *source)
{
  struct gamut *g = open_context();
  struct gamut_result *result;
  struct gamut_error err = { 0 };
  int32_t rc = run(g, prompt, source, &result, &err);

  ck_assert_msg(rc == 0, "%s", err.message);
  gamut_result_free(result);
  gamut_close(g);
  return rc;
}

/* ---- all ways in, all ways out ------------------------------------------ */

#define PNG "\x89PNG\r\n\x1a\n\0\r\n--"
enum { PNG_LEN = sizeof(PNG) - 1 };

static void feed_stdin(const void *bytes, size_t len)
{
  int ends[2];

  ck_assert_int_eq(pipe(ends), 0);
  ck_assert_int_eq(write(ends[1], bytes, len), (ssize_t)len);
  close(ends[1]);
  dup2(ends[0], STDIN_FILENO);
  close(ends[0]);
}

static char *uri_of(const char *head, const void *bytes, size_t len)
{
  struct gm_buf b = GM_BUF_INIT(1 << 20);

  gm_buf_add(&b, head);
  gm_base64_add(&b, bytes, len);
  return gm_buf_take(&b);
}

/* What stands between the empty line and the last boundary. */
static void expect_part(const char *name)
{
  const char *boundary = strstr(vendor.type, "boundary="), *body;
  char want[400];
  int n;

  ck_assert_ptr_nonnull(boundary);
  boundary += 9;
  n = snprintf(want, sizeof(want),
               "--%s\r\nContent-Disposition: form-data; name=\"prompt\"\r\n"
               "\r\nx\r\n--%s\r\nContent-Disposition: form-data; "
               "name=\"image\"; filename=\"%s\"\r\nContent-Type: image/png"
               "\r\n\r\n",
               boundary, boundary, name);
  ck_assert_uint_gt(vendor.len, (size_t)n + PNG_LEN);
  ck_assert_mem_eq(vendor.body, want, (size_t)n);
  body = vendor.body + n;
  ck_assert_mem_eq(body, PNG, PNG_LEN);
  n = snprintf(want, sizeof(want), "\r\n--%s--\r\n", boundary);
  ck_assert_uint_eq(vendor.len,
                    (size_t)(body - vendor.body) + PNG_LEN + (size_t)n);
  ck_assert_mem_eq(body + PNG_LEN, want, (size_t)n);
}

static void expect_json(const char *head)
{
  char *coded = uri_of(head, PNG, PNG_LEN), want[400];

  snprintf(want, sizeof(want), "{\"images\":[\"%s\"]}", coded);
  ck_assert_str_eq(vendor.body, want);
  ck_assert_str_eq(vendor.type, "application/json");
  gm_free(coded);
}

static const struct {
  const char *name, *kind, *head; /* of the URI that JSON has */
} sources[] = {
  { "file", "in.png", "data:image/png;base64," },
  { "uri", "image.png", "data:image/x-png;base64," },
  { "stdin", "image.png", "data:image/png;base64," },
};

static char *source(int i)
{
  if (i == 0)
    return gm_strdup(file("in.png", PNG, PNG_LEN));
  if (i == 1)
    return uri_of("data:image/x-png;base64,", PNG, PNG_LEN);
  feed_stdin(PNG, PNG_LEN);
  return gm_strdup("-");
}

START_TEST(every_way_is_the_same)
{
  static const char *const prompts[] = { "form", "json", "coded", "raw" };
  size_t k;

  for (k = 0; k < GM_LEN(prompts); k++) {
    char *from = source(_i);

    run_well(prompts[k], from);
    if (k == 0)
      expect_part(sources[_i].kind);
    else if (k == 1)
      expect_json(sources[_i].head);
    else if (k == 2)
      expect_json("");
    else
      ck_assert_mem_eq(vendor.body, PNG, PNG_LEN);
    gm_free(from);
  }
  ck_assert_int_eq(vendor.whole, (int)GM_LEN(prompts));
}
END_TEST

/* What was read once serves all copies, and a file made after the request. */
START_TEST(copies_share_standard_input)
{
  struct gamut_request *r = gamut_request_new(), *copy;
  struct gamut *g = open_context();
  struct gamut_result *result;
  char big[300000] = PNG; /* more than is held in memory */

  gamut_request_link(r, "v:m", NULL);
  gamut_request_set(r, "prompt", "raw", NULL);
  feed_stdin(big, 40000);
  ck_assert_int_eq(gamut_request_input(r, "image", "-", NULL), 0);
  ck_assert_int_eq(gamut_request_input(r, "mask", "-", NULL), GAMUT_E_INVALID);
  gamut_request_free(r);

  r = gamut_request_new();
  gamut_request_link(r, "v:m", NULL);
  gamut_request_set(r, "prompt", "raw", NULL);
  dup2(open(file("big.png", big, sizeof(big)), O_RDONLY), STDIN_FILENO);
  ck_assert_int_eq(gamut_request_input(r, "image", "-", NULL), 0);
  copy = gamut_request_copy(r);
  gamut_request_free(r);
  ck_assert_int_eq(gamut_generate(g, copy, &result, NULL), 0);
  gamut_result_free(result);
  ck_assert_int_eq(gamut_generate(g, copy, &result, NULL), 0);
  gamut_result_free(result);
  gamut_request_free(copy);
  ck_assert_uint_eq(vendor.len, sizeof(big));
  ck_assert_mem_eq(vendor.body, big, sizeof(big));
  ck_assert_int_eq(vendor.posts, 2);
  gamut_close(g);
}
END_TEST

/* ---- large -------------------------------------------------------------- */

#define LARGE ((size_t)200 << 20)

/* Few blocks on the disk, but bytes that would be missed. */
static const char *large_file(void)
{
  const char *path = file("large.png", PNG, PNG_LEN);
  int fd = open(path, O_WRONLY);
  size_t at;

  for (at = 1 << 20; at < LARGE; at += 10 << 20)
    ck_assert_int_eq(pwrite(fd, &at, sizeof(at), (off_t)at), sizeof(at));
  ck_assert_int_eq(ftruncate(fd, LARGE), 0);
  close(fd);
  return path;
}

/* The sum of the file's bytes, or of them as base64, from `sum` on. */
static uint64_t sum_of_file(const char *path, bool coded, uint64_t sum)
{
  char bytes[30000], text[40000];
  int fd = open(path, O_RDONLY);
  ssize_t n;

  while ((n = read(fd, bytes, sizeof(bytes))) > 0) {
    if (!coded) {
      sum = server_sum(sum, bytes, (size_t)n);
      continue;
    }
    gm_base64_encode(bytes, (size_t)n, text);
    sum = server_sum(sum, text, gm_base64_size((size_t)n));
  }
  close(fd);
  return sum;
}

static uint64_t resident_max(void)
{
  struct rusage use;

  getrusage(RUSAGE_SELF, &use);
  return (uint64_t)use.ru_maxrss << 10;
}

static uint64_t sum_text(uint64_t sum, const char *text)
{
  return server_sum(sum, text, strlen(text));
}

static uint64_t sum_of_form(const char *path)
{
  const char *boundary = strstr(vendor.type, "boundary=") + 9;
  char text[400];
  uint64_t sum;

  snprintf(text, sizeof(text),
           "--%s\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\nx"
           "\r\n--%s\r\nContent-Disposition: form-data; name=\"image\"; "
           "filename=\"large.png\"\r\nContent-Type: image/png\r\n\r\n",
           boundary, boundary);
  sum = sum_of_file(path, false, sum_text(0, text));
  snprintf(text, sizeof(text), "\r\n--%s--\r\n", boundary);
  return sum_text(sum, text);
}

#ifdef __SANITIZE_ADDRESS__
#define LITTLE (LARGE / 4) /* it keeps what was freed */
#else
#define LITTLE (LARGE / 20)
#endif

/* Neither the file nor its base64 is ever in memory: of 200 MB less than a
 * twentieth, whatever else the process does.  One thread of the server reads it
 * in pieces.  Not a byte is missing or in the wrong place. */
START_TEST(large_files_cost_no_memory)
{
  static const char *const prompts[] = { "form", "json", "raw" };
  const char *path;
  uint64_t before, want;

  run_well(prompts[_i], file("small.png", PNG, PNG_LEN));
  path = large_file();
  before = resident_max();
  run_well(prompts[_i], path);
  ck_assert_uint_lt(resident_max() - before, LITTLE);
  want = _i == 0 ? sum_of_form(path)
         : _i == 2
           ? sum_of_file(path, false, 0)
           : sum_text(sum_of_file(path, true,
                                  sum_text(0, "{\"images\":[\"data:image/png;"
                                              "base64,")),
                      "\"]}");
  ck_assert(vendor.sum == want);
  ck_assert_int_eq(vendor.whole, 2);
  unlink(path);
}
END_TEST

/* ---- changes on the way ------------------------------------------------- */

static const char *changing;

/* The same size; where the clock of files is coarse the time would be as well.
 */
static void another_picture(void)
{
  struct timespec times[2] = { { 0, UTIME_OMIT }, { 1, 0 } };
  int fd = open(changing, O_WRONLY);

  ck_assert_int_eq(pwrite(fd, "other", 5, 20), 5);
  close(fd);
  ck_assert_int_eq(utimensat(AT_FDCWD, changing, times, 0), 0);
}

static void no_picture(void)
{
  unlink(changing);
}

static void nothing(void)
{
}

static const struct {
  const char *name, *prompt;
  int first;
  void (*meanwhile)(void);
  int32_t error_class;
  int posts, maybe_charged;
} changes[] = {
  { "same", "form keyed", RESETS, nothing, 0, 2, 0 },
  { "same after 503", "json", FAILS_503, nothing, 0, 2, 0 },
  { "form, free", "form free", RESETS, another_picture, GAMUT_E_INVALID, 1, 0 },
  { "json, free", "json free", RESETS, another_picture, GAMUT_E_INVALID, 1, 0 },
  { "raw, free", "raw free", RESETS, another_picture, GAMUT_E_INVALID, 1, 0 },
  { "gone, free", "json free", RESETS, no_picture, GAMUT_E_INVALID, 1, 0 },
  { "keyed", "json keyed", RESETS, another_picture, GAMUT_E_UNKNOWN, 1, 1 },
  { "gone, keyed", "json keyed", RESETS, no_picture, GAMUT_E_UNKNOWN, 1, 1 },
  { "made anew", "form", FAILS_503, another_picture, GAMUT_E_INVALID, 1, 0 },
};

START_TEST(another_picture_is_not_sent)
{
  char picture[100] = PNG;
  struct gamut *g = open_context();
  struct gamut_result *result;
  struct gamut_error err = { 0 };
  int32_t rc;

  vendor.first = changes[_i].first;
  vendor.meanwhile = changes[_i].meanwhile;
  changing = file("changing.png", picture, sizeof(picture));
  rc = run(g, changes[_i].prompt, changing, &result, &err);
  ck_assert_msg(rc == changes[_i].error_class, "%s: %d %s", changes[_i].name,
                (int)rc, err.message);
  ck_assert_int_eq(vendor.posts, changes[_i].posts);
  ck_assert_ptr_nonnull(result);
  ck_assert_int_eq(gamut_result_maybe_charged(result),
                   changes[_i].maybe_charged);
  if (rc)
    ck_assert_msg(strstr(err.message, "changing.png") != NULL, "%s",
                  err.message);
  gamut_result_free(result);
  gamut_close(g);
}
END_TEST

/* ---- another process goes on -------------------------------------------- */

struct end {
  bool over;
  int32_t error_class;
  char message[500];
};

static void run_over(struct gm_run *run)
{
  struct end *e = run->owner;

  e->over = true;
  e->error_class = run->err.error_class;
  snprintf(e->message, sizeof(e->message), "%s", gm_error_text(&run->err));
  gm_run_free(run);
}

static const struct gm_run_ops ops = { .over = run_over };

/* The record of a job that has sent nothing yet. */
static char *record_of(const char *from)
{
  struct gamut_request *r = gamut_request_new();
  struct gamut *g = open_context();
  struct gm_ticket *t;
  char *text;

  gamut_request_link(r, "v:m", NULL);
  gamut_request_set(r, "prompt", "json", NULL);
  ck_assert_int_eq(gamut_request_input(r, "image", from, NULL), 0);
  ck_assert_int_eq(gamut_submit(g, r, NULL, NULL, NULL, NULL), 0);
  gamut_request_free(r);
  t = GM_CONTAINER(g->tickets.next, struct gm_ticket, link);
  text = gm_job_record(&t->run->job);
  gamut_close(g);
  return text;
}

static void take_up(const char *record, struct end *e)
{
  struct gamut *g = open_context();
  struct gm_error err = GM_ERROR_INIT;
  struct gm_run *run;

  memset(e, 0, sizeof(*e));
  e->error_class =
    gm_run_restore(&g->router, record, strlen(record),
                   &(struct gm_restore){ NULL, false }, &ops, e, &run, &err);
  snprintf(e->message, sizeof(e->message), "%s", gm_error_text(&err));
  gm_error_finish(&err);
  while (e->error_class == 0 && !e->over)
    gm_loop_turn(g->loop, 100);
  gamut_close(g);
}

START_TEST(inputs_survive_the_process)
{
  char *from = source(_i), *record = record_of(from);
  struct end e;

  take_up(record, &e);
  ck_assert_msg(e.error_class == 0, "%s", e.message);
  expect_json(sources[_i].head);
  gm_free(record);
  gm_free(from);
}
END_TEST

START_TEST(others_do_not)
{
  char big[70000] = PNG, *uri, *record;
  struct end e;

  changing = file("changing.png", big, 100);
  record = record_of(changing);
  another_picture();
  take_up(record, &e);
  ck_assert_int_eq(e.error_class, GAMUT_E_INVALID);
  ck_assert_ptr_nonnull(strstr(e.message, "has changed since"));
  gm_free(record);

  uri = uri_of("data:image/png;base64,", big, sizeof(big));
  record = record_of(uri);
  ck_assert_uint_lt(strlen(record), 4000); /* not in every record */
  take_up(record, &e);
  ck_assert_int_eq(e.error_class, GAMUT_E_INVALID);
  ck_assert_ptr_nonnull(strstr(e.message, "are gone with the process"));
  gm_free(record);
  gm_free(uri);
  ck_assert_int_eq(vendor.posts, 0);
}
END_TEST

/* ---- no memory ---------------------------------------------------------- */

static const char *tortured_prompt, *tortured_file;

static bool scenario(void)
{
  static const char uri[] = "data:image/png;base64,iVBORw0KGgo=";
  struct gamut_request *r = gamut_request_new(), *copy;
  struct gamut_result *result = NULL;
  struct gamut *g = open_context();
  int32_t rc = GAMUT_E_NOMEM;
  int before = vendor.posts;

  gamut_request_link(r, "v:m", NULL);
  gamut_request_set(r, "prompt", tortured_prompt, NULL);
  gamut_request_input(r, "image", uri, NULL);
  gamut_request_input(r, "image", tortured_file, NULL);
  copy = gamut_request_copy(r);
  gamut_request_free(r);
  if (g && copy)
    rc = gamut_generate(g, copy, &result, NULL);
  ck_assert_int_le(vendor.posts - before, 1);
  ck_assert_int_eq(vendor.posts, vendor.whole);
  if (result && rc && vendor.posts > before &&
      gamut_result_artifacts(result) == 0)
    ck_assert_int_eq(gamut_result_maybe_charged(result), 1);
  gamut_result_free(result);
  gamut_request_free(copy);
  gamut_close(g);
  return rc == 0;
}

START_TEST(no_memory_is_clean)
{
  static const char *const prompts[] = { "form", "json" };

  tortured_prompt = prompts[_i];
  tortured_file = file("in.png", PNG, PNG_LEN);
  unit_torture(scenario);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("inputs");

  tcase_add_checked_fixture(tc, setup, teardown);
  tcase_add_loop_test(tc, every_way_is_the_same, 0, (int)GM_LEN(sources));
  tcase_add_test(tc, copies_share_standard_input);
  tcase_add_loop_test(tc, large_files_cost_no_memory, 0, 3);
  tcase_add_loop_test(tc, another_picture_is_not_sent, 0, (int)GM_LEN(changes));
  tcase_add_loop_test(tc, inputs_survive_the_process, 0, (int)GM_LEN(sources));
  tcase_add_test(tc, others_do_not);
  tcase_add_loop_test(tc, no_memory_is_clean, 0, 2);
  return unit_run("inputs", tc);
}
