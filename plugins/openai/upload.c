/* upload.c - files that are kept at OpenAI, for edits to name by their id.
 *
 * Pictures travel with the request by themselves; who asks the same one often
 * sets inline_max, and what is larger goes ahead, once.  What an upload gives is
 * no URL but an id: "file-...".
 */
#include "openai.h"
#include <string.h>

int openai_is_file_id(const char *url)
{
  return url && strncmp(url, "file-", 5) == 0;
}

struct gamut_json *openai_reference(struct gamut_call *c, uint32_t input)
{
  const struct gamut_host *h = c->host;
  const char *url = h->input_info(c, input, "url");
  struct gamut_json *item = h->json_object(c);

  if (openai_is_file_id(url))
    h->json_set_str(item, "file_id", url);
  else
    h->json_set_input(item, "image_url", input, GAMUT_AS_URL);
  return item;
}

static int32_t uploaded(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *reply = c->reply->json;
  const char *id = h->json_str(reply, "id", NULL);
  int64_t ends = h->json_int(reply, "expires_at", 0);
  int64_t left = ends - (int64_t)(c->now_ms / 1000);

  if (!openai_is_file_id(id))
    return h->fail(c, GAMUT_E_PROVIDER, "the upload was answered without an id");
  if (ends > 0)
    h->fact(c, "ttl_s", h->text(c, "%lld", (long long)(left > 60 ? left : 0)));
  h->fact(c, "url", id);
  return h->done(c);
}

int32_t openai_upload(void *instance, struct gamut_call *c)
{
  struct gamut_http x = { .phase = OPENAI_UPLOAD, .method = "POST" };

  (void)instance;
  if (c->event == GAMUT_EV_REPLY)
    return uploaded(c);
  c->host->part_text(c, "purpose", "vision");
  c->host->part_input(c, "file", 0);
  return openai_send(c, &x, "/files");
}
