/* batch_file.h - the lines of a batch: JSON objects, or a table with a header.
 */
#ifndef GAMUT_CLI_BATCH_FILE_H
#define GAMUT_CLI_BATCH_FILE_H

#include <gamut/gamut.h>
#include <json.h>
#include <stdbool.h>
#include <stddef.h>

struct cli_batch_line {
  size_t at;            /* where in the text it begins */
  unsigned long number; /* in the file, from 1 */
};

/* A file of requests, whole in memory. */
struct cli_batch_file {
  char *text;
  size_t len;
  bool is_csv;
  char **columns; /* of a table, by its first line */
  size_t n_columns;
  struct cli_batch_line *lines; /* those with requests */
  size_t n_lines, room;
  char
    key[33]; /* what the content gives: batches of other content have others */
};

/* `path` "-" is standard input.  0, or an exit code after saying why. */
int cli_batch_read(const char *path, struct cli_batch_file *ret);
void cli_batch_finish(struct cli_batch_file *f);

/* The i-th request as an object; json_object_put(); NULL: it is none. */
struct json_object *cli_batch_object(const struct cli_batch_file *f, size_t i);
/* Add what it says to `r`: members named as the fields of
 * gamut_request_field(), and "model", "fallback" (one or several), "image",
 * "mask" ... (inputs, one or several), "set" and "option" (objects).  A class
 * and a sentence that names the line. */
int32_t cli_batch_add(const struct cli_batch_file *f, struct json_object *o,
                      size_t i, struct gamut_request *r,
                      struct gamut_error *error);

#endif
