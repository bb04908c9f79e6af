// The page of an answer follows what is typed and chosen, without leaving; every address is one that can be shared.
const PAUSE = 220;

export function answerAtOnce(place, enhance) {
  const form = document.querySelector("[data-search]");
  const box = form.querySelector('input[name="q"]');
  let turn = 0;
  let timer = 0;
  let composing = false;

  async function load(address) {
    const answer = await fetch(address, { cache: "no-store", headers: { "HX-Request": "true" } }).catch(() => null);
    return answer?.ok ? answer.text() : null;
  }
  function keepChoices(address) {
    form.querySelectorAll('input[type="hidden"]').forEach((field) => field.remove());
    for (const [name, value] of new URL(address, location.href).searchParams) {
      if (name === "q" || name === "cursor" || name === "literally") continue;
      const field = Object.assign(document.createElement("input"), { type: "hidden", name, value });
      form.append(field);
    }
  }
  async function go(address, { push = false, keepField = false, typing = false } = {}) {
    const mine = ++turn;
    place.classList.add("is-waiting");
    const text = await load(typing && box.value ? `${address}&typing=1` : address);
    if (mine !== turn) return;
    place.classList.remove("is-waiting");
    if (text === null) {
      if (push) location.href = address;
      return;
    }
    place.innerHTML = text;
    if (push !== null) history[push ? "pushState" : "replaceState"](null, "", address);
    keepChoices(address);
    if (!keepField) box.value = new URL(address, location.href).searchParams.get("q") ?? "";
    enhance(place);
    document.querySelector("[data-said]").textContent = place.querySelector("[data-summary]")?.textContent ?? "";
    if (!typing) tellOfMiss();
  }
  const typed = () => {
    const fields = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
    return `${form.getAttribute("action")}${fields.size ? `?${fields}` : ""}`;
  };
  const later = () => {
    clearTimeout(timer);
    clearTimeout(tellOfMiss.timer);
    if (!composing) timer = setTimeout(() => go(typed(), { keepField: true, typing: true }), PAUSE);
  };
  function tellOfMiss() {
    clearTimeout(tellOfMiss.timer);
    const miss = place.querySelector("[data-miss]");
    if (!miss) return;
    const sent = new URL(location.href).searchParams;
    tellOfMiss.timer = setTimeout(() => navigator.sendBeacon(miss.dataset.miss, new URLSearchParams(sent)), 2500);
  }
  async function more(pager) {
    const address = `${location.pathname}?${new URLSearchParams([...new FormData(pager), ["cursor", pager.querySelector('[name="cursor"]').value]])}`;
    const text = await load(address);
    if (text === null) return void (location.href = address);
    const next = new DOMParser().parseFromString(text, "text/html");
    const rows = [...next.querySelectorAll(".rows > li")];
    place.querySelector(".rows").append(...rows);
    pager.closest(".pager").replaceWith(...next.querySelectorAll(".pager"));
    enhance(place);
    rows[0]?.querySelector("a")?.focus();
  }
  box.addEventListener("compositionstart", () => (composing = true));
  box.addEventListener("compositionend", () => {
    composing = false;
    later();
  });
  box.addEventListener("input", later);
  box.addEventListener("input", () => document.querySelector(".search-help")?.removeAttribute("open"), { once: true });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    go(typed(), { keepField: true });
  });
  place.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-instant]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    go(link.getAttribute("href"), { push: true });
  });
  place.addEventListener("submit", (event) => {
    if (!event.target.matches(".pager form")) return;
    event.preventDefault();
    more(event.target);
  });
  addEventListener("popstate", () => go(location.pathname + location.search, { push: null }));
  tellOfMiss();
}
