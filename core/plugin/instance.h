/* instance.h - a provider with its configuration: "fal", or a name of the
 * config file ("local": {"use": "openai", "base_url": ...}).  Secrets live here
 * and go nowhere but into headers as they are sent. */
#ifndef GM_PLUGIN_INSTANCE_H
#define GM_PLUGIN_INSTANCE_H

#include "base/log.h"
#include "loop/http.h"
#include "loop/url.h"
#include "plugin/registry.h"

#define GM_KEY_HASH_LEN 8
#define GM_ACCOUNT_SIZE 13

struct gm_account;
struct gm_token_job;

/* Headers of the user's own, see header_lines.c. */
struct gm_own_headers {
  char *text; /* names and values */
  size_t size;
  struct gm_header *items;
  size_t n;
};

/* What is found of a row of credentials when the instance is made, for each
 * exchange asks for all of them, several times: the values stay, the token does
 * not. */
struct gm_credential_row {
  char origin[GM_ORIGIN_SIZE]; /* "": that of base_url, or of none */
  bool has_token;              /* it is looked at each time; else */
  bool is_filled;
};

struct gm_instance {
  char *name; /* what routes say */
  const struct gm_provider *provider;
  struct gm_registry *registry; /* for the plugins that it needs beside */
  struct gm_config *config;
  void *user;      /* from open() */
  char *base_url;  /* without trailing slash or query */
  char *base_query; /* of base_url, for every path below it; "": none */
  char base_origin[GM_ORIGIN_SIZE];
  struct gm_credential_row *rows;
  bool has_paths; /* there are rows for paths of base_url */
  struct gm_own_headers headers;
  /* What tells accounts apart, and is no secret: hex digits that change with
   * the keys and the base URL. */
  char account_id[GM_ACCOUNT_SIZE];
  /* A name for what proves who we are at the base URL, never the secret itself:
   * "fal.api_key", of several "fal.api_key#team-a"; the instance's name alone
   * when there is nothing to prove. */
  char proof[96];
  bool own_base;   /* the user set base_url: trusted even when private */
  char *webhook_state; /* what gamut.webhook/1 keeps, or NULL */
  char *token;     /* current bearer, or NULL */
  uint64_t token_until_ms; /* mono; renew before */
  struct gm_token_job *token_job; /* a fetch under way (core/job), or NULL */
  struct gm_account *account;     /* its limits (core/job/limiter.h), or NULL */
  uint32_t busy;   /* perform() running now */
  bool opened;     /* private: close() is due */

  /* one key of several, see slot.h */
  char slot[32]; /* its label; "": the only one */
  char key_hash[GM_KEY_HASH_LEN + 1]; /* tells its key apart; no secret */
  struct gm_instance *next_slot;
  bool is_slot;       /* private */
  uint32_t weight;    /* 1 and more */
  uint32_t under_way; /* jobs that have it now */
  uint64_t used;      /* jobs that had it */
  uint64_t aside_ms;  /* mono; not for new jobs before */
};

struct gm_instances;
int32_t gm_instances_new(struct gm_registry *r, struct gm_settings *s,
                         struct gm_log *log, struct gm_instances **ret);
void gm_instances_free(struct gm_instances *all); /* close()s each */
GM_CLEANUP(struct gm_instances, gm_instances_free)
/* Get or make: "fal", of which the first key is meant when it has several, or
 * one of them, "fal#team-a".  NOT_FOUND, PLUGIN as gm_registry_find; INVALID for a config
 * value of the wrong type or an unknown key (named, with the nearest). Missing
 * REQUIRED keys are AUTH for secrets, INVALID else: the sentence names the
 * variable to set. */
int32_t gm_instance_get(struct gm_instances *all, const char *name,
                        struct gm_instance **ret, struct gm_error *err);
/* Like it for listings: neither are REQUIRED keys missed nor is open() called. */
int32_t gm_instance_look(struct gm_instances *all, const char *name,
                         struct gm_instance **ret, struct gm_error *err);
/* What look() gave, or another slot of it, made ready as by get(). */
int32_t gm_instance_use(struct gm_instances *all, struct gm_instance *i,
                        struct gm_error *err);
/* instance_open.c: the provider's open(), once; for who was only looked at. */
int32_t gm_instance_open(struct gm_instance *i, struct gm_log *log,
                         struct gm_error *err);
/* Each one made so far, each slot of it. */
void gm_instances_each(struct gm_instances *all,
                       void (*fn)(struct gm_instance *i));
/* Provider or instance names that routes may begin with, NULL-terminated:
 * plugin files, registered ones, names of the config file. */
const char *const *gm_instance_names(struct gm_instances *all);

/* One configuration value (as text), or NULL; secrets only with `secret`.
 * "key/member": of the JSON file that the key names. */
const char *gm_instance_value(const struct gm_instance *i, const char *key,
                              bool secret);
/* Every key with value (masked: "***abcd" last 4 of >= 12 characters) and
 * origin, for `gamut config`: walk until NULL. */
struct gm_config_line {
  const char *key, *help, *env, *shown, *where;
  uint32_t flags;
  enum gm_origin origin;
  bool of_slot; /* one of several keys has it of its own */
};
const struct gm_config_line *gm_instance_config(struct gm_instance *i,
                                                size_t n);

/* Why the JSON file of "key/member" could not be read, or NULL. */
const char *gm_instance_broken(const struct gm_instance *i, const char *key);
/* fill.c: the body with what its {places} stand for, in `out`, which the caller
 * wipes; `secret` (may be NULL) for {@secret} in JSON.  AUTH when something is
 * missing. */
int32_t gm_instance_fill(const struct gm_instance *i, const char *secret,
                         const char *body, size_t len, struct gm_buf *out,
                         struct gm_error *err);
/* gm_buf_finish() for what had secrets in it. */
void gm_wipe_buf(struct gm_buf *b);
/* judge.c: overwrite a secret (one of 4 characters or more), or every secret of
 * the instance, inside `text` with "***". */
void gm_mask(char *text, const char *secret);
void gm_mask_secrets(const struct gm_instance *i, char *text);
/* jwt.c: what signs and checks, loading its plugin; NULL: the sentence says what
 * is missing. */
const struct gamut_crypto *gm_instance_crypto(const struct gm_instance *i,
                                              struct gm_error *err);

/* Secret headers for a URL (gm_exchange.authorize calls this).  Text lives in
 * `text`, which the caller wipes. */
size_t gm_instance_authorize(const struct gm_instance *i, const char *url,
                             struct gm_header *out, size_t max,
                             struct gm_buf *text);
/* Is a header of this URL made of the token (which may have to be fetched)? */
bool gm_instance_wants_token(const struct gm_instance *i, const char *url);
/* Is there something to authorize the base origin with?  AUTH naming the
 * variables when a credential is declared and none can be filled. */
int32_t gm_instance_ready(const struct gm_instance *i, struct gm_error *err);
/* backup.c: the same on the backup of its server; gm_free; NULL: it has none,
 * or no memory. */
bool gm_instance_has_backup(const struct gm_instance *i, const char *url);
char *gm_instance_backup(const struct gm_instance *i, const char *url);
/* Does this URL's origin belong to the vendor or the user (base_url, credential
 * rows)?  Others are foreign. */
bool gm_instance_owns(const struct gm_instance *i, const char *url);

#endif
