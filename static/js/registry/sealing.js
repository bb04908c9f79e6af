// Sealing a work: from hashed files and what the inventor says, everything that they keep, and the leaf that is sent.
import { random, toHex } from "./bytes.js";
import { ownerKey } from "./keys.js";
import { makeLeaf } from "./leaves.js";
import { fileRecord, readManifest, sortRecords } from "./manifests.js";
import { commitment, idCommit, makeOpening, newAuthor } from "./openings.js";

// `work` is { title, abstract, kind, authors: [{ name, handle, share, isOwner }], terms, embargo, parent, prev }.
export async function seal({ files, work, after, now, key = null, salt = random(32) }) {
  const signer = key ?? (await ownerKey());
  const manifest = await readManifest(sortRecords(files.map(fileRecord)));
  const authors = work.authors.map(newAuthor);
  const opening = makeOpening({
    manifest_root: manifest.root,
    title: work.title,
    abstract: work.abstract,
    kind: work.kind,
    authors: await Promise.all(
      authors.map(async (author, at) => {
        const { isOwner = false, share = null } = work.authors[at];
        return { id_commit: await idCommit(author), key: isOwner ? signer.vkey : null, share };
      }),
    ),
    owner_key: signer.vkey,
    ip_terms: work.terms,
    embargo: work.embargo,
    parent: work.parent ?? null,
    client_time: `${now.toISOString().slice(0, 19)}Z`,
  });
  const leaf = await makeLeaf({
    key: signer,
    type: work.parent ? "version" : "register",
    c: await commitment(salt, opening),
    after,
    prev: work.prev ?? null,
  });
  return { leaf, opening, salt: toHex(salt), key: signer, authors, manifest: manifest.texts };
}
