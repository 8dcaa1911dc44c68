/* points.c - kills the program at one point of a flow after the other, lets two
 * processes go on with what is left at once, and compares the books.
 *
 *   points [FLOW...]   all flows, or these
 *
 * CRASH_POINTS: so many points, spread over the flows and along each, from a
 * place that CRASH_SEED chooses; 0: every point there is.  CRASH_PROGRAM,
 * CRASH_SHIM, CRASH_VENDOR: the program, killer.so, the emulator's URL. */
#include "books.h"
#include "run.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT_ONCE 200 /* killed jobs, before somebody goes on with them */
#define NAME    64
#define LINES   3 /* of a batch */
#define WHOLE_TRIES 5
#define SLACK   3 /* no two runs make quite the same calls */
#define LEN(a)  (sizeof(a) / sizeof(*(a)))

enum kind {
  GENERATE,
  FIRST, /* there is no store yet */
  SUBMIT,
  WAIT,
  RESUME, /* of what was submitted */
  AGAIN,  /* a resume of what was killed, killed as well */
  CANCEL,
  FETCH,
  DEADLINE, /* of the first link, whose job is cancelled for the second */
  BATCH
};

struct flow {
  const char *name;
  enum kind kind;
  const char *words[8];
};

/* clang-format off */
static const struct flow flows[] = {
  /* a queue that is polled, then downloads; one answer; files that go first */
  { "fal", GENERATE, { "-m", "fal:fal-ai/flux/dev" } },
  { "fal-four", GENERATE, { "-m", "fal:fal-ai/flux/dev", "-n", "4" } },
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
  { "fetch", FETCH, { "-m", "fal:fal-ai/flux/dev" } },
  { "deadline", DEADLINE,
    { "-m", "fal:fal-ai/flux/dev", "--fallback", "fal:fal-ai/flux/schnell",
      "--attempt-timeout", "200ms" } },
  { "batch", BATCH, { "-m", "fal:fal-ai/flux/dev" } },
};
/* clang-format on */

struct tried {
  char prompt[NAME];
  char died[32];
};

struct tally {
  unsigned points, lived, fates[N_FATES];
};

static struct tried tried[AT_ONCE * LINES];
static size_t n_tried;
static struct tally sum;
static unsigned cautious[5]; /* where those of FATE_CAUTION died */
static const char *const places[] = { "store", "wake", "net", "draft", "file" };
static uint64_t seed;

static uint64_t below(uint64_t n)
{
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (seed >> 33) % n;
}

/* ---- one point ----------------------------------------------------------- */

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
  if (out) {
    run_add(r, "-o");
    run_add(r, out);
  }
}

static void must(int code, const char *name, const char *what)
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

static void remember(const char *name, int line)
{
  struct tried *t = &tried[n_tried++];

  snprintf(t->prompt, NAME, line ? "%s-%d" : "%s", name, line);
  snprintf(t->died, sizeof(t->died), "%s", run_died_at());
}

static int go_batch(const struct flow *f, const char *state, const char *name,
                    const struct point *p)
{
  struct run r = { .state = state };
  char path[3 * NAME];
  int code, i;

  write_lines(words(path, name, ".jsonl", ""), name);
  run_add(&r, "batch");
  run_add(&r, path);
  add_flow(&r, f, NULL);
  run_add(&r, "-j");
  run_add(&r, "2");
  code = run_go(&r, p);
  for (i = 1; p->nth && i <= LINES; i++)
    remember(name, i);
  if (code == 0)
    return code;
  run_add(&r, "--resume");
  i = run_go(&r, NULL); /* 1: a line is maybe-charged */
  must(i == 1 ? 0 : i, name, "batch --resume");
  return code;
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

  run_add(&r, f->kind == SUBMIT ? "submit" : "-q");
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
  struct point before = { HOW_BEFORE, 0 };

  if (p->nth) {
    before.nth = 1 + below(90);
    go_generate(f, state, name, &before);
  } else {
    submit(f, state, name, false); /* what there is most to do for */
  }
  return run_go(&r, p);
}

static int go(const struct flow *f, const char *state, const char *name,
              const struct point *p)
{
  int code;

  switch (f->kind) {
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
    remember(name, 0);
  return code;
}

/* ---- what is left -------------------------------------------------------- */

/* Exit codes that say what became of a job: maybe-charged; cancelled, and the
 * vendor has forgotten it, or says so. */
enum { MAYBE = 10, GONE = 5, CANCELLED = 130 };

static void resume_twice(const char *state)
{
  struct run r = { .words = { "resume", "-q", "--resubmit", "never" },
                   .n_words = 4,
                   .state = state };
  int other = run_start(&r), one = run_start(&r);
  int codes[] = { run_wait(one), run_wait(other) };
  size_t i;

  for (i = 0; i < LEN(codes); i++)
    if (codes[i] != MAYBE && codes[i] != GONE && codes[i] != CANCELLED)
      must(codes[i], state, "resume");
}

static struct books *open_books(const char *state)
{
  struct run r = { .words = { "jobs", "--json" },
                   .n_words = 2,
                   .state = state,
                   .out = "jobs.json" };
  char command[512];

  must(run_go(&r, NULL), state, "jobs");
  snprintf(command, sizeof(command),
           "curl -sf -o stats.json '%s/control/stats?prompts=1'",
           getenv("CRASH_VENDOR"));
  must(system(command), state, "curl");
  return books_open("jobs.json", "stats.json");
}

static void count_caution(const char *died)
{
  size_t i;

  for (i = 0; i < LEN(places); i++)
    if (strncmp(died, places[i], strlen(places[i])) == 0)
      cautious[i]++;
}

/* None of these may come out of the flow. */
static bool may_be(const struct flow *f, enum fate fate)
{
  if (fate == FATE_CANCELLED)
    return f->kind == CANCEL;
  if (fate == FATE_NONE)
    return f->kind == GENERATE || f->kind == FIRST || f->kind == SUBMIT ||
           f->kind == AGAIN || f->kind == DEADLINE;
  return fate != FATE_WRONG;
}

/* So often it is submitted when all goes well, and may be at most. */
static int64_t submissions(const struct flow *f)
{
  return f->kind == DEADLINE ? 2 : 1;
}

/* Each of its points has a store of its own. */
static bool is_alone(const struct flow *f)
{
  return f->kind == FIRST || f->kind == AGAIN;
}

static void judge(const struct flow *f, const char *state, int64_t size,
                  struct tally *t)
{
  struct books *b;
  size_t i;

  resume_twice(state);
  b = open_books(state);
  for (i = 0; i < n_tried; i++) {
    enum fate fate = books_judge(b, tried[i].prompt, size, submissions(f));

    if (fate != FATE_WRONG && !may_be(f, fate))
      printf("FAIL %s: ends as %d\n", tried[i].prompt, (int)fate);
    if (fate == FATE_CAUTION)
      count_caution(tried[i].died);
    if (!may_be(f, fate)) {
      printf("     it was killed at %s\n", tried[i].died);
      fate = FATE_WRONG;
    }
    t->fates[fate]++;
  }
  if (!is_alone(f))
    t->fates[FATE_WRONG] += (unsigned)books_strays(b, "made");
  books_close(b);
  n_tried = 0;
}

/* ---- one flow ------------------------------------------------------------ */

/* Of the first file, but no draft or sidecar. */
static int64_t size_of_made(void)
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

/* Has it been everywhere?  On a machine that is busy the first link may be done
 * before its time is up. */
static bool is_whole(const struct flow *f, const char *name)
{
  struct books *b;
  bool whole;

  if (f->kind != DEADLINE)
    return true;
  b = open_books("state");
  whole = books_sold(b, name) == submissions(f);
  books_close(b);
  return whole;
}

/* So many calls does it make. */
static unsigned long go_whole(const struct flow *f, const struct point *p)
{
  unsigned long calls;
  char name[NAME];
  int i;

  for (i = 0; i < WHOLE_TRIES; i++) {
    snprintf(name, sizeof(name), "%s-%s-whole-%d", f->name, how_name(p->how),
             i);
    must(system("rm -rf made state && mkdir made"), name, "rm");
    must(go(f, "state", name, p), name, "a run that nobody kills");
    calls = run_calls();
    if (is_whole(f, name))
      return calls;
  }
  must(-1, name, "going through all of it");
  return 0;
}

/* So many calls of each kind in one run; what it makes is the measure. */
static int64_t measure(const struct flow *f, unsigned long calls[N_HOWS])
{
  struct point p = { 0 };
  int64_t size = 0;

  for (p.how = 0; p.how < N_HOWS; p.how++) {
    calls[p.how] = go_whole(f, &p);
    resume_twice("state"); /* of what was only submitted */
    size = size_of_made();
  }
  must(system("rm -rf made state && mkdir made"), f->name, "rm");
  return size;
}

static void try_one(const struct flow *f, const struct point *p, int64_t size,
                    struct tally *t)
{
  char name[NAME];

  snprintf(name, sizeof(name), "%s-%s-%lu", f->name, how_name(p->how), p->nth);
  if (go(f, "state", name, p) < 0)
    t->points++;
  else
    t->lived++;
  if (!is_alone(f) && n_tried + LINES < LEN(tried))
    return;
  judge(f, "state", size, t);
  if (is_alone(f))
    must(system("rm -rf state"), name, "rm");
}

/* The i-th of all points; those of the three kinds stand in a row. */
static struct point point_of(const unsigned long calls[N_HOWS], uint64_t i)
{
  struct point p = { HOW_BEFORE, 0 };

  while (p.how < N_HOWS - 1 && i >= calls[p.how])
    i -= calls[p.how++];
  p.nth = (unsigned long)i + 1;
  return p;
}

static void print(const char *name, const struct tally *t)
{
  printf("%-18s %6u %6u %6u %6u %8u %9u %6u\n", name, t->points,
         t->fates[FATE_NONE], t->fates[FATE_WHOLE], t->fates[FATE_MAYBE],
         t->fates[FATE_CAUTION], t->fates[FATE_CANCELLED],
         t->fates[FATE_WRONG]);
  fflush(stdout);
}

static void add_up(const struct tally *t)
{
  int i;

  sum.points += t->points;
  sum.lived += t->lived;
  for (i = 0; i < N_FATES; i++)
    sum.fates[i] += t->fates[i];
}

/* `wanted` 0: all. */
static void try_flow(const struct flow *f, uint64_t wanted)
{
  unsigned long calls[N_HOWS];
  struct tally t = { 0 };
  int64_t size = measure(f, calls);
  uint64_t all, i, from = 0;
  struct point p;

  calls[HOW_BEFORE] += SLACK;
  all = calls[HOW_BEFORE] + calls[HOW_HALF] + calls[HOW_AFTER];
  if (wanted == 0 || wanted > all)
    wanted = all;
  else
    from = below(all);
  if (wanted < all && is_alone(f)) /* each takes its time */
    wanted = (wanted + 3) / 4;
  for (i = 0; i < wanted; i++) {
    p = point_of(calls, (from + i * all / wanted) % all);
    try_one(f, &p, size, &t);
  }
  if (n_tried > 0)
    judge(f, "state", size, &t);
  print(f->name, &t);
  add_up(&t);
}

static bool is_wanted(const char *name, int argc, char **argv)
{
  int i;

  for (i = 1; i < argc; i++)
    if (strcmp(argv[i], name) == 0)
      return true;
  return argc == 1;
}

int main(int argc, char **argv)
{
  const char *s = getenv("CRASH_SEED"), *n = getenv("CRASH_POINTS");
  uint64_t points = n ? strtoull(n, NULL, 10) : 0;
  size_t i, n_flows = argc > 1 ? (size_t)argc - 1 : LEN(flows);

  seed = s ? strtoull(s, NULL, 10) : 1;
  below(2);
  printf("%-18s %6s %6s %6s %6s %8s %9s %6s\n", "flow", "killed", "none",
         "whole", "maybe", "careful", "cancelled", "wrong");
  for (i = 0; i < LEN(flows); i++)
    if (is_wanted(flows[i].name, argc, argv))
      try_flow(&flows[i], points ? (points + n_flows - 1) / n_flows : 0);
  print("all", &sum);
  printf("%u runs ended before their point came.  Maybe-charged though the "
         "vendor had heard nothing, by where they died:",
         sum.lived);
  for (i = 0; i < LEN(places); i++)
    printf(" %s %u", places[i], cautious[i]);
  printf("\n");
  return sum.fates[FATE_WRONG] > 0 || sum.points == 0;
}
