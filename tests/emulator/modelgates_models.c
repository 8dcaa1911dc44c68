/* The gateway's models, as its lists of October 2026 have them: what they take,
 * and their prices by the names of the SKUs. */
#include "modelgates.h"

#include <string.h>

/* clang-format off */
const struct gate_video gate_videos[] = {
  { "google/veo-3.1",
    "fl", "720p 1080p 4K", "16:9 9:16",
    "4 6 8", 'y', 'y', 'i', false,
    "duration_seconds_with_audio=0.40 "
    "duration_seconds_without_audio=0.20 "
    "duration_seconds_with_audio_4k=0.60 "
    "duration_seconds_without_audio_4k=0.40",
    "personGeneration aspectRatio negativePrompt conditioningScale "
    "enhancePrompt" },
  { "google/veo-3.1-fast",
    "fl", "720p 1080p 4K", "16:9 9:16",
    "4 6 8", 'y', 'y', 'i', false,
    "duration_seconds_with_audio=0.12 "
    "duration_seconds_with_audio_720p=0.10 "
    "duration_seconds_with_audio_4k=0.30 "
    "duration_seconds_without_audio=0.10 "
    "duration_seconds_without_audio_720p=0.08 "
    "duration_seconds_without_audio_4k=0.25",
    "personGeneration aspectRatio negativePrompt conditioningScale "
    "enhancePrompt" },
  { "google/veo-3.1-lite",
    "fl", "720p 1080p", "16:9 9:16",
    "4 6 8", 'y', 'y', 'i', false,
    "duration_seconds_with_audio=0.08 "
    "duration_seconds_with_audio_720p=0.05 "
    "duration_seconds_without_audio=0.05 "
    "duration_seconds_without_audio_720p=0.03",
    "personGeneration aspectRatio negativePrompt conditioningScale "
    "enhancePrompt" },
  { "openai/sora-2-pro",
    "", "720p 1080p", "16:9 9:16",
    "4 8 12 16 20", 'y', 'n', 'n', false,
    "duration_seconds_720p=0.30 duration_seconds_1080p=0.50",
    "quality style" },
  { "runway/gen-4.5",
    "f", "720p", "16:9 9:16",
    "2-10", 'n', 'y', 'i', false,
    "cents_per_second_output=12",
    "contentModeration" },
  { "runway/aleph-2",
    "", "", "16:9 4:3 3:2 1:1 2:3 3:4 9:16 21:9",
    "", 'n', 'y', 'v', false,
    "cents_per_second_output=28 minimum_cents_per_generation=56",
    "contentModeration keyframes" },
  { "kwaivgi/kling-v3.0-pro",
    "fl", "720p", "16:9 9:16 1:1",
    "3-15", 'y', 'n', 'i', false,
    "duration_seconds=0.112 duration_seconds_with_audio=0.168",
    "negative_prompt cfg_scale" },
  { "kwaivgi/kling-v3.0-std",
    "fl", "720p", "16:9 9:16 1:1",
    "3-15", 'y', 'n', 'i', false,
    "duration_seconds=0.084 duration_seconds_with_audio=0.126",
    "negative_prompt cfg_scale" },
  { "kwaivgi/kling-video-o1",
    "fl", "720p", "16:9 9:16 1:1",
    "5 10", 'y', 'n', 'i', false,
    "duration_seconds=0.112",
    "negative_prompt" },
  { "alibaba/wan-3.0",
    "f", "480p 720p 1080p", "16:9 4:3 1:1 3:4 9:16",
    "2-30", 'y', 'y', 'i', false,
    "duration_seconds_480p=0.05 duration_seconds_720p=0.10 "
    "duration_seconds_1080p=0.20",
    "" },
  { "alibaba/wan-3.0-prime",
    "f", "480p 720p 1080p", "16:9 4:3 1:1 3:4 9:16",
    "2-30", 'y', 'y', 'i', false,
    "duration_seconds_480p=0.068 duration_seconds_720p=0.14 "
    "duration_seconds_1080p=0.28",
    "" },
  { "alibaba/wan-2.7",
    "fl", "720p 1080p", "16:9 9:16 1:1 4:3 3:4",
    "2-10", 'y', 'y', 'i', false,
    "duration_seconds=0.10",
    "negative_prompt prompt_extend audio ratio last_image video videos "
    "images" },
  { "alibaba/wan-2.6",
    "f", "720p 1080p", "16:9 9:16",
    "5 10", 'y', 'y', 'i', false,
    "text_to_video_duration_seconds_480p=0.04 "
    "text_to_video_duration_seconds_720p=0.08 "
    "text_to_video_duration_seconds_1080p=0.12 "
    "image_to_video_duration_seconds_720p=0.10 "
    "image_to_video_duration_seconds_1080p=0.15",
    "negative_prompt enable_prompt_expansion shot_type audio size" },
  { "alibaba/happyhorse-1.1",
    "f", "720p 1080p", "16:9 9:16 1:1 4:3 3:4 21:9 9:21",
    "3-15", '-', 'y', 'i', false,
    "duration_seconds_720p=0.0988 duration_seconds_1080p=0.1278",
    "" },
  { "alibaba/happyhorse-1.0",
    "f", "720p 1080p", "16:9 9:16 1:1 4:3 3:4 21:9 9:21",
    "3-15", '-', 'y', 'i', false,
    "duration_seconds_720p=0.0988 duration_seconds_1080p=0.1694",
    "" },
  { "bytedance/seedance-2.5",
    "fl", "480p 720p", "16:9 4:3 1:1 3:4 9:16 21:9",
    "4-30", 'y', 'y', 'a', false,
    "video_tokens=0.0000107 video_tokens_with_video_input=0.0000064",
    "watermark req_key output_format" },
  { "bytedance/seedance-2.0",
    "fl", "480p 720p 1080p 4K", "1:1 3:4 9:16 4:3 16:9 21:9 9:21",
    "4-15", 'y', 'y', 'a', false,
    "video_tokens=0.000007 video_tokens_1080p=0.0000077 "
    "video_tokens_4k=0.000004 video_tokens_with_video_input=0.0000043",
    "watermark req_key" },
  { "bytedance/seedance-2.0-fast",
    "fl", "480p 720p", "1:1 3:4 9:16 4:3 16:9 21:9 9:21",
    "4-15", 'y', 'y', 'a', false,
    "video_tokens=0.0000042 video_tokens_with_video_input=0.000002475",
    "watermark req_key" },
  { "bytedance/seedance-2.0-mini",
    "fl", "480p 720p", "1:1 3:4 9:16 4:3 16:9 21:9 9:21",
    "4-15", 'y', 'y', 'a', false,
    "video_tokens=0.0000035 video_tokens_with_video_input=0.0000021",
    "watermark req_key return_last_frame" },
  { "bytedance/seedance-1-5-pro",
    "fl", "480p 720p 1080p", "1:1 3:4 9:16 4:3 16:9 21:9 9:21",
    "4-12", 'y', 'y', 'i', false,
    "video_tokens=0.0000024 video_tokens_without_audio=0.0000012",
    "watermark req_key" },
  { "minimax/hailuo-3",
    "fl", "2K", "21:9 16:9 4:3 1:1 3:4 9:16",
    "5-15", 'y', 'n', 'i', false,
    "duration_seconds=0.13 reference_images=0.04",
    "aigc_watermark" },
  { "minimax/hailuo-3-max",
    "fl", "480p 768p", "21:9 16:9 4:3 1:1 3:4 9:16",
    "5-15", 'n', 'n', 'i', false,
    "duration_seconds_480p=0.05 duration_seconds_768p=0.08",
    "" },
  { "minimax/hailuo-2.3",
    "f", "1080p", "16:9",
    "6 10", 'n', '-', 'i', false,
    "duration_seconds=0.0817",
    "prompt_optimizer fast_pretreatment" },
  { "x-ai/grok-imagine-video-1.5",
    "f", "480p 720p 1080p", "16:9 9:16 1:1 4:3 3:4 3:2 2:3",
    "1-15", '-', '-', 'i', false,
    "cents_per_video_output_second_480p=8 "
    "cents_per_video_output_second_720p=14 "
    "cents_per_video_output_second_1080p=25 cents_per_image_input=1",
    "" },
  { "x-ai/grok-imagine-video",
    "f", "480p 720p", "16:9 9:16 1:1 4:3 3:4 3:2 2:3",
    "1-15", '-', '-', 'i', false,
    "cents_per_video_output_second_480p=5 "
    "cents_per_video_output_second_720p=7 cents_per_image_input=0.2",
    "" },
  { "black-forest-labs/flux-3-video",
    "fl", "720p 1080p", "21:9 16:9 4:3 1:1 3:4 9:16",
    "5-20", 'y', 'n', 'i', false,
    "cents_per_second_output_720p=17 cents_per_second_output_1080p=29 "
    "cents_per_second_output_continuation_720p=41 "
    "cents_per_second_output_continuation_1080p=53",
    "safety_tolerance" },
  { "black-forest-labs/flux-video-edit",
    "", "", "",
    "", 'n', 'n', 'v', false,
    "cents_per_second_output=3",
    "safety_tolerance" },
  { "black-forest-labs/flux-video-upscale",
    "", "", "",
    "", 'n', 'n', 'v', true,
    "cents_per_megapixel_second_precise=7.5 "
    "cents_per_megapixel_second_creative=10.5",
    "safety_tolerance" },
  { "heygen/heygen-video-1",
    "f", "480p 768p", "21:9 16:9 4:3 1:1 3:4 9:16",
    "5-15", 'n', 'y', 'i', false,
    "duration_seconds_480p=0.02 duration_seconds_768p=0.03 "
    "reference_duration_seconds_480p=0.04 "
    "reference_duration_seconds_768p=0.06",
    "" },
  { "heygen/avatar-iv",
    "", "720p 1080p", "16:9 9:16 1:1",
    "", 'n', 'n', 'a', true,
    "duration_seconds=0.05",
    "voice_id voice_settings motion_prompt expressiveness fit "
    "remove_background background caption title" },
  { .id = NULL },
};

const struct gate_image gate_images[] = {
  { "openai/gpt-image-2",
    "1:1 3:2 2:3 4:3 3:4 16:9 9:16 21:9 auto", "", false,
    10, 0, 16, false, true, "auto low medium high",
    "auto opaque", "png jpeg webp", '-', 0 },
  { "openai/gpt-image-1",
    "1:1 3:2 2:3 auto", "", false,
    10, 0, 16, false, true, "auto low medium high",
    "auto transparent opaque", "png jpeg webp", '-', 0 },
  { "google/gemini-3.1-flash-image",
    "1:1 1:4 1:8 2:3 3:2 3:4 4:1 4:3 4:5 5:4 8:1 9:16 16:9 21:9",
    "512 1K 2K 4K", false,
    1, 0, 14, false, false, "", "", "", '-', 0 },
  { "google/gemini-3-pro-image",
    "1:1 2:3 3:2 3:4 4:3 4:5 5:4 9:16 16:9 21:9", "1K 2K 4K", false,
    1, 0, 14, false, false, "", "", "", '-', 0 },
  { "black-forest-labs/flux.2-pro",
    "1:1 4:3 3:4 3:2 2:3 16:9 9:16 21:9 auto", "", false,
    1, 0, 8, true, false, "", "", "png jpeg", 'm', 0.03 },
  { "bytedance-seed/seedream-4.5",
    "1:1 1:2 2:1 2:3 3:2 3:4 4:3 4:5 5:4 9:16 16:9 9:19.5 19.5:9 9:20 "
    "20:9 9:21 21:9 auto", "1K 2K 4K", false,
    10, 0, 14, true, false, "", "", "", 'i', 0.04 },
  { "qwen/qwen-image-3",
    "1:1 1:2 1:4 2:1 2:3 3:2 3:4 4:1 4:3 4:5 5:4 9:16 16:9", "1K 2K", false,
    6, 0, 4, true, false, "", "", "", '-', 0 },
  { "x-ai/grok-imagine-image-2.0",
    "1:1 3:4 4:3 9:16 16:9 2:3 3:2 9:19.5 19.5:9 9:20 20:9 1:2 2:1 auto",
    "1K 2K", false,
    1, 0, 3, false, false, "low medium", "", "", '-', 0 },
  { "krea/krea-2-medium",
    "1:1 4:3 3:2 16:9 4:5 2:3 9:16", "1K", false,
    0, 0, 1, true, false, "", "", "", '-', 0 },
  { "sourceful/riverflow-v2.5-fast",
    "1:1 4:3 3:4 3:2 2:3 16:9 9:16 21:9 auto", "1K 2K", false,
    1, 0, 4, false, false, "", "auto transparent opaque",
    "png jpeg webp", '-', 0 },
  { "recraft/recraft-v4.1-vector",
    "1:1 4:3 3:4 16:9 9:16 auto", "", false,
    6, 0, 1, false, true, "", "", "svg", '-', 0 },
  { "microsoft/mai-image-2.6",
    "1:1 4:3 3:4 16:9 9:16 3:2 2:3 auto", "", false,
    1, 0, 5, false, false, "", "", "", '-', 0 },
  { "inclusionai/ming-image-0.1-design-layer",
    "", "", true,
    1, 1, 1, false, false, "", "", "png webp", '-', 0 },
  { "meta/muse-image",
    "", "", false,
    0, 0, 16, false, false, "", "", "", '-', 0 },
  { .id = NULL },
};
/* clang-format on */

const struct gate_video *gate_video_find(const char *id)
{
  const struct gate_video *m;

  for (m = gate_videos; m->id; m++)
    if (!strcmp(m->id, id))
      return m;
  return NULL;
}

const struct gate_image *gate_image_find(const char *id)
{
  const struct gate_image *m;

  for (m = gate_images; m->id; m++)
    if (!strcmp(m->id, id))
      return m;
  return NULL;
}

bool gate_in(const char *list, const char *word)
{
  size_t n;

  for (; *list; list += n + (list[n] == ' ')) {
    n = strcspn(list, " ");
    if (em_streq_n(word, list, n))
      return true;
  }
  return false;
}
