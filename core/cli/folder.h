/* folder.h - folders that a verb fills. */
#ifndef GAMUT_CLI_FOLDER_H
#define GAMUT_CLI_FOLDER_H

/* The folder `path` is there afterwards; `option` is what named it.  0, or an
 * exit code after saying why not. */
int cli_folder_make(const char *option, const char *path);

#endif
