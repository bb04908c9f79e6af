// What is being written is kept twice: at once on this device, and after a pause on the server.
import { token } from "./forms.js";
import { ago } from "./times.js";

const PREFIX = "draft ";
const WEEK = 7 * 86400e3;

function look(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

function put(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // A full or forbidden store only costs the second copy.
  }
}

// The answer to a sent form names its place in a cookie: only then is the copy on this device given up.
function forgetWhatArrived() {
  const place = document.cookie.match(/(?:^|; )sent=([^;]*)/)?.[1];
  if (place) {
    localStorage.removeItem(PREFIX + decodeURIComponent(place));
    document.cookie = "sent=; Max-Age=0; Path=/; SameSite=Lax";
  }
  for (const key of Object.keys(localStorage).filter((name) => name.startsWith(PREFIX))) {
    const copy = look(key);
    if (!copy || Date.now() - copy.at > WEEK) localStorage.removeItem(key);
  }
}

function restore(key, composer, box, title) {
  const copy = look(key);
  if (!copy?.body) return false;
  const savedAt = Date.parse(composer.dataset.draftAt ?? "") || 0;
  const isNewer = copy.at > savedAt && copy.body !== box.value;
  if (!isNewer || (box.value && !composer.dataset.draftAt)) return false;
  box.value = copy.body;
  if (title && copy.title && !title.value) title.value = copy.title;
  return true;
}

// What stands in the other fields; what is ticked several times under one name is a list.
function fieldsOf(form) {
  const sent = new FormData(form);
  const names = [...new Set(sent.keys())].filter((name) => !["csrf_token", "body", "title", "once", "version"].includes(name));
  const typed = names.map((name) => [name, sent.getAll(name).filter((value) => typeof value === "string")]);
  return Object.fromEntries(typed.filter(([, values]) => values.length).map(([name, values]) => [name, values.length > 1 ? values : values[0]]));
}

export function keepDraft(composer, box, form) {
  const url = composer.dataset.draftUrl;
  if (!url) return;
  const words = composer.dataset;
  const state = composer.querySelector("[data-state]");
  const title = form.querySelector('input[name="title"]');
  const key = PREFIX + words.draftPlace;
  let savedAt = 0;
  let timer = 0;
  let version = Number(words.draftVersion) || undefined;

  forgetWhatArrived();
  if (restore(key, composer, box, title)) {
    state.textContent = words.restored;
    timer = setTimeout(save, 1500);
  }

  const showSaved = () => {
    if (savedAt && !timer) state.textContent = words.saved.replace("{time}", ago(Math.min(savedAt, Date.now() - 1000)));
  };
  setInterval(showSaved, 5000);

  async function save() {
    timer = 0;
    state.textContent = words.saving;
    const fields = fieldsOf(form);
    const answer = await fetch(url, {
      method: "PUT",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token() },
      body: JSON.stringify({ title: title?.value ?? "", body: box.value, fields, version }),
    }).catch(() => null);
    if (answer?.status === 409) {
      version = (await answer.json().catch(() => ({}))).draft?.version ?? version;
      state.textContent = words.stale;
      return;
    }
    if (!answer?.ok) {
      state.textContent = words.offline;
      return;
    }
    version = (await answer.json().catch(() => ({}))).version ?? version;
    savedAt = Date.now();
    showSaved();
  }

  form.addEventListener("input", () => {
    put(key, { body: box.value, title: title?.value ?? "", at: Date.now() });
    clearTimeout(timer);
    timer = setTimeout(save, 1500);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    put(key, { body: box.value, title: title?.value ?? "", at: Date.now() });
  });
  addEventListener("online", () => state.textContent === words.offline && save());
}
