/* shop.c - see shop.h.  Runs on the server's threads: all of it is under the
 * lock, but for waiting and sending. */
#include "shop.h"
#include "engine/script.h"
#include <json-c/json.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SALES_MAX = 2000, NOTES_MAX = 1 << 20, HOLD_MS = 40, REST_MS = 30 };

enum state { WORKING, MADE, FAILED, CANCELLED };
static const char *const states[] = { "queued", "done", "failed", "cancelled" };

struct sale {
  char prompt[80], key[80];
  char who;
  int id, ordered, n, looks, asked;
  bool fails, counts, stubborn;
  enum state state;
};

struct shop {
  struct server *server;
  uint64_t seed;
  bool behaves;
  pthread_mutex_t lock;
  struct sale sales[SALES_MAX];
  int n_sales, under_way;
  struct {
    char prompt[80];
    int posts;
  } visits[SALES_MAX];
  int n_visits;
  int64_t began_ms;
  size_t n_notes;
  char notes[NOTES_MAX];
};

/* ---- chance ---------------------------------------------------------------
 */

uint64_t shop_draw(uint64_t *state)
{
  uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

uint64_t shop_hash(uint64_t seed, const char *text)
{
  uint64_t sum = seed;

  for (; *text; text++)
    sum = shop_draw(&sum) ^ (unsigned char)*text;
  return shop_draw(&sum);
}

static unsigned draw(struct shop *s, const char *text, int nth, unsigned n)
{
  return (unsigned)(shop_hash(s->seed + (uint64_t)nth, text) % n);
}

/* Half of the prompts have nothing but luck. */
static bool is_troubled(struct shop *s, const char *prompt)
{
  return !s->behaves && draw(s, prompt, -1, 2) == 0;
}

/* ---- protocol -------------------------------------------------------------
 */

static int64_t now_ms(void)
{
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void __attribute__((format(printf, 2, 0)))
note(struct shop *s, const char *format, va_list ap)
{
  char line[2000];
  int n;

  vsnprintf(line, sizeof(line), format, ap);
  n = snprintf(s->notes + s->n_notes, NOTES_MAX - s->n_notes, "%7lld %s\n",
               (long long)(now_ms() - s->began_ms), line);
  if (n > 0 && s->n_notes + (size_t)n < NOTES_MAX)
    s->n_notes += (size_t)n;
}

void shop_note(struct shop *s, const char *format, ...)
{
  va_list ap;

  va_start(ap, format);
  pthread_mutex_lock(&s->lock);
  note(s, format, ap);
  pthread_mutex_unlock(&s->lock);
  va_end(ap);
}

void shop_print(struct shop *s)
{
  pthread_mutex_lock(&s->lock);
  fputs(s->notes, stdout);
  pthread_mutex_unlock(&s->lock);
  fflush(stdout);
}

/* ---- answers --------------------------------------------------------------
 */

static void nap(int ms)
{
  struct timespec t = { 0, (long)ms * 1000000 };

  nanosleep(&t, NULL);
}

static enum server_end says(int fd, int status, const char *body)
{
  char head[200];

  snprintf(head, sizeof(head),
           "HTTP/1.1 %d Status\r\nContent-Type: application/json\r\n"
           "Content-Length: %zu\r\n\r\n",
           status, strlen(body));
  server_say(fd, head);
  server_send(fd, body, strlen(body));
  return SERVER_KEEP;
}

/* Announces more than comes. */
static enum server_end cuts(int fd, const char *body)
{
  server_say(fd, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                 "Content-Length: 100000\r\n\r\n");
  server_send(fd, body, strlen(body));
  return SERVER_CLOSE;
}

/* Under the lock. */
static void describe(struct shop *s, const struct sale *o, char *text,
                     size_t size)
{
  char url[100];
  size_t len;
  int i;

  snprintf(text, size, "{\"id\":\"%d\",\"status\":\"%s\"", o->id,
           states[o->state]);
  if (o->state == FAILED) {
    len = strlen(text);
    snprintf(text + len, size - len, "%s,\"error\":{\"message\":\"broken\"}",
             o->counts ? ",\"usd\":0.02" : "");
  }
  for (i = 0; o->state == MADE && i < o->n; i++) {
    len = strlen(text);
    snprintf(text + len, size - len, "%s{\"url\":\"%s/f/%d-%d-%d.png\"}",
             i ? "," : ",\"images\":[",
             server_url(s->server, "", url, sizeof(url)), o->id, i, o->asked);
  }
  len = strlen(text);
  snprintf(text + len, size - len, "%s}",
           o->state == MADE && o->n > 0 ? "]" : "");
}

/* ---- orders ---------------------------------------------------------------
 */

static int visit(struct shop *s, const char *prompt)
{
  int i;

  for (i = 0; i < s->n_visits; i++)
    if (strcmp(s->visits[i].prompt, prompt) == 0)
      return i;
  if (s->n_visits == SALES_MAX)
    abort();
  snprintf(s->visits[i].prompt, sizeof(s->visits[i].prompt), "%s", prompt);
  return s->n_visits++;
}

static struct sale *sale_with_key(struct shop *s, const char *key)
{
  int i;

  for (i = 0; *key && i < s->n_sales; i++)
    if (strcmp(s->sales[i].key, key) == 0)
      return &s->sales[i];
  return NULL;
}

static struct sale *sell(struct shop *s, char who, const char *prompt, int n,
                         const char *key)
{
  struct sale *o = sale_with_key(s, key);
  bool troubled = is_troubled(s, prompt);
  int nth = s->n_sales;

  if (o)
    return o;
  if (nth == SALES_MAX)
    abort();
  o = &s->sales[s->n_sales++];
  snprintf(o->prompt, sizeof(o->prompt), "%s", prompt);
  snprintf(o->key, sizeof(o->key), "%s", key);
  o->who = who;
  o->id = nth + 1;
  o->ordered = o->n = n;
  o->looks = (int)draw(s, prompt, 10 + nth, 12);
  o->fails = troubled && draw(s, prompt, 5000 + nth, 4) == 0;
  o->counts = draw(s, prompt, 10000 + nth, 3) == 0;
  o->stubborn = draw(s, prompt, 15000 + nth, 4) == 0;
  if (troubled && n > 1 && draw(s, prompt, 20000 + nth, 4) == 0)
    o->n = n - 1;
  return o;
}

static void finish(struct sale *o)
{
  o->state = o->fails ? FAILED : MADE;
}

static int images_of(const struct sale *o)
{
  return o->state == CANCELLED || o->fails ? 0 : o->n;
}

/* It may count what it has failed to make. */
static int counted_of(const struct sale *o)
{
  return o->state != CANCELLED && o->fails && o->counts ? 1 : images_of(o);
}

/* What becomes of a submission. */
enum mood {
  TAKES,        /* it works on it */
  MAKES,        /* it is made at once */
  LOSES,        /* takes it, RST */
  DROPS,        /* takes it, FIN */
  DAWDLES,      /* takes it, and answers late */
  LOSES_LATE,   /* takes it, and breaks off late */
  TAKES_LATE,   /* ... and takes it only then */
  MUMBLES,      /* takes it, half an answer */
  RESETS,       /* does not take it, RST */
  BUSY,         /* 503 */
  RATES,        /* 429 */
  REFUSES,      /* 400 */
  WANTS_CREDIT, /* 402 */
  MOODS
};
static const char *const moods[MOODS] = {
  "takes",   "makes",  "loses", "drops", "dawdles", "loses late", "takes late",
  "mumbles", "resets", "busy",  "rates", "refuses", "no credit"
};

static enum mood mood_of(struct shop *s, const char *prompt, int nth)
{
  unsigned n = draw(s, prompt, 100 + nth, 3 * MOODS);

  if (!is_troubled(s, prompt) || n >= MOODS)
    return n % 5 == 0 ? MAKES : TAKES;
  return (enum mood)n;
}

static bool is_sold(enum mood m)
{
  return m < RESETS;
}

static enum server_end answer_order(int fd, enum mood m, const char *text)
{
  if (m == LOSES_LATE || m == DAWDLES)
    nap(HOLD_MS);
  switch (m) {
  case LOSES:
  case LOSES_LATE:
  case RESETS:
  case TAKES_LATE:
    return SERVER_RESET;
  case DROPS:
    return SERVER_CLOSE;
  case MUMBLES:
    return cuts(fd, text);
  case BUSY:
    return says(fd, 503, "{}");
  case RATES:
    return says(fd, 429, "{}");
  case REFUSES:
    return says(fd, 400, "{\"error\":{\"message\":\"no\"}}");
  case WANTS_CREDIT:
    return says(fd, 402, "{}");
  default:
    return says(fd, 200, text);
  }
}

static struct json_object *field(struct json_object *o, const char *name)
{
  struct json_object *value = NULL;

  json_object_object_get_ex(o, name, &value);
  return value;
}

static enum server_end take_order(struct shop *s, int fd, char who,
                                  const struct server_request *r)
{
  struct json_object *body = json_tokener_parse(r->body);
  const char *prompt = json_object_get_string(field(body, "prompt"));
  int n = field(body, "n") ? json_object_get_int(field(body, "n")) : 1;
  char asked[80], key[80] = "", text[1500] = "";
  struct sale *o = NULL;
  enum mood m;
  int at, nth;

  snprintf(asked, sizeof(asked), "%s", prompt ? prompt : "?");
  server_header(r, "idempotency-key", key, sizeof(key));
  pthread_mutex_lock(&s->lock);
  at = visit(s, asked);
  nth = s->visits[at].posts++;
  m = mood_of(s, asked, nth);
  if (m == REFUSES && sale_with_key(s, key))
    m = TAKES; /* it has been found good */
  pthread_mutex_unlock(&s->lock);
  if (m == TAKES_LATE)
    nap(HOLD_MS);
  pthread_mutex_lock(&s->lock);
  if (is_sold(m))
    o = sell(s, who, asked, n, key);
  if (m == MAKES)
    finish(o);
  if (o)
    describe(s, o, text, sizeof(text));
  pthread_mutex_unlock(&s->lock);
  shop_note(s, "  vendor: POST /%c '%s' n=%d %s %s, sale %d", who, asked, n,
            key, moods[m], o ? o->id : 0);
  json_object_put(body);
  return answer_order(fd, m, text);
}

/* ---- looks, cancels, files ------------------------------------------------
 */

enum { WELL, IS_BUSY, BREAKS, IS_LATE };

static unsigned trouble_of(struct shop *s, const struct sale *o, int nth)
{
  unsigned n = draw(s, o->prompt, 25000 + nth, 24);

  return is_troubled(s, o->prompt) && n <= IS_LATE ? n : WELL;
}

static enum server_end answer_look(int fd, unsigned trouble, const char *text)
{
  if (trouble == IS_BUSY)
    return says(fd, 503, "{}");
  if (trouble == BREAKS)
    return SERVER_RESET;
  if (trouble == IS_LATE)
    nap(HOLD_MS);
  return says(fd, 200, text);
}

static enum server_end show(struct shop *s, int fd, struct sale *o)
{
  char text[1500];
  unsigned trouble;

  pthread_mutex_lock(&s->lock);
  trouble = trouble_of(s, o, o->asked++);
  if (o->state == WORKING && o->looks-- <= 0)
    finish(o);
  describe(s, o, text, sizeof(text));
  pthread_mutex_unlock(&s->lock);
  shop_note(s, "  vendor: GET %d '%s' %s trouble %u", o->id, o->prompt,
            states[o->state], trouble);
  return answer_look(fd, trouble, text);
}

/* The word may be lost, before or behind. */
static enum server_end cancel(struct shop *s, int fd, struct sale *o)
{
  unsigned trouble;
  char text[100];

  pthread_mutex_lock(&s->lock);
  trouble = trouble_of(s, o, 200 + o->asked++);
  if (trouble != IS_BUSY && o->state == WORKING && !o->stubborn)
    o->state = CANCELLED;
  snprintf(text, sizeof(text), "%s",
           o->state == CANCELLED ? "{\"status\":\"cancelled\"}" : "{}");
  pthread_mutex_unlock(&s->lock);
  shop_note(s, "  vendor: DELETE %d '%s' %s trouble %u", o->id, o->prompt,
            states[o->state], trouble);
  return answer_look(fd, trouble, text);
}

static enum server_end send_file(int fd, unsigned trouble)
{
  const unsigned char *png;
  size_t len = script_png(&png);
  char head[200];

  if (trouble == IS_BUSY)
    return says(fd, 404, "{}");
  snprintf(head, sizeof(head),
           "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n"
           "Content-Length: %zu\r\n\r\n",
           len);
  server_say(fd, head);
  server_send(fd, png, trouble == BREAKS ? len / 2 : len);
  return trouble == BREAKS ? SERVER_RESET : SERVER_KEEP;
}

static enum server_end serve_file(struct shop *s, int fd, struct sale *o)
{
  unsigned trouble;

  pthread_mutex_lock(&s->lock);
  trouble = trouble_of(s, o, 400 + o->asked++);
  pthread_mutex_unlock(&s->lock);
  shop_note(s, "  vendor: file of %d '%s' trouble %u", o->id, o->prompt,
            trouble);
  if (trouble == IS_LATE)
    nap(HOLD_MS);
  return send_file(fd, trouble);
}

/* ---- requests -------------------------------------------------------------
 */

static struct sale *sale_at(struct shop *s, const char *id)
{
  long n = strtol(id, NULL, 10);

  return n > 0 && n <= s->n_sales ? &s->sales[n - 1] : NULL;
}

static enum server_end answer(struct shop *s, int fd,
                              const struct server_request *r)
{
  const char *path = strchr(r->head, ' ');
  const char *job = strstr(r->head, "/jobs/");
  struct sale *o;

  path = path ? path + 1 : "";
  if (server_asks(r, "POST "))
    return take_order(s, fd, path[1], r);
  pthread_mutex_lock(&s->lock);
  o = sale_at(s, strncmp(path, "/f/", 3) == 0 ? path + 3 : job ? job + 6 : "0");
  pthread_mutex_unlock(&s->lock);
  if (!o)
    return says(fd, 404, "{}");
  if (server_asks(r, "DELETE "))
    return cancel(s, fd, o);
  return strncmp(path, "/f/", 3) == 0 ? serve_file(s, fd, o) : show(s, fd, o);
}

static void count(struct shop *s, int n)
{
  pthread_mutex_lock(&s->lock);
  s->under_way += n;
  pthread_mutex_unlock(&s->lock);
}

static enum server_end serve(struct server *server, int fd,
                             const struct server_request *r, void *user)
{
  struct shop *s = user;
  enum server_end end;

  (void)server;
  count(s, 1);
  end = answer(s, fd, r);
  count(s, -1);
  return end;
}

/* ---- the shop -------------------------------------------------------------
 */

struct shop *shop_start(uint64_t seed)
{
  struct shop *s = calloc(1, sizeof(*s));

  if (!s)
    abort();
  s->seed = seed;
  s->began_ms = now_ms();
  pthread_mutex_init(&s->lock, NULL);
  pthread_mutex_lock(&s->lock); /* whoever answers takes it */
  s->server = server_start(serve, s);
  pthread_mutex_unlock(&s->lock);
  return s;
}

void shop_stop(struct shop *s)
{
  server_stop(s->server);
  pthread_mutex_destroy(&s->lock);
  free(s);
}

const char *shop_url(struct shop *s, const char *path, char *buf, size_t size)
{
  return server_url(s->server, path, buf, size);
}

void shop_behave(struct shop *s)
{
  pthread_mutex_lock(&s->lock);
  s->behaves = true;
  pthread_mutex_unlock(&s->lock);
}

static bool is_quiet(struct shop *s)
{
  bool quiet;

  pthread_mutex_lock(&s->lock);
  quiet = s->under_way == 0;
  pthread_mutex_unlock(&s->lock);
  return quiet;
}

/* What lies in a socket has not been read yet. */
void shop_rest(struct shop *s)
{
  int quiet_ms = 0;

  while (quiet_ms < REST_MS) {
    nap(5);
    quiet_ms = is_quiet(s) ? quiet_ms + 5 : 0;
  }
}

struct bill shop_bill(struct shop *s, const char *prompt)
{
  struct bill b = { 0 };
  int i;

  pthread_mutex_lock(&s->lock);
  for (i = 0; i < s->n_sales; i++) {
    const struct sale *o = &s->sales[i];

    if (strcmp(o->prompt, prompt) != 0)
      continue;
    b.images += images_of(o);
    b.counted += counted_of(o) - images_of(o);
    b.orders += counted_of(o) > 0;
    b.fewer |= images_of(o) < o->ordered;
    b.microusd += counted_of(o) * SHOP_PRICE;
  }
  pthread_mutex_unlock(&s->lock);
  return b;
}
