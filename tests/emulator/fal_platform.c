/* api.fal.ai: the list of models, their prices, an estimate, the addresses of
 * webhooks.  Lists come in pages; a cursor is the number of the next row. */
#include "fal.h"

#include <stdio.h>
#include <string.h>

#define PAGE     50
#define IDS_MAX  50
#define MOST_IDS (IDS_MAX * 100)

static void refuse(struct em_request *rq, unsigned status, const char *type,
                   const char *message)
{
  em_reply_json(rq, status,
                "{\"error\":{\"type\":\"%s\",\"message\":\"%s\",\"docs_url\":"
                "\"https://docs.fal.ai/platform-apis\",\"request_id\":"
                "\"%016llx\"}}",
                type, message,
                (unsigned long long)em_mix(rq->server->stats.requests[0]));
}

/* The platform's words for a wrong key; `needed`: one must be there. */
static bool authorised(struct em_request *rq, bool needed)
{
  if (!needed && !em_header(rq, "Authorization"))
    return true;
  if (fal_authorised(rq, "platform"))
    return true;
  refuse(rq, 401, "authorization_error", "Authentication is required");
  return false;
}

/* ---- what there is ------------------------------------------------------ */

static bool takes_picture(const struct fal_model *m)
{
  return strstr(m->in, "image_url") || strstr(m->in, "frame_url");
}

static bool makes_video(const struct fal_model *m)
{
  return strchr(m->out, 'V') != NULL;
}

static const char *category(const struct fal_model *m)
{
  if (makes_video(m))
    return takes_picture(m) ? "image-to-video" : "text-to-video";
  return takes_picture(m) ? "image-to-image" : "text-to-image";
}

static double price(const struct fal_model *m, const char **unit)
{
  static const struct {
    const char *id, *unit;
    double price;
  } rows[] = {
    { "fal-ai/flux/dev", "megapixels", 0.025 },
    { "fal-ai/flux/schnell", "megapixels", 0.003 },
    { "fal-ai/flux-pro/v1.1", "megapixels", 0.04 },
    { "fal-ai/flux-pro/v1.1-ultra", "images", 0.06 },
    { "fal-ai/flux-2-pro", "megapixels", 0.03 },
    { "fal-ai/nano-banana-pro", "images", 0.15 },
    { "fal-ai/veo3.1", "seconds", 0.4 },
    { "fal-ai/kling-video/v2.5-turbo/pro/text-to-video", "seconds", 0.07 },
    { "fal-ai/minimax/hailuo-2.3/pro/text-to-video", "videos", 0.49 },
  };
  size_t i;

  for (i = 0; i < EM_LEN(rows); i++)
    if (!strcmp(rows[i].id, m->id)) {
      *unit = rows[i].unit;
      return rows[i].price;
    }
  *unit = makes_video(m) ? "seconds" : "images";
  return makes_video(m) ? 0.1 : 0.04;
}

/* ---- pages -------------------------------------------------------------- */

struct page {
  size_t from, most, n; /* `n`: how many are in it */
  size_t next;          /* 0: this was the last */
};

static bool read_page(struct em_request *rq, struct page *p)
{
  const char *limit = em_query(rq, "limit"), *cursor = em_query(rq, "cursor");
  int64_t from = 0, most = PAGE;

  if ((limit && !em_parse_int(limit, strlen(limit), 1, 100, &most)) ||
      (cursor && !em_parse_int(cursor, strlen(cursor), 0, 10000, &from))) {
    refuse(rq, 400, "validation_error", "limit: 1 to 100; cursor: as given");
    return false;
  }
  *p = (struct page){ .from = (size_t)from, .most = (size_t)most };
  return true;
}

/* Takes the row with the number `i`, or remembers it as the next. */
static bool on_page(struct page *p, size_t i)
{
  if (i < p->from)
    return false;
  if (p->n == p->most) {
    p->next = p->next ? p->next : i;
    return false;
  }
  p->n++;
  return true;
}

static void end_page(const struct page *p, struct em_buf *b)
{
  if (p->next)
    em_buf_printf(b, "],\"next_cursor\":\"%zu\",\"has_more\":true}", p->next);
  else
    em_buf_puts(b, "],\"next_cursor\":null,\"has_more\":false}");
}

/* ---- ids of the query --------------------------------------------------- */

/* endpoint_id=a&endpoint_id=b or endpoint_id=a,b: one after the other. */
static enum MHD_Result add_ids(void *cls, enum MHD_ValueKind kind,
                               const char *key, const char *value)
{
  struct em_buf *ids = cls;

  (void)kind;
  if (value && !strcmp(key, "endpoint_id") && ids->len < MOST_IDS)
    em_buf_printf(ids, "%s,", value);
  return MHD_YES;
}

static unsigned count_ids(struct em_request *rq, struct em_buf *ids)
{
  const char *c;
  unsigned n = 0;

  em_buf_puts(ids, ",");
  MHD_get_connection_values(rq->connection, MHD_GET_ARGUMENT_KIND, add_ids,
                            ids);
  for (c = ids->data + 1; *c; c++)
    n += *c == ',';
  return n;
}

static bool is_listed(const struct em_buf *ids, const char *id)
{
  struct em_buf word = { 0 };
  bool listed;

  em_buf_printf(&word, ",%s,", id);
  listed = strstr(ids->data, word.data) != NULL;
  em_buf_finish(&word);
  return listed;
}

/* An id that there is not, as a refusal. */
static bool all_known(struct em_request *rq, const struct em_buf *ids)
{
  char id[200], text[260];
  const char *at = ids->data + 1;
  size_t n;

  for (; *at; at += n + 1) {
    n = strcspn(at, ",");
    snprintf(id, sizeof(id), "%.*s", (int)n, at);
    if (fal_model_find(id))
      continue;
    snprintf(text, sizeof(text), "Endpoint '%.180s' not found", id);
    refuse(rq, 404, "not_found", text);
    return false;
  }
  return true;
}

/* ---- answers ------------------------------------------------------------ */

static void put_model(const struct fal_model *m, bool first, struct em_buf *b)
{
  em_buf_printf(b,
                "%s{\"endpoint_id\":\"%s\",\"metadata\":{\"display_name\":"
                "\"%s\",\"category\":\"%s\",\"description\":\"\",\"status\":"
                "\"active\",\"tags\":[],\"updated_at\":"
                "\"2026-11-01T00:00:00Z\"}}",
                first ? "" : ",", m->id, m->id, category(m));
}

static bool is_wanted(const struct em_request *rq, const struct em_buf *ids,
                      const struct fal_model *m)
{
  const char *q = em_query(rq, "q"), *kind = em_query(rq, "category");
  const char *status = em_query(rq, "status");

  return (ids->len < 2 || is_listed(ids, m->id)) && (!q || strstr(m->id, q)) &&
         (!kind || !strcmp(kind, category(m))) &&
         (!status || !strcmp(status, "active"));
}

static void list_models(struct em_request *rq)
{
  struct em_buf *b = &rq->reply.body, ids = { 0 };
  const struct fal_model *m;
  struct page page;
  size_t i, row = 0;

  if (!authorised(rq, false) || !read_page(rq, &page))
    return;
  count_ids(rq, &ids);
  em_buf_puts(b, "{\"models\":[");
  for (i = 0; (m = fal_model_at(i)); i++)
    if (is_wanted(rq, &ids, m) && on_page(&page, row++))
      put_model(m, page.n == 1, b);
  end_page(&page, b);
  em_buf_finish(&ids);
  rq->reply.status = 200;
}

static void put_prices(struct em_request *rq, const struct em_buf *ids,
                       struct page *page)
{
  struct em_buf *b = &rq->reply.body;
  const struct fal_model *m;
  const char *unit;
  size_t i, row = 0;

  em_buf_puts(b, "{\"prices\":[");
  for (i = 0; (m = fal_model_at(i)); i++)
    if ((ids->len < 2 || is_listed(ids, m->id)) && on_page(page, row++)) {
      double each = price(m, &unit);

      em_buf_printf(b,
                    "%s{\"endpoint_id\":\"%s\",\"unit_price\":%g,\"unit\":"
                    "\"%s\",\"currency\":\"USD\"}",
                    page->n == 1 ? "" : ",", m->id, each, unit);
    }
  end_page(page, b);
  rq->reply.status = 200;
}

static void list_prices(struct em_request *rq)
{
  struct em_buf ids = { 0 };
  struct page page;

  if (!authorised(rq, true) || !read_page(rq, &page))
    return;
  if (count_ids(rq, &ids) > IDS_MAX)
    refuse(rq, 400, "validation_error", "endpoint_id: at most 50");
  else if (all_known(rq, &ids))
    put_prices(rq, &ids, &page);
  em_buf_finish(&ids);
}

/* {"estimate_type":"unit_price","endpoints":{ID:{"unit_quantity":N}}} */
static bool add_up(struct json_object *o, double *total)
{
  struct json_object *type, *all, *quantity;
  struct json_object_iter it;
  const struct fal_model *m;
  const char *unit;

  if (!json_object_object_get_ex(o, "estimate_type", &type) ||
      strcmp(json_object_get_string(type), "unit_price") != 0 ||
      !json_object_object_get_ex(o, "endpoints", &all) ||
      !json_object_is_type(all, json_type_object))
    return false;
  json_object_object_foreachC(all, it)
  {
    m = fal_model_find(it.key);
    if (!m || !json_object_object_get_ex(it.val, "unit_quantity", &quantity) ||
        !(json_object_get_double(quantity) > 0))
      return false;
    *total += price(m, &unit) * json_object_get_double(quantity);
  }
  return true;
}

static void answer_estimate(struct em_request *rq)
{
  struct json_object *o;
  double total = 0;

  if (!authorised(rq, true))
    return;
  o = fal_parse_input(rq);
  if (o && add_up(o, &total))
    em_reply_json(rq, 200,
                  "{\"estimate_type\":\"unit_price\",\"total_cost\":%g,"
                  "\"currency\":\"USD\"}",
                  total);
  else if (o)
    refuse(rq, 400, "validation_error",
           "estimate_type, and endpoints with a unit_quantity each");
  json_object_put(o);
}

void fal_platform_answer(struct em_request *rq)
{
  bool get = em_method(rq, "GET");

  rq->phase = EM_OTHER;
  if (get && !strcmp(rq->path, "/v1/models"))
    list_models(rq);
  else if (get && !strcmp(rq->path, "/v1/models/pricing"))
    list_prices(rq);
  else if (em_method(rq, "POST") &&
           !strcmp(rq->path, "/v1/models/pricing/estimate"))
    answer_estimate(rq);
  else if (get && !strcmp(rq->path, "/v1/meta"))
    em_reply_json(rq, 200, "{\"webhook_ip_ranges\":[\"127.0.0.0/8\"]}");
  else
    refuse(rq, 404, "not_found", "No such path");
}
