/* books.c - what gamut says, what the vendor says, what the disk has. */
#include "books.h"
#include "look.h"
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

struct books {
  struct json_object *jobs; /* prompt -> list of jobs */
  struct json_object *stats;
  struct json_object *prompts; /* of the vendor */
  struct json_object *files;   /* names that completed jobs speak of */
};

static bool ended_as(struct json_object *job, const char *state)
{
  return strcmp(text(job, "state"), state) == 0;
}

static const char *leaf(const char *path)
{
  const char *slash = strrchr(path, '/');

  return slash ? slash + 1 : path;
}

/* A file that a completed job speaks of, or what goes with it. */
static void add_file(struct books *b, const char *path)
{
  char sidecar[512];

  snprintf(sidecar, sizeof(sidecar), "%s.json", leaf(path));
  json_object_object_add(b->files, leaf(path), NULL);
  json_object_object_add(b->files, sidecar, NULL);
}

static void add_job(struct books *b, struct json_object *job)
{
  const char *prompt = text(job, "prompt");
  struct json_object *list = at(b->jobs, prompt), *files = at(job, "files");
  size_t i;

  if (!list) {
    list = json_object_new_array();
    json_object_object_add(b->jobs, prompt, list);
  }
  json_object_array_add(list, json_object_get(job));
  for (i = 0; files && i < json_object_array_length(files); i++)
    add_file(b, json_object_get_string(json_object_array_get_idx(files, i)));
}

struct books *books_open(const char *jobs, const char *stats)
{
  struct json_object *list = load(jobs);
  struct books *b = calloc(1, sizeof(*b));
  size_t i;

  if (!b)
    abort();
  b->jobs = json_object_new_object();
  b->files = json_object_new_object();
  b->stats = load(stats);
  b->prompts = at(b->stats, "prompts");
  for (i = 0; i < json_object_array_length(list); i++)
    add_job(b, json_object_array_get_idx(list, i));
  json_object_put(list);
  return b;
}

void books_close(struct books *b)
{
  json_object_put(b->jobs);
  json_object_put(b->files);
  json_object_put(b->stats);
  free(b);
}

static enum fate wrong(const char *prompt, const char *what, const char *more)
{
  printf("FAIL %s: %s%s\n", prompt, what, more);
  return FATE_WRONG;
}

/* All there, and whole; size -1: nobody knows. */
static bool has_files(struct json_object *job, int64_t size)
{
  struct json_object *files = at(job, "files");
  size_t i, n = files ? json_object_array_length(files) : 0;
  struct stat st;

  for (i = 0; i < n; i++)
    if (stat(json_object_get_string(json_object_array_get_idx(files, i)),
             &st) ||
        st.st_size == 0 || (size >= 0 && st.st_size != size))
      return false;
  return n > 0;
}

/* Its vendor forgot it when it was cancelled; the answer was not heard. */
static bool is_gone(struct json_object *job)
{
  return ended_as(job, "failed") &&
         strcmp(text(job, "class"), "not-found") == 0;
}

/* Of a request that several jobs work on: the job of one of those needs an eye.
 */
static bool one_is_unsure(struct json_object *list)
{
  size_t i;

  for (i = 0; list && i < json_object_array_length(list); i++)
    if (ended_as(json_object_array_get_idx(list, i), "maybe-charged"))
      return true;
  return false;
}

/* The request's own; parts are listed behind it while they are not over. */
static struct json_object *lead_of(struct json_object *list)
{
  struct json_object *lead = NULL, *job;
  size_t i;

  for (i = 0; list && i < json_object_array_length(list); i++) {
    job = json_object_array_get_idx(list, i);
    if (!at(job, "of") && lead)
      return NULL;
    if (!at(job, "of"))
      lead = job;
    else if (!ended_as(job, "maybe-charged"))
      return NULL;
  }
  return lead;
}

int64_t books_sold(struct books *b, const char *prompt)
{
  return json_object_get_int64(at(at(b->prompts, prompt), "accepted"));
}

enum fate books_judge_team(struct books *b, const char *prompt, int64_t size,
                           size_t n)
{
  int64_t sold = books_sold(b, prompt);
  struct json_object *list = at(b->jobs, prompt), *lead = lead_of(list);
  bool unsure = one_is_unsure(list);

  if (sold > 2)
    return wrong(prompt, "more than two were submitted", "");
  if (!list)
    return sold ? wrong(prompt, "submitted, and there is no job", "")
                : FATE_NONE;
  if (!lead)
    return wrong(prompt, "it has no job, or several, or parts that go on: ",
                 json_object_to_json_string(list));
  if (!ended_as(lead, "completed"))
    return !unsure ? wrong(prompt, "its job is ", text(lead, "state"))
           : sold  ? FATE_MAYBE
                   : FATE_CAUTION;
  if (!has_files(lead, size))
    return wrong(prompt, "its file is missing or half", "");
  if (!unsure && json_object_array_length(at(lead, "files")) != n)
    return wrong(prompt, "some of its files are missing", "");
  return unsure ? FATE_MAYBE : FATE_WHOLE;
}

/* Jobs that are paid for at the same time; without any that was cancelled those
 * are all. */
static int64_t at_once(struct books *b, const char *prompt)
{
  struct json_object *n = at(at(b->prompts, prompt), "at_once");

  return n ? json_object_get_int64(n) : books_sold(b, prompt);
}

enum fate books_judge(struct books *b, const char *prompt, int64_t size,
                      int64_t most)
{
  int64_t sold = books_sold(b, prompt);
  struct json_object *list = at(b->jobs, prompt), *job;

  if (sold > most)
    return wrong(prompt, "submitted more than once", "");
  if (at_once(b, prompt) > 1)
    return wrong(prompt, "submitted while another was not cancelled", "");
  if (!list)
    return sold ? wrong(prompt, "submitted, and there is no job", "")
                : FATE_NONE;
  if (json_object_array_length(list) != 1)
    return wrong(prompt, "it has two jobs", "");
  job = json_object_array_get_idx(list, 0);
  if (ended_as(job, "maybe-charged"))
    return sold ? FATE_MAYBE : FATE_CAUTION;
  if (ended_as(job, "cancelled") || is_gone(job))
    return FATE_CANCELLED;
  if (!ended_as(job, "completed"))
    return wrong(prompt, "its job is ", text(job, "state"));
  if (!sold)
    return wrong(prompt, "completed, and never submitted", "");
  if (!has_files(job, size))
    return wrong(prompt, "its file is missing or half", "");
  return FATE_WHOLE;
}

void books_forgive(struct books *b, const char *prompt)
{
  struct json_object *list = at(b->jobs, prompt);
  size_t i = 0;

  while (list && json_object_array_length(list) > 1 &&
         i < json_object_array_length(list)) {
    if (ended_as(json_object_array_get_idx(list, i), "failed"))
      json_object_array_del_idx(list, i, 1);
    else
      i++;
  }
}

bool books_knows(struct books *b, const char *prompt)
{
  return at(b->jobs, prompt) != NULL;
}

enum fate books_failed(struct books *b, const char *prompt, const char **ret_id,
                       const char **ret_message)
{
  int64_t sold = json_object_get_int64(at(at(b->prompts, prompt), "accepted"));
  struct json_object *list = at(b->jobs, prompt), *job;

  if (!list || json_object_array_length(list) != 1)
    return FATE_NONE;
  job = json_object_array_get_idx(list, 0);
  if (!ended_as(job, "failed") || is_gone(job))
    return FATE_NONE;
  *ret_id = text(job, "id");
  *ret_message = text(job, "message");
  return sold ? FATE_KEPT : FATE_FAILED;
}

/* Named as the prompt is, before any number and ending: all that may be left of
 * a job that is maybe-charged; drafts of any. */
static bool may_be_left(struct books *b, const char *name)
{
  struct json_object_iter it;

  json_object_object_foreachC(b->jobs, it)
  {
    size_t len = strlen(it.key);

    if (strncmp(name, it.key, len) == 0 && strchr(".-", name[len]) &&
        (one_is_unsure(it.val) || strncmp(name + len, ".partial-", 9) == 0))
      return true;
  }
  return false;
}

int books_strays(struct books *b, const char *folder)
{
  DIR *dir = opendir(folder);
  struct dirent *e;
  int n = 0;

  while (dir && (e = readdir(dir)) != NULL) {
    if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
        json_object_object_get_ex(b->files, e->d_name, NULL))
      continue;
    if (e->d_name[0] != '.' && may_be_left(b, e->d_name))
      continue;
    printf("FAIL left behind: %s/%s\n", folder, e->d_name);
    n++;
  }
  if (dir)
    closedir(dir);
  return n;
}

static int differ(const char *what, double a, double b)
{
  if (a - b < 1e-6 && b - a < 1e-6)
    return 0;
  printf("FAIL the books: %s %.6f and %.6f\n", what, a, b);
  return 1;
}

int books_unbalanced(const char *usage, const char *budgets, bool sure)
{
  struct json_object *all = load(usage), *list = load(budgets);
  struct json_object *u = at(all, "total");
  struct json_object *b = json_object_array_get_idx(list, 0);
  int n = differ("cost", usd(u, "cost_usd"), usd(b, "spent_usd")) +
          differ("maybe", usd(u, "maybe_usd"), usd(b, "maybe_usd")) +
          differ("reserved", usd(u, "reserved_usd"), 0) +
          differ("reserved", usd(b, "reserved_usd"), 0);

  if (usd(b, "spent_usd") + usd(b, "maybe_usd") > usd(b, "limit_usd") + 1e-6) {
    printf("FAIL the budget: %s\n", json_object_to_json_string(b));
    n++;
  }
  if (sure)
    n += differ("maybe", usd(u, "maybe_usd"), 0) +
         differ("maybe-charged", usd(u, "maybe_charged"), 0);
  json_object_put(all);
  json_object_put(list);
  return n;
}
