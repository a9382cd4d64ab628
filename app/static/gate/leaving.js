// What a phone does with scans that wait, and how it stops being one of the gate's.
import { handOver } from "./handing.js";
import { notice, parts, say } from "./page.js";

export class Leaving {
  constructor(scanner) {
    this.scanner = scanner;
    parts["hand-over"].addEventListener("click", () => this.#handOver());
    parts.unpair.addEventListener("click", () => this.#unpair());
  }

  async #handOver() {
    if (!this.scanner.book.queue.length) {
      notice(say("nothing_waits"));
      return;
    }
    const handed = await handOver(this.scanner.book, (entry) => this.scanner.courier.scanOf(entry));
    parts.download.href = handed.file;
    let at = 0;
    const draw = () => {
      parts.square.hidden = !handed.squares;
      if (!handed.squares) return;
      parts.square.innerHTML = handed.square(at);
      parts.sheet.textContent = say("square", { number: at + 1, all: handed.squares });
    };
    parts["next-square"].onclick = () => {
      at = (at + 1) % handed.squares;
      draw();
    };
    parts["next-square"].hidden = handed.squares < 2;
    draw();
    parts.handing.showModal();
  }

  async #unpair() {
    await this.scanner.courier.deliver();
    if (this.scanner.book.queue.length) {
      notice(say("unpair_waits", { number: this.scanner.book.queue.length }));
      return;
    }
    if (!confirm(say("unpair_sure"))) return;
    document.querySelector("form[action='/gate/unpair']").submit(); // the page that follows clears the phone
  }
}
