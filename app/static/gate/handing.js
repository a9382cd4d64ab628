// Handing the queue of a phone that stays offline over: as a file for the desk, or as squares for another paired phone.
import encodeQR from "../_vendor/qr_encoder.js";
import { fromBase64, hex } from "./ticket_code.js";

const MARK = "BON-SCANS/1 "; // what begins a square; no ticket does
const A_SQUARE = 900; // characters that a cheap camera still reads off a screen
const KINDS = { nonce: "string", wall: "number", at: "number", event: "number" };

const offsetOf = (book) => Math.round(book.clock.offset / 1000);

/** When it was by this phone's clock as the file's offset understands it. */
const atOf = (book, entry, offset) => {
  const moment = book.clock.momentOf(entry);
  return new Date(moment === null ? entry.wall : moment - offset * 1000).toISOString();
};

/** The queue as the desk takes it: each phone's own scans under its own device. */
const fileOf = (book, scanOf) => {
  const offset = offsetOf(book),
    phones = new Map();
  for (const entry of book.queue) {
    const device = entry.device ?? book.facts.device?.id ?? "";
    if (!phones.has(device)) phones.set(device, { device, clock_offset: offset, scans: [], walk_ins: [] });
    const phone = phones.get(device);
    try {
      if (entry.kind === "scan") phone.scans.push({ ...scanOf(entry), scanned_at: atOf(book, entry, offset) });
      else
        phone.walk_ins.push({
          nonce: entry.nonce,
          size: entry.size,
          children: entry.children,
          at: atOf(book, entry, offset),
        });
    } catch {
      phone.scans.push(entry); // unreadable here; the desk says so
    }
  }
  return JSON.stringify({ phones: [...phones.values()] });
};

let made = ""; // the last file's address: as large as the queue

/** {file, squares, square(n)}: the file's address, how many squares there are (none after this phone's time), and each as SVG. */
export const handOver = async (book, scanOf) => {
  const entries = book.queue.map(({ key, stuck, ...entry }) => ({ ...entry, corrected: book.clock.momentOf(entry) }));
  const sheets = book.facts.handing
    ? await Promise.all(inSheets(entries, offsetOf(book)).map((text) => signed(book, text)))
    : [];
  if (made) URL.revokeObjectURL(made);
  made = URL.createObjectURL(new Blob([fileOf(book, scanOf)], { type: "application/json" }));
  return {
    file: made,
    squares: sheets.length,
    square: (at) => encodeQR(sheets[at], "svg", { ecc: "low" }),
  };
};

const macOf = async (book, text) => {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", fromBase64(book.facts.handing), algorithm, false, ["sign"]);
  return hex(new Uint8Array(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text))).slice(0, 12));
};

const signed = async (book, text) => `${MARK}${await macOf(book, text)} ${text}`;

const inSheets = (entries, offset) => {
  const sheets = [];
  let held = [];
  const text = (some) => JSON.stringify({ offset, entries: some });
  for (const entry of entries) {
    if (held.length && text([...held, entry]).length > A_SQUARE) {
      sheets.push(text(held));
      held = [];
    }
    held.push(entry);
  }
  return held.length ? [...sheets, text(held)] : sheets;
};

/**
 * Takes the scans of a square into this phone's queue; null for anything else. What arrives twice counts once.
 * Only phones of the same event can have signed it: nobody in the queue can hand over what never happened.
 */
export const takeOver = async (book, text) => {
  if (!text.startsWith(MARK)) return null;
  const [, mac, json] = /^([0-9a-f]{24}) (.*)$/s.exec(text.slice(MARK.length)) ?? [];
  if (!mac || !book.facts.handing || (await macOf(book, json)) !== mac) return { other: true, number: 0 };
  const handed = JSON.parse(json),
    known = new Set(book.queue.map((entry) => entry.nonce));
  const sound = handed.entries.filter(
    (entry) => entry.event === book.event && Object.entries(KINDS).every(([name, kind]) => typeof entry[name] === kind),
  );
  for (const entry of sound) {
    if (known.has(entry.nonce)) continue;
    await book.enqueue({ ...entry, corrected: entry.corrected ?? entry.wall + handed.offset * 1000 });
  }
  return { number: sound.length, other: !sound.length };
};
