/* prom.h - a strict reader of Prometheus' text format: everything that the
 * format and its naming rules ask for, and nothing of how the library writes
 * it. */
#ifndef GM_TESTS_PROM_H
#define GM_TESTS_PROM_H

#include <stddef.h>

/* NULL: well-formed; else what is wrong, with its line, in `why`. */
const char *prom_check(const char *text, char *why, size_t size);
/* The value of "name{labels}" as it stands there; -1: there is none. */
double prom_value(const char *text, const char *series);

#endif
