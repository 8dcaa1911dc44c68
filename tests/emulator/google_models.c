/* The lists of models: the Gemini API's own form, and Vertex's publisher
 * models. Pages go by ?pageSize and a token, which is the number of the next
 * row. */
#include "google.h"

#include <stdio.h>
#include <string.h>

#define PAGE     50
#define PAGE_MAX 1000

/* clang-format off */
static const struct row {
  const char *id, *title, *methods;
  bool studio;
} rows[] = {
  { "gemini-nano-banana-2.1", "Nano Banana 2.1", "generateContent", true },
  { "gemini-3-pro-image", "Nano Banana Pro", "generateContent", true },
  { "gemini-3.1-flash-image", "Nano Banana 2", "generateContent", true },
  { "gemini-3.1-flash-lite-image", "Nano Banana 2 Lite", "generateContent",
    true },
  { "gemini-2.5-flash-image", "Nano Banana", "generateContent", true },
  { "gemini-omni-1.2-flash", "Gemini Omni", "generateContent", true },
  { "imagen-4.0-generate-001", "Imagen 4", "predict", false },
  { "imagen-4.0-ultra-generate-001", "Imagen 4 Ultra", "predict", false },
  { "imagen-4.0-fast-generate-001", "Imagen 4 Fast", "predict", false },
  { "imagen-3.0-capability-001", "Imagen 3 Edit", "predict", false },
  { "imagen-4.0-upscale-preview", "Imagen 4 Upscale", "predict", false },
  { "veo-3.1-generate-001", "Veo 3.1", "predictLongRunning", false },
  { "veo-3.1-fast-generate-001", "Veo 3.1 Fast", "predictLongRunning", false },
  { "veo-3.1-lite-generate-001", "Veo 3.1 Lite", "predictLongRunning", false },
};
/* clang-format on */

static void put_row(const struct row *r, bool studio, struct em_buf *b)
{
  if (studio)
    em_buf_printf(b,
                  "{\"name\":\"models/%s\",\"version\":\"001\",\"displayName\":"
                  "\"%s\",\"description\":\"\",\"inputTokenLimit\":65536,"
                  "\"outputTokenLimit\":32768,\"supportedGenerationMethods\":"
                  "[\"%s\"]}",
                  r->id, r->title, r->methods);
  else
    em_buf_printf(b,
                  "{\"name\":\"publishers/google/models/%s\",\"versionId\":"
                  "\"001\",\"openSourceCategory\":\"PROPRIETARY\","
                  "\"launchStage\":\"GA\"}",
                  r->id);
}

static bool is_listed(const struct row *r, bool studio)
{
  return !studio || r->studio;
}

static bool read_page(struct em_request *rq, int64_t *most, int64_t *from)
{
  const char *size = em_query(rq, "pageSize");
  const char *token = em_query(rq, "pageToken");

  *most = PAGE;
  *from = 0;
  if ((!size || em_parse_int(size, strlen(size), 1, PAGE_MAX, most)) &&
      (!token || em_parse_int(token, strlen(token), 0, 10000, from)))
    return true;
  google_error(rq, 400, NULL, "Invalid page size or page token.");
  return false;
}

static void list(struct em_request *rq, bool studio)
{
  struct em_buf *b = &rq->reply.body;
  int64_t most, from, n = 0;
  size_t i;

  if (!read_page(rq, &most, &from))
    return;
  em_buf_printf(b, "{\"%s\":[", studio ? "models" : "publisherModels");
  for (i = (size_t)from; i < EM_LEN(rows) && n < most; i++)
    if (is_listed(&rows[i], studio)) {
      em_buf_puts(b, n++ ? "," : "");
      put_row(&rows[i], studio, b);
    }
  em_buf_puts(b, "]");
  while (i < EM_LEN(rows) && !is_listed(&rows[i], studio))
    i++;
  if (i < EM_LEN(rows))
    em_buf_printf(b, ",\"nextPageToken\":\"%zu\"", i);
  em_buf_puts(b, "}");
  rq->reply.status = 200;
}

static void show(struct em_request *rq, const char *id, bool studio)
{
  size_t i;

  for (i = 0; i < EM_LEN(rows); i++)
    if (!strcmp(rows[i].id, id) && is_listed(&rows[i], studio)) {
      put_row(&rows[i], studio, &rq->reply.body);
      rq->reply.status = 200;
      return;
    }
  google_error(rq, 404, NULL, "Model is not found: models/%.80s", id);
}

/* ".../models" or ".../models/<id>"; false: another path. */
bool google_list_models(struct em_request *rq)
{
  bool studio = google_is_studio(rq);
  const char *at = strstr(rq->path, "/models");

  if (!at || strchr(at, ':') || strstr(at, "/operations/") ||
      (!studio && !strstr(rq->path, "/publishers/google/models")))
    return false;
  if (!at[7])
    list(rq, studio);
  else if (at[7] == '/')
    show(rq, at + 8, studio);
  else
    return false;
  return true;
}
