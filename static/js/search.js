// The field in the bar offers what somebody may be typing: a combobox with a list, by mouse, keys and voice.
const PAUSE = 120;

export function suggestIn(form) {
  const box = form.querySelector('input[name="q"]');
  const list = document.createElement("ul");
  list.className = "offers";
  list.id = `${box.id}-offers`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", form.dataset.label);
  list.hidden = true;
  form.append(list);
  Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })
    .forEach(([name, value]) => box.setAttribute(name, value));
  let offers = [];
  let chosen = -1;
  let turn = 0;
  let timer = 0;
  let composing = false;

  const open = (is) => {
    list.hidden = !is;
    box.setAttribute("aria-expanded", String(is));
    if (!is) choose(-1);
  };
  function choose(index) {
    chosen = index;
    [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === index)));
    if (index < 0) box.removeAttribute("aria-activedescendant");
    else box.setAttribute("aria-activedescendant", list.children[index].id);
  }
  function line(offer, index) {
    const item = document.createElement("li");
    item.id = `${list.id}-${index}`;
    item.setAttribute("role", "option");
    const label = document.createElement("span");
    label.textContent = offer.label;
    if (offer.lang) label.lang = offer.lang;
    item.append(label);
    if (offer.kind) {
      const kind = document.createElement("small");
      kind.textContent = offer.kind;
      item.append(kind);
    } else item.className = "all";
    item.addEventListener("mousedown", (event) => event.preventDefault());
    item.addEventListener("click", () => (location.href = offer.url));
    return item;
  }
  function show(found) {
    const text = box.value.trim();
    offers = [...found, { label: form.dataset.all.replace("{text}", text), url: `${form.getAttribute("action")}?q=${encodeURIComponent(text)}` }];
    list.replaceChildren(...offers.map(line));
    choose(-1);
    open(document.activeElement === box && text !== "");
  }
  async function ask() {
    const mine = ++turn;
    const text = box.value.trim();
    if (!text) return open(false);
    const answer = await fetch(`${form.dataset.suggestUrl}?q=${encodeURIComponent(text)}`, { headers: { Accept: "application/json" } }).catch(() => null);
    const found = answer?.ok ? await answer.json().catch(() => []) : [];
    return mine === turn ? show(found) : undefined;
  }
  const later = () => {
    clearTimeout(timer);
    if (!composing) timer = setTimeout(ask, PAUSE);
  };
  box.addEventListener("compositionstart", () => (composing = true));
  box.addEventListener("compositionend", () => {
    composing = false;
    later();
  });
  box.addEventListener("input", later);
  box.addEventListener("focus", () => box.value.trim() && later());
  box.addEventListener("blur", () => {
    turn += 1;
    open(false);
  });
  box.addEventListener("keydown", (event) => {
    if (event.isComposing || composing) return;
    if (event.key === "Escape") {
      if (list.hidden) box.blur();
      turn += 1;
      open(false);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list.hidden) return void ask();
      const by = event.key === "ArrowDown" ? 1 : -1;
      choose(((chosen + 1 + by + offers.length + 1) % (offers.length + 1)) - 1);
    } else if (event.key === "Enter" && chosen >= 0 && !list.hidden) {
      location.href = offers[chosen].url;
    } else return;
    event.preventDefault();
  });
  if (document.activeElement === box && box.value) later();
}
