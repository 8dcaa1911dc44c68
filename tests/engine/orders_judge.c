/* orders_judge.c - what must be true when all has come to its end: by the books
 * of the vendor, those of the store, the jobs and the files. */
#include "engine/orders.h"
#include "route/ledger.h"
#include "store/kit.h"
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

/* What the ledger has of a story; the last is of all. */
static struct sums {
  int64_t reserved, settled, maybe;
  int entries;
} sums[STORIES_MAX + 1];

static struct json_object *jobs; /* with the parts */

static struct json_object *at(struct json_object *o, const char *name)
{
  struct json_object *value = NULL;

  json_object_object_get_ex(o, name, &value);
  return value;
}

static const char *text(struct json_object *o, const char *name)
{
  const char *value = json_object_get_string(at(o, name));

  return value ? value : "";
}

/* ---- the ledger -----------------------------------------------------------
 */

static int story_named(const char *name)
{
  int i;

  for (i = 0; i < world.n_stories; i++)
    if (strcmp(world.stories[i].name, name) == 0)
      return i;
  return -1;
}

static void add_to(struct sums *s, const int64_t *numbers)
{
  s->reserved += numbers[GM_CHARGE_RESERVED];
  s->settled += numbers[GM_CHARGE_SETTLED];
  s->maybe += numbers[GM_CHARGE_MAYBE];
  s->entries++;
}

static int32_t add_row(void *user, const struct gamut_store_row *row)
{
  char body[4096];
  struct json_object *o, *by;
  const char *project;
  int i;

  (void)user;
  snprintf(body, sizeof(body), "%.*s", (int)row->body_len,
           (const char *)row->body);
  tell("charge %s: reserved %lld settled %lld maybe %lld %s", row->key,
       (long long)row->numbers[GM_CHARGE_RESERVED],
       (long long)row->numbers[GM_CHARGE_SETTLED],
       (long long)row->numbers[GM_CHARGE_MAYBE], body);
  o = json_tokener_parse(body);
  by = at(o, "by");
  project = by ? json_object_get_string(json_object_array_get_idx(by, 2)) : "";
  i = story_named(project ? project : "");
  json_object_put(o);
  if (i < 0)
    world_wrong("the entry %s belongs to nobody: %s", row->key, body);
  else
    add_to(&sums[i], row->numbers);
  add_to(&sums[STORIES_MAX], row->numbers);
  return 0;
}

static int32_t tell_row(void *user, const struct gamut_store_row *row)
{
  (void)user;
  tell("row %s: owner %s for %lld ms, rank %lld: %.*s", row->key,
       row->owner ? row->owner : "none", (long long)row->owner_ttl_ms,
       (long long)row->rank, (int)row->body_len, (const char *)row->body);
  return 0;
}

static void ck_counter(struct kit *k)
{
  const struct sums *all = &sums[STORIES_MAX];
  char key[GAMUT_STORE_KEY_MAX + 1];
  struct kit_row row = { 0 };

  gm_budget_key(GM_SCOPE_ALL, NULL, GM_MONTH, (int64_t)gm_wall_ms(), key);
  kit_get(k, GM_TABLE_BUDGET, key, &row);
  if (row.numbers[GM_COUNT_SPENT] != all->settled ||
      row.numbers[GM_COUNT_MAYBE] != all->maybe ||
      row.numbers[GM_COUNT_TAKEN] != all->settled + all->maybe + all->reserved)
    world_wrong("the budget counts %lld, %lld maybe, %lld in all, and the "
                "entries are %lld, %lld",
                (long long)row.numbers[GM_COUNT_SPENT],
                (long long)row.numbers[GM_COUNT_MAYBE],
                (long long)row.numbers[GM_COUNT_TAKEN], (long long)all->settled,
                (long long)all->maybe);
}

static void read_ledger(void)
{
  struct gamut_store_query q = { .struct_size = sizeof(q),
                                 .table = GM_TABLE_CHARGE };
  struct kit k;

  memset(sums, 0, sizeof(sums));
  kit_open(&k, KIT_SQLITE, world.place);
  ck_assert_int_eq(k.type->scan(k.store, &q, add_row, NULL, k.message), 0);
  q.table = "job";
  ck_assert_int_eq(k.type->scan(k.store, &q, tell_row, NULL, k.message), 0);
  ck_counter(&k);
  kit_close(&k);
}

/* What may be sent once more is made once more at most for each that is in
 * doubt: those are not among what is known to be paid for. */
static void judge_count(const struct story *s, const struct bill *b, int most)
{
  int64_t sure = sums[s - world.stories].settled / SHOP_PRICE - b->counted;

  if (strcmp(s->resubmit, "never") != 0 && !s->vague && sure > most)
    world_wrong("%s: %d images are known to be paid for, and %d were wanted",
                s->name, (int)sure, most);
  most += s->images * s->not_charged;
  if (strcmp(s->resubmit, "never") == 0 && b->images > most)
    world_wrong("%s: %d images are paid for, and %d were wanted", s->name,
                b->images, most);
}

static void judge_money(const struct story *s)
{
  const struct sums *l = &sums[s - world.stories];
  struct bill b = shop_bill(world.shop, s->prompt);
  int times = s->hedge ? 2 : 1;

  if (l->reserved)
    world_wrong("%s: %lld is reserved", s->name, (long long)l->reserved);
  if (s->free)
    return;
  judge_count(s, &b, s->images * times);
  if (!s->vague &&
      (l->settled > b.microusd || l->settled + l->maybe < b.microusd))
    world_wrong("%s: %lld are billed, the books have %lld and %lld maybe",
                s->name, (long long)b.microusd, (long long)l->settled,
                (long long)l->maybe);
}

/* ---- jobs and files -------------------------------------------------------
 */

static bool is_state(struct json_object *job, const char *state)
{
  return strcmp(text(job, "state"), state) == 0;
}

static void judge_files(const struct story *s, struct json_object *job)
{
  struct json_object *list = at(job, "outputs");
  size_t i, n = list ? json_object_array_length(list) : 0;
  struct stat st;

  if (n == 0)
    world_wrong("%s: %s has completed with nothing", s->name, text(job, "id"));
  for (i = 0; s->output[0] && i < n; i++) {
    struct json_object *o = json_object_array_get_idx(list, i);

    if (s->images > 1 && !at(o, "path"))
      continue; /* others have come */
    if (stat(text(o, "path"), &st) != 0 ||
        st.st_size != json_object_get_int64(at(o, "size")))
      world_wrong("%s: a file is missing or half: %s", s->name,
                  json_object_to_json_string(o));
  }
}

/* Why nobody goes on with it. */
static void not_ended(const struct story *s, struct json_object *job)
{
  struct gamut_error err = { 0 };

  gamut_attach(world.seats[0].g, text(job, "id"), NULL, NULL, NULL, &err);
  world_wrong("%s: %s is %s: %s", s->name, text(job, "id"), text(job, "state"),
              err.message);
}

static void judge_jobs(const struct story *s)
{
  size_t i;
  int whole = 0;

  for (i = 0; i < json_object_array_length(jobs); i++) {
    struct json_object *job = json_object_array_get_idx(jobs, i);

    if (strcmp(text(job, "prompt"), s->prompt) != 0)
      continue;
    if (!json_object_get_boolean(at(job, "ended")))
      not_ended(s, job);
    if (at(job, "of") || !is_state(job, "completed"))
      continue;
    whole++;
    judge_files(s, job);
  }
  if (whole > 1 + s->not_charged)
    world_wrong("%s: it was made %d times", s->name, whole);
}

static void ck_drafts(void)
{
  char path[600];
  struct dirent *e;
  DIR *dir;

  snprintf(path, sizeof(path), "%s/made", world.place);
  dir = opendir(path);
  while (dir && (e = readdir(dir)) != NULL)
    if (strncmp(e->d_name, ".gamut-", 7) == 0)
      world_wrong("a draft is left: %s", e->d_name);
  if (dir)
    closedir(dir);
}

void judge_all(void)
{
  int i;
  size_t k;

  jobs = seat_jobs(0, "{\"parts\":true,\"limit\":10000}");
  ck_assert_ptr_nonnull(jobs);
  for (k = 0; k < json_object_array_length(jobs); k++)
    tell("job: %s",
         json_object_to_json_string(json_object_array_get_idx(jobs, k)));
  read_ledger();
  for (i = 0; i < world.n_stories; i++) {
    judge_jobs(&world.stories[i]);
    judge_money(&world.stories[i]);
  }
  ck_drafts();
  json_object_put(jobs);
}
