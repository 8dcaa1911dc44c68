/* store.c - which store it is, by the settings. */
#include "api/context.h"
#include "base/file.h"
#include "base/str.h"
#include "route/ledger.h"
#include "store/memory.h"
#include <stdio.h>

/* "memory", or <name> for the plugin store-<name>; "auto" is sqlite where it
 * can be had, and memory where not, which would count a budget from nothing. */
int32_t gm_choose_store(void *user, struct gm_store_choice *ret,
                        struct gm_error *err)
{
  struct gamut *g = user;
  const char *name = gm_setting_str(&g->settings, "store");
  const char *folder = gm_setting_str(&g->settings, "state_dir");
  bool any = gm_streq(name, "auto");
  char stem[64];

  ret->required = !any || gm_ledger_budgets(g->ledger)->n > 0;
  if (gm_streq(name, "memory")) {
    ret->type = &gm_store_memory;
    return 0;
  }
  snprintf(stem, sizeof(stem), "store-%.40s", any ? "sqlite" : name);
  ret->type = gm_registry_extension(g->registry, stem, GAMUT_EXT_STORE, err);
  if (!ret->type)
    return err->error_class;
  ret->place = folder ? gm_strdup(folder)
                      : gm_path_xdg("XDG_STATE_HOME", ".local/state", "gamut");
  return ret->place ? 0
                    : gm_fail(err, GAMUT_E_STORAGE,
                              "there is no HOME to keep jobs in: name a folder "
                              "with state_dir");
}
