"""The cast that every test uses: attachés of Korea and Japan, HQ, an event in Suwon, workers, a volunteer's phone."""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
from litestar import Litestar

from app.accounts import actions as accounts
from app.accounts import tokens
from app.accounts.queries import account_by_email
from app.activity.record import OPERATOR
from app.asgi import create_app, state_of
from app.database.connection import insert
from app.security.passwords import hash_secret, new_secret
from app.settings import Settings, read
from app.web.shelf import Shelf
from models.accounts import Account, Posting, Session
from tests.described import Judge, Judged

PASSWORD = "a long enough password"  # noqa: S105
SECRET = "0:" + "t" * 40


def settings_for(folder: Path, database_url: str = "", **more: str) -> Settings:
    """Settings of an installation in `folder`."""
    fixed = {"BON_DATA_DIR": str(folder), "BON_DATABASE_URL": database_url, "BON_SECRET": SECRET}
    return read({**fixed, "BON_WORKER": "off", **more})  # what goes on in the background a test does by hand


@functools.cache
def _built() -> Litestar:
    return create_app(read({"BON_SECRET": SECRET}))


def application(settings: Settings) -> Litestar:
    """The application with a new state: built once a process, as that takes longer than most tests."""
    app = _built()
    app.state = state_of(settings)
    return app


@asynccontextmanager
async def running(app: Litestar) -> AsyncIterator[None]:
    """The application's lifespan, held by one task: pytest enters and leaves fixtures in different ones."""
    started, over = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with app.lifespan():
            started.set()
            await over.wait()

    holding = asyncio.create_task(hold())
    ready = asyncio.create_task(started.wait())
    await asyncio.wait({holding, ready}, return_when=asyncio.FIRST_COMPLETED)
    if holding.done():
        ready.cancel()
        await holding
    try:
        yield
    finally:
        over.set()
        await holding


@functools.cache
def judge() -> Judge:
    """What reads every answer of the API against its description."""
    return Judge(_built())


class World:
    """The application in process, with people who can ask it things."""

    def __init__(self, app: Litestar, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        bare = httpx.ASGITransport(app=cast(Any, Shelf(app)), raise_app_exceptions=False)
        self.transport = Judged(bare, judge())
        self.tokens: dict[str, str] = {}
        self.sessions: dict[str, str] = {}

    @classmethod
    @asynccontextmanager
    async def begin(cls, settings: Settings, empty: Callable[[], Awaitable[None]]) -> AsyncIterator["World"]:
        """Start the application on an empty database and bring the cast on stage."""
        app = application(settings)
        async with running(app):
            await empty()
            world = cls(app, settings)
            await world._cast()
            yield world

    @classmethod
    @asynccontextmanager
    async def on(cls, settings: Settings) -> AsyncIterator["World"]:
        """The application on a database as it is, without the cast."""
        app = create_app(settings)
        async with running(app):
            yield cls(app, settings)

    async def _cast(self) -> None:
        for name, role, posted in (("korea", "attache", "KR"), ("japan", "attache", "JP"), ("hq", "hq", "")):
            account = uuid4()
            await insert(
                Account,
                {
                    "id": account,
                    "email": f"{name}@bon.example",
                    "name": name.title(),
                    "role": role,
                    "password_hash": "",
                    "created_at": datetime.now(UTC),
                },
            )
            if posted:
                await accounts.add_posting(f"{name}@bon.example", posted, OPERATOR)
            self.tokens[name] = await tokens.add_token(f"{name}@bon.example", OPERATOR)
            self.sessions[name] = await self.session(account)

    async def posted(self, name: str, host_country: str) -> None:
        """Post this person to a country."""
        await accounts.add_posting(f"{name}@bon.example", host_country, OPERATOR)

    async def session(self, account: UUID, life: timedelta = timedelta(hours=1)) -> str:
        """A log-in of this account; its secret."""
        secret, moment = new_secret(), datetime.now(UTC)
        await insert(
            Session,
            {
                "id": uuid4(),
                "account": account,
                "secret_hash": hash_secret(secret),
                "created_at": moment,
                "seen_at": moment,
                "expires_at": moment + life,
            },
        )
        return secret

    def client(self, **headers: str) -> httpx.AsyncClient:
        """Somebody with nothing but these headers; follows no redirects."""
        return httpx.AsyncClient(
            transport=self.transport,
            base_url=self.settings.base_url,
            headers={key.replace("_", "-"): value for key, value in headers.items()},
        )

    @property
    def stranger(self) -> httpx.AsyncClient:
        return self.client()

    def api(self, name: str) -> httpx.AsyncClient:
        """A script of this person's ("korea", "japan", "hq")."""
        return self.client(authorization=f"Bearer {self.tokens[name]}")

    def desk(self, name: str) -> httpx.AsyncClient:
        """This person's browser, logged in at the desk."""
        return self.browser(bon_session=self.sessions[name])

    def browser(self, **cookies: str) -> httpx.AsyncClient:
        """A browser on our own pages, with these cookies."""
        client = self.client(sec_fetch_site="same-origin")
        for name, value in cookies.items():
            client.cookies.set(name.replace("_", "-"), value)
        return client

    def phone(self, token: str) -> httpx.AsyncClient:
        """A gate device."""
        return self.client(authorization=f"Bearer {token}")

    # -- things that happen -------------------------------------------------------------------------------------

    async def event(self, by: str = "korea", *, publish: bool = True, **changes: Any) -> dict[str, Any]:
        """An event written (and published) by an attaché, or by HQ, which is posted there for it."""
        if by == "hq":
            await self.posted(by, changes.get("host_country", "KR"))
        async with self.api(by) as client:
            answer = await client.post("/api/v1/events", json=festival(**changes))
            assert answer.status_code == 201, answer.text
            event = answer.json()
            if publish:
                answer = await client.post(f"/api/v1/events/{event['slug']}/publish")
                assert answer.status_code == 200, answer.text
                event = answer.json()
        return dict(event)

    async def party(self, event: dict[str, Any], size: int = 1, **more: Any) -> dict[str, Any]:
        """A party that registers."""
        async with self.stranger as client:
            answer = await client.post(
                f"/api/v1/events/{event['slug']}/registrations", json={"name": "Sok Dara", "party": size, **more}
            )
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def gate(self, event: dict[str, Any], label: str = "North gate", by: str = "korea") -> dict[str, Any]:
        """A paired phone: id, token, pair_url, expires_at."""
        async with self.api(by) as client:
            answer = await client.post(f"/api/v1/events/{event['slug']}/gate-devices", json={"label": label})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def scan(self, device: dict[str, Any], *scans: dict[str, Any], **batch: Any) -> list[dict[str, Any]]:
        """What the gate says of these scans; each gets a fresh nonce unless it has one."""
        sent = [{"nonce": uuid4().hex, **scan} for scan in scans]
        async with self.phone(device["token"]) as client:
            answer = await client.post("/gate/api/scans", json={"scans": sent, **batch})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["results"])


def soon(days: int = 60, hour: int = 9) -> str:
    """A wall time in some days."""
    return f"{(datetime.now(UTC) + timedelta(days=days)).date()}T{hour:02}:00"


def festival(**changes: Any) -> dict[str, Any]:
    """An event in Suwon that lacks nothing, with changes."""
    return {
        "host_country": "KR",
        "festival": "khmer_new_year",
        "title": {"km": "បុណ្យចូលឆ្នាំខ្មែរ នៅស៊ូវ៉ុន", "en": "Khmer New Year in Suwon"},
        "description": {"km": "សូមអញ្ជើញបងប្អូន", "en": "Everybody is welcome"},
        "venue": {"km": "សួនម៉ានសុក", "en": "Manseok Park"},
        "address": "Songjuk-dong, Suwon",
        "latitude": 37.3008,
        "longitude": 127.0006,
        "starts_at": soon(),
        "ends_at": soon(hour=17),
        "time_zone": "Asia/Seoul",
        "capacity": 100,
        "party_limit": 5,
        **changes,
    }


async def helper_of(world: World, event: dict[str, Any]) -> httpx.AsyncClient:
    """A script of somebody who is posted to this event alone."""
    await accounts.add_account("helper@bon.example", "Helper", "attache", PASSWORD, OPERATOR)
    account = await account_by_email("helper@bon.example")
    assert account is not None
    facts = {"id": uuid4(), "account": account["id"], "host_country": "KR", "event": UUID(event["id"])}
    await insert(Posting, {**facts, "starts_at": datetime.now(UTC)})
    token = await tokens.add_token("helper@bon.example", OPERATOR)
    return world.client(authorization=f"Bearer {token}")
