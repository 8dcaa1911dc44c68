/* Videos: create, poll, fetch, list, delete, remix, edit, extend.  OpenAI has
 * announced their end; what is played here is the service as it was, which is
 * what gateways still are. */
#include "openai.h"

#include "fal.h"

#include <stdlib.h>
#include <string.h>

static bool not_found(struct em_request *rq, const char *id, size_t len)
{
  openai_error(rq, 404, "invalid_request_error", NULL, "not_found",
               "Video with id '%.*s' not found.", (int)(len < 80 ? len : 80),
               id);
  return false;
}

static const char *state_of(struct em_request *rq, struct em_job *job)
{
  struct em_server *sv = rq->server;
  struct em_faults *f = &sv->faults;
  enum em_job_state state = em_job_state(job, sv->options, em_now_ms(sv));

  if (em_fault_take(f, job->faults, EM_STATUS, EM_F_STRANGE))
    return "exploded";
  if (em_fault_take(f, job->faults, EM_STATUS, EM_F_NEVER))
    return "in_progress";
  if (state != EM_COMPLETED)
    return state == EM_QUEUED ? "queued" : "in_progress";
  job->results++;
  if (!job->failed && em_fault_take(f, job->faults, EM_RESULT, EM_F_BLOCKED)) {
    job->failed = true;
    job->black = 1;
  }
  job->failed = job->failed ||
                em_fault_take(f, job->faults, EM_RESULT, EM_F_FAIL) ||
                em_fault_take(f, job->faults, EM_RESULT, EM_F_FAIL_LATE);
  return job->failed ? "failed" : "completed";
}

/* `black`: the moderation did it. */
static void put_failure(const struct em_job *job, struct em_buf *b)
{
  if (job->black)
    em_buf_puts(b, "{\"code\":\"moderation_blocked\",\"message\":\"Your "
                   "request was blocked by our moderation system.\"}");
  else
    em_buf_puts(b, "{\"code\":\"server_error\",\"message\":\"Video generation "
                   "failed due to an internal error.\"}");
}

static void put_video(struct em_request *rq, struct em_job *job,
                      const char *state, struct em_buf *b)
{
  struct em_server *sv = rq->server;
  unsigned permille = em_job_permille(job, sv->options, em_now_ms(sv));

  em_buf_puts(b, "{\"id\":\"");
  openai_put_id(job, "video_", b);
  em_buf_puts(b, "\",\"object\":\"video\",\"model\":");
  em_buf_json(b, job->endpoint);
  em_buf_printf(b, ",\"status\":\"%s\",\"progress\":%u,\"created_at\":%lld,",
                state, permille / 10, (long long)(job->submitted_us / 1000000));
  em_buf_puts(b, "\"completed_at\":null,\"expires_at\":null,\"prompt\":");
  em_buf_json(b, job->prompt);
  em_buf_printf(b,
                ",\"size\":\"%ux%u\",\"seconds\":\"%u\",\"error\":", job->width,
                job->height, job->duration_ms / 1000);
  if (!strcmp(state, "failed"))
    put_failure(job, b);
  else
    em_buf_puts(b, "null");
  em_buf_puts(b, ",\"remixed_from_video_id\":");
  if (job->error)
    em_buf_json(b, job->error);
  else
    em_buf_puts(b, "null");
  em_buf_putc(b, '}');
}

/* Making */

/* Pixels of a PNG, from its head. */
static bool png_size(const struct openai_file *file, uint32_t *w, uint32_t *h)
{
  const unsigned char *p = file->bytes;

  if (file->len < 24 || memcmp(p, "\x89PNG", 4) != 0)
    return false;
  *w = (uint32_t)p[16] << 24 | (uint32_t)p[17] << 16 | (uint32_t)p[18] << 8 |
       p[19];
  *h = (uint32_t)p[20] << 24 | (uint32_t)p[21] << 16 | (uint32_t)p[22] << 8 |
       p[23];
  return true;
}

static bool frame_fits(struct em_request *rq, const struct openai_input *in)
{
  const struct openai_file *file = openai_file(in, "input_reference");
  const char *size = openai_text(in, "size");
  uint32_t w = 720, h = 1280, fw, fh;

  if (size && !em_parse_size(size, &w, &h)) {
    openai_error(rq, 400, "invalid_request_error", "size", "invalid_value",
                 "Invalid value: '%.40s'.", size);
    return false;
  }
  if (!file || !png_size(file, &fw, &fh) || (w == fw && h == fh))
    return true;
  openai_error(rq, 400, "invalid_request_error", NULL, NULL,
               "Inpaint image must match the requested width and height");
  return false;
}

static void shape(struct em_request *rq, const struct openai_input *in,
                  const struct em_job *from, struct em_job *job)
{
  const struct em_options *o = rq->server->options;
  const char *size = openai_text(in, "size");
  int64_t seconds = openai_number(in, "seconds", from ? 0 : 4);

  job->media = EM_MP4;
  job->width = from ? from->width : 720;
  job->height = from ? from->height : 1280;
  if (size)
    em_parse_size(size, &job->width, &job->height);
  if (o->width) {
    job->width = o->width;
    job->height = o->height;
  }
  job->duration_ms = (from ? from->duration_ms : 0) + (uint32_t)seconds * 1000;
}

static void make(struct em_request *rq, const struct openai_input *in,
                 const struct em_job *from, const char *from_id)
{
  struct em_job *job = openai_accept(rq, in, "video");

  if (!job)
    return;
  if (from) {
    free(job->endpoint);
    job->endpoint = em_strdup(from->endpoint);
  }
  if (from_id) /* a remix names what it was made from */
    job->error = em_strdup(from_id);
  shape(rq, in, from, job);
  put_video(rq, job, "queued", &rq->reply.body);
  rq->reply.status = 200;
}

static void create(struct em_request *rq)
{
  static const char *const fields[] = {
    "prompt", "model", "seconds", "size", "input_reference", "characters", NULL
  };
  const char *model;
  struct openai_input in;

  if (!openai_parse(rq, &in))
    return;
  model = openai_text(&in, "model");
  if (!openai_is_compatible(rq) && model && !em_starts(model, "sora-2"))
    openai_error(rq, 404, "invalid_request_error", NULL, "model_not_found",
                 "The model `%.100s` does not exist or you do not have access "
                 "to it.",
                 model);
  else if (openai_check_video(rq, &in, fields) && frame_fits(rq, &in))
    make(rq, &in, NULL, NULL);
  openai_input_finish(&in);
}

/* edits and extensions: {"video": {"id": ...}} */
static void follow(struct em_request *rq, bool extend)
{
  static const char *const fields[] = { "prompt", "video", "seconds", NULL };
  struct json_object *video = NULL, *id = NULL;
  const struct em_job *from;
  struct openai_input in;
  const char *text;

  if (!openai_parse(rq, &in))
    return;
  if (json_object_object_get_ex(in.o, "video", &video))
    json_object_object_get_ex(video, "id", &id);
  text = id ? json_object_get_string(id) : "";
  from = openai_find(rq, "video", text, strlen(text));
  if (extend && !openai_text(&in, "seconds"))
    openai_error(rq, 400, "invalid_request_error", "seconds",
                 "missing_required_parameter",
                 "Missing required parameter: 'seconds'.");
  else if (!from)
    not_found(rq, text, strlen(text));
  else if (openai_check_video(rq, &in, fields))
    make(rq, &in, from, NULL);
  openai_input_finish(&in);
}

static void remix(struct em_request *rq, const struct em_job *from,
                  const char *id, size_t len)
{
  static const char *const fields[] = { "prompt", NULL };
  struct openai_input in;
  char *name = em_alloc(len + 1);

  memcpy(name, id, len);
  if (openai_parse(rq, &in)) {
    if (openai_check_video(rq, &in, fields))
      make(rq, &in, from, name);
    openai_input_finish(&in);
  }
  free(name);
}

/* Looking */

static void send_content(struct em_request *rq, struct em_job *job)
{
  struct em_server *sv = rq->server;
  const char *variant = em_query(rq, "variant");
  struct em_buf picture = { 0 };

  if (em_job_state(job, sv->options, em_now_ms(sv)) != EM_COMPLETED ||
      job->failed) {
    openai_error(rq, 404, "invalid_request_error", NULL, NULL,
                 "Video is not ready yet.");
    return;
  }
  job->files++;
  sv->stats.files_served++;
  rq->reply.status = 200;
  if (!variant || !strcmp(variant, "video")) {
    rq->reply.blob = em_file_bytes(sv, job, 0);
    rq->reply.blob_len = rq->reply.blob->len;
    rq->reply.content_type = "video/mp4";
    return;
  }
  openai_webp(job->width, job->height, job->look, &picture);
  rq->reply.body = picture;
  rq->reply.content_type = "image/webp";
}

static void show(struct em_request *rq, struct em_job *job)
{
  job->polls++;
  if (em_fault_take(&rq->server->faults, job->faults, EM_STATUS, EM_F_LOST)) {
    not_found(rq, job->id, strlen(job->id));
    return;
  }
  em_reply_header(rq, "openai-poll-after-ms", "%d",
                  rq->server->options->polls ? 1 : 250);
  put_video(rq, job, state_of(rq, job), &rq->reply.body);
  rq->reply.status = 200;
}

static void list(struct em_request *rq)
{
  const struct em_server *sv = rq->server;
  struct em_buf *b = &rq->reply.body;
  bool first = true;
  size_t i;

  em_buf_puts(b, "{\"object\":\"list\",\"data\":[");
  for (i = sv->jobs.n; i-- > 0;) {
    struct em_job *job = sv->jobs.all[i];

    if (strcmp(job->app, "video") != 0 || job->cancelled)
      continue;
    em_buf_puts(b, first ? "" : ",");
    put_video(rq, job, state_of(rq, job), b);
    first = false;
  }
  em_buf_puts(b, "],\"has_more\":false}");
  rq->reply.status = 200;
}

static void drop(struct em_request *rq, struct em_job *job)
{
  rq->phase = EM_CANCEL;
  em_buf_puts(&rq->reply.body, "{\"id\":\"");
  openai_put_id(job, "video_", &rq->reply.body);
  em_buf_puts(&rq->reply.body,
              "\",\"object\":\"video.deleted\",\"deleted\":true}");
  job->cancelled = true;
  rq->reply.status = 200;
}

/* "/video_...": and what is behind it */
static void answer_one(struct em_request *rq, const char *id)
{
  size_t len = strcspn(id, "/");
  struct em_job *job = openai_find(rq, "video", id, len);
  struct em_faults *f = &rq->server->faults;
  const struct em_fault *fault;
  const char *rest = id + len;

  rq->phase = !strcmp(rest, "/content") ? EM_FILE
              : *rest                   ? EM_SUBMIT
                                        : EM_STATUS;
  if (!job) {
    not_found(rq, id, len);
    return;
  }
  fault = em_fault_instead(f, job->faults, rq->phase);
  if (fault)
    openai_fault(rq, fault);
  else if (!*rest && em_method(rq, "GET"))
    show(rq, job);
  else if (!*rest && em_method(rq, "DELETE"))
    drop(rq, job);
  else if (!strcmp(rest, "/content"))
    send_content(rq, job);
  else if (!strcmp(rest, "/remix") && em_method(rq, "POST"))
    remix(rq, job, id, len);
  else
    not_found(rq, id, len);
  em_fault_wire(f, job->faults, rq->phase, &rq->reply.wire);
}

void openai_videos(struct em_request *rq, const char *path)
{
  bool post = em_method(rq, "POST");

  rq->phase = EM_SUBMIT;
  if (!*path && post)
    create(rq);
  else if (!*path)
    list(rq);
  else if (post && !strcmp(path, "/edits"))
    follow(rq, false);
  else if (post && !strcmp(path, "/extensions"))
    follow(rq, true);
  else
    answer_one(rq, path + 1);
}
