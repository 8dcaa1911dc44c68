/* models.c - what Google lists, page by page; of it what makes pictures and
 * videos through this door.  Studio lists models, Vertex its publisher's. */
#include "google.h"
#include <string.h>

#define PICTURES "[\"text-to-image\",\"edit\",\"image-to-image\"]"
#define VIDEOS   "[\"text-to-video\",\"image-to-video\",\"video-to-video\"]"

/* NULL: it makes something else, or cannot be asked here. */
static const char *operations_of(struct google *g, const char *id)
{
  if (strstr(id, "nano-banana") ||
      (strncmp(id, "gemini-", 7) == 0 && strstr(id, "-image")))
    return PICTURES;
  if (g->studio)
    return NULL;
  if (strncmp(id, "veo-", 4) == 0)
    return VIDEOS;
  if (strncmp(id, "imagen-", 7) != 0)
    return NULL;
  if (strstr(id, "upscale"))
    return "[\"upscale\"]";
  return strstr(id, "capability") ? "[\"edit\",\"image-to-image\"]"
                                  : "[\"text-to-image\"]";
}

static int32_t ask(struct google *g, const char *page)
{
  const struct gamut_host *h = g->h;
  struct gamut_http x = { .phase = GOOGLE_MODELS, .method = "GET" };

  x.url = google_path(
    g, "",
    h->text(g->c, "%s?pageSize=100%s%s",
            g->studio ? "models" : "publishers/google/models",
            page ? "&pageToken=" : "", page ? h->escape(g->c, page) : ""));
  return google_send(g, &x);
}

static void add(struct google *g, struct gamut_json *list,
                const struct gamut_json *model)
{
  const struct gamut_host *h = g->h;
  const char *name = h->json_str(model, "name", "");
  const char *id = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
  const char *operations = operations_of(g, id);
  struct gamut_json *o = h->json_object(g->c);

  if (!operations)
    return;
  h->json_set_str(o, "id", id);
  h->json_set_str(o, "title", h->json_str(model, "displayName", NULL));
  h->json_set(o, "operations",
              h->json_parse(g->c, operations, strlen(operations)));
  h->json_set_str(o, "life", "available");
  h->json_set(list, NULL, o);
}

static int32_t list(struct google *g)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *r, *models, *one;
  struct gamut_json *found = h->json_array(g->c);
  const char *next;
  uint32_t i;

  if (g->c->event == GAMUT_EV_START)
    return ask(g, NULL);
  r = g->c->reply->json;
  if (g->c->reply->status >= 400)
    return google_refused(g);
  models = h->json_get(r, g->studio ? "models" : "publisherModels");
  for (i = 0; (one = h->json_member(models, i, NULL)); i++)
    add(g, found, one);
  h->answer(g->c, found);
  next = h->json_str(r, "nextPageToken", "");
  return next[0] ? ask(g, next) : h->done(g->c);
}

static int32_t vertex_list(void *instance, struct gamut_call *c)
{
  struct google g = { .c = c, .h = c->host };

  (void)instance;
  return list(&g);
}

static int32_t studio_list(void *instance, struct gamut_call *c)
{
  struct google g = { .c = c, .h = c->host, .studio = 1 };

  (void)instance;
  return list(&g);
}

const struct gamut_models google_vertex_models = {
  .struct_size = sizeof(google_vertex_models), .list = vertex_list
};
const struct gamut_models google_studio_models = {
  .struct_size = sizeof(google_studio_models), .list = studio_list
};
