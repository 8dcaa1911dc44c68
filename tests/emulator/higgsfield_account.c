/* What belongs to an account beside its requests: people of its own (custom
 * references), the lists of motions and styles, models and estimates. */
#include "higgsfield.h"

#include <stdio.h>
#include <string.h>

#define PEOPLE 32 /* the newest */

static struct person {
  uint64_t serial;
  char name[60];
  unsigned polls;
} people[PEOPLE];
static uint64_t n_people;

/* ---- people ------------------------------------------------------------- */

/* Their id tells the serial number. */
static void put_person(const struct person *p, struct em_buf *b)
{
  em_buf_printf(b, "{\"id\":\"c0ffee00-0000-4000-8000-%012llx\",\"name\":",
                (unsigned long long)p->serial);
  em_buf_json(b, p->name);
  em_buf_printf(b, ",\"status\":\"%s\"}",
                p->polls > 1   ? "completed"
                : p->polls > 0 ? "in_progress"
                               : "queued");
}

static struct person *find_person(const char *id)
{
  unsigned long long serial = 0;
  size_t i;

  if (sscanf(id, "c0ffee00-0000-4000-8000-%12llx", &serial) != 1)
    return NULL;
  for (i = 0; i < PEOPLE; i++)
    if (serial && people[i].serial == serial)
      return &people[i];
  return NULL;
}

static void create_person(struct em_request *rq)
{
  struct json_object *o = fal_parse_input(rq), *name, *images;
  struct person *p = &people[n_people % PEOPLE];

  if (!o)
    return;
  if (!json_object_object_get_ex(o, "name", &name) ||
      !json_object_is_type(name, json_type_string) ||
      !json_object_object_get_ex(o, "input_images", &images) ||
      !json_object_is_type(images, json_type_array) ||
      !json_object_array_length(images)) {
    em_reply_json(rq, 422,
                  "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\","
                  "\"input_images\"],\"msg\":\"Field required\"}]}");
  } else {
    *p = (struct person){ .serial = ++n_people };
    snprintf(p->name, sizeof(p->name), "%.59s", json_object_get_string(name));
    put_person(p, &rq->reply.body);
    rq->reply.status = 200;
  }
  json_object_put(o);
}

static int64_t number_of(const struct em_request *rq, const char *name,
                         int64_t otherwise)
{
  const char *text = em_query(rq, name);
  int64_t n;

  return text && em_parse_int(text, strlen(text), 1, 1000, &n) ? n : otherwise;
}

static void list_people(struct em_request *rq)
{
  int64_t page = number_of(rq, "page", 1),
          size = number_of(rq, "page_size", 20);
  int64_t total = (int64_t)(n_people < PEOPLE ? n_people : PEOPLE), i;
  struct em_buf *b = &rq->reply.body;

  em_buf_printf(b,
                "{\"total\":%lld,\"page\":%lld,\"page_size\":%lld,"
                "\"total_pages\":%lld,\"items\":[",
                (long long)total, (long long)page, (long long)size,
                (long long)((total + size - 1) / size));
  for (i = (page - 1) * size; i < total && i < page * size; i++) {
    em_buf_puts(b, i > (page - 1) * size ? "," : "");
    put_person(&people[i], b);
  }
  em_buf_puts(b, "]}");
  rq->reply.status = 200;
}

static void show_person(struct em_request *rq, const char *id)
{
  struct person *p = find_person(id);

  if (!p) {
    hf_detail(rq, 404, "Not found");
    return;
  }
  p->polls++;
  put_person(p, &rq->reply.body);
  rq->reply.status = 200;
}

/* ---- fixed lists -------------------------------------------------------- */

static const struct {
  const char *path, *body;
} lists[] = {
  { "/v1/motions",
    "[{\"id\":\"5d0eee15-569c-4006-a1c7-46d1c42d9315\",\"name\":\"Zoom In\","
    "\"description\":\"Camera moves in\",\"preview_url\":"
    "\"https://cdn.higgsfield.ai/m.webp\",\"start_end_frame\":true}]" },
  { "/v1/text2image/soul-styles",
    "[{\"id\":\"464ea177-8d40-4940-8d9d-b438bab269c7\",\"name\":\"Realistic\","
    "\"description\":\"\",\"preview_url\":"
    "\"https://cdn.higgsfield.ai/s.webp\"}]" },
  { "/models",
    "{\"items\":[{\"slug\":\"higgsfield-ai/soul/standard\",\"operation_type\":"
    "\"text2image\",\"output_type\":\"image\",\"base_credits\":1.0},{\"slug\":"
    "\"higgsfield-ai/dop/lite\",\"operation_type\":\"image2video\","
    "\"output_type\":\"video\",\"base_credits\":2.0},{\"slug\":"
    "\"higgsfield-ai/dop/turbo\",\"operation_type\":\"image2video\","
    "\"output_type\":\"video\",\"base_credits\":6.5},{\"slug\":"
    "\"higgsfield-ai/dop/standard\",\"operation_type\":\"image2video\","
    "\"output_type\":\"video\",\"base_credits\":9.0}]}" },
};

static const char *fixed_list(const char *path)
{
  size_t i;

  for (i = 0; i < EM_LEN(lists); i++)
    if (!strcmp(lists[i].path, path))
      return lists[i].body;
  return NULL;
}

/* The price before the submit; the same checks as the submit has. */
static void estimate(struct em_request *rq, const char *id)
{
  const struct hf_model *model = hf_model_find(id);
  struct json_object *input;
  double credits;

  if (!model || !model->first_party) {
    hf_detail(rq, 404, "model_not_found");
    return;
  }
  input = fal_parse_input(rq);
  credits = strstr(id, "dop/lite")       ? 2
            : strstr(id, "dop/turbo")    ? 6.5
            : strstr(id, "dop/standard") ? 9
                                         : 1;
  if (input && hf_check_input(rq, model, input))
    em_reply_json(rq, 200, "{\"credits\":%.1f,\"usd\":%.4f}", credits,
                  credits * 0.0625);
  json_object_put(input);
}

/* False: the path is none of these. */
bool hf_answer_account(struct em_request *rq)
{
  static const char own[] = "/v1/custom-references";
  bool get = em_method(rq, "GET"), post = em_method(rq, "POST");
  const char *path = rq->path, *fixed = get ? fixed_list(path) : NULL;
  bool people_path = em_starts(path, own);
  bool price = post && em_starts(path, "/estimate/");

  if (!fixed && !people_path && !price)
    return false;
  rq->phase = EM_OTHER;
  if (!hf_authorised(rq))
    return true;
  if (fixed)
    em_reply_json(rq, 200, "%s", fixed);
  else if (price)
    estimate(rq, path + strlen("/estimate/"));
  else if (post && !path[strlen(own)])
    create_person(rq);
  else if (get && !strcmp(path + strlen(own), "/list"))
    list_people(rq);
  else if (get && path[strlen(own)] == '/')
    show_person(rq, path + strlen(own) + 1);
  else
    hf_detail(rq, 405, "Method Not Allowed");
  return true;
}
