/* test_host_body.c - forms, and inputs inside of bodies. */
#include "base/file.h"
#include "tester.h"
#include "unit.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct gm_held *hold(const char *bytes, size_t len)
{
  struct gm_held *h = gm_held_new(4096, 4096);

  ck_assert_ptr_nonnull(h);
  ck_assert_int_eq(gm_blob_add(&h->blob, bytes, len, NULL), 0);
  return h;
}

/* ---- forms -------------------------------------------------------------- */

static int32_t builds_form(void *instance, struct gamut_call *c)
{
  struct gamut_http x = tester_get;

  (void)instance;
  x.method = "POST";
  c->host->part_text(c, "prompt", "a cat");
  c->host->part_text(c, "absent", NULL);
  c->host->part_input(c, "image\"[]\r\n", 0);
  return c->host->http(c, &x);
}

START_TEST(forms_are_quoted)
{
  struct gm_input input = { .role = "image",
                            .name = "a\"b\n.png",
                            .mime = "image/png",
                            .held = hold("PNG\0\r\n", 6),
                            .size = 6 };
  struct gm_buf b = GM_BUF_INIT(4096);
  struct gm_header headers[8];
  struct fixture f = { 0 };
  char boundary[64], want[512];
  const char *body;
  size_t len;
  int n;

  fixture_open(&f, &tester);
  f.in.inputs = &input;
  f.in.n_inputs = 1;
  run(&f, builds_form);
  ck_assert_int_eq(f.call.kind, GM_STEP_HTTP);
  ck_assert_uint_eq(gm_pending_headers(f.call.pending, headers, 8), 1);
  ck_assert_int_eq(
    strncmp(headers[0].value, "multipart/form-data; boundary=gamut-", 36), 0);
  snprintf(boundary, sizeof(boundary), "%s", headers[0].value + 30);
  ck_assert_uint_eq(strlen(boundary), 6 + 32);
  n = snprintf(want, sizeof(want),
               "--%s\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\n"
               "a cat\r\n--%s\r\nContent-Disposition: form-data; "
               "name=\"image%%22[]%%0D%%0A\"; filename=\"a%%22b%%0A.png\"\r\n"
               "Content-Type: image/png\r\n\r\nPNG",
               boundary, boundary);
  ck_assert_int_eq(gm_pending_read(f.call.pending, &input, 1, &b, NULL), 0);
  body = gm_buf_text(&b);
  len = b.len;
  ck_assert_uint_eq(len, gm_pending_body_size(f.call.pending));
  ck_assert_mem_eq(body, want, (size_t)n);
  ck_assert_mem_eq(body + n, "\0\r\n\r\n--", 7);
  ck_assert_uint_eq(len, (size_t)n + 3 + 2 + 2 + strlen(boundary) + 4);
  gm_buf_finish(&b);
  gm_held_unref(input.held);
  fixture_close(&f);
}
END_TEST

/* ---- inputs ------------------------------------------------------------- */

static int32_t sets_inputs(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  uint32_t i;

  (void)instance;
  for (i = 0; i < c->n_inputs; i++) {
    h->json_set_input(c->state, h->input_info(c, i, "role"), i,
                      h->input_info(c, i, "url") ? GAMUT_AS_URL
                                                 : GAMUT_AS_DATA_URI);
    h->fact(c, "size", h->input_info(c, i, "size"));
  }
  h->json_set_input(c->state, "coded", 1, GAMUT_AS_BASE64);
  return h->done(c);
}

/* Another way out of the call than a body. */
static int32_t tells_inputs(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *o = h->json_object(c);

  (void)instance;
  h->json_set_input(o, "a", 1, GAMUT_AS_BASE64);
  h->json_set_input(o, "b", 1, GAMUT_AS_BASE64);
  h->fact(c, "text", h->json_text(c, o));
  h->fact(c, "plain", h->json_text(c, h->json_get(c->state, "")));
  return h->done(c);
}

static int32_t wants_bytes(void *instance, struct gamut_call *c)
{
  (void)instance;
  c->host->json_set_input(c->state, "a", 0, GAMUT_AS_BASE64);
  /* It has failed, but its code goes on to the end. */
  ck_assert_str_eq(c->host->input_info(c, 0, "role"), "mask");
  return c->host->done(c);
}

static void write_file(const char *path, const char *text)
{
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

  ck_assert_int_ge(fd, 0);
  ck_assert_int_eq(gm_write_all(fd, text, strlen(text)), 0);
  ck_assert_int_eq(close(fd), 0);
}

START_TEST(inputs_enter_json)
{
  char path[] = "/tmp/gamut-call-XXXXXX";
  struct gm_input inputs[] = {
    { .role = "mask", .url = "https://a.test/m.png", .size = 9 },
    { .role = "image", .path = path, .mime = "image/png", .size = 5 },
    { .role = "video", .held = hold("abc", 3), .size = 3 },
  };
  struct gm_file_mark mark;
  struct fixture f = { 0 };
  int fd = mkstemp(path);

  ck_assert_int_ge(fd, 0);
  write_file(path, "hello");
  ck_assert_int_eq(gm_file_mark(fd, &mark), 0);
  close(fd);
  inputs[1].mtime_ns = mark.mtime_ns;
  fixture_open(&f, &tester);
  f.in.inputs = inputs;
  f.in.n_inputs = 3;
  run(&f, sets_inputs);
  ck_assert_msg(f.call.kind == GM_STEP_DONE, "%s", gm_error_text(&f.call.err));
  ck_assert_str_eq(gm_call_state_text(&f.call),
                   "{\"mask\":\"https://a.test/m.png\","
                   "\"image\":\"data:image/png;base64,aGVsbG8=\","
                   "\"video\":\"data:application/octet-stream;base64,YWJj\","
                   "\"coded\":\"aGVsbG8=\"}");
  ck_assert_uint_eq(f.call.n_facts, 3);
  ck_assert_str_eq(f.call.facts[1].value, "5");

  run(&f, tells_inputs);
  ck_assert_str_eq(f.call.facts[0].value,
                   "{\"a\":\"aGVsbG8=\",\"b\":\"aGVsbG8=\"}");
  ck_assert_str_eq(f.call.facts[1].value, "{}");

  run(&f, wants_bytes); /* of something that is only known by its URL */
  expect_fault(&f, GM_STEP_FAIL, GAMUT_E_UNSUPPORTED, "'mask'");
  unlink(path);
  run(&f, tells_inputs);
  expect_fault(&f, GM_STEP_FAIL, GAMUT_E_INVALID, path);
  gm_held_unref(inputs[2].held);
  fixture_close(&f);
}
END_TEST

static int32_t posts_inputs(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_http x = tester_get;
  struct gamut_json *body = h->json_object(c);

  (void)instance;
  h->json_set_str(body, "prompt", "gamut-input-0000000000000000000000000000");
  h->json_set_input(body, "one", 0, GAMUT_AS_URL);
  h->json_set_input(body, "two", 1, GAMUT_AS_BASE64);
  h->json_set_input(body, "three", 2, GAMUT_AS_URL);
  h->json_set_input(body, "four", 2, GAMUT_AS_DATA_URI);
  h->json_set_input(body, "five", 3, GAMUT_AS_URL);
  x.method = "POST";
  x.json = body;
  return h->http(c, &x);
}

/* As a URL a data: URI keeps what it says of its type. */
START_TEST(inputs_are_named_in_bodies)
{
  struct gm_input inputs[] = {
    { .role = "image", .held = hold("a", 1), .mime = "image/png", .size = 1 },
    { .role = "image", .held = hold("ab", 2), .size = 2 },
    { .role = "image",
      .url = "data:image/jpg;base64,",
      .source = "data:",
      .held = hold("abc", 3),
      .mime = "image/jpeg",
      .size = 3 },
    { .role = "image",
      .url = "data:x",
      .held = hold("abcd", 4),
      .size = 4,
      .uploaded = "https://a.test/x" },
  };
  struct gm_buf b = GM_BUF_INIT(4096);
  struct fixture f = { 0 };
  size_t i;

  fixture_open(&f, &tester);
  f.in.inputs = inputs;
  f.in.n_inputs = 4;
  run(&f, posts_inputs);
  ck_assert_msg(f.call.kind == GM_STEP_HTTP, "%s", gm_error_text(&f.call.err));
  ck_assert_uint_eq(f.call.pending->n_pieces, 9);
  ck_assert_int_eq(gm_pending_read(f.call.pending, inputs, 4, &b, NULL), 0);
  ck_assert_str_eq(gm_buf_text(&b),
                   "{\"prompt\":\"gamut-input-0000000000000000000000000000\","
                   "\"one\":\"data:image/png;base64,YQ==\",\"two\":\"YWI=\","
                   "\"three\":\"data:image/jpg;base64,YWJj\","
                   "\"four\":\"data:image/jpeg;base64,YWJj\","
                   "\"five\":\"https://a.test/x\"}");
  ck_assert_uint_eq(b.len, gm_pending_body_size(f.call.pending));
  gm_buf_finish(&b);
  for (i = 0; i < GM_LEN(inputs); i++)
    gm_held_unref(inputs[i].held);
  fixture_close(&f);
}
END_TEST

static int32_t fills_inputs(void *instance, struct gamut_call *c)
{
  struct gamut_http x = tester_get;
  struct gamut_json *body = c->host->json_object(c);

  (void)instance;
  c->host->json_set_input(body, "one", 0, GAMUT_AS_BASE64);
  x.flags = GAMUT_HTTP_FILL;
  x.method = "POST";
  x.json = body;
  return c->host->http(c, &x);
}

START_TEST(secrets_and_inputs_do_not_mix)
{
  struct gm_input input = { .role = "image", .path = "/a.png", .size = 5 };
  struct fixture f = { 0 };

  fixture_open(&f, &tester);
  f.in.inputs = &input;
  f.in.n_inputs = 1;
  run(&f, fills_inputs);
  expect_fault(&f, GM_STEP_FAIL, GAMUT_E_PLUGIN, "has an input");
  fixture_close(&f);
}
END_TEST

/* ---- no memory ---------------------------------------------------------- */

static int32_t does_much(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;

  posts_inputs(instance, c);
  h->json_set_str(c->state, "id", h->text(c, "%0900d", 1));
  h->json_set(c->state, "reply", c->reply->json);
  h->fact(c, "a", h->escape(c, "a b"));
  h->progress(c, 500, "half");
  return GM_STEP_HTTP;
}

START_TEST(no_memory_is_a_class)
{
  struct gm_input inputs[4];
  struct gm_held *held = hold("PNG", 3);
  struct fixture f = { 0 };
  uint64_t n;

  for (n = 0; n < GM_LEN(inputs); n++)
    inputs[n] = (struct gm_input){ .role = "image", .held = held, .size = 3 };

  fixture_open(&f, &tester);
  fixture_reply(&f, 200, "application/json", "{\"a\":1}");
  f.in.inputs = inputs;
  f.in.n_inputs = GM_LEN(inputs);
  for (n = 1; n < 500; n++) {
    gm_call_end(&f.call);
    gm_arena_finish(&f.call.arena); /* so that it allocates again */
    gm_mem_fail(n, _i);
    run(&f, does_much);
    gm_mem_fail(0, false);
    if (f.call.kind == GM_STEP_HTTP)
      break;
    ck_assert_int_eq(f.call.kind, GM_STEP_FAIL);
    ck_assert_int_eq(f.call.err.error_class, GAMUT_E_NOMEM);
    ck_assert_ptr_null(f.call.pending);
  }
  ck_assert_uint_gt(n, 4);
  ck_assert_uint_lt(n, 500);
  gm_held_unref(held);
  fixture_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("host_body");

  tcase_add_test(tc, forms_are_quoted);
  tcase_add_test(tc, inputs_enter_json);
  tcase_add_test(tc, inputs_are_named_in_bodies);
  tcase_add_test(tc, secrets_and_inputs_do_not_mix);
  tcase_add_loop_test(tc, no_memory_is_a_class, 0, 2);
  return unit_run("host_body", tc);
}
