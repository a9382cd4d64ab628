// Taking back what was just done: for half a minute, as an entry of the queue like everything else.
import { notice, parts, say } from "./page.js";

const UNDO_FOR = 30; // seconds

export class Undo {
  constructor(scanner) {
    this.scanner = scanner;
  }

  offer(entry, what) {
    clearInterval(this.undoing);
    let seconds = UNDO_FOR;
    const tick = () => {
      parts.undo.textContent = say("undo", { what, seconds });
      parts.undo.hidden = seconds <= 0;
      if (seconds-- <= 0) clearInterval(this.undoing);
    };
    this.undoing = setInterval(tick, 1000);
    tick();
    parts.undo.onclick = () => this.take(entry);
  }

  async take(entry) {
    clearInterval(this.undoing);
    parts.undo.hidden = true;
    try {
      await this.scanner.book.enqueue(
        this.scanner.entry({
          kind: "scan",
          event: entry.event,
          undo: entry.nonce,
          of: { at: entry.at, admitted: entry.admitted ?? [] },
          direction: "in",
          rehearsal: Boolean(entry.rehearsal),
          offline: !this.scanner.courier.online,
          shown: "",
          reference: entry.reference,
        }),
      );
    } catch (error) {
      this.scanner.unkept(error);
      return;
    }
    this.scanner.verdict.hide();
    notice(say("undone"));
    this.scanner.courier.deliver();
    this.scanner.draw();
  }
}
