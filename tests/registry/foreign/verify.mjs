// Checks an unpacked evidence bundle with nothing but Node's WebCrypto: node verify.mjs FOLDER
// Written from the formats alone (RFC 6962, RFC 9162, C2SP), and for the tests: it shares no line with the site.

import { readFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { webcrypto } from "node:crypto";

const folder = process.argv[2];
const { subtle } = webcrypto;
const utf8 = new TextEncoder();

const read = (name) => new Uint8Array(readFileSync(join(folder, name)));
const text = (name) => readFileSync(join(folder, name), "utf8");
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const unhex = (digits) => {
  if (!/^(?:[0-9a-f]{2})+$/.test(digits)) throw new Error("not lower-case hexadecimal");
  return new Uint8Array(Buffer.from(digits, "hex"));
};
const join_ = (...parts) => new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part))));
const sha256 = async (...parts) => new Uint8Array(await subtle.digest("SHA-256", join_(...parts)));
const same = (one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)) === 0;
const leafHash = (entry) => sha256([0], entry);
const nodeHash = (left, right) => sha256([1], left, right);

function check(holds, what) {
  if (!holds) throw new Error(what);
  console.log(`ok ${what}`);
}

function unbase64(encoded) {
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.toString("base64") !== encoded) throw new Error(`not canonical base64: ${encoded.slice(0, 20)}`);
  return new Uint8Array(bytes);
}

async function readVkey(vkey) {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(vkey);
  const key = unbase64(encoded);
  const digest = await sha256(utf8.encode(`${name}\n`), key);
  if (hex(digest.slice(0, 4)) !== id) throw new Error(`the key id of ${name} is not of its key`);
  return { name, id, type: key[0], key: key.slice(1) };
}

async function ed25519(key, message, signature) {
  const imported = await subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
  return subtle.verify("Ed25519", imported, signature, message);
}

function parseNote(note) {
  const cut = note.lastIndexOf("\n\n");
  const body = note.slice(0, cut + 1);
  const lines = note.slice(cut + 2).split("\n").filter(Boolean);
  const signatures = lines.map((line) => {
    const [, name, encoded] = /^— (\S+) (\S+)$/.exec(line);
    const blob = unbase64(encoded);
    return { name, id: hex(blob.slice(0, 4)), signature: blob.slice(4) };
  });
  const [origin, size, root] = body.split("\n");
  return { body, origin, size: Number(size), root: unbase64(root), signatures };
}

function parseProof(proof) {
  const cut = proof.indexOf("\n\n");
  const [header, ...lines] = proof.slice(0, cut).split("\n").filter((line) => !line.startsWith("extra "));
  if (header !== "c2sp.org/tlog-proof@v1") throw new Error("not a tlog-proof");
  const [index, ...hashes] = lines;
  return { index: Number(index.replace("index ", "")), hashes: hashes.map(unbase64), note: parseNote(proof.slice(cut + 2)) };
}

// RFC 6962, 2.1.1, read backwards: the root of `size` leaves from the path of one of them.
async function rootFrom(index, size, hash, path) {
  if (size === 1) return path.length === 0 ? hash : null;
  let split = 1;
  while (split * 2 < size) split *= 2;
  const sibling = path[path.length - 1];
  if (!sibling) return null;
  const rest = path.slice(0, -1);
  if (index < split) {
    const left = await rootFrom(index, split, hash, rest);
    return left && nodeHash(left, sibling);
  }
  const right = await rootFrom(index - split, size - split, hash, rest);
  return right && nodeHash(sibling, right);
}

// RFC 6962, 2.1
async function treeRoot(hashes) {
  if (hashes.length === 1) return hashes[0];
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return nodeHash(await treeRoot(hashes.slice(0, split)), await treeRoot(hashes.slice(split)));
}

const entry = read("entry.json");
const leaf = JSON.parse(text("entry.json"));
const { s, ...unsigned } = leaf;
const canonical = (value) => JSON.stringify(value, Object.keys(value).sort());
check(canonical(leaf) === text("entry.json"), "the leaf is canonical");
const owner = await readVkey(leaf.k);
const message = utf8.encode(`guildhall-ip-leaf/v1\n${canonical(unsigned)}`);
check(owner.type === 1 && (await ed25519(owner.key, message, unbase64(s))), "its owner signed the leaf");

const proof = parseProof(text("entry.tlog-proof"));
const { note } = proof;
check(note.body === text("checkpoint.txt"), "checkpoint.txt is the body of the proof's checkpoint");
const root = proof.index < note.size && (await rootFrom(proof.index, note.size, await leafHash(entry), proof.hashes));
check(root && same(root, note.root), "the log holds the leaf");

const policy = text("policy.txt").split("\n").map((line) => line.split(" "));
let signed = 0;
for (const [word, ...rest] of policy) {
  if (word !== "log" && word !== "witness") continue;
  const key = await readVkey(word === "log" ? rest[0] : rest[1]);
  const line = note.signatures.find((one) => one.name === key.name && one.id === key.id);
  if (!line) continue;
  if (key.type === 1) {
    check(key.name === note.origin && (await ed25519(key.key, utf8.encode(note.body), line.signature)), `${key.name} signed`);
    signed += 1;
  }
  if (key.type === 4) {
    const time = Buffer.from(line.signature.slice(0, 8)).readBigUInt64BE();
    const cosigned = utf8.encode(`cosignature/v1\ntime ${time}\n${note.body}`);
    check(await ed25519(key.key, cosigned, line.signature.slice(8)), `${key.name} cosigned at ${time}`);
  }
}
check(signed === 1, "the log signed the checkpoint");

if (existsSync(join(folder, "record/opening.json"))) {
  const opening = read("record/opening.json");
  const said = JSON.parse(text("record/opening.json"));
  const made = await sha256(utf8.encode("guildhall-ip-commit/v1\n"), unhex(text("record/salt")), await sha256(opening));
  check(hex(made) === leaf.c && said.owner_key === leaf.k, "the commitment opens");
  const records = JSON.parse(text("manifest.json"));
  const hashes = await Promise.all(records.map((record) => leafHash(utf8.encode(record))));
  check(hex(await treeRoot(hashes)) === said.manifest_root, "the files are those that were sealed");
  for (const [place, author] of JSON.parse(text("record/authors.json")).entries()) {
    if (author === null) continue;
    const named = utf8.encode(canonical({ handle: author.handle, name: author.name }));
    const committed = await sha256(utf8.encode("guildhall-ip-author/v1\n"), unhex(author.salt), named);
    check(hex(committed) === said.authors[place].id_commit, `author ${place} is the one that was sealed`);
  }
}
console.log("PROVEN");
