/* backup.c - the other servers of a vendor, for when one cannot be reached.
 *
 * Origins of the table are in the form that gm_url_origin() gives (check.c).
 * What belongs to the first server belongs to its backup. */
#include "base/str.h"
#include "plugin/plugin_private.h"
#include <string.h>

static const struct gamut_backup *row_at(const struct gm_instance *i,
                                         uint32_t n)
{
  return gm_table_row(&i->provider->def.backups, n, sizeof(struct gamut_backup),
                      NULL);
}

bool gm_backup_home(const struct gm_instance *i, const char *url,
                    char origin[GM_ORIGIN_SIZE])
{
  const struct gamut_backup *b;
  uint32_t n;

  if (!gm_url_origin(url, origin))
    return false;
  for (n = 0; (b = row_at(i, n)); n++) {
    if (strcmp(b->backup, origin) != 0)
      continue;
    memcpy(origin, b->origin, strlen(b->origin) + 1);
    break;
  }
  return true;
}

static const struct gamut_backup *row_for(const struct gm_instance *i,
                                          const char *url)
{
  const struct gamut_backup *row;
  char origin[GM_ORIGIN_SIZE];
  uint32_t n;

  if (i->provider->def.backups.count == 0 || !gm_url_origin(url, origin))
    return NULL;
  for (n = 0; (row = row_at(i, n)); n++) {
    if (strcmp(row->origin, origin) == 0)
      return row;
  }
  return NULL;
}

bool gm_instance_has_backup(const struct gm_instance *i, const char *url)
{
  return row_for(i, url) != NULL;
}

char *gm_instance_backup(const struct gm_instance *i, const char *url)
{
  const struct gamut_backup *row = row_for(i, url);
  struct gm_buf b = GM_BUF_INIT(GM_URL_MAX);
  const char *rest;

  if (!row)
    return NULL;
  rest = strstr(url, "://") + 3;
  gm_buf_add(&b, row->backup);
  gm_buf_add(&b, rest + strcspn(rest, "/?#"));
  return gm_buf_take(&b);
}
