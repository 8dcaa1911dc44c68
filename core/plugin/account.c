/* account.c - what tells two accounts at a vendor apart, and is no secret: for
 * keys of rows that are about an account, which must change with its key. */
#include "base/sha256.h"
#include "plugin/plugin_private.h"
#include <string.h>

void gm_instance_set_account(struct gm_instance *i)
{
  char hex[GM_SHA256_HEX];
  struct gm_sha256 sum;
  size_t n;

  gm_sha256_init(&sum);
  gm_sha256_add(&sum, i->base_url, strlen(i->base_url) + 1);
  /* A key may be a file, which is no secret. */
  gm_sha256_add(&sum, i->slot, strlen(i->slot));
  for (n = 0; n < i->config->n_values; n++) {
    const struct gm_config_value *v = &i->config->values[n];

    if (v->text && v->key.flags & GAMUT_KEY_SECRET)
      gm_sha256_add(&sum, v->text, strlen(v->text) + 1);
  }
  gm_sha256_hex(&sum, hex);
  memcpy(i->account_id, hex, GM_ACCOUNT_SIZE - 1);
}
