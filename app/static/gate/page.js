// What the gate's modules share: the page's parts by name, its words, and small things that all of them make.
const WORDS = JSON.parse(document.querySelector("#words").textContent);
const language = document.documentElement.lang;

export const root = document.querySelector("#scanner");
export const parts = Object.fromEntries(
  [...root.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]),
);
export const words = WORDS;
const plural = new Intl.PluralRules(language);
// a sentence that counts has a form for each plural category; its first fact decides
const form = (text, facts) =>
  typeof text === "string" ? text : (text[plural.select(facts[text.other.match(/\{(\w+)\}/)[1]])] ?? text.other);
export const say = (word, facts = {}) =>
  form(WORDS[word] ?? word, facts).replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "");
export const pick = (texts) =>
  typeof texts === "string"
    ? texts
    : (texts?.[language] ?? texts?.km ?? texts?.en ?? Object.values(texts ?? {})[0] ?? "");
export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
export const newNonce = () =>
  [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export const button = (text, act, kind = "") => {
  const made = document.createElement("button");
  made.type = "button";
  made.className = kind;
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
};

let noticing;

/** A line that goes by itself. */
export const notice = (text) => {
  parts.notice.textContent = text;
  parts.notice.hidden = false;
  clearTimeout(noticing);
  noticing = setTimeout(() => {
    parts.notice.hidden = true;
  }, 4000);
};
