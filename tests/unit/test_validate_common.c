/* test_validate_common.c - a request before its model is looked at: nonsense,
 * and what operation is meant. */
#include "base/str.h"
#include "route/validate.h"
#include "route_json.h"
#include <gamut/plugin.h>

/* ---- what holds for every model ----------------------------------------- */

static const struct {
  const char *request, *says; /* NULL: fine */
} common[] = {
  { "{}", NULL },
  { "{'prompt':'a neon fox','n':100,'seed':0,'width':1,'height':65536}", NULL },
  { "{'prompt':null}", NULL },
  { "{'prompt':''}", "prompt is empty" },
  { "{'prompt':' \\t\\n'}", "prompt is empty" },
  { "{'prompt':7}", "prompt is not text" },
  { "{'prompt':'a\\u0000b'}", "prompt has a NUL byte in it" },
  { "{'operation':'text-to-video'}", "prompt is missing" },
  { "{'operation':'text-to-video','extra':{}}", "prompt is missing" },
  { "{'operation':'text-to-video','extra':{'cfg':3}}", "prompt is missing" },
  { "{'operation':'text-to-video','extra':{'multi_prompt':[]}}", NULL },
  { "{'operation':'upscale'}", NULL },
  { "{'operation':'text-to-imge','prompt':'x'}",
    "operation 'text-to-imge' is not known, did you mean 'text-to-image'?" },
  { "{'operation':'dance'}", "operation 'dance' is not known" },
  { "{'negative_prompt':''}", NULL },
  { "{'n':0}", "n 0 is not between 1 and 100" },
  { "{'n':10000}", "n 10000 is not between 1 and 100" },
  { "{'n':'4'}", "n '4' is not a whole number" },
  { "{'n':1.5}", "n 1.5 is not a whole number" },
  { "{'n':2.0}", NULL },
  { "{'seed':-1}", "seed -1 is not between 0 and 9223372036854775807" },
  { "{'seed':9223372036854775807}", NULL },
  { "{'seed':9223372036854775808}",
    "seed 9223372036854775808 is not between 0 and 9223372036854775807" },
  { "{'seed':1e30}", "seed 1e+30 is not between 0 and 9223372036854775807" },
  { "{'width':1}", "size has no height" },
  { "{'height':1}", "size has no width" },
  { "{'width':0,'height':1}",
    "size 0x1: a side is not between 1 and 65536 pixels" },
  { "{'width':70000,'height':10}",
    "size 70000x10: a side is not between 1 and 65536 pixels" },
  { "{'width':'a','height':10}",
    "size 'a'x10: a side is not between 1 and 65536 pixels" },
  { "{'aspect_ratio':'16:9'}", NULL },
  { "{'aspect_ratio':'19.5:9'}", NULL },
  { "{'aspect_ratio':'match_input_image'}", NULL },
  { "{'aspect_ratio':'16/9'}",
    "aspect_ratio '16/9' is not of the form W:H, as in 16:9" },
  { "{'aspect_ratio':''}",
    "aspect_ratio '' is not of the form W:H, as in 16:9" },
  { "{'aspect_ratio':'0:1'}",
    "aspect_ratio '0:1' is not of the form W:H, as in 16:9" },
  { "{'aspect_ratio':'16:9','width':1360,'height':768}", NULL },
  { "{'aspect_ratio':'16:9','width':768,'height':768}",
    "size 768x768 is not of the aspect_ratio '16:9': give one of them" },
  { "{'resolution':''}", "resolution is empty" },
  { "{'duration':0}", "duration 0 is not above 0" },
  { "{'duration':-5}", "duration -5 is not between 0 and 86400" },
  { "{'duration':0.5}", NULL },
  { "{'duration':'5'}", "duration '5' is not a number" },
  { "{'duration':NaN}", "duration nan is not a number" },
  { "{'fps':0}", "fps 0 is not above 0" },
  { "{'audio':1}", "audio 1 is neither true nor false" },
  { "{'audio':false}", NULL },
  { "{'steps':0}", "steps 0 is not between 1 and 10000" },
  { "{'strength':-1}", "strength -1 is not between 0 and 100" },
  { "{'guidance':3.5}", NULL },
  { "{'format':7}", "format is not text" },
};

START_TEST(nonsense_is_invalid)
{
  struct gm_error err = GM_ERROR_INIT;
  struct json_object *request = parse(common[_i].request);
  int32_t rc = gm_validate_common(request, &err);

  ck_assert_msg(rc == (common[_i].says ? GAMUT_E_INVALID : 0), "%s: %s",
                common[_i].request, gm_error_text(&err));
  ck_assert_str_eq(gm_error_text(&err), common[_i].says ? common[_i].says : "");
  gm_error_finish(&err);
  json_object_put(request);
}
END_TEST

START_TEST(prompts_have_an_end)
{
  static char text[1000002];
  struct gm_error err = GM_ERROR_INIT;
  struct json_object *request = json_object_new_object();

  memset(text, 'x', 1000000);
  json_object_object_add(request, "prompt", json_object_new_string(text));
  ck_assert_int_eq(gm_validate_common(request, NULL), 0);
  text[1000000] = 'x';
  json_object_object_add(request, "prompt", json_object_new_string(text));
  ck_assert_int_eq(gm_validate_common(request, &err), GAMUT_E_INVALID);
  ck_assert_str_eq(gm_error_text(&err),
                   "prompt has 1000001 bytes, more than 1000000 are not taken");
  gm_error_finish(&err);
  json_object_object_add(request, "prompt", json_object_new_string("a\xff"));
  ck_assert_int_eq(gm_validate_common(request, &err), GAMUT_E_INVALID);
  ck_assert_str_eq(gm_error_text(&err), "prompt is not valid UTF-8");
  gm_error_finish(&err);
  json_object_put(request);
}
END_TEST

/* ---- the operation ------------------------------------------------------ */

#define T2I     "{'id':'m','operations':['text-to-image']}"
#define I2I     "{'id':'m','operations':['image-to-image','text-to-image']}"
#define EDIT    "{'id':'m','operations':['text-to-image','edit']}"
#define T2V     "{'id':'m','operations':['text-to-video']}"
#define I2V     "{'id':'m','operations':['image-to-video']}"
#define V2V     "{'id':'m','operations':['video-to-video']}"
#define UPSCALE "{'id':'m','operations':['upscale']}"
#define TAKES                                                                  \
  "{'id':'m','operations':['text-to-image'],'inputs':{'reference':{}}}"

static const struct {
  const char *request, *roles, *entry; /* entry NULL: not known */
  const char *operation;
} operations[] = {
  { "{}", "", NULL, "text-to-image" },
  { "{'duration':5}", "", NULL, "text-to-video" },
  { "{'audio':true}", "", NULL, "text-to-video" },
  { "{'audio':false}", "", NULL, "text-to-image" },
  { "{'operation':'upscale'}", "mask", T2I, "upscale" },
  { "{}", "", T2I, "text-to-image" },
  { "{}", "", T2V, "text-to-video" },
  { "{}", "", I2V, "image-to-video" },
  { "{}", "", UPSCALE, "upscale" },
  { "{'duration':5}", "", T2I, "text-to-image" },
  { "{}", "audio", T2V, "text-to-video" },
  { "{}", "image", NULL, "edit" },
  { "{'duration':5}", "image", NULL, "image-to-video" },
  { "{}", "image", EDIT, "edit" },
  { "{}", "image", I2I, "image-to-image" },
  { "{}", "image", I2V, "image-to-video" },
  { "{}", "image", UPSCALE, "upscale" },
  { "{}", "image", T2I, "edit" },
  { "{}", "image", T2V, "image-to-video" },
  { "{}", "reference", TAKES, "text-to-image" },
  { "{}", "image", TAKES, "edit" },
  { "{}", "reference", I2V, "image-to-video" },
  { "{}", "mask image", I2I, "edit" },
  { "{}", "first_frame", NULL, "image-to-video" },
  { "{}", "last_frame", T2I, "image-to-video" },
  { "{}", "video", NULL, "video-to-video" },
  { "{}", "video image", V2V, "video-to-video" },
  { "{}", "video", UPSCALE, "upscale" },
};

START_TEST(inputs_tell_the_operation)
{
  struct gm_model m = { .provider = "fal", .id = "m", .entry = NULL };
  struct json_object *request = parse(operations[_i].request);
  _cleanup_free_ char *roles = gm_strdup(operations[_i].roles);
  struct gm_input inputs[8];
  uint32_t n = make_inputs(roles, inputs);
  const char *got;

  if (operations[_i].entry)
    m.entry = parse(operations[_i].entry);
  got = gm_operation_of(request, inputs, n, m.entry ? &m : NULL);
  ck_assert_msg(gm_streq(got, operations[_i].operation), "%s %s %s: %s",
                operations[_i].request, operations[_i].roles,
                operations[_i].entry, got);
  json_object_put(request);
  json_object_put(m.entry);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("common");

  tcase_add_loop_test(tc, nonsense_is_invalid, 0, (int)GM_LEN(common));
  tcase_add_test(tc, prompts_have_an_end);
  tcase_add_loop_test(tc, inputs_tell_the_operation, 0,
                      (int)GM_LEN(operations));
  return unit_run("validate_common", tc);
}
