// What a record says, and the commitment that hides it: the opening is kept by the inventor, its hash goes into a leaf.
import { concat, fromHex, random, sha256, toHex, utf8 } from "./bytes.js";
import { checkFields, day, hash, hex, letters, line, listOf, moment, one, oneOf, optional } from "./fields.js";
import { canonical, parseCanonical } from "./json.js";
import { OWNER, parseOwnerVkey } from "./keys.js";
import { Refusal } from "./refusal.js";

export const KINDS = ["invention", "utility_model", "design", "software", "dataset", "paper", "process", "know_how", "standard", "other"];
const COMMIT = utf8("guildhall-ip-commit/v1\n");
const AUTHOR = utf8("guildhall-ip-author/v1\n");
const MOST_AUTHORS = 200;
const PERSON = { name: line(1, 200), handle: optional(line(1, 64)), salt: hex(16) };
const ENTRY = { id_commit: hash, key: optional(letters(1, 400)), share: optional(line(1, 40)) };
const OPENING = {
  v: one,
  manifest_root: hash,
  manifest_alg: oneOf("rfc6962-sha256"),
  title: line(1, 200),
  abstract: letters(0, 4000),
  kind: oneOf(...KINDS),
  authors: listOf((value) => checkFields("authors", value, ENTRY), 1, MOST_AUTHORS),
  owner_key: letters(1, 400),
  ip_terms: letters(0, 2000),
  embargo: optional(day),
  parent: optional(hash),
  client_time: moment,
};

export async function commitment(salt, text) {
  return toHex(await sha256(COMMIT, salt, await sha256(utf8(text))));
}

export const newAuthor = ({ name, handle = null }) => checkFields("authors", { name, handle, salt: toHex(random(16)) }, PERSON);

export const parseAuthor = (value) => checkFields("authors", value, PERSON);

export async function idCommit({ name, handle, salt }) {
  return toHex(await sha256(concat(AUTHOR, fromHex(salt, 16), utf8(canonical({ handle, name })))));
}

export const makeOpening = (fields) =>
  canonical(checkFields("opening", { v: 1, manifest_alg: "rfc6962-sha256", ...fields }, OPENING));

export async function parseOpening(text) {
  const opening = checkFields("opening.json", parseCanonical(text), OPENING);
  for (const vkey of [opening.owner_key, ...opening.authors.map(({ key }) => key).filter(Boolean)]) {
    if ((await parseOwnerVkey(vkey)).name !== OWNER) throw new Refusal("not-a-key");
  }
  return opening;
}
