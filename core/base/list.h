/* list.h - intrusive, circular, doubly linked. */
#ifndef GM_BASE_LIST_H
#define GM_BASE_LIST_H

#include "base/util.h"

struct gm_list {
  struct gm_list *prev, *next;
};

static inline void gm_list_init(struct gm_list *l)
{
  l->prev = l->next = l;
}
static inline bool gm_list_empty(const struct gm_list *l)
{
  return l->next == l;
}
static inline void gm_list_append(struct gm_list *head, struct gm_list *e)
{
  e->prev = head->prev;
  e->next = head;
  head->prev->next = e;
  head->prev = e;
}
static inline void gm_list_remove(struct gm_list *e)
{
  e->prev->next = e->next;
  e->next->prev = e->prev;
  gm_list_init(e);
}
static inline struct gm_list *gm_list_pop(struct gm_list *head)
{
  struct gm_list *e = head->next;

  if (e == head)
    return NULL;
  gm_list_remove(e);
  return e;
}

#endif
