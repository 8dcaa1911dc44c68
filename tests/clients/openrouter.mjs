// @openrouter/sdk, at both gateways: `serverURL` leads to the emulator, whose
// answers name itself.  The client holds every answer to its own schema.
import { createHmac } from "node:crypto";
import { OpenRouter } from "@openrouter/sdk";
import * as errors from "@openrouter/sdk/models/errors";
import { assert, begin, check, control, download, failure, hurry, isPicture, isVideo } from "./cases.mjs";
import { end, look, mapped, png, receiver, seen } from "./cases.mjs";

hurry(20);
await begin("openrouter");
const gateway = (apiKey, host = "openrouter.ai", more = {}) =>
  new OpenRouter({
    apiKey, serverURL: mapped(`https://${host}/api/v1/`),
    httpReferer: "https://example.com", appTitle: "gamut", appCategories: "image-gen,video-gen", ...more,
  });
const client = gateway("sk-or-v1-any");
const video = (request, at = client) =>
  at.videoGeneration.generate({ videoGenerationRequest: { model: "google/veo-3.1", ...request } });
const picture = (request, at = client) =>
  at.images.generate({ imageGenerationRequest: { model: "bytedance-seed/seedream-4.5", ...request } });
const poll = (jobId, at = client) => at.videoGeneration.getGeneration({ jobId });
const content = (jobId, index = 0, at = client) => at.videoGeneration.getVideoContent({ jobId, index });
const bytesOf = async (stream) => new Uint8Array(await new Response(stream).arrayBuffer());
const data = (width, height) => `data:image/png;base64,${png(width, height).toString("base64")}`;
const reference = (width, height) => ({ type: "image_url", imageUrl: { url: data(width, height) } });

async function finished(job, at = client) {
  const states = [job.status];
  while (["pending", "in_progress"].includes(job.status)) {
    job = await poll(job.id, at);
    if (job.status !== states.at(-1)) states.push(job.status);
  }
  return { ...job, states };
}

// ---- videos ----------------------------------------------------------------

for (const host of ["openrouter.ai", "modelgates.ai"])
  await check(`video at ${host}: submit, poll, download`, async () => {
    const at = gateway("sk-or-v1-any", host);
    const started = await video({
      prompt: "waves", duration: 4, resolution: "720p", aspectRatio: "9:16", generateAudio: false,
      seed: 0, provider: { options: { googleVertex: { parameters: { negativePrompt: "people" } } } },
      sessionId: "s-1", trace: { traceId: "t-1" },
    }, at);
    assert.match(started.id, /^gen-vid-\d+-[0-9a-z]{20}$/);
    assert.ok(started.pollingUrl.endsWith(`/api/v1/videos/${started.id}`));
    const job = await finished(started, at);
    assert.deepEqual(job.states, ["pending", "in_progress", "completed"]);
    assert.deepEqual([job.usage.cost, job.usage.isByok], [0.8, false]);
    assert.ok(job.generationId && job.unsignedUrls[0].endsWith(`/videos/${job.id}/content?index=0`));
    isVideo(await bytesOf(await content(job.id, 0, at)), 720, 1280, 4);
    await failure(poll(job.id, gateway("sk-or-v1-any", host === "openrouter.ai" ? "modelgates.ai" : "openrouter.ai")),
      errors.NotFoundResponseError);
  });

await check("video: first and last frame", async () => {
  const frame = (frameType) => ({ ...reference(160, 90), frameType });
  const job = await finished(await video({
    prompt: "it turns", duration: 8, resolution: "1080p", aspectRatio: "16:9",
    frameImages: [frame("first_frame"), frame("last_frame")],
  }));
  isVideo(await bytesOf(await content(job.id)), 1920, 1080, 8);
});

await check("video: kept by somebody else, where no key is wanted", async () => {
  const job = await finished(await video({
    model: "black-forest-labs/flux-3-video", prompt: "waves", duration: 5, resolution: "720p", aspectRatio: "16:9",
  }));
  assert.ok(!job.unsignedUrls[0].includes("/api/v1/"));
  isVideo(await download(job.unsignedUrls[0]), 1280, 720, 5);
});

await check("video: too early, no such output, no such job", async () => {
  const { id } = await video({ prompt: "early", duration: 4, resolution: "720p" });
  await failure(content(id), errors.ConflictResponseError);
  await finished({ id, status: "pending" });
  await failure(content(id, 1), errors.NotFoundResponseError);
  await failure(poll("gen-vid-1790000000-00000000000000000000"), errors.NotFoundResponseError);
});

for (const [name, fault, status, words] of [
  ["blocked", "blocked", "failed", /Content policy violation/],
  ["failed", "fail", "failed", /Provider returned error/],
  ["cancelled", "fail:cancelled", "cancelled", /cancelled/],
  ["expired", "fail:expired", "expired", /time to live/],
])
  await check(`video: ${name} is an answer`, async () => {
    const job = await finished(await video({ prompt: `no [${fault}]`, duration: 4, resolution: "720p" }));
    assert.equal(job.status, status);
    assert.match(job.error, words);
    assert.equal(job.unsignedUrls, undefined);
  });

for (const [name, request] of [
  ["seconds that the model has not", { duration: 5, resolution: "720p" }],
  ["a resolution that it has not", { duration: 4, resolution: "480p" }],
  ["a shape that it has not", { duration: 4, aspectRatio: "1:1" }],
  ["a callback without TLS", { duration: 4, callbackUrl: "http://example.com/hook" }],
])
  await check(`video: ${name}`, async () => {
    await failure(video({ prompt: "a", ...request }), errors.BadRequestResponseError);
  });

await check("video: models and their prices", async () => {
  const { data: models } = await client.videoGeneration.listVideosModels();
  const veo = models.find((one) => one.id === "google/veo-3.1");
  assert.deepEqual([...veo.supportedDurations].sort(), [4, 6, 8]);
  assert.ok(veo.supportedFrameImages.includes("last_frame"));
  for (const price of Object.values(veo.pricingSkus)) assert.equal(typeof price, "string");
  assert.equal(models.find((one) => one.id === "runway/aleph-2").supportedDurations, null);
});

await check("video: the callback, signed with a comma", async () => {
  const hooks = await receiver();
  const { hook_secret: secret } = await control("hooks", { to: hooks.origin });
  const { id } = await video({
    prompt: "tell me", duration: 4, resolution: "720p", callbackUrl: "https://caller.example.test/hooks/or",
  });
  const { path, headers, body } = await hooks.next();
  assert.equal(path, "/hooks/or");
  const told = JSON.parse(body);
  assert.deepEqual([told.type, told.data.id, told.data.status, told.data.model],
    ["video.generation.completed", id, "completed", "google/veo-3.1"]);
  assert.equal(told.data.usage.cost, (await poll(id)).usage.cost);
  assert.equal(headers["x-openrouter-idempotency-key"], `${id}-completed`);
  const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(headers["x-openrouter-signature"]);
  assert.equal(createHmac("sha256", secret.replace("whsec_", "")).update(`${t},${body}`).digest("hex"), v1);
  await video({
    prompt: "tell me [blocked]", duration: 4, resolution: "720p", callbackUrl: "https://caller.example.test/hooks/or",
  });
  const failed = JSON.parse((await hooks.next()).body);
  assert.equal(failed.type, "video.generation.failed");
  assert.match(failed.data.error, /Content policy/);
  hooks.close();
});

// ---- pictures --------------------------------------------------------------

await check("picture: several", async () => {
  const answer = await picture({ prompt: "a fox", aspectRatio: "16:9", resolution: "2K", n: 2, seed: 7 });
  assert.equal(answer.data.length, 2);
  const { type, width, height } = look(answer.data[0].b64Json);
  assert.ok(`image/${type}` === (answer.data[0].mediaType ?? "image/png") && width > height);
  assert.deepEqual([answer.usage.cost, answer.usage.isByok], [0.08, false]);
});

await check("picture: edited from a reference", async () => {
  const answer = await picture({ prompt: "at night", inputReferences: [reference(64, 48)], aspectRatio: "1:1" });
  assert.equal(answer.data.length, 1);
});

await check("picture: streamed", async () => {
  const stream = await picture({
    model: "openai/gpt-image-2", prompt: "a fox", aspectRatio: "1:1", outputFormat: "jpeg", stream: true,
  });
  const events = [];
  for await (const event of stream) events.push(event);
  const last = events.at(-1);
  assert.equal(last.type, "image_generation.completed");
  assert.ok(events.slice(0, -1).every((event) => event.type === "image_generation.partial_image"));
  assert.ok(events.length > 1 && last.usage.cost > 0);
  assert.equal(`image/${look(last.b64Json).type}`, last.mediaType);
});

await check("picture: a stream that fails", async () => {
  const stream = await picture({ model: "openai/gpt-image-2", prompt: "no [blocked]", stream: true });
  const events = [];
  for await (const event of stream) events.push(event);
  assert.equal(events.at(-1).type, "error");
  assert.equal(events.at(-1).error.code, "content_policy_violation");
});

await check("picture: as a drawing", async () => {
  const answer = await picture({ model: "recraft/recraft-v4.1-vector", prompt: "a fox", outputFormat: "svg" });
  assert.equal(answer.data[0].mediaType, "image/svg+xml");
  assert.equal(look(answer.data[0].b64Json).type, "svg");
});

await check("picture: models and endpoints", async () => {
  const { data: models } = await client.images.listModels();
  const one = models.find((model) => model.id === "bytedance-seed/seedream-4.5");
  assert.ok(one.supportedParameters.seed && !one.supportsStreaming);
  const { endpoints } = await client.images.listModelEndpoints({ author: "bytedance-seed", slug: "seedream-4.5" });
  assert.equal(endpoints[0].pricing[0].costUsd, 0.04);
});

for (const [name, request] of [
  ["more than one of a model that makes one", { model: "google/gemini-3-pro-image", n: 2 }],
  ["a shape that the model has not", { model: "google/gemini-3-pro-image", aspectRatio: "1:8" }],
  ["transparent JPEG", { model: "openai/gpt-image-2", background: "transparent", outputFormat: "jpeg" }],
])
  await check(`picture: ${name}`, async () => {
    const error = await failure(picture({ prompt: "a", ...request }), errors.OpenRouterError);
    assert.equal(error.statusCode, 400);
  });

// ---- refusals --------------------------------------------------------------

await check("a wrong key, one without money, one that may not", async () => {
  const unknown = await failure(picture({ prompt: "a" }, gateway("bad")), errors.UnauthorizedResponseError);
  assert.equal(unknown.error.code, 401);
  const poor = await failure(picture({ prompt: "a" }, gateway("locked")), errors.PaymentRequiredResponseError);
  assert.equal(poor.error.metadata.limit_source, "openrouter_credits");
  await failure(picture({ prompt: "a" }, gateway("noscope")), errors.ForbiddenResponseError);
});

await check("the money is in other jobs", async () => {
  const error = await failure(picture({ prompt: "wait [402:type=in-flight]" }), errors.PaymentRequiredResponseError);
  assert.equal(error.error.metadata.reason, "in_flight_budget_exhausted");
});

await check("flagged, by the gateway and by the maker", async () => {
  const flagged = await failure(picture({ prompt: "no [403:type=reasons]" }), errors.ForbiddenResponseError);
  assert.deepEqual(flagged.error.metadata.reasons, ["violence"]);
  // this client would try a 502 again for an hour, a blocked one as well
  const once = gateway("sk-or-v1-any", "openrouter.ai", { retryConfig: { strategy: "none" } });
  const refused = await failure(
    picture({ prompt: "no [502:type=content_policy_violation]" }, once), errors.BadGatewayResponseError);
  assert.equal(refused.error.metadata.error_type, "content_policy_violation");
});

await check("rate limit: not tried again by this client", async () => {
  const prompt = "patience [429:1]";
  const error = await failure(picture({ prompt }), errors.TooManyRequestsResponseError);
  assert.equal(error.error.code, 429);
  assert.equal((await seen(prompt)).seen, 1);
});

await check("a fault: tried again", async () => {
  const prompt = "broken [503:1]";
  assert.equal((await picture({ prompt })).data.length, 1);
  assert.deepEqual(await seen(prompt), { seen: 2, accepted: 1 });
});

// ---- account ---------------------------------------------------------------

await check("balance, key, one generation", async () => {
  const { data: before } = await client.credits.getCredits();
  const job = await finished(await video({ prompt: "paid", duration: 4, resolution: "720p" }));
  const { data: after } = await client.credits.getCredits();
  assert.ok(Math.abs(after.totalUsage - before.totalUsage - job.usage.cost) < 1e-6);
  const { data: key } = await client.apiKeys.getCurrentKeyMetadata();
  assert.equal(typeof key.usage, "number");
  const { data: one } = await client.generations.getGeneration({ id: job.generationId });
  assert.deepEqual([one.model, one.apiType, one.totalCost], ["google/veo-3.1", "video", job.usage.cost]);
  assert.equal((await control("stats")).credentials_leaked, 0);
});

end();
