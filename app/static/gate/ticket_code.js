// The ticket code (DESIGN.md 7), read and verified with public keys alone. The server's reader is app/security/ticket_code.py;
// both are held to the same vectors and to the same verdict on mutated codes.
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const LENGTH = 125,
  PAYLOAD = 14,
  VERSION = 1;
const ADDRESS = /^(?:[^]*\/)?T\/([^/?#]+)\/?(?:[?#][^]*)?$/i;
const WHOLE = new RegExp(`^[A-Z2-7]{${LENGTH}}$`);

export class NotATicket extends Error {
  constructor(code) {
    super(code);
    this.code = code; // "code_malformed", "code_unknown_key" or "code_forged"
  }
}

/** The base32 part of what a scanner read: scheme, host and letter case do not matter. */
export const bareCode = (text) => {
  const trimmed = text.replace(/^[ \t\r\n\v\f]+|[ \t\r\n\v\f]+$/g, "");
  const bare = ADDRESS.exec(trimmed)?.[1] ?? trimmed;
  return /^[\x00-\x7f]*$/.test(bare) ? bare.toUpperCase() : bare;
};

const unpacked = (bare) => {
  const bytes = new Uint8Array(78);
  let bits = 0,
    held = 0,
    at = 0;
  for (const character of bare) {
    held = ((held << 5) | ALPHABET.indexOf(character)) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      if (at < bytes.length) bytes[at++] = (held >> bits) & 0xff;
    }
  }
  return { bytes, canonical: (held & 1) === 0 };
};

export const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Bytes of URL-safe base64 without padding. */
export const fromBase64 = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (character) => character.charCodeAt(0));

const native = (() => {
  let known;
  return () =>
    (known ??= crypto.subtle.generateKey("Ed25519", false, ["verify", "sign"]).then(
      () => true,
      () => false,
    ));
})();

export const verifiers = {
  async native(key, signature, payload) {
    const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
    return crypto.subtle.verify("Ed25519", imported, signature, payload);
  },
  // older WebViews have no Ed25519 of their own
  async portable(key, signature, payload) {
    const { verifyAsync } = await import("../_vendor/noble_ed25519.js");
    return verifyAsync(signature, payload, key, { zip215: false }).catch(() => false);
  },
};

/** What a code says: {event, registration (hex), ticket, issue}; throws NotATicket. `keys`: id → public key (base64). */
export const decode = async (text, keys, verify = null) => {
  const bare = bareCode(text);
  if (!WHOLE.test(bare)) throw new NotATicket("code_malformed");
  const { bytes, canonical } = unpacked(bare);
  if (!canonical || bytes[0] >> 4 !== VERSION) throw new NotATicket("code_malformed");
  const key = keys[bytes[0] & 15];
  if (key === undefined) throw new NotATicket("code_unknown_key");
  const chosen = verify ?? ((await native()) ? verifiers.native : verifiers.portable);
  const genuine = await chosen(fromBase64(key), bytes.slice(PAYLOAD), bytes.slice(0, PAYLOAD));
  if (!genuine) throw new NotATicket("code_forged");
  return {
    bare,
    event: (bytes[1] << 16) | (bytes[2] << 8) | bytes[3],
    registration: hex(bytes.slice(4, 12)),
    ticket: bytes[12],
    issue: bytes[13],
  };
};
