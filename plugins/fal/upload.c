/* upload.c - files that are too big for a data: URI: fal's own store.
 *
 * Ask rest.fal.ai where to, PUT the bytes there, and use the second URL of the
 * answer.  Above 90 MiB in parts of 10 MiB: the part's number goes behind the
 * PATH of the upload URL, before its query, as does "complete", which gets the
 * tags of all parts.  The key goes to rest.fal.ai only: the upload URL is
 * signed.
 *
 * State: "put" and "file" URLs, "part" sent last, "parts" with their tags.
 */
#include "fal.h"
#include <string.h>

#define WHOLE_MAX (90ll * 1024 * 1024)
#define PART_SIZE (10ll * 1024 * 1024)
#define PUT_MS    (30 * 60 * 1000)
/* The host takes a long row of exchanges without a delay for a runaway. */
#define BREATH_EVERY 32

/* All files of a job are announced before the first bytes go, as by fal's own
 * client. */
#define ANNOUNCE_MS 20

#define INLINE_MAX 262144 /* as the key's preset says */
#define KEPT_S     86400  /* media live for a week and more unless told */

static int64_t size_of(struct gamut_call *c)
{
  const char *digits = c->host->input_info(c, 0, "size");
  int64_t size = 0;

  for (; digits && *digits >= '0' && *digits <= '9'; digits++)
    size = size * 10 + (*digits - '0');
  return size;
}

static const char *type_of(struct gamut_call *c)
{
  const char *mime = c->host->input_info(c, 0, "mime");

  return mime ? mime : "application/octet-stream";
}

static int32_t initiate(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = FAL_INITIATE,
                          .method = "POST" };
  const char *name = h->input_info(c, 0, "name"), *life = fal_lifecycle(c);
  struct gamut_json *body = h->json_object(c);

  h->json_set_str(body, "content_type", type_of(c));
  h->json_set_str(body, "file_name", name ? name : "upload.bin");
  x.json = body;
  x.url = h->text(c,
                  "https://rest.fal.ai/storage/upload/initiate%s"
                  "?storage_type=fal-cdn-v3",
                  size_of(c) > WHOLE_MAX ? "-multipart" : "");
  /* fal's clients and its manual differ in the name. */
  h->header(c, "x-fal-object-lifecycle", life);
  h->header(c, "x-fal-object-lifecycle-preference", life);
  return fal_http(c, &x);
}

/* The upload URL with `tail` behind its path. */
static const char *put_url(struct gamut_call *c, const char *tail)
{
  const char *url = c->host->json_str(c->state, "put", "");
  size_t path = strcspn(url, "?");

  return c->host->text(c, "%.*s%s%s", (int)path, url, tail, url + path);
}

static int32_t put_whole(struct gamut_call *c)
{
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = FAL_PUT,
                          .delay_ms = ANNOUNCE_MS,
                          .timeout_ms = PUT_MS,
                          .method = "PUT",
                          .url = put_url(c, ""),
                          .body_type = type_of(c) };

  c->host->body_input(c, 0, 0, 0);
  return c->host->http(c, &x);
}

static int32_t put_part(struct gamut_call *c, int64_t part)
{
  const struct gamut_host *h = c->host;
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = FAL_PART,
                          .timeout_ms = PUT_MS,
                          .delay_ms = part % BREATH_EVERY == 0,
                          .method = "PUT" };
  int64_t from = (part - 1) * PART_SIZE, left = size_of(c) - from;

  h->json_set_int(c->state, "part", part);
  x.url = put_url(c, h->text(c, "/%lld", (long long)part));
  h->body_input(c, 0, (uint64_t)from,
                (uint64_t)(left < PART_SIZE ? left : PART_SIZE));
  return h->http(c, &x);
}

static int32_t complete(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *body = h->json_object(c);
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = FAL_COMPLETE,
                          .method = "POST",
                          .url = put_url(c, "/complete"),
                          .json = body };

  h->json_set(body, "parts", h->json_get(c->state, "parts"));
  return h->http(c, &x);
}

static int32_t initiated(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *put = h->json_str(c->reply->json, "upload_url", NULL);
  const char *file = h->json_str(c->reply->json, "file_url", NULL);

  if (!put || !file)
    return h->fail(c, GAMUT_E_PROTOCOL, "fal named no place for the upload");
  h->json_set_str(c->state, "put", put);
  h->json_set_str(c->state, "file", file);
  return size_of(c) > WHOLE_MAX ? put_part(c, 1) : put_whole(c);
}

/* The tag comes in the body, or in the header that stores use. */
static int32_t part_sent(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *before = h->json_get(c->state, "parts");
  int64_t part = h->json_int(c->state, "part", 1);
  struct gamut_json *list = h->json_array(c), *one = h->json_object(c);
  const char *tag = h->json_str(c->reply->json, "etag", NULL);
  uint32_t i;

  if (!tag)
    tag = h->reply_header(c, "etag");
  if (!tag)
    return h->fail(c, GAMUT_E_PROTOCOL, "fal took part %lld without a tag",
                   (long long)part);
  for (i = 0; i < h->json_count(before, ""); i++)
    h->json_set(list, NULL, h->json_member(before, i, NULL));
  h->json_set_int(one, "partNumber",
                  h->json_int(c->reply->json, "partNumber", part));
  h->json_set_str(one, "etag", tag);
  h->json_set(list, NULL, one);
  h->json_set(c->state, "parts", list);
  return part * PART_SIZE < size_of(c) ? put_part(c, part + 1) : complete(c);
}

static int32_t uploaded(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  int64_t life = fal_life_s(c);

  h->fact(c, "url", h->json_str(c->state, "file", NULL));
  if (life > 0 && life < KEPT_S) /* it must live through the job as well */
    h->fact(c, "ttl_s", h->text(c, "%lld", (long long)(life / 2)));
  return h->done(c);
}

static int32_t upload(void *instance, struct gamut_call *c)
{
  (void)instance;
  if (c->event == GAMUT_EV_START)
    return initiate(c);
  if (c->event == GAMUT_EV_CANCEL)
    return c->host->done(c);
  switch (c->phase) {
  case FAL_INITIATE:
    return initiated(c);
  case FAL_PART:
    return part_sent(c);
  default:
    return uploaded(c);
  }
}

const struct gamut_upload fal_upload = {
  .struct_size = sizeof(fal_upload),
  .ttl_s = KEPT_S,
  .inline_max = INLINE_MAX,
  .upload = upload,
};
