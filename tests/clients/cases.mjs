// What the programs share: the way to the emulator, one line per case, and a
// look at the bytes that came.
import { strict as assert } from "node:assert";
import { File } from "node:buffer";
import { webcrypto } from "node:crypto";
import { createServer } from "node:http";
import { deflateSync } from "node:zlib";

export { assert };

// Two globals that clients need and node 18 has only in modules.
globalThis.File ??= File;
globalThis.crypto ??= webcrypto;

// Where the emulator plays the host of `url`, as gamut's own endpoint map says.
const endpoints = Object.entries(JSON.parse(process.env.GAMUT_ENDPOINTS));

export function mapped(url) {
  const to = String(url);
  const found = endpoints.find(([vendor]) => `${to}/`.startsWith(`${vendor}/`));
  return found ? found[1] + to.slice(found[0].length) : to;
}

const plainFetch = globalThis.fetch;

// `fetch` for clients that take one, and for those that cannot be told another
// host in any other way.
export function mappedFetch(url, options) {
  if (url instanceof Request)
    return plainFetch(new Request(mapped(url.url), url));
  return plainFetch(mapped(url), options);
}

// Clients wait seconds between polls and before they try again.  Here every
// pause of theirs is `times` as short.
export function hurry(times) {
  const plain = globalThis.setTimeout;
  globalThis.setTimeout = (f, ms, ...rest) => plain(f, ms / times, ...rest);
}

const plainTimeout = globalThis.setTimeout;
let vendor = "";
let only = process.env.CASE;

export async function begin(name) {
  vendor = name;
  await control("reset", {});
}

// One case: a line that says whether `body` came to its end.
export async function check(name, body) {
  if (only && !name.includes(only)) return;
  let timer;
  const late = new Promise((_, reject) => {
    timer = plainTimeout(() => reject(new Error("no end within 60 s")), 60000);
  });
  try {
    await Promise.race([body(), late]);
    console.log(`ok   ${vendor}: ${name}`);
  } catch (error) {
    const where = /\/(\w+\.mjs:\d+)/.exec(error.stack ?? "")?.[1] ?? "";
    console.log(
      `FAIL ${vendor}: ${name}: ${String(error.message ?? error).split("\n").join(" ")} (${where})`,
    );
  } finally {
    clearTimeout(timer);
  }
}

// The program's last line: what hangs in a case that failed shall not hold it.
export function end() {
  process.exit(0);
}

// The error that `promise` must end with.
export async function failure(promise, type) {
  try {
    await promise;
  } catch (error) {
    if (type) assert.ok(error instanceof type, `${error.name}: ${error.message}`);
    return error;
  }
  assert.fail("it should have failed");
}

export async function control(what, body) {
  const reply = await plainFetch(`${process.env.EMULATOR}/control/${what}`, {
    method: body ? "POST" : "GET",
    body: body && JSON.stringify(body),
  });
  const answer = await reply.json();
  assert.equal(reply.status, 200, JSON.stringify(answer));
  return answer;
}

// How often the emulator saw a prompt, and how often it took work for it.
export async function seen(prompt) {
  const stats = await control(`stats?prompt=${encodeURIComponent(prompt)}`);
  return stats.prompts[prompt];
}

export async function download(url, headers) {
  const reply = await mappedFetch(url, { headers });
  assert.equal(reply.status, 200, `${url}: ${reply.status}`);
  return new Uint8Array(await reply.arrayBuffer());
}

// ---- bytes -----------------------------------------------------------------

const text = (bytes, from, to) => Buffer.from(bytes).toString("latin1", from, to);
const be = (b, at, n) => Buffer.from(b).readUIntBE(at, n);
const le = (b, at, n) => Buffer.from(b).readUIntLE(at, n);

function jpegSize(b) {
  for (let at = 2; at < b.length; at += 2 + be(b, at + 2, 2))
    if (b[at + 1] >= 0xc0 && b[at + 1] <= 0xc2)
      return { width: be(b, at + 7, 2), height: be(b, at + 5, 2) };
  return {};
}

function mp4Size(b) {
  const file = Buffer.from(b);
  const track = file.indexOf("tkhd");
  const movie = file.indexOf("mvhd") + 4;
  assert.ok(track > 0 && movie > 4, "an MP4 without a track");
  const end = track - 4 + be(b, track - 4, 4);
  return {
    width: be(b, end - 8, 2),
    height: be(b, end - 4, 2),
    seconds: be(b, movie + 16, 4) / be(b, movie + 12, 4),
  };
}

// What the bytes are, and how large the picture in them is.
export function look(bytes) {
  const b = typeof bytes === "string" ? Buffer.from(bytes, "base64") : Buffer.from(bytes);
  if (text(b, 1, 4) === "PNG")
    return { type: "png", width: be(b, 16, 4), height: be(b, 20, 4) };
  if (b[0] === 0xff && b[1] === 0xd8) return { type: "jpeg", ...jpegSize(b) };
  if (text(b, 0, 4) === "GIF8")
    return { type: "gif", width: le(b, 6, 2), height: le(b, 8, 2) };
  if (text(b, 8, 16) === "WEBPVP8L") {
    const bits = le(b, 21, 4);
    return { type: "webp", width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
  }
  if (text(b, 4, 8) === "ftyp") return { type: "mp4", ...mp4Size(b) };
  const svg = /<svg .*width="(\d+)" height="(\d+)"/.exec(text(b, 0, 300));
  if (svg) return { type: "svg", width: +svg[1], height: +svg[2] };
  return { type: "unknown", start: text(b, 0, 16) };
}

export function isPicture(bytes, type, width, height) {
  assert.deepEqual(look(bytes), { type, width, height });
}

export function isVideo(bytes, width, height, seconds) {
  assert.deepEqual(look(bytes), { type: "mp4", width, height, seconds });
}

// A PNG of one colour, for clients to send.
export function png(width, height) {
  const crcOf = (data) => {
    let crc = ~0;
    for (const byte of data) {
      crc ^= byte;
      for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc >>> 0;
  };
  const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const ends = [Buffer.alloc(4), Buffer.alloc(4)];
    ends[0].writeUInt32BE(data.length);
    ends[1].writeUInt32BE(crcOf(body));
    return Buffer.concat([ends[0], body, ends[1]]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 0], 8); // 8 bits of grey
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(Buffer.alloc(height * (width + 1), 90))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

// ---- deliveries ------------------------------------------------------------

// A receiver of webhooks.  `next()` waits for one; `answer` is the status that
// the vendor gets.
export async function receiver() {
  const came = [];
  const waiting = [];
  const statuses = [];
  const server = createServer((request, reply) => {
    const pieces = [];
    request.on("data", (piece) => pieces.push(piece));
    request.on("end", () => {
      const one = {
        path: request.url,
        headers: request.headers,
        body: Buffer.concat(pieces),
      };
      reply.writeHead(statuses.shift() ?? 200).end();
      waiting.length ? waiting.shift()(one) : came.push(one);
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  server.unref(); // a failed case leaves it open
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    statuses,
    next: () =>
      came.length ? came.shift() : new Promise((done) => waiting.push(done)),
    close: () => server.close(),
  };
}
