/* incoming.c - see incoming.h.
 *
 * The head is collected up to its empty line and then cut into strings where it
 * lies; the body follows in one of two ways. */
#include "loop/incoming.h"
#include "base/str.h"
#include <gamut/plugin.h>
#include <string.h>

enum {
  HEAD,
  BODY,  /* `left` bytes */
  SIZE,  /* a chunk's size, in hex */
  EXTRA, /* its extension, up to the CR */
  SIZE_LF,
  CHUNK, /* `left` bytes */
  CHUNK_CR,
  CHUNK_LF,
  TRAILER, /* at the beginning of a line */
  TRAILER_TEXT,
  TRAILER_LF,
  LAST_LF,
  WHOLE
};

#define SIZE_DIGITS 8 /* of a chunk */
#define NO_SIZE     UINT64_MAX

void gm_incoming_init(struct gm_incoming *in, size_t body_max)
{
  memset(in, 0, sizeof(*in));
  gm_buf_init(&in->head, GM_INCOMING_HEAD);
  gm_buf_init(&in->body, body_max);
}

void gm_incoming_finish(struct gm_incoming *in)
{
  gm_buf_finish(&in->head);
  gm_buf_finish(&in->body);
}

const char *gm_incoming_header(const struct gm_incoming *in, const char *name)
{
  uint32_t i;

  for (i = 0; i < in->n_pairs; i += 2)
    if (gm_strieq(in->pairs[i], name))
      return in->pairs[i + 1];
  return NULL;
}

static int failure(const struct gm_buf *b, int too_long)
{
  return b->failed == GAMUT_E_NOMEM ? 503 : too_long;
}

/* ---- the head ----------------------------------------------------------- */

static bool is_token(const char *s)
{
  static const char signs[] = "!#$%&'*+-.^_`|~";

  if (!*s)
    return false;
  for (; *s; s++)
    if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
          (*s >= '0' && *s <= '9') || strchr(signs, *s)))
      return false;
  return true;
}

static bool is_target(const char *s)
{
  if (*s != '/')
    return false;
  for (; *s; s++)
    if (*s <= ' ' || *s > '~')
      return false;
  return true;
}

/* Blanks and tabs are the only controls in a value. */
static bool is_value(const char *s)
{
  for (; *s; s++)
    if (((unsigned char)*s < ' ' && *s != '\t') || *s == 0x7f)
      return false;
  return true;
}

/* "POST /fal HTTP/1.1" */
static int read_request_line(struct gm_incoming *in, char *line)
{
  char *target = strchr(line, ' ');
  char *version = target ? strchr(target + 1, ' ') : NULL;

  if (!version)
    return 400;
  *target++ = *version++ = '\0';
  if (!is_token(line) || !is_target(target))
    return 400;
  if (!gm_streq(version, "HTTP/1.1") && !gm_streq(version, "HTTP/1.0"))
    return gm_starts(version, "HTTP/") ? 505 : 400;
  in->method = line;
  in->target = target;
  return gm_streq(line, "POST") ? 0 : 405;
}

static int read_header(struct gm_incoming *in, char *line)
{
  char *value = strchr(line, ':'), *end;

  if (!value)
    return 400;
  *value++ = '\0';
  value += strspn(value, " \t");
  for (end = value + strlen(value);
       end > value && (end[-1] == ' ' || end[-1] == '\t');)
    *--end = '\0';
  if (!is_token(line) || !is_value(value))
    return 400;
  if (in->n_pairs == 2 * GM_INCOMING_HEADERS)
    return 431;
  in->pairs[in->n_pairs++] = line;
  in->pairs[in->n_pairs++] = value;
  return 0;
}

/* The line that begins at *at, cut off its CR LF; NULL: it has no such end. */
static char *next_line(char **at)
{
  char *line = *at, *end = strchr(line, '\n');

  if (!end || end == line || end[-1] != '\r')
    return NULL;
  end[-1] = '\0';
  *at = end + 1;
  return strchr(line, '\r') ? NULL : line;
}

static int read_lines(struct gm_incoming *in)
{
  char *at = in->head.data, *line;
  int status;

  if (strlen(at) != in->head.len)
    return 400; /* a NUL */
  line = next_line(&at);
  status = line ? read_request_line(in, line) : 400;
  if (status != 0 && status != 405)
    return status;
  while (*at) {
    int rc;

    line = next_line(&at);
    if (!line)
      return 400;
    if (!*line)
      break;
    rc = read_header(in, line);
    if (rc != 0)
      return rc;
  }
  return status;
}

/* ---- how long the body is ----------------------------------------------- */

/* The one value of a header that may be told several times if it is the same.
 */
static bool one_value(const struct gm_incoming *in, const char *name,
                      const char **ret)
{
  uint32_t i;

  *ret = NULL;
  for (i = 0; i < in->n_pairs; i += 2) {
    if (!gm_strieq(in->pairs[i], name))
      continue;
    if (*ret && !gm_streq(*ret, in->pairs[i + 1]))
      return false;
    *ret = in->pairs[i + 1];
  }
  return true;
}

static bool is_digits(const char *s)
{
  return *s && strspn(s, "0123456789") == strlen(s);
}

static int begin_body(struct gm_incoming *in)
{
  const char *length, *coding, *expect = gm_incoming_header(in, "expect");
  int64_t n = 0;

  if (!one_value(in, "content-length", &length) ||
      !one_value(in, "transfer-encoding", &coding) || (length && coding))
    return 400;
  in->expects = expect && gm_strieq(expect, "100-continue");
  if (coding) {
    in->left = NO_SIZE;
    in->state = SIZE;
    return gm_strieq(coding, "chunked") ? 0 : 501;
  }
  if (!length)
    return 411;
  if (!is_digits(length))
    return 400;
  if (!gm_parse_i64(length, 0, INT64_MAX, &n) || (uint64_t)n > in->body.max)
    return 413;
  in->left = (uint64_t)n;
  in->state = n > 0 ? BODY : WHOLE;
  return 0;
}

/* Is the end of the head at its end now? */
static bool is_over(const struct gm_buf *head)
{
  return head->len >= 4 &&
         memcmp(head->data + head->len - 4, "\r\n\r\n", 4) == 0;
}

/* Byte by byte: heads are short, and nothing behind one may be taken. */
static int feed_head(struct gm_incoming *in, const char *data, size_t len,
                     size_t *used)
{
  int status;

  for (*used = 0; *used < len;) {
    char ch = data[(*used)++];

    if (in->head.len == 0 && (ch == '\r' || ch == '\n'))
      continue; /* an empty line before the request, as RFC 9112 has it */
    gm_buf_addc(&in->head, ch);
    if (gm_buf_failed(&in->head))
      return failure(&in->head, 431);
    if (ch != '\n' || !is_over(&in->head))
      continue;
    in->has_head = true;
    status = read_lines(in);
    return status ? status : begin_body(in);
  }
  return 0;
}

/* ---- the body ----------------------------------------------------------- */

static int take(struct gm_incoming *in, const char *data, size_t len,
                size_t *used, uint8_t next)
{
  *used = (size_t)GM_MIN(in->left, (uint64_t)len);
  gm_buf_addn(&in->body, data, *used);
  if (gm_buf_failed(&in->body))
    return failure(&in->body, 413);
  in->left -= *used;
  if (in->left == 0)
    in->state = next;
  return 0;
}

static int hex_digit(char ch)
{
  if (ch >= '0' && ch <= '9')
    return ch - '0';
  ch = (char)(ch | 0x20);
  return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

static int size_char(struct gm_incoming *in, char ch)
{
  int digit = hex_digit(ch);

  if (digit >= 0) {
    in->left = (in->left == NO_SIZE ? 0 : in->left) * 16 + (uint64_t)digit;
    return in->left >> (4 * SIZE_DIGITS) ? 413 : 0;
  }
  if (in->left == NO_SIZE)
    return 400;
  if (ch == '\r')
    in->state = SIZE_LF;
  else if (ch == ';' || ch == ' ' || ch == '\t')
    in->state = EXTRA;
  else
    return 400;
  return 0;
}

static int after_size(struct gm_incoming *in)
{
  in->state = in->left > 0 ? CHUNK : TRAILER;
  return in->left > in->body.max - in->body.len ? 413 : 0;
}

/* What is between the bytes of a chunked body. */
static int chunk_char(struct gm_incoming *in, char ch)
{
  static const struct {
    char want;
    uint8_t next;
  } fixed[WHOLE] = {
    [CHUNK_CR] = { '\r', CHUNK_LF },
    [CHUNK_LF] = { '\n', SIZE },
    [TRAILER_LF] = { '\n', TRAILER },
    [LAST_LF] = { '\n', WHOLE },
  };

  if (in->state == SIZE)
    return size_char(in, ch);
  if (in->state == SIZE_LF)
    return ch == '\n' ? after_size(in) : 400;
  if (in->state == CHUNK_LF)
    in->left = NO_SIZE;
  if (fixed[in->state].want) {
    if (ch != fixed[in->state].want)
      return 400;
    in->state = fixed[in->state].next;
    return 0;
  }
  if (ch == '\n' || ch == '\0' || ++in->extra > GM_INCOMING_EXTRA)
    return 400;
  if (in->state == EXTRA)
    in->state = ch == '\r' ? SIZE_LF : EXTRA;
  else if (ch == '\r')
    in->state = in->state == TRAILER ? LAST_LF : TRAILER_LF;
  else
    in->state = TRAILER_TEXT;
  return 0;
}

int gm_incoming_feed(struct gm_incoming *in, const char *data, size_t len)
{
  int status = 0;

  while (status == 0 && len > 0 && in->state != WHOLE) {
    size_t used = 1;

    if (in->state == HEAD)
      status = feed_head(in, data, len, &used);
    else if (in->state == BODY)
      status = take(in, data, len, &used, WHOLE);
    else if (in->state == CHUNK)
      status = take(in, data, len, &used, CHUNK_CR);
    else
      status = chunk_char(in, *data);
    data += used;
    len -= used;
  }
  return status == 0 && in->state == WHOLE ? 200 : status;
}
