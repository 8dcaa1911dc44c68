/* What a caller sees of a result, whoever made it: one line of the result (JSON
 * on standard input) without names, cost, time and the vendor's own words.
 *
 *     plain PROVIDER <result.json    (or what `status --json` says)
 *
 * The message must begin with the name of the provider that failed. */
#include <json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX (1 << 20)

static struct json_object *member(struct json_object *o, const char *name)
{
  struct json_object *value = NULL;

  json_object_object_get_ex(o, name, &value);
  return value;
}

static const char *word(struct json_object *o, const char *name)
{
  const char *text = json_object_get_string(member(o, name));

  return text ? text : "-";
}

static int count(struct json_object *o, const char *name)
{
  struct json_object *list = member(o, name);

  return list ? (int)json_object_array_length(list) : -1;
}

/* "image/ tall", when the file is there and as large as it is said to be. */
static void show_artifact(struct json_object *a)
{
  int w = json_object_get_int(member(a, "width"));
  int h = json_object_get_int(member(a, "height"));
  const char *mime = word(a, "mime"), *path = word(a, "path");
  FILE *f = fopen(path, "rb");
  long size = f && fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;

  if (f)
    fclose(f);
  printf(" %s:%.*s,%s", word(a, "kind"), (int)strcspn(mime, "/"), mime,
         w <= 0 || h <= 0 ? "shapeless"
         : h > w          ? "tall"
                          : "not tall");
  if (size <= 0 || size != json_object_get_int64(member(a, "size")))
    printf(",no such file");
}

static void show(struct json_object *o, const char *provider)
{
  struct json_object *attempts = member(o, "attempts");
  struct json_object *attempt =
    attempts ? json_object_array_get_idx(attempts,
                                         json_object_array_length(attempts) - 1)
             : NULL;
  const char *message = word(o, "message");
  size_t len = strlen(provider);
  int i;

  printf("%s %s withheld=%s differences=%d attempts=%d repeats=%s",
         word(o, "status"), word(o, "class"), word(o, "withheld"),
         count(o, "differences"), count(o, "attempts"),
         word(attempt, "repeats"));
  if (strcmp(message, "-") != 0)
    printf(" %s", strncmp(message, provider, len) == 0 && message[len] == ':'
                    ? "says why"
                    : message);
  if (strcmp(word(o, "status"), "completed") == 0 &&
      strcmp(word(o, "provider"), provider) != 0)
    printf(" by %s", word(o, "provider"));
  for (i = 0; i < count(o, "artifacts"); i++)
    show_artifact(json_object_array_get_idx(member(o, "artifacts"), (size_t)i));
  putchar('\n');
}

int main(int argc, char **argv)
{
  char *text = calloc(1, TEXT_MAX);
  struct json_object *o;

  if (argc != 2 || !text || !fread(text, 1, TEXT_MAX - 1, stdin)) {
    fputs("usage: plain PROVIDER <result.json\n", stderr);
    free(text);
    return 2;
  }
  o = json_tokener_parse(text);
  show(member(o, "result") ? member(o, "result") : o, argv[1]);
  json_object_put(o);
  free(text);
  return 0;
}
