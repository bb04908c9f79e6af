// What an RFC 3161 token says: when, and over which bytes. Its signature and chain are for `openssl ts -verify` to check.
import { same, toHex } from "./bytes.js";
import { Refusal } from "./refusal.js";

const SEQUENCE = 0x30;
const OID = 0x06;
const GENERALIZED_TIME = 0x18;
const SIGNED_DATA = "2a864886f70d010702";
const TST_INFO = "2a864886f70d0109100104";
const HASHES = { "608648016503040201": "SHA-256", "608648016503040202": "SHA-384", "608648016503040203": "SHA-512" };
const TIME = /^([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})(\.[0-9]+)?Z$/;

// Either a whole answer of an authority, or the token alone.
export function readToken(bytes) {
  let content = childrenOf(only(bytes));
  if (content[0]?.tag === SEQUENCE) content = childrenOf(at(content, 1));
  if (oidOf(at(content, 0)) !== SIGNED_DATA) throw new Refusal("not-a-token");
  const signed = childrenOf(childrenOf(at(content, 1))[0]);
  const encapsulated = childrenOf(at(signed, 2));
  if (oidOf(at(encapsulated, 0)) !== TST_INFO) throw new Refusal("not-a-token");
  const info = childrenOf(only(childrenOf(at(encapsulated, 1))[0]?.value ?? new Uint8Array()));
  const [algorithm, imprint] = childrenOf(at(info, 2));
  return { time: timeOf(info.find(({ tag }) => tag === GENERALIZED_TIME)), hash: HASHES[oidOf(childrenOf(algorithm)[0])], imprint: imprint?.value };
}

export async function isTokenOver(token, data) {
  if (!token.hash || !token.imprint) return false;
  return same(new Uint8Array(await crypto.subtle.digest(token.hash, data)), token.imprint);
}

function timeOf(element) {
  const found = element && TIME.exec(new TextDecoder().decode(element.value));
  if (!found) throw new Refusal("not-a-token");
  const [, year, month, day, hour, minute, second] = found;
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

const oidOf = (element) => (element?.tag === OID ? toHex(element.value) : "");

function at(elements, index) {
  if (!elements[index]) throw new Refusal("not-a-token");
  return elements[index];
}

function only(bytes) {
  const { element } = read(bytes, 0);
  return element;
}

function childrenOf(element) {
  const found = [];
  for (let from = 0; element && from < element.value.length; ) {
    const next = read(element.value, from);
    found.push(next.element);
    from = next.end;
  }
  return found;
}

// One element of DER: a tag of one byte, a definite length.
function read(bytes, from) {
  const [tag, first] = [bytes[from], bytes[from + 1]];
  if (first === undefined || first === 0x80 || first > 0x84) throw new Refusal("not-a-token");
  const more = first < 0x80 ? 0 : first - 0x80;
  let length = more ? 0 : first;
  for (let place = 0; place < more; place += 1) length = length * 256 + bytes[from + 2 + place];
  const start = from + 2 + more;
  if (!(start + length <= bytes.length)) throw new Refusal("not-a-token");
  return { element: { tag, value: bytes.subarray(start, start + length) }, end: start + length };
}
