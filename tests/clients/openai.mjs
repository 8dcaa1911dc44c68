// openai.  Its `baseURL` option is all that it needs.
import OpenAI, { toFile } from "openai";
import { assert, begin, check, control, failure, hurry, isPicture, isVideo } from "./cases.mjs";
import { end, look, mapped, png, receiver, seen } from "./cases.mjs";

hurry(20);
await begin("openai");
const baseURL = mapped("https://api.openai.com/v1");
const openai = new OpenAI({ apiKey: "sk-any", baseURL, organization: "org-1", project: "proj_1" });
const withKey = (apiKey) => new OpenAI({ apiKey, baseURL });
const model = "gpt-image-2";
const file = (width, height, name = "cat.png") =>
  toFile(png(width, height), name, { type: "image/png" });

// ---- pictures --------------------------------------------------------------

await check("generate", async () => {
  const answer = await openai.images.generate({
    model, prompt: "a fox", n: 2, size: "1536x1024", quality: "low", background: "opaque",
    moderation: "low", safety_identifier: "user-1",
  });
  assert.equal(answer.data.length, 2);
  isPicture(answer.data[0].b64_json, "png", 1536, 1024);
  assert.notEqual(answer.data[0].b64_json, answer.data[1].b64_json);
  assert.deepEqual([answer.size, answer.quality, answer.background, answer.output_format],
    ["1536x1024", "low", "opaque", "png"]);
  const { usage } = answer;
  assert.equal(usage.total_tokens, usage.input_tokens + usage.output_tokens);
  assert.equal(usage.input_tokens, usage.input_tokens_details.text_tokens);
  assert.equal(usage.output_tokens, usage.output_tokens_details.image_tokens);
  assert.match(answer._request_id, /^req_/);
});

for (const [format, extra] of [
  ["jpeg", { output_compression: 80 }],
  ["webp", { background: "transparent" }],
  ["gif", { frame_count: 4, frame_duration_ms: 100 }],
  ["svg", {}],
])
  await check(`generate ${format}`, async () => {
    const answer = await openai.images.generate({
      model: "gpt-image-2.6-flare", prompt: "a fox", size: "1024x1024", output_format: format, ...extra,
    });
    assert.equal(answer.output_format, format);
    isPicture(answer.data[0].b64_json, format, 1024, 1024);
    assert.equal(Boolean(answer.svg_usage), format === "svg");
  });

await check("generate in a size of one's own", async () => {
  const answer = await openai.images.generate({ model, prompt: "a fox", size: "2048x1152" });
  isPicture(answer.data[0].b64_json, "png", 2048, 1152);
});

await check("stream of partial pictures", async () => {
  const stream = await openai.images.generate({
    model, prompt: "a fox", size: "1024x1024", stream: true, partial_images: 2,
  });
  const events = [];
  for await (const event of stream) events.push(event);
  assert.deepEqual(events.map((event) => event.type), [
    "image_generation.partial_image",
    "image_generation.partial_image",
    "image_generation.completed",
  ]);
  assert.deepEqual(events.map((event) => event.partial_image_index), [0, 1, undefined]);
  for (const event of events) isPicture(event.b64_json, "png", 1024, 1024);
  assert.equal(events[2].usage.output_tokens, 1056 + 2 * 100);
});

await check("a stream that is blocked after a partial", async () => {
  const stream = await openai.images.generate({
    model, prompt: "no [blocked]", stream: true, partial_images: 1,
  });
  let partials = 0;
  const error = await failure((async () => { for await (const _ of stream) partials++; })(), OpenAI.APIError);
  assert.equal(partials, 1);
  assert.equal(error.code, "moderation_blocked");
  assert.equal(error.error.moderation_details.moderation_stage, "output");
});

await check("a caller leaves a stream", async () => {
  const stream = await openai.images.generate({
    model, prompt: "a fox", stream: true, partial_images: 3,
  });
  for await (const event of stream) {
    assert.equal(event.partial_image_index, 0);
    break;
  }
});

await check("edit one picture", async () => {
  const answer = await openai.images.edit({
    model, prompt: "a hat", image: await file(64, 48), size: "1024x1024", quality: "high",
  });
  isPicture(answer.data[0].b64_json, "png", 1024, 1024);
  assert.ok(answer.usage.input_tokens_details.image_tokens > 0);
});

await check("edit several pictures with a mask, streamed", async () => {
  const stream = await openai.images.edit({
    model: "gpt-image-1.5", prompt: "a hat", image: [await file(64, 48), await file(32, 32, "hat.png")],
    mask: await file(64, 48, "mask.png"), input_fidelity: "high", stream: true, partial_images: 1,
  });
  const events = [];
  for await (const event of stream) events.push(event.type);
  assert.deepEqual(events, ["image_edit.partial_image", "image_edit.completed"]);
});

await check("upload, then edit by the file's id", async () => {
  const stored = await openai.files.create({ file: await file(40, 30, "up.png"), purpose: "vision" });
  assert.deepEqual([stored.object, stored.filename, stored.purpose, stored.status, stored.bytes],
    ["file", "up.png", "vision", "processed", png(40, 30).length]);
  const answer = await openai.post("/images/edits", {
    body: { model, prompt: "a hat", images: [{ file_id: stored.id }], moderation: "low" },
  });
  assert.equal(look(answer.data[0].b64_json).type, "png");
  const again = await openai.files.retrieve(stored.id);
  assert.deepEqual(again, { ...stored });
  const bytes = Buffer.from(await (await openai.files.content(stored.id)).arrayBuffer());
  assert.deepEqual(bytes, png(40, 30));
  assert.deepEqual((await openai.files.delete(stored.id)).deleted, true);
  const gone = await failure(openai.files.retrieve(stored.id), OpenAI.NotFoundError);
  assert.match(gone.message, /No such File object/);
});

await check("models, with the day of their end", async () => {
  const models = [];
  for await (const one of openai.models.list()) models.push(one);
  assert.equal(models.find((one) => one.id === model).shutdown_date, null);
  assert.equal(models.find((one) => one.id === "gpt-image-1.5").shutdown_date, "2026-12-01");
  assert.equal((await openai.models.retrieve(model)).owned_by, "system");
  await failure(openai.models.retrieve("dall-e-2"), OpenAI.NotFoundError);
});

// ---- errors ----------------------------------------------------------------

const picture = (prompt, extra) => openai.images.generate({ model, prompt, ...extra });

await check("a wrong key", async () => {
  const error = await failure(withKey("sk-bad").images.generate({ model, prompt: "a" }), OpenAI.AuthenticationError);
  assert.deepEqual([error.status, error.code, error.type], [401, "invalid_api_key", "invalid_request_error"]);
  assert.match(error.requestID, /^req_/);
});

await check("a key that may not", async () => {
  const error = await failure(
    withKey("sk-noscope").images.generate({ model, prompt: "a" }),
    OpenAI.PermissionDeniedError,
  );
  assert.equal(error.code, "model_not_found");
});

for (const [name, extra, code, param] of [
  ["a wrong size", { size: "1000x1000" }, "invalid_value", "size"],
  ["a wrong quality", { quality: "best" }, "invalid_value", "quality"],
  ["a wrong n", { n: 11 }, "invalid_value", "n"],
  ["a number as text", { n: "2" }, "invalid_type", "n"],
  ["an unknown field", { seed: 1 }, "unknown_parameter", "seed"],
  ["a field of DALL-E", { response_format: "url" }, "unknown_parameter", "response_format"],
  ["transparent JPEG", { background: "transparent", output_format: "jpeg" }, "invalid_value", "background"],
  ["partials without a stream", { partial_images: 2 }, "invalid_value", "partial_images"],
])
  await check(name, async () => {
    const error = await failure(picture("a", extra), OpenAI.BadRequestError);
    assert.deepEqual([error.code, error.param, error.type], [code, param, "invalid_request_error"]);
  });

await check("a request id of one's own that is too long", async () => {
  const named = (id) => openai.models.list({ headers: { "X-Client-Request-Id": id } });
  assert.ok((await named("x".repeat(512))).data.length);
  await failure(named("x".repeat(513)), OpenAI.BadRequestError);
});

await check("a model that is closed", async () => {
  const error = await failure(picture("a", { model: "dall-e-3" }), OpenAI.NotFoundError);
  assert.equal(error.code, "model_not_found");
});

await check("a blocked prompt", async () => {
  const error = await failure(picture("no [blocked]"), OpenAI.BadRequestError);
  assert.deepEqual([error.code, error.type], ["moderation_blocked", "image_generation_user_error"]);
  assert.equal(error.error.moderation_details.moderation_stage, "input");
});

await check("rate limit, then it works", async () => {
  const prompt = "patience [429:2:retry-after=1]";
  assert.equal((await picture(prompt)).data.length, 1);
  assert.deepEqual(await seen(prompt), { seen: 3, accepted: 1 });
});

await check("rate limit without end", async () => {
  const error = await failure(picture("never [429]"), OpenAI.RateLimitError);
  assert.equal(error.code, "rate_limit_exceeded");
  assert.match(error.message, /Please try again in 12s/);
});

await check("no money left", async () => {
  const error = await failure(picture("poor [quota]"), OpenAI.RateLimitError);
  assert.equal(error.code, "insufficient_quota");
});

await check("overloaded, and a fault of the server", async () => {
  const busy = await failure(picture("busy [503]"), OpenAI.InternalServerError);
  assert.equal(busy.code, "server_is_overloaded");
  const broken = await failure(picture("broken [500]"), OpenAI.InternalServerError);
  assert.equal(broken.type, "server_error");
});

await check("a page instead of JSON", async () => {
  const error = await failure(picture("page [502]"), OpenAI.InternalServerError);
  assert.equal(error.status, 502);
  assert.equal(error.code, undefined);
});

await check("a lost connection is tried again", async () => {
  assert.equal((await picture("lost [reset-before:2]")).data.length, 1);
  await failure(picture("lost for good [reset-before]"), OpenAI.APIConnectionError);
});

// ---- videos ----------------------------------------------------------------

const finished = async (id) => {
  for (;;) {
    const { data, response } = await openai.videos.retrieve(id).withResponse();
    if (!["queued", "in_progress"].includes(data.status)) return data;
    assert.ok(Number(response.headers.get("openai-poll-after-ms")) > 0);
  }
};

let made;
await check("video: create, poll, download", async () => {
  const video = await openai.videos.create({
    model: "sora-2", prompt: "a cat", seconds: "8", size: "1280x720",
    input_reference: await file(1280, 720, "first.png"),
  });
  assert.deepEqual([video.object, video.status, video.seconds, video.size, video.progress],
    ["video", "queued", "8", "1280x720", 0]);
  made = await finished(video.id);
  assert.deepEqual([made.status, made.progress, made.error], ["completed", 100, null]);
  assert.ok(made.completed_at >= made.created_at && made.expires_at > made.completed_at);
  const content = await openai.videos.downloadContent(video.id);
  assert.equal(content.headers.get("content-type"), "video/mp4");
  isVideo(await content.arrayBuffer(), 1280, 720, 8);
});

await check("video: thumbnail and spritesheet", async () => {
  for (const [variant, type] of [["thumbnail", "webp"], ["spritesheet", "jpeg"]]) {
    const content = await openai.videos.downloadContent(made.id, { variant });
    assert.equal(content.headers.get("content-type"), `image/${type}`);
    assert.equal(look(await content.arrayBuffer()).type, type);
  }
  await failure(openai.videos.downloadContent(made.id, { variant: "poster" }), OpenAI.BadRequestError);
});

await check("video: remix, edit, extend", async () => {
  const remix = await openai.videos.remix(made.id, { prompt: "at night" });
  assert.equal(remix.remixed_from_video_id, made.id);
  const edit = await openai.videos.edit({ video: { id: made.id }, prompt: "in snow" });
  assert.equal(edit.status, "queued");
  const longer = await openai.videos.extend({ video: { id: made.id }, prompt: "on", seconds: "4" });
  assert.equal(longer.seconds, "12");
  isVideo(await (await openai.videos.downloadContent((await finished(longer.id)).id)).arrayBuffer(), 1280, 720, 12);
});

await check("video: a character", async () => {
  const clip = await (await openai.videos.downloadContent(made.id)).arrayBuffer();
  const bob = await openai.videos.createCharacter({
    name: "Bob", video: await toFile(clip, "clip.mp4", { type: "video/mp4" }),
  });
  assert.match(bob.id, /^char_/);
  assert.deepEqual(await openai.videos.getCharacter(bob.id), { ...bob });
  const video = await openai.post("/videos", {
    body: { model: "sora-2", prompt: "Bob waves", seconds: "4", characters: [{ id: bob.id }] },
  });
  assert.equal(video.status, "queued");
  await failure(openai.videos.getCharacter("char_none"), OpenAI.NotFoundError);
});

await check("video: the list in pages", async () => {
  const ids = [];
  for await (const video of openai.videos.list({ limit: 2, order: "asc" })) ids.push(video.id);
  assert.ok(ids.length >= 5);
  assert.equal(ids[0], made.id);
  assert.equal(new Set(ids).size, ids.length);
  const newest = await openai.videos.list({ limit: 1 });
  assert.deepEqual([newest.data.length, newest.data[0].id, newest.has_more], [1, ids.at(-1), true]);
});

await check("video: deleted", async () => {
  const gone = await openai.videos.delete(made.id);
  assert.deepEqual([gone.id, gone.object, gone.deleted], [made.id, "video.deleted", true]);
  await failure(openai.videos.retrieve(made.id), OpenAI.NotFoundError);
});

await check("video: failed is an answer, not an error", async () => {
  const { id } = await openai.videos.create({ model: "sora-2", prompt: "no [blocked]" });
  const video = await finished(id);
  assert.deepEqual([video.status, video.error.code], ["failed", "moderation_blocked"]);
  await failure(openai.videos.downloadContent(id), OpenAI.APIError);
});

for (const [name, extra, param] of [
  ["seconds that are none", { seconds: "5" }, "seconds"],
  ["a size that is none", { size: "640x480" }, "size"],
  ["an unknown field", { fps: "24" }, "fps"],
])
  await check(`video: ${name}`, async () => {
    const error = await failure(
      openai.videos.create({ model: "sora-2", prompt: "a", ...extra }),
      OpenAI.BadRequestError,
    );
    assert.equal(error.param, param);
  });

await check("video: a first frame of another size", async () => {
  const error = await failure(
    openai.videos.create({
      model: "sora-2", prompt: "a", size: "1280x720", input_reference: await file(64, 48),
    }),
    OpenAI.BadRequestError,
  );
  assert.match(error.message, /Inpaint image must match/);
});

// ---- webhooks --------------------------------------------------------------

await check("webhook: endpoint, delivery, signature, rotated secret", async () => {
  const hooks = await receiver();
  await control("hooks", { to: hooks.origin });
  const endpoint = await openai.webhooks.create({
    name: "gamut", url: "https://caller.example.test/hooks/openai",
    event_types: ["video.completed", "video.failed"],
  });
  assert.equal(endpoint.object, "webhook_endpoint");
  const secret = endpoint.signing_secret;
  const read = await openai.webhooks.retrieve(endpoint.id);
  assert.deepEqual([read.url, read.signing_secret], [endpoint.url, undefined]);
  const { id } = await openai.videos.create({ model: "sora-2", prompt: "tell me" });
  const { path, headers, body } = await hooks.next();
  assert.equal(path, "/hooks/openai");
  const event = await openai.webhooks.unwrap(body.toString(), headers, secret);
  assert.deepEqual([event.object, event.type, event.data.id], ["event", "video.completed", id]);
  await failure(
    openai.webhooks.unwrap(`${body} `, headers, secret), OpenAI.InvalidWebhookSignatureError);
  const rotated = await openai.webhooks.rotateSecret(endpoint.id, {
    keep_old_secret_active_for_24_hours: true,
  });
  assert.notEqual(rotated.signing_secret, secret);
  await openai.webhooks.test(endpoint.id, { event_type: "video.failed" });
  const test = await hooks.next();
  for (const one of [secret, rotated.signing_secret])
    assert.equal((await openai.webhooks.unwrap(test.body.toString(), test.headers, one)).type, "video.failed");
  await control("hooks", { late_s: 301 });
  await openai.webhooks.test(endpoint.id, { event_type: "video.failed" });
  const late = await hooks.next();
  await failure(
    openai.webhooks.unwrap(late.body.toString(), late.headers, secret),
    OpenAI.InvalidWebhookSignatureError,
  );
  const changed = await openai.webhooks.update(endpoint.id, { name: "other" });
  assert.equal(changed.name, "other");
  const listed = [];
  for await (const one of openai.webhooks.list()) listed.push(one.id);
  assert.deepEqual(listed, [endpoint.id]);
  assert.equal((await openai.webhooks.delete(endpoint.id)).deleted, true);
  await failure(openai.webhooks.retrieve(endpoint.id), OpenAI.NotFoundError);
  hooks.close();
});

end();
