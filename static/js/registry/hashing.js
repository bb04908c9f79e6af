// Hashing from the page's side: files go to the worker, hashes come back, and `signal` ends it at once.
import { Refusal } from "./refusal.js";

const AT_A_TIME = 256;

export const workerAt = (address) => () => new Worker(address, { type: "module" });

export const totalOf = (files) => files.reduce((sum, { size }) => sum + size, 0);

// Size and hashes of each of { file, size }, in their order. `progress({ done, total })` is called a few times a second.
// The worker gets some files at a time: handing over thousands at once would stop the page for a moment.
export function hashFiles(files, { startWorker, progress = () => {}, signal = null, oneGo = undefined }) {
  const total = totalOf(files);
  const worker = startWorker();
  return new Promise((resolve, reject) => {
    const hashed = new Array(files.length);
    let sent = 0;
    const end = (deed, value) => {
      worker.terminate();
      deed(value);
    };
    const sendSome = () => {
      const some = files.slice(sent, sent + AT_A_TIME).map(({ file }, at) => ({ file, at: sent + at }));
      sent += some.length;
      worker.postMessage({ files: some, oneGo });
    };
    signal?.addEventListener("abort", () => end(reject, signal.reason), { once: true });
    worker.onerror = () => end(reject, new Refusal("not-hashed"));
    worker.onmessage = ({ data }) => {
      if (data.failed) return end(reject, new Refusal("not-hashed", { why: data.failed }));
      for (const [at, one] of data.fresh) hashed[at] = one;
      progress({ done: data.done, total });
      if (!data.isFinished) return;
      if (sent < files.length) sendSome();
      else end(resolve, hashed);
    };
    sendSome();
  });
}

// Where a chosen file lies in its work: below the folder that was chosen, or by its bare name.
export function pathOf(file) {
  const path = file.path ?? (file.webkitRelativePath || file.name);
  return path.replaceAll("\\", "/").replace(/^\/+/, "").normalize("NFC");
}
