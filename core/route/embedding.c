/* embedding.c - see embedding.h.  Nobody's job may suffer from it: it has so
 * long and no longer, and after a failure that is not the prompt's own nobody
 * is asked for a while. */
#include "route/embedding.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/sha256.h"
#include "base/str.h"
#include <gamut/plugin.h>
#include <string.h>

#define PAUSE_MS 30000

struct gm_embedding *gm_embedding_ref(struct gm_embedding *e)
{
  if (e)
    e->refs++;
  return e;
}

void gm_embedding_unref(struct gm_embedding *e)
{
  if (!e || --e->refs > 0)
    return;
  gm_free(e->space);
  gm_free(e);
}

/* ---- the last few -------------------------------------------------------- */

void gm_embeddings_finish(struct gm_embeddings *all)
{
  size_t i;

  for (i = 0; i < GM_EMBEDDINGS; i++)
    gm_embedding_unref(GM_TAKE(all->last[i].embedding));
}

static struct gm_embedding *known(const struct gm_embeddings *all,
                                  const char *key)
{
  size_t i;

  for (i = 0; i < GM_EMBEDDINGS; i++)
    if (all->last[i].embedding && strcmp(all->last[i].key, key) == 0)
      return all->last[i].embedding;
  return NULL;
}

static void remember(struct gm_embeddings *all, const char *key,
                     struct gm_embedding *e)
{
  uint32_t i = all->next++ % GM_EMBEDDINGS;

  gm_embedding_unref(all->last[i].embedding);
  all->last[i].embedding = gm_embedding_ref(e);
  memcpy(all->last[i].key, key, GM_SHA256_HEX);
}

static void key_of(const char *who, const char *model, const char *prompt,
                   char ret[GM_SHA256_HEX])
{
  struct gm_sha256 sum;

  gm_sha256_init(&sum);
  gm_sha256_add(&sum, who, strlen(who) + 1);
  gm_sha256_add(&sum, model, strlen(model) + 1);
  gm_sha256_add(&sum, prompt, strlen(prompt));
  gm_sha256_hex(&sum, ret);
}

/* ---- the answer ---------------------------------------------------------- */

/* The host wrote it: base64 of floats, little-endian. */
static struct gm_embedding *read_vector(const char *text)
{
  struct gm_base64 d = GM_BASE64_INIT;
  size_t len = strlen(text), i, n;
  _cleanup_free_ uint8_t *bytes = gm_alloc(len / 4 * 3 + 3);
  struct gm_embedding *e;

  n = bytes ? gm_base64_decode(&d, text, len, bytes) : 0;
  if (n == SIZE_MAX || n == 0 || n % 4 || n / 4 > GAMUT_VECTOR_MAX)
    return NULL;
  n /= 4;
  e = gm_zalloc(sizeof(*e) + n * sizeof(e->v[0]));
  if (!e)
    return NULL;
  e->refs = 1;
  e->n = (uint32_t)n;
  for (i = 0; i < n; i++) {
    const uint8_t *p = bytes + 4 * i;
    uint32_t bits =
      p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;

    memcpy(&e->v[i], &bits, sizeof(bits));
  }
  return e;
}

static bool name_space(struct gm_embedding *e, const char *provider,
                       const char *model)
{
  struct gm_buf b = GM_BUF_INIT(1024);

  gm_buf_addf(&b, "%s:%s %u", provider, model, (unsigned)e->n);
  e->space = gm_buf_take(&b);
  return e->space != NULL;
}

static void take_answer(struct gm_embed *e)
{
  const struct gm_job *job = &e->query.job;
  struct json_object *answer = job->found->answer;
  const char *text = gm_json_str(answer, "vectors/0", "");
  struct gm_embedding *v = read_vector(text);

  if (v && name_space(v, job->instance->provider->def.name,
                      gm_json_str(answer, "model", ""))) {
    e->embedding = v;
    e->cost_usd = gm_json_real(answer, "cost_usd", -1);
    remember(e->all, e->key, v);
    return;
  }
  gm_embedding_unref(v);
  gm_fail(&e->why, GAMUT_E_PROTOCOL, "the answer has no vector");
}

/* ---- one prompt ---------------------------------------------------------- */

/* That a prompt is too long, say, is no reason not to ask for the next one. */
static void note_failure(struct gm_embed *e)
{
  struct gm_embeddings *all = e->all;

  if (e->why.error_class == GAMUT_E_INVALID ||
      e->why.error_class == GAMUT_E_BLOCKED)
    return;
  all->off_until_ms = gm_mono_ms() + PAUSE_MS;
  if (!all->said)
    gm_warn(e->router->engine->log,
            "cache: prompts are not compared, jobs go on without: %s",
            gm_error_text(&e->why));
  all->said = true;
}

/* What follows has a turn of its own: the query is what calls us. */
static void answered(struct gm_query *q)
{
  struct gm_embed *e = GM_CONTAINER(q, struct gm_embed, query);

  gm_timer_start(e->router->engine->loop, &e->patience, gm_mono_ms());
}

static void conclude(struct gm_embed *e)
{
  if (e->query.job.err.error_class) {
    gm_error_move(&e->why, &e->query.job.err);
    gm_error_prefix(&e->why, "%s", e->query.job.instance->name);
  } else {
    take_answer(e);
  }
}

static void on_time(struct gm_timer *t)
{
  struct gm_embed *e = GM_CONTAINER(t, struct gm_embed, patience);

  if (e->under_way) {
    if (e->query.done)
      conclude(e);
    else
      gm_fail(&e->why, GAMUT_E_TIMEOUT, "%s took longer than cache.embed_wait",
              e->query.job.instance->name);
    gm_query_finish(&e->query);
    e->under_way = false;
    if (!e->embedding)
      note_failure(e);
    else
      e->all->said = false;
  }
  e->done(e);
}

static int32_t find_embedder(struct gm_embed *e, const char *name,
                             struct gm_instance **ret)
{
  struct gm_instances *all = e->router->instances;
  int32_t rc = *ret ? 0 : gm_instance_get(all, name, ret, &e->why);

  if (rc == 0)
    rc = gm_instance_ready(*ret, &e->why);
  if (rc == 0 && !gm_query_function(&(*ret)->provider->def, "embed"))
    rc = gm_fail(&e->why, GAMUT_E_UNSUPPORTED,
                 "'%s' embeds no texts: set cache.embedder to a provider that "
                 "does ('gamut providers -v' tells)",
                 (*ret)->name);
  return rc;
}

static char *request_of(const char *model, const char *prompt)
{
  struct gm_buf b = GM_BUF_INIT(8u << 20);

  gm_buf_add(&b, "{\"texts\":[");
  gm_buf_add_json(&b, prompt);
  gm_buf_add(&b, "]");
  if (*model) {
    gm_buf_add(&b, ",\"model\":");
    gm_buf_add_json(&b, model);
  }
  gm_buf_add(&b, "}");
  return gm_buf_take(&b);
}

static void ask(struct gm_embed *e, struct gm_instance *i, const char *model,
                const char *prompt, const struct gm_trace *of)
{
  int64_t wait_ms = gm_setting_int(e->router->settings, "cache.embed_wait");

  e->query.over = answered;
  e->query.of = of;
  if (gm_query_begin(&e->query, e->router->engine, i, "embed",
                     request_of(model, prompt), NULL, &e->why)) {
    note_failure(e);
    return;
  }
  e->under_way = true;
  gm_timer_start(e->router->engine->loop, &e->patience,
                 gm_mono_ms() + (uint64_t)GM_MAX(wait_ms, 1));
}

bool gm_embed_begin(struct gm_embed *e, struct gm_embeddings *all,
                    struct gm_run *run, struct gm_instance *instance,
                    const char *prompt)
{
  const char *who = gm_setting_str(run->router->settings, "cache.embedder");
  const char *colon = who ? strchr(who, ':') : NULL;
  _cleanup_free_ char *name =
    who ? gm_strndup(who, colon ? (size_t)(colon - who) : strlen(who)) : NULL;
  const char *model = colon ? colon + 1 : "";
  struct gm_instance *i = who ? NULL : instance;

  e->all = all;
  e->router = run->router;
  e->patience.fire = on_time;
  if (!gm_timer_start(run->router->engine->loop, &e->patience, gm_mono_ms()))
    return false;
  key_of(who ? who : instance->name, model, prompt, e->key);
  e->embedding = gm_embedding_ref(known(all, e->key));
  if (!e->embedding && gm_mono_ms() >= all->off_until_ms) {
    if (find_embedder(e, name, &i))
      note_failure(e);
    else
      ask(e, i, model, prompt, run->job.trace);
  }
  return true;
}

void gm_embed_finish(struct gm_embed *e)
{
  if (!e->router)
    return;
  gm_timer_stop(e->router->engine->loop, &e->patience);
  if (e->under_way)
    gm_query_finish(&e->query);
  e->under_way = false;
  gm_embedding_unref(GM_TAKE(e->embedding));
  gm_error_finish(&e->why);
}
