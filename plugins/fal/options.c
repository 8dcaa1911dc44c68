/* options.c - how a job is run, beside what it makes: request/options.
 *
 * Most are headers of fal's platform.  An option that fal does not have, or a
 * value it would refuse, ends the job before anything is sent; and what only
 * the queue knows is refused where the queue is passed by.
 */
#include "fal.h"
#include <string.h>

/* What a value must be. */
enum { CHOICE, TEXT, FLAG, SECONDS, COUNT, TAGS, OBJECT, LIFECYCLE };
static const struct {
  const char *name, *choices;
  int kind;
  int queue_only;
} known[] = {
  { "mode", "queue|run|stream", CHOICE, 0 },
  { "progress", "poll|stream", CHOICE, 1 },
  { "logs", "true|false|1|0", CHOICE, 1 },
  { "priority", "normal|low", CHOICE, 1 },
  { "max_queue_length", NULL, COUNT, 1 },
  { "hint", NULL, TEXT, 0 },
  { "tags", NULL, TAGS, 0 },
  { "start_timeout", NULL, SECONDS, 0 },
  { "lifecycle", NULL, LIFECYCLE, 0 },
  { "no_retry", NULL, FLAG, 1 },
  { "retry_config", NULL, OBJECT, 1 },
  { "no_fallback", NULL, FLAG, 0 },
  { "store_io", NULL, FLAG, 0 },
  { "inline_max", NULL, COUNT, 0 }, /* the host's, about uploads */
};
#define N_KNOWN (sizeof(known) / sizeof(known[0]))

/* Names of fal's clients for the life of a file; "never" is no limit. */
static const struct {
  const char *name;
  int64_t seconds;
} lives[] = {
  { "never", 0 },   { "immediate", 60 }, { "1h", 3600 },     { "1d", 86400 },
  { "7d", 604800 }, { "30d", 2592000 },  { "1y", 31536000 },
};
#define N_LIVES (sizeof(lives) / sizeof(lives[0]))

static const struct gamut_json *option(struct gamut_call *c, const char *name)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *all = h->json_get(c->request, "options");

  return all ? h->json_get(all, name) : NULL;
}

const char *fal_option(struct gamut_call *c, const char *name)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *value = option(c, name);
  const char *text = value ? h->json_str(value, "", NULL) : NULL;

  return text || !value ? text : h->json_text(c, value);
}

int fal_option_is(struct gamut_call *c, const char *name, const char *want)
{
  const char *text = fal_option(c, name);

  return text && strcmp(text, want) == 0;
}

/* Who asks for drafts wants the stream, where nothing else is said. */
const char *fal_mode(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *usual = h->json_get(c->request, "partials") ? "stream" : "queue";

  return h->json_str(option(c, "mode"), "", usual);
}

/* ---- life of files ------------------------------------------------------ */

static int64_t life_of(const char *name)
{
  size_t i;

  for (i = 0; i < N_LIVES; i++)
    if (name && strcmp(lives[i].name, name) == 0)
      return lives[i].seconds;
  return -1;
}

int64_t fal_life_s(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *value = option(c, "lifecycle");
  int64_t named = life_of(h->json_str(value, "", NULL));

  if (named >= 0)
    return named;
  if (h->json_type(value) == GAMUT_JSON_OBJECT)
    return h->json_int(value, "expiration_duration_seconds", 0);
  return h->json_int(value, "", 0);
}

/* "1d", 86400 or fal's own object; NULL: not asked for. */
const char *fal_lifecycle(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *value = option(c, "lifecycle");
  int64_t seconds = fal_life_s(c);
  struct gamut_json *o;

  if (h->json_type(value) == GAMUT_JSON_OBJECT)
    return h->json_text(c, value);
  if (h->json_type(value) <= GAMUT_JSON_NULL)
    return NULL;
  o = h->json_object(c); /* "never" is to say nothing of it */
  if (seconds > 0)
    h->json_set_int(o, "expiration_duration_seconds", seconds);
  return h->json_text(c, o);
}

/* ---- checks ------------------------------------------------------------- */

static int is_choice(const char *choices, const char *text)
{
  size_t n = strlen(text);
  const char *at = choices;

  while (at && *at) {
    size_t len = strcspn(at, "|");

    if (len == n && memcmp(at, text, n) == 0)
      return 1;
    at += len + (at[len] == '|');
  }
  return 0;
}

/* One of "key=value,key=value", and what follows it; 0: it is none. */
static size_t tag_len(const char *s)
{
  size_t key = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789._-"), n;

  if (key == 0 || key > 64 || s[key] != '=' || strncmp(s, "fal.", 4) == 0)
    return 0;
  for (n = key + 1; s[n] && s[n] != ','; n++)
    if (s[n] < ' ' || s[n] > '~')
      return 0;
  return n - key - 1 <= 256 ? n : 0;
}

static int are_tags(const char *s)
{
  size_t len, n = 0, whole = s ? strlen(s) : 0;

  if (whole == 0 || whole > 1024)
    return 0;
  for (; (len = tag_len(s)) > 0; s++) {
    s += len;
    if (++n > 10)
      return 0;
    if (!*s)
      return 1;
  }
  return 0;
}

/* What the value should have been, or NULL. */
static const char *fault_of(struct gamut_call *c, size_t i,
                            const struct gamut_json *value)
{
  const struct gamut_host *h = c->host;
  const char *text = fal_option(c, known[i].name);
  int type = h->json_type(value);
  double number = h->json_real(value, "", -1);

  switch (known[i].kind) {
  case CHOICE:
    return text && is_choice(known[i].choices, text) ? NULL : known[i].choices;
  case TEXT:
    return type == GAMUT_JSON_STRING || type == GAMUT_JSON_INT ? NULL : "text";
  case FLAG:
    return type == GAMUT_JSON_BOOL ? NULL : "true or false";
  case SECONDS: /* fal's clients refuse a second and less */
    return number > 1 ? NULL : "more than 1 second";
  case TAGS:
    return are_tags(h->json_str(value, "", NULL))
             ? NULL
             : "up to 10 of key=value with commas between, keys of a-z 0-9 . _ "
               "- and not fal.";
  case OBJECT:
    return type == GAMUT_JSON_OBJECT ? NULL : "an object of fal's";
  case COUNT:
    return type == GAMUT_JSON_INT && number >= 0 ? NULL : "a whole number";
  default:
    if (type == GAMUT_JSON_OBJECT || number > 0 ||
        life_of(h->json_str(value, "", NULL)) >= 0)
      return NULL;
    return "seconds, an object of fal's, or one of never, immediate, 1h, 1d, "
           "7d, 30d, 1y";
  }
}

static int32_t check(struct gamut_call *c, const char *name,
                     const struct gamut_json *value, int queued)
{
  const struct gamut_host *h = c->host;
  const char *fault;
  size_t i;

  for (i = 0; i < N_KNOWN && strcmp(known[i].name, name) != 0;)
    i++;
  if (i == N_KNOWN)
    return h->fail(c, GAMUT_E_UNSUPPORTED, "it has no option '%s'", name);
  fault = fault_of(c, i, value);
  if (fault)
    return h->fail(c, GAMUT_E_INVALID, "option %s: %s is needed", name, fault);
  if (known[i].queue_only && !queued)
    return h->fail(c, GAMUT_E_INVALID,
                   "option %s is about fal's queue, which mode=%s passes by",
                   name, fal_mode(c));
  return 0;
}

int32_t fal_check_options(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *all = h->json_get(c->request, "options"), *value;
  int queued = strcmp(fal_mode(c), "queue") == 0;
  const char *name;
  int32_t rc = 0;
  uint32_t n;

  for (n = 0; rc == 0 && n < h->json_count(all, ""); n++) {
    value = h->json_member(all, n, &name);
    rc = check(c, name, value, queued);
  }
  if (rc == 0 && !queued && h->json_str(c->request, "webhook", NULL))
    rc = h->fail(c, GAMUT_E_INVALID,
                 "a webhook needs fal's queue, which mode=%s passes by",
                 fal_mode(c));
  return rc;
}

/* ---- headers ------------------------------------------------------------ */

void fal_job_headers(struct gamut_call *c, int queued)
{
  const struct gamut_host *h = c->host;
  const char *priority = fal_option(c, "priority");

  if (queued)
    h->header(c, "x-fal-queue-priority", priority ? priority : "normal");
  h->header(c, "x-fal-runner-hint", fal_option(c, "hint"));
  h->header(c, "x-fal-tags", fal_option(c, "tags"));
  h->header(c, "x-fal-request-timeout", fal_option(c, "start_timeout"));
  h->header(c, "x-fal-object-lifecycle-preference", fal_lifecycle(c));
  if (fal_option_is(c, "no_retry", "true"))
    h->header(c, "x-fal-no-retry", "1");
  h->header(c, "x-fal-retry-config", fal_option(c, "retry_config"));
  if (fal_option_is(c, "no_fallback", "true"))
    h->header(c, "x-app-fal-disable-fallback", "true");
  if (fal_option_is(c, "store_io", "false"))
    h->header(c, "x-fal-store-io", "0");
}
