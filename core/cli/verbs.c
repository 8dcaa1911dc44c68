/* verbs.c - every verb, every exit code, as tables.
 *
 * Text only: what a verb does is bound to it in main.c, so that help,
 * completions and the man page need nothing of the library.
 */
#include "options.h"
#include <string.h>

/* clang-format off */
const struct cli_verb cli_verbs[CLI_VERBS] = {
  [CLI_GENERATE] = {
    .id = CLI_GENERATE, .name = "generate",
    .summary = "make pictures or videos; the verb when none is given",
    .help = "Sends the prompt to the model, shows what happens on standard "
            "error and prints the path of each file, what it really is, its "
            "cost and where it differs from what was asked.  Ctrl-C leaves the "
            "job to the vendor, a second one cancels it.",
    .examples = {
      { "gamut -p \"a neon fox\" -m flux -o fox.png", "one picture" },
      { "gamut -p @prompt.txt -m flux -n 4 --aspect 16:9 "
        "-o 'fox-{index}.{ext}'",
        "four of them, the prompt from a file" },
      { "gamut -p \"a neon fox\" -m flux --fallback openai:gpt-image-1.5 "
        "--max-cost 0.10", "a second model if the first fails, for ten cents" },
      { "gamut -p \"a neon fox\" -m flux --dry-run",
        "what would be sent, and its price" },
      { "path=$(gamut -q -p \"a neon fox\" -m flux)", "in a script" },
    } },
  [CLI_VIDEO] = {
    .id = CLI_VIDEO, .name = "video",
    .summary = "make a video from text, pictures or another video",
    .help = "As generate, for video: --first-frame or --image makes it from a "
            "picture, --video from a video.",
    .examples = {
      { "gamut video -p \"waves at dusk\" -m fal --duration 5 -o waves.mp4",
        "from text" },
      { "gamut video -p \"it blinks\" -m fal --first-frame fox.png",
        "from a picture" },
    } },
  [CLI_EDIT] = {
    .id = CLI_EDIT, .name = "edit",
    .summary = "change a picture",
    .help = "As generate, for a change to the pictures of --image, within "
            "--mask if one is given.",
    .examples = {
      { "gamut edit -p \"make it winter\" --image fox.png -m fal -o winter.png",
        "the whole picture" },
    } },
  [CLI_SUBMIT] = {
    .id = CLI_SUBMIT, .name = "submit",
    .summary = "hand a job to the vendor, print its id and do not wait",
    .help = "Takes all options of generate, video and edit.  The id is printed "
            "when the vendor has the job and that is written down; any process "
            "can collect it from then on.  A vendor that answers with the result "
            "itself, or streams it, keeps it waiting for that.",
    .examples = {
      { "id=$(gamut submit -q -p \"a storm\" -m veo3.1-fal)", "in a script" },
      { "gamut wait $id -o storm.mp4", "later, from anywhere" },
    } },
  [CLI_COMPARE] = {
    .id = CLI_COMPARE, .name = "compare",
    .summary = "make the same with several models at once, side by side",
    .help = "Takes the options of generate, -m for each model, and -o for the "
            "folder of files and page.  Files are named by their models.  Prints "
            "a line for each with what it cost and how long it took, and ends "
            "with a page, FOLDER/index.html, that shows them beside each other.  "
            "One that fails stops no other; the exit code is the highest of all.  "
            "Ctrl-C leaves the jobs to the vendors, a second one cancels them.",
    .examples = {
      { "gamut compare -p \"a neon fox\" -m flux -m seedream -m gpt-image -o foxes",
        "three models" },
      { "gamut compare -p @scene.txt -m kling -m veo3.1-fal --max-cost 2 "
        "-o scene", "videos, two dollars each at most" },
    } },
  [CLI_EXPLAIN] = {
    .id = CLI_EXPLAIN, .name = "explain", .args = "[@ROUTE]", .max_words = 1,
    .summary = "show which model a request would go to, and why",
    .help = "Takes all options of generate, and sends nothing.  Each model of the "
            "route is shown with its price, the time it usually takes, and why it "
            "comes first, waits or is passed over.  Routes are written down in "
            "\"routes\" of config.json.",
    .examples = {
      { "gamut explain @hero -p \"a neon fox\"", "a route of the configuration" },
      { "gamut explain -m flux --fallback openai:gpt-image-2 --prefer cheapest",
        "models by name" },
    } },
  [CLI_BATCH] = {
    .id = CLI_BATCH, .name = "batch", .args = "FILE", .min_words = 1,
    .max_words = 1,
    .summary = "run a file of requests, one a line, many at once",
    .help = "FILE is JSON lines ({\"prompt\": \"a fox\", \"seed\": 7}), or a table "
            "(.csv) whose first line names the columns, or - for standard input. "
            "Members are prompt, model, fallback, size, seed and all other fields, "
            "image, mask and the other inputs, set and option (objects), output.  "
            "Options hold for every line.  Results are printed as JSON lines, in "
            "the order in which they come; files are 00001.png and so on.  Killed "
            "and started again with --resume it goes on where it was and pays "
            "nothing twice, also when FILE was edited: a line is known by FILE's "
            "name and what it says, and keeps the file that it has; one whose "
            "job is remembered no more (keep_jobs) fails, and is not paid again.  "
            "Ends with 1 when a line failed or was blocked.",
    .examples = {
      { "gamut batch prompts.jsonl -m flux --out-dir out", "one picture a line" },
      { "gamut batch shots.csv -m veo3.1-fal -j 4 --max-cost 2",
        "videos, four at once" },
      { "gamut batch prompts.jsonl -m flux --out-dir out --resume",
        "after a crash or Ctrl-C" },
    } },
  [CLI_PRICE] = {
    .id = CLI_PRICE, .name = "price", .args = "[@ROUTE]", .max_words = 1,
    .summary = "say what a request would cost at each model, and how that is "
               "known",
    .help = "Takes the options of generate, and sends nothing.  Each model is a "
            "line: the price of all outputs together (~ when the fact is at "
            "second hand or a size had to be guessed), its formula, source and "
            "date, and what it leaves out.  A price that is not known says why.  "
            "Prompt and inputs are needed only where the price depends on them.  "
            "--max-cost shows which models it would refuse; with none left, or "
            "none that can do it, it ends with 2.",
    .examples = {
      { "gamut price -m flux -n 4 --size 1024x1024", "four pictures" },
      { "gamut price -m veo3.1-fal --fallback runway:veo3.1 --duration 8 "
        "--no-audio", "a silent video, at two vendors" },
      { "gamut price @hero -n 4", "each model of a route" },
      { "gamut price -m gpt-image-2 --quality high --size 1024x1024 --json",
        "for programs" },
    } },
  [CLI_WAIT] = {
    .id = CLI_WAIT, .name = "wait", .args = "ID...", .min_words = 1,
    .max_words = SIZE_MAX,
    .summary = "wait for jobs that were left to the vendor, and fetch their "
               "files",
    .help = "Goes on with jobs that nobody drives, follows those that another "
            "process does, and prints what became of those that have ended.  The "
            "first characters of an id do.  With --timeout it leaves them again, "
            "and ends with 11.",
    .examples = {
      { "gamut wait 01KB", "one job, by the beginning of its id" },
      { "gamut wait 01KBA 01KBB --timeout 60", "two, for a minute" },
    } },
  [CLI_FETCH] = {
    .id = CLI_FETCH, .name = "fetch", .args = "ID", .min_words = 1,
    .max_words = 1,
    .summary = "fetch the files of a job once more",
    .help = "Asks the vendor anew where it can, since addresses of files "
            "expire.  What is fetched of a job that was maybe-charged settles it "
            "as charged.",
    .examples = { { "gamut fetch 01KB -o again.png", "under another name" } } },
  [CLI_RESUME] = {
    .id = CLI_RESUME, .name = "resume", .args = "[ID...]",
    .max_words = SIZE_MAX,
    .summary = "go on with jobs that a process left behind, all or some",
    .help = "A paid request that may have been sent is not sent again unless "
            "--resubmit allows it; its job ends as maybe-charged.  Without an ID, "
            "vendors that list their jobs are asked about such jobs first.",
    .examples = {
      { "gamut resume", "after a crash, a reboot, a Ctrl-C" },
      { "gamut resume 01KB --resubmit always", "one, even if it is paid twice" },
    } },
  [CLI_CANCEL] = {
    .id = CLI_CANCEL, .name = "cancel", .args = "ID...", .min_words = 1,
    .max_words = SIZE_MAX,
    .summary = "ask the vendor to stop jobs",
    .help = "A job that another process drives is cancelled by that one, within a "
            "few seconds.  One that was made in the meantime is paid for, and its "
            "files are fetched.  One that runs on although its vendor was told "
            "ends as maybe-charged: 'gamut fetch ID' shows later whether it was "
            "made.",
    .examples = { { "gamut cancel 01KB", "by the beginning of its id" } } },
  [CLI_JOBS] = {
    .id = CLI_JOBS, .name = "jobs", .args = "[settle ID]",
    .choices = "settle", .max_words = 2,
    .summary = "list the jobs of this machine, the latest first",
    .help = "Those \"left alone\" wait for gamut resume.  A job that is "
            "maybe-charged was sent, and nobody knows whether it ran: look at the "
            "vendor's books, and settle it; without --charged or --not-charged "
            "the vendor is asked, where it has a list of jobs.",
    .examples = {
      { "gamut jobs --state unfinished", "what is not done yet" },
      { "gamut jobs --since 24h --json", "for programs" },
      { "gamut jobs settle 01KB", "look it up at the vendor" },
      { "gamut jobs settle 01KB --not-charged", "the vendor knows nothing of it" },
    } },
  [CLI_STATUS] = {
    .id = CLI_STATUS, .name = "status", .args = "ID", .min_words = 1,
    .max_words = 1,
    .summary = "show one job",
    .help = "With the vendor's own id of it, and of a job that is maybe-charged "
            "what was sent: that is what to look for in the vendor's books.",
    .examples = { { "gamut status 01KB --json", "all that is written of it" } } },
  [CLI_LOGS] = {
    .id = CLI_LOGS, .name = "logs", .args = "ID", .min_words = 1,
    .max_words = 1,
    .summary = "show a job's attempts and the last lines of the vendor's log",
    .examples = { { "gamut logs 01KB", "what happened" } } },
  [CLI_HISTORY] = {
    .id = CLI_HISTORY, .name = "history",
    .summary = "show what was made, the latest first, in words or on a page",
    .help = "Each job with its prompt, model, cost, time and files; -m takes a "
            "part of a model's name.  --html writes a page to look through: "
            "filters, one prompt over several models side by side, all that is "
            "known of each job.  Files are linked into the page's folder, or "
            "copied where that cannot be.  Jobs that have ended are remembered "
            "for a year (setting keep_jobs).",
    .examples = {
      { "gamut history --since 7d", "what this week made" },
      { "gamut history --search 'fox neon' -m flux", "by words and model" },
      { "gamut history --html ~/gamut-history", "all of it, to look through" },
      { "gamut history --json --state maybe-charged", "for programs" },
    } },
  [CLI_CACHE] = {
    .id = CLI_CACHE, .name = "cache", .args = "[stats|list|clear|verify]",
    .choices = "stats|list|clear|verify", .max_words = 1,
    .summary = "show or clear what was made before and is kept",
    .help = "A request with a seed that was made before is not paid for again: "
            "its files come from here, and the last line says what that saved.  "
            "--cache refresh makes it anew, --cache off does without.  Without "
            "a seed something new is wanted each time, unless the setting "
            "cache.unseeded is yes.  verify reads every file, and throws away "
            "what is damaged, too old or too much.",
    .examples = {
      { "gamut cache", "how much there is, and what it has saved" },
      { "gamut cache list --json", "every entry, for programs" },
      { "gamut cache clear", "away with all of it" },
    } },
  [CLI_MODELS] = {
    .id = CLI_MODELS, .name = "models", .args = "[WORD...]",
    .max_words = SIZE_MAX,
    .summary = "list models, all or those that match every word",
    .help = "Searches names, ids, titles and operations.  Each line has the "
            "name to use with -m, the address, what it does and its price.  "
            "--refresh and --remote ask the vendors themselves.",
    .examples = {
      { "gamut models flux", "everything called flux" },
      { "gamut models fal video", "what makes videos at fal" },
      { "gamut models --json", "all that the catalog knows, for programs" },
      { "gamut models --remote openai", "what this vendor lists for your key" },
      { "gamut models --refresh", "bring the catalog up to date" },
    } },
  [CLI_PROVIDERS] = {
    .id = CLI_PROVIDERS, .name = "providers",
    .summary = "list providers and whether their keys are set",
    .help = "With -v also the plugin's file, the keys with their variables, "
            "and the folders that were searched.",
    .examples = { { "gamut providers -v", "with keys and files" } } },
  [CLI_CONFIG] = {
    .id = CLI_CONFIG, .name = "config",
    .summary = "show every setting, its value and where it came from",
    .help = "Secrets are masked.  The file is "
            "$XDG_CONFIG_HOME/gamut/config.json (~/.config/gamut); comments "
            "are allowed in it.  A provider may have several keys there, "
            "\"keys\": [{\"name\": \"a\", \"api_key_file\": FILE, "
            "\"weight\": 3}, ...]: what each has of its own is shown as "
            "PROVIDER#NAME.",
    .examples = { { "gamut config", "what is set, and by whom" } } },
  [CLI_DOCTOR] = {
    .id = CLI_DOCTOR, .name = "doctor",
    .summary = "look for what is missing or wrong, and say how to mend it",
    .help = "Ends with 1 when it found an error.",
    .examples = { { "gamut doctor", "when something does not work" } } },
  [CLI_BALANCE] = {
    .id = CLI_BALANCE, .name = "balance", .args = "[PROVIDER]",
    .max_words = 1,
    .summary = "show what is left at a vendor, or at all of them",
    .help = "Credit, limits and what is locked by running jobs, as far as the "
            "vendor tells it.",
    .examples = {
      { "gamut balance", "at every vendor whose key is set" },
      { "gamut balance runway --json", "for programs" },
    } },
  [CLI_USAGE_VERB] = {
    .id = CLI_USAGE_VERB, .name = "usage",
    .summary = "show what was used and what it cost",
    .help = "Sums up the books of this machine: requests, what became of them, "
            "cost, what is perhaps charged, what costs nobody knows what.  With "
            "--remote a vendor's own count.  Days and months are those of GMT.",
    .examples = {
      { "gamut usage", "this month" },
      { "gamut usage --by model --period week", "what each model cost" },
      { "gamut usage --by tag --period 2026-11-01..2026-11-30 --csv",
        "for a spreadsheet" },
      { "gamut usage --remote visgate --period month",
        "requests, cost and savings of this month" },
      { "gamut usage --remote runway --from 2026-11-01 --to 2026-11-15",
        "between two days" },
    } },
  [CLI_BUDGETS] = {
    .id = CLI_BUDGETS, .name = "budgets",
    .summary = "show what budgets have left",
    .help = "Budgets are a setting, \"budgets\": [{\"scope\": \"all\", "
            "\"limit_usd\": 20, \"period\": \"month\"}]; scopes are all, "
            "provider, project, user, tag, with \"name\" for one of them and "
            "without for each; periods day, week, month.  What would pass a limit "
            "is refused before it is sent.",
    .examples = {
      { "gamut budgets", "limit, spent, reserved, left" },
      { "gamut budgets --json", "for programs" },
    } },
  [CLI_KEYS] = {
    .id = CLI_KEYS, .name = "keys",
    .args = "PROVIDER [list|set|validate|delete [NAME]]",
    .min_words = 1, .max_words = 3,
    .summary = "list, store, check or delete keys that a gateway keeps",
    .help = "A key that is stored or checked comes from standard input or "
            "--key-file, never from the command line, and is never shown.",
    .examples = {
      { "gamut keys visgate", "which keys it has, masked" },
      { "gamut keys visgate set fal --key-file ~/.config/gamut/fal.key",
        "store one" },
      { "pass show fal | gamut keys visgate validate fal", "check one" },
    } },
  [CLI_HEALTH] = {
    .id = CLI_HEALTH, .name = "health", .args = "PROVIDER",
    .min_words = 1, .max_words = 1,
    .summary = "ask a vendor whether it is well",
    .help = "Ends with 1 when it is not.",
    .examples = { { "gamut health visgate", "version and parts" } } },
  [CLI_WEBHOOK] = {
    .id = CLI_WEBHOOK, .name = "webhook",
    .args = "verify PROVIDER | listen [PROVIDER...]",
    .choices = "verify|listen", .min_words = 1, .max_words = SIZE_MAX,
    .summary = "check deliveries that vendors make to your webhook",
    .help = "Checks signature and age by the vendor's rules and prints which "
            "job it is about.  The secret is a setting of the provider "
            "(webhook_secret), where it has one.  verify looks at one delivery "
            "in two files, and ends with 3 when it is not genuine.  listen takes "
            "them at http://127.0.0.1:PORT/PROVIDER, behind a proxy or tunnel of "
            "your own, and prints a line for each until it is stopped; with "
            "--json a document a line.  A job of another process hears nothing of "
            "it; --resume takes over those that were left.",
    .examples = {
      { "gamut webhook verify openai --headers h.txt --body b.json",
        "as your server wrote them down" },
      { "gamut webhook listen --port 8080 fal openai",
        "those of two vendors, as they come" },
      { "gamut webhook listen --port 8080 --resume",
        "and finish the jobs that were left" },
    } },
  [CLI_COMPLETION] = {
    .id = CLI_COMPLETION, .name = "completion", .args = "SHELL",
    .choices = "bash|zsh|fish", .min_words = 1, .max_words = 1,
    .summary = "print a completion script for bash, zsh or fish",
    .examples = {
      { "eval \"$(gamut completion bash)\"", "in ~/.bashrc" },
      { "gamut completion zsh > ~/.zfunc/_gamut",
        "in a folder of zsh's fpath" },
      { "gamut completion fish > ~/.config/fish/completions/gamut.fish",
        "for fish" },
    } },
  [CLI_HELP] = {
    .id = CLI_HELP, .name = "help", .args = "[VERB]", .max_words = 1,
    .summary = "explain gamut, or a verb",
    .examples = { { "gamut help generate", "all options of generate" } } },
  [CLI_MAN] = {
    .id = CLI_MAN, .name = "man", .hidden = true,
    .summary = "print the man page as roff",
    .examples = { { "gamut man | man -l -", "read it" } } },
};

const struct cli_exit cli_exits[] = {
  { 0, "ok", "all that was asked for is there" },
  { 1, NULL, "some lines of a batch failed; gamut doctor found an error, or gamut health is told of one" },
  { 2, "invalid unsupported", "the request or the command line is wrong, or "
    "the model cannot do it" },
  { 3, "auth permission", "the key is missing, wrong or may not do this" },
  { 4, "quota", "no credit, or a limit on spending" },
  { 5, "not-found", "the vendor or the catalog does not know it" },
  { 6, "blocked", "refused by content policy" },
  { 7, "rate", "too many requests" },
  { 8, "provider timeout protocol", "the vendor failed" },
  { 9, "transport", "no connection, or no answer" },
  { 10, "maybe-charged", "sent, but not known what became of it" },
  { 11, "detached", "out of time; the job goes on at the vendor" },
  { 12, "storage", "a file or the store could not be written" },
  { 70, "plugin", "a provider broke its rules" },
  { 71, "no-memory", "out of memory" },
  { 130, "cancelled", "stopped by the user" },
  { 0, NULL, NULL },
};

const struct cli_variable cli_variables[] = {
  { "FAL_KEY", "a vendor's own variable holds its key; gamut providers -v "
    "names them all.  Keys never come from the command line." },
  { "GAMUT_PLUGIN_PATH", "folders of providers, instead of the usual ones" },
  { "GAMUT_ENDPOINTS", "JSON or @FILE that maps URL prefixes to others" },
  { "GAMUT_LOG_FORMAT", "text or json, as --log-format" },
  { "GAMUT_METRICS_FILE", "add counters to this file, as --metrics-file" },
  { "GAMUT_LOG_FILE", "append the log to this file instead of standard error" },
  { "OTEL_EXPORTER_OTLP_ENDPOINT", "send traces to this collector (OTLP over "
    "HTTP); OpenTelemetry's other variables count as well" },
  { "TRACEPARENT", "the trace that requests belong to, as --traceparent" },
  { "XDG_CONFIG_HOME", "where gamut/config.json is; preset ~/.config" },
  { "GAMUT_PREVIEW", "yes as --preview, no as --no-preview; preset auto" },
  { "GAMUT_LIBEXEC_PATH", "folder of gamut-preview, instead of the usual one" },
  { "NO_COLOR", "plain progress lines also on a terminal" },
  { NULL, NULL },
};
/* clang-format on */

const struct cli_verb *cli_verb_find(const char *name)
{
  size_t i;

  for (i = 0; i < CLI_VERBS; i++) {
    if (strcmp(cli_verbs[i].name, name) == 0)
      return &cli_verbs[i];
  }
  return NULL;
}
