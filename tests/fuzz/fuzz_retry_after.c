/* fuzz_retry_after.c - Retry-After and dates: never more than a day, and what
 * a date says can be printed. */
#include "base/clock.h"
#include "fuzz/fuzz.h"
#include "loop/retry_after.h"
#include <stdlib.h>
#include <string.h>

#define NOW    UINT64_C(1795168800000)
#define DAY_MS 86400000u

static void must(bool ok)
{
  if (!ok)
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  char *text = gm_strndup((const char *)data, size), buf[32];
  uint32_t ms = UINT32_MAX;
  uint64_t wall;

  must(text != NULL);
  must(gm_retry_after(text, NULL, NOW, &ms) == (ms <= DAY_MS));
  ms = UINT32_MAX;
  must(gm_retry_after(NULL, text, NOW, &ms) == (ms <= DAY_MS));
  gm_clock_fake(0, NOW);
  if (gm_parse_http_date(text, &wall))
    must(strlen(gm_fmt_time(buf, wall)) == 24);
  gm_free(text);
  return 0;
}
