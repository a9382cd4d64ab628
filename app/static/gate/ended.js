// On the page of a phone whose time is over, or that is not paired: keys and names go at once, scans once delivered.
import { Book } from "./book.js";
import { Courier } from "./courier.js";
import { handOver } from "./handing.js";
import { Store } from "./store.js";

const root = document.querySelector("[data-ended]");

const end = async () => {
  const known = await indexedDB.databases?.();
  if (known && !known.some((each) => each.name === "bon-gate")) return;
  const store = await Store.open(),
    book = await Book.open(store);
  await book.end();
  const courier = new Courier(book, () => {});
  const round = async () => {
    await courier.deliver();
    root.hidden = !book.queue.length;
    root.querySelector("[data-number]").textContent = book.queue.length;
    if (book.queue.length) {
      root.querySelector("a").href = (await handOver(book, (entry) => courier.scanOf(entry))).file;
      return;
    }
    clearInterval(timer);
    store.close();
    indexedDB.deleteDatabase("bon-gate");
    await caches.delete("bon-gate-1");
  };
  const timer = setInterval(() => round().catch(() => {}), 4000);
  await round();
};

end().catch(() => {});
