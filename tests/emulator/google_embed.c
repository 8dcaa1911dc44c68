/* Texts as vectors: batchEmbedContents and embedContent of the Gemini API, and
 * predict of Vertex for models that embed. */
#include "embed.h"
#include "google.h"

#include <stdlib.h>
#include <string.h>

#define PRESET 3072
#define MOST   250

static bool wrong(struct em_request *rq, const char *sentence)
{
  google_error(rq, 400, NULL, "%s", sentence);
  return false;
}

static bool one_of_words(const char *word, const char *words)
{
  const char *at = strstr(words, word);

  return at && at > words && at[-1] == ' ' && at[strlen(word)] == ' ';
}

static bool names_known(struct em_request *rq, struct json_object *o,
                        const char *known)
{
  struct json_object_iter it;

  json_object_object_foreachC(o, it)
  {
    if (!one_of_words(it.key, known)) {
      google_error(rq, 400, NULL,
                   "Invalid JSON payload received. Unknown name \"%s\": "
                   "Cannot find field.",
                   it.key);
      return false;
    }
  }
  return true;
}

static bool task_known(struct em_request *rq, const char *task)
{
  return !task ||
         one_of_words(task, " RETRIEVAL_QUERY RETRIEVAL_DOCUMENT "
                            "SEMANTIC_SIMILARITY CLASSIFICATION CLUSTERING "
                            "QUESTION_ANSWERING FACT_VERIFICATION "
                            "CODE_RETRIEVAL_QUERY ") ||
         wrong(rq, "Invalid value at 'task_type'.");
}

static int64_t dimensions_of(struct json_object *o, const char *path)
{
  struct json_object *n = google_at(o, path);

  if (!n)
    return PRESET;
  return json_object_is_type(n, json_type_int) ? json_object_get_int64(n) : 0;
}

static bool dimensions_ok(struct em_request *rq, int64_t n)
{
  return (n > 0 && n <= PRESET) ||
         wrong(rq, "output_dimensionality must be between 1 and 3072.");
}

static void put(const char *text, int64_t dimensions, struct em_buf *out)
{
  float *v = em_alloc((size_t)dimensions * sizeof(*v));

  em_embed(text, v, (size_t)dimensions);
  em_buf_puts(out, "\"values\":");
  em_embed_put(v, (size_t)dimensions, out);
  free(v);
}

/* What stands before any work; the faults are those of the first text. */
static bool may_work(struct em_request *rq, const char *text)
{
  const struct em_fault *fault = em_embed_fault(rq, text);

  if (fault)
    google_fault(rq, fault);
  return !fault;
}

/* ---- the Gemini API ----------------------------------------------------- */

static bool check_content(struct em_request *rq, const char *model,
                          struct json_object *o, bool batch)
{
  const char *name = google_text(o, "model");
  const char *text = google_text(o, "content/parts/0/text");

  if (!names_known(rq, o,
                   " model content taskType title "
                   "outputDimensionality ") ||
      !task_known(rq, google_text(o, "taskType")) ||
      !dimensions_ok(rq, dimensions_of(o, "outputDimensionality")))
    return false;
  if (batch && (!name || !em_starts(name, "models/") ||
                strcmp(name + strlen("models/"), model)))
    return wrong(rq, "The model of a request must be that of the URL.");
  return (text && *text) || wrong(rq, "Content contains no text.");
}

static void put_content(struct json_object *o, struct em_buf *out)
{
  em_buf_putc(out, '{');
  put(google_text(o, "content/parts/0/text"),
      dimensions_of(o, "outputDimensionality"), out);
  em_buf_putc(out, '}');
}

static void batch(struct em_request *rq, const char *model,
                  struct json_object *body)
{
  struct json_object *list = google_at(body, "requests");
  struct em_buf *b = &rq->reply.body;
  size_t i, n = json_object_is_type(list, json_type_array)
                  ? json_object_array_length(list)
                  : 0;

  if (!names_known(rq, body, " requests "))
    return;
  if (n == 0 || n > MOST) {
    wrong(rq, "at least one and at most 100 requests can be in one batch");
    return;
  }
  for (i = 0; i < n; i++)
    if (!check_content(rq, model, json_object_array_get_idx(list, i), true))
      return;
  if (!may_work(rq, google_text(list, "0/content/parts/0/text")))
    return;
  em_buf_puts(b, "{\"embeddings\":[");
  for (i = 0; i < n; i++) {
    em_buf_puts(b, i ? "," : "");
    put_content(json_object_array_get_idx(list, i), b);
  }
  em_buf_puts(b, "]}");
  rq->reply.status = 200;
}

static void one(struct em_request *rq, const char *model,
                struct json_object *body)
{
  if (!check_content(rq, model, body, false) ||
      !may_work(rq, google_text(body, "content/parts/0/text")))
    return;
  em_buf_puts(&rq->reply.body, "{\"embedding\":");
  put_content(body, &rq->reply.body);
  em_buf_puts(&rq->reply.body, "}");
  rq->reply.status = 200;
}

/* ---- Vertex ------------------------------------------------------------- */

static bool check_instances(struct em_request *rq, const char *model,
                            struct json_object *list, size_t n)
{
  size_t i;

  if (n == 0 || n > MOST)
    return wrong(rq, "1 to 250 instances are allowed per prediction.");
  if (n > 1 && em_starts(model, "gemini-"))
    return wrong(rq, "This model takes one instance per prediction.");
  for (i = 0; i < n; i++) {
    struct json_object *o = json_object_array_get_idx(list, i);
    const char *text = google_text(o, "content");

    if (!names_known(rq, o, " content task_type title ") ||
        !task_known(rq, google_text(o, "task_type")))
      return false;
    if (!text || !*text)
      return wrong(rq, "The text content is empty.");
  }
  return true;
}

static void predict(struct em_request *rq, const char *model,
                    struct json_object *body)
{
  struct json_object *list = google_at(body, "instances");
  int64_t dimensions = dimensions_of(body, "parameters/outputDimensionality");
  struct em_buf *b = &rq->reply.body;
  size_t i, letters = 0;
  size_t n = json_object_is_type(list, json_type_array)
               ? json_object_array_length(list)
               : 0;

  if (!names_known(rq, body, " instances parameters ") ||
      !check_instances(rq, model, list, n) || !dimensions_ok(rq, dimensions) ||
      !may_work(rq, google_text(list, "0/content")))
    return;
  em_buf_puts(b, "{\"predictions\":[");
  for (i = 0; i < n; i++) {
    const char *text =
      google_text(json_object_array_get_idx(list, i), "content");

    em_buf_puts(b, i ? ",{\"embeddings\":{" : "{\"embeddings\":{");
    put(text, dimensions, b);
    em_buf_printf(b,
                  ",\"statistics\":{\"truncated\":false,\"token_count\":%u}"
                  "}}",
                  em_embed_tokens(text));
    letters += strlen(text);
  }
  em_buf_printf(b, "],\"metadata\":{\"billableCharacterCount\":%zu}}", letters);
  rq->reply.status = 200;
}

bool google_embeds(struct em_request *rq, const char *model, const char *method,
                   struct json_object *body)
{
  bool studio = google_is_studio(rq);

  if (studio && strcmp(method, "batchEmbedContents") == 0)
    batch(rq, model, body);
  else if (studio && strcmp(method, "embedContent") == 0)
    one(rq, model, body);
  else if (!studio && strcmp(method, "predict") == 0 &&
           strstr(model, "embedding"))
    predict(rq, model, body);
  else
    return false;
  return true;
}
