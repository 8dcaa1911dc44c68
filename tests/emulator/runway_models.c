/* Runway's models, as its manual lists them: by kind of work, the fields that
 * each takes, and what it costs.  A clause is "name type", with a star when it
 * must be there:
 *
 *   str N       text of 1..N UTF-16 units     int A..B, num A..B   numbers
 *   bool        true or false                 {a|b}   one of these words
 *   [1|4]       one of these numbers
 *   ratio X     one of the set X below        size X  or any pixels in bounds
 *   dur A..B    seconds, or "auto"            uri     a file, see the checks
 *   frames F    promptImage; F: f first, l last too, r or none for references
 *   pics N F    pictures; F: t tags, s subjects, - neither
 *   uris N      [{uri}]       audios, videos  [{type, uri}]
 *   keys        keyframes     typed           {type, uri}
 *   any         whatever
 *
 * Fields of no clause are refused, as Runway does. */
#include "runway.h"

#include <string.h>

static const struct {
  char name;
  const char *values;
} ratios[] = {
  { 'A', "1024:1024 1080:1080 1168:880 1360:768 1440:1080 1080:1440 "
         "1808:768 1920:1080 1080:1920 2112:912 1280:720 720:1280 720:720 "
         "960:720 720:960 1680:720 " },
  { 'B', "1344:768 768:1344 1024:1024 1184:864 864:1184 1536:672 832:1248 "
         "1248:832 896:1152 1152:896 " },
  { 'C', "1344:768 768:1344 1024:1024 1184:864 864:1184 1536:672 832:1248 "
         "1248:832 896:1152 1152:896 2048:2048 1696:2528 2528:1696 "
         "1792:2400 2400:1792 1856:2304 2304:1856 1536:2752 2752:1536 "
         "3168:1344 4096:4096 3392:5056 5056:3392 3584:4800 4800:3584 "
         "3712:4608 4608:3712 3072:5504 5504:3072 6336:2688 " },
  { 'D', "1344:768 768:1344 1024:1024 1184:864 864:1184 1536:672 832:1248 "
         "1248:832 896:1152 1152:896 2048:2048 1696:2528 2528:1696 "
         "1792:2400 2400:1792 1856:2304 2304:1856 1536:2752 2752:1536 "
         "3168:1344 4096:4096 3392:5056 5056:3392 3584:4800 4800:3584 "
         "3712:4608 4608:3712 3072:5504 5504:3072 6336:2688 512:512 416:624 "
         "624:416 432:592 592:432 448:576 576:448 384:672 672:384 768:336 "
         "256:1024 1024:256 176:1408 1408:176 512:2048 2048:512 352:2816 "
         "2816:352 1024:4096 4096:1024 704:5632 5632:704 2048:8192 "
         "8192:2048 1408:11264 11264:1408 " },
  { 'E', "2048:880 1920:1088 1920:1280 1920:1440 1920:1536 1920:1920 "
         "1536:1920 1440:1920 1280:1920 1088:1920 2912:1248 2560:1440 "
         "2560:1712 2560:1920 2560:2048 2560:2560 2048:2560 1920:2560 "
         "1712:2560 1440:2560 3840:1648 3840:2160 3504:2336 3264:2448 "
         "3200:2560 2880:2880 2560:3200 2448:3264 2336:3504 2160:3840 auto " },
  { 'F', "1024:1024 1184:896 896:1184 1376:768 768:1376 1296:864 864:1296 "
         "2048:2048 2304:1728 1728:2304 2720:1530 1530:2720 2496:1664 "
         "1664:2496 auto_1k auto_2k " },
  { 'G', "2048:2048 2304:1728 1728:2304 2848:1600 1600:2848 2496:1664 "
         "1664:2496 3136:1344 3072:3072 3456:2592 2592:3456 4096:2304 "
         "2304:4096 3744:2496 2496:3744 4704:2016 " },
  { 'H', "2352:1008 2016:1152 1920:1280 1792:1344 1600:1600 1344:1792 "
         "1280:1920 1152:2016 auto " },
  { 'I', "1024:1024 1280:720 720:1280 1152:864 864:1152 1248:832 832:1248 "
         "1248:576 576:1248 1280:576 576:1280 1408:704 704:1408 2048:2048 "
         "2816:1584 1584:2816 2368:1776 1776:2368 2496:1664 1664:2496 "
         "2912:1344 1344:2912 3200:1440 1440:3200 2912:1456 1456:2912 "
         "auto_1k auto_2k " },
  { 'J', "1280:720 720:1280 1104:832 960:960 832:1104 1584:672 " },
  { 'K', "1280:720 720:1280 1080:1920 1920:1080 " },
  { 'L', "992:432 864:496 752:560 640:640 560:752 496:864 1470:630 1280:720 "
         "1112:834 960:960 834:1112 720:1280 2206:946 1920:1080 1664:1248 "
         "1440:1440 1248:1664 1080:1920 3840:1646 3840:2160 3840:2880 "
         "3840:3840 2880:3840 2160:3840 " },
  { 'M', "992:432 864:496 752:560 640:640 560:752 496:864 1470:630 1280:720 "
         "1112:834 960:960 834:1112 720:1280 " },
  { 'N', "992:432 854:480 752:560 640:640 560:752 480:854 1470:630 1280:720 "
         "1112:834 960:960 834:1112 720:1280 2206:946 1920:1080 1664:1248 "
         "1440:1440 1248:1664 1080:1920 " },
  { 'O', "832:480 720:544 624:624 544:720 480:832 1280:720 1104:832 960:960 "
         "832:1104 720:1280 1920:1080 1648:1248 1440:1440 1248:1648 "
         "1080:1920 auto_480p auto_720p auto_1080p " },
  { 'P', "640:360 360:640 1280:720 720:1280 1920:1080 1080:1920 3840:2160 "
         "2160:3840 " },
  { 'Q', "1280:720 720:1280 " },
  { 'R', "1280:720 720:1280 960:960 1108:832 832:1108 1920:1080 1080:1920 "
         "1440:1440 1662:1248 1248:1662 " },
  { 'S', "auto_480p auto_720p auto_1080p " },
  { 'T', "1:1 16:9 9:16 4:3 3:4 3:2 2:3 " },
  { 'U', "adaptive 21:9 16:9 4:3 1:1 3:4 9:16 " },
  { 'V', "16:9 4:3 3:2 1:1 2:3 3:4 9:16 21:9 " },
};

static const struct runway_model models[] = {
  { "text_to_image", "gen4_image",
    "promptText* str 1000;ratio* ratio A;referenceImages pics 3 t;"
    "seed int 0..4294967295;contentModeration any;",
    'i', 8 },
  { "text_to_image", "gen4_image_turbo",
    "promptText* str 1000;ratio* ratio A;referenceImages* pics 3 t;"
    "seed int 0..4294967295;contentModeration any;",
    'i', 2 },
  { "text_to_image", "gemini_2.5_flash",
    "promptText* str 100000;ratio* ratio B;referenceImages pics 3 t;", 'i', 5 },
  { "text_to_image", "gemini_image3_pro",
    "promptText* str 100000;ratio* ratio C;referenceImages pics 14 ts;"
    "outputCount [1|4];",
    'i', 20 },
  { "text_to_image", "gemini_image3.1_flash",
    "promptText* str 100000;ratio* ratio D;referenceImages pics 14 ts;"
    "outputCount [1|4];",
    'i', 8 },
  { "text_to_image", "gpt_image_2",
    "promptText* str 32000;ratio* ratio E;referenceImages pics 16 t;"
    "outputCount int 1..10;quality {low|medium|high|auto};"
    "background {transparent|opaque|auto};",
    'i', 7 },
  { "text_to_image", "gpt_image_2_5_flare",
    "promptText* str 100000;ratio* ratio E;referenceImages pics 16 t;"
    "outputCount int 1..10;quality {low|medium|high|xhigh|max};"
    "background {opaque|auto};",
    'i', 7 },
  { "text_to_image", "gpt_image_2_5_sunburst",
    "promptText* str 100000;ratio* ratio E;referenceImages pics 16 t;"
    "outputCount int 1..10;quality {low|medium|high|xhigh|max};"
    "background {transparent|opaque|auto};",
    'i', 9 },
  { "text_to_image", "seedream5_pro",
    "promptText* str 4000;ratio* ratio F;referenceImages pics 14 -;"
    "outputCount int 1..10;outputFormat {png|jpeg};grounding bool;",
    'i', 6 },
  { "text_to_image", "seedream5_lite",
    "promptText* str 4000;ratio* size G;referenceImages pics 14 -;"
    "outputCount int 1..10;outputFormat {png|jpeg};grounding bool;",
    'i', 4 },
  { "text_to_image", "muse_image",
    "promptText* str 100000;ratio* ratio H;referenceImages pics 10 -;"
    "outputCount int 1..10;outputFormat {png|webp|jpeg};",
    'i', 1 },
  { "text_to_image", "grok_imagine_image_2",
    "promptText* str 100000;ratio* ratio I;referenceImages pics 3 -;"
    "outputCount int 1..10;quality {low|medium};edit bool;",
    'i', 4 },
  { "text_to_video", "gen4.5",
    "promptText* str 1000;ratio* ratio Q;duration* int 2..10;"
    "seed int 0..4294967295;contentModeration any;"
    "outputFormat {mp4|prores|png_sequence|sdr_rec709_10bit|hdr10|"
    "hlg|hdr_pq_12bit_master|hdr_png_sequence|hdr_prores|"
    "hdr_exr_sequence|hdr_exr_acescg_sequence_1_3|"
    "hdr_exr_acescg_sequence_2_0};"
    "proresProfile {422|4444|422 Proxy|422 LT|422 HQ|4444 XQ};",
    's', 12 },
  { "image_to_video", "gen4.5",
    "promptImage* frames f;promptText* str 1000;ratio* ratio J;"
    "duration* int 2..10;seed int 0..4294967295;contentModeration any;"
    "outputFormat {mp4|prores|png_sequence|sdr_rec709_10bit|hdr10|"
    "hlg|hdr_pq_12bit_master|hdr_png_sequence|hdr_prores|"
    "hdr_exr_sequence|hdr_exr_acescg_sequence_1_3|"
    "hdr_exr_acescg_sequence_2_0};"
    "proresProfile {422|4444|422 Proxy|422 LT|422 HQ|4444 XQ};",
    's', 12 },
  { "image_to_video", "gen4_turbo",
    "promptImage* frames f;promptText str 1000;ratio* ratio J;"
    "duration int 2..10;seed int 0..4294967295;contentModeration any;",
    's', 5 },
  { "text_to_video", "veo3.1",
    "promptText* str 1000;ratio* ratio K;duration [4|6|8];audio bool;"
    "negativePrompt str 1000;seed int 0..4294967295;",
    's', 40 },
  { "image_to_video", "veo3.1",
    "promptImage* frames fl;promptText str 1000;ratio* ratio K;"
    "duration [4|6|8];audio bool;negativePrompt str 1000;"
    "seed int 0..4294967295;",
    's', 40 },
  { "text_to_video", "veo3.1_fast",
    "promptText* str 1000;ratio* ratio K;duration [4|6|8];audio bool;"
    "negativePrompt str 1000;seed int 0..4294967295;",
    's', 15 },
  { "image_to_video", "veo3.1_fast",
    "promptImage* frames fl;promptText str 1000;ratio* ratio K;"
    "duration [4|6|8];audio bool;negativePrompt str 1000;"
    "seed int 0..4294967295;",
    's', 15 },
  { "text_to_video", "seedance2",
    "promptText* str 3500;ratio ratio L;duration dur 4..15;audio bool;"
    "seed int 0..4294967295;references uris 9;referenceAudio audios;"
    "referenceVideos videos;",
    's', 36 },
  { "image_to_video", "seedance2",
    "promptImage* frames flr;promptText str 3500;ratio ratio L;"
    "duration dur 4..15;audio bool;seed int 0..4294967295;"
    "referenceAudio audios;",
    's', 36 },
  { "video_to_video", "seedance2",
    "promptVideo* uri;promptText str 3500;ratio ratio L;"
    "duration dur 4..15;audio bool;seed int 0..4294967295;"
    "references uris 9;referenceAudio audios;referenceVideos videos;",
    's', 36 },
  { "text_to_video", "seedance2_fast",
    "promptText* str 3500;ratio ratio M;duration dur 4..15;audio bool;"
    "seed int 0..4294967295;references uris 9;referenceAudio audios;"
    "referenceVideos videos;",
    's', 20 },
  { "image_to_video", "seedance2_fast",
    "promptImage* frames flr;promptText str 3500;ratio ratio M;"
    "duration dur 4..15;audio bool;seed int 0..4294967295;"
    "referenceAudio audios;",
    's', 20 },
  { "video_to_video", "seedance2_fast",
    "promptVideo* uri;promptText str 3500;ratio ratio M;"
    "duration dur 4..15;audio bool;seed int 0..4294967295;"
    "references uris 9;referenceAudio audios;referenceVideos videos;",
    's', 20 },
  { "text_to_video", "seedance2_mini",
    "promptText* str 3500;ratio ratio M;duration dur 4..15;audio bool;"
    "seed int 0..4294967295;references uris 9;referenceAudio audios;"
    "referenceVideos videos;",
    's', 12 },
  { "image_to_video", "seedance2_mini",
    "promptImage* frames flr;promptText str 3500;ratio ratio M;"
    "duration dur 4..15;audio bool;seed int 0..4294967295;"
    "referenceAudio audios;",
    's', 12 },
  { "video_to_video", "seedance2_mini",
    "promptVideo* uri;promptText str 3500;ratio ratio M;"
    "duration dur 4..15;audio bool;seed int 0..4294967295;"
    "references uris 9;referenceAudio audios;referenceVideos videos;",
    's', 12 },
  { "text_to_video", "seedance2_5",
    "promptText str 15000;ratio ratio N;duration dur 4..15;audio bool;"
    "seed int 0..4294967295;references uris 30;referenceAudio audios;"
    "referenceVideos videos;",
    's', 40 },
  { "image_to_video", "seedance2_5",
    "promptImage* frames flr;promptText str 15000;ratio ratio N;"
    "duration dur 4..15;audio bool;seed int 0..4294967295;"
    "referenceAudio audios;",
    's', 40 },
  { "video_to_video", "seedance2_5",
    "promptVideo* uri;promptText str 15000;ratio ratio N;"
    "duration dur 4..15;audio bool;seed int 0..4294967295;"
    "references uris 30;referenceAudio audios;referenceVideos videos;"
    "mode {reference|extend|edit};",
    's', 40 },
  { "text_to_video", "gemini_omni_flash",
    "promptText* str 100000;ratio ratio Q;duration int 3..10;", 's', 10 },
  { "image_to_video", "gemini_omni_flash",
    "promptImage* frames f;promptText str 100000;ratio ratio Q;"
    "duration int 3..10;",
    's', 10 },
  { "video_to_video", "gemini_omni_flash",
    "videoUri* uri;promptText str 100000;references uris 10;", 's', 10 },
  { "text_to_video", "gemini_omni_flash_1.1",
    "promptText* str 100000;ratio ratio P;duration dur 3..10;"
    "references uris 10;referenceVideos uris 3;",
    's', 12 },
  { "image_to_video", "gemini_omni_flash_1.1",
    "promptImage* frames fl;promptText* str 100000;ratio ratio P;"
    "duration dur 3..10;",
    's', 12 },
  { "video_to_video", "gemini_omni_flash_1.1",
    "videoUri* uri;promptText str 100000;references uris 10;"
    "mode {reference|extend|edit};duration dur 3..10;ratio ratio P;",
    's', 12 },
  { "text_to_video", "grok_imagine_1_5",
    "promptText* str 100000;ratio ratio T;duration num 1..15;"
    "resolution {480p|720p|1080p};references uris 10;"
    "referenceAudio audios;",
    's', 8 },
  { "image_to_video", "grok_imagine_1_5",
    "promptImage* frames f;promptText str 100000;duration num 1..15;"
    "resolution {480p|720p|1080p};",
    's', 8 },
  { "text_to_video", "happyhorse_1_0",
    "promptText* str 2500;ratio ratio R;duration num 1..15;", 's', 9 },
  { "image_to_video", "happyhorse_1_0",
    "promptImage* frames f;promptText str 2500;duration num 1..15;"
    "resolution {720p|1080p};",
    's', 9 },
  { "text_to_video", "hailuo3",
    "promptText* str 100000;ratio ratio U;duration num 1..15;"
    "resolution {768p|2k};references uris 9;referenceAudio audios;"
    "referenceVideos videos;",
    's', 14 },
  { "image_to_video", "hailuo3",
    "promptImage* frames flr;promptText* str 100000;ratio ratio U;"
    "duration num 1..15;resolution {768p|2k};referenceAudio audios;",
    's', 14 },
  { "video_to_video", "hailuo3",
    "promptVideo* uri;promptText* str 100000;ratio ratio U;"
    "duration num 1..15;resolution {768p|2k};references uris 9;"
    "referenceAudio audios;referenceVideos videos;",
    's', 14 },
  { "text_to_video", "h3_max",
    "promptText* str 100000;duration num 1..15;resolution {480p|768p};"
    "promptExpansionMode {disabled|balanced|quality};"
    "seed int 0..4294967295;",
    's', 11 },
  { "image_to_video", "h3_max",
    "promptImage* frames fl;promptText* str 100000;duration num 1..15;"
    "resolution {480p|768p};"
    "promptExpansionMode {disabled|balanced|quality};"
    "seed int 0..4294967295;",
    's', 11 },
  { "text_to_video", "wan3",
    "promptText* str 100000;ratio ratio O;duration num 1..15;"
    "audio bool;references uris 10;referenceAudio audios;"
    "referenceVideos videos;",
    's', 10 },
  { "image_to_video", "wan3",
    "promptImage* frames fl;promptText* str 100000;ratio ratio S;"
    "duration num 1..15;audio bool;referenceAudio audios;"
    "referenceVideos videos;",
    's', 10 },
  { "text_to_video", "wan3_prime",
    "promptText* str 100000;ratio ratio O;duration num 1..15;"
    "audio bool;references uris 10;referenceAudio audios;"
    "referenceVideos videos;",
    's', 10 },
  { "image_to_video", "wan3_prime",
    "promptImage* frames fl;promptText* str 100000;ratio ratio S;"
    "duration num 1..15;audio bool;referenceAudio audios;"
    "referenceVideos videos;",
    's', 10 },
  { "video_to_video", "aleph2",
    "videoUri* uri;promptText str 1000;keyframes keys;"
    "targetAspectRatio ratio V;"
    "outputFormat {mp4|prores|png_sequence|sdr_rec709_10bit};"
    "proresProfile {422|4444|422 Proxy|422 LT|422 HQ|4444 XQ};"
    "seed int 0..4294967295;contentModeration any;",
    's', 15 },
  { "character_performance", "act_two",
    "character* typed;reference* typed;bodyControl bool;"
    "expressionIntensity int 1..5;ratio ratio J;seed int 0..4294967295;"
    "contentModeration any;",
    's', 5 },
  { "video_upscale", "magnific_video_upscaler_creative",
    "videoUri* uri;resolution {720p|1k|2k|4k};creativity int 0..100;"
    "sharpen int 0..100;smartGrain int 0..100;flavor {vivid|natural};"
    "fpsBoost bool;",
    's', 22 },
  { "video_upscale", "enhance_frame_rate",
    "videoUri* uri;"
    "targetFramerate* {24|25|30|48|50|60|120|23_98|29_97|59_94};",
    's', 2 },
  { "image_upscale", "magnific_precision_upscaler_v2",
    "imageUri* uri;scaleFactor [2|4|8|16];"
    "flavor {sublime|photo|photo_denoiser};sharpen int 0..100;"
    "smartGrain int 0..100;ultraDetail int 0..100;",
    'i', 10 },
  { "video_to_hdr", "ruby",
    "videoUri* uri;"
    "outputFormat {hdr10|hlg|hdr_prores|hdr_exr_sequence|"
    "hdr_exr_acescg_sequence_1_3|hdr_exr_acescg_sequence_2_0};"
    "proresProfile {422|4444|422 Proxy|422 LT|422 HQ|4444 XQ};",
    's', 20 },
};

const struct runway_model *runway_model_find(const char *work, const char *name)
{
  size_t i;

  for (i = 0; i < EM_LEN(models); i++)
    if (!strcmp(models[i].work, work) && !strcmp(models[i].name, name))
      return &models[i];
  return NULL;
}

bool runway_is_work(const char *work)
{
  size_t i;

  for (i = 0; i < EM_LEN(models); i++)
    if (!strcmp(models[i].work, work))
      return true;
  return false;
}

const char *runway_ratios(char set)
{
  size_t i;

  for (i = 0; i < EM_LEN(ratios); i++)
    if (ratios[i].name == set)
      return ratios[i].values;
  return "";
}
