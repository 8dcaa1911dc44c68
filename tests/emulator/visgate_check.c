/* What the gateway looks at before it takes work.  It is stricter than the
 * service, which ignores a good deal: what the official client never sends is
 * a mistake of whoever sends it. */
#include "visgate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The gateway's own fields: those that the client sends always are required. */
static const char *const own_fields[] = {
  [VG_GENERATE] = "num_images int 1..8; image_size str; negative_prompt str; "
                  "seed int; ",
  [VG_IMAGES] = "width* int 64..2048; height* int 64..2048; "
                "num_images* int 1..8; negative_prompt str; seed int; ",
  [VG_VIDEOS] = "duration_seconds* num 1..60; skip_gcs_upload bool; ",
};

const char *vg_text(struct json_object *o, const char *name)
{
  struct json_object *value;

  if (!json_object_object_get_ex(o, name, &value) ||
      !json_object_is_type(value, json_type_string))
    return NULL;
  return json_object_get_string(value);
}

/* ---- who asks ----------------------------------------------------------- */

static bool good_key(const struct em_server *sv, const char *key)
{
  if (sv->options->key)
    return !strcmp(sv->options->key, key);
  return em_starts(key, "vg-") && key[3] && !strstr(key, "bad");
}

bool vg_authorised(struct em_request *rq)
{
  const char *value = em_header(rq, "Authorization");

  if (value && em_starts(value, "Bearer ") && good_key(rq->server, value + 7))
    return true;
  vg_error(rq, 401, "UNAUTHORIZED", NULL, "Invalid API key");
  return false;
}

/* An account without credit, a key without the right. */
bool vg_may_start(struct em_request *rq)
{
  const char *key = em_header(rq, "Authorization");

  if (strstr(key, "locked"))
    vg_error(rq, 402, "INSUFFICIENT_BALANCE", NULL,
             "The balance of this organization is used up");
  else if (strstr(key, "noscope"))
    vg_error(rq, 403, "FORBIDDEN", NULL, "This key may not generate");
  else
    return true;
  return false;
}

/* Keys of the caller's own: never empty. */
static bool good_own_keys(struct em_request *rq)
{
  static const char *const names[] = { "X-Fal-Key", "X-Replicate-Key",
                                       "X-Runway-Key", "X-Runpod-Key" };
  size_t i;

  for (i = 0; i < EM_LEN(names); i++) {
    const char *value = em_header(rq, names[i]);

    if (value && !*value) {
      vg_error(rq, 400, "BAD_REQUEST", NULL, "The header %s is empty",
               names[i]);
      return false;
    }
  }
  return true;
}

bool vg_good_headers(struct em_request *rq, enum vg_endpoint endpoint)
{
  const char *prefer = em_header(rq, "Prefer");
  const char *type = em_header(rq, "Content-Type");
  const char *steps = em_query(rq, "include_steps");

  if (!good_own_keys(rq))
    return false;
  if (!type || strncasecmp(type, "application/json", 16) != 0)
    vg_error(rq, 415, "UNSUPPORTED_MEDIA_TYPE", NULL,
             "Content-Type must be application/json");
  else if (prefer &&
           (endpoint == VG_GENERATE || strcmp(prefer, "respond-async") != 0))
    vg_error(rq, 400, "BAD_REQUEST", NULL, "Prefer is not known here");
  else if (steps && (endpoint != VG_IMAGES || strcmp(steps, "true") != 0))
    vg_error(rq, 422, "VALIDATION_ERROR", "include_steps",
             "include_steps is not valid");
  else
    return true;
  return false;
}

/* ---- bodies ------------------------------------------------------------- */

struct json_object *vg_parse(struct em_request *rq)
{
  struct json_tokener *tokener = json_tokener_new();
  struct json_object *input = NULL;

  json_tokener_set_flags(tokener,
                         JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
  if (rq->body.len)
    input =
      json_tokener_parse_ex(tokener, rq->body.data, (int)rq->body.len + 1);
  json_tokener_free(tokener);
  if (json_object_is_type(input, json_type_object))
    return input;
  json_object_put(input);
  vg_error(rq, 422, "VALIDATION_ERROR", NULL, "The body is not a JSON object");
  return NULL;
}

/* fal_fields.c words what is wrong as a list; here the first one counts, and in
 * the gateway's words. */
static bool say_first(struct em_request *rq, const struct em_buf *detail)
{
  struct em_buf list = { 0 };
  struct json_object *all, *first, *loc, *ctx, *bound;
  const char *field, *type;

  em_buf_printf(&list, "[%s]", detail->data);
  all = json_tokener_parse(list.data);
  em_buf_finish(&list);
  first = json_object_array_get_idx(all, 0);
  json_object_object_get_ex(first, "loc", &loc);
  field = json_object_get_string(json_object_array_get_idx(loc, 1));
  type = vg_text(first, "type");
  if (!json_object_object_get_ex(first, "ctx", &ctx))
    ctx = NULL;
  if (ctx && json_object_object_get_ex(ctx, "le", &bound))
    vg_error(rq, 422, "VALIDATION_ERROR", field, "%s must be at most %s", field,
             json_object_get_string(bound));
  else if (ctx && json_object_object_get_ex(ctx, "ge", &bound))
    vg_error(rq, 422, "VALIDATION_ERROR", field, "%s must be at least %s",
             field, json_object_get_string(bound));
  else if (type && !strcmp(type, "missing"))
    vg_error(rq, 422, "VALIDATION_ERROR", field, "%s is required", field);
  else if (type && !strcmp(type, "extra_forbidden"))
    vg_error(rq, 422, "VALIDATION_ERROR", field,
             "%s is not a parameter of this model", field);
  else
    vg_error(rq, 422, "VALIDATION_ERROR", field, "%s: %s", field,
             vg_text(first, "msg"));
  json_object_put(all);
  return false;
}

/* `o` without model, prompt: those are looked at before. */
static bool check_fields(struct em_request *rq, const struct vg_model *model,
                         enum vg_endpoint endpoint, struct json_object *o)
{
  struct em_buf clauses = { 0 }, detail = { 0 };
  struct fal_model fields = { model->id, NULL, "" };
  bool ok = true;

  em_buf_printf(&clauses, "%smodel any; prompt str; %s", own_fields[endpoint],
                model->fields);
  fields.in = clauses.data;
  fal_fields_check(&fields, o, &detail);
  if (detail.len)
    ok = say_first(rq, &detail);
  em_buf_finish(&clauses);
  em_buf_finish(&detail);
  return ok;
}

/* What the client leaves out rather than sends. */
static bool check_silence(struct em_request *rq, struct json_object *o)
{
  static const char *const texts[] = { "negative_prompt", "image_url" };
  struct json_object *skip;
  size_t i;

  for (i = 0; i < EM_LEN(texts); i++) {
    const char *text = vg_text(o, texts[i]);

    if (text && !*text) {
      vg_error(rq, 422, "VALIDATION_ERROR", texts[i], "%s is empty", texts[i]);
      return false;
    }
  }
  if (json_object_object_get_ex(o, "skip_gcs_upload", &skip) &&
      !json_object_get_boolean(skip)) {
    vg_error(rq, 422, "VALIDATION_ERROR", "skip_gcs_upload",
             "skip_gcs_upload is true or absent");
    return false;
  }
  return true;
}

/* Parameters are nested at /generate; there must be some if they are there. */
static bool check_generate(struct em_request *rq, const struct vg_model *model,
                           struct json_object *input)
{
  struct json_object_iter it;
  struct json_object *params = NULL;

  json_object_object_foreachC(input, it)
  {
    if (!strcmp(it.key, "params")) {
      params = it.val;
    } else if (strcmp(it.key, "model") && strcmp(it.key, "prompt")) {
      vg_error(rq, 422, "VALIDATION_ERROR", it.key,
               "%.60s belongs into params here", it.key);
      return false;
    }
  }
  if (!json_object_object_get_ex(input, "params", NULL))
    return true;
  if (!json_object_is_type(params, json_type_object) ||
      !json_object_object_length(params)) {
    vg_error(rq, 422, "VALIDATION_ERROR", "params", "params is empty");
    return false;
  }
  return check_silence(rq, params) &&
         check_fields(rq, model, VG_GENERATE, params);
}

static bool fits(struct em_request *rq, const struct vg_model *model,
                 enum vg_endpoint endpoint)
{
  bool video = vg_makes_videos(model);

  if (video == (endpoint == VG_VIDEOS))
    return true;
  vg_error(rq, 400, "BAD_REQUEST", NULL, "Model %s makes %s: use %s", model->id,
           video ? "videos" : "images",
           video ? "/videos/generate" : "/images/generate");
  return false;
}

const struct vg_model *vg_check(struct em_request *rq,
                                enum vg_endpoint endpoint,
                                struct json_object *input)
{
  const char *id = vg_text(input, "model"), *prompt = vg_text(input, "prompt");
  const struct vg_model *model = id ? vg_model_find(id) : NULL;

  if (!id)
    vg_error(rq, 422, "VALIDATION_ERROR", "model", "model is required");
  else if (!prompt || !*prompt)
    vg_error(rq, 422, "VALIDATION_ERROR", "prompt", "prompt is required");
  else if (!model)
    vg_error(rq, 404, "MODEL_NOT_FOUND", NULL, "Model %.80s is not supported",
             id);
  else if (fits(rq, model, endpoint) &&
           (endpoint == VG_GENERATE
              ? check_generate(rq, model, input)
              : check_silence(rq, input) &&
                  check_fields(rq, model, endpoint, input)))
    return model;
  return NULL;
}
