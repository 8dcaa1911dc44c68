/* host.c - the table of services, the endings of a step and the results.
 *
 * What a provider hands over is copied here, so that it may live on its stack.
 * Structs that carry struct_size are read only as far as they reach.
 */
#include "base/str.h"
#include "plugin/call_build.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- endings ------------------------------------------------------------ */

bool gm_call_ending(struct gm_call *c, enum gm_step_kind kind)
{
  if (c->build->n_endings++ > 0)
    return false;
  c->build->ending = kind;
  return true;
}

static int32_t host_done(struct gamut_call *pub)
{
  gm_call_ending(gm_call_of(pub), GM_STEP_DONE);
  return GM_STEP_DONE;
}

static int32_t host_work(struct gamut_call *pub)
{
  struct gm_call *c = gm_call_of(pub);
  const struct gamut_provider *p = &c->instance->provider->def;

  gm_call_ending(c, GM_STEP_WORK);
  if (c->in->event == GAMUT_EV_WORK || c->in->event == GAMUT_EV_OPEN)
    gm_call_break(c, GAMUT_E_PLUGIN, "asked for work() outside a step");
  else if (!p->extension || !p->extension(GAMUT_EXT_PERFORM))
    gm_call_break(c, GAMUT_E_PLUGIN, "asked for work() but has no %s",
                  GAMUT_EXT_PERFORM);
  return GM_STEP_WORK;
}

static int32_t host_more(struct gamut_call *pub)
{
  struct gm_call *c = gm_call_of(pub);

  gm_call_ending(c, GM_STEP_MORE);
  if (c->in->event != GAMUT_EV_CHUNK)
    gm_call_break(c, GAMUT_E_PLUGIN, "asked for more() outside a stream");
  return GM_STEP_MORE;
}

static int32_t host_fail_reply(struct gamut_call *pub)
{
  struct gm_call *c = gm_call_of(pub);

  gm_call_ending(c, GM_STEP_REPLY);
  if (!pub->reply)
    gm_call_break(c, GAMUT_E_PLUGIN, "blamed a reply where there is none");
  return GM_STEP_REPLY;
}

/* Classes that only the host may give become the vendor's fault, as do those
 * that it does not know. */
static int32_t allowed_class(int32_t error_class)
{
  return gm_class_is_providers(error_class) ? error_class : GAMUT_E_PROVIDER;
}

GAMUT_PRINTF(3, 4)
static int32_t host_fail(struct gamut_call *pub, int32_t error_class,
                         const char *fmt, ...)
{
  struct gm_call *c = gm_call_of(pub);
  va_list ap;

  if (!gm_call_ending(c, GM_STEP_FAIL) || gm_call_broken(c))
    return GM_STEP_FAIL;
  if (error_class >= 0) {
    gm_call_break(c, GAMUT_E_PLUGIN, "failed with class %d", (int)error_class);
    return GM_STEP_FAIL;
  }
  va_start(ap, fmt);
  gm_vfail(&c->err, allowed_class(error_class), fmt, ap);
  va_end(ap);
  if (c->err.message)
    gm_mask_secrets(c->instance, c->err.message);
  return GM_STEP_FAIL;
}

/* ---- results ------------------------------------------------------------ */

/* The artifact as far as the provider knows it; the rest zero. */
static bool read_artifact(struct gm_call *c, const struct gamut_artifact *from,
                          struct gamut_artifact *to)
{
  const uint32_t all = GAMUT_ART_BASE64 | GAMUT_ART_PARTIAL | GAMUT_ART_BLOCKED;

  memset(to, 0, sizeof(*to));
  memcpy(to, from, GM_MIN(from->struct_size, sizeof(*to)));
  to->struct_size = sizeof(*to);
  if (to->kind < GAMUT_IMAGE || to->kind > GAMUT_TEXT)
    gm_call_break(c, GAMUT_E_PLUGIN, "gave an artifact of kind %d",
                  (int)to->kind);
  else if (to->flags & ~all)
    gm_call_break(c, GAMUT_E_PLUGIN, "gave an artifact with flags %#x",
                  (unsigned)to->flags);
  else if (to->data_len > SIZE_MAX / 2)
    gm_call_break(c, GAMUT_E_PLUGIN, "gave an artifact of negative size");
  else if (to->flags & GAMUT_ART_BLOCKED
             ? to->url || to->data
             : (to->url != NULL) == (to->data != NULL))
    gm_call_break(c, GAMUT_E_PLUGIN,
                  "gave an artifact that is not exactly one of url, data and "
                  "blocked");
  return !gm_call_broken(c);
}

/* A string that was moved out of the reply stays a token; the host finds its
 * bytes by it (gm_call_blob). */
static bool copy_artifact(struct gm_call *c, struct gamut_artifact *a)
{
  if (a->url) {
    if (!gm_call_utf8(c, "URL of an artifact", "", a->url))
      return false;
    a->url = gm_call_copy(c, a->url, strlen(a->url));
  }
  if (a->data)
    a->data = gm_call_copy(c, a->data, a->data_len);
  if (a->mime)
    a->mime = gm_call_copy(c, a->mime, strlen(a->mime));
  return !gm_call_broken(c);
}

static void host_artifact(struct gamut_call *pub,
                          const struct gamut_artifact *from)
{
  struct gm_call *c = gm_call_of(pub);
  struct gm_call_build *b = c->build;
  struct gamut_artifact a, *list;

  if (gm_call_broken(c) || !read_artifact(c, from, &a) || !copy_artifact(c, &a))
    return;
  list = gm_call_grow(c, b->artifacts, c->n_artifacts, sizeof(*list));
  if (!list)
    return;
  list[c->n_artifacts++] = a;
  c->artifacts = b->artifacts = list;
}

static void add_note(struct gm_call *c, const char *note)
{
  struct gm_call_build *b = c->build;
  const char **list, *copy;

  note = gm_call_plain(c, note);
  if (!note || !gm_call_utf8(c, "progress note", "", note))
    return;
  copy = gm_call_copy(c, note, strlen(note));
  list = gm_call_grow(c, b->notes, c->n_notes, sizeof(*list));
  if (!copy || !list)
    return;
  list[c->n_notes++] = copy;
  c->notes = b->notes = list;
}

static void host_progress(struct gamut_call *pub, int32_t permille,
                          const char *note)
{
  struct gm_call *c = gm_call_of(pub);

  if (gm_call_broken(c))
    return;
  if (permille >= 0)
    c->permille = GM_MIN(permille, 1000);
  if (note && note[0])
    add_note(c, note);
}

static void host_queue(struct gamut_call *pub, int32_t position)
{
  struct gm_call *c = gm_call_of(pub);

  if (!gm_call_broken(c) && position >= 0)
    c->queue_position = position;
}

static void host_usage(struct gamut_call *pub, const char *unit, double amount,
                       int64_t cost_microusd)
{
  struct gm_call *c = gm_call_of(pub);

  if (gm_call_broken(c))
    return;
  if (!unit || !isfinite(amount) || amount < 0 || cost_microusd < -1) {
    gm_call_break(c, GAMUT_E_PLUGIN, "reported a use that makes no sense");
    return;
  }
  c->usage_unit = gm_call_copy(c, unit, strlen(unit));
  c->usage_amount = amount;
  c->cost_microusd = cost_microusd;
}

static void host_fact(struct gamut_call *pub, const char *name,
                      const char *value)
{
  struct gm_call *c = gm_call_of(pub);
  struct gm_call_build *b = c->build;
  struct gm_fact fact, *list;

  if (gm_call_broken(c) || !name || !value)
    return;
  value = gm_call_plain(c, value);
  if (!value || !gm_call_utf8(c, "fact", name, value))
    return;
  fact.name = gm_call_copy(c, name, strlen(name));
  fact.value = gm_call_copy(c, value, strlen(value));
  list = gm_call_grow(c, b->facts, c->n_facts, sizeof(*list));
  if (gm_call_broken(c) || !list)
    return;
  list[c->n_facts++] = fact;
  c->facts = b->facts = list;
}

static int32_t host_cancelled(struct gamut_call *pub)
{
  const struct gm_call_in *in = gm_call_of(pub)->in;

  return in->is_cancelled ? in->is_cancelled(in->user) : 0;
}

/* ---- configuration ------------------------------------------------------ */

/* Is it the row's key, or a member of the JSON file that it names?  `n`: bytes
 * of the key before the member. */
static bool is_key(const struct gamut_key *row, const char *key, size_t n)
{
  return strncmp(row->name, key, n) == 0 && !row->name[n] &&
         (!key[n] || row->flags & GAMUT_KEY_JSON);
}

/* The row of a key; base_url, which everybody has, needs none. */
static bool find_key(struct gm_call *c, const char *key, struct gamut_key *ret)
{
  const struct gamut_table *t = &c->instance->provider->def.keys;
  size_t n = strcspn(key, "/");
  uint32_t i;

  memset(ret, 0, sizeof(*ret));
  for (i = 0; i < t->count; i++) {
    const void *row = (const char *)t->items + (size_t)i * t->stride;
    const char *name; /* the first member: every stride has it */

    memcpy(&name, row, sizeof(name));
    if (name[0] != key[0])
      continue;
    memcpy(ret, row, GM_MIN((size_t)t->stride, sizeof(*ret)));
    if (is_key(ret, key, n))
      return true;
  }
  memset(ret, 0, sizeof(*ret));
  return strcmp(key, "base_url") == 0;
}

/* False: it breaks the call. */
static bool declared(struct gm_call *c, const char *key, struct gamut_key *ret)
{
  if (key && find_key(c, key, ret))
    return true;
  gm_call_break(c, GAMUT_E_PLUGIN,
                "reads the key '%s', which it does not "
                "declare",
                key ? key : "");
  return false;
}

/* The value of a key that is no secret. */
static const char *value_of(struct gm_call *c, const char *key,
                            const struct gamut_key *row)
{
  const char *broken;

  if (row->flags & GAMUT_KEY_SECRET) {
    gm_call_break(c, GAMUT_E_PLUGIN, "reads the secret '%s'", key);
    return NULL;
  }
  broken = strchr(key, '/') ? gm_instance_broken(c->instance, key) : NULL;
  if (broken) {
    gm_call_break(c, GAMUT_E_AUTH, "%s", broken);
    return NULL;
  }
  return gm_instance_value(c->instance, key, false);
}

static const char *host_config_str(struct gamut_call *pub, const char *key)
{
  struct gm_call *c = gm_call_of(pub);
  struct gamut_key row;
  const char *value;

  value = declared(c, key, &row) ? value_of(c, key, &row) : NULL;
  return value ? gm_call_copy(c, value, strlen(value)) : NULL;
}

static int64_t host_config_int(struct gamut_call *pub, const char *key)
{
  struct gm_call *c = gm_call_of(pub);
  struct gamut_key row;
  const char *value;
  int64_t n = 0;
  bool yes = false;

  if (!declared(c, key, &row))
    return 0;
  if (row.flags & GAMUT_KEY_SECRET) /* whether one is set is none */
    return gm_instance_value(c->instance, key, true) != NULL;
  value = value_of(c, key, &row);
  if (!value)
    return 0;
  if (row.type == GAMUT_BOOL)
    return gm_parse_bool(value, &yes) && yes;
  if (row.type == GAMUT_MSEC)
    return gm_parse_msec(value, &n) ? n : 0;
  return gm_parse_i64(value, INT64_MIN, INT64_MAX, &n) ? n : 0;
}

static double host_config_real(struct gamut_call *pub, const char *key)
{
  struct gm_call *c = gm_call_of(pub);
  struct gamut_key row;
  const char *value = declared(c, key, &row) ? value_of(c, key, &row) : NULL;
  double v = 0;

  return value && gm_parse_real(value, -HUGE_VAL, HUGE_VAL, &v) ? v : 0;
}

/* Groups of functions beyond this table: none in this version. */
static const void *host_extension(const char *id)
{
  (void)id;
  return NULL;
}

const struct gamut_host gm_host = {
  .struct_size = sizeof(struct gamut_host),
  .abi_major = GAMUT_ABI_MAJOR,
  .abi_minor = GAMUT_ABI_MINOR,
#ifdef PACKAGE_VERSION
  .version = PACKAGE_VERSION,
#else
  .version = "0",
#endif
  .http = gm_host_http,
  .work = host_work,
  .more = host_more,
  .done = host_done,
  .fail = host_fail,
  .fail_reply = host_fail_reply,
  .header = gm_host_header,
  .part_text = gm_host_part_text,
  .part_input = gm_host_part_input,
  .body_input = gm_host_body_input,
  .artifact = host_artifact,
  .progress = host_progress,
  .queue = host_queue,
  .usage = host_usage,
  .fact = host_fact,
  .cancelled = host_cancelled,
  .config_str = host_config_str,
  .config_int = host_config_int,
  .config_real = host_config_real,
  .json_get = gm_host_json_get,
  .json_str = gm_host_json_str,
  .json_int = gm_host_json_int,
  .json_real = gm_host_json_real,
  .json_count = gm_host_json_count,
  .json_member = gm_host_json_member,
  .json_type = gm_host_json_type,
  .json_text = gm_host_json_text,
  .json_object = gm_host_json_object,
  .json_array = gm_host_json_array,
  .json_parse = gm_host_json_parse,
  .json_set = gm_host_json_set,
  .json_set_str = gm_host_json_set_str,
  .json_set_int = gm_host_json_set_int,
  .json_set_real = gm_host_json_set_real,
  .json_set_bool = gm_host_json_set_bool,
  .json_set_input = gm_host_json_set_input,
  .text = gm_host_text,
  .escape = gm_host_escape,
  .base64 = gm_host_base64,
  .reply_header = gm_host_reply_header,
  .input_info = gm_host_input_info,
  .uuid = gm_host_uuid,
  .jwt = gm_host_jwt,
  .token = gm_host_token,
  .log = gm_host_log,
  .extension = host_extension,
  .answer = gm_host_answer,
  .verify = gm_host_verify,
  .vector = gm_host_vector,
};
