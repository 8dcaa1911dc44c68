/* input_held.c - inputs that have no file: a data: URI and standard input.
 *
 * Both are read when the request is made, on the caller's thread, and kept as
 * bytes that all jobs of the request share: in memory while they are few, else
 * in a temporary file without a name. */
#include "base/base64.h"
#include "base/str.h"
#include "job/input.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define HELD_MEM (256u * 1024)
#define HELD_MAX ((uint64_t)4 << 30)
#define HEAD_MAX 200u
#define PIECE    16384u

bool gm_input_is_held(const char *source)
{
  return source && (strcmp(source, "-") == 0 || gm_starts(source, "data:"));
}

static struct gm_held *new_held(struct gm_error *err)
{
  struct gm_held *h = gm_held_new(HELD_MEM, HELD_MAX);

  if (!h)
    gm_fail(err, GAMUT_E_NOMEM, "no memory for an input");
  return h;
}

static int32_t add(const char *role, struct gm_held *h, const void *p,
                   size_t len, struct gm_error *err)
{
  _cleanup_(gm_error_finish) struct gm_error own = GM_ERROR_INIT;
  int32_t rc = gm_blob_add(&h->blob, p, len, &own);

  if (rc == 0)
    return 0;
  if (rc == GAMUT_E_PROTOCOL)
    rc = GAMUT_E_INVALID;
  else if (rc != GAMUT_E_NOMEM)
    rc = GAMUT_E_STORAGE;
  return gm_fail(err, rc, "%s: %s", role, gm_error_text(&own));
}

/* ---- standard input ----------------------------------------------------- */

/* Somebody may have made it non-blocking. */
static ssize_t read_some(void *p, size_t len)
{
  struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
  ssize_t n;

  for (;;) {
    n = read(STDIN_FILENO, p, len);
    if (n >= 0 || (errno != EINTR && errno != EAGAIN))
      return n;
    if (errno == EAGAIN)
      poll(&in, 1, -1);
  }
}

static int32_t read_stdin(const char *role, struct gm_held *h,
                          struct gm_error *err)
{
  char piece[PIECE], why[128];
  ssize_t n;
  int32_t rc;

  while ((n = read_some(piece, sizeof(piece))) > 0) {
    rc = add(role, h, piece, (size_t)n, err);
    if (rc)
      return rc;
  }
  if (n < 0)
    return gm_fail(err, GAMUT_E_INVALID, "%s: cannot read standard input: %s",
                   role, strerror_r(errno, why, sizeof(why)));
  if (h->blob.len == 0)
    return gm_fail(err, GAMUT_E_INVALID,
                   "%s: standard input is empty, or was read before", role);
  return 0;
}

/* ---- data: URIs --------------------------------------------------------- */

/* A type and its parameters, without quotes: it goes into JSON as it is. */
static bool is_type_char(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || (c && strchr("!#$&^_.+-/;=*", c));
}

/* "data:image/png;base64,", and whether that is how the bytes are written. */
static char *head_of(const char *uri, const char *comma, bool *ret_base64)
{
  static const char base64[] = ";base64";
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(2 * HEAD_MAX);
  size_t len = (size_t)(comma - uri), i;
  char tail[sizeof(base64)] = "";

  for (i = 5; i < len; i++)
    if (!is_type_char(uri[i]))
      return NULL;
  if (len >= 5 + sizeof(base64) - 1)
    memcpy(tail, comma - (sizeof(base64) - 1), sizeof(base64) - 1);
  *ret_base64 = gm_strieq(tail, base64);
  if (*ret_base64)
    len -= sizeof(base64) - 1;
  gm_buf_addn(&b, uri, len);
  gm_buf_addf(&b, "%s,", base64);
  return gm_buf_take(&b);
}

static int hex(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
    return (c | 0x20) - 'a' + 10;
  return -1;
}

/* The next bytes with %XX resolved; SIZE_MAX: a broken one. */
static size_t unescape(const char **at, char *out, size_t max)
{
  const char *p = *at;
  size_t n = 0;

  while (n < max && *p) {
    int high, low;

    if (*p != '%') {
      out[n++] = *p++;
      continue;
    }
    high = hex(p[1]);
    low = high < 0 ? -1 : hex(p[2]);
    if (low < 0)
      return SIZE_MAX;
    out[n++] = (char)(high << 4 | low);
    p += 3;
  }
  *at = p;
  return n;
}

static int32_t decode(const char *role, const char *head, const char *text,
                      bool base64, struct gm_held *h, struct gm_error *err)
{
  struct gm_base64 d = GM_BASE64_INIT;
  char piece[PIECE];
  uint8_t bytes[PIECE / 4 * 3 + 3];
  size_t n = 0;
  int32_t rc = 0;

  while (rc == 0 && *text) {
    n = unescape(&text, piece, sizeof(piece));
    if (n != SIZE_MAX && base64)
      n = gm_base64_decode(&d, piece, n, bytes);
    if (n == SIZE_MAX)
      break;
    rc = add(role, h, base64 ? (const void *)bytes : piece, n, err);
  }
  if (rc == 0 && (n == SIZE_MAX || (base64 && !gm_base64_done(&d))))
    return gm_fail(err, GAMUT_E_INVALID, "%s: what follows '%s' is no valid %s",
                   role, head, base64 ? "base64" : "URI");
  if (rc == 0 && h->blob.len == 0)
    return gm_fail(err, GAMUT_E_INVALID, "%s: '%s' has no bytes", role, head);
  return rc;
}

static int32_t hold_uri(const char *role, const char *uri, char **ret_head,
                        struct gm_held *h, struct gm_error *err)
{
  const char *comma = strchr(uri, ',');
  _cleanup_free_ char *head = NULL;
  bool base64 = false;
  int32_t rc;

  if (comma && (size_t)(comma - uri) <= HEAD_MAX)
    head = head_of(uri, comma, &base64);
  if (!head)
    return gm_fail(err, GAMUT_E_INVALID,
                   "%s: '%.40s' begins no data: URI, as "
                   "data:image/png;base64,... does",
                   role, uri);
  rc = decode(role, head, comma + 1, base64, h, err);
  if (rc == 0)
    *ret_head = GM_TAKE(head);
  return rc;
}

int32_t gm_input_hold(const char *role, const char *source, char **ret_source,
                      struct gm_held **ret, struct gm_error *err)
{
  _cleanup_(gm_held_unrefp) struct gm_held *h = new_held(err);
  char *name = NULL;
  int32_t rc;

  if (!h)
    return GAMUT_E_NOMEM;
  if (strcmp(source, "-") == 0) {
    rc = read_stdin(role, h, err);
    name = rc ? NULL : gm_strdup(source);
  } else {
    rc = hold_uri(role, source, &name, h, err);
  }
  if (rc)
    return rc;
  if (!name)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for an input");
  *ret_source = name;
  *ret = GM_TAKE(h);
  return 0;
}

struct gm_held *gm_input_hold_coded(const char *base64)
{
  struct gm_held *h = gm_held_new(HELD_MEM, HELD_MAX);

  if (h && decode("input", "", base64, true, h, NULL) == 0)
    return h;
  gm_held_unref(h);
  return NULL;
}
