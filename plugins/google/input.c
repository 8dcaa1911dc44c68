/* input.c - the request's fields and inputs in Google's shapes.
 *
 * The caller's own words (`extra`) have the last say: a value replaces what the
 * normalised fields gave.
 */
#include "google.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void google_wrong(struct google *g, int32_t error_class, const char *fmt, ...)
{
  char text[400];
  va_list ap;

  if (g->wrong)
    return;
  va_start(ap, fmt);
  vsnprintf(text, sizeof(text), fmt, ap);
  va_end(ap);
  g->wrong = g->h->text(g->c, "%s", text);
  g->wrong_class = error_class;
}

int32_t google_refuse(struct google *g)
{
  return g->h->fail(g->c, g->wrong_class, "%s", g->wrong);
}

int google_is_plain(const char *s, const char *more)
{
  for (; *s; s++)
    if (!(*s >= '0' && *s <= '9') && !(*s >= 'a' && *s <= 'z') &&
        !(*s >= 'A' && *s <= 'Z') && !strchr(more, *s))
      return 0;
  return 1;
}

int google_in(const char *word, const char *list)
{
  size_t len = strlen(word), n;

  for (; *list; list += n + strspn(list + n, " ")) {
    n = strcspn(list, " ");
    if (n == len && strncmp(list, word, n) == 0)
      return 1;
  }
  return 0;
}

int google_is(struct google *g, const struct gamut_json *v, const char *want)
{
  const char *text =
    g->h->json_type(v) > GAMUT_JSON_NULL ? g->h->json_text(g->c, v) : NULL;

  return text && strcmp(text, want) == 0;
}

/* ---- fields ------------------------------------------------------------- */

const struct gamut_json *google_ask(struct google *g, const char *name)
{
  const struct gamut_json *v = g->h->json_get(g->c->request, name);

  return g->h->json_type(v) > GAMUT_JSON_NULL ? v : NULL;
}

void google_set_any(struct google *g, struct gamut_json *to, const char *name,
                    const char *from)
{
  const struct gamut_json *v = google_ask(g, from);

  if (v)
    g->h->json_set(to, name, v);
}

void google_set_int(struct google *g, struct gamut_json *to, const char *name,
                    const char *from)
{
  const struct gamut_json *v = google_ask(g, from);
  double number = g->h->json_real(v, "", 0);
  int64_t whole = (int64_t)number;

  if (!v)
    return;
  if ((double)whole < number || (double)whole > number)
    google_wrong(g, GAMUT_E_UNSUPPORTED, "%s takes whole numbers for %s",
                 g->h->json_str(g->c->request, "model", ""), from);
  g->h->json_set_int(to, name, whole);
}

/* A percentage, which the command line gives as text; -1: it is none. */
static int64_t percent(struct google *g, const struct gamut_json *v)
{
  const char *text = g->h->json_str(v, "", NULL);
  const struct gamut_json *number =
    text ? g->h->json_parse(g->c, text, strlen(text)) : v;
  int64_t n = g->h->json_type(number) == GAMUT_JSON_INT
                ? g->h->json_int(number, "", -1)
                : -1;

  return n > 100 ? -1 : n;
}

struct gamut_json *google_output(struct google *g)
{
  const struct gamut_host *h = g->h;
  const char *format = h->json_str(g->c->request, "format", NULL);
  const struct gamut_json *quality = google_ask(g, "quality");
  struct gamut_json *options = h->json_object(g->c);

  if (!format && !quality)
    return NULL;
  if (g->studio)
    google_wrong(g, GAMUT_E_INVALID,
                 "the Gemini API lets nobody choose the file format; Vertex "
                 "(google:%s) does",
                 google_model(g));
  if (format)
    h->json_set_str(options, "mimeType", h->text(g->c, "image/%s", format));
  if (quality && percent(g, quality) < 0)
    google_wrong(g, GAMUT_E_UNSUPPORTED,
                 "quality is a number from 0 to 100, for jpeg");
  if (quality)
    h->json_set_int(options, "compressionQuality", percent(g, quality));
  return options;
}

/* ---- the caller's own words --------------------------------------------- */

const struct gamut_json *google_extra(struct google *g, const char *name)
{
  return g->h->json_get(g->c->request, g->h->text(g->c, "extra/%s", name));
}

void google_add(struct google *g, struct gamut_json *to,
                const struct gamut_json *from, const char *list, int in)
{
  const struct gamut_json *v;
  const char *name;
  uint32_t n;

  for (n = 0; (v = g->h->json_member(from, n, &name)); n++)
    if (google_in(name, list) == in && g->h->json_type(v) > GAMUT_JSON_NULL)
      g->h->json_set(to, name, v);
}

void google_take(struct google *g, struct gamut_json *to, const char *list)
{
  google_add(g, to, g->h->json_get(g->c->request, "extra"), list, 1);
}

void google_leave(struct google *g, struct gamut_json *to, const char *list)
{
  google_add(g, to, g->h->json_get(g->c->request, "extra"), list, 0);
}

void google_forbid(struct google *g, const struct gamut_json *from,
                   const char *list)
{
  const char *name;
  uint32_t n;

  for (n = 0; g->h->json_member(from, n, &name); n++)
    if (google_in(name, list))
      google_wrong(g, GAMUT_E_INVALID, "%s is not offered by %s", name,
                   g->studio ? "the Gemini API, only on Vertex" : "Vertex");
}

/* ---- inputs ------------------------------------------------------------- */

uint32_t google_count(struct google *g, const char *role)
{
  uint32_t i, n = 0;

  for (i = 0; i < g->c->n_inputs; i++)
    n += strcmp(g->h->input_info(g->c, i, "role"), role) == 0;
  return n;
}

int32_t google_input(struct google *g, const char *role, uint32_t n)
{
  uint32_t i;

  for (i = 0; i < g->c->n_inputs; i++)
    if (strcmp(g->h->input_info(g->c, i, "role"), role) == 0 && n-- == 0)
      return (int32_t)i;
  return -1;
}

int google_is_gs(const char *url)
{
  return url && strncmp(url, "gs://", 5) == 0;
}

/* Of what is not here the ending of the name has to say it. */
const char *google_mime(struct google *g, uint32_t input)
{
  static const struct {
    char ending[6], mime[11];
  } rows[] = {
    { ".png", "image/png" },   { ".jpg", "image/jpeg" },
    { ".jpeg", "image/jpeg" }, { ".webp", "image/webp" },
    { ".heic", "image/heic" }, { ".heif", "image/heif" },
    { ".mp4", "video/mp4" },   { ".mov", "video/mov" },
    { ".webm", "video/webm" },
  };
  const char *mime = g->h->input_info(g->c, input, "mime");
  const char *url = g->h->input_info(g->c, input, "url");
  size_t i, n, len = url ? strcspn(url, "?#") : 0;

  if (!mime && url && strncmp(url, "data:", 5) == 0)
    return g->h->text(g->c, "%.*s", (int)strcspn(url + 5, ";,"), url + 5);
  for (i = 0; !mime && i < sizeof(rows) / sizeof(rows[0]); i++) {
    n = strlen(rows[i].ending);
    if (len > n && strncmp(url + len - n, rows[i].ending, n) == 0)
      mime = rows[i].mime;
  }
  return mime ? mime : "image/png";
}

struct gamut_json *google_image(struct google *g, uint32_t input)
{
  const struct gamut_host *h = g->h;
  const char *url = h->input_info(g->c, input, "url");
  struct gamut_json *image = h->json_object(g->c);

  if (google_is_gs(url) && g->studio)
    google_wrong(g, GAMUT_E_INVALID, "gs:// addresses need Vertex");
  else if (google_is_gs(url))
    h->json_set_str(image, "gcsUri", url);
  else
    h->json_set_input(image, "bytesBase64Encoded", input, GAMUT_AS_BASE64);
  h->json_set_str(image, "mimeType", google_mime(g, input));
  return image;
}
