// Files by paste, drop or button: a line with progress for each, and its Markdown where the cursor was.
import { token } from "./forms.js";

function line(list, name) {
  const row = document.createElement("div");
  row.className = "upload";
  const label = document.createElement("span");
  label.className = "name";
  label.textContent = name;
  const why = document.createElement("span");
  why.className = "why";
  const cancel = document.createElement("button");
  cancel.type = "button";
  cancel.className = "button quiet small";
  cancel.textContent = "×";
  cancel.setAttribute("aria-label", `× ${name}`);
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", name);
  row.append(label, why, cancel, bar);
  list.append(row);
  return { row, why, cancel, bar };
}

function reason(request) {
  try {
    const answer = JSON.parse(request.responseText);
    return answer.detail || answer.title;
  } catch {
    return request.status ? String(request.status) : "";
  }
}

export function takeFiles(composer, box) {
  const list = composer.querySelector(".uploads");
  const chooser = document.createElement("input");
  chooser.type = "file";
  chooser.multiple = true;

  function replace(mark, text) {
    const at = box.value.indexOf(mark);
    if (at >= 0) box.setRangeText(text, at, at + mark.length, "preserve");
    else if (text) box.setRangeText(`\n${text}\n`, box.selectionEnd, box.selectionEnd, "end");
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function send(file) {
    const name = file.name || "image.png";
    const mark = `![${name} …]()`;
    box.setRangeText(mark + "\n", box.selectionStart, box.selectionEnd, "end");
    const parts = line(list, name);
    const request = new XMLHttpRequest();
    request.open("POST", composer.dataset.uploadUrl);
    request.setRequestHeader("X-CSRFToken", token());
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) parts.bar.value = event.loaded / event.total;
      parts.why.textContent = `${Math.round(parts.bar.value * 100)} %`;
    };
    request.onload = () => {
      if (request.status < 300) {
        replace(mark, JSON.parse(request.responseText).markdown);
        parts.row.remove();
      } else refuse(reason(request));
    };
    request.onerror = () => refuse(composer.dataset.failed);
    request.onabort = () => {
      replace(mark, "");
      parts.row.remove();
    };
    parts.cancel.onclick = () => (request.readyState < 4 ? request.abort() : parts.row.remove());
    function refuse(words) {
      replace(mark, "");
      parts.row.classList.add("is-wrong");
      parts.why.textContent = words;
      parts.bar.remove();
    }
    const body = new FormData();
    body.append("file", file, name);
    request.send(body);
  }

  chooser.addEventListener("change", () => {
    [...chooser.files].forEach(send);
    chooser.value = "";
  });
  box.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (!files.length || event.clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    files.forEach(send);
  });
  composer.addEventListener("dragover", (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    composer.classList.add("is-over");
  });
  composer.addEventListener("dragleave", () => composer.classList.remove("is-over"));
  composer.addEventListener("drop", (event) => {
    composer.classList.remove("is-over");
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    [...event.dataTransfer.files].forEach(send);
  });
  return { choose: () => chooser.click() };
}
