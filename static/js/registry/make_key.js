// A key for a record that somebody hands over: its public half goes to the present owner, the whole of it stays here.
import { download } from "./evidence.js";
import { keepKey } from "./keeping.js";
import { keyFile, ownerKey } from "./keys.js";

const box = document.querySelector("[data-make-key]");

async function make() {
  const key = await ownerKey();
  await keepKey({ vkey: key.vkey, seed: key.seed, leafHash: null }).catch(() => {});
  download(new TextEncoder().encode(keyFile(key, null)), `guildhall-key-${key.vkey.split("+")[1]}.json`, "application/json");
  box.querySelector("[data-public-key]").value = key.vkey;
  box.querySelector("[data-made]").hidden = false;
  box.querySelector("[data-public-key]").select();
}

if (box && crypto.subtle) {
  box.hidden = false;
  box.querySelector("button").addEventListener("click", make);
}
