/* tool.c - a plugin that is no provider: it brings an extension. */
#include "plugin_test.h"
#include <string.h>

static const char what[] = "a saw";

static const void *extension(const char *id)
{
  return strcmp(id, "tests.tool/1") == 0 ? what : NULL;
}

GAMUT_PLUGIN(tool, .version = "1.0.0", .license = "MIT",
             .extension = extension);
