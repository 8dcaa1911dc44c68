/* page_text.h - the files of core/cli/page, which make turns into lines; each
 * ends with NULL. */
#ifndef GAMUT_CLI_PAGE_TEXT_H
#define GAMUT_CLI_PAGE_TEXT_H

extern const char *const cli_page_html[];
extern const char *const cli_page_css[];
extern const char *const cli_page_js[];

#endif
