// The key behind the # of a certificate's QR code: what opens a record of one file. It is read here and never sent.
import { fromBase64Url, inflate, textOf } from "./bytes.js";
import { checkFields, hash, letters, listOf } from "./fields.js";
import { parseCanonical } from "./json.js";

const LARGEST_CONTENT = 262_144;
const FIELDS = { m: listOf(letters(1, 8192), 1, 1), o: letters(1, LARGEST_CONTENT), s: hash };

export async function readFragment(fragment) {
  const content = textOf(await inflate(fromBase64Url(fragment), LARGEST_CONTENT));
  const { m, o, s } = checkFields("#", parseCanonical(content), FIELDS);
  return { opening: o, salt: s, manifest: m };
}
