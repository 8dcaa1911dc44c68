/* plugin_time.c - how long it takes until a provider can be used: folder and
 * file checked, loaded, its tables checked.
 *
 *     plugin_time FOLDER NAME      prints microseconds */
#include "base/clock.h"
#include "plugin/registry.h"
#include <stdio.h>

int main(int argc, char **argv)
{
  struct gm_registry *registry = NULL;
  const struct gm_provider *provider = NULL;
  struct gm_error err = GM_ERROR_INIT;
  uint64_t from;

  if (argc != 3) {
    fputs("usage: plugin_time FOLDER NAME\n", stderr);
    return 2;
  }
  from = gm_mono_us();
  if (gm_registry_new(argv[1], NULL, &registry, &err) ||
      gm_registry_find(registry, argv[2], &provider, &err)) {
    fprintf(stderr, "plugin_time: %s\n", gm_error_text(&err));
    return 1;
  }
  printf("%llu\n", (unsigned long long)(gm_mono_us() - from));
  gm_registry_free(registry);
  return 0;
}
