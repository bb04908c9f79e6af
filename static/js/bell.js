// The bell: its notices open beside it where there is room, and opening the page of a thing reads what was told of it.
import { token } from "./forms.js";

const NARROW = matchMedia("(max-width: 56rem)");

function post(url, fields) {
  return fetch(url, {
    method: "POST",
    headers: { "X-CSRFToken": token(), "HX-Request": "true" },
    body: new URLSearchParams(fields),
  });
}

function count(bell, panel) {
  const left = panel.querySelectorAll(".is-unread").length;
  if (!left) bell.querySelector(".badge")?.remove();
}

export function hangBell(bell, keepTimes) {
  let panel = null;

  const close = () => {
    panel?.remove();
    panel = null;
    bell.setAttribute("aria-expanded", "false");
  };

  const fill = async (answer) => {
    if (!answer?.ok) return location.assign(bell.href);
    panel.innerHTML = await answer.text();
    keepTimes(panel);
  };

  const open = async () => {
    panel = document.createElement("div");
    panel.className = "menu-panel bell-panel";
    panel.setAttribute("role", "group");
    panel.setAttribute("aria-label", bell.querySelector("svg")?.getAttribute("aria-label") ?? "");
    bell.after(panel);
    bell.setAttribute("aria-expanded", "true");
    await fill(await fetch(bell.dataset.bellUrl).catch(() => null));
    panel?.querySelector("a, button")?.focus();
  };

  bell.setAttribute("aria-expanded", "false");
  bell.parentElement.classList.add("has-bell");
  bell.addEventListener("click", (event) => {
    if (NARROW.matches || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    if (panel) close();
    else open();
  });
  document.addEventListener("click", (event) => {
    if (panel && !panel.contains(event.target) && !bell.contains(event.target)) close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !panel) return;
    close();
    bell.focus();
  });
  document.addEventListener("submit", async (event) => {
    if (!panel?.contains(event.target)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    await fill(await post(event.target.action, new FormData(event.target)).catch(() => null));
    if (panel) count(bell, panel);
  }, true);

  const isThread = document.querySelector("[data-posts]");
  if (bell.querySelector(".badge") && !isThread && !location.pathname.startsWith("/notifications")) {
    post("/notifications/opened", { path: location.pathname }).catch(() => null);
  }
}
