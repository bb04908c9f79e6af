// Bundles are zip files: read without trusting their sizes or names, written so that the same files give the same bytes.
import { concat, inflate, textOf, utf8 } from "./bytes.js";
import { Refusal } from "./refusal.js";

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const STORED = 0;
const DEFLATED = 8;
const UTF8_NAMES = 0x800;
const DAY = 0x0021; // 1980-01-01: the date says nothing
const MOST_ENTRIES = 1000;
const LARGEST_ENTRY = 128 * 1024 * 1024;
const END_LENGTH = 22;
const MADE_ON = 0x0314; // Unix, so that the modes of the files count
const REGULAR_FILE = 0o100644;
const SECRET_FILE = 0o100600;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*){0,3}\/?$/;

// The files of a bundle by name, opened one by one with `await file.read()`.
export function readZip(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = endOf(view);
  const count = view.getUint16(end + 10, true);
  const files = new Map();
  let at = view.getUint32(end + 16, true);
  if (count > MOST_ENTRIES) throw new Refusal("too-large");
  for (let entry = 0; entry < count; entry += 1) {
    if (at + 46 > end || view.getUint32(at, true) !== CENTRAL) throw new Refusal("not-a-zip");
    const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
    const [crc, packed, size] = [16, 20, 24].map((place) => view.getUint32(at + place, true));
    const [nameLength, extra, comment] = [28, 30, 32].map((place) => view.getUint16(at + place, true));
    const name = textOf(bytes.subarray(at + 46, at + 46 + nameLength));
    if (files.has(name) || !NAME.test(name) || flags & 1 || ![STORED, DEFLATED].includes(method)) throw new Refusal("not-a-zip");
    if (size > LARGEST_ENTRY || packed > LARGEST_ENTRY) throw new Refusal("too-large");
    const data = dataOf(bytes, view, view.getUint32(at + 42, true), packed);
    const mode = view.getUint16(at + 40, true);
    files.set(name, { name, method, crc, size, data, mode, read: () => contentOf({ method, crc, size, data }) });
    at += 46 + nameLength + extra + comment;
  }
  return files;
}

// A zip of files that were read from another (as they are) and of new ones (stored), in the order of their names.
export function writeZip(files) {
  const parts = [];
  const directory = [];
  let at = 0;
  for (const file of [...files.values()].sort((one, other) => (one.name < other.name ? -1 : 1))) {
    const name = utf8(file.name);
    const common = [u16(20), u16(UTF8_NAMES), u16(file.method), u16(0), u16(DAY), u32(file.crc), u32(file.data.length), u32(file.size), u16(name.length), u16(0)];
    parts.push(u32(LOCAL), ...common, name, file.data);
    directory.push(u32(CENTRAL), u16(MADE_ON), ...common, u16(0), u16(0), u16(0), u16(0), u16(file.mode), u32(at), name);
    at += 30 + name.length + file.data.length;
  }
  const listed = concat(...directory);
  return concat(...parts, listed, u32(END), u32(0), u16(files.size), u16(files.size), u32(listed.length), u32(at), u16(0));
}

export function stored(name, data, { isSecret = false } = {}) {
  return { name, method: STORED, crc: crc32(data), size: data.length, data, mode: isSecret ? SECRET_FILE : REGULAR_FILE, read: async () => data };
}

// Nothing stands behind the end of a bundle, and no comment in it.
function endOf(view) {
  const at = view.byteLength - END_LENGTH;
  if (at < 0 || view.getUint32(at, true) !== END || view.getUint16(at + 20, true) !== 0) throw new Refusal("not-a-zip");
  return at;
}

function dataOf(bytes, view, at, length) {
  if (at + 30 > bytes.length || view.getUint32(at, true) !== LOCAL) throw new Refusal("not-a-zip");
  const from = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  if (from + length > bytes.length) throw new Refusal("not-a-zip");
  return bytes.subarray(from, from + length);
}

async function contentOf({ method, crc, size, data }) {
  const content = method === STORED ? data : await inflate(data, size);
  if (content.length !== size || crc32(content) !== crc) throw new Refusal("damaged");
  return content;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = TABLE[(value ^ byte) & 0xff] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

const u16 = (number) => Uint8Array.of(number & 0xff, number >>> 8);
const u32 = (number) => Uint8Array.of(number & 0xff, (number >>> 8) & 0xff, (number >>> 16) & 0xff, number >>> 24);
