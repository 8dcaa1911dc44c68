/* log.c - lines for people, and the masking of secrets in them.
 *
 * Secrets are kept longest first: of two that overlap the whole one goes, not
 * a part of it.  Workers log too, and tokens are learned while they do, so one
 * lock guards every list of secrets; lines are rare enough for that.  A secret
 * also travels in its URL-escaped form and in that of a JSON string, which are
 * remembered beside it.
 */
#include "base/log.h"
#include "base/clock.h"
#include "base/str.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define SECRET_MIN 4
#define SECRET_MAX 16384
#define LINE_BYTES 65536 /* what is left of a line after masking */
#define MASK       "***"

struct gm_secret {
  struct gm_secret *next;
  size_t len;
  char value[];
};

static pthread_rwlock_t secrets_lock = PTHREAD_RWLOCK_INITIALIZER;

/* Overwritten before it is freed, and not optimised away. */
static void forget(struct gm_secret *s)
{
  volatile char *p = s->value;
  size_t i;

  for (i = 0; i < s->len; i++)
    p[i] = 0;
  gm_free(s);
}

void gm_log_finish(struct gm_log *l)
{
  struct gm_secret *s;

  if (l->write)
    gm_log_fresh(l, 0, NULL, 0);
  pthread_rwlock_wrlock(&secrets_lock);
  while ((s = l->secrets)) {
    l->secrets = s->next;
    forget(s);
  }
  pthread_rwlock_unlock(&secrets_lock);
  l->write = NULL;
}

static bool remember(struct gm_log *l, const char *value, size_t len)
{
  struct gm_secret **at = &l->secrets;
  struct gm_secret *s;

  while (*at && (*at)->len >= len) {
    if ((*at)->len == len && memcmp((*at)->value, value, len) == 0)
      return true;
    at = &(*at)->next;
  }
  s = gm_alloc(sizeof(*s) + len);
  if (!s)
    return false;
  s->len = len;
  memcpy(s->value, value, len);
  s->next = *at;
  *at = s;
  return true;
}

bool gm_log_secret(struct gm_log *l, const char *value)
{
  _cleanup_(gm_buf_finish) struct gm_buf url = GM_BUF_INIT(3 * SECRET_MAX);
  _cleanup_(gm_buf_finish) struct gm_buf json = GM_BUF_INIT(6 * SECRET_MAX);
  size_t len = value ? strlen(value) : 0;
  bool ok;

  if (len < SECRET_MIN)
    return true;
  if (len > SECRET_MAX)
    return false;
  gm_buf_add_escaped(&url, value);
  gm_buf_add_json_text(&json, value, len);
  if (gm_buf_failed(&url) || gm_buf_failed(&json))
    return false;
  pthread_rwlock_wrlock(&secrets_lock);
  ok = remember(l, value, len) && remember(l, url.data, url.len) &&
       remember(l, json.data + 1, json.len - 2);
  pthread_rwlock_unlock(&secrets_lock);
  return ok;
}

static size_t mask_one(const struct gm_secret *s, char *text, size_t len)
{
  char *from = text, *to = text, *end = text + len, *hit;

  while ((hit = memmem(from, (size_t)(end - from), s->value, s->len))) {
    memmove(to, from, (size_t)(hit - from));
    to += hit - from;
    memcpy(to, MASK, sizeof(MASK) - 1);
    to += sizeof(MASK) - 1;
    from = hit + s->len;
  }
  if (to == from)
    return len;
  memmove(to, from, (size_t)(end - from));
  to += end - from;
  *to = '\0';
  return (size_t)(to - text);
}

size_t gm_log_mask(const struct gm_log *l, char *text, size_t len)
{
  const struct gm_secret *s;

  pthread_rwlock_rdlock(&secrets_lock);
  for (s = l->secrets; s; s = s->next)
    len = mask_one(s, text, len);
  pthread_rwlock_unlock(&secrets_lock);
  return len;
}

void gm_log_add_json(const struct gm_log *l, struct gm_buf *b, const char *text)
{
  _cleanup_free_ char *copy = gm_strdup(text);

  if (copy)
    gm_log_mask(l, copy, strlen(copy));
  gm_buf_add_json(b, copy ? copy : "");
}

const char *gm_log_level_name(int32_t level)
{
  static const char *const names[] = { "debug", "info", "warn", "error" };

  return names[GM_MIN(GM_MAX(level, 0), (int32_t)GM_LEN(names) - 1)];
}

void gm_log_open_json(struct gm_buf *b, int32_t level)
{
  char time[32];

  gm_buf_add(b, "{\"time\":\"");
  gm_buf_add(b, gm_fmt_time(time, gm_wall_ms()));
  gm_buf_add(b, "\",\"level\":\"");
  gm_buf_add(b, gm_log_level_name(level));
  gm_buf_addc(b, '"');
}

void gm_log_say(const struct gm_log *l, int32_t level, const char *text,
                size_t len)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(7 * LINE_BYTES);

  len = gm_utf8_cut(text, len, LINE_BYTES);
  if (l->json) {
    gm_log_open_json(&b, level);
    gm_buf_add(&b, ",\"message\":");
    gm_buf_add_json_text(&b, text, len);
    gm_buf_addc(&b, '}');
  } else {
    gm_buf_add_clean(&b, text, len);
  }
  l->write(l->user, level,
           gm_buf_failed(&b) ? "(no memory for a line)" : gm_buf_text(&b));
}

/* Mask first: cutting or cleaning could leave half a secret. */
static void hand_over(struct gm_log *l, int32_t level, char *text, size_t len)
{
  len = gm_log_mask(l, text, len);
  if (level == 0 || gm_log_fresh(l, level, text, len))
    gm_log_say(l, level, text, len);
}

void gm_log_line(struct gm_log *l, int32_t level, const char *fmt, ...)
{
  char text[1024], *longer;
  va_list ap;
  int n;

  if (!gm_log_wants(l, level))
    return;
  va_start(ap, fmt);
  n = vsnprintf(text, sizeof(text), fmt, ap);
  va_end(ap);
  if (n < 0)
    return;
  if ((size_t)n < sizeof(text)) {
    hand_over(l, level, text, (size_t)n);
    return;
  }
  longer = gm_alloc((size_t)n + 1);
  if (!longer) {
    l->write(l->user, level, "(no memory for a line)");
    return;
  }
  va_start(ap, fmt);
  vsnprintf(longer, (size_t)n + 1, fmt, ap);
  va_end(ap);
  hand_over(l, level, longer, (size_t)n);
  gm_free(longer);
}
