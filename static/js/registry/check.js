// Checking one's own copy: files are hashed here and compared with what may be known of the record. Nothing is sent.
import { checkBundle, compareCopies } from "./bundles.js";
import { fromHex, utf8 } from "./bytes.js";
import { takeFiles } from "./choosing.js";
import { readFragment } from "./fragments.js";
import { hashFiles, workerAt } from "./hashing.js";
import { parseLeaf } from "./leaves.js";
import { parseFileRecord, readManifest } from "./manifests.js";
import { leafHash, verifyInclusion } from "./merkle.js";
import { commitment, parseOpening } from "./openings.js";
import { Refusal } from "./refusal.js";
import { duration, number, sentencesOf, size } from "./sentences.js";

const LONGEST_KEY = 4000;
const LISTED = 200;

function checkHere(box) {
  if (!crypto.subtle) return;
  const check = { box, say: sentencesOf(box), copies: [], evidence: null, stop: null };
  box.querySelector("[data-scripted]").hidden = false;
  const take = (copies) => {
    check.copies = copies;
    compare(check);
  };
  const inputs = [...box.querySelectorAll("input[data-works]")];
  takeFiles({ inputs, zone: box.querySelector("[data-drop]"), take, begin: () => forget(check) });
  const evidence = box.querySelector("input[data-evidence]");
  evidence.addEventListener("change", () => {
    check.evidence = evidence.files[0] ? { file: evidence.files[0] } : null;
    compare(check);
  });
  readKey(check);
  addEventListener("hashchange", () => readKey(check));
}

// A link from a certificate carries the key behind its #.
async function readKey(check) {
  const fragment = location.hash.slice(1);
  if (fragment.length < 100 || fragment.length > LONGEST_KEY) return;
  try {
    check.evidence = { opened: await readFragment(fragment) };
    note(check, "key-read");
    check.box.scrollIntoView({ block: "center" });
  } catch {
    note(check, "key-broken");
  }
}

async function compare(check) {
  forget(check);
  if (!check.copies.length) return;
  const stop = (check.stop = new AbortController());
  try {
    note(check, "reading");
    const known = await knownOf(check);
    if (stop.signal.aborted) return;
    if (known === null) {
      check.box.querySelector("[data-ask-details]").open = true;
      return show(check, "open", "ask-evidence");
    }
    const hashed = await hash(check, stop.signal);
    judge(check, known, compareCopies(known.records, hashed));
  } catch (error) {
    if (stop.signal.aborted) return;
    const code = error instanceof Refusal ? error.code : "failed";
    const known = ["other-leaf", "not-proven", "not-hashed", "lost"];
    show(check, "open", known.includes(code) ? code : "bad-evidence");
  }
}

// The file records that copies are compared with, each traced to the leaf that the log holds; null if nothing is known.
async function knownOf({ box, evidence }) {
  if (evidence?.file) return fromBundle(box, new Uint8Array(await evidence.file.arrayBuffer()));
  const facts = await factsAt(box.dataset.facts);
  const leaf = await parseLeaf(utf8(facts.leaf));
  if (leaf.hash !== box.dataset.leaf) throw new Refusal("other-leaf");
  const opened = evidence?.opened ?? (facts.manifest && facts.opening ? facts : null);
  if (opened) return opens(leaf, opened);
  return facts.files.length ? fromFiles(facts) : null;
}

async function fromBundle(box, bytes) {
  const report = await checkBundle(bytes);
  if (report.leaf?.hash !== box.dataset.leaf) throw new Refusal("other-leaf");
  if (!report.isProven) throw new Refusal("not-proven");
  return report.manifest && { records: report.manifest.records, isWhole: true };
}

async function opens(leaf, { opening, salt, manifest }) {
  const said = await parseOpening(opening);
  const read = await readManifest(manifest);
  if ((await commitment(fromHex(salt, 32), opening)) !== leaf.c || said.owner_key !== leaf.k) throw new Refusal("not-proven");
  if (read.root !== said.manifest_root) throw new Refusal("not-proven");
  return { records: read.records, isWhole: true };
}

// Some files were shown: that they belong to the root is checked here, the root itself is what the registry says.
async function fromFiles({ root, count, files }) {
  for (const { index, text, proof } of files) {
    const leaf = await leafHash(utf8(text));
    await verifyInclusion({ index, size: count, leaf, proof: proof.map((one) => fromHex(one, 32)), root: fromHex(root, 32) });
  }
  return { records: files.map(({ text }) => parseFileRecord(text)), isWhole: false };
}

async function factsAt(address) {
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok) throw new Refusal("lost");
  return answer.json();
}

async function hash({ box, say, copies }, signal) {
  const bar = box.querySelector("progress");
  const line = box.querySelector("[data-note]");
  const started = performance.now();
  bar.hidden = false;
  const hashed = await hashFiles(copies, {
    startWorker: workerAt(box.dataset.worker),
    signal,
    progress: ({ done, total }) => {
      bar.value = total ? done / total : 1;
      const seconds = done ? ((performance.now() - started) / 1000) * ((total - done) / done) : 0;
      line.textContent = say(seconds > 1 ? "hashed-left" : "hashed", { done: size(done), total: size(total), left: duration(seconds) });
    },
  });
  bar.hidden = true;
  return hashed.map((one, at) => ({ ...one, path: copies[at].path }));
}

function judge(check, known, { results, missing }) {
  const equal = results.filter(({ state }) => state === "same").length;
  const isSame = equal === results.length;
  show(check, isSame ? "same" : "changed", isSame ? "same-all" : "changed-some", {
    equal: number(equal),
    count: number(results.length),
    missing: known.isWhole ? number(missing.length) : number(0),
  });
  const order = { changed: 0, unknown: 1, same: 2 };
  const rows = [...results].sort((one, other) => order[one.state] - order[other.state]).slice(0, LISTED).map(({ state, path, copy }) => {
    const row = document.createElement("li");
    row.className = `is-${state}`;
    const name = Object.assign(document.createElement("span"), { className: "path", textContent: path === copy.path ? path : `${copy.path} → ${path}` });
    const word = Object.assign(document.createElement("span"), { className: state === "same" ? "state good" : "state bad", textContent: check.say(`file-${state}`) });
    row.append(name, word);
    return row;
  });
  check.box.querySelector("[data-copies]").replaceChildren(...rows);
}

function show({ box, say }, state, name, values = {}) {
  const verdict = box.querySelector("[data-verdict]");
  verdict.className = `copy-verdict is-${state}`;
  verdict.hidden = false;
  verdict.querySelector("[data-large]").textContent = say(state);
  verdict.querySelector("[data-because]").textContent = say(name, values);
  box.querySelector("[data-copies]").replaceChildren();
  box.querySelector("[data-note]").textContent = "";
  box.querySelector("progress").hidden = true;
}

// A verdict is about the copies that were chosen: it goes when others are.
function forget({ box, stop }) {
  stop?.abort(new Refusal("cancelled"));
  box.querySelector("[data-verdict]").hidden = true;
  box.querySelector("[data-copies]").replaceChildren();
}

function note({ box, say }, name) {
  box.querySelector("[data-note]").textContent = say(name);
}

document.querySelectorAll("[data-check-copy]").forEach(checkHere);
