// Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature 0x04, tlog-proof).
import { concat, fromBase64, same, utf8 } from "./bytes.js";
import { decimal } from "./fields.js";
import { isSignedBy } from "./keys.js";
import { verifyInclusion } from "./merkle.js";
import { Refusal } from "./refusal.js";

export const PLAIN = 1;
export const COSIGNATURE = 4;
const LONGEST_NOTE = 1_000_000;
const MOST_SIGNATURES = 100;
const HEADER = "c2sp.org/tlog-proof@v1";
const LINE = /^— ([^\s+]+) (\S+)$/u;

// Text and signature lines, which are told apart at the last empty line.
export function parseNote(note) {
  const gap = note.lastIndexOf("\n\n");
  if (gap < 0 || note.length > LONGEST_NOTE || !note.endsWith("\n") || /[\x00-\x09\x0b-\x1f]/.test(note)) throw new Refusal("not-a-note");
  const lines = note.slice(gap + 2, -1).split("\n");
  if (lines.length > MOST_SIGNATURES) throw new Refusal("not-a-note");
  const signatures = lines.map((line) => {
    const [, name, data] = LINE.exec(line) ?? [];
    const bytes = name === undefined ? new Uint8Array() : fromBase64(data);
    if (bytes.length <= 4) throw new Refusal("not-a-note");
    return { name, id: bytes.slice(0, 4), signature: bytes.slice(4) };
  });
  return { text: note.slice(0, gap + 1), signatures };
}

export function parseCheckpoint(text) {
  const lines = text.split("\n");
  if (lines.length < 4 || lines.pop() !== "" || lines.includes("")) throw new Refusal("not-a-checkpoint");
  return { origin: lines[0], size: decimal(lines[1]), root: fromBase64(lines[2], 32) };
}

// What known keys signed, with the time that a witness states. Unknown keys are ignored; a false signature of a known one
// spoils the note. A key of a type that cannot be checked here (0x06) says so.
export async function openNote(note, keys) {
  const { text, signatures } = parseNote(note);
  const verified = [];
  const unchecked = [];
  for (const { name, id, signature } of signatures) {
    const key = keys.find((one) => one.name === name && same(one.id, id));
    if (!key || verified.some((one) => one.key === key)) continue;
    if (key.kind === PLAIN) verified.push({ key, time: null, isGood: await isSignedBy(key.publicKey, utf8(text), signature) });
    else if (key.kind === COSIGNATURE) verified.push({ key, ...(await readCosignature(text, key, signature)) });
    else unchecked.push({ key });
  }
  if (verified.some(({ isGood }) => !isGood)) throw new Refusal("note-signature");
  return { text, verified, unchecked };
}

async function readCosignature(text, key, signature) {
  if (signature.length !== 72) throw new Refusal("note-signature");
  const time = Number(new DataView(signature.buffer, signature.byteOffset).getBigUint64(0));
  const message = concat(utf8(`cosignature/v1\ntime ${time}\n`), utf8(text));
  return { time, isGood: await isSignedBy(key.publicKey, message, signature.slice(8)) };
}

export function parseProof(text) {
  const gap = text.indexOf("\n\n");
  const [header, ...lines] = text.slice(0, Math.max(gap, 0)).split("\n");
  if (gap < 0 || header !== HEADER || !lines.length) throw new Refusal("not-a-proof");
  if (lines[0].startsWith("extra ")) fromBase64(lines.shift().slice("extra ".length));
  if (!lines[0]?.startsWith("index ") || lines.length > 64) throw new Refusal("not-a-proof");
  const index = decimal(lines[0].slice("index ".length));
  return { index, hashes: lines.slice(1).map((line) => fromBase64(line, 32)), note: text.slice(gap + 2) };
}

// That the log whose checkpoint this is has the leaf at the index; who signed the checkpoint is for a policy to say.
export async function verifyProof(proof, leaf) {
  const checkpoint = parseCheckpoint(parseNote(proof.note).text);
  await verifyInclusion({ index: proof.index, size: checkpoint.size, leaf, proof: proof.hashes, root: checkpoint.root });
  return checkpoint;
}
