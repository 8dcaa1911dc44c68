/* Lists come in pages: ?limit=1..100 rows (20), ?order=asc or desc, ?after=ID
 * of the row before the first. */
#include "openai.h"

#include <string.h>

#define PAGE 20

static bool read_limit(struct em_request *rq, size_t *ret)
{
  const char *text = em_query(rq, "limit");
  const char *order = em_query(rq, "order");
  int64_t n = PAGE;

  if (text && !em_parse_int(text, strlen(text), 0, 100, &n))
    openai_error(rq, 400, "invalid_request_error", "limit", "invalid_value",
                 "Invalid 'limit': expected 0 to 100.");
  else if (order && strcmp(order, "asc") != 0 && strcmp(order, "desc") != 0)
    openai_error(rq, 400, "invalid_request_error", "order", "invalid_value",
                 "Invalid value: '%.20s'. Supported values are: 'asc' and "
                 "'desc'.",
                 order);
  else {
    *ret = (size_t)n;
    return true;
  }
  return false;
}

static void put_end(char ids[][OPENAI_ID_SIZE], size_t first, size_t last,
                    bool any, bool more, struct em_buf *b)
{
  if (any)
    em_buf_printf(b, "],\"first_id\":\"%s\",\"last_id\":\"%s\"", ids[first],
                  ids[last]);
  else
    em_buf_puts(b, "],\"first_id\":null,\"last_id\":null");
  em_buf_printf(b, ",\"has_more\":%s}", more ? "true" : "false");
}

void openai_answer_list(struct em_request *rq, char ids[][OPENAI_ID_SIZE],
                        size_t n,
                        void (*put)(struct em_request *rq, size_t i,
                                    struct em_buf *out))
{
  const char *order = em_query(rq, "order"), *after = em_query(rq, "after");
  bool rising = order && !strcmp(order, "asc"), begun = !after;
  struct em_buf *b = &rq->reply.body;
  size_t limit = 0, shown = 0, first = 0, last = 0, i, at;
  bool more = false;

  if (!read_limit(rq, &limit))
    return;
  em_buf_puts(b, "{\"object\":\"list\",\"data\":[");
  for (i = 0; i < n; i++) {
    at = rising ? i : n - 1 - i;
    if (begun && shown < limit) {
      em_buf_puts(b, shown ? "," : "");
      put(rq, at, b);
      first = shown++ ? first : at;
      last = at;
    } else if (begun) {
      more = true;
    }
    begun = begun || !strcmp(after, ids[at]);
  }
  put_end(ids, first, last, shown > 0, more, b);
  rq->reply.status = 200;
}
