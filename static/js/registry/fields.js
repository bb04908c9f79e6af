// Fields of envelopes: what each may hold. A check refuses with the name of the field.
import { fromBase64, fromHex } from "./bytes.js";
import { Refusal } from "./refusal.js";

const DATE = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
const MOMENT = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/;
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]/;
const BREAK = /[\n\u2028\u2029]/;
const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/;

export function checkFields(what, value, checks) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Refusal("field", { field: what });
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(checks, name)) throw new Refusal("unknown-field", { field: name.slice(0, 60) });
  }
  for (const [name, check] of Object.entries(checks)) {
    if (!Object.hasOwn(value, name)) throw new Refusal("missing-field", { field: name });
    if (!check(value[name])) throw new Refusal("field", { field: name });
  }
  return value;
}

export const one = (value) => value === 1;
export const oneOf = (...choices) => (value) => choices.includes(value);
export const nothing = (value) => value === null;
export const optional = (check) => (value) => value === null || check(value);
export const listOf = (check, least, most) => (value) =>
  Array.isArray(value) && value.length >= least && value.length <= most && value.every(check);
export const bool = (value) => typeof value === "boolean";
export const whole = (value) => Number.isSafeInteger(value) && value >= 0;
export const letters = (least, most) => (value) => {
  if (typeof value !== "string" || CONTROL.test(value)) return false;
  const length = [...value].length;
  return length >= least && length <= most;
};
export const line = (least, most) => {
  const isText = letters(least, most);
  return (value) => isText(value) && !BREAK.test(value);
};
export const hex = (length) => (value) => holds(() => fromHex(value, length));
export const hash = hex(32);
export const base64 = (length) => (value) => holds(() => fromBase64(value, length));
export const day = (value) => typeof value === "string" && DATE.test(value) && isDay(value);
export const moment = (value) =>
  typeof value === "string" && MOMENT.test(value) && isDay(value.slice(0, 10)) && !Number.isNaN(Date.parse(value));

export function decimal(text) {
  if (!DECIMAL.test(text) || !Number.isSafeInteger(Number(text))) throw new Refusal("not-decimal");
  return Number(text);
}

function holds(read) {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

function isDay(text) {
  const moment = new Date(`${text}T00:00:00Z`);
  return text >= "0001" && !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(text);
}
