// The worker that hashes files beside the page, a few small ones at a time, so that the page never freezes.
import { digest } from "./digests.js";

const AT_ONCE = 12;
const SMALL = 8 * 1024 * 1024;
const TELLS_EVERY = 100; // milliseconds

let done = 0; // bytes, of all that was sent so far
let told = 0;
let fresh = []; // hashes that the page has not been told of

addEventListener("message", ({ data: { files, oneGo } }) => hashAll(files, oneGo));

async function hashAll(files, oneGo) {
  const large = files.filter(({ file }) => file.size > SMALL);
  const small = files.filter(({ file }) => file.size <= SMALL);
  async function work(queue) {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const hashed = await digest(next.file, { progress, oneGo });
      fresh.push([next.at, hashed]);
    }
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, () => work(small)));
    await work(large);
    tell({ isFinished: true });
  } catch (error) {
    postMessage({ failed: String(error?.message ?? error) });
  }
}

function progress(bytes) {
  done += bytes;
  if (performance.now() - told > TELLS_EVERY) tell();
}

function tell(more = {}) {
  postMessage({ done, fresh, ...more });
  told = performance.now();
  fresh = [];
}
