"""Backups: everything at one instant, in one file, read through before it counts; and the way back."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from app.care.archive import FORMAT, BackupHead, TableHead, lines, written
from app.care.rules import release
from app.database.connection import current, now
from app.database.migrations import require_known
from app.database.snapshot import Filling, Shape, Values, in_chunks, reading, shapes, typed
from app.i18n.operators import Failed
from models.guards import Heartbeat

MARK, RESTORING = "backup", "restoring"
PART_KEPT = timedelta(days=1)
PATTERN = "bon-%Y%m%dT%H%M%SZ.tar"


async def back_up(path: Path, passphrase: str, secret: str) -> Counter[str]:
    """Write a backup to a new file; returns how many rows of each table it holds. Raises Failed."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        counted = await _write(part, passphrase, secret)
        found = _read_through(part, passphrase)
        if found != counted:
            raise Failed(f"The backup holds other rows than were written ({found - counted or counted - found}).")
        os.link(part, path)
        _fsync(path.parent)
    except FileExistsError as error:
        raise Failed(f"{path} is there already: a backup overwrites nothing.") from error
    except OSError as error:
        raise Failed(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        part.unlink(missing_ok=True)
    mark = Heartbeat(name=MARK, at=now(), waits=0)
    await Heartbeat.insert(mark).on_conflict(target=Heartbeat.name, action="DO UPDATE", values=[Heartbeat.at])
    return counted


async def last_backup() -> datetime | None:
    """When a backup was last made and read through, on whichever machine."""
    row = await Heartbeat.select(Heartbeat.at).where(Heartbeat.name == MARK).first()
    return row["at"] if row else None


async def _write(path: Path, passphrase: str, secret: str) -> Counter[str]:
    counted = Counter[str]()
    encode = msgspec.json.Encoder().encode
    async with reading(current()) as snapshot:
        head = BackupHead(FORMAT, now(), release(), await snapshot.migrations(), secret)
        with written(path, passphrase) as write:
            write(encode(head) + b"\n")
            for shape in shapes():
                write(encode(TableHead(shape.name, list(shape.columns))) + b"\n")
                async for rows in snapshot.rows(shape.name, shape.columns):
                    counted[shape.name] += len(rows)
                    write(b"".join(encode(row) + b"\n" for row in rows))
    return counted


def _fsync(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def remove_old(folder: Path, keep: timedelta) -> list[Path]:
    """Remove backups of this folder that are older by their names; others' files stay. Returns which went."""
    gone = []
    for path in folder.glob(".bon-*.part"):  # of a backup that was killed
        if path.stat().st_mtime < (now() - PART_KEPT).timestamp():
            path.unlink(missing_ok=True)
    for path in sorted(folder.glob("bon-*.tar")):
        try:
            made_at = datetime.strptime(path.name, PATTERN).replace(tzinfo=UTC)
        except ValueError:
            continue
        if made_at < now() - keep:
            path.unlink()
            gone.append(path)
    return gone


def head_of(path: Path, passphrase: str) -> BackupHead:
    """What a backup is of. Raises Failed, also where it is a newer release's."""
    with lines(path, passphrase) as given:
        head = _head(path, next(given, b""))
    require_known(head.migrations, "This backup was made")
    return head


def _head(path: Path, line: bytes) -> BackupHead:
    try:
        head = msgspec.json.decode(line, type=BackupHead)
    except msgspec.DecodeError as error:
        raise Failed(f"{path} is no backup of Bon.") from error
    if head.format != FORMAT:
        raise Failed(f"{path} was made by a newer release of Bon.")
    return head


def _read_through(path: Path, passphrase: str) -> Counter[str]:
    """Decrypt, unpack and decode the whole of it; returns its rows by table."""
    counted = Counter[str]()
    with lines(path, passphrase) as given:
        _head(path, next(given, b""))
        for shape, _, rows in _tables(given):
            counted[shape.name] += sum(1 for _ in rows)
    return counted


def _tables(given: Iterator[bytes]) -> Iterator[tuple[Shape, list[str], Iterator[Values]]]:
    """Each table with its columns and rows, which are to be read before the next one."""
    known = {shape.name: shape for shape in shapes()}
    waiting = [next(given, b"")]
    while waiting[0]:
        head = msgspec.json.decode(waiting.pop(), type=TableHead)
        shape = known[head.table]
        kinds = dict(zip(shape.columns, shape.kinds, strict=True))
        row_type: Any = tuple[tuple(kinds[column] for column in head.columns)]  # type: ignore[misc]
        yield shape, head.columns, _rows(given, msgspec.json.Decoder(row_type), waiting)


def _rows(given: Iterator[bytes], decoder: Any, waiting: list[bytes]) -> Iterator[Values]:
    for line in given:
        if not line.startswith(b"["):
            waiting.append(line)
            return
        yield decoder.decode(line)
    waiting.append(b"")


async def fill_from(
    path: Path, passphrase: str, database: Filling, change: Callable[[str, dict[str, Any]], dict[str, Any]]
) -> Counter[str]:
    """Put a backup's rows, as `change` makes them, into an empty database; returns how many of each table are there."""
    counted = Counter[str]()
    everything = [shape.name for shape in shapes()]
    with lines(path, passphrase) as given:
        _head(path, next(given, b""))
        await database.clear(reversed(everything))
        for shape, columns, rows in _tables(given):
            for some in in_chunks(rows):
                changed = (change(shape.name, dict(zip(columns, row, strict=True))) for row in some)
                await database.put(shape.name, columns, [tuple(row.values()) for row in changed])
            counted[shape.name] = await database.count(shape.name)
        await database.put("heartbeat", ("name", "at", "waits"), [(RESTORING, now(), 0)])
    return counted


async def is_restoring() -> bool:
    """Whether a restore has filled the database and is not through yet."""
    return await Heartbeat.exists().where(Heartbeat.name == RESTORING)


async def restored() -> None:
    """The restore is through."""
    await Heartbeat.delete().where(Heartbeat.name == RESTORING)


async def copy_into(database: Filling) -> dict[str, tuple[int, int]]:
    """Put every row of the open database into an empty one; returns for each table rows read, and there."""
    counted = dict[str, tuple[int, int]]()
    everything = shapes()
    async with reading(current()) as snapshot:
        await database.clear(reversed([shape.name for shape in everything]))
        for shape in everything:
            read = 0
            async for rows in snapshot.rows(shape.name, shape.columns):
                await database.put(shape.name, shape.columns, typed(shape, rows))
                read += len(rows)
            counted[shape.name] = read, await database.count(shape.name)
    return counted
