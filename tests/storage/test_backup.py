"""Backups: whole, sealed, read through; restored on either engine, with whoever was erased since erased again."""

import argparse
import asyncio
import contextlib
import io
import sys
import tarfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pyrage
import pytest

from app.accounts import actions as accounts
from app.activity.record import OPERATOR
from app.care import copies
from app.care.archive import lines
from app.care.backup import PATTERN, back_up, remove_old
from app.care.commands import doctor
from app.care.erased import NAME, note_erased, read_log
from app.cli import _prepare
from app.database.connection import DatabaseError, current, fetch, opened, use
from app.database.engines import engine_for
from app.database.migrations import known_migrations, migrate, pending
from app.database.snapshot import shapes
from app.i18n.operators import Failed
from app.security.sealing import ENDED
from app.settings import Settings, SettingsError
from tests.served import Served
from tests.world import PASSWORD, SECRET, World, festival, settings_for, soon

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PASSPHRASE = "lotus river buffalo seven"  # noqa: S105


def command(settings: Settings, name: str, **words: Any) -> str:
    """Run one of the commands in a process's own way; what it printed."""
    said = io.StringIO()
    arguments = argparse.Namespace(**{"keep": 14, "erased": "", **words})
    run = doctor if name == "doctor" else getattr(copies, name)
    with contextlib.redirect_stdout(said):
        code = asyncio.run(run(arguments, settings))
    assert code == 0, said.getvalue()
    return said.getvalue()


def guarded(settings: Settings, **more: Any) -> Settings:
    return msgspec.structs.replace(settings, backup_passphrase=PASSPHRASE, **more)


async def contents() -> dict[str, list[str]]:
    """Every table's rows as text, in order, whatever the engine; what a restore must change aside."""
    found = {}
    for shape in shapes():
        skipped = {"revision", "content_revision", "tallied_revision", "synced_to", "sequence", "modified_at"}
        wanted = [column for column in shape.columns if column not in skipped]
        rows = await fetch(f"SELECT {', '.join(wanted)} FROM {shape.name}")
        found[shape.name] = sorted(str([_plain(value) for value in row.values()]) for row in rows)
    del found["heartbeat"], found["claim"], found["key_check"]
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value if value.tzinfo is None else value.astimezone(UTC)).isoformat()
    if isinstance(value, str) and value[:1] in "{[":
        with contextlib.suppress(msgspec.DecodeError):
            return msgspec.json.decode(value)
    return value if isinstance(value, bool | int | float | bytes | type(None)) else str(value)


async def a_festival(world: World) -> list[dict[str, Any]]:
    """An event with buses and parties, one of which came; a draft; names in Khmer."""
    event = await world.event(capacity=40)
    made = [await world.party(event, 2, name=f"សុខ {index}") for index in range(5)]
    device = await world.gate(event)
    await world.scan(device, {"code": made[0]["tickets"][0]["code"], "direction": "in", "scanned_at": soon(0)})
    async with world.api("korea") as api:
        await api.post("/api/v1/events", json=festival(title={"km": "ព្រាង"}))
    return made


@pytest.fixture
async def lived_in(world: World) -> list[dict[str, Any]]:
    return await a_festival(world)


async def in_thread(settings: Settings, name: str, **words: Any) -> str:
    """A command beside the application that runs: in a process of its own it would have another engine in use."""
    engine = current()
    try:
        return await asyncio.to_thread(command, settings, name, **words)
    finally:
        use(engine)


def elsewhere(tmp_path: Path, kind: str, postgres_other: str) -> Settings:
    folder = tmp_path / "other"
    folder.mkdir()
    return guarded(settings_for(folder, "" if kind == "sqlite" else postgres_other), secret="")


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_what_was_backed_up_is_there_again_on_either_engine(
    world: World, lived_in: list[dict[str, Any]], kind: str, tmp_path: Path, postgres_other: str
) -> None:
    before = await contents()
    path = tmp_path / "bon.tar"
    said = await in_thread(guarded(world.settings), "backup", path=str(path))
    assert "5 registrations" in said
    place = elsewhere(tmp_path, kind, postgres_other)
    said = await in_thread(place, "restore", path=str(path))
    assert "is restored" in said
    engine = current()
    assert (place.data_dir / "secret").read_text().strip() == SECRET
    async with opened(engine_for(place)):
        after = await contents()
        revision = (await fetch("SELECT max(revision) AS top FROM event"))[0]["top"]
    use(engine)
    assert len(before.pop("session")) == 3
    assert after.pop("session") == []  # everybody logs in anew
    assert after == before
    assert revision > 1_000_000_000  # phones and calendars ask anew
    assert "All is well" in await in_thread(place, "doctor")


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_a_move_brings_every_row_into_the_other_engine(
    world: World, lived_in: list[dict[str, Any]], kind: str, tmp_path: Path, postgres_other: str
) -> None:
    before = await contents()
    place = elsewhere(tmp_path, kind, postgres_other)
    said = await in_thread(world.settings, "move", target=place.database_url)
    assert "were copied" in said
    engine = current()
    async with opened(engine_for(place)):
        assert await contents() == before
    use(engine)
    with pytest.raises(Failed, match="not empty"):
        await in_thread(world.settings, "move", target=place.database_url)
    with pytest.raises(Failed, match="uses already"):
        await in_thread(world.settings, "move", target=world.settings.database_url)


async def test_whoever_was_erased_after_the_backup_is_erased_again(
    world: World, lived_in: list[dict[str, Any]], tmp_path: Path
) -> None:
    path = tmp_path / "bon.tar"
    await in_thread(guarded(world.settings), "backup", path=str(path))
    async with world.stranger as stranger:
        gone = await stranger.post(f"/api/v1/registrations/{lived_in[0]['key']}/erase")
        assert gone.status_code == 200
    assert await note_erased(world.settings.data_dir) == 1
    assert await note_erased(world.settings.data_dir) == 0
    log = world.settings.data_dir / NAME
    assert list(read_log(log)) == [UUID(lived_in[0]["id"])]
    place = elsewhere(tmp_path, "sqlite", "")
    said = await in_thread(place, "restore", path=str(path), erased=str(log))
    assert "1 parties that were erased since were erased again" in said
    before = (await fetch("SELECT seats_taken FROM event WHERE state = 'published'"))[0]["seats_taken"]
    engine = current()
    async with opened(engine_for(place)):
        rows = await fetch("SELECT state FROM registration WHERE id = $1", UUID(lived_in[0]["id"]))
        assert rows[0]["state"] == "erased"
        after = await fetch("SELECT seats_taken FROM event WHERE state = 'published'")
        assert after[0]["seats_taken"] == before  # its places are free here, as they were there
    use(engine)
    assert UUID(lived_in[0]["id"]) in read_log(place.data_dir / NAME)


async def test_a_wrong_list_of_the_erased_stops_a_restore_before_it_begins(
    world: World, lived_in: list[dict[str, Any]], tmp_path: Path
) -> None:
    path = tmp_path / "bon.tar"
    await in_thread(guarded(world.settings), "backup", path=str(path))
    place = elsewhere(tmp_path, "sqlite", "")
    for wrong in (tmp_path / "typo.log", tmp_path, path):
        with pytest.raises(Failed, match=r"cannot be read|no erased\.log"):
            await in_thread(place, "restore", path=str(path), erased=str(wrong))
    assert not (place.data_dir / "bon.sqlite").exists()
    assert "is restored" in await in_thread(place, "restore", path=str(path))


async def test_a_restore_that_was_stopped_goes_on_and_opens_nobody_meanwhile(
    world: World, lived_in: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bon.tar"
    await in_thread(guarded(world.settings), "backup", path=str(path))
    gone = UUID(lived_in[0]["id"])
    async with world.stranger as stranger:
        await stranger.post(f"/api/v1/registrations/{lived_in[0]['key']}/erase")
    await note_erased(world.settings.data_dir)
    place = elsewhere(tmp_path, "sqlite", "")
    words = {"path": str(path), "erased": str(world.settings.data_dir / NAME)}

    async def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(copies, "renumber", killed)
    with pytest.raises(KeyboardInterrupt):
        await in_thread(place, "restore", **words)
    engine = current()
    async with opened(engine_for(place)):
        rows = await fetch("SELECT sealed_key FROM data_key WHERE subject = $1", gone)
        assert rows[0]["sealed_key"] == ENDED  # unreadable from the first moment
    use(engine)
    with pytest.raises(DatabaseError, match="A restore is not through"):
        await asyncio.to_thread(lambda: asyncio.run(_prepare(place)))
    use(engine)
    monkeypatch.undo()
    assert "1 parties that were erased since" in await in_thread(place, "restore", **words)
    async with opened(engine_for(place)):
        assert await fetch("SELECT id FROM session") == []  # whoever was logged out since stays so
        assert await fetch("SELECT feed FROM feed_stamp") == []
        assert (await fetch("SELECT min(sequence) AS low FROM event"))[0]["low"] >= 1_000
    use(engine)
    assert "All is well" in await in_thread(place, "doctor")


def test_the_log_of_the_erased_bears_power_cuts_and_clocks(tmp_path: Path) -> None:
    log = tmp_path / NAME
    whole = "c0726da4-1172-4cbb-901e-7a79c49ced65 2026-11-29T12:01:00.123456+00:00"
    log.write_text(f"{whole}\n83dc3acc-6d40-458d-83f0-ccf9650dbb2a 2026-11-29T12:01:00.12345")
    assert list(read_log(log)) == [UUID(whole.split(maxsplit=1)[0])]


async def test_what_comes_after_half_a_line_or_a_future_one_is_noted(world: World) -> None:
    event = await world.event()
    party = await world.party(event)
    log = world.settings.data_dir / NAME
    log.write_text("c0726da4-1172-4cbb-901e-7a79c49ced65 2099-01-01T00:00:00+00:00\n83dc3acc-6d40")
    async with world.stranger as stranger:
        await stranger.post(f"/api/v1/registrations/{party['key']}/erase")
    assert await note_erased(world.settings.data_dir) == 1
    assert UUID(party["id"]) in read_log(log)


async def test_a_restore_overwrites_nothing(world: World, lived_in: list[dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "bon.tar"
    settings = guarded(world.settings)
    await in_thread(settings, "backup", path=str(path))
    before = await contents()
    with pytest.raises(Failed, match="not empty"):
        await in_thread(settings, "restore", path=str(path))
    assert await contents() == before
    with pytest.raises(Failed, match="overwrites nothing"):
        await in_thread(settings, "backup", path=str(path))


@pytest.mark.parametrize("harm", ["passphrase", "cut", "flipped", "text", "missing"])
async def test_a_harmed_backup_is_said_so_and_changes_nothing(
    world: World, lived_in: list[dict[str, Any]], harm: str, tmp_path: Path
) -> None:
    path = tmp_path / "bon.tar"
    await in_thread(guarded(world.settings), "backup", path=str(path))
    place = elsewhere(tmp_path, "sqlite", "")
    raw = bytearray(path.read_bytes())
    with tarfile.open(path) as tar:
        rows = tar.getmember("rows.jsonl.zst.age")
    middle = rows.offset_data + rows.size // 2
    words = "damaged|no backup"
    if harm == "passphrase":
        place = msgspec.structs.replace(place, backup_passphrase="another one altogether")
        words = "does not open"
    elif harm == "cut":
        path.write_bytes(raw[:middle])
    elif harm == "flipped":
        raw[middle] ^= 1
        path.write_bytes(raw)
    elif harm == "text":
        path.write_text("no backup at all")
    else:
        path.unlink()
        words = "There is no"
    with pytest.raises(Failed, match=words):
        await in_thread(place, "restore", path=str(path))
    engine = current()
    async with opened(engine_for(place)):
        await migrate()
        assert await fetch("SELECT id FROM registration") == []
        assert await fetch("SELECT id FROM account") == []
    use(engine)


async def test_nothing_of_it_is_readable_and_other_programs_open_it(
    world: World, lived_in: list[dict[str, Any]], tmp_path: Path
) -> None:
    path = tmp_path / "bon.tar"
    await in_thread(guarded(world.settings), "backup", path=str(path))
    assert path.stat().st_mode & 0o777 == 0o600
    raw = path.read_bytes()
    for word in (b"Suwon", b"registration", SECRET.encode(), lived_in[0]["short_code"].encode()):
        assert word not in raw
    with tarfile.open(path) as tar:
        key, rows = (tar.extractfile(name) for name in ("key.age", "rows.jsonl.zst.age"))
        assert key is not None
        assert rows is not None
        identity = pyrage.x25519.Identity.from_str(pyrage.passphrase.decrypt(key.read(), PASSPHRASE).decode())
        plain = zstd.decompress(pyrage.decrypt(rows.read(), [identity]))
    assert b"Suwon" in plain
    assert lived_in[0]["short_code"].encode() in plain


@pytest.mark.parametrize("what", ["folder", "no identity", "no text"])
async def test_what_is_no_backup_is_refused_in_words(world: World, tmp_path: Path, what: str) -> None:
    path = tmp_path / "a.tar"
    if what == "folder":
        path.mkdir()
    else:
        inside = b"nothing of the kind" if what == "no identity" else b"\xff\xfe"
        with tarfile.open(path, "w") as tar:
            for name, content in (
                ("key.age", pyrage.passphrase.encrypt(inside, PASSPHRASE)),
                ("rows.jsonl.zst.age", b""),
            ):
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    told = "cannot be read" if what == "folder" else "no backup of Bon"
    with pytest.raises(Failed, match=told), lines(path, PASSPHRASE) as read:
        list(read)


async def test_the_passphrase_is_asked_for_and_is_nothing_of_the_secret(world: World, tmp_path: Path) -> None:
    with pytest.raises(Failed, match="BON_BACKUP_PASSPHRASE"):
        await in_thread(world.settings, "backup", path=str(tmp_path / "a.tar"))
    with pytest.raises(SettingsError, match="nothing of BON_SECRET"):
        settings_for(tmp_path, BON_BACKUP_PASSPHRASE="t" * 20)
    with pytest.raises(SettingsError, match="16 characters"):
        settings_for(tmp_path, BON_BACKUP_PASSPHRASE="short")
    file_only = msgspec.structs.replace(guarded(world.settings), secret="", backup_passphrase="s" * 20)
    (tmp_path / "secret").write_text("0:" + "s" * 40)
    with pytest.raises(Failed, match="nothing of the secret"):
        await in_thread(file_only, "backup", path=str(tmp_path / "a.tar"))


def test_older_backups_go_and_other_files_stay(tmp_path: Path) -> None:
    moment = datetime.now(UTC)
    kept = [tmp_path / (moment - timedelta(days=days)).strftime(PATTERN) for days in (0, 13)]
    old = [tmp_path / (moment - timedelta(days=days)).strftime(PATTERN) for days in (15, 400)]
    others = [tmp_path / "bon-ours.tar", tmp_path / "photos.tar"]
    for each in (*kept, *old, *others):
        each.write_text("x")
    assert sorted(remove_old(tmp_path, timedelta(days=14))) == sorted(old)
    assert sorted(tmp_path.iterdir()) == sorted((*kept, *others))


async def test_a_newer_database_or_backup_is_refused(world: World, tmp_path: Path) -> None:
    path = tmp_path / "bon.tar"
    await fetch("INSERT INTO migration (name, app_name) VALUES ('m9999_later', 'models')")
    try:
        with pytest.raises(DatabaseError, match="newer release"):
            await migrate()
        async with world.stranger as stranger:
            ready = await stranger.get("/readyz")
            assert (ready.status_code, "newer" in ready.text) == (503, True)
        with pytest.raises(DatabaseError, match="newer release"):
            await in_thread(guarded(world.settings), "backup", path=str(path))
    finally:
        await fetch("DELETE FROM migration WHERE name = 'm9999_later'")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_backup_under_load_is_of_one_instant(kind: str, tmp_path: Path, postgres_other: str) -> None:
    """Two processes book while `bon backup` runs: what is restored recounts, and nobody was sent away meanwhile."""
    with Served(tmp_path / "here", postgres_other if kind == "postgres" else "") as served:
        served.env["BON_BACKUP_PASSPHRASE"] = PASSPHRASE
        served.token = served.staff()
        served.start("--workers", "2")
        head = {"authorization": f"Bearer {served.token}"}
        with httpx.Client(base_url=served.base, timeout=30) as client:
            event = client.post("/api/v1/events", json=festival(capacity=None), headers=head).json()
            client.post(f"/api/v1/events/{event['slug']}/publish", headers=head)
        made = Counter[int]()

        async def book(done: asyncio.Event) -> None:
            async with httpx.AsyncClient(base_url=served.base, timeout=30) as client:
                while not done.is_set():
                    answer = await client.post(
                        f"/api/v1/events/{event['slug']}/registrations", json={"name": "Sok", "party": 3}
                    )
                    made[answer.status_code] += 1

        async def both() -> None:
            done = asyncio.Event()
            booking = [asyncio.create_task(book(done)) for _ in range(4)]
            for number in range(2):
                await asyncio.to_thread(served.bon, "backup", str(tmp_path / f"{number}.tar"))
            done.set()
            await asyncio.gather(*booking)

        asyncio.run(both())
        assert set(made) == {201}
        for number in range(2):
            there = Served(tmp_path / f"there{number}")
            there.env["BON_BACKUP_PASSPHRASE"] = PASSPHRASE
            (tmp_path / f"there{number}").mkdir()
            there.bon("restore", str(tmp_path / f"{number}.tar"))
            assert "All is well" in there.bon("doctor").stdout


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_backup_of_an_older_release_is_brought_up_to_date(kind: str, tmp_path: Path, postgres_other: str) -> None:
    """Its tables are made as they were, filled, and only then go through what came since."""
    (tmp_path / "old").mkdir()
    old = guarded(settings_for(tmp_path / "old"))
    before_last = known_migrations()[-2]
    path = tmp_path / "old.tar"

    async def make() -> None:
        async with opened(engine_for(old)):
            await migrate(before_last)
            assert await pending() == known_migrations()[-1:]
            await accounts.add_account("old@bon.example", "Old", "hq", PASSWORD, OPERATOR)
            await back_up(path, PASSPHRASE, SECRET)

    asyncio.run(make())
    place = elsewhere(tmp_path, kind, postgres_other)
    assert "is restored" in command(place, "restore", path=str(path))

    async def look() -> tuple[list[str], list[Any]]:
        async with opened(engine_for(place)):
            return await pending(), await fetch("SELECT email FROM account")

    waiting, rows = asyncio.run(look())
    assert waiting == []
    assert [row["email"] for row in rows] == ["old@bon.example"]
    # and a place that is newer than the backup is refused in words
    (tmp_path / "newer").mkdir()
    newer = guarded(settings_for(tmp_path / "newer"), secret="")

    async def bring() -> None:
        async with opened(engine_for(newer)):
            await migrate()

    asyncio.run(bring())
    with pytest.raises(Failed, match="newer tables"):
        command(newer, "restore", path=str(path))
