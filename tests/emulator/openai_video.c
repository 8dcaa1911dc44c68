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

bool openai_video_failed(struct em_server *sv, struct em_job *job)
{
  struct em_faults *f = &sv->faults;

  job->results++;
  if (!job->failed && em_fault_take(f, job->faults, EM_RESULT, EM_F_BLOCKED)) {
    job->failed = true;
    job->black = 1;
  }
  job->failed = job->failed ||
                em_fault_take(f, job->faults, EM_RESULT, EM_F_FAIL) ||
                em_fault_take(f, job->faults, EM_RESULT, EM_F_FAIL_LATE);
  return job->failed;
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
  return openai_video_failed(sv, job) ? "failed" : "completed";
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

/* Its content can be had for an hour. */
static void put_times(const struct em_job *job, const char *state,
                      struct em_buf *b)
{
  long long over = job->submitted_us / 1000000 + 1;

  if (strcmp(state, "completed") != 0)
    em_buf_puts(b, "\"completed_at\":null,\"expires_at\":null");
  else
    em_buf_printf(b, "\"completed_at\":%lld,\"expires_at\":%lld", over,
                  over + 3600);
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
  put_times(job, state, b);
  em_buf_puts(b, ",\"prompt\":");
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

static const char *sizes_of(const struct openai_input *in)
{
  const char *model = openai_text(in, "model");

  return model && em_starts(model, "sora-2-pro")
           ? "720x1280 1280x720 1024x1792 1792x1024 1920x1080 1080x1920"
           : "720x1280 1280x720";
}

/* Other servers have sizes of their own. */
static bool is_offered(const struct em_request *rq,
                       const struct openai_input *in, const char *size)
{
  return openai_is_compatible(rq) || strstr(sizes_of(in), size) != NULL;
}

/* Characters are known people, two at most. */
static bool people_known(struct em_request *rq, const struct openai_input *in)
{
  struct json_object *list, *id;
  size_t i, n;

  if (!json_object_object_get_ex(in->o, "characters", &list))
    return true;
  n = json_object_array_length(list);
  for (i = 0; i < n && i < 3; i++)
    if (!json_object_object_get_ex(json_object_array_get_idx(list, i), "id",
                                   &id) ||
        !openai_has_character(json_object_get_string(id)))
      break;
  if (n > 0 && n < 3 && i == n)
    return true;
  openai_error(rq, 400, "invalid_request_error", "characters", "invalid_value",
               "Invalid value: 'characters'. One or two ids of characters are "
               "supported.");
  return false;
}

static bool frame_fits(struct em_request *rq, const struct openai_input *in)
{
  const struct openai_file *file = openai_file(in, "input_reference");
  const char *size = openai_text(in, "size");
  uint32_t w = 720, h = 1280, fw, fh;

  if (size && (!em_parse_size(size, &w, &h) || !is_offered(rq, in, size))) {
    openai_error(rq, 400, "invalid_request_error", "size", "invalid_value",
                 "Invalid value: '%.40s'. Supported values are: %s.", size,
                 sizes_of(in));
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
  openai_hook_video(rq->server, job);
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
  else if (openai_check_video(rq, &in, fields) && people_known(rq, &in) &&
           frame_fits(rq, &in))
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
  from = openai_find(rq, text, strlen(text));
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

/* A sheet is some frames side by side; here it is one picture of that form. */
static struct em_blob *sheet(struct em_server *sv, const struct em_job *job)
{
  const struct em_look look = { .media = EM_JPEG,
                                .width = job->width / 2,
                                .height = job->height / 2,
                                .look = job->look };

  return em_picture_get(&sv->pictures, &look);
}

static void send_content(struct em_request *rq, struct em_job *job)
{
  struct em_server *sv = rq->server;
  const char *variant = em_query(rq, "variant");
  struct em_reply *re = &rq->reply;

  variant = variant ? variant : "video";
  if (em_job_state(job, sv->options, em_now_ms(sv)) != EM_COMPLETED ||
      job->failed) {
    openai_error(rq, 404, "invalid_request_error", NULL, NULL,
                 "Video is not ready yet.");
    return;
  }
  if (!strcmp(variant, "video")) {
    re->blob = em_file_bytes(sv, job, 0);
    re->content_type = "video/mp4";
  } else if (!strcmp(variant, "spritesheet")) {
    re->blob = sheet(sv, job);
    re->content_type = "image/jpeg";
  } else if (!strcmp(variant, "thumbnail")) {
    openai_webp(job->width, job->height, job->look, &re->body);
    re->content_type = "image/webp";
  } else {
    openai_error(rq, 400, "invalid_request_error", "variant", "invalid_value",
                 "Invalid value: '%.40s'. Supported values are: 'video', "
                 "'thumbnail', and 'spritesheet'.",
                 variant);
    return;
  }
  re->blob_len = re->blob ? re->blob->len : 0;
  re->status = 200;
  job->files++;
  sv->stats.files_served++;
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

static bool is_listed(const struct em_job *job)
{
  return !strcmp(job->app, "video") && !job->cancelled;
}

/* The i-th video of those that are listed. */
static void put_row(struct em_request *rq, size_t i, struct em_buf *b)
{
  const struct em_jobs *jobs = &rq->server->jobs;
  size_t k;

  for (k = 0; k < jobs->n; k++)
    if (is_listed(jobs->all[k]) && !i--) {
      put_video(rq, jobs->all[k], state_of(rq, jobs->all[k]), b);
      return;
    }
}

static void list(struct em_request *rq)
{
  const struct em_jobs *jobs = &rq->server->jobs;
  char(*ids)[OPENAI_ID_SIZE] = em_alloc((jobs->n + 1) * sizeof(*ids));
  struct em_buf id = { 0 };
  size_t i, n = 0;

  for (i = 0; i < jobs->n; i++)
    if (is_listed(jobs->all[i])) {
      openai_put_id(jobs->all[i], "video_", &id);
      memcpy(ids[n++], id.data, id.len + 1);
      id.len = 0;
    }
  openai_answer_list(rq, ids, n, put_row);
  em_buf_finish(&id);
  free(ids);
}

/* What OpenAI does to a running job is not known; other servers stop it. */
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
  struct em_job *job = openai_find(rq, id, len);
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
  else if (em_starts(path, "/characters"))
    openai_characters(rq, path + strlen("/characters"));
  else
    answer_one(rq, path + 1);
}
