/* books.c - see books.h. */
#include "engine/books.h"
#include "unit/scratch.h"
#include <stdio.h>

char books_lines[4096];

static void write_line(void *user, int32_t level, const char *line)
{
  size_t len = strlen(books_lines);

  (void)user;
  (void)level;
  snprintf(books_lines + len, sizeof(books_lines) - len, "%s\n", line);
}

void books_context(struct fix *f, const char *place)
{
  struct gamut_options o = { .struct_size = sizeof(o),
                             .flags = GAMUT_NO_CONFIG,
                             .log = write_line,
                             .log_level = GAMUT_WARN };

  books_lines[0] = '\0';
  ck_assert_msg(gamut_open(&o, &f->g, &f->err) == 0, "%s", f->err.message);
  fix_set(f, "retry_max_wait", "5ms");
  fix_set(f, "sync_files", "no");
  fix_set(f, "store", "sqlite");
  fix_set(f, "state_dir", place);
  fix_provider(f, &vendor_a);
  fix_provider(f, &vendor_b);
}

void books_open(struct fix *f, const struct answer *rows, size_t n,
                const char *place)
{
  memset(f, 0, sizeof(*f));
  f->script = script_start(rows, n);
  books_context(f, place);
}

/* ---- the store, as another process sees it ------------------------------- */

static bool row_of(const char *place, const char *table, const char *key,
                   struct kit_row *row)
{
  struct kit k;
  bool there;

  memset(row, 0, sizeof(*row));
  kit_open(&k, KIT_SQLITE, place);
  there = kit_get(&k, table, key, row);
  kit_close(&k);
  return there;
}

void books_charge(const char *place, const char *id, struct kit_row *row)
{
  ck_assert_msg(row_of(place, "charge", id, row), "no charge of %s", id);
}

void books_counter(const char *place, enum gm_scope scope, const char *name,
                   struct kit_row *row)
{
  char key[GAMUT_STORE_KEY_MAX + 1];

  gm_budget_key(scope, name, GM_DAY, (int64_t)gm_wall_ms(), key);
  ck_assert_msg(row_of(place, "budget", key, row), "no counter %s", key);
}
