/* page.c - writes index.html: the files of core/cli/page with the jobs between
 * them as JSON.
 *
 * What people and vendors wrote goes into the page as data only, in which no
 * "<" is left that could end it, and the page's script makes text of it, never
 * markup.  A word that nobody could know beforehand (the nonce) lets that one
 * script run and no other.
 */
#include "page.h"
#include "folder.h"
#include "out.h"
#include "page_text.h"
#include "view.h"
#include <errno.h>
#include <gamut/gamut.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NONCE_BYTES 16
#define OURS        "name=\"generator\" content=\"gamut\""

/* ---- the data --------------------------------------------------------------
 */

static void copy(struct json_object *to, struct json_object *row,
                 const char *name)
{
  struct json_object *v = cli_view_get(row, name);

  if (v)
    json_object_object_add(to, name, json_object_get(v));
}

/* All but where files are on this machine, and their addresses at the vendor:
 * the folder may be given to others. */
static struct json_object *page_row(const struct cli_page *p,
                                    struct json_object *row)
{
  static const char *const members[] = {
    "id",       "state",    "provider",       "model",   "resolved_from",
    "prompt",   "began_at", "took_ms",        "class",   "message",
    "cost_usd", "settled",  "cost_estimated", "request", "withheld",
    "facts",    "cache_hit"
  };
  struct json_object *o = json_object_new_object();
  struct json_object *outputs = cli_media_outputs(p, row);
  size_t i;

  for (i = 0; i < sizeof(members) / sizeof(members[0]); i++)
    copy(o, row, members[i]);
  if (outputs)
    json_object_object_add(o, "outputs", outputs);
  return o;
}

static struct json_object *page_data(const struct cli_page *p)
{
  struct json_object *o = json_object_new_object();
  struct json_object *jobs = json_object_new_array();
  size_t i, n = cli_view_count(p->jobs);
  time_t now = time(NULL);
  char at[32] = "";
  struct tm tm;

  if (gmtime_r(&now, &tm))
    strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ", &tm);
  for (i = 0; i < n; i++)
    json_object_array_add(jobs, page_row(p, cli_view_at(p->jobs, i)));
  json_object_object_add(o, "title", json_object_new_string(p->title));
  json_object_object_add(o, "version", json_object_new_string(gamut_version()));
  json_object_object_add(o, "made_at", json_object_new_string(at));
  json_object_object_add(o, "compare", json_object_new_boolean(p->compare));
  json_object_object_add(o, "jobs", jobs);
  return o;
}

/* JSON that means nothing to a reader of HTML, nor to one of scripts (for which
 * U+2028 and U+2029 end lines).  All of these stand in strings only. */
static void put_data(FILE *to, const char *json)
{
  for (; *json; json++) {
    if (strchr("<>&", *json))
      fprintf(to, "\\u%04x", (unsigned)(unsigned char)*json);
    else if (strncmp(json, "\xe2\x80\xa8", 3) == 0 ||
             strncmp(json, "\xe2\x80\xa9", 3) == 0) {
      fprintf(to, "\\u202%c", json[2] == '\xa8' ? '8' : '9');
      json += 2;
    } else {
      fputc(*json, to);
    }
  }
}

/* ---- the page --------------------------------------------------------------
 */

static bool make_nonce(char ret[2 * NONCE_BYTES + 1])
{
  unsigned char bytes[NONCE_BYTES];
  FILE *random = fopen("/dev/urandom", "re");
  bool ok = random && fread(bytes, 1, sizeof(bytes), random) == sizeof(bytes);
  size_t i;

  if (random)
    fclose(random);
  for (i = 0; ok && i < sizeof(bytes); i++)
    snprintf(ret + 2 * i, 3, "%02x", (unsigned)bytes[i]);
  return ok;
}

static void put_lines(FILE *to, const char *const *lines)
{
  for (; *lines; lines++)
    fputs(*lines, to);
}

/* A line of page.html, @NONCE@ filled in. */
static void put_line(FILE *to, const char *line, const char *nonce)
{
  static const char mark[] = "@NONCE@";
  const char *at;

  for (; (at = strstr(line, mark)); line = at + strlen(mark)) {
    fwrite(line, 1, (size_t)(at - line), to);
    fputs(nonce, to);
  }
  fputs(line, to);
}

static void put_page(FILE *to, const char *json, const char *nonce)
{
  const char *const *line;

  for (line = cli_page_html; *line; line++) {
    if (strcmp(*line, "@STYLE@\n") == 0)
      put_lines(to, cli_page_css);
    else if (strcmp(*line, "@SCRIPT@\n") == 0)
      put_lines(to, cli_page_js);
    else if (strcmp(*line, "@DATA@\n") == 0)
      put_data(to, json);
    else
      put_line(to, *line, nonce);
  }
}

static int refuse(const char *path)
{
  cli_error("cannot write '%s': %s", path, strerror(errno));
  return CLI_STORAGE;
}

/* Whole or not at all: under another name first. */
static int write_file(const char *path, const char *json)
{
  char nonce[2 * NONCE_BYTES + 1];
  char *part = cli_format("%s.part", path);
  FILE *to = part && make_nonce(nonce) ? fopen(part, "we") : NULL;
  bool ok;
  int rc = 0;

  if (!to) {
    rc = part ? refuse(path) : cli_no_memory();
    free(part);
    return rc;
  }
  put_page(to, json, nonce);
  ok = !ferror(to);
  if (fclose(to) || !ok || rename(part, path)) {
    rc = refuse(path);
    unlink(part);
  }
  free(part);
  return rc;
}

/* An index.html that is there is one of ours, or stays. */
static int check_ours(const char *option, const char *path)
{
  FILE *from = fopen(path, "re");
  char head[2048];
  size_t n;

  if (!from)
    return 0;
  n = fread(head, 1, sizeof(head) - 1, from);
  head[n] = '\0';
  fclose(from);
  if (strstr(head, OURS))
    return 0;
  cli_error("'%s' is there, and not a page of gamut: name another folder by "
            "%s",
            path, option);
  return CLI_USAGE;
}

int cli_page_check(const char *option, const char *folder)
{
  char *path = cli_format("%s/index.html", folder);
  int rc = path ? cli_folder_make(option, folder) : cli_no_memory();

  if (rc == 0)
    rc = check_ours(option, path);
  free(path);
  return rc;
}

int cli_page_write(const struct cli_page *p)
{
  char *path = cli_format("%s/index.html", p->folder);
  struct json_object *data = NULL;
  int rc = path ? cli_page_check(p->option, p->folder) : cli_no_memory();

  if (rc == 0) {
    data = page_data(p);
    rc = write_file(
      path, json_object_to_json_string_ext(
              data, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
  }
  json_object_put(data);
  free(path);
  return rc;
}
