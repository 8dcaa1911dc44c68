/* The vocabulary of fal's endpoints as its type list of August 2026 has it: one
 * row per endpoint, one clause per input field.
 *
 *     name[*] TYPE [LOW..HIGH] [= DEFAULT];      * required
 *
 * TYPE: str bool int num url url[] str[] any any[] ratio ("4:3"), {a|b}: one of
 * these strings, size[+auto..]: a preset, an added word or {width, height}.
 * The second string says what the output holds: Images or Video, Nsfw flags,
 * Prompt, Seed, Timings, Description, F = a video file with its measures. */
#include "fal.h"

#include <string.h>

/* clang-format off */
#define PROMPT    "prompt* str; "
#define SEED      "seed int; "
#define SYNC      "sync_mode bool; "
#define CHECK     "enable_safety_checker bool = true; "
#define N4        "num_images int 1..4 = 1; "
#define JPEG_PNG  "output_format {jpeg|png} = jpeg; "
#define PNG_WEBP  "output_format {jpeg|png|webp} = png; "
#define IMAGE     "image_url* url; "
#define IMAGES    "image_urls* url[]; "
#define GUIDE     "guidance_scale num 1..20 = 3.5; "
#define AUDIO     "generate_audio bool = true; "
#define NEGATIVE  "negative_prompt str; "
#define FIX       "auto_fix bool; "
#define FIX_ON    "auto_fix bool = true; "
#define TOL6_4    "safety_tolerance {1|2|3|4|5|6} = 4; "
#define TOL6_2    "safety_tolerance {1|2|3|4|5|6} = 2; "
#define TOL5      "safety_tolerance {1|2|3|4|5} = 2; "
#define VEO_S     "duration {4s|6s|8s} = 8s; "
#define SIZE_43   "image_size size = landscape_4_3; "
#define SIZE_HD   "image_size size = square_hd; "
#define RES_4K    "resolution {720p|1080p|4k} = 720p; "
#define RES_HD    "resolution {720p|1080p} = 720p; "
#define WIDE      "aspect_ratio {16:9|9:16} = 16:9; "
#define WIDE_AUTO "aspect_ratio {auto|16:9|9:16} = auto; "
#define KLING_AR  "aspect_ratio {16:9|9:16|1:1} = 16:9; "
#define KLING_S   "duration {5|10} = 5; "
#define KLING_NEG "negative_prompt str = blur, distort, and low quality; "
#define CFG       "cfg_scale num 0..1 = 0.5; "
#define OPTIMIZE  "prompt_optimizer bool = true; "
#define LIMIT     "limit_generations bool = true; "
#define ENHANCE   "enhance_prompt bool; "
#define STEPS     "num_inference_steps int 1..50 = 28; "
#define ACCEL     "acceleration {none|regular|high} = none; "
#define WEB       "enable_web_search bool; "
#define SYSTEM    "system_prompt str; "
#define EXPAND    "enable_prompt_expansion bool; "
#define EXPAND_ON "expand_prompt bool = true; "
#define END_IMAGE "end_image_url url; "
#define CODES     "style_codes str[]; "
#define PRESET    "style_preset str; "
#define PALETTE   "color_palette any; "
#define SPEED     "rendering_speed {TURBO|BALANCED|QUALITY} = BALANCED; "

static const struct fal_model models[] = {
  { "alibaba/happy-horse/text-to-video",
    PROMPT "aspect_ratio {16:9|9:16|1:1|4:3|3:4} = 16:9; "
    "duration int 3..15 = 5; " CHECK "resolution {720p|1080p} = 1080p; "
    "seed int 0..2147483647; ",
    "VSF" },
  { "bytedance/seedance-2.0/fast/image-to-video",
    IMAGE PROMPT "aspect_ratio {auto|21:9|16:9|4:3|1:1|3:4|9:16} = auto; "
    "bitrate_mode {standard|high} = standard; "
    "duration {auto|4|5|6|7|8|9|10|11|12|13|14|15} = auto; " END_IMAGE
    "end_user_id str; " AUDIO "resolution {480p|720p|1080p|4k} = 720p; ",
    "VS" },
  { "bytedance/seedance-2.0/fast/text-to-video",
    PROMPT "aspect_ratio {auto|21:9|16:9|4:3|1:1|3:4|9:16} = auto; "
    "bitrate_mode {standard|high} = standard; "
    "duration {auto|4|5|6|7|8|9|10|11|12|13|14|15} = auto; "
    "end_user_id str; " AUDIO "resolution {480p|720p|1080p|4k} = 720p; ",
    "VS" },
  { "bytedance/seedance-2.0/image-to-video",
    IMAGE PROMPT "aspect_ratio {auto|21:9|16:9|4:3|1:1|3:4|9:16} = auto; "
    "bitrate_mode {standard|high} = standard; "
    "duration {auto|4|5|6|7|8|9|10|11|12|13|14|15} = auto; " END_IMAGE
    "end_user_id str; " AUDIO "resolution {480p|720p|1080p|4k} = 720p; ",
    "VS" },
  { "bytedance/seedance-2.0/text-to-video",
    PROMPT "aspect_ratio {auto|21:9|16:9|4:3|1:1|3:4|9:16} = auto; "
    "bitrate_mode {standard|high} = standard; "
    "duration {auto|4|5|6|7|8|9|10|11|12|13|14|15} = auto; "
    "end_user_id str; " AUDIO "resolution {480p|720p|1080p|4k} = 720p; ",
    "VS" },
  { "bytedance/seedream/v5/pro/edit",
    IMAGES PROMPT CHECK "image_size size+auto_1K+auto_2K = auto_2K; " N4
    JPEG_PNG SYNC,
    "I" },
  { "bytedance/seedream/v5/pro/text-to-image",
    PROMPT CHECK "image_size size+auto_1K+auto_2K = auto_2K; " N4 JPEG_PNG SYNC,
    "I" },
  { "fal-ai/bytedance/seedance/v1.5/pro/image-to-video",
    IMAGE PROMPT "aspect_ratio {21:9|16:9|4:3|1:1|3:4|9:16|auto} = 16:9; "
    "camera_fixed bool; " "duration {4|5|6|7|8|9|10|11|12} = 5; " CHECK
    END_IMAGE AUDIO "resolution {480p|720p|1080p} = 720p; " SEED,
    "VS" },
  { "fal-ai/bytedance/seedance/v1.5/pro/text-to-video",
    PROMPT "aspect_ratio {21:9|16:9|4:3|1:1|3:4|9:16|auto} = 16:9; "
    "camera_fixed bool; " "duration {4|5|6|7|8|9|10|11|12} = 5; " CHECK AUDIO
    "resolution {480p|720p|1080p} = 720p; " SEED,
    "VS" },
  { "fal-ai/bytedance/seedream/v4.5/edit",
    IMAGES PROMPT CHECK "image_size size+auto_2K+auto_4K; "
    "max_images int 1..15 = 1; " N4 SEED SYNC,
    "I" },
  { "fal-ai/bytedance/seedream/v4.5/text-to-image",
    PROMPT CHECK "image_size size+auto_2K+auto_4K; "
    "max_images int 1..15 = 1; " N4 SEED SYNC,
    "IS" },
  { "fal-ai/flux-2",
    PROMPT "acceleration {none|regular|high} = regular; " EXPAND CHECK
    "guidance_scale num 1..20 = 2.5; " SIZE_43 N4 STEPS PNG_WEBP SEED SYNC,
    "INPST" },
  { "fal-ai/flux-2-flex",
    PROMPT CHECK GUIDE SIZE_43 STEPS JPEG_PNG TOL5 SEED SYNC,
    "IS" },
  { "fal-ai/flux-2-max",
    PROMPT CHECK SIZE_43 JPEG_PNG TOL5 SEED SYNC,
    "IS" },
  { "fal-ai/flux-2-pro",
    PROMPT CHECK SIZE_43 JPEG_PNG TOL5 SEED SYNC,
    "IS" },
  { "fal-ai/flux-2-pro/edit",
    IMAGES PROMPT CHECK "image_size size+auto = auto; " JPEG_PNG TOL5 SEED SYNC,
    "IS" },
  { "fal-ai/flux-2/edit",
    PROMPT "acceleration {none|regular|high} = regular; " EXPAND CHECK
    "guidance_scale num 1..20 = 2.5; " SIZE_43 N4 STEPS PNG_WEBP SEED SYNC
    IMAGES,
    "INPST" },
  { "fal-ai/flux-2/turbo",
    PROMPT EXPAND CHECK "guidance_scale num 1..20 = 2.5; " SIZE_43 N4 PNG_WEBP
    SEED SYNC,
    "INPST" },
  { "fal-ai/flux-2/turbo/edit",
    IMAGES PROMPT EXPAND CHECK "guidance_scale num 1..20 = 2.5; " SIZE_HD N4
    PNG_WEBP SEED SYNC,
    "INPST" },
  { "fal-ai/flux-pro/kontext",
    IMAGE PROMPT "aspect_ratio {21:9|16:9|4:3|3:2|1:1|2:3|3:4|9:16|9:21}; "
    ENHANCE GUIDE N4 JPEG_PNG TOL6_2 SEED SYNC,
    "INPST" },
  { "fal-ai/flux-pro/kontext/multi",
    IMAGES PROMPT "aspect_ratio {21:9|16:9|4:3|3:2|1:1|2:3|3:4|9:16|9:21}; "
    ENHANCE GUIDE N4 JPEG_PNG TOL6_2 SEED SYNC,
    "INPST" },
  { "fal-ai/flux-pro/new",
    PROMPT ENHANCE GUIDE SIZE_43 N4 STEPS JPEG_PNG TOL6_2 SEED SYNC,
    "INPST" },
  { "fal-ai/flux-pro/v1.1",
    PROMPT ENHANCE SIZE_43 N4 JPEG_PNG TOL6_2 SEED SYNC,
    "INPST" },
  { "fal-ai/flux-pro/v1.1-ultra",
    PROMPT "aspect_ratio ratio = 16:9; " ENHANCE
    "image_prompt_strength num 0..1 = 0.1; " "image_url url; " N4 JPEG_PNG
    "raw bool; " TOL6_2 SEED SYNC,
    "INPST" },
  { "fal-ai/flux-pro/v1/fill",
    IMAGE "mask_url* url; " PROMPT ENHANCE N4 JPEG_PNG TOL6_2 SEED SYNC,
    "INPST" },
  { "fal-ai/flux/dev",
    PROMPT ACCEL CHECK GUIDE SIZE_43 N4 STEPS JPEG_PNG SEED SYNC,
    "INPST" },
  { "fal-ai/flux/dev/image-to-image",
    IMAGE PROMPT ACCEL CHECK GUIDE N4 "num_inference_steps int 1..50 = 40; "
    JPEG_PNG SEED "strength num 0..1 = 0.95; " SYNC,
    "INPST" },
  { "fal-ai/flux/schnell",
    PROMPT ACCEL CHECK GUIDE SIZE_43 N4 "num_inference_steps int 1..12 = 28; "
    JPEG_PNG SEED SYNC,
    "INPST" },
  { "fal-ai/ideogram/v3",
    PROMPT PALETTE EXPAND_ON SIZE_HD "image_urls url[]; " NEGATIVE N4 SPEED
    SEED "style {AUTO|GENERAL|REALISTIC|DESIGN}; " CODES PRESET SYNC,
    "IS" },
  { "fal-ai/ideogram/v3/edit",
    IMAGE "mask_url* url; " PROMPT PALETTE EXPAND_ON "image_urls url[]; " N4
    SPEED SEED CODES PRESET SYNC,
    "IS" },
  { "fal-ai/ideogram/v3/remix",
    IMAGE PROMPT PALETTE EXPAND_ON SIZE_HD "image_urls url[]; " NEGATIVE N4
    SPEED SEED "strength num 0..1 = 0.8; "
    "style {AUTO|GENERAL|REALISTIC|DESIGN}; " CODES SYNC,
    "IS" },
  { "fal-ai/imagen4/preview",
    PROMPT "aspect_ratio {1:1|16:9|9:16|4:3|3:4} = 1:1; " N4 PNG_WEBP
    "resolution {1K|2K} = 1K; " TOL6_4 SEED SYNC,
    "ID" },
  { "fal-ai/imagen4/preview/fast",
    PROMPT "aspect_ratio {1:1|16:9|9:16|4:3|3:4} = 1:1; " N4 PNG_WEBP TOL6_4
    SEED SYNC,
    "ID" },
  { "fal-ai/imagen4/preview/ultra",
    PROMPT "aspect_ratio {1:1|16:9|9:16|4:3|3:4} = 1:1; " N4 PNG_WEBP
    "resolution {1K|2K} = 1K; " TOL6_4 SEED SYNC,
    "ID" },
  { "fal-ai/kling-video/v2.1/master/text-to-video",
    PROMPT KLING_AR CFG KLING_S KLING_NEG,
    "V" },
  { "fal-ai/kling-video/v2.1/pro/image-to-video",
    IMAGE PROMPT CFG KLING_S KLING_NEG "tail_image_url url; ",
    "V" },
  { "fal-ai/kling-video/v2.5-turbo/pro/image-to-video",
    IMAGE PROMPT CFG KLING_S KLING_NEG "tail_image_url url; ",
    "V" },
  { "fal-ai/kling-video/v2.5-turbo/pro/text-to-video",
    PROMPT KLING_AR CFG KLING_S KLING_NEG,
    "V" },
  { "fal-ai/kling-video/v2.6/pro/image-to-video",
    PROMPT "start_image_url* url; " KLING_S END_IMAGE AUDIO KLING_NEG
    "voice_ids str[]; ",
    "V" },
  { "fal-ai/kling-video/v2.6/pro/text-to-video",
    PROMPT KLING_AR CFG KLING_S AUDIO KLING_NEG,
    "V" },
  { "fal-ai/kling-video/v3/pro/image-to-video",
    "start_image_url* url; " CFG
    "duration {3|4|5|6|7|8|9|10|11|12|13|14|15} = 5; " "elements any[]; "
    END_IMAGE AUDIO "multi_prompt any[]; " KLING_NEG "prompt str; "
    "shot_type {customize|intelligent} = customize; ",
    "V" },
  { "fal-ai/kling-video/v3/pro/text-to-video",
    KLING_AR CFG "duration {3|4|5|6|7|8|9|10|11|12|13|14|15} = 5; " AUDIO
    "multi_prompt any[]; " KLING_NEG "prompt str; "
    "shot_type {customize|intelligent} = customize; ",
    "V" },
  { "fal-ai/kling-video/v3/standard/image-to-video",
    "start_image_url* url; " CFG
    "duration {3|4|5|6|7|8|9|10|11|12|13|14|15} = 5; " "elements any[]; "
    END_IMAGE AUDIO "multi_prompt any[]; " KLING_NEG "prompt str; "
    "shot_type {customize|intelligent} = customize; ",
    "V" },
  { "fal-ai/kling-video/v3/standard/text-to-video",
    KLING_AR CFG "duration {3|4|5|6|7|8|9|10|11|12|13|14|15} = 5; " AUDIO
    "multi_prompt any[]; " KLING_NEG "prompt str; "
    "shot_type {customize|intelligent} = customize; ",
    "V" },
  { "fal-ai/minimax/hailuo-02/pro/image-to-video",
    IMAGE PROMPT END_IMAGE OPTIMIZE,
    "V" },
  { "fal-ai/minimax/hailuo-02/pro/text-to-video",
    PROMPT OPTIMIZE,
    "V" },
  { "fal-ai/minimax/hailuo-02/standard/image-to-video",
    IMAGE PROMPT "duration {6|10} = 6; " END_IMAGE OPTIMIZE
    "resolution {512P|768P} = 768P; ",
    "V" },
  { "fal-ai/minimax/hailuo-02/standard/text-to-video",
    PROMPT "duration {6|10} = 6; " OPTIMIZE,
    "V" },
  { "fal-ai/minimax/hailuo-2.3/pro/image-to-video",
    IMAGE PROMPT OPTIMIZE,
    "V" },
  { "fal-ai/minimax/hailuo-2.3/pro/text-to-video",
    PROMPT OPTIMIZE,
    "V" },
  { "fal-ai/minimax/hailuo-2.3/standard/image-to-video",
    PROMPT "duration {6|10} = 6; " OPTIMIZE IMAGE,
    "V" },
  { "fal-ai/minimax/hailuo-2.3/standard/text-to-video",
    PROMPT "duration {6|10} = 6; " OPTIMIZE,
    "V" },
  { "fal-ai/minimax/image-01",
    PROMPT "aspect_ratio {1:1|16:9|4:3|3:2|2:3|3:4|9:16|21:9} = 1:1; "
    "num_images int 1..9 = 1; " "prompt_optimizer bool; ",
    "I" },
  { "fal-ai/minimax/video-01",
    PROMPT OPTIMIZE,
    "V" },
  { "fal-ai/minimax/video-01/image-to-video",
    IMAGE PROMPT OPTIMIZE,
    "V" },
  { "fal-ai/nano-banana",
    PROMPT "aspect_ratio {21:9|16:9|3:2|4:3|5:4|1:1|4:5|3:4|2:3|9:16} = 1:1; "
    LIMIT N4 PNG_WEBP TOL6_4 SEED SYNC,
    "ID" },
  { "fal-ai/nano-banana-2",
    PROMPT
    "aspect_ratio {auto|21:9|16:9|3:2|4:3|5:4|1:1|4:5|3:4|2:3|9:16|4:1|"
    "1:4|8:1|1:8} = auto; " WEB LIMIT N4 PNG_WEBP
    "resolution {0.5K|1K|2K|4K} = 1K; " TOL6_4 SEED SYNC SYSTEM
    "thinking_level {minimal|high}; ",
    "ID" },
  { "fal-ai/nano-banana-2/edit",
    PROMPT
    "aspect_ratio {auto|21:9|16:9|3:2|4:3|5:4|1:1|4:5|3:4|2:3|9:16|4:1|"
    "1:4|8:1|1:8} = auto; " "audio_url url; " WEB "image_urls url[]; " LIMIT N4
    PNG_WEBP "pdf_url url; " "resolution {0.5K|1K|2K|4K} = 1K; " TOL6_4 SEED
    SYNC SYSTEM "thinking_level {minimal|high}; " "video_url url; ",
    "ID" },
  { "fal-ai/nano-banana-pro",
    PROMPT
    "aspect_ratio {auto|21:9|16:9|3:2|4:3|5:4|1:1|4:5|3:4|2:3|9:16} = 1:1; "
    WEB LIMIT N4 PNG_WEBP "resolution {1K|2K|4K} = 1K; " TOL6_4 SEED SYNC
    SYSTEM,
    "ID" },
  { "fal-ai/nano-banana-pro/edit",
    IMAGES PROMPT
    "aspect_ratio {auto|21:9|16:9|3:2|4:3|5:4|1:1|4:5|3:4|2:3|"
    "9:16} = auto; " WEB LIMIT N4 PNG_WEBP "resolution {1K|2K|4K} = 1K; "
    TOL6_4 SEED SYNC SYSTEM,
    "ID" },
  { "fal-ai/nano-banana/edit",
    PROMPT LIMIT N4 PNG_WEBP TOL6_4 SEED SYNC IMAGES
    "aspect_ratio {auto|21:9|16:9|3:2|4:3|5:4|1:1|4:5|3:4|2:3|"
    "9:16} = auto; ",
    "ID" },
  { "fal-ai/recraft-v3",
    PROMPT "colors any[]; " "enable_safety_checker bool; " SIZE_HD
    "style str = realistic_image; " "style_id str; ",
    "I" },
  { "fal-ai/recraft/v3/image-to-image",
    IMAGE PROMPT "colors any[]; " NEGATIVE "strength num 0..1 = 0.5; "
    "style str = realistic_image; " "style_id str; " SYNC,
    "I" },
  { "fal-ai/recraft/v3/text-to-image",
    PROMPT "colors any[]; " "enable_safety_checker bool; " SIZE_HD
    "style str = realistic_image; " "style_id str; ",
    "I" },
  { "fal-ai/recraft/v4.1/text-to-image",
    PROMPT "background_color any; " "colors any[]; " CHECK SIZE_HD,
    "I" },
  { "fal-ai/veo3",
    PROMPT WIDE FIX_ON VEO_S AUDIO NEGATIVE RES_HD TOL6_4 SEED,
    "V" },
  { "fal-ai/veo3.1",
    PROMPT WIDE FIX_ON VEO_S AUDIO NEGATIVE RES_4K TOL6_4 SEED,
    "V" },
  { "fal-ai/veo3.1/extend-video",
    PROMPT "video_url* url; " WIDE_AUTO FIX "duration str = 7s; " AUDIO
    NEGATIVE "resolution str = 720p; " TOL6_4 SEED,
    "V" },
  { "fal-ai/veo3.1/fast",
    PROMPT WIDE FIX_ON VEO_S AUDIO NEGATIVE RES_4K TOL6_4 SEED,
    "V" },
  { "fal-ai/veo3.1/fast/image-to-video",
    IMAGE PROMPT WIDE_AUTO FIX VEO_S AUDIO NEGATIVE RES_4K TOL6_4 SEED,
    "V" },
  { "fal-ai/veo3.1/first-last-frame-to-video",
    "first_frame_url* url; " "last_frame_url* url; " PROMPT WIDE_AUTO FIX VEO_S
    AUDIO NEGATIVE RES_4K TOL6_4 SEED,
    "V" },
  { "fal-ai/veo3.1/image-to-video",
    IMAGE PROMPT WIDE_AUTO FIX VEO_S AUDIO NEGATIVE RES_4K TOL6_4 SEED,
    "V" },
  { "fal-ai/veo3.1/lite",
    PROMPT WIDE FIX_ON VEO_S AUDIO NEGATIVE RES_HD TOL6_4 SEED,
    "V" },
  { "fal-ai/veo3.1/reference-to-video",
    IMAGES PROMPT WIDE FIX "duration str = 8s; " AUDIO RES_4K TOL6_4,
    "V" },
  { "fal-ai/veo3/fast",
    PROMPT WIDE FIX_ON VEO_S AUDIO NEGATIVE RES_HD TOL6_4 SEED,
    "V" },
  { "fal-ai/veo3/image-to-video",
    IMAGE PROMPT WIDE_AUTO FIX VEO_S AUDIO NEGATIVE RES_HD TOL6_4 SEED,
    "V" },
  { "fal-ai/wan/v2.7/image-to-video",
    "audio_url url; " "duration int 2..15 = 5; "
    "enable_prompt_expansion bool = true; " CHECK END_IMAGE "image_url url; "
    NEGATIVE "prompt str; " "resolution {720p|1080p} = 1080p; "
    "seed int 0..2147483647; " "video_url url; ",
    "VSF" },
  { "fal-ai/wan/v2.7/text-to-video",
    PROMPT "aspect_ratio {16:9|9:16|1:1|4:3|3:4} = 16:9; " "audio_url url; "
    "duration int 2..15 = 5; " "enable_prompt_expansion bool = true; " CHECK
    NEGATIVE "resolution {720p|1080p} = 1080p; " "seed int 0..2147483647; ",
    "VSF" },
  { "minimax/h3/image-to-video",
    IMAGE PROMPT "duration int 1..30 = 5; " END_IMAGE "resolution str = 2K; ",
    "V" },
  { "minimax/h3/text-to-video",
    PROMPT "aspect_ratio {21:9|16:9|4:3|1:1|3:4|9:16} = 16:9; "
    "duration int 1..30 = 5; " "resolution str = 2K; ",
    "V" },
  { "openai/gpt-image-2",
    PROMPT "image_size size+auto = landscape_4_3; " N4 PNG_WEBP
    "quality {auto|low|medium|high} = high; " SYNC,
    "I" },
  { "openai/gpt-image-2/edit",
    IMAGES PROMPT "image_size size+auto = auto; " "mask_url url; " N4 PNG_WEBP
    "quality {auto|low|medium|high} = high; " SYNC,
    "I" },
  { "xai/grok-imagine-image",
    PROMPT
    "aspect_ratio {2:1|20:9|19.5:9|16:9|4:3|3:2|1:1|2:3|3:4|9:16|9:19.5|"
    "9:20|1:2} = 1:1; " N4 "output_format {jpeg|png|webp} = jpeg; "
    "resolution {1k|2k} = 1k; " SYNC,
    "I" },
  { "xai/grok-imagine-video/image-to-video",
    IMAGE PROMPT "aspect_ratio {auto|16:9|4:3|3:2|1:1|2:3|3:4|9:16} = auto; "
    "duration int 1..30 = 6; " "resolution {480p|720p} = 720p; ",
    "VF" },
  { "xai/grok-imagine-video/text-to-video",
    PROMPT "aspect_ratio {16:9|4:3|3:2|1:1|2:3|3:4|9:16} = 16:9; "
    "duration int 1..30 = 6; " "resolution {480p|720p} = 720p; ",
    "VF" },
};
/* clang-format on */

const struct fal_model *fal_model_find(const char *id)
{
  size_t low = 0, high = EM_LEN(models); /* the rows are sorted */

  while (low < high) {
    size_t middle = (low + high) / 2;
    int order = strcmp(id, models[middle].id);

    if (!order)
      return &models[middle];
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return NULL;
}

const struct fal_model *fal_model_at(size_t i)
{
  return i < EM_LEN(models) ? &models[i] : NULL;
}
