/* fork.h - calls into stores, and a process that forks meanwhile. */
#ifndef GM_STORE_FORK_H
#define GM_STORE_FORK_H

/* Around each call into a store.  A fork() waits for those that are under way,
 * so that the child finds no lock of a store's library held by a thread that it
 * does not have, and can open a context of its own. */
void gm_fork_keep_off(void);
void gm_fork_let(void);

#endif
