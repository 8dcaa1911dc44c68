/* Faults on demand.  A prompt asks for them in brackets,
 *
 *     [PHASE:FAULT:COUNT:KEY=VALUE]
 *
 * where only FAULT is needed, and POST /control/fault does so for requests of
 * any prompt.  One table holds the vocabulary, --help prints it.  Refused
 * submits are counted by prompt, because no job exists yet; everything later
 * by job, on a copy of the set.  Words in brackets that are no fault are prose
 * and stay without effect. */
#include "faults.h"

#include <stdlib.h>
#include <string.h>

enum group { INSTEAD, WIRE, MEANING };

static const char *const phase_names[] = {
#define X(name, text) text,
  EM_PHASES(X)
#undef X
};

#define P(name) (1u << EM_##name)
#define SUBMITS (P(SUBMIT) | P(RUN))
#define RESULTS (P(RESULT) | P(RUN))

/* `number`: what the first number behind the name means: the argument of the
 * fault, or how often it strikes. */
struct row {
  const char *name;
  enum group group;
  unsigned phases;
  bool number_is_arg;
  int64_t arg;
  const char *help;
};

/* clang-format off */
static const struct row table[EM_N_FAULTS] = {
  [EM_F_STATUS] = { "400..599", INSTEAD, SUBMITS, false, 500,
    "this HTTP status with the vendor's body; no job is made" },
  [EM_F_QUOTA] = { "quota", INSTEAD, SUBMITS, false, 403,
    "403, the balance is exhausted" },
  [EM_F_RESET_BEFORE] = { "reset-before", INSTEAD, SUBMITS, false, -1,
    "connection reset (RST), no job is made" },
  [EM_F_CLOSE_BEFORE] = { "close-before", INSTEAD, SUBMITS, false, -1,
    "connection closed (FIN), no job is made" },
  [EM_F_SLOW] = { "slow", WIRE, SUBMITS, true, 2000,
    "the answer waits (slow:MS)" },
  [EM_F_HANG] = { "hang", WIRE, SUBMITS, false, -1,
    "never answers; gone when the client goes" },
  [EM_F_TRICKLE] = { "trickle", WIRE, SUBMITS, true, 100,
    "one byte of body every MS (trickle:MS)" },
  [EM_F_RESET] = { "reset", WIRE, SUBMITS, false, -1,
    "job made, then RST instead of the answer" },
  [EM_F_CLOSE] = { "close", WIRE, SUBMITS, false, -1,
    "job made, then FIN instead of the answer" },
  [EM_F_TRUNCATE] = { "truncate", WIRE, SUBMITS, false, -1,
    "half of the announced body; of a stream the first event" },
  [EM_F_BADJSON] = { "badjson", WIRE, SUBMITS, false, -1,
    "a body that stops in the middle of its JSON" },
  [EM_F_HTML] = { "html", WIRE, SUBMITS, false, -1,
    "an HTML page, content type unchanged" },
  [EM_F_EMPTY_BODY] = { "empty-body", WIRE, SUBMITS, false, -1,
    "no body at all" },
  [EM_F_WRONGTYPE] = { "wrongtype", WIRE, SUBMITS, false, -1,
    "text/plain and a JSON list instead of the body" },
  [EM_F_HUGE] = { "huge", WIRE, SUBMITS, false, -1,
    "10 GiB announced and sent" },
  [EM_F_ENDLESS] = { "endless", WIRE, SUBMITS, false, -1,
    "chunked, without end" },
  [EM_F_BOMB] = { "bomb", WIRE, SUBMITS, false, -1,
    "gzip that unfolds to 256 MiB" },
  [EM_F_LONGBODY] = { "longbody", WIRE, SUBMITS, false, -1,
    "more bytes than Content-Length says" },
  [EM_F_TWOLENGTHS] = { "twolengths", WIRE, SUBMITS, false, -1,
    "two Content-Length headers that differ" },
  [EM_F_BIGHEADER] = { "bigheader", WIRE, SUBMITS, false, -1,
    "a header of 96 KiB" },
  [EM_F_BLOCKED] = { "blocked", MEANING, RESULTS, false, -1,
    "422 content_policy_violation" },
  [EM_F_INVALID] = { "invalid", MEANING, RESULTS, false, -1,
    "422 whose detail is a plain string" },
  [EM_F_NOMEDIA] = { "nomedia", MEANING, RESULTS, false, -1,
    "422 no_media_generated" },
  [EM_F_NSFW] = { "nsfw", MEANING, RESULTS, true, -1,
    "every picture (nsfw:INDEX: one) flagged and black" },
  [EM_F_EMPTY] = { "empty", MEANING, RESULTS, false, -1,
    "success without any picture" },
  [EM_F_FAIL] = { "fail", MEANING, RESULTS | P(STATUS) | P(STREAM), false, -1,
    "COMPLETED with error and error_type (fail:type=TYPE)" },
  [EM_F_FAIL_LATE] = { "fail-late", MEANING, RESULTS, false, -1,
    "COMPLETED, then 500 at the result" },
  [EM_F_NEVER] = { "never", MEANING, RESULTS | P(STATUS) | P(STREAM), false, -1,
    "never completes" },
  [EM_F_LOST] = { "lost", MEANING, P(STATUS) | P(RESULT), false, -1,
    "404 NOT_FOUND though the job exists" },
  [EM_F_STRANGE] = { "strange", MEANING, P(STATUS), false, -1,
    "a status word that nobody knows" },
  [EM_F_OTHER_ID] = { "other-id", MEANING, P(STATUS), false, -1,
    "the request_id of another job" },
  [EM_F_STUBBORN] = { "stubborn", MEANING, P(CANCEL), false, -1,
    "cancel accepted, the job finishes all the same" },
  [EM_F_PRIVATE_URL] = { "private-url", MEANING, RESULTS, false, -1,
    "the file's URL is http://169.254.7.7/..." },
  [EM_F_FILE_URL] = { "file-url", MEANING, RESULTS, false, -1,
    "the file's URL is file:///etc/passwd" },
  [EM_F_CRED_URL] = { "cred-url", MEANING, RESULTS, false, -1,
    "the file's URL carries user:password@" },
  [EM_F_INLINE] = { "inline", MEANING, RESULTS, false, -1,
    "Gemini's videos in the answer instead of their URLs" },
  [EM_F_REDIRECT] = { "redirect", MEANING, P(FILE), false, -1,
    "one harmless redirect before the file" },
  [EM_F_REDIRECT_PRIVATE] = { "redirect-private", MEANING, P(FILE), false, -1,
    "redirect to http://169.254.7.7/" },
  [EM_F_REDIRECT_PLAIN] = { "redirect-plain", MEANING, P(FILE), false, -1,
    "redirect from https to http" },
  [EM_F_REDIRECT_LOOP] = { "redirect-loop", MEANING, P(FILE), false, -1,
    "redirects for ever" },
};
/* clang-format on */

static const struct {
  const char *alias, *name;
} aliases[] = {
  { "trunc", "truncate" },
  { "lat", "slow" },
  { "junk", "badjson" },
};

const char *em_phase_name(enum em_phase phase)
{
  return phase_names[phase];
}

const char *em_fault_name(enum em_fault_kind kind)
{
  return kind == EM_F_STATUS ? "status" : table[kind].name;
}

/* A submit and a synchronous run are the same thing to a fault, and so are a
 * result and a run. */
unsigned em_phase_mask(const char *name, size_t len)
{
  unsigned i;

  if (em_streq_n("any", name, len))
    return ~(P(CONTROL) | P(OTHER));
  if (em_streq_n("other", name, len))
    return P(OTHER);
  if (em_streq_n("submit", name, len))
    return SUBMITS;
  for (i = 0; i < EM_CONTROL; i++)
    if (em_streq_n(phase_names[i], name, len))
      return 1u << i;
  return 0;
}

static bool find_kind(const char *name, size_t len, struct em_fault *fault)
{
  unsigned i;

  for (i = 0; i < EM_LEN(aliases); i++)
    if (em_streq_n(aliases[i].alias, name, len)) {
      name = aliases[i].name;
      len = strlen(name);
    }
  if (len == 4 && *name == 'e') {
    name++;
    len--;
  }
  fault->kind = EM_F_STATUS;
  if (em_parse_int(name, len, 400, 599, &fault->arg))
    return true;
  for (i = 0; i < EM_N_FAULTS; i++)
    if (em_streq_n(table[i].name, name, len)) {
      fault->kind = (enum em_fault_kind)i;
      fault->arg = table[i].arg;
      return true;
    }
  return false;
}

static void copy(char *to, size_t size, const char *from, size_t len)
{
  if (len >= size)
    len = size - 1;
  memcpy(to, from, len);
  to[len] = '\0';
}

static bool parse_option(const char *text, size_t len, struct em_fault *fault)
{
  const char *equals = memchr(text, '=', len);
  size_t key_len = equals ? (size_t)(equals - text) : len;
  const char *value = equals ? equals + 1 : text;
  size_t value_len = equals ? len - key_len - 1 : 0;

  if (em_streq_n("made", text, key_len))
    fault->made = true;
  else if (em_streq_n("retry-after", text, key_len))
    copy(fault->retry_after, sizeof(fault->retry_after), value, value_len);
  else if (em_streq_n("type", text, key_len))
    copy(fault->type, sizeof(fault->type), value, value_len);
  else if (em_streq_n("timeout-type", text, key_len))
    fault->user_timeout = em_streq_n("user", value, value_len);
  else if (fault->kind == EM_F_FAIL && !equals)
    copy(fault->type, sizeof(fault->type), text, len);
  else
    return false;
  return true;
}

/* The piece up to the next colon; a retry-after may be a date and therefore
 * takes all that is left. */
static size_t piece_len(const char *text, size_t len)
{
  const char *colon = memchr(text, ':', len);

  if (!colon || em_starts(text, "retry-after="))
    return len;
  return (size_t)(colon - text);
}

static bool parse_rest(const char *text, size_t len, struct em_fault *fault)
{
  bool arg_open = table[fault->kind].number_is_arg;

  while (len) {
    size_t n = piece_len(text, len);
    int64_t number;

    if (em_parse_int(text, n, 0, INT32_MAX, &number)) {
      if (arg_open)
        fault->arg = number;
      else
        fault->count = number;
      arg_open = false;
    } else if (!parse_option(text, n, fault)) {
      return false;
    }
    text += n;
    len -= n;
    if (len) {
      text++;
      len--;
    }
  }
  return true;
}

bool em_fault_parse(const char *text, size_t len, struct em_fault *ret)
{
  struct em_fault fault = { .count = -1, .arg = -1 };
  size_t n = piece_len(text, len);
  unsigned phases = em_phase_mask(text, n);

  if (phases && n < len) {
    text += n + 1;
    len -= n + 1;
    n = piece_len(text, len);
  }
  if (!find_kind(text, n, &fault))
    return false;
  fault.phases = phases ? phases : table[fault.kind].phases;
  if (n < len && !parse_rest(text + n + 1, len - n - 1, &fault))
    return false;
  *ret = fault;
  return true;
}

struct em_fault_set *em_fault_set_new(const char *prompt)
{
  struct em_fault_set *set = NULL;
  const char *open = prompt;

  while ((open = strchr(open, '[')) != NULL) {
    const char *close = strchr(open, ']');
    struct em_fault fault;
    unsigned n = set ? set->n : 0;

    if (!close)
      break;
    if (em_fault_parse(open + 1, (size_t)(close - open - 1), &fault)) {
      set = em_realloc(set, sizeof(*set) + (n + 1) * sizeof(fault));
      set->faults[n] = fault;
      set->n = n + 1;
    }
    open++;
  }
  return set;
}

static struct em_fault_set *set_copy(const struct em_fault_set *set)
{
  struct em_fault_set *copied;
  unsigned i;

  if (!set)
    return NULL;
  copied = em_alloc(sizeof(*set) + set->n * sizeof(set->faults[0]));
  copied->n = set->n;
  for (i = 0; i < set->n; i++) {
    copied->faults[i] = set->faults[i];
    copied->faults[i].fired = 0;
  }
  return copied;
}

/* True when `fault` strikes now; it has been counted then. */
static bool fires(struct em_faults *f, struct em_fault *fault)
{
  if (fault->count >= 0 && fault->fired >= fault->count)
    return false;
  fault->fired++;
  f->fired[fault->kind]++;
  return true;
}

static bool rule_fires(struct em_faults *f, struct em_rule *rule)
{
  rule->seen++;
  if (rule->seen <= rule->after ||
      (rule->seen - rule->after) % rule->every != 0)
    return false;
  return fires(f, &rule->fault);
}

struct em_fault_set *em_fault_adopt(struct em_faults *f,
                                    const struct em_fault_set *set)
{
  struct em_fault_set *own = set_copy(set);
  unsigned i;

  for (i = 0; i < f->n_rules; i++) {
    struct em_rule *rule = &f->rules[i];
    unsigned n = own ? own->n : 0;

    if (table[rule->fault.kind].group != MEANING || !rule_fires(f, rule))
      continue;
    own = em_realloc(own, sizeof(*own) + (n + 1) * sizeof(rule->fault));
    own->faults[n] = rule->fault;
    own->faults[n].count = -1;
    own->n = n + 1;
  }
  return own;
}

static size_t prompt_slot(const struct em_faults *f, uint64_t hash,
                          const char *text)
{
  size_t at = (size_t)hash & (f->cap_prompts - 1);

  while (f->prompts[at] &&
         (f->prompts[at]->hash != hash || strcmp(f->prompts[at]->text, text)))
    at = (at + 1) & (f->cap_prompts - 1);
  return at;
}

static void prompts_grow(struct em_faults *f)
{
  struct em_prompt **old = f->prompts;
  size_t i, old_cap = f->cap_prompts;

  f->cap_prompts = old_cap ? old_cap * 2 : 1024;
  f->prompts = em_alloc(f->cap_prompts * sizeof(struct em_prompt *));
  for (i = 0; i < old_cap; i++)
    if (old[i])
      f->prompts[prompt_slot(f, old[i]->hash, old[i]->text)] = old[i];
  free(old);
}

struct em_prompt *em_prompt_find(const struct em_faults *f, const char *text)
{
  if (!f->cap_prompts)
    return NULL;
  return f->prompts[prompt_slot(f, em_hash(text), text)];
}

struct em_prompt *em_prompt_get(struct em_faults *f, const char *text)
{
  uint64_t hash = em_hash(text);
  struct em_prompt *p;
  size_t at;

  if (f->n_prompts * 2 >= f->cap_prompts)
    prompts_grow(f);
  at = prompt_slot(f, hash, text);
  if (f->prompts[at])
    return f->prompts[at];
  p = em_alloc(sizeof(*p));
  p->hash = hash;
  p->text = em_strdup(text);
  p->set = em_fault_set_new(text);
  f->prompts[at] = p;
  f->n_prompts++;
  return p;
}

void em_prompt_accept(struct em_prompt *p)
{
  uint64_t now = ++p->accepted - p->cancelled;

  if (now > p->at_once)
    p->at_once = now;
}

void em_prompt_cancel(const struct em_faults *f, const char *text)
{
  struct em_prompt *p = text ? em_prompt_find(f, text) : NULL;

  if (p)
    p->cancelled++;
}

void em_faults_finish(struct em_faults *f)
{
  size_t i;

  for (i = 0; i < f->cap_prompts; i++)
    if (f->prompts[i]) {
      free(f->prompts[i]->text);
      free(f->prompts[i]->set);
      free(f->prompts[i]);
    }
  free(f->prompts);
  *f = (struct em_faults){ 0 };
}

/* Either every fault of a group, or (kind given) this one only. */
static bool concerns(const struct em_fault *fault, enum em_phase phase,
                     enum group group, int kind)
{
  if (!(fault->phases & (1u << phase)))
    return false;
  return kind < 0 ? table[fault->kind].group == group
                  : (int)fault->kind == kind;
}

static struct em_fault *strike(struct em_faults *f, struct em_fault_set *set,
                               enum em_phase phase, enum group group, int kind)
{
  unsigned i;

  /* what changes the meaning of a job was settled when the job was made */
  for (i = 0; group != MEANING && i < f->n_rules; i++)
    if (concerns(&f->rules[i].fault, phase, group, kind) &&
        rule_fires(f, &f->rules[i]))
      return &f->rules[i].fault;
  for (i = 0; set && i < set->n; i++)
    if (concerns(&set->faults[i], phase, group, kind) &&
        fires(f, &set->faults[i]))
      return &set->faults[i];
  return NULL;
}

const struct em_fault *em_fault_instead(struct em_faults *f,
                                        struct em_fault_set *set,
                                        enum em_phase phase)
{
  return strike(f, set, phase, INSTEAD, -1);
}

const struct em_fault *em_fault_take(struct em_faults *f,
                                     struct em_fault_set *set,
                                     enum em_phase phase,
                                     enum em_fault_kind kind)
{
  return strike(f, set, phase, MEANING, (int)kind);
}

static void wire_add(struct em_wire *w, const struct em_fault *fault)
{
  switch (fault->kind) {
  case EM_F_SLOW:
    w->delay_ms += fault->arg;
    break;
  case EM_F_TRICKLE:
    w->trickle_ms = fault->arg;
    break;
#define FLAG(kind, member)                                                     \
  case kind:                                                                   \
    w->member = true;                                                          \
    break
    FLAG(EM_F_HANG, hang);
    FLAG(EM_F_RESET, reset);
    FLAG(EM_F_CLOSE, close);
    FLAG(EM_F_TRUNCATE, truncate);
    FLAG(EM_F_BADJSON, badjson);
    FLAG(EM_F_HTML, html);
    FLAG(EM_F_EMPTY_BODY, empty_body);
    FLAG(EM_F_WRONGTYPE, wrongtype);
    FLAG(EM_F_HUGE, huge);
    FLAG(EM_F_ENDLESS, endless);
    FLAG(EM_F_BOMB, bomb);
    FLAG(EM_F_LONGBODY, longbody);
    FLAG(EM_F_TWOLENGTHS, twolengths);
    FLAG(EM_F_BIGHEADER, bigheader);
#undef FLAG
  default:
    break;
  }
}

void em_fault_wire(struct em_faults *f, struct em_fault_set *set,
                   enum em_phase phase, struct em_wire *wire)
{
  int kind;

  if (!set && !f->n_rules)
    return;
  for (kind = EM_F_SLOW; kind <= EM_F_BIGHEADER; kind++) {
    const struct em_fault *fault = strike(f, set, phase, WIRE, kind);

    if (fault)
      wire_add(wire, fault);
  }
}

void em_fault_help(FILE *out)
{
  unsigned i, p;

  for (i = 0; i < EM_N_FAULTS; i++) {
    const char *first = "?";

    for (p = 0; p < EM_CONTROL; p++)
      if (table[i].phases & (1u << p)) {
        first = phase_names[p];
        break;
      }
    fprintf(out, "  %-17s %-7s %s\n", table[i].name, first, table[i].help);
  }
}
