"""The secret of this installation: a current one and older ones by id, and the keys derived from them."""

import base64
import fcntl
import os
import re
import secrets
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.settings import Settings, SettingsError

MOST_SECRETS = 16  # a ticket carries its key id in four bits
LEAST_CHARACTERS = 32


class Keyring:
    """Derives 32-byte keys by purpose and key id (HKDF-SHA256 over the secret, the purpose as label).

    `current` is the id that new values carry; older ids still open what they made. A keyring that lies in a file is
    read anew when the file is another: a rotation reaches every process that serves.
    """

    def __init__(self, ring: dict[int, str], current: int, file: Path | None = None) -> None:
        self._file = file
        self._seen = _stamp(file)
        self._hold(ring, current)

    def _hold(self, ring: dict[int, str], current: int) -> None:
        self._derive = cache(self._derive_uncached)
        self._signer = cache(self._signer_uncached)
        self._cipher = cache(self._cipher_uncached)
        self._verifier = cache(self._verifier_uncached)
        self._ring = ring
        self.current = current

    async def reread(self) -> bool:
        """Take over what a rotation has written to the file; whether there was something. Half a file counts not."""
        stamp = _stamp(self._file)
        if self._file is None or stamp is None or stamp == self._seen:
            return False
        self.take_over(self._file.read_text(encoding="ascii").strip())
        self._seen = stamp
        return True

    def take_over(self, text: str) -> None:
        """Be the keyring that this text says; raises SettingsError with what is wrong, and stays as it is."""
        self._hold(*_read(text))

    def __contains__(self, key_id: int) -> bool:
        return key_id in self._ring

    @property
    def ids(self) -> tuple[int, ...]:
        """Every key id, the current one first."""
        return tuple(self._ring)

    def key(self, purpose: str, key_id: int | None = None) -> bytes:
        """The 32-byte key for a purpose; raises KeyError for an unknown id."""
        return self._derive(purpose, self.current if key_id is None else key_id)

    def _derive_uncached(self, purpose: str, key_id: int) -> bytes:
        kdf = HKDF(algorithm=SHA256(), length=32, salt=b"bon", info=purpose.encode())
        return kdf.derive(self._ring[key_id].encode())

    def cipher(self, purpose: str, key_id: int | None = None) -> AESGCM:
        """AES-256-GCM with the key for a purpose; raises KeyError for an unknown id."""
        return self._cipher(purpose, self.current if key_id is None else key_id)

    def _cipher_uncached(self, purpose: str, key_id: int) -> AESGCM:
        return AESGCM(self.key(purpose, key_id))

    def ticket_signer(self, key_id: int | None = None) -> Ed25519PrivateKey:
        """The Ed25519 key that signs tickets; raises KeyError for an unknown id."""
        return self._signer(self.current if key_id is None else key_id)

    def _signer_uncached(self, key_id: int) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.key("ticket", key_id))

    def ticket_verifier(self, key_id: int) -> Ed25519PublicKey:
        """The public half for a key id; raises KeyError for an unknown id."""
        return self._verifier(key_id)

    def _verifier_uncached(self, key_id: int) -> Ed25519PublicKey:
        return self.ticket_signer(key_id).public_key()


def load(settings: Settings) -> Keyring:
    """The keyring from BON_SECRET, else from the file in the data folder, which is made if there is none."""
    return Keyring(*_read(text_of(settings)), None if settings.secret else settings.data_dir / "secret")


def _stamp(file: Path | None) -> tuple[int, int] | None:
    """What tells that a file is another one."""
    try:
        found = file.stat() if file else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_ino) if found else None


def with_another(text: str) -> tuple[str, str]:
    """A keyring with one more secret: first as one that opens and does not seal yet, then as the present one.

    Raises SettingsError where there is no id left.
    """
    ring = parse(text)
    free = next((each for each in range(MOST_SECRETS) if each not in ring), None)
    if free is None:
        raise SettingsError(f"There are {MOST_SECRETS} secrets already, as many as a ticket can tell apart.")
    fresh = f"{free}:{base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()}"
    old = text if re.match(r"\d+:", text) else f"0:{text}"
    return f"{old},{fresh}", f"{fresh},{old}"


def half_rotated(text: str) -> str:
    """What a keyring becomes whose newest secret opens and does not seal yet; "" where there is no such."""
    ring, current = _read(text)
    newest = max(ring)
    if newest == current or not text.endswith(f"{newest}:{ring[newest]}"):
        return ""
    return ",".join(f"{each}:{ring[each]}" for each in (newest, *(each for each in ring if each != newest)))


def replace_file(settings: Settings, before: str, text: str) -> None:
    """Put another keyring in place of the file's; raises SettingsError where somebody else was first."""
    path = settings.data_dir / "secret"
    lock = os.open(path.with_name("secret.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path.read_text(encoding="ascii").strip() != before:
            raise SettingsError("Somebody else rotates the secret just now.")
        draft = path.with_name(f"secret.{os.getpid()}.next")
        draft.unlink(missing_ok=True)
        _create(draft, text)
        os.replace(draft, path)
    finally:
        os.close(lock)


def text_of(settings: Settings) -> str:
    """The keyring as it is written: of BON_SECRET, else of the file, which is made if there is none."""
    return settings.secret or _from_file(settings.data_dir / "secret")


def put_back(settings: Settings, text: str) -> bool:
    """Put this keyring into the data folder's file; another one that is there is kept beside it. Whether there was."""
    path = settings.data_dir / "secret"
    if path.exists() and path.read_text(encoding="ascii").strip() == text:
        return False
    other = path.exists()
    if other:
        os.replace(path, path.with_name("secret.before-restore"))
    _create(path, text)
    return other


def parse(text: str) -> Keyring:
    """Read `id:secret[,id:secret…]` or one plain secret (id 0); raises SettingsError with what is wrong."""
    return Keyring(*_read(text))


def _read(text: str) -> tuple[dict[int, str], int]:
    if not re.match(r"\d+:", text):
        text = f"0:{text}"
    ring: dict[int, str] = {}
    for part in text.split(","):
        key_id, _, secret = part.strip().partition(":")
        if not key_id.isascii() or not key_id.isdigit() or int(key_id) >= MOST_SECRETS:
            raise SettingsError(f"BON_SECRET: a keyring holds at most {MOST_SECRETS} secrets, with ids 0 to 15.")
        if int(key_id) in ring:
            raise SettingsError(f"BON_SECRET: the id {key_id} stands twice.")
        if len(secret) < LEAST_CHARACTERS:
            raise SettingsError(f"BON_SECRET: each secret needs at least {LEAST_CHARACTERS} characters.")
        ring[int(key_id)] = secret
    return ring, next(iter(ring))


def _from_file(path: Path) -> str:
    try:
        if not path.exists():
            _create(path)
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The secret in {path} cannot be read or made: {error}.") from error
    if not text:
        raise SettingsError(f"The secret in {path} is empty. Restore it from a backup: tickets depend on it.")
    return text


def _create(path: Path, text: str = "") -> None:
    """Write a new secret (or this one) beside `path` and link it into place: the first one wins, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"secret.{os.getpid()}.{secrets.token_hex(4)}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fresh = text or f"0:{base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()}"
        os.write(file, f"{fresh}\n".encode())
        os.fsync(file)
    finally:
        os.close(file)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first; its secret counts
    finally:
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
