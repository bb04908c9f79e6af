// What this browser keeps for an account: the keys of its records, and signed leaves that have not been answered yet.
const NAME = "guildhall-registry";
const STORES = { keys: "vkey", unsent: "leafHash" };

let opened = null;

function store() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      for (const [name, keyPath] of Object.entries(STORES)) request.result.createObjectStore(name, { keyPath });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

// One request in a transaction of its own; done once it is on the disk.
async function ask(name, mode, make) {
  const database = await store();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(name, mode, { durability: "strict" });
    const request = make(transaction.objectStore(name));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

export const keepKey = (entry) => ask("keys", "readwrite", (keys) => keys.put(entry));
export const keyOf = (vkey) => ask("keys", "readonly", (keys) => keys.get(vkey));
export const keepUnsent = (entry) => ask("unsent", "readwrite", (unsent) => unsent.put(entry));
export const dropUnsent = (leafHash) => ask("unsent", "readwrite", (unsent) => unsent.delete(leafHash));

export async function unsentOf(user) {
  const all = await ask("unsent", "readonly", (unsent) => unsent.getAll());
  return all.filter((entry) => entry.user === user);
}
