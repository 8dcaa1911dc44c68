/* clock.h - how time passes. */
#ifndef GAMUT_CLI_CLOCK_H
#define GAMUT_CLI_CLOCK_H

#include <stdint.h>

/* Milliseconds since some time in the past; no clock that is set moves it. */
int64_t cli_now_ms(void);

#endif
