/* print.c - the end of a job, in words.
 *
 * Standard output has the files (and with --json the document, and nothing
 * else); why something failed, try by try, goes to standard error.
 */
#include "print.h"
#include "preview.h"
#include "request.h"
#include <stdlib.h>
#include <string.h>

#define SECOND_MS 1000

const char *cli_money(char buf[48], int64_t microusd, bool estimated)
{
  char *end;

  if (microusd < 0)
    return "cost unknown";
  snprintf(buf, 48, "%s$%lld.%06lld", estimated ? "~" : "",
           (long long)(microusd / 1000000), (long long)(microusd % 1000000));
  /* Cents always, smaller parts where there are any. */
  for (end = buf + strlen(buf); end[-1] == '0' && end[-3] != '.'; end--)
    end[-1] = '\0';
  return buf;
}

const char *cli_seconds(char buf[32], int64_t ms)
{
  snprintf(buf, 32, "%lld.%lld s", (long long)ms / SECOND_MS,
           (long long)ms % SECOND_MS / 100);
  return buf;
}

const char *cli_bytes(char buf[32], uint64_t n)
{
  if (n < 1024)
    snprintf(buf, 32, "%llu bytes", (unsigned long long)n);
  else if (n < 1024 * 1024)
    snprintf(buf, 32, "%llu KiB", (unsigned long long)n / 1024);
  else
    snprintf(buf, 32, "%llu.%llu MiB", (unsigned long long)n / 1048576,
             (unsigned long long)n % 1048576 * 10 / 1048576);
  return buf;
}

const char *cli_type_name(const char *mime)
{
  static const struct {
    const char *mime, *name;
  } types[] = {
    { "image/png", "PNG" },     { "image/jpeg", "JPEG" },
    { "image/webp", "WebP" },   { "image/gif", "GIF" },
    { "image/avif", "AVIF" },   { "video/mp4", "MP4" },
    { "video/webm", "WebM" },   { "video/quicktime", "QuickTime" },
    { "image/svg+xml", "SVG" }, { "audio/mpeg", "MP3" },
    { "audio/wav", "WAV" },
  };
  size_t i;

  for (i = 0; mime && i < CLI_LEN(types); i++) {
    if (strcmp(types[i].mime, mime) == 0)
      return types[i].name;
  }
  return mime ? mime : "unknown type";
}

/* Where it is: the file, standard output (what is said goes to the other then),
 * or what the vendor calls it. */
static const char *place(FILE *to, const struct gamut_artifact_info *file)
{
  if (file->path)
    return file->path;
  if (to != stdout && file->data)
    return "(output)";
  return file->url ? file->url : "(no file)";
}

static void print_file(FILE *to, const struct gamut_artifact_info *file)
{
  char shape[64] = "", length[48] = "", size[48] = "", buf[32];
  char maker[260] = "";

  if (file->provider && file->model)
    snprintf(maker, sizeof(maker), ", %s:%s", file->provider, file->model);
  if (file->width && file->height)
    snprintf(shape, sizeof(shape), " %ux%u", (unsigned)file->width,
             (unsigned)file->height);
  if (file->duration_ms)
    snprintf(length, sizeof(length), ", %s",
             cli_seconds(buf, file->duration_ms));
  if (file->size)
    snprintf(size, sizeof(size), ", %s", cli_bytes(buf, file->size));
  cli_print(to, "%s  %s%s%s%s%s", place(to, file), cli_type_name(file->mime),
            shape, length, size, maker);
}

/* A job that was begun with -o - and left: whoever collects it has no file. */
static void print_unwritten(FILE *to, const struct gamut_result *r,
                            const struct gamut_artifact_info *file)
{
  if (to == stdout && file->data && !file->path)
    cli_hint("it is written nowhere; fetch it with: gamut fetch %s -o FILE",
             gamut_result_id(r));
}

/* A file that did not arrive: what it cost is not lost with it. */
static void print_lost(const struct gamut_result *r,
                       const struct gamut_artifact_info *file)
{
  cli_error("%s [%s]", file->error ? file->error : "the file is not there",
            gamut_class_name(file->error_class));
  if (file->url)
    cli_hint("it is still at %s", file->url);
  cli_hint("job %s", gamut_result_id(r));
}

/* Exit code of the first file that did not arrive, or 0. */
static int print_files(const struct cli_args *a, FILE *to,
                       const struct gamut_result *r)
{
  const struct gamut_artifact_info *file;
  bool quiet = cli_args_get(a, CLI_O_QUIET) != NULL;
  bool json = cli_args_get(a, CLI_O_JSON) != NULL;
  uint32_t i;
  int rc = 0;

  for (i = 0; (file = gamut_result_artifact(r, i)); i++) {
    if (file->error_class) {
      print_lost(r, file);
      rc = rc ? rc : gamut_class_exit(file->error_class);
    } else if (json) {
      continue;
    } else if (!quiet) {
      print_file(to, file);
      print_unwritten(to, r, file);
    } else {
      cli_print(to, "%s", place(to, file));
    }
  }
  return rc;
}

/* With --json the document has them. */
static void print_drafts(const struct cli_args *a, FILE *to,
                         const struct gamut_result *r)
{
  const struct gamut_artifact_info *d;
  uint32_t i;

  if (cli_args_get(a, CLI_O_JSON))
    return;
  for (i = 0; (d = gamut_result_partial(r, i)); i++) {
    if (d->error_class)
      cli_hint("draft %u is not kept: %s", (unsigned)i + 1, d->error);
    else if (d->path || d->url)
      cli_print(to, "  draft %u: %s", (unsigned)i + 1,
                d->path ? d->path : d->url);
  }
}

/* "$0.04", or "from the cache, saved $0.04". */
static char *cost_words(const struct gamut_result *r)
{
  bool hit = gamut_result_cache_hit(r);
  int32_t estimated = 0;
  int64_t cost = hit ? gamut_result_cost_avoided(r, &estimated)
                     : gamut_result_cost(r, &estimated);
  char money[48];

  cli_money(money, cost, estimated);
  if (!hit)
    return cli_format("%s", cost < 0 ? "cost unknown" : money);
  return cli_format("from the cache%s%s", cost < 0 ? "" : ", saved ",
                    cost < 0 ? "" : money);
}

static void print_summary(FILE *to, const struct gamut_result *r)
{
  const char *provider = gamut_result_provider(r);
  const char *model = gamut_result_model(r);
  const char *from = gamut_result_resolved_from(r);
  const char *seed = gamut_result_fact(r, "seed");
  int64_t total = gamut_result_time(r, "total");
  char time[32], *cost = cost_words(r);

  cli_print(to, "  %s:%s%s%s%s, %s%s%s%s%s", provider ? provider : "?",
            model ? model : "?", from ? " (" : "", from ? from : "",
            from ? ")" : "", cost ? cost : "", seed ? ", seed " : "",
            seed ? seed : "", total >= 0 ? ", " : "",
            total >= 0 ? cli_seconds(time, total) : "");
  free(cost);
}

/* What was said before and what the catalog says now, where that is another
 * figure. */
static void print_costs(FILE *to, const struct gamut_result *r)
{
  int64_t cost = gamut_result_cost(r, NULL);
  int64_t before = gamut_result_estimate(r);
  int64_t formula = gamut_result_formula_cost(r);
  const char *avoided = gamut_result_fact(r, "cost_avoided_usd");
  char money[48];

  if (before >= 0 && before != cost)
    cli_print(to, "  estimate  %s", cli_money(money, before, false));
  if (formula >= 0 && formula != cost)
    cli_print(to, "  formula   %s", cli_money(money, formula, false));
  if (avoided)
    cli_print(to, "  avoided   $%s", avoided);
}

static void print_times(FILE *to, const struct gamut_result *r)
{
  static const char *const names[] = { "queue", "generate", "download" };
  char buf[32];
  size_t i;

  for (i = 0; i < CLI_LEN(names); i++) {
    int64_t ms = gamut_result_time(r, names[i]);

    if (ms >= 0)
      cli_print(to, "  %-9s %s", names[i], cli_seconds(buf, ms));
  }
}

/* Its sentence is left out where `known` has it already. */
static void print_attempt(FILE *to, const struct gamut_attempt_info *t,
                          const char *known)
{
  char status[32] = "", tries[48] = "", repeats[48] = "", time[32];
  const char *message = t->message;
  /* A sentence about a key names it. */
  const char *key = message ? NULL : t->key;

  if (message && known && strstr(known, message))
    message = NULL;
  if (t->http_status)
    snprintf(status, sizeof(status), ", status %d", (int)t->http_status);
  if (t->tries > 1)
    snprintf(tries, sizeof(tries), ", sent %u times", (unsigned)t->tries);
  if (t->repeats)
    snprintf(repeats, sizeof(repeats), ", %u repeats", (unsigned)t->repeats);
  cli_print(to, "  %s%s%s%s%s%s%s [%s%s%s%s%s%s, %s]",
            t->provider ? t->provider : "?", key ? "#" : "", key ? key : "",
            t->model ? ":" : "", t->model ? t->model : "", message ? ": " : "",
            message ? message : "", gamut_class_name(t->error_class), status,
            tries, repeats, t->request_id ? ", request " : "",
            t->request_id ? t->request_id : "",
            cli_seconds(time, (int64_t)t->elapsed_ms));
}

static void print_attempts(FILE *to, const struct gamut_result *r)
{
  const char *known = gamut_result_message(r);
  const struct gamut_attempt_info *t;
  uint32_t i;

  /* With several links each keeps its own sentence. */
  if (gamut_result_attempts(r) > 1)
    known = NULL;
  for (i = 0; (t = gamut_result_attempt(r, i)); i++)
    print_attempt(to, t, known);
}

static const struct gamut_attempt_info *last_attempt(
  const struct gamut_result *r)
{
  uint32_t n = gamut_result_attempts(r);

  return n ? gamut_result_attempt(r, n - 1) : NULL;
}

static const char *request_id(const struct gamut_result *r)
{
  const struct gamut_attempt_info *last = last_attempt(r);

  return last && last->request_id ? last->request_id
                                  : gamut_result_fact(r, "request_id");
}

static bool durable = true;

void cli_print_durable(bool yes)
{
  durable = yes;
}

static void print_left_nowhere(const struct gamut_result *r)
{
  const char *request = request_id(r), *where = "was not sent";

  if (gamut_result_maybe_charged(r))
    where = "may run at the vendor";
  else if (gamut_result_accepted(r))
    where = gamut_result_artifacts(r) > 0 ? "is made" : "goes on at the vendor";
  cli_hint("job %s %s%s%s; it cannot be collected, for there is no store",
           gamut_result_id(r), where, request ? " as request " : "",
           request ? request : "");
}

/* Where a job is that was left, and how one gets at it. */
static void print_left(const struct cli_args *a, const struct gamut_result *r)
{
  const char *id = gamut_result_id(r), *request = request_id(r);

  if (!durable)
    print_left_nowhere(r);
  else if (gamut_result_maybe_charged(r))
    cli_hint("job %s may run at the vendor: gamut status %s tells what is known; "
             "gamut jobs settle %s closes it",
             id, id, id);
  else if (a->verb->id == CLI_FETCH)
    cli_hint("job %s is fetched once more with: gamut fetch %s", id, id);
  else if (gamut_result_artifacts(r) > 0)
    cli_hint("job %s is made; get its files with: gamut wait %s", id, id);
  else if (!gamut_result_accepted(r))
    cli_hint("job %s is sent with: gamut wait %s", id, id);
  else
    cli_hint("job %s goes on at the vendor%s%s; collect it with: gamut wait %s",
             id, request ? " as request " : "", request ? request : "", id);
}

/* What the vendor took he can be asked about, for nothing. */
static void print_doubt(const struct gamut_result *r, bool left)
{
  if (!left && durable && gamut_result_accepted(r))
    cli_hint("the vendor may have charged for it: gamut fetch %s shows whether "
             "it was made",
             gamut_result_id(r));
  else
    cli_hint("the vendor may have charged for it");
}

static int print_failure(const struct cli_args *a, const struct gamut_result *r)
{
  int32_t why = gamut_result_class(r);
  const char *message = gamut_result_message(r);
  bool left = gamut_result_status(r) == GAMUT_DETACHED;

  cli_error("%s [%s]", message ? message : "the job failed",
            gamut_class_name(why));
  print_attempts(stderr, r);
  if (left)
    print_left(a, r);
  else
    cli_hint("job %s", gamut_result_id(r));
  if (why == GAMUT_E_STORAGE && gamut_result_artifacts(r) > 0)
    cli_hint("fetch it once more with: gamut fetch %s -o FILE; --force writes "
             "over a file that is there",
             gamut_result_id(r));
  print_drafts(a, stderr, r);
  if (gamut_result_maybe_charged(r))
    print_doubt(r, left);
  /* What is missing of a job that was taken once is not its model. */
  if (why != GAMUT_E_NOT_FOUND || !gamut_result_accepted(r))
    cli_advise(why, message);
  /* Whoever is told that it goes on looks for it there, and may not find it. */
  if (left && gamut_result_maybe_charged(r))
    why = GAMUT_E_UNKNOWN;
  return gamut_class_exit(why);
}

/* Whoever gets what was made for other words wants to see them. */
static void print_similar(FILE *to, const struct gamut_result *r)
{
  const char *prompt = gamut_result_cached_prompt(r);

  if (prompt)
    cli_print(to, "  made for a similar prompt (%.4f): %s",
              gamut_result_similarity(r), prompt);
}

static void print_success(const struct cli_args *a, FILE *to,
                          const struct gamut_result *r)
{
  const char *difference;
  uint32_t i;

  print_summary(to, r);
  print_similar(to, r);
  print_drafts(a, to, r);
  for (i = 0; (difference = gamut_result_difference(r, i)); i++)
    cli_print(to, "  differs: %s", difference);
  if (gamut_result_withheld(r))
    cli_print(to, "  withheld by content policy: %u",
              (unsigned)gamut_result_withheld(r));
  /* A link that failed before this one is news in any case. */
  if (gamut_result_attempts(r) > 1 || cli_args_get(a, CLI_O_VERBOSE))
    print_attempts(to, r);
  if (cli_args_get(a, CLI_O_VERBOSE)) {
    print_costs(to, r);
    print_times(to, r);
  }
}

static int write_bytes(const struct gamut_result *r)
{
  const struct gamut_artifact_info *file = gamut_result_artifact(r, 0);

  if (!file || file->error_class)
    return 0;
  if (!file->data) {
    cli_error("the bytes are not at hand [%s]",
              gamut_class_name(GAMUT_E_STORAGE));
    if (file->url)
      cli_hint("they are at %s", file->url);
    return gamut_class_exit(GAMUT_E_STORAGE);
  }
  fwrite(file->data, 1, file->data_len, stdout);
  return 0;
}

int cli_print_result(const struct cli_args *a, const struct gamut_result *r)
{
  bool to_stdout = cli_request_to_stdout(a);
  bool json = cli_args_get(a, CLI_O_JSON) != NULL;
  FILE *to = to_stdout ? stderr : stdout;
  int rc, lost = 0;

  if (json)
    puts(gamut_result_json(r));
  if (to_stdout)
    lost = write_bytes(r);
  if (!to_stdout || !cli_args_get(a, CLI_O_QUIET)) {
    rc = print_files(a, to, r);
    lost = lost ? lost : rc;
  }
  if (gamut_result_status(r) != GAMUT_COMPLETED)
    return print_failure(a, r);
  if (!json && !cli_args_get(a, CLI_O_QUIET)) {
    print_success(a, to, r);
    cli_flush_output();
    if (!to_stdout)
      cli_preview_result(a, r);
  }
  return lost;
}
