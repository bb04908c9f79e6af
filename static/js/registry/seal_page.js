// The sealing page: files are chosen, hashed beside the page, sealed, sent; the proof is checked, the evidence handed over.
import { token } from "../forms.js";
import { toBase64, fromBase64, utf8 } from "./bytes.js";
import { takeFiles } from "./choosing.js";
import { completeBundle, download } from "./evidence.js";
import { hashFiles, totalOf, workerAt } from "./hashing.js";
import { dropUnsent, keepKey, keepUnsent, keyOf, unsentOf } from "./keeping.js";
import { ownerKey } from "./keys.js";
import { parseLeaf } from "./leaves.js";
import { isPath } from "./manifests.js";
import { bytesAt, checkProof, newestCheckpoint, sendLeaf, textAt } from "./registering.js";
import { Refusal } from "./refusal.js";
import { seal } from "./sealing.js";
import { duration, number, sentencesOf, size } from "./sentences.js";
import { keyFromFile } from "./key_files.js";

const AUTHOR = /^(.*?)(?:\s*[@＠]([a-z0-9-]+))?(?:\s+(\d{1,3}(?:[.,]\d+)?\s*[%％]))?$/i;
const LISTED = 8;

function sealHere(form) {
  if (!crypto.subtle || !globalThis.Worker) return; // the plain form works, and says what it does
  const say = sentencesOf(form);
  const panel = document.querySelector("[data-seal-progress]");
  const page = { form, say, panel, files: [], stop: null };
  form.querySelectorAll("[data-plain]").forEach((part) => part.remove());
  form.querySelectorAll("[data-scripted]").forEach((part) => (part.hidden = false));
  const take = (files) => {
    page.files = files;
    showFiles(page);
    dropRefusal(page);
  };
  page.filesTaken = takeFiles({ inputs: [...form.querySelectorAll("input[data-works]")], zone: form.querySelector("[data-drop]"), take });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!page.stop) sealAndSend(page);
  });
  form.addEventListener("input", () => dropRefusal(page));
  panel.querySelector("[data-cancel]").addEventListener("click", () => page.stop?.abort(new Refusal("cancelled")));
  offerUnsent(page);
}

function showFiles({ form, say, files }) {
  const list = form.querySelector("[data-files]");
  form.querySelector("[data-files-count]").textContent = files.length ? say("chosen", { count: number(files.length), size: size(totalOf(files)) }) : "";
  const rows = files.slice(0, LISTED).map(({ path, size: length }) => {
    const row = document.createElement("li");
    const name = Object.assign(document.createElement("span"), { className: "path", textContent: path });
    row.append(name, Object.assign(document.createElement("span"), { className: "when", textContent: size(length) }));
    return row;
  });
  if (files.length > LISTED) rows.push(Object.assign(document.createElement("li"), { textContent: say("more", { count: number(files.length - LISTED) }) }));
  list.replaceChildren(...rows);
  const title = form.elements.title;
  if (!title.value && files.length === 1) title.value = files[0].path.split("/").at(-1).replace(/\.[^.]+$/, "").slice(0, 200);
}

async function sealAndSend(page) {
  const { form, panel, say } = page;
  page.stop = new AbortController();
  const button = form.querySelector("button[type=submit]");
  button.setAttribute("aria-disabled", "true");
  let sealed = null;
  try {
    await page.filesTaken(); // thousands of files take a moment to be listed
    const work = readWork(page);
    const files = await hash(page);
    step(page, "signing");
    const { after, policy } = await newestCheckpoint(addressesOf(form));
    sealed = await seal({ files, work, after, now: new Date(), key: await signingKey(page) });
    page.unsent = sealed.leaf.hash;
    const deposit = form.elements.deposit.checked ? depositOf(sealed) : null;
    await keepUnsent(unsentEntry(form, sealed, deposit, work.title)).catch(() => {}); // a private window keeps nothing
    await send(page, sealed, deposit, policy);
  } catch (error) {
    fail(page, error, sealed !== null);
  } finally {
    page.stop = null;
    button.removeAttribute("aria-disabled");
    panel.querySelector("[data-cancel]").hidden = true;
  }
}

function readWork({ form, files }) {
  const value = (name) => form.elements[name].value.trim().replaceAll("\r\n", "\n");
  if (!files.length) throw new Refusal("no-files", { field: "files" });
  if (!value("title")) throw new Refusal("no-title", { field: "title" });
  for (const { path } of files) if (!isPath(path)) throw new Refusal("bad-path", { path });
  if (new Set(files.map(({ path }) => path)).size < files.length) throw new Refusal("same-path");
  const authors = value("authors").split("\n").map((line) => line.trim()).filter(Boolean).map((line) => {
    const [, name, handle = null, share = null] = AUTHOR.exec(line);
    return { name: name.trim() || handle || line, handle: handle?.toLowerCase() ?? null, share, isOwner: handle?.toLowerCase() === form.dataset.handle };
  });
  if (!authors.length) throw new Refusal("no-authors", { field: "authors" });
  const parent = form.dataset.parent || null;
  return {
    title: value("title"),
    abstract: value("abstract"),
    kind: value("kind"),
    authors,
    terms: value("terms"),
    embargo: value("embargo") || null,
    parent,
    prev: parent && form.dataset.prev,
  };
}

async function hash(page) {
  const { form, files, panel, say } = page;
  panel.hidden = false;
  panel.querySelector("[data-cancel]").hidden = false;
  step(page, "hashing");
  const bar = panel.querySelector("progress");
  const line = panel.querySelector("[data-hashed]");
  const started = performance.now();
  bar.hidden = false;
  const hashed = await hashFiles(files, {
    startWorker: workerAt(form.dataset.worker),
    signal: page.stop.signal,
    progress: ({ done, total }) => {
      bar.value = total ? done / total : 1;
      const seconds = done ? ((performance.now() - started) / 1000) * ((total - done) / done) : 0;
      line.textContent = say(done < total && done ? "hashed-left" : "hashed", { done: size(done), total: size(total), left: duration(seconds) });
    },
  });
  bar.value = 1;
  return files.map(({ path }, at) => ({ path, ...hashed[at] }));
}

// A new key for a new record; a version is signed with the key of the record that it follows.
async function signingKey({ form, say }) {
  const { ownerKey: vkey } = form.dataset;
  if (!vkey) return ownerKey();
  const kept = await keyOf(vkey);
  if (kept) return ownerKey(kept.seed);
  const key = await keyFromFile(form.elements.key_file?.files[0], vkey);
  if (!key) throw new Refusal("no-key", { field: "key_file" });
  return key;
}

async function send(page, sealed, deposit, policy) {
  const { form } = page;
  step(page, "sending");
  const answer = await sendLeaf(form.action, { leaf: sealed.leaf.text, opening: deposit, token: token() });
  step(page, "checking");
  const trust = (await textAt(form.dataset.policy)) ?? policy;
  const place = await checkProof(answer.proof, sealed.leaf, trust);
  const kept = { vkey: sealed.key.vkey, seed: sealed.key.seed, user: form.dataset.user, leafHash: sealed.leaf.hash, number: answer.number };
  await keepKey(kept).catch(() => {}); // the bundle has it too
  const bundle = completeBundle(sealed, { papers: await bytesAt(answer.evidence_url), proof: answer.proof, policy: trust });
  await dropUnsent(sealed.leaf.hash).catch(() => {});
  showSealed(page, sealed, answer, place, bundle);
}

function showSealed({ form, panel, say }, sealed, answer, place, bundle) {
  const done = document.querySelector("[data-sealed]");
  const name = `guildhall-${answer.number}.zip`;
  const put = (selector, text) => (done.querySelector(selector).textContent = text);
  put("[data-number]", answer.number);
  put("[data-hash]", sealed.leaf.hash);
  put("[data-place]", say("place", { index: number(place.index), size: number(place.size) }));
  done.querySelector("[data-record]").href = answer.url;
  done.querySelector("[data-download]").addEventListener("click", () => download(bundle, name));
  for (const part of [form, panel, document.querySelector("[data-seal-intro]")]) if (part) part.hidden = true;
  done.hidden = false;
  done.focus({ preventScroll: true });
  done.scrollIntoView(); // from its beginning, also where it is taller than the window
  download(bundle, name);
}

function fail(page, error, isSigned) {
  const { form, panel, say } = page;
  const refusal = error instanceof Refusal ? error : new Refusal("failed", { why: String(error?.message ?? error) });
  panel.hidden = false;
  panel.querySelector("progress").hidden = true;
  panel.querySelector("[data-hashed]").textContent = "";
  const known = ["cancelled", "no-files", "no-title", "no-authors", "bad-path", "same-path", "no-key", "not-hashed", "lost", "refused", "field"];
  const name = known.includes(refusal.code) ? refusal.code : "failed";
  panel.querySelector("[data-step]").textContent = say(name, { why: refusal.code, ...refusal.values, field: labelOf(form, refusal.values.field) });
  panel.classList.toggle("is-wrong", name !== "cancelled");
  (form.querySelector(`[name="${refusal.values.field}"]`) ?? panel).focus();
  if (isSigned && name === "refused") dropUnsent(page.unsent);
  offerUnsent(page);
}

// What was wrong is being put right: the sentence leaves, so that it covers nothing.
function dropRefusal({ panel, stop }) {
  if (!stop && panel.classList.contains("is-wrong")) panel.hidden = true;
}

const labelOf = (form, name) => form.querySelector(`label[for="${name}"]`)?.textContent.trim() ?? name;

function step({ panel, say }, name) {
  panel.hidden = false;
  panel.classList.remove("is-wrong");
  panel.querySelector("[data-step]").textContent = say(name);
}

// What was signed and has no answer yet: it is sent again as it is, and answered as it would have been.
async function offerUnsent(page) {
  const box = document.querySelector("[data-unsent]");
  const entries = await unsentOf(page.form.dataset.user).catch(() => []);
  const blank = box.querySelector("template").content.firstElementChild;
  box.querySelector("ul").replaceChildren(
    ...entries.map((entry) => {
      const row = blank.cloneNode(true);
      row.querySelector("[data-title]").textContent = entry.title;
      row.querySelector("[data-again]").addEventListener("click", () => sendAgain(page, entry));
      row.querySelector("[data-drop-unsent]").addEventListener("click", () => dropUnsent(entry.leafHash).then(() => offerUnsent(page)));
      return row;
    }),
  );
  box.hidden = !entries.length;
}

async function sendAgain(page, entry) {
  if (page.stop) return;
  page.stop = new AbortController();
  page.unsent = entry.leafHash;
  try {
    const sealed = { ...entry.sealed, leaf: await parseLeaf(utf8(entry.leaf)), key: await ownerKey(fromBase64(entry.seed)) };
    await send(page, sealed, entry.deposit, null);
  } catch (error) {
    fail(page, error, true);
  } finally {
    page.stop = null;
  }
}

function unsentEntry(form, sealed, deposit, title) {
  const { opening, salt, authors, manifest } = sealed;
  const kept = { opening, salt, authors, manifest };
  return { leafHash: sealed.leaf.hash, user: form.dataset.user, title, leaf: sealed.leaf.text, seed: toBase64(sealed.key.seed), sealed: kept, deposit };
}

const depositOf = ({ opening, salt, authors, manifest }) => ({ opening, salt, authors, manifest });

const addressesOf = (form) => ({ checkpoint: form.dataset.checkpoint, policy: form.dataset.policy });

const form = document.querySelector("[data-seal]");
if (form) sealHere(form);
