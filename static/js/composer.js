// The composer: formatting, preview, Ctrl+Enter; drafts, uploads and names come from their own modules.
import { token } from "./forms.js";
import { keepDraft } from "./drafts.js";
import { takeFiles } from "./uploads.js";
import { completeNames } from "./completion.js";

export function insert(box, text, from = box.selectionStart, to = box.selectionEnd) {
  box.focus();
  box.setSelectionRange(from, to);
  if (!document.execCommand("insertText", false, text)) box.setRangeText(text, from, to, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

function wrap(box, before, after = before) {
  const { selectionStart: from, selectionEnd: to, value } = box;
  const inside = value.slice(from, to);
  insert(box, before + inside + after);
  if (!inside) box.setSelectionRange(from + before.length, from + before.length);
}

function lines(box, mark) {
  const { value } = box;
  const from = value.lastIndexOf("\n", box.selectionStart - 1) + 1;
  const end = value.indexOf("\n", box.selectionEnd);
  const to = end < 0 ? value.length : end;
  const marked = value.slice(from, to).split("\n").map((line, index) => (typeof mark === "string" ? mark : mark(index)) + line);
  insert(box, marked.join("\n"), from, to);
}

function block(box, text) {
  const gap = box.selectionStart && box.value[box.selectionStart - 1] !== "\n" ? "\n\n" : "";
  insert(box, gap + text);
}

const TOOLS = {
  bold: (box) => wrap(box, "**"),
  italic: (box) => wrap(box, "*"),
  heading: (box) => lines(box, "### "),
  quote: (box) => lines(box, "> "),
  code: (box) => (box.value.slice(box.selectionStart, box.selectionEnd).includes("\n") ? wrap(box, "```\n", "\n```") : wrap(box, "`")),
  link: (box) => wrap(box, "[", "](https://)"),
  list: (box) => lines(box, "- "),
  numbers: (box) => lines(box, (index) => `${index + 1}. `),
  table: (box) => block(box, "| A | B |\n|---|---:|\n| 1 | 2 |\n\n"),
  math: (box) => wrap(box, "$"),
};

async function preview(composer, box, pane) {
  pane.textContent = "…";
  if (!box.value.trim()) {
    pane.textContent = composer.dataset.empty;
    return;
  }
  const answer = await fetch(composer.dataset.previewUrl, {
    method: "POST",
    headers: { "X-CSRFToken": token(), "HX-Request": "true" },
    body: new URLSearchParams({ body: box.value }),
  }).catch(() => null);
  if (!answer?.ok) {
    pane.textContent = composer.dataset.failed;
    return;
  }
  pane.innerHTML = await answer.text();
  if (pane.querySelector(".math")) (await import("./math.js")).setFormulas(pane);
}

function modes(composer, box, pane) {
  const tabs = [...composer.querySelectorAll("[data-mode]")];
  const choose = (mode) => {
    tabs.forEach((tab) => tab.setAttribute("aria-selected", String(tab.dataset.mode === mode)));
    const previewing = mode === "preview";
    if (previewing) pane.style.minHeight = `${box.offsetHeight}px`;
    box.hidden = previewing;
    pane.hidden = !previewing;
    if (previewing) preview(composer, box, pane);
    else box.focus();
  };
  tabs.forEach((tab) => tab.addEventListener("click", () => choose(tab.dataset.mode)));
}

function open(composer) {
  composer.dataset.ready = "yes";
  const box = composer.querySelector("textarea");
  const form = composer.closest("form");
  composer.querySelector(".composer-tools").hidden = false;
  composer.querySelector("[data-plain-preview]")?.remove();
  const files = takeFiles(composer, box);
  composer.addEventListener("click", (event) => {
    const name = event.target.closest("[data-tool]")?.dataset.tool;
    if (name === "upload") files.choose();
    else if (name) TOOLS[name](box);
  });
  box.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey)) return;
    if (event.key === "Enter") {
      event.preventDefault();
      form.requestSubmit(form.querySelector("button[data-busy]"));
    } else if (event.key === "b" || event.key === "i") {
      event.preventDefault();
      TOOLS[event.key === "b" ? "bold" : "italic"](box);
    }
  });
  modes(composer, box, composer.querySelector(".preview"));
  completeNames(composer, box);
  keepDraft(composer, box, form);
}

export function openComposers(root) {
  root.querySelectorAll("[data-composer]:not([data-ready])").forEach(open);
}
