/* cache_kit.c - see cache_kit.h. */
#include "engine/cache_kit.h"
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

const struct answer cf_well[2] = { SAYS(SUBMIT, DONE), PICTURE };

char cf_lines[8192];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void write_line(void *user, int32_t level, const char *line)
{
  size_t len;

  (void)user;
  (void)level;
  pthread_mutex_lock(&lock);
  len = strlen(cf_lines);
  snprintf(cf_lines + len, sizeof(cf_lines) - len, "%s\n", line);
  pthread_mutex_unlock(&lock);
}

void cf_open_in(struct fix *f, struct script *script, uint32_t flags, int kind,
                const char *place)
{
  struct gamut_options o = { .struct_size = sizeof(o),
                             .flags = flags | GAMUT_NO_CONFIG,
                             .log = write_line,
                             .log_level = GAMUT_WARN };

  memset(f, 0, sizeof(*f));
  f->script = script;
  ck_assert_msg(gamut_open(&o, &f->g, &f->err) == 0, "%s", f->err.message);
  fix_set(f, "retry_max_wait", "5ms");
  fix_set(f, "sync_files", "no");
  fix_set(f, "store", kind == KIT_SQLITE ? "sqlite" : "memory");
  if (place)
    fix_set(f, "state_dir", place);
  fix_provider(f, &vendor_a);
}

void cf_open_fix(struct fix *f, const struct answer *rows, size_t n,
                 uint32_t flags, int kind, const char *place)
{
  cf_lines[0] = '\0';
  cf_open_in(f, script_start(rows, n), flags, kind, place);
}

static const char *folder;
static char path[1024];

const char *cf_in_folder(const char *name)
{
  if (!folder)
    folder = scratch_folder();
  snprintf(path, sizeof(path), "%.300s/%.600s", folder, name);
  return path;
}

struct gamut_request *cf_seeded(const char *output)
{
  struct gamut_request *r = fix_request("a:cheap", "a fox", "seed", "7", NULL);

  if (output)
    ck_assert_int_eq(gamut_request_set(r, "output", output, NULL), 0);
  return r;
}

int cf_run(struct fix *f, struct gamut_request *r, int *ret_hit)
{
  struct gamut_result *result = fix_run(f, r);

  ck_assert_msg(result != NULL, "%s", f->err.message);
  ck_class(result, 0);
  *ret_hit = gamut_result_cache_hit(result);
  gamut_result_free(result);
  return script_count(f->script, SUBMIT);
}

void cf_submit(struct fix *f, struct gamut_request *r, char id[GAMUT_ID_SIZE])
{
  ck_assert_msg(gamut_submit(f->g, r, NULL, NULL, id, &f->err) == 0, "%s",
                f->err.message);
  gamut_request_free(r);
}

void cf_until_asked(struct fix *f, const char *asks, int n)
{
  while (script_count(f->script, asks) < n)
    gamut_step(f->g, 1);
}

void cf_settle(struct fix *f)
{
  char *json;

  ck_assert_int_eq(gamut_cache_stats(f->g, &json, &f->err), 0);
  gamut_string_free(json);
}

static size_t read_all(const char *name, char *buf, size_t size)
{
  FILE *from = fopen(name, "re");
  size_t n;

  ck_assert_msg(from != NULL, "%s: %s", name, strerror(errno));
  n = fread(buf, 1, size, from);
  fclose(from);
  return n;
}

void cf_expect_picture(const char *name)
{
  const unsigned char *png;
  size_t len = script_png(&png), n;
  char got[4096];

  n = read_all(name, got, sizeof(got));
  ck_assert_uint_eq(n, len);
  ck_assert_int_eq(memcmp(got, png, len), 0);
}
