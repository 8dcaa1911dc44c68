/* engine_ask.c - from what lies beside a recording to a request of the public
 * interface, in the surroundings that the client had: its variables and files.
 */
#include "base/str.h"
#include "golden/cases.h"
#include "golden/engine.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- surroundings ------------------------------------------------------- */

/* {PORT} and {BASE} stand for the emulator. */
static void fill(const struct engine *e, const char *text, struct gm_buf *out)
{
  while (*text) {
    if (gm_starts(text, "{PORT}") || gm_starts(text, "{BASE}")) {
      gm_buf_addf(out, text[1] == 'B' ? "http://127.0.0.1:%u" : "%u", e->port);
      text += 6;
    } else {
      gm_buf_addc(out, *text++);
    }
  }
}

/* A key where the recording has a placeholder; made once. */
static const char *private_key(void)
{
  static char key[8192];
  FILE *in;
  size_t n;

  if (key[0])
    return key;
  in = popen("openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 "
             "2>/dev/null",
             "r");
  if (!in)
    return NULL;
  n = fread(key, 1, sizeof(key) - 1, in);
  key[n] = '\0';
  pclose(in);
  return key[0] ? key : NULL;
}

static void make_folders(const char *path)
{
  char part[4096];
  size_t i;

  for (i = 1; path[i] && i < sizeof(part); i++) {
    if (path[i] != '/')
      continue;
    memcpy(part, path, i);
    part[i] = '\0';
    if (mkdir(part, 0700) && errno != EEXIST)
      return;
  }
}

static bool write_file(struct engine *e, const char *name,
                       struct json_object *content)
{
  char path[4096];
  FILE *out;
  bool ok;

  if (gm_starts(gm_json_str(content, "private_key", ""), "<")) {
    if (!private_key())
      return engine_differs(e, "no openssl to make a key with");
    json_object_object_add(content, "private_key",
                           json_object_new_string(private_key()));
  }
  snprintf(path, sizeof(path), "%s/%s", e->scratch, name);
  make_folders(path);
  out = fopen(path, "w");
  ok = out && fputs(json_object_is_type(content, json_type_string)
                      ? json_object_get_string(content)
                      : json_object_to_json_string_ext(
                          content, JSON_C_TO_STRING_NOSLASHESCAPE),
                    out) >= 0;
  if (out && fclose(out))
    ok = false;
  return ok || engine_differs(e, "cannot write %s", path);
}

/* A variable that names one of the files, or its folder, becomes absolute. */
static bool names_file(const struct engine *e, const char *value)
{
  struct json_object *files = gm_json_at(e->recording, "files");
  const char *name;
  size_t i, n = strlen(value);

  for (i = 0; (name = golden_member(files, i)); i++)
    if (gm_streq(name, value) ||
        (n > 0 && strncmp(name, value, n) == 0 && name[n] == '/'))
      return true;
  return false;
}

bool engine_enter(struct engine *e)
{
  struct json_object *env = gm_json_at(e->recording, "env");
  struct json_object *files = gm_json_at(e->recording, "files");
  const char *name;
  size_t i;

  for (i = 0; (name = golden_member(files, i)); i++)
    if (!write_file(e, name, json_object_object_get(files, name))) /* no path */
      return false;
  for (i = 0; (name = golden_member(env, i)); i++) {
    _cleanup_(gm_buf_finish) struct gm_buf value = GM_BUF_INIT(65536);
    const char *text = gm_json_str(env, name, "");

    if (names_file(e, text))
      gm_buf_addf(&value, "%s/", e->scratch);
    fill(e, text, &value);
    setenv(name, gm_buf_text(&value), 1);
  }
  setenv("GAMUT_ENDPOINTS", e->map, 1);
  setenv("HOME", e->scratch, 1);
  return true;
}

void engine_leave(struct engine *e)
{
  struct json_object *env = gm_json_at(e->recording, "env");
  const char *name;
  size_t i;

  for (i = 0; (name = golden_member(env, i)); i++)
    unsetenv(name);
  unsetenv("GAMUT_ENDPOINTS");
}

/* ---- settings ----------------------------------------------------------- */

const char *engine_provider(const struct engine *e)
{
  return gm_json_str(e->ask, "provider", e->vendor);
}

static bool set(struct engine *e, const char *name, const char *value)
{
  struct gamut_error error;

  if (gamut_set(e->g, name, value, &error) == 0)
    return true;
  return engine_differs(e, "%s: %s", name, error.message);
}

static bool set_all(struct engine *e, const char *group, const char *prefix)
{
  struct json_object *o = engine_ask(e, group);
  const char *key;
  char name[200];
  size_t i;

  for (i = 0; (key = golden_member(o, i)); i++) {
    snprintf(name, sizeof(name), "%s%s%s", prefix, *prefix ? "." : "", key);
    if (!set(e, name, json_object_get_string(gm_json_at(o, key))))
      return false;
  }
  return true;
}

/* As often as the recording has exchanges, and with short waits in between.  No
 * case opens a breaker for those behind it. */
bool engine_open(struct engine *e)
{
  const struct gamut_options options = { .struct_size = sizeof(options),
                                         .flags = GAMUT_NO_CONFIG };
  struct gamut_error error;
  char tries[20];

  snprintf(tries, sizeof(tries), "%zu",
           GM_MIN(GM_MAX(gm_json_count(e->play, "exchanges"), 1), 20));
  if (gamut_open(&options, &e->g, &error))
    return engine_differs(e, "%s", error.message);
  return set(e, "poll_interval", "20ms") && set(e, "retry_attempts", tries) &&
         set(e, "breaker", "no") && set_all(e, "set", engine_provider(e)) &&
         set_all(e, "settings", "");
}

/* ---- the request -------------------------------------------------------- */

typedef int32_t add_fn(struct gamut_request *r, const char *name,
                       const char *value, struct gamut_error *error);

static int32_t add_each(struct gamut_request *r, struct json_object *o,
                        add_fn *add, struct gamut_error *error)
{
  const char *name;
  int32_t rc = 0;
  size_t i;

  for (i = 0; rc == 0 && (name = golden_member(o, i)); i++)
    rc = add(r, name, json_object_to_json_string(gm_json_at(o, name)), error);
  return rc;
}

static int32_t add_size(struct gamut_request *r, struct json_object *fields,
                        struct gamut_error *error)
{
  char size[60];

  snprintf(size, sizeof(size), "%lldx%lld",
           (long long)gm_json_i64(fields, "width", 0),
           (long long)gm_json_i64(fields, "height", 0));
  return gamut_request_set(r, "size", size, error);
}

static int32_t add_link(const struct engine *e, struct gamut_request *r,
                        const char *model, struct gamut_error *error)
{
  char link[300];

  snprintf(link, sizeof(link), "%s:%s", engine_provider(e), model);
  return gamut_request_link(r, link, error);
}

static int32_t add_field(const struct engine *e, struct gamut_request *r,
                         struct json_object *fields, const char *name,
                         struct gamut_error *error)
{
  struct json_object *value = gm_json_at(fields, name);

  if (gm_streq(name, "model"))
    return add_link(e, r, json_object_get_string(value), error);
  if (gm_streq(name, "extra"))
    return add_each(r, value, gamut_request_extra, error);
  if (gm_streq(name, "options"))
    return add_each(r, value, gamut_request_option, error);
  if (gm_streq(name, "width"))
    return add_size(r, fields, error);
  if (gm_streq(name, "height"))
    return 0;
  return gamut_request_set(r, name, json_object_get_string(value), error);
}

/* The right first bytes, and holes up to the size. */
static bool make_input(struct engine *e, struct json_object *in, char *path,
                       size_t room)
{
  static const unsigned char png[] = {
    0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D',
    'R',  0,   0,   0,   1,    0,    0,    0,    1, 8, 0, 0,  0,   0
  };
  static const unsigned char jpeg[] = { 0xff, 0xd8, 0xff, 0xc0, 0,   11,
                                        8,    0,    1,    0,    1,   1,
                                        1,    0x11, 0,    0xff, 0xd9 };
  static const unsigned char webp[] = "RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0"
                                      "\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07";
  static const unsigned char mp4[] = { 0,   0,   0,   24,  'f', 't', 'y', 'p',
                                       'i', 's', 'o', 'm', 0,   0,   2,   0,
                                       'i', 's', 'o', 'm', 'm', 'p', '4', '1' };
  static const unsigned char wav[] = "RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0"
                                     "\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10";
  static const struct {
    const char *mime;
    const unsigned char *bytes;
    size_t len;
  } kinds[] = {
    { "image/png", png, sizeof(png) },    { "image/jpeg", jpeg, sizeof(jpeg) },
    { "image/webp", webp, sizeof(webp) }, { "video/mp4", mp4, sizeof(mp4) },
    { "audio/wav", wav, sizeof(wav) },
  };
  const char *mime = gm_json_str(in, "mime", "image/png");
  int64_t size = gm_json_i64(in, "size", 0);
  FILE *out;
  size_t i;
  bool ok;

  snprintf(path, room, "%s/%s", e->scratch, gm_json_str(in, "file", "input"));
  for (i = 0; i < GM_LEN(kinds) && !gm_streq(kinds[i].mime, mime);)
    i++;
  if (i == GM_LEN(kinds))
    return engine_differs(e, "no sample of %s", mime);
  out = fopen(path, "w");
  ok = out && fwrite(kinds[i].bytes, 1, kinds[i].len, out) == kinds[i].len;
  if (out && fclose(out))
    ok = false;
  ok = ok && (size <= 0 || truncate(path, size) == 0);
  return ok || engine_differs(e, "cannot write %s", path);
}

static bool add_inputs(struct engine *e, struct gamut_request *r,
                       struct gamut_error *error)
{
  struct json_object *list = engine_ask(e, "inputs");
  size_t i;

  for (i = 0; i < gm_json_count(list, ""); i++) {
    struct json_object *in = json_object_array_get_idx(list, i);
    const char *url = gm_json_str(in, "url", NULL);
    char path[4096];

    if (!url && !make_input(e, in, path, sizeof(path)))
      return false;
    if (gamut_request_input(r, gm_json_str(in, "role", "image"),
                            url ? url : path, error))
      return engine_differs(e, "input: %s", error->message);
  }
  return true;
}

/* Links behind the first: whatever they send is not in the recording. */
static bool add_fallback(struct engine *e, struct gamut_request *r,
                         struct gamut_error *error)
{
  struct json_object *list = engine_ask(e, "fallback");
  size_t i;

  for (i = 0; i < gm_json_count(list, ""); i++) {
    struct json_object *o = json_object_array_get_idx(list, i);

    if (gamut_request_link(r, json_object_get_string(o), error))
      return engine_differs(e, "fallback: %s", error->message);
  }
  return true;
}

struct gamut_request *engine_request(struct engine *e)
{
  struct gamut_request *r = gamut_request_new();
  struct json_object *fields = engine_ask(e, "request");
  struct gamut_error error = { 0 };
  const char *name;
  bool ok = r != NULL;
  size_t i;

  for (i = 0; ok && (name = golden_member(fields, i)); i++)
    if (add_field(e, r, fields, name, &error))
      ok = engine_differs(e, "%s: %s", name, error.message);
  if (ok && add_fallback(e, r, &error) && add_inputs(e, r, &error))
    return r;
  gamut_request_free(r);
  return NULL;
}
