// @google/genai: the Gemini API and Vertex.  `httpOptions.baseUrl` leads to the
// emulator.  The token endpoints of google-auth-library cannot be named by an
// option: its transport takes the mapped `fetch`; the metadata server has a
// variable, GCE_METADATA_HOST.
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApiError, GoogleGenAI, MaskReferenceImage, RawReferenceImage } from "@google/genai";
import { assert, begin, check, control, failure, hurry, isPicture, isVideo } from "./cases.mjs";
import { end, look, mapped, mappedFetch, png, seen } from "./cases.mjs";

hurry(20);
console.warn = () => {}; // that Imagen is deprecated, and the like
await begin("google");
for (const name of Object.keys(process.env))
  if (/^(GOOGLE|GEMINI|GCE|CLOUDSDK)_/.test(name)) delete process.env[name];

const studioUrl = mapped("https://generativelanguage.googleapis.com");
const vertexUrl = mapped("https://aiplatform.googleapis.com");
const regionUrl = mapped("https://us-central1-aiplatform.googleapis.com");
const studio = (apiKey = "key", httpOptions = {}) =>
  new GoogleGenAI({ apiKey, apiVersion: "v1beta", httpOptions: { baseUrl: studioUrl, ...httpOptions } });
const gemini = studio();
const vertex = new GoogleGenAI({ vertexai: true, apiKey: "key", httpOptions: { baseUrl: vertexUrl } });
const model = "gemini-3-pro-image";
const inline = (width, height) => ({
  inlineData: { mimeType: "image/png", data: png(width, height).toString("base64") },
});
const image = (width, height) => ({
  imageBytes: png(width, height).toString("base64"),
  mimeType: "image/png",
});
const parts = (answer) => answer.candidates?.[0]?.content?.parts ?? [];
const pictures = (answer) => parts(answer).filter((part) => part.inlineData && !part.thought);
const picture = (prompt, config, client = gemini) =>
  client.models.generateContent({ model, contents: prompt, config });
// ApiError's message is the body as the vendor sent it.
const told = (error) => JSON.parse(error.message).error;

// ---- the Gemini API --------------------------------------------------------

await check("gemini: generate", async () => {
  const answer = await picture("a fox", {
    responseModalities: ["IMAGE"], imageConfig: { aspectRatio: "16:9", imageSize: "2K" }, seed: 7,
    safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_ONLY_HIGH" }],
  });
  const [one, ...others] = pictures(answer);
  assert.equal(others.length, 0);
  isPicture(one.inlineData.data, one.inlineData.mimeType.slice(6), 1376 * 2, 768 * 2);
  assert.equal(answer.candidates[0].finishReason, "STOP");
  const { usageMetadata: usage } = answer;
  assert.equal(usage.totalTokenCount, usage.promptTokenCount + usage.candidatesTokenCount);
  assert.equal(usage.candidatesTokensDetails[0].modality, "IMAGE");
  assert.equal(answer.modelVersion, model);
});

await check("gemini: thoughts and a draft are not the picture", async () => {
  const answer = await picture("a fox", { thinkingConfig: { includeThoughts: true } });
  assert.equal(parts(answer).filter((part) => part.thought).length, 2);
  const [one, ...others] = pictures(answer);
  assert.equal(others.length, 0);
  assert.ok(one.thoughtSignature);
  assert.ok(answer.usageMetadata.thoughtsTokenCount > 0);
});

await check("gemini: edit two pictures", async () => {
  const answer = await gemini.models.generateContent({
    model,
    contents: [{ role: "user", parts: [inline(64, 48), inline(32, 32), { text: "put the hat on" }] }],
    config: { responseModalities: ["TEXT", "IMAGE"] },
  });
  isPicture(pictures(answer)[0].inlineData.data, "png", 1024, 1024);
  assert.ok(answer.usageMetadata.promptTokensDetails.some((one) => one.modality === "IMAGE"));
});

await check("gemini: a conversation", async () => {
  const chat = gemini.chats.create({ model });
  await chat.sendMessage({ message: "a fox" });
  const second = await chat.sendMessage({ message: "now at night" });
  assert.equal(pictures(second).length, 1);
  assert.equal(chat.getHistory().length, 4);
});

await check("gemini: stream", async () => {
  const stream = await gemini.models.generateContentStream({ model, contents: "a fox" });
  const found = [];
  let last;
  for await (const piece of stream) {
    found.push(...pictures(piece));
    last = piece;
  }
  assert.equal(found.length, 1);
  assert.equal(last.candidates[0].finishReason, "STOP");
  assert.ok(last.usageMetadata.totalTokenCount > 0);
});

await check("gemini: a stream that breaks", async () => {
  const stream = await gemini.models.generateContentStream({ model, contents: "a fox [fail]" });
  const error = await failure((async () => { for await (const _ of stream); })(), ApiError);
  assert.equal(error.status, 503);
});

await check("gemini: upload, then edit by the file", async () => {
  const bytes = png(300, 200);
  const file = await gemini.files.upload({
    file: new Blob([bytes], { type: "image/png" }),
    config: { displayName: "in.png" },
  });
  assert.match(file.name, /^files\/[a-z0-9]+$/);
  assert.deepEqual([file.mimeType, file.sizeBytes, file.state, file.displayName],
    ["image/png", String(bytes.length), "ACTIVE", "in.png"]);
  const part = { fileData: { mimeType: file.mimeType, fileUri: file.uri } };
  const answer = await gemini.models.generateContent({
    model, contents: [{ role: "user", parts: [part, { text: "night" }] }],
  });
  assert.equal(pictures(answer).length, 1);
  assert.equal((await gemini.files.get({ name: file.name })).uri, file.uri);
  const listed = [];
  for await (const one of await gemini.files.list()) listed.push(one.name);
  assert.deepEqual(listed, [file.name]);
  await gemini.files.delete({ name: file.name });
  const gone = await failure(gemini.files.get({ name: file.name }), ApiError);
  assert.equal(gone.status, 403);
});

await check("gemini: upload in chunks", async () => {
  const bytes = Buffer.alloc(9 * 1024 * 1024 + 3, "gamut");
  const file = await gemini.files.upload({ file: new Blob([bytes], { type: "video/mp4" }) });
  assert.equal(file.sizeBytes, String(bytes.length));
});

await check("gemini: models in pages", async () => {
  const names = [];
  for await (const one of await gemini.models.list({ config: { pageSize: 2 } })) names.push(one.name);
  assert.ok(names.includes(`models/${model}`) && !names.some((name) => /imagen|veo/.test(name)));
  assert.equal(new Set(names).size, names.length);
  const one = await gemini.models.get({ model });
  assert.deepEqual(one.supportedActions, ["generateContent"]);
});

await check("gemini: what is blocked, in each of its forms", async () => {
  const prompt = await picture("no [blocked]");
  assert.equal(prompt.promptFeedback.blockReason, "PROHIBITED_CONTENT");
  assert.equal(prompt.candidates, undefined);
  const output = await picture("no [nsfw]");
  assert.equal(output.candidates[0].finishReason, "IMAGE_SAFETY");
  const words = await picture("no [nomedia]");
  assert.equal(words.text, "I can't create that image.");
  assert.equal(pictures(words).length, 0);
  assert.equal((await picture("no [empty]")).candidates, undefined);
});

await check("gemini: a wrong key is a 400", async () => {
  const error = await failure(picture("a", {}, studio("bad")), ApiError);
  assert.equal(error.status, 400);
  assert.equal(told(error).details[0].reason, "API_KEY_INVALID");
});

for (const [name, config, words] of [
  ["a wrong ratio", { imageConfig: { aspectRatio: "7:1" } }, /aspect_?ratio/i],
  ["a size in small letters", { imageConfig: { imageSize: "2k" } }, /image_?size/i],
  ["several candidates", { candidateCount: 2 }, /candidates/],
  ["an unknown field", { httpOptions: { extraBody: { negativePrompt: "x" } } }, /Unknown name "negativePrompt"/],
])
  await check(`gemini: ${name}`, async () => {
    const error = await failure(picture("a", config), ApiError);
    assert.deepEqual([error.status, told(error).status], [400, "INVALID_ARGUMENT"]);
    assert.match(told(error).message, words);
  });

await check("gemini: an unknown model", async () => {
  const error = await failure(
    gemini.models.generateContent({ model: "gemini-no-such", contents: "a" }), ApiError);
  assert.deepEqual([error.status, told(error).status], [404, "NOT_FOUND"]);
});

await check("gemini: rate limit with its hint, and retries where they are wanted", async () => {
  const error = await failure(picture("patience [429]"), ApiError);
  const { status, details } = told(error);
  assert.equal(status, "RESOURCE_EXHAUSTED");
  assert.match(details.find((one) => /RetryInfo/.test(one["@type"])).retryDelay, /^[\d.]+s$/);
  const prompt = "patience [429:2]";
  assert.equal(pictures(await picture(prompt, {}, studio("key", { retryOptions: { attempts: 4 } }))).length, 1);
  assert.deepEqual(await seen(prompt), { seen: 3, accepted: 1 });
});

await check("gemini: overloaded", async () => {
  const error = await failure(picture("busy [503]"), ApiError);
  assert.deepEqual([error.status, told(error).status], [503, "UNAVAILABLE"]);
});

await check("gemini: Imagen and Veo are refused by the client itself", async () => {
  const before = (await control("stats")).submits.seen;
  await failure(gemini.models.generateImages({ model: "imagen-4.0-generate-001", prompt: "a" }));
  await failure(gemini.models.generateVideos({ model: "veo-3.1-generate-preview", source: { prompt: "a" } }));
  assert.equal((await control("stats")).submits.seen, before);
});

// ---- Vertex, by key --------------------------------------------------------

const imagen = (prompt, config, name = "imagen-4.0-generate-001") =>
  vertex.models.generateImages({ model: name, prompt, config });

await check("vertex: Gemini in JPEG", async () => {
  const answer = await picture("a fox", {
    imageConfig: { aspectRatio: "1:1", outputMimeType: "image/jpeg", outputCompressionQuality: 80, personGeneration: "ALLOW_ADULT" },
  }, vertex);
  isPicture(pictures(answer)[0].inlineData.data, "jpeg", 1024, 1024);
});

await check("vertex: Imagen", async () => {
  const { generatedImages, positivePromptSafetyAttributes } = await imagen("a fox", {
    numberOfImages: 2, aspectRatio: "16:9", imageSize: "2K", seed: 7, addWatermark: false,
    includeRaiReason: true, includeSafetyAttributes: true, outputMimeType: "image/jpeg",
  });
  assert.equal(generatedImages.length, 2);
  assert.deepEqual(positivePromptSafetyAttributes.categories, ["Violence"]);
  for (const one of generatedImages) isPicture(one.image.imageBytes, "jpeg", 2752, 1536);
});

await check("vertex: Imagen into a bucket", async () => {
  const { generatedImages } = await imagen("a fox", { numberOfImages: 1, outputGcsUri: "gs://bucket/folder" });
  assert.match(generatedImages[0].image.gcsUri, /^gs:\/\/bucket\/folder\/.+sample_0\.png$/);
});

await check("vertex: Imagen, withheld, filtered, refused", async () => {
  const { generatedImages: partly } = await imagen("partly [nsfw:0]", { numberOfImages: 2, includeRaiReason: true });
  assert.equal(partly.length, 2);
  assert.match(partly[0].raiFilteredReason, /Support codes: \d{8}/);
  const { generatedImages: silent } = await imagen("partly [nsfw:0] silent", { numberOfImages: 2 });
  assert.equal(silent.length, 1);
  const { generatedImages: none } = await imagen("none [empty]", { numberOfImages: 1 });
  assert.equal(none?.length ?? 0, 0);
  const error = await failure(imagen("no [blocked]", { numberOfImages: 1 }), ApiError);
  assert.equal(error.status, 400);
  assert.match(error.message, /Responsible AI.*Support codes/);
});

await check("vertex: Imagen edits with a mask", async () => {
  const raw = new RawReferenceImage();
  raw.referenceId = 1;
  raw.referenceImage = image(64, 64);
  const mask = new MaskReferenceImage();
  mask.referenceId = 2;
  mask.referenceImage = image(64, 64);
  mask.config = { maskMode: "MASK_MODE_USER_PROVIDED", maskDilation: 0.01 };
  const { generatedImages } = await vertex.models.editImage({
    model: "imagen-3.0-capability-001", prompt: "a vase", referenceImages: [raw, mask],
    config: { editMode: "EDIT_MODE_INPAINT_INSERTION", numberOfImages: 1, baseSteps: 35 },
  });
  assert.equal(look(generatedImages[0].image.imageBytes).type, "png");
});

await check("vertex: Imagen upscales", async () => {
  const { generatedImages } = await vertex.models.upscaleImage({
    model: "imagen-4.0-upscale-preview", image: image(100, 60), upscaleFactor: "x4",
    config: { includeRaiReason: true },
  });
  isPicture(generatedImages[0].image.imageBytes, "png", 400, 240);
});

for (const [name, config] of [
  ["too many", { numberOfImages: 5 }],
  ["a seed with the watermark", { numberOfImages: 1, seed: 7 }],
  ["a ratio that it has not", { numberOfImages: 1, aspectRatio: "21:9" }],
])
  await check(`vertex: Imagen, ${name}`, async () => {
    assert.equal((await failure(imagen("a", config), ApiError)).status, 400);
  });

const finished = async (operation, client = vertex) => {
  while (!operation.done) operation = await client.operations.getVideosOperation({ operation });
  return operation;
};
const veo = (prompt, config, more) =>
  vertex.models.generateVideos({
    model: "veo-3.1-generate-001", source: { prompt, ...more }, config: { durationSeconds: 4, ...config },
  });

await check("vertex: Veo, start, poll, the bytes", async () => {
  const started = await veo("waves", {
    numberOfVideos: 2, aspectRatio: "9:16", resolution: "1080p", generateAudio: true,
    personGeneration: "allow_adult", negativePrompt: "people", seed: 3, lastFrame: image(90, 160),
  }, { image: image(90, 160) });
  assert.match(started.name, /^projects\/\d+\/locations\/us-central1\/publishers\/google\/models\/.+\/operations\//);
  assert.ok(!started.done);
  const { response } = await finished(started);
  assert.equal(response.generatedVideos.length, 2);
  isVideo(Buffer.from(response.generatedVideos[0].video.videoBytes, "base64"), 1080, 1920, 4);
});

await check("vertex: Veo into a bucket, read with a token", async () => {
  const { response } = await finished(await veo("waves", { outputGcsUri: "gs://bucket/videos/" }));
  const { uri } = response.generatedVideos[0].video;
  const [, bucket, object] = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri);
  const url = mapped(
    `https://storage.googleapis.com/storage/v1/b/${bucket}/o/${encodeURIComponent(object)}?alt=media`);
  assert.equal((await fetch(url)).status, 401);
  const reply = await fetch(url, { headers: { authorization: "Bearer ya29.emulated-service" } });
  isVideo(await reply.arrayBuffer(), 1280, 720, 4);
});

await check("vertex: Veo filtered, failed, lost", async () => {
  const { response } = await finished(await veo("no [blocked]"));
  assert.equal(response.raiMediaFilteredCount, 1);
  assert.match(response.raiMediaFilteredReasons[0], /Support codes: 58061214/);
  assert.equal(response.generatedVideos, undefined);
  assert.deepEqual((await finished(await veo("breaks [fail]"))).error,
    { code: 13, message: "Internal error encountered." });
  const error = await failure(finished(await veo("gone [lost]")), ApiError);
  assert.equal(error.status, 404);
});

await check("vertex: Veo refuses what it has not", async () => {
  assert.equal((await failure(veo("a", { durationSeconds: 5 }), ApiError)).status, 400);
  assert.equal((await failure(veo("a", { aspectRatio: "1:1" }), ApiError)).status, 400);
  const both = veo("a", {
    referenceImages: [{ image: image(64, 64), referenceType: "ASSET" }], durationSeconds: 8,
  }, { image: image(64, 64) });
  assert.equal((await failure(both, ApiError)).status, 400);
});

await check("vertex: models", async () => {
  const names = [];
  for await (const one of await vertex.models.list()) names.push(one.name);
  assert.ok(names.includes("publishers/google/models/veo-3.1-generate-001"));
});

await check("vertex: a key that is not accepted", async () => {
  const client = new GoogleGenAI({ vertexai: true, apiKey: "bad", httpOptions: { baseUrl: vertexUrl } });
  const error = await failure(picture("a", {}, client), ApiError);
  assert.deepEqual([error.status, told(error).details[0].reason], [401, "CREDENTIALS_MISSING"]);
});

// ---- Vertex, by application default credentials ----------------------------

const folder = mkdtempSync(join(tmpdir(), "gamut-clients-"));
let tokenCalls = [];
const countingFetch = (url, options) => {
  tokenCalls.push(String(url));
  return mappedFetch(url, options);
};
function adc(credentials, location = "us-central1", baseUrl = regionUrl) {
  const keyFile = join(folder, "credentials.json");
  writeFileSync(keyFile, JSON.stringify(credentials));
  tokenCalls = [];
  return new GoogleGenAI({
    vertexai: true, project: "project", location, httpOptions: { baseUrl },
    googleAuthOptions: {
      keyFile,
      clientOptions: { transporterOptions: { fetchImplementation: countingFetch } },
    },
  });
}
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const service = {
  type: "service_account", project_id: "project", private_key_id: "1",
  client_email: "robot@project.iam.gserviceaccount.com",
  private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
};
const user = { type: "authorized_user", client_id: "i", client_secret: "s", refresh_token: "r" };

await check("adc: service account, one token for all", async () => {
  const client = adc(service);
  assert.equal(pictures(await picture("a fox", {}, client)).length, 1);
  const operation = await client.models.generateVideos({
    model: "veo-3.1-generate-001", source: { prompt: "waves" }, config: { durationSeconds: 4 },
  });
  assert.match(operation.name, /^projects\/project\/locations\/us-central1\//);
  const { response } = await finished(operation, client);
  assert.equal(response.generatedVideos.length, 1);
  assert.deepEqual(tokenCalls, ["https://oauth2.googleapis.com/token"]);
});

await check("adc: the user's own, and when it was revoked", async () => {
  assert.equal(pictures(await picture("a fox", {}, adc(user))).length, 1);
  const error = await failure(picture("a fox", {}, adc({ ...user, refresh_token: "bad" })));
  assert.match(error.message, /invalid_grant/);
});

await check("adc: the token of another account", async () => {
  const url = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/";
  const client = adc({
    type: "impersonated_service_account",
    service_account_impersonation_url: `${url}other@project.iam.gserviceaccount.com:generateAccessToken`,
    source_credentials: user,
    delegates: [],
  });
  // the source gets a transport without our options, which takes the window's
  // `fetch` where there is a window
  globalThis.window = { fetch: mappedFetch };
  try {
    assert.equal(pictures(await picture("a fox", {}, client)).length, 1);
  } finally {
    delete globalThis.window;
  }
});

await check("adc: workload identity from a file", async () => {
  const file = join(folder, "subject.txt");
  writeFileSync(file, "a-token-of-somebody-else");
  const client = adc({
    type: "external_account", audience: "//iam.googleapis.com/projects/1/x",
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    token_url: "https://sts.googleapis.com/v1/token", credential_source: { file },
  });
  assert.equal(pictures(await picture("a fox", {}, client)).length, 1);
});

await check("adc: the metadata server", async () => {
  process.env.GCE_METADATA_HOST = new URL(process.env.EMULATOR).host;
  process.env.METADATA_SERVER_DETECTION = "assume-present";
  process.env.CLOUDSDK_CONFIG = folder; // where there is no file of that name
  const client = new GoogleGenAI({
    vertexai: true, project: "project", location: "global", httpOptions: { baseUrl: vertexUrl },
  });
  assert.equal(pictures(await picture("a fox", {}, client)).length, 1);
});

await check("adc: a location at the wrong host", async () => {
  const error = await failure(picture("a fox", {}, adc(service, "europe-west4")), ApiError);
  assert.equal(error.status, 400);
  assert.match(told(error).message, /europe-west4/);
});

rmSync(folder, { recursive: true });

end();
