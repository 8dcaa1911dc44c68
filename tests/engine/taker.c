/* taker.c - see taker.h. */
#include "engine/taker.h"
#include "base/base64.h"
#include "base/file.h"
#include "unit/scratch.h"
#include "unit/unit.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- the vendor --------------------------------------------------------- */

struct taker taker = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int keep(const struct server_request *r)
{
  int nth;

  pthread_mutex_lock(&taker.lock);
  free(taker.body);
  taker.body = malloc(r->body_len + 1);
  memcpy(taker.body, r->body, strlen(r->body) ? r->body_len + 1 : 1);
  taker.len = r->body_len;
  taker.sum = r->body_sum;
  server_header(r, "content-type", taker.type, sizeof(taker.type));
  nth = taker.posts++;
  taker.whole += r->body_len == r->body_announced;
  pthread_mutex_unlock(&taker.lock);
  return nth;
}

static enum server_end serve(struct server *s, int fd,
                             const struct server_request *r, void *user)
{
  static const char b64[] = "{\"b64\":\"iVBORw0KGgo=\"}";
  int first = taker.first;

  (void)s;
  (void)user;
  if (r->body_len != r->body_announced || keep(r) > 0 || !first) {
    if (r->body_len == r->body_announced)
      server_reply(fd, b64);
    return r->body_len == r->body_announced ? SERVER_KEEP : SERVER_CLOSE;
  }
  taker.meanwhile();
  if (first == TAKER_RESETS)
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

struct gamut *taker_open(void)
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
      gamut_set(g, "v.base_url", server_url(taker.server, "", url, sizeof(url)),
                NULL) == 0)
    return g;
  gamut_close(g);
  return NULL;
}

void taker_setup(void)
{
  taker.server = server_start(serve, NULL);
  taker.posts = taker.whole = taker.first = 0;
}

void taker_teardown(void)
{
  server_stop(taker.server);
  free(taker.body);
  taker.body = NULL;
}

const char *taker_file(const char *name, const void *bytes, size_t len)
{
  const char *path = scratch_path(scratch_folder(), name);
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

  ck_assert_int_ge(fd, 0);
  ck_assert_int_eq(gm_write_all(fd, bytes, len), 0);
  close(fd);
  return path;
}

/* One request with one input; the class. */
int32_t taker_run(struct gamut *g, const char *prompt, const char *source,
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

void taker_run_well(const char *prompt, const char *source)
{
  struct gamut *g = taker_open();
  struct gamut_result *result;
  struct gamut_error err = { 0 };
  int32_t rc = taker_run(g, prompt, source, &result, &err);

  ck_assert_msg(rc == 0, "%s", err.message);
  gamut_result_free(result);
  gamut_close(g);
}

/* ---- where inputs come from --------------------------------------------- */

void taker_stdin(const void *bytes, size_t len)
{
  int ends[2];

  ck_assert_int_eq(pipe(ends), 0);
  ck_assert_int_eq(write(ends[1], bytes, len), (ssize_t)len);
  close(ends[1]);
  dup2(ends[0], STDIN_FILENO);
  close(ends[0]);
}

char *taker_uri(const char *head, const void *bytes, size_t len)
{
  struct gm_buf b = GM_BUF_INIT(1 << 20);

  gm_buf_add(&b, head);
  gm_base64_add(&b, bytes, len);
  return gm_buf_take(&b);
}

void taker_expect_json(const char *head)
{
  char *coded = taker_uri(head, TAKER_PNG, TAKER_PNG_LEN), want[400];

  snprintf(want, sizeof(want), "{\"images\":[\"%s\"]}", coded);
  ck_assert_str_eq(taker.body, want);
  ck_assert_str_eq(taker.type, "application/json");
  gm_free(coded);
}

const struct taker_way taker_ways[TAKER_WAYS] = {
  { "file", "in.png", "data:image/png;base64," },
  { "uri", "image.png", "data:image/x-png;base64," },
  { "stdin", "image.png", "data:image/png;base64," },
};

char *taker_way(int i)
{
  if (i == 0)
    return gm_strdup(taker_file("in.png", TAKER_PNG, TAKER_PNG_LEN));
  if (i == 1)
    return taker_uri("data:image/x-png;base64,", TAKER_PNG, TAKER_PNG_LEN);
  taker_stdin(TAKER_PNG, TAKER_PNG_LEN);
  return gm_strdup("-");
}
