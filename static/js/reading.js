// A thread while it is read: the place one is at, what was read, links and quotes.
import { say, token } from "./forms.js";

function watchPlace(posts) {
  const number = document.querySelector("[data-place-number]");
  const bar = document.querySelector("[data-place-bar]");
  const total = () => Number(posts.dataset.total) || 1;
  const visible = new Map();
  const read = markRead(posts);
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) visible.set(entry.target, Number(entry.target.dataset.number));
      else visible.delete(entry.target);
    }
    if (!visible.size) return;
    const here = Math.min(...visible.values());
    if (number) number.textContent = here;
    if (bar) bar.setAttribute("width", `${(100 * here) / total()}%`);
    read(Math.max(...visible.values()));
  }, { rootMargin: "-60px 0px -30% 0px" });
  posts.querySelectorAll(".post[id]").forEach((post) => observer.observe(post));
  posts.addEventListener("posts-came", (event) => {
    event.detail.forEach((post) => observer.observe(post));
    document.querySelectorAll("[data-place-total]").forEach((element) => (element.textContent = `/ ${total()}`));
  });
}

function markRead(posts) {
  const url = posts.dataset.readUrl;
  let sent = Number(posts.dataset.readNumber) || 0;
  let seen = sent;
  let timer = 0;
  const send = () => {
    clearTimeout(timer);
    timer = 0;
    if (!url || seen <= sent) return;
    sent = seen;
    fetch(url, { method: "POST", keepalive: true, headers: { "X-CSRFToken": token() }, body: new URLSearchParams({ number: seen }) }).catch(() => null);
  };
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && send());
  return (upTo) => {
    if (upTo <= seen) return;
    seen = upTo;
    timer ||= setTimeout(send, 2000);
  };
}

function quoteOf(post, text) {
  const who = post.dataset.handle ? `@${post.dataset.handle}` : `#${post.dataset.number}`;
  const lines = text.trim().split(/\n+/).map((line) => `> ${line.trim()}`).join("\n>\n");
  return `> [${who}](/posts/${post.dataset.post})\n>\n${lines}\n\n`;
}

function wordsOf(fragment) {
  const sheet = document.createElement("div");
  sheet.className = "sr-only";
  sheet.append(fragment);
  sheet.querySelectorAll("blockquote, .footnote, .footnotes, sup").forEach((element) => element.remove());
  sheet.querySelectorAll(".math").forEach((element) => {
    const source = element.querySelector("annotation")?.textContent ?? element.textContent;
    element.replaceWith(element.tagName === "DIV" ? `$$${source}$$` : `$${source}$`);
  });
  document.body.append(sheet);
  const words = sheet.innerText;
  sheet.remove();
  return words;
}

function wholePost(post) {
  const fragment = document.createDocumentFragment();
  let length = 0;
  for (const part of post.querySelector(".prose").children) {
    if (part.matches("blockquote, .footnote, .footnotes")) continue;
    if (length > 400) break;
    length += part.textContent.length;
    fragment.append(part.cloneNode(true));
  }
  return wordsOf(fragment);
}

function intoReply(text) {
  const box = document.querySelector("#reply textarea");
  if (!box) return;
  const before = box.value && !box.value.endsWith("\n\n") ? "\n\n" : "";
  box.focus();
  box.setSelectionRange(box.value.length, box.value.length);
  box.setRangeText(before + text, box.value.length, box.value.length, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.scrollIntoView({ block: "center" });
}

function offerQuotes(posts) {
  if (!document.querySelector("#reply textarea")) return;
  const unhide = () => posts.querySelectorAll("[data-quote]").forEach((button) => (button.hidden = false));
  unhide();
  posts.addEventListener("posts-came", unhide);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button small quote-button";
  button.textContent = posts.dataset.quoteLabel;
  button.hidden = true;
  document.body.append(button);
  const chosen = () => {
    const selection = getSelection();
    const text = selection.isCollapsed ? "" : selection.toString();
    const post = text.trim() && selection.anchorNode?.parentElement?.closest(".prose")?.closest(".post");
    return post && post.contains(selection.focusNode) ? { post, text, range: selection.getRangeAt(0) } : null;
  };
  document.addEventListener("selectionchange", () => {
    const choice = chosen();
    button.hidden = !choice;
    if (!choice) return;
    const box = choice.range.getBoundingClientRect();
    button.style.left = `${Math.min(innerWidth - 130, Math.max(8, box.left + scrollX))}px`;
    button.style.top = `${box.bottom + scrollY + 8}px`;
  });
  button.addEventListener("mousedown", (event) => event.preventDefault());
  button.addEventListener("click", () => {
    const choice = chosen();
    if (choice) intoReply(quoteOf(choice.post, wordsOf(choice.range.cloneContents())));
    getSelection().removeAllRanges();
  });
}

function answer(post) {
  const section = document.getElementById("reply");
  const note = section?.querySelector("[data-reply-to]");
  const field = section?.querySelector('[name="reply_to"]');
  if (!field) return false;
  field.value = post.dataset.post;
  if (note) {
    note.hidden = false;
    note.querySelector("span").textContent = `↩ #${post.dataset.number} ${post.querySelector(".person-name")?.textContent ?? ""}`;
  }
  section.querySelector("textarea").focus();
  return true;
}

function listen(posts) {
  document.addEventListener("click", async (event) => {
    const target = event.target.closest("[data-permalink], [data-quote], [data-reply], [data-reply-cancel]");
    if (!target) return;
    const post = target.closest(".post");
    if (target.matches("[data-permalink]")) {
      event.preventDefault();
      await navigator.clipboard.writeText(new URL(target.getAttribute("href"), location.href).href).catch(() => null);
      say(posts.dataset.copied);
    } else if (target.matches("[data-quote]")) {
      intoReply(quoteOf(post, wholePost(post)));
    } else if (target.matches("[data-reply]")) {
      if (answer(post)) event.preventDefault();
    } else {
      document.querySelector('#reply [name="reply_to"]').value = "";
      target.closest("[data-reply-to]").hidden = true;
    }
    target.closest("details.menu")?.removeAttribute("open");
  });
}

function reachByKey(posts) {
  for (const box of posts.querySelectorAll(".prose pre, .prose .table-scroll, .prose .table, .prose div.math")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  }
}

export function readAlong() {
  const posts = document.querySelector("[data-posts]");
  watchPlace(posts);
  offerQuotes(posts);
  listen(posts);
  reachByKey(posts);
  posts.addEventListener("posts-came", () => reachByKey(posts));
}
