// Bytes that are not what they claim to be. `code` finds the sentence for whoever reads (see words.js).
export class Refusal extends Error {
  constructor(code, values = {}) {
    super(code);
    this.code = code;
    this.values = values;
  }
}
