// The owner's key from where its owner keeps it: the key file, or the evidence bundle that has it inside.
import { textOf } from "./bytes.js";
import { readKeyFile } from "./keys.js";
import { readZip } from "./zip.js";

const KEY_FILE = "owner-key.json";
const ZIP = [0x50, 0x4b];

// The key, if the file holds one and it is that of `vkey`; null for anything else.
export async function keyFromFile(file, vkey) {
  if (!file) return null;
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const isZip = ZIP.every((byte, at) => bytes[at] === byte);
    const text = textOf(isZip ? await readZip(bytes).get(KEY_FILE).read() : bytes);
    const { key } = await readKeyFile(text.trim());
    return key.vkey === vkey ? key : null;
  } catch {
    return null;
  }
}
