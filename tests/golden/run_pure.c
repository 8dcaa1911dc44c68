/* run_pure.c - recordings of an official client against our provider, without a
 * socket.
 *
 *     run_pure PROVIDER FOLDER CATALOG
 *
 * What stands in CASE.ask.json is told in README.md of this folder.
 *
 * A reply that is an error is judged as the engine does; when the recording
 * goes on, the client repeated its exchange, and so must we be able to.
 */
#include "golden/cases.h"
#include "golden/pure.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct counts {
  unsigned agree, differ, skipped;
};

/* `skip` concerns both runners, `pure.skip` this one. */
static const char *skip_of(struct json_object *ask)
{
  return gm_json_str(ask, "skip", gm_json_str(ask, "pure/skip", NULL));
}

static void run_case(struct pure *p, const char *folder, const char *name,
                     struct counts *n)
{
  _cleanup_json_ struct json_object *recording =
    golden_load(folder, name, ".json");
  _cleanup_json_ struct json_object *ask =
    golden_load(folder, name, ".ask.json");
  const char *skip = skip_of(ask);
  const char *usual = p->provider;

  if (skip) {
    printf("skip   %s: %s\n", name, skip);
    n->skipped++;
    return;
  }
  p->recording = recording;
  p->ask = ask;
  p->provider = gm_json_str(ask, "provider", usual);
  if (recording && ask && pure_run(p)) {
    printf("agrees %s\n", name);
    n->agree++;
  } else {
    printf("DIFFERS %s: %s\n", name, p->why);
    n->differ++;
  }
  p->provider = usual;
}

/* A file without models of its own names the one that has them. */
static struct json_object *load_catalog(const char *folder, const char *name)
{
  struct json_object *own = golden_load(folder, name, ".json"), *other;
  const char *same_as = gm_json_str(own, "same_as", NULL);

  if (!same_as)
    return own;
  other = golden_load(folder, same_as, ".json");
  json_object_put(own);
  return other;
}

int main(int argc, char **argv)
{
  struct counts n = { 0 };
  struct pure p = { 0 };
  _cleanup_json_ struct json_object *catalog = NULL;
  char **names, **name;

  if (argc != 4) {
    fprintf(stderr, "usage: run_pure PROVIDER FOLDER CATALOG\n");
    return 2;
  }
  p.provider = argv[1];
  p.catalog = catalog = load_catalog(argv[3], argv[1]);
  if (!catalog)
    return 1;
  names = golden_list(argv[2]);
  for (name = names; *name; name++) {
    run_case(&p, argv[2], *name, &n);
    gm_free(*name);
  }
  printf("%s: %u agree, %u differ, %u skipped\n", argv[1], n.agree, n.differ,
         n.skipped);
  return n.differ > 0 || n.agree == 0;
}
