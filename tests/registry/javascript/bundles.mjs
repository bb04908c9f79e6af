// The browser's check of a bundle that Python made: all of it holds, and a flipped bit anywhere is caught, or claims
// nothing more.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const modules = new URL("../../../static/js/registry/", import.meta.url);
const { checkBundle, compareCopies } = await import(new URL("bundles.js", modules));
const { digest } = await import(new URL("digests.js", modules));
const { completeBundle } = await import(new URL("evidence.js", modules));
const { readFragment } = await import(new URL("fragments.js", modules));
const { Refusal } = await import(new URL("refusal.js", modules));
const { readZip, stored, writeZip } = await import(new URL("zip.js", modules));
const { utf8 } = await import(new URL("bytes.js", modules));

const [path, what] = process.argv.slice(2);
const { bundle, files, fragment, step } = JSON.parse(readFileSync(path));
const zip = new Uint8Array(Buffer.from(bundle, "base64"));
// What a time stamp states is noted and not claimed: its signature is not checked here, and the page says so.
const claims = ({ lines, notAfter }) => [...lines.filter(({ state }) => state === "good"), { notAfter }].map((line) => JSON.stringify(line));
const whole = await checkBundle(zip);

if (what === "report") {
  const hashed = await Promise.all(Object.entries(files).map(async ([name, text]) => ({ path: name, ...(await digest(new Blob([utf8(text)]))) })));
  const changed = hashed.map((one) => ({ ...one, sha256: "00".repeat(32) }));
  console.log(
    JSON.stringify({
      isProven: whole.isProven,
      notAfter: whole.notAfter?.getTime() / 1000,
      lines: whole.lines.map(({ state, code, values }) => ({ state, code, values })),
      copies: compareCopies(whole.manifest.records, hashed),
      changed: compareCopies(whole.manifest.records, changed).results.map(({ state }) => state),
    }),
  );
}

if (what === "flips") {
  let caught = 0;
  let harmless = 0;
  for (const file of readZip(zip).values()) {
    const content = await file.read();
    const stride = content.length > 100 ? step : 1;
    for (let bit = 0; bit < content.length * 8; bit += stride) {
      const flipped = content.slice();
      flipped[bit >> 3] ^= 1 << (bit & 7);
      const others = readZip(zip);
      others.set(file.name, stored(file.name, flipped));
      try {
        const report = await checkBundle(writeZip(others));
        const more = claims(report).filter((claim) => !claims(whole).includes(claim));
        assert.ok(!report.isProven || !more.length, `${file.name} bit ${bit}: ${more}`);
        report.isProven ? (harmless += 1) : (caught += 1);
      } catch (error) {
        assert.ok(error instanceof Refusal, `${file.name} bit ${bit}: ${error.stack}`);
        caught += 1;
      }
    }
  }
  console.log(JSON.stringify({ caught, harmless }));
}

if (what === "zip") {
  // Read and written again, the zip keeps its files; a damaged one is refused.
  const again = readZip(writeZip(readZip(zip)));
  for (const [name, file] of readZip(zip)) assert.deepEqual(await again.get(name).read(), await file.read());
  for (const cut of [0, 10, zip.length - 1, zip.length >> 1]) assert.throws(() => readZip(zip.subarray(0, cut)), Refusal);
  const damaged = zip.slice();
  damaged[damaged.indexOf(0x7b, 40)] ^= 1; // inside the content of a file
  await assert.rejects(async () => Promise.all([...readZip(damaged).values()].map((file) => file.read())), Refusal);
  assert.equal(typeof completeBundle, "function");
  console.log("ok");
}

if (what === "fragment") console.log(JSON.stringify(await readFragment(fragment)));
