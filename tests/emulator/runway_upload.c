/* Runway's ephemeral uploads: the API hands out a form, the storage, a machine
 * of somebody else's that speaks XML, takes it once.  The storage is what
 * trips people over: no header of the API, every field as given and in that
 * order, the file last. */
#include "runway.h"

#include <stdio.h>
#include <string.h>

#define PLACES   256 /* of the newest uploads */
#define FILE_MIN 512

static struct place {
  uint64_t id;
  char name[128];
  bool stored;
} places[PLACES];
static uint64_t n_places;

static struct place *find_place(uint64_t id)
{
  size_t i;

  for (i = 0; id && i < PLACES; i++)
    if (places[i].id == id)
      return &places[i];
  return NULL;
}

bool runway_is_stored(const char *uri)
{
  unsigned long long id = 0;
  const struct place *p;

  if (sscanf(uri, "runway://%16llx", &id) != 1)
    return false;
  p = find_place(id);
  return p && p->stored;
}

static const char *media_type(const char *name)
{
  static const char *const types[][2] = {
    { ".png", "image/png" },   { ".jpg", "image/jpeg" },
    { ".jpeg", "image/jpeg" }, { ".webp", "image/webp" },
    { ".mp4", "video/mp4" },   { ".mov", "video/quicktime" },
    { ".webm", "video/webm" }, { ".mp3", "audio/mpeg" },
    { ".wav", "audio/wav" },   { ".flac", "audio/flac" },
    { ".m4a", "audio/mp4" },
  };
  const char *dot = strrchr(name, '.');
  size_t i;

  for (i = 0; dot && i < EM_LEN(types); i++)
    if (!strcasecmp(types[i][0], dot))
      return types[i][1];
  return NULL;
}

/* ---- the API's half ----------------------------------------------------- */

static const char *wanted_name(struct em_request *rq, struct json_object *input)
{
  struct json_object *name, *type;
  const char *s;

  if (!json_object_object_get_ex(input, "type", &type) ||
      strcmp(json_object_get_string(type), "ephemeral") != 0 ||
      json_object_object_length(input) != 2 ||
      !json_object_object_get_ex(input, "filename", &name) ||
      !json_object_is_type(name, json_type_string)) {
    em_reply_json(rq, 400,
                  "{\"error\":\"Validation of body failed\",\"issues\":[{"
                  "\"code\":\"invalid_type\",\"path\":[\"filename\"],"
                  "\"message\":\"Invalid input\"}]," RUNWAY_DOCS "}");
    return NULL;
  }
  s = json_object_get_string(name);
  if (strlen(s) < sizeof(places[0].name) && !strpbrk(s, "/\\\"") &&
      media_type(s))
    return s;
  em_reply_json(rq, 400,
                "{\"error\":\"Validation of body failed\",\"issues\":[{"
                "\"code\":\"custom\",\"path\":[\"filename\"],\"message\":"
                "\"Unsupported file extension\"}]," RUNWAY_DOCS "}");
  return NULL;
}

static void give_form(struct em_request *rq, const char *name)
{
  const struct em_server *sv = rq->server;
  struct place *p = &places[n_places % PLACES];
  unsigned long long id = em_mix(sv->jobs.salt ^ em_mix(++n_places)) | 1;
  struct em_buf *b = &rq->reply.body;

  p->id = id;
  p->stored = false;
  snprintf(p->name, sizeof(p->name), "%s", name);
  em_buf_puts(b, "{\"uploadUrl\":\"");
  em_put_origin(sv, RUNWAY_STORAGE, b);
  em_buf_printf(b,
                "/\",\"fields\":{\"key\":\"ephemeral/%016llx/%s\","
                "\"Content-Type\":\"%s\",\"policy\":\"cG9saWN5\","
                "\"x-amz-signature\":\"%016llx\"},\"runwayUri\":"
                "\"runway://%016llx\"}",
                id, name, media_type(name), id, id);
  rq->reply.status = 200;
}

void runway_answer_upload(struct em_request *rq)
{
  struct em_faults *f = &rq->server->faults;
  const struct em_fault *fault;
  struct json_object *input;
  const char *name;

  rq->phase = EM_UPLOAD;
  fault = em_fault_instead(f, NULL, EM_UPLOAD);
  if (fault) {
    runway_answer_fault(rq, fault);
    return;
  }
  input = runway_parse(rq);
  name = input ? wanted_name(rq, input) : NULL;
  if (name)
    give_form(rq, name);
  json_object_put(input);
  em_fault_wire(f, NULL, EM_UPLOAD, &rq->reply.wire);
}

/* ---- the storage's half ------------------------------------------------- */

static void refuse(struct em_request *rq, unsigned status, const char *code)
{
  char xml[160];

  snprintf(xml, sizeof(xml),
           "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code>"
           "<Message>The request was refused.</Message></Error>",
           code);
  em_reply_text(rq, status, "application/xml", xml);
}

/* A form as it is read: `at` moves from part to part. */
struct form {
  const char *at, *end;
  char mark[80]; /* "\r\n--boundary" */
  const char *head, *body, *next;
};

static const char *find(const char *at, const char *end, const char *what)
{
  size_t n = strlen(what);

  for (; at + n <= end; at++)
    if (!memcmp(at, what, n))
      return at;
  return NULL;
}

static bool begin_form(const struct em_request *rq, struct form *f)
{
  const char *type = em_header(rq, "Content-Type");
  const char *boundary = type ? strstr(type, "boundary=") : NULL;
  size_t n = boundary ? strcspn(boundary + 9, "; ") : 0;

  if (!n || n > 70 || !em_starts(type, "multipart/form-data") ||
      rq->body.len < n + 4)
    return false;
  snprintf(f->mark, sizeof(f->mark), "\r\n--%.*s", (int)n, boundary + 9);
  f->end = rq->body.data + rq->body.len;
  f->at = rq->body.data + n + 2;
  return !memcmp(rq->body.data, f->mark + 2, n + 2);
}

static bool next_part(struct form *f)
{
  if (f->at + 2 > f->end || !memcmp(f->at, "--", 2))
    return false;
  f->head = f->at;
  f->body = find(f->at, f->end, "\r\n\r\n");
  f->body = f->body ? f->body + 4 : NULL;
  f->next = f->body ? find(f->body, f->end, f->mark) : NULL;
  f->at = f->next ? f->next + strlen(f->mark) : f->end;
  return f->next != NULL;
}

static bool is_field(struct form *f, const char *name, const char *value)
{
  char want[64];

  snprintf(want, sizeof(want), "; name=\"%s\"", name);
  return next_part(f) && find(f->head, f->body, want) &&
         em_streq_n(value, f->body, (size_t)(f->next - f->body));
}

/* The fields of give_form(), in its order; NULL: all there. */
static const char *take_form(struct form *f, struct place **ret)
{
  unsigned long long id = 0;
  char text[160];

  if (!next_part(f) || !find(f->head, f->body, "; name=\"key\"") ||
      sscanf(f->body, "ephemeral/%16llx/", &id) != 1 || !find_place(id))
    return "AccessDenied";
  *ret = find_place(id);
  snprintf(text, sizeof(text), "ephemeral/%016llx/%s", id, (*ret)->name);
  if (!em_streq_n(text, f->body, (size_t)(f->next - f->body)))
    return "AccessDenied";
  snprintf(text, sizeof(text), "%016llx", id);
  if (!is_field(f, "Content-Type", media_type((*ret)->name)) ||
      !is_field(f, "policy", "cG9saWN5") ||
      !is_field(f, "x-amz-signature", text))
    return "SignatureDoesNotMatch";
  if (!next_part(f) || !find(f->head, f->body, "; name=\"file\"") ||
      !find(f->head, f->body, "filename=\""))
    return "MalformedPOSTRequest";
  if (f->next - f->body < FILE_MIN)
    return "EntityTooSmall";
  return next_part(f) ? "MalformedPOSTRequest" : NULL;
}

void runway_answer_storage(struct em_request *rq)
{
  struct place *place = NULL;
  struct form form = { 0 };
  const char *wrong;

  rq->phase = EM_UPLOAD;
  if (em_header(rq, "Authorization") || em_header(rq, "X-Runway-Version")) {
    rq->server->stats.credentials_leaked++;
    refuse(rq, 400, "InvalidArgument");
  } else if (!em_method(rq, "POST")) {
    refuse(rq, 405, "MethodNotAllowed");
  } else if (!begin_form(rq, &form)) {
    refuse(rq, 412, "PreconditionFailed");
  } else if ((wrong = take_form(&form, &place))) {
    refuse(rq, strcmp(wrong, "EntityTooSmall") ? 403 : 400, wrong);
  } else if (place->stored) {
    refuse(rq, 403, "AccessDenied");
  } else {
    place->stored = true;
    em_reply_text(rq, 204, "application/xml", "");
  }
}
