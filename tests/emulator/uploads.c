/* Many jobs with one picture, through the library and the fal provider, against
 * the emulator: how often is the picture uploaded?
 *
 *     uploads BASE FOLDER    (GAMUT_ENDPOINTS leads to the emulator at BASE)
 *
 * One context all the time, so that it remembers.  Ends with 1 when anything is
 * not as expected. */
#include <curl/curl.h>
#include <gamut/gamut.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PICTURE 300000 /* too large for a data: URI */

static const struct row {
  const char *name;
  char content; /* what the picture is full of */
  int jobs;
  const char *lifecycle; /* of the file at the vendor, or NULL */
  const char *fault;     /* for /control/fault, or NULL */
  unsigned wait_ms;      /* before */
  int32_t error_class;   /* of all jobs */
  int uploads, submits;  /* requests: one upload is two */
} rows[] = {
  { "ten jobs, one picture", 'a', 10, NULL, NULL, 0, 0, 2, 10 },
  { "ten more", 'a', 10, NULL, NULL, 0, 0, 0, 10 },
  { "another picture", 'b', 2, NULL, NULL, 0, 0, 2, 2 },
  { "for another time", 'a', 2, "\"1d\"", NULL, 0, 0, 2, 2 },
  { "for six seconds", 'c', 2, "6", NULL, 0, 0, 2, 2 },
  { "within them", 'c', 2, "6", NULL, 0, 0, 0, 2 },
  { "after them", 'c', 2, "6", NULL, 3200, 0, 2, 2 },
  { "refused", 'd', 10, NULL, "{\"where\":\"upload\",\"fault\":\"400\"}", 0,
    GAMUT_E_INVALID, 1, 0 },
  { "the same, better times", 'd', 10, NULL, NULL, 0, 0, 2, 10 },
  { "broken once", 'e', 10, NULL,
    "{\"where\":\"upload\",\"fault\":\"503\",\"count\":1}", 0, 0, 3, 10 },
  { "broken", 'f', 10, NULL, "{\"where\":\"upload\",\"fault\":\"503\"}", 0,
    GAMUT_E_PROVIDER, 3, 0 },
};

static const char *base, *folder;
static struct gamut *gamut;
static CURL *curl;

/* ---- the emulator ------------------------------------------------------- */

static size_t on_body(char *bytes, size_t one, size_t n, void *user)
{
  char *text = user;
  size_t len = strlen(text);

  (void)one;
  if (len + n < 65536) {
    memcpy(text + len, bytes, n);
    text[len + n] = '\0';
  }
  return n;
}

static const char *control(const char *path, const char *body)
{
  static char text[65536], url[300];

  text[0] = '\0';
  snprintf(url, sizeof(url), "%s/control/%s", base, path);
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, text);
  if (body)
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
  else
    curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  if (curl_easy_perform(curl))
    snprintf(text, sizeof(text), "no emulator at %s", url);
  return text;
}

static int count_of(const char *stats, const char *name)
{
  char key[40];
  const char *at;

  snprintf(key, sizeof(key), "\"%s\":", name);
  at = strstr(stats, key);
  return at ? atoi(at + strlen(key)) : -1;
}

/* ---- jobs --------------------------------------------------------------- */

static int left;
static const struct row *now;
static int wrong;

static void on_done(void *user, struct gamut_result *result)
{
  (void)user;
  left--;
  if (gamut_result_class(result) != now->error_class && wrong++ < 5)
    printf("FAIL %s: %s: %s\n", now->name,
           gamut_class_name(gamut_result_class(result)),
           gamut_result_message(result));
  gamut_result_free(result);
}

static int write_picture(const char *path, char content)
{
  static char bytes[PICTURE];
  FILE *out = fopen(path, "wb");
  int ok;

  memset(bytes, content, sizeof(bytes));
  memcpy(bytes, "\x89PNG\r\n\x1a\n", 8);
  ok = out && fwrite(bytes, sizeof(bytes), 1, out) == 1;
  return out && fclose(out) == 0 && ok;
}

static void submit(const char *picture)
{
  struct gamut_request *r = gamut_request_new();
  struct gamut_error error = { 0 };

  gamut_request_link(r, "fal:fal-ai/flux/dev/image-to-image", NULL);
  gamut_request_set(r, "prompt", "a fox", NULL);
  gamut_request_input(r, "image", picture, NULL);
  if (now->lifecycle)
    gamut_request_option(r, "lifecycle", now->lifecycle, NULL);
  if (gamut_submit(gamut, r, on_done, NULL, NULL, &error)) {
    printf("FAIL %s: %s\n", now->name, error.message);
    wrong++;
  } else {
    left++;
  }
  gamut_request_free(r);
}

/* Who comes when the others have been refused already asks for himself. */
static bool are_as_many(const struct row *row, int uploads)
{
  if (!row->error_class)
    return uploads == row->uploads;
  return uploads >= row->uploads && uploads < row->uploads * row->jobs;
}

static void play(const struct row *row)
{
  char picture[4096];
  const char *stats;
  int i;

  now = row;
  usleep(row->wait_ms * 1000);
  control("reset", "{}");
  if (row->fault)
    control("fault", row->fault);
  /* Each job its own file: the content counts. */
  for (i = 0; i < row->jobs; i++) {
    snprintf(picture, sizeof(picture), "%s/%d.png", folder, i);
    if (!write_picture(picture, row->content))
      wrong++;
    submit(picture);
  }
  while (left > 0)
    gamut_step(gamut, -1);
  stats = control("stats", NULL);
  if (are_as_many(row, count_of(stats, "upload")) &&
      count_of(stats, "submit") == row->submits)
    return;
  printf("FAIL %s: %d requests of uploads, not %d; %d submits, not %d\n",
         row->name, count_of(stats, "upload"), row->uploads,
         count_of(stats, "submit"), row->submits);
  wrong++;
}

int main(int argc, char **argv)
{
  struct gamut_options options = { .struct_size = sizeof(options),
                                   .flags = GAMUT_NO_CONFIG };
  struct gamut_error error;
  size_t i;

  if (argc != 3) {
    fputs("usage: uploads BASE FOLDER\n", stderr);
    return 2;
  }
  base = argv[1];
  folder = argv[2];
  curl = curl_easy_init();
  if (!curl || gamut_open(&options, &gamut, &error)) {
    printf("FAIL %s\n", curl ? error.message : "no curl");
    return 1;
  }
  gamut_set(gamut, "poll_interval", "5ms", NULL);
  gamut_set(gamut, "retry_max_wait", "5ms", NULL);
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
    play(&rows[i]);
  gamut_close(gamut);
  curl_easy_cleanup(curl);
  return wrong > 0;
}
