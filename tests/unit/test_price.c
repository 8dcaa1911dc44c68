/* test_price.c - what a request costs. */
#include "base/str.h"
#include "route/price.h"
#include "route_json.h"
#include <gamut/plugin.h>

#define MEGAPIXEL                                                              \
  "{'sizes':{'default':'1024x768'},'price':[{'unit':'megapixel',"              \
  "'usd':0.025,'round_up':true,'source':'page','checked':'2026-10-01'}]}"
#define FIRST                                                                  \
  "{'sizes':{'default':'1024x1024'},'price':[{'unit':'megapixel',"             \
  "'usd':0.015,'first_usd':0.03,'round_up':true}]}"
#define VIDEO                                                                  \
  "{'durations':{'min':4,'max':8,'default':8},'price':["                       \
  "{'unit':'second','usd':0.6,'when':{'audio':[true,null],"                    \
  "'resolution':'4k'}},"                                                       \
  "{'unit':'second','usd':0.4,'when':{'audio':[true,null]}},"                  \
  "{'unit':'second','usd':0.2,'sure':false}]}"
#define EDIT                                                                   \
  "{'price':[{'unit':'image','usd':0.04},"                                     \
  "{'unit':'input_image','usd':0.002,'plus':true,'sure':false},"               \
  "{'unit':'request','usd':0.001,'plus':true,'when':{'quality':'high'}}]}"
#define DRAFTS                                                                 \
  "{'price':[{'unit':'image','usd':0.04},"                                     \
  "{'unit':'partial','usd':0.003,'plus':true}]}"
#define QUALITY                                                                \
  "{'price':[{'unit':'image','usd':0.17,'when':{'quality':'high',"             \
  "'size':['1024x1024','1536x1024']}},"                                        \
  "{'unit':'image','usd':0.04,'when':{'quality':['medium',null]}},"            \
  "{'unit':'image','usd':0.06,'when':{'speed':'TURBO','steps':[4,8]}}]}"

#define TOKENS                                                                 \
  "{'durations':{'min':4,'max':15},'price':["                                  \
  "{'unit':'video_token','usd':0.0000043,'when':{'inputs':'video'}},"          \
  "{'unit':'video_token','usd':0.000007}]}"
#define REFERENCES                                                             \
  "{'price':[{'unit':'second','usd':0.06,'when':{'inputs':['mask',"            \
  "'reference']}},{'unit':'second','usd':0.03,'when':{'inputs':null}},"        \
  "{'unit':'second','usd':0.05},{'unit':'input_image','usd':0.04,"             \
  "'role':'reference','plus':true}]}"

/* The n inputs of a case; their roles in turn. */
static const struct gm_input pictures[] = { { .role = "image" },
                                            { .role = "image" },
                                            { .role = "image" } };

static const struct {
  const char *entry, *request;
  uint32_t n_inputs;
  int64_t microusd; /* -1: not known */
  bool sure;
  const char *formula;
} rows[] = {
  { MEGAPIXEL, "{}", 0, 25000, true, "1 megapixel x $0.025" },
  { MEGAPIXEL, "{'n':2}", 0, 50000, true, "2 outputs x 1 megapixel x $0.025" },
  { MEGAPIXEL, "{'width':1024,'height':1024}", 0, 25000, true,
    "1 megapixel x $0.025" },
  { MEGAPIXEL, "{'width':1025,'height':1024}", 0, 50000, true,
    "2 megapixels x $0.025" },
  { MEGAPIXEL, "{'width':1920,'height':1080}", 0, 50000, true,
    "2 megapixels x $0.025" },
  /* the longer side stays: 1024 x 576 */
  { MEGAPIXEL, "{'aspect_ratio':'16:9'}", 0, 25000, false,
    "1 megapixel x $0.025" },
  { MEGAPIXEL, "{'aspect_ratio':'auto'}", 0, -1, false, "" },
  { MEGAPIXEL, "{'resolution':'2K'}", 0, -1, false, "" },
  { "{'price':[{'unit':'megapixel','usd':0.025}]}", "{}", 0, -1, false, "" },
  { "{'price':[{'unit':'megapixel','usd':0.032}]}",
    "{'width':1024,'height':512}", 0, 16000, true, "0.5 megapixels x $0.032" },
  { "{'price':[{'unit':'megapixel','usd':0.032,'minimum':1}]}",
    "{'width':1024,'height':512}", 0, 32000, true, "1 megapixel x $0.032" },
  { FIRST, "{}", 0, 30000, true, "(first megapixel $0.03)" },
  { FIRST, "{'width':2048,'height':2048,'n':2}", 0, 150000, true,
    "2 outputs x (first megapixel $0.03 + 3 x $0.015)" },
  { VIDEO, "{}", 0, 3200000, true, "8 seconds x $0.40" },
  { VIDEO, "{'duration':5,'audio':true}", 0, 2000000, true,
    "5 seconds x $0.40" },
  { VIDEO, "{'duration':5.0,'audio':false}", 0, 1000000, false,
    "5 seconds x $0.20" },
  { VIDEO, "{'duration':4,'resolution':'4K'}", 0, 2400000, true,
    "4 seconds x $0.60" },
  { VIDEO, "{'duration':4,'n':3}", 0, 4800000, true,
    "3 outputs x 4 seconds x $0.40" },
  { VIDEO, "{'duration':4,'width':2160,'height':3840}", 0, 2400000, true,
    "4 seconds x $0.60" },
  { VIDEO, "{'duration':4,'width':1280,'height':720}", 0, 1600000, true,
    "4 seconds x $0.40" },
  { "{'durations':[5],'price':[{'unit':'second','usd':0.07}]}", "{}", 0, 350000,
    true, "5 seconds x $0.07" },
  { "{'durations':[5,10],'price':[{'unit':'second','usd':0.07}]}", "{}", 0, -1,
    false, "" },
  { "{'durations':[5,10],'price':[{'unit':'video','usd':0.28}]}", "{}", 0,
    280000, true, "1 video x $0.28" },
  { "{'price':[{'unit':'video','usd':0.28}]}", "{'n':2}", 0, 560000, true,
    "2 videos x $0.28" },
  { EDIT, "{}", 0, 40000, false, "1 image x $0.04" },
  { EDIT, "{'n':2}", 3, 86000, false,
    "2 images x $0.04 + 3 input images x $0.002" },
  { EDIT, "{'n':2,'quality':'high'}", 0, 81000, false,
    "2 images x $0.04 + 1 request x $0.001" },
  { QUALITY, "{}", 0, 40000, true, "1 image x $0.04" },
  { QUALITY, "{'quality':null}", 0, 40000, true, "1 image x $0.04" },
  { QUALITY, "{'quality':'HIGH','width':1024,'height':1024}", 0, 170000, true,
    "1 image x $0.17" },
  { QUALITY, "{'quality':'high','width':512,'height':512}", 0, -1, false, "" },
  { QUALITY, "{'quality':'low','steps':8.0,'extra':{'speed':'TURBO'}}", 0,
    60000, true, "1 image x $0.06" },
  { QUALITY, "{'quality':'low','steps':5,'extra':{'speed':'TURBO'}}", 0, -1,
    false, "" },
  { "{'price':[{'unit':'request','usd':0.02}]}", "{'n':4}", 0, 20000, true,
    "1 request x $0.02" },
  { DRAFTS, "{}", 0, 40000, true, "1 image x $0.04" },
  { DRAFTS, "{'partials':0}", 0, 40000, true, "1 image x $0.04" },
  { DRAFTS, "{'partials':2}", 0, 46000, true,
    "1 image x $0.04 + 2 drafts x $0.003" },
  { DRAFTS, "{'partials':3,'n':2}", 0, 98000, true,
    "2 images x $0.04 + 6 drafts x $0.003" },
  /* half a sum is no sum */
  { "{'price':[{'unit':'image','usd':0.02},{'unit':'output_token',"
    "'usd':0.00001,'plus':true}]}",
    "{}", 0, -1, false, "" },
  { "{'price':[{'unit':'image','usd':0.02,'plus':true}]}", "{}", 0, -1, false,
    "" },
  { "{'price':[{'unit':'credit','usd':0.02}]}", "{}", 0, -1, false, "" },
  { "{'price':[{'unit':'hour','usd':0.02}]}", "{}", 0, -1, false, "" },
  { "{'price':[{'unit':'image'}]}", "{}", 0, -1, false, "" },
  { "{'price':[{'unit':'image','usd':1e300}]}", "{}", 0, -1, false, "" },
  { "{'price':[]}", "{}", 0, -1, false, "" },
  /* to the last millionth, and no further */
  { "{'price':[{'unit':'image','usd':0.0003}]}", "{'n':1000}", 0, 300000, true,
    "1000 images x $0.0003" },
  { "{'price':[{'unit':'image','usd':0.1},{'unit':'request','usd':0.2,"
    "'plus':true}]}",
    "{'n':1}", 0, 300000, true, "1 image x $0.10 + 1 request x $0.20" },
  { "{'price':[{'unit':'image','usd':0.0000005}]}", "{}", 0, 1, true,
    "1 image x $0.0000005" },
  { "{'price':[{'unit':'image','usd':0.0000004}]}", "{}", 0, 0, true,
    "1 image x $0.0000004" },
  { "{'price':[{'unit':'image','usd':1000000}]}", "{'n':1000}", 0,
    1000000000000000, true, "1000 images x $1000000.00" },
  { "{'price':[{'unit':'image','usd':1000000}]}", "{'n':1001}", 0, -1, false,
    "" },
  { "{'price':[{'unit':'image','usd':1}]}", "{'n':9223372036854775807}", 0, -1,
    false, "" },
  { "{'price':[{'unit':'image','usd':900000000},{'unit':'request',"
    "'usd':900000000,'plus':true}]}",
    "{}", 0, -1, false, "" },
  { "{'price':[{'unit':'image','usd':-1}]}", "{}", 0, -1, false, "" },
  { "{'price':[{'unit':'image','usd':NaN}]}", "{}", 0, -1, false, "" },
  { "{'price':[{'unit':'second','usd':0.1,'minimum':2}]}", "{'duration':1}", 0,
    200000, true, "2 seconds x $0.10" },
  { "{'price':[{'unit':'image','credits':5}]}", "{}", 0, -1, false, "" },
  { "{}", "{}", 0, -1, false, "" },
  { "{'price':[{'unit':'image','usd':0}]}", "{}", 0, 0, true,
    "1 image x $0.00" },
  { TOKENS, "{'width':1280,'height':720,'duration':5}", 0, 756000, true,
    "108000 video tokens x $0.000007" },
  { TOKENS, "{'resolution':'720p','aspect_ratio':'9:16','duration':5}", 0,
    756000, true, "108000 video tokens x $0.000007" },
  { TOKENS, "{'resolution':'720p','duration':5}", 0, 756000, false,
    "108000 video tokens x $0.000007" },
  { TOKENS, "{'resolution':'4K','aspect_ratio':'1:1','duration':4}", 0, 3061800,
    false, "437400 video tokens x $0.000007" },
  { TOKENS, "{'duration':5}", 0, -1, false, "" },
  { TOKENS, "{'resolution':'720p'}", 0, -1, false, "" },
  { TOKENS, "{'resolution':'1MP','duration':5}", 0, -1, false, "" },
  { TOKENS, "{'resolution':'720p','aspect_ratio':'auto','duration':5}", 0, -1,
    false, "" },
  { "{'price':[{'unit':'megapixel_second','usd':0.075}]}",
    "{'width':1024,'height':1024,'duration':4}", 0, 300000, true,
    "4 megapixel seconds x $0.075" },
  { "{'price':[{'unit':'megapixel_second','usd':0.075}]}", "{'duration':4}", 0,
    -1, false, "" },
};

START_TEST(requests_are_estimated)
{
  struct gm_model m = { .provider = "fal",
                        .id = "x",
                        .entry = parse(rows[_i].entry) };
  struct json_object *request = parse(rows[_i].request);
  struct gm_price p = { .microusd = -7 };
  bool known =
    gm_price_estimate(&m, request, pictures, rows[_i].n_inputs, true, &p);

  ck_assert_msg(known == (rows[_i].microusd >= 0), "%s %s", rows[_i].entry,
                rows[_i].request);
  ck_assert_int_eq(p.microusd, rows[_i].microusd);
  if (known) {
    ck_assert_str_eq(p.formula, rows[_i].formula);
    ck_assert_msg(p.sure == rows[_i].sure, "%s %s", rows[_i].entry,
                  rows[_i].request);
  }
  json_object_put(m.entry);
  json_object_put(request);
}
END_TEST

/* Why a price is not known, and what is told of it all the same. */
static const struct {
  const char *entry, *request, *reason, *formula;
} reasons[] = {
  { NULL, "{}", "the catalog does not have the model", "" },
  { "{}", "{}", "the catalog has no price of it", "" },
  { "{'price':[{'unit':'text_token','usd':0.000005},{'unit':'output_token',"
    "'usd':0.00003,'plus':true}]}",
    "{}", "priced by tokens that only the vendor counts",
    "text tokens x $5.00 a million + output tokens x $30.00 a million" },
  { QUALITY, "{'quality':'low'}",
    "the catalog has a price for other options only; it depends on quality, "
    "size, speed and steps",
    "" },
  { "{'price':[{'unit':'second','usd':0.1}]}", "{}",
    "it depends on the duration, which is not given", "seconds x $0.10" },
  { "{'operations':['video-to-video'],'inputs':{'video':{}},'price':[{'unit':"
    "'second','usd':0.1}]}",
    "{}", "it depends on the length of the input", "seconds x $0.10" },
  { "{'price':[{'unit':'megapixel','usd':0.1}]}", "{'n':2}",
    "it depends on the size, which is not given",
    "2 outputs x megapixels x $0.10" },
  { "{'operations':['edit'],'inputs':{'image':{}},'price':[{'unit':'megapixel',"
    "'usd':0.1,'first_usd':0.2}]}",
    "{}", "it depends on the pixels of the input",
    "(first megapixel $0.20 + further x $0.10)" },
  { "{'price':[{'unit':'image','credits':1.5}]}", "{'n':2}",
    "what a credit costs is not known (\"credit_usd\" in a catalog file of "
    "yours says it)",
    "2 images x 1.5 credits" },
  { "{'price':[{'unit':'image','usd':1e300}]}", "{}",
    "it comes to more than a billion dollars, a slip in the catalog",
    "1 image x $1000000.00" },
  { "{'price':[{'unit':'hour','usd':1}]}", "{}",
    "the price in the catalog is not understood", "" },
};

START_TEST(unknown_says_why)
{
  struct gm_model m = { .provider = "fal",
                        .id = "x",
                        .entry =
                          reasons[_i].entry ? parse(reasons[_i].entry) : NULL };
  struct json_object *request = parse(reasons[_i].request);
  struct gm_buf why = GM_BUF_INIT(1024);
  struct gm_price p;

  ck_assert(
    !gm_price_estimate(m.entry ? &m : NULL, request, NULL, 0, true, &p));
  gm_price_reason(m.entry ? &m : NULL, &p, NULL, 0, &why);
  ck_assert_str_eq(gm_buf_text(&why), reasons[_i].reason);
  ck_assert_str_eq(p.formula, reasons[_i].formula);
  gm_buf_finish(&why);
  json_object_put(m.entry);
  json_object_put(request);
}
END_TEST

START_TEST(credits_have_a_value)
{
  struct gm_model m = {
    .provider = "fal",
    .id = "x",
    .entry = parse("{'price':[{'unit':'second','credits':12}]}"),
    .credit_usd = 0.01,
  };
  struct json_object *request = parse("{'duration':5}");
  struct gm_price p;

  ck_assert(gm_price_estimate(&m, request, NULL, 0, true, &p));
  ck_assert_int_eq(p.microusd, 600000);
  ck_assert_double_eq(p.credits, 60);
  ck_assert_str_eq(p.formula, "5 seconds x $0.12");
  json_object_put(m.entry);
  json_object_put(request);
}
END_TEST

/* Prices that hang on what is given along. */
static const struct {
  const char *entry;
  const struct gm_input inputs[3];
  uint32_t n;
  int64_t microusd;
  const char *formula;
} roles[] = {
  { REFERENCES, { { 0 } }, 0, 150000, "5 seconds x $0.03" },
  { REFERENCES, { { .role = "image" } }, 1, 250000, "5 seconds x $0.05" },
  { REFERENCES,
    { { .role = "reference" }, { .role = "image" }, { .role = "reference" } },
    3,
    380000,
    "5 seconds x $0.06 + 2 input images x $0.04" },
  { TOKENS,
    { { .role = "reference" } },
    1,
    756000,
    "108000 video tokens x $0.000007" },
  { TOKENS,
    { { .role = "video" } },
    1,
    464400,
    "108000 video tokens x $0.0000043" },
};

START_TEST(inputs_count_by_their_role)
{
  struct gm_model m = { .provider = "fal",
                        .id = "x",
                        .entry = parse(roles[_i].entry) };
  struct json_object *request =
    parse("{'duration':5,'width':1280,'height':720}");
  struct gm_price p = { .microusd = -7 };

  ck_assert(
    gm_price_estimate(&m, request, roles[_i].inputs, roles[_i].n, true, &p));
  ck_assert_int_eq(p.microusd, roles[_i].microusd);
  ck_assert_str_eq(p.formula, roles[_i].formula);
  json_object_put(m.entry);
  json_object_put(request);
}
END_TEST

START_TEST(sources_are_named)
{
  struct gm_model m = { .provider = "fal",
                        .id = "x",
                        .entry = parse(MEGAPIXEL) };
  struct json_object *request = parse("{}");
  struct gm_price p;

  ck_assert(gm_price_estimate(&m, request, NULL, 0, true, &p));
  ck_assert_str_eq(p.source, "page");
  ck_assert_str_eq(p.checked, "2026-10-01");
  ck_assert(!gm_price_estimate(NULL, request, NULL, 0, true, &p));
  json_object_put(m.entry);
  json_object_put(request);
}
END_TEST

#define IMG(w, h)                                                              \
  {                                                                            \
    GAMUT_IMAGE, w, h, 0                                                       \
  }
#define VID(ms)                                                                \
  {                                                                            \
    GAMUT_VIDEO, 1280, 720, ms                                                 \
  }

static const struct {
  const char *entry, *request;
  uint32_t n_inputs, n;
  struct gm_delivered d[3];
  int64_t microusd;
  const char *formula;
} after[] = {
  { MEGAPIXEL,
    "{'n':2}",
    0,
    2,
    { IMG(1024, 768), IMG(1024, 768) },
    50000,
    "2 outputs x 1 megapixel x $0.025" },
  /* one of two was withheld */
  { MEGAPIXEL,
    "{'n':2}",
    0,
    1,
    { IMG(1024, 768) },
    25000,
    "1 megapixel x $0.025" },
  { MEGAPIXEL,
    "{}",
    0,
    2,
    { IMG(1024, 768), IMG(2048, 1024) },
    75000,
    "3 megapixels x $0.025" },
  /* pixels not read: as asked */
  { MEGAPIXEL,
    "{'width':2048,'height':1024}",
    0,
    1,
    { IMG(0, 0) },
    50000,
    "2 megapixels x $0.025" },
  { "{'price':[{'unit':'megapixel','usd':0.025}]}",
    "{}",
    0,
    1,
    { IMG(0, 0) },
    -1,
    "" },
  { VIDEO,
    "{'duration':5}",
    0,
    1,
    { VID(5041) },
    2000000,
    "5 seconds x $0.40" },
  { VIDEO, "{}", 0, 1, { VID(7960) }, 3200000, "8 seconds x $0.40" },
  { VIDEO,
    "{'duration':5}",
    0,
    1,
    { VID(10080) },
    4000000,
    "10 seconds x $0.40" },
  { VIDEO,
    "{'duration':5}",
    0,
    1,
    { VID(6500) },
    2600000,
    "6.5 seconds x $0.40" },
  { VIDEO, "{'duration':5}", 0, 1, { VID(0) }, 2000000, "5 seconds x $0.40" },
  { "{'price':[{'unit':'second','usd':0.1}]}",
    "{}",
    0,
    1,
    { VID(5041) },
    500000,
    "5 seconds x $0.10" },
  /* its sound and its still are not charged */
  { VIDEO,
    "{'duration':5}",
    0,
    3,
    { VID(5041), { GAMUT_AUDIO, 0, 0, 5041 }, IMG(640, 480) },
    2000000,
    "5 seconds x $0.40" },
  { "{'price':[{'unit':'video','usd':0.28}]}",
    "{}",
    0,
    1,
    { IMG(1, 1) },
    -1,
    "" },
  { EDIT,
    "{}",
    2,
    1,
    { IMG(10, 10) },
    44000,
    "1 image x $0.04 + 2 input images x $0.002" },
  { EDIT, "{}", 2, 0, { IMG(0, 0) }, -1, "" },
  /* what came tells, not what was asked */
  { TOKENS,
    "{'resolution':'480p','duration':5}",
    0,
    1,
    { VID(5041) },
    756000,
    "108000 video tokens x $0.000007" },
};

START_TEST(deliveries_are_priced)
{
  struct gm_model m = { .provider = "fal",
                        .id = "x",
                        .entry = parse(after[_i].entry) };
  struct json_object *request = parse(after[_i].request);
  struct gm_price p = { .microusd = -1 };
  bool known = gm_price_delivered(&m, request, pictures, after[_i].n_inputs,
                                  after[_i].d, after[_i].n, true, &p);

  ck_assert_msg(known == (after[_i].microusd >= 0), "%s %s", after[_i].entry,
                after[_i].request);
  ck_assert_int_eq(p.microusd, after[_i].microusd);
  ck_assert_str_eq(p.formula, after[_i].formula);
  json_object_put(m.entry);
  json_object_put(request);
}
END_TEST

static const struct {
  const char *entry, *text;
} texts[] = {
  { MEGAPIXEL, "$0.025 a megapixel" },
  { FIRST, "$0.03 the first megapixel, then $0.015 a megapixel" },
  { VIDEO, "$0.60 a second (audio, 4k), $0.40 a second (audio), $0.20 a "
           "second" },
  { EDIT, "$0.04 an image plus $0.002 an input image plus $0.001 a request "
          "(high)" },
  { QUALITY, "$0.17 an image (high, 1024x1024 or 1536x1024), $0.04 an image "
             "(medium), $0.06 an image (TURBO, steps 4 or steps 8)" },
  { "{'price':[{'unit':'output_token','usd':0.00003},{'unit':'second','usd':"
    "0.05,'when':{'audio':false,'style':null}}]}",
    "$30.00 a million output tokens, $0.05 a second (no audio)" },
  { "{'price':[{'unit':'image','usd':0.08,'when':{'style':['a','b',null,'c',"
    "'d','e']}},{'unit':'image','usd':1,'when':{'style':null,'n':[null]}}]}",
    "$0.08 an image (a or b or c ...), $1.00 an image" },
  { "{'price':[{'unit':'credit','usd':0.0104}]}", "$0.0104 a credit" },
  { TOKENS, "$4.30 a million video tokens (video), $7.00 a million video "
            "tokens" },
  { REFERENCES, "$0.06 a second (mask or reference), $0.03 a second, $0.05 a "
                "second plus $0.04 an input image" },
  { "{'price':[{'unit':'megapixel_second','usd':0.075}]}",
    "$0.075 a megapixel second" },
  { "{'price':[{'unit':'hour','usd':1}]}", "" },
  { "{}", "" },
};

START_TEST(prices_are_told)
{
  struct gm_model m = { .provider = "fal",
                        .id = "x",
                        .entry = parse(texts[_i].entry) };
  struct gm_buf out = GM_BUF_INIT(4096), small = GM_BUF_INIT(5);

  ck_assert_int_eq(gm_price_text(&m, &out), 0);
  ck_assert_str_eq(gm_buf_text(&out), texts[_i].text);
  ck_assert_int_eq(gm_price_text(&m, &small) != 0, *texts[_i].text != '\0');
  ck_assert_int_eq(gm_price_text(NULL, &out), 0);
  gm_buf_finish(&out);
  gm_buf_finish(&small);
  json_object_put(m.entry);
}
END_TEST

static const struct {
  const char *entry, *request, *unit;
  double units;
  int64_t microusd; /* -1: not known */
  const char *formula;
} billed[] = {
  { MEGAPIXEL, "{}", "unit", 2, 50000, "2 megapixels x $0.025" },
  { MEGAPIXEL, "{}", "megapixel", 1.5, 37500, "1.5 megapixels x $0.025" },
  { MEGAPIXEL, "{}", "image", 1, -1, "" },
  { FIRST, "{}", "unit", 3, 60000, "(first megapixel $0.03 + 2 x $0.015)" },
  { VIDEO, "{'audio':false}", "unit", 5, 1000000, "5 seconds x $0.20" },
  { EDIT, "{}", "unit", 1, -1, "" },
  { "{'price':[{'unit':'credit','usd':0.02}]}", "{}", "unit", 1, -1, "" },
  { "{'price':[{'unit':'image','usd':1e300}]}", "{}", "unit", 1, -1, "" },
  { "{}", "{}", "unit", 1, -1, "" },
};

/* The vendor's count, the catalog's price. */
START_TEST(units_are_priced)
{
  struct gm_model m = { .provider = "fal",
                        .id = "x",
                        .entry = parse(billed[_i].entry) };
  struct json_object *request = parse(billed[_i].request);
  struct gm_price p = { .microusd = -1 };
  bool known = gm_price_billed(&m, request, NULL, 0, billed[_i].unit,
                               billed[_i].units, true, &p);

  ck_assert_int_eq(known, billed[_i].microusd >= 0);
  ck_assert_int_eq(p.microusd, billed[_i].microusd);
  ck_assert_str_eq(p.formula, billed[_i].formula);
  json_object_put(request);
  json_object_put(m.entry);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("price");

  tcase_add_loop_test(tc, requests_are_estimated, 0, (int)GM_LEN(rows));
  tcase_add_loop_test(tc, units_are_priced, 0, (int)GM_LEN(billed));
  tcase_add_loop_test(tc, inputs_count_by_their_role, 0, (int)GM_LEN(roles));
  tcase_add_loop_test(tc, unknown_says_why, 0, (int)GM_LEN(reasons));
  tcase_add_test(tc, credits_have_a_value);
  tcase_add_test(tc, sources_are_named);
  tcase_add_loop_test(tc, deliveries_are_priced, 0, (int)GM_LEN(after));
  tcase_add_loop_test(tc, prices_are_told, 0, (int)GM_LEN(texts));
  return unit_run("price", tc);
}
