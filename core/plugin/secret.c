/* secret.c - keys from files and commands, and what a key may look like.
 *
 * What goes wrong is told with the name under which the key was looked for,
 * never with a byte of it: neither a file's content nor a command's output is
 * quoted.  The command's children are killed with it when time is up, so it
 * gets a process group of its own. */
#include "base/file.h"
#include "plugin/plugin_private.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECRET_MAX  16384u
#define COMMAND_MS  10000
#define REAP_MS     5
#define FIRST_PRINT 0x20
#define LAST_PRINT  0x7e

extern char **environ;

void gm_wipe(char *s)
{
  volatile char *p = s;

  while (*p)
    *p++ = '\0';
}

void gm_wipe_buf(struct gm_buf *b)
{
  if (b->data)
    explicit_bzero(b->data, b->size);
  gm_buf_finish(b);
}

static void closep(const int *fd)
{
  if (*fd >= 0)
    close(*fd);
}

/* ---- what it may look like -------------------------------------------------
 */

static bool is_blank(char c)
{
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static const char *fault(const char *text, bool lines)
{
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;

    if (lines && is_blank(*text))
      continue;

    if (c == '\r' || c == '\n')
      return "contains a line break";
    if (c < FIRST_PRINT || c == LAST_PRINT + 1)
      return "contains a control character";
    if (c > LAST_PRINT)
      return "contains a character that no key has (not ASCII)";
  }
  return NULL;
}

int32_t gm_secret_clean(char *text, bool lines, const char *label,
                        struct gm_error *err)
{
  size_t from = 0, len = strlen(text);
  const char *why;

  while (is_blank(text[from]))
    from++;
  while (len > from && is_blank(text[len - 1]))
    len--;
  memmove(text, text + from, len - from);
  gm_wipe(text + (len - from));
  why = fault(text, lines);
  if (why)
    return gm_fail(err, GAMUT_E_AUTH, "%s %s", label, why);
  if (strlen(text) > SECRET_MAX)
    return gm_fail(err, GAMUT_E_AUTH, "%s is longer than %u bytes", label,
                   SECRET_MAX);
  return 0;
}

/* ---- from a file -----------------------------------------------------------
 */

/* "~/" is the user's home. */
static char *expand(const char *path)
{
  const char *home = gm_env("HOME");

  if (path[0] == '~' && path[1] == '/' && home)
    return gm_path_join(home, path + 2);
  return gm_strdup(path);
}

static int32_t check_secret_file(int fd, const char *path, const char *label,
                                 struct gm_error *err)
{
  struct stat st;

  if (fd < 0 || fstat(fd, &st))
    return gm_fail(err, GAMUT_E_AUTH, "%s: '%s': %s", label, path,
                   strerror(errno));
  if (!S_ISREG(st.st_mode))
    return gm_fail(err, GAMUT_E_AUTH, "%s: '%s' is not a regular file", label,
                   path);
  if (st.st_uid != 0 && st.st_uid != geteuid())
    return gm_fail(err, GAMUT_E_AUTH, "%s: '%s' belongs to another user", label,
                   path);
  if (st.st_mode & 077)
    return gm_fail(err, GAMUT_E_AUTH,
                   "%s: '%s' is open to other users (mode %03o): chmod 600 it",
                   label, path, (unsigned)(st.st_mode & 0777));
  return 0;
}

/* Up to the ceiling; 0 or an errno, EFBIG beyond. */
static int read_fd(int fd, struct gm_buf *b)
{
  for (;;) {
    char *to = gm_buf_room(b, 1024);
    ssize_t n;

    if (!to)
      return b->failed == GAMUT_E_NOMEM ? ENOMEM : EFBIG;
    n = read(fd, to, 1024);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return n < 0 ? errno : 0;
    gm_buf_grown(b, (size_t)n);
  }
}

static int32_t hand_over(const struct gm_buf *b, char **ret,
                         struct gm_error *err)
{
  char *text = gm_strndup(b->data, b->len);

  if (!text)
    return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
  *ret = text;
  return 0;
}

int32_t gm_secret_from_file(const char *path, const char *label, char **ret,
                            struct gm_error *err)
{
  _cleanup_(gm_wipe_buf) struct gm_buf b = GM_BUF_INIT(2 * SECRET_MAX);
  _cleanup_free_ char *full = expand(path);
  _cleanup_(closep) int fd = -1;
  int32_t rc;
  int e;

  if (!full)
    return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
  fd = open(full, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  rc = check_secret_file(fd, full, label, err);
  if (rc)
    return rc;
  e = read_fd(fd, &b);
  if (e)
    return gm_fail(err, e == ENOMEM ? GAMUT_E_NOMEM : GAMUT_E_AUTH,
                   "%s: '%s': %s", label, full, strerror(e));
  return hand_over(&b, ret, err);
}

/* ---- from a command --------------------------------------------------------
 */

/* The real clock: a test's standing one would wait for ever. */
static int64_t now_ms(void)
{
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int spawn_attributes(posix_spawnattr_t *a)
{
  sigset_t none, usual;
  short flags =
    POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;

  sigemptyset(&none);
  sigemptyset(&usual);
  sigaddset(&usual, SIGPIPE);
  sigaddset(&usual, SIGCHLD);
  posix_spawnattr_setflags(a, flags);
  posix_spawnattr_setpgroup(a, 0);
  posix_spawnattr_setsigmask(a, &none);
  return posix_spawnattr_setsigdefault(a, &usual);
}

/* `out` becomes its standard output; 0 or an errno. */
static int spawn_shell(const char *command, int out, pid_t *ret)
{
  char sh[] = "sh", c[] = "-c";
  char *argv[] = { sh, c, gm_unconst(command), NULL };
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  int e;

  e = posix_spawn_file_actions_init(&files);
  if (e)
    return e;
  e = posix_spawnattr_init(&attributes);
  if (!e) {
    e = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    if (!e)
      e = posix_spawn_file_actions_adddup2(&files, out, 1);
    if (!e)
      e = spawn_attributes(&attributes);
    if (!e)
      e = posix_spawn(ret, "/bin/sh", &files, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&files);
  return e;
}

/* Until the end of its output; 0 or an errno. */
static int read_until(int fd, int64_t end_ms, struct gm_buf *b)
{
  for (;;) {
    struct pollfd p = { .fd = fd, .events = POLLIN };
    int64_t left = end_ms - now_ms();
    char *to;
    ssize_t n;

    if (left <= 0)
      return ETIMEDOUT;
    if (poll(&p, 1, (int)left) <= 0)
      continue; /* an interruption, or time is up */
    to = gm_buf_room(b, 1024);
    if (!to)
      return b->failed == GAMUT_E_NOMEM ? ENOMEM : EFBIG;
    n = read(fd, to, 1024);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return n < 0 ? errno : 0;
    gm_buf_grown(b, (size_t)n);
  }
}

/* Its exit status, -1 when it was killed, 0 when somebody else reaped it. */
static int reap(pid_t pid, int64_t end_ms, bool *ret_late)
{
  const struct timespec pause = { 0, REAP_MS * 1000000L };
  int status = 0;
  pid_t got;

  while ((got = waitpid(pid, &status, WNOHANG)) == 0 ||
         (got < 0 && errno == EINTR)) {
    if (now_ms() >= end_ms) {
      *ret_late = true;
      kill(-pid, SIGKILL);
      end_ms = INT64_MAX;
    }
    nanosleep(&pause, NULL);
  }
  if (got < 0)
    return 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int make_pipe(int fds[2])
{
#ifdef HAVE_PIPE2
  return pipe2(fds, O_CLOEXEC) ? errno : 0;
#else
  if (pipe(fds))
    return errno;
  fcntl(fds[0], F_SETFD, FD_CLOEXEC);
  fcntl(fds[1], F_SETFD, FD_CLOEXEC);
  return 0;
#endif
}

/* 0, or an errno when it did not run or did not end in time. */
static int run(const char *command, struct gm_buf *b, int *ret_status)
{
  int64_t end_ms = now_ms() + COMMAND_MS;
  bool late = false;
  int fds[2], e;
  pid_t pid;

  e = make_pipe(fds);
  if (e)
    return e;
  e = spawn_shell(command, fds[1], &pid);
  close(fds[1]);
  if (!e) {
    e = read_until(fds[0], end_ms, b);
    if (e)
      kill(-pid, SIGKILL);
    *ret_status = reap(pid, end_ms, &late);
  }
  close(fds[0]);
  return e || !late ? e : ETIMEDOUT;
}

int32_t gm_secret_from_command(const char *command, const char *label,
                               char **ret, struct gm_error *err)
{
  _cleanup_(gm_wipe_buf) struct gm_buf b = GM_BUF_INIT(4 * SECRET_MAX);
  int status = 0, e;

  e = run(command, &b, &status);
  if (e == ENOMEM)
    return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
  if (e == ETIMEDOUT)
    return gm_fail(err, GAMUT_E_AUTH, "%s: not done after %d s", label,
                   COMMAND_MS / 1000);
  if (e)
    return gm_fail(err, GAMUT_E_AUTH, "%s: %s", label, strerror(e));
  if (status)
    return gm_fail(err, GAMUT_E_AUTH, "%s: the command failed (%s %d)", label,
                   status < 0 ? "killed," : "exit", status);
  b.len = b.len ? strcspn(b.data, "\r\n") : 0;
  if (b.len == 0)
    return gm_fail(err, GAMUT_E_AUTH, "%s: the command printed nothing", label);
  return hand_over(&b, ret, err);
}
