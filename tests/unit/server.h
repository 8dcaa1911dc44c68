/* server.h - a scripted HTTP server on loopback, in threads of the test.  What
 * it answers is the test's own function; it counts what reached it. */
#ifndef GM_TESTS_SERVER_H
#define GM_TESTS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct server;

struct server_request {
  int connection;   /* from 0, in the order they came */
  int nth;          /* on its connection, from 0 */
  int total;        /* on the server, from 0 */
  const char *head; /* request line and headers */
  const char *body; /* "" when it is longer than 32 MiB */
  size_t body_len;
  size_t body_announced; /* Content-Length; 0: none */
  uint64_t body_sum;     /* server_sum() of it from 0 on */
};

enum server_end {
  SERVER_KEEP,  /* wait for the next request */
  SERVER_CLOSE, /* FIN */
  SERVER_RESET  /* RST */
};

/* Answers one request; runs on the connection's thread. */
typedef enum server_end server_fn(struct server *s, int fd,
                                  const struct server_request *r, void *user);

struct server *server_start(server_fn *fn, void *user); /* aborts on failure */
void server_stop(struct server *s);
int server_port(const struct server *s);
int server_requests(struct server *s);
int server_connections(struct server *s);
/* "http://127.0.0.1:port/path" */
const char *server_url(const struct server *s, const char *path, char *buf,
                       size_t size);

/* Goes on over the next bytes of a body. */
uint64_t server_sum(uint64_t sum, const void *p, size_t len);

/* For answers. */
bool server_send(int fd, const void *p, size_t len);
void server_say(int fd, const char *text);
/* "HTTP/1.1 200 OK" with Content-Length and this body. */
void server_reply(int fd, const char *body);
bool server_asks(const struct server_request *r, const char *start);
/* The value of a request header into buf, or NULL. */
const char *server_header(const struct server_request *r, const char *name,
                          char *buf, size_t size);
/* Wait until the test lets go (or stops). */
void server_wait(struct server *s);
void server_go(struct server *s);

#endif
