/* store.c - the queue and the thread behind it.
 *
 * The loop collects in `fresh`, which is its own, and hands the list over at
 * the end of the turn: one lock and one wake-up a turn.  The thread takes all
 * there is.  Ends travel back the same way, by one post however many they are.
 */
#include "store/store.h"
#include "base/buf.h"
#include "base/clock.h"
#include "store/fork.h"
#include "store/memory.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* A commit of more would keep the first ones waiting for too long. */
#define BATCH_MAX 1024
/* How long the store may wait for other processes. */
#define BUSY_MS   5000
#define NOTES_MAX 8192
/* For how long what is lasting is tried. */
#define LASTS_MS 60000

struct gm_store {
  struct gm_loop *loop;
  struct gm_log *log;
  gm_store_choose_fn *choose;
  void *user;
  struct gm_turn_hook hook;
  struct gm_list fresh; /* the loop's */
  struct gm_store_choice choice;
  bool begun, threaded;
  pthread_t thread;
  char why[GAMUT_STORE_MESSAGE];
  /* ---- of whoever runs it: the thread, or the loop when there is none */
  const struct gamut_store *type;
  void *handle;
  struct gamut_store_tx *batch[BATCH_MAX];
  char message[GAMUT_STORE_MESSAGE];
  /* ---- shared, under `lock` */
  pthread_mutex_t lock;
  pthread_cond_t more;
  struct gm_list queue, ended;
  struct gm_post post;
  char said[GAMUT_STORE_MESSAGE]; /* becomes `why` */
  struct gm_buf notes;            /* "level text\n" for the log */
  bool posted, stop;
  atomic_bool keeps;
  atomic_llong skew_ms; /* the store's clock less ours, when it was last used */
};

static struct gm_store_item *item_of(struct gm_list *l)
{
  return GM_CONTAINER(l, struct gm_store_item, link);
}

static struct gm_tx *tx_of(struct gm_list *l)
{
  return GM_CONTAINER(item_of(l), struct gm_tx, item);
}

static struct gm_look *look_of(struct gm_list *l)
{
  return GM_CONTAINER(item_of(l), struct gm_look, item);
}

static void move_all(struct gm_list *from, struct gm_list *to)
{
  struct gm_list *l;

  while ((l = gm_list_pop(from)))
    gm_list_append(to, l);
}

/* ---- notes: the log is the loop's ---------------------------------------- */

static void note(void *user, int32_t level, const char *line)
{
  struct gm_store *s = user;

  pthread_mutex_lock(&s->lock);
  gm_buf_addc(&s->notes, (char)('0' + level));
  gm_buf_add_clean(&s->notes, line, strlen(line));
  gm_buf_addc(&s->notes, '\n');
  pthread_mutex_unlock(&s->lock);
}

static void log_notes(struct gm_store *s)
{
  _cleanup_free_ char *all = NULL;
  char *line, *end;

  pthread_mutex_lock(&s->lock);
  if (s->notes.len > 0)
    all = gm_buf_take(&s->notes);
  gm_buf_clear(&s->notes);
  pthread_mutex_unlock(&s->lock);
  for (line = all; line && (end = strchr(line, '\n')); line = end + 1) {
    *end = '\0';
    gm_log_line(s->log, *line - '0', "%s", line + 1);
  }
}

/* ---- running it ---------------------------------------------------------- */

static int32_t open_type(struct gm_store *s, const struct gamut_store *type)
{
  struct gamut_store_open o = { .struct_size = sizeof(o),
                                .busy_ms = BUSY_MS,
                                .place = s->choice.place,
                                .note = note,
                                .user = s };
  int32_t rc = type->open(&o, &s->handle, s->message);

  s->message[sizeof(s->message) - 1] = '\0';
  if (rc)
    s->handle = NULL;
  else
    s->type = type;
  atomic_store(&s->keeps, rc == 0 && type->flags & GAMUT_STORE_DURABLE);
  return rc;
}

static void warn_of_memory(struct gm_store *s)
{
  char line[GAMUT_STORE_MESSAGE + 160];

  snprintf(line, sizeof(line),
           "jobs will be forgotten when this process ends: %s (the setting "
           "store=memory says that this is meant)",
           s->message);
  note(s, GAMUT_WARN, line);
}

/* Again for every batch as long as it fails: a disk may be freed meanwhile. */
static int32_t be_open(struct gm_store *s)
{
  int32_t rc;

  if (s->handle)
    return 0;
  rc = open_type(s, s->choice.type);
  if (rc == 0 || s->choice.required || rc == GAMUT_E_NOMEM)
    return rc;
  warn_of_memory(s);
  return open_type(s, &gm_store_memory);
}

static void learn_clock(struct gm_store *s)
{
  atomic_store(&s->skew_ms, s->type->now(s->handle) - (int64_t)gm_wall_ms());
}

static bool is_to_wait(struct gm_store *s, struct gm_tx *t, int32_t error_class)
{
  uint64_t now = gm_mono_ms();

  if (error_class != GAMUT_E_TIMEOUT || !t->lasting)
    return false;
  if (t->item.until_ms == 0) {
    t->item.until_ms = now + LASTS_MS;
    note(s, GAMUT_WARN,
         "the store is locked by another process: what a job came to is "
         "written as soon as it can be");
  }
  return now < t->item.until_ms;
}

/* The transactions at the head of the list, up to the next look.  What is to
 * wait goes behind all others; the store has been patient with each attempt. */
static void commit_head(struct gm_store *s, struct gm_list *todo,
                        struct gm_list *ended)
{
  struct gm_list *l, now;
  uint32_t n = 0;
  int32_t rc;
  bool waits;

  gm_list_init(&now);
  while (n < BATCH_MAX && (l = todo->next) != todo && !item_of(l)->is_look) {
    s->batch[n++] = &tx_of(l)->tx;
    gm_list_remove(l);
    gm_list_append(&now, l);
  }
  rc = be_open(s);
  if (rc == 0) {
    rc = s->type->commit(s->handle, s->batch, n, s->message);
    /* Nothing of it was done.  A disk that failed once may do better the next
     * time; what a paid job came to must not be lost for it. */
    if (rc == GAMUT_E_STORAGE)
      rc = s->type->commit(s->handle, s->batch, n, s->message);
    learn_clock(s);
  }
  while ((l = gm_list_pop(&now))) {
    waits = is_to_wait(s, tx_of(l), rc);
    item_of(l)->error_class = rc;
    gm_list_append(waits ? todo : ended, l);
  }
}

static void look_head(struct gm_store *s, struct gm_list *todo,
                      struct gm_list *ended)
{
  struct gm_list *l = gm_list_pop(todo);
  struct gm_look *k = look_of(l);
  int32_t rc = be_open(s);

  if (rc == 0) {
    rc = k->run(k, s->type, s->handle, s->message);
    learn_clock(s);
  }
  k->item.error_class = rc;
  gm_list_append(ended, l);
}

static void run_head(struct gm_store *s, struct gm_list *todo,
                     struct gm_list *ended)
{
  gm_fork_keep_off();
  if (item_of(todo->next)->is_look)
    look_head(s, todo, ended);
  else
    commit_head(s, todo, ended);
  gm_fork_let();
}

/* ---- ends ---------------------------------------------------------------- */

static void tell(struct gm_list *l)
{
  struct gm_store_item *i = item_of(l);

  if (i->is_look)
    look_of(l)->done(look_of(l), i->error_class);
  else
    tx_of(l)->done(tx_of(l), i->error_class);
}

static void tell_ended(struct gm_store *s)
{
  struct gm_list ended, *l;

  gm_list_init(&ended);
  pthread_mutex_lock(&s->lock);
  s->posted = false;
  move_all(&s->ended, &ended);
  memcpy(s->why, s->said, sizeof(s->why));
  pthread_mutex_unlock(&s->lock);
  log_notes(s);
  while ((l = gm_list_pop(&ended)))
    tell(l);
}

static void on_post(struct gm_post *p)
{
  tell_ended(GM_CONTAINER(p, struct gm_store, post));
}

/* ---- the thread ---------------------------------------------------------- */

static void send_ended(struct gm_store *s, struct gm_list *ended)
{
  bool post;

  pthread_mutex_lock(&s->lock);
  move_all(ended, &s->ended);
  memcpy(s->said, s->message, sizeof(s->said));
  post = !s->posted;
  s->posted = true;
  pthread_mutex_unlock(&s->lock);
  if (post)
    gm_loop_post(s->loop, &s->post);
}

/* What was asked meanwhile, behind what is to be done yet; false: it is over.
 */
static bool wait_for_more(struct gm_store *s, struct gm_list *todo)
{
  struct gm_list *l;

  pthread_mutex_lock(&s->lock);
  while (gm_list_empty(todo) && gm_list_empty(&s->queue) && !s->stop)
    pthread_cond_wait(&s->more, &s->lock);
  while ((l = gm_list_pop(&s->queue))) {
    item_of(l)->queued = false;
    gm_list_append(todo, l);
  }
  pthread_mutex_unlock(&s->lock);
  return !gm_list_empty(todo);
}

static void *thread(void *arg)
{
  struct gm_store *s = arg;
  struct gm_list todo, ended;

  gm_list_init(&todo);
  gm_list_init(&ended);
  while (wait_for_more(s, &todo)) {
    run_head(s, &todo, &ended);
    send_ended(s, &ended);
  }
  return NULL;
}

/* Signals are the application's: our thread takes none. */
static bool start_thread(struct gm_store *s)
{
  sigset_t all, before;
  int rc;

  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  rc = pthread_create(&s->thread, NULL, thread, s);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
#if defined(HAVE_PTHREAD_SETNAME_NP) && defined(__linux__)
  if (rc == 0)
    pthread_setname_np(s->thread, "gamut-store");
#endif
  return rc == 0;
}

/* ---- asking -------------------------------------------------------------- */

static void choose(struct gm_store *s)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  bool failed = s->choose(s->user, &s->choice, &err) != 0;

  s->begun = true;
  if (failed)
    snprintf(s->message, sizeof(s->message), "%s", gm_error_text(&err));
  if (!failed && s->choice.type->flags & GAMUT_STORE_DURABLE) {
    s->threaded = start_thread(s);
    failed = !s->threaded;
    if (failed)
      snprintf(s->message, sizeof(s->message),
               "no thread could be started for the store");
  }
  if (failed && !s->choice.required)
    warn_of_memory(s);
  if (failed)
    s->choice.type = s->choice.required ? NULL : &gm_store_memory;
}

/* Without a thread: now. */
static void run_here(struct gm_store *s, struct gm_store_item *i)
{
  struct gm_list todo, ended;

  gm_list_init(&todo);
  gm_list_init(&ended);
  gm_list_append(&todo, &i->link);
  if (s->choice.type) {
    run_head(s, &todo, &ended);
  } else {
    i->error_class = GAMUT_E_STORAGE;
    move_all(&todo, &ended);
  }
  memcpy(s->why, s->message, sizeof(s->why));
  log_notes(s);
  tell(gm_list_pop(&ended));
}

static void hand_over(struct gm_store *s)
{
  if (gm_list_empty(&s->fresh))
    return;
  pthread_mutex_lock(&s->lock);
  move_all(&s->fresh, &s->queue);
  pthread_cond_signal(&s->more);
  pthread_mutex_unlock(&s->lock);
}

static void at_turn_end(struct gm_turn_hook *h)
{
  hand_over(GM_CONTAINER(h, struct gm_store, hook));
}

static void ask(struct gm_store *s, struct gm_store_item *i)
{
  gm_list_init(&i->link);
  i->error_class = 0;
  i->until_ms = 0;
  if (!s->begun)
    choose(s);
  if (!s->threaded) {
    run_here(s, i);
    return;
  }
  i->queued = true;
  gm_list_append(&s->fresh, &i->link);
  if (!gm_loop_in_turn(s->loop))
    hand_over(s);
}

void gm_store_commit(struct gm_store *s, struct gm_tx *t)
{
  t->item.is_look = false;
  ask(s, &t->item);
}

void gm_store_look(struct gm_store *s, struct gm_look *k)
{
  k->item.is_look = true;
  ask(s, &k->item);
}

bool gm_store_take_back(struct gm_store *s, struct gm_tx *t)
{
  bool waits;

  pthread_mutex_lock(&s->lock);
  waits = t->item.queued;
  if (waits)
    gm_list_remove(&t->item.link);
  t->item.queued = false;
  pthread_mutex_unlock(&s->lock);
  return waits;
}

const char *gm_store_why(const struct gm_store *s)
{
  return s->why;
}

bool gm_store_keeps(struct gm_store *s)
{
  return atomic_load(&s->keeps);
}

int64_t gm_store_now(struct gm_store *s)
{
  return (int64_t)gm_wall_ms() + atomic_load(&s->skew_ms);
}

bool gm_store_begun(const struct gm_store *s)
{
  return s->begun;
}

/* ---- life ---------------------------------------------------------------- */

int32_t gm_store_new(struct gm_loop *l, struct gm_log *log,
                     gm_store_choose_fn *choose_fn, void *user,
                     struct gm_store **ret)
{
  struct gm_store *s = gm_zalloc(sizeof(*s));

  if (!s)
    return GAMUT_E_NOMEM;
  s->loop = l;
  s->log = log;
  s->choose = choose_fn;
  s->user = user;
  s->hook.run = at_turn_end;
  s->post.run = on_post;
  pthread_mutex_init(&s->lock, NULL);
  pthread_cond_init(&s->more, NULL);
  gm_list_init(&s->fresh);
  gm_list_init(&s->queue);
  gm_list_init(&s->ended);
  gm_buf_init(&s->notes, NOTES_MAX);
  gm_loop_hook(l, &s->hook);
  *ret = s;
  return 0;
}

void gm_store_free(struct gm_store *s)
{
  if (!s)
    return;
  hand_over(s);
  if (s->threaded) {
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    pthread_cond_signal(&s->more);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    s->threaded = false; /* what the ends ask for is done here */
  }
  gm_loop_unpost(s->loop, &s->post);
  tell_ended(s);
  if (s->handle) {
    gm_fork_keep_off();
    s->type->close(s->handle);
    gm_fork_let();
  }
  gm_loop_unhook(&s->hook);
  gm_buf_finish(&s->notes);
  gm_free(s->choice.place);
  pthread_cond_destroy(&s->more);
  pthread_mutex_destroy(&s->lock);
  gm_free(s);
}

int32_t gm_store_row(const struct gamut_store *type, void *handle,
                     const char *table, const char *key, uint32_t flags,
                     gamut_store_row_fn *fn, void *user, char *message)
{
  const struct gamut_store_query q = { .struct_size = sizeof(q),
                                       .flags = GAMUT_SCAN_KEY | flags,
                                       .table = table,
                                       .from = key,
                                       .limit = 1 };

  return type->scan(handle, &q, fn, user, message);
}
