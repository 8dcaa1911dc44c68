/* slot.h - several keys of one provider: its pool.
 *
 *   "fal": { "keys": [ {"name": "team-a", "api_key": "...", "weight": 3},
 *                      {"api_key_file": "~/b.key"} ] }
 *
 * Each becomes a slot, an instance of its own with what belongs to a key:
 * token, limits, state.  A slot is named by its label, which survives that the
 * list is ordered anew: the name that the user gave it, else a short hash. */
#ifndef GM_PLUGIN_SLOT_H
#define GM_PLUGIN_SLOT_H

#include "plugin/instance.h"

#define GM_SLOTS_MAX  64
#define GM_WEIGHT_MAX 1000

/* What gm_instance_get() gives is the first; i->next_slot is the next, or NULL.
 */

/* Is it one of several?  Then i->slot is its label, else "". */
static inline bool gm_slot_is_one(const struct gm_instance *i)
{
  return i->slot[0] != '\0';
}
/* "fal#team-a", or "fal": what gm_instance_get() takes. */
#define GM_SLOT_NAME_SIZE 72
const char *gm_slot_name(const char *instance, const char *label,
                         char ret[GM_SLOT_NAME_SIZE]);
/* The slot that a job was submitted with, by what its record says: label ("":
 * there was one key only) and hash of the key.  AUTH: it is not in the settings
 * any more. */
int32_t gm_slot_find(struct gm_instances *all, const char *name,
                     const char *label, const char *key_hash,
                     struct gm_instance **ret, struct gm_error *err);
/* Text for people that tells a key apart: "***abcd". */
const char *gm_slot_shown(const struct gm_instance *i);

#endif
