/* fal's store of files, both ways: rest.fal.ai names a place for a PUT (whole,
 * or in parts of 10 MiB), or gives a token for the CDN, which takes the bytes
 * itself.  The key is for rest.fal.ai alone; places are signed and take bytes
 * once.  What was stored can be fetched like any result. */
#include "fal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLACES    128 /* of the newest uploads */
#define PARTS     4096
#define PART_SIZE (10u << 20)
#define TOKEN     "emulated-cdn-token"
#define TAG       "\"etag-%u\""

static struct place {
  uint64_t id;
  char type[80], name[160];
  bool parts, by_token, stored;
  unsigned n_parts;
  size_t last; /* bytes of the newest part: only the last may be short */
  struct em_blob *blob;
} places[PLACES];
static uint64_t n_places;

static void refuse(struct em_request *rq, unsigned status, const char *why)
{
  em_reply_json(rq, status, "{\"detail\":\"%s\"}", why);
}

static bool is_faulty(struct em_request *rq)
{
  const struct em_fault *fault =
    em_fault_instead(&rq->server->faults, NULL, EM_UPLOAD);

  if (fault)
    fal_answer_fault(rq, fault, "fal/storage");
  em_fault_wire(&rq->server->faults, NULL, EM_UPLOAD, &rq->reply.wire);
  return fault != NULL;
}

static void forget(struct place *p)
{
  if (p->blob)
    em_blob_unref(p->blob);
  memset(p, 0, sizeof(*p));
}

static struct place *new_place(struct em_server *sv, const char *type,
                               const char *name)
{
  struct place *p = &places[n_places % PLACES];

  forget(p);
  p->id = em_mix(sv->jobs.salt ^ em_mix(++n_places)) | 1;
  snprintf(p->type, sizeof(p->type), "%s", type);
  snprintf(p->name, sizeof(p->name), "%s", name);
  return p;
}

/* /files/b/<16 hex digits>/<name>[...] */
static struct place *find_place(const char *path, const char **ret_rest)
{
  static const char digits[] = "0123456789abcdef";
  uint64_t id = 0;
  size_t i, n;

  if (!em_starts(path, "/files/b/"))
    return NULL;
  path += strlen("/files/b/");
  for (i = 0; i < 16; i++) {
    const char *d = path[i] ? strchr(digits, path[i]) : NULL;

    if (!d)
      return NULL;
    id = id << 4 | (uint64_t)(d - digits);
  }
  for (i = 0; i < PLACES; i++) {
    n = strlen(places[i].name);
    if (places[i].id != id || path[16] != '/' ||
        strncmp(path + 17, places[i].name, n) != 0)
      continue;
    *ret_rest = path + 17 + n;
    return &places[i];
  }
  return NULL;
}

static void put_place(const struct em_server *sv, const struct place *p,
                      const char *tail, struct em_buf *out)
{
  em_put_origin(sv, "v3b.fal.media", out);
  em_buf_printf(out, "/files/b/%016llx/%s%s", (unsigned long long)p->id,
                p->name, tail);
}

/* ---- its place at rest.fal.ai -------------------------------------------------------- */

static const char *text_field(struct em_request *rq, struct json_object *o,
                              const char *name)
{
  struct json_object *value;

  if (json_object_object_get_ex(o, name, &value) &&
      json_object_is_type(value, json_type_string) &&
      json_object_get_string_len(value) > 0)
    return json_object_get_string(value);
  em_reply_json(rq, 422,
                "{\"detail\":[{\"loc\":[\"body\",\"%s\"],\"msg\":"
                "\"Field required\",\"type\":\"missing\"}]}",
                name);
  return NULL;
}

/* A file name in a URL: others' characters become dashes. */
static void safe_name(const char *name, char *out, size_t size)
{
  size_t i;

  snprintf(out, size, "%s", name);
  for (i = 0; out[i]; i++)
    if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                "0123456789._-",
                out[i]))
      out[i] = '-';
}

static bool good_lifecycle(struct em_request *rq)
{
  static const char *const names[] = { "X-Fal-Object-Lifecycle",
                                       "X-Fal-Object-Lifecycle-Preference" };
  size_t i;

  for (i = 0; i < EM_LEN(names); i++) {
    const char *value = em_header(rq, names[i]);
    struct json_object *o = value ? json_tokener_parse(value) : NULL;
    bool good = !value || json_object_is_type(o, json_type_object);

    json_object_put(o);
    if (good)
      continue;
    refuse(rq, 422, "Invalid object lifecycle");
    return false;
  }
  return true;
}

static void name_place(struct em_request *rq, struct json_object *o, bool parts)
{
  const char *type = text_field(rq, o, "content_type");
  const char *name = type ? text_field(rq, o, "file_name") : NULL;
  struct em_buf *b = &rq->reply.body;
  char tail[80], safe[160];
  struct place *p;

  if (!name)
    return;
  safe_name(name, safe, sizeof(safe));
  p = new_place(rq->server, type, safe);
  p->parts = parts;
  snprintf(tail, sizeof(tail), "%s?signature=%llx",
           parts ? "/multipart/upload-1" : "",
           (unsigned long long)em_mix(p->id));
  em_buf_puts(b, "{\"upload_url\":\"");
  put_place(rq->server, p, tail, b);
  em_buf_puts(b, "\",\"file_url\":\"");
  put_place(rq->server, p, "", b);
  em_buf_puts(b, "\"}");
  rq->reply.status = 200;
}

static void answer_token(struct em_request *rq)
{
  struct em_buf *b = &rq->reply.body;

  em_buf_puts(b, "{\"token\":\"" TOKEN "\",\"token_type\":\"Bearer\","
                 "\"base_url\":\"");
  em_put_origin(rq->server, "v3b.fal.media", b);
  em_buf_puts(b, "\",\"expires_at\":\"2099-01-01T00:00:00+00:00\"}");
  rq->reply.status = 200;
}

static const struct {
  const char *path, *storage;
} rest_paths[] = {
  { "/storage/upload/initiate", "fal-cdn-v3|gcs" },
  { "/storage/upload/initiate-multipart", "fal-cdn-v3" },
  { "/storage/auth/token", "fal-cdn-v3" },
};

static bool good_storage(struct em_request *rq, size_t i)
{
  const char *type = em_query(rq, "storage_type");
  const char *at = type ? strstr(rest_paths[i].storage, type) : NULL;

  if (at && *type && (at[strlen(type)] == '|' || !at[strlen(type)]))
    return true;
  refuse(rq, 422, "Unknown storage type");
  return false;
}

void fal_storage_answer(struct em_request *rq)
{
  struct json_object *o;
  size_t i;

  rq->phase = EM_UPLOAD;
  for (i = 0; i < EM_LEN(rest_paths); i++)
    if (!strcmp(rest_paths[i].path, rq->path))
      break;
  if (i == EM_LEN(rest_paths)) {
    refuse(rq, 404, "Not Found");
    return;
  }
  if (!em_method(rq, "POST")) {
    refuse(rq, 405, "Method Not Allowed");
    return;
  }
  if (!fal_authorised(rq, "storage") || !fal_unlocked(rq) ||
      !good_storage(rq, i) || !good_lifecycle(rq) || is_faulty(rq))
    return;
  o = fal_parse_input(rq);
  if (o && i == 2)
    answer_token(rq);
  else if (o)
    name_place(rq, o, i == 1);
  json_object_put(o);
}

/* ---- the store ---------------------------------------------------------- */

/* Appends the body to what is there. */
static void store(struct place *p, const struct em_buf *body)
{
  size_t had = p->blob ? p->blob->len : 0;
  struct em_blob *all = em_alloc(sizeof(*all) + had + body->len + 1);

  all->refs = 1;
  all->len = had + body->len;
  if (had)
    memcpy(all->bytes, p->blob->bytes, had);
  if (body->len)
    memcpy(all->bytes + had, body->data, body->len);
  if (p->blob)
    em_blob_unref(p->blob);
  p->blob = all;
}

/* Signed places take no credentials, the CDN's own its token only. */
static bool may_store(struct em_request *rq, const struct place *p)
{
  const char *authorization = em_header(rq, "Authorization");
  const char *signature = em_query(rq, "signature");
  char want[40];

  snprintf(want, sizeof(want), "%llx", (unsigned long long)em_mix(p->id));
  if (p->by_token ? !authorization || strcmp(authorization, "Bearer " TOKEN)
                  : !signature || strcmp(signature, want)) {
    refuse(rq, 403, "Invalid signature");
    return false;
  }
  if (p->stored) {
    refuse(rq, 409, "Already uploaded");
    return false;
  }
  return true;
}

static void take_whole(struct em_request *rq, struct place *p)
{
  const char *type = em_header(rq, "Content-Type");

  if (!type || strcmp(type, p->type) != 0) {
    refuse(rq, 400, "The content type is not the announced one");
  } else if (!rq->body.len) {
    refuse(rq, 400, "The file is empty");
  } else {
    store(p, &rq->body);
    p->stored = true;
    rq->reply.status = 200;
  }
}

static void take_part(struct em_request *rq, struct place *p, const char *text)
{
  int64_t n;

  if (!em_parse_int(text, strlen(text), 1, PARTS, &n) || n != p->n_parts + 1) {
    refuse(rq, 400, "This is not the next part");
  } else if (!rq->body.len || rq->body.len > PART_SIZE ||
             (p->n_parts && p->last != PART_SIZE)) {
    refuse(rq, 400, "A part has the wrong size");
  } else {
    store(p, &rq->body);
    p->n_parts++;
    p->last = rq->body.len;
    em_reply_header(rq, "ETag", TAG, p->n_parts);
    em_reply_json(rq, 200, "{\"partNumber\":%u,\"etag\":\"\\\"etag-%u\\\"\"}",
                  p->n_parts, p->n_parts);
  }
}

/* {"parts":[{"partNumber":1,"etag":...}, ...]}, each of them, in order. */
static bool lists_all(struct json_object *o, const struct place *p)
{
  struct json_object *parts, *number, *tag;
  char want[40];
  unsigned i;

  if (!json_object_object_get_ex(o, "parts", &parts) ||
      !json_object_is_type(parts, json_type_array) ||
      json_object_array_length(parts) != p->n_parts)
    return false;
  for (i = 0; i < p->n_parts; i++) {
    struct json_object *one = json_object_array_get_idx(parts, i);

    snprintf(want, sizeof(want), TAG, i + 1);
    if (!json_object_object_get_ex(one, "partNumber", &number) ||
        json_object_get_int64(number) != i + 1 ||
        !json_object_object_get_ex(one, "etag", &tag) ||
        strcmp(json_object_get_string(tag), want) != 0)
      return false;
  }
  return p->n_parts > 0;
}

static void complete(struct em_request *rq, struct place *p)
{
  struct json_object *o = fal_parse_input(rq);

  if (o && lists_all(o, p)) {
    p->stored = true;
    em_reply_json(rq, 200, "{}");
  } else if (o) {
    refuse(rq, 400, "The parts are not those that were sent");
  }
  json_object_put(o);
}

static void answer_put(struct em_request *rq, struct place *p, const char *rest)
{
  static const char parts[] = "/multipart/upload-1/";
  bool in_parts = em_starts(rest, parts);

  rq->phase = EM_UPLOAD;
  if (!may_store(rq, p) || is_faulty(rq))
    return;
  if (em_method(rq, "PUT") && !p->parts && !*rest)
    take_whole(rq, p);
  else if (em_method(rq, "PUT") && p->parts && in_parts)
    take_part(rq, p, rest + strlen(parts));
  else if (em_method(rq, "POST") && p->parts && in_parts &&
           !strcmp(rest + strlen(parts), "complete"))
    complete(rq, p);
  else
    refuse(rq, 404, "Not Found");
}

static void answer_get(struct em_request *rq, struct place *p)
{
  if (!p->stored) {
    refuse(rq, 404, "Not Found");
    return;
  }
  p->blob->refs++;
  rq->reply.blob = p->blob;
  rq->reply.blob_len = p->blob->len;
  rq->reply.content_type = p->type;
  rq->reply.status = 200;
}

/* ---- the CDN's own way -------------------------------------------------- */

static void answer_cdn(struct em_request *rq, bool parts)
{
  const char *type = em_header(rq, "Content-Type");
  const char *name = em_header(rq, "X-Fal-File-Name");
  const char *token = em_header(rq, "Authorization");
  struct em_buf *b = &rq->reply.body;
  struct place *p;
  char safe[160];

  rq->phase = EM_UPLOAD;
  if (!token || strcmp(token, "Bearer " TOKEN) != 0) {
    refuse(rq, 401, "Invalid token");
    return;
  }
  if (!type || !good_lifecycle(rq) || (!parts && !rq->body.len)) {
    if (!rq->reply.status)
      refuse(rq, 400, "The file has no type or no bytes");
    return;
  }
  safe_name(name && *name ? name : "upload.bin", safe, sizeof(safe));
  p = new_place(rq->server, type, safe);
  p->by_token = true;
  p->parts = parts;
  p->stored = !parts;
  if (!parts)
    store(p, &rq->body);
  em_buf_puts(b, "{\"access_url\":\"");
  put_place(rq->server, p, "", b);
  em_buf_puts(b, parts ? "\",\"uploadId\":\"upload-1\"}" : "\"}");
  rq->reply.status = 200;
}

bool fal_store_answer(struct em_request *rq)
{
  const char *rest = "";
  struct place *p;

  if (em_method(rq, "POST") && !strcmp(rq->path, "/files/upload")) {
    answer_cdn(rq, false);
    return true;
  }
  if (em_method(rq, "POST") && !strcmp(rq->path, "/files/upload/multipart")) {
    answer_cdn(rq, true);
    return true;
  }
  p = find_place(rq->path, &rest);
  if (!p)
    return false;
  if ((em_method(rq, "GET") || em_method(rq, "HEAD")) && !*rest) {
    answer_get(rq, p);
    return true;
  }
  answer_put(rq, p, rest);
  return true;
}
