/* Higgsfield's uploads: a place is asked for, the bytes are PUT there with
 * every header that was named and without the key, and models are given the
 * public URL.  The storage is a machine of somebody else's: it speaks XML. */
#include "higgsfield.h"

#include <stdio.h>
#include <string.h>

#define PLACES  256 /* of the newest uploads */
#define TAGGING "retention=temporary"

static struct place {
  uint64_t id;
  char type[32];
  bool stored, plain; /* `plain`: its type is all that is asked for */
} places[PLACES];
static uint64_t n_places;

static const char *const types[] = { "image/jpeg",  "image/jpg", "image/png",
                                     "image/webp",  "image/gif", "audio/wav",
                                     "audio/x-wav", "video/mp4" };

static struct place *find_place(const char *name)
{
  unsigned long long id = 0;
  size_t i;

  if (!name || sscanf(name, "%16llx", &id) != 1 || !id)
    return NULL;
  for (i = 0; i < PLACES; i++)
    if (places[i].id == id)
      return &places[i];
  return NULL;
}

bool hf_is_stored(const struct em_server *sv, const char *url)
{
  const char *input = strstr(url, "/input/");
  const struct place *p = input ? find_place(input + 7) : NULL;

  (void)sv;
  return p && p->stored;
}

static struct place *new_place(const struct em_server *sv, const char *type)
{
  struct place *p = &places[n_places % PLACES];

  p->id = em_mix(sv->jobs.salt ^ em_mix(++n_places)) | 1;
  snprintf(p->type, sizeof(p->type), "%s", type);
  p->stored = false;
  return p;
}

static const char *known_type(struct json_object *input)
{
  struct json_object *value;
  size_t i;

  if (!json_object_object_get_ex(input, "content_type", &value))
    return NULL;
  for (i = 0; i < EM_LEN(types); i++)
    if (!strcmp(types[i], json_object_get_string(value)))
      return types[i];
  return NULL;
}

/* Keys with "older" in them get what the service answered before it asked for
 * headers; its own clients still send none but the type. */
static bool is_older(const struct em_request *rq)
{
  const char *key = em_header(rq, "Authorization");
  const char *id = em_header(rq, "hf-api-key");

  return (key && strstr(key, "older")) || (id && strstr(id, "older"));
}

static void give_place(struct em_request *rq, const char *type)
{
  const struct em_server *sv = rq->server;
  struct place *p = new_place(sv, type);
  struct em_buf *b = &rq->reply.body;

  em_buf_puts(b, "{\"public_url\":\"");
  em_put_origin(sv, "cdn.higgsfield.ai", b);
  em_buf_printf(b, "/input/%016llx.%s\",\"upload_url\":\"",
                (unsigned long long)p->id, strchr(type, '/') + 1);
  em_put_origin(sv, "storage.higgsfield.ai", b);
  em_buf_printf(b, "/%016llx?X-Amz-Signature=emulated\"",
                (unsigned long long)p->id);
  p->plain = is_older(rq);
  if (p->plain)
    em_buf_puts(b, "}");
  else
    em_buf_printf(b,
                  ",\"content_type\":\"%s\",\"upload_headers\":{"
                  "\"Content-Type\":\"%s\",\"x-amz-tagging\":"
                  "\"" TAGGING "\"}}",
                  type, type);
  rq->reply.status = 200;
}

void hf_answer_upload(struct em_request *rq)
{
  const struct em_fault *fault;
  struct json_object *input;
  const char *type;

  rq->phase = EM_UPLOAD;
  fault = em_fault_instead(&rq->server->faults, NULL, EM_UPLOAD);
  if (fault) {
    hf_answer_fault(rq, fault);
    return;
  }
  input = fal_parse_input(rq);
  if (!input)
    return;
  type = known_type(input);
  if (type)
    give_place(rq, type);
  else
    em_reply_json(rq, 422,
                  "{\"detail\":[{\"type\":\"enum\",\"loc\":[\"body\","
                  "\"content_type\"],\"msg\":\"Input should be 'image/jpeg', "
                  "'image/png' or another known type\"}]}");
  em_fault_wire(&rq->server->faults, NULL, EM_UPLOAD, &rq->reply.wire);
  json_object_put(input);
}

static void storage_error(struct em_request *rq, unsigned status,
                          const char *code)
{
  char xml[200];

  snprintf(xml, sizeof(xml),
           "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>%s</Code>"
           "<Message>The request was refused.</Message></Error>",
           code);
  em_reply_text(rq, status, "application/xml", xml);
}

static bool header_is(const struct em_request *rq, const char *name,
                      const char *want)
{
  const char *value = em_header(rq, name);

  return value && !strcmp(value, want);
}

void hf_answer_storage(struct em_request *rq)
{
  struct place *p = find_place(rq->path + 1);

  rq->phase = EM_UPLOAD;
  if (em_header(rq, "Authorization") || em_header(rq, "hf-api-key") ||
      em_header(rq, "hf-secret")) {
    rq->server->stats.credentials_leaked++;
    storage_error(rq, 400, "InvalidArgument");
  } else if (!em_method(rq, "PUT")) {
    storage_error(rq, 405, "MethodNotAllowed");
  } else if (!p || !em_query(rq, "X-Amz-Signature")) {
    storage_error(rq, 403, "AccessDenied");
  } else if (!header_is(rq, "Content-Type", p->type) ||
             (!p->plain && !header_is(rq, "x-amz-tagging", TAGGING))) {
    storage_error(rq, 403, "SignatureDoesNotMatch");
  } else if (!rq->body.len) {
    storage_error(rq, 411, "MissingContentLength");
  } else {
    p->stored = true;
    em_reply_text(rq, 200, "application/xml", "");
  }
}
