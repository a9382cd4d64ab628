"""`bon backup`, `bon restore` and `bon move`."""

import argparse
import os
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from app.accounts.actions import end_every_session
from app.activity.record import RULE
from app.care import backup as backups
from app.care.archive import BackupHead
from app.care.erased import NAME, note_erased, read_log
from app.care.purge import forget_counted
from app.database.connection import DatabaseError, Engine, current, now, opened
from app.database.engines import engine_for
from app.database.key_check import require_matching_secret
from app.database.migrations import known_migrations, migrate, pending, seen_migrations
from app.database.ready import ready
from app.database.rows import uuid_of
from app.database.snapshot import filling
from app.events.feed_changes import calendars_ask_anew
from app.i18n.operators import Failed
from app.registrations.actions import erase
from app.seats.renumber import renumber
from app.security.keyring import load, parse, put_back, text_of
from app.security.sealing import ENDED
from app.settings import Settings, read
from app.webhooks.rules import MOST_TRIES, NEVER
from models.registrations import Registration
from models.states import MessageState, RegistrationState

BATCH = 500
WAITING = {MessageState.QUEUED.value, MessageState.SENDING.value}


async def backup(arguments: argparse.Namespace, settings: Settings) -> int:
    """Copy everything into one encrypted file, while Bon serves."""
    passphrase, path = _passphrase(settings), Path(arguments.path)
    into_folder = path.is_dir()  # noqa: ASYNC240 - a command: nobody else waits
    if into_folder:
        path = path / now().strftime(backups.PATTERN)
    if passphrase in text_of(settings):
        raise Failed("BON_BACKUP_PASSPHRASE must be nothing of the secret: whoever learns one would have both.")
    keyring = load(settings)
    async with opened(engine_for(settings)):
        if await pending():
            raise DatabaseError("Migrations are pending: run `bon migrate` first.")
        await require_matching_secret(keyring)
        await note_erased(settings.data_dir)
        counted = await backups.back_up(path, passphrase, text_of(settings))
    gone = backups.remove_old(path.parent, timedelta(days=arguments.keep)) if into_folder else []
    size = path.stat().st_size / 1_000_000
    print(f"{path}: {_counts(counted)}, {size:.1f} MB, read through.")
    if gone:
        print(f"{len(gone)} older backups were removed.")
    return 0


def _passphrase(settings: Settings) -> str:
    if not settings.backup_passphrase:
        raise Failed(
            "Set BON_BACKUP_PASSPHRASE (or BON_BACKUP_PASSPHRASE_FILE): it opens the backup, and nothing else does."
        )
    return settings.backup_passphrase


def _counts(counted: Counter[str]) -> str:
    return f"{counted.total()} rows, {counted['event']} events, {counted['registration']} registrations"


async def restore(arguments: argparse.Namespace, settings: Settings) -> int:
    """Fill an empty place from a backup, and erase anew whoever was erased since. Killed, it goes on another time."""
    passphrase, path = _passphrase(settings), Path(arguments.path)
    since = {**read_log(settings.data_dir / NAME), **_given(arguments.erased)}
    head = backups.head_of(path, passphrase)
    if settings.secret:
        _require_same_secret(settings, head)
    engine = engine_for(settings)
    async with opened(engine):
        if not (await seen_migrations() and await backups.is_restoring()):
            await _fill(engine, head, settings, path, since)
        await migrate()
        await require_matching_secret(load(settings))
        await renumber()
        await calendars_ask_anew()
        await end_every_session()
        erased = await _erase_anew(since)
        await note_erased(settings.data_dir)
        await backups.restored()
    print(f"{path} of {head.made_at:%Y-%m-%d %H:%M} UTC is restored.")
    print(f"{erased} parties that were erased since were erased again.")
    print("Messages that waited then are held back: the desk offers to try them again.")
    print("Everybody at the desk logs in anew. What was taken from somebody since is there again: look at")
    print("`bon account list` and `bon token list`. Then `bon doctor`, and serve.")
    return 0


async def _fill(engine: Engine, head: BackupHead, settings: Settings, path: Path, since: dict[UUID, object]) -> None:
    """Everything or nothing: who was erased since opens not even for a moment, and nothing waits to be sent."""
    moment = now()

    def change(table: str, row: dict[str, Any]) -> dict[str, Any]:
        if table == "data_key" and row["subject"] in since:
            return {**row, "sealed_key": ENDED}
        if table == "message" and row["state"] in WAITING:
            return {**row, "state": MessageState.FAILED.value, "error": "restored", "ended_at": moment}
        if table == "delivery" and row["delivered_at"] is None:
            return {**row, "attempts": MOST_TRIES, "not_before": NEVER, "error": "restored"}
        if table == "announcement" and row["fanned_at"] is None and row["not_before"] <= moment:
            return {**row, "stopped_at": row["stopped_at"] or moment}
        return row

    await _require_schema(head)
    async with filling(engine) as database:
        if await database.is_taken():
            raise Failed("This database is not empty, and a restore overwrites nothing. Move it away, or make another.")
        if not settings.secret and put_back(settings, head.secret):
            print("The secret that was there is kept beside the new one: see `secret.before-restore`.")
        counted = await backups.fill_from(path, _passphrase(settings), database, change)
    print(f"{_counts(counted)} were read.")


def _require_same_secret(settings: Settings, head: BackupHead) -> None:
    mine, theirs = parse(settings.secret), parse(head.secret)
    if any(each not in mine or mine.key("key-check", each) != theirs.key("key-check", each) for each in theirs.ids):
        raise Failed(
            "BON_SECRET is not the one that this backup's names and tickets depend on. Unset it: the backup brings"
            " its own."
        )


async def _require_schema(head: BackupHead) -> None:
    """The tables as they were when the backup was made: what came since is done to its rows afterwards."""
    seen = await seen_migrations()
    if set(seen) - set(head.migrations):
        raise Failed("This database has newer tables than the backup. Make a new, empty one: it is brought up to date.")
    last = max(head.migrations)
    await migrate("all" if last == known_migrations()[-1] else last)


def _given(path: str) -> dict[UUID, object]:
    if not path:
        return {}
    try:
        found = read_log(Path(path), must=True)
    except OSError as error:
        raise Failed(f"{path} cannot be read: {error.strerror}.") from error
    if not found and Path(path).stat().st_size:
        raise Failed(f"{path} is no erased.log: a line is an id and a time.")
    return dict(found)


async def _erase_anew(ids: dict[UUID, object]) -> int:
    """Erase whoever of these is not: their places are free again, or, once the event is over, were counted."""
    everyone, erased = list(ids), 0
    for first in range(0, len(everyone), BATCH):
        some = Registration.id.is_in(everyone[first : first + BATCH])
        wanted = Registration.select(
            Registration.id, Registration.event, Registration.event.ends_at.as_alias("ends_at")
        )
        over = dict[UUID, list[UUID]]()
        for row in await wanted.where(some, Registration.state != RegistrationState.ERASED.value):
            if row["ends_at"] > now():
                await erase(uuid_of(row["id"]), RULE)
            else:
                over.setdefault(uuid_of(row["event"]), []).append(uuid_of(row["id"]))
            erased += 1
        for event, parties in over.items():
            await forget_counted(event, parties)
    return erased


async def move(arguments: argparse.Namespace, settings: Settings) -> int:
    """Copy everything into another, empty database, compare the counts, and say what comes next."""
    environ = {name: value for name, value in os.environ.items() if name != "BON_DATABASE_URL_FILE"}
    other_url = read({**environ, "BON_DATABASE_URL": arguments.target}).database_url
    target = msgspec.structs.replace(settings, database_url=other_url)
    if target.database_url == settings.database_url:
        raise Failed("This is the database that Bon uses already.")
    async with ready(target):
        pass
    source, other = engine_for(settings), engine_for(target)
    async with opened(source):
        if await pending():
            raise DatabaseError("Migrations are pending: run `bon migrate` first.")
        await require_matching_secret(load(settings))
        async with filling(other) as database:
            if await database.is_taken():
                raise Failed("The other database is not empty: a move overwrites nothing.")
            counted = await backups.copy_into(database)
            if wrong := {table: each for table, each in counted.items() if each[0] != each[1]}:
                raise Failed(f"The counts differ ({wrong}): nothing was kept there.")
        kind = current().engine_type
    rows = sum(read for read, _ in counted.values())
    print(f"{rows} rows of {len(counted)} tables were copied from {kind}, and counted.")
    print("What was written since is not there: Bon must have been stopped.")
    print("Set BON_DATABASE_URL, run `bon doctor`, then serve.")
    print("Remove the old database once all is well: everybody's names stand in it, and nothing erases them there.")
    return 0
