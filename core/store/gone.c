/* gone.c - see gone.h. */
#include "store/gone.h"
#include "base/util.h"
#include <string.h>

void gm_gone_add(struct gm_gone **all, const char *id)
{
  struct gm_gone *g = gm_zalloc(sizeof(*g));

  if (!g)
    return;
  memcpy(g->id, id, GM_ID_SIZE);
  g->next = *all;
  *all = g;
}

void gm_gone_free(struct gm_gone *all)
{
  struct gm_gone *g;

  while ((g = all)) {
    all = g->next;
    gm_free(g);
  }
}
