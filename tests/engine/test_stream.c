/* test_stream.c - a stream of server-sent events: drafts reach the caller as
 * bytes while the job runs and are kept when that is wanted, the last event is
 * the result, and a stream that breaks after it was paid for is maybe-charged
 * and loses nothing that had come whole. */
#include "engine/vendor.h"
#include "unit/scratch.h"
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PNG64                                                                  \
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYPj/HwADAgH/"   \
  "5q9N2gAAAABJRU5ErkJggg=="
#define DRAFT "data: {\"draft\": \"" PNG64 "\"}\n\n"
#define LAST  "data: {\"final\": \"" PNG64 "\"}\n\n"
#define ONE   "data: {\"whole\": \"" PNG64 "\"}\n\n"
#define FAR   "data: {\"url\": \"$/draft.png\"}\n\n"
#define POST  "POST /river/jobs"

enum { JOB };
static const char *const phases[] = { "job" };

/* One event: {"draft": base64}, {"url": of a draft}, {"final": base64},
 * {"whole": base64} of one that others follow, or {"fail": sentence}. */
static int32_t event(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_artifact a = { .struct_size = sizeof(a), .kind = GAMUT_IMAGE };
  const char *draft = h->json_str(c->reply->json, "draft", NULL);
  const char *one = h->json_str(c->reply->json, "whole", NULL);
  const char *fail = h->json_str(c->reply->json, "fail", NULL);

  if (h->json_type(c->reply->json) != GAMUT_JSON_OBJECT)
    return h->more(c);
  if (fail)
    return h->fail(c, GAMUT_E_BLOCKED, "%s", fail);
  a.url = h->json_str(c->reply->json, "url", NULL);
  a.flags = a.url || draft ? GAMUT_ART_PARTIAL : 0u;
  if (!a.url) {
    a.data = draft ? draft : one;
    if (!a.data)
      a.data = h->json_str(c->reply->json, "final", "");
    a.data_len = strlen(a.data);
    a.flags |= GAMUT_ART_BASE64;
  }
  h->artifact(c, &a);
  return one || a.flags & GAMUT_ART_PARTIAL ? h->more(c) : h->done(c);
}

/* What came is no event, but {"fail": sentence}, or a list of that. */
static int32_t whole(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *r = c->reply->json;

  if (h->json_type(r) == GAMUT_JSON_ARRAY)
    r = h->json_member(r, 0, NULL);
  return h->fail(c, GAMUT_E_RATE, "%s", h->json_str(r, "fail", ""));
}

static bool asked(struct gamut_call *c, const char *word)
{
  return strstr(c->host->json_str(c->request, "prompt", ""), word) != NULL;
}

static int32_t submit(struct gamut_call *c)
{
  struct gamut_http x = { .struct_size = sizeof(x),
                          .method = "POST",
                          .url = "/jobs",
                          .flags = GAMUT_HTTP_BILLABLE | GAMUT_HTTP_STREAM };

  if (asked(c, "keyed")) {
    x.flags |= GAMUT_HTTP_KEYED;
    c->host->header(c, "idempotency-key", c->attempt_id);
  }
  return c->host->http(c, &x);
}

static int32_t step(void *instance, struct gamut_call *c)
{
  (void)instance;
  if (c->event == GAMUT_EV_START)
    return submit(c);
  if (c->event == GAMUT_EV_CHUNK)
    return event(c);
  if (c->reply->json)
    return whole(c);
  if (asked(c, "judged"))
    return c->host->fail_reply(c);
  return asked(c, "no file")
           ? c->host->fail(c, GAMUT_E_PROTOCOL, "no file in it")
           : c->host->fail(c, GAMUT_E_PROVIDER, "the stream ended early");
}

static const struct gamut_provider river = {
  .struct_size = sizeof(river),
  .name = "river",
  .base_url = "https://river.test",
  .phases = GAMUT_TABLE(phases),
  .step = step,
};

static const struct {
  const char *name, *body;
  int cut, drafts;
  int32_t error_class;
  bool maybe_charged;
} rows[] = {
  { "two drafts", DRAFT ": ping\n\n" DRAFT LAST, 0, 2, 0, false },
  { "no draft", LAST, 0, 0, 0, false },
  { "more after the last", LAST DRAFT, 0, 0, 0, false },
  { "no blank line at the end", DRAFT "data: {\"final\": \"" PNG64 "\"}", 0, 1,
    0, false },
  { "refused midway", DRAFT "data: {\"fail\": \"no\"}\n\n", 0, 1,
    GAMUT_E_BLOCKED, false },
  { "ends early", DRAFT, 0, 1, GAMUT_E_PROVIDER, true },
  { "ends at once", "data: 1\n\n", 0, 0, GAMUT_E_PROVIDER, false },
  { "an object", "{\"fail\": \"no\"}", 0, 0, GAMUT_E_RATE, false },
  { "a list", "[{\n  \"fail\": \"no\"\n}]\n", 0, 0, GAMUT_E_RATE, false },
  { "blanks, an object", "\r\n {\"fail\":\"no\"}", 0, 0, GAMUT_E_RATE, false },
  { "blanks, events", " \n\r\n" DRAFT LAST, 0, 1, 0, false },
  { "breaks", DRAFT LAST, 100, 1, GAMUT_E_UNKNOWN, true },
  { "breaks before the first", DRAFT, 100, 0, GAMUT_E_UNKNOWN, true },
};

static bool is_png(const void *data, size_t data_len)
{
  const unsigned char *png;
  size_t len = script_png(&png);

  return data && data_len > 8 && len > 8 && memcmp(data, png, 8) == 0;
}

static void begin(struct fix *f, const struct answer *answers, size_t n)
{
  fix_open(f, answers, n, 0);
  fix_provider(f, &river);
  gamut_want_events(f->g, 1);
}

/* Run to the end; *ret_drafts: how many came as bytes of a picture. */
static struct gamut_result *run(struct fix *f, struct gamut_request *r,
                                int *ret_drafts)
{
  const struct gamut_event *e;

  *ret_drafts = 0;
  ck_assert_int_eq(gamut_submit(f->g, r, NULL, NULL, NULL, &f->err), 0);
  gamut_request_free(r);
  for (;;) {
    e = gamut_next_event(f->g, 1000);
    if (e->type == GAMUT_EVENT_PARTIAL) {
      *ret_drafts += is_png(e->data, e->data_len);
      ck_assert_int_eq(e->number, *ret_drafts);
    } else if (e->type == GAMUT_EVENT_DONE) {
      return e->result;
    }
  }
}

START_TEST(streams)
{
  const struct answer answers[] = { { POST, 0, 200, rows[_i].body,
                                      "Content-Type: text/event-stream\r\n",
                                      rows[_i].cut } };
  struct gamut_result *result;
  struct fix f;
  int drafts;

  begin(&f, answers, GM_LEN(answers));
  result = run(&f, fix_request("river:m", "x", NULL), &drafts);
  ck_class(result, rows[_i].error_class);
  ck_assert_msg(drafts == rows[_i].drafts, "%s: %d drafts", rows[_i].name,
                drafts);
  ck_assert_int_eq((int)gamut_result_partials(result), drafts);
  ck_assert_msg(gamut_result_maybe_charged(result) == rows[_i].maybe_charged,
                "%s", rows[_i].name);
  ck_assert_int_eq((int)gamut_result_artifacts(result),
                   rows[_i].error_class == 0);
  ck_assert_int_eq(script_count(f.script, POST), 1);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* What was paid for and cannot be understood is not sent again. */
START_TEST(a_reply_that_makes_no_sense)
{
  const struct answer answers[] = { SAYS(POST, DRAFT) };
  struct gamut_result *result;
  struct fix f;
  int drafts;

  begin(&f, answers, GM_LEN(answers));
  result = run(&f, fix_request("river:m", "no file", NULL), &drafts);
  ck_class(result, GAMUT_E_UNKNOWN);
  ck_assert_int_eq(gamut_result_maybe_charged(result), 1);
  ck_assert_int_eq(script_count(f.script, POST), 1);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* ---- what came whole ---------------------------------------------------- */

/* Two are wanted, and the first is there when the stream ends otherwise than
 * well: it is kept, and no other link is paid. */
static const struct {
  const char *prompt, *body;
  int cut;
  int32_t error_class;
} wholes[] = {
  { "x", ONE, 0, GAMUT_E_PROVIDER },      /* ends early */
  { "x", ONE ONE, 100, GAMUT_E_UNKNOWN }, /* breaks */
  { "keyed", ONE ONE, 100, GAMUT_E_UNKNOWN },
  { "x", ONE "data: {\"fail\": \"no\"}\n\n", 0, GAMUT_E_BLOCKED },
  { "no file", ONE, 0, GAMUT_E_UNKNOWN },
  { "judged", ONE, 0, GAMUT_E_PROVIDER },
};

static void check_whole(const struct gamut_result *result, const char *path)
{
  const struct gamut_artifact_info *a = gamut_result_artifact(result, 0);

  ck_assert_int_eq((int)gamut_result_artifacts(result), 1);
  ck_assert_int_eq(gamut_result_maybe_charged(result), 1);
  ck_assert_int_eq(a->error_class, 0);
  ck_assert_int_eq(a->width, 1);
  if (path)
    ck_assert_str_eq(a->path, path);
  ck_assert(path ? access(path, R_OK) == 0 : is_png(a->data, a->data_len));
}

/* Of one, of several, in memory. */
static const char *const places[] = { "fox.png", "fox-1.png", NULL };

START_TEST(a_whole_one_is_kept)
{
  size_t i = (size_t)_i / GM_LEN(places), at = (size_t)_i % GM_LEN(places);
  const struct answer answers[] = {
    { POST, 0, 200, wholes[i].body, NULL, wholes[i].cut },
    SAYS("POST /b/jobs", MADE), PICTURE,
  };
  const char *folder = scratch_folder(), *file = places[at];
  struct gamut_request *r =
    fix_request("river:m b:m", wholes[i].prompt, "n", at == 1 ? "2" : "1",
                "on_blocked", "next", "resubmit", "always", NULL);
  struct gamut_result *result;
  struct fix f;
  int drafts;

  if (file)
    gamut_request_set(r, "output", scratch_path(folder, "fox.png"), NULL);
  begin(&f, answers, GM_LEN(answers));
  result = run(&f, r, &drafts);
  ck_class(result, wholes[i].error_class);
  check_whole(result, file ? scratch_path(folder, file) : NULL);
  ck_assert_int_eq(script_count(f.script, POST), 1);
  ck_assert_int_eq(script_count(f.script, "POST /b/jobs"), 0);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* The second one does not come, and nobody waits for it any longer. */
static const struct {
  const char *timeout;
  int32_t error_class;
} waits[] = { { "1h", GAMUT_E_CANCELLED }, { "500ms", GAMUT_E_DETACHED } };

START_TEST(a_whole_one_outlives_the_wait)
{
  const struct answer answers[] = { { POST, 0, SCRIPT_STALL, ONE ONE, NULL,
                                      100 } };
  const char *path = scratch_path(scratch_folder(), "fox.png");
  struct gamut_request *r =
    fix_request("river:m", "x", "resubmit", "never", "timeout",
                waits[_i].timeout, "output", path, NULL);
  const struct gamut_event *e;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  begin(&f, answers, GM_LEN(answers));
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, id, &f.err), 0);
  gamut_request_free(r);
  while (!fix_has_come(&f))
    gamut_step(f.g, 1);
  if (_i == 0)
    gamut_cancel(f.g, id);
  while ((e = gamut_next_event(f.g, 1000))->type != GAMUT_EVENT_DONE)
    ck_assert_int_ne(e->type, GAMUT_EVENT_ACCEPTED);
  ck_class(e->result, waits[_i].error_class);
  check_whole(e->result, path);
  gamut_result_free(e->result);
  script_go(f.script);
  fix_close(&f);
}
END_TEST

START_TEST(a_whole_one_of_a_hedge)
{
  const struct answer answers[] = {
    { POST, 0, SCRIPT_STALL, ONE ONE, NULL, 100 },
    HOLDS("POST /b/jobs"),
  };
  const char *path = scratch_path(scratch_folder(), "fox.png");
  struct gamut_request *r = fix_request(
    "river:m b:m", "x", "resubmit", "never", "hedge", "100ms", "max_cost",
    "0.1", "allow_unknown_cost", "yes", "output", path, NULL);
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  begin(&f, answers, GM_LEN(answers));
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, id, &f.err), 0);
  gamut_request_free(r);
  while (script_count(f.script, "POST /b/jobs") < 1)
    gamut_step(f.g, 1);
  script_go(f.script);
  result = fix_wait(&f, id);
  ck_class(result, GAMUT_E_UNKNOWN);
  check_whole(result, path);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* ---- kept drafts -------------------------------------------------------- */

static const struct {
  const char *name, *output, *n;
  const char *drafts[2]; /* the files */
} kept[] = {
  { "beside", "fox.png", "1", { "fox.partial-1.png", "fox.partial-2.png" } },
  { "no extension", "fox", "1", { "fox.partial-1.png", "fox.partial-2.png" } },
  { "another",
    "v1.2 fox",
    "1",
    { "v1.2 fox.partial-1.png", "v1.2 fox.partial-2.png" } },
  { "type by its bytes",
    "fox.jpg",
    "1",
    { "fox.partial-1.png", "fox.partial-2.png" } },
  { "template",
    "{model}-{index}.{ext}",
    "1",
    { "m-1.partial-1.png", "m-1.partial-2.png" } },
  { "several",
    "fox.png",
    "2",
    { "fox-1.partial-1.png", "fox-1.partial-2.png" } },
  { "several, template",
    "f{index}.{ext}",
    "2",
    { "f1.partial-1.png", "f1.partial-2.png" } },
  { "in memory", NULL, "1", { NULL, NULL } },
};

static void check_kept(const char *folder, const struct gamut_result *result,
                       uint32_t i, const char *want)
{
  const struct gamut_artifact_info *d = gamut_result_partial(result, i);
  const char *path = want ? scratch_path(folder, want) : NULL;

  ck_assert_ptr_nonnull(d);
  ck_assert_str_eq(d->mime, "image/png");
  ck_assert_int_eq(d->width, 1);
  if (want)
    ck_assert_str_eq(d->path, path);
  else
    ck_assert(is_png(d->data, d->data_len));
  if (want)
    ck_assert_int_eq(access(path, R_OK), 0);
}

START_TEST(are_kept)
{
  /* It breaks: drafts are kept all the same. */
  const struct answer answers[] = { { POST, 0, 200, DRAFT DRAFT LAST, NULL,
                                      100 } };
  const char *folder = scratch_folder(), *path;
  struct gamut_request *r =
    fix_request("river:m", "x", "save_partials", "yes", "n", kept[_i].n, NULL);
  struct gamut_result *result;
  struct fix f;
  int drafts;

  path = kept[_i].output ? scratch_path(folder, kept[_i].output) : NULL;
  gamut_request_set(r, "output", path, NULL);
  begin(&f, answers, GM_LEN(answers));
  result = run(&f, r, &drafts);
  ck_class(result, GAMUT_E_UNKNOWN);
  ck_assert_int_eq(drafts, 2);
  ck_assert_int_eq((int)gamut_result_partials(result), 2);
  check_kept(folder, result, 0, kept[_i].drafts[0]);
  check_kept(folder, result, 1, kept[_i].drafts[1]);
  ck_assert_ptr_nonnull(strstr(gamut_result_json(result), "\"partials\":[{"));
  ck_assert_ptr_null(gamut_result_partial(result, 2));
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* A draft that cannot be kept is no failure, and nothing is written over. */
START_TEST(never_over_a_file)
{
  const struct answer answers[] = { SAYS(POST, DRAFT DRAFT LAST) };
  const char *folder = scratch_folder();
  const char *path = scratch_path(folder, "fox.png");
  const char *mine = scratch_path(folder, "fox.partial-1.png");
  struct gamut_result *result;
  struct stat st;
  struct fix f;
  int drafts;

  scratch_text(mine, "mine", 0600);
  begin(&f, answers, GM_LEN(answers));
  result = run(
    &f,
    fix_request("river:m", "x", "save_partials", "yes", "output", path, NULL),
    &drafts);
  ck_class(result, 0);
  ck_assert_int_eq(drafts, 2);
  ck_assert_int_eq(gamut_result_partial(result, 0)->error_class,
                   GAMUT_E_STORAGE);
  ck_assert_ptr_null(gamut_result_partial(result, 0)->path);
  ck_assert_ptr_nonnull(gamut_result_partial(result, 1)->path);
  ck_assert_int_eq(stat(mine, &st), 0);
  ck_assert_int_eq((int)st.st_size, 4);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* ---- drafts that are shown by their address ------------------------------ */

static const struct {
  const char *name;
  struct answer draft;
  int drafts;
  int32_t error_class;
} far[] = {
  { "there", SAYS("GET /draft.png", "@png"), 1, 0 },
  { "gone", { "GET /draft.png", 0, 404, "{}", NULL, 0 }, 0, GAMUT_E_NOT_FOUND },
  { "cut",
    { "GET /draft.png", 0, 200, "@png", NULL, 9 },
    0,
    GAMUT_E_TRANSPORT },
  { "no picture", SAYS("GET /draft.png", "<html>"), 0, GAMUT_E_PROTOCOL },
};

START_TEST(are_fetched)
{
  const struct answer answers[] = { SAYS(POST, FAR LAST), far[_i].draft };
  const char *folder = scratch_folder();
  const char *path = scratch_path(folder, "fox.png");
  const struct gamut_artifact_info *d;
  struct gamut_result *result;
  const struct gamut_event *e;
  struct gamut_request *r =
    fix_request("river:m", "x", "save_partials", "yes", "output", path, NULL);
  struct fix f;
  int told = 0;

  begin(&f, answers, GM_LEN(answers));
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, NULL, &f.err), 0);
  gamut_request_free(r);
  while ((e = gamut_next_event(f.g, 1000))->type != GAMUT_EVENT_DONE) {
    if (e->type != GAMUT_EVENT_PARTIAL)
      continue;
    told++;
    ck_assert_ptr_nonnull(strstr(e->text, "/draft.png"));
    ck_assert_msg((e->path != NULL) == (far[_i].error_class == 0), "%s",
                  far[_i].name);
  }
  result = e->result;
  ck_class(result, 0);
  ck_assert_int_eq(told, 1);
  d = gamut_result_partial(result, 0);
  ck_assert_int_eq(d->error_class, far[_i].error_class);
  ck_assert_ptr_nonnull(strstr(d->url, "/draft.png"));
  ck_assert_int_eq(d->path != NULL, far[_i].error_class == 0);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* A draft that does not come holds nobody up: neither the deadline nor a cancel
 * loses a picture that is here. */
START_TEST(nobody_waits_for_a_draft)
{
  const struct answer answers[] = {
    SAYS(POST, FAR LAST),
    { "GET /draft.png", 0, SCRIPT_HOLD, "", NULL, 0 },
  };
  struct gamut_request *r =
    fix_request("river:m", "x", "save_partials", "yes", NULL);
  struct gamut_result *result;
  struct fix f;
  int drafts;

  begin(&f, answers, GM_LEN(answers));
  gamut_request_set(r, "timeout", "600ms", NULL);
  result = run(&f, r, &drafts);
  ck_class(result, 0);
  ck_assert_int_eq((int)gamut_result_artifacts(result), 1);
  ck_assert_ptr_null(gamut_result_partial(result, 0)->data);
  ck_assert_ptr_nonnull(gamut_result_partial(result, 0)->url);
  gamut_result_free(result);
  script_go(f.script);
  fix_close(&f);
}
END_TEST

/* ---- without memory --------------------------------------------------------
 */

static struct script *tortured;
static const char *tortured_path;

static struct gamut *open_river(void)
{
  struct gamut_options o = { .struct_size = sizeof(o),
                             .flags = GAMUT_NO_CONFIG,
                             .log_level = GAMUT_ERROR };
  struct gamut *g = NULL;
  char url[128];

  if (gamut_open(&o, &g, NULL))
    return NULL;
  if (gamut_set(g, "store", "memory", NULL) == 0 &&
      gamut_set(g, "retry_max_wait", "1ms", NULL) == 0 &&
      gamut_set(g, "sync_files", "no", NULL) == 0 &&
      gamut_register_provider(g, &river, NULL) == 0 &&
      gamut_set(g, "river.base_url",
                script_url(tortured, "/river", url, sizeof(url)), NULL) == 0)
    return g;
  gamut_close(g);
  return NULL;
}

/* It ends, without a leak, and is paid once; a draft may be lost. */
static bool tortured_job(void)
{
  struct gamut *g = open_river();
  struct gamut_request *r = gamut_request_new();
  struct gamut_result *result = NULL;
  int before = script_count(tortured, POST);
  bool ok = false;

  gamut_request_link(r, "river:m", NULL);
  gamut_request_set(r, "prompt", "x", NULL);
  gamut_request_set(r, "output", tortured_path, NULL);
  gamut_request_set(r, "save_partials", "yes", NULL);
  gamut_request_set(r, "force", "yes", NULL);
  gamut_request_set(r, "resubmit", "never", NULL);
  if (g)
    gamut_want_events(g, 1);
  if (g && r)
    ok = gamut_generate(g, r, &result, NULL) == 0;
  ck_assert_int_le(script_count(tortured, POST) - before, 1);
  gamut_result_free(result);
  gamut_request_free(r);
  gamut_close(g);
  return ok;
}

START_TEST(without_memory)
{
  static const struct answer answers[] = {
    SAYS(POST, DRAFT FAR ONE LAST),
    SAYS("GET /draft.png", "@png"),
  };

  tortured_path = scratch_path(scratch_folder(), "fox.png");
  tortured = script_start(answers, GM_LEN(answers));
  unit_torture(tortured_job);
  script_stop(tortured);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("stream");

  tcase_add_loop_test(tc, streams, 0, GM_LEN(rows));
  tcase_add_test(tc, a_reply_that_makes_no_sense);
  tcase_add_loop_test(tc, a_whole_one_is_kept, 0,
                      GM_LEN(wholes) * GM_LEN(places));
  tcase_add_loop_test(tc, a_whole_one_outlives_the_wait, 0, GM_LEN(waits));
  tcase_add_test(tc, a_whole_one_of_a_hedge);
  tcase_add_loop_test(tc, are_kept, 0, GM_LEN(kept));
  tcase_add_test(tc, never_over_a_file);
  tcase_add_loop_test(tc, are_fetched, 0, GM_LEN(far));
  tcase_add_test(tc, nobody_waits_for_a_draft);
  tcase_add_test(tc, without_memory);
  tcase_set_timeout(tc, 120);
  return unit_run("stream", tc);
}
