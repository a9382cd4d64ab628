"""A backup as a file: a tar of age files that other programs open too, with rows as JSON lines inside.

`key.age` is a key under the passphrase (scrypt); `rows.jsonl.zst.age` is everything, for that key; so rows stream
through whatever their number, and nothing of them is ever written in plain. The first line is the BackupHead; then
come each table's columns, followed by its rows.
"""

import io
import os
import sys
import tarfile
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any, cast

import msgspec
import pyrage

from app.i18n.operators import Failed

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

KEY, ROWS, WORDS = "key.age", "rows.jsonl.zst.age", "README.txt"
FORMAT = 1
LEVEL = 6  # of zstd
HOW = f"""A backup of Bon. `bon restore FILE` puts it into an empty place. By hand, with age, zstd and the passphrase:
age -d {KEY} > key && age -d -i key {ROWS} | zstd -d
"""


class BackupHead(msgspec.Struct, frozen=True):
    """What a backup is of: when, by which release, with which migrations, and the secret that opens what is sealed."""

    format: int
    made_at: datetime
    release: str
    migrations: list[str]
    secret: str


class TableHead(msgspec.Struct, frozen=True):
    """The table whose rows follow."""

    table: str
    columns: list[str]


Writer = Callable[[bytes], object]


@contextmanager
def written(path: Path, passphrase: str) -> Iterator[Writer]:
    """Write a new archive: what the block gives to the writer. Raises Failed where the place cannot be written."""
    identity = pyrage.x25519.Identity.generate()
    key = pyrage.passphrase.encrypt(str(identity).encode(), passphrase)
    try:
        with tempfile.TemporaryFile(dir=path.parent) as body:
            with _encrypting(body, identity) as plain, zstd.open(plain, "wb", level=LEVEL) as packed:
                yield packed.write
            _put_together(path, key, body)
    except OSError as error:
        raise Failed(f"{path} cannot be written: {error.strerror or error}.") from error


def _put_together(path: Path, key: bytes, body: IO[bytes]) -> None:
    size = body.seek(0, io.SEEK_END)
    body.seek(0)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "wb") as out:
        with tarfile.open(fileobj=out, mode="w") as tar:
            for name, content, length in (
                (WORDS, io.BytesIO(HOW.encode()), len(HOW.encode())),
                (KEY, io.BytesIO(key), len(key)),
                (ROWS, body, size),
            ):
                info = tarfile.TarInfo(name)
                info.size, info.mode = length, 0o600
                tar.addfile(info, content)
        out.flush()
        os.fsync(out.fileno())


def _in_thread(work: Callable[[], object]) -> Callable[[], BaseException | None]:
    """age streams between files, so it works beside us; what is given waits for it, and tells what went wrong."""
    failed = list[BaseException]()

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told to whoever waits
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def wait() -> BaseException | None:
        thread.join()
        return failed[0] if failed else None

    return wait


@contextmanager
def _encrypting(body: IO[bytes], identity: Any) -> Iterator[IO[bytes]]:
    """A stream whose bytes go encrypted into `body`. Raises OSError."""
    reads, writes = os.pipe()

    def encrypt() -> None:
        with os.fdopen(reads, "rb") as source:
            pyrage.encrypt_io(source, cast(io.BufferedIOBase, body), [identity.to_public()])

    wait = _in_thread(encrypt)
    try:
        with os.fdopen(writes, "wb") as plain:
            yield plain
    except BrokenPipeError:
        pass  # the thread says why
    if error := wait():
        raise OSError(str(error))


@contextmanager
def lines(path: Path, passphrase: str) -> Iterator[Iterator[bytes]]:
    """Read an archive line by line. Raises Failed: no such file, no backup, another passphrase, cut short, altered."""
    try:
        with _opened(path) as tar:
            key = tar.extractfile(KEY)
            body = tar.extractfile(ROWS)
            if key is None or body is None:
                raise KeyError(KEY)
            with (
                _decrypting(body, _identity(path, key.read(), passphrase), path) as plain,
                zstd.open(plain) as unpacked,
            ):
                yield iter(unpacked)
    except (tarfile.TarError, KeyError, zstd.ZstdError, EOFError) as error:
        raise _damaged(path, error) from error


def _opened(path: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(path)
    except FileNotFoundError as error:
        raise Failed(f"There is no {path}.") from error
    except OSError as error:
        raise Failed(f"{path} cannot be read: {error.strerror or error}.") from error


def _damaged(path: Path, error: Exception) -> Failed:
    return Failed(f"{path} is no backup of Bon, or it is damaged ({error}).")


def _identity(path: Path, key: bytes, passphrase: str) -> Any:
    try:
        return pyrage.x25519.Identity.from_str(pyrage.passphrase.decrypt(key, passphrase).decode())
    except pyrage.DecryptError as error:
        raise Failed(f"This passphrase does not open {path}: BON_BACKUP_PASSPHRASE must be the one of then.") from error
    except (pyrage.IdentityError, UnicodeDecodeError) as error:
        raise _damaged(path, error) from error


@contextmanager
def _decrypting(body: IO[bytes], identity: Any, path: Path) -> Iterator[IO[bytes]]:
    """What stands in `body`, opened. Raises Failed."""
    reads, writes = os.pipe()

    def decrypt() -> None:
        with os.fdopen(writes, "wb") as sink:
            pyrage.decrypt_io(cast(io.BufferedIOBase, body), sink, [identity])

    wait = _in_thread(decrypt)
    try:
        with os.fdopen(reads, "rb") as plain:
            yield plain
    finally:
        error = wait()
        if error and "roken pipe" not in str(error):  # whoever reads may stop early
            raise Failed(f"{path} is damaged: {error}.") from error
