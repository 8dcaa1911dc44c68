/* Pictures: generateContent, at once or in events, and Imagen's predict. */
#include "google.h"

#include "fal.h"

#include <string.h>

void google_put_bytes(struct em_server *sv, const struct em_job *job,
                      unsigned index, struct em_buf *out)
{
  struct em_blob *file = em_file_bytes(sv, job, index);

  em_buf_base64(out, file->bytes, file->len);
  em_blob_unref(file);
}

/* ---- the picture's shape ------------------------------------------------ */

static void set_size(const struct em_options *o, const char *ratio,
                     const char *size, struct em_job *job)
{
  static const struct {
    const char *ratio;
    uint16_t width, height;
  } rows[] = {
    { "1:1", 1024, 1024 }, { "2:3", 848, 1264 },  { "3:2", 1264, 848 },
    { "3:4", 896, 1200 },  { "4:3", 1200, 896 },  { "4:5", 928, 1152 },
    { "5:4", 1152, 928 },  { "9:16", 768, 1376 }, { "16:9", 1376, 768 },
    { "21:9", 1584, 672 }, { "1:4", 512, 2048 },  { "4:1", 2048, 512 },
    { "1:8", 352, 2816 },  { "8:1", 2816, 352 },
  };
  uint32_t times = *size == '2' ? 2 : *size == '4' ? 4 : 1;
  size_t i;

  job->width = job->height = 1024 * times;
  for (i = 0; i < EM_LEN(rows); i++)
    if (strcmp(rows[i].ratio, ratio) == 0) {
      job->width = rows[i].width * times;
      job->height = rows[i].height * times;
    }
  if (strcmp(size, "512") == 0) {
    job->width /= 2;
    job->height /= 2;
  }
  if (o->width) {
    job->width = o->width;
    job->height = o->height;
  }
}

/* ---- generateContent ---------------------------------------------------- */

/* The last text of the last content: the instruction; counts the pictures. */
static const char *prompt_of(struct json_object *body, uint32_t *ret_pictures)
{
  struct json_object *contents = google_at(body, "contents");
  struct json_object *parts = google_at(
    json_object_array_get_idx(contents, json_object_array_length(contents) - 1),
    "parts");
  const char *text = "";
  size_t i, n = json_object_is_type(parts, json_type_array)
                  ? json_object_array_length(parts)
                  : 0;

  for (i = 0; i < n; i++) {
    struct json_object *part = json_object_array_get_idx(parts, i);

    if (*google_text(part, "text"))
      text = google_text(part, "text");
    *ret_pictures +=
      google_at(part, "inlineData") || google_at(part, "fileData");
  }
  return text;
}

/* A picture in the request is 258 tokens, one in the answer 1120. */
static void put_usage(const struct em_job *job, struct em_buf *b)
{
  unsigned text = (unsigned)strlen(job->prompt) / 4 + 1;
  unsigned pictures = 258 * job->polls, in = text + pictures;
  unsigned thoughts = job->inline_data ? 180 : 0;

  em_buf_printf(b,
                "\"usageMetadata\":{\"promptTokenCount\":%u,"
                "\"candidatesTokenCount\":1120,\"totalTokenCount\":%u,"
                "\"promptTokensDetails\":[{\"modality\":\"TEXT\","
                "\"tokenCount\":%u}",
                in, in + 1120 + thoughts, text);
  if (pictures)
    em_buf_printf(b, ",{\"modality\":\"IMAGE\",\"tokenCount\":%u}", pictures);
  em_buf_puts(b, "],\"candidatesTokensDetails\":[{\"modality\":\"IMAGE\","
                 "\"tokenCount\":1120}]");
  if (thoughts)
    em_buf_printf(b, ",\"thoughtsTokenCount\":%u", thoughts);
  em_buf_puts(b, "}");
}

static void put_tail(const struct em_job *job, struct em_buf *b)
{
  em_buf_puts(b, ",\"modelVersion\":");
  em_buf_json(b, job->endpoint);
  em_buf_puts(b, ",\"responseId\":\"");
  google_put_id(job, b);
  em_buf_puts(b, "\"}");
}

static void put_picture(struct em_server *sv, const struct em_job *job,
                        struct em_buf *b)
{
  em_buf_printf(b, "{\"inlineData\":{\"mimeType\":\"%s\",\"data\":\"",
                em_media_type(job->media));
  google_put_bytes(sv, job, 0, b);
  em_buf_puts(b, "\"},\"thoughtSignature\":\"ZW11bGF0ZWQ=\"}");
}

/* How the model got there, a draft among it; when it was asked for. */
static void put_thoughts(struct em_server *sv, const struct em_job *job,
                         struct em_buf *b)
{
  struct em_job draft = *job;

  if (!job->inline_data)
    return;
  draft.look = em_mix(job->look);
  em_buf_printf(b,
                "{\"text\":\"**Planning**\",\"thought\":true},{\"inlineData\":"
                "{\"mimeType\":\"%s\",\"data\":\"",
                em_media_type(job->media));
  google_put_bytes(sv, &draft, 0, b);
  em_buf_puts(b, "\"},\"thought\":true},");
}

/* What comes instead of a picture; false: nothing does. */
static bool put_refusal(struct em_server *sv, struct em_job *job,
                        struct em_buf *b)
{
  struct em_faults *f = &sv->faults;

  if (em_fault_take(f, job->faults, EM_RESULT, EM_F_BLOCKED))
    em_buf_puts(b, "{\"promptFeedback\":{\"blockReason\":"
                   "\"PROHIBITED_CONTENT\"},");
  else if (em_fault_take(f, job->faults, EM_RESULT, EM_F_NSFW))
    em_buf_puts(b, "{\"candidates\":[{\"finishReason\":\"IMAGE_SAFETY\","
                   "\"finishMessage\":\"Unable to show the generated image.\","
                   "\"index\":0}],");
  else if (em_fault_take(f, job->faults, EM_RESULT, EM_F_NOMEDIA))
    em_buf_puts(b,
                "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":"
                "[{\"text\":\"I can't create that image.\"}]},"
                "\"finishReason\":\"STOP\",\"index\":0}],");
  else if (em_fault_take(f, job->faults, EM_RESULT, EM_F_EMPTY))
    em_buf_puts(b, "{");
  else
    return false;
  return true;
}

static void put_response(struct em_server *sv, struct em_job *job,
                         struct em_buf *b)
{
  if (!put_refusal(sv, job, b)) {
    em_buf_puts(b, "{\"candidates\":[{\"content\":{\"role\":\"model\","
                   "\"parts\":[");
    put_thoughts(sv, job, b);
    em_buf_puts(b, "{\"text\":\"Here it is.\"},");
    put_picture(sv, job, b);
    em_buf_puts(b, "]},\"finishReason\":\"STOP\",\"index\":0}],");
  }
  put_usage(job, b);
  put_tail(job, b);
}

/* A draft, for who wants to see the model think. */
static void put_thought(struct em_server *sv, struct em_job *job,
                        struct em_buf *b)
{
  em_buf_printf(b,
                "data: {\"candidates\":[{\"content\":{\"role\":\"model\","
                "\"parts\":[{\"text\":\"**Planning**\",\"thought\":true},"
                "{\"inlineData\":{\"mimeType\":\"%s\",\"data\":\"",
                em_media_type(job->media));
  google_put_bytes(sv, job, 0, b);
  em_buf_puts(b, "\"},\"thought\":true}]},\"index\":0}]");
  put_tail(job, b);
  em_buf_puts(b, "\r\n\r\n");
}

/* Words, the picture, the end: an event each, ended as Google does. */
static void put_events(struct em_server *sv, struct em_job *job, bool thoughts,
                       struct em_buf *b)
{
  if (thoughts)
    put_thought(sv, job, b);
  em_buf_puts(b, "data: ");
  if (put_refusal(sv, job, b)) {
    put_usage(job, b);
    put_tail(job, b);
    em_buf_puts(b, "\r\n\r\n");
    return;
  }
  em_buf_puts(b, "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":"
                 "[{\"text\":\"Sure.\"}]},\"index\":0}]");
  put_tail(job, b);
  if (em_fault_take(&sv->faults, job->faults, EM_RESULT, EM_F_FAIL)) {
    em_buf_puts(b, "\r\n\r\ndata: {\"error\":{\"code\":503,\"message\":"
                   "\"The model is overloaded. Please try again later.\","
                   "\"status\":\"UNAVAILABLE\"}}\r\n\r\n");
    return;
  }
  em_buf_puts(b, "\r\n\r\ndata: {\"candidates\":[{\"content\":{\"role\":"
                 "\"model\",\"parts\":[");
  put_picture(sv, job, b);
  em_buf_puts(b, "]},\"index\":0}]");
  put_tail(job, b);
  em_buf_puts(b, "\r\n\r\ndata: {\"candidates\":[{\"content\":{\"role\":"
                 "\"model\",\"parts\":[{\"text\":\"\"}]},\"finishReason\":"
                 "\"STOP\",\"index\":0}],");
  put_usage(job, b);
  put_tail(job, b);
  em_buf_puts(b, "\r\n\r\n");
}

void google_generate(struct em_request *rq, const char *model,
                     struct json_object *body, bool stream)
{
  struct em_server *sv = rq->server;
  uint32_t pictures = 0;
  struct em_job *job;

  rq->phase = EM_RUN;
  job = google_accept(rq, "content", model, prompt_of(body, &pictures));
  if (!job)
    return;
  if (!stream &&
      em_fault_take(&sv->faults, job->faults, EM_RESULT, EM_F_FAIL)) {
    google_error(rq, 500, NULL, "An internal error has occurred.");
    return;
  }
  job->polls = pictures;
  set_size(sv->options,
           google_text(body, "generationConfig/imageConfig/aspectRatio"),
           google_text(body, "generationConfig/imageConfig/imageSize"), job);
  if (strcmp(google_text(body, "generationConfig/imageConfig/"
                               "imageOutputOptions/mimeType"),
             "image/jpeg") == 0)
    job->media = EM_JPEG;
  job->results++;
  rq->reply.status = 200;
  if (!sv->options->polls)
    rq->reply.wire.delay_ms += sv->options->latency_ms;
  job->inline_data = json_object_get_boolean(
    google_at(body, "generationConfig/thinkingConfig/includeThoughts"));
  if (stream && em_query(rq, "alt") && !strcmp(em_query(rq, "alt"), "sse")) {
    rq->reply.content_type = "text/event-stream";
    put_events(sv, job, job->inline_data, &rq->reply.body);
  } else if (stream) { /* one JSON array */
    em_buf_puts(&rq->reply.body, "[");
    put_response(sv, job, &rq->reply.body);
    em_buf_puts(&rq->reply.body, "]");
  } else {
    put_response(sv, job, &rq->reply.body);
  }
}

/* ---- predict ------------------------------------------------------------ */

#define REASON                                                                 \
  "Unable to show generated images. All images were filtered out because "     \
  "they violated Vertex AI's usage guidelines. Support codes: 56562880"

static void put_prediction(struct em_server *sv, const struct em_job *job,
                           unsigned i, struct em_buf *b)
{
  em_buf_printf(b, "{\"mimeType\":\"%s\",", em_media_type(job->media));
  if (job->words) {
    em_buf_puts(b, "\"gcsUri\":\"");
    google_put_gs(job, i, b);
  } else {
    em_buf_puts(b, "\"bytesBase64Encoded\":\"");
    google_put_bytes(sv, job, i, b);
  }
  em_buf_puts(b, "\"}");
}

/* An entry that is no picture, behind all others, when it was asked for. */
static void put_attributes(const struct em_job *job, bool any, struct em_buf *b)
{
  if (job->inline_data)
    em_buf_printf(b,
                  "%s{\"contentType\":\"Positive Prompt\","
                  "\"safetyAttributes\":{\"categories\":[\"Violence\"],"
                  "\"scores\":[0.1]}}",
                  any ? "," : "");
}

static void put_predictions(struct em_server *sv, struct em_job *job,
                            bool reasons, struct em_buf *b)
{
  struct em_faults *f = &sv->faults;
  const struct em_fault *flagged =
    em_fault_take(f, job->faults, EM_RESULT, EM_F_NSFW);
  unsigned i, n = 0;

  em_buf_puts(b, "{\"predictions\":[");
  for (i = 0; i < job->n_outputs; i++) {
    bool withheld = flagged && (flagged->arg < 0 || flagged->arg == (int64_t)i);

    if (withheld && !reasons)
      continue; /* without a word */
    em_buf_puts(b, n++ ? "," : "");
    if (withheld) {
      em_buf_puts(b, "{\"raiFilteredReason\":\"" REASON "\"}");
      continue;
    }
    put_prediction(sv, job, i, b);
  }
  put_attributes(job, n > 0, b);
  em_buf_puts(b, "]}");
}

/* An upscaled picture has twice or four times the sides of the given PNG. */
static void scale_up(const struct em_options *o, struct json_object *body,
                     struct em_job *job)
{
  const char *factor = google_text(body, "parameters/upscaleConfig/"
                                         "upscaleFactor");
  const char *data = google_text(body, "instances/0/image/bytesBase64Encoded");
  uint32_t w, h;

  if (!*factor || o->width || !google_png_size(data, &w, &h))
    return;
  job->width = w * (factor[1] == '4' ? 4 : 2);
  job->height = h * (factor[1] == '4' ? 4 : 2);
}

void google_predict(struct em_request *rq, const char *model,
                    struct json_object *body)
{
  struct em_server *sv = rq->server;
  int64_t n = json_object_get_int64(google_at(body, "parameters/sampleCount"));
  struct json_object *reasons = google_at(body, "parameters/includeRaiReason");
  struct em_job *job;

  rq->phase = EM_RUN;
  job = google_accept(rq, "prediction", model,
                      google_text(body, "instances/0/prompt"));
  if (!job)
    return;
  if (em_fault_take(&sv->faults, job->faults, EM_RESULT, EM_F_BLOCKED)) {
    google_error(rq, 400, NULL,
                 "Image generation failed with the following error: The prompt "
                 "could not be submitted. This prompt contains sensitive words "
                 "that violate Google's Responsible AI practices. Support "
                 "codes: 42876398");
    return;
  }
  job->n_outputs = (uint8_t)(n > 0 ? n : 4);
  set_size(sv->options, google_text(body, "parameters/aspectRatio"),
           google_text(body, "parameters/sampleImageSize"), job);
  scale_up(sv->options, body, job);
  if (*google_text(body, "parameters/storageUri"))
    job->words = em_strdup(google_text(body, "parameters/storageUri"));
  job->inline_data = json_object_get_boolean(
    google_at(body, "parameters/includeSafetyAttributes"));
  if (strcmp(google_text(body, "parameters/outputOptions/mimeType"),
             "image/jpeg") == 0)
    job->media = EM_JPEG;
  job->results++;
  rq->reply.status = 200;
  if (!sv->options->polls)
    rq->reply.wire.delay_ms += sv->options->latency_ms;
  if (em_fault_take(&sv->faults, job->faults, EM_RESULT, EM_F_EMPTY))
    em_buf_puts(&rq->reply.body, "{}");
  else
    put_predictions(sv, job, reasons && json_object_get_boolean(reasons),
                    &rq->reply.body);
}
