/* http_ca.c - which certificates are trusted.
 *
 * Debian's libcurl has both a bundle and a folder as its defaults.  With both
 * set, its CA cache stays off and each new connection parses the whole bundle
 * (20 ms).  So exactly one is set: for a short-lived process the folder, of
 * which only what is needed is read; else the bundle, parsed once. */
#include "loop/http_private.h"
#include <dirent.h>
#include <errno.h>
#include <gamut/plugin.h>
#include <string.h>
#include <unistd.h>

/* Made by c_rehash: names like "5ed36f99.0". */
static bool is_hashed(const char *folder)
{
  DIR *d = opendir(folder);
  struct dirent *e;
  bool found = false;

  if (!d)
    return false;
  while (!found && (e = readdir(d)) != NULL)
    found = strlen(e->d_name) == 10 &&
            strspn(e->d_name, "0123456789abcdef") == 8 &&
            strcmp(e->d_name + 8, ".0") == 0;
  closedir(d);
  return found;
}

static void choose(struct gm_http *h)
{
  const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

  h->ca_known = true;
  if (h->ca_file) {
    h->ca_bundle = h->ca_file;
    return;
  }
  if (info->age >= CURLVERSION_SEVENTH) {
    h->ca_bundle = info->cainfo;
    h->ca_folder = info->capath;
  }
  if (h->ca_bundle && access(h->ca_bundle, R_OK) < 0)
    h->ca_bundle = NULL;
  if (h->ca_folder && h->ca_bundle) {
    if (h->one_shot && is_hashed(h->ca_folder))
      h->ca_bundle = NULL;
    else
      h->ca_folder = NULL;
  }
}

int32_t gm_http_check_ca(const struct gm_http *h, struct gm_error *err)
{
  if (!h->ca_file || !access(h->ca_file, R_OK))
    return 0;
  return gm_fail(err, GAMUT_E_INVALID, "CA file '%s': %s", h->ca_file,
                 strerror(errno));
}

CURLcode gm_http_slot_ca(struct gm_http_slot *s)
{
  struct gm_http *h = s->http;
  CURLcode code;

  if (s->has_ca)
    return CURLE_OK;
  if (!h->ca_known)
    choose(h);
  s->has_ca = true;
  if (!h->ca_bundle && !h->ca_folder)
    return CURLE_OK; /* a TLS library that knows the system's own store */
  code = curl_easy_setopt(s->easy, CURLOPT_CAINFO, h->ca_bundle);
  if (!code)
    code = curl_easy_setopt(s->easy, CURLOPT_CAPATH, h->ca_folder);
  s->has_ca = !code;
  return code;
}
