/* cases.h - the recordings of a folder, for both runners. */
#ifndef GM_TESTS_CASES_H
#define GM_TESTS_CASES_H

#include "base/json.h"

#define GOLDEN_CASES 500

/* Names without ".json", sorted, NULL-terminated; gm_free() each. */
char **golden_list(const char *folder);
/* FOLDER/NAME + ending; NULL with a line on stdout. */
struct json_object *golden_load(const char *folder, const char *name,
                                const char *ending);
/* The n-th member of an object; NULL past the end and for what is none. */
const char *golden_member(struct json_object *o, size_t n);

#endif
