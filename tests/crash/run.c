/* run.c - one run of the program, and its death. */
#include "run.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOG "killed.log"

static char last[128]; /* the log's line */
static pid_t stopped;

void run_add(struct run *r, const char *word)
{
  if (r->n_words == RUN_WORDS - 1)
    abort();
  r->words[r->n_words++] = word;
}

static void send_to(const char *path, int fd)
{
  int to = open(path ? path : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0600);

  if (to < 0 || dup2(to, fd) < 0)
    _exit(99);
  close(to);
}

/* In this folder: a relative one is ignored (XDG). */
static void set_path(const char *name, const char *leaf)
{
  char path[4096];
  size_t len;

  if (!getcwd(path, sizeof(path)))
    _exit(99);
  len = strlen(path);
  snprintf(path + len, sizeof(path) - len, "/%s", leaf);
  setenv(name, path, 1);
}

static void set_point(const struct point *p)
{
  char nth[24];

  if (!p)
    return;
  snprintf(nth, sizeof(nth), "%lu", p->nth);
  setenv("CRASH_AT", nth, 1);
  setenv("CRASH_HOW", p->how, 1);
  set_path("CRASH_LOG", LOG);
  setenv("LD_PRELOAD", getenv("CRASH_SHIM"), 1);
}

static pid_t start(const struct run *r, const struct point *p)
{
  const char *argv[RUN_WORDS + 1] = { getenv("CRASH_PROGRAM") };
  pid_t pid;

  memcpy(argv + 1, r->words, (size_t)r->n_words * sizeof(*argv));
  pid = fork();
  if (pid != 0)
    return pid;
  send_to(r->out, 1);
  send_to(r->err ? r->err : "said", 2);
  set_path("XDG_STATE_HOME", r->state);
  set_point(p);
  alarm(RUN_SECONDS);
  execv(argv[0], (char *const *)(void *)argv);
  _exit(99);
}

int run_start(const struct run *r)
{
  return start(r, NULL);
}

static void give_up(const struct run *r, const char *why, int status)
{
  int i;

  printf("FAIL %s (status %x):", why, (unsigned)status);
  for (i = 0; r && i < r->n_words; i++)
    printf(" %s", r->words[i]);
  printf("\n");
  fflush(stdout);
  if (system("tail -n 20 said") != 0)
    puts("it said nothing");
  exit(1);
}

static int wait_for(int pid, bool may_die)
{
  int status;

  if (waitpid(pid, &status, 0) != pid)
    give_up(NULL, "no process", 0);
  if (may_die && WIFSIGNALED(status) &&
      (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGINT))
    return -1;
  if (!WIFEXITED(status))
    give_up(NULL, "it hangs or crashes", status);
  return WEXITSTATUS(status);
}

int run_wait(int pid)
{
  return wait_for(pid, false);
}

int run_end(int pid)
{
  return wait_for(pid, true);
}

static void read_log(void)
{
  FILE *f = fopen(LOG, "r");

  last[0] = '\0';
  if (f && !fgets(last, sizeof(last), f))
    last[0] = '\0';
  if (f)
    fclose(f);
}

int run_go(const struct run *r, const struct point *p)
{
  int status = 0;
  pid_t pid;

  unlink(LOG);
  pid = start(r, p);
  if (pid < 0 || waitpid(pid, &status, WUNTRACED) != pid)
    give_up(r, "no process", 0);
  read_log();
  if (WIFSTOPPED(status)) {
    stopped = pid;
    return -1;
  }
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && last[0])
    return -1;
  if (!WIFEXITED(status))
    give_up(r, "it hangs or crashes", status);
  return WEXITSTATUS(status);
}

int run_wake(void)
{
  kill(stopped, SIGCONT);
  return run_wait(stopped);
}

const char *run_died_at(void)
{
  char *number = strrchr(last, ' ');

  if (number)
    *number = '\0';
  return last;
}

unsigned long run_calls(void)
{
  char *number = strrchr(last, ' ');

  return number ? strtoul(number, NULL, 10) : 0;
}
