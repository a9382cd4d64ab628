// A hand scanner types a code, whatever has the focus and whatever language the phone's keyboard is set to: the keys
// themselves are read beside what they are said to mean, and the code's own signature tells which reading is right.
const FORGET = 1000, // milliseconds between two keys of one code, at most
  QUIET = 400, // milliseconds without a key end a code that has no end of its own
  SUFFIX = 300, // milliseconds after a code in which its end may go on
  LONG = 1000; // characters
const WHOLE = /(^|[^a-z2-7])t\/[a-z2-7]{125}$|^[a-z2-7]{125}$/i;
const PLAIN = { Slash: "/", NumpadDivide: "/", Period: ".", Minus: "-", Semicolon: ";", Space: " " };
const SHIFTED = { Semicolon: ":", Slash: "?", Minus: "_" };
const SCRIPTS = { km: /[\u1780-\u17ff]/, th: /[\u0e00-\u0e7f]/, ko: /[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]/ };

/** The character of a key on the keyboard that scanners believe in. */
const onPlainKeyboard = ({ code = "", shiftKey }) => {
  const [, letter] = /^(?:Key|Digit|Numpad)([A-Z0-9])$/.exec(code) ?? [];
  return letter ?? (shiftKey ? SHIFTED[code] : undefined) ?? PLAIN[code] ?? "";
};

/** Which language a keyboard is set to that made this of a code: "km", "th", "ko", "other" or "" (none that is seen). */
export const keyboardOf = (text) =>
  Object.keys(SCRIPTS).find((each) => SCRIPTS[each].test(text)) ?? (/[^\x00-\x7f]/.test(text) ? "other" : "");

export class Keys {
  /** `took(typed, keys)`: a whole code, as it was typed and by its keys. */
  constructor(took) {
    this.took = took;
    this.last = this.doneAt = Number.NEGATIVE_INFINITY;
    this.#forget();
    document.addEventListener("keydown", (event) => this.#pressed(event), true);
  }

  #forget() {
    clearTimeout(this.quiet);
    this.typed = this.keys = "";
  }

  /** By their keys, what was typed until now. */
  take() {
    const { keys } = this;
    this.#forget();
    return keys;
  }

  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.repeat) return;
    const ends = event.key === "Enter" || event.key === "Tab";
    if (ends && !this.typed && !this.keys && event.timeStamp - this.doneAt < SUFFIX) {
      event.preventDefault(); // the rest of a code's end must press no button
      return;
    }
    if (event.timeStamp - this.last > FORGET) this.#forget();
    this.last = event.timeStamp;
    clearTimeout(this.quiet);
    if (ends) {
      // else it is a form's, or somebody moves about
      const free = !event.target.closest?.("input, textarea, select") && this.keys.length + this.typed.length > 10;
      if (!free && !this.#whole) return;
      event.preventDefault();
      this.#done();
      return;
    }
    if (event.key.length === 1) this.typed = (this.typed + event.key).slice(-LONG);
    this.keys = (this.keys + onPlainKeyboard(event)).slice(-LONG);
    if (this.#whole) this.quiet = setTimeout(() => this.#done(), QUIET);
  }

  get #whole() {
    return WHOLE.test(this.typed) || WHOLE.test(this.keys);
  }

  #done() {
    const { typed, keys } = this;
    this.#forget();
    this.doneAt = performance.now();
    this.took(typed || keys, keys);
  }
}
