/* run_engine.c - recordings of official clients against the whole library, over
 * HTTP on loopback.
 *
 *     run_engine EMULATOR VENDOR FOLDER [CASE...]
 *
 * For each recording the emulator plays the vendor, and the library is asked,
 * through its public interface, for what CASE.ask.json says (README.md of this
 * folder).  Every request must be the recorded one, and the outcome the one
 * that the ask names. */
#include "base/str.h"
#include "golden/cases.h"
#include "golden/engine.h"
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct counts {
  unsigned agree, differ, skipped;
};

static void run_case(struct engine *e, const char *folder, const char *name,
                     struct counts *n)
{
  _cleanup_json_ struct json_object *recording =
    golden_load(folder, name, ".json");
  _cleanup_json_ struct json_object *ask =
    golden_load(folder, name, ".ask.json");
  const char *skip =
    gm_json_str(ask, "skip", gm_json_str(ask, "engine/skip", NULL));

  if (skip) {
    printf("skip   %s: %s\n", name, skip);
    n->skipped++;
    return;
  }
  e->recording = recording;
  e->ask = ask;
  if (recording && ask && engine_run(e)) {
    printf("agrees %s\n", name);
    n->agree++;
  } else {
    printf("DIFFERS %s: %s\n", name, e->why);
    n->differ++;
  }
  fflush(stdout);
}

static bool is_wanted(const char *name, char **wanted)
{
  if (!*wanted)
    return true;
  for (; *wanted; wanted++)
    if (gm_streq(name, *wanted))
      return true;
  return false;
}

int main(int argc, char **argv)
{
  const char *tmp = secure_getenv("TMPDIR");
  struct engine e = { 0 };
  struct counts n = { 0 };
  char scratch[200], **name;

  if (argc < 4) {
    fprintf(stderr, "usage: run_engine EMULATOR VENDOR FOLDER [CASE...]\n");
    return 2;
  }
  snprintf(scratch, sizeof(scratch), "%s/golden-XXXXXX", tmp ? tmp : "/tmp");
  if (!mkdtemp(scratch)) {
    perror(scratch);
    return 2;
  }
  curl_global_init(CURL_GLOBAL_ALL);
  e.emulator = argv[1];
  e.vendor = argv[2];
  e.scratch = scratch;
  for (name = golden_list(argv[3]); *name; name++) {
    if (is_wanted(*name, argv + 4))
      run_case(&e, argv[3], *name, &n);
    gm_free(*name);
  }
  printf("%s: %u agree, %u differ, %u skipped\n", argv[2], n.agree, n.differ,
         n.skipped);
  return n.differ > 0 || n.agree == 0;
}
