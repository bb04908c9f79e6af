// Sentences that a page brings along in the reader's language, with blanks in braces; sizes and times as the reader writes them.
const LANG = globalThis.document?.documentElement.lang || "en";
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
const SECONDS = { second: 1, minute: 60, hour: 3600 };

export function sentencesOf(root) {
  const known = new Map();
  for (const one of root.querySelector("template[data-sentences]").content.children) known.set(one.dataset.name, one.textContent);
  return (name, values = {}) => fill(known.get(name) ?? name, values);
}

export const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (blank, name) => String(values[name] ?? blank));

export function size(bytes) {
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  return inUnit(bytes / 1000 ** step, UNITS[step], step ? 1 : 0);
}

export function duration(seconds) {
  const unit = seconds < 90 ? "second" : seconds < 5400 ? "minute" : "hour";
  return inUnit(Math.max(1, Math.round(seconds / SECONDS[unit])), unit, 0);
}

export const number = (value) => new Intl.NumberFormat(LANG).format(value);

function inUnit(value, unit, digits) {
  return new Intl.NumberFormat(LANG, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: digits }).format(value);
}
