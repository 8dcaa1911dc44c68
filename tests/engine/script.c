/* script.c - answers by a table.  Runs on the server's threads: everything that
 * is counted or remembered is under the lock. */
#include "engine/script.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ASKED_MAX = 16384, BIG = 3 << 20 };

/* One pixel. */
static const unsigned char png[] = {
  0x89, 'P', 'N', 'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 'I', 'H', 'D', 'R',
  0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0, 0x3a, 0x7e, 0x9b, 0x55, 0, 0, 0, 10,
  'I', 'D', 'A', 'T', 0x78, 0x9c, 0x63, 0x60, 0, 0, 0, 2, 0, 1, 0x48, 0xaf,
  0xa4, 0x71, 0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82
};

/* The boxes that say what it is: ftyp, and a movie of one second. */
static const unsigned char mp4[] = {
  0, 0, 0, 20, 'f', 't', 'y', 'p', 'i', 's', 'o', 'm', 0, 0, 2, 0, 'i', 's',
  'o', 'm', 0, 0, 0, 116, 'm', 'o', 'o', 'v', 0, 0, 0, 108, 'm', 'v', 'h', 'd',
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0xe8, 0, 0, 3, 0xe8, 0, 1, 0, 0,
  1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2
};

struct script {
  struct server *server;
  const struct answer *rows;
  size_t n_rows;
  int *used;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  char **heads;
  int *connections;
  int n_asked;
};

size_t script_png(const unsigned char **ret)
{
  *ret = png;
  return sizeof(png);
}

static void remember(struct script *s, const struct server_request *r)
{
  if (s->n_asked == ASKED_MAX)
    return;
  s->heads[s->n_asked] = strdup(r->head);
  s->connections[s->n_asked++] = r->connection;
  pthread_cond_broadcast(&s->changed);
}

static const struct answer *choose(struct script *s,
                                   const struct server_request *r)
{
  const struct answer *found = NULL;

  pthread_mutex_lock(&s->lock);
  remember(s, r);
  for (size_t i = 0; i < s->n_rows && s->rows[i].asks && !found; i++) {
    const struct answer *a = &s->rows[i];

    if (!server_asks(r, a->asks) || (a->times && s->used[i] >= a->times))
      continue;
    s->used[i]++;
    found = a;
  }
  pthread_mutex_unlock(&s->lock);
  return found;
}

/* The body with the server's URL in it; free(). */
static char *body_of(struct script *s, const char *body, size_t *ret_len)
{
  char url[64], *out, *at;
  size_t len = strlen(body), n = 0;

  for (const char *p = body; *p; p++)
    n += *p == '$';
  script_url(s, "", url, sizeof(url));
  out = at = malloc(len + n * strlen(url) + 1);
  for (; *body; body++) {
    if (*body == '$')
      at = stpcpy(at, url);
    else
      *at++ = *body;
  }
  *at = '\0';
  *ret_len = (size_t)(at - out);
  return out;
}

/* What "@..." stands for; free(). */
static char *media(const char *name, size_t *ret_len)
{
  size_t len = strcmp(name, "@mp4") == 0   ? sizeof(mp4)
               : strcmp(name, "@big") == 0 ? (size_t)BIG
                                           : sizeof(png);
  char *out = calloc(1, len);

  if (strcmp(name, "@mp4") == 0)
    memcpy(out, mp4, sizeof(mp4));
  else
    memcpy(out, png, sizeof(png));
  if (strcmp(name, "@wide") == 0) { /* 3x2; the checksum is not looked at */
    out[19] = 3;
    out[23] = 2;
  }
  *ret_len = len;
  return out;
}

static const char *type_of(const char *body)
{
  if (*body == '@')
    return strcmp(body, "@mp4") == 0 ? "video/mp4" : "image/png";
  if (strncmp(body, "data:", 5) == 0)
    return "text/event-stream";
  return *body == '<' ? "text/html" : "application/json";
}

static void reply(struct script *s, int fd, const struct answer *a)
{
  const char *text = a->body ? a->body : "";
  size_t len = 0;
  char head[1024];
  char *body = *text == '@' ? media(text, &len) : body_of(s, text, &len);

  snprintf(head, sizeof(head),
           "HTTP/1.1 %d Status\r\n%sContent-Type: %s\r\nContent-Length: %zu\r\n"
           "\r\n",
           a->status < 0 ? 200 : a->status, a->headers ? a->headers : "",
           type_of(text), len);
  server_say(fd, head);
  server_send(fd, body, len - (size_t)a->cut);
  free(body);
}

static enum server_end answer(struct server *server, int fd,
                              const struct server_request *r, void *user)
{
  static const struct answer unknown = { "", 0, 404, "{}", NULL, 0 };
  struct script *s = user;
  const struct answer *a = choose(s, r);

  a = a ? a : &unknown;
  if (a->status == SCRIPT_HOLD || a->status == SCRIPT_LATE)
    server_wait(server);
  if (a->status == SCRIPT_RESET || a->status == SCRIPT_HOLD)
    return SERVER_RESET;
  if (a->status == SCRIPT_CLOSE)
    return SERVER_CLOSE;
  reply(s, fd, a);
  if (a->status == SCRIPT_STALL)
    server_wait(server);
  return a->cut ? SERVER_CLOSE : SERVER_KEEP;
}

struct script *script_start(const struct answer *rows, size_t n)
{
  struct script *s = calloc(1, sizeof(*s));

  s->rows = rows;
  s->n_rows = n;
  s->used = calloc(n + 1, sizeof(*s->used));
  s->heads = calloc(ASKED_MAX, sizeof(*s->heads));
  s->connections = calloc(ASKED_MAX, sizeof(*s->connections));
  pthread_mutex_init(&s->lock, NULL);
  pthread_cond_init(&s->changed, NULL);
  pthread_mutex_lock(&s->lock); /* whoever answers takes it */
  s->server = server_start(answer, s);
  pthread_mutex_unlock(&s->lock);
  return s;
}

void script_stop(struct script *s)
{
  server_stop(s->server);
  for (int i = 0; i < s->n_asked; i++)
    free(s->heads[i]);
  free(s->heads);
  free(s->connections);
  free(s->used);
  pthread_cond_destroy(&s->changed);
  pthread_mutex_destroy(&s->lock);
  free(s);
}

void script_go(struct script *s)
{
  server_go(s->server);
}

const char *script_url(struct script *s, const char *path, char *buf,
                       size_t size)
{
  return server_url(s->server, path, buf, size);
}

/* Under the lock: how many, and the place of the nth. */
static int find(struct script *s, const char *asks, int nth, int *ret_at)
{
  int n = 0;

  *ret_at = -1;
  for (int i = 0; i < s->n_asked; i++) {
    if (strncmp(s->heads[i], asks, strlen(asks)) != 0)
      continue;
    if (n++ == nth)
      *ret_at = i;
  }
  return n;
}

int script_count(struct script *s, const char *asks)
{
  int at, n;

  pthread_mutex_lock(&s->lock);
  n = find(s, asks, 0, &at);
  pthread_mutex_unlock(&s->lock);
  return n;
}

void script_wait(struct script *s, const char *asks, int n)
{
  int at;

  pthread_mutex_lock(&s->lock);
  while (find(s, asks, 0, &at) < n)
    pthread_cond_wait(&s->changed, &s->lock);
  pthread_mutex_unlock(&s->lock);
}

const char *script_header(struct script *s, const char *asks, int nth,
                          const char *name)
{
  static char values[4][256];
  static int turn;
  char *value = values[turn++ % 4];
  struct server_request r = { 0 };
  int at;

  *value = '\0';
  pthread_mutex_lock(&s->lock);
  find(s, asks, nth, &at);
  r.head = at < 0 ? "" : s->heads[at];
  if (!server_header(&r, name, value, sizeof(values[0])))
    *value = '\0';
  pthread_mutex_unlock(&s->lock);
  return value;
}

int script_connection(struct script *s, const char *asks, int nth)
{
  int at, connection;

  pthread_mutex_lock(&s->lock);
  find(s, asks, nth, &at);
  connection = at < 0 ? -1 : s->connections[at];
  pthread_mutex_unlock(&s->lock);
  return connection;
}
