// An open page asks now and then what happened since it was made: soon after something did, seldom when all is quiet,
// not at all while nobody looks at it or once it may not know.

const SOON = 15e3;
const SELDOM = 60e3;
const LATE = 300e3;

const note = document.querySelector("[data-live]");
const bell = document.querySelector("[data-bell-url]");
const posts = document.querySelector("[data-posts]");
const me = document.querySelector('meta[name="reader"]')?.content ?? "0";

async function ask(url, etag) {
  const headers = { Accept: "application/json", ...(etag && { "If-None-Match": etag }) };
  const answer = await fetch(url, { headers, cache: "no-store" }).catch(() => null);
  if (answer?.status === 304) return { state: "quiet" };
  if (answer?.ok) return { state: "news", etag: answer.headers.get("ETag"), facts: await answer.json() };
  if (answer && answer.status >= 400 && answer.status < 500 && answer.status !== 429) return { state: "refused", status: answer.status };
  return { state: "failed", wait: 1e3 * (Number(answer?.headers.get("Retry-After")) || 0) };
}

const fetchPiece = async (path) => {
  const answer = await fetch(`${path}?me=${me}`, { headers: { "HX-Request": "true", Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return null;
  const sheet = document.createElement("template");
  sheet.innerHTML = await answer.text();
  return sheet.content;
};

function ring(unread) {
  let badge = bell.querySelector(".badge");
  if (!unread) return badge?.remove();
  badge ??= bell.appendChild(Object.assign(document.createElement("span"), { className: "badge" }));
  const word = Object.assign(document.createElement("span"), { className: "sr-only", textContent: ` ${bell.dataset.unreadWord}` });
  badge.replaceChildren(unread < 100 ? String(unread) : "99+", word);
}

function tell(words) {
  const link = note.querySelector("a");
  link.textContent = words;
  link.hidden = !words;
}

async function showPosts(enhance) {
  const piece = await fetchPiece(`/threads/${note.dataset.live}/posts/after/${note.dataset.after}`);
  const come = [...(piece?.querySelectorAll(".post") ?? [])];
  if (!come.length) return location.assign(note.querySelector("a").href);
  if (document.getElementById("unread")) piece.getElementById("unread")?.remove();
  posts.append(piece);
  enhance(posts);
  come.forEach((post) => window.htmx?.process(post));
  const last = come.at(-1).dataset.number;
  Object.assign(note.dataset, { after: last });
  posts.dataset.total = Math.max(Number(posts.dataset.total), Number(last));
  posts.dispatchEvent(new CustomEvent("posts-came", { detail: come }));
  tell("");
  come[0].tabIndex = -1;
  come[0].focus();
}

function addressAfter() {
  const link = note.querySelector("a");
  const next = Number(note.dataset.after) + 1;
  link.href = link.href.replace(/\?.*$/, `?at=${next}#post-${next}`);
}

async function countVotes() {
  const poll = document.getElementById("poll");
  if (!poll || poll.contains(document.activeElement) || poll.querySelector(":checked")) return;
  const fresh = (await fetchPiece(`/threads/${note.dataset.live}/poll`))?.firstElementChild;
  if (!fresh) return;
  poll.replaceWith(fresh);
  window.htmx?.process(fresh);
}

export function stayAwake(enhance) {
  let etag = "";
  let version = 0;
  let wait = SOON;
  let timer = 0;
  let askedAt = Date.now();
  let isClosed = !note;
  let isOver = me === "";

  const url = () => isClosed ? `/notifications/live?me=${me}` : `/threads/${note.dataset.live}/live?me=${me}&after=${note.dataset.after}`;

  const heed = async (facts) => {
    if (bell) ring(facts.unread);
    if (isClosed) return;
    tell(facts.words);
    if (version && facts.version !== version) await countVotes();
    version = facts.version;
  };

  const refuse = (status) => {
    if (note) tell("");
    if (status === 401) bell?.querySelector(".badge")?.remove();
    isOver = status === 401 || isClosed || !bell;
    isClosed = true;
    etag = "";
  };

  const look = async () => {
    clearTimeout(timer);
    askedAt = Date.now();
    const heard = await ask(url(), etag);
    if (heard.state === "refused") {
      refuse(heard.status);
    } else if (heard.state === "news") {
      await heed(heard.facts);
      wait = etag ? SOON : wait;
      etag = heard.etag;
    } else {
      wait = heard.state === "quiet" ? Math.min(wait * 1.5, SELDOM) : Math.max(Math.min(wait * 2, LATE), heard.wait);
    }
    plan();
  };

  const plan = () => {
    clearTimeout(timer);
    if (isOver || document.hidden) return;
    timer = setTimeout(look, wait * (0.85 + 0.3 * Math.random()));
  };

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !isOver && Date.now() - askedAt > SOON) look();
    else plan();
  });
  addEventListener("online", () => (wait = SOON, plan()));
  note?.querySelector("a").addEventListener("click", async (event) => {
    addressAfter();
    if (Number(note.dataset.after) >= Number(note.dataset.pageEnd)) return;
    event.preventDefault();
    etag = "";
    await showPosts(enhance);
    look();
  });
  plan();
}
