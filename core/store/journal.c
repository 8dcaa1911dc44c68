/* journal.c - collects the records of one loop turn and commits them together.
 *
 * A store that is not durable is written at once and whoever waits goes on at
 * once.  A durable one is written at the end of the turn (a turn hook), and the
 * exchanges whose records are in that commit are released after it. */
#include "store/journal.h"
#include "base/map.h"
#include <gamut/plugin.h>
#include <string.h>

struct entry {
  struct gm_record record;
  char *text;
  char id[32];
};

struct gm_journal {
  struct gm_loop *loop;
  struct gm_store *store;
  struct gm_log *log;
  struct gm_turn_hook hook;
  struct entry *entries;
  size_t n_entries, max_entries;
  struct gm_list waiting;
};

static void forget_entries(struct gm_journal *j)
{
  size_t i;

  for (i = 0; i < j->n_entries; i++)
    gm_free(j->entries[i].text);
  j->n_entries = 0;
}

static int32_t commit(struct gm_journal *j, const struct gm_record *r, size_t n)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  int32_t rc = j->store->ops->commit(j->store, r, n, &err);

  if (rc)
    gm_log_line(j->log, GAMUT_ERROR, "journal: %s", gm_error_text(&err));
  return rc;
}

static int32_t commit_all(struct gm_journal *j)
{
  _cleanup_free_ struct gm_record *r = NULL;
  size_t i;
  int32_t rc;

  if (j->n_entries == 0)
    return 0;
  r = gm_alloc(j->n_entries * sizeof(*r));
  if (!r)
    return GAMUT_E_NOMEM;
  for (i = 0; i < j->n_entries; i++) {
    r[i] = j->entries[i].record;
    r[i].id = j->entries[i].id;
    r[i].text = j->entries[i].text;
  }
  rc = commit(j, r, j->n_entries);
  forget_entries(j);
  return rc;
}

static void at_turn_end(struct gm_turn_hook *h)
{
  struct gm_journal *j = GM_CONTAINER(h, struct gm_journal, hook);
  struct gm_list released, *e;
  int32_t rc = commit_all(j);

  gm_list_init(&released);
  while ((e = gm_list_pop(&j->waiting)))
    gm_list_append(&released, e);
  while ((e = gm_list_pop(&released))) {
    struct gm_durable *d = GM_CONTAINER(e, struct gm_durable, link);

    d->ready(d, rc);
  }
}

static struct entry *entry_of(struct gm_journal *j, const char *id)
{
  struct entry *bigger;
  size_t i, max;

  for (i = j->n_entries; i > 0; i--)
    if (strcmp(j->entries[i - 1].id, id) == 0)
      return &j->entries[i - 1];
  if (j->n_entries == j->max_entries) {
    max = j->max_entries ? 2 * j->max_entries : 16;
    bigger = gm_realloc(j->entries, max * sizeof(*bigger));
    if (!bigger)
      return NULL;
    j->entries = bigger;
    j->max_entries = max;
  }
  memset(&j->entries[j->n_entries], 0, sizeof(struct entry));
  return &j->entries[j->n_entries];
}

static int32_t queue(struct gm_journal *j, const struct gm_record *r)
{
  struct entry *e = entry_of(j, r->id);
  char *copy = gm_strndup(r->text ? r->text : "", r->len);

  if (!e || !copy || strlen(r->id) >= sizeof(e->id)) {
    gm_free(copy);
    return GAMUT_E_NOMEM;
  }
  if (e == &j->entries[j->n_entries])
    j->n_entries++;
  gm_free(e->text);
  e->text = copy;
  e->record = *r;
  memcpy(e->id, r->id, strlen(r->id) + 1);
  return 0;
}

int32_t gm_journal_put(struct gm_journal *j, const struct gm_record *r,
                       struct gm_durable *wait)
{
  int32_t rc;

  if (!j->store->ops->durable) {
    rc = commit(j, r, 1);
    if (rc == 0 && wait)
      wait->ready(wait, 0);
    return rc;
  }
  rc = queue(j, r);
  if (rc == 0 && wait)
    gm_list_append(&j->waiting, &wait->link);
  return rc;
}

void gm_journal_unwait(struct gm_durable *d)
{
  if (d->link.next)
    gm_list_remove(&d->link);
}

int32_t gm_journal_new(struct gm_loop *l, struct gm_store *store,
                       struct gm_log *log, struct gm_journal **ret)
{
  struct gm_journal *j = gm_zalloc(sizeof(*j));

  if (!j)
    return GAMUT_E_NOMEM;
  j->loop = l;
  j->store = store;
  j->log = log;
  j->hook.run = at_turn_end;
  gm_list_init(&j->waiting);
  gm_loop_hook(l, &j->hook);
  *ret = j;
  return 0;
}

void gm_journal_free(struct gm_journal *j)
{
  if (!j)
    return;
  (void)commit_all(j);
  gm_loop_unhook(&j->hook);
  forget_entries(j);
  gm_free(j->entries);
  gm_free(j);
}
