/* The files that jobs deliver.  Nothing is stored: the name leads to the job,
 * and the job's look is drawn again (or found in the cache).  Byte ranges, so
 * that downloads can be resumed; redirects of all sorts by fault.  A key
 * must never come here: whoever sends one is told so and counted. */
#include "fal.h"

#include <stdio.h>
#include <string.h>

const char *em_media_type(enum em_media media)
{
  return media == EM_MP4    ? "video/mp4"
         : media == EM_JPEG ? "image/jpeg"
                            : "image/png";
}

const char *em_media_suffix(enum em_media media)
{
  return media == EM_MP4 ? "mp4" : media == EM_JPEG ? "jpg" : "png";
}

struct em_blob *em_file_bytes(struct em_server *sv, const struct em_job *job,
                              unsigned index)
{
  const struct em_options *o = sv->options;
  struct em_look look = {
    .media = job->media,
    .width = job->width,
    .height = job->height,
    .duration_ms = job->duration_ms,
    .look = index ? em_mix(job->look + index) : job->look,
    .black = index < 32 && (job->black >> index & 1),
    .pad_to = o->file_bytes,
  };

  if (o->variants)
    look.look %= o->variants;
  return em_picture_get(&sv->pictures, &look);
}

/* .../<32 hex digits>_<index>.<suffix> */
static struct em_job *find_file(const struct em_server *sv, const char *path,
                                unsigned *ret_index)
{
  const char *name = strrchr(path, '/');
  const char *mark = name ? strchr(name, '_') : NULL;
  const char *dot = mark ? strchr(mark, '.') : NULL;
  struct em_job *job;
  int64_t index;

  if (!em_starts(path, "/files/") || !dot ||
      !em_parse_int(mark + 1, (size_t)(dot - mark) - 1, 0, 31, &index))
    return NULL;
  job = em_job_find(&sv->jobs, name + 1, (size_t)(mark - name) - 1);
  if (!job || index >= job->n_outputs || !job->results ||
      strcmp(dot + 1, em_media_suffix(job->media)) != 0)
    return NULL;
  *ret_index = (unsigned)index;
  return job;
}

static void redirect_to(struct em_request *rq, const char *target)
{
  em_reply_text(rq, 302, "text/html", "<html><body>Found</body></html>");
  em_reply_header(rq, "Location", "%s", target);
}

static bool redirected(struct em_request *rq, struct em_job *job)
{
  struct em_faults *f = &rq->server->faults;
  const char *hop = em_query(rq, "hop");
  char url[600];

  if (!hop && em_fault_take(f, job->faults, EM_FILE, EM_F_REDIRECT)) {
    struct em_buf next = { 0 };

    em_put_origin(rq->server, "v3.fal.media", &next);
    em_buf_printf(&next, "%.300s?hop=1", rq->path);
    redirect_to(rq, next.data);
    em_buf_finish(&next);
  } else if (em_fault_take(f, job->faults, EM_FILE, EM_F_REDIRECT_PRIVATE)) {
    redirect_to(rq, "http://169.254.7.7/latest/meta-data/");
  } else if (em_fault_take(f, job->faults, EM_FILE, EM_F_REDIRECT_PLAIN)) {
    snprintf(url, sizeof(url), "http://v3b.fal.media%.500s?hop=1", rq->path);
    redirect_to(rq, url);
  } else if (em_fault_take(f, job->faults, EM_FILE, EM_F_REDIRECT_LOOP)) {
    snprintf(url, sizeof(url), "https://v3b.fal.media%.500s", rq->path);
    redirect_to(rq, url);
  } else {
    return false;
  }
  return true;
}

/* "bytes=FROM-[TO]" or "bytes=-LAST"; false when it is no single range. */
static bool parse_range(const char *text, size_t len, int64_t *from,
                        int64_t *to)
{
  const char *dash = strchr(text, '-');
  int64_t most = (int64_t)len - 1;

  if (!em_starts(text, "bytes=") || !dash || strchr(text, ','))
    return false;
  text += strlen("bytes=");
  *to = most;
  if (dash == text) {
    if (!em_parse_int(dash + 1, strlen(dash + 1), 0, INT64_MAX, from))
      return false;
    *from = *from > (int64_t)len ? 0 : (int64_t)len - *from;
    return true;
  }
  if (!em_parse_int(text, (size_t)(dash - text), 0, INT64_MAX, from))
    return false;
  if (dash[1] && !em_parse_int(dash + 1, strlen(dash + 1), 0, INT64_MAX, to))
    return false;
  if (*to > most)
    *to = most;
  return true;
}

static void answer_bytes(struct em_request *rq, const char *tag)
{
  struct em_reply *re = &rq->reply;
  const char *range = em_header(rq, "Range"), *same = em_header(rq, "If-Range");
  int64_t from, to;
  size_t len = re->blob->len;

  re->blob_len = len;
  re->status = 200;
  if (!range || (same && strcmp(same, tag) != 0) ||
      !parse_range(range, len, &from, &to))
    return;
  if (from > to) {
    re->status = 416;
    re->blob_len = 0;
    em_reply_header(rq, "Content-Range", "bytes */%zu", len);
    return;
  }
  re->status = 206;
  re->blob_from = (size_t)from;
  re->blob_len = (size_t)(to - from) + 1;
  em_reply_header(rq, "Content-Range", "bytes %lld-%lld/%zu", (long long)from,
                  (long long)to, len);
}

static void send_file(struct em_request *rq, struct em_job *job, unsigned index)
{
  struct em_server *sv = rq->server;
  char tag[64];

  snprintf(tag, sizeof(tag), "\"%.32s-%u\"", job->id, index);
  rq->reply.blob = em_file_bytes(sv, job, index);
  rq->reply.content_type = em_media_type(job->media);
  em_reply_header(rq, "ETag", "%s", tag);
  em_reply_header(rq, "Accept-Ranges", "bytes");
  answer_bytes(rq, tag);
  job->files++;
  sv->stats.files_served++;
  sv->stats.file_bytes += rq->reply.blob_len;
}

/* Bearer tokens may come: of uploads. */
static bool has_key(const struct em_request *rq)
{
  const char *value = em_header(rq, "Authorization");

  return em_header(rq, "X-Fal-Key") ||
         (value && /* nor any that a redirect took along */
          (em_starts(value, "Key ") || em_starts(value, "Bearer vg-") ||
           em_query(rq, "hop")));
}

void em_files_answer(struct em_request *rq)
{
  struct em_server *sv = rq->server;
  const struct em_fault *fault;
  struct em_job *job;
  unsigned index = 0;

  rq->phase = EM_FILE;
  if (has_key(rq)) {
    sv->stats.credentials_leaked++;
    em_reply_json(rq, 400, "{\"detail\":\"a key does not belong here\"}");
    return;
  }
  if (fal_store_answer(rq))
    return;
  job = find_file(sv, rq->path, &index);
  if (!job) {
    em_reply_json(rq, 404, "{\"detail\":\"Not Found\"}");
    return;
  }
  if (!em_method(rq, "GET") && !em_method(rq, "HEAD")) {
    em_reply_json(rq, 405, "{\"detail\":\"Method Not Allowed\"}");
    return;
  }
  fault = em_fault_instead(&sv->faults, job->faults, EM_FILE);
  if (fault)
    fal_answer_fault(rq, fault, job->app);
  else if (!redirected(rq, job))
    send_file(rq, job, index);
  em_fault_wire(&sv->faults, job->faults, EM_FILE, &rq->reply.wire);
}
