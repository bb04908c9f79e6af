// Signing what happens to a record later, in the browser that keeps its key: the form is filled in and sent as it is.
import { random, toHex } from "./bytes.js";
import { DETAILS, makeDetails } from "./details.js";
import { download } from "./evidence.js";
import { keyFromFile } from "./key_files.js";
import { keepKey, keyOf } from "./keeping.js";
import { keyFile, ownerKey, parseOwnerVkey } from "./keys.js";
import { makeLeaf } from "./leaves.js";
import { commitment } from "./openings.js";
import { Refusal } from "./refusal.js";
import { sentencesOf } from "./sentences.js";

const WITH_KEY_OF_ONES_OWN = ["consent", "dispute"];
const EVERYTHING = { scope: "public", paths: null, to: null };
const READ = {
  author: ({ value }) => Number(value),
  exclusive: ({ checked }) => checked,
  to: ({ value }) => value.trim().replace(/^@+/, "") || null,
  until: ({ value }) => value || null,
  own_record: ({ value }) => value || null,
};

// A form whose record's key lies at the registry is left alone: the registry signs, as it does without this script.
function signHere(form) {
  const isFresh = WITH_KEY_OF_ONES_OWN.includes(form.dataset.registryAct);
  if (!crypto.subtle || (form.dataset.custody === "1" && !isFresh)) return;
  const box = form.querySelector("[data-signing]");
  const page = { form, box, say: sentencesOf(box), isSigned: false };
  form.addEventListener("submit", (event) => {
    if (page.isSigned) return;
    event.preventDefault();
    delete form.dataset.sent;
    sign(page, event.submitter);
  });
}

async function sign(page, button) {
  const { form, box, say } = page;
  const status = box.querySelector("[data-signing-status]");
  box.hidden = false;
  status.classList.remove("error");
  status.textContent = say("signing");
  try {
    const type = form.dataset.registryAct;
    const isLost = type === "key-rotate" && valueOf(form, "is_lost").checked; // then the new key names itself
    const key = isLost ? await newKey(form) : await signingKey(form, type);
    const nextKey = isLost ? key.vkey : await nextKeyOf(form, type);
    const one = await signed(form, { key, type, fields: detailsIn(form, type), prev: form.dataset.prev, nextKey });
    for (const name of ["leaf", "details", "salt"]) form.elements[name].value = one[name];
    if (type === "embargo" && valueOf(form, "mode").value === "reveal") {
      form.elements.then.value = JSON.stringify(await signed(form, { key, type: "reveal", fields: EVERYTHING, prev: one.hash }));
    }
    page.isSigned = true;
    form.requestSubmit(button);
  } catch (error) {
    const code = error instanceof Refusal && ["no-key", "wrong-key", "next-key", "field"].includes(error.code) ? error.code : "failed";
    status.classList.add("error");
    status.textContent = say(code, { field: fieldName(form, error.values?.field) });
    if (code === "next-key") form.elements.next_key?.focus();
    if (code === "no-key" || code === "wrong-key") {
      const ask = box.querySelector("[data-ask-key]");
      ask.hidden = false;
      ask.querySelector("input").focus();
    }
  }
}

// A leaf, and what opens it. An embargo that ends by itself brings the disclosure that follows it along.
async function signed(form, { key, type, fields, prev, nextKey = null }) {
  const details = makeDetails(type, { record: form.dataset.record, ...fields });
  const salt = random(32);
  const c = await commitment(salt, details);
  const leaf = await makeLeaf({ key, type, c, after: form.dataset.after, prev, nextKey });
  return { leaf: leaf.text, details, salt: toHex(salt), hash: leaf.hash };
}

// The fields of the form, as the details of this type have them.
function detailsIn(form, type) {
  const found = {};
  for (const name of Object.keys(DETAILS[type])) {
    if (name === "paths") found.paths = pathsIn(form);
    else found[name] = (READ[name] ?? (({ value }) => value.trim()))(valueOf(form, name));
  }
  if (type === "reveal" && found.scope !== "person") found.to = null;
  return found;
}

// A group of radio buttons has a value like a single field; a field that the form does not have is empty.
const valueOf = (form, name) => form.elements[name] ?? { value: "", checked: false };

function pathsIn(form) {
  const chosen = new FormData(form).getAll("paths");
  return chosen.length && valueOf(form, "scope").value !== "public" ? chosen : null;
}

// The key that must sign. Co-inventors and challengers sign with one of their own, which is made and kept here.
async function signingKey(form, type) {
  const vkey = form.dataset.ownerKey;
  if (!vkey && WITH_KEY_OF_ONES_OWN.includes(type)) return newKey(form);
  const kept = await keyOf(vkey).catch(() => null);
  if (kept) return ownerKey(kept.seed);
  const file = form.querySelector("[data-ask-key] input").files[0];
  const key = await keyFromFile(file, vkey);
  if (!key) throw new Refusal(file ? "wrong-key" : "no-key");
  await keepKey({ vkey, seed: key.seed, leafHash: form.dataset.record }).catch(() => {});
  return key;
}

// Whose key signs next: that of the next owner, or a new one of one's own, which is handed over as a file too.
async function nextKeyOf(form, type) {
  if (type !== "assign" && type !== "key-rotate") return null;
  const named = valueOf(form, "next_key").value.trim();
  if (named) {
    await parseOwnerVkey(named).catch(() => {
      throw new Refusal("next-key");
    });
    return named;
  }
  if (type === "assign") throw new Refusal("next-key");
  return (await newKey(form)).vkey;
}

async function newKey(form) {
  const key = await ownerKey();
  await keepKey({ vkey: key.vkey, seed: key.seed, leafHash: form.dataset.record }).catch(() => {});
  download(new TextEncoder().encode(keyFile(key, form.dataset.record)), `guildhall-key-${key.vkey.split("+")[1]}.json`, "application/json");
  return key;
}

const fieldName = (form, name) => form.querySelector(`label[for="${name}"]`)?.textContent.trim() ?? name ?? "";

document.querySelectorAll("form[data-registry-act]").forEach(signHere);
