/* story.c - what one request is, and what must be true of it in the end. */
#include "story.h"
#include "look.h"
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

/* Flows whose files are known to be in doubt by more than their job are left to
 * points.c. */
static const char *const wanted[] = {
  "fal",          "fal-four",    "fal-hedge",    "fal-spread",
  "fal-run",      "fal-sidecar", "openai",       "openai-stream",
  "openai-video", "google",      "google-video", "higgsfield",
  "runway",       "modelgates",  "openrouter",   "deadline",
};

/* What happens to a request on its way, of any vendor. */
static const char *const wire[] = {
  "submit:close:1", "submit:reset:1", "submit:503:1",    "submit:slow:200",
  "file:reset:1",   "file:503:2",     "file:truncate:1",
};
/* What fal says to it. */
static const char *const said[] = {
  "fail",       "fail-late",    "submit:422:1",   "blocked",
  "empty",      "stubborn",     "status:503:2",   "status:slow:100",
  "file:404:1", "cancel:503:1", "result:close:1", "result:truncate:1",
};

static struct json_object *jobs, *usage, *vendor, *stats;

/* ---- drawing ------------------------------------------------------------- */

static const struct flow *flow_named(const char *name)
{
  const struct flow *f = flows;

  while (strcmp(f->name, name) != 0)
    if (++f == flows + n_flows)
      abort();
  return f;
}

static void draw_prompt(struct story *s, const struct terms *t)
{
  const char *fault = "";

  if (below(2))
    fault =
      s->is_fal && below(2) ? said[below(LEN(said))] : wire[below(LEN(wire))];
  s->faulty = *fault || t->tight;
  snprintf(s->prompt, sizeof(s->prompt), *fault ? "%s [%s]" : "%s", s->name,
           fault);
}

/* All of its models are. */
static bool is_fal(const struct flow *f)
{
  size_t i;

  for (i = 0; i < LEN(f->words) && f->words[i]; i++)
    if (strchr(f->words[i], ':') && strncmp(f->words[i], "fal:", 4) != 0)
      return false;
  return true;
}

void story_draw(struct story *s, unsigned n, const struct terms *t)
{
  const struct flow *f;

  do
    f = flow_named(wanted[below(LEN(wanted))]);
  while (t->tight && !is_fal(f));
  *s = (struct story){ .flow = f, .is_fal = is_fal(f) };
  snprintf(s->name, sizeof(s->name), "%s-%u", f->name, n);
  draw_prompt(s, t);
}

void story_draw_line(struct story *s, unsigned n, const struct story *first,
                     const struct terms *t)
{
  *s = *first;
  snprintf(s->name, sizeof(s->name), "%s-%u", s->flow->name, n);
  draw_prompt(s, t);
}

/* ---- what there is ------------------------------------------------------- */

void story_finish(void)
{
  json_object_put(jobs);
  json_object_put(usage);
  json_object_put(vendor);
  json_object_put(stats);
  jobs = usage = vendor = stats = NULL;
}

static void ask_vendor(const char *what, const char *out)
{
  char command[512];

  snprintf(command, sizeof(command), "curl -sf -o %s '%s/control/%s'", out,
           getenv("CRASH_VENDOR"), what);
  must(system(command), out, "curl");
}

static void ask_gamut(const char *verb, const char *out)
{
  struct run r = {
    .words = { verb, "--json" }, .n_words = 2, .state = "state", .out = out
  };

  if (strcmp(verb, "usage") == 0) {
    run_add(&r, "--by");
    run_add(&r, "project");
  }
  must(run_go(&r, NULL), out, verb);
}

void story_look(void)
{
  story_finish();
  ask_gamut("jobs", "jobs.json");
  ask_gamut("usage", "usage.json");
  ask_vendor("jobs?limit=1000000", "vendor.json");
  ask_vendor("stats?prompts=1", "stats.json");
  jobs = load("jobs.json");
  usage = load("usage.json");
  vendor = load("vendor.json");
  stats = load("stats.json");
}

/* The next of its jobs from *i on, or NULL. */
static struct json_object *next_job(const struct story *s, size_t *i)
{
  while (*i < json_object_array_length(jobs)) {
    struct json_object *job = json_object_array_get_idx(jobs, (*i)++);

    if (strcmp(text(job, "prompt"), s->prompt) == 0)
      return job;
  }
  return NULL;
}

static bool is_state(struct json_object *job, const char *state)
{
  return strcmp(text(job, "state"), state) == 0;
}

static bool has_ended(struct json_object *job)
{
  return json_object_get_boolean(at(job, "ended"));
}

/* One that goes on is worth several of those that have ended. */
const char *story_draw_id(const struct story *s)
{
  const char *id = NULL;
  struct json_object *job;
  uint64_t n = 0, weight;
  size_t i = 0;

  while ((job = next_job(s, &i))) {
    weight = has_ended(job) ? 1 : 4;
    n += weight;
    if (below(n) < weight)
      id = text(job, "id");
  }
  return id;
}

bool story_goes_on(const struct story *s)
{
  struct json_object *job;
  size_t i = 0;

  while ((job = next_job(s, &i)))
    if (!has_ended(job) || is_state(job, "maybe-charged"))
      return true;
  return false;
}

static bool one_is(const struct story *s, const char *state)
{
  struct json_object *job;
  size_t i = 0;

  while ((job = next_job(s, &i)))
    if (is_state(job, state))
      return true;
  return false;
}

static bool in_doubt(const struct story *s)
{
  return one_is(s, "maybe-charged");
}

const char *story_doubt(const struct story *s)
{
  size_t i = 0;
  struct json_object *job = next_job(s, &i);

  if (!job || at(job, "team") || !is_state(job, "maybe-charged") ||
      next_job(s, &i))
    return NULL;
  return text(job, "id");
}

/* What was cancelled, or has failed, it does not bill. */
int64_t story_sold(const struct story *s)
{
  struct json_object *of = at(at(stats, "prompts"), s->prompt);
  int64_t n = json_object_get_int64(at(of, "accepted"));
  size_t i;

  for (i = 0; i < json_object_array_length(vendor); i++) {
    struct json_object *job = json_object_array_get_idx(vendor, i);

    if (strcmp(text(job, "prompt"), s->prompt) == 0)
      n -= is_state(job, "cancelled") || is_state(job, "failed");
  }
  return n;
}

static double billed_usd(const struct story *s)
{
  int64_t sum = 0;
  size_t i;

  for (i = 0; i < json_object_array_length(vendor); i++) {
    struct json_object *job = json_object_array_get_idx(vendor, i);

    if (strcmp(text(job, "prompt"), s->prompt) == 0)
      sum += json_object_get_int64(at(job, "billed_microusd"));
  }
  return (double)sum / 1e6;
}

/* ---- judging ------------------------------------------------------------- */

static bool has_word(const struct story *s, const char *word)
{
  size_t i;

  for (i = 0; i < LEN(s->flow->words) && s->flow->words[i]; i++)
    if (strcmp(s->flow->words[i], word) == 0)
      return true;
  return false;
}

bool story_is_several(const struct story *s)
{
  return has_word(s, "-n");
}

static int64_t most_of(const struct story *s)
{
  return (flow_has_two_jobs(s->flow) ? 2 : 1) + s->again;
}

static void print_all(const struct story *s, struct json_object *list)
{
  size_t i;

  for (i = 0; i < json_object_array_length(list); i++) {
    struct json_object *o = json_object_array_get_idx(list, i);

    if (strcmp(text(o, "prompt"), s->prompt) == 0)
      printf("     %s\n", json_object_to_json_string(o));
  }
}

static enum fate wrong(const struct story *s, const char *what,
                       const char *more)
{
  printf("FAIL %s: %s%s\n", s->prompt, what, more);
  print_all(s, jobs);
  print_all(s, vendor);
  return FATE_WRONG;
}

static bool is_there(struct json_object *output)
{
  struct stat st;

  return stat(text(output, "path"), &st) == 0 && st.st_size > 0 &&
         st.st_size == json_object_get_int64(at(output, "size"));
}

static enum fate judge_files(const struct story *s, struct json_object *job)
{
  struct json_object *list = at(job, "outputs");
  size_t i, n = json_object_array_length(list);

  for (i = 0; i < n; i++)
    if (!is_there(json_object_array_get_idx(list, i)))
      return wrong(
        s, "a file is missing or half: ",
        json_object_to_json_string(json_object_array_get_idx(list, i)));
  if (n < (story_is_several(s) && !s->faulty && !in_doubt(s) ? 4 : 1))
    return wrong(s, "files are missing", "");
  return FATE_WHOLE;
}

/* The jobs of a part are no requests. */
static enum fate judge_job(const struct story *s, struct json_object *job)
{
  if (!has_ended(job))
    return wrong(s, "its job is ", text(job, "state"));
  if (is_state(job, "maybe-charged"))
    return FATE_MAYBE;
  if (is_state(job, "cancelled"))
    return FATE_CANCELLED;
  if (at(job, "of"))
    return FATE_NONE;
  return is_state(job, "completed") ? judge_files(s, job) : FATE_FAILED;
}

/* The worst of them. */
static enum fate judge_jobs(const struct story *s)
{
  static const int rank[N_FATES] = {
    [FATE_NONE] = 0,  [FATE_FAILED] = 1, [FATE_CANCELLED] = 2,
    [FATE_WHOLE] = 3, [FATE_MAYBE] = 4,  [FATE_WRONG] = 5
  };
  enum fate sum = FATE_NONE, fate;
  struct json_object *job;
  size_t i = 0, n_whole = 0;

  while ((job = next_job(s, &i))) {
    fate = judge_job(s, job);
    n_whole += fate == FATE_WHOLE;
    if (rank[fate] > rank[sum])
      sum = fate;
  }
  return n_whole > 1 ? wrong(s, "it was made twice", "") : sum;
}

static struct json_object *account_of(const struct story *s)
{
  struct json_object *groups = at(usage, "groups");
  size_t i, n = groups ? json_object_array_length(groups) : 0;

  for (i = 0; i < n; i++)
    if (strcmp(text(json_object_array_get_idx(groups, i), "name"), s->name) ==
        0)
      return json_object_array_get_idx(groups, i);
  return NULL;
}

/* Between what is sure and what may be is what the vendor wants. */
static enum fate judge_cost(const struct story *s)
{
  struct json_object *account = account_of(s);
  double billed = billed_usd(s), cost = usd(account, "cost_usd"),
         maybe = usd(account, "maybe_usd");
  char sums[128];

  snprintf(sums, sizeof(sums), "%.6f billed, %.6f and %.6f maybe in the books",
           billed, cost, maybe);
  if (usd(account, "reserved_usd") > 1e-9)
    return wrong(s, "something is reserved: ", sums);
  if (!in_doubt(s) && maybe > 1e-9)
    return wrong(s, "something is in doubt: ", sums);
  if (s->lied || !s->is_fal)
    return FATE_NONE;
  if (cost > billed + 1e-9 || cost + maybe < billed - 1e-9)
    return wrong(s, "the books are wrong: ", sums);
  return FATE_NONE;
}

/* What has ended well and is forgotten is in the books, unless somebody has
 * said that it is not charged. */
static bool is_in_the_books(const struct story *s)
{
  struct json_object *account = account_of(s);

  return s->lied || usd(account, "cost_usd") + usd(account, "maybe_usd") > 0 ||
         json_object_get_int64(at(account, "unknown_cost")) > 0;
}

enum fate story_judge(const struct story *s, const struct terms *t)
{
  enum fate fate = judge_jobs(s);
  int64_t sold = story_sold(s);

  if (sold > most_of(s) && strcmp(t->resubmit, "never") == 0)
    return wrong(s, "it is paid for more than once", "");
  if (sold > 0 && fate == FATE_NONE && !(t->forgets && is_in_the_books(s)))
    return wrong(s, "it is paid for, and nobody knows of it", "");
  if (fate == FATE_WHOLE && sold == 0)
    return wrong(s, "it has files, and was not sold", "");
  if (judge_cost(s) == FATE_WRONG)
    return FATE_WRONG;
  return fate == FATE_MAYBE && sold == 0 ? FATE_CAUTION : fate;
}

/* ---- files --------------------------------------------------------------- */

static bool is_named_by(const char *name, const struct story *s)
{
  size_t len = strlen(s->name);

  return strncmp(name, s->name, len) == 0 && strchr(".-", name[len]);
}

/* By a job, or its sidecar. */
static bool is_spoken_of(const char *name)
{
  size_t i, k, len;

  for (i = 0; i < json_object_array_length(jobs); i++) {
    struct json_object *files = at(json_object_array_get_idx(jobs, i), "files");

    for (k = 0; files && k < json_object_array_length(files); k++) {
      const char *path =
        json_object_get_string(json_object_array_get_idx(files, k));
      const char *leaf = strrchr(path, '/') + 1;

      len = strlen(leaf);
      if (strncmp(name, leaf, len) == 0 &&
          (!name[len] || strcmp(name + len, ".json") == 0))
        return true;
    }
  }
  return false;
}

/* Of what is in doubt, or was, a file may be left, and of what was cancelled
 * when its process had been killed; and drafts of what is seen while it comes.
 */
static bool may_stay(const char *name, const struct story *all, size_t n)
{
  size_t i;

  for (i = 0; i < n; i++)
    if (is_named_by(name, &all[i]) &&
        (all[i].settled || in_doubt(&all[i]) || one_is(&all[i], "cancelled") ||
         strstr(name, ".partial-")))
      return true;
  return false;
}

int story_strays(const struct story *all, size_t n, const struct terms *t)
{
  DIR *dir = opendir("made");
  struct dirent *e;
  int strays = 0;
  size_t i;

  while (dir && (e = readdir(dir)) != NULL) {
    if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
        is_spoken_of(e->d_name) ||
        (e->d_name[0] != '.' && (t->forgets || may_stay(e->d_name, all, n))))
      continue;
    printf("FAIL left behind: made/%s\n", e->d_name);
    for (i = 0; i < n; i++)
      if (is_named_by(e->d_name, &all[i]))
        print_all(&all[i], jobs);
    strays++;
  }
  if (dir)
    closedir(dir);
  return strays;
}

bool story_has_file(const struct story *s)
{
  DIR *dir = opendir("made");
  struct dirent *e;
  bool found = false;

  while (dir && (e = readdir(dir)) != NULL)
    found |= is_named_by(e->d_name, s);
  if (dir)
    closedir(dir);
  return found;
}
