/* log_repeat.c - the same text again and again is said a few times and then
 * counted: "repeated 240 times: ...", when its window is over and something
 * else is said, or the log ends.
 *
 * Of debugging everything is wanted, so only lines from info on are held back.
 * Workers log too; the table is guarded, and nothing is written under the lock.
 */
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/str.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define WINDOW_MS 10000
#define SAID_MAX  5 /* times the same in a window */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool is_over(const struct gm_repeat *r, uint64_t now_ms, bool all)
{
  return r->count > 0 && (all || now_ms - r->since_ms >= WINDOW_MS);
}

/* Move the slot's count into `due` if some of it was not said; it is free then.
 */
static void settle(struct gm_repeat *r, struct gm_repeat *due, size_t *n)
{
  if (r->count > SAID_MAX)
    due[(*n)++] = *r;
  r->count = 0;
}

static struct gm_repeat *slot_of(struct gm_log *l, uint64_t hash,
                                 struct gm_repeat *due, size_t *n)
{
  struct gm_repeat *r, *oldest = &l->repeats[0];

  for (r = l->repeats; r < l->repeats + GM_REPEATS; r++) {
    if (r->count > 0 && r->hash == hash)
      return r;
    if (r->count == 0 || (oldest->count > 0 && r->since_ms < oldest->since_ms))
      oldest = r;
  }
  settle(oldest, due, n);
  return oldest;
}

static bool count(struct gm_log *l, int32_t level, const char *text, size_t len,
                  struct gm_repeat *due, size_t *n)
{
  uint64_t now_ms = gm_mono_ms(), hash;
  struct gm_repeat *r;

  for (r = l->repeats; r < l->repeats + GM_REPEATS; r++)
    if (is_over(r, now_ms, !text))
      settle(r, due, n);
  if (!text)
    return false;
  hash = gm_hash(text, len, (uint64_t)level, 0).a;
  r = slot_of(l, hash, due, n);
  if (r->count == 0) {
    r->hash = hash;
    r->since_ms = now_ms;
    r->level = level;
    snprintf(r->text, sizeof(r->text), "%.*s",
             (int)gm_utf8_cut(text, len, sizeof(r->text) - 1), text);
  }
  r->count++;
  return r->count <= SAID_MAX;
}

bool gm_log_fresh(struct gm_log *l, int32_t level, const char *text, size_t len)
{
  struct gm_repeat due[GM_REPEATS + 1];
  size_t n = 0, i;
  bool fresh;

  pthread_mutex_lock(&lock);
  fresh = count(l, level, text, len, due, &n);
  pthread_mutex_unlock(&lock);
  for (i = 0; i < n; i++) {
    char line[GM_REPEAT_TEXT + 64];
    int k = snprintf(line, sizeof(line), "repeated %u times: %s",
                     due[i].count - SAID_MAX, due[i].text);

    gm_log_say(l, due[i].level, line, (size_t)k);
  }
  return fresh;
}
