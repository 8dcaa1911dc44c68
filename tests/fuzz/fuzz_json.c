/* fuzz_json.c - JSON and configuration: whatever is taken can be written, read
 * again, and has one canonical form. */
#include "base/json.h"
#include "base/str.h"
#include "fuzz/fuzz.h"
#include <stdlib.h>
#include <string.h>

#define OUT_MAX (64u << 20)

static void must(bool ok)
{
  if (!ok)
    abort();
}

static void look_around(const struct json_object *o)
{
  static const char *const paths[] = { "", "0", "a", "a/0/b", "/", "id/" };
  size_t i;

  for (i = 0; i < GM_LEN(paths); i++) {
    const char *s = gm_json_str(o, paths[i], "");

    must(gm_utf8_valid(s, strlen(s)));
    gm_json_i64(o, paths[i], 0);
    gm_json_real(o, paths[i], 0);
    gm_json_bool(o, paths[i], false);
    gm_json_count(o, paths[i]);
  }
}

static void check_canonical(struct json_object *o)
{
  _cleanup_(gm_buf_finish) struct gm_buf a = GM_BUF_INIT(OUT_MAX);
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(OUT_MAX);
  _cleanup_json_ struct json_object *again = NULL;
  const char *why = NULL;

  must(gm_json_canonical(o, &a) == 0);
  again = gm_json_parse_once(a.data, a.len, NULL, &why);
  must(why == NULL);
  must(gm_json_canonical(again, &b) == 0);
  must(a.len == b.len && memcmp(a.data, b.data, a.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  const char *text = (const char *)data, *why = NULL;
  size_t offset = 0;
  struct json_object *o = gm_json_parse_once(text, size, &offset, &why);

  must(!why || (!o && offset <= size));
  if (!why) {
    look_around(o);
    check_canonical(o);
    must(*gm_json_text(o, NULL) != '\0');
  }
  json_object_put(o);
  {
    _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
    _cleanup_json_ struct json_object *c =
      gm_json_parse_config(text, size, &err);

    must(!c == (err.error_class != 0));
  }
  return 0;
}
