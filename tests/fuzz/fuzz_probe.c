/* fuzz_probe.c - the media probe against any bytes. */
#include "fuzz/fuzz.h"
#include "job/probe.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct gm_media m;

  if (gm_probe_bytes(data, size, &m) == 0 &&
      (m.mime == NULL || m.ext == NULL || (m.width == 0) != (m.height == 0)))
    abort();
  return 0;
}
