// Choosing files and folders: by button, or dropped with everything in them. Each file comes with its path in the work.
import { pathOf } from "./hashing.js";

const AT_ONCE = 50;

// What is chosen in one of the inputs, or dropped on the zone, goes to `take` as { file, path, size }. The newest choice
// counts; the inputs it was not made in forget theirs. `begin` is told at once. What comes back waits until it was taken.
export function takeFiles({ inputs, zone, take, begin = () => {} }) {
  let choices = 0;
  let taken = Promise.resolve();
  function offer(found, source) {
    const choice = (choices += 1);
    begin();
    for (const input of inputs) if (input !== source) input.value = "";
    taken = Promise.resolve(found).then(measured).then((files) => {
      if (choice === choices) take(files);
    });
  }
  for (const input of inputs) {
    input.addEventListener("change", () => offer(listed(input.files), input));
    if (input.files.length) offer(listed(input.files), input); // chosen before this script came
  }
  zone.addEventListener("dragover", (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    zone.classList.add("is-over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("is-over"));
  zone.addEventListener("drop", (event) => {
    zone.classList.remove("is-over");
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    // Entries must be asked for before the event is over.
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    offer(entries.length ? Promise.all(entries.map(walk)).then((found) => found.flat()) : listed(event.dataTransfer.files), null);
  });
  return () => taken;
}

const listed = (files) => [...files].map((file) => ({ file, path: pathOf(file) }));

// Asking thousands of files for their size at once would stop the page: the browser looks at the disk for each.
async function measured(files) {
  const found = [];
  for (const [at, one] of files.entries()) {
    if (at % AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve));
    found.push({ ...one, size: one.file.size });
  }
  return found;
}

async function walk(entry) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [{ file, path: pathOf({ path: entry.fullPath }) }];
  }
  const reader = entry.createReader();
  const found = [];
  // A reader gives some at a time, and none at its end.
  for (let some = await next(reader); some.length; some = await next(reader)) found.push(...some);
  return (await Promise.all(found.map(walk))).flat();
}

const next = (reader) => new Promise((resolve, reject) => reader.readEntries(resolve, reject));
