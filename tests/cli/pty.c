/* pty.c - runs a program on a terminal of its own, for the tests.
 *
 *   pty TRIGGERS PROGRAM ARGUMENT...
 *
 * Copies what the program prints to standard output.  TRIGGERS are texts with
 * "|" between them: as each, in turn, is printed, Ctrl-C is typed.  Ends with
 * the program's exit code; one that says nothing for a minute is killed (124).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define SILENCE_MS 60000
#define SEEN_MAX   65536

struct watch {
  char *trigger; /* the next one, and all after it; "": none is left */
  int master;
  char seen[SEEN_MAX];
  size_t len;
};

static _Noreturn void die(const char *what)
{
  perror(what);
  exit(99);
}

static _Noreturn void run_on(const char *terminal, char **argv)
{
  struct winsize size = { .ws_row = 24, .ws_col = 72 };
  int fd;

  setsid();
  fd = open(terminal, O_RDWR);
  if (fd < 0)
    die(terminal);
#ifdef TIOCSCTTY
  ioctl(fd, TIOCSCTTY, 0);
#endif
  ioctl(fd, TIOCSWINSZ, &size);
  dup2(fd, STDIN_FILENO);
  dup2(fd, STDOUT_FILENO);
  dup2(fd, STDERR_FILENO);
  if (fd > STDERR_FILENO)
    close(fd);
  signal(SIGINT, SIG_DFL); /* a shell ignores it for what it puts behind `&` */
  execv(argv[0], argv);
  die(argv[0]);
}

/* Is the next trigger there? What was seen up to it does not count again. */
static bool is_triggered(struct watch *w)
{
  size_t len = strcspn(w->trigger, "|");
  char *end = w->trigger + len;
  char *at;

  if (!len)
    return false;
  at = memmem(w->seen, w->len, w->trigger, len);
  if (!at)
    return false;
  w->len -= (size_t)(at + len - w->seen);
  memmove(w->seen, at + len, w->len);
  w->trigger = end + (*end == '|');
  return true;
}

static void look(struct watch *w, const char *text, size_t len)
{
  static const char ctrl_c = 3;

  if (len > SEEN_MAX - w->len)
    len = SEEN_MAX - w->len;
  memcpy(w->seen + w->len, text, len);
  w->len += len;
  while (is_triggered(w)) {
    if (write(w->master, &ctrl_c, 1) != 1)
      die("Ctrl-C");
  }
}

/* Until the program closes its end; false: it was silent for too long. */
static bool copy(struct watch *w)
{
  char text[4096];

  for (;;) {
    struct pollfd p = { .fd = w->master, .events = POLLIN };
    ssize_t n;

    if (poll(&p, 1, SILENCE_MS) == 0)
      return false;
    n = read(w->master, text, sizeof(text));
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) /* Linux says EIO, others an end */
      return true;
    fwrite(text, 1, (size_t)n, stdout);
    look(w, text, (size_t)n);
  }
}

int main(int argc, char **argv)
{
  static struct watch w;
  const char *terminal;
  int status;
  pid_t child;

  if (argc < 3)
    return 99;
  w.trigger = argv[1];
  w.master = posix_openpt(O_RDWR | O_NOCTTY);
  if (w.master < 0 || grantpt(w.master) || unlockpt(w.master))
    die("posix_openpt");
  terminal = ptsname(w.master);
  child = fork();
  if (child < 0)
    die("fork");
  if (child == 0)
    run_on(terminal, argv + 2);
  if (!copy(&w)) {
    kill(child, SIGKILL);
    return 124;
  }
  fflush(stdout);
  if (waitpid(child, &status, 0) < 0)
    die("waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
