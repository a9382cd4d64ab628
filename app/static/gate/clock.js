// The time as the server has it, whatever is done to this phone's clock: a steady clock runs beside it.
const JUMP = 5000; // milliseconds

export class Clock {
  /** `offset`: what the phone's clock lacked when it was last measured, in milliseconds. */
  constructor(offset = 0) {
    this.offset = offset;
    this.turned = false; // since this page was opened
    this.known = false; // whether it was measured, or seen being turned, since then
    this.measuredAt = null; // by performance.now()
    this.turnedBy = () => {}; // told when somebody turned it
    this.#mark();
    document.addEventListener("visibilitychange", () => {
      this.#look();
      this.slept ||= document.hidden;
    });
  }

  #mark() {
    this.wall = Date.now();
    this.steady = performance.now();
    this.slept = document.hidden;
  }

  #look() {
    const jump = Date.now() - this.wall - (performance.now() - this.steady);
    // a sleeping phone's steady clock may stand still: then a step forward is time that went by
    const [slept, turned] = [this.slept, jump < -JUMP || (jump > JUMP && !this.slept)];
    this.#mark();
    if (turned) {
      this.offset -= jump;
      this.turned = this.known = true;
      this.measuredAt = null;
      this.turnedBy();
    } else if (slept && jump > JUMP) {
      this.known = false; // or it was turned meanwhile: the next measurement tells
      this.measuredAt = null;
    }
  }

  get now() {
    this.#look();
    return Date.now() + this.offset;
  }

  /** What another tab found out. */
  adopt(offset) {
    if (offset === this.offset) return;
    this.#mark();
    this.offset = offset;
    this.known = true;
  }

  /** What the server's clock said between `began` (by performance.now()) and now. */
  measured(serverNow, began) {
    this.#look();
    const half = (performance.now() - began) / 2;
    this.offset = serverNow + half - Date.now();
    this.measuredAt = performance.now();
    this.known = true;
  }

  /** When an entry of the queue was made, as the server has it; null where this phone's clock is all that is known. */
  momentOf(entry) {
    return entry.corrected ?? (this.turned ? entry.at : null);
  }

  /** Whether it was measured within so many milliseconds, and nobody turned it since. */
  isFresh(milliseconds) {
    this.#look();
    return this.measuredAt !== null && performance.now() - this.measuredAt < milliseconds;
  }
}
