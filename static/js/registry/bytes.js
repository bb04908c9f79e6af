// Bytes and the ways in which the registry writes them: hexadecimal, padded base64, UTF-8.
import { Refusal } from "./refusal.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const HEX = /^(?:[0-9a-f]{2})*$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const PIECE = 8192;

export const utf8 = (text) => encoder.encode(text);

export function textOf(bytes) {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Refusal("not-text");
  }
}

export function concat(...parts) {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);

export const random = (length) => crypto.getRandomValues(new Uint8Array(length));

export const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export function fromHex(text, length = text.length / 2) {
  if (typeof text !== "string" || !HEX.test(text) || text.length !== 2 * length) throw new Refusal("not-hex");
  return Uint8Array.from({ length }, (_, at) => parseInt(text.slice(2 * at, 2 * at + 2), 16));
}

export function toBase64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return btoa(text);
}

// Only padded base64 that is written in the one way there is.
export function fromBase64(text, length = null) {
  if (typeof text !== "string" || !BASE64.test(text)) throw new Refusal("not-base64");
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  if (toBase64(bytes) !== text || (length !== null && bytes.length !== length)) throw new Refusal("not-base64");
  return bytes;
}

export const toBase64Url = (bytes) => toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

export function fromBase64Url(text) {
  const plain = text.replaceAll("-", "+").replaceAll("_", "/");
  return fromBase64(plain.padEnd(Math.ceil(plain.length / 4) * 4, "="));
}

export async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", parts.length === 1 ? parts[0] : concat(...parts)));
}

export async function inflate(bytes, most) {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const pieces = [];
  let length = 0;
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      length += piece.value.length;
      if (length > most) throw new Refusal("too-large");
      pieces.push(piece.value);
    }
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal("damaged");
  }
  return concat(...pieces);
}
