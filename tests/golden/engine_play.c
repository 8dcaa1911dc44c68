/* engine_play.c - the emulator as a child that plays one recording.
 *
 * What it plays is the recording from `from` to `to`, between the replies of
 * `before` and of `after`, which answer whatever is asked then; headers that may
 * differ are taken out. */
#include "base/str.h"
#include "golden/engine.h"
#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the file ----------------------------------------------------------- */

static size_t add_replies(struct json_object *list, struct json_object *replies)
{
  size_t i, n = gm_json_count(replies, "");

  for (i = 0; i < n; i++) {
    struct json_object *step = json_object_new_object();
    struct json_object *any = json_object_new_object();

    json_object_object_add(any, "any", json_object_new_boolean(true));
    json_object_object_add(step, "request", any);
    json_object_object_add(
      step, "response", json_object_get(json_object_array_get_idx(replies, i)));
    json_object_array_add(list, step);
  }
  return n;
}

static void drop_headers(const struct engine *e, struct json_object *step)
{
  struct json_object *headers = gm_json_at(step, "request/headers");
  struct json_object *names = engine_ask(e, "differs");
  size_t i;

  for (i = 0; headers && i < gm_json_count(names, ""); i++)
    json_object_object_del(
      headers, json_object_get_string(json_object_array_get_idx(names, i)));
}

static void add_recorded(const struct engine *e, struct json_object *list)
{
  struct json_object *all = gm_json_at(e->recording, "exchanges");
  int64_t n = (int64_t)gm_json_count(all, ""), to = n, from = 0;

  if (engine_ask(e, "to"))
    to = json_object_get_int64(engine_ask(e, "to"));
  if (engine_ask(e, "from"))
    from = json_object_get_int64(engine_ask(e, "from"));
  for (; from < GM_MIN(to, n); from++) {
    struct json_object *copy = NULL;

    json_object_deep_copy(json_object_array_get_idx(all, (size_t)from), &copy,
                          NULL);
    drop_headers(e, copy);
    json_object_array_add(list, copy);
  }
}

static bool write_play(struct engine *e, char *path, size_t size)
{
  struct json_object *list = json_object_new_array();

  e->n_before = (uint32_t)add_replies(list, engine_ask(e, "before"));
  add_recorded(e, list);
  add_replies(list, engine_ask(e, "after"));
  e->play = json_object_new_object();
  json_object_object_add(e->play, "exchanges", list);
  snprintf(path, size, "%s/play.json", e->scratch);
  return json_object_to_file(path, e->play) == 0 ||
         engine_differs(e, "cannot write %s", path);
}

/* ---- the child ---------------------------------------------------------- */

static void become(const struct engine *e, const char *path, int out)
{
  char *const argv[] = { gm_strdup(e->emulator), gm_strdup("--print-endpoints"),
                         gm_strdup("--replay"), gm_strdup(path), NULL };

  dup2(out, STDOUT_FILENO);
  if (!freopen("/dev/null", "w", stderr))
    _exit(127);
  execv(e->emulator, argv);
  _exit(127);
}

/* First the map, then "listening on http://127.0.0.1:PORT". */
static bool read_start(struct engine *e, FILE *in)
{
  char *map = NULL, line[200] = "";
  const char *port;
  int64_t number = 0;
  size_t size = 0;
  ssize_t n = getline(&map, &size, in);

  if (n > 0 && fgets(line, sizeof(line), in)) {
    map[n - 1] = '\0';
    line[strcspn(line, "\n")] = '\0';
    port = strrchr(line, ':');
    if (port && gm_parse_i64(port + 1, 1, 65535, &number))
      e->map = gm_strdup(map);
  }
  free(map);
  e->port = (unsigned)number;
  return e->map || engine_differs(e, "the emulator does not start");
}

bool engine_serve(struct engine *e)
{
  char path[4096];
  FILE *in;
  int ends[2];
  bool ok;

  if (!write_play(e, path, sizeof(path)))
    return false;
  if (pipe(ends))
    return engine_differs(e, "no pipe");
  fflush(stdout);
  e->pid = fork();
  if (e->pid == 0)
    become(e, path, ends[1]);
  close(ends[1]);
  in = fdopen(ends[0], "r");
  ok = e->pid > 0 && in && read_start(e, in);
  if (in)
    fclose(in);
  return ok;
}

void engine_stop(struct engine *e)
{
  if (e->pid > 0) {
    kill(e->pid, SIGTERM);
    waitpid(e->pid, NULL, 0);
  }
  e->pid = 0;
  gm_free(e->map);
  e->map = NULL;
  json_object_put(e->play);
  e->play = NULL;
}

/* ---- what it saw -------------------------------------------------------- */

static size_t take(char *bytes, size_t size, size_t n, void *user)
{
  gm_buf_addn(user, bytes, size * n);
  return size * n;
}

struct json_object *engine_report(struct engine *e)
{
  _cleanup_(gm_buf_finish) struct gm_buf text = GM_BUF_INIT(1 << 20);
  CURL *curl = curl_easy_init();
  char url[100];
  CURLcode rc;

  if (!curl)
    return NULL;
  snprintf(url, sizeof(url), "http://127.0.0.1:%u/control/replay", e->port);
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &text);
  rc = curl_easy_perform(curl);
  curl_easy_cleanup(curl);
  if (rc != CURLE_OK)
    return NULL;
  return gm_json_parse_once(gm_buf_text(&text), text.len, NULL, NULL);
}
