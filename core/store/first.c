/* first.c - see first.h. */
#include "store/first.h"
#include "base/util.h"
#include <string.h>

struct gm_first *gm_first_new(const struct gamut_store_op *op)
{
  size_t size = strlen(op->key) + 1;
  struct gm_first *f = gm_alloc(sizeof(*f) + size);

  if (!f)
    return NULL;
  memcpy(f->key, op->key, size);
  f->op = *op;
  f->op.key = f->key;
  f->refs = 1;
  return f;
}

struct gm_first *gm_first_ref(struct gm_first *f)
{
  if (f)
    f->refs++;
  return f;
}

void gm_first_unref(struct gm_first *f)
{
  if (f && --f->refs == 0)
    gm_free(f);
}
