/* shim.h - a file system for SQLite that fails on demand, in front of the real
 * one; and a heap that does. */
#ifndef TESTS_STORE_SHIM_H
#define TESTS_STORE_SHIM_H

#include <stdbool.h>

enum shim_fault {
  SHIM_FULL,  /* writes: no space left */
  SHIM_READ,  /* reads: the disk fails, as SQLite's own way to files says it */
  SHIM_ERROR, /* writes, syncs, truncations, shared memory: the disk fails */
};

/* Once a process, before SQLite is used. */
void shim_install(void);
void shim_install_heap(void);
/* Fail the n-th call from now on (0: none), alone or with all that follow. */
void shim_fail(enum shim_fault fault, unsigned long nth, bool and_all_after);
void shim_fail_heap(unsigned long nth, bool and_all_after);
/* Did the last one armed happen? */
bool shim_failed(void);

#endif
