// What the service worker needs of a page, and what a page says when there is no network.
import { ago } from "./times.js";

const worker = "serviceWorker" in navigator ? navigator.serviceWorker : null;
const isKept = "keptAt" in document.documentElement.dataset || document.querySelector("[data-kept-list]");
const reader = document.querySelector('meta[name="reader"]')?.content;

async function introduce() {
  const registration = await worker.register("/sw.js").catch(() => null);
  if (!registration) return;
  const { active, pushManager } = await worker.ready;
  if (!isKept) active?.postMessage({ reader });
  if (reader === "0" && globalThis.Notification?.permission === "granted") (await pushManager?.getSubscription())?.unsubscribe();
}

function sayHowOld() {
  const keptAt = Date.parse(document.documentElement.dataset.keptAt ?? "");
  if (!keptAt) return;
  const note = document.createElement("p");
  note.className = "kept-note";
  note.setAttribute("role", "status");
  note.textContent = document.body.dataset.kept.replace("{time}", ago(keptAt));
  document.querySelector("main").prepend(note);
  reloadOnceReached();
}

// That a network is there does not mean that the site is reached through it.
function reloadOnceReached() {
  addEventListener("online", async () => {
    const answer = await fetch(location.href, { method: "HEAD", cache: "no-store" }).catch(() => null);
    if (answer) location.reload();
  });
}

async function listKept(list) {
  const kept = await caches.open("kept");
  for (const request of (await kept.keys()).reverse()) {
    const answer = await kept.match(request);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const heading = page.querySelector("h1");
    const row = list.appendChild(Object.assign(document.createElement("li"), { className: "row simple" }));
    const link = Object.assign(document.createElement("a"), { href: request.url, textContent: heading?.textContent ?? page.title });
    link.lang = heading?.lang ?? "";
    const age = Object.assign(document.createElement("p"), { className: "when", textContent: ago(Date.parse(answer.headers.get("Kept-At"))) });
    row.append(link, age);
  }
  document.querySelector("[data-kept-none]").hidden = list.children.length > 0;
}

export function beReady() {
  if (worker) introduce();
  sayHowOld();
  const list = document.querySelector("[data-kept-list]");
  if (!list) return;
  if (location.pathname !== "/offline") document.querySelector("[data-again]").href = location.href; // the page that was wanted
  if ("caches" in globalThis) listKept(list);
  reloadOnceReached();
}
