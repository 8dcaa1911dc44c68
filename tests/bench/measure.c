/* measure.c - runs a command and says what it took.
 *
 *     measure FILE COMMAND [ARGUMENT...]
 *
 * Appends a line to FILE: user and system seconds, wall clock seconds, largest
 * resident set in KiB.  Ends as the command did. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
  return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double now(void)
{
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
  struct rusage used;
  double from, wall;
  int status = 0;
  FILE *out;
  pid_t child;

  if (argc < 3 || !(out = fopen(argv[1], "ae"))) {
    fputs("usage: measure FILE COMMAND [ARGUMENT...]\n", stderr);
    return 2;
  }
  from = now();
  child = vfork(); /* a copied page table would count as the command's */
  if (child == 0) {
    execvp(argv[2], argv + 2);
    _exit(127);
  }
  if (child < 0 || wait4(child, &status, 0, &used) != child)
    return 2;
  wall = now() - from;
  fprintf(out, "%.6f %.6f %.6f %ld\n", seconds(used.ru_utime),
          seconds(used.ru_stime), wall, used.ru_maxrss);
  if (fclose(out))
    return 2;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
