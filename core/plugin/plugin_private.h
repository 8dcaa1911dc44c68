/* plugin_private.h - what the files behind settings.h, registry.h and
 * instance.h share, and nobody else. */
#ifndef GM_PLUGIN_PLUGIN_PRIVATE_H
#define GM_PLUGIN_PLUGIN_PRIVATE_H

#include "base/buf.h"
#include "plugin/instance.h"
#include "plugin/registry.h"
#include "plugin/settings.h"
#include <sys/types.h>

#define GM_NAME_MAX 31 /* of a provider, a plugin file, an instance */
#define GM_KEY_MAX  63 /* of a configuration key */

/* ---- checks of what a plugin brings (check.c, check_plugin.c) */

#define GM_END_OF(type, member)                                                \
  (offsetof(struct type, member) + sizeof(((struct type *)NULL)->member))
#define GM_STRUCT_MAX 65536u
/* Fill `err` with class PLUGIN, and return that. */
GM_PRINTF(2, 3)
int32_t gm_plugin_bad(struct gm_error *err, const char *fmt, ...);

/* ---- names (table.c) */
bool gm_provider_name_ok(const char *s); /* [a-z][a-z0-9_-]{0,30} */
bool gm_stem_ok(const char *s);          /* the same */
bool gm_key_name_ok(const char *s);      /* [a-z][a-z0-9_]{0,62} */
/* "; did you mean 'x'?" into `out`, or nothing. */
const char *gm_did_you_mean(char out[128], const char *word,
                            const char *const *words);

void gm_sort_names(const char **names, size_t n);

/* ---- settings */

/* The row for a provider's key, to be checked as `name`. */
struct gm_setting gm_setting_of_key(const struct gamut_key *key,
                                    const char *name);
/* Walk a space-separated list of variables: true when `out` has the next. */
bool gm_env_next(const char **list, char *out, size_t size);

/* ---- secrets (secret.c): each says AUTH without ever showing one */

void gm_wipe(char *s);
static inline void gm_wipe_freep(char **s)
{
  if (*s)
    gm_wipe(*s);
  gm_free(*s);
}
/* Strip blanks at both ends in place; what is left must be printable ASCII. */
int32_t gm_secret_clean(char *text, bool lines, const char *label,
                        struct gm_error *err);
/* The content of a file that nobody else can read; gm_free. */
int32_t gm_secret_from_file(const char *path, const char *label, char **ret,
                            struct gm_error *err);
/* What a command prints first; gm_free. */
int32_t gm_secret_from_command(const char *command, const char *label,
                               char **ret, struct gm_error *err);

/* ---- trust: who could have written what we are about to run */

struct gm_trusted {
  char *real; /* without symbolic links */
  dev_t dev;
  ino_t ino;
};
/* `real` is what realpath() gave.  PLUGIN with the path and the reason. */
int32_t gm_trust_folder(const char *real, struct gm_error *err);
/* `any`: only that it is a regular file. */
int32_t gm_trust_file(const char *path, bool any, struct gm_trusted *ret,
                      struct gm_error *err);
bool gm_trust_same(const struct gm_trusted *t); /* still that file */
void gm_trusted_finish(struct gm_trusted *t);

/* ---- loader: libltdl with a loader of ours */

struct gm_module;           /* a libltdl handle */
bool gm_loader_start(void); /* counted; false: no memory */
void gm_loader_stop(void);
int32_t gm_module_open(const char *path, struct gm_module **ret,
                       struct gm_error *err);
const void *gm_module_symbol(struct gm_module *m, const char *name);
void gm_module_close(struct gm_module *m); /* the code stays mapped */

/* ---- registry */

/* One row of gm_registry_info(): a file, a bundled plugin, a registration. */
struct gm_row {
  struct gm_plugin_info info; /* points to what follows */
  char *name, *file, *refused;
  struct gm_module *module;
  const struct gamut_plugin *plugin;
  struct gm_provider **providers; /* NULL-terminated */
  bool tried;
};
struct gm_folder {
  char *path, *real, *refused;
  bool looked;
};
struct gm_registry {
  struct gm_log *log;
  struct gm_folder *folders;
  size_t n_folders;
  struct gm_row **rows;
  size_t n_rows;
  struct gm_map stems;     /* name of a row -> struct gm_row */
  struct gm_map providers; /* name -> struct gm_provider */
  bool trust_any, listed, started;
};

int32_t gm_row_new(struct gm_registry *r, const char *name, const char *file,
                   struct gm_row **ret);
void gm_row_refuse(struct gm_row *row, const char *why);
/* find.c: from GAMUT_PLUGIN_PATH form or the standard folders. */
int32_t gm_folders_new(struct gm_registry *r, const char *path);
void gm_folders_free(struct gm_registry *r);
/* The row of <stem>.so in the first folder that has it; NULL in *ret: none. */
int32_t gm_find_stem(struct gm_registry *r, const char *stem,
                     struct gm_row **ret);
/* A row for every plugin file there is. */
int32_t gm_find_all(struct gm_registry *r);

/* What ./configure --enable-static-plugins linked in; NULL-terminated. */
extern const struct gamut_plugin *const gm_bundled_plugins[];

/* ---- templates (template.c): "Key {key_id}:{key_secret}" */

#define GM_PIECE_MAX (4 * GM_KEY_MAX)
struct gm_piece {
  const char *text; /* literal, then */
  size_t len;
  char name[GM_PIECE_MAX]; /* a value, or a member; "" at the end */
  int half; /* of the value: GM_BEFORE or GM_BEHIND its colon; 0: all of it */
};
enum { GM_BEFORE = 1, GM_BEHIND };
/* One piece further; false at the end.  Broken braces: *at becomes NULL. */
bool gm_template_next(const char **at, struct gm_piece *ret);
/* The same in the value of a row, where {name:} and {:name} are halves. */
bool gm_credential_next(const char **at, struct gm_piece *ret);
/* "=first:second": false if it is no pair. */
bool gm_template_pair(const char *name, char first[GM_PIECE_MAX],
                      const char **ret_second);
/* The colon of a value that has two halves; NULL: it has not. */
const char *gm_template_parting(const char *value);
#define GM_TOKEN_NAME "@token"

/* Is a header made of this key? */
bool gm_credential_uses(const struct gm_instance *i, const char *key);

/* credential.c: the n-th row, NULL past the end. */
const struct gamut_credential *gm_credential_at(const struct gm_instance *i,
                                                uint32_t n);
/* Is it for URLs of this origin? */
bool gm_credential_is_for(const struct gm_instance *i,
                          const struct gamut_credential *c, const char *origin);
/* Does it count?  `token_comes`: a token can still be fetched. */
bool gm_credential_is_filled(const struct gm_instance *i,
                             const struct gamut_credential *c,
                             bool token_comes);
bool gm_credential_fits(const struct gm_instance *i, const struct gm_piece *p,
                        bool token_comes);
/* {?key} and {!key} stand for nothing and only ask: is it set, a switch on? */
bool gm_credential_is_condition(const char *name);
/* Header lines of the user's own, not one header. */
bool gm_credential_is_lines(const struct gamut_credential *c);

/* ---- pools of keys (slot.c) */

/* One key, or several that belong together, as the settings say. */
struct gm_slot {
  char label[GM_NAME_MAX + 1]; /* the user's; "" */
  char *where;                 /* "fal.keys[1] in config.json" */
  const char *file;            /* it is the first in this one, or NULL */
  struct gm_map text;          /* "api_key_file" -> char * */
  uint32_t weight;
  bool proves; /* there is a key in it */
};
struct gm_slots {
  struct gm_slot **at;
  size_t n; /* 0: no pool */
};
/* `ret` is empty before.  INVALID, AUTH: the sentence names the place. */
int32_t gm_slots_read(const char *name, const struct gm_provider *p,
                      const struct gm_settings *s, struct gm_slots *ret,
                      struct gm_error *err);
void gm_slots_finish(struct gm_slots *all);
/* A list of the config file, under "keys" or in place of a secret, as the text
 * of "keys"; gm_free; NULL with `err`. */
char *gm_slots_text(const char *instance, const char *key,
                    struct json_object *list, struct gm_error *err);
void gm_slot_set_hash(struct gm_instance *i);
/* account.c, credential_key.c: account_id and proof, once all else is there. */
void gm_instance_set_account(struct gm_instance *i);
void gm_instance_set_proof(struct gm_instance *i);
/* credential.c: `rows`, once there are values; false: no memory. */
bool gm_instance_set_rows(struct gm_instance *i);

/* ---- config of an instance */

struct gm_config_value {
  struct gamut_key key; /* strings are the provider's, or in `own_env` */
  char *own_env;
  char *text; /* NULL: not set */
  char *where;
  char *shown; /* masked */
  enum gm_origin origin;
  struct json_object *json; /* GAMUT_KEY_JSON: what the file holds */
  char *broken;             /* or why it cannot be had */
  bool of_slot;             /* the slot has it of its own */
};
struct gm_config {
  struct gm_config_value *values; /* [0] is base_url */
  size_t n_values;
  struct gm_config_line line; /* handed out by gm_instance_config() */
};
/* `slot`: what comes before all else, or NULL. */
int32_t gm_config_new(const char *name, const struct gm_provider *p,
                      struct gm_settings *s, const struct gm_slot *slot,
                      struct gm_log *log, struct gm_config **ret,
                      struct gm_error *err);
void gm_config_free(struct gm_config *c);
GM_CLEANUP(struct gm_config, gm_config_free)
struct gm_config_value *gm_config_find(const struct gm_config *c,
                                       const char *key);
/* "NAME" or "NAME_A (or NAME_B)"; "fal.api_key in the settings" without any. */
void gm_config_how(const struct gm_instance *i, const char *key,
                   struct gm_buf *out);
/* Under a name of its own and with a base URL of its own: a server of the
 * user's, which may want no key and gets none of the vendor's from the
 * environment. */
bool gm_config_is_foreign(const struct gm_config *c, const char *name,
                          const struct gm_provider *p);
/* key_file.c: keys that name JSON files.  Read the file, once all values are
 * there; false: no memory. */
bool gm_key_file_read(const struct gm_config *c, struct gm_config_value *v,
                      struct gm_log *log);
void gm_key_file_finish(struct gm_config_value *v);
/* Strings as they are, all else as JSON; NULL: absent, or a secret without
 * leave to see it. */
const char *gm_key_file_member(const struct gm_config_value *v,
                               const char *member, bool secret);
bool gm_key_member_is_secret(const char *name);

/* backup.c: the origin whose credentials a URL gets: of a backup that of the
 * server it stands in for.  False: no URL. */
bool gm_backup_home(const struct gm_instance *i, const char *url,
                    char origin[GM_ORIGIN_SIZE]);

/* header_lines.c: split what the key with GAMUT_KEY_HEADERS holds; false: no
 * memory. */
bool gm_instance_split_headers(struct gm_instance *i, struct gm_log *log);
void gm_instance_drop_headers(struct gm_instance *i);

#endif
