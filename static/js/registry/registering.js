// Sending a sealed work: the checkpoint that it is younger than, the leaf, and the proof that comes back and is checked here.
import { fromHex, toBase64 } from "./bytes.js";
import { emptyRoot } from "./merkle.js";
import { parseProof, verifyProof } from "./notes.js";
import { openByPolicy, parsePolicy } from "./policies.js";
import { Refusal } from "./refusal.js";

const PATIENCE = 60_000;

// The newest checkpoint, signed by the log's own key, as leaves name it; a log that has none yet is empty.
export async function newestCheckpoint(addresses) {
  const policy = await textAt(addresses.policy);
  const note = await textAt(addresses.checkpoint);
  if (note === null || policy === null) return { after: `0:${toBase64(await emptyRoot())}`, policy };
  const { checkpoint } = await openByPolicy(note, await parsePolicy(policy));
  return { after: `${checkpoint.size}:${toBase64(checkpoint.root)}`, policy };
}

// Sending the same leaf again gets the same answer, so this may be tried until it works.
export async function sendLeaf(address, { leaf, opening, token }) {
  let answer;
  try {
    answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
      body: JSON.stringify({ leaf, opening }),
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch {
    throw new Refusal("lost");
  }
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  if (answer.status >= 500 || answer.status === 429) throw new Refusal("lost", { why: said.detail });
  const [field, why] = Object.entries(said.errors ?? {})[0] ?? [];
  throw new Refusal("refused", { why: why || said.detail || said.title || String(answer.status), field });
}

// That the log holds exactly this leaf, by the registry's own policy. Witnesses may come later.
export async function checkProof(text, leaf, policy) {
  const proof = parseProof(text);
  const checkpoint = await verifyProof(proof, fromHex(leaf.hash));
  await openByPolicy(proof.note, await parsePolicy(policy));
  return { index: proof.index, size: checkpoint.size };
}

export async function textAt(address) {
  let answer;
  try {
    answer = await fetch(address, { signal: AbortSignal.timeout(PATIENCE) });
  } catch {
    throw new Refusal("lost");
  }
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Refusal("lost");
  return answer.text();
}

export async function bytesAt(address) {
  const answer = await fetch(address, { signal: AbortSignal.timeout(PATIENCE) }).catch(() => null);
  return answer?.ok && answer.headers.get("Content-Type")?.includes("zip") ? new Uint8Array(await answer.arrayBuffer()) : null;
}
