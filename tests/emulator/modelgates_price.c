/* What a video costs, by the names of the SKUs: dollars a second, dollars a
 * token, or cents; the name with the most conditions that hold is taken. */
#include "modelgates.h"

#include <stdlib.h>
#include <string.h>

/* Does a condition stand in the name?  Then it must hold. */
static bool condition(const char *name, const char *word, bool holds,
                      int *count, bool *fits)
{
  if (!strstr(name, word))
    return false;
  ++*count;
  *fits = *fits && holds;
  return true;
}

/* How many conditions hold; -1: one of them does not. */
static int rank(const char *name, const struct gate_want *w)
{
  static const char *const resolutions[] = { "_480p", "_720p", "_768p",
                                             "_1080p", "_4k" };
  bool given = w->frames || w->pictures || w->clips, fits = true;
  int count = 0;
  size_t i;

  condition(name, "_with_audio", w->audio, &count, &fits);
  condition(name, "_without_audio", !w->audio, &count, &fits);
  condition(name, "_with_video_input", w->clips > 0, &count, &fits);
  condition(name, "text_to_video_", !given, &count, &fits);
  condition(name, "image_to_video_", given, &count, &fits);
  condition(name, "reference_duration", w->pictures > 0, &count, &fits);
  condition(name, "_continuation", w->continues, &count, &fits);
  condition(name, "_precise", w->creativity < 1, &count, &fits);
  condition(name, "_creative", w->creativity > 0, &count, &fits);
  for (i = 0; i < EM_LEN(resolutions); i++)
    condition(name, resolutions[i],
              !strcasecmp(resolutions[i] + 1, w->resolution), &count, &fits);
  return fits ? count : -1;
}

/* Dollars for the whole video at this price. */
static double amount(const char *name, double value, const struct gate_want *w)
{
  double pixels = (double)w->width * w->height, seconds = w->seconds;

  if (strstr(name, "video_tokens"))
    return value * pixels * seconds * 24 / 1024;
  if (strstr(name, "megapixel_second"))
    return value / 100 * pixels / (1024.0 * 1024) * seconds;
  return (strstr(name, "cents_per_") ? value / 100 : value) * seconds;
}

/* Beside the length: what comes on top, and the least. */
static bool is_extra(const char *name, double value, const struct gate_want *w,
                     double *extra, double *least)
{
  if (!strcmp(name, "cents_per_image_input"))
    *extra += value / 100 * (w->frames + w->pictures);
  else if (!strcmp(name, "reference_images"))
    *extra += value * w->pictures;
  else if (!strcmp(name, "minimum_cents_per_generation"))
    *least = value / 100;
  else
    return false;
  return true;
}

int64_t gate_cost(const struct gate_want *w)
{
  const char *p = w->video->skus;
  double usd = 0, extra = 0, least = 0;
  int best = -1, here;
  char name[80];

  while (*p) {
    size_t n = strcspn(p, "=");
    double value = strtod(p + n + 1, NULL);

    if (n >= sizeof(name))
      break;
    memcpy(name, p, n);
    name[n] = '\0';
    here = rank(name, w);
    if (!is_extra(name, value, w, &extra, &least) && here > best) {
      best = here;
      usd = amount(name, value, w);
    }
    p += strcspn(p, " ");
    p += *p == ' ';
  }
  usd += extra;
  usd = usd < least ? least : usd;
  return (int64_t)(usd * 1e6 + 0.5);
}
