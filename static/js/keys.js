// Single keys for those who read with the keyboard; they can be switched off in the help.
const OFF = "keys-off";
const PLACES = { h: "/", c: "/communities", t: "/tags", p: "/people", n: "/notifications" };

const typing = (target) => target.closest?.("input, textarea, select, [contenteditable], dialog");

function step(by) {
  const rows = [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent);
  if (!rows.length) return;
  const now = rows.findIndex((row) => row.classList.contains("is-here"));
  const next = rows[Math.min(rows.length - 1, Math.max(0, now < 0 ? (by > 0 ? 0 : rows.length - 1) : now + by))];
  rows[now]?.classList.remove("is-here");
  next.classList.add("is-here");
  const target = next.matches("article") ? next : next.matches("a") ? next : next.querySelector("a");
  if (target === next && !next.matches("a")) next.tabIndex = -1;
  target?.focus({ preventScroll: true });
  next.scrollIntoView({ block: next.offsetHeight > innerHeight / 2 ? "start" : "nearest" });
}

export function listenToKeys() {
  const help = document.getElementById("keys");
  const quiet = help?.querySelector("[data-keys-off]");
  if (quiet) {
    quiet.checked = localStorage.getItem(OFF) === "yes";
    quiet.addEventListener("change", () => localStorage.setItem(OFF, quiet.checked ? "yes" : "no"));
  }
  let going = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    if (event.key === "?" && help) {
      event.preventDefault();
      help.showModal();
      return;
    }
    if (localStorage.getItem(OFF) === "yes") return;
    const key = event.key;
    if (Date.now() - going < 1500 && PLACES[key]) {
      location.href = PLACES[key];
    } else if (key === "g") {
      going = Date.now();
      return;
    } else if (key === "j" || key === "k") {
      step(key === "j" ? 1 : -1);
    } else if (key === "/") {
      const field = [...document.querySelectorAll("[data-search] input, [data-suggest-url] input")].find((box) => box.offsetParent);
      if (!field) location.href = "/search";
      event.preventDefault();
      field?.focus();
      field?.select();
    } else if (key === "n") {
      document.querySelector('[data-key="n"]')?.click();
    } else if (key === "r") {
      const box = document.querySelector("#reply textarea");
      if (!box) return;
      event.preventDefault();
      box.focus();
    } else return;
    going = 0;
  });
}
