/* token.h - bearer tokens; see token.c. */
#ifndef GM_JOB_TOKEN_H
#define GM_JOB_TOKEN_H

#include "plugin/instance.h"

/* Drop a fetch under way: the context closes. */
void gm_token_abandon(struct gm_instance *i);

#endif
