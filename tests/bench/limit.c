/* limit.c - the least that any program must do: the driver's exchanges over
 * bare libcurl, nothing checked, nothing kept.  What gamut costs is told
 * against it.
 *
 *     limit API BASE COUNT CONCURRENCY OUTDIR POLL_MS
 *
 * A job is a few strings; SLOTS easy handles carry all of them over connections
 * that stay open.  JSON is searched, not read, so it works only with replies
 * that look as expected.  Base64 is decoded by a table while it comes, straight
 * into the file. */
#define _GNU_SOURCE 1 /* memmem */
#include <curl/curl.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SLOTS    64
#define BODY_MAX 16384
#define URL_SIZE 1024
#define KEY(l)                                                                 \
  ((l)->first == PICTURE ? "Authorization: Bearer sk-bench"                    \
                         : "Authorization: Key bench:bench")
#define BEFORE "\"b64_json\":\""

enum stage { SUBMIT, STATUS, RESULT, FETCH, RUN, PICTURE };

struct job {
  struct job *next; /* in one of the queues */
  unsigned long n;
  enum stage stage;
  double due;
  char *status, *result, *picture;
};

struct queue {
  struct job *first, **last;
};

struct slot {
  CURL *curl;
  struct job *job;
  int fd;
  size_t len;
  char body[BODY_MAX];
  uint32_t bits; /* base64: what is not out yet, and how many characters */
  int n_bits;
  int ended;         /* behind the picture */
  struct slot *next; /* idle ones */
};

struct limit {
  const char *base, *folder;
  enum stage first;
  unsigned long count, most, begun, running, done, failed;
  double poll;
  CURLM *multi;
  struct curl_slist *json, *plain;
  struct slot slots[SLOTS], *idle;
  struct queue ready, waiting; /* waiting: by time, since all wait equally */
};

static double now(void)
{
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void push(struct queue *q, struct job *j)
{
  j->next = NULL;
  *q->last = j;
  q->last = &j->next;
}

static struct job *pop(struct queue *q)
{
  struct job *j = q->first;

  if (j && !(q->first = j->next))
    q->last = &q->first;
  return j;
}

/* ---- what the vendor says ----------------------------------------------- */

/* The text of "name": "..." in a reply, mapped to BASE; NULL: not there. */
static char *url_in(const struct limit *l, const char *body, const char *name)
{
  static const char *const hosts[][2] = {
    { "https://queue.fal.run", "/queue" },
    { "https://v3b.fal.media", "/files" },
    { "https://v3.fal.media", "/files" },
    { "https://fal.media", "/files" },
  };
  const char *at = strstr(body, name);
  char url[URL_SIZE];
  size_t i, n, len;

  at = at ? strstr(at, "http") : NULL;
  len = at ? strcspn(at, "\"") : 0;
  if (len == 0 || len >= URL_SIZE)
    return NULL;
  for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
    n = strlen(hosts[i][0]);
    if (len < n || strncmp(at, hosts[i][0], n) != 0)
      continue;
    snprintf(url, sizeof(url), "%s%s%.*s", l->base, hosts[i][1], (int)(len - n),
             at + n);
    return strdup(url);
  }
  return strndup(at, len);
}

static size_t collect(struct slot *s, const char *bytes, size_t n)
{
  if (n >= BODY_MAX - s->len)
    return 0;
  memcpy(s->body + s->len, bytes, n);
  s->len += n;
  s->body[s->len] = '\0';
  return n;
}

/* ---- base64 ------------------------------------------------------------- */

static uint8_t values[256];

static void make_values(void)
{
  static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  uint8_t i;

  memset(values, 0xff, sizeof(values));
  for (i = 0; i < 64; i++)
    values[(uint8_t)alphabet[i]] = i;
}

/* Up to what is no base64 (padding, the quote); how many bytes came out. */
static size_t decode(struct slot *s, const uint8_t *p, size_t n, uint8_t *out)
{
  uint8_t *to = out;

  for (; n > 0 && !s->ended; p++, n--) {
    if (s->n_bits == 0)
      for (; n > 4; p += 4, n -= 4, to += 3) {
        uint32_t a = values[p[0]], b = values[p[1]], c = values[p[2]],
                 d = values[p[3]];

        if ((a | b | c | d) & 0xc0)
          break;
        a = a << 18 | b << 12 | c << 6 | d;
        to[0] = (uint8_t)(a >> 16);
        to[1] = (uint8_t)(a >> 8);
        to[2] = (uint8_t)a;
      }
    if (values[*p] > 63) {
      s->ended = 1;
      break;
    }
    s->bits = s->bits << 6 | values[*p];
    if (s->n_bits++ > 0)
      *to++ = (uint8_t)(s->bits >> (6 - 2 * (s->n_bits - 1)));
    s->n_bits &= 3;
  }
  return (size_t)(to - out);
}

static size_t save(struct slot *s, const char *bytes, size_t n)
{
  uint8_t out[65536];
  size_t len;

  if (n > sizeof(out))
    return 0;
  len = decode(s, (const uint8_t *)bytes, n, out);
  return write(s->fd, out, len) == (ssize_t)len ? n : 0;
}

/* The picture begins behind BEFORE, which is in the first piece. */
static size_t save_first(struct slot *s, const char *bytes, size_t n)
{
  const char *at = memmem(bytes, n, BEFORE, strlen(BEFORE));

  if (!at)
    return 0;
  s->len = n;
  at += strlen(BEFORE);
  return save(s, at, n - (size_t)(at - bytes)) ? n : 0;
}

static size_t on_body(char *bytes, size_t one, size_t n, void *user)
{
  struct slot *s = user;

  (void)one;
  if (s->job->stage == PICTURE)
    return s->len > 0 ? save(s, bytes, n) : save_first(s, bytes, n);
  if (s->fd >= 0)
    return write(s->fd, bytes, n) == (ssize_t)n ? n : 0;
  return collect(s, bytes, n);
}

/* ---- a job's way -------------------------------------------------------- */

static void drop(struct job *j)
{
  free(j->status);
  free(j->result);
  free(j->picture);
  free(j);
}

static void begin_more(struct limit *l)
{
  while (l->running < l->most && l->begun < l->count) {
    struct job *j = calloc(1, sizeof(*j));

    if (!j)
      abort();
    j->n = l->begun++;
    j->stage = l->first;
    l->running++;
    push(&l->ready, j);
  }
}

static void end(struct limit *l, struct job *j, int well)
{
  if (well)
    l->done++;
  else
    l->failed++;
  drop(j);
  l->running--;
  begin_more(l);
}

/* Each of these: 1 when the job goes on, in a queue. */
static int submitted(struct limit *l, struct slot *s)
{
  struct job *j = s->job;

  j->status = url_in(l, s->body, "\"status_url\"");
  j->result = url_in(l, s->body, "\"response_url\"");
  if (!j->status || !j->result)
    return 0;
  j->stage = STATUS;
  push(&l->ready, j);
  return 1;
}

static int polled(struct limit *l, struct slot *s)
{
  struct job *j = s->job;

  if (strstr(s->body, "\"COMPLETED\"")) {
    j->stage = RESULT;
    push(&l->ready, j);
    return 1;
  }
  if (!strstr(s->body, "\"IN_"))
    return 0;
  j->due = now() + l->poll;
  push(&l->waiting, j);
  return 1;
}

static int told(struct limit *l, struct slot *s)
{
  struct job *j = s->job;

  j->picture = url_in(l, s->body, "\"url\"");
  if (!j->picture)
    return 0;
  j->stage = FETCH;
  push(&l->ready, j);
  return 1;
}

static void go_on(struct limit *l, struct slot *s, int well)
{
  static int (*const steps[])(struct limit *, struct slot *) = {
    [SUBMIT] = submitted, [STATUS] = polled, [RESULT] = told, [RUN] = told
  };
  struct job *j = s->job;

  if (j->stage == FETCH || j->stage == PICTURE) {
    well = close(s->fd) == 0 && well;
    s->fd = -1;
    end(l, j, well && (j->stage == FETCH || s->ended));
  } else if (!well || !steps[j->stage](l, s)) {
    end(l, j, 0);
  }
}

static void set_post(struct limit *l, struct slot *s, const char *path,
                     const char *more)
{
  char text[URL_SIZE];

  snprintf(text, sizeof(text), "%s%s", l->base, path);
  curl_easy_setopt(s->curl, CURLOPT_URL, text);
  snprintf(text, sizeof(text), "{\"prompt\":\"picture %lu of a benchmark\",%s}",
           s->job->n, more);
  curl_easy_setopt(s->curl, CURLOPT_COPYPOSTFIELDS, text);
  curl_easy_setopt(s->curl, CURLOPT_HTTPHEADER, l->json);
}

static void set_get(struct slot *s, const char *url, struct curl_slist *headers)
{
  curl_easy_setopt(s->curl, CURLOPT_HTTPGET, 1L);
  curl_easy_setopt(s->curl, CURLOPT_URL, url);
  curl_easy_setopt(s->curl, CURLOPT_HTTPHEADER, headers);
}

static void set_poll(struct limit *l, struct slot *s)
{
  char url[URL_SIZE];

  snprintf(url, sizeof(url), "%s?logs=0", s->job->status);
  set_get(s, url, l->plain);
}

static void open_file(struct limit *l, struct slot *s)
{
  char path[4096];

  snprintf(path, sizeof(path), "%s/%06lu.png", l->folder, s->job->n);
  s->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

static void start(struct limit *l, struct slot *s, struct job *j)
{
  s->job = j;
  s->len = 0;
  s->body[0] = '\0';
  s->bits = 0;
  s->n_bits = s->ended = 0;
  switch (j->stage) {
  case SUBMIT:
    set_post(l, s, "/queue/fal-ai/flux/dev", "\"num_images\":1");
    break;
  case RUN:
    set_post(l, s, "/run/fal-ai/flux/dev", "\"num_images\":1");
    break;
  case PICTURE:
    open_file(l, s);
    set_post(l, s, "/v1/images/generations", "\"model\":\"gpt-image-2\"");
    break;
  case STATUS:
    set_poll(l, s);
    break;
  case RESULT:
    set_get(s, j->result, l->plain);
    break;
  default:
    open_file(l, s);
    set_get(s, j->picture, NULL);
  }
  curl_multi_add_handle(l->multi, s->curl);
}

static void start_ready(struct limit *l)
{
  double t = l->waiting.first ? now() : 0;

  while (l->waiting.first && l->waiting.first->due <= t)
    push(&l->ready, pop(&l->waiting));
  while (l->idle && l->ready.first) {
    struct slot *s = l->idle;

    l->idle = s->next;
    start(l, s, pop(&l->ready));
  }
}

static void take_ended(struct limit *l)
{
  CURLMsg *message;
  int left;

  while ((message = curl_multi_info_read(l->multi, &left)) != NULL) {
    CURLcode code = message->data.result;
    struct slot *s = NULL;
    long status = 0;

    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &s);
    curl_easy_getinfo(s->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(l->multi, s->curl);
    go_on(l, s, code == CURLE_OK && status < 300);
    s->next = l->idle;
    l->idle = s;
  }
}

static int wait_ms(const struct limit *l)
{
  double left;

  if (l->idle && l->ready.first)
    return 0;
  if (!l->waiting.first)
    return 1000;
  left = (l->waiting.first->due - now()) * 1000;
  return left < 0 ? 0 : (int)left + 1;
}

static void run(struct limit *l)
{
  int running;

  begin_more(l);
  while (l->running > 0) {
    start_ready(l);
    curl_multi_perform(l->multi, &running);
    take_ended(l);
    if (l->running > 0)
      curl_multi_poll(l->multi, NULL, 0, wait_ms(l), NULL);
  }
}

static int init(struct limit *l)
{
  int i;

  curl_global_init(CURL_GLOBAL_DEFAULT);
  l->multi = curl_multi_init();
  l->ready.last = &l->ready.first;
  l->waiting.last = &l->waiting.first;
  make_values();
  l->plain = curl_slist_append(NULL, KEY(l));
  l->json = curl_slist_append(NULL, KEY(l));
  l->json = curl_slist_append(l->json, "Content-Type: application/json");
  curl_multi_setopt(l->multi, CURLMOPT_MAXCONNECTS, (long)SLOTS);
  for (i = 0; i < SLOTS; i++) {
    struct slot *s = &l->slots[i];

    s->fd = -1;
    s->curl = curl_easy_init();
    if (!s->curl)
      return 0;
    s->next = l->idle;
    l->idle = s;
    curl_easy_setopt(s->curl, CURLOPT_PRIVATE, s);
    curl_easy_setopt(s->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(s->curl, CURLOPT_WRITEDATA, s);
    curl_easy_setopt(s->curl, CURLOPT_BUFFERSIZE, 32768L);
    curl_easy_setopt(s->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(s->curl, CURLOPT_NOPROXY, "*");
  }
  return l->multi && l->json && l->plain;
}

static void finish(struct limit *l)
{
  int i;

  for (i = 0; i < SLOTS; i++)
    curl_easy_cleanup(l->slots[i].curl);
  curl_multi_cleanup(l->multi);
  curl_slist_free_all(l->json);
  curl_slist_free_all(l->plain);
  curl_global_cleanup();
}

static int first_of(const char *api, enum stage *ret)
{
  static const struct {
    const char *api;
    enum stage first;
  } rows[] = { { "fal", SUBMIT }, { "run", RUN }, { "openai", PICTURE } };
  size_t i;

  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    if (strcmp(rows[i].api, api) != 0)
      continue;
    *ret = rows[i].first;
    return 1;
  }
  return 0;
}

int main(int argc, char **argv)
{
  static struct limit l;

  if (argc != 7 || !first_of(argv[1], &l.first)) {
    fputs("usage: limit fal|run|openai BASE COUNT CONCURRENCY OUTDIR "
          "POLL_MS\n",
          stderr);
    return 2;
  }
  l.base = argv[2];
  l.count = strtoul(argv[3], NULL, 10);
  l.most = strtoul(argv[4], NULL, 10);
  l.folder = argv[5];
  l.poll = strtod(argv[6], NULL) / 1000;
  if (!init(&l))
    return 1;
  run(&l);
  finish(&l);
  printf("done %lu failed %lu blocked 0\n", l.done, l.failed);
  return l.failed > 0;
}
