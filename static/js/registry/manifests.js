// What a work consists of: a record of each file, salted, under one root, so that any one can be shown alone.
import { random, toHex, utf8 } from "./bytes.js";
import { checkFields, hash, hex, whole } from "./fields.js";
import { canonical, parseCanonical } from "./json.js";
import { inBatches, leafHash, levelsOf } from "./merkle.js";
import { Refusal } from "./refusal.js";

export const MOST_FILES = 100_000;
const LONGEST_PATH = 1024;
const CONTROL = /[\x00-\x1f\x7f]/;
const RECORD = { path: isPath, size: whole, sha256: hash, sha512: hex(64), salt: hex(16) };

// A path that means the same place under every system, inside the work.
export function isPath(path) {
  if (typeof path !== "string" || !path || !path.isWellFormed() || utf8(path).length > LONGEST_PATH) return false;
  if (CONTROL.test(path) || path.normalize("NFC") !== path || path.includes("\\")) return false;
  return !/^[A-Za-z]:/.test(path) && path.split("/").every((part) => !["", ".", ".."].includes(part));
}

export function fileRecord({ path, size, sha256, sha512, salt = toHex(random(16)) }) {
  return canonical(checkFields(path, { path, size, sha256, sha512, salt }, RECORD));
}

export const parseFileRecord = (text) => checkFields("manifest.json", parseCanonical(text), RECORD);

// The manifest of records that were just made: sorted by the bytes of their paths.
export function sortRecords(texts) {
  const keyed = texts.map((text) => ({ text, place: utf8(JSON.parse(text).path) }));
  return keyed.sort((one, other) => compare(one.place, other.place)).map(({ text }) => text);
}

// The manifest of exact texts. Their order is part of the root, so another order is refused.
export async function readManifest(texts) {
  if (!Array.isArray(texts) || !texts.length || texts.length > MOST_FILES) throw new Refusal("manifest-length");
  const records = texts.map(parseFileRecord);
  const places = records.map((record) => utf8(record.path));
  for (let at = 1; at < places.length; at += 1) {
    if (compare(places[at - 1], places[at]) >= 0) throw new Refusal("manifest-order", { path: records[at].path });
  }
  const levels = await levelsOf(await inBatches(texts.length, (at) => leafHash(utf8(texts[at]))));
  return { records, texts, levels, root: toHex(levels.at(-1)[0]) };
}

function compare(one, other) {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at += 1) if (one[at] !== other[at]) return one[at] - other[at];
  return one.length - other.length;
}
