/* fake.h - a store whose every call a test decides, in front of the memory
 * store. */
#ifndef TESTS_STORE_FAKE_H
#define TESTS_STORE_FAKE_H

#include "store/store.h"

/* Threaded, as a durable store is; or not. */
extern const struct gamut_store fake_durable, fake_plain;

void fake_reset(void);
/* Calls of commit() wait here until there were as many fake_go(). */
void fake_hold(bool hold);
void fake_go(void);
/* Wait until a commit waits. */
void fake_wait(void);
/* The next `n` calls fail with this class. */
void fake_fail_open(int n, int32_t error_class);
void fake_fail_commit(int n, int32_t error_class);
/* Say this in the next open(). */
void fake_note(const char *line);
/* How many transactions each commit had, in order: "1 10 3". */
const char *fake_commits(void);
/* How many of them wrote owners. */
int fake_owner_writes(void);
int fake_opens(void);
int fake_closes(void);

#endif
