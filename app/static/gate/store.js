// What the phone keeps, in IndexedDB: the roster, and the queue of scans that is sacred.
const NAME = "bon-gate",
  FORM = 1;

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const finished = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
    transaction.onerror = () => reject(transaction.error);
  });

export class Store {
  static async open() {
    const request = indexedDB.open(NAME, FORM);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("facts");
      request.result.createObjectStore("parties", { keyPath: "reference" });
      request.result.createObjectStore("queue", { keyPath: "key", autoIncrement: true });
    };
    const store = new Store();
    store.database = await done(request);
    store.database.onversionchange = () => store.database.close();
    return store;
  }

  /** Runs `act` on these tables in one transaction that is on the disk when the promise resolves. */
  async write(tables, act) {
    const transaction = this.database.transaction(tables, "readwrite", { durability: "strict" });
    const ended = finished(transaction);
    act(...tables.map((table) => transaction.objectStore(table)));
    await ended;
  }

  async facts() {
    const table = this.database.transaction("facts").objectStore("facts");
    const [keys, values] = await Promise.all([done(table.getAllKeys()), done(table.getAll())]);
    return Object.fromEntries(keys.map((key, index) => [key, values[index]]));
  }

  all(table) {
    return done(this.database.transaction(table).objectStore(table).getAll());
  }

  keepFacts(facts) {
    return this.write(["facts"], (table) => {
      for (const [name, value] of Object.entries(facts)) table.put(value, name);
    });
  }

  /** A page of the roster and how far it reaches: both or neither, so that a broken load goes on where it was. */
  keepPage(rows, revoked, facts, reset) {
    return this.write(["parties", "facts"], (parties, table) => {
      if (reset) parties.clear();
      for (const row of rows) parties.put({ reference: row[0], row });
      for (const reference of revoked) parties.delete(reference);
      for (const [name, value] of Object.entries(facts)) table.put(value, name);
    });
  }

  /** Puts an entry at the end of the queue; it is on the disk, with its key, when this resolves. */
  async enqueue(entry) {
    let key;
    await this.write(["queue"], (queue) => {
      const adding = queue.add(entry);
      adding.onsuccess = () => {
        key = adding.result;
      };
    });
    return { ...entry, key };
  }

  change(entry) {
    return this.write(["queue"], (queue) => queue.put(entry));
  }

  /** Delivered entries leave the queue in the same transaction in which the parties' rows take over what they did. */
  settle(delivered, changed, rows) {
    return this.write(["queue", "parties"], (queue, parties) => {
      for (const entry of delivered) queue.delete(entry.key);
      for (const entry of changed) queue.put(entry);
      for (const row of rows) parties.put({ reference: row[0], row });
    });
  }

  forgetRoster() {
    return this.write(["parties", "facts"], (parties, facts) => {
      parties.clear();
      facts.clear();
    });
  }
}
