// The service worker: pages come from the network; without one, threads as their reader last saw them, and no others.
// What is kept belongs to one reader: it is gone when they sign out, and when somebody else is met in this browser.
const KEPT = "kept";
const FILES = "files";
const SHELL = "shell";
const STATE = "state";
const MOST = 30;
const THREAD = /^\/threads\/\d+-[^/]*$/;
const OFFLINE = "/offline";
const MODULES = ["bell", "composer", "drafts", "forms", "keys", "live", "menus", "offline", "reading", "scrolling", "times"];

let turn = Promise.resolve();
const inTurn = (deed) => (turn = turn.then(deed, deed));

self.addEventListener("install", (event) => event.waitUntil(keepShell().then(() => self.skipWaiting())));

self.addEventListener("activate", (event) => {
  event.waitUntil(Promise.all([self.registration.navigationPreload?.enable(), self.clients.claim()]));
});

self.addEventListener("message", (event) => {
  if (typeof event.data?.reader === "string") event.waitUntil(inTurn(() => meet(event.data.reader)));
});

self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (origin !== location.origin) return;
  if (method === "POST" && pathname === "/sign-out") event.waitUntil(inTurn(forget));
  if (method !== "GET") return;
  if (mode === "navigate") event.respondWith(pageOf(event));
  else if (pathname.startsWith("/static/")) event.respondWith(fileOf(event));
});

async function pageOf(event) {
  try {
    const answer = (await event.preloadResponse) || (await fetch(event.request));
    if (answer.ok && THREAD.test(new URL(event.request.url).pathname)) {
      const copy = answer.clone();
      event.waitUntil(inTurn(() => keep(event.request.url, copy)));
    }
    return answer;
  } catch {
    return (await keptPage(event.request.url)) ?? (await caches.match(OFFLINE, { cacheName: SHELL })) ?? Response.error();
  }
}

async function fileOf(event) {
  const files = await caches.open(FILES);
  const isHashed = new URL(event.request.url).searchParams.has("v");
  const found = isHashed && (await files.match(event.request));
  if (found) return found;
  try {
    const answer = await fetch(event.request);
    if (answer.status === 200) event.waitUntil(put(files, event.request.url, answer.clone()));
    return answer;
  } catch {
    return (await files.match(event.request, { ignoreSearch: true })) ?? Response.error();
  }
}

async function put(files, url, answer) {
  await files.delete(url, { ignoreSearch: true });
  await files.put(url, answer);
}

async function keep(url, answer) {
  const html = await answer.text();
  const reader = /<meta name="reader" content="(\d*)">/.exec(html)?.[1] ?? "";
  await meet(reader);
  if (!reader) return;
  const headers = new Headers(answer.headers);
  for (const name of ["Content-Encoding", "Content-Length"]) headers.delete(name);
  headers.set("Kept-At", new Date().toISOString());
  const kept = await caches.open(KEPT);
  await kept.delete(url);
  await kept.put(url, new Response(html, { headers }));
  const keys = await kept.keys();
  await Promise.all(keys.slice(0, Math.max(keys.length - MOST, 0)).map((old) => kept.delete(old)));
  await keepFiles(html);
}

async function keptPage(url) {
  const kept = await caches.open(KEPT);
  const found = (await kept.match(url)) ?? (await kept.match(url, { ignoreSearch: true })) ?? (await ofSameThread(kept, url));
  if (!found) return undefined;
  const html = (await found.text()).replace("<html ", `<html data-kept-at="${found.headers.get("Kept-At")}" `);
  return new Response(html, { headers: found.headers });
}

async function ofSameThread(kept, url) {
  const [start] = /^\/threads\/\d+/.exec(new URL(url).pathname) ?? [];
  const key = start && (await kept.keys()).find((one) => new URL(one.url).pathname.startsWith(`${start}-`));
  return key && kept.match(key);
}

async function keepFiles(html) {
  const files = await caches.open(FILES);
  const named = [...html.matchAll(/<(?:link|script)[^>]+(?:href|src)="(\/static\/[^"]+)"/g)].map(([, path]) => path);
  const modules = MODULES.map((name) => `/static/js/${name}.js`);
  await Promise.allSettled([...named, ...modules].map(async (path) => {
    if (!(await files.match(path))) await files.add(path);
  }));
}

async function keepShell() {
  const answer = await fetch(OFFLINE).catch(() => null);
  if (!answer?.ok) return;
  const copy = answer.clone();
  await (await caches.open(SHELL)).put(OFFLINE, answer);
  await keepFiles(await copy.text());
}

async function readerMet() {
  return (await caches.match("/reader", { cacheName: STATE }))?.text();
}

async function meet(reader) {
  if ((await readerMet()) === reader) return;
  await forget();
  await (await caches.open(STATE)).put("/reader", new Response(reader));
  await keepShell();
}

async function forget() {
  await Promise.all([caches.delete(KEPT), caches.delete(STATE)]);
}

self.addEventListener("push", (event) => event.waitUntil(show(event.data?.json())));

async function show(news) {
  const reader = await readerMet();
  if (!news || (reader && reader !== news.reader)) return;
  const { title, body, url, tag, lang } = news;
  const icon = "/static/img/icon-192.png";
  const badge = "/static/img/badge-96.png";
  await self.registration.showNotification(title, { body, tag, lang, icon, badge, renotify: true, data: { url } });
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(new URL(event.notification.data?.url ?? "/", location.origin)));
});

async function open(url) {
  if (url.origin !== location.origin) return;
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((one) => new URL(one.url).pathname === url.pathname);
  if (!there) return self.clients.openWindow(url);
  await there.focus();
  await there.navigate(url).catch(() => null);
}
