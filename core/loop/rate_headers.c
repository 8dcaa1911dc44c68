/* rate_headers.c - what a reply's headers say of how much may still be asked.
 *
 * Vendors agree on the word "ratelimit" and on little else, so a line is taken
 * apart by what stands behind it.  Tokens, images and whatever else is counted
 * beside requests is not looked at. */
#include "loop/rate_headers.h"
#include "base/str.h"
#include <math.h>
#include <string.h>

#define WORD      "ratelimit"
#define VALUE_MAX 96
#define DAY_MS    INT64_C(86400000)
/* Numbers from here on are moments: seconds, milliseconds since 1970. */
#define MOMENT_S  1e9
#define MOMENT_MS 1e12

static bool number(const char *s, double *ret)
{
  return *s >= '0' && *s <= '9' && !s[strspn(s, "0123456789.")] &&
         gm_parse_real(s, 0, HUGE_VAL, ret);
}

static int64_t count_of(const char *s)
{
  double v;

  return number(s, &v) && v <= 1e15 ? (int64_t)v : -1;
}

static int64_t capped(double ms)
{
  return ms < 0 ? 0 : ms >= (double)DAY_MS ? DAY_MS : (int64_t)ceil(ms);
}

/* "120ms", "1s", "6m0s" from the left; -1: none. */
static int64_t pieces_ms(const char *s)
{
  int64_t sum = -1, ms;
  char piece[32];
  size_t n;

  while ((n = strspn(s, "0123456789.")) > 0) {
    n += strspn(s + n, "hms");
    if (n >= sizeof(piece))
      return -1;
    memcpy(piece, s, n);
    piece[n] = '\0';
    if (!gm_parse_msec(piece, &ms))
      return -1;
    sum = GM_MIN(GM_MAX(sum, 0) + ms, DAY_MS);
    s += n;
  }
  return *s ? -1 : sum;
}

static void set_reset(struct gm_rate_headers *h, const char *s,
                      uint64_t wall_ms)
{
  double v;

  if (!number(s, &v)) {
    h->reset_ms = pieces_ms(s);
    h->refills = h->reset_ms >= 0;
  } else if (v >= MOMENT_S) {
    h->reset_ms = capped((v >= MOMENT_MS ? v : v * 1000) - (double)wall_ms);
  } else {
    h->reset_ms = capped(v * 1000);
  }
}

/* One fact: "remaining", "reset", "limit", also by their first letter. */
static void set(struct gm_rate_headers *h, const char *what, const char *value,
                uint64_t wall_ms)
{
  int64_t n;

  if (strcmp(what, "remaining") == 0 || strcmp(what, "r") == 0) {
    n = count_of(value);
    if (n >= 0 && (h->remaining < 0 || n < h->remaining))
      h->remaining = n;
  } else if (strcmp(what, "limit") == 0) {
    h->limit = count_of(value);
  } else if (strcmp(what, "reset") == 0 || strcmp(what, "t") == 0) {
    set_reset(h, value, wall_ms);
  }
}

/* `limit=100, remaining=5, reset=30` and `"default";r=5;t=30` */
static void set_list(struct gm_rate_headers *h, char *text, uint64_t wall_ms)
{
  char *part, *eq;

  while ((part = strsep(&text, ",; "))) {
    eq = strchr(part, '=');
    if (!eq)
      continue;
    *eq = '\0';
    set(h, part, eq + 1, wall_ms);
  }
}

static void copy(char to[VALUE_MAX], const char *from, size_t len)
{
  len = GM_MIN(len, (size_t)VALUE_MAX - 1);
  memcpy(to, from, len);
  to[len] = '\0';
}

/* `name` is what stands behind the word: "-remaining-requests", "". */
static void take(struct gm_rate_headers *h, char *name, char *value,
                 uint64_t wall_ms)
{
  static const char requests[] = "-requests";
  size_t len = strlen(name), tail = sizeof(requests) - 1;

  if (!*name) {
    set_list(h, value, wall_ms);
    return;
  }
  if (len > tail && strcmp(name + len - tail, requests) == 0)
    name[len - tail] = '\0';
  if (*name == '-')
    set(h, name + 1, value, wall_ms);
}

static void take_line(struct gm_rate_headers *h, const char *line, size_t len,
                      uint64_t wall_ms)
{
  const char *colon = memchr(line, ':', len);
  size_t skip = len > 2 && line[0] == 'x' && line[1] == '-' ? 2 : 0;
  char name[VALUE_MAX], value[VALUE_MAX];

  skip += sizeof(WORD) - 1;
  if (!colon || (size_t)(colon - line) < skip ||
      memcmp(line + skip - (sizeof(WORD) - 1), WORD, sizeof(WORD) - 1) != 0)
    return;
  copy(name, line + skip, (size_t)(colon - line) - skip);
  colon++;
  colon += *colon == ' ';
  copy(value, colon, len - (size_t)(colon - line));
  take(h, name, value, wall_ms);
}

bool gm_rate_headers(const char *lines, size_t len, uint64_t wall_ms,
                     struct gm_rate_headers *ret)
{
  struct gm_rate_headers h = { -1, -1, -1, false };
  const char *end = lines + len, *eol;

  /* Nearly all replies end here. */
  if (!memmem(lines, len, WORD, sizeof(WORD) - 1))
    return false;
  for (; lines < end; lines = eol + 1) {
    eol = memchr(lines, '\n', (size_t)(end - lines));
    if (!eol)
      break;
    take_line(&h, lines, (size_t)(eol - lines), wall_ms);
  }
  if (h.remaining < 0)
    return false;
  *ret = h;
  return true;
}
