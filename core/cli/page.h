/* page.h - the contact sheet: a folder with index.html and the files that it
 * shows, which works from disk and asks nothing of anybody. */
#ifndef GAMUT_CLI_PAGE_H
#define GAMUT_CLI_PAGE_H

#include <json.h>
#include <stdbool.h>

struct cli_page {
  const char *option; /* that named the folder */
  const char *folder;
  const char *title;
  bool compare; /* begins with the comparison */
  bool link;    /* show files where they are, instead of keeping them beside */
  struct json_object *jobs; /* rows as gamut_jobs() tells them */
};

/* Before anything is paid for: the folder is there, or made, and the page may be
 * written into it.  Likewise. */
int cli_page_check(const char *option, const char *folder);

/* Write it; over one of ours that is there, never over another's.  0, or an
 * exit code after saying why. */
int cli_page_write(const struct cli_page *p);

/* media.c: the outputs of a row as the page wants them: {"kind", "name",
 * "mime", "size", "width", "height", "duration_ms", and "file": its address
 * from index.html, when it can be shown}.  json_object_put(); NULL: no memory.
 */
struct json_object *cli_media_outputs(const struct cli_page *p,
                                      struct json_object *row);

#endif
