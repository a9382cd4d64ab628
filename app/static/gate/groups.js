// People without tickets: counted by one tap, or as a group with its size and children.
import { notice, parts, root, say } from "./page.js";
import { signal, wake } from "./signals.js";

const numberIn = (text) => {
  const latin = text.trim().replace(/[០-៩]/g, (digit) => digit.codePointAt(0) - 0x17e0);
  return /^\d{1,5}$/.test(latin) ? Number(latin) : NaN;
};

export class Groups {
  constructor(scanner) {
    this.scanner = scanner;
    parts.one.addEventListener("click", () => {
      wake();
      this.count(1, 0);
    });
    parts.group.addEventListener("click", () => parts.grouping.showModal());
    parts["with-children"].addEventListener("change", () => {
      parts["children-field"].hidden = !parts["with-children"].checked;
    });
    for (const each of root.querySelectorAll("[data-size]")) {
      each.addEventListener("click", () => this.#group(Number(each.dataset.size)));
    }
    parts.grouping.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#group(numberIn(parts.size.value));
    });
  }

  async count(size, children) {
    const entry = this.scanner.entry({ kind: "walk_in", size, children });
    if (!this.scanner.rehearsal) {
      try {
        await this.scanner.book.enqueue(entry);
        this.scanner.troubles.delete("storage");
      } catch (error) {
        this.scanner.unkept(error);
        return;
      }
    }
    notice(say("counted", { number: size }));
    signal("admitted");
    if (!this.scanner.rehearsal) this.scanner.undo.offer(entry, say("counted", { number: size }));
    this.scanner.courier.deliver();
    this.scanner.draw();
  }

  #group(size) {
    const children = parts["with-children"].checked ? numberIn(parts.children.value || "1") : 0;
    const wrong = !(size >= 1 && size <= 1000)
      ? say("size_wrong")
      : !(children >= 0 && children <= size)
        ? say("children_wrong")
        : "";
    parts["group-wrong"].textContent = wrong;
    parts["group-wrong"].hidden = !wrong;
    if (wrong) return;
    parts.grouping.close();
    parts.size.value = parts.children.value = "";
    parts["with-children"].checked = false;
    parts["children-field"].hidden = true;
    this.count(size, children);
  }
}
