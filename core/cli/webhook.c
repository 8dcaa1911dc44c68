/* webhook.c - `gamut webhook verify`: is a delivery genuine, and what does it
 * say?  `gamut webhook listen` is in listen.c.
 *
 * The headers are a file of "Name: value" lines, as `curl -i` and most servers
 * write them; a request line before them does no harm.
 */
#include "cli.h"
#include "listen.h"
#include "view.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEADERS   256
#define BODY_SIZE ((size_t)16 << 20)

struct delivery {
  const char *provider;
  char *text; /* of the header file, cut into pieces */
  const char *headers[2 * HEADERS + 1];
  char *body;
  size_t body_len;
};

/* The whole file with a NUL behind it; NULL after saying why not. */
static char *read_all(const char *path, size_t *ret_len)
{
  FILE *from = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
  char *text = malloc(BODY_SIZE + 1);
  bool bad = !from || !text;

  if (!bad) {
    *ret_len = fread(text, 1, BODY_SIZE, from);
    bad = ferror(from) != 0;
  }
  if (bad) {
    cli_error("cannot read '%s': %s", path, strerror(errno));
    free(text);
    text = NULL;
  } else {
    text[*ret_len] = '\0';
  }
  if (from && from != stdin)
    fclose(from);
  return text;
}

/* A line without a colon is a request line, or blank. */
static void split_headers(struct delivery *d)
{
  char *line = d->text, *end, *colon;
  size_t n = 0;

  for (; *line && n < HEADERS; line = end) {
    end = line + strcspn(line, "\r\n");
    if (*end)
      *end++ = '\0';
    colon = strchr(line, ':');
    if (!colon || strcspn(line, " \t") < (size_t)(colon - line))
      continue;
    *colon = '\0';
    d->headers[2 * n] = line;
    d->headers[2 * n + 1] = colon + 1 + strspn(colon + 1, " \t");
    n++;
  }
}

static int32_t verify(struct gamut *g, const void *about, char **ret_json,
                      struct gamut_error *ret_error)
{
  const struct delivery *d = about;

  return gamut_webhook_verify(g, d->provider, d->headers, d->body, d->body_len,
                              ret_json, ret_error);
}

void cli_print_delivery(struct json_object *o)
{
  const char *state = cli_view_str(o, "state"), *job = cli_view_str(o, "job");
  const char *delivery = cli_view_str(o, "delivery");
  const char *message = cli_view_str(o, "message");

  cli_print(stdout, "genuine: job %s %s%s%s", job ? job : "not named",
            state ? state : "in a state not named", message ? ": " : "",
            message ? message : "");
  if (delivery)
    cli_print(stdout, "  delivery %s", delivery);
}

static int run_verify(const struct cli_args *a)
{
  const char *headers = cli_args_get(a, CLI_O_HEADERS);
  const char *body = cli_args_get(a, CLI_O_BODY);
  struct delivery d = { 0 };
  struct json_object *answer = NULL;
  size_t len = 0;
  int rc = CLI_USAGE;

  if (a->n_words != 2 || !headers || !body) {
    cli_error("'gamut webhook verify' needs %s", a->n_words != 2 ? "a provider"
                                                 : !headers ? "--headers FILE"
                                                            : "--body FILE");
    cli_hint("gamut help webhook explains");
    return CLI_USAGE;
  }
  d.provider = a->words[1];
  d.text = read_all(headers, &len);
  d.body = d.text ? read_all(body, &d.body_len) : NULL;
  if (d.body) {
    split_headers(&d);
    rc = cli_look(a, verify, &d, &answer);
  }
  if (rc == 0 && !cli_args_get(a, CLI_O_JSON))
    cli_print_delivery(answer);
  json_object_put(answer);
  free(d.text);
  free(d.body);
  return rc;
}

int cli_run_webhook(const struct cli_args *a)
{
  return strcmp(a->words[0], "listen") == 0 ? cli_run_listen(a) : run_verify(a);
}
