/* spans.c - draws the trees of GET /control/otlp (standard input), a line a
 * span:
 *
 *     gamut.request completed
 *       generate_content fal-ai/flux/dev provider retry retry
 *         POST submit 503
 *
 * and refuses them when they are none: ids, parents that are not there,
 * children outside of their parent's time, more than one root of a trace.
 *
 *     spans [PARENT]    the span of the caller, which is not among them */
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPANS_MAX 20000

struct span {
  const char *trace, *id, *parent, *name;
  long long start, end;
  struct json_object *o;
};

static struct span spans[SPANS_MAX];
static size_t n_spans;
static bool wrong;

static void complain(const char *what, const char *name)
{
  printf("wrong: %s: %s\n", what, name);
  wrong = true;
}

static struct json_object *at(struct json_object *o, const char *name)
{
  struct json_object *value = NULL;

  json_object_object_get_ex(o, name, &value);
  return value;
}

static const char *text(struct json_object *o, const char *name)
{
  struct json_object *value = at(o, name);

  return value ? json_object_get_string(value) : "";
}

/* Whatever its type, as text; "" when it is not there. */
static const char *attribute(const struct span *s, const char *key)
{
  struct json_object *list = at(s->o, "attributes");
  size_t i, n = list ? json_object_array_length(list) : 0;
  struct json_object_iter it;

  for (i = 0; i < n; i++) {
    struct json_object *one = json_object_array_get_idx(list, i);

    if (strcmp(text(one, "key"), key) != 0)
      continue;
    json_object_object_foreachC(at(one, "value"), it)
    {
      return json_object_get_string(it.val);
    }
  }
  return "";
}

static int earlier(const void *a, const void *b)
{
  const struct span *x = a, *y = b;

  if (x->start != y->start)
    return x->start < y->start ? -1 : 1;
  return x->end < y->end ? -1 : x->end > y->end;
}

static const struct span *find(const struct span *of)
{
  size_t i;

  for (i = 0; i < n_spans; i++)
    if (strcmp(spans[i].id, of->parent) == 0)
      return &spans[i];
  return NULL;
}

static void check(const struct span *s, const char *caller, size_t *roots)
{
  const struct span *parent = find(s);
  bool root = !*s->parent || strcmp(s->parent, caller) == 0;

  *roots += root;
  if (root)
    return;
  if (!parent)
    complain("its parent is not there", s->name);
  else if (strcmp(parent->trace, s->trace) != 0)
    complain("its parent is in another trace", s->name);
  else if (s->start < parent->start || s->end > parent->end)
    complain("outside of its parent's time", s->name);
}

static void draw(const struct span *s, int depth)
{
  static const char *const shown[] = { "gamut.status", "error.type",
                                       "http.response.status_code" };
  struct json_object *events = at(s->o, "events");
  const char *last = "";
  size_t i, n = events ? json_object_array_length(events) : 0;

  printf("%*s%s", 2 * depth, "", s->name);
  for (i = 0; i < 3; i++) {
    const char *value = attribute(s, shown[i]);

    if (*value && strcmp(value, last) != 0)
      printf(" %s", value);
    last = value;
  }
  for (i = 0; i < n; i++)
    printf(" %s", text(json_object_array_get_idx(events, i), "name"));
  putchar('\n');
  for (i = 0; i < n_spans; i++)
    if (strcmp(spans[i].parent, s->id) == 0)
      draw(&spans[i], depth + 1);
}

static void read_spans(struct json_object *list)
{
  size_t i, n = list ? json_object_array_length(list) : 0;

  for (i = 0; i < n && n_spans < SPANS_MAX; i++) {
    struct json_object *o = json_object_array_get_idx(list, i);

    spans[n_spans++] =
      (struct span){ text(o, "traceId"),
                     text(o, "spanId"),
                     text(o, "parentSpanId"),
                     text(o, "name"),
                     strtoll(text(o, "startTimeUnixNano"), NULL, 10),
                     strtoll(text(o, "endTimeUnixNano"), NULL, 10),
                     o };
  }
  qsort(spans, n_spans, sizeof(*spans), earlier);
}

int main(int argc, char **argv)
{
  size_t room = 32u << 20, n, i, k, roots;
  const char *caller = argc > 1 ? argv[1] : "?";
  char *in = malloc(room);
  struct json_object *o;

  if (!in)
    return 99;
  n = fread(in, 1, room - 1, stdin);
  in[n] = '\0';
  o = json_tokener_parse(in);
  if (!o || *text(o, "wrong"))
    complain("the collector says", o ? text(o, "wrong") : "no JSON");
  read_spans(at(o, "spans"));
  for (i = 0; i < n_spans; i++) {
    roots = 0;
    check(&spans[i], caller, &roots);
    for (k = 0; roots && k < n_spans; k++)
      if (k != i && strcmp(spans[k].trace, spans[i].trace) == 0)
        check(&spans[k], caller, &roots);
    if (roots > 1)
      complain("more than one root", spans[i].trace);
    if (roots)
      draw(&spans[i], 0);
  }
  json_object_put(o);
  free(in);
  return wrong;
}
