// @fal-ai/client.  It has no option for another host: its `fetch` option takes
// the mapped one.
import { createHash, createPublicKey, verify } from "node:crypto";
import { ApiError, ValidationError, createFalClient } from "@fal-ai/client";
import { assert, begin, check, download, failure, hurry, isPicture, isVideo } from "./cases.mjs";
import { control, end, mappedFetch, png, receiver, seen } from "./cases.mjs";

hurry(20);
console.warn = () => {}; // that the client's own way to a token is deprecated
await begin("fal");
const fal = createFalClient({ credentials: "id:secret", fetch: mappedFetch });
const withKey = (credentials) => createFalClient({ credentials, fetch: mappedFetch });
const flux = "fal-ai/flux/dev";

await check("generate two pictures, poll", async () => {
  const { data, requestId } = await fal.subscribe(flux, {
    input: { prompt: "two", image_size: "landscape_4_3", num_images: 2, seed: 7, output_format: "png" },
  });
  assert.match(requestId, /^[0-9a-f-]{36}$/);
  assert.equal(data.seed, 7);
  assert.equal(data.prompt, "two");
  assert.deepEqual(data.has_nsfw_concepts, [false, false]);
  assert.equal(data.images.length, 2);
  assert.deepEqual([data.images[0].width, data.images[0].height], [1024, 768]);
  const pictures = await Promise.all(data.images.map((image) => download(image.url)));
  for (const picture of pictures) isPicture(picture, "png", 1024, 768);
  assert.notDeepEqual(pictures[0], pictures[1]);
});

await check("generate, status as a stream", async () => {
  const states = [];
  let logs = [];
  const { data } = await fal.subscribe(flux, {
    input: { prompt: "streamed", image_size: { width: 640, height: 352 }, output_format: "png" },
    mode: "streaming",
    logs: true,
    onQueueUpdate: (update) => {
      states.push(update.status);
      logs = update.logs ?? logs;
    },
  });
  assert.deepEqual([...new Set(states)], ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]);
  assert.ok(logs.length > 2 && logs[0].message && logs[0].timestamp);
  assert.equal(new Set(logs.map((line) => line.timestamp)).size, logs.length);
  isPicture(await download(data.images[0].url), "png", 640, 352);
});

await check("queue by hand: positions, too early, metrics", async () => {
  const { request_id: requestId, status, queue_position } = await fal.queue.submit(flux, {
    input: { prompt: "by hand" },
    priority: "low",
    hint: "a-runner",
    startTimeout: 30,
    storageSettings: { expiresIn: "1h" },
  });
  assert.equal(status, "IN_QUEUE");
  assert.equal(queue_position, 2);
  const early = await failure(fal.queue.result(flux, { requestId }), ApiError);
  assert.equal(early.status, 400);
  assert.equal(early.body.detail, "Request is still in progress");
  const states = [];
  let last;
  do {
    last = await fal.queue.status(flux, { requestId, logs: true });
    states.push(last.status);
    assert.equal(last.request_id, requestId);
    assert.ok(Array.isArray(last.logs));
  } while (last.status !== "COMPLETED");
  assert.deepEqual(states, ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]);
  assert.ok(last.metrics.inference_time > 0);
});

await check("edit: a Blob among the inputs is uploaded", async () => {
  const file = new Blob([png(64, 48)], { type: "image/png" });
  const { data } = await fal.subscribe("fal-ai/flux-2-pro/edit", {
    input: { prompt: "make it blue", image_urls: [file], image_size: "square", output_format: "jpeg" },
  });
  isPicture(await download(data.images[0].url), "jpeg", 512, 512);
});

await check("video: text", async () => {
  const { data } = await fal.subscribe("fal-ai/veo3.1", {
    input: { prompt: "waves", duration: "8s", resolution: "720p", aspect_ratio: "16:9" },
  });
  assert.equal(data.video.content_type, "video/mp4");
  isVideo(await download(data.video.url), 1280, 720, 8);
});

await check("video: first frame, 9:16 and a number of seconds as text", async () => {
  const url = await fal.storage.upload(new File([png(90, 160)], "first.png", { type: "image/png" }));
  const { data } = await fal.subscribe("fal-ai/kling-video/v3/pro/image-to-video", {
    input: { prompt: "it turns", start_image_url: url, duration: "3" },
  });
  isVideo(await download(data.video.url), 1280, 720, 3);
});

await check("run at once", async () => {
  const { data, requestId } = await fal.run("fal-ai/flux/schnell", {
    input: { prompt: "at once", image_size: "square", output_format: "png" },
  });
  assert.ok(requestId);
  isPicture(await download(data.images[0].url), "png", 512, 512);
});

await check("run with the picture in the answer", async () => {
  const { data } = await fal.run(flux, {
    input: { prompt: "inside", image_size: "square", sync_mode: true, output_format: "jpeg" },
  });
  const [head, bytes] = data.images[0].url.split(",");
  assert.equal(head, "data:image/jpeg;base64");
  isPicture(bytes, "jpeg", 512, 512);
});

await check("stream of the picture as it grows", async () => {
  const stream = await fal.stream(flux, {
    input: { prompt: "growing", image_size: "square", output_format: "png" },
  });
  const events = [];
  for await (const event of stream) events.push(event);
  const whole = await stream.done();
  assert.equal(events.length, 4);
  assert.deepEqual(events.at(-1), whole);
  assert.ok(whole.seed !== undefined && events[0].seed === undefined);
  isPicture(await download(events[0].images[0].url), "png", 512, 512);
});

await check("stream by a token instead of the key", async () => {
  const stream = await fal.stream(flux, {
    input: { prompt: "with a token", image_size: "square" },
    connectionMode: "client",
  });
  assert.equal((await stream.done()).images.length, 1);
});

await check("a stream is refused like anything else", async () => {
  const stream = await withKey("bad:key").stream(flux, { input: { prompt: "no" } });
  assert.equal((await failure(stream.done(), ApiError)).status, 401);
});

await check("upload: what went up comes down", async () => {
  const bytes = png(33, 21);
  const url = await fal.storage.upload(new File([bytes], "a b.png", { type: "image/png" }), {
    lifecycle: { expiresIn: "1d", initialAcl: { default: "allow" } },
  });
  assert.ok(url.startsWith("https://v3b.fal.media/files/b/"));
  assert.deepEqual(Buffer.from(await download(url)), bytes);
});

await check("upload in parts", async () => {
  const bytes = Buffer.alloc(91 * 1024 * 1024 + 5, "gamut");
  const url = await fal.storage.upload(new File([bytes], "large.mp4", { type: "video/mp4" }));
  assert.ok(bytes.equals(await download(url)));
});

await check("a wrong key", async () => {
  const error = await failure(withKey("bad:key").run(flux, { input: { prompt: "a" } }), ApiError);
  assert.equal(error.status, 401);
  assert.equal(error.body.detail, "No user found for Key ID and Secret");
});

await check("no money left", async () => {
  const error = await failure(withKey("locked:key").queue.submit(flux, { input: { prompt: "a" } }), ApiError);
  assert.equal(error.status, 403);
  assert.match(error.body.detail, /^User is locked\. Reason: Exhausted balance/);
});

await check("a wrong parameter shows at the result", async () => {
  const error = await failure(fal.subscribe(flux, { input: { prompt: "a", num_images: 9 } }), ValidationError);
  assert.equal(error.status, 422);
  const [field] = error.getFieldErrors("num_images");
  assert.equal(field.type, "less_than_equal");
  assert.deepEqual(field.ctx, { le: 4 });
  assert.deepEqual(field.loc, ["body", "num_images"]);
});

await check("an unknown application", async () => {
  const error = await failure(fal.queue.submit("fal-ai/no-such-app", { input: { prompt: "a" } }), ApiError);
  assert.equal(error.status, 404);
  assert.equal(error.body.detail, 'Application "no-such-app" not found');
});

await check("an unknown request", async () => {
  const requestId = "00000000-0000-4000-8000-00000000abcd";
  const error = await failure(fal.queue.status(flux, { requestId }), ApiError);
  assert.equal(error.status, 404);
  assert.deepEqual(error.body, { status: "NOT_FOUND" });
});

await check("rate limit, then it works", async () => {
  const prompt = "patience [429:2]";
  const { data } = await fal.subscribe(flux, { input: { prompt } });
  assert.equal(data.images.length, 1);
  assert.deepEqual(await seen(prompt), { seen: 3, accepted: 1 });
});

await check("rate limit without end", async () => {
  const error = await failure(fal.queue.submit(flux, { input: { prompt: "never [429]" } }), ApiError);
  assert.equal(error.status, 429);
  assert.equal(error.body.type, "concurrent_requests_limit");
  assert.deepEqual(error.body.data, { limit: 2 });
});

await check("a lost connection is tried again", async () => {
  const { data } = await fal.run(flux, { input: { prompt: "lost [reset-before:1]" } });
  assert.equal(data.images.length, 1);
});

await check("the start deadline of the caller is not", async () => {
  const prompt = "late [504:timeout-type=user]";
  const error = await failure(fal.run(flux, { input: { prompt }, startTimeout: 5 }), ApiError);
  assert.ok(error.isUserTimeout);
  assert.equal((await seen(prompt)).seen, 1);
});

await check("a blocked prompt", async () => {
  const error = await failure(fal.subscribe(flux, { input: { prompt: "no [blocked]" } }), ValidationError);
  assert.equal(error.fieldErrors[0].type, "content_policy_violation");
  assert.deepEqual(error.fieldErrors[0].loc, ["body", "prompt"]);
});

await check("one picture of two is withheld", async () => {
  const { data } = await fal.subscribe(flux, { input: { prompt: "partly [nsfw:1]", num_images: 2 } });
  assert.deepEqual(data.has_nsfw_concepts, [false, true]);
});

await check("a job that failed is COMPLETED, its result is the error", async () => {
  let last;
  const error = await failure(
    fal.subscribe(flux, {
      input: { prompt: "breaks [fail:runner_server_error]" },
      onQueueUpdate: (update) => (last = update),
    }),
    ApiError,
  );
  assert.equal(last.status, "COMPLETED");
  assert.equal(last.error_type, "runner_server_error");
  assert.equal(error.status, 500);
});

await check("cancel: requested, too late, unknown", async () => {
  const { request_id: requestId } = await fal.queue.submit(flux, { input: { prompt: "stop" } });
  await fal.queue.cancel(flux, { requestId });
  const after = await fal.queue.status(flux, { requestId });
  assert.deepEqual([after.status, after.error_type], ["COMPLETED", "client_cancelled"]);
  const { requestId: done } = await fal.subscribe(flux, { input: { prompt: "done" } });
  const late = await failure(fal.queue.cancel(flux, { requestId: done }), ApiError);
  assert.deepEqual([late.status, late.body], [400, { status: "ALREADY_COMPLETED" }]);
  const unknown = await failure(fal.queue.cancel(flux, { requestId: "0" }), ApiError);
  assert.deepEqual([unknown.status, unknown.body], [404, { status: "NOT_FOUND" }]);
});

await check("the caller's timeout cancels", async () => {
  let requestId;
  const error = await failure(
    fal.subscribe(flux, {
      input: { prompt: "endless [never]" },
      timeout: 2000,
      onEnqueue: (id) => (requestId = id),
    }),
  );
  assert.match(error.message, /timed out/);
  const after = await fal.queue.status(flux, { requestId });
  assert.equal(after.error_type, "client_cancelled");
});

// The documented check of a delivery: every key of the set, one must do.
async function isSigned({ headers, body }) {
  const { keys } = await (await mappedFetch("https://rest.fal.ai/.well-known/jwks.json")).json();
  const text = [
    headers["x-fal-webhook-request-id"],
    headers["x-fal-webhook-user-id"],
    headers["x-fal-webhook-timestamp"],
    createHash("sha256").update(body).digest("hex"),
  ].join("\n");
  const signature = Buffer.from(headers["x-fal-webhook-signature"], "hex");
  return keys.some((jwk) =>
    verify(null, Buffer.from(text), createPublicKey({ key: jwk, format: "jwk" }), signature),
  );
}

await check("webhook: signed, once more after a 500, a job that was refused", async () => {
  const hooks = await receiver();
  await control("hooks", { to: hooks.origin });
  const webhookUrl = "https://caller.example.test/hooks/fal?a=b";
  hooks.statuses.push(500);
  const { request_id: id } = await fal.queue.submit(flux, { input: { prompt: "tell me" }, webhookUrl });
  for (let tries = 0; tries < 2; tries++) {
    const delivery = await hooks.next();
    const told = JSON.parse(delivery.body);
    assert.equal(delivery.path, "/hooks/fal?a=b");
    assert.deepEqual([told.request_id, told.status, told.error], [id, "OK", null]);
    isPicture(await download(told.payload.images[0].url), "jpeg", 1024, 768);
    assert.ok(await isSigned(delivery));
  }
  await fal.queue.submit(flux, { input: { prompt: "tell me [blocked]" }, webhookUrl });
  const refused = JSON.parse((await hooks.next()).body);
  assert.deepEqual([refused.status, refused.error], ["ERROR", "Invalid status code: 422"]);
  assert.equal(refused.payload.detail[0].type, "content_policy_violation");
  await control("hooks", { again: id, tamper: true });
  assert.ok(!(await isSigned(await hooks.next())));
  hooks.close();
});

await check("webhook: an address that nobody could reach is refused", async () => {
  const webhookUrl = "http://127.0.0.1:1/hook";
  const error = await failure(
    fal.queue.submit(flux, { input: { prompt: "a" }, webhookUrl }),
    ValidationError,
  );
  assert.deepEqual(error.fieldErrors[0].loc, ["query", "fal_webhook"]);
});

end();
