// @higgsfield/client, both generations.  `baseURL` leads to the emulator, whose
// answers name itself.
import { HiggsfieldClient } from "@higgsfield/client";
import {
  APIError, AuthenticationError, BadInputError, NotEnoughCreditsError, TimeoutError, ValidationError,
  createHiggsfieldClient,
} from "@higgsfield/client/v2";
import * as old from "@higgsfield/client";
import { assert, begin, check, control, download, failure, hurry, isPicture, isVideo } from "./cases.mjs";
import { end, mapped, png, receiver, seen } from "./cases.mjs";

hurry(50);
await begin("higgsfield");
const baseURL = mapped("https://platform.higgsfield.ai");
// maxRetries 0: this client sends what was refused (400, 401, 422) again, too
const options = { baseURL, maxRetries: 0, pollInterval: 100 };
const client = (credentials = "id:secret", more = {}) =>
  createHiggsfieldClient({ credentials, ...options, ...more });
const higgsfield = client();
const v1 = new HiggsfieldClient({ apiKey: "id", apiSecret: "secret", ...options });
const soul = "higgsfield-ai/soul/standard";
const picture = (prompt, input, more) =>
  higgsfield.subscribe(soul, { input: { prompt, ...input }, ...more });

// ---- the current API -------------------------------------------------------

await check("soul: generate and wait", async () => {
  const answer = await picture("a fox", {
    aspect_ratio: "16:9", resolution: "1080p", batch_size: 4, seed: 7, enhance_prompt: false,
    style_strength: 0.5,
  });
  assert.equal(answer.status, "completed");
  assert.equal(answer.images.length, 4);
  isPicture(await download(answer.images[3].url), "png", 1920, 1088);
});

await check("the states of a request", async () => {
  const { status, request_id: id, status_url, cancel_url } = await picture("slow", {}, { withPolling: false });
  assert.equal(status, "queued");
  assert.ok(status_url.endsWith(`/requests/${id}/status`) && cancel_url.endsWith(`/requests/${id}/cancel`));
  const headers = { Authorization: "Key id:secret" };
  const states = [];
  for (let last; last !== "completed"; states.push(last)) {
    const reply = await fetch(`${baseURL}/requests/${id}/status`, { headers });
    assert.ok(reply.headers.get("x-correlation-id"));
    last = (await reply.json()).status;
  }
  assert.deepEqual(states, ["queued", "in_progress", "completed"]);
});

await check("dop: image to video", async () => {
  const answer = await higgsfield.subscribe("higgsfield-ai/dop/turbo", {
    input: {
      prompt: "push in", image_url: "https://example.com/a.png",
      motions: [{ id: "5d0eee15-569c-4006-a1c7-46d1c42d9315", strength: 0.5 }],
    },
  });
  isVideo(await download(answer.video.url), 1280, 720, 5);
});

await check("a model of another maker, with a slash before its id", async () => {
  const answer = await higgsfield.subscribe("/kling-video/v2.1/pro/image-to-video", {
    input: { prompt: "turn", image_url: "https://example.com/a.png", duration: 10, cfg_scale: 0.5 },
  });
  isVideo(await download(answer.video.url), 1280, 720, 10);
});

await check("nsfw and failed are answers", async () => {
  assert.equal((await picture("no [blocked]")).status, "nsfw");
  const failed = await picture("breaks [fail]");
  assert.deepEqual([failed.status, failed.error], ["failed", "Generation fail message"]);
});

await check("cancelled while queued", async () => {
  const { request_id: id } = await picture("stop", {}, { withPolling: false });
  const headers = { Authorization: "Key id:secret" };
  const cancel = () => fetch(`${baseURL}/requests/${id}/cancel`, { method: "POST", headers });
  assert.equal((await cancel()).status, 202);
  const after = await (await fetch(`${baseURL}/requests/${id}/status`, { headers })).json();
  assert.equal(after.status, "canceled");
  assert.equal((await cancel()).status, 400);
});

await check("the client gives up after its own time", async () => {
  const hasty = client("id:secret", { maxPollTime: 50, pollInterval: 2000 });
  await failure(hasty.subscribe(soul, { input: { prompt: "endless [never]" } }), TimeoutError);
});

await check("a wrong key", async () => {
  await failure(client("bad:key").subscribe(soul, { input: { prompt: "a" } }), AuthenticationError);
});

await check("no credits is a 403", async () => {
  await failure(client("locked:key").subscribe(soul, { input: { prompt: "a" } }), NotEnoughCreditsError);
});

await check("too many at once is a 400", async () => {
  const error = await failure(
    client("limit0:key").subscribe(soul, { input: { prompt: "a" } }), BadInputError);
  assert.match(error.message, /Maximum number of concurrent requests \(0\)/);
});

await check("a wrong field, of a first-party model", async () => {
  const error = await failure(picture("a", { aspect_ratio: "5:1" }), ValidationError);
  assert.deepEqual(error.details[0].loc, ["body", "aspect_ratio"]);
  const missing = await failure(higgsfield.subscribe("higgsfield-ai/dop/lite", { input: { prompt: "a" } }),
    ValidationError);
  assert.match(missing.message, /body\.image_url: Field required/);
});

await check("a wrong field, of another maker's", async () => {
  const error = await failure(
    higgsfield.subscribe("kling-video/v2.1/pro/image-to-video", {
      input: { prompt: "a", image_url: "https://example.com/a.png", duration: 7 },
    }),
    BadInputError,
  );
  assert.match(error.message, /'duration' must be one of \[5, 10\]/);
});

await check("an unknown model, and an unknown mode", async () => {
  const unknown = await failure(higgsfield.subscribe("no/such/model", { input: { prompt: "a" } }), APIError);
  assert.deepEqual([unknown.statusCode, unknown.responseData.detail], [404, "model_not_found"]);
  const mode = await failure(higgsfield.subscribe("higgsfield-ai/soul/pro", { input: { prompt: "a" } }),
    ValidationError);
  assert.deepEqual(mode.details[0].loc, ["path", "mode"]);
});

await check("a fault, tried again", async () => {
  const prompt = "broken [503:2]";
  const patient = client("id:secret", { maxRetries: 3 });
  assert.equal((await patient.subscribe(soul, { input: { prompt } })).status, "completed");
  assert.deepEqual(await seen(prompt), { seen: 3, accepted: 1 });
  const error = await failure(picture("broken for good [500]"), APIError);
  assert.equal(error.statusCode, 500);
});

await check("webhook: signed as the Standard Webhooks say", async () => {
  const hooks = await receiver();
  await control("hooks", { to: hooks.origin });
  const webhook = { url: "https://caller.example.test/hooks/hf?a=b c", secret: "never sent" };
  const { request_id: id } = await picture("tell me", {}, { webhook, withPolling: false });
  const { path, headers, body } = await hooks.next();
  assert.equal(decodeURIComponent(path), "/hooks/hf?a=b c");
  const told = JSON.parse(body);
  assert.deepEqual([told.request_id, told.status, told.images.length], [id, "completed", 1]);
  const { hook_secret: secret } = await control("hooks", { to: hooks.origin });
  const { createHmac } = await import("node:crypto");
  const signed = createHmac("sha256", Buffer.from(secret.replace("whsec_", ""), "base64"))
    .update(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`).digest("base64");
  assert.equal(headers["webhook-signature"], `v1,${signed}`);
  await picture("tell me [blocked]", {}, { webhook, withPolling: false });
  assert.equal(JSON.parse((await hooks.next()).body).status, "nsfw");
  hooks.close();
});

await check("webhook: an address that nobody could reach is refused", async () => {
  const webhook = { url: "http://127.0.0.1/hook", secret: "s" };
  await failure(picture("a", {}, { webhook, withPolling: false }), ValidationError);
});

// ---- the old API -----------------------------------------------------------

await check("v1: soul in a job set", async () => {
  const set = await v1.generate("/v1/text2image/soul", {
    prompt: "a fox", width_and_height: "1536x1152", quality: "1080p", batch_size: 1,
    style_id: (await v1.getSoulStyles())[0].id, style_strength: 1,
  });
  assert.ok(set.isCompleted);
  assert.equal(set.jobs.length, 1);
  isPicture(await download(set.jobs[0].results.raw.url), "png", 1536, 1152);
  assert.ok(set.jobs[0].results.min.url);
});

await check("v1: upload, then image to video", async () => {
  // an older answer: no headers are asked for, as this client sends none
  const older = new HiggsfieldClient({ apiKey: "older", apiSecret: "secret", ...options });
  const url = await older.uploadImage(png(320, 180), "png");
  const set = await older.generate("/v1/image2video/dop", {
    model: "dop-turbo", prompt: "push in", input_images: [{ type: "image_url", image_url: url }],
    motions: [{ id: (await older.getMotions())[0].id, strength: 1 }],
  });
  isVideo(await download(set.jobs[0].results.raw.url), 1280, 720, 5);
});

await check("v1: an upload without the headers that were asked for", async () => {
  const error = await failure(v1.uploadImage(png(32, 32), "png"));
  assert.equal(error.response.status, 403);
  assert.match(error.response.data, /SignatureDoesNotMatch/);
});

await check("v1: nsfw and failed", async () => {
  const params = { width_and_height: "1536x1536", quality: "720p", batch_size: 1 };
  assert.ok((await v1.generate("/v1/text2image/soul", { prompt: "no [nsfw]", ...params })).isNsfw);
  assert.ok((await v1.generate("/v1/text2image/soul", { prompt: "no [fail]", ...params })).isFailed);
});

await check("v1: people of one's own", async () => {
  const made = await v1.createSoulId({
    name: "Bob", input_images: [{ type: "image_url", image_url: "https://example.com/bob.png" }],
  });
  assert.ok(made.isCompleted);
  const page = await v1.listSoulIds(1, 10);
  assert.ok(page.items.some((one) => one.id === made.id));
  const set = await v1.generate("/v1/text2image/soul", {
    prompt: "Bob", width_and_height: "1536x1536", quality: "720p", batch_size: 1,
    custom_reference_id: made.id, custom_reference_strength: 1,
  });
  assert.ok(set.isCompleted);
});

await check("v1: refused", async () => {
  const wrong = v1.generate("/v1/text2image/soul", { prompt: "a", quality: "4K" });
  await failure(wrong, old.ValidationError);
  const other = new HiggsfieldClient({ apiKey: "bad", apiSecret: "key", ...options });
  await failure(other.getMotions(), old.AuthenticationError);
  assert.equal((await control("stats")).credentials_leaked, 0);
});

end();
