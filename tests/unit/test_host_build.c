/* test_host_build.c - exchanges as providers build them, and how they cannot.
 */
#include "tester.h"
#include "unit.h"
#include <math.h>

/* ---- builders that must fail -------------------------------------------- */

#define MISUSE(name, code)                                                     \
  static int32_t name(void *instance, struct gamut_call *c)                    \
  {                                                                            \
    const struct gamut_host *h = c->host;                                      \
    struct gamut_http x = tester_get;                                          \
    struct gamut_artifact a = { .struct_size = sizeof(a),                      \
                                .kind = GAMUT_IMAGE };                         \
                                                                               \
    (void)instance;                                                            \
    (void)h;                                                                   \
    (void)a;                                                                   \
    code;                                                                      \
    return h->http(c, &x);                                                     \
  }

MISUSE(bad_value, h->header(c, "x-a", "one\r\ntwo: b"))
MISUSE(bad_name, h->header(c, "x a", "one"))
MISUSE(no_name, h->header(c, NULL, "one"))
MISUSE(own_length, h->header(c, "Content-Length", "7"))
MISUSE(bad_utf8, h->json_set_str(c->state, "a", "\xff"))
MISUSE(bad_key, h->json_set_int(c->state, "\xc0\x80", 1))
MISUSE(bad_nan, h->json_set_real(c->state, "a", NAN))
MISUSE(set_array, h->json_set_str(c->state, NULL, "a"))
MISUSE(set_number, {
  struct gamut_json *list = h->json_array(c);
  h->json_set_str(list, "key", "a");
})
MISUSE(set_itself, {
  struct gamut_json *o = h->json_object(c);
  h->json_set(c->state, "o", o);
  h->json_set(o, "state", c->state);
})
MISUSE(url_space, x.url = "/a b")
MISUSE(url_break, x.url = "/a\nHost: b")
MISUSE(url_none, x.url = NULL)
MISUSE(url_bare, x.url = "jobs/1")
MISUSE(url_file, x.url = "file:///etc/passwd")
MISUSE(url_user, x.url = "https://me:secret@api.tester.test/a")
MISUSE(url_beyond, x.url = "/\xc3\xa9")
MISUSE(no_method, x.method = NULL)
MISUSE(odd_method, x.method = "get")
MISUSE(phase_high, x.phase = 2)
MISUSE(phase_low, x.phase = -1)
MISUSE(odd_flag, x.flags = 1u << 30)
MISUSE(negative_body, {
  x.body = "a";
  x.body_len = (size_t)-3;
})
MISUSE(two_bodies, {
  x.body = "a";
  x.body_len = 1;
  x.json = c->state;
})
MISUSE(form_and_json, {
  h->part_text(c, "a", "b");
  x.json = c->state;
})
MISUSE(no_input, h->json_set_input(c->state, "a", 3, GAMUT_AS_URL))
MISUSE(no_body_input, h->body_input(c, 1, 0, 0))
MISUSE(too_much_input, h->body_input(c, 0, 4, 2))
MISUSE(beyond_input, h->body_input(c, 0, 6, 0))
MISUSE(no_stream, return h->more(c))
MISUSE(odd_form, h->json_set_input(c->state, "a", 0, 9))
MISUSE(read_secret, h->config_str(c, "api_key"))
MISUSE(read_unknown, h->config_int(c, "nonsense"))
MISUSE(sign, h->jwt(c, "api_key", c->state))
MISUSE(odd_kind, {
  a.kind = 9;
  a.url = "https://a.test/";
  h->artifact(c, &a);
})
MISUSE(empty_artifact, h->artifact(c, &a))
MISUSE(double_artifact, {
  a.url = "https://a.test/";
  a.data = "x";
  a.data_len = 1;
  h->artifact(c, &a);
})
MISUSE(odd_use, h->usage(c, "image", -1, -1))
MISUSE(bad_token, h->token(c, "a\nb", 60))
MISUSE(too_big, {
  int n;
  for (n = 0; n < 80; n++)
    h->base64(c, "", 0);
  for (n = 0; n < 70; n++)
    h->text(c, "%*d", 1024 * 1024, n);
})
MISUSE(too_many_headers, {
  int n;
  for (n = 0; n < 65; n++)
    h->header(c, "x-many", "1");
})

static const struct {
  const char *name;
  gamut_fn *fn;
  int32_t error_class;
  const char *part;
} misuses[] = {
  { "line break in a header", bad_value, GAMUT_E_PLUGIN, "'x-a'" },
  { "blank in a header's name", bad_name, GAMUT_E_PLUGIN, "'x a'" },
  { "header without name", no_name, GAMUT_E_PLUGIN, "''" },
  { "framing header", own_length, GAMUT_E_PLUGIN, "'Content-Length'" },
  { "bad UTF-8", bad_utf8, GAMUT_E_PLUGIN, "'a' is not UTF-8" },
  { "bad UTF-8 in a key", bad_key, GAMUT_E_PLUGIN, "UTF-8" },
  { "not a number", bad_nan, GAMUT_E_PLUGIN, "no number" },
  { "append to an object", set_array, GAMUT_E_PLUGIN, "no array" },
  { "key of an array", set_number, GAMUT_E_PLUGIN, "no object" },
  { "circle", set_itself, GAMUT_E_PLUGIN, "into itself" },
  { "blank in a URL", url_space, GAMUT_E_PLUGIN, "(phase poll)" },
  { "line break in a URL", url_break, GAMUT_E_PLUGIN, "URL" },
  { "no URL", url_none, GAMUT_E_PLUGIN, "URL" },
  { "relative URL", url_bare, GAMUT_E_PLUGIN, "URL" },
  { "file URL", url_file, GAMUT_E_PLUGIN, "URL" },
  { "user in a URL", url_user, GAMUT_E_PLUGIN, "URL" },
  { "raw letters in a URL", url_beyond, GAMUT_E_PLUGIN, "URL" },
  { "no method", no_method, GAMUT_E_PLUGIN, "method ''" },
  { "unknown method", odd_method, GAMUT_E_PLUGIN, "method 'get'" },
  { "phase too high", phase_high, GAMUT_E_PLUGIN, "phase 2 of 2" },
  { "phase too low", phase_low, GAMUT_E_PLUGIN, "phase -1" },
  { "unknown flag", odd_flag, GAMUT_E_PLUGIN, "0x40000000" },
  { "negative body", negative_body, GAMUT_E_PLUGIN, "negative" },
  { "two bodies", two_bodies, GAMUT_E_PLUGIN, "two bodies" },
  { "form and JSON", form_and_json, GAMUT_E_PLUGIN, "two bodies" },
  { "no such input", no_input, GAMUT_E_PLUGIN, "input 3 of 1" },
  { "body of no input", no_body_input, GAMUT_E_PLUGIN, "input 1 of 1" },
  { "more than the input", too_much_input, GAMUT_E_PLUGIN, "than it has" },
  { "behind the input", beyond_input, GAMUT_E_PLUGIN, "than it has" },
  { "more of no stream", no_stream, GAMUT_E_PLUGIN, "outside a stream" },
  { "form of an input", odd_form, GAMUT_E_PLUGIN, "form 9" },
  { "secret", read_secret, GAMUT_E_PLUGIN, "secret 'api_key'" },
  { "unknown key", read_unknown, GAMUT_E_PLUGIN, "'nonsense'" },
  { "signing", sign, GAMUT_E_UNSUPPORTED, "signing needs the plugin 'crypto'" },
  { "artifact of no kind", odd_kind, GAMUT_E_PLUGIN, "kind 9" },
  { "artifact of nothing", empty_artifact, GAMUT_E_PLUGIN, "exactly one" },
  { "artifact of both", double_artifact, GAMUT_E_PLUGIN, "exactly one" },
  { "negative use", odd_use, GAMUT_E_PLUGIN, "no sense" },
  { "token with a line break", bad_token, GAMUT_E_PROTOCOL, "token" },
  { "more than the arena", too_big, GAMUT_E_PLUGIN, "64 MiB" },
  { "too many headers", too_many_headers, GAMUT_E_PLUGIN, "64 headers" },
};

START_TEST(misuse_fails_the_call)
{
  struct gm_input input = { .role = "image", .path = "/a.png", .size = 5 };
  struct fixture f = { 0 };

  fixture_open(&f, &tester);
  f.in.inputs = &input;
  f.in.n_inputs = 1;
  run(&f, misuses[_i].fn);
  expect_fault(&f, GM_STEP_FAIL, misuses[_i].error_class, misuses[_i].part);
  ck_assert_msg(gm_error_text(&f.call.err) ==
                  strstr(gm_error_text(&f.call.err), "provider tester: "),
                "%s", misuses[_i].name);
  fixture_close(&f);
}
END_TEST

/* ---- exchanges ---------------------------------------------------------- */

static int32_t builds_json(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = 0,
                          .flags = GAMUT_HTTP_BILLABLE,
                          .delay_ms = 700,
                          .timeout_ms = 9000,
                          .method = "POST",
                          .url = "/jobs?a=b" };
  struct gamut_json *body = h->json_object(c);

  (void)instance;
  h->json_set_str(body, "prompt", "a \"fox\"/\n");
  h->json_set_str(body, "absent", NULL);
  h->json_set_real(body, "guidance", 3.5);
  h->json_set_int(body, "seed", INT64_MAX);
  h->json_set_bool(body, "sync", 1);
  h->header(c, "x-one", "1");
  x.json = body;
  return h->http(c, &x);
}

START_TEST(json_exchange_is_built)
{
  struct gm_header headers[8];
  struct fixture f = { 0 };
  const struct gm_pending *p;
  const char *body;
  size_t len;

  fixture_open(&f, &tester);
  run(&f, builds_json);
  ck_assert_int_eq(f.call.kind, GM_STEP_HTTP);
  p = f.call.pending;
  ck_assert_str_eq(gm_pending_method(p), "POST");
  ck_assert_str_eq(gm_pending_url(p), "https://api.tester.test/v1/jobs?a=b");
  ck_assert_int_eq(p->phase, 0);
  ck_assert_uint_eq(p->flags, GAMUT_HTTP_BILLABLE);
  ck_assert_uint_eq(p->delay_ms, 700);
  ck_assert_uint_eq(p->timeout_ms, 9000);
  ck_assert_uint_eq(p->n_pieces, 0);
  ck_assert_uint_eq(gm_pending_headers(p, headers, 8), 2);
  ck_assert_str_eq(headers[0].name, "x-one");
  ck_assert_str_eq(headers[0].value, "1");
  ck_assert_str_eq(headers[1].name, "content-type");
  ck_assert_str_eq(headers[1].value, "application/json");
  body = gm_pending_text(p, &len);
  ck_assert_mem_eq(body,
                   "{\"prompt\":\"a \\\"fox\\\"/\\n\",\"guidance\":3.5,"
                   "\"seed\":9223372036854775807,\"sync\":true}",
                   len);
  fixture_close(&f);
}
END_TEST

static int32_t builds_short(void *instance, struct gamut_call *c)
{
  struct gamut_http x = tester_get;
  struct gamut_artifact a = { .kind = GAMUT_VIDEO,
                              .url = "https://a.test/v.mp4",
                              .flags = 0xffffffffu,
                              .width = 7 };

  (void)instance;
  /* Built against a header that ended earlier: the rest is not looked at. */
  a.struct_size = offsetof(struct gamut_artifact, flags);
  c->host->artifact(c, &a);
  x.struct_size = offsetof(struct gamut_http, json);
  x.json = c->state;
  x.body = "a";
  x.body_len = 1;
  return c->host->http(c, &x);
}

/* A base_url with a query: the path stands before it. */
START_TEST(a_base_url_with_a_query)
{
  struct fixture f = { 0 };

  fixture_set(&f, "tester.base_url", "https://gate.test/v1/?key=1");
  fixture_open(&f, &tester);
  ck_assert_str_eq(f.i->base_url, "https://gate.test/v1");
  run(&f, builds_json);
  ck_assert_int_eq(f.call.kind, GM_STEP_HTTP);
  ck_assert_str_eq(gm_pending_url(f.call.pending),
                   "https://gate.test/v1/jobs?a=b&key=1");
  fixture_close(&f);
}
END_TEST

START_TEST(struct_size_is_honoured)
{
  struct fixture f = { 0 };
  size_t len;

  fixture_open(&f, &tester);
  run(&f, builds_short);
  ck_assert_int_eq(f.call.kind, GM_STEP_HTTP);
  ck_assert_ptr_null(gm_pending_text(f.call.pending, &len));
  ck_assert_uint_eq(f.call.n_artifacts, 1);
  ck_assert_uint_eq(f.call.artifacts[0].flags, 0);
  ck_assert_uint_eq(f.call.artifacts[0].width, 0);
  ck_assert_str_eq(f.call.artifacts[0].url, "https://a.test/v.mp4");
  fixture_close(&f);
}
END_TEST

static int32_t builds_bytes(void *instance, struct gamut_call *c)
{
  struct gamut_http x = tester_get;

  (void)instance;
  x.method = "PUT";
  x.url = "https://cdn.tester.test/upload?sig=1";
  x.body = "a\0b";
  x.body_len = 3;
  x.body_type = "image/png";
  return c->host->http(c, &x);
}

static int32_t builds_upload(void *instance, struct gamut_call *c)
{
  struct gamut_http x = tester_get;

  (void)instance;
  x.method = "PUT";
  c->host->body_input(c, 0, 1, 3);
  return c->host->http(c, &x);
}

START_TEST(bytes_and_uploads_are_built)
{
  struct gm_input input = { .role = "image",
                            .path = "/nonexistent/a.png",
                            .mime = "image/webp",
                            .size = 5,
                            .mtime_ns = 77 };
  const struct gm_pending_piece *piece;
  struct gm_header headers[8];
  struct fixture f = { 0 };
  const void *body;
  size_t len;

  fixture_open(&f, &tester);
  f.in.inputs = &input;
  f.in.n_inputs = 1;
  run(&f, builds_bytes);
  ck_assert_int_eq(f.call.kind, GM_STEP_HTTP);
  ck_assert_str_eq(gm_pending_url(f.call.pending),
                   "https://cdn.tester.test/upload?sig=1");
  body = gm_pending_text(f.call.pending, &len);
  ck_assert_uint_eq(len, 3);
  ck_assert_mem_eq(body, "a\0b", 3);
  ck_assert_uint_eq(gm_pending_headers(f.call.pending, headers, 8), 1);
  ck_assert_str_eq(headers[0].value, "image/png");

  /* A raw upload is not read here, whoever sends it does. */
  run(&f, builds_upload);
  ck_assert_int_eq(f.call.kind, GM_STEP_HTTP);
  ck_assert_uint_eq(f.call.pending->n_pieces, 1);
  ck_assert_uint_eq(gm_pending_body_size(f.call.pending), 3);
  piece = &f.call.pending->pieces[0];
  ck_assert_int_eq(piece->input, 0);
  ck_assert_uint_eq(piece->offset, 1);
  ck_assert_uint_eq(piece->size, 3);
  ck_assert_uint_eq(piece->mark.size, 5);
  ck_assert_int_eq(piece->mark.mtime_ns, 77);
  ck_assert_str_eq(gm_pending_path(f.call.pending, piece), input.path);
  ck_assert_uint_eq(gm_pending_headers(f.call.pending, headers, 8), 1);
  ck_assert_str_eq(headers[0].value, "image/webp");
  fixture_close(&f);
}
END_TEST

/* ---- no memory ---------------------------------------------------------- */

START_TEST(no_memory_to_begin)
{
  struct gm_call c;
  uint64_t n;

  for (n = 1;; n++) {
    gm_mem_fail(n, true);
    if (gm_call_init(&c, NULL) == 0)
      break;
  }
  gm_mem_fail(0, false);
  ck_assert_uint_gt(n, 1);
  gm_call_finish(&c);
  gm_call_finish(&c);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("host_build");

  tcase_add_loop_test(tc, misuse_fails_the_call, 0, (int)GM_LEN(misuses));
  tcase_add_test(tc, json_exchange_is_built);
  tcase_add_test(tc, a_base_url_with_a_query);
  tcase_add_test(tc, struct_size_is_honoured);
  tcase_add_test(tc, bytes_and_uploads_are_built);
  tcase_add_test(tc, no_memory_to_begin);
  return unit_run("host_build", tc);
}
