// A party's place in the roster and the keys of its name, from the registration number that only its tickets carry.
// The server's side, with the reasons, is app/gate/roster_seals.py.
import { fromBase64 } from "./ticket_code.js";

const ROUNDS = 50,
  REFERENCE = 16,
  BLOCK = 16;

const toBase64 = (bytes) =>
  btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

/** {reference, secret} of a registration number (hex) in an event. */
export const partySecrets = async (registration, event) => {
  const number = Uint8Array.from(registration.match(/../g), (pair) => parseInt(pair, 16));
  const salt = new Uint8Array([
    ...new TextEncoder().encode("bon roster"),
    event >> 16,
    (event >> 8) & 255,
    event & 255,
  ]);
  const key = await crypto.subtle.importKey("raw", number, "PBKDF2", false, ["deriveBits"]);
  const made = new Uint8Array(
    await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS }, key, 512),
  );
  return { reference: toBase64(made.slice(0, REFERENCE)), secret: made.slice(REFERENCE) };
};

/** What a scan may show of a party: {name, note}; empty for a seal that this secret does not open. */
export const open = async (secret, sealed) => {
  if (!sealed) return { name: "", note: "" };
  const raw = fromBase64(sealed),
    check = raw.slice(0, BLOCK);
  const aes = await crypto.subtle.importKey("raw", secret.slice(0, BLOCK), "AES-CTR", false, ["decrypt"]);
  const algorithm = { name: "AES-CTR", counter: check, length: 128 };
  const plain = new Uint8Array(await crypto.subtle.decrypt(algorithm, aes, raw.slice(BLOCK)));
  const hmac = await crypto.subtle.importKey("raw", secret.slice(BLOCK), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
  ]);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", hmac, plain)).slice(0, BLOCK);
  if (mac.some((byte, index) => byte !== check[index])) return { name: "", note: "" };
  const [name, note = ""] = new TextDecoder().decode(plain).split("\n");
  return { name, note };
};
