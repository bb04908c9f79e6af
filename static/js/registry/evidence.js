// The evidence bundle from the inventor's side: the registry's papers, with what only the inventor holds added here.
import { textOf, utf8 } from "./bytes.js";
import { canonical } from "./json.js";
import { keyFile } from "./keys.js";
import { parseNote, parseProof } from "./notes.js";
import { readZip, stored, writeZip } from "./zip.js";

// `papers` is the zip of the registry; without it, the bundle is made of what is here: it proves as much.
export function completeBundle(sealed, { papers, proof, policy }) {
  const files = papers ? readZip(papers) : bare(sealed, proof, policy);
  const own = {
    "record/opening.json": sealed.opening,
    "record/salt": sealed.salt,
    "record/authors.json": canonical(sealed.authors),
    "manifest.json": canonical(sealed.manifest),
  };
  for (const [name, text] of Object.entries(own)) if (!files.has(name)) files.set(name, stored(name, utf8(text)));
  const secret = utf8(keyFile(sealed.key, sealed.leaf.hash));
  files.set("owner-key.json", stored("owner-key.json", secret, { isSecret: true }));
  return writeZip(files);
}

function bare(sealed, proof, policy) {
  const texts = {
    "entry.json": textOf(sealed.leaf.data),
    "entry.tlog-proof": proof,
    "checkpoint.txt": parseNote(parseProof(proof).note).text,
    "policy.txt": policy,
  };
  return new Map(Object.entries(texts).map(([name, text]) => [name, stored(name, utf8(text))]));
}

export function download(bytes, name, type = "application/zip") {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
