/* The files that Runway is given: an https URL of a named host, a small data:
 * URI, or what was uploaded before.  Nothing is fetched here; a URL with
 * "missing" in it stands for one that cannot be. */
#include "runway.h"

#include <string.h>

#define URL_MAX  2048
#define DATA_MAX 5000000

static const char *data_is_wrong(const char *uri)
{
  static const char *const types[] = { "data:image/png;", "data:image/jpeg;",
                                       "data:image/jpg;", "data:image/webp;",
                                       "data:video/",     "data:audio/" };
  const char *data = strstr(uri, ";base64,");
  bool known = false;
  size_t i, n;

  for (i = 0; i < EM_LEN(types); i++)
    known = known || em_starts(uri, types[i]);
  if (!data)
    return "Invalid data URI";
  data += strlen(";base64,");
  n = strspn(data, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                   "0123456789+/");
  if (!n || strspn(data + n, "=") > 2 || data[n + strspn(data + n, "=")])
    return "Invalid data URI";
  if (!known)
    return "Unsupported asset type";
  return strlen(uri) > DATA_MAX ? "Asset size exceeds 5.0MB." : NULL;
}

static const char *url_is_wrong(const char *url)
{
  const char *host = strstr(url, "://");
  size_t n;

  if (!host || strlen(url) > URL_MAX)
    return "Invalid URL";
  if (!em_starts(url, "https://"))
    return "Only HTTPS URLs are allowed";
  host += 3;
  n = strcspn(host, "/:?#");
  if (!n || *host == '[' || strspn(host, "0123456789.") == n ||
      em_streq_n("localhost", host, n))
    return "URLs must be hosted on a domain";
  if (strstr(url, "missing"))
    return "Failed to fetch asset. Received HTTP response code \"404\".";
  return NULL;
}

void runway_uri_check(struct json_object *uri, const char *path,
                      struct em_buf *issues)
{
  const char *s = json_object_get_string(uri), *wrong;

  if (!json_object_is_type(uri, json_type_string)) {
    runway_issue(issues, "invalid_type", path,
                 "Invalid input: expected string");
    return;
  }
  if (em_starts(s, "data:"))
    wrong = data_is_wrong(s);
  else if (em_starts(s, "runway://"))
    wrong = runway_is_stored(s) ? NULL : "Invalid or expired upload";
  else
    wrong = url_is_wrong(s);
  if (wrong)
    runway_issue(issues, "custom", path, "%s", wrong);
}
