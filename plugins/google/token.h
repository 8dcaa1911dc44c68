/* token.h - what the two files about credentials share. */
#ifndef GOOGLE_TOKEN_H
#define GOOGLE_TOKEN_H

#include "google.h"

#define GOOGLE_SCOPE "https://www.googleapis.com/auth/cloud-platform"

/* A member of the credential that the state's "file" leads to. */
const char *google_member(struct google *g, const char *name);
/* Ask a token server; values in braces are filled in by the host. */
int32_t google_post_form(struct google *g, const char *url, const char *body);

/* external.c: identities of other issuers. */
int32_t google_ask_external(struct google *g, const char *file);
int32_t google_ask_external_user(struct google *g, const char *file);
int32_t google_got_subject(struct google *g);

#endif
