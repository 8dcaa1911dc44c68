/* batch_file.h - the lines of a batch: JSON objects, or a table with a header.
 */
#ifndef GAMUT_CLI_BATCH_FILE_H
#define GAMUT_CLI_BATCH_FILE_H

#include <gamut/gamut.h>
#include <json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLI_BATCH_KEY 64

struct cli_batch_line {
  size_t at;            /* where in the text it begins */
  unsigned long number; /* in the file, from 1 */
  uint64_t hash[2];     /* of what it asks for */
  unsigned long nth;    /* among those that ask for the same, from 0 */
  unsigned long place;  /* the number its file is named by */
  bool keeps_name;      /* its job has its file's; set by whoever looks */
};

/* A file of requests, whole in memory. */
struct cli_batch_file {
  const char *name; /* without its folder; of standard input what it says */
  char *text;
  size_t len;
  bool is_csv;
  char **columns; /* of a table, by its first line */
  size_t n_columns;
  struct cli_batch_line *lines; /* those with requests */
  size_t n_lines, room;
  char of_input[33]; /* what standard input is called */
};

/* `path` "-" is standard input.  0, or an exit code after saying why. */
int cli_batch_read(const char *path, struct cli_batch_file *ret);
void cli_batch_finish(struct cli_batch_file *f);

/* batch_key.c: tell every line from the others; 0, or an exit code. */
int cli_batch_identify(struct cli_batch_file *f);
/* Call the file by what it says. */
void cli_batch_name_input(struct cli_batch_file *f);
/* What the i-th line is bound to its job by. */
void cli_batch_key(const struct cli_batch_file *f, size_t i,
                   char ret[CLI_BATCH_KEY]);

/* Where files go: what the command line says of it. */
struct cli_batch_where {
  const char *folder;             /* or NULL */
  bool several;                   /* of each line, unless it says how many */
  const char *seed;               /* of each line, likewise; or NULL */
  struct json_object *unfinished; /* jobs, as gamut_jobs() has them */
};

/* batch_names.c: the name or template of the i-th line's file; free(); NULL: no
 * memory. */
char *cli_batch_output(const struct cli_batch_file *f, size_t i,
                       struct json_object *o, const char *folder);
/* Where some lines have jobs, those that are new and name no output take the
 * next number that is free.  0, or an exit code. */
int cli_batch_place(struct cli_batch_file *f, const struct cli_batch_where *w);
/* batch_twins.c: no line that is to be sent writes where another does?  0, or
 * an exit code. */
int cli_batch_check_twins(const struct cli_batch_file *f,
                          const struct cli_batch_where *w);
/* No line without a job would find its file there?  0, or an exit code. */
int cli_batch_check_names(const struct cli_batch_file *f,
                          const struct cli_batch_where *w);

/* The i-th request as an object; json_object_put(); NULL: it is none. */
struct json_object *cli_batch_object(const struct cli_batch_file *f, size_t i);
/* Add its "model" to `r`; a class and a sentence that names the line. */
int32_t cli_batch_model(const struct cli_batch_file *f, struct json_object *o,
                        size_t i, struct gamut_request *r,
                        struct gamut_error *error);
/* Add all else it says: members named as the fields of gamut_request_field(),
 * and "fallback" (one or several), "image", "mask" ... (inputs, one or
 * several), "set" and "option" (objects).  Likewise. */
int32_t cli_batch_add(const struct cli_batch_file *f, struct json_object *o,
                      size_t i, struct gamut_request *r,
                      struct gamut_error *error);

#endif
