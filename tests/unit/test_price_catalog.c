/* test_price_catalog.c - the bundled catalog's prices, worked out by hand from
 * what the vendors state.
 *
 * A row is a typical request and what it costs in millionths of a dollar; -1:
 * it cannot be known before, and `says` is in the reason.  Every form of a
 * price that the catalog has (unit, what it depends on) must be in some row of
 * its provider: a new form without a row fails the last test. */
#include "base/file.h"
#include "base/str.h"
#include "route/catalog.h"
#include "route/price.h"
#include "route_json.h"
#include <stdlib.h>

#define Q(quality, size) "{'quality':'" quality "'," size "}"
#define SQUARE           "'width':1024,'height':1024"
#define TALL             "'width':1024,'height':1536"

static const struct {
  const char *provider, *model, *request;
  int64_t microusd;
  const char *inputs; /* roles */
  const char *says;   /* in the formula, or in the reason */
} rows[] = {
  /* ---- OpenAI: images by quality and size, tokens, seconds of video */
  { "openai", "gpt-image-2", Q("low", SQUARE), 6000, "", "1 image x $0.006" },
  { "openai", "gpt-image-2", Q("low", "'aspect_ratio':'2:3'"), 5000, "", "" },
  { "openai", "gpt-image-2", Q("medium", SQUARE), 53000, "", "" },
  { "openai", "gpt-image-2", Q("medium", TALL), 41000, "", "" },
  { "openai", "gpt-image-2", Q("high", SQUARE ",'n':3"), 633000, "",
    "3 images x $0.211" },
  { "openai", "gpt-image-2", Q("high", "'width':2048,'height':2048"), 428160,
    "", "" }, /* 14272 tokens at $30 a million */
  { "openai", "gpt-image-2", Q("high", "'width':3840,'height':2160"), 400260,
    "", "" }, /* 13342 */
  { "openai", "gpt-image-2", Q("low", SQUARE ",'partials':2"), 12000, "",
    "2 drafts x $0.003" },
  { "openai", "gpt-image-2", "{}", -1, "", "tokens" },
  { "openai", "gpt-image-2", "{'quality':'auto'}", -1, "", "quality" },
  { "openai", "gpt-image-2-2026-04-21", Q("high", TALL), 165000, "", "" },
  { "openai", "gpt-image-1.5", Q("low", SQUARE), 9000, "", "" },
  { "openai", "gpt-image-1.5", Q("medium", TALL), 50000, "", "" },
  { "openai", "gpt-image-1.5", Q("high", SQUARE), 133000, "image", "" },
  { "openai", "gpt-image-1.5", Q("high", "'aspect_ratio':'3:2'"), 200000, "",
    "" },
  { "openai", "gpt-image-1-mini", Q("low", SQUARE), 5000, "", "" },
  { "openai", "gpt-image-1-mini", Q("medium", TALL ",'n':10"), 150000, "", "" },
  { "openai", "gpt-image-1-mini", Q("high", "'aspect_ratio':'1:1'"), 36000, "",
    "" },
  { "openai", "gpt-image-1", Q("low", SQUARE), 10880, "", "" }, /* 272 x $40 */
  { "openai", "gpt-image-1", Q("high", TALL), 249600, "", "" }, /* 6240 */
  { "openai", "gpt-image-2.5-sunburst", Q("high", SQUARE), -1, "",
    "tokens that only the vendor counts" },
  { "openai", "gpt-image-2.6-flare", "{}", -1, "", "tokens" },
  { "openai", "chatgpt-image-latest", "{}", -1, "", "tokens" },
  { "openai", "dall-e-3", "{}", 40000, "", "" },
  { "openai", "dall-e-3", "{'quality':'hd','width':1792,'height':1024}", 120000,
    "", "" },
  { "openai", "dall-e-3", "{'quality':'hd'}", 80000, "", "" },
  { "openai", "dall-e-3", "{'width':1024,'height':1792}", 80000, "", "" },
  { "openai", "dall-e-2", "{'width':256,'height':256,'n':2}", 32000, "", "" },
  { "openai", "dall-e-2", "{'width':512,'height':512}", 18000, "", "" },
  { "openai", "dall-e-2", "{}", 20000, "", "" },
  { "openai", "sora-2", "{'duration':8}", 800000, "", "8 seconds x $0.10" },
  { "openai", "sora-2-2025-12-08", "{'duration':4}", 400000, "first_frame",
    "" },
  { "openai", "sora-2-pro", "{'duration':12}", 3600000, "", "" },
  { "openai", "sora-2-pro", "{'duration':4,'width':1024,'height':1792}",
    2000000, "", "" },
  { "openai", "sora-2-pro", "{'duration':4,'width':1920,'height':1080}",
    2800000, "", "" },

  /* ---- fal: megapixels, images, seconds, videos */
  { "fal", "fal-ai/flux/schnell", "{'n':4," SQUARE "}", 12000, "",
    "4 outputs x 1 megapixel x $0.003" },
  { "fal", "fal-ai/flux/schnell", "{'width':1280,'height':1024}", 6000, "",
    "2 megapixels x $0.003" },
  { "fal", "fal-ai/flux/dev", "{}", 25000, "", "" },
  { "fal", "fal-ai/flux/dev/image-to-image", "{}", -1, "image",
    "pixels of the input" },
  { "fal", "fal-ai/flux-pro/v1.1", "{" SQUARE "}", 40000, "", "" },
  { "fal", "fal-ai/flux-pro/v1.1-ultra", "{'aspect_ratio':'16:9'}", 60000, "",
    "1 image x $0.06" },
  { "fal", "fal-ai/flux-pro/new", "{" SQUARE "}", 50000, "", "" },
  { "fal", "fal-ai/flux-pro/kontext", "{'n':2}", 80000, "image", "" },
  { "fal", "fal-ai/flux-2-pro", "{" SQUARE "}", 30000, "",
    "first megapixel $0.03" },
  { "fal", "fal-ai/flux-2-pro", "{'width':2048,'height':2048}", 75000, "",
    "3 x $0.015" },
  { "fal", "fal-ai/flux-pro/v1/fill", "{}", -1, "image mask", "no price" },
  { "fal", "fal-ai/bytedance/seedream/v4.5/text-to-image", "{'n':3}", 120000,
    "", "" },
  { "fal", "bytedance/seedream/v5/pro/text-to-image", "{'resolution':'1K'}",
    67500, "", "" },
  { "fal", "bytedance/seedream/v5/pro/text-to-image", "{}", 135000, "", "" },
  { "fal", "fal-ai/ideogram/v3", "{'quality':'TURBO'}", 30000, "", "" },
  { "fal", "fal-ai/ideogram/v3", "{}", 60000, "", "" },
  { "fal", "fal-ai/ideogram/v3", "{'quality':'QUALITY','n':2}", 180000, "",
    "" },
  { "fal", "fal-ai/recraft/v3/text-to-image", "{}", 40000, "", "" },
  { "fal", "fal-ai/recraft/v3/text-to-image",
    "{'style':'vector_illustration/linocut'}", 80000, "", "" },
  { "fal", "fal-ai/nano-banana", "{}", 40000, "", "" },
  { "fal", "fal-ai/nano-banana-2", "{'resolution':'2K'}", 120000, "", "" },
  { "fal", "fal-ai/nano-banana-2", "{'resolution':'4K'}", 160000, "", "" },
  { "fal", "fal-ai/nano-banana-pro", "{'resolution':'2K'}", 150000, "", "" },
  { "fal", "fal-ai/nano-banana-pro", "{'resolution':'4K'}", 300000, "", "" },
  { "fal", "openai/gpt-image-2", "{'quality':'high'}", 170000, "", "" },
  { "fal", "openai/gpt-image-2", "{'quality':'low'}", -1, "",
    "for other options only; it depends on quality" },
  { "fal", "fal-ai/veo3", "{'duration':8,'audio':false}", 1600000, "", "" },
  { "fal", "fal-ai/veo3/fast", "{'duration':8}", 1200000, "", "" },
  { "fal", "fal-ai/veo3.1", "{'duration':4,'resolution':'4k'}", 2400000, "",
    "4 seconds x $0.60" },
  { "fal", "fal-ai/veo3.1", "{'duration':4,'resolution':'4k','audio':false}",
    1600000, "", "" },
  { "fal", "fal-ai/veo3.1/reference-to-video", "{}", 3200000, "reference", "" },
  { "fal", "fal-ai/veo3.1/fast", "{'duration':6,'resolution':'4k'}", 2100000,
    "", "" },
  { "fal", "fal-ai/kling-video/v2.1/pro/image-to-video", "{'duration':5}",
    490000, "image", "" },
  { "fal", "fal-ai/kling-video/v2.1/pro/image-to-video", "{'duration':10}",
    980000, "image", "" },
  { "fal", "fal-ai/kling-video/v2.5-turbo/pro/text-to-video", "{'duration':10}",
    700000, "", "" },
  { "fal", "fal-ai/kling-video/v3/pro/text-to-video", "{'audio':false}", 560000,
    "", "" },
  { "fal", "fal-ai/kling-video/v3/standard/text-to-video", "{'duration':10}",
    1260000, "", "" },
  { "fal", "fal-ai/minimax/hailuo-2.3/standard/text-to-video", "{}", 280000, "",
    "1 video x $0.28" },
  { "fal", "fal-ai/minimax/hailuo-2.3/pro/image-to-video", "{}", 490000,
    "image", "" },
  { "fal", "bytedance/seedance-2.0/text-to-video", "{'duration':5}", 1500000,
    "", "" },
  { "fal", "bytedance/seedance-2.0/text-to-video", "{}", -1, "",
    "duration, which is not given" },
  { "fal", "xai/grok-imagine-video/text-to-video", "{'resolution':'480p'}",
    300000, "", "" },
  { "fal", "xai/grok-imagine-video/text-to-video", "{'duration':10}", 700000,
    "", "" },

  /* ---- Google */
  { "google", "gemini-nano-banana-2.1", "{}", 33600, "", "" },
  { "google", "gemini-nano-banana-2.1", "{'resolution':'2K'}", 50400, "", "" },
  { "google", "gemini-nano-banana-2.1", "{'resolution':'4K'}", 113400, "",
    "" }, /* 3780 tokens at $30 a million */
  { "google", "gemini-3-pro-image", "{'resolution':'2K'}", 134000, "", "" },
  { "google", "gemini-3-pro-image", "{'resolution':'4K'}", 240000, "image",
    "" },
  { "google", "gemini-3.1-flash-image", "{'resolution':'512'}", 45000, "", "" },
  { "google", "gemini-3.1-flash-image", "{'resolution':'4K'}", 151000, "", "" },
  { "google", "gemini-3.1-flash-lite-image", "{'resolution':'1K'}", 33600, "",
    "" },
  { "google", "gemini-2.5-flash-image", "{'n':2}", 78000, "", "" },
  { "google", "imagen-4.0-generate-001", "{'n':4}", 160000, "", "" },
  { "google", "imagen-4.0-ultra-generate-001", "{}", 60000, "", "" },
  { "google", "imagen-4.0-fast-generate-001", "{}", 20000, "", "" },
  { "google", "imagen-4.0-upscale-preview", "{}", 60000, "image", "" },
  { "google", "veo-3.1-generate-001", "{'duration':8}", 3200000, "", "" },
  { "google", "veo-3.1-generate-001", "{'duration':8,'audio':false}", 1600000,
    "", "" },
  { "google", "veo-3.1-generate-001", "{'duration':4,'resolution':'4k','n':2}",
    4800000, "", "2 outputs x 4 seconds x $0.60" },
  { "google", "veo-3.1-generate-001",
    "{'duration':4,'resolution':'4k','audio':false}", -1, "",
    "depends on audio and resolution" },
  { "google", "veo-3.1-fast-generate-001", "{'duration':4}", 400000, "", "" },
  { "google", "veo-3.1-fast-generate-001",
    "{'duration':4,'resolution':'1080p'}", 480000, "", "" },
  { "google", "veo-3.1-lite-generate-001",
    "{'duration':8,'resolution':'1080p'}", 640000, "", "" },
  { "google", "veo-2.0-generate-001", "{'duration':8}", -1, "", "no price" },
  { "google-studio", "gemini-3.1-flash-image", "{}", 67000, "", "" },
  { "google-studio", "gemini-2.5-flash-image", "{}", 39000, "", "" },
  { "google-studio", "veo-3.1-lite-generate-preview", "{'duration':6}", 300000,
    "", "" },
  { "google-studio", "veo-3.1-generate-preview",
    "{'duration':8,'resolution':'4k'}", 4800000, "", "" },

  /* ---- Runway: a credit is a cent */
  { "runway", "gen4.5", "{'duration':5}", 600000, "", "5 seconds x $0.12" },
  { "runway", "gen4.5", "{'duration':2,'format':'prores'}", 340000, "",
    "2 seconds x $0.05" },
  { "runway", "gen4.5", "{'duration':2,'format':'hdr10'}", 640000, "", "" },
  { "runway", "gen4_turbo", "{'duration':10}", 500000, "image", "" },
  { "runway", "act_two", "{}", -1, "video", "length of the input" },
  { "runway", "veo3.1", "{'duration':4}", 1600000, "", "" },
  { "runway", "veo3.1", "{'duration':4,'audio':false}", 800000, "", "" },
  { "runway", "veo3.1_fast", "{'duration':8}", 1200000, "", "" },
  { "runway", "seedance2", "{'duration':5}", 1800000, "", "" },
  { "runway", "gen4_image", "{'resolution':'720p'}", 50000, "", "" },
  { "runway", "gen4_image", "{'width':1280,'height':720}", 50000, "", "" },
  { "runway", "gen4_image", "{}", 80000, "", "" },
  { "runway", "gen4_image_turbo", "{}", 20000, "reference", "" },
  { "runway", "gemini_2.5_flash", "{}", 50000, "", "" },
  { "runway", "muse_image", "{}", 10000, "", "" },
  { "runway", "aleph2", "{}", -1, "video", "no price" },

  /* ---- OpenRouter, and the gateway of the same lists */
  { "openrouter", "google/veo-3.1", "{'duration':8,'resolution':'4K'}", 4800000,
    "", "" },
  { "openrouter", "google/veo-3.1",
    "{'duration':8,'resolution':'720p','audio':false}", 1600000, "", "" },
  { "openrouter", "google/veo-3.1-fast", "{'duration':4,'resolution':'720p'}",
    400000, "", "" },
  { "openrouter", "google/veo-3.1-fast",
    "{'duration':4,'resolution':'1080p','audio':false}", 400000, "", "" },
  { "openrouter", "google/veo-3.1-lite",
    "{'duration':4,'resolution':'720p','audio':false}", 120000, "", "" },
  { "openrouter", "openai/sora-2-pro", "{'duration':4,'resolution':'1080p'}",
    2000000, "", "" },
  { "openrouter", "runway/gen-4.5", "{'duration':5}", 600000, "", "" },
  { "openrouter", "runway/aleph-2", "{'duration':1}", 560000, "video",
    "2 seconds x $0.28" }, /* at least 56 cents */
  { "openrouter", "runway/aleph-2", "{}", -1, "video", "length of the input" },
  { "openrouter", "kwaivgi/kling-v3.0-pro", "{'duration':5}", 840000, "", "" },
  { "openrouter", "kwaivgi/kling-v3.0-std", "{'duration':5,'audio':false}",
    420000, "", "" },
  { "openrouter", "kwaivgi/kling-video-o1", "{'duration':10}", 1120000, "",
    "" },
  { "openrouter", "alibaba/wan-3.0", "{'duration':10,'resolution':'480p'}",
    500000, "", "" },
  { "openrouter", "alibaba/wan-3.0-prime",
    "{'duration':2,'width':1920,'height':1080}", 560000, "", "" },
  { "openrouter", "alibaba/wan-3.0", "{'duration':10}", -1, "",
    "depends on resolution" },
  { "openrouter", "alibaba/wan-2.6",
    "{'operation':'text-to-video','duration':5,'resolution':'1080p'}", 600000,
    "", "" },
  { "openrouter", "alibaba/wan-2.6",
    "{'operation':'image-to-video','duration':5,'resolution':'1080p'}", 750000,
    "first_frame", "" },
  { "openrouter", "alibaba/happyhorse-1.1",
    "{'duration':3,'resolution':'1080p'}", 383400, "", "" },
  /* 1280 x 720 x 5 x 24 / 1024 are 108,000 tokens */
  { "openrouter", "bytedance/seedance-2.5",
    "{'duration':5,'resolution':'720p','aspect_ratio':'16:9'}", 1155600, "",
    "108000 video tokens x $0.0000107" },
  { "openrouter", "bytedance/seedance-2.5",
    "{'duration':5,'resolution':'720p','aspect_ratio':'16:9'}", 691200, "video",
    "" },
  { "openrouter", "bytedance/seedance-2.0",
    "{'duration':5,'width':1280,'height':720}", 756000, "", "" },
  { "openrouter", "bytedance/seedance-2.0",
    "{'duration':5,'width':1920,'height':1080}", 1871100, "", "" },
  { "openrouter", "bytedance/seedance-2.0-fast",
    "{'duration':5,'width':1280,'height':720}", 267300, "video", "" },
  { "openrouter", "bytedance/seedance-2.0-mini",
    "{'duration':5,'width':1280,'height':720}", 378000, "", "" },
  { "openrouter", "bytedance/seedance-1-5-pro",
    "{'duration':5,'width':1280,'height':720,'audio':false}", 129600, "", "" },
  { "openrouter", "bytedance/seedance-2.0", "{'duration':5}", -1, "",
    "size, which is not given" },
  { "openrouter", "minimax/hailuo-3", "{'duration':5}", 730000,
    "reference reference", "2 input images x $0.04" },
  { "openrouter", "minimax/hailuo-3-max", "{'duration':5,'resolution':'768p'}",
    400000, "", "" },
  { "openrouter", "minimax/hailuo-2.3", "{'duration':6}", 490200, "", "" },
  { "openrouter", "x-ai/grok-imagine-video-1.5",
    "{'duration':10,'resolution':'720p'}", 1410000, "first_frame", "" },
  { "openrouter", "x-ai/grok-imagine-video",
    "{'duration':10,'resolution':'480p'}", 502000, "first_frame", "" },
  { "openrouter", "black-forest-labs/flux-3-video",
    "{'duration':5,'resolution':'720p'}", 850000, "", "" },
  { "openrouter", "black-forest-labs/flux-3-video",
    "{'duration':5,'resolution':'1080p','extra':{'previous_job_id':'j'}}",
    2650000, "", "" },
  { "openrouter", "black-forest-labs/flux-video-edit", "{'duration':10}",
    300000, "video", "" },
  { "openrouter", "black-forest-labs/flux-video-upscale",
    "{'duration':4," SQUARE "}", 300000, "video", "" },
  { "openrouter", "black-forest-labs/flux-video-upscale",
    "{'duration':4," SQUARE ",'extra':{'creativity':1}}", 420000, "video", "" },
  { "openrouter", "heygen/heygen-video-1",
    "{'duration':10,'resolution':'480p'}", 200000, "", "" },
  { "openrouter", "heygen/heygen-video-1",
    "{'duration':10,'resolution':'768p'}", 600000, "reference", "" },
  { "openrouter", "heygen/avatar-iv", "{'duration':10}", 500000, "image", "" },
  { "openrouter", "black-forest-labs/flux.2-pro", "{" SQUARE "}", 30000, "",
    "" },
  { "openrouter", "bytedance-seed/seedream-4.5", "{'n':2}", 80000, "", "" },
  { "openrouter", "openai/gpt-image-2", "{}", -1, "", "no price" },
  { "modelgates", "runway/gen-4.5", "{'duration':10}", 1200000, "", "" },

  /* ---- Visgate */
  { "visgate", "fal-ai/flux/schnell", "{}", 3000, "", "" },
  { "visgate", "fal-ai/veo3", "{}", -1, "", "no price" },

  /* ---- Higgsfield: what a credit costs is not known */
  { "higgsfield", "higgsfield-ai/soul/standard", "{'n':4}", -1, "",
    "4 images x 1 credit" },
  { "higgsfield", "higgsfield-ai/dop/turbo", "{}", -1, "image",
    "what a credit costs is not known" },
  { "higgsfield", "veo3.1", "{}", -1, "", "no price" },
};

static struct gm_catalog *open_catalog(void)
{
  const char *path = gm_env("GAMUT_CATALOG_PATH");
  struct gm_catalog *c = NULL;

  if (!path)
    return NULL;
  ck_assert_int_eq(gm_catalog_new(path, "/nowhere", NULL, &c), 0);
  return c;
}

START_TEST(stated_prices_are_quoted)
{
  struct gm_catalog *c = open_catalog();
  struct json_object *request = parse(rows[_i].request);
  const struct gm_model *m = NULL;
  struct gm_buf said = GM_BUF_INIT(4096);
  char *roles = gm_strdup(rows[_i].inputs);
  struct gm_input inputs[8];
  uint32_t n = make_inputs(roles, inputs);
  struct gm_price p;

  if (!c)
    return;
  ck_assert_int_eq(
    gm_catalog_find(c, rows[_i].provider, rows[_i].model, &m, NULL), 0);
  ck_assert_msg(m != NULL, "%s", rows[_i].model);
  gm_price_estimate(m, request, inputs, n, true, &p);
  ck_assert_msg(p.microusd == rows[_i].microusd, "%s:%s %s: %lld, not %lld",
                rows[_i].provider, rows[_i].model, rows[_i].request,
                (long long)p.microusd, (long long)rows[_i].microusd);
  gm_buf_addf(&said, "%s; ", p.formula);
  gm_price_reason(m, &p, inputs, n, &said);
  ck_assert_msg(strstr(gm_buf_text(&said), rows[_i].says), "%s: '%s' in '%s'",
                rows[_i].model, rows[_i].says, gm_buf_text(&said));
  /* What is known has a source with a date. */
  if (p.microusd >= 0)
    ck_assert_msg(p.source && p.checked, "%s", rows[_i].model);
  gm_buf_finish(&said);
  gm_free(roles);
  json_object_put(request);
  gm_catalog_free(c);
}
END_TEST

/* "openai: image quality size plus partial" */
static void form_of(const struct gm_model *m, struct gm_buf *out)
{
  struct json_object_iter it;
  const struct json_object *price = gm_json_at(m->entry, "price");
  struct json_object *depends = gm_price_depends(m, NULL);
  size_t i, n = gm_json_count(price, NULL);

  /* One's list is the other's. */
  gm_buf_addf(out, "%s:",
              gm_streq(m->provider, "modelgates") ? "openrouter" : m->provider);
  for (i = 0; i < n; i++) {
    const char *unit =
      gm_json_str(json_object_array_get_idx(price, i), "unit", "?");

    if (!strstr(gm_buf_text(out), unit))
      gm_buf_addf(out, " %s", unit);
  }
  if (depends) {
    json_object_object_foreachC(depends, it)
    {
      gm_buf_addf(out, " %s", it.key);
    }
  }
  json_object_put(depends);
}

static bool is_tried(struct gm_catalog *c, const char *form)
{
  bool found = false;
  size_t i;

  for (i = 0; !found && i < GM_LEN(rows); i++) {
    const struct gm_model *m = NULL;
    struct gm_buf b = GM_BUF_INIT(4096);

    gm_catalog_find(c, rows[i].provider, rows[i].model, &m, NULL);
    ck_assert_msg(m != NULL, "%s", rows[i].model);
    form_of(m, &b);
    found = gm_streq(gm_buf_text(&b), form);
    gm_buf_finish(&b);
  }
  return found;
}

START_TEST(every_form_is_tried)
{
  struct gm_catalog *c = open_catalog();
  const struct gm_model *m;
  size_t i, n = 0;

  for (i = 0; c; i++) {
    struct gm_buf b = GM_BUF_INIT(4096);

    ck_assert_int_eq(gm_catalog_at(c, i, &m, NULL), 0);
    if (!m)
      break;
    if (gm_json_at(m->entry, "price")) {
      form_of(m, &b);
      ck_assert_msg(is_tried(c, gm_buf_text(&b)), "no row for %s (%s)", m->id,
                    gm_buf_text(&b));
      n++;
    }
    gm_buf_finish(&b);
  }
  ck_assert(!c || n > 150);
  gm_catalog_free(c);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("price of the catalog");

  tcase_add_loop_test(tc, stated_prices_are_quoted, 0, (int)GM_LEN(rows));
  tcase_add_test(tc, every_form_is_tried);
  return unit_run("price of the catalog", tc);
}
