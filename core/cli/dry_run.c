/* dry_run.c - --dry-run: what would be sent, and what it would cost.
 */
#include "dry_run.h"
#include "print.h"
#include "view.h"
#include <stdlib.h>
#include <string.h>

static void print_price(struct json_object *price)
{
  const char *formula = cli_view_str(price, "formula");
  const char *source = cli_view_str(price, "source");
  const char *checked = cli_view_str(price, "checked");
  const char *why = cli_view_str(price, "why");
  const char *excludes = cli_view_str(price, "excludes");
  int64_t usd = cli_microusd(cli_view_get(price, "usd"));
  char money[48];

  if (usd < 0)
    cli_print(stdout, "  price unknown%s%s%s%s", why ? ": " : "",
              why ? why : "", formula ? "; " : "", formula ? formula : "");
  else
    cli_print(stdout, "  price %s%s%s%s%s%s%s%s%s",
              cli_money(money, usd, !cli_view_bool(price, "sure")),
              formula ? " = " : "", formula ? formula : "",
              excludes ? ", without " : "", excludes ? excludes : "",
              source ? "; " : "", source ? source : "",
              checked ? ", checked " : "", checked ? checked : "");
}

#define LONG_TEXT 160 /* of a string that is a file, by its looks */

/* "data:image/png;base64,<70 bytes>"; what is a file is listed with its hash.
 * NULL: it stays as it is, or there is no memory. */
static struct json_object *shortened(const char *text, size_t len)
{
  const char *comma = strncmp(text, "data:", 5) == 0
                        ? memchr(text, ',', len < 128 ? len : 128)
                        : NULL;
  const char *data = comma ? comma + 1 : text;
  size_t letters = strspn(data, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrs"
                                "tuvwxyz0123456789+/");
  size_t all = len - (size_t)(data - text);
  struct json_object *o;
  char *told;

  if ((!comma && len < LONG_TEXT) || all - letters > 2 ||
      strspn(data + letters, "=") != all - letters)
    return NULL;
  told =
    cli_format("%.*s<%zu bytes>", (int)(data - text), text, letters * 3 / 4);
  o = told ? json_object_new_string(told) : NULL;
  free(told);
  return o;
}

static void shorten_members(struct json_object *o);

/* What stands for it, or NULL; what is inside is shortened in its place. */
static struct json_object *shorten(struct json_object *o)
{
  if (json_object_is_type(o, json_type_string))
    return shortened(json_object_get_string(o),
                     (size_t)json_object_get_string_len(o));
  shorten_members(o);
  return NULL;
}

static void shorten_members(struct json_object *o)
{
  struct json_object *shorter;
  const char *key;
  size_t i;

  for (i = 0; i < cli_view_count(o); i++) {
    shorter = shorten(cli_view_at(o, i));
    if (shorter)
      json_object_array_put_idx(o, i, shorter);
  }
  for (i = 0; (key = cli_view_key(o, i)); i++) {
    shorter = shorten(cli_view_get(o, key));
    if (shorter)
      json_object_object_add(o, key, shorter);
  }
}

/* The document's own lines break; none of its strings can, for JSON escapes
 * control characters.  What is left goes through cli_print() line by line. */
static void print_body(struct json_object *body)
{
  const char *text =
    json_object_is_type(body, json_type_string)
      ? json_object_get_string(body)
      : json_object_to_json_string_ext(body, JSON_C_TO_STRING_PRETTY |
                                               JSON_C_TO_STRING_SPACED |
                                               JSON_C_TO_STRING_NOSLASHESCAPE);

  while (text && *text) {
    size_t len = strcspn(text, "\n");

    cli_print(stdout, "    %.*s", (int)len, text);
    text += len + (text[len] == '\n');
  }
}

static void print_headers(struct json_object *headers)
{
  struct json_object_iterator i, end;

  if (!json_object_is_type(headers, json_type_object))
    return;
  i = json_object_iter_begin(headers);
  end = json_object_iter_end(headers);
  for (; !json_object_iter_equal(&i, &end); json_object_iter_next(&i))
    cli_print(stdout, "    %s: %s", json_object_iter_peek_name(&i),
              json_object_get_string(json_object_iter_peek_value(&i)));
}

static void print_exchange(struct json_object *x)
{
  struct json_object *body = cli_view_get(x, "body");
  const char *method = cli_view_str(x, "method");
  const char *url = cli_view_str(x, "url");
  const char *goes_to = cli_view_str(x, "goes_to");

  cli_print(stdout, "  %s %s", method ? method : "?", url ? url : "?");
  if (goes_to)
    cli_print(stdout, "    goes to %s", goes_to);
  print_headers(cli_view_get(x, "headers"));
  if (!body)
    return;
  shorten_members(body);
  print_body(body);
}

static void print_input(struct json_object *in)
{
  const char *role = cli_view_str(in, "role");
  const char *source = cli_view_str(in, "source");
  const char *hash = cli_view_str(in, "sha256");

  if (hash)
    cli_print(stdout, "%s %s: %lld bytes, SHA-256 %s", role ? role : "input",
              source ? source : "?", (long long)cli_view_int(in, "size"), hash);
  else
    cli_print(stdout, "%s %s", role ? role : "input", source ? source : "?");
}

static void print_link(struct json_object *link)
{
  struct json_object *exchanges = cli_view_get(link, "exchanges");
  struct json_object *notes = cli_view_get(link, "notes");
  struct json_object *error = cli_view_get(link, "error");
  const char *provider = cli_view_str(link, "provider");
  const char *model = cli_view_str(link, "model");
  const char *name = cli_view_str(link, "link");
  const char *operation = cli_view_str(link, "operation");
  const char *from = cli_view_str(link, "resolved_from");
  size_t i;

  if (provider)
    cli_print(stdout, "%s:%s%s%s%s%s%s", provider, model ? model : "?",
              from ? " (" : "", from ? from : "", from ? ")" : "",
              operation ? ", " : "", operation ? operation : "");
  else
    cli_print(stdout, "%s", name ? name : "?");
  if (error)
    cli_print(stdout, "  cannot be used: %s [%s]",
              json_object_get_string(cli_view_get(error, "message")),
              json_object_get_string(cli_view_get(error, "class")));
  else
    print_price(cli_view_get(link, "price"));
  for (i = 0; i < cli_view_count(notes); i++)
    cli_print(stdout, "  %s", json_object_get_string(cli_view_at(notes, i)));
  for (i = 0; i < cli_view_count(exchanges); i++)
    print_exchange(cli_view_at(exchanges, i));
}

static void print_all(struct json_object *all)
{
  struct json_object *links = cli_view_get(all, "links");
  struct json_object *inputs = cli_view_get(all, "inputs");
  size_t i;

  for (i = 0; i < cli_view_count(links); i++)
    print_link(cli_view_at(links, i));
  for (i = 0; i < cli_view_count(inputs); i++)
    print_input(cli_view_at(inputs, i));
}

static int32_t class_named(const char *name)
{
  int32_t c;

  for (c = GAMUT_OK; name && c > -64; c--)
    if (strcmp(gamut_class_name(c), name) == 0)
      return c;
  return GAMUT_E_INVALID;
}

/* As the request would end: 0 when any model can take it, else as the first. */
static int exit_of(struct json_object *links)
{
  size_t i, n = cli_view_count(links);
  struct json_object *error;

  for (i = 0; i < n; i++)
    if (!cli_view_get(cli_view_at(links, i), "error"))
      return 0;
  error = cli_view_get(cli_view_at(links, 0), "error");
  return n ? gamut_class_exit(class_named(cli_view_str(error, "class"))) : 0;
}

int cli_dry_run(const struct cli_args *a, struct gamut *g,
                const struct gamut_request *r)
{
  struct gamut_error error = { 0 };
  struct json_object *all;
  char *text = NULL;
  int rc;

  if (gamut_dry_run(g, r, &text, &error))
    return cli_refuse(a, &error);
  if (cli_args_get(a, CLI_O_JSON))
    puts(text);
  all = cli_view_parse(text);
  gamut_string_free(text);
  if (!all)
    return cli_no_memory();
  if (!cli_args_get(a, CLI_O_JSON))
    print_all(all);
  rc = exit_of(cli_view_get(all, "links"));
  json_object_put(all);
  return rc;
}
