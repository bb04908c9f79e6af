// Checking an evidence bundle: every claim in it that a browser can check, line by line, and what all of it proves.
import { fromBase64, fromHex, same, sha256, textOf, toHex } from "./bytes.js";
import { decimal } from "./fields.js";
import { parseCanonical } from "./json.js";
import { parseLeaf } from "./leaves.js";
import { readManifest } from "./manifests.js";
import { verifyConsistency } from "./merkle.js";
import { parseCheckpoint, parseNote, parseProof, verifyProof } from "./notes.js";
import { commitment, idCommit, parseAuthor, parseOpening } from "./openings.js";
import { openByPolicy, parsePolicy } from "./policies.js";
import { Refusal } from "./refusal.js";
import { isTokenOver, readToken } from "./tokens.js";
import { readZip } from "./zip.js";

const FIRST = ["register", "version"];
const OF_FILE = /^tsa\/files\/([1-9][0-9]{0,8})\/([^/]+)\.tsr$/;
const NEEDED = ["entry.json", "entry.tlog-proof", "policy.txt"];

// `policy` is the text of a policy of one's own, instead of the one that came with the bundle.
export async function checkBundle(bytes, { policy = null } = {}) {
  const files = readZip(bytes);
  for (const name of NEEDED) if (!files.has(name)) throw new Refusal("missing-file", { name });
  const report = { lines: [], leaf: null, checkpoint: null, opening: null, manifest: null, authors: null, times: [] };
  const read = async (name) => textOf(await files.get(name).read());
  await step(report, "entry", async () => {
    const leaf = await parseLeaf(await files.get("entry.json").read());
    if (!FIRST.includes(leaf.type)) throw new Refusal("not-a-record");
    report.leaf = leaf;
    return { hash: report.leaf.hash, type: report.leaf.type };
  });
  await step(report, "inclusion", async () => {
    const proof = parseProof(await read("entry.tlog-proof"));
    report.checkpoint = await verifyProof(proof, fromHex(report.leaf.hash));
    report.note = proof.note;
    return { index: proof.index, size: report.checkpoint.size };
  });
  await step(report, "log", () => checkLog(report, policy ?? read("policy.txt"), policy === null));
  if (files.has("checkpoint.txt")) {
    await step(report, "body", async () => {
      if (parseNote(report.note).text !== (await read("checkpoint.txt"))) throw new Refusal("other-checkpoint");
    });
  }
  await checkOpening(report, files, read);
  for (const name of [...files.keys()].sort()) {
    if (OF_FILE.test(name)) await step(report, "token", () => checkFileToken(report, files, name));
    else if (/^tsa\/.*\.tsr$/.test(name)) await step(report, "token", () => checkToken(report, files, name));
    if (/^consistency\/.*\.proof$/.test(name)) await step(report, "consistency", async () => checkConsistency(report, await read(name)));
  }
  if (files.has("ots/checkpoint.ots")) report.lines.push({ state: "note", code: "ots-stated", values: {} });
  if (files.has("after/anchor.json")) await step(report, "lower", () => checkLowerBound(report, files));
  report.isProven = report.lines.every(({ state }) => state !== "bad");
  report.notAfter = report.times.length ? new Date(Math.min(...report.times)) : null;
  return report;
}

// A line of the report: what was checked, and whether it holds. A step that cannot be taken, since one before failed, fails.
async function step(report, code, check) {
  try {
    const values = (await check()) ?? {};
    report.lines.push({ state: values.state ?? "good", code: values.code ?? `${code}-good`, values });
  } catch (error) {
    const refusal = error instanceof Refusal ? error : new Refusal("damaged");
    report.lines.push({ state: "bad", code: `${code}-bad`, values: refusal.values, why: refusal.code });
  }
}

async function checkLog(report, text, isFromBundle) {
  report.policy = await parsePolicy(await text);
  const opened = await openByPolicy(report.note, report.policy);
  for (const { key, time } of opened.cosigned) {
    report.times.push(time * 1000);
    report.lines.push({ state: "good", code: "witness", values: { name: key.name, time: new Date(time * 1000) } });
  }
  for (const { key } of opened.unchecked) report.lines.push({ state: "note", code: "unchecked-key", values: { name: key.name } });
  if (!opened.isQuorum) throw new Refusal(opened.unchecked.length ? "quorum-unchecked" : "no-quorum");
  return { origin: opened.checkpoint.origin, code: isFromBundle ? "log-good" : "log-own-policy" };
}

async function checkOpening(report, files, read) {
  if (!files.has("record/opening.json") || !files.has("record/salt")) {
    report.lines.push({ state: "note", code: "no-opening", values: {} });
    return;
  }
  await step(report, "opening", async () => {
    const text = await read("record/opening.json");
    const opening = await parseOpening(text);
    const salt = fromHex((await read("record/salt")).trim(), 32);
    if ((await commitment(salt, text)) !== report.leaf.c || opening.owner_key !== report.leaf.k) throw new Refusal("other-opening");
    report.opening = opening;
    return { title: opening.title };
  });
  if (files.has("manifest.json")) {
    await step(report, "manifest", async () => {
      const manifest = await readManifest(parseCanonical(await read("manifest.json")));
      if (manifest.root !== report.opening.manifest_root) throw new Refusal("other-manifest");
      report.manifest = manifest;
      return { count: manifest.records.length };
    });
  }
  if (files.has("record/authors.json")) {
    await step(report, "authors", async () => {
      report.authors = await checkAuthors(report.opening, parseCanonical(await read("record/authors.json")));
      return { names: report.authors.map((author) => author?.name ?? "—").join(", ") };
    });
  }
}

// Names are shown one by one: null stands for one that is not.
async function checkAuthors(opening, authors) {
  if (!Array.isArray(authors) || authors.length !== opening.authors.length) throw new Refusal("other-authors");
  for (const [at, author] of authors.entries()) {
    if (author !== null && (await idCommit(parseAuthor(author))) !== opening.authors[at].id_commit) throw new Refusal("other-authors");
  }
  return authors;
}

async function checkToken(report, files, name) {
  const token = readToken(await files.get(name).read());
  if (!(await isTokenOver(token, await files.get("checkpoint.txt").read()))) throw new Refusal("other-token", { name });
  return { state: "note", code: "token-stated", name: name.slice("tsa/".length, -".tsr".length), time: token.time };
}

// A token over a file itself, the one whose place in the manifest its folder names. It dates the file, not the leaf.
async function checkFileToken(report, files, name) {
  const [, place, token] = OF_FILE.exec(name);
  if (!report.manifest) return { state: "note", code: "file-token-unknown", name };
  const record = report.manifest.records[Number(place) - 1];
  const { hash, imprint, time } = readToken(await files.get(name).read());
  if (!record || hash !== "SHA-256" || toHex(imprint) !== record.sha256) throw new Refusal("other-token", { name });
  return { state: "note", code: "file-token-stated", name: token, path: record.path, file: name, sha256: record.sha256, time };
}

// The checkpoint of this proof and an older or a later one are of the same log, which only grew.
async function checkConsistency(report, text) {
  const gap = text.indexOf("\n\n");
  const [old, ...hashes] = text.slice(0, Math.max(gap, 0)).split("\n");
  if (!old.startsWith("old ")) throw new Refusal("not-consistent");
  const oldSize = decimal(old.slice("old ".length));
  const { checkpoint: newer } = await openByPolicy(text.slice(gap + 2), report.policy);
  const { checkpoint: here, leaf } = report;
  const older = [here, leaf.after].find(({ size }) => size === oldSize);
  const isHere = newer.size === here.size && same(newer.root, here.root);
  if (!older || newer.origin !== here.origin || (older !== here && !isHere)) throw new Refusal("not-consistent");
  const proof = hashes.map((line) => fromBase64(line, 32));
  await verifyConsistency({ oldSize, oldRoot: older.root, newSize: newer.size, newRoot: newer.root, proof });
  return { older: oldSize, newer: newer.size };
}

// The log that the leaf names in `after` held a token, so the leaf is younger than the token.
async function checkLowerBound(report, files) {
  const read = (name) => files.get(`after/${name}`)?.read() ?? Promise.reject(new Refusal("missing-file", { name }));
  const anchor = await parseLeaf(await read("anchor.json"));
  const proof = parseProof(textOf(await read("anchor.tlog-proof")));
  await verifyProof(proof, fromHex(anchor.hash));
  const { checkpoint } = await openByPolicy(proof.note, report.policy);
  const { after } = report.leaf;
  if (checkpoint.size !== after.size || !same(checkpoint.root, after.root)) throw new Refusal("other-checkpoint");
  const token = await read("token.tsr");
  if (toHex(await sha256(token)) !== anchor.c) throw new Refusal("other-token", { name: "after/token.tsr" });
  return { state: "note", code: "lower-stated", time: readToken(token).time };
}

// How one's own copies compare with the manifest: `same` with the path, `changed`, or `unknown`; and what is missing.
export function compareCopies(records, hashed) {
  const byHash = new Map();
  for (const record of records) byHash.set(nameOf(record), [...(byHash.get(nameOf(record)) ?? []), record]);
  const byPath = new Map(records.map((record) => [record.path, record]));
  const seen = new Set();
  const results = hashed.map((copy) => {
    const equal = byHash.get(nameOf(copy)) ?? [];
    const found = equal.find((record) => record.path === copy.path) ?? equal[0];
    const named = found ?? byPath.get(copy.path) ?? byName(records, copy.path);
    if (named) seen.add(named.path);
    const state = found ? "same" : named || records.length === 1 ? "changed" : "unknown";
    return { state, path: named?.path ?? copy.path, copy };
  });
  return { results, missing: records.map(({ path }) => path).filter((path) => !seen.has(path)) };
}

const nameOf = ({ size, sha256, sha512 }) => `${size} ${sha256} ${sha512}`;

// A folder that was dropped has its own name before each path; a file alone has lost the folders before its name.
function byName(records, path) {
  const bare = path.split("/").at(-1);
  const named = records.filter((record) => path.endsWith(`/${record.path}`) || record.path.split("/").at(-1) === bare);
  return named.length === 1 ? named[0] : named.find((record) => path.endsWith(`/${record.path}`));
}

