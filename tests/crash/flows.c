/* flows.c - what one does with gamut, one flow after the other, under any shim.
 */
#include "flows.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* clang-format off */
const struct flow flows[] = {
  /* a queue that is polled, then downloads; one answer; files that go first */
  { "fal", GENERATE, { "-m", "fal:fal-ai/flux/dev" } },
  { "fal-four", GENERATE, { "-m", "fal:fal-ai/flux/dev", "-n", "4" } },
  { "fal-hedge", GENERATE,
    { "-m", "fal:fal-ai/flux/dev", "--fallback", "fal:fal-ai/flux/schnell",
      "--hedge", "1ms" } },
  { "fal-spread", GENERATE,
    { "-m", "fal:fal-ai/flux/dev", "--fallback", "fal:fal-ai/flux/schnell",
      "--spread", "-n", "4" } },
  { "mixed-hedge", GENERATE,
    { "-m", "openai:gpt-image-2", "--fallback", "fal:fal-ai/flux/schnell",
      "--hedge", "1ms" } },
  { "mixed-spread", GENERATE,
    { "-m", "fal:fal-ai/flux/dev", "--fallback", "openai:gpt-image-2",
      "--spread", "-n", "4" } },
  { "fal-run", GENERATE,
    { "-m", "fal:fal-ai/flux/dev", "--option", "mode=run" } },
  { "fal-sidecar", GENERATE, { "-m", "fal:fal-ai/flux/dev", "--sidecar" } },
  { "fal-upload", GENERATE,
    { "-m", "fal:fal-ai/kling-video/v2.5-turbo/pro/image-to-video", "--image",
      "in.png", "--option", "inline_max=0" } },
  { "fal-video", GENERATE, { "-m", "fal:fal-ai/veo3.1" } },
  /* an answer that is the picture, and one that comes piece by piece */
  { "openai", GENERATE, { "-m", "openai:gpt-image-2" } },
  { "openai-edit", GENERATE, { "-m", "openai:gpt-image-2", "--image", "in.png" } },
  { "openai-stream", GENERATE, { "-m", "openai:gpt-image-2", "--stream=2" } },
  { "openai-video", GENERATE,
    { "-m", "openai:sora-2" } },
  { "google", GENERATE, { "-m", "google:imagen4" } },
  { "google-gemini", GENERATE, { "-m", "google:gemini-3-pro-image" } },
  { "google-video", GENERATE,
    { "-m", "google:veo-3.1-fast-generate-001", "--image", "in.png" } },
  { "studio", GENERATE, { "-m", "google-studio:gemini-3-pro-image" } },
  { "studio-video", GENERATE,
    { "-m", "google-studio:veo-3.1-lite-generate-preview", "--option",
      "veo=true" } },
  { "higgsfield", GENERATE,
    { "-m", "higgsfield:higgsfield-ai/soul/standard" } },
  { "higgsfield-video", GENERATE,
    { "-m", "higgsfield:higgsfield-ai/dop/lite", "--image", "in.png" } },
  { "runway", GENERATE, { "-m", "runway:gen4_image" } },
  { "runway-video", GENERATE,
    { "-m", "runway:gen4_turbo", "--image", "in.png" } },
  { "visgate", GENERATE, { "-m", "visgate:fal-ai/flux/schnell" } },
  { "visgate-video", GENERATE,
    { "-m", "visgate:runway/gen4_turbo", "--image", "in.png" } },
  { "modelgates", GENERATE, { "-m", "modelgates:qwen/qwen-image-3" } },
  { "modelgates-video", GENERATE,
    { "-m", "modelgates:runway/gen-4.5", "--image", "in.png" } },
  { "openrouter", GENERATE, { "-m", "openrouter:qwen/qwen-image-3" } },
  { "openrouter-video", GENERATE,
    { "-m", "openrouter:runway/gen-4.5", "--image", "in.png" } },
  /* other verbs */
  { "first", FIRST, { "-m", "fal:fal-ai/flux/dev" } },
  { "submit", SUBMIT, { "-m", "fal:fal-ai/flux/dev" } },
  { "wait", WAIT, { "-m", "fal:fal-ai/flux/dev" } },
  { "resume", RESUME, { "-m", "runway:gen4_image" } },
  { "again", AGAIN, { "-m", "fal:fal-ai/flux/dev" } },
  { "cancel", CANCEL, { "-m", "fal:fal-ai/flux/dev" } },
  { "cancel-deletes", CANCEL, { "-m", "runway:gen4_image" } },
  { "fetch", FETCH, { "-m", "fal:fal-ai/flux/dev" } },
  { "deadline", DEADLINE,
    { "-m", "fal:fal-ai/flux/dev", "--fallback", "fal:fal-ai/flux/schnell",
      "--attempt-timeout", "200ms" } },
  { "batch", BATCH, { "-m", "fal:fal-ai/flux/dev" } },
};
/* clang-format on */
const size_t n_flows = LEN(flows);

struct tried tried[TRIED_MAX];
size_t n_tried;

bool flow_is_alone(const struct flow *f)
{
  return f->verb == FIRST || f->verb == AGAIN;
}

uint64_t below(uint64_t n)
{
  static uint64_t seed;
  const char *s = getenv("CRASH_SEED");

  if (seed == 0) {
    seed = s ? strtoull(s, NULL, 10) : 1;
    below(2);
  }
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (seed >> 33) % n;
}

static const char *words(char *buf, const char *a, const char *b, const char *c)
{
  snprintf(buf, 3 * NAME, "%s%s%s", a, b, c);
  return buf;
}

static void add_flow(struct run *r, const struct flow *f, const char *out)
{
  size_t i;

  for (i = 0; i < LEN(f->words) && f->words[i]; i++)
    run_add(r, f->words[i]);
  run_add(r, "--resubmit");
  run_add(r, "never");
  run_add(r, "--allow-unknown-cost");
  if (out) {
    run_add(r, "-o");
    run_add(r, out);
  }
}

void must(int code, const char *name, const char *what)
{
  if (code == 0)
    return;
  printf("FAIL %s: %s ends with %d\n", name, what, code);
  fflush(stdout);
  exit(system("tail -n 5 said") == 0 ? 1 : 2);
}

static char job_id[NAME];

/* `gamut submit`, or with `whole` to the end; its id is in job_id. */
static void submit(const struct flow *f, const char *state, const char *name,
                   bool whole)
{
  struct run r = { .state = state, .out = "id" };
  char out[3 * NAME];
  FILE *file;

  run_add(&r, "submit");
  run_add(&r, "-q");
  run_add(&r, "-p");
  run_add(&r, name);
  add_flow(&r, f, words(out, "made/", name, ".{ext}"));
  setenv("GAMUT_POLL_INTERVAL", "60s", 1); /* it is left before it is done */
  must(run_go(&r, NULL), name, "submit");
  setenv("GAMUT_POLL_INTERVAL", "10ms", 1);
  file = fopen("id", "r");
  if (!file || fscanf(file, "%63s", job_id) != 1)
    must(-1, name, "reading the id");
  fclose(file);
  if (!whole)
    return;
  r = (struct run){ .words = { "resume", "-q", job_id },
                    .n_words = 3,
                    .state = state };
  must(run_go(&r, NULL), name, "resume");
}

static bool said(const char *words)
{
  FILE *f = fopen("said", "r");
  char line[1024];
  bool found = false;

  while (f && fgets(line, sizeof(line), f))
    found |= strstr(line, words) != NULL;
  if (f)
    fclose(f);
  return found;
}

static void write_lines(const char *path, const char *name)
{
  FILE *f = fopen(path, "w");
  int i;

  for (i = 1; f && i <= LINES; i++)
    fprintf(f, "{\"prompt\":\"%s-%d\",\"output\":\"made/%s-%d.{ext}\"}\n", name,
            i, name, i);
  if (!f || fclose(f))
    must(-1, name, "writing its lines");
}

static void remember(const char *name, int line, int code)
{
  struct tried *t = &tried[n_tried++];

  t->code = code;
  t->forgotten = said("will be forgotten");
  t->unwritten = said("its record could not be written");
  snprintf(t->prompt, NAME, line ? "%s-%d" : "%s", name, line);
  snprintf(t->died, sizeof(t->died), "%s", run_died_at());
}

static int run_batch(const struct flow *f, const char *state, const char *name,
                     const char *resume, const struct point *p)
{
  struct run r = { .state = state };
  char path[3 * NAME];

  run_add(&r, "batch");
  run_add(&r, words(path, name, ".jsonl", ""));
  add_flow(&r, f, NULL);
  run_add(&r, "-j");
  run_add(&r, "2");
  if (resume)
    run_add(&r, resume);
  return run_go(&r, p);
}

static int go_batch(const struct flow *f, const char *state, const char *name,
                    const struct point *p)
{
  char path[3 * NAME];
  int code, i;

  write_lines(words(path, name, ".jsonl", ""), name);
  code = run_batch(f, state, name, NULL, p);
  for (i = 1; p->nth && i <= LINES; i++)
    remember(name, i, code);
  return code;
}

void flow_go_on(const struct flow *f, const char *state, const char *name,
                int code)
{
  if (f->verb != BATCH || code == 0 || said("will be forgotten")) /* by whom? */
    return;
  code = run_batch(f, state, name, "--resume", NULL);
  must(code == 1 ? 0 : code, name, "batch --resume"); /* 1: maybe-charged */
}

static int go_fetch(const struct flow *f, const char *state, const char *name,
                    const struct point *p)
{
  struct run r = { .words = { "fetch", "-q", NULL, "--force" },
                   .n_words = 4,
                   .state = state };

  submit(f, state, name, true);
  r.words[2] = job_id;
  return run_go(&r, p);
}

static int go_generate(const struct flow *f, const char *state,
                       const char *name, const struct point *p)
{
  struct run r = { .state = state };
  char out[3 * NAME];

  run_add(&r, f->verb == SUBMIT ? "submit" : "generate");
  run_add(&r, "-p");
  run_add(&r, name);
  add_flow(&r, f, words(out, "made/", name, ".{ext}"));
  return run_go(&r, p);
}

/* The vendor works for three looks, and there is time for one. */
static int go_deadline(const struct flow *f, const char *state,
                       const char *name, const struct point *p)
{
  int code;

  setenv("GAMUT_POLL_INTERVAL", "150ms", 1);
  code = go_generate(f, state, name, p);
  setenv("GAMUT_POLL_INTERVAL", "10ms", 1);
  return code;
}

/* What `verb` does with the job that was submitted. */
static int go_on(const struct flow *f, const char *state, const char *name,
                 const struct point *p, const char *verb)
{
  struct run r = { .state = state };

  submit(f, state, name, false);
  run_add(&r, verb);
  run_add(&r, "-q");
  run_add(&r, job_id);
  return run_go(&r, p);
}

static int go_again(const struct flow *f, const char *state, const char *name,
                    const struct point *p)
{
  struct run r = { .words = { "resume", "-q", "--resubmit", "never" },
                   .n_words = 4,
                   .state = state };
  struct point before = { "before", 0 };

  if (p->nth) {
    before.nth = 1 + below(90);
    go_generate(f, state, name, &before);
  } else {
    submit(f, state, name, false); /* what there is most to do for */
  }
  return run_go(&r, p);
}

int flow_go(const struct flow *f, const char *state, const char *name,
            const struct point *p)
{
  int code;

  switch (f->verb) {
  case BATCH:
    return go_batch(f, state, name, p);
  case FETCH:
    code = go_fetch(f, state, name, p);
    break;
  case AGAIN:
    code = go_again(f, state, name, p);
    break;
  case WAIT:
    code = go_on(f, state, name, p, "wait");
    break;
  case RESUME:
    code = go_on(f, state, name, p, "resume");
    break;
  case CANCEL:
    code = go_on(f, state, name, p, "cancel");
    break;
  case DEADLINE:
    code = go_deadline(f, state, name, p);
    break;
  default:
    code = go_generate(f, state, name, p);
    break;
  }
  if (p->nth)
    remember(name, 0, code);
  return code;
}

/* Exit codes that say what became of a job: maybe-charged; cancelled, and the
 * vendor has forgotten it, or says so. */
enum { MAYBE = 10, GONE = 5, STORAGE = 12, CANCELLED = 130 };

static int start_resume(const char *state)
{
  struct run r = { .words = { "resume", "-q", "--resubmit", "never" },
                   .n_words = 4,
                   .state = state };

  return run_start(&r);
}

static void must_resume(int pid, const char *state)
{
  int code = run_wait(pid);

  if (code != MAYBE && code != GONE && code != CANCELLED)
    must(code, state, "resume");
}

bool flow_resume(const char *state)
{
  int code = run_wait(start_resume(state));

  if (code != MAYBE && code != GONE && code != CANCELLED && code != STORAGE)
    must(code, state, "resume");
  return code != STORAGE;
}

void flow_resume_twice(const char *state)
{
  int other = start_resume(state), one = start_resume(state);

  must_resume(one, state);
  must_resume(other, state);
}

static void ask(const char *state, const char *verb, const char *out)
{
  struct run r = { .words = { verb, "--json" },
                   .n_words = 2,
                   .state = state,
                   .out = out };

  must(run_go(&r, NULL), state, verb);
}

int flow_unbalanced(const char *state, bool sure)
{
  ask(state, "usage", "usage.json");
  ask(state, "budgets", "budgets.json");
  return books_unbalanced("usage.json", "budgets.json", sure);
}

struct books *flow_books(const char *state)
{
  char command[512];

  ask(state, "jobs", "jobs.json");
  snprintf(command, sizeof(command),
           "curl -sf -o stats.json '%s/control/stats?prompts=1'",
           getenv("CRASH_VENDOR"));
  must(system(command), state, "curl");
  return books_open("jobs.json", "stats.json");
}

/* ... but no draft or sidecar. */
int64_t flow_file_size(void)
{
  struct stat st;
  FILE *f =
    popen("find made -type f ! -name '*.partial-*' ! -name '*.json'", "r");
  char path[256] = "";

  if (f && !fgets(path, sizeof(path), f))
    path[0] = '\0';
  if (f)
    pclose(f);
  path[strcspn(path, "\n")] = '\0';
  return stat(path, &st) ? -1 : st.st_size;
}

void flow_clear(void)
{
  must(system("rm -rf made state && mkdir made"), "made", "rm");
}

bool flow_is_wanted(const struct flow *f, int argc, char **argv)
{
  int i;

  for (i = 1; i < argc; i++)
    if (strcmp(argv[i], f->name) == 0)
      return true;
  return argc == 1;
}

/* How many files two jobs make; 0: there is one job. */
static size_t team_of(const struct flow *f)
{
  size_t i;

  for (i = 0; i < LEN(f->words) && f->words[i]; i++) {
    if (strcmp(f->words[i], "--hedge") == 0)
      return 1;
    if (strcmp(f->words[i], "--spread") == 0)
      return 4;
  }
  return 0;
}

int64_t flow_submissions(const struct flow *f)
{
  return f->verb == DEADLINE ? 2 : 1;
}

bool flow_has_two_jobs(const struct flow *f)
{
  return team_of(f) > 0;
}

enum fate flow_judge(const struct flow *f, struct books *b, const char *prompt,
                     int64_t size)
{
  size_t n = team_of(f);

  return n ? books_judge_team(b, prompt, size, n)
           : books_judge(b, prompt, size, flow_submissions(f));
}
