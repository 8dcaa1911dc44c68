/* loader.c - libltdl with a loader of ours in front of its own.
 *
 * The stock loader binds lazily, so an unresolved symbol would end the process
 * at the first call, and it hides dlerror() behind "file not found".  Ours
 * binds now and locally, keeps the system's words, and never unmaps code that a
 * thread might still be in.
 *
 * libltdl is shared with the rest of the process, hence two oddities.  Ours
 * answers only while this thread is in gm_module_open(): other users of libltdl
 * keep what they had.  And it never says no: libltdl would ask the next loader,
 * the lazy one.  A failure is a dud module, which is closed at once.
 *
 * The path given is the real one and not /proc/self/fd/N, though the latter
 * would tie the load to the descriptor that was checked: the dynamic linker
 * takes two plugins for one when the number is used again, $ORIGIN and every
 * debugger break.  Nobody but us can exchange a file in trusted folders; the
 * caller compares it once more afterwards all the same. */
#include "plugin/plugin_private.h"
#include <dlfcn.h>
#include <ltdl.h>
#include <pthread.h>
#include <string.h>

#define LOADER_NAME "gamut"

/* What this thread is loading. */
struct load {
  const char *path;
  char *why; /* dlerror(); NULL also when there was no memory for it */
  bool failed;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned users;
static char dud;
static _Thread_local struct load *loading;

/* ---- the vtable ------------------------------------------------------------
 */

static lt_module open_module(lt_user_data data, const char *path,
                             lt_dladvise advise)
{
  int flags = RTLD_NOW | RTLD_LOCAL;
  void *m;

  (void)data;
  (void)advise;
  if (!loading || !path || strcmp(path, loading->path) != 0)
    return NULL;
#ifdef RTLD_NODELETE
  flags |= RTLD_NODELETE;
#endif
  m = dlopen(path, flags);
  if (m)
    return m;
  loading->failed = true;
  loading->why = gm_strdup(dlerror());
  return &dud;
}

static int close_module(lt_user_data data, lt_module m)
{
  (void)data;
  return m == &dud ? 0 : dlclose(m);
}

static void *find_symbol(lt_user_data data, lt_module m, const char *name)
{
  (void)data;
  return m == &dud ? NULL : dlsym(m, name);
}

static const lt_dlvtable vtable = {
  .name = LOADER_NAME,
  .module_open = open_module,
  .module_close = close_module,
  .find_sym = find_symbol,
  .priority = LT_DLLOADER_PREPEND,
};

/* ---- one for the process ---------------------------------------------------
 */

static bool start(void)
{
  if (lt_dlinit())
    return false;
  if (lt_dlloader_add(&vtable) == 0)
    return true;
  lt_dlexit();
  return false;
}

bool gm_loader_start(void)
{
  bool ok;

  pthread_mutex_lock(&lock);
  ok = users > 0 || start();
  users += ok;
  pthread_mutex_unlock(&lock);
  return ok;
}

/* The library itself may be unloaded after this, so libltdl must not keep the
 * vtable. */
void gm_loader_stop(void)
{
  pthread_mutex_lock(&lock);
  if (--users == 0) {
    lt_dlloader_remove(LOADER_NAME);
    lt_dlexit();
  }
  pthread_mutex_unlock(&lock);
}

/* ---- modules ---------------------------------------------------------------
 */

static lt_dlhandle handle_of(struct gm_module *m)
{
  return (lt_dlhandle)(void *)m;
}

/* The linker's sentence begins with the path, which the reader has already. */
static const char *without_path(const char *why, const char *path)
{
  size_t len = strlen(path);

  if (strncmp(why, path, len) == 0 && why[len] == ':')
    return why + len + 1 + (why[len + 1] == ' ');
  return why;
}

int32_t gm_module_open(const char *path, struct gm_module **ret,
                       struct gm_error *err)
{
  struct load l = { .path = path };
  lt_dlhandle handle;
  int32_t rc = 0;

  pthread_mutex_lock(&lock);
  loading = &l;
  handle = lt_dlopen(path);
  loading = NULL;
  if (handle && l.failed)
    lt_dlclose(handle);
  pthread_mutex_unlock(&lock);
  if (l.why)
    rc = gm_fail(err, GAMUT_E_PLUGIN, "cannot be loaded: %s",
                 without_path(l.why, path));
  else if (!handle || l.failed)
    rc = gm_fail(err, GAMUT_E_NOMEM, "out of memory");
  else
    *ret = (struct gm_module *)(void *)handle;
  gm_free(l.why);
  return rc;
}

const void *gm_module_symbol(struct gm_module *m, const char *name)
{
  const void *p;

  pthread_mutex_lock(&lock);
  p = lt_dlsym(handle_of(m), name);
  pthread_mutex_unlock(&lock);
  return p;
}

void gm_module_close(struct gm_module *m)
{
  if (!m)
    return;
  pthread_mutex_lock(&lock);
  lt_dlclose(handle_of(m));
  pthread_mutex_unlock(&lock);
}
