// Ed25519 keys, named as signed notes name theirs. WebCrypto signs; where it does not know Ed25519, a script of others does.
import { concat, fromBase64, fromBase64Url, fromHex, random, same, sha256, toBase64, toHex, utf8 } from "./bytes.js";
import { canonical, parseCanonical } from "./json.js";
import { checkFields, hash, letters, one, oneOf, optional } from "./fields.js";
import { Refusal } from "./refusal.js";

export const OWNER = "owner";
export const ED25519 = 1;
const PKCS8 = fromHex("302e020100300506032b657004220420");
const NAME = /^[^\s+\x00-\x1f\x7f]+$/;
const KEY_FILE = { v: one, kind: oneOf("guildhall-owner-key"), key: letters(44, 44), vkey: letters(1, 400), leaf_hash: optional(hash) };
const spare = () => import("../../vendor/noble-ed25519.js");

let isKnown = null;

// Whether this browser signs with Ed25519 by itself; asked once, by doing it.
export function knowsEd25519() {
  isKnown ??= crypto.subtle.importKey("pkcs8", concat(PKCS8, new Uint8Array(32)), "Ed25519", true, ["sign"]).then(
    () => true,
    () => false,
  );
  return isKnown;
}

// The key of a seed, or a new one. The seed is the secret.
export async function ownerKey(seed = random(32)) {
  if (await knowsEd25519()) {
    const key = await crypto.subtle.importKey("pkcs8", concat(PKCS8, seed), "Ed25519", true, ["sign"]);
    const { x } = await crypto.subtle.exportKey("jwk", key);
    const sign = async (message) => new Uint8Array(await crypto.subtle.sign("Ed25519", key, message));
    return { seed, sign, vkey: await vkeyOf(OWNER, fromBase64Url(x)) };
  }
  const script = await spare();
  return { seed, sign: (message) => script.signAsync(message, seed), vkey: await vkeyOf(OWNER, await script.getPublicKeyAsync(seed)) };
}

export async function isSignedBy(publicKey, message, signature) {
  if (await knowsEd25519()) {
    try {
      const key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", true, ["verify"]);
      return await crypto.subtle.verify("Ed25519", key, signature, message);
    } catch {
      return false;
    }
  }
  return (await spare()).verifyAsync(signature, message, publicKey);
}

async function vkeyOf(name, publicKey) {
  const key = concat(Uint8Array.of(ED25519), publicKey);
  const id = (await sha256(utf8(`${name}\n`), key)).slice(0, 4);
  return `${name}+${toHex(id)}+${toBase64(key)}`;
}

// Name, id, type and key of a vkey of any type. Base64 may have a plus, a name may not.
export async function parseVkey(vkey) {
  const [name, id, ...rest] = String(vkey).split("+");
  const data = fromBase64(rest.join("+"));
  if (!NAME.test(name) || data.length < 2) throw new Refusal("not-a-key");
  const expected = (await sha256(utf8(`${name}\n`), data)).slice(0, 4);
  const kind = data[0];
  // The id of an ECDSA key (type 2) is made in another way; such keys are never checked here.
  if (kind !== 2 && !same(fromHex(id, 4), expected)) throw new Refusal("not-a-key");
  return { vkey, name, id: fromHex(id, 4), kind, publicKey: data.slice(1) };
}

export async function parseOwnerVkey(vkey) {
  const key = await parseVkey(vkey);
  if (key.kind !== ED25519 || key.publicKey.length !== 32) throw new Refusal("not-a-key");
  return key;
}

export function keyFile(key, leafHash) {
  return canonical({ v: 1, kind: "guildhall-owner-key", key: toBase64(key.seed), vkey: key.vkey, leaf_hash: leafHash });
}

export async function readKeyFile(text) {
  const kept = checkFields("owner-key.json", parseCanonical(text), KEY_FILE);
  const key = await ownerKey(fromBase64(kept.key, 32));
  if (key.vkey !== kept.vkey) throw new Refusal("not-a-key");
  return { key, leafHash: kept.leaf_hash };
}
