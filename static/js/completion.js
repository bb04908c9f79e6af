// After an @, the people whose handle or name begins so.
const LOOK = ["font", "lineHeight", "padding", "border", "letterSpacing", "whiteSpace", "wordBreak", "overflowWrap", "boxSizing", "tabSize"];

function caret(box) {
  const ghost = document.createElement("div");
  const style = getComputedStyle(box);
  LOOK.forEach((name) => (ghost.style[name] = style[name]));
  Object.assign(ghost.style, { position: "absolute", visibility: "hidden", width: `${box.offsetWidth}px`, whiteSpace: "pre-wrap" });
  ghost.textContent = box.value.slice(0, box.selectionStart);
  const end = document.createElement("span");
  end.textContent = "​";
  ghost.append(end);
  box.parentElement.append(ghost);
  const place = { left: end.offsetLeft, top: end.offsetTop + end.offsetHeight - box.scrollTop };
  ghost.remove();
  return place;
}

export function completeNames(composer, box) {
  const list = document.createElement("ul");
  list.className = "completions";
  list.id = `${box.id}-people`;
  list.setAttribute("role", "listbox");
  list.hidden = true;
  box.after(list);
  let people = [];
  let chosen = 0;
  let asked = 0;

  const word = () => /(?:^|[\s(（，。、：])@([a-z0-9-]{0,29})$/i.exec(box.value.slice(0, box.selectionStart));
  const close = () => {
    list.hidden = true;
    box.removeAttribute("aria-activedescendant");
  };
  const mark = () => [...list.children].forEach((item, index) => {
    item.setAttribute("aria-selected", String(index === chosen));
    if (index === chosen) box.setAttribute("aria-activedescendant", item.id);
  });
  function take(person) {
    const found = word();
    if (!found) return close();
    box.setRangeText(`${person.handle} `, box.selectionStart - found[1].length, box.selectionStart, "end");
    box.dispatchEvent(new Event("input", { bubbles: true }));
    close();
  }
  function show() {
    list.replaceChildren(...people.map((person, index) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${index}`;
      item.setAttribute("role", "option");
      const name = document.createElement("strong");
      name.textContent = person.name;
      const rest = document.createElement("small");
      rest.textContent = [`@${person.handle}`, person.affiliation].filter(Boolean).join(" · ");
      item.append(name, rest);
      item.addEventListener("mousedown", (event) => {
        event.preventDefault();
        take(person);
      });
      return item;
    }));
    chosen = 0;
    list.hidden = !people.length;
    if (list.hidden) return;
    mark();
    const place = caret(box);
    list.style.top = `${place.top + 4}px`;
    list.style.left = `${Math.max(4, Math.min(place.left, box.offsetWidth - list.offsetWidth - 4))}px`;
  }
  box.addEventListener("input", async () => {
    const found = word();
    if (!found || !found[1]) return close();
    const turn = ++asked;
    const answer = await fetch(`${composer.dataset.peopleUrl}?q=${encodeURIComponent(found[1])}`, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok || turn !== asked) return undefined;
    const data = await answer.json();
    people = (Array.isArray(data) ? data : data.people ?? data.items ?? []).slice(0, 6);
    return show();
  });
  box.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : people.length - 1)) % people.length;
      mark();
    } else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") take(people[chosen]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
  box.addEventListener("blur", close);
}
