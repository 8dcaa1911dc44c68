/* fork.c - a lock that callers into stores share and that fork() takes alone. */
#include "store/fork.h"
#include <pthread.h>

static pthread_rwlock_t calls = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void before(void)
{
  pthread_rwlock_wrlock(&calls);
}

static void in_parent(void)
{
  pthread_rwlock_unlock(&calls);
}

/* The thread that forked is another one here, as far as the lock can tell. */
static void in_child(void)
{
  static const pthread_rwlock_t fresh = PTHREAD_RWLOCK_INITIALIZER;

  calls = fresh;
}

static void prepare(void)
{
  pthread_atfork(before, in_parent, in_child);
}

void gm_fork_keep_off(void)
{
  pthread_once(&once, prepare);
  pthread_rwlock_rdlock(&calls);
}

void gm_fork_let(void)
{
  pthread_rwlock_unlock(&calls);
}
