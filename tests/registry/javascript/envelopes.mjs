// The browser's modules against the vectors that Python wrote: the same inputs give the same bytes, and what is refused
// there is refused here.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const modules = new URL("../../../static/js/registry/", import.meta.url);
const load = (name) => import(new URL(name, modules));
const { fromHex, toBase64, toHex, utf8 } = await load("bytes.js");
const { parseCanonical } = await load("json.js");
const { keyFile, ownerKey, parseVkey, readKeyFile } = await load("keys.js");
const { fileRecord, parseFileRecord, readManifest, sortRecords } = await load("manifests.js");
const { commitment, idCommit, makeOpening, parseOpening } = await load("openings.js");
const { makeLeaf, parseLeaf } = await load("leaves.js");
const { makeDetails } = await load("details.js");
const { digest } = await load("digests.js");
const { pathOf, verifyInclusion } = await load("merkle.js");

const vectors = JSON.parse(readFileSync(new URL("../vectors/envelopes.json", import.meta.url)));
const refused = (promise) => assert.rejects(promise, (error) => error.constructor.name === "Refusal");

for (const { seed, name, vkey } of vectors.keys) {
  if (name === "owner") assert.equal((await ownerKey(fromHex(seed))).vkey, vkey);
  assert.equal((await parseVkey(vkey)).name, name);
}
const owner = await ownerKey(fromHex(vectors.key_file.seed));
assert.equal(keyFile(owner, vectors.key_file.leaf_hash), vectors.key_file.text);
assert.equal((await readKeyFile(vectors.key_file.text)).key.vkey, owner.vkey);

for (const { author, id_commit } of vectors.authors) assert.equal(await idCommit(author), id_commit);

for (const { path, content, salt, text } of vectors.files) {
  assert.equal(fileRecord({ path, salt, ...(await digest(new Blob([utf8(content)]))) }), text);
}
for (const { texts, root, proofs } of vectors.manifests) {
  const manifest = await readManifest(sortRecords([...texts].reverse()));
  assert.deepEqual(manifest.texts, texts);
  assert.equal(manifest.root, root);
  for (const [index, proof] of proofs.entries()) {
    assert.deepEqual(pathOf(manifest.levels, index).map(toHex), proof);
    const leaf = manifest.levels[0][index];
    await verifyInclusion({ index, size: texts.length, leaf, proof: proof.map((hash) => fromHex(hash)), root: fromHex(root) });
  }
}

const { v, manifest_alg, ...fields } = vectors.opening.fields;
assert.equal(makeOpening(fields), vectors.opening.text);
assert.equal((await parseOpening(vectors.opening.text)).title, vectors.opening.fields.title);
assert.equal(await commitment(fromHex(vectors.opening.salt), vectors.opening.text), vectors.opening.commitment);

const keys = new Map(vectors.keys.map(({ vkey, seed }) => [vkey, seed]));
for (const { type, c, k, after, prev, n, data, hash } of vectors.leaves) {
  const leaf = await parseLeaf(utf8(data));
  assert.deepEqual([leaf.type, leaf.c, leaf.k, leaf.prev, leaf.n, leaf.hash], [type, c, k, prev, n, hash]);
  assert.deepEqual([leaf.after.size, toHex(leaf.after.root)], after);
  if (!k.startsWith("owner+")) continue;
  const key = await ownerKey(fromHex(keys.get(k)));
  const made = await makeLeaf({ key, type, c, after: `${after[0]}:${toBase64(fromHex(after[1]))}`, prev, nextKey: n });
  assert.equal(made.text, data); // Ed25519 signs the same bytes in the same way everywhere
}
for (const { type, text, salt, commitment: c } of vectors.details) {
  const { v: _one, ...details } = parseCanonical(text);
  assert.equal(makeDetails(type, details), text);
  assert.equal(await commitment(fromHex(salt), text), c);
}

for (const data of vectors.refused.leaves) await refused(parseLeaf(utf8(data.data ?? data)));
for (const text of vectors.refused.openings) await refused(parseOpening(text.text ?? text));
for (const text of vectors.refused.records) await refused((async () => parseFileRecord(text.text ?? text))());

// One flipped bit anywhere in a leaf is refused.
const bytes = utf8(vectors.leaves[0].data);
for (let bit = 0; bit < bytes.length * 8; bit += 1) {
  const flipped = bytes.slice();
  flipped[bit >> 3] ^= 1 << (bit & 7);
  await refused(parseLeaf(flipped));
}
console.log("ok");
