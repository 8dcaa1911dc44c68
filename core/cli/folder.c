/* folder.c - makes the folder that an option names. */
#include "folder.h"
#include "out.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

int cli_folder_make(const char *option, const char *path)
{
  struct stat st;
  bool there = stat(path, &st) == 0;

  if ((there && S_ISDIR(st.st_mode)) || (!there && mkdir(path, 0777) == 0))
    return 0;
  if (there)
    cli_error("%s '%s' is no folder", option, path);
  else
    cli_error("cannot make the folder '%s': %s", path, strerror(errno));
  return CLI_STORAGE;
}
