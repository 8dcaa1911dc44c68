/* skus.c - the gateway's price list of a video model, as rows of the catalog.
 *
 * A SKU's name is its rule: what is counted, in dollars or cents, and when it
 * holds ("duration_seconds_with_audio_4k").  The values are strings.  A name
 * with a word that is not known here could mean anything: then the model has no
 * price, which is better than a wrong one.
 */
#include "modelgates.h"
#include <string.h>

#define ROWS_MAX  32
#define WHENS_MAX 4

struct word {
  const char *text;
  const char *when; /* the condition as JSON; NULL: none */
};

/* What stands before and behind the thing that is counted. */
static const struct word words[] = {
  { "text_to_video", "{\"operation\":\"text-to-video\"}" },
  { "image_to_video", "{\"operation\":\"image-to-video\"}" },
  { "reference", "{\"inputs\":\"reference\"}" },
  { "with_video_input", "{\"inputs\":\"video\"}" },
  { "with_audio", "{\"audio\":[true,null]}" },
  { "without_audio", "{\"audio\":false}" },
  { "360p", "{\"resolution\":\"360p\"}" },
  { "480p", "{\"resolution\":\"480p\"}" },
  { "720p", "{\"resolution\":\"720p\"}" },
  { "768p", "{\"resolution\":\"768p\"}" },
  { "1080p", "{\"resolution\":\"1080p\"}" },
  { "1k", "{\"resolution\":\"1K\"}" },
  { "2k", "{\"resolution\":\"2K\"}" },
  { "4k", "{\"resolution\":\"4K\"}" },
  { "precise", "{\"creativity\":[0,null]}" },
  { "creative", "{\"creativity\":1}" },
};

/* Longer ones first: one may begin with another. */
static const struct thing {
  const char *text, *unit;
  double usd;       /* what one of the price's units is */
  const char *role; /* of the inputs that are counted, beside the rest */
  int plus;
} things[] = {
  { "cents_per_video_output_second", "second", 0.01, NULL, 0 },
  { "cents_per_second_output", "second", 0.01, NULL, 0 },
  { "cents_per_megapixel_second", "megapixel_second", 0.01, NULL, 0 },
  { "cents_per_image_input", "input_image", 0.01, NULL, 1 },
  { "minimum_cents_per_generation", NULL, 0.01, NULL, 0 },
  { "reference_images", "input_image", 1, "reference", 1 },
  { "duration_seconds", "second", 1, NULL, 0 },
  { "video_tokens", "video_token", 1, NULL, 0 },
};

struct row {
  const struct thing *thing;
  double value;
  const struct word *whens[WHENS_MAX];
  int n_whens;
};

/* Cut `text` off the front, with the underscore behind it. */
static int cut(const char **at, const char *text)
{
  size_t n = strlen(text);

  if (strncmp(*at, text, n) != 0 || ((*at)[n] != '_' && (*at)[n] != '\0'))
    return 0;
  *at += n + ((*at)[n] == '_');
  return 1;
}

static int cut_word(const char **at, struct row *row)
{
  size_t i;

  for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
    if (row->n_whens == WHENS_MAX || !cut(at, words[i].text))
      continue;
    row->whens[row->n_whens++] = &words[i];
    return 1;
  }
  return 0;
}

static int cut_thing(const char **at, struct row *row)
{
  size_t i;

  for (i = 0; i < sizeof(things) / sizeof(things[0]) && !row->thing; i++) {
    if (!cut(at, things[i].text))
      continue;
    row->thing = &things[i];
    return 1;
  }
  return 0;
}

/* "0.40", as JSON has it: the C library would want the locale's comma. */
static int read_number(struct gamut_call *c, const char *text, double *ret)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *number = h->json_parse(c, text, strlen(text));
  int32_t type = h->json_type(number);

  *ret = h->json_real(number, "", -1);
  return (type == GAMUT_JSON_INT || type == GAMUT_JSON_REAL) && *ret >= 0 &&
         *ret < 1e6;
}

static int read_row(struct gamut_call *c, const char *name,
                    const struct gamut_json *value, struct row *ret)
{
  *ret = (struct row){ 0 };
  while (*name)
    if (!cut_thing(&name, ret) && !cut_word(&name, ret))
      return 0;
  return ret->thing &&
         read_number(c, c->host->json_str(value, "", ""), &ret->value);
}

/* ---- writing ------------------------------------------------------------ */

static void add_whens(struct gamut_call *c, struct gamut_json *out,
                      const struct row *row)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *when = h->json_object(c);
  int i;

  for (i = 0; i < row->n_whens; i++) {
    const char *text = row->whens[i]->when, *name = NULL;
    const struct gamut_json *one = h->json_parse(c, text, strlen(text));
    const struct gamut_json *value = h->json_member(one, 0, &name);

    h->json_set(when, name, value);
  }
  if (row->n_whens > 0)
    h->json_set(out, "when", when);
}

/* `least`: dollars that a generation costs at any rate. */
static void add_row(struct gamut_call *c, struct gamut_json *list,
                    const struct row *row, double least)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *out = h->json_object(c);
  double usd = row->value * row->thing->usd;

  h->json_set_str(out, "unit", row->thing->unit);
  gate_put_number(c, out, "usd", usd, 1e12);
  if (least > 0 && usd > 0 && !row->thing->plus)
    gate_put_number(c, out, "minimum", least / usd, 1e6);
  if (row->thing->plus)
    h->json_set_bool(out, "plus", 1);
  h->json_set_str(out, "role", row->thing->role);
  add_whens(c, out, row);
  h->json_set(list, NULL, out);
}

/* The first row whose conditions hold counts, so those with more come first;
 * what is added, last. */
static int place_of(const struct row *row)
{
  return row->thing->plus ? WHENS_MAX + 1 : WHENS_MAX - row->n_whens;
}

const struct gamut_json *gate_price(struct gamut_call *c,
                                    const struct gamut_json *skus)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *list = h->json_array(c);
  const struct gamut_json *value;
  struct row rows[ROWS_MAX];
  double least = 0;
  const char *name;
  uint32_t i, n = 0;
  int place;

  for (i = 0; (value = h->json_member(skus, i, &name)); i++) {
    if (n == ROWS_MAX || !read_row(c, name, value, &rows[n]))
      return NULL;
    if (rows[n].thing->unit)
      n++;
    else
      least = rows[n].value * rows[n].thing->usd;
  }
  for (place = 0; place <= WHENS_MAX + 1; place++)
    for (i = 0; i < n; i++)
      if (place_of(&rows[i]) == place)
        add_row(c, list, &rows[i], least);
  return n > 0 ? list : NULL;
}
