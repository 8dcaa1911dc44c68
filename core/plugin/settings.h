/* settings.h - where every value comes from: API call, environment, file,
 * preset, in this order. */
#ifndef GM_PLUGIN_SETTINGS_H
#define GM_PLUGIN_SETTINGS_H

#include "base/error.h"
#include "base/json.h"
#include "base/map.h"

/* The core's own settings are rows of one table (settings_table.c): name as in
 * the file and in gamut_set(), environment name, type (GAMUT_STRING...), preset,
 * help.  Names are flat: "default_provider", "retry_attempts", "log_format". */
struct gm_setting {
  const char *name, *env, *preset, *choices, *help;
  int32_t type;
  uint32_t flags; /* GAMUT_KEY_SECRET */
  int64_t min, max;
};
extern const struct gm_setting gm_settings_core[]; /* ends with name NULL */

struct gm_settings {
  struct gm_map api;        /* "default_provider", "fal.api_key" -> char * */
  struct json_object *file; /* the config file, or NULL */
  char *file_path;          /* what was looked for */
  char **env;  /* private: what the environment said, by row */
  struct gm_map text; /* private: scalars of the file, "fal.api_key" too */
  struct gm_map open; /* private: files with keys that others can read, of which
                         it was said */
};

/* Load `path` (NULL: $XDG_CONFIG_HOME/gamut/config.json; there it may be
 * missing).  Class INVALID with "config.json: line 3, column 7: ..." or with the
 * unknown key and its nearest neighbour. */
int32_t gm_settings_load(struct gm_settings *s, const char *path,
                         struct gm_error *err);
/* Before anything is read.  Kept, so that a variable that the program changes
 * later, perhaps while another thread reads it, does not matter. */
int32_t gm_settings_read_environment(struct gm_settings *s,
                                     struct gm_error *err);
void gm_settings_finish(struct gm_settings *s);
/* From the API: "name" of the core or "instance.key".  Checked: unknown names
 * and values of the wrong type are INVALID. (Provider keys are checked when the
 * provider is opened.) */
int32_t gm_settings_set(struct gm_settings *s, const char *name,
                        const char *value, struct gm_error *err);

/* Where a value was found. */
enum gm_origin { GM_FROM_API = 1, GM_FROM_ENV, GM_FROM_FILE, GM_FROM_PRESET };
struct gm_value {
  const char *text; /* lives as long as settings do not change; NULL: not set */
  enum gm_origin origin;
  const char *where; /* "FAL_KEY", the file's path, ... */
};
/* A core setting.  Unset without preset: text NULL.  The value was checked
 * when it was set or loaded, but the environment's only now: err. */
int32_t gm_setting_get(const struct gm_settings *s, const char *name,
                       struct gm_value *ret, struct gm_error *err);
/* Typed readings; fall back to the preset when the value is broken, then to
 * NULL, -1, false. */
const char *gm_setting_str(const struct gm_settings *s, const char *name);
int64_t gm_setting_int(const struct gm_settings *s, const char *name);
bool gm_setting_bool(const struct gm_settings *s, const char *name);
double gm_setting_real(const struct gm_settings *s, const char *name);
/* An object of the config file by name ("endpoints", "routes", "providers"). */
struct json_object *gm_settings_object(const struct gm_settings *s,
                                       const char *name);
/* Check one value against a row's type, range and choices.  INVALID: "retry_attempts:
 * 'x' is not a whole number (from GAMUT_RETRY_ATTEMPTS)". */
int32_t gm_setting_check(const struct gm_setting *row, const char *value,
                         const char *where, struct gm_error *err);

#endif
