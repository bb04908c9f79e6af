// The tree of RFC 6962: roots, and proofs that a leaf is in a tree or that a tree continues another.
import { concat, same, sha256 } from "./bytes.js";
import { Refusal } from "./refusal.js";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
const AT_ONCE = 2048;

export const leafHash = (entry) => sha256(LEAF, entry);
export const nodeHash = (left, right) => sha256(NODE, left, right);
export const emptyRoot = () => sha256(new Uint8Array());

// The rows of the tree from the leaves up. The last of an odd row goes up alone.
export async function levelsOf(hashes) {
  const levels = [hashes];
  for (let row = hashes; row.length > 1; row = levels.at(-1)) {
    const pairs = row.length >> 1;
    const above = await inBatches(pairs, (at) => nodeHash(row[2 * at], row[2 * at + 1]));
    levels.push(row.length % 2 ? [...above, row.at(-1)] : above);
  }
  return levels;
}

export async function rootOf(hashes) {
  return hashes.length ? (await levelsOf(hashes)).at(-1)[0] : emptyRoot();
}

export function pathOf(levels, index) {
  const proof = [];
  for (const level of levels.slice(0, -1)) {
    const sibling = index ^ 1;
    if (sibling < level.length) proof.push(level[sibling]);
    index >>>= 1;
  }
  return proof;
}

export async function inBatches(count, make) {
  const made = [];
  for (let from = 0; from < count; from += AT_ONCE) {
    const length = Math.min(AT_ONCE, count - from);
    made.push(...(await Promise.all(Array.from({ length }, (_, at) => make(from + at)))));
  }
  return made;
}

// RFC 9162 2.1.3.2. Indexes are halved by division: they may be larger than 32 bits.
export async function verifyInclusion({ index, size, leaf, proof, root }) {
  if (index >= size) throw new Refusal("not-included");
  let [at, last, hash] = [index, size - 1, leaf];
  for (const sibling of proof) {
    if (last === 0) throw new Refusal("not-included");
    if (at % 2 || at === last) {
      hash = await nodeHash(sibling, hash);
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)];
    } else hash = await nodeHash(hash, sibling);
    [at, last] = [half(at), half(last)];
  }
  if (last !== 0 || !same(hash, root)) throw new Refusal("not-included");
}

// RFC 9162 2.1.4.2, for an old tree that is not empty.
export async function verifyConsistency({ oldSize, oldRoot, newSize, newRoot, proof }) {
  if (oldSize < 1 || oldSize > newSize) throw new Refusal("not-consistent");
  if (oldSize === newSize) {
    if (proof.length || !same(oldRoot, newRoot)) throw new Refusal("not-consistent");
    return;
  }
  const path = Number.isInteger(Math.log2(oldSize)) ? [oldRoot, ...proof] : [...proof];
  let [at, last] = [oldSize - 1, newSize - 1];
  while (at % 2) [at, last] = [half(at), half(last)];
  if (!path.length) throw new Refusal("not-consistent");
  let [older, newer] = [path[0], path[0]];
  for (const hash of path.slice(1)) {
    if (last === 0) throw new Refusal("not-consistent");
    if (at % 2 || at === last) {
      older = await nodeHash(hash, older);
      newer = await nodeHash(hash, newer);
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)];
    } else newer = await nodeHash(newer, hash);
    [at, last] = [half(at), half(last)];
  }
  if (last !== 0 || !same(older, oldRoot) || !same(newer, newRoot)) throw new Refusal("not-consistent");
}

const half = (number) => Math.floor(number / 2);
