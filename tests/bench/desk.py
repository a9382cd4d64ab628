"""The desk at 20,000 registrations and 500 events: `python -m tests.bench.desk [postgres URL]`; CPU of this process.

The floor is the log-in page, which reads nothing of events. Each page is asked ROUNDS times, in turns.
"""

import asyncio
import secrets
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from app.accounts import actions as accounts
from app.accounts import tokens
from app.accounts.queries import account_by_email
from app.activity.record import OPERATOR
from app.database.connection import fetch, insert, write
from app.database.migrations import migrate
from app.database.ready import ready
from app.registrations.codes import draw_short_code
from app.security.keyring import Keyring
from app.security.sealing import new_key
from models.guards import DataKey
from models.registrations import Registration
from models.tickets import Admission, Ticket
from tests.bench.names import WORDS
from tests.world import PASSWORD, World, festival, settings_for

PEOPLE, EVENTS, ROUNDS, CHUNK = 20_000, 500, 15, 250


async def people(keyring: Keyring, event: UUID, many: int = PEOPLE) -> None:
    """Registrations of one with names under keys of their own, half of whom came."""
    began, codes = datetime.now(UTC) - timedelta(days=40), set[str]()
    while len(codes) < many:
        codes.add(draw_short_code())
    for first in range(0, many, CHUNK):
        rows: dict[type[Any], list[dict[str, Any]]] = {Registration: [], Ticket: [], DataKey: [], Admission: []}
        for index in range(first, min(first + CHUNK, many)):
            row, ticket, at = uuid4(), uuid4(), began + timedelta(days=40) * index / many
            key = new_key(keyring, row)
            name = f"{secrets.choice(WORDS)} {secrets.choice(WORDS)}{index % 97}"
            rows[Registration].append(
                {
                    "id": row, "event": event, "number": secrets.token_hex(8), "short_code": codes.pop(), "party": 1,
                    "state": "confirmed", "sealed_name": key.seal(name, f"registration.sealed_name:{row}"),
                    "language": secrets.choice(("km", "en")), "last_ticket": 1, "consented_at": at, "created_at": at,
                }
            )  # fmt: skip
            rows[Ticket].append({"id": ticket, "event": event, "registration": row, "number": 1, "state": "valid"})
            rows[DataKey].append({"subject": row, "sealed_key": key.sealed})
            if index % 2:
                come = datetime.now(UTC) - timedelta(seconds=index % 14_400)
                rows[Admission].append(
                    {
                        "id": uuid4(),
                        "event": event,
                        "ticket": ticket,
                        "day": "once",
                        "admitted_at": come,
                        "scan": uuid4(),
                    }
                )
        async with write():
            for table, some in rows.items():
                await insert(table, *some)
    await fetch("UPDATE event SET seats_taken = $2 WHERE id = $1", event, many)


async def attache(world: World) -> None:
    """An attaché of Korea, with a token and a session."""
    await accounts.add_account("bench@bon.example", "Bench", "attache", PASSWORD, OPERATOR)
    await accounts.add_posting("bench@bon.example", "KR", OPERATOR)
    account = await account_by_email("bench@bon.example")
    assert account is not None
    world.tokens["korea"] = await tokens.add_token("bench@bon.example", OPERATOR)
    world.sessions["korea"] = await world.session(account["id"])


async def cast(world: World) -> dict[str, Any]:
    """An attaché of Korea with 500 events, the first of them full of people."""
    await attache(world)
    event = await world.event(capacity=None)
    async with world.api("korea") as api:
        for number in range(EVENTS - 1):
            await api.post("/api/v1/events", json=festival(title={"en": f"Event {number}"}))
    await people(world.app.state.keyring, UUID(event["id"]))
    return event


async def main(database_url: str = "") -> None:
    """Run once and print."""
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_for(Path(folder), database_url)
        async with ready(settings):
            await migrate()
        async with World.on(settings) as world:
            event = await cast(world)
            here = f"/desk/events/{event['slug']}"
            party = (await fetch("SELECT id FROM registration LIMIT 1"))[0]["id"]
            pages = {
                "log-in page (floor)": "/desk/login",
                "home, 500 events": "/desk",
                "event": here,
                "lists, no names": f"{here}/registrations",
                "list, 50 names": f"{here}/registrations?show=not_come",
                "party": f"{here}/registrations/{party}",
                "board, counted": f"{here}/board/live",
                "board, unchanged": f"{here}/board/live",
                "reports": "/desk/reports",
                "audit": f"{here}/audit",
                "look-alikes": f"{here}/suspicious",
                "find a name": f"{here}/find",
            }
            spent = dict.fromkeys(pages, 0.0)
            async with world.desk("korea") as desk, world.stranger as stranger:
                known = (await desk.get(pages["board, counted"])).headers["etag"]
                for _ in range(ROUNDS):
                    for name, path in pages.items():
                        client = stranger if "floor" in name else desk
                        headers = {"if-none-match": known} if "unchanged" in name else {}
                        if "unchanged" in name:
                            known = (await desk.get(path)).headers["etag"]
                            headers = {"if-none-match": known}
                        began = time.process_time()
                        if "find" in name:
                            answer = await desk.post(path, data={"text": "Dara Sok"})
                        else:
                            answer = await client.get(path, headers=headers)
                        spent[name] += time.process_time() - began
                        assert answer.status_code in {200, 304}, (name, answer.status_code)
            floor = spent["log-in page (floor)"]
            for name, seconds in spent.items():
                print(f"{name:22} {seconds / ROUNDS * 1000:7.1f} ms   {seconds / floor:6.1f} of the floor")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:2]))
