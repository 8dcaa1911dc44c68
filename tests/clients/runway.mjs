// @runwayml/sdk.  `baseURL` leads to the emulator, whose answers name itself.
import RunwayML, { TaskFailedError, TaskTimedOutError, toFile } from "@runwayml/sdk";
import { assert, begin, check, download, failure, hurry, isPicture, isVideo } from "./cases.mjs";
import { control, end, mapped, png, seen } from "./cases.mjs";

hurry(100); // six seconds between two polls
await begin("runway");
const baseURL = mapped("https://api.dev.runwayml.com");
const runway = new RunwayML({ apiKey: "key_any", baseURL });
const withKey = (apiKey) => new RunwayML({ apiKey, baseURL });
const data = (width, height) => `data:image/png;base64,${png(width, height).toString("base64")}`;
const image = (promptText, extra) =>
  runway.textToImage.create({ model: "gen4_image", promptText, ratio: "1280:720", ...extra });

await check("text to image, waited for", async () => {
  const task = await image("a fox", { seed: 0 }).waitForTaskOutput();
  assert.deepEqual([task.status, task.output.length, task.cost.credits], ["SUCCEEDED", 1, 5]);
  isPicture(await download(task.output[0]), "png", 1280, 720);
});

await check("text to image: several, and references with tags", async () => {
  const several = await runway.textToImage
    .create({ model: "gpt_image_2", promptText: "foxes", ratio: "1920:1088", outputCount: 3, quality: "low" })
    .waitForTaskOutput();
  assert.equal(several.output.length, 3);
  const tagged = await image("@cat in a hat", {
    ratio: "1024:1024", referenceImages: [{ uri: data(64, 48), tag: "cat" }],
  }).waitForTaskOutput();
  isPicture(await download(tagged.output[0]), "png", 1024, 1024);
});

await check("the states of a task, poll by poll", async () => {
  const { id, estimatedCost } = await image("slow");
  assert.equal(estimatedCost.credits, 5);
  const states = [];
  let task;
  do {
    task = await runway.tasks.retrieve(id);
    states.push(task.status);
    if (task.status === "RUNNING") assert.ok(task.progress > 0 && task.progress < 1);
    assert.ok(!Number.isNaN(Date.parse(task.createdAt)));
  } while (task.status !== "SUCCEEDED");
  assert.deepEqual(states, ["PENDING", "RUNNING", "SUCCEEDED"]);
});

await check("more tasks than one may have are throttled", async () => {
  const many = await Promise.all([1, 2, 3, 4].map((n) => image(`many ${n}`)));
  assert.equal((await runway.tasks.retrieve(many[3].id)).status, "THROTTLED");
  for (const { id } of many) await runway.tasks.delete(id);
});

await check("image to video from a data URI", async () => {
  const task = await runway.imageToVideo
    .create({ model: "gen4_turbo", promptImage: data(1280, 720), ratio: "1280:720", duration: 5, promptText: "turn" })
    .waitForTaskOutput();
  isVideo(await download(task.output[0]), 1280, 720, 5);
  assert.equal(task.cost.credits, 25);
});

await check("upload, then image to video with first and last frame", async () => {
  const file = await toFile(png(720, 1280), "first.png", { type: "image/png" });
  const { uri } = await runway.uploads.createEphemeral({ file });
  assert.match(uri, /^runway:\/\//);
  const task = await runway.imageToVideo
    .create({
      model: "veo3.1", ratio: "720:1280", duration: 4, audio: false,
      promptImage: [{ uri, position: "first" }, { uri: data(720, 1280), position: "last" }],
    })
    .waitForTaskOutput();
  isVideo(await download(task.output[0]), 720, 1280, 4);
  assert.equal(task.cost.credits, 80);
});

await check("text to video", async () => {
  const task = await runway.textToVideo
    .create({ model: "gen4.5", promptText: "waves", ratio: "1280:720", duration: 3 })
    .waitForTaskOutput();
  isVideo(await download(task.output[0]), 1280, 720, 3);
});

await check("video to video, character performance, upscale", async () => {
  const videoUri = "https://example.com/in.mp4";
  const edited = await runway.videoToVideo
    .create({ model: "aleph2", videoUri, promptText: "snow", keyframes: [{ at: 0.5, uri: data(64, 64) }] })
    .waitForTaskOutput();
  assert.equal(edited.output.length, 1);
  const acted = await runway.characterPerformance
    .create({
      model: "act_two", character: { type: "image", uri: data(64, 64) },
      reference: { type: "video", uri: videoUri }, ratio: "1280:720", expressionIntensity: 3,
    })
    .waitForTaskOutput();
  isVideo(await download(acted.output[0]), 1280, 720, 5);
  const larger = await runway.imageUpscale
    .create({ model: "magnific_precision_upscaler_v2", imageUri: data(300, 300), scaleFactor: 2 })
    .waitForTaskOutput();
  assert.equal(larger.status, "SUCCEEDED");
});

await check("the organization, its balance and usage", async () => {
  const before = await runway.organization.retrieve();
  await image("paid").waitForTaskOutput();
  const after = await runway.organization.retrieve();
  assert.equal(before.creditBalance - after.creditBalance, 5);
  assert.equal(after.tier.models["gen4.5"].maxConcurrentGenerations, 3);
  const usage = await runway.organization.retrieveUsage({});
  const today = usage.results.at(-1);
  assert.equal(today.date, new Date().toISOString().slice(0, 10));
  assert.ok(usage.models.includes("gen4_image"));
  assert.ok(today.usedCredits.find((one) => one.model === "gen4_image").amount >= 5);
  const wrong = runway.organization.retrieveUsage({ startDate: "20-11-2026" });
  await failure(wrong, RunwayML.BadRequestError);
});

await check("cancel", async () => {
  const { id } = await image("stop [never]");
  await runway.tasks.delete(id);
  const gone = await failure(runway.tasks.retrieve(id), RunwayML.NotFoundError);
  assert.equal(gone.error.error, "Could not find Task");
  await failure(runway.tasks.delete(id), RunwayML.NotFoundError);
});

await check("the caller gives up, the task goes on", async () => {
  const waiting = image("endless [never]").waitForTaskOutput({ timeout: 300 });
  const error = await failure(waiting, TaskTimedOutError);
  assert.notEqual((await runway.tasks.retrieve(error.taskDetails.id)).status, "CANCELLED");
});

for (const [name, prompt, code, credits] of [
  ["a blocked prompt is charged", "no [blocked]", "SAFETY.INPUT.TEXT", 5],
  ["a blocked picture is not", "no [nsfw]", "SAFETY.OUTPUT", 0],
  ["an unusable input", "no [invalid]", "ASSET.INVALID", 0],
  ["a bad output", "no [nomedia]", "INTERNAL.BAD_OUTPUT.CODE01", 0],
])
  await check(`failed: ${name}`, async () => {
    const { taskDetails } = await failure(image(prompt).waitForTaskOutput(), TaskFailedError);
    assert.deepEqual([taskDetails.status, taskDetails.failureCode, taskDetails.cost.credits],
      ["FAILED", code, credits]);
  });

await check("a wrong key, and one that may not", async () => {
  const wrong = withKey("bad").textToImage.create({ model: "gen4_image", promptText: "a", ratio: "1280:720" });
  await failure(wrong, RunwayML.AuthenticationError);
  const other = withKey("noscope").textToImage.create({ model: "gen4_image", promptText: "a", ratio: "1280:720" });
  await failure(other, RunwayML.PermissionDeniedError);
});

await check("no credits left is a 400", async () => {
  const poor = withKey("locked").textToImage.create({ model: "gen4_image", promptText: "a", ratio: "1280:720" });
  const error = await failure(poor, RunwayML.BadRequestError);
  assert.match(error.error.error, /not have enough credits/);
});

for (const [name, create, path] of [
  ["a ratio that the model has not", () => image("a", { ratio: "1:1" }), "ratio"],
  ["an unknown field", () => image("a", { negativePrompt: "b" }), "negativePrompt"],
  ["an empty prompt", () => image(""), "promptText"],
  ["a prompt that is too long", () => image("x".repeat(1001)), "promptText"],
  ["a seed out of range", () => image("a", { seed: -1 }), "seed"],
  ["a retired model", () => image("a", { model: "gen3a_turbo" }), "model"],
  ["a wrong duration", () => runway.textToVideo.create({
    model: "veo3.1", promptText: "a", ratio: "1280:720", duration: 5 }), "duration"],
  ["an address without a name", () => runway.imageToVideo.create({
    model: "gen4_turbo", promptImage: "https://10.0.0.1/a.png", ratio: "1280:720" }), "promptImage"],
  ["an upload that never was", () => runway.imageToVideo.create({
    model: "gen4_turbo", promptImage: "runway://0123", ratio: "1280:720" }), "promptImage"],
])
  await check(name, async () => {
    const error = await failure(create(), RunwayML.BadRequestError);
    assert.equal(error.error.error, "Validation of body failed");
    const [issue] = error.error.issues;
    assert.ok(issue.path[0] === path || issue.message === `Unrecognized key: ${path}`);
  });

await check("rate limit, then it works", async () => {
  const prompt = "patience [429:2:retry-after=1]";
  assert.ok((await image(prompt)).id);
  assert.deepEqual(await seen(prompt), { seen: 3, accepted: 1 });
  await failure(image("never [429]"), RunwayML.RateLimitError);
});

await check("faults of the server and of the line", async () => {
  const page = await failure(image("page [502]"), RunwayML.InternalServerError);
  assert.equal(page.status, 502);
  assert.ok((await image("broken [500:1]")).id);
  assert.ok((await image("lost [reset-before:1]")).id);
  await failure(image("lost for good [reset-before]"), RunwayML.APIConnectionError);
});

await check("the storage refuses too", async () => {
  const tiny = await toFile(Buffer.from("tiny"), "tiny.png", { type: "image/png" });
  const error = await failure(runway.uploads.createEphemeral({ file: tiny }), RunwayML.APIError);
  assert.equal(error.status, 400);
  assert.match(error.message, /EntityTooSmall/);
  const strange = await toFile(png(64, 64), "a.gif", { type: "image/gif" });
  await failure(runway.uploads.createEphemeral({ file: strange }), RunwayML.BadRequestError);
});

await check("another version of the API", async () => {
  const old = new RunwayML({ apiKey: "key_any", baseURL, runwayVersion: "yesterday" });
  await failure(old.organization.retrieve(), RunwayML.BadRequestError);
  assert.equal((await control("stats")).credentials_leaked, 0);
});

end();
