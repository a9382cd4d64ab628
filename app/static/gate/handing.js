// Handing the queue of a phone that stays offline over: as a file for the desk, or as squares for another paired phone.
import encodeQR from "./qr_encoder.js";

const MARK = "BON-SCANS/1 "; // what begins a square; no ticket does
const A_SQUARE = 900; // characters that a cheap camera still reads off a screen

const clock = (book) => Math.round((book.facts.offset ?? 0) / 1000);

/** {file, squares, square(n)}: the file's address, how many squares there are, and each as SVG. */
export const handOver = (book, scanOf) => {
  const device = book.facts.device?.id ?? "", at = (entry) => new Date(entry.wall).toISOString();
  const scans = book.queue.filter((entry) => entry.kind === "scan").map((entry) => ({ ...scanOf(entry), scanned_at: at(entry) }));
  const groups = book.queue.filter((entry) => entry.kind === "walk_in")
    .map((entry) => ({ nonce: entry.nonce, size: entry.size, children: entry.children, at: at(entry) }));
  const whole = JSON.stringify({ device, clock_offset: clock(book), scans, walk_ins: groups });
  const sheets = inSheets(book.queue.map(({ key, stuck, ...entry }) => entry), clock(book));
  return {
    file: URL.createObjectURL(new Blob([whole], { type: "application/json" })),
    squares: sheets.length,
    square: (at) => encodeQR(sheets[at], "svg", { ecc: "low" }),
  };
};

const inSheets = (entries, offset) => {
  const sheets = [];
  let held = [];
  const text = (some) => MARK + JSON.stringify({ offset, entries: some });
  for (const entry of entries) {
    if (held.length && text([...held, entry]).length > A_SQUARE) {
      sheets.push(text(held));
      held = [];
    }
    held.push(entry);
  }
  return held.length ? [...sheets, text(held)] : sheets;
};

/** Takes the scans of a square into this phone's queue; null for anything else. What arrives twice counts once. */
export const takeOver = async (book, text) => {
  if (!text.startsWith(MARK)) return null;
  let handed;
  try {
    handed = JSON.parse(text.slice(MARK.length));
  } catch {
    return null;
  }
  const ours = handed.entries?.every((entry) => entry.event === book.facts.event?.number);
  if (!ours) return { other: true, number: 0 };
  const known = new Set(book.queue.map((entry) => entry.nonce));
  for (const entry of handed.entries) {
    if (known.has(entry.nonce)) continue;
    await book.enqueue({ ...entry, corrected: entry.corrected ?? entry.wall + handed.offset * 1000 });
  }
  return { number: handed.entries.length };
};
