/* look.h - what is in a document, by name; all borrowed. */
#ifndef TESTS_CRASH_LOOK_H
#define TESTS_CRASH_LOOK_H

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

static inline struct json_object *at(struct json_object *o, const char *name)
{
  struct json_object *value = NULL;

  json_object_object_get_ex(o, name, &value);
  return value;
}

static inline const char *text(struct json_object *o, const char *name)
{
  const char *value = json_object_get_string(at(o, name));

  return value ? value : "";
}

static inline double usd(struct json_object *o, const char *name)
{
  return json_object_get_double(at(o, name));
}

/* To be released; ends the program when there is none. */
static inline struct json_object *load(const char *path)
{
  struct json_object *o = json_object_from_file(path);

  if (o)
    return o;
  printf("FAIL no JSON in %s\n", path);
  exit(1);
}

#endif
