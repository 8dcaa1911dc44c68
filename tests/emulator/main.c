/* gamut-emulator: the command line.  Serves the emulated vendors, or plays a
 * recording, until a signal ends it. */
#include "hosts.h"
#include "replay.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0.1.0"
#endif

struct arguments {
  struct em_options options;
  const char *port_file, *replay;
  int64_t ready_fd;
  bool print_endpoints, no_serve, quiet;
};

static volatile int stop;

static void on_signal(int number)
{
  (void)number;
  stop = 1;
}

/* clang-format off */
static const struct {
  const char *name;
  int letter;
  const char *value, *help;
} rows[] = {
  { "port", 'p', "N", "listen on 127.0.0.1:N (default 0: choose)" },
  { "print-endpoints", 'e', NULL,
    "first print the endpoint map, one line of JSON for GAMUT_ENDPOINTS" },
  { "no-serve", 'S', NULL, "print the map of --port N and leave" },
  { "ready-fd", 'r', "N", "write the port to descriptor N when ready" },
  { "port-file", 'f', "FILE", "write the port to FILE when ready" },
  { "latency", 'l', "MS", "a job takes MS milliseconds (default 1500)" },
  { "polls", 'n', "N",
    "a job takes no time but N status requests; the N-th says COMPLETED" },
  { "image-bytes", 'b', "N", "pad every file to N bytes" },
  { "variants", 'x', "N",
    "at most N different pictures (default: each job its own; 8 with "
    "--image-bytes)" },
  { "size", 's', "WxH", "every picture has this size, whatever is asked" },
  { "own-urls", 'o', NULL,
    "answers name this server instead of the vendor's hosts" },
  { "hooks-to", 'H', "URL",
    "send webhooks to http://127.0.0.1:PORT, whatever host they name" },
  { "key", 'k', "ID:SECRET", "accept only this key (default: any ID:SECRET)" },
  { "seed", 'd', "N", "the same ids and seeds in every run" },
  { "replay", 'R', "FILE", "play a recorded exchange file" },
  { "quiet", 'q', NULL, "print only what was asked for" },
  { "verbose", 'v', NULL, "one line per request on stderr" },
  { "help", 'h', NULL, "this text" },
  { "version", 'V', NULL, "the version" },
};
/* clang-format on */

static void help(void)
{
  size_t i;

  puts("usage: gamut-emulator [options]\n\n"
       "A vendor of generated pictures and videos on 127.0.0.1, for "
       "development and\ntests.  It behaves as fal does: queue, status, "
       "result, cancel, real files.\n");
  for (i = 0; i < EM_LEN(rows); i++)
    printf("  --%s%s%-*s %s\n", rows[i].name, rows[i].value ? " " : "",
           (int)(19 - strlen(rows[i].name) - (rows[i].value ? 1 : 0)),
           rows[i].value ? rows[i].value : "", rows[i].help);
  puts(
    "\nA first try, in two terminals:\n\n"
    "  gamut-emulator --port 8080 --print-endpoints\n"
    "  export GAMUT_ENDPOINTS=\"$(gamut-emulator --port 8080 "
    "--print-endpoints --no-serve)\"\n"
    "  FAL_KEY=any:thing gamut -p \"a neon fox\" -m flux -o fox.png\n\n"
    "Keys: \"bad\" in a key is answered with 401, \"locked\" with an "
    "exhausted balance,\n\"noscope\" with 403, \"busy\" with 429 (fal); "
    "\"revoked\" submits and may do nothing\nmore (fal); "
    "\"limitN\" may have N jobs at once, \"older\" uploads as it was\n(Higgsfield).  Applications named "
    "*no-such* do not exist.\n\n"
    "Faults are asked for in the prompt, or for any prompt through\n"
    "POST /control/fault {\"where\":\"status\",\"fault\":\"503\",\"every\":"
    "10,\"count\":5}:\n\n"
    "  [PHASE:FAULT:COUNT:KEY=VALUE]   only FAULT is needed\n\n"
    "PHASE submit, status, result, file, cancel, stream, run, upload, embed, "
    "other, any (default:\nas listed; any is all but other).  COUNT: so often, then "
    "all is well (default: always).\nKeys of a status: made (the job is made "
    "all the same), type=ERROR_TYPE,\ntimeout-type=user, and last "
    "retry-after=VALUE.  Examples: [429:2]\n[429:1:retry-after=0] "
    "[status:503:2] [slow:500:1] [result:truncate:1]\n[file:reset:1] [nsfw:1] "
    "[500:1:made]\n");
  em_fault_help(stdout);
  puts("\nAlso POST /control/reset, POST /control/clock {\"advance_ms\":N}, "
       "POST\n/control/hooks {\"to\":URL,\"tamper\":true,\"late_s\":N,"
       "\"again\":JOB}, GET /control/stats,\n/control/jobs, "
       "/control/replay; traces (OTLP) go to /control/otlp, which shows them.");
}

static bool number_value(const char *name, int64_t low, int64_t high,
                         int64_t *ret)
{
  if (em_parse_int(optarg, strlen(optarg), low, high, ret))
    return true;
  fprintf(stderr, "gamut-emulator: --%s wants a number from %lld to %lld\n",
          name, (long long)low, (long long)high);
  return false;
}

static bool take_number(struct arguments *a, int letter)
{
  struct em_options *o = &a->options;
  int64_t n = 0;
  bool ok = true;

  switch (letter) {
  case 'p':
    ok = number_value("port", 0, 65535, &n);
    o->port = (unsigned)n;
    break;
  case 'r':
    ok = number_value("ready-fd", 0, 1 << 20, &a->ready_fd);
    break;
  case 'l':
    ok = number_value("latency", 0, 86400000, &o->latency_ms);
    break;
  case 'n':
    ok = number_value("polls", 1, 1000000, &n);
    o->polls = (unsigned)n;
    break;
  case 'b':
    ok = number_value("image-bytes", 0, 1 << 30, &n);
    o->file_bytes = (size_t)n;
    break;
  case 'x':
    ok = number_value("variants", 1, 1000000, &n);
    o->variants = (unsigned)n;
    break;
  default:
    ok = number_value("seed", 1, INT64_MAX, &n);
    o->seed = (uint64_t)n;
  }
  return ok;
}

static bool take_option(struct arguments *a, int letter)
{
  switch (letter) {
  case 'e':
    a->print_endpoints = true;
    return true;
  case 'S':
    a->no_serve = true;
    return true;
  case 'o':
    a->options.own_urls = true;
    return true;
  case 'f':
    a->port_file = optarg;
    return true;
  case 's':
    if (em_parse_size(optarg, &a->options.width, &a->options.height))
      return true;
    fputs("gamut-emulator: --size wants WxH, each from 1 to 4096\n", stderr);
    return false;
  case 'k':
    a->options.key = optarg;
    return true;
  case 'H':
    a->options.hooks_to = optarg;
    return true;
  case 'R':
    a->replay = optarg;
    return true;
  case 'q':
    a->quiet = true;
    return true;
  case 'v':
    a->options.verbose = true;
    return true;
  case '?':
    fputs("gamut-emulator: try --help\n", stderr);
    return false;
  default:
    return take_number(a, letter);
  }
}

/* 0 go on, 1 done (help or version), 2 wrong usage. */
static int parse(int argc, char **argv, struct arguments *a)
{
  struct option options[EM_LEN(rows) + 1] = { 0 };
  size_t i;
  int letter;

  for (i = 0; i < EM_LEN(rows); i++)
    options[i] = (struct option){ rows[i].name, rows[i].value ? 1 : 0, NULL,
                                  rows[i].letter };
  while ((letter = getopt_long(argc, argv, "qvh", options, NULL)) != -1) {
    if (letter == 'h') {
      help();
      return 1;
    }
    if (letter == 'V') {
      puts("gamut-emulator " PACKAGE_VERSION);
      return 1;
    }
    if (!take_option(a, letter))
      return 2;
  }
  if (optind < argc || (a->no_serve && !a->options.port)) {
    fputs(optind < argc ? "gamut-emulator: it takes options only\n"
                        : "gamut-emulator: --no-serve needs --port\n",
          stderr);
    return 2;
  }
  if (a->options.file_bytes && !a->options.variants)
    a->options.variants = 8;
  return 0;
}

static void print_map(const struct em_host *hosts, unsigned port)
{
  struct em_buf map = { 0 };
  char base[64];

  snprintf(base, sizeof(base), "http://127.0.0.1:%u", port);
  em_endpoint_map(hosts, base, &map);
  puts(map.data);
  fflush(stdout);
  em_buf_finish(&map);
}

/* By rename, so that nobody reads half a number. */
static bool write_port_file(const char *path, unsigned port)
{
  struct em_buf other = { 0 };
  FILE *file;
  bool ok;

  em_buf_printf(&other, "%s.new", path);
  file = fopen(other.data, "w");
  ok = file && fprintf(file, "%u\n", port) > 0;
  if (file && fclose(file))
    ok = false;
  if (!ok || rename(other.data, path)) {
    fprintf(stderr, "gamut-emulator: cannot write %s: %s\n", path,
            strerror(errno));
    ok = false;
  }
  em_buf_finish(&other);
  return ok;
}

static bool announce(const struct arguments *a, const struct em_server *sv)
{
  if (a->print_endpoints)
    print_map(sv->hosts, sv->port);
  if (!a->quiet || !a->print_endpoints) {
    printf("listening on http://127.0.0.1:%u\n", sv->port);
    fflush(stdout);
  }
  if (a->port_file && !write_port_file(a->port_file, sv->port))
    return false;
  if (a->ready_fd >= 0) {
    dprintf((int)a->ready_fd, "%u\n", sv->port);
    close((int)a->ready_fd);
  }
  return true;
}

static void catch_signals(void)
{
  struct sigaction action = { .sa_handler = on_signal };

  sigemptyset(&action.sa_mask);
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, NULL);
}

static int serve(const struct arguments *a, struct em_replay *replay)
{
  const struct em_host *hosts =
    replay ? em_replay_hosts(replay) : em_all_hosts();
  struct em_server *sv = em_server_new(&a->options, hosts);
  const char *wrong = NULL;
  int status = 1;

  sv->replay = replay;
  if (a->options.hooks_to)
    wrong = em_hooks_control(sv, a->options.hooks_to, NULL, false, 0);
  if (wrong) {
    fprintf(stderr, "gamut-emulator: --hooks-to: %s\n", wrong);
    em_server_free(sv);
    return 2;
  }
  catch_signals();
  if (em_server_start(sv) && announce(a, sv)) {
    em_server_run(sv, &stop);
    status = replay && em_replay_verdict(replay) ? 1 : 0;
  }
  em_server_free(sv);
  return status;
}

int main(int argc, char **argv)
{
  struct arguments a = { .options.latency_ms = 1500, .ready_fd = -1 };
  struct em_replay *replay = NULL;
  int rc = parse(argc, argv, &a);

  if (rc)
    return rc == 1 ? 0 : 2;
  if (a.replay) {
    replay = em_replay_new(a.replay);
    if (!replay)
      return 2;
  }
  if (!a.no_serve)
    return serve(&a, replay);
  print_map(replay ? em_replay_hosts(replay) : em_all_hosts(), a.options.port);
  em_replay_free(replay);
  return 0;
}
