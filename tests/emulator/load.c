/* Puts many jobs in flight at the emulator and takes each through its life:
 * all are submitted before the first is asked for, then each is polled, the
 * job clock is moved to the end, each is polled again and its result read.
 *
 *     load BASE COUNT      (BASE = http://127.0.0.1:PORT; --latency 600000)
 *
 * Ends with 1 when any answer is not the expected one, and prints the rate. */
#include <curl/curl.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CONNECTIONS 64
#define ID_LEN      36

struct slot {
  CURL *curl;
  size_t job, len;
  char body[4096];
};

struct stage {
  const char *name, *action; /* NULL: submit */
  long status;
  const char *must_have;
};

struct load {
  const char *base;
  size_t n_jobs, next, wrong;
  char (*ids)[ID_LEN + 1];
  struct slot slots[CONNECTIONS];
  CURLM *multi;
  struct curl_slist *headers;
};

static size_t on_body(char *bytes, size_t one, size_t n, void *user)
{
  struct slot *s = user;
  size_t room = sizeof(s->body) - 1 - s->len, take = n < room ? n : room;

  (void)one;
  memcpy(s->body + s->len, bytes, take);
  s->len += take;
  s->body[s->len] = '\0';
  return n;
}

static void start(struct load *l, const struct stage *stage, struct slot *s)
{
  char url[256];

  s->job = l->next++;
  s->len = 0;
  s->body[0] = '\0';
  if (stage->action) {
    snprintf(url, sizeof(url), "%s/queue/fal-ai/flux/requests/%s%s", l->base,
             l->ids[s->job], stage->action);
    curl_easy_setopt(s->curl, CURLOPT_HTTPGET, 1L);
  } else {
    snprintf(url, sizeof(url), "%s/queue/fal-ai/flux/dev", l->base);
    curl_easy_setopt(s->curl, CURLOPT_POSTFIELDS, "{\"prompt\":\"many\"}");
  }
  curl_easy_setopt(s->curl, CURLOPT_URL, url);
  curl_multi_add_handle(l->multi, s->curl);
}

static void judge(struct load *l, const struct stage *stage, struct slot *s,
                  CURLcode rc)
{
  const char *id = strstr(s->body, "\"request_id\":\"");
  long status = 0;

  curl_easy_getinfo(s->curl, CURLINFO_RESPONSE_CODE, &status);
  if (rc || status != stage->status || !strstr(s->body, stage->must_have)) {
    if (l->wrong++ < 3)
      fprintf(stderr, "%s %zu: %s, status %ld: %s\n", stage->name, s->job,
              curl_easy_strerror(rc), status, s->body);
    return;
  }
  if (!stage->action && id && strlen(id) > ID_LEN + 14)
    memcpy(l->ids[s->job], id + 14, ID_LEN);
}

static void collect(struct load *l, const struct stage *stage, size_t *busy)
{
  CURLMsg *message;
  int left;

  while ((message = curl_multi_info_read(l->multi, &left)) != NULL) {
    CURLcode rc = message->data.result;
    CURL *curl = message->easy_handle;
    struct slot *s = NULL;

    curl_easy_getinfo(curl, CURLINFO_PRIVATE, &s);
    judge(l, stage, s, rc);
    curl_multi_remove_handle(l->multi, curl);
    if (l->next < l->n_jobs)
      start(l, stage, s);
    else
      --*busy;
  }
}

static double now(void)
{
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run(struct load *l, const struct stage *stage)
{
  size_t busy = 0, i;
  double from = now();
  int running;

  l->next = 0;
  for (i = 0; i < CONNECTIONS && l->next < l->n_jobs; i++, busy++)
    start(l, stage, &l->slots[i]);
  while (busy) {
    curl_multi_perform(l->multi, &running);
    collect(l, stage, &busy);
    if (busy)
      curl_multi_poll(l->multi, NULL, 0, 1000, NULL);
  }
  printf("%s: %zu, %.0f/s\n", stage->name, l->n_jobs,
         (double)l->n_jobs / (now() - from));
}

static void move_clock(struct load *l)
{
  CURL *curl = curl_easy_init();
  char url[256];

  snprintf(url, sizeof(url), "%s/control/clock", l->base);
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "{\"advance_ms\":600000}");
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &l->slots[0]);
  if (curl_easy_perform(curl))
    l->wrong++;
  curl_easy_cleanup(curl);
}

static bool init(struct load *l)
{
  size_t i;

  curl_global_init(CURL_GLOBAL_DEFAULT);
  l->multi = curl_multi_init();
  l->ids = calloc(l->n_jobs, sizeof(l->ids[0]));
  l->headers = curl_slist_append(NULL, "Authorization: Key id:secret");
  l->headers = curl_slist_append(l->headers, "Content-Type: application/json");
  if (!l->multi || !l->ids || !l->headers)
    return false;
  for (i = 0; i < CONNECTIONS; i++) {
    CURL *curl = curl_easy_init();

    if (!curl)
      return false;
    l->slots[i].curl = curl;
    curl_easy_setopt(curl, CURLOPT_PRIVATE, &l->slots[i]);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, l->headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &l->slots[i]);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  }
  return true;
}

static void finish(struct load *l)
{
  size_t i;

  for (i = 0; i < CONNECTIONS; i++)
    curl_easy_cleanup(l->slots[i].curl);
  curl_multi_cleanup(l->multi);
  curl_slist_free_all(l->headers);
  free(l->ids);
  curl_global_cleanup();
}

int main(int argc, char **argv)
{
  static const struct stage young[] = {
    { "submit", NULL, 200, "IN_QUEUE" },
    { "poll", "/status?logs=0", 202, "\"status\":\"IN_" },
  };
  static const struct stage old[] = {
    { "last poll", "/status?logs=0", 200, "COMPLETED" },
    { "result", "", 200, "\"images\":" },
  };
  static struct load l;

  l.base = argc == 3 ? argv[1] : "";
  l.n_jobs = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
  if (!l.n_jobs || !init(&l)) {
    fputs("usage: load BASE COUNT\n", stderr);
    return 2;
  }
  run(&l, &young[0]);
  run(&l, &young[1]);
  move_clock(&l);
  run(&l, &old[0]);
  run(&l, &old[1]);
  finish(&l);
  return l.wrong ? 1 : 0;
}
