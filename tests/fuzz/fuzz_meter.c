/* fuzz_meter.c - a metrics file of somebody's: refused, or read so that what we
 * write of it reads as the same again.  As a traceparent and a list of pairs it
 * is tried, too. */
#include "fuzz/fuzz.h"
#include "job/meter.h"
#include "job/trace.h"
#include <stdlib.h>
#include <string.h>

static void must(bool ok)
{
  if (!ok)
    abort();
}

static void print(const struct gm_meters *m, struct gm_buf *b)
{
  gm_meters_print(m, true, b);
  must(!gm_buf_failed(b));
}

static void read_twice(const char *text)
{
  struct gm_meters *m = gm_meters_new(NULL), *again = gm_meters_new(NULL);
  struct gm_buf first = GM_BUF_INIT(64u << 20), second = GM_BUF_INIT(64u << 20);

  must(m && again);
  if (gm_meters_read(m, text, NULL) == 0) {
    print(m, &first);
    must(gm_meters_read(again, gm_buf_text(&first), NULL) == 0);
    print(again, &second);
    must(strcmp(gm_buf_text(&first), gm_buf_text(&second)) == 0);
  }
  gm_buf_finish(&first);
  gm_buf_finish(&second);
  gm_meters_free(m);
  gm_meters_free(again);
}

static bool take_pair(void *user, const char *name, const char *value)
{
  (void)user;
  must(*name != '\0' && value != NULL);
  return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  char *text = gm_strndup((const char *)data, size);
  char trace[GM_TRACE_ID_SIZE], span[GM_SPAN_ID_SIZE];
  bool sampled;

  must(text != NULL);
  read_twice(text);
  (void)gm_otlp_pairs(text, take_pair, NULL);
  if (gm_traceparent_parse(text, trace, span, &sampled))
    must(strlen(trace) == 32 && strlen(span) == 16);
  gm_free(text);
  return 0;
}
