/* POST /embeddings: one vector for each text of `input`. */
#include "embed.h"
#include "openai.h"

#include <stdlib.h>
#include <string.h>

#define MOST_TEXTS 2048

static const struct model {
  const char *id;
  int64_t dimensions;
  bool shortens;
} models[] = {
  { "text-embedding-3-small", 1536, true },
  { "text-embedding-3-large", 3072, true },
  { "text-embedding-ada-002", 1536, false },
};

struct ask {
  const struct model *model;
  struct json_object *texts; /* an array, or one text */
  int64_t dimensions;
  bool base64;
};

static struct json_object *member(struct json_object *o, const char *name)
{
  struct json_object *v;

  return json_object_object_get_ex(o, name, &v) ? v : NULL;
}

static bool refuse(struct em_request *rq, const char *param, const char *code,
                   const char *sentence)
{
  openai_error(rq, 400, "invalid_request_error", param, code, "%s", sentence);
  return false;
}

static bool names_known(struct em_request *rq, struct json_object *o)
{
  struct json_object_iter it;

  json_object_object_foreachC(o, it)
  {
    if (strcmp(it.key, "model") && strcmp(it.key, "input") &&
        strcmp(it.key, "dimensions") && strcmp(it.key, "encoding_format") &&
        strcmp(it.key, "user"))
      return refuse(rq, it.key, "unknown_parameter", "Unknown parameter.");
  }
  return true;
}

static bool read_model(struct em_request *rq, struct json_object *o,
                       struct ask *a)
{
  struct json_object *v = member(o, "model");
  const char *id = v ? json_object_get_string(v) : NULL;
  size_t i;

  if (!id)
    return refuse(rq, "model", "missing_required_parameter",
                  "you must provide a model parameter");
  if (openai_is_compatible(rq))
    a->model = &models[2];
  for (i = 0; i < EM_LEN(models) && !a->model; i++)
    if (!strcmp(models[i].id, id))
      a->model = &models[i];
  if (a->model)
    return true;
  openai_error(rq, 404, "invalid_request_error", NULL, "model_not_found",
               "The model `%.80s` does not exist or you do not have access to "
               "it.",
               id);
  return false;
}

static bool read_texts(struct em_request *rq, struct json_object *o,
                       struct ask *a)
{
  size_t i, n;

  a->texts = member(o, "input");
  if (json_object_is_type(a->texts, json_type_string))
    return json_object_get_string_len(a->texts) > 0 ||
           refuse(rq, "input", NULL, "'$.input' is invalid.");
  n = json_object_is_type(a->texts, json_type_array)
        ? json_object_array_length(a->texts)
        : 0;
  for (i = 0; i < n; i++) {
    struct json_object *one = json_object_array_get_idx(a->texts, i);

    if (!json_object_is_type(one, json_type_string) ||
        json_object_get_string_len(one) == 0)
      n = 0;
  }
  return (n > 0 && n <= MOST_TEXTS) ||
         refuse(rq, "input", NULL, "'$.input' is invalid.");
}

static bool read_form(struct em_request *rq, struct json_object *o,
                      struct ask *a)
{
  struct json_object *n = member(o, "dimensions");
  struct json_object *format = member(o, "encoding_format");
  const char *word = format ? json_object_get_string(format) : "float";

  a->dimensions = a->model->dimensions;
  if (n && !a->model->shortens)
    return refuse(rq, "dimensions", NULL,
                  "This model does not support specifying dimensions.");
  if (n)
    a->dimensions =
      json_object_is_type(n, json_type_int) ? json_object_get_int64(n) : 0;
  if (a->dimensions < 1 || a->dimensions > a->model->dimensions)
    return refuse(rq, "dimensions", "invalid_value",
                  "Invalid value for 'dimensions'.");
  a->base64 = !strcmp(word, "base64");
  return a->base64 || !strcmp(word, "float") ||
         refuse(rq, "encoding_format", "invalid_value",
                "Invalid value for 'encoding_format'.");
}

static struct json_object *text_at(const struct ask *a, size_t i)
{
  return json_object_is_type(a->texts, json_type_array)
           ? json_object_array_get_idx(a->texts, i)
           : a->texts;
}

static void put_vector(const struct ask *a, const char *text,
                       struct em_buf *out)
{
  size_t i, n = (size_t)a->dimensions;
  float *v = em_alloc(n * sizeof(*v));
  unsigned char *bytes = em_alloc(4 * n);
  uint32_t bits;

  em_embed(text, v, n);
  if (!a->base64) {
    em_embed_put(v, n, out);
  } else {
    for (i = 0; i < n; i++) {
      memcpy(&bits, &v[i], sizeof(bits));
      bytes[4 * i] = (unsigned char)bits;
      bytes[4 * i + 1] = (unsigned char)(bits >> 8);
      bytes[4 * i + 2] = (unsigned char)(bits >> 16);
      bytes[4 * i + 3] = (unsigned char)(bits >> 24);
    }
    em_buf_putc(out, '"');
    em_buf_base64(out, bytes, 4 * n);
    em_buf_putc(out, '"');
  }
  free(bytes);
  free(v);
}

static void answer(struct em_request *rq, const struct ask *a)
{
  struct em_buf *b = &rq->reply.body;
  size_t i, n = json_object_is_type(a->texts, json_type_array)
                  ? json_object_array_length(a->texts)
                  : 1;
  unsigned tokens = 0;

  em_buf_puts(b, "{\"object\":\"list\",\"data\":[");
  for (i = 0; i < n; i++) {
    const char *text = json_object_get_string(text_at(a, i));

    em_buf_printf(b,
                  "%s{\"object\":\"embedding\",\"index\":%zu,"
                  "\"embedding\":",
                  i ? "," : "", i);
    put_vector(a, text, b);
    em_buf_putc(b, '}');
    tokens += em_embed_tokens(text);
  }
  em_buf_printf(b,
                "],\"model\":\"%s\",\"usage\":{\"prompt_tokens\":%u,"
                "\"total_tokens\":%u}}",
                a->model->id, tokens, tokens);
  rq->reply.status = 200;
}

void openai_embeddings(struct em_request *rq)
{
  struct json_object *o =
    rq->body.data ? json_tokener_parse(rq->body.data) : NULL;
  const struct em_fault *fault;
  struct ask a = { 0 };

  if (!json_object_is_type(o, json_type_object)) {
    refuse(rq, NULL, NULL, "We could not parse the JSON body of your request.");
  } else if (names_known(rq, o) && read_model(rq, o, &a) &&
             read_texts(rq, o, &a) && read_form(rq, o, &a)) {
    fault = em_embed_fault(rq, json_object_get_string(text_at(&a, 0)));
    if (fault)
      openai_fault(rq, fault);
    else
      answer(rq, &a);
  }
  json_object_put(o);
}
