/* script.h - a vendor on loopback that answers as a table says, and remembers
 * what it was asked. */
#ifndef GM_TESTS_SCRIPT_H
#define GM_TESTS_SCRIPT_H

#include "unit/server.h"

enum { /* answer.status when it is none */
  SCRIPT_RESET = -1, /* read the request, RST */
  SCRIPT_CLOSE = -2, /* read the request, FIN */
  SCRIPT_HOLD = -3,  /* wait for script_go(), then as SCRIPT_RESET */
  SCRIPT_LATE = -4,  /* wait for script_go(), then 200 */
  SCRIPT_STALL = -5  /* 200, and script_go() is waited for before it is cut */
};

/* The first row whose `asks` the request line begins with counts; one without
 * `asks` ends the table. */
struct answer {
  const char *asks;    /* "POST /a/jobs" */
  int times;           /* then the next row that fits; 0: always */
  int status;          /* 200, or SCRIPT_... */
  const char *body;    /* "$" stands for the server's URL, "@png" for a picture,
                          "@wide" for one of 3x2 pixels, "@mp4", "@big" */
  const char *headers; /* first lines, each with its CRLF, or NULL */
  int cut;             /* so many bytes of the body are announced, not sent */
};

/* The usual one: always, or so many times. */
#define SAYS(asks, body) SAYS_TIMES(0, asks, body)
#define SAYS_TIMES(n, asks, body)                                              \
  {                                                                            \
    asks, n, 200, body, NULL, 0                                                \
  }
/* A status and no word; nothing before script_go(), always or at first. */
#define REFUSES(asks, status)                                                  \
  {                                                                            \
    asks, 0, status, "{}", NULL, 0                                             \
  }
#define HOLDS(asks)      HOLDS_TIMES(0, asks)
#define HOLDS_ONCE(asks) HOLDS_TIMES(1, asks)
#define HOLDS_TIMES(n, asks)                                                   \
  {                                                                            \
    asks, n, SCRIPT_HOLD, NULL, NULL, 0                                        \
  }

struct script;
struct script *script_start(const struct answer *rows, size_t n);
void script_stop(struct script *s);
void script_go(struct script *s);
const char *script_url(struct script *s, const char *path, char *buf,
                       size_t size);
/* How many requests began with `asks`, so far. */
int script_count(struct script *s, const char *asks);
/* Wait until there were so many. */
void script_wait(struct script *s, const char *asks, int n);
/* Of the nth of them (from 0): a header (lower case name), or "" . */
const char *script_header(struct script *s, const char *asks, int nth,
                          const char *name);
/* ... and the connection it came on; -1: there was none. */
int script_connection(struct script *s, const char *asks, int nth);
/* The picture of "@png": 1x1. */
size_t script_png(const unsigned char **ret);

#endif
