/* test_h2.c - what costs is sent once over HTTP/2 as well, where a server can
 * say of a request that it was not processed: then it is sent again. */
#include "base/base64.h"
#include "engine/h2.h"
#include "engine/vendor.h"
#include "unit/scratch.h"
#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define UNKNOWN GAMUT_E_UNKNOWN
#define LOST    GAMUT_E_TRANSPORT
#define EITHER  1 /* taken for UNKNOWN by some libcurls */

static const struct {
  const char *name, *prompt;
  enum h2_act act;
  int times; /* 0: always */
  int32_t error_class;
  int posts, charged;
} rows[] = {
  { "answered", "x", H2_ANSWER, 1, 0, 1, 0 },
  /* Not processed, says RFC 9113. */
  { "refused", "x", H2_REFUSE, 1, 0, 2, 0 },
  { "refused twice", "x", H2_REFUSE, 2, 0, 3, 0 },
  { "refused always", "x", H2_REFUSE, 0, LOST, 3, 0 },
  /* ... but libcurl 7.88 does not tell that from a broken connection. */
  { "left out by GOAWAY", "x", H2_GOAWAY_BELOW, 1, EITHER, 2, 0 },
  /* Processed or not. */
  { "broken", "x", H2_BREAK, 1, UNKNOWN, 1, 1 },
  { "cancelled", "x", H2_CANCEL, 1, UNKNOWN, 1, 1 },
  { "answer broken", "x", H2_HEAD_BREAK, 1, UNKNOWN, 1, 1 },
  { "answer refused", "x", H2_HEAD_REFUSE, 1, UNKNOWN, 1, 1 },
  { "GOAWAY, closed", "x", H2_GOAWAY_CLOSE, 1, UNKNOWN, 1, 1 },
  { "closed", "x", H2_CLOSE, 1, UNKNOWN, 1, 1 },
  { "reset", "x", H2_RESET, 1, UNKNOWN, 1, 1 },
  /* The connection goes, the answer comes. */
  { "GOAWAY, answered", "x", H2_GOAWAY_ANSWER, 1, 0, 1, 0 },
  /* On a connection that was used before libcurl does not say why it would
   * send again: that counts as not known. */
  { "used again, answered", "warm", H2_ANSWER, 1, 0, 1, 0 },
  { "used again, refused", "warm", H2_REFUSE, 1, UNKNOWN, 1, 1 },
  { "used again, left out", "warm", H2_GOAWAY_BELOW, 1, UNKNOWN, 1, 1 },
  { "used again, broken", "warm", H2_BREAK, 1, UNKNOWN, 1, 1 },
  { "used again, GOAWAY, closed", "warm", H2_GOAWAY_CLOSE, 1, UNKNOWN, 1, 1 },
  { "used again, closed", "warm", H2_CLOSE, 1, UNKNOWN, 1, 1 },
  { "used again, reset", "warm", H2_RESET, 1, UNKNOWN, 1, 1 },
  /* What is free is asked for again. */
  { "free, broken", "free", H2_BREAK, 1, 0, 2, 0 },
  { "free, closed", "free warm", H2_CLOSE, 1, 0, 2, 0 },
};

static const char *answer_text(void)
{
  static char text[512];
  struct gm_buf b = GM_BUF_INIT(sizeof(text));
  const unsigned char *png;
  size_t len = script_png(&png);

  gm_buf_add(&b, "{\"id\":\"1\",\"status\":\"done\",\"b64\":[\"");
  gm_base64_add(&b, png, len);
  gm_buf_add(&b, "\"]}");
  ck_assert(!gm_buf_failed(&b));
  snprintf(text, sizeof(text), "%s", gm_buf_text(&b));
  gm_buf_finish(&b);
  return text;
}

static void check(int i, struct h2 *h, const struct gamut_result *result)
{
  int32_t error_class = gamut_result_class(result);
  int32_t wanted = rows[i].error_class;
  bool careful = wanted == EITHER && error_class == UNKNOWN;
  int posts = careful ? 1 : rows[i].posts;
  int charged = careful ? 1 : rows[i].charged;

  if (wanted == EITHER)
    wanted = careful ? UNKNOWN : 0;
  ck_assert_msg(error_class == wanted && h2_posts(h) == posts &&
                  gamut_result_maybe_charged(result) == charged,
                "%s: %d submits, maybe charged: %d, class %s: %s", rows[i].name,
                h2_posts(h), gamut_result_maybe_charged(result),
                gamut_class_name(error_class), gamut_result_message(result));
  ck_assert_int_eq(h2_first_post(h), 0); /* that of the GET, if there was one */
}

START_TEST(paid)
{
  const char *ca = scratch_path(scratch_folder(), "ca.pem");
  struct h2 *h = h2_start(ca, rows[_i].act, rows[_i].times, answer_text());
  struct gamut_result *result;
  char url[64];
  struct fix f;

  signal(SIGPIPE, SIG_IGN);       /* the server's */
  setenv("GAMUT_CA_FILE", ca, 1); /* read when a context opens */
  fix_open(&f, NULL, 0, 0);
  snprintf(url, sizeof(url), "https://127.0.0.1:%d/a", h2_port(h));
  fix_set(&f, "a.base_url", url);
  result = fix_run(&f, fix_request("a:m", rows[_i].prompt, NULL));
  ck_assert_msg(result != NULL, "%s: %s", rows[_i].name, f.err.message);
  check(_i, h, result);
  gamut_result_free(result);
  fix_close(&f);
  h2_stop(h);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("h2");

  if (!(curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_HTTP2)) {
    puts("libcurl has no HTTP/2");
    return 77;
  }
  tcase_add_loop_test(tc, paid, 0, GM_LEN(rows));
  return unit_run("h2", tc);
}
