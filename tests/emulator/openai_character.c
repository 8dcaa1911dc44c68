/* Characters: people cut out of a clip, whom later videos may name. */
#include "openai.h"

#include <string.h>

#define PEOPLE 32 /* the newest */

static struct person {
  char id[OPENAI_ID_SIZE], name[81];
  long long created;
} people[PEOPLE];
static size_t n_people;

static const struct person *find(const char *id)
{
  size_t i;

  for (i = 0; i < PEOPLE; i++)
    if (*people[i].id && !strcmp(people[i].id, id))
      return &people[i];
  return NULL;
}

bool openai_has_character(const char *id)
{
  return find(id) != NULL;
}

static void answer(struct em_request *rq, const struct person *p)
{
  struct em_buf *b = &rq->reply.body;

  em_buf_printf(b, "{\"id\":\"%s\",\"name\":", p->id);
  em_buf_json(b, p->name);
  em_buf_printf(b, ",\"created_at\":%lld}", p->created);
  rq->reply.status = 200;
}

static void create(struct em_request *rq)
{
  struct openai_input in;
  const struct openai_file *clip;
  const char *name;
  struct person *p;

  if (!openai_parse(rq, &in))
    return;
  name = openai_text(&in, "name");
  clip = openai_file(&in, "video");
  if (!name || !*name || strlen(name) >= sizeof(people[0].name) || !clip ||
      strcmp(clip->type, "video/mp4") != 0) {
    openai_error(rq, 400, "invalid_request_error", clip ? "name" : "video",
                 "invalid_value",
                 "A name of 1 to 80 characters and a video/mp4 are needed.");
  } else {
    p = &people[n_people++ % PEOPLE];
    openai_new_id(rq->server, "char_", p->id);
    *p->name = '\0';
    strncat(p->name, name, sizeof(p->name) - 1);
    p->created = em_wall_us() / 1000000;
    answer(rq, p);
  }
  openai_input_finish(&in);
}

void openai_characters(struct em_request *rq, const char *path)
{
  const struct person *p = *path == '/' ? find(path + 1) : NULL;

  rq->phase = EM_OTHER;
  if (!*path && em_method(rq, "POST"))
    create(rq);
  else if (p && em_method(rq, "GET"))
    answer(rq, p);
  else
    openai_error(rq, 404, "invalid_request_error", NULL, NULL,
                 "No such character: %.80s", path);
}
