#ifndef EM_HOSTS_H
#define EM_HOSTS_H

#include "server.h"

/* Made when first asked for, and kept. */
const struct em_host *em_all_hosts(void);

#endif
