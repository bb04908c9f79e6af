// The leaf: all that the log ever holds of a record or an event. A commitment, keys and a signature, no word of a person.
import { concat, fromBase64, textOf, toBase64, toHex, utf8 } from "./bytes.js";
import { base64, checkFields, decimal, hash, letters, one, oneOf, optional } from "./fields.js";
import { canonical, parseCanonical } from "./json.js";
import { isSignedBy, OWNER, parseOwnerVkey } from "./keys.js";
import { leafHash } from "./merkle.js";
import { Refusal } from "./refusal.js";

const LEAF = utf8("guildhall-ip-leaf/v1\n");
const LARGEST_LEAF = 1024;
const OF_THE_LOG = ["anchor", "renew"];
const WITH_NEXT_KEY = ["assign", "key-rotate"];
const WITHOUT_PREV = ["register", ...OF_THE_LOG];
const TYPES = [
  ...WITHOUT_PREV,
  ...WITH_NEXT_KEY,
  ...["version", "consent", "reveal", "embargo", "accept", "licence", "withdraw", "dispute", "answer"],
];
const FIELDS = { v: one, t: oneOf(...TYPES), c: hash, k: letters(1, 400), after: letters(3, 80), prev: optional(hash), s: base64(64) };

// A signed leaf. `after` is the size and root of a checkpoint that was verified just before, as `size:root`.
export async function makeLeaf({ key, type, c, after, prev = null, nextKey = null }) {
  const fields = { v: 1, t: type, c, k: key.vkey, after, prev, ...(nextKey === null ? {} : { n: nextKey }) };
  const s = toBase64(await key.sign(concat(LEAF, utf8(canonical(fields)))));
  return parseLeaf(utf8(canonical({ ...fields, s })));
}

// The leaf of exact bytes, its form, its size and its signature checked.
export async function parseLeaf(data) {
  if (data.length > LARGEST_LEAF) throw new Refusal("too-large");
  const value = parseCanonical(textOf(data));
  const checks = WITH_NEXT_KEY.includes(value?.t) ? { ...FIELDS, n: letters(1, 400) } : FIELDS;
  const { s, ...signed } = checkFields("entry.json", value, checks);
  const after = parseAfter(value.after);
  if (WITHOUT_PREV.includes(value.t) !== (value.prev === null)) throw new Refusal("field", { field: "prev" });
  const key = await parseOwnerVkey(value.k);
  if ((key.name === OWNER) === OF_THE_LOG.includes(value.t)) throw new Refusal("field", { field: "k" });
  if (value.n !== undefined && (await parseOwnerVkey(value.n)).name !== OWNER) throw new Refusal("field", { field: "n" });
  if (!(await isSignedBy(key.publicKey, concat(LEAF, utf8(canonical(signed))), fromBase64(s, 64)))) throw new Refusal("leaf-signature");
  const { t: type, c, k, prev, n = null } = value;
  return { type, c, k, after, prev, n, data, text: textOf(data), hash: toHex(await leafHash(data)) };
}

export function parseAfter(text) {
  const [size, root, ...more] = text.split(":");
  if (more.length || root === undefined) throw new Refusal("field", { field: "after" });
  return { size: decimal(size), root: fromBase64(root, 32) };
}
