// Whom a verifier trusts: logs, witnesses, and how many of these must have cosigned (C2SP tlog-policy).
import { decimal } from "./fields.js";
import { parseVkey } from "./keys.js";
import { openNote, parseCheckpoint } from "./notes.js";
import { Refusal } from "./refusal.js";

const NONE = "none";

export async function parsePolicy(text) {
  const policy = { logs: [], witnesses: [], groups: [], quorum: null };
  const defined = new Set();
  for (const words of text.split("\n").map((line) => line.split(/[ \t]+/).filter(Boolean))) {
    if (!words.length || words[0].startsWith("#")) continue;
    const [kind, name, value, ...rest] = words;
    if (kind === "log" && words.length <= 3) policy.logs.push(await parseVkey(name));
    else if (kind === "witness" && value && rest.length <= 1 && isNew(name, defined)) {
      policy.witnesses.push({ name, key: await parseVkey(value) });
    } else if (kind === "group" && rest.every((member) => defined.has(member)) && isNew(name, defined)) {
      const threshold = { any: 1, all: rest.length }[value] ?? decimal(value);
      if (threshold < 1 || threshold > rest.length) throw new Refusal("not-a-policy");
      policy.groups.push({ name, threshold, members: rest });
    } else if (kind === "quorum" && words.length === 2 && policy.quorum === null && (name === NONE || defined.has(name))) {
      policy.quorum = name;
    } else throw new Refusal("not-a-policy");
  }
  if (policy.quorum === null) throw new Refusal("not-a-policy");
  return policy;
}

// The checkpoint of a note, if a known log signed it and a quorum cosigned it.
export async function openByPolicy(note, policy) {
  const keys = [...policy.logs, ...policy.witnesses.map(({ key }) => key)];
  const { text, verified, unchecked } = await openNote(note, keys);
  const checkpoint = parseCheckpoint(text);
  const signed = new Set(verified.map(({ key }) => key));
  if (!policy.logs.some((log) => log.name === checkpoint.origin && signed.has(log))) throw new Refusal("unknown-log");
  const cosigned = verified.filter(({ key, time }) => time !== null && !policy.logs.includes(key));
  return { checkpoint, cosigned, unchecked, text, isQuorum: isQuorum(policy, signed) };
}

function isQuorum(policy, signed) {
  const seen = new Map(policy.witnesses.map(({ name, key }) => [name, signed.has(key)]));
  for (const { name, threshold, members } of policy.groups) {
    seen.set(name, members.filter((member) => seen.get(member)).length >= threshold);
  }
  return policy.quorum === NONE || seen.get(policy.quorum);
}

function isNew(name, defined) {
  if (name === NONE || defined.has(name)) throw new Refusal("not-a-policy");
  defined.add(name);
  return true;
}
