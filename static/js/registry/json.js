// JSON that can be written in one way only (RFC 8785), read strictly.
import { Refusal } from "./refusal.js";

export function parseCanonical(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal("not-json");
  }
  // A key that stands twice, a number that was rounded, other spaces or another order: all are other bytes than these.
  if (canonical(value) !== text) throw new Refusal("not-canonical");
  return value;
}

// Keys are sorted by their UTF-16 units, which is what RFC 8785 asks for and what sort() does.
export function canonical(value) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return number(value);
  if (typeof value === "string") return string(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object") throw new Refusal("not-canonical");
  const fields = Object.keys(value).sort();
  return `{${fields.map((name) => `${string(name)}:${canonical(value[name])}`).join(",")}}`;
}

function number(value) {
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) throw new Refusal("large-number");
  return JSON.stringify(value);
}

function string(value) {
  if (!value.isWellFormed()) throw new Refusal("not-text");
  return JSON.stringify(value);
}
