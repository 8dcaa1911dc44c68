/* test_validate.c - a request against its model. */
#include "base/str.h"
#include "route/validate.h"
#include "route_json.h"
#include <gamut/plugin.h>

/* ---- against the model -------------------------------------------------- */

/* Each without the rest that is not under test. */
#define OPS    "'id':'m','operations':['text-to-image'],'prompt':'optional'"
#define RATIOS "{" OPS ",'aspect_ratios':['1:1','4:3','16:9','auto']}"
#define ANY_RATIO                                                              \
  "{" OPS ",'aspect_ratios':['1:1','16:9','*'],"                               \
  "'sizes':{'min_side':64,'max_side':2048,'default':'1024x768'}}"
#define CLASSES                                                                \
  "{" OPS ",'aspect_ratios':['1:1','16:9'],'resolutions':['1K','2K','4K']}"
#define VIDEO_CLASSES "{" OPS ",'resolutions':['480p','720p','1080p']}"
#define LISTED                                                                 \
  "{" OPS ",'sizes':{'list':['1024x1024','1536x1024','1024x1536']}}"
#define LIMITED                                                                \
  "{" OPS ",'sizes':{'min_side':256,'max_side':2048,'multiple_of':16,"         \
  "'max_pixels':2097152,'min_pixels':131072,'max_ratio':4,"                    \
  "'list':['3000x200']}}"
#define NUMBERS                                                                \
  "{" OPS ",'n':{'min':1,'max':4},'seed':{'min':0,'max':4294967295},"          \
  "'durations':[5,10],'fps':[24,30],'guidance':{'min':1,'max':20},"            \
  "'steps':{'min':4,'max':50,'step':2},'strength':false}"
#define RANGE "{" OPS ",'durations':{'min':4,'max':9,'step':2},'seed':true}"
#define WORDS                                                                  \
  "{" OPS ",'formats':['jpeg','png'],'qualities':['low','high'],"              \
  "'negative_prompt':false,'audio':false,'seed':false,'styles':[]}"

static const struct {
  const char *entry, *request;
  const char *says;   /* strict; NULL: fine as it is */
  const char *nearer; /* the request afterwards; NULL: refused as well */
  const char *notes;  /* joined by "; " */
} rows[] = {
  /* not spoken of */
  { "{" OPS "}",
    "{'seed':1,'width':7,'height':9,'resolution':'9K','duration':99,'audio':"
    "true,'format':'bmp','negative_prompt':'x','guidance':99,'steps':999}",
    NULL, NULL, NULL },
  /* ratios */
  { RATIOS, "{'aspect_ratio':'4:3'}", NULL, NULL, NULL },
  { RATIOS, "{'aspect_ratio':'5:1'}",
    "aspect_ratio '5:1' is not offered by m; it has 1:1, 4:3, 16:9, auto; the "
    "nearest is 16:9",
    "{'aspect_ratio':'16:9'}",
    "aspect_ratio '5:1' became '16:9': m does not offer it" },
  { RATIOS, "{'aspect_ratio':'wide'}",
    "aspect_ratio 'wide' is not offered by m; it has 1:1, 4:3, 16:9, auto",
    "{}", "aspect_ratio 'wide' was left out: m does not offer it" },
  { RATIOS, "{'width':1600,'height':900}",
    "size 1600x900 is not offered by m, which has no sizes; it has "
    "aspect_ratio 1:1, 4:3, 16:9, auto",
    "{'aspect_ratio':'16:9'}",
    "size 1600x900 was left out: m does not offer sizes; aspect_ratio became "
    "'16:9'" },
  { RATIOS, "{'resolution':'2K'}",
    "resolution '2K' is not offered by m, which has no resolutions", "{}",
    "resolution '2K' was left out: m does not offer it" },
  { ANY_RATIO, "{'aspect_ratio':'5:4'}", NULL, NULL, NULL },
  { ANY_RATIO, "{'aspect_ratio':'auto'}",
    "aspect_ratio 'auto' is not offered by m; it has 1:1, 16:9, *", "{}",
    "aspect_ratio 'auto' was left out: m does not offer it" },
  /* classes */
  { CLASSES, "{'resolution':'2K','aspect_ratio':'16:9'}", NULL, NULL, NULL },
  { CLASSES, "{'resolution':'3K'}",
    "resolution '3K' is not offered by m; it has 1K, 2K, 4K; the nearest is "
    "4K",
    "{'resolution':'4K'}", "resolution '3K' became '4K': m does not offer it" },
  { CLASSES, "{'resolution':'1440p'}",
    "resolution '1440p' is not offered by m; it has 1K, 2K, 4K; the nearest "
    "is 2K",
    "{'resolution':'2K'}",
    "resolution '1440p' became '2K': m does not offer it" },
  { CLASSES, "{'width':2048,'height':1152}",
    "size 2048x1152 is not offered by m, which has no sizes; it has "
    "aspect_ratio 1:1, 16:9",
    "{'aspect_ratio':'16:9','resolution':'2K'}",
    "size 2048x1152 was left out: m does not offer sizes; aspect_ratio became "
    "'16:9'; resolution became '2K'" },
  { VIDEO_CLASSES, "{'resolution':'large'}",
    "resolution 'large' is not offered by m; it has 480p, 720p, 1080p", "{}",
    "resolution 'large' was left out: m does not offer it" },
  { VIDEO_CLASSES, "{'aspect_ratio':'1:1'}",
    "aspect_ratio '1:1' is not offered by m, which has no aspect ratios", "{}",
    "aspect_ratio '1:1' was left out: m does not offer it" },
  { VIDEO_CLASSES, "{'width':1280,'height':720}",
    "size 1280x720 is not offered by m, which has no sizes; it has resolution "
    "480p, 720p, 1080p",
    "{'resolution':'720p'}",
    "size 1280x720 was left out: m does not offer sizes; resolution became "
    "'720p'" },
  /* sizes */
  { LISTED, "{'width':1536,'height':1024}", NULL, NULL, NULL },
  { LISTED, "{'width':1600,'height':900}",
    "size 1600x900 is not offered by m; it has 1024x1024, 1536x1024, "
    "1024x1536; the nearest is 1536x1024",
    "{'width':1536,'height':1024}",
    "size 1600x900 became 1536x1024: m does not offer it" },
  { LISTED, "{'aspect_ratio':'9:16'}",
    "aspect_ratio '9:16' is not offered by m, which has no aspect ratios; "
    "give it a size",
    "{'width':1024,'height':1536}",
    "aspect_ratio '9:16' was left out: m does not offer it; size became "
    "1024x1536" },
  { LISTED, "{'resolution':'1K'}",
    "resolution '1K' is not offered by m, which has no resolutions; give it a "
    "size",
    "{'width':1024,'height':1024}",
    "resolution '1K' was left out: m does not offer it; size became "
    "1024x1024" },
  { LIMITED, "{'width':1024,'height':1024}", NULL, NULL, NULL },
  { LIMITED, "{'width':3000,'height':200}", NULL, NULL, NULL },
  { LIMITED, "{'width':100,'height':100}",
    "size 100x100 is not offered by m; its sides are 256 to 2048 pixels long; "
    "the nearest is 368x368",
    "{'width':368,'height':368}",
    "size 100x100 became 368x368: m does not offer it" },
  { LIMITED, "{'width':1000,'height':1000}",
    "size 1000x1000 is not offered by m; its sides are multiples of 16; the "
    "nearest is 1008x1008",
    "{'width':1008,'height':1008}",
    "size 1000x1000 became 1008x1008: m does not offer it" },
  { LIMITED, "{'width':2048,'height':2048}",
    "size 2048x2048 is not offered by m; it has 131072 to 2097152 pixels; the "
    "nearest is 1440x1440",
    "{'width':1440,'height':1440}",
    "size 2048x2048 became 1440x1440: m does not offer it" },
  { LIMITED, "{'width':1600,'height':256}",
    "size 1600x256 is not offered by m; its longer side is at most 4 times "
    "the shorter one; the nearest is 1280x320",
    "{'width':1280,'height':320}",
    "size 1600x256 became 1280x320: m does not offer it" },
  { LIMITED, "{'aspect_ratio':'2:1','resolution':'1K'}",
    "resolution '1K' is not offered by m, which has no resolutions; give it a "
    "size",
    "{'width':1456,'height':720}",
    "resolution '1K' was left out: m does not offer it; aspect_ratio '2:1' "
    "was left out: m does not offer it; size became 1456x720" },
  /* numbers */
  { NUMBERS,
    "{'n':4,'seed':4294967295,'duration':10.0,'fps':24,'guidance':3.5,"
    "'steps':28}",
    NULL, NULL, NULL },
  { NUMBERS, "{'n':9}", "n 9 is more than m gives at once (4)", "{'n':4}",
    "n 9 became 4: m does not offer it" },
  { "{" OPS "}", "{'n':3}", "n 3 is more than m gives at once (1)", "{'n':1}",
    "n 3 became 1: m does not offer it" },
  { "{" OPS "}", "{'n':1}", NULL, NULL, NULL },
  { "{" OPS ",'n':{'min':2,'max':4}}", "{'n':1}",
    "n 1 is less than m gives at once (2)", "{'n':2}",
    "n 1 became 2: m does not offer it" },
  { NUMBERS, "{'seed':4294967296}",
    "seed 4294967296 is more than m takes (4294967295)", "{'seed':4294967295}",
    "seed 4294967296 became 4294967295: m does not offer it" },
  { NUMBERS, "{'duration':7}", "duration 7 is not offered by m; it has 5, 10",
    "{'duration':5}", "duration 7 became 5: m does not offer it" },
  { NUMBERS, "{'fps':60}", "fps 60 is not offered by m; it has 24, 30",
    "{'fps':30}", "fps 60 became 30: m does not offer it" },
  { NUMBERS, "{'guidance':0.5}", "guidance 0.5 is less than m takes (1)",
    "{'guidance':1}", "guidance 0.5 became 1: m does not offer it" },
  { NUMBERS, "{'steps':27}", "steps 27 is not offered by m; the nearest is 28",
    "{'steps':28}", "steps 27 became 28: m does not offer it" },
  { NUMBERS, "{'strength':0.5}", "strength is not offered by m", "{}",
    "strength 0.5 was left out: m does not offer it" },
  { RANGE, "{'duration':8,'seed':9223372036854775807}", NULL, NULL, NULL },
  { RANGE, "{'duration':5.2}",
    "duration 5.2 is not offered by m; the nearest is 6", "{'duration':6}",
    "duration 5.2 became 6: m does not offer it" },
  { RANGE, "{'duration':60}", "duration 60 is more than m takes (8)",
    "{'duration':8}", "duration 60 became 8: m does not offer it" },
  /* words and switches */
  { WORDS, "{'format':'png','quality':'low','audio':false}", NULL, NULL, NULL },
  { WORDS, "{'format':'webp'}",
    "format 'webp' is not offered by m; it has jpeg, png", "{}",
    "format 'webp' was left out: m does not offer it" },
  { WORDS, "{'quality':'hihg'}",
    "quality 'hihg' is not offered by m; it has low, high",
    "{'quality':'high'}", "quality 'hihg' became 'high': m does not offer it" },
  { WORDS, "{'style':'noir'}",
    "style 'noir' is not offered by m; it has nothing else", "{}",
    "style 'noir' was left out: m does not offer it" },
  { WORDS, "{'negative_prompt':'rain'}", "negative_prompt is not offered by m",
    "{}", "negative_prompt 'rain' was left out: m does not offer it" },
  { WORDS, "{'audio':true}", "audio is not offered by m", "{}",
    "audio true was left out: m does not offer it" },
  { WORDS, "{'seed':7}", "seed is not offered by m", "{}",
    "seed 7 was left out: m does not offer it" },
  { WORDS, "{'seed':7,'format':'gif','n':2}",
    "n 2 is more than m gives at once (1)", "{'n':1}",
    "n 2 became 1: m does not offer it; seed 7 was left out: m does not offer "
    "it; format 'gif' was left out: m does not offer it" },
  /* prompt and operation have no nearest */
  { "{'operations':['text-to-image']}", "{}", "m needs a prompt", NULL, NULL },
  { "{'operations':['upscale','text-to-image'],'prompt':'required'}",
    "{'operation':'text-to-image'}", "m needs a prompt", NULL, NULL },
  { "{'operations':['text-to-image'],'prompt_max':3}",
    "{'prompt':'\xc3\xa4\xc3\xb6\xc3\xbc'}", NULL, NULL, NULL },
  { "{'operations':['text-to-image'],'prompt_max':3}", "{'prompt':'abcd'}",
    "the prompt has 4 characters, m takes at most 3", NULL, NULL },
  { "{'operations':['text-to-image'],'prompt':'none'}", "{'prompt':'abcd'}",
    "m takes no prompt", "{}",
    "prompt 'abcd' was left out: m does not offer it" },
  { "{" OPS "}", "{'operation':'edit'}",
    "edit is not what m does; it has text-to-image", NULL, NULL },
};

static void check_same(const char *want, struct json_object *request)
{
  struct json_object *o = parse(want);

  ck_assert_msg(json_object_equal(o, request), "%s, not %s",
                gm_json_text(request, NULL), want);
  json_object_put(o);
}

static void join(const struct json_object *notes, struct gm_buf *out)
{
  size_t i;

  for (i = 0; i < gm_json_count(notes, NULL); i++)
    gm_buf_addf(out, "%s%s", i ? "; " : "",
                gm_json_str(json_object_array_get_idx(notes, i), NULL, ""));
}

START_TEST(models_are_strict)
{
  struct gm_error err = GM_ERROR_INIT;
  struct gm_model m = { .provider = "fal",
                        .id = "m",
                        .entry = parse(rows[_i].entry) };
  struct json_object *request = parse(rows[_i].request);
  int32_t rc = gm_validate(&m, request, NULL, 0, GM_CHECK_STRICT, NULL, &err);

  ck_assert_str_eq(gm_error_text(&err), rows[_i].says ? rows[_i].says : "");
  ck_assert_int_eq(rc, rows[_i].says ? GAMUT_E_UNSUPPORTED : 0);
  check_same(rows[_i].request, request);
  ck_assert_int_eq(gm_validate(&m, request, NULL, 0, GM_CHECK_PASS, NULL, NULL),
                   0);
  ck_assert_int_eq(
    gm_validate(NULL, request, NULL, 0, GM_CHECK_STRICT, NULL, NULL), 0);
  gm_error_finish(&err);
  json_object_put(request);
  json_object_put(m.entry);
}
END_TEST

START_TEST(nearest_is_noted)
{
  _cleanup_(gm_buf_finish) struct gm_buf said = GM_BUF_INIT(4096);
  struct gm_error err = GM_ERROR_INIT;
  struct gm_model m = { .provider = "fal",
                        .id = "m",
                        .entry = parse(rows[_i].entry) };
  struct json_object *request = parse(rows[_i].request);
  struct json_object *notes = json_object_new_array();
  bool refused = rows[_i].says && !rows[_i].nearer;
  int32_t rc = gm_validate(&m, request, NULL, 0, GM_CHECK_NEAREST, notes, &err);

  ck_assert_str_eq(gm_error_text(&err), refused ? rows[_i].says : "");
  ck_assert_int_eq(rc, refused ? GAMUT_E_UNSUPPORTED : 0);
  if (!refused) {
    check_same(rows[_i].nearer ? rows[_i].nearer : rows[_i].request, request);
    join(notes, &said);
    ck_assert_str_eq(gm_buf_text(&said), rows[_i].notes ? rows[_i].notes : "");
    /* what is nearest is allowed */
    ck_assert_int_eq(
      gm_validate(&m, request, NULL, 0, GM_CHECK_STRICT, NULL, &err), 0);
  }
  gm_error_finish(&err);
  json_object_put(notes);
  json_object_put(request);
  json_object_put(m.entry);
}
END_TEST

/* Another spelling is the same wish. */
START_TEST(spelling_is_put_right)
{
  struct gm_model m = { .provider = "fal",
                        .id = "m",
                        .entry =
                          parse("{" OPS ",'formats':['jpeg'],'resolutions':"
                                "['1080p'],'aspect_ratios':['auto']}") };
  struct json_object *request =
    parse("{'format':'JPG','resolution':'1080P','aspect_ratio':'Auto'}");
  struct json_object *notes = json_object_new_array();

  ck_assert_int_eq(
    gm_validate(&m, request, NULL, 0, GM_CHECK_STRICT, notes, NULL), 0);
  check_same("{'format':'jpeg','resolution':'1080p','aspect_ratio':'auto'}",
             request);
  ck_assert_uint_eq(gm_json_count(notes, NULL), 0);
  json_object_put(notes);
  json_object_put(request);
  json_object_put(m.entry);
}
END_TEST

static const struct {
  const char *rule, *request, *after, *says;
} drafts[] = {
  { ",'partials':{'min':0,'max':3}", "{'partials':3}", "{'partials':3}", "" },
  { ",'partials':{'min':0,'max':3}", "{'partials':0}", "{'partials':0}", "" },
  { ",'partials':{'min':0,'max':3}", "{'partials':4}", NULL,
    "partials 4 is more than m shows (3)" },
  { ",'partials':true", "{'partials':9}", "{'partials':9}", "" },
  { ",'partials':false", "{'partials':2}", "{}",
    "m shows no drafts; it was asked without" },
  { "", "{'partials':2}", "{}", "m shows no drafts; it was asked without" },
  { "", "{}", "{}", "" },
};

/* A model without drafts is asked without them, and that is noted. */
START_TEST(drafts_are_left_out)
{
  _cleanup_(gm_buf_finish) struct gm_buf entry = GM_BUF_INIT(1024);
  _cleanup_(gm_buf_finish) struct gm_buf said = GM_BUF_INIT(1024);
  struct gm_error err = GM_ERROR_INIT;
  struct gm_model m = { .provider = "fal", .id = "m", .entry = NULL };
  struct json_object *request = parse(drafts[_i].request);
  struct json_object *notes = json_object_new_array();
  int32_t rc;

  gm_buf_addf(&entry, "{%s%s}", OPS, drafts[_i].rule);
  m.entry = parse(gm_buf_text(&entry));
  rc = gm_validate(&m, request, NULL, 0, GM_CHECK_STRICT, notes, &err);
  join(notes, &said);
  ck_assert_int_eq(rc, drafts[_i].after ? 0 : GAMUT_E_UNSUPPORTED);
  ck_assert_str_eq(rc ? gm_error_text(&err) : gm_buf_text(&said),
                   drafts[_i].says);
  if (!rc)
    check_same(drafts[_i].after, request);
  gm_error_finish(&err);
  json_object_put(notes);
  json_object_put(request);
  json_object_put(m.entry);
}
END_TEST

/* Every size that is asked of limits like these has one near that fits. */
START_TEST(sizes_have_a_nearest)
{
  struct gm_model m = { .provider = "fal",
                        .id = "m",
                        .entry = parse(_i ? LIMITED : ANY_RATIO) };
  uint32_t w, h;

  for (w = 1; w < 65536; w = w * 3 / 2 + 1) {
    for (h = 1; h < 65536; h = h * 3 / 2 + 1) {
      struct json_object *request = json_object_new_object();
      struct gm_error err = GM_ERROR_INIT;

      json_object_object_add(request, "width", json_object_new_int64(w));
      json_object_object_add(request, "height", json_object_new_int64(h));
      ck_assert_msg(
        gm_validate(&m, request, NULL, 0, GM_CHECK_NEAREST, NULL, &err) == 0,
        "%ux%u: %s", w, h, gm_error_text(&err));
      ck_assert_msg(
        gm_validate(&m, request, NULL, 0, GM_CHECK_STRICT, NULL, &err) == 0,
        "%ux%u: %s", w, h, gm_error_text(&err));
      json_object_put(request);
    }
  }
  json_object_put(m.entry);
}
END_TEST

/* ---- inputs ------------------------------------------------------------- */

#define FRAMES                                                                 \
  "{'operations':['image-to-video'],'prompt':'optional','inputs':{"            \
  "'first_frame':{'min':1,'max':1,'max_bytes':1000,"                           \
  "'types':['image/png','image/jpeg']},'last_frame':{'max':1},"                \
  "'reference':{'max':3,'types':['image/*']}}}"
#define NO_ROLES "{'operations':['edit'],'prompt':'optional'}"

static const struct {
  const char *entry, *request, *roles;
  struct gm_input input; /* laid over the first */
  const char *says;
} inputs[] = {
  { FRAMES, "{}", "first_frame last_frame reference reference", { 0 }, NULL },
  { FRAMES, "{}", "first_frame", { .mime = "image/jpeg", .size = 1000 }, NULL },
  { FRAMES, "{}", "reference first_frame", { .mime = "image/webp" }, NULL },
  { FRAMES,
    "{}",
    "mask",
    { 0 },
    "inputs: m takes no mask; it takes first_frame, last_frame, reference" },
  { FRAMES,
    "{}",
    "image",
    { 0 },
    "inputs: m takes no image; it takes first_frame, last_frame, reference" },
  { FRAMES,
    "{}",
    "last_frame",
    { 0 },
    "inputs: m needs 1 of the role first_frame, there are 0" },
  { FRAMES,
    "{}",
    "",
    { 0 },
    "inputs: m needs 1 of the role first_frame, there are 0" },
  { FRAMES,
    "{}",
    "first_frame first_frame",
    { 0 },
    "inputs: 2 of the role first_frame are more than m takes (1)" },
  { FRAMES,
    "{}",
    "first_frame",
    { .mime = "image/webp", .name = "a.webp" },
    "inputs: 'a.webp' is image/webp; m takes image/png, image/jpeg for its "
    "first_frame" },
  { FRAMES,
    "{}",
    "first_frame",
    { .size = 1001, .path = "/x/a.png" },
    "inputs: '/x/a.png' has 1001 bytes; m takes at most 1000 for its "
    "first_frame" },
  { FRAMES,
    "{}",
    "first_frame",
    { .size = 1001,
      .source = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAA"
                "AAfFcSJAAAADUlEQVR42mNk" },
    "inputs: 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAA..."
    "' has 1001 bytes; m takes at most 1000 for its first_frame" },
  { FRAMES,
    "{'operation':'text-to-video'}",
    "first_frame",
    { 0 },
    "text-to-video is not what m does; it has image-to-video" },
  { "{" OPS "}",
    "{}",
    "image",
    { 0 },
    "inputs: m takes no image; it takes none" },
  { "{" OPS "}",
    "{'operation':'edit'}",
    "image",
    { 0 },
    "inputs: m takes no image; it takes none" },
  { "{'operations':['edit'],'inputs':{},'prompt':'optional'}",
    "{}",
    "image",
    { 0 },
    "inputs: m takes no image; it takes none" },
  /* nobody said what it takes */
  { NO_ROLES, "{}", "image", { 0 }, NULL },
  { NO_ROLES, "{}", "", { 0 }, "inputs: m makes nothing out of text alone" },
  { NO_ROLES,
    "{'extra':{}}",
    "",
    { 0 },
    "inputs: m makes nothing out of text alone" },
  { NO_ROLES,
    "{'extra':{'guidance_scale':3,'upscale':true,'seed':null}}",
    "",
    { 0 },
    "inputs: m makes nothing out of text alone" },
  /* the vendor's own words may bring it */
  { NO_ROLES, "{'extra':{'images':[{'file_id':'f'}]}}", "", { 0 }, NULL },
  { NO_ROLES, "{'extra':{'image_url':'u'}}", "", { 0 }, NULL },
  { "{'operations':['edit'],'inputs':{'image':{'max':4}}}",
    "{}",
    "",
    { 0 },
    "inputs: m makes nothing out of text alone; it takes image" },
  { "{'operations':['text-to-image'],'inputs':{'reference':{}},"
    "'prompt':'optional'}",
    "{}",
    "reference",
    { 0 },
    NULL },
};

START_TEST(inputs_are_checked)
{
  struct gm_error err = GM_ERROR_INIT;
  struct gm_model m = { .provider = "fal",
                        .id = "m",
                        .entry = parse(inputs[_i].entry) };
  struct json_object *request = parse(inputs[_i].request);
  _cleanup_free_ char *roles = gm_strdup(inputs[_i].roles);
  const struct gm_input *over = &inputs[_i].input;
  struct gm_input list[8];
  uint32_t n = make_inputs(roles, list);
  int mode;

  list[0].mime = over->mime;
  list[0].name = over->name;
  list[0].path = over->path;
  list[0].size = over->size;
  list[0].source = over->source ? over->source : list[0].source;
  for (mode = GM_CHECK_STRICT; mode <= GM_CHECK_NEAREST; mode++) {
    int32_t rc =
      gm_validate(&m, request, list, n, (enum gm_check_mode)mode, NULL, &err);

    ck_assert_str_eq(gm_error_text(&err),
                     inputs[_i].says ? inputs[_i].says : "");
    ck_assert_int_eq(rc, inputs[_i].says ? GAMUT_E_UNSUPPORTED : 0);
    gm_error_finish(&err);
  }
  json_object_put(request);
  json_object_put(m.entry);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("validate");

  tcase_add_loop_test(tc, models_are_strict, 0, (int)GM_LEN(rows));
  tcase_add_loop_test(tc, nearest_is_noted, 0, (int)GM_LEN(rows));
  tcase_add_test(tc, spelling_is_put_right);
  tcase_add_loop_test(tc, drafts_are_left_out, 0, (int)GM_LEN(drafts));
  tcase_add_loop_test(tc, sizes_have_a_nearest, 0, 2);
  tcase_add_loop_test(tc, inputs_are_checked, 0, (int)GM_LEN(inputs));
  return unit_run("validate", tc);
}
