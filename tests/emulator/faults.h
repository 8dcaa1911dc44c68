#ifndef EM_FAULTS_H
#define EM_FAULTS_H

#include "util.h"

#include <stdio.h>

/* What a request is about; also the places where a fault can strike. */
#define EM_PHASES(X)                                                           \
  X(SUBMIT, "submit")                                                          \
  X(STATUS, "status")                                                          \
  X(RESULT, "result")                                                          \
  X(FILE, "file")                                                              \
  X(CANCEL, "cancel")                                                          \
  X(STREAM, "stream")                                                          \
  X(RUN, "run")                                                                \
  X(UPLOAD, "upload")                                                          \
  X(EMBED, "embed")                                                            \
  X(CONTROL, "control")                                                        \
  X(OTHER, "other")

enum em_phase {
#define X(name, text) EM_##name,
  EM_PHASES(X)
#undef X
    EM_N_PHASES
};

const char *em_phase_name(enum em_phase phase);

enum em_fault_kind {
  /* an answer instead of the work */
  EM_F_STATUS,
  EM_F_QUOTA,
  EM_F_RESET_BEFORE,
  EM_F_CLOSE_BEFORE,
  /* the work is done, its answer is spoilt on the wire */
  EM_F_SLOW,
  EM_F_HANG,
  EM_F_TRICKLE,
  EM_F_RESET,
  EM_F_CLOSE,
  EM_F_TRUNCATE,
  EM_F_BADJSON,
  EM_F_HTML,
  EM_F_EMPTY_BODY,
  EM_F_WRONGTYPE,
  EM_F_HUGE,
  EM_F_ENDLESS,
  EM_F_BOMB,
  EM_F_LONGBODY,
  EM_F_TWOLENGTHS,
  EM_F_BIGHEADER,
  /* the vendor's answer says something unpleasant */
  EM_F_BLOCKED,
  EM_F_INVALID,
  EM_F_NOMEDIA,
  EM_F_NSFW,
  EM_F_EMPTY,
  EM_F_FAIL,
  EM_F_FAIL_LATE,
  EM_F_NEVER,
  EM_F_LOST,
  EM_F_STRANGE,
  EM_F_OTHER_ID,
  EM_F_STUBBORN,
  EM_F_PRIVATE_URL,
  EM_F_FILE_URL,
  EM_F_CRED_URL,
  EM_F_INLINE,
  EM_F_REDIRECT,
  EM_F_REDIRECT_PRIVATE,
  EM_F_REDIRECT_PLAIN,
  EM_F_REDIRECT_LOOP,
  EM_N_FAULTS
};

struct em_fault {
  enum em_fault_kind kind;
  unsigned phases; /* bits 1 << enum em_phase */
  int64_t arg;     /* status, milliseconds, index; -1: none */
  int64_t count;   /* how often; -1: always */
  int64_t fired;
  bool made, user_timeout;
  char retry_after[48];
  char type[40];
};

/* The faults that one prompt asks for, with their own counters. */
struct em_fault_set {
  unsigned n;
  struct em_fault faults[];
};

/* Everything that the wire faults of one request add up to. */
struct em_wire {
  int64_t delay_ms, trickle_ms;
  bool hang, reset, close, truncate, badjson, html, empty_body, wrongtype;
  bool huge, endless, bomb, longbody, twolengths, bigheader;
};

/* A fault set by POST /control/fault. */
struct em_rule {
  struct em_fault fault;
  int64_t every, after, seen;
};

/* What is known of one prompt: a submit that was refused has no job to hang
 * its counters on. */
struct em_prompt {
  uint64_t hash;
  char *text;
  uint64_t seen, accepted, cancelled;
  uint64_t at_once; /* the most jobs at a time that were not cancelled */
  struct em_fault_set *set;
};

struct em_faults {
  struct em_rule rules[64];
  unsigned n_rules;
  struct em_prompt **prompts; /* open addressing, by hash */
  size_t n_prompts, cap_prompts;
  uint64_t fired[EM_N_FAULTS];
};

/* One fault as written between the brackets. */
bool em_fault_parse(const char *text, size_t len, struct em_fault *ret);
/* All of `prompt`; NULL when it asks for none.  Unknown words are prose. */
struct em_fault_set *em_fault_set_new(const char *prompt);
void em_fault_help(FILE *out);

/* The record of a prompt, made when it is new. */
struct em_prompt *em_prompt_get(struct em_faults *f, const char *text);
/* The record of a prompt, or NULL. */
struct em_prompt *em_prompt_find(const struct em_faults *f, const char *text);
/* A job of it is taken; one is cancelled. */
void em_prompt_accept(struct em_prompt *p);
void em_prompt_cancel(const struct em_faults *f, const char *text);
void em_faults_finish(struct em_faults *f);

/* The set of a new job: a copy of its prompt's, and what the rules add that
 * changes the meaning of every n-th job. */
struct em_fault_set *em_fault_adopt(struct em_faults *f,
                                    const struct em_fault_set *set);

/* Each call that returns a fault has counted it as fired. */
const struct em_fault *em_fault_instead(struct em_faults *f,
                                        struct em_fault_set *set,
                                        enum em_phase phase);
const struct em_fault *em_fault_take(struct em_faults *f,
                                     struct em_fault_set *set,
                                     enum em_phase phase,
                                     enum em_fault_kind kind);
void em_fault_wire(struct em_faults *f, struct em_fault_set *set,
                   enum em_phase phase, struct em_wire *wire);
const char *em_fault_name(enum em_fault_kind kind);
/* "submit" -> bits; 0 for an unknown word. */
unsigned em_phase_mask(const char *name, size_t len);

#endif
