// What an event says beyond its leaf: an object of its own form for each type, committed to like an opening.
import { bool, checkFields, day, hash, letters, line, listOf, one, oneOf, optional, whole } from "./fields.js";
import { canonical } from "./json.js";
import { isPath, MOST_FILES } from "./manifests.js";

const HANDLE = line(1, 64);
const NAME = line(1, 200);
const STATEMENT = letters(1, 4000);
const REASON = letters(0, 2000);

export const DETAILS = {
  consent: { author: whole, id_commit: hash },
  reveal: { scope: oneOf("public", "file", "person"), paths: optional(listOf(isPath, 1, MOST_FILES)), to: optional(HANDLE) },
  embargo: { until: optional(day), mode: oneOf("remind", "reveal") },
  assign: { to: optional(HANDLE), to_name: NAME, note: REASON },
  accept: { assign: hash },
  licence: { to_name: NAME, terms: STATEMENT, exclusive: bool, until: optional(day) },
  withdraw: { reason: REASON },
  dispute: { statement: STATEMENT, own_record: optional(hash) },
  answer: { dispute: hash, statement: STATEMENT },
  "key-rotate": { reason: REASON },
};

export const makeDetails = (type, fields) =>
  canonical(checkFields("details", { v: 1, ...fields }, { v: one, record: hash, ...DETAILS[type] }));
