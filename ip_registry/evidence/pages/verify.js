// verify.html: the evidence and one's own copies are read on this machine, and every line of the report is checked here.
import { checkBundle, compareCopies } from "./bundles.js";
import { textOf } from "./bytes.js";
import { takeFiles } from "./choosing.js";
import { hashFiles } from "./hashing.js";
import { Refusal } from "./refusal.js";
import { fill, size } from "./sentences.js";

const WORDS = JSON.parse(document.getElementById("words").textContent);
const WORKER = document.getElementById("hashing-worker").textContent;
const LISTED = 500;
const page = { lang: navigator.language.startsWith("zh") ? "zh" : "en", bundle: null, policy: null, copies: [], report: null, run: 0 };
const at = (name) => document.querySelector(`[data-at="${name}"]`);
const say = (name, values = {}) => fill(WORDS[name]?.[page.lang] ?? name, values);

function speak() {
  document.documentElement.lang = page.lang === "zh" ? "zh-Hans" : "en";
  document.title = say("title");
  for (const one of document.querySelectorAll("[data-word]")) one.textContent = say(one.dataset.word);
  if (page.report) show(page.report);
}

// `page.run` grows with every new choice: what was begun before it is not shown any more.
async function check() {
  const run = (page.run += 1);
  if (!page.bundle) return;
  at("note").textContent = say("working");
  const report = await judge(run);
  if (run !== page.run) return;
  at("note").textContent = "";
  at("progress").hidden = true;
  page.report = report;
  show(report);
}

// A verdict is about what was chosen: it goes when something else is.
function forget() {
  page.run += 1;
  page.report = null;
  for (const name of ["verdict", "copies"]) at(name).hidden = true;
  at("lines").replaceChildren();
}

async function judge(run) {
  try {
    const bytes = new Uint8Array(await page.bundle.arrayBuffer());
    const policy = page.policy ? textOf(new Uint8Array(await page.policy.arrayBuffer())) : null;
    const report = await checkBundle(bytes, { policy });
    if (!page.copies.length || !report.manifest) return { ...report, copies: null };
    const hashed = await hash(run);
    return { ...report, copies: compareCopies(report.manifest.records, hashed) };
  } catch (error) {
    return { refusal: error instanceof Refusal ? error : new Refusal("damaged") };
  }
}

async function hash(run) {
  const address = URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" }));
  at("progress").hidden = false;
  const hashed = await hashFiles(page.copies, {
    startWorker: () => new Worker(address), // a classic one: a page from disk may load no module from a blob
    progress: ({ done, total }) => {
      if (run !== page.run) return;
      at("progress").value = total ? done / total : 1;
      at("note").textContent = say("hashed", { done: size(done), total: size(total) });
    },
  });
  return hashed.map((one, place) => ({ ...one, path: page.copies[place].path }));
}

function show(report) {
  const verdict = at("verdict");
  const state = stateOf(report);
  verdict.hidden = false;
  verdict.className = `verdict is-${state}`;
  at("large").textContent = say(state);
  at("because").textContent = because(report, state);
  at("lines").replaceChildren(...(report.lines ?? []).map(line));
  showCopies(report);
  at("not-claimed").hidden = !report.isProven;
}

function stateOf({ refusal, isProven, notAfter }) {
  if (refusal) return "unusable";
  if (!isProven) return "not-proven";
  return notAfter ? "proven" : "in-log";
}

function because({ refusal, notAfter }, state) {
  if (refusal) return say(`why-${refusal.code}`, refusal.values);
  if (state === "not-proven") return say("not-proven-because");
  return state === "proven" ? say("proven-until", { time: utc(notAfter) }) : say("proven-without-time");
}

function line({ state, code, values, why }) {
  const row = document.createElement("li");
  row.className = `is-${state}`;
  const shown = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value instanceof Date ? utc(value) : value]));
  row.textContent = say(code, shown) + (why ? ` · ${say(`why-${why}`, shown)}` : "");
  return row;
}

function showCopies({ copies, manifest, refusal }) {
  const box = at("copies");
  box.hidden = Boolean(refusal) || !page.copies.length;
  if (box.hidden) return;
  if (!copies) {
    box.className = "verdict is-unusable";
    at("copies-large").textContent = say("unusable");
    at("copies-because").textContent = manifest ? "" : say("no-manifest");
    at("copies-lines").replaceChildren();
    return;
  }
  const equal = copies.results.filter(({ state }) => state === "same").length;
  const isSame = equal === copies.results.length;
  box.className = `verdict ${isSame ? "is-proven" : "is-not-proven"}`;
  at("copies-large").textContent = say(isSame ? "same" : "changed");
  at("copies-because").textContent = say("copies", { equal, count: copies.results.length, missing: copies.missing.length });
  const rows = [...copies.results].sort((one, other) => (one.state === "same") - (other.state === "same")).slice(0, LISTED);
  at("copies-lines").replaceChildren(
    ...rows.map(({ state, path, copy }) => line({ state: state === "same" ? "good" : "bad", code: `${path === copy.path ? path : `${copy.path} → ${path}`}: ${say(`file-${state}`)}`, values: {} })),
  );
}

const utc = (moment) => `${moment.toISOString().slice(0, 19).replace("T", " ")} UTC`;

function takeBundle(file) {
  page.bundle = file;
  check();
}

function takeCopies(copies) {
  page.copies = copies;
  check();
}

at("language").addEventListener("click", () => {
  page.lang = page.lang === "zh" ? "en" : "zh";
  speak();
});
at("policy").addEventListener("change", ({ target }) => {
  page.policy = target.files[0] ?? null;
  check();
});
takeFiles({ inputs: [at("bundle")], zone: at("drop-bundle"), take: ([one]) => takeBundle(one?.file ?? null), begin: forget });
takeFiles({ inputs: [at("files"), at("folder")], zone: at("drop-copies"), take: takeCopies, begin: forget });
at("choices").hidden = !globalThis.crypto?.subtle;
at("too-old").hidden = Boolean(globalThis.crypto?.subtle);
speak();
