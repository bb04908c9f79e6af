// SHA-256 and SHA-512 of a file of any length: in one go while it fits into memory, else piece by piece through WebAssembly.
import { toHex } from "./bytes.js";

export const ONE_GO = 256 * 1024 * 1024;
const PIECE = 4 * 1024 * 1024;

// `progress` hears of the bytes that were done; `signal` stops between pieces.
export async function digest(file, { progress = () => {}, signal = null, oneGo = ONE_GO } = {}) {
  signal?.throwIfAborted();
  return file.size <= oneGo ? inOneGo(file, progress) : inPieces(file, progress, signal);
}

async function inOneGo(file, progress) {
  const bytes = await file.arrayBuffer();
  const [short, long] = await Promise.all([crypto.subtle.digest("SHA-256", bytes), crypto.subtle.digest("SHA-512", bytes)]);
  progress(bytes.byteLength);
  return { size: bytes.byteLength, sha256: toHex(new Uint8Array(short)), sha512: toHex(new Uint8Array(long)) };
}

async function inPieces(file, progress, signal) {
  const { createSHA256, createSHA512 } = await streaming();
  const [short, long] = await Promise.all([createSHA256(), createSHA512()]);
  let size = 0;
  // The next piece is read while this one is hashed.
  let next = piece(file, 0);
  while (size < file.size) {
    const bytes = new Uint8Array(await next);
    signal?.throwIfAborted();
    size += bytes.length;
    next = piece(file, size);
    short.update(bytes);
    long.update(bytes);
    progress(bytes.length);
  }
  return { size, sha256: short.digest("hex"), sha512: long.digest("hex") };
}

const piece = (file, from) => file.slice(from, from + PIECE).arrayBuffer();

async function streaming() {
  await Promise.all([import("../../vendor/hash-wasm-sha256.js"), import("../../vendor/hash-wasm-sha512.js")]);
  return globalThis.hashwasm;
}
