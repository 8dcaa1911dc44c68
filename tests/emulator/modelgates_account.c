/* Lists of models, and what is known of the account: credits, key, one
 * generation.  Every capability may be null, which is not "none". */
#include "modelgates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CREDITS 100.5
#define CREATED 1774277148

/* ---- lists -------------------------------------------------------------- */

/* Words as a JSON list of strings, or of numbers; null when there are none. */
static void put_words(struct em_buf *b, const char *list, bool quoted)
{
  const char *quote = quoted ? "\"" : "";
  size_t n, i = 0;

  if (!*list) {
    em_buf_puts(b, "null");
    return;
  }
  em_buf_putc(b, '[');
  for (; *list; list += n + (list[n] == ' ')) {
    n = strcspn(list, " ");
    em_buf_printf(b, "%s%s%.*s%s", i++ ? "," : "", quote, (int)n, list, quote);
  }
  em_buf_putc(b, ']');
}

/* "3-15" one by one, from the middle on: the order means nothing. */
static void put_durations(struct em_buf *b, const char *list)
{
  const char *dash = strchr(list, '-');
  unsigned from, to, i, n;

  if (!dash) {
    put_words(b, list, false);
    return;
  }
  from = (unsigned)strtoul(list, NULL, 10);
  to = (unsigned)strtoul(dash + 1, NULL, 10);
  n = to - from + 1;
  for (i = 0; i < n; i++)
    em_buf_printf(b, "%s%u", i ? "," : "[", from + (i + n / 2) % n);
  em_buf_putc(b, ']');
}

static void put_skus(struct em_buf *b, const char *p)
{
  size_t name, value, i = 0;

  em_buf_putc(b, '{');
  while (*p) {
    name = strcspn(p, "=");
    value = strcspn(p + name + 1, " ");
    em_buf_printf(b, "%s\"%.*s\":\"%.*s\"", i++ ? "," : "", (int)name, p,
                  (int)value, p + name + 1);
    p += name + 1 + value;
    p += *p == ' ';
  }
  em_buf_putc(b, '}');
}

static const char *word_of(char answer)
{
  return answer == 'y' ? "true" : answer == 'n' ? "false" : "null";
}

static void put_name(struct em_buf *b, const char *id)
{
  em_buf_printf(b,
                "{\"id\":\"%s\",\"canonical_slug\":\"%s-20260320\","
                "\"hugging_face_id\":null,\"name\":\"%s\",\"created\":%d,"
                "\"description\":\"A model.\"",
                id, id, id, CREATED);
}

static void put_video_model(struct em_buf *b, const struct gate_video *m)
{
  bool upscaler = strstr(m->skus, "megapixel") != NULL;

  put_name(b, m->id);
  em_buf_puts(b, ",\"supported_resolutions\":");
  put_words(b, m->resolutions, true);
  em_buf_puts(b, ",\"supported_aspect_ratios\":");
  put_words(b, m->ratios, true);
  em_buf_puts(b, ",\"supported_sizes\":null,\"supported_durations\":");
  put_durations(b, m->durations);
  em_buf_puts(b, ",\"supported_frame_images\":");
  put_words(b,
            !strcmp(m->frames, "fl")  ? "first_frame last_frame"
            : !strcmp(m->frames, "f") ? "first_frame"
                                      : "",
            true);
  em_buf_printf(b, ",\"generate_audio\":%s,\"seed\":%s", word_of(m->audio),
                word_of(m->seed));
  em_buf_puts(b, upscaler ? ",\"upscale_factor\":{\"min\":1.5,\"max\":3},"
                            "\"creativity\":[0,1]"
                          : ",\"upscale_factor\":null,\"creativity\":null");
  em_buf_puts(b, ",\"pricing_skus\":");
  put_skus(b, m->skus);
  em_buf_puts(b, ",\"allowed_passthrough_parameters\":");
  if (*m->passes_on)
    put_words(b, m->passes_on, true);
  else
    em_buf_puts(b, "[]");
  em_buf_putc(b, '}');
}

void gate_put_video_models(struct em_request *rq)
{
  const struct gate_video *m;
  struct em_buf *b = &rq->reply.body;

  em_buf_puts(b, "{\"data\":[");
  for (m = gate_videos; m->id; m++) {
    em_buf_puts(b, m == gate_videos ? "" : ",");
    put_video_model(b, m);
  }
  em_buf_puts(b, "]}");
  rq->reply.status = 200;
}

static void put_choice(struct em_buf *b, const char *name, const char *list)
{
  if (!*list)
    return;
  em_buf_printf(b, "%s\"%s\":{\"type\":\"enum\",\"values\":",
                b->data[b->len - 1] == '{' ? "" : ",", name);
  put_words(b, list, true);
  em_buf_putc(b, '}');
}

static void put_parameters(struct em_buf *b, const struct gate_image *m)
{
  em_buf_puts(b, "{");
  put_choice(b, "aspect_ratio", m->ratios);
  put_choice(b, "resolution", m->resolutions);
  put_choice(b, "quality", m->qualities);
  put_choice(b, "background", m->backgrounds);
  put_choice(b, "output_format", m->formats);
  if (m->n)
    em_buf_printf(b, "%s\"n\":{\"type\":\"range\",\"min\":1,\"max\":%u}",
                  b->data[b->len - 1] == '{' ? "" : ",", m->n);
  em_buf_printf(b,
                "%s\"input_references\":{\"type\":\"range\",\"min\":%u,"
                "\"max\":%u}",
                b->data[b->len - 1] == '{' ? "" : ",", m->refs_min,
                m->refs_max);
  if (m->seed)
    em_buf_puts(b, ",\"seed\":{\"type\":\"boolean\"}");
  em_buf_putc(b, '}');
}

void gate_put_image_models(struct em_request *rq)
{
  const struct gate_image *m;
  struct em_buf *b = &rq->reply.body;

  em_buf_puts(b, "{\"data\":[");
  for (m = gate_images; m->id; m++) {
    em_buf_printf(b,
                  "%s{\"id\":\"%s\",\"name\":\"%s\",\"description\":"
                  "\"A model.\",\"created\":%d,\"architecture\":{"
                  "\"input_modalities\":[\"image\",\"text\"],"
                  "\"output_modalities\":[\"image\"]},"
                  "\"supported_parameters\":",
                  m == gate_images ? "" : ",", m->id, m->id, CREATED);
    put_parameters(b, m);
    em_buf_printf(b,
                  ",\"supports_streaming\":%s,\"endpoints\":"
                  "\"/api/v1/images/models/%s/endpoints\"}",
                  m->streams ? "true" : "false", m->id);
  }
  em_buf_puts(b, "]}");
  rq->reply.status = 200;
}

void gate_put_endpoints(struct em_request *rq, const char *id, size_t len)
{
  struct em_buf *b = &rq->reply.body;
  const struct gate_image *m;

  for (m = gate_images; m->id && !em_streq_n(m->id, id, len);)
    m++;
  if (!m->id) {
    gate_error(rq, 404, NULL, "Resource not found");
    return;
  }
  em_buf_printf(b,
                "{\"id\":\"%s\",\"endpoints\":[{\"provider_name\":"
                "\"Emulated\",\"provider_slug\":\"emulated\","
                "\"provider_tag\":null,\"supported_parameters\":",
                m->id);
  put_parameters(b, m);
  em_buf_printf(b,
                ",\"allowed_passthrough_parameters\":[],"
                "\"supports_streaming\":%s,\"pricing\":[{\"billable\":"
                "\"output_image\",\"unit\":\"%s\",\"cost_usd\":%g}]}]}",
                m->streams ? "true" : "false",
                m->unit == 'i'   ? "image"
                : m->unit == 'm' ? "megapixel"
                                 : "token",
                m->unit == '-' ? 0.00001 : m->usd);
  rq->reply.status = 200;
}

static void put_general(struct em_buf *b, const char *id, const char *kind)
{
  put_name(b, id);
  em_buf_printf(b,
                ",\"architecture\":{\"input_modalities\":[\"text\"],"
                "\"output_modalities\":[\"%s\"],\"modality\":\"text->%s\"},"
                "\"context_length\":0,\"default_parameters\":null,\"links\":{"
                "\"details\":\"/api/v1/models/%s/endpoints\"},"
                "\"per_request_limits\":null,\"pricing\":{\"prompt\":\"0\","
                "\"completion\":\"0\"},\"supported_parameters\":[],"
                "\"supported_voices\":null,\"top_provider\":{"
                "\"is_moderated\":false}}",
                kind, kind, id);
}

/* ?output_modalities=image,video */
void gate_put_all_models(struct em_request *rq)
{
  const char *kinds = em_query(rq, "output_modalities");
  struct em_buf *b = &rq->reply.body;
  const struct gate_video *v;
  const struct gate_image *i;
  unsigned n = 0;

  em_buf_puts(b, "{\"data\":[");
  for (v = gate_videos; v->id && kinds && strstr(kinds, "video"); v++) {
    em_buf_puts(b, n++ ? "," : "");
    put_general(b, v->id, "video");
  }
  for (i = gate_images; i->id && kinds && strstr(kinds, "image"); i++) {
    em_buf_puts(b, n++ ? "," : "");
    put_general(b, i->id, "image");
  }
  em_buf_printf(b, "],\"links\":{\"next\":null},\"total_count\":%u}", n);
  rq->reply.status = 200;
}

/* ---- the account -------------------------------------------------------- */

static double spent(const struct em_request *rq)
{
  const struct em_jobs *jobs = &rq->server->jobs;
  int64_t sum = 0;
  size_t i;

  for (i = 0; i < jobs->n; i++)
    if (gate_is_ours(rq, jobs->all[i]) && !jobs->all[i]->failed &&
        jobs->all[i]->results)
      sum += gate_microusd(jobs->all[i]);
  return (double)sum / 1e6;
}

void gate_put_credits(struct em_request *rq)
{
  if (strstr(em_header(rq, "Authorization"), "noscope"))
    gate_error(rq, 403, NULL,
               "Only management keys can perform this operation");
  else
    em_reply_json(rq, 200,
                  "{\"data\":{\"total_credits\":%.6f,\"total_usage\":%.6f}}",
                  CREDITS, spent(rq));
}

void gate_put_key(struct em_request *rq)
{
  const char *key = em_header(rq, "Authorization") + strlen("Bearer ");
  bool limited = strstr(key, "limited") != NULL;
  double usd = spent(rq);
  struct em_buf *b = &rq->reply.body;

  em_buf_printf(b, "{\"data\":{\"label\":\"%.8s...000\",\"limit\":", key);
  if (limited)
    em_buf_printf(b, "100,\"limit_remaining\":%.6f,\"limit_reset\":\"monthly\"",
                  100 - usd);
  else
    em_buf_puts(b, "null,\"limit_remaining\":null,\"limit_reset\":null");
  em_buf_printf(
    b,
    ",\"usage\":%.6f,\"usage_daily\":%.6f,\"usage_weekly\":%.6f,"
    "\"usage_monthly\":%.6f,\"byok_usage\":0,\"byok_usage_daily\":0,"
    "\"byok_usage_weekly\":0,\"byok_usage_monthly\":0,"
    "\"include_byok_in_limit\":false,\"is_free_tier\":false,"
    "\"is_management_key\":false,\"is_provisioning_key\":false,"
    "\"creator_user_id\":\"user_emulated\",\"expires_at\":null,"
    "\"allowed_data_regions\":[\"global\"],\"free_model_daily_requests\":{"
    "\"limit\":50,\"remaining\":38,\"used\":12},\"organization_id\":null,"
    "\"rate_limit\":{\"interval\":\"10s\",\"note\":\"obsolete\","
    "\"requests\":-1},\"workspace_id\":"
    "\"00000000-0000-4000-8000-000000000000\"}}",
    usd, usd, usd, usd);
  rq->reply.status = 200;
}

/* By "gen-<...>", once it has been paid. */
static struct em_job *find_generation(struct em_request *rq, const char *id)
{
  struct em_buf own = { 0 };
  struct em_job *job;

  if (!id || !em_starts(id, "gen-"))
    return NULL;
  em_buf_printf(&own, "gen-vid-%s", id + 4);
  job = gate_find(rq, own.data, own.len);
  em_buf_finish(&own);
  return job && job->results && !job->failed ? job : NULL;
}

void gate_put_generation(struct em_request *rq)
{
  static const char *const nulls[] = { "app_id",
                                       "cache_discount",
                                       "external_user",
                                       "finish_reason",
                                       "http_referer",
                                       "moderation_latency",
                                       "native_finish_reason",
                                       "native_tokens_cached",
                                       "native_tokens_completion",
                                       "native_tokens_completion_images",
                                       "native_tokens_prompt",
                                       "native_tokens_reasoning",
                                       "num_fetches",
                                       "num_input_audio_prompt",
                                       "num_media_completion",
                                       "num_media_prompt",
                                       "num_search_results",
                                       "preset_id",
                                       "provider_responses",
                                       "router",
                                       "service_tier",
                                       "streamed",
                                       "tokens_completion",
                                       "tokens_prompt",
                                       "upstream_inference_cost",
                                       "user_agent",
                                       "web_search_engine",
                                       "workspace_id" };
  const struct em_job *job = find_generation(rq, em_query(rq, "id"));
  struct em_buf *b = &rq->reply.body;
  double usd;
  size_t i;

  if (!job) {
    gate_error(rq, 404, NULL, "Generation not found");
    return;
  }
  usd = (double)gate_microusd(job) / 1e6;
  em_buf_puts(b, "{\"data\":{\"id\":\"");
  gate_put_id(job, "gen-", b);
  em_buf_printf(b,
                "\",\"model\":\"%s\",\"provider_name\":\"Emulated\","
                "\"api_type\":\"%s\",\"total_cost\":%.6f,\"usage\":%.6f,"
                "\"created_at\":\"2026-10-01T00:00:00.000Z\",\"latency\":1200,"
                "\"generation_time\":1100,\"cancelled\":false,\"is_byok\":"
                "false,\"upstream_id\":null,\"data_region\":\"global\","
                "\"origin\":\"\"",
                job->endpoint, job->media == EM_MP4 ? "video" : "image", usd,
                usd);
  for (i = 0; i < EM_LEN(nulls); i++)
    em_buf_printf(b, ",\"%s\":null", nulls[i]);
  em_buf_puts(b, "}}");
  rq->reply.status = 200;
}
