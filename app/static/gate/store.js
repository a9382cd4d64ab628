// What the phone keeps, in IndexedDB: the roster, and the queue of scans that is sacred. All its tabs share it: what one
// of them changed, the others hear.
const NAME = "bon-gate",
  FORM = 1,
  TABLES = ["facts", "parties", "queue"];

export const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const finished = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new DOMException("aborted", "AbortError"));
  });

const opened = async () => {
  const request = indexedDB.open(NAME, FORM);
  let empty = false;
  request.onupgradeneeded = () => {
    empty = true;
    request.result.createObjectStore("facts");
    request.result.createObjectStore("parties", { keyPath: "reference" });
    request.result.createObjectStore("queue", { keyPath: "key", autoIncrement: true });
  };
  const database = await done(request);
  database.onversionchange = () => database.close(); // another tab deletes it, or a newer page changes its form
  return { database, empty };
};

/** One tab of the phone at a time; without locks, or when a lock does not come within `patience`, as if alone. */
export const alone = async (name, act, patience) => {
  if (!navigator.locks) return act();
  const controller = new AbortController(),
    timer = patience && setTimeout(() => controller.abort(), patience);
  let began = false;
  const begin = () => {
    began = true;
    clearTimeout(timer);
    return act();
  };
  try {
    return await navigator.locks.request(`bon-gate-${name}`, { signal: controller.signal }, begin);
  } catch (error) {
    if (began) throw error;
    return act();
  }
};

export class Store {
  /** Its `heard(change, mine)` is told what a tab has changed, this one or another. */
  static async open() {
    const store = new Store();
    store.database = (await opened()).database;
    store.heard = () => {};
    store.refill = () => {};
    if (window.BroadcastChannel) {
      store.channel = new BroadcastChannel(NAME);
      store.channel.onmessage = ({ data }) => store.heard(data, false);
    }
    return store;
  }

  async #begin(tables, mode) {
    const begin = () => this.database.transaction(tables, mode, { durability: "strict" });
    try {
      return begin();
    } catch (error) {
      if (error.name !== "InvalidStateError") throw error;
      const { database, empty } = await opened(); // the browser had closed it
      this.database = database;
      if (empty) await this.#refilled(); // or thrown it away
      return begin();
    }
  }

  async #refilled() {
    const transaction = this.database.transaction(TABLES, "readwrite", { durability: "strict" });
    const ended = finished(transaction);
    this.refill(Object.fromEntries(TABLES.map((table) => [table, transaction.objectStore(table)])));
    await ended;
  }

  /**
   * One transaction that is on the disk when the promise resolves. `act(tables)` waits for nothing but their requests
   * and returns what it changed, which every tab then hears: {facts, clear, reset, rows, revoked, put, removed, …}.
   */
  async write(tables, act) {
    const transaction = await this.#begin(tables, "readwrite");
    const ended = finished(transaction);
    let change;
    try {
      change = await act(Object.fromEntries(tables.map((table) => [table, transaction.objectStore(table)])));
    } catch (error) {
      ended.catch(() => {});
      try {
        transaction.abort();
      } catch {} // it had ended by itself
      throw error;
    }
    await ended;
    this.heard(change, true);
    this.channel?.postMessage(change);
    return change;
  }

  /** Everything, as of one moment: {facts, rows, queue}. */
  async all() {
    const transaction = await this.#begin(TABLES, "readonly");
    const [facts, parties, queue] = TABLES.map((table) => transaction.objectStore(table));
    const [names, values, rows, entries] = await Promise.all([
      done(facts.getAllKeys()),
      done(facts.getAll()),
      done(parties.getAll()),
      done(queue.getAll()),
    ]);
    return {
      facts: Object.fromEntries(names.map((name, index) => [name, values[index]])),
      rows: rows.map(({ row }) => row),
      queue: entries,
    };
  }

  /** The entries of the queue after this key. */
  async after(key) {
    const transaction = await this.#begin(["queue"], "readonly");
    return done(transaction.objectStore("queue").getAll(IDBKeyRange.lowerBound(key, true)));
  }

  close() {
    this.channel?.close();
    this.database.close();
  }
}
