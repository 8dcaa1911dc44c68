/* address.h - what a route's link means.
 *
 * In this order: `provider:model`; a shorthand of the catalog; a full id of the
 * catalog; an id that matches a provider's patterns; a provider's name alone (its
 * default model); else the default provider gets the id as it is. */
#ifndef GM_ROUTE_ADDRESS_H
#define GM_ROUTE_ADDRESS_H

#include "route/catalog.h"

struct gm_link {
  char *given;    /* as asked */
  char *provider; /* instance name: fal, or a named instance */
  char *model;    /* the vendor's id */
  char *resolved_from;          /* the shorthand, or NULL when given was the id */
  const struct gm_model *entry; /* NULL: the catalog does not know it */
  bool by_default; /* nobody knows it, so the default provider gets it */
};
void gm_link_finish(struct gm_link *l);
/* Whoever mistyped a name hears of that, and not only what a provider that was
 * never meant says to it. */
void gm_link_excuse(const struct gm_link *l, struct gm_catalog *c,
                    struct gm_error *err);

struct gm_address_book {
  struct gm_catalog *catalog;
  const char *const *providers; /* names a route may begin with */
  const char *default_provider;
  /* What an instance is an instance of ("local" -> "openai"); NULL: itself. */
  const char *(*provider_of)(void *user, const char *instance);
  void *user;
  bool unchecked; /* what the catalog says of a model's life does not matter */
  const char *role; /* of the pictures that the operation follows from, or NULL */
  bool literal; /* an id in full is meant, not its family's for `operation` */
};
/* `operation` (may be NULL) chooses among a family's endpoints and between a
 * provider's default image and video model.  Errors: INVALID for bad grammar
 * (empty, control characters, blanks, too long), NOT_FOUND for an unknown
 * provider prefix (lists the known ones and the nearest), for a retired model
 * UNSUPPORTED with its successor's name. */
int32_t gm_address_resolve(const struct gm_address_book *b, const char *text,
                           const char *operation, struct gm_link *ret,
                           struct gm_error *err);

#endif
