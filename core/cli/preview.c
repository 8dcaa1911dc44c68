/* preview.c - shows pictures in the terminal, through gamut-preview.
 *
 * That program has the libraries (picture.c); what it prints is held back until
 * it has ended well, so that half a picture never upsets a terminal.
 */
#include "preview.h"
#include "clock.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROWS_MOST   24
#define PICTURES    4           /* of one result */
#define OUTPUT_MOST (32u << 20) /* bytes of one picture */
#define PATIENCE_MS 5000
#define CELL_WIDTH  10 /* pixels, where the terminal does not say */
#define CELL_HEIGHT 20

extern char **environ;

/* ---- whether ---------------------------------------------------------------
 */

/* "any": blocks, too; "auto"; NULL: not at all. */
static const char *mode_of(const struct cli_args *a)
{
  const char *set = cli_env("GAMUT_PREVIEW");

  if (cli_args_get(a, CLI_O_NO_PREVIEW))
    return NULL;
  if (cli_args_get(a, CLI_O_PREVIEW))
    return "any";
  if (set && strcmp(set, "no") == 0)
    return NULL;
  return set && strcmp(set, "yes") == 0 ? "any" : "auto";
}

bool cli_preview_wanted(const struct cli_args *a)
{
  if (!mode_of(a) || cli_args_get(a, CLI_O_QUIET) ||
      cli_args_get(a, CLI_O_JSON) || !cli_term_live(STDOUT_FILENO) ||
      !isatty(STDERR_FILENO))
    return false;
#ifdef HAVE_CHAFA
  return true;
#else
  if (cli_args_get(a, CLI_O_PREVIEW))
    cli_hint("no preview: this gamut was built without libchafa");
  return false;
#endif
}

/* ---- running it ------------------------------------------------------------
 */

static char *program(void)
{
  const char *folder = cli_env("GAMUT_LIBEXEC_PATH");

  return cli_format("%s/gamut-preview", folder ? folder : GM_LIBEXECDIR);
}

static pid_t start(char *const *argv, int out)
{
  posix_spawn_file_actions_t files;
  pid_t pid = -1;

  if (posix_spawn_file_actions_init(&files))
    return -1;
  if (posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null",
                                       O_RDONLY, 0) ||
      posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO) ||
      posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null",
                                       O_WRONLY, 0) ||
      posix_spawn(&pid, argv[0], &files, NULL, argv, environ))
    pid = -1;
  posix_spawn_file_actions_destroy(&files);
  return pid;
}

static bool make_pipe(int ends[2])
{
  return pipe(ends) == 0 && fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 &&
         fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0;
}

/* All that comes, into `to`; false: too much, or too late. */
static bool collect(int from, FILE *to)
{
  int64_t end = cli_now_ms() + PATIENCE_MS, left;
  char bytes[1 << 16];
  size_t all = 0;
  ssize_t n;

  while ((left = end - cli_now_ms()) > 0) {
    struct pollfd p = { .fd = from, .events = POLLIN };

    if (poll(&p, 1, (int)left) <= 0)
      continue;
    n = read(from, bytes, sizeof(bytes));
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return n == 0;
    all += (size_t)n;
    if (all > OUTPUT_MOST || fwrite(bytes, 1, (size_t)n, to) != (size_t)n)
      return false;
  }
  return false;
}

/* What the program printed, free(); NULL: it did not end well. */
static char *run(char *const *argv, size_t *ret_len)
{
  char *text = NULL;
  FILE *to = open_memstream(&text, ret_len);
  int ends[2] = { -1, -1 }, status = -1;
  bool ok = to && make_pipe(ends);
  pid_t pid = ok ? start(argv, ends[1]) : -1;

  if (ends[1] >= 0)
    close(ends[1]);
  ok = pid > 0 && collect(ends[0], to);
  if (pid > 0 && !ok)
    kill(pid, SIGKILL);
  while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
    continue;
  if (ends[0] >= 0)
    close(ends[0]);
  if (to && fclose(to))
    ok = false;
  if (ok && WIFEXITED(status) && WEXITSTATUS(status) == 0)
    return text;
  free(text);
  return NULL;
}

/* ---- showing ---------------------------------------------------------------
 */

struct room {
  char columns[16], rows[16], cell_width[16], cell_height[16];
};

/* A few rows stay for what is printed around it. */
static void measure(struct room *r, unsigned rows)
{
  struct winsize w = { 0 };
  unsigned width = CELL_WIDTH, height = CELL_HEIGHT;

  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) || !w.ws_col || !w.ws_row) {
    w.ws_col = 80;
    w.ws_row = 24;
  }
  if (w.ws_xpixel / w.ws_col > 0 && w.ws_ypixel / w.ws_row > 0) {
    width = w.ws_xpixel / w.ws_col;
    height = w.ws_ypixel / w.ws_row;
  }
  if (w.ws_row > 8 && rows > w.ws_row - 4u)
    rows = w.ws_row - 4u;
  snprintf(r->columns, sizeof(r->columns), "%u",
           w.ws_col > 2 ? w.ws_col - 2u : 1);
  snprintf(r->rows, sizeof(r->rows), "%u", rows);
  snprintf(r->cell_width, sizeof(r->cell_width), "%u", width);
  snprintf(r->cell_height, sizeof(r->cell_height), "%u", height);
}

void cli_preview_file(const struct cli_args *a, const char *path, unsigned rows)
{
  char mode[8], *name = program(), *file = strdup(path), *text = NULL;
  struct room r;
  size_t len = 0;

  snprintf(mode, sizeof(mode), "%s", mode_of(a));
  measure(&r, rows);
  if (name && file)
    text = run((char *const[]){ name, mode, r.columns, r.rows, r.cell_width,
                                r.cell_height, file, NULL },
               &len);
  if (text && len) {
    fwrite(text, 1, len, stdout);
    fflush(stdout);
  }
  free(text);
  free(file);
  free(name);
}

void cli_preview_result(const struct cli_args *a, const struct gamut_result *r)
{
  const struct gamut_artifact_info *file;
  uint32_t i;

  if (!cli_preview_wanted(a))
    return;
  for (i = 0; i < PICTURES && (file = gamut_result_artifact(r, i)); i++)
    if (file->kind == GAMUT_IMAGE && file->path && !file->error_class)
      cli_preview_file(a, file->path, ROWS_MOST);
}
