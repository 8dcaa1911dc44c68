/* route_files.h - catalog folders of a test's own. */
#ifndef GM_TESTS_ROUTE_FILES_H
#define GM_TESTS_ROUTE_FILES_H

#include "base/file.h"
#include "route/catalog.h"
#include "unit.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A schema that takes what these tests write; the real one is checked by
 * test_catalog_files. */
#define SCHEMA                                                                 \
  "{\"type\": \"object\", \"required\": [\"provider\", \"models\"],"           \
  " \"properties\": {\"provider\": {\"type\": \"string\"},"                    \
  "  \"models\": {\"type\": \"array\", \"items\": {\"type\": \"object\","      \
  "   \"required\": [\"id\", \"operations\"],"                                 \
  "   \"properties\": {\"n\": {\"type\": \"object\"}}}}}}"

static inline void put_file(const char *folder, const char *name,
                            const char *text)
{
  char path[512];
  FILE *f;

  snprintf(path, sizeof(path), "%s/%s", folder, name);
  f = fopen(path, "w");
  ck_assert_ptr_nonnull(f);
  ck_assert_int_ge(fputs(text, f), 0);
  ck_assert_int_eq(fclose(f), 0);
}

static inline void make_folder(char path[64])
{
  snprintf(path, 64, "/tmp/gamut-route-XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(path));
}

static inline void drop_folder(const char *path)
{
  DIR *d = opendir(path);
  struct dirent *e;

  while (d && (e = readdir(d)))
    unlinkat(dirfd(d), e->d_name, 0);
  if (d)
    closedir(d);
  rmdir(path);
}

/* Two vendors that claim the same words, one of them with families. */
#define ALPHA                                                                  \
  "{ \"provider\": \"alpha\", \"title\": \"Alpha {[\\\"x\\\"]}\",\n"           \
  "  \"default_image\": \"alpha/dev\", \"default_video\": \"alpha/film\",\n"   \
  "  \"patterns\": [\"alpha/*\", \"a-*\"],\n"                                  \
  "  \"names\": {\"fox\": \"alpha/dev\", \"both\": \"alpha/dev\"},\n"          \
  "  \"models\": [\n"                                                          \
  "   {\"id\": \"alpha/dev\", \"names\": [\"flux\", \"dev\"],\n"               \
  "    \"family\": \"dev\", \"operations\": [\"text-to-image\"]},\n"           \
  "   {\"id\": \"alpha/dev/edit\", \"family\": \"dev\",\n"                     \
  "    \"operations\": [\"edit\"], \"title\": \"} \\\\\\\" ]\"},\n"            \
  "   {\"id\": \"alpha/film\", \"names\": [\"film\"], \"family\": \"film\",\n" \
  "    \"operations\": [\"text-to-video\"]},\n"                                \
  "   {\"id\": \"alpha/film/move\", \"family\": \"film\",\n"                   \
  "    \"operations\": [\"image-to-video\"]},\n"                               \
  "   {\"id\": \"alpha/old\", \"names\": [\"old\", \"gone\"], \"family\": "    \
  "\"dev\",\n"                                                                 \
  "    \"operations\": [\"text-to-image\", \"upscale\"],\n"                    \
  "    \"life\": \"retired\", \"life_date\": \"2026-01-31\",\n"                \
  "    \"successor\": \"alpha/dev\"}\n"                                        \
  "  ] }\n"
#define BETA                                                                   \
  "{ \"models\": [\n"                                                          \
  "   {\"id\": \"beta-1\", \"names\": [\"flux\", \"both\", \"alpha/dev\",\n"   \
  "    \"gone\"],\n"                                                           \
  "    \"operations\": [\"text-to-image\"]},\n"                                \
  "   {\"id\": \"dev\", \"operations\": [\"edit\"]},\n"                        \
  "   {\"id\": \"beta:2@x\", \"operations\": [\"edit\"]}\n"                    \
  "  ], \"provider\": \"beta\", \"plugin\": \"twins\",\n"                      \
  "  \"patterns\": [\"beta-*\", \"a-long-*\"] }\n"

static inline void put_catalog(const char *folder)
{
  put_file(folder, "schema.json", SCHEMA);
  put_file(folder, "alpha.json", ALPHA);
  put_file(folder, "beta.json", BETA);
  put_file(folder, ".hidden.json", "no JSON");
  put_file(folder, "README", "no JSON");
}

#endif
