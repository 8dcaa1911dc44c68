/* books.c - compares what gamut says of its jobs with what the vendor sold.
 *
 *     books JOBS SOLD FOLDER
 *
 * JOBS is `gamut jobs --json`, SOLD the emulator's count by prompt.  A prompt
 * is
 * "<flow> <number>".  Prints a line for each flow and one for each broken rule;
 * ends with 1 when there is any. */
#include <dirent.h>
#include <json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FLOWS_MAX 64

struct flow {
  char name[64];
  unsigned completed, cancelled, maybe_sold, maybe_unsold;
};

static struct flow flows[FLOWS_MAX];
static unsigned n_flows, n_broken, n_jobs, n_sold;

static void broken(const char *prompt, const char *what)
{
  printf("BROKEN '%s': %s\n", prompt, what);
  n_broken++;
}

static struct flow *flow_of(const char *prompt)
{
  const char *end = strrchr(prompt, ' ');
  size_t len = end ? (size_t)(end - prompt) : strlen(prompt);
  unsigned i;

  if (len >= sizeof(flows[0].name))
    len = sizeof(flows[0].name) - 1;
  for (i = 0; i < n_flows; i++) {
    if (strncmp(flows[i].name, prompt, len) == 0 && !flows[i].name[len])
      return &flows[i];
  }
  if (n_flows == FLOWS_MAX)
    exit(99);
  memcpy(flows[n_flows].name, prompt, len);
  return &flows[n_flows++];
}

static const char *text(struct json_object *o, const char *key)
{
  struct json_object *v = NULL;

  json_object_object_get_ex(o, key, &v);
  return v ? json_object_get_string(v) : "";
}

static int64_t number(struct json_object *o, const char *key)
{
  struct json_object *v = NULL;

  json_object_object_get_ex(o, key, &v);
  return v ? json_object_get_int64(v) : 0;
}

static int64_t sold_of(struct json_object *sold, const char *prompt)
{
  struct json_object *p = NULL;

  json_object_object_get_ex(sold, prompt, &p);
  return p ? number(p, "accepted") : 0;
}

/* Whole, as it was when it came. */
static void check_files(struct json_object *job, const char *prompt)
{
  struct json_object *outputs = NULL, *o;
  struct stat st;
  size_t i, n;

  json_object_object_get_ex(job, "outputs", &outputs);
  n = outputs ? json_object_array_length(outputs) : 0;
  if (n == 0)
    broken(prompt, "completed without a file");
  for (i = 0; i < n; i++) {
    o = json_object_array_get_idx(outputs, i);
    if (stat(text(o, "path"), &st))
      broken(prompt, "its file is not there");
    else if (st.st_size != number(o, "size") || st.st_size == 0)
      broken(prompt, "its file is not whole");
  }
}

static void check_job(struct json_object *job, struct json_object *sold)
{
  const char *prompt = text(job, "prompt"), *state = text(job, "state");
  int64_t bought = sold_of(sold, prompt);
  struct flow *f = flow_of(prompt);

  n_jobs++;
  if (strcmp(state, "completed") == 0) {
    f->completed++;
    check_files(job, prompt);
    if (bought != 1)
      broken(prompt, "completed, and not sold once");
  } else if (strcmp(state, "maybe-charged") == 0) {
    f->maybe_sold += bought > 0;
    f->maybe_unsold += bought == 0;
  } else if (strcmp(state, "cancelled") == 0) {
    f->cancelled++;
  } else {
    broken(prompt, state);
  }
}

static struct json_object *job_of(struct json_object *jobs, const char *prompt,
                                  unsigned *ret_n)
{
  struct json_object *found = NULL, *job;
  size_t i, n = json_object_array_length(jobs);

  *ret_n = 0;
  for (i = 0; i < n; i++) {
    job = json_object_array_get_idx(jobs, i);
    if (strcmp(text(job, "prompt"), prompt) == 0) {
      found = job;
      ++*ret_n;
    }
  }
  return found;
}

/* The vendor's side: nothing twice, nothing that nobody knows of. */
static void check_sold(struct json_object *sold, struct json_object *jobs)
{
  struct json_object_iterator i = json_object_iter_begin(sold);
  struct json_object_iterator end = json_object_iter_end(sold);
  unsigned n;

  for (; !json_object_iter_equal(&i, &end); json_object_iter_next(&i)) {
    const char *prompt = json_object_iter_peek_name(&i);
    int64_t bought = number(json_object_iter_peek_value(&i), "accepted");

    n_sold += bought > 0;
    if (bought > 1)
      broken(prompt, "sold more than once");
    if (bought > 0 && !job_of(jobs, prompt, &n))
      broken(prompt, "sold, and no job knows of it");
    else if (bought > 0 && n > 1)
      broken(prompt, "more than one job");
  }
}

/* "openai 47" may have written openai-47.png and not have said so yet, when the
 * picture came in the answer itself; what is fetched again under another name
 * is what the job knows. */
static int is_of(struct json_object *job, const char *name)
{
  const char *prompt = text(job, "prompt");
  size_t i;

  for (i = 0; prompt[i]; i++) {
    if (name[i] != (strchr(" .", prompt[i]) ? '-' : prompt[i]))
      return 0;
  }
  return name[i] == '.' && (strcmp(text(job, "state"), "maybe-charged") == 0 ||
                            strncmp(prompt, "fetch ", 6) == 0);
}

static int is_listed(struct json_object *jobs, const char *name)
{
  size_t i, k, n = json_object_array_length(jobs);

  for (i = 0; i < n; i++) {
    struct json_object *job = json_object_array_get_idx(jobs, i);
    struct json_object *files = NULL;

    if (is_of(job, name))
      return 1;
    json_object_object_get_ex(job, "files", &files);
    for (k = 0; files && k < json_object_array_length(files); k++) {
      const char *path =
        json_object_get_string(json_object_array_get_idx(files, k));
      const char *slash = strrchr(path, '/');

      if (strcmp(slash ? slash + 1 : path, name) == 0)
        return 1;
    }
  }
  return 0;
}

/* The prompt of the job that a half file is of, or the file's name. */
static const char *owner_of(struct json_object *jobs, const char *name)
{
  size_t i, n = json_object_array_length(jobs);

  for (i = 0; i < n; i++) {
    struct json_object *job = json_object_array_get_idx(jobs, i);

    if (strstr(name, text(job, "id")))
      return text(job, "prompt");
  }
  return name;
}

/* Drafts stay; a name with a dot before it is that of half a file. */
static void check_folder(struct json_object *jobs, const char *folder)
{
  DIR *d = opendir(folder);
  struct dirent *e;

  if (!d)
    exit(99);
  while ((e = readdir(d))) {
    if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
        (e->d_name[0] == '.' || !strstr(e->d_name, ".partial-")) &&
        !is_listed(jobs, e->d_name))
      broken(owner_of(jobs, e->d_name), e->d_name);
  }
  closedir(d);
}

static struct json_object *read_json(const char *path)
{
  struct json_object *o = json_object_from_file(path);

  if (!o)
    exit(99);
  return o;
}

int main(int argc, char **argv)
{
  struct json_object *jobs, *all, *sold = NULL;
  size_t i;

  if (argc != 4)
    return 99;
  jobs = read_json(argv[1]);
  all = read_json(argv[2]);
  json_object_object_get_ex(all, "prompts", &sold);
  if (!sold || !json_object_is_type(jobs, json_type_array))
    return 99;
  for (i = 0; i < json_object_array_length(jobs); i++)
    check_job(json_object_array_get_idx(jobs, i), sold);
  check_sold(sold, jobs);
  check_folder(jobs, argv[3]);
  printf("%-16s %9s %9s %13s %13s\n", "flow", "completed", "cancelled",
         "maybe, sold", "maybe, unsold");
  for (i = 0; i < n_flows; i++)
    printf("%-16s %9u %9u %13u %13u\n", flows[i].name, flows[i].completed,
           flows[i].cancelled, flows[i].maybe_sold, flows[i].maybe_unsold);
  printf("%u jobs, %u sold, %u rules broken\n", n_jobs, n_sold, n_broken);
  json_object_put(jobs);
  json_object_put(all);
  return n_broken > 0;
}
